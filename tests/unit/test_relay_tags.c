/*
 * Tags octet for octet (802.1Q 9.6): every kind of ingress tagging against every kind of egress port, priorities,
 * second tags, and what the MTU counts.
 */
#include "relay_net.h"

static struct net net;
static uint16_t sbp, access, trunk, up, drp;

enum { PAYLOAD = 46 };

static void start(void)
{
	net_init(&net);
	sbp = net_sbp(&net); /* pvid 1 */
	access = net_ordinary(&net, 10);
	trunk = net_ordinary(&net, 0);
	relay_port_set_vlan(net.r, access, 10, true, true);
	relay_port_set_vlan(net.r, trunk, 10, true, false);
	relay_port_set_vlan(net.r, trunk, 1, true, false);
	net_admit(&net, sbp, 1, 10, 0xA);
	net_admit(&net, sbp, 2, 1, 0xA);
	up = net_port(&net,
		(struct relay_port_cfg){ .kind = FWD_URP, .relay = FWD_VEPA, .component = 1, .pvid = 30 });
	drp = net_port(&net, (struct relay_port_cfg){ .kind = FWD_DRP, .relay = FWD_VEPA, .component = 1 });
	cr_assert(relay_admit(net.r, drp, 1,
		(struct relay_admit[]){ { .vid = 10, .mac = net_mac(0xB), .has_pcp = true, .pcp = 5 },
			{ .vid = 20, .mac = net_mac(0xB) }, { .vid = 30, .mac = net_mac(0xB) },
			{ .vid = 20, .mac = net_mac(0xC) } },
		4));
}

TestSuite(relay_tags, .init = start, .fini = net_fini_all);

/* The only copy is on `lport`, with this TCI (-1: untagged) before the original EtherType and payload. */
static void expect(uint16_t lport, int tci, uint64_t dst, uint64_t src)
{
	uint8_t got[1700], want[1700], *p = want;
	size_t len, in_tag = net.frame[12] == 0x81 ? 4 : 0;

	cr_assert_eq(net.n_copies, 1, "%u copies, %s", net.n_copies, fwd_drop_name(net.res.drop));
	cr_assert_eq(net.copy[0].lport, lport);
	memcpy(p, net_mac(dst).b, 6);
	memcpy(p + 6, net_mac(src).b, 6);
	p += 12;
	if (tci >= 0) {
		*p++ = 0x81;
		*p++ = 0x00;
		*p++ = (uint8_t)(tci >> 8);
		*p++ = (uint8_t)tci;
	}
	memcpy(p, net.frame + 12 + in_tag, net.frame_len - 12 - in_tag);
	len = (size_t)(p - want) + net.frame_len - 12 - in_tag;
	cr_assert_eq(net_copy_octets(&net, 0, got), len);
	cr_assert_arr_eq(got, want, len);
}

static void rx(uint16_t lport, int tci, uint64_t dst, uint64_t src)
{
	net_make(&net, tci < 0 ? 0 : (unsigned)tci, tci >= 0, dst, src, PAYLOAD);
	net_rx_frame(&net, lport);
}

Test(relay_tags, untagged_in_follows_the_pvid)
{
	rx(access, -1, 0xA, 0xD);
	cr_assert_eq(net.res.vid, 10);
	expect(sbp, 0x000a, 0xA, 0xD);
	rx(trunk, -1, 0xA, 0xD);
	cr_assert_eq(net.res.drop, FWD_DROP_VLAN, "no pvid, no VLAN");
	rx(sbp, -1, MAC_ALL, 0xA);
	cr_assert_eq(net.res.vid, 1);
	expect(trunk, 0x0001, MAC_ALL, 0xA);
}

Test(relay_tags, a_priority_tag_keeps_its_priority)
{
	rx(access, 0x7000, 0xA, 0xD);
	expect(sbp, 0x700a, 0xA, 0xD);
	rx(sbp, 0xb000, MAC_ALL, 0xA);
	expect(trunk, 0xb001, MAC_ALL, 0xA);
}

Test(relay_tags, pcp_and_dei_survive_from_tag_to_tag)
{
	rx(trunk, 0xf00a, 0xA, 0xD);
	expect(sbp, 0xf00a, 0xA, 0xD);
	rx(trunk, 0x300a, 0xA, 0xD);
	expect(sbp, 0x300a, 0xA, 0xD);
}

Test(relay_tags, an_sbp_sends_its_pvid_untagged)
{
	rx(trunk, 0x6001, 0xA, 0xD);
	expect(sbp, -1, 0xA, 0xD);
}

Test(relay_tags, an_access_port_sends_untagged)
{
	rx(access, -1, 0xA, 0xE);
	rx(sbp, 0x500a, 0xE, 0xA);
	expect(access, -1, 0xE, 0xA);
}

Test(relay_tags, hairpin_keeps_the_tag)
{
	net_admit(&net, sbp, 3, 10, 0xF);
	relay_port_set_rr(net.r, sbp, true);
	rx(sbp, 0x500a, 0xF, 0xA);
	expect(sbp, 0x500a, 0xF, 0xA);
}

