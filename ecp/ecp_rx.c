/*
 * ecp_rx.c - ECP receiver: acknowledge, drop duplicates, keep a bounded queue (802.1Q clause 43; evb-reference 5.4).
 *
 *    RECEIVE_WAIT -> RECEIVE_FIRST -> RECEIVE_ECPDU -- seq == lastSeq --> SEND_ACK -> RECEIVE_WAIT2
 *      has_last is false                     |                               ^            |
 *                                            '-> NEW_ECPDU: queue it --------'   <- RECEIVE_ECPDU
 *
 * The states between two requests are one fact: is there a lastSeq of this source? Only equality with it makes a
 * duplicate; an older or far number is new. A request from another source address starts afresh, because a peer that
 * was replaced may begin with the very number its predecessor ended with.
 *
 * Invariants: an acknowledgement is sent <=> the request is in the queue or was there before; what is dropped is
 * counted once and changes nothing else, so no frame can leave the receiver deaf; a full queue changes neither
 * lastSeq nor the source, so the repetition is new again.
 *
 * Header and longest payload are the dialect's. The payload includes the frame's padding. Left out: the destination
 * address (the port's), what an acknowledgement confirms (ecp_tx.c), and any reading of the payload.
 */
#include "ecp_rx.h"

enum { QUEUE_MIN = 64 /* lldpad answers a packed request with dozens of single ECPDUs */ };

struct ecp_rx_slot {
	uint16_t subtype;
	uint16_t len;
	uint8_t sdu[ECP_PAYLOAD_MAX];
};

static unsigned queue_len(const struct ecp_rx_cfg *cfg)
{
	return cfg->queue_len < QUEUE_MIN ? QUEUE_MIN : cfg->queue_len;
}

static struct ecp_rx_slot *rx_layout(const struct ecp_rx_cfg *cfg, struct carve *c)
{
	return (struct ecp_rx_slot *)carve_take(c, queue_len(cfg), sizeof(struct ecp_rx_slot));
}

size_t ecp_rx_size(const struct ecp_rx_cfg *cfg)
{
	struct carve c = { NULL, 0 };

	rx_layout(cfg, &c);
	return c.used;
}

void ecp_rx_init(struct ecp_rx *rx, const struct ecp_rx_cfg *cfg, void *mem)
{
	struct carve c = { (uint8_t *)mem, 0 };

	*rx = (struct ecp_rx){
		.cfg = *cfg, .dialect = ecp_dialect_of(QBG_RATIFIED), .slots = rx_layout(cfg, &c)
	};
	rx->cfg.queue_len = queue_len(cfg);
}

void ecp_rx_reset(struct ecp_rx *rx)
{
	rx->has_last = false;
	rx->head = 0;
	rx->n = 0;
}

void ecp_rx_set_dialect(struct ecp_rx *rx, const struct ecp_dialect *d)
{
	rx->dialect = d;
	ecp_rx_reset(rx);
}

void ecp_rx_forget(struct ecp_rx *rx)
{
	rx->has_last = false;
}

static void queue_push(struct ecp_rx *rx, uint16_t subtype, struct span sdu)
{
	struct ecp_rx_slot *s = &rx->slots[(rx->head + rx->n) % rx->cfg.queue_len];

	s->subtype = subtype;
	s->len = (uint16_t)sdu.len;
	if (sdu.len > 0)
		memcpy(s->sdu, sdu.ptr, sdu.len);
	rx->n++;
}

bool ecp_rx_peek(const struct ecp_rx *rx, uint16_t *ret_subtype, struct span *ret_sdu)
{
	const struct ecp_rx_slot *s = &rx->slots[rx->head];

	if (rx->n == 0)
		return false;
	*ret_subtype = s->subtype;
	*ret_sdu = span_of(s->sdu, s->len);
	return true;
}

void ecp_rx_pop(struct ecp_rx *rx)
{
	if (rx->n == 0)
		return;
	rx->head = (rx->head + 1) % rx->cfg.queue_len;
	rx->n--;
}

unsigned ecp_rx_queued(const struct ecp_rx *rx)
{
	return rx->n;
}

static bool has_user(const struct ecp_rx *rx, uint16_t subtype)
{
	for (unsigned i = 0; i < ECP_RX_SUBTYPES; i++)
		if (subtype != 0 && rx->cfg.subtypes[i] == subtype)
			return true;
	return false;
}

/** RECEIVE_ECPDU: true if the request is to be acknowledged. */
static bool take_request(struct ecp_rx *rx, struct mac sa, const struct ecp_hdr *h, struct span sdu)
{
	bool is_same_source = rx->has_last && mac_equal(sa, rx->source);
	bool is_duplicate = is_same_source && h->seq == rx->last_seq;

	if (is_duplicate) {
		rx->count.duplicates++;
	} else if (rx->n == rx->cfg.queue_len) {
		rx->count.queue_full++;
		return false;
	} else {
		rx->count.new_source += rx->has_last && !is_same_source;
		rx->has_last = true;
		rx->source = sa;
		rx->last_seq = h->seq;
		queue_push(rx, h->subtype, sdu);
	}
	rx->count.frames++;
	return true;
}

static enum ecp_verdict drop(uint64_t *counter)
{
	(*counter)++;
	return ECP_DROP;
}

enum ecp_verdict ecp_rx_on_pdu(struct ecp_rx *rx, struct mac sa, struct span octets, struct ecp_hdr *ret_ack)
{
	struct rd r = rd_init(octets);
	struct ecp_hdr h;

	if (!rx->dialect->decode(&r, &h))
		return drop(&rx->count.too_short);
	if (h.version != ECP_VERSION)
		return drop(&rx->count.bad_version);
	if (h.op != ECP_OP_REQUEST && h.op != ECP_OP_ACK)
		return drop(&rx->count.bad_op);
	if (h.op == ECP_OP_ACK) { /* a payload it may carry is ignored */
		*ret_ack = h;
		return ECP_IS_ACK;
	}
	if (!has_user(rx, h.subtype))
		return drop(&rx->count.bad_subtype);
	if (r.left > rx->dialect->payload_max)
		return drop(&rx->count.too_long);
	if (!take_request(rx, sa, &h, rd_rest(&r)))
		return ECP_DROP;
	h.op = ECP_OP_ACK;
	*ret_ack = h;
	return ECP_SEND_ACK;
}
