/*
 * ecp_tx.c - ECP sender: one request in flight, repeated until acknowledged or given up (802.1Q clause 43;
 * evb-reference 5.3).
 *
 *                     submit                 poll: send, ackTimer = ackTimerInit
 *    WAIT_FOR_REQ ------------> TRANSMIT_ECPDU <-------------------------------.
 *       ^     ^                     |     | ackTimer expired, sent <= maxRetries |
 *       |     '--- ack: DELIVERED --'     '-------------------------------------'
 *       |                           | ackTimer expired, sent > maxRetries
 *       '---- TX_ERROR: GAVE_UP ----'
 *
 * DELIVERED is told at once; with ecp_tx_set_rest() WAIT_FOR_REQ takes the next request only after the rest.
 *
 * In: submit, acknowledgements, time, port down. Out: octets from ecp_tx_poll(), one result per request.
 *
 * Invariants: a request is in flight <=> is_waiting; there is a deadline <=> is_waiting or is_resting; the octets of a request never
 * change between its transmissions; at most maxRetries + 1 of them are sent, and the ack time of the last is waited
 * for too. The sequence number rises by one per request, wraps 65535 -> 0, and survives a reset, so that the peer
 * can't take the next request for a repetition.
 *
 * What differs between the generations of ECP (header, ack time, longest payload) comes from the dialect.
 *
 * Left out: a queue (VDP packs what gathers meanwhile), the retry of a request that was given up (its user's choice),
 * and addresses and sockets (the port's).
 */
#include "ecp_tx.h"

enum { RETRIES_MAX = 7, ACK_TIMEOUT_MIN_MS = 1 };

void ecp_tx_set_cfg(struct ecp_tx *tx, const struct ecp_tx_cfg *cfg)
{
	struct dur floor = dur_ms(ACK_TIMEOUT_MIN_MS);

	tx->cfg = *cfg;
	if (tx->cfg.retries > RETRIES_MAX)
		tx->cfg.retries = RETRIES_MAX;
	if (tx->cfg.ack_timeout.ns < floor.ns)
		tx->cfg.ack_timeout = floor;
}

void ecp_tx_init(struct ecp_tx *tx, const struct ecp_tx_cfg *cfg, uint16_t first_seq)
{
	*tx = (struct ecp_tx){ .dialect = ecp_dialect_of(QBG_RATIFIED),
		.seq = (uint16_t)(first_seq - 1),
		.deadline = MONO_NEVER };
	ecp_tx_set_cfg(tx, cfg);
}

void ecp_tx_set_dialect(struct ecp_tx *tx, const struct ecp_dialect *d, uint16_t first_seq)
{
	ecp_tx_reset(tx);
	tx->dialect = d;
	tx->seq = (uint16_t)((d->first_seq != 0 ? d->first_seq : first_seq) - 1);
}

bool ecp_tx_is_idle(const struct ecp_tx *tx)
{
	return !tx->is_waiting && !tx->is_resting;
}

struct mono ecp_tx_deadline(const struct ecp_tx *tx)
{
	return tx->deadline;
}

/** Negotiated, unless the dialect has numbers of its own. */
static struct ecp_tx_cfg parameters(const struct ecp_tx *tx)
{
	const struct ecp_dialect *d = tx->dialect;

	return d->ack_timeout.ns > 0 ? (struct ecp_tx_cfg){ d->retries, d->ack_timeout } : tx->cfg;
}

/** TRANSMIT_ECPDU is entered: ecp_tx_poll() sends. */
static void enter_transmit(struct ecp_tx *tx, struct mono now)
{
	tx->wants_send = true;
	tx->deadline = now;
}

static void end_rest(struct ecp_tx *tx)
{
	if (!tx->is_resting)
		return;
	tx->is_resting = false;
	tx->deadline = MONO_NEVER;
}

void ecp_tx_set_rest(struct ecp_tx *tx, struct dur rest)
{
	tx->rest = rest;
	if (rest.ns == 0)
		end_rest(tx);
}

static void enter_wait_for_req(struct ecp_tx *tx, enum ecp_result result)
{
	tx->is_waiting = false;
	tx->wants_send = false;
	tx->deadline = MONO_NEVER;
	tx->result = result;
}

enum ecp_submit ecp_tx_submit(struct ecp_tx *tx, uint16_t subtype, struct span sdu, struct mono now)
{
	if (!ecp_tx_is_idle(tx))
		return ECP_SUBMIT_BUSY;
	if (sdu.len > tx->dialect->sdu_max) {
		tx->n.too_long++;
		return ECP_SUBMIT_TOO_LONG;
	}
	if (sdu.len > 0)
		memcpy(tx->sdu, sdu.ptr, sdu.len);
	tx->sdu_len = sdu.len;
	tx->subtype = subtype;
	tx->seq++;
	tx->sent = 0;
	tx->running = parameters(tx);
	tx->result = ECP_RESULT_NONE;
	tx->is_waiting = true;
	enter_transmit(tx, now);
	return ECP_SUBMIT_OK;
}

bool ecp_tx_poll(struct ecp_tx *tx, struct mono now, struct wr *w)
{
	struct ecp_hdr h = { ECP_VERSION, ECP_OP_REQUEST, tx->subtype, tx->seq };

	if (!tx->wants_send)
		return false;
	tx->wants_send = false;
	tx->deadline = mono_add(now, tx->running.ack_timeout);
	tx->n.retries += tx->sent > 0;
	tx->sent++;
	if (wr_room(w) < tx->dialect->header + tx->sdu_len)
		return false; /* as lost as a frame on the wire */
	tx->is_leaving = true;
	tx->dialect->encode(&h, w);
	wr_copy(w, tx->sdu, tx->sdu_len);
	tx->n.frames++;
	return true;
}

bool ecp_tx_left(struct ecp_tx *tx, struct mono now)
{
	bool is_ours = tx->is_leaving && tx->is_waiting && !tx->wants_send;

	tx->is_leaving = false;
	if (is_ours)
		tx->deadline = mono_add(now, tx->running.ack_timeout);
	return is_ours;
}

void ecp_tx_on_ack(struct ecp_tx *tx, const struct ecp_hdr *ack, struct mono now)
{
	if (!tx->is_waiting || tx->sent == 0 || ack->seq != tx->seq || ack->subtype != tx->subtype) {
		tx->n.stray_acks++;
		return;
	}
	enter_wait_for_req(tx, ECP_RESULT_DELIVERED); /* even while its retransmission is due */
	if (tx->rest.ns == 0)
		return;
	tx->is_resting = true;
	tx->deadline = mono_add(now, tx->rest);
}

void ecp_tx_on_time(struct ecp_tx *tx, struct mono now)
{
	if (tx->wants_send || !mono_reached(tx->deadline, now))
		return; /* early wake-ups are harmless */
	if (tx->is_resting)
		end_rest(tx);
	else if (!tx->is_waiting)
		return;
	else if (tx->sent <= tx->running.retries) {
		enter_transmit(tx, now);
	} else {
		tx->n.failures++;
		enter_wait_for_req(tx, ECP_RESULT_GAVE_UP);
	}
}

void ecp_tx_reset(struct ecp_tx *tx)
{
	end_rest(tx);
	if (tx->is_waiting)
		enter_wait_for_req(tx, ECP_RESULT_FLUSHED);
}

enum ecp_result ecp_tx_take_result(struct ecp_tx *tx)
{
	enum ecp_result result = tx->result;

	tx->result = ECP_RESULT_NONE;
	return result;
}
