/*
 * cdcp_sm.c - CDCP of one UAP, station and bridge (802.1Q clause 42; evb-reference 1.2, 4.2-4.4).
 *
 *              enabled, port up                            TLV of the opposite role, SComp=1
 *  NOT_RUNNING -----------------> WAIT_PEER ------------------------------------------> RUNNING
 *      ^   \                        ^    ^                                               |   ^
 *      |    \ restored channels     |    +----- same role, SComp=0 (at once) ------------+   |
 *      |     '---------> HOLDING ---+                                                    |   |
 *      |                  ^   \     hold over, same role, SComp=0                        |   |
 *      |                  |    '------------------------------ TLV heard ----------------|---+
 *      |                  +--------------------------------- TLV lost -------------------+
 *      +--- from each: disabled, port down (at once)
 *
 * In: configuration, wants, the peer's TLV as LLDP has it now, port, time. Out: the TLV to advertise and the channels
 * that are operational. LLDP does the sending, repeating and ageing; the only timer is the hold.
 *
 * evaluate() works everything out after each input. It chooses which SCIDs have a place within oper_chn_cap ("asked"),
 * takes the SVIDs of the others away, and while RUNNING gives out new ones: a station adopts those of the bridge's list,
 * a bridge assigns. An SCID that is asked for keeps its SVID as a memory when RUNNING ends, so both ends come back to
 * the same assignment. A channel is operational if it has an SVID and the state is RUNNING or HOLDING.
 *
 * What the user has set up is kept beside (built), and cdcp_sm_next_change() walks the difference. However many inputs
 * come between two walks, the user sees only what matters in the end, tear-downs first.
 *
 * Four choices the reference leaves open:
 *  - A bridge settles the pairs that name an SVID before it takes any from the pool, and takes none that a pair without
 *    a place names; a new channel could be given the SVID that the station still uses for another one.
 *  - Pairs that are ignored do not count as one of the first ChnCap.
 *  - A station that gave up an SCID, and said so, takes nothing for it from a list that is older than its new wish (4.4: a
 *    pair it never asked for): if LLDPDUs were lost, the SVID in it may be another channel's by now.
 *  - A second LLDP neighbour is a loss like any other and has the hold: a peer that restarts under another name leaves
 *    its old self behind for a TTL.
 *
 * Each SVID belongs to one SCID at most, the default channel is always there, and a list of 167 pairs costs a few
 * hundred steps.
 */
#include "cdcp_sm.h"

#include <assert.h>

static bool is_running_or_holding(const struct cdcp_sm *sm)
{
	return sm->state == CDCP_RUNNING || sm->state == CDCP_HOLDING;
}

static uint16_t min_u16(uint16_t a, uint16_t b)
{
	return a < b ? a : b;
}

static enum cdcp_peer classify(const struct cdcp_sm *sm)
{
	if (sm->cfg.is_enabled && sm->n_neighbours > 1)
		return CDCP_PEER_MANY;
	if (!sm->cfg.is_enabled || !sm->has_peer)
		return CDCP_PEER_NONE;
	if (sm->peer.role == sm->cfg.role)
		return CDCP_PEER_ROLE_CONFLICT;
	return sm->peer.has_scomp ? CDCP_PEER_OK : CDCP_PEER_NO_SCOMP;
}

/* The TLV is lost, or was not heard yet. */
static enum cdcp_state state_without_peer(struct cdcp_sm *sm, struct mono now)
{
	if (sm->state == CDCP_RUNNING) {
		sm->hold_until = mono_add(now, sm->cfg.hold);
		sm->n.holds++;
	} else if (sm->has_restored) {
		sm->hold_until = mono_add(now, sm->cfg.restore_hold);
	} else if (sm->state != CDCP_HOLDING) {
		return CDCP_WAIT_PEER;
	}
	sm->has_restored = false;
	if (!mono_reached(sm->hold_until, now))
		return CDCP_HOLDING;
	sm->n.hold_expiries++;
	return CDCP_WAIT_PEER;
}

