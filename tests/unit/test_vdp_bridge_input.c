/* What the bridge makes of filters and of bad input (evb-reference 6.3, 6.9, VDPB-11 to VDPB-22). */
#include "vdp_bridge_rig.h"

TestSuite(vdp_bridge_input, .init = setup, .fini = teardown);

Test(vdp_bridge_input, VDPB_11_null_vid_is_filled)
{
	struct vdp_assoc a;

	r.give_pcp = true;
	rq.format = VDP_FILTER_VID;
	filter.vid = 0;
	request(VDP_PREASSOC, 0);
	cr_assert_eq(rig_take(&r, BR, &a, 1), 1);
	cr_assert_eq(a.op, VDP_PREASSOC);
	cr_assert_eq(a.status, 0x40);
	cr_assert(a.filters[0].vid == 200 && a.filters[0].has_pcp && a.filters[0].pcp == 5);
	cr_assert_eq(r.side[BR].payload[r.side[BR].payload_len - 4], 0xd0);
	cr_assert_eq(r.side[BR].payload[r.side[BR].payload_len - 3], 0xc8);
}

Test(vdp_bridge_input, VDPB_12_null_vid_beside_another_in_format_1)
{
	struct vdp_filter two[2] = { { .vid = 10 }, { .vid = 0 } };

	rq.format = VDP_FILTER_VID;
	rq.n_filters = 2;
	rq.filters = two;
	request(VDP_ASSOC, 0);
	rig_expect(&r, BR, VDP_DEASSOC, 0x45);
	cr_assert_eq(r.asked, 0);
}

Test(vdp_bridge_input, VDPB_13_null_vids_of_format_2_are_all_filled)
{
	struct vdp_filter three[3] = { rig_filter(1), rig_filter(2), rig_filter(3) };
	struct vdp_assoc a;

	for (int i = 0; i < 3; i++)
		three[i].vid = 0;
	rq.n_filters = 3;
	rq.filters = three;
	request(VDP_ASSOC, 0);
	cr_assert_eq(rig_take(&r, BR, &a, 1), 1);
	for (int i = 0; i < 3; i++) {
		cr_assert_eq(a.filters[i].vid, 200);
		cr_assert(mac_equal(a.filters[i].mac, three[i].mac));
	}
}

Test(vdp_bridge_input, VDPB_14_group_and_vid_are_both_returned)
{
	struct vdp_assoc a;

	filter.vid = 0;
	for (uint8_t format = VDP_FILTER_GROUP_VID; format <= VDP_FILTER_GROUP_MAC_VID; format++) {
		rq.format = format;
		request(VDP_ASSOC, 0);
		cr_assert_eq(rig_take(&r, BR, &a, 1), 1);
		cr_assert_eq(a.status, 0x40);
		cr_assert_eq(a.filters[0].group_id, 0x1234);
		cr_assert_eq(a.filters[0].vid, 200);
	}
}

Test(vdp_bridge_input, VDPB_15_unknown_group)
{
	rq.format = VDP_FILTER_GROUP_VID;
	r.refusal = (struct vtdb_answer){ .error = VDP_E_ADDRESS, .reason = "unknown GroupID" };
	request(VDP_ASSOC, 0);
	rig_expect(&r, BR, VDP_DEASSOC, 0x45);
	filter.group_id = 0;
	request(VDP_ASSOC, 0);
	rig_expect(&r, BR, VDP_DEASSOC, 0x45);
	cr_assert_eq(r.asked, 1);
}

Test(vdp_bridge_input, VDPB_16_groups_not_negotiated)
{
	r.params.group_ids = false;
	vdp_table_set_params(r.side[BR].t, &r.params);
	rq.format = VDP_FILTER_GROUP_MAC_VID;
	request(VDP_ASSOC, 0);
	rig_expect(&r, BR, VDP_DEASSOC, 0x45);
	cr_assert_eq(r.asked, 0);
}

static void expect_malformed(const uint8_t *frame, size_t len)
{
	uint8_t expected[sizeof(E1) + 2];

	memcpy(expected, frame, len);
	expected[18] = (uint8_t)(VDP_DEASSOC << 1 | (frame[18] & 1));
	expected[20] = 0x51;
	rig_give(&r, BR, frame, len);
	expect_octets(expected, len);
	cr_assert_eq(vdp_table_count(r.side[BR].t), 0);
}

