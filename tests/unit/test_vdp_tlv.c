/* VDP payload codec: the worked frames E1..E11, the codec laws for the four filter info formats, bad input. */
#include <criterion/criterion.h>

#include "ecp_pdu.h"
#include "vdp_tlv.h"

enum { AFTER_ETHERTYPE = 14, BUF = 2048 };

#define E_ADDRESS_ST 0x01, 0x80, 0xc2, 0x00, 0x00, 0x00, 0x00, 0x00, 0x5e, 0x00, 0x53, 0x01, 0x89, 0x40
#define E_ADDRESS_BR 0x01, 0x80, 0xc2, 0x00, 0x00, 0x00, 0x00, 0x00, 0x5e, 0x00, 0x53, 0x02, 0x89, 0x40
#define E_MANAGER                                                                                            \
	0x0a, 0x10, 0x20, 0x01, 0x0d, 0xb8, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,      \
		0x00, 0x10
#define E_NO_MANAGER 0x0a, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
#define E_UUID       0xf8, 0x1d, 0x4f, 0xae, 0x7d, 0xec, 0x11, 0xd0, 0xa7, 0x65, 0x00, 0xa0, 0xc9, 0x1e, 0x6b, 0xf6
#define E_TYPE       0x00, 0x01, 0x02, 0x03
#define E_MAC_VID    0x02, 0x00, 0x01, 0x00, 0x00, 0x5e, 0x00, 0x53, 0x10, 0x00, 0x64

static const uint8_t e1[] = { E_ADDRESS_ST, 0x10, 0x01, 0x00, 0x01, E_MANAGER, 0x06, 0x21, 0x10, E_TYPE, 0x05,
	E_UUID, E_MAC_VID };
static const uint8_t e3[] = { E_ADDRESS_BR, 0x10, 0x01, 0x00, 0x01, E_MANAGER, 0x06, 0x21, 0x40, E_TYPE, 0x05,
	E_UUID, E_MAC_VID };
static const uint8_t e4[] = { E_ADDRESS_BR, 0x10, 0x01, 0x00, 0x02, E_MANAGER, 0x08, 0x21, 0x52, E_TYPE, 0x05,
	E_UUID, E_MAC_VID };
static const uint8_t e5[] = { E_ADDRESS_BR, 0x10, 0x01, 0x00, 0x03, E_MANAGER, 0x06, 0x21, 0x63, E_TYPE, 0x05,
	E_UUID, E_MAC_VID };
static const uint8_t e6[] = { E_ADDRESS_ST, 0x10, 0x01, 0x00, 0x02, E_NO_MANAGER, 0x02, 0x1b, 0x00, 0x00,
	0x00, 0x2a, 0x00, 0x03, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x00, 0x00, 0x5e, 0x00, 0x53, 0x10, 0x01, 0x00,
	0x01, 0x00, 0x00 };
static const uint8_t e7[] = { E_ADDRESS_BR, 0x10, 0x01, 0x00, 0x04, E_NO_MANAGER, 0x02, 0x1b, 0x40, 0x00,
	0x00, 0x2a, 0x00, 0x03, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x00, 0x00, 0x5e, 0x00, 0x53, 0x10, 0x01, 0x00,
	0x01, 0xd0, 0xc8 };
static const uint8_t e8[] = { E_ADDRESS_ST, 0x10, 0x01, 0x00, 0x03, E_MANAGER, 0x04, 0x1f, 0x00, E_TYPE, 0x01,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xc0, 0x00, 0x02, 0x07, 0x03, 0x00, 0x01, 0x00, 0x00, 0x12, 0x34,
	0x00, 0x00 };
static const uint8_t e9[] = { E_ADDRESS_ST, 0x10, 0x01, 0x00, 0x04, E_MANAGER, 0x06, 0x31, 0x20, E_TYPE, 0x05,
	E_UUID, 0x04, 0x00, 0x02, 0x00, 0x00, 0x12, 0x34, 0x00, 0x00, 0x5e, 0x00, 0x53, 0x10, 0x00, 0x00,
	0x00, 0x00, 0x12, 0x34, 0x00, 0x00, 0x5e, 0x00, 0x53, 0x11, 0x00, 0x00 };
