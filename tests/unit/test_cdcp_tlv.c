/* CDCP TLV codec (802.1Q annex D.2; evb-reference 4.1, 4.4, 4.5): laws, the worked values and every bad one. */
#include "cdcp_rig.h"

enum { VALUE_OF_C2 = 35, C_LEN = 17 }; /* offset of the value in C2; C1 and C3 have a longer port id */

static struct span value_in(const uint8_t frame[FRAME_LEN])
{
	return span_of(frame + VALUE_OF_C2 + (frame != frame_c2), C_LEN);
}

static struct span text(
	uint8_t buf[CDCP_TLV_MAX + CDCP_PAIR_LEN], uint32_t word, const uint32_t *pair, unsigned n)
{
	struct wr w = wr_init(buf, CDCP_TLV_MAX + CDCP_PAIR_LEN);

	wr_u32(&w, 0x0080c20e);
	wr_u32(&w, word);
	for (unsigned i = 0; i < n; i++)
		wr_u24(&w, pair[i]);
	cr_assert_not(w.bad);
	return wr_span(&w);
}

/* These pairs on the wire decode to those, with so many bad ones. */
static void reads_as(const uint32_t *in, unsigned n_in, const uint32_t *out, unsigned n_out, unsigned n_bad)
{
	uint8_t buf[CDCP_TLV_MAX + CDCP_PAIR_LEN];
	struct cdcp_tlv t;

	cr_assert(cdcp_tlv_decode(text(buf, STATION_WORD, in, n_in), &t));
	cr_assert_eq(t.n_pairs, n_out);
	cr_assert_eq(t.n_bad, n_bad);
	for (unsigned i = 0; i < n_out; i++)
		cr_assert_eq(PAIR(t.pair[i].scid, t.pair[i].svid), out[i], "pair %u", i);
}
#define LIST(...)                                                                                            \
	(const uint32_t[]){ __VA_ARGS__ }, sizeof((const uint32_t[]){ __VA_ARGS__ }) / sizeof(uint32_t)

Test(cdcp_tlv, worked_frame_c2_field_by_field)
{
	struct cdcp_tlv t;

	cr_assert(cdcp_tlv_decode(value_in(frame_c2), &t));
	cr_assert_eq(t.role, CDCP_ROLE_BRIDGE);
	cr_assert(t.has_scomp);
	cr_assert_eq(t.chn_cap, 64);
	cr_assert_eq(t.n_pairs, 3);
	cr_assert_eq(t.n_bad, 0);
	cr_assert_eq(t.pair[0].scid, 1);
	cr_assert_eq(t.pair[0].svid, 1);
	cr_assert_eq(t.pair[1].scid, 2);
	cr_assert_eq(t.pair[1].svid, 100);
	cr_assert_eq(t.pair[2].scid, 3);
	cr_assert_eq(t.pair[2].svid, 101);
}

Test(cdcp_tlv, worked_frames_encode_as_they_decode)
{
	const uint8_t *frames[] = { frame_c1, frame_c2, frame_c3 };

	for (unsigned i = 0; i < 3; i++) {
		uint8_t octets[CDCP_TLV_MAX];
		struct wr w = wr_init(octets, sizeof(octets));
		struct cdcp_tlv t;

		cr_assert(cdcp_tlv_decode(value_in(frames[i]), &t));
		cdcp_tlv_encode(&t, &w);
		cr_assert_eq(w.len, C_LEN);
		cr_assert_arr_eq(octets, value_in(frames[i]).ptr, C_LEN);
	}
}

Test(cdcp_tlv, every_used_bit_of_the_word_round_trips_and_reserved_ones_are_lost)
{
	for (unsigned bit = 0; bit < 32; bit++) {
		uint8_t in[CDCP_TLV_MAX + CDCP_PAIR_LEN], out[CDCP_TLV_MAX];
		struct wr w = wr_init(out, sizeof(out));
		struct span value = text(in, 1u << bit | 1, LIST(PAIR(1, 1)));
		struct cdcp_tlv t;
		bool is_used = bit == 31 || bit == 27 || bit < 12;

		cr_assert(cdcp_tlv_decode(value, &t));
		cr_assert_eq(t.role == CDCP_ROLE_STATION, bit == 31);
		cr_assert_eq(t.has_scomp, bit == 27);
		cr_assert_eq(t.chn_cap, bit < 12 ? 1u << bit | 1 : 1);
		cdcp_tlv_encode(&t, &w);
		cr_assert_eq(span_equal(value, wr_span(&w)), is_used, "bit %u", bit);
	}
}

