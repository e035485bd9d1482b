/*
 * ctl_show_net.c - rows about the network around the daemon: LLDP neighbours (802.1AB 8.5), the relay's addresses,
 * virtual interfaces, and the VSI type database. What a peer says is printed escaped: it is never trusted as text.
 */
#include "ctl_priv.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "cdcp_agent.h"
#include "evb_agent.h"
#include "names.h"
#include "text.h"

enum { ID_IPV4 = 1, ID_IPV6 = 2 };                   /* IANA address family of network address subtypes */
enum { CHASSIS_NETWORK = 5, PORT_NETWORK = 4 };      /* 802.1AB tables 8-2, 8-3 */
enum { MGMT_IPV4 = 1, MGMT_IPV6 = 2, MGMT_MAC = 6 }; /* ianaAddressFamily, as in a management address */
enum { PEER_TEXT = LLDP_ID_MAX * 4 };

/* Network address: family octet and address. */
static const char *address_text(uint8_t family, struct span a, char *text, size_t size)
{
	if (family == ID_IPV4 && a.len == 4)
		return inet_ntop(AF_INET, a.ptr, text, (socklen_t)size);
	if (family == ID_IPV6 && a.len == 16)
		return inet_ntop(AF_INET6, a.ptr, text, (socklen_t)size);
	if (family == MGMT_MAC && a.len == 6) {
		struct mac m;

		memcpy(m.b, a.ptr, sizeof(m.b));
		return mac_format(m, text);
	}
	return hex_format(a, text, size);
}

void ctl_put_lldp_id(json_t *o, const char *key, struct span value, bool is_chassis)
{
	uint8_t subtype = value.len > 0 ? value.ptr[0] : 0;
	struct span id = value.len > 0 ? span_of(value.ptr + 1, value.len - 1) : value;
	char text[PEER_TEXT];

	if (subtype == (is_chassis ? LLDP_CHASSIS_MAC : LLDP_PORT_MAC) && id.len == 6)
		ctl_put_text(o, key, address_text(MGMT_MAC, id, text, sizeof(text)));
	else if (subtype == (is_chassis ? CHASSIS_NETWORK : PORT_NETWORK) && id.len > 1)
		ctl_put_text(
			o, key, address_text(id.ptr[0], span_of(id.ptr + 1, id.len - 1), text, sizeof(text)));
	else
		ctl_put_text(o, key, text_escape(id, text, sizeof(text)));
}

void ctl_put_lldp_text(json_t *o, const char *key, struct span text)
{
	char escaped[PEER_TEXT];

	ctl_put_text(o, key, text.ptr ? text_escape(text, escaped, sizeof(escaped)) : NULL);
}

/* ---- neighbours ---- */

static const char *const agent_names[NODE_AGENTS] = { "nearest_customer_bridge", "nearest_non_tpmr_bridge",
	"nearest_bridge" };

/* Management address TLV: length of (subtype, address), then both (802.1AB 8.5.9). */
static json_t *mgmt_of(const struct lldp_pdu *pdu)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < pdu->n_mgmt; i++) {
		struct rd r = rd_init(pdu->mgmt[i]);
		struct rd a = rd_sub(&r, rd_u8(&r));
		uint8_t family = rd_u8(&a);
		char text[PEER_TEXT];
		const char *address = address_text(family, rd_rest(&a), text, sizeof(text));

		if (!a.bad && address != NULL)
			json_array_append_new(list, json_string(address));
	}
	return list;
}

static json_t *caps_of(const struct lldp_pdu *pdu)
{
	static const char *const names[] = { "other", "repeater", "bridge", "wlan", "router", "telephone",
		"docsis", "station", "cvlan", "svlan", "tpmr" };
	json_t *list = pdu->has_caps ? json_array() : NULL;

	for (unsigned i = 0; list != NULL && i < sizeof(names) / sizeof(names[0]); i++)
		if (pdu->caps_enabled & 1u << i)
			json_array_append_new(list, json_string(names[i]));
	return list;
}

static json_t *evb_of(const struct lldp_pdu *pdu)
{
	static const struct name_row modes[] = { { EVB_MODE_BRIDGE, "bridge" },
		{ EVB_MODE_STATION, "station" }, { EVB_MODE_NONE, "none" }, { 0, NULL } };
	const struct lldp_known known = EVB_TLV_KNOWN;
	struct span value;
	struct evb_tlv t;
	json_t *o;

	if (!lldp_pdu_find_org(pdu, &known, &value) || !evb_tlv_decode(value, &t))
		return NULL;
	o = json_object();
	ctl_put_text(o, "mode", names_text(modes, (int)t.mode, "reserved"));
	ctl_put_int(o, "retries", t.retries);
	ctl_put_int(o, "rte", t.rte);
	ctl_put_int(o, "rwd", t.rwd);
	ctl_put_bool(o, "rwd_is_remote", t.rol_rwd);
	ctl_put_int(o, "rka", t.rka);
	ctl_put_bool(o, "rka_is_remote", t.rol_rka);
	ctl_put_bool(o, "rr_capable", (t.bridge_raw & EVB_RRCAP) != 0);
	ctl_put_bool(o, "rr_control", (t.bridge_raw & EVB_RRCTR) != 0);
	ctl_put_bool(o, "rr_request", (t.station_raw & EVB_RRREQ) != 0);
	ctl_put_bool(o, "group_ids",
		(t.mode == EVB_MODE_BRIDGE ? t.bridge_raw & EVB_BGID : t.station_raw & EVB_SGID) != 0);
	return o;
}

