/* LLDP as the wire shows it: a whole port against worked frames (evb-reference 2, 10 LLDP-*). */
#include "port_rig.h"

TestSuite(port_lldp, .fini = rig_fini);

static struct lldp_agent *ncb(void)
{
	return (struct lldp_agent *)rig_port()->agent[0].lldp;
}

static unsigned count_to(uint8_t last_octet)
{
	unsigned n = 0;

	for (unsigned i = rig.seen; i < rig.n_sent; i++)
		n += type_of(&rig.sent[i]) == LLDP_ETHERTYPE && rig.sent[i].octets[5] == last_octet;
	return n;
}

/* A worked frame with other octets from `at` on. */
static void rx_changed(const uint8_t *frame, size_t at, const uint8_t *octets, size_t n)
{
	uint8_t f[120] = { 0 };

	memcpy(f, frame, FRAME_LEN);
	memcpy(f + at, octets, n);
	rig_rx(f, at + n > FRAME_LEN ? at + n : FRAME_LEN);
}

/* After a bad LLDPDU: counted, and what was known is still known. */
static void expect_discarded(unsigned n)
{
	cr_assert_eq(ncb()->counters.frames_discarded, n);
	cr_assert_eq(ncb()->counters.frames_in_errors, n);
	cr_assert_eq(lldp_agent_n_neighbours(ncb()), 1);
	cr_assert_eq(rig_port()->evb.oper.peer, EVB_PEER_OK);
	cr_assert(rig_port()->evb.oper.rr_active);
}

Test(port_lldp, LLDP_01_first_lldpdu_on_the_wire)
{
	rig_up(CONF_STATION);
	expect_lldp(frame_l1);
	cr_assert_leq(mono_since(at_ms(1000), rig.sent[0].at).ns, dur_s(1).ns);
	for (unsigned i = 0; i < rig.n_sent; i++)
		cr_assert_eq(type_of(&rig.sent[i]), LLDP_ETHERTYPE, "nothing but LLDP without a peer");
}

Test(port_lldp, LLDP_02_one_lldpdu_an_interval_per_agent)
{
	struct conf_port p = rig_conf(CONF_STATION);

	p.lldp_agents = CONF_AGENT_NCB | CONF_AGENT_NTPMR | CONF_AGENT_NB;
	rig_start(&p, true);
	rig_run(dur_s(10));
	rig.seen = rig.n_sent;
	rig_run(dur_s(300));
	cr_assert_eq(count_to(0x00), 10);
	cr_assert_eq(count_to(0x03), 10);
	cr_assert_eq(count_to(0x0e), 10);
	cr_assert_eq(rig.n_sent - rig.seen, 30);
}

Test(port_lldp, LLDP_03_a_new_neighbour_makes_four_fast_ones)
{
	rig_up(CONF_STATION);
	rig_run(dur_s(10));
	rig.seen = rig.n_sent;
	RX(frame_l2);
	rig_run(dur_s(8));
	cr_assert_eq(rig.n_sent - rig.seen, 4);
	for (unsigned i = rig.seen + 1; i < rig.n_sent; i++)
		cr_assert_eq(mono_since(rig.sent[i - 1].at, rig.sent[i].at).ns, dur_s(1).ns);
	rig.seen = rig.n_sent;
	rig_run(dur_s(60));
	cr_assert_eq(rig.n_sent - rig.seen, 2);
}

Test(port_lldp, LLDP_04_twenty_changes_in_a_second)
{
	struct conf_port p = rig_conf(CONF_STATION);

	rig_start(&p, true);
	rig_run(dur_s(10));
	rig.seen = rig.n_sent;
	for (unsigned i = 0; i < 20; i++) {
		p.evb.rka = (uint8_t)(10 + i % 2);
		node_port_conf(rig.node, 0, &p, rig.now);
		rig_run(dur_ms(49));
	}
	cr_assert_leq(rig.n_sent - rig.seen, 6); /* five, and one for the second that has gone */
	cr_assert_geq(rig.n_sent - rig.seen, 5);
	rig.seen = rig.n_sent;
	rig_run(dur_s(5));
	cr_assert_leq(rig.n_sent - rig.seen, 5);
}

Test(port_lldp, LLDP_05_shutdown_lldpdu_of_every_agent_then_silence)
{
	struct conf_port p = rig_conf(CONF_STATION);

	p.lldp_agents = CONF_AGENT_NCB | CONF_AGENT_NB;
	rig_start(&p, true);
	rig_run(dur_s(10));
	rig.seen = rig.n_sent;
	node_shutdown(rig.node, rig.now);
	cr_assert_eq(rig.n_sent - rig.seen, 2);
	for (unsigned i = rig.seen; i < rig.n_sent; i++) {
		struct rig_frame *f = &rig.sent[i];

		cr_assert_eq(f->octets[5], i == rig.seen ? 0x00 : 0x0e);
		f->octets[5] = 0;
		cr_assert_arr_eq(f->octets, frame_s1, 38);
		for (size_t k = 38; k < f->len; k++)
			cr_assert_eq(f->octets[k], 0);
	}
	rig.seen = rig.n_sent;
	RX(frame_l2);
	rig_run(dur_s(300));
	cr_assert_eq(rig.n_sent, rig.seen, "nothing is sent after the shutdown");
}

