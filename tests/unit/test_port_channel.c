/* S-channels between two nodes: CDCP, negotiation and VSIs per channel, traffic from channel to channel, restarts. */
#include <criterion/criterion.h>

#include "sim.h"

static struct sim *world;
static struct sim_node *host, *bridge;

static void add_channel(struct sim_node *n, const struct conf_port *uap, uint16_t scid)
{
	struct conf_port *c = &n->ports[n->conf.n_ports++];

	*c = *uap;
	c->scid = scid;
	c->lldp_agents = CONF_AGENT_NCB;
}

static void build(void)
{
	struct conf_port *uplink, *swp1;

	world = sim_new(1);
	host = sim_add_node(world, "host");
	bridge = sim_add_node(world, "bridge");
	uplink = sim_add_port(host, "eth0", CONF_STATION);
	swp1 = sim_add_port(bridge, "swp1", CONF_BRIDGE);
	uplink->cdcp.is_enabled = swp1->cdcp.is_enabled = true;
	uplink->lldp_agents = swp1->lldp_agents = CONF_AGENT_NCB | CONF_AGENT_NTPMR;
	swp1->cdcp.svid_low = 100;
	add_channel(host, uplink, 2);
	add_channel(host, uplink, 3);
	sim_add_port(bridge, "swp2", CONF_ORDINARY)->pvid = 100;
	sim_add_vm(host, "vnet1", "eth0/2");
	sim_add_vm(host, "vnet2", "eth0/3");
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

TestSuite(port_channel, .init = build, .fini = teardown);

static void pass(struct dur d)
{
	sim_run(world, mono_add(world->now, d));
}

static const struct node_port *channel(const struct sim_node *n, const char *name, uint16_t scid)
{
	uint16_t port = node_find_channel(n->node, name, scid);

	return port == NODE_NO_PORT ? NULL : node_port(n->node, port);
}

static const struct mac guest[2] = { { { 0x52, 0x54, 0, 0, 0, 1 } }, { { 0x52, 0x54, 0, 0, 0, 2 } } };

static void associate(unsigned i)
{
	struct vdp_filter filter = { .mac = guest[i] };
	struct vdp_request rq = { .op = VDP_ASSOC,
		.subject = { .type_id = 1,
			.vsi = { .format = VSI_ID_UUID, .id = { [15] = (uint8_t)(1 + i) } } },
		.format = VDP_FILTER_MAC_VID,
		.n_filters = 1,
		.filters = &filter };
	uint16_t port = node_find_channel(host->node, "eth0", (uint16_t)(2 + i));
	uint16_t vm = node_find_port(host->node, i == 0 ? "vnet1" : "vnet2");

	cr_assert_eq(node_vsi_request(host->node, port, &rq, vm, sim_node_now(host)), VDP_SUBMIT_OK);
	node_kick(host->node, port, sim_node_now(host));
}

Test(port_channel, CDCP_01_02_03_channels_get_svids_of_the_pool)
{
	pass(dur_s(5));
	for (uint16_t scid = 2; scid <= 3; scid++) {
		const struct node_port *st = channel(host, "eth0", scid), *br = channel(bridge, "swp1", scid);

		cr_assert(st && br);
		cr_assert(st->is_up && br->is_up);
		cr_assert_eq(st->svid, 98 + scid);
		cr_assert_eq(br->svid, 98 + scid);
		cr_assert(br->is_dynamic);
	}
}

Test(port_channel, CDCP_20_each_channel_negotiates_for_itself)
{
	pass(dur_s(5));
	for (uint16_t scid = 1; scid <= 3; scid++) {
		cr_assert(channel(host, "eth0", scid)->evb.oper.is_ready, "channel %u", scid);
		cr_assert(channel(bridge, "swp1", scid)->evb.oper.rr_active, "channel %u", scid);
	}
	host->ports[1].evb.reflective_relay = false; /* channel 2 */
	node_port_conf(
		host->node, node_find_channel(host->node, "eth0", 2), &host->ports[1], sim_node_now(host));
	pass(dur_s(5));
	cr_assert(channel(bridge, "swp1", 1)->evb.oper.rr_active);
	cr_assert_not(channel(bridge, "swp1", 2)->evb.oper.rr_active);
	cr_assert(channel(bridge, "swp1", 3)->evb.oper.rr_active);
}

static const struct vdp_vsi *vsi_at(const struct sim_node *n, const char *name, unsigned i)
{
	struct vsi_id id = { .format = VSI_ID_UUID, .id = { [15] = (uint8_t)(1 + i) } };
	const struct node_port *p = channel(n, name, (uint16_t)(2 + i));
	uint32_t at = p ? vdp_table_find(p->vdp, &id) : UINT32_MAX;

	return at == UINT32_MAX ? NULL : vdp_table_get(p->vdp, at);
}

static void expect_associated(void)
{
	for (unsigned i = 0; i < 2; i++) {
		cr_assert(vsi_at(host, "eth0", i) && vsi_at(host, "eth0", i)->state == VDP_STATE_ASSOC, "%u",
			i);
		cr_assert(vsi_at(bridge, "swp1", i) && vsi_at(bridge, "swp1", i)->state == VDP_STATE_ASSOC,
			"%u", i);
	}
}

static void ping(unsigned from, unsigned to)
{
	uint8_t frame[60] = { 0 };

	memcpy(frame, guest[to].b, 6);
	memcpy(frame + 6, guest[from].b, 6);
	frame[12] = 0x08;
	sim_inject(host, from == 0 ? "vnet1" : "vnet2", span_of(frame, sizeof(frame)));
}

Test(port_channel, vm_on_one_channel_reaches_the_vm_on_another_through_the_switch)
{
	uint64_t up;

	associate(0); /* before the channels are there: queued */
	associate(1);
	pass(dur_s(5));
	expect_associated();
	up = sim_port(host, "eth0")->wire.frames;
	ping(0, 1);
	pass(dur_ms(10));
	cr_assert_eq(sim_port(host, "vnet2")->guest_rx, 1);
	cr_assert_eq(sim_port(host, "vnet2")->last_len, 60);
	cr_assert_eq(sim_port(host, "eth0")->wire.frames, up + 1, "up in one channel, down in the other");
}

Test(port_channel, both_ends_keep_their_channels_and_vsis_across_a_restart)
{
	host->is_durable = bridge->is_durable = true;
	sim_start(host);
	sim_start(bridge);
	associate(0);
	associate(1);
	pass(dur_s(5));
	expect_associated();
	sim_start(bridge);
	cr_assert(channel(bridge, "swp1", 2)->is_up, "at once");
	ping(0, 1);
	pass(dur_ms(10));
	cr_assert_eq(sim_port(host, "vnet2")->guest_rx, 1, "no frame is lost");
	pass(dur_s(300));
	expect_associated();
	sim_start(host);
	pass(dur_s(2));
	expect_associated();
	cr_assert_eq(channel(host, "eth0", 2)->svid, 100);
	cr_assert_eq(channel(host, "eth0", 3)->svid, 101);
}

Test(port_channel, CDCP_05_a_channel_that_the_station_drops_goes_on_both_sides)
{
	pass(dur_s(5));
	node_port_del(host->node, node_find_channel(host->node, "eth0", 3), sim_node_now(host));
	node_kick(host->node, node_find_port(host->node, "eth0"), sim_node_now(host));
	pass(dur_s(5));
	cr_assert_not(channel(bridge, "swp1", 3), "with all that was on it");
	cr_assert(channel(bridge, "swp1", 2)->is_up);
}

Test(port_channel, CDCP_15_channels_outlive_the_peer_by_the_hold)
{
	associate(0);
	associate(1);
	pass(dur_s(5));
	sim_stop(bridge, true); /* with a shutdown LLDPDU */
	pass(dur_ms(2900));
	cr_assert(channel(host, "eth0", 2)->is_up);
	pass(dur_ms(200));
	cr_assert_not(channel(host, "eth0", 2)->is_up);
	cr_assert(channel(host, "eth0", 1)->is_up);
	sim_start(bridge);
	pass(dur_s(5));
	cr_assert(channel(host, "eth0", 2)->is_up);
	pass(dur_s(60));
	expect_associated();
}

/* ---- a bridge's channel comes into the configuration, and goes from it ---- */

static struct conf_port configured(uint16_t scid)
{
	struct conf_port c;

	conf_make_channel(&bridge->ports[0], scid, &c);
	return c;
}

Test(port_channel, dynamic_channel_that_is_configured_keeps_its_vsis)
{
	struct conf_port c;
	uint16_t port;

	associate(0);
	associate(1);
	pass(dur_s(5));
	c = configured(2);
	c.evb.reflective_relay = false;
	port = node_find_channel(bridge->node, "swp1", 2);
	node_port_conf(bridge->node, port, &c, sim_node_now(bridge));
	cr_assert_not(node_port(bridge->node, port)->is_dynamic);
	pass(dur_s(5));
	cr_assert_not(channel(bridge, "swp1", 2)->evb.oper.rr_active);
	cr_assert(channel(bridge, "swp1", 3)->evb.oper.rr_active, "the other is as it was");
	cr_assert_eq(channel(bridge, "swp1", 2)->svid, 100);
	expect_associated();
	cr_assert(node_channel_release(bridge->node, port, sim_node_now(bridge)));
	cr_assert(node_port(bridge->node, port)->is_dynamic);
	pass(dur_s(5));
	cr_assert(channel(bridge, "swp1", 2)->evb.oper.rr_active, "as its port says");
	expect_associated();
}

Test(port_channel, channel_that_loses_its_fixed_svid_is_made_anew)
{
	struct conf_port c = configured(2);
	uint16_t port;

	pass(dur_s(5));
	c.svid = 50; /* out of the pool */
	node_port_conf(bridge->node, node_find_channel(bridge->node, "swp1", 2), &c, sim_node_now(bridge));
	pass(dur_s(5));
	cr_assert_eq(channel(host, "eth0", 2)->svid, 50);
	port = node_find_channel(bridge->node, "swp1", 2);
	cr_assert(node_channel_release(bridge->node, port, sim_node_now(bridge)));
	pass(dur_s(5));
	cr_assert_geq(channel(host, "eth0", 2)->svid, 100);
	cr_assert_eq(channel(bridge, "swp1", 2)->svid, channel(host, "eth0", 2)->svid);
	cr_assert(channel(bridge, "swp1", 2)->is_dynamic);
}

Test(port_channel, what_nobody_asks_for_is_not_released)
{
	struct conf_port c = configured(9);
	uint16_t port;

	pass(dur_s(5));
	port = node_port_add(bridge->node, &c, sim_node_now(bridge));
	cr_assert_not(
		node_channel_release(bridge->node, port, sim_node_now(bridge)), "no station asks for it");
	cr_assert_not(node_channel_release(
		bridge->node, node_find_port(bridge->node, "swp1"), sim_node_now(bridge)));
	cr_assert_not(node_channel_release(
		host->node, node_find_channel(host->node, "eth0", 2), sim_node_now(host)));
}

Test(port_channel, restored_vsi_of_a_channel_that_stays_away_can_be_given_up)
{
	struct vsi_id id = { .format = VSI_ID_UUID, .id = { [15] = 1 } };
	uint16_t port;

	host->is_durable = true;
	sim_start(host);
	associate(0);
	pass(dur_s(5));
	bridge->ports[0].cdcp.is_enabled = false;
	sim_start(bridge);
	sim_start(host);
	pass(dur_s(200));
	cr_assert_not(channel(host, "eth0", 2)->is_up);
	cr_assert_not_null(vsi_at(host, "eth0", 0));
	port = node_find_channel(host->node, "eth0", 2);
	cr_assert_eq(node_vsi_deassociate(host->node, port, &id, sim_node_now(host)), VDP_SUBMIT_OK);
	node_kick(host->node, port, sim_node_now(host));
	cr_assert_null(vsi_at(host, "eth0", 0));
}
