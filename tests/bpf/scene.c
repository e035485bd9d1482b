/* scene.c - see scene.h. Two relays that were given the same steps are the same. */
#define _GNU_SOURCE
#include "scene.h"

#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "forward.h"

enum { MTU = 70 };

#define CHECK(condition)                                                                                     \
	do {                                                                                                 \
		if (!(condition)) {                                                                          \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                      \
			exit(1);                                                                             \
		}                                                                                            \
	} while (0)

enum { MAX_DEVICES = 32 };
static uint16_t device[MAX_DEVICES]; /* ports that frames come in by; channels are entered by their tag */
static unsigned n_devices;

static struct mac mac_of(uint64_t n)
{
	return (struct mac){ { 2, 0, 0, 0, 0, (uint8_t)n } };
}

static uint16_t add(struct relay *r, const struct relay_port_cfg *cfg)
{
	uint16_t lport = relay_port_add(r, cfg);

	CHECK(lport != FWD_LPORT_NONE);
	relay_port_set_forwarding(r, lport, true);
	if (cfg->tag != FWD_TAG_NONE)
		return lport;
	CHECK(n_devices < MAX_DEVICES);
	device[n_devices++] = lport;
	return lport;
}

static uint16_t port(
	struct relay *r, enum fwd_kind kind, enum fwd_relay relay, uint16_t component, uint16_t pvid)
{
	struct relay_port_cfg cfg = { .kind = kind, .relay = relay, .component = component, .pvid = pvid };

	return add(r, &cfg);
}

static void admit(struct relay *r, uint16_t lport, uint32_t owner, uint16_t vid, struct mac mac)
{
	struct relay_admit a = { .vid = vid, .mac = mac, .has_pcp = true, .pcp = (uint8_t)(owner & 7) };

	CHECK(relay_admit(r, lport, owner, &a, 1));
}

/* A port behind a tag of `trunk`, whose VSI may use VLAN 10 with the address. */
static uint16_t channel(
	struct relay *r, uint16_t trunk, uint32_t id, enum fwd_kind kind, uint16_t component, uint64_t mac)
{
	const struct fwd_port *t = relay_port(r, trunk);
	struct relay_port_cfg cfg = { .kind = kind,
		.relay = (enum fwd_relay)t->relay,
		.component = component,
		.pvid = kind == FWD_DRP ? 0 : 20,
		.mtu = id == 102 ? MTU : 0,
		.tag = t->relay == FWD_IV ? FWD_TAG_NONE : (enum fwd_tag)t->carries };
	uint16_t lport = add(r, &cfg);

	CHECK(relay_channel_set(r, trunk, id, lport));
	if (kind == FWD_SBP || kind == FWD_DRP)
		admit(r, lport, 1, 10, mac_of(mac));
	return lport;
}

