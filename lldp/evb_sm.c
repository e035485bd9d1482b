/*
 * evb_sm.c - EVB negotiation of one URP/SBP pair (802.1Q clause 40, 6.6.5; evb-reference 3.2-3.4, 1.5).
 *
 * In: configuration, the peer's TLV as LLDP has it now, the number of LLDP neighbours, BPDUs, time. Out: struct evb_oper
 * and the TLV to advertise. LLDP does the sending, repeating and ageing.
 *
 * Almost everything is a function of the inputs in force: evaluate() works it out from nothing after each of them.
 * Three memories remain: rr_blocked (a BPDU was seen from this neighbour), alarm_at (since when the station has been
 * waiting for RRCTR) and the peer's own RWD and RKA, as far as it has told them (proposed_*).
 *
 * Three rules are worth knowing before reading:
 *  - Larger wins, and for RWD and RKA the ROL bit tells whose value it is. A value received with ROL=1 is ours, come
 *    back. If it's above ours it was our earlier one and is ignored, or both ends would hold each other's old maximum
 *    for ever. If it isn't, the peer's own value is what it said last with ROL=0, at most the one received.
 *    On equal values ROL is 1 at both ends, as lldpad does. Without the memory that alone would never settle: the
 *    larger end would take the echo of its value for a tie, say ROL=1, and so make the other let go of it.
 *  - R and RTE have no ROL, so we advertise our own proposal and not the maximum (an lldpad peer does otherwise).
 *  - Bits of the peer count only when it is in the opposite mode.
 * In the pre-standard generation the peer's TLV is translated first (evb_draft.c), so the same rules go for both; what
 * it has no words for keeps the local value, and no wait of ECP or VDP depends on it.
 *
 * In manual mode the operational values are the local ones whatever the peer says; a BPDU or a second neighbour still
 * stops reflection, as the danger they announce does not depend on who switched it on.
 */
#include "evb_draft.h"

#include "names.h"

static enum evb_peer classify(const struct evb_sm *sm)
{
	if (!sm->cfg.is_enabled)
		return EVB_PEER_NONE;
	if (sm->n_neighbours > 1)
		return EVB_PEER_MANY;
	if (!sm->has_peer)
		return EVB_PEER_NONE;
	if (sm->peer.mode != EVB_MODE_BRIDGE && sm->peer.mode != EVB_MODE_STATION)
		return EVB_PEER_NOT_EVB;
	return sm->peer.mode == sm->cfg.role ? EVB_PEER_ROLE_CONFLICT : EVB_PEER_OK;
}

static uint8_t min_u8(uint8_t a, uint8_t b)
{
	return a < b ? a : b;
}

static uint8_t max_u8(uint8_t a, uint8_t b)
{
	return a > b ? a : b;
}

/* One of RWD and RKA: larger wins, unless the peer only echoes a value that once was ours. */
static void negotiate(
	uint8_t local, uint8_t remote, bool rol, uint8_t proposed, uint8_t *ret_oper, bool *ret_rol)
{
	bool is_stale_echo = rol && remote > local;
	uint8_t own_of_peer = rol ? min_u8(remote, proposed) : remote;

	*ret_rol = !is_stale_echo && own_of_peer >= local;
	*ret_oper = *ret_rol ? own_of_peer : local;
}

static bool is_draft(const struct evb_sm *sm)
{
	return sm->cfg.edition == QBG_DRAFT;
}

static void evaluate_parameters(struct evb_sm *sm, bool is_heard)
{
	const struct evb_cfg *cfg = &sm->cfg;
	struct evb_oper *o = &sm->oper;

	o->retries = is_draft(sm) ? EVB_DRAFT_RETRIES : cfg->retries;
	o->rte = cfg->rte;
	o->rwd = cfg->rwd;
	o->rka = cfg->rka;
	if (is_heard && is_draft(sm))
		o->rte = evb_draft_rte(cfg->rte, &sm->heard.draft);
	if (!is_heard || is_draft(sm))
		return;
	o->retries = max_u8(cfg->retries, sm->peer.retries);
	o->rte = max_u8(cfg->rte, sm->peer.rte);
	negotiate(cfg->rwd, sm->peer.rwd, sm->peer.rol_rwd, sm->proposed_rwd, &o->rwd, &o->rol_rwd);
	negotiate(cfg->rka, sm->peer.rka, sm->peer.rol_rka, sm->proposed_rka, &o->rka, &o->rol_rka);
}

static enum evb_rrstat rrstat_of(uint8_t sstat)
{
	enum evb_rrstat s = (enum evb_rrstat)(sstat & EVB_RRSTAT_MASK);

	return s == EVB_RRSTAT_RESERVED ? EVB_RRSTAT_UNKNOWN : s;
}

