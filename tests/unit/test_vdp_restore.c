/* VSIs across a restart: what is kept of a VSI of either role, and what a new table makes of it (evb-reference 6.7, 6.8). */
#include "vdp_rig.h"

static struct rig r;
static struct vdp_filter room[2 * VDP_FILTERS_MAX];
static struct vdp_saved saved;

static void setup(void)
{
	rig_init(&r, 64);
}

static void teardown(void)
{
	rig_free(&r);
}

TestSuite(vdp_restore, .init = setup, .fini = teardown);

static bool save(int s, uint32_t n)
{
	struct vsi_id id = rig_id(n);

	return vdp_table_save(r.side[s].t, vdp_table_find(r.side[s].t, &id), room, &saved);
}

/* The side dies and comes back with what was saved of VSI n last; not ready until told so. */
static enum vdp_submit reborn(int s)
{
	struct vdp_table_cfg cfg = rig_cfg(s == ST ? VDP_STATION : VDP_BRIDGE, 64);
	struct vdp_table *old = r.side[s].t;
	enum vdp_submit verdict;

	r.side[s].t = rig_table(&cfg, &r.params);
	verdict = vdp_table_restore(r.side[s].t, &saved, r.now); /* its org TLVs are still the old table's */
	free(old);
	rig_events(&r, s);
	return verdict;
}

static void restart(int s, uint32_t n)
{
	cr_assert(save(s, n));
	cr_assert_eq(reborn(s), VDP_SUBMIT_OK);
}

static void ready(int s)
{
	vdp_table_set_ready(r.side[s].t, true, r.now);
}

static void associate(uint32_t n)
{
	rig_ask(&r, VDP_ASSOC, n);
	rig_settle(&r);
	cr_assert_eq(rig_state(&r, BR, n), VDP_STATE_ASSOC);
	cr_assert_eq(rig_state(&r, ST, n), VDP_STATE_ASSOC);
}

/* ---- bridge ---- */

Test(vdp_restore, bridge_is_in_force_at_once)
{
	const struct vdp_vsi *v;

	associate(1);
	restart(BR, 1);
	v = rig_vsi(&r, BR, 1);
	cr_assert_eq(v->state, VDP_STATE_ASSOC);
	cr_assert_eq(v->show, VDP_SHOW_ASSOCIATED);
	cr_assert_eq(v->n_filters, 1);
	cr_assert_eq(v->filters[0].vid, 100);
	cr_assert_eq(r.side[BR].last.kind, VDP_EVENT_CHANGED);
	cr_assert_eq(r.side[BR].last.was, VDP_STATE_NONE);
	cr_assert(r.side[BR].last.filters_changed);
	cr_assert_str_eq(r.side[BR].last.event, "restored");
}

Test(vdp_restore, bridge_answers_the_next_keep_alive_without_the_manager)
{
	associate(1);
	restart(BR, 1);
	ready(BR);
	rig_run(&r, dur_s(60));
	cr_assert_eq(r.asked, 1, "only the first request");
	cr_assert_eq(rig_state(&r, BR, 1), VDP_STATE_ASSOC);
	cr_assert_eq(rig_count(&r, BR)->keep_alive_timeouts, 0);
	cr_assert_eq(rig_count(&r, ST)->resp_timeouts, 0);
}

Test(vdp_restore, bridge_waits_for_the_port_and_then_one_keep_alive_time)
{
	struct dur tout = vdp_tout_keep_alive(&r.params);

	associate(1);
	restart(BR, 1);
	rig_pass(&r, BR, dur_s(3600));
	cr_assert_eq(rig_state(&r, BR, 1), VDP_STATE_ASSOC, "the port is down still");
	ready(BR);
	rig_pass(&r, BR, dur_ns(tout.ns - 1));
	cr_assert_eq(rig_state(&r, BR, 1), VDP_STATE_ASSOC);
	rig_pass(&r, BR, dur_ns(1));
	cr_assert_eq(rig_state(&r, BR, 1), VDP_STATE_NONE);
	cr_assert_eq(rig_count(&r, BR)->keep_alive_timeouts, 1);
}

Test(vdp_restore, bridge_times_the_vsi_when_it_is_ready_already)
{
	struct vdp_table_cfg cfg = rig_cfg(VDP_BRIDGE, 64);
	struct vdp_table *t;

	associate(1);
	cr_assert(save(BR, 1));
	t = rig_table(&cfg, &r.params);
	vdp_table_set_ready(t, true, r.now);
	cr_assert_eq(vdp_table_restore(t, &saved, r.now), VDP_SUBMIT_OK);
	cr_assert_eq(vdp_table_deadline(t).ns, mono_add(r.now, vdp_tout_keep_alive(&r.params)).ns);
	free(t);
}

