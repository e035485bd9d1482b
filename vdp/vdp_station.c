/*
 * vdp_station.c - station VDP machine of one VSI (802.1Q 41.5; evb-reference 6.7).
 *
 * In: the user's requests, responses, the outcome of ECP, time, readiness, port down. Out: a place in the TX queue
 * (vdp_pack.c calls vdp_station_tlv() when ECP is idle), the VSI's confirmed state, events.
 *
 *   request                        answer: success, or refused with Keep
 *   --------> ST_PROC --------------------------------------------> ST_WAIT <---------------+
 *                ^  |                                                 |   |     success      |
 *                |  | refused, silent                  reinitKeepAlive|   +---> ST_KA -------+
 *                |  v                                                 |          | refused with Keep
 *             ST_BACKOFF <---- refused, silent, ended by bridge ------+          v
 *                 retry_first * 2^n <----------------------------------- ST_TX_DEASSOC
 *
 *   user de-associates: ST_DEASSOC until answered or silent, then END. Refused with Hard: END.
 *
 * The states of the standard that only act (PROC_RESULT, ASSOC_NEW ...) are functions. END is the end only for what
 * the user does not want any more or the bridge refused for good; else it is a back-off. Slots: `asked` is the request
 * on its way, or in ST_BACKOFF the one to repeat; `force` the confirmed one with the returned VIDs; `next` the newest
 * request while another waits for its answer. respWaitDelay starts when the request first leaves, because waiting for
 * the peer or for ECP is no silence of the bridge; in between TX_HELD (no peer) and TX_QUEUED are the only waits
 * without a deadline. Keep-alives and de-associates of existing VSIs also leave while the EVB peer is unknown, so
 * that what the bridge still holds is neither lost nor forgotten.
 *
 * Choices: a response counts only when its type is the request's or De-Associate, for any other is a late answer
 * to an earlier command. A VSI alone keeps the exact reinitKeepAlive; among others each interval is longer by 0..18 %,
 * drawn anew, so that what was associated in one burst drifts apart, well below toutKeepAlive (150 %).
 */
#include "vdp_station.h"

#include <stdio.h>

enum { PAYLOAD_MAX = 1494, JITTER_PERCENT = 18 };

#define WAITING_FOR_PEER "waiting for the EVB peer"

static void set_reason(struct vsi *v, const char *text)
{
	snprintf(v->v.reason, sizeof(v->v.reason), "%s", text);
}

/* ---- sending ---- */

static void queue(struct vdp_table *t, uint32_t i)
{
	vsi_move(t, i, TX_OFF); /* a request that changed takes a new place */
	vsi_move(t, i, t->is_ready || vsi_at(t, i)->machine != ST_PROC ? TX_QUEUED : TX_HELD);
}

static void enter_request(struct vdp_table *t, uint32_t i, enum vdp_machine m)
{
	struct vsi *v = vsi_at(t, i);

	v->machine = (uint8_t)m;
	v->is_sent = false;
	vsi_arm(t, i, MONO_NEVER); /* respWaitDelay starts in vdp_station_on_packed() */
	queue(t, i);
}

/** STATION_PROCESSING with the request in `asked`. */
static void enter_proc(struct vdp_table *t, uint32_t i, struct mono now)
{
	struct vsi *v = vsi_at(t, i);

	enter_request(t, i, ST_PROC);
	if (v->v.show == VDP_SHOW_NONE)
		vsi_show(t, i, VDP_SHOW_PENDING, now);
	if (v->list == TX_HELD && v->v.show == VDP_SHOW_PENDING)
		set_reason(v, WAITING_FOR_PEER);
}

/** WAIT_SYSCMD */
static void enter_wait(struct vdp_table *t, uint32_t i, struct mono now)
{
	struct dur interval = vdp_reinit_keep_alive(&t->params);

	vsi_at(t, i)->machine = ST_WAIT;
	if (t->n_live > 1)
		interval.ns += prng_below(&t->prng, interval.ns / 100 * JITTER_PERCENT + 1);
	vsi_move(t, i, TX_OFF);
	vsi_arm(t, i, mono_add(now, interval));
}

