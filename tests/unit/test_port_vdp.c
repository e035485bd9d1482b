/*
 * VDP as the wire shows it: a whole bridge port, and what both roles share (evb-reference 6; 10 VDP-*, VDPB-*, MGMT-*).
 * The machines alone have their own tests; here are the octets of E1..E10, the relay and other ports.
 */
#include "port_rig.h"

TestSuite(port_vdp, .fini = rig_fini);

/* The peer's worked request under its number; acknowledged, and answered with a worked answer. */
#define ASK(request, seq, answer)                                                                            \
	do {                                                                                                 \
		rx_seq(request, sizeof(request), seq);                                                       \
		expect_ack(seq);                                                                             \
		EXPECT(answer);                                                                              \
	} while (0)

/* The peer's request is acknowledged, and the answer is `type` with `status`. */
static const struct rig_frame *answer_to(
	const uint8_t *request, size_t len, uint16_t seq, uint8_t type, uint8_t status)
{
	const struct rig_frame *f;

	rx_seq(request, len, seq);
	expect_ack(seq);
	f = rig_next(ECP_ETHERTYPE);
	cr_assert_not_null(f, "no answer");
	cr_assert_eq(f->octets[36] >> 1, type, "type %u", f->octets[36] >> 1);
	cr_assert_eq(f->octets[38], status, "status %02x", f->octets[38]);
	ack(f);
	return f;
}

/* Does a frame of the guest of E1 pass the bridge? (RR: it comes back.) */
static bool passes(void)
{
	static const uint8_t frame[60] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0x5e, 0, 0x53, 0x10,
		0x81, 0, 0, 100, 0x88, 0xb5 };
	unsigned before = rig.n_sent;

	RX(frame);
	return rig.n_sent > before;
}

static void bridge_with_e1(void)
{
	rig_negotiated(CONF_BRIDGE);
	ASK(frame_e1, 1, frame_e3);
	cr_assert_eq(rig_state(0), VDP_STATE_ASSOC);
}

/* ---- both ---- */

Test(port_vdp, VDP_01_manager_first_in_both_directions)
{
	rig_negotiated(CONF_BRIDGE);
	RX(frame_e1);
	expect_ack(1);
	cr_assert_arr_eq(rig_next(ECP_ETHERTYPE)->octets + 18, frame_e1 + 18, 18);
	rig_fini();
	station_asks();
}

Test(port_vdp, VDP_02_VDP_03_VDP_04_VDP_05_malformed_messages_do_nothing)
{
	uint8_t f[2 * sizeof(frame_e1)];
	uint16_t seq = 1;

	rig_negotiated(CONF_BRIDGE);
	change(f, frame_e1, sizeof(frame_e1), 18, 0x0c); /* type 6 first */
	rx_seq(f, sizeof(frame_e1), seq);
	expect_ack(seq++);
	change(f, frame_e1, sizeof(frame_e1), 19, 15);
	rx_seq(f, sizeof(frame_e1), seq);
	expect_ack(seq++);
	memcpy(f, frame_e1, sizeof(frame_e1));
	memcpy(f + sizeof(frame_e1), frame_e1 + 18, 18); /* a manager once more, behind a good TLV */
	rx_seq(f, sizeof(frame_e1) + 18, seq);
	expect_ack(seq++);
	memcpy(f, frame_e1, sizeof(frame_e1));
	memcpy(f + sizeof(frame_e1), (uint8_t[]){ 0x06, 0x21, 0 }, 3); /* an overrun behind a good TLV */
	rx_seq(f, sizeof(frame_e1) + 3, seq);
	expect_ack(seq++);
	expect_no_ecp();
	cr_assert_eq(vdp_table_count(rig_port()->vdp), 0);
	cr_assert_eq(vdp_table_counters(rig_port()->vdp)->rx_no_manager, 3);
	cr_assert_eq(vdp_table_counters(rig_port()->vdp)->rx_bad_tlv, 1);
}

