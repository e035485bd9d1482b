/* Captured frames as records: LLDPDUs with the EVB TLV, ECP, VDP, and frames of others in tags of ours. */
#include "cap_frames.h"

static struct cap_record record_of(struct cap_frame f)
{
	struct cap_record rec;

	cr_assert(cap_decode(&f, &rec));
	return rec;
}

Test(cap_record, EVB_01_the_tlv_of_l1)
{
	struct cap_record rec = record_of(CAP_OF(frame_l1));

	cr_assert_eq(rec.proto, CAP_LLDP);
	cr_assert_eq(rec.generation, CAP_GEN_RATIFIED);
	cr_assert_eq(rec.lldp.err, LLDP_OK);
	cr_assert_eq(rec.lldp.evb_org.n, 1);
	cr_assert(rec.lldp.evb_org.is_decoded);
	cr_assert_eq(rec.lldp.evb.mode, EVB_MODE_STATION);
	cr_assert_eq(rec.lldp.evb.rte, 14);
	cr_assert_eq(rec.lldp.evb.station_raw, 7);
}

Test(cap_record, LLDP_05_a_shutdown_is_ours_without_any_tlv)
{
	struct cap_record rec = record_of(CAP_OF(frame_s1));
	uint8_t more[sizeof(frame_s1)];

	cr_assert_eq(rec.lldp.pdu.ttl_s, 0);
	cr_assert(!rec.lldp.has_rest);
	memcpy(more, frame_s1, sizeof(more));
	memcpy(more + 34, frame_l1 + 34, 11);
	rec = record_of(CAP_OF(more));
	cr_assert(rec.lldp.has_rest, "a shutdown LLDPDU that says more");
}

Test(cap_record, lldp_of_others_is_not_ours_unless_it_is_broken)
{
	uint8_t plain[sizeof(frame_l1)];
	struct cap_record rec;
	struct cap_frame f;

	memcpy(plain, frame_l1, sizeof(plain));
	f = CAP_OF(plain);
	plain[39] = 0x0e ^ 0x55; /* subtype of somebody else */
	cr_assert(!cap_decode(&f, &rec));
	plain[14] = 0x04;
	cr_assert(cap_decode(&f, &rec));
	cr_assert_eq(rec.lldp.err, LLDP_ERR_ORDER);
}

Test(cap_record, EVB_15_a_short_tlv_is_there_and_not_decoded)
{
	uint8_t bad[sizeof(frame_l1)];
	struct cap_record rec;

	memcpy(bad, frame_l1, sizeof(bad));
	bad[35] = 8;
	rec = record_of(CAP_OF(bad));
	cr_assert_eq(rec.lldp.evb_org.n, 1);
	cr_assert(!rec.lldp.evb_org.is_decoded);
}

Test(cap_record, ECP_01_header_and_vdp_of_e1)
{
	struct cap_record rec = record_of(CAP_OF(frame_e1));
	struct cap_vsi_walk w;
	struct cap_vsi v;

	cr_assert_eq(rec.proto, CAP_ECP);
	cr_assert(rec.ecp.is_vdp);
	cr_assert_eq(rec.ecp.hdr.seq, 1);
	cr_assert_eq(rec.ecp.vdp_err, VDP_PDU_OK);
	cap_vsi_first(&rec, &w);
	cr_assert(cap_vsi_next(&w, &v));
	cr_assert_eq(v.err, VDP_OK);
	cr_assert_eq(v.a.op, VDP_ASSOC);
	cr_assert_eq(v.a.status, VDP_STATUS_M);
	cr_assert_eq(v.a.type_id, 0x102);
	cr_assert_eq(v.a.n_filters, 1);
	cr_assert_eq(v.a.filters[0].vid, 100);
	cr_assert_eq(v.value.len, 33);
	cr_assert(!cap_vsi_next(&w, &v));
}

Test(cap_record, ECP_02_an_acknowledgement_has_no_vdp)
{
	struct cap_record rec = record_of(CAP_OF(frame_e2));

	cr_assert_eq(rec.ecp.hdr.op, ECP_OP_ACK);
	cr_assert(!rec.ecp.is_vdp);
}

Test(cap_record, ECP_12_another_version_has_no_vdp)
{
	uint8_t bad[sizeof(frame_e1)];

	memcpy(bad, frame_e1, sizeof(bad));
	bad[14] = 0x20;
	cr_assert(!record_of(CAP_OF(bad)).ecp.is_vdp);
}

