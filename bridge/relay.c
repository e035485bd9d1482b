/*
 * relay.c - a frame's way through the relay (802.1Q 8.6; evb-reference 1.3, 1.4).
 *
 *     frame -> parse -> ingress (VLAN, admission) -> learn -> route -> one port, or each port of a set -> tag -> copy
 *
 * The decision itself is forward.h, the same code that runs in the kernel; this file gives it the user-space tables,
 * learns, counts, and hands out the copies. In: a frame in wire form, its logical port, the time. Out: a verdict and
 * copies that borrow the frame.
 *
 * Invariants: a frame has at most one copy per logical port. A copy teaches nothing: only relay_rx() learns. An
 * address that an associated VSI owns by name has a static FDB entry on the port of the association; a frame from a
 * port that has no such association may come by with that source, but never moves the entry (learn_refused). If two
 * ports have one, as in a migration, the last association and then the last frame says where the address is.
 *
 * Who counts: what stops a frame as a whole is counted at its ingress port, a copy too long at the egress port.
 *
 * Left out: queueing and sending, control frames, anything below a C-tag (channels and extension tags are other
 * logical ports), the tables (relay_port.c, relay_admit.c, relay_group.c, fdb.c).
 */
#include "relay_priv.h"

enum { LEARN_SHARE = 7 };

/* Look-ups of forward.h. One frame asks several tables for the same two keys: the last hash is kept. */
struct fwd_tables {
	struct relay *r;
	struct mono now;
	uint64_t key; /* whose hash is `hash` */
	uint32_t hash;
	uint32_t found; /* FDB entry of the last fwd_fdb_find() */
};

static inline uint32_t key_hash(struct fwd_tables *t, uint64_t key)
{
	if (t->key != key) {
		t->key = key;
		t->hash = relay_hash(t->r, key);
	}
	return t->hash;
}

static inline const struct fwd_port *fwd_port_at(struct fwd_tables *t, uint16_t lport)
{
	return lport < t->r->cfg.max_lports ? &t->r->port[lport].p : NULL;
}

static inline bool fwd_in_vlan(struct fwd_tables *t, uint16_t lport, uint16_t vid)
{
	return relay_bit(t->r, t->r->member, lport, vid);
}

static inline bool fwd_in_untagged(struct fwd_tables *t, uint16_t lport, uint16_t vid)
{
	return relay_bit(t->r, t->r->untagged, lport, vid);
}

static inline enum fwd_admission fwd_admit(
	struct fwd_tables *t, uint16_t lport, uint16_t vid, uint64_t mac, struct fwd_binding *ret)
{
	enum fwd_admission how = FWD_ADMIT_EXACT;
	uint64_t key = fdb_key(vid, mac);
	uint32_t i;

	if (t->r->port[lport].n_vsis == 0)
		return FWD_ADMIT_NONE;
	i = relay_admission_find(t->r, key_hash(t, key), lport, key);
	if (i == FDB_NONE) {
		how = FWD_ADMIT_ANY;
		key = fdb_key(vid, 0);
		i = relay_admission_find(t->r, relay_hash(t->r, key), lport, key);
		if (i == FDB_NONE)
			return FWD_ADMIT_NONE;
	}
	*ret = (struct fwd_binding){
		.id = i, .has_pcp = t->r->admission[i].has_pcp, .pcp = t->r->admission[i].pcp
	};
	return how;
}

static uint16_t station_vid(const struct relay *r, uint16_t lport, uint64_t mac)
{
	uint32_t i = imap_first(&r->by_station, relay_hash_with(relay_hash(r, mac), lport));

	while (i != IMAP_NONE && (r->admission[i].lport != lport || r->admission[i].key << 16 != mac << 16))
		i = imap_next(&r->by_station, i);
	return i == IMAP_NONE ? FWD_VID_NONE : (uint16_t)(r->admission[i].key >> 48);
}

static inline uint16_t fwd_untagged_vid(struct fwd_tables *t, uint16_t lport, uint64_t mac)
{
	uint16_t vid = FWD_VID_NONE;

	if (t->r->port[lport].n_vsis > 0) {
		vid = station_vid(t->r, lport, mac);
		if (vid == FWD_VID_NONE)
			vid = station_vid(t->r, lport, 0);
	}
	return vid;
}

static inline uint16_t fwd_fdb_find(struct fwd_tables *t, uint16_t component, uint16_t vid, uint64_t mac)
{
	uint64_t key = fdb_key(vid, mac);

	t->found = fdb_find(&t->r->fdb, relay_hash_with(key_hash(t, key), component), component, key);
	return t->found == FDB_NONE ? FWD_LPORT_NONE : t->r->fdb.entry[t->found].lport;
}

static inline bool fwd_group_known(struct fwd_tables *t, uint16_t component, uint16_t vid, uint64_t mac)
{
	uint64_t key = fdb_key(vid, mac);

	return t->r->n_groups > 0 && relay_group_known(t->r, key_hash(t, key), component, key);
}

