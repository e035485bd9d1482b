/*
 * random.c - evb_random [SEED [EPISODES]]: worlds nobody thought of.
 *
 * An episode is one bridge with a station on each of one or two ports, random timers, and minutes of virtual time in
 * which users ask and take back, the bridge's administrator withdraws, frames are lost, doubled, delayed and damaged,
 * links flap, daemons die and come back with or without their VSIs, and the type database dawdles. In some there are
 * S-channels, which come and go at the stations, more perhaps than the bridge has SVIDs for. Then all faults end: within a
 * bounded time every port must be quiet and agree with its peer, also on channels, and after everything is de-associated
 * nothing may be left. At all times a VSI is active on one port of the bridge at most, an S-tag means the same at both ends of
 * a wire, and the world never spins without time passing.
 *
 * The same seed is the same run; the first episode is played twice to prove it. A failure prints its seed.
 */
#include <stdio.h>
#include <stdlib.h>

#include "sim.h"

enum {
	OWN_VSIS = 12,
	SHARED_VSIS = 3,
	STATIONS = 2,
	CHANNELS = 4, /* SCIDs 1..4; a VSI has its channel for good */
	SPIN_MAX = 20000,
	SETTLE_S = 240
};

struct world {
	struct sim *s;
	struct sim_node *br, *st[STATIONS];
	unsigned n_stations;
	bool has_channels;
	struct prng rng; /* of the plan; frames in flight draw from the world's own */
	uint64_t digest;
	unsigned spins; /* steps since time last moved */
};

static const char *const bridge_port[STATIONS] = { "swp1", "swp2" };

static void fail(const struct world *w, const char *what, const char *where)
{
	fprintf(stderr, "evb_random: seed %llu: at %.6f s: %s%s%s\n", (unsigned long long)w->s->seed,
		dur_seconds(mono_since(MONO_ZERO, w->s->now)), what, where ? ": " : "", where ? where : "");
	exit(1);
}

static unsigned below(struct world *w, unsigned n)
{
	return (unsigned)prng_below(&w->rng, n);
}

/* ---- building ---- */

static void set_port(struct world *w, struct conf_port *p)
{
	p->max_vsis = 48;
	p->evb.rte = (uint8_t)(4 + below(w, 11));
	p->evb.rwd = (uint8_t)(16 + below(w, 5));
	p->evb.rka = (uint8_t)(16 + below(w, 5));
	p->evb.retries = (uint8_t)below(w, 8);
	p->evb.reflective_relay = below(w, 4) > 0;
	p->generation = (enum evb_generation)below(w, 3);
}

/* How CDCP is in this episode; sometimes one side has none. */
static void set_cdcp(struct world *w, struct conf_port *p)
{
	if (!w->has_channels || below(w, 8) == 0)
		return;
	sim_enable_cdcp(p);
	p->lldp.tx_interval_s = 5 + below(w, 26);
	p->cdcp.hold_s = below(w, 6);
	p->cdcp.chn_cap = (uint16_t)(below(w, 3) ? 64 : 1 + below(w, CHANNELS));
	p->cdcp.svid_low = 100;
	p->cdcp.svid_high = (uint16_t)(below(w, 3) ? 4094 : 101);
}

static void add_type(struct sim_node *n, uint8_t manager, uint32_t id, uint8_t refuse, bool is_hard)
{
	struct vtdb_type *t = &n->type[n->types.n_types];
	struct vtdb_vid_range *r = &n->range[n->types.n_types++];

	*r = (struct vtdb_vid_range){ 100, 200 };
	*t = (struct vtdb_type){ .manager.id[15] = manager,
		.type_id = id,
		.version_high = 255,
		.name = "t",
		.default_vid = 100,
		.n_vids = 1,
		.vids = r,
		.is_refused = refuse != 0,
		.refuse_error = refuse,
		.refuse_hard = is_hard };
}

static struct world build(uint64_t seed)
{
	struct world w = { .s = sim_new(seed), .rng = { seed ^ 0x5eed } };
	char name[16];

