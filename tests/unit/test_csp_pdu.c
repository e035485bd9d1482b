/* PE-CSP codec: the worked frames P3..P6, the codec's laws for every message, bad input (port-extension-reference 3.6). */
#include <criterion/criterion.h>

#include "csp_pdu.h"
#include "pe_frames.h"
#include "prng.h"

enum { PAYLOAD = 18, BUF = 2048 }; /* offset of ECP's payload */

#define PAYLOAD_OF(frame) span_of((frame) + PAYLOAD, sizeof(frame) - PAYLOAD)
#define SPAN(bytes)       span_of(bytes, sizeof(bytes))
#define COMMAND(message)  0x02, 0x0a, 0x01, message, 0x12, 0x34, 0x00, 0x00, 0x00, 0x00, 0x00, 0x64
#define RESOURCE          0x04, 0x0c, 0, 0, 0, 1, 0, 0, 0, 2, 3, 4, 0, 5
#define PORT              0x06, 0x08, 0x00, 0x01, 0x03, 0x00, 0x00, 0x01, 0x00, 0x00
#define END               0x00, 0x00

/** Decode a copy without an octet behind it. */
static enum csp_err decode(struct span sdu, struct csp_pdu *ret)
{
	uint8_t *exact = malloc(sdu.len + 1);
	enum csp_err err;

	memcpy(exact, sdu.ptr, sdu.len);
	err = csp_pdu_decode(span_of(exact, sdu.len), ret);
	free(exact);
	return err;
}

/** Decode the payload of a worked frame and encode it again; what is left over is padding. */
static struct csp_pdu check_frame(struct span payload)
{
	uint8_t buf[BUF];
	struct wr w = wr_init(buf, sizeof(buf));
	struct csp_pdu p;

	cr_assert_eq(decode(payload, &p), CSP_OK);
	csp_pdu_encode(&p, &w);
	cr_assert_not(w.bad);
	cr_assert_leq(w.len, payload.len);
	cr_assert_arr_eq(buf, payload.ptr, w.len);
	for (size_t i = w.len; i < payload.len; i++)
		cr_assert_eq(payload.ptr[i], 0);
	return p;
}

Test(csp_pdu, PEX_60_worked_frame_p3_open_request)
{
	struct csp_pdu p = check_frame(PAYLOAD_OF(frame_p3));

	cr_assert(p.message == CSP_OPEN && !p.is_response);
	cr_assert_eq(p.transaction, 1);
	cr_assert_eq(csp_pdu_format(&p), VNTAG_FORMAT_E);
	cr_assert_eq(p.channel, 0);
	cr_assert_eq(p.has, CSP_HAS_RESOURCE);
	cr_assert_eq(p.resource.max_channels, 100);
	cr_assert_eq(p.resource.max_groups, 64);
	cr_assert_eq(p.resource.classes, 8);
	cr_assert_eq(p.resource.capabilities, CSP_CAP_PCP | CSP_CAP_DEI | CSP_CAP_PFC);
	cr_assert_eq(p.resource.max_untagged, 16);
}

Test(csp_pdu, PEX_60_worked_frame_p4_create_request)
{
	struct csp_pdu p = check_frame(PAYLOAD_OF(frame_p4));

	cr_assert(p.message == CSP_CREATE && !p.is_response);
	cr_assert_eq(p.transaction, 2);
	cr_assert_eq(p.has, CSP_HAS_PORT);
	cr_assert_eq(p.port.port, 1);
	cr_assert_eq(p.port.type, CSP_PORT_EXTENDED);
	cr_assert_eq(p.port.priority, 0);
	cr_assert_eq(p.port.pvid, 1);
}

Test(csp_pdu, PEX_60_worked_frame_p5_create_response)
{
	struct csp_pdu p = check_frame(PAYLOAD_OF(frame_p5)), request, answer;

	cr_assert(p.message == CSP_CREATE && p.is_response);
	cr_assert_eq(p.transaction, 2);
	cr_assert_eq(p.completion, CSP_DONE);
	cr_assert_eq(p.channel, 100);
	cr_assert_eq(p.has, 0);
	cr_assert_eq(decode(PAYLOAD_OF(frame_p4), &request), CSP_OK);
	csp_pdu_respond(&request, CSP_DONE, &answer);
	cr_assert_eq(answer.transaction, p.transaction);
	cr_assert(answer.message == CSP_CREATE && answer.is_response && answer.has == 0);
}

