/*
 * ECP sender: one request in flight, repeated until acknowledged or given up (802.1Q clause 43; evb-reference 5.3).
 *
 * The sender has no queue: when ecp_tx_is_idle() its user hands over the next payload, which lets VDP pack all that
 * has gathered meanwhile. An acknowledgement makes it idle at once. Out: ecp_tx_poll() and ecp_tx_take_result().
 */
#ifndef EVB_ECP_TX_H
#define EVB_ECP_TX_H

#include "ecp_dialect.h"

/** What was negotiated. A dialect with a fixed ack time overrides both. */
struct ecp_tx_cfg {
	unsigned retries;       /* maxRetries R 0..7; transmissions are R + 1 */
	struct dur ack_timeout; /* ackTimerInit, 10 us * 2^RTE, not below 1 ms */
};
enum ecp_result { ECP_RESULT_NONE, ECP_RESULT_DELIVERED, ECP_RESULT_GAVE_UP, ECP_RESULT_FLUSHED };

struct ecp_tx_counters {
	uint64_t frames;     /* EcpTxFrameCount, retransmissions included */
	uint64_t retries;    /* EcpTxRetryCount */
	uint64_t failures;   /* EcpTxFailures: given up */
	uint64_t too_long;   /* payloads refused locally */
	uint64_t stray_acks; /* ecpRxAckUnexpected: no request in flight, or another sequence or subtype */
};

struct ecp_tx {
	const struct ecp_dialect *dialect;
	struct ecp_tx_cfg cfg;     /* for requests started from now on */
	struct ecp_tx_cfg running; /* of the request in flight */
	struct dur rest;           /* between an acknowledgement and the next request */
	bool is_waiting;           /* for an acknowledgement */
	bool is_resting;           /* after one */
	bool wants_send;           /* a (re)transmission is due, see ecp_tx_poll() */
	bool is_leaving;           /* one was polled, see ecp_tx_left() */
	unsigned sent;             /* transmissions of this request */
	uint16_t subtype;
	uint16_t seq; /* of the request in flight, or of the last one */
	struct mono deadline;
	enum ecp_result result;
	size_t sdu_len;
	uint8_t sdu[ECP_SDU_MAX];
	struct ecp_tx_counters n;
};

enum ecp_submit { ECP_SUBMIT_OK, ECP_SUBMIT_BUSY, ECP_SUBMIT_TOO_LONG };

/** first_seq: the sequence number of the first request; the caller picks it at random (evb-reference 5.3). The dialect
 * is the ratified one. */
void ecp_tx_init(struct ecp_tx *tx, const struct ecp_tx_cfg *cfg, uint16_t first_seq);
/** Another dialect, and a reset. first_seq counts where the dialect leaves it open. */
void ecp_tx_set_dialect(struct ecp_tx *tx, const struct ecp_dialect *d, uint16_t first_seq);
/** New values apply to requests started afterwards. */
void ecp_tx_set_cfg(struct ecp_tx *tx, const struct ecp_tx_cfg *cfg);
/** Not idle until so long after an acknowledgement, for a peer that loses what follows too fast. Zero also ends a rest
 * that has begun. */
void ecp_tx_set_rest(struct ecp_tx *tx, struct dur rest);
bool ecp_tx_is_idle(const struct ecp_tx *tx);
/** The payload is copied. Nothing is taken unless ECP_SUBMIT_OK. */
enum ecp_submit ecp_tx_submit(struct ecp_tx *tx, uint16_t subtype, struct span sdu, struct mono now);
void ecp_tx_on_ack(struct ecp_tx *tx, const struct ecp_hdr *ack, struct mono now);
void ecp_tx_on_time(struct ecp_tx *tx, struct mono now);
/** Port down: the request in flight is dropped, its user is told ECP_RESULT_FLUSHED. */
void ecp_tx_reset(struct ecp_tx *tx);
struct mono ecp_tx_deadline(const struct ecp_tx *tx);
/** Write the ECPDU (octets after the EtherType) if a transmission is due; starts the ack timer at `now`. Poll after
 * every input: the deadline is in the past while a transmission is due. A `w` without room loses this transmission. */
bool ecp_tx_poll(struct ecp_tx *tx, struct mono now, struct wr *w);
/** What was polled has left at `now`: the ack timer starts anew, so that a sender that was held up does not repeat a request
 * before the receiver had its ack time. True: the deadline is another one. Optional. */
bool ecp_tx_left(struct ecp_tx *tx, struct mono now);
/** Outcome of the last request, once. */
enum ecp_result ecp_tx_take_result(struct ecp_tx *tx);

#endif
