/* The station's VDP as the wire shows it: a whole port with E1..E10 (evb-reference 6.7; 10 VDPS-*, MGMT-*). */
#include "port_rig.h"

TestSuite(port_station, .fini = rig_fini);

Test(port_station, VDPS_01_VDPS_02_traffic_opens_with_e3)
{
	static const uint8_t up[60] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0x5e, 0, 0x53, 0x10, 0x88,
		0xb5 };
	struct vdp_request rq = rig_request();
	uint16_t vm;
	unsigned told;

	rig_negotiated(CONF_STATION);
	vm = node_vm_port_add(rig.node, "vnet1", 0, rig.now);
	rig_link(vm, true);
	cr_assert_eq(node_vsi_request(rig.node, 0, &rq, vm, rig.now), VDP_SUBMIT_OK);
	node_kick(rig.node, 0, rig.now);
	EXPECT(frame_e1);
	rig.seen = rig.n_sent;
	node_rx(rig.node, vm, span_of(up, sizeof(up)), rig.now);
	cr_assert_eq(rig.n_sent, rig.seen, "blocked");
	told = rig.events[NODE_EVENT_VSI];
	RX(frame_e3);
	expect_ack(1);
	cr_assert_gt(rig.events[NODE_EVENT_VSI], told);
	node_rx(rig.node, vm, span_of(up, sizeof(up)), rig.now);
	cr_assert_eq(rig.n_sent, rig.seen + 1);
	cr_assert_eq(rig.sent[rig.seen].octets[15], 100, "in its VLAN");
}

Test(port_station, VDPS_03_keep_alive_is_the_same_tlv)
{
	station_with_e1();
	rig_run(dur_us(20971520)); /* RKA 21 */
	EXPECT(frame_e1);
}

Test(port_station, VDPS_04_VDPS_05_no_answer)
{
	/* 1.5 * (7 * 655.36 ms + 10.48576 s) */
	const struct dur wait = { 22609920000 };
	struct vdp_request rq = rig_request();
	unsigned numbers = 0;
	uint16_t last = 0;

	station_asks();
	rig_run(dur_ns(wait.ns - 1));
	expect_no_ecp();
	cr_assert_eq(rig_vsi(0)->show, VDP_SHOW_PENDING);
	rig_run(dur_ns(1));
	cr_assert_eq(rig_vsi(0)->show, VDP_SHOW_TIMED_OUT);
	rig_fini();
	/* not even acknowledged: again and again under new numbers, until the same moment */
	rig_negotiated(CONF_STATION);
	rig_ask_for(&rq);
	rig_run(dur_ns(wait.ns - 1));
	for (const struct rig_frame *f; (f = rig_next(ECP_ETHERTYPE)); last = seq_of(f))
		numbers += seq_of(f) != last;
	cr_assert_geq(numbers, 8);
	cr_assert_eq(rig_vsi(0)->show, VDP_SHOW_PENDING);
	rig_run(dur_ns(1));
	cr_assert_eq(rig_vsi(0)->show, VDP_SHOW_TIMED_OUT);
}

Test(port_station, VDPS_06_e4_is_final)
{
	station_asks();
	RX(frame_e4);
	expect_ack(2);
	cr_assert_null(rig_vsi(0));
	rig_run(dur_s(3600));
	expect_no_ecp();
}

Test(port_station, VDPS_07_soft_refusal_is_asked_again)
{
	uint8_t f[sizeof(frame_e4)];

	station_asks();
	change(f, frame_e4, sizeof(f), 38, 0x42);
	RX(f);
	expect_ack(2);
	cr_assert_eq(rig_state(0), VDP_STATE_NONE);
	cr_assert_eq(rig_vsi(0)->show, VDP_SHOW_REFUSED);
	rig_run(dur_s(2));
	EXPECT(frame_e1);
}