Test(port_vdp, VDP_06_VDP_07_VDP_08_VDP_09_what_may_stand_beside_tlvs)
{
	uint8_t f[256];
	size_t n = sizeof(frame_e1);
	static const uint8_t beside[] = { 0x0c, 2, 1, 2, 0xfc, 0, 0xfe, 6, 0, 0, 0x5e, 1, 0xaa, 0xbb };

	rig_negotiated(CONF_BRIDGE);
	memcpy(f, frame_e1, n); /* E1, a reserved type, type 126, an unknown OUI, another VSI, End, noise */
	memcpy(f + n, beside, sizeof(beside));
	n += sizeof(beside);
	memcpy(f + n, frame_e1 + 36, sizeof(frame_e1) - 36);
	f[n + 23] ^= 1;
	n += sizeof(frame_e1) - 36;
	memset(f + n, 0, 2);
	memset(f + n + 2, 0xff, 10);
	rx_seq(f, n + 12, 1);
	expect_ack(1);
	cr_assert_eq(vdp_table_count(rig_port()->vdp), 2);
	cr_assert_not_null(rig_next(ECP_ETHERTYPE));
	expect_no_ecp();
}

Test(port_vdp, VDP_08_no_end_at_all)
{
	rig_negotiated(CONF_BRIDGE);
	rig_rx(frame_e1, sizeof(frame_e1));
	expect_ack(1);
	EXPECT(frame_e3);
	rig_fini();
	rig_negotiated(CONF_BRIDGE);
	rig_rx(frame_e11, sizeof(frame_e11)); /* with an org-defined TLV that nobody asks for */
	expect_ack(5);
	EXPECT(frame_e3);
}

Test(port_vdp, VDP_10_reserved_status_bit)
{
	uint8_t f[sizeof(frame_e1)];

	rig_negotiated(CONF_BRIDGE);
	change(f, frame_e1, sizeof(f), 38, 0x9f);
	ASK(f, 1, frame_e3);
	rig_fini();
	station_asks();
	change(f, frame_e3, sizeof(f), 38, 0xc0);
	RX(f);
	cr_assert_eq(rig_state(0), VDP_STATE_ASSOC);
}

Test(port_vdp, VDP_11_VDP_12_tlvs_of_the_own_role)
{
	uint8_t f[sizeof(frame_e1)];

	rig_negotiated(CONF_BRIDGE);
	change(f, frame_e3, sizeof(f), 11, 1); /* a response to a bridge */
	rx_seq(f, sizeof(f), 1);
	expect_ack(1);
	expect_no_ecp();
	cr_assert_null(rig_vsi(0));
	rig_fini();
	station_asks();
	change(f, frame_e1, sizeof(f), 11, 2); /* a request to a station */
	rx_seq(f, sizeof(f), 1);
	expect_ack(1);
	expect_no_ecp();
	cr_assert_eq(rig_state(0), VDP_STATE_NONE);
}

Test(port_vdp, VDP_13_two_managers_two_ecpdus)
{
	struct vdp_request rq = rig_request();

	rig_negotiated(CONF_STATION);
	cr_assert_eq(node_vsi_request(rig.node, 0, &rq, NODE_NO_PORT, rig.now), VDP_SUBMIT_OK);
	rq.subject.vsi.id[15] = 1;
	rq.subject.manager.id[15] = 0x11;
	rig_ask_for(&rq);
	EXPECT(frame_e1);
	cr_assert_eq(rig_next(ECP_ETHERTYPE)->octets[35], 0x11);
	expect_no_ecp();
}

/* ---- bridge ---- */

Test(port_vdp, VDPB_01_e1_is_answered_with_e3_and_traffic_passes)
{
	rig_negotiated(CONF_BRIDGE);
	cr_assert_not(passes());
	ASK(frame_e1, 1, frame_e3);
	cr_assert(passes());
}

Test(port_vdp, VDPB_02_keep_alive_is_answered_at_once)
{
	bridge_with_e1();
	for (uint16_t seq = 2; seq < 10; seq++) {
		rig_run(dur_s(20));
		ASK(frame_e1, seq, frame_e3);
	}
	cr_assert_eq(rig.asked, 1);
}

Test(port_vdp, VDPB_03_silence)
{
	const struct dur tout = { 38338560000 }; /* 1.5 * (7 * 655.36 ms + 20.97152 s) */

	bridge_with_e1();
	rig_run(dur_ns(tout.ns - 1));
	cr_assert_eq(rig_state(0), VDP_STATE_ASSOC);
	expect_no_ecp();
	rig_run(dur_ns(1));
	EXPECT(frame_e10);
	cr_assert_null(rig_vsi(0));
	cr_assert_not(passes());
}