static void enter_backoff(struct vdp_table *t, uint32_t i, struct mono now)
{
	struct vsi *v = vsi_at(t, i);
	uint64_t ns = t->cfg.retry_first.ns;

	for (unsigned k = 0; k < v->tries && ns < t->cfg.retry_max.ns; k++)
		ns = ns > UINT64_MAX / 2 ? UINT64_MAX : ns * 2;
	if (v->tries < UINT8_MAX)
		v->tries++;
	v->machine = ST_BACKOFF;
	vsi_move(t, i, TX_OFF);
	vsi_arm(t, i, mono_add(now, dur_ns(ns < t->cfg.retry_max.ns ? ns : t->cfg.retry_max.ns)));
}

const struct vdp_cmd *vdp_station_tlv(const struct vsi *v, enum vdp_op *ret_op, uint8_t *ret_status)
{
	const struct vdp_cmd *c = v->machine == ST_PROC || v->force == NULL ? v->asked : v->force;

	*ret_op = v->machine == ST_PROC ? (enum vdp_op)c->op
		  : v->machine == ST_KA ? (enum vdp_op)v->v.state
					: VDP_DEASSOC;
	*ret_status = *ret_op == VDP_DEASSOC ? 0 : c->bits;
	return c;
}

void vdp_station_on_packed(struct vdp_table *t, uint32_t i, struct mono now)
{
	struct vsi *v = vsi_at(t, i);

	vsi_move(t, i, TX_SENT);
	if (v->is_sent)
		return; /* again under a new sequence number: the timer goes on */
	v->is_sent = true;
	v->is_at_bridge = true;
	vsi_arm(t, i, mono_add(now, vdp_resp_wait_delay(&t->params)));
}

/* ---- outcomes ---- */

static void end_for_good(
	struct vdp_table *t, uint32_t i, enum vdp_display show, enum vdp_cause cause, struct mono now)
{
	vsi_put(t, i, &vsi_at(t, i)->next, NULL);
	vsi_end(t, i, show, cause, now);
}

/** A command has had its outcome: what is next? */
static void settle(struct vdp_table *t, uint32_t i, enum vdp_cause cause, struct mono now)
{
	struct vsi *v = vsi_at(t, i);

	if (!v->is_wanted && !v->is_at_bridge) {
		end_for_good(t, i, VDP_SHOW_NONE, cause, now);
		return;
	}
	if (!v->is_wanted) {
		if (v->force != NULL) /* a change that never left */
			vsi_put(t, i, &v->asked, NULL);
		enter_request(t, i, ST_DEASSOC);
	} else if (v->next != NULL) {
		vsi_put(t, i, &v->asked, vsi_take(&v->next));
		enter_proc(t, i, now);
	} else if (v->v.state != VDP_STATE_NONE) {
		enter_wait(t, i, now);
	} else {
		enter_backoff(t, i, now);
	}
	vsi_tell(t, i, cause);
}

/** The confirmed state is gone. What the user wants most recently is in `asked` afterwards. */
static void lose_state(struct vdp_table *t, uint32_t i)
{
	struct vsi *v = vsi_at(t, i);

	v->v.state = VDP_STATE_NONE;
	if (v->asked == NULL && v->force != NULL) {
		v->asked = vsi_take(&v->force);
		vdp_cmd_forget_answer(v->asked);
		v->filters_differ = true;
	}
	vsi_put(t, i, &v->force, NULL);
}

/** END (6.7). The reason is set. */
static void enter_end(
	struct vdp_table *t, uint32_t i, enum vdp_display show, enum vdp_cause cause, struct mono now)
{
	struct vsi *v = vsi_at(t, i);

	if (v->machine == ST_PROC) {
		t->count.failed++;
		v->v.count.failed++;
	}
	lose_state(t, i);
	if (v->v.hard && v->next == NULL) {
		end_for_good(t, i, show, cause, now);
		return;
	}
	vsi_show(t, i, show, now);
	settle(t, i, cause, now);
}

