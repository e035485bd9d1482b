/* Both machines of PE-CSP back to back over ECP: loss, doubling, restarts, many ports (port-extension-reference 3.6). */
#include "csp_world.h"
#include "pe_tlv.h"

static void settle(struct world *w, uint64_t at_most_ms)
{
	for (uint64_t ms = 0; ms < at_most_ms; ms += 100) {
		w_run(w, 100);
		if (w_is_quiet(w) && csp_pe_state(w->pe) == CSP_PE_OPERATIONAL &&
			csp_cb_state(w->cb) == CSP_CB_OPEN)
			break;
	}
	HOLDS(w_is_quiet(w));
	w_check_agreement(w);
}

Test(csp_pair, ports_are_created_as_soon_as_both_ends_have_heard_each_other)
{
	for (uint64_t seed = 1; seed <= 50; seed++) {
		struct world *w = w_new(seed, 16);

		w->flood = true;
		for (uint16_t i = 1; i <= 5; i++)
			w_add(w, i);
		settle(w,
			2500); /* LLDP takes up to 1 s here, a bridge waits 1 s before it asks for an Open */
		HOLDS(csp_cb_count(w->cb) == 5);
		HOLDS(csp_cb_group_is_ready(w->cb, w->flood_group));
		HOLDS(csp_pe_counters(w->pe)->sessions_failed == 0 &&
			csp_cb_counters(w->cb)->sessions_failed == 0);
		HOLDS(csp_pe_link_counters(w->pe)->bad_responses == 0);
		w_free(w);
	}
}

Test(csp_pair, the_format_both_accept_is_found)
{
	static const struct {
		enum vntag_format wish;
		unsigned formats;
		enum vntag_format got;
	} rows[] = {
		{ VNTAG_FORMAT_E, CSP_CB_E | CSP_CB_VN, VNTAG_FORMAT_E },
		{ VNTAG_FORMAT_VN, CSP_CB_E | CSP_CB_VN, VNTAG_FORMAT_VN },
		{ VNTAG_FORMAT_E, CSP_CB_VN, VNTAG_FORMAT_VN },
		{ VNTAG_FORMAT_VN, CSP_CB_E, VNTAG_FORMAT_E },
	};

	for (unsigned i = 0; i < 4; i++) {
		struct world *w = w_new(i + 1, 16);

		w->pe_cfg.wish = rows[i].wish;
		w->cb_cfg.formats = rows[i].formats;
		w->flood = true;
		w_start_pe(w);
		w_start_cb(w);
		w_add(w, 1);
		w_add(w, 2);
		settle(w, 3000);
		HOLDS(csp_pe_format(w->pe) == rows[i].got && csp_cb_format(w->cb) == rows[i].got);
		w_free(w);
	}
}

Test(csp_pair, a_bridge_that_accepts_no_format_is_asked_every_10_s_until_it_does)
{
	struct world *w = w_new(1, 16);

	w->cb_cfg.formats = 0;
	w_start_cb(w);
	w_add(w, 1);
	w_run(w, 60000);
	cr_assert_eq(csp_cb_count(w->cb), 0);
	cr_assert_leq(csp_pe_counters(w->pe)->opens, 2 * 8);
	csp_cb_set_formats(w->cb, CSP_CB_VN);
	settle(w, 12000);
	cr_assert_eq(csp_cb_count(w->cb), 1);
	w_free(w);
}

Test(csp_pair, one_packet_in_five_lost_costs_time_and_nothing_else)
{
	struct world *w = w_new(77, 64);

	w->lose = 200;
	w->twice = 200;
	w->flood = true;
	for (uint16_t i = 1; i <= 50; i++)
		w_add(w, i);
	w_run(w, 120000);
	w->lose = 0;
	settle(w, 30000);
	cr_assert_eq(csp_cb_count(w->cb), 50);
	cr_assert_gt(w->end[W_PE].tx.n.retries, 10);
	w_free(w);
}

/* Everything ECP delivers twice would be done twice without transaction ids. */
Test(csp_pair, PEX_59_requests_that_arrive_twice_are_done_once)
{
	struct world *w = w_new(5, 64);

	w->flood = true;
	for (uint16_t i = 1; i <= 20; i++)
		w_add(w, i);
	w->twice = 1000;
	w->is_forgetful = true;
	w_run(w, 30000);
	w->twice = 0;
	w->is_forgetful = false;
	settle(w, 10000);
	cr_assert_gt(csp_cb_link_counters(w->cb)->duplicates, 0);
	cr_assert_eq(csp_cb_count(w->cb), 20);
	cr_assert_eq(csp_cb_counters(w->cb)->created, 20);
	cr_assert_eq(w->n_cb_cleanups, 0);
	w_free(w);
}

Test(csp_pair, an_extender_that_restarts_at_any_moment_comes_back)
{
	for (unsigned ms = 0; ms < 60; ms++) {
		struct world *w = w_new(ms + 1, 16);

		w->flood = true;
		w->answer_ms = 3;
		for (uint16_t i = 1; i <= 6; i++)
			w_add(w, i);
		w_run(w, 1000 + ms);
		w_start_pe(w);
		for (uint16_t i = 1; i <= 6; i++)
			w_add(w, i);
		settle(w, 30000);
		HOLDS(csp_cb_count(w->cb) == 6);
		w_free(w);
	}
}

