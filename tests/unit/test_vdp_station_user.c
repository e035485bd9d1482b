/* The user's side of the station VDP machine: requests at any time, readiness, port down, limits (evb-reference 6.7). */
#include "vdp_station_rig.h"

TestSuite(vdp_station_user, .init = setup, .fini = teardown);

Test(vdp_station_user, deassociate_of_what_was_never_sent_ends_at_once)
{
	struct vsi_id unknown = rig_id(77);

	cr_assert_eq(vdp_station_deassociate(st(), &unknown, r.now), VDP_SUBMIT_UNKNOWN);
	submit(VDP_ASSOC);
	rig_leave(&r, 1);
	rig_events(&r, ST);
	cr_assert_eq(r.side[ST].ended, 1);
	rig_expect_nothing(&r, ST);
	cr_assert(vdp_table_is_quiet(st()));
}

Test(vdp_station_user, deassociate_in_back_off)
{
	submit(VDP_ASSOC);
	rig_expect(&r, ST, VDP_ASSOC, 0);
	answer(VDP_DEASSOC, 0x42); /* the bridge has nothing: nothing to say */
	rig_leave(&r, 1);
	rig_events(&r, ST);
	cr_assert_eq(r.side[ST].ended, 1);
	rig_expect_nothing(&r, ST);
	submit(VDP_ASSOC);
	rig_expect(&r, ST, VDP_ASSOC, 0);
	pass(dur_s(18)); /* the bridge may have it */
	rig_leave(&r, 1);
	rig_expect(&r, ST, VDP_DEASSOC, 0);
	answer(VDP_DEASSOC, 0x40);
	cr_assert(vdp_table_is_quiet(st()));
}

Test(vdp_station_user, deassociate_waits_for_the_answer)
{
	submit(VDP_ASSOC);
	rig_expect(&r, ST, VDP_ASSOC, 0);
	rig_leave(&r, 1);
	rig_expect_nothing(&r, ST);
	answer(VDP_ASSOC, 0x40);
	rig_expect(&r, ST, VDP_DEASSOC, 0);
	answer(VDP_DEASSOC, 0x40);
	cr_assert(vdp_table_is_quiet(st()));
	submit(VDP_ASSOC);
	rig_expect(&r, ST, VDP_ASSOC, 0);
	rig_leave(&r, 1);
	pass(vdp_resp_wait_delay(&r.params)); /* a silent bridge is not asked again */
	cr_assert(vdp_table_is_quiet(st()));
	cr_assert_eq(r.side[ST].ended, 2);
}

Test(vdp_station_user, newest_request_waits_for_the_answer)
{
	struct vdp_assoc a;

	submit(VDP_PREASSOC);
	rig_expect(&r, ST, VDP_PREASSOC, 0);
	submit(VDP_PREASSOC_RR);
	filter.vid = 7;
	submit(VDP_ASSOC);
	rig_expect_nothing(&r, ST);
	filter.vid = 100;
	answer(VDP_PREASSOC, 0x40);
	cr_assert_eq(rig_take(&r, ST, &a, 1), 1);
	cr_assert(a.op == VDP_ASSOC && a.filters[0].vid == 7);
	filter.vid = 7;
	answer(VDP_ASSOC, 0x40);
	cr_assert_eq(vsi()->state, VDP_STATE_ASSOC);
	rig_leave(&r, 1);
	rig_expect(&r, ST, VDP_DEASSOC, 0);
	submit(VDP_ASSOC); /* wanted again before the bridge let go */
	answer(VDP_DEASSOC, 0x40);
	rig_expect(&r, ST, VDP_ASSOC, 0);
	answer(VDP_ASSOC, 0x40);
	cr_assert_eq(r.side[ST].ended, 0);
	cr_assert(vdp_table_is_quiet(st()));
}

Test(vdp_station_user, request_that_has_not_left_is_replaced)
{
	struct vdp_assoc a;

	submit(VDP_PREASSOC);
	filter.vid = 7;
	submit(VDP_ASSOC);
	cr_assert_eq(rig_take(&r, ST, &a, 1), 1);
	cr_assert(a.op == VDP_ASSOC && a.filters[0].vid == 7);
	rig_expect_nothing(&r, ST);
}

Test(vdp_station_user, requests_wait_for_readiness)
{
	vdp_table_set_ready(st(), false, r.now);
	submit(VDP_ASSOC);
	rig_expect_nothing(&r, ST);
	pass(dur_s(3600));
	expect_waiting(VDP_SHOW_PENDING, "waiting for the EVB peer");
	vdp_table_set_ready(st(), true, r.now);
	cr_assert_str_empty(vsi()->reason);
	rig_expect(&r, ST, VDP_ASSOC, 0);
	pass(dur_s(17));
	cr_assert_eq(vsi()->show, VDP_SHOW_PENDING);
	answer(VDP_ASSOC, 0x40);
	cr_assert_eq(vsi()->state, VDP_STATE_ASSOC);
}

