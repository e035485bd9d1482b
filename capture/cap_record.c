/*
 * cap_record.c - from a captured frame to a typed record (802.1AB clause 8, 802.1Q clauses 41 to 43).
 *
 * In: a frame. Out: its protocol and its fields, by the codecs of lldp/, ecp/, vdp/ and vntag/: there is no second parser. Two tables decide: protocols by EtherType, and organizational TLVs of an LLDPDU by OUI and subtype.
 *
 * An LLDPDU that was cut by the capture can't be told from a broken one by the codec; the record has eth.is_truncated,
 * and whoever judges has to look there first.
 *
 * Left out: what values mean, and everything that takes more than one frame.
 */
#include "cap_record.h"

#include "csp_num.h"
#include "ecp_draft_pdu.h"
#include "names.h"

/* ---- LLDP ---- */

/* What can't be decoded is left as zeros. */
static bool take_evb(struct span value, struct cap_lldp *ret)
{
	ret->evb = (struct evb_tlv){ 0 };
	return evb_tlv_decode(value, &ret->evb);
}

static bool take_draft(struct span value, struct cap_lldp *ret)
{
	ret->draft = (struct evb_draft_tlv){ 0 };
	return evb_draft_tlv_decode(value, &ret->draft);
}

static bool take_cdcp(struct span value, struct cap_lldp *ret)
{
	memset(&ret->cdcp, 0, sizeof(ret->cdcp));
	return cdcp_tlv_decode(value, &ret->cdcp);
}

static bool take_pe(struct span value, struct cap_lldp *ret)
{
	ret->pe = (struct pe_tlv){ 0 };
	return pe_tlv_decode(value, &ret->pe) == PE_TLV_OK;
}

static const struct org_row {
	uint32_t key; /* OUI << 8 | subtype */
	enum cap_generation generation;
	size_t slot; /* offset of the struct cap_org */
	bool (*decode)(struct span value, struct cap_lldp *ret);
} org_rows[] = {
	{ EVB_TLV_KEY, CAP_GEN_RATIFIED, offsetof(struct cap_lldp, evb_org), take_evb },
	{ EVB_DRAFT_KEY, CAP_GEN_DRAFT02, offsetof(struct cap_lldp, draft_org), take_draft },
	{ CDCP_TLV_KEY, CAP_GEN_RATIFIED, offsetof(struct cap_lldp, cdcp_org), take_cdcp },
	{ PE_TLV_KEY, CAP_GEN_NONE, offsetof(struct cap_lldp, pe_org), take_pe },
};
enum { N_ORG_ROWS = sizeof(org_rows) / sizeof(org_rows[0]) };

static struct cap_org *slot_of(struct cap_lldp *l, const struct org_row *row)
{
	return (struct cap_org *)((char *)l + row->slot);
}

static void take_org(struct span value, struct cap_record *ret)
{
	uint32_t oui;
	uint8_t subtype;
	struct span info;

	if (!tlv_org_split(value, &oui, &subtype, &info))
		return;
	for (unsigned i = 0; i < N_ORG_ROWS; i++) {
		struct cap_org *o = slot_of(&ret->lldp, &org_rows[i]);

		if (org_rows[i].key != (oui << 8 | subtype))
			continue;
		if (o->n++ > 0)
			return;
		o->value = value;
		o->is_decoded = org_rows[i].decode(value, &ret->lldp);
		if (ret->generation != CAP_GEN_RATIFIED) /* a TLV of each: the standard counts (7.5) */
			ret->generation = org_rows[i].generation;
	}
}

static bool has_octets(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] != 0)
			return true;
	return false;
}

static bool decode_lldp(struct span payload, struct cap_record *ret)
{
	struct cap_lldp *l = &ret->lldp;
	bool is_ours = false;

	for (unsigned i = 0; i < N_ORG_ROWS; i++)
		*slot_of(l, &org_rows[i]) = (struct cap_org){ 0 };
	l->has_rest = false;
	l->err = lldp_pdu_decode(payload, &l->pdu, &l->notes);
	if (l->err != LLDP_OK)
		return true;
	for (unsigned i = 0; i < l->pdu.n_org; i++)
		take_org(l->pdu.org[i], ret);
	if (l->pdu.ttl_s == 0)
		l->has_rest = has_octets(
			span_of(payload.ptr + l->notes.octets_used, payload.len - l->notes.octets_used));
	for (unsigned i = 0; i < N_ORG_ROWS; i++)
		is_ours |= slot_of(l, &org_rows[i])->n > 0;
	return is_ours || l->pdu.ttl_s == 0;
}

/* ---- ECP ---- */

static const struct vdp_manager_map no_map; /* a manager of one octet stands in the last of sixteen */

