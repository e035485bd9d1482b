/*
 * rules_lldp.c - what the judge asks of LLDPDUs and of the EVB TLVs in them (802.1AB, 802.1Q annex D.2, 40; evb-reference
 * 2, 3, 7.1). Each function is a rule of the table in judge_rules.c.
 *
 * Rules that compare both ends wait until the other end's TLV has been out for a second and a half: a changed TLV leaves
 * within a second. One that could have been lost on the way raises doubt only until it has been sent twice.
 */
#include "rules.h"

enum { CREDIT_OF_A_FRAME_MS = 1000, CREDIT_DEFAULT = 5, CREDIT_LIMIT = 10 };

static const struct cap_lldp *lldp_of(const struct jd_ctx *x)
{
	return &x->rec->lldp;
}

static enum jd_outcome if_err(struct jd_ctx *x, enum lldp_err err, const char *what)
{
	if (lldp_of(x)->err != err || x->rec->eth.is_truncated)
		return JD_SILENT;
	return jd_say(x, JD_BROKEN, "%s", what);
}

enum jd_outcome rule_lldp_order(struct jd_ctx *x)
{
	return if_err(x, LLDP_ERR_ORDER, "the first three TLVs are not Chassis ID, Port ID, TTL");
}

enum jd_outcome rule_lldp_repeated(struct jd_ctx *x)
{
	return if_err(x, LLDP_ERR_REPEATED, "a Chassis ID, Port ID or TTL TLV comes again");
}

enum jd_outcome rule_lldp_id(struct jd_ctx *x)
{
	return if_err(x, LLDP_ERR_ID_LENGTH, "a Chassis ID or Port ID of an impossible length");
}

enum jd_outcome rule_lldp_ttl(struct jd_ctx *x)
{
	return if_err(x, LLDP_ERR_TTL, "a TTL TLV of less than two octets");
}

enum jd_outcome rule_lldp_overrun(struct jd_ctx *x)
{
	return if_err(x, LLDP_ERR_OVERRUN, "a TLV runs past the end of the frame");
}

/* The codec drops and counts such a TLV; which one it was takes a second look. */
enum jd_outcome rule_lldp_org_short(struct jd_ctx *x)
{
	struct rd r = rd_init(x->rec->eth.payload);
	struct tlv t;

	if (lldp_of(x)->err != LLDP_OK || lldp_of(x)->notes.tlvs_discarded == 0)
		return JD_SILENT;
	while (tlv_next(&r, &t) == TLV_STEP_ITEM)
		if (t.type == TLV_ORG && t.value.len < TLV_ORG_HEADER)
			return jd_say(x, JD_BROKEN, "an organizational TLV of %zu octets", t.value.len);
	return JD_SILENT;
}

enum jd_outcome rule_lldp_bad_content(struct jd_ctx *x)
{
	if (lldp_of(x)->err != LLDP_OK || lldp_of(x)->notes.tlvs_in_error == 0)
		return JD_SILENT;
	return jd_say(x, JD_BROKEN, "%u basic TLVs with bad content", lldp_of(x)->notes.tlvs_in_error);
}

/* txCreditMax may be set up to 10: only what is beyond that can't be. */
enum jd_outcome rule_lldp_credit(struct jd_ctx *x)
{
	const struct jd_lldp *a = &x->end->lldp[x->agent];

	if (!x->is_agent_known || a->credit_ms >= (CREDIT_LIMIT - CREDIT_DEFAULT) * CREDIT_OF_A_FRAME_MS)
		return JD_SILENT;
	return jd_say(x, a->credit_ms < CREDIT_OF_A_FRAME_MS / 2 ? JD_BROKEN : JD_DOUBT,
		"more LLDPDUs in a row than txCreditMax %u allows",
		a->credit_ms < CREDIT_OF_A_FRAME_MS / 2 ? CREDIT_LIMIT : CREDIT_DEFAULT);
}

