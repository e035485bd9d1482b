/*
 * ctl_show_vsi.c - a VSI as a row: confirmed state, what was asked, why it is not what was asked, its traffic.
 * VSIs that ended or were refused follow the live ones for as long as the node remembers them.
 */
#include "ctl_priv.h"

#include <stdio.h>

#include "ctl_vsi_object.h"

/* In words, for a VSI that waits and does not say for what; a VSI does not know of links. */
static const char *waiting_for(const struct node *n, const struct node_port *p, char text[CDCP_WHY_TEXT + 32])
{
	char why[CDCP_WHY_TEXT];

	if (!p->is_present)
		return "waiting: the port's device does not exist";
	if (ctl_channel_why(n, p, why) != NULL) {
		snprintf(text, CDCP_WHY_TEXT + 32, "waiting for the S-channel: %s", why);
		return text;
	}
	if (!p->is_up)
		return "waiting: the port is down";
	if (!p->evb.oper.is_ready)
		return "waiting: no EVB peer heard on the port";
	return p->kind == NODE_STATION ? "waiting for the bridge's answer" : "waiting for the type database";
}

static void put_subject(json_t *row, const struct vdp_vsi *v)
{
	char id[VSI_ID_TEXT], manager[VDP_MANAGER_TEXT];

	ctl_put_text(row, "id", vsi_id_format(&v->subject.vsi, id));
	ctl_put_text(row, "id_format", ctl_id_format_name(v->subject.vsi.format));
	ctl_put_int(row, "type_id", v->subject.type_id);
	ctl_put_int(row, "type_version", v->subject.type_version);
	ctl_put_text(row, "manager", vdp_manager_format(&v->subject.manager, manager));
}

/* What does not depend on where the VSI lives. */
static void put_vsi(json_t *row, const struct ctl_host *h, const struct vdp_vsi *v)
{
	ctl_put_text(row, "state", vdp_display_name(v->show));
	put_subject(row, v);
	ctl_put_text(row, "filter_format", v->format ? ctl_filter_format_name(v->format) : NULL);
	ctl_put(row, "filters", ctl_filters_json(v->format, v->n_filters, v->filters));
	ctl_put_text(row, "reason", v->reason);
	ctl_put_int(row, "error", v->error);
	ctl_put_bool(row, "keep", v->keep);
	ctl_put_bool(row, "hard", v->hard);
	ctl_put_time(row, "since", h, v->since);
	ctl_put_time(row, "created", h, v->created);
	ctl_put_bool(row, "migrating", v->is_migrating);
	ctl_put_bool(row, "suspended", v->is_suspended);
	ctl_put_int(row, "succeeded", v->count.succeeded);
	ctl_put_int(row, "failed", v->count.failed);
	ctl_put_int(row, "reverts", v->count.reverts);
}

static void put_traffic(json_t *row, const struct relay_vsi_counters *c)
{
	ctl_put(row, "rx_frames", c ? json_integer((json_int_t)c->rx_frames) : NULL);
	ctl_put(row, "rx_octets", c ? json_integer((json_int_t)c->rx_octets) : NULL);
	ctl_put(row, "tx_frames", c ? json_integer((json_int_t)c->tx_frames) : NULL);
	ctl_put(row, "tx_octets", c ? json_integer((json_int_t)c->tx_octets) : NULL);
}

json_t *ctl_vsi_row(const struct ctl_host *h, uint16_t port, uint32_t index, const struct vdp_vsi *v)
{
	const struct node_port *p = node_port(h->node, port);
	const struct node_port *vm = NULL, *at = NULL;
	const struct vdp_timers *t = p && p->vdp ? vdp_table_timers(p->vdp) : NULL;
	bool is_station = p && p->kind == NODE_STATION;
	char waiting[CDCP_WHY_TEXT + 32];
	struct relay_vsi_counters c;
	json_t *row = json_object();

	put_vsi(row, h, v);
	if (p != NULL && v->show == VDP_SHOW_PENDING && (v->reason[0] == '\0' || !p->is_up))
		ctl_put_text(row, "reason", waiting_for(h->node, p, waiting));
	if (is_station && index != UINT32_MAX)
		vm = node_port(h->node, node_vsi_vm_port(p, v));
	at = is_station ? vm : p; /* where the relay admits it */
	if (p && p->kind == NODE_BRIDGE && p->vifs && index != UINT32_MAX)
		at = node_port(h->node, node_vsi_vif_port(h->node, port, index));
	ctl_put_text(row, "port", p ? p->name : NULL);
	ctl_put_int(row, "channel", p ? p->scid : NODE_CHANNEL_DEFAULT);
	ctl_put_text(row, "role", p ? (is_station ? "station" : "bridge") : NULL);
	ctl_put_text(row, "generation", p ? ctl_generation(p) : NULL);
	ctl_put(row, "keepalive_s",
		t ? json_real(dur_seconds(is_station ? t->reinit_keep_alive : t->tout_keep_alive)) : NULL);
	ctl_put_text(row, "vm_port", vm ? vm->name : NULL);
	ctl_put_vif(row, index != UINT32_MAX ? node_vsi_vif(h->node, port, index) : 0);
	ctl_put_bool(row, "host", is_station && index != UINT32_MAX && node_vsi_is_host(p, v));
	ctl_put_int(row, "n_filters", v->n_filters);
	ctl_put(row, "ended", NULL);
	if (at != NULL && index != UINT32_MAX && at->lport != FWD_LPORT_NONE) {
		c = relay_vsi_counters(node_relay(h->node), at->lport, index);
		put_traffic(row, &c);
	} else {
		put_traffic(row, NULL);
	}
	return row;
}

static void ended_row(struct ctl_walk *w, const struct node_ended *e)
{
	struct vdp_vsi v = e->vsi;
	json_t *row;

	v.n_filters = v.n_filters > 1 ? 1 : v.n_filters;
	row = ctl_vsi_row(w->host, NODE_NO_PORT, UINT32_MAX, &v);
	ctl_put_text(row, "port", e->port_name);
	ctl_put_int(row, "channel", e->scid);
	ctl_put_text(row, "role", e->role == VDP_STATION ? "station" : "bridge");
	ctl_put_int(row, "n_filters", e->n_filters);
	ctl_put_time(row, "ended", w->host, e->ended);
	ctl_walk_row(w, row);
}

/* Rows of the VSIs that are gone; w->index counts through them. */
static bool show_ended(struct ctl_walk *w, unsigned budget)
{
	struct mono now = w->host->now(w->host->ctx);

	for (; w->index < node_n_ended(w->host->node); w->index++) {
		const struct node_ended *e = node_ended(w->host->node, w->index, now);

		if (e == NULL || !ctl_walk_wants(w, e->port_name, e->scid))
			continue;
		if (budget-- == 0)
			return false;
		ended_row(w, e);
	}
	return true;
}

bool ctl_show_vsi(struct ctl_walk *w, unsigned budget)
{
	const struct node_port *p;

	for (; (p = ctl_walk_port(w)) != NULL; w->port++, w->index = 0) {
		if (p->vdp == NULL)
			continue;
		while ((w->index = vdp_table_next(p->vdp, w->index)) != UINT32_MAX) {
			if (budget-- == 0)
				return false;
			ctl_walk_row(w, ctl_vsi_row(w->host, (uint16_t)w->port, w->index,
						vdp_table_get(p->vdp, w->index)));
			w->index++;
		}
	}
	return show_ended(w, budget);
}
