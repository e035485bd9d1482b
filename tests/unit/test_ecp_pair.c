/* ECP sender and receiver face to face over a wire that loses what the test says. */
#include <criterion/criterion.h>

#include "ecp_rx.h"
#include "ecp_tx.h"

struct end {
	struct ecp_tx tx;
	struct ecp_rx rx;
	struct mac mac;
};

static struct end new_end(uint8_t number, uint16_t first_seq, enum qbg_edition edition)
{
	static _Alignas(CARVE_ALIGN) uint8_t mem[3][100000]; /* by number: 1 or 2 */
	struct ecp_tx_cfg tx_cfg = { 3, { 2560000 } };
	struct ecp_rx_cfg rx_cfg = { 64, { ECP_SUBTYPE_VDP } };
	struct end e = { .mac = { { 2, 0, 0, 0, 0, number } } };

	ecp_tx_init(&e.tx, &tx_cfg, first_seq);
	cr_assert_leq(ecp_rx_size(&rx_cfg), sizeof(mem[number]));
	memset(mem[number], 0, sizeof(mem[number]));
	ecp_rx_init(&e.rx, &rx_cfg, mem[number]);
	ecp_tx_set_dialect(&e.tx, ecp_dialect_of(edition), first_seq);
	ecp_rx_set_dialect(&e.rx, ecp_dialect_of(edition));
	return e;
}

/** Carry what `from` has due to `to`, and the ack back unless it is lost. Returns whether anything was sent. */
static bool carry(struct end *from, struct end *to, struct mono now, bool is_request_lost, bool is_ack_lost)
{
	uint8_t b[ECP_HEADER_MAX + ECP_SDU_MAX];
	struct wr w = wr_init(b, sizeof(b));
	struct ecp_hdr h;
	size_t len;

	if (!ecp_tx_poll(&from->tx, now, &w))
		return false;
	if (is_request_lost || ecp_rx_on_pdu(&to->rx, from->mac, wr_span(&w), &h) != ECP_SEND_ACK ||
		is_ack_lost)
		return true;
	len = w.len;
	w = wr_init(b, sizeof(b));
	ecp_ack_encode(to->rx.dialect, &h, len, &w);
	cr_assert_eq(ecp_rx_on_pdu(&from->rx, to->mac, wr_span(&w), &h), ECP_IS_ACK);
	ecp_tx_on_ack(&from->tx, &h, now);
	return true;
}

Test(ecp_pair, ECP_21_both_sides_may_use_the_same_sequence_at_once)
{
	struct end a = new_end(1, 500, QBG_RATIFIED), b = new_end(2, 500, QBG_RATIFIED);
	struct mono now = MONO_ZERO;

	cr_assert_eq(ecp_tx_submit(&a.tx, ECP_SUBTYPE_VDP, span_of("A", 1), now), ECP_SUBMIT_OK);
	cr_assert_eq(ecp_tx_submit(&b.tx, ECP_SUBTYPE_VDP, span_of("B", 1), now), ECP_SUBMIT_OK);
	cr_assert(carry(&a, &b, now, false, false));
	cr_assert(carry(&b, &a, now, false, false));
	cr_assert_eq(ecp_tx_take_result(&a.tx), ECP_RESULT_DELIVERED);
	cr_assert_eq(ecp_tx_take_result(&b.tx), ECP_RESULT_DELIVERED);
	cr_assert_eq(ecp_rx_queued(&a.rx), 1);
	cr_assert_eq(ecp_rx_queued(&b.rx), 1);
}

static void lose(
	unsigned losses, enum qbg_edition edition) /* two bits a transmission: the request, its ack */
{
	struct end a = new_end(1, 65535, edition), b = new_end(2, 1, edition);
	bool is_received = false, is_acked = false;
	struct mono now = MONO_ZERO;

	cr_assert_eq(ecp_tx_submit(&a.tx, ECP_SUBTYPE_VDP, span_of("A", 1), now), ECP_SUBMIT_OK);
	for (unsigned i = 0; !ecp_tx_is_idle(&a.tx); i++) {
		unsigned lost = losses >> 2 * i;

		cr_assert_lt(i, a.tx.running.retries + 1);
		cr_assert(carry(&a, &b, now, lost & 1, lost & 2));
		is_received = is_received || (lost & 1) == 0;
		is_acked = is_acked || (lost & 3) == 0;
		now = mono_is_never(ecp_tx_deadline(&a.tx)) ? now : ecp_tx_deadline(&a.tx);
		ecp_tx_on_time(&a.tx, now);
	}
	cr_assert_eq(ecp_rx_queued(&b.rx), is_received ? 1 : 0, "losses %02x", losses);
	cr_assert_eq(ecp_tx_take_result(&a.tx), is_acked ? ECP_RESULT_DELIVERED : ECP_RESULT_GAVE_UP);
}

Test(ecp_pair, every_pattern_of_losses_delivers_at_most_once)
{
	for (unsigned losses = 0; losses < 256; losses++)
		lose(losses, QBG_RATIFIED);
	for (unsigned losses = 0; losses < 64; losses++)
		lose(losses, QBG_DRAFT);
}
