/* EVB TLV codec (802.1Q annex D.2, OUI 00-80-C2 subtype 0x0D; evb-reference 3.1, 3.4). */
#ifndef EVB_EVB_TLV_H
#define EVB_EVB_TLV_H

#include "tlv.h"

enum {
	EVB_TLV_OUI = 0x0080c2,
	EVB_TLV_SUBTYPE = 0x0d,
	EVB_TLV_KEY = EVB_TLV_OUI << 8 | EVB_TLV_SUBTYPE,
	EVB_TLV_LEN = 9 /* OUI, subtype and five octets */,
	EVB_EXPONENT_MAX = 31,
	EVB_RETRIES_MAX = 7
};

enum evb_mode { EVB_MODE_NONE = 0, EVB_MODE_BRIDGE = 1, EVB_MODE_STATION = 2, EVB_MODE_RESERVED = 3 };
enum evb_rrstat { EVB_RRSTAT_OFF = 0, EVB_RRSTAT_ON = 1, EVB_RRSTAT_RESERVED = 2, EVB_RRSTAT_UNKNOWN = 3 };

struct evb_tlv {
	uint8_t bridge_raw; /* BSTAT octet without reserved bits; filled by decode, used by encode for echoes */
	uint8_t station_raw; /* SSTAT octet, likewise */
	uint8_t retries;     /* R, 0..7 */
	uint8_t rte;         /* ack timer exponent, 0..31 */
	enum evb_mode mode;
	bool rol_rwd; /* the operational RWD is the remote's */
	uint8_t rwd;
	bool rol_rka;
	uint8_t rka;
};
enum { /* BSTAT */ EVB_BGID = 0x04,
	EVB_RRCAP = 0x02,
	EVB_RRCTR = 0x01,
	/* SSTAT */ EVB_SGID = 0x08,
	EVB_RRREQ = 0x04,
	EVB_RRSTAT_MASK = 0x03 };

/** Decode a whole TLV value. False when it is no EVB TLV or shorter than 9 octets; longer ones use the first 9. */
bool evb_tlv_decode(struct span value, struct evb_tlv *ret);
/** Append the TLV value (9 octets, without type and length). Reserved bits are zero. */
void evb_tlv_encode(const struct evb_tlv *t, struct wr *w);

#endif
