/* EVB negotiation through a real LLDP agent: the requirements EVB-01 to EVB-26 of evb-reference 10 as far as they show
 * in the TLV sent and the operational values; timers of ECP and refusals of VDP are tested with those. */
#include "lldp_fixtures.h"

static struct box st, br;

static const struct evb_oper *oper(const struct box *b)
{
	return &b->evb.oper;
}

/* The value octets of the EVB TLV that is advertised now. */
static void cr_assert_advertises(
	const struct box *b, uint8_t bstat, uint8_t sstat, uint8_t ecp, uint8_t rwd, uint8_t rka)
{
	const uint8_t expected[EVB_TLV_LEN] = { 0x00, 0x80, 0xc2, 0x0d, bstat, sstat, ecp, rwd, rka };
	const struct lldp_known known = EVB_TLV_KNOWN;
	const struct sent *s = &b->sent[b->n_sent - 1];
	struct lldp_decode_notes notes;
	struct lldp_pdu pdu;
	struct span value;

	cr_assert_gt(b->n_sent, 0);
	cr_assert_eq(lldp_pdu_decode(span_of(s->octets, s->len), &pdu, &notes), LLDP_OK);
	cr_assert(lldp_pdu_find_org(&pdu, &known, &value));
	cr_assert_eq(value.len, EVB_TLV_LEN);
	cr_assert_arr_eq(value.ptr, expected, EVB_TLV_LEN);
}

static void cr_assert_local_values(const struct box *b)
{
	cr_assert_eq(oper(b)->retries, b->evb.cfg.retries);
	cr_assert_eq(oper(b)->rte, b->evb.cfg.rte);
	cr_assert_eq(oper(b)->rwd, b->evb.cfg.rwd);
	cr_assert_eq(oper(b)->rka, b->evb.cfg.rka);
	cr_assert_not(oper(b)->rol_rwd || oper(b)->rol_rka);
}

Test(evb_sm, EVB_01_station_without_peer_sends_l1)
{
	box_up(&st, &station_defaults);
	cr_assert_last_sent(&st, frame_l1);
	cr_assert_eq(oper(&st)->rrstat, EVB_RRSTAT_UNKNOWN);
	cr_assert_not(oper(&st)->is_ready);
	cr_assert_local_values(&st);
}

Test(evb_sm, EVB_02_bridge_without_peer_sends_l2)
{
	box_up(&br, &bridge_defaults);
	cr_assert_last_sent(&br, frame_l2);
	cr_assert_not(oper(&br)->rr_active);
}

Test(evb_sm, EVB_03_bridge_answers_l1_with_l3_at_once)
{
	box_up(&br, &bridge_defaults);
	box_hear(&br, station_mac, lldpdu(frame_l1));
	cr_assert_last_sent(&br, frame_l3);
	cr_assert_eq(br.sent[br.n_sent - 1].at.ns, br.now.ns);
	cr_assert(oper(&br)->rr_active);
	cr_assert_eq(oper(&br)->peer, EVB_PEER_OK);
	cr_assert(oper(&br)->is_ready);
}

Test(evb_sm, EVB_04_station_answers_l3_with_l4)
{
	box_up(&st, &station_defaults);
	box_hear(&st, bridge_mac, lldpdu(frame_l3));
	cr_assert_last_sent(&st, frame_l4);
	cr_assert_eq(oper(&st)->rrstat, EVB_RRSTAT_ON);
	cr_assert(oper(&st)->rr_active);
	cr_assert_eq(oper(&st)->retries, 3);
	cr_assert_eq(oper(&st)->rte, 16);
	cr_assert_eq(oper(&st)->rwd, 20);
	cr_assert_eq(oper(&st)->rka, 21);
}

