/*
 * ctl_show.c - values shared by all rows, and the rows of `show status` and `ports`.
 *
 * Every named key is always there; what does not apply is null. Listings are written row by row into a buffer, a
 * bounded number per turn of the event loop, so a long one shows a moving picture but never delays the protocols.
 */
#include "ctl_priv.h"
#include "uplink_mtu.h"

#include <stdio.h>
#include <time.h>
#include <stdlib.h>
#include <unistd.h>

void ctl_put(json_t *o, const char *key, json_t *value)
{
	json_object_set_new_nocheck(o, key, value ? value : json_null());
}
void ctl_put_text(json_t *o, const char *key, const char *text)
{
	ctl_put(o, key, text && text[0] ? json_string(text) : NULL);
}
void ctl_put_int(json_t *o, const char *key, uint64_t value)
{
	ctl_put(o, key, json_integer((json_int_t)value));
}
void ctl_put_bool(json_t *o, const char *key, bool value)
{
	ctl_put(o, key, json_boolean(value));
}
void ctl_put_dur(json_t *o, const char *key, struct dur d)
{
	ctl_put(o, key, json_real(dur_seconds(d)));
}

void ctl_put_time(json_t *o, const char *key, const struct ctl_host *h, struct mono t)
{
	int64_t ns = (int64_t)t.ns + h->realtime_offset_ns(h->ctx);
	time_t s = (time_t)(ns / 1000000000);
	char text[40];
	struct tm tm;
	size_t n;

	if (t.ns == 0 || mono_is_never(t) || gmtime_r(&s, &tm) == NULL) {
		ctl_put(o, key, NULL);
		return;
	}
	n = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text + n, sizeof(text) - n, ".%03dZ", (int)(ns / 1000000 % 1000));
	ctl_put(o, key, json_string_nocheck(text));
}

void ctl_walk_row(struct ctl_walk *w, json_t *row)
{
	char *text = json_dumps(row, CTL_JSON_FLAGS);

	json_decref(row);
	if (text == NULL)
		return;
	if (w->n_rows++ > 0)
		evbuffer_add(w->rows, ",", 1);
	evbuffer_add(w->rows, text, strlen(text));
	free(text);
}

bool ctl_walk_wants(const struct ctl_walk *w, const char *name, uint16_t scid)
{
	return (w->only_port == NULL || strcmp(w->only_port, name) == 0) &&
	       (w->only_scid == 0 || w->only_scid == scid);
}

/* 0: there is none. */
static uint16_t channel_of(const struct node *n, const struct node_port *p)
{
	if (p->kind == NODE_VM)
		return node_port(n, p->uplink)->scid;
	return p->kind == NODE_ORDINARY ? 0 : p->scid;
}

void ctl_put_channel(json_t *o, const struct node *n, const struct node_port *p)
{
	uint16_t scid = channel_of(n, p);

	ctl_put(o, "channel", scid != 0 ? json_integer(scid) : NULL);
}

const struct node_port *ctl_walk_port(struct ctl_walk *w)
{
	const struct node *n = w->host->node;

	for (; w->port < node_n_ports(n); w->port++) {
		const struct node_port *p = node_port(n, (uint16_t)w->port);

		if (p != NULL && ctl_walk_wants(w, p->name, channel_of(n, p)))
			return p;
	}
	return NULL;
}

bool ctl_is_evb(const struct node_port *p)
{
	return p->kind == NODE_STATION || p->kind == NODE_BRIDGE;
}

const char *ctl_generation(const struct node_port *p)
{
	return ctl_is_evb(p) && p->evb.oper.is_ready ? qbg_edition_name(p->choice.edition) : NULL;
}

const char *ctl_relay_mode(const struct node_port *p)
{
	if (p->kind == NODE_STATION && p->vifs)
		return "iv"; /* interface virtualizer */
	return p->kind == NODE_STATION || p->kind == NODE_VM ? conf_relay_names[p->conf.relay] : "bridge";
}

