/*
 * fuzz_vdp_pdu.c - a VDP payload. Laws: an item and its org TLVs lie inside the payload; what decodes can be encoded
 * and decodes to the same; a decoder that refuses leaves no filters behind; the values of a TLV have a text form that
 * reads back.
 */
#include <string.h>

#include "fuzz.h"
#include "vdp_tlv.h"

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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct vdp_assoc a;
	struct span sdu = span_of(data, size);
	struct vdp_pdu_item item;
	struct vdp_pdu pdu;
	unsigned n = 0;

	if (vdp_pdu_open(sdu, &pdu) != VDP_PDU_OK)
		return 0;
	while (vdp_pdu_next(&pdu, &item)) {
		enum vdp_err err;

		FUZZ_LAW(++n <= size / TLV_HEADER);
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
	return 0;
}
