/*
 * rules_cdcp.c - what the judge asks of CDCP TLVs, one by one and against the other end's, and of S-TAGs (802.1Q clause
 * 42, annex D.2; evb-reference 1.2, 4).
 *
 * The codec makes a clean list of what it gets, as a receiver has to. What the sender did wrong is therefore looked for in
 * the pairs as they were sent.
 */
#include "rules.h"

enum { PAIR_OCTETS = 3, WORD_AT = 4, RESERVED_BITS = 0x77fff000, CHN_CAP_MASK = 0xfff };

static const struct cap_lldp *lldp_of(const struct jd_ctx *x)
{
	return &x->rec->lldp;
}

static const struct cdcp_tlv *tlv_of(const struct jd_ctx *x)
{
	return &x->rec->lldp.cdcp;
}

struct sent {
	uint32_t word;
	unsigned n;
	struct cdcp_pair pair[CDCP_PAIRS_MAX];
};

static void read_sent(const struct jd_ctx *x, struct sent *ret)
{
	struct rd r = rd_init(lldp_of(x)->cdcp_org.value);

	(void)rd_span(&r, WORD_AT);
	ret->word = rd_u32(&r);
	for (ret->n = 0; ret->n < CDCP_PAIRS_MAX && r.left >= PAIR_OCTETS; ret->n++) {
		uint32_t pair = rd_u24(&r);

		ret->pair[ret->n] = (struct cdcp_pair){ pair >> 12 & 0xfff, pair & 0xfff };
	}
}

enum jd_outcome rule_cdcp_length(struct jd_ctx *x)
{
	const struct cap_org *o = &lldp_of(x)->cdcp_org;

	if (lldp_of(x)->err != LLDP_OK || o->n == 0 || o->is_decoded)
		return JD_SILENT;
	return jd_say(x, JD_BROKEN, "a CDCP TLV of %zu octets is not 8 + 3n", o->value.len);
}

enum jd_outcome rule_cdcp_twice(struct jd_ctx *x)
{
	if (lldp_of(x)->cdcp_org.n < 2)
		return JD_SILENT;
	return jd_say(x, JD_BROKEN, "%u CDCP TLVs in one LLDPDU", lldp_of(x)->cdcp_org.n);
}

enum jd_outcome rule_cdcp_address(struct jd_ctx *x)
{
	char da[MAC_TEXT];
	uint16_t vid;

	if (lldp_of(x)->err != LLDP_OK || lldp_of(x)->cdcp_org.n == 0)
		return JD_SILENT;
	if (cap_eth_vid(&x->rec->eth, CAP_S_TAG, &vid))
		return jd_say(x, JD_BROKEN, "a CDCP TLV inside S-channel %u", vid);
	if (!mac_is_group(x->rec->eth.da) || (x->is_agent_known && x->agent == JD_NTPMR))
		return JD_SILENT;
	return jd_say(x, JD_BROKEN, "CDCP TLV to %s, not to the nearest non-TPMR bridge",
		mac_format(x->rec->eth.da, da));
}

enum jd_outcome rule_cdcp_reserved(struct jd_ctx *x)
{
	struct sent s;

	read_sent(x, &s);
	return (s.word & RESERVED_BITS) == 0 ? JD_SILENT : jd_say(x, JD_BROKEN, "reserved bits are set");
}

enum jd_outcome rule_cdcp_capacity(struct jd_ctx *x)
{
	struct sent s;
	unsigned cap;

	read_sent(x, &s);
	cap = s.word & CHN_CAP_MASK;
	if (cap == 0 || cap > CDCP_PAIRS_MAX)
		return jd_say(x, JD_BROKEN, "ChnCap %u is not 1..167", cap);
	if (s.n > cap)
		return jd_say(x, JD_BROKEN, "%u pairs, but ChnCap is %u", s.n, cap);
	return JD_SILENT;
}

enum jd_outcome rule_cdcp_first(struct jd_ctx *x)
{
	struct sent s;

	read_sent(x, &s);
	if (s.pair[0].scid == CDCP_DEFAULT && s.pair[0].svid == CDCP_DEFAULT)
		return JD_SILENT;
	return jd_say(
		x, JD_BROKEN, "the first pair is (%u,%u) and not (1,1)", s.pair[0].scid, s.pair[0].svid);
}

