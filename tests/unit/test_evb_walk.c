/* The EVB machine alone, exhaustively: every order of inputs in both roles, and two machines that tell each other their
 * TLVs until they settle (evb-reference 3.2-3.4). */
#include "evb_draft.h"
#include "lldp_fixtures.h"

static struct evb_cfg with_values(const struct evb_cfg *defaults, unsigned value)
{
	struct evb_cfg cfg = *defaults;

	cfg.rwd = cfg.rka = (uint8_t)value;
	return cfg;
}

/* Tell each other in turn: after six rounds both ends use the larger value and go on doing so. */
static void settle_pair(struct evb_sm *a, struct evb_sm *b)
{
	for (unsigned round = 0; round < 8; round++) {
		struct evb_tlv to_b = evb_sm_local(a), to_a;

		evb_sm_on_peer(b, &to_b, 1, at_ms(round));
		to_a = evb_sm_local(b);
		evb_sm_on_peer(a, &to_a, 1, at_ms(round));
		if (round < 6)
			continue;
		cr_assert_eq(
			a->oper.rwd, a->cfg.rwd > b->cfg.rwd ? a->cfg.rwd : b->cfg.rwd, "round %u", round);
		cr_assert_eq(a->oper.rwd, b->oper.rwd);
		cr_assert_eq(a->oper.rka, b->oper.rwd);
		cr_assert_eq(b->oper.rka, b->oper.rwd);
		if (a->cfg.rwd == b->cfg.rwd) /* ROL on a tie is of no consequence */
			continue;
		cr_assert_eq(a->oper.rol_rwd, b->cfg.rwd > a->cfg.rwd);
		cr_assert_eq(b->oper.rol_rwd, a->cfg.rwd > b->cfg.rwd);
	}
}

Test(evb_walk, negotiation_settles_from_every_state_after_every_change)
{
	enum { VALUES = 5 };

	for (unsigned i = 0; i < VALUES * VALUES * VALUES * 4; i++) {
		unsigned v = i / 4 % VALUES, changed = i / 4 / VALUES / VALUES;
		struct evb_cfg a_cfg = with_values(&station_defaults, v);
		struct evb_cfg b_cfg = with_values(&bridge_defaults, i / 4 / VALUES % VALUES);
		struct evb_sm a, b;

		evb_sm_init(&a, &a_cfg, at_ms(0));
		evb_sm_init(&b, &b_cfg, at_ms(0));
		settle_pair(&a, &b);
		a_cfg = with_values(&station_defaults, changed);
		b_cfg = with_values(&bridge_defaults, changed);
		if (i % 4 == 0)
			evb_sm_set_cfg(&a, &a_cfg, at_ms(9));
		else if (i % 4 == 1)
			evb_sm_set_cfg(&b, &b_cfg, at_ms(9));
		else if (i % 4 == 2) /* restart while the other end still echoes the old value */
			evb_sm_init(&a, &a_cfg, at_ms(9));
		else
			evb_sm_init(&b, &b_cfg, at_ms(9));
		settle_pair(&a, &b);
	}
}

/* The walk: every order of inputs up to WALK_DEPTH for both roles. */
enum { WALK_DEPTH = 5, N_EVENTS = 23 };

struct walk {
	struct evb_sm sm;
	struct mono now;
	struct mono asked_since; /* station: RR wanted and not on since then; never otherwise */
};

static const struct evb_tlv walk_peers[] = {
	{ .bridge_raw = EVB_RRCAP, .mode = EVB_MODE_BRIDGE, .retries = 7, .rte = 31, .rwd = 31, .rka = 31 },
	{ .bridge_raw = EVB_RRCTR,
		.mode = EVB_MODE_BRIDGE,
		.rol_rwd = true,
		.rwd = 31,
		.rol_rka = true,
		.rka = 31 },
	{ .station_raw = EVB_RRREQ | EVB_SGID | EVB_RRSTAT_UNKNOWN, .mode = EVB_MODE_STATION },
	{ .station_raw = EVB_RRSTAT_RESERVED, .mode = EVB_MODE_STATION, .rwd = 20, .rka = 20 },
	{ .bridge_raw = 0x07, .station_raw = 0x0f, .mode = EVB_MODE_NONE, .rte = 31 },
	{ .bridge_raw = 0x07, .station_raw = 0x0f, .mode = EVB_MODE_RESERVED, .rte = 31 },
};
enum { N_PEERS = sizeof(walk_peers) / sizeof(walk_peers[0]) };