/* "2=100": the channel and its SVID; "2=0": none. */
static json_t *cdcp_of(const struct lldp_pdu *pdu)
{
	const struct lldp_known known = CDCP_TLV_KNOWN;
	struct span value;
	struct cdcp_tlv t;
	json_t *o, *list;

	if (!lldp_pdu_find_org(pdu, &known, &value) || !cdcp_tlv_decode(value, &t))
		return NULL;
	o = json_object();
	list = json_array();
	ctl_put_text(o, "role", t.role == CDCP_ROLE_STATION ? "station" : "bridge");
	ctl_put_bool(o, "s_component", t.has_scomp);
	ctl_put_int(o, "max_channels", t.chn_cap);
	for (unsigned i = 0; i < t.n_pairs; i++)
		json_array_append_new(
			list, json_pack("{s:i, s:i}", "channel", t.pair[i].scid, "svid", t.pair[i].svid));
	ctl_put(o, "channels", list);
	return o;
}

static json_t *pe_of(const struct lldp_pdu *pdu)
{
	char pe[MAC_TEXT], pe_csp[MAC_TEXT];
	struct pe_tlv t;
	json_t *o;

	for (unsigned i = 0; i < pdu->n_org; i++) {
		if (pe_tlv_decode(pdu->org[i], &t) != PE_TLV_OK)
			continue;
		o = json_object();
		ctl_put_int(o, "priority", t.priority);
		ctl_put_text(o, "pe", mac_format(t.pe, pe));
		ctl_put_text(o, "pe_csp", mac_format(t.pe_csp, pe_csp));
		return o;
	}
	return NULL;
}

static void neighbour_row(
	struct ctl_walk *w, const struct node_port *p, unsigned agent, const struct lldp_neighbour *n)
{
	struct lldp_pdu pdu;
	char mac[MAC_TEXT];
	json_t *row = json_object();

	lldp_neighbour_pdu(n, &pdu);
	ctl_put_text(row, "port", p->name);
	ctl_put_channel(row, w->host->node, p);
	ctl_put_text(row, "agent", agent_names[agent]);
	ctl_put_lldp_id(row, "chassis", pdu.chassis_id, true);
	ctl_put_int(row, "chassis_subtype", pdu.chassis_id.len ? pdu.chassis_id.ptr[0] : 0);
	ctl_put_lldp_id(row, "port_id", pdu.port_id, false);
	ctl_put_int(row, "port_id_subtype", pdu.port_id.len ? pdu.port_id.ptr[0] : 0);
	ctl_put_text(row, "mac", mac_format(n->sa, mac));
	ctl_put_int(row, "ttl_s", pdu.ttl_s);
	ctl_put_lldp_text(row, "port_descr", pdu.port_descr);
	ctl_put_lldp_text(row, "system_name", pdu.system_name);
	ctl_put_lldp_text(row, "system_descr", pdu.system_descr);
	ctl_put(row, "capabilities", caps_of(&pdu));
	ctl_put(row, "management", mgmt_of(&pdu));
	ctl_put(row, "evb", evb_of(&pdu));
	ctl_put(row, "cdcp", cdcp_of(&pdu));
	ctl_put(row, "port_extension", pe_of(&pdu));
	ctl_put_time(row, "since", w->host, n->since);
	ctl_put_time(row, "changed", w->host, n->changed_at);
	ctl_put_time(row, "expires", w->host, n->expires_at);
	ctl_walk_row(w, row);
}

bool ctl_show_neighbors(struct ctl_walk *w, unsigned budget)
{
	const struct node_port *p;
	unsigned n = 0;

	for (; (p = ctl_walk_port(w)) != NULL; w->port++) {
		if (n >= budget)
			return false;
		for (unsigned a = 0; a < NODE_AGENTS; a++) {
			const struct lldp_agent *agent = p->agent[a].lldp;

			for (unsigned i = 0; p->agent[a].in_use && i < lldp_agent_n_neighbours(agent);
				i++, n++)
				neighbour_row(w, p, a, lldp_agent_neighbour(agent, i));
		}
	}
	return true;
}

/* ---- addresses ---- */