/** Where the pair's SCID or SVID (not 0) stands already. */
static bool stands_before(const struct sent *s, unsigned i, bool is_scid)
{
	for (unsigned k = 0; k < i; k++)
		if (is_scid ? s->pair[k].scid == s->pair[i].scid : s->pair[k].svid == s->pair[i].svid)
			return true;
	return false;
}

enum jd_outcome rule_cdcp_ids(struct jd_ctx *x)
{
	struct sent s;

	read_sent(x, &s);
	for (unsigned i = 0; i < s.n; i++) {
		struct cdcp_pair p = s.pair[i];

		if (p.scid == 0 || p.scid > CDCP_ID_MAX || p.svid > CDCP_ID_MAX)
			return jd_say(
				x, JD_BROKEN, "pair (%u,%u): SCID 1..4094, SVID 0..4094", p.scid, p.svid);
		if (stands_before(&s, i, true))
			return jd_say(x, JD_BROKEN, "SCID %u stands twice", p.scid);
		if (p.svid != 0 && stands_before(&s, i, false))
			return jd_say(x, JD_BROKEN, "SVID %u belongs to two S-channels", p.svid);
	}
	return JD_SILENT;
}

enum jd_outcome rule_cdcp_default(struct jd_ctx *x)
{
	struct sent s;

	read_sent(x, &s);
	for (unsigned i = 0; i < s.n; i++)
		if ((s.pair[i].scid == CDCP_DEFAULT) != (s.pair[i].svid == CDCP_DEFAULT))
			return jd_say(x, JD_BROKEN, "pair (%u,%u): SVID 1 belongs to SCID 1", s.pair[i].scid,
				s.pair[i].svid);
	return JD_SILENT;
}

enum jd_outcome rule_cdcp_no_scomp(struct jd_ctx *x)
{
	if (tlv_of(x)->has_scomp || tlv_of(x)->n_pairs <= 1)
		return JD_SILENT;
	return jd_say(x, JD_BROKEN, "S-channels without a port-mapping S-VLAN component (SComp 0)");
}

/* ---- both lists ---- */

static const struct jd_cdcp *other_list(const struct jd_ctx *x)
{
	const struct jd_end *found = NULL;

	for (unsigned i = 0; i < x->link->n; i++) {
		const struct jd_end *o = &x->j->ends[x->link->end[i]];

		if (o == x->end || !o->cdcp.is_known)
			continue;
		if (found != NULL)
			return NULL;
		found = o;
	}
	return found != NULL ? &found->cdcp : NULL;
}

/** SVID of an SCID in a list; -1: not in it. */
static int svid_of(const struct cdcp_tlv *t, uint16_t scid)
{
	for (unsigned i = 0; i < t->n_pairs; i++)
		if (t->pair[i].scid == scid)
			return t->pair[i].svid;
	return -1;
}

static enum jd_outcome heard(const struct jd_ctx *x, const struct jd_cdcp *peer)
{
	return jd_heard(x, &peer->said, peer->since);
}

enum jd_outcome rule_cdcp_roles(struct jd_ctx *x)
{
	const struct jd_cdcp *o = other_list(x);

	if (o == NULL || o->tlv.role != tlv_of(x)->role)
		return JD_SILENT;
	return jd_say(x, JD_BROKEN, "both ends are in CDCP role %s",
		tlv_of(x)->role == CDCP_ROLE_STATION ? "station" : "bridge");
}

enum jd_outcome rule_cdcp_limit(struct jd_ctx *x)
{
	const struct jd_cdcp *o = other_list(x);

	if (o == NULL || tlv_of(x)->n_pairs <= o->tlv.chn_cap)
		return JD_SILENT;
	if (heard(x, o) == JD_SILENT)
		return JD_SILENT;
	return jd_say(
		x, heard(x, o), "%u pairs, but the peer's ChnCap is %u", tlv_of(x)->n_pairs, o->tlv.chn_cap);
}