static enum cdcp_state next_state(struct cdcp_sm *sm, struct mono now)
{
	if (!sm->cfg.is_enabled || !sm->is_operational)
		return CDCP_NOT_RUNNING;
	if (sm->peer_is == CDCP_PEER_NONE || sm->peer_is == CDCP_PEER_MANY)
		return state_without_peer(sm, now);
	sm->has_restored = false; /* the peer decides */
	return sm->peer_is == CDCP_PEER_OK ? CDCP_RUNNING : CDCP_WAIT_PEER;
}

static void run(struct cdcp_sm *sm, struct mono now)
{
	enum cdcp_peer peer_was = sm->peer_is;

	sm->peer_is = classify(sm);
	if (sm->peer_is == CDCP_PEER_ROLE_CONFLICT && peer_was != CDCP_PEER_ROLE_CONFLICT)
		sm->n.role_conflicts++;
	sm->state = next_state(sm, now);
	if (sm->state != CDCP_HOLDING)
		sm->hold_until = MONO_NEVER;
	if (sm->state == CDCP_RUNNING)
		sm->peer_cap = sm->peer.chn_cap;
	else if (sm->state != CDCP_HOLDING)
		sm->peer_cap = CDCP_PAIRS_MAX;
	sm->oper_chn_cap = min_u16(sm->cfg.chn_cap, sm->peer_cap);
}

/* The SCIDs that have a place: the first of the station's list, in its order; otherwise the lowest of those wanted or
 * remembered (4.2: the highest-numbered are dropped first). */
static struct cdcp_set choose(const struct cdcp_sm *sm)
{
	struct cdcp_set chosen = { 0 };
	uint16_t room = sm->oper_chn_cap, scid = 0;

	if (sm->cfg.role == CDCP_ROLE_BRIDGE && sm->state == CDCP_RUNNING) {
		for (unsigned i = 0; i < min_u16(sm->peer.n_pairs, room); i++)
			cdcp_set_add(&chosen, sm->peer.pair[i].scid);
		return chosen;
	}
	for (; room > 0; room--) {
		scid = cdcp_set_next(sm->cfg.role == CDCP_ROLE_STATION ? &sm->wants : &sm->asked, scid);
		if (scid == 0)
			break;
		cdcp_set_add(&chosen, scid);
	}
	return chosen;
}

static bool is_allowed(const struct cdcp_sm *sm, uint16_t scid)
{
	return sm->cfg.role == CDCP_ROLE_STATION || cdcp_pool_allows(sm->pool, scid, sm->svid[scid]);
}

/* SVIDs go from SCIDs that lost their place or may not have them any more. */
static void release(struct cdcp_sm *sm, const struct cdcp_set *asked, struct mono now)
{
	for (uint16_t scid = CDCP_DEFAULT; (scid = cdcp_set_next(&sm->asked, scid)) != 0;) {
		if (sm->svid[scid] == 0 || (cdcp_set_has(asked, scid) && is_allowed(sm, scid)))
			continue;
		if (sm->cfg.role == CDCP_ROLE_BRIDGE)
			cdcp_pool_free(sm->pool, sm->svid[scid], now);
		sm->svid[scid] = 0;
	}
}

/* Station: the bridge's list is the assignment, as far as we asked (4.2). */
static void adopt(struct cdcp_sm *sm)
{
	for (uint16_t scid = CDCP_DEFAULT; (scid = cdcp_set_next(&sm->asked, scid)) != 0;)
		sm->svid[scid] = 0;
	for (unsigned i = 1; i < min_u16(sm->peer.n_pairs, sm->cfg.chn_cap); i++) {
		const struct cdcp_pair *p = &sm->peer.pair[i];

		if (cdcp_set_has(&sm->asked, p->scid) && !cdcp_set_has(&sm->unheard, p->scid))
			sm->svid[p->scid] = p->svid;
	}
}

/* Bridge: an SCID keeps what it has; one that has none gets the one fixed for it, the one it names, any (4.2) that the
 * station has for no other. */
