/*
 * judge_link.c - who is who: ends by source address and tags, their roles, their peers, and what their EVB TLVs agreed.
 *
 * A role is believed by rank: what an end says of itself (EVB TLV, CDCP TLV) over the direction of its VDP messages over
 * who spoke first. A peer is what acknowledges or answers; before that has been seen, the only other end of the link, or
 * its only end of the opposite role. On a mirror port with several wires nothing else is inferred.
 *
 * Operational values are known as a range: low what is certain, high what is possible. Between a new TLV and a second
 * and a half later both the old and the new value are possible.
 */
#include "judge_priv.h"

#include <assert.h>

uint32_t jd_index(const struct judge *j, const struct jd_end *e)
{
	return (uint32_t)(e - j->ends);
}

/** 16 bits for each tag: kind + 1, and the VID or the low bits of the channel. */
static uint64_t key_of(const struct cap_eth *eth)
{
	uint64_t key = 0;

	for (unsigned i = 0; i < eth->n_tags; i++) {
		const struct cap_tag *t = &eth->tag[i];
		bool is_vlan = t->kind == CAP_C_TAG || t->kind == CAP_S_TAG;

		key = key << 16 | (uint64_t)(t->kind + 1) << 12 |
		      (is_vlan ? t->vid : vntag_source(&t->ext, VNTAG_UP) & 0xfff);
	}
	return key;
}

static uint64_t hash_of(struct mac mac, uint64_t key)
{
	uint64_t h = (mac_u64(mac) ^ key * UINT64_C(0x9e3779b97f4a7c15)) * UINT64_C(0xff51afd7ed558ccd);

	return h ^ h >> 32;
}

/* ---- links ---- */

static uint32_t link_of(struct judge *j, uint64_t key)
{
	uint32_t free = JD_NONE, oldest = 0;

	for (uint32_t i = 0; i < j->n_links; i++) {
		if (j->links[i].in_use && j->links[i].key == key)
			return i;
		if (!j->links[i].in_use)
			free = i;
		else if (mono_before(j->links[i].last, j->links[oldest].last))
			oldest = i;
	}
	if (free == JD_NONE)
		free = j->n_links < j->cfg.max_ends ? j->n_links++ : oldest;
	j->links[free] = (struct jd_link){ .in_use = true, .key = key, .last = j->now };
	return free;
}

static void link_add(struct judge *j, struct jd_end *e)
{
	struct jd_link *l = &j->links[e->link];

	if (l->n < JD_LINK_ENDS)
		l->end[l->n++] = jd_index(j, e);
	else
		l->is_crowded = true;
}

static void link_remove(struct judge *j, const struct jd_end *e)
{
	struct jd_link *l = &j->links[e->link];

	for (unsigned i = 0; i < l->n; i++)
		if (l->end[i] == jd_index(j, e))
			l->end[i--] = l->end[--l->n];
	if (l->n == 0 && !l->is_crowded)
		l->in_use = false;
}

/* ---- ends ---- */

static void forget(struct judge *j, uint32_t i)
{
	struct jd_end *e = &j->ends[i];

	imap_remove(&j->end_map, hash_of(e->mac, e->key), i);
	link_remove(j, e);
	jd_vsi_forget_end(j, i);
	for (uint32_t k = 0; k < j->n_ends; k++)
		if (j->ends[k].peer == i)
			j->ends[k].peer = JD_NONE;
	e->in_use = false;
	j->count.forgotten_ends++;
}

static uint32_t room_for_end(struct judge *j)
{
	uint32_t oldest = 0;

	if (j->n_ends < j->cfg.max_ends)
		return j->n_ends++;
	for (uint32_t i = 0; i < j->n_ends; i++) {
		if (!j->ends[i].in_use)
			return i;
		if (mono_before(j->ends[i].last, j->ends[oldest].last))
			oldest = i;
	}
	forget(j, oldest);
	return oldest;
}

static struct jd_end *add_end(struct judge *j, struct mac mac, uint64_t key)
{
	uint32_t i = room_for_end(j);
	struct jd_end *e = &j->ends[i];

	memset(e, 0, sizeof(*e));
	e->in_use = true;
	e->mac = mac;
	e->key = key;
	e->peer = JD_NONE;
	e->restarted = e->gone = e->left = e->back = MONO_NEVER;
	e->first = e->last = j->now;
	e->link = link_of(j, key);
	imap_insert(&j->end_map, hash_of(mac, key), i);
	link_add(j, e);
	return e;
}

