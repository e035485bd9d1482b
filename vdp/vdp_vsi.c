/*
 * vdp_vsi.c - the record of a VSI: its life, its place in the TX and event lists, its timer, its commands. What the
 * machines of both roles do to a VSI, they do through these functions.
 *
 *             vsi_add                     told               nothing left to send
 *   free ---------------> live --> ended ------> hidden ----------------------> free
 *                          ^         |              |      (the station's is never hidden)
 *                          +---------+--------------+  vsi_revive: the same VSIID again
 *
 * Invariants: by_id holds live and ended records. A live record is in a TX list, has a deadline, or waits for
 * readiness (station: in TX_HELD, also for what its user holds it back for; bridge: restored). An ended record has no deadline. An event is queued at most once per VSI: what happens
 * before it is pulled merges into it, so events can't grow either. Commands belong to exactly one slot.
 */
#include "vdp_table_priv.h"

#include <assert.h>
#include <stdio.h>

static uint64_t id_hash(const struct vdp_table *t, const struct vsi_id *id)
{
	return siphash(t->cfg.key, span_of(id, sizeof(*id)));
}

uint32_t vsi_lookup(const struct vdp_table *t, const struct vsi_id *id)
{
	uint64_t hash = id_hash(t, id);

	for (uint32_t i = imap_first(&t->by_id, hash); i != IMAP_NONE; i = imap_next(&t->by_id, i))
		if (vsi_id_equal(&t->vsi[i].v.subject.vsi, id))
			return i;
	return VSI_NONE;
}

static uint32_t record_alloc(struct vdp_table *t)
{
	uint32_t i = t->free_head;

	if (i != VSI_NONE) {
		t->free_head = t->vsi[i].ev_next;
		return i;
	}
	return t->high < t->cfg.max_vsis ? t->high++ : VSI_NONE;
}

uint32_t vsi_add(struct vdp_table *t, const struct vsi_id *id, struct mono now)
{
	uint32_t i = record_alloc(t);

	if (i == VSI_NONE) {
		t->count.table_full++;
		return VSI_NONE;
	}
	t->vsi[i] = (struct vsi){ .machine = VSI_ENDED, .is_hidden = true, .ev_next = VSI_NONE };
	t->vsi[i].v.subject.vsi = *id;
	imap_insert(&t->by_id, id_hash(t, id), i);
	vsi_revive(t, i, now);
	return i;
}

void vsi_revive(struct vdp_table *t, uint32_t i, struct mono now)
{
	struct vsi *v = vsi_at(t, i);

	assert(v->machine == VSI_ENDED);
	vsi_put(t, i, &v->force, NULL);
	vsi_put(t, i, &v->asked, NULL);
	v->machine = t->cfg.role == VDP_STATION ? ST_PROC : BR_WAIT;
	v->is_hidden = v->is_wanted = v->is_sent = v->is_at_bridge = v->is_restored = false;
	v->held_for = NULL;
	v->restored = dur_ns(0);
	v->tries = 0;
	v->reply_op = 0;
	v->v = (struct vdp_vsi){ .subject = v->v.subject, .since = now, .created = now, .user = v->v.user };
	if (t->ending == i)
		t->ending = VSI_NONE;
	t->n_live++;
}

void vsi_end(struct vdp_table *t, uint32_t i, enum vdp_display show, enum vdp_cause cause, struct mono now)
{
	struct vsi *v = vsi_at(t, i);

	assert(vsi_is_live(v));
	v->machine = VSI_ENDED;
	v->v.state = VDP_STATE_NONE;
	v->question = 0;
	v->has_question = false;
	vsi_arm(t, i, MONO_NEVER);
	vsi_move(t, i, TX_OFF);
	vsi_show(t, i, show, now);
	vsi_tell(t, i, cause);
	t->n_live--;
}

void vsi_release(struct vdp_table *t, uint32_t i)
{
	struct vsi *v = vsi_at(t, i);

	if (v->machine != VSI_ENDED || !v->is_hidden || v->list != TX_OFF)
		return;
	vsi_put(t, i, &v->force, NULL);
	vsi_put(t, i, &v->asked, NULL);
	vsi_put(t, i, &v->next, NULL);
	imap_remove(&t->by_id, id_hash(t, &v->v.subject.vsi), i);
	v->machine = VSI_FREE;
	v->ev_next = t->free_head;
	t->free_head = i;
}

/** What users see of the commands: the one in force, else the one that is asked. */
static void set_view(struct vsi *v)
{
	const struct vdp_cmd *c = v->force != NULL ? v->force : v->asked;

	v->v.n_filters = 0;
	v->v.filters = NULL;
	v->v.org = span_of(NULL, 0);
	if (c == NULL)
		return;
	v->v.subject.manager = c->manager;
	v->v.subject.type_id = c->type_id;
	v->v.subject.type_version = c->type_version;
	v->v.format = c->format;
	v->v.n_filters = c->n;
	v->v.filters = c->filters;
	v->v.org = vdp_cmd_org(c);
	v->v.is_suspended = (c->bits & VDP_STATUS_S) != 0;
	v->v.is_migrating = (c->bits & VDP_STATUS_M) != 0;
}