Test(port_lldp, LLDP_05_admin_off_and_on_again)
{
	struct conf_port p = rig_conf(CONF_STATION);

	rig_start(&p, true);
	rig_run(dur_s(10));
	rig.seen = rig.n_sent;
	p.lldp.admin = LLDP_DISABLED;
	node_port_conf(rig.node, 0, &p, rig.now);
	cr_assert_eq(rig.n_sent - rig.seen, 1);
	cr_assert_arr_eq(rig_next(LLDP_ETHERTYPE)->octets, frame_s1, 38);
	p.lldp.admin = LLDP_RX_TX;
	node_port_conf(rig.node, 0, &p, rig.now);
	rig_run(dur_ms(1999));
	cr_assert_eq(rig.n_sent, rig.seen, "reinitDelay has not gone");
	rig_run(dur_ms(1001));
	cr_assert_gt(rig.n_sent, rig.seen);
}

Test(port_lldp, LLDP_06_link_down_is_silent_and_neighbours_go)
{
	rig_negotiated(CONF_BRIDGE);
	rig_link(0, false);
	rig_run(dur_s(122));
	cr_assert_eq(rig.n_sent, rig.seen);
	cr_assert_eq(lldp_agent_n_neighbours(ncb()), 0);
	cr_assert_eq(rig_port()->evb.oper.peer, EVB_PEER_NONE);
}

Test(port_lldp, LLDP_07_shutdown_of_the_peer)
{
	rig_negotiated(CONF_BRIDGE);
	cr_assert(rig_port()->evb.oper.rr_active);
	RX(frame_s1);
	cr_assert_eq(lldp_agent_n_neighbours(ncb()), 0);
	cr_assert_not(rig_port()->evb.oper.rr_active);
	cr_assert_eq(rig_port()->evb.oper.peer, EVB_PEER_NONE);
}

Test(port_lldp, LLDP_08_silence_of_the_peer)
{
	rig_negotiated(CONF_BRIDGE);
	rig_run(dur_s(121 - 7));
	cr_assert(rig_port()->evb.oper.rr_active);
	rig_run(dur_s(2));
	cr_assert_eq(ncb()->counters.ageouts, 1);
	cr_assert_eq(lldp_agent_n_neighbours(ncb()), 0);
	cr_assert_not(rig_port()->evb.oper.rr_active);
	cr_assert_eq(rig_port()->evb.oper.peer, EVB_PEER_NONE);
}

Test(port_lldp, LLDP_09_wrong_order_changes_nothing)
{
	static const uint8_t bad[] = { 0x06, 2, 0, 0x79, 0x04, 5, 5, 'e', 't', 'h', '0' };

	rig_negotiated(CONF_BRIDGE);
	rx_changed(frame_l1, 23, bad, sizeof(bad)); /* chassis, TTL, port */
	expect_discarded(1);
}

Test(port_lldp, LLDP_10_second_chassis_id_changes_nothing)
{
	static const uint8_t bad[] = { 0x02, 7, 4, 0, 0, 0x5e, 0, 0x53, 0x01, 0, 0 };

	rig_negotiated(CONF_BRIDGE);
	rx_changed(frame_l1, 34, bad, sizeof(bad));
	expect_discarded(1);
}

Test(port_lldp, LLDP_11_chassis_ids_of_no_and_of_256_octets)
{
	uint8_t f[400] = { 0 };

	rig_negotiated(CONF_BRIDGE);
	memcpy(f, frame_l1, 14);
	f[14] = 0x02;
	f[15] = 1; /* a subtype and no id */
	f[16] = 7;
	memcpy(f + 17, frame_l1 + 23, 30);
	rig_rx(f, 60);
	expect_discarded(1);
	memset(f + 14, 0, sizeof(f) - 14);
	f[14] = 0x03;
	f[15] = 1; /* length 257 */
	f[16] = 7;
	memcpy(f + 16 + 257, frame_l1 + 23, 30);
	rig_rx(f, sizeof(f));
	expect_discarded(2);
}

Test(port_lldp, LLDP_12_a_tlv_longer_than_the_frame)
{
	rig_negotiated(CONF_BRIDGE);
	for (uint8_t len = 25; len < 255; len++) {
		const uint8_t bad[] = { 0xfe, len };

		rx_changed(frame_l1, 34, bad, sizeof(bad));
		expect_discarded(len - 24u);
	}
}

