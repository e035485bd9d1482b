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
#include "ecp_draft_pdu.h"
#include "node_priv.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	S_TPID = 0x88a8,
	S_TAG = 4,
	CONTROL_PCP = 0,        /* evb-reference 1.2, rule 4 */
	NODE_CONTROL_MAX = 1536 /* longer than any control frame of ours or that we take */
};

/* VM ports and VIFs have no machines. */
static bool is_behind(const struct node_port *p)
{
	return p->kind == NODE_VM || p->kind == NODE_VIF;
}

const char *node_port_kind_name(enum node_port_kind k)
{
	static const char *const names[] = { "ordinary", "station", "bridge", "vm", "vif" };

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
		[NODE_EVENT_VIF] = "vif",
		[NODE_EVENT_GUARD] = "guard",
		[NODE_EVENT_MOVE] = "move",
		[NODE_EVENT_REFUSED] = "refused",
		[NODE_N_EVENTS] = NULL,
	};

	return names[k];
}

void node_tell(struct node *n, const struct node_event *ev, struct mono now)
{
	if (n->io.event != NULL)
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
	NODE_TAPE(n, NODE_IN_NEW, now, TAPE_OF(*c), TAPE_OF(seed));
	n->rng.state = seed;
	n->key = (struct siphash_key){ prng_next(&n->rng), prng_next(&n->rng) };
	n->max_ended = c->max_ended;
	rc = (struct relay_cfg){
		.max_lports = NODE_MAX_PORTS,
		.max_fdb = c->max_fdb,
		.max_admit = NODE_MAX_ADMIT,
		.fdb_age_s = c->fdb_age_s,
		.max_learned_drp = 16,
		.max_channels = NODE_MAX_PORTS,
		.max_lists = 1024,
		.max_changes = 8192,
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
	set_globals(n, c);
	return n;
}

void node_free(struct node *n)
{
	if (!n)
		return;
	for (uint16_t i = 0; i < n->n_ports; i++)
		if (n->port[i])
			node_port_free(n->port[i]);
	node_ended_fini(n);
	node_active_fini(n);
	free(n->relay);
	free(n);
}

void node_shutdown(struct node *n, struct mono now)
{
	NODE_TAPE(n, NODE_IN_SHUTDOWN, now, span_of(NULL, 0));
	for (uint16_t i = 0; i < n->n_ports; i++)
		if (n->port[i])
			port_evb_shutdown(n, i, now);
}

void node_set_globals(struct node *n, const struct conf *c, struct mono now)
{
	NODE_TAPE(n, NODE_IN_GLOBALS, now, TAPE_OF(*c));
	set_globals(n, c);
	for (uint16_t i = 0; i < n->n_ports; i++) {
		if (n->port[i] && !is_behind(n->port[i])) {
			n->port[i]->is_guarded = false;
			node_forwarding(n, i);
			port_evb_state(n, i, now);
			node_pump(n, i, now);
		}
	}
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
	if (p->kind == NODE_VM && (res.unknown_source || res.drop == FWD_DROP_BLOCKED))
		port_bind_source(n, port, res.src, now);
	while (relay_next_copy(n->relay, &res, &copy))
		n->io.send(n->io.ctx, n->port[n->by_lport[copy.lport]]->device,
			span_of(copy.head, copy.head_len), copy.rest);
	if (res.drop == FWD_DROP_NOT_ASSOCIATED)
		tell_refused(n, n->by_lport[res.lport], &res, now);
	else if (n->n_moves > 0)
		port_move_rx(n, now);
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
	node_forwarding(n, port);
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
	bool is_ecp = p->vdp && port_ecp_takes(p, type, da);

	if (is_behind(p))
		return false;
	if (type == ECP_ETHERTYPE && port_vif_is_csp(p, da, frame)) {
		p->count.control_in++;
		port_vif_rx(n, port, frame, now);
	} else if (is_ecp || (type == ECP_ETHERTYPE && p->vdp)) {
		p->count.control_in++;
		if (is_ecp)
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

/* Of the protocols, in an S-channel or not. */
static bool is_control(struct span frame)
{
	bool is_tagged = frame.len >= 18 && frame.ptr[12] == S_TPID >> 8 && frame.ptr[13] == (S_TPID & 0xff);
	const uint8_t *at = frame.ptr + (is_tagged ? 16 : 12);
	unsigned type = (unsigned)at[0] << 8 | at[1];

	return type == LLDP_ETHERTYPE || type == ECP_ETHERTYPE || type == ECP_DRAFT_ETHERTYPE;
}

static void show_control(struct node *n, uint16_t port, bool is_out, struct span head, struct span rest)
{
	if (n->io.control != NULL)
		n->io.control(n->io.ctx, port, is_out, head, rest);
}

void node_rx(struct node *n, uint16_t port, struct span frame, struct mono now)
{
	struct node_port *p = n->port[port];
	struct mac da;

	NODE_TAPE(n, NODE_IN_RX, now, TAPE_OF(port), frame);
	if (!p->is_up)
		return;
	if (frame.len >= 14) {
		memcpy(da.b, frame.ptr, sizeof(da.b));
		if (mac_is_reserved(da) || mac_equal(da, p->mac)) {
			bool is_tagged = p->channels && frame.len >= 18 && frame.ptr[12] == S_TPID >> 8 &&
					 frame.ptr[13] == (S_TPID & 0xff);

			if (is_control(frame))
				show_control(n, port, false, frame, span_of(NULL, 0));
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
		show_control(n, port, true, head, rest);
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
	show_control(n, p->device, true, span_of(tagged, head.len + S_TAG), rest);
	n->io.send(n->io.ctx, p->device, span_of(tagged, head.len + S_TAG), rest);
}

/* ---- time ---- */

static void pump_one(struct node *n, uint16_t port, struct mono now)
{
	struct node_port *p = n->port[port];

	if (!p || is_behind(p))
		return;
	p->wants_pump = false;
	port_evb_pump(n, port, now); /* first: it may make VDP ready */
	if (p->vifs)
		port_vif_pump(n, port, now);
	if (p->vdp)
		port_ecp_pump(n, port, now);
	if (p->scid != NODE_CHANNEL_DEFAULT)
		port_channel_rearm(n, port);
	if (n->io.rearm != NULL)
		n->io.rearm(n->io.ctx, p->device);
}

void node_pump_later(struct node *n, uint16_t port)
{
	n->port[port]->wants_pump = true;
	n->pump_others = true;
}

void node_pump(struct node *n, uint16_t port, struct mono now)
{
	if (n->is_pumping) {
		node_pump_later(n, port);
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
	if (p->vifs)
		port_vif_on_time(n, port, now);
	if (p->vdp) {
		ecp_tx_on_time(&p->ecp_tx, now);
		vdp_table_on_time(p->vdp, now);
	}
	node_pump(n, port, now);
}

static struct mono machines_deadline(const struct node *n, uint16_t port)
{
	const struct node_port *p = n->port[port];
	struct mono d = port_evb_deadline(p);

	if (p->vifs)
		d = mono_min(d, port_vif_deadline(n, port));

	if (p->vdp) {
		d = mono_min(d, ecp_tx_deadline(&p->ecp_tx));
		d = mono_min(d, vdp_table_deadline(p->vdp));
	}
	return d;
}

void node_port_on_time(struct node *n, uint16_t port, struct mono now)
{
	NODE_TAPE(n, NODE_IN_PORT_TIME, now, TAPE_OF(port));
	node_due_port(n, port, now);
}

void node_due_port(struct node *n, uint16_t port, struct mono now)
{
	struct node_port *p = n->port[port];

	if (is_behind(p))
		return;
	if (p->channels)
		port_channel_on_time(n, port, now);
	if (mono_reached(machines_deadline(n, port), now) || !p->channels)
		machines_on_time(n, port, now);
}

struct mono node_port_deadline(const struct node *n, uint16_t port)
{
	const struct node_port *p = n->port[port];

	if (is_behind(p))
		return MONO_NEVER;
	return p->channels ? mono_min(machines_deadline(n, port), port_channel_deadline(p))
			   : machines_deadline(n, port);
}

static void have_left(struct node *n, uint16_t port, struct mono now)
{
	struct node_port *p = n->port[port];

	bool is_news = p->vdp && ecp_tx_left(&p->ecp_tx, now);

	if (p->vifs)
		is_news |= port_vif_left(n, port, now);
	if (is_news && p->scid != NODE_CHANNEL_DEFAULT)
		port_channel_rearm(n, port);
}

void node_port_left(struct node *n, uint16_t port, struct mono now)
{
	const struct node_channels *c = n->port[port]->channels;

	NODE_TAPE(n, NODE_IN_LEFT, now, TAPE_OF(port));
	have_left(n, port, now);
	for (uint32_t scid = 0; c && c->n > 0 && scid < sizeof(c->by_scid) / sizeof(c->by_scid[0]); scid++)
		if (c->by_scid[scid] != NODE_NO_PORT && c->by_scid[scid] != port)
			have_left(n, c->by_scid[scid], now);
	if (n->io.rearm != NULL)
		n->io.rearm(n->io.ctx, port);
}

void node_on_time(struct node *n, struct mono now)
{
	NODE_TAPE(n, NODE_IN_TIME, now, span_of(NULL, 0));
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

struct relay *node_relay_mirrored(struct node *n)
{
	return n->relay;
}

uint16_t node_port_of_lport(const struct node *n, uint16_t lport)
{
	return lport < NODE_MAX_PORTS ? n->by_lport[lport] : NODE_NO_PORT;
}
