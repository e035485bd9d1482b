/*
 * The interface virtualizer (port extender) downwards and with another one behind it, octet for octet: PEX-17..45.
 */
#include "iv_net.h"

TestSuite(relay_iv_down, .init = start, .fini = net_fini_all);

Test(relay_iv_down, PEX_17_a_frame_for_a_vif_loses_its_tag)
{
	cr_assert(rx(u0, v2));
	expect_only(vif5, v3);
	cr_assert(relay_admit(net.r, vif5, 2, NULL, 0));
	cr_assert(rx(u0, v2));
	cr_assert_eq(relay_vsi_counters(net.r, vif5, 1).tx_frames, 2, "both for the VSI of the lowest VLAN");
	net_admit(&net, vif5, 2, 11, MAC_A);
	cr_assert(rx(u0, v9));
	cr_assert_eq(relay_vsi_counters(net.r, vif5, 2).tx_frames, 1);
	cr_assert_eq(relay_vsi_counters(net.r, vif5, 2).tx_octets, sizeof(frame_v9) - VNTAG_LEN_VN);
}

Test(relay_iv_down, PEX_18_so_does_one_that_comes_back)
{
	cr_assert(rx(u0, v4));
	net_expect_only(&net, vif6, bare(net_array(frame_v4), VNTAG_LEN_VN));
}

Test(relay_iv_down, PEX_19_a_list_is_one_copy_for_each_member)
{
	cr_assert(rx(u0, v5));
	cr_assert_eq(net.n_copies, 2);
	net_expect_n(&net, vif5, bare(net_array(frame_v5), VNTAG_LEN_VN), 1);
	net_expect_n(&net, vif6, bare(net_array(frame_v5), VNTAG_LEN_VN), 1);
}

Test(relay_iv_down, PEX_20_the_source_of_a_looped_frame_is_left_out)
{
	cr_assert(rx(u0, v7));
	net_expect_only(&net, vif6, bare(net_array(frame_v7), VNTAG_LEN_VN));
}

Test(relay_iv_down, PEX_21_without_the_looped_bit_the_source_is_somebody_elses)
{
	put(v7);
	net.frame[16] &= 0x7f;
	cr_assert(net_rx_frame(&net, u0));
	cr_assert_eq(net_ports(&net), net_set(vif5, vif6));
}

Test(relay_iv_down, PEX_22_a_looped_frame_for_its_own_source_is_dropped)
{
	put(v4);
	net.frame[15] = 5;
	net_drop(&net, u0, FWD_DROP_SAME_PORT);
}

Test(relay_iv_down, PEX_23_a_vlan_tag_inside_stays)
{
	cr_assert(rx(u0, v9));
	net_expect_only(&net, vif5, bare(net_array(frame_v9), VNTAG_LEN_VN));
}

Test(relay_iv_down, PEX_24_the_vlan_tag_of_an_untagged_vid_goes)
{
	relay_port_set_vlan(net.r, vif5, 11, true, true);
	cr_assert(rx(u0, v9));
	expect_only(vif5, v3);
	relay_port_set_vlan(net.r, vif5, 11, true, false);
	cr_assert(rx(u0, v9));
	net_expect_only(&net, vif5, bare(net_array(frame_v9), VNTAG_LEN_VN));
	relay_port_set_vlan(net.r, vif5, 11, true, true);
	relay_port_clear_vlans(net.r, vif5);
	cr_assert(rx(u0, v9));
	net_expect_only(&net, vif5, bare(net_array(frame_v9), VNTAG_LEN_VN));
}

Test(relay_iv_down, PEX_24_the_untagged_vid_of_a_vsi_is_another_matter)
{
	put(v9);
	net.frame[21] = 1; /* VLAN 1 admits A's untagged frames; what comes tagged stays so */
	cr_assert(net_rx_frame(&net, u0));
	net_expect_tag(&net, vif5, net_octets(0x81, 0, 0x60, 1), 10);
	relay_port_set_vlan(net.r, vif5, 11, true, true);
	cr_assert(relay_admit(net.r, vif5, 2, NULL, 0));
	cr_assert(rx(u0, v9));
	expect_only(vif5, v3);
	cr_assert_eq(relay_port_has_vlan(net.r, vif6, 11), true);
	relay_port_set_vlan(net.r, vif6, 11, true, true);
	cr_assert(rx(vif6, v9) == false, "and going up it is none of the set's business");
}

Test(relay_iv_down, PEX_24_members_of_a_list_differ)
{
	relay_port_set_vlan(net.r, vif5, 11, true, true);
	put(v5);
	net_insert(&net, 18, net_octets(0x81, 0, 0x60, 11));
	cr_assert(net_rx_frame(&net, u0));
	net_expect_n(&net, vif5, bare(net_array(frame_v5), VNTAG_LEN_VN), 1);
	cr_assert_eq(net.n_copies, 2);
	for (unsigned i = 0; i < 2; i++)
		if (net.copy[i].lport == vif6)
			cr_assert_arr_eq(net.copy[i].head + 12, ((uint8_t[]){ 0x81, 0, 0x60, 11, 8, 6 }), 6);
}

