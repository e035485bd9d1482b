/* The MTU an uplink needs for the tags it carries (port-extension-reference 2.7, 8.1). */
#include <criterion/criterion.h>

#include "sim.h"
#include "uplink_mtu.h"

static struct sim *world;
static struct sim_node *host, *bridge;

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
	conf_make_channel(uplink, 2, &host->ports[host->conf.n_ports++]);
	bridge->types.n_types = 1;
	bridge->types.has_default_manager = true;
	bridge->type[0] = (struct vtdb_type){ .type_id = 1, .version_high = 255 };
}

static void started(void)
{
	sim_start(host);
	sim_start(bridge);
	sim_wire(host, "eth0", bridge, "swp1", dur_us(100));
	sim_run(world, mono_add(world->now, dur_s(5)));
}

static void fini(void)
{
	sim_free(world);
}

TestSuite(uplink_mtu, .init = build, .fini = fini);

static void resize(struct sim_node *n, const char *name, uint32_t mtu)
{
	uint16_t port = node_find_port(n->node, name);

	node_port_state(n->node, port, true, true, node_port(n->node, port)->mac, mtu, sim_node_now(n));
}

static struct uplink_mtu need(const struct sim_node *n, const char *name)
{
	return uplink_mtu(n->node, node_find_port(n->node, name));
}

static void expect_text(const struct sim_node *n, const char *name, const char *want)
{
	struct uplink_mtu m = need(n, name);
	char text[UPLINK_MTU_TEXT];

	cr_assert_str_eq(uplink_mtu_text(n->node, node_find_port(n->node, name), &m, text), want, "%s", text);
}

static void associate(uint16_t vid)
{
	struct vdp_filter f = { .mac = { { 2, 0, 0, 0, 0, 1 } }, .vid = vid };
	struct vdp_request rq = { .op = VDP_ASSOC,
		.subject = { .vsi = { .format = VSI_ID_LOCAL, .id = { 1 } }, .type_id = 1 },
		.format = VDP_FILTER_MAC_VID,
		.n_filters = 1,
		.filters = &f };
	uint16_t port = node_find_channel(host->node, "eth0", 2);

	cr_assert_eq(node_vsi_request(host->node, port, &rq, NODE_NO_PORT, world->now), VDP_SUBMIT_OK);
	node_kick(host->node, port, world->now);
	sim_run(world, mono_add(world->now, dur_s(2)));
}

Test(uplink_mtu, PEX_09_vms_in_a_channel_need_its_tag_and_a_c_tag)
{
	sim_add_vm(host, "vnet1", "eth0/2");
	started();
	cr_assert_eq(need(host, "eth0").needed, 1508, "until a VSI says otherwise");
	cr_assert(need(host, "eth0").is_too_small);
	expect_text(host, "eth0", "mtu 1500, needs 1508 for VMs of 1500 in S-channels");
	resize(host, "eth0", 1507);
	cr_assert(need(host, "eth0").is_too_small);
	resize(host, "eth0", 1508);
	cr_assert_not(need(host, "eth0").is_too_small);
	resize(host, "vnet1", 9000);
	expect_text(host, "eth0", "mtu 1508, needs 9008 for VMs of 9000 in S-channels");
	resize(host, "vnet1", 1400);
	cr_assert_eq(need(host, "eth0").needed, 1408);
}

Test(uplink_mtu, a_vsi_in_the_pvid_of_its_channel_has_no_c_tag)
{
	sim_add_vm(host, "vnet1", "eth0/2");
	started();
	associate(1);
	cr_assert_eq(need(host, "eth0").needed, 1504);
	associate(100);
	cr_assert_eq(need(host, "eth0").needed, 1508);
}

Test(uplink_mtu, untagged_vms_need_nothing)
{
	sim_add_vm(host, "vnet1", "eth0");
	started();
	cr_assert_eq(need(host, "eth0").needed, 0, "a C-tag alone has its allowance");
	cr_assert_not(need(host, "eth0").is_too_small);
}

Test(uplink_mtu, a_vm_port_that_is_not_there_needs_nothing)
{
	uint16_t vm;

	sim_add_vm(host, "vnet1", "eth0/2");
	started();
	vm = node_find_port(host->node, "vnet1");
	node_port_state(host->node, vm, false, false, node_port(host->node, vm)->mac, 1500, world->now);
	cr_assert_eq(need(host, "eth0").needed, 0);
}

