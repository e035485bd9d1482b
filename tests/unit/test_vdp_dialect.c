/* The VDP machines in the dialect of draft 0.2, and the change of dialect (evb-reference 7.3, 7.4). */
#include "vdp_rig.h"

static struct rig r;
static struct vdp_filter filter;
static struct vdp_request rq; /* associate VSI 1 */

static void setup(void)
{
	rig_init(&r, 64);
	rig_speak(&r, QBG_DRAFT);
	rq = rig_request(VDP_ASSOC, 1, &filter);
}

static void teardown(void)
{
	rig_free(&r);
}

TestSuite(vdp_dialect, .init = setup, .fini = teardown);

static const struct vdp_vsi *station(void)
{
	return rig_vsi(&r, ST, 1);
}

static void associate(void)
{
	rig_ask(&r, VDP_ASSOC, 1);
	rig_settle(&r);
	cr_assert_eq(rig_state(&r, ST, 1), VDP_STATE_ASSOC);
	cr_assert_eq(rig_state(&r, BR, 1), VDP_STATE_ASSOC);
}

/** The station has asked; `resp` answers, with the MODE of `op`. */
static void answer(enum vdp_op op, uint8_t resp)
{
	struct rig_frame f = rig_frame_in(r.side[ST].t->dialect, &MANAGER);

	rig_add(&f, &rq, op, 0);
	f.b[2 + 5] = resp;
	rig_give(&r, ST, f.b, f.len);
}

static void station_asks(enum vdp_op op)
{
	rig_ask(&r, op, 1);
	cr_assert_eq(rig_take(&r, ST, NULL, 0), 1);
}

/* ---- both ends ---- */

Test(vdp_dialect, a_vsi_lives_and_leaves)
{
	for (int op = VDP_PREASSOC; op <= VDP_ASSOC; op++) {
		rig_ask(&r, (enum vdp_op)op, 1);
		rig_settle(&r);
		cr_assert_eq((int)rig_state(&r, ST, 1), op);
		cr_assert_eq((int)rig_state(&r, BR, 1), op);
	}
	rig_run(&r, dur_s(600));
	cr_assert_eq(rig_state(&r, BR, 1), VDP_STATE_ASSOC);
	cr_assert_eq(rig_count(&r, BR)->keep_alive_timeouts, 0);
	rig_leave(&r, 1);
	rig_settle(&r);
	cr_assert(vdp_table_is_quiet(r.side[ST].t) && vdp_table_is_quiet(r.side[BR].t));
	cr_assert_eq(vdp_table_count(r.side[ST].t) + vdp_table_count(r.side[BR].t), 0);
}

Test(vdp_dialect, thirty_seven_vsis_share_a_payload_whoever_manages_them)
{
	for (uint32_t n = 0; n < 38; n++) {
		struct vdp_request q = rig_request(VDP_ASSOC, n, &filter);

		q.subject.manager.id[15] = (uint8_t)n;
		cr_assert_eq(vdp_station_request(r.side[ST].t, &q, r.now), VDP_SUBMIT_OK);
	}
	cr_assert_eq(rig_take(&r, ST, NULL, 0), 37);
	cr_assert_eq(r.side[ST].payload_len, 37 * 40 + 2);
	cr_assert_eq(rig_take(&r, ST, NULL, 0), 1);
}

Test(vdp_dialect, a_payload_goes_out_at_once_behind_another)
{
	cr_assert_not(vdp_table_wants_rest(r.side[ST].t));
	associate();
	cr_assert_not(vdp_table_wants_rest(r.side[ST].t));
}

Test(vdp_dialect, D02_09_a_repeated_tlv_is_answered_and_changes_nothing)
{
	struct vdp_event e;

	associate();
	for (unsigned k = 0; k < 3; k++) {
		rig_tlv(&r, BR, &rq, VDP_ASSOC, 0);
		cr_assert_not(vdp_table_next_event(r.side[BR].t, &e));
		rig_expect(&r, BR, VDP_ASSOC, VDP_STATUS_RESPONSE);
	}
	cr_assert_eq(r.asked, 1);
	r.db_silent = true;
	rig_tlv(&r, BR, &rq, VDP_PREASSOC, 0);
	rig_tlv(&r, BR, &rq, VDP_PREASSOC, 0); /* while it is being asked */
	cr_assert_eq(r.asked, 2);
}

