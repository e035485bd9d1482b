/*
 * One LLDP agent: transmit, transmit-timer and receive machines and the neighbour table of one (port, destination
 * address) pair (802.1AB-2016 clause 9; evb-reference 2.3-2.5).
 *
 * In: frames, administrative and operational state, local TLVs, time. Out (pulled by the caller after every input):
 * lldp_agent_poll_tx() until it returns false, lldp_agent_take_events(), and lldp_agent_deadline().
 * The agent knows nothing of EVB: it carries the organizational TLVs its user gives it and shows those it received.
 */
#ifndef EVB_LLDP_AGENT_H
#define EVB_LLDP_AGENT_H

#include "carve.h"
#include "lldp_pdu.h"
#include "lldp_rx.h"
#include "lldp_tx.h"
#include "mono.h"

enum lldp_admin { LLDP_DISABLED, LLDP_TX_ONLY, LLDP_RX_ONLY, LLDP_RX_TX };

struct lldp_agent_cfg {
	struct mac da; /* the agent's destination address */
	enum lldp_admin admin;
	unsigned tx_interval_s;  /* msgTxInterval 1..3600, default 30 */
	unsigned tx_hold;        /* msgTxHold 1..100, default 4 */
	unsigned fast_tx_s;      /* msgFastTx 1..3600, default 1 */
	unsigned fast_init;      /* txFastInit 1..8, default 4 */
	unsigned credit_max;     /* txCreditMax 1..10, default 5 */
	unsigned reinit_delay_s; /* reinitDelay 1..10, default 2 */
	unsigned max_neighbours; /* default 8 */
};

struct lldp_counters { /* evb-reference section 9 */
	uint64_t frames_out, frames_in, frames_discarded, frames_in_errors, tlvs_discarded, tlvs_unrecognized,
		ageouts, length_errors, too_many_neighbours;
};

enum { /* lldp_agent_take_events() */
	LLDP_EVENT_REMOTE_CHANGED =
		1,               /* somethingChangedRemote: neighbours came, went or changed, or can't be
	                                  heard any more because the port went down */
	LLDP_EVENT_TOO_MANY = 2, /* a neighbour was refused for lack of room */
};

enum {
	LLDP_LOCAL_TEXT = 128,
	LLDP_ORG_SLOTS = 4,
	LLDP_ORG_VALUE = 511,
	LLDP_LOCAL_MGMT = 32,
	LLDP_KNOWN_MAX = 4
};

struct lldp_known {       /* an organizational TLV the user understands, once per LLDPDU */
	uint32_t key;     /* OUI << 8 | subtype */
	unsigned min_len; /* octets of the whole value; a shorter one is dropped as if absent */
	unsigned
		step; /* and so is one that is not min_len + k * step octets long; 0: any longer one is good */
};

struct lldp_org_slot {
	uint16_t len; /* 0: empty */
	uint8_t octets[LLDP_ORG_VALUE];
};

struct lldp_agent {
	struct lldp_agent_cfg cfg;
	struct mac own;
	bool is_operational;
	struct lldp_tx tx;
	struct lldp_rx rx;
	struct lldp_counters counters;
	unsigned events; /* not yet taken */
	unsigned n_known;
	struct lldp_known known[LLDP_KNOWN_MAX];
	struct lldp_org_slot org[LLDP_ORG_SLOTS];
	size_t local_len;            /* 0: lldp_agent_set_local() not called yet, nothing is sent */
	uint8_t local[LLDP_PDU_MAX]; /* the local system's basic TLVs, as an LLDPDU */
};

/** Room for an agent's neighbour table; see common/carve.h. */
size_t lldp_agent_size(const struct lldp_agent_cfg *cfg);
/** `mem` is zeroed, lldp_agent_size() octets, and stays the caller's. Starts as BEGIN with the port not operational. */
void lldp_agent_init(struct lldp_agent *a, const struct lldp_agent_cfg *cfg, struct mac own, void *mem);
/** Timers and limits other than max_neighbours take effect at once; an admin change runs the machines (shutdown). */
void lldp_agent_set_cfg(struct lldp_agent *a, const struct lldp_agent_cfg *cfg, struct mono now);
void lldp_agent_set_operational(struct lldp_agent *a, bool is_up, struct mono now);
/** The local system's basic TLVs, copied; chassis, port, descriptions, capabilities, mgmt (org and ttl are ignored).
 * Texts are cut to LLDP_LOCAL_TEXT octets, longer mgmt values than LLDP_LOCAL_MGMT left out. Sets localChange only
 * when an octet differs. Transmission waits for the first call. */
void lldp_agent_set_local(struct lldp_agent *a, const struct lldp_pdu *local, struct mono now);
/** Organizational TLV in slot 0..3, whole value (OUI, subtype, information), copied; empty removes it. Sets
 * localChange only when an octet differs. */
void lldp_agent_set_org(struct lldp_agent *a, unsigned slot, struct span value, struct mono now);
/** The same, but what has changed waits for the next LLDPDU: no localChange. */
void lldp_agent_update_org(struct lldp_agent *a, unsigned slot, struct span value);
/** Say it all again without a change, to a neighbour that has just started or shows that it has not heard. Counts as a
 * localChange. */
void lldp_agent_repeat(struct lldp_agent *a, struct mono now);
/** What the user understands, up to LLDP_KNOWN_MAX; replaces the list. Judged when an LLDPDU comes in: a short or
 * repeated known TLV counts as discarded, any other organizational TLV as unrecognized. */
void lldp_agent_set_known(struct lldp_agent *a, const struct lldp_known *known, unsigned n);

/** A received LLDPDU (octets after the EtherType), frame addressed to cfg.da. Frames from `own` are ignored. */
void lldp_agent_rx(struct lldp_agent *a, struct mac sa, struct span octets, struct mono now);
void lldp_agent_on_time(struct lldp_agent *a, struct mono now);
struct mono lldp_agent_deadline(const struct lldp_agent *a);
/** Write the next LLDPDU to send (octets after the EtherType), if one is due now. */
bool lldp_agent_poll_tx(struct lldp_agent *a, struct mono now, struct wr *w);
/** Bits since the last call. */
unsigned lldp_agent_take_events(struct lldp_agent *a);

/** Users of the neighbour table report TLVs whose information they rejected. */
void lldp_agent_count_discarded(struct lldp_agent *a, unsigned n);

/** Neighbours known; those of a port that went down stay until they age or the port comes back. */
unsigned lldp_agent_n_neighbours(const struct lldp_agent *a);
/** Neighbour 0..n-1, valid until the next call that changes the agent. Its PDU is re-decoded from the stored octets. */
const struct lldp_neighbour *lldp_agent_neighbour(const struct lldp_agent *a, unsigned i);
/** Decode a stored neighbour (always succeeds for a neighbour of the table). */
void lldp_neighbour_pdu(const struct lldp_neighbour *n, struct lldp_pdu *ret);
/** The value of the known TLV in `pdu`: the first of a good length. False when there is none. */
bool lldp_pdu_find_org(const struct lldp_pdu *pdu, const struct lldp_known *known, struct span *ret);

#endif
