/* Groups at the controlling bridge: nothing is ready before the extender has confirmed it (port-extension-reference 5.2). */
#include "csp_rig.h"

static uint32_t new_group(struct cb_rig *r)
{
	uint32_t group = 0;

	HOLDS(csp_cb_group_new(r->cb, 0, &group, r->now) == CSP_SUBMIT_OK);
	return group;
}

static void put(struct cb_rig *r, uint32_t group, uint32_t channel, bool is_member)
{
	HOLDS(csp_cb_group_set(r->cb, group, channel, is_member) == CSP_SUBMIT_OK);
}

static unsigned size(struct cb_rig *r, uint32_t group)
{
	uint32_t ports[16];

	return csp_cb_group_ports(r->cb, group, ports, 16);
}

static bool told(const struct cb_rig *r, enum csp_cb_event_kind kind, uint32_t group)
{
	return r->n_ev == 1 && r->ev[0].kind == kind && r->ev[0].channel == group;
}

Test(csp_cb_group, PEX_54_a_change_is_ready_only_when_it_is_confirmed)
{
	struct cb_rig *r = cb_new(&cb_defaults);
	uint32_t g;

	cb_open_with(r, 3);
	g = new_group(r);
	cr_assert_eq(g, 0x100001);
	put(r, g, 1, true);
	put(r, g, 2, true);
	cr_assert_not(csp_cb_group_is_ready(r->cb, g));
	cr_assert_eq(size(r, g), 0);
	cr_assert(cb_send(r) && r->out.message == CSP_REGISTER && r->out.n_members == 2);
	cr_assert_not(csp_cb_group_is_ready(r->cb, g));
	cr_assert_eq(cb_pull(r), 0);
	cb_reply(r, CSP_DONE);
	cr_assert(csp_cb_group_is_ready(r->cb, g));
	cr_assert_eq(size(r, g), 2);
	cb_pull(r);
	cr_assert(told(r, CSP_CB_EV_GROUP, g));
	put(r, g, 1, false);
	cr_assert_not(csp_cb_group_is_ready(r->cb, g), "out of use before the change");
	cr_assert(cb_send(r) && r->out.n_members == 1 && !r->out.members[0].is_add);
	cb_reply(r, CSP_DONE);
	cb_pull(r);
	cr_assert(told(r, CSP_CB_EV_GROUP, g));
	cr_assert_eq(size(r, g), 1);
	cb_free(r);
}

Test(csp_cb_group, a_change_that_was_taken_back_is_not_sent)
{
	struct cb_rig *r = cb_new(&cb_defaults);
	uint32_t g;

	cb_open_with(r, 1);
	g = new_group(r);
	cr_assert(csp_cb_group_is_ready(r->cb, g), "empty");
	put(r, g, 1, true);
	put(r, g, 1, false);
	put(r, g, 1, false);
	cr_assert_not(cb_send(r));
	cr_assert(csp_cb_group_is_ready(r->cb, g));
	cb_pull(r);
	cr_assert_eq(size(r, g), 0);
	cb_free(r);
}

Test(csp_cb_group, a_change_during_a_register_is_sent_after_it)
{
	struct cb_rig *r = cb_new(&cb_defaults);
	uint32_t g;

	cb_open_with(r, 2);
	g = new_group(r);
	put(r, g, 1, true);
	cr_assert(cb_send(r));
	put(r, g, 1, false);
	put(r, g, 2, true);
	cb_reply(r, CSP_DONE);
	cr_assert_eq(cb_pull(r), 0, "not settled");
	cr_assert_not(csp_cb_group_is_ready(r->cb, g));
	cr_assert(cb_send(r) && r->out.n_members == 2);
	cb_reply(r, CSP_DONE);
	cb_pull(r);
	cr_assert(told(r, CSP_CB_EV_GROUP, g));
	cr_assert_eq(size(r, g), 1);
	cb_free(r);
}

