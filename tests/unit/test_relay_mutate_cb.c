/*
 * PEX-65: a million random mutations of every worked frame through controlling bridges. An independent model says which
 * end stations get it (port-extension-reference 2.2-2.4, 4.2, 4.3, 5.1); copies for lists are followed to the members that
 * a port extender would give them to. No address is learned here, all are associated.
 */
#include "cb_net.h"
#include "mutate.h"

enum {
	A5,
	B6,
	D5,
	LAN,
	A100,
	B101,
	E_LAN,
	N_ENDS
}; /* end stations; the first four are in VLAN 1, the others in 2 */

static const uint32_t id_of[N_ENDS] = { 5, 6, 5, 0, 100, 101, 0 };
static uint16_t lport_of[N_ENDS], trunk_of[N_ENDS], from[5];

static void start_all(void)
{
	start();
	net_admit(&net, c1_v5, 1, 1, MAC_A);
	net_admit(&net, c1_v6, 1, 1, MAC_B);
	net_admit(&net, c2_v5, 1, 1, MAC_D);
	relay_port_set_learning(net.r, lan, false);
	relay_port_set_learning(net.r, e_lan, false);
	memcpy(lport_of, (uint16_t[]){ c1_v5, c1_v6, c2_v5, lan, e100, e101, e_lan }, sizeof(lport_of));
	memcpy(trunk_of, (uint16_t[]){ c1, c1, c2, lan, e, e, e_lan }, sizeof(trunk_of));
	memcpy(from, (uint16_t[]){ c1, c1, c2, e, e }, sizeof(from));
}

TestSuite(relay_mutate_cb, .init = start_all, .fini = net_fini_all, .timeout = 600);

struct way {        /* of a frame through the bridge */
	int source; /* end station, or -1: dropped */
	unsigned ends;
	size_t cut; /* octets of tags */
	unsigned prio;
	unsigned type; /* the first one without tags */
};

static int source_of(uint16_t at, uint32_t id)
{
	for (int i = 0; i < N_ENDS; i++)
		if (trunk_of[i] == at && id_of[i] == id && id != 0)
			return i;
	return -1;
}

/* Where an address is, all it can be of a VLAN. */
static unsigned ends_for(const uint8_t *dst, bool is_vlan_2)
{
	static const uint8_t macs[N_ENDS] = { MAC_A, MAC_B, MAC_D, 0, MAC_A, MAC_B, 0 };
	unsigned all = is_vlan_2 ? 1 << A100 | 1 << B101 | 1 << E_LAN
				 : 1 << A5 | 1 << B6 | 1 << D5 | 1 << LAN;

	for (unsigned i = 0; i < N_ENDS; i++)
		if (macs[i] != 0 && last_octet(dst) == macs[i] && all >> i & 1)
			return 1u << i;
	return all;
}

static struct way want(uint16_t at, const struct mutant *m)
{
	static const uint8_t macs[N_ENDS] = { MAC_A, MAC_B, MAC_D, 0, MAC_A, MAC_B, 0 };
	struct way w = { .source = -1 };
	bool is_e = at == e;
	struct inside i;
	struct tag t;

	if (!(is_e ? read_e : read_vn)(m, false, &t))
		return w;
	i = look_inside(m, ADDRESSES + t.len);
	w.source = source_of(at, t.from);
	if (!i.is_ok || w.source < 0 || last_octet(m->b + 6) != macs[w.source] ||
		(i.vid != 0 && i.vid != (is_e ? 2 : 1)) ||
		(memcmp(m->b, "\x01\x80\xc2\0\0", 5) == 0 && m->b[5] < 16)) {
		w.source = -1;
		return w;
	}
	w.cut = t.len + i.c_tag;
	w.prio = i.c_tag ? i.prio : t.prio;
	w.type = i.type;
	w.ends = ends_for(m->b, is_e) & ~(1u << w.source);
	if (is_port_tag(i.type)) /* would nest */
		w.ends &= 1 << LAN | 1 << E_LAN;
	return w;
}

