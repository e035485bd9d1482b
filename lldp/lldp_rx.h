/*
 * LLDP receive machine and neighbour table of one agent (802.1AB-2016 figure 9-4, 9.2.7.7; evb-reference 2.3-2.5).
 *
 * The caller decodes and counts; this module decides what a valid LLDPDU means for the table. A neighbour is its MSAP,
 * the pair of Chassis ID and Port ID. Its LLDPDU is kept as octets, so that the table costs what the peer sent.
 */
#ifndef EVB_LLDP_RX_H
#define EVB_LLDP_RX_H

#include "lldp_pdu.h"
#include "mac.h"
#include "mono.h"

struct lldp_neighbour {
	struct mac sa;          /* source of the last LLDPDU */
	struct mono since;      /* first heard */
	struct mono changed_at; /* content last changed */
	struct mono expires_at; /* end of rxInfoTTL */
	uint16_t msap_len;      /* octets of the Chassis ID and Port ID TLVs, which start the LLDPDU */
	uint16_t len;           /* octets of the LLDPDU */
	uint8_t octets[LLDP_PDU_MAX];
};

enum lldp_rx_state {
	LLDP_RX_WAIT_PORT_OPERATIONAL, /* LLDP_WAIT_PORT_OPERATIONAL: deaf, what is known still ages */
	LLDP_RX_INITIALIZE,            /* RX_LLDP_INITIALIZE: reception not enabled, nothing known */
	LLDP_RX_WAIT_FOR_FRAME,        /* RX_WAIT_FOR_FRAME */
};

enum lldp_rx_result {
	LLDP_RX_NOTHING,   /* a shutdown of someone unknown */
	LLDP_RX_REFRESHED, /* the same content again: rxInfoTTL restarted */
	LLDP_RX_CHANGED,   /* rxChanges: content replaced */
	LLDP_RX_NEW,       /* newNeighbor */
	LLDP_RX_DELETED,   /* TTL 0 */
	LLDP_RX_REFUSED,   /* tooManyNeighbors */
};

struct lldp_rx {
	enum lldp_rx_state state;
	struct lldp_neighbour *neighbours; /* caller's memory, oldest first */
	unsigned n, max;
	struct mono too_many_until; /* tooManyNeighborsTimer; never while it is not running */
};

void lldp_rx_init(struct lldp_rx *rx, struct lldp_neighbour *neighbours, unsigned max);
/** Returns true when neighbours were deleted. */
bool lldp_rx_set_enabled(struct lldp_rx *rx, bool is_port_enabled, bool is_admin_rx);
/** A valid LLDPDU, only in LLDP_RX_WAIT_FOR_FRAME. octets: without padding, from Chassis ID on. */
enum lldp_rx_result lldp_rx_frame(
	struct lldp_rx *rx, struct mac sa, const struct lldp_pdu *pdu, struct span octets, struct mono now);
/** Age. Returns how many neighbours were deleted. */
unsigned lldp_rx_on_time(struct lldp_rx *rx, struct mono now);
struct mono lldp_rx_deadline(const struct lldp_rx *rx);
/** tooManyNeighbors: someone was refused and may still be there. */
bool lldp_rx_has_too_many(const struct lldp_rx *rx);

#endif
