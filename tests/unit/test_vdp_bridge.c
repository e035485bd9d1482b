/* The bridge VDP machine against hand-made requests (evb-reference 6.8, 6.9, VDPB-*). */
#include "vdp_bridge_rig.h"

static const uint8_t E4[] = { E_MANAGER, 0x08, 0x21, 0x52, 0, 1, 2, 3, E_UUID, E_FILTER };
static const uint8_t E5[] = { E_MANAGER, 0x06, 0x21, 0x63, 0, 1, 2, 3, E_UUID, E_FILTER };
static const uint8_t E10[] = { E_MANAGER, 0x08, 0x21, 0x00, 0, 1, 2, 3, E_UUID, E_FILTER };

TestSuite(vdp_bridge, .init = setup, .fini = teardown);

Test(vdp_bridge, VDPB_01_associate_is_answered_and_active)
{
	rig_give(&r, BR, E1, sizeof(E1));
	expect_octets(E3, sizeof(E3));
	cr_assert_eq(vdp_table_count(r.side[BR].t), 1);
	cr_assert_eq(r.side[BR].last.was, VDP_STATE_NONE);
	cr_assert_eq(r.side[BR].last_vsi.state, VDP_STATE_ASSOC);
	cr_assert(r.side[BR].last.filters_changed);
	cr_assert(r.last.is_migrating);
}

Test(vdp_bridge, VDPB_02_repetition_is_answered_without_the_manager)
{
	associate();
	pass(dur_s(10));
	r.side[BR].changed = 0;
	request(VDP_ASSOC, 0);
	rig_expect(&r, BR, VDP_ASSOC, 0x40);
	pass(dur_s(16));
	cr_assert_eq(rig_state(&r, BR, 1), VDP_STATE_ASSOC);
	cr_assert_eq(r.asked, 1);
	cr_assert_eq(r.side[BR].changed, 0);
}

Test(vdp_bridge, VDPB_02_null_vids_repeated_are_the_same_filters)
{
	filter.vid = 0;
	r.give_pcp = true;
	request(VDP_ASSOC, 0);
	rig_expect(&r, BR, VDP_ASSOC, 0x40);
	request(VDP_ASSOC, 0);
	rig_expect(&r, BR, VDP_ASSOC, 0x40);
	filter.vid = 200;
	filter.has_pcp = true;
	filter.pcp = 5;
	request(VDP_ASSOC, 0);
	rig_expect(&r, BR, VDP_ASSOC, 0x40);
	cr_assert_eq(r.asked, 1);
	filter.vid = 201;
	request(VDP_ASSOC, 0);
	cr_assert_eq(r.asked, 2);
}

Test(vdp_bridge, VDPB_02_other_organizational_tlvs_are_another_command)
{
	static const uint8_t one[] = { 0xfe, 0x05, 2, 0x65, 0x76, 1, 5 },
			     other[] = { 0xfe, 0x05, 2, 0x65, 0x76, 1, 6 };

	rq.org = span_of(one, sizeof(one));
	associate();
	request(VDP_ASSOC, 0);
	rig_expect(&r, BR, VDP_ASSOC, 0x40);
	rq.org = span_of(NULL, 0);
	request(VDP_ASSOC, 0);
	rig_expect(&r, BR, VDP_ASSOC, 0x40);
	cr_assert_eq(r.asked, 1, "the same, and a keep-alive without them");
	rq.org = span_of(other, sizeof(other));
	request(VDP_ASSOC, 0);
	rig_expect(&r, BR, VDP_ASSOC, 0x40);
	cr_assert_eq(r.asked, 2);
}

Test(vdp_bridge, VDPB_03_silence_ends_the_association)
{
	struct dur tout = vdp_tout_keep_alive(&r.params);

	cr_assert_eq(tout.ns, 17448960000u);
	rig_give(&r, BR, E1, sizeof(E1));
	expect_octets(E3, sizeof(E3));
	pass(dur_ns(tout.ns - 1));
	cr_assert_eq(vdp_table_count(r.side[BR].t), 1);
	pass(dur_ns(1));
	cr_assert_eq(vdp_table_count(r.side[BR].t), 0);
	cr_assert_eq(r.side[BR].ended, 1);
	cr_assert_str_eq(r.side[BR].last_vsi.reason, "keep-alive timeout after 17.4 s");
	cr_assert_eq(r.side[BR].last_vsi.show, VDP_SHOW_TIMED_OUT);
	cr_assert_eq(rig_count(&r, BR)->keep_alive_timeouts, 1);
	expect_octets(E10, sizeof(E10));
	cr_assert(vdp_table_is_quiet(r.side[BR].t));
}

