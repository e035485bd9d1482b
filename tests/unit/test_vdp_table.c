/* Tables against each other: payload rules (VDP-*), packing, limits. */
#include "vdp_rig.h"

static struct rig r;

static void setup(void)
{
	rig_init(&r, 1000);
}

static void teardown(void)
{
	rig_free(&r);
}

TestSuite(vdp_table, .init = setup, .fini = teardown);

/* ---- payload rules ---- */

static struct rig_frame requests(unsigned n)
{
	struct rig_frame f = rig_frame(&MANAGER);

	for (uint32_t k = 1; k <= n; k++) {
		struct vdp_filter filter;
		struct vdp_request rq = rig_request(VDP_ASSOC, k, &filter);

		rig_add(&f, &rq, VDP_ASSOC, 0);
	}
	return f;
}

static void give(const struct rig_frame *f)
{
	rig_give(&r, BR, f->b, f->len);
}

static void raw(struct rig_frame *f, const void *octets, size_t n)
{
	memcpy(f->b + f->len, octets, n);
	f->len += n;
}

static void expect_discarded(uint64_t no_manager, uint64_t bad_tlv)
{
	cr_assert_eq(vdp_table_count(r.side[BR].t), 0);
	cr_assert_eq(rig_count(&r, BR)->rx_no_manager, no_manager);
	cr_assert_eq(rig_count(&r, BR)->rx_bad_tlv, bad_tlv);
	rig_expect_nothing(&r, BR);
}

Test(vdp_table, VDP_01_manager_comes_first)
{
	rig_ask(&r, VDP_ASSOC, 1);
	rig_settle(&r);
	for (int s = 0; s < 2; s++) {
		cr_assert_eq(r.side[s].payload[0], 0x0a);
		cr_assert_eq(r.side[s].payload[1], 0x10);
		cr_assert_arr_eq(r.side[s].payload + 2, MANAGER.id, 16);
	}
}

Test(vdp_table, VDP_02_no_manager)
{
	struct rig_frame f = requests(1);

	rig_give(&r, BR, f.b + 18, f.len - 18);
	expect_discarded(1, 0);
}

Test(vdp_table, VDP_03_manager_of_15_octets)
{
	struct rig_frame f = requests(1);

	f.b[1] = 15;
	memmove(f.b + 17, f.b + 18, f.len - 18);
	f.len--;
	give(&f);
	expect_discarded(1, 0);
}

Test(vdp_table, VDP_04_second_manager_undoes_the_message)
{
	struct rig_frame f = requests(1);

	raw(&f, f.b, 18);
	give(&f);
	expect_discarded(1, 0);
}

Test(vdp_table, VDP_05_overrun_undoes_the_message)
{
	struct rig_frame f = requests(2);

	f.len--;
	give(&f);
	expect_discarded(0, 1);
}

Test(vdp_table, VDP_06_reserved_types_are_skipped)
{
	struct rig_frame f = requests(1), g = requests(2);

	raw(&f, (const uint8_t[]){ 6 << 1, 2, 0xaa, 0xbb, 126 << 1, 0 }, 6);
	raw(&f, g.b + f.len - 6, g.len - (f.len - 6));
	give(&f);
	cr_assert_eq(vdp_table_count(r.side[BR].t), 2);
}

Test(vdp_table, VDP_07_unknown_org_tlv_is_skipped)
{
	struct rig_frame f = requests(1);

	raw(&f, (const uint8_t[]){ 0xfe, 6, 0, 0, 0x5e, 1, 0xaa, 0xbb }, 8);
	give(&f);
	cr_assert_eq(vdp_table_count(r.side[BR].t), 1);
}

Test(vdp_table, VDP_08_padding_ends_the_list)
{
	struct rig_frame f = requests(1), g = requests(2);
	size_t one = f.len;

	raw(&f, (const uint8_t[8]){ 0 }, 8);
	raw(&f, g.b + one, g.len - one);
	give(&f);
	cr_assert_eq(vdp_table_count(r.side[BR].t), 1);
}

Test(vdp_table, VDP_09_two_tlvs_are_both_executed)
{
	struct rig_frame f = requests(2);
	struct vdp_assoc a[2];

	give(&f);
	cr_assert_eq(rig_take(&r, BR, a, 2), 2);
	cr_assert(a[0].status == 0x40 && a[1].status == 0x40);
}

Test(vdp_table, VDP_10_reserved_status_bits_are_ignored)
{
	struct rig_frame f = requests(1);

	f.b[20] = 0x8f;
	give(&f);
	rig_expect(&r, BR, VDP_ASSOC, 0x40);
}

Test(vdp_table, VDP_11_bridge_ignores_responses)
{
	struct rig_frame f = requests(1);

	f.b[20] = 0x40;
	give(&f);
	expect_discarded(0, 0);
	cr_assert_eq(rig_count(&r, BR)->rx_unexpected, 1);
}

