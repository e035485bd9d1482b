/*
 * port_channel.c - the S-channels of a UAP (802.1Q clause 42; evb-reference 1.2, 4): the CDCP machine, the node ports that
 * its channels are, and what their S-TAGs mean to the relay.
 *
 *      LLDP nearest-non-TPMR agent <-> CDCP machine --changes--> node port "eth0/2" (EVB, ECP, VDP, its own relay port)
 *                                                                 |  up with the UAP while it has an SVID
 *                                                                 '-> relay: (UAP, SVID) <-> logical port
 *
 * A channel of the configuration is a port from the start and waits for its SVID, so that VSIs can be asked for early. On
 * a bridge a station's channel that no configuration names is made when CDCP says so, with the settings of its UAP, and goes
 * with it. Without CDCP channels have the SVIDs of the configuration.
 *
 * Invariants: by_svid and the relay know exactly the channels that have an SVID; an SVID is given to nobody before its old
 * channel is down (the machine tears down first). A channel's timers are in its UAP's heap: the device has one deadline.
 */
#include <stdio.h>
#include <stdlib.h>

#include "node_priv.h"

enum { S_CHANNEL_IDS = CDCP_ID_MAX + 1 };

static struct cdcp_cfg cdcp_cfg_of(const struct node_port *p)
{
	return (struct cdcp_cfg){
		.is_enabled = p->conf.cdcp.is_enabled,
		.role = p->kind == NODE_BRIDGE ? CDCP_ROLE_BRIDGE : CDCP_ROLE_STATION,
		.chn_cap = p->conf.cdcp.chn_cap,
		.svid_low = p->conf.cdcp.svid_low,
		.svid_high = p->conf.cdcp.svid_high,
		.hold = dur_s(p->conf.cdcp.hold_s),
		.restore_hold = dur_s((uint64_t)p->conf.lldp.tx_interval_s * p->conf.lldp.tx_hold + 1),
	};
}

static bool channels_new(struct node_port *p, struct mono now)
{
	struct cdcp_cfg cfg = cdcp_cfg_of(p);
	struct carve c = { 0 };
	struct theap timers;

	carve_take(&c, 1, sizeof(struct node_channels));
	theap_layout(&timers, &c, S_CHANNEL_IDS);
	c.base = calloc(1, c.used);
	if (!c.base)
		return false;
	c.used = 0;
	p->channels = (struct node_channels *)carve_take(&c, 1, sizeof(struct node_channels));
	theap_layout(&p->channels->timers, &c, S_CHANNEL_IDS);
	theap_clear(&p->channels->timers);
	memset(p->channels->by_scid, 0xff, sizeof(p->channels->by_scid)); /* NODE_NO_PORT */
	memset(p->channels->by_svid, 0xff, sizeof(p->channels->by_svid));
	cdcp_sm_init(&p->channels->cdcp, &cfg, p->kind == NODE_BRIDGE ? &p->channels->pool : NULL, now);
	return true;
}

bool port_channel_init(struct node *n, uint16_t port, struct mono now)
{
	struct node_port *p = n->port[port];

	return p->kind == NODE_ORDINARY || !p->conf.cdcp.is_enabled || channels_new(p, now);
}

void port_channel_fini(struct node_port *p)
{
	free(p->channels);
	p->channels = NULL;
}

/* ---- one channel ---- */

bool port_channel_join(struct node *n, uint16_t port, struct mono now)
{
	struct node_port *p = n->port[port], *uap;
	uint16_t at = node_find_port(n, p->name);

	if (at == NODE_NO_PORT || n->port[at]->kind != p->kind || p->scid > CDCP_ID_MAX)
		return false;
	uap = n->port[at];
	if (!uap->channels) {
		if (!channels_new(uap, now))
			return false;
		node_relay_trunk(n, at);
	}
	if (uap->channels->by_scid[p->scid] != NODE_NO_PORT)
		return false;
	uap->channels->by_scid[p->scid] = port;
	uap->channels->n++;
	p->device = at;
	p->mac = uap->mac;
	p->mtu = uap->mtu;
	p->is_present = uap->is_present;
	return true;
}

static void tell(struct node *n, uint16_t port, const char *event, const char *from, const char *to,
	const char *detail, struct mono now)
{
	node_tell(n,
		&(struct node_event){ .kind = NODE_EVENT_CHANNEL,
			.port = port,
			.from = from,
			.to = to,
			.event = event,
			.clause = "802.1Q 42",
			.detail = detail },
		now);
}

