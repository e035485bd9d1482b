/*
 * port_vif_cb.c - the controlling bridge: a logical port for every VIF behind a cascade port (port-extension-reference 3.6,
 * 5.1), and the VSIs that live on them.
 *
 *      csp_cb --CREATED 5--> NODE_VIF "swp1#5" in the relay  <-- VSI that names VIF 5 is associated: it carries data
 *             --DELETED 5, CLEANUP--> gone; its VSIs are withdrawn
 *
 * A VSI comes over VDP on the untagged uplink and names its VIF (vif_tlv.h). Its addresses are admitted there and nowhere
 * else. Without signalling the VIFs are those of the configuration.
 *
 * A VIF's PVID and priority are those of the configuration's row for it, else what the extender asked for. Neither lets
 * anybody into a VLAN: that is the VSI's, whose type the bridge knows.
 *
 * Invariants: vif_of_vsi says where a VSI's addresses are admitted; a VIF port that goes takes them along first. A VSI that
 * was asked for before its VIF was created is never admitted there by itself: the number may have been another VM's.
 */
#include <stdio.h>

#include "node_priv.h"
#include "vif_tlv.h"

enum { STATISTICS_MS = 500 }; /* of a VIF are asked for that often at most */

static uint16_t vif_find(const struct node *n, uint16_t port, uint32_t id)
{
	uint16_t lport = relay_channel(n->relay, n->port[port]->lport, id);

	return lport == FWD_LPORT_NONE ? NODE_NO_PORT : n->by_lport[lport];
}

static bool is_vif_of(const struct node *n, uint16_t i, uint16_t port)
{
	return n->port[i] && n->port[i]->kind == NODE_VIF && n->port[i]->uplink == port;
}

/* ---- VIFs ---- */

static const struct csp_cb_port *csp_of(const struct node *n, uint16_t vif)
{
	const struct csp_cb *cb = n->port[n->port[vif]->uplink]->vifs->cb;

	return cb ? csp_cb_port_at(cb, csp_cb_find(cb, n->port[vif]->vif)) : NULL;
}

void cb_params(const struct node *n, uint16_t vif, uint16_t *ret_pvid, uint8_t *ret_priority)
{
	const struct conf_vif *c = port_vif_conf_of(n->port[n->port[vif]->uplink]->vifs, n->port[vif]->vif);
	const struct csp_cb_port *p = csp_of(n, vif);

	*ret_pvid = c ? c->pvid : p ? p->asked.pvid : FWD_VID_NONE;
	*ret_priority = c ? c->priority : p ? p->asked.priority : 0;
}

static uint16_t vif_add(struct node *n, uint16_t port, uint32_t id, struct mono now)
{
	const struct vdp_table *t = n->port[port]->vdp;
	bool is_static = !n->port[port]->vifs->is_signalled;
	uint16_t vif = vif_find(n, port, id);

	if (vif != NODE_NO_PORT)
		return vif;
	vif = node_vif_port_add(n, port, id, now);
	if (vif == NODE_NO_PORT) {
		port_vif_tell(n, port, true, "no room for another VIF", NULL, NULL, now);
		return vif;
	}
	n->port[port]->vifs->n_vifs++;
	port_vif_tell(n, vif, false, "VIF", "created", NULL, now);
	for (uint32_t i = is_static ? vdp_table_next(t, 0) : UINT32_MAX; i != UINT32_MAX;
		i = vdp_table_next(t, i + 1))
		port_bind_sync(n, port, i, now); /* VSIs that are back from before a restart */
	return vif;
}

static void vif_del(struct node *n, uint16_t vif, struct mono now)
{
	uint16_t port = n->port[vif]->uplink;
	struct node_vifs *x = n->port[port]->vifs;
	struct vdp_table *t = n->port[port]->vdp;
	char reason[VTDB_REASON];

	snprintf(reason, sizeof(reason), "its VIF %u is gone", n->port[vif]->vif);
	for (uint32_t i = vdp_table_next(t, 0); i != UINT32_MAX; i = vdp_table_next(t, i + 1)) {
		struct vsi_id id = vdp_table_get(t, i)->subject.vsi;

		if (x->vif_of_vsi[i] == vif + 1)
			(void)vdp_bridge_withdraw(t, &id, reason, now);
	}
	port_vsi_events(n, port, now);
	cb_vif_changed(n, vif);
	port_vif_tell(n, vif, false, "VIF", "deleted", NULL, now);
	node_vif_port_del(n, vif, now);
	x->n_vifs--;
}

static void vifs_del(struct node *n, uint16_t port, struct mono now)
{
	for (uint16_t i = 0; i < n->n_ports; i++)
		if (is_vif_of(n, i, port))
			vif_del(n, i, now);
}

void cb_static(struct node *n, uint16_t port, struct mono now)
{
	struct node_vifs *x = n->port[port]->vifs;

	for (uint16_t i = 0; i < n->n_ports; i++) {
		if (!is_vif_of(n, i, port))
			continue;
		if (!x->is_signalled && !port_vif_conf_of(x, n->port[i]->vif)) {
			vif_del(n, i, now);
			continue;
		}
		node_port_cfg(n, i);
		cb_vif_changed(n, i); /* the extender is told */
	}
	for (unsigned k = 0; !x->is_signalled && k < x->n_conf; k++)
		(void)vif_add(n, port, x->conf[k].id, now);
	if (!x->is_signalled)
		cb_lists_static(n, port);
}

/* ---- VSIs ---- */