static inline bool fwd_group_has(struct fwd_tables *t, uint16_t lport, uint16_t vid, uint64_t mac)
{
	uint64_t key = fdb_key(vid, mac);

	return relay_group_has(t->r, key_hash(t, key), lport, key);
}

/* The limit as a schedule: a frame is due every storm_gap, and up to one second of frames may come early. */
static inline bool fwd_flood_credit(struct fwd_tables *t, uint16_t lport)
{
	struct lport *p = &t->r->port[lport];

	if (p->storm_gap.ns == 0)
		return true;
	if (mono_before(p->storm_next, t->now))
		p->storm_next = t->now;
	if (mono_since(t->now, p->storm_next).ns + p->storm_gap.ns > dur_s(1).ns)
		return false;
	p->storm_next = mono_add(p->storm_next, p->storm_gap);
	return true;
}

#define FWD_HAS_TABLES
#include "forward.h"

static struct vsi *vsi_of(struct relay *r, uint32_t binding)
{
	return &r->vsi[r->admission[binding].vsi];
}

/* No port may have more than seven times what is still free: one that sends from random addresses leaves an eighth of
 * the table to the others, and they keep learning. */
static bool has_share(const struct relay *r, const struct fwd_port *in, uint16_t lport)
{
	if (in->kind == FWD_DRP && r->fdb.n_of_port[lport] >= r->cfg.max_learned_drp)
		return false;
	return r->fdb.n_of_port[lport] / LEARN_SHARE < r->fdb.max_learned - r->fdb.n_learned;
}

static void learn_new(struct fwd_tables *t, const struct fwd_port *in, const struct fwd_decision *d,
	uint64_t key, uint32_t hash)
{
	struct relay *r = t->r;
	uint32_t i = FDB_NONE;

	if (d->learn == FWD_LEARN_BOUND) {
		relay_bind(r, d->binding);
		return;
	}
	if (has_share(r, in, d->in))
		i = fdb_learn(&r->fdb, hash, in->component, key, d->in, t->now);
	if (i == FDB_NONE) {
		r->port[d->in].n.learn_full++;
		return;
	}
	r->fdb.entry[i].binding = d->is_admitted ? d->binding : FDB_NONE;
	if (mono_is_never(r->next_sweep))
		r->next_sweep = mono_add(t->now, dur_s(1));
}

/* 802.1Q 8.7; a station that shows up on another port has moved, unless an association says where it is. */
static void learn(struct fwd_tables *t, const struct fwd_port *in, const struct fwd_decision *d)
{
	struct fdb *f = &t->r->fdb;
	uint64_t key = fdb_key(d->vid, d->src);
	uint32_t hash = relay_hash_with(key_hash(t, key), in->component);
	uint32_t i = fdb_find(f, hash, in->component, key);

	if (i == FDB_NONE) {
		learn_new(t, in, d, key, hash);
	} else if (f->entry[i].lport == d->in) {
		f->entry[i].seen = t->now;
	} else if (f->entry[i].is_static && d->learn != FWD_LEARN_BOUND) {
		t->r->port[d->in].n.learn_refused++;
	} else if (in->kind == FWD_DRP && d->learn == FWD_LEARN_STATION &&
		   f->n_of_port[d->in] >= t->r->cfg.max_learned_drp) {
		t->r->port[d->in].n.learn_full++;
	} else {
		if (d->learn != FWD_LEARN_BOUND)
			fdb_remove(f, i);
		learn_new(t, in, d, key, hash);
	}
}

/* One candidate of the set: does it get a copy? */
static bool is_candidate(struct fwd_tables *t, const struct relay_walk *w, uint16_t lport)
{
	struct lport *out = &t->r->port[lport];

	if (fwd_may_transmit(t, &t->r->port[w->d.in].p, &w->d, lport, &out->p) != FWD_PASS)
		return false;
	if (fwd_fits(&out->p, &w->d, (uint32_t)w->frame.len))
		return true;
	out->n.drops[FWD_DROP_TOO_LONG]++;
	return false;
}

/* The next port of the VLAN, from `lport` on, that gets a copy. */
static uint32_t next_of_set(struct fwd_tables *t, const struct relay_walk *w, uint32_t lport)
{
	const uint64_t *row = &t->r->member[(size_t)w->d.vid * t->r->n_words];

	while (lport < t->r->cfg.max_lports) {
		uint64_t left = row[lport / 64] >> lport % 64;

		if (left == 0) {
			lport = (lport | 63) + 1;
			continue;
		}
		lport += (uint32_t)__builtin_ctzll(left);
		if (is_candidate(t, w, (uint16_t)lport))
			return lport;
		lport++;
	}
	return FWD_LPORT_NONE;
}

/* Everything up to the first copy. */
static enum fwd_drop decide(struct fwd_tables *t, uint16_t lport, struct relay_walk *w)
{
	struct relay *r = t->r;
	const struct fwd_port *in = &r->port[lport].p;
	struct fwd_hdr h;
	enum fwd_drop drop = fwd_parse(w->frame.ptr, (uint32_t)w->frame.len, &h);

