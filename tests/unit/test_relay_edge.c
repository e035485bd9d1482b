/*
 * The relay in a station: VEPA (evb-reference 1.4 rules 1-6, RR-10..13) and VEB. Downlinks d1, d2 and d3 have VSIs in
 * VLAN 10 (d3 in VLAN 20 as well), d4 has none; the uplink is up. A second edge relay stands beside it.
 */
#include "relay_net.h"

static struct net er;
static uint16_t up, d1, d2, d3, d4, other_up, other_d;

static uint16_t edge_port(enum fwd_kind kind, enum fwd_relay relay, uint16_t component)
{
	return net_port(&er, (struct relay_port_cfg){ .kind = kind,
				     .relay = relay,
				     .component = component,
				     .pvid = kind == FWD_URP ? 1 : 0 });
}

static void start(enum fwd_relay relay)
{
	net_init(&er);
	d1 = edge_port(FWD_DRP, relay, 1); /* before the uplink: the order must not matter */
	net_admit(&er, d1, 1, 10, 0xA);
	up = edge_port(FWD_URP, relay, 1);
	d2 = edge_port(FWD_DRP, relay, 1);
	d3 = edge_port(FWD_DRP, relay, 1);
	d4 = edge_port(FWD_DRP, relay, 1);
	other_up = edge_port(FWD_URP, relay, 2);
	other_d = edge_port(FWD_DRP, relay, 2);
	net_admit(&er, d2, 1, 10, 0xB);
	net_admit(&er, d3, 1, 10, 0xC);
	net_admit(&er, d3, 2, 20, 0xC);
	net_admit(&er, other_d, 1, 10, 0xA);
}

static void start_vepa(void)
{
	start(FWD_VEPA);
}
static void start_veb(void)
{
	start(FWD_VEB);
}

TestSuite(vepa, .init = start_vepa, .fini = net_fini_all);
TestSuite(veb, .init = start_veb, .fini = net_fini_all);

Test(vepa, RR_10_a_frame_to_a_neighbour_takes_the_uplink_and_comes_back)
{
	uint8_t wire[1600];
	size_t len;

	net_rx(&er, d1, 0, 0xB, 0xA);
	cr_assert_eq(net_ports(&er), net_set(up));
	len = net_copy_octets(&er, 0, wire);
	memcpy(er.frame, wire, len); /* the adjacent bridge reflects it */
	er.frame_len = len;
	net_rx_frame(&er, up);
	cr_assert_eq(net_ports(&er), net_set(d2));
	cr_assert_eq(relay_vsi_counters(er.r, d2, 1).tx_frames, 1);
	cr_assert_eq(relay_vsi_counters(er.r, d1, 1).rx_frames, 1);
}

Test(vepa, RR_11_a_reflected_broadcast_spares_its_sender)
{
	net_rx(&er, d1, 0, MAC_ALL, 0xA);
	cr_assert_eq(net_ports(&er), net_set(up));
	net_rx(&er, up, 10, MAC_ALL, 0xA);
	cr_assert_eq(net_ports(&er), net_set(d2, d3));
	net_rx(&er, up, 20, MAC_ALL, 0xA);
	cr_assert_eq(net_ports(&er), net_set(d3), "in VLAN 20 nobody here owns the source");
	net_rx(&er, up, 20, MAC_ALL, 0xC);
	cr_assert_eq(er.res.drop, FWD_DROP_NO_DESTINATION, "the only member is the sender");
}

Test(vepa, RR_12_a_broadcast_from_outside_goes_to_all_of_the_vlan)
{
	net_rx(&er, up, 10, MAC_ALL, 0x99);
	cr_assert_eq(net_ports(&er), net_set(d1, d2, d3), "but not to d4, which has no VSI");
	net_rx(&er, up, 10, 0x01005e000001, 0x99);
	cr_assert_eq(net_ports(&er), net_set(d1, d2, d3));
	net_rx(&er, up, 30, MAC_ALL, 0x99);
	cr_assert_eq(er.res.drop, FWD_DROP_NO_DESTINATION);
}

Test(vepa, RR_13_unknown_unicast_from_the_uplink_is_for_nobody)
{
	net_rx(&er, up, 10, 0x77, 0x99);
	cr_assert_eq(er.res.drop, FWD_DROP_NO_DESTINATION);
	net_rx(&er, up, 20, 0xA, 0x99);
	cr_assert_eq(er.res.drop, FWD_DROP_NO_DESTINATION, "the owner is (address, VID)");
	net_rx(&er, up, 10, 0xB, 0xA);
	cr_assert_eq(net_ports(&er), net_set(d2));
	net_rx(&er, up, 10, 0xA, 0xA);
	cr_assert_eq(er.res.drop, FWD_DROP_SAME_PORT, "nor does unicast return to its sender");
}

