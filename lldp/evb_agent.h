/*
 * Between an LLDP agent and an EVB machine: the peer's EVB TLV out of the neighbour table, ours into the LLDPDU
 * (802.1Q clause 40; evb-reference 2.5, 3.4).
 */
#ifndef EVB_EVB_AGENT_H
#define EVB_EVB_AGENT_H

#include "evb_sm.h"
#include "lldp_agent.h"

/** For lldp_agent_set_known(): short and repeated EVB TLVs are then counted as they come in. */
#define EVB_TLV_KNOWN   ((struct lldp_known){ .key = EVB_TLV_KEY, .min_len = EVB_TLV_LEN })
#define EVB_DRAFT_KNOWN ((struct lldp_known){ .key = EVB_DRAFT_KEY, .min_len = EVB_DRAFT_LEN })

/**
 * What evb_sm_on_heard() needs, to be fetched on LLDP_EVENT_REMOTE_CHANGED. True: *ret has an EVB TLV of the only
 * neighbour. Both results are always written; *ret_n_neighbours includes one that was refused for lack of room, and is
 * 0 while the port is not operational.
 */
bool evb_from_agent(const struct lldp_agent *a, struct evb_heard *ret, unsigned *ret_n_neighbours);
/** Put what the machine advertises into an organizational slot, or empty it while EVB is not enabled. */
void evb_to_agent(const struct evb_sm *sm, struct lldp_agent *a, unsigned slot, struct mono now);
/** The same, but what has changed may wait for the next LLDPDU: for a number of VSIs that only informs. */
void evb_to_agent_later(const struct evb_sm *sm, struct lldp_agent *a, unsigned slot);

#endif
