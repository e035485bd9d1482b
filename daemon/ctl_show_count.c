/*
 * ctl_show_count.c - every counter of a port by the name of its managed object (evb-reference 9; LLDP's per agent),
 * as tables of name and place. The times that the MIB gives in microseconds are here too (MGMT-04).
 */
#include "ctl_priv.h"

#include <stddef.h>

struct counter {
	const char *name;
	size_t at; /* of a uint64_t in its struct */
};
#define AT(type, member) offsetof(struct type, member)

static const struct counter lldp_names[] = {
	{ "stats_frames_out_total", AT(lldp_counters, frames_out) },
	{ "stats_frames_in_total", AT(lldp_counters, frames_in) },
	{ "stats_frames_discarded_total", AT(lldp_counters, frames_discarded) },
	{ "stats_frames_in_errors_total", AT(lldp_counters, frames_in_errors) },
	{ "stats_tlvs_discarded_total", AT(lldp_counters, tlvs_discarded) },
	{ "stats_tlvs_unrecognized_total", AT(lldp_counters, tlvs_unrecognized) },
	{ "stats_ageouts_total", AT(lldp_counters, ageouts) },
	{ "length_errors", AT(lldp_counters, length_errors) },
	{ "too_many_neighbors", AT(lldp_counters, too_many_neighbours) },
	{ NULL, 0 },
};
static const struct counter ecp_tx_names[] = {
	{ "ecp_tx_frame_count", AT(ecp_tx_counters, frames) },
	{ "ecp_tx_retry_count", AT(ecp_tx_counters, retries) },
	{ "ecp_tx_failures", AT(ecp_tx_counters, failures) },
	{ "ecp_tx_too_long", AT(ecp_tx_counters, too_long) },
	{ "ecp_rx_ack_unexpected", AT(ecp_tx_counters, stray_acks) },
	{ NULL, 0 },
};
static const struct counter ecp_rx_names[] = {
	{ "ecp_rx_frame_count", AT(ecp_rx_counters, frames) },
	{ "ecp_rx_duplicate", AT(ecp_rx_counters, duplicates) },
	{ "ecp_rx_bad_version", AT(ecp_rx_counters, bad_version) },
	{ "ecp_rx_bad_op", AT(ecp_rx_counters, bad_op) },
	{ "ecp_rx_bad_subtype", AT(ecp_rx_counters, bad_subtype) },
	{ "ecp_rx_too_short", AT(ecp_rx_counters, too_short) },
	{ "ecp_rx_too_long", AT(ecp_rx_counters, too_long) },
	{ "ecp_rx_queue_full", AT(ecp_rx_counters, queue_full) },
	{ "ecp_rx_new_source", AT(ecp_rx_counters, new_source) },
	{ NULL, 0 },
};
static const struct counter node_names[] = {
	{ "ecp_rx_not_ready", AT(node_port_counters, ecp_not_ready) },
	{ "ecp_rx_bad_da", AT(node_port_counters, ecp_bad_da) },
	{ "lldp_no_agent", AT(node_port_counters, lldp_no_agent) },
	{ "bpdus", AT(node_port_counters, bpdus) },
	{ "warn_exponent", AT(node_port_counters, warn_exponent) },
	{ "control_in", AT(node_port_counters, control_in) },
	{ "unbound", AT(node_port_counters, unbound) },
	{ "no_channel", AT(node_port_counters, no_channel) },
	{ NULL, 0 },
};
static const struct counter cdcp_names[] = {
	{ "cdcp_rx_tlvs", AT(cdcp_counters, rx_tlvs) },
	{ "cdcp_pairs_bad", AT(cdcp_counters, pairs_bad) },
	{ "cdcp_pairs_over_cap", AT(cdcp_counters, pairs_over_cap) },
	{ "cdcp_role_conflicts", AT(cdcp_counters, role_conflicts) },
	{ "cdcp_pool_empty", AT(cdcp_counters, pool_empty) },
	{ "cdcp_holds", AT(cdcp_counters, holds) },
	{ "cdcp_hold_expiries", AT(cdcp_counters, hold_expiries) },
	{ "cdcp_set_up", AT(cdcp_counters, set_up) },
	{ "cdcp_torn_down", AT(cdcp_counters, torn_down) },
	{ NULL, 0 },
};
static const struct counter vdp_names[] = {
	{ "vdp_requests_in", AT(vdp_table_counters, requests_in) },
	{ "vdp_requests_out", AT(vdp_table_counters, requests_out) },
	{ "vdp_responses_in", AT(vdp_table_counters, responses_in) },
	{ "vdp_responses_out", AT(vdp_table_counters, responses_out) },
	{ "vdp_commands_succeeded", AT(vdp_table_counters, succeeded) },
	{ "vdp_commands_failed", AT(vdp_table_counters, failed) },
	{ "vdp_command_reverts", AT(vdp_table_counters, reverts) },
	{ "vdp_rx_no_mgr_id", AT(vdp_table_counters, rx_no_manager) },
	{ "vdp_rx_bad_tlv", AT(vdp_table_counters, rx_bad_tlv) },
	{ "vdp_rx_unknown_vsi", AT(vdp_table_counters, rx_unknown_vsi) },
	{ "vdp_rx_unexpected", AT(vdp_table_counters, rx_unexpected) },
	{ "vdp_keep_alive_timeouts", AT(vdp_table_counters, keep_alive_timeouts) },
	{ "vdp_resp_timeouts", AT(vdp_table_counters, resp_timeouts) },
	{ "vdp_manager_timeouts", AT(vdp_table_counters, manager_timeouts) },
	{ "vdp_late_answers", AT(vdp_table_counters, late_answers) },
	{ "vdp_resent", AT(vdp_table_counters, resent) },
	{ "vdp_table_full", AT(vdp_table_counters, table_full) },
	{ "vdp_reply_full", AT(vdp_table_counters, reply_full) },
	{ NULL, 0 },
};
static const struct counter relay_names[] = {
	{ "rx_frames", AT(relay_port_counters, rx_frames) },
	{ "rx_octets", AT(relay_port_counters, rx_octets) },
	{ "tx_frames", AT(relay_port_counters, tx_frames) },
	{ "tx_octets", AT(relay_port_counters, tx_octets) },
	{ "kernel_frames", AT(relay_port_counters, kernel_frames) },
	{ "rr_reflected", AT(relay_port_counters, reflected) },
	{ "learn_full", AT(relay_port_counters, learn_full) },
	{ "learn_refused", AT(relay_port_counters, learn_refused) },
	{ NULL, 0 },
};
static const struct counter link_names[] = {
	{ "link_rx_frames", AT(link_counters, rx_frames) },
	{ "link_rx_octets", AT(link_counters, rx_octets) },
	{ "link_tx_frames", AT(link_counters, tx_frames) },
	{ "link_tx_octets", AT(link_counters, tx_octets) },
	{ "link_rx_dropped", AT(link_counters, rx_dropped) },
	{ "link_tx_dropped", AT(link_counters, tx_dropped) },
	{ "link_rx_bad", AT(link_counters, rx_bad) },
	{ "link_gso_in", AT(link_counters, gso_in) },
	{ NULL, 0 },
};

