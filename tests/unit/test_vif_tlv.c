/* The VIF-naming TLV of evbd's profile, alone and inside a VDP payload. */
#include <criterion/criterion.h>

#include "vdp_tlv.h"
#include "vif_tlv.h"

static const uint8_t etag_100[] = { 0xfe, 0x09, 0x02, 0x65, 0x76, 0x01, 0x00, 0x00, 0x00, 0x00, 0x64 };
static const uint8_t vntag_5[] = { 0xfe, 0x09, 0x02, 0x65, 0x76, 0x01, 0x01, 0x00, 0x00, 0x00, 0x05 };
static const uint8_t foreign[] = { 0xfe, 0x06, 0x00, 0x00, 0x5e, 0x01, 0xaa, 0xbb };

Test(vif_tlv, octet_for_octet)
{
	const struct {
		const uint8_t *octets;
		struct vif_name v;
	} rows[] = { { etag_100, { VNTAG_FORMAT_E, 100 } }, { vntag_5, { VNTAG_FORMAT_VN, 5 } } };

	for (unsigned i = 0; i < 2; i++) {
		uint8_t b[VIF_TLV_OCTETS];
		struct wr w = wr_init(b, sizeof(b));
		struct vif_name v;

		vif_tlv_encode(rows[i].v, &w);
		cr_assert_eq(w.len, VIF_TLV_OCTETS);
		cr_assert_arr_eq(b, rows[i].octets, VIF_TLV_OCTETS);
		cr_assert_eq(vif_tlv_find(span_of(b, sizeof(b)), &v), VIF_TLV_OK);
		cr_assert_eq(v.format, rows[i].v.format);
		cr_assert_eq(v.channel, rows[i].v.channel);
	}
}

Test(vif_tlv, the_oui_is_locally_administered)
{
	cr_assert((CSP_VIF_OUI >> 16 & 2) != 0 && (CSP_VIF_OUI >> 16 & 1) == 0);
}

/** Find it in these TLVs, one behind the other. */
static enum vif_tlv_err find(struct span a, struct span b, struct vif_name *ret)
{
	uint8_t octets[64];
	struct wr w = wr_init(octets, sizeof(octets));

	wr_copy(&w, a.ptr, a.len);
	wr_copy(&w, b.ptr, b.len);
	return vif_tlv_find(wr_span(&w), ret);
}
#define SPAN(bytes) span_of(bytes, sizeof(bytes))

Test(vif_tlv, tlvs_of_others_are_skipped)
{
	struct vif_name v = { 0 };

	cr_assert_eq(find(SPAN(foreign), SPAN(vntag_5), &v), VIF_TLV_OK);
	cr_assert_eq(v.channel, 5);
	cr_assert_eq(find(SPAN(etag_100), SPAN(foreign), &v), VIF_TLV_OK);
	cr_assert_eq(v.channel, 100);
	cr_assert_eq(find(SPAN(foreign), span_of(NULL, 0), &v), VIF_TLV_NONE);
	cr_assert_eq(vif_tlv_find(span_of(NULL, 0), &v), VIF_TLV_NONE);
}

Test(vif_tlv, other_types_ouis_and_subtypes_are_not_ours)
{
	const unsigned places[] = { 0, 2, 3, 4, 5 };
	struct vif_name v;

	for (unsigned i = 0; i < 5; i++) {
		uint8_t b[VIF_TLV_OCTETS];

		memcpy(b, vntag_5, sizeof(b));
		b[places[i]] ^= 2;
		cr_assert_eq(vif_tlv_find(SPAN(b), &v), VIF_TLV_NONE, "octet %u", places[i]);
	}
}

