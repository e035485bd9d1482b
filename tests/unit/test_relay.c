/*
 * The relay as a bridge: reflective relay (RR-01..09), VSI admission, spoofed sources, moves, limits, ageing.
 *
 * Every test runs on the same small switch: p1 and p2 are station-facing ports, u3 and u4 ordinary ones in VLANs
 * 10 and 20 (u3 untagged in 10, u4 tagged in both).
 */
#include "relay_net.h"

static struct net sw;
static uint16_t p1, p2, u3, u4;

static void start(void)
{
	net_init(&sw);
	p1 = net_sbp(&sw);
	p2 = net_sbp(&sw);
	u3 = net_ordinary(&sw, 10);
	u4 = net_ordinary(&sw, 0);
	relay_port_set_vlan(sw.r, u3, 10, true, true);
	relay_port_set_vlan(sw.r, u3, 20, true, false);
	relay_port_set_vlan(sw.r, u4, 10, true, false);
	relay_port_set_vlan(sw.r, u4, 20, true, false);
	net_admit(&sw, p1, 1, 10, 0xA);
	net_admit(&sw, p1, 2, 10, 0xB);
	net_admit(&sw, p2, 3, 10, 0xC);
}

TestSuite(relay, .init = start, .fini = net_fini_all);

Test(relay, RR_01_known_unicast_to_the_ingress_port_is_dropped_without_rr)
{
	net_rx(&sw, p1, 10, 0xB, 0xA);
	cr_assert_eq(sw.n_copies, 0);
	cr_assert_eq(sw.res.drop, FWD_DROP_SAME_PORT);
	cr_assert_eq(relay_port_counters(sw.r, p1)->drops[FWD_DROP_SAME_PORT], 1);
	net_rx(&sw, u3, 10, 0xE, 0xD);
	net_rx(&sw, u3, 10, 0xD, 0xE);
	cr_assert_eq(sw.res.drop, FWD_DROP_SAME_PORT, "the same for learned addresses");
}

Test(relay, RR_02_with_rr_one_copy_comes_back)
{
	relay_port_set_rr(sw.r, p1, true);
	net_rx(&sw, p1, 10, 0xB, 0xA);
	cr_assert_eq(sw.n_copies, 1);
	cr_assert_eq(sw.copy[0].lport, p1);
	cr_assert_eq(relay_port_counters(sw.r, p1)->reflected, 1);
	cr_assert_eq(relay_port_counters(sw.r, p1)->tx_frames, 1);
}

Test(relay, RR_03_broadcast_goes_once_to_every_member_incl_ingress)
{
	net_rx(&sw, p1, 10, MAC_ALL, 0xA);
	cr_assert_eq(net_ports(&sw), net_set(p2, u3, u4), "without reflective relay not back");
	relay_port_set_rr(sw.r, p1, true);
	net_rx(&sw, p1, 10, MAC_ALL, 0xA);
	cr_assert_eq(sw.n_copies, 4);
	cr_assert_eq(net_ports(&sw), net_set(p1, p2, u3, u4));
}

Test(relay, RR_04_unknown_unicast_is_flooded_like_a_broadcast)
{
	relay_port_set_rr(sw.r, p1, true);
	net_rx(&sw, p1, 10, 0x77, 0xA);
	cr_assert_eq(sw.n_copies, 4);
	cr_assert_eq(net_ports(&sw), net_set(p1, p2, u3, u4));
}

Test(relay, RR_05_a_vlan_the_port_is_not_in_is_not_reflected)
{
	relay_port_set_rr(sw.r, p1, true);
	net_rx(&sw, p1, 20, MAC_ALL, 0xA);
	cr_assert_eq(sw.n_copies, 0);
	cr_assert_eq(sw.res.drop, FWD_DROP_NOT_ASSOCIATED);
	relay_port_set_rr(sw.r, u3, true);
	net_rx(&sw, u3, 30, MAC_ALL, 0xD);
	cr_assert_eq(sw.res.drop, FWD_DROP_VLAN, "an ordinary port by its ingress filter");
	net_rx(&sw, u4, 20, MAC_ALL, 0xE);
	cr_assert_eq(net_ports(&sw), net_set(u3), "and no copy to SBPs outside the VLAN");
}

