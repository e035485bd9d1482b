/* Layers of captured frames: tags of all kinds, frames that end early, the frame check sequence. */
#include "cap_frames.h"

static const uint8_t s_tag[] = { 0x88, 0xa8, 0x60, 0x64 };
static const uint8_t c_tag[] = { 0x81, 0x00, 0x10, 0x0b };
static const uint8_t vn_tag[] = { 0x89, 0x26, 0xc1, 0x00, 0x80, 0x05 };            /* V7 */
static const uint8_t e_tag[] = { 0x89, 0x3f, 0xb0, 0xbc, 0x03, 0x45, 0x0a, 0x12 }; /* E5 */

static struct cap_eth decoded(const struct cap_frame *f)
{
	struct cap_eth eth;

	cr_assert(cap_eth_decode(f, &eth));
	return eth;
}

Test(cap_frame, an_untagged_frame_is_its_type_and_what_follows)
{
	struct cap_frame f = CAP_OF(frame_e1);
	struct cap_eth eth = decoded(&f);

	cr_assert(mac_equal(eth.da, MAC_NEAREST_CUSTOMER_BRIDGE));
	cr_assert(mac_equal(eth.sa, station_mac));
	cr_assert_eq(eth.type, ECP_ETHERTYPE);
	cr_assert_eq(eth.n_tags, 0);
	cr_assert_eq(eth.payload.len, sizeof(frame_e1) - CAP_ETHER_HEADER);
	cr_assert(!eth.is_truncated && !eth.is_short && !eth.has_fcs);
}

Test(cap_frame, CDCP_17_an_s_tag_is_the_channel)
{
	struct cap_frame f = cap_tagged(frame_e1, sizeof(frame_e1), s_tag, sizeof(s_tag));
	struct cap_eth eth = decoded(&f);
	uint16_t vid = 0;

	cr_assert_eq(eth.type, ECP_ETHERTYPE);
	cr_assert(cap_eth_vid(&eth, CAP_S_TAG, &vid));
	cr_assert_eq(vid, 100);
	cr_assert_eq(eth.tag[0].pcp, 3);
	cr_assert(!cap_eth_vid(&eth, CAP_C_TAG, &vid));
}

Test(cap_frame, a_vn_tag_has_the_fields_of_its_figure)
{
	struct cap_frame f = cap_tagged(frame_e1, sizeof(frame_e1), vn_tag, sizeof(vn_tag));
	struct cap_eth eth = decoded(&f);

	cr_assert_eq(eth.tag[0].kind, CAP_VN_TAG);
	cr_assert(eth.tag[0].ext.d && eth.tag[0].ext.p && eth.tag[0].ext.l);
	cr_assert_eq(eth.tag[0].ext.dvif, 0x100);
	cr_assert_eq(eth.tag[0].ext.svif, 5);
	cr_assert_eq(eth.type, ECP_ETHERTYPE);
}

Test(cap_frame, an_e_tag_has_the_fields_of_its_figure)
{
	struct cap_frame f = cap_tagged(frame_e1, sizeof(frame_e1), e_tag, sizeof(e_tag));
	struct cap_eth eth = decoded(&f);

	cr_assert_eq(eth.tag[0].kind, CAP_E_TAG);
	cr_assert_eq(eth.tag[0].ext.ecid, 0x12345);
	cr_assert_eq(eth.tag[0].ext.pcp, 5);
	cr_assert_eq(eth.tag[0].ext.dei, 1);
}

Test(cap_frame, tags_nest_up_to_a_limit)
{
	uint8_t tags[5 * sizeof(c_tag)];
	struct cap_frame f;
	struct cap_eth eth;

	for (unsigned i = 0; i < 5; i++)
		memcpy(tags + i * sizeof(c_tag), i == 0 ? s_tag : c_tag, sizeof(c_tag));
	f = cap_tagged(frame_e1, sizeof(frame_e1), tags, sizeof(tags));
	eth = decoded(&f);
	cr_assert_eq(eth.n_tags, CAP_TAGS_MAX);
	cr_assert_eq(eth.tag[0].kind, CAP_S_TAG);
	cr_assert_eq(eth.type, CAP_TYPE_C_TAG, "what lies deeper is payload");
}

Test(cap_frame, every_prefix_is_short_or_truncated_and_never_read_beyond)
{
	static const size_t at[] = { sizeof(s_tag), sizeof(vn_tag), sizeof(e_tag) };
	static const uint8_t *const tags[] = { s_tag, vn_tag, e_tag };

	for (unsigned k = 0; k < 3; k++) {
		for (size_t len = 0; len <= CAP_ETHER_HEADER + at[k]; len++) {
			struct cap_frame whole = cap_tagged(frame_e1, sizeof(frame_e1), tags[k], at[k]);
			uint8_t *copy = malloc(len + 1); /* of its own size, for the sanitizer */
			struct cap_frame f;
			struct cap_eth eth;
			bool is_whole = len == CAP_ETHER_HEADER + at[k];

			memcpy(copy, whole.octets.ptr, len);
			f = cap_of(copy, len, 0);
			cr_assert_eq(cap_eth_decode(&f, &eth), len >= CAP_MAC_HEADER);
			if (len >= CAP_MAC_HEADER)
				cr_assert_eq(
					eth.is_short, !is_whole, "%u octets of tag %u", (unsigned)len, k);
			f.wire_len = 200;
			if (cap_eth_decode(&f, &eth))
				cr_assert(eth.is_truncated && !eth.is_short);
			free(copy);
		}
	}
}

Test(cap_frame, a_right_check_sequence_is_taken_off_and_a_wrong_one_stays)
{
	struct cap_frame f = cap_with_fcs(frame_e1, sizeof(frame_e1));
	struct cap_eth eth = decoded(&f);
	size_t with = eth.payload.len;

	cap_eth_strip_fcs(&f, &eth);
	cr_assert(eth.has_fcs);
	cr_assert_eq(eth.payload.len, with - 4);
	cap_buf[20] ^= 1;
	eth = decoded(&f);
	cap_eth_strip_fcs(&f, &eth);
	cr_assert(!eth.has_fcs);
	cr_assert_eq(eth.payload.len, with);
	cap_buf[20] ^= 1;
	f.wire_len += 10; /* cut: its end is not here */
	eth = decoded(&f);
	cap_eth_strip_fcs(&f, &eth);
	cr_assert(!eth.has_fcs);
}

Test(cap_frame, candidates_are_told_by_their_type_alone)
{
	static const struct {
		uint8_t type[6]; /* from octet 12 on */
		bool is_candidate;
	} rows[] = {
		{ { 0x88, 0xcc }, true },
		{ { 0x89, 0x40 }, true },
		{ { 0x88, 0xb7 }, true },
		{ { 0x88, 0xa8 }, true },
		{ { 0x89, 0x26 }, true },
		{ { 0x89, 0x3f }, true },
		{ { 0x08, 0x00 }, false },
		{ { 0x86, 0xdd }, false },
		{ { 0x00, 0x26 }, false },
		{ { 0x81, 0x00, 0, 1, 0x08, 0x00 }, false },
		{ { 0x81, 0x00, 0, 1, 0x88, 0xcc }, true },
		{ { 0x81, 0x00, 0, 1, 0x89, 0x26 }, true },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t octets[18] = { 0 };
		struct cap_frame f = cap_of(octets, sizeof(octets), 0);

		memcpy(octets + 12, rows[i].type, sizeof(rows[i].type));
		cr_assert_eq(cap_frame_is_candidate(&f), rows[i].is_candidate, "row %zu", i);
	}
}
