/*
 * node_port.c - the ports of the node: their life, and what of a port the relay has to know.
 *
 *   station, bridge, ordinary: a device; or an S-channel of one (port_channel.c)
 *   VM:  a device below a station port or S-channel; a DRP of its edge relay, or of its interface virtualizer
 *   VIF: below a bridge port; no device, its frames are tagged ones of the cascade port's (port_vif_cb.c)
 *
 * In: configuration and the state of devices. Out: the relay's ports, machines that know that their link is up or down.
 * Whatever a port needs is allocated when it is added.
 */
#include "node_priv.h"

#include <stdio.h>
#include <stdlib.h>

void node_port_free(struct node_port *p)
{
	port_evb_fini(p);
	port_ecp_fini(p);
	port_channel_fini(p);
	port_vif_fini(p);
	free(p);
}

/* ---- in the relay ---- */

static enum fwd_relay edge_relay_of(const struct node_port *er)
{
	static const enum fwd_relay relays[] = { [CONF_RELAY_VEPA] = FWD_VEPA,
		[CONF_RELAY_VEB] = FWD_VEB,
		[CONF_RELAY_NONE] = FWD_VEPA,
		[CONF_RELAY_SINGLE] = FWD_SINGLE };

	return er->vifs ? FWD_IV : relays[er->conf.relay];
}

/* What outer tags the port's device carries, and which its own frames have. */
static void set_tags(const struct node *n, const struct node_port *p, struct relay_port_cfg *rc)
{
	const struct node_vifs *x = p->kind == NODE_VIF || p->is_transit ? n->port[p->uplink]->vifs : p->vifs;

	if (p->scid != NODE_CHANNEL_DEFAULT)
		rc->tag = FWD_TAG_S;
	if (p->channels)
		rc->carries = FWD_TAG_S;
	if (!x)
		return;
	if (p->kind == NODE_VIF)
		rc->tag = port_vif_tag(x);
	else
		rc->carries = port_vif_tag(x);
	rc->is_base = n->port[p->kind == NODE_STATION || p->kind == NODE_BRIDGE ? p->device : p->uplink]
			      ->conf.pe.is_base;
}

static struct relay_port_cfg relay_cfg_of(const struct node *n, const struct node_port *p, uint16_t port)
{
	static const enum fwd_kind kinds[] = { FWD_ORDINARY, FWD_URP, FWD_SBP, FWD_DRP, FWD_DRP };
	uint16_t er = p->kind == NODE_VM ? p->uplink : port;
	bool is_edge = p->kind == NODE_STATION || p->kind == NODE_VM;
	struct relay_port_cfg rc = {
		.kind = p->is_transit ? FWD_TRANSIT : kinds[p->kind],
		.relay = is_edge ? edge_relay_of(n->port[er]) : FWD_BRIDGE,
		.component = is_edge ? (uint16_t)(er + 1) : 0,
		.pvid = p->conf.pvid,
		.unassociated_vid = p->kind == NODE_BRIDGE ? p->conf.unassociated_vid : FWD_VID_NONE,
		.mtu = p->mtu,
		.storm_pps = p->kind == NODE_ORDINARY ? p->conf.storm_pps : 0,
		.pads = p->is_physical,
	};

	if (p->kind == NODE_VM)
		rc.pvid = FWD_VID_NONE;
	if (p->kind == NODE_VIF)
		cb_params(n, port, &rc.pvid, &rc.pcp);
	if (p->kind == NODE_VM && n->port[er]->vifs)
		rc.pcp = pe_priority(n, port);
	set_tags(n, p, &rc);
	return rc;
}

static void set_vlans(struct node *n, const struct node_port *p)
{
	for (uint16_t vid = 1; p->kind == NODE_ORDINARY && vid <= FWD_VID_MAX; vid++) {
		bool is_untagged = vid == p->conf.pvid;
		bool is_tagged = p->conf.vlans[vid / 8] & 1u << vid % 8;

		relay_port_set_vlan(n->relay, p->lport, vid, is_tagged || is_untagged, is_untagged);
	}
}

/* With relay = none only the protocols run; a UAP with S-channels is in the relay all the same, for their tags. */
static bool has_relay(const struct node *n, const struct node_port *p)
{
	const struct node_port *er = p->kind == NODE_VM ? n->port[p->uplink] : p;

	return er->kind != NODE_STATION || er->conf.relay != CONF_RELAY_NONE;
}

static void relay_attach(struct node *n, uint16_t port)
{
	struct node_port *p = n->port[port];
	struct relay_port_cfg rc = relay_cfg_of(n, p, port);

	p->lport = FWD_LPORT_NONE;
	if (!has_relay(n, p) && !p->channels)
		return;
	p->lport = relay_port_add(n->relay, &rc);
	if (p->lport == FWD_LPORT_NONE)
		return;
	n->by_lport[p->lport] = port;
	relay_port_set_learning(n->relay, p->lport, p->conf.learning);
	set_vlans(n, p);
}