static void follow_uap(struct node *n, uint16_t port, struct mono now)
{
	struct node_port *p = n->port[port], *uap = n->port[p->device];

	node_port_changed(n, port, uap->is_present, uap->is_up && p->svid != 0, uap->mac, uap->mtu, now);
}

static void take_svid(struct node *n, uint16_t port, struct mono now)
{
	struct node_port *p = n->port[port], *uap = n->port[p->device];
	uint16_t svid = p->svid;

	if (svid == 0)
		return;
	uap->channels->by_svid[svid] = NODE_NO_PORT;
	if (p->lport != FWD_LPORT_NONE)
		relay_channel_clear(n->relay, uap->lport, svid);
	p->svid = 0;
	follow_uap(n, port, now);
}

static void give_svid(struct node *n, uint16_t port, uint16_t svid, struct mono now)
{
	struct node_port *p = n->port[port], *uap = n->port[p->device];
	char detail[32];

	take_svid(n, port, now);
	p->svid = svid;
	uap->channels->by_svid[svid] = port;
	if (p->lport != FWD_LPORT_NONE && uap->lport != FWD_LPORT_NONE)
		(void)relay_channel_set(n->relay, uap->lport, svid, p->lport);
	snprintf(detail, sizeof(detail), "scid=%u svid=%u", p->scid, svid);
	tell(n, port, "S-channel", "none", "operational", detail, now);
	follow_uap(n, port, now);
}

void port_channel_leave(struct node *n, uint16_t port, struct mono now)
{
	struct node_port *p = n->port[port];
	struct node_channels *c;

	if (p->scid == NODE_CHANNEL_DEFAULT)
		return;
	c = n->port[p->device]->channels;
	if (p->svid != 0) {
		c->by_svid[p->svid] = NODE_NO_PORT; /* the relay forgets its port, and the tag with it */
		p->svid = 0;
	}
	c->by_scid[p->scid] = NODE_NO_PORT;
	c->n--;
	theap_set(&c->timers, p->scid, MONO_NEVER);
	if (!p->is_dynamic)
		port_channel_conf(n, p->device, now);
}

/* ---- what CDCP decides ---- */

struct conf_port port_channel_conf_of(const struct conf_port *uap, uint16_t scid)
{
	struct conf_port c;

	conf_make_channel(uap, scid, &c);
	return c;
}

static uint16_t make_dynamic(struct node *n, uint16_t uap, uint16_t scid, struct mono now)
{
	struct conf_port conf = port_channel_conf_of(&n->port[uap]->conf, scid);
	uint16_t port = node_add_port(n, &conf, now);

	if (port == NODE_NO_PORT)
		tell(n, uap, "no room for another S-channel", NULL, NULL, NULL, now);
	else
		n->port[port]->is_dynamic = true;
	return port;
}

static void set_up(struct node *n, uint16_t uap, const struct cdcp_pair *pair, struct mono now)
{
	uint16_t port = n->port[uap]->channels->by_scid[pair->scid];

	if (port == NODE_NO_PORT && n->port[uap]->kind == NODE_BRIDGE)
		port = make_dynamic(n, uap, pair->scid, now);
	if (port != NODE_NO_PORT)
		give_svid(n, port, pair->svid, now);
}

static void tear_down(struct node *n, uint16_t uap, const struct cdcp_pair *pair, struct mono now)
{
	uint16_t port = n->port[uap]->channels->by_scid[pair->scid];
	char detail[CDCP_WHY_TEXT];

	if (port == NODE_NO_PORT)
		return;
	cdcp_why_text(&n->port[uap]->channels->cdcp, cdcp_sm_why(&n->port[uap]->channels->cdcp, pair->scid),
		detail);
	tell(n, port, "S-channel", "operational", "none", detail[0] ? detail : NULL, now);
	take_svid(n, port, now);
	if (n->port[port]->is_dynamic)
		node_del_port(n, port, now);
}

