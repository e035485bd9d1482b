/* EVB negotiation as the wire shows it, and what it does to the port (evb-reference 3, 1.3; 10 EVB-*, RR-14). */
#include "port_rig.h"

TestSuite(port_evb, .fini = rig_fini);

static const struct evb_oper *oper(void)
{
	return &rig_port()->evb.oper;
}

/* A worked LLDPDU whose EVB TLV octet `i` (0 BSTAT, 1 SSTAT, 2 R and RTE, 3 mode and RWD, 4 RKA) is another. */
static void rx_with(const uint8_t *worked, unsigned i, uint8_t value)
{
	uint8_t f[FRAME_LEN];
	size_t ids = worked[11] == 1 ? 34 : 33;

	memcpy(f, worked, sizeof(f));
	f[ids + 6 + i] = value;
	RX(f);
}

/* Octet of the EVB TLV in the newest LLDPDU, sent within a second. */
static uint8_t sent_octet(unsigned i)
{
	unsigned k;

	rig_run(dur_ms(1000));
	for (k = rig.n_sent; k > rig.seen && type_of(&rig.sent[k - 1]) != LLDP_ETHERTYPE; k--)
		;
	cr_assert_gt(k, rig.seen, "no LLDPDU within 1 s");
	return evb_of(&rig.sent[k - 1])[6 + i];
}

static bool reflects(void)
{
	static const uint8_t broadcast[60] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0x5e, 0, 0x53, 0x10,
		0x81, 0, 0, 100, 0x88, 0xb5 };
	unsigned before = rig.n_sent;

	RX(broadcast);
	return rig.n_sent > before;
}

Test(port_evb, EVB_01_station_sends_l1)
{
	rig_up(CONF_STATION);
	expect_lldp(frame_l1);
}

Test(port_evb, EVB_02_bridge_sends_l2)
{
	rig_up(CONF_BRIDGE);
	expect_lldp(frame_l2);
}

Test(port_evb, EVB_03_bridge_answers_l1_with_l3_and_reflects)
{
	rig_up(CONF_BRIDGE);
	rig_run(dur_s(5));
	rig.seen = rig.n_sent;
	RX(frame_l1);
	cr_assert(oper()->rr_active);
	expect_lldp(frame_l3);
	RX(frame_e1); /* an associated VSI's frames come back */
	cr_assert(reflects());
}

Test(port_evb, EVB_04_station_answers_l3_with_l4)
{
	rig_up(CONF_STATION);
	rig_run(dur_s(5));
	rig.seen = rig.n_sent;
	RX(frame_l3);
	expect_lldp(frame_l4);
	cr_assert_eq(oper()->retries, 3);
	cr_assert_eq(oper()->rte, 16);
	cr_assert_eq(oper()->rwd, 20);
	cr_assert_eq(oper()->rka, 21);
	cr_assert(oper()->rr_active);
}

Test(port_evb, EVB_05_bridge_without_rrcap)
{
	struct conf_port p = rig_conf(CONF_BRIDGE);

	p.evb.reflective_relay = false;
	rig_start(&p, true);
	RX(frame_l1);
	cr_assert_eq(sent_octet(0), 0x00);
	cr_assert_not(oper()->rr_active);
	RX(frame_e1);
	cr_assert_not(reflects());
}

Test(port_evb, EVB_05_station_that_is_not_granted)
{
	rig_up(CONF_STATION);
	rx_with(frame_l3, 0, 0x00);
	cr_assert_eq(sent_octet(1), 0x04); /* RRREQ, RRSTAT 0 */
	cr_assert_not(oper()->rr_active);
}

Test(port_evb, EVB_06_station_withdraws)
{
	rig_negotiated(CONF_BRIDGE);
	RX(frame_e1);
	cr_assert(reflects());
	rx_with(frame_l4, 1, 0x01);
	cr_assert_not(reflects());
	cr_assert_eq(sent_octet(0), 0x02);
}

