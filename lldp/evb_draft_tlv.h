/* EVB TLV of draft 0.2 (OUI 00-1B-3F subtype 0; evb-reference 7.1). */
#ifndef EVB_EVB_DRAFT_TLV_H
#define EVB_EVB_DRAFT_TLV_H

#include "tlv.h"

enum {
	EVB_DRAFT_OUI = 0x001b3f,
	EVB_DRAFT_SUBTYPE = 0,
	EVB_DRAFT_KEY = EVB_DRAFT_OUI << 8 | EVB_DRAFT_SUBTYPE,
	EVB_DRAFT_LEN = 13, /* OUI, subtype and nine octets */
	/* modes */
	EVB_DRAFT_STANDARD = 0x80,
	EVB_DRAFT_RR = 0x40,
	/* capabilities */
	EVB_DRAFT_RTE = 0x04,
	EVB_DRAFT_ECP = 0x02,
	EVB_DRAFT_VDP = 0x01,
};

struct evb_draft_tlv {
	uint8_t smode, cmode; /* forwarding modes: supported, configured; EVB_DRAFT_STANDARD, EVB_DRAFT_RR */
	uint8_t scap, ccap;   /* capabilities, likewise; EVB_DRAFT_RTE, _ECP, _VDP */
	uint16_t svsi, cvsi;  /* numbers of VSIs, likewise */
	uint8_t rte;          /* 0..31; never used for the ack time */
};

/** Decode a whole TLV value. False when it is no such TLV, shorter than 13 octets (longer ones use the first 13), or
 * names no forwarding mode that is supported: that is as if it were absent. */
bool evb_draft_tlv_decode(struct span value, struct evb_draft_tlv *ret);
/** Append the TLV value (13 octets, without type and length). Bits that have no meaning are zero. */
void evb_draft_tlv_encode(const struct evb_draft_tlv *t, struct wr *w);

#endif