static void tagged_scene(struct relay *r)
{
	struct relay_port_cfg cfg = { .kind = FWD_SBP, .relay = FWD_BRIDGE, .pvid = 20 };
	uint16_t trunk, drp, last = 0;

	for (cfg.carries = FWD_TAG_S; cfg.carries <= FWD_TAG_E; cfg.carries++) {
		enum fwd_kind kind = cfg.carries == FWD_TAG_S ? FWD_SBP : FWD_DRP;

		trunk = add(r, &cfg);
		if (cfg.carries == FWD_TAG_S) { /* the default channel, with reflective relay */
			admit(r, trunk, 1, 10, mac_of(5));
			admit(r, trunk, 2, 10, mac_of(6));
			relay_port_set_rr(r, trunk, true);
		}
		for (uint32_t i = 0; i < 3; i++) {
			last = channel(r, trunk, 100 + i, kind, 0, 5 + i + 2 * cfg.carries);
			if (cfg.carries == FWD_TAG_S && i == 0)
				admit(r, last, 2, 10, mac_of(14));
			relay_port_set_rr(r, last, i != 1);
		}
	}
	relay_port_set_forwarding(r, last, false);
	/* a station: an edge relay in the default channel and one in another */
	cfg = (struct relay_port_cfg){
		.kind = FWD_URP, .relay = FWD_VEPA, .component = 5, .pvid = 20, .carries = FWD_TAG_S
	};
	trunk = add(r, &cfg);
	admit(r, port(r, FWD_DRP, FWD_VEPA, 5, 0), 1, 10, mac_of(5));
	channel(r, trunk, 101, FWD_URP, 6, 0);
	admit(r, port(r, FWD_DRP, FWD_VEPA, 6, 0), 1, 10, mac_of(6));
	for (cfg.carries = FWD_TAG_VN; cfg.carries <= FWD_TAG_E; cfg.carries++) { /* interface virtualizers */
		cfg.relay = FWD_IV;
		cfg.component = (uint16_t)(5 + cfg.carries);
		cfg.kind = FWD_URP;
		cfg.is_base = cfg.carries == FWD_TAG_E;
		trunk = add(r, &cfg);
		drp = channel(r, trunk, 100, FWD_DRP, cfg.component, 5);
		relay_port_set_vlan(r, drp, 10, true, true);
		channel(r, trunk, 101, FWD_DRP, cfg.component, 6);
		cfg.kind = FWD_TRANSIT;
		CHECK(relay_channel_set(r, trunk, 103, add(r, &cfg)));
	}
}

struct relay *scene_new(void)
{
	struct relay_cfg cfg = { .max_lports = SCENE_LPORTS,
		.max_fdb = 128,
		.max_admit = 64,
		.fdb_age_s = 300,
		.max_learned_drp = 16,
		.max_groups = 4,
		.max_channels = 32,
		.max_changes = 64,
		.max_lists = 4,
		.key = { 3, 4 } };
	struct relay *r;
	uint16_t p0, p1, p2;
	enum fwd_relay relays[2] = { FWD_VEPA, FWD_VEB };

	n_devices = 0;
	r = relay_init(&cfg, calloc(1, relay_size(&cfg)));
	p0 = port(r, FWD_SBP, FWD_BRIDGE, 0, 10);
	p1 = port(r, FWD_SBP, FWD_BRIDGE, 0, 1);
	p2 = port(r, FWD_ORDINARY, FWD_BRIDGE, 0, 10);
	relay_port_set_rr(r, p0, true);
	relay_port_set_vlan(r, p2, 10, true, true);
	relay_port_set_vlan(r, p2, 20, true, false);
	admit(r, p0, 1, 10, mac_of(1));
	admit(r, p0, 2, 10, mac_of(2));
	admit(r, p1, 3, 10, mac_of(3));
	admit(r, p1, 4, 20, mac_of(0));
	relay_group_set(r, p0, 10, (struct mac){ { 1, 0, 0x5e, 0, 0, 1 } }, true);
	for (uint16_t k = 0; k < 2; k++) {
		uint16_t up = port(r, FWD_URP, relays[k], (uint16_t)(k + 1), 20);
		uint16_t d = port(r, FWD_DRP, relays[k], (uint16_t)(k + 1), 0);

		CHECK(relay_port(r, d)->urp == up);
		admit(r, d, 5, 10, mac_of(4));
		admit(r, d, 6, 20, (struct mac){ { 0 } });
	}
	tagged_scene(r);
	return r;
}

