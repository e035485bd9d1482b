/*
 * The controlling bridge (port-extension-reference 5.1, 5.2), octet for octet: PEX-46..57.
 */
#include "cb_net.h"

TestSuite(relay_cb, .init = start, .fini = net_fini_all);

/* ---- from and to one VIF ---- */

Test(relay_cb, PEX_46_a_frame_from_a_vif_enters_by_the_vifs_port_without_its_tag)
{
	net_rx(&net, lan, 0, MAC_D, MAC_C);
	cr_assert(rx(c1, v1));
	cr_assert_eq(net.res.lport, c1_v5);
	cr_assert_eq(net_where(&net, 1, MAC_A), c1_v5);
	expect_only(lan, v0);
	cr_assert_eq(relay_port_counters(net.r, c1_v5)->rx_frames, 1);
	net_rx(&net, e_lan, 0, MAC_A, MAC_C);
	cr_assert(rx(e, e1));
	cr_assert_eq(net.res.lport, e100);
	expect_only(e_lan, v0);
}

Test(relay_cb, PEX_47_the_answer_goes_to_the_vif)
{
	learn_all();
	cr_assert(rx(lan, v3));
	expect_only(c1_v5, v2);
	cr_assert(rx(e_lan, v3));
	expect_only(e100, e2);
}

Test(relay_cb, PEX_48_from_vif_to_vif_of_one_cascade_port_it_is_looped)
{
	learn_all();
	put(v4);
	memcpy(net.frame + 14, "\x00\x00\x00\x05", 4);
	cr_assert(net_rx_frame(&net, c1));
	expect_only(c1_v6, v4);
	cr_assert_eq(relay_port_counters(net.r, c1_v6)->reflected, 0);
	net.frame[17] = 6; /* never back to the source */
	net_drop_at(&net, c1, c1_v6, FWD_DROP_SAME_PORT);
}

Test(relay_cb, PEX_48_from_one_cascade_port_to_another_it_is_not)
{
	learn_all();
	cr_assert(net_rx_tagged(&net, c1, net_octets(0x89, 0x26, 0, 0, 0, 5), 0, MAC_D, MAC_A));
	net_expect_tag(&net, c2_v5, net_octets(0x89, 0x26, 0x80, 5, 0, 0), 6);
	cr_assert(net_rx_tagged(&net, e, net_octets(0x89, 0x3f, 0, 0, 0, 100, 0, 0), 0, MAC_B, MAC_A));
	net_expect_tag(&net, e101, net_octets(0x89, 0x3f, 0, 0, 0, 101, 0, 0), 8);
}

Test(relay_cb, PEX_50_a_station_that_moves_is_followed)
{
	learn_all();
	put(v1);
	net.frame[17] = 6;
	cr_assert(net_rx_frame(&net, c1));
	cr_assert_eq(net_where(&net, 1, MAC_A), c1_v6);
	cr_assert(rx(lan, v3));
	net_expect_tag(&net, c1_v6, net_octets(0x89, 0x26, 0x80, 6, 0, 0), 0);
}

/* ---- groups ---- */

static struct span arp(struct span tag)
{
	static uint8_t octets[80];

	memcpy(octets, frame_v6, 12);
	if (tag.len > 0)
		memcpy(octets + 12, tag.ptr, tag.len);
	memcpy(octets + 12 + tag.len, frame_v6 + 18, sizeof(frame_v6) - 18);
	return span_of(octets, sizeof(frame_v6) - 6 + tag.len);
}

Test(relay_cb, PEX_49_a_broadcast_is_one_copy_per_cascade_port)
{
	cr_assert(rx(c1, v6));
	cr_assert_eq(net.n_copies, 3);
	expect_one_of(c1, v7);
	net_expect_n(&net, c2, arp(net_octets(0x89, 0x26, 0xc1, 0, 0, 0)), 1);
	net_expect_n(&net, lan, arp(NET_NOTHING), 1);
	cr_assert_eq(relay_port_counters(net.r, c1)->tx_frames, 1);
}

