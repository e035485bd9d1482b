/*
 * fuzz_ecp.c - ECPDUs into a receiver and, as acknowledgements, into a sender. The input is a list of: control octet
 * (bit 0: which of two sources, bit 1: the user takes one, bits 2-7: ten milliseconds pass), length (16 bits), ECPDU.
 * Both dialects read it. Laws: the header's round trip; every ECPDU is counted once; the queue keeps its limit; an ack names the request.
 */
#include "ecp_rx.h"
#include "ecp_tx.h"
#include "fuzz.h"

struct ends {
	struct ecp_rx rx;
	struct ecp_tx tx;
	uint64_t n_acks, n_bad;
};

static uint64_t counted(const struct ecp_rx_counters *n)
{
	return n->frames + n->bad_version + n->bad_op + n->bad_subtype + n->too_short + n->too_long +
	       n->queue_full;
}

static void check_header(const struct ecp_dialect *d, struct span pdu)
{
	uint8_t buf[ECP_HEADER_MAX];
	struct rd r = rd_init(pdu);
	struct wr w = wr_init(buf, sizeof(buf));
	struct ecp_hdr h;

	if (!d->decode(&r, &h))
		return;
	if (d->edition == QBG_DRAFT && (h.version != ECP_VERSION || h.subtype != ECP_SUBTYPE_VDP))
		return; /* what it can't say it does not keep */
	d->encode(&h, &w);
	FUZZ_LAW(w.len == d->header && memcmp(buf, pdu.ptr, d->header) == 0);
}

static void check_ack(const struct ecp_dialect *d, const struct ecp_hdr *ack, struct span pdu)
{
	uint8_t buf[ECP_HEADER_MAX + ECP_PAYLOAD_MAX];
	struct wr w = wr_init(buf, sizeof(buf));

	ecp_ack_encode(d, ack, pdu.len, &w);
	FUZZ_LAW(!w.bad && w.len == (d->echoes_length ? pdu.len : d->header));
}

static void receive(struct ends *e, uint8_t control, struct span pdu, struct mono now)
{
	struct mac sa = { { 2, 0, 0, 0, 0, control & 1 } };
	uint64_t before = counted(&e->rx.count);
	unsigned queued = ecp_rx_queued(&e->rx);
	struct ecp_hdr h = { 0 };
	uint16_t subtype;
	struct span sdu;

	switch (ecp_rx_on_pdu(&e->rx, sa, pdu, &h)) {
	case ECP_IS_ACK:
		FUZZ_LAW(counted(&e->rx.count) == before);
		ecp_tx_on_ack(&e->tx, &h, now);
		break;
	case ECP_SEND_ACK:
		FUZZ_LAW(h.op == ECP_OP_ACK && h.version == ECP_VERSION);
		check_ack(e->rx.dialect, &h, pdu);
		/* fall through */
	case ECP_DROP:
		FUZZ_LAW(counted(&e->rx.count) == before + 1);
		break;
	}
	FUZZ_LAW(ecp_rx_queued(&e->rx) <= e->rx.cfg.queue_len && ecp_rx_queued(&e->rx) <= queued + 1);
	if ((control & 2) && ecp_rx_peek(&e->rx, &subtype, &sdu)) {
		FUZZ_LAW(sdu.len <= ECP_PAYLOAD_MAX && subtype == ECP_SUBTYPE_VDP);
		ecp_rx_pop(&e->rx);
	}
}

static void transmit(struct ends *e, struct mono now)
{
	uint8_t buf[ECP_HEADER_MAX + ECP_SDU_MAX];
	struct wr w = wr_init(buf, sizeof(buf));

	ecp_tx_on_time(&e->tx, now);
	(void)ecp_tx_take_result(&e->tx);
	if (ecp_tx_is_idle(&e->tx))
		(void)ecp_tx_submit(&e->tx, ECP_SUBTYPE_VDP, span_of("x", 1), now);
	(void)ecp_tx_poll(&e->tx, now, &w);
	FUZZ_LAW(mono_before(now, ecp_tx_deadline(&e->tx)));
	FUZZ_LAW(e->tx.sent <= e->tx.running.retries + 1);
}

static void run(const uint8_t *data, size_t size, const struct ecp_dialect *d)
{
	struct ecp_rx_cfg rc = { .queue_len = 64, .subtypes = { ECP_SUBTYPE_VDP } };
	struct ecp_tx_cfg tc = { .retries = 3, .ack_timeout = dur_ms(10) };
	struct rd r = rd_init(span_of(data, size));
	struct mono now = { 1000000000 };
	void *mem = calloc(1, ecp_rx_size(&rc));
	struct ends e = { 0 };

	FUZZ_LAW(mem != NULL);
	ecp_rx_init(&e.rx, &rc, mem);
	ecp_tx_init(&e.tx, &tc, 0x3001);
	ecp_rx_set_dialect(&e.rx, d);
	ecp_tx_set_dialect(&e.tx, d, 0x3001);
	while (r.left > 3) {
		uint8_t control = rd_u8(&r);
		size_t len = rd_u16(&r);
		struct span pdu = rd_span(&r, len < r.left ? len : r.left);

		now = mono_add(now, dur_ms(10 * (control >> 2)));
		check_header(d, pdu);
		transmit(&e, now);
		receive(&e, control, pdu, now);
	}
	free(mem);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (int e = 0; e < QBG_EDITIONS; e++)
		run(data, size, ecp_dialect_of((enum qbg_edition)e));
	return 0;
}