enum jd_outcome rule_lldp_shutdown(struct jd_ctx *x)
{
	if (lldp_of(x)->err != LLDP_OK || lldp_of(x)->pdu.ttl_s != 0)
		return JD_SILENT;
	if (lldp_of(x)->has_rest && !x->rec->eth.is_truncated)
		return jd_say(
			x, JD_BROKEN, "a shutdown LLDPDU with more than Chassis ID, Port ID, TTL 0 and End");
	return JD_KEPT;
}

enum jd_outcome rule_evb_address(struct jd_ctx *x)
{
	char da[MAC_TEXT];

	if (lldp_of(x)->err != LLDP_OK || lldp_of(x)->evb_org.n == 0 ||
		(x->is_agent_known && x->agent == JD_NCB) || !mac_is_group(x->rec->eth.da))
		return JD_SILENT;
	return jd_say(x, JD_BROKEN, "EVB TLV to %s, not to the nearest customer bridge",
		mac_format(x->rec->eth.da, da));
}

/* ---- the EVB TLV by itself ---- */

enum jd_outcome rule_evb_short(struct jd_ctx *x)
{
	const struct cap_org *o = &lldp_of(x)->evb_org;

	if (lldp_of(x)->err != LLDP_OK || o->n == 0 || o->is_decoded)
		return JD_SILENT;
	return jd_say(x, JD_BROKEN, "an EVB TLV of %zu octets, 9 are needed", o->value.len);
}

enum jd_outcome rule_evb_long(struct jd_ctx *x)
{
	const struct cap_org *o = &lldp_of(x)->evb_org;

	if (o->value.len <= EVB_TLV_LEN)
		return JD_SILENT;
	return jd_say(x, JD_BROKEN, "an EVB TLV of %zu octets, it has 9", o->value.len);
}

enum jd_outcome rule_evb_twice(struct jd_ctx *x)
{
	if (lldp_of(x)->evb_org.n < 2)
		return JD_SILENT;
	return jd_say(x, JD_BROKEN, "%u EVB TLVs in one LLDPDU", lldp_of(x)->evb_org.n);
}

enum jd_outcome rule_evb_mode(struct jd_ctx *x)
{
	switch (lldp_of(x)->evb.mode) {
	case EVB_MODE_RESERVED:
		return jd_say(x, JD_BROKEN, "EVB mode 3 is reserved");
	case EVB_MODE_NONE:
		return JD_KEPT;
	case EVB_MODE_BRIDGE:
	case EVB_MODE_STATION:
	default:
		return JD_SILENT;
	}
}

enum jd_outcome rule_evb_conflict(struct jd_ctx *x)
{
	const struct jd_link *l = x->link;

	for (unsigned i = 0; l->n == 2 && i < l->n; i++) {
		const struct jd_end *o = &x->j->ends[l->end[i]];

		if (o != x->end && o->evb.is_known && o->evb.tlv.mode == lldp_of(x)->evb.mode &&
			o->evb.tlv.mode != EVB_MODE_NONE)
			return jd_say(x, JD_BROKEN, "both ends of the link are in EVB mode %s",
				o->evb.tlv.mode == EVB_MODE_BRIDGE ? "bridge" : "station");
	}
	return JD_SILENT;
}

/* The codec ignores reserved bits: what it would write itself has none. */
enum jd_outcome rule_evb_reserved(struct jd_ctx *x)
{
	uint8_t clean[EVB_TLV_LEN];
	struct wr w = wr_init(clean, sizeof(clean));

	evb_tlv_encode(&lldp_of(x)->evb, &w);
	if (memcmp(clean, lldp_of(x)->evb_org.value.ptr, sizeof(clean)) == 0)
		return JD_SILENT;
	return jd_say(x, JD_BROKEN, "reserved bits are set");
}

enum jd_outcome rule_evb_rrstat(struct jd_ctx *x)
{
	const struct evb_tlv *t = &lldp_of(x)->evb;

	if (t->mode != EVB_MODE_STATION || (t->station_raw & EVB_RRSTAT_MASK) != EVB_RRSTAT_RESERVED)
		return JD_SILENT;
	return jd_say(x, JD_BROKEN, "RRSTAT 2 is reserved");
}

enum jd_outcome rule_evb_rr_incapable(struct jd_ctx *x)
{
	const struct evb_tlv *t = &lldp_of(x)->evb;