Test(csp_cb_group, PEX_55_a_refused_change_is_taken_back_and_told)
{
	struct cb_rig *r = cb_new(&cb_defaults);
	uint32_t g;

	cb_open_with(r, 3);
	g = new_group(r);
	put(r, g, 1, true);
	cr_assert(cb_send(r));
	cb_reply(r, CSP_DONE);
	cb_pull(r);
	put(r, g, 2, true);
	put(r, g, 1, false);
	cr_assert(cb_send(r));
	cb_reply(r, CSP_NO_RESOURCES);
	cb_pull(r);
	cr_assert(told(r, CSP_CB_EV_GROUP_FAILED, g));
	cr_assert_eq(r->ev[0].completion, CSP_NO_RESOURCES);
	cr_assert_eq(size(r, g), 1, "the members it had");
	cr_assert(csp_cb_group_is_ready(r->cb, g));
	cr_assert_not(cb_send(r), "not asked again by itself");
	cr_assert_eq(csp_cb_counters(r->cb)->groups_failed, 1);
	put(r, g, 2, true);
	cr_assert(cb_send(r) && r->out.members[0].port == 2);
	cb_reply(r, CSP_DONE);
	cb_pull(r);
	cr_assert(told(r, CSP_CB_EV_GROUP, g));
	cb_free(r);
}

Test(csp_cb_group, a_change_wished_back_while_it_is_refused_is_settled)
{
	struct cb_rig *r = cb_new(&cb_defaults);
	uint32_t g;

	cb_open_with(r, 1);
	g = new_group(r);
	put(r, g, 1, true);
	cr_assert(cb_send(r));
	put(r, g, 1, false);
	cb_reply(r, CSP_NO_RESOURCES);
	cr_assert_not(cb_send(r));
	cr_assert(csp_cb_group_is_ready(r->cb, g));
	cr_assert_eq(size(r, g), 0);
	cb_free(r);
}

Test(csp_cb_group, a_port_that_goes_leaves_its_groups)
{
	struct cb_rig *r = cb_new(&cb_defaults);
	uint32_t g, dirty;

	cb_open_with(r, 2);
	g = new_group(r);
	put(r, g, 1, true);
	put(r, g, 2, true);
	cr_assert(cb_send(r));
	cb_reply(r, CSP_DONE);
	cb_pull(r);
	dirty = new_group(r);
	put(r, dirty, 1, true);
	cr_assert_eq(cb_ask(r, rig_pdu(CSP_DELETE, 1)), CSP_DONE);
	cr_assert_eq(size(r, g), 1);
	cr_assert(csp_cb_group_is_ready(r->cb, g));
	cr_assert(csp_cb_group_is_ready(r->cb, dirty));
	cr_assert_not(cb_send(r));
	cr_assert_eq(cb_pull(r), 3, "the port and both groups");
	cr_assert_eq(csp_cb_group_set(r->cb, g, 1, true), CSP_SUBMIT_UNKNOWN);
	cb_free(r);
}

Test(csp_cb_group, a_port_that_goes_during_a_register_does_not_fail_the_rest)
{
	struct cb_rig *r = cb_new(&cb_defaults);
	static struct csp_pdu ours;
	uint32_t g;

	cb_open_with(r, 2);
	g = new_group(r);
	put(r, g, 1, true);
	put(r, g, 2, true);
	cr_assert(cb_send(r));
	ours = r->out;
	cr_assert_eq(cb_ask(r, rig_pdu(CSP_DELETE, 1)), CSP_DONE);
	r->out = ours;
	cb_reply(r, CSP_UNKNOWN_PORT);
	cr_assert_eq(cb_pull(r), 1);
	cr_assert_eq(r->ev[0].kind, CSP_CB_EV_DELETED);
	cr_assert(cb_send(r) && r->out.n_members == 1 && r->out.members[0].port == 2);
	cb_reply(r, CSP_DONE);
	cb_pull(r);
	cr_assert(told(r, CSP_CB_EV_GROUP, g));
	cr_assert_eq(size(r, g), 1);
	cb_free(r);
}