Test(port_evb, EVB_07_bridge_withdraws)
{
	struct conf_port p = rig_conf(CONF_BRIDGE);

	rig_negotiated(CONF_BRIDGE);
	RX(frame_e1);
	cr_assert(reflects());
	p.evb.reflective_relay = false;
	node_port_conf(rig.node, 0, &p, rig.now);
	cr_assert_not(reflects());
	cr_assert_eq(sent_octet(0), 0x00);
}

static uint64_t ack_timer_ns(void)
{
	struct vdp_request rq = rig_request();
	const struct rig_frame *first, *second;

	rig_ask_for(&rq);
	rig_run(dur_s(2));
	first = rig_next(ECP_ETHERTYPE);
	second = rig_next(ECP_ETHERTYPE);
	cr_assert(first && second);
	return mono_since(first->at, second->at).ns;
}

Test(port_evb, EVB_08_ack_timer_of_the_larger_exponent)
{
	rig_negotiated(CONF_STATION); /* 14 here, 16 there */
	cr_assert_eq(ack_timer_ns(), 655360000);
}

Test(port_evb, EVB_08_running_timers_stay)
{
	struct vdp_request rq = rig_request();
	const struct rig_frame *f;
	struct mono at;

	rig_up(CONF_STATION);
	rx_with(frame_l3, 2, 0x6e); /* RTE 14 */
	rig_ask_for(&rq);
	at = rig.now;
	RX(frame_l3); /* RTE 16 */
	cr_assert_eq(oper()->rte, 16);
	rig_run(dur_s(1));
	(void)rig_next(ECP_ETHERTYPE);
	f = rig_next(ECP_ETHERTYPE);
	cr_assert_eq(mono_since(at, f->at).ns, 163840000);
}

Test(port_evb, EVB_09_eight_transmissions)
{
	struct vdp_request rq = rig_request();

	rig_up(CONF_STATION);
	rx_with(frame_l3, 2, 0xee); /* R 7, RTE 14 */
	rig_ask_for(&rq);
	rig_run(dur_ms(8 * 164 - 10)); /* before the request is given up and asked again */
	cr_assert_eq(rig_count(ECP_ETHERTYPE), 8);
}

Test(port_evb, EVB_10_EVB_11_remote_rwd_wins_then_is_an_echo)
{
	rig_up(CONF_BRIDGE);
	rx_with(frame_l1, 3, 0x95); /* RWD 21, ROL 0 */
	cr_assert_eq(oper()->rwd, 21);
	cr_assert_eq(sent_octet(3), 0x40 | 0x20 | 21);
	rx_with(frame_l1, 3, 0xb5); /* RWD 21, ROL 1: our old value come back */
	cr_assert_eq(oper()->rwd, 20);
	cr_assert_eq(sent_octet(3), 0x40 | 20);
}

Test(port_evb, EVB_12_smaller_remote_rka)
{
	struct conf_port p = rig_conf(CONF_BRIDGE);

	p.evb.rka = 20;
	rig_start(&p, true);
	rx_with(frame_l1, 4, 18);
	cr_assert_eq(oper()->rka, 20);
	cr_assert_eq(sent_octet(4), 20);
}

static void answer_to_e8(bool gid_here, uint8_t sstat, uint8_t status)
{
	struct conf_port p = rig_conf(CONF_BRIDGE);
	const struct rig_frame *f;

	p.evb.group_ids = gid_here;
	rig_start(&p, true);
	rx_with(frame_l1, 1, sstat);
	RX(frame_e8);
	expect_ack(3);
	f = rig_next(ECP_ETHERTYPE);
	cr_assert_not_null(f);
	cr_assert_eq(f->octets[38] & ~VDP_STATUS_HARD, status, "status %02x", f->octets[38]);
}

