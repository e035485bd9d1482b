/* PE-CSP at the controlling bridge: sessions and ports, with an extender by hand (port-extension-reference 3.6). */
#include "csp_rig.h"
#include "pe_frames.h"

enum { PAYLOAD = 18 }; /* offset of ECP's payload in a worked frame */

/* ---- the session ---- */

Test(csp_cb, an_extender_that_is_heard_may_open)
{
	struct cb_rig *r = cb_new(&cb_defaults);

	cr_assert_eq(csp_cb_state(r->cb), CSP_CB_IDLE);
	csp_cb_set_peer(r->cb, &extender_csp, r->now);
	cr_assert_eq(csp_cb_state(r->cb), CSP_CB_WAIT_OPEN);
	cr_assert_eq(cb_ask(r, rig_open(VNTAG_FORMAT_VN)), CSP_DONE);
	cr_assert_eq(csp_pdu_format(&r->out), VNTAG_FORMAT_VN, "the format is echoed");
	cr_assert_eq(r->out.has, CSP_HAS_RESOURCE);
	cr_assert_eq(r->out.resource.max_channels, 16);
	cr_assert_eq(csp_cb_state(r->cb), CSP_CB_OPEN);
	cr_assert_eq(cb_pull(r), 1);
	cr_assert(r->ev[0].kind == CSP_CB_EV_OPENED && r->ev[0].format == VNTAG_FORMAT_VN);
	cr_assert_eq(r->ev[0].resource.max_groups, 100, "the extender's");
	cr_assert_eq(csp_cb_format(r->cb), VNTAG_FORMAT_VN);
	cr_assert(csp_cb_is_quiet(r->cb));
	cr_assert(mono_is_never(csp_cb_deadline(r->cb)));
	cb_free(r);
}

/* P3..P6 of the reference: the whole conversation, octet for octet. */
Test(csp_cb, PEX_60_understands_p3_and_p4_and_speaks_p5_and_p6)
{
	struct csp_cb_cfg cfg = cb_defaults;
	struct cb_rig *r;
	uint32_t group;

	cfg.n_ids = 0;
	cfg.n_group_ids = 0;
	r = cb_new(&cfg);
	csp_cb_set_peer(r->cb, &extender_csp, r->now);
	csp_cb_rx(r->cb, span_of(frame_p3 + PAYLOAD, sizeof(frame_p3) - PAYLOAD), r->now);
	cr_assert(cb_pull(r) == 1 && r->ev[0].resource.max_untagged == 16);
	cr_assert(cb_send(r) && r->out.transaction == 1);
	csp_cb_rx(r->cb, span_of(frame_p4 + PAYLOAD, sizeof(frame_p4) - PAYLOAD), r->now);
	cr_assert(cb_pull(r) == 1 && r->ev[0].kind == CSP_CB_EV_ASK);
	cr_assert(csp_cb_answer(r->cb, r->ev[0].handle, CSP_DONE, 100, 0, r->now));
	cr_assert(cb_send(r));
	cr_assert_arr_eq(r->octets, frame_p5 + PAYLOAD, r->len);
	cb_pull(r);
	cb_create(r, 2, 101);
	cr_assert_eq(csp_cb_group_new(r->cb, 0x100001, &group, r->now), CSP_SUBMIT_OK);
	cr_assert_eq(csp_cb_group_set(r->cb, group, 100, true), CSP_SUBMIT_OK);
	cr_assert_eq(csp_cb_group_set(r->cb, group, 101, true), CSP_SUBMIT_OK);
	cr_assert(cb_send(r));
	cr_assert_arr_eq(r->octets, frame_p6 + PAYLOAD, r->len);
	cb_free(r);
}

Test(csp_cb, a_format_that_is_not_accepted_is_refused)
{
	struct csp_cb_cfg cfg = cb_defaults;
	struct cb_rig *r;

	cfg.formats = CSP_CB_VN;
	r = cb_new(&cfg);
	csp_cb_set_peer(r->cb, &extender_csp, r->now);
	cr_assert_eq(cb_ask(r, rig_open(VNTAG_FORMAT_E)), CSP_FORMAT_REFUSED);
	cr_assert_eq(csp_cb_state(r->cb), CSP_CB_WAIT_OPEN);
	cr_assert_eq(cb_ask(r, rig_open(VNTAG_FORMAT_VN)), CSP_DONE);
	cb_pull(r);
	csp_cb_set_formats(r->cb, 0);
	cr_assert_eq(cb_ask(r, rig_open(VNTAG_FORMAT_VN)), CSP_FORMAT_REFUSED);
	cr_assert(cb_pull(r) == 1 && r->ev[0].kind == CSP_CB_EV_CLEANUP, "it had begun anew all the same");
	cr_assert_eq(csp_cb_counters(r->cb)->opens_refused, 2);
	cb_free(r);
}

