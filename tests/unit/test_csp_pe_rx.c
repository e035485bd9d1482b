/* What a controlling bridge asks of a port extender, and how often (port-extension-reference 3.6). */
#include "csp_rig.h"

/** A Register of one or two changes. */
static struct csp_pdu *reg(uint32_t channel, unsigned n, uint16_t a, bool add_a, uint16_t b, bool add_b)
{
	struct csp_pdu *p = rig_pdu(CSP_REGISTER, channel);

	p->has = CSP_HAS_MEMBERS;
	p->n_members = (uint16_t)n;
	p->members[0] = (struct csp_member){ a, add_a };
	p->members[1] = (struct csp_member){ b, add_b };
	return p;
}

static struct csp_pdu *set(uint32_t channel, uint16_t port, unsigned n_vids)
{
	struct csp_pdu *p = rig_pdu(CSP_PARAM_SET, channel);

	p->has = CSP_HAS_PORT | CSP_HAS_VIDS;
	p->port = (struct csp_port_params){ port, CSP_PORT_EXTENDED, 5, 42, 0 };
	p->n_vids = (uint16_t)n_vids;
	for (unsigned i = 0; i < n_vids; i++)
		p->vids[i] = (struct csp_vid){ (uint16_t)(i + 1), i % 2 == 0 };
	return p;
}

static unsigned group_size(struct pe_rig *r, uint32_t channel)
{
	uint32_t ports[16];

	return csp_pe_group_ports(r->pe, channel, ports, 16);
}

Test(csp_pe_rx, groups_change_and_their_user_is_told_once)
{
	struct pe_rig *r = pe_new(&pe_defaults);

	pe_open_with(r, 3);
	cr_assert_eq(pe_ask(r, reg(0x100001, 2, 1, true, 2, true)), CSP_DONE);
	cr_assert_eq(pe_ask(r, reg(0x100001, 2, 2, true, 3, true)), CSP_DONE, "2 is there already");
	cr_assert_eq(pe_pull(r), 1);
	cr_assert(r->ev[0].kind == CSP_PE_EV_GROUP && r->ev[0].channel == 0x100001);
	cr_assert_eq(group_size(r, 0x100001), 3);
	cr_assert_eq(pe_ask(r, reg(0x100001, 2, 1, false, 3, false)), CSP_DONE);
	cr_assert_eq(pe_pull(r), 1);
	cr_assert_eq(group_size(r, 0x100001), 1);
	cr_assert_eq(pe_ask(r, reg(0x100001, 1, 1, false, 0, false)), CSP_DONE, "nor is 1 there any more");
	cr_assert_eq(pe_pull(r), 0);
	cr_assert_eq(pe_ask(r, reg(0x100001, 1, 2, false, 0, false)), CSP_DONE);
	cr_assert_eq(pe_pull(r), 1, "told that it is empty");
	cr_assert_eq(group_size(r, 0x100001), 0);
	cr_assert_eq(pe_ask(r, reg(0x100001, 1, 2, false, 0, false)), CSP_DONE);
	cr_assert_eq(pe_pull(r), 0);
	pe_free(r);
}

Test(csp_pe_rx, a_group_that_came_and_went_untold_is_no_news)
{
	struct pe_rig *r = pe_new(&pe_defaults);

	pe_open_with(r, 1);
	cr_assert_eq(pe_ask(r, reg(0x100001, 2, 1, true, 1, false)), CSP_DONE);
	cr_assert_eq(pe_pull(r), 0);
	cr_assert_eq(group_size(r, 0x100001), 0);
	pe_free(r);
}

Test(csp_pe_rx, a_register_is_done_whole_or_not_at_all)
{
	struct pe_rig *r = pe_new(&pe_defaults);

	pe_open_with(r, 2);
	cr_assert_eq(pe_ask(r, reg(0x100001, 2, 1, true, 9, true)), CSP_UNKNOWN_PORT);
	cr_assert_eq(group_size(r, 0x100001), 0);
	cr_assert_eq(pe_ask(r, reg(100, 1, 1, true, 0, false)), CSP_UNKNOWN_CHANNEL, "no group's number");
	cr_assert_eq(pe_ask(r, reg(0x3fffff, 1, 1, true, 0, false)), CSP_UNKNOWN_CHANNEL);
	cr_assert_eq(pe_ask(r, reg(0, 1, 1, true, 0, false)), CSP_UNKNOWN_CHANNEL);
	for (uint32_t i = 0; i < 4; i++)
		cr_assert_eq(pe_ask(r, reg(0x100001 + i, 1, 1, true, 0, false)), CSP_DONE);
	cr_assert_eq(pe_ask(r, reg(0x100009, 1, 1, true, 0, false)), CSP_NO_RESOURCES);
	cr_assert_eq(csp_pe_counters(r->pe)->groups_full, 1);
	cr_assert_eq(pe_pull(r), 4);
	cr_assert_eq(csp_pe_link_counters(r->pe)->bad_requests, 4);
	pe_free(r);
}