	if (drop != FWD_PASS)
		return drop;
	drop = fwd_ingress(t, lport, in, &h, &w->d);
	if (drop != FWD_PASS)
		return drop;
	if (w->d.is_admitted) {
		struct vsi *v = vsi_of(r, w->d.binding);

		v->n.rx_frames++;
		v->n.rx_octets += w->frame.len;
	}
	/* most frames come from a VSI whose address is where it was */
	if (w->d.learn != FWD_LEARN_NOT && !(w->d.is_admitted && r->admission[w->d.binding].is_placed))
		learn(t, in, &w->d);
	w->d.binding = FDB_NONE; /* from here on: the receiver's */
	t->found = FDB_NONE;
	drop = fwd_route(t, in, &w->d);
	if (drop != FWD_PASS)
		return drop;
	if (w->d.to == FWD_TO_SET) {
		w->next = next_of_set(t, w, 0);
		return w->next == FWD_LPORT_NONE ? FWD_DROP_NO_DESTINATION : FWD_PASS;
	}
	if (!fwd_fits(&r->port[w->d.out].p, &w->d, (uint32_t)w->frame.len))
		return FWD_DROP_TOO_LONG;
	w->next = w->d.out;
	if (t->found != FDB_NONE)
		w->d.binding = r->fdb.entry[t->found].binding;
	return FWD_PASS;
}

void relay_rx(struct relay *r, uint16_t lport, struct span frame, struct mono now, struct relay_result *ret)
{
	struct fwd_tables t = { .r = r, .now = now, .key = UINT64_MAX };
	struct lport *in = &r->port[lport];

	ret->verdict = RELAY_DROPPED;
	ret->drop = FWD_DROP_BLOCKED;
	ret->unknown_source = false;
	ret->vid = FWD_VID_NONE;
	ret->walk.next = FWD_LPORT_NONE;
	if (!relay_is_port(r, lport))
		return;
	in->n.rx_frames++;
	in->n.rx_octets += frame.len;
	ret->walk.frame = frame;
	ret->walk.d.vid = FWD_VID_NONE;
	ret->walk.d.is_unknown_source = 0;
	ret->drop = decide(&t, lport, &ret->walk);
	ret->vid = ret->walk.d.vid;
	ret->unknown_source = ret->walk.d.is_unknown_source != 0;
	if (frame.len >= FWD_ADDRESSES)
		memcpy(ret->src.b, frame.ptr + 6, sizeof(ret->src.b));
	if (ret->drop == FWD_PASS)
		ret->verdict = RELAY_FORWARDED;
	else if (ret->drop == FWD_DROP_TOO_LONG && ret->walk.d.to == FWD_TO_ONE)
		r->port[ret->walk.d.out].n.drops[FWD_DROP_TOO_LONG]++;
	else
		in->n.drops[ret->drop]++;
}

static void count_copy(struct relay *r, const struct relay_walk *w, uint16_t lport, size_t octets)
{
	struct relay_port_counters *n = &r->port[lport].n;

	n->tx_frames++;
	n->tx_octets += octets;
	if (lport == w->d.in)
		n->reflected++;
	if (w->d.binding != FDB_NONE) {
		struct vsi *v = vsi_of(r, w->d.binding);

		v->n.tx_frames++;
		v->n.tx_octets += octets;
	}
}

bool relay_next_copy(struct relay *r, struct relay_result *res, struct relay_copy *ret)
{
	struct fwd_tables t = { .r = r, .key = UINT64_MAX };
	struct relay_walk *w = &res->walk;
	const uint8_t *frame = w->frame.ptr;
	size_t head = FWD_ADDRESSES + w->d.tag_len;
	uint16_t lport = (uint16_t)w->next, tci;

	if (w->next == FWD_LPORT_NONE)
		return false;
	memcpy(ret->head, frame, FWD_ADDRESSES);
	ret->lport = lport;
	ret->head_len = FWD_ADDRESSES;
	if (fwd_egress_tag(&t, &r->port[lport].p, lport, &w->d)) {
		tci = fwd_egress_tci(&w->d);
		ret->head[12] = FWD_C_TPID >> 8;
		ret->head[13] = FWD_C_TPID & 0xff;
		ret->head[14] = (uint8_t)(tci >> 8);
		ret->head[15] = (uint8_t)tci;
		ret->head_len += FWD_C_TAG;
	}
	memcpy(ret->head + ret->head_len, frame + head, 2);
	ret->head_len += 2;
	ret->rest = span_of(frame + head + 2, w->frame.len - head - 2);
	count_copy(r, w, lport, ret->head_len + ret->rest.len);
	w->next = w->d.to == FWD_TO_SET ? next_of_set(&t, w, lport + 1u) : FWD_LPORT_NONE;
	return true;
}