static const struct counter vif_names[] = {
	{ "pe_tlv_bad_length", AT(node_vif_counters, tlv_length) },
	{ "csp_ecp_not_ours", AT(node_vif_counters, ecp_not_ours) },
	{ "vsi_without_vif", AT(node_vif_counters, vsi_unnamed) },
	{ "vsi_unknown_vif", AT(node_vif_counters, vsi_unknown) },
	{ NULL, 0 },
};
static const struct counter csp_ecp_tx_names[] = {
	{ "csp_ecp_tx_frame_count", AT(ecp_tx_counters, frames) },
	{ "csp_ecp_tx_retry_count", AT(ecp_tx_counters, retries) },
	{ "csp_ecp_tx_failures", AT(ecp_tx_counters, failures) },
	{ "csp_ecp_rx_ack_unexpected", AT(ecp_tx_counters, stray_acks) },
	{ NULL, 0 },
};
static const struct counter csp_ecp_rx_names[] = {
	{ "csp_ecp_rx_frame_count", AT(ecp_rx_counters, frames) },
	{ "csp_ecp_rx_duplicate", AT(ecp_rx_counters, duplicates) },
	{ "csp_ecp_rx_bad_version", AT(ecp_rx_counters, bad_version) },
	{ "csp_ecp_rx_bad_op", AT(ecp_rx_counters, bad_op) },
	{ "csp_ecp_rx_bad_subtype", AT(ecp_rx_counters, bad_subtype) },
	{ "csp_ecp_rx_too_short", AT(ecp_rx_counters, too_short) },
	{ "csp_ecp_rx_queue_full", AT(ecp_rx_counters, queue_full) },
	{ NULL, 0 },
};
static const struct counter csp_names[] = {
	{ "csp_requests_out", AT(csp_link_counters, requests_out) },
	{ "csp_requests_in", AT(csp_link_counters, requests_in) },
	{ "csp_responses_out", AT(csp_link_counters, responses_out) },
	{ "csp_responses_in", AT(csp_link_counters, responses_in) },
	{ "csp_bad_requests", AT(csp_link_counters, bad_requests) },
	{ "csp_bad_responses", AT(csp_link_counters, bad_responses) },
	{ "csp_stray_responses", AT(csp_link_counters, stray_responses) },
	{ "csp_duplicates", AT(csp_link_counters, duplicates) },
	{ "csp_retries", AT(csp_link_counters, retries) },
	{ "csp_timeouts", AT(csp_link_counters, timeouts) },
	{ "csp_gave_up", AT(csp_link_counters, gave_up) },
	{ NULL, 0 },
};
/* What both ends count of their sessions and ports. */
struct csp_common {
	uint64_t opens, opens_refused, sessions_failed, created, refused, deleted;
	uint64_t ports_full, groups_full, members_full, vids_full, late_answers;
};
static const struct counter csp_common_names[] = {
	{ "csp_opens", AT(csp_common, opens) },
	{ "csp_opens_refused", AT(csp_common, opens_refused) },
	{ "csp_sessions_failed", AT(csp_common, sessions_failed) },
	{ "csp_ports_created", AT(csp_common, created) },
	{ "csp_ports_refused", AT(csp_common, refused) },
	{ "csp_ports_deleted", AT(csp_common, deleted) },
	{ "csp_ports_full", AT(csp_common, ports_full) },
	{ "csp_groups_full", AT(csp_common, groups_full) },
	{ "csp_members_full", AT(csp_common, members_full) },
	{ "csp_vids_full", AT(csp_common, vids_full) },
	{ "csp_late_answers", AT(csp_common, late_answers) },
	{ NULL, 0 },
};
static const struct counter csp_cb_names[] = {
	{ "csp_solicited", AT(csp_cb_counters, solicited) },
	{ "csp_no_ids", AT(csp_cb_counters, no_ids) },
	{ "csp_groups_failed", AT(csp_cb_counters, groups_failed) },
	{ NULL, 0 },
};