Test(evb_sm, EVB_05_bridge_without_rrcap_does_not_reflect)
{
	struct evb_cfg cfg = bridge_defaults;

	cfg.reflective_relay = false;
	box_up(&br, &cfg);
	box_hear(&br, station_mac, lldpdu(frame_l1));
	cr_assert_advertises(&br, 0x00, 0x07, 0x70, 0x74, 0x15);
	cr_assert_not(oper(&br)->rr_active);
	cr_assert(oper(&br)->rr_requested);
	box_up(&st, &station_defaults);
	box_hear(&st, bridge_mac, span_of(br.sent[br.n_sent - 1].octets, br.sent[br.n_sent - 1].len));
	cr_assert_advertises(&st, 0x00, 0x04, 0x6e, 0xb4, 0x35);
	cr_assert_eq(oper(&st)->rrstat, EVB_RRSTAT_OFF);
	cr_assert_not(oper(&st)->rr_capable);
}

Test(evb_sm, EVB_06_station_withdraws_its_request)
{
	struct evb_cfg cfg = station_defaults;

	box_up(&br, &bridge_defaults);
	box_up(&st, &station_defaults);
	box_hear(&br, station_mac, lldpdu(frame_l1));
	box_hear(&st, bridge_mac, lldpdu(frame_l3));
	cfg.reflective_relay = false;
	st.now = br.now = at_ms(10000);
	box_evb(&st, &cfg);
	cr_assert_advertises(&st, 0x03, 0x01, 0x6e, 0xb4, 0x35);
	box_hear(&br, station_mac, span_of(st.sent[st.n_sent - 1].octets, st.sent[st.n_sent - 1].len));
	cr_assert_not(oper(&br)->rr_active);
	cr_assert_advertises(&br, 0x02, 0x01, 0x70, 0x74, 0x15);
}

Test(evb_sm, EVB_07_bridge_clears_rrcap)
{
	struct evb_cfg cfg = bridge_defaults;

	box_up(&br, &bridge_defaults);
	box_hear(&br, station_mac, lldpdu(frame_l1));
	cfg.reflective_relay = false;
	box_evb(&br, &cfg);
	cr_assert_not(oper(&br)->rr_active);
	cr_assert_advertises(&br, 0x00, 0x07, 0x70, 0x74, 0x15);
}

Test(evb_sm, EVB_08_larger_rte_wins_and_the_own_proposal_is_sent)
{
	box_up(&st, &station_defaults);
	box_hear_evb(&st, 0x02, 0x00, 3 << 5 | 16, 0x54, 0x14);
	cr_assert_eq(oper(&st)->rte, 16, "10 us * 2^16 = 655.36 ms");
	cr_assert_eq(st.sent[st.n_sent - 1].octets[28], 0x6e, "R 3, RTE 14 as configured");
	box_hear_evb(&st, 0x02, 0x00, 3 << 5 | 9, 0x54, 0x14);
	cr_assert_eq(oper(&st)->rte, 14, "smaller ones don't");
}

Test(evb_sm, EVB_09_larger_r_wins)
{
	box_up(&st, &station_defaults);
	box_hear_evb(&st, 0x02, 0x00, 7 << 5 | 14, 0x54, 0x14);
	cr_assert_eq(oper(&st)->retries, 7);
	box_hear_evb(&st, 0x02, 0x00, 1 << 5 | 14, 0x54, 0x14);
	cr_assert_eq(oper(&st)->retries, 3);
}

Test(evb_sm, EVB_10_larger_remote_rwd_wins_with_rol)
{
	box_up(&st, &station_defaults);
	box_hear_evb(&st, 0x02, 0x00, 0x6e, 0x40 | 21, 20);
	cr_assert_eq(oper(&st)->rwd, 21);
	cr_assert(oper(&st)->rol_rwd);
	cr_assert_advertises(&st, 0x02, 0x04, 0x6e, 0x80 | 0x20 | 21, 0x20 | 20);
}

Test(evb_sm, EVB_11_an_echo_of_our_old_value_is_no_proposal)
{
	box_up(&st, &station_defaults);
	box_hear_evb(&st, 0x02, 0x00, 0x6e, 0x40 | 21, 21);
	cr_assert_eq(oper(&st)->rka, 21);
	box_hear_evb(&st, 0x02, 0x00, 0x6e, 0x40 | 0x20 | 21, 0x20 | 21);
	cr_assert_eq(oper(&st)->rwd, 20);
	cr_assert_not(oper(&st)->rol_rwd);
	cr_assert_eq(oper(&st)->rka, 20);
	cr_assert_not(oper(&st)->rol_rka);
	cr_assert_advertises(&st, 0x02, 0x04, 0x6e, 0x80 | 20, 20);
}