Test(csp_cb_group, a_port_we_are_deleting_joins_no_group)
{
	struct cb_rig *r = cb_new(&cb_defaults);
	uint32_t g;

	cb_open_with(r, 1);
	g = new_group(r);
	cr_assert_eq(csp_cb_delete(r->cb, 1), CSP_SUBMIT_OK);
	cr_assert_eq(csp_cb_group_set(r->cb, g, 1, true), CSP_SUBMIT_UNKNOWN);
	cb_free(r);
}

Test(csp_cb_group, PEX_54_PEX_63_an_ended_group_is_empty_first_and_its_number_rests)
{
	struct csp_cb_cfg cfg = cb_defaults;
	struct cb_rig *r;
	uint32_t g, other;

	cfg.n_group_ids = 1;
	r = cb_new(&cfg);
	cb_open_with(r, 2);
	g = new_group(r);
	put(r, g, 1, true);
	put(r, g, 2, true);
	cr_assert(cb_send(r));
	cb_reply(r, CSP_DONE);
	cb_pull(r);
	cr_assert_eq(csp_cb_group_end(r->cb, g, r->now), CSP_SUBMIT_OK);
	cr_assert_not(csp_cb_group_is_ready(r->cb, g));
	cr_assert_eq(csp_cb_group_end(r->cb, g, r->now), CSP_SUBMIT_UNKNOWN);
	cr_assert_eq(csp_cb_group_set(r->cb, g, 1, true), CSP_SUBMIT_UNKNOWN);
	cr_assert_eq(cb_pull(r), 0);
	cr_assert(cb_send(r) && r->out.n_members == 2 && !r->out.members[0].is_add);
	cb_reply(r, CSP_DONE);
	cb_pull(r);
	cr_assert(told(r, CSP_CB_EV_GROUP_ENDED, g));
	cr_assert_eq(csp_cb_group_new(r->cb, 0, &other, r->now), CSP_SUBMIT_FULL);
	cb_pass(r, 10000);
	cr_assert_eq(csp_cb_group_new(r->cb, 0, &other, r->now), CSP_SUBMIT_OK);
	cr_assert_eq(other, g);
	cb_free(r);
}

Test(csp_cb_group, an_empty_group_ends_at_once_and_a_refusal_keeps_none_alive)
{
	struct cb_rig *r = cb_new(&cb_defaults);
	uint32_t g;

	cb_open_with(r, 1);
	g = new_group(r);
	cr_assert_eq(csp_cb_group_end(r->cb, g, r->now), CSP_SUBMIT_OK);
	cb_pull(r);
	cr_assert(told(r, CSP_CB_EV_GROUP_ENDED, g));
	g = new_group(r);
	put(r, g, 1, true);
	cr_assert(cb_send(r));
	cr_assert_eq(csp_cb_group_end(r->cb, g, r->now), CSP_SUBMIT_OK);
	cr_assert_eq(cb_pull(r), 0, "what is asked may yet come true");
	cb_reply(r, CSP_DONE);
	cr_assert(cb_send(r) && !r->out.members[0].is_add);
	cb_reply(r, CSP_UNKNOWN_CHANNEL);
	cb_pull(r);
	cr_assert(told(r, CSP_CB_EV_GROUP_ENDED, g));
	cr_assert(csp_cb_is_quiet(r->cb));
	cb_free(r);
}

Test(csp_cb_group, lists_of_a_vn_tag_link_have_their_own_numbers)
{
	struct cb_rig *r = cb_new(&cb_defaults);
	uint32_t g;

	csp_cb_set_peer(r->cb, &extender_csp, r->now);
	cr_assert_eq(cb_ask(r, rig_open(VNTAG_FORMAT_VN)), CSP_DONE);
	cr_assert_eq(csp_cb_group_new(r->cb, 0, &g, r->now), CSP_SUBMIT_CLOSED, "the user knows no session");
	cb_pull(r);
	cr_assert_eq(new_group(r), VNTAG_LIST | 1);
	cr_assert_eq(new_group(r), VNTAG_LIST | 2);
	cb_free(r);
}