Test(vepa, everything_from_a_downlink_takes_the_uplink)
{
	const uint64_t dst[] = { 0xA, 0xB, 0xC, 0x77, MAC_ALL, 0x01005e000001 };

	for (size_t i = 0; i < sizeof(dst) / sizeof(dst[0]); i++) {
		net_rx(&er, d1, 10, dst[i], 0xA);
		cr_assert_eq(net_ports(&er), net_set(up));
	}
	relay_port_set_rr(er.r, d1, true);
	cr_assert_eq(relay_port(er.r, d1)->rr, 0, "reflective relay is the bridge's");
	relay_port_set_forwarding(er.r, up, false);
	net_rx(&er, d1, 10, 0xB, 0xA);
	cr_assert_eq(er.res.drop, FWD_DROP_EGRESS);
	relay_port_del(er.r, up);
	net_rx(&er, d1, 10, 0xB, 0xA);
	cr_assert_eq(er.res.drop, FWD_DROP_NO_DESTINATION);
}

Test(vepa, nothing_is_learned_from_the_uplink)
{
	uint32_t before = relay_fdb_count(er.r);

	net_rx(&er, up, 10, MAC_ALL, 0x99);
	net_rx(&er, up, 10, MAC_ALL, 0xA);
	cr_assert_eq(relay_fdb_count(er.r), before);
	net_rx(&er, up, 10, 0xA, 0xB);
	cr_assert_eq(net_ports(&er), net_set(d1));
}

Test(vepa, a_downlink_without_vsi_is_closed_both_ways_and_names_the_source)
{
	net_rx(&er, d4, 0, MAC_ALL, 0x44);
	cr_assert_eq(er.res.drop, FWD_DROP_NOT_ASSOCIATED);
	cr_assert(er.res.unknown_source);
	cr_assert(mac_equal(er.res.src, net_mac(0x44)));
	cr_assert_eq(er.res.vid, 0);
	net_rx(&er, d1, 20, MAC_ALL, 0xA);
	cr_assert(er.res.unknown_source, "a tag the VSI has no right to");
	cr_assert_eq(er.res.vid, 20);
	net_rx(&er, d1, 10, MAC_ALL, 0xB);
	cr_assert_eq(er.res.drop, FWD_DROP_NOT_ASSOCIATED, "a neighbour's address");
	net_rx(&er, d1, 0, MAC_ALL, 0xA);
	cr_assert_not(er.res.unknown_source);
	relay_admit(er.r, d1, 1, NULL, 0);
	net_rx(&er, d1, 0, MAC_ALL, 0xA);
	cr_assert(er.res.unknown_source);
	net_rx(&er, up, 10, MAC_ALL, 0x99);
	cr_assert_eq(net_ports(&er), net_set(d2, d3));
}

Test(vepa, sources_of_a_vsi_without_addresses_are_learned_up_to_16)
{
	net_admit(&er, d4, 7, 10, 0);
	for (unsigned i = 0; i < 20; i++) {
		net_rx(&er, d4, 0, MAC_ALL, 0x100 + i);
		cr_assert_eq(net_ports(&er), net_set(up), "full or not, the frame goes out");
	}
	cr_assert_eq(relay_port_counters(er.r, d4)->learn_full, 4);
	net_rx(&er, up, 10, 0x10f, 0x99);
	cr_assert_eq(net_ports(&er), net_set(d4));
	net_rx(&er, up, 10, 0x110, 0x99);
	cr_assert_eq(er.res.drop, FWD_DROP_NO_DESTINATION);
	net_rx(&er, up, 10, MAC_ALL, 0x100);
	cr_assert_eq(net_ports(&er), net_set(d1, d2, d3), "a learned source is spared its own broadcast");
	net_wait(&er, 301);
	net_rx(&er, d4, 0, MAC_ALL, 0x110);
	net_rx(&er, up, 10, 0x110, 0x99);
	cr_assert_eq(net_ports(&er), net_set(d4), "ageing makes room");
	relay_admit(er.r, d4, 7, NULL, 0);
	net_rx(&er, up, 10, 0x110, 0x99);
	cr_assert_eq(er.res.drop, FWD_DROP_NO_DESTINATION);
}

Test(vepa, a_station_may_wander_between_downlinks_within_the_limit)
{
	net_admit(&er, d4, 7, 10, 0);
	net_admit(&er, d2, 8, 10, 0);
	for (unsigned i = 0; i < 16; i++)
		net_rx(&er, d4, 0, MAC_ALL, 0x100 + i);
	net_rx(&er, d2, 0, MAC_ALL, 0x100);
	cr_assert_eq(net_where(&er, 10, 0x100), d2);
	net_rx(&er, d2, 0, MAC_ALL, 0x200);
	net_rx(&er, d4, 0, MAC_ALL, 0x100);
	cr_assert_eq(net_where(&er, 10, 0x100), d4);
	net_rx(&er, d4, 0, MAC_ALL, 0x200);
	cr_assert_eq(net_where(&er, 10, 0x200), d2, "no room on d4");
	cr_assert_eq(relay_port_counters(er.r, d4)->learn_full, 1);
}

