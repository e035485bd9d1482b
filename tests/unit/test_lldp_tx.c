/* Transmit and transmit-timer machines (802.1AB-2016 figures 9-2, 9-3; evb-reference 2.4, 2.5), virtual time. */
#include "lldp_fixtures.h"

static const struct lldp_tx_cfg defaults = { 30, 1, 4, 5, 2 };

static struct lldp_tx started(struct mono now)
{
	struct lldp_tx tx;

	lldp_tx_init(&tx, &defaults);
	lldp_tx_set_enabled(&tx, true, true, now);
	return tx;
}

/* Run to `until` by deadlines and count information LLDPDUs. */
static unsigned run(struct lldp_tx *tx, struct mono until, struct mono *ret_last)
{
	unsigned n = 0;

	for (;;) {
		struct mono d = lldp_tx_deadline(tx);

		if (mono_is_never(d) || mono_before(until, d))
			return n;
		lldp_tx_on_time(tx, d);
		while (lldp_tx_poll(tx, d) == LLDP_TX_INFO) {
			n++;
			if (ret_last)
				*ret_last = d;
		}
	}
}

Test(lldp_tx, stays_silent_until_port_and_admin_allow)
{
	struct lldp_tx tx;

	lldp_tx_init(&tx, &defaults);
	cr_assert(mono_is_never(lldp_tx_deadline(&tx)));
	lldp_tx_set_enabled(&tx, true, false, at_ms(0));
	lldp_tx_on_local_change(&tx, at_ms(1));
	cr_assert_eq(lldp_tx_poll(&tx, at_ms(2)), LLDP_TX_NONE);
	lldp_tx_set_enabled(&tx, false, true, at_ms(3));
	cr_assert_eq(lldp_tx_poll(&tx, at_ms(4)), LLDP_TX_NONE);
	lldp_tx_set_enabled(&tx, true, true, at_ms(5));
	cr_assert_eq(lldp_tx_deadline(&tx).ns, 0, "due at once");
	cr_assert_eq(lldp_tx_poll(&tx, at_ms(5)), LLDP_TX_INFO);
	cr_assert_eq(lldp_tx_poll(&tx, at_ms(5)), LLDP_TX_NONE);
}

Test(lldp_tx, the_period_does_not_drift_when_wakeups_are_late)
{
	struct lldp_tx tx = started(at_ms(0));

	cr_assert_eq(lldp_tx_poll(&tx, at_ms(0)), LLDP_TX_INFO);
	for (unsigned i = 1; i <= 100; i++) {
		cr_assert_eq(lldp_tx_deadline(&tx).ns, at_ms(i * 30000ull).ns, "period %u", i);
		cr_assert_eq(lldp_tx_poll(&tx, at_ms(i * 30000ull + 400)), LLDP_TX_INFO);
	}
}

Test(lldp_tx, a_suspended_machine_sends_once_and_starts_a_new_period)
{
	struct lldp_tx tx = started(at_ms(0));

	lldp_tx_poll(&tx, at_ms(0));
	cr_assert_eq(lldp_tx_poll(&tx, at_ms(3600000)), LLDP_TX_INFO);
	cr_assert_eq(lldp_tx_poll(&tx, at_ms(3600000)), LLDP_TX_NONE);
	cr_assert_eq(lldp_tx_deadline(&tx).ns, at_ms(3630000).ns);
}

Test(lldp_tx, a_local_change_restarts_the_interval)
{
	struct lldp_tx tx = started(at_ms(0));

	lldp_tx_poll(&tx, at_ms(0));
	lldp_tx_on_local_change(&tx, at_ms(10000));
	cr_assert_eq(lldp_tx_poll(&tx, at_ms(10000)), LLDP_TX_INFO);
	cr_assert_eq(lldp_tx_deadline(&tx).ns, at_ms(40000).ns);
}

Test(lldp_tx, fast_start_during_fast_start_does_not_lengthen_it)
{
	struct lldp_tx tx = started(at_ms(0));
	struct mono last = MONO_ZERO;

	lldp_tx_poll(&tx, at_ms(0));
	lldp_tx_on_new_neighbour(&tx, at_ms(5000));
	cr_assert_eq(lldp_tx_poll(&tx, at_ms(5000)), LLDP_TX_INFO);
	lldp_tx_on_new_neighbour(&tx, at_ms(5500));
	cr_assert_eq(lldp_tx_poll(&tx, at_ms(5500)), LLDP_TX_INFO);
	cr_assert_eq(run(&tx, at_ms(30000), &last), 2, "txFast 4: two signalled above, two left");
	cr_assert_eq(last.ns, at_ms(7500).ns);
}