Test(vdp_station_user, peer_lost_keeps_vsis_and_their_keep_alives)
{
	associate();
	vdp_table_set_ready(st(), false, r.now);
	cr_assert_eq(vsi()->state, VDP_STATE_ASSOC);
	pass(dur_s(11));
	rig_expect(&r, ST, VDP_ASSOC, 0);
	answer(VDP_ASSOC, 0x40);
	cr_assert_eq(vsi()->state, VDP_STATE_ASSOC);
	rig_leave(&r, 1);
	rig_expect(&r, ST, VDP_DEASSOC, 0);
}

Test(vdp_station_user, port_down_blocks_and_sends_again)
{
	struct vdp_assoc a;

	filter.vid = 0;
	submit(VDP_ASSOC);
	rig_expect(&r, ST, VDP_ASSOC, 0);
	filter.vid = 200;
	answer(VDP_ASSOC, 0x40);
	vdp_table_port_down(st(), r.now);
	rig_events(&r, ST);
	cr_assert_eq(r.side[ST].last.was, VDP_STATE_ASSOC);
	expect_waiting(VDP_SHOW_PENDING, "waiting for the EVB peer");
	pass(dur_s(3600));
	rig_expect_nothing(&r, ST);
	vdp_table_set_ready(st(), true, r.now);
	cr_assert_eq(rig_take(&r, ST, &a, 1), 1);
	cr_assert(a.op == VDP_ASSOC && a.filters[0].vid == 0, "asked as the user did");
	vdp_table_port_down(st(), r.now); /* and while one is out */
	rig_leave(&r, 1);
	rig_events(&r, ST);
	cr_assert_eq(r.side[ST].ended, 1);
	cr_assert(vdp_table_is_quiet(st()));
}

Test(vdp_station_user, back_to_preassociated)
{
	associate();
	submit(VDP_PREASSOC);
	rig_expect(&r, ST, VDP_PREASSOC, 0);
	answer(VDP_PREASSOC, 0x40);
	cr_assert_eq(vsi()->state, VDP_STATE_PREASSOC);
	cr_assert_eq(r.side[ST].last.was, VDP_STATE_ASSOC);
}

static enum vdp_submit try(const struct vdp_request *q)
{
	return vdp_station_request(st(), q, r.now);
}

Test(vdp_station_user, illegal_requests_are_refused_here)
{
	static const uint8_t org[1500];
	struct vdp_filter many[61];
	struct vdp_request q = rq;

	for (int i = 0; i < 61; i++)
		many[i] = rig_filter((uint32_t)i);
	q.op = VDP_DEASSOC;
	cr_assert_eq(try(&q), VDP_SUBMIT_BAD);
	q = rq;
	q.format = 5;
	cr_assert_eq(try(&q), VDP_SUBMIT_BAD);
	q = rq;
	q.subject.vsi.format = 6;
	cr_assert_eq(try(&q), VDP_SUBMIT_BAD);
	q = rq;
	q.subject.type_id = 0x1000000;
	cr_assert_eq(try(&q), VDP_SUBMIT_BAD);
	q = rq;
	q.n_filters = 0;
	cr_assert_eq(try(&q), VDP_SUBMIT_BAD);
	q = rq;
	filter.vid = 4095;
	cr_assert_eq(try(&q), VDP_SUBMIT_BAD);
	filter = rig_filter(1);
	q.filters = many;
	q.n_filters = 61;
	cr_assert_eq(try(&q), VDP_SUBMIT_TOO_LONG);
	q.n_filters = 60;
	cr_assert_eq(try(&q), VDP_SUBMIT_OK);
	q = rq;
	q.org = span_of(org, 1494 - 18 - 35 - 2);
	cr_assert_eq(try(&q), VDP_SUBMIT_OK);
	q.org.len++;
	cr_assert_eq(try(&q), VDP_SUBMIT_TOO_LONG);
	for (int s = VDP_SUBMIT_OK; s <= VDP_SUBMIT_UNKNOWN; s++)
		cr_assert_str_neq(vdp_submit_text((enum vdp_submit)s), "?");
}

Test(vdp_station_user, repeated_filters_are_sent_once)
{
	struct vdp_filter f[3] = { rig_filter(1), rig_filter(2), rig_filter(1) };
	struct vdp_assoc a;

	rq.filters = f;
	rq.n_filters = 3;
	submit(VDP_ASSOC);
	cr_assert_eq(rig_take(&r, ST, &a, 1), 1);
	cr_assert_eq(a.n_filters, 2);
	rq.n_filters = 2;
	answer(VDP_ASSOC, 0x40);
	cr_assert_eq(vsi()->n_filters, 2);
}

