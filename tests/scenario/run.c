/*
 * run.c - plays a text scenario (*.evb) in virtual time; README.md beside this file has the language.
 *
 * A line is a command and its words; `key=value` words are looked up by key. `expect` runs the world until its
 * predicate holds and fails at the deadline; `never` runs the whole time and fails as soon as it holds. At the end
 * every port with VSIs must be quiet (nothing queued, no answer awaited) and agree with its peer, if it can hear it.
 */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "run.h"
#include "sim_judge.h"

#define EPOCH ((struct mono){ 1000000000 }) /* where sim time starts */

void run_fail(const struct run *r, const char *format, ...)
{
	va_list ap;

	fprintf(stderr, "%s:%d: at %.6f s: ", r->file, r->line, dur_seconds(mono_since(EPOCH, r->sim->now)));
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fprintf(stderr, " (seed %llu", (unsigned long long)r->sim->seed);
	for (unsigned i = 0; i < r->n_vars; i++)
		fprintf(stderr, ", %s=%s", r->var[i].name, r->var[i].value[r->var[i].now]);
	fprintf(stderr, ")\n");
	exit(1);
}

/* ---- words ---- */

static const char *value(const struct run *r, const char *key)
{
	size_t n = strlen(key);

	for (unsigned i = 1; i < r->n_words; i++) {
		if (strncmp(r->word[i], key, n) == 0 && r->word[i][n] == '=')
			return r->word[i] + n + 1;
		if (strcmp(r->word[i], key) == 0)
			return "";
	}
	return NULL;
}

static unsigned long number(const struct run *r, const char *key, unsigned long otherwise)
{
	const char *v = value(r, key);
	char *end;
	unsigned long x;

	if (!v)
		return otherwise;
	x = strtoul(v, &end, 0);
	if (end == v)
		run_fail(r, "%s needs a number, not \"%s\"", key, v);
	return x;
}

static bool is_on(const struct run *r, const char *key, bool otherwise)
{
	const char *v = value(r, key);

	return v ? strcmp(v, "off") != 0 : otherwise;
}

static struct dur duration(const struct run *r, const char *text)
{
	static const struct {
		const char *unit;
		double ns;
	} units[] = { { "us", 1e3 }, { "ms", 1e6 }, { "s", 1e9 }, { "min", 60e9 }, { "h", 3600e9 },
		{ "d", 86400e9 } };
	char *end;
	double x = strtod(text, &end);

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (end != text && strcmp(end, units[i].unit) == 0)
			return dur_ns((uint64_t)(x * units[i].ns));
	run_fail(r, "\"%s\" is no duration", text);
}

struct sim_node *run_node(const struct run *r, const char *name)
{
	struct sim_node *n = sim_find(r->sim, name);

	if (!n)
		run_fail(r, "no node \"%s\"", name);
	return n;
}

static struct sim_node *place(const struct run *r, const char *text, const char **ret_port)
{
	char name[64];
	const char *dot = strchr(text, '.');

	if (!dot || (size_t)(dot - text) >= sizeof(name))
		run_fail(r, "\"%s\" is not node.port", text);
	memcpy(name, text, (size_t)(dot - text));
	name[dot - text] = '\0';
	*ret_port = dot + 1;
	return run_node(r, name);
}

uint16_t run_port(const struct run *r, const char *text, struct sim_node **ret_node)
{
	const char *name;
	uint16_t port;

	*ret_node = place(r, text, &name);
	port = (*ret_node)->node ? node_find_label((*ret_node)->node, name) : NODE_NO_PORT;
	if (port == NODE_NO_PORT)
		run_fail(r, "no port \"%s\"", text);
	return port;
}

struct vsi_id run_vsi_id(unsigned long n)
{
	return (struct vsi_id){ .format = VSI_ID_UUID, /* every generation has those */
		.id = { [12] = (uint8_t)(n >> 24),
			[13] = (uint8_t)(n >> 16),
			[14] = (uint8_t)(n >> 8),
			[15] = (uint8_t)n } };
}

static struct mac mac_of_vsi(unsigned long n)
{
	return (struct mac){ { 0x02, 0, (uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8),
		(uint8_t)n } };
}

static struct mac mac_value(const struct run *r, const char *key, struct mac otherwise)
{
	const char *v = value(r, key);
	struct mac m;

