/* CDCP through a real LLDP agent: the requirements CDCP-01 to CDCP-15 of evb-reference 10, and what 4.2 to 4.4 say
 * beyond them. CDCP-16 to CDCP-19 are about frames of the data plane. */
#include "cdcp_rig.h"

static struct uap st, br;

/* A station that has channels 2 and 3 as C2 gives them. */
static void station_running(void)
{
	uap_up(&st, &uap_station, 2);
	uap_hear(&st, BRIDGE_WORD, PAIR(1, 1), PAIR(2, 100), PAIR(3, 101));
	cr_assert_eq(st.n_caps, 2);
}

/* A bridge whose station has channels 2 and 3. */
static void bridge_running(void)
{
	uap_up(&br, &uap_bridge, 0);
	uap_hear(&br, STATION_WORD, PAIR(1, 1), PAIR(2, 0), PAIR(3, 0));
	cr_assert_eq(br.cap[2], 100);
	cr_assert_eq(br.cap[3], 101);
}

Test(cdcp_sm, CDCP_01_station_that_wants_2_and_3_sends_c1)
{
	uap_up(&st, &uap_station, 2);
	cr_assert_sends(&st, frame_c1);
	cr_assert_eq(st.sm.state, CDCP_WAIT_PEER);
	cr_assert_eq(st.n_changes, 0);
	cr_assert_eq(cdcp_sm_svid(&st.sm, 1), 1, "the default channel is there");
	cr_assert_why(&st, 2, "no CDCP heard from the bridge");
	cr_assert_why(&st, 4096 + 2, "");
}

Test(cdcp_sm, CDCP_02_bridge_answers_c1_with_c2_at_once)
{
	uap_up(&br, &uap_bridge, 0);
	cr_assert_says(&br, PAIR(1, 1));
	uap_hear_pdu(&br, station_mac, lldpdu(frame_c1));
	cr_assert_sends(&br, frame_c2);
	cr_assert_eq(br.sent[0].at.ns, br.now.ns);
	cr_assert_eq(br.cap[2], 100);
	cr_assert_eq(br.cap[3], 101);
	cr_assert_eq(br.sm.state, CDCP_RUNNING);
	cr_assert_eq(br.sm.oper_chn_cap, 64, "min of 64 and 167");
}

Test(cdcp_sm, CDCP_03_station_confirms_c2_with_c3)
{
	uap_up(&st, &uap_station, 2);
	uap_hear_pdu(&st, bridge_mac, lldpdu(frame_c2));
	cr_assert_sends(&st, frame_c3);
	cr_assert_eq(st.cap[2], 100);
	cr_assert_eq(st.cap[3], 101);
	cr_assert_eq(st.sm.state, CDCP_RUNNING);
	cr_assert_eq(st.sm.oper_chn_cap, 64);
	cr_assert_eq(cdcp_sm_next_channel(&st.sm, 0), 1);
	cr_assert_eq(cdcp_sm_next_channel(&st.sm, 1), 2);
	cr_assert_eq(cdcp_sm_next_channel(&st.sm, 3), 0);
}

Test(cdcp_sm, CDCP_04_a_station_that_restarts_gets_the_same_svids)
{
	uap_up(&br, &uap_bridge, 0);
	uap_hear_pdu(&br, station_mac, lldpdu(frame_c1));
	uap_hear_pdu(&br, station_mac, lldpdu(frame_c3));
	uap_hear_pdu(&br, station_mac, lldpdu(frame_c1));
	cr_assert_says(&br, PAIR(1, 1), PAIR(2, 100), PAIR(3, 101));
	cr_assert_eq(br.n_changes, 2, "and its CAPs were not touched");
}

/* From nothing heard to asked again: the bridge has torn down, but knows. */
Test(cdcp_sm, CDCP_04_a_station_that_was_long_away_gets_the_same_svids)
{
	bridge_running();
	uap_hear_shutdown(&br);
	uap_sleep(&br, 60000);
	cr_assert_eq(br.n_caps, 0);
	uap_hear(&br, STATION_WORD, PAIR(1, 1), PAIR(3, 0), PAIR(2, 0));
	cr_assert_eq(br.cap[2], 100);
	cr_assert_eq(br.cap[3], 101);
}

Test(cdcp_sm, an_assigned_svid_is_answered_whatever_the_station_names)
{
	bridge_running();
	uap_hear(&br, STATION_WORD, PAIR(1, 1), PAIR(2, 500), PAIR(3, 100));
	cr_assert_says(&br, PAIR(1, 1), PAIR(2, 100), PAIR(3, 101));
	cr_assert_eq(br.n_changes, 2);
}