Test(evb_sm, EVB_12_smaller_remote_rka_loses)
{
	box_up(&st, &station_defaults);
	box_hear_evb(&st, 0x02, 0x00, 0x6e, 0x54, 18);
	cr_assert_eq(oper(&st)->rka, 20);
	cr_assert_not(oper(&st)->rol_rka);
}

Test(evb_sm, EVB_13_group_ids_need_both_ends)
{
	struct evb_cfg cfg = bridge_defaults;

	cfg.group_ids = true;
	box_up(&br, &cfg);
	box_hear(&br, station_mac, lldpdu(frame_l1));
	cr_assert_not(oper(&br)->group_ids);
	cr_assert_advertises(&br, 0x07, 0x07, 0x70, 0x74, 0x15);
	box_up(&st, &station_defaults);
	box_hear_evb(&st, EVB_BGID, 0, 0x6e, 0x54, 0x14);
	cr_assert_not(oper(&st)->group_ids);
}

Test(evb_sm, EVB_14_group_ids_when_both_ends_have_them)
{
	struct evb_cfg cfg = bridge_defaults;

	cfg.group_ids = true;
	box_up(&br, &cfg);
	box_hear_evb(&br, 0, EVB_SGID | 0x07, 0x6e, 0x94, 0x14);
	cr_assert(oper(&br)->group_ids);
	cfg = station_defaults;
	cfg.group_ids = true;
	box_up(&st, &cfg);
	box_hear_evb(&st, EVB_BGID, 0, 0x6e, 0x54, 0x14);
	cr_assert(oper(&st)->group_ids);
	cr_assert_advertises(&st, EVB_BGID, 0x0c, 0x6e, 0xb4, 0x34);
}

static const uint8_t station_value[5] = { 0x00, 0x07, 0x6e, 0x94, 0x14 };

static struct span with_evb(struct text_pdu *p, size_t len)
{
	pdu_begin(p, 1, 120);
	pdu_evb(p, station_value, len);
	return pdu_end(p);
}

Test(evb_sm, EVB_15_a_short_tlv_is_dropped_and_counted_per_lldpdu)
{
	struct text_pdu p;

	box_up(&br, &bridge_defaults);
	for (unsigned i = 1; i <= 3; i++) {
		struct evb_heard t;
		unsigned n;

		box_hear(&br, peer_mac(1), with_evb(&p, EVB_TLV_LEN - 1));
		cr_assert_not(evb_from_agent(&br.agent, &t, &n));
		cr_assert_eq(n, 1);
		cr_assert_eq(br.agent.counters.tlvs_discarded, i, "per LLDPDU, not per look");
	}
	cr_assert_eq(oper(&br)->peer, EVB_PEER_NONE);
	cr_assert_not(br.evb.has_peer);
	cr_assert_eq(br.agent.counters.tlvs_unrecognized, 0);
}

Test(evb_sm, EVB_16_a_longer_tlv_uses_nine_octets)
{
	struct text_pdu p;

	box_up(&br, &bridge_defaults);
	box_hear(&br, station_mac, with_evb(&p, 12));
	cr_assert_last_sent(&br, frame_l3);
	cr_assert_eq(br.agent.counters.tlvs_discarded, 0);
}

Test(evb_sm, EVB_17_the_longest_tlv_uses_nine_octets)
{
	struct text_pdu p;

	box_up(&br, &bridge_defaults);
	box_hear(&br, station_mac, with_evb(&p, TLV_VALUE_MAX));
	cr_assert_last_sent(&br, frame_l3);
}

