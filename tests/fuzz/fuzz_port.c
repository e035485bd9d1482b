/*
 * fuzz_port.c - a bridge and a station, whole cores with all their machines, on a wire that somebody else can write to:
 * frames into any port at any time, requests, link flaps, a slow type database, hours of virtual time.
 *
 * The input is a list of records: operation octet, argument octet, length (16 bits), octets. The operation's low three
 * bits say where (enum place), the next three how much of a frame the fuzzer gets for nothing (enum template), so that
 * it need not guess addresses and sequence numbers to reach VDP.
 *
 * Laws after every record: tables keep their limits; a deadline that has come was served, and serving it moves it; time
 * moves on; nothing is allocated that is not freed (LeakSanitizer); ports that go leave nothing in the relay.
 *
 * The two cores are made once, their ports for every input: that is a hundred times faster.
 */
#include <string.h>

#include "fuzz.h"
#include "port_input.h"
#include "sim.h"

enum {
	MAX_VSIS = 16,
	MAX_FDB = 64,
	MAX_NEIGHBOURS = 3,
	RECORDS_MAX = 256,
	STEPS_PER_RECORD = 4000,
	STEPS_AT_ONE_TIME = 500, /* more without a tick of the clock is a machine that spins */
};

struct world {
	struct sim *sim;
	struct sim_node *station, *bridge;
	uint16_t seq;
	bool is_draft; /* the templates are those of draft 0.2 */
};

static struct sim_node *node_at(struct world *w, enum port_place place)
{
	return place == AT_UPLINK || place == AT_VM1 || place == AT_VM2 ? w->station : w->bridge;
}

static const char *port_at(enum port_place place)
{
	static const char *const names[] = { "eth0", "swp1", "swp2", "swp3", "vm1", "vm2" };

	return names[place];
}

static void limit(struct conf_port *p)
{
	p->max_vsis = MAX_VSIS;
	p->lldp.max_neighbours = MAX_NEIGHBOURS;
	p->lldp_agents = p->role == CONF_ORDINARY ? 0 : CONF_AGENT_NCB | CONF_AGENT_NTPMR;
}

static void types(struct sim_node *n)
{
	n->type[0] = (struct vtdb_type){ .manager = { { [15] = 1 } },
		.type_id = 5,
		.version_high = 255,
		.default_vid = 100,
		.echo_org = true };
	n->types.n_types = 1;
	n->types.has_default_manager = true;
	n->types.default_manager = n->type[0].manager;
}

/* The generation of the ports that speak EVB, at the next start or now. */
static void speak(struct world *w, enum evb_generation g, bool now)
{
	struct sim_node *nodes[] = { w->station, w->bridge };

	w->is_draft = g == EVB_GENERATION_DRAFT;
	for (unsigned k = 0; k < 2; k++)
		for (uint16_t i = 0; i < nodes[k]->conf.n_ports; i++) {
			struct conf_port *p = &nodes[k]->ports[i];
			uint16_t port = now ? node_find_port(nodes[k]->node, p->name) : NODE_NO_PORT;

			p->generation = p->role == CONF_ORDINARY ? EVB_GENERATION_AUTO : g;
			if (port != NODE_NO_PORT)
				node_port_conf(nodes[k]->node, port, p, sim_node_now(nodes[k]));
		}
}

static struct world world_new(void)
{
	struct world w = { .sim = sim_new(1) };

	w.station = sim_add_node(w.sim, "host");
	w.bridge = sim_add_node(w.sim, "switch");
	w.station->conf.max_fdb = w.bridge->conf.max_fdb = MAX_FDB;
	w.station->conf.max_ended = w.bridge->conf.max_ended = 8;
	limit(sim_add_port(w.station, "eth0", CONF_STATION));
	limit(sim_add_port(w.bridge, "swp1", CONF_BRIDGE));
	limit(sim_add_port(w.bridge, "swp2", CONF_BRIDGE));
	limit(sim_add_port(w.bridge, "swp3", CONF_ORDINARY));
	w.bridge->ports[2].storm_pps = 100;
	sim_add_vm(w.station, "vm1", "eth0");
	sim_add_vm(w.station, "vm2", "eth0");
	types(w.bridge);
	sim_start(w.station);
	sim_start(w.bridge);
	sim_wire(w.station, "eth0", w.bridge, "swp1", dur_us(1));
	return w;
}

static void world_renew(struct world *w)
{
	struct sim_node *nodes[] = { w->station, w->bridge };

	sim_drop_frames(w->sim);
	w->seq = 0x100;
	speak(w, EVB_GENERATION_AUTO, false);
	w->bridge->vtdb_delay = dur_ns(0);
	for (unsigned k = 0; k < 2; k++) {
		sim_del_ports(nodes[k]);
		FUZZ_LAW(relay_fdb_count(node_relay(nodes[k]->node)) == 0);
		sim_renew(nodes[k]);
	}
}

/* ---- laws ---- */

