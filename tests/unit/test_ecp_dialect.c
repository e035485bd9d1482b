/* ECP of draft 0.2: header codec and its laws, D2 and D3, and the machines in that dialect (evb-reference 7.2). */
#include <criterion/criterion.h>

#include "draft_frames.h"
#include "ecp_draft_pdu.h"
#include "ecp_rx.h"
#include "ecp_tx.h"

enum { BUF = 1600, PDU = sizeof(frame_d2) - DRAFT_AFTER_ETHERTYPE };

static const struct mac peer = { { 0x00, 0x00, 0x5e, 0x00, 0x53, 0x01 } };
static const struct ecp_tx_cfg negotiated = { 7, { 163840000 } };
static const struct ecp_rx_cfg vdp_only = { .queue_len = 64, .subtypes = { ECP_SUBTYPE_VDP } };

static struct span pdu_of(const uint8_t *frame, size_t len)
{
	return span_of(frame + DRAFT_AFTER_ETHERTYPE, len - DRAFT_AFTER_ETHERTYPE);
}

static struct ecp_rx new_rx(void)
{
	static _Alignas(CARVE_ALIGN) uint8_t mem[100000];
	struct ecp_rx rx;

	cr_assert_leq(ecp_rx_size(&vdp_only), sizeof(mem));
	memset(mem, 0, sizeof(mem));
	ecp_rx_init(&rx, &vdp_only, mem);
	ecp_rx_set_dialect(&rx, ecp_dialect_of(QBG_DRAFT));
	return rx;
}

static struct ecp_tx new_tx(void)
{
	struct ecp_tx tx;

	ecp_tx_init(&tx, &negotiated, 4711);
	ecp_tx_set_dialect(&tx, ecp_dialect_of(QBG_DRAFT), 4711);
	return tx;
}

Test(ecp_dialect, the_table)
{
	const struct ecp_dialect *d = ecp_dialect_of(QBG_DRAFT);

	cr_assert_eq(d->edition, QBG_DRAFT);
	cr_assert_eq(d->ethertype, 0x88b7);
	cr_assert(mac_equal(d->da, MAC_NEAREST_BRIDGE));
	d = ecp_dialect_of(QBG_RATIFIED);
	cr_assert_eq(d->edition, QBG_RATIFIED);
	cr_assert_eq(d->ethertype, 0x8940);
	cr_assert(mac_equal(d->da, MAC_NEAREST_CUSTOMER_BRIDGE));
	cr_assert_eq(ecp_dialect_of(QBG_EDITIONS), d, "no such edition");
	for (int e = 0; e < QBG_EDITIONS; e++) {
		d = ecp_dialect_of((enum qbg_edition)e);
		cr_assert_leq(d->header, ECP_HEADER_MAX);
		cr_assert_leq(d->sdu_max, ECP_SDU_MAX);
		cr_assert_leq(d->payload_max, ECP_PAYLOAD_MAX);
		cr_assert_eq(d->header + d->payload_max, 1500, "MTU");
	}
}

/** Each value of each field, the others being D2's: decode(encode(x)) == x, encode(decode(b)) == b. */
Test(ecp_dialect, codec_laws)
{
	for (unsigned i = 0; i < 65536; i++) {
		struct ecp_hdr h = { ECP_VERSION, i & 0xff, ECP_SUBTYPE_VDP, (uint16_t)(i * 257) }, got;
		uint8_t b[ECP_DRAFT_HEADER];
		struct wr w = wr_init(b, sizeof(b));
		struct rd r;

		ecp_draft_hdr_encode(&h, &w);
		r = rd_init(wr_span(&w));
		if (w.bad || w.len != ECP_DRAFT_HEADER || !ecp_draft_hdr_decode(&r, &got) ||
			got.version != h.version || got.op != h.op || got.subtype != h.subtype ||
			got.seq != h.seq || r.left != 0)
			cr_assert_fail("op %u, sequence %u", h.op, h.seq);
	}
}

Test(ecp_dialect, every_prefix_of_the_header_fails)
{
	for (size_t n = 0; n < ECP_DRAFT_HEADER; n++) {
		struct rd r = rd_init(span_of(frame_d2 + DRAFT_AFTER_ETHERTYPE, n));
		struct ecp_hdr h;

		cr_assert_not(ecp_draft_hdr_decode(&r, &h), "%zu octets", n);
	}
}

Test(ecp_dialect, D02_02_a_request_is_D2_and_the_first_number_is_1)
{
	struct ecp_tx tx = new_tx();
	uint8_t b[BUF];
	struct wr w = wr_init(b, sizeof(b));
	struct span d2 = pdu_of(frame_d2, sizeof(frame_d2));
	struct span tlvs = span_of(d2.ptr + ECP_DRAFT_HEADER, d2.len - ECP_DRAFT_HEADER);

	cr_assert_eq(ecp_tx_submit(&tx, ECP_SUBTYPE_VDP, tlvs, MONO_ZERO), ECP_SUBMIT_OK);
	cr_assert(ecp_tx_poll(&tx, MONO_ZERO, &w));
	cr_assert(span_equal(wr_span(&w), d2));
}

