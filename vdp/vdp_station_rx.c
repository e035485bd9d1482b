/*
 * vdp_station_rx.c - what responses do to the station machine: PROC_RESULT and KA_RESULT (802.1Q 41.5; evb-reference
 * 6.7), and the bridge's own De-Associate.
 *
 * A TLV is matched to a VSI by its key: VSIID, manager, type, version, filter format. Then it must be awaited, or end
 * an association; anything else is counted and changes nothing. It is awaited only when its type is the request's or
 * De-Associate: any other is a late answer to an earlier command, and taking it for this one's would lose a command.
 */
#include "vdp_station_priv.h"

#include <stdio.h>

static bool is_error(const struct vdp_assoc *a)
{
	return (a->status & VDP_STATUS_RESPONSE) != 0 && (a->status & VDP_STATUS_ERROR) != 0;
}

static bool is_kept(const struct vdp_assoc *a)
{
	return is_error(a) && (a->status & VDP_STATUS_KEEP) != 0;
}

static void note_answer(const struct vdp_table *t, struct vsi *v, const struct vdp_assoc *a)
{
	uint8_t error = a->status & VDP_STATUS_ERROR;

	v->v.error = is_error(a) ? t->dialect->error(error) : VDP_E_SUCCESS;
	v->v.keep = is_kept(a);
	v->v.hard = is_error(a) && (a->status & VDP_STATUS_HARD) != 0;
}

static void refused(struct vdp_table *t, uint32_t i, struct mono now)
{
	struct vsi *v = vsi_at(t, i);

	v->is_at_bridge = false;
	snprintf(v->v.reason, sizeof(v->v.reason), "refused by the bridge: %s", vdp_error_text(v->v.error));
	station_enter_end(t, i, VDP_SHOW_REFUSED, CAUSE_RESPONSE, now);
}

static void ended_by_bridge(struct vdp_table *t, uint32_t i, struct mono now)
{
	struct vsi *v = vsi_at(t, i);

	v->is_at_bridge = false;
	if (v->v.error != VDP_E_SUCCESS) {
		refused(t, i, now);
		return;
	}
	vsi_set_reason(t, i, "bridge ended the association");
	station_enter_end(t, i, VDP_SHOW_PENDING, CAUSE_BRIDGE_ENDED, now);
}

static void mismatch(struct vdp_table *t, uint32_t i, struct mono now)
{
	vsi_at(t, i)->v.hard = false;
	vsi_set_reason(t, i, "the bridge answered with other filters than requested");
	station_enter_end(t, i, VDP_SHOW_REFUSED, CAUSE_RESPONSE, now);
}

/** Do the filters of an answer rule it out? */
static bool is_mismatch(const struct vdp_table *t, const struct vdp_cmd *c, const struct vdp_assoc *a)
{
	return t->dialect->binds_filters && !vdp_cmd_fits_answer(c, a);
}

/** Take over what the bridge has chosen. True if that changed something. */
static bool take_answer(struct vdp_cmd *c, const struct vdp_assoc *a)
{
	return vdp_cmd_fits_answer(c, a) && vdp_cmd_take_answer(c, a);
}

/** ASSOC_NEW, PREASSOC_NEW */
static void granted(struct vdp_table *t, uint32_t i, const struct vdp_assoc *a, struct mono now)
{
	struct vsi *v = vsi_at(t, i);

	take_answer(v->asked, a);
	vsi_confirm(t, i, (enum vdp_state)a->op);
	v->tries = 0;
	if (v->is_wanted)
		vsi_set_reason(t, i, "");
	t->count.succeeded++;
	v->v.count.succeeded++;
	vsi_show(t, i, vsi_show_of(v->v.state), now);
	station_settle(t, i, CAUSE_RESPONSE, now);
}

/** ASSOC_COMPLETE: refused, the confirmed state stays */
static void kept(struct vdp_table *t, uint32_t i, struct mono now)
{
	struct vsi *v = vsi_at(t, i);

	vsi_put(t, i, &v->asked, NULL);
	t->count.failed++; /* CommandReverts counts what CommandsFailed counts too (MGMT-05) */
	v->v.count.failed++;
	t->count.reverts++;
	v->v.count.reverts++;
	if (v->is_wanted)
		snprintf(v->v.reason, sizeof(v->v.reason), "change refused, kept as it was: %s",
			vdp_error_text(v->v.error));
	station_settle(t, i, CAUSE_RESPONSE, now);
}