static void no_answer(struct vdp_table *t, uint32_t i, struct mono now)
{
	struct vsi *v = vsi_at(t, i);

	t->count.resp_timeouts++;
	v->v.hard = v->v.keep = false;
	v->is_at_bridge = v->is_at_bridge && v->is_wanted; /* a silent bridge is not asked again to let go */
	snprintf(v->v.reason, sizeof(v->v.reason), "no answer within %.1f s",
		dur_seconds(vdp_resp_wait_delay(&t->params)));
	enter_end(t, i, VDP_SHOW_TIMED_OUT, CAUSE_NO_ANSWER, now);
}

/** The user's De-Associate is over, answered or not. */
static void deassociated(struct vdp_table *t, uint32_t i, enum vdp_cause cause, struct mono now)
{
	struct vsi *v = vsi_at(t, i);

	v->is_at_bridge = false;
	*(cause == CAUSE_NO_ANSWER ? &t->count.failed : &t->count.succeeded) += 1;
	set_reason(v, cause == CAUSE_NO_ANSWER ? "de-associated, the bridge did not answer" : "");
	lose_state(t, i);
	vsi_show(t, i, VDP_SHOW_NONE, now);
	settle(t, i, cause, now);
}

void vdp_station_on_time(struct vdp_table *t, uint32_t i, struct mono now)
{
	struct vsi *v = vsi_at(t, i);

	switch ((enum vdp_machine)v->machine) {
	case ST_WAIT:
		enter_request(t, i, ST_KA);
		break;
	case ST_BACKOFF:
		enter_proc(t, i, now);
		vsi_tell(t, i, CAUSE_RETRY);
		break;
	case ST_PROC:
	case ST_KA:
		no_answer(t, i, now);
		break;
	case ST_DEASSOC:
		t->count.resp_timeouts++;
		deassociated(t, i, CAUSE_NO_ANSWER, now);
		break;
	case ST_TX_DEASSOC: /* the refusal that led here is the reason */
		enter_end(t, i, VDP_SHOW_REFUSED, CAUSE_RESPONSE, now);
		break;
	case VSI_FREE:
	case VSI_ENDED:
	case BR_ASKING:
	case BR_WAIT:
	default:
		break;
	}
}

void vdp_station_on_sent(struct vdp_table *t, uint32_t i, bool is_delivered, struct mono now)
{
	struct vsi *v = vsi_at(t, i);

	if (is_delivered)
		vsi_move(t, i, TX_OFF); /* received is not answered: the timer goes on */
	else if (v->machine == ST_TX_DEASSOC)
		enter_end(t, i, VDP_SHOW_REFUSED, CAUSE_RESPONSE, now);
	else if (v->machine == ST_PROC && !t->is_ready)
		vsi_move(t, i, TX_HELD);
	else
		vsi_requeue(t, i);
}

void vdp_station_on_ready(struct vdp_table *t, uint32_t i)
{
	struct vsi *v = vsi_at(t, i);

	if (v->machine != ST_PROC)
		return;
	queue(t, i);
	if (v->is_sent || v->v.show != VDP_SHOW_PENDING)
		return;
	set_reason(v, t->is_ready ? "" : WAITING_FOR_PEER);
	vsi_tell(t, i, CAUSE_READY);
}

void vdp_station_port_down(struct vdp_table *t, uint32_t i, struct mono now)
{
	struct vsi *v = vsi_at(t, i);

	if (!vsi_is_live(v))
		return;
	v->is_at_bridge = false;
	v->tries = 0;
	v->v.hard = v->v.keep = false;
	if (v->next != NULL)
		vsi_put(t, i, &v->asked, vsi_take(&v->next));
	lose_state(t, i);
	if (!v->is_wanted) {
		set_reason(v, "port down");
		end_for_good(t, i, VDP_SHOW_NONE, CAUSE_PORT_DOWN, now);
		return;
	}
	vsi_show(t, i, VDP_SHOW_PENDING, now);
	enter_proc(t, i, now);
	vsi_tell(t, i, CAUSE_PORT_DOWN);
}

/* ---- responses ---- */

static bool is_error(const struct vdp_assoc *a)
{
	return (a->status & VDP_STATUS_RESPONSE) != 0 && (a->status & VDP_STATUS_ERROR) != 0;
}