Test(evb_sm, EVB_18_of_two_tlvs_the_first_usable_one_counts)
{
	const uint8_t other[5] = { 0, 0, 0xff, 0x9f, 0x1f };
	struct text_pdu p;

	box_up(&br, &bridge_defaults);
	pdu_begin(&p, 1, 120);
	pdu_evb(&p, station_value, EVB_TLV_LEN);
	pdu_evb(&p, other, EVB_TLV_LEN);
	box_hear(&br, station_mac, pdu_end(&p));
	cr_assert_last_sent(&br, frame_l3);
	cr_assert_eq(br.agent.counters.tlvs_discarded, 1);
	pdu_begin(&p, 1, 120);
	pdu_evb(&p, other, EVB_TLV_LEN - 1);
	pdu_evb(&p, station_value, EVB_TLV_LEN);
	box_hear(&br, station_mac, pdu_end(&p));
	cr_assert_eq(oper(&br)->rte, 16, "a short one is as if absent");
	cr_assert(oper(&br)->rr_active);
	cr_assert_eq(br.agent.counters.tlvs_discarded, 2);
}

Test(evb_sm, EVB_19_modes_zero_and_three_are_no_evb)
{
	for (unsigned mode = 0; mode <= 3; mode += 3) {
		box_up(&br, &bridge_defaults);
		box_hear_evb(&br, 0x00, 0x07, 0xff, (uint8_t)(mode << 6 | 31), 31);
		cr_assert_eq(oper(&br)->peer, EVB_PEER_NOT_EVB);
		cr_assert_not(oper(&br)->rr_active || oper(&br)->rr_requested || oper(&br)->is_ready);
		cr_assert_local_values(&br);
		cr_assert(br.evb.has_peer, "kept for display");
		cr_assert_last_sent(&br, frame_l2);
	}
}

Test(evb_sm, EVB_20_equal_modes_are_a_role_conflict)
{
	box_up(&br, &bridge_defaults);
	box_hear(&br, peer_mac(1), lldpdu(frame_l3));
	cr_assert_eq(oper(&br)->peer, EVB_PEER_ROLE_CONFLICT);
	cr_assert_not(oper(&br)->rr_active || oper(&br)->is_ready);
	box_up(&st, &station_defaults);
	box_hear_evb(&st, 0x03, 0x07, 0xff, 0x9f, 0x1f);
	cr_assert_eq(oper(&st)->peer, EVB_PEER_ROLE_CONFLICT);
	cr_assert_eq(oper(&st)->rrstat, EVB_RRSTAT_UNKNOWN, "RRCTR of a station is ignored");
	cr_assert_local_values(&st);
	cr_assert_last_sent(&st, frame_l1);
}

Test(evb_sm, EVB_21_reserved_bits_have_no_effect_and_are_not_echoed)
{
	box_up(&br, &bridge_defaults);
	box_hear_evb(&br, 0xf8, 0xf0 | 0x07, 0x6e, 0x94, 0xc0 | 0x14);
	cr_assert_last_sent(&br, frame_l3);
	box_up(&st, &station_defaults);
	box_hear_evb(&st, 0xf8 | 0x03, 0xf0, 0x70, 0x74, 0xc0 | 0x15);
	cr_assert_last_sent(&st, frame_l4);
}

Test(evb_sm, EVB_22_reserved_rrstat_is_unknown)
{
	box_up(&br, &bridge_defaults);
	box_hear_evb(&br, 0x00, EVB_RRREQ | EVB_RRSTAT_RESERVED, 0x6e, 0x94, 0x14);
	cr_assert_eq(oper(&br)->rrstat, EVB_RRSTAT_UNKNOWN);
	cr_assert(oper(&br)->rr_active);
	box_hear_evb(&br, 0x00, EVB_RRREQ | EVB_RRSTAT_ON, 0x6e, 0x94, 0x14);
	cr_assert_eq(oper(&br)->rrstat, EVB_RRSTAT_ON);
}