Test(csp_pdu, PEX_60_worked_frame_p6_register_request)
{
	struct csp_pdu p = check_frame(PAYLOAD_OF(frame_p6));

	cr_assert(p.message == CSP_REGISTER && !p.is_response);
	cr_assert_eq(p.transaction, 1);
	cr_assert_eq(p.channel, 0x100001);
	cr_assert_eq(p.has, CSP_HAS_MEMBERS);
	cr_assert_eq(p.n_members, 2);
	cr_assert(p.members[0].is_add && p.members[0].port == 1);
	cr_assert(p.members[1].is_add && p.members[1].port == 2);
}

Test(csp_pdu, PEX_60_unknown_tlv_99_is_ignored)
{
	const uint8_t plain[] = { COMMAND(0x02), PORT, END };
	const uint8_t with_99[] = { COMMAND(0x02), 0xc6, 0x03, 1, 2, 3, PORT, 0xc6, 0x00, 0xfe, 0x05, 0, 0,
		0x5e, 1, 9, END };
	struct csp_pdu a, b;

	cr_assert_eq(decode(SPAN(plain), &a), CSP_OK);
	cr_assert_eq(decode(SPAN(with_99), &b), CSP_OK);
	cr_assert(a.has == CSP_HAS_PORT && b.has == CSP_HAS_PORT);
	cr_assert_eq(a.port.port, b.port.port);
}

Test(csp_pdu, PEX_60_the_end_tlv_stops_the_parser_inside_the_padding)
{
	uint8_t sdu[64] = { COMMAND(0x02), PORT, END };

	for (size_t n = CSP_HEAD + 12; n <= sizeof(sdu); n++) {
		struct csp_pdu p;

		memset(sdu + CSP_HEAD + 12, 0xff, sizeof(sdu) - CSP_HEAD - 12);
		cr_assert_eq(decode(span_of(sdu, n), &p), CSP_OK, "whatever follows: %zu", n);
		cr_assert_eq(p.has, CSP_HAS_PORT);
	}
}

Test(csp_pdu, PEX_59_an_empty_payload_is_no_pdu)
{
	struct csp_pdu p = { .message = 77 };

	cr_assert_eq(decode(PAYLOAD_OF(frame_p1), &p), CSP_ERR_COMMAND);
	cr_assert_eq(decode(span_of("", 0), &p), CSP_ERR_COMMAND);
	cr_assert_eq(p.message, 77);
}

/* ---- laws ---- */

static void fill_arrays(struct csp_pdu *p, struct prng *rnd)
{
	p->n_members = (uint16_t)prng_below(rnd, (p->has & CSP_HAS_VIDS) ? 30 : CSP_MEMBERS_MAX + 1);
	for (unsigned i = 0; i < p->n_members; i++)
		p->members[i] = (struct csp_member){ (uint16_t)prng_next(rnd), prng_next(rnd) & 1 };
	p->n_vids = (uint16_t)prng_below(rnd, (p->has & CSP_HAS_MEMBERS) ? 30 : CSP_VIDS_MAX + 1);
	for (unsigned i = 0; i < p->n_vids; i++)
		p->vids[i] = (struct csp_vid){ (uint16_t)(1 + prng_below(rnd, 4094)), prng_next(rnd) & 1 };
	if ((p->has & CSP_HAS_MEMBERS) == 0)
		p->n_members = 0;
	if ((p->has & CSP_HAS_VIDS) == 0)
		p->n_vids = 0;
}

