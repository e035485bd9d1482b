/*
 * rp_node.c - evbd's core as the device under test: one port with the settings the capture shows, in virtual time.
 *
 * In: the script (rp_peer.c), the wishes (rp_user.c). Out: replay_sent(). The clock begins some seconds before the capture,
 * so that two ends that had found each other when it began have done so here too: then the peer's first EVB TLV is given
 * beforehand. If the capture has no EVB TLV of the peer, the port is set to manual.
 */
#include "rp_world.h"

#include <stdio.h>
#include <stdlib.h>

enum { SPARE_VSIS = 16, MANY_TURNS = 4000000 };

static void on_send(void *ctx, uint16_t port, struct span head, struct span rest)
{
	struct rp_world *w = ctx;
	uint8_t octets[2048];

	(void)port;
	if (head.len + rest.len > sizeof(octets))
		return;
	memcpy(octets, head.ptr, head.len);
	if (rest.len > 0)
		memcpy(octets + head.len, rest.ptr, rest.len);
	replay_sent(w->r, span_of(octets, head.len + rest.len), w->now);
}

/* ---- the port ---- */

static void set_evb(struct conf_port *p, const struct rp_guess *g)
{
	p->generation = g->is_auto    ? EVB_GENERATION_AUTO
			: g->is_draft ? EVB_GENERATION_DRAFT
				      : EVB_GENERATION_RATIFIED;
	p->evb.is_manual = !g->has_peer_tlv;
	p->evb.reflective_relay = g->reflective_relay;
	p->evb.group_ids = g->group_ids;
	p->evb.retries = g->retries;
	p->evb.rte = g->rte;
	p->evb.rwd = g->rwd;
	p->evb.rka = g->rka;
}

static void set_port(struct rp_world *w)
{
	enum { NCB = CONF_AGENT_NCB, TPMR = CONF_AGENT_NTPMR };
	struct conf_port *p = &w->port;
	struct rp_guess g = rp_guess_of(w->r, 0);

	conf_default_port(p);
	snprintf(p->name, sizeof(p->name), "capture");
	p->role = w->r->cfg.role == JUDGE_STATION ? CONF_STATION : CONF_BRIDGE;
	p->scid = CONF_SCID_DEFAULT;
	p->lldp_agents = NCB;
	p->max_vsis = w->r->cap.n_cmds + SPARE_VSIS;
	p->relay = CONF_RELAY_NONE;
	p->cdcp.is_enabled = false;
	set_evb(p, &g);
	rp_channels_conf(w);
	if (p->cdcp.is_enabled)
		p->lldp_agents |= TPMR;
}

static bool start(struct rp_world *w)
{
	struct node_io io = { .ctx = w, .send = on_send, .vtdb = { w, rp_on_ask } };

	set_port(w);
	w->conf = (struct conf){ .warn_exponent = 24, .fdb_age_s = 300, .max_fdb = 256, .max_ended = 64 };
	snprintf(w->conf.system_name, sizeof(w->conf.system_name), "evbd");
	w->node = node_new(&w->conf, &io, 1, w->now);
	if (w->node == NULL || node_port_add(w->node, &w->port, w->now) != 0)
		return false;
	rp_channels_start(w);
	node_port_state(w->node, 0, true, true, w->r->own, 1500, w->now);
	return true;
}

/* ---- time ---- */

static struct mono next_of(const struct rp_world *w)
{
	struct mono next = mono_min(node_deadline(w->node), rp_user_deadline(w));

	for (uint16_t i = 0; i < node_n_ports(w->node); i++)
		if (node_port(w->node, i) != NULL)
			next = mono_min(next, node_port_deadline(w->node, i));
	return mono_min(next, replay_peer_deadline(w->r));
}

static void on_time(struct rp_world *w)
{
	if (mono_reached(node_deadline(w->node), w->now))
		node_on_time(w->node, w->now);
	for (uint16_t i = 0; i < node_n_ports(w->node); i++)
		if (node_port(w->node, i) != NULL && mono_reached(node_port_deadline(w->node, i), w->now))
			node_port_on_time(w->node, i, w->now);
}

static void run_until(struct rp_world *w, struct mono until)
{
	struct span frame;
	struct mono next;

	for (unsigned turn = 0; turn < MANY_TURNS; turn++) {
		next = next_of(w);
		if (mono_before(until, next) || replay_is_over(w->r, w->now))
			return;
		if (mono_before(w->now, next))
			w->now = next;
		rp_user_on_time(w);
		while (replay_peer_next(w->r, w->now, &frame))
			node_rx(w->node, 0, frame, w->now);
		on_time(w);
	}
}

bool replay_run_node(struct replay *r)
{
	struct rp_world w = { .r = r, .now = replay_start(r) };
	bool is_ok = start(&w);

	if (is_ok)
		run_until(&w, mono_add(r->end, dur_s(RP_GRACE_S)));
	node_free(w.node);
	rp_user_free(&w);
	return is_ok && !r->has_failed;
}
