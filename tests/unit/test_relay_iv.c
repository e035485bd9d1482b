/*
 * The interface virtualizer (port extender) upwards, octet for octet: PEX-01..09, 12..16; and what may be set.
 */
#include "iv_net.h"

enum { TOO_SMALL = 1500 };

TestSuite(relay_iv, .init = start, .fini = net_fini_all);

Test(relay_iv, PEX_01_an_untagged_frame_goes_up_with_the_vif_as_source)
{
	cr_assert(rx(vif5, v0));
	expect_only(u0, v1);
	cr_assert_eq(relay_fdb_count(net.r), 8, "and nothing is learned");
}

Test(relay_iv, PEX_02_a_vlan_tag_goes_up_inside)
{
	put(v0);
	net_insert(&net, 12, net_octets(0x81, 0, 0x60, 11));
	cr_assert(net_rx_frame(&net, vif5));
	expect_only(u0, v8);
}

Test(relay_iv, PEX_03_two_tags_go_up_in_their_order)
{
	put(v0);
	net_insert(&net, 12, net_octets(0x88, 0xa8, 0x20, 99, 0x81, 0, 0x60, 11));
	cr_assert(net_rx_frame(&net, vif5));
	net_expect_tag(&net, u0, net_octets(0x89, 0x26, 0, 0, 0, 5), 0);
	put(v0);
	net_insert(&net, 12, net_octets(0x81, 0, 0x60, 11, 0x88, 0xa8, 0x20, 99));
	cr_assert(net_rx_frame(&net, vif5));
	net_expect_tag(&net, u0, net_octets(0x89, 0x26, 0, 0, 0, 5), 0);
}

Test(relay_iv, PEX_04_a_broadcast_goes_up_once_and_to_no_other_vif)
{
	net_put(&net, bare(net_array(frame_v6), VNTAG_LEN_VN));
	cr_assert(net_rx_frame(&net, vif5));
	expect_only(u0, v6);
}

Test(relay_iv, PEX_05_a_vn_tag_from_a_host_is_dropped)
{
	put(v1);
	net_drop(&net, vif5, FWD_DROP_NESTED);
}

Test(relay_iv, PEX_06_an_e_tag_from_a_host_is_dropped)
{
	put(e1);
	net_drop(&net, vif5, FWD_DROP_NESTED);
	put(v1);
	net_drop(&net, e100, FWD_DROP_NESTED);
}

static void set_mtu(uint16_t lport, enum fwd_kind kind, uint16_t component, uint32_t mtu)
{
	struct relay_port_cfg cfg = { .kind = kind, .relay = FWD_IV, .component = component, .mtu = mtu };

	relay_port_set_cfg(net.r, lport, &cfg);
}

Test(relay_iv, PEX_07_a_full_frame_needs_six_octets_more_or_eight)
{
	set_mtu(u0, FWD_URP, 1, 1506);
	net_make(&net, 0, false, 0xC, MAC_A, 1500);
	cr_assert(net_rx_frame(&net, vif5));
	cr_assert_eq(net.copy[0].head_len + net.copy[0].rest.len, 1520);
	set_mtu(u0, FWD_URP, 1, 1505);
	net_drop_at(&net, vif5, u0, FWD_DROP_TOO_LONG);
	set_mtu(e0, FWD_URP, 2, 1508);
	cr_assert(net_rx_frame(&net, e100));
	cr_assert_eq(net.copy[0].head_len + net.copy[0].rest.len, 1522);
	set_mtu(e0, FWD_URP, 2, 1507);
	net_drop_at(&net, e100, e0, FWD_DROP_TOO_LONG);
}

Test(relay_iv, PEX_08_with_a_vlan_tag_four_more)
{
	set_mtu(u0, FWD_URP, 1, 1510);
	net_make(&net, 11, true, 0xC, MAC_A, 1500);
	cr_assert(net_rx_frame(&net, vif5));
	cr_assert_eq(net.copy[0].head_len + net.copy[0].rest.len, 1524);
	set_mtu(u0, FWD_URP, 1, 1509);
	net_drop_at(&net, vif5, u0, FWD_DROP_TOO_LONG);
}