static bool decode_ecp_as(enum qbg_edition edition, struct span payload, struct cap_record *ret)
{
	struct cap_ecp *e = &ret->ecp;
	struct rd r = rd_init(payload);

	ret->generation = edition == QBG_DRAFT ? CAP_GEN_DRAFT02 : CAP_GEN_RATIFIED;
	e->dialect = ecp_dialect_of(edition);
	e->octets = payload;
	e->has_hdr = e->dialect->decode(&r, &e->hdr);
	e->payload = rd_rest(&r);
	e->is_csp = e->has_hdr && (e->hdr.subtype == ECP_SUBTYPE_PE_CSP || e->hdr.subtype == CSP_ECP_SUBTYPE);
	e->is_vdp = e->has_hdr && e->hdr.version == ECP_VERSION && e->hdr.op == ECP_OP_REQUEST &&
		    e->hdr.subtype == ECP_SUBTYPE_VDP;
	if (e->is_vdp)
		e->vdp_err = vdp_dialect_of(edition)->open(e->payload, &e->vdp);
	return true;
}

static bool decode_ecp(struct span payload, struct cap_record *ret)
{
	return decode_ecp_as(QBG_RATIFIED, payload, ret);
}

/** The EtherType is shared: with another OUI it is somebody else's (evb-reference 7.2). */
static bool decode_ecp_draft(struct span payload, struct cap_record *ret)
{
	struct rd r = rd_init(payload);

	if (rd_u24(&r) != ECP_DRAFT_OUI)
		return false;
	return decode_ecp_as(QBG_DRAFT, payload, ret);
}

void cap_vsi_first(const struct cap_record *rec, struct cap_vsi_walk *ret)
{
	ret->dialect = vdp_dialect_of(rec->ecp.dialect->edition);
	ret->pdu = rec->ecp.vdp;
}

/** Draft 0.2: once more, as a station would read it. */
static void read_as_answer(const struct vdp_dialect *d, const struct vdp_pdu_item *item, struct cap_vsi *ret)
{
	struct vdp_assoc a;

	if (ret->err != VDP_OK || d->decode(VDP_STATION, item, &a) != VDP_OK)
		return;
	ret->as_answer.op = a.op;
	ret->as_answer.answers = a.answers;
	ret->as_answer.status = a.status;
}

bool cap_vsi_next(struct cap_vsi_walk *w, struct cap_vsi *ret)
{
	struct vdp_pdu_item item;

	if (!w->dialect->next(&w->pdu, &no_map, &item))
		return false;
	ret->manager = item.manager;
	ret->value = item.value;
	ret->is_draft = w->dialect->edition == QBG_DRAFT;
	ret->a.op = item.op;
	ret->a.status = 0;
	ret->err = w->dialect->decode(VDP_BRIDGE, &item, &ret->a);
	ret->a.org = item.org;
	ret->as_answer.op = ret->a.op;
	ret->as_answer.answers = (enum vdp_op)0;
	ret->as_answer.status = ret->a.status;
	if (ret->is_draft)
		read_as_answer(w->dialect, &item, ret);
	return true;
}

/* ---- the table ---- */

static const struct proto_row {
	uint16_t type; /* EtherType */
	enum cap_proto proto;
	bool (*decode)(struct span payload, struct cap_record *ret); /* false: not ours */
} proto_rows[] = {
	{ LLDP_ETHERTYPE, CAP_LLDP, decode_lldp },
	{ ECP_ETHERTYPE, CAP_ECP, decode_ecp },
	{ ECP_DRAFT_ETHERTYPE, CAP_ECP, decode_ecp_draft },
};

/** A tag that makes a frame of others worth a line; a C-tag alone does not. */
static bool has_tag_of_ours(const struct cap_eth *eth)
{
	for (unsigned i = 0; i < eth->n_tags; i++)
		if (eth->tag[i].kind != CAP_C_TAG)
			return true;
	return false;
}

bool cap_decode(const struct cap_frame *f, struct cap_record *ret)
{
	if (!cap_frame_is_candidate(f) || !cap_eth_decode(f, &ret->eth))
		return false;
	ret->frame = *f;
	ret->generation = CAP_GEN_NONE;
	for (size_t i = 0; i < sizeof(proto_rows) / sizeof(proto_rows[0]); i++) {
		if (ret->eth.type != proto_rows[i].type)
			continue;
		cap_eth_strip_fcs(f, &ret->eth);
		ret->proto = proto_rows[i].proto;
		return proto_rows[i].decode(ret->eth.payload, ret);
	}
	ret->proto = CAP_DATA;
	return has_tag_of_ours(&ret->eth) || (ret->eth.is_short && ret->eth.type == 0);
}

const char *cap_proto_name(enum cap_proto p)
{
	static const char *const names[CAP_N_PROTOS] = {
		[CAP_LLDP] = "lldp", [CAP_ECP] = "ecp", [CAP_DATA] = "data"
	};

	return names[p];
}

const char *cap_generation_name(enum cap_generation g)
{
	const struct name_row names[] = {
		{ CAP_GEN_RATIFIED, qbg_edition_name(QBG_RATIFIED) },
		{ CAP_GEN_DRAFT02, qbg_edition_name(QBG_DRAFT) },
		{ 0, NULL },
	};

	return names_text(names, (int)g, NULL);
}