Test(vif_tlv, what_cannot_be_a_vif_is_an_error_and_not_none)
{
	const struct {
		uint8_t octets[VIF_TLV_OCTETS];
		enum vif_tlv_err err;
	} rows[] = {
		{ { 0xfe, 0x08, 0x02, 0x65, 0x76, 1, 1, 0, 0, 5 }, VIF_TLV_LENGTH },
		{ { 0xfe, 0x04, 0x02, 0x65, 0x76, 1 }, VIF_TLV_LENGTH },
		{ { 0xfe, 0x09, 0x02, 0x65, 0x76, 1, 2, 0, 0, 0, 5 }, VIF_TLV_FORMAT },
		{ { 0xfe, 0x09, 0x02, 0x65, 0x76, 1, 1, 0, 0, 0, 0 }, VIF_TLV_CHANNEL },
		{ { 0xfe, 0x09, 0x02, 0x65, 0x76, 1, 1, 0, 0, 0x10, 0 }, VIF_TLV_CHANNEL },
		{ { 0xfe, 0x09, 0x02, 0x65, 0x76, 1, 1, 0, 0, 0x40, 5 }, VIF_TLV_CHANNEL },
		{ { 0xfe, 0x09, 0x02, 0x65, 0x76, 1, 0, 0, 0x10, 0, 1 }, VIF_TLV_CHANNEL },
		{ { 0xfe, 0x09, 0x02, 0x65, 0x76, 1, 0, 0, 0x3f, 0xff, 0xff }, VIF_TLV_CHANNEL },
	};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct vif_name v = { VNTAG_FORMAT_VN, 77 };

		cr_assert_eq(vif_tlv_find(span_of(rows[i].octets, 2u + rows[i].octets[1]), &v), rows[i].err,
			"row %u", i);
		cr_assert_eq(v.channel, 77);
	}
}

Test(vif_tlv, two_names_are_one_too_many)
{
	struct vif_name v = { VNTAG_FORMAT_VN, 77 };

	cr_assert_eq(find(SPAN(vntag_5), SPAN(vntag_5), &v), VIF_TLV_TWICE);
	cr_assert_eq(find(SPAN(vntag_5), SPAN(etag_100), &v), VIF_TLV_TWICE);
	cr_assert_eq(v.channel, 77);
}

Test(vif_tlv, every_strict_prefix_fails)
{
	for (size_t n = 1; n < sizeof(vntag_5); n++) {
		struct vif_name v = { VNTAG_FORMAT_VN, 77 };
		uint8_t *exact = malloc(n);

		memcpy(exact, vntag_5, n);
		cr_assert_eq(vif_tlv_find(span_of(exact, n), &v), VIF_TLV_OVERRUN);
		cr_assert_eq(v.channel, 77);
		free(exact);
	}
}

Test(vif_tlv, encode_writes_all_or_nothing)
{
	uint8_t b[VIF_TLV_OCTETS];

	for (size_t cap = 0; cap < sizeof(b); cap++) {
		struct wr w = wr_init(b, cap);

		vif_tlv_encode((struct vif_name){ VNTAG_FORMAT_VN, 5 }, &w);
		cr_assert(w.bad);
		cr_assert_eq(w.len, 0);
	}
}

/* The way it travels: behind the association TLV of its VSI. */
Test(vif_tlv, travels_behind_the_association_tlv)
{
	const struct vdp_manager manager = { { 0 } };
	struct vdp_assoc a = { .op = VDP_ASSOC,
		.vsi = { .format = VSI_ID_UUID },
		.format = VDP_FILTER_VID,
		.n_filters = 1,
		.filters = { { .vid = 100 } },
		.org = SPAN(vntag_5) };
	uint8_t b[128];
	struct wr w = wr_init(b, sizeof(b));
	struct vdp_pdu_item item;
	struct vif_name v;
	struct vdp_pdu p;

	vdp_manager_encode(&manager, &w);
	vdp_assoc_encode(&a, &w);
	cr_assert_not(w.bad);
	cr_assert_eq(vdp_pdu_open(wr_span(&w), &p), VDP_PDU_OK);
	cr_assert(vdp_pdu_next(&p, &item));
	cr_assert_eq(vif_tlv_find(item.org, &v), VIF_TLV_OK);
	cr_assert_eq(v.channel, 5);
}

Test(vif_tlv, every_outcome_has_a_name)
{
	for (int e = 0; e < VIF_TLV_N_ERRS; e++)
		cr_assert_str_neq(vif_tlv_err_name((enum vif_tlv_err)e), "?");
	cr_assert_str_eq(vif_tlv_err_name(VIF_TLV_N_ERRS), "?");
}
