/*
 * ecp_dialect.c - the table of ECP's dialects (802.1Q clause 43; evb-reference 5.1, 5.2, 7.2).
 *
 *                       ratified                draft
 *   EtherType, to       8940, -00, own address  88B7, -0E
 *   header              ecp_pdu.c               ecp_draft_pdu.c
 *   ack time, retries   negotiated              500 ms, 2: three transmissions
 *   first number        random                  1
 *   acknowledgement     the header              the header, and zeros up to the length of the request
 *
 * A repetition keeps its number in both, so that it can be told from a new request; the draft's own senders give it
 * a new one, and their receivers take every number but that of the frame before for a new request, as ecp_rx.c does.
 */
#include "ecp_dialect.h"

#include "ecp_draft_pdu.h"

const struct ecp_dialect *ecp_dialect_of(enum qbg_edition e)
{
	static const struct ecp_dialect dialects[QBG_EDITIONS] = {
		[QBG_RATIFIED] = {
			.edition = QBG_RATIFIED,
			.ethertype = ECP_ETHERTYPE,
			.da = { { 0x01, 0x80, 0xc2, 0x00, 0x00, 0x00 } },
			.takes_unicast = true,
			.header = ECP_HEADER,
			.sdu_max = ECP_SDU_MAX,
			.payload_max = ECP_PAYLOAD_MAX,
			.decode = ecp_hdr_decode,
			.encode = ecp_hdr_encode,
		},
		[QBG_DRAFT] = {
			.edition = QBG_DRAFT,
			.ethertype = ECP_DRAFT_ETHERTYPE,
			.da = { { 0x01, 0x80, 0xc2, 0x00, 0x00, 0x0e } },
			.header = ECP_DRAFT_HEADER,
			.sdu_max = ECP_DRAFT_PAYLOAD_MAX,
			.payload_max = ECP_DRAFT_PAYLOAD_MAX,
			.echoes_length = true,
			.retries = 2,
			.ack_timeout = { 500000000 },
			.first_seq = 1,
			.decode = ecp_draft_hdr_decode,
			.encode = ecp_draft_hdr_encode,
		},
	};

	return &dialects[e < QBG_EDITIONS ? e : QBG_RATIFIED];
}

void ecp_ack_encode(
	const struct ecp_dialect *d, const struct ecp_hdr *ack, size_t request_octets, struct wr *w)
{
	size_t rest = d->echoes_length && request_octets > d->header ? request_octets - d->header : 0;

	d->encode(ack, w);
	wr_zero(w, rest < wr_room(w) ? rest : wr_room(w));
}