/* A VIF, at either end, carries data while it exists and a VSI is associated on it (port-extension-reference 3.6). */
static bool is_live(const struct node *n, const struct node_port *p)
{
	if (p->kind == NODE_VIF)
		return p->vif != 0 && n->port[p->uplink]->is_up && relay_port_vsis(n->relay, p->lport) > 0;
	if (!p->is_up || p->is_guarded || !has_relay(n, p))
		return false;
	return p->kind != NODE_VM || !n->port[p->uplink]->vifs || p->is_transit ||
	       (p->vif != 0 && relay_port_vsis(n->relay, p->lport) > 0);
}

void node_forwarding(struct node *n, uint16_t port)
{
	const struct node_port *p = n->port[port];

	if (p->lport != FWD_LPORT_NONE)
		relay_port_set_forwarding(n->relay, p->lport, is_live(n, p));
}

void node_port_cfg(struct node *n, uint16_t port)
{
	const struct node_port *p = n->port[port];
	struct relay_port_cfg rc = relay_cfg_of(n, p, port);

	if (p->lport != FWD_LPORT_NONE)
		relay_port_set_cfg(n->relay, p->lport, &rc);
}

void node_relay_again(struct node *n, uint16_t port)
{
	struct node_port *p = n->port[port];

	if (p->lport != FWD_LPORT_NONE)
		relay_port_del(n->relay, p->lport);
	relay_attach(n, port);
	node_forwarding(n, port);
}

void node_relay_trunk(struct node *n, uint16_t port)
{
	struct node_port *p = n->port[port];

	if (p->lport == FWD_LPORT_NONE)
		relay_attach(n, port);
	else
		relay_port_set_carries(n->relay, p->lport, FWD_TAG_S);
}

/* NODE_MAX_PORTS: there is none. */
static uint16_t free_slot(const struct node *n)
{
	uint16_t i = 0;

	while (i < NODE_MAX_PORTS && n->port[i])
		i++;
	return i;
}

bool node_has_room(const struct node *n)
{
	return free_slot(n) < NODE_MAX_PORTS; /* the relay's tables have as many */
}

static uint16_t port_new(struct node *n, const char *name, enum node_port_kind kind, uint16_t scid)
{
	struct node_port *p;
	uint16_t i = free_slot(n);

	if (i == NODE_MAX_PORTS)
		return NODE_NO_PORT;
	p = calloc(1, sizeof(*p));
	if (!p)
		return NODE_NO_PORT;
	p->in_use = true;
	p->kind = kind;
	p->uplink = NODE_NO_PORT;
	p->lport = FWD_LPORT_NONE;
	p->device = i;
	p->scid = scid;
	strncpy(p->name, name, sizeof(p->name) - 1);
	if (scid == NODE_CHANNEL_DEFAULT)
		memcpy(p->label, p->name, sizeof(p->name));
	else
		snprintf(p->label, sizeof(p->label), "%s/%u", p->name, scid);
	n->port[i] = p;
	if (i >= n->n_ports)
		n->n_ports = (uint16_t)(i + 1);
	return i;
}

uint16_t node_port_add(struct node *n, const struct conf_port *conf, struct mono now)
{
	NODE_TAPE(n, NODE_IN_PORT_ADD, now, TAPE_OF(*conf));
	return node_add_port(n, conf, now);
}

uint16_t node_add_port(struct node *n, const struct conf_port *conf, struct mono now)
{
	static const enum node_port_kind kinds[] = { NODE_ORDINARY, NODE_STATION, NODE_BRIDGE };
	uint16_t port = port_new(n, conf->name, kinds[conf->role], conf->scid);
	struct node_port *p;

	if (port == NODE_NO_PORT)
		return port;
	p = n->port[port];
	p->conf = *conf;
	p->since = now;
	if (!(p->scid == NODE_CHANNEL_DEFAULT ? port_channel_init(n, port, now) && port_vif_init(n, port)
					      : port_channel_join(n, port, now))) {
		n->port[port] = NULL;
		node_port_free(p);
		return NODE_NO_PORT;
	}
	relay_attach(n, port);
	port_evb_init(p, now);
	if (p->kind != NODE_ORDINARY)
		port_ecp_init(n, p, now);
	port_evb_conf(n, port, now);
	port_channel_conf(n, p->device, now);
	return port;
}

static void port_remove(struct node *n, uint16_t port);

