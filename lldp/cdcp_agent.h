/*
 * Between LLDP agents and a CDCP machine: the peer's CDCP TLV out of a neighbour table, ours into the LLDPDU
 * (802.1Q clause 42; evb-reference 2.1, 2.5, 4.2, 4.4).
 */
#ifndef EVB_CDCP_AGENT_H
#define EVB_CDCP_AGENT_H

#include "cdcp_sm.h"
#include "lldp_agent.h"

/** For lldp_agent_set_known(): CDCP TLVs of wrong length and repeated ones are then counted as they come in. */
#define CDCP_TLV_KNOWN                                                                                       \
	((struct lldp_known){ .key = CDCP_TLV_KEY, .min_len = CDCP_TLV_MIN, .step = CDCP_PAIR_LEN })

enum cdcp_heard {
	CDCP_HEARD_NONE,      /* no neighbour, several, or one without a CDCP TLV */
	CDCP_HEARD_TLV,       /* of the only neighbour */
	CDCP_HEARD_MALFORMED, /* the only neighbour sends one of wrong length: the machine stays as it is (4.4) */
};

/** What one agent hears; *ret is written on CDCP_HEARD_TLV. *ret_n_neighbours is always written; it includes one that
 * was refused for lack of room, and is 0 while the port is not operational. */
enum cdcp_heard cdcp_from_agent(const struct lldp_agent *a, struct cdcp_tlv *ret, unsigned *ret_n_neighbours);
/** Tell the machine what is heard, on LLDP_EVENT_REMOTE_CHANGED of either agent and, while cdcp_sm_wants_word(), on each
 * LLDPDU: the nearest-non-TPMR agent decides if
 * it has the TLV or several neighbours, otherwise the nearest-customer-bridge agent may have it (2.1). NULL: the agent
 * is not in use, or TLVs in the wrong scope are not wanted. */
void cdcp_hear(
	struct cdcp_sm *sm, const struct lldp_agent *ntpmr, const struct lldp_agent *ncb, struct mono now);
/** Put what the machine advertises into an organizational slot of the nearest-non-TPMR agent, or empty it. Each LLDPDU that
 * this agent then sends is to be followed by cdcp_sm_on_told(). */
void cdcp_to_agent(struct cdcp_sm *sm, struct lldp_agent *a, unsigned slot, struct mono now);

#endif