Test(relay_cb, PEX_49_from_elsewhere_too)
{
	cr_assert(net_rx_octets(&net, lan, arp(NET_NOTHING)));
	cr_assert_eq(net.n_copies, 2);
	net_expect_n(&net, c1, arp(net_octets(0x89, 0x26, 0xc1, 0, 0, 0)), 1);
	net_expect_n(&net, c2, arp(net_octets(0x89, 0x26, 0xc1, 0, 0, 0)), 1);
}

Test(relay_cb, PEX_49_an_unknown_unicast_is_flooded_the_same_way)
{
	cr_assert(net_rx_tagged(&net, c1, net_octets(0x89, 0x26, 0, 0, 0, 5), 0, 0x77, MAC_A));
	cr_assert_eq(net_ports(&net), net_set(c1, c2, lan));
}

Test(relay_cb, PEX_49_a_cascade_port_with_the_source_alone_gets_none)
{
	put(v6);
	cr_assert(net_rx_frame(&net, c2)); /* its only VIF is 5 */
	cr_assert_eq(net_ports(&net), net_set(c1, lan));
}

Test(relay_cb, PEX_49_lists_are_for_registered_groups_too)
{
	static const struct mac group = { { 1, 0, 0x5e, 0, 0, 1 } };

	cr_assert(relay_group_set(net.r, c1_v6, 1, group, true));
	cr_assert(net_rx(&net, lan, 0, 0x01005e000001, MAC_C));
	net_expect_tag(&net, c1_v6, net_octets(0x89, 0x26, 0x80, 6, 0, 0), 0);
	cr_assert(relay_group_set(net.r, c1_v5, 1, group, true));
	cr_assert(net_rx(&net, lan, 0, 0x01005e000001, MAC_C));
	net_expect_tag(&net, c1, net_octets(0x89, 0x26, 0xc1, 0, 0, 0), 0);
	cr_assert(net_rx(&net, lan, 0, MAC_ALL, MAC_C));
	cr_assert_eq(net_ports(&net), net_set(c1, c2), "and others are not affected");
}

Test(relay_cb, PEX_54_a_list_is_used_only_while_it_is_exactly_the_vlans_vifs)
{
	cr_assert(relay_admit(
		net.r, c1_v6, 1, NULL, 0)); /* out of the VLAN: the extender still has it in the list */
	cr_assert(net_rx_octets(&net, lan, arp(NET_NOTHING)));
	cr_assert_eq(net.n_copies, 2);
	net_expect_n(&net, c1_v5, arp(net_octets(0x89, 0x26, 0x80, 5, 0, 0)), 1);
	cr_assert(relay_list_set(net.r, c1, LIST, &c1_v5, 1)); /* now it has been told */
	cr_assert(net_rx_octets(&net, lan, arp(NET_NOTHING)));
	net_expect_n(&net, c1, arp(net_octets(0x89, 0x26, 0xc1, 0, 0, 0)), 1);
	net_admit(&net, c1_v6, 1, 1, 0);
	cr_assert(net_rx_octets(&net, lan, arp(NET_NOTHING)));
	cr_assert_eq(net_ports(&net), net_set(c1_v5, c1_v6, c2));
}

/* The same for all other ways to be no longer, or not yet, in the set. */
Test(relay_cb, PEX_54_whatever_happens_to_a_member)
{
	relay_port_set_forwarding(net.r, c1_v6, false);
	cr_assert(net_rx_octets(&net, lan, arp(NET_NOTHING)));
	cr_assert_eq(net_ports(&net), net_set(c1_v5, c2));
	relay_port_set_forwarding(net.r, c1_v6, true);
	cr_assert(net_rx_octets(&net, lan, arp(NET_NOTHING)));
	cr_assert_eq(net_ports(&net), net_set(c1, c2));
	net_admit(&net, vif(c1, 7), 1, 1, 0);
	cr_assert(net_rx_octets(&net, lan, arp(NET_NOTHING)));
	cr_assert_eq(net.n_copies, 4);
	relay_port_del(net.r, c1_v6);
	cr_assert(net_rx_octets(&net, lan, arp(NET_NOTHING)));
	cr_assert_eq(net.n_copies, 3, "a list goes with its member");
}

