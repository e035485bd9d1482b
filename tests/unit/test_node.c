/* The node between its machines: what requests, removed ports and reloads do to VM ports, admissions and events. */
#include <criterion/criterion.h>

#include "sim.h"

static struct sim *world;
static struct sim_node *host, *bridge;

static void build(void)
{
	world = sim_new(1);
	host = sim_add_node(world, "host");
	bridge = sim_add_node(world, "bridge");
	sim_add_port(host, "eth0", CONF_STATION);
	sim_add_port(bridge, "swp1", CONF_BRIDGE);
	sim_add_port(bridge, "swp2", CONF_ORDINARY)->bpdu_guard = true;
	sim_add_vm(host, "vnet1", "eth0");
	sim_add_vm(host, "vnet2", "eth0");
	bridge->types.n_types = 1;
	bridge->types.has_default_manager = true;
	bridge->type[0] = (struct vtdb_type){ .type_id = 1, .version_high = 255, .default_vid = 100 };
	sim_start(host);
	sim_start(bridge);
	sim_wire(host, "eth0", bridge, "swp1", dur_us(100));
}

static void teardown(void)
{
	sim_free(world);
}

TestSuite(node, .init = build, .fini = teardown);

static void pass(struct dur d)
{
	sim_run(world, mono_add(world->now, d));
}

static uint16_t port_of(const struct sim_node *n, const char *name)
{
	return node_find_port(n->node, name);
}

static const struct mac guest = { { 0x52, 0x54, 0, 0, 0, 1 } };

static void associate(const char *vm)
{
	struct vdp_filter filter = { .mac = guest };
	struct vdp_request rq = { .op = VDP_ASSOC,
		.subject = { .type_id = 1, .vsi = { .format = VSI_ID_UUID, .id = { [15] = 1 } } },
		.format = VDP_FILTER_MAC_VID,
		.n_filters = 1,
		.filters = &filter };
	uint16_t port = port_of(host, "eth0");

	cr_assert_eq(node_vsi_request(host->node, port, &rq, vm ? port_of(host, vm) : NODE_NO_PORT,
			     sim_node_now(host)),
		VDP_SUBMIT_OK);
	node_kick(host->node, port, sim_node_now(host));
}

static const struct vdp_vsi *vsi(void)
{
	const struct node_port *p = node_port(host->node, port_of(host, "eth0"));
	uint32_t at = vdp_table_next(p->vdp, 0);

	return at == UINT32_MAX ? NULL : vdp_table_get(p->vdp, at);
}

static uint16_t vm_port(void)
{
	return node_vsi_vm_port(node_port(host->node, port_of(host, "eth0")), vsi());
}

/* A broadcast of the guest; how many frames it adds to the uplink. */
static uint64_t sent_up(const char *vm)
{
	uint8_t frame[60] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, [12] = 0x08 };
	uint64_t before = sim_port(host, "eth0")->wire.frames;

	memcpy(frame + 6, guest.b, 6);
	sim_inject(host, vm, span_of(frame, sizeof(frame)));
	return sim_port(host, "eth0")->wire.frames - before;
}

Test(node, request_for_another_vm_port_moves_the_admission)
{
	associate("vnet1");
	pass(dur_s(3));
	cr_assert_eq(vsi()->state, VDP_STATE_ASSOC);
	cr_assert_eq(sent_up("vnet1"), 1);
	associate("vnet2");
	cr_assert_eq(sent_up("vnet1"), 0, "from the moment it was asked for");
	pass(dur_s(3));
	cr_assert_eq(vsi()->state, VDP_STATE_ASSOC);
	cr_assert_eq(sent_up("vnet1"), 0);
	cr_assert_eq(sent_up("vnet2"), 1);
}

Test(node, request_without_a_vm_port_leaves_the_vsi_where_it_is)
{
	associate("vnet1");
	pass(dur_s(3));
	associate(NULL);
	cr_assert_eq(vm_port(), port_of(host, "vnet1"));
	pass(dur_s(3));
	cr_assert_eq(sent_up("vnet1"), 1);
}

/* What is told of the only VSI that has ended. */
static const struct node_ended *obituary(void)
{
	for (unsigned i = 0; i < node_n_ended(host->node); i++) {
		const struct node_ended *e = node_ended(host->node, i, sim_node_now(host));

		if (e)
			return e;
	}
	return NULL;
}

Test(node, a_vsi_that_went_with_its_vm_port_says_so)
{
	associate("vnet1");
	pass(dur_s(3));
	node_port_del(host->node, port_of(host, "vnet1"), sim_node_now(host));
	pass(dur_s(3));
	cr_assert_not_null(obituary());
	cr_assert_str_eq(obituary()->vsi.reason, "its VM port vnet1 is gone");
	cr_assert_eq(obituary()->filter.vid, 100, "the VLAN it had");
}

Test(node, removed_vm_port_binds_nothing_any_more)
{
	uint16_t vm = port_of(host, "vnet1");

	node_port_state(host->node, vm, true, true, guest, 1500, sim_node_now(host));
	associate(NULL);
	pass(dur_s(3));
	cr_assert_eq(vm_port(), vm, "bound by the device's address");
	node_port_del(host->node, vm, sim_node_now(host));
	cr_assert_not_null(vsi(), "it waits for the bridge's answer");
	cr_assert_eq(vm_port(), NODE_NO_PORT);
	pass(dur_s(3));
	cr_assert_null(vsi());
}