Test(csp_cb, an_open_before_lldp_is_refused_and_asked_for_when_the_extender_is_heard)
{
	struct cb_rig *r = cb_new(&cb_defaults);

	cr_assert_eq(cb_ask(r, rig_open(VNTAG_FORMAT_E)), CSP_WRONG_STATE);
	cr_assert_eq(csp_cb_state(r->cb), CSP_CB_IDLE);
	csp_cb_set_peer(r->cb, &extender_csp, r->now);
	csp_cb_on_time(r->cb, r->now);
	cr_assert(cb_send(r) && r->out.message == CSP_OPEN && !r->out.is_response, "at once");
	cb_reply(r, CSP_DONE);
	cr_assert_eq(csp_cb_state(r->cb), CSP_CB_WAIT_OPEN, "the extender's own Open counts");
	cr_assert_eq(cb_ask(r, rig_open(VNTAG_FORMAT_E)), CSP_DONE);
	cb_free(r);
}

Test(csp_cb, an_extender_that_does_not_open_is_asked_to_after_1_s_and_then_every_10_s)
{
	struct cb_rig *r = cb_new(&cb_defaults);

	csp_cb_set_peer(r->cb, &extender_csp, r->now);
	cb_pass(r, 999);
	cr_assert_not(cb_send(r));
	cb_pass(r, 1);
	cr_assert(cb_send(r) && r->out.message == CSP_OPEN);
	cb_pass(r, 3000);
	cr_assert(cb_send(r), "once more without a response");
	cb_pass(r, 6999);
	cr_assert_not(cb_send(r));
	cb_pass(r, 1);
	cr_assert(cb_send(r) && r->out.message == CSP_OPEN);
	csp_cb_on_sent(r->cb, false, r->now);
	cr_assert_eq(cb_pull(r), 0, "there is no session to fail");
	cr_assert_eq(csp_cb_counters(r->cb)->sessions_failed, 0);
	cr_assert_eq(csp_cb_counters(r->cb)->solicited, 2);
	cr_assert_eq(cb_ask(r, rig_open(VNTAG_FORMAT_E)), CSP_DONE);
	cb_pass(r, 60000);
	cr_assert_not(cb_send(r), "no more");
	cb_free(r);
}

Test(csp_cb, an_open_in_a_session_is_the_end_of_it_and_a_new_one)
{
	struct cb_rig *r = cb_new(&cb_defaults);

	cb_open_with(r, 2);
	cr_assert_eq(cb_ask(r, rig_open(VNTAG_FORMAT_E)), CSP_DONE);
	cr_assert_eq(csp_cb_state(r->cb), CSP_CB_CLEANUP);
	cr_assert_eq(cb_pull(r), 2);
	cr_assert_eq(r->ev[0].kind, CSP_CB_EV_CLEANUP);
	cr_assert_eq(r->ev[1].kind, CSP_CB_EV_OPENED);
	cr_assert_eq(csp_cb_count(r->cb), 0);
	cr_assert_eq(csp_cb_state(r->cb), CSP_CB_OPEN);
	cb_free(r);
}

Test(csp_cb, PEX_62_what_ecp_can_not_deliver_for_half_a_second_cleans_up)
{
	struct cb_rig *r = cb_new(&cb_defaults);

	cb_open_with(r, 3);
	cr_assert_eq(csp_cb_delete(r->cb, 1), CSP_SUBMIT_OK);
	cr_assert(cb_fill(r));
	csp_cb_on_sent(r->cb, false, r->now);
	cr_assert_eq(csp_cb_count(r->cb), 3, "a busy extender is not gone");
	r->now = mono_add(r->now, dur_ms(500));
	cr_assert(cb_fill(r) && r->out.message == CSP_DELETE, "it is sent again");
	csp_cb_on_sent(r->cb, false, r->now);
	cr_assert_eq(csp_cb_find(r->cb, 1), UINT32_MAX);
	cr_assert_eq(csp_cb_count(r->cb), 0);
	cr_assert(cb_pull(r) == 1 && r->ev[0].kind == CSP_CB_EV_CLEANUP);
	cr_assert_str_eq(r->ev[0].reason, "ECP gave up");
	cr_assert_eq(csp_cb_state(r->cb), CSP_CB_WAIT_OPEN);
	cr_assert_eq(cb_ask(r, rig_create(1)), CSP_WRONG_STATE);
	cb_free(r);
}

