/* ECP header: the words of evb-reference 5.1 and the codec laws. */
#include <criterion/criterion.h>

#include "ecp_pdu.h"

/** cr_assert for inner loops: Criterion reports every assertion that passes to its runner, which takes microseconds. */
#define HOLDS(cond)                                                                                          \
	do {                                                                                                 \
		if (!(cond))                                                                                 \
			cr_assert_fail("%s", #cond);                                                         \
	} while (0)

static struct span encode(const struct ecp_hdr *h, uint8_t buf[ECP_HEADER])
{
	struct wr w = wr_init(buf, ECP_HEADER);

	ecp_hdr_encode(h, &w);
	HOLDS(!w.bad);
	return wr_span(&w);
}

Test(ecp_pdu, the_words_of_a_request_and_its_ack)
{
	struct ecp_hdr h = { ECP_VERSION, ECP_OP_REQUEST, ECP_SUBTYPE_VDP, 0x0201 };
	uint8_t b[ECP_HEADER];

	cr_assert(span_equal(encode(&h, b), span_of("\x10\x01\x02\x01", 4)));
	h.op = ECP_OP_ACK;
	cr_assert(span_equal(encode(&h, b), span_of("\x14\x01\x02\x01", 4)));
	h.subtype = ECP_SUBTYPE_PE_CSP;
	cr_assert(span_equal(encode(&h, b), span_of("\x14\x02\x02\x01", 4)));
}

Test(ecp_pdu, encode_of_decode_is_the_same_for_every_first_word)
{
	for (unsigned word = 0; word <= 0xffff; word++) {
		const uint8_t b[] = { (uint8_t)(word >> 8), (uint8_t)word, 0xab, 0xcd };
		struct rd r = rd_init(span_of(b, sizeof(b)));
		uint8_t again[ECP_HEADER];
		struct ecp_hdr h;

		HOLDS(ecp_hdr_decode(&r, &h));
		HOLDS(rd_done(&r));
		HOLDS(h.version == (word >> 12));
		HOLDS(h.op == (word >> 10 & 3));
		HOLDS(h.subtype == (word & 0x3ff));
		HOLDS(h.seq == (0xabcd));
		HOLDS(span_equal(encode(&h, again), span_of(b, sizeof(b))));
	}
}

Test(ecp_pdu, every_strict_prefix_fails_and_writes_nothing)
{
	const uint8_t b[ECP_HEADER] = { 0x10, 0x01, 0x00, 0x01 };

	for (size_t n = 0; n < sizeof(b); n++) {
		struct rd r = rd_init(span_of(b, n));
		struct ecp_hdr h = { .seq = 77 };

		cr_assert_not(ecp_hdr_decode(&r, &h));
		cr_assert_eq(h.seq, 77);
	}
}