/* An outer tag, mostly of the kind that the device carries, mostly valid. */
static size_t make_tag(struct prng *rnd, const struct fwd_port *in, uint8_t *f)
{
	static const uint16_t svid[] = { 0, 1, 100, 101, 102, 103, 999 };
	enum fwd_tag tag = prng_below(rnd, 12) ? (enum fwd_tag)in->carries : (enum fwd_tag)prng_below(rnd, 4);
	bool is_down = (in->kind == FWD_URP) ^ !prng_below(rnd, 20);
	uint32_t id = prng_below(rnd, 40) ? 99 + (uint32_t)prng_below(rnd, 6) : 0;
	uint32_t from = prng_below(rnd, 3) ? 0 : 100;
	struct vntag_hdr v;

	if (tag == FWD_TAG_NONE)
		return 0;
	if (tag == FWD_TAG_S) {
		memcpy(f, "\x88\xa8\x20", 4);
		f[2] = (uint8_t)(prng_below(rnd, 16) << 4);
		f[3] = (uint8_t)svid[prng_below(rnd, 7)];
		return 4;
	}
	if (is_down && !prng_below(rnd, 4))
		id |= tag == FWD_TAG_VN ? VNTAG_LIST : 1u << VNTAG_GRP_SHIFT;
	v = is_down ? vntag_down(tag == FWD_TAG_VN ? VNTAG_FORMAT_VN : VNTAG_FORMAT_E, id, from, 6)
		    : vntag_up(tag == FWD_TAG_VN ? VNTAG_FORMAT_VN : VNTAG_FORMAT_E, id,
			      (uint8_t)prng_below(rnd, 16));
	vntag_build(&v, f);
	if (!prng_below(rnd, 30))
		f[2 + prng_below(rnd, 6)] ^= (uint8_t)(1 << prng_below(rnd, 8));
	return tag == FWD_TAG_VN ? VNTAG_LEN_VN : VNTAG_LEN_E;
}

static size_t any_frame(struct prng *rnd, const struct fwd_port *in, uint8_t *f)
{
	static const uint8_t group[3][6] = { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff }, { 1, 0, 0x5e, 0, 0, 1 },
		{ 1, 0x80, 0xc2, 0, 0, 3 } };
	static const uint16_t vids[] = { 0, 10, 10, 10, 20, 30, 4095 };
	uint64_t dst = prng_below(rnd, 11);
	struct mac d = mac_of(1 + prng_below(rnd, 14)), s = mac_of(prng_below(rnd, 14));
	size_t at = 12;
	uint16_t tci = (uint16_t)(prng_below(rnd, 16) << 12 | vids[prng_below(rnd, 7)]);

	memset(f, 0, SCENE_FRAME_MAX);
	memcpy(f, dst < 3 ? group[dst] : d.b, 6);
	memcpy(f + 6, prng_below(rnd, 40) ? s.b : group[1], 6);
	at += make_tag(rnd, in, f + at);
	if (in->carries == FWD_TAG_S && in->kind == FWD_SBP && !prng_below(rnd, 4)) { /* within channel 100 */
		memcpy(f, (uint8_t[]){ 2, 0, 0, 0, 0, 14, 2, 0, 0, 0, 0, 7, 0x88, 0xa8, 0, 100 }, 16);
		f[14] = (uint8_t)(tci >> 8 & 0xf0); /* the C-tag's priority */
		at = 16;
	}
	if (prng_below(rnd, 3) > 0) {
		f[at++] = 0x81;
		at++;
		f[at++] = (uint8_t)(tci >> 8);
		f[at++] = (uint8_t)tci;
	}
	if (!prng_below(rnd, 12)) /* what no device that carries it may let out: a tag behind */
		memcpy(f + at, prng_below(rnd, 2) ? "\x88\xa8" : "\x89\x26", 2);
	return prng_below(rnd, 20) ? 60 + prng_below(rnd, SCENE_FRAME_MAX - 60) : 14 + prng_below(rnd, 14);
}

/* ---- frames that have a good chance ---- */

enum { ROWS = 256 };

static unsigned rows_of(const struct relay *r, struct relay_fdb_row *ret)
{
	uint32_t cookie = 0;
	unsigned n = 0;
	bool is_row;

	do {
		cookie = relay_fdb_walk(r, cookie, &ret[n], &is_row);
		n += is_row;
	} while (cookie != 0 && n < ROWS);
	return n;
}

