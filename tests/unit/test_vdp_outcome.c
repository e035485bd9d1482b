/*
 * Every request ends in exactly one outcome, whatever came before it: each state of a VSI x each command x each
 * decision of the type database (bridge) or each answer (station), and then silence (evb-reference 6.5, 6.7, 6.8).
 */
#include "vdp_rig.h"

static struct rig r;
static struct vdp_filter filter;
static struct vdp_request rq; /* of VSI 1 */

static void setup(void)
{
	rig_init(&r, 64);
	rq = rig_request(VDP_ASSOC, 1, &filter);
}

static void teardown(void)
{
	rig_free(&r);
}

TestSuite(vdp_outcome, .init = setup, .fini = teardown);

/* ---- bridge ---- */

enum decision { GRANT, REFUSE, REFUSE_HARD, KEEP, SILENT, DECISIONS };

static void decide(enum decision d)
{
	r.db_silent = d == SILENT;
	r.refusal = (struct vtdb_answer){ .error = d == GRANT ? VDP_E_SUCCESS : VDP_E_RESOURCES,
		.is_hard = d == REFUSE_HARD,
		.is_keep = d == KEEP };
}

static enum qbg_edition edition(void)
{
	return vdp_table_edition(r.side[ST].t);
}

static const struct vdp_timers *timers(int s)
{
	return vdp_table_timers(r.side[s].t);
}

static bool is_quiet_for(struct dur d)
{
	rig_pass(&r, BR, d);
	return rig_take(&r, BR, NULL, 0) == 0;
}

static void bridge_case(enum vdp_op before, enum vdp_op op, bool is_changed, enum decision d)
{
	enum vdp_state was;
	struct vdp_assoc a;
	uint64_t counted;

	decide(GRANT);
	filter.vid = 100;
	if (before != VDP_DEASSOC) {
		rig_tlv(&r, BR, &rq, before, 0);
		MUST(rig_take(&r, BR, &a, 1) == 1);
	}
	was = rig_state(&r, BR, 1);
	MUST((before == VDP_DEASSOC) == (was == VDP_STATE_NONE));
	decide(d);
	if (is_changed)
		filter.vid = 101;
	counted = rig_count(&r, BR)->succeeded + rig_count(&r, BR)->failed;
	rig_tlv(&r, BR, &rq, op, 0);
	rig_pass(&r, BR, dur_s(3));
	MUST(rig_take(&r, BR, &a, 1) == 1); /* one answer, within 3 s */
	/* the draft does not tell a De-Associate that was asked for from one that was not */
	MUST((a.status & VDP_STATUS_RESPONSE) != 0 || (edition() == QBG_DRAFT && op == VDP_DEASSOC));
	MUST(vsi_id_equal(&a.vsi, &rq.subject.vsi));
	/* what it says is what is */
	if ((a.status & VDP_STATUS_ERROR) == 0)
		MUST(rig_state(&r, BR, 1) == (op == VDP_DEASSOC ? VDP_STATE_NONE : (enum vdp_state)op));
	else
		MUST(rig_state(&r, BR, 1) == ((a.status & VDP_STATUS_KEEP) != 0 ? was : VDP_STATE_NONE));
	MUST((a.status & VDP_STATUS_KEEP) == 0 || edition() == QBG_RATIFIED);
	MUST(((a.status & VDP_STATUS_KEEP) == 0) <=
		(a.op == VDP_DEASSOC || (a.status & VDP_STATUS_ERROR) == 0));
	/* a keep-alive is no command; everything else counts once */
	if (op != (enum vdp_op)was || is_changed)
		MUST(rig_count(&r, BR)->succeeded + rig_count(&r, BR)->failed == counted + 1);
	if (rig_state(&r, BR, 1) != VDP_STATE_NONE) { /* then one end, when keep-alives stay out */
		MUST(is_quiet_for(dur_ns(timers(BR)->tout_keep_alive.ns - dur_s(4).ns)));
		rig_pass(&r, BR, dur_s(10));
		MUST(rig_take(&r, BR, &a, 1) == 1);
		MUST(a.op == VDP_DEASSOC && a.status == 0);
	}
	MUST(is_quiet_for(dur_s(3600)));
	MUST(vdp_table_count(r.side[BR].t) == 0 && vdp_table_is_quiet(r.side[BR].t));
}

