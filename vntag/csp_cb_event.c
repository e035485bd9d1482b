/*
 * csp_cb_event.c - what the user of a controlling bridge is told, one event at a time (port-extension-reference 3.6).
 *
 * The order is CLEANUP, OPENED, ports, groups, results, questions: a group names only ports that were told before. For one
 * port it is DELETED, CREATED, STATUS, SET.
 */
#include "csp_cb_priv.h"

void cb_port_tell(struct csp_cb *cb, uint32_t i)
{
	if (!ilinks_in(&cb->news_links, i))
		ilist_push(&cb->news, &cb->news_links, i);
}

/** The next event of a port, false: none. */
static bool port_event(struct cb_port *p, struct csp_cb_event *ret)
{
	ret->channel = p->v.channel;
	ret->asked = p->v.asked;
	if (p->is_gone) {
		ret->kind = CSP_CB_EV_DELETED;
		if (p->told == 0)
			return false;
		p->told = 0;
	} else if (p->told == 0) {
		ret->kind = CSP_CB_EV_CREATED;
		p->told = p->v.channel;
	} else if (p->told_oper != p->v.is_operational) {
		ret->kind = CSP_CB_EV_STATUS;
		p->told_oper = p->v.is_operational;
	} else if (p->has_set) {
		ret->kind = CSP_CB_EV_SET;
		ret->completion = p->completion;
		p->has_set = false;
	} else {
		return false;
	}
	return true;
}

static bool next_port_event(struct csp_cb *cb, struct csp_cb_event *ret)
{
	uint32_t i;

	while ((i = cb->news.head) != ILIST_NONE) {
		struct csp_cb_event e = *ret;

		e.port = i;
		if (port_event(&cb->port[i], &e)) {
			*ret = e;
			return true;
		}
		ilist_remove(&cb->news, &cb->news_links, i);
		cb_port_settle(cb, i);
	}
	return false;
}

static bool next_group_event(struct csp_cb *cb, struct csp_cb_event *ret)
{
	uint32_t i;

	while ((i = ilist_pop(&cb->group_news, &cb->group_news_links)) != ILIST_NONE) {
		struct csp_group *g = &cb->groups.group[i];

		if (!cb_group_is_settled(cb, i)) /* told when it is */
			continue;
		ret->channel = g->channel;
		if (g->is_ended) {
			ret->kind = CSP_CB_EV_GROUP_ENDED;
			csp_group_free(&cb->groups, i);
			return true;
		}
		ret->kind = g->is_failed ? CSP_CB_EV_GROUP_FAILED : CSP_CB_EV_GROUP;
		ret->completion = g->is_failed ? g->completion : CSP_DONE;
		g->is_failed = false;
		return true;
	}
	return false;
}

static bool next_event(struct csp_cb *cb, struct csp_cb_event *ret)
{
	if (cb->is_cleaning) {
		cb->is_cleaning = false;
		ret->kind = CSP_CB_EV_CLEANUP;
		ret->reason = cb->reason;
		return true;
	}
	if (cb->has_opened) {
		cb->has_opened = false;
		cb->told_opened = true;
		ret->kind = CSP_CB_EV_OPENED;
		return true;
	}
	if (next_port_event(cb, ret) || next_group_event(cb, ret))
		return true;
	if (cb->has_result) {
		cb->has_result = false;
		*ret = cb->result;
		return true;
	}
	if (!cb->question.is_open || cb->question.is_told)
		return false;
	cb->question.is_told = true;
	ret->kind = CSP_CB_EV_ASK;
	ret->handle = cb->question.handle;
	ret->asked = cb->question.asked;
	ret->channel = cb->question.channel;
	return true;
}

bool csp_cb_next_event(struct csp_cb *cb, struct csp_cb_event *ret)
{
	struct csp_cb_event e = { .format = cb->format, .port = CSP_NONE, .resource = cb->resource };

	if (!next_event(cb, &e))
		return false;
	*ret = e;
	return true;
}