	if (!v)
		return otherwise;
	if (strncmp(v, "vsi", 3) == 0)
		return mac_of_vsi(strtoul(v + 3, NULL, 0));
	if (strcmp(v, "broadcast") == 0)
		return (struct mac){ { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } };
	if (!mac_parse(v, &m))
		run_fail(r, "\"%s\" is no MAC address", v);
	return m;
}

/* ---- building ---- */

static void set_cdcp(const struct run *r, struct conf_port *p)
{
	const char *pool = value(r, "svids"); /* LO-HI */
	char *end;

	if (is_on(r, "cdcp", p->cdcp.is_enabled))
		sim_enable_cdcp(p);
	p->cdcp.chn_cap = (uint16_t)number(r, "max_channels", p->cdcp.chn_cap);
	p->cdcp.hold_s = (unsigned)number(r, "hold", p->cdcp.hold_s);
	p->svid = (uint16_t)number(r, "svid", p->svid);
	if (!pool)
		return;
	p->cdcp.svid_low = p->cdcp.svid_high = (uint16_t)strtoul(pool, &end, 10);
	if (*end == '-')
		p->cdcp.svid_high = (uint16_t)strtoul(end + 1, NULL, 10);
}

static enum evb_generation generation_value(const struct run *r, enum evb_generation otherwise)
{
	const char *v = value(r, "generation");

	for (int g = EVB_GENERATION_AUTO; v && g <= EVB_GENERATION_DRAFT; g++)
		if (strcmp(v, evb_generation_name((enum evb_generation)g)) == 0)
			return (enum evb_generation)g;
	if (v)
		run_fail(r, "generation=auto|ratified|draft02");
	return otherwise;
}

static void set_port(const struct run *r, struct conf_port *p)
{
	const char *relay = value(r, "relay");

	p->pvid = (uint16_t)number(r, "pvid", p->pvid);
	p->evb.retries = (uint8_t)number(r, "retries", p->evb.retries);
	p->evb.rte = (uint8_t)number(r, "rte", p->evb.rte);
	p->evb.rwd = (uint8_t)number(r, "rwd", p->evb.rwd);
	p->evb.rka = (uint8_t)number(r, "rka", p->evb.rka);
	p->evb.reflective_relay = is_on(r, "rr", p->evb.reflective_relay);
	p->evb.group_ids = is_on(r, "gid", p->evb.group_ids);
	p->evb.is_manual = is_on(r, "manual", p->evb.is_manual);
	p->evb.is_enabled = is_on(r, "evb", p->evb.is_enabled);
	p->generation = generation_value(r, p->generation);
	p->max_vsis = (uint32_t)number(r, "max_vsis", p->max_vsis);
	p->unassociated_vid = (uint16_t)number(r, "unassociated", p->unassociated_vid);
	p->strict_move = is_on(r, "strict_move", p->strict_move);
	p->bpdu_guard = is_on(r, "bpdu_guard", p->bpdu_guard);
	p->learning = is_on(r, "learning", p->learning);
	p->lldp.tx_interval_s = (unsigned)number(r, "tx_interval", p->lldp.tx_interval_s);
	set_cdcp(r, p);
	if (relay)
		p->relay = strcmp(relay, "veb") == 0    ? CONF_RELAY_VEB
			   : strcmp(relay, "none") == 0 ? CONF_RELAY_NONE
							: CONF_RELAY_VEPA;
	if (value(r, "host_vsi")) {
		p->host_vsi.is_set = true;
		p->host_vsi.subject.type_id = (uint32_t)number(r, "host_vsi", 1);
		p->host_vsi.vid = p->pvid;
	}
}

static void do_port(struct run *r)
{
	struct sim_node *n = run_node(r, r->word[1]);
	enum conf_role role = strcmp(r->word[3], "station") == 0  ? CONF_STATION
			      : strcmp(r->word[3], "bridge") == 0 ? CONF_BRIDGE
								  : CONF_ORDINARY;

	set_port(r, sim_add_port(n, r->word[2], role));
}