/* Before the peer is heard again only the local values are known; the station goes on with the old, longer ones. */
Test(vdp_restore, bridge_keeps_the_longer_keep_alive_time_until_it_is_asked_anew)
{
	struct dur before = vdp_tout_keep_alive(&r.params);
	struct vdp_filter f;
	struct vdp_request rq = rig_request(VDP_ASSOC, 1, &f);

	associate(1);
	r.params.rka = 10;
	restart(BR, 1);
	ready(BR);
	cr_assert_eq(vdp_table_deadline(r.side[BR].t).ns, mono_add(r.now, before).ns);
	rig_tlv(&r, BR, &rq, VDP_ASSOC, 0); /* a keep-alive */
	cr_assert_eq(vdp_table_deadline(r.side[BR].t).ns, mono_add(r.now, before).ns);
	rig_expect(&r, BR, VDP_ASSOC, 0x40);
	rig_tlv(&r, BR, &rq, VDP_PREASSOC, 0); /* something new */
	cr_assert_eq(vdp_table_deadline(r.side[BR].t).ns, mono_add(r.now, vdp_tout_keep_alive(&r.params)).ns);
}

Test(vdp_restore, bridge_knows_the_vsi_by_the_null_vid_and_by_the_one_it_gave)
{
	struct vdp_filter f;
	struct vdp_request rq = rig_request(VDP_ASSOC, 1, &f);

	f.vid = 0;
	rig_tlv(&r, BR, &rq, VDP_ASSOC, 0);
	rig_expect(&r, BR, VDP_ASSOC, 0x40);
	restart(BR, 1);
	ready(BR);
	cr_assert_eq(rig_vsi(&r, BR, 1)->filters[0].vid, 200);
	rig_tlv(&r, BR, &rq, VDP_ASSOC, 0);
	rig_expect(&r, BR, VDP_ASSOC, 0x40);
	f.vid = 200;
	rig_tlv(&r, BR, &rq, VDP_ASSOC, 0);
	rig_expect(&r, BR, VDP_ASSOC, 0x40);
	cr_assert_eq(r.asked, 1);
}

Test(vdp_restore, bridge_answers_repeated_filters_in_the_form_of_the_request)
{
	struct vdp_filter f[3] = { rig_filter(1), rig_filter(2), rig_filter(1) };
	struct vdp_request rq = rig_request(VDP_ASSOC, 1, &f[0]);
	struct vdp_assoc a;

	rq.n_filters = 3;
	rig_tlv(&r, BR, &rq, VDP_ASSOC, 0);
	rig_expect(&r, BR, VDP_ASSOC, 0x40);
	restart(BR, 1);
	ready(BR);
	cr_assert_eq(rig_vsi(&r, BR, 1)->n_filters, 2);
	rig_tlv(&r, BR, &rq, VDP_ASSOC, 0);
	cr_assert_eq(rig_take(&r, BR, &a, 1), 1);
	cr_assert_eq(a.n_filters, 3);
	cr_assert_eq(r.asked, 1);
}

Test(vdp_restore, bridge_keeps_what_is_confirmed_while_it_asks_about_more)
{
	associate(1);
	r.db_silent = true;
	rig_ask(&r, VDP_PREASSOC, 1);
	rig_settle(&r);
	cr_assert(save(BR, 1));
	cr_assert_eq(saved.rq.op, VDP_ASSOC);
	rig_ask(&r, VDP_ASSOC, 2);
	rig_settle(&r);
	cr_assert_not(save(BR, 2), "nothing is confirmed");
}

Test(vdp_restore, bridge_forgets_a_restored_vsi_like_any_other)
{
	struct vsi_id id = rig_id(1);

	associate(1);
	restart(BR, 1);
	cr_assert(vdp_bridge_withdraw(r.side[BR].t, &id, "moved", r.now));
	rig_events(&r, BR);
	cr_assert_eq(r.side[BR].ended, 1);
	ready(BR);
	cr_assert(mono_is_never(vdp_table_deadline(r.side[BR].t)));
	rig_expect(&r, BR, VDP_DEASSOC, 0x00);
	cr_assert(vdp_table_is_quiet(r.side[BR].t));
}