Test(port_vdp, VDPB_04_VDPB_05_deassociate_known_and_unknown)
{
	uint8_t f[sizeof(frame_e10)], answer[sizeof(frame_e10)];

	bridge_with_e1();
	change(f, frame_e10, sizeof(f), 11, 1);
	change(answer, frame_e10, sizeof(answer), 38, 0x40);
	ASK(f, 2, answer);
	cr_assert_null(rig_vsi(0));
	cr_assert_not(passes());
	ASK(f, 3, answer); /* unknown by now */
	cr_assert_eq(rig.asked, 1);
}

Test(port_vdp, VDPB_06_refused_for_good)
{
	rig_negotiated(CONF_BRIDGE);
	rig.db = DB_REFUSES;
	rig.refusal = (struct vtdb_answer){ .error = VDP_E_RESOURCES, .is_hard = true };
	ASK(frame_e1, 1, frame_e4);
	cr_assert_null(rig_vsi(0));
	cr_assert_not(passes());
}

Test(port_vdp, VDPB_07_refused_change)
{
	uint8_t f[sizeof(frame_e1)];

	bridge_with_e1();
	change(f, frame_e1, sizeof(f), 70, 101); /* VID 101 */
	rig.db = DB_REFUSES;
	rig.refusal = (struct vtdb_answer){ .error = VDP_E_ADDRESS, .is_keep = true };
	(void)answer_to(f, sizeof(f), 2, VDP_ASSOC, 0x65);
	cr_assert_eq(rig_vsi(0)->filters[0].vid, 100);
	cr_assert(passes());
}

Test(port_vdp, VDPB_08_VDPB_10_silent_database_and_its_late_answer)
{
	const struct rig_frame *f;

	rig_negotiated(CONF_BRIDGE);
	rig.db = DB_SILENT;
	RX(frame_e1);
	expect_ack(1);
	rig_run(dur_us(2999999));
	expect_no_ecp();
	rig_run(dur_us(1));
	f = rig_next(ECP_ETHERTYPE);
	cr_assert_not_null(f, "3 s");
	cr_assert_eq(f->octets[36] >> 1, VDP_DEASSOC);
	cr_assert_eq(f->octets[38], 0x43);
	ack(f);
	node_vtdb_answer(rig.node, 0, rig.handle, &rig.answer, rig.now);
	expect_no_ecp();
	cr_assert_null(rig_vsi(0));
	cr_assert_eq(vdp_table_counters(rig_port()->vdp)->late_answers, 1);
}

Test(port_vdp, VDPB_09_silent_database_while_associated)
{
	uint8_t f[sizeof(frame_e1)], answer[sizeof(frame_e5)];

	bridge_with_e1();
	rig.db = DB_SILENT;
	change(f, frame_e1, sizeof(f), 70, 101);
	change(answer, frame_e5, sizeof(answer), 70, 101);
	rx_seq(f, sizeof(f), 2);
	expect_ack(2);
	rig_run(dur_s(3));
	EXPECT(answer);
	cr_assert_eq(rig_vsi(0)->filters[0].vid, 100);
}

Test(port_vdp, VDPB_11_VDPB_22_e6_is_answered_with_e7_by_the_default_manager)
{
	rig_negotiated(CONF_BRIDGE);
	ASK(frame_e6, 2, frame_e7);
}

Test(port_vdp, VDPB_14_e8_and_e9_have_their_groups_mapped)
{
	struct conf_port p = rig_conf(CONF_BRIDGE);
	uint8_t l1[FRAME_LEN], e8[sizeof(frame_e8)], e9[sizeof(frame_e9)];

	p.evb.group_ids = true;
	rig_start(&p, true);
	change(l1, frame_l1, sizeof(l1), 41, 0x0f);
	RX(l1);
	rig.seen = rig.n_sent;
	memcpy(e8, frame_e8, sizeof(e8)); /* as it comes back: status, VID 150, the bridge's address */
	e8[11] = 2;
	e8[38] = 0x40;
	e8[68] = 150;
	ASK(frame_e8, 3, e8);
	memcpy(e9, frame_e9, sizeof(e9));
	e9[11] = 2;
	e9[38] = 0x40;
	e9[74] = e9[86] = 150;
	ASK(frame_e9, 4, e9);
}

