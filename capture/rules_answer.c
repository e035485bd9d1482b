/*
 * rules_answer.c - what the judge asks of the bridge's answers and of its own De-Associates (802.1Q 41.2, 41.5;
 * evb-reference 6.3, 6.5-6.9, 7.3).
 *
 * An answer is its command with another status octet and the VIDs and priorities in force. It is compared with the newest
 * command only: an older one's value is not kept.
 */
#include "rules.h"

enum { MANAGER_WAIT_S = 3 };

static uint8_t status_of(const struct jd_ctx *x)
{
	return x->v->as_answer.status;
}

static unsigned error_of(const struct jd_ctx *x)
{
	return status_of(x) & VDP_STATUS_ERROR;
}

static bool is_kept(const struct jd_ctx *x)
{
	return error_of(x) != VDP_E_SUCCESS && (status_of(x) & VDP_STATUS_KEEP) != 0;
}

static bool is_draft(const struct jd_ctx *x)
{
	return x->v != NULL ? x->v->is_draft : x->vsi != NULL && x->vsi->is_draft;
}

/* ---- the status octet ---- */

enum jd_outcome rule_answer_error(struct jd_ctx *x)
{
	if (is_draft(x) || error_of(x) <= VDP_E_ADDRESS)
		return JD_SILENT;
	return jd_say(x, JD_BROKEN, "error code %u is reserved", error_of(x));
}

enum jd_outcome rule_answer_success_bits(struct jd_ctx *x)
{
	if (is_draft(x) || error_of(x) != VDP_E_SUCCESS ||
		(status_of(x) & (VDP_STATUS_KEEP | VDP_STATUS_HARD)) == 0)
		return JD_SILENT;
	return jd_say(x, JD_BROKEN, "success with %s (status %02x)",
		status_of(x) & VDP_STATUS_KEEP ? "Keep" : "Hard", status_of(x));
}

enum jd_outcome rule_answer_keep_form(struct jd_ctx *x)
{
	if (is_draft(x) || !is_kept(x) || x->v->as_answer.op != VDP_DEASSOC || x->cmd == NULL ||
		x->cmd->op == VDP_DEASSOC)
		return JD_SILENT;
	return jd_say(x, JD_BROKEN, "refused with Keep as De-Associate, the command was %s",
		vdp_op_name(x->cmd->op));
}

/* lldpad answers so when it could not even create the VSI; for one that exists it means nothing. */
enum jd_outcome rule_answer_refuse_form(struct jd_ctx *x)
{
	bool exists;

	if (is_draft(x) || error_of(x) == VDP_E_SUCCESS || is_kept(x) || x->v->as_answer.op == VDP_DEASSOC)
		return JD_SILENT;
	exists = x->vsi != NULL && x->vsi->is_state_known && x->vsi->state != VDP_STATE_NONE;
	return jd_say(x, exists ? JD_BROKEN : JD_DOUBT,
		"refused without Keep under the type of the command "
		"(status %02x) and not as De-Associate",
		status_of(x));
}

/* ---- is it asked for? ---- */

static bool is_complete(const struct jd_ctx *x)
{
	return x->vsi != NULL && !x->link->is_cut;
}

enum jd_outcome rule_answer_type(struct jd_ctx *x)
{
	if (is_draft(x) || !is_complete(x) || x->cmd != NULL || x->vsi->n_cmds == 0 || x->is_crossed)
		return JD_SILENT;
	return jd_say(x, JD_BROKEN, "answers %s, the command that waits is %s (frame %llu)",
		vdp_op_name(x->v->as_answer.op), vdp_op_name(x->vsi->cmd[0].op),
		(unsigned long long)x->vsi->cmd[0].frame);
}

static bool is_unasked(const struct jd_ctx *x)
{
	return is_complete(x) && x->cmd == NULL && x->vsi->n_cmds == 0 && !x->is_crossed;
}

enum jd_outcome rule_answer_after_end(struct jd_ctx *x)
{
	if (is_draft(x) || !is_unasked(x) || !x->vsi->is_state_known || x->vsi->state != VDP_STATE_NONE ||
		x->v->as_answer.op == VDP_DEASSOC || error_of(x) != VDP_E_SUCCESS)
		return JD_SILENT;
	return jd_say(x, JD_DOUBT, "success of %s for a VSI that is not there any more",
		vdp_op_name(x->v->as_answer.op));
}