static void assign(struct cdcp_sm *sm, struct mono now)
{
	unsigned n = min_u16(sm->peer.n_pairs, sm->oper_chn_cap);
	struct cdcp_set named = { 0 };

	for (unsigned i = 1; i < sm->peer.n_pairs; i++)
		cdcp_set_add(&named, sm->peer.pair[i].svid);
	for (unsigned i = 1; i < n; i++) {
		const struct cdcp_pair *p = &sm->peer.pair[i];

		if (sm->svid[p->scid] == 0)
			sm->svid[p->scid] = cdcp_pool_claim(sm->pool, p->scid, p->svid, now);
	}
	for (unsigned i = 1; i < n; i++) {
		const struct cdcp_pair *p = &sm->peer.pair[i];

		cdcp_set_remove(&named, p->svid);
		if (sm->svid[p->scid] == 0)
			sm->svid[p->scid] = cdcp_pool_take(sm->pool, p->scid, &named);
		cdcp_set_add(&named, p->svid);
		sm->n.pool_empty += sm->svid[p->scid] == 0;
	}
}

/* What the peer's TLV says of SCIDs that were not in ours is old. */
static void note_unheard(struct cdcp_sm *sm, const struct cdcp_set *asked, struct mono now)
{
	for (unsigned w = 0; w < sizeof(asked->word) / sizeof(asked->word[0]); w++) {
		uint64_t fresh = asked->word[w] & ~sm->asked.word[w] & ~sm->told.word[w];

		sm->unheard.word[w] |= fresh;
		if (fresh != 0)
			sm->unheard_since = now;
	}
}

static void evaluate(struct cdcp_sm *sm, struct mono now)
{
	struct cdcp_set asked;

	run(sm, now);
	asked = choose(sm);
	release(sm, &asked, now);
	note_unheard(sm, &asked, now);
	sm->asked = asked;
	if (sm->state == CDCP_RUNNING && sm->cfg.role == CDCP_ROLE_STATION)
		adopt(sm);
	else if (sm->state == CDCP_RUNNING)
		assign(sm, now);
	sm->is_tearing_done = false;
	sm->cursor = 0;
}

const char *cdcp_cfg_error(const struct cdcp_cfg *cfg)
{
	if (cfg->chn_cap < 1 || cfg->chn_cap > CDCP_PAIRS_MAX)
		return "the number of S-channels must be 1 to 167";
	if (cfg->role == CDCP_ROLE_STATION)
		return NULL;
	if (cfg->svid_low <= CDCP_DEFAULT || cfg->svid_high > CDCP_ID_MAX)
		return "the SVID pool must lie within 2 to 4094";
	return cfg->svid_low > cfg->svid_high ? "the SVID pool ends below its beginning" : NULL;
}

void cdcp_sm_init(struct cdcp_sm *sm, const struct cdcp_cfg *cfg, struct cdcp_pool *pool, struct mono now)
{
	assert(cdcp_cfg_error(cfg) == NULL);
	assert(cfg->role == CDCP_ROLE_STATION || pool != NULL);
	*sm = (struct cdcp_sm){ .cfg = *cfg, .pool = pool, .hold_until = MONO_NEVER };
	if (cfg->role == CDCP_ROLE_BRIDGE)
		cdcp_pool_init(pool, cfg->svid_low, cfg->svid_high);
	cdcp_set_add(&sm->wants, CDCP_DEFAULT);
	sm->asked = sm->built = sm->wants;
	sm->svid[CDCP_DEFAULT] = sm->built_svid[CDCP_DEFAULT] = CDCP_DEFAULT;
	evaluate(sm, now);
}

void cdcp_sm_set_cfg(struct cdcp_sm *sm, const struct cdcp_cfg *cfg, struct mono now)
{
	assert(cdcp_cfg_error(cfg) == NULL);
	assert(cfg->role == sm->cfg.role);
	sm->cfg = *cfg;
	if (!cfg->is_enabled)
		sm->has_restored = false;
	if (cfg->role == CDCP_ROLE_BRIDGE)
		cdcp_pool_set_range(sm->pool, cfg->svid_low, cfg->svid_high);
	evaluate(sm, now);
}

