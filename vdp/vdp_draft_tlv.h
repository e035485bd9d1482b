/*
 * VDP payloads of draft 0.2 (evb-reference 7.3): a list of organizational TLVs, one per VSI, into and out of the values
 * of the ratified protocol (vdp_dialect.h says how they correspond).
 */
#ifndef EVB_VDP_DRAFT_TLV_H
#define EVB_VDP_DRAFT_TLV_H

#include "vdp_dialect.h"

enum {
	VDP_DRAFT_OUI = 0x001b3f,
	VDP_DRAFT_SUBTYPE = 2,
	VDP_DRAFT_FIXED = 30,     /* octets of the value before the entries */
	VDP_DRAFT_PAYLOAD = 1491, /* octets of an ECPDU for its payload at MTU 1500 */
};

/** Walk the payload whole: an overrun discards it. An empty one is legal, senders begin with one. */
enum vdp_pdu_err vdp_draft_pdu_open(struct span sdu, struct vdp_pdu *ret);
/** The next VSI TLV; others are skipped. An item with a mode that does not exist has op 0. */
bool vdp_draft_pdu_next(struct vdp_pdu *p, const struct vdp_manager_map *map, struct vdp_pdu_item *ret);
/** VDP_OK or VDP_ERR_IGNORED, which leaves *ret in any state. A bridge reads requests, a station responses. */
enum vdp_err vdp_draft_decode(enum vdp_role role, const struct vdp_pdu_item *item, struct vdp_assoc *ret);
/** Append a whole TLV. What the draft can't say - hints, priorities, organizational TLVs - is left out. */
void vdp_draft_encode(const struct vdp_assoc *a, const struct vdp_manager *m,
	const struct vdp_manager_map *map, struct wr *w);
size_t vdp_draft_octets(uint8_t format, unsigned n_filters, size_t org_len);
void vdp_draft_echo(const struct vdp_pdu_item *item, enum vdp_op op, uint8_t status, struct wr *w);

/** RESP of a status octet, 0..6. */
uint8_t vdp_draft_resp(uint8_t status);
/** Error code and Hard bit of RESP 0..6; anything else: OTHER. */
uint8_t vdp_draft_status(uint8_t resp);

#endif
