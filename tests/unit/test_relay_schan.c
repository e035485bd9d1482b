/*
 * S-channels at both ends (evb-reference 1.2, CDCP-16..19): which channel a frame is in, what its S-TAG looks like, and
 * that nothing gets from one channel into another but through the bridge's relay.
 *
 * The bridge: a UAP whose untagged frames are the default channel, channels 2 and 3 with SVIDs 100 and 101, one ordinary
 * port. The station: the same UAP, an edge relay per channel: two VEPAs with a VM each, and a VM alone.
 */
#include "forward.h"
#include "tag_net.h"

enum { SVID2 = 100, SVID3 = 101, UNASSIGNED = 999 };
#define S_TAG(tci) net_octets(0x88, 0xa8, (tci) >> 8, (tci)&0xff)

static struct net net;
static uint16_t uap, cap2, cap3, lan;             /* of the bridge */
static uint16_t uplink, urp2, urp3, vm, vm2, vm3; /* of the station */

static uint16_t port(enum fwd_kind kind, enum fwd_relay relay, uint16_t component, enum fwd_tag tag)
{
	return net_port(&net, (struct relay_port_cfg){ .kind = kind,
				      .relay = relay,
				      .component = component,
				      .pvid = kind == FWD_DRP ? 0 : 1,
				      .tag = tag });
}

static void start_bridge(void)
{
	uap = net_port(&net, (struct relay_port_cfg){
				     .kind = FWD_SBP, .relay = FWD_BRIDGE, .pvid = 1, .carries = FWD_TAG_S });
	cap2 = port(FWD_SBP, FWD_BRIDGE, 0, FWD_TAG_S);
	cap3 = port(FWD_SBP, FWD_BRIDGE, 0, FWD_TAG_S);
	lan = net_ordinary(&net, 1);
	relay_port_set_vlan(net.r, lan, 1, true, true);
	relay_port_set_vlan(net.r, lan, 10, true, false);
	cr_assert(relay_channel_set(net.r, uap, SVID2, cap2));
	cr_assert(relay_channel_set(net.r, uap, SVID3, cap3));
	net_admit(&net, uap, 1, 10, 0xA);
	net_admit(&net, cap2, 1, 10, 0xB);
	net_admit(&net, cap3, 1, 10, 0xC);
	net_admit(&net, cap3, 2, 1, 0xC);
}

static void start_station(void)
{
	uplink = net_port(&net, (struct relay_port_cfg){ .kind = FWD_URP,
					.relay = FWD_VEPA,
					.component = 1,
					.pvid = 1,
					.carries = FWD_TAG_S });
	urp2 = port(FWD_URP, FWD_VEPA, 2, FWD_TAG_S);
	urp3 = port(FWD_URP, FWD_SINGLE, 3, FWD_TAG_S);
	vm = port(FWD_DRP, FWD_VEPA, 1, FWD_TAG_NONE);
	vm2 = port(FWD_DRP, FWD_VEPA, 2, FWD_TAG_NONE);
	vm3 = port(FWD_DRP, FWD_SINGLE, 3, FWD_TAG_NONE);
	cr_assert(relay_channel_set(net.r, uplink, SVID2, urp2));
	cr_assert(relay_channel_set(net.r, uplink, SVID3, urp3));
	net_admit(&net, vm, 1, 10, 0xA);
	net_admit(&net, vm2, 1, 10, 0xB);
	net_admit(&net, vm2, 2, 1, 0xB);
	net_admit(&net, vm3, 1, 10, 0xC);
}

static void start(void)
{
	net_init(&net);
	start_bridge();
	start_station();
	net_rx(&net, lan, 10, MAC_ALL, 0xD); /* D is behind the ordinary port */
	net_rx(&net, lan, 0, MAC_ALL, 0xD);
}

TestSuite(relay_schan, .init = start, .fini = net_fini_all);

/* ---- coming in ---- */