/* channel N PORT SCID ... : in the configuration from now on. A daemon that runs has it at once. */
static void do_channel(struct run *r)
{
	struct sim_node *n = run_node(r, r->word[1]);
	uint16_t scid = (uint16_t)strtoul(r->word[3], NULL, 10);
	struct conf_port *p = sim_find_channel(n, r->word[2], scid);

	if (!sim_find_channel(n, r->word[2], CONF_SCID_DEFAULT))
		run_fail(r, "no port \"%s\"", r->word[2]);
	if (p)
		run_fail(r, "%s has a channel %u already", r->word[2], scid);
	p = sim_add_channel(n, r->word[2], scid);
	set_port(r, p);
	if (value(r, "relay") && !value(r, "rr"))
		p->evb.reflective_relay = p->relay != CONF_RELAY_VEB;
	if (n->node)
		node_port_conf(n->node, node_find_channel(n->node, p->name, scid), p, sim_node_now(n));
}

static void do_drop_channel(struct run *r)
{
	struct sim_node *n = run_node(r, r->word[1]);
	uint16_t scid = (uint16_t)strtoul(r->word[3], NULL, 10);

	if (!sim_find_channel(n, r->word[2], scid))
		run_fail(r, "%s has no channel %u of its own", r->word[2], scid);
	sim_del_channel(n, r->word[2], scid);
}

static void do_conf(struct run *r)
{
	const char *label;
	struct sim_node *n = place(r, r->word[1], &label);
	uint16_t port = node_find_label(n->node, label);
	const struct node_port *np = node_port(n->node, port);
	struct conf_port *p = np ? sim_find_channel(n, np->name, np->scid) : NULL;

	if (!p)
		run_fail(r, "no port \"%s\"", label);
	set_port(r, p);
	node_port_conf(n->node, port, p, sim_node_now(n));
}

static void do_type(struct run *r)
{
	struct sim_node *n = run_node(r, r->word[1]);
	unsigned i = n->types.n_types;
	struct vtdb_type *t = &n->type[i];
	const char *vids = value(r, "vids"), *group = value(r, "group");
	char *end;

	*t = (struct vtdb_type){ .version_high = 255, .name = "t" };
	t->type_id = (uint32_t)number(r, "id", 1);
	t->default_vid = (uint16_t)number(r, "default", 0);
	t->has_pcp = value(r, "pcp") != NULL;
	t->pcp = (uint8_t)number(r, "pcp", 0);
	t->is_refused = value(r, "refuse") != NULL;
	t->refuse_error = (uint8_t)number(r, "refuse", 0);
	t->refuse_hard = is_on(r, "hard", false);
	if (vids) {
		n->range[i].low = n->range[i].high = (uint16_t)strtoul(vids, &end, 10);
		if (*end == '-')
			n->range[i].high = (uint16_t)strtoul(end + 1, NULL, 10);
		t->n_vids = 1;
		t->vids = &n->range[i];
	}
	if (group) { /* group=0x1234:100 */
		n->group[i].group_id = (uint32_t)strtoul(group, &end, 0);
		n->group[i].vid = (uint16_t)strtoul(*end ? end + 1 : end, NULL, 10);
		t->n_groups = 1;
		t->groups = &n->group[i];
	}
	n->types.n_types++;
	n->types.has_default_manager = true;
}

/* ---- doing ---- */

static enum vdp_op op_value(const struct run *r)
{
	const char *op = value(r, "op");

	return !op || strcmp(op, "assoc") == 0 ? VDP_ASSOC
	       : strcmp(op, "prerr") == 0      ? VDP_PREASSOC_RR
					       : VDP_PREASSOC;
}

static void do_associate(struct run *r)
{
	struct sim_node *n;
	uint16_t port = run_port(r, r->word[1], &n);
	unsigned long first = number(r, "vsi", 1), count = number(r, "count", 1);
	const char *vm = value(r, "vm");
	uint16_t vm_port = vm ? node_find_port(n->node, vm) : NODE_NO_PORT;
	bool has_mac = !value(r, "nomac"), has_group = value(r, "group") != NULL;

	for (unsigned long i = first; i < first + count; i++) {
		struct vdp_filter f = { .group_id = (uint32_t)number(r, "group", 0),
			.vid = (uint16_t)number(r, "vid", 0),
			.mac = mac_value(r, "mac", mac_of_vsi(i)) };
		struct vdp_request rq = { .op = op_value(r), .n_filters = 1, .filters = &f };
		enum vdp_submit result;

		rq.format = (uint8_t)(1 + (has_mac ? 1 : 0) + (has_group ? 2 : 0)); /* formats 1..4 */
		rq.subject.vsi = run_vsi_id(i);
		rq.subject.type_id = (uint32_t)number(r, "type", 1);
		rq.subject.type_version = (uint8_t)number(r, "version", 0);
		rq.subject.manager.id[15] = (uint8_t)number(r, "manager", 0);
		rq.is_migrating = is_on(r, "migrating", false);
		rq.is_suspended = is_on(r, "suspended", false);
		result = node_vsi_request(n->node, port, &rq, vm_port, sim_node_now(n));
		if (result != VDP_SUBMIT_OK && !value(r, "refused"))
			run_fail(r, "vsi %lu: %s", i, vdp_submit_text(result));
	}
	node_kick(n->node, port, sim_node_now(n));
}