Test(csp_pe_rx, more_members_than_there_is_room_for_change_nothing)
{
	struct csp_pe_cfg cfg = pe_defaults;
	struct pe_rig *r;

	cfg.max_members = 3;
	r = pe_new(&cfg);
	pe_open_with(r, 2);
	cr_assert_eq(pe_ask(r, reg(0x100001, 2, 1, true, 2, true)), CSP_DONE);
	cr_assert_eq(pe_ask(r, reg(0x100002, 2, 1, true, 2, true)), CSP_NO_RESOURCES);
	cr_assert_eq(group_size(r, 0x100002), 0);
	cr_assert_eq(csp_pe_counters(r->pe)->members_full, 1);
	cr_assert_eq(pe_ask(r, reg(0x100002, 1, 2, true, 0, false)), CSP_DONE);
	pe_free(r);
}

Test(csp_pe_rx, a_deleted_port_leaves_its_groups)
{
	struct pe_rig *r = pe_new(&pe_defaults);

	pe_open_with(r, 2);
	cr_assert_eq(pe_ask(r, reg(0x100001, 2, 1, true, 2, true)), CSP_DONE);
	cr_assert_eq(pe_ask(r, reg(0x100002, 1, 1, true, 0, false)), CSP_DONE);
	pe_pull(r);
	cr_assert_eq(pe_ask(r, rig_pdu(CSP_DELETE, 101)), CSP_DONE);
	cr_assert_eq(pe_pull(r), 3, "the port and both groups");
	cr_assert_eq(r->ev[0].kind, CSP_PE_EV_DELETED);
	cr_assert_eq(group_size(r, 0x100001), 1);
	cr_assert_eq(group_size(r, 0x100002), 0);
	pe_free(r);
}

Test(csp_pe_rx, lists_of_a_vn_tag_link_have_their_own_numbers)
{
	struct csp_pe_cfg cfg = pe_defaults;
	struct pe_rig *r;

	cfg.wish = VNTAG_FORMAT_VN;
	r = pe_new(&cfg);
	pe_open_with(r, 1);
	cr_assert_eq(pe_ask(r, reg(VNTAG_LIST | 0x100, 1, 1, true, 0, false)), CSP_DONE);
	cr_assert_eq(pe_ask(r, reg(0x100001, 1, 1, true, 0, false)), CSP_UNKNOWN_CHANNEL);
	cr_assert_eq(pe_ask(r, reg(VNTAG_LIST, 1, 1, true, 0, false)), CSP_UNKNOWN_CHANNEL);
	pe_free(r);
}

Test(csp_pe_rx, PEX_24_parameters_are_set_told_and_read)
{
	struct pe_rig *r = pe_new(&pe_defaults);

	pe_open_with(r, 2);
	cr_assert_eq(pe_port(r, 1)->pvid, 1);
	cr_assert_eq(pe_ask(r, set(101, 1, 3)), CSP_DONE);
	cr_assert(pe_pull(r) == 1 && r->ev[0].kind == CSP_PE_EV_PARAMETERS);
	cr_assert_eq(pe_port(r, 1)->pvid, 42);
	cr_assert_eq(pe_port(r, 1)->priority, 5);
	cr_assert_eq(pe_port(r, 1)->n_vids, 3);
	cr_assert(pe_port(r, 1)->vids[0].vid == 1 && pe_port(r, 1)->vids[0].is_untagged);
	cr_assert(pe_port(r, 1)->vids[1].vid == 2 && !pe_port(r, 1)->vids[1].is_untagged);
	cr_assert_eq(pe_port(r, 2)->n_vids, 0);
	cr_assert_eq(pe_ask(r, rig_pdu(CSP_PARAM_GET, 101)), CSP_DONE);
	cr_assert_eq(r->out.has, CSP_HAS_PORT | CSP_HAS_VIDS);
	cr_assert(r->out.port.port == 1 && r->out.port.pvid == 42 && r->out.port.priority == 5);
	cr_assert(r->out.n_vids == 3 && r->out.vids[2].is_untagged);
	cr_assert_eq(pe_ask(r, rig_pdu(CSP_PARAM_GET, 105)), CSP_UNKNOWN_CHANNEL);
	cr_assert_eq(pe_ask(r, rig_pdu(CSP_PARAM_GET, 0)), CSP_UNKNOWN_CHANNEL);
	cr_assert_eq(pe_ask(r, set(101, 1, 0)), CSP_DONE);
	cr_assert_eq(pe_port(r, 1)->n_vids, 0);
	cr_assert_null(pe_port(r, 1)->vids);
	pe_free(r);
}

