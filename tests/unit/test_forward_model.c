/*
 * The relay against a naive model: the rules of evb-reference 1.2, 1.3 and 1.4 once more, in plain arrays and loops,
 * from the prose and not from forward.h. Random associations, moves, blocked ports, ageing, S-channels that come and go,
 * and frames; each frame's verdict, reason, egress ports and tags must agree.
 */
#include "prng.h"
#include "relay_net.h"

enum { N_PORTS = 15, N_VIDS = 6, N_OWNERS = 3, MAX_RIGHTS = 200, MAX_PLACES = 200, N_STEPS = 4000 };
enum {
	AGE = 20,
	MAX_LEARNED = 9,
	MAX_OF_DRP = 2,
	NOT_SENT = -2,
	UNTAGGED = -1,
	FIRST_SVID = 100,
	N_SVIDS = 4
};
/* ports whose devices carry S-TAGs, and those behind the tags */
enum { UAP = 2, UPLINK = 9, CAP_A = 11, CAP_B = 12, CHANNEL_URP = 13 };

/* ---- the model ---- */
struct right {       /* to use (vid, mac) on a port; mac 0: any */
	unsigned id; /* younger is larger; 0: unused */
	unsigned port, owner, vid, pcp;
	uint64_t mac;
	bool has_pcp, is_first;
};
struct place { /* where an address is */
	bool in_use;
	unsigned component, vid, port;
	uint64_t mac;
	unsigned right; /* id of the right that put it here; 0: none */
	bool is_owned;
	uint64_t seen;
};
struct outcome {
	enum fwd_drop drop;
	int sent[N_PORTS];  /* NOT_SENT, UNTAGGED or the TCI */
	int s_tag[N_PORTS]; /* UNTAGGED or the S-TAG's */
};
struct model {
	struct relay_port_cfg cfg[N_PORTS];
	bool forwarding[N_PORTS], rr[N_PORTS], member[N_PORTS][N_VIDS], untagged[N_PORTS][N_VIDS];
	bool registered[N_PORTS][N_VIDS]; /* of the one group address */
	unsigned svid[N_PORTS];           /* 0: none */
	struct right rights[MAX_RIGHTS];
	struct place places[MAX_PLACES];
	unsigned last_id;
	uint64_t now;
};

static const uint64_t GROUP = 0x01005e000001, RESERVED = 0x0180c2000002;

static bool is_group(uint64_t mac)
{
	return mac == GROUP || mac == RESERVED || mac == MAC_ALL;
}

static struct right *find_right(struct model *m, unsigned port, unsigned vid, uint64_t mac)
{
	struct right *best = NULL;

	for (struct right *a = m->rights; a < m->rights + MAX_RIGHTS; a++)
		if (a->id && a->port == port && a->vid == vid && a->mac == mac && (!best || a->id > best->id))
			best = a;
	return best;
}

static struct place *find_place(struct model *m, unsigned component, unsigned vid, uint64_t mac)
{
	for (struct place *p = m->places; p < m->places + MAX_PLACES; p++)
		if (p->in_use && p->component == component && p->vid == vid && p->mac == mac)
			return p;
	return NULL;
}

static unsigned n_learned(const struct model *m, int port)
{
	unsigned n = 0;

	for (unsigned i = 0; i < MAX_PLACES; i++)
		n += m->places[i].in_use && !m->places[i].is_owned &&
		     (port < 0 || m->places[i].port == (unsigned)port);
	return n;
}

static void set_place(
	struct model *m, unsigned port, unsigned vid, uint64_t mac, unsigned right, bool is_owned)
{
	struct place *p = find_place(m, m->cfg[port].component, vid, mac);

	for (unsigned i = 0; !p; i++)
		if (!m->places[i].in_use)
			p = &m->places[i];
	*p = (struct place){ true, m->cfg[port].component, vid, port, mac, right, is_owned, m->now };
}