Test(vdp_dialect, D02_13_the_same_tlv_every_ten_seconds)
{
	uint8_t first[PAYLOAD];
	size_t len;

	station_asks(VDP_ASSOC);
	memcpy(first, r.side[ST].payload, len = r.side[ST].payload_len);
	answer(VDP_ASSOC, 0);
	for (unsigned k = 0; k < 5; k++) {
		cr_assert_eq(vdp_table_deadline(r.side[ST].t).ns, mono_add(r.now, dur_s(10)).ns);
		rig_pass(&r, ST, dur_s(10));
		cr_assert_eq(rig_take(&r, ST, NULL, 0), 1);
		cr_assert_eq(r.side[ST].payload_len, len);
		cr_assert_arr_eq(r.side[ST].payload, first, len);
		answer(VDP_ASSOC, 0);
	}
}

Test(vdp_dialect, D02_13_among_others_too)
{
	for (uint32_t n = 1; n <= 20; n++)
		rig_ask(&r, VDP_ASSOC, n);
	rig_settle(&r);
	cr_assert_eq(vdp_table_deadline(r.side[ST].t).ns, mono_add(r.now, dur_s(10)).ns);
	rig_run(&r, dur_s(100));
	cr_assert_eq(rig_count(&r, BR)->requests_in, 20 * 11);
}

/* ---- station ---- */

Test(vdp_dialect, the_station_waits_three_seconds_for_an_answer)
{
	station_asks(VDP_ASSOC);
	rig_pass(&r, ST, dur_ns(dur_s(3).ns - 1));
	cr_assert_eq(station()->show, VDP_SHOW_PENDING);
	rig_pass(&r, ST, dur_ns(1));
	cr_assert_eq(station()->show, VDP_SHOW_TIMED_OUT);
	cr_assert_str_eq(station()->reason, "no answer within 3.0 s");
}

Test(vdp_dialect, D02_05_a_violation_is_the_end_and_the_user_is_told)
{
	station_asks(VDP_ASSOC);
	answer(VDP_ASSOC, 4);
	cr_assert_eq(r.side[ST].ended, 1);
	cr_assert_eq(r.side[ST].last_vsi.show, VDP_SHOW_REFUSED);
	cr_assert_eq(r.side[ST].last_vsi.error, VDP_E_TYPE_DENIED);
	cr_assert(r.side[ST].last_vsi.hard);
	cr_assert_str_eq(r.side[ST].last_vsi.reason, "refused by the bridge: VSI type not allowed");
	cr_assert_null(station());
}

Test(vdp_dialect, D02_05_every_response_code_has_its_outcome)
{
	for (uint8_t resp = 1; resp <= 6; resp++) {
		bool is_final = resp != 2 && resp != 6;

		station_asks(VDP_ASSOC);
		answer(VDP_ASSOC, resp);
		cr_assert_eq(r.side[ST].last_vsi.show, VDP_SHOW_REFUSED, "RESP %u", resp);
		cr_assert_eq(station() == NULL, is_final, "RESP %u", resp);
		teardown();
		setup();
	}
}

Test(vdp_dialect, D02_06_mode_3_from_the_bridge_ends_an_association)
{
	associate();
	rig_pass(&r, ST, dur_s(1));
	answer(VDP_DEASSOC, 0);
	cr_assert_eq(station()->state, VDP_STATE_NONE);
	cr_assert_str_eq(station()->reason, "bridge ended the association");
}

Test(vdp_dialect, D02_06_and_ends_it_while_a_keep_alive_is_out)
{
	station_asks(VDP_ASSOC);
	answer(VDP_ASSOC, 0);
	rig_pass(&r, ST, dur_s(10));
	cr_assert_eq(rig_take(&r, ST, NULL, 0), 1);
	answer(VDP_DEASSOC, 0);
	cr_assert_eq(station()->state, VDP_STATE_NONE);
}

