/*
 * rp_rows.c - the outcome: every frame of the own end in the capture with what was sent in its place, and what was sent
 * beside that, each with its differences by name.
 *
 * Two ends are the same if they say the same commands and answers of every VSI in the same order, acknowledge the same
 * requests and pass through the same states of LLDP. What the protocols leave to each (numbers, packing, how often
 * something is said again) is named and weighs nothing.
 */
#include "rp_priv.h"

#include <stdio.h>
#include <stdlib.h>

enum { ROW_ROOM = 128, TIMING_MS = 50 };

struct replay_row *rp_row_add(
	struct replay *r, const struct rp_msg *captured, const struct rp_msg *sent, enum replay_why why)
{
	struct replay_row *row;

	if (r->n_rows == r->room_rows) {
		row = realloc(r->row, (r->room_rows + ROW_ROOM) * sizeof(*row));
		if (row == NULL) {
			r->has_failed = true;
			return NULL;
		}
		r->row = row;
		r->room_rows += ROW_ROOM;
	}
	row = &r->row[r->n_rows++];
	*row = (struct replay_row){ .captured = captured != NULL ? &captured->rec : NULL,
		.sent = sent != NULL ? &sent->rec : NULL,
		.whys = why == REPLAY_SAME ? 0 : 1u << why };
	return row;
}

static void compare_time(const struct rp_msg *c, const struct rp_msg *s, struct replay_row *row)
{
	struct dur late = mono_since(c->at, s->at), early = mono_since(s->at, c->at);

	if (late.ns > dur_ms(TIMING_MS).ns)
		snprintf(row->text, sizeof(row->text), "%.6f s later", dur_seconds(late));
	else if (early.ns > dur_ms(TIMING_MS).ns)
		snprintf(row->text, sizeof(row->text), "%.6f s earlier", dur_seconds(early));
	else
		return;
	row->whys |= 1u << REPLAY_TIMING;
}

static bool same_layers(const struct cap_eth *a, const struct cap_eth *b)
{
	if (!mac_equal(a->da, b->da) || !mac_equal(a->sa, b->sa) || a->type != b->type ||
		a->n_tags != b->n_tags)
		return false;
	for (unsigned i = 0; i < a->n_tags; i++)
		if (a->tag[i].kind != b->tag[i].kind || a->tag[i].vid != b->tag[i].vid ||
			a->tag[i].pcp != b->tag[i].pcp)
			return false;
	return true;
}

static bool is_zero(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] != 0)
			return false;
	return true;
}

/* One is the other with zeros behind it. */
static bool same_but_padding(struct span a, struct span b)
{
	size_t n = a.len < b.len ? a.len : b.len;

	return (n == 0 || memcmp(a.ptr, b.ptr, n) == 0) && is_zero(span_of(a.ptr + n, a.len - n)) &&
	       is_zero(span_of(b.ptr + n, b.len - n));
}

static void compare_ecp(const struct rp_msg *c, const struct rp_msg *s, struct replay_row *row)
{
	const struct ecp_hdr *a = &c->rec.ecp.hdr, *b = &s->rec.ecp.hdr;

	if (!same_layers(&c->rec.eth, &s->rec.eth) || a->version != b->version || a->op != b->op ||
		a->subtype != b->subtype)
		row->whys |= 1u << REPLAY_FIELDS;
	if (c->rec.frame.wire_len != s->rec.frame.wire_len)
		row->whys |= 1u << REPLAY_PADDING;
}

static void compare_ack(const struct rp_msg *c, const struct rp_msg *s, struct replay_row *row)
{
	compare_ecp(c, s, row);
	if (c->rec.ecp.hdr.seq != s->rec.ecp.hdr.seq ||
		!same_but_padding(c->rec.ecp.payload, s->rec.ecp.payload))
		row->whys |= 1u << REPLAY_FIELDS;
}

/* The same TLVs in the same order? */
static bool same_packing(const struct replay *r, const struct rp_msg *c, const struct rp_msg *s)
{
	if (c->n_cmds != s->n_cmds)
		return false;
	for (uint32_t i = 0; i < c->n_cmds; i++)
		if (r->cap.cmd[c->first_cmd + i].twin != s->first_cmd + i)
			return false;
	return true;
}

static bool is_first_of_vsi(const struct replay *r, uint32_t cmd)
{
	for (uint32_t i = 0; i < cmd; i++)
		if (vsi_id_equal(&r->cap.cmd[i].vsi, &r->cap.cmd[cmd].vsi))
			return false;
	return true;
}