Test(vepa, components_are_worlds_apart)
{
	net_rx(&er, other_d, 0, 0xB, 0xA);
	cr_assert_eq(net_ports(&er), net_set(other_up));
	net_rx(&er, other_up, 10, 0xA, 0x99);
	cr_assert_eq(net_ports(&er), net_set(other_d));
	net_rx(&er, up, 10, 0xA, 0x99);
	cr_assert_eq(net_ports(&er), net_set(d1));
	net_rx(&er, other_up, 10, 0xB, 0x99);
	cr_assert_eq(er.res.drop, FWD_DROP_NO_DESTINATION);
	cr_assert_eq(edge_port(FWD_URP, FWD_VEPA, 1), FWD_LPORT_NONE, "one uplink per edge relay");
}

Test(vepa, the_uplink_is_in_the_vlans_of_its_downlinks)
{
	cr_assert(relay_port_has_vlan(er.r, up, 10));
	cr_assert(relay_port_has_vlan(er.r, up, 20));
	relay_port_del(er.r, d3);
	cr_assert_not(relay_port_has_vlan(er.r, up, 20));
	relay_port_del(er.r, up);
	up = edge_port(FWD_URP, FWD_VEPA, 1);
	cr_assert(relay_port_has_vlan(er.r, up, 10));
	net_rx(&er, d2, 0, 0x99, 0xB);
	cr_assert_eq(net_ports(&er), net_set(up));
	relay_port_del(er.r, d1);
	cr_assert(relay_port_has_vlan(er.r, up, 10));
	relay_port_del(er.r, d2);
	cr_assert_not(relay_port_has_vlan(er.r, up, 10));
}

/* d3 has address C in VLANs 10 and 20, of a VSI each. */
static void expect_c_untagged_in(unsigned vid)
{
	net_rx(&er, d3, 0, 0xB, 0xC);
	cr_assert_eq(er.res.vid, vid);
	for (unsigned v = 10; v <= 20; v += 10) {
		net_rx(&er, up, v, 0xC, 0xF);
		cr_assert_eq(net_ports(&er), net_set(d3));
		cr_assert_eq(er.copy[0].head_len, v == vid ? 14 : 18, "in VLAN %u", v);
	}
}

Test(vepa, one_address_in_two_vsis_is_untagged_in_the_lower_vlan)
{
	expect_c_untagged_in(10);
	cr_assert(relay_admit(er.r, d3, 1, NULL, 0));
	net_rx(&er, d3, 0, 0xB, 0xC);
	cr_assert_eq(er.res.vid, 20, "the other VSI's while it is alone");
	net_admit(&er, d3, 1, 10, 0xC);
	expect_c_untagged_in(10);
	net_admit(&er, d3, 2, 20, 0xC);
	expect_c_untagged_in(10);
}

Test(veb, neighbours_talk_inside_and_the_world_through_the_uplink)
{
	net_rx(&er, d1, 10, 0xB, 0xA);
	cr_assert_eq(net_ports(&er), net_set(d2));
	net_rx(&er, d1, 10, 0x99, 0xA);
	cr_assert_eq(net_ports(&er), net_set(up, d2, d3), "unknown: neighbours and uplink");
	net_rx(&er, d1, 10, MAC_ALL, 0xA);
	cr_assert_eq(net_ports(&er), net_set(up, d2, d3));
	net_rx(&er, d3, 20, MAC_ALL, 0xC);
	cr_assert_eq(net_ports(&er), net_set(up));
	net_rx(&er, d1, 10, 0xA, 0xA);
	cr_assert_eq(er.res.drop, FWD_DROP_SAME_PORT);
}

Test(veb, a_frame_from_the_uplink_never_returns_to_it)
{
	net_rx(&er, up, 10, MAC_ALL, 0x99);
	cr_assert_eq(net_ports(&er), net_set(d1, d2, d3));
	net_rx(&er, up, 10, 0x88, 0x99);
	cr_assert_eq(net_ports(&er), net_set(d1, d2, d3));
	net_rx(&er, up, 10, 0xB, 0x99);
	cr_assert_eq(net_ports(&er), net_set(d2));
	net_rx(&er, up, 10, 0x99, 0x88);
	cr_assert_eq(er.res.drop, FWD_DROP_SAME_PORT);
	net_rx(&er, d1, 10, 0x99, 0xA);
	cr_assert_eq(net_ports(&er), net_set(up), "outside addresses are learned");
}

Test(veb, an_associated_address_cannot_be_stolen_from_the_uplink)
{
	net_rx(&er, up, 10, MAC_ALL, 0xA);
	cr_assert_eq(net_where(&er, 10, 0xA), d1);
	cr_assert_eq(relay_port_counters(er.r, up)->learn_refused, 1);
	net_rx(&er, up, 10, 0xA, 0x99);
	cr_assert_eq(net_ports(&er), net_set(d1));
}
