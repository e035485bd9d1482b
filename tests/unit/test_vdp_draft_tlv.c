/* VDP TLVs of draft 0.2: D2 and D4, the codec's laws, bad values, response codes, managers (evb-reference 7.3). */
#include <criterion/criterion.h>

#include "draft_frames.h"
#include "ecp_draft_pdu.h"
#include "prng.h"
#include "vdp_draft_tlv.h"

enum { TLVS_AT = DRAFT_AFTER_ETHERTYPE + ECP_DRAFT_HEADER, VALUE = 38 /* of D2's TLV */ };

static const struct vdp_manager_map right = { 0 };
static const struct vdp_manager one = { { [15] = 1 } };

static struct span payload_of(const uint8_t *frame, size_t len)
{
	return span_of(frame + TLVS_AT, len - TLVS_AT);
}

/** The only VSI TLV of a payload. */
static struct vdp_pdu_item item_of(struct span payload)
{
	struct vdp_pdu_item item, none;
	struct vdp_pdu pdu;

	cr_assert_eq(vdp_draft_pdu_open(payload, &pdu), VDP_PDU_OK);
	cr_assert(vdp_draft_pdu_next(&pdu, &right, &item));
	cr_assert_not(vdp_draft_pdu_next(&pdu, &right, &none));
	cr_assert_not(vdp_draft_pdu_next(&pdu, &right, &none), "nor later");
	return item;
}

static void check_octets(const struct vdp_assoc *a, const struct vdp_manager *m, struct span payload)
{
	uint8_t buf[600];
	struct wr w = wr_init(buf, sizeof(buf));

	vdp_draft_encode(a, m, &right, &w);
	cr_assert_eq(w.len, vdp_draft_octets(a->format, a->n_filters, a->org.len));
	wr_u16(&w, TLV_END);
	cr_assert(span_equal(wr_span(&w), payload));
}

Test(vdp_draft_tlv, worked_frame_d2_is_an_associate_request)
{
	struct span payload = payload_of(frame_d2, sizeof(frame_d2));
	struct vdp_pdu_item item = item_of(payload);
	struct vdp_assoc a;

	cr_assert_eq(item.op, VDP_ASSOC);
	cr_assert(vdp_manager_equal(&item.manager, &one));
	cr_assert_eq(vdp_draft_decode(VDP_BRIDGE, &item, &a), VDP_OK);
	cr_assert_eq(a.op, VDP_ASSOC);
	cr_assert_eq(a.status, 0);
	cr_assert_eq(a.type_id, 0x102u);
	cr_assert_eq(a.type_version, 3);
	cr_assert_eq(a.vsi.format, VSI_ID_UUID);
	cr_assert_eq(a.vsi.id[0], 0xf8);
	cr_assert_eq(a.vsi.id[15], 0xf6);
	cr_assert_eq(a.format, VDP_FILTER_MAC_VID);
	cr_assert_eq(a.n_filters, 1);
	cr_assert_eq(a.filters[0].mac.b[5], 0x10);
	cr_assert_eq(a.filters[0].vid, 100);
	check_octets(&a, &item.manager, payload);
}

Test(vdp_draft_tlv, worked_frame_d4_is_its_response)
{
	struct span payload = payload_of(frame_d4, sizeof(frame_d4));
	struct vdp_pdu_item item = item_of(payload);
	struct vdp_assoc a;

	cr_assert_eq(vdp_draft_decode(VDP_STATION, &item, &a), VDP_OK);
	cr_assert_eq(a.op, VDP_ASSOC);
	cr_assert_eq(a.status, VDP_STATUS_RESPONSE);
	check_octets(&a, &item.manager, payload);
}

/* ---- laws ---- */

static struct vdp_assoc any_assoc(struct prng *p, enum vdp_role reader)
{
	struct vdp_assoc a = { .op = (enum vdp_op)(1 + prng_below(p, 4)),
		.type_id = (uint32_t)prng_below(p, 1 << 24),
		.type_version = (uint8_t)prng_below(p, 256),
		.vsi.format = VSI_ID_UUID,
		.format = VDP_FILTER_MAC_VID,
		.n_filters = (uint16_t)(1 + prng_below(p, 60)) };

