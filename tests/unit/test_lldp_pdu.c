/* LLDPDU codec: laws, validation of evb-reference 2.3 (802.1AB-2016 9.2.7.7), one test per kind of fault. */
#include "lldp_fixtures.h"

static enum lldp_err decode(struct span s, struct lldp_pdu *pdu, struct lldp_decode_notes *notes)
{
	return lldp_pdu_decode(s, pdu, notes);
}

static void cr_assert_pdu_eq(const struct lldp_pdu *a, const struct lldp_pdu *b)
{
	HOLDS(span_equal(a->chassis_id, b->chassis_id));
	HOLDS(span_equal(a->port_id, b->port_id));
	HOLDS(a->ttl_s == b->ttl_s);
	HOLDS(span_equal(a->port_descr, b->port_descr));
	HOLDS(span_equal(a->system_name, b->system_name));
	HOLDS(span_equal(a->system_descr, b->system_descr));
	HOLDS(a->has_caps == b->has_caps);
	HOLDS(a->caps == b->caps);
	HOLDS(a->caps_enabled == b->caps_enabled);
	HOLDS(a->n_mgmt == b->n_mgmt);
	for (unsigned i = 0; i < a->n_mgmt; i++)
		HOLDS(span_equal(a->mgmt[i], b->mgmt[i]));
	HOLDS(a->n_org == b->n_org);
	for (unsigned i = 0; i < a->n_org; i++)
		HOLDS(span_equal(a->org[i], b->org[i]));
}

static const uint8_t mgmt_v4[] = { 5, 1, 10, 99, 0, 1, 2, 0, 0, 0, 7, 0 };

static struct lldp_pdu full_pdu(void)
{
	return (struct lldp_pdu){
		.chassis_id = span_of("\x07host", 5),
		.port_id = span_of("\x05"
				   "eth0",
			5),
		.ttl_s = 121,
		.port_descr = span_of("uplink", 6),
		.system_name = span_of("", 0),
		.system_descr = span_of("evbd", 4),
		.has_caps = true,
		.caps = LLDP_CAP_BRIDGE | LLDP_CAP_CVLAN,
		.caps_enabled = LLDP_CAP_BRIDGE,
		.n_mgmt = 1,
		.mgmt = { span_of(mgmt_v4, sizeof(mgmt_v4)) },
		.n_org = 2,
		.org = { span_of("\x00\x80\xc2\x0d\x01\x02\x03\x04\x05", 9), span_of("\xaa\xbb\xcc\x01", 4) },
	};
}

Test(lldp_pdu, decode_of_encode_is_the_same)
{
	uint8_t octets[LLDP_PDU_MAX];
	struct wr w = wr_init(octets, sizeof(octets));
	struct lldp_pdu in = full_pdu(), out;
	struct lldp_decode_notes notes;

	lldp_pdu_encode(&in, &w);
	cr_assert_not(w.bad);
	cr_assert_eq(decode(wr_span(&w), &out, &notes), LLDP_OK);
	cr_assert_pdu_eq(&in, &out);
	cr_assert_eq(notes.tlvs_discarded + notes.tlvs_in_error + notes.tlvs_unrecognized, 0);
	cr_assert_eq(notes.octets_used, w.len);
	cr_assert(out.system_name.ptr && !out.system_name.len, "an empty text is not an absent one");
}

Test(lldp_pdu, encode_of_decode_is_the_same_for_the_worked_frames)
{
	const uint8_t *frames[] = { frame_l1, frame_l2, frame_l3, frame_l4 };

	for (unsigned i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
		uint8_t octets[LLDP_PDU_MAX];
		struct wr w = wr_init(octets, sizeof(octets));
		struct lldp_decode_notes notes;
		struct lldp_pdu pdu;

		cr_assert_eq(decode(lldpdu(frames[i]), &pdu, &notes), LLDP_OK);
		cr_assert_eq(pdu.n_org, 1);
		cr_assert_eq(pdu.ttl_s, 121);
		lldp_pdu_encode(&pdu, &w);
		cr_assert_eq(w.len, notes.octets_used);
		cr_assert_arr_eq(octets, lldpdu(frames[i]).ptr, w.len);
	}
}

