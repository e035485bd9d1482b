/*
 * csp_pe_port.c - ports and groups of a port extender: wishes, channels, and what the user is still to be told
 * (port-extension-reference 3.6).
 *
 *                   Create              0                    remove            response, or 4
 *    WANTED ---------------> CREATING -----> CREATED --------------> DELETING -------> DELETED --> free, or WANTED
 *      ^ ^                      |               | Delete by the bridge  (todo)  Delete
 *      | '--- 10 s ------- REFUSED <------------'                                         cleanup: all to WANTED or free
 *      '----- add again ------'
 *
 * Events are not queued but found: a port in `news` compares what the user was told with what is. What happens between
 * two pulls merges, and nothing grows.
 *
 * Invariants: a port is in by_channel <=> its channel is not 0 <=> it is CREATED, DELETING or DELETED and not gone; n_open
 * counts WANTED and CREATING; only ports with a channel are in groups; a port that is neither wanted nor known to the
 * user nor in the bridge's hands is free.
 */
#include "csp_pe_priv.h"

#include <assert.h>

enum { PRIORITY_MAX = 7, VID_MAX = 4094 };

/* ---- memory ---- */

void pe_ports_layout(struct csp_pe *pe, struct carve *c)
{
	pe->port = (struct pe_port *)carve_take(c, pe->cfg.max_ports, sizeof(*pe->port));
	imap_layout(&pe->by_number, c, pe->cfg.max_ports);
	imap_layout(&pe->by_channel, c, pe->cfg.max_ports);
	ilinks_layout(&pe->todo_links, c, pe->cfg.max_ports);
	ilinks_layout(&pe->news_links, c, pe->cfg.max_ports);
	csp_groups_layout(&pe->groups, c, pe->cfg.max_ports, pe->cfg.max_groups, pe->cfg.max_members);
	ilinks_layout(&pe->group_links, c, pe->cfg.max_groups);
	buddy_layout(&pe->vids, c, (size_t)pe->cfg.max_vids * sizeof(struct csp_vid));
}

void pe_ports_init(struct csp_pe *pe)
{
	imap_clear(&pe->by_number);
	imap_clear(&pe->by_channel);
	ilist_clear(&pe->todo);
	ilist_clear(&pe->retry);
	ilist_clear(&pe->news);
	ilist_clear(&pe->group_news);
	pe->groups.key = pe->cfg.key;
	csp_groups_init(&pe->groups);
	buddy_clear(&pe->vids);
	pe->free_port = CSP_NONE;
}

static uint64_t number_hash(uint16_t number)
{
	return number; /* the user's own, and all different */
}

static uint64_t channel_hash(const struct csp_pe *pe, uint32_t channel)
{
	return siphash(pe->cfg.key, span_of(&channel, sizeof(channel)));
}

uint32_t csp_pe_find(const struct csp_pe *pe, uint16_t number)
{
	for (uint32_t i = imap_first(&pe->by_number, number_hash(number)); i != IMAP_NONE;
		i = imap_next(&pe->by_number, i))
		if (pe->port[i].v.wish.number == number)
			return i;
	return CSP_NONE;
}

uint32_t pe_port_by_channel(const struct csp_pe *pe, uint32_t channel)
{
	for (uint32_t i = imap_first(&pe->by_channel, channel_hash(pe, channel)); i != IMAP_NONE;
		i = imap_next(&pe->by_channel, i))
		if (pe->port[i].v.channel == channel)
			return i;
	return CSP_NONE;
}

static uint32_t take_record(struct csp_pe *pe)
{
	uint32_t i = pe->free_port;

	if (i != CSP_NONE)
		pe->free_port = pe->port[i].next_free;
	else if (pe->high < pe->cfg.max_ports)
		i = pe->high++;
	return i;
}

static void set_state(struct csp_pe *pe, uint32_t i, enum csp_pe_port_state s)
{
	struct pe_port *p = &pe->port[i];

	pe->n_open -= p->v.state <= CSP_PE_PORT_CREATING;
	pe->n_open += s <= CSP_PE_PORT_CREATING;
	p->v.state = (uint8_t)s;
}

