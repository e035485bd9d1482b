/*
 * csp_cb_port.c - the extender's ports at the controlling bridge: channels, settings, what is to be asked about them
 * (port-extension-reference 3.6).
 *
 *    Create asked -> the user's answer -> a port with a channel -- Delete by the extender, or ours answered --> gone
 *
 * A port is a set of wishes ("delete", "set", "get", "statistics") that become requests one at a time, whatever was
 * wished last. A gone port has no channel and no number any more; its record stays until its user has been told.
 *
 * Invariants: a port is in by_channel and by_number <=> it is live and not gone; a channel that goes rests in the pool
 * (csp_ids.c); a response for a port that went meanwhile is known by its serial number and changes nothing.
 */
#include "csp_cb_priv.h"

enum { PRIORITY_MAX = 7, VID_MAX = 4094 };

/* ---- memory ---- */

void cb_ports_layout(struct csp_cb *cb, struct carve *c)
{
	cb->port = (struct cb_port *)carve_take(c, cb->cfg.max_ports, sizeof(*cb->port));
	imap_layout(&cb->by_number, c, cb->cfg.max_ports);
	imap_layout(&cb->by_channel, c, cb->cfg.max_ports);
	ilinks_layout(&cb->todo_links, c, cb->cfg.max_ports);
	ilinks_layout(&cb->news_links, c, cb->cfg.max_ports);
	buddy_layout(&cb->vids, c, (size_t)cb->cfg.max_vids * sizeof(struct csp_vid));
	csp_ids_layout(&cb->ids, c, cb->cfg.n_ids);
}

void cb_ports_init(struct csp_cb *cb)
{
	imap_clear(&cb->by_number);
	imap_clear(&cb->by_channel);
	ilist_clear(&cb->todo);
	ilist_clear(&cb->news);
	buddy_clear(&cb->vids);
	csp_ids_init(&cb->ids, 1);
	cb->free_port = CSP_NONE;
}

static uint64_t hash(const struct csp_cb *cb, uint32_t value)
{
	return siphash(cb->cfg.key, span_of(&value, sizeof(value)));
}

uint32_t csp_cb_find(const struct csp_cb *cb, uint32_t channel)
{
	for (uint32_t i = imap_first(&cb->by_channel, hash(cb, channel)); i != IMAP_NONE;
		i = imap_next(&cb->by_channel, i))
		if (cb->port[i].v.channel == channel)
			return i;
	return CSP_NONE;
}

uint32_t csp_cb_find_number(const struct csp_cb *cb, uint16_t number)
{
	for (uint32_t i = imap_first(&cb->by_number, hash(cb, number)); i != IMAP_NONE;
		i = imap_next(&cb->by_number, i))
		if (cb->port[i].v.asked.port == number)
			return i;
	return CSP_NONE;
}

/** A port that its user may change: there, and not on its way out. */
static struct cb_port *usable(struct csp_cb *cb, uint32_t channel, uint32_t *ret)
{
	*ret = csp_cb_find(cb, channel);
	return *ret == CSP_NONE || cb->port[*ret].v.is_deleting ? NULL : &cb->port[*ret];
}

uint32_t cb_port_new(struct csp_cb *cb, const struct csp_port_params *asked, uint32_t channel)
{
	uint32_t i = cb->free_port;

	if (i != CSP_NONE)
		cb->free_port = cb->port[i].next_free;
	else if (cb->high < cb->cfg.max_ports)
		i = cb->high++;
	else
		return CSP_NONE;
	cb->port[i] = (struct cb_port){ .v = { .asked = *asked, .channel = channel, .is_operational = true },
		.is_live = true,
		.told_oper = true,
		.serial = cb->port[i].serial + 1 };
	imap_insert(&cb->by_channel, hash(cb, channel), i);
	imap_insert(&cb->by_number, hash(cb, asked->port), i);
	cb->n_ports++;
	cb_port_tell(cb, i);
	return i;
}

static void forget_vids(struct csp_cb *cb, struct cb_port *p)
{
	buddy_free(&cb->vids, p->vids);
	p->vids = NULL;
	p->v.settings.vids = NULL;
	p->v.settings.n_vids = 0;
}

