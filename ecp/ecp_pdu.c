/*
 * ecp_pdu.c - the ECP header (802.1Q clause 43; evb-reference 5.1).
 *
 *   +-----------+--------+--------------+---------------+------------------
 *   | version 4 | oper 2 |  subtype 10  |  sequence 16  |  payload, padding
 *   +-----------+--------+--------------+---------------+------------------
 *
 * There is no length: the payload reaches to the end of the frame, padding included, and its user finds its own end.
 * Values are judged by the receive machine (ecp_rx.c), which counts what it drops.
 */
#include "ecp_pdu.h"

enum {
	VERSION_SHIFT = 12,
	OP_SHIFT = 10,
	OP_MASK = 3,
	SUBTYPE_MASK = 0x3ff,
};

bool ecp_hdr_decode(struct rd *r, struct ecp_hdr *ret)
{
	uint16_t word = rd_u16(r);
	uint16_t seq = rd_u16(r);

	if (r->bad)
		return false;
	*ret = (struct ecp_hdr){
		.version = (uint8_t)(word >> VERSION_SHIFT),
		.op = word >> OP_SHIFT & OP_MASK,
		.subtype = word & SUBTYPE_MASK,
		.seq = seq,
	};
	return true;
}

void ecp_hdr_encode(const struct ecp_hdr *h, struct wr *w)
{
	wr_u16(w, (uint16_t)(h->version << VERSION_SHIFT | (h->op & OP_MASK) << OP_SHIFT |
			     (h->subtype & SUBTYPE_MASK)));
	wr_u16(w, h->seq);
}
