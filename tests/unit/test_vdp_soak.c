/* Every input in every state of both machines, a soak of two tables against each other, and ten thousand VSIs. */
#include "vdp_rig.h"

static struct rig r;

static void setup(void)
{
	rig_init(&r, 64);
}

static void teardown(void)
{
	rig_free(&r);
}

/** Begin anew in a generation. */
static void begin(enum qbg_edition e)
{
	teardown();
	setup();
	rig_speak(&r, e);
}

TestSuite(vdp_soak, .init = setup, .fini = teardown);

static void ask_with_manager(uint32_t n, uint8_t manager)
{
	struct vdp_filter filter;
	struct vdp_request rq = rig_request(VDP_ASSOC, n, &filter);

	rq.subject.manager.id[15] = manager;
	MUST(vdp_station_request(r.side[ST].t, &rq, r.now) == VDP_SUBMIT_OK);
}

/* ---- every state, every event ---- */

/** A live record has a deadline or one of the documented waits; nothing dangles. */
static void check_invariants(const struct vdp_table *t)
{
	uint32_t live = 0;

	for (uint32_t i = 0; i < t->high; i++) {
		const struct vsi *v = &t->vsi[i];
		bool has_deadline = !mono_is_never(t->timers.when[i]);

		if (v->machine == VSI_FREE)
			continue;
		MUST(vsi_lookup(t, &v->v.subject.vsi) == i);
		if (v->machine == VSI_ENDED) {
			MUST(!has_deadline);
			MUST(v->has_news || t->ending == i || v->list != TX_OFF);
			continue;
		}
		live++;
		MUST(has_deadline || v->list == TX_QUEUED || v->list == TX_HELD);
		MUST(v->list != TX_HELD || (v->machine == ST_PROC && !t->is_ready));
		MUST((v->v.state != VDP_STATE_NONE) == (v->force != NULL));
		MUST((v->machine == ST_PROC || v->machine == BR_ASKING || v->machine == ST_BACKOFF) <=
			(v->asked != NULL));
		MUST(v->machine != BR_WAIT || v->v.state != VDP_STATE_NONE);
		MUST((v->force != NULL ? v->force : v->asked) != NULL);
		MUST(v->v.filters == (v->force != NULL ? v->force : v->asked)->filters);
		MUST(v->reply_op == 0 || v->list == TX_QUEUED);
		MUST(v->machine < BR_ASKING || v->next == NULL || v->machine == BR_ASKING ||
			v->reply_op != 0 || v->list == TX_SENT);
		if (v->v.show >= VDP_SHOW_PREASSOCIATED && v->v.show <= VDP_SHOW_ASSOCIATED)
			MUST(vsi_show_of(v->v.state) == v->v.show);
	}
	MUST(live == t->n_live);
}

enum { ST_EVENTS = 28, BR_EVENTS = 20 };

static void change_edition(struct vdp_table *t)
{
	vdp_table_set_edition(t, vdp_table_edition(t) == QBG_DRAFT ? QBG_RATIFIED : QBG_DRAFT, r.now);
}

static void station_event(struct vdp_table *t, unsigned e)
{
	static const uint8_t status[] = { 0x00, 0x40, 0x42, 0x52, 0x63, 0x73 };
	uint8_t buf[PAYLOAD];
	struct vdp_filter f;
	struct vdp_request rq = rig_request(VDP_ASSOC, 1, &f);
	struct vdp_event ev;

	if (e < 3) {
		rq.op = (enum vdp_op)(e + 1);
		vdp_station_request(t, &rq, r.now);
	} else if (e == 3) {
		f.vid = 7;
		vdp_station_request(t, &rq, r.now);
	} else if (e == 4) {
		vdp_station_deassociate(t, &rq.subject.vsi, r.now);
	} else if (e < 11) {
		rig_tlv(&r, ST, &rq, VDP_ASSOC, status[e - 5]);
	} else if (e < 17) {
		rig_tlv(&r, ST, &rq, VDP_DEASSOC, status[e - 11]);
	} else if (e == 17) {
		rig_tlv(&r, ST, &rq, VDP_PREASSOC, 0x40);
	} else if (e == 18) {
		f.vid = 8;
		rig_tlv(&r, ST, &rq, VDP_ASSOC, 0x40);
	} else if (e == 19) {
		r.now = mono_add(r.now, dur_ms(1));
	} else if (e == 20 || e == 21) {
		if (!mono_is_never(vdp_table_deadline(t)))
			r.now = vdp_table_deadline(t);
		vdp_table_on_time(t, r.now);
	} else if (e == 22) {
		vdp_table_fill(t, buf, sizeof(buf), r.now);
	} else if (e == 23 || e == 24) {
		vdp_table_on_sent(t, e == 23, r.now);
	} else if (e == 25) {
		vdp_table_port_down(t, r.now);
	} else if (e == 26) {
		vdp_table_set_ready(t, !t->is_ready, r.now);
	} else {
		change_edition(t);
	}
	if (e != 21) /* one path leaves the events for later */
		while (vdp_table_next_event(t, &ev))
			;
}