Test(ecp_dialect, D02_04_three_transmissions_half_a_second_apart)
{
	struct ecp_tx tx = new_tx();
	struct mono now = MONO_ZERO;
	uint8_t first[BUF], b[BUF];
	unsigned n = 0;

	cr_assert_eq(ecp_tx_submit(&tx, ECP_SUBTYPE_VDP, span_of("TLVs", 4), now), ECP_SUBMIT_OK);
	while (!ecp_tx_is_idle(&tx)) {
		struct wr w = wr_init(n == 0 ? first : b, BUF);

		if (ecp_tx_poll(&tx, now, &w)) {
			cr_assert_eq(now.ns, n * dur_ms(500).ns);
			cr_assert(n == 0 || memcmp(first, b, w.len) == 0, "ours keep their number");
			n++;
		}
		now = ecp_tx_deadline(&tx);
		ecp_tx_on_time(&tx, now);
	}
	cr_assert_eq(n, 3);
	cr_assert_eq(now.ns, dur_ms(1500).ns);
	cr_assert_eq(ecp_tx_take_result(&tx), ECP_RESULT_GAVE_UP);
}

Test(ecp_dialect, what_was_negotiated_counts_again_in_the_other_dialect)
{
	struct ecp_tx tx = new_tx();
	uint8_t b[BUF];
	struct wr w = wr_init(b, sizeof(b));

	ecp_tx_set_dialect(&tx, ecp_dialect_of(QBG_RATIFIED), 4711);
	cr_assert_eq(ecp_tx_submit(&tx, ECP_SUBTYPE_VDP, span_of("TLVs", 4), MONO_ZERO), ECP_SUBMIT_OK);
	cr_assert(ecp_tx_poll(&tx, MONO_ZERO, &w));
	cr_assert_eq(tx.seq, 4711);
	cr_assert_eq(tx.running.retries, negotiated.retries);
	cr_assert_eq(ecp_tx_deadline(&tx).ns, negotiated.ack_timeout.ns);
}

Test(ecp_dialect, another_dialect_flushes_the_request_in_flight)
{
	struct ecp_tx tx = new_tx();

	cr_assert_eq(ecp_tx_submit(&tx, ECP_SUBTYPE_VDP, span_of("TLVs", 4), MONO_ZERO), ECP_SUBMIT_OK);
	ecp_tx_set_dialect(&tx, ecp_dialect_of(QBG_RATIFIED), 1);
	cr_assert(ecp_tx_is_idle(&tx));
	cr_assert_eq(ecp_tx_take_result(&tx), ECP_RESULT_FLUSHED);
}

Test(ecp_dialect, payloads_up_to_1491_octets)
{
	static const uint8_t big[1492];
	struct ecp_tx tx = new_tx();

	cr_assert_eq(ecp_tx_submit(&tx, ECP_SUBTYPE_VDP, span_of(big, 1492), MONO_ZERO), ECP_SUBMIT_TOO_LONG);
	cr_assert_eq(ecp_tx_submit(&tx, ECP_SUBTYPE_VDP, span_of(big, 1491), MONO_ZERO), ECP_SUBMIT_OK);
}

Test(ecp_dialect, D02_03_the_ack_of_D2_is_D3)
{
	struct ecp_rx rx = new_rx();
	struct ecp_hdr ack;
	uint8_t b[BUF];
	struct wr w = wr_init(b, sizeof(b));
	struct span sdu, d2 = pdu_of(frame_d2, sizeof(frame_d2));
	uint16_t subtype;

	cr_assert_eq(ecp_rx_on_pdu(&rx, peer, d2, &ack), ECP_SEND_ACK);
	ecp_ack_encode(rx.dialect, &ack, d2.len, &w);
	cr_assert(span_equal(wr_span(&w), pdu_of(frame_d3, sizeof(frame_d3))));
	cr_assert(ecp_rx_peek(&rx, &subtype, &sdu));
	cr_assert_eq(subtype, ECP_SUBTYPE_VDP);
	cr_assert_eq(sdu.len, PDU - ECP_DRAFT_HEADER);
}

Test(ecp_dialect, an_ack_is_cut_to_the_room_there_is)
{
	struct ecp_hdr ack = { ECP_VERSION, ECP_OP_ACK, ECP_SUBTYPE_VDP, 1 };
	uint8_t b[20];
	struct wr w = wr_init(b, sizeof(b));

	ecp_ack_encode(ecp_dialect_of(QBG_DRAFT), &ack, 1500, &w);
	cr_assert(!w.bad && w.len == sizeof(b));
	w = wr_init(b, sizeof(b));
	ecp_ack_encode(ecp_dialect_of(QBG_DRAFT), &ack, 3, &w);
	cr_assert_eq(w.len, ECP_DRAFT_HEADER);
	w = wr_init(b, sizeof(b));
	ecp_ack_encode(ecp_dialect_of(QBG_RATIFIED), &ack, 1500, &w);
	cr_assert_eq(w.len, ECP_HEADER);
}

