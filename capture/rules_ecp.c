/*
 * rules_ecp.c - what the judge asks of ECPDUs: their form, numbers, repetitions and acknowledgements (802.1Q clause 43;
 * evb-reference 5, 7.2).
 *
 * An acknowledgement may be lost behind the point where the capture was taken. One repetition after it, at the time the
 * ack timer of a sender that has not got it would fire, is therefore only doubtful.
 */
#include "rules.h"

#include "csp_num.h"
#include "ecp_draft_pdu.h"

enum {
	OVERLAP_NS = 100000,  /* what two taps of one link may be apart */
	RETRIES_MAX = 7,      /* R has three bits */
	JUMP_MAX = 16,        /* a number further off is a restart, or a hole in the capture */
	LLDP_INTERVAL_S = 36, /* 30 s and a fifth: one LLDPDU at least is sent in it */
	FRAME_MIN = 60,       /* padded to that */
	MTU_PAYLOAD = 1500,
};

static const struct cap_ecp *ecp_of(const struct jd_ctx *x)
{
	return &x->rec->ecp;
}

static bool is_draft(const struct jd_ctx *x)
{
	return x->instance == JD_ECP_DRAFT;
}

static const struct ecp_dialect *dialect_of(const struct jd_ctx *x)
{
	return ecp_dialect_of(is_draft(x) ? QBG_DRAFT : QBG_RATIFIED);
}

static struct dur ack_time(const struct jd_ctx *x, const struct vdp_params *p)
{
	return dialect_of(x)->ack_timeout.ns > 0 ? dialect_of(x)->ack_timeout : vdp_ack_time(p);
}

static bool has_low(const struct jd_ctx *x)
{
	return is_draft(x) || x->bounds.has_low;
}

static bool has_high(const struct jd_ctx *x)
{
	return is_draft(x) || x->bounds.has_high;
}

static double ms(struct dur d)
{
	return (double)d.ns / 1e6;
}

/* ---- form ---- */

enum jd_outcome rule_ecp_short(struct jd_ctx *x)
{
	if (ecp_of(x)->has_hdr || x->rec->eth.is_truncated)
		return JD_SILENT;
	return jd_say(x, JD_BROKEN, "%u octets hold no ECP header", x->rec->frame.wire_len);
}

enum jd_outcome rule_ecp_version(struct jd_ctx *x)
{
	if (!ecp_of(x)->has_hdr || ecp_of(x)->hdr.version == ECP_VERSION)
		return JD_SILENT;
	return jd_say(x, JD_BROKEN, "ECP version %u", ecp_of(x)->hdr.version);
}

enum jd_outcome rule_ecp_op(struct jd_ctx *x)
{
	if (!ecp_of(x)->has_hdr || ecp_of(x)->hdr.op <= ECP_OP_ACK)
		return JD_SILENT;
	return jd_say(x, JD_BROKEN, "ECP operation %u is reserved", ecp_of(x)->hdr.op);
}

enum jd_outcome rule_ecp_subtype(struct jd_ctx *x)
{
	unsigned s = ecp_of(x)->hdr.subtype;

	if (!ecp_of(x)->has_hdr || s == ECP_SUBTYPE_VDP || s == ECP_SUBTYPE_PE_CSP || s == CSP_ECP_SUBTYPE)
		return JD_SILENT;
	return jd_say(x, JD_BROKEN, "ECP subtype %u is reserved", s);
}

/* PE-CSP may also go to the individual address of its LLDP TLV. */
static enum jd_outcome judge_address(struct jd_ctx *x, bool is_ack)
{
	struct mac want = ecp_of(x)->is_csp ? MAC_NEAREST_NON_TPMR_BRIDGE : ecp_of(x)->dialect->da;
	char da[MAC_TEXT];

	if (!ecp_of(x)->has_hdr || (ecp_of(x)->hdr.op == ECP_OP_ACK) != is_ack ||
		mac_equal(x->rec->eth.da, want) || (ecp_of(x)->is_csp && !mac_is_group(x->rec->eth.da)))
		return JD_SILENT;
	return jd_say(x, JD_BROKEN, "sent to %s", mac_format(x->rec->eth.da, da));
}

static bool is_draft_frame(const struct jd_ctx *x)
{
	return ecp_of(x)->dialect->edition == QBG_DRAFT;
}

enum jd_outcome rule_ecp_address(struct jd_ctx *x)
{
	return is_draft_frame(x) ? JD_SILENT : judge_address(x, false);
}

