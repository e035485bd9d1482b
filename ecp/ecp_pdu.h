/* ECP header codec (802.1Q clause 43; evb-reference 5.1, 5.5). */
#ifndef EVB_ECP_PDU_H
#define EVB_ECP_PDU_H

#include "wire.h"

enum {
	ECP_ETHERTYPE = 0x8940,
	ECP_HEADER = 4,     /* octets */
	ECP_HEADER_MAX = 9, /* octets, in any dialect */
	ECP_VERSION = 1,
	ECP_SUBTYPE_VDP = 1,
	ECP_SUBTYPE_PE_CSP = 2,
	ECP_SDU_MAX = 1494, /* payload at MTU 1500; two octets stay free for an End TLV (evb-reference 5.1) */
	ECP_PAYLOAD_MAX = 1496, /* accepted on receipt: all that MTU 1500 leaves, padding included */
	ECP_FRAME_MIN = 18,     /* shorter frames, from the destination address on, are dropped */
};
enum ecp_op { ECP_OP_REQUEST = 0, ECP_OP_ACK = 1 };

struct ecp_hdr {
	uint8_t version;
	uint8_t op;       /* enum ecp_op; 2 and 3 are reserved */
	uint16_t subtype; /* 10 bits */
	uint16_t seq;
};

/** False when fewer than 4 octets are left. Values are not judged here. */
bool ecp_hdr_decode(struct rd *r, struct ecp_hdr *ret);
void ecp_hdr_encode(const struct ecp_hdr *h, struct wr *w);

#endif