Test(csp_cb, no_response_is_one_retry_with_the_same_octets_and_then_a_failure)
{
	struct cb_rig *r = cb_new(&cb_defaults);
	uint8_t first[CSP_PDU_MAX];
	size_t len;

	cb_open_with(r, 1);
	cr_assert_eq(csp_cb_get(r->cb, 1), CSP_SUBMIT_OK);
	cr_assert(cb_send(r));
	len = r->len;
	memcpy(first, r->octets, len);
	cb_pass(r, 3000);
	cr_assert(cb_send(r) && r->len == len && memcmp(first, r->octets, len) == 0);
	cb_pass(r, 2999);
	cr_assert_eq(cb_pull(r), 0);
	cb_pass(r, 1);
	cr_assert(cb_pull(r) == 1 && r->ev[0].kind == CSP_CB_EV_CLEANUP);
	cr_assert_str_eq(r->ev[0].reason, "no response");
	cb_free(r);
}

Test(csp_cb, wrong_state_from_the_extender_is_the_end_of_the_session)
{
	struct cb_rig *r = cb_new(&cb_defaults);

	cb_open_with(r, 1);
	cr_assert_eq(csp_cb_get(r->cb, 1), CSP_SUBMIT_OK);
	cr_assert(cb_send(r));
	cb_reply(r, CSP_WRONG_STATE);
	cr_assert(cb_pull(r) == 1 && r->ev[0].kind == CSP_CB_EV_CLEANUP);
	cb_pass(r, 1000);
	cr_assert(cb_send(r) && r->out.message == CSP_OPEN, "asked to open again");
	cb_free(r);
}

Test(csp_cb, an_extender_that_is_lost_or_another_one_cleans_up)
{
	const struct mac other = { { 2, 0, 0, 0, 0, 0x99 } };

	for (unsigned i = 0; i < 2; i++) {
		struct cb_rig *r = cb_new(&cb_defaults);

		cb_open_with(r, 1);
		csp_cb_set_peer(r->cb, &extender_csp, r->now);
		cr_assert_eq(cb_pull(r), 0, "the same changes nothing");
		csp_cb_set_peer(r->cb, i == 0 ? NULL : &other, r->now);
		cr_assert(cb_pull(r) == 1 && r->ev[0].kind == CSP_CB_EV_CLEANUP);
		cr_assert_eq(csp_cb_state(r->cb), i == 0 ? CSP_CB_IDLE : CSP_CB_WAIT_OPEN);
		if (i == 0)
			cr_assert(mono_is_never(csp_cb_deadline(r->cb)));
		cb_free(r);
	}
}

Test(csp_cb, nothing_is_asked_before_the_user_knows_that_all_is_gone)
{
	struct cb_rig *r = cb_new(&cb_defaults);
	const struct mac other = { { 2, 0, 0, 0, 0, 0x99 } };

	cb_open_with(r, 1);
	csp_cb_set_peer(r->cb, &other, r->now);
	cb_pass(r, 2000);
	cr_assert_not(cb_send(r));
	cb_pull(r);
	cr_assert(cb_send(r));
	cb_free(r);
}

Test(csp_cb, requests_that_are_not_for_a_bridge_are_unsupported)
{
	static const unsigned messages[] = { 0, CSP_REGISTER, CSP_PARAM_SET, CSP_PARAM_GET, CSP_STATISTICS,
		9 };
	struct cb_rig *r = cb_new(&cb_defaults);

	cb_open_with(r, 1);
	for (unsigned i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
		struct csp_pdu *p = rig_pdu((enum csp_message)messages[i], 1);

		p->has = CSP_HAS_PORT | CSP_HAS_MEMBERS;
		p->port.type = CSP_PORT_EXTENDED;
		cr_assert_eq(cb_ask(r, p), CSP_UNSUPPORTED);
	}
	cr_assert_eq(csp_cb_link_counters(r->cb)->bad_requests, 6);
	cb_free(r);
}

Test(csp_cb, without_a_session_all_but_open_is_the_wrong_state)
{
	struct cb_rig *r = cb_new(&cb_defaults);
	struct csp_pdu *p;

	csp_cb_set_peer(r->cb, &extender_csp, r->now);
	cr_assert_eq(cb_ask(r, rig_create(1)), CSP_WRONG_STATE);
	cr_assert_eq(cb_ask(r, rig_pdu(CSP_DELETE, 1)), CSP_WRONG_STATE);
	p = rig_pdu(CSP_STATUS, 1);
	p->has = CSP_HAS_STATUS;
	cr_assert_eq(cb_ask(r, p), CSP_WRONG_STATE);
	cb_free(r);
}