Test(lldp_pdu, shutdown_is_the_worked_frame_s1)
{
	uint8_t octets[64];
	struct wr w = wr_init(octets, sizeof(octets));
	struct lldp_decode_notes notes;
	struct lldp_pdu pdu;

	cr_assert_eq(decode(lldpdu(frame_l4), &pdu, &notes), LLDP_OK);
	lldp_pdu_encode_shutdown(&pdu, &w);
	cr_assert_arr_eq(octets, lldpdu(frame_s1).ptr, w.len);
	cr_assert_eq(decode(wr_span(&w), &pdu, &notes), LLDP_OK);
	cr_assert_eq(pdu.ttl_s, 0);
}

/* A prefix that ends between two TLVs is an LLDPDU without End TLV, which is accepted; any other is not. */
Test(lldp_pdu, every_prefix_that_cuts_a_tlv_fails)
{
	uint8_t octets[LLDP_PDU_MAX];
	struct wr w = wr_init(octets, sizeof(octets));
	struct lldp_pdu in = full_pdu(), out;
	struct lldp_decode_notes notes;
	size_t next = 0;
	unsigned n_tlvs = 0;

	lldp_pdu_encode(&in, &w);
	for (size_t n = 0; n < w.len; n++) {
		bool is_boundary = n == next;
		uint8_t *exact = malloc(n + 1); /* the sanitizer sees one octet too many */
		enum lldp_err e;

		if (is_boundary) {
			next += TLV_HEADER + ((octets[n] & 1u) << 8 | octets[n + 1]);
			n_tlvs++;
		}
		memcpy(exact, octets, n);
		e = decode(span_of(exact, n), &out, &notes);
		cr_assert_eq(e,
			!is_boundary  ? LLDP_ERR_OVERRUN
			: n_tlvs <= 3 ? LLDP_ERR_ORDER
				      : LLDP_OK,
			"prefix of %zu octets: %s", n, lldp_err_name(e));
		free(exact);
	}
}

Test(lldp_pdu, a_mandatory_length_off_by_one_fails)
{
	const size_t lengths[] = { 15, 24, 31 }; /* in L1: chassis, port, TTL */

	for (unsigned i = 0; i < 3; i++) {
		for (int d = -1; d <= 1; d += 2) {
			uint8_t f[FRAME_LEN];
			struct lldp_decode_notes notes;
			struct lldp_pdu pdu;

			memcpy(f, frame_l1, sizeof(f));
			f[lengths[i]] = (uint8_t)(f[lengths[i]] + d);
			cr_assert_neq(decode(lldpdu(f), &pdu, &notes), LLDP_OK, "TLV %u, %+d", i, d);
		}
	}
}

Test(lldp_pdu, output_is_untouched_on_error)
{
	struct lldp_pdu pdu = { .ttl_s = 4711 };
	struct lldp_decode_notes notes = { .tlvs_discarded = 42 };

	cr_assert_eq(decode(span_of(NULL, 0), &pdu, &notes), LLDP_ERR_ORDER);
	cr_assert_eq(pdu.ttl_s, 4711);
	cr_assert_eq(notes.tlvs_discarded, 42);
}

Test(lldp_pdu, ttl_below_two_octets_is_refused)
{
	const uint8_t b[] = { 0x02, 2, 7, 'a', 0x04, 2, 7, 'b', 0x06, 1, 120, 0, 0 };
	struct lldp_decode_notes notes;
	struct lldp_pdu pdu;

	cr_assert_eq(decode(span_of(b, sizeof(b)), &pdu, &notes), LLDP_ERR_TTL);
}