Test(vdp_dialect, a_refusal_out_of_the_blue_ends_an_association)
{
	associate();
	answer(VDP_PREASSOC, 2); /* of an earlier command, not of this state */
	cr_assert_eq(station()->state, VDP_STATE_ASSOC);
	cr_assert_eq(rig_count(&r, ST)->rx_unexpected, 1);
	answer(VDP_ASSOC, 6);
	cr_assert_eq(station()->state, VDP_STATE_NONE);
	cr_assert_eq(station()->error, VDP_E_OUT_OF_SYNC);
}

Test(vdp_dialect, mode_3_during_a_pre_association_is_ignored)
{
	for (int op = VDP_PREASSOC; op <= VDP_PREASSOC_RR; op++) {
		station_asks((enum vdp_op)op);
		answer(VDP_DEASSOC, 0); /* asked */
		cr_assert_eq((int)station()->state, op - 1);
		answer((enum vdp_op)op, 0);
		cr_assert_eq((int)station()->state, op);
		answer(VDP_DEASSOC, 0); /* confirmed */
		cr_assert_eq((int)station()->state, op);
		rig_pass(&r, ST, dur_s(10));
		cr_assert_eq(rig_take(&r, ST, NULL, 0), 1);
		answer(VDP_DEASSOC, 0); /* and on the keep-alive */
		cr_assert_eq((int)station()->state, op);
		answer((enum vdp_op)op, 0);
	}
	cr_assert_eq(rig_count(&r, ST)->rx_unexpected, 6);
	station_asks(VDP_ASSOC);
	answer(VDP_DEASSOC, 0);
	cr_assert_eq(station()->state, VDP_STATE_NONE, "but not when it wants to associate");
}

Test(vdp_dialect, mode_3_answers_a_de_associate_of_a_pre_association)
{
	station_asks(VDP_PREASSOC);
	answer(VDP_PREASSOC, 0);
	rig_leave(&r, 1);
	cr_assert_eq(rig_take(&r, ST, NULL, 0), 1);
	answer(VDP_DEASSOC, 0);
	cr_assert_null(station());
	cr_assert_eq(r.side[ST].ended, 1);
}

Test(vdp_dialect, an_answer_of_another_mode_is_late)
{
	station_asks(VDP_ASSOC);
	answer(VDP_PREASSOC, 0);
	answer(VDP_PREASSOC, 4);
	cr_assert_eq(station()->show, VDP_SHOW_PENDING);
	cr_assert_eq(rig_count(&r, ST)->rx_unexpected, 2);
	answer(VDP_ASSOC, 0);
	cr_assert_eq(station()->state, VDP_STATE_ASSOC);
}

Test(vdp_dialect, an_answer_is_matched_by_manager_type_version_and_instance)
{
	struct vdp_request good = rq;

	station_asks(VDP_ASSOC);
	rq.subject.manager.id[15]++;
	answer(VDP_ASSOC, 0);
	rq = good;
	rq.subject.type_id++;
	answer(VDP_ASSOC, 0);
	rq = good;
	rq.subject.type_version++;
	answer(VDP_ASSOC, 0);
	rq = good;
	rq.subject.vsi.id[0]++;
	answer(VDP_ASSOC, 0);
	cr_assert_eq(rig_count(&r, ST)->rx_unknown_vsi, 4);
	cr_assert_eq(station()->show, VDP_SHOW_PENDING);
	rq = good;
	filter.vid = 7; /* filters are not compared */
	answer(VDP_ASSOC, 0);
	cr_assert_eq(station()->state, VDP_STATE_ASSOC);
	cr_assert_eq(station()->filters[0].vid, 100, "what was asked stays");
}

Test(vdp_dialect, a_null_vid_takes_the_bridges_if_it_names_one)
{
	filter.vid = 0;
	cr_assert_eq(vdp_station_request(r.side[ST].t, &rq, r.now), VDP_SUBMIT_OK);
	rig_settle(&r);
	cr_assert_eq(station()->filters[0].vid, 200);
	cr_assert_eq(rig_vsi(&r, BR, 1)->filters[0].vid, 200);
	rig_run(&r, dur_s(60));
	cr_assert_eq(r.asked, 1, "its keep-alives are recognised");
}

