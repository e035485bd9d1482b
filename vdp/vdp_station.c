/*
 * vdp_station.c - station VDP machine of one VSI: states, timers, sending (802.1Q 41.5; evb-reference 6.7). What a
 * response does is in vdp_station_rx.c, what the user asks in vdp_station_user.c.
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
 * A peer that may lose payloads it has acknowledged (vdp_table.c) is asked again after 1/8, 3/8 and 7/8 of respWaitDelay.
 *
 * A VSI alone keeps the exact reinitKeepAlive; among others each interval is longer by 0..18 % (the dialect's number),
 * drawn anew, so that what was associated in one burst drifts apart, well below toutKeepAlive (150 %). It ends on one
 * of 256 ticks per reinitKeepAlive: those of a tick share ECPDUs, and thousands of idle VSIs cost little.
 */
#include "vdp_station_priv.h"

#include <stdio.h>
#include <string.h>

enum { TICKS = 256, RESEND_PART = 8 };

#define WAITING_FOR_PEER "waiting for the EVB peer"

/* ---- sending ---- */

/* Has the VSI to wait before it is asked for? */
static bool has_to_wait(const struct vdp_table *t, const struct vsi *v)
{
	return v->machine == ST_PROC && (!t->is_ready || v->held_for != NULL);
}

static const char *wait_reason(const struct vdp_table *t, const struct vsi *v)
{
	return !t->is_ready ? WAITING_FOR_PEER : v->held_for != NULL ? v->held_for : "";
}

static void queue(struct vdp_table *t, uint32_t i)
{
	vsi_move(t, i, TX_OFF); /* a request that changed takes a new place */
	vsi_move(t, i, has_to_wait(t, vsi_at(t, i)) ? TX_HELD : TX_QUEUED);
}

void station_enter_request(struct vdp_table *t, uint32_t i, enum vdp_machine m)
{
	struct vsi *v = vsi_at(t, i);

	v->machine = (uint8_t)m;
	v->is_sent = false;
	vsi_arm(t, i, MONO_NEVER); /* respWaitDelay starts in vdp_station_on_packed() */
	queue(t, i);
}

/** STATION_PROCESSING with the request in `asked`. */
void station_enter_proc(struct vdp_table *t, uint32_t i, struct mono now)
{
	struct vsi *v = vsi_at(t, i);

	station_enter_request(t, i, ST_PROC);
	if (v->v.show == VDP_SHOW_NONE)
		vsi_show(t, i, VDP_SHOW_PENDING, now);
	if (v->list == TX_HELD && v->v.show == VDP_SHOW_PENDING)
		vsi_set_reason(t, i, wait_reason(t, v));
}