Test(lldp_pdu, repeated_optional_tlvs_keep_the_first)
{
	struct text_pdu p;
	struct lldp_decode_notes notes;
	struct lldp_pdu pdu;

	pdu_begin(&p, 1, 120);
	for (unsigned type = 4; type <= 7; type++) {
		tlv_put(&p.w, (uint8_t)type, span_of("\x00\x04\x00\x04", 4));
		tlv_put(&p.w, (uint8_t)type, span_of("\x00\x80\x00\x80", 4));
	}
	cr_assert_eq(decode(pdu_end(&p), &pdu, &notes), LLDP_OK);
	cr_assert_eq(notes.tlvs_discarded, 4);
	cr_assert_eq(notes.tlvs_in_error, 0);
	cr_assert_eq(pdu.caps, 4);
	cr_assert_eq(pdu.port_descr.ptr[1], 4);
	cr_assert_eq(pdu.system_name.ptr[1], 4);
	cr_assert_eq(pdu.system_descr.ptr[1], 4);
}

Test(lldp_pdu, basic_tlvs_with_bad_content_are_dropped)
{
	const struct {
		uint8_t type;
		const char *value;
		size_t len;
	} bad[] = {
		{ 7, "\x00\x04\x00", 3 },                                      /* capabilities too short */
		{ 8, "\x05\x01\x0a\x00\x00\x01\x02\x00", 8 },                  /* address TLV too short */
		{ 8, "\x01\x01\x02\x00\x00\x00\x07\x00\x00\x00\x00\x00", 12 }, /* no address */
		{ 8, "\x21\x01\x02\x00\x00\x00\x07\x00\x00\x00\x00\x00", 12 }, /* address too long */
		{ 8, "\x0b\x01\x02\x00\x00\x00\x07\x00\x00\x00\x00\x00", 12 }, /* address beyond the TLV */
		{ 8, "\x05\x01\x0a\x00\x00\x01\x02\x00\x00\x00\x07\x01", 12 }, /* OID beyond the TLV */
	};

	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct text_pdu p;
		struct lldp_decode_notes notes;
		struct lldp_pdu pdu;

		pdu_begin(&p, 1, 120);
		tlv_put(&p.w, bad[i].type, span_of(bad[i].value, bad[i].len));
		tlv_put(&p.w, 5, span_of("sw", 2));
		cr_assert_eq(decode(pdu_end(&p), &pdu, &notes), LLDP_OK);
		cr_assert_eq(notes.tlvs_discarded, 1, "row %u", i);
		cr_assert_eq(notes.tlvs_in_error, 1, "row %u", i);
		cr_assert_not(pdu.has_caps);
		cr_assert_eq(pdu.n_mgmt, 0);
		cr_assert_eq(pdu.system_name.len, 2, "the rest is used");
	}
}

Test(lldp_pdu, management_addresses_above_167_octets_are_dropped)
{
	uint8_t value[168] = { 0 };
	struct text_pdu p;
	struct lldp_decode_notes notes;
	struct lldp_pdu pdu;

	memcpy(value, mgmt_v4, sizeof(mgmt_v4));
	pdu_begin(&p, 1, 120);
	tlv_put(&p.w, 8, span_of(value, 168));
	tlv_put(&p.w, 8, span_of(value, 167));
	cr_assert_eq(decode(pdu_end(&p), &pdu, &notes), LLDP_OK);
	cr_assert_eq(pdu.n_mgmt, 1);
	cr_assert_eq(pdu.mgmt[0].len, 167);
	cr_assert_eq(notes.tlvs_in_error, 1);
}

Test(lldp_pdu, texts_above_255_octets_are_dropped)
{
	uint8_t text[256] = { 'x' };
	struct text_pdu p;
	struct lldp_decode_notes notes;
	struct lldp_pdu pdu;

	pdu_begin(&p, 1, 120);
	tlv_put(&p.w, 4, span_of(text, 256));
	tlv_put(&p.w, 6, span_of(text, 255));
	cr_assert_eq(decode(pdu_end(&p), &pdu, &notes), LLDP_OK);
	cr_assert_null(pdu.port_descr.ptr);
	cr_assert_eq(pdu.system_descr.len, 255);
	cr_assert_eq(notes.tlvs_in_error, 1);
}

