/*
 * port_evb.c - LLDP agents of a port and the EVB machine that lives on them (802.1AB clause 9; 802.1Q clause 40;
 * evb-reference 2, 3).
 *
 * LLDP carries the EVB TLV in one slot of the nearest-customer-bridge agent. When neighbours change, the peer's TLV
 * goes through the EVB machine, and whatever the machine then decides is applied in the same step: reflective relay
 * of the relay port, timer values of ECP and VDP, readiness, the TLV to send. The EVB TLV is also accepted from the
 * nearest-non-TPMR agent when that runs and the proper agent has none (evb-reference 2.1). Which of the two generations'
 * TLVs goes out is port_edition.c's choice; both are heard.
 */
#include <stdio.h>
#include <stdlib.h>

#include "evb_agent.h"
#include "node_priv.h"

enum { LLDP_FRAME_HEAD = 14 };

static const struct mac agent_da[NODE_AGENTS] = {
	{ { 0x01, 0x80, 0xc2, 0x00, 0x00, 0x00 } },
	{ { 0x01, 0x80, 0xc2, 0x00, 0x00, 0x03 } },
	{ { 0x01, 0x80, 0xc2, 0x00, 0x00, 0x0e } },
};

static struct lldp_agent_cfg agent_cfg(const struct node_port *p, unsigned a)
{
	struct lldp_agent_cfg cfg = p->conf.lldp;

	cfg.da = agent_da[a];
	if (!(p->conf.lldp_agents & 1u << a))
		cfg.admin = LLDP_DISABLED;
	return cfg;
}

static struct evb_cfg evb_cfg_of(const struct node_port *p)
{
	struct evb_cfg cfg = p->conf.evb;

	cfg.role = p->kind == NODE_BRIDGE ? EVB_MODE_BRIDGE : EVB_MODE_STATION;
	cfg.edition = p->choice.edition;
	cfg.max_vsis = (uint16_t)(p->conf.max_vsis < UINT16_MAX ? p->conf.max_vsis : UINT16_MAX);
	cfg.rr_alarm = dur_s(3 * (uint64_t)p->conf.lldp.tx_interval_s);
	return cfg;
}

void port_evb_init(struct node_port *p, struct mono now)
{
	const struct lldp_known known[] = { EVB_TLV_KNOWN, EVB_DRAFT_KNOWN, CDCP_TLV_KNOWN,
		{ .key = PE_TLV_KEY, .min_len = PE_TLV_LEN } };
	struct evb_cfg ec;

	evb_choice_init(&p->choice, port_edition_setting(p));
	ec = evb_cfg_of(p);

	for (unsigned a = 0; a < NODE_AGENTS; a++) {
		struct lldp_agent_cfg cfg = agent_cfg(p, a);
		struct carve c = { 0 };

		/* an S-channel has the agent of its EVB TLV; the others are the UAP's (evb-reference 1.2) */
		if (!(p->conf.lldp_agents & 1u << a) || (a != AGENT_NCB && p->scid != NODE_CHANNEL_DEFAULT))
			continue;
		carve_take(&c, 1, sizeof(struct lldp_agent));
		c.base = calloc(1, c.used + CARVE_ALIGN + lldp_agent_size(&cfg));
		if (!c.base)
			continue;
		p->agent[a].lldp = (struct lldp_agent *)(void *)c.base;
		p->agent[a].in_use = true;
		lldp_agent_init(p->agent[a].lldp, &cfg, p->mac, carve_take(&c, 1, 0));
		if (p->kind != NODE_ORDINARY)
			lldp_agent_set_known(p->agent[a].lldp, known, p->vifs ? 4 : p->channels ? 3 : 2);
	}
	if (p->kind != NODE_ORDINARY)
		evb_sm_init(&p->evb, &ec, now);
}

void port_evb_fini(struct node_port *p)
{
	for (unsigned a = 0; a < NODE_AGENTS; a++)
		free(p->agent[a].lldp);
}

