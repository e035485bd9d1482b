/* The type database's decision: records and query in, answer out (evb-reference 6.3, 6.8). */
#include <criterion/criterion.h>

#include "vtdb.h"

#define MANAGER_A                                                                                            \
	{                                                                                                    \
		{                                                                                            \
			0x20, 0x01, 0x0d, 0xb8, [15] = 0x0a                                                  \
		}                                                                                            \
	}
#define MANAGER_B                                                                                            \
	{                                                                                                    \
		{                                                                                            \
			0x20, 0x01, 0x0d, 0xb8, [15] = 0x0b                                                  \
		}                                                                                            \
	}
#define MAC(n) ((struct mac){ { 0x52, 0x54, 0, 0, 0, n } })

static const struct vtdb_vid_range web_vids[] = { { 100, 199 }, { 400, 400 } };
static const struct vtdb_group groups[] = { { 0, 100 }, { 0x1234, 300 }, { 0xffffffff, 4094 } };
static const struct vsi_id users[] = { { VSI_ID_UUID, { 1 } }, { VSI_ID_UUID, { 2 } } };
static const struct mac macs[] = { { { 0x52, 0x54, 0, 0, 0, 1 } }, { { 0x52, 0x54, 0, 0, 0, 2 } } };

enum {
	ANY = 1,
	WEB = 7,
	PRIO = 8,
	GROUPS = 9,
	LIMITED = 10,
	OWNED = 11,
	CLOSED = 12,
	CLOSED_SOFT = 13,
	ECHO = 14
};

static const struct vtdb_type records[] = {
	/* sorted by manager, type id, version_low */
	{ .manager = MANAGER_A, .type_id = ANY, .version_high = 255 },
	{ .manager = MANAGER_A,
		.type_id = WEB,
		.version_low = 1,
		.version_high = 3,
		.name = "web",
		.n_vids = 2,
		.vids = web_vids,
		.default_vid = 200 },
	{ .manager = MANAGER_A, .type_id = WEB, .version_low = 5, .version_high = 5, .name = "web5" },
	{ .manager = MANAGER_A,
		.type_id = PRIO,
		.version_high = 255,
		.default_vid = 200,
		.has_pcp = true,
		.pcp = 5 },
	{ .manager = MANAGER_A,
		.type_id = GROUPS,
		.version_high = 255,
		.n_groups = 3,
		.groups = groups,
		.default_vid = 77,
		.n_vids = 2,
		.vids = web_vids },
	{ .manager = MANAGER_A,
		.type_id = LIMITED,
		.version_high = 255,
		.max_macs = 2,
		.n_macs = 2,
		.macs = macs },
	{ .manager = MANAGER_A, .type_id = OWNED, .version_high = 255, .n_vsis = 2, .vsis = users },
	{ .manager = MANAGER_A,
		.type_id = CLOSED,
		.version_high = 255,
		.is_refused = true,
		.refuse_error = VDP_E_RESOURCES,
		.refuse_hard = true,
		.refuse_reason = "maintenance until Monday" },
	{ .manager = MANAGER_A, .type_id = CLOSED_SOFT, .name = "", .version_high = 255, .is_refused = true },
	{ .manager = MANAGER_A, .type_id = ECHO, .version_high = 255, .max_macs = 2, .echo_org = true },
	{ .manager = MANAGER_B,
		.type_id = WEB,
		.version_high = 255,
		.name = "other web",
		.default_vid = 900 },
};
static const struct vtdb_types db = { sizeof(records) / sizeof(records[0]), records, true, MANAGER_B };

/** An Associate of a new VSI. Formats and filters are the test's. */
static struct vtdb_query query(uint32_t type_id, uint8_t format, const struct vdp_filter *filters, uint16_t n)
{
	struct vtdb_query q = { .op = VDP_ASSOC, .format = format, .filters = filters, .n_filters = n };

	q.subject = (struct vdp_subject){ { VSI_ID_UUID, { 1 } }, MANAGER_A, type_id, 1 };
	return q;
}

static struct vtdb_answer decide(const struct vtdb_query *q)
{
	struct vtdb_answer a;

	memset(&a, 0xa5, sizeof(a)); /* every member must be set */
	vtdb_decide(&db, q, &a);
	return a;
}