Test(port_station, VDPS_08_e5_to_a_change_keeps_the_old)
{
	struct vdp_request rq = rig_request();
	struct vdp_filter other = rig_filter;
	uint8_t f[sizeof(frame_e1)], answer[sizeof(frame_e5)];

	station_with_e1();
	other.vid = 101;
	rq.filters = &other;
	rig_ask_for(&rq);
	change(f, frame_e1, sizeof(f), 70, 101);
	EXPECT(f);
	change(answer, frame_e5, sizeof(answer), 70, 101);
	rx_seq(answer, sizeof(answer), 2);
	expect_ack(2);
	cr_assert_eq(rig_state(0), VDP_STATE_ASSOC);
	cr_assert_eq(rig_vsi(0)->filters[0].vid, 100);
	rig_run(dur_us(20971520));
	EXPECT(frame_e1); /* the keep-alive is of what is in force */
}

Test(port_station, VDPS_09_e5_to_a_keep_alive)
{
	const struct rig_frame *f;
	uint8_t answer[sizeof(frame_e10)];

	station_with_e1();
	rig_run(dur_us(20971520));
	EXPECT(frame_e1);
	RX(frame_e5);
	expect_ack(3);
	f = rig_next(ECP_ETHERTYPE);
	cr_assert_not_null(f);
	cr_assert_eq(f->octets[36] >> 1, VDP_DEASSOC);
	cr_assert_eq(f->octets[38] & 0xc0, 0);
	ack(f);
	change(answer, frame_e10, sizeof(answer), 38, 0x40);
	rx_seq(answer, sizeof(answer), 4);
	expect_ack(4);
	cr_assert_eq(rig_state(0), VDP_STATE_NONE);
}

Test(port_station, VDPS_10_e10_is_only_acknowledged)
{
	station_with_e1();
	RX(frame_e10);
	expect_ack(5);
	expect_no_ecp();
	cr_assert_eq(rig_state(0), VDP_STATE_NONE);
}

Test(port_station, VDPS_11_VDPS_13_mismatched_answers_end_it)
{
	uint8_t f[sizeof(frame_e3)];

	station_asks();
	change(f, frame_e3, sizeof(f), 70, 101);
	RX(f);
	expect_ack(1);
	cr_assert_eq(rig_state(0), VDP_STATE_NONE);
	rig_fini();
	station_asks();
	memcpy(f, frame_e3, sizeof(f)); /* no entry at all */
	f[37] = 25;
	f[62] = 0;
	rig_rx_ended(f, sizeof(f) - 8);
	expect_ack(1);
	cr_assert_eq(rig_state(0), VDP_STATE_NONE);
}

Test(port_station, VDPS_12_VDPS_17_values_of_e7_are_used_from_then_on)
{
	struct vdp_filter filter = { 0 };
	struct vdp_request rq = { .op = VDP_PREASSOC,
		.subject = { .vsi = { VSI_ID_MAC, { [12] = 0x5e, [14] = 0x53, [15] = 0x10 } },
			.type_id = 0x2a },
		.format = VDP_FILTER_VID,
		.n_filters = 1,
		.filters = &filter };
	const struct rig_frame *f;
	const struct vdp_vsi *v;

	rig_negotiated(CONF_STATION);
	rig_ask_for(&rq);
	EXPECT(frame_e6);
	RX(frame_e7);
	expect_ack(4);
	v = vdp_table_get(rig_port()->vdp, 0);
	cr_assert_eq(v->state, VDP_STATE_PREASSOC);
	cr_assert_eq(v->filters[0].vid, 200);
	cr_assert_eq(v->filters[0].pcp, 5);
	rig_run(dur_us(20971520));
	f = rig_next(ECP_ETHERTYPE);
	cr_assert_not_null(f, "keep-alive");
	cr_assert_eq(f->octets[63] & 0x0f, 0);
	cr_assert_eq(f->octets[64], 200);
	ack(f);
	rx_seq(frame_e7, sizeof(frame_e7), 5);
	expect_ack(5);
	cr_assert_eq(node_vsi_deassociate(rig.node, 0, &rq.subject.vsi, rig.now), VDP_SUBMIT_OK);
	node_kick(rig.node, 0, rig.now);
	f = rig_next(ECP_ETHERTYPE);
	cr_assert_eq(f->octets[36] >> 1, VDP_DEASSOC);
	cr_assert_eq(f->octets[64], 200);
}

