/*
 * csp_cb_group.c - groups at the controlling bridge: what is wanted, what the extender has, and the changes on their way
 * (port-extension-reference 3.6, 5.2).
 *
 *    is_wanted  is_in_force
 *        1          0          to be added:    dirty -> Register sent -> 0: in force
 *        0          1          to be removed:  dirty -> Register sent -> 0: the record goes
 *        1          1          settled
 *
 * A Register carries all that is dirty in one group and fits. If it is refused, its changes are taken back, so that the
 * group has the members it had, and the user is told; a refusal because a port went while the Register was on its way is
 * no refusal: the rest is sent again.
 *
 * Invariants: a member is in its group's dirty list or in `sent` <=> is_wanted differs from is_in_force or it is sent; a
 * group is settled <=> nothing of it is dirty or sent; it is told only when it is settled; its number goes back to the
 * pool when the extender has none of it.
 */
#include "csp_cb_priv.h"

/* ---- memory ---- */

void cb_groups_layout(struct csp_cb *cb, struct carve *c)
{
	csp_groups_layout(&cb->groups, c, cb->cfg.max_ports, cb->cfg.max_groups, cb->cfg.max_members);
	ilinks_layout(&cb->group_todo_links, c, cb->cfg.max_groups);
	ilinks_layout(&cb->group_news_links, c, cb->cfg.max_groups);
	ilinks_layout(&cb->member_links, c, cb->cfg.max_members);
	csp_ids_layout(&cb->group_ids, c, cb->cfg.n_group_ids);
}

void cb_groups_init(struct csp_cb *cb)
{
	cb->groups.key = cb->cfg.key;
	csp_groups_init(&cb->groups);
	ilist_clear(&cb->group_todo);
	ilist_clear(&cb->group_news);
	ilist_clear(&cb->sent);
	csp_ids_init(&cb->group_ids, 1);
	cb->asked_group = CSP_NONE;
}

static void free_id(struct csp_cb *cb, uint32_t channel, struct mono now)
{
	uint32_t mask = cb->format == VNTAG_FORMAT_VN ? VNTAG_DVIF_MASK : VNTAG_ECID_BASE;

	if (cb->cfg.n_group_ids > 0)
		csp_ids_free(&cb->group_ids, channel & mask, now);
}

void cb_groups_cleanup(struct csp_cb *cb, struct mono now)
{
	for (uint32_t i = 0; cb->groups.n_groups > 0 && i < cb->groups.max_groups; i++) {
		struct csp_group *g = &cb->groups.group[i];

		if (g->channel == 0)
			continue;
		if (!g->is_ended)
			free_id(cb, g->channel, now);
		while (ilist_pop(&g->dirty, &cb->member_links) != ILIST_NONE)
			;
	}
	while (ilist_pop(&cb->sent, &cb->member_links) != ILIST_NONE)
		;
	while (ilist_pop(&cb->group_todo, &cb->group_todo_links) != ILIST_NONE)
		;
	while (ilist_pop(&cb->group_news, &cb->group_news_links) != ILIST_NONE)
		;
	csp_groups_clear(&cb->groups);
	cb->asked_group = CSP_NONE;
}

/* ---- changes ---- */

bool cb_group_is_settled(const struct csp_cb *cb, uint32_t group)
{
	return cb->groups.group[group].dirty.n == 0 && cb->asked_group != group;
}

/** Something of a group has changed: tell it, if it is settled; end it, if that was all. */
static void changed(struct csp_cb *cb, uint32_t group, struct mono now)
{
	struct csp_group *g = &cb->groups.group[group];

	if (g->dirty.n > 0 && !ilinks_in(&cb->group_todo_links, group))
		ilist_push(&cb->group_todo, &cb->group_todo_links, group);
	if (!cb_group_is_settled(cb, group))
		return;
	if (g->is_ending && !g->is_ended && g->n == 0) {
		g->is_ended = true;
		free_id(cb, g->channel, now);
	}
	if (!ilinks_in(&cb->group_news_links, group))
		ilist_push(&cb->group_news, &cb->group_news_links, group);
}