Test(relay, RR_06_reserved_addresses_are_never_reflected)
{
	relay_port_set_rr(sw.r, p1, true);
	for (unsigned k = 0; k < 16; k++) {
		net_rx(&sw, p1, 10, 0x0180c2000000 + k, 0xA);
		cr_assert_eq(sw.n_copies, 0);
		cr_assert_eq(sw.res.drop, FWD_DROP_RESERVED);
	}
	net_rx(&sw, p1, 10, 0x0180c2000010, 0xA);
	cr_assert_eq(sw.n_copies, 4, "01-80-C2-00-00-10 is an ordinary group address");
}

Test(relay, RR_07_a_blocked_port_gives_and_takes_nothing)
{
	relay_port_set_rr(sw.r, p1, true);
	relay_port_set_forwarding(sw.r, p1, false);
	net_rx(&sw, p1, 10, 0xB, 0xA);
	cr_assert_eq(sw.res.drop, FWD_DROP_BLOCKED);
	net_rx(&sw, p2, 10, 0xB, 0xC);
	cr_assert_eq(sw.res.drop, FWD_DROP_EGRESS);
	net_rx(&sw, p2, 10, MAC_ALL, 0xC);
	cr_assert_eq(net_ports(&sw), net_set(u3, u4));
}

Test(relay, RR_08_a_registered_group_goes_to_registered_ports_only)
{
	struct mac g = net_mac(0x01005e000001);

	relay_port_set_rr(sw.r, p1, true);
	cr_assert(relay_group_set(sw.r, p2, 10, g, true));
	net_rx(&sw, p1, 10, 0x01005e000001, 0xA);
	cr_assert_eq(net_ports(&sw), net_set(p2), "not on the ingress port, which is not registered");
	cr_assert(relay_group_set(sw.r, p1, 10, g, true));
	net_rx(&sw, p1, 10, 0x01005e000001, 0xA);
	cr_assert_eq(net_ports(&sw), net_set(p1, p2));
	net_rx(&sw, u4, 20, 0x01005e000001, 0xE);
	cr_assert_eq(net_ports(&sw), net_set(u3), "in another VLAN nobody is registered");
	cr_assert(relay_group_set(sw.r, p1, 10, g, false));
	cr_assert(relay_group_set(sw.r, p2, 10, g, false));
	net_rx(&sw, p1, 10, 0x01005e000001, 0xA);
	cr_assert_eq(sw.n_copies, 4);
}

Test(relay, RR_09_a_reflected_copy_teaches_nothing)
{
	uint32_t before;

	relay_port_set_rr(sw.r, p1, true);
	net_rx(&sw, p2, 10, 0xA, 0xC);
	before = relay_fdb_count(sw.r);
	net_rx(&sw, p1, 10, 0xB, 0xA);
	net_rx(&sw, p1, 10, MAC_ALL, 0xA);
	cr_assert_eq(relay_fdb_count(sw.r), before);
	cr_assert_eq(net_where(&sw, 10, 0xA), p1);
	cr_assert_eq(net_where(&sw, 10, 0xB), p1);
}

Test(relay, a_source_of_no_vsi_is_dropped_and_never_learned)
{
	net_rx(&sw, p1, 10, 0xC, 0x66);
	cr_assert_eq(sw.res.drop, FWD_DROP_NOT_ASSOCIATED);
	cr_assert_eq(net_where(&sw, 10, 0x66), FWD_LPORT_NONE);
	net_rx(&sw, u3, 10, 0xA, 0x66);
	net_rx(&sw, p1, 10, 0xC, 0x66);
	cr_assert_eq(sw.res.drop, FWD_DROP_NOT_ASSOCIATED, "also when another port knows the address");
	cr_assert_eq(net_where(&sw, 10, 0x66), u3);
	net_rx(&sw, p2, 10, 0xB, 0xA);
	cr_assert_eq(sw.res.drop, FWD_DROP_NOT_ASSOCIATED, "or another port's VSI owns it");
	cr_assert_eq(relay_port_counters(sw.r, p1)->drops[FWD_DROP_NOT_ASSOCIATED], 2);
	cr_assert_not(sw.res.unknown_source, "that is for DRPs");
}

