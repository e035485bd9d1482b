/*
 * rp_user.c - those whose wishes a capture shows only by what follows from them: the hypervisor that asks for VSIs, the
 * type database that grants or refuses, the administrator who withdraws, whoever stops the daemon.
 */
#include "rp_world.h"

#include <stdlib.h>

/* ---- the hypervisor, the administrator ---- */

static bool read_cmd(const struct rp_msg *m, uint32_t nth, struct cap_vsi *ret)
{
	struct cap_vsi_walk walk;

	cap_vsi_first(&m->rec, &walk);
	while (cap_vsi_next(&walk, ret)) {
		if (ret->err == VDP_ERR_SHORT || ret->err == VDP_ERR_IGNORED || ret->a.op == 0)
			continue;
		if (nth-- == 0)
			return true;
	}
	return false;
}

static bool associate(struct rp_world *w, uint16_t port, const struct cap_vsi *v)
{
	struct vdp_request rq = {
		.op = v->a.op,
		.subject = { v->a.vsi, v->manager, v->a.type_id, v->a.type_version },
		.format = v->a.format,
		.n_filters = v->a.n_filters,
		.filters = v->a.filters,
		.org = v->a.org,
		.is_migrating = (v->a.status & VDP_STATUS_M) != 0,
		.is_suspended = (v->a.status & VDP_STATUS_S) != 0,
	};

	return node_vsi_request(w->node, port, &rq, NODE_NO_PORT, w->now) == VDP_SUBMIT_OK;
}

static void fulfil(struct rp_world *w, uint32_t cmd)
{
	struct rp_cmd *c = &w->r->cap.cmd[cmd];
	const struct rp_msg *m = &w->r->cap.msg[c->msg];
	uint16_t port = rp_channel_port(w, m->context);
	struct cap_vsi v;

	if (port == NODE_NO_PORT || !read_cmd(m, cmd - m->first_cmd, &v))
		c->was_refused = true;
	else if (c->kind == RP_WITHDRAW)
		c->was_refused = !node_vsi_withdraw(w->node, port, &c->vsi, "as in the capture", w->now);
	else if (c->op == VDP_DEASSOC)
		c->was_refused = node_vsi_deassociate(w->node, port, &c->vsi, w->now) != VDP_SUBMIT_OK;
	else
		c->was_refused = !associate(w, port, &v);
	if (port != NODE_NO_PORT)
		node_kick(w->node, port, w->now);
}

/* The next own command that is a wish. */
static uint32_t next_wish(const struct rp_world *w)
{
	uint32_t i = w->next_wish;

	while (i < w->r->cap.n_cmds && !w->r->cap.cmd[i].is_wish)
		i++;
	return i < w->r->cap.n_cmds ? i : RP_NONE;
}

/* When a wish is to be fulfilled. What failed and was asked for again may have been the own end's second try: evbd has a
 * moment to come to that by itself. */
static struct mono wish_time(const struct rp_world *w, uint32_t wish)
{
	const struct rp_cmd *c = &w->r->cap.cmd[wish];

	return mono_add(w->r->cap.msg[c->msg].at, c->is_again ? dur_ms(RP_AGAIN_MS) : dur_ms(0));
}

/* Who asked for it had seen what he asked for before go out: a wish that was fulfilled and not sent yet would only be
 * replaced. Waits a second at most. */
static bool has_to_wait(const struct rp_world *w, uint32_t wish)
{
	const struct rp_list *l = &w->r->cap;
	const struct rp_cmd *c = &l->cmd[wish];

	if (mono_reached(mono_add(wish_time(w, wish), dur_s(1)), w->now))
		return false;
	for (uint32_t i = 0; i < wish; i++)
		if (l->cmd[i].is_wish && l->cmd[i].twin == RP_NONE && !l->cmd[i].was_refused &&
			l->msg[l->cmd[i].msg].context == l->msg[c->msg].context &&
			vsi_id_equal(&l->cmd[i].vsi, &c->vsi))
			return true;
	return false;
}

static void fulfil_due(struct rp_world *w)
{
	uint32_t i;

	while ((i = next_wish(w)) != RP_NONE) {
		w->next_wish = i;
		if (!mono_reached(wish_time(w, i), w->now) || has_to_wait(w, i))
			return;
		w->next_wish = i + 1;
		if (!w->r->cap.cmd[i].is_again || w->r->cap.cmd[i].twin == RP_NONE)
			fulfil(w, i);
	}
	w->next_wish = w->r->cap.n_cmds;
}

/* ---- the type database ---- */

/* What the capture's bridge answered to this, the first such answer that no question has had yet. */
static uint32_t find_answer(const struct rp_world *w, uint16_t port, const struct vtdb_query *q)
{
	const struct replay *r = w->r;

	for (uint32_t i = 0; i < r->cap.n_cmds; i++) {
		const struct rp_cmd *c = &r->cap.cmd[i];
		const struct rp_msg *m = &r->cap.msg[c->msg];

		if (c->kind != RP_ANSWER || !m->is_own || m->nth > 0 || c->is_used ||
			!vsi_id_equal(&c->vsi, &q->subject.vsi) || rp_channel_port(w, m->context) != port)
			continue;
		if (c->op == q->op || (c->op == VDP_DEASSOC && (c->status & VDP_STATUS_ERROR) != 0))
			return i;
	}
	return RP_NONE;
}

