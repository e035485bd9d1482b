/*
 * Random damage to the worked frames of port-extension-reference 7.2, and what a tag says, read once more from the prose
 * (2.1-2.4, 4.1-4.3) and not with vntag_hdr.h: for PEX-65.
 */
#ifndef MUTATE_H
#define MUTATE_H

#include "pe_frames.h"
#include "prng.h"
#include "tag_net.h"

enum { MUTATIONS = 1000000, FRAME_ROOM = 128, ADDRESSES = 12 };

#define WORKED(name)                                                                                         \
	{                                                                                                    \
		frame_##name, sizeof(frame_##name)                                                           \
	}
static const struct span worked[] = { WORKED(v0), WORKED(v1), WORKED(v2), WORKED(v3), WORKED(v4), WORKED(v5),
	WORKED(v6), WORKED(v7), WORKED(v8), WORKED(v9), WORKED(v10), WORKED(v11), WORKED(e1), WORKED(e2),
	WORKED(e3), WORKED(e4), WORKED(e5), WORKED(e6), WORKED(p1), WORKED(p2), WORKED(l1), WORKED(p3),
	WORKED(p4), WORKED(p5), WORKED(p6) };
enum { N_WORKED = sizeof(worked) / sizeof(worked[0]) };

/* The same each run, unless EVBD_SEED says another; failures name it. */
static inline uint64_t mutate_seed(void)
{
	const char *text = getenv("EVBD_SEED");

	return text ? strtoull(text, NULL, 0) : 20111;
}

struct mutant {
	uint8_t b[FRAME_ROOM];
	size_t len;
};

static inline void mutate_insert(struct mutant *m, const uint8_t *octets, size_t n)
{
	if (m->len < ADDRESSES || m->len + n > FRAME_ROOM)
		return;
	memmove(m->b + ADDRESSES + n, m->b + ADDRESSES, m->len - ADDRESSES);
	memcpy(m->b + ADDRESSES, octets, n);
	m->len += n;
}

static inline void mutate_once(struct mutant *m, uint64_t r)
{
	static const uint8_t types[][2] = { { 0x81, 0 }, { 0x88, 0xa8 }, { 0x89, 0x26 }, { 0x89, 0x3f },
		{ 0x88, 0x08 }, { 8, 0 } };
	static const uint8_t tags[][8] = { { 0x81, 0, 0x60, 11 }, { 0x81, 0, 0, 1 }, { 0x88, 0xa8, 0, 5 },
		{ 0x89, 0x26, 0, 0, 0, 5 }, { 0x89, 0x26, 0x80, 6, 0, 0 },
		{ 0x89, 0x3f, 0, 0, 0, 100, 0, 0 } };
	static const uint8_t n_tag[] = { 4, 4, 4, 6, 6, 8 };
	static const uint8_t ids[] = { 0, 1, 5, 6, 9, 100, 101, 0xff };
	size_t at = ADDRESSES + (r >> 8) % 14;

	switch (r % 16) {
	case 0:
		if (m->len > 0)
			m->len = (r >> 8) % m->len;
		break;
	case 1:
		mutate_insert(m, tags[(r >> 8) % 6], n_tag[(r >> 8) % 6]);
		break;
	case 2:
		if (m->len >= 26)
			memcpy(m->b + ADDRESSES + 2 * ((r >> 16) % 7), types[(r >> 8) % 6], 2);
		break;
	case 3:
	case 4:
		if (at < m->len)
			m->b[at] = ids[(r >> 16) % 8];
		break;
	case 5: /* an address of ours */
		if (m->len >= ADDRESSES)
			m->b[(r >> 8 & 1) * 6 + 5] = (uint8_t)(10 + (r >> 16) % 4);
		break;
	case 6:
		if (m->len > 0)
			m->b[(r >> 8) % m->len] = (uint8_t)(r >> 32);
		break;
	case 7:
		if (m->len >= ADDRESSES && r >> 8 & 1)
			memset(m->b, 0xff, 6);
		break;
	default: /* a bit of the tags */
		if (at < m->len)
			m->b[at] ^= (uint8_t)(1 << (r >> 16) % 8);
		break;
	}
}