Test(csp_pe_rx, parameters_that_do_not_fit_change_nothing)
{
	struct pe_rig *r = pe_new(&pe_defaults);

	pe_open_with(r, 2);
	cr_assert_eq(pe_ask(r, set(101, 1, 3)), CSP_DONE);
	cr_assert_eq(pe_ask(r, set(101, 2, 3)), CSP_UNKNOWN_PORT, "the channel is another port's");
	cr_assert_eq(pe_ask(r, set(105, 1, 3)), CSP_UNKNOWN_CHANNEL);
	cr_assert_eq(pe_ask(r, set(101, 1, 33)), CSP_NO_RESOURCES, "17 untagged, 16 are possible");
	cr_assert_eq(pe_port(r, 1)->n_vids, 3);
	cr_assert_eq(csp_pe_counters(r->pe)->vids_full, 1);
	pe_free(r);
}

Test(csp_pe_rx, the_pool_of_vids_has_a_limit_and_comes_back)
{
	struct csp_pe_cfg cfg = pe_defaults;
	struct pe_rig *r;

	cfg.resource.max_untagged = 0;
	cfg.max_vids = 1;
	r = pe_new(&cfg); /* room for one full PDU */
	pe_open_with(r, 3);
	for (unsigned round = 0; round < 50; round++) {
		cr_assert_eq(pe_ask(r, set(101, 1, 300)), CSP_DONE);
		cr_assert_eq(pe_ask(r, set(101, 1, 0)), CSP_DONE);
	}
	cr_assert_eq(pe_ask(r, set(101, 1, 300)), CSP_DONE);
	cr_assert_eq(pe_ask(r, set(102, 2, 700)), CSP_NO_RESOURCES);
	cr_assert_eq(pe_ask(r, rig_pdu(CSP_DELETE, 101)), CSP_DONE);
	cr_assert_eq(pe_ask(r, set(103, 3, 300)), CSP_DONE, "a deleted port gives back what it had");
	csp_pe_set_peer(r->pe, NULL, r->now);
	pe_pull(r);
	pe_open(r);
	cr_assert(pe_send(r));
	pe_answer(r, CSP_DONE, 7);
	cr_assert_eq(pe_ask(r, set(7, 1, 300)), CSP_DONE, "and so does a clean-up");
	pe_free(r);
}

Test(csp_pe_rx, statistics_are_the_users)
{
	const struct csp_statistics s = { 0, 10, 20, 1000, 2000 };
	struct pe_rig *r = pe_new(&pe_defaults);
	struct csp_pdu *p;

	pe_open_with(r, 2);
	p = rig_pdu(CSP_STATISTICS, 102);
	p->transaction = 7;
	pe_rx(r, p);
	cr_assert_not(pe_send(r), "not yet");
	cr_assert_eq(pe_pull(r), 1);
	cr_assert(r->ev[0].kind == CSP_PE_EV_STATISTICS && r->ev[0].channel == 102);
	pe_rx(r, p);
	cr_assert_eq(pe_pull(r), 0, "a duplicate asks nobody");
	cr_assert_not(csp_pe_statistics(r->pe, r->ev[0].handle + 1, &s, r->now));
	cr_assert(csp_pe_statistics(r->pe, r->ev[0].handle, &s, r->now));
	cr_assert_not(csp_pe_statistics(r->pe, r->ev[0].handle, &s, r->now), "once");
	cr_assert(pe_send(r) && r->out.completion == CSP_DONE);
	cr_assert_eq(r->out.statistics.port, 2);
	cr_assert_eq(r->out.statistics.tx_octets, 2000);
	cr_assert_eq(pe_ask(r, rig_pdu(CSP_STATISTICS, 9)), CSP_UNKNOWN_CHANNEL);
	pe_free(r);
}