static bool in_vlan(struct model *m, unsigned port, unsigned vid)
{
	if (m->member[port][vid] || (m->cfg[port].kind == FWD_SBP && m->cfg[port].unassociated_vid == vid))
		return true;
	for (struct right *a = m->rights; a < m->rights + MAX_RIGHTS; a++) {
		bool is_mine = a->port == port ||
			       (m->cfg[port].kind == FWD_URP && m->cfg[a->port].kind == FWD_DRP &&
				       m->cfg[a->port].component == m->cfg[port].component);

		if (a->id && a->vid == vid && is_mine)
			return true;
	}
	return false;
}

/* A VM's address may be in several VSIs: the lowest of their first VIDs, 0: in none. */
static unsigned lowest_first(struct model *m, unsigned port, uint64_t mac)
{
	unsigned vid = 0;

	for (struct right *a = m->rights; a < m->rights + MAX_RIGHTS; a++)
		if (a->id && a->port == port && a->is_first && a->mac == mac && (vid == 0 || a->vid < vid))
			vid = a->vid;
	return vid;
}

static bool is_untagged_at(struct model *m, unsigned port, unsigned vid)
{
	if (m->cfg[port].kind == FWD_ORDINARY)
		return m->untagged[port][vid];
	if (m->cfg[port].kind != FWD_DRP)
		return vid == m->cfg[port].pvid ||
		       (m->cfg[port].kind == FWD_SBP && vid == m->cfg[port].unassociated_vid);
	for (struct right *a = m->rights; a < m->rights + MAX_RIGHTS; a++)
		if (a->id && a->port == port && a->vid == vid && lowest_first(m, port, a->mac) == vid)
			return true;
	return false;
}

/* The VLAN of an untagged frame from a VM: its own VSI's first, else that of a VSI for any source. */
static unsigned first_vid(struct model *m, unsigned port, uint64_t mac)
{
	unsigned vid = lowest_first(m, port, mac);

	return vid ? vid : lowest_first(m, port, 0);
}

static void model_learn(struct model *m, unsigned port, unsigned vid, uint64_t mac, const struct right *a)
{
	struct place *p = find_place(m, m->cfg[port].component, vid, mac);
	bool owns = a && a->mac == mac;

	if (m->cfg[port].kind == FWD_URP && m->cfg[port].relay == FWD_VEPA)
		return;
	if (p && p->port == port) {
		p->seen = m->now;
	} else if (owns) {
		set_place(m, port, vid, mac, a->id, true);
	} else if (p && p->is_owned) {
		return;
	} else if (m->cfg[port].kind == FWD_DRP && n_learned(m, (int)port) >= MAX_OF_DRP) {
		return;
	} else {
		if (p)
			p->in_use = false;
		if (n_learned(m, (int)port) / 7 < MAX_LEARNED - n_learned(m, -1))
			set_place(m, port, vid, mac, a ? a->id : 0, false);
	}
}

/* Entry: PASS with *vid, *pcp and *ret set, or why not. */
static enum fwd_drop model_enter(struct model *m, unsigned port, uint64_t src, int tci, unsigned *vid,
	unsigned *prio, struct right **ret)
{
	const struct relay_port_cfg *cfg = &m->cfg[port];
	unsigned tag_vid = tci < 0 ? 0 : (unsigned)tci & 0xfff;

	*prio = tci < 0 ? 0 : (unsigned)tci >> 12;
	*ret = NULL;
	*vid = tag_vid ? tag_vid : cfg->pvid;
	if (cfg->kind == FWD_ORDINARY || cfg->kind == FWD_URP)
		return *vid == 0 || (cfg->kind == FWD_ORDINARY && !in_vlan(m, port, *vid)) ? FWD_DROP_VLAN
											   : FWD_PASS;
	if (cfg->kind == FWD_DRP && *vid == 0)
		*vid = first_vid(m, port, src);
	*ret = *vid ? find_right(m, port, *vid, src) : NULL;
	if (!*ret && *vid)
		*ret = find_right(m, port, *vid, 0);
	if (*ret) {
		if (cfg->kind == FWD_DRP && tci < 0 && (*ret)->has_pcp)
			*prio = (*ret)->pcp << 1;
		return FWD_PASS;
	}
	if (cfg->kind == FWD_SBP && cfg->unassociated_vid && (!tag_vid || tag_vid == cfg->unassociated_vid)) {
		*vid = cfg->unassociated_vid;
		return FWD_PASS;
	}
	return FWD_DROP_NOT_ASSOCIATED;
}