Test(cdcp_tlv, every_length_but_8_plus_3n_fails_and_leaves_the_output)
{
	uint8_t all[TLV_VALUE_MAX] = { 0x00, 0x80, 0xc2, 0x0e, 0x88, 0, 0, 0xa7, 0, 0x10, 0x01 };

	for (size_t n = 0; n <= TLV_VALUE_MAX; n++) {
		bool is_good = n >= CDCP_TLV_MIN && (n - CDCP_TLV_HEAD) % CDCP_PAIR_LEN == 0;
		struct cdcp_tlv t = { .chn_cap = 5 };
		uint8_t *exact = malloc(n + 1);

		memcpy(exact, all, n);
		cr_assert_eq(cdcp_tlv_decode(span_of(exact, n), &t), is_good, "length %zu", n);
		cr_assert_eq(t.chn_cap, is_good ? 167 : 5);
		free(exact);
	}
}

Test(cdcp_tlv, another_oui_or_subtype_is_no_cdcp_tlv)
{
	for (unsigned at = 0; at < 4; at++) {
		uint8_t v[C_LEN];
		struct cdcp_tlv t;

		memcpy(v, value_in(frame_c1).ptr, sizeof(v));
		v[at] ^= 1;
		cr_assert_not(cdcp_tlv_decode(span_of(v, sizeof(v)), &t));
	}
}

Test(cdcp_tlv, CDCP_11_length_509_holds_167_pairs)
{
	struct cdcp_tlv t = { .role = CDCP_ROLE_STATION, .has_scomp = true, .chn_cap = 167, .n_pairs = 167 },
			again;
	uint8_t octets[CDCP_TLV_MAX];
	struct wr w = wr_init(octets, sizeof(octets));

	t.pair[0] = (struct cdcp_pair){ 1, 1 };
	for (uint16_t i = 1; i < CDCP_PAIRS_MAX; i++)
		t.pair[i] = (struct cdcp_pair){ (uint16_t)(CDCP_ID_MAX + 1 - i),
			i % 2 ? 0 : (uint16_t)(4000 - i) };
	cdcp_tlv_encode(&t, &w);
	cr_assert_not(w.bad);
	cr_assert_eq(w.len, 509);
	cr_assert(cdcp_tlv_decode(wr_span(&w), &again));
	cr_assert_eq(again.n_pairs, 167);
	cr_assert_eq(again.n_bad, 0);
	cr_assert_arr_eq(again.pair, t.pair, sizeof(t.pair));
}

Test(cdcp_tlv, chn_cap_0_is_1)
{
	uint8_t buf[CDCP_TLV_MAX + CDCP_PAIR_LEN];
	struct cdcp_tlv t;

	cr_assert(cdcp_tlv_decode(text(buf, 0x88000000, LIST(PAIR(1, 1))), &t));
	cr_assert_eq(t.chn_cap, 1);
}

Test(cdcp_tlv, the_default_pair_is_first_wherever_it_stands)
{
	reads_as(LIST(PAIR(2, 0)), LIST(PAIR(1, 1), PAIR(2, 0)), 0);
	reads_as(LIST(PAIR(2, 0), PAIR(1, 1), PAIR(3, 0)), LIST(PAIR(1, 1), PAIR(2, 0), PAIR(3, 0)), 0);
	reads_as(LIST(PAIR(1, 1), PAIR(1, 1)), LIST(PAIR(1, 1)), 1);
}

Test(cdcp_tlv, a_full_list_without_the_default_pair_loses_its_last)
{
	uint32_t in[CDCP_PAIRS_MAX], out[CDCP_PAIRS_MAX] = { PAIR(1, 1) };

	for (unsigned i = 0; i < CDCP_PAIRS_MAX; i++) {
		in[i] = PAIR(2 + i, 0);
		if (i + 1 < CDCP_PAIRS_MAX)
			out[i + 1] = in[i];
	}
	reads_as(in, CDCP_PAIRS_MAX, out, CDCP_PAIRS_MAX, 1);
}