static void forget_vids(struct csp_pe *pe, struct pe_port *p)
{
	buddy_free(&pe->vids, p->vids);
	p->vids = NULL;
	p->v.vids = NULL;
	p->v.n_vids = 0;
}

static void add_todo(struct csp_pe *pe, uint32_t i)
{
	if (!ilinks_in(&pe->todo_links, i))
		ilist_push(&pe->todo, &pe->todo_links, i);
}

static void remove_todo(struct csp_pe *pe, uint32_t i)
{
	bool is_retrying = pe->port[i].v.state == CSP_PE_PORT_REFUSED;

	if (ilinks_in(&pe->todo_links, i))
		ilist_remove(is_retrying ? &pe->retry : &pe->todo, &pe->todo_links, i);
}

static void release(struct csp_pe *pe, uint32_t i)
{
	struct pe_port *p = &pe->port[i];

	remove_todo(pe, i);
	if (ilinks_in(&pe->news_links, i))
		ilist_remove(&pe->news, &pe->news_links, i);
	imap_remove(&pe->by_number, number_hash(p->v.wish.number), i);
	set_state(pe, i, CSP_PE_PORT_DELETED);
	forget_vids(pe, p);
	p->is_live = false;
	p->next_free = pe->free_port;
	pe->free_port = i;
	pe->n_ports--;
}

void pe_port_settle(struct csp_pe *pe, uint32_t i)
{
	const struct pe_port *p = &pe->port[i];

	if (!p->is_wanted && p->told == 0 && p->v.state == CSP_PE_PORT_DELETED && p->v.channel == 0)
		release(pe, i);
}

/* ---- wishes ---- */

static bool is_legal(const struct csp_pe_wish *w)
{
	return (w->type == CSP_PORT_EXTENDED || w->type == CSP_PORT_CASCADE) && w->priority <= PRIORITY_MAX &&
	       w->pvid <= VID_MAX;
}

static void set_wish(struct pe_port *p, const struct csp_pe_wish *w)
{
	p->v.wish = *w;
	p->v.priority = w->priority;
	p->v.pvid = w->pvid;
	p->is_wanted = true;
}

static void want(struct csp_pe *pe, uint32_t i)
{
	set_state(pe, i, CSP_PE_PORT_WANTED);
	add_todo(pe, i);
	if (pe->state == CSP_PE_OPERATIONAL)
		pe->state = CSP_PE_CREATING;
}

enum csp_submit csp_pe_port_add(struct csp_pe *pe, const struct csp_pe_wish *w)
{
	uint32_t i = csp_pe_find(pe, w->number);

	if (!is_legal(w))
		return CSP_SUBMIT_BAD;
	if (i != CSP_NONE && pe->port[i].is_wanted)
		return CSP_SUBMIT_EXISTS;
	if (i != CSP_NONE) { /* on its way out: it comes back when it is gone */
		set_wish(&pe->port[i], w);
		if (pe->port[i].v.state == CSP_PE_PORT_DELETED && pe->port[i].v.channel == 0)
			want(pe, i);
		return CSP_SUBMIT_OK;
	}
	i = take_record(pe);
	if (i == CSP_NONE) {
		pe->count.ports_full++;
		return CSP_SUBMIT_FULL;
	}
	pe->port[i] = (struct pe_port){ .v = { .state = CSP_PE_PORT_DELETED },
		.is_live = true,
		.serial = pe->port[i].serial + 1,
		.retry_at = MONO_NEVER };
	set_wish(&pe->port[i], w);
	imap_insert(&pe->by_number, number_hash(w->number), i);
	pe->n_ports++;
	want(pe, i);
	return CSP_SUBMIT_OK;
}

enum csp_submit csp_pe_port_remove(struct csp_pe *pe, uint16_t number)
{
	uint32_t i = csp_pe_find(pe, number);
	struct pe_port *p;