/* A channel that CDCP has but no port (its configuration went, or there was no room) gets one. */
static void make_up(struct node *n, uint16_t uap, struct mono now)
{
	struct node_channels *c = n->port[uap]->channels;

	for (uint16_t scid = cdcp_sm_next_channel(&c->cdcp, NODE_CHANNEL_DEFAULT); scid != 0;
		scid = cdcp_sm_next_channel(&c->cdcp, scid)) {
		struct cdcp_pair pair = { scid, cdcp_sm_svid(&c->cdcp, scid) };
		uint16_t port = c->by_scid[scid];

		if (port == NODE_NO_PORT ? n->port[uap]->kind == NODE_BRIDGE : n->port[port]->svid == 0)
			set_up(n, uap, &pair, now);
	}
}

static void drop_left_over(struct node *n, uint16_t uap, struct mono now)
{
	if (n->port[uap]->channels->cdcp.state == CDCP_NOT_RUNNING)
		return; /* restored ones wait for the port */
	for (uint16_t i = 0; i < n->n_ports; i++)
		if (n->port[i] && n->port[i]->device == uap && n->port[i]->is_dynamic &&
			n->port[i]->svid == 0)
			node_del_port(n, i, now);
}

/* Without CDCP the SVIDs are the configuration's. */
static void apply_static(struct node *n, uint16_t uap, struct mono now)
{
	for (uint16_t i = 0; i < n->n_ports; i++) {
		struct node_port *p = n->port[i];

		if (!p || p->device != uap || i == uap || p->conf.svid == p->svid)
			continue;
		if (p->conf.svid == 0)
			take_svid(n, i, now);
		else if (n->port[uap]->channels->by_svid[p->conf.svid] == NODE_NO_PORT)
			give_svid(n, i, p->conf.svid, now);
	}
}

static void apply(struct node *n, uint16_t uap, enum cdcp_state was, struct mono now)
{
	struct node_port *p = n->port[uap];
	struct node_channels *c = p->channels;
	struct cdcp_change change;
	bool has_changed = false;

	if (c->is_applying)
		return; /* the one that is will go on until all is applied */
	c->is_applying = true;
	while (cdcp_sm_next_change(&c->cdcp, &change)) {
		has_changed = true;
		if (change.is_up)
			set_up(n, uap, &change.channel, now);
		else
			tear_down(n, uap, &change.channel, now);
	}
	if (p->conf.cdcp.is_enabled) {
		make_up(n, uap, now);
		drop_left_over(n, uap, now);
	} else {
		apply_static(n, uap, now);
	}
	c->is_applying = false;
	if (p->agent[AGENT_NTPMR].in_use)
		cdcp_to_agent(&c->cdcp, p->agent[AGENT_NTPMR].lldp, CDCP_ORG_SLOT, now);
	if (was != c->cdcp.state)
		tell(n, uap, "CDCP", cdcp_state_name(was), cdcp_state_name(c->cdcp.state),
			cdcp_peer_name(c->cdcp.peer_is), now);
	if (has_changed && n->keep_channels)
		n->keep_channels(n->keep_channels_ctx, uap);
}

/* What the machine is to work with: the channels a station wants, or the SVIDs a bridge has fixed. */
static void set_pairs(struct node *n, uint16_t uap, struct mono now)
{
	struct node_port *p = n->port[uap];
	uint16_t wants[CDCP_PAIRS_MAX];
	struct cdcp_pair fixed[CDCP_PAIRS_MAX];
	unsigned n_wants = 0, n_fixed = 0;

	for (uint16_t scid = 2; scid <= CDCP_ID_MAX; scid++) {
		uint16_t port = p->channels->by_scid[scid];

		if (port == NODE_NO_PORT || n->port[port]->is_dynamic)
			continue;
		if (n_wants < CDCP_PAIRS_MAX)
			wants[n_wants++] = scid;
		if (n->port[port]->conf.svid != 0 && n_fixed < CDCP_PAIRS_MAX)
			fixed[n_fixed++] = (struct cdcp_pair){ scid, n->port[port]->conf.svid };
	}
	if (p->kind == NODE_BRIDGE)
		(void)cdcp_sm_set_fixed(&p->channels->cdcp, fixed, n_fixed, now);
	else
		(void)cdcp_sm_set_wants(&p->channels->cdcp, wants, n_wants, now);
}

void port_channel_conf(struct node *n, uint16_t port, struct mono now)
{
	struct node_port *p = n->port[port];
	enum cdcp_state was;
	struct cdcp_cfg cfg;

	if (!p->channels)
		return;
	cfg = cdcp_cfg_of(p);
	was = p->channels->cdcp.state;
	cdcp_sm_set_cfg(&p->channels->cdcp, &cfg, now);
	set_pairs(n, port, now);
	apply(n, port, was, now);
}

