/* ECP sender: evb-reference 5.3 in virtual time. */
#include <criterion/criterion.h>

#include "ecp_tx.h"

/** cr_assert for inner loops: Criterion reports every assertion that passes to its runner, which takes microseconds. */
#define HOLDS(cond)                                                                                          \
	do {                                                                                                 \
		if (!(cond))                                                                                 \
			cr_assert_fail("%s", #cond);                                                         \
	} while (0)

enum { R = 3, BUF = ECP_HEADER_MAX + ECP_SDU_MAX };

static const struct ecp_tx_cfg cfg = { R, { 163840000 } }; /* RTE 14 */
static const uint8_t payload[] = { 0x0a, 0x10, 1, 2, 3 };

static struct mono at_ms(uint64_t ms)
{
	return (struct mono){ ms * 1000000 };
}

static void submit(struct ecp_tx *tx, struct mono now)
{
	cr_assert_eq(
		ecp_tx_submit(tx, ECP_SUBTYPE_VDP, span_of(payload, sizeof(payload)), now), ECP_SUBMIT_OK);
}

/** Octets of the transmission that is due, 0 if none is. */
static size_t poll(struct ecp_tx *tx, struct mono now, uint8_t buf[BUF])
{
	struct wr w = wr_init(buf, BUF);
	bool is_sent = ecp_tx_poll(tx, now, &w);

	HOLDS(is_sent == (w.len > 0));
	return w.len;
}

static void ack(struct ecp_tx *tx, uint16_t seq, struct mono now)
{
	ecp_tx_on_ack(tx, &(struct ecp_hdr){ ECP_VERSION, ECP_OP_ACK, ECP_SUBTYPE_VDP, seq }, now);
}

Test(ecp_tx, ECP_01_first_word_sequence_and_payload)
{
	struct ecp_tx tx;
	uint8_t b[BUF];

	ecp_tx_init(&tx, &cfg, 0x1234);
	cr_assert(ecp_tx_is_idle(&tx));
	cr_assert(mono_is_never(ecp_tx_deadline(&tx)));
	cr_assert_eq(poll(&tx, at_ms(0), b), 0);
	submit(&tx, at_ms(0));
	cr_assert_eq(poll(&tx, at_ms(0), b), 9);
	cr_assert_arr_eq(b, ((uint8_t[]){ 0x10, 0x01, 0x12, 0x34, 0x0a, 0x10, 1, 2, 3 }), 9);
	cr_assert_eq(poll(&tx, at_ms(0), b), 0, "once");
}

Test(ecp_tx, ECP_06_four_identical_transmissions_then_failure)
{
	struct mono now = at_ms(0), first = now;
	uint8_t b[BUF], again[BUF];
	struct ecp_tx tx;

	ecp_tx_init(&tx, &cfg, 1);
	submit(&tx, now);
	cr_assert_eq(poll(&tx, now, b), 9);
	for (unsigned i = 1; i <= R; i++) {
		now = ecp_tx_deadline(&tx);
		cr_assert_eq(now.ns, first.ns + i * cfg.ack_timeout.ns);
		ecp_tx_on_time(&tx, now);
		cr_assert_eq(poll(&tx, now, again), 9);
		cr_assert_arr_eq(b, again, 9);
	}
	now = ecp_tx_deadline(&tx);
	cr_assert_eq(now.ns, 655360000u, "the last ack time is waited for too");
	cr_assert_eq(ecp_tx_take_result(&tx), ECP_RESULT_NONE);
	ecp_tx_on_time(&tx, now);
	cr_assert_eq(ecp_tx_take_result(&tx), ECP_RESULT_GAVE_UP);
	cr_assert_eq(ecp_tx_take_result(&tx), ECP_RESULT_NONE, "once");
	cr_assert(ecp_tx_is_idle(&tx));
	cr_assert_eq(tx.n.frames, R + 1);
	cr_assert_eq(tx.n.retries, R);
	cr_assert_eq(tx.n.failures, 1);
}

Test(ecp_tx, an_ack_within_the_last_ack_time_delivers)
{
	struct ecp_tx tx;
	uint8_t b[BUF];

	ecp_tx_init(&tx, &cfg, 1);
	submit(&tx, at_ms(0));
	for (struct mono now = at_ms(0); poll(&tx, now, b) != 0 && tx.sent <= R;) {
		now = ecp_tx_deadline(&tx);
		ecp_tx_on_time(&tx, now);
	}
	cr_assert_eq(tx.sent, R + 1);
	ack(&tx, 1, at_ms(655));
	cr_assert_eq(ecp_tx_take_result(&tx), ECP_RESULT_DELIVERED);
	cr_assert_eq(tx.n.failures, 0);
}

Test(ecp_tx, ECP_07_an_ack_after_the_second_transmission_frees_the_sender_at_once)
{
	struct ecp_tx tx;
	uint8_t b[BUF];

	ecp_tx_init(&tx, &cfg, 1);
	submit(&tx, at_ms(0));
	poll(&tx, at_ms(0), b);
	ecp_tx_on_time(&tx, at_ms(164));
	cr_assert_eq(poll(&tx, at_ms(164), b), 9);
	ack(&tx, 1, at_ms(165));
	cr_assert(ecp_tx_is_idle(&tx));
	cr_assert(mono_is_never(ecp_tx_deadline(&tx)), "no more retransmissions");
	cr_assert_eq(ecp_tx_take_result(&tx), ECP_RESULT_DELIVERED);
	submit(&tx, at_ms(165));
	cr_assert_eq(poll(&tx, at_ms(165), b), 9);
	cr_assert_eq(b[3], 2, "the next sequence number");
}

Test(ecp_tx, ECP_08_an_ack_of_another_sequence_or_subtype_is_ignored)
{
	struct ecp_hdr other = { ECP_VERSION, ECP_OP_ACK, ECP_SUBTYPE_PE_CSP, 5 };
	struct ecp_tx tx;
	uint8_t b[BUF];

	ecp_tx_init(&tx, &cfg, 5);
	submit(&tx, at_ms(0));
	ack(&tx, 5, at_ms(0));
	cr_assert_not(ecp_tx_is_idle(&tx), "nothing was sent yet that it could confirm");
	poll(&tx, at_ms(0), b);
	ack(&tx, 4, at_ms(1));
	ack(&tx, 6, at_ms(1));
	ecp_tx_on_ack(&tx, &other, at_ms(1));
	cr_assert_not(ecp_tx_is_idle(&tx));
	cr_assert_eq(tx.n.stray_acks, 4);
	ack(&tx, 5, at_ms(1));
	cr_assert(ecp_tx_is_idle(&tx));
}

Test(ecp_tx, ECP_09_an_ack_while_idle_is_counted)
{
	struct ecp_tx tx;

	ecp_tx_init(&tx, &cfg, 1);
	ack(&tx, 0, at_ms(0));
	cr_assert(ecp_tx_is_idle(&tx));
	cr_assert_eq(tx.n.stray_acks, 1);
	cr_assert_eq(ecp_tx_take_result(&tx), ECP_RESULT_NONE);
}

Test(ecp_tx, ECP_10_one_request_at_a_time)
{
	struct span sdu = span_of(payload, sizeof(payload));
	struct ecp_tx tx;
	uint8_t b[BUF];

	ecp_tx_init(&tx, &cfg, 1);
	submit(&tx, at_ms(0));
	cr_assert_eq(ecp_tx_submit(&tx, ECP_SUBTYPE_VDP, sdu, at_ms(0)), ECP_SUBMIT_BUSY);
	poll(&tx, at_ms(0), b);
	cr_assert_eq(ecp_tx_submit(&tx, ECP_SUBTYPE_VDP, sdu, at_ms(0)), ECP_SUBMIT_BUSY);
	ack(&tx, 1, at_ms(1));
	submit(&tx, at_ms(1));
}

Test(ecp_tx, ECP_11_the_sequence_wraps)
{
	struct ecp_tx tx;
	uint8_t b[BUF];

	ecp_tx_init(&tx, &cfg, 65535);
	submit(&tx, at_ms(0));
	poll(&tx, at_ms(0), b);
	cr_assert_eq(b[2] << 8 | b[3], 65535);
	ack(&tx, 65535, at_ms(0));
	submit(&tx, at_ms(0));
	poll(&tx, at_ms(0), b);
	cr_assert_eq(b[2] << 8 | b[3], 0);
	ack(&tx, 0, at_ms(0));
	cr_assert(ecp_tx_is_idle(&tx));
}

Test(ecp_tx, ECP_17_payloads_up_to_1494_octets)
{
	static const uint8_t big[1497];
	uint8_t b[BUF];
	struct ecp_tx tx;

	ecp_tx_init(&tx, &cfg, 1);
	for (size_t n = 1495; n <= 1497; n++)
		cr_assert_eq(ecp_tx_submit(&tx, 1, span_of(big, n), at_ms(0)), ECP_SUBMIT_TOO_LONG);
	cr_assert_eq(tx.n.too_long, 3);
	cr_assert(ecp_tx_is_idle(&tx));
	cr_assert_eq(ecp_tx_submit(&tx, 1, span_of(big, 1494), at_ms(0)), ECP_SUBMIT_OK);
	cr_assert_eq(poll(&tx, at_ms(0), b), 1498);
	cr_assert_eq(b[3], 1, "what was refused took no sequence number");
}

Test(ecp_tx, an_empty_payload_is_a_header_alone)
{
	struct ecp_tx tx;
	uint8_t b[BUF];

	ecp_tx_init(&tx, &cfg, 1);
	cr_assert_eq(ecp_tx_submit(&tx, ECP_SUBTYPE_VDP, span_of(NULL, 0), at_ms(0)), ECP_SUBMIT_OK);
	cr_assert_eq(poll(&tx, at_ms(0), b), ECP_HEADER);
}

Test(ecp_tx, ECP_19_port_down_flushes_the_request_in_flight)
{
	struct ecp_tx tx;
	uint8_t b[BUF];

	ecp_tx_init(&tx, &cfg, 1);
	ecp_tx_reset(&tx);
	cr_assert_eq(ecp_tx_take_result(&tx), ECP_RESULT_NONE, "nothing was in flight");
	submit(&tx, at_ms(0));
	poll(&tx, at_ms(0), b);
	ecp_tx_reset(&tx);
	cr_assert_eq(ecp_tx_take_result(&tx), ECP_RESULT_FLUSHED);
	cr_assert(ecp_tx_is_idle(&tx));
	cr_assert_eq(poll(&tx, at_ms(1), b), 0);
	submit(&tx, at_ms(2));
	poll(&tx, at_ms(2), b);
	cr_assert_eq(b[3], 2, "the peer must not take it for a repetition");
}

Test(ecp_tx, ECP_20_late_and_double_acks)
{
	struct ecp_tx tx;
	uint8_t b[BUF];

	ecp_tx_init(&tx, &cfg, 1);
	submit(&tx, at_ms(0));
	poll(&tx, at_ms(0), b);
	ecp_tx_on_time(&tx, at_ms(164));
	ack(&tx, 1, at_ms(164));
	cr_assert_eq(poll(&tx, at_ms(164), b), 0, "the retransmission that was due is not sent");
	cr_assert_eq(ecp_tx_take_result(&tx), ECP_RESULT_DELIVERED);
	ack(&tx, 1, at_ms(170));
	cr_assert_eq(tx.n.stray_acks, 1);
	submit(&tx, at_ms(171));
	poll(&tx, at_ms(171), b);
	ack(&tx, 1, at_ms(172));
	cr_assert_not(ecp_tx_is_idle(&tx), "an ack of the previous request is not one of this");
}

Test(ecp_tx, new_parameters_apply_to_later_requests)
{
	struct ecp_tx_cfg fast = { 0, { 2560000 } };
	struct ecp_tx tx;
	uint8_t b[BUF];

	ecp_tx_init(&tx, &cfg, 1);
	submit(&tx, at_ms(0));
	ecp_tx_set_cfg(&tx, &fast);
	poll(&tx, at_ms(0), b);
	cr_assert_eq(ecp_tx_deadline(&tx).ns, cfg.ack_timeout.ns);
	ack(&tx, 1, at_ms(1));
	submit(&tx, at_ms(1));
	poll(&tx, at_ms(1), b);
	cr_assert_eq(ecp_tx_deadline(&tx).ns, 1000000u + 2560000u);
	ecp_tx_on_time(&tx, at_ms(4));
	cr_assert_eq(ecp_tx_take_result(&tx), ECP_RESULT_GAVE_UP, "R = 0: one transmission");
}

Test(ecp_tx, parameters_out_of_range_are_bounded)
{
	struct ecp_tx_cfg wild = { 99, { 0 } };
	struct ecp_tx tx;

	ecp_tx_init(&tx, &wild, 1);
	cr_assert_eq(tx.cfg.retries, 7);
	cr_assert_eq(tx.cfg.ack_timeout.ns, 1000000u);
}

Test(ecp_tx, an_early_wake_up_and_an_idle_wake_up_are_harmless)
{
	struct ecp_tx tx;
	uint8_t b[BUF];

	ecp_tx_init(&tx, &cfg, 1);
	ecp_tx_on_time(&tx, at_ms(1000000));
	cr_assert(ecp_tx_is_idle(&tx));
	submit(&tx, at_ms(0));
	poll(&tx, at_ms(0), b);
	ecp_tx_on_time(&tx, at_ms(163));
	cr_assert_eq(poll(&tx, at_ms(163), b), 0);
	cr_assert_eq(tx.sent, 1);
}

Test(ecp_tx, a_transmission_without_room_is_lost_but_the_machine_goes_on)
{
	struct mono now = at_ms(0);
	struct ecp_tx tx;
	uint8_t b[8];

	ecp_tx_init(&tx, &cfg, 1);
	submit(&tx, now);
	while (!ecp_tx_is_idle(&tx)) {
		struct wr w = wr_init(b, sizeof(b));

		cr_assert_not(ecp_tx_poll(&tx, now, &w));
		cr_assert_eq(w.len, 0);
		now = ecp_tx_deadline(&tx);
		ecp_tx_on_time(&tx, now);
	}
	cr_assert_eq(ecp_tx_take_result(&tx), ECP_RESULT_GAVE_UP);
	cr_assert_eq(tx.n.frames, 0);
}

/* ---- every sequence of eight inputs ---- */

enum input {
	IN_SUBMIT,
	IN_POLL,
	IN_ACK,
	IN_STRAY_ACK,
	IN_EARLY,
	IN_TIME,
	IN_RESET,
	INPUTS,
};
enum { DEPTH = 8 };

struct walk {
	struct ecp_tx tx;
	struct mono now;
	uint8_t first[24]; /* transmission of the request in flight */
	unsigned requests; /* that were transmitted at all */
};

static enum ecp_result expected_result(const struct ecp_tx *tx, enum input in)
{
	if (in == IN_ACK && tx->is_waiting && tx->sent > 0)
		return ECP_RESULT_DELIVERED;
	if (in == IN_TIME && tx->is_waiting && !tx->wants_send && tx->sent == tx->running.retries + 1)
		return ECP_RESULT_GAVE_UP;
	if (in == IN_RESET && tx->is_waiting)
		return ECP_RESULT_FLUSHED;
	return ECP_RESULT_NONE;
}

static void walk_poll(struct walk *s)
{
	bool is_due = s->tx.wants_send, is_first = s->tx.sent == 0;
	uint8_t b[BUF];
	size_t len = poll(&s->tx, s->now, b);

	HOLDS(len == (is_due ? s->tx.dialect->header + sizeof(payload) : 0));
	if (is_due && is_first) {
		s->requests++;
		memcpy(s->first, b, len);
	} else if (is_due) {
		HOLDS(memcmp(s->first, b, len) == 0); /* retransmissions are identical */
	}
}

static void walk_input(struct walk *s, enum input in)
{
	struct span sdu = span_of(payload, sizeof(payload));
	struct ecp_tx *tx = &s->tx;
	bool was_idle = ecp_tx_is_idle(tx);
	uint16_t seq = tx->seq;

	switch (in) {
	case IN_SUBMIT:
		HOLDS((ecp_tx_submit(tx, ECP_SUBTYPE_VDP, sdu, s->now) == ECP_SUBMIT_OK) == was_idle);
		HOLDS(tx->seq == (uint16_t)(seq + was_idle));
		break;
	case IN_POLL:
		walk_poll(s);
		break;
	case IN_ACK:
		ack(tx, tx->seq, s->now);
		break;
	case IN_STRAY_ACK:
		ack(tx, (uint16_t)(tx->seq + 1), s->now);
		break;
	case IN_EARLY:
		if (!tx->wants_send && !was_idle)
			ecp_tx_on_time(tx, (struct mono){ tx->deadline.ns - 1 });
		break;
	case IN_TIME:
		if (!was_idle)
			s->now = ecp_tx_deadline(tx);
		ecp_tx_on_time(tx, s->now);
		break;
	case IN_RESET:
		ecp_tx_reset(tx);
		break;
	case INPUTS:
		break;
	}
}

static unsigned walk_all(const struct walk *from, unsigned depth)
{
	unsigned visited = 1;

	for (unsigned in = 0; depth > 0 && in < INPUTS; in++) {
		struct walk s = *from;
		enum ecp_result expected = expected_result(&s.tx, (enum input)in);

		walk_input(&s, (enum input)in);
		HOLDS(ecp_tx_take_result(&s.tx) == expected);
		HOLDS(ecp_tx_is_idle(&s.tx) == mono_is_never(ecp_tx_deadline(&s.tx)));
		HOLDS(!s.tx.wants_send || s.tx.is_waiting);
		HOLDS(s.tx.sent <= s.tx.running.retries + 1);
		HOLDS(s.tx.n.frames == s.requests + s.tx.n.retries);
		HOLDS(s.tx.n.failures <= s.requests);
		visited += walk_all(&s, depth - 1);
	}
	return visited;
}

Test(ecp_tx, invariants_hold_over_every_sequence_of_inputs)
{
	struct ecp_tx_cfg one_retry = { 1, { 2560000 } };
	unsigned all = 0;

	for (unsigned i = 0, n = 1; i <= DEPTH; i++, n *= INPUTS)
		all += n;
	for (int e = 0; e < QBG_EDITIONS; e++) {
		struct walk start = { .now = at_ms(1) };

		ecp_tx_init(&start.tx, &one_retry, 65535);
		ecp_tx_set_dialect(&start.tx, ecp_dialect_of((enum qbg_edition)e), 65535);
		cr_assert_eq(walk_all(&start, DEPTH), all);
	}
}

Test(ecp_tx, rest_after_an_acknowledgement)
{
	struct ecp_tx tx;
	uint8_t b[BUF];

	ecp_tx_init(&tx, &cfg, 1);
	ecp_tx_set_rest(&tx, dur_ms(5));
	cr_assert(ecp_tx_is_idle(&tx), "nothing to rest from");
	submit(&tx, at_ms(0));
	cr_assert_eq(poll(&tx, at_ms(0), b), 9);
	ack(&tx, 1, at_ms(10));
	cr_assert_eq(ecp_tx_take_result(&tx), ECP_RESULT_DELIVERED, "told at once");
	cr_assert(!ecp_tx_is_idle(&tx));
	cr_assert_eq(ecp_tx_submit(&tx, ECP_SUBTYPE_VDP, span_of(payload, 1), at_ms(10)), ECP_SUBMIT_BUSY);
	cr_assert_eq(ecp_tx_deadline(&tx).ns, at_ms(15).ns);
	ecp_tx_on_time(&tx, at_ms(14));
	cr_assert(!ecp_tx_is_idle(&tx));
	ack(&tx, 1, at_ms(14));
	cr_assert_eq(tx.n.stray_acks, 1, "a second acknowledgement does not prolong it");
	ecp_tx_on_time(&tx, at_ms(15));
	cr_assert(ecp_tx_is_idle(&tx));
	cr_assert(mono_is_never(ecp_tx_deadline(&tx)));
	cr_assert_eq(poll(&tx, at_ms(15), b), 0);
	submit(&tx, at_ms(15));
}

Test(ecp_tx, no_rest_without_an_acknowledgement)
{
	struct mono now = at_ms(0);
	struct ecp_tx tx;
	uint8_t b[BUF];

	ecp_tx_init(&tx, &cfg, 1);
	ecp_tx_set_rest(&tx, dur_ms(5));
	submit(&tx, now);
	while (poll(&tx, now, b) > 0) {
		now = ecp_tx_deadline(&tx);
		ecp_tx_on_time(&tx, now);
	}
	cr_assert_eq(ecp_tx_take_result(&tx), ECP_RESULT_GAVE_UP);
	cr_assert(ecp_tx_is_idle(&tx));
}

Test(ecp_tx, a_rest_is_cut_short_by_a_zero_or_port_down)
{
	struct ecp_tx tx;
	uint8_t b[BUF];

	ecp_tx_init(&tx, &cfg, 1);
	for (uint16_t seq = 1; seq <= 2; seq++) {
		ecp_tx_set_rest(&tx, dur_ms(5));
		submit(&tx, at_ms(0));
		cr_assert_eq(poll(&tx, at_ms(0), b), 9);
		ack(&tx, seq, at_ms(0));
		cr_assert(!ecp_tx_is_idle(&tx));
		cr_assert_eq(ecp_tx_take_result(&tx), ECP_RESULT_DELIVERED);
		if (seq == 1)
			ecp_tx_set_rest(&tx, dur_ms(0));
		else
			ecp_tx_reset(&tx);
		cr_assert(ecp_tx_is_idle(&tx));
		cr_assert(mono_is_never(ecp_tx_deadline(&tx)));
		cr_assert_eq(ecp_tx_take_result(&tx), ECP_RESULT_NONE);
	}
}

Test(ecp_tx, the_ack_time_begins_when_the_request_leaves)
{
	struct ecp_tx tx;
	uint8_t b[BUF];

	ecp_tx_init(&tx, &cfg, 1);
	cr_assert(!ecp_tx_left(&tx, at_ms(0)), "nothing was to leave");
	submit(&tx, at_ms(0));
	cr_assert(!ecp_tx_left(&tx, at_ms(0)), "nor before it was polled");
	cr_assert_eq(poll(&tx, at_ms(0), b), 9);
	cr_assert(ecp_tx_left(&tx, at_ms(2)));
	cr_assert_eq(ecp_tx_deadline(&tx).ns, mono_add(at_ms(2), cfg.ack_timeout).ns);
	cr_assert(!ecp_tx_left(&tx, at_ms(3)), "it leaves once");
	ecp_tx_on_time(&tx, mono_add(at_ms(0), cfg.ack_timeout));
	cr_assert_eq(poll(&tx, mono_add(at_ms(0), cfg.ack_timeout), b), 0, "not repeated before");
	ecp_tx_on_time(&tx, mono_add(at_ms(2), cfg.ack_timeout));
	cr_assert_eq(poll(&tx, mono_add(at_ms(2), cfg.ack_timeout), b), 9);
	ack(&tx, 1, at_ms(9));
	cr_assert(!ecp_tx_left(&tx, at_ms(9)), "acknowledged already");
	cr_assert(mono_is_never(ecp_tx_deadline(&tx)));
}