enum jd_outcome rule_ack_address(struct jd_ctx *x)
{
	return is_draft_frame(x) ? JD_SILENT : judge_address(x, true);
}

enum jd_outcome rule_draft_address(struct jd_ctx *x)
{
	return is_draft_frame(x) ? judge_address(x, false) : JD_SILENT;
}

enum jd_outcome rule_draft_ack_address(struct jd_ctx *x)
{
	return is_draft_frame(x) ? judge_address(x, true) : JD_SILENT;
}

enum jd_outcome rule_draft_header(struct jd_ctx *x)
{
	const struct cap_ecp *e = ecp_of(x);

	if (e->dialect->edition != QBG_DRAFT || !e->has_hdr ||
		(e->hdr.op <= ECP_OP_ACK && e->hdr.subtype == ECP_SUBTYPE_VDP))
		return JD_SILENT;
	return jd_say(x, JD_BROKEN,
		e->hdr.op > ECP_OP_ACK ? "MODE is neither request nor acknowledgement"
				       : "another subtype than 0");
}

enum jd_outcome rule_ecp_long(struct jd_ctx *x)
{
	size_t payload = ecp_of(x)->octets.len;

	if (payload <= MTU_PAYLOAD)
		return JD_SILENT;
	return jd_say(x, JD_DOUBT, "an ECPDU of %zu octets needs a larger MTU than 1500", payload);
}

static bool is_anew_since(const struct jd_end *e, struct mono t)
{
	return e != NULL && !mono_is_never(e->restarted) && !mono_before(e->restarted, t);
}

/** Has it said since its last request that it has heard nobody yet, or has its peer? A port that was down does both, and
 * what was sent meanwhile is in no capture there. */
static bool is_started_anew(const struct jd_ctx *x)
{
	return is_anew_since(x->end, x->prev->last) || is_anew_since(x->peer, x->prev->last);
}

/* ---- repetitions ---- */

static bool is_repeat(const struct jd_ctx *x)
{
	return x->sending == JD_SEND_REPEAT && x->pdu != NULL;
}

static enum jd_outcome judge_repeat_early(struct jd_ctx *x)
{
	struct dur least = ack_time(x, &x->bounds.low);

	if (!is_repeat(x) || !x->is_timed || !mono_is_never(x->pdu->acked) || !has_low(x) ||
		x->gap.ns >= jd_early(least).ns)
		return JD_SILENT;
	return jd_say(x, JD_BROKEN, "repeated after %.3f ms, the ack time is %.3f ms", ms(x->gap), ms(least));
}

static enum jd_outcome judge_repeat_late(struct jd_ctx *x)
{
	struct dur most = ack_time(x, &x->bounds.high);

	if (!is_repeat(x) || !x->is_timed || !mono_is_never(x->pdu->acked) || !has_high(x) ||
		x->gap.ns <= jd_late(most).ns)
		return JD_SILENT;
	return jd_say(x, JD_BROKEN, "repeated after %.3f ms, the ack time is %.3f ms", ms(x->gap), ms(most));
}

static enum jd_outcome judge_repeat_often(struct jd_ctx *x)
{
	unsigned most = is_draft(x)          ? dialect_of(x)->retries
			: x->bounds.has_high ? x->bounds.high.retries
					     : RETRIES_MAX;

	if (!is_repeat(x) || x->pdu->n_sent < most + 1)
		return JD_SILENT;
	/* Who kept the number and then changed it has more likely given up and begun anew, with the same to say. */
	return jd_say(x,
		x->pdu->has_changed && (x->pdu->has_kept || x->pdu->seq == ecp_of(x)->hdr.seq) ? JD_DOUBT
											       : JD_BROKEN,
		"transmission %u, there may be %u", x->pdu->n_sent + 1u, most + 1);
}

enum jd_outcome rule_repeat_early(struct jd_ctx *x)
{
	return is_draft(x) ? JD_SILENT : judge_repeat_early(x);
}

enum jd_outcome rule_repeat_late(struct jd_ctx *x)
{
	return is_draft(x) ? JD_SILENT : judge_repeat_late(x);
}

enum jd_outcome rule_repeat_often(struct jd_ctx *x)
{
	return is_draft(x) ? JD_SILENT : judge_repeat_often(x);
}