Test(relay_iv_down, PEX_25_a_version_is_dropped)
{
	put(v11);
	net_drop(&net, u0, FWD_DROP_FORMAT);
}

Test(relay_iv_down, PEX_26_the_reserved_bit_means_nothing)
{
	put(v2);
	net.frame[16] |= 0x40;
	cr_assert(net_rx_frame(&net, u0));
	expect_only(vif5, v3);
}

Test(relay_iv_down, PEX_27_an_up_frame_from_above_is_dropped)
{
	put(v1);
	net_drop(&net, u0, FWD_DROP_DIRECTION);
}

Test(relay_iv_down, PEX_28_an_unknown_vif_is_dropped)
{
	put(v2);
	net.frame[15] = 7;
	net_drop(&net, u0, FWD_DROP_UNKNOWN_VIF);
}

Test(relay_iv_down, PEX_29_an_unknown_list_is_dropped_not_flooded)
{
	put(v5);
	net.frame[15] = 1;
	net_drop(&net, u0, FWD_DROP_UNKNOWN_VIF);
	put(e3);
	net.frame[17] = 2;
	net_drop(&net, e0, FWD_DROP_UNKNOWN_VIF);
}

Test(relay_iv_down, PEX_30_vif_0_is_none)
{
	put(v2);
	net.frame[15] = 0;
	net_drop(&net, u0, FWD_DROP_UNKNOWN_VIF);
	net.frame[14] = 0xc0;
	net_drop(&net, u0, FWD_DROP_UNKNOWN_VIF);
}

Test(relay_iv_down, PEX_31_a_vif_has_twelve_bits)
{
	put(v2);
	net.frame[14] = 0x90;
	net_drop(&net, u0, FWD_DROP_UNKNOWN_VIF);
}

Test(relay_iv_down, PEX_32_an_untagged_frame_from_above_is_dropped)
{
	put(v0);
	net_drop(&net, u0, FWD_DROP_UNTAGGED);
	net_drop(&net, e0, FWD_DROP_UNTAGGED);
	net_drop(&net, transit, FWD_DROP_UNTAGGED);
}

static void expect_truncated(uint16_t lport, struct span frame, size_t below)
{
	for (size_t len = 0; len < below; len++) {
		uint8_t *exact = malloc(len + 1); /* for the sanitizer */
		uint64_t before = net_drops(&net, lport, FWD_DROP_TRUNCATED);

		memcpy(exact + 1, frame.ptr, len);
		relay_rx(net.r, lport, span_of(exact + 1, len), net.now, &net.res);
		cr_assert_eq(net.res.drop, FWD_DROP_TRUNCATED, "%zu octets", len);
		cr_assert_eq(net_drops(&net, lport, FWD_DROP_TRUNCATED), before + 1);
		free(exact);
	}
}

Test(relay_iv_down, PEX_33_a_truncated_tag_is_dropped_without_a_read_beyond_the_end)
{
	expect_truncated(u0, net_array(frame_v2), 20);
	expect_truncated(e0, net_array(frame_e2), 22);
	net_put(&net, span_of(frame_v9, 22)); /* a C-tag without its end */
	net_drop(&net, u0, FWD_DROP_MALFORMED);
}

Test(relay_iv_down, PEX_34_what_is_short_without_its_tag_is_padded_on_a_physical_port)
{
	struct relay_port_cfg cfg = { .kind = FWD_DRP, .relay = FWD_IV, .component = 1, .pads = true };
	uint8_t want[60] = { 0 };

	net_put(&net, span_of(frame_v2, 60)); /* 54 octets inside */
	cr_assert(net_rx_frame(&net, u0));
	net_expect_only(&net, vif5, bare(span_of(frame_v2, 60), VNTAG_LEN_VN));
	relay_port_set_cfg(net.r, vif5, &cfg);
	memcpy(want, frame_v3, 54);
	for (size_t more = 0; more < 3; more++) {
		net_put(&net, span_of(frame_v2, 60 - more * 20));
		memset(want + 54 - more * 20, 0, 6 + more * 20);
		cr_assert(net_rx_frame(&net, u0));
		net_expect_only(&net, vif5, net_array(want));
	}
	cr_assert_eq(relay_port_counters(net.r, vif5)->tx_octets, 54 + 3 * 60);
	cr_assert(rx(u0, v2));
	expect_only(vif5, v3);
}

Test(relay_iv_down, PEX_35_all_ones_are_dropped)
{
	put(v10);
	net_drop(&net, u0, FWD_DROP_FORMAT);
}