/* ---- ports ---- */

Test(csp_cb, a_create_is_the_users_to_answer)
{
	struct cb_rig *r = cb_new(&cb_defaults);

	cb_open(r);
	cb_request(r, rig_create(7));
	cr_assert_not(cb_send(r));
	cr_assert_eq(cb_pull(r), 1);
	cr_assert(r->ev[0].kind == CSP_CB_EV_ASK && r->ev[0].asked.port == 7 && r->ev[0].asked.pvid == 1);
	cr_assert_eq(r->ev[0].channel, 1, "what it would get");
	cr_assert_eq(csp_cb_count(r->cb), 0, "and has not yet");
	cr_assert_eq(cb_pull(r), 0, "asked once");
	cb_pass(r, 1999);
	cr_assert(csp_cb_answer(r->cb, r->ev[0].handle, CSP_DONE, 0, 77, r->now));
	cr_assert(cb_send(r) && r->out.completion == CSP_DONE && r->out.channel == 1);
	cr_assert(cb_pull(r) == 1 && r->ev[0].kind == CSP_CB_EV_CREATED);
	cr_assert_eq(cb_port(r, 1)->user, 77);
	cr_assert_eq(csp_cb_find_number(r->cb, 7), csp_cb_find(r->cb, 1));
	cr_assert(cb_port(r, 1)->is_operational);
	cr_assert_not(csp_cb_answer(r->cb, r->ev[0].handle, CSP_DONE, 0, 0, r->now), "once");
	cb_free(r);
}

Test(csp_cb, a_question_without_an_answer_is_refused_in_time)
{
	struct cb_rig *r = cb_new(&cb_defaults);

	cb_open(r);
	cb_request(r, rig_create(7));
	cb_pull(r);
	cb_pass(r, 2000);
	cr_assert(cb_send(r) && r->out.completion == CSP_NO_RESOURCES);
	cr_assert_not(csp_cb_answer(r->cb, r->ev[0].handle, CSP_DONE, 0, 0, r->now));
	cr_assert_eq(csp_cb_counters(r->cb)->late_answers, 2);
	cr_assert_eq(csp_cb_count(r->cb), 0);
	cb_free(r);
}

Test(csp_cb, an_answer_to_a_question_of_another_session_is_late)
{
	struct cb_rig *r = cb_new(&cb_defaults);
	uint32_t handle;

	cb_open(r);
	cb_request(r, rig_create(7));
	cb_pull(r);
	handle = r->ev[0].handle;
	cr_assert_eq(cb_ask(r, rig_open(VNTAG_FORMAT_E)), CSP_DONE);
	cb_pull(r);
	cr_assert_not(csp_cb_answer(r->cb, handle, CSP_DONE, 0, 0, r->now));
	cr_assert_eq(csp_cb_count(r->cb), 0);
	cr_assert(mono_is_never(csp_cb_deadline(r->cb)));
	cb_free(r);
}

Test(csp_cb, the_user_may_refuse_for_any_reason)
{
	struct cb_rig *r = cb_new(&cb_defaults);

	cb_open(r);
	for (enum csp_completion c = CSP_MALFORMED; c <= CSP_FORMAT_REFUSED; c++) {
		cb_request(r, rig_create(7));
		cb_pull(r);
		cr_assert(csp_cb_answer(r->cb, r->ev[0].handle, c, 0, 0, r->now));
		cr_assert(cb_send(r) && r->out.completion == c);
		cr_assert_eq(csp_cb_count(r->cb), 0);
	}
	cr_assert_eq(cb_create(r, 7, 0), 1, "no number was lost");
	cb_free(r);
}

Test(csp_cb, PEX_61_a_create_with_no_id_left_is_refused_without_a_trace)
{
	struct csp_cb_cfg cfg = cb_defaults;
	struct cb_rig *r;

	cfg.n_ids = 1;
	r = cb_new(&cfg);
	cb_open_with(r, 1);
	cr_assert_eq(cb_ask(r, rig_create(2)), CSP_NO_RESOURCES);
	cr_assert_eq(cb_pull(r), 0, "nobody is asked");
	cr_assert_eq(csp_cb_count(r->cb), 1);
	cr_assert_eq(csp_cb_find_number(r->cb, 2), UINT32_MAX);
	cr_assert_eq(csp_cb_counters(r->cb)->no_ids, 1);
	cr_assert(csp_cb_is_quiet(r->cb));
	cb_free(r);
}