	if (t->mode != EVB_MODE_BRIDGE || (t->bridge_raw & (EVB_RRCAP | EVB_RRCTR)) != EVB_RRCTR)
		return JD_SILENT;
	return jd_say(x, JD_BROKEN, "RRCTR is set without RRCAP");
}

/* A bridge in manual mode may reflect for a station it has not heard. */
enum jd_outcome rule_evb_rr_unasked(struct jd_ctx *x)
{
	const struct evb_tlv *t = &lldp_of(x)->evb;

	if (t->mode != EVB_MODE_BRIDGE || (t->bridge_raw & EVB_RRCTR) == 0 ||
		(t->station_raw & EVB_RRREQ) != 0)
		return JD_SILENT;
	return jd_say(x, t->station_raw == 0 ? JD_DOUBT : JD_BROKEN,
		"RRCTR is set, but the station status it echoes has no RRREQ");
}

/* May be held back for a reason the bridge alone knows, but not for ever. */
enum jd_outcome rule_evb_rr_withheld(struct jd_ctx *x)
{
	const struct evb_tlv *t = &lldp_of(x)->evb;
	bool is_withheld = t->mode == EVB_MODE_BRIDGE &&
			   (t->bridge_raw & (EVB_RRCAP | EVB_RRCTR)) == EVB_RRCAP &&
			   (t->station_raw & EVB_RRREQ) != 0;

	if (!is_withheld || x->end->evb.n_ungranted == 0 || !x->end->evb.is_known ||
		!jd_after(x->now, x->end->evb.since, dur_ms(900)))
		return JD_SILENT;
	return jd_say(x, x->end->evb.n_ungranted >= 2 && x->link->n == 2 ? JD_BROKEN : JD_DOUBT,
		"RRCAP is set and RRREQ is echoed, but RRCTR stays 0");
}

/* RRSTAT follows the bridge status that the same TLV echoes. */
enum jd_outcome rule_evb_rrstat_follows(struct jd_ctx *x)
{
	const struct evb_tlv *t = &lldp_of(x)->evb;
	unsigned stat = t->station_raw & EVB_RRSTAT_MASK;

	if (t->mode != EVB_MODE_STATION || stat == EVB_RRSTAT_RESERVED)
		return JD_SILENT;
	if ((t->bridge_raw & EVB_RRCTR) != 0 && stat != EVB_RRSTAT_ON)
		return jd_say(
			x, JD_BROKEN, "the echoed bridge status has RRCTR, RRSTAT is %u and not 1", stat);
	if (t->bridge_raw == 0 && stat == EVB_RRSTAT_ON) /* in manual mode without a peer */
		return jd_say(x, JD_DOUBT, "RRSTAT is 1, but no bridge status is echoed");
	if (t->bridge_raw != 0 && (t->bridge_raw & EVB_RRCTR) == 0 && stat != EVB_RRSTAT_OFF)
		return jd_say(
			x, JD_BROKEN, "the echoed bridge status has no RRCTR, RRSTAT is %u and not 0", stat);
	return JD_SILENT;
}

/* ---- both ends ---- */

/** The echo of a status octet: what the peer said last, or a moment ago, or nothing when it was not heard yet. */
static enum jd_outcome judge_echo(struct jd_ctx *x, uint8_t echo, bool is_bridge_status)
{
	const struct jd_end *p = jd_evb_of(x->j, x->end, is_bridge_status ? JUDGE_BRIDGE : JUDGE_STATION);
	enum jd_outcome o;
	uint8_t now, before;
	bool is_old, is_deaf;