Test(port_evb, EVB_13_group_ids_of_one_side_only)
{
	answer_to_e8(true, 0x07, 0x45);
	rig_fini();
	answer_to_e8(false, 0x0f, 0x45);
}

Test(port_evb, EVB_14_group_ids_of_both)
{
	answer_to_e8(true, 0x0f, 0x40);
}

Test(port_evb, EVB_15_short_tlv_is_as_if_absent)
{
	uint8_t f[FRAME_LEN];

	rig_up(CONF_BRIDGE);
	memcpy(f, frame_l1, sizeof(f));
	f[35] = 8;
	f[44] = 0; /* the rest: End */
	RX(f);
	cr_assert_eq(oper()->peer, EVB_PEER_NONE);
	cr_assert_eq(rig_port()->agent[0].lldp->counters.tlvs_discarded, 1);
}

static void long_tlv(unsigned len)
{
	uint8_t f[700] = { 0 };

	rig_up(CONF_BRIDGE);
	memcpy(f, frame_l1, 45);
	f[34] = (uint8_t)(0xfe | len >> 8);
	f[35] = (uint8_t)len;
	memset(f + 45, 0xff, len - 9);
	rig_rx(f, 36 + len + 2);
	cr_assert_eq(oper()->peer, EVB_PEER_OK);
	cr_assert_eq(oper()->rte, 16);
	cr_assert(oper()->rr_active);
}

Test(port_evb, EVB_16_EVB_17_longer_tlvs)
{
	long_tlv(12);
	rig_fini();
	long_tlv(511);
}

Test(port_evb, EVB_18_two_tlvs)
{
	uint8_t f[FRAME_LEN + 11] = { 0 };

	rig_up(CONF_BRIDGE);
	memcpy(f, frame_l1, 45);
	memcpy(f + 45, frame_l1 + 34, 11);
	f[45 + 9] = 0x14; /* the second has no mode */
	RX(f);
	cr_assert_eq(oper()->peer, EVB_PEER_OK);
	cr_assert_eq(rig_port()->agent[0].lldp->counters.tlvs_discarded, 1);
}

Test(port_evb, EVB_19_EVB_20_other_modes_stop_vdp)
{
	static const struct {
		uint8_t octet;
		enum evb_peer peer;
	} rows[] = { { 0x14, EVB_PEER_NOT_EVB }, { 0xd4, EVB_PEER_NOT_EVB },
		{ 0x94, EVB_PEER_ROLE_CONFLICT } };
	struct vdp_request rq = rig_request();

	for (unsigned i = 0; i < 3; i++) {
		unsigned told;

		rig_up(CONF_STATION);
		told = rig.events[NODE_EVENT_EVB];
		rx_with(frame_l3, 3, rows[i].octet);
		cr_assert_eq(oper()->peer, rows[i].peer);
		cr_assert_not(oper()->rr_active);
		rig_ask_for(&rq);
		rig_run(dur_s(20));
		rx_with(frame_l3, 3, rows[i].octet);
		expect_no_ecp();
		cr_assert_eq(rig.events[NODE_EVENT_EVB], told + 1, "one line");
		if (i < 2)
			rig_fini();
	}
}

static void same_answer(
	enum conf_role role, const uint8_t *worked, unsigned i, uint8_t value, const uint8_t *answer)
{
	rig_up(role);
	rig_run(dur_s(5));
	rig.seen = rig.n_sent;
	rx_with(worked, i, value);
	expect_lldp(answer);
}

Test(port_evb, EVB_21_reserved_bits)
{
	same_answer(CONF_BRIDGE, frame_l1, 1, 0xf7, frame_l3);
	rig_fini();
	same_answer(CONF_STATION, frame_l3, 0, 0xfb, frame_l4);
	rig_fini();
	same_answer(CONF_STATION, frame_l3, 4, 0xd5, frame_l4);
}