Test(vdp_dialect, a_null_vid_that_comes_back_stays_null)
{
	filter.vid = 0;
	cr_assert_eq(vdp_station_request(r.side[ST].t, &rq, r.now), VDP_SUBMIT_OK);
	cr_assert_eq(rig_take(&r, ST, NULL, 0), 1);
	answer(VDP_ASSOC, 0);
	cr_assert_eq(station()->state, VDP_STATE_ASSOC);
	cr_assert_eq(station()->filters[0].vid, 0);
}

/* ---- bridge ---- */

Test(vdp_dialect, the_bridges_guard_is_33_seconds)
{
	rig_tlv(&r, BR, &rq, VDP_ASSOC, 0);
	rig_expect(&r, BR, VDP_ASSOC, VDP_STATUS_RESPONSE);
	rig_pass(&r, BR, dur_ns(dur_s(33).ns - 1));
	cr_assert_eq(rig_state(&r, BR, 1), VDP_STATE_ASSOC);
	rig_pass(&r, BR, dur_ns(1));
	cr_assert_eq(rig_state(&r, BR, 1), VDP_STATE_NONE);
	cr_assert_eq(rig_take(&r, BR, NULL, 0), 1);
	cr_assert_eq(r.side[BR].payload[2 + 4], 3, "MODE");
	cr_assert_eq(r.side[BR].payload[2 + 5], 0, "RESP");
}

Test(vdp_dialect, the_bridge_answers_or_refuses_before_the_station_gives_up)
{
	struct vdp_assoc a;

	r.db_silent = true;
	rig_tlv(&r, BR, &rq, VDP_ASSOC, 0);
	rig_pass(&r, BR, dur_s(2));
	cr_assert_eq(rig_take(&r, BR, &a, 1), 1);
	cr_assert_eq(a.answers, VDP_ASSOC);
	cr_assert_eq(a.status, VDP_STATUS_RESPONSE | VDP_E_RESOURCES, "may be asked again");
}

Test(vdp_dialect, a_refused_change_ends_the_vsi_at_both_ends)
{
	associate();
	r.refusal = (struct vtdb_answer){ .error = VDP_E_RESOURCES, .is_keep = true };
	filter.vid = 101;
	cr_assert_eq(vdp_station_request(r.side[ST].t, &rq, r.now), VDP_SUBMIT_OK);
	rig_settle(&r);
	cr_assert_eq(rig_state(&r, BR, 1), VDP_STATE_NONE);
	cr_assert_eq(rig_state(&r, ST, 1), VDP_STATE_NONE);
	cr_assert_eq(station()->show, VDP_SHOW_REFUSED);
}

Test(vdp_dialect, so_does_a_change_that_needs_no_question)
{
	struct vdp_assoc a;

	associate();
	filter.vid = 4095;
	rig_tlv(&r, BR, &rq, VDP_ASSOC, 0);
	cr_assert_eq(rig_state(&r, BR, 1), VDP_STATE_NONE);
	cr_assert_eq(r.side[BR].ended, 1);
	cr_assert_eq(r.side[BR].last_vsi.show, VDP_SHOW_REFUSED);
	cr_assert_eq(rig_take(&r, BR, &a, 1), 1);
	cr_assert_eq(a.answers, VDP_ASSOC);
	cr_assert_eq(a.status & VDP_STATUS_ERROR, VDP_E_TYPE_DENIED);
	cr_assert(vdp_table_is_quiet(r.side[BR].t));
}

Test(vdp_dialect, so_does_silence_of_the_type_database)
{
	associate();
	r.db_silent = true;
	filter.vid = 101;
	rig_tlv(&r, BR, &rq, VDP_ASSOC, 0);
	rig_pass(&r, BR, dur_s(2));
	cr_assert_eq(rig_state(&r, BR, 1), VDP_STATE_NONE);
}

Test(vdp_dialect, D02_07_a_malformed_tlv_gets_no_answer)
{
	struct rig_frame f = rig_frame_in(r.side[BR].t->dialect, &MANAGER);

	rig_add(&f, &rq, VDP_ASSOC, 0);
	f.b[2 + 27] = 1; /* FORMAT VID */
	rig_give(&r, BR, f.b, f.len);
	f.b[2 + 27] = 2;
	f.b[2 + 29] = 2; /* N */
	rig_give(&r, BR, f.b, f.len);
	rig_expect_nothing(&r, BR);
	cr_assert_eq(rig_count(&r, BR)->rx_bad_tlv, 2);
	cr_assert_eq(r.asked, 0);
}

