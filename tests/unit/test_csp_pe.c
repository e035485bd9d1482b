/* PE-CSP at the port extender, every transition with a bridge by hand (port-extension-reference 3.6). */
#include "csp_rig.h"
#include "pe_frames.h"

enum { PAYLOAD = 18 }; /* offset of ECP's payload in a worked frame */

static bool has_event(const struct pe_rig *r, enum csp_pe_event_kind kind)
{
	for (unsigned i = 0; i < r->n_ev; i++)
		if (r->ev[i].kind == kind)
			return true;
	return false;
}

/* ---- the session ---- */

Test(csp_pe, a_bridge_is_asked_when_uplink_and_bridge_are_there)
{
	struct pe_rig *r = pe_new(&pe_defaults);

	cr_assert_eq(csp_pe_state(r->pe), CSP_PE_DOWN);
	cr_assert_not(pe_send(r));
	csp_pe_set_peer(r->pe, &bridge_csp, r->now);
	cr_assert_eq(csp_pe_state(r->pe), CSP_PE_DOWN, "an uplink that is down has no bridge");
	csp_pe_set_uplink(r->pe, true, r->now);
	cr_assert_eq(csp_pe_state(r->pe), CSP_PE_DISCOVER);
	cr_assert_not(pe_send(r));
	csp_pe_set_peer(r->pe, &bridge_csp, r->now);
	cr_assert_eq(csp_pe_state(r->pe), CSP_PE_OPENING);
	cr_assert(pe_send(r));
	cr_assert_eq(r->out.message, CSP_OPEN);
	cr_assert_eq(csp_pdu_format(&r->out), VNTAG_FORMAT_E);
	cr_assert_eq(r->out.resource.max_channels, 16, "the tables' sizes");
	cr_assert_eq(r->out.resource.max_groups, 4);
	cr_assert_not(pe_send(r), "one request at a time");
	pe_answer(r, CSP_DONE, 0);
	cr_assert_eq(csp_pe_state(r->pe), CSP_PE_OPERATIONAL, "without ports there is nothing to create");
	cr_assert_eq(pe_pull(r), 1);
	cr_assert_eq(r->ev[0].kind, CSP_PE_EV_OPENED);
	cr_assert_eq(r->ev[0].format, VNTAG_FORMAT_E);
	cr_assert(csp_pe_is_quiet(r->pe));
	cr_assert(mono_is_never(csp_pe_deadline(r->pe)));
	pe_free(r);
}

/* P3..P6 of the reference: the whole conversation, octet for octet. */
Test(csp_pe, PEX_60_speaks_p3_and_p4_and_understands_p5_and_p6)
{
	struct csp_pe_cfg cfg = pe_defaults;
	struct pe_rig *r;
	uint32_t ports[2];

	cfg.max_ports = 100;
	cfg.max_groups = 64;
	r = pe_new(&cfg);
	pe_add(r, 1);
	csp_pe_set_uplink(r->pe, true, r->now);
	csp_pe_set_peer(r->pe, &bridge_csp, r->now);
	cr_assert(pe_send(r));
	cr_assert_arr_eq(r->octets, frame_p3 + PAYLOAD, r->len);
	pe_answer(r, CSP_DONE, 0);
	cr_assert(pe_send(r));
	cr_assert_arr_eq(r->octets, frame_p4 + PAYLOAD, r->len);
	csp_pe_rx(r->pe, span_of(frame_p5 + PAYLOAD, sizeof(frame_p5) - PAYLOAD), r->now);
	cr_assert_eq(pe_port(r, 1)->channel, 100);
	pe_add(r, 2);
	cr_assert(pe_send(r));
	pe_answer(r, CSP_DONE, 101);
	csp_pe_rx(r->pe, span_of(frame_p6 + PAYLOAD, sizeof(frame_p6) - PAYLOAD), r->now);
	cr_assert(pe_send(r) && r->out.completion == CSP_DONE);
	cr_assert_eq(csp_pe_group_ports(r->pe, 0x100001, ports, 2), 2);
	cr_assert_eq(pe_pull(r), 4);
	cr_assert_eq(r->ev[3].kind, CSP_PE_EV_GROUP);
	cr_assert_eq(r->ev[3].channel, 0x100001);
	pe_free(r);
}

