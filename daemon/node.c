/*
 * node.c - the daemon's core without a daemon: a table of ports around one relay.
 *
 * A frame that comes in is either a control frame (reserved destination or ECP to our own address) and goes to the
 * machines of its port, or traffic and goes to the relay, whose copies are handed to node_io.send. Machines never
 * call each other: every input ends in node_pump(), which pulls events, answers and frames out of them until nothing
 * is left. A pump that is asked for while one runs (a VSI that moves makes its old port talk) is done right after it,
 * so nothing re-enters.
 *
 * Memory: one block per port and one for the relay, taken when a port is added; nothing grows afterwards.
 */
#include "node_priv.h"

#include <stdio.h>
#include <stdlib.h>

const char *node_port_kind_name(enum node_port_kind k)
{
	static const char *const names[] = { "ordinary", "station", "bridge", "vm" };

	return names[k];
}

void node_tell(struct node *n, const struct node_event *ev, struct mono now)
{
	n->io.event(n->io.ctx, ev, now);
}

static void set_globals(struct node *n, const struct conf *c)
{
	memcpy(n->system_name, c->system_name, sizeof(n->system_name));
	memcpy(n->system_descr, c->system_descr, sizeof(n->system_descr));
	n->warn_exponent = c->warn_exponent;
	relay_set_age(n->relay, c->fdb_age_s);
}

struct node *node_new(const struct conf *c, const struct node_io *io, uint64_t seed, struct mono now)
{
	struct node *n = calloc(1, sizeof(*n));
	struct relay_cfg rc = { 0 };
	void *mem;

	if (!n)
		return NULL;
	n->io = *io;
	n->rng.state = seed;
	n->key = (struct siphash_key){ prng_next(&n->rng), prng_next(&n->rng) };
	n->max_ended = c->max_ended;
	rc = (struct relay_cfg){
		.max_lports = NODE_MAX_PORTS,
		.max_fdb = c->max_fdb,
		.max_admit = 65536,
		.fdb_age_s = c->fdb_age_s,
		.max_learned_drp = 16,
		.key = n->key,
	};
	mem = calloc(1, relay_size(&rc));
	if (!mem || !node_ended_init(n)) {
		free(mem);
		free(n);
		return NULL;
	}
	n->relay = relay_init(&rc, mem);
	(void)now;
	set_globals(n, c);
	return n;
}

static void port_free(struct node_port *p)
{
	port_evb_fini(p);
	port_ecp_fini(p);
	free(p);
}

void node_free(struct node *n)
{
	if (!n)
		return;
	for (uint16_t i = 0; i < n->n_ports; i++)
		if (n->port[i])
			port_free(n->port[i]);
	node_ended_fini(n);
	free(n->relay);
	free(n);
}

void node_shutdown(struct node *n, struct mono now)
{
	for (uint16_t i = 0; i < n->n_ports; i++)
		if (n->port[i])
			port_evb_shutdown(n, i, now);
}

static void set_forwarding(struct node *n, struct node_port *p)
{
	if (p->lport != FWD_LPORT_NONE)
		relay_port_set_forwarding(n->relay, p->lport, p->is_up && !p->is_guarded);
}

void node_set_globals(struct node *n, const struct conf *c, struct mono now)
{
	set_globals(n, c);
	for (uint16_t i = 0; i < n->n_ports; i++) {
		if (n->port[i] && n->port[i]->kind != NODE_VM) {
			n->port[i]->is_guarded = false;
			set_forwarding(n, n->port[i]);
			port_evb_state(n, i, now);
			node_pump(n, i, now);
		}
	}
}

/* ---- ports ---- */

static struct relay_port_cfg relay_cfg_of(const struct node *n, const struct node_port *p, uint16_t port)
{
	static const enum fwd_kind kinds[] = { FWD_ORDINARY, FWD_URP, FWD_SBP, FWD_DRP };
	uint16_t er = p->kind == NODE_VM ? p->uplink : port;
	bool is_edge = p->kind == NODE_STATION || p->kind == NODE_VM;
	enum conf_relay relay = is_edge ? n->port[er]->conf.relay : CONF_RELAY_NONE;

