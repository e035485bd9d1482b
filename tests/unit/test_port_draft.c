/* Draft 0.2 at a port: the worked frames D1..D4 octet for octet, and the choice of the generation (evb-reference 7,
 * 10 "Draft 0.2"). */
#include "draft_frames.h"
#include "ecp_draft_pdu.h"
#include "evb_draft_tlv.h"
#include "port_rig.h"

enum {
	DRAFT = ECP_DRAFT_ETHERTYPE,
	AT_MODE = 20,
	AT_SEQ = 21,
	AT_VDP_MODE = 29,
	AT_RESP = 30,
	EVB_AT = DRAFT_D1_EVB
};

static struct conf_port conf_of(enum conf_role role, enum evb_generation generation)
{
	struct conf_port p = rig_conf(role);

	p.generation = generation;
	p.evb.rte = 15;
	p.max_vsis = 3295;
	return p;
}

static void start(enum conf_role role, enum evb_generation generation)
{
	struct conf_port p = conf_of(role, generation);

	rig_start(&p, true);
}

/* D1 as the other end sends it, with another octet in its EVB TLV; id: which system it is. */
static void hear_draft_of(uint8_t id, size_t at, uint8_t octet)
{
	uint8_t f[sizeof(frame_d1)];

	memcpy(f, frame_d1, sizeof(f));
	f[11] = f[22] = id;
	f[EVB_AT + at] = octet;
	rig_rx(f, sizeof(f));
}

static uint8_t peer_id(void)
{
	return rig_port()->kind == NODE_BRIDGE ? 1 : 2;
}

static void hear_draft(void)
{
	hear_draft_of(peer_id(), 4, 0xc0);
}

/* The same system with the ratified TLV, which is L1's or L3's, alone or behind the draft's. */
static void hear_ratified(size_t at)
{
	uint8_t f[80] = { 0 };

	memcpy(f, frame_d1, at);
	memcpy(f + at, rig_port()->kind == NODE_BRIDGE ? frame_l1 + 34 : frame_l3 + 33, 11);
	f[11] = f[22] = peer_id();
	rig_rx(f, sizeof(f));
}

static void hear_both(void)
{
	hear_ratified(EVB_AT + EVB_DRAFT_LEN);
}

static void hear_ratified_only(void)
{
	hear_ratified(EVB_AT - 2);
}

/* The newest VSI that has ended. */
static const struct vdp_vsi *last_ended(void)
{
	const struct vdp_vsi *v = NULL;

	for (unsigned i = 0; i < node_n_ended(rig.node); i++)
		if (node_ended(rig.node, i, rig.now))
			v = &node_ended(rig.node, i, rig.now)->vsi;
	cr_assert_not_null(v);
	return v;
}

static void negotiated(enum conf_role role)
{
	start(role, EVB_GENERATION_DRAFT);
	hear_draft();
	rig_run(dur_s(6));
	cr_assert_eq(rig_port()->evb.oper.peer, EVB_PEER_OK);
	cr_assert(rig_port()->evb.oper.is_ready);
	rig.seen = rig.n_sent;
}

static struct vdp_request request(void)
{
	struct vdp_request rq = rig_request();

	rq.subject.manager = (struct vdp_manager){ { [15] = 1 } };
	rq.is_migrating = false;
	return rq;
}

static void seq(uint8_t *frame, uint16_t n)
{
	frame[AT_SEQ] = (uint8_t)(n >> 8);
	frame[AT_SEQ + 1] = (uint8_t)n;
}

/* D2 (to a bridge) or D4 (to a station) with this number and another octet. */
static void rx(uint16_t n, size_t at, uint8_t octet)
{
	uint8_t f[sizeof(frame_d2)];

	memcpy(f, rig_port()->kind == NODE_BRIDGE ? frame_d2 : frame_d4, sizeof(f));
	f[at] = octet;
	seq(f, n);
	rig_rx(f, sizeof(f));
}

static void rx_ack(uint16_t n)
{
	uint8_t f[sizeof(frame_d3)];

	memcpy(f, frame_d3, sizeof(f));
	f[11] = peer_id();
	seq(f, n);
	rig_rx(f, sizeof(f));
}