Test(csp_pe, the_other_format_is_tried_when_the_wish_is_refused)
{
	struct pe_rig *r = pe_new(&pe_defaults);

	csp_pe_set_uplink(r->pe, true, r->now);
	csp_pe_set_peer(r->pe, &bridge_csp, r->now);
	cr_assert(pe_send(r) && csp_pdu_format(&r->out) == VNTAG_FORMAT_E);
	pe_answer(r, CSP_FORMAT_REFUSED, 0);
	cr_assert(pe_send(r) && csp_pdu_format(&r->out) == VNTAG_FORMAT_VN);
	pe_answer(r, CSP_DONE, 0);
	cr_assert(pe_pull(r) == 1 && r->ev[0].format == VNTAG_FORMAT_VN);
	cr_assert_eq(csp_pe_format(r->pe), VNTAG_FORMAT_VN);
	pe_free(r);
}

Test(csp_pe, both_formats_refused_is_a_pause_of_10_s_and_the_wish_again)
{
	struct pe_rig *r = pe_new(&pe_defaults);

	csp_pe_set_uplink(r->pe, true, r->now);
	csp_pe_set_peer(r->pe, &bridge_csp, r->now);
	for (unsigned i = 0; i < 2; i++) {
		cr_assert(pe_send(r));
		pe_answer(r, CSP_FORMAT_REFUSED, 0);
	}
	cr_assert_eq(csp_pe_state(r->pe), CSP_PE_WAIT);
	pe_pass(r, 9999);
	cr_assert_not(pe_send(r));
	pe_pass(r, 1);
	cr_assert(pe_send(r) && csp_pdu_format(&r->out) == VNTAG_FORMAT_E);
	cr_assert_eq(csp_pe_counters(r->pe)->opens_refused, 2);
	cr_assert_eq(pe_pull(r), 0, "there was nothing to clean up");
	pe_free(r);
}

Test(csp_pe, a_strict_wish_is_not_given_up)
{
	struct csp_pe_cfg cfg = pe_defaults;
	struct pe_rig *r;

	cfg.wish = VNTAG_FORMAT_VN;
	cfg.is_strict = true;
	r = pe_new(&cfg);
	csp_pe_set_uplink(r->pe, true, r->now);
	csp_pe_set_peer(r->pe, &bridge_csp, r->now);
	cr_assert(pe_send(r) && csp_pdu_format(&r->out) == VNTAG_FORMAT_VN);
	pe_answer(r, CSP_FORMAT_REFUSED, 0);
	cr_assert_eq(csp_pe_state(r->pe), CSP_PE_WAIT);
	pe_free(r);
}

Test(csp_pe, an_open_refused_for_another_reason_is_a_pause_of_10_s)
{
	static const enum csp_completion codes[] = { CSP_MALFORMED, CSP_UNSUPPORTED, CSP_NO_RESOURCES,
		CSP_UNKNOWN_CHANNEL, CSP_UNKNOWN_PORT, CSP_WRONG_STATE, 99 };

	for (unsigned i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		struct pe_rig *r = pe_new(&pe_defaults);

		csp_pe_set_uplink(r->pe, true, r->now);
		csp_pe_set_peer(r->pe, &bridge_csp, r->now);
		cr_assert(pe_send(r));
		pe_answer(r, codes[i], 0);
		cr_assert_eq(csp_pe_state(r->pe), CSP_PE_WAIT, "%u", codes[i]);
		cr_assert_eq(csp_pe_deadline(r->pe).ns, mono_add(r->now, dur_s(10)).ns);
		pe_pass(r, 10000);
		cr_assert_eq(csp_pe_state(r->pe), CSP_PE_OPENING);
		pe_free(r);
	}
}