Test(lldp_tx, credit_comes_back_one_a_second_up_to_the_maximum)
{
	struct lldp_tx tx = started(at_ms(0));
	unsigned n = 0;

	for (unsigned i = 0; i < 20; i++) {
		lldp_tx_on_local_change(&tx, at_ms(0));
		n += lldp_tx_poll(&tx, at_ms(0)) == LLDP_TX_INFO;
	}
	cr_assert_eq(n, 5);
	cr_assert_eq(lldp_tx_deadline(&tx).ns, at_ms(1000).ns, "something waits for credit");
	cr_assert_eq(lldp_tx_poll(&tx, at_ms(999)), LLDP_TX_NONE);
	cr_assert_eq(lldp_tx_poll(&tx, at_ms(1000)), LLDP_TX_INFO);
	cr_assert_eq(lldp_tx_deadline(&tx).ns, at_ms(30000).ns, "nothing waits: no ticking");
	lldp_tx_on_local_change(&tx, at_ms(3500));
	cr_assert_eq(tx.credit, 2);
	lldp_tx_on_time(&tx, at_ms(20000));
	cr_assert_eq(tx.credit, 5);
	cr_assert(mono_is_never(tx.tick_at));
}

Test(lldp_tx, shutdown_waits_reinit_delay_then_starts_anew)
{
	struct lldp_tx tx = started(at_ms(0));

	lldp_tx_poll(&tx, at_ms(0));
	lldp_tx_set_enabled(&tx, true, false, at_ms(1000));
	cr_assert_eq(lldp_tx_deadline(&tx).ns, 0);
	cr_assert_eq(lldp_tx_poll(&tx, at_ms(1000)), LLDP_TX_SHUTDOWN);
	cr_assert_eq(lldp_tx_poll(&tx, at_ms(1000)), LLDP_TX_NONE, "one only");
	lldp_tx_set_enabled(&tx, true, true, at_ms(1500));
	lldp_tx_on_local_change(&tx, at_ms(1600));
	lldp_tx_on_new_neighbour(&tx, at_ms(1700));
	cr_assert_eq(lldp_tx_poll(&tx, at_ms(2999)), LLDP_TX_NONE);
	cr_assert_eq(lldp_tx_deadline(&tx).ns, at_ms(3000).ns);
	cr_assert_eq(run(&tx, at_ms(10000), NULL), 4, "the fast start was not lost");
}

Test(lldp_tx, disabled_after_shutdown_sleeps_for_good)
{
	struct lldp_tx tx = started(at_ms(0));

	lldp_tx_poll(&tx, at_ms(0));
	lldp_tx_set_enabled(&tx, true, false, at_ms(1000));
	lldp_tx_poll(&tx, at_ms(1000));
	lldp_tx_on_time(&tx, at_ms(3000));
	cr_assert_eq(tx.state, LLDP_TX_INITIALIZE);
	cr_assert(mono_is_never(lldp_tx_deadline(&tx)));
}

Test(lldp_tx, port_down_drops_a_waiting_shutdown)
{
	struct lldp_tx tx = started(at_ms(0));

	lldp_tx_set_enabled(&tx, true, false, at_ms(1));
	lldp_tx_set_enabled(&tx, false, false, at_ms(2));
	cr_assert_eq(lldp_tx_poll(&tx, at_ms(3)), LLDP_TX_NONE);
	cr_assert(mono_is_never(lldp_tx_deadline(&tx)));
}

Test(lldp_tx, port_down_forgets_a_neighbour_heard_while_waiting)
{
	struct lldp_tx tx = started(at_ms(0));

	lldp_tx_poll(&tx, at_ms(0));
	lldp_tx_set_enabled(&tx, true, false, at_ms(1000));
	cr_assert_eq(lldp_tx_poll(&tx, at_ms(1000)), LLDP_TX_SHUTDOWN);
	lldp_tx_set_enabled(&tx, true, true, at_ms(1100));
	lldp_tx_on_new_neighbour(&tx, at_ms(1200));
	lldp_tx_set_enabled(&tx, false, true, at_ms(1300));
	lldp_tx_set_enabled(&tx, true, true, at_ms(1400));
	cr_assert_eq(run(&tx, at_ms(10000), NULL), 1, "no fast start");
}

Test(lldp_tx, a_smaller_fast_init_shortens_a_running_fast_start)
{
	struct lldp_tx tx = started(at_ms(0));
	struct lldp_tx_cfg cfg = defaults;

	lldp_tx_on_new_neighbour(&tx, at_ms(0));
	cr_assert_eq(lldp_tx_poll(&tx, at_ms(0)), LLDP_TX_INFO);
	cfg.fast_init = 1;
	lldp_tx_set_cfg(&tx, &cfg, at_ms(100));
	cr_assert_eq(run(&tx, at_ms(10000), NULL), 1);
}

Test(lldp_tx, a_new_configuration_counts_at_once)
{
	struct lldp_tx tx = started(at_ms(0));
	struct lldp_tx_cfg cfg = defaults;

	lldp_tx_poll(&tx, at_ms(0));
	cfg.interval_s = 10;
	lldp_tx_set_cfg(&tx, &cfg, at_ms(4000));
	cr_assert_eq(lldp_tx_deadline(&tx).ns, at_ms(10000).ns);
	cfg.interval_s = 3;
	lldp_tx_set_cfg(&tx, &cfg, at_ms(8000));
	cr_assert_eq(lldp_tx_poll(&tx, at_ms(8000)), LLDP_TX_INFO, "already overdue");
	cfg.credit_max = 1;
	lldp_tx_set_cfg(&tx, &cfg, at_ms(8001));
	cr_assert_leq(tx.credit, 1);
	cfg.credit_max = 10;
	lldp_tx_set_cfg(&tx, &cfg, at_ms(8002));
	lldp_tx_on_time(&tx, at_ms(60000));
	cr_assert_eq(tx.credit, 10);
}