static const uint8_t e10[] = { E_ADDRESS_BR, 0x10, 0x01, 0x00, 0x05, E_MANAGER, 0x08, 0x21, 0x00, E_TYPE,
	0x05, E_UUID, E_MAC_VID };
static const uint8_t e11[] = { E_ADDRESS_ST, 0x10, 0x01, 0x00, 0x05, E_MANAGER, 0x06, 0x21, 0x00, E_TYPE,
	0x05, E_UUID, E_MAC_VID, 0xfe, 0x06, 0x00, 0x00, 0x5e, 0x01, 0xaa, 0xbb };

static const struct vdp_filter f_mac_100 = { .mac = { { 0, 0, 0x5e, 0, 0x53, 0x10 } }, .vid = 100 };

static bool filter_same(const struct vdp_filter *a, const struct vdp_filter *b)
{
	return a->group_id == b->group_id && mac_equal(a->mac, b->mac) && a->vid == b->vid &&
	       a->has_pcp == b->has_pcp && a->pcp == b->pcp;
}

static bool assoc_same(const struct vdp_assoc *a, const struct vdp_assoc *b)
{
	bool is_same = a->op == b->op && a->status == b->status && a->type_id == b->type_id &&
		       a->type_version == b->type_version && vsi_id_equal(&a->vsi, &b->vsi) &&
		       a->format == b->format && a->n_filters == b->n_filters;

	for (unsigned i = 0; is_same && i < a->n_filters; i++)
		is_same = filter_same(&a->filters[i], &b->filters[i]);
	return is_same;
}

/** Decode a whole frame with one association TLV, check ECP's header, and encode it again to the same octets. */
static struct vdp_assoc check_frame(struct span frame, uint16_t seq)
{
	struct rd r = rd_init(span_of(frame.ptr + AFTER_ETHERTYPE, frame.len - AFTER_ETHERTYPE));
	uint8_t buf[BUF];
	struct wr w = wr_init(buf, sizeof(buf));
	struct vdp_pdu_item item, none;
	struct vdp_assoc a;
	struct ecp_hdr h;
	struct vdp_pdu p;

	cr_assert(ecp_hdr_decode(&r, &h));
	cr_assert_eq(h.version << 12 | h.op << 10 | h.subtype, 0x1001);
	cr_assert_eq(h.seq, seq);
	cr_assert_eq(vdp_pdu_open(rd_rest(&r), &p), VDP_PDU_OK);
	cr_assert(vdp_pdu_next(&p, &item));
	cr_assert_eq(vdp_assoc_decode(item.op, item.value, &a), VDP_OK);
	a.org = item.org;
	cr_assert_not(vdp_pdu_next(&p, &none));

	wr_copy(&w, frame.ptr, AFTER_ETHERTYPE);
	ecp_hdr_encode(&h, &w);
	vdp_manager_encode(&p.manager, &w);
	vdp_assoc_encode(&a, &w);
	cr_assert(span_equal(wr_span(&w), frame));
	return a;
}
#define CHECK_FRAME(bytes, seq) check_frame(span_of(bytes, sizeof(bytes)), seq)

Test(vdp_tlv, worked_frame_e1_associate_request)
{
	struct vdp_assoc a = CHECK_FRAME(e1, 1);

	cr_assert_eq(a.op, VDP_ASSOC);
	cr_assert_eq(a.status, VDP_STATUS_M);
	cr_assert_eq(a.type_id, 0x000102u);
	cr_assert_eq(a.type_version, 3);
	cr_assert_eq(a.vsi.format, VSI_ID_UUID);
	cr_assert_eq(a.format, VDP_FILTER_MAC_VID);
	cr_assert_eq(a.n_filters, 1);
	cr_assert(filter_same(&a.filters[0], &f_mac_100));
}