Test(csp_pe, no_response_is_one_retry_with_the_same_octets_and_then_a_failure)
{
	struct pe_rig *r = pe_new(&pe_defaults);
	uint8_t first[CSP_PDU_MAX];
	size_t len;

	pe_open_with(r, 1);
	pe_add(r, 2);
	cr_assert(pe_send(r) && r->out.message == CSP_CREATE);
	len = r->len;
	memcpy(first, r->octets, len);
	pe_pass(r, 2999);
	cr_assert_not(pe_send(r));
	pe_pass(r, 1);
	cr_assert(pe_send(r));
	cr_assert_eq(r->len, len);
	cr_assert_arr_eq(r->octets, first, len);
	pe_pass(r, 2999);
	cr_assert_eq(pe_pull(r), 0);
	pe_pass(r, 1);
	cr_assert_eq(pe_pull(r), 1);
	cr_assert_eq(r->ev[0].kind, CSP_PE_EV_CLEANUP);
	cr_assert_str_eq(r->ev[0].reason, "no response");
	cr_assert_eq(csp_pe_link_counters(r->pe)->retries, 1);
	cr_assert_eq(csp_pe_link_counters(r->pe)->timeouts, 1);
	pe_pass(r, 1000);
	cr_assert(pe_send(r) && r->out.message == CSP_OPEN);
	pe_free(r);
}

Test(csp_pe, the_time_for_a_response_begins_when_ecp_has_delivered_the_request)
{
	struct pe_rig *r = pe_new(&pe_defaults);

	pe_open(r);
	pe_add(r, 1);
	cr_assert(pe_fill(r));
	pe_pass(r, 2000);
	csp_pe_on_sent(r->pe, true, r->now);
	pe_pass(r, 2999);
	cr_assert_eq(csp_pe_link_counters(r->pe)->timeouts, 0);
	cr_assert_not(pe_send(r));
	pe_pass(r, 1);
	cr_assert(pe_send(r));
	pe_free(r);
}

Test(csp_pe, PEX_62_what_ecp_can_not_deliver_for_half_a_second_cleans_up)
{
	struct pe_rig *r = pe_new(&pe_defaults);

	pe_open_with(r, 3);
	pe_add(r, 4);
	cr_assert(pe_fill(r));
	csp_pe_on_sent(r->pe, false, r->now);
	cr_assert_neq(csp_pe_state(r->pe), CSP_PE_CLEANUP, "a busy bridge is not gone");
	pe_pass(r, 499);
	cr_assert(pe_fill(r) && r->out.message == CSP_CREATE, "it is sent again");
	csp_pe_on_sent(r->pe, false, r->now);
	pe_pass(r, 1);
	cr_assert(pe_fill(r));
	csp_pe_on_sent(r->pe, false, r->now);
	cr_assert_eq(csp_pe_state(r->pe), CSP_PE_CLEANUP);
	for (uint16_t i = 1; i <= 4; i++)
		cr_assert_eq(pe_port(r, i)->channel, 0);
	cr_assert_eq(pe_pull(r), 1, "one event for all");
	cr_assert_eq(r->ev[0].kind, CSP_PE_EV_CLEANUP);
	cr_assert_str_eq(r->ev[0].reason, "ECP gave up");
	cr_assert_eq(csp_pe_link_counters(r->pe)->gave_up, 3);
	pe_pass(r, 999);
	cr_assert_not(pe_send(r), "a dead bridge is not asked without a pause");
	pe_pass(r, 1);
	cr_assert(pe_send(r) && r->out.message == CSP_OPEN);
	pe_free(r);
}

Test(csp_pe, a_response_that_ecp_can_not_deliver_is_a_failure_too)
{
	struct pe_rig *r = pe_new(&pe_defaults);

	pe_open_with(r, 1);
	struct csp_pdu *p = rig_pdu(CSP_PARAM_GET, 101);
	p->transaction = 5;
	pe_rx(r, p);
	cr_assert(pe_fill(r) && r->out.is_response);
	csp_pe_on_sent(r->pe, false, r->now);
	pe_pass(r, 500);
	cr_assert(pe_fill(r) && r->out.is_response && r->out.transaction == 5, "it is sent again");
	csp_pe_on_sent(r->pe, false, r->now);
	cr_assert(pe_pull(r) == 1 && r->ev[0].kind == CSP_PE_EV_CLEANUP);
	pe_free(r);
}

