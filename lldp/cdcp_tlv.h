/* CDCP TLV codec (802.1Q annex D.2, OUI 00-80-C2 subtype 0x0E; evb-reference 4.1, 4.4). */
#ifndef EVB_CDCP_TLV_H
#define EVB_CDCP_TLV_H

#include "tlv.h"

enum {
	CDCP_TLV_OUI = 0x0080c2,
	CDCP_TLV_SUBTYPE = 0x0e,
	CDCP_TLV_KEY = CDCP_TLV_OUI << 8 | CDCP_TLV_SUBTYPE,
	CDCP_TLV_HEAD = 8 /* OUI, subtype and the 32-bit word */,
	CDCP_PAIR_LEN = 3,
	CDCP_PAIRS_MAX = 167 /* what 511 octets hold; also the largest ChnCap */,
	CDCP_TLV_MIN = CDCP_TLV_HEAD + CDCP_PAIR_LEN,
	CDCP_TLV_MAX = CDCP_TLV_HEAD + CDCP_PAIRS_MAX * CDCP_PAIR_LEN /* 509 */,
	CDCP_ID_MAX = 4094 /* SCID and SVID; 4095 is not used */,
	CDCP_DEFAULT = 1 /* SCID and SVID of the default S-channel, always untagged */
};

enum cdcp_role { CDCP_ROLE_BRIDGE = 0, CDCP_ROLE_STATION = 1 }; /* the bit on the wire; the MIB has 1 and 2 */

struct cdcp_pair {
	uint16_t scid; /* S-channel, 1..4094 */
	uint16_t svid; /* S-VLAN, 1..4094; 0: asked for, or refused */
};

/* A clean list: pair[0] is (1,1), every SCID stands once, every SVID but 0 stands once. */
struct cdcp_tlv {
	enum cdcp_role role;
	bool has_scomp;   /* SComp: the sender has a port-mapping S-VLAN component */
	uint16_t chn_cap; /* ChnCap, 1..4095: S-channels the sender supports, the default one included */
	uint16_t n_pairs; /* 1..167 */
	uint16_t n_bad;   /* decode only: pairs that 4.4 tells to ignore or to take for (scid,0) */
	struct cdcp_pair pair[CDCP_PAIRS_MAX];
};

/**
 * Decode a whole TLV value. False when it is no CDCP TLV or its length is not 8 + 3n with n >= 1. Bad values inside are
 * no error (4.4): ChnCap 0 is 1; a missing (1,1) is put first; SCID 0 and 4095, SVID 4095, (1,x), (x,1) and a second
 * pair of an SCID are left out; an SVID that another SCID has already becomes 0.
 */
bool cdcp_tlv_decode(struct span value, struct cdcp_tlv *ret);
/** Append the TLV value (8 + 3n octets, without type and length). Reserved bits are zero. The list must be clean. */
void cdcp_tlv_encode(const struct cdcp_tlv *t, struct wr *w);

#endif