/* ---- station ---- */

Test(vdp_restore, station_asks_again_when_the_peer_is_known)
{
	associate(1);
	restart(ST, 1);
	cr_assert_eq(rig_vsi(&r, ST, 1)->show, VDP_SHOW_PENDING);
	rig_settle(&r);
	cr_assert_eq(r.side[ST].payloads, 1, "nothing leaves before");
	ready(ST);
	rig_settle(&r);
	cr_assert_eq(rig_state(&r, ST, 1), VDP_STATE_ASSOC);
	cr_assert_eq(r.asked, 1, "the bridge takes it for a keep-alive");
}

Test(vdp_restore, station_asks_with_the_vids_it_had_then_with_those_it_wants)
{
	struct vdp_filter f;
	struct vdp_request rq = rig_request(VDP_ASSOC, 1, &f);
	struct vdp_assoc a;

	f.vid = 0;
	cr_assert_eq(vdp_station_request(r.side[ST].t, &rq, r.now), VDP_SUBMIT_OK);
	rig_settle(&r);
	cr_assert_eq(rig_vsi(&r, ST, 1)->filters[0].vid, 200);
	restart(ST, 1);
	ready(ST);
	cr_assert_eq(rig_take(&r, ST, &a, 1), 1);
	cr_assert_eq(a.op, VDP_ASSOC);
	cr_assert_eq(a.filters[0].vid, 200);
	f.vid = 200;
	rig_tlv(&r, ST, &rq, VDP_DEASSOC, VDP_STATUS_RESPONSE | VDP_E_OTHER); /* not there any more */
	rig_pass(&r, ST, dur_s(1));
	cr_assert_eq(rig_take(&r, ST, &a, 1), 1);
	cr_assert_eq(a.filters[0].vid, 0);
}

Test(vdp_restore, station_keeps_the_newest_wish)
{
	associate(1);
	cr_assert(save(ST, 1));
	cr_assert_eq(saved.rq.op, VDP_ASSOC);
	r.db_silent = true;
	rig_ask(&r, VDP_PREASSOC, 1);
	rig_settle(&r);
	cr_assert(save(ST, 1));
	cr_assert_eq(saved.rq.op, VDP_PREASSOC, "asked");
	rig_ask(&r, VDP_PREASSOC_RR, 1);
	cr_assert(save(ST, 1));
	cr_assert_eq(saved.rq.op, VDP_PREASSOC_RR, "waiting");
	rig_leave(&r, 1);
	cr_assert_not(save(ST, 1), "not wanted");
}

Test(vdp_restore, station_that_waits_for_an_answer_still_migrates)
{
	struct vdp_filter f;
	struct vdp_request rq = rig_request(VDP_ASSOC, 1, &f);

	rq.is_migrating = true;
	cr_assert_eq(vdp_station_request(r.side[ST].t, &rq, r.now), VDP_SUBMIT_OK);
	cr_assert(save(ST, 1));
	cr_assert(saved.rq.is_migrating);
	rig_settle(&r);
	cr_assert(save(ST, 1));
	cr_assert_not(saved.rq.is_migrating);
}

Test(vdp_restore, station_tells_the_bridge_when_a_restored_vsi_is_not_wanted)
{
	associate(1);
	restart(ST, 1);
	rig_leave(&r, 1);
	rig_settle(&r);
	cr_assert_eq(rig_state(&r, BR, 1), VDP_STATE_NONE);
	cr_assert_eq(vdp_table_count(r.side[ST].t), 0);
}

Test(vdp_restore, both_sides_at_once)
{
	for (uint32_t n = 0; n < 20; n++)
		associate(n);
	restart(ST, 7);
	restart(BR, 7);
	ready(ST);
	ready(BR);
	rig_run(&r, dur_s(60));
	cr_assert_eq(rig_state(&r, ST, 7), VDP_STATE_ASSOC);
	cr_assert_eq(rig_state(&r, BR, 7), VDP_STATE_ASSOC);
	cr_assert_eq(r.asked, 20);
}

/* ---- either ---- */

