/*
 * vdp_bridge.c - bridge VDP machine of one VSI (802.1Q 41.5; evb-reference 6.8, 6.9).
 *
 * In: request TLVs, answers of the type database, withdrawals, time, port down. Out: questions and changes as events,
 * answers as flags of the VSI until vdp_pack.c builds their TLVs.
 *
 *   request          granted, or refused with Keep
 *   ------> BR_ASKING -------------------------------> BR_WAIT --+ same state, same filters: answered at once (ALIVE)
 *              |  ^                                     |  |     |
 *              |  +------- another command -------------+  +<----+
 *              | refused, or silent and not associated  | toutKeepAlive, withdrawal, De-Associate
 *              +---------------> VSI_ENDED <------------+
 *
 * An answer waits in reply_op and reply_status; its other fields come from `asked` after a refusal, else from
 * `force`. A VSI is busy from the question until its answer is packed: a repetition of the command is dropped then,
 * for that answer serves both; the newest different one waits in `next` and is taken up when ECP is done with the
 * payload. An answer that ECP could not deliver is forgotten: the station asks again (VDPB-30).
 *
 * A notice (type 4, status 0x00) outlives its VSI in the ended record. A new command for that VSIID cancels it, for
 * the station would take it for the answer to that command.
 *
 * What has no VSI, or must be answered without memory, is the request TLV itself with another type and status octet,
 * in the reply ring. A malformed TLV is answered in the De-Associate form, Hard, error 1, and changes nothing here: the
 * VSI named in it, if there is one, goes on until its keep-alives stop.
 */
#include "vdp_bridge.h"

#include <stdio.h>
#include <string.h>

/* ---- answers ---- */

static void reply(struct vdp_table *t, uint32_t i, enum vdp_op op, uint8_t status)
{
	vsi_at(t, i)->reply_op = (uint8_t)op;
	vsi_at(t, i)->reply_status = status;
	vsi_move(t, i, TX_QUEUED);
}

const struct vdp_cmd *vdp_bridge_tlv(const struct vsi *v, enum vdp_op *ret_op, uint8_t *ret_status)
{
	*ret_op = (enum vdp_op)v->reply_op;
	*ret_status = v->reply_status;
	return v->asked != NULL ? v->asked : v->force;
}

/** The request TLV with another type and status octet. */
static void echo(struct vdp_table *t, const struct vdp_pdu_item *item, enum vdp_op op, uint8_t status)
{
	uint8_t buf[TLV_HEADER + TLV_VALUE_MAX];
	struct wr w = wr_init(buf, sizeof(buf));

	t->dialect->echo(item, op, status, &w);
	if (!vdp_replies_put(&t->replies, &item->manager, wr_span(&w)))
		t->count.reply_full++;
}

static struct dur keep_alive_of(const struct vdp_table *t, uint32_t i)
{
	struct dur d = t->wait.tout_keep_alive;

	return d.ns < t->vsi[i].restored.ns ? t->vsi[i].restored : d;
}

static void arm_keep_alive(struct vdp_table *t, uint32_t i, struct mono now)
{
	vsi_arm(t, i, mono_add(now, keep_alive_of(t, i)));
}

/** WAIT_CMD */
static void enter_wait(struct vdp_table *t, uint32_t i, struct mono now)
{
	vsi_at(t, i)->machine = BR_WAIT;
	vsi_at(t, i)->question = 0;
	vsi_at(t, i)->has_question = false;
	arm_keep_alive(t, i, now);
}

/** END with a last frame. */
static void enter_end(struct vdp_table *t, uint32_t i, uint8_t status, enum vdp_display show,
	enum vdp_cause cause, struct mono now)
{
	vsi_end(t, i, show, cause, now);
	reply(t, i, VDP_DEASSOC, status);
}

static void count_failed(struct vdp_table *t, uint32_t i)
{
	t->count.failed++;
	vsi_at(t, i)->v.count.failed++;
}

