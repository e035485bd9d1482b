/* The input language of fuzz_port, shared with the tool that writes its seeds. */
#ifndef EVB_PORT_INPUT_H
#define EVB_PORT_INPUT_H

#include "ecp_draft_pdu.h"
#include "lldp_pdu.h"
#include "mac.h"
#include "vdp_draft_tlv.h"

enum { PORT_RECORD_HEAD = 4, PORT_OCTETS_MAX = 1600, PORT_FRAME_MAX = 1700 };

enum port_place {
	AT_UPLINK,
	AT_SBP,
	AT_SBP2,
	AT_ORDINARY,
	AT_VM1,
	AT_VM2,
	AT_TIME,
	AT_ACTION,
	N_PLACES = AT_TIME
};

enum port_template { /* what stands before the octets of the record */
	FRAME_RAW,
	FRAME_LLDP,    /* addresses and EtherType */
	FRAME_EVB,     /* an LLDPDU up to the value of an EVB TLV */
	FRAME_ECP,     /* addresses and EtherType */
	FRAME_REQUEST, /* an ECP request with the next number */
	FRAME_VDP,     /* the same, and a manager ID TLV */
	FRAME_ACK,     /* the acknowledgement of the request before */
	FRAME_DATA,    /* to vm2's address, from the octets on */
};
enum port_action {
	ACT_REQUEST,
	ACT_DEASSOCIATE,
	ACT_WITHDRAW,
	ACT_LINK,
	ACT_SLOW,
	ACT_RESTART,
	ACT_GENERATION
};

static inline void port_addresses(struct wr *w, struct mac da, uint16_t type)
{
	static const struct mac sa = { { 0x02, 0xbb, 0, 0, 0, 1 } };

	wr_copy(w, da.b, sizeof(da.b));
	wr_copy(w, sa.b, sizeof(sa.b));
	wr_u16(w, type);
}

static inline void port_evb_pdu(struct wr *w, struct span value)
{
	static const uint8_t chassis[] = { LLDP_CHASSIS_MAC, 2, 0xbb, 0, 0, 0, 1 };
	static const uint8_t port[] = { LLDP_PORT_MAC, 2, 0xbb, 0, 0, 0, 1 };
	static const uint8_t ttl[] = { 0, 120 };

	tlv_put(w, LLDP_TLV_CHASSIS_ID, span_of(chassis, sizeof(chassis)));
	tlv_put(w, LLDP_TLV_PORT_ID, span_of(port, sizeof(port)));
	tlv_put(w, LLDP_TLV_TTL, span_of(ttl, sizeof(ttl)));
	tlv_put(w, LLDP_TLV_ORG, span_of(value.ptr, value.len < TLV_VALUE_MAX ? value.len : TLV_VALUE_MAX));
	tlv_put(w, LLDP_TLV_END, span_of(NULL, 0));
}

/** The frame of a record. *seq: ECP's number, moved on by requests. */
static inline size_t port_frame(
	enum port_template which, uint16_t *seq, struct span octets, uint8_t frame[PORT_FRAME_MAX])
{
	static const struct vdp_manager manager = { { [15] = 1 } };
	struct ecp_hdr ecp = { .version = ECP_VERSION, .subtype = ECP_SUBTYPE_VDP };
	struct wr w = wr_init(frame, PORT_FRAME_MAX);
	struct mac vm2 = { { 0x52, 0x54, 0, 0, 0, 2 } };

	if (which == FRAME_LLDP || which == FRAME_EVB)
		port_addresses(&w, MAC_NEAREST_CUSTOMER_BRIDGE, LLDP_ETHERTYPE);
	else if (which == FRAME_DATA)
		wr_copy(&w, vm2.b, sizeof(vm2.b));
	else if (which != FRAME_RAW)
		port_addresses(&w, MAC_NEAREST_CUSTOMER_BRIDGE, ECP_ETHERTYPE);
	if (which == FRAME_EVB) {
		port_evb_pdu(&w, octets);
		return w.len;
	}
	if (which == FRAME_REQUEST || which == FRAME_VDP || which == FRAME_ACK) {
		ecp.op = which == FRAME_ACK ? ECP_OP_ACK : ECP_OP_REQUEST;
		ecp.seq = which == FRAME_ACK ? *seq : ++*seq;
		ecp_hdr_encode(&ecp, &w);
	}
	if (which == FRAME_VDP)
		vdp_manager_encode(&manager, &w);
	wr_copy(&w, octets.ptr, octets.len < wr_room(&w) ? octets.len : wr_room(&w));
	return w.len;
}

/** The same in draft 0.2, for the templates that are ECP's. FRAME_VDP: the head of a VSI TLV around the octets. */
static inline size_t port_draft_frame(
	enum port_template which, uint16_t *seq, struct span octets, uint8_t frame[PORT_FRAME_MAX])
{
	static const uint8_t head[] = { 0x00, 0x1b, 0x3f, VDP_DRAFT_SUBTYPE };
	struct ecp_hdr ecp = { .version = ECP_VERSION, .subtype = ECP_SUBTYPE_VDP };
	struct wr w = wr_init(frame, PORT_FRAME_MAX);
	size_t mark;

	if (which < FRAME_ECP || which > FRAME_ACK)
		return port_frame(which, seq, octets, frame);
	port_addresses(&w, MAC_NEAREST_BRIDGE, ECP_DRAFT_ETHERTYPE);
	if (which != FRAME_ECP) {
		ecp.op = which == FRAME_ACK ? ECP_OP_ACK : ECP_OP_REQUEST;
		ecp.seq = which == FRAME_ACK ? *seq : ++*seq;
		ecp_draft_hdr_encode(&ecp, &w);
	}
	if (which != FRAME_VDP) {
		wr_copy(&w, octets.ptr, octets.len < wr_room(&w) ? octets.len : wr_room(&w));
		return w.len;
	}
	mark = tlv_open(&w, TLV_ORG);
	wr_copy(&w, head, sizeof(head));
	wr_copy(&w, octets.ptr,
		octets.len < TLV_VALUE_MAX - sizeof(head) ? octets.len : TLV_VALUE_MAX - sizeof(head));
	tlv_close(&w, mark);
	wr_u16(&w, TLV_END);
	return w.len;
}

#endif