Test(vdp_bridge, VDPB_04_deassociate)
{
	associate();
	request(VDP_DEASSOC, 0);
	rig_expect(&r, BR, VDP_DEASSOC, 0x40);
	cr_assert_eq(r.side[BR].ended, 1);
	cr_assert_eq(r.side[BR].last.was, VDP_STATE_ASSOC);
	cr_assert(vdp_table_is_quiet(r.side[BR].t));
}

Test(vdp_bridge, VDPB_05_deassociate_of_an_unknown_vsi)
{
	request(VDP_DEASSOC, 0);
	cr_assert_eq(vdp_table_count(r.side[BR].t), 0);
	rig_expect(&r, BR, VDP_DEASSOC, 0x40);
	cr_assert(vdp_table_is_quiet(r.side[BR].t));
}

Test(vdp_bridge, VDPB_06_permanent_refusal)
{
	r.refusal = (struct vtdb_answer){
		.error = VDP_E_RESOURCES, .is_hard = true, .reason = "type is full"
	};
	rig_give(&r, BR, E1, sizeof(E1));
	expect_octets(E4, sizeof(E4));
	cr_assert_eq(r.side[BR].ended, 1);
	cr_assert_str_eq(r.side[BR].last_vsi.reason, "type is full");
	cr_assert_eq(r.side[BR].last_vsi.show, VDP_SHOW_REFUSED);
	cr_assert(vdp_table_is_quiet(r.side[BR].t));
}

Test(vdp_bridge, VDPB_07_refused_change_keeps_the_old_state)
{
	struct vdp_assoc a;

	associate();
	r.refusal = (struct vtdb_answer){
		.error = VDP_E_ADDRESS, .is_keep = true, .reason = "VID not allowed"
	};
	filter.vid = 300;
	request(VDP_ASSOC, 0);
	cr_assert_eq(rig_take(&r, BR, &a, 1), 1);
	cr_assert_eq(a.op, VDP_ASSOC);
	cr_assert_eq(a.status, 0x65);
	cr_assert_eq(a.filters[0].vid, 300, "the answer repeats the request");
	cr_assert_eq(rig_vsi(&r, BR, 1)->filters[0].vid, 100);
	cr_assert_eq(rig_vsi(&r, BR, 1)->show, VDP_SHOW_ASSOCIATED);
	cr_assert_not(r.side[BR].last.filters_changed);
	cr_assert_eq(rig_count(&r, BR)->reverts, 1);
	cr_assert(vdp_table_is_quiet(r.side[BR].t));
}

Test(vdp_bridge, VDPB_07_changed_type_is_a_new_command)
{
	associate();
	rq.subject.type_id = 0x777;
	request(VDP_ASSOC, 0);
	rig_expect(&r, BR, VDP_ASSOC, 0x40);
	cr_assert_eq(r.asked, 2);
	cr_assert_eq(rig_vsi(&r, BR, 1)->subject.type_id, 0x777);
}

Test(vdp_bridge, VDPB_07_filters_are_replaced_as_a_whole)
{
	struct vdp_filter two[2] = { rig_filter(8), rig_filter(9) };

	associate();
	rq.n_filters = 2;
	rq.filters = two;
	request(VDP_ASSOC, 0);
	rig_expect(&r, BR, VDP_ASSOC, 0x40);
	cr_assert_eq(rig_vsi(&r, BR, 1)->n_filters, 2);
	cr_assert(r.side[BR].last.filters_changed);
	cr_assert_eq(r.side[BR].last.was, VDP_STATE_ASSOC);
}

Test(vdp_bridge, VDPB_08_silent_manager_new_vsi)
{
	r.db_silent = true;
	request(VDP_ASSOC, 0);
	pass(dur_ms(2999));
	rig_expect_nothing(&r, BR);
	pass(dur_ms(1));
	rig_expect(&r, BR, VDP_DEASSOC, 0x43);
	cr_assert_eq(r.side[BR].ended, 1);
	cr_assert(vdp_table_is_quiet(r.side[BR].t));
}