Test(cdcp_sm, CDCP_05_an_scid_that_the_station_omits_is_removed_at_once)
{
	station_running();
	uap_want(&st, 1);
	cr_assert_says(&st, PAIR(1, 1), PAIR(2, 100));
	cr_assert_eq(st.n_caps, 1);
	bridge_running();
	uap_hear(&br, STATION_WORD, PAIR(1, 1), PAIR(2, 100));
	cr_assert_says(&br, PAIR(1, 1), PAIR(2, 100));
	cr_assert_eq(br.cap[3], 0);
	cr_assert_eq(br.pool.svid[0].prev, 101, "free again, and the last to be given");
}

Test(cdcp_sm, CDCP_05_the_freed_svid_is_for_no_other_scid_at_first)
{
	const struct cdcp_cfg three = bridge_with(64, 100, 102);

	uap_up(&br, &three, 0);
	uap_hear(&br, STATION_WORD, PAIR(1, 1), PAIR(2, 0), PAIR(3, 0));
	uap_hear(&br, STATION_WORD, PAIR(1, 1), PAIR(3, 101));
	uap_sleep(&br, 9999);
	uap_hear(&br, STATION_WORD, PAIR(1, 1), PAIR(3, 101), PAIR(4, 100));
	cr_assert_eq(br.cap[4], 102, "100 was channel 2's less than 10 s ago");
	uap_hear(&br, STATION_WORD, PAIR(1, 1), PAIR(3, 101), PAIR(4, 102), PAIR(5, 0));
	cr_assert_eq(br.cap[5], 100, "nothing else is free");
}

Test(cdcp_sm, CDCP_05_its_own_scid_may_have_the_freed_svid_back)
{
	bridge_running();
	uap_hear(&br, STATION_WORD, PAIR(1, 1), PAIR(3, 101));
	uap_hear(&br, STATION_WORD, PAIR(1, 1), PAIR(2, 100), PAIR(3, 101));
	cr_assert_eq(br.cap[2], 100);
	uap_hear(&br, STATION_WORD, PAIR(1, 1), PAIR(3, 101));
	uap_sleep(&br, 10000);
	uap_hear(&br, STATION_WORD, PAIR(1, 1), PAIR(3, 101), PAIR(4, 100));
	cr_assert_eq(br.cap[4], 100, "and after 10 s another one may");
}

Test(cdcp_sm, CDCP_06_an_empty_pool_is_answered_with_svid_0)
{
	const struct cdcp_cfg one = bridge_with(64, 100, 100);

	uap_up(&br, &one, 0);
	uap_hear_pdu(&br, station_mac, lldpdu(frame_c1));
	cr_assert_says(&br, PAIR(1, 1), PAIR(2, 100), PAIR(3, 0));
	cr_assert_eq(br.n_caps, 1);
	cr_assert_eq(br.sm.n.pool_empty, 1);
	cr_assert_why(&br, 3, "no SVID is free");
	cr_assert_why(&br, 4, "");
	uap_up(&st, &uap_station, 2);
	uap_hear_pdu(&st, bridge_mac, span_of(br.sent[0].octets, br.sent[0].len));
	cr_assert_says(&st, PAIR(1, 1), PAIR(2, 100), PAIR(3, 0));
	cr_assert_eq(st.n_caps, 1);
	cr_assert_why(&st, 3, "the bridge gave no SVID");
	cr_assert_why(&st, 2, "");
}

Test(cdcp_sm, CDCP_06_nobody_waits_for_an_svid_when_the_station_is_gone)
{
	const struct cdcp_cfg one = bridge_with(64, 100, 100);

	uap_up(&br, &one, 0);
	uap_hear(&br, STATION_WORD, PAIR(1, 1), PAIR(2, 0), PAIR(3, 0));
	uap_hear_shutdown(&br);
	uap_sleep(&br, 3000);
	cr_assert_why(&br, 3, "");
}

/* evb-reference 12: the other way to refuse. */
Test(cdcp_sm, CDCP_06_a_pair_left_out_is_a_refusal_too)
{
	station_running();
	uap_hear(&st, BRIDGE_WORD, PAIR(1, 1), PAIR(3, 101));
	cr_assert_eq(st.cap[2], 0);
	cr_assert_says(&st, PAIR(1, 1), PAIR(2, 0), PAIR(3, 101));
	cr_assert_why(&st, 2, "not in the bridge's list");
}