static bool is_kept(const struct vdp_assoc *a)
{
	return is_error(a) && (a->status & VDP_STATUS_KEEP) != 0;
}

static void note_answer(struct vsi *v, const struct vdp_assoc *a)
{
	uint8_t error = a->status & VDP_STATUS_ERROR;

	v->v.error = !is_error(a) ? VDP_E_SUCCESS : error > VDP_E_ADDRESS ? VDP_E_OTHER : error;
	v->v.keep = is_kept(a);
	v->v.hard = is_error(a) && (a->status & VDP_STATUS_HARD) != 0;
}

static void refused(struct vdp_table *t, uint32_t i, struct mono now)
{
	struct vsi *v = vsi_at(t, i);

	v->is_at_bridge = false;
	snprintf(v->v.reason, sizeof(v->v.reason), "refused by the bridge: %s", vdp_error_text(v->v.error));
	enter_end(t, i, VDP_SHOW_REFUSED, CAUSE_RESPONSE, now);
}

static void ended_by_bridge(struct vdp_table *t, uint32_t i, struct mono now)
{
	struct vsi *v = vsi_at(t, i);

	v->is_at_bridge = false;
	if (v->v.error != VDP_E_SUCCESS) {
		refused(t, i, now);
		return;
	}
	set_reason(v, "bridge ended the association");
	enter_end(t, i, VDP_SHOW_PENDING, CAUSE_BRIDGE_ENDED, now);
}

static void mismatch(struct vdp_table *t, uint32_t i, struct mono now)
{
	vsi_at(t, i)->v.hard = false;
	set_reason(vsi_at(t, i), "the bridge answered with other filters than requested");
	enter_end(t, i, VDP_SHOW_REFUSED, CAUSE_RESPONSE, now);
}

/** ASSOC_NEW, PREASSOC_NEW */
static void granted(struct vdp_table *t, uint32_t i, const struct vdp_assoc *a, struct mono now)
{
	struct vsi *v = vsi_at(t, i);

	vdp_cmd_take_answer(v->asked, a);
	vsi_confirm(t, i, (enum vdp_state)a->op);
	v->tries = 0;
	set_reason(v, "");
	t->count.succeeded++;
	v->v.count.succeeded++;
	vsi_show(t, i, vsi_show_of(v->v.state), now);
	settle(t, i, CAUSE_RESPONSE, now);
}

/** ASSOC_COMPLETE: refused, the confirmed state stays */
static void kept(struct vdp_table *t, uint32_t i, struct mono now)
{
	struct vsi *v = vsi_at(t, i);

	vsi_put(t, i, &v->asked, NULL);
	t->count.reverts++;
	v->v.count.reverts++;
	snprintf(v->v.reason, sizeof(v->v.reason), "change refused by the bridge, kept as it was: %s",
		vdp_error_text(v->v.error));
	settle(t, i, CAUSE_RESPONSE, now);
}

/** PROC_RESULT */
static void proc_result(struct vdp_table *t, uint32_t i, const struct vdp_assoc *a, struct mono now)
{
	struct vsi *v = vsi_at(t, i);

	if (is_error(a) && !is_kept(a))
		refused(t, i, now);
	else if (a->op == VDP_DEASSOC)
		ended_by_bridge(t, i, now);
	else if (!vdp_cmd_fits_answer(v->asked, a))
		mismatch(t, i, now);
	else if (!is_error(a))
		granted(t, i, a, now);
	else if (v->v.state != VDP_STATE_NONE)
		kept(t, i, now);
	else
		refused(t, i, now);
}

