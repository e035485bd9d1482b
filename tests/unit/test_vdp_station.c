/* The station VDP machine against hand-made responses and against the bridge (evb-reference 6.7, VDPS-*). */
#include "vdp_station_rig.h"

TestSuite(vdp_station, .init = setup, .fini = teardown);

Test(vdp_station, VDPS_01_associate_is_sent_and_blocked)
{
	static const uint8_t e1[] = { 0x0a, 0x10, 0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
		0x06, 0x21, 0x10, 0, 1, 2, 3, 5, 0xf8, 0x1d, 0x4f, 0xae, 0x7d, 0xec, 0x11, 0xd0, 0xa7, 0x65,
		0, 0xa0, 0xc9, 0x1e, 0x6b, 0xf6, 2, 0, 1, 0, 0, 0x5e, 0, 0x53, 0x10, 0, 0x64, 0, 0 };
	uint8_t buf[PAYLOAD];

	memcpy(rq.subject.vsi.id, e1 + 26, 16);
	memcpy(filter.mac.b, e1 + 45, 6);
	rq.is_migrating = true;
	submit(VDP_ASSOC);
	cr_assert_eq(vdp_table_fill(st(), buf, sizeof(buf), r.now), sizeof(e1));
	cr_assert_arr_eq(buf, e1, sizeof(e1));
	cr_assert_eq(vdp_table_get(st(), 0)->state, VDP_STATE_NONE);
	cr_assert_eq(vdp_table_get(st(), 0)->show, VDP_SHOW_PENDING);
}

Test(vdp_station, VDPS_02_success_opens_traffic)
{
	associate();
	cr_assert_eq(r.side[ST].last.kind, VDP_EVENT_CHANGED);
	cr_assert_eq(r.side[ST].last.was, VDP_STATE_NONE);
	cr_assert(r.side[ST].last.filters_changed);
	cr_assert_eq(vsi()->show, VDP_SHOW_ASSOCIATED);
	cr_assert_str_empty(vsi()->reason);
	cr_assert(vdp_table_is_quiet(st()));
}

Test(vdp_station, VDPS_03_keep_alive_of_a_lone_vsi_is_exact)
{
	struct vdp_assoc a;
	struct dur rka = vdp_reinit_keep_alive(&r.params);

	filter.vid = 0;
	submit(VDP_ASSOC);
	rig_expect(&r, ST, VDP_ASSOC, 0);
	filter.vid = 200;
	answer(VDP_ASSOC, 0x40);
	for (int k = 0; k < 3; k++) {
		pass(dur_ns(rka.ns - 1));
		rig_expect_nothing(&r, ST);
		pass(dur_ns(1));
		cr_assert_eq(rig_take(&r, ST, &a, 1), 1);
		cr_assert(a.op == VDP_ASSOC && a.status == 0 && a.filters[0].vid == 200);
		r.side[ST].changed = 0;
		answer(VDP_ASSOC, 0x40);
		cr_assert_eq(r.side[ST].changed, 0, "a keep-alive is no news");
	}
}

Test(vdp_station, VDPS_04_no_response)
{
	submit(VDP_ASSOC);
	pass(dur_s(100));
	cr_assert_eq(vsi()->show, VDP_SHOW_PENDING, "waiting for ECP is not waiting for the bridge");
	rig_expect(&r, ST, VDP_ASSOC, 0);
	pass(dur_ns(vdp_resp_wait_delay(&r.params).ns - 1));
	cr_assert_eq(vsi()->show, VDP_SHOW_PENDING);
	pass(dur_ns(1));
	expect_waiting(VDP_SHOW_TIMED_OUT, "no answer within 17.4 s");
	cr_assert_eq(rig_count(&r, ST)->resp_timeouts, 1);
}

Test(vdp_station, VDPS_04_keep_alive_without_response)
{
	associate();
	pass(dur_s(11));
	rig_expect(&r, ST, VDP_ASSOC, 0);
	pass(dur_s(18));
	cr_assert_eq(r.side[ST].last.was, VDP_STATE_ASSOC);
	expect_waiting(VDP_SHOW_TIMED_OUT, "no answer within 17.4 s");
	pass(dur_s(1));
	rig_expect(&r, ST, VDP_ASSOC, 0);
	answer(VDP_ASSOC, 0x40);
	cr_assert_eq(vsi()->show, VDP_SHOW_ASSOCIATED);
}