Test(cdcp_sm, CDCP_06_what_becomes_free_is_given_to_who_waits)
{
	struct cdcp_cfg one = bridge_with(64, 100, 100);

	uap_up(&br, &one, 0);
	uap_hear(&br, STATION_WORD, PAIR(1, 1), PAIR(2, 0), PAIR(3, 0));
	uap_hear(&br, STATION_WORD, PAIR(1, 1), PAIR(3, 0));
	cr_assert_eq(br.cap[3], 100);
	uap_hear(&br, STATION_WORD, PAIR(1, 1), PAIR(3, 0), PAIR(2, 0));
	cr_assert_eq(br.cap[2], 0);
	one.svid_high = 101;
	uap_cfg(&br, &one);
	cr_assert_eq(br.cap[2], 101);
}

Test(cdcp_sm, CDCP_07_a_bridge_of_two_channels_gives_the_default_one_and_one_more)
{
	const struct cdcp_cfg two = bridge_with(2, 100, 4094);

	uap_up(&br, &two, 0);
	uap_hear_pdu(&br, station_mac, lldpdu(frame_c1));
	cr_assert_says(&br, PAIR(1, 1), PAIR(2, 100));
	cr_assert_eq(br.n_caps, 1);
	cr_assert_eq(br.sm.n.pairs_over_cap, 1);
	uap_up(&st, &uap_station, 2);
	uap_hear_pdu(&st, bridge_mac, span_of(br.sent[0].octets, br.sent[0].len));
	cr_assert_eq(st.sm.oper_chn_cap, 2);
	cr_assert_says(&st, PAIR(1, 1), PAIR(2, 100));
	cr_assert_eq(st.n_caps, 1);
	cr_assert_why(&st, 3, "more than the bridge's 2 channels");
}

Test(cdcp_sm, CDCP_07_list_order_decides_at_the_bridge_and_numbers_at_the_station)
{
	const struct cdcp_cfg three = bridge_with(3, 100, 4094);
	struct cdcp_cfg own = uap_station;

	uap_up(&br, &three, 0);
	uap_hear(&br, STATION_WORD, PAIR(1, 1), PAIR(9, 0), PAIR(4095, 0), PAIR(5, 0), PAIR(4, 0));
	cr_assert_says(&br, PAIR(1, 1), PAIR(5, 101), PAIR(9, 100));
	own.chn_cap = 2;
	uap_up(&st, &own, 2);
	cr_assert_says(&st, PAIR(1, 1), PAIR(2, 0));
	cr_assert_why(&st, 3, "more than our own 2 channels");
	uap_hear(&st, BRIDGE_WORD, PAIR(1, 1), PAIR(7, 9), PAIR(2, 100));
	cr_assert_eq(st.n_caps, 0, "only the first ChnCap pairs are looked at");
	cr_assert_eq(st.sm.n.pairs_over_cap, 1);
}

Test(cdcp_sm, CDCP_07_a_smaller_cap_takes_channels_away)
{
	struct cdcp_cfg cfg = uap_station;

	station_running();
	cfg.chn_cap = 2;
	uap_cfg(&st, &cfg);
	cr_assert_eq(st.cap[3], 0);
	cr_assert_eq(st.cap[2], 100);
	bridge_running();
	uap_hear(&br, 0x88000001, PAIR(1, 1), PAIR(2, 100), PAIR(3, 101));
	cr_assert_eq(br.n_caps, 0);
	cr_assert_says(&br, PAIR(1, 1));
	cr_assert_eq(br.sm.oper_chn_cap, 1);
}

/* The bridge is new, and has room for the first of the station's channels only. */
Test(cdcp_sm, CDCP_07_an_svid_of_a_pair_without_a_place_is_given_to_no_other_scid)
{
	const struct cdcp_cfg two = bridge_with(2, 100, 4094), one_svid = bridge_with(2, 100, 100);

	uap_up(&br, &two, 0);
	uap_hear(&br, STATION_WORD, PAIR(1, 1), PAIR(2, 0), PAIR(4, 100));
	cr_assert_says(&br, PAIR(1, 1), PAIR(2, 101));
	uap_up(&br, &one_svid, 0);
	uap_hear(&br, STATION_WORD, PAIR(1, 1), PAIR(2, 0), PAIR(4, 100));
	cr_assert_says(&br, PAIR(1, 1), PAIR(2, 0));
	uap_hear(&br, STATION_WORD, PAIR(1, 1), PAIR(2, 0), PAIR(4, 0)); /* it has torn it down */
	cr_assert_says(&br, PAIR(1, 1), PAIR(2, 100));
}

