/*
 * fuzz_vdp_pdu.c - a VDP payload, read in both generations and by both roles. Laws: an item and its org TLVs lie inside the payload; what decodes can be encoded
 * and decodes to the same; a decoder that refuses leaves no filters behind; the values of a TLV have a text form that
 * reads back.
 */
#include <string.h>

#include "fuzz.h"
#include "vdp_draft_tlv.h"

static void check_inside(struct span whole, struct span part)
{
	FUZZ_LAW(part.len == 0 || (part.ptr >= whole.ptr && part.ptr + part.len <= whole.ptr + whole.len));
}

static void same(const struct vdp_assoc *a, const struct vdp_assoc *b)
{
	FUZZ_LAW(a->op == b->op && a->status == b->status && a->type_id == b->type_id);
	FUZZ_LAW(a->type_version == b->type_version && vsi_id_equal(&a->vsi, &b->vsi));
	FUZZ_LAW(a->format == b->format && a->n_filters == b->n_filters);
	for (unsigned i = 0; i < a->n_filters; i++) {
		const struct vdp_filter *f = &a->filters[i], *g = &b->filters[i];

		FUZZ_LAW(f->group_id == g->group_id && mac_equal(f->mac, g->mac) && f->vid == g->vid);
		FUZZ_LAW(f->has_pcp == g->has_pcp && f->pcp == g->pcp);
	}
}

static void round_trip(const struct vdp_assoc *a)
{
	uint8_t buf[2 * TLV_VALUE_MAX];
	struct wr w = wr_init(buf, sizeof(buf));
	struct rd r;
	struct tlv t;
	struct vdp_assoc again;

	vdp_assoc_encode(a, &w);
	FUZZ_LAW(!w.bad && w.len == vdp_assoc_octets(a->format, a->n_filters, a->org.len));
	r = rd_init(wr_span(&w));
	FUZZ_LAW(tlv_next(&r, &t) == TLV_STEP_ITEM && t.type == (unsigned)a->op);
	FUZZ_LAW(vdp_assoc_decode(a->op, t.value, &again) == VDP_OK);
	same(a, &again);
}

static void texts(const struct vdp_assoc *a)
{
	char text[VSI_ID_TEXT];
	struct vsi_id id;

	vsi_id_format(&a->vsi, text);
	FUZZ_LAW(strlen(text) < sizeof(text));
	if (a->vsi.format == VSI_ID_UUID) {
		FUZZ_LAW(vsi_id_parse(text, &id) && vsi_id_equal(&id, &a->vsi));
	}
}

static void draft_round_trip(enum vdp_role reader, const struct vdp_assoc *a, const struct vdp_pdu_item *item)
{
	const struct vdp_manager_map map = { 0 };
	static struct vdp_assoc again;
	uint8_t buf[2 * TLV_VALUE_MAX];
	struct wr w = wr_init(buf, sizeof(buf));
	struct vdp_pdu_item read;
	struct vdp_pdu pdu;

	vdp_draft_encode(a, &item->manager, &map, &w);
	FUZZ_LAW(!w.bad && w.len == vdp_draft_octets(a->format, a->n_filters, 0));
	FUZZ_LAW(w.len == TLV_HEADER + item->value.len);
	FUZZ_LAW(vdp_draft_pdu_open(wr_span(&w), &pdu) == VDP_PDU_OK);
	FUZZ_LAW(vdp_draft_pdu_next(&pdu, &map, &read));
	FUZZ_LAW(vdp_manager_equal(&read.manager, &item->manager));
	FUZZ_LAW(vdp_draft_decode(reader, &read, &again) == VDP_OK);
	FUZZ_LAW(again.answers == a->answers);
	same(a, &again);
}

static void draft(struct span sdu)
{
	const struct vdp_manager_map map = { 0 };
	static struct vdp_assoc a;
	struct vdp_pdu_item item;
	struct vdp_pdu pdu;
	unsigned n = 0;

	if (vdp_draft_pdu_open(sdu, &pdu) != VDP_PDU_OK)
		return;
	while (vdp_draft_pdu_next(&pdu, &map, &item)) {
		FUZZ_LAW(++n <= sdu.len / TLV_HEADER);
		check_inside(sdu, item.value);
		for (int reader = VDP_STATION; reader <= VDP_BRIDGE; reader++)
			if (vdp_draft_decode((enum vdp_role)reader, &item, &a) == VDP_OK)
				draft_round_trip((enum vdp_role)reader, &a, &item);
	}
}

static void ratified(struct span sdu)
{
	static struct vdp_assoc a;
	struct vdp_pdu_item item;
	struct vdp_pdu pdu;
	unsigned n = 0;

	if (vdp_pdu_open(sdu, &pdu) != VDP_PDU_OK)
		return;
	while (vdp_pdu_next(&pdu, &item)) {
		enum vdp_err err;

		FUZZ_LAW(++n <= sdu.len / TLV_HEADER);
		FUZZ_LAW(item.op >= VDP_PREASSOC && item.op <= VDP_DEASSOC);
		check_inside(sdu, item.value);
		check_inside(sdu, item.org);
		err = vdp_assoc_decode(item.op, item.value, &a);
		if (err == VDP_ERR_SHORT)
			continue;
		FUZZ_LAW(err == VDP_OK || a.n_filters == 0);
		FUZZ_LAW(a.n_filters <= VDP_FILTERS_MAX);
		texts(&a);
		a.org = span_of(NULL, 0);
		if (err == VDP_OK)
			round_trip(&a);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ratified(span_of(data, size));
	draft(span_of(data, size));
	return 0;
}
