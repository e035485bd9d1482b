/*
 * sim_state.c - what daemon/state.c does for a real node, in memory and at once: a node that is durable finds its VSIs
 * again at its next start. What it keeps is copied, so that nothing of the dead node is needed.
 */
#include "sim.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

struct sim_kept {
	struct sim_kept *next;
	char port[NODE_LABEL], other[NODE_LABEL];
	bool is_bridge;
	struct vdp_saved saved;
	struct vdp_filter filters[]; /* as asked, in force, then the org TLVs */
};

struct sim_kept_channels { /* of a UAP */
	struct sim_kept_channels *next;
	char port[CONF_NAME];
	unsigned n;
	struct cdcp_pair pair[CDCP_PAIRS_MAX];
};

static void forget(struct sim_node *n, const char *port, const struct vsi_id *id)
{
	for (struct sim_kept **at = &n->kept; *at; at = &(*at)->next) {
		struct sim_kept *k = *at;

		if (strcmp(k->port, port) == 0 && vsi_id_equal(&k->saved.rq.subject.vsi, id)) {
			*at = k->next;
			free(k);
			return;
		}
	}
}

static void on_keep(void *ctx, uint16_t port, const struct vsi_id *id)
{
	struct sim_node *n = ctx;
	const struct node_port *p = node_port(n->node, port), *other;
	struct vdp_filter room[2 * VDP_FILTERS_MAX];
	struct vdp_saved s;
	struct sim_kept *k;
	size_t octets;

	forget(n, p->label, id);
	if (!node_vsi_save(n->node, port, id, room, &s))
		return;
	octets = s.rq.n_filters * sizeof(room[0]);
	k = calloc(1, sizeof(*k) + 2 * octets + s.rq.org.len);
	assert(k);
	other = node_port(n->node, node_vsi_other_port(&(struct vdp_vsi){ .user = s.rq.user }));
	snprintf(k->port, sizeof(k->port), "%s", p->label);
	snprintf(k->other, sizeof(k->other), "%s", other ? other->label : "");
	k->is_bridge = p->kind == NODE_BRIDGE;
	k->saved = s;
	k->saved.rq.filters = memcpy(k->filters, s.rq.filters, octets);
	k->saved.granted = memcpy(k->filters + s.rq.n_filters, s.granted, octets);
	if (s.rq.org.len > 0)
		k->saved.rq.org = span_of(
			memcpy(k->filters + 2 * s.rq.n_filters, s.rq.org.ptr, s.rq.org.len), s.rq.org.len);
	k->next = n->kept;
	n->kept = k;
}

static void on_keep_channels(void *ctx, uint16_t port)
{
	struct sim_node *n = ctx;
	const struct node_port *p = node_port(n->node, port);
	struct sim_kept_channels *k = n->kept_channels;

	while (k && strcmp(k->port, p->name) != 0)
		k = k->next;
	if (!k) {
		k = calloc(1, sizeof(*k));
		assert(k);
		snprintf(k->port, sizeof(k->port), "%s", p->name);
		k->next = n->kept_channels;
		n->kept_channels = k;
	}
	k->n = node_channels_save(p, k->pair);
}

void sim_state_watch(struct sim_node *n)
{
	if (!n->is_durable)
		return;
	node_watch_vsis(n->node, on_keep, n);
	node_watch_channels(n->node, on_keep_channels, n);
}

void sim_state_restore_channels(struct sim_node *n)
{
	for (const struct sim_kept_channels *k = n->kept_channels; k; k = k->next)
		node_channels_restore(
			n->node, node_find_port(n->node, k->port), k->pair, k->n, sim_node_now(n));
}

void sim_state_restore(struct sim_node *n, bool is_bridge)
{
	struct sim_kept *all = n->kept, *k;

	n->kept = NULL;
	while ((k = all) != NULL) {
		uint16_t port = node_find_label(n->node, k->port);
		uint16_t other = k->other[0] ? node_find_label(n->node, k->other) : NODE_NO_PORT;

		all = k->next;
		if (k->is_bridge == is_bridge) {
			assert(node_vsi_restore(n->node, port, &k->saved, other, sim_node_now(n)) ==
				VDP_SUBMIT_OK);
			free(k);
		} else {
			k->next = n->kept;
			n->kept = k;
		}
	}
	for (uint16_t i = 0; i < node_n_ports(n->node); i++)
		if (node_port(n->node, i) && node_port(n->node, i)->vdp)
			node_kick(n->node, i, sim_node_now(n)); /* keeps them again */
}

void sim_state_forget(struct sim_node *n, const char *port, uint16_t scid)
{
	struct sim_kept **at = &n->kept, *k;
	char label[NODE_LABEL];

	snprintf(label, sizeof(label), "%s/%u", port, scid);
	while ((k = *at) != NULL) {
		if (strcmp(k->port, label) != 0) {
			at = &k->next;
			continue;
		}
		*at = k->next;
		free(k);
	}
}

void sim_state_free(struct sim_node *n)
{
	while (n->kept) {
		struct sim_kept *k = n->kept;

		n->kept = k->next;
		free(k);
	}
	while (n->kept_channels) {
		struct sim_kept_channels *k = n->kept_channels;

		n->kept_channels = k->next;
		free(k);
	}
}
