/* VDP values: timer formulas, VSIIDs and manager IDs as text. */
#include <criterion/criterion.h>

#include "vdp.h"

static const struct vdp_params defaults = { .retries = 3, .rte = 14, .rwd = 20, .rka = 20 };

Test(vdp_values, formulas_match_the_published_figures)
{
	struct vdp_params p = defaults;

	cr_assert_eq(vdp_ack_time(&p).ns, 163840000u);
	cr_assert_eq(vdp_resource_wait_delay(&p).ns, 10485760000u);
	cr_assert_eq(vdp_reinit_keep_alive(&p).ns, 10485760000u);
	cr_assert_eq(vdp_resp_wait_delay(&p).ns, 17448960000u);
	cr_assert_eq(vdp_tout_keep_alive(&p).ns, 17448960000u);
	p.rte = 16;
	cr_assert_eq(vdp_resp_wait_delay(&p).ns, 22609920000u, "the HPE table");
}

Test(vdp_values, short_waits_are_rounded_up_to_a_millisecond)
{
	struct vdp_params p = { 0 };

	cr_assert_eq(vdp_ack_time(&p).ns, 1000000u);
	cr_assert_eq(vdp_resource_wait_delay(&p).ns, 1000000u);
	cr_assert_eq(vdp_reinit_keep_alive(&p).ns, 1000000u);
	p.rte = 7;
	cr_assert_eq(vdp_ack_time(&p).ns, 1280000u);
}

Test(vdp_values, the_largest_exponents_do_not_wrap)
{
	struct vdp_params p = { .retries = 7, .rte = 31, .rwd = 31, .rka = 31 };
	uint64_t ack = UINT64_C(10000) << 31;

	cr_assert_eq(vdp_ack_time(&p).ns, ack);
	cr_assert_eq(vdp_tout_keep_alive(&p).ns, 24 * ack);
	p.rka = 255;
	cr_assert_eq(vdp_reinit_keep_alive(&p).ns, ack, "beyond five bits: as 31");
}

Test(vdp_values, ids_compare_as_opaque_octets_with_their_format)
{
	struct vsi_id a = { VSI_ID_LOCAL, { [15] = 1 } }, b = a;
	struct vdp_manager m = { { [15] = 1 } }, n = { { [14] = 1 } };

	cr_assert(vsi_id_equal(&a, &b));
	b.format = VSI_ID_IPV4;
	cr_assert_not(vsi_id_equal(&a, &b));
	b = a;
	b.id[0] = 1;
	cr_assert_not(vsi_id_equal(&a, &b));
	cr_assert(vdp_manager_equal(&m, &m));
	cr_assert_not(vdp_manager_equal(&m, &n));
}

static void check_id(const char *text, uint8_t format)
{
	char out[VSI_ID_TEXT];
	struct vsi_id id, back;

	cr_assert(vsi_id_parse(text, &id), "%s", text);
	cr_assert_eq(id.format, format, "%s", text);
	cr_assert_str_eq(vsi_id_format(&id, out), text);
	cr_assert(vsi_id_parse(out, &back) && vsi_id_equal(&id, &back));
}

Test(vdp_values, the_form_of_a_vsiid_decides_its_format)
{
	check_id("192.0.2.7", VSI_ID_IPV4);
	check_id("2001:db8::10", VSI_ID_IPV6);
	check_id("::ffff:192.0.2.7", VSI_ID_IPV6);
	check_id("00:00:5e:00:53:10", VSI_ID_MAC);
	check_id("local:00", VSI_ID_LOCAL);
	check_id("local:abcd", VSI_ID_LOCAL);
	check_id("local:ffeeddccbbaa99887766554433221100", VSI_ID_LOCAL);
	check_id("f81d4fae-7dec-11d0-a765-00a0c91e6bf6", VSI_ID_UUID);
}

Test(vdp_values, short_vsiids_are_right_aligned)
{
	struct vsi_id id;

	cr_assert(vsi_id_parse("192.0.2.7", &id));
	cr_assert_arr_eq(id.id, ((uint8_t[16]){ [12] = 192, [14] = 2, [15] = 7 }), 16);
	cr_assert(vsi_id_parse("52:54:00:12:34:56", &id));
	cr_assert_arr_eq(id.id,
		((uint8_t[16]){ [10] = 0x52, [11] = 0x54, [13] = 0x12, [14] = 0x34, [15] = 0x56 }), 16);
	cr_assert(vsi_id_parse("local:102", &id) == false, "an odd digit");
	cr_assert(vsi_id_parse("local:0102", &id));
	cr_assert_arr_eq(id.id, ((uint8_t[16]){ [14] = 1, [15] = 2 }), 16);
}