	if (i == CSP_NONE || !pe->port[i].is_wanted)
		return CSP_SUBMIT_UNKNOWN;
	p = &pe->port[i];
	p->is_wanted = false;
	p->has_refusal = false;
	switch ((enum csp_pe_port_state)p->v.state) {
	case CSP_PE_PORT_CREATING:
		p->is_stale = true;
		break;
	case CSP_PE_PORT_CREATED:
		set_state(pe, i, CSP_PE_PORT_DELETING);
		add_todo(pe, i);
		break;
	case CSP_PE_PORT_WANTED:
	case CSP_PE_PORT_REFUSED:
		remove_todo(pe, i);
		set_state(pe, i, CSP_PE_PORT_DELETED);
		pe_port_settle(pe, i); /* unless a DELETED is still to be told */
		break;
	case CSP_PE_PORT_DELETING:
	case CSP_PE_PORT_DELETED:
	default:
		break;
	}
	if (pe->state == CSP_PE_CREATING && pe->n_open == 0)
		pe->state = CSP_PE_OPERATIONAL;
	return CSP_SUBMIT_OK;
}

enum csp_submit csp_pe_port_set_operational(struct csp_pe *pe, uint16_t number, bool is_operational)
{
	uint32_t i = csp_pe_find(pe, number);

	if (i == CSP_NONE || !pe->port[i].is_wanted)
		return CSP_SUBMIT_UNKNOWN;
	pe->port[i].v.wish.is_operational = is_operational;
	if (pe->port[i].v.state == CSP_PE_PORT_CREATED && is_operational != pe->port[i].was_told_oper)
		add_todo(pe, i);
	return CSP_SUBMIT_OK;
}

/* ---- what the bridge answers and does ---- */

void pe_port_created(struct csp_pe *pe, uint32_t i, uint32_t channel)
{
	struct pe_port *p = &pe->port[i];
	bool is_unwanted = !p->is_wanted || p->is_stale;

	p->v.channel = channel;
	imap_insert(&pe->by_channel, channel_hash(pe, channel), i);
	p->was_told_oper = true;
	p->is_stale = false;
	pe->count.created++;
	set_state(pe, i, is_unwanted ? CSP_PE_PORT_DELETING : CSP_PE_PORT_CREATED);
	if (is_unwanted || !p->v.wish.is_operational)
		add_todo(pe, i);
	if (!is_unwanted)
		pe_port_tell(pe, i);
}

void pe_port_refused(struct csp_pe *pe, uint32_t i, uint8_t completion, struct mono now)
{
	struct pe_port *p = &pe->port[i];
	bool is_renewed = p->is_stale && p->is_wanted;

	pe->count.refused++;
	p->is_stale = false;
	if (is_renewed) { /* that was an older wish */
		want(pe, i);
		return;
	}
	set_state(pe, i, p->is_wanted ? CSP_PE_PORT_REFUSED : CSP_PE_PORT_DELETED);
	p->v.completion = completion;
	p->has_refusal = p->is_wanted;
	if (p->is_wanted && completion == CSP_NO_RESOURCES) {
		p->retry_at = mono_add(now, dur_s(CSP_REFUSED_WAIT_S));
		ilist_push(&pe->retry, &pe->todo_links, i);
	}
	pe_port_tell(pe, i);
}

/** Out of its groups, and without a channel. */
static void lose_channel(struct csp_pe *pe, uint32_t i)
{
	struct pe_port *p = &pe->port[i];

	while (csp_port_first(&pe->groups, i) != CSP_NONE) {
		uint32_t m = csp_port_first(&pe->groups, i), group = pe->groups.member[m].group;

		csp_member_free(&pe->groups, m);
		pe_group_tell(pe, group);
	}
	imap_remove(&pe->by_channel, channel_hash(pe, p->v.channel), i);
	p->v.channel = 0;
	p->serial++;
	p->has_parameters = false;
	p->v.priority = p->v.wish.priority;
	p->v.pvid = p->v.wish.pvid;
	forget_vids(pe, p);
}

