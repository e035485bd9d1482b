/* Channels of before a restart, pairs fixed by the administrator, and a pool that changes (evb-reference 4.2, 4.3). */
#include "cdcp_rig.h"

static struct uap st, br;

/* A bridge whose station has channels 2 and 3. */
static void bridge_running(void)
{
	uap_up(&br, &uap_bridge, 0);
	uap_hear(&br, STATION_WORD, PAIR(1, 1), PAIR(2, 0), PAIR(3, 0));
	cr_assert_eq(br.cap[2], 100);
	cr_assert_eq(br.cap[3], 101);
}

Test(cdcp_restore, a_restarted_bridge_takes_the_svid_its_station_has)
{
	uap_up(&br, &uap_bridge, 0);
	uap_hear(&br, STATION_WORD, PAIR(1, 1), PAIR(5, 0), PAIR(2, 100), PAIR(3, 4000), PAIR(4, 50));
	cr_assert_says(&br, PAIR(1, 1), PAIR(2, 100), PAIR(3, 4000), PAIR(4, 102), PAIR(5, 101));
}

Test(cdcp_restore, restored_channels_of_a_bridge_are_there_at_once_and_said)
{
	const struct cdcp_pair saved[] = { { 3, 101 }, { 2, 100 }, { 4, 99 }, { 5, 101 }, { 3, 105 },
		{ 1, 1 }, { 4095, 7 }, { 6, 0 } };

	uap_init(&br, &uap_bridge, MONO_ZERO);
	cdcp_sm_restore(&br.sm, saved, 8, br.now);
	uap_settle(&br);
	cr_assert_eq(br.n_caps, 0, "the port is down");
	uap_link(&br, true);
	cr_assert_eq(br.sm.state, CDCP_HOLDING);
	cr_assert_says(&br, PAIR(1, 1), PAIR(2, 100), PAIR(3, 101));
	cr_assert_eq(br.n_caps, 2);
	uap_hear(&br, STATION_WORD, PAIR(1, 1), PAIR(3, 101), PAIR(2, 0), PAIR(7, 0));
	cr_assert_eq(br.sm.state, CDCP_RUNNING);
	cr_assert_eq(br.n_changes, 3);
	cr_assert_eq(br.cap[7], 102);
}

Test(cdcp_restore, restored_channels_of_a_station_wait_for_the_neighbour_time)
{
	const struct cdcp_pair saved[] = { { 2, 100 }, { 9, 109 }, { 3, 100 } };

	uap_init(&st, &uap_station, MONO_ZERO);
	uap_want(&st, 2);
	uap_link(&st, true);
	cdcp_sm_restore(&st.sm, saved, 3, st.now);
	uap_settle(&st);
	cr_assert_says(&st, PAIR(1, 1), PAIR(2, 100), PAIR(3, 0));
	uap_sleep(&st, 120999);
	cr_assert_eq(st.cap[2], 100);
	uap_sleep(&st, 1);
	cr_assert_eq(st.n_caps, 0);
	cr_assert_says(&st, PAIR(1, 1), PAIR(2, 100), PAIR(3, 0));
}

Test(cdcp_restore, the_first_tlv_decides_about_restored_channels)
{
	const struct cdcp_pair saved[] = { { 2, 100 }, { 3, 101 } };
	const struct cdcp_pair late[] = { { 3, 300 } };

	uap_init(&st, &uap_station, MONO_ZERO);
	uap_want(&st, 2);
	cdcp_sm_restore(&st.sm, saved, 2, st.now);
	uap_link(&st, true);
	uap_hear(&st, BRIDGE_WORD, PAIR(1, 1), PAIR(2, 100), PAIR(3, 0));
	cr_assert_eq(st.cap[2], 100);
	cr_assert_eq(st.cap[3], 0);
	cdcp_sm_restore(&st.sm, late, 1, st.now);
	uap_settle(&st);
	cr_assert_eq(st.cap[3], 0, "too late");
	uap_init(&st, &uap_station, MONO_ZERO);
	uap_want(&st, 2);
	cdcp_sm_restore(&st.sm, saved, 2, st.now);
	uap_link(&st, true);
	uap_hear(&st, STATION_WORD, PAIR(1, 1));
	cr_assert_eq(st.n_caps, 0, "a role conflict decides too");
}

/* An order of calls that a port does not have, but no rule forbids. */
Test(cdcp_restore, restored_channels_are_void_when_a_conflict_was_known_before_the_port_came_up)
{
	const struct cdcp_pair saved[] = { { 2, 100 } };
	const struct cdcp_tlv other_bridge = {
		.has_scomp = true, .chn_cap = 64, .n_pairs = 1, .pair = { { 1, 1 } }
	};

	uap_init(&br, &uap_bridge, MONO_ZERO);
	cdcp_sm_restore(&br.sm, saved, 1, br.now);
	cdcp_sm_on_peer(&br.sm, &other_bridge, 1, br.now);
	cdcp_sm_set_operational(&br.sm, true, br.now);
	cdcp_sm_on_peer(&br.sm, NULL, 0, br.now);
	cr_assert_eq(br.sm.state, CDCP_WAIT_PEER);
}

