/* VIFs between two nodes: PE-CSP, VSIs that name their VIF, traffic, lists, failures, a second uplink, static ids. */
#include "vif_rig.h"

TestSuite(port_vif, .init = build, .fini = teardown);

Test(port_vif, vifs_are_created_and_vsis_name_them)
{
	all_up();
	cr_assert(vif_of(0) != vif_of(1) && vif_of(1) != vif_of(2) && vif_of(0) != vif_of(2));
	cr_assert_eq(node_port(bridge->node, node_find_port(bridge->node, "swp1"))->vifs->n_vifs, N_VMS);
	cr_assert_neq(node_find_label(bridge->node, "swp1#1"), NODE_NO_PORT);
}

Test(port_vif, traffic_goes_up_and_comes_back_in_its_tags)
{
	struct mac all = { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } };
	uint64_t up, net;

	all_up();
	send(host, "vnet1", guest[1], guest[0]); /* hairpin, PEX-48 */
	cr_assert_eq(got(1), 1);
	cr_assert_eq(sim_port(host, "vnet2")->last_len, 60);
	cr_assert_eq(got(2), 0);
	send(bridge, "swp2", guest[0], outside);
	cr_assert_eq(got(0), 1);
	send(host, "vnet1", outside, guest[0]);
	cr_assert_eq(sim_port(bridge, "swp2")->guest_rx, 1);
	cr_assert_eq(sim_port(bridge, "swp2")->last_len, 60, "untagged, as VLAN 100 is there");
	up = sim_port(host, "eth0")->wire.frames;
	net = sim_port(bridge, "swp1")->wire.frames;
	send(host, "vnet1", all, guest[0]); /* PEX-49: one copy for the list, without its source */
	cr_assert_eq(sim_port(host, "eth0")->wire.frames, up + 1);
	cr_assert_eq(sim_port(bridge, "swp1")->wire.frames, net + 1);
	cr_assert_eq(got(0), 1, "source pruned");
	cr_assert_eq(got(1), 2);
	cr_assert_eq(got(2), 1);
}

Test(port_vif, PEX_12_a_vif_carries_nothing_before_it_is_created_and_associated)
{
	start();
	pass(dur_s(10));
	cr_assert_neq(vif_of(0), 0, "created");
	send(host, "vnet1", outside, guest[0]);
	cr_assert_eq(sim_port(bridge, "swp2")->guest_rx, 0, "no VSI");
	associate(0);
	pass(dur_s(2));
	send(host, "vnet1", outside, guest[0]);
	cr_assert_eq(sim_port(bridge, "swp2")->guest_rx, 1);
}

Test(port_vif, PEX_62_lost_control_takes_the_carrier_and_the_fdb_entries)
{
	struct relay_fdb_row row;
	uint32_t cookie = 0;
	bool is_valid;

	all_up();
	sim_port(host, "eth0")->wire.is_cut = true;
	sim_port(bridge, "swp1")->wire.is_cut = true;
	sim_port(host, "eth0")->wire.only = sim_port(bridge, "swp1")->wire.only = SIM_ALL;
	sim_link(host, "vnet3", false); /* something to say: a port's status */
	pass(dur_s(1));
	for (unsigned i = 0; i < N_VMS; i++) {
		cr_assert_eq(vif_of(i), 0);
		cr_assert_eq(sim_port(host, vnet[i])->is_carrier_off, i < 2, "its user shut the third down");
		cr_assert(sim_port(host, vnet[i])->is_down);
		cr_assert_not(is_associated(host, "eth0", i));
	}
	pass(dur_s(150)); /* the bridge had nothing to say: it learns it from LLDP */
	do {
		cookie = relay_fdb_walk(node_relay(bridge->node), cookie, &row, &is_valid);
		cr_assert_not(is_valid);
	} while (cookie != 0);
	sim_port(host, "eth0")->wire.is_cut = sim_port(bridge, "swp1")->wire.is_cut = false;
	pass(dur_s(60));
	for (unsigned i = 0; i < 2; i++) {
		cr_assert(is_associated(host, "eth0", i) && is_associated(bridge, "swp1", i), "%u", i);
		cr_assert_not(sim_port(host, vnet[i])->is_down);
	}
	cr_assert(sim_port(host, "vnet3")->is_down, "nor is it ours to set up");
}

Test(port_vif, vm_port_that_goes_takes_its_vif_and_vsi_along)
{
	all_up();
	node_port_del(host->node, node_find_port(host->node, "vnet1"), sim_node_now(host));
	node_kick(host->node, node_find_port(host->node, "eth0"), sim_node_now(host));
	pass(dur_s(5));
	cr_assert_eq(node_port(bridge->node, node_find_port(bridge->node, "swp1"))->vifs->n_vifs, N_VMS - 1);
	cr_assert_not(is_associated(bridge, "swp1", 0));
	cr_assert(is_associated(bridge, "swp1", 1));
}