	return (struct relay_port_cfg){
		.kind = kinds[p->kind],
		.relay = !is_edge                  ? FWD_BRIDGE
			 : relay == CONF_RELAY_VEB ? FWD_VEB
						   : FWD_VEPA,
		.component = is_edge ? (uint16_t)(er + 1) : 0,
		.pvid = p->kind == NODE_VM ? FWD_VID_NONE : p->conf.pvid,
		.unassociated_vid = p->kind == NODE_BRIDGE ? p->conf.unassociated_vid : FWD_VID_NONE,
		.mtu = p->mtu,
		.storm_pps = p->kind == NODE_ORDINARY ? p->conf.storm_pps : 0,
	};
}

static void set_vlans(struct node *n, const struct node_port *p)
{
	for (uint16_t vid = 1; p->kind == NODE_ORDINARY && vid <= FWD_VID_MAX; vid++) {
		bool is_untagged = vid == p->conf.pvid;
		bool is_tagged = p->conf.vlans[vid / 8] & 1u << vid % 8;

		relay_port_set_vlan(n->relay, p->lport, vid, is_tagged || is_untagged, is_untagged);
	}
}

static void relay_attach(struct node *n, uint16_t port)
{
	struct node_port *p = n->port[port];
	struct relay_port_cfg rc = relay_cfg_of(n, p, port);

	p->lport = FWD_LPORT_NONE;
	if ((p->kind == NODE_STATION && p->conf.relay == CONF_RELAY_NONE) ||
		(p->kind == NODE_VM && n->port[p->uplink]->conf.relay == CONF_RELAY_NONE))
		return;
	p->lport = relay_port_add(n->relay, &rc);
	if (p->lport == FWD_LPORT_NONE)
		return;
	n->by_lport[p->lport] = port;
	set_vlans(n, p);
}

static uint16_t port_new(struct node *n, const char *name, enum node_port_kind kind)
{
	struct node_port *p;
	uint16_t i = 0;

	while (i < NODE_MAX_PORTS && n->port[i])
		i++;
	if (i == NODE_MAX_PORTS)
		return NODE_NO_PORT;
	p = calloc(1, sizeof(*p));
	if (!p)
		return NODE_NO_PORT;
	p->in_use = true;
	p->kind = kind;
	p->uplink = NODE_NO_PORT;
	p->lport = FWD_LPORT_NONE;
	strncpy(p->name, name, sizeof(p->name) - 1);
	n->port[i] = p;
	if (i >= n->n_ports)
		n->n_ports = (uint16_t)(i + 1);
	return i;
}

uint16_t node_port_add(struct node *n, const struct conf_port *conf, struct mono now)
{
	static const enum node_port_kind kinds[] = { NODE_ORDINARY, NODE_STATION, NODE_BRIDGE };
	uint16_t port = port_new(n, conf->name, kinds[conf->role]);

	if (port == NODE_NO_PORT)
		return port;
	n->port[port]->conf = *conf;
	n->port[port]->since = now;
	relay_attach(n, port);
	port_evb_init(n->port[port], now);
	if (n->port[port]->kind != NODE_ORDINARY)
		port_ecp_init(n, n->port[port]);
	port_evb_conf(n, port, now);
	return port;
}

uint16_t node_vm_port_add(struct node *n, const char *name, uint16_t uplink, struct mono now)
{
	uint16_t port = port_new(n, name, NODE_VM);

	if (port == NODE_NO_PORT)
		return port;
	n->port[port]->conf = n->port[uplink]->conf;
	n->port[port]->uplink = uplink;
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
	port_free(p);
}

void node_port_del(struct node *n, uint16_t port, struct mono now)
{
	if (n->port[port]->kind == NODE_VM) {
		n->port[port]->is_present = false; /* nothing binds to it any more */
		port_bind_vm_gone(n, port, now);
	} else {
		for (uint16_t i = 0; i < n->n_ports; i++)
			if (n->port[i] && n->port[i]->uplink == port)
				port_remove(n, i);
		port_evb_shutdown(n, port, now);
		port_ecp_down(n, port, now);
		port_vsi_port_gone(n, port, now);
	}
	port_remove(n, port);
}

void node_port_state(struct node *n, uint16_t port, bool is_present, bool is_up, struct mac mac, uint32_t mtu,
	struct mono now)
{
	struct node_port *p = n->port[port];
	bool was_up = p->is_up;
	bool is_same_mac = mac_equal(p->mac, mac);
	struct relay_port_cfg rc;