	if (p == NULL || p == x->end)
		return JD_SILENT;
	now = is_bridge_status ? p->evb.tlv.bridge_raw : p->evb.tlv.station_raw;
	before = is_bridge_status ? p->evb.prev.bridge_raw : p->evb.prev.station_raw;
	if (echo == now)
		return JD_SILENT;
	o = jd_heard(x, &p->evb.said, p->evb.since);
	is_deaf = echo == 0 &&
		  (is_bridge_status ? (lldp_of(x)->evb.station_raw & EVB_RRSTAT_MASK) == EVB_RRSTAT_UNKNOWN
				    : (lldp_of(x)->evb.bridge_raw & EVB_RRCTR) == 0);
	if (is_deaf && o == JD_BROKEN)
		o = JD_DOUBT; /* consistent: it may have reasons not to listen, such as a second neighbour */
	is_old = echo == 0 || (p->evb.has_prev && echo == before);
	if (!is_old) /* never said in this capture: by what was said before it, only at its start */
		o = jd_after(x->now, p->evb.known_from, jd_ms(JD_SETTLE_MS)) || o != JD_SILENT ? JD_BROKEN
											       : JD_DOUBT;
	if (o == JD_SILENT)
		return JD_SILENT;
	return jd_say(x, o, "echoes %s status %02x, the %s says %02x",
		is_bridge_status ? "bridge" : "station", echo, is_bridge_status ? "bridge" : "station", now);
}

enum jd_outcome rule_evb_bridge_echoes(struct jd_ctx *x)
{
	const struct evb_tlv *t = &lldp_of(x)->evb;

	return t->mode == EVB_MODE_BRIDGE ? judge_echo(x, t->station_raw, false) : JD_SILENT;
}

enum jd_outcome rule_evb_station_echoes(struct jd_ctx *x)
{
	const struct evb_tlv *t = &lldp_of(x)->evb;

	return t->mode == EVB_MODE_STATION ? judge_echo(x, t->bridge_raw, true) : JD_SILENT;
}

/* The shutdown is sent once and may be lost, so this is never more than doubt. */
enum jd_outcome rule_evb_station_gone(struct jd_ctx *x)
{
	const struct evb_tlv *t = &lldp_of(x)->evb;

	if (t->mode != EVB_MODE_BRIDGE || (t->bridge_raw & EVB_RRCTR) == 0 || x->peer == NULL ||
		!jd_after(x->now, x->peer->gone, jd_ms(JD_SETTLE_MS)))
		return JD_SILENT;
	return jd_say(x, JD_DOUBT, "reflective relay is still on after the station's shutdown");
}

struct exponent {
	uint8_t value;
	bool is_remote;
};

/*
 * Larger wins; ROL says whose value it is. With ROL 1 it has to be the peer's. With ROL 0 it must not be below what the
 * peer proposes (ROL 0 too), unless the end is in manual mode: then both of its ROL bits are 0, and nothing is sure.
 */
static enum jd_outcome judge_exponent(struct jd_ctx *x, const char *name, struct exponent own,
	struct exponent peer, struct exponent prev, bool has_prev, const struct jd_evb *p)
{
	const struct evb_tlv *t = &lldp_of(x)->evb;
	bool may_be_manual = !t->rol_rwd && !t->rol_rka;
	enum jd_outcome o = jd_heard(x, &p->said, p->since);

	if (own.is_remote && own.value != peer.value && !(has_prev && own.value == prev.value)) {
		if (o == JD_SILENT)
			return jd_say(x, JD_DOUBT, "%s %u is said to be the peer's, which says %u", name,
				own.value, peer.value);
		return jd_say(x, JD_BROKEN, "%s %u is said to be the peer's, which says %u", name, own.value,
			peer.value);
	}
	if (o == JD_SILENT || own.is_remote || peer.is_remote || own.value >= peer.value)
		return JD_SILENT;
	return jd_say(x, may_be_manual ? JD_DOUBT : o, "%s %u, but the peer proposes %u and the larger wins",
		name, own.value, peer.value);
}

static const struct jd_evb *peer_evb(struct jd_ctx *x)
{
	enum evb_mode mode = lldp_of(x)->evb.mode;
	const struct jd_end *p;

	if (mode != EVB_MODE_BRIDGE && mode != EVB_MODE_STATION)
		return NULL;
	p = jd_evb_of(x->j, x->end, mode == EVB_MODE_BRIDGE ? JUDGE_STATION : JUDGE_BRIDGE);
	return p != NULL && p != x->end ? &p->evb : NULL;
}