uint16_t node_vif_port_add(struct node *n, uint16_t trunk, uint32_t id, struct mono now)
{
	uint16_t port = port_new(n, n->port[trunk]->name, NODE_VIF, NODE_CHANNEL_DEFAULT);
	struct node_port *p;

	if (port == NODE_NO_PORT)
		return port;
	p = n->port[port];
	p->device = trunk;
	p->uplink = trunk;
	p->vif = id;
	p->vif_since = now;
	p->mtu = n->port[trunk]->mtu;
	p->is_physical = n->port[trunk]->is_physical;
	p->conf.learning = true;
	p->since = now;
	snprintf(p->label, sizeof(p->label), "%s#%u", p->name, id);
	relay_attach(n, port);
	if (p->lport == FWD_LPORT_NONE || !relay_channel_set(n->relay, n->port[trunk]->lport, id, p->lport)) {
		port_remove(n, port);
		return NODE_NO_PORT;
	}
	return port;
}

void node_vif_port_del(struct node *n, uint16_t vif, struct mono now)
{
	(void)now;
	port_remove(n, vif);
}

uint16_t node_vm_port_add(struct node *n, const char *name, uint16_t uplink, struct mono now)
{
	uint16_t port;

	NODE_TAPE(n, NODE_IN_VM_PORT_ADD, now, TAPE_TEXT(name), TAPE_OF(uplink));
	port = port_new(n, name, NODE_VM, NODE_CHANNEL_DEFAULT);
	if (port == NODE_NO_PORT)
		return port;
	n->port[port]->conf = n->port[uplink]->conf;
	n->port[port]->home = uplink;
	n->port[port]->uplink = node_upstream(n, uplink);
	n->port[port]->since = now;
	relay_attach(n, port);
	return port;
}

static void port_remove(struct node *n, uint16_t port)
{
	struct node_port *p = n->port[port];

	if (p->lport != FWD_LPORT_NONE)
		relay_port_del(n->relay, p->lport);
	n->port[port] = NULL;
	node_port_free(p);
}

static void vm_leave(struct node *n, uint16_t port, struct mono now)
{
	uint16_t uplink = n->port[port]->uplink;

	n->port[port]->is_present = false; /* nothing binds to it any more */
	port_bind_vm_gone(n, port, now);
	if (n->port[uplink]->vifs)
		pe_vm_gone(n, port, now);
	port_remove(n, port);
	node_pump(n, uplink, now);
}

/* A device or one of its channels, with what is on it. */
static void leave(struct node *n, uint16_t port, struct mono now)
{
	for (uint16_t i = 0; i < n->n_ports; i++)
		if (n->port[i] && n->port[i]->uplink == port)
			port_remove(n, i);
	port_evb_shutdown(n, port, now);
	port_ecp_down(n, port, now);
	port_vsi_port_gone(n, port, now);
	port_channel_leave(n, port, now);
	port_remove(n, port);
}

void node_port_del(struct node *n, uint16_t port, struct mono now)
{
	NODE_TAPE(n, NODE_IN_PORT_DEL, now, TAPE_OF(port));
	node_del_port(n, port, now);
}

void node_del_port(struct node *n, uint16_t port, struct mono now)
{
	if (n->port[port]->kind == NODE_VM) {
		vm_leave(n, port, now);
		return;
	}
	if (n->port[port]->vifs)
		pe_leave(n, port, now);
	for (uint16_t i = 0; i < n->n_ports; i++)
		if (n->port[i] && n->port[i]->kind == NODE_VM && n->port[i]->home == port &&
			n->port[i]->uplink != port)
			vm_leave(n, i, now); /* behind another uplink of its group */
	for (uint16_t i = 0; i < n->n_ports; i++)
		if (n->port[i] && i != port && n->port[i]->device == port && n->port[i]->kind != NODE_VIF)
			leave(n, i, now); /* its S-channels */
	leave(n, port, now);
}

static void follow_state(struct node *n, uint16_t port, bool was_up, struct mono now)
{
	struct node_port *p = n->port[port];

	node_port_cfg(n, port);
	if (was_up && !p->is_up) {
		p->is_guarded = false;
		if (p->vdp)
			port_ecp_down(n, port, now);
	}
	node_forwarding(n, port);
	if (p->kind == NODE_VM) {
		if (n->port[p->uplink]->vifs)
			pe_vm(n, port, !was_up && p->is_up, now);
		port_bind_vm_port(n, port, now);
	} else {
		port_evb_state(n, port, now);
		if (p->vifs)
			port_vif_state(n, port, now);
	}
}