Test(vdp_station, VDPS_05_ecp_failure_is_tried_again_until_resp_wait_delay)
{
	uint8_t buf[PAYLOAD];

	submit(VDP_ASSOC);
	for (int k = 0; k < 17; k++) {
		cr_assert_gt(vdp_table_fill(st(), buf, sizeof(buf), r.now), 0);
		vdp_table_on_sent(st(), false, r.now);
		pass(dur_s(1));
		cr_assert_eq(vsi()->show, VDP_SHOW_PENDING);
	}
	pass(dur_s(1));
	expect_waiting(VDP_SHOW_TIMED_OUT, "no answer within 17.4 s");
	rig_expect_nothing(&r, ST);
}

Test(vdp_station, VDPS_05_response_before_the_repetition_leaves)
{
	uint8_t buf[PAYLOAD];

	submit(VDP_ASSOC);
	cr_assert_gt(vdp_table_fill(st(), buf, sizeof(buf), r.now), 0);
	vdp_table_on_sent(st(), false, r.now);
	answer(VDP_ASSOC, 0x40);
	rig_expect_nothing(&r, ST);
	cr_assert_eq(vsi()->state, VDP_STATE_ASSOC);
	cr_assert(vdp_table_is_quiet(st()));
}

Test(vdp_station, VDPS_06_hard_refusal_is_final)
{
	submit(VDP_ASSOC);
	rig_expect(&r, ST, VDP_ASSOC, 0);
	answer(VDP_DEASSOC, 0x52);
	cr_assert_eq(r.side[ST].ended, 1);
	cr_assert_eq(r.side[ST].last_vsi.show, VDP_SHOW_REFUSED);
	cr_assert(r.side[ST].last_vsi.hard);
	cr_assert_str_eq(r.side[ST].last_vsi.reason, "refused by the bridge: insufficient resources");
	cr_assert_null(vsi());
	cr_assert(vdp_table_is_quiet(st()));
}

Test(vdp_station, VDPS_07_soft_refusal_backs_off)
{
	static const unsigned delay[] = { 1, 2, 4, 8, 16, 32, 60, 60 };

	submit(VDP_ASSOC);
	for (int k = 0; k < 8; k++) {
		rig_expect(&r, ST, VDP_ASSOC, 0);
		answer(VDP_DEASSOC, 0x42);
		expect_waiting(VDP_SHOW_REFUSED, "refused by the bridge: insufficient resources");
		pass(dur_ns(dur_s(delay[k]).ns - 1));
		rig_expect_nothing(&r, ST);
		pass(dur_ns(1));
	}
	rig_expect(&r, ST, VDP_ASSOC, 0);
	answer(VDP_ASSOC, 0x40);
	cr_assert_eq(vsi()->show, VDP_SHOW_ASSOCIATED);
	cr_assert_str_empty(vsi()->reason);
	cr_assert_eq(vsi()->count.failed, 8);
	answer(VDP_DEASSOC, 0);
	pass(dur_s(1)); /* success has reset the back-off */
	rig_expect(&r, ST, VDP_ASSOC, 0);
}

Test(vdp_station, VDPS_08_refused_change_keeps_the_association)
{
	associate();
	filter.vid = 300;
	submit(VDP_ASSOC);
	cr_assert_eq(vsi()->state, VDP_STATE_ASSOC, "traffic goes on meanwhile");
	rig_expect(&r, ST, VDP_ASSOC, 0);
	answer(VDP_ASSOC, 0x63);
	cr_assert_eq(vsi()->state, VDP_STATE_ASSOC);
	cr_assert_eq(vsi()->filters[0].vid, 100);
	cr_assert(vsi()->keep && vsi()->error == VDP_E_NO_MANAGER);
	cr_assert_not_null(strstr(vsi()->reason, "kept"));
	pass(dur_s(11));
	filter.vid = 100;
	rig_expect(&r, ST, VDP_ASSOC, 0);
	answer(VDP_ASSOC, 0x40);
	cr_assert(vdp_table_is_quiet(st()));
}