static bool is_behind_tag(unsigned port)
{
	return port == CAP_A || port == CAP_B || port == CHANNEL_URP;
}

/* The port that a frame of the device is for; N_PORTS: none. */
static unsigned channel_of(const struct model *m, unsigned device, unsigned svid)
{
	if (svid <= 1)
		return device;
	for (unsigned i = 0; i < N_PORTS; i++)
		if (m->svid[i] == svid && (i == CHANNEL_URP) == (device == UPLINK))
			return i;
	return N_PORTS;
}

/* A port behind a tag that has none just now is not there. */
static bool is_open(const struct model *m, unsigned port)
{
	return m->forwarding[port] && (!is_behind_tag(port) || m->svid[port] != 0);
}

/* What is on its way: its first type without tags, and octets behind it. */
struct load {
	bool is_s_tagged;
	size_t payload;
};

static enum fwd_drop fits(struct model *m, unsigned out, unsigned vid, struct load load)
{
	bool is_tagged = !is_untagged_at(m, out, vid);

	if (load.is_s_tagged && !is_tagged && (is_behind_tag(out) || out == UAP || out == UPLINK))
		return FWD_DROP_S_TAGGED;
	if (is_behind_tag(out))
		load.payload += is_tagged ? 8 : 4;
	return m->cfg[out].mtu && load.payload > m->cfg[out].mtu ? FWD_DROP_TOO_LONG : FWD_PASS;
}

/* May a copy go from `in` to `out`? The rules of a relay by its kind, no more than one each. */
static bool may_copy(struct model *m, unsigned in, unsigned out, unsigned vid, uint64_t dst)
{
	bool has_registration = false;

	if (!is_open(m, out) || m->cfg[out].component != m->cfg[in].component || !in_vlan(m, out, vid))
		return false;
	if (in == out && !(m->rr[in] && m->cfg[in].relay == FWD_BRIDGE))
		return false;
	for (unsigned i = 0; dst == GROUP && i < N_PORTS; i++)
		has_registration |= m->registered[i][vid] && m->cfg[i].component == m->cfg[in].component;
	return !has_registration || m->registered[out][vid] || m->cfg[out].kind == FWD_URP;
}

static enum fwd_drop model_one(
	struct model *m, unsigned in, unsigned out, unsigned vid, struct outcome *o, struct load load)
{
	enum fwd_drop drop;

	if (!is_open(m, out))
		return FWD_DROP_EGRESS;
	if (in == out && !m->rr[in])
		return FWD_DROP_SAME_PORT;
	if (!may_copy(m, in, out, vid, 0))
		return FWD_DROP_EGRESS;
	drop = fits(m, out, vid, load);
	if (drop == FWD_PASS)
		o->sent[out] = 1;
	return drop;
}

static enum fwd_drop model_route(struct model *m, unsigned in, unsigned vid, uint64_t dst, uint64_t src,
	struct load load, struct outcome *o)
{
	bool is_vepa = m->cfg[in].relay == FWD_VEPA, has_any = false;
	struct place *to = is_group(dst) ? NULL : find_place(m, m->cfg[in].component, vid, dst);
	struct place *from = find_place(m, m->cfg[in].component, vid, src);
	unsigned owner = is_vepa && m->cfg[in].kind == FWD_URP && from ? from->port : N_PORTS;