Test(relay, an_associated_address_cannot_be_stolen_from_an_ordinary_port)
{
	net_rx(&sw, u3, 10, 0xC, 0xA);
	cr_assert_eq(net_where(&sw, 10, 0xA), p1);
	cr_assert_eq(relay_port_counters(sw.r, u3)->learn_refused, 1);
	net_rx(&sw, p2, 10, 0xA, 0xC);
	cr_assert_eq(net_ports(&sw), net_set(p1));
	relay_admit(sw.r, p1, 1, NULL, 0);
	net_rx(&sw, u3, 10, 0xC, 0xA);
	cr_assert_eq(net_where(&sw, 10, 0xA), u3, "once the association is gone it is a station like any");
	net_admit(&sw, p1, 1, 10, 0xA);
	cr_assert_eq(net_where(&sw, 10, 0xA), p1, "and the association takes it back");
}

Test(relay, an_any_source_vsi_cannot_steal_either)
{
	net_admit(&sw, p2, 4, 10, 0);
	net_rx(&sw, p2, 10, 0xB, 0xA);
	cr_assert_eq(sw.res.verdict, RELAY_FORWARDED);
	cr_assert_eq(net_where(&sw, 10, 0xA), p1);
	net_rx(&sw, p2, 10, 0xB, 0x55);
	cr_assert_eq(net_where(&sw, 10, 0x55), p2);
	relay_admit(sw.r, p2, 4, NULL, 0);
	cr_assert_eq(net_where(&sw, 10, 0x55), FWD_LPORT_NONE, "revoking flushes what was learned under it");
	cr_assert_eq(net_where(&sw, 10, 0xC), p2);
}

Test(relay, a_migrating_vsi_takes_its_address_along)
{
	net_admit(&sw, p2, 9, 10, 0xA);
	cr_assert_eq(net_where(&sw, 10, 0xA), p2, "the last association says where");
	net_rx(&sw, p1, 10, 0xC, 0xA);
	cr_assert_eq(net_where(&sw, 10, 0xA), p1, "while both hold it, the last frame does");
	net_rx(&sw, p2, 10, 0xB, 0xA);
	cr_assert_eq(net_where(&sw, 10, 0xA), p2);
	relay_admit(sw.r, p1, 1, NULL, 0);
	cr_assert_eq(net_where(&sw, 10, 0xA), p2, "revoking the old side leaves the new one alone");
	relay_admit(sw.r, p2, 9, NULL, 0);
	cr_assert_eq(net_where(&sw, 10, 0xA), FWD_LPORT_NONE);
}

Test(relay, two_vsis_of_a_port_may_own_the_same_address)
{
	net_admit(&sw, p1, 7, 10, 0xA);
	relay_admit(sw.r, p1, 7, NULL, 0);
	cr_assert_eq(net_where(&sw, 10, 0xA), p1);
	net_rx(&sw, p1, 10, 0xC, 0xA);
	cr_assert_eq(net_ports(&sw), net_set(p2));
	cr_assert_eq(relay_vsi_counters(sw.r, p1, 1).rx_frames, 1);
}

