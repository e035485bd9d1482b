/*
 * ctl_show_vif.c - virtual interfaces as rows (port-extension-reference 3.6): of an uplink its VM ports, with or without a VIF
 * yet, then what the configuration names and has no device; of a cascade port the VIFs that exist.
 */
#include "ctl_priv.h"

#include <stdio.h>
#include <stdlib.h>

const char *ctl_tag(const struct node_port *p)
{
	if (!p->vifs || !p->vifs->has_format)
		return NULL;
	return conf_tag_names[p->vifs->format == VNTAG_FORMAT_VN ? CONF_TAG_VN : CONF_TAG_E];
}

const char *ctl_csp_state(const struct node_port *p)
{
	if (!p->vifs || !p->vifs->is_signalled)
		return NULL;
	return p->vifs->cb ? csp_cb_state_name(csp_cb_state(p->vifs->cb))
			   : csp_pe_state_name(csp_pe_state(p->vifs->pe->csp));
}

void ctl_put_vif(json_t *o, uint32_t vif)
{
	ctl_put(o, "vif", vif != 0 ? json_integer(vif) : NULL);
}

/* [11, "20-29"] */
static json_t *vids_of(const uint8_t bitmap[512])
{
	json_t *list = json_array();
	unsigned low = 0;

	for (unsigned vid = 1; vid <= FWD_VID_MAX + 1; vid++) {
		bool is_on = vid <= FWD_VID_MAX && bitmap[vid / 8] & 1u << vid % 8;

		if (is_on && low == 0)
			low = vid;
		if (is_on || low == 0)
			continue;
		json_array_append_new(
			list, low == vid - 1 ? json_integer(low) : json_sprintf("%u-%u", low, vid - 1));
		low = 0;
	}
	return list;
}

static void put_traffic(json_t *row, const struct ctl_host *h, const struct node_port *p)
{
	const struct relay_port_counters *c = p && p->lport != FWD_LPORT_NONE
						      ? relay_port_counters(node_relay(h->node), p->lport)
						      : NULL;
	uint64_t drops = 0;

	for (int i = FWD_PASS + 1; c && i < FWD_N_DROPS; i++)
		drops += c->drops[i];
	ctl_put(row, "rx_frames", c ? json_integer((json_int_t)c->rx_frames) : NULL);
	ctl_put(row, "rx_octets", c ? json_integer((json_int_t)c->rx_octets) : NULL);
	ctl_put(row, "tx_frames", c ? json_integer((json_int_t)c->tx_frames) : NULL);
	ctl_put(row, "tx_octets", c ? json_integer((json_int_t)c->tx_octets) : NULL);
	ctl_put(row, "drops", c ? json_integer((json_int_t)drops) : NULL);
}

/* What the port extender said last when it was asked; the next listing has what it says to this one. */
static void put_extender(json_t *row, const struct ctl_host *h, const struct node_port *p)
{
	const struct csp_statistics *s = &p->extender;
	json_t *o = p->extender_at.ns != 0 ? json_object() : NULL;

	ctl_put(row, "extender", o);
	if (o == NULL)
		return;
	ctl_put_int(o, "rx_frames", s->rx_frames);
	ctl_put_int(o, "rx_octets", s->rx_octets);
	ctl_put_int(o, "tx_frames", s->tx_frames);
	ctl_put_int(o, "tx_octets", s->tx_octets);
	ctl_put_time(o, "time", h, p->extender_at);
}

/* What all rows of a port begin with. */
static json_t *new_row(const struct node_port *trunk, uint32_t id, const char *vm_port, bool is_transit)
{
	json_t *row = json_object();

	ctl_put_text(row, "port", trunk->name);
	ctl_put(row, "id", id != 0 ? json_integer(id) : NULL);
	ctl_put_text(row, "tag", ctl_tag(trunk));
	ctl_put_text(row, "role", node_port_kind_name(trunk->kind));
	ctl_put_text(row, "vm_port", vm_port);
	ctl_put_bool(row, "transit", is_transit);
	ctl_put_text(row, "csp_state", ctl_csp_state(trunk));
	return row;
}