	if (is_vepa && m->cfg[in].kind == FWD_DRP) {
		for (unsigned out = 0; out < N_PORTS; out++)
			if (m->cfg[out].kind == FWD_URP && m->cfg[out].component == m->cfg[in].component)
				return dst == GROUP && !may_copy(m, in, out, vid, dst)
					       ? FWD_DROP_EGRESS
					       : model_one(m, in, out, vid, o, load);
		return FWD_DROP_NO_DESTINATION;
	}
	if (to)
		return to->port == owner && m->forwarding[owner] ? FWD_DROP_SAME_PORT
								 : model_one(m, in, to->port, vid, o, load);
	if (is_vepa && !is_group(dst))
		return FWD_DROP_NO_DESTINATION;
	for (unsigned out = 0; out < N_PORTS; out++) {
		if (out == owner || !may_copy(m, in, out, vid, dst) || fits(m, out, vid, load) != FWD_PASS)
			continue;
		o->sent[out] = 1;
		has_any = true;
	}
	return has_any ? FWD_PASS : FWD_DROP_NO_DESTINATION;
}

/* A frame as it is on the wire. */
struct sent {
	uint64_t dst, src;
	int s_tci, tci; /* UNTAGGED: without */
	bool is_hidden; /* an S-TAG behind the C-tag, or in its place */
	unsigned hidden;
	size_t payload;
};

static struct outcome model_rx(struct model *m, unsigned device, struct sent f)
{
	struct load load = { f.is_hidden, f.payload + (f.is_hidden ? 4 : 0) };
	bool carries = device == UAP || device == UPLINK;
	struct outcome o = { .drop = FWD_PASS };
	struct right *a;
	unsigned in, vid, prio;

	for (unsigned i = 0; i < N_PORTS; i++)
		o.sent[i] = NOT_SENT;
	if (carries && f.s_tci < 0 && f.tci < 0 && f.is_hidden) { /* nothing is in front of it */
		f.s_tci = (int)f.hidden;
		load = (struct load){ false, f.payload };
	}
	in = channel_of(m, device, f.s_tci < 0 ? 0 : (unsigned)f.s_tci & 0xfff);
	o.drop = in == N_PORTS                              ? FWD_DROP_NO_CHANNEL
		 : !m->forwarding[in]                       ? FWD_DROP_BLOCKED
		 : is_group(f.src) || f.src == 0            ? FWD_DROP_MALFORMED
		 : load.is_s_tagged && f.tci < 0 && carries ? FWD_DROP_S_TAGGED
		 : f.dst == RESERVED                        ? FWD_DROP_RESERVED
		 : f.tci >= 0 && (f.tci & 0xfff) == 4095    ? FWD_DROP_VLAN
							 : model_enter(m, in, f.src, f.tci, &vid, &prio, &a);
	if (o.drop != FWD_PASS)
		return o;
	if (f.tci < 0 && f.s_tci >= 0)
		prio = (unsigned)f.s_tci >> 12;
	model_learn(m, in, vid, f.src, a);
	o.drop = model_route(m, in, vid, f.dst, f.src, load, &o);
	for (unsigned i = 0; i < N_PORTS; i++)
		if (o.sent[i] != NOT_SENT) {
			o.sent[i] = is_untagged_at(m, i, vid) ? UNTAGGED : (int)(prio << 12 | vid);
			o.s_tag[i] = m->svid[i] ? (int)(prio << 12 | m->svid[i]) : UNTAGGED;
		}
	return o;
}

static void take_right(struct model *m, struct right *a)
{
	struct right gone = *a, *next;

	a->id = 0;
	for (struct place *p = m->places; p < m->places + MAX_PLACES; p++) {
		if (!p->in_use || p->right != gone.id)
			continue;
		p->in_use = false;
		next = gone.mac ? find_right(m, gone.port, gone.vid, gone.mac) : NULL;
		if (next)
			set_place(m, gone.port, gone.vid, gone.mac, next->id, true);
	}
}

