/* ECP as the wire shows it: octets, destination, padding, times (evb-reference 5; 10 ECP-*). */
#include "port_rig.h"

TestSuite(port_ecp, .fini = rig_fini);

static const struct dur ack_time = { 655360000 }; /* RTE 16, as L1..L4 negotiate */

/* A station that has sent its Associate; the frame. */
static const struct rig_frame *asked(void)
{
	struct vdp_request rq = rig_request();
	const struct rig_frame *f;

	rig_negotiated(CONF_STATION);
	rig_ask_for(&rq);
	f = rig_next(ECP_ETHERTYPE);
	cr_assert_not_null(f);
	return f;
}

static void rx_word(uint16_t word, size_t len)
{
	uint8_t f[sizeof(frame_e1)];

	memcpy(f, frame_e1, sizeof(f));
	f[14] = (uint8_t)(word >> 8);
	f[15] = (uint8_t)word;
	memcpy(f + 6, rig_port()->kind == NODE_STATION ? bridge_mac.b : station_mac.b, 6);
	rig_rx(f, len);
}

static uint64_t requests_in(void)
{
	return vdp_table_counters(rig_port()->vdp)->requests_in;
}

/* A request that names another VSI, so that each delivery is seen. */
static void rx_other(uint16_t seq, uint8_t vsi)
{
	uint8_t f[sizeof(frame_e1)];

	memcpy(f, frame_e1, sizeof(f));
	f[59] = vsi;
	rx_seq(f, sizeof(f), seq);
}

Test(port_ecp, ECP_01_request_on_the_wire)
{
	const struct rig_frame *f = asked();
	static const uint8_t head[] = { 0x01, 0x80, 0xc2, 0, 0, 0, 0, 0, 0x5e, 0, 0x53, 0x01, 0x89, 0x40,
		0x10, 0x01 };

	cr_assert_arr_eq(f->octets, head, sizeof(head));
	cr_assert_neq(seq_of(f), 0, "the first number is random but not zero");
}

Test(port_ecp, ECP_02_request_is_acknowledged_within_10_ms)
{
	rig_negotiated(CONF_BRIDGE);
	rx_seq(frame_e1, sizeof(frame_e1), 0xabcd);
	expect_ack(0xabcd); /* E2: DA -00, 0x1401, no payload, padded */
	rig_fini();
	rig_negotiated(CONF_STATION); /* a station too, here of the bridge's De-Associate */
	rx_seq(frame_e10, sizeof(frame_e10), 5);
	expect_ack(5);
	expect_no_ecp();
}

Test(port_ecp, ECP_03_repetition_is_acknowledged_only)
{
	rig_negotiated(CONF_BRIDGE);
	RX(frame_e1);
	expect_ack(1);
	EXPECT(frame_e3);
	RX(frame_e1);
	expect_ack(1);
	expect_no_ecp();
	cr_assert_eq(requests_in(), 1);
}

Test(port_ecp, ECP_04_every_other_number_is_new)
{
	static const uint16_t seq[] = { 100, 101, 106, 103, 102 };

	rig_negotiated(CONF_BRIDGE);
	for (uint8_t i = 0; i < 5; i++) {
		rx_other(seq[i], i);
		expect_ack(seq[i]);
		ack(rig_next(ECP_ETHERTYPE));
		cr_assert_eq(requests_in(), i + 1u);
	}
}

Test(port_ecp, ECP_05_any_first_number)
{
	static const uint16_t seq[] = { 0, 1, 65535 };

	for (unsigned i = 0; i < 3; i++) {
		rig_negotiated(CONF_BRIDGE);
		rx_seq(frame_e1, sizeof(frame_e1), seq[i]);
		expect_ack(seq[i]);
		EXPECT(frame_e3);
		if (i < 2)
			rig_fini();
	}
}

Test(port_ecp, ECP_06_four_transmissions_and_a_failure)
{
	struct conf_port p = rig_conf(CONF_STATION);
	struct vdp_request rq = rig_request();
	uint8_t l3[FRAME_LEN];
	struct mono at;

	memcpy(l3, frame_l3, sizeof(l3));
	l3[33 + 8] = 0x6e; /* RTE 14 */
	rig_start(&p, true);
	RX(l3);
	rig_run(dur_s(6));
	rig.seen = rig.n_sent;
	rig_ask_for(&rq);
	at = rig.now;
	rig_run(dur_us(655359));
	cr_assert_eq(rig_count(ECP_ETHERTYPE), 4);
	cr_assert_eq(rig_port()->ecp_tx.n.failures, 0);
	for (unsigned i = 0, k = rig.seen; i < 4; k++) {
		if (type_of(&rig.sent[k]) != ECP_ETHERTYPE)
			continue;
		cr_assert_eq(mono_since(at, rig.sent[k].at).ns, i++ * 163840000u);
		cr_assert_eq(rig.sent[k].len, sizeof(frame_e1) + 2);
		cr_assert_arr_eq(rig.sent[k].octets, rig.sent[rig.seen].octets, sizeof(frame_e1));
	}
	rig_run(dur_us(1));
	cr_assert_eq(rig_port()->ecp_tx.n.failures, 1);
	cr_assert_eq(rig.events[NODE_EVENT_ECP], 1);
}