static void expect(const uint8_t *worked, size_t len, uint16_t n)
{
	const struct rig_frame *f = rig_next(DRAFT);
	uint8_t want[RIG_FRAME];

	memcpy(want, worked, len);
	memcpy(want + 6, rig.mac.b, 6);
	seq(want, n);
	cr_assert_not_null(f, "nothing sent");
	cr_assert_eq(f->len, len);
	cr_assert_arr_eq(f->octets, want, len);
}
#define WANT(frame, n) expect(frame, sizeof(frame), n)

static void associated(void)
{
	struct vdp_request rq = request();

	negotiated(CONF_STATION);
	rig_ask_for(&rq);
	WANT(frame_d2, 1);
	rx_ack(1);
	rx(1, 0, 1);
	WANT(frame_d3, 1);
	cr_assert_eq(rig_state(0), VDP_STATE_ASSOC);
}

static const uint8_t *draft_tlv_of(const struct rig_frame *f)
{
	static const uint8_t head[] = { 0xfe, 0x0d, 0, 0x1b, 0x3f, 0 };

	for (size_t i = FRAME_HEADER; i + 15 <= f->len;) {
		if (memcmp(f->octets + i, head, sizeof(head)) == 0)
			return f->octets + i;
		i += 2 + ((f->octets[i] & 1u) << 8 | f->octets[i + 1]);
	}
	return NULL;
}

/* ---- the worked frames ---- */

Test(port_draft, D02_01_the_evb_tlv_is_that_of_D1)
{
	const struct rig_frame *f, *last = NULL;
	struct vdp_request rq = request();

	start(CONF_STATION, EVB_GENERATION_DRAFT);
	rig_ask_for(&rq);
	hear_draft();
	rig_run(dur_s(40)); /* the number of VSIs comes with the next LLDPDU */
	while ((f = rig_next(LLDP_ETHERTYPE))) {
		cr_assert_null(evb_of(f), "not the other generation's");
		last = f;
	}
	cr_assert_arr_eq(last->octets, frame_d1, 14);
	cr_assert_not_null(draft_tlv_of(last));
	cr_assert_arr_eq(draft_tlv_of(last), frame_d1 + EVB_AT - 2, 15);
}

Test(port_draft, D02_02_an_associate_is_D2)
{
	struct vdp_request rq = request();

	negotiated(CONF_STATION);
	rig_ask_for(&rq);
	WANT(frame_d2, 1);
	rx_ack(1);
	rig_run(dur_ms(100));
	cr_assert_eq(rig_count(DRAFT), 0);
	cr_assert_eq(rig_count(ECP_ETHERTYPE), 0);
}

Test(port_draft, D02_03_D2_is_acknowledged_by_D3_and_answered_by_D4)
{
	negotiated(CONF_BRIDGE);
	rx(1, 0, 1);
	WANT(frame_d3, 1);
	WANT(frame_d4, 1);
	cr_assert_eq(rig_state(0), VDP_STATE_ASSOC);
	cr_assert_eq(rig_vsi(0)->subject.manager.id[15], 1);
}

Test(port_draft, D02_04_three_transmissions_half_a_second_apart)
{
	struct vdp_request rq = request();
	const struct rig_frame *f;
	struct mono first;

	negotiated(CONF_STATION);
	rig_ask_for(&rq);
	first = rig.now;
	rig_run(dur_ms(1499));
	for (unsigned i = 0; i < 3; i++) {
		f = rig_next(DRAFT);
		cr_assert_not_null(f);
		cr_assert_eq(f->at.ns, mono_add(first, dur_ms(500 * i)).ns);
		cr_assert_eq(f->octets[AT_SEQ + 1], 1);
	}
	cr_assert_eq(rig_count(DRAFT), 0);
	rig_run(dur_ms(1));
	cr_assert_eq(rig_port()->ecp_tx.n.failures, 1);
	f = rig_next(DRAFT); /* and again under a new number: the VSI still waits */
	cr_assert_eq(f->octets[AT_SEQ + 1], 2);
}