Test(vdp_table, VDP_12_station_ignores_requests)
{
	struct vdp_filter filter;
	struct vdp_request rq = rig_request(VDP_ASSOC, 1, &filter);

	rig_ask(&r, VDP_ASSOC, 1);
	rig_expect(&r, ST, VDP_ASSOC, 0);
	rig_tlv(&r, ST, &rq, VDP_ASSOC, 0);
	cr_assert_eq(rig_state(&r, ST, 1), VDP_STATE_NONE);
	cr_assert_eq(rig_count(&r, ST)->rx_unexpected, 1);
}

static void ask_with_manager(uint32_t n, uint8_t manager)
{
	struct vdp_filter filter;
	struct vdp_request rq = rig_request(VDP_ASSOC, n, &filter);

	rq.subject.manager.id[15] = manager;
	MUST(vdp_station_request(r.side[ST].t, &rq, r.now) == VDP_SUBMIT_OK);
}

Test(vdp_table, VDP_13_a_payload_for_each_manager)
{
	for (uint32_t n = 0; n < 30; n++)
		ask_with_manager(n, (uint8_t)(n % 3));
	rig_settle(&r);
	cr_assert_eq(r.side[ST].payloads, 3);
	cr_assert_eq(r.side[BR].payloads, 3);
	cr_assert_eq(rig_count(&r, ST)->succeeded, 30);
}

/* ---- packing ---- */

Test(vdp_table, thousand_associates_take_at_most_25_payloads_each_way)
{
	for (uint32_t n = 0; n < 1000; n++)
		rig_ask(&r, VDP_ASSOC, n);
	while (rig_send(&r, ST))
		;
	cr_assert_leq(r.side[ST].payloads, 25, "%u", r.side[ST].payloads);
	while (rig_send(&r, BR))
		;
	cr_assert_leq(r.side[BR].payloads, 25, "%u", r.side[BR].payloads);
	cr_assert_eq(rig_count(&r, ST)->succeeded, 1000);
	cr_assert(vdp_table_is_quiet(r.side[ST].t) && vdp_table_is_quiet(r.side[BR].t));
}

Test(vdp_table, answers_without_a_vsi_are_packed_too)
{
	struct rig_frame f = rig_frame(&MANAGER);
	struct vdp_assoc a[40];

	for (uint32_t n = 0; n < 40; n++) {
		struct vdp_filter filter;
		struct vdp_request rq = rig_request(VDP_ASSOC, n, &filter);

		rig_add(&f, &rq, n % 2 ? VDP_DEASSOC : VDP_ASSOC, 0);
	}
	give(&f);
	cr_assert_eq(rig_take(&r, BR, a, 40), 40);
	rig_expect_nothing(&r, BR);
}

Test(vdp_table, oldest_leaves_first_and_undelivered_keep_their_place)
{
	struct vdp_assoc a[64];
	uint8_t buf[PAYLOAD];
	struct vsi_id id;

	for (uint32_t n = 0; n < 100; n++)
		rig_ask(&r, VDP_ASSOC, n);
	for (int k = 0; k < 3; k++) {
		cr_assert_gt(vdp_table_fill(r.side[ST].t, buf, sizeof(buf), r.now), 0);
		vdp_table_on_sent(r.side[ST].t, false, r.now);
	}
	for (uint32_t n = 0, got = 1; n < 100; n += got) {
		got = rig_take(&r, ST, a, 64);
		for (uint32_t k = 0; k < got; k++) {
			id = rig_id(n + k);
			cr_assert(vsi_id_equal(&a[k].vsi, &id));
		}
	}
}

Test(vdp_table, filling_respects_any_capacity)
{
	for (size_t cap = 0; cap <= PAYLOAD; cap += 7) {
		uint8_t *buf = malloc(cap + 1);

		rig_ask(&r, VDP_ASSOC, 1);
		rig_ask(&r, VDP_ASSOC, 2);
		buf[cap] = 0xa5;
		cr_assert_leq(vdp_table_fill(r.side[ST].t, buf, cap, r.now), cap);
		cr_assert_eq(buf[cap], 0xa5);
		vdp_table_on_sent(r.side[ST].t, true, r.now);
		vdp_table_port_down(r.side[ST].t, r.now);
		vdp_table_set_ready(r.side[ST].t, true, r.now);
		rig_events(&r, ST);
		free(buf);
	}
}

/* ---- limits ---- */

Test(vdp_table, memory_per_vsi_is_small)
{
	struct vdp_table_cfg cfg = rig_cfg(VDP_BRIDGE, 10000);

	cfg.pool_octets = 65536;
	cr_assert_leq(sizeof(struct vsi), 320, "%zu", sizeof(struct vsi));
	cr_assert_leq(vdp_table_size(&cfg) / 10000, 400, "%zu", vdp_table_size(&cfg) / 10000);
}