Test(cdcp_restore, restored_channels_that_the_configuration_no_longer_has_are_left_out)
{
	const struct cdcp_pair fixed[] = { { 2, 300 } };
	const struct cdcp_pair saved[] = { { 2, 100 }, { 9, 101 }, { 3, 101 } };

	uap_init(&br, &uap_bridge, MONO_ZERO);
	cr_assert(cdcp_sm_set_fixed(&br.sm, fixed, 1, br.now));
	cdcp_sm_restore(&br.sm, saved, 2, br.now);
	uap_link(&br, true);
	cr_assert_says(&br, PAIR(1, 1), PAIR(9, 101));
	uap_init(&st, &uap_station, MONO_ZERO);
	uap_want(&st, 2);
	cdcp_sm_restore(&st.sm, saved, 3, st.now);
	uap_link(&st, true);
	cr_assert_says(&st, PAIR(1, 1), PAIR(2, 100), PAIR(3, 101));
}

Test(cdcp_restore, restored_channels_do_not_outlive_a_disable_or_exceed_a_cap)
{
	const struct cdcp_pair saved[] = { { 2, 100 }, { 3, 101 }, { 4, 102 } };
	struct cdcp_cfg cfg = bridge_with(3, 100, 200);

	uap_init(&br, &cfg, MONO_ZERO);
	cdcp_sm_restore(&br.sm, saved, 3, br.now);
	uap_link(&br, true);
	cr_assert_says(&br, PAIR(1, 1), PAIR(2, 100), PAIR(3, 101));
	uap_init(&br, &cfg, MONO_ZERO);
	cdcp_sm_restore(&br.sm, saved, 3, br.now);
	cfg.is_enabled = false;
	uap_cfg(&br, &cfg);
	cfg.is_enabled = true;
	uap_cfg(&br, &cfg);
	uap_link(&br, true);
	cr_assert_eq(br.n_caps, 0);
	cr_assert_eq(br.sm.state, CDCP_WAIT_PEER);
}

Test(cdcp_restore, fixed_pairs_win_over_the_pool)
{
	const struct cdcp_pair fixed[] = { { 3, 100 }, { 4, 3 } };

	uap_up(&br, &uap_bridge, 0);
	cr_assert(cdcp_sm_set_fixed(&br.sm, fixed, 2, br.now));
	uap_hear(&br, STATION_WORD, PAIR(1, 1), PAIR(2, 100), PAIR(5, 3), PAIR(3, 0), PAIR(4, 700));
	cr_assert_says(&br, PAIR(1, 1), PAIR(2, 101), PAIR(3, 100), PAIR(4, 3), PAIR(5, 102));
}

Test(cdcp_restore, a_fixed_pair_rebuilds_what_differs_and_leaves_what_does_not)
{
	const struct cdcp_pair same[] = { { 2, 100 } }, other[] = { { 2, 101 } };

	bridge_running();
	cr_assert(cdcp_sm_set_fixed(&br.sm, same, 1, br.now));
	uap_settle(&br);
	cr_assert_eq(br.n_changes, 2, "the same channel");
	cr_assert(cdcp_sm_set_fixed(&br.sm, other, 1, br.now));
	uap_settle(&br);
	cr_assert_eq(br.cap[2], 101);
	cr_assert_eq(br.cap[3], 102, "it had the SVID that is 2's now");
	cr_assert(cdcp_sm_set_fixed(&br.sm, NULL, 0, br.now));
	uap_settle(&br);
	cr_assert_eq(br.cap[2], 101, "what is in the pool may stay");
}

Test(cdcp_restore, fixed_pairs_that_contradict_each_other_are_refused)
{
	const struct cdcp_pair bad[][2] = { { { 2, 100 }, { 2, 101 } }, { { 2, 100 }, { 3, 100 } },
		{ { 2, 100 }, { 1, 101 } }, { { 2, 100 }, { 3, 1 } }, { { 2, 100 }, { 3, 0 } },
		{ { 2, 100 }, { 4095, 101 } }, { { 2, 100 }, { 3, 4095 } } };

	uap_up(&br, &uap_bridge, 0);
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_assert_not(cdcp_sm_set_fixed(&br.sm, bad[i], 2, br.now), "row %u", i);
	cr_assert_eq(br.pool.fixed[2], 0, "nothing was taken over");
}

Test(cdcp_restore, a_pool_that_moves_takes_its_channels_along)
{
	const struct cdcp_cfg moved = bridge_with(64, 101, 110);

	bridge_running();
	uap_cfg(&br, &moved);
	cr_assert_eq(br.cap[3], 101);
	cr_assert_eq(br.cap[2], 102, "100 is not in the pool any more");
}