Test(relay_cb, PEX_54_a_member_that_gets_another_id_is_in_no_list)
{
	cr_assert(relay_channel_set(net.r, c1, 8, c1_v6));
	cr_assert(net_rx_octets(&net, lan, arp(NET_NOTHING)));
	cr_assert_eq(net_ports(&net), net_set(c1_v5, c1_v6, c2));
	net_expect_n(&net, c1_v6, arp(net_octets(0x89, 0x26, 0x80, 8, 0, 0)), 1);
}

Test(relay_cb, PEX_55_without_a_list_there_are_copies_for_each_vif_but_the_source)
{
	cr_assert(relay_list_set(net.r, c1, LIST, NULL, 0));
	cr_assert(rx(c1, v6));
	cr_assert_eq(net.n_copies, 3);
	net_expect_n(&net, c1_v6, arp(net_octets(0x89, 0x26, 0x80, 6, 0x80, 5)), 1);
	net_expect_n(&net, c2, arp(net_octets(0x89, 0x26, 0xc1, 0, 0, 0)), 1);
	for (unsigned i = 0; relay_list_set(net.r, c2, VNTAG_LIST | (200 + i), &c2_v5, 1); i++)
		cr_assert_lt(i, NET_MAX_LISTS);
	cr_assert_not(relay_list_set(net.r, c1, LIST, (uint16_t[]){ c1_v5, c1_v6 }, 2), "full");
	cr_assert(rx(c1, v6));
	net_expect_n(&net, c1_v6, arp(net_octets(0x89, 0x26, 0x80, 6, 0x80, 5)), 1);
}

Test(relay_cb, PEX_55_more_cascade_ports_than_a_frame_remembers)
{
	uint16_t trunk[RELAY_TRUNKS + 3], at[RELAY_TRUNKS + 3];

	for (unsigned i = 0; i < RELAY_TRUNKS + 3; i++) {
		trunk[i] = cascade(FWD_TAG_VN);
		at[i] = vif(trunk[i], 5);
		net_admit(&net, at[i], 1, 3, 0);
	}
	relay_list_set(net.r, e, GROUP, NULL, 0);
	cr_assert(relay_list_set(net.r, trunk[0], LIST, at, 1));
	cr_assert(relay_list_set(net.r, trunk[RELAY_TRUNKS + 1], LIST, at + RELAY_TRUNKS + 1, 1));
	relay_port_set_vlan(net.r, lan, 3, true, false);
	cr_assert(net_rx(&net, lan, 3, MAC_ALL, MAC_C));
	cr_assert_eq(net.n_copies, RELAY_TRUNKS + 3);
	cr_assert_eq(net.copy[0].lport, trunk[0]);
	cr_assert_eq(net.copy[RELAY_TRUNKS + 1].lport, at[RELAY_TRUNKS + 1]);
}

Test(relay_cb, PEX_56_a_group_names_the_ingress_port)
{
	put(e3);
	memcpy(net.frame + 14, "\x00\x00\x00\x64\x00\x00", 6); /* up, from 100 */
	cr_assert(net_rx_frame(&net, e));
	cr_assert_eq(net.n_copies, 2);
	expect_one_of(e, e3);
	cr_assert_eq(net_ports(&net), net_set(e, e_lan));
}

/* 5.2: what one member has tagged goes tagged; the other end strips it where it must. */
Test(relay_cb, PEX_56_members_that_differ_get_the_frame_tagged)
{
	cr_assert(relay_admit(net.r, e101, 1,
		(struct relay_admit[]){
			{ .vid = 9, .mac = net_mac(MAC_B) }, { .vid = 2, .mac = net_mac(MAC_B) } },
		2));
	cr_assert(net_rx_octets(&net, e_lan, arp(NET_NOTHING)));
	net_expect_only(&net, e, arp(net_octets(0x89, 0x3f, 0, 0, 0x10, 1, 0, 0, 0x81, 0, 0, 2)));
	net_admit(&net, e101, 1, 2, MAC_B);
	cr_assert(net_rx_octets(&net, e_lan, arp(NET_NOTHING)));
	net_expect_only(&net, e, arp(net_octets(0x89, 0x3f, 0, 0, 0x10, 1, 0, 0)));
}