/* The basic TLVs: chassis = the system's address, port = interface name, what the port is. */
static void set_local(const struct node *n, struct node_port *p, struct mono now)
{
	uint8_t chassis[7] = { LLDP_CHASSIS_MAC };
	uint8_t port_id[1 + NODE_LABEL] = { p->scid == NODE_CHANNEL_DEFAULT ? LLDP_PORT_IFNAME
									    : LLDP_PORT_LOCAL };
	/* management address: length, subtype 6 (802), address, interface numbering unknown, no OID */
	uint8_t mgmt[14] = { 7, 6 };
	size_t name_len = strlen(p->label);
	struct lldp_pdu local = { 0 };
	uint16_t caps = p->kind == NODE_STATION ? LLDP_CAP_STATION_ONLY : LLDP_CAP_BRIDGE | LLDP_CAP_CVLAN;

	memcpy(chassis + 1, n->has_chassis ? n->chassis.b : p->mac.b, 6);
	memcpy(port_id + 1, p->label, name_len);
	memcpy(mgmt + 2, chassis + 1, 6);
	mgmt[8] = 1;
	local.chassis_id = span_of(chassis, sizeof(chassis));
	local.port_id = span_of(port_id, 1 + name_len);
	local.port_descr = span_of(p->label, name_len);
	local.system_name = span_of(n->system_name, strlen(n->system_name));
	local.system_descr = span_of(n->system_descr, strlen(n->system_descr));
	local.has_caps = true;
	local.caps = caps;
	local.caps_enabled = caps;
	local.n_mgmt = 1;
	local.mgmt[0] = span_of(mgmt, sizeof(mgmt));
	for (unsigned a = 0; a < NODE_AGENTS; a++)
		if (p->agent[a].in_use)
			lldp_agent_set_local(p->agent[a].lldp, &local, now);
}

static void set_evb_tlv(struct node_port *p, struct mono now)
{
	if (p->agent[AGENT_NCB].in_use)
		evb_to_agent(&p->evb, p->agent[AGENT_NCB].lldp, EVB_ORG_SLOT, now);
}

static bool oper_equal(const struct evb_oper *a, const struct evb_oper *b)
{
	return a->peer == b->peer && a->is_ready == b->is_ready && a->rr_requested == b->rr_requested &&
	       a->rr_capable == b->rr_capable && a->rr_active == b->rr_active &&
	       a->group_ids == b->group_ids && a->retries == b->retries && a->rte == b->rte &&
	       a->rwd == b->rwd && a->rka == b->rka && a->rr_alarm == b->rr_alarm &&
	       a->rr_blocked == b->rr_blocked;
}

static void tell_change(struct node *n, uint16_t port, const struct evb_oper *was, struct mono now)
{
	struct node_port *p = n->port[port];
	const struct evb_oper *is = &p->evb.oper;
	char detail[160];
	bool is_slow = is->rte > n->warn_exponent || is->rwd > n->warn_exponent || is->rka > n->warn_exponent;
	const char *event = "operational values";

	if (was->peer != is->peer)
		event = "peer";
	else if (was->rr_active != is->rr_active)
		event = "reflective relay";
	else if (is->rr_alarm && !was->rr_alarm)
		event = "reflective relay asked for but not granted";
	if (is_slow)
		p->count.warn_exponent++;
	snprintf(detail, sizeof(detail), "rr=%s retries=%u rte=%u rwd=%u rka=%u gid=%s%s",
		is->rr_active ? "on" : "off", is->retries, is->rte, is->rwd, is->rka,
		is->group_ids ? "on" : "off", is_slow ? " timers=above-warn-exponent" : "");
	node_tell(n,
		&(struct node_event){ .kind = NODE_EVENT_EVB,
			.is_warning = is_slow || is->peer == EVB_PEER_ROLE_CONFLICT ||
				      is->peer == EVB_PEER_MANY || is->rr_alarm,
			.port = port,
			.from = evb_peer_name(was->peer),
			.to = evb_peer_name(is->peer),
			.event = event,
			.clause = "802.1Q 40",
			.detail = detail },
		now);
}

/* Carry what the EVB machine decided to the relay, ECP, VDP and the TLV we send. */
static void apply(struct node *n, uint16_t port, const struct evb_oper *was, struct mono now)
{
	struct node_port *p = n->port[port];

	set_evb_tlv(p, now);
	if (oper_equal(was, &p->evb.oper))
		return;
	if (p->kind == NODE_BRIDGE && p->lport != FWD_LPORT_NONE)
		relay_port_set_rr(n->relay, p->lport, p->evb.oper.rr_active);
	tell_change(n, port, was, now);
	port_ecp_params(n, port, now);
}

