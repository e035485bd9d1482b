/*
 * A station's and a bridge's UAP wired back to back, through their LLDP agents, in virtual time (evb-reference 4.2, 4.3):
 * they must come to the same channels whatever happens to them, and leave alone what need not change.
 */
#include "cdcp_rig.h"
#include "prng.h"

static struct uap st, br;
static bool is_cut[2];                   /* station to bridge, bridge to station */
static unsigned n_delivered, n_to_agree; /* LLDPDUs, and how many it took until both had the same channels */

static struct cdcp_cfg bridge_cfg, station_cfg;

/* Deliver until nobody has anything more to say. */
static void flush(void)
{
	while (st.n_new + br.n_new > 0) {
		struct uap *from = st.n_new > 0 ? &st : &br, *to = from == &st ? &br : &st;
		struct sent s = from->sent[0];

		memmove(from->sent, from->sent + 1, --from->n_new * sizeof(struct sent));
		if (is_cut[from == &br])
			continue;
		uap_deliver(to, from->agent.own, span_of(s.octets, s.len));
		n_delivered++;
		if (st.n_caps != br.n_caps || st.n_caps == 0)
			n_to_agree = n_delivered + 1;
	}
}

static void run(uint64_t ms)
{
	struct mono until = mono_add(st.now, dur_ms(ms));

	for (;;) {
		struct mono d;

		flush();
		d = mono_min(uap_deadline(&st), uap_deadline(&br));
		if (mono_is_never(d) || mono_before(until, d))
			break;
		st.now = br.now = d;
		uap_at(&st, d);
		flush();
		uap_at(&br, d);
	}
	st.now = br.now = until;
}

static void start(unsigned n_wants, uint16_t bridge_cap)
{
	bridge_cfg = uap_bridge;
	bridge_cfg.chn_cap = bridge_cap;
	station_cfg = uap_station;
	uap_up(&st, &station_cfg, n_wants);
	uap_up(&br, &bridge_cfg, 0);
	flush();
}

/* The link under one end goes down and up with it; the other end sees a link flap only if `is_link`. */
static void restart(struct uap *u, bool has_memory, bool is_link)
{
	struct cdcp_pair saved[CDCP_PAIRS_MAX];
	struct cdcp_cfg cfg = u->sm.cfg;
	struct cdcp_set wants = u->sm.wants;
	uint16_t list[CDCP_PAIRS_MAX];
	unsigned n_saved = 0, n = 0;
	struct uap *other = u == &st ? &br : &st;

	for (uint16_t scid = 1; (scid = cdcp_sm_next_channel(&u->sm, scid)) != 0;)
		saved[n_saved++] = (struct cdcp_pair){ scid, cdcp_sm_svid(&u->sm, scid) };
	for (uint16_t scid = 0; (scid = cdcp_set_next(&wants, scid)) != 0;)
		list[n++] = scid;
	if (is_link)
		uap_link(other, false);
	uap_init(u, &cfg, u->now);
	cr_assert(cdcp_sm_set_wants(&u->sm, list, n, u->now));
	cdcp_sm_restore(&u->sm, saved, has_memory ? n_saved : 0, u->now);
	uap_link(u, true);
	if (is_link)
		uap_link(other, true);
	flush();
}