/** CommandReverts counts what CommandsFailed counts too (MGMT-05). */
static void count_reverted(struct vdp_table *t, uint32_t i)
{
	count_failed(t, i);
	t->count.reverts++;
	vsi_at(t, i)->v.count.reverts++;
}

/** KEEP: refused, the VSI stays what it was. */
static void keep(struct vdp_table *t, uint32_t i, uint8_t error, enum vdp_cause cause, struct mono now)
{
	struct vsi *v = vsi_at(t, i);

	count_reverted(t, i);
	v->v.keep = true;
	reply(t, i, (enum vdp_op)v->asked->op, (uint8_t)(VDP_STATUS_RESPONSE | VDP_STATUS_KEEP | error));
	enter_wait(t, i, now);
	vsi_tell(t, i, cause);
}

/** DEASSOC: refused, and nothing remains. */
static void refuse(struct vdp_table *t, uint32_t i, uint8_t error, enum vdp_cause cause, struct mono now)
{
	count_failed(t, i);
	vsi_at(t, i)->v.keep = false;
	enter_end(t, i, (uint8_t)(VDP_STATUS_RESPONSE | error), VDP_SHOW_REFUSED, cause, now);
}

/* ---- commands ---- */

/** PROCESS_CMD */
static void ask(struct vdp_table *t, uint32_t i, struct vdp_cmd *c, struct mono now)
{
	struct vsi *v = vsi_at(t, i);
	struct dur limit = t->wait.resource_wait_delay;

	if (t->cfg.manager_deadline.ns < limit.ns)
		limit = t->cfg.manager_deadline;
	vsi_put(t, i, &v->asked, c);
	v->machine = BR_ASKING;
	if (++t->question == 0)
		t->question = 1;
	v->question = t->question;
	if (v->v.state == VDP_STATE_NONE)
		vsi_show(t, i, VDP_SHOW_PENDING, now);
	vsi_arm(t, i, mono_add(now, limit));
	vsi_ask(t, i);
}

/** c: the request, whose fields the answer repeats; NULL: those at hand serve. */
static void deassociate(struct vdp_table *t, uint32_t i, struct vdp_cmd *c, struct mono now)
{
	struct vsi *v = vsi_at(t, i);

	t->count.succeeded++;
	v->v.error = VDP_E_SUCCESS;
	v->v.keep = v->v.hard = false;
	vsi_set_reason(t, i, "de-associated by the station");
	if (c != NULL)
		vsi_put(t, i, &v->asked, c);
	enter_end(t, i, VDP_STATUS_RESPONSE, VDP_SHOW_NONE, CAUSE_DEASSOC, now);
}

/** Take up a command of a VSI that is not busy; the record may be an ended one. */
static void take_up(struct vdp_table *t, uint32_t i, struct vdp_cmd *c, struct mono now)
{
	if (!vsi_is_live(vsi_at(t, i)))
		vsi_revive(t, i, now);
	if (c->op == VDP_DEASSOC)
		deassociate(t, i, c, now);
	else
		ask(t, i, c, now);
}

/** Does the end of the VSI wait to be sent without having been asked for? */
static bool is_notice(const struct vsi *v)
{
	return v->reply_op != 0 && (v->reply_status & VDP_STATUS_RESPONSE) == 0;
}

static bool is_busy(const struct vsi *v)
{
	return v->machine == BR_ASKING || v->reply_op != 0 || v->next != NULL;
}

/** Is this the command that is being asked or whose answer waits? */
static bool is_repetition(const struct vsi *v, const struct vdp_request *rq)
{
	if (is_notice(v))
		return false;
	if (v->next != NULL)
		return v->next->op == rq->op && vdp_cmd_is_repeated(v->next, rq);
	if (v->asked != NULL)
		return v->asked->op == rq->op && vdp_cmd_is_repeated(v->asked, rq);
	return v->machine == BR_WAIT && v->reply_op == rq->op && vdp_cmd_is_repeated(v->force, rq);
}

