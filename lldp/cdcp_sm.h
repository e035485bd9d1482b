/*
 * CDCP, station and bridge machine of one UAP (802.1Q clause 42; evb-reference 1.2, 4.2-4.4).
 *
 * In: configuration, what the station wants, the peer's TLV or its loss, port state, time. Out, pulled after every
 * input: cdcp_sm_next_change() until it returns false, cdcp_sm_local(), cdcp_sm_deadline().
 *
 * The default channel (1,1) is always operational and never reported as a change; with it alone, traffic is untagged
 * and no S-VLAN component is needed.
 */
#ifndef EVB_CDCP_SM_H
#define EVB_CDCP_SM_H

#include "cdcp_pool.h"
#include "cdcp_set.h"
#include "cdcp_tlv.h"
#include "mono.h"

struct cdcp_cfg {
	bool is_enabled;              /* UAPSchCdcpAdminEnable: TLV sent, received ones heard */
	enum cdcp_role role;          /* UAPSchAdminCDCPRole; that of cdcp_sm_init() for good */
	uint16_t chn_cap;             /* UAPSchAdminCDCPChanCap 1..167, the default channel included */
	uint16_t svid_low, svid_high; /* bridge: UAPSchAdminCDCPSVIDPoolLow/High, within 2..4094 */
	struct dur hold;              /* channels outlive the peer's TLV for so long (3 s) */
	struct dur restore_hold;      /* restored channels wait so long for the peer's first TLV (its TTL) */
};

enum cdcp_state {         /* evb-reference 4.3; UAPSchOperState is running in CDCP_RUNNING only */
	CDCP_NOT_RUNNING, /* disabled or port down */
	CDCP_WAIT_PEER,   /* for as long as it takes; only the default channel */
	CDCP_RUNNING,
	CDCP_HOLDING, /* TLV lost or not heard yet after a restart: channels stay until the deadline */
};

enum cdcp_peer {
	CDCP_PEER_NONE,          /* nothing heard, aged out, withdrawn */
	CDCP_PEER_OK,            /* the opposite role, with an S-VLAN component */
	CDCP_PEER_ROLE_CONFLICT, /* the same role as ours */
	CDCP_PEER_NO_SCOMP,      /* it says it has no S-VLAN component */
	CDCP_PEER_MANY,          /* more than one LLDP neighbour: as if lost */
};

enum cdcp_why {            /* a channel is not there */
	CDCP_WHY_NONE,     /* it is operational, or nobody wants it */
	CDCP_WHY_DISABLED, /* CDCP is switched off */
	CDCP_WHY_PORT_DOWN,
	CDCP_WHY_OWN_CAP, /* above our own ChnCap */
	CDCP_WHY_NO_PEER,
	CDCP_WHY_ROLE_CONFLICT,
	CDCP_WHY_NO_SCOMP,
	CDCP_WHY_MANY,
	CDCP_WHY_PEER_CAP,    /* above the peer's ChnCap */
	CDCP_WHY_NOT_IN_LIST, /* station: asked for, the bridge's list has no such pair (yet) */
	CDCP_WHY_NO_SVID,     /* station: the bridge answered (scid,0) */
	CDCP_WHY_POOL_EMPTY,  /* bridge: the station asks, no SVID is free */
};
enum { CDCP_WHY_TEXT = 80 };

struct cdcp_counters {
	uint64_t rx_tlvs;        /* TLVs heard */
	uint64_t pairs_bad;      /* of those, pairs that 4.4 tells to ignore or to take for (scid,0) */
	uint64_t pairs_over_cap; /* of those, pairs above ChnCap, not looked at */
	uint64_t role_conflicts; /* times the peer turned out to have our role */
	uint64_t pool_empty;     /* bridge: pairs answered (scid,0) */
	uint64_t holds;          /* times the TLV was lost while running */
	uint64_t hold_expiries;  /* holds, also of restored channels, that ended in tear-down */
	uint64_t set_up;         /* changes reported */
	uint64_t torn_down;
};

struct cdcp_change {
	bool is_up; /* set the channel up; false: tear it down */
	struct cdcp_pair channel;
};

struct cdcp_sm {
	struct cdcp_cfg cfg;
	struct cdcp_pool *pool; /* bridge only */
	bool is_operational;    /* the port */
	enum cdcp_state state;
	enum cdcp_peer peer_is;
	bool has_peer;        /* SchCdcpRemoteEnabled */
	struct cdcp_tlv peer; /* last TLV heard, valid with has_peer; kept for display in every peer state */
	unsigned n_neighbours;
	uint16_t peer_cap;     /* its ChnCap while running or holding, otherwise 167 */
	uint16_t oper_chn_cap; /* UAPSchOperCDCPChanCap: min of ours and the peer's */
	bool has_restored;     /* restored pairs wait for the port */
	struct mono hold_until;
	struct cdcp_set wants;          /* station: SCIDs the user wants */
	struct cdcp_set asked;          /* SCIDs within oper_chn_cap: wanted, or in the station's list */
	uint16_t svid[CDCP_ID_MAX + 1]; /* per SCID: assigned or remembered; 0: none, or not asked */
	struct cdcp_set told;           /* station: those of the TLV that was advertised last */
	struct cdcp_set unheard;   /* station: asked for since; the peer's TLV so far does not mean them */
	struct mono unheard_since; /* since the youngest of them was asked for */
	struct cdcp_set built;     /* channels that the user has been told to set up */
	uint16_t built_svid[CDCP_ID_MAX + 1];
	bool is_tearing_done; /* cdcp_sm_next_change(): tear-downs are all told */
	uint16_t cursor;      /* where it goes on */
	struct cdcp_counters n;
};