/* Who made it. c: its row of the configuration, NULL: it has none. */
static const char *origin_of(const struct node_port *trunk, const struct conf_vif *c)
{
	if (trunk->vifs->is_signalled)
		return "signalling";
	return c == NULL ? NULL : c->line > 0 ? "configuration" : "evbctl";
}

static const struct conf_vif *conf_of(
	const struct ctl_host *h, const struct node_port *trunk, const struct node_port *p, uint32_t id)
{
	const struct conf *c = h->conf(h->ctx);

	for (unsigned i = 0; i < c->n_vifs; i++)
		if (p->kind == NODE_VM ? strcmp(c->vifs[i].vm_port, p->name) == 0 &&
						 (!p->is_transit || c->vifs[i].id == id)
				       : c->vifs[i].id == id && strcmp(c->vifs[i].port, trunk->name) == 0)
			return &c->vifs[i];
	return NULL;
}

/* p: a VM port or a bridge's VIF, id: its own or, of a port extender below, one of those behind it. */
static json_t *row_of(const struct ctl_host *h, uint16_t port, uint32_t id)
{
	const struct node_port *p = node_port(h->node, port), *trunk = node_port(h->node, p->uplink);
	bool is_vm = p->kind == NODE_VM;
	struct node_vif_look l;
	json_t *row = new_row(trunk, id, is_vm ? p->name : NULL, p->is_transit);

	(void)node_vif_look(h->node, port, &l);
	ctl_put_text(row, "state", node_vif_state_name(l.state));
	ctl_put_text(row, "reason", l.reason);
	ctl_put_text(row, "link", l.is_operational ? "up" : "down");
	ctl_put(row, "carrier_taken", is_vm ? json_boolean(p->is_carrier_off) : NULL);
	ctl_put(row, "pvid", l.pvid != 0 ? json_integer(l.pvid) : NULL);
	ctl_put_int(row, "priority", l.priority);
	ctl_put(row, "untagged", vids_of(l.untagged));
	ctl_put_int(row, "vsis", l.n_vsis);
	put_traffic(row, h, p);
	put_extender(row, h, p);
	ctl_put_text(row, "origin", origin_of(trunk, conf_of(h, trunk, p, id)));
	ctl_put_time(row, "since", h, id != 0 ? p->vif_since : MONO_ZERO);
	return row;
}

/* A row of the configuration without a device, or of a VIF that is not there. c NULL: not even that. */
static json_t *absent_row(
	const struct ctl_host *h, const struct node_port *trunk, uint32_t id, const struct conf_vif *c)
{
	json_t *row = new_row(trunk, id, c ? c->vm_port : NULL, c && c->is_transit);

	ctl_put_text(row, "state", node_vif_state_name(NODE_VIF_WANTED));
	ctl_put_text(row, "reason",
		trunk->kind == NODE_BRIDGE ? "no room for it" : "the VM port's device does not exist");
	ctl_put_text(row, "link", NULL);
	ctl_put(row, "carrier_taken", NULL);
	ctl_put(row, "pvid", c && c->pvid != 0 ? json_integer(c->pvid) : NULL);
	ctl_put_int(row, "priority", c ? c->priority : 0);
	ctl_put(row, "untagged", c ? vids_of(c->untagged) : json_array());
	ctl_put_int(row, "vsis", 0);
	put_traffic(row, h, NULL);
	ctl_put(row, "extender", NULL);
	ctl_put_text(row, "origin", c ? origin_of(trunk, c) : NULL);
	ctl_put_time(row, "since", h, MONO_ZERO);
	return row;
}