Test(vdp_tlv, worked_frames_e3_e4_e5_responses)
{
	struct vdp_assoc a = CHECK_FRAME(e3, 1);

	cr_assert_eq(a.op, VDP_ASSOC);
	cr_assert_eq(a.status, VDP_STATUS_RESPONSE);
	a = CHECK_FRAME(e4, 2);
	cr_assert_eq(a.op, VDP_DEASSOC);
	cr_assert_eq(a.status, VDP_STATUS_RESPONSE | VDP_STATUS_HARD | VDP_E_RESOURCES);
	a = CHECK_FRAME(e5, 3);
	cr_assert_eq(a.op, VDP_ASSOC);
	cr_assert_eq(a.status, VDP_STATUS_RESPONSE | VDP_STATUS_KEEP | VDP_E_NO_MANAGER);
}

Test(vdp_tlv, worked_frames_e6_e7_null_vid_and_its_answer)
{
	struct vdp_assoc a = CHECK_FRAME(e6, 2);
	char text[VSI_ID_TEXT];

	cr_assert_eq(a.op, VDP_PREASSOC);
	cr_assert_eq(a.type_id, 42);
	cr_assert_str_eq(vsi_id_format(&a.vsi, text), "00:00:5e:00:53:10");
	cr_assert_eq(a.filters[0].vid, 0);
	cr_assert_not(a.filters[0].has_pcp);
	a = CHECK_FRAME(e7, 4);
	cr_assert_eq(a.filters[0].vid, 200);
	cr_assert(a.filters[0].has_pcp);
	cr_assert_eq(a.filters[0].pcp, 5);
}

Test(vdp_tlv, worked_frames_e8_e9_group_ids)
{
	struct vdp_assoc a = CHECK_FRAME(e8, 3);
	char text[VSI_ID_TEXT];

	cr_assert_eq(a.op, VDP_PREASSOC_RR);
	cr_assert_str_eq(vsi_id_format(&a.vsi, text), "192.0.2.7");
	cr_assert_eq(a.format, VDP_FILTER_GROUP_VID);
	cr_assert_eq(a.filters[0].group_id, 0x1234u);
	a = CHECK_FRAME(e9, 4);
	cr_assert_eq(a.status, VDP_STATUS_S);
	cr_assert_eq(a.n_filters, 2);
	cr_assert_eq(a.filters[1].group_id, 0x1234u);
	cr_assert_eq(a.filters[1].mac.b[5], 0x11);
}

Test(vdp_tlv, worked_frames_e10_e11_deassociate_and_org_tlv)
{
	struct vdp_assoc a = CHECK_FRAME(e10, 5);

	cr_assert_eq(a.op, VDP_DEASSOC);
	cr_assert_eq(a.status, 0);
	cr_assert_eq(a.org.len, 0);
	a = CHECK_FRAME(e11, 5);
	cr_assert_eq(a.org.len, 8);
	cr_assert_eq(a.org.ptr[0], 0xfe);
	cr_assert_eq(a.org.ptr[7], 0xbb);
}

/* ---- codec laws, for every format ---- */

static struct vdp_assoc sample(uint8_t format, unsigned n)
{
	struct vdp_assoc a = { .op = VDP_ASSOC,
		.status = 0x30,
		.type_id = 0xabcdef,
		.type_version = 9,
		.vsi = { VSI_ID_UUID, { E_UUID } },
		.format = format,
		.n_filters = (uint16_t)n };

	for (unsigned i = 0; i < n; i++) {
		struct vdp_filter *f = &a.filters[i];

		f->vid = (uint16_t)(i % 4095);
		f->has_pcp = i % 2 != 0;
		f->pcp = f->has_pcp ? i % 8 : 0;
		if (format == VDP_FILTER_MAC_VID || format == VDP_FILTER_GROUP_MAC_VID)
			f->mac = (struct mac){ { 2, 0, 0, 0, 1, (uint8_t)i } };
		if (format == VDP_FILTER_GROUP_VID || format == VDP_FILTER_GROUP_MAC_VID)
			f->group_id = 0xfffffff0u + i % 16;
	}
	return a;
}