static void bridge_event(struct vdp_table *t, unsigned e)
{
	uint8_t buf[PAYLOAD];
	struct vdp_filter f;
	struct vdp_request rq = rig_request(VDP_ASSOC, 1, &f);
	struct vtdb_answer a = { .n_filters = 1 };
	struct vdp_event ev;

	a.filters[0] = f;
	if (e < 4) {
		rig_tlv(&r, BR, &rq, (enum vdp_op)(e + 1), 0);
	} else if (e == 4) {
		f.vid = 7;
		rig_tlv(&r, BR, &rq, VDP_ASSOC, 0);
	} else if (e == 5) {
		f.vid = 4095;
		rig_tlv(&r, BR, &rq, VDP_ASSOC, 0);
	} else if (e == 6) {
		rq.n_filters = 0;
		rig_tlv(&r, BR, &rq, VDP_ASSOC, 0);
	} else if (e == 7) {
		rq.n_filters = 0;
		rig_tlv(&r, BR, &rq, VDP_DEASSOC, 0);
	} else if (e < 12) {
		a.error = e == 8 ? 0 : VDP_E_OTHER;
		a.is_keep = e == 10;
		a.is_hard = e == 11;
		vdp_bridge_answer(t, r.handle, &a, r.now);
	} else if (e == 12 || e == 13) {
		if (!mono_is_never(vdp_table_deadline(t)))
			r.now = vdp_table_deadline(t);
		vdp_table_on_time(t, r.now);
	} else if (e == 14) {
		vdp_table_fill(t, buf, sizeof(buf), r.now);
	} else if (e == 15 || e == 16) {
		vdp_table_on_sent(t, e == 15, r.now);
	} else if (e == 17) {
		vdp_bridge_withdraw(t, &rq.subject.vsi, "withdrawn", r.now);
	} else if (e == 18) {
		vdp_table_port_down(t, r.now);
	} else {
		change_edition(t);
	}
	if (e == 13)
		return;
	while (vdp_table_next_event(t, &ev))
		if (ev.kind == VDP_EVENT_ASK)
			r.handle = ev.handle;
}

/** Whatever happened: a de-associate and a drain leave nothing. */
static void drain(enum qbg_edition edition)
{
	struct vdp_table *st = r.side[ST].t, *br = r.side[BR].t;
	struct vdp_filter f;
	struct vdp_request rq = rig_request(VDP_ASSOC, 1, &f);

	r.db_silent = false;
	rig_speak(&r, edition);
	for (int k = 0; k < 8; k++) {
		for (int s = 0; s < 2; s++)
			vdp_table_on_sent(r.side[s].t, true, r.now);
		vdp_station_deassociate(st, &rq.subject.vsi, r.now);
		rig_run(&r, dur_s(20));
	}
	MUST(vdp_table_count(st) == 0);
	MUST(vdp_table_count(br) == 0);
	MUST(vdp_table_is_quiet(st) && vdp_table_is_quiet(br));
	MUST(mono_is_never(rig_deadline(&r)));
}