Test(csp_pe, nothing_new_is_asked_before_the_user_knows_that_all_is_gone)
{
	struct pe_rig *r = pe_new(&pe_defaults);
	const struct mac other = { { 2, 0, 0, 0, 0, 0x77 } };

	pe_open_with(r, 1);
	csp_pe_set_peer(r->pe, &other, r->now);
	cr_assert_eq(csp_pe_state(r->pe), CSP_PE_CLEANUP);
	cr_assert_not(pe_send(r));
	cr_assert_eq(pe_pull(r), 1);
	cr_assert_eq(csp_pe_state(r->pe), CSP_PE_OPENING);
	cr_assert(pe_send(r) && r->out.message == CSP_OPEN);
	pe_free(r);
}

Test(csp_pe, uplink_down_and_bridge_lost_clean_up)
{
	for (unsigned i = 0; i < 2; i++) {
		struct pe_rig *r = pe_new(&pe_defaults);

		pe_open_with(r, 2);
		if (i == 0)
			csp_pe_set_uplink(r->pe, false, r->now);
		else
			csp_pe_set_peer(r->pe, NULL, r->now);
		cr_assert_eq(pe_pull(r), 1);
		cr_assert_eq(r->ev[0].kind, CSP_PE_EV_CLEANUP);
		cr_assert_eq(csp_pe_state(r->pe), i == 0 ? CSP_PE_DOWN : CSP_PE_DISCOVER);
		cr_assert_not(pe_send(r));
		cr_assert(mono_is_never(csp_pe_deadline(r->pe)));
		csp_pe_set_uplink(r->pe, true, r->now);
		csp_pe_set_peer(r->pe, &bridge_csp, r->now);
		cr_assert(pe_send(r) && r->out.message == CSP_OPEN, "at once: that was no fault");
		pe_answer(r, CSP_DONE, 0);
		cr_assert(pe_send(r) && r->out.message == CSP_CREATE, "the ports are still wanted");
		pe_free(r);
	}
}

Test(csp_pe, the_same_bridge_again_changes_nothing)
{
	struct pe_rig *r = pe_new(&pe_defaults);

	pe_open_with(r, 1);
	csp_pe_set_peer(r->pe, &bridge_csp, r->now);
	csp_pe_set_uplink(r->pe, true, r->now);
	cr_assert_eq(pe_pull(r), 0);
	cr_assert_eq(csp_pe_state(r->pe), CSP_PE_OPERATIONAL);
	pe_free(r);
}

Test(csp_pe, wrong_state_from_the_bridge_is_the_end_of_the_session)
{
	struct pe_rig *r = pe_new(&pe_defaults);

	pe_open_with(r, 1);
	pe_add(r, 2);
	cr_assert(pe_send(r));
	pe_answer(r, CSP_WRONG_STATE, 0);
	cr_assert(pe_pull(r) == 1 && r->ev[0].kind == CSP_PE_EV_CLEANUP);
	cr_assert_eq(csp_pe_state(r->pe), CSP_PE_WAIT);
	pe_free(r);
}

Test(csp_pe, an_open_of_the_bridge_means_that_it_has_begun_anew)
{
	struct pe_rig *r = pe_new(&pe_defaults);
	struct csp_pdu *p;

	pe_open_with(r, 2);
	p = rig_pdu(CSP_OPEN, 0);
	p->has = CSP_HAS_RESOURCE;
	cr_assert_eq(pe_ask(r, p), CSP_DONE);
	cr_assert_eq(r->out.has, CSP_HAS_RESOURCE);
	cr_assert(pe_pull(r) == 1 && r->ev[0].kind == CSP_PE_EV_CLEANUP);
	cr_assert(pe_send(r) && r->out.message == CSP_OPEN && !r->out.is_response);
	p = rig_pdu(CSP_OPEN, 0);
	p->has = CSP_HAS_RESOURCE;
	cr_assert_eq(pe_ask(r, p), CSP_DONE, "ours is on its way");
	cr_assert_eq(csp_pe_state(r->pe), CSP_PE_OPENING);
	pe_free(r);
}

