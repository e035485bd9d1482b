/* LLDP Port Extension TLV and upstream election (port-extension-reference 3.3, 7). */
#include <criterion/criterion.h>

#include "pe_tlv.h"
#include "lldp_pdu.h"
#include "pe_frames.h"

enum { LLDPDU = 14, VALUE = 34 }; /* offsets in L1 */

static struct span value_of_l1(void)
{
	return span_of(frame_l1 + VALUE, PE_TLV_LEN);
}

Test(pe_tlv, PEX_58_worked_frame_l1_field_by_field)
{
	const struct mac pe = { { 0x02, 0, 0, 0, 0, 0x0a } }, csp = { { 0x02, 0, 0, 0, 0, 0x1a } };
	struct span lldpdu = span_of(frame_l1 + LLDPDU, sizeof(frame_l1) - LLDPDU);
	struct lldp_decode_notes notes;
	struct lldp_pdu p;
	struct pe_tlv t;

	cr_assert_eq(lldp_pdu_decode(lldpdu, &p, &notes), LLDP_OK);
	cr_assert_eq(p.n_org, 1);
	cr_assert(span_equal(p.org[0], value_of_l1()));
	cr_assert_eq(pe_tlv_decode(p.org[0], &t), PE_TLV_OK);
	cr_assert_eq(t.priority, 128);
	cr_assert(mac_equal(t.pe, pe));
	cr_assert(mac_equal(t.pe_csp, csp));
}

Test(pe_tlv, PEX_58_worked_frame_l1_octet_for_octet)
{
	uint8_t octets[PE_TLV_LEN];
	struct wr w = wr_init(octets, sizeof(octets));
	struct pe_tlv t;

	cr_assert_eq(pe_tlv_decode(value_of_l1(), &t), PE_TLV_OK);
	pe_tlv_encode(&t, &w);
	cr_assert(span_equal(wr_span(&w), value_of_l1()));
}

Test(pe_tlv, PEX_58_any_other_length_is_told_and_leaves_the_output)
{
	for (size_t n = 0; n < 64; n++) {
		struct pe_tlv t = { .priority = 77 };
		uint8_t *exact = calloc(1, n + 1);
		enum pe_tlv_err err;

		memcpy(exact, value_of_l1().ptr, n < PE_TLV_LEN ? n : PE_TLV_LEN);
		err = pe_tlv_decode(span_of(exact, n), &t);
		if (n == PE_TLV_LEN) {
			cr_assert_eq(err, PE_TLV_OK);
		} else {
			cr_assert_eq(err, n < 4 ? PE_TLV_OTHER : PE_TLV_LENGTH, "%zu", n);
			cr_assert_eq(t.priority, 77);
		}
		free(exact);
	}
}

Test(pe_tlv, another_oui_or_subtype_is_no_port_extension_tlv)
{
	for (unsigned at = 0; at < 4; at++) {
		uint8_t v[PE_TLV_LEN];
		struct pe_tlv t;

		memcpy(v, value_of_l1().ptr, sizeof(v));
		v[at] ^= 1;
		cr_assert_eq(pe_tlv_decode(span_of(v, sizeof(v)), &t), PE_TLV_OTHER);
	}
}

Test(pe_tlv, every_value_of_every_octet_round_trips)
{
	for (unsigned at = 4; at < PE_TLV_LEN; at++) {
		for (unsigned v = 0; v < 256; v++) {
			uint8_t in[PE_TLV_LEN], out[PE_TLV_LEN];
			struct wr w = wr_init(out, sizeof(out));
			struct pe_tlv t;

			memcpy(in, value_of_l1().ptr, sizeof(in));
			in[at] = (uint8_t)v;
			if (pe_tlv_decode(span_of(in, sizeof(in)), &t) != PE_TLV_OK)
				cr_assert_fail("octet %u value %u", at, v);
			pe_tlv_encode(&t, &w);
			if (memcmp(in, out, sizeof(in)) != 0)
				cr_assert_fail("octet %u value %u", at, v);
		}
	}
}