Test(cap_record, VDP_08_a_check_sequence_is_no_tlv)
{
	struct cap_record rec = record_of(cap_with_fcs(frame_e1, sizeof(frame_e1)));

	cr_assert(rec.eth.has_fcs);
	cr_assert_eq(rec.ecp.vdp_err, VDP_PDU_OK);
	cr_assert(!rec.ecp.vdp.has_end);
}

Test(cap_record, VDP_05_every_prefix_decodes_or_says_why)
{
	for (size_t len = 0; len < sizeof(frame_e1); len++) {
		struct cap_frame f = cap_of(frame_e1, len, sizeof(frame_e1));
		struct cap_record rec;

		if (!cap_decode(&f, &rec)) {
			cr_assert_lt(len, (size_t)CAP_ETHER_HEADER);
			continue;
		}
		cr_assert(rec.eth.is_truncated);
		cr_assert_eq(rec.ecp.has_hdr, len >= ECP_FRAME_MIN);
		if (rec.ecp.is_vdp)
			cr_assert(rec.ecp.vdp_err != VDP_PDU_OK || len == 36, "%zu octets", len);
	}
}

/* The worked frames C2, D1 and D2 of evb-reference 4.5 and 7.6, and L1 of the port-extension reference's kind of TLV. */
static const uint8_t frame_c2[] = { 0x01, 0x80, 0xc2, 0, 0, 0x03, 0, 0, 0x5e, 0, 0x53, 0x02, 0x88, 0xcc, 0x02,
	0x07, 0x04, 0, 0, 0x5e, 0, 0x53, 0x02, 0x04, 0x04, 0x05, 0x67, 0x65, 0x31, 0x06, 0x02, 0, 0x79, 0xfe,
	0x11, 0, 0x80, 0xc2, 0x0e, 0x08, 0, 0, 0x40, 0, 0x10, 0x01, 0, 0x20, 0x64, 0, 0x30, 0x65, 0, 0, 0, 0,
	0, 0, 0, 0 };
static const uint8_t frame_d1[] = { 0x01, 0x80, 0xc2, 0, 0, 0, 0, 0, 0x5e, 0, 0x53, 0x01, 0x88, 0xcc, 0x02,
	0x07, 0x04, 0, 0, 0x5e, 0, 0x53, 0x01, 0x04, 0x05, 0x05, 0x65, 0x74, 0x68, 0x30, 0x06, 0x02, 0, 0x79,
	0xfe, 0x0d, 0, 0x1b, 0x3f, 0, 0xc0, 0x07, 0x40, 0x07, 0x0c, 0xdf, 0, 0x01, 0x0f, 0, 0, 0 };
static const uint8_t frame_d2[] = { 0x01, 0x80, 0xc2, 0, 0, 0x0e, 0, 0, 0x5e, 0, 0x53, 0x01, 0x88, 0xb7, 0,
	0x1b, 0x3f, 0, 0, 0, 0, 0, 0x01, 0xfe, 0x26, 0, 0x1b, 0x3f, 0x02, 0x02, 0, 0x01, 0, 0x01, 0x02, 0x03,
	0xf8, 0x1d, 0x4f, 0xae, 0x7d, 0xec, 0x11, 0xd0, 0xa7, 0x65, 0, 0xa0, 0xc9, 0x1e, 0x6b, 0xf6, 0x02, 0,
	0x01, 0, 0, 0x5e, 0, 0x53, 0x10, 0, 0x64, 0, 0 };

Test(cap_record, CDCP_02_the_list_of_c2)
{
	struct cap_record rec = record_of(CAP_OF(frame_c2));

	cr_assert(rec.lldp.cdcp_org.is_decoded);
	cr_assert_eq(rec.lldp.evb_org.n, 0);
	cr_assert_eq(rec.generation, CAP_GEN_RATIFIED);
	cr_assert_eq(rec.lldp.cdcp.role, CDCP_ROLE_BRIDGE);
	cr_assert_eq(rec.lldp.cdcp.n_pairs, 3);
	cr_assert_eq(rec.lldp.cdcp.pair[1].svid, 100);
}

Test(cap_record, D02_01_the_tlv_of_d1)
{
	struct cap_record rec = record_of(CAP_OF(frame_d1));

	cr_assert(rec.lldp.draft_org.is_decoded);
	cr_assert_eq(rec.generation, CAP_GEN_DRAFT02);
	cr_assert_eq(rec.lldp.draft.cvsi, 1);
}