static const struct evb_heard walk_drafts[] = {
	{ .has_draft = true,
		.draft = { .smode = 0xc0, .scap = 7, .cmode = 0x40, .ccap = 7, .rte = 31 },
		.has_ratified = true,
		.ratified = { .bridge_raw = EVB_RRCAP, .mode = EVB_MODE_BRIDGE } },
	{ .has_draft = true, .draft = { .smode = 0x80, .scap = 3, .cmode = 0x80, .rte = 31 } },
	{ .has_draft = true, .draft = { .smode = 0x40, .scap = EVB_DRAFT_RTE, .cmode = 0x40, .ccap = 4 } },
};
enum { N_DRAFTS = sizeof(walk_drafts) / sizeof(walk_drafts[0]), CONFIGURATIONS = 7 };

static void check_draft(const struct evb_sm *sm)
{
	const struct evb_oper *o = &sm->oper;
	struct evb_draft_tlv t = evb_draft_local(sm);
	bool is_heard = o->peer == EVB_PEER_OK, can_vdp = is_heard && (sm->heard.draft.scap & 3) == 3;

	HOLDS(o->is_ready == (sm->cfg.is_enabled && (sm->cfg.is_manual || can_vdp)));
	HOLDS(o->retries == 2 && !o->group_ids && !o->rol_rwd && !o->rol_rka);
	HOLDS(o->rwd == sm->cfg.rwd && o->rka == sm->cfg.rka);
	HOLDS(t.cmode == EVB_DRAFT_RR || t.cmode == EVB_DRAFT_STANDARD);
	HOLDS(((t.smode & EVB_DRAFT_RR) != 0) == sm->cfg.reflective_relay);
	HOLDS(sm->cfg.role != EVB_MODE_BRIDGE || (t.cmode == EVB_DRAFT_RR) == o->rr_active);
	HOLDS(t.cmode == EVB_DRAFT_STANDARD || (t.smode & EVB_DRAFT_RR));
	HOLDS(t.ccap == (is_heard ? sm->heard.draft.scap : 0));
	HOLDS(can_vdp || (t.svsi == 0 && t.cvsi == 0));
}

static void check_ratified(const struct evb_sm *sm)
{
	const struct evb_oper *o = &sm->oper;
	bool is_station = sm->cfg.role == EVB_MODE_STATION;
	struct evb_tlv local = evb_sm_local(sm);

	HOLDS(o->is_ready == (sm->cfg.is_enabled && (o->peer == EVB_PEER_OK || sm->cfg.is_manual)));
	HOLDS(o->retries >= sm->cfg.retries && o->retries <= EVB_RETRIES_MAX);
	HOLDS(local.mode == sm->cfg.role);
	HOLDS(local.rwd == o->rwd);
	HOLDS(((local.bridge_raw & EVB_RRCTR) != 0 && !is_station) == (o->rr_active && !is_station));
}

static void check(const struct walk *w)
{
	const struct evb_sm *sm = &w->sm;
	const struct evb_oper *o = &sm->oper;
	bool is_station = sm->cfg.role == EVB_MODE_STATION;
	bool is_heard = o->peer == EVB_PEER_OK;
	struct mono d = evb_sm_deadline(sm);

	if (sm->cfg.edition == QBG_DRAFT)
		check_draft(sm);
	else
		check_ratified(sm);
	HOLDS(!o->rr_active || is_heard || sm->cfg.is_manual);
	HOLDS(!o->rr_active || is_station ||
		(sm->cfg.reflective_relay && !o->rr_blocked && sm->n_neighbours < 2));
	HOLDS(!o->rr_active || sm->cfg.is_manual || (is_heard && sm->n_neighbours == 1));
	HOLDS(!o->rr_blocked || !is_station);
	HOLDS(!o->group_ids || (sm->cfg.group_ids && o->is_ready));
	HOLDS(o->rte >= sm->cfg.rte && o->rwd >= sm->cfg.rwd && o->rka >= sm->cfg.rka);
	HOLDS(o->rte <= EVB_EXPONENT_MAX && o->rwd <= EVB_EXPONENT_MAX && o->rka <= EVB_EXPONENT_MAX);
	HOLDS(o->rol_rwd || o->rwd == sm->cfg.rwd);
	HOLDS((is_heard && !sm->cfg.is_manual) || (!o->rol_rwd && !o->rol_rka && o->rte == sm->cfg.rte));
	HOLDS(o->rrstat != EVB_RRSTAT_RESERVED);
	/* Waits exactly while something is missing, for exactly rr_alarm. */
	HOLDS(mono_is_never(d) == (mono_is_never(w->asked_since) || o->rr_alarm));
	HOLDS(mono_is_never(d) || d.ns == mono_add(w->asked_since, sm->cfg.rr_alarm).ns);
	HOLDS(o->rr_alarm == (!mono_is_never(w->asked_since) &&
				     mono_reached(mono_add(w->asked_since, sm->cfg.rr_alarm), w->now)));
}

