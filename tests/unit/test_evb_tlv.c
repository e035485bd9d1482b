/* EVB TLV codec (802.1Q annex D.2; evb-reference 3.1, 3.4): laws and the worked values. */
#include "lldp_fixtures.h"

enum { VALUE_OF_L = 35 }; /* offset of the EVB TLV's value in L2 and L3; L1 and L4 have a longer port id */

static struct span value_in(const uint8_t frame[FRAME_LEN])
{
	return span_of(frame + VALUE_OF_L + (frame == frame_l1 || frame == frame_l4), EVB_TLV_LEN);
}

Test(evb_tlv, worked_frame_l4_field_by_field)
{
	struct evb_tlv t;

	cr_assert(evb_tlv_decode(value_in(frame_l4), &t));
	cr_assert_eq(t.bridge_raw, EVB_RRCAP | EVB_RRCTR);
	cr_assert_eq(t.station_raw, EVB_RRREQ | EVB_RRSTAT_ON);
	cr_assert_eq(t.retries, 3);
	cr_assert_eq(t.rte, 14);
	cr_assert_eq(t.mode, EVB_MODE_STATION);
	cr_assert(t.rol_rwd);
	cr_assert_eq(t.rwd, 20);
	cr_assert(t.rol_rka);
	cr_assert_eq(t.rka, 21);
}

Test(evb_tlv, worked_frames_encode_as_they_decode)
{
	const uint8_t *frames[] = { frame_l1, frame_l2, frame_l3, frame_l4 };

	for (unsigned i = 0; i < 4; i++) {
		uint8_t octets[EVB_TLV_LEN];
		struct wr w = wr_init(octets, sizeof(octets));
		struct evb_tlv t;

		cr_assert(evb_tlv_decode(value_in(frames[i]), &t));
		evb_tlv_encode(&t, &w);
		cr_assert_eq(w.len, EVB_TLV_LEN);
		cr_assert_arr_eq(octets, value_in(frames[i]).ptr, EVB_TLV_LEN);
	}
}

/* Each of the five octets through all its values: decoding loses reserved bits only. */
Test(evb_tlv, every_value_of_every_octet_round_trips)
{
	const uint8_t used[5] = { 0x07, 0x0f, 0xff, 0xff, 0x3f };

	for (unsigned at = 0; at < 5; at++) {
		for (unsigned v = 0; v < 256; v++) {
			uint8_t in[EVB_TLV_LEN] = { 0, 0x80, 0xc2, 0x0d }, out[EVB_TLV_LEN];
			struct wr w = wr_init(out, sizeof(out));
			struct evb_tlv t, again;

			in[4 + at] = (uint8_t)v;
			cr_assert(evb_tlv_decode(span_of(in, sizeof(in)), &t));
			evb_tlv_encode(&t, &w);
			in[4 + at] &= used[at];
			cr_assert_arr_eq(out, in, sizeof(in), "octet %u value %u", at, v);
			cr_assert(evb_tlv_decode(span_of(out, sizeof(out)), &again));
			cr_assert_eq(again.bridge_raw, t.bridge_raw);
			cr_assert_eq(again.station_raw, t.station_raw);
			cr_assert_eq(again.retries << 5 | again.rte, t.retries << 5 | t.rte);
			cr_assert_eq(again.mode << 6 | again.rol_rwd << 5 | again.rwd,
				t.mode << 6 | t.rol_rwd << 5 | t.rwd);
			cr_assert_eq(again.rol_rka << 5 | again.rka, t.rol_rka << 5 | t.rka);
		}
	}
}

Test(evb_tlv, every_strict_prefix_fails_and_leaves_the_output)
{
	for (size_t n = 0; n < EVB_TLV_LEN; n++) {
		struct evb_tlv t = { .retries = 5 };
		uint8_t *exact = malloc(n + 1);

		memcpy(exact, value_in(frame_l1).ptr, n);
		cr_assert_not(evb_tlv_decode(span_of(exact, n), &t));
		cr_assert_eq(t.retries, 5);
		free(exact);
	}
}

Test(evb_tlv, another_oui_or_subtype_is_no_evb_tlv)
{
	for (unsigned at = 0; at < 4; at++) {
		uint8_t v[EVB_TLV_LEN];
		struct evb_tlv t;

		memcpy(v, value_in(frame_l1).ptr, sizeof(v));
		v[at] ^= 1;
		cr_assert_not(evb_tlv_decode(span_of(v, sizeof(v)), &t));
	}
}

Test(evb_tlv, values_too_large_for_their_field_do_not_spill)
{
	const struct evb_tlv t = {
		.bridge_raw = 0xff, .station_raw = 0xff, .rte = 0xff, .rwd = 0xff, .rka = 0xff
	};
	const uint8_t expected[5] = { 0x07, 0x0f, 0x1f, 0x1f, 0x1f };
	uint8_t octets[EVB_TLV_LEN];
	struct wr w = wr_init(octets, sizeof(octets));

	evb_tlv_encode(&t, &w);
	cr_assert_arr_eq(octets + 4, expected, 5);
}

Test(evb_tlv, encode_writes_all_or_nothing)
{
	uint8_t octets[EVB_TLV_LEN];

	for (size_t cap = 0; cap < EVB_TLV_LEN; cap++) {
		struct wr w = wr_init(octets, cap);
		struct evb_tlv t = { 0 };

		evb_tlv_encode(&t, &w);
		cr_assert(w.bad);
		cr_assert_eq(w.len, 0);
	}
}