static void check_port(const struct sim_node *n, uint16_t i)
{
	const struct node_port *p = node_port(n->node, i);

	if (p == NULL)
		return;
	for (unsigned a = 0; a < NODE_AGENTS; a++)
		FUZZ_LAW(!p->agent[a].in_use || p->agent[a].lldp->rx.n <= MAX_NEIGHBOURS);
	if (p->vdp == NULL)
		return;
	FUZZ_LAW(vdp_table_count(p->vdp) <= MAX_VSIS);
	FUZZ_LAW(ecp_rx_queued(&p->ecp_rx) <= p->ecp_rx.cfg.queue_len);
	for (uint32_t v = vdp_table_next(p->vdp, 0); v != UINT32_MAX; v = vdp_table_next(p->vdp, v + 1)) {
		const struct vdp_vsi *vsi = vdp_table_get(p->vdp, v);

		FUZZ_LAW(vsi->n_filters <= VDP_FILTERS_MAX);
		FUZZ_LAW(memchr(vsi->reason, 0, sizeof(vsi->reason)) != NULL);
		FUZZ_LAW(vdp_table_find(p->vdp, &vsi->subject.vsi) == v);
	}
}

static void check(const struct world *w)
{
	const struct sim_node *nodes[] = { w->station, w->bridge };

	for (unsigned k = 0; k < 2; k++) {
		FUZZ_LAW(node_n_ended(nodes[k]->node) <= 8);
		for (uint16_t i = 0; i < node_n_ports(nodes[k]->node); i++)
			check_port(nodes[k], i);
	}
	FUZZ_LAW(w->sim->n_frames < 4096);
}

static void run_until(struct world *w, struct mono until)
{
	unsigned n_at_once = 0;

	for (unsigned i = 0; i < STEPS_PER_RECORD; i++) {
		struct mono before = w->sim->now;

		if (!sim_step(w->sim, until))
			return;
		n_at_once = w->sim->now.ns == before.ns ? n_at_once + 1 : 0;
		FUZZ_LAW(n_at_once < STEPS_AT_ONE_TIME);
	}
}

/* ---- inputs ---- */

static void request(struct world *w, uint8_t arg)
{
	struct vdp_filter f = { .mac = { { 0x52, 0x54, 0, 0, 0, arg & 7 } }, .vid = arg & 8 ? 0 : 100 };
	struct vdp_request rq = { .op = (enum vdp_op)(1 + (arg >> 4) % 3),
		.subject = { .vsi = { VSI_ID_UUID, { [15] = arg & 7 } },
			.manager = { { [15] = 1 } },
			.type_id = 5 },
		.format = VDP_FILTER_MAC_VID,
		.n_filters = 1,
		.filters = &f };
	uint16_t uplink = node_find_port(w->station->node, "eth0");
	uint16_t vm = arg & 0x80 ? NODE_NO_PORT : node_find_port(w->station->node, arg & 1 ? "vm1" : "vm2");

	(void)node_vsi_request(w->station->node, uplink, &rq, vm, sim_node_now(w->station));
	node_kick(w->station->node, uplink, sim_node_now(w->station));
}

static void act(struct world *w, uint8_t arg, enum port_template which)
{
	struct vsi_id id = { VSI_ID_UUID, { [15] = arg & 7 } };
	uint16_t uplink = node_find_port(w->station->node, "eth0");
	uint16_t sbp = node_find_port(w->bridge->node, "swp1");
	enum port_place place = (enum port_place)(arg % N_PLACES);

	switch ((enum port_action)which) {
	case ACT_REQUEST:
		request(w, arg);
		break;
	case ACT_DEASSOCIATE:
		(void)node_vsi_deassociate(w->station->node, uplink, &id, sim_node_now(w->station));
		node_kick(w->station->node, uplink, sim_node_now(w->station));
		break;
	case ACT_WITHDRAW:
		(void)node_vsi_withdraw(w->bridge->node, sbp, &id, "fuzzed", sim_node_now(w->bridge));
		node_kick(w->bridge->node, sbp, sim_node_now(w->bridge));
		break;
	case ACT_LINK:
		sim_link(node_at(w, place), port_at(place), arg & 0x80);
		break;
	case ACT_SLOW:
		w->bridge->vtdb_delay = dur_ms(arg * 20u);
		break;
	case ACT_RESTART:
		sim_renew(arg & 1 ? w->station : w->bridge);
		break;
	case ACT_GENERATION:
		speak(w, (enum evb_generation)(arg % 3), true);
		break;
	default:
		break;
	}
}

static void inject(struct world *w, enum port_place place, enum port_template which, struct span octets)
{
	uint8_t frame[PORT_FRAME_MAX];
	struct sim_node *n = node_at(w, place);
	size_t len = (w->is_draft ? port_draft_frame : port_frame)(which, &w->seq, octets, frame);
	uint8_t *exact = malloc(len > 0 ? len : 1);

	FUZZ_LAW(exact != NULL);
	memcpy(exact, frame, len);
	sim_inject(n, port_at(place), span_of(exact, len));
	free(exact);
}

static void play(struct world *w, struct rd *in)
{
	for (unsigned n = 0; in->left >= PORT_RECORD_HEAD && n < RECORDS_MAX; n++) {
		uint8_t op = rd_u8(in), arg = rd_u8(in);
		size_t len = rd_u16(in) % PORT_OCTETS_MAX;
		struct span octets = rd_span(in, len < in->left ? len : in->left);
		enum port_place place = (enum port_place)(op & 7);
		enum port_template which = (enum port_template)(op >> 3 & 7);

		if (place == AT_TIME)
			run_until(w, mono_add(w->sim->now, dur_us((uint64_t)1 << arg % 34)));
		else if (place == AT_ACTION)
			act(w, arg, which);
		else
			inject(w, place, which, octets);
		run_until(w, w->sim->now);
		check(w);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct world w; /* reachable: no leak */
	struct rd in = rd_init(span_of(data, size));

	if (w.sim == NULL)
		w = world_new();
	world_renew(&w);
	play(&w, &in);
	return 0;
}