Test(port_evb, EVB_22_reserved_rrstat)
{
	rig_up(CONF_BRIDGE);
	rx_with(frame_l1, 1, 0x06);
	cr_assert_eq(oper()->rrstat, EVB_RRSTAT_UNKNOWN);
	cr_assert(oper()->rr_active);
}

Test(port_evb, EVB_23_tlv_vanishes)
{
	uint8_t f[FRAME_LEN];

	rig_negotiated(CONF_BRIDGE);
	RX(frame_e1);
	expect_ack(1);
	EXPECT(frame_e3);
	memcpy(f, frame_l4, sizeof(f));
	memset(f + 34, 0, 11);
	RX(f);
	cr_assert_eq(oper()->peer, EVB_PEER_NONE);
	cr_assert_eq(oper()->rte, 16);
	cr_assert_not(reflects());
	cr_assert_eq(rig_state(0), VDP_STATE_ASSOC, "until its keep-alive fails");
	rig_run(dur_s(40));
	cr_assert_null(rig_vsi(0));
}

Test(port_evb, EVB_24_manual_mode_hears_no_values)
{
	struct conf_port p = rig_conf(CONF_STATION);

	p.evb.is_manual = true;
	p.evb.rte = 10;
	rig_start(&p, true);
	RX(frame_l3);
	cr_assert_eq(oper()->rte, 10);
	cr_assert_eq(oper()->rka, 20);
	cr_assert_eq(ack_timer_ns(), 10240000);
}

Test(port_evb, EVB_25_disabled)
{
	struct conf_port p = rig_conf(CONF_BRIDGE);

	p.evb.is_enabled = false;
	rig_start(&p, true);
	RX(frame_l1);
	RX(frame_e1);
	rig_run(dur_s(5));
	for (unsigned i = 0; i < rig.n_sent; i++)
		cr_assert_null(evb_of(&rig.sent[i]));
	cr_assert_eq(oper()->peer, EVB_PEER_NONE);
	expect_no_ecp();
	cr_assert_eq(rig_port()->count.ecp_not_ready, 1);
}

Test(port_evb, EVB_26_zero_exponents_do_not_spin)
{
	struct conf_port p = rig_conf(CONF_STATION);
	struct vdp_request rq = rig_request();
	unsigned n;

	p.evb.retries = p.evb.rte = p.evb.rwd = p.evb.rka = 0;
	rig_start(&p, true);
	rx_with(frame_l3, 2, 0);
	rx_with(frame_l3, 3, 0x40);
	rx_with(frame_l3, 4, 0);
	rig.seen = rig.n_sent;
	rig_ask_for(&rq);
	rig_run(dur_ms(100));
	n = rig_count(ECP_ETHERTYPE);
	cr_assert_leq(n, 101);
	cr_assert_geq(n, 1);
}

Test(port_evb, RR_14_a_bpdu_turns_reflection_off)
{
	static const uint8_t bpdu[60] = { 0x01, 0x80, 0xc2, 0, 0, 0, 0, 0, 0x5e, 0, 0x53, 0x01, 0, 38, 0x42,
		0x42, 0x03 };
	unsigned told;

	rig_negotiated(CONF_BRIDGE);
	RX(frame_e1);
	cr_assert(reflects());
	told = rig.events[NODE_EVENT_GUARD];
	RX(bpdu);
	cr_assert_not(reflects());
	cr_assert_not(oper()->rr_active);
	cr_assert_eq(sent_octet(0), 0x02); /* RRCAP, not RRCTR */
	cr_assert_eq(rig.events[NODE_EVENT_GUARD], told + 1);
	RX(bpdu);
	RX(frame_l1); /* the same neighbour still asks: not again */
	cr_assert_not(reflects());
	cr_assert_eq(rig.events[NODE_EVENT_GUARD], told + 1, "said once");
	/* another neighbour, or the same after it was lost, may have it */
	RX(frame_s1);
	RX(frame_l1);
	cr_assert(oper()->rr_active);
}