static void model_admit(struct model *m, unsigned port, unsigned owner, const struct relay_admit *list,
	const uint64_t *macs, unsigned n)
{
	for (struct right *a = m->rights; a < m->rights + MAX_RIGHTS; a++) {
		bool stays = false;

		for (unsigned i = 0; i < n; i++)
			stays |= a->vid == list[i].vid && a->mac == macs[i];
		if (a->id && a->port == port && a->owner == owner) {
			a->is_first = false;
			if (!stays)
				take_right(m, a);
		}
	}
	for (unsigned i = 0; i < n; i++) {
		struct right *a = NULL;
		bool is_first = m->cfg[port].kind == FWD_DRP, is_new;

		for (struct right *b = m->rights; b < m->rights + MAX_RIGHTS; b++)
			if (b->id && b->port == port && b->owner == owner && b->vid == list[i].vid &&
				b->mac == macs[i])
				a = b;
		for (unsigned k = 0; k < i; k++)
			is_first &= macs[k] != macs[i];
		is_new = !a;
		for (unsigned k = 0; !a; k++)
			if (!m->rights[k].id)
				a = &m->rights[k];
		*a = (struct right){ is_new ? ++m->last_id : a->id, port, owner, list[i].vid, list[i].pcp,
			macs[i], list[i].has_pcp, is_first };
		if (is_new && macs[i])
			set_place(m, port, a->vid, a->mac, a->id, true);
	}
}

/* ---- both, side by side ---- */
struct both {
	struct net net;
	struct model m;
	struct prng rnd;
};

static uint64_t below(struct both *b, uint64_t n)
{
	return prng_below(&b->rnd, n);
}

static void set_up(struct both *b, uint64_t seed)
{
	struct relay_cfg cfg = { .max_lports = 16,
		.max_fdb = MAX_LEARNED,
		.max_admit = MAX_RIGHTS,
		.fdb_age_s = AGE,
		.max_learned_drp = MAX_OF_DRP,
		.max_groups = 64,
		.max_channels = 4,
		.key = { seed, 1 } };
	static const enum fwd_kind kinds[N_PORTS] = { FWD_SBP, FWD_SBP, FWD_SBP, FWD_ORDINARY, FWD_ORDINARY,
		FWD_URP, FWD_DRP, FWD_DRP, FWD_DRP, FWD_URP, FWD_DRP, FWD_SBP, FWD_SBP, FWD_URP, FWD_DRP };

	*b = (struct both){ .rnd = { seed } };
	b->net.r = relay_init(&cfg, calloc(1, relay_size(&cfg)));
	b->net.now = (struct mono){ dur_s(100).ns };
	b->m.now = 100;
	for (unsigned i = 0; i < N_PORTS; i++) {
		enum fwd_relay edge = (i == 9 || i == 10) ^ (seed & 1) ? FWD_VEB : FWD_VEPA;
		bool is_bridge = i < 5 || i == CAP_A || i == CAP_B;
		struct relay_port_cfg *c = &b->m.cfg[i];

		*c = (struct relay_port_cfg){ .kind = kinds[i],
			.relay = is_bridge ? FWD_BRIDGE : edge,
			.component = is_bridge          ? 0
				     : i < 9            ? 1
				     : i >= CHANNEL_URP ? 3
							: 2,
			.tag = is_behind_tag(i) ? FWD_TAG_S : FWD_TAG_NONE,
			.carries = i == UAP || i == UPLINK ? FWD_TAG_S : FWD_TAG_NONE,
			.pvid = (uint16_t)below(b, N_VIDS),
			.unassociated_vid = kinds[i] == FWD_SBP && i == 2 ? 3 : 0,
			.mtu = below(b, 2) ? 100 : 0 };
		if (c->kind == FWD_DRP)
			c->pvid = 0;
		cr_assert_eq(relay_port_add(b->net.r, c), i);
	}
}

static uint64_t any_mac(struct both *b)
{
	return 1 + below(b, 8);
}

static void change_rights(struct both *b)
{
	static const unsigned where[] = { 0, 1, 2, 6, 7, 8, 10, CAP_A, CAP_B, 14 };
	unsigned port = where[below(b, 10)], owner = (unsigned)below(b, N_OWNERS), n = (unsigned)below(b, 5);
	struct relay_admit list[5];
	uint64_t macs[5];

	for (unsigned i = 0; i < n; i++) {
		macs[i] = below(b, 5) ? any_mac(b) : 0;
		list[i] = (struct relay_admit){ .vid = (uint16_t)(1 + (below(b, 5) + i) % (N_VIDS - 1)),
			.mac = net_mac(macs[i]),
			.has_pcp = below(b, 2),
			.pcp = (uint8_t)below(b, 8) };
	}
	for (unsigned i = 1; i < n; i++)
		for (unsigned k = 0; k < i; k++)
			if (macs[k] == macs[i] && list[k].vid == list[i].vid)
				return; /* no pair twice */
	cr_assert(relay_admit(b->net.r, (uint16_t)port, owner, list, n));
	model_admit(&b->m, port, owner, list, macs, n);
}