Test(vdp_dialect, a_priority_of_the_type_stays_at_home)
{
	r.give_pcp = true;
	associate();
	cr_assert_not(rig_vsi(&r, BR, 1)->filters[0].has_pcp);
	rig_run(&r, dur_s(60));
	cr_assert_eq(r.asked, 1);
}

Test(vdp_dialect, a_de_associate_of_an_unknown_vsi_succeeds)
{
	rig_tlv(&r, BR, &rq, VDP_DEASSOC, 0);
	cr_assert_eq(rig_take(&r, BR, NULL, 0), 1);
	cr_assert_eq(r.side[BR].payload[2 + 4], 3);
	cr_assert_eq(r.side[BR].payload[2 + 5], 0);
}

Test(vdp_dialect, a_full_table_says_so)
{
	struct vdp_assoc a;

	for (uint32_t n = 1; n <= 65; n++) {
		struct vdp_request q = rig_request(VDP_ASSOC, n, &filter);

		rig_tlv(&r, BR, &q, VDP_ASSOC, 0);
		cr_assert_eq(rig_take(&r, BR, &a, 1), 1);
		cr_assert_eq(a.status, n <= 64 ? VDP_STATUS_RESPONSE : VDP_STATUS_RESPONSE | VDP_E_RESOURCES);
	}
}

/* ---- what can't be said ---- */

Test(vdp_dialect, what_the_draft_has_no_words_for_is_refused_with_the_reason)
{
	static const uint8_t org[] = { 0xfe, 4, 0, 0, 0x5e, 1 };
	struct vdp_request q = rq;

	q.format = VDP_FILTER_VID;
	cr_assert_eq(vdp_station_request(r.side[ST].t, &q, r.now), VDP_SUBMIT_NO_FORMAT);
	q.format = VDP_FILTER_GROUP_MAC_VID;
	cr_assert_eq(vdp_station_request(r.side[ST].t, &q, r.now), VDP_SUBMIT_NO_FORMAT);
	q = rq;
	q.subject.vsi.format = VSI_ID_MAC;
	cr_assert_eq(vdp_station_request(r.side[ST].t, &q, r.now), VDP_SUBMIT_NO_ID);
	q = rq;
	q.subject.manager.id[0] = 1;
	cr_assert_eq(vdp_station_request(r.side[ST].t, &q, r.now), VDP_SUBMIT_NO_MANAGER);
	q = rq;
	q.org = span_of(org, sizeof(org));
	cr_assert_eq(vdp_station_request(r.side[ST].t, &q, r.now), VDP_SUBMIT_NO_ORG);
	q = rq;
	filter.has_pcp = true;
	cr_assert_eq(vdp_station_request(r.side[ST].t, &q, r.now), VDP_SUBMIT_NO_PCP);
	cr_assert_eq(vdp_table_count(r.side[ST].t), 0);
	for (int s = VDP_SUBMIT_NO_FORMAT; s <= VDP_SUBMIT_NO_ORG; s++)
		cr_assert_neq(vdp_submit_text((enum vdp_submit)s)[0], '?');
}

Test(vdp_dialect, sixty_filters_fit_a_tlv_and_no_more)
{
	struct vdp_filter many[61];

	for (unsigned i = 0; i < 61; i++)
		many[i] = rig_filter(i);
	rq.filters = many;
	rq.n_filters = 61;
	cr_assert_eq(vdp_station_request(r.side[ST].t, &rq, r.now), VDP_SUBMIT_TOO_LONG);
	rq.n_filters = 60;
	cr_assert_eq(vdp_station_request(r.side[ST].t, &rq, r.now), VDP_SUBMIT_OK);
	rig_settle(&r);
	cr_assert_eq(rig_state(&r, BR, 1), VDP_STATE_ASSOC);
}

/* ---- another dialect ---- */

