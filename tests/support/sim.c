/*
 * sim.c - the virtual world. Events are frames in flight (a heap), port deadlines, relay deadlines and late answers
 * of the type database; sim_step() goes to the earliest and handles all that is due. Nothing here reads a clock.
 */
#include "sim.h"

#include "ecp_draft_pdu.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

enum { SIM_QUESTIONS = 8192, FRAME_CAP = 1600 };

struct sim_frame {
	struct mono at;
	uint64_t number; /* ties in order of sending */
	uint16_t node, port;
	size_t len;
	uint8_t *octets;
};

/* ---- frames in flight ---- */

static bool earlier(const struct sim_frame *a, const struct sim_frame *b)
{
	return a->at.ns < b->at.ns || (a->at.ns == b->at.ns && a->number < b->number);
}

static void frame_push(struct sim *s, struct sim_frame f)
{
	unsigned i = s->n_frames;

	if (i == SIM_MAX_FRAMES) {
		free(f.octets);
		return;
	}
	s->n_frames++;
	for (; i > 0 && earlier(&f, &s->frame[(i - 1) / 2]); i = (i - 1) / 2)
		s->frame[i] = s->frame[(i - 1) / 2];
	s->frame[i] = f;
}

static struct sim_frame frame_pop(struct sim *s)
{
	struct sim_frame first = s->frame[0];
	struct sim_frame last = s->frame[--s->n_frames];
	unsigned i = 0;

	for (;;) {
		unsigned c = 2 * i + 1;

		if (c >= s->n_frames)
			break;
		if (c + 1 < s->n_frames && earlier(&s->frame[c + 1], &s->frame[c]))
			c++;
		if (!earlier(&s->frame[c], &last))
			break;
		s->frame[i] = s->frame[c];
		i = c;
	}
	if (s->n_frames > 0)
		s->frame[i] = last;
	return first;
}

/* ---- what the nodes ask for ---- */

struct mono sim_node_now(const struct sim_node *n)
{
	uint64_t ns = n->sim->now.ns;

	return mono_add(
		n->sim->now, dur_ns(ns / 1000000 * n->drift_ppm + ns % 1000000 * n->drift_ppm / 1000000));
}

/* The world's time at which the node's clock shows `t`. */
static struct mono world_time(const struct sim_node *n, struct mono t)
{
	struct mono w = t;

	if (mono_is_never(t) || n->drift_ppm == 0)
		return t;
	w.ns = t.ns / (1000000 + n->drift_ppm) * 1000000 + t.ns % (1000000 + n->drift_ppm) + 2000;
	return w.ns < n->sim->now.ns ? n->sim->now : w;
}

static void fly(struct sim *s, struct sim_wire *w, struct span head, struct span rest)
{
	struct sim_frame f = { .number = s->frame_number++, .node = w->to_node, .port = w->to_port };
	uint64_t jitter = w->jitter.ns ? prng_below(&s->rng, w->jitter.ns) : 0;

	f.at = mono_add(mono_add(s->now, w->latency), dur_ns(jitter));
	f.len = head.len + rest.len;
	f.octets = malloc(f.len + 1);
	assert(f.octets);
	memcpy(f.octets, head.ptr, head.len);
	if (rest.len)
		memcpy(f.octets + head.len, rest.ptr, rest.len);
	frame_push(s, f);
}

static unsigned type_of(struct span head)
{
	return head.len >= 14 ? (unsigned)head.ptr[12] << 8 | head.ptr[13] : 0;
}

static enum sim_kind kind_of(struct span head, struct span rest)
{
	struct rd r = rd_init(head.len > 14 ? span_of(head.ptr + 14, head.len - 14) : rest);
	unsigned type = type_of(head);
	struct ecp_hdr h;

	if (type == LLDP_ETHERTYPE)
		return SIM_LLDP;
	if (!(type == ECP_ETHERTYPE && ecp_hdr_decode(&r, &h)) &&
		!(type == ECP_DRAFT_ETHERTYPE && ecp_draft_hdr_decode(&r, &h)))
		return SIM_ALL;
	return h.op == ECP_OP_REQUEST ? SIM_REQUESTS : SIM_ACKS;
}

static void count(struct sim_wire *w, struct span head, struct span rest)
{
	enum sim_kind kind = kind_of(head, rest);
	size_t len = head.len + rest.len;

	w->frames++;
	w->octets += len;
	if (len > w->longest)
		w->longest = len;
	w->control += kind != SIM_ALL;
	w->ecp_requests += kind == SIM_REQUESTS;
}