/** Any PDU of which all members are legal. */
static void random_pdu(struct csp_pdu *p, struct prng *rnd)
{
	static const unsigned every[] = { 0, CSP_HAS_RESOURCE, CSP_HAS_PORT, 0, CSP_HAS_MEMBERS, CSP_HAS_PORT,
		CSP_HAS_PORT, CSP_HAS_STATUS, CSP_HAS_STATISTICS };

	memset(p, 0, sizeof(*p));
	p->message = (uint8_t)(prng_below(rnd, 10) ? prng_below(rnd, 9) : prng_below(rnd, 128));
	p->is_response = prng_next(rnd) & 1;
	p->transaction = (uint16_t)prng_next(rnd);
	p->completion = (uint8_t)(prng_next(rnd) & 1 ? prng_below(rnd, 256) : 0);
	p->flags = prng_next(rnd) & 1;
	p->channel = (uint32_t)prng_next(rnd);
	p->has = (1u << 2 << prng_below(rnd, 6)) | (p->message < 9 ? every[p->message] : 0);
	if ((p->has & CSP_HAS_MEMBERS) == 0 && prng_below(rnd, 4) == 0)
		p->has = CSP_HAS_PORT | CSP_HAS_VIDS | (p->message < 9 ? every[p->message] : 0);
	p->resource = (struct csp_resource){ (uint32_t)prng_next(rnd), (uint32_t)prng_next(rnd),
		(uint8_t)prng_next(rnd), (uint8_t)prng_next(rnd), (uint16_t)prng_next(rnd) };
	p->port = (struct csp_port_params){ (uint16_t)prng_next(rnd), (uint8_t)(1 + prng_below(rnd, 3)),
		(uint8_t)prng_below(rnd, 8), (uint16_t)prng_below(rnd, 4095), (uint16_t)prng_next(rnd) };
	p->status = (struct csp_port_status){ (uint16_t)prng_next(rnd), prng_next(rnd) & 1 };
	p->statistics = (struct csp_statistics){ (uint32_t)prng_next(rnd), prng_next(rnd), prng_next(rnd),
		prng_next(rnd), prng_next(rnd) };
	fill_arrays(p, rnd);
}

static bool is_same(const struct csp_pdu *a, const struct csp_pdu *b)
{
	bool same = a->message == b->message && a->is_response == b->is_response &&
		    a->transaction == b->transaction && a->completion == b->completion &&
		    a->flags == b->flags && a->channel == b->channel && a->has == b->has &&
		    a->n_members == b->n_members && a->n_vids == b->n_vids;

	if (a->has & CSP_HAS_RESOURCE)
		same = same && a->resource.max_channels == b->resource.max_channels &&
		       a->resource.max_groups == b->resource.max_groups &&
		       a->resource.classes == b->resource.classes &&
		       a->resource.capabilities == b->resource.capabilities &&
		       a->resource.max_untagged == b->resource.max_untagged;
	if (a->has & CSP_HAS_PORT)
		same = same && a->port.port == b->port.port && a->port.type == b->port.type &&
		       a->port.priority == b->port.priority && a->port.pvid == b->port.pvid &&
		       a->port.flags == b->port.flags;
	if (a->has & CSP_HAS_STATUS)
		same = same && a->status.port == b->status.port && a->status.is_oper == b->status.is_oper;
	if (a->has & CSP_HAS_STATISTICS)
		same = same && memcmp(&a->statistics.rx_frames, &b->statistics.rx_frames, 32) == 0 &&
		       a->statistics.port == b->statistics.port;
	for (unsigned i = 0; same && i < a->n_members; i++)
		same = a->members[i].port == b->members[i].port &&
		       a->members[i].is_add == b->members[i].is_add;
	for (unsigned i = 0; same && i < a->n_vids; i++)
		same = a->vids[i].vid == b->vids[i].vid && a->vids[i].is_untagged == b->vids[i].is_untagged;
	return same;
}

Test(csp_pdu, PEX_60_decode_of_encode_is_the_same_for_every_message)
{
	struct prng rnd = { 8021 };

	for (unsigned i = 0; i < 20000; i++) {
		uint8_t a[BUF], b[BUF];
		struct wr w = wr_init(a, sizeof(a)), again = wr_init(b, sizeof(b));
		static struct csp_pdu p, q;

		random_pdu(&p, &rnd);
		csp_pdu_encode(&p, &w);
		if (w.bad || csp_pdu_decode(wr_span(&w), &q) != CSP_OK || !is_same(&p, &q))
			cr_assert_fail("PDU %u", i);
		csp_pdu_encode(&q, &again);
		if (!span_equal(wr_span(&w), wr_span(&again)))
			cr_assert_fail("PDU %u: other octets", i);
	}
}