Test(csp_pe_rx, statistics_that_do_not_come_are_refused_in_time)
{
	struct pe_rig *r = pe_new(&pe_defaults);
	const struct csp_statistics s = { 0 };
	struct csp_pdu *p;

	pe_open_with(r, 1);
	p = rig_pdu(CSP_STATISTICS, 101);
	p->transaction = 7;
	pe_rx(r, p);
	pe_pull(r);
	pe_pass(r, 2000);
	cr_assert(pe_send(r) && r->out.completion == CSP_NO_RESOURCES);
	cr_assert_not(csp_pe_statistics(r->pe, r->ev[0].handle, &s, r->now));
	cr_assert_eq(csp_pe_counters(r->pe)->late_answers, 2);
	pe_free(r);
}

Test(csp_pe_rx, a_port_that_goes_takes_the_question_with_it)
{
	struct pe_rig *r = pe_new(&pe_defaults);
	struct csp_pdu *p, ours;

	pe_open_with(r, 1);
	cr_assert_eq(csp_pe_port_remove(r->pe, 1), CSP_SUBMIT_OK);
	cr_assert(pe_send(r));
	ours = r->out;
	p = rig_pdu(CSP_STATISTICS, 101);
	p->transaction = 7;
	pe_rx(r, p);
	r->out = ours;
	pe_answer(r, CSP_DONE, 101);
	cr_assert(pe_send(r) && r->out.message == CSP_STATISTICS && r->out.completion == CSP_UNKNOWN_CHANNEL);
	pe_free(r);
}

Test(csp_pe_rx, PEX_59_the_same_transaction_again_repeats_the_response_and_does_nothing)
{
	struct pe_rig *r = pe_new(&pe_defaults);
	uint8_t first[CSP_PDU_MAX];
	size_t len;
	struct csp_pdu *p;

	pe_open_with(r, 2);
	p = reg(0x100001, 1, 1, true, 0, false);
	cr_assert_eq(pe_ask(r, p), CSP_DONE);
	len = r->len;
	memcpy(first, r->octets, len);
	pe_pull(r);
	p->members[0].port = 2; /* whatever it says now */
	pe_rx(r, p);
	cr_assert(pe_send(r));
	cr_assert(r->len == len && memcmp(r->octets, first, len) == 0);
	cr_assert_eq(pe_pull(r), 0);
	cr_assert_eq(group_size(r, 0x100001), 1);
	cr_assert_eq(csp_pe_link_counters(r->pe)->duplicates, 1);
	cr_assert_eq(csp_pe_link_counters(r->pe)->requests_in, 1);
	pe_free(r);
}

Test(csp_pe_rx, a_duplicate_of_a_delete_still_says_done)
{
	struct pe_rig *r = pe_new(&pe_defaults);
	struct csp_pdu *p;

	pe_open_with(r, 1);
	p = rig_pdu(CSP_DELETE, 101);
	cr_assert_eq(pe_ask(r, p), CSP_DONE);
	pe_rx(r, p);
	cr_assert(pe_send(r) && r->out.completion == CSP_DONE);
	p->transaction++;
	pe_rx(r, p);
	cr_assert(pe_send(r) && r->out.completion == CSP_UNKNOWN_CHANNEL, "a new one does not");
	pe_free(r);
}

Test(csp_pe_rx, requests_that_are_not_for_a_pe_are_unsupported)
{
	static const unsigned messages[] = { 0, CSP_CREATE, CSP_STATUS, 9, 127 };
	struct pe_rig *r = pe_new(&pe_defaults);

	pe_open_with(r, 1);
	for (unsigned i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
		struct csp_pdu *p = rig_pdu((enum csp_message)messages[i], 101);

		p->has = CSP_HAS_PORT | CSP_HAS_STATUS;
		p->port.type = CSP_PORT_EXTENDED;
		cr_assert_eq(pe_ask(r, p), CSP_UNSUPPORTED, "%u", messages[i]);
	}
	cr_assert_eq(csp_pe_link_counters(r->pe)->bad_requests, 5);
	cr_assert_eq(csp_pe_state(r->pe), CSP_PE_OPERATIONAL);
	pe_free(r);
}