/* ---- what is not let in ---- */

Test(relay_cb, PEX_51_an_unknown_source_id_is_dropped_and_teaches_nothing)
{
	uint32_t n = relay_fdb_count(net.r);

	put(v1);
	net.frame[17] = 7;
	net_drop(&net, c1, FWD_DROP_SOURCE_CHECK);
	net.frame[17] = 6;
	net_drop(&net, c2, FWD_DROP_SOURCE_CHECK); /* known at the other one */
	net.frame[17] = 0;
	net_drop(&net, c1, FWD_DROP_SOURCE_CHECK);
	put(e1);
	net.frame[17] = 7;
	net_drop(&net, e, FWD_DROP_SOURCE_CHECK);
	cr_assert_eq(relay_fdb_count(net.r), n);
}

Test(relay_cb, PEX_52_a_down_frame_from_below_is_dropped)
{
	put(v2);
	net_drop(&net, c1, FWD_DROP_DIRECTION);
}

Test(relay_cb, PEX_53_up_frames_have_neither_list_nor_loop)
{
	put(v1);
	net.frame[14] = 0x40;
	net_drop(&net, c1, FWD_DROP_FORMAT);
	put(v1);
	net.frame[16] = 0x80;
	net_drop(&net, c1, FWD_DROP_FORMAT);
	put(v1);
	net.frame[16] = 0x10;
	net_drop(&net, c1, FWD_DROP_FORMAT);
	put(v1);
	net.frame[14] = 0x01; /* dvif is undefined on the way up (2.2) */
	net.frame[16] = 0x40; /* and r is ignored (2.4) */
	cr_assert(net_rx_frame(&net, c1));
}

Test(relay_cb, PEX_57_up_frames_have_no_group)
{
	put(e1);
	net.frame[16] = 0x10;
	net_drop(&net, e, FWD_DROP_FORMAT);
	put(e6);
	net_drop(&net, e, FWD_DROP_RESERVED_ID);
}

Test(relay_cb, an_untagged_frame_at_a_cascade_port_is_dropped)
{
	put(v0);
	net_drop(&net, c1, FWD_DROP_UNTAGGED);
	put(e1);
	net_drop(&net, c1, FWD_DROP_OTHER_FORMAT);
	put(v1);
	net_drop(&net, e, FWD_DROP_OTHER_FORMAT);
	put(v1);
	net_insert(&net, 12, net_octets(0x89, 0x26, 0, 0, 0, 5));
	net_drop(&net, c1, FWD_DROP_NESTED);
}

Test(relay_cb, a_cascade_port_sends_no_data_of_its_own)
{
	net_admit(&net, c1, 9, 1, 0x77); /* whoever does that */
	cr_assert(net_rx_octets(&net, lan, arp(NET_NOTHING)));
	cr_assert_eq(net.n_copies, 2, "lists only");
	net_make(&net, 0, false, 0x77, MAC_C, 46);
	net_drop(&net, lan, FWD_DROP_EGRESS);
}

Test(relay_cb, PEX_12_a_vif_without_an_association_or_blocked_is_deaf_and_dumb)
{
	uint16_t fresh = vif(c1, 7);

	put(v1);
	net.frame[17] = 7;
	net_drop_at(&net, c1, fresh, FWD_DROP_NOT_ASSOCIATED);
	cr_assert(net_rx_octets(&net, lan, arp(NET_NOTHING)));
	cr_assert_eq(net_ports(&net), net_set(c1, c2), "and is in nobody's way");
	relay_port_set_forwarding(net.r, c1_v5, false);
	put(v1);
	net_drop_at(&net, c1, c1_v5, FWD_DROP_BLOCKED);
	relay_channel_clear(net.r, c1, 6);
	net_make(&net, 0, false, MAC_ALL, MAC_C, 46);
	cr_assert(net_rx_frame(&net, lan));
	cr_assert_eq(net_ports(&net), net_set(c2));
}