static void add_todo(struct csp_cb *cb, uint32_t i)
{
	if (!ilinks_in(&cb->todo_links, i))
		ilist_push(&cb->todo, &cb->todo_links, i);
}

/** Back to the free records. */
static void release(struct csp_cb *cb, uint32_t i)
{
	struct cb_port *p = &cb->port[i];

	p->is_live = false;
	p->next_free = cb->free_port;
	cb->free_port = i;
	cb->n_ports--;
}

static void lose_channel(struct csp_cb *cb, uint32_t i, struct mono now)
{
	struct cb_port *p = &cb->port[i];

	imap_remove(&cb->by_channel, hash(cb, p->v.channel), i);
	imap_remove(&cb->by_number, hash(cb, p->v.asked.port), i);
	if (cb->cfg.n_ids > 0)
		csp_ids_free(&cb->ids, p->v.channel, now);
	if (ilinks_in(&cb->todo_links, i))
		ilist_remove(&cb->todo, &cb->todo_links, i);
	p->is_gone = true;
	p->serial++;
	forget_vids(cb, p);
}

void cb_port_gone(struct csp_cb *cb, uint32_t i, struct mono now)
{
	cb_groups_forget(cb, i, now);
	lose_channel(cb, i, now);
	cb->count.deleted++;
	cb_port_tell(cb, i);
}

void cb_port_settle(struct csp_cb *cb, uint32_t i)
{
	if (cb->port[i].is_gone && cb->port[i].told == 0)
		release(cb, i);
}

void cb_ports_cleanup(struct csp_cb *cb, struct mono now)
{
	while (ilist_pop(&cb->news, &cb->news_links) != ILIST_NONE)
		;
	for (uint32_t i = 0; cb->n_ports > 0 && i < cb->high; i++) {
		if (!cb->port[i].is_live)
			continue;
		if (!cb->port[i].is_gone)
			lose_channel(cb, i, now);
		release(cb, i);
	}
}

/* ---- the user's wishes ---- */

static bool is_legal(const struct csp_cb_settings *s)
{
	if (s->pvid > VID_MAX || s->priority > PRIORITY_MAX || s->n_vids > CSP_VIDS_MAX)
		return false;
	for (unsigned k = 0; k < s->n_vids; k++)
		if (s->vids[k].vid == 0 || s->vids[k].vid > VID_MAX)
			return false;
	return true;
}

enum csp_submit csp_cb_set(struct csp_cb *cb, uint32_t channel, const struct csp_cb_settings *s)
{
	struct csp_vid *vids = NULL;
	struct cb_port *p;
	uint32_t i;

	p = usable(cb, channel, &i);
	if (!p)
		return CSP_SUBMIT_UNKNOWN;
	if (!is_legal(s))
		return CSP_SUBMIT_BAD;
	if (s->n_vids > 0) {
		vids = (struct csp_vid *)buddy_alloc(&cb->vids, s->n_vids * sizeof(*vids));
		if (!vids) {
			cb->count.vids_full++;
			return CSP_SUBMIT_FULL;
		}
		memcpy(vids, s->vids, s->n_vids * sizeof(*vids));
	}
	buddy_free(&cb->vids, p->vids);
	p->vids = vids;
	p->v.settings = *s;
	p->v.settings.vids = vids;
	p->v.is_set = false;
	p->has_set = false;
	p->wants_set = true;
	add_todo(cb, i);
	return CSP_SUBMIT_OK;
}

enum csp_submit csp_cb_get(struct csp_cb *cb, uint32_t channel)
{
	uint32_t i;
	struct cb_port *p = usable(cb, channel, &i);

	if (!p)
		return CSP_SUBMIT_UNKNOWN;
	p->wants_get = true;
	add_todo(cb, i);
	return CSP_SUBMIT_OK;
}

enum csp_submit csp_cb_get_statistics(struct csp_cb *cb, uint32_t channel)
{
	uint32_t i;
	struct cb_port *p = usable(cb, channel, &i);

	if (!p)
		return CSP_SUBMIT_UNKNOWN;
	p->wants_statistics = true;
	add_todo(cb, i);
	return CSP_SUBMIT_OK;
}

enum csp_submit csp_cb_delete(struct csp_cb *cb, uint32_t channel)
{
	uint32_t i;
	struct cb_port *p = usable(cb, channel, &i);

