/* What lldpad 1.1 and the scripted switch beside it said in draft 0.2 (pcaps/lldpad): every frame decodes, and encodes
 * again to the same octets. */
#include <criterion/criterion.h>
#include <glob.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>

#include "ecp_draft_pdu.h"
#include "evb_draft_tlv.h"
#include "lldp_pdu.h"
#include "vdp_draft_tlv.h"

enum { HEAD = 14, STATION = 0x0a /* fifth octet of its address; the bridge's is 0b */ };

static struct tally {
	unsigned evb, requests, acks, empty, tlvs, modes[4];
} n;

static void check_evb(struct span lldpdu)
{
	struct lldp_decode_notes notes;
	struct lldp_pdu pdu;

	cr_assert_eq(lldp_pdu_decode(lldpdu, &pdu, &notes), LLDP_OK);
	for (unsigned i = 0; i < pdu.n_org; i++) {
		uint8_t octets[EVB_DRAFT_LEN];
		struct wr w = wr_init(octets, sizeof(octets));
		struct evb_draft_tlv t;

		cr_assert(evb_draft_tlv_decode(pdu.org[i], &t));
		evb_draft_tlv_encode(&t, &w);
		cr_assert(span_equal(wr_span(&w), pdu.org[i]));
		cr_assert_eq(t.rte, 15);
		n.evb++;
	}
}

static void check_tlv(enum vdp_role reader, const struct vdp_pdu_item *item)
{
	const struct vdp_manager_map map = { 0 };
	uint8_t octets[TLV_HEADER + TLV_VALUE_MAX];
	struct wr w = wr_init(octets, sizeof(octets));
	struct vdp_assoc a;

	cr_assert_eq(vdp_draft_decode(reader, item, &a), VDP_OK);
	cr_assert_eq(item->manager.id[15], 12);
	cr_assert_eq(a.type_id, 0x123456u);
	vdp_draft_encode(&a, &item->manager, &map, &w);
	cr_assert(span_equal(span_of(octets + TLV_HEADER, w.len - TLV_HEADER), item->value));
	n.modes[item->value.ptr[4]]++;
	n.tlvs++;
}

static void check_ecp(struct span pdu, enum vdp_role reader)
{
	const struct vdp_manager_map map = { 0 };
	struct rd r = rd_init(pdu);
	uint8_t octets[ECP_DRAFT_HEADER];
	struct wr w = wr_init(octets, sizeof(octets));
	struct vdp_pdu payload;
	struct vdp_pdu_item item;
	struct ecp_hdr h;
	unsigned tlvs = n.tlvs;

	cr_assert(ecp_draft_hdr_decode(&r, &h));
	cr_assert_eq(h.version, ECP_VERSION);
	cr_assert_eq(h.subtype, ECP_SUBTYPE_VDP);
	ecp_draft_hdr_encode(&h, &w);
	cr_assert_arr_eq(octets, pdu.ptr, sizeof(octets));
	cr_assert_eq(vdp_draft_pdu_open(rd_rest(&r), &payload), VDP_PDU_OK);
	cr_assert(payload.has_end);
	while (vdp_draft_pdu_next(&payload, &map, &item))
		check_tlv(reader, &item);
	*(h.op == ECP_OP_ACK ? &n.acks : &n.requests) += 1;
	n.empty += h.op == ECP_OP_REQUEST && n.tlvs == tlvs;
	cr_assert(h.op == ECP_OP_REQUEST || n.tlvs == tlvs, "zeros");
}

static void check_frame(struct span f)
{
	struct span pdu = span_of(f.ptr + HEAD, f.len - HEAD);
	unsigned type = (unsigned)f.ptr[12] << 8 | f.ptr[13];

	if (type == 0x88cc)
		check_evb(pdu);
	else if (type == ECP_DRAFT_ETHERTYPE)
		check_ecp(pdu, f.ptr[10] == STATION ? VDP_BRIDGE : VDP_STATION);
}

static unsigned check_captures(const char *pattern)
{
	const char *root = getenv("EVBD_SOURCE_DIR");
	char path[4096], err[PCAP_ERRBUF_SIZE];
	glob_t found;

	snprintf(path, sizeof(path), "%s/pcaps/lldpad/%s", root != NULL ? root : ".", pattern);
	cr_assert_eq(glob(path, 0, NULL, &found), 0, "%s", path);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		pcap_t *p = pcap_open_offline(found.gl_pathv[i], err);
		struct pcap_pkthdr *h;
		const u_char *octets;

		cr_assert_not_null(p);
		while (pcap_next_ex(p, &h, &octets) == 1)
			check_frame(span_of(octets, h->caplen));
		pcap_close(p);
	}
	globfree(&found);
	return (unsigned)found.gl_pathc;
}

Test(draft_captures, negotiation)
{
	cr_assert_eq(check_captures("evb02-*.pcap"), 1);
	cr_assert_gt(n.evb, 5);
	cr_assert_gt(n.empty, 0, "both ends begin with an empty request");
}

Test(draft_captures, dialogues)
{
	cr_assert_eq(check_captures("vdp02-*.pcap"), 6);
	for (unsigned mode = 0; mode < 4; mode++)
		cr_assert_gt(n.modes[mode], 0, "MODE %u", mode);
	cr_assert_gt(n.requests, 20);
	cr_assert_gt(n.acks, 15);
	cr_assert_gt(n.tlvs, 25);
}