void port_channel_state(struct node *n, uint16_t port, struct mono now)
{
	struct node_port *p = n->port[port];
	enum cdcp_state was = p->channels->cdcp.state;

	cdcp_sm_set_operational(&p->channels->cdcp, p->is_up, now);
	apply(n, port, was, now);
	for (uint16_t i = 0; i < n->n_ports; i++)
		if (n->port[i] && i != port && n->port[i]->device == port)
			follow_uap(n, i, now);
}

void port_channel_hear(struct node *n, uint16_t port, struct mono now)
{
	struct node_port *p = n->port[port];
	enum cdcp_state was = p->channels->cdcp.state;

	cdcp_hear(&p->channels->cdcp, p->agent[AGENT_NTPMR].lldp, p->agent[AGENT_NCB].lldp, now);
	apply(n, port, was, now);
}

unsigned node_channels_save(const struct node_port *p, struct cdcp_pair ret[CDCP_PAIRS_MAX])
{
	const struct cdcp_sm *sm = &p->channels->cdcp;
	unsigned count = 0;

	for (uint16_t scid = cdcp_sm_next_channel(sm, NODE_CHANNEL_DEFAULT);
		scid != 0 && count < CDCP_PAIRS_MAX; scid = cdcp_sm_next_channel(sm, scid))
		ret[count++] = (struct cdcp_pair){ scid, cdcp_sm_svid(sm, scid) };
	return count;
}

/* The ports of a bridge's channels are made at once, so that their VSIs can be put back; one that CDCP then does not take
 * goes again when the UAP is up (drop_left_over). */
void node_channels_restore(
	struct node *n, uint16_t port, const struct cdcp_pair *channels, unsigned count, struct mono now)
{
	struct node_port *p = n->port[port];

	NODE_TAPE(n, NODE_IN_CHANNELS_RESTORE, now, TAPE_OF(port),
		span_of(channels, count * sizeof(*channels)));
	if (!p->channels || !p->conf.cdcp.is_enabled)
		return;
	cdcp_sm_restore(&p->channels->cdcp, channels, count, now);
	for (unsigned i = 0; i < count && p->kind == NODE_BRIDGE; i++)
		if (channels[i].scid > NODE_CHANNEL_DEFAULT && channels[i].scid <= CDCP_ID_MAX &&
			p->channels->by_scid[channels[i].scid] == NODE_NO_PORT)
			(void)make_dynamic(n, port, channels[i].scid, now);
	apply(n, port, p->channels->cdcp.state, now);
}

void node_watch_channels(struct node *n, node_keep_channels_fn *fn, void *ctx)
{
	n->keep_channels = fn;
	n->keep_channels_ctx = ctx;
}

/* ---- time, tags ---- */

void port_channel_rearm(struct node *n, uint16_t port)
{
	struct node_port *p = n->port[port];

	theap_set(&n->port[p->device]->channels->timers, p->scid, node_port_deadline(n, port));
}

void port_channel_on_time(struct node *n, uint16_t port, struct mono now)
{
	struct node_channels *c = n->port[port]->channels;
	enum cdcp_state was = c->cdcp.state;
	uint32_t scid;

	if (mono_reached(cdcp_sm_deadline(&c->cdcp), now)) {
		cdcp_sm_on_time(&c->cdcp, now);
		apply(n, port, was, now);
		node_pump(n, port, now);
	}
	for (unsigned left = c->n; left > 0; left--) {
		scid = theap_due(&c->timers, now);
		if (scid == THEAP_NONE)
			break;
		node_due_port(n, c->by_scid[scid], now);
	}
	if (n->io.rearm != NULL)
		n->io.rearm(n->io.ctx, port);
}

struct mono port_channel_deadline(const struct node_port *p)
{
	return mono_min(cdcp_sm_deadline(&p->channels->cdcp), theap_deadline(&p->channels->timers));
}

uint16_t port_channel_of_tag(const struct node *n, uint16_t port, uint16_t svid)
{
	const struct node_channels *c = n->port[port]->channels;

	if (svid == 0)
		return port;
	return svid <= CDCP_ID_MAX ? c->by_svid[svid] : NODE_NO_PORT;
}
