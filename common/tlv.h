/*
 * The TLV of LLDP (802.1AB 8.4) and VDP (802.1Q 41.2): 7-bit type, 9-bit length, 0..511 octets of value.
 *
 *    15         9 8              0
 *   +------------+----------------+----------------+
 *   |  type (7)  |   length (9)   |  value ...     |
 *   +------------+----------------+----------------+
 */
#ifndef EVB_TLV_H
#define EVB_TLV_H

#include "wire.h"

enum {
	TLV_HEADER = 2,      /* octets */
	TLV_VALUE_MAX = 511, /* octets, 9-bit length */
	TLV_END = 0,         /* type 0, length 0 ends a list */
	TLV_ORG = 127,       /* organizationally specific: OUI(3) subtype(1) information */
	TLV_ORG_HEADER = 4,
};

struct tlv {
	uint8_t type;
	struct span value;
};

enum tlv_step {
	TLV_STEP_ITEM,    /* *ret holds the next TLV */
	TLV_STEP_END,     /* the window ended, or an End TLV was met */
	TLV_STEP_OVERRUN, /* a header or its length runs beyond the window */
};

/** Take the next TLV. An End TLV (type 0) ends the list whatever follows it. *ret is written only on ITEM. */
enum tlv_step tlv_next(struct rd *r, struct tlv *ret);

/** Append a whole TLV; w turns bad and keeps its length when it does not fit or the value is above 511. */
void tlv_put(struct wr *w, uint8_t type, struct span value);

/** Begin a TLV whose length is filled in by tlv_close(). Returns the mark to hand to it. */
size_t tlv_open(struct wr *w, uint8_t type);
/** Patch the length of the TLV opened at `mark`. If anything in it did not fit, the whole TLV is taken back. */
void tlv_close(struct wr *w, size_t mark);

/** Split OUI and subtype off a TLV_ORG value. False when it is shorter than 4 octets. */
bool tlv_org_split(struct span value, uint32_t *ret_oui, uint8_t *ret_subtype, struct span *ret_info);

#endif