Test(relay_schan, CDCP_16_a_frame_without_an_s_tag_is_the_default_channels)
{
	cr_assert(net_rx(&net, uap, 10, 0xD, 0xA));
	cr_assert_eq(net.res.lport, uap);
	cr_assert_eq(net_where(&net, 10, 0xA), uap);
	cr_assert(net_rx(&net, uplink, 10, 0xA, 0xD));
	cr_assert_eq(net_ports(&net), net_set(vm));
}

Test(relay_schan, CDCP_16_so_is_one_with_svid_0_or_1)
{
	for (unsigned svid = 0; svid <= FWD_SVID_DEFAULT; svid++) {
		cr_assert(net_rx_tagged(&net, uap, S_TAG(0xa000 | svid), 10, 0xD, 0xA));
		cr_assert_eq(net.res.lport, uap);
		net_expect_tag(&net, lan, net_octets(0x81, 0, 0, 10), 8);
	}
}

Test(relay_schan, CDCP_17_an_s_tag_says_which_cap_and_is_removed)
{
	cr_assert(net_rx_tagged(&net, uap, S_TAG(SVID2), 10, 0xD, 0xB));
	cr_assert_eq(net.res.lport, cap2);
	cr_assert_eq(net_where(&net, 10, 0xB), cap2);
	net_expect_tag(&net, lan, net_octets(0x81, 0, 0, 10), 8);
	cr_assert_eq(relay_port_counters(net.r, cap2)->rx_frames, 1, "counted in the channel");
	cr_assert_eq(relay_port_counters(net.r, uap)->rx_frames, 0);
	cr_assert(net_rx_tagged(&net, uap, S_TAG(SVID3), 0, 0xD, 0xC));
	cr_assert_eq(net.res.lport, cap3);
	net_expect_tag(&net, lan, NET_NOTHING, 4);
}

Test(relay_schan, CDCP_17_in_the_station_it_says_which_edge_relay)
{
	cr_assert(net_rx_tagged(&net, uplink, S_TAG(SVID2), 10, 0xB, 0xD));
	net_expect_tag(&net, vm2, NET_NOTHING, 4); /* the C-tag stays: B's untagged VLAN is 1 */
	cr_assert(net_rx_tagged(&net, uplink, S_TAG(SVID3), 10, MAC_ALL, 0xD));
	cr_assert_eq(net_ports(&net), net_set(vm3));
	cr_assert_not(net_rx_tagged(&net, uplink, S_TAG(SVID2), 10, 0xC, 0xD), "C is in the other channel");
}

Test(relay_schan, CDCP_18_an_svid_that_is_not_assigned_is_dropped)
{
	net_make(&net, 10, true, 0xD, 0xA, 46);
	net_insert(&net, 12, S_TAG(UNASSIGNED));
	net_drop(&net, uap, FWD_DROP_NO_CHANNEL);
	cr_assert_eq(net.res.lport, uap);
	net_drop(&net, uplink, FWD_DROP_NO_CHANNEL);
	net.frame[14] = 0x0f;
	net.frame[15] = 0xff;
	net_drop(&net, uap, FWD_DROP_NO_CHANNEL);
	cr_assert_eq(net_where(&net, 10, 0xA), uap, "the association says so");
	cr_assert_eq(relay_fdb_count(net.r), 10, "nothing was learned");
}

Test(relay_schan, a_truncated_s_tag_is_dropped_without_a_read_beyond_the_end)
{
	uint8_t *exact;

	for (size_t len = 12; len <= 20; len++) {
		net_make(&net, 10, true, 0xD, 0xB, 46);
		net_insert(&net, 12, S_TAG(SVID2));
		exact = malloc(len); /* for the sanitizer */
		memcpy(exact, net.frame, len);
		relay_rx(net.r, uap, span_of(exact, len), net.now, &net.res);
		cr_assert_eq(net.res.drop, FWD_DROP_MALFORMED, "%zu octets", len);
		free(exact);
	}
}