/** Put a member that is not sent into the dirty list or out of it; a record without a use goes. */
static void update(struct csp_cb *cb, uint32_t m)
{
	struct csp_membership *mem = &cb->groups.member[m];
	struct ilist *dirty = &cb->groups.group[mem->group].dirty;
	bool is_dirty = mem->is_wanted != mem->is_in_force;

	if (mem->is_sent)
		return;
	if (is_dirty && !ilinks_in(&cb->member_links, m))
		ilist_push(dirty, &cb->member_links, m);
	else if (!is_dirty && ilinks_in(&cb->member_links, m))
		ilist_remove(dirty, &cb->member_links, m);
	if (!is_dirty && !mem->is_wanted)
		csp_member_free(&cb->groups, m);
}

static bool is_open(const struct csp_cb *cb)
{
	return cb->state == CSP_CB_OPEN && cb->told_opened;
}

enum csp_submit csp_cb_group_new(struct csp_cb *cb, uint32_t wish, uint32_t *ret_channel, struct mono now)
{
	uint32_t channel = wish;

	if (!is_open(cb))
		return CSP_SUBMIT_CLOSED;
	if (cb->groups.n_groups >= cb->resource.max_groups || cb->groups.n_groups == cb->groups.max_groups) {
		cb->count.groups_full++;
		return CSP_SUBMIT_FULL;
	}
	if (cb->cfg.n_group_ids > 0) {
		channel = csp_ids_take(&cb->group_ids, now);
		if (channel == 0) {
			cb->count.no_ids++;
			return CSP_SUBMIT_FULL;
		}
		channel |= cb->format == VNTAG_FORMAT_VN ? VNTAG_LIST : 1u << VNTAG_GRP_SHIFT;
	}
	if (!vntag_is_channel(cb->format, channel, cb->cfg.is_base) || !vntag_is_group(cb->format, channel))
		return CSP_SUBMIT_BAD;
	if (csp_group_find(&cb->groups, channel) != CSP_NONE)
		return CSP_SUBMIT_EXISTS;
	csp_group_add(&cb->groups, channel);
	*ret_channel = channel;
	return CSP_SUBMIT_OK;
}

static uint32_t usable_group(const struct csp_cb *cb, uint32_t channel)
{
	uint32_t group = csp_group_find(&cb->groups, channel);

	return group == CSP_NONE || cb->groups.group[group].is_ending ? CSP_NONE : group;
}

enum csp_submit csp_cb_group_set(struct csp_cb *cb, uint32_t group, uint32_t channel, bool is_member)
{
	uint32_t g = usable_group(cb, group), i = csp_cb_find(cb, channel), m;

	if (g == CSP_NONE || i == CSP_NONE || cb->port[i].v.is_deleting)
		return CSP_SUBMIT_UNKNOWN;
	m = csp_member_find(&cb->groups, g, i);
	if (m == CSP_NONE) {
		if (!is_member)
			return CSP_SUBMIT_OK;
		m = csp_member_add(&cb->groups, g, i);
		if (m == CSP_NONE) {
			cb->count.members_full++;
			return CSP_SUBMIT_FULL;
		}
	}
	if (cb->groups.member[m].is_wanted == is_member)
		return CSP_SUBMIT_OK;
	cb->groups.member[m].is_wanted = is_member;
	update(cb, m);
	changed(cb, g, MONO_ZERO); /* it does not end */
	return CSP_SUBMIT_OK;
}

enum csp_submit csp_cb_group_end(struct csp_cb *cb, uint32_t group, struct mono now)
{
	uint32_t g = usable_group(cb, group), next;

	if (g == CSP_NONE)
		return CSP_SUBMIT_UNKNOWN;
	cb->groups.group[g].is_ending = true;
	for (uint32_t m = cb->groups.group[g].first; m != CSP_NONE; m = next) {
		next = cb->groups.member[m].g_next;
		cb->groups.member[m].is_wanted = false;
		update(cb, m);
	}
	changed(cb, g, now);
	return CSP_SUBMIT_OK;
}