Test(port_vdp, VDPB_17_VDPB_18_VDPB_19_bad_tlvs_are_refused_for_good)
{
	static const struct {
		uint8_t at, value;
	} rows[] = { { 62, 2 }, { 62, 0 }, { 60, 0 }, { 60, 5 }, { 43, 0 }, { 43, 6 } };
	uint8_t f[sizeof(frame_e1)];
	uint16_t seq = 1;

	rig_negotiated(CONF_BRIDGE);
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		change(f, frame_e1, sizeof(f), rows[i].at, rows[i].value);
		(void)answer_to(f, sizeof(f), seq++, VDP_DEASSOC, 0x51);
		cr_assert_eq(vdp_table_count(rig_port()->vdp), 0);
	}
	cr_assert_eq(rig.asked, 0);
}

Test(port_vdp, VDPB_20_bad_addresses)
{
	uint8_t f[sizeof(frame_e1)];
	uint16_t seq = 1;

	rig_negotiated(CONF_BRIDGE);
	for (unsigned i = 0; i < 3; i++) {
		const struct rig_frame *a;

		memcpy(f, frame_e1, sizeof(f));
		if (i == 0)
			f[69] = 0x0f, f[70] = 0xff;
		else
			memset(f + 63, i == 1 ? 0xff : 0, 6);
		rx_seq(f, sizeof(f), seq);
		expect_ack(seq++);
		a = rig_next(ECP_ETHERTYPE);
		cr_assert_not_null(a);
		cr_assert_eq(a->octets[36] >> 1, VDP_DEASSOC);
		cr_assert_eq(a->octets[38] & 0x4f, 0x45);
		ack(a);
	}
	cr_assert_eq(vdp_table_count(rig_port()->vdp), 0);
}

Test(port_vdp, VDPB_23_up_the_ladder_and_down)
{
	uint8_t f[sizeof(frame_e1)];
	static const enum vdp_state states[] = { VDP_STATE_PREASSOC, VDP_STATE_PREASSOC_RR, VDP_STATE_ASSOC };

	rig_negotiated(CONF_BRIDGE);
	for (uint8_t op = VDP_PREASSOC; op <= VDP_ASSOC; op++) {
		change(f, frame_e1, sizeof(f), 36, (uint8_t)(op << 1));
		(void)answer_to(f, sizeof(f), op, op, 0x40);
		cr_assert_eq(rig_state(0), states[op - 1]);
		cr_assert_eq(passes(), op == VDP_ASSOC);
	}
	change(f, frame_e10, sizeof(f), 11, 1);
	(void)answer_to(f, sizeof(f), 9, VDP_DEASSOC, 0x40);
	cr_assert_not(passes());
}

Test(port_vdp, VDPB_24_newest_command_is_executed_after_the_present_one)
{
	uint8_t f[sizeof(frame_e1)];

	rig_negotiated(CONF_BRIDGE);
	rig.db = DB_SILENT;
	RX(frame_e1);
	expect_ack(1);
	change(f, frame_e1, sizeof(f), 70, 101);
	rx_seq(f, sizeof(f), 2);
	expect_ack(2);
	rx_seq(f, sizeof(f), 3); /* the same again */
	expect_ack(3);
	expect_no_ecp();
	rig.db = DB_GRANTS;
	node_vtdb_answer(rig.node, 0, rig.handle, &rig.answer, rig.now);
	rig_run(dur_ms(1));
	while (rig_next(ECP_ETHERTYPE))
		ack(&rig.sent[rig.seen - 1]);
	cr_assert_eq(rig.asked, 2);
	cr_assert_eq(rig_state(0), VDP_STATE_ASSOC);
	cr_assert_eq(rig_vsi(0)->filters[0].vid, 101);
}