	w.n_stations = 1 + below(&w, STATIONS);
	w.has_channels = below(&w, 2) > 0;
	w.br = sim_add_node(w.s, "br");
	w.br->types.has_default_manager = true; /* the zero one */
	add_type(w.br, 0, 1, 0, false);
	add_type(w.br, 0, 2, VDP_E_RESOURCES, false);
	add_type(w.br, 0, 3, VDP_E_OTHER, true);
	add_type(w.br, 1, 1, 0, false);
	for (unsigned i = 0; i < w.n_stations && i < STATIONS; i++) {
		snprintf(name, sizeof(name), "st%u", i);
		set_port(&w, sim_add_port(w.br, bridge_port[i], CONF_BRIDGE));
		set_cdcp(&w, &w.br->ports[i]);
		w.st[i] = sim_add_node(w.s, name);
		set_port(&w, sim_add_port(w.st[i], "eth0", CONF_STATION));
		set_cdcp(&w, &w.st[i]->ports[0]);
		sim_add_vm(w.st[i], "vnet1", "eth0");
	}
	w.br->is_durable = below(&w, 2) > 0;
	sim_start(w.br);
	for (unsigned i = 0; i < w.n_stations && i < STATIONS; i++) {
		w.st[i]->is_durable = below(&w, 2) > 0;
		sim_start(w.st[i]);
		sim_wire(w.st[i], "eth0", w.br, bridge_port[i], dur_us(10 + below(&w, 5000)));
	}
	return w;
}

/* ---- what users do ---- */

static struct vsi_id id_of(unsigned k)
{
	return (struct vsi_id){ .format = VSI_ID_UUID, .id = { [15] = (uint8_t)k } };
}

/* VSIs 0..2 move between the stations, the others are a station's own. */
static unsigned any_vsi(struct world *w, unsigned station)
{
	unsigned k = below(w, SHARED_VSIS + OWN_VSIS);

	return k < SHARED_VSIS ? k : k + station * OWN_VSIS;
}

static uint16_t scid_of(const struct world *w, unsigned k)
{
	return w->has_channels ? (uint16_t)(1 + k % CHANNELS) : NODE_CHANNEL_DEFAULT;
}

/* The port of the VSI's channel, NODE_NO_PORT if there is none. */
static uint16_t port_of(const struct world *w, const struct sim_node *n, const char *device, unsigned k)
{
	return n->node ? node_find_channel(n->node, device, scid_of(w, k)) : NODE_NO_PORT;
}

static void associate(struct world *w, unsigned i)
{
	static const uint16_t vids[] = { 0, 0, 100, 110, 150, 220 }; /* the last is refused */
	struct sim_node *n = w->st[i];
	unsigned k = any_vsi(w, i);
	uint16_t port = port_of(w, n, "eth0", k);
	struct vdp_filter filter[2] = {
		{ .mac = { { 2, 0, 0, 0, 0, (uint8_t)k } }, .vid = vids[below(w, 6)] },
		{ .mac = { { 2, 0, 0, 0, 1, (uint8_t)k } }, .vid = (uint16_t)(100 + below(w, 105)) },
	};
	struct vdp_request rq = { .op = (enum vdp_op)(VDP_PREASSOC + below(w, 3)),
		.format = VDP_FILTER_MAC_VID,
		.n_filters = (uint16_t)(1 + below(w, 2)),
		.filters = filter,
		.is_migrating = below(w, 2) > 0,
		.is_suspended = below(w, 8) == 0 };

	if (port == NODE_NO_PORT)
		return;
	rq.subject.vsi = id_of(k);
	rq.subject.type_id = below(w, 4) > 0 ? 1 : 2 + below(w, 2);
	rq.subject.manager.id[15] = (uint8_t)below(w, 2);
	(void)node_vsi_request(n->node, port, &rq, NODE_NO_PORT, sim_node_now(n));
	node_kick(n->node, port, sim_node_now(n));
}

static void deassociate(const struct world *w, struct sim_node *n, unsigned k)
{
	struct vsi_id id = id_of(k);
	uint16_t port = port_of(w, n, "eth0", k);

	if (port == NODE_NO_PORT)
		return;
	(void)node_vsi_deassociate(n->node, port, &id, sim_node_now(n));
	node_kick(n->node, port, sim_node_now(n));
}

static void withdraw(struct world *w, unsigned i)
{
	unsigned k = any_vsi(w, i);
	struct vsi_id id = id_of(k);
	uint16_t port = port_of(w, w->br, bridge_port[i], k);

	if (port == NODE_NO_PORT)
		return;
	(void)node_vsi_withdraw(w->br->node, port, &id, "test", sim_node_now(w->br));
	node_kick(w->br->node, port, sim_node_now(w->br));
}

