/*
 * csp_group.c - the memberships of ports in groups (port-extension-reference 3.6, 5.2).
 *
 * A membership is a record in two chains: the members of its group and the groups of its port, so that a port that goes
 * leaves its groups at the cost of their number, however large they are. Channel and pair are found by a keyed hash: both
 * come from the peer. All tables have fixed sizes; "full" is an answer.
 *
 * Left out: what a change has to tell the peer or the user (csp_cb_group.c, csp_pe_group.c).
 */
#include "csp_group.h"

static uint64_t hash2(const struct csp_groups *t, uint32_t a, uint32_t b)
{
	const uint32_t words[2] = { a, b };

	return siphash(t->key, span_of(words, sizeof(words)));
}

void csp_groups_layout(
	struct csp_groups *t, struct carve *c, uint32_t ports, uint32_t groups, uint32_t members)
{
	t->max_ports = ports;
	t->max_groups = groups;
	t->max_members = members;
	t->group = (struct csp_group *)carve_take(c, groups, sizeof(*t->group));
	t->member = (struct csp_membership *)carve_take(c, members, sizeof(*t->member));
	t->port_first = (uint32_t *)carve_take(c, ports, sizeof(*t->port_first));
	imap_layout(&t->by_channel, c, groups);
	imap_layout(&t->by_pair, c, members);
}

void csp_groups_init(struct csp_groups *t)
{
	imap_clear(&t->by_channel);
	imap_clear(&t->by_pair);
	t->n_groups = 0;
	t->n_members = 0;
	t->free_group = t->max_groups > 0 ? 0 : CSP_NONE;
	t->free_member = t->max_members > 0 ? 0 : CSP_NONE;
	for (uint32_t i = 0; i < t->max_groups; i++)
		t->group[i] = (struct csp_group){ .next_free = i + 1 < t->max_groups ? i + 1 : CSP_NONE };
	for (uint32_t i = 0; i < t->max_members; i++)
		t->member[i] = (struct csp_membership){ .group = CSP_NONE,
			.g_next = i + 1 < t->max_members ? i + 1 : CSP_NONE };
	for (uint32_t i = 0; i < t->max_ports; i++)
		t->port_first[i] = CSP_NONE;
}

void csp_groups_clear(struct csp_groups *t)
{
	if (t->n_groups > 0)
		csp_groups_init(t);
}

uint32_t csp_group_find(const struct csp_groups *t, uint32_t channel)
{
	for (uint32_t i = imap_first(&t->by_channel, hash2(t, channel, 0)); i != IMAP_NONE;
		i = imap_next(&t->by_channel, i))
		if (t->group[i].channel == channel)
			return i;
	return CSP_NONE;
}

uint32_t csp_group_add(struct csp_groups *t, uint32_t channel)
{
	uint32_t i = t->free_group;

	assert(channel != 0);
	if (i == CSP_NONE)
		return CSP_NONE;
	t->free_group = t->group[i].next_free;
	t->group[i] = (struct csp_group){ .channel = channel, .first = CSP_NONE };
	ilist_clear(&t->group[i].dirty);
	imap_insert(&t->by_channel, hash2(t, channel, 0), i);
	t->n_groups++;
	return i;
}

void csp_group_free(struct csp_groups *t, uint32_t group)
{
	struct csp_group *g = &t->group[group];

	assert(g->channel != 0 && g->n == 0);
	imap_remove(&t->by_channel, hash2(t, g->channel, 0), group);
	*g = (struct csp_group){ .next_free = t->free_group };
	t->free_group = group;
	t->n_groups--;
}

uint32_t csp_member_find(const struct csp_groups *t, uint32_t group, uint32_t port)
{
	for (uint32_t i = imap_first(&t->by_pair, hash2(t, group, port)); i != IMAP_NONE;
		i = imap_next(&t->by_pair, i))
		if (t->member[i].group == group && t->member[i].port == port)
			return i;
	return CSP_NONE;
}

uint32_t csp_member_add(struct csp_groups *t, uint32_t group, uint32_t port)
{
	uint32_t i = t->free_member, after_g = t->group[group].first, after_p = t->port_first[port];

	if (i == CSP_NONE)
		return CSP_NONE;
	t->free_member = t->member[i].g_next;
	t->member[i] = (struct csp_membership){ .group = group,
		.port = port,
		.g_prev = CSP_NONE,
		.g_next = after_g,
		.p_prev = CSP_NONE,
		.p_next = after_p };
	if (after_g != CSP_NONE)
		t->member[after_g].g_prev = i;
	if (after_p != CSP_NONE)
		t->member[after_p].p_prev = i;
	t->group[group].first = i;
	t->port_first[port] = i;
	t->group[group].n++;
	imap_insert(&t->by_pair, hash2(t, group, port), i);
	t->n_members++;
	return i;
}

void csp_member_free(struct csp_groups *t, uint32_t member)
{
	struct csp_membership *m = &t->member[member];

	assert(m->group != CSP_NONE);
	imap_remove(&t->by_pair, hash2(t, m->group, m->port), member);
	if (m->g_prev == CSP_NONE)
		t->group[m->group].first = m->g_next;
	else
		t->member[m->g_prev].g_next = m->g_next;
	if (m->g_next != CSP_NONE)
		t->member[m->g_next].g_prev = m->g_prev;
	if (m->p_prev == CSP_NONE)
		t->port_first[m->port] = m->p_next;
	else
		t->member[m->p_prev].p_next = m->p_next;
	if (m->p_next != CSP_NONE)
		t->member[m->p_next].p_prev = m->p_prev;
	t->group[m->group].n--;
	*m = (struct csp_membership){ .group = CSP_NONE, .g_next = t->free_member };
	t->free_member = member;
	t->n_members--;
}