Test(csp_pdu, every_strict_prefix_fails)
{
	struct prng rnd = { 802 };

	for (unsigned i = 0; i < 200; i++) {
		uint8_t a[BUF];
		struct wr w = wr_init(a, sizeof(a));
		static struct csp_pdu p, q;

		random_pdu(&p, &rnd);
		csp_pdu_encode(&p, &w);
		for (size_t n = 0; n < w.len; n++)
			if (csp_pdu_decode(span_of(a, n), &q) == CSP_OK)
				cr_assert_fail("PDU %u, %zu of %zu", i, n, w.len);
	}
}

Test(csp_pdu, every_length_off_by_one_fails)
{
	const uint8_t rows[][40] = {
		{ COMMAND(0x01), RESOURCE, END },
		{ COMMAND(0x02), PORT, END },
		{ COMMAND(0x04), 0x08, 0x03, 1, 0, 1, END },
		{ COMMAND(0x05), PORT, 0x0a, 0x02, 0x80, 1, END },
		{ COMMAND(0x07), 0x0c, 0x04, 0, 1, 1, 0, END },
	};
	const unsigned places[] = { 1, CSP_HEAD + 1 };

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (unsigned k = 0; k < 4; k++) {
			uint8_t b[40];
			struct csp_pdu p;

			memcpy(b, rows[i], sizeof(b));
			cr_assert_eq(decode(SPAN(b), &p), CSP_OK, "row %u", i);
			b[places[k / 2]] = (uint8_t)(b[places[k / 2]] + (k & 1 ? 1 : -1));
			cr_assert_neq(decode(SPAN(b), &p), CSP_OK, "row %u place %u", i, k);
		}
	}
}

Test(csp_pdu, the_largest_arrays_fill_a_payload)
{
	static struct csp_pdu p = {
		.message = CSP_REGISTER, .has = CSP_HAS_MEMBERS, .n_members = CSP_MEMBERS_MAX
	};
	static struct csp_pdu v = { .message = CSP_PARAM_SET,
		.has = CSP_HAS_PORT | CSP_HAS_VIDS,
		.port = { .type = CSP_PORT_EXTENDED },
		.n_vids = CSP_VIDS_MAX };
	uint8_t buf[CSP_PDU_MAX];
	struct wr w = wr_init(buf, sizeof(buf));

	csp_pdu_encode(&p, &w);
	cr_assert_not(w.bad);
	cr_assert_gt(w.len + CSP_PORT_ARRAY_ENTRY, CSP_PDU_MAX);
	w = wr_init(buf, sizeof(buf));
	csp_pdu_encode(&v, &w);
	cr_assert_not(w.bad);
	cr_assert_gt(w.len + CSP_VID_ARRAY_ENTRY, CSP_PDU_MAX);
}

Test(csp_pdu, an_empty_array_is_there)
{
	static struct csp_pdu p = { .message = CSP_REGISTER, .has = CSP_HAS_MEMBERS }, q;
	const uint8_t want[] = { 0x02, 0x0a, 0x01, 0x04, 0, 0, 0, 0, 0, 0, 0, 0, 0x08, 0x00, END };
	uint8_t buf[64];
	struct wr w = wr_init(buf, sizeof(buf));

	csp_pdu_encode(&p, &w);
	cr_assert(span_equal(wr_span(&w), SPAN(want)));
	cr_assert_eq(csp_pdu_decode(wr_span(&w), &q), CSP_OK);
	cr_assert(q.has == CSP_HAS_MEMBERS && q.n_members == 0);
}

Test(csp_pdu, encode_writes_all_or_nothing)
{
	static struct csp_pdu p, q;
	uint8_t buf[CSP_PDU_MAX];

	cr_assert_eq(decode(PAYLOAD_OF(frame_p6), &p), CSP_OK);
	for (size_t cap = 0; cap < 23; cap++) {
		struct wr w = wr_init(buf, cap);

		wr_u8(&w, 0xaa);
		csp_pdu_encode(&p, &w);
		cr_assert(w.bad);
		cr_assert_eq(w.len, cap > 0);
	}
	q = (struct csp_pdu){ .has = CSP_HAS_PORT | CSP_HAS_MEMBERS, .n_members = CSP_MEMBERS_MAX };
	struct wr w = wr_init(buf, sizeof(buf));
	csp_pdu_encode(&q, &w);
	cr_assert(w.bad && w.len == 0);
}