Test(relay, a_shorter_list_revokes_the_rest_and_its_vlan)
{
	struct relay_admit two[] = { { .vid = 10, .mac = net_mac(0xA) }, { .vid = 20, .mac = net_mac(0xA) } };

	cr_assert(relay_admit(sw.r, p1, 1, two, 2));
	cr_assert(relay_port_has_vlan(sw.r, p1, 20));
	net_rx(&sw, p1, 20, 0x44, 0xA);
	cr_assert_eq(net_ports(&sw), net_set(u3, u4));
	cr_assert(relay_admit(sw.r, p1, 1, two, 1));
	cr_assert_not(relay_port_has_vlan(sw.r, p1, 20));
	cr_assert_eq(net_where(&sw, 20, 0xA), FWD_LPORT_NONE);
	cr_assert_eq(net_where(&sw, 10, 0xA), p1);
	net_rx(&sw, p1, 20, 0x44, 0xA);
	cr_assert_eq(sw.res.drop, FWD_DROP_NOT_ASSOCIATED);
	cr_assert_eq(relay_vsi_counters(sw.r, p1, 1).rx_frames, 1, "counters of the VSI outlive the change");
}

/* Half of the table is shared out: a quarter of it to either SBP. */
enum { SHARE = NET_MAX_ADMIT / 4, MOST = NET_MAX_ADMIT - SHARE - 1 /* p1's own other VSI */ };

static void many_admissions(struct relay_admit list[NET_MAX_ADMIT])
{
	for (unsigned i = 0; i < NET_MAX_ADMIT; i++)
		list[i] = (struct relay_admit){ .vid = 20, .mac = net_mac(0x1000 + i) };
}

Test(relay, a_list_that_does_not_fit_changes_nothing)
{
	struct relay_admit many[NET_MAX_ADMIT];

	many_admissions(many);
	cr_assert_not(relay_admit(sw.r, p1, 1, many, MOST + 1));
	cr_assert_eq(net_where(&sw, 10, 0xA), p1);
	cr_assert_not(relay_port_has_vlan(sw.r, p1, 20));
	cr_assert_not(relay_admit(sw.r, p1, 99, many, MOST), "1 is in the way");
	cr_assert(relay_admit(sw.r, p1, 1, many, MOST), "1's own room counts");
	cr_assert_eq(net_where(&sw, 10, 0xA), FWD_LPORT_NONE);
	cr_assert_eq(net_where(&sw, 20, 0x1000), p1);
	cr_assert(relay_admit(sw.r, p1, 1, NULL, 0));
	cr_assert(relay_admit(sw.r, p2, 5, many, MOST));
}

Test(relay, a_port_leaves_the_others_their_share_of_admissions)
{
	struct relay_admit many[NET_MAX_ADMIT];
	uint16_t p5;

	many_admissions(many);
	cr_assert(relay_admit(sw.r, p1, 1, many, MOST));
	cr_assert_not(relay_admit_fits(sw.r, p1, 99, many + MOST, 1));
	cr_assert_not(relay_admit(sw.r, p1, 99, many + MOST, 1));
	cr_assert(relay_admit_fits(sw.r, p1, 1, many, MOST), "what it has stays");
	cr_assert(relay_admit_fits(sw.r, p2, 5, many, SHARE - 1), "and VSI 3");
	cr_assert(relay_admit(sw.r, p2, 5, many, SHARE - 1));
	cr_assert_not(relay_admit_fits(sw.r, p2, 6, many, 1), "the table is full now");
	p5 = net_sbp(&sw);
	cr_assert_not(relay_admit(sw.r, p5, 1, many, 1), "a port that came late can't have what is taken");
	relay_port_del(sw.r, p2);
	cr_assert(relay_admit(sw.r, p5, 1, many, SHARE));
	cr_assert_not(relay_admit_fits(sw.r, p1, 99, &(struct relay_admit){ .vid = 20 }, 1));
	relay_port_del(sw.r, p5);
	cr_assert(relay_admit_fits(sw.r, p1, 99, many, SHARE), "alone it may have everything");
	cr_assert_not(relay_admit_fits(sw.r, p1, 99, many, SHARE + 1));
	cr_assert_not(relay_admit_fits(sw.r, p1, 99, (struct relay_admit[SHARE + 1]){ { 0 } }, SHARE + 1),
		"VLANs to be chosen count");
}