/** What a station says of one SCID, against what the bridge assigned to it. */
static enum jd_outcome judge_confirmed(struct jd_ctx *x, const struct jd_cdcp *b, struct cdcp_pair p)
{
	int given = svid_of(&b->tlv, p.scid);
	int own = x->end->cdcp.is_known ? svid_of(&x->end->cdcp.tlv, p.scid) : -1;
	struct mono asked = x->end->cdcp.since;
	enum jd_outcome o = heard(x, b);

	if (p.svid == 0 && own <= 0 && x->end->cdcp.is_known) /* a list of before it asked is no answer */
		o = own < 0 ? JD_SILENT
			    : jd_heard(x, &b->said, mono_before(b->since, asked) ? asked : b->since);
	if (p.svid == given || given < 0 || (p.svid == 0 && given == 0))
		return JD_SILENT;
	if (p.svid != 0 && (b->listed & jd_pair_bit(p)) == 0 &&
		own == 0) /* it asked, and took what nobody gave */
		return jd_say(x, JD_BROKEN, "S-channel %u has SVID %u here, the bridge assigned %d", p.scid,
			p.svid, given);
	if (o == JD_SILENT)
		return JD_SILENT;
	if (p.svid == 0)
		return jd_say(x, o, "asks for S-channel %u, to which the bridge has assigned SVID %d", p.scid,
			given);
	return jd_say(x, o, "S-channel %u has SVID %u here and %d at the bridge", p.scid, p.svid, given);
}

enum jd_outcome rule_cdcp_confirms(struct jd_ctx *x)
{
	const struct cdcp_tlv *t = tlv_of(x);
	const struct jd_cdcp *b = other_list(x);

	if (t->role != CDCP_ROLE_STATION || b == NULL || b->tlv.role != CDCP_ROLE_BRIDGE || !b->tlv.has_scomp)
		return JD_SILENT;
	for (unsigned i = 0; i < t->n_pairs; i++) {
		enum jd_outcome o = judge_confirmed(x, b, t->pair[i]);

		if (o != JD_SILENT)
			return o;
	}
	return JD_SILENT;
}

enum jd_outcome rule_cdcp_omitted(struct jd_ctx *x)
{
	const struct cdcp_tlv *t = tlv_of(x);
	const struct jd_cdcp *s = other_list(x);

	if (t->role != CDCP_ROLE_BRIDGE || s == NULL || s->tlv.role != CDCP_ROLE_STATION)
		return JD_SILENT;
	for (unsigned i = 0; i < t->n_pairs; i++) {
		uint16_t scid = t->pair[i].scid;
		bool was_asked = s->has_prev && svid_of(&s->prev, scid) >= 0;
		enum jd_outcome o = heard(x, s);

		if (scid == CDCP_DEFAULT || svid_of(&s->tlv, scid) >= 0)
			continue;
		if (o != JD_SILENT)
			return jd_say(x, o, "S-channel %u is in the list, but not in the station's", scid);
		if (!was_asked && x->end->cdcp.is_known && svid_of(&x->end->cdcp.tlv, scid) < 0)
			return jd_say(x, JD_DOUBT, "S-channel %u, which the station did not ask for", scid);
	}
	return JD_SILENT;
}

/* An administrator may change the pool, so a new SVID alone is only doubt; for a station that asks anew it is not. */
enum jd_outcome rule_cdcp_stable(struct jd_ctx *x)
{
	const struct cdcp_tlv *t = tlv_of(x);
	const struct jd_cdcp *s = other_list(x);

	if (t->role != CDCP_ROLE_BRIDGE || !x->end->cdcp.is_known || s == NULL)
		return JD_SILENT;
	for (unsigned i = 0; i < t->n_pairs; i++) {
		uint16_t scid = t->pair[i].scid;
		int old = svid_of(&x->end->cdcp.tlv, scid), asks = svid_of(&s->tlv, scid);

		if (old <= 0 || t->pair[i].svid == 0 || t->pair[i].svid == old || asks < 0)
			continue;
		return jd_say(x, asks == 0 ? JD_BROKEN : JD_DOUBT,
			"SVID of S-channel %u was %d and is %u now, while the station kept it", scid, old,
			t->pair[i].svid);
	}
	return JD_SILENT;
}