Test(port_ecp, ECP_07_next_one_leaves_with_the_ack)
{
	const struct rig_frame *f;
	struct vdp_request rq = rig_request();

	(void)asked();
	rig_run(ack_time);
	f = rig_next(ECP_ETHERTYPE);
	cr_assert_not_null(f, "the second transmission");
	rq.subject.vsi.id[15] = 1;
	rig_ask_for(&rq);
	expect_no_ecp();
	rig_run(dur_ms(3));
	ack(f);
	f = rig_next(ECP_ETHERTYPE);
	cr_assert_not_null(f);
	cr_assert_eq(mono_since(f->at, rig.now).ns, 0);
	cr_assert_eq(f->octets[59], 1);
}

Test(port_ecp, ECP_08_ack_of_another_number)
{
	struct rig_frame f = *asked();

	set_seq(f.octets, (uint16_t)(seq_of(&f) + 1));
	ack(&f);
	cr_assert_not(ecp_tx_is_idle(&rig_port()->ecp_tx));
	rig_run(ack_time);
	cr_assert_eq(rig_count(ECP_ETHERTYPE), 1, "repeated");
}

Test(port_ecp, ECP_09_ack_while_idle)
{
	rig_negotiated(CONF_STATION);
	RX(frame_e2);
	cr_assert_eq(rig_port()->ecp_tx.n.stray_acks, 1);
	rig_run(dur_s(5));
	expect_no_ecp();
}

Test(port_ecp, ECP_10_second_request_waits)
{
	struct vdp_request rq = rig_request();
	const struct rig_frame *f = asked();
	uint16_t seq = seq_of(f);

	rq.subject.vsi.id[15] = 1;
	rig_ask_for(&rq);
	expect_no_ecp();
	rig_run(dur_ms(600));
	expect_no_ecp();
	ack(f);
	f = rig_next(ECP_ETHERTYPE);
	cr_assert_not_null(f);
	cr_assert_eq(seq_of(f), (uint16_t)(seq + 1));
	rig_fini();
	/* and after the failure of the first */
	f = asked();
	rig_run(dur_ns(4 * ack_time.ns));
	while (rig_next(ECP_ETHERTYPE))
		f = &rig.sent[rig.seen - 1];
	cr_assert_neq(seq_of(f), seq, "under a new number");
}

Test(port_ecp, ECP_11_numbers_wrap)
{
	struct vdp_request rq = rig_request();
	const struct rig_frame *f = asked();
	uint16_t last;

	ack(f);
	((struct ecp_tx *)&rig_port()->ecp_tx)->seq = 65534;
	for (uint8_t i = 1; i <= 3; i++) {
		rq.subject.vsi.id[15] = i;
		rig_ask_for(&rq);
		f = rig_next(ECP_ETHERTYPE);
		cr_assert_not_null(f);
		last = seq_of(f);
		cr_assert(i == 1 ? last == 65535 : last == i - 2 || last == i - 1);
		ack(f);
	}
	rig_fini();
	rig_negotiated(CONF_BRIDGE);
	for (unsigned i = 0; i < 3; i++) { /* a peer may go to 0 or 1 */
		static const uint16_t seq[] = { 65535, 0, 1 };

		rx_other(seq[i], (uint8_t)i);
		expect_ack(seq[i]);
		ack(rig_next(ECP_ETHERTYPE));
	}
	cr_assert_eq(requests_in(), 3);
}

Test(port_ecp, ECP_12_ECP_13_ECP_14_what_is_not_acknowledged)
{
	static const uint16_t words[] = { 0x0001, 0x2001, 0xf001, 0x1801, 0x1c01, 0x1000, 0x1002, 0x1003,
		0x13ff };
	static const enum conf_role roles[] = { CONF_STATION, CONF_BRIDGE };

	for (unsigned r = 0; r < 2; r++) {
		rig_negotiated(roles[r]);
		for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
			rx_word(words[i], sizeof(frame_e1));
			cr_assert_eq(rig_count(ECP_ETHERTYPE), 0, "%04x", words[i]);
		}
		cr_assert_eq(rig_port()->ecp_rx.count.bad_version, 3);
		cr_assert_eq(rig_port()->ecp_rx.count.bad_op, 2);
		cr_assert_eq(rig_port()->ecp_rx.count.bad_subtype, 4);
		cr_assert_eq(vdp_table_count(rig_port()->vdp), 0);
		if (r == 0)
			rig_fini();
	}
}