static void reconfigure(struct sim_node *n, const struct conf_port *conf)
{
	uint16_t port = n->node ? node_find_channel(n->node, conf->name, conf->scid) : NODE_NO_PORT;

	if (port != NODE_NO_PORT)
		node_port_conf(n->node, port, conf, sim_node_now(n));
}

/* A channel comes into a configuration or goes from it, or has other settings. */
static void change_channel(struct world *w, struct sim_node *n, const char *device)
{
	uint16_t scid = (uint16_t)(2 + below(w, CHANNELS - 1));
	struct conf_port *p = sim_find_channel(n, device, scid);

	if (!p) {
		(void)sim_add_channel(n, device, scid);
	} else if (below(w, 3) > 0) {
		sim_del_channel(n, device, scid);
	} else {
		set_port(w, p);
		reconfigure(n, p);
	}
}

/* ---- what goes wrong ---- */

static void spoil(struct world *w, struct sim_wire *wire)
{
	static const unsigned loss[] = { 0, 0, 0, 5, 30, 100 };

	wire->loss_percent = loss[below(w, 6)];
	wire->dup_percent = below(w, 3) * 20;
	wire->jitter = dur_us(below(w, 4) * 3000);
	wire->only = (enum sim_kind)below(w, 4);
}

static void damage_draft(struct world *w, struct sim_node *n, const char *port)
{
	static const uint8_t tlv[] = { 0xfe, 38, 0, 0x1b, 0x3f, 2 };
	uint8_t f[120] = { 0x01, 0x80, 0xc2, 0, 0, 0x0e, 0x02, 0xee, 0, 0, 0, (uint8_t)below(w, 8), 0x88,
		0xb7, 0, 0x1b, 0x3f, 0, 0, 0, (uint8_t)below(w, 3), 1 };

	for (unsigned i = 22; i < sizeof(f); i++)
		f[i] = (uint8_t)prng_next(&w->rng);
	if (below(w, 2)) { /* the head of a VSI TLV, then noise */
		memcpy(f + 23, tlv, sizeof(tlv));
		f[29] = (uint8_t)below(w, 5);
		f[30] = (uint8_t)below(w, 8);
		f[52] = 2;
		f[53] = 0;
		f[54] = (uint8_t)below(w, 3);
	}
	sim_inject(n, port, span_of(f, 14 + below(w, sizeof(f) - 14)));
}

static void damage(struct world *w, struct sim_node *n, const char *port)
{
	uint8_t f[120] = { 0x01, 0x80, 0xc2, 0, 0, 0, 0x02, 0xee, 0, 0, 0, (uint8_t)below(w, 8), 0x89, 0x40,
		(uint8_t)(0x10 + below(w, 8)), 1 };

	if (!n->node)
		return;
	if (below(w, 3) == 0) {
		damage_draft(w, n, port);
		return;
	}
	if (below(w, 3) == 0) {
		f[12] = 0x88;
		f[13] = 0xcc;
	}
	for (unsigned i = 16; i < sizeof(f); i++)
		f[i] = (uint8_t)prng_next(&w->rng);
	if (below(w, 2)) { /* a manager TLV, then noise */
		f[18] = 0x0a;
		f[19] = 0x10;
		f[36] = (uint8_t)(2 + 2 * below(w, 4));
		f[37] = (uint8_t)below(w, 60);
	}
	sim_inject(n, port, span_of(f, 14 + below(w, sizeof(f) - 14)));
}

static void restart(struct world *w, struct sim_node *n)
{
	if (!n->node) {
		n->is_same_seed = below(w, 4) == 0;
		sim_start(n);
	} else {
		sim_stop(n, below(w, 2) > 0);
	}
}

/* What is broken is soon mended, so that there is something to break. */
static void mend(struct world *w)
{
	for (unsigned i = 0; i < w->s->n_nodes; i++) {
		struct sim_node *n = &w->s->node[i];

		if (!n->node && below(w, 4) == 0)
			restart(w, n);
		for (unsigned p = 0; n->node && p < n->conf.n_ports; p++) {
			if (n->ports[p].scid != CONF_SCID_DEFAULT)
				continue;
			if (n->port[p].is_down && below(w, 4) == 0)
				sim_link(n, n->ports[p].name, true);
			if (below(w, 20) == 0)
				n->port[p].wire.loss_percent = 0;
		}
	}
}