/** ALIVE: the answer is known. */
static void alive(struct vdp_table *t, uint32_t i, const struct vdp_request *rq, struct mono now)
{
	struct vsi *v = vsi_at(t, i);
	uint8_t bits = (uint8_t)((rq->is_suspended ? VDP_STATUS_S : 0) |
				 (rq->is_migrating ? VDP_STATUS_M : 0));

	reply(t, i, rq->op, VDP_STATUS_RESPONSE);
	arm_keep_alive(t, i, now);
	if (bits == v->force->bits)
		return;
	v->force->bits = bits;
	vsi_put(t, i, &v->force, v->force);
	vsi_tell(t, i, CAUSE_REQUEST);
}

/** A refusal that can't be kept from the VSI ends it at the station, so here too. The answer is an echo. */
static void end_with_refusal(
	struct vdp_table *t, uint32_t i, uint8_t error, const char *reason, struct mono now)
{
	struct vsi *v = vsi_at(t, i);

	v->v.error = error;
	v->v.keep = v->v.hard = false;
	v->v.count.failed++;
	v->reply_op = 0;
	vsi_set_reason(t, i, reason);
	vsi_put(t, i, &v->next, NULL);
	vsi_end(t, i, VDP_SHOW_REFUSED, CAUSE_REQUEST, now);
}

/** KEEP without a question. */
static void keep_now(struct vdp_table *t, uint32_t i, uint8_t error, const char *reason, struct mono now)
{
	struct vsi *v = vsi_at(t, i);

	count_reverted(t, i);
	if (v->machine != BR_WAIT)
		return; /* the decision to come has its own reason */
	v->v.error = error;
	v->v.hard = false;
	v->v.keep = true;
	vsi_set_reason(t, i, reason);
	arm_keep_alive(t, i, now);
	vsi_tell(t, i, CAUSE_DECIDED);
}

/** An answer that needs no memory: Keep if there is something to keep. */
static void refuse_now(struct vdp_table *t, uint32_t i, const struct vdp_pdu_item *item,
	const struct vdp_assoc *a, uint8_t error, const char *reason, struct mono now)
{
	bool is_there = i != VSI_NONE && vsi_at(t, i)->v.state != VDP_STATE_NONE;

	if (!is_there || !t->dialect->has_keep) {
		t->count.failed++;
		if (is_there)
			end_with_refusal(t, i, error, reason, now);
		else if (i == VSI_NONE || !vsi_is_live(vsi_at(t, i)))
			vdp_refused_put(t, a, &item->manager, error, reason, now);
		echo(t, item, VDP_DEASSOC, (uint8_t)(VDP_STATUS_RESPONSE | error));
		return;
	}
	keep_now(t, i, error, reason, now);
	echo(t, item, item->op, (uint8_t)(VDP_STATUS_RESPONSE | VDP_STATUS_KEEP | error));
}

/** A new command: copy it, and take it up now or after the present one. Returns false when memory is short. */
static bool command(struct vdp_table *t, uint32_t i, const struct vdp_request *rq, struct mono now)
{
	struct vdp_cmd *c = vdp_cmd_new(&t->pool, rq, true);

	if (c == NULL) {
		t->count.table_full++;
		return false;
	}
	if (i == VSI_NONE) {
		i = vsi_add(t, &rq->subject.vsi, now);
		if (i == VSI_NONE) {
			buddy_free(&t->pool, c);
			return false;
		}
	} else if (is_notice(vsi_at(t, i))) {
		vsi_at(t, i)->reply_op = 0;
		vsi_put(t, i, &vsi_at(t, i)->next, NULL);
		vsi_move(t, i, TX_OFF);
	}
	if (is_busy(vsi_at(t, i)))
		vsi_put(t, i, &vsi_at(t, i)->next, c);
	else
		take_up(t, i, c, now);
	return true;
}

