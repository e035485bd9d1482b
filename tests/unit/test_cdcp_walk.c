/*
 * The CDCP machine alone, exhaustively: every order of inputs and timers in both roles, from five states (starts); the
 * user pulls all changes after each input, or only one (evb-reference 4.2-4.4).
 *
 * SVIDs are 10 to 12, SCIDs 2 to 4, so a level of the walk needs only the beginning of the pool's table copied.
 */
#include "cdcp_rig.h"

enum { WALK_DEPTH = 4, SCIDS = 6, SVIDS = 64 };

struct walk {
	struct cdcp_sm sm;
	struct mono now;
	bool is_lazy;           /* one change per input */
	bool was_running;       /* before the last input */
	bool is_restored;       /* the hold, if there is one, is of restored channels */
	bool knows_peer;        /* what was said last of the peer, as the machine must see it */
	enum cdcp_peer peer_is; /* what was said last */
	uint16_t peer_cap;
	struct mono hold_until;
	uint16_t cap[SCIDS];
	uint16_t by_svid[SVIDS];
	struct cdcp_pool pool; /* last: copied in part */
};

static struct walk level[WALK_DEPTH + 2];

#define TLV(role_, scomp_, cap_, n_, ...)                                                                    \
	{                                                                                                    \
		.role = CDCP_ROLE_##role_, .has_scomp = (scomp_), .chn_cap = (cap_), .n_pairs = (n_),        \
		.pair = {                                                                                    \
			{ 1, 1 },                                                                            \
			__VA_ARGS__                                                                          \
		}                                                                                            \
	}
static const struct cdcp_tlv walk_peers[] = {
	TLV(STATION, true, 167, 3, { 2, 0 }, { 3, 0 }),
	TLV(STATION, true, 167, 4, { 4, 10 }, { 3, 0 }, { 2, 12 }),
	TLV(STATION, true, 2, 3, { 3, 11 }, { 2, 0 }),
	TLV(STATION, true, 167, 1, { 0, 0 }),
	TLV(BRIDGE, true, 64, 3, { 2, 10 }, { 3, 11 }),
	TLV(BRIDGE, true, 64, 4, { 2, 11 }, { 3, 10 }, { 4, 12 }),
	TLV(BRIDGE, true, 2, 3, { 3, 11 }, { 2, 0 }),
	TLV(STATION, false, 64, 2, { 2, 10 }),
	TLV(BRIDGE, false, 64, 2, { 2, 10 }),
};
enum { N_PEERS = sizeof(walk_peers) / sizeof(walk_peers[0]) };

enum {
	EVENT_ENABLE = N_PEERS,
	EVENT_PORT,
	EVENT_CAP,
	EVENT_OWN,   /* bridge: the pool; station: what it wants */
	EVENT_FIXED, /* bridge: a fixed pair; station: wants nothing */
	EVENT_RESTORE,
	EVENT_LOST,
	EVENT_NO_TLV,
	EVENT_MANY,
	EVENT_EARLY,
	EVENT_DEADLINE,
	N_EVENTS,
};

static bool is_bridge(const struct walk *w)
{
	return w->sm.cfg.role == CDCP_ROLE_BRIDGE;
}

static bool is_up(const struct walk *w)
{
	return w->sm.cfg.is_enabled && w->sm.is_operational;
}

static void pull(struct walk *w)
{
	struct cdcp_change c;

	while (cdcp_sm_next_change(&w->sm, &c)) {
		uint16_t scid = c.channel.scid, svid = c.channel.svid;

		HOLDS(scid > 1 && scid < SCIDS && svid > 1 && svid < SVIDS);
		HOLDS(w->cap[scid] == (c.is_up ? 0 : svid) && w->by_svid[svid] == (c.is_up ? 0 : scid));
		w->cap[scid] = c.is_up ? svid : 0;
		w->by_svid[svid] = c.is_up ? scid : 0;
		if (w->is_lazy)
			return;
	}
	for (uint16_t scid = 2; scid < SCIDS; scid++)
		HOLDS(w->cap[scid] == cdcp_sm_svid(&w->sm, scid));
}