Test(port_lldp, LLDP_13_org_tlv_of_three_octets)
{
	uint8_t rest[40] = { 0xfe, 3, 0, 0x80, 0xc2 };

	rig_up(CONF_BRIDGE);
	memcpy(rest + 5, frame_l1 + 34, 13);
	rx_changed(frame_l1, 34, rest, sizeof(rest));
	cr_assert_eq(ncb()->counters.tlvs_discarded, 1);
	cr_assert_eq(rig_port()->evb.oper.peer, EVB_PEER_OK);
}

Test(port_lldp, LLDP_14_unknown_oui)
{
	uint8_t rest[40] = { 0xfe, 6, 0, 0x00, 0x5e, 1, 2, 3 };

	rig_up(CONF_BRIDGE);
	memcpy(rest + 8, frame_l1 + 34, 13);
	rx_changed(frame_l1, 34, rest, sizeof(rest));
	cr_assert_eq(ncb()->counters.tlvs_unrecognized, 1);
	cr_assert_eq(rig_port()->evb.oper.peer, EVB_PEER_OK);
}

Test(port_lldp, LLDP_15_octets_after_the_end)
{
	uint8_t rest[40];

	memset(rest, 0xff, sizeof(rest));
	rig_up(CONF_BRIDGE);
	rx_changed(frame_l1, 47, rest, sizeof(rest)); /* behind L1's End TLV */
	cr_assert_eq(ncb()->counters.frames_discarded, 0);
	cr_assert_eq(rig_port()->evb.oper.peer, EVB_PEER_OK);
}

Test(port_lldp, LLDP_16_agents_of_three_addresses)
{
	struct conf_port p = rig_conf(CONF_BRIDGE);
	uint8_t f[FRAME_LEN];

	p.lldp_agents = CONF_AGENT_NCB | CONF_AGENT_NB;
	rig_start(&p, true);
	memcpy(f, frame_l1, sizeof(f));
	f[5] = 0x0e;
	RX(f);
	cr_assert_eq(lldp_agent_n_neighbours(rig_port()->agent[2].lldp), 1);
	cr_assert_eq(lldp_agent_n_neighbours(ncb()), 0);
	cr_assert_eq(rig_port()->evb.oper.peer, EVB_PEER_NONE, "EVB is for nearest customer bridges");
	f[5] = 0x03;
	RX(f);
	cr_assert_eq(rig_port()->count.lldp_no_agent, 1);
	RX(frame_l1);
	cr_assert_eq(rig_port()->evb.oper.peer, EVB_PEER_OK);
	/* and our EVB TLV leaves to -00 only */
	rig_run(dur_s(5));
	for (unsigned i = 0; i < rig.n_sent; i++)
		cr_assert_eq(evb_of(&rig.sent[i]) != NULL, rig.sent[i].octets[5] == 0);
}

Test(port_lldp, LLDP_17_own_frames)
{
	uint8_t f[FRAME_LEN];

	rig_up(CONF_BRIDGE);
	memcpy(f, frame_l1, sizeof(f));
	memcpy(f + 6, bridge_mac.b, 6);
	RX(f);
	cr_assert_eq(lldp_agent_n_neighbours(ncb()), 0);
	cr_assert_eq(rig_port()->evb.oper.peer, EVB_PEER_NONE);
}

Test(port_lldp, LLDP_18_two_neighbours)
{
	uint8_t f[FRAME_LEN];
	unsigned told;

	rig_negotiated(CONF_BRIDGE);
	told = rig.events[NODE_EVENT_EVB];
	memcpy(f, frame_l1, sizeof(f));
	f[22] = f[11] = 0x77; /* another chassis */
	RX(f);
	cr_assert_eq(rig_port()->evb.oper.peer, EVB_PEER_MANY);
	cr_assert_not(rig_port()->evb.oper.rr_active);
	cr_assert_eq(rig.events[NODE_EVENT_EVB], told + 1);
	/* it leaves: the first is the peer again */
	f[32] = f[33] = 0; /* TTL */
	RX(f);
	cr_assert_eq(rig_port()->evb.oper.peer, EVB_PEER_OK);
	cr_assert(rig_port()->evb.oper.rr_active);
}

Test(port_lldp, LLDP_19_ttl_of_four_octets)
{
	uint8_t rest[30] = { 0x06, 4, 0, 0x79, 0xff, 0xff };

	rig_up(CONF_BRIDGE);
	memcpy(rest + 6, frame_l1 + 34, 13);
	rx_changed(frame_l1, 30, rest, sizeof(rest));
	cr_assert_eq(rig_port()->evb.oper.peer, EVB_PEER_OK);
	rig_run(dur_s(122));
	cr_assert_eq(ncb()->counters.ageouts, 1);
}

Test(port_lldp, LLDP_20_receive_only)
{
	struct conf_port p = rig_conf(CONF_BRIDGE);

	p.lldp.admin = LLDP_RX_ONLY;
	rig_start(&p, true);
	RX(frame_l1);
	rig_run(dur_s(100));
	cr_assert_eq(rig_count(LLDP_ETHERTYPE), 0);
	cr_assert_eq(lldp_agent_n_neighbours(ncb()), 1);
}