static struct vtdb_answer decide_vid(uint32_t type_id, uint16_t vid)
{
	struct vdp_filter f = { .vid = vid };
	struct vtdb_query q = query(type_id, VDP_FILTER_VID, &f, 1);

	return decide(&q);
}

static void granted(const struct vtdb_answer *a, unsigned n)
{
	cr_assert_eq(a->error, VDP_E_SUCCESS, "%s", a->reason);
	cr_assert_eq(a->n_filters, n);
	cr_assert_str_eq(a->reason, "");
	cr_assert_not(a->is_hard || a->is_keep);
}

static void refused(const struct vtdb_answer *a, enum vdp_error error, bool is_hard, const char *reason)
{
	cr_assert_eq(a->error, error);
	cr_assert_eq(a->is_hard, is_hard);
	cr_assert_not(a->is_keep);
	cr_assert_eq(a->n_filters, 0);
	cr_assert_eq(a->org.len, 0);
	cr_assert_str_eq(a->reason, reason);
}

/* ---- manager, type, version ---- */

Test(vtdb, no_manager_stated_takes_the_default)
{
	struct vdp_filter f = { .vid = 0 };
	struct vtdb_query q = query(WEB, VDP_FILTER_VID, &f, 1);
	struct vtdb_types no_default = db;
	struct vtdb_answer a;

	q.subject.manager = (struct vdp_manager){ { 0 } };
	a = decide(&q);
	granted(&a, 1);
	cr_assert_eq(a.filters[0].vid, 900, "the default manager's type 7");

	no_default.has_default_manager = false;
	vtdb_decide(&no_default, &q, &a);
	refused(&a, VDP_E_MANAGER_UNKNOWN, false, "no VSI manager stated and no default manager configured");
}

Test(vtdb, an_unknown_manager_may_become_known)
{
	struct vdp_filter f = { .vid = 100 };
	struct vtdb_query q = query(WEB, VDP_FILTER_VID, &f, 1);
	struct vtdb_types empty = { 0, NULL, false, MANAGER_A };
	struct vtdb_answer a;

	for (unsigned last = 0; last <= 0xff; last++) { /* before, between and after the known ones */
		q.subject.manager.id[15] = (uint8_t)last;
		a = decide(&q);
		cr_assert_eq(a.error == VDP_E_MANAGER_UNKNOWN, last != 0x0a && last != 0x0b);
	}
	refused(&a, VDP_E_MANAGER_UNKNOWN, false, "VSI manager 2001:db8::ff is not known");
	vtdb_decide(&empty, &q, &a);
	cr_assert_eq(a.error, VDP_E_MANAGER_UNKNOWN);
}

Test(vtdb, versions_select_the_record)
{
	struct vdp_filter f = { .vid = 300 };
	struct vtdb_query q = query(WEB, VDP_FILTER_VID, &f, 1);

	for (unsigned v = 0; v <= 255; v++) {
		struct vtdb_answer a;

		q.subject.type_version = (uint8_t)v;
		a = decide(&q);
		if (v == 5)
			granted(&a, 1);
		else
			cr_assert_eq(a.error, v >= 1 && v <= 3 ? VDP_E_ADDRESS : VDP_E_TYPE_VERSION,
				"version %u", v);
	}
}

Test(vtdb, an_unknown_type_is_permanent)
{
	struct vtdb_answer a = decide_vid(6, 100);

	refused(&a, VDP_E_TYPE_UNKNOWN, true, "type 6 version 1 is not known to 2001:db8::a");
	a = decide_vid(0, 100);
	cr_assert_eq(a.error, VDP_E_TYPE_UNKNOWN);
	a = decide_vid(0xffffff, 100);
	cr_assert_eq(a.error, VDP_E_TYPE_UNKNOWN);
}

Test(vtdb, a_type_of_another_manager_is_unknown)
{
	struct vdp_filter f = { .vid = 100 };
	struct vtdb_query q = query(ANY, VDP_FILTER_VID, &f, 1);
	struct vtdb_answer a;

	q.subject.manager = (struct vdp_manager)MANAGER_B;
	a = decide(&q);
	refused(&a, VDP_E_TYPE_UNKNOWN, true, "type 1 version 1 is not known to 2001:db8::b");
}

/* ---- who may use it ---- */