static void forget_learned(struct model *m, int port, int vid, uint64_t before)
{
	for (struct place *p = m->places; p < m->places + MAX_PLACES; p++)
		if (p->in_use && !p->is_owned && (port < 0 || p->port == (unsigned)port) &&
			(vid < 0 || p->vid == (unsigned)vid) && p->seen < before)
			p->in_use = false;
}

/* Another SVID for a channel, or none; one that another channel of the device has is refused. */
static void change_channel(struct both *b)
{
	unsigned port = CAP_A + (unsigned)below(b, 3), svid = FIRST_SVID + (unsigned)below(b, N_SVIDS);
	uint16_t device = port == CHANNEL_URP ? UPLINK : UAP;
	unsigned other = channel_of(&b->m, device, svid);

	if (!below(b, 4)) {
		relay_channel_clear(b->net.r, device, b->m.svid[port]);
		b->m.svid[port] = 0;
	} else if (relay_channel_set(b->net.r, device, svid, (uint16_t)port)) {
		cr_assert(other == N_PORTS || other == port);
		b->m.svid[port] = svid;
	} else {
		cr_assert(other != N_PORTS && other != port);
	}
}

static void change_something(struct both *b)
{
	unsigned port = (unsigned)below(b, N_PORTS), vid = (unsigned)(1 + below(b, N_VIDS - 1));
	bool on = below(b, 5) > 0, untagged = below(b, 2);

	switch (below(b, 7)) {
	case 0:
		relay_port_set_forwarding(b->net.r, (uint16_t)port, on);
		b->m.forwarding[port] = on;
		if (!on)
			forget_learned(&b->m, (int)port, -1, UINT64_MAX);
		break;
	case 1:
		relay_port_set_rr(b->net.r, (uint16_t)port, on);
		b->m.rr[port] = on && b->m.cfg[port].relay == FWD_BRIDGE;
		break;
	case 2:
		port = 3 + (unsigned)below(b, 2);
		relay_port_set_vlan(b->net.r, (uint16_t)port, (uint16_t)vid, on, untagged);
		b->m.member[port][vid] = on;
		b->m.untagged[port][vid] = on && untagged;
		if (!on)
			forget_learned(&b->m, (int)port, (int)vid, UINT64_MAX);
		break;
	case 3:
		on = below(b, 2);
		cr_assert(relay_group_set(b->net.r, (uint16_t)port, (uint16_t)vid, net_mac(GROUP), on));
		b->m.registered[port][vid] = on;
		break;
	case 4:
		change_channel(b);
		break;
	case 5:
		b->m.now += 1 + below(b, 8);
		b->net.now = (struct mono){ dur_s(b->m.now).ns };
		relay_on_time(b->net.r, b->net.now);
		forget_learned(&b->m, -1, -1, b->m.now - AGE);
		break;
	default:
		change_rights(b);
	}
}

static void compare(struct both *b, const struct outcome *want, uint64_t seed, unsigned step)
{
	struct net *net = &b->net;
	uint64_t ports = net_ports(net);

	cr_assert_eq(net->res.drop, want->drop, "seed %u step %u: %s, the model says %s", (unsigned)seed,
		step, fwd_drop_name(net->res.drop), fwd_drop_name(want->drop));
	for (unsigned i = 0; i < N_PORTS; i++)
		cr_assert_eq(ports >> i & 1, want->sent[i] != NOT_SENT, "seed %u step %u port %u",
			(unsigned)seed, step, i);
	for (unsigned i = 0; i < net->n_copies; i++) {
		const struct relay_copy *c = &net->copy[i];
		bool is_s = is_behind_tag(c->lport);
		int s_tag = is_s ? c->head[14] << 8 | c->head[15] : UNTAGGED;
		const uint8_t *at = c->head + (is_s ? 16 : 12);
		int tci = c->head_len == (is_s ? 18 : 14) ? UNTAGGED : at[2] << 8 | at[3];

		cr_assert_eq(tci, want->sent[c->lport], "seed %u step %u port %u: tag %x, the model says %x",
			(unsigned)seed, step, c->lport, (unsigned)tci, (unsigned)want->sent[c->lport]);
		cr_assert_eq(s_tag, want->s_tag[c->lport]);
	}
}