Test(relay_tags, a_downlink_frame_gets_vlan_and_priority_of_its_vsi)
{
	rx(drp, -1, 0x99, 0xB);
	expect(up, 0xa00a, 0x99, 0xB);
	rx(drp, -1, 0x99, 0xC);
	expect(up, 0x0014, 0x99, 0xC);
	rx(drp, 0x2000, 0x99, 0xB);
	expect(up, 0x200a, 0x99, 0xB);
	rx(drp, 0x4014, 0x99, 0xB);
	expect(up, 0x4014, 0x99, 0xB);
	rx(drp, 0x2014, 0x99, 0xC);
	expect(up, 0x2014, 0x99, 0xC);
	rx(drp, 0x200a, 0x99, 0xC);
	cr_assert_eq(net.res.drop, FWD_DROP_NOT_ASSOCIATED);
}

Test(relay_tags, an_uplink_sends_its_pvid_untagged_and_takes_both_forms)
{
	rx(drp, 0x601e, 0x99, 0xB);
	expect(up, -1, 0x99, 0xB);
	rx(up, -1, 0xB, 0x99);
	expect(drp, 0x001e, 0xB, 0x99);
	rx(up, 0x801e, 0xB, 0x99);
	expect(drp, 0x801e, 0xB, 0x99);
	rx(up, 0xa000, 0xB, 0x99);
	expect(drp, 0xa01e, 0xB, 0x99);
}

Test(relay_tags, a_downlink_gets_its_untagged_vids_untagged)
{
	rx(up, 0xa00a, 0xB, 0x99);
	expect(drp, -1, 0xB, 0x99);
	rx(up, 0xa014, 0xC, 0x99);
	expect(drp, -1, 0xC, 0x99);
	rx(up, 0x001e, 0xB, 0x99);
	expect(drp, 0x001e, 0xB, 0x99);
}

Test(relay_tags, the_untagged_vid_follows_the_list)
{
	struct relay_admit list[] = { { .vid = 20, .mac = net_mac(0xB) },
		{ .vid = 10, .mac = net_mac(0xB), .has_pcp = true, .pcp = 3 } };

	cr_assert(relay_admit(net.r, drp, 1, list, 2));
	rx(drp, -1, 0x99, 0xB);
	expect(up, 0x0014, 0x99, 0xB);
	rx(up, 0x000a, 0xB, 0x99);
	expect(drp, 0x000a, 0xB, 0x99);
	cr_assert(relay_admit(net.r, drp, 1, list + 1, 1));
	rx(drp, -1, 0x99, 0xB);
	expect(up, 0x600a, 0x99, 0xB);
	rx(up, 0x000a, 0xB, 0x99);
	expect(drp, -1, 0xB, 0x99);
}

Test(relay_tags, any_source_decides_for_addresses_without_a_vsi_of_their_own)
{
	cr_assert(relay_admit(net.r, drp, 2, (struct relay_admit[]){ { .vid = 40 } }, 1));
	rx(drp, -1, 0x99, 0xB);
	expect(up, 0xa00a, 0x99, 0xB);
	rx(drp, -1, 0x99, 0xD);
	expect(up, 0x0028, 0x99, 0xD);
}

Test(relay_tags, a_second_tag_is_payload)
{
	rx(trunk, 0x000a, 0xA, 0xD);
	memcpy(net.frame + 16, "\x81\x00\x00\x63", 4);
	net_rx_frame(&net, trunk);
	expect(sbp, 0x000a, 0xA, 0xD);
	net_make(&net, 0, false, 0xA, 0xD, PAYLOAD);
	memcpy(net.frame + 12, "\x88\xa8\x00\x63", 4);
	net_rx_frame(&net, access);
	expect(sbp, 0x000a, 0xA, 0xD);
}

static void set_mtu(uint16_t lport, enum fwd_kind kind, uint32_t mtu)
{
	struct relay_port_cfg cfg = { .kind = kind, .relay = FWD_BRIDGE, .pvid = 1, .mtu = mtu };

	relay_port_set_cfg(net.r, lport, &cfg);
}

Test(relay_tags, the_mtu_counts_payload_without_the_relays_own_tag)
{
	set_mtu(sbp, FWD_SBP, 1000);
	net_make(&net, 10, true, 0xA, 0xD, 1000);
	cr_assert(net_rx_frame(&net, trunk));
	net_make(&net, 10, true, 0xA, 0xD, 1001);
	cr_assert_not(net_rx_frame(&net, trunk));
	cr_assert_eq(net.res.drop, FWD_DROP_TOO_LONG);
	cr_assert_eq(relay_port_counters(net.r, sbp)->drops[FWD_DROP_TOO_LONG], 1);
	net_make(&net, 0, false, 0xA, 0xD, 1000);
	cr_assert(net_rx_frame(&net, access));
	net_make(&net, 0, false, 0xA, 0xD, 1001);
	cr_assert_not(net_rx_frame(&net, access));
}

Test(relay_tags, a_flood_loses_only_the_copies_that_do_not_fit)
{
	set_mtu(sbp, FWD_SBP, 1000);
	net_make(&net, 10, true, MAC_ALL, 0xD, 1001);
	cr_assert(net_rx_frame(&net, trunk));
	cr_assert_eq(net_ports(&net), net_set(access));
	cr_assert_eq(relay_port_counters(net.r, sbp)->drops[FWD_DROP_TOO_LONG], 1);
}