Test(vtdb, a_refused_type_says_why)
{
	struct vtdb_answer a = decide_vid(CLOSED, 100);

	refused(&a, VDP_E_RESOURCES, true, "maintenance until Monday");
	a = decide_vid(CLOSED_SOFT, 100);
	refused(&a, VDP_E_OTHER, false, "type 13 is refused by its record");
}

Test(vtdb, only_the_named_vsis_may_use_a_type)
{
	struct vdp_filter f = { .vid = 100 };
	struct vtdb_query q = query(OWNED, VDP_FILTER_VID, &f, 1);
	struct vtdb_answer a = decide(&q);

	granted(&a, 1);
	q.subject.vsi.id[0] = 2;
	a = decide(&q);
	granted(&a, 1);
	q.subject.vsi.id[0] = 3;
	a = decide(&q);
	refused(&a, VDP_E_TYPE_DENIED, true, "VSI 03000000-0000-0000-0000-000000000000 may not use type 11");
	q.subject.vsi = (struct vsi_id){ VSI_ID_LOCAL, { 1 } };
	a = decide(&q);
	cr_assert_eq(a.error, VDP_E_TYPE_DENIED, "the format is part of the VSIID");
}

/* ---- VIDs ---- */

Test(vtdb, vids_inside_the_ranges_are_allowed)
{
	for (unsigned vid = 1; vid <= 4095; vid++) {
		bool is_allowed = (vid >= 100 && vid <= 200) || vid == 400; /* 200: the default */
		struct vtdb_answer a = decide_vid(WEB, (uint16_t)vid);

		cr_assert_eq(a.error, is_allowed ? VDP_E_SUCCESS : VDP_E_ADDRESS, "VID %u", vid);
	}
	struct vtdb_answer a = decide_vid(WEB, 300);

	refused(&a, VDP_E_ADDRESS, true, "VID 300 is not allowed for type 7 \"web\"");
}

Test(vtdb, without_ranges_every_vid_but_the_reserved_one)
{
	struct vtdb_answer a = decide_vid(ANY, 1);

	granted(&a, 1);
	a = decide_vid(ANY, 4094);
	granted(&a, 1);
	a = decide_vid(ANY, 4095);
	refused(&a, VDP_E_ADDRESS, true, "VID 4095 is reserved");
	a = decide_vid(WEB, 0xffff);
	cr_assert_eq(a.error, VDP_E_ADDRESS);
}

Test(vtdb, VDPB_11_a_null_vid_takes_the_default)
{
	struct vtdb_answer a = decide_vid(WEB, 0);

	granted(&a, 1);
	cr_assert_eq(a.filters[0].vid, 200);
	cr_assert_not(a.filters[0].has_pcp);
	a = decide_vid(WEB, 200);
	granted(&a, 1);          /* what was given comes back in the keep-alive */
	a = decide_vid(PRIO, 0); /* E6 -> E7 */
	granted(&a, 1);
	cr_assert_eq(a.filters[0].vid, 200);
	cr_assert(a.filters[0].has_pcp);
	cr_assert_eq(a.filters[0].pcp, 5);
	a = decide_vid(ANY, 0);
	refused(&a, VDP_E_ADDRESS, true, "VID 0, and type 1 has no default VID");
}

Test(vtdb, VDPB_12_a_null_vid_of_format_1_must_be_alone)
{
	struct vdp_filter f[2] = { { .vid = 100 }, { .vid = 0 } };
	struct vtdb_query q = query(WEB, VDP_FILTER_VID, f, 2);
	struct vtdb_answer a = decide(&q);

	refused(&a, VDP_E_ADDRESS, true, "VID 0 among 2 entries of format 1");
	f[1].vid = 101;
	a = decide(&q);
	granted(&a, 2);
}

Test(vtdb, VDPB_13_null_vids_of_format_2_anywhere)
{
	struct vdp_filter f[3] = { { .mac = MAC(1), .vid = 0 }, { .mac = MAC(2), .vid = 150 },
		{ .mac = MAC(3) } };
	struct vtdb_query q = query(WEB, VDP_FILTER_MAC_VID, f, 3);
	struct vtdb_answer a = decide(&q);

	granted(&a, 3);
	cr_assert_eq(a.filters[0].vid, 200);
	cr_assert_eq(a.filters[1].vid, 150);
	cr_assert_eq(a.filters[2].vid, 200);
	for (unsigned i = 0; i < 3; i++)
		cr_assert(mac_equal(a.filters[i].mac, f[i].mac), "same order");
}