Test(evb_sm, EVB_23_a_vanished_tlv_forgets_the_peer)
{
	struct text_pdu p;

	box_up(&br, &bridge_defaults);
	box_hear_evb(&br, 0x00, 0x07, 0xff, 0x9f, 0x1f);
	cr_assert_eq(oper(&br)->rwd, 31);
	pdu_begin(&p, 1, 120);
	box_hear(&br, peer_mac(1), pdu_end(&p));
	cr_assert_eq(oper(&br)->peer, EVB_PEER_NONE);
	cr_assert_not(oper(&br)->rr_active || oper(&br)->is_ready);
	cr_assert_local_values(&br);
	cr_assert_last_sent(&br, frame_l2);
	box_up(&st, &station_defaults);
	box_hear(&st, bridge_mac, lldpdu(frame_l3));
	box_hear(&st, bridge_mac, lldpdu(frame_l2)); /* RR off */
	cr_assert_eq(oper(&st)->rrstat, EVB_RRSTAT_OFF);
	box_link(&st, false);
	cr_assert_eq(oper(&st)->rrstat, EVB_RRSTAT_UNKNOWN);
}

Test(evb_sm, EVB_24_manual_mode_uses_local_values)
{
	struct evb_cfg cfg = bridge_defaults;

	cfg.is_manual = true;
	box_up(&br, &cfg);
	cr_assert(oper(&br)->is_ready, "without any peer");
	cr_assert(oper(&br)->rr_active, "the administrator said so");
	box_hear_evb(&br, 0x00, 0x03, 0xff, 0x9f, 0x1f);
	cr_assert_local_values(&br);
	cr_assert(oper(&br)->rr_active);
	cr_assert_eq(oper(&br)->peer, EVB_PEER_OK, "still shown");
	cr_assert_advertises(&br, 0x03, 0x03, 0x70, 0x54, 0x15);
	cfg = station_defaults;
	cfg.is_manual = true;
	box_up(&st, &cfg);
	box_hear(&st, bridge_mac, lldpdu(frame_l2));
	cr_assert_local_values(&st);
	cr_assert_eq(oper(&st)->rrstat, EVB_RRSTAT_ON);
	cfg.reflective_relay = false;
	box_evb(&st, &cfg);
	cr_assert_eq(oper(&st)->rrstat, EVB_RRSTAT_OFF);
}

Test(evb_sm, EVB_25_disabled_sends_nothing_and_hears_nothing)
{
	const struct lldp_known known = EVB_TLV_KNOWN;
	struct evb_cfg cfg = bridge_defaults;
	struct lldp_decode_notes notes;
	struct lldp_pdu pdu;
	struct span value;

	box_up(&br, &bridge_defaults);
	box_hear(&br, station_mac, lldpdu(frame_l1));
	cfg.is_enabled = false;
	cfg.is_manual = true;
	box_evb(&br, &cfg);
	cr_assert_eq(lldp_pdu_decode(span_of(br.sent[br.n_sent - 1].octets, br.sent[br.n_sent - 1].len), &pdu,
			     &notes),
		LLDP_OK);
	cr_assert_not(lldp_pdu_find_org(&pdu, &known, &value));
	cr_assert_eq(oper(&br)->peer, EVB_PEER_NONE);
	cr_assert_not(oper(&br)->rr_active || oper(&br)->is_ready || oper(&br)->rr_requested);
	cr_assert_local_values(&br);
	br.now = at_ms(5000);
	box_evb(&br, &bridge_defaults);
	cr_assert_last_sent(&br, frame_l3);
}

Test(evb_sm, EVB_26_zero_everywhere_is_legal_and_sleeps)
{
	struct evb_cfg cfg = bridge_defaults;

	cfg.retries = cfg.rte = cfg.rwd = cfg.rka = 0;
	box_up(&br, &cfg);
	box_hear_evb(&br, 0x00, 0x07, 0x00, 0x80, 0x00);
	cr_assert_eq(oper(&br)->retries | oper(&br)->rte | oper(&br)->rwd | oper(&br)->rka, 0);
	cr_assert(mono_is_never(evb_sm_deadline(&br.evb)));
	box_run(&br, at_ms(100000));
	cr_assert_leq(br.n_woken, 7);
}