/** NULL when the values are in range, otherwise what is wrong (MGMT-03). */
const char *cdcp_cfg_error(const struct cdcp_cfg *cfg);

/** cfg must be free of cdcp_cfg_error(). pool: the caller's memory, for a bridge; NULL for a station. Starts with the
 * port down and no wants. */
void cdcp_sm_init(struct cdcp_sm *sm, const struct cdcp_cfg *cfg, struct cdcp_pool *pool, struct mono now);
/** As above, same role. Lower limits and a smaller pool take channels away at once. */
void cdcp_sm_set_cfg(struct cdcp_sm *sm, const struct cdcp_cfg *cfg, struct mono now);
/** Station: the SCIDs wanted, in any order; replaces the set. 1 is always in it. False, and nothing changes, when one
 * is not in 1..4094 or there are more than 167. Those above ChnCap wait; see cdcp_sm_why(). */
bool cdcp_sm_set_wants(struct cdcp_sm *sm, const uint16_t *scid, unsigned n, struct mono now);
/** Bridge: pairs fixed by the administrator, in or out of the pool; replaces them. If the station asks for the SCID it
 * gets this SVID, and no other SCID does; a channel that has another SVID is rebuilt. False, and nothing changes, when
 * an identifier is not in 2..4094 or stands twice. (A channel that is to exist without CDCP is the user's own.) */
bool cdcp_sm_set_fixed(struct cdcp_sm *sm, const struct cdcp_pair *fixed, unsigned n, struct mono now);
/**
 * Channels of before a restart, once, after wants and fixed pairs are set. Operational as soon as the port is, until the
 * peer's first TLV decides or restore_hold has passed. Left out: pairs not wanted, not allowed by pool or fixed pairs,
 * used twice, above ChnCap. Ignored once a peer has been heard.
 */
void cdcp_sm_restore(struct cdcp_sm *sm, const struct cdcp_pair *channels, unsigned n, struct mono now);
/** Port up or down. Down forgets the peer and tears down at once. */
void cdcp_sm_set_operational(struct cdcp_sm *sm, bool is_up, struct mono now);
/** The peer's TLV as LLDP has it now, copied; NULL: none. n_neighbours: of the agent it came from. A TLV that can't be
 * decoded is no call at all (4.4). */
void cdcp_sm_on_peer(struct cdcp_sm *sm, const struct cdcp_tlv *peer, unsigned n_neighbours, struct mono now);
void cdcp_sm_on_time(struct cdcp_sm *sm, struct mono now);
/** End of the hold; never in the other states. */
struct mono cdcp_sm_deadline(const struct cdcp_sm *sm);

/** The TLV to advertise; false: none (CDCP_NOT_RUNNING). */
bool cdcp_sm_local(const struct cdcp_sm *sm, struct cdcp_tlv *ret);
/** That TLV has gone out on the wire. A wish that was given up and taken back before that is none the peer could miss. */
void cdcp_sm_on_told(struct cdcp_sm *sm);
/** A TLV that the peer repeats unchanged is news, too: cdcp_sm_on_peer() is needed when the next LLDPDU comes with it. */
bool cdcp_sm_wants_word(const struct cdcp_sm *sm);
/**
 * The next step from the channels the user has to those that are operational; to be called until false after every
 * input. All tear-downs come before the first set-up, so no SVID is ever in two channels. A channel whose SVID changed
 * is torn down with the old and set up with the new one.
 */
bool cdcp_sm_next_change(struct cdcp_sm *sm, struct cdcp_change *ret);
/** SVID of an operational channel; 0: it is not operational. */
uint16_t cdcp_sm_svid(const struct cdcp_sm *sm, uint16_t scid);
/** The first operational channel above `after`, ascending from 0; 0 at the end. The default channel is the first. */
uint16_t cdcp_sm_next_channel(const struct cdcp_sm *sm, uint16_t after);
/** Why a channel that the station wants, or asked the bridge for, is missing. */
enum cdcp_why cdcp_sm_why(const struct cdcp_sm *sm, uint16_t scid);
/** The same as a phrase: "more than the bridge's 2 channels". Empty for CDCP_WHY_NONE. */
void cdcp_why_text(const struct cdcp_sm *sm, enum cdcp_why why, char ret[CDCP_WHY_TEXT]);

const char *cdcp_state_name(enum cdcp_state s);
const char *cdcp_peer_name(enum cdcp_peer p);

#endif