Test(cdcp_sm, CDCP_08_without_scomp_only_the_default_channel)
{
	uap_up(&st, &uap_station, 2);
	uap_hear(&st, 0x00000040, PAIR(1, 1), PAIR(2, 100));
	cr_assert_eq(st.sm.state, CDCP_WAIT_PEER);
	cr_assert_eq(st.sm.peer_is, CDCP_PEER_NO_SCOMP);
	cr_assert_eq(st.n_changes, 0);
	cr_assert_why(&st, 2, "the bridge can't do S-channels");
	bridge_running();
	uap_hear(&br, 0x80000040, PAIR(1, 1), PAIR(2, 100), PAIR(3, 101));
	cr_assert_eq(br.n_caps, 0, "at once");
	cr_assert_says(&br, PAIR(1, 1));
	uap_hear(&br, STATION_WORD, PAIR(1, 1), PAIR(3, 0), PAIR(2, 0));
	cr_assert_eq(br.cap[3], 101);
}

Test(cdcp_sm, CDCP_09_the_same_role_does_not_run)
{
	station_running();
	uap_hear(&st, STATION_WORD, PAIR(1, 1), PAIR(2, 100), PAIR(3, 101));
	cr_assert_neq(st.sm.state, CDCP_RUNNING);
	cr_assert_eq(st.sm.peer_is, CDCP_PEER_ROLE_CONFLICT);
	cr_assert_eq(st.n_caps, 0, "at once");
	uap_hear(&st, STATION_WORD, PAIR(1, 1));
	cr_assert_eq(st.sm.n.role_conflicts, 1, "once");
	cr_assert_why(&st, 2, "the other end is a station too");
	bridge_running();
	uap_hear(&br, BRIDGE_WORD, PAIR(1, 1), PAIR(2, 100), PAIR(3, 101));
	cr_assert_eq(br.n_caps, 0);
	cr_assert(br.sm.has_peer, "kept for display");
	cr_assert_eq(br.sm.oper_chn_cap, 64);
}

Test(cdcp_sm, CDCP_10_a_tlv_of_wrong_length_is_dropped_and_the_state_kept)
{
	const size_t lengths[] = { 12, 4, 10, 13, 16 };
	const uint32_t pairs[] = { PAIR(1, 1), PAIR(2, 200), PAIR(3, 201) };

	station_running();
	for (unsigned i = 0; i < 5; i++) {
		uap_hear_raw(&st, BRIDGE_WORD, pairs, 3, lengths[i]);
		cr_assert_eq(st.agent.counters.tlvs_discarded, i + 1);
		uap_sleep(&st, 20000);
		cr_assert_eq(st.sm.state, CDCP_RUNNING);
		cr_assert_eq(st.n_changes, 2);
	}
	uap_hear_raw(&st, BRIDGE_WORD, pairs, 3, 0);
	cr_assert_eq(st.cap[2], 200);
	cr_assert_eq(st.agent.counters.tlvs_discarded, 5);
}

Test(cdcp_sm, the_first_of_two_tlvs_is_kept)
{
	const uint8_t first[] = { 0, 0x80, 0xc2, 0x0e, 8, 0, 0, 64, 0, 0x20, 0x64 };
	const uint8_t second[] = { 0, 0x80, 0xc2, 0x0e, 8, 0, 0, 64, 0, 0x20, 0x65 };
	struct text_pdu p;

	uap_up(&st, &uap_station, 1);
	pdu_begin(&p, HEARD_ID, 121);
	tlv_put(&p.w, TLV_ORG, span_of(first, sizeof(first)));
	tlv_put(&p.w, TLV_ORG, span_of(second, sizeof(second)));
	uap_hear_pdu(&st, peer_mac(HEARD_ID), pdu_end(&p));
	cr_assert_eq(st.cap[2], 100);
	cr_assert_eq(st.agent.counters.tlvs_discarded, 1);
}

Test(cdcp_sm, CDCP_11_a_bridge_serves_167_channels)
{
	const struct cdcp_cfg all = bridge_with(167, 2, 4094);
	uint32_t pairs[CDCP_PAIRS_MAX];

	for (unsigned i = 0; i < CDCP_PAIRS_MAX; i++)
		pairs[i] = i == 0 ? PAIR(1, 1) : PAIR(CDCP_ID_MAX + 1 - i, 0);
	uap_up(&br, &all, 0);
	uap_hear_raw(&br, STATION_WORD, pairs, CDCP_PAIRS_MAX, 0);
	cr_assert_eq(br.n_caps, 166);
	cr_assert_eq(uap_says(&br).n_pairs, 167);
	for (unsigned i = 1; i < CDCP_PAIRS_MAX; i++)
		cr_assert_eq(br.cap[CDCP_ID_MAX + 1 - i], 1 + i, "in the order of the list");
	cr_assert_gt(br.sent[0].len, 509);
}