	is_up = is_present && is_up;
	if (p->is_present == is_present && was_up == is_up && is_same_mac && p->mtu == mtu)
		return;
	p->is_present = is_present;
	p->is_up = is_up;
	p->mac = mac;
	p->mtu = mtu;
	if (p->lport != FWD_LPORT_NONE) {
		rc = relay_cfg_of(n, p, port);
		relay_port_set_cfg(n->relay, p->lport, &rc);
	}
	if (!n->has_chassis && is_present && p->kind != NODE_VM) {
		n->chassis = mac;
		n->has_chassis = true;
	}
	if (was_up && !is_up) {
		p->is_guarded = false;
		if (p->vdp)
			port_ecp_down(n, port, now);
	}
	set_forwarding(n, p);
	if (p->kind == NODE_VM)
		port_bind_vm_port(n, port, now);
	else
		port_evb_state(n, port, now);
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
	node_pump(n, p->kind == NODE_VM ? p->uplink : port, now);
}

void node_port_conf(struct node *n, uint16_t port, const struct conf_port *conf, struct mono now)
{
	struct node_port *p = n->port[port];
	bool is_evb_off = p->vdp && p->conf.evb.is_enabled && !conf->evb.is_enabled;
	struct relay_port_cfg rc;

	p->conf = *conf;
	p->is_guarded = p->is_guarded && conf->bpdu_guard;
	for (uint16_t i = 0; i < n->n_ports; i++)
		if (n->port[i] && n->port[i]->uplink == port)
			n->port[i]->conf = *conf;
	if (p->lport != FWD_LPORT_NONE) {
		rc = relay_cfg_of(n, p, port);
		relay_port_set_cfg(n->relay, p->lport, &rc);
		set_vlans(n, p);
		set_forwarding(n, p);
	}
	if (is_evb_off)
		port_ecp_down(n, port, now);
	port_evb_conf(n, port, now);
	if (p->vdp)
		port_vsi_host(n, port, now);
	node_pump(n, port, now);
}

/* ---- frames ---- */

static void rx_traffic(struct node *n, uint16_t port, struct span frame, struct mono now)
{
	struct node_port *p = n->port[port];
	struct relay_result res;
	struct relay_copy copy;
	char detail[64], text[MAC_TEXT];

	if (p->lport == FWD_LPORT_NONE)
		return;
	relay_rx(n->relay, p->lport, frame, now, &res);
	if (res.unknown_source && p->kind == NODE_VM)
		port_bind_source(n, port, res.src, now);
	while (relay_next_copy(n->relay, &res, &copy))
		n->io.send(n->io.ctx, n->by_lport[copy.lport], span_of(copy.head, copy.head_len), copy.rest);
	if (res.drop != FWD_DROP_NOT_ASSOCIATED || mono_before(now, p->next_refused))
		return;
	p->next_refused = mono_add(now, dur_s(REFUSED_EVENT_S));
	snprintf(detail, sizeof(detail), "src=%s vid=%u", mac_format(res.src, text), res.vid);
	node_tell(n,
		&(struct node_event){ .kind = NODE_EVENT_REFUSED,
			.is_warning = true,
			.port = port,
			.event = "not associated",
			.clause = "802.1Q 41",
			.detail = detail },
		now);
}

static bool is_bpdu(struct span frame)
{
	/* LLC 42-42-03 behind a length field, to the bridge group address (802.1Q 8.13.5, 14.1) */
	return frame.len >= 17 && frame.ptr[12] < 0x06 && frame.ptr[14] == 0x42 && frame.ptr[15] == 0x42 &&
	       frame.ptr[16] == 0x03;
}

static void rx_bpdu(struct node *n, uint16_t port, struct mono now)
{
	struct node_port *p = n->port[port];

	p->count.bpdus++;
	if (p->kind == NODE_BRIDGE)
		port_evb_bpdu(n, port, now);
	if (p->kind != NODE_ORDINARY || !p->conf.bpdu_guard || p->is_guarded)
		return;
	p->is_guarded = true;
	set_forwarding(n, p);
	node_tell(n,
		&(struct node_event){ .kind = NODE_EVENT_GUARD,
			.is_warning = true,
			.port = port,
			.event = "BPDU guard",
			.detail = "port blocked until link down or reload" },
		now);
}