static void hear_peer(struct node *n, uint16_t port, struct mono now)
{
	struct node_port *p = n->port[port];
	struct evb_oper was = p->evb.oper;
	struct evb_heard heard = { 0 };
	unsigned n_neighbours = 0;
	bool has_tlv = false;

	/* two neighbours of the proper agent are two, whatever the other one hears */
	for (unsigned a = AGENT_NCB; a <= AGENT_NTPMR && !has_tlv && n_neighbours <= 1; a++) {
		unsigned n_heard;

		if (!p->agent[a].in_use)
			continue;
		has_tlv = evb_from_agent(p->agent[a].lldp, &heard, &n_heard);
		if (a == AGENT_NCB || has_tlv)
			n_neighbours = n_heard;
	}
	evb_sm_on_heard(&p->evb, &heard, n_neighbours, now);
	/* A peer that has not heard of us has just started. Its ECP may begin with the very number it ended with
	 * (lldpad always begins with 1). */
	if (evb_sm_is_peer_new(&p->evb)) {
		ecp_rx_forget(&p->ecp_rx);
		if (p->choice.edition == QBG_DRAFT && p->agent[AGENT_NCB].in_use) /* its TLV echoes nothing */
			lldp_agent_repeat(p->agent[AGENT_NCB].lldp, now);
	}
	apply(n, port, &was, now);
}

void port_evb_conf(struct node *n, uint16_t port, struct mono now)
{
	struct node_port *p = n->port[port];
	struct evb_oper was = p->evb.oper;
	struct evb_cfg ec;

	if (p->kind != NODE_ORDINARY)
		port_edition_conf(n, port, now);
	ec = evb_cfg_of(p);
	for (unsigned a = 0; a < NODE_AGENTS; a++) {
		struct lldp_agent_cfg cfg = agent_cfg(p, a);

		if (p->agent[a].in_use)
			lldp_agent_set_cfg(p->agent[a].lldp, &cfg, now);
	}
	if (p->kind == NODE_ORDINARY)
		return;
	evb_sm_set_cfg(&p->evb, &ec, now);
	apply(n, port, &was, now);
	port_ecp_params(n, port, now);
}

void port_evb_state(struct node *n, uint16_t port, struct mono now)
{
	struct node_port *p = n->port[port];

	set_local(n, p, now);
	for (unsigned a = 0; a < NODE_AGENTS; a++) {
		if (p->agent[a].in_use) {
			p->agent[a].lldp->own = p->mac;
			lldp_agent_set_operational(p->agent[a].lldp, p->is_up, now);
		}
	}
	if (p->kind != NODE_ORDINARY) {
		set_evb_tlv(p, now);
		port_ecp_params(n, port, now);
	}
}

/* LLDPDUs that an agent could read */
static uint64_t n_heard(const struct lldp_agent *a)
{
	return a->counters.frames_in - a->counters.frames_discarded;
}

void port_evb_rx(struct node *n, uint16_t port, struct span frame, struct mono now)
{
	struct node_port *p = n->port[port];
	struct mac da, sa;
	uint64_t heard;

	memcpy(da.b, frame.ptr, 6);
	memcpy(sa.b, frame.ptr + 6, 6);
	for (unsigned a = 0; a < NODE_AGENTS; a++) {
		if (p->agent[a].in_use && mac_equal(da, agent_da[a])) {
			heard = n_heard(p->agent[a].lldp);
			lldp_agent_rx(p->agent[a].lldp, sa,
				span_of(frame.ptr + LLDP_FRAME_HEAD, frame.len - LLDP_FRAME_HEAD), now);
			if (a == AGENT_NCB && n_heard(p->agent[a].lldp) != heard)
				p->has_lldpdu = true;
			if (p->channels && cdcp_sm_wants_word(&p->channels->cdcp))
				port_channel_hear(n, port, now);
			return;
		}
	}
	p->count.lldp_no_agent++;
}

void port_evb_bpdu(struct node *n, uint16_t port, struct mono now)
{
	struct node_port *p = n->port[port];
	struct evb_oper was = p->evb.oper;

	evb_sm_on_bpdu(&p->evb, now);
	if (p->evb.oper.rr_blocked && !was.rr_blocked)
		node_tell(n,
			&(struct node_event){ .kind = NODE_EVENT_GUARD,
				.is_warning = true,
				.port = port,
				.event = "BPDU received, reflective relay blocked",
				.clause = "802.1Q 8.6.1" },
			now);
	apply(n, port, &was, now);
}