Test(vdp_station, VDPS_08_change_of_the_filter_list_in_place)
{
	struct vdp_filter two[2] = { rig_filter(1), rig_filter(2) };

	associate();
	rq.n_filters = 2;
	rq.filters = two;
	submit(VDP_ASSOC);
	rig_expect(&r, ST, VDP_ASSOC, 0);
	answer(VDP_ASSOC, 0x40);
	cr_assert_eq(vsi()->n_filters, 2);
	cr_assert(r.side[ST].last.filters_changed);
	cr_assert_eq(r.side[ST].last.was, VDP_STATE_ASSOC);
}

Test(vdp_station, VDPS_08_kept_without_an_association_is_a_refusal)
{
	submit(VDP_PREASSOC);
	rig_expect(&r, ST, VDP_PREASSOC, 0);
	answer(VDP_PREASSOC, 0x64);
	expect_waiting(VDP_SHOW_REFUSED, "refused by the bridge: other failure");
}

Test(vdp_station, VDPS_09_keep_alive_refused_and_kept)
{
	associate();
	pass(dur_s(11));
	rig_expect(&r, ST, VDP_ASSOC, 0);
	answer(VDP_ASSOC, 0x63);
	rig_expect(&r, ST, VDP_DEASSOC, 0);
	answer(VDP_DEASSOC, 0x40);
	expect_waiting(VDP_SHOW_REFUSED, "keep-alive refused by the bridge: unable to contact VSI manager");
	pass(dur_s(1));
	rig_expect(&r, ST, VDP_ASSOC, 0);
}

Test(vdp_station, VDPS_09_deassociate_ends_by_silence_or_ecp_failure)
{
	uint8_t buf[PAYLOAD];

	for (int k = 0; k < 2; k++) {
		associate();
		pass(dur_s(11));
		rig_expect(&r, ST, VDP_ASSOC, 0);
		answer(VDP_ASSOC, 0x63);
		cr_assert_gt(vdp_table_fill(st(), buf, sizeof(buf), r.now), 0);
		vdp_table_on_sent(st(), k == 0, r.now);
		rig_events(&r, ST);
		if (k == 0)
			pass(vdp_resp_wait_delay(&r.params));
		cr_assert_eq(vsi()->state, VDP_STATE_NONE);
		cr_assert_eq(vsi()->show, VDP_SHOW_REFUSED);
	}
}

Test(vdp_station, VDPS_10_bridge_ends_the_association)
{
	associate();
	answer(VDP_DEASSOC, 0);
	cr_assert_eq(r.side[ST].last.was, VDP_STATE_ASSOC);
	expect_waiting(VDP_SHOW_PENDING, "bridge ended the association");
	rig_expect_nothing(&r, ST);
	pass(dur_s(1)); /* wanted still: associated again (lldpad's late de-associate) */
	rig_expect(&r, ST, VDP_ASSOC, 0);
	answer(VDP_ASSOC, 0x40);
	cr_assert_eq(vsi()->state, VDP_STATE_ASSOC);
}

Test(vdp_station, VDPS_10_bridge_ends_it_while_a_keep_alive_is_out)
{
	associate();
	pass(dur_s(11));
	rig_expect(&r, ST, VDP_ASSOC, 0);
	answer(VDP_DEASSOC, 0);
	expect_waiting(VDP_SHOW_PENDING, "bridge ended the association");
}

Test(vdp_station, VDPS_10_unsolicited_refusal_ends_it_too)
{
	associate();
	answer(VDP_DEASSOC, 0x40);
	cr_assert_eq(vsi()->state, VDP_STATE_ASSOC, "a late answer to an old de-associate");
	answer(VDP_DEASSOC, 0x54);
	cr_assert_eq(r.side[ST].ended, 1);
	cr_assert_eq(r.side[ST].last_vsi.show, VDP_SHOW_REFUSED);
}