Test(vdp_bridge, VDPB_08_resource_wait_delay_may_be_shorter)
{
	r.params.rwd = 10; /* 10.24 ms */
	vdp_table_set_params(r.side[BR].t, &r.params);
	r.db_silent = true;
	request(VDP_ASSOC, 0);
	pass(dur_us(10239));
	rig_expect_nothing(&r, BR);
	pass(dur_us(1));
	rig_expect(&r, BR, VDP_DEASSOC, 0x43);
}

Test(vdp_bridge, VDPB_09_silent_manager_associated_vsi)
{
	rig_give(&r, BR, E1, sizeof(E1));
	expect_octets(E3, sizeof(E3));
	r.db_silent = true;
	rig_give(&r, BR, E1, sizeof(E1));
	expect_octets(E3, sizeof(E3)); /* a repetition needs no manager */
	uint8_t changed[sizeof(E1)], expected[sizeof(E5)];
	memcpy(changed, E1, sizeof(E1));
	memcpy(expected, E5, sizeof(E5));
	changed[sizeof(E1) - 1] = expected[sizeof(E5) - 1] = 0x65;
	expected[20] = 0x63;
	rig_give(&r, BR, changed, sizeof(changed));
	pass(dur_s(3));
	expect_octets(expected, sizeof(expected));
	cr_assert_eq(vdp_table_count(r.side[BR].t), 1);
	cr_assert_eq(rig_count(&r, BR)->manager_timeouts, 1);
}

Test(vdp_bridge, VDPB_09_silent_manager_preassociated_vsi)
{
	request(VDP_PREASSOC, 0);
	rig_expect(&r, BR, VDP_PREASSOC, 0x40);
	r.db_silent = true;
	request(VDP_ASSOC, 0);
	pass(dur_s(3));
	rig_expect(&r, BR, VDP_DEASSOC, 0x43);
	cr_assert_eq(vdp_table_count(r.side[BR].t), 0);
}

Test(vdp_bridge, VDPB_10_late_answer_is_ignored)
{
	struct vtdb_answer grant = { .n_filters = 1 };

	grant.filters[0] = filter;
	r.db_silent = true;
	request(VDP_ASSOC, 0);
	pass(dur_s(3));
	rig_expect(&r, BR, VDP_DEASSOC, 0x43);
	vdp_bridge_answer(r.side[BR].t, r.handle, &grant, r.now);
	rig_expect_nothing(&r, BR);
	cr_assert_eq(rig_count(&r, BR)->late_answers, 1);
	request(VDP_ASSOC, 0); /* same record, new question: the old handle does not fit */
	struct vtdb_handle old = { r.handle.vsi, r.handle.number - 1 };
	vdp_bridge_answer(r.side[BR].t, old, &grant, r.now);
	cr_assert_eq(rig_count(&r, BR)->late_answers, 2);
	vdp_bridge_answer(r.side[BR].t, (struct vtdb_handle){ 4711, 1 }, &grant, r.now);
	cr_assert_eq(rig_count(&r, BR)->late_answers, 3);
	vdp_bridge_answer(r.side[BR].t, r.handle, &grant, r.now);
	rig_expect(&r, BR, VDP_ASSOC, 0x40);
}

Test(vdp_bridge, VDPB_10_late_answer_to_an_earlier_table_is_ignored)
{
	struct vdp_table_cfg cfg = rig_cfg(VDP_BRIDGE, 64);
	struct vtdb_answer refusal = { .error = VDP_E_OTHER };
	struct vtdb_handle old;

	r.db_silent = true;
	request(VDP_ASSOC, 0);
	old = r.handle;
	free(r.side[BR].t); /* the port is removed, and another one takes its place */
	cfg.seed = 0x1234567890abcdef;
	r.side[BR].t = rig_table(&cfg, &r.params);
	request(VDP_ASSOC, 0);
	vdp_bridge_answer(r.side[BR].t, old, &refusal, r.now);
	cr_assert_eq(rig_count(&r, BR)->late_answers, 1);
	rig_expect_nothing(&r, BR);
}

