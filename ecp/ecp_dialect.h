/*
 * What the two generations of ECP differ in: frame, header and numbers (802.1Q clause 43, evb-reference 5; 7.2). The
 * machines of ecp_tx.c and ecp_rx.c are the same for both and take the rest from here.
 */
#ifndef EVB_ECP_DIALECT_H
#define EVB_ECP_DIALECT_H

#include "ecp_pdu.h"
#include "mac.h"
#include "mono.h"
#include "qbg.h"

struct ecp_dialect {
	enum qbg_edition edition;
	uint16_t ethertype;
	struct mac da;          /* group address of requests and acknowledgements */
	bool takes_unicast;     /* requests and acknowledgements may also come to the port's own address */
	uint16_t header;        /* octets */
	uint16_t sdu_max;       /* octets of payload that are sent at most */
	uint16_t payload_max;   /* octets of payload that are accepted, padding included */
	bool echoes_length;     /* an acknowledgement is as long as its request, zeros behind the header */
	unsigned retries;       /* maxRetries, where the ack time is fixed */
	struct dur ack_timeout; /* fixed ack time; zero: negotiated, as is maxRetries */
	uint16_t first_seq;     /* sequence number of the first request; 0: any */
	bool (*decode)(struct rd *r, struct ecp_hdr *ret);
	void (*encode)(const struct ecp_hdr *h, struct wr *w);
};

/** Constant; ratified for an edition that does not exist. */
const struct ecp_dialect *ecp_dialect_of(enum qbg_edition e);

/** The acknowledgement ecp_rx_on_pdu() asked for. request_octets: of the ECPDU it acknowledges, what ecp_rx_on_pdu() was
 * given. Zeros that `w` has no room for are left out. */
void ecp_ack_encode(
	const struct ecp_dialect *d, const struct ecp_hdr *ack, size_t request_octets, struct wr *w);

#endif