static void do_deassociate(struct run *r)
{
	struct sim_node *n;
	uint16_t port = run_port(r, r->word[1], &n);
	unsigned long first = number(r, "vsi", 1), count = number(r, "count", 1);
	bool is_withdraw = strcmp(r->word[0], "withdraw") == 0;

	for (unsigned long i = first; i < first + count; i++) {
		struct vsi_id id = run_vsi_id(i);

		if (is_withdraw)
			(void)node_vsi_withdraw(
				n->node, port, &id, "withdrawn by the administrator", sim_node_now(n));
		else
			(void)node_vsi_deassociate(n->node, port, &id, sim_node_now(n));
	}
	node_kick(n->node, port, sim_node_now(n));
}

static enum sim_kind fault_kind(const struct run *r)
{
	static const char *const names[] = { "all", "acks", "requests", "lldp" };
	const char *only = value(r, "only");

	for (unsigned i = 0; only && i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(only, names[i]) == 0)
			return (enum sim_kind)i;
	if (only)
		run_fail(r, "only=acks|requests|lldp");
	return SIM_ALL;
}

static void do_fault(struct run *r)
{
	struct sim_node *n;
	uint16_t port = run_port(r, r->word[1], &n);
	struct sim_wire *w = &n->port[node_port(n->node, port)->device].wire;
	const char *jitter = value(r, "jitter");

	w->loss_percent = (unsigned)number(r, "loss", 0);
	w->dup_percent = (unsigned)number(r, "dup", 0);
	w->jitter = jitter ? duration(r, jitter) : dur_ns(0);
	w->is_cut = is_on(r, "cut", false);
	w->only = fault_kind(r);
}

static void do_send(struct run *r)
{
	const char *port;
	struct sim_node *n = place(r, r->word[1], &port);
	struct mac none = { { 0x02, 0xff } };
	struct mac src = mac_value(r, "src", none), dst = mac_value(r, "dst", none);
	uint8_t frame[1600];
	struct wr w = wr_init(frame, sizeof(frame));
	unsigned long vid = number(r, "vid", 0), len = number(r, "len", 60), count = number(r, "count", 1);

	wr_copy(&w, dst.b, 6);
	wr_copy(&w, src.b, 6);
	if (vid) {
		wr_u16(&w, 0x8100);
		wr_u16(&w, (uint16_t)vid);
	}
	if (value(r, "bpdu")) {
		wr_u16(&w, 38);
		wr_u24(&w, 0x424203);
	} else {
		wr_u16(&w, 0x88b5); /* local experimental EtherType */
	}
	wr_zero(&w, len > w.len ? len - w.len : 0);
	while (count-- > 0)
		sim_inject(n, port, wr_span(&w));
}