Test(lldp_pdu, an_end_tlv_with_a_value_ends_the_list_and_is_counted)
{
	struct text_pdu p;
	struct lldp_decode_notes notes;
	struct lldp_pdu pdu;

	pdu_begin(&p, 1, 120);
	tlv_put(&p.w, 0, span_of("xy", 2));
	tlv_put(&p.w, 5, span_of("sw", 2));
	cr_assert_eq(decode(wr_span(&p.w), &pdu, &notes), LLDP_OK);
	cr_assert_eq(notes.tlvs_in_error, 1);
	cr_assert_null(pdu.system_name.ptr);
}

Test(lldp_pdu, lists_are_bounded_and_the_surplus_is_counted)
{
	struct text_pdu p;
	struct lldp_decode_notes notes;
	struct lldp_pdu pdu;

	pdu_begin(&p, 1, 120);
	for (unsigned i = 0; i < LLDP_ORG_MAX + 3; i++)
		tlv_put(&p.w, 127, span_of("\x01\x02\x03\x04", 4));
	for (unsigned i = 0; i < LLDP_MGMT_MAX + 2; i++)
		tlv_put(&p.w, 8, span_of(mgmt_v4, sizeof(mgmt_v4)));
	cr_assert_eq(decode(pdu_end(&p), &pdu, &notes), LLDP_OK);
	cr_assert_eq(pdu.n_org, LLDP_ORG_MAX);
	cr_assert_eq(pdu.n_mgmt, LLDP_MGMT_MAX);
	cr_assert_eq(notes.tlvs_discarded, 5);
	cr_assert_eq(notes.tlvs_in_error, 0);
}

Test(lldp_pdu, nothing_beyond_1500_octets_is_read)
{
	struct text_pdu p;
	struct lldp_decode_notes notes;
	struct lldp_pdu pdu;
	uint8_t big[TLV_VALUE_MAX] = { 1, 2, 3, 4 };

	pdu_begin(&p, 1, 120);
	for (unsigned i = 0; i < 3; i++)
		tlv_put(&p.w, 127, span_of(big, sizeof(big)));
	cr_assert_eq(decode(pdu_end(&p), &pdu, &notes), LLDP_ERR_OVERRUN);
}

Test(lldp_pdu, encode_refuses_what_does_not_fit)
{
	uint8_t octets[64];
	struct lldp_pdu pdu = full_pdu();

	for (size_t cap = 0; cap < sizeof(octets); cap++) {
		struct wr w = wr_init(octets, cap);

		lldp_pdu_encode(&pdu, &w);
		cr_assert(w.bad, "capacity %zu", cap);
	}
}

Test(lldp_pdu, every_error_has_a_name)
{
	for (int e = LLDP_OK; e <= LLDP_ERR_OVERRUN; e++)
		cr_assert_str_neq(lldp_err_name((enum lldp_err)e), "unknown");
	cr_assert_str_eq(lldp_err_name((enum lldp_err)99), "unknown");
}

/* Single-octet damage anywhere: never a crash, and what decodes encodes again to something that decodes the same. */
Test(lldp_pdu, damaged_octets_never_break_the_laws)
{
	uint8_t octets[LLDP_PDU_MAX], again[LLDP_PDU_MAX];
	struct wr w = wr_init(octets, sizeof(octets));
	struct lldp_pdu in = full_pdu(), out, twice;
	struct lldp_decode_notes notes;
	unsigned n_ok = 0;

	lldp_pdu_encode(&in, &w);
	for (size_t i = 0; i < w.len; i++) {
		for (unsigned v = 0; v < 256; v++) {
			uint8_t old = octets[i];
			struct wr w2 = wr_init(again, sizeof(again));

			octets[i] = (uint8_t)v;
			if (decode(wr_span(&w), &out, &notes) == LLDP_OK) {
				n_ok++;
				lldp_pdu_encode(&out, &w2);
				HOLDS(!w2.bad);
				HOLDS(decode(wr_span(&w2), &twice, &notes) == LLDP_OK);
				HOLDS(twice.ttl_s == out.ttl_s);
				if (out.ttl_s > 0)
					cr_assert_pdu_eq(&out, &twice);
			}
			octets[i] = old;
		}
	}
	cr_assert_gt(n_ok, w.len, "most damage to values is legal content");
}