Test(relay, a_deleted_port_leaves_nothing_behind)
{
	net_rx(&sw, u4, 10, 0xA, 0xE);
	relay_port_del(sw.r, u4);
	cr_assert_eq(net_where(&sw, 10, 0xE), FWD_LPORT_NONE);
	relay_port_del(sw.r, p1);
	cr_assert_eq(relay_fdb_count(sw.r), 1, "the address of p2's VSI");
	cr_assert_null(relay_port(sw.r, p1));
	cr_assert_eq(net_sbp(&sw), p1, "the number is used again");
	cr_assert_not(relay_port_has_vlan(sw.r, p1, 10));
	net_rx(&sw, p1, 10, 0xC, 0xA);
	cr_assert_eq(sw.res.drop, FWD_DROP_NOT_ASSOCIATED);
	cr_assert_eq(relay_port_counters(sw.r, p1)->rx_frames, 1, "counters start anew");
	relay_rx(sw.r, 60000, span_of("", 0), sw.now, &sw.res);
	cr_assert_eq(sw.res.verdict, RELAY_DROPPED, "no such port");
}

Test(relay, a_station_moves_between_ordinary_ports)
{
	net_rx(&sw, u3, 10, 0xA, 0xD);
	cr_assert_eq(net_where(&sw, 10, 0xD), u3);
	net_rx(&sw, u4, 10, 0xA, 0xD);
	cr_assert_eq(net_where(&sw, 10, 0xD), u4);
	cr_assert_eq(net_where(&sw, 20, 0xD), FWD_LPORT_NONE, "VLANs learn apart");
	relay_port_set_forwarding(sw.r, u4, false);
	cr_assert_eq(net_where(&sw, 10, 0xD), FWD_LPORT_NONE);
}

Test(relay, learned_addresses_age_and_associated_ones_do_not)
{
	cr_assert(mono_is_never(relay_deadline(sw.r)));
	net_rx(&sw, u3, 10, 0xA, 0xD);
	net_rx(&sw, u3, 10, 0xA, 0xE);
	cr_assert(mono_reached(relay_deadline(sw.r), mono_add(sw.now, dur_s(1))));
	net_wait(&sw, 200);
	net_rx(&sw, u3, 10, 0xA, 0xE);
	net_wait(&sw, 100);
	cr_assert_eq(net_where(&sw, 10, 0xD), u3);
	net_wait(&sw, 1);
	cr_assert_eq(net_where(&sw, 10, 0xD), FWD_LPORT_NONE);
	cr_assert_eq(net_where(&sw, 10, 0xE), u3, "a frame of its own makes an address young again");
	relay_set_age(sw.r, 10);
	net_wait(&sw, 1);
	cr_assert_eq(net_where(&sw, 10, 0xE), FWD_LPORT_NONE);
	cr_assert_eq(net_where(&sw, 10, 0xA), p1);
	cr_assert(mono_is_never(relay_deadline(sw.r)));
}

Test(relay, a_full_fdb_forwards_counts_and_keeps_room_for_vsis)
{
	for (unsigned i = 0; i < NET_MAX_FDB + 5; i++)
		net_rx(&sw, u3, 10, 0xA, 0x2000 + i);
	cr_assert_eq(sw.res.verdict, RELAY_FORWARDED);
	cr_assert_eq(relay_port_counters(sw.r, u3)->learn_full, NET_MAX_FDB / 8 + 5);
	net_admit(&sw, p1, 8, 10, 0x3000);
	cr_assert_eq(net_where(&sw, 10, 0x3000), p1);
	net_wait(&sw, 301);
	net_rx(&sw, u3, 10, 0xA, 0x2000);
	cr_assert_eq(net_where(&sw, 10, 0x2000), u3);
}

