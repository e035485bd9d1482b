/*
 * csp_pe_rx.c - what a controlling bridge asks of a port extender (port-extension-reference 3.6).
 *
 * Each request is done whole or not at all: a Register with one unknown port, or more members than there is room for,
 * changes nothing. Create and Port-Status are for the bridge only: unsupported here. Anything but CSP-Open needs a
 * session.
 *
 * CSP-Open from the bridge means that it has none, so what we have is over, and a pause after a refusal or a fault too.
 */
#include "csp_pe_priv.h"

static void answer(struct csp_pe *pe, enum csp_completion c)
{
	struct csp_pdu p;

	csp_link_response(&pe->link, c, &p);
	csp_link_respond(&pe->link, &p);
}

static void on_open(struct csp_pe *pe, struct csp_pdu *p)
{
	struct csp_pdu response;

	if (pe->state == CSP_PE_DOWN || pe->state == CSP_PE_DISCOVER) {
		answer(pe, CSP_WRONG_STATE);
		return;
	}
	csp_pdu_respond(p, CSP_DONE, &response);
	if (pe->state != CSP_PE_OPENING)
		pe_restart(pe, "the bridge has begun anew");
	response.has = CSP_HAS_RESOURCE;
	response.resource = pe->cfg.resource;
	csp_link_respond(&pe->link, &response);
}

static enum csp_completion on_delete(struct csp_pe *pe, const struct csp_pdu *p)
{
	uint32_t i = pe_port_by_channel(pe, p->channel);

	if (p->channel == 0 || i == CSP_NONE)
		return CSP_UNKNOWN_CHANNEL;
	pe_port_gone(pe, i, true);
	return CSP_DONE;
}

/* ---- groups ---- */

/** Can all of it be done? */
static enum csp_completion check_members(struct csp_pe *pe, uint32_t group, const struct csp_pdu *p)
{
	uint32_t n_new = 0;

	for (unsigned k = 0; k < p->n_members; k++) {
		uint32_t i = csp_pe_find(pe, p->members[k].port);

		if (i == CSP_NONE || pe->port[i].v.channel == 0)
			return CSP_UNKNOWN_PORT;
		if (p->members[k].is_add &&
			(group == CSP_NONE || csp_member_find(&pe->groups, group, i) == CSP_NONE))
			n_new++;
	}
	if (n_new > pe->groups.max_members - pe->groups.n_members) {
		pe->count.members_full++;
		return CSP_NO_RESOURCES;
	}
	if (n_new > 0 && group == CSP_NONE && pe->groups.n_groups == pe->groups.max_groups) {
		pe->count.groups_full++;
		return CSP_NO_RESOURCES;
	}
	return CSP_DONE;
}

static void apply_member(struct csp_pe *pe, uint32_t group, const struct csp_member *change)
{
	uint32_t i = csp_pe_find(pe, change->port), m = csp_member_find(&pe->groups, group, i);

	if (change->is_add && m == CSP_NONE)
		csp_member_add(&pe->groups, group, i);
	else if (!change->is_add && m != CSP_NONE)
		csp_member_free(&pe->groups, m);
	else
		return;
	pe_group_tell(pe, group);
}

static enum csp_completion on_register(struct csp_pe *pe, const struct csp_pdu *p)
{
	uint32_t group = csp_group_find(&pe->groups, p->channel);
	enum csp_completion c;

	if (!vntag_is_channel(pe->format, p->channel, pe->cfg.is_base) ||
		!vntag_is_group(pe->format, p->channel))
		return CSP_UNKNOWN_CHANNEL;
	c = check_members(pe, group, p);
	if (c != CSP_DONE)
		return c;
	for (unsigned k = 0; k < p->n_members; k++) {
		if (group == CSP_NONE && p->members[k].is_add)
			group = csp_group_add(&pe->groups, p->channel);
		if (group != CSP_NONE)
			apply_member(pe, group, &p->members[k]);
	}
	return CSP_DONE;
}

/* ---- parameters ---- */

static enum csp_completion on_param_set(struct csp_pe *pe, const struct csp_pdu *p)
{
	uint32_t i = pe_port_by_channel(pe, p->channel);
	struct csp_vid *vids = NULL;
	struct pe_port *port;
	unsigned n_untagged = 0;