Test(relay_cb, a_frame_that_would_nest_stays_inside)
{
	learn_all();
	net_make(&net, 0, false, MAC_A, MAC_C, 46);
	net_insert(&net, 12, net_octets(0x89, 0x26, 0x80, 6, 0, 0));
	net_drop(&net, lan, FWD_DROP_NESTED);
	net_insert(&net, 12, net_octets(0x81, 0, 0, 1)); /* nor from behind a C-tag that does not stay */
	net_drop(&net, lan, FWD_DROP_NESTED);
}

/* ---- priority, size ---- */

Test(relay_cb, PEX_16_the_e_tag_carries_the_egress_priority)
{
	learn_all();
	relay_port_set_vlan(net.r, e_lan, 2, true, false);
	net_make(&net, 0xb002, true, MAC_A, MAC_C, 46); /* PCP 5, DEI */
	cr_assert(net_rx_frame(&net, e_lan));
	net_expect_tag(&net, e100, net_octets(0x89, 0x3f, 0xb0, 0, 0, 100, 0, 0), 4);
	/* and an up frame's is its priority, unless a C-tag says another */
	cr_assert(net_rx_tagged(&net, e, net_octets(0x89, 0x3f, 0x70, 0, 0, 100, 0, 0), 0, MAC_C, MAC_A));
	net_expect_tag(&net, e_lan, net_octets(0x81, 0, 0x70, 2), 8);
	cr_assert(net_rx_tagged(&net, e, net_octets(0x89, 0x3f, 0x70, 0, 0, 100, 0, 0), 2, MAC_C, MAC_A));
	net_expect_tag(&net, e_lan, net_octets(0x81, 0, 0, 2), 12);
}

Test(relay_cb, PEX_16_below_a_vn_tag_the_default_priority_is_the_vifs)
{
	struct relay_port_cfg cfg = { .kind = FWD_DRP, .relay = FWD_BRIDGE, .tag = FWD_TAG_VN, .pcp = 4 };

	learn_all();
	relay_port_set_cfg(net.r, c1_v5, &cfg);
	relay_port_set_vlan(net.r, lan, 1, true, false);
	cr_assert(rx(c1, v1));
	net_expect_tag(&net, lan, net_octets(0x81, 0, 0x80, 1), 6);
}

Test(relay_cb, PEX_07_the_cascade_port_has_to_have_room_for_the_tag)
{
	struct relay_port_cfg cfg = {
		.kind = FWD_SBP, .relay = FWD_BRIDGE, .carries = FWD_TAG_VN, .mtu = 1506
	};

	relay_port_set_cfg(net.r, c1, &cfg);
	cfg = (struct relay_port_cfg){ .kind = FWD_DRP, .relay = FWD_BRIDGE, .tag = FWD_TAG_VN, .mtu = 1506 };
	relay_port_set_cfg(net.r, c1_v5, &cfg);
	learn_all();
	net_make(&net, 0, false, MAC_A, MAC_C, 1500);
	cr_assert(net_rx_frame(&net, lan));
	net_make(&net, 0, false, MAC_A, MAC_C, 1501);
	net_drop_at(&net, lan, c1_v5, FWD_DROP_TOO_LONG);
	net_make(&net, 0, false, MAC_ALL, MAC_C, 1501);
	cr_assert(net_rx_frame(&net, lan));
	cr_assert_eq(net_ports(&net), net_set(c2), "all or none behind a list");
	cr_assert_eq(net_drops(&net, c1, FWD_DROP_TOO_LONG), 1);
}

Test(relay_cb, a_vif_has_no_reflective_relay)
{
	relay_port_set_rr(net.r, c1_v5, true);
	cr_assert_eq(relay_port(net.r, c1_v5)->rr, 0);
}