Test(cap_record, D02_02_the_request_of_d2)
{
	struct cap_record rec = record_of(CAP_OF(frame_d2));
	struct cap_vsi_walk w;
	struct cap_vsi v;

	cr_assert_eq(rec.generation, CAP_GEN_DRAFT02);
	cr_assert(rec.ecp.is_vdp);
	cap_vsi_first(&rec, &w);
	cr_assert(cap_vsi_next(&w, &v));
	cr_assert(v.is_draft);
	cr_assert_eq(v.err, VDP_OK);
	cr_assert_eq(v.a.op, VDP_ASSOC);
	cr_assert_eq(v.a.status, 0, "read as a request");
	cr_assert_eq(v.as_answer.status, VDP_STATUS_RESPONSE, "read as an answer");
	cr_assert_eq(v.manager.id[15], 1);
	cr_assert(!cap_vsi_next(&w, &v));
}

Test(cap_record, D02_05_a_refusal_names_its_command)
{
	uint8_t bad[sizeof(frame_d2)];
	struct cap_record rec;
	struct cap_vsi_walk w;
	struct cap_vsi v;

	memcpy(bad, frame_d2, sizeof(bad));
	bad[30] = 4;
	rec = record_of(CAP_OF(bad));
	cap_vsi_first(&rec, &w);
	cr_assert(cap_vsi_next(&w, &v));
	cr_assert_eq(v.as_answer.op, VDP_DEASSOC);
	cr_assert_eq(v.as_answer.answers, VDP_ASSOC);
	cr_assert_eq(v.as_answer.status, VDP_STATUS_RESPONSE | VDP_STATUS_HARD | VDP_E_TYPE_DENIED);
	cr_assert_eq(v.a.op, VDP_ASSOC);
}

Test(cap_record, D02_12_another_oui_is_not_ours)
{
	uint8_t other[sizeof(frame_d2)];
	struct cap_record rec;
	struct cap_frame f;

	memcpy(other, frame_d2, sizeof(other));
	other[15] = 0x1c;
	f = CAP_OF(other);
	cr_assert(!cap_decode(&f, &rec));
}

Test(cap_record, PEX_58_a_port_extension_tlv)
{
	static const uint8_t tlv[] = { 0xfe, 0x11, 0, 0x80, 0xc2, 0x0f, 128, 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0,
		2 };
	uint8_t f[34 + sizeof(tlv) + 2] = { 0 };
	struct cap_record rec;

	memcpy(f, frame_l1, 34);
	memcpy(f + 34, tlv, sizeof(tlv));
	rec = record_of(CAP_OF(f));
	cr_assert(rec.lldp.pe_org.is_decoded);
	cr_assert_eq(rec.lldp.pe.priority, 128);
	f[35] = 0x10;
	f[35 + 16 + 1] = 0;
	rec = record_of(CAP_OF(f));
	cr_assert_eq(rec.lldp.pe_org.n, 1);
	cr_assert(!rec.lldp.pe_org.is_decoded);
}

Test(cap_record, frames_of_others_count_by_their_tag)
{
	static const uint8_t ip[] = { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x08, 0x00, 0x45 };
	static const uint8_t vn[] = { 0x89, 0x26, 0, 0, 0, 5 }, c[] = { 0x81, 0, 0, 5 };
	struct cap_frame f = cap_tagged(ip, sizeof(ip), vn, sizeof(vn));
	struct cap_record rec;

	cr_assert(cap_decode(&f, &rec));
	cr_assert_eq(rec.proto, CAP_DATA);
	cr_assert_eq(rec.eth.type, 0x800);
	f = cap_tagged(ip, sizeof(ip), c, sizeof(c));
	cr_assert(!cap_decode(&f, &rec));
	f = CAP_OF(ip);
	cr_assert(!cap_decode(&f, &rec));
}

Test(cap_record, every_protocol_and_generation_has_a_name)
{
	for (unsigned p = 0; p < CAP_N_PROTOS; p++)
		cr_assert_not_null(cap_proto_name((enum cap_proto)p));
	cr_assert_null(cap_generation_name(CAP_GEN_NONE));
	cr_assert_str_eq(cap_generation_name(CAP_GEN_RATIFIED), "ratified");
	cr_assert_str_eq(cap_generation_name(CAP_GEN_DRAFT02), "draft02");
}