/* `counters` NULL: the port has none of these, each is null. */
static void put_all(json_t *o, const struct counter *names, const void *counters)
{
	for (; names->name != NULL; names++) {
		uint64_t n = 0;

		if (counters != NULL)
			memcpy(&n, (const char *)counters + names->at, sizeof(n));
		ctl_put(o, names->name, counters ? json_integer((json_int_t)n) : NULL);
	}
}

static void put_agents(json_t *row, const struct node_port *p)
{
	static const char *const names[NODE_AGENTS] = { "nearest_customer_bridge", "nearest_non_tpmr_bridge",
		"nearest_bridge" };
	json_t *agents = json_object();

	for (unsigned a = 0; a < NODE_AGENTS; a++) {
		json_t *o;

		if (!p->agent[a].in_use)
			continue;
		o = json_object();
		put_all(o, lldp_names, &p->agent[a].lldp->counters);
		ctl_put(agents, names[a], o);
	}
	ctl_put(row, "lldp", agents);
}

static struct csp_common common_of_pe(const struct csp_pe_counters *n)
{
	return (struct csp_common){ n->opens, n->opens_refused, n->sessions_failed, n->created, n->refused,
		n->deleted, n->ports_full, n->groups_full, n->members_full, n->vids_full, n->late_answers };
}

static struct csp_common common_of_cb(const struct csp_cb_counters *n)
{
	return (struct csp_common){ n->opens, n->opens_refused, n->sessions_failed, n->created, n->refused,
		n->deleted, n->ports_full, n->groups_full, n->members_full, n->vids_full, n->late_answers };
}