Test(port_ecp, ECP_15_seventeen_octets)
{
	rig_negotiated(CONF_BRIDGE);
	for (size_t len = 14; len < 18; len++)
		rig_rx(frame_e1, len);
	expect_no_ecp();
	cr_assert_eq(rig_port()->ecp_rx.count.too_short, 4);
	rig_rx(frame_e1, 18); /* a whole header and no payload: VDP's to refuse */
	expect_ack(1);
	expect_no_ecp();
	cr_assert_eq(vdp_table_counters(rig_port()->vdp)->rx_no_manager, 1);
}

Test(port_ecp, ECP_16_other_group_addresses)
{
	uint8_t f[sizeof(frame_e1)];

	rig_negotiated(CONF_BRIDGE);
	memcpy(f, frame_e1, sizeof(f));
	for (unsigned last = 1; last < 16; last++) {
		f[5] = (uint8_t)last;
		RX(f);
	}
	expect_no_ecp();
	cr_assert_eq(rig_port()->count.ecp_bad_da, 15);
	cr_assert_eq(requests_in(), 0);
	/* a group address that is nobody's is no control frame at all, and is not answered either */
	f[3] = 0x77;
	RX(f);
	expect_no_ecp();
	/* our own address: accepted (5.5) */
	memcpy(f, bridge_mac.b, 6);
	RX(f);
	expect_ack(1);
}

Test(port_ecp, ECP_17_longest_payload)
{
	static uint8_t f[1600];

	rig_negotiated(CONF_BRIDGE);
	memcpy(f, frame_e1, sizeof(frame_e1)); /* the rest is padding */
	rig_rx(f, 18 + 1494);
	expect_ack(1);
	EXPECT(frame_e3);
	set_seq(f, 2);
	rig_rx(f, 18 + 1496);
	expect_ack(2);
	ack(rig_next(ECP_ETHERTYPE));
	set_seq(f, 3);
	rig_rx(f, 18 + 1497);
	expect_no_ecp();
	cr_assert_eq(rig_port()->ecp_rx.count.too_long, 1);
}

Test(port_ecp, ECP_17_too_long_is_refused_here)
{
	static struct vdp_filter filters[VDP_FILTERS_MAX];
	struct vdp_request rq = rig_request();

	rig_negotiated(CONF_STATION);
	for (unsigned i = 0; i < 61; i++)
		filters[i] = (struct vdp_filter){ .mac = { { 2, 0, 0, 0, 0, (uint8_t)i } }, .vid = 1 };
	rq.filters = filters;
	rq.n_filters = 60; /* what one TLV can hold */
	cr_assert_eq(node_vsi_request(rig.node, 0, &rq, NODE_NO_PORT, rig.now), VDP_SUBMIT_OK);
	rq.n_filters = 61;
	cr_assert_eq(node_vsi_request(rig.node, 0, &rq, NODE_NO_PORT, rig.now), VDP_SUBMIT_TOO_LONG);
}

Test(port_ecp, ECP_17_no_frame_is_longer_than_the_mtu_allows)
{
	struct vdp_request rq = rig_request();
	size_t longest = 0;

	rig_negotiated(CONF_STATION);
	for (unsigned i = 0; i < 200; i++) {
		rq.subject.vsi.id[14] = (uint8_t)(1 + i);
		cr_assert_eq(node_vsi_request(rig.node, 0, &rq, NODE_NO_PORT, rig.now), VDP_SUBMIT_OK);
	}
	node_kick(rig.node, 0, rig.now);
	for (const struct rig_frame *f; (f = rig_next(ECP_ETHERTYPE));) {
		longest = f->len > longest ? f->len : longest;
		ack(f);
	}
	cr_assert_leq(longest, 18 + 1494);
	cr_assert_gt(longest, 1400, "packed");
}

/* A De-Associate of an unknown VSI, its number in the VSIID: answered without a record. */
static void rx_deassoc(uint16_t seq)
{
	uint8_t f[sizeof(frame_e10)];

	memcpy(f, frame_e10, sizeof(f));
	memcpy(f + 6, station_mac.b, 6);
	f[58] = (uint8_t)(seq >> 8);
	f[59] = (uint8_t)seq;
	rx_seq(f, sizeof(f), seq);
}

