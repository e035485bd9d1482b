/* The ECP header of draft 0.2 (evb-reference 7.2). */
#ifndef EVB_ECP_DRAFT_PDU_H
#define EVB_ECP_DRAFT_PDU_H

#include "ecp_pdu.h"

enum {
	ECP_DRAFT_ETHERTYPE = 0x88b7, /* IEEE 802 OUI Extended: others use it too */
	ECP_DRAFT_OUI = 0x001b3f,
	ECP_DRAFT_HEADER = ECP_HEADER_MAX, /* octets */
	ECP_DRAFT_PAYLOAD_MAX = 1491,      /* all that MTU 1500 leaves */
};

/** False when fewer than 9 octets are left. Values are not judged here: version is ECP_VERSION for the draft's own OUI
 * and 0 for any other, subtype is ECP_SUBTYPE_VDP for the only one there is and 0 for any other. */
bool ecp_draft_hdr_decode(struct rd *r, struct ecp_hdr *ret);
void ecp_draft_hdr_encode(const struct ecp_hdr *h, struct wr *w);

#endif
