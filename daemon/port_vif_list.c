/*
 * port_vif_list.c - VIF lists (E-CID groups) of a cascade port: one for every VLAN that has several VIFs there, so that a
 * frame for all of them crosses the link once (port-extension-reference 5.1, 5.2).
 *
 *      VIF joins or leaves a VLAN --> relay stops using the list --> PE-CSP programs the extender --> relay uses it again
 *
 * The relay uses a list only for a set of receivers that is exactly its members, and else sends a copy to each; so whatever
 * the control protocol is late with costs copies, never a wrong delivery. Before a list is programmed, each member is told
 * which VLANs it has untagged, because a copy for members that differ goes tagged.
 *
 * Without signalling lists are those of the configuration, at both ends.
 */
#include "node_priv.h"

/* ---- dirty VLANs ---- */

void cb_vif_changed(struct node *n, uint16_t vif)
{
	const struct node_port *p = n->port[vif];
	struct node_vifs *x = n->port[p->uplink]->vifs;
	struct csp_vid vids[CSP_VIDS_MAX];
	struct csp_cb_settings s = { .vids = vids };
	const struct conf_vif *c = port_vif_conf_of(x, p->vif);
	uint16_t untagged = FWD_VID_NONE;

	if (!x->cb)
		return;
	for (unsigned i = 0; i < x->n_lists; i++) /* it may have left any of them */
		x->dirty_vids[x->list[i].vid / 8] |= (uint8_t)(1u << x->list[i].vid % 8);
	for (uint16_t vid = 1; vid <= FWD_VID_MAX; vid++) {
		if (!relay_port_has_vlan(n->relay, p->lport, vid))
			continue;
		x->dirty_vids[vid / 8] |= (uint8_t)(1u << vid % 8);
		if (s.n_vids == CSP_VIDS_MAX)
			continue;
		vids[s.n_vids] = (struct csp_vid){ vid,
			(c && c->untagged[vid / 8] & 1u << vid % 8) ||
				relay_port_is_untagged(n->relay, p->lport, vid) };
		if (vids[s.n_vids].is_untagged && untagged == 0)
			untagged = vid;
		s.n_vids++;
	}
	cb_params(n, vif, &s.pvid, &s.priority);
	if (s.pvid == FWD_VID_NONE)
		s.pvid = untagged;
	(void)csp_cb_set(x->cb, p->vif, &s);
	x->is_list_dirty = true;
}

static bool is_member(const struct node *n, uint16_t i, uint16_t port, uint16_t vid)
{
	const struct node_port *p = n->port[i];

	return p && p->kind == NODE_VIF && p->uplink == port &&
	       relay_port_has_vlan(n->relay, p->lport, vid) && relay_port(n->relay, p->lport)->forwarding;
}

static struct node_vif_list *list_of(struct node_vifs *x, uint16_t vid)
{
	for (unsigned i = 0; i < x->n_lists; i++)
		if (x->list[i].vid == vid)
			return &x->list[i];
	return NULL;
}

static void list_end(struct node *n, uint16_t port, struct node_vif_list *l, struct mono now)
{
	struct node_vifs *x = n->port[port]->vifs;

	(void)relay_list_set(n->relay, n->port[port]->lport, l->channel, NULL, 0);
	(void)csp_cb_group_end(x->cb, l->channel, now);
	*l = x->list[--x->n_lists];
}

static struct node_vif_list *list_new(struct node_vifs *x, uint16_t vid, struct mono now)
{
	struct node_vif_list *l = x->n_lists < NODE_VIF_LISTS ? &x->list[x->n_lists] : NULL;

	if (!l || csp_cb_group_new(x->cb, 0, &l->channel, now) != CSP_SUBMIT_OK)
		return NULL; /* copies for each, then */
	l->vid = vid;
	x->n_lists++;
	return l;
}

