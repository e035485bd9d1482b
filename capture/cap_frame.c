/*
 * cap_frame.c - Ethernet layers of a captured frame (802.1Q 9.6, 802.1BR and VN-Tag as in vntag_hdr.h).
 *
 *   +----+----+--------------------------------------+------+---------+-------+
 *   | DA | SA | tags: 8100, 88A8, 8926, 893F, nested | type | payload | (FCS) |
 *   +----+----+--------------------------------------+------+---------+-------+
 *
 * In: the octets of a capture. Out: values and spans into them. A tag that is cut off ends the walk: by the capture
 * (is_truncated) or because the frame is no longer than that (is_short). Captures seldom say whether the frame check
 * sequence is in them, and a VDP list without End TLV would be read on into it; so it is recognised by being right,
 * which by chance happens to one frame of four milliards.
 *
 * Left out: 802.3 LLC behind a length, and more than CAP_TAGS_MAX tags.
 */
#include "cap_frame.h"

#include "ecp_draft_pdu.h"
#include "lldp_pdu.h"
#include "names.h"

enum {
	TYPE_AT = 12,       /* offset of the EtherType */
	INNER_TYPE_AT = 16, /* and of the one behind a tag of four octets */
	TAG_OCTETS = 4,     /* C-tag, S-tag */
	FCS_OCTETS = 4,     /* 802.3 3.2.9 */
	FRAME_MIN_FCS = 64, /* a whole frame with it is no shorter */
};

static uint16_t type_at(struct span s, size_t at)
{
	return (uint16_t)(s.len >= at + 2 ? s.ptr[at] << 8 | s.ptr[at + 1] : 0);
}

static bool is_protocol(uint16_t type)
{
	switch (type) {
	case LLDP_ETHERTYPE:
	case ECP_ETHERTYPE:
	case ECP_DRAFT_ETHERTYPE: /* shared with others: told apart by its OUI */
	case CAP_TYPE_S_TAG:
	case VNTAG_ETHERTYPE_VN:
	case VNTAG_ETHERTYPE_E:
		return true;
	default:
		return false;
	}
}

bool cap_frame_is_candidate(const struct cap_frame *f)
{
	uint16_t type = type_at(f->octets, TYPE_AT);

	if (type == CAP_TYPE_C_TAG)
		type = type_at(f->octets, INNER_TYPE_AT);
	return is_protocol(type);
}

static bool take_vlan(struct span *s, enum cap_tag_kind kind, struct cap_tag *ret)
{
	uint16_t tci = type_at(*s, 2);

	if (s->len < TAG_OCTETS)
		return false;
	*ret = (struct cap_tag){
		.kind = kind, .vid = tci & 0xfff, .pcp = (uint8_t)(tci >> 13), .dei = (tci & 0x1000) != 0
	};
	*s = span_of(s->ptr + TAG_OCTETS, s->len - TAG_OCTETS);
	return true;
}

static bool take_ext(struct span *s, enum vntag_format format, struct cap_tag *ret)
{
	uint32_t len = vntag_len(format);
	struct vntag_hdr h;

	if (vntag_parse(s->ptr, (uint32_t)s->len, format, &h) != VNTAG_PASS)
		return false;
	*ret = (struct cap_tag){ .kind = format == VNTAG_FORMAT_VN ? CAP_VN_TAG : CAP_E_TAG, .ext = h };
	*s = span_of(s->ptr + len, s->len - len);
	return true;
}

/** The tag at the start of s, which moves behind it. False: none, or not all of it is there (*ret_cut). */
static bool take_tag(struct span *s, struct cap_tag *ret, bool *ret_cut)
{
	bool is_taken;

	switch (type_at(*s, 0)) {
	case CAP_TYPE_C_TAG:
		is_taken = take_vlan(s, CAP_C_TAG, ret);
		break;
	case CAP_TYPE_S_TAG:
		is_taken = take_vlan(s, CAP_S_TAG, ret);
		break;
	case VNTAG_ETHERTYPE_VN:
		is_taken = take_ext(s, VNTAG_FORMAT_VN, ret);
		break;
	case VNTAG_ETHERTYPE_E:
		is_taken = take_ext(s, VNTAG_FORMAT_E, ret);
		break;
	default:
		return false;
	}
	*ret_cut = !is_taken;
	return is_taken;
}

bool cap_eth_decode(const struct cap_frame *f, struct cap_eth *ret)
{
	struct span s = f->octets;
	bool is_cut = false;

	if (s.len < CAP_MAC_HEADER)
		return false;
	ret->n_tags = 0;
	ret->has_fcs = false;
	ret->is_truncated = f->wire_len > s.len;
	memcpy(ret->da.b, s.ptr, sizeof(ret->da.b));
	memcpy(ret->sa.b, s.ptr + sizeof(ret->da.b), sizeof(ret->sa.b));
	s = span_of(s.ptr + CAP_MAC_HEADER, s.len - CAP_MAC_HEADER);
	while (ret->n_tags < CAP_TAGS_MAX && take_tag(&s, &ret->tag[ret->n_tags], &is_cut))
		ret->n_tags++;
	is_cut |= s.len < 2;
	ret->type = is_cut ? 0 : type_at(s, 0);
	ret->payload = is_cut ? span_of(s.ptr, 0) : span_of(s.ptr + 2, s.len - 2);
	ret->is_short = is_cut && !ret->is_truncated;
	return true;
}

/* CRC-32 of 802.3 3.2.9, four bits at a time. */
static uint32_t crc_of(struct span s)
{
	static const uint32_t nibble[16] = { 0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190,
		0x6b6b51f4, 0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
		0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c };
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < s.len; i++) {
		crc ^= s.ptr[i];
		crc = crc >> 4 ^ nibble[crc & 0xf];
		crc = crc >> 4 ^ nibble[crc & 0xf];
	}
	return ~crc;
}

void cap_eth_strip_fcs(const struct cap_frame *f, struct cap_eth *eth)
{
	const uint8_t *fcs;

	if (eth->is_truncated || f->octets.len < FRAME_MIN_FCS || eth->payload.len < FCS_OCTETS)
		return;
	fcs = f->octets.ptr + f->octets.len - FCS_OCTETS;
	if (crc_of(span_of(f->octets.ptr, f->octets.len - FCS_OCTETS)) !=
		((uint32_t)fcs[3] << 24 | (uint32_t)fcs[2] << 16 | (uint32_t)fcs[1] << 8 | fcs[0]))
		return;
	eth->has_fcs = true;
	eth->payload.len -= FCS_OCTETS;
}

bool cap_eth_vid(const struct cap_eth *eth, enum cap_tag_kind kind, uint16_t *ret)
{
	for (unsigned i = 0; i < eth->n_tags; i++) {
		if (eth->tag[i].kind == kind) {
			*ret = eth->tag[i].vid;
			return true;
		}
	}
	return false;
}

const char *cap_tag_name(enum cap_tag_kind kind)
{
	static const struct name_row names[] = {
		{ CAP_C_TAG, "c_tag" },
		{ CAP_S_TAG, "s_tag" },
		{ CAP_VN_TAG, "vn_tag" },
		{ CAP_E_TAG, "e_tag" },
		{ 0, NULL },
	};

	return names_text(names, (int)kind, "unknown");
}