Test(relay_schan, a_reserved_address_in_a_channel_is_reported_with_the_channel)
{
	net_make(&net, 0, false, 0x0180c2000000, 0xB, 46);
	net_insert(&net, 12, S_TAG(SVID2));
	net_drop_at(&net, uap, cap2, FWD_DROP_RESERVED);
	cr_assert_eq(net.res.lport, cap2);
}

/* ---- going out ---- */

Test(relay_schan, each_channel_sends_with_its_own_s_tag_and_the_default_one_without)
{
	cr_assert(net_rx(&net, lan, 10, MAC_ALL, 0xD));
	cr_assert_eq(net_ports(&net), net_set(uap, cap2, cap3));
	for (unsigned i = 0; i < net.n_copies; i++) {
		const uint8_t *h = net.copy[i].head + 12;

		if (net.copy[i].lport == uap)
			cr_assert_arr_eq(h, ((uint8_t[]){ 0x81, 0, 0, 10, 8, 0 }), 6);
		else
			cr_assert_arr_eq(h,
				((uint8_t[]){ 0x88, 0xa8, 0, net.copy[i].lport == cap2 ? SVID2 : SVID3, 0x81,
					0, 0, 10, 8, 0 }),
				10);
	}
}

Test(relay_schan, a_station_sends_a_vms_frames_in_the_channel_of_its_relay)
{
	cr_assert(net_rx(&net, vm2, 0, 0xD, 0xB));
	net_expect_tag(&net, urp2, net_octets(0x88, 0xa8, 0, SVID2), 0);
	cr_assert(net_rx(&net, vm2, 10, 0xC, 0xB));
	net_expect_tag(&net, urp2, net_octets(0x88, 0xa8, 0, SVID2), 0);
	cr_assert(net_rx(&net, vm3, 10, MAC_ALL, 0xC));
	net_expect_tag(&net, urp3, net_octets(0x88, 0xa8, 0, SVID3), 0);
	cr_assert(net_rx(&net, vm, 10, 0xB, 0xA));
	net_expect_tag(&net, uplink, net_octets(0x81, 0, 0, 10), 4);
}

Test(relay_schan, from_channel_to_channel_is_a_matter_of_the_bridge)
{
	cr_assert(net_rx_tagged(&net, uap, S_TAG(SVID2), 10, 0xC, 0xB));
	net_expect_tag(&net, cap3, net_octets(0x88, 0xa8, 0, SVID3, 0x81, 0, 0, 10), 8);
	cr_assert(net_rx_tagged(&net, uap, S_TAG(SVID2), 10, 0xA, 0xB));
	net_expect_tag(&net, uap, net_octets(0x81, 0, 0, 10), 8);
	cr_assert(net_rx(&net, uap, 10, 0xB, 0xA));
	net_expect_tag(&net, cap2, net_octets(0x88, 0xa8, 0, SVID2, 0x81, 0, 0, 10), 4);
	cr_assert_eq(relay_port_counters(net.r, cap2)->reflected, 0, "no reflective relay is needed");
}

Test(relay_schan, reflective_relay_is_each_channels_own)
{
	relay_port_set_rr(net.r, cap2, true);
	net_admit(&net, cap2, 7, 10, 0xE);
	net_admit(&net, cap3, 7, 10, 0xF);
	cr_assert(net_rx_tagged(&net, uap, S_TAG(0x6000 | SVID2), 10, 0xE, 0xB));
	net_expect_tag(&net, cap2, net_octets(0x88, 0xa8, 0, SVID2, 0x81, 0, 0, 10), 8);
	net_make(&net, 10, true, 0xF, 0xC, 46);
	net_insert(&net, 12, S_TAG(SVID3));
	net_drop_at(&net, uap, cap3, FWD_DROP_SAME_PORT);
}