static bool is_caused(const struct replay *r, const struct rp_msg *m)
{
	return m->cause != RP_NONE && !r->cap.msg[m->cause].is_done;
}

static enum replay_why missing_cmd(const struct replay *r, const struct rp_msg *m, uint32_t i)
{
	const struct rp_cmd *c = &r->cap.cmd[i];

	if (c->kind == RP_ANSWER)
		return is_caused(r, m) ? REPLAY_CONSEQUENCE : REPLAY_MISSING;
	if (c->is_repeat)
		return REPLAY_KEEPALIVE;
	if (c->is_again)
		return REPLAY_RETRY;
	return c->was_refused && is_first_of_vsi(r, i) ? REPLAY_UNSEEN : REPLAY_MISSING;
}

/* The draft's response code, or the error of a status. */
static uint8_t error_of(const struct rp_msg *m, const struct rp_cmd *c)
{
	enum { DRAFT_RESP = 5 };

	return m->rec.generation == CAP_GEN_DRAFT02 ? c->value.ptr[DRAFT_RESP] : c->status & VDP_STATUS_ERROR;
}

static bool has_null_vid(const struct rp_msg *m, uint32_t nth)
{
	struct cap_vsi_walk walk;
	struct cap_vsi v;

	cap_vsi_first(&m->rec, &walk);
	for (uint32_t i = 0; cap_vsi_next(&walk, &v); i++)
		for (unsigned k = 0; i == nth && v.err == VDP_OK && k < v.a.n_filters; k++)
			if (v.a.filters[k].vid == 0)
				return true;
	return false;
}

/* The rest of the values, behind the status. */
static bool same_but_status(const struct rp_cmd *a, const struct rp_cmd *b)
{
	return a->value.len == b->value.len && a->value.len > 1 &&
	       memcmp(a->value.ptr + 1, b->value.ptr + 1, a->value.len - 1) == 0;
}

/* Two TLVs that stand beside each other. */
static enum replay_why compare_cmd(const struct replay *r, uint32_t i)
{
	const struct rp_cmd *c = &r->cap.cmd[i], *s = &r->sent.cmd[c->twin];
	const struct rp_msg *cm = &r->cap.msg[c->msg], *sm = &r->sent.msg[s->msg];
	bool is_ratified = cm->rec.generation == CAP_GEN_RATIFIED;

	if (c->op == s->op && span_equal(c->value, s->value))
		return REPLAY_SAME;
	if (is_ratified && c->kind == RP_COMMAND && c->op == VDP_DEASSOC && s->op == c->op &&
		same_but_status(c, s) && ((c->status ^ s->status) & ~(VDP_STATUS_S | VDP_STATUS_M)) == 0)
		return REPLAY_HINTS;
	if (is_ratified && c->kind == RP_ANSWER && error_of(cm, c) != 0 &&
		error_of(cm, c) == error_of(sm, s) && !c->was_in_force && same_but_status(c, s))
		return REPLAY_REFUSAL_FORM;
	if (is_ratified && c->kind == RP_ANSWER && c->op != VDP_DEASSOC && error_of(cm, c) == 0 &&
		error_of(sm, s) != 0 && same_but_status(c, s) && has_null_vid(cm, i - cm->first_cmd))
		return REPLAY_NULL_VID;
	return REPLAY_FIELDS;
}

static void compare_cmds(const struct replay *r, const struct rp_msg *c, struct replay_row *row)
{
	for (uint32_t i = c->first_cmd; i < c->first_cmd + c->n_cmds; i++) {
		enum replay_why why = r->cap.cmd[i].twin != RP_NONE ? compare_cmd(r, i)
								    : missing_cmd(r, c, i);

		row->whys |= why != REPLAY_SAME ? 1u << why : 0;
	}
}

/* Is what a TLV says told otherwise, with a name of its own? Then the octets are not the same, and that is said. */
static bool differs_in_cmds(const struct replay_row *row)
{
	return (row->whys & (1u << REPLAY_HINTS | 1u << REPLAY_REFUSAL_FORM | 1u << REPLAY_NULL_VID)) != 0;
}