/* True when the frame was for the machines of the port; the relay counts and drops other reserved addresses. */
static bool rx_control(struct node *n, uint16_t port, struct span frame, struct mac da, struct mono now)
{
	struct node_port *p = n->port[port];
	unsigned type = (unsigned)frame.ptr[12] << 8 | frame.ptr[13];

	if (p->kind == NODE_VM)
		return false;
	if (type == ECP_ETHERTYPE && p->vdp) {
		p->count.control_in++;
		if (mac_equal(da, MAC_NEAREST_CUSTOMER_BRIDGE) || mac_equal(da, p->mac))
			port_ecp_rx(n, port, frame, now);
		else
			p->count.ecp_bad_da++;
	} else if (type == LLDP_ETHERTYPE && mac_is_reserved(da)) {
		p->count.control_in++;
		port_evb_rx(n, port, frame, now);
	} else if (mac_equal(da, MAC_NEAREST_CUSTOMER_BRIDGE) && is_bpdu(frame)) {
		rx_bpdu(n, port, now);
	} else {
		return false;
	}
	node_pump(n, port, now);
	return true;
}

void node_rx(struct node *n, uint16_t port, struct span frame, struct mono now)
{
	struct node_port *p = n->port[port];
	struct mac da;

	if (!p->is_up)
		return;
	if (frame.len >= 14) {
		memcpy(da.b, frame.ptr, sizeof(da.b));
		if ((mac_is_reserved(da) || mac_equal(da, p->mac)) && rx_control(n, port, frame, da, now))
			return;
	}
	rx_traffic(n, port, frame, now);
}

/* ---- time ---- */

static void pump_one(struct node *n, uint16_t port, struct mono now)
{
	struct node_port *p = n->port[port];

	if (!p || p->kind == NODE_VM)
		return;
	p->wants_pump = false;
	port_evb_pump(n, port, now); /* first: it may make VDP ready */
	if (p->vdp)
		port_ecp_pump(n, port, now);
	n->io.rearm(n->io.ctx, port);
}

void node_pump(struct node *n, uint16_t port, struct mono now)
{
	if (n->is_pumping) {
		n->port[port]->wants_pump = true;
		n->pump_others = true;
		return;
	}
	n->is_pumping = true;
	pump_one(n, port, now);
	while (n->pump_others) {
		n->pump_others = false;
		for (uint16_t i = 0; i < n->n_ports; i++)
			if (n->port[i] && n->port[i]->wants_pump)
				pump_one(n, i, now);
	}
	n->is_pumping = false;
}

void node_port_on_time(struct node *n, uint16_t port, struct mono now)
{
	struct node_port *p = n->port[port];

	if (p->kind == NODE_VM)
		return;
	port_evb_on_time(n, port, now);
	if (p->vdp) {
		ecp_tx_on_time(&p->ecp_tx, now);
		vdp_table_on_time(p->vdp, now);
	}
	node_pump(n, port, now);
}

struct mono node_port_deadline(const struct node *n, uint16_t port)
{
	const struct node_port *p = n->port[port];
	struct mono d;

	if (p->kind == NODE_VM)
		return MONO_NEVER;
	d = port_evb_deadline(p);
	if (p->vdp) {
		d = mono_min(d, ecp_tx_deadline(&p->ecp_tx));
		d = mono_min(d, vdp_table_deadline(p->vdp));
	}
	return d;
}

void node_on_time(struct node *n, struct mono now)
{
	relay_on_time(n->relay, now);
}

struct mono node_deadline(const struct node *n)
{
	return relay_deadline(n->relay);
}

/* ---- looking ---- */

uint16_t node_find_port(const struct node *n, const char *name)
{
	for (uint16_t i = 0; i < n->n_ports; i++)
		if (n->port[i] && strcmp(n->port[i]->name, name) == 0)
			return i;
	return NODE_NO_PORT;
}

const struct node_port *node_port(const struct node *n, uint16_t port)
{
	return port < n->n_ports ? n->port[port] : NULL;
}

uint16_t node_n_ports(const struct node *n)
{
	return n->n_ports;
}

const struct relay *node_relay(const struct node *n)
{
	return n->relay;
}