static void expect_mismatch(
	const struct vdp_filter *asked, unsigned n_asked, const struct vdp_filter *got, unsigned n)
{
	rq.filters = asked;
	rq.n_filters = (uint16_t)n_asked;
	submit(VDP_ASSOC);
	rig_expect(&r, ST, VDP_ASSOC, 0);
	rq.filters = got;
	rq.n_filters = (uint16_t)n;
	answer(VDP_ASSOC, 0x40);
	expect_waiting(VDP_SHOW_REFUSED, "the bridge answered with other filters than requested");
	rig_leave(&r, 1);
	rig_expect(&r, ST, VDP_DEASSOC, 0);
	rq.filters = asked;
	rq.n_filters = (uint16_t)n_asked;
	answer(VDP_DEASSOC, 0x40);
	cr_assert(vdp_table_is_quiet(st()));
}

Test(vdp_station, VDPS_11_other_vid_is_a_mismatch)
{
	struct vdp_filter got = filter;

	got.vid = 101;
	expect_mismatch(&filter, 1, &got, 1);
	got = filter;
	got.mac.b[5] ^= 1;
	expect_mismatch(&filter, 1, &got, 1);
	got = filter;
	filter.has_pcp = true;
	filter.pcp = 2;
	expect_mismatch(&filter, 1, &got, 1);
	got.has_pcp = true;
	got.pcp = 3;
	expect_mismatch(&filter, 1, &got, 1);
	filter.vid = 0;
	got.vid = 4095;
	got.pcp = 2;
	expect_mismatch(&filter, 1, &got, 1);
	rq.format = VDP_FILTER_GROUP_MAC_VID;
	got = filter;
	got.group_id++;
	expect_mismatch(&filter, 1, &got, 1);
}

Test(vdp_station, VDPS_12_given_vid_and_priority_are_used)
{
	struct vdp_assoc a;

	rq.subject.vsi.format = VSI_ID_MAC;
	rq.format = VDP_FILTER_VID;
	filter = (struct vdp_filter){ .vid = 0 };
	submit(VDP_PREASSOC);
	rig_expect(&r, ST, VDP_PREASSOC, 0);
	filter = (struct vdp_filter){ .vid = 200, .has_pcp = true, .pcp = 5 };
	answer(VDP_PREASSOC, 0x40);
	const struct vdp_filter *got = vdp_table_get(st(), 0)->filters;
	cr_assert(got->vid == 200 && got->has_pcp && got->pcp == 5);
	cr_assert_eq(vdp_table_get(st(), 0)->show, VDP_SHOW_PREASSOCIATED);
	pass(dur_s(11));
	cr_assert_eq(rig_take(&r, ST, &a, 1), 1);
	cr_assert(a.filters[0].vid == 200 && a.filters[0].has_pcp && a.filters[0].pcp == 5);
	answer(VDP_PREASSOC, 0x40);
	answer(VDP_DEASSOC, 0); /* lost: the bridge chooses again */
	pass(dur_s(1));
	cr_assert_eq(rig_take(&r, ST, &a, 1), 1);
	cr_assert(a.filters[0].vid == 0 && !a.filters[0].has_pcp);
}

Test(vdp_station, VDPS_13_fewer_entries_are_a_mismatch)
{
	struct vdp_filter two[2] = { rig_filter(1), rig_filter(2) };
	struct vdp_filter swapped[2] = { two[1], two[0] };

	expect_mismatch(two, 2, two, 1);
	expect_mismatch(two, 2, swapped, 2);
}

Test(vdp_station, VDPS_14_unknown_vsi_is_ignored)
{
	answer(VDP_ASSOC, 0x40);
	cr_assert_eq(rig_count(&r, ST)->rx_unknown_vsi, 1);
	submit(VDP_ASSOC);
	rig_expect(&r, ST, VDP_ASSOC, 0);
	for (int k = 0; k < 4; k++) { /* each part of the key */
		rq = rig_request(VDP_ASSOC, 1, &filter);
		if (k == 0)
			rq.subject.type_id++;
		else if (k == 1)
			rq.subject.type_version++;
		else if (k == 2)
			rq.subject.manager.id[0]++;
		else
			rq.format = VDP_FILTER_VID;
		answer(VDP_ASSOC, 0x40);
		cr_assert_eq(vsi()->show, VDP_SHOW_PENDING);
	}
	cr_assert_eq(rig_count(&r, ST)->rx_unknown_vsi, 5);
}