Test(node, refused_traffic_is_told_at_once_then_once_a_minute)
{
	uint8_t frame[60] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, [12] = 0x08 };

	for (unsigned i = 0; i < 100; i++) {
		sim_inject(bridge, "swp1", span_of(frame, sizeof(frame)));
		cr_assert_eq(bridge->events[NODE_EVENT_REFUSED], i < 60 ? 1 : 2, "frame %u", i);
		pass(dur_s(1));
	}
}

Test(node, reload_ends_bpdu_guard)
{
	const uint8_t bpdu[60] = { 0x01, 0x80, 0xc2, 0, 0, 0, 2, 0, 0, 0, 0, 9, 0, 38, 0x42, 0x42, 3 };
	const struct node_port *p = node_port(bridge->node, port_of(bridge, "swp2"));

	sim_inject(bridge, "swp2", span_of(bpdu, sizeof(bpdu)));
	cr_assert(p->is_guarded);
	cr_assert_not(relay_port(node_relay(bridge->node), p->lport)->forwarding);
	node_set_globals(bridge->node, &bridge->conf, sim_node_now(bridge));
	cr_assert_not(p->is_guarded);
	cr_assert(relay_port(node_relay(bridge->node), p->lport)->forwarding);
}

Test(node, waiting_requests_leave_in_the_step_that_hears_the_peer)
{
	struct mono until = mono_add(world->now, dur_s(10));
	const struct node_port *p = node_port(host->node, port_of(host, "eth0"));

	associate("vnet1");
	while (!p->evb.oper.is_ready)
		cr_assert(sim_step(world, until));
	cr_assert_eq(sim_port(host, "eth0")->wire.ecp_requests, 1);
}

Test(node, vsis_of_a_bridge_port_end_when_evb_is_switched_off)
{
	struct conf_port conf = bridge->ports[0];
	const struct node_port *p = node_port(bridge->node, port_of(bridge, "swp1"));

	associate("vnet1");
	pass(dur_s(3));
	cr_assert_eq(vdp_table_count(p->vdp), 1);
	conf.evb.is_enabled = false;
	node_port_conf(bridge->node, port_of(bridge, "swp1"), &conf, sim_node_now(bridge));
	cr_assert_eq(vdp_table_count(p->vdp), 0);
	cr_assert_not(relay_port_has_vlan(node_relay(bridge->node), p->lport, 100));
}

Test(node, wanted_vsis_end_with_their_port)
{
	uint64_t before;
	const struct node_ended *e = NULL;

	associate("vnet1");
	pass(dur_s(3));
	before = host->events[NODE_EVENT_VSI];
	node_port_del(host->node, port_of(host, "eth0"), sim_node_now(host));
	cr_assert_gt(host->events[NODE_EVENT_VSI], before);
	for (unsigned i = 0; i < node_n_ended(host->node) && !e; i++)
		e = node_ended(host->node, i, sim_node_now(host));
	cr_assert_not_null(e);
	cr_assert_str_eq(e->port_name, "eth0");
	cr_assert_str_eq(e->vsi.reason, "the port was removed");
}

Test(node, what_a_port_learned_survives_a_change_that_has_nothing_to_do_with_it)
{
	const uint8_t frame[60] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, [12] = 0x08 };
	struct conf_port conf = bridge->ports[1];
	uint16_t port = port_of(bridge, "swp2");

	sim_inject(bridge, "swp2", span_of(frame, sizeof(frame)));
	conf.storm_pps = 1000;
	node_port_conf(bridge->node, port, &conf, sim_node_now(bridge));
	cr_assert_eq(relay_fdb_count(node_relay(bridge->node)), 1);
	conf.pvid = 7;
	node_port_conf(bridge->node, port, &conf, sim_node_now(bridge));
	cr_assert_eq(relay_fdb_count(node_relay(bridge->node)), 0, "the port left VLAN 1");
	cr_assert(relay_port_has_vlan(node_relay(bridge->node), node_port(bridge->node, port)->lport, 7));
}

/* An LLDPDU of a neighbour, to the agent with this last octet of the address, with or without a station's EVB TLV. */
static void hear(uint8_t agent, uint8_t neighbour, bool has_evb)
{
	const struct evb_tlv tlv = { .station_raw = EVB_RRREQ, .mode = EVB_MODE_STATION };
	uint8_t octets[80] = { 0x01, 0x80, 0xc2, 0, 0, agent, 2, 0, 0, 0, 0, neighbour, 0x88, 0xcc,
		/* chassis */ 2, 7, 4, 2, 0, 0, 0, 0, neighbour, /* port */ 4, 2, 7, '1', /* TTL */ 6, 2, 0,
		120 };
	struct wr w = wr_init(octets, sizeof(octets));

	w.len = 31;
	if (has_evb) {
		wr_u16(&w, 127u << 9 | EVB_TLV_LEN);
		evb_tlv_encode(&tlv, &w);
	}
	sim_inject(bridge, "swp1", span_of(octets, w.len + 2));
}

Test(node, two_neighbours_are_two_whatever_another_agent_hears)
{
	const struct node_port *p;

	bridge->ports[0].lldp_agents = CONF_AGENT_NCB | CONF_AGENT_NTPMR;
	sim_start(bridge);
	p = node_port(bridge->node, port_of(bridge, "swp1"));
	hear(3, 8, true);
	cr_assert_eq(
		p->evb.oper.peer, EVB_PEER_OK, "the other agent serves while the proper one hears nobody");
	cr_assert(p->evb.oper.rr_active);
	hear(0, 8, false);
	hear(0, 9, false);
	cr_assert_eq(p->evb.oper.peer, EVB_PEER_MANY);
	cr_assert_not(p->evb.oper.rr_active);
}
