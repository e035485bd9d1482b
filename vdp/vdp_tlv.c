/*
 * vdp_tlv.c - VDP payloads: VSI manager ID TLV, association TLVs, org-defined TLVs (802.1Q 41.2; evb-reference 6.1-6.4).
 *
 *    manager ID TLV    type 5, length 16 | id (16)                            exactly one, and first
 *    association TLV   type 1..4, length 25 + N * entry
 *       0        1              4      5         6            22        23      25
 *       | status | VSI type (3) | vers | ID fmt  | VSIID (16) | fmt     | N (2) | N filter entries
 *    org-defined TLV   type 127, belongs to the association TLV it follows
 *    End TLV           00 00, or where the payload ends; also what zero padding looks like
 *
 * The four filter info formats are one table: which of GroupID and MAC stand before the VID element (PS 1, PCP 3,
 * VID 12 bits). Syntax is judged here, meaning (VID 4095, group MACs, who may use what) by the machines and the type
 * database. Nothing of a message is acted on before vdp_pdu_open() has walked all of it, so an overrun or a second
 * manager ID at the end undoes the TLVs before it (evb-reference 6.9).
 *
 * Left out: splitting one VSI over several TLVs, and duplicate filter entries, which the machines collapse.
 */
#include "vdp_tlv.h"

#include "names.h"

enum {
	VID_PS = 0x8000, /* the PCP is meaningful */
	VID_PCP_SHIFT = 12,
	VID_PCP_MASK = 7,
	ORG_OUI = 3, /* octets; an org-defined TLV without a whole OUI is skipped (6.4) */
};

static const struct filter_layout {
	uint8_t entry_len; /* octets */
	bool has_group;
	bool has_mac;
} layouts[] = {
	[VDP_FILTER_VID] = { 2, false, false },
	[VDP_FILTER_MAC_VID] = { 8, false, true },
	[VDP_FILTER_GROUP_VID] = { 6, true, false },
	[VDP_FILTER_GROUP_MAC_VID] = { 12, true, true },
};

static const struct filter_layout *layout_of(uint8_t format)
{
	static const struct filter_layout unknown;

	return format < sizeof(layouts) / sizeof(layouts[0]) ? &layouts[format] : &unknown;
}

unsigned vdp_filter_entry_len(uint8_t format)
{
	return layout_of(format)->entry_len;
}

unsigned vdp_filter_max(uint8_t format)
{
	unsigned len = vdp_filter_entry_len(format);

	return len == 0 ? 0 : (TLV_VALUE_MAX - VDP_ASSOC_FIXED) / len;
}

static struct vdp_filter filter_decode(const struct filter_layout *l, struct rd *r)
{
	struct vdp_filter f = { 0 };
	uint16_t element;

	if (l->has_group)
		f.group_id = rd_u32(r);
	if (l->has_mac)
		rd_copy(r, f.mac.b, sizeof(f.mac.b));
	element = rd_u16(r);
	f.vid = element & VDP_VID_MASK;
	f.has_pcp = (element & VID_PS) != 0;
	if (f.has_pcp)
		f.pcp = element >> VID_PCP_SHIFT & VID_PCP_MASK;
	return f;
}

static void filter_encode(const struct filter_layout *l, const struct vdp_filter *f, struct wr *w)
{
	unsigned element = f->vid & VDP_VID_MASK;

	if (f->has_pcp)
		element |= VID_PS | (unsigned)(f->pcp & VID_PCP_MASK) << VID_PCP_SHIFT;
	if (l->has_group)
		wr_u32(w, f->group_id);
	if (l->has_mac)
		wr_copy(w, f->mac.b, sizeof(f->mac.b));
	wr_u16(w, (uint16_t)element);
}

/** Is a TLV whose fixed part has been read well formed? `left`: octets after the fixed part. */
static enum vdp_err assoc_judge(const struct vdp_assoc *a, unsigned n, size_t left)
{
	if (vdp_filter_entry_len(a->format) == 0)
		return VDP_ERR_FORMAT;
	if (n > vdp_filter_max(a->format) || left != (size_t)n * vdp_filter_entry_len(a->format))
		return VDP_ERR_LENGTH;
	if (a->vsi.format < VSI_ID_IPV4 || a->vsi.format > VSI_ID_UUID)
		return VDP_ERR_ID_FORMAT;
	if (n == 0 && a->op != VDP_DEASSOC) /* N = 0 there: the whole VSI (6.3) */
		return VDP_ERR_COUNT;
	return VDP_OK;
}

enum vdp_err vdp_assoc_decode(enum vdp_op op, struct span value, struct vdp_assoc *ret)
{
	struct rd r = rd_init(value);
	enum vdp_err err;
	unsigned n;