/* The states, from what happened. */
static void check_state(const struct walk *w)
{
	const struct cdcp_sm *sm = &w->sm;
	bool is_lost = w->peer_is == CDCP_PEER_NONE || w->peer_is == CDCP_PEER_MANY;

	HOLDS((sm->state == CDCP_NOT_RUNNING) == !is_up(w));
	HOLDS((sm->state == CDCP_RUNNING) == (is_up(w) && w->peer_is == CDCP_PEER_OK));
	HOLDS(sm->state != CDCP_HOLDING || is_lost);
	HOLDS(!is_up(w) || !w->was_running || !is_lost || sm->state == CDCP_HOLDING);
	HOLDS(sm->peer_is == (sm->cfg.is_enabled ? w->peer_is : CDCP_PEER_NONE));
	/* Only the hold has an end; WAIT_PEER and NOT_RUNNING wait for others. */
	HOLDS(mono_is_never(cdcp_sm_deadline(sm)) == (sm->state != CDCP_HOLDING));
	HOLDS(sm->state != CDCP_HOLDING || mono_before(w->now, cdcp_sm_deadline(sm)));
	HOLDS(sm->state != CDCP_HOLDING || cdcp_sm_deadline(sm).ns == w->hold_until.ns);
	HOLDS(sm->oper_chn_cap == (sm->cfg.chn_cap < w->peer_cap ? sm->cfg.chn_cap : w->peer_cap));
}

static void check_channels(const struct walk *w)
{
	const struct cdcp_sm *sm = &w->sm;
	bool has_channels = sm->state == CDCP_RUNNING || sm->state == CDCP_HOLDING;
	struct cdcp_set svids = { 0 };
	unsigned n = 0;

	HOLDS(cdcp_sm_next_channel(sm, 0) == 1 && cdcp_sm_svid(sm, 1) == 1);
	for (uint16_t scid = 0; (scid = cdcp_sm_next_channel(sm, scid)) != 0; n++) {
		uint16_t svid = cdcp_sm_svid(sm, scid);

		HOLDS(svid != 0 && !cdcp_set_has(&svids, svid));
		HOLDS(scid == 1 || has_channels);
		HOLDS(is_bridge(w) || cdcp_set_has(&sm->wants, scid));
		HOLDS(!is_bridge(w) || scid == 1 || cdcp_pool_allows(&w->pool, scid, svid));
		HOLDS(!is_bridge(w) || scid == 1 || w->pool.svid[svid].scid == scid);
		HOLDS(cdcp_sm_why(sm, scid) == CDCP_WHY_NONE);
		cdcp_set_add(&svids, svid);
	}
	HOLDS(n <= sm->oper_chn_cap);
	for (uint16_t scid = 2; scid < SCIDS && !is_bridge(w); scid++)
		HOLDS(cdcp_sm_svid(sm, scid) != 0 ||
			(cdcp_sm_why(sm, scid) != CDCP_WHY_NONE) == cdcp_set_has(&sm->wants, scid));
}

/* What is advertised is clean, within the limit, and tells what is there. */
static void check_local(const struct walk *w)
{
	const struct cdcp_sm *sm = &w->sm;
	uint8_t octets[CDCP_TLV_MAX];
	struct wr wr = wr_init(octets, sizeof(octets));
	struct cdcp_tlv said, heard;

	HOLDS(cdcp_sm_local(sm, &said) == (sm->state != CDCP_NOT_RUNNING));
	if (sm->state == CDCP_NOT_RUNNING)
		return;
	cdcp_tlv_encode(&said, &wr);
	HOLDS(cdcp_tlv_decode(wr_span(&wr), &heard));
	HOLDS(heard.n_bad == 0 && heard.n_pairs == said.n_pairs && said.n_pairs <= sm->oper_chn_cap);
	HOLDS(said.role == sm->cfg.role && said.has_scomp && said.chn_cap == sm->cfg.chn_cap);
	HOLDS(!is_bridge(w) || sm->state != CDCP_WAIT_PEER || said.n_pairs == 1);
	for (unsigned i = 1; i < said.n_pairs; i++)
		HOLDS(cdcp_sm_svid(sm, said.pair[i].scid) == said.pair[i].svid ||
			sm->state == CDCP_WAIT_PEER);
}

/* Each SVID of the pool is free or owned by who has it. */
static void check_pool(const struct walk *w)
{
	unsigned n_free = 0, n_owned = 0;

	if (!is_bridge(w))
		return;
	for (uint16_t svid = w->pool.svid[0].next; svid != 0; svid = w->pool.svid[svid].next)
		n_free++;
	for (uint16_t scid = 2; scid < SCIDS; scid++)
		n_owned += w->sm.svid[scid] >= w->pool.low && w->sm.svid[scid] <= w->pool.high;
	for (uint16_t svid = w->pool.low; svid <= w->pool.high; svid++)
		n_owned += w->pool.svid[svid].fixed_for != 0 &&
			   w->sm.svid[w->pool.svid[svid].fixed_for] != svid;
	HOLDS(n_free + n_owned == (unsigned)(w->pool.high - w->pool.low + 1));
}