	for (unsigned k = 0; k < 16; k++)
		a.vsi.id[k] = (uint8_t)prng_below(p, 256);
	for (unsigned i = 0; i < a.n_filters; i++) {
		for (unsigned k = 0; k < 6; k++)
			a.filters[i].mac.b[k] = (uint8_t)prng_below(p, 256);
		a.filters[i].vid = (uint16_t)prng_below(p, 65536);
	}
	if (reader == VDP_BRIDGE)
		return a;
	if (a.op != VDP_DEASSOC)
		a.status = VDP_STATUS_RESPONSE;
	if (prng_below(p, 2) == 0) { /* refused */
		a.status = (uint8_t)(VDP_STATUS_RESPONSE | vdp_draft_status((uint8_t)(1 + prng_below(p, 6))));
		a.answers = a.op == VDP_DEASSOC ? (enum vdp_op)0 : a.op;
		a.op = VDP_DEASSOC;
	}
	return a;
}

static bool same(const struct vdp_assoc *a, const struct vdp_assoc *b)
{
	if (a->op != b->op || a->answers != b->answers || a->status != b->status ||
		a->type_id != b->type_id || a->type_version != b->type_version ||
		!vsi_id_equal(&a->vsi, &b->vsi) || a->format != b->format || a->n_filters != b->n_filters)
		return false;
	for (unsigned i = 0; i < a->n_filters; i++)
		if (!mac_equal(a->filters[i].mac, b->filters[i].mac) ||
			a->filters[i].vid != b->filters[i].vid || b->filters[i].has_pcp)
			return false;
	return true;
}

Test(vdp_draft_tlv, what_is_encoded_decodes_to_the_same_and_back)
{
	struct prng p = { 3 };

	for (unsigned k = 0; k < 4000; k++) {
		enum vdp_role reader = k % 2 ? VDP_STATION : VDP_BRIDGE;
		struct vdp_assoc a = any_assoc(&p, reader), b;
		struct vdp_manager m = vdp_manager_of_octet(&right, (uint8_t)k);
		uint8_t buf[600], again[600];
		struct wr w = wr_init(buf, sizeof(buf)), v = wr_init(again, sizeof(again));
		struct vdp_pdu_item item;

		vdp_draft_encode(&a, &m, &right, &w);
		item = item_of(wr_span(&w));
		if (vdp_draft_decode(reader, &item, &b) != VDP_OK || !same(&a, &b) ||
			!vdp_manager_equal(&item.manager, &m))
			cr_assert_fail("assoc %u", k);
		vdp_draft_encode(&b, &item.manager, &right, &v);
		if (!span_equal(wr_span(&w), wr_span(&v)))
			cr_assert_fail("octets %u", k);
	}
}

Test(vdp_draft_tlv, a_tlv_that_does_not_fit_leaves_the_writer_as_it_was)
{
	struct prng p = { 4 };
	struct vdp_assoc a = any_assoc(&p, VDP_BRIDGE);
	size_t need = vdp_draft_octets(a.format, a.n_filters, 0);
	uint8_t buf[600];

	for (size_t cap = 0; cap < need; cap++) {
		struct wr w = wr_init(buf, cap);

		vdp_draft_encode(&a, &one, &right, &w);
		if (!w.bad || w.len != 0)
			cr_assert_fail("room for %zu", cap);
	}
}

/** Decode D2's value cut or grown to `len` octets, one octet of it changed. */
static enum vdp_err with(size_t len, size_t at, uint8_t octet)
{
	uint8_t value[600] = { 0 };
	uint8_t buf[700];
	struct wr w = wr_init(buf, sizeof(buf));
	struct vdp_pdu_item item;
	struct vdp_assoc a;

	memcpy(value, frame_d2 + TLVS_AT + TLV_HEADER, VALUE);
	value[at] = octet;
	tlv_put(&w, TLV_ORG, span_of(value, len));
	item = item_of(wr_span(&w));
	return vdp_draft_decode(VDP_BRIDGE, &item, &a);
}

Test(vdp_draft_tlv, D02_07_what_is_malformed_is_passed_over)
{
	cr_assert_eq(with(VALUE, 4, 2), VDP_OK);
	for (size_t len = TLV_ORG_HEADER; len <= TLV_VALUE_MAX; len++)
		cr_assert_eq(with(len, 4, 2), len == VALUE ? VDP_OK : VDP_ERR_IGNORED, "length %zu", len);
	for (unsigned v = 0; v < 256; v++) {
		uint8_t u = (uint8_t)v;

		cr_assert_eq(with(VALUE, 4, u), v <= 3 ? VDP_OK : VDP_ERR_IGNORED, "MODE %u", v);
		cr_assert_eq(with(VALUE, 5, u), v <= 6 ? VDP_OK : VDP_ERR_IGNORED, "RESP %u", v);
		cr_assert_eq(with(VALUE, 27, u), v == 2 ? VDP_OK : VDP_ERR_IGNORED, "FORMAT %u", v);
		cr_assert_eq(with(VALUE, 28, u), v == 0 ? VDP_OK : VDP_ERR_IGNORED, "N high %u", v);
		cr_assert_eq(with(VALUE, 29, u), v == 1 ? VDP_OK : VDP_ERR_IGNORED, "N %u", v);
	}
	cr_assert_eq(with(30, 29, 0), VDP_ERR_IGNORED, "no entry");
}