static void something(struct world *w)
{
	static const struct dur delays[] = { { 0 }, { 1000000 }, { 400000000 }, { 4000000000 } };
	unsigned i = below(w, w->n_stations), what = below(w, w->has_channels ? 46 : 40);
	struct sim_node *n = below(w, 2) ? w->br : w->st[i];
	uint16_t port = n == w->br ? (uint16_t)i : 0;
	const char *name = n->ports[port].name;

	if (what < 18) {
		associate(w, i);
	} else if (what < 24) {
		deassociate(w, w->st[i], any_vsi(w, i));
	} else if (what < 26) {
		withdraw(w, i);
	} else if (what < 30) {
		spoil(w, &n->port[port].wire);
	} else if (what < 33) {
		damage(w, n, name);
	} else if (what < 35) {
		if (n->node)
			sim_link(n, name, n->port[port].is_down);
	} else if (what < 37) {
		restart(w, n);
	} else if (what < 38) {
		w->br->vtdb_delay = delays[below(w, 4)];
	} else if (what >= 40) {
		change_channel(w, what < 44 ? w->st[i] : w->br, what < 44 ? "eth0" : bridge_port[i]);
	} else {
		set_port(w, &n->ports[port]);
		if (n->node)
			node_port_conf(n->node, port, &n->ports[port], sim_node_now(n));
	}
}

/* ---- what must hold ---- */

static void check_one_port(const struct world *w)
{
	for (unsigned k = 0; w->n_stations == 2 && w->br->node && k < SHARED_VSIS; k++) {
		struct vsi_id id = id_of(k);
		unsigned active = 0;

		for (uint16_t p = 0; p < node_n_ports(w->br->node); p++) {
			const struct vdp_table *t = node_port(w->br->node, p) ? node_port(w->br->node, p)->vdp
									      : NULL;
			uint32_t i = t ? vdp_table_find(t, &id) : UINT32_MAX;

			active += i != UINT32_MAX && vdp_table_get(t, i)->state == VDP_STATE_ASSOC;
		}
		if (active > 1)
			fail(w, "a VSI is active on two ports of the bridge", NULL);
	}
}

/* A frame that leaves in an S-tag arrives in the channel it left, or nowhere. The ends may learn of a change one after the
 * other, but an SVID is given to another channel only when the station has let go of it. */
static void check_tags(const struct world *w)
{
	for (unsigned i = 0; w->has_channels && w->br->node && i < w->n_stations; i++) {
		const struct node_port *br = node_port(w->br->node, (uint16_t)i), *st;

		if (!w->st[i]->node || !br->channels)
			continue;
		st = node_port(w->st[i]->node, 0);
		for (uint16_t scid = 2; st->channels && scid <= CHANNELS; scid++) {
			const struct node_port *a = node_port(w->st[i]->node, st->channels->by_scid[scid]);
			const struct node_port *b = a && a->svid ? node_port(w->br->node,
									   br->channels->by_svid[a->svid])
								 : NULL;

			if (b && b->scid != scid)
				fail(w, "an S-tag means one channel here and another there", a->label);
		}
	}
}

static void run_until(struct world *w, struct mono until)
{
	struct mono was = w->s->now;

	while (sim_step(w->s, until)) {
		w->spins = mono_before(was, w->s->now) ? 0 : w->spins + 1;
		was = w->s->now;
		if (w->spins > SPIN_MAX)
			fail(w, "steps without end and without time passing", NULL);
		check_one_port(w);
		check_tags(w);
	}
	w->digest = (w->digest ^ w->s->frame_number) * 0x100000001b3u + w->s->now.ns;
}

static void settle(struct world *w, const char *what)
{
	struct mono until = mono_add(w->s->now, dur_s(SETTLE_S));
	const struct node_port *p;
	char where[64];
	const char *node;

	while ((p = sim_unsettled(w->s, &node)) && mono_before(w->s->now, until))
		run_until(w, mono_min(until, mono_add(w->s->now, dur_ms(100))));
	if (!p)
		return;
	snprintf(where, sizeof(where), "%s.%s", node, p->label);
	fail(w, what, where);
}