void vsi_put(struct vdp_table *t, uint32_t i, struct vdp_cmd **slot, struct vdp_cmd *cmd)
{
	if (*slot != cmd)
		buddy_free(&t->pool, *slot);
	*slot = cmd;
	set_view(vsi_at(t, i));
}

struct vdp_cmd *vsi_take(struct vdp_cmd **slot)
{
	struct vdp_cmd *c = *slot;

	*slot = NULL;
	return c;
}

void vsi_confirm(struct vdp_table *t, uint32_t i, enum vdp_state state)
{
	struct vsi *v = vsi_at(t, i);

	v->filters_differ = v->filters_differ || !vdp_cmd_same_filters(v->force, v->asked);
	v->v.state = state;
	vsi_put(t, i, &v->force, vsi_take(&v->asked));
}

enum vdp_display vsi_show_of(enum vdp_state s)
{
	static const enum vdp_display show[] = {
		[VDP_STATE_NONE] = VDP_SHOW_NONE,
		[VDP_STATE_PREASSOC] = VDP_SHOW_PREASSOCIATED,
		[VDP_STATE_PREASSOC_RR] = VDP_SHOW_PREASSOCIATED_RR,
		[VDP_STATE_ASSOC] = VDP_SHOW_ASSOCIATED,
	};

	return show[s];
}

void vsi_set_reason(struct vdp_table *t, uint32_t i, const char *text)
{
	snprintf(t->vsi[i].v.reason, sizeof(t->vsi[i].v.reason), "%s", text);
}

void vsi_show(struct vdp_table *t, uint32_t i, enum vdp_display show, struct mono now)
{
	struct vdp_vsi *v = &vsi_at(t, i)->v;

	if (v->show != show)
		v->since = now;
	v->show = show;
}

/* ---- TX lists and timers ---- */

static void tx_unlink(struct vdp_table *t, uint32_t i)
{
	struct vsi *v = vsi_at(t, i);
	struct vdp_fifo *l = &t->tx[v->list];

	if (v->tx_prev == VSI_NONE)
		l->head = v->tx_next;
	else
		t->vsi[v->tx_prev].tx_next = v->tx_next;
	if (v->tx_next == VSI_NONE)
		l->tail = v->tx_prev;
	else
		t->vsi[v->tx_next].tx_prev = v->tx_prev;
}

/** Put record i, which is in no list, between two neighbours of a list. */
static void tx_link(struct vdp_table *t, uint32_t i, struct vdp_fifo *l, uint32_t prev, uint32_t next)
{
	t->vsi[i].tx_prev = prev;
	t->vsi[i].tx_next = next;
	*(prev == VSI_NONE ? &l->head : &t->vsi[prev].tx_next) = i;
	*(next == VSI_NONE ? &l->tail : &t->vsi[next].tx_prev) = i;
}

void vsi_move(struct vdp_table *t, uint32_t i, enum vdp_list list)
{
	struct vsi *v = vsi_at(t, i);

	if (v->list == list)
		return;
	if (v->list != TX_OFF)
		tx_unlink(t, i);
	v->list = (uint8_t)list;
	if (list != TX_OFF)
		tx_link(t, i, &t->tx[list], t->tx[list].tail, VSI_NONE);
}

void vsi_requeue(struct vdp_table *t, uint32_t i)
{
	vsi_move(t, i, TX_OFF);
	t->vsi[i].list = TX_QUEUED;
	tx_link(t, i, &t->tx[TX_QUEUED], VSI_NONE, t->tx[TX_QUEUED].head);
}

void vsi_arm(struct vdp_table *t, uint32_t i, struct mono deadline)
{
	theap_set(&t->timers, i, deadline);
}

/* ---- events ---- */

void vsi_queue_event(struct vdp_table *t, uint32_t i)
{
	struct vsi *v = vsi_at(t, i);

	if (v->in_events)
		return;
	v->in_events = true;
	v->ev_next = VSI_NONE;
	if (t->events.tail == VSI_NONE)
		t->events.head = i;
	else
		t->vsi[t->events.tail].ev_next = i;
	t->events.tail = i;
}

void vsi_tell(struct vdp_table *t, uint32_t i, enum vdp_cause cause)
{
	t->vsi[i].has_news = true;
	t->vsi[i].cause = (uint8_t)cause;
	vsi_queue_event(t, i);
}

void vsi_ask(struct vdp_table *t, uint32_t i)
{
	t->vsi[i].has_question = true;
	vsi_queue_event(t, i);
}
