/* hostile.c - the table of hostile frames. VSIs are UUIDs that end in a number of their own; the type is 5, version 4. */
#include "hostile.h"

#include "ecp_draft_pdu.h"
#include "lldp_pdu.h"
#include "mac.h"
#include "vdp_tlv.h"

#define U16(v)         (uint8_t)((v) >> 8), (uint8_t)(v)
#define TLV(type, len) U16((type) << 9 | (len))
#define ID(u)          0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, U16(0), U16(u)
/* up to the filter info format: 23 octets; behind it come the format, the number of entries and the entries */
#define VSI_AS(type, len, status, id_format, u) TLV(type, len), status, 0, 0, 5, 4, id_format, ID(u)
#define VSI(len, u)                             VSI_AS(VDP_ASSOC, len, 0, VSI_ID_UUID, u)
#define GUEST                                   0x52, 0x54, 0, 0, 0, 1, 0, 2
#define ONE_GUEST                               VDP_FILTER_MAC_VID, U16(1), GUEST
#define MANAGER_ID                              'm', 'g', 'r', '1', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
#define MANAGER                                 TLV(VDP_TLV_MANAGER, 16), MANAGER_ID
#define SRC                                     0x02, 0xbb, 0, 0, 0, 1
#define CHASSIS                                 TLV(1, 7), 4, SRC
#define PORT                                    TLV(2, 7), 3, SRC
#define TTL                                     TLV(3, 2), 0, 120
#define END                                     0, 0
#define EVB_HEAD(len)                           TLV(127, len), 0x00, 0x80, 0xc2, 0x0d
#define EVB_GOOD                                EVB_HEAD(9), 0x07, 0x0d, 0x68, 0x94, 0x34
#define DRAFT_HEAD(len)                         TLV(127, len), 0x00, 0x1b, 0x3f, 0x00
/* a VSI TLV of draft 0.2 up to the filter info format, manager 1 */
#define DRAFT_VSI(len, mode, resp, u) TLV(127, len), 0x00, 0x1b, 0x3f, 0x02, mode, resp, 1, 0, 0, 5, 4, ID(u)
#define DRAFT_GUEST                   2, U16(1), GUEST
#define TEN(x)                        x, x, x, x, x, x, x, x, x, x
#define HUNDRED(x)                    TEN(x), TEN(x), TEN(x), TEN(x), TEN(x), TEN(x), TEN(x), TEN(x), TEN(x), TEN(x)

#define O(...) .octets = (const uint8_t[]){ __VA_ARGS__ }, .len = sizeof((const uint8_t[]){ __VA_ARGS__ })
#define NONE   .octets = NULL

