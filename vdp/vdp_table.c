/*
 * vdp_table.c - the VSIs of a port: memory, inputs to the machine of the table's role, events (802.1Q clause 41;
 * evb-reference 6). The records themselves are vdp_vsi.c's.
 *
 * In: payloads, time, readiness, port down; the machines' own inputs come in through vdp_station.c and
 * vdp_bridge.c. Out: events and (vdp_pack.c) payloads. Every operation costs the same however full the table is,
 * but for O(log n) in the timer heap.
 *
 * lldpad acknowledges an ECPDU and copies it into a buffer that it reads 2 ms later: what comes within that time takes
 * the place of its predecessor. It is known by its payloads, which have no End TLV. Until a peer has shown one,
 * payloads are spaced (vdp_table_wants_rest); a station also repeats to a peer without it what is not answered soon.
 *
 * Which generation of VDP the table speaks is its dialect (vdp_dialect.h); machines and records are the same for all.
 *
 * Left out: S-channels (a table is one channel's).
 */
#include "vdp_bridge.h"
#include "vdp_station.h"

#include "names.h"

static const struct {
	const char *event, *clause;
} causes[] = {
	[CAUSE_REQUEST] = { "request", "41.5" },
	[CAUSE_RESPONSE] = { "response", "41.5" },
	[CAUSE_NO_ANSWER] = { "response timeout", "41.5.5.9" },
	[CAUSE_BRIDGE_ENDED] = { "de-associated by the bridge", "41.5" },
	[CAUSE_READY] = { "peer ready", "41.5" },
	[CAUSE_RETRY] = { "retry", "41.5" },
	[CAUSE_PORT_DOWN] = { "port down", "41.5" },
	[CAUSE_HELD] = { "held back", "41.5" },
	[CAUSE_DEASSOC] = { "de-associate", "41.5" },
	[CAUSE_DECIDED] = { "decision", "41.5" },
	[CAUSE_MANAGER_SILENT] = { "resource wait timeout", "41.5.5.7" },
	[CAUSE_KEEP_ALIVE_LOST] = { "keep-alive timeout", "41.5.5" },
	[CAUSE_WITHDRAWN] = { "withdrawn", "41.5" },
	[CAUSE_RESTORED] = { "restored", "41.5" },
	[CAUSE_EDITION] = { "another generation of VDP", "41" },
};

const char *vdp_display_name(enum vdp_display d)
{
	static const struct name_row rows[] = {
		{ VDP_SHOW_NONE, "none" },
		{ VDP_SHOW_PENDING, "pending" },
		{ VDP_SHOW_PREASSOCIATED, "preassociated" },
		{ VDP_SHOW_PREASSOCIATED_RR, "preassociated_rr" },
		{ VDP_SHOW_ASSOCIATED, "associated" },
		{ VDP_SHOW_REFUSED, "refused" },
		{ VDP_SHOW_TIMED_OUT, "timed_out" },
		{ 0, NULL },
	};

	return names_text(rows, (int)d, "?");
}

/* ---- memory ---- */

static struct vdp_table *layout(struct vdp_table *t, struct carve *c)
{
	struct vdp_table *at = (struct vdp_table *)carve_take(c, 1, sizeof(*t));

	t->vsi = (struct vsi *)carve_take(c, t->cfg.max_vsis, sizeof(*t->vsi));
	imap_layout(&t->by_id, c, t->cfg.max_vsis);
	theap_layout(&t->timers, c, t->cfg.max_vsis);
	buddy_layout(&t->pool, c, t->cfg.pool_octets);
	vdp_replies_layout(&t->replies, c, t->cfg.reply_octets);
	return at;
}

/** Defaults for what is 0, and limits below which a table can't work. */
static struct vdp_table_cfg effective(const struct vdp_table_cfg *cfg)
{
	struct vdp_table_cfg e = *cfg;

	if (e.max_vsis == 0)
		e.max_vsis = 4096;
	if (e.pool_octets == 0)
		e.pool_octets = (size_t)e.max_vsis * 128;
	if (e.pool_octets < 65536)
		e.pool_octets = 65536;
	if (e.role == VDP_STATION)
		e.reply_octets = 0;
	else if (e.reply_octets == 0)
		e.reply_octets = 65536;
	else if (e.reply_octets < 2 * VDP_REPLY_WORST)
		e.reply_octets = 2 * VDP_REPLY_WORST;
	if (e.manager_deadline.ns == 0)
		e.manager_deadline = dur_s(3);
	if (e.retry_first.ns == 0)
		e.retry_first = dur_s(1);
	if (e.retry_max.ns < e.retry_first.ns)
		e.retry_max = e.retry_first.ns > dur_s(60).ns ? e.retry_first : dur_s(60);
	return e;
}

size_t vdp_table_size(const struct vdp_table_cfg *cfg)
{
	struct vdp_table t = { .cfg = effective(cfg) };
	struct carve c = { NULL, 0 };

	layout(&t, &c);
	return c.used;
}