Test(vdp_station, VDPS_15_late_associate_response)
{
	associate();
	rig_leave(&r, 1);
	rig_expect(&r, ST, VDP_DEASSOC, 0);
	answer(VDP_ASSOC, 0x40);
	cr_assert_eq(rig_count(&r, ST)->rx_unexpected, 1);
	answer(VDP_DEASSOC, 0x40);
	cr_assert_eq(r.side[ST].ended, 1);
	answer(VDP_ASSOC, 0x40);
	cr_assert_eq(rig_count(&r, ST)->rx_unknown_vsi, 1);
	cr_assert_eq(vdp_table_count(st()), 0);
}

Test(vdp_station, VDPS_15_responses_that_nobody_waits_for)
{
	submit(VDP_ASSOC);
	answer(VDP_ASSOC, 0x40); /* before it left */
	cr_assert_eq(vsi()->state, VDP_STATE_NONE);
	rig_expect(&r, ST, VDP_ASSOC, 0);
	answer(VDP_PREASSOC, 0x40); /* of an earlier command */
	cr_assert_eq(vsi()->state, VDP_STATE_NONE);
	answer(VDP_ASSOC, 0x40);
	answer(VDP_ASSOC, 0x40); /* twice */
	answer(VDP_ASSOC, 0x63);
	cr_assert_eq(vsi()->state, VDP_STATE_ASSOC);
	cr_assert_eq(rig_count(&r, ST)->rx_unexpected, 4);
}

Test(vdp_station, VDPS_16_unanswered_deassociate)
{
	associate();
	rig_leave(&r, 1);
	rig_expect(&r, ST, VDP_DEASSOC, 0);
	cr_assert_eq(r.side[ST].ended, 0);
	pass(vdp_resp_wait_delay(&r.params));
	cr_assert_eq(r.side[ST].ended, 1);
	cr_assert_eq(r.side[ST].last.was, VDP_STATE_ASSOC);
	cr_assert_str_eq(r.side[ST].last_vsi.reason, "de-associated on request, the bridge did not answer");
	cr_assert(vdp_table_is_quiet(st()));
}

Test(vdp_station, VDPS_17_deassociate_carries_the_returned_vid)
{
	struct vdp_assoc a;

	filter.vid = 0;
	submit(VDP_ASSOC);
	rig_expect(&r, ST, VDP_ASSOC, 0);
	filter.vid = 200;
	answer(VDP_ASSOC, 0x40);
	rig_leave(&r, 1);
	cr_assert_eq(rig_take(&r, ST, &a, 1), 1);
	cr_assert(a.op == VDP_DEASSOC && a.filters[0].vid == 200);
}

Test(vdp_station, VDPS_18_suspended)
{
	associate();
	rq.is_suspended = true;
	submit(VDP_ASSOC);
	rig_expect(&r, ST, VDP_ASSOC, VDP_STATUS_S);
	answer(VDP_ASSOC, 0x40);
	cr_assert(vsi()->is_suspended);
	pass(dur_s(11));
	rig_expect(&r, ST, VDP_ASSOC, VDP_STATUS_S);
}

Test(vdp_station, VDPS_19_resumed_on_the_target)
{
	rq.is_migrating = true;
	submit(VDP_ASSOC);
	rig_expect(&r, ST, VDP_ASSOC, VDP_STATUS_M);
}

Test(vdp_station, VDPS_20_reserved_error)
{
	submit(VDP_ASSOC);
	rig_expect(&r, ST, VDP_ASSOC, 0);
	answer(VDP_DEASSOC, 0x49);
	cr_assert_eq(vsi()->error, VDP_E_OTHER);
	expect_waiting(VDP_SHOW_REFUSED, "refused by the bridge: other failure");
}