Test(vdp_outcome, bridge_answers_every_command_once)
{
	for (int e = 0; e < QBG_EDITIONS; e++) {
		rig_speak(&r, (enum qbg_edition)e);
		for (int before = VDP_PREASSOC; before <= VDP_DEASSOC; before++)
			for (int op = VDP_PREASSOC; op <= VDP_DEASSOC; op++)
				for (int changed = 0; changed < 2; changed++)
					for (int d = 0; d < DECISIONS; d++)
						bridge_case((enum vdp_op)before, (enum vdp_op)op,
							changed != 0, (enum decision)d);
	}
}

/* ---- station ---- */

static const struct {
	uint8_t op; /* 0: that of the request */
	uint8_t status;
} answers[] = { { 0, 0x40 }, { VDP_DEASSOC, 0x40 }, { VDP_DEASSOC, 0x42 }, { VDP_DEASSOC, 0x52 }, { 0, 0x63 },
	{ 0, 0x42 }, { VDP_DEASSOC, 0x00 }, { 0xff, 0 } /* none */ };
enum { ANSWERS = sizeof(answers) / sizeof(answers[0]) };

static unsigned told(void)
{
	return r.side[ST].changed + r.side[ST].ended;
}

static void answer(unsigned k, enum vdp_op op)
{
	struct vdp_request asked = rq;

	asked.op = op;
	if (answers[k].op == 0xff)
		rig_pass(&r, ST, timers(ST)->resp_wait_delay);
	else
		rig_tlv(&r, ST, &asked, answers[k].op ? (enum vdp_op)answers[k].op : op, answers[k].status);
}

/** A De-Associate that the draft's station takes for a late answer to an earlier one. */
static bool is_spared(unsigned k, enum vdp_op op)
{
	return edition() == QBG_DRAFT && answers[k].op == VDP_DEASSOC &&
	       (answers[k].status & VDP_STATUS_ERROR) == 0 && op <= VDP_PREASSOC_RR;
}

static bool is_notice(unsigned k)
{
	return answers[k].status == 0 || (edition() == QBG_DRAFT && answers[k].op == VDP_DEASSOC);
}

static void station_case(enum vdp_op before, enum vdp_op op, unsigned k)
{
	unsigned events;
	uint64_t counted;

	if (before != VDP_DEASSOC) {
		rq.op = before;
		MUST(vdp_station_request(r.side[ST].t, &rq, r.now) == VDP_SUBMIT_OK);
		rig_events(&r, ST);
		MUST(rig_take(&r, ST, NULL, 0) == 1);
		rig_tlv(&r, ST, &rq, before, 0x40);
	}
	rq.op = op == VDP_DEASSOC ? VDP_ASSOC : op;
	if (op == VDP_DEASSOC)
		(void)vdp_station_deassociate(r.side[ST].t, &rq.subject.vsi, r.now);
	else
		MUST(vdp_station_request(r.side[ST].t, &rq, r.now) == VDP_SUBMIT_OK);
	rig_events(&r, ST);
	if (rig_take(&r, ST, NULL, 0) == 0) { /* nothing to take back */
		MUST(op == VDP_DEASSOC && before == VDP_DEASSOC);
		return;
	}
	events = told();
	counted = rig_count(&r, ST)->succeeded + rig_count(&r, ST)->failed;
	answer(k, op);
	if (is_spared(k, op)) {
		MUST(told() == events);
		rig_pass(&r, ST, timers(ST)->resp_wait_delay);
	}
	MUST(told() == events + 1);
	MUST(rig_count(&r, ST)->succeeded + rig_count(&r, ST)->failed == counted + 1);
	if (answers[k].op != 0xff) { /* the same answer again is nobody's */
		answer(k, op);
		MUST(told() <= events + 1 + is_notice(k));
	}
	/* whatever it became, a de-associate ends it */
	(void)vdp_station_deassociate(r.side[ST].t, &rq.subject.vsi, r.now);
	rig_events(&r, ST);
	for (int i = 0; i < 4; i++) {
		(void)rig_take(&r, ST, NULL, 0);
		rig_pass(&r, ST, timers(ST)->resp_wait_delay);
	}
	MUST(vdp_table_count(r.side[ST].t) == 0 && vdp_table_is_quiet(r.side[ST].t));
}

Test(vdp_outcome, station_is_told_of_every_request_once)
{
	for (int e = 0; e < QBG_EDITIONS; e++) {
		rig_speak(&r, (enum qbg_edition)e);
		for (int before = VDP_PREASSOC; before <= VDP_DEASSOC; before++)
			for (int op = VDP_PREASSOC; op <= VDP_DEASSOC; op++)
				for (unsigned k = 0; k < ANSWERS; k++)
					station_case((enum vdp_op)before, (enum vdp_op)op, k);
	}
}