Test(vdp_restore, everything_comes_back)
{
	static const uint8_t org[] = { 0xfe, 0x05, 0, 1, 2, 3, 4 };

	for (int s = 0; s < 2; s++) {
		struct vdp_filter f[2] = { rig_filter(1), rig_filter(2) };
		struct vdp_request rq = rig_request(VDP_PREASSOC_RR, 1, &f[0]);

		f[1].vid = 0;
		f[1].group_id = 77;
		f[0].has_pcp = true;
		f[0].pcp = 6;
		rq.format = VDP_FILTER_GROUP_MAC_VID;
		rq.n_filters = 2;
		rq.org = span_of(org, sizeof(org));
		rq.is_migrating = rq.is_suspended = true;
		rq.user = 9;
		cr_assert_eq(vdp_station_request(r.side[ST].t, &rq, r.now), VDP_SUBMIT_OK);
		rig_settle(&r);
		restart(s, 1);
		cr_assert(save(s, 1));
		cr_assert_eq(saved.rq.op, VDP_PREASSOC_RR);
		cr_assert_eq(saved.rq.subject.type_id, 0x102);
		cr_assert_eq(saved.rq.subject.type_version, 3);
		cr_assert(vdp_manager_equal(&saved.rq.subject.manager, &MANAGER));
		cr_assert_eq(saved.rq.format, VDP_FILTER_GROUP_MAC_VID);
		cr_assert_eq(saved.rq.n_filters, 2);
		cr_assert(saved.rq.is_suspended);
		cr_assert_eq(saved.rq.is_migrating, s == BR, "a VM that has arrived does not migrate again");
		cr_assert_eq(saved.rq.org.len, sizeof(org));
		cr_assert_arr_eq(saved.rq.org.ptr, org, sizeof(org));
		for (int k = 0; k < 2; k++) {
			cr_assert(mac_equal(saved.rq.filters[k].mac, f[k].mac));
			cr_assert_eq(saved.rq.filters[k].group_id, f[k].group_id);
			cr_assert_eq(saved.rq.filters[k].vid, f[k].vid);
			cr_assert_eq(saved.granted[k].vid, k == 0 ? 100 : 200);
			cr_assert_eq(saved.granted[k].has_pcp, f[k].has_pcp);
			cr_assert_eq(saved.granted[k].pcp, f[k].pcp);
		}
		if (s == ST)
			cr_assert_eq(saved.rq.user, 9);
		else
			cr_assert_eq(saved.keep_alive.ns, vdp_tout_keep_alive(&r.params).ns);
		ready(ST);
		rig_leave(&r, 1);
		rig_settle(&r);
	}
}

Test(vdp_restore, a_vsi_that_is_there_is_newer)
{
	for (int s = 0; s < 2; s++) {
		associate(1);
		cr_assert(save(s, 1));
		cr_assert_eq(vdp_table_restore(r.side[s].t, &saved, r.now), VDP_SUBMIT_BAD);
		cr_assert_eq(vdp_table_count(r.side[s].t), 1);
	}
}

Test(vdp_restore, nonsense_is_refused)
{
	struct vdp_filter granted;

	for (int s = 0; s < 2; s++) {
		struct vdp_saved good;

		associate(1);
		cr_assert(save(s, 1));
		good = saved;
		saved.rq.op = VDP_DEASSOC;
		cr_assert_eq(reborn(s), VDP_SUBMIT_BAD);
		saved = good;
		saved.rq.format = 5;
		cr_assert_eq(reborn(s), VDP_SUBMIT_BAD);
		saved = good;
		saved.rq.n_filters = 0;
		cr_assert_eq(reborn(s), VDP_SUBMIT_BAD);
		saved = good;
		granted = good.granted[0];
		granted.vid = 4095;
		saved.granted = &granted;
		cr_assert_eq(reborn(s), VDP_SUBMIT_BAD);
		granted.vid = 0;
		cr_assert_eq(reborn(s), s == BR ? VDP_SUBMIT_BAD : VDP_SUBMIT_OK);
		saved = good;
		cr_assert_eq(reborn(s), VDP_SUBMIT_OK);
		ready(s);
	}
}

Test(vdp_restore, a_table_that_became_smaller_takes_what_fits)
{
	for (int s = 0; s < 2; s++) {
		struct vdp_table_cfg cfg = rig_cfg(s == ST ? VDP_STATION : VDP_BRIDGE, 1);
		struct vdp_table *t = rig_table(&cfg, &r.params);

		associate(1);
		associate(2);
		cr_assert(save(s, 1));
		cr_assert_eq(vdp_table_restore(t, &saved, r.now), VDP_SUBMIT_OK);
		cr_assert(save(s, 2));
		cr_assert_eq(vdp_table_restore(t, &saved, r.now), VDP_SUBMIT_FULL);
		cr_assert_eq(vdp_table_count(t), 1);
		free(t);
	}
}