Test(relay_iv, PEX_09_an_uplink_of_1500_is_too_small)
{
	set_mtu(u0, FWD_URP, 1, TOO_SMALL);
	net_make(&net, 0, false, 0xC, MAC_A, TOO_SMALL);
	net_drop_at(&net, vif5, u0, FWD_DROP_TOO_LONG);
	net_make(&net, 0, false, 0xC, MAC_A, TOO_SMALL - 6);
	cr_assert(net_rx_frame(&net, vif5));
}

Test(relay_iv, PEX_12_a_vif_that_is_not_created_sends_nothing)
{
	relay_channel_clear(net.r, u0, 5);
	put(v0);
	net_drop(&net, vif5, FWD_DROP_UNKNOWN_VIF);
	cr_assert(relay_channel_set(net.r, u0, 5, vif5));
	relay_port_set_forwarding(net.r, vif5, false);
	net_drop(&net, vif5, FWD_DROP_BLOCKED);
	put(v2);
	net_drop(&net, u0, FWD_DROP_EGRESS);
}

Test(relay_iv, PEX_12_nor_does_one_whose_vsi_is_not_associated)
{
	cr_assert(relay_admit(net.r, vif5, 1, NULL, 0));
	cr_assert(relay_admit(net.r, vif5, 2, NULL, 0));
	put(v0);
	net_drop(&net, vif5, FWD_DROP_NOT_ASSOCIATED);
	cr_assert(net.res.unknown_source);
	net_insert(&net, 12, net_octets(0x81, 0, 0, 12));
	net_drop(&net, vif5, FWD_DROP_NOT_ASSOCIATED);
}

Test(relay_iv, PEX_13_mac_control_goes_nowhere)
{
	put(v0);
	net.frame[12] = 0x88;
	net.frame[13] = 0x08;
	net_drop(&net, vif5, FWD_DROP_RESERVED);
	memcpy(net.frame, "\x01\x80\xc2\x00\x00\x01", 6);
	net_drop(&net, vif5, FWD_DROP_RESERVED);
	put(v2);
	net.frame[18] = 0x88;
	net.frame[19] = 0x08;
	net_drop(&net, u0, FWD_DROP_RESERVED);
}

Test(relay_iv, PEX_14_control_frames_of_the_host_go_up_inside)
{
	static const struct {
		uint8_t dst, type[2];
	} control[] = { { 0x00, { 0x00, 0x26 } }, { 0x03, { 0x88, 0x8e } }, { 0x0e, { 0x88, 0xcc } } };

	for (unsigned i = 0; i < 3; i++) {
		put(v0);
		memcpy(net.frame, "\x01\x80\xc2\x00\x00", 5);
		net.frame[5] = control[i].dst;
		memcpy(net.frame + 12, control[i].type, 2);
		cr_assert(net_rx_frame(&net, vif5));
		net_expect_tag(&net, u0, net_octets(0x89, 0x26, 0, 0, 0, 5), 0);
	}
}

Test(relay_iv, PEX_15_an_e_tag_says_the_port)
{
	cr_assert(rx(e100, v0));
	expect_only(e0, e1);
}

Test(relay_iv, PEX_16_and_the_priority_of_the_vlan_tag)
{
	put(v0);
	net_insert(&net, 12, net_octets(0x81, 0, 0x60, 11));
	cr_assert(net_rx_frame(&net, e100));
	expect_only(e0, e4);
}

/* 5.4: the outer VLAN tag's, else the default; DEI too. */
Test(relay_iv, PEX_16_the_outermost_vlan_tag_counts_else_the_default)
{
	struct relay_port_cfg cfg = { .kind = FWD_DRP, .relay = FWD_IV, .component = 2, .pcp = 2 };
	struct relay_admit a = { .vid = 1, .mac = net_mac(MAC_A), .has_pcp = true, .pcp = 6 };

	put(v0);
	net_insert(&net, 12, net_octets(0x88, 0xa8, 0xb0, 99, 0x81, 0, 0x60, 11));
	cr_assert(net_rx_frame(&net, e100));
	net_expect_tag(&net, e0, net_octets(0x89, 0x3f, 0xb0, 0, 0, 100, 0, 0), 0);
	relay_port_set_cfg(net.r, e100, &cfg);
	cr_assert(rx(e100, v0));
	net_expect_tag(&net, e0, net_octets(0x89, 0x3f, 0x40, 0, 0, 100, 0, 0), 0);
	cr_assert(relay_admit(net.r, e100, 1, &a, 1));
	cr_assert(rx(e100, v0));
	net_expect_tag(&net, e0, net_octets(0x89, 0x3f, 0xc0, 0, 0, 100, 0, 0), 0);
	put(v0);
	net_insert(&net, 12, net_octets(0x88, 0xa8, 0x20, 99));
	cr_assert(net_rx_frame(&net, e100));
	net_expect_tag(&net, e0, net_octets(0x89, 0x3f, 0x20, 0, 0, 100, 0, 0), 0);
}