Test(csp_cb, PEX_61_nor_with_a_full_table)
{
	struct csp_cb_cfg cfg = cb_defaults;
	struct cb_rig *r;

	cfg.max_ports = 2;
	r = cb_new(&cfg);
	cb_open_with(r, 2);
	cr_assert_eq(cb_ask(r, rig_create(3)), CSP_NO_RESOURCES);
	cr_assert_eq(csp_cb_counters(r->cb)->ports_full, 1);
	cr_assert_eq(cb_pull(r), 0);
	cb_free(r);
}

Test(csp_cb, PEX_63_the_id_of_a_deleted_port_rests_for_10_s)
{
	struct csp_cb_cfg cfg = cb_defaults;
	struct cb_rig *r;

	cfg.n_ids = 1;
	r = cb_new(&cfg);
	cb_open_with(r, 1);
	cr_assert_eq(cb_ask(r, rig_pdu(CSP_DELETE, 1)), CSP_DONE);
	cb_pull(r);
	cr_assert_eq(cb_ask(r, rig_create(1)), CSP_NO_RESOURCES);
	cb_pass(r, 9999);
	cr_assert_eq(cb_ask(r, rig_create(1)), CSP_NO_RESOURCES);
	cb_pass(r, 1);
	cr_assert_eq(cb_create(r, 1, 0), 1);
	cb_free(r);
}

Test(csp_cb, PEX_63_and_so_do_those_of_a_session_that_failed)
{
	struct cb_rig *r = cb_new(&cb_defaults);

	cb_open_with(r, 5);
	cr_assert_eq(cb_ask(r, rig_open(VNTAG_FORMAT_E)), CSP_DONE);
	cb_pull(r);
	cr_assert_eq(cb_create(r, 1, 0), 6);
	cb_pass(r, 10000);
	for (uint16_t i = 2; i <= 11; i++)
		cr_assert_eq(cb_create(r, i, 0), 5u + i);
	cr_assert_eq(cb_create(r, 12, 0), 1);
	cb_free(r);
}

Test(csp_cb, PEX_63_an_id_that_was_only_offered_does_not_rest)
{
	struct csp_cb_cfg cfg = cb_defaults;
	struct cb_rig *r;

	cfg.n_ids = 1;
	r = cb_new(&cfg);
	cb_open(r);
	cb_request(r, rig_create(1));
	cb_pull(r);
	cr_assert(csp_cb_answer(r->cb, r->ev[0].handle, CSP_UNKNOWN_PORT, 0, 0, r->now));
	cr_assert(cb_send(r));
	cr_assert_eq(cb_create(r, 2, 0), 1);
	cb_free(r);
}

Test(csp_cb, where_the_caller_gives_the_channels_they_must_be_legal_and_free)
{
	static const uint32_t bad[] = { 0, 0x3fffff, 0x100001, 55 };
	struct csp_cb_cfg cfg = cb_defaults;
	struct cb_rig *r;

	cfg.n_ids = 0;
	r = cb_new(&cfg);
	cb_open(r);
	cr_assert_eq(cb_create(r, 1, 55), 55);
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		cb_request(r, rig_create(2));
		cb_pull(r);
		cr_assert_eq(r->ev[0].channel, 0);
		cr_assert_not(csp_cb_answer(r->cb, r->ev[0].handle, CSP_DONE, bad[i], 0, r->now));
		cr_assert(cb_send(r) && r->out.completion == CSP_NO_RESOURCES, "%x", bad[i]);
	}
	cr_assert_eq(cb_create(r, 2, 0x12345), 0x12345);
	cb_free(r);
}

Test(csp_cb, a_port_that_exists_already_is_the_wrong_state)
{
	struct cb_rig *r = cb_new(&cb_defaults);
	struct csp_pdu *p;

	cb_open_with(r, 1);
	cr_assert_eq(cb_ask(r, rig_create(1)), CSP_WRONG_STATE);
	p = rig_create(2);
	p->port.type = CSP_PORT_UPSTREAM;
	cr_assert_eq(cb_ask(r, p), CSP_MALFORMED);
	cr_assert_eq(csp_cb_count(r->cb), 1);
	cb_free(r);
}

Test(csp_cb, PEX_59_a_create_that_comes_again_is_one_port_and_the_same_response)
{
	struct cb_rig *r = cb_new(&cb_defaults);
	static struct csp_pdu again;
	struct csp_pdu *p;

	cb_open(r);
	p = rig_create(1);
	cb_request(r, p);
	again = *p;
	cb_pull(r);
	cb_rx(r, &again);
	cr_assert_eq(cb_pull(r), 0, "one question");
	cr_assert(csp_cb_answer(r->cb, r->ev[0].handle, CSP_DONE, 0, 0, r->now));
	cr_assert(cb_send(r) && r->out.channel == 1);
	cb_rx(r, &again);
	cr_assert(cb_send(r) && r->out.channel == 1 && r->out.completion == CSP_DONE);
	cr_assert_not(cb_send(r));
	cr_assert_eq(csp_cb_count(r->cb), 1);
	cr_assert_eq(csp_cb_link_counters(r->cb)->duplicates, 2);
	cb_free(r);
}