Test(cdcp_sm, CDCP_12_bad_pairs_neither_serve_nor_disturb)
{
	uap_up(&st, &uap_station, 3);
	uap_hear(&st, BRIDGE_WORD, PAIR(1, 1), PAIR(0, 99), PAIR(2, 4095), PAIR(2, 100), PAIR(2, 101),
		PAIR(3, 100), PAIR(4, 102));
	cr_assert_eq(st.cap[2], 100);
	cr_assert_eq(st.cap[3], 0, "100 is channel 2's");
	cr_assert_eq(st.cap[4], 102);
	cr_assert_eq(st.sm.n.pairs_bad, 4);
	uap_up(&br, &uap_bridge, 0);
	uap_hear(&br, STATION_WORD, PAIR(1, 1), PAIR(2, 200), PAIR(3, 200));
	cr_assert_says(&br, PAIR(1, 1), PAIR(2, 200), PAIR(3, 100));
}

Test(cdcp_sm, CDCP_13_svid_1_is_for_the_default_channel_only)
{
	uap_up(&st, &uap_station, 4);
	uap_hear(&st, BRIDGE_WORD, PAIR(1, 5), PAIR(5, 1), PAIR(2, 100));
	cr_assert_eq(st.n_caps, 1);
	cr_assert_eq(cdcp_sm_svid(&st.sm, 1), 1);
	uap_up(&br, &uap_bridge, 0);
	uap_hear(&br, STATION_WORD, PAIR(1, 5), PAIR(5, 1), PAIR(2, 0));
	cr_assert_says(&br, PAIR(1, 1), PAIR(2, 100));
}

Test(cdcp_sm, a_pair_the_station_never_asked_for_is_ignored)
{
	station_running();
	uap_hear(&st, BRIDGE_WORD, PAIR(1, 1), PAIR(2, 100), PAIR(3, 101), PAIR(4, 102));
	cr_assert_eq(st.n_changes, 2);
	cr_assert_eq(cdcp_sm_svid(&st.sm, 4), 0);
	cr_assert_eq(cdcp_sm_why(&st.sm, 4), CDCP_WHY_NONE);
}

Test(cdcp_sm, CDCP_14_a_channel_whose_svid_changes_is_rebuilt)
{
	struct cdcp_change c;

	station_running();
	uap_hear(&st, BRIDGE_WORD, PAIR(1, 1), PAIR(2, 200), PAIR(3, 101));
	cr_assert_eq(st.n_changes, 4, "channel 3 is not touched");
	cr_assert_eq(st.cap[2], 200);
	cr_assert_says(&st, PAIR(1, 1), PAIR(2, 200), PAIR(3, 101));
	cr_assert_not(cdcp_sm_next_change(&st.sm, &c));
}

/* Two channels swap their SVIDs: the rig fails if one is set up before the other is gone. */
Test(cdcp_sm, CDCP_14_tear_downs_come_first)
{
	station_running();
	uap_hear(&st, BRIDGE_WORD, PAIR(1, 1), PAIR(2, 101), PAIR(3, 100));
	cr_assert_eq(st.n_changes, 6);
	cr_assert_eq(st.cap[2], 101);
	cr_assert_eq(st.cap[3], 100);
}

Test(cdcp_sm, CDCP_15_channels_outlive_an_aged_out_tlv_by_3_s)
{
	bridge_running();
	uap_sleep(&br, 120999);
	cr_assert_eq(br.sm.state, CDCP_RUNNING);
	uap_sleep(&br, 1);
	cr_assert_eq(br.agent.counters.ageouts, 1);
	cr_assert_eq(br.sm.state, CDCP_HOLDING);
	cr_assert_says(&br, PAIR(1, 1), PAIR(2, 100), PAIR(3, 101));
	uap_sleep(&br, 2999);
	cr_assert_eq(br.n_caps, 2);
	uap_sleep(&br, 1);
	cr_assert_eq(br.n_caps, 0);
	cr_assert_eq(br.sm.state, CDCP_WAIT_PEER);
	cr_assert_eq(br.sm.n.hold_expiries, 1);
	cr_assert_says(&br, PAIR(1, 1));
	cr_assert_eq(cdcp_sm_svid(&br.sm, 1), 1);
	cr_assert(mono_is_never(cdcp_sm_deadline(&br.sm)), "waits for as long as it takes");
}