static void evaluate_bridge(struct evb_sm *sm, bool is_heard)
{
	uint8_t sstat = is_heard ? sm->peer.station_raw : 0;
	struct evb_oper *o = &sm->oper;

	o->rr_capable = sm->cfg.reflective_relay;
	o->rr_requested = (sstat & EVB_RRREQ) != 0;
	o->rrstat = is_heard ? rrstat_of(sstat) : EVB_RRSTAT_UNKNOWN;
	o->group_ids = sm->cfg.group_ids && (sstat & EVB_SGID);
	if (sm->cfg.is_manual) {
		o->rr_requested = sm->cfg.reflective_relay;
		o->group_ids = sm->cfg.group_ids;
	}
	o->rr_active = o->rr_capable && o->rr_requested && !o->rr_blocked && o->peer != EVB_PEER_MANY;
}

/* RRCTR is believed whatever RRCAP says (3.4): the frames do come back. */
static void evaluate_station(struct evb_sm *sm, bool is_heard)
{
	uint8_t bstat = is_heard ? sm->peer.bridge_raw : 0;
	struct evb_oper *o = &sm->oper;

	o->rr_requested = sm->cfg.reflective_relay;
	o->rr_capable = (bstat & (EVB_RRCAP | EVB_RRCTR)) != 0;
	o->rrstat = !is_heard ? EVB_RRSTAT_UNKNOWN : bstat & EVB_RRCTR ? EVB_RRSTAT_ON : EVB_RRSTAT_OFF;
	o->group_ids = sm->cfg.group_ids && (bstat & EVB_BGID);
	if (sm->cfg.is_manual) {
		o->rr_capable = sm->cfg.reflective_relay;
		o->rrstat = sm->cfg.reflective_relay ? EVB_RRSTAT_ON : EVB_RRSTAT_OFF;
		o->group_ids = sm->cfg.group_ids;
	}
	o->rr_active = o->rrstat == EVB_RRSTAT_ON;
}

static void watch_alarm(struct evb_sm *sm, struct mono now)
{
	bool is_missing = sm->cfg.role == EVB_MODE_STATION && sm->cfg.is_enabled && sm->oper.rr_requested &&
			  !sm->oper.rr_active;

	if (!is_missing) {
		sm->oper.rr_alarm = false;
		sm->alarm_at = MONO_NEVER;
	} else if (mono_reached(sm->alarm_at, now)) {
		sm->oper.rr_alarm = true;
		sm->alarm_at = MONO_NEVER;
	} else if (!sm->oper.rr_alarm && mono_is_never(sm->alarm_at)) {
		sm->alarm_at = mono_add(now, sm->cfg.rr_alarm);
	}
}

/* The peer's own values, forgotten with the peer. */
static void remember_proposals(struct evb_sm *sm, bool is_heard)
{
	if (!is_heard)
		sm->proposed_rwd = sm->proposed_rka = EVB_EXPONENT_MAX;
	if (is_heard && !sm->peer.rol_rwd)
		sm->proposed_rwd = sm->peer.rwd;
	if (is_heard && !sm->peer.rol_rka)
		sm->proposed_rka = sm->peer.rka;
}

/* Everything anew from cfg, peer, n_neighbours and the memories. */
static void evaluate(struct evb_sm *sm, struct mono now)
{
	struct evb_oper o = { .peer = classify(sm), .rrstat = EVB_RRSTAT_UNKNOWN };
	bool is_heard = o.peer == EVB_PEER_OK;

	o.rr_blocked = sm->oper.rr_blocked;
	o.rr_alarm = sm->oper.rr_alarm;
	o.is_ready = sm->cfg.is_enabled &&
		     (sm->cfg.is_manual ||
			     (is_heard && (!is_draft(sm) || evb_draft_can_vdp(&sm->heard.draft))));
	sm->oper = o;
	remember_proposals(sm, is_heard);
	evaluate_parameters(sm, is_heard && !sm->cfg.is_manual);
	if (sm->cfg.is_enabled && sm->cfg.role == EVB_MODE_BRIDGE)
		evaluate_bridge(sm, is_heard);
	else if (sm->cfg.is_enabled)
		evaluate_station(sm, is_heard);
	sm->oper.group_ids = sm->oper.group_ids && !is_draft(sm);
	watch_alarm(sm, now);
}

/** What the peer says in the generation in force. */
static void read_peer(struct evb_sm *sm)
{
	const struct evb_heard *h = &sm->heard;

	sm->has_peer = is_draft(sm) ? h->has_draft : h->has_ratified;
	sm->peer = !sm->has_peer  ? (struct evb_tlv){ 0 }
		   : is_draft(sm) ? evb_draft_read(&h->draft, sm->cfg.role)
				  : h->ratified;
}