Test(relay_schan, the_s_tags_priority_is_the_frames)
{
	net_admit(&net, cap2, 7, 1, 0xE);
	net_make(&net, 0xb00a, true, 0xB, 0xD, 46); /* PCP 5, DEI */
	net_rx_frame(&net, lan);
	net_expect_tag(&net, cap2, net_octets(0x88, 0xa8, 0xb0, SVID2, 0x81, 0, 0xb0, 10), 4);
	net_rx(&net, lan, 0, 0xC, 0xD);
	net_expect_tag(&net, cap3, net_octets(0x88, 0xa8, 0, SVID3), 0);
	net_rx_tagged(&net, uap, S_TAG(0xf000 | SVID3), 0, 0xE, 0xC);
	net_expect_tag(&net, cap2, net_octets(0x88, 0xa8, 0xf0, SVID2), 4);
	net_rx_tagged(&net, uap, S_TAG(0xe000 | SVID2), 10, 0xC, 0xB);
	net_expect_tag(&net, cap3, net_octets(0x88, 0xa8, 0, SVID3, 0x81, 0, 0, 10), 8);
}

Test(relay_schan, below_an_s_tag_every_octet_counts)
{
	struct relay_port_cfg cfg = {
		.kind = FWD_SBP, .relay = FWD_BRIDGE, .pvid = 1, .tag = FWD_TAG_S, .mtu = 1508
	};

	relay_port_set_cfg(net.r, cap2, &cfg);
	net_make(&net, 10, true, 0xB, 0xD, 1500);
	cr_assert(net_rx_frame(&net, lan));
	cr_assert_eq(net.copy[0].head_len + net.copy[0].rest.len, 1508 + 14);
	net_make(&net, 10, true, 0xB, 0xD, 1501);
	net_drop_at(&net, lan, cap2, FWD_DROP_TOO_LONG);
}

/* ---- S-tagged frames at a CAP ---- */

static void make_s_tagged(uint64_t dst, uint64_t src, unsigned svid)
{
	net_make(&net, 0, false, dst, src, 46);
	net_insert(&net, 12, S_TAG(svid));
}

Test(relay_schan, CDCP_19_an_s_tagged_frame_at_a_cap_is_dropped)
{
	net_admit(&net, cap2, 7, 1, 0xB);
	net_admit(&net, uap, 7, 1, 0xA);
	net_admit(&net, vm, 1, 1, 0xA); /* VLAN 1 is untagged at the relays' uplinks too */
	net_admit(&net, vm2, 1, 1, 0xB);
	net_admit(&net, vm3, 1, 1, 0xC);
	make_s_tagged(0xB, 0xD, SVID3);
	net_drop(&net, lan, FWD_DROP_S_TAGGED);
	make_s_tagged(0xA, 0xD, SVID3); /* that would come out as channel 3's */
	net_drop(&net, lan, FWD_DROP_S_TAGGED);
	make_s_tagged(0xD, 0xA, SVID3); /* a VM at the default channel, or at another */
	net_drop(&net, vm, FWD_DROP_S_TAGGED);
	make_s_tagged(0xD, 0xB, SVID3);
	net_drop(&net, vm2, FWD_DROP_S_TAGGED);
	make_s_tagged(0xD, 0xC, SVID2);
	net_drop(&net, vm3, FWD_DROP_S_TAGGED);
}

Test(relay_schan, CDCP_19_so_is_one_in_a_channel)
{
	make_s_tagged(0xD, 0xB, SVID3);
	net_insert(&net, 12, S_TAG(SVID2));
	net_drop_at(&net, uap, cap2, FWD_DROP_S_TAGGED);
	make_s_tagged(0xD, 0xA, SVID3);
	net_insert(&net, 12, S_TAG(0));
	net_drop(&net, uap, FWD_DROP_S_TAGGED);
	net_drop(&net, uplink, FWD_DROP_S_TAGGED);
}

