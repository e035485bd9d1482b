/*
 * rules_vdp.c - what the judge asks of VDP messages and of commands (802.1Q 41.2, 41.5; evb-reference 6, 7.3). Answers are
 * in rules_answer.c.
 */
#include "rules.h"

enum { STATUS_RESERVED = 0x80, REQUEST_RESERVED = 0x0f, RESERVED_TYPE = 6, SIMILAR_PART = 10 };

static const struct cap_vsi *vsi_of(const struct jd_ctx *x)
{
	return x->v;
}

static bool is_request(const struct jd_ctx *x)
{
	return (x->v->a.status & VDP_STATUS_RESPONSE) == 0;
}

/* ---- messages ---- */

static bool is_draft_message(const struct jd_ctx *x)
{
	return x->rec->ecp.dialect->edition == QBG_DRAFT;
}

static enum jd_outcome if_pdu_err(struct jd_ctx *x, enum vdp_pdu_err err, const char *what)
{
	if (x->rec->ecp.vdp_err != err || x->rec->eth.is_truncated || is_draft_message(x))
		return JD_SILENT;
	return jd_say(x, JD_BROKEN, "%s", what);
}

/** The first TLV of the message; false when there is none. */
static bool first_tlv(const struct jd_ctx *x, struct tlv *ret)
{
	struct rd r = rd_init(x->rec->ecp.payload);

	return tlv_next(&r, ret) == TLV_STEP_ITEM;
}

enum jd_outcome rule_vdp_manager_first(struct jd_ctx *x)
{
	struct tlv t;

	if (first_tlv(x, &t) && t.type == VDP_TLV_MANAGER)
		return JD_SILENT;
	return if_pdu_err(x, VDP_PDU_NO_MANAGER, "the first TLV is not a VSI manager ID");
}

enum jd_outcome rule_vdp_manager_length(struct jd_ctx *x)
{
	struct tlv t;

	if (!first_tlv(x, &t) || t.type != VDP_TLV_MANAGER)
		return JD_SILENT;
	return if_pdu_err(x, VDP_PDU_NO_MANAGER, "a VSI manager ID TLV that is not 16 octets long");
}

enum jd_outcome rule_vdp_manager_twice(struct jd_ctx *x)
{
	return if_pdu_err(x, VDP_PDU_MANAGER_TWICE, "two VSI manager ID TLVs");
}

enum jd_outcome rule_vdp_overrun(struct jd_ctx *x)
{
	return if_pdu_err(x, VDP_PDU_OVERRUN, "a TLV runs past the end of the message");
}

enum jd_outcome rule_vdp_empty(struct jd_ctx *x)
{
	struct cap_vsi_walk w;
	struct cap_vsi v;

	if (x->rec->ecp.vdp_err != VDP_PDU_OK || is_draft_message(x))
		return JD_SILENT;
	cap_vsi_first(x->rec, &w);
	return cap_vsi_next(&w, &v) ? JD_SILENT
				    : jd_say(x, JD_BROKEN, "no association TLV behind the manager ID");
}

enum jd_outcome rule_vdp_reserved(struct jd_ctx *x)
{
	struct rd r = rd_init(x->rec->ecp.payload);
	struct tlv t;

	while (!is_draft_message(x) && tlv_next(&r, &t) == TLV_STEP_ITEM)
		if (t.type >= RESERVED_TYPE && t.type != TLV_ORG)
			return jd_say(x, JD_DOUBT, "TLV type %u is reserved", t.type);
	return JD_SILENT;
}

enum jd_outcome rule_draft_overrun(struct jd_ctx *x)
{
	if (!is_draft_message(x) || x->rec->ecp.vdp_err != VDP_PDU_OVERRUN || x->rec->eth.is_truncated)
		return JD_SILENT;
	return jd_say(x, JD_BROKEN, "a TLV runs past the end of the message");
}

/* ---- one association TLV, whoever sent it ---- */

enum jd_outcome rule_vsi_response_bit(struct jd_ctx *x)
{
	if (vsi_of(x)->is_draft || x->end->rank < 2 || x->end->role != JUDGE_STATION || is_request(x) ||
		vsi_of(x)->err == VDP_ERR_SHORT)
		return JD_SILENT;
	return jd_say(x, JD_BROKEN, "a station sends the response bit (status %02x)", vsi_of(x)->a.status);
}

enum jd_outcome rule_vsi_request_bit(struct jd_ctx *x)
{
	if (vsi_of(x)->is_draft || x->end->rank < 2 || x->end->role != JUDGE_BRIDGE || !is_request(x) ||
		vsi_of(x)->a.op == VDP_DEASSOC || vsi_of(x)->err == VDP_ERR_SHORT)
		return JD_SILENT;
	return jd_say(x, JD_BROKEN, "a bridge sends %s without the response bit (status %02x)",
		vdp_op_name(vsi_of(x)->a.op), vsi_of(x)->a.status);
}