/** WAIT_SYSCMD */
void station_enter_wait(struct vdp_table *t, uint32_t i, struct mono now)
{
	struct dur interval = t->wait.reinit_keep_alive;
	struct mono when = mono_add(now, interval);
	uint64_t spread = interval.ns / 100 * t->dialect->jitter_percent;

	vsi_at(t, i)->machine = ST_WAIT;
	if (t->n_live > 1 && spread > 0) {
		uint64_t tick = interval.ns / TICKS;

		when = mono_add(when, dur_ns(prng_below(&t->prng, spread - tick + 1)));
		when = mono_add(when, dur_ns(tick - when.ns % tick));
	}
	vsi_move(t, i, TX_OFF);
	vsi_arm(t, i, when);
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

/** respWaitDelay, or before it the next try. */
static void arm_answer(struct vdp_table *t, uint32_t i, struct mono now)
{
	struct vsi *v = vsi_at(t, i);
	uint64_t part = t->wait.resp_wait_delay.ns / RESEND_PART;
	struct mono again = mono_add(now, dur_ns(part << v->resends));

	vsi_arm(t, i, t->closing == CLOSING_NONE ? mono_min(again, v->answer_by) : v->answer_by);
}

void vdp_station_on_packed(struct vdp_table *t, uint32_t i, struct mono now)
{
	struct vsi *v = vsi_at(t, i);

	vsi_move(t, i, TX_SENT);
	if (!v->is_sent) { /* else it is again under a new sequence number: the timer goes on */
		v->is_sent = true;
		v->is_at_bridge = true;
		v->resends = 0;
		v->answer_by = mono_add(now, t->wait.resp_wait_delay);
	}
	arm_answer(t, i, now);
}

/** The time for another try has come. False: respWaitDelay is over. */
static bool ask_again(struct vdp_table *t, uint32_t i, struct mono now)
{
	struct vsi *v = vsi_at(t, i);

	if (v->machine == ST_WAIT || v->machine == ST_BACKOFF || mono_reached(v->answer_by, now))
		return false;
	vsi_arm(t, i, v->answer_by);
	if (t->closing != CLOSING_NONE || v->list != TX_OFF)
		return true; /* another peer, or ECP still has it */
	v->resends++;
	t->count.resent++;
	queue(t, i);
	return true;
}

/* ---- outcomes ---- */

static void end_for_good(
	struct vdp_table *t, uint32_t i, enum vdp_display show, enum vdp_cause cause, struct mono now)
{
	vsi_put(t, i, &vsi_at(t, i)->next, NULL);
	vsi_end(t, i, show, cause, now);
}

/** A command has had its outcome: what is next? */
void station_settle(struct vdp_table *t, uint32_t i, enum vdp_cause cause, struct mono now)
{
	struct vsi *v = vsi_at(t, i);

	if (!v->is_wanted && !v->is_at_bridge) {
		end_for_good(t, i, VDP_SHOW_NONE, cause, now);
		return;
	}
	if (!v->is_wanted) {
		station_enter_request(t, i, ST_DEASSOC);
	} else if (v->next != NULL) {
		vsi_put(t, i, &v->asked, vsi_take(&v->next));
		station_enter_proc(t, i, now);
	} else if (v->v.state != VDP_STATE_NONE) {
		station_enter_wait(t, i, now);
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
		v->asked->bits &=
			(uint8_t)~VDP_STATUS_M; /* the VM has arrived; asking again is no migration */
		v->filters_differ = true;
	}
	if (v->asked != NULL)
		vdp_cmd_forget_answer(v->asked);
	vsi_put(t, i, &v->force, NULL);
}

/** END (6.7). The reason is set. */
void station_enter_end(
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
	station_settle(t, i, cause, now);
}

static void no_answer(struct vdp_table *t, uint32_t i, struct mono now)
{
	struct vsi *v = vsi_at(t, i);

	t->count.resp_timeouts++;
	v->v.hard = v->v.keep = false;
	v->is_at_bridge = v->is_at_bridge && v->is_wanted; /* a silent bridge is not asked again to let go */
	snprintf(v->v.reason, sizeof(v->v.reason), "no answer within %.1f s",
		dur_seconds(t->wait.resp_wait_delay));
	station_enter_end(t, i, VDP_SHOW_TIMED_OUT, CAUSE_NO_ANSWER, now);
}

/** The user's De-Associate is over, answered or not. The reason is set; what ends keeps its filters in view. */
void station_deassociated(struct vdp_table *t, uint32_t i, enum vdp_cause cause, struct mono now)
{
	struct vsi *v = vsi_at(t, i);
	size_t len = strlen(v->v.reason);

	v->is_at_bridge = false;
	*(cause == CAUSE_NO_ANSWER ? &t->count.failed : &t->count.succeeded) += 1;
	if (v->is_wanted) { /* again */
		vsi_set_reason(t, i, "");
		lose_state(t, i);
	} else if (cause == CAUSE_NO_ANSWER) {
		snprintf(v->v.reason + len, sizeof(v->v.reason) - len, ", the bridge did not answer");
	}
	v->v.state = VDP_STATE_NONE;
	vsi_show(t, i, VDP_SHOW_NONE, now);
	station_settle(t, i, cause, now);
}

void vdp_station_on_time(struct vdp_table *t, uint32_t i, struct mono now)
{
	struct vsi *v = vsi_at(t, i);

	if (ask_again(t, i, now))
		return;
	switch ((enum vdp_machine)v->machine) {
	case ST_WAIT:
		station_enter_request(t, i, ST_KA);
		break;
	case ST_BACKOFF:
		station_enter_proc(t, i, now);
		vsi_tell(t, i, CAUSE_RETRY);
		break;
	case ST_PROC:
	case ST_KA:
		no_answer(t, i, now);
		break;
	case ST_DEASSOC:
		t->count.resp_timeouts++;
		station_deassociated(t, i, CAUSE_NO_ANSWER, now);
		break;
	case ST_TX_DEASSOC: /* the refusal that led here is the reason */
		station_enter_end(t, i, VDP_SHOW_REFUSED, CAUSE_RESPONSE, now);
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
		station_enter_end(t, i, VDP_SHOW_REFUSED, CAUSE_RESPONSE, now);
	else if (has_to_wait(t, v))
		vsi_move(t, i, TX_HELD);
	else
		vsi_requeue(t, i);
}

void vdp_station_on_ready(struct vdp_table *t, uint32_t i)
{
	struct vsi *v = vsi_at(t, i);

	if (v->machine != ST_PROC)
		return;
	if (v->list != TX_HELD || !has_to_wait(t, v)) /* else it stays where it is */
		queue(t, i);
	if (v->is_sent || v->v.show != VDP_SHOW_PENDING)
		return;
	vsi_set_reason(t, i, wait_reason(t, v));
	vsi_tell(t, i, CAUSE_READY);
}

void vdp_station_hold(struct vdp_table *t, uint32_t i, const char *reason, struct mono now)
{
	struct vsi *v = vsi_at(t, i);

	if (v->held_for == reason || !vsi_is_live(v))
		return;
	v->held_for = reason;
	if (reason != NULL && (v->machine != ST_PROC || v->is_sent))
		vdp_station_lost(t, i, CAUSE_HELD, reason, now);
	else
		vdp_station_on_ready(t, i);
}

void vdp_station_lost(
	struct vdp_table *t, uint32_t i, enum vdp_cause cause, const char *reason, struct mono now)
{
	struct vsi *v = vsi_at(t, i);

	if (!vsi_is_live(v))
		return;
	v->is_at_bridge = false;
	v->tries = 0;
	v->v.error = VDP_E_SUCCESS;
	v->v.hard = v->v.keep = false;
	if (v->next != NULL)
		vsi_put(t, i, &v->asked, vsi_take(&v->next));
	lose_state(t, i);
	if (!v->is_wanted) {
		vsi_set_reason(t, i, reason);
		end_for_good(t, i, VDP_SHOW_NONE, cause, now);
		return;
	}
	vsi_show(t, i, VDP_SHOW_PENDING, now);
	station_enter_proc(t, i, now);
	vsi_tell(t, i, cause);
}

void vdp_station_on_edition(struct vdp_table *t, uint32_t i, struct mono now)
{
	struct vsi *v = vsi_at(t, i);
	struct vdp_filter room[2 * VDP_FILTERS_MAX];
	struct vdp_saved wish;
	enum vdp_submit verdict;

	if (!vsi_is_live(v) || !vdp_table_save(t, i, room, &wish))
		return;
	verdict = vdp_station_check(t, &wish.rq);
	if (verdict == VDP_SUBMIT_OK)
		return;
	v->v.error = VDP_E_OTHER;
	v->v.hard = true;
	vsi_set_reason(t, i, vdp_submit_text(verdict));
	end_for_good(t, i, VDP_SHOW_REFUSED, CAUSE_EDITION, now);
}