Test(port_vdp, VDPB_25_moved_to_another_port)
{
	struct conf_port p = rig_conf(CONF_BRIDGE);
	const struct rig_frame *f;
	uint8_t old[sizeof(frame_e10)];
	bool is_told = false, is_answered = false;

	rig_negotiated(CONF_BRIDGE);
	ASK(frame_e1, 1, frame_e3);
	strcpy(p.name, "ge2");
	cr_assert_eq(node_port_add(rig.node, &p, rig.now), 1);
	rig_link(1, true);
	node_rx(rig.node, 1, span_of(frame_l1, sizeof(frame_l1)), rig.now);
	rig.seen = rig.n_sent;
	node_rx(rig.node, 1, span_of(frame_e1, sizeof(frame_e1)), rig.now); /* M-bit set */
	memcpy(old, frame_e10, sizeof(old));
	while ((f = rig_next(ECP_ETHERTYPE))) {
		if (f->port == 0) {
			cr_assert_arr_eq(f->octets + 36, old + 36, sizeof(old) - 36);
			is_told = true;
		} else if (!is_ack(f)) {
			cr_assert_arr_eq(f->octets + 36, frame_e3 + 36, sizeof(frame_e3) - 36);
			is_answered = true;
		}
	}
	cr_assert(is_told && is_answered);
	cr_assert_null(rig_vsi(0));
	cr_assert_eq(rig_state(1), VDP_STATE_ASSOC);
	cr_assert_not(passes(), "the old port is shut to it");
}

Test(port_vdp, VDPB_26_full_table)
{
	struct conf_port p = rig_conf(CONF_BRIDGE);
	uint8_t f[sizeof(frame_e1)];

	p.max_vsis = 1;
	rig_start(&p, true);
	RX(frame_l1);
	rig.seen = rig.n_sent;
	ASK(frame_e1, 1, frame_e3);
	change(f, frame_e1, sizeof(f), 59, 1);
	(void)answer_to(f, sizeof(f), 2, VDP_DEASSOC, 0x42);
	ASK(frame_e1, 3, frame_e3);
}

/* Success is not promised to a VSI whose traffic the relay could not let through. */
Test(port_vdp, VDPB_26_full_admission_table)
{
	enum { MANY = 65536 };
	struct relay_admit *all = calloc(MANY, sizeof(*all));
	struct relay *relay;

	for (unsigned i = 0; i < MANY; i++)
		all[i] = (struct relay_admit){ .vid = 1,
			.mac = { { 2, 0, 1, (uint8_t)(i >> 8), (uint8_t)i } } };
	rig_negotiated(CONF_BRIDGE);
	relay = (struct relay *)node_relay(rig.node);
	cr_assert(relay_admit(relay, rig_port()->lport, 9999, all, MANY));
	(void)answer_to(frame_e1, sizeof(frame_e1), 1, VDP_DEASSOC, 0x42);
	cr_assert_null(rig_vsi(0));
	cr_assert(relay_admit(relay, rig_port()->lport, 9999, all, MANY - 1));
	ASK(frame_e1, 2, frame_e3);
	cr_assert(passes());
	free(all);
}

/* What the list of ended VSIs says of the VSI of E1; NULL: nothing. */
static const struct node_ended *obituary(void)
{
	for (unsigned i = 0; i < node_n_ended(rig.node); i++) {
		const struct node_ended *e = node_ended(rig.node, i, rig.now);

		if (e && vsi_id_equal(&e->vsi.subject.vsi, &rig_vsi_id))
			return e;
	}
	return NULL;
}

/* A request that is refused before it has a record is seen by the operator as any other. */
Test(port_vdp, VDPB_17_VDPB_20_refused_at_once_and_visible)
{
	uint8_t f[sizeof(frame_e1)];
	unsigned told;

	rig_negotiated(CONF_BRIDGE);
	told = rig.events[NODE_EVENT_VSI];
	change(f, frame_e1, sizeof(f), 69, 0x0f);
	f[70] = 0xff; /* VID 4095 */
	(void)answer_to(f, sizeof(f), 1, VDP_DEASSOC, 0x45);
	cr_assert_eq(rig.events[NODE_EVENT_VSI], told + 1);
	cr_assert_not_null(obituary());
	cr_assert_eq(obituary()->vsi.show, VDP_SHOW_REFUSED);
	cr_assert_eq(obituary()->vsi.error, VDP_E_ADDRESS);
	cr_assert_str_eq(obituary()->vsi.reason, "no legal VID, GroupID or MAC address in its filters");
	cr_assert_eq(obituary()->filter.vid, 4095);
	change(f, frame_e1, sizeof(f), 62, 2); /* two entries are said to be there */
	(void)answer_to(f, sizeof(f), 2, VDP_DEASSOC, 0x51);
	cr_assert(obituary()->vsi.hard);
	cr_assert_str_eq(obituary()->vsi.reason, "its association TLV is malformed");
	ASK(frame_e1, 3, frame_e3);
	cr_assert_null(obituary(), "it lives");
	(void)answer_to(f, sizeof(f), 4, VDP_DEASSOC, 0x51);
	cr_assert_null(obituary(), "and goes on");
	change(f, frame_e1, sizeof(f), 69, 0x0f);
	f[70] = 0xff;
	(void)answer_to(f, sizeof(f), 5, VDP_ASSOC, 0x65);
	cr_assert_str_eq(rig_vsi(0)->reason, "no legal VID, GroupID or MAC address in its filters");
	cr_assert(rig_vsi(0)->keep && rig_vsi(0)->error == VDP_E_ADDRESS);
	cr_assert_eq(rig_vsi(0)->count.reverts, 1);
}