static void insert_s_tag(struct net *net, size_t at, unsigned tci)
{
	memmove(net->frame + at + 4, net->frame + at, net->frame_len - at);
	memcpy(net->frame + at, (uint8_t[]){ 0x88, 0xa8, (uint8_t)(tci >> 8), (uint8_t)tci }, 4);
	net->frame_len += 4;
}

static unsigned any_svid(struct both *b)
{
	return (unsigned)(below(b, 5) ? FIRST_SVID + below(b, N_SVIDS) : below(b, 3));
}

static void one_frame(struct both *b, uint64_t seed, unsigned step)
{
	static const unsigned devices[] = { 0, 1, UAP, UAP, UAP, 3, 4, 5, 6, 7, 8, UPLINK, UPLINK, 10, 14 };
	unsigned device = devices[below(b, sizeof(devices) / sizeof(devices[0]))];
	uint64_t kind = below(b, 12), src = below(b, 60) ? any_mac(b) : below(b, 2) ? GROUP : MAC_NOBODY;
	struct sent f = { .dst = kind == 0   ? MAC_ALL
				 : kind == 1 ? GROUP
					     : any_mac(b),
		.src = src == MAC_NOBODY ? 0 : src,
		.s_tci = UNTAGGED,
		.tci = below(b, 3) ? (int)(below(b, 16) << 12 | below(b, N_VIDS)) : UNTAGGED,
		.is_hidden = !below(b, 12),
		.hidden = any_svid(b),
		.payload = 86 + below(b, 20) };
	struct outcome want;

	if (!below(b, 60))
		f.dst = RESERVED;
	if (!below(b, 60))
		f.tci = 4095;
	if ((device == UAP || device == UPLINK) && below(b, 4))
		f.s_tci = (int)(below(b, 16) << 12 | any_svid(b));
	want = model_rx(&b->m, device, f);
	net_make(&b->net, f.tci < 0 ? 0 : (unsigned)f.tci, f.tci >= 0, f.dst, src, f.payload);
	if (f.is_hidden)
		insert_s_tag(&b->net, f.tci < 0 ? 12 : 16, f.hidden);
	if (f.s_tci >= 0)
		insert_s_tag(&b->net, 12, (unsigned)f.s_tci);
	net_rx_frame(&b->net, (uint16_t)device);
	compare(b, &want, seed, step);
}

static void run(uint64_t seed)
{
	struct both *b = malloc(sizeof(*b));
	unsigned forwarded = 0;

	set_up(b, seed);
	for (unsigned i = 0; i < N_PORTS; i++) {
		relay_port_set_forwarding(b->net.r, (uint16_t)i, true);
		b->m.forwarding[i] = true;
	}
	for (unsigned i = 0; i < 60; i++)
		change_something(b);
	for (unsigned step = 0; step < N_STEPS; step++) {
		if (below(b, 8) == 0)
			change_something(b);
		one_frame(b, seed, step);
		forwarded += b->net.n_copies > 0;
	}
	cr_assert_gt(forwarded, N_STEPS / 20, "seed %u: the frames must mean something", (unsigned)seed);
	free(b->net.r);
	free(b);
}

Test(forward_model, random_networks_agree_with_the_prose)
{
	static const uint64_t seeds[] = { 1, 2, 3, 5, 8, 13, 21, 34, 20111, 20120, 4242, 99991 };

	for (size_t i = 0; i < sizeof(seeds) / sizeof(seeds[0]); i++)
		run(seeds[i]);
}
