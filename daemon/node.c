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

enum {
	S_TPID = 0x88a8,
	S_TAG = 4,
	CONTROL_PCP = 0,        /* evb-reference 1.2, rule 4 */
	NODE_CONTROL_MAX = 1536 /* longer than any control frame of ours or that we take */
};

const char *node_port_kind_name(enum node_port_kind k)
{
	static const char *const names[] = { "ordinary", "station", "bridge", "vm" };

	return names[k];
}

const char *node_event_kind_name(enum node_event_kind k)
{
	static const char *const names[] = {
		[NODE_EVENT_PORT] = "port",
		[NODE_EVENT_NEIGHBOUR] = "neighbor",
		[NODE_EVENT_EVB] = "evb",
		[NODE_EVENT_VSI] = "vsi",
		[NODE_EVENT_BIND] = "bind",
		[NODE_EVENT_ECP] = "ecp",
		[NODE_EVENT_CHANNEL] = "channel",
		[NODE_EVENT_GUARD] = "guard",
		[NODE_EVENT_REFUSED] = "refused",
		[NODE_N_EVENTS] = NULL,
	};

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
		.max_channels = NODE_MAX_PORTS,
		.max_lists = 1024,
		.key = n->key,
	};
	mem = calloc(1, relay_size(&rc));
	if (!mem || !node_ended_init(n) || !node_active_init(n)) {
		node_ended_fini(n);
		node_active_fini(n);
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
	port_channel_fini(p);
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
	node_active_fini(n);
	free(n->relay);
	free(n);
}

void node_shutdown(struct node *n, struct mono now)
{
	for (uint16_t i = 0; i < n->n_ports; i++)
		if (n->port[i])
			port_evb_shutdown(n, i, now);
}

static bool has_relay(const struct node *n, const struct node_port *p);