/* ---- bad input ---- */

struct bad_row {
	const char *what;
	enum csp_err err;
	size_t len;
	uint8_t octets[48];
};
#define ROW(what, err, ...)                                                                                  \
	{                                                                                                    \
		what, err, sizeof((const uint8_t[]){ __VA_ARGS__ }),                                         \
		{                                                                                            \
			__VA_ARGS__                                                                          \
		}                                                                                            \
	}
static const struct bad_row bad_rows[] = {
	ROW("another TLV first", CSP_ERR_COMMAND, PORT, COMMAND(0x02), END),
	ROW("End TLV first", CSP_ERR_COMMAND, END, COMMAND(0x02), PORT, END),
	ROW("Command TLV too long", CSP_ERR_COMMAND, 0x02, 0x0b, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, PORT, END),
	ROW("version 2", CSP_ERR_VERSION, 0x02, 0x0a, 2, 2, 0, 0, 0, 0, 0, 0, 0, 0, PORT, END),
	ROW("overrun", CSP_ERR_OVERRUN, COMMAND(0x02), 0x06, 0x08, 0, 1),
	ROW("half a header", CSP_ERR_OVERRUN, COMMAND(0x02), PORT, 0),
	ROW("no End TLV", CSP_ERR_NO_END, COMMAND(0x02), PORT),
	ROW("Command TLV twice", CSP_ERR_TWICE, COMMAND(0x02), PORT, COMMAND(0x02), END),
	ROW("Port-Parameters twice", CSP_ERR_TWICE, COMMAND(0x02), PORT, PORT, END),
	ROW("half a VID", CSP_ERR_LENGTH, COMMAND(0x05), PORT, 0x0a, 0x03, 0, 1, 0, END),
	ROW("empty Port-Parameters", CSP_ERR_LENGTH, COMMAND(0x02), 0x06, 0x00, END),
	ROW("port type 0", CSP_ERR_VALUE, COMMAND(0x02), 0x06, 0x08, 0, 1, 0, 0, 0, 1, 0, 0, END),
	ROW("port type 4", CSP_ERR_VALUE, COMMAND(0x02), 0x06, 0x08, 0, 1, 4, 0, 0, 1, 0, 0, END),
	ROW("priority 8", CSP_ERR_VALUE, COMMAND(0x02), 0x06, 0x08, 0, 1, 3, 8, 0, 1, 0, 0, END),
	ROW("PVID 4095", CSP_ERR_VALUE, COMMAND(0x02), 0x06, 0x08, 0, 1, 3, 0, 0x0f, 0xff, 0, 0, END),
	ROW("action 2", CSP_ERR_VALUE, COMMAND(0x04), 0x08, 0x03, 2, 0, 1, END),
	ROW("VID 0", CSP_ERR_VALUE, COMMAND(0x05), PORT, 0x0a, 0x02, 0x80, 0, END),
	ROW("VID 4095", CSP_ERR_VALUE, COMMAND(0x05), PORT, 0x0a, 0x02, 0x0f, 0xff, END),
	ROW("oper 2", CSP_ERR_VALUE, COMMAND(0x07), 0x0c, 0x04, 0, 1, 2, 0, END),
	ROW("Open without Resource", CSP_ERR_MISSING, COMMAND(0x01), PORT, END),
	ROW("Create without Port-Parameters", CSP_ERR_MISSING, COMMAND(0x02), END),
	ROW("Register without Port-Array", CSP_ERR_MISSING, COMMAND(0x04), END),
	ROW("Set without Port-Parameters", CSP_ERR_MISSING, COMMAND(0x05), 0x0a, 0x02, 0x00, 1, END),
	ROW("Status without Port-Status", CSP_ERR_MISSING, COMMAND(0x07), END),
	ROW("Open response without Resource", CSP_ERR_MISSING, COMMAND(0x81), END),
	ROW("Get response without Port-Parameters", CSP_ERR_MISSING, COMMAND(0x86), END),
	ROW("Statistics response without Statistics", CSP_ERR_MISSING, COMMAND(0x88), END),
};
enum { N_BAD = sizeof(bad_rows) / sizeof(bad_rows[0]) };