/* ---- GroupIDs ---- */

static struct vtdb_answer decide_group(uint32_t group_id, uint16_t vid, uint8_t format, bool group_ids)
{
	struct vdp_filter f = { .group_id = group_id, .mac = MAC(1), .vid = vid };
	struct vtdb_query q = query(GROUPS, format, &f, 1);

	q.group_ids = group_ids;
	return decide(&q);
}

Test(vtdb, VDPB_14_group_ids_are_mapped)
{
	for (uint8_t format = VDP_FILTER_GROUP_VID; format <= VDP_FILTER_GROUP_MAC_VID; format++) {
		struct vtdb_answer a = decide_group(0x1234, 0, format, true);

		granted(&a, 1);
		cr_assert_eq(a.filters[0].vid, 300, "the map decides, neither the ranges nor the default");
		cr_assert_eq(a.filters[0].group_id, 0x1234u);
		a = decide_group(0xffffffff, 4094, format, true);
		granted(&a, 1);
		a = decide_group(0x1234, 301, format, true);
		refused(&a, VDP_E_ADDRESS, true, "VID 301 is not that of GroupID 4660, which is 300");
	}
}

Test(vtdb, VDPB_15_unknown_group_ids)
{
	struct vtdb_answer a = decide_group(1, 100, VDP_FILTER_GROUP_VID, true);

	refused(&a, VDP_E_ADDRESS, true, "GroupID 1 is not known to type 9");
	a = decide_group(0, 0, VDP_FILTER_GROUP_MAC_VID, true);
	refused(&a, VDP_E_ADDRESS, true, "GroupID 0 is not known to type 9");
}

Test(vtdb, VDPB_16_group_ids_that_are_not_agreed)
{
	struct vtdb_answer a = decide_group(0x1234, 0, VDP_FILTER_GROUP_VID, false);

	refused(&a, VDP_E_ADDRESS, false, "GroupIDs are not agreed on this port");
}

/* ---- priorities ---- */

Test(vtdb, VDPB_21_a_requested_pcp_is_returned_or_refused)
{
	struct vdp_filter f = { .vid = 100, .has_pcp = true, .pcp = 5 };
	struct vtdb_query q = query(PRIO, VDP_FILTER_VID, &f, 1);
	struct vtdb_answer a = decide(&q);

	granted(&a, 1);
	cr_assert(a.filters[0].has_pcp && a.filters[0].pcp == 5);
	f.pcp = 6;
	a = decide(&q);
	refused(&a, VDP_E_OTHER, true, "PCP 6 of VID 100, type 8 has 5");
	q.subject.type_id = ANY;
	a = decide(&q);
	granted(&a, 1);
	cr_assert(a.filters[0].has_pcp && a.filters[0].pcp == 6, "a type without an opinion");
}

/* ---- MAC addresses ---- */

Test(vtdb, too_many_macs)
{
	struct vdp_filter f[] = { { .mac = MAC(1), .vid = 1 }, { .mac = MAC(1), .vid = 2 },
		{ .mac = MAC(2), .vid = 1 }, { .mac = MAC(3), .vid = 1 } };
	struct vtdb_query q = query(ECHO, VDP_FILTER_MAC_VID, f, 3);
	struct vtdb_answer a = decide(&q);

	granted(&a, 3); /* two addresses in three entries */
	q.n_filters = 4;
	a = decide(&q);
	refused(&a, VDP_E_RESOURCES, true, "3 MAC addresses, type 14 allows 2");
	q.format = VDP_FILTER_VID;
	a = decide(&q);
	granted(&a, 4); /* no addresses named */
}

Test(vtdb, only_the_named_macs_may_be_used)
{
	struct vdp_filter f = { .mac = MAC(2), .vid = 1 };
	struct vtdb_query q = query(LIMITED, VDP_FILTER_MAC_VID, &f, 1);
	struct vtdb_answer a = decide(&q);

	granted(&a, 1);
	f.mac = MAC(3);
	a = decide(&q);
	refused(&a, VDP_E_ADDRESS, true, "MAC 52:54:00:00:00:03 is not allowed for type 10");
	q.format = VDP_FILTER_VID;
	a = decide(&q);
	refused(&a, VDP_E_ADDRESS, true, "type 10 wants filters with MAC addresses");
}