/* Both ends of a wire so that they can understand each other. */
static void agree_on_generation(struct world *w)
{
	static const enum evb_generation ends[][2] = { /* bridge, station */
		{ EVB_GENERATION_AUTO, EVB_GENERATION_AUTO }, { EVB_GENERATION_DRAFT, EVB_GENERATION_DRAFT },
		{ EVB_GENERATION_DRAFT, EVB_GENERATION_AUTO }, { EVB_GENERATION_AUTO, EVB_GENERATION_DRAFT },
		{ EVB_GENERATION_AUTO, EVB_GENERATION_RATIFIED }
	};
	unsigned how = below(w, sizeof(ends) / sizeof(ends[0]));

	for (unsigned i = 0; i < w->s->n_nodes; i++) {
		struct sim_node *n = &w->s->node[i];

		for (unsigned p = 0; p < n->conf.n_ports; p++) {
			n->ports[p].generation = ends[how][n == w->br ? 0 : 1];
			reconfigure(n, &n->ports[p]);
		}
	}
}

static void calm(struct world *w)
{
	agree_on_generation(w);
	w->br->vtdb_delay = dur_ns(0);
	for (unsigned i = 0; i < w->br->types.n_types; i++)
		w->br->type[i].is_refused = false;
	for (unsigned i = 0; i < w->s->n_nodes; i++) {
		struct sim_node *n = &w->s->node[i];

		if (!n->node)
			sim_start(n);
		for (unsigned p = 0; p < n->conf.n_ports; p++) {
			struct sim_wire *wire = &n->port[p].wire;

			if (n->ports[p].scid != CONF_SCID_DEFAULT)
				continue;

			wire->loss_percent = wire->dup_percent = 0;
			wire->jitter = dur_ns(0);
			sim_link(n, n->ports[p].name, true);
		}
	}
	/* two stations that both insist on a VSI would take it from each other for ever */
	for (unsigned k = 0; w->n_stations == 2 && k < SHARED_VSIS; k++)
		deassociate(w, w->st[1], k);
}

static void empty(struct world *w)
{
	for (unsigned i = 0; i < w->n_stations; i++)
		for (unsigned k = 0; k < SHARED_VSIS + STATIONS * OWN_VSIS; k++)
			deassociate(w, w->st[i], k);
	settle(w, "something is left after all was de-associated");
	for (unsigned i = 0; i < w->s->n_nodes; i++) {
		const struct node *n = w->s->node[i].node;

		for (uint16_t p = 0; p < node_n_ports(n); p++)
			if (node_port(n, p) && node_port(n, p)->vdp &&
				vdp_table_count(node_port(n, p)->vdp) > 0)
				fail(w, "VSIs are left after all were de-associated", node_port(n, p)->label);
	}
}

struct totals {
	uint64_t frames, vsi_events;
};

static uint64_t episode(uint64_t seed, struct totals *t)
{
	struct world w = build(seed);
	struct mono end = mono_add(w.s->now, dur_s(60 + below(&w, 540)));
	uint64_t digest;

	while (mono_before(w.s->now, end)) {
		run_until(&w, mono_add(w.s->now,
				      dur_us(below(&w, 20) == 0 ? below(&w, 20000000) : below(&w, 300000))));
		something(&w);
		mend(&w);
	}
	calm(&w);
	settle(&w, "does not become quiet and agree with its peer");
	empty(&w);
	digest = w.digest;
	t->frames += w.s->frame_number;
	for (unsigned i = 0; i < w.s->n_nodes; i++)
		t->vsi_events += w.s->node[i].events[NODE_EVENT_VSI];
	sim_free(w.s);
	return digest;
}

int main(int argc, char **argv)
{
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
	unsigned long n = argc > 2 ? strtoul(argv[2], NULL, 0) : 1;
	struct totals t = { 0 };
	uint64_t first = episode(seed, &t);

	if (episode(seed, &t) != first) {
		fprintf(stderr, "evb_random: seed %llu: the same seed was not the same run\n",
			(unsigned long long)seed);
		return 1;
	}
	for (unsigned long i = 1; i < n; i++)
		(void)episode(seed + i, &t);
	printf("%lu episodes from seed %llu: %llu frames, %llu VSI events\n", n, (unsigned long long)seed,
		(unsigned long long)t.frames, (unsigned long long)t.vsi_events);
	return 0;
}
