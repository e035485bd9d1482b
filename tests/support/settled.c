/*
 * settled.c - when is a world at rest? A port is quiet when no machine of it waits for anything but the next keep-alive
 * or LLDPDU, and nothing is left in a pool that no VSI owns; the two ends of a wire agree when they have the same
 * S-channels with the same SVIDs, and the two ends of each when their tables hold the same VSIs in the same states with
 * the same filters.
 */
#include "sim.h"

static bool same_filters(const struct vdp_vsi *a, const struct vdp_vsi *b)
{
	bool has_mac = a->format == VDP_FILTER_MAC_VID || a->format == VDP_FILTER_GROUP_MAC_VID;

	if (a->n_filters != b->n_filters || a->format != b->format)
		return false;
	for (unsigned f = 0; f < a->n_filters; f++)
		if (a->filters[f].vid != b->filters[f].vid ||
			(has_mac && !mac_equal(a->filters[f].mac, b->filters[f].mac)))
			return false;
	return true;
}

/* Every VSI in a confirmed state at one end is in the same state at the other, with the same filters. */
static bool agree_one_way(const struct sim_node *a, uint16_t pa, const struct sim_node *b, uint16_t pb)
{
	const struct vdp_table *ta = node_port(a->node, pa)->vdp, *tb = node_port(b->node, pb)->vdp;

	for (uint32_t i = vdp_table_next(ta, 0); i != UINT32_MAX; i = vdp_table_next(ta, i + 1)) {
		const struct vdp_vsi *va = vdp_table_get(ta, i);
		uint32_t k = vdp_table_find(tb, &va->subject.vsi);
		const struct vdp_vsi *vb = k == UINT32_MAX ? NULL : vdp_table_get(tb, k);

		if (va->state == VDP_STATE_NONE && (!vb || vb->state == VDP_STATE_NONE))
			continue;
		if (!vb || vb->state != va->state || !same_filters(va, vb))
			return false;
	}
	return true;
}

bool sim_agrees(const struct sim_node *a, uint16_t pa, const struct sim_node *b, uint16_t pb)
{
	return agree_one_way(a, pa, b, pb) && agree_one_way(b, pb, a, pa);
}

bool sim_is_quiet(const struct sim_node *n, uint16_t port)
{
	const struct node_port *p = node_port(n->node, port);

	return vdp_table_is_quiet(p->vdp) && ecp_tx_is_idle(&p->ecp_tx) && ecp_rx_queued(&p->ecp_rx) == 0;
}

bool sim_same_channels(const struct node_port *a, const struct node_port *b)
{
	struct cdcp_pair pa[CDCP_PAIRS_MAX], pb[CDCP_PAIRS_MAX];
	unsigned na = a->channels ? node_channels_save(a, pa) : 0,
		 nb = b->channels ? node_channels_save(b, pb) : 0;

	if (na != nb)
		return false;
	for (unsigned i = 0; i < na; i++)
		if (pa[i].scid != pb[i].scid || pa[i].svid != pb[i].svid)
			return false;
	return true;
}

/* The device at the other end of a device's wire, if the two are a station and a bridge and can talk; or NULL. */
static const struct node_port *peer_of(const struct sim_node *n, uint16_t device)
{
	const struct sim_wire *w = &n->port[device].wire;
	const struct sim_node *to = &n->sim->node[w->to_node];
	const struct node_port *port = node_port(n->node, device), *peer;

	if (!n->port[device].has_wire || w->is_cut || !to->node || !port->is_up)
		return NULL;
	peer = node_port(to->node, w->to_port);
	if (!peer || !peer->vdp || !peer->is_up || peer->kind == port->kind ||
		to->port[w->to_port].wire.to_node != n->index || to->port[w->to_port].wire.is_cut)
		return NULL;
	return peer;
}

/* A station and a bridge that are joined and can talk must agree in the end. */
static bool differs(const struct sim_node *n, uint16_t p)
{
	const struct node_port *port = node_port(n->node, p), *peer = peer_of(n, port->device);
	const struct sim_node *to = &n->sim->node[n->port[port->device].wire.to_node];
	uint16_t at;

	if (!peer)
		return false;
	if (p == port->device && !sim_same_channels(port, peer))
		return true;
	at = node_find_channel(to->node, peer->name, port->scid);
	return port->is_up && (at == NODE_NO_PORT || !sim_agrees(n, p, to, at));
}

const struct node_port *sim_unsettled(const struct sim *s, const char **ret_node)
{
	for (unsigned i = 0; i < s->n_nodes; i++) {
		const struct sim_node *n = &s->node[i];

		*ret_node = n->name;
		for (uint16_t p = 0; n->node && p < node_n_ports(n->node); p++) {
			const struct node_port *port = node_port(n->node, p);

			if (!port || !port->vdp)
				continue;
			/* a channel that it can't have may wait for ever with what was asked for in it */
			if ((p == port->device || port->svid != 0) && !sim_is_quiet(n, p))
				return port;
			if (differs(n, p))
				return port;
		}
	}
	return NULL;
}