Test(csp_pe, an_open_of_the_bridge_ends_a_pause)
{
	struct pe_rig *r = pe_new(&pe_defaults);
	struct csp_pdu *p = rig_pdu(CSP_OPEN, 0);

	csp_pe_set_uplink(r->pe, true, r->now);
	p->has = CSP_HAS_RESOURCE;
	cr_assert_eq(pe_ask(r, p), CSP_WRONG_STATE, "not elected");
	csp_pe_set_peer(r->pe, &bridge_csp, r->now);
	cr_assert(pe_send(r));
	pe_answer(r, CSP_WRONG_STATE, 0);
	cr_assert_eq(csp_pe_state(r->pe), CSP_PE_WAIT);
	p = rig_pdu(CSP_OPEN, 0);
	p->has = CSP_HAS_RESOURCE;
	cr_assert_eq(pe_ask(r, p), CSP_DONE);
	cr_assert(pe_send(r) && r->out.message == CSP_OPEN && !r->out.is_response);
	pe_free(r);
}

Test(csp_pe, PEX_64_when_the_upstream_port_changes_the_ports_are_created_again)
{
	const struct mac second = { { 2, 0, 0, 0, 0, 0x2b } };
	struct pe_rig *r = pe_new(&pe_defaults);

	pe_open_with(r, 2);
	csp_pe_set_peer(r->pe, NULL, r->now);
	csp_pe_set_peer(r->pe, &second, r->now);
	cr_assert(pe_pull(r) == 1 && r->ev[0].kind == CSP_PE_EV_CLEANUP);
	cr_assert(pe_send(r) && r->out.message == CSP_OPEN);
	pe_answer(r, CSP_DONE, 0);
	for (uint32_t i = 0; i < 2; i++) {
		cr_assert(pe_send(r) && r->out.message == CSP_CREATE);
		pe_answer(r, CSP_DONE, 7 + i);
	}
	cr_assert_eq(pe_pull(r), 3);
	cr_assert_eq(pe_port(r, 1)->channel, 7);
	cr_assert_eq(csp_pe_state(r->pe), CSP_PE_OPERATIONAL);
	pe_free(r);
}

/* ---- ports ---- */

Test(csp_pe, PEX_12_a_port_has_a_channel_between_created_and_deleted_only)
{
	struct pe_rig *r = pe_new(&pe_defaults);

	pe_add(r, 1);
	cr_assert_eq(pe_port(r, 1)->channel, 0);
	pe_open(r);
	cr_assert_eq(csp_pe_state(r->pe), CSP_PE_CREATING);
	cr_assert(pe_send(r));
	cr_assert_eq(pe_port(r, 1)->state, CSP_PE_PORT_CREATING);
	cr_assert_eq(pe_port(r, 1)->channel, 0);
	pe_answer(r, CSP_DONE, 100);
	cr_assert_eq(pe_pull(r), 1);
	cr_assert(r->ev[0].kind == CSP_PE_EV_CREATED && r->ev[0].channel == 100);
	cr_assert_eq(csp_pe_port_at(r->pe, r->ev[0].port)->wish.user, 1);
	cr_assert_eq(csp_pe_port_remove(r->pe, 1), CSP_SUBMIT_OK);
	cr_assert(pe_send(r) && r->out.message == CSP_DELETE && r->out.channel == 100);
	pe_answer(r, CSP_DONE, 100);
	cr_assert_eq(pe_pull(r), 1);
	cr_assert(r->ev[0].kind == CSP_PE_EV_DELETED && r->ev[0].channel == 100);
	cr_assert_eq(csp_pe_count(r->pe), 0);
	cr_assert_eq(csp_pe_find(r->pe, 1), UINT32_MAX);
	cr_assert(csp_pe_is_quiet(r->pe));
	pe_free(r);
}

Test(csp_pe, a_port_that_was_never_created_goes_at_once)
{
	struct pe_rig *r = pe_new(&pe_defaults);

	pe_add(r, 1);
	cr_assert_eq(csp_pe_port_remove(r->pe, 1), CSP_SUBMIT_OK);
	cr_assert_eq(csp_pe_count(r->pe), 0);
	cr_assert_eq(pe_pull(r), 0);
	cr_assert_eq(csp_pe_port_remove(r->pe, 1), CSP_SUBMIT_UNKNOWN);
	pe_free(r);
}