/* The VM port or VIF port of a row of the configuration, NODE_NO_PORT: there is none. */
static uint16_t port_of(const struct node *n, uint16_t device, uint32_t id, const struct conf_vif *c)
{
	for (uint16_t i = 0; i < node_n_ports(n); i++) {
		const struct node_port *p = node_port(n, i);

		if (p == NULL || (p->kind != NODE_VM && p->kind != NODE_VIF) || p->uplink != device)
			continue;
		if (p->vif == id || (c && p->kind == NODE_VM && strcmp(p->name, c->vm_port) == 0))
			return i;
	}
	return NODE_NO_PORT;
}

json_t *ctl_vif_row(const struct ctl_host *h, uint16_t device, uint32_t id)
{
	const struct node_port *trunk = node_port(h->node, device);
	const struct conf_vif *c = conf_find_vif(h->conf(h->ctx), trunk->name, id);
	uint16_t port;

	if (trunk->vifs == NULL)
		return NULL;
	port = port_of(h->node, device, id, c);
	return port != NODE_NO_PORT ? row_of(h, port, id) : absent_row(h, trunk, id, c);
}

/* ---- the listing ---- */

/* What is behind a port extender below: a row for each of its ids. */
static void transit_rows(struct ctl_walk *w, uint16_t vm)
{
	const struct conf *c = w->host->conf(w->host->ctx);

	for (unsigned i = 0; i < c->n_vifs; i++)
		if (strcmp(c->vifs[i].vm_port, node_port(w->host->node, vm)->name) == 0)
			ctl_walk_row(w, row_of(w->host, vm, c->vifs[i].id));
}

static void port_rows(struct ctl_walk *w, uint16_t port)
{
	const struct node_port *p = node_port(w->host->node, port);

	if (p->is_transit) {
		transit_rows(w, port);
		return;
	}
	ctl_walk_row(w, row_of(w->host, port, p->vif));
	if (p->kind == NODE_VIF)
		node_vif_ask_statistics(w->host->node, port, w->host->now(w->host->ctx));
}

/* Rows of the configuration behind that many node ports: those of VM ports without a device. */
static void conf_row(struct ctl_walk *w, const struct node_port *trunk, unsigned i)
{
	const struct conf_vif *c = &w->host->conf(w->host->ctx)->vifs[i];

	if (strcmp(c->port, trunk->name) == 0 && trunk->kind == NODE_STATION && c->vm_port[0] != '\0' &&
		node_find_port(w->host->node, c->vm_port) == NODE_NO_PORT)
		ctl_walk_row(w, absent_row(w->host, trunk, c->id, c));
}

/* The rows of one uplink or cascade port, from w->index on. False: the budget is spent. */
static bool trunk_rows(struct ctl_walk *w, const struct node_port *trunk, unsigned *budget)
{
	const struct node *n = w->host->node;
	unsigned n_conf = w->host->conf(w->host->ctx)->n_vifs;

	for (; w->index < NODE_MAX_PORTS + n_conf; w->index++) {
		uint32_t before = w->n_rows;
		const struct node_port *p = w->index < NODE_MAX_PORTS ? node_port(n, (uint16_t)w->index)
								      : NULL;

		if (*budget == 0)
			return false;
		if (w->index >= NODE_MAX_PORTS)
			conf_row(w, trunk, w->index - NODE_MAX_PORTS);
		else if (p && (p->kind == NODE_VM || p->kind == NODE_VIF) && p->uplink == w->port)
			port_rows(w, (uint16_t)w->index);
		*budget -= w->n_rows != before;
	}
	return true;
}

/* w->port is an uplink or cascade port, w->index a node port, then a row of the configuration. */
bool ctl_show_vif(struct ctl_walk *w, unsigned budget)
{
	struct node *n = w->host->node;

	for (; w->port < node_n_ports(n); w->port++, w->index = 0) {
		const struct node_port *p = node_port(n, (uint16_t)w->port);

		if (p == NULL || p->vifs == NULL || !ctl_walk_wants(w, p->name, p->scid))
			continue;
		if (!trunk_rows(w, p, &budget))
			return false;
		node_kick(n, (uint16_t)w->port, w->host->now(w->host->ctx)); /* the questions go out */
	}
	return true;
}
