/*
 * port_vif_look.c - how VIFs stand, in words for an operator: what of PE-CSP, the VM port, the uplink or the VSI is missing
 * before a VIF carries data (port-extension-reference 3.6). It only looks.
 */
#include "node_priv.h"

#include "names.h"
#include "vif_tlv.h"

const char *node_vif_state_name(enum node_vif_state s)
{
	static const struct name_row rows[] = {
		{ NODE_VIF_WANTED, "wanted" },
		{ NODE_VIF_CREATING, "creating" },
		{ NODE_VIF_CREATED, "created" },
		{ NODE_VIF_ASSOCIATED, "associated" },
		{ NODE_VIF_REFUSED, "refused" },
		{ 0, NULL },
	};

	return names_text(rows, (int)s, "?");
}

/* ---- VSIs ---- */

uint16_t node_vsi_vif_port(const struct node *n, uint16_t port, uint32_t vsi)
{
	const struct node_vifs *x = n->port[port]->vifs;

	return x && x->vif_of_vsi && x->vif_of_vsi[vsi] != 0 ? (uint16_t)(x->vif_of_vsi[vsi] - 1)
							     : NODE_NO_PORT;
}

uint32_t node_vsi_vif(const struct node *n, uint16_t port, uint32_t vsi)
{
	const struct node_port *p = n->port[port];
	const struct vdp_vsi *v = vdp_table_get(p->vdp, vsi);
	uint16_t vm = node_vsi_vm_port(p, v);
	struct vif_name name;

	if (!p->vifs)
		return 0;
	if (vm != NODE_NO_PORT)
		return n->port[vm] ? n->port[vm]->vif : 0;
	return vif_tlv_find(v->org, &name) == VIF_TLV_OK ? name.channel : 0;
}

/* ---- the session ---- */

static const char *no_neighbour(const struct node_port *p)
{
	const struct lldp_agent *a = p->agent[AGENT_NTPMR].lldp;

	if (!p->is_present)
		return "the device does not exist";
	if (!p->is_up)
		return "the link is down";
	if (!a)
		return "the LLDP agent of port extension (nearest-non-tpmr) is off";
	if (lldp_agent_n_neighbours(a) > 1 || lldp_rx_has_too_many(&a->rx))
		return "more than one LLDP neighbour";
	if (p->kind == NODE_STATION)
		return "no controlling bridge is heard";
	return p->vifs->has_peer ? "the neighbour is no port extender" : "no port extender is heard";
}

static const char *pe_no_session(const struct node *n, uint16_t port)
{
	const struct node_pe *pe = n->port[port]->vifs->pe;

	if (pe->upstream == NODE_NO_PORT)
		return no_neighbour(n->port[port]);
	if (pe->upstream != port)
		return "another uplink of its group is the upstream port";
	switch (csp_pe_state(pe->csp)) {
	case CSP_PE_OPENING:
		return "the bridge is being asked for a session";
	case CSP_PE_WAIT:
		return "the session failed or was refused: the bridge is asked again in a moment";
	case CSP_PE_CREATING:
	case CSP_PE_OPERATIONAL:
		return NULL;
	case CSP_PE_DOWN:
	case CSP_PE_DISCOVER:
	case CSP_PE_CLEANUP:
		break;
	}
	return no_neighbour(n->port[port]);
}

const char *node_vif_no_session(const struct node *n, uint16_t port)
{
	const struct node_port *p = n->port[port];

	if (!p->vifs || !p->vifs->is_signalled)
		return NULL;
	if (p->kind == NODE_STATION)
		return pe_no_session(n, port);
	switch (csp_cb_state(p->vifs->cb)) {
	case CSP_CB_OPEN:
		return NULL;
	case CSP_CB_WAIT_OPEN:
		return "the port extender has not opened a session";
	case CSP_CB_IDLE:
	case CSP_CB_CLEANUP:
		break;
	}
	return no_neighbour(p);
}

/* ---- one VIF ---- */

static void look_created(struct node_vif_look *l)
{
	l->state = l->n_vsis > 0 ? NODE_VIF_ASSOCIATED : NODE_VIF_CREATED;
	l->reason = l->n_vsis > 0 ? NULL : "no VSI is associated on it";
}