Test(vdp_draft_tlv, a_vid_keeps_its_sixteen_bits_so_that_it_can_be_judged)
{
	struct vdp_assoc a;
	uint8_t payload[40];
	struct vdp_pdu_item item;

	memcpy(payload, frame_d2 + TLVS_AT, sizeof(payload));
	payload[38] = 0xd0; /* PS and PCP of the ratified protocol */
	item = item_of(span_of(payload, sizeof(payload)));
	cr_assert_eq(vdp_draft_decode(VDP_BRIDGE, &item, &a), VDP_OK);
	cr_assert_eq(a.filters[0].vid, 0xd064);
	cr_assert_not(a.filters[0].has_pcp);
}

/* ---- walk ---- */

Test(vdp_draft_tlv, other_tlvs_are_skipped)
{
	static const uint8_t others[] = { 0xfe, 4, 0, 0x1b, 0x3f, 0, 0xfe, 4, 0, 0x1b, 0x3f, 1, 0xfe, 4, 0,
		0x80, 0xc2, 2, 0xfe, 3, 0, 0x1b, 0x3f, 0xfe, 0, 0x0a, 2, 1, 2, 0x06, 0 };
	uint8_t buf[200];
	struct wr w = wr_init(buf, sizeof(buf));

	wr_copy(&w, others, sizeof(others));
	wr_copy(&w, frame_d2 + TLVS_AT, VALUE + TLV_HEADER);
	wr_copy(&w, others, sizeof(others));
	cr_assert_eq(item_of(wr_span(&w)).value.len, VALUE);
}

Test(vdp_draft_tlv, an_empty_payload_and_padding_hold_no_tlv)
{
	static const uint8_t zeros[40];

	for (size_t len = 0; len <= sizeof(zeros); len++) {
		struct vdp_pdu pdu;
		struct vdp_pdu_item item;

		if (len == 1) {
			cr_assert_eq(vdp_draft_pdu_open(span_of(zeros, len), &pdu), VDP_PDU_OVERRUN);
			continue;
		}
		cr_assert_eq(vdp_draft_pdu_open(span_of(zeros, len), &pdu), VDP_PDU_OK, "%zu", len);
		cr_assert_eq(pdu.has_end, len > 0);
		cr_assert_not(vdp_draft_pdu_next(&pdu, &right, &item));
	}
}

Test(vdp_draft_tlv, an_overrun_anywhere_discards_the_payload)
{
	size_t whole = TLV_HEADER + VALUE;
	uint8_t two[2 * (TLV_HEADER + VALUE)];
	struct vdp_pdu pdu;

	memcpy(two, frame_d2 + TLVS_AT, whole);
	memcpy(two + whole, frame_d2 + TLVS_AT, whole);
	for (size_t len = 0; len <= sizeof(two); len++)
		cr_assert_eq(vdp_draft_pdu_open(span_of(two, len), &pdu),
			len % whole == 0 ? VDP_PDU_OK : VDP_PDU_OVERRUN, "%zu octets", len);
}

/* ---- response codes ---- */

Test(vdp_draft_tlv, response_codes_map_both_ways)
{
	static const struct {
		uint8_t resp, error;
		bool is_hard;
	} rows[] = { { 0, VDP_E_SUCCESS, false }, { 1, VDP_E_FORMAT, true }, { 2, VDP_E_RESOURCES, false },
		{ 3, VDP_E_TYPE_UNKNOWN, true }, { 4, VDP_E_TYPE_DENIED, true },
		{ 5, VDP_E_TYPE_VERSION, true }, { 6, VDP_E_OUT_OF_SYNC, false } };

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t status = vdp_draft_status(rows[i].resp);

		cr_assert_eq(status & VDP_STATUS_ERROR, rows[i].error, "RESP %u", i);
		cr_assert_eq((status & VDP_STATUS_HARD) != 0, rows[i].is_hard, "RESP %u", i);
		cr_assert_eq(vdp_draft_resp(status), rows[i].resp, "and back");
	}
	cr_assert_eq(vdp_draft_status(7), VDP_E_OTHER);
	cr_assert_eq(vdp_draft_status(255), VDP_E_OTHER);
}

