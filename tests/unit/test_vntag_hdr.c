/* VN-Tag and E-TAG: the worked frames field by field and octet for octet, the codec's laws, validity by direction
 * (port-extension-reference 2, 4, 7). */
#include <criterion/criterion.h>

#include "vntag_hdr.h"
#include "pe_frames.h"

#define BEHIND(frame)   (frame) + PE_ADDRESSES, (uint32_t)(sizeof(frame) - PE_ADDRESSES)
#define PARSE(frame, f) parse_exact(BEHIND(frame), f)
#define HOLDS(cond)                                                                                          \
	do {                                                                                                 \
		if (!(cond))                                                                                 \
			cr_assert_fail("%s", #cond);                                                         \
	} while (0)

/** Parse a copy without an octet behind it, and build the tag again to the same octets. */
static struct vntag_hdr parse_exact(const uint8_t *octets, uint32_t len, enum vntag_format format)
{
	uint8_t *copy = malloc(len), again[VNTAG_LEN_MAX];
	struct vntag_hdr h = { 0 };

	memcpy(copy, octets, len);
	cr_assert_eq(vntag_parse(copy, len, format, &h), VNTAG_PASS);
	cr_assert_eq(h.format, format);
	cr_assert_eq(vntag_build(&h, again), vntag_len(format));
	cr_assert_arr_eq(again, octets, vntag_len(format));
	free(copy);
	return h;
}

struct vn_row {
	const uint8_t *octets;
	uint32_t len;
	uint8_t d, p, l, r, ver;
	uint16_t dvif, svif, inner;
	uint32_t channel, source; /* in the frame's own direction */
};
static const struct vn_row vn_rows[] = {
	{ BEHIND(frame_v1), .svif = 5, .inner = 0x0800, .source = 5 },
	{ BEHIND(frame_v2), .d = 1, .dvif = 5, .inner = 0x0800, .channel = 5 },
	{ BEHIND(frame_v4), .d = 1, .l = 1, .dvif = 6, .svif = 5, .inner = 0x0800, .channel = 6,
		.source = 5 },
	{ BEHIND(frame_v5), .d = 1, .p = 1, .dvif = 0x100, .inner = 0x0806, .channel = 0x4100 },
	{ BEHIND(frame_v6), .svif = 5, .inner = 0x0806, .source = 5 },
	{ BEHIND(frame_v7), .d = 1, .p = 1, .l = 1, .dvif = 0x100, .svif = 5, .inner = 0x0806,
		.channel = 0x4100, .source = 5 },
	{ BEHIND(frame_v8), .svif = 5, .inner = 0x8100, .source = 5 },
	{ BEHIND(frame_v9), .d = 1, .dvif = 5, .inner = 0x8100, .channel = 5 },
	{ BEHIND(frame_v10), .d = 1, .p = 1, .l = 1, .r = 1, .ver = 3, .dvif = 16383, .svif = 4095,
		.inner = 0x0800, .channel = 0x7fff, .source = 4095 },
	{ BEHIND(frame_v11), .d = 1, .ver = 1, .dvif = 5, .inner = 0x0800, .channel = 5 },
};
enum { N_VN = sizeof(vn_rows) / sizeof(vn_rows[0]) };

Test(vntag_hdr, PEX_35_worked_frames_v1_to_v11_field_by_field)
{
	for (unsigned i = 0; i < N_VN; i++) {
		const struct vn_row *want = &vn_rows[i];
		struct vntag_hdr h = parse_exact(want->octets, want->len, VNTAG_FORMAT_VN);

		cr_assert_eq(h.d << 5 | h.p << 4 | h.l << 3 | h.r << 2 | h.ver,
			want->d << 5 | want->p << 4 | want->l << 3 | want->r << 2 | want->ver, "row %u", i);
		cr_assert_eq(h.dvif, want->dvif, "row %u", i);
		cr_assert_eq(h.svif, want->svif, "row %u", i);
		cr_assert_eq(h.inner, want->inner, "row %u", i);
		cr_assert_eq(vntag_channel(&h), want->channel, "row %u", i);
		cr_assert_eq(vntag_source(&h, h.d ? VNTAG_DOWN : VNTAG_UP), want->source, "row %u", i);
	}
}

struct e_row {
	const uint8_t *octets;
	uint32_t len;
	uint8_t pcp, dei, reserved;
	uint32_t ingress, ecid;
	uint16_t inner;
};
static const struct e_row e_rows[] = {
	{ BEHIND(frame_e1), .ecid = 100, .inner = 0x0800 },
	{ BEHIND(frame_e2), .ecid = 100, .inner = 0x0800 },
	{ BEHIND(frame_e3), .ingress = 100, .ecid = 0x100001, .inner = 0x0806 },
	{ BEHIND(frame_e4), .pcp = 3, .ecid = 100, .inner = 0x8100 },
	{ BEHIND(frame_e5), .pcp = 5, .dei = 1, .ingress = 0x0a0bc, .ecid = 0x12345, .inner = 0x0800 },
	{ BEHIND(frame_e6), .pcp = 7, .dei = 1, .reserved = 3, .ingress = 0xfffff, .ecid = 0x3fffff,
		.inner = 0x0800 },
};

Test(vntag_hdr, worked_frames_e1_to_e6_field_by_field)
{
	for (unsigned i = 0; i < sizeof(e_rows) / sizeof(e_rows[0]); i++) {
		const struct e_row *want = &e_rows[i];
		struct vntag_hdr h = parse_exact(want->octets, want->len, VNTAG_FORMAT_E);

		cr_assert_eq(h.pcp << 3 | h.dei << 2 | h.reserved,
			want->pcp << 3 | want->dei << 2 | want->reserved, "row %u", i);
		cr_assert_eq(h.ingress, want->ingress, "row %u", i);
		cr_assert_eq(h.ecid, want->ecid, "row %u", i);
		cr_assert_eq(h.inner, want->inner, "row %u", i);
		cr_assert_eq(vntag_channel(&h), want->ecid);
		cr_assert_eq(vntag_source(&h, VNTAG_UP), want->ecid);
		cr_assert_eq(vntag_source(&h, VNTAG_DOWN), want->ingress);
	}
}

/** What a relay would push is what the worked frame carries. */
static void check_pushed(struct vntag_hdr h, const uint8_t *octets)
{
	uint8_t tag[VNTAG_LEN_MAX];

	cr_assert_arr_eq(tag, octets, vntag_build(&h, tag));
}

Test(vntag_hdr, tags_for_up_and_down_are_those_of_the_worked_frames)
{
	const uint8_t e3_without_source[] = { 0x89, 0x3f, 0x00, 0x00, 0x10, 0x01, 0x00, 0x00 };

	check_pushed(vntag_up(VNTAG_FORMAT_VN, 5, 7), frame_v1 + PE_ADDRESSES);
	check_pushed(vntag_down(VNTAG_FORMAT_VN, 5, 0, 7), frame_v2 + PE_ADDRESSES);
	check_pushed(vntag_down(VNTAG_FORMAT_VN, 6, 5, 0), frame_v4 + PE_ADDRESSES);
	check_pushed(vntag_down(VNTAG_FORMAT_VN, VNTAG_LIST | 0x100, 0, 0), frame_v5 + PE_ADDRESSES);
	check_pushed(vntag_down(VNTAG_FORMAT_VN, VNTAG_LIST | 0x100, 5, 0), frame_v7 + PE_ADDRESSES);
	check_pushed(vntag_up(VNTAG_FORMAT_E, 100, 0), frame_e1 + PE_ADDRESSES);
	check_pushed(vntag_down(VNTAG_FORMAT_E, 100, 101, 0), frame_e2 + PE_ADDRESSES);
	check_pushed(vntag_down(VNTAG_FORMAT_E, 0x100001, 100, 0), frame_e3 + PE_ADDRESSES);
	check_pushed(vntag_down(VNTAG_FORMAT_E, 0x100001, 0, 0), e3_without_source);
	check_pushed(vntag_up(VNTAG_FORMAT_E, 100, 3 << 1), frame_e4 + PE_ADDRESSES);
	cr_assert_eq(vntag_up(VNTAG_FORMAT_E, 100, 3 << 1 | 1).dei, 1);
	cr_assert_eq(vntag_down(VNTAG_FORMAT_E, 100, 0, 5 << 1 | 1).pcp, 5);
}

/* Each octet of a tag through all its values: nothing is lost and nothing spills. */
Test(vntag_hdr, every_value_of_every_octet_round_trips)
{
	const enum vntag_format formats[] = { VNTAG_FORMAT_VN, VNTAG_FORMAT_E };

	for (unsigned f = 0; f < 2; f++) {
		uint32_t len = vntag_len(formats[f]);

		for (unsigned v = 0; v < 256 * (len - 2); v++) {
			uint8_t in[VNTAG_LEN_MAX + VNTAG_INNER] = { 0 }, out[VNTAG_LEN_MAX];
			struct vntag_hdr h;

			memcpy(in,
				formats[f] == VNTAG_FORMAT_VN ? frame_v10 + PE_ADDRESSES
							      : frame_e6 + PE_ADDRESSES,
				v & 1 ? len : 2);
			in[2 + v / 256] = (uint8_t)v;
			HOLDS(vntag_parse(in, len + VNTAG_INNER, formats[f], &h) == VNTAG_PASS);
			HOLDS(vntag_build(&h, out) == len && memcmp(in, out, len) == 0);
		}
	}
}

Test(vntag_hdr, values_too_large_for_their_field_do_not_spill)
{
	const struct vntag_hdr vn = { .format = VNTAG_FORMAT_VN, .dvif = 0xc000, .svif = 0xf000 };
	const struct vntag_hdr e = { .format = VNTAG_FORMAT_E, .ecid = 0xffc00000, .ingress = 0xfff00000 };
	const uint8_t zero[VNTAG_LEN_MAX] = { 0 };
	uint8_t tag[VNTAG_LEN_MAX];

	cr_assert_eq(vntag_build(&vn, tag), VNTAG_LEN_VN);
	cr_assert_arr_eq(tag + 2, zero, VNTAG_LEN_VN - 2);
	cr_assert_eq(vntag_build(&e, tag), VNTAG_LEN_E);
	cr_assert_arr_eq(tag + 2, zero, VNTAG_LEN_E - 2);
}

Test(vntag_hdr, PEX_33_every_truncated_tag_is_told_and_leaves_the_output)
{
	const struct {
		const uint8_t *octets;
		enum vntag_format format;
	} rows[] = { { frame_v2 + PE_ADDRESSES, VNTAG_FORMAT_VN },
		{ frame_e2 + PE_ADDRESSES, VNTAG_FORMAT_E } };

	for (unsigned i = 0; i < 2; i++) {
		for (uint32_t len = 0; len < vntag_len(rows[i].format) + VNTAG_INNER; len++) {
			struct vntag_hdr h = { .pad = 0x77 };
			uint8_t *exact = malloc(len + 1);

			memcpy(exact, rows[i].octets, len);
			cr_assert_eq(
				vntag_parse(exact, len, rows[i].format, &h), VNTAG_DROP_TRUNCATED, "%u", len);
			cr_assert_eq(h.pad, 0x77);
			free(exact);
		}
	}
}

Test(vntag_hdr, PEX_32_a_frame_without_a_tag_is_untagged)
{
	struct vntag_hdr h;

	cr_assert_eq(vntag_parse(BEHIND(frame_v0), VNTAG_FORMAT_VN, &h), VNTAG_DROP_UNTAGGED);
	cr_assert_eq(vntag_parse(BEHIND(frame_v0), VNTAG_FORMAT_E, &h), VNTAG_DROP_UNTAGGED);
	cr_assert_eq(vntag_parse(frame_v0 + PE_ADDRESSES, 2, VNTAG_FORMAT_E, &h), VNTAG_DROP_UNTAGGED,
		"its type is enough");
}

Test(vntag_hdr, PEX_42_the_other_tag_is_told_apart)
{
	struct vntag_hdr h;

	cr_assert_eq(vntag_parse(BEHIND(frame_e2), VNTAG_FORMAT_VN, &h), VNTAG_DROP_OTHER_FORMAT);
	cr_assert_eq(vntag_parse(BEHIND(frame_v2), VNTAG_FORMAT_E, &h), VNTAG_DROP_OTHER_FORMAT);
}

Test(vntag_hdr, PEX_05_PEX_06_a_tag_from_a_vif_is_seen)
{
	cr_assert(vntag_is_tagged(BEHIND(frame_v1)));
	cr_assert(vntag_is_tagged(BEHIND(frame_e1)));
	cr_assert_not(vntag_is_tagged(BEHIND(frame_v0)));
	cr_assert_not(vntag_is_tagged(frame_v1 + PE_ADDRESSES, 1));
	cr_assert_not(vntag_is_tagged(NULL, 0));
}

/** What vntag_check() says to a frame with one field changed. */
static enum vntag_drop check_vn(struct vntag_hdr h, enum vntag_way way)
{
	return vntag_check(&h, way, false);
}
#define VN(...)      ((struct vntag_hdr){ .format = VNTAG_FORMAT_VN, .inner = 0x0800, __VA_ARGS__ })
#define V1_WITH(...) VN(.svif = 5, __VA_ARGS__)
#define V2_WITH(...) VN(.d = 1, __VA_ARGS__)

Test(vntag_hdr, worked_frames_pass_in_their_own_direction)
{
	for (unsigned i = 0; i < N_VN - 2; i++) { /* but V10 and V11 */
		struct vntag_hdr h = parse_exact(vn_rows[i].octets, vn_rows[i].len, VNTAG_FORMAT_VN);

		cr_assert_eq(vntag_check(&h, h.d ? VNTAG_DOWN : VNTAG_UP, true), VNTAG_PASS, "row %u", i);
	}
}

Test(vntag_hdr, PEX_25_PEX_35_another_version_is_a_format_error)
{
	struct vntag_hdr h = PARSE(frame_v11, VNTAG_FORMAT_VN);

	cr_assert_eq(vntag_check(&h, VNTAG_DOWN, false), VNTAG_DROP_FORMAT);
	cr_assert_eq(vntag_check(&h, VNTAG_UP, false), VNTAG_DROP_FORMAT);
	h = PARSE(frame_v10, VNTAG_FORMAT_VN);
	cr_assert_eq(vntag_check(&h, VNTAG_DOWN, false), VNTAG_DROP_FORMAT);
}

Test(vntag_hdr, PEX_26_the_reserved_bit_is_ignored)
{
	cr_assert_eq(check_vn(V2_WITH(.dvif = 5, .r = 1), VNTAG_DOWN), VNTAG_PASS);
	cr_assert_eq(check_vn(V1_WITH(.r = 1), VNTAG_UP), VNTAG_PASS);
	cr_assert_eq(vntag_down(VNTAG_FORMAT_VN, 5, 0, 0).r, 0);
}

Test(vntag_hdr, PEX_27_PEX_52_the_other_direction_is_refused)
{
	struct vntag_hdr v1 = PARSE(frame_v1, VNTAG_FORMAT_VN), v2 = PARSE(frame_v2, VNTAG_FORMAT_VN);

	cr_assert_eq(vntag_check(&v1, VNTAG_DOWN, false), VNTAG_DROP_DIRECTION);
	cr_assert_eq(vntag_check(&v2, VNTAG_UP, false), VNTAG_DROP_DIRECTION);
}

Test(vntag_hdr, PEX_53_p_and_l_are_for_frames_going_down)
{
	cr_assert_eq(check_vn(V1_WITH(.p = 1), VNTAG_UP), VNTAG_DROP_FORMAT);
	cr_assert_eq(check_vn(V1_WITH(.l = 1), VNTAG_UP), VNTAG_DROP_FORMAT);
	cr_assert_eq(check_vn(V1_WITH(.dvif = 77), VNTAG_UP), VNTAG_PASS, "dvif is undefined on the way up");
	cr_assert_eq(check_vn(VN(.svif = 0), VNTAG_UP), VNTAG_DROP_SOURCE, "no VIF has id 0");
}

Test(vntag_hdr, PEX_28_PEX_30_PEX_31_ids_that_no_vif_has)
{
	cr_assert_eq(check_vn(V2_WITH(.dvif = 0), VNTAG_DOWN), VNTAG_DROP_UNKNOWN_ID);
	cr_assert_eq(check_vn(V2_WITH(.dvif = 0x1005), VNTAG_DOWN), VNTAG_DROP_UNKNOWN_ID);
	cr_assert_eq(check_vn(V2_WITH(.dvif = 0x1000), VNTAG_DOWN), VNTAG_DROP_UNKNOWN_ID);
	cr_assert_eq(check_vn(V2_WITH(.dvif = 0xfff), VNTAG_DOWN), VNTAG_PASS);
	cr_assert_eq(
		check_vn(V2_WITH(.dvif = 7), VNTAG_DOWN), VNTAG_PASS, "whether 7 exists is for the table");
}

Test(vntag_hdr, PEX_29_PEX_36_lists_are_a_space_of_their_own)
{
	struct vntag_hdr list = V2_WITH(.p = 1, .dvif = 5), vif = V2_WITH(.dvif = 5);

	cr_assert_neq(vntag_channel(&list), vntag_channel(&vif));
	cr_assert(vntag_is_group(VNTAG_FORMAT_VN, vntag_channel(&list)));
	cr_assert_not(vntag_is_group(VNTAG_FORMAT_VN, vntag_channel(&vif)));
	cr_assert_eq(check_vn(V2_WITH(.p = 1, .dvif = 0), VNTAG_DOWN), VNTAG_DROP_UNKNOWN_ID);
	cr_assert_eq(check_vn(V2_WITH(.p = 1, .dvif = 16383), VNTAG_DOWN), VNTAG_PASS);
}

Test(vntag_hdr, PEX_21_without_l_svif_names_no_source)
{
	struct vntag_hdr h = PARSE(frame_v7, VNTAG_FORMAT_VN);

	h.l = 0;
	cr_assert_eq(vntag_source(&h, VNTAG_DOWN), 0);
}

Test(vntag_hdr, PEX_40_a_base_pe_has_no_extensions)
{
	struct vntag_hdr e5 = PARSE(frame_e5, VNTAG_FORMAT_E);
	struct vntag_hdr e3 = PARSE(frame_e3, VNTAG_FORMAT_E);
	struct vntag_hdr ingress_only = { .format = VNTAG_FORMAT_E, .ecid = 0x100001, .ingress = 0x1064 };

	cr_assert_eq(vntag_check(&e5, VNTAG_DOWN, true), VNTAG_DROP_EXTENDED_ID);
	cr_assert_eq(vntag_check(&e5, VNTAG_UP, true), VNTAG_DROP_EXTENDED_ID);
	cr_assert_eq(vntag_check(&ingress_only, VNTAG_DOWN, true), VNTAG_DROP_EXTENDED_ID);
	cr_assert_eq(vntag_check(&e3, VNTAG_DOWN, true), VNTAG_PASS, "GRP is no extension");
	cr_assert_eq(vntag_check(&e5, VNTAG_DOWN, false), VNTAG_PASS);
	cr_assert_eq(vntag_channel(&e5), 0x12345);
}

Test(vntag_hdr, PEX_41_e_cid_0_and_all_ones_are_reserved)
{
	struct vntag_hdr e6 = PARSE(frame_e6, VNTAG_FORMAT_E);
	struct vntag_hdr zero = { .format = VNTAG_FORMAT_E };

	for (unsigned i = 0; i < 4; i++) {
		cr_assert_eq(vntag_check(&e6, i & 1, i & 2), VNTAG_DROP_RESERVED_ID);
		cr_assert_eq(vntag_check(&zero, i & 1, i & 2), VNTAG_DROP_RESERVED_ID);
	}
	e6.ecid--;
	cr_assert_eq(vntag_check(&e6, VNTAG_DOWN, false), VNTAG_PASS, "reserved bits are ignored");
}

Test(vntag_hdr, PEX_57_groups_are_for_frames_going_down)
{
	struct vntag_hdr h = PARSE(frame_e3, VNTAG_FORMAT_E);

	cr_assert_eq(vntag_check(&h, VNTAG_UP, false), VNTAG_DROP_FORMAT);
	h.ecid = 0xfffff;
	cr_assert_eq(vntag_check(&h, VNTAG_UP, false), VNTAG_PASS);
}

Test(vntag_hdr, a_tag_in_a_tag_is_nested)
{
	static const uint16_t types[] = { VNTAG_ETHERTYPE_VN, VNTAG_ETHERTYPE_E };

	for (unsigned i = 0; i < 2; i++) {
		struct vntag_hdr vn = V2_WITH(.dvif = 5);
		struct vntag_hdr e = { .format = VNTAG_FORMAT_E, .ecid = 100, .inner = types[i] };

		vn.inner = types[i];
		cr_assert_eq(vntag_check(&vn, VNTAG_DOWN, false), VNTAG_DROP_NESTED);
		cr_assert_eq(vntag_check(&e, VNTAG_UP, true), VNTAG_DROP_NESTED);
	}
}

Test(vntag_hdr, numbers_that_a_channel_can_have)
{
	static const struct {
		enum vntag_format format;
		uint32_t channel;
		bool is_base, ok, is_group;
	} rows[] = {
		{ VNTAG_FORMAT_VN, 0, false, false, false },
		{ VNTAG_FORMAT_VN, 1, false, true, false },
		{ VNTAG_FORMAT_VN, 0xfff, true, true, false },
		{ VNTAG_FORMAT_VN, 0x1000, false, false, false },
		{ VNTAG_FORMAT_VN, 0x4000, false, false, true },
		{ VNTAG_FORMAT_VN, 0x4001, false, true, true },
		{ VNTAG_FORMAT_VN, 0x7fff, true, true, true },
		{ VNTAG_FORMAT_VN, 0x8001, false, false, false },
		{ VNTAG_FORMAT_VN, 0xc001, false, false, true },
		{ VNTAG_FORMAT_E, 0, false, false, false },
		{ VNTAG_FORMAT_E, 0xfff, true, true, false },
		{ VNTAG_FORMAT_E, 0x1000, true, false, false },
		{ VNTAG_FORMAT_E, 0x1000, false, true, false },
		{ VNTAG_FORMAT_E, 0xfffff, false, true, false },
		{ VNTAG_FORMAT_E, 0x100000, true, true, true },
		{ VNTAG_FORMAT_E, 0x300fff, true, true, true },
		{ VNTAG_FORMAT_E, 0x301000, true, false, true },
		{ VNTAG_FORMAT_E, 0x3ffffe, false, true, true },
		{ VNTAG_FORMAT_E, 0x3fffff, false, false, true },
		{ VNTAG_FORMAT_E, 0x400001, false, false, true },
	};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cr_assert_eq(vntag_is_channel(rows[i].format, rows[i].channel, rows[i].is_base), rows[i].ok,
			"row %u", i);
		cr_assert_eq(vntag_is_group(rows[i].format, rows[i].channel), rows[i].is_group, "row %u", i);
	}
}

Test(vntag_hdr, every_reason_has_a_name_of_its_own)
{
	for (int d = 0; d < VNTAG_N_DROPS; d++) {
		cr_assert_str_neq(vntag_drop_name((enum vntag_drop)d), "?");
		for (int other = 0; other < d; other++)
			cr_assert_str_neq(
				vntag_drop_name((enum vntag_drop)d), vntag_drop_name((enum vntag_drop)other));
	}
	cr_assert_str_eq(vntag_drop_name(VNTAG_N_DROPS), "?");
}