/** Random walks, long enough that each event has met each state, events pulled or not; the caller checks `seen`. */
static void walk(int side, unsigned n_events, void (*event)(struct vdp_table *, unsigned), bool *ret_seen)
{
	enum qbg_edition edition = vdp_table_edition(r.side[side].t);
	struct prng p = { 7 };

	r.db_silent = true;
	for (int round = 0; round < 1500; round++) {
		for (int step = 0; step < 60; step++) {
			struct vdp_table *t = r.side[side].t;
			unsigned e = (unsigned)prng_below(&p, n_events);
			unsigned state = t->high == 0 ? 0 : t->vsi[0].machine;

			if ((e == 25 || e == n_events - 1) && prng_below(&p, 4) != 0)
				continue; /* port down and the like hide the rest when frequent */
			if (side == ST && prng_below(&p, 8) == 0) { /* so does failure */
				event(t, 22);
				event(t, 23);
				event(t, 6);
				if (prng_below(&p, 3) == 0) { /* a keep-alive, refused */
					event(t, 20);
					event(t, 22);
					event(t, 23);
					event(t, 9);
				}
				state = t->high == 0 ? 0 : t->vsi[0].machine;
			}
			ret_seen[state * 32 + e] = true;
			event(t, e);
			check_invariants(t);
		}
		drain(edition);
		r.db_silent = true;
	}
}

Test(vdp_soak, station_walk_every_event_in_every_state)
{
	for (int edition = 0; edition < QBG_EDITIONS; edition++) {
		bool seen[16 * 32] = { false };

		begin((enum qbg_edition)edition);
		walk(ST, ST_EVENTS, station_event, seen);
		for (unsigned e = 0; e < ST_EVENTS && edition == QBG_RATIFIED; e++) /* it comes of a Keep */
			cr_assert(seen[ST_TX_DEASSOC * 32 + e], "TX_DEASSOC event %u", e);
		for (unsigned state = ST_PROC; state <= ST_BACKOFF; state++)
			for (unsigned e = 0; e < ST_EVENTS; e++)
				cr_assert(seen[state * 32 + e] || state == ST_TX_DEASSOC, "state %u event %u",
					state, e);
	}
}

Test(vdp_soak, bridge_walk_every_event_in_every_state)
{
	for (int edition = 0; edition < QBG_EDITIONS; edition++) {
		bool seen[16 * 32] = { false };

		begin((enum qbg_edition)edition);
		walk(BR, BR_EVENTS, bridge_event, seen);
		for (unsigned e = 0; e < BR_EVENTS; e++) {
			cr_assert(seen[VSI_ENDED * 32 + e], "ended, event %u", e);
			cr_assert(seen[BR_ASKING * 32 + e], "asking, event %u", e);
			cr_assert(seen[BR_WAIT * 32 + e], "waiting, event %u", e);
		}
	}
}

/* ---- soak ---- */

static void disturb(struct prng *p)
{
	uint32_t n = (uint32_t)prng_below(p, 80); /* more than the table holds */
	struct vdp_filter f[3];
	struct vdp_request rq = rig_request((enum vdp_op)(1 + prng_below(p, 3)), n, f);
	struct vsi_id id = rig_id(n);

	for (uint32_t k = 0; k < 3; k++) {
		f[k] = rig_filter(n * 8 + (uint32_t)prng_below(p, 3));
		f[k].vid = (uint16_t)prng_below(p, 3);
	}
	rq.n_filters = (uint16_t)(1 + prng_below(p, 3));
	rq.subject.manager.id[15] = (uint8_t)prng_below(p, 3);
	switch (prng_below(p, 12)) {
	case 0:
		vdp_station_deassociate(r.side[ST].t, &id, r.now);
		break;
	case 1:
		vdp_bridge_withdraw(r.side[BR].t, &id, "withdrawn", r.now);
		break;
	case 2:
		r.side[prng_below(p, 2)].is_lost = prng_below(p, 3) == 0;
		break;
	case 3:
		r.side[prng_below(p, 2)].is_swallowed = prng_below(p, 3) == 0;
		break;
	case 4:
		r.db_silent = prng_below(p, 4) == 0;
		break;
	case 5:
		r.refusal.error = prng_below(p, 3) == 0 ? VDP_E_OTHER : 0;
		r.refusal.is_keep = prng_below(p, 2) == 0;
		break;
	case 6:
		vdp_table_set_ready(r.side[ST].t, prng_below(p, 3) != 0, r.now);
		break;
	case 7:
		if (prng_below(p, 20) == 0)
			for (int s = 0; s < 2; s++)
				vdp_table_port_down(r.side[s].t, r.now);
		break;
	default:
		vdp_station_request(r.side[ST].t, &rq, r.now);
		break;
	}
}