/* An LLDPDU of a system that is not there, with one EVB TLV, or one of each generation. */
static void do_hear(struct run *r)
{
	static const uint8_t ratified[] = { 0x00, 0x80, 0xc2, 0x0d, 0x02, 0x04, 0x68, 0x94, 0x14 };
	static const uint8_t draft[] = { 0x00, 0x1b, 0x3f, 0x00, 0xc0, 0x07, 0x40, 0x07, 0, 100, 0, 0, 15 };
	const char *port;
	struct sim_node *n = place(r, r->word[1], &port);
	struct mac da = MAC_NEAREST_CUSTOMER_BRIDGE, sa = { { 0x02, 0xfe } };
	uint8_t frame[100], id[7] = { LLDP_CHASSIS_MAC, 0x02, 0xfe };
	struct wr w = wr_init(frame, sizeof(frame));

	sa.b[5] = id[6] = (uint8_t)number(r, "system", 1);
	wr_copy(&w, da.b, 6);
	wr_copy(&w, sa.b, 6);
	wr_u16(&w, LLDP_ETHERTYPE);
	tlv_put(&w, 1, span_of(id, sizeof(id)));
	id[0] = LLDP_PORT_MAC;
	tlv_put(&w, 2, span_of(id, sizeof(id)));
	tlv_put(&w, 3, span_of((const uint8_t[]){ 0, 120 }, 2));
	if (value(r, "draft"))
		tlv_put(&w, TLV_ORG, span_of(draft, sizeof(draft)));
	if (value(r, "ratified"))
		tlv_put(&w, TLV_ORG, span_of(ratified, sizeof(ratified)));
	wr_u16(&w, TLV_END);
	for (unsigned long k = number(r, "count", 1); k > 0; k--)
		sim_inject(n, port, wr_span(&w));
}

static void do_expect(struct run *r)
{
	bool is_never = strcmp(r->word[0], "never") == 0;
	unsigned n = r->n_words - 1;
	struct mono until = r->sim->now;

	if (n >= 2 && (strcmp(r->word[n - 1], "within") == 0 || strcmp(r->word[n - 1], "for") == 0)) {
		until = mono_add(until, duration(r, r->word[n]));
		n -= 2;
	}
	for (;;) {
		bool is_true = run_holds(r, r->word + 1, n);

		if (is_true && is_never)
			run_fail(r, "holds, and must not");
		if (is_true)
			return;
		if (!mono_before(r->sim->now, until))
			break;
		(void)sim_step(r->sim, until);
	}
	if (!is_never)
		run_fail(r, "does not hold in time");
}

static void do_node_state(struct run *r)
{
	struct sim_node *n;

	if (r->n_words == 1) {
		for (unsigned i = 0; i < r->sim->n_nodes; i++)
			sim_start(&r->sim->node[i]);
		return;
	}
	n = run_node(r, r->word[1]);
	if (strcmp(r->word[0], "start") == 0) {
		n->is_same_seed = value(r, "again") != NULL;
		sim_start(n);
	} else
		sim_stop(n, strcmp(r->word[0], "stop") == 0);
}

static void do_wire(struct run *r)
{
	const char *pa, *pb, *latency = value(r, "latency");
	struct sim_node *a = place(r, r->word[1], &pa), *b = place(r, r->word[2], &pb);

	sim_wire(a, pa, b, pb, latency ? duration(r, latency) : dur_us(50));
}

static void do_link(struct run *r)
{
	const char *port;
	struct sim_node *n = place(r, r->word[1], &port);

	sim_link(n, port, strcmp(r->word[2], "up") == 0);
}

static void do_vm_gone(struct run *r)
{
	struct sim_node *n;
	uint16_t port = run_port(r, r->word[1], &n);

	node_port_del(n->node, port, sim_node_now(n));
}

/* ---- the language ---- */

static void do_for(struct run *r)
{
	if (r->is_first)
		run_add_var(r);
}

static void do_add_node(struct run *r)
{
	sim_add_node(r->sim, r->word[1]);
}
static void do_vm(struct run *r)
{
	sim_add_vm(run_node(r, r->word[1]), r->word[2], r->word[3]);
}
static void do_forget_types(struct run *r)
{
	run_node(r, r->word[1])->types.n_types = 0;
}
static void do_durable(struct run *r)
{
	run_node(r, r->word[1])->is_durable = true;
}
static void do_vtdb(struct run *r)
{
	run_node(r, r->word[1])->vtdb_delay = duration(r, r->word[2]);
}
static void do_clock(struct run *r)
{
	run_node(r, r->word[1])->drift_ppm = number(r, "fast_ppm", 0);
}
static void do_at(struct run *r)
{
	sim_run(r->sim, mono_add(EPOCH, duration(r, r->word[1])));
}
static void do_run(struct run *r)
{
	sim_run(r->sim, mono_add(r->sim->now, duration(r, r->word[1])));
}