	if (p->channel == 0 || i == CSP_NONE)
		return CSP_UNKNOWN_CHANNEL;
	port = &pe->port[i];
	if (p->port.port != port->v.wish.number)
		return CSP_UNKNOWN_PORT;
	for (unsigned k = 0; k < p->n_vids; k++)
		n_untagged += p->vids[k].is_untagged;
	if (p->n_vids > 0)
		vids = (struct csp_vid *)buddy_alloc(&pe->vids, p->n_vids * sizeof(*vids));
	if ((p->n_vids > 0 && !vids) ||
		(pe->cfg.resource.max_untagged > 0 && n_untagged > pe->cfg.resource.max_untagged)) {
		buddy_free(&pe->vids, vids);
		pe->count.vids_full++;
		return CSP_NO_RESOURCES;
	}
	if (p->n_vids > 0)
		memcpy(vids, p->vids, p->n_vids * sizeof(*vids));
	buddy_free(&pe->vids, port->vids);
	port->vids = vids;
	port->v.vids = vids;
	port->v.n_vids = p->n_vids;
	port->v.pvid = p->port.pvid;
	port->v.priority = p->port.priority;
	port->has_parameters = true;
	pe_port_tell(pe, i);
	return CSP_DONE;
}

static void on_param_get(struct csp_pe *pe, struct csp_pdu *p)
{
	uint32_t i = pe_port_by_channel(pe, p->channel);
	const struct csp_pe_port *v = i == CSP_NONE || p->channel == 0 ? NULL : &pe->port[i].v;

	if (!v) {
		answer(pe, CSP_UNKNOWN_CHANNEL);
		return;
	}
	csp_pdu_respond(p, CSP_DONE, p);
	p->has = CSP_HAS_PORT | CSP_HAS_VIDS;
	p->port = (struct csp_port_params){ v->wish.number, v->wish.type, v->priority, v->pvid, 0 };
	p->n_vids = v->n_vids;
	if (v->n_vids > 0)
		memcpy(p->vids, v->vids, v->n_vids * sizeof(*v->vids));
	csp_link_respond(&pe->link, p);
}

/* ---- statistics ---- */

static void on_statistics(struct csp_pe *pe, const struct csp_pdu *p, struct mono now)
{
	uint32_t i = pe_port_by_channel(pe, p->channel);

	if (p->channel == 0 || i == CSP_NONE) {
		answer(pe, CSP_UNKNOWN_CHANNEL);
		return;
	}
	pe->question = (struct pe_question){
		.is_open = true, .handle = ++pe->handle, .port = i, .by = mono_add(now, dur_s(CSP_ANSWER_S))
	};
}

void pe_question_end(struct csp_pe *pe, enum csp_completion c)
{
	pe->question.is_open = false;
	answer(pe, c);
}

bool csp_pe_statistics(struct csp_pe *pe, uint32_t handle, const struct csp_statistics *s, struct mono now)
{
	struct csp_pdu p;

	(void)now;
	if (!pe->question.is_open || pe->question.handle != handle) {
		pe->count.late_answers++;
		return false;
	}
	pe->question.is_open = false;
	csp_link_response(&pe->link, CSP_DONE, &p);
	p.has = CSP_HAS_STATISTICS;
	p.statistics = *s;
	p.statistics.port = pe->port[pe->question.port].v.wish.number;
	csp_link_respond(&pe->link, &p);
	return true;
}

void pe_on_request(struct csp_pe *pe, struct csp_pdu *p, struct mono now)
{
	bool is_ours = p->message >= CSP_DELETE && p->message <= CSP_STATISTICS && p->message != CSP_STATUS;

	if (p->message == CSP_OPEN) {
		pe->question.is_open = false; /* whoever asked has begun anew */
		on_open(pe, p);
	} else if (!is_ours) {
		answer(pe, CSP_UNSUPPORTED);
	} else if (!pe_has_session(pe)) {
		answer(pe, CSP_WRONG_STATE);
	} else if (p->message == CSP_STATISTICS) {
		on_statistics(pe, p, now);
	} else if (p->message == CSP_PARAM_GET) {
		on_param_get(pe, p);
	} else if (p->message == CSP_PARAM_SET) {
		answer(pe, on_param_set(pe, p));
	} else if (p->message == CSP_REGISTER) {
		answer(pe, on_register(pe, p));
	} else {
		answer(pe, on_delete(pe, p));
	}
}