/* The walk: every order of inputs and waits up to WALK_DEPTH, with what must hold whatever happened before. */
enum { WALK_DEPTH = 7 };

struct walk {
	struct lldp_tx tx;
	struct mono now;
	struct mono quiet_until; /* after a shutdown LLDPDU; port down and up ends it (global transition) */
	bool port, admin;
	unsigned n_sent;
	struct mono sent[2 * WALK_DEPTH + 8];
};

static void check(const struct walk *w)
{
	struct mono d = lldp_tx_deadline(&w->tx);

	HOLDS(w->tx.credit <= w->tx.cfg.credit_max);
	HOLDS(w->tx.fast <= w->tx.cfg.fast_init);
	HOLDS(mono_is_never(d) || mono_before(w->now, d)); /* settled: whatever is due lies ahead */
	switch (w->tx.state) {
	case LLDP_TX_INITIALIZE:
		HOLDS(!w->port || !w->admin);
		HOLDS(mono_is_never(d)); /* only an input can start it */
		break;
	case LLDP_TX_IDLE:
		HOLDS(w->port && w->admin);
		HOLDS(!mono_is_never(d));                  /* the next periodic LLDPDU */
		HOLDS(!w->tx.tx_now || w->tx.credit == 0); /* what may go has gone */
		break;
	case LLDP_TX_SHUTDOWN_FRAME:
		HOLDS(w->port);
		HOLDS(d.ns == w->quiet_until.ns);
		break;
	}
	/* Never more than txCreditMax + 1 a second: the maximum and one tick. */
	if (w->n_sent > w->tx.cfg.credit_max + 1)
		HOLDS(mono_since(w->sent[w->n_sent - w->tx.cfg.credit_max - 2], w->sent[w->n_sent - 1]).ns >=
			dur_s(1).ns);
}

static void settle(struct walk *w)
{
	for (;;) {
		enum lldp_tx_frame f = lldp_tx_poll(&w->tx, w->now);

		if (f == LLDP_TX_NONE)
			break;
		HOLDS(w->port);                              /* nothing leaves a dead port */
		HOLDS(!mono_before(w->now, w->quiet_until)); /* nothing within reinitDelay of a shutdown */
		if (f == LLDP_TX_SHUTDOWN) {
			HOLDS(!w->admin);
			w->quiet_until = mono_add(w->now, dur_s(w->tx.cfg.reinit_delay_s));
		} else {
			HOLDS(w->admin);
			w->sent[w->n_sent++] = w->now;
		}
	}
	check(w);
}

static void set_enabled(struct walk *w, bool port, bool admin)
{
	if (!port || (port && !w->port)) { /* BEGIN: credit starts full again */
		w->quiet_until = MONO_ZERO;
		w->n_sent = 0;
	}
	if (!admin)
		w->n_sent = 0;
	w->port = port;
	w->admin = admin;
	lldp_tx_set_enabled(&w->tx, port, admin, w->now);
}

static bool step(struct walk *w, unsigned event)
{
	struct mono d = lldp_tx_deadline(&w->tx);

	switch (event) {
	case 0:
		set_enabled(w, !w->port, w->admin);
		break;
	case 1:
		set_enabled(w, w->port, !w->admin);
		break;
	case 2:
		lldp_tx_on_local_change(&w->tx, w->now);
		break;
	case 3:
		lldp_tx_on_new_neighbour(&w->tx, w->now);
		break;
	case 4:
		w->now = mono_add(w->now, dur_ms(300)); /* early wake-up */
		lldp_tx_on_time(&w->tx, w->now);
		break;
	case 5:
		if (mono_is_never(d))
			return false;
		w->now = d;
		lldp_tx_on_time(&w->tx, w->now);
		break;
	case 6:
		w->now = mono_add(w->now, dur_ms(31500)); /* late wake-up */
		lldp_tx_on_time(&w->tx, w->now);
		break;
	default:
		return false;
	}
	settle(w);
	return true;
}

static unsigned walk(const struct walk *from, unsigned depth)
{
	unsigned n = 1;

	for (unsigned e = 0; depth > 0 && e < 7; e++) {
		struct walk w = *from;

		if (step(&w, e))
			n += walk(&w, depth - 1);
	}
	return n;
}

Test(lldp_tx, every_order_of_inputs_keeps_the_invariants)
{
	struct walk w = { .admin = true };

	lldp_tx_init(&w.tx, &defaults);
	w.tx.cfg.credit_max = 2; /* small, so that the walk exhausts it */
	cr_assert_gt(walk(&w, WALK_DEPTH), 100000);
}