static const struct {
	const char *name;
	unsigned words; /* at least, the command included */
	void (*run)(struct run *r);
} commands[] = {
	{ "for", 3, do_for },
	{ "node", 2, do_add_node },
	{ "port", 4, do_port },
	{ "channel", 4, do_channel },
	{ "drop_channel", 4, do_drop_channel },
	{ "vm", 4, do_vm },
	{ "vm_gone", 2, do_vm_gone },
	{ "type", 2, do_type },
	{ "forget_types", 2, do_forget_types },
	{ "durable", 2, do_durable },
	{ "vtdb", 3, do_vtdb },
	{ "start", 1, do_node_state },
	{ "stop", 2, do_node_state },
	{ "kill", 2, do_node_state },
	{ "wire", 3, do_wire },
	{ "link", 3, do_link },
	{ "clock", 3, do_clock },
	{ "conf", 2, do_conf },
	{ "at", 2, do_at },
	{ "run", 2, do_run },
	{ "associate", 2, do_associate },
	{ "deassociate", 2, do_deassociate },
	{ "withdraw", 2, do_deassociate },
	{ "fault", 2, do_fault },
	{ "hear", 3, do_hear },
	{ "send", 2, do_send },
	{ "expect", 2, do_expect },
	{ "never", 2, do_expect },
};

static void do_line(struct run *r)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(commands[i].name, r->word[0]) != 0)
			continue;
		if (r->n_words < commands[i].words)
			run_fail(r, "%s: too few words", r->word[0]);
		commands[i].run(r);
		return;
	}
	run_fail(r, "unknown command \"%s\"", r->word[0]);
}

static void check_end(struct run *r)
{
	struct mono until = mono_add(r->sim->now, dur_s(30));
	const struct node_port *p;
	const char *node;

	while ((p = sim_unsettled(r->sim, &node)) && sim_step(r->sim, until))
		;
	if (p)
		run_fail(r, "%s.%s does not become quiet and agree with its peer", node, p->label);
}

struct options {
	uint64_t seed;
	bool is_verbose;
	const char *folder; /* for captures; NULL: none */
};

/* "# judge: ECP-02 VDPB-08": what the wire's faults make look like faults of the ends, in a capture at either of them. */
static void read_allowed(FILE *f, char allowed[RUN_LINE])
{
	static const char mark[] = "# judge: ";
	char line[RUN_LINE];

	allowed[0] = '\0';
	rewind(f);
	while (fgets(line, sizeof(line), f))
		if (strncmp(line, mark, sizeof(mark) - 1) == 0)
			snprintf(allowed, RUN_LINE, "%.*s", (int)strcspn(line + sizeof(mark) - 1, "\n"),
				line + sizeof(mark) - 1);
}

static void play(struct run *r, FILE *f, const struct options *o)
{
	char line[RUN_LINE], allowed[RUN_LINE];
	struct sim_judge *judge;
	unsigned n_fails;

	read_allowed(f, allowed);
	r->sim = sim_new(o->seed);
	r->sim->is_verbose = o->is_verbose;
	judge = sim_judge_new(r->sim, o->folder, allowed);
	r->line = 0;
	rewind(f);
	while (fgets(line, sizeof(line), f)) {
		r->line++;
		run_split(r, line);
		if (r->n_words > 0)
			do_line(r);
	}
	check_end(r);
	n_fails = sim_judge_free(judge);
	if (n_fails > 0)
		run_fail(r, "the judge of captures has %u complaints", n_fails);
	sim_free(r->sim);
	r->is_first = false;
}

int main(int argc, char **argv)
{
	static struct run r = { .is_first = true };
	const char *seed = getenv("EVBD_SEED");
	struct options o = { seed ? strtoull(seed, NULL, 0) : 1, false, NULL };
	FILE *f = argc > 1 ? fopen(argv[1], "r") : NULL;

	for (int i = 2; i < argc; i++) {
		o.is_verbose |= strcmp(argv[i], "-v") == 0;
		if (strcmp(argv[i], "-w") == 0 && i + 1 < argc)
			o.folder = argv[++i];
	}
	if (!f) {
		fprintf(stderr, "usage: evb_scenario FILE [-v] [-w FOLDER]    (EVBD_SEED sets the seed)\n");
		return 2;
	}
	r.file = argv[1];
	do
		play(&r, f, &o);
	while (run_next_values(&r));
	fclose(f);
	return 0;
}