Test(csp_pe, a_port_removed_while_it_is_created_is_deleted_and_never_told)
{
	struct pe_rig *r = pe_new(&pe_defaults);

	pe_open(r);
	pe_add(r, 1);
	cr_assert(pe_send(r));
	cr_assert_eq(csp_pe_port_remove(r->pe, 1), CSP_SUBMIT_OK);
	pe_answer(r, CSP_DONE, 100);
	cr_assert(pe_send(r) && r->out.message == CSP_DELETE && r->out.channel == 100);
	pe_answer(r, CSP_DONE, 100);
	cr_assert_eq(pe_pull(r), 0);
	cr_assert_eq(csp_pe_count(r->pe), 0);
	cr_assert_eq(csp_pe_state(r->pe), CSP_PE_OPERATIONAL);
	pe_free(r);
}

/* Removed and added again with another wish, at every point of its way: in the end it is created with that wish. */
Test(csp_pe, a_port_added_again_is_created_as_it_was_wished_last)
{
	for (unsigned point = 0; point < 6; point++) {
		struct pe_rig *r = pe_new(&pe_defaults);
		struct csp_pe_wish w = pe_wish(1);
		unsigned steps = 0;

		pe_open(r);
		pe_add(r, 1);
		for (unsigned i = 0; i < point && i < 2; i++) {
			if (i == 0)
				cr_assert(pe_send(r));
			else
				pe_answer(r, CSP_DONE, 100);
		}
		cr_assert_eq(csp_pe_port_remove(r->pe, 1), CSP_SUBMIT_OK);
		if (point >= 3)
			pe_pull(r);
		if (point >= 4)
			cr_assert(pe_send(r) && r->out.message == CSP_DELETE);
		if (point >= 5)
			pe_answer(r, CSP_UNKNOWN_CHANNEL, 100);
		w.pvid = 77;
		cr_assert_eq(csp_pe_port_add(r->pe, &w), CSP_SUBMIT_OK, "point %u", point);
		cr_assert_eq(csp_pe_port_add(r->pe, &w), CSP_SUBMIT_EXISTS);
		while (csp_pe_state(r->pe) != CSP_PE_OPERATIONAL || pe_port(r, 1)->channel < 200) {
			HOLDS(steps++ < 10);
			if (point == 1 && steps == 1) {
				pe_answer(r, CSP_DONE, 100);
				continue;
			}
			if (pe_send(r) || point == 4)
				pe_answer(r, CSP_DONE, 200 + steps);
		}
		pe_pull(r);
		cr_assert(has_event(r, CSP_PE_EV_CREATED));
		cr_assert_eq(pe_port(r, 1)->pvid, 77);
		cr_assert(csp_pe_is_quiet(r->pe));
		pe_free(r);
	}
}

Test(csp_pe, PEX_61_a_create_without_resources_is_asked_again_after_10_s)
{
	struct pe_rig *r = pe_new(&pe_defaults);

	pe_open(r);
	pe_add(r, 1);
	cr_assert(pe_send(r));
	pe_answer(r, CSP_NO_RESOURCES, 0);
	cr_assert_eq(pe_pull(r), 1);
	cr_assert(r->ev[0].kind == CSP_PE_EV_REFUSED && r->ev[0].completion == CSP_NO_RESOURCES);
	cr_assert_eq(csp_pe_state(r->pe), CSP_PE_OPERATIONAL, "every port has its answer");
	pe_pass(r, 9999);
	cr_assert_not(pe_send(r));
	pe_pass(r, 1);
	cr_assert_eq(csp_pe_state(r->pe), CSP_PE_CREATING);
	cr_assert(pe_send(r) && r->out.message == CSP_CREATE);
	pe_answer(r, CSP_DONE, 100);
	cr_assert(pe_pull(r) == 1 && r->ev[0].kind == CSP_PE_EV_CREATED);
	pe_free(r);
}