/* Of a port extender, which may have several uplinks, once: of the upstream port, or of the first while there is none. */
static const struct csp_pe *pe_of(const struct node_port *p)
{
	const struct node_pe *pe = p->vifs && p->vifs->is_signalled ? p->vifs->pe : NULL;

	if (pe == NULL || p->device != (pe->upstream != NODE_NO_PORT ? pe->upstream : pe->uplink[0]))
		return NULL;
	return pe->csp;
}

static void put_vifs(json_t *row, const struct node_port *p)
{
	const struct node_vifs *x = p->vifs;
	bool is_signalled = x && x->is_signalled;
	const struct csp_cb *cb = is_signalled ? x->cb : NULL;
	const struct csp_pe *pe = pe_of(p);
	struct csp_common common = { 0 };

	if (cb)
		common = common_of_cb(csp_cb_counters(cb));
	else if (pe)
		common = common_of_pe(csp_pe_counters(pe));
	put_all(row, vif_names, x ? &x->count : NULL);
	put_all(row, csp_ecp_tx_names, is_signalled ? &x->ecp_tx.n : NULL);
	put_all(row, csp_ecp_rx_names, is_signalled ? &x->ecp_rx.count : NULL);
	put_all(row, csp_names, cb ? csp_cb_link_counters(cb) : pe ? csp_pe_link_counters(pe) : NULL);
	put_all(row, csp_common_names, cb || pe ? &common : NULL);
	put_all(row, csp_cb_names, cb ? csp_cb_counters(cb) : NULL);
}

static void put_drops(json_t *row, const struct relay_port_counters *c)
{
	json_t *drops = c ? json_object() : NULL;

	for (int i = FWD_PASS + 1; drops != NULL && i < FWD_N_DROPS; i++)
		ctl_put_int(drops, fwd_drop_name((enum fwd_drop)i), c->drops[i]);
	ctl_put(row, "drops", drops);
}

/* The managed objects in microseconds (URPVdpOperRespWaitDelay, SbpVdpOperToutKeepAlive). They are no counters. */
static void put_times(json_t *row, const struct node_port *p)
{
	const struct vdp_timers *t = ctl_is_evb(p) ? vdp_table_timers(p->vdp) : NULL;

	ctl_put(row, "resp_wait_delay_us",
		t ? json_integer((json_int_t)(t->resp_wait_delay.ns / 1000)) : NULL);
	ctl_put(row, "tout_keepalive_us",
		t ? json_integer((json_int_t)(t->tout_keep_alive.ns / 1000)) : NULL);
}

static void counter_row(struct ctl_walk *w, const struct node_port *p)
{
	const struct ctl_host *h = w->host;
	const struct relay_port_counters *relay = p->lport != FWD_LPORT_NONE
							  ? relay_port_counters(node_relay(h->node), p->lport)
							  : NULL;
	struct ctl_port_info info = { 0 };
	bool has_link = h->port(h->ctx, (uint16_t)w->port, &info);
	json_t *row = json_object();

	ctl_put_text(row, "port", p->name);
	ctl_put_channel(row, h->node, p);
	ctl_put_vif(row, p->vif);
	put_times(row, p);
	put_agents(row, p);
	put_all(row, ecp_tx_names, ctl_is_evb(p) ? &p->ecp_tx.n : NULL);
	put_all(row, ecp_rx_names, ctl_is_evb(p) ? &p->ecp_rx.count : NULL);
	put_all(row, node_names, &p->count);
	put_all(row, cdcp_names, p->channels ? &p->channels->cdcp.n : NULL);
	put_vifs(row, p);
	put_all(row, vdp_names, p->vdp ? vdp_table_counters(p->vdp) : NULL);
	put_all(row, relay_names, relay);
	put_all(row, link_names, has_link ? &info.link : NULL);
	put_drops(row, relay);
	ctl_walk_row(w, row);
}

bool ctl_show_counters(struct ctl_walk *w, unsigned budget)
{
	const struct node_port *p;

	for (; (p = ctl_walk_port(w)) != NULL; w->port++) {
		if (budget-- == 0)
			return false;
		counter_row(w, p);
	}
	return true;
}
