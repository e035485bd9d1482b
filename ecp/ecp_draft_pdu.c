/*
 * ecp_draft_pdu.c - the ECP header of draft 0.2 (evb-reference 7.2).
 *
 *   +-----------------+-------+------------+----------+-------------+----------------
 *   | OUI 00-1B-3F 24 |  0  8 | subtype 16 |  mode 8  | sequence 16 |  TLVs, padding
 *   +-----------------+-------+------------+----------+-------------+----------------
 *                               0: VDP       0 request, 1 acknowledgement
 *
 * It is read into the same values as the ratified header, so that the receive machine (ecp_rx.c) judges and counts
 * both alike: another OUI is another version, another subtype has no user, mode 2 and above is a reserved operation.
 */
#include "ecp_draft_pdu.h"

bool ecp_draft_hdr_decode(struct rd *r, struct ecp_hdr *ret)
{
	uint32_t oui = rd_u24(r);
	uint8_t pad = rd_u8(r);
	uint16_t subtype = rd_u16(r);
	uint8_t mode = rd_u8(r);
	uint16_t seq = rd_u16(r);

	if (r->bad)
		return false;
	*ret = (struct ecp_hdr){
		.version = oui == ECP_DRAFT_OUI && pad == 0 ? ECP_VERSION : 0,
		.op = mode,
		.subtype = subtype == 0 ? ECP_SUBTYPE_VDP : 0,
		.seq = seq,
	};
	return true;
}

void ecp_draft_hdr_encode(const struct ecp_hdr *h, struct wr *w)
{
	wr_u24(w, ECP_DRAFT_OUI);
	wr_u8(w, 0);
	wr_u16(w, h->subtype == ECP_SUBTYPE_VDP ? 0 : h->subtype);
	wr_u8(w, h->op);
	wr_u16(w, h->seq);
}