struct jd_end *jd_end_of(struct judge *j, const struct cap_record *rec, bool may_add)
{
	/* A frame of others may come from any address behind a port: they all are nobody, on a link of nobody's. */
	static const struct mac nobody;
	struct mac mac = rec->proto == CAP_DATA ? nobody : rec->eth.sa;
	uint64_t key = rec->proto == CAP_DATA ? UINT64_MAX : key_of(&rec->eth);
	uint64_t h = hash_of(mac, key);

	for (uint32_t i = imap_first(&j->end_map, h); i != IMAP_NONE; i = imap_next(&j->end_map, i))
		if (j->ends[i].key == key && mac_equal(j->ends[i].mac, mac))
			return &j->ends[i];
	return may_add ? add_end(j, mac, key) : NULL;
}

void jd_set_role(struct jd_end *e, enum judge_role role, uint8_t rank)
{
	if (rank < e->rank || (rank == e->rank && rank < 3 && e->role != JUDGE_UNKNOWN))
		return;
	e->role = role;
	e->rank = rank;
}

/* ---- peers ---- */

static bool is_opposite(const struct jd_end *a, const struct jd_end *b)
{
	return (a->role == JUDGE_STATION && b->role == JUDGE_BRIDGE) ||
	       (a->role == JUDGE_BRIDGE && b->role == JUDGE_STATION);
}

static bool is_same_role(const struct jd_end *a, const struct jd_end *b)
{
	return a->role != JUDGE_UNKNOWN && a->role == b->role;
}

struct jd_end *jd_peer_of(struct judge *j, const struct jd_end *e)
{
	const struct jd_link *l = &j->links[e->link];
	struct jd_end *found = NULL;
	unsigned n_opposite = 0;

	if (e->peer != JD_NONE)
		return &j->ends[e->peer];
	if (l->is_crowded || e->is_shared)
		return NULL;
	for (unsigned i = 0; i < l->n; i++) {
		struct jd_end *o = &j->ends[l->end[i]];

		if (o == e)
			continue;
		if (l->n == 2 && !is_same_role(o, e))
			return o;
		if (is_opposite(o, e)) {
			n_opposite++;
			found = o;
		}
	}
	return n_opposite == 1 && found->peer == JD_NONE ? found : NULL;
}

void jd_match(struct judge *j, struct jd_end *asker, struct jd_end *answerer)
{
	uint32_t a = jd_index(j, asker), b = jd_index(j, answerer);

	if (asker->link != answerer->link)
		return;
	if (asker->peer == JD_NONE)
		asker->peer = b;
	if (answerer->peer == JD_NONE)
		answerer->peer = a;
	else if (answerer->peer != a)
		answerer->is_shared = true;
}

/* ---- what was agreed ---- */

/* The only end of the link that has said so, if no other end is known to be its peer. */
static struct jd_end *only_evb_of(
	struct judge *j, const struct jd_link *l, enum judge_role role, uint32_t peer)
{
	struct jd_end *found = NULL;

	assert(j->ends != NULL);
	for (unsigned i = 0; i < l->n; i++) {
		struct jd_end *o = &j->ends[l->end[i]];

		if (!o->evb.is_known || o->role != role)
			continue;
		if (found != NULL)
			return NULL; /* two of them: which one is ours is not known */
		found = o;
	}
	return found != NULL && (found->peer == JD_NONE || found->peer == peer) ? found : NULL;
}

/* An end may use one address for LLDP and another one for ECP. That is believed of one side of a link, not of both: ends
 * that have no EVB TLV between them may be those of another link, captured at the same place. */
struct jd_end *jd_evb_of(struct judge *j, const struct jd_end *e, enum judge_role role)
{
	const struct jd_link *l = &j->links[e->link];
	struct jd_end *peer = e->peer != JD_NONE ? &j->ends[e->peer] : NULL;

	if (e->evb.is_known && e->role == role)
		return (struct jd_end *)e;
	if (peer != NULL && peer->evb.is_known && peer->role == role)
		return peer;
	if (l->is_crowded)
		return NULL;
	if (e->evb.is_known)
		return only_evb_of(j, l, role, jd_index(j, e));
	return peer != NULL && peer->evb.is_known ? only_evb_of(j, l, role, e->peer) : NULL;
}

static uint8_t min_u8(uint8_t a, uint8_t b)
{
	return a < b ? a : b;
}

static uint8_t max_u8(uint8_t a, uint8_t b)
{
	return a > b ? a : b;
}

static bool is_fresh(const struct judge *j, struct mono since)
{
	return !jd_after(j->now, since, jd_ms(JD_SETTLE_MS));
}

