/*
 * ctl_show_channel.c - S-channels as rows (802.1Q clause 42; evb-reference 9 UAPConfigTable, CAPConfigTable): a port's
 * default channel, then its others by SCID, also those that are missing, with the reason.
 */
#include "ctl_priv.h"

#include <stdio.h>

/* Why an S-channel is not operational; empty: it is, or the port itself says it. */
static void why_down(
	const struct node_port *uap, const struct node_port *p, uint16_t scid, char ret[CDCP_WHY_TEXT])
{
	const struct cdcp_sm *sm = &uap->channels->cdcp;
	enum cdcp_why why = cdcp_sm_why(sm, scid);

	ret[0] = '\0';
	if (p && p->svid != 0 && p->is_up)
		return;
	if (!uap->is_present)
		snprintf(ret, CDCP_WHY_TEXT, "the port's device does not exist");
	else if (!uap->is_up)
		snprintf(ret, CDCP_WHY_TEXT, "the port is down");
	else if (!uap->conf.cdcp.is_enabled)
		snprintf(ret, CDCP_WHY_TEXT, "SVID %u is another channel's still", p ? p->conf.svid : 0u);
	else if (why != CDCP_WHY_NONE)
		cdcp_why_text(sm, why, ret);
	else if (sm->state != CDCP_RUNNING && sm->state != CDCP_HOLDING)
		snprintf(ret, CDCP_WHY_TEXT, "no CDCP heard from the station");
	else
		snprintf(ret, CDCP_WHY_TEXT, "the station does not ask for it");
}

const char *ctl_channel_why(const struct node *n, const struct node_port *p, char text[CDCP_WHY_TEXT])
{
	if (p->scid == NODE_CHANNEL_DEFAULT)
		text[0] = '\0';
	else
		why_down(node_port(n, p->device), p, p->scid, text);
	return text[0] != '\0' ? text : NULL;
}

static void put_cdcp(json_t *row, const struct node_port *uap)
{
	const struct cdcp_sm *sm = uap->channels && uap->conf.cdcp.is_enabled ? &uap->channels->cdcp : NULL;
	bool has_peer = sm && sm->has_peer;

	ctl_put_text(row, "cdcp_state", sm ? cdcp_state_name(sm->state) : NULL);
	ctl_put_text(row, "remote_role",
		!has_peer                            ? NULL
		: sm->peer.role == CDCP_ROLE_STATION ? "station"
						     : "bridge");
	ctl_put(row, "remote_channels", has_peer ? json_integer(sm->peer.chn_cap) : NULL);
}

static void put_traffic(json_t *row, const struct ctl_host *h, const struct node_port *p)
{
	const struct relay_port_counters *c = p && p->lport != FWD_LPORT_NONE
						      ? relay_port_counters(node_relay(h->node), p->lport)
						      : NULL;

	ctl_put(row, "rx_frames", c ? json_integer((json_int_t)c->rx_frames) : NULL);
	ctl_put(row, "rx_octets", c ? json_integer((json_int_t)c->rx_octets) : NULL);
	ctl_put(row, "tx_frames", c ? json_integer((json_int_t)c->tx_frames) : NULL);
	ctl_put(row, "tx_octets", c ? json_integer((json_int_t)c->tx_octets) : NULL);
}