Test(vdp_station_user, table_full)
{
	for (uint32_t n = 0; n < 600; n++)
		rig_ask(&r, VDP_ASSOC, n);
	rq.subject.vsi = rig_id(600);
	cr_assert_eq(try(&rq), VDP_SUBMIT_FULL);
	cr_assert_eq(vdp_table_count(st()), 600);
	rig_leave(&r, 5);
	cr_assert_eq(vdp_table_count(st()), 599);
	rig_events(&r, ST);
	cr_assert_eq(try(&rq), VDP_SUBMIT_OK);
}

Test(vdp_station_user, undelivered_while_the_peer_is_lost_waits)
{
	uint8_t buf[PAYLOAD];

	submit(VDP_ASSOC);
	cr_assert_gt(vdp_table_fill(st(), buf, sizeof(buf), r.now), 0);
	vdp_table_set_ready(st(), false, r.now);
	vdp_table_on_sent(st(), false, r.now);
	rig_expect_nothing(&r, ST);
	vdp_table_set_ready(st(), true, r.now);
	rig_expect(&r, ST, VDP_ASSOC, 0);
}

Test(vdp_station_user, pool_full)
{
	struct vdp_filter many[60];
	enum vdp_submit s;
	uint32_t n = 0;

	for (int i = 0; i < 60; i++)
		many[i] = rig_filter((uint32_t)i);
	rq.filters = many;
	rq.n_filters = 60;
	do {
		rq.subject.vsi = rig_id(n++);
		s = try(&rq);
	} while (s == VDP_SUBMIT_OK);
	cr_assert_eq(s, VDP_SUBMIT_FULL);
	cr_assert_eq(vdp_table_count(st()), n - 1);
	cr_assert_lt(n, 600);
}

Test(vdp_station_user, asked_again_before_the_end_is_told)
{
	submit(VDP_ASSOC);
	rig_events(&r, ST);
	cr_assert_eq(vdp_station_deassociate(st(), &rq.subject.vsi, r.now), VDP_SUBMIT_OK);
	submit(VDP_ASSOC);
	rig_events(&r, ST);
	cr_assert_eq(r.side[ST].ended, 0);
	rig_expect(&r, ST, VDP_ASSOC, 0);
}

Test(vdp_station_user, asked_again_while_the_end_is_told)
{
	struct vdp_event e;

	submit(VDP_ASSOC);
	rig_events(&r, ST);
	rig_leave(&r, 1);
	cr_assert(vdp_table_next_event(st(), &e));
	cr_assert_eq(e.kind, VDP_EVENT_ENDED);
	submit(VDP_ASSOC);
	rig_events(&r, ST);
	cr_assert_eq(vdp_table_count(st()), 1);
	rig_expect(&r, ST, VDP_ASSOC, 0);
}

Test(vdp_station_user, request_held_back_waits_and_says_for_what)
{
	submit(VDP_ASSOC);
	vdp_table_hold(st(), 0, "waiting for its port", r.now);
	rig_expect_nothing(&r, ST);
	pass(dur_s(3600));
	rig_expect_nothing(&r, ST);
	cr_assert_str_eq(vdp_table_get(st(), 0)->reason, "waiting for its port");
	cr_assert_eq(vdp_table_get(st(), 0)->show, VDP_SHOW_PENDING);
	vdp_table_set_ready(st(), false, r.now);
	vdp_table_set_ready(st(), true, r.now);
	rig_expect_nothing(&r, ST);
	vdp_table_hold(st(), 0, NULL, r.now);
	rig_expect(&r, ST, VDP_ASSOC, 0);
	answer(VDP_ASSOC, 0x40);
	cr_assert_eq(vdp_table_get(st(), 0)->state, VDP_STATE_ASSOC);
}

Test(vdp_station_user, association_held_back_is_lost_without_a_frame)
{
	submit(VDP_ASSOC);
	rig_expect(&r, ST, VDP_ASSOC, 0);
	answer(VDP_ASSOC, 0x40);
	vdp_table_hold(st(), 0, "waiting for its port", r.now);
	rig_events(&r, ST);
	cr_assert_eq(vdp_table_get(st(), 0)->state, VDP_STATE_NONE);
	pass(dur_s(3600));
	rig_expect_nothing(&r, ST);
	rig_leave(&r, 1);
	rig_events(&r, ST);
	rig_expect_nothing(&r, ST);
	cr_assert_eq(r.side[ST].ended, 1);
	cr_assert(vdp_table_is_quiet(st()));
}
