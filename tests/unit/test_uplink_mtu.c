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

Test(uplink_mtu, port_extension_tags_are_longer)
{
	static const struct {
		enum conf_pe_tag tag;
		uint32_t needed;
	} rows[] = { { CONF_TAG_VN, 1510 }, { CONF_TAG_E, 1512 }, { CONF_TAG_ANY, 1512 } };

	sim_add_vm(host, "vnet1", "eth0");
	for (unsigned i = 0; i < 3; i++) {
		host->ports[0].pe.tag = rows[i].tag;
		host->ports[0].pe.is_signalled = false;
		sim_start(host);
		cr_assert_eq(need(host, "eth0").needed, rows[i].needed, "%u", need(host, "eth0").needed);
	}
}
