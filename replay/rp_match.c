/*
 * rp_match.c - what the device under test sends, laid beside the capture while it runs: TLV by TLV, because another end
 * may pack them otherwise, and acknowledgements by the request they are for.
 */
#include "rp_priv.h"

/* The frame of the peer's that was sent last and has this number. */
static uint32_t request_of(const struct replay *r, const struct rp_msg *ack)
{
	uint32_t best = RP_NONE;

	for (uint32_t i = 0; i < r->cap.n; i++) {
		const struct rp_msg *m = &r->cap.msg[i];

		if (m->is_peer && m->is_done && m->kind == RP_REQUEST && m->context == ack->context &&
			m->rec.ecp.hdr.seq == ack->rec.ecp.hdr.seq &&
			(best == RP_NONE || !mono_before(m->due, r->cap.msg[best].due)))
			best = i;
	}
	return best;
}

static void match_ack(struct replay *r, struct rp_msg *m)
{
	uint32_t me = r->sent.n - 1;

	m->cause = request_of(r, m);
	if (m->cause == RP_NONE)
		return;
	for (uint32_t i = m->cause; i < r->cap.n; i++) {
		struct rp_msg *c = &r->cap.msg[i];

		if (c->is_own && c->kind == RP_ACK && c->cause == m->cause && c->twin == RP_NONE) {
			c->twin = me;
			m->twin = i;
			return;
		}
	}
}

/* The request before in the same S-channel. */
static uint32_t before(const struct replay *r, const struct rp_msg *m)
{
	for (uint32_t i = r->sent.n - 1; i-- > 0;)
		if (r->sent.msg[i].kind == RP_REQUEST && r->sent.msg[i].context == m->context)
			return i;
	return RP_NONE;
}

static void match_repetition(struct replay *r, struct rp_msg *m, const struct rp_msg *last)
{
	uint32_t first = r->sent.msg[last->first].twin;

	m->first = last->first;
	m->nth = last->nth + 1;
	if (first == RP_NONE)
		return;
	for (uint32_t i = first + 1; i < r->cap.n; i++) {
		struct rp_msg *c = &r->cap.msg[i];

		if (c->is_own && c->kind == RP_REQUEST && c->first == first && c->nth == m->nth) {
			c->twin = r->sent.n - 1;
			m->twin = i;
			rp_peer_release(r, i, m->at);
			return;
		}
	}
	if (r->has_dropped) /* on purpose: whoever lost one acknowledges the next */
		rp_peer_improvise(r, m);
}

/* The earliest command of the capture that has nothing beside it yet and is this one: of a station the same command, of a
 * bridge the same kind of one, else whatever it has to say of that VSI. */
static uint32_t find_cmd(const struct replay *r, const struct rp_msg *m, const struct rp_cmd *c)
{
	bool is_station = r->cfg.role == JUDGE_STATION;
	uint32_t second = RP_NONE;

	for (uint32_t i = 0; i < r->cap.n_cmds; i++) {
		const struct rp_cmd *k = &r->cap.cmd[i];
		const struct rp_msg *of = &r->cap.msg[k->msg];

		if (k->twin != RP_NONE || !of->is_own || of->nth > 0 || of->context != m->context ||
			!vsi_id_equal(&k->vsi, &c->vsi))
			continue;
		if (k->op == c->op)
			return i;
		if (!is_station && second == RP_NONE &&
			(of->cause == RP_NONE || r->cap.msg[of->cause].is_done))
			second = i;
		if (second != RP_NONE && mono_before(m->at, of->at))
			break;
	}
	return second;
}

static void match_cmds(struct replay *r, struct rp_msg *m)
{
	uint32_t me = r->sent.n - 1;

	for (uint32_t k = m->first_cmd; k < m->first_cmd + m->n_cmds; k++) {
		struct rp_cmd *c = &r->sent.cmd[k];
		uint32_t i = find_cmd(r, m, c);
		struct rp_msg *of;

		if (i == RP_NONE)
			continue;
		c->twin = i;
		r->cap.cmd[i].twin = k;
		of = &r->cap.msg[r->cap.cmd[i].msg];
		if (of->twin != RP_NONE)
			continue;
		of->twin = me;
		if (m->twin == RP_NONE)
			m->twin = r->cap.cmd[i].msg;
		rp_peer_release(r, r->cap.cmd[i].msg, m->at);
	}
}

static void match_empty(struct replay *r, struct rp_msg *m)
{
	for (uint32_t i = 0; i < r->cap.n; i++) {
		struct rp_msg *c = &r->cap.msg[i];

		if (!c->is_own || c->kind != RP_REQUEST || c->n_cmds > 0 || c->nth > 0 || c->twin != RP_NONE)
			continue;
		c->twin = r->sent.n - 1;
		m->twin = i;
		rp_peer_release(r, i, m->at);
		return;
	}
}

void rp_match(struct replay *r, struct rp_msg *m)
{
	uint32_t last;

	if (m->kind == RP_ACK)
		match_ack(r, m);
	if (m->kind != RP_REQUEST)
		return;
	last = before(r, m);
	if (last != RP_NONE && r->sent.msg[last].rec.ecp.hdr.seq == m->rec.ecp.hdr.seq &&
		rp_same_payload(&r->sent.msg[last], m)) {
		match_repetition(r, m, &r->sent.msg[last]);
		return;
	}
	if (m->n_cmds == 0)
		match_empty(r, m);
	else
		match_cmds(r, m);
	if (m->twin == RP_NONE)
		rp_peer_improvise(r, m);
}