static void rx_deassoc(struct vdp_table *t, uint32_t i, const struct vdp_pdu_item *item,
	const struct vdp_request *rq, struct mono now)
{
	if (i == VSI_NONE || (!vsi_is_live(vsi_at(t, i)) && vsi_at(t, i)->next == NULL)) {
		t->count.succeeded++;
		echo(t, item, VDP_DEASSOC, VDP_STATUS_RESPONSE);
		return;
	}
	if (is_busy(vsi_at(t, i)) && is_repetition(vsi_at(t, i), rq))
		return;
	if (command(t, i, rq, now))
		return;
	vsi_put(t, i, &vsi_at(t, i)->next, NULL); /* no memory to let it wait: now */
	if (vsi_is_live(vsi_at(t, i)))
		deassociate(t, i, NULL, now);
}

/* Why the filters of a request can't be; NULL: they can. */
static const char *illegal(const struct vdp_table *t, const struct vdp_request *rq)
{
	if (!vdp_filters_are_legal(rq->format, rq->n_filters, rq->filters))
		return "no legal VID, GroupID or MAC address in its filters";
	if (rq->format >= VDP_FILTER_GROUP_VID && !t->params.group_ids)
		return "GroupIDs are not negotiated on the port";
	return NULL;
}

static void rx_command(struct vdp_table *t, uint32_t i, const struct vdp_pdu_item *item,
	const struct vdp_assoc *a, const struct vdp_request *rq, struct mono now)
{
	struct vsi *v = i == VSI_NONE ? NULL : vsi_at(t, i);
	const char *reason = illegal(t, rq);

	if (reason != NULL) {
		refuse_now(t, i, item, a, VDP_E_ADDRESS, reason, now);
		return;
	}
	if (v != NULL && is_busy(v) && is_repetition(v, rq)) {
		if (v->machine == BR_WAIT)
			arm_keep_alive(t, i, now);
		return;
	}
	if (v != NULL && v->machine == BR_WAIT && !is_busy(v) && (unsigned)rq->op == (unsigned)v->v.state &&
		vdp_cmd_is_repeated(v->force, rq)) {
		alive(t, i, rq, now);
		return;
	}
	if (!command(t, i, rq, now))
		refuse_now(t, i, item, a, VDP_E_RESOURCES, "no room for it in the VSI table (max_vsis)", now);
}

void vdp_bridge_rx(struct vdp_table *t, const struct vdp_pdu_item *item, struct mono now)
{
	struct vdp_assoc a;
	struct vdp_request rq;
	enum vdp_err err = t->dialect->decode(VDP_BRIDGE, item, &a);
	uint32_t i;

	if (err == VDP_ERR_SHORT || err == VDP_ERR_IGNORED) {
		t->count.rx_bad_tlv++;
		return;
	}
	if ((a.status & VDP_STATUS_RESPONSE) != 0) {
		t->count.rx_unexpected++;
		return;
	}
	t->count.requests_in++;
	i = vsi_lookup(t, &a.vsi);
	if (err != VDP_OK) {
		t->count.rx_bad_tlv++;
		t->count.failed++;
		if (a.op != VDP_DEASSOC && (i == VSI_NONE || !vsi_is_live(vsi_at(t, i))))
			vdp_refused_put(t, &a, &item->manager, VDP_STATUS_HARD | VDP_E_FORMAT,
				"its association TLV is malformed", now);
		echo(t, item, VDP_DEASSOC, VDP_STATUS_RESPONSE | VDP_STATUS_HARD | VDP_E_FORMAT);
		return;
	}
	rq = (struct vdp_request){
		.op = a.op,
		.subject = { a.vsi, item->manager, a.type_id, a.type_version },
		.format = a.format,
		.n_filters = a.n_filters,
		.filters = a.filters,
		.org = item->org,
		.is_migrating = (a.status & VDP_STATUS_M) != 0,
		.is_suspended = (a.status & VDP_STATUS_S) != 0,
	};
	if (a.op == VDP_DEASSOC)
		rx_deassoc(t, i, item, &rq, now);
	else
		rx_command(t, i, item, &a, &rq, now);
}

/* ---- the type database ---- */