Test(relay, the_storm_limit_of_an_ordinary_port_holds_floods_only)
{
	struct relay_port_cfg cfg = {
		.kind = FWD_ORDINARY, .relay = FWD_BRIDGE, .pvid = 10, .storm_pps = 10
	};
	unsigned passed = 0;

	relay_port_set_cfg(sw.r, u3, &cfg);
	for (unsigned i = 0; i < 100; i++)
		passed += net_rx(&sw, u3, 10, i % 2 ? MAC_ALL : 0x99, 0xD);
	cr_assert_eq(passed, 10);
	cr_assert_eq(relay_port_counters(sw.r, u3)->drops[FWD_DROP_STORM], 90);
	cr_assert(net_rx(&sw, u3, 10, 0xA, 0xD), "known unicast is no storm");
	sw.now = mono_add(sw.now, dur_ms(500));
	for (unsigned i = passed = 0; i < 100; i++)
		passed += net_rx(&sw, u3, 10, MAC_ALL, 0xD);
	cr_assert_eq(passed, 5);
	for (unsigned i = passed = 0; i < 100; i++)
		passed += net_rx(&sw, p1, 10, MAC_ALL, 0xA);
	cr_assert_eq(passed, 100, "VSIs are not ordinary ports");
}

Test(relay, bad_frames_are_malformed)
{
	uint8_t f[64] = { 0 };

	memcpy(f, "\2\0\0\0\0\xb\2\0\0\0\0\xa\x81\0\0\xa\x8\0", 18);
	for (size_t len = 0; len < 18; len++) {
		uint8_t *exact = malloc(len + 1); /* the sanitizer sees a read beyond */

		memcpy(exact, f, len);
		relay_rx(sw.r, p1, span_of(exact, len), sw.now, &sw.res);
		cr_assert_eq(sw.res.drop, FWD_DROP_MALFORMED, "%zu", len);
		free(exact);
	}
	relay_port_set_rr(sw.r, p1, true);
	relay_rx(sw.r, p1, span_of(f, 18), sw.now, &sw.res);
	cr_assert_eq(sw.res.drop, FWD_PASS);
	net_rx(&sw, u3, 10, 0xA, 0x01005e000009);
	cr_assert_eq(sw.res.drop, FWD_DROP_MALFORMED, "group source");
	net_rx(&sw, u3, 10, 0xA, MAC_NOBODY);
	cr_assert_eq(sw.res.drop, FWD_DROP_MALFORMED, "a zero source is not any source");
	net_rx(&sw, u4, 4095, 0xA, 0xD);
	cr_assert_eq(sw.res.drop, FWD_DROP_VLAN);
}

Test(relay, frames_of_no_vsi_have_a_vlan_if_the_port_says_so)
{
	struct relay_port_cfg cfg = {
		.kind = FWD_SBP, .relay = FWD_BRIDGE, .pvid = 1, .unassociated_vid = 20
	};

	relay_port_set_cfg(sw.r, p1, &cfg);
	net_rx(&sw, p1, 0, 0x99, 0x66);
	cr_assert_eq(sw.res.vid, 20);
	cr_assert_eq(net_ports(&sw), net_set(u3, u4));
	cr_assert_eq(net_where(&sw, 20, 0x66), p1);
	net_rx(&sw, u3, 20, 0x66, 0xD);
	cr_assert_eq(net_ports(&sw), net_set(p1));
	cr_assert_eq(sw.copy[0].head_len, 14, "untagged, as it came");
	net_rx(&sw, p1, 20, 0x99, 0x66);
	cr_assert_eq(sw.res.verdict, RELAY_FORWARDED);
	net_rx(&sw, p1, 10, 0x99, 0x66);
	cr_assert_eq(sw.res.drop, FWD_DROP_NOT_ASSOCIATED, "a tag is not changed into another");
	cfg.unassociated_vid = 0;
	relay_port_set_cfg(sw.r, p1, &cfg);
	cr_assert_eq(net_where(&sw, 20, 0x66), FWD_LPORT_NONE);
	cr_assert_not(relay_port_has_vlan(sw.r, p1, 20));
	net_rx(&sw, p1, 0, 0x99, 0x66);
	cr_assert_eq(sw.res.drop, FWD_DROP_NOT_ASSOCIATED);
}