void ctl_put_rr(json_t *o, const struct node_port *p)
{
	json_t *rr = ctl_is_evb(p) ? json_object() : NULL;

	ctl_put(o, "reflective_relay", rr);
	if (rr == NULL)
		return;
	ctl_put_bool(rr, "requested", p->evb.oper.rr_requested);
	ctl_put_bool(rr, "capable", p->evb.oper.rr_capable);
	ctl_put_bool(rr, "active", p->evb.oper.rr_active);
}

/* ---- ports ---- */

/* Is there no session of PE-CSP, and should be one? */
static bool no_vifs(const struct node *n, const struct node_port *p)
{
	const struct node_pe *pe = p->vifs ? p->vifs->pe : NULL;
	bool is_spare = pe && pe->upstream != NODE_NO_PORT && pe->upstream != p->device;

	return p->device != NODE_NO_PORT && !is_spare && node_vif_no_session(n, p->device) != NULL;
}

/* What an operator should look at; NULL: nothing. */
static const char *alarm_of(const struct ctl_host *h, const struct node_port *p,
	const struct ctl_port_info *i, const struct uplink_mtu *mtu, char text[CONF_TEXT])
{
	const struct evb_oper *o = &p->evb.oper;
	size_t size = CONF_TEXT;
	uint8_t limit = h->conf(h->ctx)->warn_exponent;

	if (i->why != NULL && i->why[0] != '\0')
		snprintf(text, size, "%s", i->why);
	else if (p->is_guarded)
		snprintf(text, size, "blocked by BPDU guard");
	else if (i->is_exposed)
		snprintf(text, size, "the VM can reach this host's own network stack");
	else if (!ctl_is_evb(p))
		return NULL;
	else if (o->peer == EVB_PEER_MANY)
		snprintf(text, size, "more than one LLDP neighbour: EVB is off");
	else if (o->peer == EVB_PEER_ROLE_CONFLICT)
		snprintf(text, size, "the peer has the same EVB role");
	else if (p->channels && p->channels->cdcp.peer_is == CDCP_PEER_ROLE_CONFLICT)
		snprintf(text, size, "the peer has the same CDCP role: no S-channels");
	else if (mtu->is_too_small)
		uplink_mtu_text(h->node, p->device, mtu, text);
	else if (o->peer == EVB_PEER_OK && no_vifs(h->node, p))
		snprintf(text, size, "no VIFs: %s", node_vif_no_session(h->node, p->device));
	else if (o->rr_blocked)
		snprintf(text, size, "reflective relay blocked: a BPDU came in");
	else if (o->rr_alarm)
		snprintf(text, size, "reflective relay asked for, but the bridge does not grant it");
	else if (o->rte > limit || o->rwd > limit || o->rka > limit)
		snprintf(text, size, "timer exponents are unusually large: RTE %u, RWD %u, RKA %u", o->rte,
			o->rwd, o->rka);
	else
		return NULL;
	return text;
}

/* What there is of a device: of all of its channels. */
struct totals {
	unsigned channels, channels_running, vm_ports;
	uint32_t vsis;
};

static struct totals count_device(const struct ctl_host *h, uint16_t device)
{
	struct totals t = { 0 };

	for (uint16_t i = 0; i < node_n_ports(h->node); i++) {
		const struct node_port *p = node_port(h->node, i);

		if (p == NULL)
			continue;
		t.vm_ports += p->kind == NODE_VM && node_port(h->node, p->uplink)->device == device;
		if (p->device != device || !ctl_is_evb(p))
			continue;
		t.channels++;
		t.channels_running += p->is_up;
		t.vsis += p->vdp ? vdp_table_count(p->vdp) : 0;
	}
	return t;
}