void vdp_bridge_query(const struct vdp_table *t, uint32_t i, struct vdp_event *ret)
{
	const struct vsi *v = vsi_at(t, i);
	const struct vdp_cmd *c = v->asked;

	*ret = (struct vdp_event){
		.kind = VDP_EVENT_ASK,
		.vsi = i,
		.was = (enum vdp_state)v->told,
		.event = "request",
		.clause = "41.5",
		.handle = { i, v->question },
		.query = {
			.subject = { v->v.subject.vsi, c->manager, c->type_id, c->type_version },
			.op = (enum vdp_op)c->op,
			.state = v->v.state,
			.is_migrating = (c->bits & VDP_STATUS_M) != 0,
			.is_suspended = (c->bits & VDP_STATUS_S) != 0,
			.group_ids = t->params.group_ids,
			.format = c->format,
			.n_filters = c->n,
			.filters = c->filters,
			.org = vdp_cmd_org(c),
		},
	};
}

/** SEND. The answer fits the request. */
static void grant(struct vdp_table *t, uint32_t i, struct mono now)
{
	struct vsi *v = vsi_at(t, i);
	enum vdp_op op = (enum vdp_op)v->asked->op;

	vsi_confirm(t, i, (enum vdp_state)op);
	v->restored = dur_ns(0);
	v->v.error = VDP_E_SUCCESS;
	v->v.keep = v->v.hard = false;
	vsi_set_reason(t, i, "");
	t->count.succeeded++;
	v->v.count.succeeded++;
	vsi_show(t, i, vsi_show_of(v->v.state), now);
	reply(t, i, op, VDP_STATUS_RESPONSE);
	enter_wait(t, i, now);
	vsi_tell(t, i, CAUSE_DECIDED);
}

static void decide_refusal(struct vdp_table *t, uint32_t i, uint8_t error, bool is_hard, bool is_keep,
	const char *reason, struct mono now)
{
	struct vsi *v = vsi_at(t, i);
	uint8_t code = (uint8_t)(error | (is_hard ? VDP_STATUS_HARD : 0));

	v->v.error = error;
	v->v.hard = is_hard;
	vsi_set_reason(t, i, reason[0] != '\0' ? reason : vdp_error_text(error));
	if (is_keep && v->v.state != VDP_STATE_NONE && t->dialect->has_keep)
		keep(t, i, code, CAUSE_DECIDED, now);
	else
		refuse(t, i, code, CAUSE_DECIDED, now);
}

void vdp_bridge_answer(
	struct vdp_table *t, struct vtdb_handle h, const struct vtdb_answer *a, struct mono now)
{
	struct vsi *v;
	uint8_t error = t->dialect->error(a->error);

	if (h.vsi >= t->high || h.number == 0 || vsi_at(t, h.vsi)->machine != BR_ASKING ||
		vsi_at(t, h.vsi)->question != h.number) {
		t->count.late_answers++;
		return;
	}
	v = vsi_at(t, h.vsi);
	v->question = 0;
	v->has_question = false;
	if (error != VDP_E_SUCCESS)
		decide_refusal(t, h.vsi, error, a->is_hard, a->is_keep, a->reason, now);
	else if (!vdp_cmd_grant(v->asked, a->n_filters, a->filters, t->dialect->has_pcp))
		decide_refusal(
			t, h.vsi, VDP_E_OTHER, false, true, "the type database contradicts the request", now);
	else if (!vdp_cmd_set_org(&t->pool, &v->asked, a->org))
		decide_refusal(
			t, h.vsi, VDP_E_RESOURCES, false, true, "no room for organizational TLVs", now);
	else
		grant(t, h.vsi, now);
}

bool vdp_bridge_withdraw(struct vdp_table *t, const struct vsi_id *id, const char *reason, struct mono now)
{
	uint32_t i = vdp_table_find(t, id);

	if (i == VSI_NONE)
		return false;
	vsi_set_reason(t, i, reason);
	vsi_put(t, i, &vsi_at(t, i)->next, NULL);
	enter_end(t, i, 0, VDP_SHOW_NONE, CAUSE_WITHDRAWN, now);
	return true;
}