Test(vtdb, VDPB_20_group_and_zero_macs)
{
	struct vdp_filter f = { .mac = { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } }, .vid = 1 };
	struct vtdb_query q = query(ANY, VDP_FILTER_MAC_VID, &f, 1);
	struct vtdb_answer a = decide(&q);

	refused(&a, VDP_E_ADDRESS, true, "MAC ff:ff:ff:ff:ff:ff is no individual address");
	f.mac = (struct mac){ { 0 } };
	a = decide(&q);
	refused(&a, VDP_E_ADDRESS, true, "MAC 00:00:00:00:00:00 is no individual address");
	q.format = VDP_FILTER_VID;
	a = decide(&q);
	granted(&a, 1); /* means nothing there */
}

/* ---- the rest ---- */

Test(vtdb, lists_that_the_bridge_machine_lets_through_never)
{
	static struct vdp_filter f[VDP_FILTERS_MAX + 1];
	struct vtdb_query q = query(ANY, VDP_FILTER_VID, f, 0);
	struct vtdb_answer a = decide(&q);

	for (unsigned i = 0; i <= VDP_FILTERS_MAX; i++)
		f[i].vid = 1;
	refused(&a, VDP_E_FORMAT, true, "0 filter entries of format 1");
	q.n_filters = VDP_FILTERS_MAX + 1;
	a = decide(&q);
	refused(&a, VDP_E_FORMAT, true, "244 filter entries of format 1");
	q.n_filters = VDP_FILTERS_MAX;
	a = decide(&q);
	granted(&a, VDP_FILTERS_MAX);
	q.format = 5;
	a = decide(&q);
	cr_assert_eq(a.error, VDP_E_FORMAT);
}

Test(vtdb, VDPB_07_a_refused_change_keeps_the_vsi_and_is_not_hard)
{
	struct vdp_filter f = { .vid = 300 };
	struct vtdb_query q = query(WEB, VDP_FILTER_VID, &f, 1);

	for (unsigned state = VDP_STATE_NONE; state <= VDP_STATE_ASSOC; state++) {
		struct vtdb_answer a;

		q.state = (enum vdp_state)state;
		a = decide(&q);
		cr_assert_eq(a.error, VDP_E_ADDRESS);
		cr_assert_eq(a.is_keep, state != VDP_STATE_NONE);
		cr_assert_eq(a.is_hard, state == VDP_STATE_NONE);
	}
}

Test(vtdb, org_tlvs_are_echoed_when_the_type_says_so)
{
	static const uint8_t org[] = { 0xfe, 0x04, 0, 0, 0x5e, 1 };
	struct vdp_filter f = { .vid = 100 };
	struct vtdb_query q = query(ECHO, VDP_FILTER_VID, &f, 1);
	struct vtdb_answer a;

	q.org = span_of(org, sizeof(org));
	a = decide(&q);
	cr_assert(span_equal(a.org, q.org));
	q.subject.type_id = ANY;
	a = decide(&q);
	cr_assert_eq(a.org.len, 0);
	f.vid = 4095;
	q.subject.type_id = ECHO;
	a = decide(&q);
	cr_assert_eq(a.org.len, 0, "a refusal echoes nothing");
}

Test(vtdb, a_long_name_leaves_the_value_readable)
{
	struct vtdb_type t = { .manager = MANAGER_A,
		.type_id = 0xffffff,
		.version_high = 255,
		.n_vids = 1,
		.vids = web_vids,
		.name = "a type whose name an administrator never wanted to end, for whatever reason" };
	struct vtdb_types one = { 1, &t, false, MANAGER_A };
	struct vdp_filter f = { .vid = 4000 };
	struct vtdb_query q = query(0xffffff, VDP_FILTER_VID, &f, 1);
	struct vtdb_answer a;

	vtdb_decide(&one, &q, &a);
	refused(&a, VDP_E_ADDRESS, true,
		"VID 4000 is not allowed for type 16777215 \"a type whose name an\"");
}