enum jd_outcome rule_answer_unasked(struct jd_ctx *x)
{
	if (is_draft(x) || !is_unasked(x))
		return JD_SILENT;
	return jd_say(x, JD_DOUBT, "nobody waits for an answer about this VSI");
}

/* A VSI that nobody has mentioned: its command may be older than the capture, but not than respWaitDelay. */
enum jd_outcome rule_answer_unknown(struct jd_ctx *x)
{
	const struct jd_end *station = x->peer;
	struct jd_bounds b;

	if (is_draft(x) || x->vsi != NULL || station == NULL || x->link->is_cut ||
		station->tx[JD_ECP_VDP].n == 0)
		return JD_SILENT;
	b = jd_bounds_of(x->j, station);
	if (!b.has_high || !jd_after(x->now, x->j->start, jd_late(vdp_resp_wait_delay(&b.high))))
		return jd_say(x, JD_DOUBT, "an answer about a VSI that nobody has mentioned in this capture");
	return jd_say(x, JD_BROKEN,
		"an answer about a VSI that the station has not mentioned for longer than "
		"respWaitDelay");
}

/* ---- is it the command's? ---- */

/** The command, to be compared with: it was sound, and so is the answer. */
static const struct vdp_assoc *asked_of(const struct jd_ctx *x)
{
	return x->asked != NULL && x->asked_err == VDP_OK && x->v->err == VDP_OK ? x->asked : NULL;
}

enum jd_outcome rule_answer_subject(struct jd_ctx *x)
{
	const struct vdp_assoc *q = x->asked, *a = &x->v->a;

	if (q == NULL || x->v->err == VDP_ERR_SHORT)
		return JD_SILENT;
	if (q->type_id != a->type_id || q->type_version != a->type_version)
		return jd_say(x, JD_BROKEN, "type %u.%u, the command has %u.%u", a->type_id, a->type_version,
			q->type_id, q->type_version);
	if (q->format != a->format)
		return jd_say(
			x, JD_BROKEN, "filter info format %u, the command has %u", a->format, q->format);
	if (!vdp_manager_equal(&x->vsi->manager, &x->v->manager))
		return jd_say(x, JD_BROKEN, "another VSI manager ID than the command's");
	return JD_SILENT;
}

enum jd_outcome rule_answer_count(struct jd_ctx *x)
{
	const struct vdp_assoc *q = asked_of(x);

	if (is_draft(x) || q == NULL || q->n_filters == x->v->a.n_filters)
		return JD_SILENT;
	return jd_say(x, JD_BROKEN, "%u filter entries, the command has %u", x->v->a.n_filters, q->n_filters);
}

static unsigned compared(const struct jd_ctx *x)
{
	const struct vdp_assoc *q = asked_of(x);

	if (is_draft(x) || q == NULL || q->format != x->v->a.format || q->n_filters != x->v->a.n_filters)
		return 0;
	return q->n_filters;
}

enum jd_outcome rule_answer_filters(struct jd_ctx *x)
{
	char mac[MAC_TEXT];

	for (unsigned i = 0, n = compared(x); i < n; i++) {
		const struct vdp_filter *q = &x->asked->filters[i], *a = &x->v->a.filters[i];

		if (!mac_equal(q->mac, a->mac))
			return jd_say(x, JD_BROKEN, "entry %u has MAC address %s, not the command's", i + 1,
				mac_format(a->mac, mac));
		if (q->group_id != a->group_id)
			return jd_say(x, JD_BROKEN, "entry %u has GroupID %u, the command %u", i + 1,
				a->group_id, q->group_id);
	}
	return JD_SILENT;
}

enum jd_outcome rule_answer_vid(struct jd_ctx *x)
{
	for (unsigned i = 0, n = compared(x); i < n; i++) {
		const struct vdp_filter *q = &x->asked->filters[i], *a = &x->v->a.filters[i];

		if (q->vid != 0 && q->vid != a->vid)
			return jd_say(x, JD_BROKEN, "entry %u has VID %u, the command asked for %u", i + 1,
				a->vid, q->vid);
	}
	return JD_SILENT;
}