Test(csp_cb, another_request_while_a_question_is_open_is_dropped)
{
	struct cb_rig *r = cb_new(&cb_defaults);

	cb_open(r);
	cb_request(r, rig_create(1));
	cb_pull(r);
	cb_request(r, rig_create(2));
	cr_assert_eq(cb_pull(r), 0);
	cr_assert_not(cb_send(r));
	cr_assert_eq(csp_cb_link_counters(r->cb)->bad_requests, 1);
	cr_assert(csp_cb_answer(r->cb, r->ev[0].handle, CSP_DONE, 0, 0, r->now));
	cr_assert(cb_send(r) && r->out.transaction == r->transaction - 1, "the first one's answer");
	cb_free(r);
}

Test(csp_cb, PEX_24_settings_go_out_and_are_confirmed)
{
	const struct csp_vid vids[] = { { 11, true }, { 12, false } };
	const struct csp_cb_settings s = { .pvid = 11, .priority = 3, .n_vids = 2, .vids = vids };
	struct cb_rig *r = cb_new(&cb_defaults);

	cb_open_with(r, 1);
	cr_assert_eq(csp_cb_set(r->cb, 1, &s), CSP_SUBMIT_OK);
	cr_assert_not(cb_port(r, 1)->is_set);
	cr_assert(cb_send(r) && r->out.message == CSP_PARAM_SET && r->out.channel == 1);
	cr_assert(r->out.port.port == 1 && r->out.port.pvid == 11 && r->out.port.priority == 3);
	cr_assert(r->out.n_vids == 2 && r->out.vids[0].is_untagged && !r->out.vids[1].is_untagged);
	cr_assert_eq(cb_pull(r), 0, "not before the response");
	cb_reply(r, CSP_DONE);
	cr_assert(cb_pull(r) == 1 && r->ev[0].kind == CSP_CB_EV_SET && r->ev[0].completion == CSP_DONE);
	cr_assert(cb_port(r, 1)->is_set);
	cr_assert_eq(csp_cb_set(r->cb, 1, &s), CSP_SUBMIT_OK);
	cr_assert(cb_send(r));
	cb_reply(r, CSP_NO_RESOURCES);
	cr_assert(cb_pull(r) == 1 && r->ev[0].completion == CSP_NO_RESOURCES);
	cr_assert_not(cb_port(r, 1)->is_set);
	cb_free(r);
}

Test(csp_cb, newer_settings_overtake_older_ones)
{
	struct csp_cb_settings s = { .pvid = 1 };
	struct cb_rig *r = cb_new(&cb_defaults);

	cb_open_with(r, 1);
	cr_assert_eq(csp_cb_set(r->cb, 1, &s), CSP_SUBMIT_OK);
	cr_assert(cb_send(r));
	for (s.pvid = 2; s.pvid < 10; s.pvid++)
		cr_assert_eq(csp_cb_set(r->cb, 1, &s), CSP_SUBMIT_OK);
	cb_reply(r, CSP_DONE);
	cr_assert_eq(cb_pull(r), 0, "overtaken");
	cr_assert(cb_send(r) && r->out.port.pvid == 9);
	cb_reply(r, CSP_DONE);
	cr_assert_eq(cb_pull(r), 1);
	cr_assert_not(cb_send(r));
	cb_free(r);
}