Test(csp_cb_group, numbers_of_the_caller_are_checked)
{
	static const uint32_t bad[] = { 0, 5, 0x3fffff, 0x400001 };
	struct csp_cb_cfg cfg = cb_defaults;
	struct cb_rig *r;
	uint32_t g;

	cfg.n_group_ids = 0;
	r = cb_new(&cfg);
	cb_open(r);
	for (unsigned i = 0; i < 4; i++)
		cr_assert_eq(csp_cb_group_new(r->cb, bad[i], &g, r->now), CSP_SUBMIT_BAD);
	cr_assert_eq(csp_cb_group_new(r->cb, 0x200007, &g, r->now), CSP_SUBMIT_OK);
	cr_assert_eq(g, 0x200007);
	cr_assert_eq(csp_cb_group_new(r->cb, 0x200007, &g, r->now), CSP_SUBMIT_EXISTS);
	cr_assert_eq(csp_cb_group_set(r->cb, 0x200008, 1, true), CSP_SUBMIT_UNKNOWN);
	cb_free(r);
}

Test(csp_cb_group, PEX_55_full_tables_are_told_ours_and_the_extenders)
{
	struct csp_cb_cfg cfg = cb_defaults;
	struct csp_pdu *p;
	struct cb_rig *r;
	uint32_t g;

	cfg.max_members = 2;
	r = cb_new(&cfg);
	csp_cb_set_peer(r->cb, &extender_csp, r->now);
	p = rig_open(VNTAG_FORMAT_E);
	p->resource.max_groups = 2;
	cr_assert_eq(cb_ask(r, p), CSP_DONE);
	cb_pull(r);
	for (uint16_t i = 1; i <= 3; i++)
		cb_create(r, i, 0);
	g = new_group(r);
	put(r, g, 1, true);
	put(r, g, 2, true);
	cr_assert_eq(csp_cb_group_set(r->cb, g, 3, true), CSP_SUBMIT_FULL);
	cr_assert_eq(csp_cb_counters(r->cb)->members_full, 1);
	new_group(r);
	cr_assert_eq(csp_cb_group_new(r->cb, 0, &g, r->now), CSP_SUBMIT_FULL);
	cr_assert_eq(csp_cb_counters(r->cb)->groups_full, 1);
	cb_free(r);
}

Test(csp_cb_group, PEX_63_a_failed_session_rests_the_numbers_of_its_groups_too)
{
	struct cb_rig *r = cb_new(&cb_defaults);
	uint32_t g;

	cb_open_with(r, 2);
	g = new_group(r);
	put(r, g, 1, true);
	cr_assert(cb_send(r));
	put(r, g, 2, true);
	csp_cb_set_peer(r->cb, NULL, r->now);
	cb_pull(r);
	cb_open(r);
	cr_assert_eq(csp_cb_group_set(r->cb, g, 1, true), CSP_SUBMIT_UNKNOWN);
	cr_assert_eq(new_group(r), g + 1);
	cr_assert_not(cb_send(r));
	cb_free(r);
}

Test(csp_cb_group, ports_and_groups_take_turns)
{
	struct cb_rig *r = cb_new(&cb_defaults);
	unsigned n_register = 0;

	cb_open_with(r, 8);
	for (unsigned i = 0; i < 4; i++)
		put(r, new_group(r), 1, true);
	for (uint32_t i = 1; i <= 8; i++)
		cr_assert_eq(csp_cb_set(r->cb, i, &(struct csp_cb_settings){ .pvid = 1 }), CSP_SUBMIT_OK);
	for (unsigned i = 0; i < 8; i++) {
		cr_assert(cb_send(r));
		n_register += r->out.message == CSP_REGISTER;
		cb_reply(r, CSP_DONE);
		cb_pull(r);
	}
	cr_assert_eq(n_register, 4);
	cb_free(r);
}
