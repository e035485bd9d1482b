/*
 * LLDPDU codec (802.1AB-2016 clause 8, 9.2.7.7; spec evb-reference 2.1-2.3).
 *
 * A decoded PDU borrows from the frame. Basic TLVs become spans, organizational TLVs are kept in a bounded list in
 * the order received; validation follows evb-reference 2.3.
 */
#ifndef EVB_LLDP_PDU_H
#define EVB_LLDP_PDU_H

#include "mac.h"
#include "tlv.h"

enum {
	LLDP_ETHERTYPE = 0x88cc,
	LLDP_PDU_MAX = 1500, /* octets after the EtherType */
	LLDP_ID_MAX = 256,   /* subtype + id, the value of a Chassis or Port ID TLV */
	LLDP_ORG_MAX = 32,   /* organizational TLVs kept of one PDU; more are counted as discarded */
	LLDP_MGMT_MAX = 4,   /* management addresses kept */
};

enum lldp_tlv_type {
	LLDP_TLV_END = 0,
	LLDP_TLV_CHASSIS_ID = 1,
	LLDP_TLV_PORT_ID = 2,
	LLDP_TLV_TTL = 3,
	LLDP_TLV_PORT_DESCR = 4,
	LLDP_TLV_SYSTEM_NAME = 5,
	LLDP_TLV_SYSTEM_DESCR = 6,
	LLDP_TLV_SYSTEM_CAPS = 7,
	LLDP_TLV_MGMT_ADDR = 8,
	LLDP_TLV_ORG = 127,
};
enum lldp_chassis_subtype { LLDP_CHASSIS_MAC = 4, LLDP_CHASSIS_LOCAL = 7 };
enum lldp_port_subtype { LLDP_PORT_MAC = 3, LLDP_PORT_IFNAME = 5, LLDP_PORT_LOCAL = 7 };
/* System capabilities bits (802.1AB table 8-4). */
enum {
	LLDP_CAP_BRIDGE = 0x0004,
	LLDP_CAP_STATION_ONLY = 0x0080,
	LLDP_CAP_CVLAN = 0x0100,
	LLDP_CAP_SVLAN = 0x0200
};

struct lldp_pdu {               /* spans borrow from the decoded frame or from the caller's data */
	struct span chassis_id; /* subtype octet and id */
	struct span port_id;    /* subtype octet and id */
	uint16_t ttl_s;
	struct span port_descr, system_name, system_descr; /* ptr NULL: absent */
	bool has_caps;
	uint16_t caps, caps_enabled;
	unsigned n_mgmt;
	struct span mgmt[LLDP_MGMT_MAX]; /* whole values of the TLVs */
	unsigned n_org;
	struct span org[LLDP_ORG_MAX]; /* whole values: OUI, subtype, information */
};

enum lldp_err {
	LLDP_OK,
	LLDP_ERR_ORDER,
	LLDP_ERR_REPEATED,
	LLDP_ERR_ID_LENGTH,
	LLDP_ERR_TTL,
	LLDP_ERR_OVERRUN
};

struct lldp_decode_notes { /* what a valid PDU still had wrong, for the counters of evb-reference 9 */
	unsigned tlvs_discarded;
	unsigned tlvs_unrecognized;
	unsigned tlvs_in_error; /* basic TLVs with bad content: FramesInErrors++ once */
	size_t octets_used;     /* up to and with the End TLV (TTL 0: the TTL TLV); the rest is padding */
};

/** Decode the octets after the EtherType. *ret and *ret_notes are written only on LLDP_OK. For TTL 0 the rest of
 * the PDU is not looked at (shutdown). Unknown OUI/subtype are judged by the owner of the TLVs, see lldp_agent.h. */
enum lldp_err lldp_pdu_decode(struct span octets, struct lldp_pdu *ret, struct lldp_decode_notes *ret_notes);
/** Append all TLVs in order and the End TLV. w turns bad if they do not fit. */
void lldp_pdu_encode(const struct lldp_pdu *pdu, struct wr *w);
/** Append a shutdown LLDPDU: ids, TTL 0, End. */
void lldp_pdu_encode_shutdown(const struct lldp_pdu *pdu, struct wr *w);
const char *lldp_err_name(enum lldp_err e);

#endif