Test(relay, vsi_counters_see_both_directions)
{
	struct relay_vsi_counters n;

	net_rx(&sw, p1, 10, 0xC, 0xA);
	net_rx(&sw, p2, 10, 0xA, 0xC);
	net_rx(&sw, p2, 10, 0xA, 0xC);
	net_rx(&sw, p2, 10, MAC_ALL, 0xC);
	n = relay_vsi_counters(sw.r, p1, 1);
	cr_assert_eq(n.rx_frames, 1);
	cr_assert_eq(n.rx_octets, NET_FRAME + 4);
	cr_assert_eq(n.tx_frames, 2);
	cr_assert_eq(n.tx_octets, 2 * (NET_FRAME + 4));
	cr_assert_eq(relay_vsi_counters(sw.r, p1, 2).tx_frames, 0);
	cr_assert_eq(relay_vsi_counters(sw.r, p1, 77).tx_frames, 0);
}

Test(relay, the_fdb_walk_meets_every_entry_once)
{
	struct relay_fdb_row row;
	uint32_t cookie = 0, n = 0, n_static = 0;
	bool valid;

	for (unsigned i = 0; i < 20; i++)
		net_rx(&sw, u3, 10, 0xA, 0x2000 + i);
	do {
		cookie = relay_fdb_walk(sw.r, cookie, &row, &valid);
		n += valid;
		n_static += valid && row.is_static;
	} while (cookie != 0);
	cr_assert_eq(n, 23);
	cr_assert_eq(n_static, 3);
	cr_assert_eq(relay_fdb_count(sw.r), 23);
}

Test(relay, ports_are_limited_and_drops_have_names)
{
	unsigned n = 4;

	while (net_sbp(&sw) != FWD_LPORT_NONE)
		n++;
	cr_assert_eq(n, NET_MAX_LPORTS);
	for (int d = 0; d < FWD_N_DROPS; d++)
		cr_assert_str_neq(fwd_drop_name(d), "unknown");
	cr_assert_str_eq(fwd_drop_name(FWD_N_DROPS), "unknown");
}

Test(relay, group_registrations_are_limited_and_go_with_their_port)
{
	struct mac g = net_mac(0x01005e000001);

	cr_assert_not(relay_group_set(sw.r, p1, 10, net_mac(0xA), true), "no group address");
	cr_assert_not(relay_group_set(sw.r, p1, 0, g, true));
	cr_assert_not(relay_group_set(sw.r, 60, 10, g, true), "no such port");
	for (uint16_t vid = 1; vid <= 8; vid++)
		cr_assert(relay_group_set(sw.r, u3, vid, g, true));
	cr_assert(relay_group_set(sw.r, u3, 8, g, true), "again is no news");
	cr_assert_not(relay_group_set(sw.r, p1, 10, g, true), "full");
	cr_assert(relay_group_set(sw.r, p1, 10, g, false), "nothing to take back");
	relay_port_del(sw.r, u3);
	cr_assert(relay_group_set(sw.r, p2, 10, g, true));
	net_rx(&sw, p1, 10, 0x01005e000001, 0xA);
	cr_assert_eq(net_ports(&sw), net_set(p2));
}

Test(relay, a_port_that_is_not_there_is_no_harm)
{
	struct relay_admit a = { .vid = 10, .mac = net_mac(0xA) };

	relay_port_del(sw.r, 60);
	relay_port_set_forwarding(sw.r, 60, true);
	relay_port_set_rr(sw.r, 60, true);
	relay_port_set_vlan(sw.r, 60, 10, true, true);
	relay_port_clear_vlans(sw.r, 60);
	cr_assert_not(relay_admit(sw.r, 60, 1, &a, 1));
	cr_assert(relay_admit(sw.r, 60, 1, &a, 0), "revoking what is gone has been done");
	cr_assert_not(relay_port_has_vlan(sw.r, 60, 10));
	cr_assert_null(relay_port_counters(sw.r, 60));
	net_rx(&sw, 60, 10, 0xB, 0xA);
	cr_assert_eq(sw.res.drop, FWD_DROP_BLOCKED);
	cr_assert_eq(net_where(&sw, 10, 0xA), p1);
}