Test(cdcp_sm, CDCP_15_a_station_holds_after_a_shutdown_and_asks_with_what_it_knows)
{
	station_running();
	uap_hear_shutdown(&st);
	cr_assert_eq(st.sm.state, CDCP_HOLDING);
	uap_sleep(&st, 3000);
	cr_assert_eq(st.n_caps, 0);
	cr_assert_says(&st, PAIR(1, 1), PAIR(2, 100), PAIR(3, 101));
}

Test(cdcp_sm, CDCP_15_a_tlv_that_is_back_in_time_touches_nothing)
{
	struct text_pdu p;

	station_running();
	pdu_begin(&p, HEARD_ID, 121);
	uap_hear_pdu(&st, peer_mac(HEARD_ID), pdu_end(&p)); /* the TLV is gone, the neighbour is not */
	cr_assert_eq(st.sm.state, CDCP_HOLDING);
	uap_sleep(&st, 2999);
	uap_hear(&st, BRIDGE_WORD, PAIR(1, 1), PAIR(2, 100), PAIR(3, 101));
	cr_assert_eq(st.sm.state, CDCP_RUNNING);
	uap_sleep(&st, 60000);
	cr_assert_eq(st.n_changes, 2);
	cr_assert_eq(st.sm.n.holds, 1);
	cr_assert_eq(st.sm.n.hold_expiries, 0);
}

Test(cdcp_sm, CDCP_15_a_second_neighbour_is_a_loss)
{
	struct text_pdu p;

	station_running();
	pdu_begin(&p, HEARD_ID + 1, 5);
	uap_hear_pdu(&st, peer_mac(HEARD_ID + 1), pdu_end(&p));
	cr_assert_eq(st.sm.peer_is, CDCP_PEER_MANY);
	cr_assert_eq(st.sm.state, CDCP_HOLDING);
	cr_assert_why(&st, 2, "");
	uap_sleep(&st, 3000);
	cr_assert_eq(st.n_caps, 0);
	cr_assert_why(&st, 2, "more than one LLDP neighbour");
	uap_sleep(&st, 2000);
	cr_assert_eq(st.n_caps, 2, "it aged out");
}

Test(cdcp_sm, wants_may_change_while_holding)
{
	const uint16_t other[] = { 3, 4 };

	station_running();
	uap_hear_shutdown(&st);
	cr_assert(cdcp_sm_set_wants(&st.sm, other, 2, st.now));
	uap_settle(&st);
	cr_assert_eq(st.cap[2], 0);
	cr_assert_eq(st.cap[3], 101);
	cr_assert_says(&st, PAIR(1, 1), PAIR(3, 101), PAIR(4, 0));
}

Test(cdcp_sm, what_an_administrator_or_the_link_ends_is_torn_down_at_once)
{
	struct cdcp_cfg off = uap_bridge;

	off.is_enabled = false;
	bridge_running();
	uap_cfg(&br, &off);
	cr_assert_eq(br.n_caps, 0);
	cr_assert_eq(br.sm.state, CDCP_NOT_RUNNING);
	uap_cfg(&br, &uap_bridge);
	cr_assert_eq(br.n_caps, 2, "LLDP still has the station's TLV");
	uap_link(&br, false);
	cr_assert_eq(br.n_caps, 0);
	cr_assert(mono_is_never(cdcp_sm_deadline(&br.sm)));
	uap_link(&br, true);
	cr_assert_eq(br.sm.state, CDCP_WAIT_PEER);
	cr_assert_eq(br.n_caps, 0);
}

Test(cdcp_sm, no_tlv_while_not_running)
{
	struct cdcp_cfg off = uap_station;
	struct cdcp_tlv t;

	uap_up(&st, &uap_station, 2);
	off.is_enabled = false;
	uap_cfg(&st, &off);
	cr_assert_not(cdcp_sm_local(&st.sm, &t));
	cr_assert_eq(st.agent.org[0].len, 0);
	cr_assert_why(&st, 2, "CDCP is off");
	uap_cfg(&st, &uap_station);
	uap_link(&st, false);
	cr_assert_not(cdcp_sm_local(&st.sm, &t));
	cr_assert_why(&st, 2, "the port is down");
	cr_assert_eq(cdcp_sm_svid(&st.sm, 1), 1);
}

