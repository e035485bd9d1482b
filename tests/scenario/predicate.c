/* predicate.c - what a scenario may expect of a node: VSI states, negotiation, S-channels, counters, agreement of both ends. */
#include <stdlib.h>

#include "run.h"

/* An S-channel of a device that is there may come and go: then nothing holds of it. */
static bool is_gone_channel(const struct run *r, const char *text)
{
	const char *slash = strchr(text, '/');
	char device[64];
	struct sim_node *n;

	if (!slash || (size_t)(slash - text) >= sizeof(device))
		return false;
	memcpy(device, text, (size_t)(slash - text));
	device[slash - text] = '\0';
	(void)run_port(r, device, &n); /* or the scenario is wrong */
	return node_find_label(n->node, strchr(text, '.') + 1) == NODE_NO_PORT;
}

static const struct vdp_vsi *find_vsi(struct sim_node *n, uint16_t port, unsigned long number)
{
	struct vsi_id id = run_vsi_id(number);
	const struct vdp_table *t = node_port(n->node, port)->vdp;
	uint32_t i = vdp_table_find(t, &id);

	return i == UINT32_MAX ? NULL : vdp_table_get(t, i);
}

static unsigned long count_state(struct sim_node *n, uint16_t port, const char *state)
{
	const struct vdp_table *t = node_port(n->node, port)->vdp;
	unsigned long k = 0;

	for (uint32_t i = vdp_table_next(t, 0); i != UINT32_MAX; i = vdp_table_next(t, i + 1))
		if (strcmp(state, "any") == 0 ||
			strcmp(vdp_display_name(vdp_table_get(t, i)->show), state) == 0)
			k++;
	return k;
}

static bool compare(const struct run *r, unsigned long have, const char *text)
{
	if (strncmp(text, "<=", 2) == 0)
		return have <= strtoul(text + 2, NULL, 0);
	if (strncmp(text, ">=", 2) == 0)
		return have >= strtoul(text + 2, NULL, 0);
	if (text[0] < '0' || text[0] > '9')
		run_fail(r, "\"%s\" is no number", text);
	return have == strtoul(text, NULL, 0);
}

/* "key=N" in text: does N equal have? */
static bool names(const char *text, const char *key, unsigned long have)
{
	size_t n = strlen(key);

	return strncmp(text, key, n) == 0 && text[n] == '=' && strtoul(text + n + 1, NULL, 0) == have;
}

static bool holds_vsi(const struct run *r, char **w)
{
	struct sim_node *n;
	uint16_t port = run_port(r, w[0], &n);
	const struct vdp_vsi *v = find_vsi(n, port, strtoul(w[1], NULL, 0));

	if (strcmp(w[2], "gone") == 0)
		return v == NULL;
	if (!v)
		return false;
	if (strncmp(w[2], "vid=", 4) == 0)
		return v->n_filters > 0 && names(w[2], "vid", v->filters[0].vid);
	if (strncmp(w[2], "pcp=", 4) == 0)
		return v->n_filters > 0 && v->filters[0].has_pcp && names(w[2], "pcp", v->filters[0].pcp);
	if (strncmp(w[2], "error=", 6) == 0)
		return names(w[2], "error", v->error);
	return strcmp(vdp_display_name(v->show), w[2]) == 0;
}

static bool holds_evb(const struct run *r, char **w, unsigned n_words)
{
	struct sim_node *n;
	uint16_t port = run_port(r, w[0], &n);
	const struct evb_oper *o = &node_port(n->node, port)->evb.oper;
	const char *generation = qbg_edition_name(node_port(n->node, port)->choice.edition);

	for (unsigned i = 1; i < n_words; i++) {
		bool is_true = strcmp(w[i], o->rr_active ? "rr=on" : "rr=off") == 0 ||
			       strcmp(w[i], o->group_ids ? "gid=on" : "gid=off") == 0 ||
			       names(w[i], "rte", o->rte) || names(w[i], "rka", o->rka) ||
			       names(w[i], "rwd", o->rwd) ||
			       (strncmp(w[i], "generation=", 11) == 0 &&
				       strcmp(generation, w[i] + 11) == 0) ||
			       (strncmp(w[i], "peer=", 5) == 0 &&
				       strcmp(evb_peer_name(o->peer), w[i] + 5) == 0);

		if (!is_true)
			return false;
	}
	return true;
}