/** KA_RESULT */
static void ka_result(struct vdp_table *t, uint32_t i, const struct vdp_assoc *a, struct mono now)
{
	struct vsi *v = vsi_at(t, i);

	if (is_error(a) && !is_kept(a)) {
		refused(t, i, now);
	} else if (a->op == VDP_DEASSOC) {
		ended_by_bridge(t, i, now);
	} else if (!vdp_cmd_fits_answer(v->force, a)) {
		mismatch(t, i, now);
	} else if (is_error(a) && a->op == VDP_ASSOC) {
		snprintf(v->v.reason, sizeof(v->v.reason), "keep-alive refused by the bridge: %s",
			vdp_error_text(v->v.error));
		enter_request(t, i, ST_TX_DEASSOC);
	} else {
		if (vdp_cmd_take_answer(v->force, a)) {
			v->filters_differ = true;
			vsi_tell(t, i, CAUSE_RESPONSE);
		}
		if (v->is_wanted && v->next == NULL)
			enter_wait(t, i, now);
		else
			settle(t, i, CAUSE_RESPONSE, now);
	}
}

static void deassoc_result(struct vdp_table *t, uint32_t i, struct mono now)
{
	if (vsi_at(t, i)->machine == ST_DEASSOC) {
		deassociated(t, i, CAUSE_DEASSOC, now);
	} else {
		vsi_at(t, i)->is_at_bridge = false;
		enter_end(t, i, VDP_SHOW_REFUSED, CAUSE_RESPONSE, now);
	}
}

/** Is this the answer to what the VSI waits for? */
static bool is_awaited(const struct vsi *v, const struct vdp_assoc *a)
{
	enum vdp_op op;
	uint8_t status;

	if (v->machine == ST_WAIT || v->machine == ST_BACKOFF || !v->is_sent)
		return false;
	vdp_station_tlv(v, &op, &status);
	return a->op == op || a->op == VDP_DEASSOC;
}

/** A De-Associate that no request asked for: the bridge lets go (type 4 0x00, or with an error; evb-reference 11 #20). */
static bool is_letting_go(const struct vsi *v, const struct vdp_assoc *a)
{
	return a->op == VDP_DEASSOC && v->v.state != VDP_STATE_NONE &&
	       ((a->status & VDP_STATUS_RESPONSE) == 0 || (a->status & VDP_STATUS_ERROR) != 0);
}

static bool is_about(const struct vsi *v, const struct vdp_subject *s, const struct vdp_assoc *a)
{
	bool is_waiting = v->machine == ST_PROC && v->asked != NULL;

	if (is_waiting && vdp_cmd_same_key(v->asked, s, a->format))
		return true;
	if (is_waiting && a->op != VDP_DEASSOC)
		return false;
	return v->force != NULL ? vdp_cmd_same_key(v->force, s, a->format)
				: v->asked != NULL && vdp_cmd_same_key(v->asked, s, a->format);
}

void vdp_station_rx(
	struct vdp_table *t, const struct vdp_manager *m, const struct vdp_pdu_item *item, struct mono now)
{
	struct vdp_assoc a;
	struct vdp_subject s;
	struct vsi *v;
	uint32_t i;

	if (vdp_assoc_decode(item->op, item->value, &a) != VDP_OK) {
		t->count.rx_bad_tlv++;
		return;
	}
	if ((a.status & VDP_STATUS_RESPONSE) == 0 && a.op != VDP_DEASSOC) {
		t->count.rx_unexpected++;
		return;
	}
	*((a.status & VDP_STATUS_RESPONSE) ? &t->count.responses_in : &t->count.requests_in) += 1;
	s = (struct vdp_subject){ a.vsi, *m, a.type_id, a.type_version };
	i = vdp_table_find(t, &a.vsi);
	if (i == VSI_NONE || !is_about(vsi_at(t, i), &s, &a)) {
		t->count.rx_unknown_vsi++;
		return;
	}
	v = vsi_at(t, i);
	if (!is_awaited(v, &a) && !is_letting_go(v, &a)) {
		t->count.rx_unexpected++;
		return;
	}
	if (v->machine == ST_DEASSOC || v->machine == ST_TX_DEASSOC) {
		deassoc_result(t, i, now);
		return;
	}
	if (v->machine != ST_KA || is_error(&a) || a.op == VDP_DEASSOC)
		note_answer(v, &a); /* a keep-alive that succeeds says nothing new */
	if (!is_awaited(v, &a))
		ended_by_bridge(t, i, now);
	else if (v->machine == ST_PROC)
		proc_result(t, i, &a, now);
	else
		ka_result(t, i, &a, now);
}