Test(cdcp_tlv, CDCP_12_unusable_and_repeated_pairs)
{
	reads_as(LIST(PAIR(1, 1), PAIR(0, 5), PAIR(2, 7)), LIST(PAIR(1, 1), PAIR(2, 7)), 1);
	reads_as(LIST(PAIR(1, 1), PAIR(4095, 5), PAIR(2, 5)), LIST(PAIR(1, 1), PAIR(2, 5)), 1);
	reads_as(LIST(PAIR(1, 1), PAIR(2, 4095), PAIR(2, 6)), LIST(PAIR(1, 1), PAIR(2, 6)), 1);
	reads_as(LIST(PAIR(1, 1), PAIR(2, 5), PAIR(2, 6), PAIR(3, 6)),
		LIST(PAIR(1, 1), PAIR(2, 5), PAIR(3, 6)), 1);
	reads_as(LIST(PAIR(1, 1), PAIR(2, 5), PAIR(3, 5), PAIR(3, 6)),
		LIST(PAIR(1, 1), PAIR(2, 5), PAIR(3, 0)), 2);
	reads_as(LIST(PAIR(1, 1), PAIR(2, 0), PAIR(3, 0)), LIST(PAIR(1, 1), PAIR(2, 0), PAIR(3, 0)), 0);
}

Test(cdcp_tlv, CDCP_13_svid_1_is_for_scid_1_only)
{
	reads_as(LIST(PAIR(1, 5)), LIST(PAIR(1, 1)), 1);
	reads_as(LIST(PAIR(1, 0), PAIR(2, 5)), LIST(PAIR(1, 1), PAIR(2, 5)), 1);
	reads_as(LIST(PAIR(1, 1), PAIR(5, 1), PAIR(5, 8)), LIST(PAIR(1, 1), PAIR(5, 8)), 1);
}

static void check_pair(unsigned scid, unsigned svid)
{
	const uint32_t pairs[] = { PAIR(1, 1), PAIR(scid, svid) };
	bool is_good = scid >= 2 && scid <= 4094 && svid != 1 && svid <= 4094;
	uint8_t buf[CDCP_TLV_MAX + CDCP_PAIR_LEN];
	struct cdcp_tlv t;

	HOLDS(cdcp_tlv_decode(text(buf, STATION_WORD, pairs, 2), &t));
	HOLDS(t.n_pairs == 1 + is_good && t.n_bad == !is_good);
	HOLDS(!is_good || (t.pair[1].scid == scid && t.pair[1].svid == svid));
}

Test(cdcp_tlv, every_pair_is_usable_or_ignored)
{
	const unsigned edge[] = { 0, 1, 2, 3, 100, 4093, 4094, 4095 };

	for (unsigned id = 0; id <= 4095; id++) {
		for (unsigned i = 0; i < sizeof(edge) / sizeof(edge[0]); i++) {
			check_pair(id, edge[i]);
			check_pair(edge[i], id);
		}
	}
}

Test(cdcp_tlv, values_too_large_for_their_field_do_not_spill)
{
	const struct cdcp_tlv t = { .chn_cap = 0xffff, .n_pairs = 1, .pair = { { 0xf002, 0xf003 } } };
	const uint8_t expected[7] = { 0, 0, 0x0f, 0xff, 0x00, 0x20, 0x03 };
	uint8_t octets[CDCP_TLV_MIN];
	struct wr w = wr_init(octets, sizeof(octets));

	cdcp_tlv_encode(&t, &w);
	cr_assert_arr_eq(octets + 4, expected, sizeof(expected));
}

Test(cdcp_tlv, encode_writes_all_or_nothing)
{
	uint8_t octets[C_LEN];
	struct cdcp_tlv t;

	cr_assert(cdcp_tlv_decode(value_in(frame_c1), &t));
	for (size_t cap = 0; cap < C_LEN; cap++) {
		struct wr w = wr_init(octets, cap);

		cdcp_tlv_encode(&t, &w);
		cr_assert(w.bad);
		cr_assert_eq(w.len, 0);
	}
}

Test(cdcp_tlv, a_set_walks_its_members_in_order)
{
	const uint16_t in[] = { 4094, 1, 64, 63, 127, 128, 2, 4094 },
		       out[] = { 1, 2, 63, 64, 127, 128, 4094 };
	struct cdcp_set s = { 0 };
	uint16_t id = 0;

	cr_assert_eq(cdcp_set_next(&s, 0), 0);
	for (unsigned i = 0; i < 8; i++)
		cdcp_set_add(&s, in[i]);
	for (unsigned i = 0; i < 7; i++) {
		cr_assert_eq(id = cdcp_set_next(&s, id), out[i]);
		cr_assert(cdcp_set_has(&s, id));
	}
	cr_assert_eq(cdcp_set_next(&s, id), 0);
	cr_assert_eq(cdcp_set_next(&s, 4095), 0);
	cdcp_set_remove(&s, 64);
	cr_assert_eq(cdcp_set_next(&s, 63), 127);
	cr_assert_not(cdcp_set_has(&s, 64));
}