Test(vdp_dialect, a_change_of_generation_restarts_all_vsis)
{
	for (uint32_t n = 1; n <= 50; n++)
		rig_ask(&r, VDP_ASSOC, n);
	rig_settle(&r);
	for (int e = QBG_RATIFIED; e <= QBG_DRAFT; e++) {
		rig_speak(&r, (enum qbg_edition)e);
		cr_assert_eq((int)vdp_table_edition(r.side[ST].t), e);
		cr_assert_eq(vdp_table_count(r.side[BR].t), 0, "without a frame");
		cr_assert_eq(vdp_table_count(r.side[ST].t), 50);
		cr_assert_eq(rig_state(&r, ST, 1), VDP_STATE_NONE);
		rig_settle(&r);
		cr_assert_eq(vdp_table_count(r.side[BR].t), 50);
		cr_assert_eq(rig_state(&r, ST, 1), VDP_STATE_ASSOC);
	}
}

Test(vdp_dialect, the_same_generation_again_changes_nothing)
{
	associate();
	vdp_table_set_edition(r.side[ST].t, QBG_DRAFT, r.now);
	vdp_table_set_edition(r.side[BR].t, QBG_DRAFT, r.now);
	cr_assert_eq(rig_state(&r, ST, 1), VDP_STATE_ASSOC);
	cr_assert_eq(rig_state(&r, BR, 1), VDP_STATE_ASSOC);
}

Test(vdp_dialect, what_the_new_generation_has_no_words_for_ends_with_the_reason)
{
	rig_speak(&r, QBG_RATIFIED);
	rq.format = VDP_FILTER_VID;
	cr_assert_eq(vdp_station_request(r.side[ST].t, &rq, r.now), VDP_SUBMIT_OK);
	rig_ask(&r, VDP_ASSOC, 2);
	rig_settle(&r);
	cr_assert_eq(rig_state(&r, ST, 1), VDP_STATE_ASSOC);
	rig_speak(&r, QBG_DRAFT);
	rig_settle(&r);
	cr_assert_eq(r.side[ST].ended, 1);
	cr_assert_null(station());
	cr_assert_eq(rig_state(&r, ST, 2), VDP_STATE_ASSOC);
	cr_assert_eq(rig_state(&r, BR, 1), VDP_STATE_NONE);
}

Test(vdp_dialect, timers_follow_the_dialect_and_then_the_parameters)
{
	struct vdp_table *t = r.side[BR].t;

	vdp_table_set_params(t, &r.params);
	cr_assert_eq(vdp_table_timers(t)->tout_keep_alive.ns, dur_s(33).ns);
	vdp_table_set_edition(t, QBG_RATIFIED, r.now);
	cr_assert_eq(vdp_table_timers(t)->tout_keep_alive.ns, vdp_tout_keep_alive(&r.params).ns);
	r.params.rka = 10;
	vdp_table_set_params(t, &r.params);
	cr_assert_eq(vdp_table_timers(t)->tout_keep_alive.ns, vdp_tout_keep_alive(&r.params).ns);
}

Test(vdp_dialect, what_is_kept_of_a_vsi_names_the_generation)
{
	struct vdp_filter room[2 * VDP_FILTERS_MAX];
	struct vdp_saved s;

	associate();
	for (int side = ST; side <= BR; side++) {
		struct vsi_id id = rig_id(1);

		cr_assert(vdp_table_save(r.side[side].t, vdp_table_find(r.side[side].t, &id), room, &s));
		cr_assert_eq(s.edition, QBG_DRAFT);
	}
}

Test(vdp_dialect, a_vsi_of_before_a_restart_has_to_be_sayable_too)
{
	struct vdp_saved s = { .rq = rq, .granted = &filter, .keep_alive = dur_s(33) };

	s.rq.subject.manager.id[0] = 1;
	cr_assert_eq(vdp_table_restore(r.side[BR].t, &s, r.now), VDP_SUBMIT_NO_MANAGER);
	cr_assert_eq(vdp_table_restore(r.side[ST].t, &s, r.now), VDP_SUBMIT_NO_MANAGER);
	s.rq.subject.manager = MANAGER;
	cr_assert_eq(vdp_table_restore(r.side[BR].t, &s, r.now), VDP_SUBMIT_OK);
	cr_assert_eq(rig_state(&r, BR, 1), VDP_STATE_ASSOC);
}