Test(vdp_bridge, VDPB_23_up_and_down_the_ladder)
{
	static const enum vdp_op up[] = { VDP_PREASSOC, VDP_PREASSOC_RR, VDP_ASSOC, VDP_PREASSOC,
		VDP_DEASSOC };

	for (unsigned i = 0; i < 5; i++) {
		request(up[i], 0);
		rig_expect(&r, BR, up[i], 0x40);
		cr_assert_eq(
			rig_state(&r, BR, 1), up[i] == VDP_DEASSOC ? VDP_STATE_NONE : (enum vdp_state)up[i]);
	}
	cr_assert_eq(r.asked, 4);
	cr_assert_eq(rig_count(&r, BR)->succeeded, 5);
	cr_assert(vdp_table_is_quiet(r.side[BR].t));
}

Test(vdp_bridge, VDPB_24_newest_command_waits)
{
	struct vtdb_answer grant = { .n_filters = 1 };
	struct vdp_assoc a;

	r.db_silent = true;
	request(VDP_PREASSOC, 0);
	request(VDP_PREASSOC, 0); /* dropped */
	request(VDP_PREASSOC_RR, 0);
	filter.vid = 7;
	request(VDP_ASSOC, 0); /* replaces it */
	request(VDP_ASSOC, 0); /* dropped */
	cr_assert_eq(r.asked, 1);
	grant.filters[0] = rig_filter(1);
	vdp_bridge_answer(r.side[BR].t, r.handle, &grant, r.now);
	rig_expect(&r, BR, VDP_PREASSOC, 0x40);
	cr_assert_eq(r.asked, 2);
	cr_assert_eq(r.last.op, VDP_ASSOC);
	grant.filters[0] = filter;
	vdp_bridge_answer(r.side[BR].t, r.handle, &grant, r.now);
	cr_assert_eq(rig_take(&r, BR, &a, 1), 1);
	cr_assert_eq(a.op, VDP_ASSOC);
	cr_assert_eq(a.filters[0].vid, 7);
	cr_assert_eq(rig_state(&r, BR, 1), VDP_STATE_ASSOC);
	cr_assert(vdp_table_is_quiet(r.side[BR].t));
}

Test(vdp_bridge, VDPB_24_command_after_a_refusal_still_runs)
{
	struct vtdb_answer no = { .error = VDP_E_OTHER };

	r.db_silent = true;
	request(VDP_PREASSOC, 0);
	request(VDP_ASSOC, 0);
	vdp_bridge_answer(r.side[BR].t, r.handle, &no, r.now);
	rig_events(&r, BR);
	r.db_silent = false;
	rig_expect(&r, BR, VDP_DEASSOC, 0x44);
	rig_expect(&r, BR, VDP_ASSOC, 0x40);
	cr_assert_eq(rig_state(&r, BR, 1), VDP_STATE_ASSOC);
	cr_assert(vdp_table_is_quiet(r.side[BR].t));
}

Test(vdp_bridge, VDPB_24_deassociate_while_asking)
{
	r.db_silent = true;
	request(VDP_ASSOC, 0);
	request(VDP_DEASSOC, 0);
	pass(dur_s(3));
	rig_expect(&r, BR, VDP_DEASSOC, 0x43);
	rig_expect(&r, BR, VDP_DEASSOC, 0x40);
	cr_assert(vdp_table_is_quiet(r.side[BR].t));
}

Test(vdp_bridge, VDPB_25_moved_to_another_port)
{
	struct rig target;

	rig_init(&target, 8);
	associate();
	rig_tlv(&target, BR, &rq, VDP_ASSOC, VDP_STATUS_M);
	rig_expect(&target, BR, VDP_ASSOC, 0x40);
	cr_assert(vdp_bridge_withdraw(r.side[BR].t, &rq.subject.vsi, "moved to another port", r.now));
	rig_events(&r, BR);
	rig_expect(&r, BR, VDP_DEASSOC, 0x00);
	cr_assert_str_eq(r.side[BR].last_vsi.reason, "moved to another port");
	cr_assert_eq(rig_state(&target, BR, 1), VDP_STATE_ASSOC);
	rig_free(&target);
}

Test(vdp_bridge, VDPB_26_full_table)
{
	for (uint32_t n = 0; n < 64; n++) {
		rq = rig_request(VDP_ASSOC, n, &filter);
		request(VDP_ASSOC, 0);
		rig_expect(&r, BR, VDP_ASSOC, 0x40);
	}
	rq = rig_request(VDP_ASSOC, 64, &filter);
	request(VDP_ASSOC, 0);
	rig_expect(&r, BR, VDP_DEASSOC, 0x42);
	cr_assert_eq(vdp_table_count(r.side[BR].t), 64);
	cr_assert_eq(rig_count(&r, BR)->table_full, 1);
}