static unsigned min(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Both have the same channels, all that are wanted as far as caps and pool go. */
static void agree(void)
{
	unsigned room = min(br.sm.cfg.chn_cap, st.sm.cfg.chn_cap), n_wants = 0;

	for (uint16_t scid = 0; (scid = cdcp_set_next(&st.sm.wants, scid)) != 0;)
		n_wants++;
	room = min(room, br.sm.cfg.svid_high - br.sm.cfg.svid_low + 2U);
	HOLDS(st.sm.state == CDCP_RUNNING && br.sm.state == CDCP_RUNNING);
	HOLDS(memcmp(st.cap, br.cap, sizeof(st.cap)) == 0);
	HOLDS(st.n_caps + 1 == min(n_wants, room));
}

Test(cdcp_pair, they_agree_within_two_exchanges)
{
	start(5, 64);
	agree();
	cr_assert_leq(n_to_agree, 4);
	cr_assert_eq(st.now.ns, 0, "and at once");
	run(600000);
	cr_assert_eq(st.n_changes, 5);
	cr_assert_eq(br.n_changes, 5);
}

Test(cdcp_pair, all_167_channels)
{
	start(166, 167);
	agree();
	cr_assert_eq(st.n_caps, 166);
	cr_assert_leq(n_to_agree, 4);
	uap_want(&st, 0);
	flush();
	agree();
	uap_want(&st, 166);
	flush();
	agree();
	for (uint16_t scid = 2; scid <= 167; scid++)
		cr_assert_eq(st.cap[scid], 100 + 166 + scid - 2, "others than those just freed");
	run(300000);
	cr_assert_eq(br.n_changes, 3 * 166);
}

Test(cdcp_pair, limits_of_either_end_hold)
{
	start(20, 5);
	agree();
	cr_assert_eq(st.n_caps, 4);
	station_cfg.chn_cap = 3;
	uap_cfg(&st, &station_cfg);
	flush();
	agree();
	bridge_cfg.chn_cap = 2;
	uap_cfg(&br, &bridge_cfg);
	flush();
	agree();
	bridge_cfg.chn_cap = 100;
	station_cfg.chn_cap = 100;
	uap_cfg(&br, &bridge_cfg);
	uap_cfg(&st, &station_cfg);
	run(5000);
	agree();
	cr_assert_eq(st.n_caps, 20);
}

Test(cdcp_pair, a_withdrawn_channel_leaves_the_others_alone)
{
	const uint16_t without_3[] = { 2, 4 };

	start(3, 64);
	cr_assert(cdcp_sm_set_wants(&st.sm, without_3, 2, st.now));
	uap_settle(&st);
	flush();
	agree();
	cr_assert_eq(st.n_changes, 4);
	cr_assert_eq(br.n_changes, 4);
	uap_want(&st, 3);
	run(1000);
	agree();
	cr_assert_eq(br.n_changes, 5);
}

/* Removed and wanted again before LLDP said anything: the bridge never knew, and its list still counts. */
Test(cdcp_pair, a_channel_removed_and_added_in_one_breath)
{
	start(3, 64);
	cr_assert(cdcp_sm_set_wants(&st.sm, NULL, 0, st.now));
	uap_want(&st, 3);
	run(1000);
	agree();
	cr_assert_eq(br.n_changes, 3);
	cr_assert_eq(st.n_changes, 3);
}

Test(cdcp_pair, CDCP_04_a_restart_of_the_station_keeps_svids_and_the_bridges_channels)
{
	for (unsigned has_memory = 0; has_memory < 2; has_memory++) {
		start(5, 64);
		run(40000);
		restart(&st, has_memory, false);
		cr_assert_eq(st.n_caps, has_memory || st.sm.state == CDCP_RUNNING ? 5 : 0);
		run(40000);
		agree();
		cr_assert_eq(br.n_changes, 5);
		cr_assert_eq(st.n_changes, 5);
		cr_assert_eq(st.cap[2], 100);
	}
}

Test(cdcp_pair, a_restart_of_a_bridge_with_memory_touches_no_channel)
{
	const uint16_t odd[] = { 9, 5, 2 };

	start(5, 64);
	cr_assert(cdcp_sm_set_wants(&st.sm, odd, 3, st.now)); /* so that a fresh assignment would differ */
	uap_settle(&st);
	run(40000);
	agree();
	cr_assert_eq(st.n_changes, 5 + 3 + 1);
	restart(&br, true, false);
	cr_assert_eq(br.n_caps, 3);
	run(200000);
	agree();
	cr_assert_eq(st.n_changes, 5 + 3 + 1);
	cr_assert_eq(br.n_changes, 3);
}

Test(cdcp_pair, a_restart_of_a_bridge_without_memory_ends_in_agreement)
{
	start(5, 64);
	run(40000);
	restart(&br, false, false);
	run(40000);
	agree();
	cr_assert_eq(st.cap[2], 100);
}

Test(cdcp_pair, a_link_flap_keeps_svids)
{
	start(5, 64);
	run(40000);
	uap_link(&st, false);
	uap_link(&br, false);
	cr_assert_eq(st.n_caps + br.n_caps, 0);
	run(1000);
	uap_link(&st, true);
	uap_link(&br, true);
	run(1000);
	agree();
	cr_assert_eq(st.cap[2], 100);
	cr_assert_eq(st.cap[6], 104);
}

/* The bridge alone is deaf: it gives up after TTL and hold, and its station follows what it says. */
Test(cdcp_pair, CDCP_15_a_wire_broken_in_one_direction)
{
	start(2, 64);
	run(40000);
	is_cut[0] = true;
	run(90000);
	agree();
	run(40000);
	cr_assert_eq(br.sm.state, CDCP_WAIT_PEER);
	cr_assert_eq(st.sm.state, CDCP_RUNNING);
	cr_assert_eq(st.n_caps + br.n_caps, 0);
	is_cut[0] = false;
	run(40000);
	agree();
	cr_assert_eq(st.cap[2], 100);
	is_cut[1] = true;
	run(130000);
	cr_assert_eq(st.n_caps, 0);
	cr_assert_eq(br.n_caps, 2, "the station still asks, with what it knows");
	is_cut[1] = false;
	run(40000);
	agree();
	cr_assert_eq(st.cap[3], 101);
}

/* Users, administrators, restarts and the wire, at random; then quiet, and they agree. */
static void disturb(struct prng *rng)
{
	uint16_t wants[12];
	unsigned n = (unsigned)prng_below(rng, 12);

	switch (prng_below(rng, 9)) {
	case 0:
		restart(&st, prng_below(rng, 2) != 0, prng_below(rng, 2) != 0);
		break;
	case 1:
		restart(&br, prng_below(rng, 2) != 0, prng_below(rng, 2) != 0);
		break;
	case 2:
		is_cut[prng_below(rng, 2)] ^= true;
		break;
	case 3:
		uap_link(&st, !st.sm.is_operational);
		break;
	case 4:
		bridge_cfg.chn_cap = (uint16_t)(1 + prng_below(rng, 20));
		bridge_cfg.svid_low = (uint16_t)(100 + prng_below(rng, 20));
		bridge_cfg.is_enabled = prng_below(rng, 4) != 0;
		uap_cfg(&br, &bridge_cfg);
		break;
	case 5:
		station_cfg.chn_cap = (uint16_t)(1 + prng_below(rng, 20));
		station_cfg.is_enabled = prng_below(rng, 4) != 0;
		uap_cfg(&st, &station_cfg);
		break;
	default:
		for (unsigned i = 0; i < n; i++)
			wants[i] = (uint16_t)(2 + prng_below(rng, 15));
		cr_assert(cdcp_sm_set_wants(&st.sm, wants, n, st.now));
		uap_settle(&st);
		break;
	}
}

Test(cdcp_pair, they_agree_after_whatever_happened)
{
	struct prng rng = { 7 };
	unsigned n_changes = 0;

	start(5, 64);
	bridge_cfg.svid_high = 125;
	uap_cfg(&br, &bridge_cfg);
	for (unsigned i = 0; i < 2000; i++) {
		for (unsigned n = (unsigned)prng_below(&rng, 10); n > 0; n--) {
			disturb(&rng);
			run(prng_below(&rng, 3) ? prng_below(&rng, 2000) : prng_below(&rng, 200000));
		}
		is_cut[0] = is_cut[1] = false;
		station_cfg.is_enabled = bridge_cfg.is_enabled = true;
		uap_cfg(&st, &station_cfg);
		uap_cfg(&br, &bridge_cfg);
		uap_link(&st, true);
		uap_link(&br, true);
		run(130000);
		agree();
		n_changes += st.n_changes + br.n_changes;
	}
	cr_assert_gt(n_changes, 20000);
}

/*
 * CDCP-20: each channel carries an EVB negotiation of its own. At both ends an NCB agent and an EVB machine per channel,
 * found by the SVID of the frame; channel 1 is untagged.
 */
static struct box edge[2][4]; /* station's and bridge's, per SCID */

static void carry(void)
{
	for (unsigned round = 0; round < 6; round++) {
		struct uap *u = round % 2 ? &br : &st, *peer = round % 2 ? &st : &br;

		for (uint16_t scid = 0; (scid = cdcp_sm_next_channel(&u->sm, scid)) != 0;) {
			uint16_t svid = cdcp_sm_svid(&u->sm, scid), to = svid == 1 ? 1 : peer->by_svid[svid];
			struct box *b = &edge[round % 2][scid];

			if (to != 0 && b->n_sent > 0)
				box_hear(&edge[!(round % 2)][to], b->agent.own,
					span_of(b->sent[b->n_sent - 1].octets, b->sent[b->n_sent - 1].len));
		}
	}
}

Test(cdcp_pair, CDCP_20_evb_is_negotiated_per_channel)
{
	struct evb_cfg asks = station_defaults, asks_not = station_defaults;

	asks_not.reflective_relay = false;
	asks.rka = 25;
	start(2, 64);
	for (uint16_t scid = 1; scid <= 3; scid++) {
		box_up(&edge[0][scid], scid == 2 ? &asks : &asks_not);
		box_up(&edge[1][scid], &bridge_defaults);
	}
	carry();
	for (uint16_t scid = 1; scid <= 3; scid++) {
		cr_assert_eq(edge[1][scid].evb.oper.peer, EVB_PEER_OK, "channel %u", scid);
		cr_assert_eq(edge[1][scid].evb.oper.rr_active, scid == 2, "channel %u", scid);
		cr_assert_eq(edge[1][scid].evb.oper.rka, scid == 2 ? 25 : 21, "channel %u", scid);
	}
	uap_want(&st, 1); /* channel 3 ends, and nothing of the others reaches it any more */
	flush();
	box_evb(&edge[0][1], &asks);
	box_evb(&edge[0][3], &asks);
	carry();
	cr_assert(edge[1][1].evb.oper.rr_active);
	cr_assert_not(edge[1][3].evb.oper.rr_active);
}