/* What only a channel that has a port has. p NULL: it is asked for, and there is none. */
static void put_port(json_t *row, const struct ctl_host *h, const struct node_port *p)
{
	ctl_put_text(row, "relay_mode", p ? ctl_relay_mode(p) : NULL);
	if (p)
		ctl_put_rr(row, p);
	else
		ctl_put(row, "reflective_relay", NULL);
	ctl_put(row, "learning", p && p->kind == NODE_BRIDGE ? json_boolean(p->conf.learning) : NULL);
	ctl_put_text(row, "generation", p ? ctl_generation(p) : NULL);
	ctl_put(row, "peer", p ? ctl_peer(p) : NULL);
	ctl_put(row, "retries", p ? json_integer(p->evb.oper.retries) : NULL);
	ctl_put(row, "rte", p ? json_integer(p->evb.oper.rte) : NULL);
	ctl_put(row, "rwd", p ? json_integer(p->evb.oper.rwd) : NULL);
	ctl_put(row, "rka", p ? json_integer(p->evb.oper.rka) : NULL);
	ctl_put_int(row, "vsis", p && p->vdp ? vdp_table_count(p->vdp) : 0);
	put_traffic(row, h, p);
	ctl_put(row, "pvid", p ? json_integer(p->conf.pvid) : NULL);
}

/* Rows of the configuration have a line there; what evbctl added has none. */
static const char *origin_of(const struct node_port *p)
{
	if (!p || p->is_dynamic)
		return "station";
	return p->scid == NODE_CHANNEL_DEFAULT || p->conf.line > 0 ? "configuration" : "evbctl";
}

static json_t *row_of(const struct ctl_host *h, uint16_t device, const struct node_port *p, uint16_t scid)
{
	const struct node_port *uap = node_port(h->node, device);
	char why[CDCP_WHY_TEXT] = "";
	json_t *row = json_object();

	if (scid != NODE_CHANNEL_DEFAULT)
		why_down(uap, p, scid, why);
	ctl_put_text(row, "port", uap->name);
	ctl_put_int(row, "channel", scid);
	ctl_put(row, "svid",
		p && p->svid != 0 ? json_integer(p->svid) : NULL); /* the default channel is untagged */
	ctl_put_text(row, "role", node_port_kind_name(uap->kind));
	ctl_put_text(row, "state", p && p->is_up ? "running" : "not_running");
	ctl_put_text(row, "reason", why);
	put_cdcp(row, uap);
	put_port(row, h, p);
	ctl_put_bool(row, "dynamic", p == NULL || p->is_dynamic);
	ctl_put_text(row, "origin", origin_of(p));
	ctl_put(row, "mtu", uap->is_present ? json_integer(uap->mtu) : NULL);
	ctl_put_time(row, "since", h, p ? p->since : MONO_ZERO);
	return row;
}

json_t *ctl_channel_row(const struct ctl_host *h, uint16_t device, uint16_t scid)
{
	uint16_t port = node_find_channel(h->node, node_port(h->node, device)->name, scid);

	return row_of(h, device, node_port(h->node, port), scid);
}

/* The next SCID of a UAP from `scid` on that has a port, or is asked for without one; 0: none. */
static uint16_t next_scid(const struct node_port *uap, uint32_t scid)
{
	const struct node_channels *c = uap->channels;

	if (scid <= NODE_CHANNEL_DEFAULT)
		return NODE_CHANNEL_DEFAULT;
	for (; c && scid <= CDCP_ID_MAX; scid++)
		if (c->by_scid[scid] != NODE_NO_PORT ||
			cdcp_sm_why(&c->cdcp, (uint16_t)scid) == CDCP_WHY_POOL_EMPTY)
			return (uint16_t)scid;
	return 0;
}

/* w->port is a device, w->index the SCID. */
bool ctl_show_channels(struct ctl_walk *w, unsigned budget)
{
	const struct node *n = w->host->node;
	uint16_t scid;

	for (; w->port < node_n_ports(n); w->port++, w->index = 0) {
		const struct node_port *p = node_port(n, (uint16_t)w->port);

		if (p == NULL || p->device != w->port || !ctl_is_evb(p))
			continue;
		while ((scid = next_scid(p, w->index)) != 0) {
			if (budget-- == 0)
				return false;
			if (ctl_walk_wants(w, p->name, scid))
				ctl_walk_row(w, ctl_channel_row(w->host, (uint16_t)w->port, scid));
			w->index = scid + 1u;
		}
	}
	return true;
}