Test(relay_iv_down, PEX_36_list_5_is_not_vif_5)
{
	cr_assert(relay_list_set(net.r, u0, VNTAG_LIST | 5, &vif6, 1));
	cr_assert(rx(u0, v2));
	expect_only(vif5, v3);
	net.frame[14] |= 0x40;
	cr_assert(net_rx_frame(&net, u0));
	expect_only(vif6, v3);
	relay_list_set(net.r, u0, VNTAG_LIST | 5, NULL, 0);
	net_drop(&net, u0, FWD_DROP_UNKNOWN_VIF);
}

Test(relay_iv_down, PEX_37_an_e_cid_says_the_port)
{
	cr_assert(rx(e0, e2));
	expect_only(e100, v3);
}

Test(relay_iv_down, PEX_38_a_group_leaves_the_ingress_port_out)
{
	cr_assert(rx(e0, e3));
	net_expect_only(&net, e101, bare(net_array(frame_e3), VNTAG_LEN_E));
}

Test(relay_iv_down, PEX_39_without_an_ingress_port_all_get_it)
{
	put(e3);
	net.frame[15] = 0;
	cr_assert(net_rx_frame(&net, e0));
	cr_assert_eq(net_ports(&net), net_set(e100, e101));
}

Test(relay_iv_down, PEX_40_a_base_extender_has_no_extensions)
{
	uint16_t base = uplink(3, FWD_TAG_E, true);
	uint16_t e_345 = vif(3, base, 0x345, MAC_A), wide = vif(2, e0, 0x12345, MAC_A);

	put(e5);
	net_drop(&net, base, FWD_DROP_EXTENDED_ID);
	cr_assert_not(relay_channel_set(net.r, base, 0x12345, e_345));
	cr_assert(rx(e0, e5));
	expect_only(wide, v3);
}

Test(relay_iv_down, PEX_41_reserved_e_cids_are_dropped)
{
	put(e6);
	net_drop(&net, e0, FWD_DROP_RESERVED_ID);
	put(e2);
	net.frame[17] = 0;
	net_drop(&net, e0, FWD_DROP_RESERVED_ID);
}

Test(relay_iv_down, PEX_42_the_other_tag_is_dropped)
{
	put(e2);
	net_drop(&net, u0, FWD_DROP_OTHER_FORMAT);
	put(v2);
	net_drop(&net, e0, FWD_DROP_OTHER_FORMAT);
}

Test(relay_iv_down, a_tag_in_a_tag_is_dropped)
{
	put(v2);
	net_insert(&net, 12, net_octets(0x89, 0x26, 0x80, 0x05, 0, 0));
	net_drop(&net, u0, FWD_DROP_NESTED);
	put(v2);
	net_insert(&net, 12, net_octets(0x89, 0x3f, 0, 0, 0, 100, 0, 0));
	net_drop(&net, e0, FWD_DROP_NESTED);
}

/* ---- cascade ---- */

Test(relay_iv_down, PEX_43_a_transit_port_hands_up_what_is_bound_to_it)
{
	put(v1);
	net.frame[17] = 9;
	cr_assert(net_rx_frame(&net, transit));
	net_expect_only(&net, u0, span_of(net.frame, net.frame_len));
}

Test(relay_iv_down, PEX_44_and_nothing_else)
{
	put(v1);
	net_drop(&net, transit, FWD_DROP_SOURCE_CHECK);
	net.frame[17] = 10;
	net_drop(&net, transit, FWD_DROP_SOURCE_CHECK);
	put(v2);
	net_drop(&net, transit, FWD_DROP_DIRECTION);
}

Test(relay_iv_down, PEX_45_down_to_a_transit_port_the_tag_stays)
{
	cr_assert(relay_list_set(net.r, u0, LIST, (uint16_t[]){ vif5, vif6, transit }, 3));
	cr_assert(rx(u0, v5));
	cr_assert_eq(net.n_copies, 3);
	expect_one_of(transit, v5);
	cr_assert(rx(u0, v7));
	cr_assert_eq(net_ports(&net), net_set(vif6, transit));
	expect_one_of(transit, v7);
	put(v2);
	net.frame[15] = 9;
	cr_assert(net_rx_frame(&net, u0));
	net_expect_only(&net, transit, span_of(net.frame, net.frame_len));
}

Test(relay_iv_down, a_transit_port_may_have_several_ids_and_loses_one_at_a_time)
{
	cr_assert(relay_channel_set(net.r, u0, 10, transit));
	cr_assert_eq(relay_port(net.r, transit)->tag_id, 0, "none is its own");
	put(v1);
	net.frame[17] = 10;
	cr_assert(net_rx_frame(&net, transit));
	relay_channel_clear(net.r, u0, 10);
	net_drop(&net, transit, FWD_DROP_SOURCE_CHECK);
	net.frame[17] = 9;
	cr_assert(net_rx_frame(&net, transit));
	relay_port_del(net.r, transit);
	put(v2);
	net.frame[15] = 9;
	net_drop(&net, u0, FWD_DROP_UNKNOWN_VIF);
}