static void on_send(void *ctx, uint16_t port, struct span head, struct span rest)
{
	struct sim_node *n = ctx;
	struct sim_port *p = &n->port[port];
	struct sim *s = n->sim;
	bool is_hit;

	if (p->is_down)
		return;
	if (!p->has_wire) {
		p->guest_rx++;
		p->guest_rx_octets += head.len + rest.len;
		p->last_len = head.len + rest.len;
		if (p->last_len <= sizeof(p->last)) {
			memcpy(p->last, head.ptr, head.len);
			if (rest.len)
				memcpy(p->last + head.len, rest.ptr, rest.len);
		}
		return;
	}
	if (s->tap)
		s->tap(s->tap_ctx, n, port, head, rest);
	count(&p->wire, head, rest);
	is_hit = p->wire.only == SIM_ALL || p->wire.only == kind_of(head, rest);
	if (is_hit && (p->wire.is_cut || prng_below(&s->rng, 100) < p->wire.loss_percent)) {
		p->wire.lost++;
		return;
	}
	fly(s, &p->wire, head, rest);
	if (is_hit && prng_below(&s->rng, 100) < p->wire.dup_percent)
		fly(s, &p->wire, head, rest);
}

static void on_event(void *ctx, const struct node_event *ev, struct mono now)
{
	struct sim_node *n = ctx;
	const struct node_port *p = n->node ? node_port(n->node, ev->port) : NULL;
	char id[VSI_ID_TEXT] = "";

	n->events[ev->kind]++;
	if (n->watch)
		n->watch(n->watch_ctx, ev, now);
	if (!n->sim->is_verbose)
		return;
	if (ev->vsi)
		vsi_id_format(&ev->vsi->subject.vsi, id);
	fprintf(stderr, "%12.6f %s.%s %s %s -> %s: %s%s%s\n", dur_seconds(mono_since(MONO_ZERO, now)),
		n->name, p ? p->name : "-", id, ev->from ? ev->from : "", ev->to ? ev->to : "",
		ev->event ? ev->event : "", ev->detail ? ": " : "", ev->detail ? ev->detail : "");
}

static void on_rearm(void *ctx, uint16_t port)
{
	struct sim_node *n = ctx;

	n->due[port] = n->node ? node_port_deadline(n->node, port) : MONO_NEVER;
	n->is_stale = true;
}

static void on_carrier(void *ctx, uint16_t port, bool is_on)
{
	struct sim_port *p = &((struct sim_node *)ctx)->port[port];

	p->is_carrier_off = !is_on;
	p->is_carrier_due = true;
}

static void on_ask(void *ctx, struct node *node, uint16_t port, struct vtdb_handle h,
	const struct vtdb_query *q, struct mono now)
{
	static struct vtdb_answer answer;
	struct sim_node *n = ctx;

	n->asked++;
	vtdb_decide(&n->types, q, &answer);
	if (n->vtdb_delay.ns == 0) {
		node_vtdb_answer(node, port, h, &answer, now);
		return;
	}
	if (!n->question)
		n->question = calloc(SIM_QUESTIONS, sizeof(*n->question));
	assert(n->question);
	for (unsigned i = 0; i < SIM_QUESTIONS; i++) {
		if (!n->question[i].in_use) {
			n->question[i] = (struct sim_question){ true, port, h, answer,
				mono_add(n->sim->now, n->vtdb_delay) };
			if (n->n_questions++ == 0)
				n->question_at = MONO_NEVER;
			n->question_at = mono_min(n->question_at, n->question[i].at);
			return;
		}
	}
}

/* ---- building ---- */

struct sim *sim_new(uint64_t seed)
{
	struct sim *s = calloc(1, sizeof(*s));

	assert(s);
	s->seed = seed;
	s->rng.state = seed;
	s->now = (struct mono){ 1000000000 };
	s->frame = calloc(SIM_MAX_FRAMES, sizeof(*s->frame));
	assert(s->frame);
	return s;
}

void sim_free(struct sim *s)
{
	sim_drop_frames(s);
	for (unsigned i = 0; i < s->n_nodes; i++) {
		node_free(s->node[i].node);
		free(s->node[i].question);
		sim_state_free(&s->node[i]);
	}
	free(s->frame);
	free(s);
}

struct sim_node *sim_add_node(struct sim *s, const char *name)
{
	struct sim_node *n = &s->node[s->n_nodes];