Test(port_draft, D02_05_resp_4_is_the_end_and_the_user_is_told)
{
	struct vdp_request rq = request();

	negotiated(CONF_STATION);
	rig_ask_for(&rq);
	rx_ack(1);
	rx(1, AT_RESP, 4);
	cr_assert_null(rig_vsi(0));
	cr_assert_eq(last_ended()->show, VDP_SHOW_REFUSED);
	cr_assert_eq(last_ended()->error, VDP_E_TYPE_DENIED);
	cr_assert_str_eq(last_ended()->reason, "refused by the bridge: VSI type not allowed");
	rig.seen = rig.n_sent;
	rig_run(dur_s(300));
	cr_assert_eq(rig_count(DRAFT), 0, "asked again");
}

Test(port_draft, D02_06_mode_3_from_the_bridge_ends_an_association)
{
	associated();
	rx(2, AT_VDP_MODE, 3);
	WANT(frame_d3, 2);
	cr_assert_eq(rig_state(0), VDP_STATE_NONE);
}

Test(port_draft, D02_07_a_malformed_tlv_is_acknowledged_and_passed_over)
{
	negotiated(CONF_BRIDGE);
	rx(1, 52, 1); /* FORMAT */
	WANT(frame_d3, 1);
	rx(2, 54, 2); /* N */
	WANT(frame_d3, 2);
	cr_assert_eq(rig_count(DRAFT), 0);
	cr_assert_eq(vdp_table_counters(rig_port()->vdp)->rx_bad_tlv, 2);
	cr_assert_eq(rig.asked, 0);
}

Test(port_draft, D02_08_an_evb_tlv_without_a_mode_is_none)
{
	start(CONF_BRIDGE, EVB_GENERATION_DRAFT);
	hear_draft_of(1, 4, 0);
	rig_run(dur_s(1));
	cr_assert_eq(rig_port()->evb.oper.peer, EVB_PEER_NONE);
	cr_assert_not(rig_port()->evb.oper.rr_active);
}

Test(port_draft, D02_09_a_repeated_tlv_with_a_new_number)
{
	negotiated(CONF_BRIDGE);
	for (uint16_t n = 1; n <= 4; n++) {
		rx(n, 0, 1);
		WANT(frame_d3, n);
		WANT(frame_d4, n);
		rx_ack(n);
	}
	cr_assert_eq(rig.asked, 1);
	cr_assert_eq(vdp_table_count(rig_port()->vdp), 1);
	rx(4, 0, 1); /* the same frame */
	WANT(frame_d3, 4);
	cr_assert_eq(rig_count(DRAFT), 0);
}

Test(port_draft, D02_12_another_oui_is_ignored)
{
	negotiated(CONF_BRIDGE);
	rx(1, 16, 0x40);
	rx(2, 15, 0x80);
	cr_assert_eq(rig_count(DRAFT), 0);
	cr_assert_eq(rig_port()->ecp_rx.count.bad_version, 2);
	cr_assert_eq(vdp_table_count(rig_port()->vdp), 0);
}

Test(port_draft, D02_13_the_same_tlv_every_ten_seconds)
{
	associated();
	for (uint16_t n = 2; n <= 6; n++) {
		rig_run(dur_ns(dur_s(10).ns - 1));
		cr_assert_eq(rig_count(DRAFT), 0);
		rig_run(dur_ns(1));
		WANT(frame_d2, n);
		rx_ack(n);
		rx(n, 0, 1);
		WANT(frame_d3, n);
	}
}

/* ---- what is not for the port ---- */

Test(port_draft, another_destination_is_dropped)
{
	static const uint8_t last[] = { 0x00, 0x03, 0x0d };

	negotiated(CONF_BRIDGE);
	for (unsigned i = 0; i < 3; i++)
		rx((uint16_t)(i + 1), 5, last[i]);
	cr_assert_eq(rig_count(DRAFT), 0);
	cr_assert_eq(rig_port()->ecp_rx.count.frames, 0);
}