static void compare_request(
	const struct replay *r, const struct rp_msg *c, const struct rp_msg *s, struct replay_row *row)
{
	compare_ecp(c, s, row);
	if (c->rec.ecp.hdr.seq != s->rec.ecp.hdr.seq)
		row->whys |= 1u << REPLAY_SEQUENCE;
	if (c->nth == 0)
		compare_cmds(r, c, row);
	if (c->nth == 0 && !same_packing(r, c, s)) {
		row->whys = (row->whys | 1u << REPLAY_PACKING) & ~(1u << REPLAY_PADDING);
		return;
	}
	if (same_but_padding(c->rec.ecp.payload, s->rec.ecp.payload))
		row->whys |= c->rec.ecp.payload.len != s->rec.ecp.payload.len ? 1u << REPLAY_PADDING : 0;
	else if (!differs_in_cmds(row))
		row->whys |= 1u << REPLAY_FIELDS;
}

/* ---- what has nothing beside it ---- */

static void missing_request(struct replay *r, const struct rp_msg *m)
{
	struct replay_row *row = rp_row_add(r, m, NULL, REPLAY_SAME);

	if (row == NULL)
		return;
	if (m->nth > 0)
		row->whys |= 1u << (is_caused(r, m) ? REPLAY_CONSEQUENCE : REPLAY_REPETITIONS);
	else if (m->n_cmds == 0)
		row->whys |= 1u << (m->rec.generation == CAP_GEN_DRAFT02 ? REPLAY_EMPTY : REPLAY_MISSING);
	for (uint32_t i = m->first_cmd; m->nth == 0 && i < m->first_cmd + m->n_cmds; i++)
		row->whys |= 1u << missing_cmd(r, m, i);
}

static bool is_second_ack(const struct replay *r, const struct rp_msg *m)
{
	for (uint32_t i = 0; i < r->cap.n && &r->cap.msg[i] != m; i++)
		if (r->cap.msg[i].is_own && r->cap.msg[i].kind == RP_ACK && r->cap.msg[i].cause == m->cause)
			return m->cause != RP_NONE;
	return false;
}

static void missing_ack(struct replay *r, const struct rp_msg *m)
{
	(void)rp_row_add(r, m, NULL,
		is_second_ack(r, m) ? REPLAY_ACK_TWICE
		: is_caused(r, m)   ? REPLAY_CONSEQUENCE
				    : REPLAY_MISSING);
}

static bool was_answered(const struct replay *r, const struct vsi_id *id)
{
	for (uint32_t i = 0; i < r->cap.n_cmds; i++)
		if (r->cap.cmd[i].kind == RP_ANSWER && r->cap.cmd[i].op != VDP_DEASSOC &&
			vsi_id_equal(&r->cap.cmd[i].vsi, id))
			return true;
	return false;
}

static enum replay_why extra_of_station(const struct replay *r, const struct rp_cmd *c)
{
	for (uint32_t i = 0; i < r->cap.n_cmds; i++) {
		const struct rp_cmd *k = &r->cap.cmd[i];

		if (k->kind == RP_COMMAND && k->op == c->op && vsi_id_equal(&k->vsi, &c->vsi))
			return was_answered(r, &c->vsi) ? REPLAY_KEEPALIVE : REPLAY_RETRY;
	}
	return REPLAY_EXTRA;
}

static enum replay_why extra_of_bridge(const struct replay *r, const struct rp_cmd *c)
{
	for (uint32_t i = r->cap.n_cmds; i-- > 0;) {
		const struct rp_cmd *k = &r->cap.cmd[i];
		const struct rp_msg *m = &r->cap.msg[k->msg];

		if (!m->is_peer || !m->is_done || k->kind != RP_COMMAND || !vsi_id_equal(&k->vsi, &c->vsi))
			continue;
		if (k->is_unanswered && !rp_has_answers(r, true))
			return REPLAY_NO_ANSWER;
		return k->is_repeat && !k->is_unanswered ? REPLAY_KEEPALIVE : REPLAY_EXTRA;
	}
	return REPLAY_EXTRA;
}

/* The same request of the peer's, sent again; in the draft with a number of its own. */
static bool is_sent_again(const struct rp_msg *a, const struct rp_msg *b)
{
	if (!b->is_peer || b->kind != RP_REQUEST || b->context != a->context)
		return false;
	return b->first == a->first ||
	       (a->rec.generation == CAP_GEN_DRAFT02 && mono_before(b->at, mono_add(a->at, dur_s(1))) &&
		       span_equal(a->rec.ecp.payload, b->rec.ecp.payload));
}

static bool is_repeated(const struct replay *r, uint32_t request)
{
	for (uint32_t i = request + 1; i < r->cap.n; i++)
		if (r->cap.msg[i].nth > 0 && r->cap.msg[i].first == r->cap.msg[request].first)
			return true;
	return r->cap.msg[request].nth > 0;
}