enum jd_outcome rule_evb_rwd(struct jd_ctx *x)
{
	const struct evb_tlv *t = &lldp_of(x)->evb;
	const struct jd_evb *p = peer_evb(x);

	if (p == NULL)
		return JD_SILENT;
	return judge_exponent(x, "RWD", (struct exponent){ t->rwd, t->rol_rwd },
		(struct exponent){ p->tlv.rwd, p->tlv.rol_rwd },
		(struct exponent){ p->prev.rwd, p->prev.rol_rwd }, p->has_prev, p);
}

enum jd_outcome rule_evb_rka(struct jd_ctx *x)
{
	const struct evb_tlv *t = &lldp_of(x)->evb;
	const struct jd_evb *p = peer_evb(x);

	if (p == NULL)
		return JD_SILENT;
	return judge_exponent(x, "RKA", (struct exponent){ t->rka, t->rol_rka },
		(struct exponent){ p->tlv.rka, p->tlv.rol_rka },
		(struct exponent){ p->prev.rka, p->prev.rol_rka }, p->has_prev, p);
}

/* ---- what a sound TLV is praised for ---- */

static enum jd_outcome kept_if(bool is_so)
{
	return is_so ? JD_KEPT : JD_SILENT;
}

enum jd_outcome rule_evb_station_alone(struct jd_ctx *x)
{
	const struct evb_tlv *t = &lldp_of(x)->evb;

	return kept_if(t->mode == EVB_MODE_STATION && t->bridge_raw == 0 &&
		       (t->station_raw & EVB_RRSTAT_MASK) == EVB_RRSTAT_UNKNOWN);
}

enum jd_outcome rule_evb_station(struct jd_ctx *x)
{
	return kept_if(lldp_of(x)->evb.mode == EVB_MODE_STATION);
}

enum jd_outcome rule_evb_bridge_alone(struct jd_ctx *x)
{
	return kept_if(lldp_of(x)->evb.mode == EVB_MODE_BRIDGE && lldp_of(x)->evb.station_raw == 0);
}

enum jd_outcome rule_evb_bridge(struct jd_ctx *x)
{
	return kept_if(lldp_of(x)->evb.mode == EVB_MODE_BRIDGE);
}

/* ---- Port Extension, draft 0.2 ---- */

enum jd_outcome rule_pe_length(struct jd_ctx *x)
{
	const struct cap_org *o = &lldp_of(x)->pe_org;

	if (lldp_of(x)->err != LLDP_OK || o->n == 0)
		return JD_SILENT;
	if (!o->is_decoded)
		return jd_say(x, JD_BROKEN, "a Port Extension TLV of %zu octets, it has %d", o->value.len,
			PE_TLV_LEN);
	return JD_KEPT;
}

enum jd_outcome rule_draft_length(struct jd_ctx *x)
{
	const struct cap_org *o = &lldp_of(x)->draft_org;

	if (lldp_of(x)->err != LLDP_OK || o->n == 0 || o->value.len == EVB_DRAFT_LEN)
		return JD_SILENT;
	return jd_say(x, JD_BROKEN, "an EVB TLV of draft 0.2 of %zu octets, it has 13", o->value.len);
}

enum jd_outcome rule_draft_modes(struct jd_ctx *x)
{
	const struct cap_org *o = &lldp_of(x)->draft_org;

	if (lldp_of(x)->err != LLDP_OK || o->n == 0 || o->is_decoded || o->value.len < EVB_DRAFT_LEN)
		return JD_SILENT;
	return jd_say(x, JD_BROKEN, "no forwarding mode is supported");
}

enum jd_outcome rule_draft_evb(struct jd_ctx *x)
{
	const struct evb_draft_tlv *t = &lldp_of(x)->draft;

	if ((t->ccap & ~t->scap) != 0)
		return jd_say(
			x, JD_BROKEN, "capabilities %02x are configured, %02x supported", t->ccap, t->scap);
	if (t->cmode != EVB_DRAFT_STANDARD && t->cmode != EVB_DRAFT_RR)
		return jd_say(x, JD_BROKEN, "configured forwarding mode %02x is not one of two", t->cmode);
	return JD_KEPT;
}