const char *cb_objection(struct node *n, uint16_t port, uint32_t vsi, struct span org)
{
	struct node_vifs *x = n->port[port]->vifs;
	struct vif_name name;

	x->asked_vif[vsi] = 0;
	if (vif_tlv_find(org, &name) != VIF_TLV_OK) {
		x->count.vsi_unnamed++;
		return "the VSI has to name its VIF: frames on this port are tagged";
	}
	if (!x->has_format || name.format != x->format || vif_find(n, port, name.channel) == NODE_NO_PORT) {
		x->count.vsi_unknown++;
		return "there is no such VIF on this port";
	}
	x->asked_vif[vsi] = name.channel;
	return NULL;
}

struct span cb_name_vif(
	const struct node *n, uint16_t port, uint32_t vsi, struct span org, uint8_t *room, size_t size)
{
	const struct node_vifs *x = n->port[port]->vifs;
	struct wr w = wr_init(room, size);
	struct vif_name name = { x->format, x->asked_vif[vsi] }, other;

	if (name.channel == 0 || vif_tlv_find(org, &other) != VIF_TLV_NONE)
		return org; /* the type database returns it with the rest */
	vif_tlv_encode(name, &w);
	wr_copy(&w, org.ptr, org.len);
	return w.bad ? org : wr_span(&w);
}

static uint16_t vif_named(const struct node *n, uint16_t port, const struct vdp_vsi *v)
{
	struct vif_name name;

	if (v->state != VDP_STATE_ASSOC || vif_tlv_find(v->org, &name) != VIF_TLV_OK)
		return NODE_NO_PORT;
	return vif_find(n, port, name.channel);
}

uint16_t cb_lport_of(struct node *n, uint16_t port, uint32_t vsi)
{
	const struct vdp_vsi *v = vdp_table_get(n->port[port]->vdp, vsi);
	uint16_t *bound = &n->port[port]->vifs->vif_of_vsi[vsi];
	uint16_t vif = vif_named(n, port, v), was = *bound != 0 ? (uint16_t)(*bound - 1) : NODE_NO_PORT;

	if (was != NODE_NO_PORT && was != vif && n->port[was]) {
		(void)relay_admit(n->relay, n->port[was]->lport, vsi, NULL, 0);
		node_forwarding(n, was);
		cb_vif_changed(n, was);
	}
	*bound = vif == NODE_NO_PORT ? 0 : (uint16_t)(vif + 1);
	return vif == NODE_NO_PORT ? FWD_LPORT_NONE : n->port[vif]->lport;
}

/* ---- what PE-CSP says ---- */

static void on_opened(struct node *n, uint16_t port, const struct csp_cb_event *ev, struct mono now)
{
	struct node_vifs *x = n->port[port]->vifs;

	x->format = ev->format;
	x->has_format = true;
	relay_port_set_carries(n->relay, n->port[port]->lport, port_vif_tag(x));
	port_vif_tell(n, port, false, "port extender", ev->format == VNTAG_FORMAT_VN ? "vn-tag" : "e-tag",
		NULL, now);
}

static void on_event(struct node *n, uint16_t port, const struct csp_cb_event *ev, struct mono now)
{
	struct node_vifs *x = n->port[port]->vifs;
	uint16_t vif;

	switch (ev->kind) {
	case CSP_CB_EV_CLEANUP:
		port_vif_tell(n, port, true, "port extender lost", NULL, ev->reason, now);
		cb_lists_forget(n, port);
		vifs_del(n, port, now);
		break;
	case CSP_CB_EV_OPENED:
		on_opened(n, port, ev, now);
		break;
	case CSP_CB_EV_ASK:
		(void)csp_cb_answer(x->cb, ev->handle, node_has_room(n) ? CSP_DONE : CSP_NO_RESOURCES,
			ev->channel, 0, now);
		break;
	case CSP_CB_EV_CREATED:
		if (vif_add(n, port, ev->channel, now) == NODE_NO_PORT)
			(void)csp_cb_delete(x->cb, ev->channel);
		break;
	case CSP_CB_EV_DELETED:
		vif = vif_find(n, port, ev->channel);
		if (vif != NODE_NO_PORT)
			vif_del(n, vif, now);
		break;
	case CSP_CB_EV_GROUP:
	case CSP_CB_EV_GROUP_FAILED:
	case CSP_CB_EV_GROUP_ENDED:
		cb_list_event(n, port, ev);
		break;
	case CSP_CB_EV_STATISTICS:
		vif = vif_find(n, port, ev->channel);
		if (vif != NODE_NO_PORT && ev->completion == CSP_DONE) {
			n->port[vif]->extender = ev->statistics;
			n->port[vif]->extender_at = now;
		}
		break;
	case CSP_CB_EV_SET:
	case CSP_CB_EV_STATUS:
	case CSP_CB_EV_PARAMETERS:
		break; /* looked up when somebody wants to know */
	}
}

void node_vif_ask_statistics(struct node *n, uint16_t vif, struct mono now)
{
	struct node_port *p = n->port[vif];
	struct node_vifs *x = p->kind == NODE_VIF ? n->port[p->uplink]->vifs : NULL;

	NODE_TAPE(n, NODE_IN_STATISTICS, now, TAPE_OF(vif));
	if (!x || !x->cb || mono_before(now, p->next_statistics))
		return;
	p->next_statistics = mono_add(now, dur_ms(STATISTICS_MS));
	if (csp_cb_get_statistics(x->cb, p->vif) == CSP_SUBMIT_OK)
		node_pump_later(n, p->uplink);
}

void cb_events(struct node *n, uint16_t port, struct mono now)
{
	struct csp_cb_event ev;

	while (csp_cb_next_event(n->port[port]->vifs->cb, &ev))
		on_event(n, port, &ev, now);
	cb_lists(n, port, now);
}