static void configure(struct walk *w, unsigned event)
{
	struct cdcp_cfg cfg = w->sm.cfg;

	cfg.is_enabled ^= event == EVENT_ENABLE;
	if (event == EVENT_CAP)
		cfg.chn_cap = cfg.chn_cap == 2 ? 167 : 2;
	if (event == EVENT_OWN)
		cfg.svid_high = cfg.svid_high == 11 ? 12 : 11;
	cdcp_sm_set_cfg(&w->sm, &cfg, w->now);
}

static void want(struct walk *w, unsigned event)
{
	static const uint16_t wants[] = { 2, 3, 4 };
	bool has_4 = cdcp_set_has(&w->sm.wants, 4);

	HOLDS(cdcp_sm_set_wants(&w->sm, wants, event == EVENT_FIXED ? 0 : has_4 ? 2 : 3, w->now));
}

static void fix(struct walk *w)
{
	const struct cdcp_pair fixed = { 3, 12 };

	HOLDS(cdcp_sm_set_fixed(&w->sm, &fixed, w->pool.fixed[3] == 0, w->now));
}

static void tell(struct walk *w, const struct cdcp_tlv *t, unsigned n)
{
	w->peer_is = n > 1                       ? CDCP_PEER_MANY
		     : !t                        ? CDCP_PEER_NONE
		     : t->role == w->sm.cfg.role ? CDCP_PEER_ROLE_CONFLICT
		     : t->has_scomp              ? CDCP_PEER_OK
						 : CDCP_PEER_NO_SCOMP;
	cdcp_sm_on_peer(&w->sm, t, n, w->now);
}

static void restore(struct walk *w)
{
	static const struct cdcp_pair saved[] = { { 2, 10 }, { 4, 12 }, { 3, 12 } };

	cdcp_sm_restore(&w->sm, saved, 3, w->now);
}

static bool input(struct walk *w, unsigned event)
{
	switch (event) {
	case EVENT_PORT:
		if (w->sm.is_operational)
			w->peer_is = CDCP_PEER_NONE;
		cdcp_sm_set_operational(&w->sm, !w->sm.is_operational, w->now);
		break;
	case EVENT_OWN:
	case EVENT_FIXED:
		if (!is_bridge(w))
			want(w, event);
		else if (event == EVENT_OWN)
			configure(w, event);
		else
			fix(w);
		break;
	case EVENT_ENABLE:
	case EVENT_CAP:
		configure(w, event);
		break;
	case EVENT_RESTORE:
		restore(w);
		break;
	case EVENT_LOST:
		tell(w, NULL, 0);
		break;
	case EVENT_NO_TLV:
		tell(w, NULL, 1);
		break;
	case EVENT_MANY: /* with the TLV of one of them */
		tell(w, &walk_peers[0], 2);
		break;
	case EVENT_EARLY:
		w->now = mono_add(w->now, dur_s(1));
		break;
	case EVENT_DEADLINE:
		if (mono_is_never(cdcp_sm_deadline(&w->sm)))
			return false;
		w->now = cdcp_sm_deadline(&w->sm);
		break;
	default:
		tell(w, &walk_peers[event], 1);
		break;
	}
	cdcp_sm_on_time(&w->sm, w->now);
	return true;
}

static bool step(struct walk *w, unsigned event)
{
	enum cdcp_state was = w->sm.state;

	w->was_running = was == CDCP_RUNNING;
	if (!input(w, event))
		return false;
	if (w->sm.state == CDCP_HOLDING && was != CDCP_HOLDING)
		w->hold_until = mono_add(
			w->now, was == CDCP_RUNNING ? w->sm.cfg.hold : w->sm.cfg.restore_hold);
	if (w->sm.state == CDCP_RUNNING)
		w->peer_cap = w->sm.peer.chn_cap;
	else if (w->sm.state != CDCP_HOLDING || was != CDCP_HOLDING)
		w->peer_cap = was == CDCP_RUNNING && w->sm.state == CDCP_HOLDING ? w->peer_cap : 167;
	check_state(w);
	pull(w);
	check_channels(w);
	check_local(w);
	check_pool(w);
	return true;
}

static void copy(struct walk *to, const struct walk *from)
{
	memcpy(to, from, offsetof(struct walk, pool.svid) + SVIDS * sizeof(struct cdcp_svid));
	to->sm.pool = is_bridge(from) ? &to->pool : NULL;
}