/* One of `n` rows, of VLAN `vid` (0: any) at the port or, FWD_LPORT_NONE, at any port of the component. */
static const struct relay_fdb_row *row_of(struct prng *rnd, const struct relay_fdb_row *rows, unsigned n,
	uint16_t component, uint16_t lport, uint16_t vid)
{
	unsigned first = (unsigned)prng_below(rnd, n);

	for (unsigned k = 0; k < n; k++) {
		const struct relay_fdb_row *row = &rows[(first + k) % n];

		if (row->component == component && (lport == FWD_LPORT_NONE || row->lport == lport) &&
			(vid == 0 || row->vid == vid))
			return row;
	}
	return NULL;
}

/* The port itself, or one whose tag its device carries. */
static uint16_t port_behind(struct prng *rnd, const struct relay *r, uint16_t at)
{
	uint16_t first = (uint16_t)prng_below(rnd, SCENE_LPORTS);

	for (uint16_t k = 0; k < SCENE_LPORTS; k++) {
		const struct fwd_port *p = relay_port(r, (uint16_t)((first + k) % SCENE_LPORTS));

		if (p && p->trunk == at && p->tag_id != 0)
			return (uint16_t)((first + k) % SCENE_LPORTS);
	}
	return at;
}

static size_t put_outer(struct prng *rnd, const struct fwd_port *at, const struct fwd_port *in, uint8_t *f)
{
	enum vntag_format format = at->carries == FWD_TAG_VN ? VNTAG_FORMAT_VN : VNTAG_FORMAT_E;
	uint8_t prio = (uint8_t)prng_below(rnd, 16);
	struct vntag_hdr v;

	if (at->carries == FWD_TAG_NONE || in->tag_id == 0)
		return 0;
	if (at->carries == FWD_TAG_S) {
		memcpy(f, (uint8_t[]){ 0x88, 0xa8, (uint8_t)(prio << 4), (uint8_t)in->tag_id }, 4);
		return 4;
	}
	v = at->kind == FWD_URP ? vntag_down(format, in->tag_id, 0, prio)
				: vntag_up(format, in->tag_id, prio);
	vntag_build(&v, f);
	return (size_t)vntag_len(format);
}

/* From a station that is where it is expected to one that is known. 0: there is none. */
static size_t good_frame(struct prng *rnd, const struct relay *r, uint16_t lport, uint8_t *f)
{
	struct relay_fdb_row rows[ROWS + 1];
	unsigned n = rows_of(r, rows);
	const struct fwd_port *at = relay_port(r, lport), *in;
	const struct relay_fdb_row *src, *dst;
	uint16_t from = lport;
	size_t len = 12;

	if (at->carries != FWD_TAG_NONE && prng_below(rnd, 4))
		from = port_behind(rnd, r, lport);
	in = relay_port(r, from);
	src = n > 0 ? row_of(rnd, rows, n, in->component, at->kind == FWD_URP ? FWD_LPORT_NONE : from, 0)
		    : NULL;
	dst = src ? row_of(rnd, rows, n, in->component, FWD_LPORT_NONE, src->vid) : NULL;
	if (!dst)
		return 0;
	memset(f, 0, SCENE_FRAME_MAX);
	memcpy(f, at->kind == FWD_URP ? src->mac.b : dst->mac.b, 6);
	memcpy(f + 6, at->kind == FWD_URP ? mac_of(77).b : src->mac.b, 6);
	len += put_outer(rnd, at, in, f + len);
	if (in->pvid != src->vid || prng_below(rnd, 2)) {
		f[len] = 0x81;
		f[len + 2] = (uint8_t)(prng_below(rnd, 16) << 4);
		f[len + 3] = (uint8_t)src->vid;
		len += 4;
	}
	f[len] = 0x08;
	return 40 + (prng_below(rnd, 4) ? prng_below(rnd, 40) : prng_below(rnd, 1500));
}