static enum jd_outcome judge_null(struct jd_ctx *x, bool is_vid_format)
{
	if (error_of(x) != VDP_E_SUCCESS || x->v->as_answer.op == VDP_DEASSOC ||
		(x->v->a.format == VDP_FILTER_VID) != is_vid_format)
		return JD_SILENT;
	for (unsigned i = 0, n = compared(x); i < n; i++) {
		unsigned vid = x->v->a.filters[i].vid;

		if (x->asked->filters[i].vid == 0 && (vid == 0 || vid == VDP_VID_RESERVED))
			return jd_say(x, JD_BROKEN, "entry %u asked for a VID and got %u", i + 1, vid);
	}
	return JD_SILENT;
}

enum jd_outcome rule_answer_null_vid(struct jd_ctx *x)
{
	return judge_null(x, true);
}

enum jd_outcome rule_answer_null(struct jd_ctx *x)
{
	return judge_null(x, false);
}

enum jd_outcome rule_answer_pcp(struct jd_ctx *x)
{
	for (unsigned i = 0, n = compared(x); i < n; i++) {
		const struct vdp_filter *q = &x->asked->filters[i], *a = &x->v->a.filters[i];

		if (q->has_pcp && (!a->has_pcp || a->pcp != q->pcp))
			return jd_say(x, JD_BROKEN, "entry %u asked for PCP %u and got %s%u", i + 1, q->pcp,
				a->has_pcp ? "" : "none, ", a->pcp);
	}
	return JD_SILENT;
}

/* ---- should it have been refused? ---- */

enum jd_outcome rule_answer_bad_command(struct jd_ctx *x)
{
	if (is_draft(x) || error_of(x) != VDP_E_SUCCESS || x->asked == NULL || x->asked_err == VDP_OK)
		return JD_SILENT;
	return jd_say(x, JD_BROKEN, "success for a malformed command: %s", vdp_err_name(x->asked_err));
}

enum jd_outcome rule_answer_group(struct jd_ctx *x)
{
	if (is_draft(x) || error_of(x) != VDP_E_SUCCESS || x->v->err != VDP_OK ||
		x->v->a.format < VDP_FILTER_GROUP_VID || x->v->as_answer.op == VDP_DEASSOC ||
		!jd_groups_are_refused(x->j, x->end))
		return JD_SILENT;
	return jd_say(x, JD_BROKEN, "success for GroupIDs that BGID and SGID have not agreed on");
}

/* ---- in time? ---- */

enum jd_outcome rule_answer_late(struct jd_ctx *x)
{
	struct dur manager, most;

	if (is_draft(x) || x->cmd == NULL || x->cmd->n > 1)
		return JD_SILENT;
	manager = vdp_resource_wait_delay(&x->bounds.high);
	most = vdp_resp_wait_delay(&x->bounds.high);
	if (x->bounds.has_high && x->gap.ns > jd_late(most).ns)
		return jd_say(x, JD_BROKEN, "%.3f s after the command, respWaitDelay is %.3f s",
			dur_seconds(x->gap), dur_seconds(most));
	if (x->bounds.has_high && x->gap.ns > jd_late(manager).ns)
		return jd_say(x, JD_DOUBT, "%.3f s after the command, resourceWaitDelay is %.3f s",
			dur_seconds(x->gap), dur_seconds(manager));
	if (x->gap.ns > jd_late(dur_s(MANAGER_WAIT_S)).ns)
		return jd_say(x, JD_DOUBT, "%.3f s after the command", dur_seconds(x->gap));
	return JD_SILENT;
}

/** Was the command taken by ECP at all, or has the bridge been heard since? */
static bool is_bridge_alive(const struct jd_ctx *x)
{
	return x->cmd != NULL && !mono_before(x->end->last, x->cmd->at);
}

/** Does the station's latest request wait for its acknowledgement too? */
static bool is_bridge_silent(const struct jd_ctx *x)
{
	const struct jd_tx *tx = &x->j->ends[x->vsi->station].tx[JD_ECP_VDP];

	return tx->n > 0 && mono_is_never(tx->ring[tx->head].acked);
}

enum jd_outcome rule_no_answer(struct jd_ctx *x)
{
	if (is_draft(x) || x->link->is_cut || !is_bridge_alive(x) || x->cmd->is_broken)
		return JD_SILENT;
	if (!mono_is_never(x->end->restarted) && !mono_before(x->end->restarted, x->cmd->at))
		return JD_SILENT; /* it has forgotten the command */
	return jd_say(x, jd_is_lossy(x->link) || is_bridge_silent(x) ? JD_DOUBT : JD_BROKEN,
		"no answer to %s within respWaitDelay, %.3f s", vdp_op_name(x->cmd->op),
		dur_seconds(vdp_resp_wait_delay(&x->bounds.high)));
}