/* ---- the user ---- */

const char *vdp_submit_text(enum vdp_submit s)
{
	switch (s) {
	case VDP_SUBMIT_OK:
		return "taken";
	case VDP_SUBMIT_FULL:
		return "no room for another VSI";
	case VDP_SUBMIT_TOO_LONG:
		return "the filters do not fit one message";
	case VDP_SUBMIT_BAD:
		return "not a legal request";
	case VDP_SUBMIT_UNKNOWN:
		return "no such VSI";
	default:
		return "?";
	}
}

static enum vdp_submit check(const struct vdp_request *rq)
{
	if (rq->op < VDP_PREASSOC || rq->op > VDP_ASSOC || vdp_filter_entry_len(rq->format) == 0 ||
		rq->subject.vsi.format < VSI_ID_IPV4 || rq->subject.vsi.format > VSI_ID_UUID ||
		rq->subject.type_id > 0xffffff || rq->n_filters == 0)
		return VDP_SUBMIT_BAD;
	if (rq->n_filters > vdp_filter_max(rq->format) ||
		vdp_assoc_octets(rq->format, rq->n_filters, rq->org.len) >
			PAYLOAD_MAX - (TLV_HEADER + VDP_MANAGER_LEN) - TLV_HEADER)
		return VDP_SUBMIT_TOO_LONG;
	return vdp_filters_are_legal(rq->format, rq->n_filters, rq->filters) ? VDP_SUBMIT_OK : VDP_SUBMIT_BAD;
}

/** Is a request of this VSI with the bridge, so that a new one has to wait? */
static bool is_in_flight(const struct vsi *v)
{
	return v->machine == ST_TX_DEASSOC ||
	       (v->is_sent && v->machine != ST_WAIT && v->machine != ST_BACKOFF);
}

static void take_request(struct vdp_table *t, uint32_t i, struct vdp_cmd *c, uint32_t user, struct mono now)
{
	struct vsi *v = vsi_at(t, i);

	v->v.user = user;
	v->is_wanted = true;
	if (is_in_flight(v)) {
		vsi_put(t, i, &v->next, c);
		return;
	}
	v->tries = 0;
	vsi_put(t, i, &v->asked, c);
	if (v->v.state == VDP_STATE_NONE) { /* a new wish, whatever became of an older one */
		vsi_show(t, i, VDP_SHOW_PENDING, now);
		set_reason(v, "");
	}
	enter_proc(t, i, now);
	vsi_tell(t, i, CAUSE_REQUEST);
}

enum vdp_submit vdp_station_request(struct vdp_table *t, const struct vdp_request *rq, struct mono now)
{
	enum vdp_submit verdict = check(rq);
	struct vdp_cmd *c;
	uint32_t i;

	if (verdict != VDP_SUBMIT_OK)
		return verdict;
	c = vdp_cmd_new(&t->pool, rq, false);
	if (c == NULL)
		return VDP_SUBMIT_FULL;
	i = vsi_lookup(t, &rq->subject.vsi);
	if (i == VSI_NONE) {
		i = vsi_add(t, &rq->subject.vsi, now);
		if (i == VSI_NONE) {
			buddy_free(&t->pool, c);
			return VDP_SUBMIT_FULL;
		}
	} else if (!vsi_is_live(vsi_at(t, i))) {
		vsi_revive(t, i, now);
	}
	take_request(t, i, c, rq->user, now);
	return VDP_SUBMIT_OK;
}

enum vdp_submit vdp_station_deassociate(struct vdp_table *t, const struct vsi_id *id, struct mono now)
{
	uint32_t i = vdp_table_find(t, id);
	struct vsi *v;

	if (i == VSI_NONE)
		return VDP_SUBMIT_UNKNOWN;
	v = vsi_at(t, i);
	v->is_wanted = false;
	vsi_put(t, i, &v->next, NULL);
	if (is_in_flight(v))
		return VDP_SUBMIT_OK; /* after the answer */
	set_reason(v, "");
	settle(t, i, CAUSE_DEASSOC, now);
	return VDP_SUBMIT_OK;
}