static void compare_ends(void)
{
	struct vdp_table *st = r.side[ST].t, *br = r.side[BR].t;

	MUST(vdp_table_count(st) == vdp_table_count(br));
	for (uint32_t i = vdp_table_next(st, 0); i != UINT32_MAX; i = vdp_table_next(st, i + 1)) {
		const struct vdp_vsi *a = vdp_table_get(st, i);
		uint32_t k = vdp_table_find(br, &a->subject.vsi);
		const struct vdp_vsi *b = vdp_table_get(br, k);

		MUST(b != NULL);
		MUST(a->state == b->state);
		MUST(a->subject.type_id == b->subject.type_id);
		MUST(vdp_manager_equal(&a->subject.manager, &b->subject.manager));
		MUST(a->n_filters == b->n_filters);
		for (unsigned f = 0; f < a->n_filters; f++) {
			MUST(a->filters[f].vid == b->filters[f].vid);
			MUST(mac_equal(a->filters[f].mac, b->filters[f].mac));
		}
	}
}

static void soak(void)
{
	struct prng p = { 2026 };

	for (int round = 0; round < 60; round++) {
		for (int step = 0; step < 200; step++) {
			disturb(&p);
			if (prng_below(&p, 3) == 0)
				rig_run(&r, dur_ms(prng_below(&p, 4000)));
			check_invariants(r.side[ST].t);
			check_invariants(r.side[BR].t);
		}
		for (int s = 0; s < 2; s++)
			r.side[s].is_lost = r.side[s].is_swallowed = false;
		r.db_silent = false;
		r.refusal.error = 0;
		vdp_table_set_ready(r.side[ST].t, true, r.now);
		rig_run(&r, dur_s(120));
		compare_ends();
		MUST(vdp_table_is_quiet(r.side[ST].t) && vdp_table_is_quiet(r.side[BR].t));
	}
	for (uint32_t n = 0; n < 80; n++) {
		struct vsi_id id = rig_id(n);

		vdp_station_deassociate(r.side[ST].t, &id, r.now);
	}
	rig_run(&r, dur_s(60));
	MUST(vdp_table_count(r.side[ST].t) + vdp_table_count(r.side[BR].t) == 0);
	MUST(vdp_table_is_quiet(r.side[ST].t) && vdp_table_is_quiet(r.side[BR].t));
}

Test(vdp_soak, soak_both_ends_agree_in_the_end)
{
	for (int e = 0; e < QBG_EDITIONS; e++) {
		begin((enum qbg_edition)e);
		soak();
	}
}

Test(vdp_soak, same_seed_same_run)
{
	uint64_t sum[2] = { 0, 0 };

	for (int k = 0; k < 2; k++) {
		struct prng p = { 5 };

		teardown();
		setup();
		for (int step = 0; step < 300; step++) {
			disturb(&p);
			rig_run(&r, dur_ms(500));
			sum[k] = sum[k] * 31 + rig_deadline(&r).ns + r.side[ST].payloads * 7u +
				 r.side[BR].changed;
		}
	}
	MUST(sum[0] == sum[1]);
}

/* ---- cost ---- */

Test(vdp_soak, ten_thousand_vsis_associate_live_and_leave)
{
	teardown();
	rig_init(&r, 10000);
	for (uint32_t n = 0; n < 10000; n++)
		rig_ask(&r, VDP_ASSOC, n);
	rig_settle(&r);
	MUST(vdp_table_count(r.side[BR].t) == 10000);
	rig_run(&r, dur_s(60));
	MUST(rig_count(&r, BR)->keep_alive_timeouts == 0);
	for (uint32_t n = 0; n < 10000; n++)
		rig_leave(&r, n);
	rig_settle(&r);
	MUST(vdp_table_count(r.side[ST].t) + vdp_table_count(r.side[BR].t) == 0);
	MUST(vdp_table_is_quiet(r.side[ST].t) && vdp_table_is_quiet(r.side[BR].t));
}

Test(vdp_soak, mixed_managers_do_not_stall)
{
	teardown();
	rig_init(&r, 10000);
	for (uint32_t n = 0; n < 10000; n++)
		ask_with_manager(n, (uint8_t)(n % 251));
	rig_settle(&r);
	MUST(vdp_table_count(r.side[BR].t) == 10000);
}