Test(csp_pe_rx, without_a_session_all_but_open_is_the_wrong_state)
{
	static const enum csp_message messages[] = { CSP_DELETE, CSP_REGISTER, CSP_PARAM_SET, CSP_PARAM_GET,
		CSP_STATISTICS };

	for (unsigned i = 0; i < 5; i++) {
		struct pe_rig *r = pe_new(&pe_defaults);
		struct csp_pdu *p = rig_pdu(messages[i], 0x100001);

		p->has = CSP_HAS_PORT | CSP_HAS_MEMBERS;
		p->port.type = CSP_PORT_EXTENDED;
		csp_pe_set_uplink(r->pe, true, r->now);
		cr_assert_eq(pe_ask(r, p), CSP_WRONG_STATE);
		csp_pe_set_peer(r->pe, &bridge_csp, r->now);
		cr_assert(pe_send(r) && r->out.message == CSP_OPEN);
		p = rig_pdu(messages[i], 0x100001);
		p->has = CSP_HAS_PORT | CSP_HAS_MEMBERS;
		p->port.type = CSP_PORT_EXTENDED;
		cr_assert_eq(pe_ask(r, p), CSP_WRONG_STATE, "not while it is opening either");
		pe_free(r);
	}
}

Test(csp_pe_rx, malformed_requests_are_answered_and_malformed_responses_are_not)
{
	static const uint8_t request[] = { 0x02, 0x0a, 1, CSP_REGISTER, 0, 9, 0, 0, 0, 0x10, 0, 1, 0x08, 0x02,
		1, 0, 0, 0 };
	static const uint8_t nothing[46];
	struct pe_rig *r = pe_new(&pe_defaults);
	uint8_t response[sizeof(request)];

	pe_open_with(r, 1);
	csp_pe_rx(r->pe, span_of(request, sizeof(request)), r->now);
	cr_assert(pe_send(r) && r->out.is_response && r->out.transaction == 9);
	cr_assert_eq(r->out.completion, CSP_MALFORMED);
	csp_pe_rx(r->pe, span_of(nothing, sizeof(nothing)), r->now);
	cr_assert_not(pe_send(r));
	cr_assert_eq(csp_pe_link_counters(r->pe)->bad_requests, 2);
	memcpy(response, request, sizeof(response));
	response[3] |= CSP_RESPONSE;
	csp_pe_rx(r->pe, span_of(response, sizeof(response)), r->now);
	cr_assert_not(pe_send(r));
	cr_assert_eq(csp_pe_link_counters(r->pe)->bad_responses, 1);
	pe_free(r);
}

Test(csp_pe_rx, responses_to_nothing_are_counted_and_ignored)
{
	struct pe_rig *r = pe_new(&pe_defaults);
	struct csp_pdu asked;

	pe_open_with(r, 1);
	pe_add(r, 2);
	cr_assert(pe_send(r));
	asked = r->out;
	r->out.transaction--;
	pe_answer(r, CSP_DONE, 50);
	r->out = asked;
	r->out.message = CSP_DELETE;
	pe_answer(r, CSP_DONE, 50);
	cr_assert_eq(csp_pe_link_counters(r->pe)->stray_responses, 2);
	cr_assert_eq(pe_port(r, 2)->channel, 0);
	r->out = asked;
	pe_answer(r, CSP_DONE, 50);
	pe_answer(r, CSP_DONE, 51);
	cr_assert_eq(csp_pe_link_counters(r->pe)->stray_responses, 3);
	cr_assert_eq(pe_port(r, 2)->channel, 50);
	pe_free(r);
}

Test(csp_pe_rx, responses_go_before_requests)
{
	struct pe_rig *r = pe_new(&pe_defaults);
	struct csp_pdu *p;

	pe_open_with(r, 1);
	pe_add(r, 2);
	p = rig_pdu(CSP_PARAM_GET, 101);
	p->transaction = 3;
	pe_rx(r, p);
	cr_assert(pe_send(r) && r->out.is_response);
	cr_assert(pe_send(r) && r->out.message == CSP_CREATE);
	pe_free(r);
}

Test(csp_pe_rx, with_the_uplink_down_nothing_is_heard)
{
	struct pe_rig *r = pe_new(&pe_defaults);
	struct csp_pdu *p = rig_pdu(CSP_DELETE, 1);

	pe_rx(r, p);
	cr_assert_not(pe_send(r));
	pe_free(r);
}