void pe_port_gone(struct csp_pe *pe, uint32_t i, bool is_by_bridge)
{
	struct pe_port *p = &pe->port[i];
	bool was_wanted = p->v.state == CSP_PE_PORT_CREATED;

	if (pe->question.is_open && pe->question.port == i)
		pe_question_end(pe, CSP_UNKNOWN_CHANNEL);
	lose_channel(pe, i);
	pe->count.deleted++;
	remove_todo(pe, i);
	if (was_wanted && is_by_bridge) {
		set_state(pe, i, CSP_PE_PORT_REFUSED); /* it does not want it: not asked again by itself */
		p->v.completion = CSP_DONE;
	} else if (p->is_wanted) {
		want(pe, i);
	} else {
		set_state(pe, i, CSP_PE_PORT_DELETED);
	}
	pe_port_tell(pe, i);
}

void pe_ports_cleanup(struct csp_pe *pe)
{
	csp_groups_clear(&pe->groups);
	while (ilist_pop(&pe->group_news, &pe->group_links) != ILIST_NONE)
		;
	for (uint32_t i = 0; i < pe->high; i++) {
		struct pe_port *p = &pe->port[i];

		if (!p->is_live)
			continue;
		if (p->v.channel != 0)
			lose_channel(pe, i);
		p->told = 0;
		p->has_refusal = false;
		p->is_stale = false;
		p->serial++;
		remove_todo(pe, i);
		if (p->is_wanted)
			want(pe, i);
		else
			release(pe, i);
	}
	while (ilist_pop(&pe->news, &pe->news_links) != ILIST_NONE)
		;
}

/* ---- requests ---- */

bool pe_port_compose(struct csp_pe *pe, struct csp_pdu *p)
{
	uint32_t i;

	while ((i = ilist_pop(&pe->todo, &pe->todo_links)) != ILIST_NONE) {
		struct pe_port *port = &pe->port[i];
		const struct csp_pe_wish *w = &port->v.wish;

		p->flags = 0;
		p->channel = port->v.channel;
		p->has = 0;
		pe->asked_port = i;
		pe->asked_serial = port->serial;
		if (port->v.state == CSP_PE_PORT_WANTED) {
			p->message = CSP_CREATE;
			p->has = CSP_HAS_PORT;
			p->port = (struct csp_port_params){ w->number, w->type, w->priority, w->pvid, 0 };
			set_state(pe, i, CSP_PE_PORT_CREATING);
			return true;
		}
		if (port->v.state == CSP_PE_PORT_DELETING) {
			p->message = CSP_DELETE;
			set_state(pe, i, CSP_PE_PORT_DELETED);
			return true;
		}
		if (port->v.state == CSP_PE_PORT_CREATED && w->is_operational != port->was_told_oper) {
			p->message = CSP_STATUS;
			p->has = CSP_HAS_STATUS;
			p->status = (struct csp_port_status){ w->number, w->is_operational };
			port->was_told_oper = w->is_operational;
			return true;
		}
	}
	return false;
}

void pe_ports_on_time(struct csp_pe *pe, struct mono now)
{
	while (pe->retry.n > 0 && mono_reached(pe->port[pe->retry.head].retry_at, now))
		want(pe, ilist_pop(&pe->retry, &pe->todo_links));
}

struct mono pe_ports_deadline(const struct csp_pe *pe)
{
	return pe->retry.n > 0 ? pe->port[pe->retry.head].retry_at : MONO_NEVER;
}

/* ---- looking ---- */

uint32_t csp_pe_count(const struct csp_pe *pe)
{
	return pe->n_ports;
}

const struct csp_pe_port *csp_pe_port_at(const struct csp_pe *pe, uint32_t port)
{
	return port < pe->high && pe->port[port].is_live ? &pe->port[port].v : NULL;
}

uint32_t csp_pe_group_ports(const struct csp_pe *pe, uint32_t channel, uint32_t *ret_ports, uint32_t cap)
{
	uint32_t group = csp_group_find(&pe->groups, channel), n = 0;

	if (group == CSP_NONE)
		return 0;
	for (uint32_t m = pe->groups.group[group].first; m != CSP_NONE; m = pe->groups.member[m].g_next) {
		if (n < cap)
			ret_ports[n] = pe->groups.member[m].port;
		n++;
	}
	return n;
}