/* Node port of a logical port; FWD lports are fewer than node ports, so a search per row would be the slow way. */
static void map_lports(const struct node *n, uint16_t map[NODE_MAX_PORTS])
{
	memset(map, 0xff, sizeof(uint16_t) * NODE_MAX_PORTS);
	for (uint16_t i = 0; i < node_n_ports(n); i++) {
		const struct node_port *p = node_port(n, i);

		if (p != NULL && p->lport < NODE_MAX_PORTS)
			map[p->lport] = i;
	}
}

static bool fdb_wants(const struct ctl_walk *w, uint16_t port)
{
	const struct node_port *p = node_port(w->host->node, port);

	return p ? ctl_walk_wants(w, p->name, p->scid) : w->only_port == NULL;
}

/* w->index is the relay's cookie; the walk is over when it comes back as 0. */
bool ctl_show_fdb(struct ctl_walk *w, unsigned budget)
{
	const struct relay *relay = node_relay(w->host->node);
	uint16_t map[NODE_MAX_PORTS];
	char mac[MAC_TEXT];

	map_lports(w->host->node, map);
	while (budget-- > 0) {
		struct relay_fdb_row r;
		bool is_valid = false;
		uint16_t at;
		json_t *row;

		w->index = relay_fdb_walk(relay, w->index, &r, &is_valid);
		at = is_valid && r.lport < NODE_MAX_PORTS ? map[r.lport] : NODE_NO_PORT;
		if (is_valid && fdb_wants(w, at)) {
			const struct node_port *p = node_port(w->host->node, at);

			row = json_object();
			ctl_put_int(row, "vid", r.vid);
			ctl_put_text(row, "mac", mac_format(r.mac, mac));
			ctl_put_text(row, "port", p ? p->name : NULL);
			ctl_put(row, "channel", NULL);
			if (p)
				ctl_put_channel(row, w->host->node, p);
			ctl_put_vif(row, p ? p->vif : 0);
			ctl_put_text(row, "kind", r.is_static ? "static" : "learned");
			ctl_put_time(row, "seen", w->host, r.seen);
			ctl_put_int(row, "component", r.component);
			ctl_walk_row(w, row);
		}
		if (w->index == 0)
			return true;
	}
	return false;
}

/* ---- types ---- */

static json_t *vids_of(const struct vtdb_type *t)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < t->n_vids; i++) {
		const struct vtdb_vid_range *r = &t->vids[i];

		json_array_append_new(list,
			r->low == r->high ? json_integer(r->low) : json_sprintf("%u-%u", r->low, r->high));
	}
	return list;
}

static void put_users(json_t *row, const struct vtdb_type *t)
{
	json_t *groups = json_array(), *vsis = json_array(), *macs = json_array();
	char id[VSI_ID_TEXT], mac[MAC_TEXT];

	for (unsigned i = 0; i < t->n_groups; i++)
		json_array_append_new(
			groups, json_pack("{s:I, s:i}", "group", (json_int_t)t->groups[i].group_id, "vid",
					(int)t->groups[i].vid));
	for (unsigned i = 0; i < t->n_vsis; i++)
		json_array_append_new(vsis, json_string(vsi_id_format(&t->vsis[i], id)));
	for (unsigned i = 0; i < t->n_macs; i++)
		json_array_append_new(macs, json_string(mac_format(t->macs[i], mac)));
	ctl_put(row, "groups", groups);
	ctl_put(row, "vsis", vsis);
	ctl_put(row, "macs", macs);
}

static void type_row(struct ctl_walk *w, const struct vtdb_type *t)
{
	char manager[VDP_MANAGER_TEXT];
	json_t *row = json_object();
	json_t *refuse = t->is_refused ? json_object() : NULL;

	ctl_put_int(row, "type_id", t->type_id);
	ctl_put_text(row, "name", t->name);
	ctl_put_text(row, "manager", vdp_manager_format(&t->manager, manager));
	ctl_put_int(row, "version_low", t->version_low);
	ctl_put_int(row, "version_high", t->version_high);
	ctl_put(row, "vids", vids_of(t));
	ctl_put(row, "default_vid", t->default_vid ? json_integer(t->default_vid) : NULL);
	ctl_put(row, "pcp", t->has_pcp ? json_integer(t->pcp) : NULL);
	put_users(row, t);
	ctl_put(row, "max_macs", t->max_macs ? json_integer(t->max_macs) : NULL);
	ctl_put_bool(row, "echo_org", t->echo_org);
	ctl_put(row, "refuse", refuse);
	if (refuse != NULL) {
		ctl_put_int(refuse, "error", t->refuse_error);
		ctl_put_bool(refuse, "hard", t->refuse_hard);
		ctl_put_text(refuse, "reason",
			t->refuse_reason ? t->refuse_reason : vdp_error_text(t->refuse_error));
	}
	ctl_walk_row(w, row);
}

bool ctl_show_types(struct ctl_walk *w, unsigned budget)
{
	const struct vtdb_types *db = w->host->types(w->host->ctx);

	for (; db != NULL && w->index < db->n_types; w->index++) {
		if (budget-- == 0)
			return false;
		type_row(w, &db->types[w->index]);
	}
	return true;
}