Test(relay, static_vlans_are_for_ordinary_ports_and_come_and_go)
{
	relay_port_set_vlan(sw.r, p1, 20, true, true);
	cr_assert_not(relay_port_has_vlan(sw.r, p1, 20), "an SBP follows its associations");
	relay_port_set_vlan(sw.r, u3, 4095, true, true);
	relay_port_set_vlan(sw.r, u3, 0, true, true);
	net_rx(&sw, u3, 20, 0xA, 0xD);
	relay_port_set_vlan(sw.r, u3, 20, false, false);
	cr_assert_eq(net_where(&sw, 20, 0xD), FWD_LPORT_NONE, "leaving a VLAN forgets its stations");
	net_rx(&sw, u3, 10, 0xA, 0xD);
	relay_port_clear_vlans(sw.r, u3);
	cr_assert_eq(net_where(&sw, 10, 0xD), FWD_LPORT_NONE);
	net_rx(&sw, u3, 10, 0xA, 0xD);
	cr_assert_eq(sw.res.drop, FWD_DROP_VLAN);
}

Test(relay, vids_that_do_not_exist_are_left_out_of_a_list)
{
	struct relay_admit list[] = { { .vid = 0, .mac = net_mac(0x1) }, { .vid = 4095, .mac = net_mac(0x1) },
		{ .vid = 4094, .mac = net_mac(0x1) }, { .vid = 4094, .mac = net_mac(0x1) } };

	cr_assert(relay_admit(sw.r, p1, 50, list, 4));
	cr_assert_eq(relay_fdb_count(sw.r), 4);
	cr_assert_eq(net_where(&sw, 4094, 0x1), p1);
	cr_assert(relay_admit(sw.r, p1, 50, list, 2), "nothing left is the same as an empty list");
	cr_assert_eq(relay_fdb_count(sw.r), 3);
	cr_assert(relay_admit(sw.r, p1, 51, list, 2));
}

Test(relay, a_group_address_in_a_list_is_nowhere)
{
	struct relay_admit a = { .vid = 10, .mac = net_mac(0x01005e000001) };

	cr_assert(relay_admit(sw.r, p1, 60, &a, 1));
	cr_assert_eq(relay_fdb_count(sw.r), 3);
	net_rx(&sw, p1, 10, 0xC, 0x01005e000001);
	cr_assert_eq(sw.res.drop, FWD_DROP_MALFORMED, "and no source");
	cr_assert(relay_admit(sw.r, p1, 60, NULL, 0));
}

/* Twenty VSIs of one port that own the same pair, ended oldest first: the address stays theirs to the last. */
Test(relay, many_vsis_of_a_port_may_own_one_address)
{
	for (uint32_t owner = 1; owner <= 20; owner++)
		net_admit(&sw, p1, owner, 10, 0x3000);
	for (uint32_t owner = 1; owner <= 20; owner++) {
		cr_assert_eq(net_where(&sw, 10, 0x3000), p1);
		net_rx(&sw, p1, 10, 0xA, 0x3000);
		cr_assert_neq(sw.res.drop, FWD_DROP_NOT_ASSOCIATED);
		cr_assert(relay_admit(sw.r, p1, owner, NULL, 0));
	}
	cr_assert_eq(net_where(&sw, 10, 0x3000), FWD_LPORT_NONE);
	net_rx(&sw, p1, 10, 0xA, 0x3000);
	cr_assert_eq(sw.res.drop, FWD_DROP_NOT_ASSOCIATED);
}

/* 100 000 source addresses on one ordinary port: another one still learns. */
Test(relay, a_port_that_sends_from_every_address_leaves_room_to_the_others)
{
	uint64_t n_learned = 100000 - NET_MAX_FDB * 7 / 8;

	for (unsigned i = 0; i < 100000; i++)
		net_rx(&sw, u3, 10, 0xA, 0x10000 + i);
	cr_assert_eq(relay_port_counters(sw.r, u3)->learn_full, n_learned);
	net_rx(&sw, u4, 10, 0xA, 0xF0);
	cr_assert_eq(net_where(&sw, 10, 0xF0), u4);
}