Test(port_draft, the_other_generations_ecp_is_not_heard)
{
	negotiated(CONF_BRIDGE);
	RX(frame_e1);
	cr_assert_eq(rig_count(ECP_ETHERTYPE) + rig_count(DRAFT), 0);
	cr_assert_eq(rig_port()->count.ecp_bad_da, 1);
	rig_fini();
	rig_negotiated(CONF_BRIDGE);
	rx(1, 0, 1);
	cr_assert_eq(rig_count(ECP_ETHERTYPE) + rig_count(DRAFT), 0);
	cr_assert_eq(rig_port()->ecp_rx.count.frames, 0);
}

/* ---- the choice ---- */

Test(port_draft, D02_10_auto_goes_over_after_three_lldpdus_and_back_at_once)
{
	struct vdp_request rq = request();

	start(CONF_STATION, EVB_GENERATION_AUTO);
	rig_ask_for(&rq);
	for (unsigned i = 0; i < 3; i++) {
		cr_assert_eq(rig_port()->choice.edition, QBG_RATIFIED);
		cr_assert_eq(rig_port()->evb.oper.peer, EVB_PEER_NONE);
		hear_draft();
		rig_run(dur_s(1));
	}
	cr_assert_eq(rig_port()->choice.edition, QBG_DRAFT);
	cr_assert(rig_port()->evb.oper.is_ready);
	WANT(frame_d2, 1); /* what was asked before, in the draft */
	rx_ack(1);
	rx(1, 0, 1);
	cr_assert_eq(rig_state(0), VDP_STATE_ASSOC);
	rig_run(dur_s(3));
	rig.seen = rig.n_sent;
	hear_ratified_only();
	cr_assert_eq(rig_port()->choice.edition, QBG_RATIFIED);
	cr_assert_eq(rig_state(0), VDP_STATE_NONE, "associated anew");
	rig_run(dur_s(1));
	cr_assert_not_null(rig_next(ECP_ETHERTYPE));
	cr_assert_eq(vdp_table_count(rig_port()->vdp), 1);
}

Test(port_draft, D02_10_what_is_sent_meanwhile_is_the_ratified_tlv_only)
{
	const struct rig_frame *f;

	start(CONF_STATION, EVB_GENERATION_AUTO);
	hear_draft();
	rig_run(dur_ms(500));
	hear_draft();
	rig_run(dur_s(2));
	while ((f = rig_next(LLDP_ETHERTYPE)))
		cr_assert(evb_of(f) && !draft_tlv_of(f));
	hear_draft();
	rig_run(dur_s(2));
	f = rig_next(LLDP_ETHERTYPE);
	cr_assert(f && draft_tlv_of(f) && !evb_of(f));
}

Test(port_draft, D02_10_a_bridges_vsis_end_without_a_frame)
{
	start(CONF_BRIDGE, EVB_GENERATION_AUTO);
	for (unsigned i = 0; i < 3; i++)
		hear_draft();
	rx(1, 0, 1);
	cr_assert_eq(rig_state(0), VDP_STATE_ASSOC);
	rx_ack(1);
	rig.seen = rig.n_sent;
	hear_both();
	cr_assert_eq(rig_port()->choice.edition, QBG_RATIFIED);
	cr_assert_eq(vdp_table_count(rig_port()->vdp), 0);
	rig_run(dur_s(60));
	cr_assert_eq(rig_count(DRAFT) + rig_count(ECP_ETHERTYPE), 0);
	cr_assert_str_eq(last_ended()->reason, "the port speaks another generation of VDP now");
}

Test(port_draft, D02_11_a_peer_that_says_both_is_ratified)
{
	start(CONF_BRIDGE, EVB_GENERATION_AUTO);
	for (unsigned i = 0; i < 8; i++) {
		hear_both();
		rig_run(dur_s(1));
	}
	cr_assert_eq(rig_port()->choice.edition, QBG_RATIFIED);
	cr_assert_eq(rig_port()->evb.oper.peer, EVB_PEER_OK);
}

Test(port_draft, a_crowd_is_no_neighbour_to_learn_from)
{
	start(CONF_BRIDGE, EVB_GENERATION_AUTO);
	for (unsigned i = 0; i < 5; i++) {
		hear_draft_of(1, 4, 0xc0);
		hear_draft_of(9, 4, 0xc0);
	}
	cr_assert_eq(rig_port()->choice.edition, QBG_RATIFIED);
	cr_assert_eq(rig_port()->evb.oper.peer, EVB_PEER_MANY);
}