/** The value of the TLV that `a` encodes to, in buf. */
static struct span encode_value(const struct vdp_assoc *a, uint8_t buf[BUF])
{
	struct wr w = wr_init(buf, BUF);

	vdp_assoc_encode(a, &w);
	cr_assert_not(w.bad);
	cr_assert_eq(w.len, vdp_assoc_octets(a->format, a->n_filters, a->org.len));
	return span_of(buf + TLV_HEADER, w.len - TLV_HEADER - a->org.len);
}

Test(vdp_tlv, the_largest_list_of_each_format)
{
	static const unsigned max[] = { 0, 243, 60, 81, 40, 0 };

	for (uint8_t format = 0; format < 6; format++)
		cr_assert_eq(vdp_filter_max(format), max[format]);
	cr_assert_eq(vdp_filter_max(255), 0);
	cr_assert_eq(vdp_filter_max(VDP_FILTER_VID), VDP_FILTERS_MAX);
}

Test(vdp_tlv, decode_of_encode_is_the_same_for_every_format_and_count)
{
	uint8_t buf[BUF], again[BUF];

	for (uint8_t format = VDP_FILTER_VID; format <= VDP_FILTER_GROUP_MAC_VID; format++) {
		for (unsigned n = 1; n <= vdp_filter_max(format); n++) {
			struct vdp_assoc a = sample(format, n), b;
			struct span v = encode_value(&a, buf);

			cr_assert_eq(vdp_assoc_decode(VDP_ASSOC, v, &b), VDP_OK);
			cr_assert(assoc_same(&a, &b));
			b.org = span_of(NULL, 0);
			cr_assert(span_equal(encode_value(&b, again), v));
		}
	}
}

Test(vdp_tlv, every_strict_prefix_of_a_value_fails)
{
	uint8_t buf[BUF];

	for (uint8_t format = VDP_FILTER_VID; format <= VDP_FILTER_GROUP_MAC_VID; format++) {
		struct vdp_assoc a = sample(format, vdp_filter_max(format)), b;
		struct span v = encode_value(&a, buf);

		for (size_t n = 0; n < v.len; n++) {
			enum vdp_err e = vdp_assoc_decode(VDP_ASSOC, span_of(v.ptr, n), &b);

			cr_assert_eq(e, n < VDP_ASSOC_FIXED ? VDP_ERR_SHORT : VDP_ERR_LENGTH);
		}
	}
}

Test(vdp_tlv, a_count_off_by_one_or_bogus_is_a_length_error_that_still_names_the_vsi)
{
	static const uint16_t wrong[] = { 0, 1, 3, 255, 256, 32768, 65535 };
	uint8_t buf[BUF];

	for (uint8_t format = VDP_FILTER_VID; format <= VDP_FILTER_GROUP_MAC_VID; format++) {
		struct vdp_assoc a = sample(format, 2), b;
		struct span v = encode_value(&a, buf);

		for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
			buf[TLV_HEADER + 23] = (uint8_t)(wrong[i] >> 8);
			buf[TLV_HEADER + 24] = (uint8_t)wrong[i];
			cr_assert_eq(vdp_assoc_decode(VDP_ASSOC, v, &b), VDP_ERR_LENGTH);
			cr_assert(vsi_id_equal(&b.vsi, &a.vsi));
			cr_assert_eq(b.type_id, a.type_id);
			cr_assert_eq(b.n_filters, 0);
		}
	}
}

Test(vdp_tlv, a_value_longer_than_a_tlv_can_carry_is_refused)
{
	uint8_t v[25 + 244 * 2] = { 0 };
	struct vdp_assoc a;

	v[5] = VSI_ID_UUID;
	v[22] = VDP_FILTER_VID;
	v[24] = 244;
	cr_assert_eq(vdp_assoc_decode(VDP_ASSOC, span_of(v, sizeof(v)), &a), VDP_ERR_LENGTH);
}