Test(cdcp_sm, MGMT_03_chn_cap_is_1_to_167)
{
	struct cdcp_cfg cfg = uap_station;
	const struct cdcp_cfg pools[] = { bridge_with(64, 1, 100), bridge_with(64, 0, 100),
		bridge_with(64, 2, 4095), bridge_with(64, 101, 100), bridge_with(0, 2, 4094) };
	const struct cdcp_cfg full = bridge_with(167, 2, 4094);

	for (unsigned cap = 0; cap <= UINT16_MAX; cap++) {
		cfg.chn_cap = (uint16_t)cap;
		HOLDS((cdcp_cfg_error(&cfg) == NULL) == (cap >= 1 && cap <= 167));
	}
	for (unsigned i = 0; i < 5; i++)
		cr_assert_not_null(cdcp_cfg_error(&pools[i]), "pool %u", i);
	cr_assert_null(cdcp_cfg_error(&full));
}

Test(cdcp_sm, wants_are_a_set_of_at_most_167_with_the_default_channel)
{
	uint16_t wants[CDCP_PAIRS_MAX + 1] = { 7, 7, 1, 2 };

	uap_up(&st, &uap_station, 0);
	cr_assert(cdcp_sm_set_wants(&st.sm, wants, 4, st.now));
	cr_assert_says(&st, PAIR(1, 1), PAIR(2, 0), PAIR(7, 0));
	wants[3] = 4095;
	cr_assert_not(cdcp_sm_set_wants(&st.sm, wants, 4, st.now));
	wants[3] = 0;
	cr_assert_not(cdcp_sm_set_wants(&st.sm, wants, 4, st.now));
	for (unsigned i = 0; i < CDCP_PAIRS_MAX; i++)
		wants[i] = (uint16_t)(2 + i);
	cr_assert_not(cdcp_sm_set_wants(&st.sm, wants, CDCP_PAIRS_MAX, st.now));
	cr_assert_says(&st, PAIR(1, 1), PAIR(2, 0), PAIR(7, 0));
	cr_assert(cdcp_sm_set_wants(&st.sm, wants, CDCP_PAIRS_MAX - 1, st.now));
	cr_assert_eq(uap_says(&st).n_pairs, 167);
}

/* A user who does not look between two inputs sees no channel that came and went. */
Test(cdcp_sm, changes_that_cancel_each_other_are_not_told)
{
	station_running();
	cr_assert(cdcp_sm_set_wants(&st.sm, NULL, 0, st.now));
	uap_want(&st, 2);
	cr_assert_eq(st.n_changes, 2);
	cr_assert_eq(st.cap[2], 100, "the bridge's list still holds");
}

/* The bridge never misses what no LLDPDU has told it, and would not answer. */
Test(cdcp_sm, a_wish_taken_back_before_an_lldpdu_went_out_is_no_new_one)
{
	struct cdcp_change c;

	station_running();
	cr_assert(cdcp_sm_set_wants(&st.sm, NULL, 0, st.now));
	while (cdcp_sm_next_change(&st.sm, &c))
		uap_apply(&st, &c);
	cdcp_to_agent(&st.sm, &st.agent, 0, st.now);
	cr_assert_eq(st.n_caps, 0);
	uap_want(&st, 2);
	cr_assert_eq(st.cap[2], 100);
	cr_assert_not(cdcp_sm_wants_word(&st.sm));
}

Test(cdcp_sm, a_walk_of_changes_may_be_interrupted)
{
	struct cdcp_change c;
	struct cdcp_tlv swapped = { .role = CDCP_ROLE_BRIDGE,
		.has_scomp = true,
		.chn_cap = 64,
		.n_pairs = 3,
		.pair = { { 1, 1 }, { 2, 101 }, { 3, 100 } } };

	station_running();
	cdcp_sm_on_peer(&st.sm, &swapped, 1, st.now);
	for (unsigned i = 0; i < 3; i++) { /* two tear-downs, one set-up */
		cr_assert(cdcp_sm_next_change(&st.sm, &c));
		uap_apply(&st, &c);
	}
	swapped.pair[1].svid = 100;
	swapped.pair[2].svid = 101;
	cdcp_sm_on_peer(&st.sm, &swapped, 1, st.now);
	uap_settle(&st);
	cr_assert_eq(st.cap[2], 100);
	cr_assert_eq(st.cap[3], 101);
	cr_assert_eq(st.sm.n.set_up, 2 + 1 + 2);
	cr_assert_eq(st.sm.n.torn_down, 2 + 1);
}