Test(port_vif, either_side_restarts)
{
	all_up();
	sim_start(bridge);
	pass(dur_s(60));
	for (unsigned i = 0; i < N_VMS; i++)
		cr_assert(
			is_associated(host, "eth0", i) && is_associated(bridge, "swp1", i), "bridge, %u", i);
	send(host, "vnet1", guest[1], guest[0]);
	cr_assert_eq(got(1), 1);
	sim_start(host);
	for (unsigned i = 0; i < N_VMS; i++)
		associate(i);
	pass(dur_s(60));
	for (unsigned i = 0; i < N_VMS; i++)
		cr_assert(is_associated(host, "eth0", i) && is_associated(bridge, "swp1", i), "host, %u", i);
	send(host, "vnet1", guest[1], guest[0]);
	cr_assert_geq(got(1), 1);
}

Test(port_vif, PEX_64_lower_priority_number_is_upstream_and_the_other_takes_over)
{
	struct conf_port *second;

	snprintf(host->ports[0].pe.group, sizeof(host->ports[0].pe.group), "pe0");
	second = add_pe_port(host, "eth1", CONF_STATION);
	snprintf(second->pe.group, sizeof(second->pe.group), "pe0");
	add_pe_port(bridge, "swp3", CONF_BRIDGE)->pe.priority = 10;
	start();
	sim_wire(host, "eth1", bridge, "swp3", dur_us(100));
	for (unsigned i = 0; i < N_VMS; i++)
		associate(i);
	pass(dur_s(10));
	for (unsigned i = 0; i < N_VMS; i++)
		cr_assert(is_associated(host, "eth1", i) && is_associated(bridge, "swp3", i), "%u", i);
	cr_assert_eq(node_port(bridge->node, node_find_port(bridge->node, "swp1"))->vifs->n_vifs, 0);
	send(host, "vnet1", guest[1], guest[0]);
	cr_assert_eq(got(1), 1);
	sim_link(host, "eth1", false);
	sim_link(bridge, "swp3", false);
	pass(dur_s(10));
	for (unsigned i = 0; i < N_VMS; i++)
		cr_assert(is_associated(host, "eth0", i) && is_associated(bridge, "swp1", i), "%u", i);
	send(host, "vnet1", guest[1], guest[0]);
	cr_assert_eq(got(1), 2);
}

static const struct conf_vif fixed[2][2] = { { { .port = "eth0", .id = 5, .vm_port = "vnet1" },
						     { .port = "eth0", .id = 6, .vm_port = "vnet2" } },
	{ { .port = "swp1", .id = 5 }, { .port = "swp1", .id = 6 } } };
static const struct conf_list floods[2] = {
	{ .port = "eth0", .id = 0x100, .n_members = 2, .members = { 5, 6 } },
	{ .port = "swp1", .id = 0x100, .n_members = 2, .members = { 5, 6 } }
};

static void start_static(enum conf_pe_tag tag)
{
	for (unsigned i = 0; i < 2; i++) {
		(i == 0 ? host : bridge)->ports[0].pe.is_signalled = false;
		(i == 0 ? host : bridge)->ports[0].pe.tag = tag;
	}
	start();
	node_vifs_conf(host->node, node_find_port(host->node, "eth0"), fixed[0], 2, floods,
		tag == CONF_TAG_VN, sim_node_now(host));
	node_vifs_conf(bridge->node, node_find_port(bridge->node, "swp1"), fixed[1], 2, floods + 1,
		tag == CONF_TAG_VN, sim_node_now(bridge));
	associate(0);
	associate(1);
	pass(dur_s(5));
	cr_assert(is_associated(bridge, "swp1", 0) && is_associated(bridge, "swp1", 1));
}

Test(port_vif, static_ids_need_no_signalling)
{
	struct mac all = { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } };
	uint64_t net;

	start_static(CONF_TAG_VN);
	cr_assert_eq(vif_of(0), 5);
	net = sim_port(bridge, "swp1")->wire.frames;
	send(bridge, "swp2", all, outside);
	cr_assert_eq(sim_port(bridge, "swp1")->wire.frames, net + 1, "V5: list 0x100");
	cr_assert_eq(got(0), 1);
	cr_assert_eq(got(1), 1);
}

Test(port_vif, e_tags_do_the_same)
{
	start_static(CONF_TAG_E);
	send(host, "vnet1", guest[1], guest[0]);
	cr_assert_eq(got(1), 1);
	send(bridge, "swp2", guest[0], outside);
	cr_assert_eq(got(0), 1);
}

Test(port_vif, vsi_that_names_no_vif_is_refused)
{
	struct vdp_filter filter = { .mac = guest[0] };
	struct vdp_request rq = { .op = VDP_ASSOC,
		.subject = { .type_id = 1, .vsi = { .format = VSI_ID_UUID, .id = { 9 } } },
		.format = VDP_FILTER_MAC_VID,
		.n_filters = 1,
		.filters = &filter };
	uint16_t port;

	host->ports[0].pe.tag = CONF_TAG_NONE;
	start();
	port = node_find_port(host->node, "eth0");
	cr_assert_eq(
		node_vsi_request(host->node, port, &rq, NODE_NO_PORT, sim_node_now(host)), VDP_SUBMIT_OK);
	node_kick(host->node, port, sim_node_now(host));
	pass(dur_s(3));
	cr_assert_eq(vdp_table_get(node_port(host->node, port)->vdp, 0)->show, VDP_SHOW_REFUSED);
	cr_assert_geq(
		node_port(bridge->node, node_find_port(bridge->node, "swp1"))->vifs->count.vsi_unnamed, 1);
}