static const struct hostile rows[] = {
	/* what another implementation died of */
	{ "A EVB TLV of 20 octets", BASE_LLDP, LLDP_TAKEN, O(EVB_HEAD(20), TEN(0x41), 1, 2, 3, 4, 5, 6) },
	{ "A EVB TLV of 511 octets", BASE_LLDP, LLDP_TAKEN,
		O(EVB_HEAD(511), HUNDRED(0x41), HUNDRED(0x41), HUNDRED(0x41), HUNDRED(0x41), HUNDRED(0x41), 1,
			2, 3, 4, 5, 6, 7) },
	{ "B draft EVB TLV of 30 octets", BASE_LLDP, LLDP_TAKEN,
		O(DRAFT_HEAD(30), TEN(0x42), TEN(0x42), 1, 2, 3, 4, 5, 6) },
	{ "C entry count 65535 behind a good TLV", BASE_VDP, VDP_BAD,
		O(VSI(33, 1), ONE_GUEST, VSI(33, 2), VDP_FILTER_MAC_VID, U16(65535), GUEST) },
	{ "D ECP frame of 16 octets", BASE_ECP, ECP_DROPPED, O(0x10, 0x01), .is_short = true },
	{ "D ECP frame of 17 octets", BASE_ECP, ECP_DROPPED, O(0x10, 0x01, 0x30), .is_short = true },
	{ "E draft ECP frame of 18 octets", BASE_DRAFT, ECP_DROPPED, O(0, 0x1b, 0x3f, 0), .is_short = true },
	{ "E draft ECP frame of 22 octets", BASE_DRAFT, ECP_DROPPED, O(0, 0x1b, 0x3f, 0, 0, 0, 0, 1),
		.is_short = true },
	{ "F ECPDU of 2200 octets", BASE_VDP, ECP_DROPPED, O(VSI(33, 3), ONE_GUEST), .trailing = 2100 },
	{ "F 64 TLVs in 2290 octets", BASE_VDP, ECP_DROPPED, O(VSI(33, 4), ONE_GUEST), .repeat = 64 },

	{ "only a header", BASE_LLDP_ALONE, LLDP_DISCARDED, NONE, .is_short = true },
	{ "one octet", BASE_LLDP_ALONE, LLDP_DISCARDED, O(2), .is_short = true },
	{ "TLVs out of order", BASE_LLDP_ALONE, LLDP_DISCARDED, O(PORT, CHASSIS, TTL, END) },
	{ "Chassis ID twice", BASE_LLDP, LLDP_DISCARDED, O(CHASSIS) },
	{ "TTL of one octet", BASE_LLDP_ALONE, LLDP_DISCARDED, O(CHASSIS, PORT, TLV(3, 1), 0, END) },
	{ "Chassis ID of no octets", BASE_LLDP_ALONE, LLDP_DISCARDED, O(TLV(1, 0), PORT, TTL, END) },
	{ "Chassis ID of 257 octets", BASE_LLDP_ALONE, LLDP_DISCARDED,
		O(TLV(1, 257), HUNDRED(4), HUNDRED(4), TEN(4), TEN(4), TEN(4), TEN(4), TEN(4), 1, 2, 3, 4, 5,
			6, 7, PORT, TTL, END) },
	{ "TLV longer than the frame", BASE_LLDP_ALONE, LLDP_DISCARDED,
		O(CHASSIS, PORT, TTL, TLV(127, 400), 0, 0x80, 0xc2, 0x0d), .is_short = true },
	{ "EVB TLV of 4 octets", BASE_LLDP, LLDP_TAKEN, O(EVB_HEAD(4)) },
	{ "EVB TLV of 8 octets", BASE_LLDP, LLDP_TAKEN, O(EVB_HEAD(8), 0x07, 0x0d, 0x68, 0x94) },
	{ "EVB TLV all ones", BASE_LLDP, LLDP_TAKEN, O(EVB_HEAD(9), 255, 255, 255, 255, 255) },
	{ "EVB TLV twice", BASE_LLDP, LLDP_TAKEN, O(EVB_GOOD, EVB_GOOD) },
	{ "40 organizational TLVs", BASE_LLDP, LLDP_TAKEN, O(TLV(127, 6), 1, 2, 3, 4, 5, 6), .repeat = 40 },
	{ "organizational TLV without OUI", BASE_LLDP, LLDP_TAKEN, O(TLV(127, 2), 0, 0) },
	{ "management address longer than its TLV", BASE_LLDP, LLDP_TAKEN,
		O(TLV(8, 12), 31, 6, 2, 2, 2, 2, 2, 2, 1, 0, 0, 0) },
	{ "shutdown of a stranger", BASE_LLDP_ALONE, LLDP_NOTHING, O(CHASSIS, PORT, TLV(3, 2), 0, 0, END) },
	{ "EVB TLV, normal", BASE_LLDP, LLDP_TAKEN, O(EVB_GOOD) },

	{ "ECP without a header", BASE_ECP, ECP_DROPPED, NONE, .is_short = true },
	{ "header of two octets", BASE_ECP, ECP_DROPPED, O(0x10, 0x01), .is_short = true },
	{ "version 0", BASE_ECP, ECP_DROPPED, O(0x00, 0x01, 0x40, 0, MANAGER) },
	{ "version 2", BASE_ECP, ECP_DROPPED, O(0x20, 0x01, 0x40, 1, MANAGER) },
	{ "subtype 0", BASE_ECP, ECP_DROPPED, O(0x10, 0x00, 0x40, 2, MANAGER) },
	{ "subtype 2", BASE_ECP, ECP_DROPPED, O(0x10, 0x02, 0x40, 3, MANAGER) },
	{ "subtype 1023", BASE_ECP, ECP_DROPPED, O(0x13, 0xff, 0x40, 4, MANAGER) },
	{ "operation 2", BASE_ECP, ECP_DROPPED, O(0x18, 0x01, 0x40, 5, MANAGER) },
	{ "operation 3", BASE_ECP, ECP_DROPPED, O(0x1c, 0x01, 0x40, 6, MANAGER) },
	{ "ack nobody asked for", BASE_ECP, ECP_STRAY_ACK, O(0x14, 0x01, 0x40, 7) },
	{ "request without a payload", BASE_REQUEST, VDP_NO_MANAGER, NONE, .is_short = true },

	{ "no manager ID", BASE_REQUEST, VDP_NO_MANAGER, O(VSI(33, 10), ONE_GUEST) },
	{ "manager ID of no octets", BASE_REQUEST, VDP_NO_MANAGER, O(TLV(5, 0), VSI(33, 11), ONE_GUEST) },
	{ "manager ID past the end", BASE_REQUEST, VDP_BAD, O(TLV(5, 511), MANAGER_ID) },
	{ "two manager IDs", BASE_VDP, VDP_NO_MANAGER, O(MANAGER, VSI(33, 12), ONE_GUEST) },
	{ "only a manager ID", BASE_VDP, VDP_EMPTY, NONE },
	{ "TLV of no octets", BASE_VDP, VDP_BAD, O(TLV(3, 0)) },
	{ "TLV of one octet", BASE_VDP, VDP_BAD, O(TLV(3, 1), 0) },
	{ "TLV of 24 octets", BASE_VDP, VDP_BAD, O(TLV(3, 24), TEN(0), TEN(0), 0, 0, 0, 0) },
	{ "TLV past the end", BASE_VDP, VDP_BAD, O(VSI(200, 13), ONE_GUEST) },
	{ "filter format 0", BASE_VDP, VDP_BAD, O(VSI(25, 14), 0, U16(1)) },
	{ "filter format 5", BASE_VDP, VDP_BAD, O(VSI(33, 15), 5, U16(1), GUEST) },
	{ "no entries", BASE_VDP, VDP_BAD, O(VSI(25, 16), VDP_FILTER_MAC_VID, U16(0)) },
	{ "65535 entries", BASE_VDP, VDP_BAD, O(VSI(33, 17), VDP_FILTER_MAC_VID, U16(65535), GUEST) },
	{ "two entries, one there", BASE_VDP, VDP_BAD, O(VSI(33, 18), VDP_FILTER_MAC_VID, U16(2), GUEST) },
	{ "entry count that wraps 16 bits", BASE_VDP, VDP_BAD,
		O(VSI(33, 29), VDP_FILTER_MAC_VID, U16(0x2001), GUEST) },
	{ "VSIID format 0", BASE_VDP, VDP_BAD, O(VSI_AS(3, 33, 0, 0, 19), ONE_GUEST) },
	{ "VSIID format 9", BASE_VDP, VDP_BAD, O(VSI_AS(3, 33, 0, 9, 20), ONE_GUEST) },
	{ "response nobody asked for", BASE_VDP, VDP_EMPTY, O(VSI_AS(3, 33, 0x40, 5, 30), ONE_GUEST) },
	{ "status all ones", BASE_VDP, VDP_EMPTY, O(VSI_AS(3, 33, 0xff, 5, 21), ONE_GUEST) },
	{ "VID 4095", BASE_VDP, VDP_REFUSED,
		O(VSI(33, 22), VDP_FILTER_MAC_VID, U16(1), 0x52, 0x54, 0, 0, 0, 1, U16(4095)) },
	{ "group address", BASE_VDP, VDP_REFUSED,
		O(VSI(33, 23), VDP_FILTER_MAC_VID, U16(1), 1, 0, 0x5e, 0, 0, 1, U16(2)) },
	{ "zero address", BASE_VDP, VDP_REFUSED,
		O(VSI(33, 24), VDP_FILTER_MAC_VID, U16(1), 0, 0, 0, 0, 0, 0, U16(2)) },
	{ "unknown TLV before it", BASE_VDP, VDP_TAKEN, O(TLV(9, 3), 'a', 'b', 'c', VSI(33, 25), ONE_GUEST) },
	{ "org TLV of two octets behind it", BASE_VDP, VDP_TAKEN,
		O(VSI(33, 26), ONE_GUEST, TLV(127, 2), 0, 0) },
	{ "60 entries, all the same", BASE_VDP, VDP_TAKEN,
		O(VSI(505, 27), VDP_FILTER_MAC_VID, U16(60), TEN(GUEST), TEN(GUEST), TEN(GUEST), TEN(GUEST),
			TEN(GUEST), TEN(GUEST)) },
	{ "one VSI 37 times", BASE_VDP, VDP_TAKEN, O(VSI(33, 28), ONE_GUEST), .repeat = 37 },
	{ "de-associate of an unknown VSI", BASE_VDP, VDP_ANSWERED, O(VSI_AS(4, 33, 0, 5, 999), ONE_GUEST) },
	{ "de-associate that is a response", BASE_VDP, VDP_EMPTY, O(VSI_AS(4, 33, 0x40, 5, 999), ONE_GUEST) },
	{ "End TLV first", BASE_REQUEST, VDP_NO_MANAGER, O(END, MANAGER, VSI(33, 31), ONE_GUEST) },
	{ "End TLV before the VSI", BASE_VDP, VDP_EMPTY, O(END, VSI(33, 32), ONE_GUEST) },

	{ "draft: another OUI", BASE_DRAFT, ECP_DROPPED, O(0, 0x80, 0xc2, 0, 0, 0, 0, 0x40, 1) },
	{ "draft: subtype 1", BASE_DRAFT, ECP_DROPPED, O(0, 0x1b, 0x3f, 0, 0, 1, 0, 0x40, 2) },
	{ "draft: mode 2", BASE_DRAFT, ECP_DROPPED, O(0, 0x1b, 0x3f, 0, 0, 0, 2, 0x40, 3) },
	{ "draft: ack nobody asked for", BASE_DRAFT, ECP_STRAY_ACK, O(0, 0x1b, 0x3f, 0, 0, 0, 1, 0x40, 4) },
	{ "draft: ECPDU of 2200 octets", BASE_DRAFT_VDP, ECP_DROPPED, O(DRAFT_VSI(38, 2, 0, 40), DRAFT_GUEST),
		.trailing = 2100 },
	{ "draft: request without a payload", BASE_DRAFT_VDP, VDP_EMPTY, NONE, .is_short = true },
	{ "draft: a request of one octet", BASE_DRAFT_VDP, VDP_BAD, O(0xfe), .is_short = true },
	{ "draft: TLV of no octets", BASE_DRAFT_VDP, VDP_EMPTY, O(TLV(127, 0)) },
	{ "draft: TLV past the end", BASE_DRAFT_VDP, VDP_BAD, O(DRAFT_VSI(500, 2, 0, 41), DRAFT_GUEST) },
	{ "draft: a header alone", BASE_DRAFT_VDP, VDP_BAD, O(TLV(127, 4), 0, 0x1b, 0x3f, 2) },
	{ "draft: TLV of 29 octets", BASE_DRAFT_VDP, VDP_BAD,
		O(TLV(127, 29), 0, 0x1b, 0x3f, 2, TEN(0), TEN(0), 1, 2, 3, 4, 5) },
	{ "draft: no entries", BASE_DRAFT_VDP, VDP_BAD, O(DRAFT_VSI(30, 2, 0, 42), 2, U16(0)) },
	{ "draft: 65535 entries", BASE_DRAFT_VDP, VDP_BAD, O(DRAFT_VSI(38, 2, 0, 43), 2, U16(65535), GUEST) },
	{ "draft: entry count that wraps", BASE_DRAFT_VDP, VDP_BAD,
		O(DRAFT_VSI(38, 2, 0, 44), 2, U16(0x2001), GUEST) },
	{ "draft: filter format 1", BASE_DRAFT_VDP, VDP_BAD, O(DRAFT_VSI(32, 2, 0, 45), 1, U16(1), U16(2)) },
	{ "draft: MODE 4", BASE_DRAFT_VDP, VDP_BAD, O(DRAFT_VSI(38, 4, 0, 46), DRAFT_GUEST) },
	{ "draft: RESP 7", BASE_DRAFT_VDP, VDP_BAD, O(DRAFT_VSI(38, 2, 7, 47), DRAFT_GUEST) },
	{ "draft: VID 5000", BASE_DRAFT_VDP, VDP_REFUSED,
		O(DRAFT_VSI(38, 2, 0, 48), 2, U16(1), 0x52, 0x54, 0, 0, 0, 1, U16(5000)) },
	{ "draft: group address", BASE_DRAFT_VDP, VDP_REFUSED,
		O(DRAFT_VSI(38, 2, 0, 49), 2, U16(1), 1, 0, 0x5e, 0, 0, 1, U16(2)) },
	{ "draft: a VSI between TLVs of others", BASE_DRAFT_VDP, VDP_TAKEN,
		O(TLV(127, 4), 0, 0x80, 0xc2, 2, DRAFT_VSI(38, 2, 0, 50), DRAFT_GUEST, TLV(5, 0)) },
	{ "draft: one VSI 37 times", BASE_DRAFT_VDP, VDP_TAKEN, O(DRAFT_VSI(38, 2, 6, 51), DRAFT_GUEST),
		.repeat = 37 },
	{ "draft: de-associate of an unknown VSI", BASE_DRAFT_VDP, VDP_ANSWERED,
		O(DRAFT_VSI(38, 3, 0, 999), DRAFT_GUEST) },
	{ "draft: End TLV before the VSI", BASE_DRAFT_VDP, VDP_EMPTY,
		O(END, DRAFT_VSI(38, 2, 0, 52), DRAFT_GUEST) },
};