/* lldpad's own test vectors: station with RTE, RWD and RKA 8 that wants reflective relay. */
Test(evb_sm, lldpad_vectors)
{
	struct evb_cfg cfg = station_defaults;

	cfg.rte = cfg.rwd = cfg.rka = 8;
	box_up(&st, &cfg);
	box_hear_evb(&st, 0x02, 0x00, 0x00, 0x40, 0x00);
	cr_assert_advertises(&st, 0x02, 0x04, 0x68, 0x88, 0x08);
	box_hear_evb(&st, 0x03, 0x04, 0x00, 0x40, 0x00);
	cr_assert_advertises(&st, 0x03, 0x05, 0x68, 0x88, 0x08);
	box_hear_evb(&st, 0x00, 0x00, 0x00, 0x40, 0x00);
	cr_assert_advertises(&st, 0x00, 0x04, 0x68, 0x88, 0x08);
}

Test(evb_sm, station_believes_rrctr_without_rrcap)
{
	box_up(&st, &station_defaults);
	box_hear_evb(&st, EVB_RRCTR, 0x00, 0x6e, 0x54, 0x14);
	cr_assert(oper(&st)->rr_active);
	cr_assert(oper(&st)->rr_capable);
}

/* Two boxes on a wire: they converge within a second and then only repeat themselves. */
static void wire(struct box *a, struct mac a_mac, struct box *b, struct mac b_mac, struct mono until)
{
	unsigned seen_a = 0, seen_b = 0;

	while (mono_before(a->now, until)) {
		struct mono next = mono_add(a->now, dur_ms(50));

		for (; seen_a < a->n_sent; seen_a++)
			box_hear(b, a_mac, span_of(a->sent[seen_a].octets, a->sent[seen_a].len));
		for (; seen_b < b->n_sent; seen_b++)
			box_hear(a, b_mac, span_of(b->sent[seen_b].octets, b->sent[seen_b].len));
		box_run(a, next);
		box_run(b, next);
	}
}

Test(evb_sm, two_ends_converge_within_a_second_and_stay)
{
	box_up(&st, &station_defaults);
	box_up(&br, &bridge_defaults);
	wire(&st, station_mac, &br, bridge_mac, at_ms(1000));
	cr_assert(oper(&st)->rr_active && oper(&br)->rr_active);
	cr_assert_eq(oper(&st)->rwd, oper(&br)->rwd);
	cr_assert_eq(oper(&st)->rka, oper(&br)->rka);
	cr_assert_eq(oper(&st)->rte, oper(&br)->rte);
	wire(&st, station_mac, &br, bridge_mac, at_ms(95000));
	cr_assert_eq(box_sent_between(&st, at_ms(4500), at_ms(95000)), 3, "periodic ones only");
	cr_assert_last_sent(&st, frame_l4);
	cr_assert_advertises(&br, 0x03, 0x05, 0x70, 0x74, 0x15);
}

/* The latch problem of 3.3: after an administrator lowers the larger value both ends come down. */
Test(evb_sm, a_lowered_maximum_comes_down_at_both_ends)
{
	struct evb_cfg cfg = bridge_defaults;

	cfg.rwd = 25;
	cfg.rka = 25;
	box_up(&st, &station_defaults);
	box_up(&br, &cfg);
	wire(&st, station_mac, &br, bridge_mac, at_ms(5000));
	cr_assert_eq(oper(&st)->rwd, 25);
	cfg.rwd = 15;
	cfg.rka = 22;
	st.n_sent = br.n_sent = 0;
	box_evb(&br, &cfg);
	wire(&st, station_mac, &br, bridge_mac, at_ms(10000));
	cr_assert_eq(oper(&st)->rwd, 20);
	cr_assert_eq(oper(&br)->rwd, 20);
	cr_assert_eq(oper(&st)->rka, 22);
	cr_assert_eq(oper(&br)->rka, 22);
	cr_assert(oper(&br)->rol_rwd && !oper(&br)->rol_rka);
}

