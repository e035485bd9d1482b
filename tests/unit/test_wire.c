/* Bounded cursors and TLVs: nothing is read or written outside the window, errors stick. */
#include <criterion/criterion.h>

#include "tlv.h"
#include "wire.h"

Test(wire, reads_big_endian_and_stops_at_the_window)
{
	const uint8_t b[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 };
	struct rd r = rd_init(span_of(b, sizeof(b)));

	cr_assert_eq(rd_u8(&r), 1);
	cr_assert_eq(rd_u16(&r), 0x0203);
	cr_assert_eq(rd_u24(&r), 0x040506u);
	cr_assert_eq(rd_u32(&r), 0x0708090au);
	cr_assert(rd_done(&r));
	cr_assert_eq(rd_u8(&r), 0);
	cr_assert(r.bad);
	cr_assert_not(rd_done(&r));
}

Test(wire, an_overrun_sticks_and_zero_fills)
{
	const uint8_t b[] = { 1, 2 };
	uint8_t out[4] = { 9, 9, 9, 9 };
	struct rd r = rd_init(span_of(b, sizeof(b)));

	rd_copy(&r, out, sizeof(out));
	cr_assert(r.bad);
	cr_assert_eq(out[0] | out[1] | out[2] | out[3], 0);
	cr_assert_eq(rd_u8(&r), 0, "once bad, nothing more is read");
}

Test(wire, a_sub_reader_cannot_reach_outer_octets)
{
	const uint8_t b[] = { 1, 2, 3, 4 };
	struct rd r = rd_init(span_of(b, sizeof(b)));
	struct rd in = rd_sub(&r, 2);

	cr_assert_eq(rd_u32(&in), 0);
	cr_assert(in.bad);
	cr_assert_eq(rd_u16(&r), 0x0304);
	in = rd_sub(&r, 1);
	cr_assert(in.bad && r.bad);
}

Test(wire, a_writer_refuses_what_does_not_fit_and_keeps_its_length)
{
	uint8_t b[4];
	struct wr w = wr_init(b, sizeof(b));

	wr_u24(&w, 0x010203);
	wr_u16(&w, 0x0405);
	cr_assert(w.bad);
	cr_assert_eq(w.len, 3);
	wr_u8(&w, 6);
	cr_assert_eq(w.len, 3, "once bad, nothing more is written");
}

Test(tlv, walks_items_and_stops_at_the_end_tlv)
{
	const uint8_t b[] = { 0x02, 0x01, 0xaa, 0xfe, 0x00, 0x00, 0x00, 0xff, 0xff };
	struct rd r = rd_init(span_of(b, sizeof(b)));
	struct tlv t;

	cr_assert_eq(tlv_next(&r, &t), TLV_STEP_ITEM);
	cr_assert_eq(t.type, 1);
	cr_assert_eq(t.value.len, 1);
	cr_assert_eq(tlv_next(&r, &t), TLV_STEP_ITEM);
	cr_assert_eq(t.type, 127);
	cr_assert_eq(t.value.len, 0);
	cr_assert_eq(tlv_next(&r, &t), TLV_STEP_END);
}

Test(tlv, every_strict_prefix_of_a_tlv_overruns)
{
	const uint8_t b[] = { 0x0a, 0x03, 1, 2, 3 };
	struct tlv t;

	for (size_t n = 1; n < sizeof(b); n++) {
		struct rd r = rd_init(span_of(b, n));

		cr_assert_eq(tlv_next(&r, &t), TLV_STEP_OVERRUN, "prefix of %zu octets", n);
	}
}

Test(tlv, close_takes_the_whole_tlv_back_when_it_does_not_fit)
{
	uint8_t b[8];
	struct wr w = wr_init(b, sizeof(b));
	size_t mark;

	wr_u8(&w, 1);
	mark = tlv_open(&w, 3);
	wr_u32(&w, 1);
	wr_u32(&w, 2);
	tlv_close(&w, mark);
	cr_assert(w.bad);
	cr_assert_eq(w.len, 1);
}

Test(tlv, lengths_use_nine_bits)
{
	uint8_t b[600];
	uint8_t v[512] = { 0 };
	struct wr w = wr_init(b, sizeof(b));

	tlv_put(&w, 127, span_of(v, 511));
	cr_assert_eq(b[0], 0xff);
	cr_assert_eq(b[1], 0xff);
	tlv_put(&w, 127, span_of(v, 512));
	cr_assert(w.bad);
	cr_assert_eq(w.len, 513);
}