Test(port_draft, a_configured_generation_does_not_follow_the_peer)
{
	start(CONF_BRIDGE, EVB_GENERATION_RATIFIED);
	for (unsigned i = 0; i < 5; i++)
		hear_draft();
	cr_assert_eq(rig_port()->choice.edition, QBG_RATIFIED);
	rig_fini();
	start(CONF_BRIDGE, EVB_GENERATION_DRAFT);
	hear_ratified_only();
	cr_assert_eq(rig_port()->choice.edition, QBG_DRAFT);
	cr_assert_eq(rig_port()->evb.oper.peer, EVB_PEER_NONE);
}

Test(port_draft, a_new_configuration_goes_over_at_once)
{
	struct conf_port p = conf_of(CONF_STATION, EVB_GENERATION_RATIFIED);

	associated();
	node_port_conf(rig.node, 0, &p, rig.now);
	cr_assert_eq(rig_port()->choice.edition, QBG_RATIFIED);
	cr_assert_eq(rig_state(0), VDP_STATE_NONE);
	cr_assert_eq(rig_port()->evb.oper.peer, EVB_PEER_NONE);
	p.generation = EVB_GENERATION_DRAFT;
	node_port_conf(rig.node, 0, &p, rig.now);
	cr_assert(rig_port()->evb.oper.is_ready, "the neighbour's other TLV is known");
}

/* ---- around a restart ---- */

Test(port_draft, a_peer_that_has_just_started_may_use_the_last_number_again)
{
	negotiated(CONF_BRIDGE);
	rx(1, 0, 1);
	WANT(frame_d3, 1);
	WANT(frame_d4, 1);
	rx_ack(1);
	hear_draft_of(1, 7, 0); /* CCAP: it has not heard us */
	cr_assert_eq(rig_count(LLDP_ETHERTYPE), 1, "so it is told at once");
	rx(1, 0, 1);
	WANT(frame_d3, 1);
	WANT(frame_d4, 2);
}

Test(port_draft, vsis_of_before_a_restart_bring_their_generation_back)
{
	struct vdp_request rq = request();
	struct vdp_saved s = {
		.rq = rq, .granted = &rig_filter, .keep_alive = dur_s(33), .edition = QBG_DRAFT
	};

	start(CONF_BRIDGE, EVB_GENERATION_AUTO);
	cr_assert_eq(node_vsi_restore(rig.node, 0, &s, NODE_NO_PORT, rig.now), VDP_SUBMIT_OK);
	cr_assert_eq(rig_port()->choice.edition, QBG_DRAFT);
	cr_assert_eq(rig_state(0), VDP_STATE_ASSOC);
	hear_draft();
	rig_run(dur_s(30));
	cr_assert_eq(rig_state(0), VDP_STATE_ASSOC);
	rig_run(dur_s(4));
	cr_assert_eq(rig_state(0), VDP_STATE_NONE, "33 s of silence");
}

/* ---- the uplink's own VSI ---- */

Test(port_draft, the_hosts_vsi_has_a_uuid_made_of_its_address)
{
	struct conf_port p = conf_of(CONF_STATION, EVB_GENERATION_AUTO);
	const struct rig_frame *f;

	p.host_vsi = (struct conf_host_vsi){ .is_set = true, .vid = 1, .subject.type_id = 2 };
	rig_start(&p, true);
	for (unsigned i = 0; i < 3; i++)
		hear_draft();
	f = rig_next(DRAFT);
	cr_assert_not_null(f);
	cr_assert_arr_eq(f->octets + 36,
		((uint8_t[]){ 0, 0, 0, 0, 0, 0, 0x80, 0, 0x80, 0, 0, 0, 0x5e, 0, 0x53, 1 }), 16);
	cr_assert_eq(vdp_table_count(rig_port()->vdp), 1);
	hear_ratified_only();
	cr_assert_eq(vdp_table_count(rig_port()->vdp), 1, "and the other one again");
}