Test(vdp_tlv, unknown_filter_and_vsiid_formats)
{
	uint8_t buf[BUF];
	struct vdp_assoc a = sample(VDP_FILTER_VID, 1), b;
	struct span v = encode_value(&a, buf);

	for (unsigned f = 0; f <= 255; f++) {
		bool is_known = f >= 1 && f <= 5;

		buf[TLV_HEADER + 5] = (uint8_t)f;
		cr_assert_eq(vdp_assoc_decode(VDP_ASSOC, v, &b), is_known ? VDP_OK : VDP_ERR_ID_FORMAT);
		cr_assert_eq(b.vsi.format, f);
	}
	for (unsigned f = 0; f <= 255; f++) {
		bool is_known = f >= 1 && f <= 4;

		buf[TLV_HEADER + 22] = (uint8_t)f;
		cr_assert_eq(vdp_assoc_decode(VDP_ASSOC, v, &b) == VDP_ERR_FORMAT, !is_known, "format %u", f);
		cr_assert_eq(b.format, f);
	}
}

Test(vdp_tlv, no_entries_mean_the_whole_vsi_in_a_deassociate_and_nothing_elsewhere)
{
	uint8_t buf[BUF];

	for (uint8_t op = VDP_PREASSOC; op <= VDP_DEASSOC; op++) {
		struct vdp_assoc a = sample(VDP_FILTER_MAC_VID, 0), b;
		struct span v = encode_value(&a, buf);

		cr_assert_eq(
			vdp_assoc_decode((enum vdp_op)op, v, &b), op == VDP_DEASSOC ? VDP_OK : VDP_ERR_COUNT);
		cr_assert_eq(b.op, op);
	}
}

Test(vdp_tlv, a_pcp_without_ps_means_nothing)
{
	uint8_t buf[BUF];
	struct vdp_assoc a = sample(VDP_FILTER_VID, 1), b;
	struct span v = encode_value(&a, buf);

	buf[TLV_HEADER + 25] = 0x70;
	cr_assert_eq(vdp_assoc_decode(VDP_ASSOC, v, &b), VDP_OK);
	cr_assert_not(b.filters[0].has_pcp);
	cr_assert_eq(b.filters[0].pcp, 0);
	a.filters[0].pcp = 7;
	v = encode_value(&a, buf);
	cr_assert_eq(v.ptr[25], 0, "never sent without PS");
}

Test(vdp_tlv, what_does_not_fit_is_taken_back_whole)
{
	static const uint8_t org[] = { 0xfe, 0x03, 1, 2, 3 };
	struct vdp_assoc a = sample(VDP_FILTER_MAC_VID, 2);
	uint8_t buf[BUF];
	size_t need;

	a.org = span_of(org, sizeof(org));
	need = vdp_assoc_octets(a.format, a.n_filters, sizeof(org));
	for (size_t cap = 0; cap <= need; cap++) {
		struct wr w = wr_init(buf, cap + 1);

		wr_u8(&w, 0);
		vdp_assoc_encode(&a, &w);
		cr_assert_eq(w.bad, cap < need);
		cr_assert_eq(w.len, cap < need ? 1 : 1 + need);
	}
}

Test(vdp_tlv, more_entries_than_a_tlv_holds_are_not_encoded)
{
	struct vdp_assoc a = sample(VDP_FILTER_MAC_VID, 61);
	uint8_t buf[BUF];
	struct wr w = wr_init(buf, sizeof(buf));

	vdp_assoc_encode(&a, &w);
	cr_assert(w.bad);
	cr_assert_eq(w.len, 0);
}

/* ---- whole payloads ---- */

static enum vdp_pdu_err open_octets(const uint8_t *p, size_t n)
{
	struct vdp_pdu pdu;

	return vdp_pdu_open(span_of(p, n), &pdu);
}
#define OPEN(...) open_octets((const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ }))

#define TLV_E1  0x06, 0x21, 0x10, E_TYPE, 0x05, E_UUID, E_MAC_VID
#define TLV_E10 0x08, 0x21, 0x00, E_TYPE, 0x05, E_UUID, E_MAC_VID