static unsigned walk(unsigned depth)
{
	unsigned n = 1;

	for (unsigned e = 0; depth < WALK_DEPTH && e < N_EVENTS; e++) {
		copy(&level[depth + 1], &level[depth]);
		if (step(&level[depth + 1], e))
			n += walk(depth + 1);
	}
	return n;
}

/* A machine after some inputs. */
static void begin(enum cdcp_role role, bool is_lazy, const unsigned *events, unsigned n)
{
	static const uint16_t wants[] = { 2, 3 };
	struct cdcp_cfg cfg = role == CDCP_ROLE_BRIDGE ? uap_bridge : uap_station;
	struct walk *w = &level[0];

	cfg.svid_low = 10;
	cfg.svid_high = 11;
	*w = (struct walk){ .is_lazy = is_lazy, .peer_cap = 167 };
	cdcp_pool_init(&w->pool, 10, 11);
	for (unsigned i = 1; i <= WALK_DEPTH; i++)
		level[i] = *w;
	cdcp_sm_init(&w->sm, &cfg, role == CDCP_ROLE_BRIDGE ? &w->pool : NULL, w->now);
	if (role == CDCP_ROLE_STATION)
		HOLDS(cdcp_sm_set_wants(&w->sm, wants, 2, w->now));
	for (unsigned i = 0; i < n; i++)
		HOLDS(step(w, events[i]));
}

/* Where the walk begins, per role: nothing heard, running, holding, all torn down but remembered, restored. */
enum { RUN = N_EVENTS, N_STARTS = 5, START_MAX = 4 }; /* RUN: the peer says something that makes it run */

static const struct {
	enum cdcp_state state;
	unsigned n;
	unsigned events[START_MAX];
} starts[N_STARTS] = {
	{ CDCP_WAIT_PEER, 1, { EVENT_PORT } },
	{ CDCP_RUNNING, 2, { EVENT_PORT, RUN } },
	{ CDCP_HOLDING, 3, { EVENT_PORT, RUN, EVENT_LOST } },
	{ CDCP_NOT_RUNNING, 4, { EVENT_PORT, RUN, EVENT_MANY, EVENT_PORT } },
	{ CDCP_HOLDING, 2, { EVENT_RESTORE, EVENT_PORT } },
};

static void begin_at(enum cdcp_role role, bool is_lazy, unsigned start)
{
	unsigned events[START_MAX];

	for (unsigned i = 0; i < starts[start].n; i++) {
		events[i] = starts[start].events[i];
		if (events[i] == RUN)
			events[i] = role == CDCP_ROLE_BRIDGE ? 0 : 4;
	}
	begin(role, is_lazy, events, starts[start].n);
	cr_assert_eq(level[0].sm.state, starts[start].state);
}

static void walk_from_everywhere(enum cdcp_role role, bool is_lazy)
{
	unsigned n = 0;

	for (unsigned i = 0; i < N_STARTS; i++) {
		begin_at(role, is_lazy, i);
		n += walk(0);
	}
	cr_assert_gt(n, 400000);
}

Test(cdcp_walk, every_order_of_inputs_at_a_bridge)
{
	walk_from_everywhere(CDCP_ROLE_BRIDGE, false);
}

Test(cdcp_walk, every_order_of_inputs_at_a_bridge_whose_user_is_slow)
{
	walk_from_everywhere(CDCP_ROLE_BRIDGE, true);
}

Test(cdcp_walk, every_order_of_inputs_at_a_station)
{
	walk_from_everywhere(CDCP_ROLE_STATION, false);
}

Test(cdcp_walk, every_order_of_inputs_at_a_station_whose_user_is_slow)
{
	walk_from_everywhere(CDCP_ROLE_STATION, true);
}

/* The same again, the same outcome. */
Test(cdcp_walk, hearing_the_same_again_changes_nothing)
{
	for (unsigned i = 0; i < N_PEERS * 2; i++) {
		enum cdcp_role role = i % 2 ? CDCP_ROLE_STATION : CDCP_ROLE_BRIDGE;
		struct cdcp_change c;
		struct cdcp_tlv once, twice;

		begin_at(role, false, 1);
		tell(&level[0], &walk_peers[i / 2], 1);
		pull(&level[0]);
		HOLDS(cdcp_sm_local(&level[0].sm, &once));
		tell(&level[0], &walk_peers[i / 2], 1);
		cr_assert_not(cdcp_sm_next_change(&level[0].sm, &c));
		HOLDS(cdcp_sm_local(&level[0].sm, &twice));
		cr_assert_arr_eq(&once, &twice, sizeof(once));
	}
}