static void use_if_ready(struct node *n, uint16_t port, const struct node_vif_list *l)
{
	struct node_vifs *x = n->port[port]->vifs;
	uint16_t members[NODE_MAX_PORTS];
	unsigned k = 0;

	if (!csp_cb_group_is_ready(x->cb, l->channel))
		return;
	for (uint16_t i = 0; i < n->n_ports; i++)
		if (is_member(n, i, port, l->vid))
			members[k++] = n->port[i]->lport;
	(void)relay_list_set(n->relay, n->port[port]->lport, l->channel, members, k);
}

static void refresh(struct node *n, uint16_t port, uint16_t vid, struct mono now)
{
	struct node_vifs *x = n->port[port]->vifs;
	struct node_vif_list *l = list_of(x, vid);
	unsigned count = 0;

	for (uint16_t i = 0; i < n->n_ports && count < 2; i++)
		count += is_member(n, i, port, vid);
	if (count < 2) {
		if (l)
			list_end(n, port, l, now);
		return;
	}
	if (!l)
		l = list_new(x, vid, now);
	if (!l)
		return;
	(void)relay_list_set(n->relay, n->port[port]->lport, l->channel, NULL, 0);
	for (uint16_t i = 0; i < n->n_ports; i++)
		if (n->port[i] && n->port[i]->kind == NODE_VIF && n->port[i]->uplink == port)
			(void)csp_cb_group_set(
				x->cb, l->channel, n->port[i]->vif, is_member(n, i, port, vid));
	use_if_ready(n, port, l);
}

void cb_lists(struct node *n, uint16_t port, struct mono now)
{
	struct node_vifs *x = n->port[port]->vifs;

	if (!x->is_list_dirty || csp_cb_state(x->cb) != CSP_CB_OPEN)
		return;
	x->is_list_dirty = false;
	for (uint16_t vid = 1; vid <= FWD_VID_MAX; vid++)
		if (x->dirty_vids[vid / 8] & 1u << vid % 8)
			refresh(n, port, vid, now);
	memset(x->dirty_vids, 0, sizeof(x->dirty_vids));
}

void cb_list_event(struct node *n, uint16_t port, const struct csp_cb_event *ev)
{
	struct node_vifs *x = n->port[port]->vifs;

	for (unsigned i = 0; ev->kind == CSP_CB_EV_GROUP && i < x->n_lists; i++)
		if (x->list[i].channel == ev->channel)
			use_if_ready(n, port, &x->list[i]);
}

/* The other end has forgotten them, or they were never its. */
void cb_lists_forget(struct node *n, uint16_t port)
{
	struct node_vifs *x = n->port[port]->vifs;

	x->n_lists = 0;
	relay_list_clear(n->relay, n->port[port]->lport);
}

/* ---- of the configuration ---- */

static unsigned lports_of(const struct node *n, uint16_t port, const struct conf_list *c, uint16_t *ret)
{
	unsigned k = 0;

	for (unsigned i = 0; i < c->n_members; i++) {
		uint16_t lport = relay_channel(n->relay, n->port[port]->lport, c->members[i]);

		if (lport != FWD_LPORT_NONE)
			ret[k++] = lport;
	}
	return k;
}

void cb_lists_static(struct node *n, uint16_t port)
{
	const struct node_vifs *x = n->port[port]->vifs;
	uint16_t members[CONF_MAX_MEMBERS];

	if (n->port[port]->lport == FWD_LPORT_NONE)
		return;
	relay_list_clear(n->relay, n->port[port]->lport);
	for (unsigned i = 0; i < x->n_lists_conf; i++) {
		const struct conf_list *c = &x->lists_conf[i];
		unsigned k = lports_of(n, port, c, members);

		/* a bridge's list with a member missing is not what the other end has */
		if (k == c->n_members || n->port[port]->kind == NODE_STATION)
			(void)relay_list_set(n->relay, n->port[port]->lport,
				x->format == VNTAG_FORMAT_VN ? VNTAG_LIST | c->id : c->id, members, k);
	}
}