Test(vdp_bridge, VDPB_27_port_down_ends_all_silently)
{
	for (uint32_t n = 0; n < 10; n++) {
		rq = rig_request(VDP_ASSOC, n, &filter);
		r.db_silent = n % 2 == 0;
		request(VDP_ASSOC, 0);
	}
	vdp_table_port_down(r.side[BR].t, r.now);
	rig_events(&r, BR);
	cr_assert_eq(r.side[BR].ended, 10);
	rig_expect_nothing(&r, BR);
	cr_assert(vdp_table_is_quiet(r.side[BR].t));
}

Test(vdp_bridge, VDPB_28_keep_alive_after_a_restart_is_a_new_association)
{
	struct vdp_table_cfg cfg = rig_cfg(VDP_BRIDGE, 64);

	rig_ask(&r, VDP_ASSOC, 1);
	rig_settle(&r);
	free(r.side[BR].t);
	r.side[BR].t = rig_table(&cfg, &r.params);
	rig_run(&r, dur_s(11));
	cr_assert_eq(r.asked, 2);
	cr_assert_eq(rig_state(&r, BR, 1), VDP_STATE_ASSOC);
	cr_assert_eq(rig_state(&r, ST, 1), VDP_STATE_ASSOC);
}

Test(vdp_bridge, VDPB_29_withdrawal)
{
	struct vsi_id unknown = rig_id(99);

	associate();
	cr_assert_not(vdp_bridge_withdraw(r.side[BR].t, &unknown, "", r.now));
	cr_assert(vdp_bridge_withdraw(r.side[BR].t, &rq.subject.vsi, "type removed", r.now));
	rig_events(&r, BR);
	cr_assert_eq(r.side[BR].ended, 1);
	rig_expect(&r, BR, VDP_DEASSOC, 0x00);
	cr_assert(vdp_table_is_quiet(r.side[BR].t));
}

Test(vdp_bridge, VDPB_29_new_command_cancels_a_notice_that_has_not_left)
{
	associate();
	vdp_bridge_withdraw(r.side[BR].t, &rq.subject.vsi, "type removed", r.now);
	rig_events(&r, BR);
	cr_assert_eq(vdp_table_count(r.side[BR].t), 0);
	request(VDP_ASSOC, 0);
	rig_expect(&r, BR, VDP_ASSOC, 0x40);
	rig_expect_nothing(&r, BR);
	cr_assert_eq(rig_state(&r, BR, 1), VDP_STATE_ASSOC);
	cr_assert_eq(r.asked, 2);
}

Test(vdp_bridge, VDPB_30_lost_response_is_repeated_on_request)
{
	uint8_t buf[PAYLOAD];

	request(VDP_ASSOC, 0);
	cr_assert_gt(vdp_table_fill(r.side[BR].t, buf, sizeof(buf), r.now), 0);
	vdp_table_on_sent(r.side[BR].t, false, r.now);
	rig_expect_nothing(&r, BR);
	cr_assert_eq(rig_state(&r, BR, 1), VDP_STATE_ASSOC);
	request(VDP_ASSOC, 0);
	rig_expect(&r, BR, VDP_ASSOC, 0x40);
	cr_assert_eq(r.asked, 1);
}

Test(vdp_bridge, suspend_bit_of_a_keep_alive_is_told)
{
	associate();
	r.side[BR].changed = 0;
	request(VDP_ASSOC, VDP_STATUS_S);
	rig_expect(&r, BR, VDP_ASSOC, 0x40);
	cr_assert_eq(r.side[BR].changed, 1);
	cr_assert(r.side[BR].last_vsi.is_suspended);
	cr_assert_eq(r.asked, 1);
}