/* VSIs that are bound to a VM port. */
static uint32_t count_bound(const struct ctl_host *h, uint16_t vm)
{
	const struct node_port *uplink = node_port(h->node, node_port(h->node, vm)->uplink);
	uint32_t n = 0;

	for (uint32_t i = vdp_table_next(uplink->vdp, 0); i != UINT32_MAX;
		i = vdp_table_next(uplink->vdp, i + 1))
		n += node_vsi_vm_port(uplink, vdp_table_get(uplink->vdp, i)) == vm;
	return n;
}

json_t *ctl_peer(const struct node_port *p)
{
	json_t *peer = NULL;

	if (p->agent[0].in_use && lldp_agent_n_neighbours(p->agent[0].lldp) > 0) {
		struct lldp_pdu pdu;

		lldp_neighbour_pdu(lldp_agent_neighbour(p->agent[0].lldp, 0), &pdu);
		peer = json_object();
		ctl_put_lldp_id(peer, "chassis", pdu.chassis_id, true);
		ctl_put_lldp_id(peer, "port_id", pdu.port_id, false);
		ctl_put_lldp_text(peer, "system_name", pdu.system_name);
	}
	return peer;
}

static void put_offloads(json_t *row, const struct offload_saved *saved)
{
	json_t *list = json_array();

	for (unsigned i = 0; saved != NULL && i < saved->n; i++)
		if (saved->item[i].was_on)
			json_array_append_new(list, json_string(saved->item[i].name));
	ctl_put(row, "offloads_changed", list);
}

/* The negotiated values; null where there is no EVB. */
static void put_evb(json_t *row, const struct node_port *p)
{
	const struct evb_oper *o = &p->evb.oper;
	const struct vdp_timers *t = ctl_is_evb(p) ? vdp_table_timers(p->vdp) : NULL;
	bool is_evb = ctl_is_evb(p), has_exponents = is_evb && p->choice.edition == QBG_RATIFIED;

	ctl_put_text(row, "peer_state", is_evb ? evb_peer_name(o->peer) : NULL);
	ctl_put(row, "retries", is_evb ? json_integer(o->retries) : NULL);
	ctl_put(row, "rte", is_evb ? json_integer(o->rte) : NULL);
	ctl_put(row, "rwd", has_exponents ? json_integer(o->rwd) : NULL);
	ctl_put(row, "rka", has_exponents ? json_integer(o->rka) : NULL);
	ctl_put(row, "resp_wait_s", t ? json_real(dur_seconds(t->resp_wait_delay)) : NULL);
	ctl_put(row, "reinit_keepalive_s", t ? json_real(dur_seconds(t->reinit_keep_alive)) : NULL);
	ctl_put(row, "tout_keepalive_s", t ? json_real(dur_seconds(t->tout_keep_alive)) : NULL);
	ctl_put(row, "group_ids", is_evb ? json_boolean(o->group_ids) : NULL);
}

/* Port extension of an uplink or cascade port; null where there is none. */
static void put_vifs(json_t *row, const struct node *n, const struct node_port *p)
{
	const struct node_pe *pe = p->vifs ? p->vifs->pe : NULL;
	const struct node_port *upstream = pe ? node_port(n, pe->upstream) : NULL;

	ctl_put_text(row, "tag", ctl_tag(p));
	ctl_put(row, "vifs", p->vifs ? json_integer(p->vifs->n_vifs) : NULL);
	ctl_put_text(row, "csp_state", ctl_csp_state(p));
	ctl_put_text(row, "group", pe ? p->conf.pe.group : NULL);
	ctl_put_text(row, "upstream", upstream ? upstream->name : NULL);
}

