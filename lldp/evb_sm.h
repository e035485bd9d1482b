/*
 * EVB negotiation, station and bridge machines of one URP/SBP pair (802.1Q clause 40; evb-reference 3.2-3.4, 1.5).
 *
 * In: configuration, the peer's TLV (or its loss), the number of neighbours. Out: the TLV to send and the
 * operational values. The machine has no timers of its own except the reflective-relay alarm.
 */
#ifndef EVB_EVB_SM_H
#define EVB_EVB_SM_H

#include "evb_draft_tlv.h"
#include "evb_tlv.h"
#include "mono.h"
#include "qbg.h"

struct evb_cfg {
	enum qbg_edition edition; /* which EVB TLV is sent and heard */
	enum evb_mode role;       /* EVB_MODE_BRIDGE or EVB_MODE_STATION */
	bool is_enabled;          /* EVB TLV sent and received TLVs heard */
	bool is_manual;           /* evbSbpLldpManual / evbURPLldpManual */
	bool reflective_relay;    /* bridge: RR allowed (RRCAP); station: RR wanted (RRREQ) */
	bool group_ids;           /* bridge: BGID; station: SGID; draft: there are none */
	uint16_t max_vsis;        /* draft: VSIs that may be told of */
	uint8_t retries;          /* R 0..7 */
	uint8_t rte, rwd, rka;    /* exponents 0..31, units of 10 us * 2^e */
	struct dur
		rr_alarm; /* station: RRREQ without RRCTR for longer raises the alarm (3 * msgTxInterval) */
};

enum evb_peer {
	EVB_PEER_NONE,          /* nothing heard, aged out, withdrawn */
	EVB_PEER_OK,            /* the opposite mode */
	EVB_PEER_NOT_EVB,       /* mode 0 or 3 */
	EVB_PEER_ROLE_CONFLICT, /* the same mode as ours */
	EVB_PEER_MANY,          /* more than one LLDP neighbour */
};

struct evb_oper {
	enum evb_peer peer;
	bool is_ready;     /* ECP and VDP may run: peer OK (draft: and both ends have them), or manual mode */
	bool rr_requested; /* by the station */
	bool rr_capable;   /* of the bridge */
	bool rr_active;    /* bridge: RRCTR, relay reflects; station: RRSTAT is on */
	enum evb_rrstat rrstat;         /* station's belief */
	bool group_ids;                 /* both ends agreed */
	uint8_t retries, rte, rwd, rka; /* draft: retries are 2, and no wait depends on the others */
	bool rol_rwd, rol_rka;
	bool rr_alarm;   /* station asks, bridge has not granted for too long */
	bool rr_blocked; /* bridge: forced off by a BPDU until the next neighbour change */
};

/** The EVB TLVs of the only neighbour. */
struct evb_heard {
	bool has_ratified, has_draft;
	struct evb_tlv ratified;
	struct evb_draft_tlv draft;
};

struct evb_sm {
	struct evb_cfg cfg;
	struct evb_heard heard; /* as LLDP has it now */
	bool has_peer;          /* it has the TLV of the edition in force */
	struct evb_tlv peer; /* what that says, valid with has_peer; kept for display in every peer state */
	unsigned n_neighbours;
	uint16_t n_vsis;                    /* draft: told of */
	uint8_t proposed_rwd, proposed_rka; /* the peer's last with ROL=0; EVB_EXPONENT_MAX: none yet */
	struct evb_oper oper;
	struct mono alarm_at; /* when rr_alarm will be raised; never while not waiting */
};

void evb_sm_init(struct evb_sm *sm, const struct evb_cfg *cfg, struct mono now);
void evb_sm_set_cfg(struct evb_sm *sm, const struct evb_cfg *cfg, struct mono now);
/** The peer's TLVs as LLDP has them now; NULL: none. n_neighbours: of the nearest-customer-bridge agent. */
void evb_sm_on_heard(
	struct evb_sm *sm, const struct evb_heard *heard, unsigned n_neighbours, struct mono now);
/** The same with the ratified TLV only. */
void evb_sm_on_peer(struct evb_sm *sm, const struct evb_tlv *peer, unsigned n_neighbours, struct mono now);
/** VSIs of the port, for the draft's TLV. */
void evb_sm_set_vsis(struct evb_sm *sm, uint32_t n_vsis);
/** Has the peer just started, so that it has not heard of us? (A ratified bridge does not tell.) */
bool evb_sm_is_peer_new(const struct evb_sm *sm);
/** Bridge: a BPDU came in. Reflective relay goes off until the neighbour is another one or lost (new content of its
 * TLV is not enough, since it answers our RRCTR), or until the administrator withdraws RR (evb-reference 1.3). */
void evb_sm_on_bpdu(struct evb_sm *sm, struct mono now);
void evb_sm_on_time(struct evb_sm *sm, struct mono now);
struct mono evb_sm_deadline(const struct evb_sm *sm);
/** The ratified TLV to advertise while cfg.is_enabled; the draft's is evb_draft_local(). */
struct evb_tlv evb_sm_local(const struct evb_sm *sm);
const char *evb_peer_name(enum evb_peer p);

#endif