Test(vdp_bridge_input, VDPB_17_length_and_number_of_entries_disagree)
{
	uint8_t f[sizeof(E1)];

	memcpy(f, E1, sizeof(f));
	f[44] = 2;
	expect_malformed(f, sizeof(f));
	f[44] = 1;
	f[19] = 0x20; /* one octet less */
	expect_malformed(f, sizeof(f) - 1);
	cr_assert_eq(rig_count(&r, BR)->rx_bad_tlv, 2);
}

Test(vdp_bridge_input, VDPB_17_malformed_tlv_changes_nothing)
{
	uint8_t f[sizeof(E1)];

	rig_give(&r, BR, E1, sizeof(E1));
	expect_octets(E3, sizeof(E3));
	memcpy(f, E1, sizeof(f));
	f[44] = 2;
	rig_give(&r, BR, f, sizeof(f));
	rig_expect(&r, BR, VDP_DEASSOC, 0x51);
	cr_assert_eq(vdp_table_count(r.side[BR].t), 1);
}

Test(vdp_bridge_input, VDPB_18_unknown_formats)
{
	uint8_t f[sizeof(E1)];

	for (int i = 0; i < 4; i++) {
		memcpy(f, E1, sizeof(f));
		f[i < 2 ? 42 : 25] = (uint8_t)(i % 2 == 0 ? 0 : i < 2 ? 5 : 6);
		expect_malformed(f, sizeof(f));
	}
}

Test(vdp_bridge_input, VDPB_19_no_entries)
{
	associate();
	rq.n_filters = 0;
	rq.subject.vsi = rig_id(2);
	request(VDP_ASSOC, 0);
	rig_expect(&r, BR, VDP_DEASSOC, 0x51);
	rq.subject.vsi = rig_id(1);
	request(VDP_DEASSOC, 0);
	rig_expect(&r, BR, VDP_DEASSOC, 0x40);
	cr_assert_eq(vdp_table_count(r.side[BR].t), 0);
}

Test(vdp_bridge_input, VDPB_20_bad_addresses)
{
	for (int i = 0; i < 4; i++) {
		filter = rig_filter(1);
		if (i == 0)
			filter.vid = 4095;
		else if (i == 1)
			memset(filter.mac.b, 0xff, 6);
		else if (i == 2)
			memset(filter.mac.b, 0, 6);
		else
			filter.mac.b[0] |= 1;
		request(VDP_ASSOC, 0);
		rig_expect(&r, BR, VDP_DEASSOC, 0x45);
	}
	cr_assert_eq(r.asked, 0);
	filter = rig_filter(1);
	associate();
	filter.vid = 4095;
	request(VDP_ASSOC, 0);
	rig_expect(&r, BR, VDP_ASSOC, 0x65);
	cr_assert_eq(rig_vsi(&r, BR, 1)->filters[0].vid, 100);
}

Test(vdp_bridge_input, VDPB_21_requested_priority_is_returned_or_refused)
{
	struct vtdb_answer other = { .n_filters = 1 };
	struct vdp_assoc a;

	filter.has_pcp = true;
	filter.pcp = 3;
	request(VDP_ASSOC, 0);
	cr_assert_eq(rig_take(&r, BR, &a, 1), 1);
	cr_assert(a.filters[0].has_pcp && a.filters[0].pcp == 3);
	rq.subject.vsi = rig_id(2);
	r.db_silent = true;
	request(VDP_ASSOC, 0);
	other.filters[0] = filter;
	other.filters[0].pcp = 4;
	vdp_bridge_answer(r.side[BR].t, r.handle, &other, r.now);
	rig_expect(&r, BR, VDP_DEASSOC, 0x44);
}

Test(vdp_bridge_input, VDPB_22_manager_not_stated_reaches_the_database)
{
	struct vdp_assoc a;

	memset(&rq.subject.manager, 0, sizeof(rq.subject.manager));
	request(VDP_ASSOC, 0);
	cr_assert_eq(r.last.subject.manager.id[0], 0);
	cr_assert_eq(rig_take(&r, BR, &a, 1), 1);
	cr_assert_eq(r.side[BR].payload[2], 0, "the response carries the manager of the request");
}