/** What is known of how the peer closes its payloads before it has sent one. */
static uint8_t first_closing(const struct vdp_dialect *d)
{
	return d->may_lose ? CLOSING_UNKNOWN : CLOSING_END;
}

static void set_dialect(struct vdp_table *t, enum qbg_edition e)
{
	t->dialect = vdp_dialect_of(e);
	t->wait = t->dialect->timers(&t->params);
	t->closing = first_closing(t->dialect);
}

struct vdp_table *vdp_table_init(const struct vdp_table_cfg *cfg, const struct vdp_params *params, void *mem)
{
	struct vdp_table t = { .cfg = effective(cfg), .params = *params };
	struct carve c = { (uint8_t *)mem, 0 };
	struct vdp_table *at = layout(&t, &c);

	imap_clear(&t.by_id);
	theap_clear(&t.timers);
	buddy_clear(&t.pool);
	for (unsigned k = 0; k < TX_LISTS; k++)
		t.tx[k] = (struct vdp_fifo){ VSI_NONE, VSI_NONE };
	t.events = (struct vdp_fifo){ VSI_NONE, VSI_NONE };
	t.prng.state = t.cfg.seed;
	t.question = (uint32_t)(t.cfg.seed >>
				32); /* what an earlier table of the port asked is no question of this one */
	set_dialect(&t, QBG_RATIFIED);
	t.free_head = VSI_NONE;
	t.ending = VSI_NONE;
	*at = t;
	return at;
}

/* ---- inputs ---- */

struct mono vdp_table_deadline(const struct vdp_table *t)
{
	return theap_deadline(&t->timers);
}

void vdp_table_on_time(struct vdp_table *t, struct mono now)
{
	uint32_t i;

	while ((i = theap_due(&t->timers, now)) != THEAP_NONE) {
		vsi_arm(t, i, MONO_NEVER); /* the machine sets the next one */
		if (t->cfg.role == VDP_STATION)
			vdp_station_on_time(t, i, now);
		else
			vdp_bridge_on_time(t, i, now);
	}
}

void vdp_table_rx(struct vdp_table *t, struct span sdu, struct mono now)
{
	struct vdp_pdu pdu;
	struct vdp_pdu_item item;

	switch (t->dialect->open(sdu, &pdu)) {
	case VDP_PDU_OK:
		break;
	case VDP_PDU_OVERRUN:
		t->count.rx_bad_tlv++;
		return;
	case VDP_PDU_NO_MANAGER:
	case VDP_PDU_MANAGER_TWICE:
	default:
		t->count.rx_no_manager++;
		return;
	}
	if (t->dialect->may_lose)
		t->closing = pdu.has_end ? CLOSING_END : CLOSING_NONE;
	while (t->dialect->next(&pdu, &t->cfg.managers, &item)) {
		if (t->cfg.role == VDP_STATION)
			vdp_station_rx(t, &item, now);
		else
			vdp_bridge_rx(t, &item, now);
	}
}

bool vdp_table_wants_rest(const struct vdp_table *t)
{
	return t->closing != CLOSING_END;
}

bool vdp_table_can_accept(const struct vdp_table *t)
{
	return t->cfg.role == VDP_STATION || vdp_replies_room(&t->replies) >= VDP_REPLY_WORST;
}

void vdp_table_set_params(struct vdp_table *t, const struct vdp_params *params)
{
	t->params = *params;
	t->wait = t->dialect->timers(params);
}

const struct vdp_timers *vdp_table_timers(const struct vdp_table *t)
{
	return &t->wait;
}

enum qbg_edition vdp_table_edition(const struct vdp_table *t)
{
	return t->dialect->edition;
}

void vdp_table_set_ready(struct vdp_table *t, bool is_ready, struct mono now)
{
	enum vdp_list from = is_ready ? TX_HELD : TX_QUEUED;
	uint32_t next;

	if (t->is_ready == is_ready)
		return;
	t->is_ready = is_ready;
	if (t->cfg.role != VDP_STATION) { /* a bridge only answers */
		for (uint32_t i = 0; is_ready && i < t->high; i++)
			vdp_bridge_on_ready(t, i, now);
		return;
	}
	for (uint32_t i = t->tx[from].head; i != VSI_NONE; i = next) {
		next = t->vsi[i].tx_next;
		vdp_station_on_ready(t, i);
	}
}

void vdp_table_hold(struct vdp_table *t, uint32_t vsi, const char *reason, struct mono now)
{
	vdp_station_hold(t, vsi, reason, now);
}

/** Nothing of the VSIs is in force any more, and nothing of what was said to the peer. */
static void lose_all(struct vdp_table *t, enum vdp_cause cause, const char *reason, struct mono now)
{
	t->is_ready = false;
	t->closing = first_closing(t->dialect);
	vdp_replies_clear(&t->replies);
	for (uint32_t i = 0; i < t->high; i++) {
		if (t->vsi[i].machine == VSI_FREE)
			continue;
		if (t->cfg.role == VDP_STATION)
			vdp_station_lost(t, i, cause, reason, now);
		else
			vdp_bridge_lost(t, i, cause, reason, now);
	}
}

