/* Peers that close their payloads with an End TLV, and those that do not (lldpad): spacing, and asking again what may
 * have been lost after its acknowledgement. */
#include "vdp_rig.h"

static struct rig r;
static struct vdp_filter filter;
static struct vdp_request rq;

static void setup(void)
{
	rig_init(&r, 16);
	rq = rig_request(VDP_ASSOC, 1, &filter);
}

static void teardown(void)
{
	rig_free(&r);
}

TestSuite(vdp_closing, .init = setup, .fini = teardown);

static void answer(uint32_t n, bool has_end)
{
	struct vdp_filter f;
	struct vdp_request of = rig_request(VDP_ASSOC, n, &f);
	struct rig_frame frame = rig_frame(&MANAGER);

	rig_add(&frame, &of, VDP_ASSOC, VDP_STATUS_RESPONSE);
	memset(frame.b + frame.len, 0, 2); /* an End TLV */
	rig_give(&r, ST, frame.b, frame.len + (has_end ? 2 : 0));
}

/** The VSI is associated with a peer that closes its payloads so, and its next keep-alive has just left. */
static struct dur keep_alive_leaves(bool has_end)
{
	rig_ask(&r, VDP_ASSOC, 1);
	rig_expect(&r, ST, VDP_ASSOC, 0);
	answer(1, has_end);
	rig_pass(&r, ST, vdp_reinit_keep_alive(&r.params));
	rig_expect(&r, ST, VDP_ASSOC, 0);
	return dur_ns(vdp_resp_wait_delay(&r.params).ns / 8);
}

Test(vdp_closing, the_last_payload_says_how_the_peer_closes_them)
{
	cr_assert(vdp_table_wants_rest(r.side[ST].t), "not known yet");
	rig_ask(&r, VDP_ASSOC, 1);
	rig_expect(&r, ST, VDP_ASSOC, 0);
	answer(1, true);
	cr_assert(!vdp_table_wants_rest(r.side[ST].t));
	answer(1, false);
	cr_assert(vdp_table_wants_rest(r.side[ST].t));
	answer(1, true);
	cr_assert(!vdp_table_wants_rest(r.side[ST].t));
	vdp_table_port_down(r.side[ST].t, r.now);
	cr_assert(vdp_table_wants_rest(r.side[ST].t), "another peer may come");
}

Test(vdp_closing, evbd_closes_its_payloads)
{
	rig_ask(&r, VDP_ASSOC, 1);
	rig_settle(&r);
	cr_assert_eq(rig_state(&r, ST, 1), VDP_STATE_ASSOC);
	cr_assert(!vdp_table_wants_rest(r.side[ST].t) && !vdp_table_wants_rest(r.side[BR].t));
}

Test(vdp_closing, without_end_tlv_a_request_is_repeated_at_1_3_and_7_eighths)
{
	struct dur eighth = keep_alive_leaves(false);

	for (unsigned wait = 1; wait <= 4; wait *= 2) {
		rig_pass(&r, ST, dur_ns(wait * eighth.ns - 1));
		rig_expect_nothing(&r, ST);
		rig_pass(&r, ST, dur_ns(1));
		rig_expect(&r, ST, VDP_ASSOC, 0);
	}
	cr_assert_eq(rig_count(&r, ST)->resent, 3);
	rig_pass(&r, ST, dur_ns(eighth.ns - 1));
	cr_assert_eq(rig_vsi(&r, ST, 1)->show, VDP_SHOW_ASSOCIATED);
	rig_pass(&r, ST, dur_ns(8));
	cr_assert_eq(rig_vsi(&r, ST, 1)->show, VDP_SHOW_TIMED_OUT, "respWaitDelay is what it was");
	cr_assert_eq(rig_count(&r, ST)->resp_timeouts, 1);
}

Test(vdp_closing, an_answer_to_the_repetition_is_the_answer)
{
	struct dur eighth = keep_alive_leaves(false);

	rig_pass(&r, ST, eighth);
	rig_expect(&r, ST, VDP_ASSOC, 0);
	answer(1, false);
	answer(1, false); /* and that to the first */
	cr_assert_eq(rig_count(&r, ST)->rx_unexpected, 1);
	cr_assert_eq(rig_vsi(&r, ST, 1)->show, VDP_SHOW_ASSOCIATED);
	rig_pass(&r, ST, dur_ns(vdp_reinit_keep_alive(&r.params).ns - 1));
	rig_expect_nothing(&r, ST);
}

Test(vdp_closing, with_end_tlv_a_request_is_sent_once)
{
	keep_alive_leaves(true);
	rig_pass(&r, ST, dur_ns(vdp_resp_wait_delay(&r.params).ns - 1));
	rig_expect_nothing(&r, ST);
	cr_assert_eq(rig_count(&r, ST)->resent, 0);
}

Test(vdp_closing, the_peer_turned_out_to_be_an_orderly_one)
{
	struct dur eighth = keep_alive_leaves(false);

	answer(2, true); /* of a VSI nobody has here */
	rig_pass(&r, ST, eighth);
	rig_expect_nothing(&r, ST);
	rig_pass(&r, ST, vdp_resp_wait_delay(&r.params));
	cr_assert_eq(rig_count(&r, ST)->resent, 0);
	cr_assert_eq(rig_count(&r, ST)->resp_timeouts, 1);
}

Test(vdp_closing, what_ecp_still_has_is_not_repeated)
{
	uint8_t buf[PAYLOAD];
	struct dur eighth;

	rig_ask(&r, VDP_ASSOC, 1);
	rig_expect(&r, ST, VDP_ASSOC, 0);
	answer(1, false);
	rig_pass(&r, ST, vdp_reinit_keep_alive(&r.params));
	eighth = dur_ns(vdp_resp_wait_delay(&r.params).ns / 8);
	cr_assert_gt(vdp_table_fill(r.side[ST].t, buf, sizeof(buf), r.now), 0);
	rig_pass(&r, ST, eighth);
	cr_assert_eq(vdp_table_fill(r.side[ST].t, buf, sizeof(buf), r.now), 0);
	vdp_table_on_sent(r.side[ST].t, false, r.now); /* now it is, because ECP gave up */
	rig_expect(&r, ST, VDP_ASSOC, 0);
	cr_assert_eq(rig_count(&r, ST)->resent, 0);
}

Test(vdp_closing, a_deassociate_is_repeated_too)
{
	rig_ask(&r, VDP_ASSOC, 1);
	rig_expect(&r, ST, VDP_ASSOC, 0);
	answer(1, false);
	rig_leave(&r, 1);
	rig_expect(&r, ST, VDP_DEASSOC, 0);
	rig_pass(&r, ST, dur_ns(vdp_resp_wait_delay(&r.params).ns / 8));
	rig_expect(&r, ST, VDP_DEASSOC, 0);
	rig_tlv(&r, ST, &rq, VDP_DEASSOC, VDP_STATUS_RESPONSE);
	cr_assert_eq(r.side[ST].ended, 1);
	cr_assert(vdp_table_is_quiet(r.side[ST].t));
}
