/*
 * rp_channels.c - the S-channels of the end that is replayed: the SCIDs of its own CDCP TLVs, and at a bridge the SVIDs it
 * chose, given as configuration, since any choice is legal and the replay's frames have to have the capture's tags.
 */
#include "rp_world.h"

static const struct cdcp_tlv *cdcp_of(const struct rp_msg *m)
{
	bool has = m->kind == RP_LLDP && m->rec.lldp.err == LLDP_OK && m->rec.lldp.cdcp_org.is_decoded;

	return has ? &m->rec.lldp.cdcp : NULL;
}

static const struct cdcp_tlv *first_of(const struct replay *r, bool by_own)
{
	for (uint32_t i = 0; i < r->cap.n; i++) {
		const struct rp_msg *m = &r->cap.msg[i];

		if ((by_own ? m->is_own : m->is_peer) && cdcp_of(m) != NULL)
			return cdcp_of(m);
	}
	return NULL;
}

void rp_channels_conf(struct rp_world *w)
{
	const struct cdcp_tlv *own = first_of(w->r, true);

	w->port.cdcp.is_enabled = own != NULL || (w->r->is_absent && first_of(w->r, false) != NULL);
	if (own != NULL && own->chn_cap >= 1 && own->chn_cap <= CDCP_PAIRS_MAX)
		w->port.cdcp.chn_cap = own->chn_cap;
}

static void add(struct rp_world *w, uint16_t scid, uint16_t svid)
{
	struct conf_port p;
	struct rp_guess g = rp_guess_of(w->r, svid);
	uint16_t at = node_find_channel(w->node, w->port.name, scid);

	conf_make_channel(&w->port, scid, &p);
	p.svid = w->r->cfg.role == JUDGE_BRIDGE ? svid : 0;
	p.evb.is_manual = !g.has_peer_tlv;
	p.evb.reflective_relay = g.reflective_relay;
	p.evb.group_ids = g.group_ids;
	p.evb.retries = g.retries;
	p.evb.rte = g.rte;
	p.evb.rwd = g.rwd;
	p.evb.rka = g.rka;
	if (at == NODE_NO_PORT)
		(void)node_port_add(w->node, &p, w->now);
	else
		node_port_conf(w->node, at, &p, w->now);
}

/* A station has no SVID for a new channel yet; the capture knows which it will get. */
static uint16_t svid_of(const struct replay *r, uint16_t scid)
{
	uint16_t svid = 0;

	for (uint32_t i = 0; i < r->cap.n && svid == 0; i++) {
		const struct cdcp_tlv *t = r->cap.msg[i].is_own || r->cap.msg[i].is_peer
						   ? cdcp_of(&r->cap.msg[i])
						   : NULL;

		for (unsigned k = 0; t != NULL && k < t->n_pairs; k++)
			if (t->pair[k].scid == scid)
				svid = t->pair[k].svid;
	}
	return svid;
}

static bool lists(const struct cdcp_tlv *t, uint16_t scid)
{
	for (unsigned i = 0; i < t->n_pairs; i++)
		if (t->pair[i].scid == scid)
			return true;
	return false;
}

void rp_channels_follow(struct rp_world *w, const struct rp_msg *m)
{
	const struct cdcp_tlv *t = cdcp_of(m);
	bool has_changed = false;

	if (t == NULL || w->r->cfg.role == JUDGE_BRIDGE)
		return; /* a bridge has those that the station asks for */
	for (uint16_t scid = CDCP_DEFAULT + 1; scid <= CDCP_ID_MAX; scid++) {
		uint16_t at = node_find_channel(w->node, w->port.name, scid);

		if (at != NODE_NO_PORT && !lists(t, scid))
			node_port_del(w->node, at, w->now);
		else if (at == NODE_NO_PORT && lists(t, scid))
			add(w, scid, svid_of(w->r, scid));
		else
			continue;
		has_changed = true;
	}
	if (has_changed)
		node_kick(w->node, 0, w->now);
}

void rp_channels_start(struct rp_world *w)
{
	const struct cdcp_tlv *first = first_of(w->r, true);

	if (!w->port.cdcp.is_enabled)
		return;
	if (w->r->cfg.role == JUDGE_STATION) {
		for (unsigned i = 0; first != NULL && i < first->n_pairs; i++)
			if (first->pair[i].scid != CDCP_DEFAULT)
				add(w, first->pair[i].scid, svid_of(w->r, first->pair[i].scid));
		return;
	}
	for (uint16_t scid = CDCP_DEFAULT + 1; scid <= CDCP_ID_MAX; scid++) {
		uint16_t svid = svid_of(w->r, scid);

		if (svid > CDCP_DEFAULT)
			add(w, scid, svid);
	}
}

uint16_t rp_channel_port(const struct rp_world *w, uint16_t context)
{
	if (context == 0)
		return 0;
	for (uint16_t i = 0; i < node_n_ports(w->node); i++) {
		const struct node_port *p = node_port(w->node, i);

		if (p != NULL && p->scid != NODE_CHANNEL_DEFAULT && p->svid == context)
			return i;
	}
	return NODE_NO_PORT;
}