enum jd_outcome rule_draft_repeats(struct jd_ctx *x)
{
	enum jd_outcome o = JD_SILENT;

	if (is_draft(x))
		o = judge_repeat_early(x);
	if (is_draft(x) && o == JD_SILENT)
		o = judge_repeat_late(x);
	if (is_draft(x) && o == JD_SILENT)
		o = judge_repeat_often(x);
	return o;
}

/* Between two transmissions of which those between were lost before the capture, ns. */
static uint64_t longest_gap(const struct jd_ctx *x)
{
	unsigned repeats = is_draft(x) ? dialect_of(x)->retries : x->bounds.high.retries;

	return jd_late(ack_time(x, &x->bounds.high)).ns * (repeats > 1 ? repeats : 1);
}

enum jd_outcome rule_repeat_after_ack(struct jd_ctx *x)
{
	bool is_at_timer;

	if (!is_repeat(x) || mono_is_never(x->pdu->acked))
		return JD_SILENT;
	is_at_timer = !has_low(x) || !x->is_timed ||
		      (x->gap.ns >= jd_early(ack_time(x, &x->bounds.low)).ns &&
			      (!has_high(x) || x->gap.ns <= longest_gap(x)));
	return jd_say(x,
		is_at_timer && (x->pdu->n_after_ack == 0 || jd_is_lossy(x->link)) ? JD_DOUBT : JD_BROKEN,
		"repeated %.3f ms after it was acknowledged%s", ms(mono_since(x->pdu->acked, x->now)),
		is_at_timer ? " (which may have been lost on the way)" : "");
}

enum jd_outcome rule_repeat_other(struct jd_ctx *x)
{
	if (x->sending != JD_SEND_REUSED || !mono_is_never(x->pdu->acked))
		return JD_SILENT;
	return jd_say(x, JD_BROKEN, "sequence %u again, with other content, before it was acknowledged",
		x->pdu->seq);
}

enum jd_outcome rule_no_repeat(struct jd_ctx *x)
{
	if (is_draft(x) || is_anew_since(x->end, x->pdu->first) || is_anew_since(x->peer, x->pdu->first))
		return JD_SILENT; /* it has forgotten it, or the link was down */
	return jd_say(x, JD_BROKEN,
		"sent %u time%s and not again, though nobody acknowledged it; %u repetitions were "
		"agreed",
		x->pdu->n_sent, x->pdu->n_sent == 1 ? "" : "s", x->bounds.low.retries);
}

enum jd_outcome rule_draft_no_repeat(struct jd_ctx *x)
{
	if (!is_draft(x) || is_anew_since(x->end, x->pdu->first))
		return JD_SILENT;
	return jd_say(x, JD_BROKEN, "sent %u time%s and not again, though nobody acknowledged it",
		x->pdu->n_sent, x->pdu->n_sent == 1 ? "" : "s");
}

/* ---- numbers ---- */

/* A sender that begins at 1 after each start (lldpad) comes to the same number by starting anew. */
enum jd_outcome rule_seq_reused(struct jd_ctx *x)
{
	if (x->sending != JD_SEND_REUSED || mono_is_never(x->pdu->acked))
		return JD_SILENT;
	return jd_say(x, x->pdu->seq == 1 || is_started_anew(x) ? JD_DOUBT : JD_BROKEN,
		"a new ECPDU under sequence %u, which was acknowledged already: it will be taken for a "
		"duplicate",
		x->pdu->seq);
}

/** LLDPDUs of this end go on as before, so it did not start anew, and the capture has no hole. */
static bool is_running(const struct jd_ctx *x)
{
	struct dur interval = dur_s(LLDP_INTERVAL_S);
	const struct jd_lldp *a = &x->end->lldp[JD_NCB];

	return x->end->evb.is_known && !jd_after(x->now, a->last, interval) &&
	       !jd_after(x->now, x->prev->last, interval);
}

enum jd_outcome rule_seq_next(struct jd_ctx *x)
{
	uint16_t seq = x->rec->ecp.hdr.seq, want;
	bool is_near, is_sure;
	int jump;