/* ---- time and the port ---- */

static void manager_silent(struct vdp_table *t, uint32_t i, struct mono now)
{
	struct vsi *v = vsi_at(t, i);

	t->count.manager_timeouts++;
	v->v.error = VDP_E_NO_MANAGER;
	v->v.hard = false;
	vsi_set_reason(t, i, "the type database did not answer in time");
	if (v->v.state == VDP_STATE_ASSOC && t->dialect->has_keep)
		keep(t, i, VDP_E_NO_MANAGER, CAUSE_MANAGER_SILENT, now);
	else
		refuse(t, i, VDP_E_NO_MANAGER, CAUSE_MANAGER_SILENT, now);
}

void vdp_bridge_on_time(struct vdp_table *t, uint32_t i, struct mono now)
{
	struct vsi *v = vsi_at(t, i);

	if (v->machine == BR_ASKING) {
		manager_silent(t, i, now);
		return;
	}
	t->count.keep_alive_timeouts++;
	snprintf(v->v.reason, sizeof(v->v.reason), "keep-alive timeout after %.1f s",
		dur_seconds(keep_alive_of(t, i)));
	enter_end(t, i, 0, VDP_SHOW_TIMED_OUT, CAUSE_KEEP_ALIVE_LOST, now);
}

void vdp_bridge_on_ready(struct vdp_table *t, uint32_t i, struct mono now)
{
	if (!vsi_at(t, i)->is_restored)
		return;
	vsi_at(t, i)->is_restored = false;
	if (vsi_at(t, i)->machine == BR_WAIT)
		arm_keep_alive(t, i, now);
}

enum vdp_submit vdp_bridge_restore(struct vdp_table *t, const struct vdp_saved *s, struct mono now)
{
	struct vdp_cmd *c = vdp_cmd_restore(&t->pool, s);
	struct vsi *v;
	uint32_t i;

	if (c == NULL)
		return VDP_SUBMIT_FULL;
	i = vsi_add(t, &s->rq.subject.vsi, now);
	if (i == VSI_NONE) {
		buddy_free(&t->pool, c);
		return VDP_SUBMIT_FULL;
	}
	v = vsi_at(t, i);
	v->v.user = s->rq.user;
	v->restored = s->keep_alive;
	vsi_put(t, i, &v->asked, c);
	vsi_confirm(t, i, (enum vdp_state)s->rq.op);
	vsi_show(t, i, vsi_show_of(v->v.state), now);
	v->is_restored = true;
	if (t->is_ready)
		vdp_bridge_on_ready(t, i, now);
	vsi_tell(t, i, CAUSE_RESTORED);
	return VDP_SUBMIT_OK;
}

void vdp_bridge_lost(
	struct vdp_table *t, uint32_t i, enum vdp_cause cause, const char *reason, struct mono now)
{
	struct vsi *v = vsi_at(t, i);

	v->reply_op = 0;
	vsi_put(t, i, &v->next, NULL);
	vsi_move(t, i, TX_OFF);
	if (vsi_is_live(v)) {
		vsi_set_reason(t, i, reason);
		vsi_end(t, i, VDP_SHOW_NONE, cause, now);
	} else {
		vsi_release(t, i);
	}
}

/* ---- after packing ---- */

void vdp_bridge_on_packed(struct vdp_table *t, uint32_t i)
{
	struct vsi *v = vsi_at(t, i);

	v->reply_op = 0;
	if (vsi_is_live(v))
		vsi_put(t, i, &v->asked, NULL);
	vsi_move(t, i, v->next != NULL ? TX_SENT : TX_OFF);
	vsi_release(t, i);
}

void vdp_bridge_on_sent(struct vdp_table *t, uint32_t i, struct mono now)
{
	struct vsi *v = vsi_at(t, i);

	vsi_move(t, i, TX_OFF);
	if (v->next != NULL)
		take_up(t, i, vsi_take(&v->next), now);
}