Test(uplink_mtu, a_bridge_has_to_pass_what_its_ordinary_ports_take)
{
	sim_add_port(bridge, "swp2", CONF_ORDINARY);
	sim_add_port(bridge, "swp3", CONF_ORDINARY);
	started();
	resize(bridge, "swp2", 4000);
	expect_text(bridge, "swp1", "mtu 1500, needs 4008 for frames of 4000 from swp2 in S-channels");
	associate(1);
	cr_assert_eq(need(bridge, "swp1").needed, 4004, "the channel's VLAN is untagged in it");
	cr_assert_eq(need(bridge, "swp2").needed, 0);
}

Test(uplink_mtu, a_bridge_without_channels_needs_nothing)
{
	bridge->ports[0].cdcp.is_enabled = false;
	sim_add_port(bridge, "swp2", CONF_ORDINARY);
	started();
	cr_assert_eq(need(bridge, "swp1").needed, 0);
}

/* Port extension in place of S-channels, without signalling unless `tag` is any. */
static void pe_ports(enum conf_pe_tag station, enum conf_pe_tag at_bridge)
{
	struct conf_pe pe = {
		.tag = station, .priority = 128, .subtype = 1023, .is_base = true, .max_vifs = 8
	};

	host->conf.n_ports = 1;
	host->ports[0].cdcp.is_enabled = bridge->ports[0].cdcp.is_enabled = false;
	pe.is_signalled = at_bridge == CONF_TAG_ANY;
	host->ports[0].pe = bridge->ports[0].pe = pe;
	bridge->ports[0].pe.tag = at_bridge;
	sim_add_vm(host, "vnet1", "eth0");
	sim_add_port(bridge, "swp2", CONF_ORDINARY);
}

Test(uplink_mtu, PEX_09_port_extension_tags_are_longer)
{
	pe_ports(CONF_TAG_VN, CONF_TAG_VN);
	started();
	expect_text(host, "eth0", "mtu 1500, needs 1510 for VMs of 1500 in VN-Tags");
	expect_text(bridge, "swp1", "mtu 1500, needs 1510 for frames of 1500 from swp2 in VN-Tags");
	host->ports[0].pe.tag = bridge->ports[0].pe.tag = CONF_TAG_E;
	started();
	expect_text(host, "eth0", "mtu 1500, needs 1512 for VMs of 1500 in E-TAGs");
	expect_text(bridge, "swp1", "mtu 1500, needs 1512 for frames of 1500 from swp2 in E-TAGs");
}

Test(uplink_mtu, any_tag_is_the_shorter_one_until_the_station_has_chosen)
{
	pe_ports(CONF_TAG_E, CONF_TAG_ANY);
	sim_start(bridge);
	cr_assert_eq(need(bridge, "swp1").needed, 1510);
	started();
	cr_assert_eq(need(bridge, "swp1").needed, 1512);
}

static void associate_vif(unsigned n_filters, const uint16_t vids[])
{
	struct vdp_filter f[2] = { { .mac = { { 2, 0, 0, 0, 0, 1 } }, .vid = vids[0] },
		{ .mac = { { 2, 0, 0, 0, 0, 1 } }, .vid = vids[1] } };
	struct vdp_request rq = { .op = VDP_ASSOC,
		.subject = { .vsi = { .format = VSI_ID_LOCAL, .id = { 1 } }, .type_id = 1 },
		.format = VDP_FILTER_MAC_VID,
		.n_filters = (uint16_t)n_filters,
		.filters = f };
	uint16_t port = node_find_port(host->node, "eth0");

	cr_assert_eq(node_vsi_request(host->node, port, &rq, node_find_port(host->node, "vnet1"), world->now),
		VDP_SUBMIT_OK);
	node_kick(host->node, port, world->now);
	sim_run(world, mono_add(world->now, dur_s(2)));
}

Test(uplink_mtu, a_vif_has_the_first_vlan_of_an_address_untagged)
{
	pe_ports(CONF_TAG_VN, CONF_TAG_ANY);
	started();
	associate_vif(1, (const uint16_t[]){ 100, 0 });
	cr_assert_eq(need(host, "eth0").needed, 1506);
	cr_assert_eq(need(bridge, "swp1").needed, 1506);
	associate_vif(2, (const uint16_t[]){ 100, 101 });
	cr_assert_eq(need(host, "eth0").needed, 1510);
	cr_assert_eq(need(bridge, "swp1").needed, 1510);
}