Test(vdp_values, every_vsiid_has_a_text_that_parses_back)
{
	char text[VSI_ID_TEXT];
	struct vsi_id back;

	for (unsigned format = 0; format <= 255; format++) {
		for (unsigned at = 0; at < 16; at++) { /* one octet set anywhere: left-aligned peers too */
			struct vsi_id id = { (uint8_t)format, { 0 } };

			id.id[at] = 0xa5;
			vsi_id_format(&id, text);
			cr_assert(vsi_id_parse(text, &back), "%s", text);
			cr_assert(vsi_id_equal(&id, &back), "%s", text);
		}
	}
	cr_assert(vsi_id_parse("format7:00000000000000000000000000000001", &back));
	cr_assert_eq(back.format, 7);
}

Test(vdp_values, texts_that_are_no_vsiid)
{
	static const char *const bad[] = { "", ":", "::1:", ":1", "1:2:3:4:5:6:7", "1::2::3",
		"12345::", "1.2.3", "1.2.3.4.5", "256.1.1.1", "::1.2.3", "local:", "local:xy",
		"local:0102030405060708090a0b0c0d0e0f1011", "format256:00000000000000000000000000000001",
		"format7:01", "format:", "1:2:3:4::5:6:7:8", "format-7:", "format9999:", "format7-",
		"format7:gg000000000000000000000000000000", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:1.2.3.4",
		"f81d4fae-7dec-11d0-a765-00a0c91e6bf", "web server" };
	struct vsi_id id;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_assert_not(vsi_id_parse(bad[i], &id), "%s", bad[i]);
}

static void check_manager(const char *text, const char *canonical)
{
	char out[VDP_MANAGER_TEXT];
	struct vdp_manager m, back;

	cr_assert(vdp_manager_parse(text, &m), "%s", text);
	cr_assert_str_eq(vdp_manager_format(&m, out), canonical);
	cr_assert(vdp_manager_parse(out, &back) && vdp_manager_equal(&m, &back));
}

Test(vdp_values, managers_are_written_as_rfc_5952_says)
{
	check_manager("::", "::");
	check_manager("::1", "::1");
	check_manager("1::", "1::");
	check_manager("2001:DB8:0:0:0:0:0:10", "2001:db8::10");
	check_manager("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1");
	check_manager("2001:0:0:1:0:0:0:1", "2001:0:0:1::1");
	check_manager("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1");
	check_manager("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0");
	check_manager("192.0.2.1", "192.0.2.1");
	check_manager("::ffff:192.0.2.1", "192.0.2.1");
	check_manager("64:ff9b::192.0.2.1", "64:ff9b::c000:201");
	check_manager("ffffffffffffffffffffffffffffffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
	check_manager("6d677231000000000000000000000000", "6d67:7231::");
}

Test(vdp_values, texts_that_are_no_manager)
{
	static const char *const bad[] = { "", "mgr1", "0123", "1:2", "::g",
		"zz677231000000000000000000000000" };
	struct vdp_manager m;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_assert_not(vdp_manager_parse(bad[i], &m), "%s", bad[i]);
}

Test(vdp_values, names)
{
	cr_assert_str_eq(vdp_op_name(VDP_PREASSOC_RR), "preassociate_rr");
	cr_assert_str_eq(vdp_op_name((enum vdp_op)0), "reserved");
	cr_assert_str_eq(vdp_state_name(VDP_STATE_ASSOC), "associated");
	cr_assert_str_eq(vdp_error_text(VDP_E_RESOURCES), "insufficient resources");
	cr_assert_str_eq(vdp_error_text(VDP_E_MANAGER_UNKNOWN), "unknown VSI manager");
	cr_assert_str_eq(vdp_error_text(VDP_E_TYPE_DENIED), "VSI type not allowed");
	for (unsigned e = VDP_E_LAST + 1; e <= 15; e++)
		cr_assert_str_eq(
			vdp_error_text(e), vdp_error_text(VDP_E_OTHER), "reserved codes are read as 4");
}