size_t scene_frame(struct prng *rnd, const struct relay *r, uint16_t lport, uint8_t *f)
{
	size_t len = prng_below(rnd, 3) ? good_frame(rnd, r, lport, f) : 0;

	return len > 0 ? len : any_frame(rnd, relay_port(r, lport), f);
}

uint16_t scene_port(struct prng *rnd)
{
	return device[prng_below(rnd, n_devices)];
}

/* ---- changes ---- */

static uint16_t some_vid(struct prng *rnd)
{
	return (uint16_t)(10 * (1 + prng_below(rnd, 3)));
}

static void admit_step(struct prng *rnd, struct relay *r, uint16_t lport)
{
	struct relay_admit list[3];
	unsigned n = (unsigned)prng_below(rnd, 4);

	for (unsigned i = 0; i < n; i++)
		list[i] = (struct relay_admit){ .vid = some_vid(rnd),
			.mac = mac_of(prng_below(rnd, 14)),
			.has_pcp = prng_below(rnd, 2),
			.pcp = (uint8_t)prng_below(rnd, 8) };
	(void)relay_admit(r, lport, (uint32_t)prng_below(rnd, 6), list, n);
}

static void cfg_step(struct prng *rnd, struct relay *r, uint16_t lport)
{
	const struct fwd_port *p = relay_port(r, lport);
	struct relay_port_cfg cfg = { .kind = (enum fwd_kind)p->kind,
		.relay = (enum fwd_relay)p->relay,
		.component = p->component,
		.tag = (enum fwd_tag)p->tag,
		.carries = (enum fwd_tag)p->carries,
		.is_base = p->is_base,
		.pvid = p->kind == FWD_DRP && p->tag == FWD_TAG_NONE ? 0 : some_vid(rnd),
		.unassociated_vid = prng_below(rnd, 2) ? some_vid(rnd) : 0,
		.pcp = (uint8_t)prng_below(rnd, 8),
		.pads = prng_below(rnd, 2),
		.mtu = prng_below(rnd, 2) ? MTU : 0 };

	relay_port_set_cfg(r, lport, &cfg);
}

void scene_step(struct prng *rnd, struct relay *r)
{
	uint16_t lport = (uint16_t)prng_below(rnd, SCENE_LPORTS);
	const struct fwd_port *p = relay_port(r, lport);
	uint32_t kind = (uint32_t)prng_below(rnd, 8);
	uint32_t id = 100 + (uint32_t)prng_below(rnd, 4);

	if (!p)
		return;
	switch (kind) {
	case 0:
		cfg_step(rnd, r, lport);
		break;
	case 1:
		relay_port_set_forwarding(r, lport, prng_below(rnd, 8));
		break;
	case 2:
		relay_port_set_rr(r, lport, prng_below(rnd, 5));
		break;
	case 3:
		relay_port_set_learning(r, lport, prng_below(rnd, 4));
		break;
	case 4:
		relay_port_set_vlan(r, lport, some_vid(rnd), prng_below(rnd, 3), prng_below(rnd, 2));
		break;
	case 5:
		if (p->trunk != FWD_LPORT_NONE && !prng_below(rnd, 8))
			relay_channel_clear(r, p->trunk, p->tag_id);
		else if (p->trunk != FWD_LPORT_NONE)
			(void)relay_channel_set(r, p->trunk, id, lport);
		break;
	default:
		admit_step(rnd, r, lport);
		break;
	}
}

bool scene_capture(const char *path, void (*fn)(void *ctx, struct span frame), void *ctx)
{
	char err[PCAP_ERRBUF_SIZE];
	pcap_t *p = pcap_open_offline(path, err);
	struct pcap_pkthdr *h;
	const u_char *data;

	if (!p)
		return false;
	while (pcap_next_ex(p, &h, &data) == 1)
		if (h->caplen >= 14 && h->caplen <= SCENE_FRAME_MAX)
			fn(ctx, span_of(data, h->caplen));
	pcap_close(p);
	return true;
}