Test(vdp_draft_tlv, what_the_draft_has_no_code_for)
{
	cr_assert_eq(vdp_draft_resp(VDP_E_MANAGER_UNKNOWN), 3, "evb-reference 7.4: MGRID unknown");
	cr_assert_eq(vdp_draft_resp(VDP_E_NO_MANAGER), 2, "silent: may be asked again");
	cr_assert_eq(vdp_draft_resp(VDP_E_ADDRESS), 4);
	cr_assert_eq(vdp_draft_resp(VDP_E_OTHER), 2, "may be asked again");
	cr_assert_eq(vdp_draft_resp(VDP_STATUS_HARD | VDP_E_OTHER), 4, "may not");
	for (unsigned e = VDP_E_LAST + 1; e < 16; e++)
		cr_assert_eq(vdp_draft_resp((uint8_t)e), 2, "code %u", e);
}

Test(vdp_draft_tlv, a_refusal_has_the_mode_of_its_request)
{
	struct span payload = payload_of(frame_d2, sizeof(frame_d2));
	struct vdp_pdu_item item = item_of(payload);
	uint8_t buf[100];
	struct wr w = wr_init(buf, sizeof(buf));
	struct vdp_assoc a;

	vdp_draft_echo(&item, VDP_DEASSOC, VDP_STATUS_RESPONSE | VDP_E_RESOURCES, &w);
	cr_assert_eq(w.len, VALUE + TLV_HEADER);
	cr_assert_eq(buf[TLV_HEADER + 4], 2);
	cr_assert_eq(buf[TLV_HEADER + 5], 2);
	item = item_of(wr_span(&w));
	cr_assert_eq(vdp_draft_decode(VDP_STATION, &item, &a), VDP_OK);
	cr_assert_eq(a.op, VDP_DEASSOC);
	cr_assert_eq(a.answers, VDP_ASSOC);
	cr_assert_eq(a.status, VDP_STATUS_RESPONSE | VDP_E_RESOURCES);
	/* the rest is the request's */
	buf[TLV_HEADER + 5] = 0;
	cr_assert(span_equal(wr_span(&w), span_of(payload.ptr, w.len)));
	w = wr_init(buf, 10);
	vdp_draft_echo(&item, VDP_DEASSOC, VDP_STATUS_RESPONSE, &w);
	cr_assert(w.bad && w.len == 0);
}

Test(vdp_draft_tlv, a_bridge_does_not_read_the_response_code_of_a_request)
{
	struct vdp_pdu_item item;
	struct vdp_assoc a;
	uint8_t payload[40];

	memcpy(payload, frame_d2 + TLVS_AT, sizeof(payload));
	payload[TLV_HEADER + 5] = 6;
	item = item_of(span_of(payload, sizeof(payload)));
	cr_assert_eq(vdp_draft_decode(VDP_BRIDGE, &item, &a), VDP_OK);
	cr_assert_eq(a.op, VDP_ASSOC);
	cr_assert_eq(a.status, 0);
}

/* ---- managers ---- */

Test(vdp_draft_tlv, an_octet_and_sixteen_name_the_same_manager)
{
	struct vdp_manager base = { { 0x20, 1, 0x0d, 0xb8, [15] = 0xff } };

	for (unsigned from_right = 0; from_right < 16; from_right++) {
		struct vdp_manager_map map = { base, (uint8_t)from_right };

		for (unsigned v = 0; v < 256; v++) {
			struct vdp_manager m = vdp_manager_of_octet(&map, (uint8_t)v);
			uint8_t octet;

			if (!vdp_manager_octet(&map, &m, &octet) || octet != v || m.id[15 - from_right] != v)
				cr_assert_fail("%u from the right, octet %u", from_right, v);
			m.id[(15 - from_right + 1) % 16] ^= 1;
			if (vdp_manager_octet(&map, &m, &octet))
				cr_assert_fail("another manager than %u", v);
		}
	}
}

Test(vdp_draft_tlv, by_default_the_octet_is_right_aligned)
{
	struct vdp_manager twelve = { { [15] = 12 } }, other = { { [0] = 12 } };
	uint8_t octet = 0;

	cr_assert(vdp_manager_octet(&right, &twelve, &octet));
	cr_assert_eq(octet, 12);
	cr_assert_not(vdp_manager_octet(&right, &other, &octet));
}