static void port_row(struct ctl_walk *w, const struct node_port *p)
{
	const struct node_port *up = p->kind == NODE_VM ? node_port(w->host->node, p->uplink) : NULL;
	struct ctl_port_info info = { 0 };
	struct uplink_mtu mtu = uplink_mtu(w->host->node, (uint16_t)w->port);
	struct totals t = count_device(w->host, (uint16_t)w->port);
	bool has_cdcp = p->channels && p->conf.cdcp.is_enabled;
	char text[CONF_TEXT], mac[MAC_TEXT];
	json_t *row = json_object();

	(void)w->host->port(w->host->ctx, (uint16_t)w->port, &info);
	ctl_put_text(row, "name", p->name);
	ctl_put_text(row, "role", node_port_kind_name(p->kind));
	ctl_put_text(row, "link", !p->is_present ? "absent" : p->is_up ? "up" : "down");
	ctl_put_time(row, "since", w->host, p->since);
	ctl_put_text(row, "generation", ctl_generation(p));
	ctl_put(row, "peer", ctl_peer(p));
	ctl_put_text(row, "relay_mode", ctl_relay_mode(up && up->vifs ? up : p));
	ctl_put_rr(row, p);
	put_evb(row, p);
	ctl_put_int(row, "vsis", up ? count_bound(w->host, (uint16_t)w->port) : t.vsis);
	ctl_put_int(row, "channels", t.channels);
	ctl_put_int(row, "channels_running", t.channels_running);
	ctl_put_text(row, "cdcp_state", has_cdcp ? cdcp_state_name(p->channels->cdcp.state) : NULL);
	put_vifs(row, w->host->node, p);
	ctl_put_int(row, "vm_ports", t.vm_ports);
	ctl_put_text(row, "uplink", up ? up->name : NULL);
	ctl_put(row, "channel", up ? json_integer(up->scid) : NULL);
	ctl_put_text(row, "mac", p->is_present ? mac_format(p->mac, mac) : NULL);
	ctl_put(row, "mtu", p->is_present ? json_integer(p->mtu) : NULL);
	ctl_put(row, "mtu_needed", mtu.needed > 0 ? json_integer(mtu.needed) : NULL);
	ctl_put_text(row, "driver", info.is_fast ? "xdp" : info.driver);
	ctl_put_text(row, "slow_path", info.is_fast ? info.driver : NULL);
	ctl_put_text(row, "no_fast_path", info.fast_why);
	put_offloads(row, info.offloads);
	ctl_put(row, "pvid", p->kind != NODE_VM ? json_integer(p->conf.pvid) : NULL);
	snprintf(text, sizeof(text), "vlan %u", p->conf.unassociated_vid);
	ctl_put_text(row, "unassociated",
		p->kind != NODE_BRIDGE     ? NULL
		: p->conf.unassociated_vid ? text
					   : "drop");
	ctl_put_bool(row, "guarded", p->is_guarded);
	ctl_put(row, "shielded", p->kind == NODE_VM ? json_boolean(info.is_shielded) : NULL);
	ctl_put_text(row, "alarm", alarm_of(w->host, p, &info, &mtu, text));
	ctl_walk_row(w, row);
}

/* Devices; channels are `show channels`. */

bool ctl_show_ports(struct ctl_walk *w, unsigned budget)
{
	const struct node_port *p;

	for (; (p = ctl_walk_port(w)) != NULL; w->port++) {
		if (budget-- == 0)
			return false;
		if (p->device == w->port)
			port_row(w, p);
	}
	return true;
}

/* ---- status ---- */