static inline struct mutant mutate(struct prng *rnd, struct span frame)
{
	uint64_t r = prng_next(rnd);
	struct mutant m = { .len = frame.len };

	memcpy(m.b, frame.ptr, frame.len);
	for (unsigned n = 1 + (unsigned)(r >> 60) % 4; n > 0; n--, r = prng_next(rnd))
		mutate_once(&m, r);
	return m;
}

/* ---- what it says ---- */

static inline unsigned two(const uint8_t *b)
{
	return (unsigned)b[0] << 8 | b[1];
}
static inline bool is_port_tag(unsigned type)
{
	return type == 0x8926 || type == 0x893f;
}

struct tag {
	size_t len; /* octets */
	uint32_t to, from;
	bool is_group;
	unsigned prio;
};

static inline bool read_vn(const struct mutant *m, bool is_down, struct tag *ret)
{
	uint32_t w;

	if (m->len < 20 || two(m->b + 12) != 0x8926 || is_port_tag(two(m->b + 18)))
		return false;
	w = two(m->b + 14) << 16 | two(m->b + 16);
	if ((w >> 12 & 3) != 0 || w >> 31 != is_down)
		return false;
	*ret = (struct tag){ .len = 6, .to = w >> 16 & 0x3fff, .from = w & 0xfff, .is_group = w >> 30 & 1 };
	if (!is_down)
		return (w >> 30 & 1) == 0 && (w >> 15 & 1) == 0 && ret->from != 0;
	if ((w >> 15 & 1) == 0)
		ret->from = 0;
	return ret->to != 0 && (ret->is_group || ret->to <= 0xfff);
}

static inline bool read_e(const struct mutant *m, bool is_down, struct tag *ret)
{
	const uint8_t *b = m->b;
	uint32_t grp, id, ingress;

	if (m->len < 22 || two(b + 12) != 0x893f || is_port_tag(two(b + 20)))
		return false;
	grp = b[16] >> 4 & 3;
	id = (uint32_t)b[19] << 12 | (two(b + 16) & 0xfff);
	ingress = (uint32_t)b[18] << 12 | (two(b + 14) & 0xfff);
	if ((grp == 0 && id == 0) || (grp == 3 && id == 0xfffff) || (!is_down && grp != 0))
		return false;
	*ret = (struct tag){ .len = 8, .to = grp << 20 | id, .is_group = grp != 0, .prio = b[14] >> 4 };
	ret->from = is_down ? ingress : ret->to;
	return true;
}

struct inside { /* of a frame whose outer tag ends at `at` */
	bool is_ok;
	size_t c_tag;   /* octets */
	unsigned first; /* type behind the outer tag, and behind the C-tag */
	unsigned type;
	unsigned vid, prio;
};

static inline struct inside look_inside(const struct mutant *m, size_t at)
{
	static const uint8_t zero[6];
	struct inside i = { 0 };

	if (m->len < at + 2)
		return i;
	i.first = i.type = two(m->b + at);
	if (i.first == 0x8100) {
		if (m->len < at + 6)
			return i;
		i.c_tag = 4;
		i.vid = two(m->b + at + 2) & 0xfff;
		i.prio = m->b[at + 2] >> 4;
		i.type = two(m->b + at + 4);
	}
	i.is_ok = i.vid != 4095 && i.type != 0x8808 && !(m->b[6] & 1) && memcmp(m->b + 6, zero, 6) != 0;
	return i;
}

static inline unsigned last_octet(const uint8_t *mac) /* of 02-00-00-00-00-xx, else 0 */
{
	static const uint8_t head[5] = { 2 };

	return memcmp(mac, head, 5) == 0 ? mac[5] : 0;
}

#endif