enum jd_outcome rule_vsi_status(struct jd_ctx *x)
{
	uint8_t reserved = is_request(x) ? STATUS_RESERVED | REQUEST_RESERVED : STATUS_RESERVED;

	if (vsi_of(x)->is_draft || vsi_of(x)->err == VDP_ERR_SHORT || (vsi_of(x)->a.status & reserved) == 0)
		return JD_SILENT;
	return jd_say(x, JD_BROKEN, "reserved bits of the status octet are set (%02x)", vsi_of(x)->a.status);
}

/* A bridge refuses a malformed TLV by sending it back as it is. */
static bool is_echo(const struct jd_ctx *x)
{
	return !is_request(x) && (x->v->a.status & VDP_STATUS_ERROR) != 0;
}

static enum jd_outcome if_err(struct jd_ctx *x, enum vdp_err err)
{
	if (vsi_of(x)->err != err || is_echo(x))
		return JD_SILENT;
	return jd_say(x, JD_BROKEN, "%s (%zu octets)", vdp_err_name(err), vsi_of(x)->value.len);
}

enum jd_outcome rule_vsi_length(struct jd_ctx *x)
{
	return vsi_of(x)->err == VDP_ERR_SHORT ? if_err(x, VDP_ERR_SHORT) : if_err(x, VDP_ERR_LENGTH);
}

enum jd_outcome rule_vsi_format(struct jd_ctx *x)
{
	if (vsi_of(x)->err == VDP_ERR_FORMAT && !is_echo(x))
		return jd_say(x, JD_BROKEN, "filter info format %u", vsi_of(x)->a.format);
	if (vsi_of(x)->err == VDP_ERR_ID_FORMAT && !is_echo(x))
		return jd_say(x, JD_BROKEN, "VSIID format %u", vsi_of(x)->a.vsi.format);
	return JD_SILENT;
}

enum jd_outcome rule_vsi_no_entry(struct jd_ctx *x)
{
	return if_err(x, VDP_ERR_COUNT);
}

enum jd_outcome rule_draft_tlv(struct jd_ctx *x)
{
	if (vsi_of(x)->err != VDP_ERR_IGNORED)
		return JD_SILENT;
	return jd_say(x, JD_BROKEN, "a VSI TLV that has to be ignored (MODE, RESP, FORMAT, or its length)");
}

/* ---- commands ---- */

enum jd_outcome rule_command_vid(struct jd_ctx *x)
{
	const struct vdp_assoc *a = &vsi_of(x)->a;

	for (unsigned i = 0; vsi_of(x)->err == VDP_OK && i < a->n_filters; i++)
		if (a->filters[i].vid >= VDP_VID_RESERVED)
			return jd_say(x, JD_BROKEN, "VID %u", a->filters[i].vid);
	return JD_SILENT;
}

enum jd_outcome rule_command_address(struct jd_ctx *x)
{
	const struct vdp_assoc *a = &vsi_of(x)->a;
	char mac[MAC_TEXT];

	for (unsigned i = 0; vsi_of(x)->err == VDP_OK && i < a->n_filters; i++) {
		const struct vdp_filter *f = &a->filters[i];

		if ((a->format == VDP_FILTER_MAC_VID || a->format == VDP_FILTER_GROUP_MAC_VID) &&
			(mac_is_group(f->mac) || mac_is_zero(f->mac)))
			return jd_say(x, JD_BROKEN, "MAC address %s", mac_format(f->mac, mac));
		if (a->format >= VDP_FILTER_GROUP_VID && f->group_id == 0)
			return jd_say(x, JD_BROKEN, "GroupID 0");
	}
	return JD_SILENT;
}

enum jd_outcome rule_command_null(struct jd_ctx *x)
{
	const struct vdp_assoc *a = &vsi_of(x)->a;

	if (vsi_of(x)->err != VDP_OK || a->format != VDP_FILTER_VID || a->n_filters < 2)
		return JD_SILENT;
	for (unsigned i = 0; i < a->n_filters; i++)
		if (a->filters[i].vid == 0)
			return jd_say(x, JD_BROKEN, "null VID as one of %u entries", a->n_filters);
	return JD_SILENT;
}

enum jd_outcome rule_command_group(struct jd_ctx *x)
{
	if (vsi_of(x)->is_draft || vsi_of(x)->err != VDP_OK || vsi_of(x)->a.format < VDP_FILTER_GROUP_VID ||
		!jd_groups_are_refused(x->j, x->end))
		return JD_SILENT;
	return jd_say(x, JD_BROKEN, "GroupIDs (format %u), which BGID and SGID have not agreed on",
		vsi_of(x)->a.format);
}