static enum replay_why extra_ack(const struct replay *r, const struct rp_msg *m)
{
	if (m->cause == RP_NONE) /* of an improvised request */
		return REPLAY_CONSEQUENCE;
	if (mono_before(r->last_own, mono_add(m->at, dur_ms(TIMING_MS))) &&
		is_repeated(r, m->cause)) /* nobody was there any more */
		return REPLAY_ABSENT;
	for (uint32_t i = 0; i < r->cap.n;
		i++) { /* the capture's end acknowledged another transmission of it */
		const struct rp_msg *ack = &r->cap.msg[i];

		if (ack->is_own && ack->kind == RP_ACK && ack->cause != RP_NONE &&
			is_sent_again(&r->cap.msg[m->cause], &r->cap.msg[ack->cause]))
			return REPLAY_REPETITIONS;
	}
	return REPLAY_EXTRA;
}

static void extra(struct replay *r, const struct rp_msg *m)
{
	struct replay_row *row = rp_row_add(r, NULL, m, REPLAY_SAME);
	unsigned whys = 0;

	if (row == NULL)
		return;
	if (m->kind == RP_ACK)
		whys = 1u << extra_ack(r, m);
	else if (m->nth > 0)
		whys = 1u << REPLAY_REPETITIONS;
	else if (m->n_cmds == 0)
		whys = 1u << REPLAY_EXTRA;
	for (uint32_t i = m->first_cmd; m->nth == 0 && i < m->first_cmd + m->n_cmds; i++) {
		const struct rp_cmd *c = &r->sent.cmd[i];

		if (c->twin == RP_NONE)
			whys |= 1u << (r->cfg.role == JUDGE_STATION ? extra_of_station(r, c)
								    : extra_of_bridge(r, c));
		else
			whys |= 1u << REPLAY_PACKING;
	}
	row->whys |= r->is_absent ? 1u << REPLAY_ABSENT : whys;
}

/* ---- all ---- */

static void row_of(struct replay *r, const struct rp_msg *c)
{
	const struct rp_msg *s = c->twin != RP_NONE ? &r->sent.msg[c->twin] : NULL;
	struct replay_row *row;

	if (s == NULL && c->kind == RP_REQUEST) {
		missing_request(r, c);
		return;
	}
	if (s == NULL) {
		missing_ack(r, c);
		return;
	}
	row = rp_row_add(r, c, s, REPLAY_SAME);
	if (row == NULL)
		return;
	if (c->kind == RP_REQUEST)
		compare_request(r, c, s, row);
	else
		compare_ack(c, s, row);
	compare_time(c, s, row);
}

static void weigh(struct replay *r)
{
	for (unsigned i = 0; i < r->n_rows; i++) {
		struct replay_row *row = &r->row[i];

		for (unsigned w = 0; w < REPLAY_N_WHYS; w++)
			if (row->whys & 1u << w && replay_weight(w) > row->verdict)
				row->verdict = replay_weight(w);
		r->count.rows[row->verdict]++;
	}
}

static struct mono time_of(const struct replay_row *row)
{
	return row->captured != NULL ? row->captured->frame.time : row->sent->frame.time;
}

static int by_time(const void *a, const void *b)
{
	const struct replay_row *x = a, *y = b;
	struct mono tx = time_of(x), ty = time_of(y);

	if (tx.ns != ty.ns)
		return tx.ns < ty.ns ? -1 : 1;
	if (x->captured != NULL && y->captured != NULL)
		return x->captured->frame.number < y->captured->frame.number ? -1 : 1;
	return (x->captured == NULL) - (y->captured == NULL);
}

bool rp_rows(struct replay *r)
{
	for (uint32_t i = 0; i < r->cap.n; i++)
		if (r->cap.msg[i].is_own)
			r->last_own = r->cap.msg[i].at;
	for (uint32_t i = 0; i < r->cap.n; i++)
		if (r->cap.msg[i].is_own && r->cap.msg[i].kind != RP_LLDP)
			row_of(r, &r->cap.msg[i]);
	for (uint32_t i = 0; i < r->sent.n; i++) {
		const struct rp_msg *m = &r->sent.msg[i];

		if (mono_before(m->at, r->epoch) || !mono_before(m->at, r->end))
			continue; /* the capture may have had it, later or before */
		r->count.sent++;
		if (m->kind != RP_LLDP && m->twin == RP_NONE)
			extra(r, m);
	}
	if (!rp_rows_lldp(r) || r->has_failed)
		return false;
	weigh(r);
	if (r->n_rows > 0)
		qsort(r->row, r->n_rows, sizeof(*r->row), by_time);
	return true;
}