	assert(s->n_nodes < SIM_MAX_NODES);
	n->sim = s;
	n->index = (uint16_t)s->n_nodes++;
	n->in_use = true;
	snprintf(n->name, sizeof(n->name), "%s", name);
	snprintf(n->conf.system_name, sizeof(n->conf.system_name), "%s", name);
	n->conf.warn_exponent = 24;
	n->conf.fdb_age_s = 300;
	n->conf.max_fdb = 4096;
	n->conf.max_ended = 256;
	n->conf.ports = n->ports;
	n->types.types = n->type;
	return n;
}

struct sim_node *sim_find(struct sim *s, const char *name)
{
	for (unsigned i = 0; i < s->n_nodes; i++)
		if (strcmp(s->node[i].name, name) == 0)
			return &s->node[i];
	return NULL;
}

struct conf_port *sim_add_port(struct sim_node *n, const char *name, enum conf_role role)
{
	struct conf_port *p = &n->ports[n->conf.n_ports];

	assert(n->conf.n_ports < sizeof(n->ports) / sizeof(n->ports[0]));
	n->conf.n_ports++;
	*p = (struct conf_port){
		.role = role,
		.scid = CONF_SCID_DEFAULT,
		.learning = true,
		.cdcp = { .chn_cap = 64, .svid_low = 2, .svid_high = 4094, .hold_s = 3 },
		.pvid = 1,
		.lldp_agents = role == CONF_ORDINARY ? 0 : CONF_AGENT_NCB,
		.lldp = { .admin = LLDP_RX_TX,
			.tx_interval_s = 30,
			.tx_hold = 4,
			.fast_tx_s = 1,
			.fast_init = 4,
			.credit_max = 5,
			.reinit_delay_s = 2,
			.max_neighbours = 8 },
		.evb = { .is_enabled = true,
			.reflective_relay = true,
			.retries = 3,
			.rte = 8,
			.rwd = 20,
			.rka = 20 },
		.max_vsis = 4096,
		.relay = CONF_RELAY_VEPA,
	};
	snprintf(p->name, sizeof(p->name), "%s", name);
	return p;
}

void sim_enable_cdcp(struct conf_port *p)
{
	p->cdcp.is_enabled = true;
	p->lldp_agents |= CONF_AGENT_NTPMR;
}

struct conf_port *sim_find_channel(struct sim_node *n, const char *port, uint16_t scid)
{
	for (unsigned i = 0; i < n->conf.n_ports; i++)
		if (n->ports[i].scid == scid && strcmp(n->ports[i].name, port) == 0)
			return &n->ports[i];
	return NULL;
}

struct conf_port *sim_add_channel(struct sim_node *n, const char *port, uint16_t scid)
{
	const struct conf_port *uap = sim_find_channel(n, port, CONF_SCID_DEFAULT);
	struct conf_port *p = &n->ports[n->conf.n_ports];
	uint16_t at;

	assert(uap && n->conf.n_ports < sizeof(n->ports) / sizeof(n->ports[0]));
	n->conf.n_ports++; /* behind all devices, whose numbers stay */
	conf_make_channel(uap, scid, p);
	if (!n->node)
		return p;
	at = node_find_channel(n->node, port, scid);
	if (at == NODE_NO_PORT)
		(void)node_port_add(n->node, p, sim_node_now(n));
	else
		node_port_conf(n->node, at, p, sim_node_now(n));
	node_kick(n->node, node_find_port(n->node, port), sim_node_now(n));
	return p;
}

void sim_del_channel(struct sim_node *n, const char *port, uint16_t scid)
{
	struct conf_port *p = sim_find_channel(n, port, scid);
	uint16_t at = n->node ? node_find_channel(n->node, port, scid) : NODE_NO_PORT;
	size_t i = (size_t)(p - n->ports);

	assert(p && scid != CONF_SCID_DEFAULT);
	memmove(p, p + 1, (n->conf.n_ports - i - 1) * sizeof(*p));
	n->conf.n_ports--;
	if (at != NODE_NO_PORT && node_channel_release(n->node, at, sim_node_now(n)))
		return;
	if (at != NODE_NO_PORT)
		node_port_del(n->node, at, sim_node_now(n));
	sim_state_forget(n, port, scid);
	if (at == NODE_NO_PORT)
		return;
	node_kick(n->node, node_find_port(n->node, port), sim_node_now(n));
}

void sim_add_vm(struct sim_node *n, const char *name, const char *uplink)
{
	for (unsigned i = 0; i < 64; i++) {
		if (n->vm_name[i][0] == '\0') {
			snprintf(n->vm_name[i], CONF_NAME, "%s", name);
			snprintf(n->vm_uplink[i], NODE_LABEL, "%s", uplink);
			return;
		}
	}
	abort();
}