Test(evb_sm, rr_alarm_after_three_intervals_without_rrctr)
{
	struct evb_cfg cfg = station_defaults;

	box_up(&st, &station_defaults);
	box_run(&st, at_ms(89999));
	cr_assert_not(oper(&st)->rr_alarm);
	box_run(&st, at_ms(90000));
	cr_assert(oper(&st)->rr_alarm);
	cr_assert(mono_is_never(evb_sm_deadline(&st.evb)));
	box_hear(&st, bridge_mac, lldpdu(frame_l3));
	cr_assert_not(oper(&st)->rr_alarm, "granted");
	box_run(&st, at_ms(100000));
	box_hear(&st, bridge_mac, lldpdu(frame_l2));
	cr_assert_eq(evb_sm_deadline(&st.evb).ns, at_ms(190000).ns, "taken away: waits anew");
	box_run(&st, at_ms(110000));
	box_hear_evb(&st, 0x02, 0, 0x6e, 0x54, 0x14);
	cr_assert_eq(evb_sm_deadline(&st.evb).ns, at_ms(190000).ns, "other changes don't postpone it");
	cfg.rr_alarm = dur_s(10);
	box_evb(&st, &cfg);
	cr_assert_eq(evb_sm_deadline(&st.evb).ns, at_ms(120000).ns, "a new time counts at once");
	cfg.reflective_relay = false;
	box_evb(&st, &cfg);
	cr_assert(mono_is_never(evb_sm_deadline(&st.evb)), "not asked for: nothing is missing");
}

Test(evb_sm, bpdu_stops_reflection_until_the_neighbour_changes)
{
	struct evb_cfg off = bridge_defaults;

	off.reflective_relay = false;
	box_up(&br, &bridge_defaults);
	box_hear(&br, station_mac, lldpdu(frame_l1));
	br.now = at_ms(10000);
	evb_sm_on_bpdu(&br.evb, br.now);
	box_settle(&br);
	cr_assert_not(oper(&br)->rr_active);
	cr_assert(oper(&br)->rr_blocked);
	cr_assert_advertises(&br, 0x02, 0x07, 0x70, 0x74, 0x15);
	box_hear(&br, station_mac, lldpdu(frame_l4));
	cr_assert_not(oper(&br)->rr_active, "the station's answer is no new neighbour");
	box_hear(&br, station_mac, lldpdu(frame_s1));
	cr_assert_not(oper(&br)->rr_blocked);
	box_hear(&br, station_mac, lldpdu(frame_l1));
	cr_assert(oper(&br)->rr_active);
	evb_sm_on_bpdu(&br.evb, br.now);
	box_evb(&br, &off);
	box_evb(&br, &bridge_defaults);
	cr_assert(oper(&br)->rr_active, "the administrator may clear it");
}

Test(evb_sm, bpdu_means_nothing_without_an_evb_peer_or_to_a_station)
{
	box_up(&br, &bridge_defaults);
	evb_sm_on_bpdu(&br.evb, br.now);
	cr_assert_not(oper(&br)->rr_blocked);
	box_up(&st, &station_defaults);
	box_hear(&st, bridge_mac, lldpdu(frame_l3));
	evb_sm_on_bpdu(&st.evb, st.now);
	cr_assert(oper(&st)->rr_active && !oper(&st)->rr_blocked);
}

Test(evb_sm, manual_reflection_stops_for_a_bpdu_and_for_a_second_neighbour)
{
	struct evb_cfg cfg = bridge_defaults;
	struct text_pdu p;

	cfg.is_manual = true;
	box_up(&br, &cfg);
	evb_sm_on_bpdu(&br.evb, br.now);
	cr_assert_not(oper(&br)->rr_active);
	box_hear(&br, station_mac, lldpdu(frame_l1));
	cr_assert(oper(&br)->rr_active);
	pdu_begin(&p, 9, 120);
	box_hear(&br, peer_mac(9), pdu_end(&p));
	cr_assert_not(oper(&br)->rr_active);
	cr_assert(oper(&br)->is_ready);
}

Test(evb_sm, every_peer_state_has_a_name)
{
	for (int p = EVB_PEER_NONE; p <= EVB_PEER_MANY; p++)
		cr_assert_str_neq(evb_peer_name((enum evb_peer)p), "unknown");
	cr_assert_str_eq(evb_peer_name((enum evb_peer)99), "unknown");
}