Test(csp_cb, illegal_settings_and_a_full_pool_are_refused)
{
	static struct csp_vid vids[CSP_VIDS_MAX];
	struct csp_vid bad_vid = { 4095, false };
	struct csp_cb_settings full = { .n_vids = CSP_VIDS_MAX, .vids = vids };
	const struct csp_cb_settings bad[] = { { .pvid = 4095 }, { .priority = 8 },
		{ .n_vids = CSP_VIDS_MAX + 1, .vids = vids }, { .n_vids = 1, .vids = &bad_vid } };
	struct cb_rig *r = cb_new(&cb_defaults);

	for (unsigned i = 0; i < CSP_VIDS_MAX; i++)
		vids[i].vid = (uint16_t)(i + 1);
	cb_open_with(r, 2);
	for (unsigned i = 0; i < 4; i++)
		cr_assert_eq(csp_cb_set(r->cb, 1, &bad[i]), CSP_SUBMIT_BAD);
	cr_assert_eq(csp_cb_set(r->cb, 9, &full), CSP_SUBMIT_UNKNOWN);
	cr_assert_eq(csp_cb_set(r->cb, 1, &full), CSP_SUBMIT_FULL, "a quarter is lost to rounding");
	full.n_vids = 500;
	cr_assert_eq(csp_cb_set(r->cb, 1, &full), CSP_SUBMIT_OK);
	cr_assert_eq(csp_cb_set(r->cb, 2, &full), CSP_SUBMIT_FULL);
	cr_assert_eq(csp_cb_counters(r->cb)->vids_full, 2);
	cr_assert_eq(csp_cb_delete(r->cb, 1), CSP_SUBMIT_OK);
	cr_assert(cb_send(r));
	cb_reply(r, CSP_DONE);
	cr_assert_eq(csp_cb_set(r->cb, 2, &full), CSP_SUBMIT_OK);
	cb_free(r);
}

Test(csp_cb, what_the_extender_has_can_be_read)
{
	struct cb_rig *r = cb_new(&cb_defaults);
	static struct csp_pdu p;

	cb_open_with(r, 1);
	for (unsigned i = 0; i < 2; i++) {
		cr_assert_eq(csp_cb_get(r->cb, 1), CSP_SUBMIT_OK);
		cr_assert(cb_send(r) && r->out.message == CSP_PARAM_GET);
		csp_pdu_respond(&r->out, CSP_DONE, &p);
		p.has = CSP_HAS_PORT | CSP_HAS_VIDS;
		p.port = (struct csp_port_params){ (uint16_t)(1 + i), CSP_PORT_EXTENDED, 2, 9, 0 };
		p.n_vids = 1;
		p.vids[0] = (struct csp_vid){ 9, true };
		cb_rx(r, &p);
		cr_assert_eq(cb_pull(r), 1);
		cr_assert_eq(r->ev[0].kind, CSP_CB_EV_PARAMETERS);
		cr_assert_eq(r->ev[0].completion, i == 0 ? CSP_DONE : CSP_MALFORMED, "of another port");
		if (i == 0)
			cr_assert(r->ev[0].asked.pvid == 9 && r->ev[0].n_vids == 1 &&
				  r->ev[0].vids[0].vid == 9);
	}
	cr_assert_eq(csp_cb_link_counters(r->cb)->bad_responses, 1);
	cb_free(r);
}

Test(csp_cb, statistics_are_read_and_nothing_is_asked_before_they_are_told)
{
	struct cb_rig *r = cb_new(&cb_defaults);
	static struct csp_pdu p;

	cb_open_with(r, 2);
	cr_assert_eq(csp_cb_get_statistics(r->cb, 1), CSP_SUBMIT_OK);
	cr_assert_eq(csp_cb_get_statistics(r->cb, 2), CSP_SUBMIT_OK);
	cr_assert(cb_send(r) && r->out.message == CSP_STATISTICS && r->out.channel == 1);
	csp_pdu_respond(&r->out, CSP_DONE, &p);
	p.has = CSP_HAS_STATISTICS;
	p.statistics = (struct csp_statistics){ 1, 10, 20, 30, 40 };
	cb_rx(r, &p);
	cr_assert_not(cb_send(r));
	cr_assert_eq(cb_pull(r), 1);
	cr_assert(r->ev[0].kind == CSP_CB_EV_STATISTICS && r->ev[0].statistics.tx_octets == 40);
	cr_assert(cb_send(r) && r->out.channel == 2);
	cb_reply(r, CSP_NO_RESOURCES);
	cr_assert(cb_pull(r) == 1 && r->ev[0].completion == CSP_NO_RESOURCES);
	cr_assert_eq(csp_cb_get_statistics(r->cb, 3), CSP_SUBMIT_UNKNOWN);
	cr_assert_eq(csp_cb_get(r->cb, 3), CSP_SUBMIT_UNKNOWN);
	cb_free(r);
}