	if (!p)
		return CSP_SUBMIT_UNKNOWN;
	p->v.is_deleting = true;
	p->wants_delete = true;
	p->wants_set = false;
	p->wants_get = false;
	p->wants_statistics = false;
	p->has_set = false;
	add_todo(cb, i);
	return CSP_SUBMIT_OK;
}

/* ---- requests and their responses ---- */

static void compose_set(struct cb_port *p, struct csp_pdu *pdu)
{
	const struct csp_cb_settings *s = &p->v.settings;

	p->wants_set = false;
	pdu->message = CSP_PARAM_SET;
	pdu->has = CSP_HAS_PORT | CSP_HAS_VIDS;
	pdu->port = (struct csp_port_params){ p->v.asked.port, p->v.asked.type, s->priority, s->pvid, 0 };
	pdu->n_vids = s->n_vids;
	if (s->n_vids > 0)
		memcpy(pdu->vids, p->vids, s->n_vids * sizeof(*s->vids));
}

bool cb_port_compose(struct csp_cb *cb, struct csp_pdu *pdu)
{
	uint32_t i = ilist_pop(&cb->todo, &cb->todo_links);
	struct cb_port *p;

	if (i == ILIST_NONE)
		return false;
	p = &cb->port[i];
	cb->asked_port = i;
	cb->asked_serial = p->serial;
	pdu->flags = 0;
	pdu->channel = p->v.channel;
	pdu->has = 0;
	if (p->wants_delete) {
		pdu->message = CSP_DELETE;
		p->wants_delete = false;
	} else if (p->wants_set) {
		compose_set(p, pdu);
	} else if (p->wants_get) {
		pdu->message = CSP_PARAM_GET;
		p->wants_get = false;
	} else {
		pdu->message = CSP_STATISTICS;
		p->wants_statistics = false;
	}
	if (p->wants_set || p->wants_get || p->wants_statistics)
		add_todo(cb, i);
	return true;
}

static void on_set(struct csp_cb *cb, uint32_t i, uint8_t completion)
{
	struct cb_port *p = &cb->port[i];

	if (p->wants_set || p->v.is_deleting) /* overtaken */
		return;
	p->v.is_set = completion == CSP_DONE;
	p->has_set = true;
	p->completion = completion;
	cb_port_tell(cb, i);
}

/** What a Get brought, or why it did not. */
static void on_result(struct csp_cb *cb, uint32_t i, const struct csp_pdu *p)
{
	uint16_t number = cb->port[i].v.asked.port;
	bool is_statistics = p->message == CSP_STATISTICS;
	struct csp_cb_event *e = &cb->result;

	*e = (struct csp_cb_event){ .kind = is_statistics ? CSP_CB_EV_STATISTICS : CSP_CB_EV_PARAMETERS,
		.port = i,
		.channel = cb->port[i].v.channel,
		.completion = p->completion };
	cb->has_result = true;
	if (p->completion != CSP_DONE)
		return;
	if (is_statistics ? p->statistics.port != number : p->port.port != number) {
		cb->link.n.bad_responses++;
		e->completion = CSP_MALFORMED;
		return;
	}
	if (is_statistics) {
		e->statistics = p->statistics;
		return;
	}
	e->asked = p->port;
	e->n_vids = p->n_vids;
	e->vids = cb->result_vids;
	memcpy(cb->result_vids, p->vids, p->n_vids * sizeof(*p->vids));
}

void cb_port_response(struct csp_cb *cb, const struct csp_pdu *p, struct mono now)
{
	uint32_t i = cb->asked_port;

	if (cb->port[i].serial != cb->asked_serial) /* the extender deleted it meanwhile */
		return;
	if (p->message == CSP_DELETE)
		cb_port_gone(cb, i, now);
	else if (p->message == CSP_PARAM_SET)
		on_set(cb, i, p->completion);
	else if (!cb->port[i].v.is_deleting)
		on_result(cb, i, p);
}

/* ---- looking ---- */

uint32_t csp_cb_count(const struct csp_cb *cb)
{
	return cb->n_ports;
}

const struct csp_cb_port *csp_cb_port_at(const struct csp_cb *cb, uint32_t port)
{
	return port < cb->high && cb->port[port].is_live ? &cb->port[port].v : NULL;
}