Test(vdp_bridge, one_vsi_twice_in_a_payload_in_order)
{
	struct rig_frame f = rig_frame(&MANAGER);
	struct vdp_assoc a[4];

	rig_add(&f, &rq, VDP_ASSOC, 0);
	rig_add(&f, &rq, VDP_DEASSOC, 0);
	rig_give(&r, BR, f.b, f.len);
	rig_expect(&r, BR, VDP_ASSOC, 0x40);
	rig_expect(&r, BR, VDP_DEASSOC, 0x40);
	cr_assert(vdp_table_is_quiet(r.side[BR].t));

	f = rig_frame(&MANAGER);
	associate();
	rig_add(&f, &rq, VDP_DEASSOC, 0);
	rig_add(&f, &rq, VDP_ASSOC, 0);
	rig_give(&r, BR, f.b, f.len);
	cr_assert_eq(rig_take(&r, BR, a, 4), 1);
	cr_assert(a[0].op == VDP_DEASSOC && a[0].status == 0x40);
	rig_expect(&r, BR, VDP_ASSOC, 0x40);
	cr_assert_eq(rig_state(&r, BR, 1), VDP_STATE_ASSOC);
}

Test(vdp_bridge, full_pool_is_a_counted_answer)
{
	struct vdp_filter many[60];
	uint32_t n = 100;
	struct vdp_assoc a[8];
	unsigned granted = 0, refused = 0, k;

	for (int i = 0; i < 60; i++)
		many[i] = rig_filter((uint32_t)i);
	rq.n_filters = 60;
	rq.filters = many;
	for (int i = 0; i < 64; i++, n++) {
		rq.subject.vsi = rig_id(n);
		request(VDP_ASSOC, 0);
		while ((k = rig_take(&r, BR, a, 8)) > 0)
			for (unsigned j = 0; j < k; j++)
				*(a[j].status == 0x40 ? &granted : &refused) += 1;
	}
	cr_assert_gt(granted, 20);
	cr_assert_eq(granted + refused, 64);
	cr_assert(a[0].op == VDP_DEASSOC && a[0].status == 0x42);
	rq.subject.vsi = rig_id(100); /* a keep-alive needs no room */
	request(VDP_ASSOC, 0);
	rig_expect(&r, BR, VDP_ASSOC, 0x40);
	many[0].vid = 9; /* a change does: kept */
	request(VDP_ASSOC, 0);
	rig_expect(&r, BR, VDP_ASSOC, 0x62);
	many[0].vid = 100;
	request(VDP_DEASSOC, 0);
	rig_expect(&r, BR, VDP_DEASSOC, 0x40);
}

Test(vdp_bridge, VDPB_29_withdrawn_while_asking_and_asked_again)
{
	r.db_silent = true;
	request(VDP_ASSOC, 0);
	vdp_bridge_withdraw(r.side[BR].t, &rq.subject.vsi, "type removed", r.now);
	rig_events(&r, BR);
	r.db_silent = false;
	request(VDP_ASSOC, 0);
	cr_assert_eq(r.asked, 2);
	rig_expect(&r, BR, VDP_ASSOC, 0x40);
	rig_expect_nothing(&r, BR);
}

Test(vdp_bridge, VDPB_02_repetition_before_the_answer_leaves_counts_as_alive)
{
	request(VDP_ASSOC, 0);
	pass(dur_s(17));
	request(VDP_ASSOC, 0);
	pass(dur_s(17));
	cr_assert_eq(rig_state(&r, BR, 1), VDP_STATE_ASSOC);
	rig_expect(&r, BR, VDP_ASSOC, 0x40);
	rig_expect_nothing(&r, BR);
}

Test(vdp_bridge, VDPB_24_another_op_is_another_command)
{
	request(VDP_PREASSOC, 0); /* granted, the answer has not left */
	request(VDP_ASSOC, 0);
	rig_expect(&r, BR, VDP_PREASSOC, 0x40);
	r.db_silent = true;
	rig_events(&r, BR);
	rig_expect(&r, BR, VDP_ASSOC, 0x40);
	request(VDP_PREASSOC, 0);
	request(VDP_ASSOC, 0);
	request(VDP_PREASSOC_RR, 0);
	pass(dur_s(3));
	r.db_silent = false;
	rig_expect(&r, BR, VDP_PREASSOC, 0x63);
	rig_expect(&r, BR, VDP_PREASSOC_RR, 0x40);
}

Test(vdp_bridge, VDPB_07_a_longer_or_shorter_list_is_another_list)
{
	struct vdp_filter two[2] = { rig_filter(1), rig_filter(2) };

	rq.filters = two;
	for (unsigned k = 0; k < 3; k++) {
		rq.n_filters = (uint16_t)(1 + k % 2);
		associate();
		cr_assert_eq(r.asked, k + 1);
		cr_assert_eq(rig_vsi(&r, BR, 1)->n_filters, rq.n_filters);
	}
}