Test(port_vdp, VDPB_27_port_down)
{
	bridge_with_e1();
	cr_assert(passes());
	rig.seen = rig.n_sent;
	rig_link(0, false);
	rig_run(dur_s(60));
	cr_assert_eq(rig.n_sent, rig.seen, "without a frame");
	cr_assert_eq(vdp_table_count(rig_port()->vdp), 0);
	rig_link(0, true);
	RX(frame_l1);
	cr_assert_not(passes());
}

Test(port_vdp, VDPB_28_restarted_bridge)
{
	bridge_with_e1();
	rig_fini();
	rig_negotiated(CONF_BRIDGE);
	ASK(frame_e1, 17, frame_e3);
	cr_assert(passes());
}

static const char *withdraw_all(void *ctx, const struct vdp_vsi *v)
{
	(void)ctx;
	return v->subject.type_id == 0x102 ? "type is gone" : NULL;
}

Test(port_vdp, VDPB_29_type_is_withdrawn)
{
	bridge_with_e1();
	node_vtdb_recheck(rig.node, withdraw_all, NULL, rig.now);
	EXPECT(frame_e10);
	cr_assert_null(rig_vsi(0));
	cr_assert_not(passes());
}

Test(port_vdp, VDPB_30_answer_that_ecp_gave_up)
{
	rig_negotiated(CONF_BRIDGE);
	RX(frame_e1);
	expect_ack(1);
	rig_run(dur_s(3)); /* four transmissions, no ack */
	cr_assert_eq(rig_port()->ecp_tx.n.failures, 1);
	cr_assert_eq(rig_state(0), VDP_STATE_ASSOC);
	rig.seen = rig.n_sent;
	ASK(frame_e1, 2, frame_e3);
}

/* ---- management ---- */

Test(port_vdp, MGMT_04_tout_keep_alive_of_the_negotiated_values)
{
	const struct evb_oper *o;
	struct vdp_params params;

	rig_negotiated(CONF_BRIDGE);
	o = &rig_port()->evb.oper;
	params = (struct vdp_params){ o->retries, o->rte, o->rwd, o->rka, o->group_ids };
	cr_assert_eq(vdp_tout_keep_alive(&params).ns / 1000, 38338560);
}

Test(port_vdp, MGMT_05_MGMT_06_commands_are_counted)
{
	uint8_t f[sizeof(frame_e1)];
	const struct vdp_table_counters *t;

	bridge_with_e1();
	t = vdp_table_counters(rig_port()->vdp);
	cr_assert_eq(rig_vsi(0)->count.succeeded, 1);
	cr_assert_eq(t->succeeded, 1);
	rig.db = DB_REFUSES;
	rig.refusal = (struct vtdb_answer){ .error = VDP_E_RESOURCES, .is_keep = true };
	change(f, frame_e1, sizeof(f), 70, 101);
	(void)answer_to(f, sizeof(f), 2, VDP_ASSOC, 0x62);
	cr_assert_eq(rig_vsi(0)->count.failed, 1);
	cr_assert_eq(rig_vsi(0)->count.reverts, 1);
	cr_assert_eq(rig_vsi(0)->count.succeeded, 1);
	cr_assert_eq(t->failed, 1);
	cr_assert_eq(t->reverts, 1);
}