void vdp_table_port_down(struct vdp_table *t, struct mono now)
{
	lose_all(t, CAUSE_PORT_DOWN, "port down", now);
}

void vdp_table_set_edition(struct vdp_table *t, enum qbg_edition e, struct mono now)
{
	if (t->dialect->edition == e)
		return;
	lose_all(t, CAUSE_EDITION, "the port speaks another generation of VDP now", now);
	set_dialect(t, e);
	for (uint32_t i = 0; t->cfg.role == VDP_STATION && i < t->high; i++)
		vdp_station_on_edition(t, i, now);
}

/* ---- events ---- */

static uint32_t event_pop(struct vdp_table *t)
{
	uint32_t i = t->events.head;

	if (i == VSI_NONE)
		return i;
	t->events.head = t->vsi[i].ev_next;
	if (t->events.head == VSI_NONE)
		t->events.tail = VSI_NONE;
	t->vsi[i].in_events = false;
	return i;
}

/** An ended VSI that was told by the last event is out of sight. */
static void finish_ending(struct vdp_table *t)
{
	uint32_t i = t->ending;

	if (i == VSI_NONE)
		return;
	t->ending = VSI_NONE;
	t->vsi[i].is_hidden = true;
	vsi_release(t, i);
}

static void fill_news(struct vdp_table *t, uint32_t i, struct vdp_event *ret)
{
	struct vsi *v = vsi_at(t, i);

	*ret = (struct vdp_event){
		.kind = v->machine == VSI_ENDED ? VDP_EVENT_ENDED : VDP_EVENT_CHANGED,
		.vsi = i,
		.was = (enum vdp_state)v->told,
		.filters_changed = v->filters_differ,
		.event = causes[v->cause].event,
		.clause = causes[v->cause].clause,
		.is_of_peer = v->cause == CAUSE_RESPONSE || v->cause == CAUSE_BRIDGE_ENDED,
	};
	v->has_news = false;
	v->filters_differ = false;
	v->told = (uint8_t)v->v.state;
	if (v->machine == VSI_ENDED)
		t->ending = i;
}

bool vdp_table_next_event(struct vdp_table *t, struct vdp_event *ret)
{
	uint32_t i;

	finish_ending(t);
	while ((i = event_pop(t)) != VSI_NONE) {
		struct vsi *v = vsi_at(t, i);

		if (v->has_news) {
			if (v->has_question)
				vsi_queue_event(t, i);
			fill_news(t, i, ret);
			return true;
		}
		if (v->has_question) {
			v->has_question = false;
			vdp_bridge_query(t, i, ret);
			return true;
		}
	}
	return false;
}

/* ---- looking ---- */

uint32_t vdp_table_count(const struct vdp_table *t)
{
	return t->n_live;
}

uint32_t vdp_table_find(const struct vdp_table *t, const struct vsi_id *id)
{
	uint32_t i = vsi_lookup(t, id);

	return i != VSI_NONE && vsi_is_live(&t->vsi[i]) ? i : UINT32_MAX;
}

const struct vdp_vsi *vdp_table_get(const struct vdp_table *t, uint32_t vsi)
{
	if (vsi >= t->high || t->vsi[vsi].machine == VSI_FREE || t->vsi[vsi].is_hidden)
		return NULL;
	return &t->vsi[vsi].v;
}

void vdp_table_set_user(struct vdp_table *t, uint32_t vsi, uint32_t user)
{
	if (vsi < t->high)
		t->vsi[vsi].v.user = user;
}

void vdp_table_set_reason(struct vdp_table *t, uint32_t vsi, const char *reason)
{
	if (vsi < t->high)
		vsi_set_reason(t, vsi, reason);
}

uint32_t vdp_table_next(const struct vdp_table *t, uint32_t from)
{
	for (uint32_t i = from; i < t->high; i++)
		if (vsi_is_live(&t->vsi[i]))
			return i;
	return UINT32_MAX;
}

const struct vdp_table_counters *vdp_table_counters(const struct vdp_table *t)
{
	return &t->count;
}

bool vdp_table_is_quiet(const struct vdp_table *t)
{
	if (t->events.head != VSI_NONE || t->replies.used > 0 || t->ending != VSI_NONE)
		return false;
	for (unsigned k = 0; k < TX_LISTS; k++)
		if (t->tx[k].head != VSI_NONE)
			return false;
	for (uint32_t i = 0; i < t->high; i++) {
		const struct vsi *v = &t->vsi[i];

		if (v->machine != VSI_FREE && v->machine != ST_WAIT && v->machine != BR_WAIT)
			return false;
		if (v->machine != VSI_FREE && (v->asked != NULL || v->next != NULL || v->reply_op != 0))
			return false;
	}
	return t->n_live > 0 || (t->timers.n == 0 && t->pool.used_octets == 0);
}