static void set_forwarding(struct node *n, struct node_port *p)
{
	if (p->lport != FWD_LPORT_NONE)
		relay_port_set_forwarding(n->relay, p->lport, p->is_up && !p->is_guarded && has_relay(n, p));
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
	static const enum fwd_relay edge_relays[] = { [CONF_RELAY_VEPA] = FWD_VEPA,
		[CONF_RELAY_VEB] = FWD_VEB,
		[CONF_RELAY_NONE] = FWD_VEPA,
		[CONF_RELAY_SINGLE] = FWD_SINGLE };
	static const enum fwd_kind kinds[] = { FWD_ORDINARY, FWD_URP, FWD_SBP, FWD_DRP };
	uint16_t er = p->kind == NODE_VM ? p->uplink : port;
	bool is_edge = p->kind == NODE_STATION || p->kind == NODE_VM;
	enum conf_relay relay = is_edge ? n->port[er]->conf.relay : CONF_RELAY_NONE;

	return (struct relay_port_cfg){
		.kind = kinds[p->kind],
		.tag = p->scid != NODE_CHANNEL_DEFAULT ? FWD_TAG_S : FWD_TAG_NONE,
		.carries = p->channels ? FWD_TAG_S : FWD_TAG_NONE,
		.relay = !is_edge ? FWD_BRIDGE : edge_relays[relay],
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

void node_relay_trunk(struct node *n, uint16_t port)
{
	struct node_port *p = n->port[port];

	if (p->lport == FWD_LPORT_NONE)
		relay_attach(n, port);
	else
		relay_port_set_carries(n->relay, p->lport, FWD_TAG_S);
}

static uint16_t port_new(struct node *n, const char *name, enum node_port_kind kind, uint16_t scid)
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
	static const enum node_port_kind kinds[] = { NODE_ORDINARY, NODE_STATION, NODE_BRIDGE };
	uint16_t port = port_new(n, conf->name, kinds[conf->role], conf->scid);
	struct node_port *p;

	if (port == NODE_NO_PORT)
		return port;
	p = n->port[port];
	p->conf = *conf;
	p->since = now;
	if (!(p->scid == NODE_CHANNEL_DEFAULT ? port_channel_init(n, port, now)
					      : port_channel_join(n, port, now))) {
		n->port[port] = NULL;
		port_free(p);
		return NODE_NO_PORT;
	}
	relay_attach(n, port);
	port_evb_init(p, now);
	if (p->kind != NODE_ORDINARY)
		port_ecp_init(n, p);
	port_evb_conf(n, port, now);
	port_channel_conf(n, p->device, now);
	return port;
}

uint16_t node_vm_port_add(struct node *n, const char *name, uint16_t uplink, struct mono now)
{
	uint16_t port = port_new(n, name, NODE_VM, NODE_CHANNEL_DEFAULT);

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
	struct node_port *p = n->port[port];

	if (p->kind == NODE_VM) {
		p->is_present = false; /* nothing binds to it any more */
		port_bind_vm_gone(n, port, now);
	} else {
		for (uint16_t i = 0; i < n->n_ports; i++)
			if (n->port[i] && i != port && n->port[i]->device == port)
				node_port_del(n, i, now); /* its S-channels */
		for (uint16_t i = 0; i < n->n_ports; i++)
			if (n->port[i] && n->port[i]->uplink == port)
				port_remove(n, i);
		port_evb_shutdown(n, port, now);
		port_ecp_down(n, port, now);
		port_vsi_port_gone(n, port, now);
		port_channel_leave(n, port, now);
	}
	port_remove(n, port);
}

static void follow_state(struct node *n, uint16_t port, bool was_up, struct mono now)
{
	struct node_port *p = n->port[port];
	struct relay_port_cfg rc;

	if (p->lport != FWD_LPORT_NONE) {
		rc = relay_cfg_of(n, p, port);
		relay_port_set_cfg(n->relay, p->lport, &rc);
	}
	if (was_up && !p->is_up) {
		p->is_guarded = false;
		if (p->vdp)
			port_ecp_down(n, port, now);
	}
	set_forwarding(n, p);
	if (p->kind == NODE_VM)
		port_bind_vm_port(n, port, now);
	else
		port_evb_state(n, port, now);
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

void node_port_state(struct node *n, uint16_t port, bool is_present, bool is_up, struct mac mac, uint32_t mtu,
	struct mono now)
{
	node_port_changed(n, port, is_present, is_up, mac, mtu, now);
}

static void follow_conf(struct node *n, uint16_t port, const struct conf_port *conf, struct mono now)
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
		relay_port_set_learning(n->relay, p->lport, p->conf.learning);
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

void node_port_conf(struct node *n, uint16_t port, const struct conf_port *conf, struct mono now)
{
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

/* ---- frames ---- */

static void tell_refused(struct node *n, uint16_t port, const struct relay_result *res, struct mono now)
{
	struct node_port *p = n->port[port];
	char detail[64], text[MAC_TEXT];

	if (mono_before(now, p->next_refused))
		return;
	p->next_refused = mono_add(now, dur_s(REFUSED_EVENT_S));
	snprintf(detail, sizeof(detail), "src=%s vid=%u", mac_format(res->src, text), res->vid);
	node_tell(n,
		&(struct node_event){ .kind = NODE_EVENT_REFUSED,
			.is_warning = true,
			.port = port,
			.event = "not associated",
			.clause = "802.1Q 41",
			.detail = detail },
		now);
}

static void rx_traffic(struct node *n, uint16_t port, struct span frame, struct mono now)
{
	struct node_port *p = n->port[port];
	struct relay_result res;
	struct relay_copy copy;

	if (p->lport == FWD_LPORT_NONE)
		return;
	relay_rx(n->relay, p->lport, frame, now, &res);
	if (res.unknown_source && p->kind == NODE_VM)
		port_bind_source(n, port, res.src, now);
	while (relay_next_copy(n->relay, &res, &copy))
		n->io.send(n->io.ctx, n->port[n->by_lport[copy.lport]]->device,
			span_of(copy.head, copy.head_len), copy.rest);
	if (res.drop == FWD_DROP_NOT_ASSOCIATED)
		tell_refused(n, n->by_lport[res.lport], &res, now);
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

/* A control frame in an S-channel: without its tag it is for the channel's machines. */
static bool rx_channel(struct node *n, uint16_t port, struct span frame, struct mac da, struct mono now)
{
	uint8_t bare[NODE_CONTROL_MAX];
	size_t len = frame.len - S_TAG;
	uint16_t at = port_channel_of_tag(n, port, (uint16_t)((frame.ptr[14] << 8 | frame.ptr[15]) & 0xfff));

	if (at == NODE_NO_PORT || len < 14 || len > sizeof(bare)) {
		n->port[port]->count.no_channel++;
		return mac_is_reserved(da); /* nobody's; the relay counts what else is on that tag */
	}
	memcpy(bare, frame.ptr, 12);
	memcpy(bare + 12, frame.ptr + 16, len - 12);
	return n->port[at]->is_up && rx_control(n, at, span_of(bare, len), da, now);
}

void node_rx(struct node *n, uint16_t port, struct span frame, struct mono now)
{
	struct node_port *p = n->port[port];
	struct mac da;

	if (!p->is_up)
		return;
	if (frame.len >= 14) {
		memcpy(da.b, frame.ptr, sizeof(da.b));
		if (mac_is_reserved(da) || mac_equal(da, p->mac)) {
			bool is_tagged = p->channels && frame.len >= 18 && frame.ptr[12] == S_TPID >> 8 &&
					 frame.ptr[13] == (S_TPID & 0xff);

			if (is_tagged ? rx_channel(n, port, frame, da, now)
				      : rx_control(n, port, frame, da, now))
				return;
		}
	}
	rx_traffic(n, port, frame, now);
}

void node_send(struct node *n, uint16_t port, struct span head, struct span rest)
{
	const struct node_port *p = n->port[port];
	uint8_t tagged[NODE_CONTROL_MAX + S_TAG];

	if (p->scid == NODE_CHANNEL_DEFAULT) {
		n->io.send(n->io.ctx, port, head, rest);
		return;
	}
	if (p->svid == 0 || head.len + S_TAG > sizeof(tagged))
		return;
	memcpy(tagged, head.ptr, 12);
	tagged[12] = S_TPID >> 8;
	tagged[13] = S_TPID & 0xff;
	tagged[14] = (uint8_t)(CONTROL_PCP << 5 | p->svid >> 8);
	tagged[15] = (uint8_t)p->svid;
	memcpy(tagged + 16, head.ptr + 12, head.len - 12);
	n->io.send(n->io.ctx, p->device, span_of(tagged, head.len + S_TAG), rest);
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
	if (p->scid != NODE_CHANNEL_DEFAULT)
		port_channel_rearm(n, port);
	n->io.rearm(n->io.ctx, p->device);
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

static void machines_on_time(struct node *n, uint16_t port, struct mono now)
{
	struct node_port *p = n->port[port];

	port_evb_on_time(n, port, now);
	if (p->vdp) {
		ecp_tx_on_time(&p->ecp_tx, now);
		vdp_table_on_time(p->vdp, now);
	}
	node_pump(n, port, now);
}

static struct mono machines_deadline(const struct node_port *p)
{
	struct mono d = port_evb_deadline(p);

	if (p->vdp) {
		d = mono_min(d, ecp_tx_deadline(&p->ecp_tx));
		d = mono_min(d, vdp_table_deadline(p->vdp));
	}
	return d;
}

void node_port_on_time(struct node *n, uint16_t port, struct mono now)
{
	struct node_port *p = n->port[port];

	if (p->kind == NODE_VM)
		return;
	if (p->channels)
		port_channel_on_time(n, port, now);
	if (mono_reached(machines_deadline(p), now) || !p->channels)
		machines_on_time(n, port, now);
}

struct mono node_port_deadline(const struct node *n, uint16_t port)
{
	const struct node_port *p = n->port[port];

	if (p->kind == NODE_VM)
		return MONO_NEVER;
	return p->channels ? mono_min(machines_deadline(p), port_channel_deadline(p)) : machines_deadline(p);
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
		if (n->port[i] && n->port[i]->device == i && strcmp(n->port[i]->name, name) == 0)
			return i;
	return NODE_NO_PORT;
}

uint16_t node_find_channel(const struct node *n, const char *name, uint16_t scid)
{
	uint16_t port = node_find_port(n, name);

	if (port == NODE_NO_PORT || scid == NODE_CHANNEL_DEFAULT)
		return port;
	return n->port[port]->channels && scid <= CDCP_ID_MAX ? n->port[port]->channels->by_scid[scid]
							      : NODE_NO_PORT;
}

uint16_t node_find_label(const struct node *n, const char *label)
{
	for (uint16_t i = 0; i < n->n_ports; i++)
		if (n->port[i] && strcmp(n->port[i]->label, label) == 0)
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