static struct mac mac_of(const struct sim_node *n, uint16_t port)
{
	return (struct mac){ { 0x02, 0xee, 0, 0, (uint8_t)n->index, (uint8_t)(port + 1) } };
}

static void port_up(struct sim_node *n, uint16_t port)
{
	node_port_state(n->node, port, true, !n->port[port].is_down, mac_of(n, port), 1500, sim_node_now(n));
}

/* Nothing is due and nothing is asked any more. */
static void forget(struct sim_node *n)
{
	for (unsigned i = 0; i < SIM_QUESTIONS && n->n_questions > 0; i++) {
		n->n_questions -= n->question[i].in_use;
		n->question[i].in_use = false;
	}
	for (unsigned i = 0; i < sizeof(n->due) / sizeof(n->due[0]); i++)
		n->due[i] = MONO_NEVER;
	n->is_stale = true;
}

static void add_ports(struct sim_node *n)
{
	struct mono now = sim_node_now(n);
	uint16_t port;

	for (unsigned i = 0; i < n->conf.n_ports; i++) {
		port = node_port_add(n->node, &n->ports[i], now);
		assert(port != NODE_NO_PORT);
	}
	sim_state_restore_channels(n);
	sim_state_restore(n, true);
	for (unsigned i = 0; i < n->conf.n_ports; i++)
		if (n->ports[i].scid == CONF_SCID_DEFAULT)
			port_up(n, node_find_port(n->node, n->ports[i].name));
	for (unsigned i = 0; i < 64 && n->vm_name[i][0]; i++) {
		if (node_find_label(n->node, n->vm_uplink[i]) == NODE_NO_PORT)
			continue; /* its channel was taken away */
		port = node_vm_port_add(
			n->node, n->vm_name[i], node_find_label(n->node, n->vm_uplink[i]), now);
		assert(port != NODE_NO_PORT);
		if (n->port[port].is_carrier_off)
			node_port_carrier_taken(n->node, port); /* the memo says so */
		port_up(n, port);
	}
	sim_state_restore(n, false);
}

void sim_start(struct sim_node *n)
{
	struct node_io io = { .ctx = n,
		.send = on_send,
		.event = on_event,
		.rearm = on_rearm,
		.carrier = on_carrier,
		.vtdb = { n, on_ask } };
	uint64_t seed;

	node_free(n->node);
	n->node = NULL;
	forget(n);
	seed = n->sim->seed + n->index + 1000 * ++n->sim->restarts;
	if (n->first_seed == 0)
		n->first_seed = seed;
	n->node = node_new(&n->conf, &io, n->is_same_seed ? n->first_seed : seed, sim_node_now(n));
	assert(n->node);
	sim_state_watch(n);
	add_ports(n);
}

void sim_del_ports(struct sim_node *n)
{
	for (uint16_t i = 0; i < node_n_ports(n->node); i++)
		n->port[i].is_down = true; /* nothing is said */
	for (uint16_t i = 0; i < node_n_ports(n->node); i++)
		if (node_port(n->node, i) && node_port(n->node, i)->kind != NODE_VM)
			node_port_del(n->node, i, sim_node_now(n));
	forget(n);
}

void sim_renew(struct sim_node *n)
{
	sim_del_ports(n);
	for (uint16_t i = 0; i < node_n_ports(n->node); i++)
		n->port[i].is_down = false;
	add_ports(n);
}

void sim_drop_frames(struct sim *s)
{
	while (s->n_frames > 0)
		free(frame_pop(s).octets);
}

void sim_stop(struct sim_node *n, bool is_clean)
{
	if (is_clean)
		node_shutdown(n->node, sim_node_now(n));
	node_free(n->node);
	n->node = NULL;
}

struct sim_port *sim_port(struct sim_node *n, const char *port)
{
	uint16_t i = node_find_port(n->node, port);

	return i == NODE_NO_PORT ? NULL : &n->port[i];
}

void sim_wire(
	struct sim_node *a, const char *a_port, struct sim_node *b, const char *b_port, struct dur latency)
{
	uint16_t i = node_find_port(a->node, a_port);
	uint16_t k = node_find_port(b->node, b_port);

