/*
 * ECP receiver: acknowledge, drop duplicates, keep a bounded queue for the user (802.1Q clause 43; evb-reference 5.4).
 *
 * A request is acknowledged when it has a place in the queue. When the queue is full it is neither acknowledged nor
 * remembered, so the peer repeats it: that is ECP's flow control.
 */
#ifndef EVB_ECP_RX_H
#define EVB_ECP_RX_H

#include "carve.h"
#include "ecp_dialect.h"

enum { ECP_RX_SUBTYPES = 2 };

struct ecp_rx_cfg {
	unsigned queue_len; /* ECPDUs, >= 64 */
	uint16_t subtypes
		[ECP_RX_SUBTYPES]; /* with a user here, 0: no entry; others are dropped without an ack */
};

struct ecp_rx_counters {
	uint64_t frames; /* EcpRxFrameCount: requests accepted or recognised as duplicate */
	uint64_t duplicates, bad_version, bad_op, bad_subtype, too_short, too_long, queue_full, new_source;
};

enum ecp_verdict {
	ECP_DROP,     /* nothing to send */
	ECP_SEND_ACK, /* *ret_ack is the header to send, by ecp_ack_encode() */
	ECP_IS_ACK,   /* hand *ret_ack (the received header) to ecp_tx_on_ack() */
};

struct ecp_rx; /* defined below; fields are private to ecp_rx.c and its tests */

size_t ecp_rx_size(const struct ecp_rx_cfg *cfg);
/** `mem` is zeroed and stays the caller's. The dialect is the ratified one. */
void ecp_rx_init(struct ecp_rx *rx, const struct ecp_rx_cfg *cfg, void *mem);
/** Port down: the queue is emptied, the next request is a first one. */
void ecp_rx_reset(struct ecp_rx *rx);
/** Another dialect, and a reset. */
void ecp_rx_set_dialect(struct ecp_rx *rx, const struct ecp_dialect *d);
/** The peer has started anew: its next request is a first one, whatever its number. What is queued stays. */
void ecp_rx_forget(struct ecp_rx *rx);
/** octets: the frame after the EtherType (padding included). */
enum ecp_verdict ecp_rx_on_pdu(struct ecp_rx *rx, struct mac sa, struct span octets, struct ecp_hdr *ret_ack);
/** The oldest queued request: subtype and payload, valid until ecp_rx_pop(). False when the queue is empty. */
bool ecp_rx_peek(const struct ecp_rx *rx, uint16_t *ret_subtype, struct span *ret_sdu);
void ecp_rx_pop(struct ecp_rx *rx);
unsigned ecp_rx_queued(const struct ecp_rx *rx);

struct ecp_rx {
	struct ecp_rx_cfg cfg;
	const struct ecp_dialect *dialect;
	bool has_last; /* lastSeq and source are known */
	uint16_t last_seq;
	struct mac source;
	unsigned head, n; /* ring */
	struct ecp_rx_slot *slots;
	struct ecp_rx_counters count;
};

#endif