void port_evb_on_time(struct node *n, uint16_t port, struct mono now)
{
	struct node_port *p = n->port[port];
	struct evb_oper was = p->evb.oper;

	if (p->choice.edition == QBG_DRAFT && p->vdp && p->agent[AGENT_NCB].in_use) {
		/* the draft's TLV has their number, which may be old until an LLDPDU is due */
		evb_sm_set_vsis(&p->evb, vdp_table_count(p->vdp));
		evb_to_agent_later(&p->evb, p->agent[AGENT_NCB].lldp, EVB_ORG_SLOT);
	}
	for (unsigned a = 0; a < NODE_AGENTS; a++)
		if (p->agent[a].in_use)
			lldp_agent_on_time(p->agent[a].lldp, now);
	if (p->kind == NODE_ORDINARY)
		return;
	evb_sm_on_time(&p->evb, now);
	apply(n, port, &was, now);
}

struct mono port_evb_deadline(const struct node_port *p)
{
	struct mono d = MONO_NEVER;

	for (unsigned a = 0; a < NODE_AGENTS; a++)
		if (p->agent[a].in_use)
			d = mono_min(d, lldp_agent_deadline(p->agent[a].lldp));
	return p->kind == NODE_ORDINARY ? d : mono_min(d, evb_sm_deadline(&p->evb));
}

static void send_lldp(struct node *n, uint16_t port, unsigned a, struct mono now)
{
	struct node_port *p = n->port[port];
	uint8_t frame[LLDP_FRAME_HEAD + LLDP_PDU_MAX];
	struct wr w = wr_init(frame, sizeof(frame));

	wr_copy(&w, agent_da[a].b, 6);
	wr_copy(&w, p->mac.b, 6);
	wr_u16(&w, LLDP_ETHERTYPE);
	while (lldp_agent_poll_tx(p->agent[a].lldp, now, &w)) {
		wr_zero(&w, w.len < NODE_FRAME_MIN ? NODE_FRAME_MIN - w.len : 0);
		node_send(n, port, wr_span(&w), span_of(NULL, 0));
		if (a == AGENT_NTPMR && p->channels)
			cdcp_sm_on_told(&p->channels->cdcp);
		w.len = LLDP_FRAME_HEAD;
	}
}

void port_evb_pump(struct node *n, uint16_t port, struct mono now)
{
	struct node_port *p = n->port[port];

	for (unsigned a = 0; a < NODE_AGENTS; a++) {
		unsigned events;

		if (!p->agent[a].in_use)
			continue;
		events = lldp_agent_take_events(p->agent[a].lldp);
		if (events)
			node_tell(n,
				&(struct node_event){ .kind = NODE_EVENT_NEIGHBOUR,
					.is_warning = (events & LLDP_EVENT_TOO_MANY) != 0,
					.port = port,
					.event = events & LLDP_EVENT_TOO_MANY ? "too many neighbours"
									      : "neighbours changed",
					.clause = "802.1AB 9.2" },
				now);
		if (!(events & LLDP_EVENT_REMOTE_CHANGED) || p->kind == NODE_ORDINARY)
			continue;
		hear_peer(n, port, now);
		if (p->channels)
			port_channel_hear(n, port, now);
		if (p->vifs)
			port_vif_hear(n, port, now);
	}
	if (p->has_lldpdu)
		port_edition_hear(n, port, now);
	for (unsigned a = 0; a < NODE_AGENTS; a++)
		if (p->agent[a].in_use)
			send_lldp(n, port, a, now);
}

void port_evb_shutdown(struct node *n, uint16_t port, struct mono now)
{
	struct node_port *p = n->port[port];

	for (unsigned a = 0; a < NODE_AGENTS; a++) {
		struct lldp_agent_cfg cfg = agent_cfg(p, a);

		if (!p->agent[a].in_use)
			continue;
		cfg.admin = LLDP_DISABLED;
		lldp_agent_set_cfg(p->agent[a].lldp, &cfg, now);
		send_lldp(n, port, a, now);
	}
}