/** PROC_RESULT */
static void proc_result(struct vdp_table *t, uint32_t i, const struct vdp_assoc *a, struct mono now)
{
	struct vsi *v = vsi_at(t, i);

	if (is_error(a) && !is_kept(a))
		refused(t, i, now);
	else if (a->op == VDP_DEASSOC)
		ended_by_bridge(t, i, now);
	else if (is_mismatch(t, v->asked, a))
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
	} else if (is_mismatch(t, v->force, a)) {
		mismatch(t, i, now);
	} else if (is_error(a) && a->op == VDP_ASSOC) {
		snprintf(v->v.reason, sizeof(v->v.reason), "keep-alive refused by the bridge: %s",
			vdp_error_text(v->v.error));
		station_enter_request(t, i, ST_TX_DEASSOC);
	} else {
		if (take_answer(v->force, a)) {
			v->filters_differ = true;
			vsi_tell(t, i, CAUSE_RESPONSE);
		}
		if (v->is_wanted && v->next == NULL)
			station_enter_wait(t, i, now);
		else
			station_settle(t, i, CAUSE_RESPONSE, now);
	}
}

static void deassoc_result(struct vdp_table *t, uint32_t i, struct mono now)
{
	if (vsi_at(t, i)->machine == ST_DEASSOC) {
		station_deassociated(t, i, CAUSE_DEASSOC, now);
	} else {
		vsi_at(t, i)->is_at_bridge = false;
		station_enter_end(t, i, VDP_SHOW_REFUSED, CAUSE_RESPONSE, now);
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
	return a->op == op || (a->op == VDP_DEASSOC && (a->answers == 0 || a->answers == op));
}

/** A De-Associate that no request asked for: the bridge lets go (type 4 0x00, or with an error; evb-reference 11 #20). */
static bool is_letting_go(const struct vsi *v, const struct vdp_assoc *a)
{
	return a->op == VDP_DEASSOC && v->v.state != VDP_STATE_NONE &&
	       (a->answers == 0 || (unsigned)a->answers == (unsigned)v->v.state) &&
	       ((a->status & VDP_STATUS_RESPONSE) == 0 || (a->status & VDP_STATUS_ERROR) != 0);
}

/** Is the VSI pre-associated or about to be, as far as anyone has asked? */
static bool is_preassociating(const struct vsi *v)
{
	unsigned op = v->machine == ST_PROC ? v->asked->op : (unsigned)v->v.state;

	return (v->machine == ST_PROC || v->machine == ST_WAIT || v->machine == ST_KA) &&
	       (op == VDP_PREASSOC || op == VDP_PREASSOC_RR);
}

/** An unasked De-Associate that the dialect does not take for one (evb-reference 7.4): it may be the late answer to an
 * earlier De-Associate. If the bridge did end the VSI the next keep-alive brings it back. */
static bool is_spared(const struct vdp_table *t, const struct vsi *v, const struct vdp_assoc *a)
{
	return t->dialect->spares_preassoc && a->op == VDP_DEASSOC &&
	       (a->status & VDP_STATUS_RESPONSE) == 0 && is_preassociating(v);
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

void vdp_station_rx(struct vdp_table *t, const struct vdp_pdu_item *item, struct mono now)
{
	struct vdp_assoc a;
	struct vdp_subject s;
	struct vsi *v;
	uint32_t i;

	if (t->dialect->decode(VDP_STATION, item, &a) != VDP_OK) {
		t->count.rx_bad_tlv++;
		return;
	}
	if ((a.status & VDP_STATUS_RESPONSE) == 0 && a.op != VDP_DEASSOC) {
		t->count.rx_unexpected++;
		return;
	}
	*((a.status & VDP_STATUS_RESPONSE) ? &t->count.responses_in : &t->count.requests_in) += 1;
	s = (struct vdp_subject){ a.vsi, item->manager, a.type_id, a.type_version };
	i = vdp_table_find(t, &a.vsi);
	if (i == VSI_NONE || !is_about(vsi_at(t, i), &s, &a)) {
		t->count.rx_unknown_vsi++;
		return;
	}
	v = vsi_at(t, i);
	if (is_spared(t, v, &a) || (!is_awaited(v, &a) && !is_letting_go(v, &a))) {
		t->count.rx_unexpected++;
		return;
	}
	if (v->machine == ST_DEASSOC || v->machine == ST_TX_DEASSOC) {
		deassoc_result(t, i, now);
		return;
	}
	if (v->machine != ST_KA || is_error(&a) || a.op == VDP_DEASSOC)
		note_answer(t, v, &a); /* a keep-alive that succeeds says nothing new */
	if (!is_awaited(v, &a))
		ended_by_bridge(t, i, now);
	else if (v->machine == ST_PROC)
		proc_result(t, i, &a, now);
	else
		ka_result(t, i, &a, now);
}