/** Has this station's TLV of having heard nobody (3.2)? Then its own values are in force, all of them. */
static bool has_heard_nobody(const struct evb_tlv *t)
{
	return t->mode == EVB_MODE_STATION && t->bridge_raw == 0 &&
	       (t->station_raw & EVB_RRSTAT_MASK) == EVB_RRSTAT_UNKNOWN;
}

static struct vdp_params params_of(const struct evb_tlv *t)
{
	return (struct vdp_params){ t->retries, t->rte, t->rwd, t->rka, false };
}

static void widen(struct jd_bounds *b, struct vdp_params p)
{
	b->low = (struct vdp_params){ min_u8(b->low.retries, p.retries), min_u8(b->low.rte, p.rte),
		min_u8(b->low.rwd, p.rwd), min_u8(b->low.rka, p.rka), false };
	b->high = (struct vdp_params){ max_u8(b->high.retries, p.retries), max_u8(b->high.rte, p.rte),
		max_u8(b->high.rwd, p.rwd), max_u8(b->high.rka, p.rka), false };
}

/** R and RTE are the larger of both (3.3); RWD and RKA are what the owner of the timer says is in force. */
static struct vdp_params agreed(const struct evb_tlv *own, const struct evb_tlv *other)
{
	struct vdp_params p = params_of(own);

	p.retries = max_u8(own->retries, other->retries);
	p.rte = max_u8(own->rte, other->rte);
	return p;
}

struct jd_bounds jd_bounds_of(struct judge *j, const struct jd_end *owner)
{
	enum judge_role other_role = owner->role == JUDGE_BRIDGE ? JUDGE_STATION : JUDGE_BRIDGE;
	const struct jd_end *own, *other;
	struct jd_bounds b = { .has_low = false };

	if (owner->role == JUDGE_UNKNOWN || owner->is_shared)
		return b;
	own = jd_evb_of(j, owner, owner->role);
	other = jd_evb_of(j, owner, other_role);
	if (own == NULL)
		return b;
	b.has_low = true;
	b.low = b.high = other != NULL ? agreed(&own->evb.tlv, &other->evb.tlv) : params_of(&own->evb.tlv);
	b.has_high = other != NULL || has_heard_nobody(&own->evb.tlv);
	if (other != NULL && is_fresh(j, other->evb.since)) {
		widen(&b, params_of(&own->evb.tlv)); /* perhaps it has not heard that yet */
		widen(&b, (struct vdp_params){ b.high.retries, b.high.rte, other->evb.tlv.rwd,
				  other->evb.tlv.rka, false });
		if (other->evb.has_prev)
			widen(&b, agreed(&own->evb.tlv, &other->evb.prev));
	}
	if (is_fresh(j, own->evb.since) && own->evb.has_prev)
		widen(&b,
			other != NULL ? agreed(&own->evb.prev, &other->evb.tlv) : params_of(&own->evb.prev));
	return b;
}

/** Both ends have said for a while that GroupIDs are not in use between them (3.3). */
bool jd_groups_are_refused(struct judge *j, const struct jd_end *e)
{
	const struct jd_end *s = jd_evb_of(j, e, JUDGE_STATION), *b = jd_evb_of(j, e, JUDGE_BRIDGE);

	if (s == NULL || b == NULL || is_fresh(j, s->evb.since) || is_fresh(j, b->evb.since))
		return false;
	return (s->evb.tlv.station_raw & EVB_SGID) == 0 || (b->evb.tlv.bridge_raw & EVB_BGID) == 0;
}

enum jd_outcome jd_heard(const struct jd_ctx *x, const struct jd_said *said, struct mono since)
{
	struct mono started = x->end->first;
	unsigned n = 0;

	if (!mono_is_never(x->end->restarted) && mono_before(started, x->end->restarted))
		started = x->end->restarted;
	for (unsigned i = 0; i < sizeof(said->at) / sizeof(said->at[0]); i++)
		n += !mono_before(said->at[i], since) && !mono_before(said->at[i], started) &&
		     jd_after(x->now, said->at[i], jd_ms(JD_SETTLE_MS));
	return n >= 2 && x->link->n == 2 ? JD_BROKEN : n >= 1 ? JD_DOUBT : JD_SILENT;
}

bool jd_is_lossy(const struct jd_link *l)
{
	enum { FEW = 3, PART = 10 };

	return l->n_losses >= FEW && l->n_losses * PART >= l->n_requests;
}

bool jd_is_acked(const struct jd_end *e, enum jd_instance i, uint64_t frame)
{
	const struct jd_tx *tx = &e->tx[i];

	for (unsigned k = 0; k < JD_HISTORY && k < tx->n; k++)
		if (tx->ring[k].frame == frame)
			return !mono_is_never(tx->ring[k].acked);
	return true;
}