void evb_sm_init(struct evb_sm *sm, const struct evb_cfg *cfg, struct mono now)
{
	*sm = (struct evb_sm){ .cfg = *cfg, .alarm_at = MONO_NEVER };
	evaluate(sm, now);
}

void evb_sm_set_cfg(struct evb_sm *sm, const struct evb_cfg *cfg, struct mono now)
{
	if (cfg->rr_alarm.ns != sm->cfg.rr_alarm.ns)
		sm->alarm_at = MONO_NEVER; /* waits anew, by the new time */
	sm->cfg = *cfg;
	read_peer(sm);
	if (!cfg->is_enabled || !cfg->reflective_relay || cfg->role != EVB_MODE_BRIDGE)
		sm->oper.rr_blocked = false;
	evaluate(sm, now);
}

void evb_sm_on_heard(struct evb_sm *sm, const struct evb_heard *heard, unsigned n_neighbours, struct mono now)
{
	enum evb_peer old_peer = sm->oper.peer;
	unsigned old_n = sm->n_neighbours;

	sm->heard = heard ? *heard : (struct evb_heard){ 0 };
	read_peer(sm);
	sm->n_neighbours = n_neighbours;
	if (classify(sm) != old_peer || n_neighbours != old_n)
		sm->oper.rr_blocked = false;
	evaluate(sm, now);
}

void evb_sm_on_peer(struct evb_sm *sm, const struct evb_tlv *peer, unsigned n_neighbours, struct mono now)
{
	struct evb_heard heard = { .has_ratified = peer != NULL };

	if (peer)
		heard.ratified = *peer;
	evb_sm_on_heard(sm, &heard, n_neighbours, now);
}

void evb_sm_set_vsis(struct evb_sm *sm, uint32_t n_vsis)
{
	sm->n_vsis = (uint16_t)(n_vsis < UINT16_MAX ? n_vsis : UINT16_MAX);
}

bool evb_sm_is_peer_new(const struct evb_sm *sm)
{
	if (sm->oper.peer != EVB_PEER_OK)
		return false;
	if (is_draft(sm))
		return sm->heard.draft.ccap == 0;
	return sm->cfg.role == EVB_MODE_BRIDGE && rrstat_of(sm->peer.station_raw) == EVB_RRSTAT_UNKNOWN;
}

void evb_sm_on_bpdu(struct evb_sm *sm, struct mono now)
{
	if (sm->cfg.role != EVB_MODE_BRIDGE || !sm->oper.is_ready || !sm->oper.rr_capable)
		return;
	sm->oper.rr_blocked = true;
	evaluate(sm, now);
}

void evb_sm_on_time(struct evb_sm *sm, struct mono now)
{
	watch_alarm(sm, now);
}

struct mono evb_sm_deadline(const struct evb_sm *sm)
{
	return sm->alarm_at;
}

static uint8_t bridge_status(const struct evb_sm *sm)
{
	return (uint8_t)((sm->cfg.group_ids ? EVB_BGID : 0) | (sm->oper.rr_capable ? EVB_RRCAP : 0) |
			 (sm->oper.rr_active ? EVB_RRCTR : 0));
}

static uint8_t station_status(const struct evb_sm *sm)
{
	return (uint8_t)((sm->cfg.group_ids ? EVB_SGID : 0) | (sm->oper.rr_requested ? EVB_RRREQ : 0) |
			 sm->oper.rrstat);
}

/* 3.2: each side fills its own status and echoes the other's. */
struct evb_tlv evb_sm_local(const struct evb_sm *sm)
{
	bool is_bridge = sm->cfg.role == EVB_MODE_BRIDGE;
	bool is_heard = sm->oper.peer == EVB_PEER_OK;

	return (struct evb_tlv){
		.bridge_raw = is_bridge  ? bridge_status(sm)
			      : is_heard ? sm->peer.bridge_raw
					 : 0,
		.station_raw = !is_bridge ? station_status(sm)
			       : is_heard ? sm->peer.station_raw
					  : 0,
		.retries = sm->cfg.retries,
		.rte = sm->cfg.rte,
		.mode = sm->cfg.role,
		.rol_rwd = sm->oper.rol_rwd,
		.rwd = sm->oper.rwd,
		.rol_rka = sm->oper.rol_rka,
		.rka = sm->oper.rka,
	};
}

const char *evb_peer_name(enum evb_peer p)
{
	static const struct name_row names[] = {
		{ EVB_PEER_NONE, "none" },
		{ EVB_PEER_OK, "ok" },
		{ EVB_PEER_NOT_EVB, "not_evb" },
		{ EVB_PEER_ROLE_CONFLICT, "role_conflict" },
		{ EVB_PEER_MANY, "many" },
		{ 0, NULL },
	};

	return names_text(names, (int)p, "unknown");
}