	if (x->sending != JD_SEND_NEW || x->prev == NULL || x->end->is_shared)
		return JD_SILENT;
	want = (uint16_t)(x->prev->seq + 1);
	if (seq == want || (want == 0 && seq == 1) || is_started_anew(x))
		return JD_SILENT;
	jump = (int16_t)(seq - x->prev->seq);
	is_near = jump <= JUMP_MAX && jump >= -JUMP_MAX && seq != 1;
	is_sure = is_near || (is_running(x) && !(is_draft(x) && seq == dialect_of(x)->first_seq));
	return jd_say(x, is_sure && !jd_is_lossy(x->link) ? JD_BROKEN : JD_DOUBT, "sequence %u after %u%s",
		seq, x->prev->seq, is_sure ? "" : ": started anew, or frames are missing");
}

/* ---- acknowledgements ---- */

static bool has_octets(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] != 0)
			return true;
	return false;
}

/* Octets in a frame no longer than the least are padding, however dirty. */
enum jd_outcome rule_ack_payload(struct jd_ctx *x)
{
	if (!has_octets(ecp_of(x)->payload))
		return JD_SILENT;
	return jd_say(x, x->rec->frame.wire_len > FRAME_MIN && !is_draft(x) ? JD_BROKEN : JD_DOUBT,
		"an acknowledgement with a payload");
}

enum jd_outcome rule_ack_subtype(struct jd_ctx *x)
{
	if (x->pdu == NULL || x->pdu->subtype == ecp_of(x)->hdr.subtype)
		return JD_SILENT;
	return jd_say(x, JD_BROKEN, "acknowledges subtype %u, the request has %u", ecp_of(x)->hdr.subtype,
		x->pdu->subtype);
}

static enum jd_outcome judge_defect(struct jd_ctx *x, enum jd_defect d, const char *what)
{
	if (x->pdu == NULL || x->pdu->defect != d)
		return JD_SILENT;
	return jd_say(x, JD_BROKEN, "acknowledges a request with a bad %s", what);
}

enum jd_outcome rule_ack_bad_version(struct jd_ctx *x)
{
	return judge_defect(x, JD_BAD_VERSION, "version");
}

enum jd_outcome rule_ack_bad_op(struct jd_ctx *x)
{
	return judge_defect(x, JD_BAD_OP, "operation");
}

enum jd_outcome rule_ack_bad_subtype(struct jd_ctx *x)
{
	return judge_defect(x, JD_BAD_SUBTYPE, "subtype");
}

/* Only for a peer whose requests are in the capture: without them nobody knows what it asked. */
static enum jd_outcome judge_unknown_ack(struct jd_ctx *x)
{
	const struct jd_tx *tx;

	if (x->pdu != NULL || x->peer == NULL || x->end->is_shared)
		return JD_SILENT;
	tx = &x->peer->tx[x->instance];
	if (tx->n == 0 || tx->ring[tx->head].epoch != x->j->epoch)
		return JD_SILENT;
	return jd_say(x, JD_BROKEN, "acknowledges sequence %u, which the peer did not send; its last is %u",
		ecp_of(x)->hdr.seq, tx->ring[tx->head].seq);
}

enum jd_outcome rule_ack_unknown(struct jd_ctx *x)
{
	return is_draft(x) ? JD_SILENT : judge_unknown_ack(x);
}

enum jd_outcome rule_draft_ack_unknown(struct jd_ctx *x)
{
	return is_draft(x) ? judge_unknown_ack(x) : JD_SILENT;
}

static enum jd_outcome judge_extra_ack(struct jd_ctx *x)
{
	if (x->pdu == NULL || x->pdu->n_acks < x->pdu->n_sent)
		return JD_SILENT;
	return jd_say(x, JD_DOUBT, "acknowledgement %u of a request that was sent %u time%s",
		x->pdu->n_acks + 1u, x->pdu->n_sent, x->pdu->n_sent == 1 ? "" : "s");
}

enum jd_outcome rule_ack_extra(struct jd_ctx *x)
{
	return is_draft(x) ? JD_SILENT : judge_extra_ack(x);
}

enum jd_outcome rule_draft_ack_extra(struct jd_ctx *x)
{
	return is_draft(x) ? judge_extra_ack(x) : JD_SILENT;
}

static enum jd_outcome judge_late_ack(struct jd_ctx *x)
{
	struct dur soon = jd_late(dur_ms(JD_ACK_MS)), most = ack_time(x, &x->bounds.high);

	if (x->pdu == NULL || !x->is_timed || !mono_is_never(x->pdu->acked) || x->gap.ns <= soon.ns)
		return JD_SILENT;
	if (has_high(x) && x->gap.ns > jd_late(most).ns)
		return jd_say(x, JD_BROKEN, "%.3f ms after the request, whose ack time is %.3f ms",
			ms(x->gap), ms(most));
	if (is_draft(x))
		return JD_SILENT;
	return jd_say(x, JD_DOUBT, "%.3f ms after the request", ms(x->gap));
}