enum jd_outcome rule_draft_no_answer(struct jd_ctx *x)
{
	if (!is_draft(x) || x->link->is_cut || !is_bridge_alive(x) || x->cmd->is_broken)
		return JD_SILENT;
	return jd_say(x, JD_DOUBT, "no answer to %s within 3 s", vdp_op_name(x->cmd->op));
}

enum jd_outcome rule_no_end(struct jd_ctx *x)
{
	bool is_new_start = !mono_is_never(x->end->restarted) &&
			    !mono_before(x->end->restarted, x->vsi->answered);

	if (is_new_start || is_draft(x))
		return JD_SILENT;
	return jd_say(x, jd_is_lossy(x->link) ? JD_DOUBT : JD_BROKEN,
		"no keep-alive for %.3f s, toutKeepAlive is %.3f s, and no De-Associate by the bridge",
		dur_seconds(mono_since(x->vsi->answered, x->now)),
		dur_seconds(vdp_tout_keep_alive(&x->bounds.high)));
}

/* ---- the bridge's own De-Associate ---- */

enum jd_outcome rule_notice_status(struct jd_ctx *x)
{
	if (is_draft(x) || (x->v->a.status & 0x7f) == 0)
		return JD_SILENT;
	return jd_say(x, JD_BROKEN, "the bridge's own De-Associate has status %02x, not 00", x->v->a.status);
}

enum jd_outcome rule_notice_gone(struct jd_ctx *x)
{
	if (is_draft(x) || x->vsi == NULL || !x->vsi->is_state_known || x->vsi->state != VDP_STATE_NONE ||
		x->vsi->n_cmds > 0)
		return JD_SILENT;
	return jd_say(x, JD_DOUBT, "ends a VSI that has ended before: it was not removed then");
}

/* ---- what is praised ---- */

static enum jd_outcome kept_if(bool is_so)
{
	return is_so ? JD_KEPT : JD_SILENT;
}

static bool is_success(const struct jd_ctx *x, enum vdp_op op)
{
	return !is_draft(x) && error_of(x) == VDP_E_SUCCESS && x->v->as_answer.op == op;
}

enum jd_outcome rule_answer_keepalive(struct jd_ctx *x)
{
	return kept_if(
		!is_draft(x) && error_of(x) == VDP_E_SUCCESS && x->cmd != NULL && x->cmd->is_keepalive);
}

enum jd_outcome rule_answer_assoc(struct jd_ctx *x)
{
	return kept_if(is_success(x, VDP_ASSOC));
}

enum jd_outcome rule_answer_preassoc(struct jd_ctx *x)
{
	return kept_if(is_success(x, VDP_PREASSOC) || is_success(x, VDP_PREASSOC_RR));
}

enum jd_outcome rule_answer_deassoc_unknown(struct jd_ctx *x)
{
	return kept_if(is_success(x, VDP_DEASSOC) && x->vsi != NULL && x->vsi->is_state_known &&
		       x->vsi->state == VDP_STATE_NONE);
}

enum jd_outcome rule_answer_deassoc(struct jd_ctx *x)
{
	return kept_if(is_success(x, VDP_DEASSOC));
}

enum jd_outcome rule_answer_kept(struct jd_ctx *x)
{
	return kept_if(!is_draft(x) && is_kept(x));
}

enum jd_outcome rule_answer_no_manager(struct jd_ctx *x)
{
	return kept_if(!is_draft(x) && error_of(x) == VDP_E_NO_MANAGER);
}

enum jd_outcome rule_answer_refused(struct jd_ctx *x)
{
	return kept_if(!is_draft(x) && error_of(x) != VDP_E_SUCCESS);
}

enum jd_outcome rule_notice(struct jd_ctx *x)
{
	return kept_if(!is_draft(x));
}

enum jd_outcome rule_draft_answer(struct jd_ctx *x)
{
	return kept_if(is_draft(x) && error_of(x) == VDP_E_SUCCESS);
}

enum jd_outcome rule_draft_refused(struct jd_ctx *x)
{
	return kept_if(is_draft(x));
}

enum jd_outcome rule_draft_notice(struct jd_ctx *x)
{
	return kept_if(is_draft(x));
}