Test(vdp_station, VDPS_21_keep_alives_of_500_are_spread)
{
	enum { N = 500, BUCKETS = 18 };
	unsigned bucket[BUCKETS] = { 0 }, payloads;
	struct mono start;

	for (uint32_t n = 0; n < N; n++)
		rig_ask(&r, VDP_ASSOC, n);
	rig_settle(&r);
	start = r.now;
	payloads = r.side[ST].payloads;
	while (mono_since(start, vdp_table_deadline(st())).ns < dur_ms(12500).ns) {
		uint64_t ns, before = rig_count(&r, ST)->requests_out;

		r.now = vdp_table_deadline(st());
		ns = mono_since(start, r.now).ns;
		MUST(ns >= vdp_reinit_keep_alive(&r.params).ns);
		vdp_table_on_time(st(), r.now);
		rig_settle(&r);
		bucket[(ns - vdp_reinit_keep_alive(&r.params).ns) / 105000000] +=
			(unsigned)(rig_count(&r, ST)->requests_out - before);
	}
	cr_assert_leq(r.side[ST].payloads - payloads, 46,
		"%u payloads: those of a tick share one, and the %d buckets have 46 ticks",
		r.side[ST].payloads - payloads, BUCKETS);
	for (int k = 0; k < BUCKETS; k++)
		cr_assert(bucket[k] > 5 && bucket[k] < 80, "%u in bucket %d", bucket[k], k);
	rig_run(&r, dur_s(600));
	cr_assert_eq(vdp_table_count(r.side[BR].t), N);
	cr_assert_eq(rig_count(&r, BR)->keep_alive_timeouts, 0);
	cr_assert_eq(r.asked, N);
	cr_assert_lt(r.side[ST].payloads, N * 610 / 10);
}

Test(vdp_station, keep_alive_answered_with_other_filters)
{
	associate();
	pass(dur_s(11));
	rig_expect(&r, ST, VDP_ASSOC, 0);
	filter.has_pcp = true; /* a priority may be given later */
	filter.pcp = 6;
	answer(VDP_ASSOC, 0x40);
	cr_assert_eq(vsi()->filters[0].pcp, 6);
	cr_assert(r.side[ST].last.filters_changed);
	pass(dur_s(11));
	rig_expect(&r, ST, VDP_ASSOC, 0);
	filter.vid = 9;
	answer(VDP_ASSOC, 0x40);
	expect_waiting(VDP_SHOW_REFUSED, "the bridge answered with other filters than requested");
}

Test(vdp_station, malformed_response_is_counted)
{
	uint8_t bad[] = { 0x0a, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x06, 3, 0x40, 0, 0 };

	associate();
	rig_give(&r, ST, bad, sizeof(bad));
	cr_assert_eq(rig_count(&r, ST)->rx_bad_tlv, 1);
	cr_assert_eq(vsi()->state, VDP_STATE_ASSOC);
}

Test(vdp_station, late_answer_to_the_old_type_is_not_the_new_one_s)
{
	associate();
	rq.subject.type_id = 0x777;
	submit(VDP_ASSOC);
	rig_expect(&r, ST, VDP_ASSOC, 0);
	rq.subject.type_id = 0x102;
	answer(VDP_ASSOC, 0x40);
	cr_assert_eq(vsi()->subject.type_id, 0x102);
	cr_assert_eq(rig_count(&r, ST)->rx_unknown_vsi, 1);
	rq.subject.type_id = 0x777;
	answer(VDP_ASSOC, 0x40);
	cr_assert_eq(vsi()->subject.type_id, 0x777);
}

Test(vdp_station, VDPS_09_request_waits_for_the_deassociate)
{
	associate();
	pass(dur_s(11));
	rig_expect(&r, ST, VDP_ASSOC, 0);
	answer(VDP_ASSOC, 0x63);
	submit(VDP_ASSOC);
	rig_expect(&r, ST, VDP_DEASSOC, 0);
	answer(VDP_DEASSOC, 0x40);
	rig_expect(&r, ST, VDP_ASSOC, 0);
}