const struct hostile *hostile_row(unsigned i)
{
	return i < sizeof(rows) / sizeof(rows[0]) ? &rows[i] : NULL;
}

bool hostile_is_draft(const struct hostile *h)
{
	return h->base == BASE_DRAFT || h->base == BASE_DRAFT_VDP;
}

static void head(const struct hostile *h, uint16_t seq, struct wr *w)
{
	static const uint8_t src[] = { SRC }, mandatory[] = { CHASSIS, PORT, TTL }, manager[] = { MANAGER };
	bool is_lldp = h->base == BASE_LLDP_ALONE || h->base == BASE_LLDP;
	struct mac da = hostile_is_draft(h) ? MAC_NEAREST_BRIDGE : MAC_NEAREST_CUSTOMER_BRIDGE;
	struct ecp_hdr ecp = { .version = ECP_VERSION, .subtype = ECP_SUBTYPE_VDP, .seq = seq };

	wr_copy(w, da.b, sizeof(da.b));
	wr_copy(w, src, sizeof(src));
	wr_u16(w, hostile_is_draft(h) ? ECP_DRAFT_ETHERTYPE : is_lldp ? LLDP_ETHERTYPE : ECP_ETHERTYPE);
	if (h->base == BASE_LLDP)
		wr_copy(w, mandatory, sizeof(mandatory));
	if (h->base == BASE_REQUEST || h->base == BASE_VDP)
		ecp_hdr_encode(&ecp, w);
	if (h->base == BASE_DRAFT_VDP)
		ecp_draft_hdr_encode(&ecp, w);
	if (h->base == BASE_VDP)
		wr_copy(w, manager, sizeof(manager));
}

size_t hostile_frame(const struct hostile *h, uint16_t seq, uint8_t frame[HOSTILE_FRAME_MAX])
{
	struct wr w = wr_init(frame, HOSTILE_FRAME_MAX);

	head(h, seq, &w);
	for (unsigned i = 0; i == 0 || i < h->repeat; i++)
		wr_copy(&w, h->octets, h->len);
	if (h->base == BASE_LLDP)
		wr_u16(&w, TLV_END);
	wr_zero(&w, h->trailing);
	if (!h->is_short && w.len < HOSTILE_FRAME_MIN)
		wr_zero(&w, HOSTILE_FRAME_MIN - w.len);
	return w.len;
}