Test(relay_schan, CDCP_19_an_s_tag_does_not_come_out_from_behind_a_c_tag)
{
	net_admit(&net, uap, 7, 1, 0xA);
	net_admit(&net, vm, 7, 1, 0xA);
	/* VLAN 1 is untagged on the wire: without its C-tag the frame would be channel 3's */
	net_make(&net, 1, true, 0xA, 0xD, 46);
	net_insert(&net, 16, S_TAG(SVID3));
	net_drop(&net, lan, FWD_DROP_S_TAGGED);
	net_make(&net, 1, true, 0xD, 0xA, 46);
	net_insert(&net, 16, S_TAG(SVID3));
	net_drop(&net, vm, FWD_DROP_S_TAGGED);
	net_make(&net, 1, true, 0xC, 0xD, 46);
	net_insert(&net, 16, S_TAG(SVID2));
	net_drop(&net, lan, FWD_DROP_S_TAGGED);
	/* a VLAN whose C-tag stays in front harms nobody */
	net_make(&net, 10, true, 0xA, 0xD, 46);
	net_insert(&net, 16, S_TAG(SVID3));
	cr_assert(net_rx_frame(&net, lan));
	net_expect_only(&net, uap, span_of(net.frame, net.frame_len));
}

Test(relay_schan, CDCP_19_of_a_flood_only_the_copies_for_caps_are_missing)
{
	uint16_t other = net_ordinary(&net, 1);
	uint64_t before;

	relay_port_set_vlan(net.r, other, 1, true, true);
	before = net_drops(&net, cap3, FWD_DROP_S_TAGGED);
	make_s_tagged(MAC_ALL, 0xD, SVID2); /* cap3 is in VLAN 1, the others are not */
	cr_assert(net_rx_frame(&net, lan));
	cr_assert_eq(net_ports(&net), net_set(other));
	cr_assert_eq(net_drops(&net, cap3, FWD_DROP_S_TAGGED), before + 1);
}

/* ---- channels come and go ---- */

Test(relay_schan, a_channel_that_is_gone_neither_sends_nor_receives)
{
	relay_channel_clear(net.r, uap, SVID2);
	net_make(&net, 10, true, 0xD, 0xB, 46);
	net_insert(&net, 12, S_TAG(SVID2));
	net_drop(&net, uap, FWD_DROP_NO_CHANNEL);
	cr_assert(net_rx(&net, lan, 10, MAC_ALL, 0xD));
	cr_assert_eq(net_ports(&net), net_set(uap, cap3), "its frames would be the default channel's");
	net_make(&net, 10, true, 0xB, 0xD, 46);
	net_drop(&net, lan, FWD_DROP_EGRESS);
	relay_channel_clear(net.r, uplink, SVID3);
	net_make(&net, 10, true, 0xD, 0xC, 46);
	net_drop(&net, vm3, FWD_DROP_EGRESS);
}

Test(relay_schan, a_channel_that_gets_another_svid_loses_the_first)
{
	cr_assert(relay_channel_set(net.r, uap, 200, cap2));
	net_make(&net, 10, true, 0xD, 0xB, 46);
	net_insert(&net, 12, S_TAG(SVID2));
	net_drop(&net, uap, FWD_DROP_NO_CHANNEL);
	net_rx(&net, lan, 10, 0xB, 0xD);
	net_expect_tag(&net, cap2, net_octets(0x88, 0xa8, 0, 200, 0x81, 0, 0, 10), 4);
	cr_assert(relay_channel_set(net.r, uap, SVID2, cap3), "free for another");
}

Test(relay_schan, ports_that_go_take_their_tags_along)
{
	relay_port_del(net.r, cap2);
	cr_assert_not(net_rx_tagged(&net, uap, S_TAG(SVID2), 10, 0xD, 0xB));
	cr_assert_eq(net.res.drop, FWD_DROP_NO_CHANNEL);
	relay_port_del(net.r, uap);
	cr_assert_eq(relay_port(net.r, cap3)->tag_id, 0);
	net_make(&net, 10, true, 0xC, 0xD, 46);
	net_drop(&net, lan, FWD_DROP_EGRESS);
}