/* ---- what may be set ---- */

Test(relay_iv, a_vif_that_goes_leaves_its_lists)
{
	relay_channel_clear(net.r, u0, 5);
	cr_assert(rx(u0, v5));
	cr_assert_eq(net_ports(&net), net_set(vif6));
	cr_assert(relay_channel_set(net.r, u0, 5, vif5));
	cr_assert(rx(u0, v5));
	cr_assert_eq(net_ports(&net), net_set(vif6), "until it is added again");
	relay_port_del(net.r, vif6);
	put(v5);
	net_drop(&net, u0, FWD_DROP_UNKNOWN_VIF);
}

Test(relay_iv, what_cannot_be_a_vif_or_a_list_is_refused)
{
	uint16_t fresh = net_port(
		&net, (struct relay_port_cfg){ .kind = FWD_DRP, .relay = FWD_IV, .component = 1 });

	cr_assert_not(relay_channel_set(net.r, u0, 0, fresh));
	cr_assert_not(relay_channel_set(net.r, u0, 0x1000, fresh));
	cr_assert_not(relay_channel_set(net.r, u0, LIST, fresh));
	cr_assert_not(relay_channel_set(net.r, u0, 6, fresh), "another's");
	cr_assert_not(relay_channel_set(net.r, e0, 102, fresh), "another component's");
	cr_assert_not(relay_channel_set(net.r, u0, 7, u0));
	cr_assert_not(relay_channel_set(net.r, transit, 7, fresh), "no uplink");
	cr_assert_not(relay_channel_set(net.r, e0, GROUP, e100));
	cr_assert_not(relay_channel_set(net.r, e0, VNTAG_ECID_RESERVED, e100));
	cr_assert_not(relay_list_set(net.r, u0, 0x100, &vif5, 1), "a VIF's number");
	cr_assert_not(relay_list_set(net.r, u0, VNTAG_LIST, &vif5, 1));
	cr_assert_not(relay_list_set(net.r, e0, 100, &e100, 1));
	cr_assert_not(relay_list_set(net.r, vif5, LIST, &vif5, 1));
	cr_assert_not(relay_list_set(net.r, u0, LIST, (uint16_t[]){ vif5, fresh }, 2), "has no id");
	put(v5);
	net_drop(&net, u0, FWD_DROP_UNKNOWN_VIF);
	cr_assert_not(relay_list_set(net.r, u0, LIST, &e100, 1));
	cr_assert_not(relay_list_set(net.r, u0, LIST, &u0, 1));
}

Test(relay_iv, a_full_table_of_lists_is_said)
{
	for (unsigned i = 2; i < NET_MAX_LISTS; i++)
		cr_assert(relay_list_set(net.r, u0, VNTAG_LIST | i, &vif5, 1));
	cr_assert_not(relay_list_set(net.r, u0, VNTAG_LIST | 99, &vif5, 1));
	cr_assert(relay_list_set(net.r, u0, LIST, &vif6, 1), "one that is there is replaced");
	cr_assert(rx(u0, v5));
	cr_assert_eq(net_ports(&net), net_set(vif6));
}

Test(relay_iv, without_its_uplink_nothing_goes_anywhere)
{
	relay_port_del(net.r, u0);
	put(v0);
	net_drop(&net, vif5, FWD_DROP_UNKNOWN_VIF);
	put(v1);
	net.frame[17] = 9;
	net_drop(&net, transit, FWD_DROP_SOURCE_CHECK);
}