/* channel A.P SCID up|down|none|svid=N: of a device's S-channel; none: there is no port for it */
static bool holds_channel(const struct run *r, char **w)
{
	struct sim_node *n;
	uint16_t device = run_port(r, w[0], &n);
	uint16_t port = node_find_channel(
		n->node, node_port(n->node, device)->name, (uint16_t)strtoul(w[1], NULL, 10));
	const struct node_port *p = node_port(n->node, port);

	if (strcmp(w[2], "none") == 0)
		return !p;
	return p && (strcmp(w[2], p->is_up ? "up" : "down") == 0 || names(w[2], "svid", p->svid));
}

static unsigned long count_channels(const struct node_port *p)
{
	struct cdcp_pair pairs[CDCP_PAIRS_MAX];

	return p->channels ? node_channels_save(p, pairs) : 0;
}

static unsigned long counter(const struct run *r, struct sim_node *n, uint16_t port, const char *name)
{
	const struct node_port *p = node_port(n->node, port);
	const struct relay_port_counters *c = p->lport == FWD_LPORT_NONE
						      ? NULL
						      : relay_port_counters(node_relay(n->node), p->lport);
	const struct vdp_table_counters *v = p->vdp ? vdp_table_counters(p->vdp) : NULL;
	const struct sim_port *s = &n->port[port];
	const struct {
		const char *name;
		uint64_t value;
	} rows[] = { { "received", s->guest_rx }, { "received_octets", s->guest_rx_octets },
		{ "sent", s->wire.frames }, { "ecp_requests", s->wire.ecp_requests },
		{ "longest", s->wire.longest }, { "reflected", c ? c->reflected : 0 },
		{ "bpdus", p->count.bpdus }, { "ecp_not_ready", p->count.ecp_not_ready },
		{ "ecp_failures", p->ecp_tx.n.failures }, { "ecp_duplicates", p->ecp_rx.count.duplicates },
		{ "no_channel", p->count.no_channel + (c ? c->drops[FWD_DROP_NO_CHANNEL] : 0) },
		{ "keep_alive_timeouts", v ? v->keep_alive_timeouts : 0 },
		{ "late_answers", v ? v->late_answers : 0 },
		{ "manager_timeouts", v ? v->manager_timeouts : 0 },
		{ "resp_timeouts", v ? v->resp_timeouts : 0 } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(rows[i].name, name) == 0)
			return rows[i].value;
	for (int d = 1; c && d < FWD_N_DROPS; d++)
		if (strcmp(name, fwd_drop_name((enum fwd_drop)d)) == 0)
			return c->drops[d];
	run_fail(r, "no counter \"%s\"", name);
}

bool run_holds(const struct run *r, char **w, unsigned n_words)
{
	struct sim_node *a, *b;
	uint16_t pa, pb;

	for (unsigned i = 1; i < n_words; i++)
		if (is_gone_channel(r, w[i]))
			return strcmp(w[0], "vsi") == 0 && strcmp(w[n_words - 1], "gone") == 0;
	if (strcmp(w[0], "vsi") == 0 && n_words >= 4)
		return holds_vsi(r, w + 1);
	if (strcmp(w[0], "evb") == 0 && n_words >= 3)
		return holds_evb(r, w + 1, n_words - 1);
	if (strcmp(w[0], "channel") == 0 && n_words >= 4)
		return holds_channel(r, w + 1);
	if (strcmp(w[0], "asked") == 0 && n_words >= 3)
		return compare(r, run_node(r, w[1])->asked, w[2]);
	if (n_words < 2)
		run_fail(r, "incomplete predicate \"%s\"", w[0]);
	pa = run_port(r, w[1], &a);
	if (strcmp(w[0], "count") == 0 && n_words >= 4)
		return compare(r, count_state(a, pa, w[2]), w[3]);
	if (strcmp(w[0], "channels") == 0 && n_words >= 3)
		return compare(r, count_channels(node_port(a->node, pa)), w[2]);
	if (strcmp(w[0], "cdcp") == 0 && n_words >= 3)
		return node_port(a->node, pa)->channels &&
		       strcmp(cdcp_state_name(node_port(a->node, pa)->channels->cdcp.state), w[2]) == 0;
	if (strcmp(w[0], "counter") == 0 && n_words >= 4)
		return compare(r, counter(r, a, pa, w[2]), w[3]);
	if (strcmp(w[0], "quiet") == 0)
		return sim_is_quiet(a, pa);
	if (strcmp(w[0], "same_channels") == 0 && n_words >= 3) {
		pb = run_port(r, w[2], &b);
		return sim_same_channels(node_port(a->node, pa), node_port(b->node, pb));
	}
	if (strcmp(w[0], "agree") == 0 && n_words >= 3) {
		pb = run_port(r, w[2], &b);
		return sim_agrees(a, pa, b, pb);
	}
	run_fail(r, "unknown predicate \"%s\"", w[0]);
}
