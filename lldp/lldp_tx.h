/*
 * LLDP transmit and transmit-timer machines (802.1AB-2016 figures 9-2 and 9-3; evb-reference 2.4, 2.5).
 *
 * The machines decide when an LLDPDU goes out and which kind; the caller builds it. After every input the caller
 * polls until nothing is due. An idle machine asks to be woken for the next periodic LLDPDU only: the one-second
 * tick of the standard is observable through txCredit alone, so it's worked out from `now` when credit matters.
 */
#ifndef EVB_LLDP_TX_H
#define EVB_LLDP_TX_H

#include "mono.h"

struct lldp_tx_cfg {
	unsigned interval_s;     /* msgTxInterval 1..3600 */
	unsigned fast_s;         /* msgFastTx 1..3600 */
	unsigned fast_init;      /* txFastInit 1..8 */
	unsigned credit_max;     /* txCreditMax 1..10 */
	unsigned reinit_delay_s; /* reinitDelay 1..10 */
};

enum lldp_tx_state {
	LLDP_TX_INITIALIZE,     /* TX_LLDP_INITIALIZE */
	LLDP_TX_IDLE,           /* TX_IDLE; the timer machine runs in this state only */
	LLDP_TX_SHUTDOWN_FRAME, /* TX_SHUTDOWN_FRAME */
};

enum lldp_tx_frame { LLDP_TX_NONE, LLDP_TX_INFO, LLDP_TX_SHUTDOWN };

struct lldp_tx {
	struct lldp_tx_cfg cfg;
	enum lldp_tx_state state;
	bool is_port_enabled;       /* portEnabled */
	bool is_admin_tx;           /* adminStatus is enabledRxTx or enabledTxOnly */
	bool tx_now;                /* txNow */
	bool new_neighbour;         /* newNeighbor, waiting for TX_IDLE */
	bool is_shutdown_due;       /* TX_SHUTDOWN_FRAME entered, frame not polled yet */
	unsigned credit;            /* txCredit */
	unsigned fast;              /* txFast */
	struct mono signalled_at;   /* last SIGNAL_TX: txTTR runs from here */
	struct mono tick_at;        /* next txTick; never while credit is full */
	struct mono shutdown_until; /* end of txShutdownWhile */
};

void lldp_tx_init(struct lldp_tx *tx, const struct lldp_tx_cfg *cfg);
/** Takes effect at once, also on running intervals. */
void lldp_tx_set_cfg(struct lldp_tx *tx, const struct lldp_tx_cfg *cfg, struct mono now);
void lldp_tx_set_enabled(struct lldp_tx *tx, bool is_port_enabled, bool is_admin_tx, struct mono now);
/** localChange: some octet of the LLDPDU is different now. */
void lldp_tx_on_local_change(struct lldp_tx *tx, struct mono now);
/** newNeighbor: fast start. */
void lldp_tx_on_new_neighbour(struct lldp_tx *tx, struct mono now);
void lldp_tx_on_time(struct lldp_tx *tx, struct mono now);
/** What is to be sent now; the caller sends it. */
enum lldp_tx_frame lldp_tx_poll(struct lldp_tx *tx, struct mono now);
/** MONO_ZERO while a frame waits to be polled; MONO_NEVER when only an input can change anything. */
struct mono lldp_tx_deadline(const struct lldp_tx *tx);

#endif
