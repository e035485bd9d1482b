/*
 * csp_pe_event.c - what the user of a port extender is told, one event at a time (port-extension-reference 3.6).
 *
 * The order is CLEANUP, OPENED, ports, groups, questions: a group names only ports that were told before. For one port it
 * is DELETED, CREATED, REFUSED, PARAMETERS, so a channel that was lost is told before the one that took its place.
 */
#include "csp_pe_priv.h"

void pe_port_tell(struct csp_pe *pe, uint32_t i)
{
	if (!ilinks_in(&pe->news_links, i))
		ilist_push(&pe->news, &pe->news_links, i);
}

void pe_group_tell(struct csp_pe *pe, uint32_t group)
{
	if (!ilinks_in(&pe->group_links, group))
		ilist_push(&pe->group_news, &pe->group_links, group);
}

/** The next event of a port, false: none. */
static bool port_event(struct pe_port *p, struct csp_pe_event *ret)
{
	ret->completion = p->v.completion;
	ret->channel = p->told;
	if (p->told != 0 && p->told != p->v.channel) {
		ret->kind = CSP_PE_EV_DELETED;
		p->told = 0;
	} else if (p->told == 0 && p->v.state == CSP_PE_PORT_CREATED) {
		ret->kind = CSP_PE_EV_CREATED;
		ret->channel = p->told = p->v.channel;
	} else if (p->has_refusal) {
		ret->kind = CSP_PE_EV_REFUSED;
		p->has_refusal = false;
	} else if (p->has_parameters && p->told != 0) {
		ret->kind = CSP_PE_EV_PARAMETERS;
		p->has_parameters = false;
	} else {
		return false;
	}
	return true;
}

static bool next_port_event(struct csp_pe *pe, struct csp_pe_event *ret)
{
	uint32_t i;

	while ((i = pe->news.head) != ILIST_NONE) {
		ret->port = i;
		if (port_event(&pe->port[i], ret))
			return true;
		ilist_remove(&pe->news, &pe->news_links, i);
		pe_port_settle(pe, i);
	}
	ret->port = CSP_NONE;
	ret->completion = CSP_DONE;
	return false;
}

static bool next_group_event(struct csp_pe *pe, struct csp_pe_event *ret)
{
	uint32_t i;

	while ((i = ilist_pop(&pe->group_news, &pe->group_links)) != ILIST_NONE) {
		struct csp_group *g = &pe->groups.group[i];
		bool is_news = g->n > 0 || g->is_told;

		ret->kind = CSP_PE_EV_GROUP;
		ret->channel = g->channel;
		g->is_told = g->n > 0;
		if (g->n == 0)
			csp_group_free(&pe->groups, i);
		if (is_news)
			return true;
	}
	return false;
}

/** The next event of all, false: none. */
static bool next_event(struct csp_pe *pe, struct csp_pe_event *ret)
{
	if (pe->is_cleaning) {
		pe->is_cleaning = false;
		ret->kind = CSP_PE_EV_CLEANUP;
		ret->reason = pe->reason;
		return true;
	}
	if (pe->has_opened) {
		pe->has_opened = false;
		pe->told_opened = true;
		ret->kind = CSP_PE_EV_OPENED;
		return true;
	}
	if (next_port_event(pe, ret) || next_group_event(pe, ret))
		return true;
	if (!pe->question.is_open || pe->question.is_told)
		return false;
	pe->question.is_told = true;
	ret->kind = CSP_PE_EV_STATISTICS;
	ret->port = pe->question.port;
	ret->channel = pe->port[ret->port].v.channel;
	ret->handle = pe->question.handle;
	return true;
}

bool csp_pe_next_event(struct csp_pe *pe, struct csp_pe_event *ret)
{
	struct csp_pe_event e = { .format = pe->format, .port = CSP_NONE };

	if (!next_event(pe, &e))
		return false;
	*ret = e;
	return true;
}