static void look_csp_port(const struct csp_pe_port *p, const char *no_session, struct node_vif_look *l)
{
	l->pvid = p->pvid;
	for (uint16_t i = 0; i < p->n_vids; i++)
		if (p->vids[i].is_untagged && p->vids[i].vid <= FWD_VID_MAX)
			l->untagged[p->vids[i].vid / 8] |= (uint8_t)(1u << p->vids[i].vid % 8);
	switch ((enum csp_pe_port_state)p->state) {
	case CSP_PE_PORT_CREATING:
		l->state = NODE_VIF_CREATING;
		break;
	case CSP_PE_PORT_REFUSED:
		l->state = NODE_VIF_REFUSED;
		l->reason = p->completion == CSP_DONE ? "the bridge deleted it"
						      : csp_completion_text(p->completion);
		break;
	case CSP_PE_PORT_WANTED:
	case CSP_PE_PORT_CREATED:
	case CSP_PE_PORT_DELETING:
	case CSP_PE_PORT_DELETED:
	default:
		l->reason = no_session ? no_session : "it is about to be asked for";
		break;
	}
}

/* Without signalling a VM port has the VIF of its row. */
static void look_static(const struct node *n, uint16_t vm, struct node_vif_look *l)
{
	const struct conf_vif *c = port_vif_conf_of_vm(n, vm);
	const struct node_port *up = n->port[n->port[vm]->uplink];

	if (!c)
		l->reason = "no VIF is configured for it, and there is no signalling";
	else if (!n->port[vm]->is_present)
		l->reason = "the device does not exist";
	else
		l->reason = up->is_up ? "no room in the relay" : "the uplink's link is down";
	if (!c)
		return;
	l->pvid = c->pvid;
	memcpy(l->untagged, c->untagged, sizeof(l->untagged));
}

static void look_vm(const struct node *n, uint16_t vm, struct node_vif_look *l)
{
	const struct node_port *p = n->port[vm];
	uint16_t up = p->uplink;
	const struct node_vifs *x = n->port[up]->vifs;
	const struct csp_pe_port *csp = pe_csp_port(n, vm);

	l->is_operational = p->is_up;
	l->priority = pe_priority(n, vm);
	if (csp)
		look_csp_port(csp, node_vif_no_session(n, up), l);
	else if (x->is_signalled)
		l->reason = p->is_present ? "its VM port is down" : "the device does not exist";
	else
		look_static(n, vm, l);
	if (p->vif != 0 || p->is_transit)
		look_created(l);
	if (p->is_transit) {
		l->state = NODE_VIF_ASSOCIATED;
		l->reason = NULL;
	}
}

static void look_vif(const struct node *n, uint16_t vif, struct node_vif_look *l)
{
	const struct node_port *p = n->port[vif];
	const struct csp_cb *cb = n->port[p->uplink]->vifs->cb;
	const struct csp_cb_port *csp = cb ? csp_cb_port_at(cb, csp_cb_find(cb, p->vif)) : NULL;

	l->is_operational = n->port[p->uplink]->is_up && (!csp || csp->is_operational);
	cb_params(n, vif, &l->pvid, &l->priority);
	for (uint16_t vid = 1; vid <= FWD_VID_MAX; vid++)
		if (relay_port_has_vlan(n->relay, p->lport, vid) &&
			relay_port_is_untagged(n->relay, p->lport, vid))
			l->untagged[vid / 8] |= (uint8_t)(1u << vid % 8);
	look_created(l);
}

bool node_vif_look(const struct node *n, uint16_t port, struct node_vif_look *ret)
{
	const struct node_port *p = n->port[port];

	*ret = (struct node_vif_look){ .state = NODE_VIF_WANTED };
	if (p->kind != NODE_VIF && (p->kind != NODE_VM || !n->port[p->uplink]->vifs))
		return false;
	if (p->lport != FWD_LPORT_NONE)
		ret->n_vsis = relay_port_vsis(n->relay, p->lport);
	if (p->kind == NODE_VIF)
		look_vif(n, port, ret);
	else
		look_vm(n, port, ret);
	return true;
}