	if (value.len < VDP_ASSOC_FIXED)
		return VDP_ERR_SHORT;
	ret->op = op;
	ret->answers = (enum vdp_op)0;
	ret->status = rd_u8(&r);
	ret->type_id = rd_u24(&r);
	ret->type_version = rd_u8(&r);
	ret->vsi.format = rd_u8(&r);
	rd_copy(&r, ret->vsi.id, sizeof(ret->vsi.id));
	ret->format = rd_u8(&r);
	n = rd_u16(&r);
	ret->n_filters = 0;
	err = assoc_judge(ret, n, r.left);
	if (err != VDP_OK)
		return err;
	for (unsigned i = 0; i < n; i++)
		ret->filters[i] = filter_decode(layout_of(ret->format), &r);
	ret->n_filters = (uint16_t)n;
	return VDP_OK;
}

size_t vdp_assoc_octets(uint8_t format, unsigned n_filters, size_t org_len)
{
	return TLV_HEADER + VDP_ASSOC_FIXED + (size_t)n_filters * vdp_filter_entry_len(format) + org_len;
}

void vdp_assoc_encode(const struct vdp_assoc *a, struct wr *w)
{
	size_t mark;

	if (a->n_filters > vdp_filter_max(a->format) ||
		wr_room(w) < vdp_assoc_octets(a->format, a->n_filters, a->org.len)) {
		w->bad = true;
		return;
	}
	mark = tlv_open(w, (uint8_t)a->op);
	wr_u8(w, a->status);
	wr_u24(w, a->type_id);
	wr_u8(w, a->type_version);
	wr_u8(w, a->vsi.format);
	wr_copy(w, a->vsi.id, sizeof(a->vsi.id));
	wr_u8(w, a->format);
	wr_u16(w, a->n_filters);
	for (unsigned i = 0; i < a->n_filters; i++)
		filter_encode(layout_of(a->format), &a->filters[i], w);
	tlv_close(w, mark);
	wr_copy(w, a->org.ptr, a->org.len);
}

void vdp_manager_encode(const struct vdp_manager *m, struct wr *w)
{
	tlv_put(w, VDP_TLV_MANAGER, span_of(m->id, sizeof(m->id)));
}

const char *vdp_err_name(enum vdp_err e)
{
	static const struct name_row names[] = {
		{ VDP_OK, "ok" },
		{ VDP_ERR_SHORT, "shorter than its fixed part" },
		{ VDP_ERR_LENGTH, "length does not match the number of entries" },
		{ VDP_ERR_FORMAT, "unknown filter info format" },
		{ VDP_ERR_ID_FORMAT, "unknown VSIID format" },
		{ VDP_ERR_COUNT, "no filter entry" },
		{ VDP_ERR_IGNORED, "malformed, passed over" },
		{ 0, NULL },
	};

	return names_text(names, (int)e, "unknown");
}

enum vdp_pdu_err vdp_pdu_open(struct span sdu, struct vdp_pdu *ret)
{
	struct rd r = rd_init(sdu), rest;
	enum tlv_step step;
	struct tlv manager, t;
	size_t left;

	step = tlv_next(&r, &manager);
	if (step == TLV_STEP_OVERRUN)
		return VDP_PDU_OVERRUN;
	if (step == TLV_STEP_END || manager.type != VDP_TLV_MANAGER || manager.value.len != VDP_MANAGER_LEN)
		return VDP_PDU_NO_MANAGER;
	rest = r;
	while (left = r.left, (step = tlv_next(&r, &t)) == TLV_STEP_ITEM)
		if (t.type == VDP_TLV_MANAGER)
			return VDP_PDU_MANAGER_TWICE;
	if (step == TLV_STEP_OVERRUN)
		return VDP_PDU_OVERRUN;
	memcpy(ret->manager.id, manager.value.ptr, VDP_MANAGER_LEN);
	ret->r = rest;
	ret->has_end = left > 0;
	return VDP_PDU_OK;
}

/** The run of well-formed org-defined TLVs at r, which moves past it. */
static struct span org_run(struct rd *r)
{
	struct rd ahead = *r;
	size_t len = 0;
	struct tlv t;

	while (tlv_next(&ahead, &t) == TLV_STEP_ITEM && t.type == TLV_ORG && t.value.len >= ORG_OUI)
		len += TLV_HEADER + t.value.len;
	return rd_span(r, len);
}

bool vdp_pdu_next(struct vdp_pdu *p, struct vdp_pdu_item *ret)
{
	struct tlv t;

	while (tlv_next(&p->r, &t) == TLV_STEP_ITEM) {
		if (t.type <= VDP_DEASSOC) { /* and not 0, which ends the list */
			*ret = (struct vdp_pdu_item){ (enum vdp_op)t.type, p->manager, t.value,
				org_run(&p->r) };
			return true;
		}
	}
	p->r.left = 0; /* what follows an End TLV is padding, whoever asks again */
	return false;
}