enum jd_outcome rule_command_state(struct jd_ctx *x)
{
	if (!x->vsi->is_state_known || x->vsi->state != VDP_STATE_ASSOC ||
		(vsi_of(x)->a.op != VDP_PREASSOC && vsi_of(x)->a.op != VDP_PREASSOC_RR))
		return JD_SILENT;
	return jd_say(x, JD_BROKEN, "%s of a VSI that is associated", vdp_op_name(vsi_of(x)->a.op));
}

enum jd_outcome rule_command_busy(struct jd_ctx *x)
{
	if (x->cmd == NULL || x->is_repeat)
		return JD_SILENT;
	return jd_say(x, JD_DOUBT, "%s while the answer to %s (frame %llu) is awaited",
		vdp_op_name(vsi_of(x)->a.op), vdp_op_name(x->cmd->op), (unsigned long long)x->cmd->frame);
}

/** Has the station begun anew since it was answered? Then it does not know what was returned. */
static bool is_anew(const struct jd_ctx *x)
{
	return (x->prev != NULL && x->rec->ecp.hdr.seq != (uint16_t)(x->prev->seq + 1) &&
		       !(x->prev->seq == UINT16_MAX && x->rec->ecp.hdr.seq == 1)) ||
	       (!mono_is_never(x->end->restarted) && !mono_is_never(x->vsi->answered) &&
		       mono_before(x->vsi->answered, x->end->restarted));
}

/** Did the station get the last answer? It has acknowledged it. */
static bool is_answer_known(const struct jd_ctx *x)
{
	const struct jd_vsi *v = x->vsi;

	if (v->is_untold)
		return false;
	return v->bridge == JD_NONE || jd_is_acked(&x->j->ends[v->bridge],
					       v->is_draft ? JD_ECP_DRAFT : JD_ECP_VDP, v->answered_frame);
}

/** The command in force asked for a VID, got one, and is now said again as if it had not. */
static bool forgot_values(const struct jd_ctx *x)
{
	const struct jd_vsi *v = x->vsi;

	if (!v->had_null || v->state == VDP_STATE_NONE || !is_answer_known(x) ||
		(x->v->a.op != VDP_DEASSOC && (unsigned)x->v->a.op != (unsigned)v->state) ||
		v->first_len != x->v->value.len || x->is_keepalive || is_anew(x) || v->first_len < 2)
		return false;
	return memcmp(v->first + 1, x->v->value.ptr + 1, v->first_len - 1u) == 0 &&
	       memcmp(v->first + 1, v->held + 1, v->first_len - 1u) != 0;
}

enum jd_outcome rule_deassoc_returned(struct jd_ctx *x)
{
	if (vsi_of(x)->is_draft || vsi_of(x)->a.op != VDP_DEASSOC || !forgot_values(x))
		return JD_SILENT;
	return jd_say(x, JD_BROKEN,
		"de-associates with a null VID, though the bridge has returned one (frame %llu)",
		(unsigned long long)x->vsi->answered_frame);
}

enum jd_outcome rule_command_must_end(struct jd_ctx *x)
{
	if (!x->vsi->must_end || vsi_of(x)->a.op == VDP_DEASSOC || is_anew(x) || !is_answer_known(x))
		return JD_SILENT;
	return jd_say(x, JD_BROKEN, "%s after a keep-alive was refused with Keep: De-Associate has to follow",
		vdp_op_name(vsi_of(x)->a.op));
}

enum jd_outcome rule_command_hard(struct jd_ctx *x)
{
	if (!x->vsi->is_hard || x->vsi->n_cmds > 0 || vsi_of(x)->a.op == VDP_DEASSOC ||
		x->vsi->asked_len != vsi_of(x)->value.len || x->vsi->asked_len < 2 ||
		memcmp(x->vsi->asked + 1, vsi_of(x)->value.ptr + 1, x->vsi->asked_len - 1u) != 0)
		return JD_SILENT;
	return jd_say(x, JD_DOUBT, "the same command again, which was refused for good");
}

/* ---- keep-alives ---- */

static struct vdp_timers timers_of(const struct jd_ctx *x, const struct vdp_params *p)
{
	return vdp_dialect_of(x->vsi->is_draft ? QBG_DRAFT : QBG_RATIFIED)->timers(p);
}

static bool is_keepalive_time(const struct jd_ctx *x)
{
	return x->is_timed && x->bounds.has_high &&
	       x->gap.ns >= jd_early(timers_of(x, &x->bounds.low).reinit_keep_alive).ns &&
	       x->gap.ns <= jd_late(timers_of(x, &x->bounds.high).reinit_keep_alive).ns;
}

