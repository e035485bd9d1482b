/*
 * lldp_tx.c - when LLDPDUs are sent (802.1AB-2016 figures 9-2 transmit and 9-3 transmit timer; evb-reference 2.5).
 *
 *                    port up, admin tx                   admin not tx
 *     INITIALIZE ----------------------> IDLE -----------------------------> SHUTDOWN_FRAME
 *         ^ ^                             |  txNow && credit: send (TX_INFO_FRAME)    |
 *         | +------- port down -----------+------------------------------- port down -+
 *         +--------------------------- reinitDelay after the shutdown LLDPDU ---------+
 *
 * The timer machine runs exactly while the transmit machine is in TX_IDLE, so its TX_TIMER_INITIALIZE is the entry
 * into that state; its remaining states have no waiting in them and are functions below. txTTR is kept as the
 * instant it was set (signalled_at) plus the interval in force, which makes a changed interval count at once and
 * lets the period follow the schedule and not the wake-ups: lateness doesn't add up.
 *
 * The tick that refills txCredit starts with the transmission that takes credit off its maximum. Thus no second
 * has more than txCreditMax transmissions in it after a quiet time, and a machine with full credit doesn't tick.
 *
 * A neighbour heard during txShutdownWhile is remembered (new_neighbour): the fast start happens when TX_IDLE is
 * reached. Without that the peer, who just forgot us, would depend on a single LLDPDU.
 *
 * Left out: building the LLDPDU (lldp_agent.c).
 */
#include "lldp_tx.h"

static const struct dur tick = { 1000000000 };

static struct mono ttr_end(const struct lldp_tx *tx)
{
	return mono_add(tx->signalled_at, dur_s(tx->fast > 0 ? tx->cfg.fast_s : tx->cfg.interval_s));
}

static void timer_signal_tx(struct lldp_tx *tx, struct mono at)
{
	tx->tx_now = true;
	tx->signalled_at = at;
}

static void timer_expires(struct lldp_tx *tx, struct mono at)
{
	if (tx->fast > 0)
		tx->fast--;
	timer_signal_tx(tx, at);
}

static void timer_fast_start(struct lldp_tx *tx, struct mono now)
{
	tx->new_neighbour = false;
	if (tx->fast == 0)
		tx->fast = tx->cfg.fast_init;
	timer_expires(tx, now);
}

/* TX_TICK as often as due; more than credit_max turns would change nothing. */
static void timer_ticks(struct lldp_tx *tx, struct mono now)
{
	while (tx->credit < tx->cfg.credit_max && mono_reached(tx->tick_at, now)) {
		tx->credit++;
		tx->tick_at = mono_add(tx->tick_at, tick);
	}
	if (tx->credit == tx->cfg.credit_max)
		tx->tick_at = MONO_NEVER;
}

/* TX_IDLE, with TX_TIMER_INITIALIZE: txTTR is 0, so the first LLDPDU is due at once. */
static void enter_idle(struct lldp_tx *tx, struct mono now)
{
	tx->state = LLDP_TX_IDLE;
	tx->fast = 0;
	tx->credit = tx->cfg.credit_max;
	tx->tick_at = MONO_NEVER;
	timer_expires(tx, now);
	if (tx->new_neighbour)
		timer_fast_start(tx, now);
}

static void enter_initialize(struct lldp_tx *tx, struct mono now)
{
	tx->state = LLDP_TX_INITIALIZE;
	tx->tx_now = false;
	tx->is_shutdown_due = false;
	if (tx->is_port_enabled && tx->is_admin_tx)
		enter_idle(tx, now);
}

static void enter_shutdown_frame(struct lldp_tx *tx)
{
	tx->state = LLDP_TX_SHUTDOWN_FRAME;
	tx->tx_now = false;
	tx->is_shutdown_due = true;
}

void lldp_tx_init(struct lldp_tx *tx, const struct lldp_tx_cfg *cfg)
{
	*tx = (struct lldp_tx){ .cfg = *cfg, .state = LLDP_TX_INITIALIZE, .tick_at = MONO_NEVER };
}

void lldp_tx_set_cfg(struct lldp_tx *tx, const struct lldp_tx_cfg *cfg, struct mono now)
{
	timer_ticks(tx, now);
	tx->cfg = *cfg;
	if (tx->credit > cfg->credit_max)
		tx->credit = cfg->credit_max;
	if (tx->fast > cfg->fast_init)
		tx->fast = cfg->fast_init;
	if (tx->credit < cfg->credit_max && mono_is_never(tx->tick_at))
		tx->tick_at = mono_add(now, tick);
	lldp_tx_on_time(tx, now);
}

void lldp_tx_set_enabled(struct lldp_tx *tx, bool is_port_enabled, bool is_admin_tx, struct mono now)
{
	tx->is_port_enabled = is_port_enabled;
	tx->is_admin_tx = is_admin_tx;
	if (!is_port_enabled || !is_admin_tx)
		tx->new_neighbour = false;
	if (!is_port_enabled || tx->state == LLDP_TX_INITIALIZE)
		enter_initialize(tx, now);
	else if (!is_admin_tx && tx->state == LLDP_TX_IDLE)
		enter_shutdown_frame(tx);
}

void lldp_tx_on_local_change(struct lldp_tx *tx, struct mono now)
{
	lldp_tx_on_time(tx, now);
	if (tx->state == LLDP_TX_IDLE)
		timer_signal_tx(tx, now);
}

void lldp_tx_on_new_neighbour(struct lldp_tx *tx, struct mono now)
{
	lldp_tx_on_time(tx, now);
	if (tx->state == LLDP_TX_IDLE)
		timer_fast_start(tx, now);
	else
		tx->new_neighbour = tx->is_port_enabled && tx->is_admin_tx;
}

void lldp_tx_on_time(struct lldp_tx *tx, struct mono now)
{
	struct mono due;

	if (tx->state == LLDP_TX_SHUTDOWN_FRAME && !tx->is_shutdown_due &&
		mono_reached(tx->shutdown_until, now))
		enter_initialize(tx, now);
	if (tx->state != LLDP_TX_IDLE)
		return;
	timer_ticks(tx, now);
	due = ttr_end(tx);
	if (!mono_reached(due, now))
		return;
	timer_expires(tx, due);
	if (mono_reached(ttr_end(tx), now)) /* a whole period slept through: no burst to catch up */
		tx->signalled_at = now;
}

enum lldp_tx_frame lldp_tx_poll(struct lldp_tx *tx, struct mono now)
{
	lldp_tx_on_time(tx, now);
	if (tx->is_shutdown_due) {
		tx->is_shutdown_due = false;
		tx->shutdown_until = mono_add(now, dur_s(tx->cfg.reinit_delay_s));
		return LLDP_TX_SHUTDOWN;
	}
	if (!tx->tx_now || tx->credit == 0)
		return LLDP_TX_NONE;
	tx->tx_now = false;
	if (mono_is_never(tx->tick_at))
		tx->tick_at = mono_add(now, tick);
	tx->credit--;
	return LLDP_TX_INFO;
}

struct mono lldp_tx_deadline(const struct lldp_tx *tx)
{
	switch (tx->state) {
	case LLDP_TX_INITIALIZE:
		break;
	case LLDP_TX_SHUTDOWN_FRAME:
		return tx->is_shutdown_due ? MONO_ZERO : tx->shutdown_until;
	case LLDP_TX_IDLE:
		if (tx->tx_now && tx->credit > 0)
			return MONO_ZERO;
		return tx->tx_now ? mono_min(tx->tick_at, ttr_end(tx)) : ttr_end(tx);
	}
	return MONO_NEVER;
}