Test(vdp_table, flow_control_holds_when_nothing_is_sent)
{
	struct rig_frame f = rig_frame(&MANAGER);
	unsigned accepted = 0;

	for (uint32_t n = 0; n < 52; n++) { /* the worst payload: the smallest TLVs */
		struct vdp_filter filter;
		struct vdp_request rq = rig_request(VDP_DEASSOC, n, &filter);

		rq.n_filters = 0;
		rig_add(&f, &rq, VDP_DEASSOC, 0);
	}
	cr_assert_leq(f.len, 1494);
	while (vdp_table_can_accept(r.side[BR].t)) {
		give(&f);
		accepted++;
	}
	cr_assert_gt(accepted, 10);
	cr_assert_eq(rig_count(&r, BR)->reply_full, 0);
	for (int k = 0; k < 3; k++)
		give(&f); /* by a user who does not ask */
	cr_assert_gt(rig_count(&r, BR)->reply_full, 0);
	while (rig_take(&r, BR, NULL, 0) > 0)
		;
	cr_assert(vdp_table_is_quiet(r.side[BR].t));
	cr_assert(vdp_table_can_accept(r.side[BR].t));
}

Test(vdp_table, station_takes_any_payload)
{
	cr_assert(vdp_table_can_accept(r.side[ST].t));
}

Test(vdp_table, requests_for_vsis_do_not_grow)
{
	struct rig_frame f = requests(20);
	size_t used;

	give(&f);
	used = r.side[BR].t->pool.used_octets;
	for (int k = 0; k < 100; k++) {
		f.b[22] ^= (uint8_t)k; /* another type of the first: waits in its place */
		give(&f);
	}
	cr_assert_eq(r.side[BR].t->pool.used_octets, used + 64);
	cr_assert_eq(r.side[BR].t->replies.used, 0);
}

Test(vdp_table, names_and_looking)
{
	struct vsi_id id = rig_id(2);
	struct vdp_table *t = r.side[ST].t;

	for (int d = VDP_SHOW_NONE; d <= VDP_SHOW_TIMED_OUT; d++)
		cr_assert_str_neq(vdp_display_name((enum vdp_display)d), "?");
	cr_assert_eq(vdp_table_next(t, 0), UINT32_MAX);
	rig_ask(&r, VDP_ASSOC, 1);
	rig_ask(&r, VDP_ASSOC, 2);
	cr_assert_eq(vdp_table_find(t, &id), 1);
	cr_assert_eq(vdp_table_next(t, 0), 0);
	cr_assert_eq(vdp_table_next(t, 1), 1);
	cr_assert_eq(vdp_table_next(t, 2), UINT32_MAX);
	vdp_table_set_user(t, 1, 77);
	vdp_table_set_user(t, 1000, 77);
	cr_assert_eq(vdp_table_get(t, 1)->user, 77);
	cr_assert_null(vdp_table_get(t, 2));
	cr_assert_not(vdp_table_is_quiet(t));
}

Test(vdp_table, defaults_and_lower_limits)
{
	struct vdp_table_cfg zero = { .role = VDP_BRIDGE }, small = { .role = VDP_BRIDGE, .reply_octets = 1 };
	struct vdp_table *t = rig_table(&zero, &r.params);

	cr_assert_eq(t->cfg.max_vsis, 4096);
	cr_assert_eq(t->cfg.pool_octets, 4096 * 128);
	cr_assert_eq(t->cfg.reply_octets, 65536);
	cr_assert_eq(t->cfg.manager_deadline.ns, 3000000000u);
	free(t);
	t = rig_table(&small, &r.params);
	cr_assert(vdp_table_can_accept(t), "room for one payload at least");
	free(t);
}

Test(vdp_table, answers_too_long_for_a_payload_do_not_block)
{
	struct rig_frame f = requests(2);
	uint8_t buf[60];

	f.b[44] = 9; /* malformed: its echo waits in the ring */
	give(&f);
	cr_assert_eq(vdp_table_fill(r.side[BR].t, buf, 40, r.now), 0);
	vdp_table_on_sent(r.side[BR].t, false, r.now);
	cr_assert(vdp_table_is_quiet(r.side[BR].t));
}

Test(vdp_table, answers_without_a_vsi_do_not_starve_the_others)
{
	struct vdp_filter f;
	struct vdp_request rq = rig_request(VDP_ASSOC, 1, &f), flood = rig_request(VDP_DEASSOC, 2, &f);
	struct vdp_assoc a;
	bool is_answered = false;

	flood.subject.manager.id[15] = 0x99;
	rig_tlv(&r, BR, &rq, VDP_ASSOC, 0);
	for (int k = 0; k < 2; k++) {
		rig_tlv(&r, BR, &flood, VDP_DEASSOC, 0);
		cr_assert_eq(rig_take(&r, BR, &a, 1), 1);
		is_answered = is_answered || a.op == VDP_ASSOC;
	}
	cr_assert(is_answered);
}