void node_port_changed(struct node *n, uint16_t port, bool is_present, bool is_up, struct mac mac,
	uint32_t mtu, struct mono now)
{
	struct node_port *p = n->port[port];
	bool was_up = p->is_up;

	is_up = is_present && is_up;
	if (p->is_present == is_present && was_up == is_up && mac_equal(p->mac, mac) && p->mtu == mtu)
		return;
	p->is_present = is_present;
	p->is_up = is_up;
	p->mac = mac;
	p->mtu = mtu;
	if (!n->has_chassis && is_present && p->kind != NODE_VM) {
		n->chassis = mac;
		n->has_chassis = true;
	}
	follow_state(n, port, was_up, now);
	if (was_up != is_up) {
		p->since = now;
		node_tell(n,
			&(struct node_event){ .kind = NODE_EVENT_PORT,
				.port = port,
				.from = was_up ? "up" : "down",
				.to = is_up ? "up" : "down",
				.event = is_present ? "link" : "device gone" },
			now);
	}
	if (p->vdp)
		port_vsi_host(n, port, now);
	if (p->channels)
		port_channel_state(n, port, now);
	node_pump(n, p->kind == NODE_VM ? p->uplink : port, now);
}

void node_port_set_physical(struct node *n, uint16_t port, bool is_physical)
{
	NODE_TAPE(n, NODE_IN_PORT_PHYSICAL, MONO_ZERO, TAPE_OF(port), TAPE_OF(is_physical));
	n->port[port]->is_physical = is_physical;
}

void node_port_carrier_taken(struct node *n, uint16_t port)
{
	struct node_port *p = n->port[port];

	NODE_TAPE(n, NODE_IN_CARRIER_TAKEN, MONO_ZERO, TAPE_OF(port));
	p->is_carrier_off = p->kind == NODE_VM && n->port[p->uplink]->vifs;
	if (!p->is_carrier_off && n->io.carrier) /* there are no VIFs here any more */
		n->io.carrier(n->io.ctx, port, true);
}

void node_port_state(struct node *n, uint16_t port, bool is_present, bool is_up, struct mac mac, uint32_t mtu,
	struct mono now)
{
	NODE_TAPE(n, NODE_IN_PORT_STATE, now, TAPE_OF(port), TAPE_OF(is_present), TAPE_OF(is_up),
		TAPE_OF(mac), TAPE_OF(mtu));
	node_port_changed(n, port, is_present, is_up, mac, mtu, now);
}

static void follow_conf(struct node *n, uint16_t port, const struct conf_port *conf, struct mono now)
{
	struct node_port *p = n->port[port];
	bool is_evb_off = p->vdp && p->conf.evb.is_enabled && !conf->evb.is_enabled;

	p->conf = *conf;
	p->is_guarded = p->is_guarded && conf->bpdu_guard;
	for (uint16_t i = 0; i < n->n_ports; i++)
		if (n->port[i] && n->port[i]->uplink == port)
			n->port[i]->conf = *conf;
	if (p->lport != FWD_LPORT_NONE) {
		node_port_cfg(n, port);
		relay_port_set_learning(n->relay, p->lport, p->conf.learning);
		set_vlans(n, p);
		node_forwarding(n, port);
	}
	if (is_evb_off)
		port_ecp_down(n, port, now);
	port_evb_conf(n, port, now);
	if (p->vifs)
		port_vif_conf(n, port, now);
	if (p->vdp)
		port_vsi_host(n, port, now);
	node_pump(n, port, now);
}

void node_port_conf(struct node *n, uint16_t port, const struct conf_port *conf, struct mono now)
{
	NODE_TAPE(n, NODE_IN_PORT_CONF, now, TAPE_OF(port), TAPE_OF(*conf));
	n->port[port]->is_dynamic = false;
	follow_conf(n, port, conf, now);
	for (uint16_t i = 0; i < n->n_ports; i++) {
		if (n->port[i] && n->port[i]->device == port && n->port[i]->is_dynamic) {
			struct conf_port c = port_channel_conf_of(conf, n->port[i]->scid);

			follow_conf(n, i, &c, now);
		}
	}
	port_channel_conf(n, n->port[port]->device, now);
	node_pump(n, n->port[port]->device, now);
}

bool node_channel_release(struct node *n, uint16_t port, struct mono now)
{
	struct node_port *p = n->port[port], *uap = n->port[p->device];
	uint16_t device = p->device;
	struct conf_port conf;

	NODE_TAPE(n, NODE_IN_CHANNEL_RELEASE, now, TAPE_OF(port));
	if (p == uap || p->kind != NODE_BRIDGE || p->svid == 0 || !uap->conf.cdcp.is_enabled)
		return false;
	conf = port_channel_conf_of(&uap->conf, p->scid);
	conf.max_vsis = p->conf.max_vsis; /* its table stays */
	p->is_dynamic = true;
	follow_conf(n, port, &conf, now);
	port_channel_conf(n, device, now); /* it may take the channel away for its SVID, and make it anew */
	node_pump(n, device, now);
	return true;
}