enum jd_outcome rule_ack_late(struct jd_ctx *x)
{
	return is_draft(x) ? JD_SILENT : judge_late_ack(x);
}

enum jd_outcome rule_draft_ack_late(struct jd_ctx *x)
{
	return is_draft(x) ? judge_late_ack(x) : JD_SILENT;
}

/* The sender's fault, seen by the acknowledgement that comes when the next request is out already. */
enum jd_outcome rule_ack_overlap(struct jd_ctx *x)
{
	struct jd_pdu *p = x->pdu;
	struct dur waited;
	bool is_sure;

	if (p == NULL || !x->is_timed || !mono_is_never(p->acked) || x->now.ns <= p->superseded.ns ||
		mono_is_never(p->superseded) || x->now.ns - p->superseded.ns < OVERLAP_NS ||
		x->asker == NULL || x->asker->is_shared || is_anew_since(x->asker, p->first))
		return JD_SILENT;
	waited = mono_since(p->last, p->superseded);
	is_sure = has_low(x) ? waited.ns < jd_early(ack_time(x, &x->bounds.low)).ns ||
				       p->n_sent <= (is_draft(x) ? 0 : x->bounds.low.retries)
			     : waited.ns < dur_ms(JD_EARLY_MS).ns;
	if (has_low(x) && !is_sure)
		return JD_SILENT; /* it had given up */
	x->frame = p->frame_after;
	x->frame_time = p->superseded;
	x->end = x->asker;
	return jd_say(x, is_sure ? JD_BROKEN : JD_DOUBT,
		"sent %.3f ms after the request before it, which was not acknowledged yet", ms(waited));
}

/* Had the receiver said goodbye before the last repetition? */
static bool is_sent_to_nobody(const struct jd_ctx *x)
{
	return !mono_is_never(x->end->left) && !mono_before(x->pdu->last, x->end->left) &&
	       mono_before(x->pdu->last, x->end->back);
}

enum jd_outcome rule_no_ack(struct jd_ctx *x)
{
	bool is_anew = is_anew_since(x->end, x->pdu->first) || is_anew_since(x->asker, x->pdu->first);

	if (is_draft(x) || is_sent_to_nobody(x))
		return JD_SILENT;
	return jd_say(x, jd_is_lossy(x->link) || is_anew ? JD_DOUBT : JD_BROKEN,
		"sequence %u was sent %u time%s and never acknowledged, but the receiver is alive",
		x->pdu->seq, x->pdu->n_sent, x->pdu->n_sent == 1 ? "" : "s");
}

enum jd_outcome rule_draft_no_ack(struct jd_ctx *x)
{
	if (!is_draft(x))
		return JD_SILENT;
	return jd_say(x, jd_is_lossy(x->link) ? JD_DOUBT : JD_BROKEN,
		"sequence %u was sent %u time%s and never acknowledged, but the receiver is alive",
		x->pdu->seq, x->pdu->n_sent, x->pdu->n_sent == 1 ? "" : "s");
}

/* ---- what is praised ---- */

static enum jd_outcome kept_if(bool is_so)
{
	return is_so ? JD_KEPT : JD_SILENT;
}

enum jd_outcome rule_ack_again(struct jd_ctx *x)
{
	return kept_if(!is_draft(x) && x->pdu != NULL && x->pdu->n_sent > 1 && x->pdu->n_acks > 0);
}

enum jd_outcome rule_ack(struct jd_ctx *x)
{
	return kept_if(!is_draft(x));
}

enum jd_outcome rule_draft_ack(struct jd_ctx *x)
{
	return kept_if(is_draft(x));
}

enum jd_outcome rule_repeat(struct jd_ctx *x)
{
	return kept_if(!is_draft(x) && is_repeat(x));
}

enum jd_outcome rule_draft_repeat(struct jd_ctx *x)
{
	return kept_if(is_draft(x) && is_repeat(x));
}

enum jd_outcome rule_request(struct jd_ctx *x)
{
	return kept_if(!is_draft(x) && !is_repeat(x));
}

enum jd_outcome rule_draft_request(struct jd_ctx *x)
{
	return kept_if(is_draft(x) && !is_repeat(x));
}