static void configure(struct walk *w, unsigned event)
{
	struct evb_cfg cfg = w->sm.cfg;

	cfg.is_enabled ^= event == 0;
	cfg.is_manual ^= event == 1;
	cfg.reflective_relay ^= event == 2;
	cfg.group_ids ^= event == 3;
	if (event == 4)
		cfg.role = cfg.role == EVB_MODE_BRIDGE ? EVB_MODE_STATION : EVB_MODE_BRIDGE;
	if (event == 5)
		cfg.rwd = cfg.rwd == 20 ? 10 : 20;
	if (event == 6)
		cfg.edition = cfg.edition == QBG_DRAFT ? QBG_RATIFIED : QBG_DRAFT;
	evb_sm_set_cfg(&w->sm, &cfg, w->now);
}

static bool step(struct walk *w, unsigned event)
{
	struct mono d = evb_sm_deadline(&w->sm);

	if (event < CONFIGURATIONS) {
		configure(w, event);
	} else if (event < CONFIGURATIONS + N_PEERS) {
		evb_sm_on_peer(&w->sm, &walk_peers[event - CONFIGURATIONS], 1, w->now);
	} else if (event < CONFIGURATIONS + N_PEERS + N_DRAFTS) {
		evb_sm_on_heard(&w->sm, &walk_drafts[event - CONFIGURATIONS - N_PEERS], 1, w->now);
	} else {
		switch (event - CONFIGURATIONS - N_PEERS - N_DRAFTS) {
		case 0:
			evb_sm_on_peer(&w->sm, NULL, 0, w->now);
			break;
		case 1:
			evb_sm_on_peer(&w->sm, NULL, 2, w->now);
			break;
		case 2:
			evb_sm_on_peer(&w->sm, NULL, 1, w->now);
			break;
		case 3:
			evb_sm_on_bpdu(&w->sm, w->now);
			break;
		case 4: /* early */
			w->now = mono_add(w->now, dur_s(31));
			break;
		case 5:
			if (mono_is_never(d))
				return false;
			w->now = d;
			break;
		case 6: /* a crowd, with the TLV of one of them */
			evb_sm_on_peer(&w->sm, &walk_peers[2], 9, w->now);
			break;
		default:
			return false;
		}
	}
	evb_sm_on_time(&w->sm, w->now);
	if (w->sm.cfg.role != EVB_MODE_STATION || !w->sm.cfg.is_enabled || !w->sm.cfg.reflective_relay ||
		w->sm.oper.rr_active)
		w->asked_since = MONO_NEVER;
	else if (mono_is_never(w->asked_since))
		w->asked_since = w->now;
	check(w);
	return true;
}

static unsigned walk(const struct walk *from, unsigned depth)
{
	unsigned n = 1;

	for (unsigned e = 0; depth > 0 && e < N_EVENTS; e++) {
		struct walk w = *from;

		if (step(&w, e))
			n += walk(&w, depth - 1);
	}
	return n;
}

Test(evb_walk, every_order_of_inputs_keeps_the_invariants)
{
	const struct evb_cfg *roles[] = { &station_defaults, &bridge_defaults };

	for (unsigned i = 0; i < 2; i++) {
		struct walk w = { .asked_since = MONO_NEVER };

		evb_sm_init(&w.sm, roles[i], w.now);
		if (roles[i]->role == EVB_MODE_STATION)
			w.asked_since = w.now;
		cr_assert_gt(walk(&w, WALK_DEPTH), 1000000);
	}
}

/* Same TLV again, same outcome: evaluation has no hidden memory. */
Test(evb_walk, hearing_the_same_again_changes_nothing)
{
	for (unsigned i = 0; i < N_PEERS; i++) {
		struct evb_sm once, twice;

		evb_sm_init(&once, &bridge_defaults, at_ms(0));
		evb_sm_on_peer(&once, &walk_peers[i], 1, at_ms(1));
		twice = once;
		evb_sm_on_peer(&twice, &walk_peers[i], 1, at_ms(2));
		cr_assert_eq(memcmp(&once.oper, &twice.oper, sizeof(once.oper)), 0);
	}
}