Test(csp_pe, a_port_refused_for_another_reason_waits_for_its_user)
{
	static const enum csp_completion codes[] = { CSP_MALFORMED, CSP_UNSUPPORTED, CSP_UNKNOWN_PORT,
		CSP_FORMAT_REFUSED, 200 };

	for (unsigned i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		struct pe_rig *r = pe_new(&pe_defaults);

		pe_open(r);
		pe_add(r, 1);
		cr_assert(pe_send(r));
		pe_answer(r, codes[i], 0);
		cr_assert(pe_pull(r) == 1 && r->ev[0].completion == codes[i]);
		cr_assert(mono_is_never(csp_pe_deadline(r->pe)));
		cr_assert_not(pe_send(r));
		cr_assert_eq(csp_pe_port_remove(r->pe, 1), CSP_SUBMIT_OK);
		pe_add(r, 1);
		cr_assert(pe_send(r) && r->out.message == CSP_CREATE);
		pe_free(r);
	}
}

Test(csp_pe, a_channel_that_cannot_be_ends_the_session)
{
	static const uint32_t bad[] = { 0, 0x3fffff, 0x100001, 0x400000, 101 };

	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct pe_rig *r = pe_new(&pe_defaults);

		pe_open_with(r, 1); /* has 101 */
		pe_add(r, 2);
		cr_assert(pe_send(r));
		pe_answer(r, CSP_DONE, bad[i]);
		cr_assert(pe_pull(r) == 1 && r->ev[0].kind == CSP_PE_EV_CLEANUP, "%x", bad[i]);
		cr_assert_eq(csp_pe_link_counters(r->pe)->bad_responses, 1);
		pe_free(r);
	}
}

Test(csp_pe, PEX_40_a_base_pe_takes_no_extended_channel)
{
	struct csp_pe_cfg cfg = pe_defaults;
	struct pe_rig *r;

	cfg.is_base = true;
	r = pe_new(&cfg);
	pe_open(r);
	pe_add(r, 1);
	cr_assert(pe_send(r));
	pe_answer(r, CSP_DONE, 0x12345);
	cr_assert(pe_pull(r) == 1 && r->ev[0].kind == CSP_PE_EV_CLEANUP);
	pe_free(r);
}

Test(csp_pe, a_port_the_bridge_deletes_is_not_asked_for_again)
{
	struct pe_rig *r = pe_new(&pe_defaults);

	pe_open_with(r, 2);
	cr_assert_eq(pe_ask(r, rig_pdu(CSP_DELETE, 101)), CSP_DONE);
	cr_assert_eq(pe_pull(r), 1);
	cr_assert(r->ev[0].kind == CSP_PE_EV_DELETED && r->ev[0].channel == 101);
	cr_assert_eq(pe_port(r, 1)->state, CSP_PE_PORT_REFUSED);
	cr_assert_not(pe_send(r));
	cr_assert_eq(pe_ask(r, rig_pdu(CSP_DELETE, 101)), CSP_UNKNOWN_CHANNEL);
	cr_assert_eq(pe_ask(r, rig_pdu(CSP_DELETE, 0)), CSP_UNKNOWN_CHANNEL);
	csp_pe_set_peer(r->pe, NULL, r->now);
	pe_pull(r);
	csp_pe_set_peer(r->pe, &bridge_csp, r->now);
	cr_assert(pe_send(r));
	pe_answer(r, CSP_DONE, 0);
	cr_assert(pe_send(r) && r->out.port.port == 1, "but in a new session it is");
	pe_free(r);
}

Test(csp_pe, both_sides_delete_at_once)
{
	struct pe_rig *r = pe_new(&pe_defaults);
	struct csp_pdu ours;

	pe_open_with(r, 1);
	cr_assert_eq(csp_pe_port_remove(r->pe, 1), CSP_SUBMIT_OK);
	cr_assert(pe_send(r));
	ours = r->out;
	cr_assert_eq(pe_ask(r, rig_pdu(CSP_DELETE, 101)), CSP_DONE);
	r->out = ours;
	pe_answer(r, CSP_UNKNOWN_CHANNEL, 101);
	cr_assert(pe_pull(r) == 1 && r->ev[0].kind == CSP_PE_EV_DELETED);
	cr_assert_eq(csp_pe_count(r->pe), 0);
	cr_assert(csp_pe_is_quiet(r->pe));
	pe_free(r);
}