Test(csp_cb, a_deleted_port_is_gone_when_the_extender_says_so)
{
	static const enum csp_completion codes[] = { CSP_DONE, CSP_UNKNOWN_CHANNEL, CSP_MALFORMED };

	for (unsigned i = 0; i < 3; i++) {
		struct cb_rig *r = cb_new(&cb_defaults);

		cb_open_with(r, 2);
		cr_assert_eq(csp_cb_get(r->cb, 1), CSP_SUBMIT_OK);
		cr_assert_eq(csp_cb_delete(r->cb, 1), CSP_SUBMIT_OK);
		cr_assert_eq(csp_cb_delete(r->cb, 1), CSP_SUBMIT_UNKNOWN);
		cr_assert(cb_port(r, 1)->is_deleting);
		cr_assert(cb_send(r) && r->out.message == CSP_DELETE && r->out.channel == 1);
		cr_assert_eq(cb_pull(r), 0);
		cb_reply(r, codes[i]);
		cr_assert(cb_pull(r) == 1 && r->ev[0].kind == CSP_CB_EV_DELETED && r->ev[0].channel == 1);
		cr_assert_eq(csp_cb_count(r->cb), 1);
		cr_assert_not(cb_send(r), "nothing else about it");
		cb_free(r);
	}
}

Test(csp_cb, both_sides_delete_at_once)
{
	struct cb_rig *r = cb_new(&cb_defaults);
	static struct csp_pdu ours;

	cb_open_with(r, 1);
	cr_assert_eq(csp_cb_delete(r->cb, 1), CSP_SUBMIT_OK);
	cr_assert(cb_send(r));
	ours = r->out;
	cr_assert_eq(cb_ask(r, rig_pdu(CSP_DELETE, 1)), CSP_DONE);
	cr_assert(cb_pull(r) == 1 && r->ev[0].kind == CSP_CB_EV_DELETED);
	cr_assert_eq(cb_create(r, 1, 0), 2, "the number is free again");
	r->out = ours;
	cb_reply(r, CSP_UNKNOWN_CHANNEL);
	cr_assert_eq(cb_pull(r), 0);
	cr_assert_eq(csp_cb_count(r->cb), 1);
	cr_assert_eq(cb_ask(r, rig_pdu(CSP_DELETE, 1)), CSP_UNKNOWN_CHANNEL);
	cb_free(r);
}

Test(csp_cb, port_status_is_told_when_it_changes)
{
	struct cb_rig *r = cb_new(&cb_defaults);

	cb_open_with(r, 1);
	for (unsigned i = 0; i < 3; i++) {
		struct csp_pdu *p = rig_pdu(CSP_STATUS, 1);

		p->has = CSP_HAS_STATUS;
		p->status = (struct csp_port_status){ 1, i == 2 };
		cr_assert_eq(cb_ask(r, p), CSP_DONE);
		cr_assert_eq(cb_pull(r), i != 1);
		cr_assert_eq(cb_port(r, 1)->is_operational, i == 2);
	}
	struct csp_pdu *p = rig_pdu(CSP_STATUS, 1);
	p->has = CSP_HAS_STATUS;
	p->status.port = 2;
	cr_assert_eq(cb_ask(r, p), CSP_UNKNOWN_PORT);
	p = rig_pdu(CSP_STATUS, 9);
	p->has = CSP_HAS_STATUS;
	cr_assert_eq(cb_ask(r, p), CSP_UNKNOWN_CHANNEL);
	cb_free(r);
}

Test(csp_cb, sizes_have_defaults_and_a_limit)
{
	const struct csp_cb_cfg none = { .n_ids = 1000, .formats = CSP_CB_E, .key = { 3, 4 } };
	const struct csp_cb_cfg large = { .max_ports = 100000,
		.n_ids = 100000,
		.n_group_ids = 100000,
		.formats = CSP_CB_E,
		.key = { 3, 4 } };
	struct cb_rig *r = cb_new(&none);

	cb_open_with(r, 64);
	cr_assert_eq(cb_ask(r, rig_create(65)), CSP_NO_RESOURCES);
	cb_free(r);
	r = cb_new(&large);
	csp_cb_set_peer(r->cb, &extender_csp, r->now);
	cr_assert_eq(cb_ask(r, rig_open(VNTAG_FORMAT_E)), CSP_DONE);
	cr_assert_eq(r->out.resource.max_channels, CSP_CB_PORTS_MAX);
	cr_assert_eq(r->out.resource.max_groups, 64);
	cb_pull(r);
	for (unsigned i = 1; i <= CSP_CB_IDS_MAX; i++)
		cb_create(r, (uint16_t)i, 0);
	cr_assert_eq(cb_ask(r, rig_create(5000)), CSP_NO_RESOURCES, "4095 ids for 4096 ports");
	cr_assert_eq(csp_cb_counters(r->cb)->no_ids, 1);
	cb_free(r);
}

Test(csp_cb, everything_has_a_name)
{
	for (int s = CSP_CB_IDLE; s <= CSP_CB_CLEANUP; s++)
		cr_assert_str_neq(csp_cb_state_name((enum csp_cb_state)s), "?");
}