enum jd_outcome rule_cdcp_station_all(struct jd_ctx *x)
{
	const struct cdcp_tlv *t = tlv_of(x);

	if (t->role != CDCP_ROLE_STATION || t->n_pairs < 2)
		return JD_SILENT;
	for (unsigned i = 0; i < t->n_pairs; i++)
		if (t->pair[i].svid == 0)
			return JD_SILENT;
	return JD_KEPT;
}

enum jd_outcome rule_cdcp_station(struct jd_ctx *x)
{
	return tlv_of(x)->role == CDCP_ROLE_STATION ? JD_KEPT : JD_SILENT;
}

enum jd_outcome rule_cdcp_bridge(struct jd_ctx *x)
{
	return tlv_of(x)->role == CDCP_ROLE_BRIDGE ? JD_KEPT : JD_SILENT;
}

/* ---- S-TAGs ---- */

/** The lists of the only pair of ends in the capture that speaks CDCP; false when there is none, or more. */
static bool find_lists(
	const struct judge *j, const struct jd_cdcp **ret_station, const struct jd_cdcp **ret_bridge)
{
	*ret_station = *ret_bridge = NULL;
	for (uint32_t i = 0; i < j->n_ends; i++) {
		const struct jd_cdcp *c = &j->ends[i].cdcp;
		const struct jd_cdcp **slot = c->tlv.role == CDCP_ROLE_STATION ? ret_station : ret_bridge;

		if (!j->ends[i].in_use || !c->is_known)
			continue;
		if (*slot != NULL)
			return false;
		*slot = c;
	}
	return *ret_station != NULL && *ret_bridge != NULL;
}

static bool has_svid(const struct cdcp_tlv *t, uint16_t svid)
{
	for (unsigned i = 0; i < t->n_pairs; i++)
		if (t->pair[i].svid == svid)
			return true;
	return false;
}

enum jd_outcome rule_stag_reserved(struct jd_ctx *x)
{
	uint16_t vid;

	if (!cap_eth_vid(&x->rec->eth, CAP_S_TAG, &vid) || vid <= CDCP_ID_MAX)
		return JD_SILENT;
	return jd_say(x, JD_BROKEN, "S-TAG with VID 4095");
}

enum jd_outcome rule_stag_default(struct jd_ctx *x)
{
	const struct jd_cdcp *s, *b;
	uint16_t vid;

	if (!cap_eth_vid(&x->rec->eth, CAP_S_TAG, &vid) || vid != CDCP_DEFAULT || !find_lists(x->j, &s, &b))
		return JD_SILENT;
	return jd_say(x, JD_BROKEN, "a frame of the default S-channel with an S-TAG");
}

/* A channel that was removed a moment ago may still have frames on their way. */
enum jd_outcome rule_stag_assigned(struct jd_ctx *x)
{
	const struct jd_cdcp *s, *b;
	uint16_t vid;

	if (!cap_eth_vid(&x->rec->eth, CAP_S_TAG, &vid) || vid <= CDCP_DEFAULT || vid > CDCP_ID_MAX ||
		!find_lists(x->j, &s, &b))
		return JD_SILENT;
	if (has_svid(&b->tlv, vid) || has_svid(&s->tlv, vid))
		return JD_KEPT;
	if (!jd_after(x->now, b->since, dur_s(4)) && b->has_prev && has_svid(&b->prev, vid))
		return JD_SILENT;
	if (x->rec->proto != CAP_DATA) {
		jd_note_stray(x, vid);
		return JD_SILENT;
	}
	return jd_say(x, JD_BROKEN, "S-TAG %u, which no S-channel has", vid);
}

enum jd_outcome rule_stag_stray(struct jd_ctx *x)
{
	const struct jd_cdcp *s, *b;

	if (!find_lists(x->j, &s, &b) || has_svid(&b->tlv, x->stray) || has_svid(&s->tlv, x->stray) ||
		(b->has_prev && has_svid(&b->prev, x->stray)))
		return JD_SILENT;
	return jd_say(x, x->j->is_over ? JD_DOUBT : JD_BROKEN,
		"LLDP or ECP in S-TAG %u, which no S-channel has, nor has had since", x->stray);
}