/* The end stations that a copy reaches, 0 when it is wrong. */
static unsigned reached(const struct relay_copy *c, const struct way *w, const struct mutant *m)
{
	struct mutant got = { .len = c->head_len + c->rest.len };
	struct tag t = { 0 };
	unsigned ends = 0;
	bool is_e = w->source >= A100;
	uint16_t at = c->lport;
	uint32_t source;

	memcpy(got.b, c->head, c->head_len);
	memcpy(got.b + c->head_len, c->rest.ptr, c->rest.len);
	for (unsigned i = 0; i < N_ENDS; i++) {
		if (lport_of[i] != c->lport)
			continue;
		ends = 1u << i;
		at = trunk_of[i];
	}
	if (at != lan && at != e_lan) {
		if (!(is_e ? read_e : read_vn)(&got, true, &t) || t.prio != (is_e ? w->prio : 0))
			return 0;
		source = at == trunk_of[w->source] ? id_of[w->source] : 0;
		if (ends != 0 && is_e) /* no ingress E-CID in an E-TAG for one */
			source = 0;
		if (t.is_group != (ends == 0) || t.from != source)
			return 0;
		for (unsigned i = 0; t.is_group && i < N_ENDS; i++) /* the lists have all there are */
			if (trunk_of[i] == at && id_of[i] != t.from)
				ends |= 1u << i;
		if (t.is_group && t.to != (is_e ? 1 << 20 | 1 : 0x100))
			return 0;
		if (!t.is_group &&
			(trunk_of[__builtin_ctz(ends)] != at || t.to != id_of[__builtin_ctz(ends)]))
			return 0;
	}
	if (got.len - t.len != m->len - w->cut || memcmp(got.b, m->b, ADDRESSES) != 0 ||
		memcmp(got.b + ADDRESSES + t.len, m->b + ADDRESSES + w->cut, m->len - w->cut - ADDRESSES) !=
			0)
		return 0;
	return ends;
}

static bool run_one(uint16_t at, const struct mutant *m, uint8_t *room, uint64_t seed, unsigned n)
{
	struct way w = want(at, m);
	uint8_t *exact = room + FRAME_ROOM - m->len; /* so that a sanitizer sees a read beyond the end */
	struct relay_result res;
	struct relay_copy copy;
	unsigned out = 0, ends;

	memcpy(exact, m->b, m->len);
	relay_rx(net.r, at, span_of(exact, m->len), net.now, &res);
	while (relay_next_copy(net.r, &res, &copy)) {
		ends = w.source < 0 ? 0 : reached(&copy, &w, m);
		if (ends == 0 || (out & ends) != 0)
			cr_assert_fail("seed %llu mutation %u: a wrong copy on port %u",
				(unsigned long long)seed, n, copy.lport);
		out |= ends;
	}
	if (out != w.ends)
		cr_assert_fail("seed %llu mutation %u at port %u: ends %x instead of %x (%s)",
			(unsigned long long)seed, n, at, out, w.ends, fwd_drop_name(res.drop));
	return out != 0;
}

static void run(unsigned first, unsigned last)
{
	uint64_t seed = mutate_seed();
	struct prng rnd = { seed + first };
	uint8_t *room = malloc(FRAME_ROOM);
	uint32_t n_addresses = relay_fdb_count(net.r);
	unsigned forwarded = 0;

	for (unsigned f = first; f < last; f++) {
		for (unsigned n = 0; n < MUTATIONS; n++) {
			struct mutant m = mutate(&rnd, worked[f]);

			forwarded += run_one(from[n % 5], &m, room, seed, n);
		}
	}
	cr_assert_gt(forwarded, MUTATIONS / 50, "%u: the mutants must mean something", forwarded);
	cr_assert_eq(relay_fdb_count(net.r), n_addresses);
	free(room);
}

Test(relay_mutate_cb, PEX_65_vn_tags)
{
	run(0, N_WORKED / 2);
}

Test(relay_mutate_cb, PEX_65_e_tags_and_control)
{
	run(N_WORKED / 2, N_WORKED);
}