/* evb-reference 2.1: the CDCP TLV is also taken from the nearest-customer-bridge agent if the right one has none. */
Test(cdcp_sm, a_tlv_in_the_wrong_scope_is_heard_unless_the_right_one_has_it)
{
	static struct uap ncb;
	struct text_pdu p;

	uap_up(&st, &uap_station, 2);
	uap_up(&ncb, &uap_station, 0);
	uap_hear(&ncb, BRIDGE_WORD, PAIR(1, 1), PAIR(2, 200));
	cdcp_hear(&st.sm, &st.agent, &ncb.agent, st.now);
	cr_assert_eq(cdcp_sm_svid(&st.sm, 2), 200);
	cdcp_hear(&st.sm, NULL, &ncb.agent, st.now);
	cr_assert_eq(cdcp_sm_svid(&st.sm, 2), 200);
	cdcp_hear(&st.sm, &st.agent, NULL, st.now);
	cr_assert_eq(st.sm.state, CDCP_HOLDING);
	uap_hear(&st, BRIDGE_WORD, PAIR(1, 1), PAIR(2, 100));
	cdcp_hear(&st.sm, &st.agent, &ncb.agent, st.now);
	cr_assert_eq(cdcp_sm_svid(&st.sm, 2), 100, "the expected agent wins");
	uap_hear_raw(&st, BRIDGE_WORD, NULL, 0, 10);
	cdcp_hear(&st.sm, &st.agent, &ncb.agent, st.now);
	cr_assert_eq(cdcp_sm_svid(&st.sm, 2), 100, "a TLV of wrong length is no reason to look elsewhere");
	pdu_begin(&p, HEARD_ID + 1, 121);
	uap_hear_pdu(&st, peer_mac(HEARD_ID + 1), pdu_end(&p));
	cdcp_hear(&st.sm, &st.agent, &ncb.agent, st.now);
	cr_assert_eq(st.sm.peer_is, CDCP_PEER_MANY);
	uap_hear_pdu(&ncb, peer_mac(HEARD_ID + 1), pdu_end(&p));
	uap_up(&st, &uap_station, 2);
	cdcp_hear(&st.sm, NULL, &ncb.agent, st.now);
	cr_assert_eq(st.sm.peer_is, CDCP_PEER_MANY, "also when it is the only agent");
}

Test(cdcp_sm, every_state_and_peer_has_a_name)
{
	for (int i = 0; i <= CDCP_HOLDING; i++)
		cr_assert_str_neq(cdcp_state_name((enum cdcp_state)i), "unknown");
	cr_assert_str_eq(cdcp_state_name((enum cdcp_state)9), "unknown");
	for (int i = 0; i <= CDCP_PEER_MANY; i++)
		cr_assert_str_neq(cdcp_peer_name((enum cdcp_peer)i), "unknown");
	cr_assert_str_eq(cdcp_peer_name((enum cdcp_peer)9), "unknown");
	for (int why = CDCP_WHY_NONE; why <= CDCP_WHY_POOL_EMPTY; why++) {
		char text[CDCP_WHY_TEXT];

		uap_init(&st, &uap_station, MONO_ZERO);
		cdcp_why_text(&st.sm, (enum cdcp_why)why, text);
		cr_assert_eq(text[0] == '\0', why == CDCP_WHY_NONE);
	}
}

/* 4.4, a pair for an SCID that the station never asked for: also when it asked before, and said that it does not any more. */
Test(cdcp_sm, list_from_before_the_wish_says_nothing_of_it)
{
	const uint16_t both[] = { 2, 3 }, one[] = { 2 };

	uap_up(&st, &uap_station, 2);
	uap_hear(&st, BRIDGE_WORD, PAIR(1, 1), PAIR(2, 100), PAIR(3, 101));
	cr_assert_eq(cdcp_sm_svid(&st.sm, 3), 101);
	cr_assert(cdcp_sm_set_wants(&st.sm, one, 1, st.now));
	uap_settle(&st); /* it is said */
	cr_assert(cdcp_sm_set_wants(&st.sm, both, 2, st.now));
	uap_settle(&st);
	cr_assert_eq(cdcp_sm_svid(&st.sm, 2), 100, "was not given up");
	cr_assert_eq(cdcp_sm_svid(&st.sm, 3), 0);
	cr_assert_why(&st, 3, "not in the bridge's list");
	cr_assert_says(&st, PAIR(1, 1), PAIR(2, 100), PAIR(3, 0));
	uap_sleep(&st, 1000);
	uap_hear(&st, BRIDGE_WORD, PAIR(1, 1), PAIR(2, 100), PAIR(3, 101)); /* word for word the same */
	cr_assert_eq(cdcp_sm_svid(&st.sm, 3), 101, "but said anew");
	cr_assert_not(cdcp_sm_wants_word(&st.sm));
}