	assert(i != NODE_NO_PORT && k != NODE_NO_PORT);
	if (!a->port[i].has_wire) /* a new cable: carrier comes up at both ends */
		sim_link(a, a_port, false);
	if (!b->port[k].has_wire)
		sim_link(b, b_port, false);
	a->port[i].has_wire = b->port[k].has_wire = true;
	a->port[i].wire = (struct sim_wire){ .to_node = b->index, .to_port = k, .latency = latency };
	b->port[k].wire = (struct sim_wire){ .to_node = a->index, .to_port = i, .latency = latency };
	sim_link(a, a_port, true);
	sim_link(b, b_port, true);
}

void sim_link(struct sim_node *n, const char *port, bool is_up)
{
	uint16_t i = node_find_port(n->node, port);

	n->port[i].is_down = !is_up;
	port_up(n, i);
}

void sim_inject(struct sim_node *n, const char *port, struct span frame)
{
	node_rx(n->node, node_find_port(n->node, port), frame, sim_node_now(n));
}

/* ---- running ---- */

/* A port of the configuration, or a VM port, may have been deleted since it was armed. */
static bool is_due(const struct sim_node *n, uint16_t port, struct mono now)
{
	return node_port(n->node, port) && mono_reached(n->due[port], now);
}

static struct mono node_next(struct sim_node *n)
{
	struct mono d;

	if (n->is_stale) {
		n->next = MONO_NEVER;
		for (uint16_t i = 0; i < node_n_ports(n->node); i++)
			if (node_port(n->node, i))
				n->next = mono_min(n->next, n->due[i]);
		n->is_stale = false;
	}
	d = world_time(n, mono_min(n->next, node_deadline(n->node)));
	return n->n_questions > 0 ? mono_min(d, n->question_at) : d;
}

static void answer_due(struct sim_node *n)
{
	n->question_at = MONO_NEVER;
	for (unsigned i = 0; i < SIM_QUESTIONS; i++) {
		struct sim_question *q = &n->question[i];

		if (!q->in_use)
			continue;
		if (!mono_reached(q->at, n->sim->now)) {
			n->question_at = mono_min(n->question_at, q->at);
			continue;
		}
		q->in_use = false;
		n->n_questions--;
		node_vtdb_answer(n->node, q->port, q->h, &q->answer, sim_node_now(n));
	}
}

static void node_due(struct sim_node *n)
{
	struct mono now = sim_node_now(n);

	if (mono_reached(node_deadline(n->node), now))
		node_on_time(n->node, now);
	if (n->is_stale || mono_reached(n->next, now)) {
		for (uint16_t i = 0; i < node_n_ports(n->node); i++)
			if (is_due(n, i, now))
				node_port_on_time(n->node, i, now);
	}
	if (n->n_questions > 0 && mono_reached(n->question_at, n->sim->now))
		answer_due(n);
}

/* The devices do what the node asked for, outside of the node. */
static void set_carriers(struct sim_node *n)
{
	for (uint16_t i = 0; i < node_n_ports(n->node); i++) {
		if (!n->port[i].is_carrier_due || !node_port(n->node, i))
			continue;
		n->port[i].is_carrier_due = false;
		n->port[i].is_down = n->port[i].is_carrier_off;
		port_up(n, i);
	}
}

bool sim_step(struct sim *s, struct mono until)
{
	struct mono next;

	for (unsigned i = 0; i < s->n_nodes; i++)
		if (s->node[i].node)
			set_carriers(&s->node[i]);
	next = s->n_frames > 0 ? s->frame[0].at : MONO_NEVER;
	for (unsigned i = 0; i < s->n_nodes; i++)
		if (s->node[i].node)
			next = mono_min(next, node_next(&s->node[i]));
	if (mono_before(until, next)) {
		s->now = until;
		return false;
	}
	if (mono_before(s->now, next))
		s->now = next;
	while (s->n_frames > 0 && mono_reached(s->frame[0].at, s->now)) {
		struct sim_frame f = frame_pop(s);
		struct sim_node *n = &s->node[f.node];

		if (s->tap && !n->port[f.port].is_down)
			s->tap(s->tap_ctx, n, f.port, span_of(f.octets, f.len), span_of(NULL, 0));
		if (n->node && node_port(n->node, f.port) && !n->port[f.port].is_down)
			node_rx(n->node, f.port, span_of(f.octets, f.len), sim_node_now(n));
		free(f.octets);
	}
	for (unsigned i = 0; i < s->n_nodes; i++)
		if (s->node[i].node)
			node_due(&s->node[i]);
	return true;
}

void sim_run(struct sim *s, struct mono until)
{
	while (sim_step(s, until))
		;
}