Test(port_ecp, ECP_18_no_room_no_ack)
{
	const struct ecp_rx *rx;
	static struct rig_frame first;
	uint16_t seq = 1;

	rig_negotiated(CONF_BRIDGE);
	rx = &rig_port()->ecp_rx;
	rx_deassoc(seq);
	expect_ack(seq);
	first = *rig_next(ECP_ETHERTYPE);
	/* the answer is not acknowledged, so answers gather until a request has to wait; then the queue fills */
	while (rx->count.queue_full == 0) {
		rig.n_sent = rig.seen = 0;
		rx_deassoc(++seq);
		cr_assert_lt(seq, 10000);
	}
	expect_no_ecp();
	cr_assert_geq(ecp_rx_queued(rx), 64);
	cr_assert_eq(rx->last_seq, seq - 1);
	ack(&first); /* the next payload of answers leaves, which makes room */
	rig.seen = rig.n_sent;
	rx_deassoc(seq);
	expect_ack(seq);
}

Test(port_ecp, ECP_19_link_down_and_up)
{
	struct vdp_request rq = rig_request();

	rig_negotiated(CONF_BRIDGE);
	RX(frame_e1);
	expect_ack(1);
	cr_assert_not(ecp_tx_is_idle(&rig_port()->ecp_tx));
	rig_link(0, false);
	cr_assert(ecp_tx_is_idle(&rig_port()->ecp_tx), "flushed");
	rig.seen = rig.n_sent;
	rig_run(dur_s(5));
	cr_assert_eq(rig.n_sent, rig.seen, "nothing leaves a port that is down");
	rig_link(0, true);
	RX(frame_l1);
	RX(frame_e1); /* the same number, and yet a first one */
	expect_ack(1);
	EXPECT(frame_e3);
	rig_fini();
	rig_negotiated(CONF_STATION);
	rig_ask_for(&rq);
	rig_link(0, false);
	rig.seen = rig.n_sent;
	rig_run(dur_s(5));
	cr_assert_eq(rig.n_sent, rig.seen);
}

Test(port_ecp, ECP_20_two_acks_of_two_transmissions)
{
	struct rig_frame f = *asked();

	rig_run(dur_ms(700));
	cr_assert_eq(rig_count(ECP_ETHERTYPE), 1);
	ack(&f);
	cr_assert(ecp_tx_is_idle(&rig_port()->ecp_tx));
	ack(&f);
	cr_assert_eq(rig_port()->ecp_tx.n.stray_acks, 1);
	cr_assert_eq(rig_port()->ecp_tx.n.failures, 0);
	(void)rig_next(ECP_ETHERTYPE);
	rig_run(dur_s(3));
	expect_no_ecp();
}

Test(port_ecp, ECP_21_both_ask_with_the_same_number)
{
	struct rig_frame f = *asked();

	rx_seq(frame_e10, sizeof(frame_e10), seq_of(&f)); /* the bridge's own request */
	expect_ack(seq_of(&f));
	cr_assert_not(ecp_tx_is_idle(&rig_port()->ecp_tx), "that was no ack");
	ack(&f);
	cr_assert(ecp_tx_is_idle(&rig_port()->ecp_tx));
}

Test(port_ecp, ECP_22_restarted_peer_with_the_last_number)
{
	uint8_t f[sizeof(frame_e1)];

	rig_negotiated(CONF_BRIDGE);
	rx_seq(frame_e1, sizeof(frame_e1), 77);
	expect_ack(77);
	EXPECT(frame_e3);
	/* restarted: another request under the same number is taken for a repetition ... */
	memcpy(f, frame_e1, sizeof(f));
	f[59] = 0x42;
	rx_seq(f, sizeof(f), 77);
	expect_ack(77);
	expect_no_ecp();
	/* ... and heard when VDP asks again, under a new one */
	rx_seq(f, sizeof(f), 78);
	expect_ack(78);
	cr_assert_not_null(rig_next(ECP_ETHERTYPE));
	cr_assert_eq(vdp_table_count(rig_port()->vdp), 2);
}

Test(port_ecp, ECP_22_first_numbers_are_random)
{
	unsigned long seen = 0;
	static const struct node_io io = {
		.send = rig_send, .event = rig_event, .rearm = rig_rearm, .vtdb = { NULL, rig_ask }
	};

	rig_up(CONF_STATION);
	for (uint64_t seed = 1; seed < 50; seed++) {
		struct conf_port p = rig_conf(CONF_STATION);
		struct node *n = node_new(&rig.conf, &io, seed, rig.now);
		uint16_t seq;

		cr_assert_eq(node_port_add(n, &p, rig.now), 0);
		seq = node_port(n, 0)->ecp_tx.seq;
		seen |= 1ul << seq % 61;
		node_free(n);
	}
	cr_assert_gt(__builtin_popcountl(seen), 20);
}