Test(pe_tlv, encode_writes_all_or_nothing)
{
	uint8_t octets[PE_TLV_LEN];

	for (size_t cap = 0; cap < PE_TLV_LEN; cap++) {
		struct wr w = wr_init(octets, cap);
		struct pe_tlv t = { 0 };

		pe_tlv_encode(&t, &w);
		cr_assert(w.bad);
		cr_assert_eq(w.len, 0);
	}
}

Test(pe_tlv, every_outcome_has_a_name)
{
	for (int e = 0; e < PE_TLV_N_ERRS; e++)
		cr_assert_str_neq(pe_tlv_err_name((enum pe_tlv_err)e), "?");
	cr_assert_str_eq(pe_tlv_err_name(PE_TLV_N_ERRS), "?");
}

static struct pe_uplink heard(uint8_t priority, uint8_t csp)
{
	return (struct pe_uplink){ true, { .priority = priority, .pe_csp = { { 2, 0, 0, 0, 0, csp } } } };
}

Test(pe_tlv, PEX_64_the_lower_number_becomes_upstream)
{
	struct pe_uplink u[2] = { heard(128, 1), heard(64, 2) };

	cr_assert_eq(pe_elect(u, 2), 1);
	u[1].tlv.priority = 129;
	cr_assert_eq(pe_elect(u, 2), 0);
	u[0].tlv.priority = 0;
	u[1].tlv.priority = PE_PRIORITY_WORST;
	cr_assert_eq(pe_elect(u, 2), 0);
}

Test(pe_tlv, PEX_64_the_other_takes_over_when_it_is_not_heard_any_more)
{
	struct pe_uplink u[2] = { heard(1, 1), heard(200, 2) };

	cr_assert_eq(pe_elect(u, 2), 0);
	u[0].is_heard = false;
	cr_assert_eq(pe_elect(u, 2), 1);
	u[1].is_heard = false;
	cr_assert_eq(pe_elect(u, 2), PE_NO_UPSTREAM);
	cr_assert_eq(pe_elect(u, 0), PE_NO_UPSTREAM);
}

Test(pe_tlv, PEX_64_255_is_no_cascade_port)
{
	struct pe_uplink u[2] = { heard(PE_PRIORITY_NONE, 1), heard(PE_PRIORITY_NONE, 2) };

	cr_assert_eq(pe_elect(u, 2), PE_NO_UPSTREAM);
	u[1].tlv.priority = 254;
	cr_assert_eq(pe_elect(u, 2), 1);
}

Test(pe_tlv, PEX_64_ties_go_to_the_lowest_pe_csp_address_then_to_the_first)
{
	struct pe_uplink u[4] = { heard(9, 5), heard(9, 3), heard(9, 4), heard(9, 3) };

	cr_assert_eq(pe_elect(u, 4), 1);
	u[2].tlv.pe_csp.b[0] = 0; /* the first octet counts most */
	cr_assert_eq(pe_elect(u, 4), 2);
}

/* Whatever the order of the ports, the same port of the same peer wins. */
Test(pe_tlv, PEX_64_the_election_does_not_depend_on_the_order)
{
	for (unsigned seed = 0; seed < 4096; seed++) {
		struct pe_uplink u[3], turned[3];
		uint32_t a, b;

		for (unsigned i = 0; i < 3; i++) {
			u[i] = heard((uint8_t)(252 + (seed >> 2 * i & 3)), (uint8_t)(i + (seed >> 10)));
			u[i].is_heard = seed >> (6 + i) & 1;
			turned[2 - i] = u[i];
		}
		a = pe_elect(u, 3);
		b = pe_elect(turned, 3);
		if ((a == PE_NO_UPSTREAM) != (b == PE_NO_UPSTREAM) || (a != PE_NO_UPSTREAM && b != 2 - a))
			cr_assert_fail("seed %u", seed);
	}
}

Test(pe_tlv, PEX_64_a_pe_is_one_worse_than_its_upstream_port)
{
	const struct {
		uint8_t upstream, cascade;
	} rows[] = { { 0, 1 }, { 128, 129 }, { 253, 254 }, { 254, 254 }, { 255, 255 } };

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pe_tlv t = { .priority = rows[i].upstream };

		cr_assert_eq(pe_cascade_priority(&t), rows[i].cascade);
	}
	cr_assert_eq(pe_cascade_priority(NULL), PE_PRIORITY_NONE);
}
