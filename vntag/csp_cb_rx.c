/*
 * csp_cb_rx.c - what a port extender asks of the controlling bridge (port-extension-reference 3.6).
 *
 * CSP-Open begins a session, and ends the one there was: the extender has begun anew. A Create becomes a question for the
 * user; until it is answered the extender waits (it may ask only one thing at a time), but not beyond CSP_ANSWER_S. No
 * port, number or channel is taken before the answer, so a refusal leaves nothing behind.
 */
#include "csp_cb_priv.h"

#include <assert.h>

static void answer(struct csp_cb *cb, enum csp_completion c)
{
	struct csp_pdu p;

	csp_link_response(&cb->link, c, &p);
	csp_link_respond(&cb->link, &p);
}

static void on_open(struct csp_cb *cb, struct csp_pdu *p, struct mono now)
{
	enum vntag_format format = csp_pdu_format(p);
	struct csp_pdu response;

	cb->question.is_open = false; /* whoever asked it has begun anew */
	if (cb->state == CSP_CB_IDLE) {
		cb->was_refused = true;
		cb->count.opens_refused++;
		answer(cb, CSP_WRONG_STATE);
		return;
	}
	if (cb->state == CSP_CB_OPEN)
		cb_cleanup(cb, "the extender has begun anew", now);
	csp_link_drop_request(&cb->link); /* our own Open, which has done what it is for */
	if ((cb->cfg.formats & 1u << format) == 0) {
		cb->count.opens_refused++;
		csp_pdu_respond(p, CSP_FORMAT_REFUSED, &response);
		csp_link_respond(&cb->link, &response);
		cb_enter_wait_open(cb, mono_add(now, dur_s(CSP_REFUSED_WAIT_S)));
		return;
	}
	cb->count.opens++;
	cb->state = CSP_CB_OPEN;
	cb->solicit_at = MONO_NEVER;
	cb->wants_solicit = false;
	cb->format = format;
	cb->resource = p->resource;
	cb->has_opened = true;
	csp_pdu_respond(p, CSP_DONE, &response);
	response.has = CSP_HAS_RESOURCE;
	response.resource = cb->cfg.resource;
	csp_link_respond(&cb->link, &response);
}

/* ---- Create ---- */

static enum csp_completion check_create(
	struct csp_cb *cb, const struct csp_port_params *asked, uint32_t channel)
{
	if (asked->type == CSP_PORT_UPSTREAM)
		return CSP_MALFORMED;
	if (csp_cb_find_number(cb, asked->port) != CSP_NONE) /* we have it and the extender does not */
		return CSP_WRONG_STATE;
	if (cb->n_ports == cb->cfg.max_ports) {
		cb->count.ports_full++;
		return CSP_NO_RESOURCES;
	}
	if (cb->cfg.n_ids > 0 && channel == 0) {
		cb->count.no_ids++;
		return CSP_NO_RESOURCES;
	}
	return CSP_DONE;
}

static void on_create(struct csp_cb *cb, const struct csp_pdu *p, struct mono now)
{
	uint32_t channel = csp_ids_peek(&cb->ids, now);
	enum csp_completion c = check_create(cb, &p->port, channel);

	if (c != CSP_DONE) {
		cb->count.refused++;
		answer(cb, c);
		return;
	}
	cb->question = (struct cb_question){ .is_open = true,
		.handle = ++cb->handle,
		.asked = p->port,
		.channel = channel,
		.by = mono_add(now, dur_s(CSP_ANSWER_S)) };
}

void cb_question_end(struct csp_cb *cb, enum csp_completion c)
{
	cb->question.is_open = false;
	cb->count.refused++;
	answer(cb, c);
}

bool csp_cb_answer(struct csp_cb *cb, uint32_t handle, enum csp_completion c, uint32_t channel, uint32_t user,
	struct mono now)
{
	struct csp_pdu p;
	uint32_t i;

	if (!cb->question.is_open || cb->question.handle != handle) {
		cb->count.late_answers++;
		return false;
	}
	if (c != CSP_DONE) {
		cb_question_end(cb, c);
		return true;
	}
	if (cb->cfg.n_ids > 0)
		channel = csp_ids_take(&cb->ids, now);
	if (!vntag_is_channel(cb->format, channel, cb->cfg.is_base) || vntag_is_group(cb->format, channel) ||
		csp_cb_find(cb, channel) != CSP_NONE) {
		cb_question_end(cb, CSP_NO_RESOURCES);
		return false;
	}
	cb->question.is_open = false;
	cb->count.created++;
	i = cb_port_new(cb, &cb->question.asked, channel);
	assert(i != CSP_NONE); /* there was room when it was asked, and nothing else takes records */
	cb->port[i].v.user = user;
	csp_link_response(&cb->link, CSP_DONE, &p);
	p.channel = channel;
	csp_link_respond(&cb->link, &p);
	return true;
}

/* ---- Delete and Status ---- */

static enum csp_completion on_delete(struct csp_cb *cb, const struct csp_pdu *p, struct mono now)
{
	uint32_t i = csp_cb_find(cb, p->channel);

	if (i == CSP_NONE)
		return CSP_UNKNOWN_CHANNEL;
	cb_port_gone(cb, i, now);
	return CSP_DONE;
}

static enum csp_completion on_status(struct csp_cb *cb, const struct csp_pdu *p)
{
	uint32_t i = csp_cb_find(cb, p->channel);

	if (i == CSP_NONE)
		return CSP_UNKNOWN_CHANNEL;
	if (cb->port[i].v.asked.port != p->status.port)
		return CSP_UNKNOWN_PORT;
	cb->port[i].v.is_operational = p->status.is_oper;
	cb_port_tell(cb, i);
	return CSP_DONE;
}

void cb_on_request(struct csp_cb *cb, struct csp_pdu *p, struct mono now)
{
	if (p->message == CSP_OPEN)
		on_open(cb, p, now);
	else if (p->message != CSP_CREATE && p->message != CSP_DELETE && p->message != CSP_STATUS)
		answer(cb, CSP_UNSUPPORTED);
	else if (cb->state != CSP_CB_OPEN)
		answer(cb, CSP_WRONG_STATE);
	else if (p->message == CSP_CREATE)
		on_create(cb, p, now);
	else if (p->message == CSP_DELETE)
		answer(cb, on_delete(cb, p, now));
	else
		answer(cb, on_status(cb, p));
}