Test(vdp_tlv, VDP_01_a_message_begins_with_the_manager_id)
{
	struct vdp_manager m = { { 0x20, 0x01, 0x0d, 0xb8, [15] = 0x10 } };
	uint8_t buf[64];
	struct wr w = wr_init(buf, sizeof(buf));

	vdp_manager_encode(&m, &w);
	cr_assert(span_equal(wr_span(&w), span_of(e1 + 18, 18)));
}

Test(vdp_tlv, VDP_02_first_tlv_is_not_a_manager_id)
{
	cr_assert_eq(OPEN(TLV_E1, E_MANAGER), VDP_PDU_NO_MANAGER);
	cr_assert_eq(OPEN(0xfe, 0x03, 1, 2, 3, E_MANAGER, TLV_E1), VDP_PDU_NO_MANAGER);
	cr_assert_eq(OPEN(0, 0, 0, 0), VDP_PDU_NO_MANAGER);
	cr_assert_eq(open_octets(NULL, 0), VDP_PDU_NO_MANAGER);
}

Test(vdp_tlv, VDP_03_manager_id_of_another_length)
{
	cr_assert_eq(
		OPEN(0x0a, 0x0f, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, TLV_E1), VDP_PDU_NO_MANAGER);
	cr_assert_eq(OPEN(0x0a, 0x11, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, TLV_E1),
		VDP_PDU_NO_MANAGER);
	cr_assert_eq(OPEN(0x0a, 0x00, TLV_E1), VDP_PDU_NO_MANAGER);
}

Test(vdp_tlv, VDP_04_two_manager_ids_discard_the_message)
{
	cr_assert_eq(OPEN(E_MANAGER, TLV_E1, E_MANAGER), VDP_PDU_MANAGER_TWICE);
	cr_assert_eq(OPEN(E_MANAGER, TLV_E1, 0x0a, 0x00), VDP_PDU_MANAGER_TWICE);
}

Test(vdp_tlv, VDP_05_an_overrun_at_the_end_discards_the_message)
{
	cr_assert_eq(OPEN(E_MANAGER, TLV_E1), VDP_PDU_OK);
	cr_assert_eq(OPEN(E_MANAGER, TLV_E1, 0x06), VDP_PDU_OVERRUN);
	cr_assert_eq(OPEN(E_MANAGER, TLV_E1, 0x06, 0x21, 0x10), VDP_PDU_OVERRUN);
	cr_assert_eq(OPEN(E_MANAGER, TLV_E1, 0xff, 0xff, 0xff), VDP_PDU_OVERRUN, "trailing garbage");
	cr_assert_eq(OPEN(0x0a, 0x10, 0, 0), VDP_PDU_OVERRUN);
}

Test(vdp_tlv, every_cut_inside_a_tlv_discards_the_message)
{
	const uint8_t b[] = { E_MANAGER, TLV_E1, TLV_E10 };

	for (size_t n = 1; n <= sizeof(b); n++) {
		bool is_whole = n == 18 || n == 18 + 35 || n == sizeof(b);

		cr_assert_eq(open_octets(b, n), is_whole ? VDP_PDU_OK : VDP_PDU_OVERRUN, "%zu octets", n);
	}
}

/** Decode every association TLV; returns their operations as decimal digits. */
static unsigned walk(const uint8_t *p, size_t n)
{
	struct vdp_pdu_item item;
	struct vdp_assoc a;
	struct vdp_pdu pdu;
	unsigned ops = 0;

	cr_assert_eq(vdp_pdu_open(span_of(p, n), &pdu), VDP_PDU_OK);
	while (vdp_pdu_next(&pdu, &item)) {
		cr_assert_eq(vdp_assoc_decode(item.op, item.value, &a), VDP_OK);
		ops = ops * 10 + item.op;
	}
	cr_assert_not(vdp_pdu_next(&pdu, &item), "the end stays the end");
	return ops;
}
#define WALK(...) walk((const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ }))

Test(vdp_tlv, VDP_06_reserved_types_are_skipped)
{
	cr_assert_eq(WALK(E_MANAGER, 0x0c, 0x02, 1, 2, TLV_E1, 0xfc, 0x00, TLV_E10), 34);
}