/* A command of the user's may ask for any VID again; what comes when a keep-alive is due is one. */
enum jd_outcome rule_command_returned(struct jd_ctx *x)
{
	if (vsi_of(x)->is_draft || vsi_of(x)->a.op == VDP_DEASSOC || !forgot_values(x))
		return JD_SILENT;
	return jd_say(x, is_keepalive_time(x) ? JD_BROKEN : JD_DOUBT,
		"null VID again, though the bridge has returned one (frame %llu)",
		(unsigned long long)x->vsi->answered_frame);
}

/*
 * One that comes early may be a user's command; a second one after much the same time is a timer's.
 */
static enum jd_outcome judge_early(struct jd_ctx *x)
{
	struct dur least = timers_of(x, &x->bounds.low).reinit_keep_alive;
	uint64_t before = x->vsi->early_gap.ns, off;

	if (!x->is_keepalive || !x->is_timed || !is_answer_known(x) ||
		!(x->bounds.has_low || x->vsi->is_draft) || x->gap.ns >= jd_early(least).ns)
		return JD_SILENT;
	off = before > x->gap.ns ? before - x->gap.ns : x->gap.ns - before;
	return jd_say(x,
		before > 0 && before < jd_early(least).ns && off < x->gap.ns / SIMILAR_PART ? JD_BROKEN
											    : JD_DOUBT,
		"%.3f s after the last answer, the interval is %.3f s", dur_seconds(x->gap),
		dur_seconds(least));
}

static enum jd_outcome judge_late(struct jd_ctx *x)
{
	struct dur most = timers_of(x, &x->bounds.high).reinit_keep_alive;

	if (!x->is_keepalive || !x->is_timed || !is_answer_known(x) ||
		!(x->bounds.has_high || x->vsi->is_draft) ||
		x->gap.ns <= jd_late(most).ns +
				     (2u * x->bounds.high.retries + 1u) * vdp_ack_time(&x->bounds.high).ns)
		return JD_SILENT;
	return jd_say(x, jd_is_lossy(x->link) ? JD_DOUBT : JD_BROKEN,
		"%.3f s after the last answer, the interval is %.3f s", dur_seconds(x->gap),
		dur_seconds(most));
}

enum jd_outcome rule_keepalive_early(struct jd_ctx *x)
{
	return vsi_of(x)->is_draft ? JD_SILENT : judge_early(x);
}

enum jd_outcome rule_keepalive_late(struct jd_ctx *x)
{
	return vsi_of(x)->is_draft ? JD_SILENT : judge_late(x);
}

enum jd_outcome rule_draft_keepalive(struct jd_ctx *x)
{
	enum jd_outcome o;

	if (!vsi_of(x)->is_draft || !x->is_keepalive)
		return JD_SILENT;
	o = judge_early(x);
	if (o == JD_SILENT)
		o = judge_late(x);
	return o == JD_SILENT ? JD_KEPT : o;
}

enum jd_outcome rule_no_keepalive(struct jd_ctx *x)
{
	struct dur interval = timers_of(x, &x->bounds.high).reinit_keep_alive;

	if (x->vsi->is_draft || !is_answer_known(x))
		return JD_SILENT;
	return jd_say(x, jd_is_lossy(x->link) ? JD_DOUBT : JD_BROKEN,
		"no keep-alive for %.3f s, the interval is %.3f s, and the station is alive",
		dur_seconds(mono_since(x->vsi->answered, x->now)), dur_seconds(interval));
}

enum jd_outcome rule_draft_no_keepalive(struct jd_ctx *x)
{
	if (!x->vsi->is_draft || !is_answer_known(x))
		return JD_SILENT;
	return jd_say(x, jd_is_lossy(x->link) ? JD_DOUBT : JD_BROKEN,
		"no keep-alive for %.3f s, the interval is 10 s, and the station is alive",
		dur_seconds(mono_since(x->vsi->answered, x->now)));
}

/* ---- what is praised ---- */

enum jd_outcome rule_keepalive(struct jd_ctx *x)
{
	return !vsi_of(x)->is_draft && x->is_keepalive ? JD_KEPT : JD_SILENT;
}

enum jd_outcome rule_command_again(struct jd_ctx *x)
{
	return !vsi_of(x)->is_draft && x->is_repeat ? JD_KEPT : JD_SILENT;
}

enum jd_outcome rule_deassoc_values(struct jd_ctx *x)
{
	return !vsi_of(x)->is_draft && vsi_of(x)->a.op == VDP_DEASSOC && x->vsi->had_null ? JD_KEPT
											  : JD_SILENT;
}

enum jd_outcome rule_command(struct jd_ctx *x)
{
	return vsi_of(x)->is_draft ? JD_SILENT : JD_KEPT;
}