/* LLDP does not show that a bridge has restarted: it asks for an Open, and the extender knows. */
Test(csp_pair, a_bridge_that_restarts_at_any_moment_is_noticed_within_seconds)
{
	for (unsigned ms = 0; ms < 60; ms++) {
		struct world *w = w_new(ms + 1, 16);
		unsigned cleanups;

		w->flood = true;
		w->answer_ms = 3;
		for (uint16_t i = 1; i <= 6; i++)
			w_add(w, i);
		w_run(w, 1000 + ms * 10);
		cleanups = w->n_pe_cleanups;
		w_start_cb(w);
		settle(w, 15000);
		HOLDS(csp_cb_count(w->cb) == 6);
		HOLDS(w->n_pe_cleanups <= cleanups + 1);
		w_free(w);
	}
}

Test(csp_pair, PEX_62_both_ends_are_clean_within_1_s_of_a_link_that_says_nothing_more)
{
	struct world *w = w_new(9, 16);

	w->flood = true;
	for (uint16_t i = 1; i <= 6; i++)
		w_add(w, i);
	settle(w, 5000);
	w->lose = 1000;
	w_add(w, 7); /* each end has something to say */
	HOLDS(csp_cb_get(w->cb, w->cb_told[0]) == CSP_SUBMIT_OK);
	w_run(w, 1000);
	cr_assert_eq(w->n_pe_cleanups, 1);
	cr_assert_eq(w->n_cb_cleanups, 1);
	cr_assert_eq(csp_cb_count(w->cb), 0);
	w->lose = 0;
	settle(w, 30000);
	cr_assert_eq(csp_cb_count(w->cb), 7);
	w_free(w);
}

Test(csp_pair, link_down_and_up_at_any_moment)
{
	for (unsigned ms = 0; ms < 60; ms++) {
		struct world *w = w_new(ms + 1, 16);

		w->flood = true;
		for (uint16_t i = 1; i <= 6; i++)
			w_add(w, i);
		w_run(w, 1000 + ms);
		w_set_link(w, false);
		HOLDS(csp_cb_count(w->cb) == 0);
		for (uint16_t i = 1; i <= 6; i++)
			HOLDS(pe_port(&(struct pe_rig){ .pe = w->pe }, i)->channel == 0);
		w_run(w, ms * 7);
		w_set_link(w, true);
		settle(w, 20000);
		HOLDS(csp_cb_count(w->cb) == 6);
		w_free(w);
	}
}

/* Two bridges; LLDP says which one, and the extender's ports follow. */
Test(csp_pair, PEX_64_when_the_upstream_port_fails_the_other_takes_over)
{
	struct world *w = w_new(3, 16);
	struct pe_uplink uplinks[2] = { { true, { .priority = 64, .pe_csp = bridge_csp } },
		{ true, { .priority = 128, .pe_csp = { { 2, 0, 0, 0, 0, 0x2b } } } } };

	w->flood = true;
	for (uint16_t i = 1; i <= 4; i++)
		w_add(w, i);
	cr_assert_eq(pe_elect(uplinks, 2), 0);
	settle(w, 5000);
	uplinks[0].is_heard = false;
	cr_assert_eq(pe_elect(uplinks, 2), 1);
	csp_pe_set_peer(w->pe, NULL, w->now);
	w_start_cb(w); /* stands for the other bridge, which has never heard of us */
	csp_pe_set_peer(w->pe, &uplinks[1].tlv.pe_csp, w->now);
	w_users(w);
	cr_assert_eq(w->n_pe_cleanups, 1);
	w->end[W_PE].heard_at = MONO_NEVER;
	settle(w, 15000);
	cr_assert_eq(csp_cb_count(w->cb), 4);
	w_free(w);
}

Test(csp_pair, a_slow_user_of_the_bridge_is_waited_for_but_not_for_ever)
{
	struct world *w = w_new(21, 16);

	w->answer_ms = 1900;
	for (uint16_t i = 1; i <= 4; i++)
		w_add(w, i);
	settle(w, 12000);
	cr_assert_eq(csp_cb_count(w->cb), 4);
	cr_assert_eq(csp_pe_counters(w->pe)->refused, 0);
	w->answer_ms = 8000;
	for (uint16_t i = 5; i <= 12; i++)
		w_add(w, i);
	w_run(w, 60000);
	cr_assert_gt(csp_cb_counters(w->cb)->late_answers, 0);
	cr_assert_eq(w->n_pe_cleanups, 0, "no session fails for it");
	w->answer_ms = 0;
	w_run(w, 15000);
	settle(w, 100);
	cr_assert_eq(csp_cb_count(w->cb), 12);
	w_free(w);
}