Test(port_station, VDPS_14_VDPS_15_answers_nobody_waits_for)
{
	uint8_t f[sizeof(frame_e3)];

	rig_negotiated(CONF_STATION);
	RX(frame_e3);
	expect_ack(1);
	expect_no_ecp();
	cr_assert_eq(vdp_table_counters(rig_port()->vdp)->rx_unknown_vsi, 1);
	rig_fini();
	station_with_e1();
	cr_assert_eq(node_vsi_deassociate(rig.node, 0, &rig_vsi_id, rig.now), VDP_SUBMIT_OK);
	node_kick(rig.node, 0, rig.now);
	ack(rig_next(ECP_ETHERTYPE));
	change(f, frame_e10, sizeof(f), 38, 0x40);
	rx_seq(f, sizeof(f), 2);
	expect_ack(2);
	cr_assert_null(rig_vsi(0));
	rx_seq(frame_e3, sizeof(frame_e3), 3);
	expect_ack(3);
	expect_no_ecp();
	cr_assert_null(rig_vsi(0));
}

Test(port_station, VDPS_16_deassociate_without_answer)
{
	station_with_e1();
	cr_assert_eq(node_vsi_deassociate(rig.node, 0, &rig_vsi_id, rig.now), VDP_SUBMIT_OK);
	node_kick(rig.node, 0, rig.now);
	ack(rig_next(ECP_ETHERTYPE));
	rig_run(dur_us(22609919));
	cr_assert_not_null(rig_vsi(0));
	rig_run(dur_us(1));
	cr_assert_null(rig_vsi(0));
	cr_assert(vdp_table_is_quiet(rig_port()->vdp));
}

Test(port_station, VDPS_18_VDPS_19_suspended_and_migrating)
{
	struct vdp_request rq = rig_request();
	uint8_t f[sizeof(frame_e1)];

	station_with_e1();
	rq.is_migrating = false;
	rq.is_suspended = true;
	rig_ask_for(&rq);
	change(f, frame_e1, sizeof(f), 38, 0x20);
	EXPECT(f); /* S; station_asks() has seen M in E1 */
	cr_assert_eq(rig_state(0), VDP_STATE_ASSOC);
}

Test(port_station, VDPS_20_error_code_9_is_4)
{
	uint8_t f[sizeof(frame_e4)];

	station_asks();
	change(f, frame_e4, sizeof(f), 38, 0x49);
	RX(f);
	expect_ack(2);
	cr_assert_eq(rig_vsi(0)->error, VDP_E_OTHER);
}

Test(port_station, MGMT_05_MGMT_06_commands_are_counted)
{
	struct vdp_request rq = rig_request();
	struct vdp_filter other = rig_filter;
	uint8_t answer[sizeof(frame_e5)];

	station_with_e1();
	cr_assert_eq(rig_vsi(0)->count.succeeded, 1);
	cr_assert_eq(rig_vsi(0)->count.failed, 0);
	other.vid = 101;
	rq.filters = &other;
	rig_ask_for(&rq);
	ack(rig_next(ECP_ETHERTYPE));
	change(answer, frame_e5, sizeof(answer), 70, 101);
	rx_seq(answer, sizeof(answer), 2);
	cr_assert_eq(rig_vsi(0)->count.succeeded, 1);
	cr_assert_eq(rig_vsi(0)->count.failed, 1);
	cr_assert_eq(rig_vsi(0)->count.reverts, 1);
}
