/*
 * relay.c - a frame's way through the relay (802.1Q 8.6; evb-reference 1.3, 1.4).
 *
 *     frame -> parse -> enter (outer tag) -> ingress (VLAN, admission) -> learn
 *           -> route -> one port, or each port of a set or list -> egress (tags) -> copy
 *
 * The decision itself is forward.h, the same code that runs in the kernel; this file gives it the user-space tables,
 * learns and counts; relay_copy.c hands out the copies. In: a frame in wire form, its logical port, the time. Out: a
 * verdict and copies that borrow the frame.
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
#include "relay_tables.h"

enum { LEARN_SHARE = 7 };

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

/* The frame as it comes off its device: what it is, and by which port it comes in. */
static enum fwd_drop enter(struct fwd_tables *t, uint16_t *lport, struct span frame, struct fwd_hdr *h)
{
	const struct fwd_port *at = &t->r->port[*lport].p;
	enum fwd_drop drop = fwd_parse(frame.ptr, (uint32_t)frame.len, at, h);

	return drop == FWD_PASS ? fwd_enter(t, *lport, at, h, lport) : drop;
}

/* Whose frame it is that a VIF gets: an interface virtualizer has not looked for its address. */
static uint32_t receiver(struct fwd_tables *t, const struct fwd_decision *d)
{
	uint16_t vid = d->vid != FWD_VID_NONE ? d->vid : fwd_untagged_vid(t, d->out, d->dst);
	struct fwd_binding b;

	return fwd_admit(t, d->out, vid, d->dst, &b) != FWD_ADMIT_NONE ? b.id : FDB_NONE;
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
		struct vsi *v = relay_vsi_of(r, w->d.binding);

		v->n.rx_frames++;
		v->n.rx_octets += w->frame.len;
		v->seen = t->now;
		relay_admission_heard(r, w->d.binding);
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
		return relay_next_of_set(t, w, 0) ? FWD_PASS : FWD_DROP_NO_DESTINATION;
	}
	drop = relay_make_copy(t, w, w->d.out);
	if (drop != FWD_PASS)
		return drop;
	w->next = w->d.out;
	if (in->relay == FWD_IV)
		w->d.binding = receiver(t, &w->d);
	else if (t->found != FDB_NONE)
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