Test(relay_schan, a_tag_that_cannot_be_a_channels_is_refused)
{
	static const uint32_t no_svid[] = { 0, FWD_SVID_DEFAULT, 4095, 4096 + SVID3, 0x10000 };

	for (size_t i = 0; i < sizeof(no_svid) / sizeof(no_svid[0]); i++)
		cr_assert_not(relay_channel_set(net.r, uap, no_svid[i], cap2), "%u", (unsigned)no_svid[i]);
	cr_assert_not(relay_channel_set(net.r, uap, SVID3, cap2), "another's");
	cr_assert(relay_channel_set(net.r, uap, SVID2, cap2), "its own, again");
	cr_assert_not(relay_channel_set(net.r, uap, 300, lan), "no port of an S-channel");
	cr_assert_not(relay_channel_set(net.r, lan, 300, cap2), "carries no S-TAGs");
	cr_assert_not(relay_channel_set(net.r, uap, 300, 60), "no port");
	cr_assert_not(relay_channel_set(net.r, 60, 300, cap2), "no trunk");
	cr_assert_not(relay_channel_set(net.r, NET_MAX_LPORTS + 3, 300, FWD_LPORT_NONE));
	cr_assert_eq(relay_port(net.r, cap2)->tag_id, SVID2, "and nothing changed");
	cr_assert_not(relay_list_set(net.r, uap, 0x4100, &cap2, 1), "S-channels have no lists");
}

Test(relay_schan, a_full_table_of_channels_is_said)
{
	uint16_t fresh = port(FWD_SBP, FWD_BRIDGE, 0, FWD_TAG_S);
	unsigned n = 4; /* in use */

	while (n < NET_MAX_CHANNELS) {
		uint16_t more = port(FWD_SBP, FWD_BRIDGE, 0, FWD_TAG_S);

		cr_assert(relay_channel_set(net.r, uap, 1000 + n, more));
		n++;
	}
	cr_assert_not(relay_channel_set(net.r, uap, 2000, fresh));
	relay_channel_clear(net.r, uap, 1010);
	cr_assert(relay_channel_set(net.r, uap, 2000, fresh));
}

/* evb-reference 4.1: 167 is as many as a CDCP TLV has room for. */
Test(relay_schan, CDCP_17_of_167_channels_each_gets_its_own)
{
	enum { CHANNELS = 167 };
	struct relay_cfg cfg = {
		.max_lports = 200, .max_fdb = 16, .max_admit = 400, .fdb_age_s = 300, .max_channels = CHANNELS
	};
	struct relay *r = relay_init(&cfg, calloc(1, relay_size(&cfg)));
	struct relay_port_cfg trunk = { .relay = FWD_BRIDGE, .kind = FWD_SBP, .carries = FWD_TAG_S };
	struct relay_port_cfg cap = { .relay = FWD_BRIDGE, .kind = FWD_SBP, .tag = FWD_TAG_S };
	uint16_t at = relay_port_add(r, &trunk);
	struct relay_result res;
	struct relay_copy copy;

	for (unsigned i = 1; i < CHANNELS; i++) {
		struct relay_admit a = { .vid = 10, .mac = net_mac(i) };
		uint16_t p = relay_port_add(r, &cap);

		relay_port_set_forwarding(r, p, true);
		cr_assert(relay_channel_set(r, at, 1 + i * 24, p));
		cr_assert(relay_admit(r, p, 1, &a, 1));
	}
	for (unsigned i = 1; i < CHANNELS; i++) {
		unsigned to = i % (CHANNELS - 1) + 1, svid = 1 + to * 24;

		net_make(&net, 10, true, to, i, 46);
		net_insert(&net, 12, S_TAG(1 + i * 24));
		relay_rx(r, at, span_of(net.frame, net.frame_len), net.now, &res);
		cr_assert(relay_next_copy(r, &res, &copy));
		cr_assert_eq(copy.lport, to);
		cr_assert_eq((unsigned)(copy.head[14] << 8 | copy.head[15]), svid);
		cr_assert_not(relay_next_copy(r, &res, &copy));
	}
	free(r);
}