bool cdcp_sm_set_wants(struct cdcp_sm *sm, const uint16_t *scid, unsigned n, struct mono now)
{
	struct cdcp_set wants = { 0 };
	unsigned n_wants = 1;

	cdcp_set_add(&wants, CDCP_DEFAULT);
	for (unsigned i = 0; i < n; i++) {
		if (scid[i] < 1 || scid[i] > CDCP_ID_MAX)
			return false;
		n_wants += !cdcp_set_has(&wants, scid[i]);
		cdcp_set_add(&wants, scid[i]);
	}
	if (n_wants > CDCP_PAIRS_MAX)
		return false;
	sm->wants = wants;
	evaluate(sm, now);
	return true;
}

static bool is_id(uint16_t id)
{
	return id > CDCP_DEFAULT && id <= CDCP_ID_MAX;
}

bool cdcp_sm_set_fixed(struct cdcp_sm *sm, const struct cdcp_pair *fixed, unsigned n, struct mono now)
{
	struct cdcp_set scids = { 0 }, svids = { 0 };

	assert(sm->cfg.role == CDCP_ROLE_BRIDGE);
	for (unsigned i = 0; i < n; i++) {
		if (!is_id(fixed[i].scid) || cdcp_set_has(&scids, fixed[i].scid))
			return false;
		if (!is_id(fixed[i].svid) || cdcp_set_has(&svids, fixed[i].svid))
			return false;
		cdcp_set_add(&scids, fixed[i].scid);
		cdcp_set_add(&svids, fixed[i].svid);
	}
	cdcp_pool_set_fixed(sm->pool, fixed, n);
	evaluate(sm, now);
	return true;
}

/* A restored pair of a station (it must be asked already) or of a bridge (it becomes asked). */
static bool restore_pair(struct cdcp_sm *sm, struct cdcp_pair p, struct mono now)
{
	if (!is_id(p.scid) || !is_id(p.svid) || sm->svid[p.scid] != 0)
		return false;
	if (sm->cfg.role == CDCP_ROLE_STATION && !cdcp_set_has(&sm->asked, p.scid))
		return false;
	if (sm->cfg.role == CDCP_ROLE_BRIDGE && (!cdcp_pool_allows(sm->pool, p.scid, p.svid) ||
							cdcp_pool_claim(sm->pool, p.scid, p.svid, now) == 0))
		return false;
	cdcp_set_add(&sm->asked, p.scid);
	sm->svid[p.scid] = p.svid;
	return true;
}

void cdcp_sm_restore(struct cdcp_sm *sm, const struct cdcp_pair *channels, unsigned n, struct mono now)
{
	struct cdcp_set svids = { 0 };

	if (sm->has_peer || is_running_or_holding(sm))
		return;
	for (uint16_t scid = 0; (scid = cdcp_set_next(&sm->asked, scid)) != 0;)
		cdcp_set_add(&svids, sm->svid[scid]);
	for (unsigned i = 0; i < n; i++) {
		if (cdcp_set_has(&svids, channels[i].svid) || !restore_pair(sm, channels[i], now))
			continue;
		cdcp_set_add(&svids, channels[i].svid);
		sm->has_restored = sm->cfg.is_enabled;
	}
	evaluate(sm, now);
}

void cdcp_sm_set_operational(struct cdcp_sm *sm, bool is_up, struct mono now)
{
	sm->is_operational = is_up;
	if (!is_up) {
		sm->has_peer = false;
		sm->n_neighbours = 0;
	}
	evaluate(sm, now);
}