Test(vdp_tlv, VDP_07_org_tlvs_are_skipped_and_kept_as_octets)
{
	cr_assert_eq(WALK(E_MANAGER, TLV_E1, 0xfe, 0x06, 0, 0, 0x5e, 1, 2, 3, TLV_E10), 34);
	cr_assert_eq(WALK(E_MANAGER, 0xfe, 0x03, 1, 2, 3, TLV_E1), 3, "one before the first association TLV");
}

Test(vdp_tlv, VDP_08_zero_padding_ends_the_list)
{
	cr_assert_eq(WALK(E_MANAGER, TLV_E1, 0, 0), 3);
	cr_assert_eq(WALK(E_MANAGER, TLV_E1, 0, 0, 0, 0, 0, 0, 0), 3);
	cr_assert_eq(WALK(E_MANAGER, TLV_E1, 0, 0, TLV_E10), 3, "nothing after an End TLV counts");
	cr_assert_eq(WALK(E_MANAGER, TLV_E1, 0, 0, 0xff, 0xff), 3, "not even an overrun");
}

Test(vdp_tlv, VDP_09_two_association_tlvs)
{
	cr_assert_eq(WALK(E_MANAGER, TLV_E1, TLV_E10), 34);
}

Test(vdp_tlv, VDP_10_the_reserved_status_bit_is_ignored)
{
	uint8_t v[33];
	struct vdp_assoc a;

	memcpy(v, e1 + 38, sizeof(v));
	v[0] |= 0x80;
	cr_assert_eq(vdp_assoc_decode(VDP_ASSOC, span_of(v, sizeof(v)), &a), VDP_OK);
	cr_assert_eq(a.status & VDP_STATUS_M, VDP_STATUS_M);
	cr_assert_eq(a.status & VDP_STATUS_RESPONSE, 0);
}

Test(vdp_tlv, org_tlvs_belong_to_the_association_tlv_before_them)
{
	const uint8_t b[] = { E_MANAGER, TLV_E1, 0xfe, 0x03, 1, 2, 3, 0xfe, 0x04, 4, 5, 6, 7, 0xfe, 0x02, 8,
		9, 0xfe, 0x03, 1, 1, 1, TLV_E10 };
	struct vdp_pdu_item item;
	struct vdp_pdu p;

	cr_assert_eq(vdp_pdu_open(span_of(b, sizeof(b)), &p), VDP_PDU_OK);
	cr_assert(vdp_pdu_next(&p, &item));
	cr_assert_eq(item.org.len, 5 + 6, "up to the one too short for an OUI");
	cr_assert_eq(item.org.ptr[2], 1);
	cr_assert(vdp_pdu_next(&p, &item));
	cr_assert_eq(item.op, VDP_DEASSOC);
	cr_assert_eq(item.org.len, 0);
}

Test(vdp_tlv, a_value_shorter_than_its_fixed_part_is_one_item_and_an_error)
{
	const uint8_t b[] = { E_MANAGER, 0x06, 0x03, 1, 2, 3, TLV_E10 };
	struct vdp_assoc a = { .op = VDP_PREASSOC, .type_id = 77 };
	struct vdp_pdu_item item;
	struct vdp_pdu p;

	cr_assert_eq(vdp_pdu_open(span_of(b, sizeof(b)), &p), VDP_PDU_OK);
	cr_assert(vdp_pdu_next(&p, &item));
	cr_assert_eq(vdp_assoc_decode(item.op, item.value, &a), VDP_ERR_SHORT);
	cr_assert(a.op == VDP_PREASSOC && a.type_id == 77, "nothing is written");
	cr_assert(vdp_pdu_next(&p, &item));
	cr_assert_eq(item.op, VDP_DEASSOC);
}

Test(vdp_tlv, every_error_has_a_name)
{
	for (unsigned e = VDP_OK; e <= VDP_ERR_COUNT; e++)
		cr_assert_str_neq(vdp_err_name((enum vdp_err)e), "unknown");
	cr_assert_str_eq(vdp_err_name((enum vdp_err)99), "unknown");
}