Test(csp_pe, the_bridge_is_told_of_ports_that_are_down_and_of_changes)
{
	struct pe_rig *r = pe_new(&pe_defaults);
	struct csp_pe_wish w = pe_wish(9);

	w.is_operational = false;
	pe_open(r);
	cr_assert_eq(csp_pe_port_add(r->pe, &w), CSP_SUBMIT_OK);
	cr_assert(pe_send(r));
	pe_answer(r, CSP_DONE, 100);
	cr_assert(pe_send(r) && r->out.message == CSP_STATUS);
	cr_assert(r->out.status.port == 9 && !r->out.status.is_oper);
	pe_answer(r, CSP_DONE, 100);
	cr_assert_not(pe_send(r));
	cr_assert_eq(csp_pe_port_set_operational(r->pe, 9, true), CSP_SUBMIT_OK);
	cr_assert_eq(csp_pe_port_set_operational(r->pe, 9, false), CSP_SUBMIT_OK);
	cr_assert_not(pe_send(r), "back before it was told");
	cr_assert_eq(csp_pe_port_set_operational(r->pe, 9, true), CSP_SUBMIT_OK);
	cr_assert(pe_send(r) && r->out.status.is_oper);
	cr_assert_eq(csp_pe_port_set_operational(r->pe, 8, true), CSP_SUBMIT_UNKNOWN);
	pe_free(r);
}

Test(csp_pe, illegal_wishes_and_a_full_table_are_refused)
{
	struct pe_rig *r = pe_new(&pe_defaults);
	struct csp_pe_wish bad[4] = { pe_wish(1), pe_wish(1), pe_wish(1), pe_wish(1) };

	bad[0].type = 0;
	bad[1].type = CSP_PORT_UPSTREAM;
	bad[2].priority = 8;
	bad[3].pvid = 4095;
	for (unsigned i = 0; i < 4; i++)
		cr_assert_eq(csp_pe_port_add(r->pe, &bad[i]), CSP_SUBMIT_BAD);
	for (uint16_t i = 0; i < 16; i++)
		pe_add(r, i);
	struct csp_pe_wish w = pe_wish(16);
	cr_assert_eq(csp_pe_port_add(r->pe, &w), CSP_SUBMIT_FULL);
	cr_assert_eq(csp_pe_counters(r->pe)->ports_full, 1);
	cr_assert_eq(csp_pe_port_remove(r->pe, 3), CSP_SUBMIT_OK);
	cr_assert_eq(csp_pe_port_add(r->pe, &w), CSP_SUBMIT_OK);
	pe_free(r);
}

Test(csp_pe, sizes_have_defaults_and_a_limit)
{
	const struct csp_pe_cfg none = { .key = { 1, 2 } }, large = { .max_ports = 100000, .key = { 1, 2 } };
	struct pe_rig *r = pe_new(&none);

	for (uint16_t i = 0; i < 64; i++)
		pe_add(r, i);
	struct csp_pe_wish w = pe_wish(64);
	cr_assert_eq(csp_pe_port_add(r->pe, &w), CSP_SUBMIT_FULL);
	pe_free(r);
	r = pe_new(&large);
	csp_pe_set_uplink(r->pe, true, r->now);
	csp_pe_set_peer(r->pe, &bridge_csp, r->now);
	cr_assert(pe_send(r));
	cr_assert_eq(r->out.resource.max_channels, CSP_PE_PORTS_MAX);
	cr_assert_eq(r->out.resource.max_groups, 64);
	pe_free(r);
}

Test(csp_pe, everything_has_a_name)
{
	for (int s = CSP_PE_DOWN; s <= CSP_PE_CLEANUP; s++)
		cr_assert_str_neq(csp_pe_state_name((enum csp_pe_state)s), "?");
	for (int s = CSP_PE_PORT_WANTED; s <= CSP_PE_PORT_DELETED; s++)
		cr_assert_str_neq(csp_pe_port_state_name((enum csp_pe_port_state)s), "?");
	for (int s = CSP_SUBMIT_OK; s <= CSP_SUBMIT_CLOSED; s++)
		cr_assert_str_neq(csp_submit_text((enum csp_submit)s), "?");
}