void cb_groups_forget(struct csp_cb *cb, uint32_t port, struct mono now)
{
	while (csp_port_first(&cb->groups, port) != CSP_NONE) {
		uint32_t m = csp_port_first(&cb->groups, port), g = cb->groups.member[m].group;

		if (cb->groups.member[m].is_sent) {
			ilist_remove(&cb->sent, &cb->member_links, m);
			cb->is_sent_stale = true;
		} else if (ilinks_in(&cb->member_links, m)) {
			ilist_remove(&cb->groups.group[g].dirty, &cb->member_links, m);
		}
		csp_member_free(&cb->groups, m);
		changed(cb, g, now);
	}
}

/* ---- requests and their responses ---- */

bool cb_group_compose(struct csp_cb *cb, struct csp_pdu *p)
{
	uint32_t i;

	while ((i = ilist_pop(&cb->group_todo, &cb->group_todo_links)) != ILIST_NONE) {
		struct csp_group *g = &cb->groups.group[i];

		if (g->dirty.n == 0)
			continue;
		p->message = CSP_REGISTER;
		p->flags = 0;
		p->channel = g->channel;
		p->has = CSP_HAS_MEMBERS;
		p->n_members = 0;
		while (g->dirty.n > 0 && p->n_members < CSP_MEMBERS_MAX) {
			uint32_t m = ilist_pop(&g->dirty, &cb->member_links);
			struct csp_membership *mem = &cb->groups.member[m];

			mem->is_sent = true;
			mem->is_sent_add = mem->is_wanted;
			ilist_push(&cb->sent, &cb->member_links, m);
			p->members[p->n_members++] = (struct csp_member){ cb->port[mem->port].v.asked.port,
				mem->is_wanted };
		}
		if (g->dirty.n > 0)
			ilist_push(&cb->group_todo, &cb->group_todo_links, i);
		cb->asked_group = i;
		cb->is_sent_stale = false;
		return true;
	}
	return false;
}

/** The outcome for one member. A group that ends forgets its members whatever the extender says. */
static void conclude(struct csp_membership *mem, const struct csp_group *g, bool is_done, bool is_refused)
{
	mem->is_sent = false;
	if (is_done || g->is_ending)
		mem->is_in_force = mem->is_sent_add;
	else if (is_refused && mem->is_wanted == mem->is_sent_add)
		mem->is_wanted = mem->is_in_force;
}

void cb_group_response(struct csp_cb *cb, const struct csp_pdu *p, struct mono now)
{
	uint32_t i = cb->asked_group, m;
	struct csp_group *g = &cb->groups.group[i];
	bool is_done = p->completion == CSP_DONE,
	     is_refused = !is_done && !cb->is_sent_stale && !g->is_ending;

	if (is_refused) {
		cb->count.groups_failed++;
		g->is_failed = true;
		g->completion = p->completion;
	}
	cb->asked_group = CSP_NONE;
	while ((m = ilist_pop(&cb->sent, &cb->member_links)) != ILIST_NONE) {
		conclude(&cb->groups.member[m], g, is_done, is_refused);
		update(cb, m);
	}
	changed(cb, i, now);
}

/* ---- looking ---- */

bool csp_cb_group_is_ready(const struct csp_cb *cb, uint32_t group)
{
	uint32_t g = usable_group(cb, group);

	return g != CSP_NONE && cb_group_is_settled(cb, g);
}

uint32_t csp_cb_group_ports(const struct csp_cb *cb, uint32_t group, uint32_t *ret_ports, uint32_t cap)
{
	uint32_t g = csp_group_find(&cb->groups, group), n = 0;

	if (g == CSP_NONE)
		return 0;
	for (uint32_t m = cb->groups.group[g].first; m != CSP_NONE; m = cb->groups.member[m].g_next) {
		if (!cb->groups.member[m].is_in_force)
			continue;
		if (n < cap)
			ret_ports[n] = cb->groups.member[m].port;
		n++;
	}
	return n;
}
