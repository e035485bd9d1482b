/* ECP receiver: evb-reference 5.4, 5.5. */
#include <criterion/criterion.h>

#include "ecp_rx.h"
#include "pe_frames.h"

/** cr_assert for inner loops: Criterion reports every assertion that passes to its runner, which takes microseconds. */
#define HOLDS(cond)                                                                                          \
	do {                                                                                                 \
		if (!(cond))                                                                                 \
			cr_assert_fail("%s", #cond);                                                         \
	} while (0)

static const struct mac peer = { { 0x00, 0x00, 0x5e, 0x00, 0x53, 0x02 } };
static const struct mac other_peer = { { 0x00, 0x00, 0x5e, 0x00, 0x53, 0x03 } };
static const struct ecp_rx_cfg vdp_only = { .queue_len = 64, .subtypes = { ECP_SUBTYPE_VDP } };

/** One receiver at a time. */
static struct ecp_rx new_rx(const struct ecp_rx_cfg *cfg)
{
	static _Alignas(CARVE_ALIGN) uint8_t mem[100000];
	struct ecp_rx rx;

	cr_assert_leq(ecp_rx_size(cfg), sizeof(mem));
	memset(mem, 0, sizeof(mem));
	ecp_rx_init(&rx, cfg, mem);
	return rx;
}

/** Word (of the ratified header, in the receiver's dialect) and sequence with n payload octets, the first of them `mark`. */
static enum ecp_verdict feed(
	struct ecp_rx *rx, struct mac sa, unsigned word, uint16_t seq, size_t n, struct ecp_hdr *ret_ack)
{
	static uint8_t b[16384];
	struct wr w = wr_init(b, sizeof(b));
	struct ecp_hdr h = { (uint8_t)(word >> 12), word >> 10 & 3, word & 0x3ff, seq };

	rx->dialect->encode(&h, &w);
	wr_zero(&w, n);
	if (n > 0)
		b[rx->dialect->header] = (uint8_t)seq;
	HOLDS(!w.bad);
	return ecp_rx_on_pdu(rx, sa, wr_span(&w), ret_ack);
}

/** A VDP request of 42 octets (a minimal frame). */
static enum ecp_verdict request(struct ecp_rx *rx, uint16_t seq)
{
	struct ecp_hdr ack;

	return feed(rx, peer, 0x1001, seq, 42, &ack);
}

Test(ecp_rx, ECP_02_a_request_is_acknowledged_with_its_own_numbers)
{
	struct ecp_rx rx = new_rx(&vdp_only);
	struct ecp_hdr ack;
	uint16_t subtype;
	struct span sdu;

	cr_assert_eq(feed(&rx, peer, 0x1001, 0x1234, 42, &ack), ECP_SEND_ACK);
	cr_assert_eq(ack.version << 12 | ack.op << 10 | ack.subtype, 0x1401);
	cr_assert_eq(ack.seq, 0x1234);
	cr_assert(ecp_rx_peek(&rx, &subtype, &sdu));
	cr_assert_eq(subtype, ECP_SUBTYPE_VDP);
	cr_assert_eq(sdu.len, 42, "padding included");
	cr_assert_eq(sdu.ptr[0], 0x34);
	ecp_rx_pop(&rx);
	cr_assert_not(ecp_rx_peek(&rx, &subtype, &sdu));
	ecp_rx_pop(&rx);
	cr_assert_eq(ecp_rx_queued(&rx), 0);
}

Test(ecp_rx, ECP_03_a_repetition_is_acknowledged_but_not_delivered)
{
	struct ecp_rx rx = new_rx(&vdp_only);

	cr_assert_eq(request(&rx, 7), ECP_SEND_ACK);
	cr_assert_eq(request(&rx, 7), ECP_SEND_ACK);
	cr_assert_eq(ecp_rx_queued(&rx), 1);
	cr_assert_eq(rx.count.duplicates, 1);
	cr_assert_eq(rx.count.frames, 2);
	ecp_rx_pop(&rx);
	cr_assert_eq(request(&rx, 7), ECP_SEND_ACK);
	cr_assert_eq(ecp_rx_queued(&rx), 0);
}

Test(ecp_rx, ECP_04_only_equality_makes_a_duplicate)
{
	struct ecp_rx rx = new_rx(&vdp_only);
	static const uint16_t seqs[] = { 100, 101, 105, 97, 100, 65535, 0 };

	for (unsigned i = 0; i < sizeof(seqs) / sizeof(seqs[0]); i++) {
		cr_assert_eq(request(&rx, seqs[i]), ECP_SEND_ACK);
		cr_assert_eq(ecp_rx_queued(&rx), i + 1);
	}
	cr_assert_eq(rx.count.duplicates, 0);
}

Test(ecp_rx, ECP_05_any_first_sequence_is_new)
{
	for (unsigned seq = 0; seq <= 65535; seq += 257) {
		struct ecp_rx rx = new_rx(&vdp_only);

		cr_assert_eq(request(&rx, (uint16_t)seq), ECP_SEND_ACK);
		cr_assert_eq(ecp_rx_queued(&rx), 1);
	}
}

Test(ecp_rx, ECP_12_only_version_1)
{
	struct ecp_rx rx = new_rx(&vdp_only);
	struct ecp_hdr ack;

	for (unsigned version = 0; version < 16; version++)
		cr_assert_eq(feed(&rx, peer, version << 12 | 1, 1, 42, &ack),
			version == 1 ? ECP_SEND_ACK : ECP_DROP);
	cr_assert_eq(rx.count.bad_version, 15);
	cr_assert_eq(feed(&rx, peer, 0x2401, 1, 42, &ack), ECP_DROP, "nor acks of another version");
}

Test(ecp_rx, ECP_13_reserved_operations)
{
	struct ecp_rx rx = new_rx(&vdp_only);
	struct ecp_hdr ack;

	cr_assert_eq(feed(&rx, peer, 0x1801, 1, 42, &ack), ECP_DROP);
	cr_assert_eq(feed(&rx, peer, 0x1c01, 1, 42, &ack), ECP_DROP);
	cr_assert_eq(rx.count.bad_op, 2);
	cr_assert_not(rx.has_last);
}

Test(ecp_rx, ECP_14_subtypes_without_a_user_are_not_acknowledged)
{
	struct ecp_rx_cfg both = { 64, { ECP_SUBTYPE_VDP, 0x3ff } };
	struct ecp_rx rx = new_rx(&vdp_only);
	uint16_t subtype;
	struct ecp_hdr ack;
	struct span sdu;

	for (unsigned s = 0; s < 1024; s++)
		if (s != ECP_SUBTYPE_VDP)
			cr_assert_eq(feed(&rx, peer, 0x1000 | s, 1, 42, &ack), ECP_DROP, "subtype %u", s);
	cr_assert_eq(rx.count.bad_subtype, 1023);
	cr_assert_eq(ecp_rx_queued(&rx), 0);

	rx = new_rx(&both);
	cr_assert_eq(feed(&rx, peer, 0x13ff, 1, 42, &ack), ECP_SEND_ACK);
	cr_assert_eq(ack.subtype, 0x3ff);
	cr_assert(ecp_rx_peek(&rx, &subtype, &sdu));
	cr_assert_eq(subtype, 0x3ff);
	cr_assert_eq(feed(&rx, peer, 0x1001, 2, 42, &ack), ECP_SEND_ACK);
	cr_assert_eq(feed(&rx, peer, 0x1002, 3, 42, &ack), ECP_DROP);
	cr_assert_eq(feed(&rx, peer, 0x1000, 3, 42, &ack), ECP_DROP);
}

/* port-extension-reference 3.4: the control protocol of port extenders has ECP's rules and its own subtype. */
Test(ecp_rx, PEX_59_p1_is_answered_by_p2_and_delivered_once)
{
	const struct ecp_rx_cfg pe_csp = { 64, { ECP_SUBTYPE_PE_CSP } };
	struct span pdu = span_of(frame_p1 + PE_ADDRESSES + 2, sizeof(frame_p1) - PE_ADDRESSES - 2);
	struct mac source = { { 0x02, 0, 0, 0, 0, 0x0a } };
	struct ecp_rx rx = new_rx(&pe_csp);

	for (unsigned i = 0; i < 2; i++) {
		uint8_t answer[sizeof(frame_p2) - PE_ADDRESSES - 2] = { 0 };
		struct wr w = wr_init(answer, sizeof(answer));
		struct ecp_hdr ack;

		cr_assert_eq(ecp_rx_on_pdu(&rx, source, pdu, &ack), ECP_SEND_ACK);
		ecp_hdr_encode(&ack, &w);
		cr_assert_arr_eq(answer, frame_p2 + PE_ADDRESSES + 2, sizeof(answer));
		cr_assert_eq(ecp_rx_queued(&rx), 1);
	}
	cr_assert_eq(rx.count.duplicates, 1);
}

Test(ecp_rx, ECP_15_a_frame_without_a_whole_header_is_dropped)
{
	const uint8_t b[] = { 0x10, 0x01, 0x00, 0x01 };
	struct ecp_rx rx = new_rx(&vdp_only);
	struct ecp_hdr ack;

	for (size_t n = 0; n < sizeof(b); n++)
		cr_assert_eq(ecp_rx_on_pdu(&rx, peer, span_of(b, n), &ack), ECP_DROP);
	cr_assert_eq(rx.count.too_short, 4);
	cr_assert_eq(ecp_rx_on_pdu(&rx, peer, span_of(b, sizeof(b)), &ack), ECP_SEND_ACK,
		"an empty request is ECP's business only");
	cr_assert_eq(ecp_rx_queued(&rx), 1);
}

Test(ecp_rx, an_ack_is_handed_on_whatever_follows_its_header)
{
	struct ecp_rx rx = new_rx(&vdp_only);
	struct ecp_hdr ack;

	for (size_t n = 0; n <= 2000; n += 500) {
		cr_assert_eq(feed(&rx, peer, 0x1401, 9, n, &ack), ECP_IS_ACK);
		cr_assert_eq(ack.seq, 9);
		cr_assert_eq(ack.op, ECP_OP_ACK);
	}
	cr_assert_not(rx.has_last, "acks of our requests say nothing about the peer's");
}

Test(ecp_rx, a_payload_beyond_the_mtu_is_dropped_and_the_next_request_is_heard)
{
	struct ecp_rx rx = new_rx(&vdp_only);
	uint16_t subtype;
	struct ecp_hdr ack;
	struct span sdu;

	cr_assert_eq(feed(&rx, peer, 0x1001, 1, 1497, &ack), ECP_DROP);
	cr_assert_eq(feed(&rx, peer, 0x1001, 1, 9000, &ack), ECP_DROP);
	cr_assert_eq(rx.count.too_long, 2);
	cr_assert_eq(feed(&rx, peer, 0x1001, 1, 1496, &ack), ECP_SEND_ACK);
	cr_assert(ecp_rx_peek(&rx, &subtype, &sdu));
	cr_assert_eq(sdu.len, 1496);
}

Test(ecp_rx, ECP_18_a_full_queue_withholds_the_ack_and_forgets_the_request)
{
	struct ecp_rx rx = new_rx(&vdp_only);
	struct ecp_hdr ack;

	for (uint16_t seq = 1; seq <= 64; seq++)
		cr_assert_eq(request(&rx, seq), ECP_SEND_ACK);
	cr_assert_eq(request(&rx, 65), ECP_DROP);
	cr_assert_eq(feed(&rx, other_peer, 0x1001, 64, 42, &ack), ECP_DROP);
	cr_assert_eq(rx.count.queue_full, 2);
	cr_assert_eq(rx.last_seq, 64);
	cr_assert(mac_equal(rx.source, peer));
	cr_assert_eq(request(&rx, 64), ECP_SEND_ACK, "one that is queued is acknowledged again");
	ecp_rx_pop(&rx);
	cr_assert_eq(request(&rx, 65), ECP_SEND_ACK, "the later retry is new");
	cr_assert_eq(ecp_rx_queued(&rx), 64);
}

Test(ecp_rx, the_queue_keeps_the_order_and_has_at_least_64_places)
{
	struct ecp_rx_cfg tiny = { 0, { ECP_SUBTYPE_VDP } };
	struct ecp_rx rx = new_rx(&tiny);
	uint8_t expected = 1;
	uint16_t subtype;
	struct span sdu;

	for (uint16_t seq = 1; seq <= 64; seq++)
		cr_assert_eq(request(&rx, seq), ECP_SEND_ACK);
	for (uint16_t seq = 65; seq < 200; seq++) {
		cr_assert(ecp_rx_peek(&rx, &subtype, &sdu));
		cr_assert_eq(sdu.ptr[0], expected++);
		ecp_rx_pop(&rx);
		cr_assert_eq(request(&rx, seq), ECP_SEND_ACK);
	}
}

Test(ecp_rx, ECP_19_after_a_reset_the_next_request_is_a_first_one)
{
	struct ecp_rx rx = new_rx(&vdp_only);

	request(&rx, 5);
	ecp_rx_reset(&rx);
	cr_assert_eq(ecp_rx_queued(&rx), 0);
	cr_assert_eq(request(&rx, 5), ECP_SEND_ACK);
	cr_assert_eq(ecp_rx_queued(&rx), 1);
	cr_assert_eq(rx.count.duplicates, 0);
	cr_assert_eq(rx.count.new_source, 0);
}

Test(ecp_rx, ECP_22_a_peer_known_to_have_started_anew)
{
	struct ecp_rx rx = new_rx(&vdp_only);
	struct ecp_hdr ack;

	cr_assert_eq(feed(&rx, peer, 0x1001, 1, 20, &ack), ECP_SEND_ACK);
	ecp_rx_forget(&rx);
	cr_assert_eq(ecp_rx_queued(&rx), 1, "what was acknowledged stays");
	cr_assert_eq(feed(&rx, peer, 0x1001, 1, 20, &ack), ECP_SEND_ACK);
	cr_assert_eq(ecp_rx_queued(&rx), 2);
	cr_assert(rx.count.duplicates == 0 && rx.count.new_source == 0);
}

Test(ecp_rx, ECP_22_a_restarted_peer_that_repeats_the_last_number)
{
	struct ecp_rx rx = new_rx(&vdp_only);
	struct ecp_hdr ack;

	request(&rx, 5);
	cr_assert_eq(request(&rx, 5), ECP_SEND_ACK);
	cr_assert_eq(ecp_rx_queued(&rx), 1,
		"one in 65535: lost until the user's timer sends it under a new number");
	cr_assert_eq(request(&rx, 6), ECP_SEND_ACK);
	cr_assert_eq(ecp_rx_queued(&rx), 2);
	cr_assert_eq(feed(&rx, other_peer, 0x1001, 6, 42, &ack), ECP_SEND_ACK);
	cr_assert_eq(ecp_rx_queued(&rx), 3, "another source starts afresh");
	cr_assert_eq(rx.count.new_source, 1);
	cr_assert_eq(feed(&rx, other_peer, 0x1001, 6, 42, &ack), ECP_SEND_ACK);
	cr_assert_eq(ecp_rx_queued(&rx), 3);
}

/* ---- every sequence of six inputs ---- */

enum input {
	IN_SEQ_1,
	IN_SEQ_2,
	IN_OTHER_SOURCE,
	IN_ACK,
	IN_BAD,
	IN_TOO_LONG,
	IN_POP,
	IN_RESET,
	INPUTS,
};
enum { DEPTH = 6, FREE_PLACES = 2 };

static uint64_t dropped(const struct ecp_rx_counters *c)
{
	return c->bad_version + c->bad_op + c->bad_subtype + c->too_short + c->too_long + c->queue_full;
}

static void walk_request(struct ecp_rx *rx, struct mac sa, uint16_t seq)
{
	bool is_dup = rx->has_last && mac_equal(rx->source, sa) && rx->last_seq == seq;
	bool is_full = ecp_rx_queued(rx) == rx->cfg.queue_len;
	unsigned queued = ecp_rx_queued(rx);
	struct ecp_hdr ack = { 0 };
	enum ecp_verdict v = feed(rx, sa, 0x1001, seq, 8, &ack);

	HOLDS(v == (is_dup || !is_full ? ECP_SEND_ACK : ECP_DROP));
	HOLDS(ecp_rx_queued(rx) == queued + (!is_dup && !is_full));
	if (v == ECP_SEND_ACK)
		HOLDS(ack.seq == seq && rx->last_seq == seq && mac_equal(rx->source, sa));
}

static void walk_input(struct ecp_rx *rx, enum input in)
{
	unsigned queued = ecp_rx_queued(rx);
	struct ecp_rx before = *rx;
	struct ecp_hdr h;

	switch (in) {
	case IN_SEQ_1:
	case IN_SEQ_2:
		walk_request(rx, peer, (uint16_t)(in - IN_SEQ_1 + 1));
		break;
	case IN_OTHER_SOURCE:
		walk_request(rx, other_peer, 1);
		break;
	case IN_ACK:
		HOLDS(feed(rx, peer, 0x1401, 1, 0, &h) == ECP_IS_ACK);
		break;
	case IN_BAD:
	case IN_TOO_LONG:
		HOLDS(feed(rx, peer, in == IN_BAD ? 0x1003 : 0x1001, 1, 1500, &h) == ECP_DROP);
		HOLDS(rx->last_seq == before.last_seq && rx->has_last == before.has_last);
		HOLDS(ecp_rx_queued(rx) == queued);
		break;
	case IN_POP:
		ecp_rx_pop(rx);
		HOLDS(ecp_rx_queued(rx) == (queued > 0 ? queued - 1 : 0));
		break;
	case IN_RESET:
		ecp_rx_reset(rx);
		HOLDS(ecp_rx_queued(rx) == 0);
		break;
	case INPUTS:
		break;
	}
}

static unsigned walk_all(const struct ecp_rx *from, unsigned depth, uint64_t pdus)
{
	unsigned visited = 1;

	for (unsigned in = 0; depth > 0 && in < INPUTS; in++) {
		bool is_counted = in != IN_POP && in != IN_RESET && in != IN_ACK;
		struct ecp_rx rx = *from; /* the slots are shared: their octets are not looked at */

		walk_input(&rx, (enum input)in);
		HOLDS(rx.count.frames + dropped(&rx.count) == pdus + is_counted); /* each counted once */
		HOLDS(ecp_rx_queued(&rx) <= rx.cfg.queue_len);
		visited += walk_all(&rx, depth - 1, pdus + is_counted);
	}
	return visited;
}

Test(ecp_rx, invariants_hold_over_every_sequence_of_inputs)
{
	unsigned all = 0;

	for (unsigned i = 0, n = 1; i <= DEPTH; i++, n *= INPUTS)
		all += n;
	for (int e = 0; e < QBG_EDITIONS; e++) {
		struct ecp_rx rx = new_rx(&vdp_only);

		ecp_rx_set_dialect(&rx, ecp_dialect_of((enum qbg_edition)e));
		for (uint16_t seq = 1; seq <= 64 - FREE_PLACES; seq++)
			request(&rx, (uint16_t)(seq + 1000));
		cr_assert_eq(walk_all(&rx, DEPTH, rx.count.frames), all);
	}
}