static void put_totals(json_t *row, const struct ctl_host *h)
{
	uint64_t ports = 0, up = 0, vsis = 0, associated = 0, neighbours = 0;
	json_t *alarms = json_array();

	for (uint16_t i = 0; i < node_n_ports(h->node); i++) {
		const struct node_port *p = node_port(h->node, i);
		struct ctl_port_info info = { 0 };
		struct uplink_mtu mtu = { 0 };
		char text[CONF_TEXT];
		const char *alarm;

		if (p == NULL)
			continue;
		ports += p->device == i;
		up += p->device == i && p->is_up;
		for (unsigned a = 0; a < NODE_AGENTS; a++)
			neighbours += p->agent[a].in_use ? lldp_agent_n_neighbours(p->agent[a].lldp) : 0;
		for (uint32_t v = p->vdp ? vdp_table_next(p->vdp, 0) : UINT32_MAX; v != UINT32_MAX;
			v = vdp_table_next(p->vdp, v + 1)) {
			vsis++;
			associated += vdp_table_get(p->vdp, v)->state == VDP_STATE_ASSOC;
		}
		(void)h->port(h->ctx, i, &info);
		if (p->device == i)
			mtu = uplink_mtu(h->node, i);
		alarm = alarm_of(h, p, &info, &mtu, text);
		if (alarm != NULL)
			json_array_append_new(alarms, json_sprintf("%s: %s", p->label, alarm));
	}
	ctl_put_int(row, "ports", ports);
	ctl_put_int(row, "ports_up", up);
	ctl_put_int(row, "neighbors", neighbours);
	ctl_put_int(row, "vsis", vsis);
	ctl_put_int(row, "vsis_associated", associated);
	ctl_put(row, "alarms", alarms);
}

static void put_state(json_t *row, const struct ctl_host *h)
{
	struct state_health health;

	h->state(h->ctx, &health);
	ctl_put_text(row, "state_file", health.path);
	ctl_put_text(row, "state", health.error[0] ? health.error : health.path[0] ? "good" : NULL);
	ctl_put_int(row, "state_pending", health.pending);
	ctl_put_int(row, "state_written", health.written);
}

static void put_libvirt(json_t *row, const struct ctl_host *h)
{
	struct ctl_libvirt_info i;
	json_t *o;

	if (!h->libvirt || !h->libvirt(h->ctx, &i)) {
		ctl_put(row, "libvirt", NULL);
		return;
	}
	o = json_object();
	ctl_put(row, "libvirt", o);
	ctl_put_text(o, "pid_file", i.pid_file);
	ctl_put_int(o, "netlink_port", i.port_id);
	ctl_put_int(o, "vsis", i.n_vsis);
	ctl_put_int(o, "requests", i.count.requests);
	ctl_put_int(o, "not_taken", i.count.not_taken);
	ctl_put_int(o, "succeeded", i.count.succeeded);
	ctl_put_int(o, "refused", i.count.failed);
	ctl_put_int(o, "timed_out", i.count.timed_out);
	ctl_put_int(o, "polls", i.count.polls);
	ctl_put_int(o, "not_listed", i.count.not_listed);
	ctl_put_int(o, "let_go", i.count.let_go);
	ctl_put_int(o, "forgotten", i.count.forgotten);
	ctl_put_int(o, "not_sent", i.not_sent);
	ctl_put_int(o, "malformed", i.malformed);
}

bool ctl_show_status(struct ctl_walk *w, unsigned budget)
{
	const struct ctl_host *h = w->host;
	const struct conf *c = h->conf(h->ctx);
	const struct vtdb_types *types = h->types(h->ctx);
	json_t *row = json_object();

	(void)budget;
	ctl_put_text(row, "system_name", c->system_name);
	ctl_put_text(row, "version", h->version);
	ctl_put_int(row, "pid", (uint64_t)getpid());
	ctl_put_time(row, "started", h, h->started);
	ctl_put_dur(row, "uptime_s", mono_since(h->started, h->now(h->ctx)));
	ctl_put_text(row, "config", h->config_path);
	ctl_put_text(row, "socket", c->control_socket);
	ctl_put_text(row, "types_file", c->types_file);
	ctl_put(row, "types", types ? json_integer(types->n_types) : NULL);
	put_state(row, h);
	put_libvirt(row, h);
	put_totals(row, h);
	ctl_put_int(row, "fdb", relay_fdb_count(node_relay(h->node)));
	ctl_put_int(row, "fdb_max", c->max_fdb);
	ctl_walk_row(w, row);
	return true;
}