Test(csp_pair, a_thousand_ports_are_created_programmed_and_in_a_group)
{
	struct world *w = w_new(1000, W_PORTS);
	struct mono start;

	w->flood = true;
	for (uint16_t i = 1; i <= 1000; i++)
		w_add(w, i);
	w_run(w, 1100); /* LLDP */
	start = w->now;
	settle(w, 10000);
	cr_assert_eq(csp_cb_count(w->cb), 1000);
	cr_assert(csp_cb_group_is_ready(w->cb, w->flood_group));
	cr_assert_lt(mono_since(start, w->now).ns, dur_s(6).ns, "two round trips of 2 ms each");
	for (uint16_t i = 1; i <= 1000; i += 2)
		HOLDS(csp_pe_port_remove(w->pe, i) == CSP_SUBMIT_OK);
	settle(w, 10000);
	cr_assert_eq(csp_cb_count(w->cb), 500);
	w_set_link(w, false);
	cr_assert_eq(w->n_pe_cleanups, 1);
	cr_assert_eq(csp_cb_count(w->cb), 0);
	w_set_link(w, true);
	settle(w, 20000);
	cr_assert_eq(csp_cb_count(w->cb), 500);
	w_free(w);
}

/* ---- worlds at random ---- */

static uint32_t some_channel(struct world *w)
{
	return w->cb_told[prng_below(&w->rnd, w->cb_cfg.max_ports)];
}

static void extender_acts(struct world *w)
{
	uint16_t number = (uint16_t)prng_below(&w->rnd, 20);
	struct csp_pe_wish wish = pe_wish(number);

	wish.is_operational = prng_next(&w->rnd) & 1;
	wish.pvid = (uint16_t)prng_below(&w->rnd, 4095);
	switch (prng_below(&w->rnd, 5)) {
	case 0:
	case 1:
		csp_pe_port_add(w->pe, &wish);
		break;
	case 2:
		csp_pe_port_remove(w->pe, number);
		break;
	default:
		csp_pe_port_set_operational(w->pe, number, wish.is_operational);
		break;
	}
}

static void bridge_acts(struct world *w)
{
	struct csp_vid vids[40];
	struct csp_cb_settings s = { .pvid = 7, .n_vids = (uint16_t)prng_below(&w->rnd, 20), .vids = vids };
	uint32_t group = 0x100001 + (uint32_t)prng_below(&w->rnd, 20), channel = some_channel(w);

	for (unsigned i = 0; i < 40; i++)
		vids[i] = (struct csp_vid){ (uint16_t)(i + 1), i & 1 };
	switch (prng_below(&w->rnd, 8)) {
	case 0:
		csp_cb_delete(w->cb, channel);
		break;
	case 1:
		csp_cb_set(w->cb, channel, &s);
		break;
	case 2:
		csp_cb_get(w->cb, channel);
		csp_cb_get_statistics(w->cb, channel);
		break;
	case 3:
		csp_cb_group_new(w->cb, 0, &group, w->now);
		break;
	case 4:
		if (prng_below(&w->rnd, 3) == 0)
			csp_cb_group_end(w->cb, group, w->now);
		break;
	default:
		csp_cb_group_set(w->cb, group, channel, prng_below(&w->rnd, 3) > 0);
		break;
	}
}

static void world_acts(struct world *w)
{
	switch (prng_below(&w->rnd, 40)) {
	case 0:
		w_set_link(w, !w->is_up);
		break;
	case 1:
		w_start_pe(w);
		break;
	case 2:
		w_start_cb(w);
		break;
	case 3:
		w->lose = prng_next(&w->rnd) & 1 ? (unsigned)prng_below(&w->rnd, 1001) : 0;
		break;
	case 4:
		w->twice = (unsigned)prng_below(&w->rnd, 500);
		break;
	case 5:
		w->answer_ms = prng_next(&w->rnd) & 1 ? (unsigned)prng_below(&w->rnd, 5000) : 0;
		break;
	default:
		break;
	}
}

static void random_world(uint64_t seed)
{
	struct world *w = w_new(seed, 16);

	w->pe_cfg.max_groups = 3; /* smaller than the bridge's: some Registers are refused */
	w->pe_cfg.max_members = 20;
	w_start_pe(w);
	for (unsigned step = 0; step < 400; step++) {
		extender_acts(w);
		bridge_acts(w);
		world_acts(w);
		w_users(w);
		w_run(w, prng_below(&w->rnd, 20) ? prng_below(&w->rnd, 12) : prng_below(&w->rnd, 12000));
	}
	w->lose = w->twice = w->answer_ms = 0;
	w_set_link(w, true);
	w_run(w, 60000);
	settle(w, 100);
	for (uint32_t i = 0; i < w->pe_cfg.max_ports; i++) {
		const struct csp_pe_port *p = csp_pe_port_at(w->pe, i);

		HOLDS(!p || p->state == CSP_PE_PORT_CREATED ||
			p->completion == CSP_DONE); /* our bridge_acts() */
	}
	w_free(w);
}

Test(csp_pair, random_users_faults_and_restarts_end_in_agreement)
{
	for (uint64_t seed = 1; seed <= 300; seed++)
		random_world(seed);
}