Test(csp_pdu, each_bad_pdu_has_its_own_name)
{
	unsigned seen = 0;

	for (unsigned i = 0; i < N_BAD; i++) {
		struct csp_pdu p = { .transaction = 0x7777, .has = 0xff };
		enum csp_err err = decode(span_of(bad_rows[i].octets, bad_rows[i].len), &p);

		cr_assert_eq(err, bad_rows[i].err, "%s: %s", bad_rows[i].what, csp_err_name(err));
		seen |= 1u << err;
		if (err == CSP_ERR_COMMAND || err == CSP_ERR_VERSION) {
			cr_assert_eq(p.transaction, 0x7777, "%s", bad_rows[i].what);
		} else {
			cr_assert_eq(p.transaction, 0x1234, "%s", bad_rows[i].what);
			cr_assert_eq(p.has, 0, "%s", bad_rows[i].what);
		}
	}
	cr_assert_eq(seen | 1u << CSP_OK | 1u << CSP_ERR_COUNT, (1u << CSP_N_ERRS) - 1);
}

Test(csp_pdu, too_many_entries_are_refused)
{
	uint8_t sdu[1600];
	struct wr w = wr_init(sdu, sizeof(sdu));
	const uint8_t head[] = { COMMAND(0x04) };
	struct csp_pdu p;

	wr_copy(&w, head, sizeof(head));
	for (unsigned left = CSP_MEMBERS_MAX + 1; left > 0;) {
		unsigned n = left < 170 ? left : 170;

		wr_u16(&w, (uint16_t)(CSP_TLV_PORT_ARRAY << 9 | 3 * n));
		wr_zero(&w, 3 * n);
		left -= n;
	}
	wr_zero(&w, 2);
	cr_assert_eq(decode(wr_span(&w), &p), CSP_ERR_COUNT);
	w = wr_init(sdu, sizeof(sdu));
	wr_copy(&w, head, sizeof(head));
	for (unsigned left = CSP_VIDS_MAX + 1; left > 0;) {
		unsigned n = left < 255 ? left : 255;

		wr_u16(&w, (uint16_t)(CSP_TLV_VID_ARRAY << 9 | 2 * n));
		for (unsigned i = 0; i < n; i++)
			wr_u16(&w, 1);
		left -= n;
	}
	wr_zero(&w, 2);
	cr_assert_eq(decode(wr_span(&w), &p), CSP_ERR_COUNT);
}

Test(csp_pdu, a_refusal_needs_no_tlv)
{
	const uint8_t messages[] = { 0x81, 0x86, 0x88 };

	for (unsigned i = 0; i < 3; i++) {
		uint8_t b[] = { COMMAND(messages[i]), END };
		struct csp_pdu p;

		b[6] = CSP_WRONG_STATE;
		cr_assert_eq(decode(SPAN(b), &p), CSP_OK);
		cr_assert_eq(p.completion, CSP_WRONG_STATE);
	}
}

Test(csp_pdu, an_unknown_message_is_not_the_codecs_business)
{
	const uint8_t b[] = { COMMAND(0x7f), RESOURCE, END };
	struct csp_pdu p;

	cr_assert_eq(decode(SPAN(b), &p), CSP_OK);
	cr_assert_eq(p.message, 0x7f);
	cr_assert_str_eq(csp_message_name(0x7f), "unknown");
	cr_assert_str_eq(csp_message_name(0), "unknown");
}

Test(csp_pdu, everything_has_a_name)
{
	for (int e = 0; e < CSP_N_ERRS; e++)
		cr_assert_str_neq(csp_err_name((enum csp_err)e), "?");
	for (unsigned m = CSP_OPEN; m <= CSP_STATISTICS; m++)
		cr_assert_str_neq(csp_message_name(m), "unknown");
	for (unsigned c = 0; c <= CSP_FORMAT_REFUSED; c++)
		cr_assert_str_neq(csp_completion_text(c), "unknown completion code");
	cr_assert_str_eq(csp_completion_text(8), "unknown completion code");
}
