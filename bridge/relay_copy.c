/*
 * relay_copy.c - the copies of a frame: for one port, for the ports of a VLAN, for the VIFs of a list (802.1Q 8.6.8;
 * port-extension-reference 5.1-5.3).
 *
 *     relay_rx() -> relay_make_copy() or relay_next_of_set() -> relay_next_copy(): hand it out, make the next
 *
 * In: the decision, in the walk of the result. Out: how each copy begins, by which port it leaves. One copy is always
 * ready, so that relay_rx() can say whether there is any.
 *
 * Invariants: a port gets at most one copy. A copy for a list of a bridge reaches exactly the VIFs that would have got
 * one each. A copy whose form its device would take for something else, or that is too long, is counted and left out.
 */
#include "relay_tables.h"

enum { FRAME_MIN = 60 /* octets without FCS (802.3 3.2.8; port-extension-reference 2.7) */ };

enum fwd_drop relay_make_copy(struct fwd_tables *t, struct relay_walk *w, uint16_t lport)
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

/* The set is the VLAN's, or the list that the frame names. */
bool relay_next_of_set(struct fwd_tables *t, struct relay_walk *w, uint32_t lport)
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
		drop = relay_make_copy(t, w, (uint16_t)lport);
		if (drop == FWD_PASS) {
			w->next = lport;
			return true;
		}
		t->r->port[w->to].n.drops[drop]++;
	}
	w->next = FWD_LPORT_NONE;
	return false;
}

static void count_copy(struct relay *r, const struct relay_walk *w, uint16_t lport, size_t octets)
{
	struct relay_port_counters *n = &r->port[lport].n;

	n->tx_frames++;
	n->tx_octets += octets;
	if (lport == w->d.in)
		n->reflected++;
	if (w->d.binding != FDB_NONE) {
		struct vsi *v = relay_vsi_of(r, w->d.binding);

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
		relay_next_of_set(&t, w, w->next + 1);
	return true;
}