void cdcp_sm_on_peer(struct cdcp_sm *sm, const struct cdcp_tlv *peer, unsigned n_neighbours, struct mono now)
{
	uint16_t looked_at;

	sm->has_peer = peer != NULL;
	sm->n_neighbours = n_neighbours;
	if (peer) {
		sm->peer = *peer;
		sm->unheard = (struct cdcp_set){ 0 };
	}
	evaluate(sm, now);
	if (!peer)
		return;
	looked_at = sm->cfg.role == CDCP_ROLE_STATION ? sm->cfg.chn_cap : sm->oper_chn_cap;
	sm->n.rx_tlvs++;
	sm->n.pairs_bad += peer->n_bad;
	if (sm->state == CDCP_RUNNING && peer->n_pairs > looked_at)
		sm->n.pairs_over_cap += peer->n_pairs - looked_at;
}

void cdcp_sm_on_time(struct cdcp_sm *sm, struct mono now)
{
	if (mono_reached(sm->hold_until, now))
		evaluate(sm, now);
}

struct mono cdcp_sm_deadline(const struct cdcp_sm *sm)
{
	return sm->hold_until;
}

/* 4.3: a bridge that waits says (1,1) only. While holding it says what it has, or its station would tear down. */
bool cdcp_sm_local(const struct cdcp_sm *sm, struct cdcp_tlv *ret)
{
	bool has_list = sm->cfg.role == CDCP_ROLE_STATION || is_running_or_holding(sm);

	if (sm->state == CDCP_NOT_RUNNING)
		return false;
	*ret = (struct cdcp_tlv){
		.role = sm->cfg.role,
		.has_scomp = true,
		.chn_cap = sm->cfg.chn_cap,
		.n_pairs = 1,
		.pair = { { CDCP_DEFAULT, CDCP_DEFAULT } },
	};
	for (uint16_t scid = CDCP_DEFAULT; has_list && (scid = cdcp_set_next(&sm->asked, scid)) != 0;)
		ret->pair[ret->n_pairs++] = (struct cdcp_pair){ scid, sm->svid[scid] };
	return true;
}

void cdcp_sm_on_told(struct cdcp_sm *sm)
{
	sm->told = sm->state == CDCP_NOT_RUNNING ? (struct cdcp_set){ 0 } : sm->asked;
}

bool cdcp_sm_wants_word(const struct cdcp_sm *sm)
{
	bool is_any = false;

	for (unsigned w = 0; w < sizeof(sm->asked.word) / sizeof(sm->asked.word[0]); w++)
		is_any = is_any || (sm->asked.word[w] & sm->unheard.word[w]) != 0;
	return is_any && sm->state == CDCP_RUNNING && sm->cfg.role == CDCP_ROLE_STATION;
}

bool cdcp_sm_next_change(struct cdcp_sm *sm, struct cdcp_change *ret)
{
	while (!sm->is_tearing_done) {
		uint16_t scid = sm->cursor = cdcp_set_next(&sm->built, sm->cursor);

		sm->is_tearing_done = scid == 0;
		if (scid == 0 || sm->built_svid[scid] == cdcp_sm_svid(sm, scid))
			continue;
		cdcp_set_remove(&sm->built, scid);
		sm->n.torn_down++;
		*ret = (struct cdcp_change){ false, { scid, sm->built_svid[scid] } };
		return true;
	}
	while ((sm->cursor = cdcp_sm_next_channel(sm, sm->cursor)) != 0) {
		if (cdcp_set_has(&sm->built, sm->cursor))
			continue;
		cdcp_set_add(&sm->built, sm->cursor);
		sm->built_svid[sm->cursor] = sm->svid[sm->cursor];
		sm->n.set_up++;
		*ret = (struct cdcp_change){ true, { sm->cursor, sm->svid[sm->cursor] } };
		return true;
	}
	return false;
}

uint16_t cdcp_sm_svid(const struct cdcp_sm *sm, uint16_t scid)
{
	if (scid > CDCP_ID_MAX || (scid != CDCP_DEFAULT && !is_running_or_holding(sm)))
		return 0;
	return sm->svid[scid];
}

uint16_t cdcp_sm_next_channel(const struct cdcp_sm *sm, uint16_t after)
{
	do
		after = cdcp_set_next(&sm->asked, after);
	while (after != 0 && cdcp_sm_svid(sm, after) == 0);
	return after;
}