static void decide(const struct cap_vsi *v, const struct vtdb_query *q, struct vtdb_answer *ret)
{
	uint8_t status = v->is_draft ? v->as_answer.status : v->a.status;

	ret->error = status & VDP_STATUS_ERROR;
	ret->is_hard = ret->error != VDP_E_SUCCESS && (status & VDP_STATUS_HARD) != 0;
	ret->is_keep = ret->error != VDP_E_SUCCESS && (status & VDP_STATUS_KEEP) != 0;
	ret->n_filters = q->n_filters;
	memcpy(ret->filters, q->filters, q->n_filters * sizeof(ret->filters[0]));
	if (v->a.n_filters != q->n_filters)
		return;
	for (unsigned i = 0; i < q->n_filters; i++) { /* only what a type may fill in */
		if (ret->filters[i].vid == 0)
			ret->filters[i].vid = v->a.filters[i].vid;
		if (!ret->filters[i].has_pcp) {
			ret->filters[i].has_pcp = v->a.filters[i].has_pcp;
			ret->filters[i].pcp = v->a.filters[i].pcp;
		}
	}
}

/* No answer in the capture, whose bridge does answer others: it would have granted this one, too. */
static bool decide_alone(const struct vtdb_query *q, struct vtdb_answer *ret)
{
	ret->n_filters = q->n_filters;
	memcpy(ret->filters, q->filters, q->n_filters * sizeof(ret->filters[0]));
	for (unsigned i = 0; i < q->n_filters; i++)
		if (q->filters[i].vid == 0)
			return false;
	return true;
}

/* As in the capture: the answer that stands there, and its time. */
static bool decide_as_captured(
	struct rp_world *w, uint32_t i, const struct vtdb_query *q, struct rp_question *x)
{
	const struct rp_msg *m = &w->r->cap.msg[w->r->cap.cmd[i].msg];
	struct cap_vsi v;

	if (!read_cmd(m, i - m->first_cmd, &v))
		return false;
	w->r->cap.cmd[i].is_used = true;
	x->at = mono_before(m->at, w->now) ? w->now : m->at;
	decide(&v, q, x->answer);
	x->answer->org = q->org.len > 0 && span_equal(q->org, v.a.org) ? v.a.org : span_of(NULL, 0);
	return true;
}

void rp_on_ask(void *ctx, struct node *n, uint16_t port, struct vtdb_handle h, const struct vtdb_query *q,
	struct mono now)
{
	struct rp_world *w = ctx;
	uint32_t i = find_answer(w, port, q);
	struct rp_question x = { .port = port, .handle = h, .at = mono_add(now, dur_ms(2)) };
	bool has;

	(void)n;
	if ((i == RP_NONE && !rp_has_answers(w->r, true)) || w->n_questions == RP_QUESTIONS)
		return; /* the database of the capture did not say anything */
	x.answer = calloc(1, sizeof(*x.answer));
	if (x.answer == NULL)
		return;
	has = i != RP_NONE ? decide_as_captured(w, i, q, &x) : decide_alone(q, x.answer);
	if (has)
		w->question[w->n_questions++] = x;
	else
		free(x.answer);
}

static void answer_due(struct rp_world *w)
{
	for (unsigned i = 0; i < w->n_questions;) {
		struct rp_question x = w->question[i];

		if (!mono_reached(x.at, w->now)) {
			i++;
			continue;
		}
		w->question[i] = w->question[--w->n_questions];
		node_vtdb_answer(w->node, x.port, x.handle, x.answer, w->now);
		node_kick(w->node, x.port, w->now);
		free(x.answer);
		i = 0;
	}
}

/* ---- the daemon itself: it stops, is started again, and its S-channels are configured ---- */

static void follow_lldp(struct rp_world *w)
{
	const struct replay *r = w->r;

	for (; w->next_lldp < r->cap.n && mono_reached(r->cap.msg[w->next_lldp].at, w->now); w->next_lldp++) {
		const struct rp_msg *m = &r->cap.msg[w->next_lldp];

		if (!m->is_own || m->kind != RP_LLDP || m->rec.lldp.err != LLDP_OK)
			continue;
		if (m->rec.lldp.pdu.ttl_s == 0 && m->context == 0)
			node_shutdown(w->node, w->now);
		else
			rp_channels_follow(w, m);
	}
}

struct mono rp_user_deadline(const struct rp_world *w)
{
	uint32_t i = next_wish(w);
	struct mono at = i != RP_NONE ? wish_time(w, i) : MONO_NEVER;

	if (i != RP_NONE && mono_reached(at, w->now) && has_to_wait(w, i))
		at = mono_add(at, dur_s(1));
	if (w->next_lldp < w->r->cap.n)
		at = mono_min(at, w->r->cap.msg[w->next_lldp].at);
	for (unsigned k = 0; k < w->n_questions; k++)
		at = mono_min(at, w->question[k].at);
	return at;
}

void rp_user_on_time(struct rp_world *w)
{
	follow_lldp(w);
	fulfil_due(w);
	answer_due(w);
}

void rp_user_free(struct rp_world *w)
{
	for (unsigned i = 0; i < w->n_questions; i++)
		free(w->question[i].answer);
}