Test(vdp_bridge_input, duplicate_filters_are_installed_once_and_answered_twice)
{
	struct vdp_filter f[3] = { rig_filter(1), rig_filter(2), rig_filter(1) };
	struct vdp_assoc a;

	rq.n_filters = 3;
	rq.filters = f;
	request(VDP_ASSOC, 0);
	cr_assert_eq(r.last.n_filters, 2);
	cr_assert_eq(rig_vsi(&r, BR, 1)->n_filters, 2);
	cr_assert_eq(rig_take(&r, BR, &a, 1), 1);
	cr_assert_eq(a.n_filters, 3);
	for (int i = 0; i < 3; i++)
		cr_assert(mac_equal(a.filters[i].mac, f[i].mac));
	request(VDP_ASSOC, 0);
	rig_expect(&r, BR, VDP_ASSOC, 0x40);
	cr_assert_eq(r.asked, 1);
}

Test(vdp_bridge_input, org_tlvs_of_the_answer_go_with_every_response)
{
	static const uint8_t org[] = { 0xfe, 6, 0, 0, 0x5e, 1, 0xaa, 0xbb };
	struct vdp_assoc a;

	rq.org = span_of(org, sizeof(org));
	for (int i = 0; i < 2; i++) {
		request(VDP_ASSOC, 0);
		cr_assert_eq(rig_take(&r, BR, &a, 1), 1);
		cr_assert(span_equal(a.org, rq.org));
	}
	cr_assert_eq(r.asked, 1);
}

Test(vdp_bridge_input, org_tlvs_longer_than_the_request_s_find_room)
{
	static const uint8_t org[] = { 0xfe, 6, 0, 0, 0x5e, 1, 0xaa, 0xbb };
	struct vtdb_answer grant = { .n_filters = 1, .org = { org, sizeof(org) } };
	struct vdp_assoc a;

	r.db_silent = true;
	request(VDP_ASSOC, 0);
	grant.filters[0] = filter;
	vdp_bridge_answer(r.side[BR].t, r.handle, &grant, r.now);
	cr_assert_eq(rig_take(&r, BR, &a, 1), 1);
	cr_assert(span_equal(a.org, grant.org));
	cr_assert_eq(a.filters[0].vid, 100);
}

Test(vdp_bridge_input, too_short_for_a_vsiid_is_only_counted)
{
	uint8_t f[sizeof(E1)];

	memcpy(f, E1, sizeof(f));
	f[19] = 24;
	rig_give(&r, BR, f, 18 + 2 + 24);
	cr_assert_eq(rig_count(&r, BR)->rx_bad_tlv, 1);
	rig_expect_nothing(&r, BR);
}

Test(vdp_bridge_input, org_tlvs_that_find_no_room_are_a_refusal)
{
	static const uint8_t org[60000];
	struct vtdb_answer grant = { .n_filters = 1, .org = { org, sizeof(org) } };

	r.db_silent = true;
	request(VDP_ASSOC, 0);
	grant.filters[0] = filter;
	vdp_bridge_answer(r.side[BR].t, r.handle, &grant, r.now);
	rig_expect(&r, BR, VDP_DEASSOC, 0x42);
	request(VDP_ASSOC, 0);
	grant.org.len = 3000; /* fits the pool, but no payload: left out */
	vdp_bridge_answer(r.side[BR].t, r.handle, &grant, r.now);
	rig_expect(&r, BR, VDP_ASSOC, 0x40);
}

Test(vdp_bridge_input, refusals_without_a_record_are_told_once_and_no_more_than_fit)
{
	struct rig_frame f = rig_frame(&rq.subject.manager);
	const struct vdp_vsi *v;
	unsigned told = 0;

	filter.vid = 4095;
	for (uint32_t n = 1; n <= VDP_REFUSED_MAX + 2; n++) {
		rq.subject.vsi = rig_id(n);
		rig_add(&f, &rq, VDP_ASSOC, 0);
	}
	rig_give(&r, BR, f.b, f.len);
	while ((v = vdp_bridge_next_refusal(r.side[BR].t))) {
		struct vsi_id id = rig_id(++told);

		cr_assert(vsi_id_equal(&v->subject.vsi, &id));
		cr_assert_eq(v->filters[0].vid, 4095);
	}
	cr_assert_eq(told, VDP_REFUSED_MAX);
	cr_assert_eq(rig_count(&r, BR)->failed, VDP_REFUSED_MAX + 2);
	cr_assert_null(vdp_bridge_next_refusal(r.side[BR].t));
	rig_give(&r, BR, f.b, f.len);
	cr_assert_not_null(vdp_bridge_next_refusal(r.side[BR].t), "there is room again");
}
