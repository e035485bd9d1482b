/*
 * relay.c - a frame's way through the relay (802.1Q 8.6; evb-reference 1.3, 1.4).
 *
 *     frame -> parse -> enter (outer tag) -> ingress (VLAN, admission) -> learn
 *           -> route -> one port, or each port of a set or list -> egress (tags) -> copy
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
 * Who counts: what stops a frame as a whole is counted at its ingress port; a copy too long, or one of several that its
 * port's device would misunderstand, at the egress port.
 *
 * Left out: queueing and sending, control frames, the tables (relay_port.c, relay_tag.c, relay_admit.c,
 * relay_group.c, fdb.c).
 */
#include "relay_priv.h"

enum { LEARN_SHARE = 7, FRAME_MIN = 60 /* octets without FCS (802.3 3.2.8; port-extension-reference 2.7) */ };

/* Look-ups of forward.h. One frame asks several tables for the same two keys: the last hash is kept. */
struct fwd_tables {
	struct relay *r;
	struct mono now;
	uint64_t key; /* whose hash is `hash` */
	uint32_t hash;
	uint32_t found; /* FDB entry of the last fwd_fdb_find() */
	uint32_t list;  /* of the last fwd_list_known() */
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

	while (i != IMAP_NONE && (!r->admission[i].is_untagged || r->admission[i].lport != lport ||
					 r->admission[i].key << 16 != mac << 16))
		i = imap_next(&r->by_station, i);
	return i == IMAP_NONE ? FWD_VID_NONE : (uint16_t)(r->admission[i].key >> 48);
}