Test(ecp_dialect, a_D3_acknowledges_whatever_its_length)
{
	for (size_t len = ECP_DRAFT_HEADER; len <= PDU; len++) {
		struct ecp_rx rx = new_rx();
		struct ecp_tx tx = new_tx();
		struct ecp_hdr h;
		uint8_t b[BUF];
		struct wr w = wr_init(b, sizeof(b));

		ecp_tx_submit(&tx, ECP_SUBTYPE_VDP, span_of("TLVs", 4), MONO_ZERO);
		ecp_tx_poll(&tx, MONO_ZERO, &w);
		cr_assert_eq(ecp_rx_on_pdu(&rx, peer, span_of(frame_d3 + DRAFT_AFTER_ETHERTYPE, len), &h),
			ECP_IS_ACK);
		ecp_tx_on_ack(&tx, &h, MONO_ZERO);
		cr_assert_eq(ecp_tx_take_result(&tx), ECP_RESULT_DELIVERED);
	}
}

/** Feed D2 with one octet changed. */
static enum ecp_verdict feed(struct ecp_rx *rx, size_t at, uint8_t octet)
{
	struct ecp_hdr ack;
	uint8_t b[PDU];

	memcpy(b, frame_d2 + DRAFT_AFTER_ETHERTYPE, PDU);
	b[at] = octet;
	return ecp_rx_on_pdu(rx, peer, span_of(b, PDU), &ack);
}

Test(ecp_dialect, D02_12_another_oui_subtype_or_mode_is_dropped)
{
	struct ecp_rx rx = new_rx();

	for (size_t at = 0; at < 4; at++)
		cr_assert_eq(feed(&rx, at, 0x77), ECP_DROP, "octet %zu", at);
	cr_assert_eq(rx.count.bad_version, 4);
	cr_assert_eq(feed(&rx, 4, 1), ECP_DROP);
	cr_assert_eq(feed(&rx, 5, 1), ECP_DROP);
	cr_assert_eq(rx.count.bad_subtype, 2);
	for (unsigned mode = 2; mode < 256; mode++)
		cr_assert_eq(feed(&rx, 6, (uint8_t)mode), ECP_DROP, "mode %u", mode);
	cr_assert_eq(rx.count.bad_op, 254);
	cr_assert_eq(ecp_rx_queued(&rx), 0);
	cr_assert_eq(feed(&rx, 0, 0x00), ECP_SEND_ACK);
}

Test(ecp_dialect, D02_09_an_identical_repeat_is_acknowledged_and_a_new_number_is_new)
{
	struct ecp_rx rx = new_rx();

	cr_assert_eq(feed(&rx, 8, 1), ECP_SEND_ACK);
	cr_assert_eq(feed(&rx, 8, 1), ECP_SEND_ACK);
	cr_assert_eq(ecp_rx_queued(&rx), 1);
	cr_assert_eq(rx.count.duplicates, 1);
	cr_assert_eq(feed(&rx, 8, 2), ECP_SEND_ACK);
	cr_assert_eq(ecp_rx_queued(&rx), 2, "VDP can tell");
}

Test(ecp_dialect, a_ratified_receiver_takes_no_D2_and_the_reverse)
{
	static const uint8_t ratified[] = { 0x10, 0x01, 0, 1, 0x0a, 0x10, 0, 0, 0, 0, 0, 0, 0, 0 };
	struct ecp_rx rx = new_rx();
	struct ecp_hdr ack;

	cr_assert_eq(ecp_rx_on_pdu(&rx, peer, span_of(ratified, sizeof(ratified)), &ack), ECP_DROP);
	ecp_rx_set_dialect(&rx, ecp_dialect_of(QBG_RATIFIED));
	cr_assert_eq(ecp_rx_on_pdu(&rx, peer, span_of(ratified, sizeof(ratified)), &ack), ECP_SEND_ACK);
	cr_assert_eq(feed(&rx, 8, 1), ECP_DROP);
}

Test(ecp_dialect, another_dialect_empties_the_queue_and_the_memory)
{
	struct ecp_rx rx = new_rx();

	cr_assert_eq(feed(&rx, 8, 1), ECP_SEND_ACK);
	ecp_rx_set_dialect(&rx, ecp_dialect_of(QBG_DRAFT));
	cr_assert_eq(ecp_rx_queued(&rx), 0);
	cr_assert_eq(feed(&rx, 8, 1), ECP_SEND_ACK);
	cr_assert_eq(ecp_rx_queued(&rx), 1);
	cr_assert_eq(rx.count.duplicates, 0);
}

Test(ecp_dialect, a_payload_beyond_the_mtu_is_dropped)
{
	static uint8_t b[ECP_DRAFT_HEADER + ECP_DRAFT_PAYLOAD_MAX + 1];
	struct ecp_rx rx = new_rx();
	struct ecp_hdr ack;

	memcpy(b, frame_d2 + DRAFT_AFTER_ETHERTYPE, PDU);
	cr_assert_eq(ecp_rx_on_pdu(&rx, peer, span_of(b, sizeof(b)), &ack), ECP_DROP);
	cr_assert_eq(rx.count.too_long, 1);
	cr_assert_eq(ecp_rx_on_pdu(&rx, peer, span_of(b, sizeof(b) - 1), &ack), ECP_SEND_ACK);
}