static inline uint16_t fwd_untagged_vid(struct fwd_tables *t, uint16_t lport, uint64_t mac)
{
	const struct lport *p = &t->r->port[lport];
	uint16_t vid = FWD_VID_NONE;

	if (p->n_untagged_vids == 1) /* then it is that or not admitted */
		return p->untagged_vids;
	if (p->n_untagged_vids > 1) {
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

static inline uint16_t fwd_channel(struct fwd_tables *t, uint16_t trunk, uint32_t id)
{
	const struct channel *c = relay_channel_at(t->r, trunk, id);

	return c->id != 0 ? c->lport : FWD_LPORT_NONE;
}

static inline bool fwd_list_known(struct fwd_tables *t, uint16_t trunk, uint32_t id)
{
	t->list = relay_list_find(t->r, trunk, id);
	return t->list != FDB_NONE;
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

/* Make the copy for `lport`, or for the list that it is in: how it begins, and whether it may leave so. */
static enum fwd_drop make_copy(struct fwd_tables *t, struct relay_walk *w, uint16_t lport)
{
	const struct fwd_port *out = &t->r->port[lport].p;

	w->to = w->list != 0 ? out->trunk : lport;
	fwd_egress(t, &t->r->port[w->d.in].p, out, lport, &w->d, w->list, w->has_c_tag, &w->copy);
	return fwd_check(&t->r->port[w->to].p, &w->d, &w->copy, (uint32_t)w->frame.len);
}

/* The next port of a row, from `lport` on, but for the VIFs that the copy for a list reaches. */
static uint32_t next_bit(
	const struct relay *r, const struct relay_walk *w, const uint64_t *row, uint32_t lport)
{
	while (lport < r->cfg.max_lports) {
		uint64_t left = row[lport / 64];

		for (unsigned k = 0; k < w->n_trunks; k++)
			if (w->trunk[k].is_served)
				left &= ~relay_list_words(r, w->trunk[k].list)[lport / 64];
		left >>= lport % 64;
		if (left != 0)
			return lport + (uint32_t)__builtin_ctzll(left);
		lport = (lport | 63) + 1;
	}
	return FWD_LPORT_NONE;
}

static const uint64_t *row_of(const struct relay *r, const struct relay_walk *w)
{
	return w->d.to == FWD_TO_LIST ? relay_list_words(r, w->going)
				      : &r->member[(size_t)w->d.vid * r->n_words];
}

/* Has the frame to get to this port of the set, if it is a VIF of the trunk? The source's, too. */
static bool is_vif(struct fwd_tables *t, const struct relay_walk *w, uint32_t lport, uint16_t trunk)
{
	const struct fwd_port *p = &t->r->port[lport].p;

	return p->trunk == trunk && p->forwarding &&
	       (!w->d.is_registered || fwd_group_has(t, (uint16_t)lport, w->d.vid, w->d.dst));
}

static bool is_in_list(struct fwd_tables *t, const struct relay_walk *w, uint16_t trunk, uint32_t list)
{
	const uint64_t *row = row_of(t->r, w), *words = relay_list_words(t->r, list);
	uint32_t i = next_bit(t->r, w, row, 0);

	while (i != FWD_LPORT_NONE && (!is_vif(t, w, i, trunk) || words[i / 64] >> i % 64 & 1))
		i = next_bit(t->r, w, row, i + 1);
	return i == FWD_LPORT_NONE;
}

static struct vif_flood find_list(struct fwd_tables *t, const struct relay_walk *w, uint16_t trunk)
{
	struct vif_flood f = { .epoch = t->r->epoch, .trunk = trunk, .vid = w->d.vid, .list = FDB_NONE };
	const uint64_t *row = row_of(t->r, w);
	struct vif_set set = { .trunk = trunk };

	for (uint32_t i = next_bit(t->r, w, row, 0); i != FWD_LPORT_NONE; i = next_bit(t->r, w, row, i + 1)) {
		if (!is_vif(t, w, i, trunk))
			continue;
		relay_set_add(&set, (uint16_t)i);
		if (fwd_has_c_tag(t, &t->r->port[i].p, (uint16_t)i, &w->d))
			f.has_c_tag = true;
	}
	do
		f.list = relay_list_of_set(t->r, &set, f.list);
	while (f.list != FDB_NONE && !is_in_list(t, w, trunk, f.list)); /* as many, and each */
	return f;
}

/*
 * Group frames to the VIFs of a trunk: one copy to a list that has exactly the VLAN's VIFs there, its source included
 * if it is one of them; without such a list a copy for each (port-extension-reference 5.1). Where all have the VLAN
 * untagged the frame goes untagged, else tagged, and the other end strips it where it must (5.2).
 */
static struct vif_flood flood_of(struct fwd_tables *t, const struct relay_walk *w, uint16_t trunk)
{
	struct vif_flood *f = relay_flood(t->r, trunk, w->d.vid);

	if (t->r->n_lists == 0)
		return (struct vif_flood){ .list = FDB_NONE };
	if (w->d.is_registered)
		return find_list(t, w, trunk);
	if (f->epoch != t->r->epoch || f->trunk != trunk || f->vid != w->d.vid)
		*f = find_list(t, w, trunk);
	return *f;
}

/* Is a VIF that is to get a copy in a list of its trunk that is? Then this copy is the list's. */
static void choose_list(struct fwd_tables *t, struct relay_walk *w, uint16_t trunk)
{
	struct vif_flood f;
	unsigned k = 0;

	while (k < w->n_trunks && w->trunk[k].trunk != trunk)
		k++;
	if (k < w->n_trunks || k == RELAY_TRUNKS)
		return; /* found none before */
	f = flood_of(t, w, trunk);
	w->trunk[k].trunk = trunk;
	w->trunk[k].list = f.list;
	w->trunk[k].is_served = f.list != FDB_NONE;
	w->n_trunks++;
	if (f.list == FDB_NONE)
		return;
	w->list = t->r->list[f.list].id;
	w->has_c_tag = f.has_c_tag;
}

/* Make the next copy, for a port from `lport` on: of the VLAN, or of the list that the frame names. */
static bool next_of_set(struct fwd_tables *t, struct relay_walk *w, uint32_t lport)
{
	const struct fwd_port *in = &t->r->port[w->d.in].p;
	const uint64_t *row = row_of(t->r, w);

	for (lport = next_bit(t->r, w, row, lport); lport != FWD_LPORT_NONE;
		lport = next_bit(t->r, w, row, lport + 1)) {
		const struct fwd_port *out = &t->r->port[lport].p;
		enum fwd_drop drop;

		if (fwd_may_transmit(t, in, &w->d, (uint16_t)lport, out) != FWD_PASS)
			continue;
		w->list = 0;
		if (out->tag > FWD_TAG_S)
			choose_list(t, w, out->trunk);
		drop = make_copy(t, w, (uint16_t)lport);
		if (drop == FWD_PASS) {
			w->next = lport;
			return true;
		}
		t->r->port[w->to].n.drops[drop]++;
	}
	w->next = FWD_LPORT_NONE;
	return false;
}

/* The frame as it comes off its device: what it is, and by which port it comes in. */
static enum fwd_drop enter(struct fwd_tables *t, uint16_t *lport, struct span frame, struct fwd_hdr *h)
{
	const struct fwd_port *at = &t->r->port[*lport].p;
	enum fwd_drop drop = fwd_parse(frame.ptr, (uint32_t)frame.len, at, h);

	return drop == FWD_PASS ? fwd_enter(t, *lport, at, h, lport) : drop;
}

/* Everything up to the first copy. */
static enum fwd_drop decide(
	struct fwd_tables *t, uint16_t lport, const struct fwd_hdr *h, struct relay_walk *w)
{
	struct relay *r = t->r;
	const struct fwd_port *in = &r->port[lport].p;
	enum fwd_drop drop = fwd_ingress(t, lport, in, h, &w->d);

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
	if (w->d.to != FWD_TO_ONE) {
		w->going = t->list;
		return next_of_set(t, w, 0) ? FWD_PASS : FWD_DROP_NO_DESTINATION;
	}
	drop = make_copy(t, w, w->d.out);
	if (drop != FWD_PASS)
		return drop;
	w->next = w->d.out;
	if (t->found != FDB_NONE)
		w->d.binding = r->fdb.entry[t->found].binding;
	return FWD_PASS;
}

void relay_rx(struct relay *r, uint16_t lport, struct span frame, struct mono now, struct relay_result *ret)
{
	struct fwd_tables t = { .r = r, .now = now, .key = UINT64_MAX };
	struct relay_walk *w = &ret->walk;
	enum fwd_drop drop;
	struct fwd_hdr h;
	struct lport *in;

	ret->verdict = RELAY_DROPPED;
	ret->drop = FWD_DROP_BLOCKED;
	ret->unknown_source = false;
	ret->vid = FWD_VID_NONE;
	ret->lport = lport;
	w->next = FWD_LPORT_NONE;
	if (!relay_is_port(r, lport))
		return;
	w->frame = frame;
	w->list = 0;
	w->has_c_tag = false;
	w->n_trunks = 0;
	w->d.vid = FWD_VID_NONE;
	w->d.to = FWD_TO_NONE;
	w->d.is_unknown_source = 0;
	drop = enter(&t, &lport, frame, &h);
	in = &r->port[lport];
	in->n.rx_frames++;
	in->n.rx_octets += frame.len;
	if (drop == FWD_PASS)
		drop = decide(&t, lport, &h, w);
	ret->drop = drop;
	ret->lport = lport;
	ret->vid = w->d.vid;
	ret->unknown_source = w->d.is_unknown_source != 0;
	if (frame.len >= FWD_ADDRESSES)
		memcpy(ret->src.b, frame.ptr + 6, sizeof(ret->src.b));
	if (drop == FWD_PASS)
		ret->verdict = RELAY_FORWARDED;
	else if (drop == FWD_DROP_TOO_LONG && w->d.to == FWD_TO_ONE)
		r->port[w->d.out].n.drops[drop]++;
	else
		in->n.drops[drop]++;
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

static uint8_t put_be16(uint8_t *at, unsigned v)
{
	at[0] = (uint8_t)(v >> 8);
	at[1] = (uint8_t)v;
	return 2;
}

static void put_be64(uint8_t *at, uint64_t v)
{
	for (unsigned i = 0; i < 8; i++)
		at[i] = (uint8_t)(v >> (56 - 8 * i));
}

/* A frame may be too short once its tag is off, and there is more behind a packet's end than anybody may see. */
static void pad(struct relay_copy *c)
{
	size_t len = c->head_len + c->rest.len;

	if (len >= FRAME_MIN)
		return;
	if (c->rest.len > 0)
		memcpy(c->head + c->head_len, c->rest.ptr, c->rest.len);
	memset(c->head + len, 0, FRAME_MIN - len);
	c->head_len = FRAME_MIN;
	c->rest.len = 0;
}

bool relay_next_copy(struct relay *r, struct relay_result *res, struct relay_copy *ret)
{
	struct fwd_tables t = { .r = r, .key = UINT64_MAX };
	struct relay_walk *w = &res->walk;
	const uint8_t *frame = w->frame.ptr;
	size_t head = FWD_ADDRESSES + (size_t)w->d.outer_len + w->d.tag_len;
	const struct fwd_copy *c = &w->copy;

	if (w->next == FWD_LPORT_NONE)
		return false;
	memcpy(ret->head, frame, FWD_ADDRESSES);
	ret->head_len = FWD_ADDRESSES;
	if (c->is_outer_kept)
		memcpy(ret->head + FWD_ADDRESSES, frame + FWD_ADDRESSES, sizeof(c->outer));
	else
		put_be64(ret->head + FWD_ADDRESSES, c->outer);
	ret->head_len += c->outer_len;
	if (c->is_tagged) {
		ret->head_len += put_be16(ret->head + ret->head_len, FWD_C_TPID);
		ret->head_len += put_be16(ret->head + ret->head_len, c->tci);
	}
	memcpy(ret->head + ret->head_len, frame + head, 2);
	ret->head_len += 2;
	ret->rest = span_of(frame + head + 2, w->frame.len - head - 2);
	ret->lport = w->to;
	if (r->port[w->to].pads)
		pad(ret);
	count_copy(r, w, ret->lport, ret->head_len + ret->rest.len);
	if (w->d.to == FWD_TO_ONE)
		w->next = FWD_LPORT_NONE;
	else
		next_of_set(&t, w, w->next + 1);
	return true;
}
