/* What becomes of VIFs when things change: restarts, VM ports that come and go, wishes, uplinks, static rows. */
#include "vif_rig.h"

TestSuite(port_vif_life, .init = build, .fini = teardown);

static const struct node_port *port_of(const struct sim_node *n, const char *name)
{
	return node_port(n->node, node_find_port(n->node, name));
}

/* The bridge's port of the VIF that VM i has. */
static const struct node_port *vif_port_of(unsigned i)
{
	char label[NODE_LABEL];

	snprintf(label, sizeof(label), "swp1#%u", vif_of(i));
	return node_port(bridge->node, node_find_label(bridge->node, label));
}

static const struct fwd_port *relay_of(const struct sim_node *n, const struct node_port *p)
{
	return relay_port(node_relay(n->node), p->lport);
}

static bool are_all_associated(void)
{
	for (unsigned i = 0; i < N_VMS; i++)
		if (!is_associated(host, "eth0", i) || !is_associated(bridge, "swp1", i))
			return false;
	return true;
}

static void rows(struct sim_node *n, const char *port, const struct conf_vif *vifs, unsigned n_vifs)
{
	node_vifs_conf(n->node, node_find_port(n->node, port), vifs, n_vifs, NULL, 0, sim_node_now(n));
}

/* ---- restarts ---- */

Test(port_vif_life, a_killed_bridge_is_missed_at_once)
{
	all_up();
	sim_start(bridge);
	pass(dur_s(1));
	cr_assert(are_all_associated(), "LLDP alone would take up to 30 s");
	for (unsigned i = 0; i < N_VMS; i++)
		cr_assert_not(sim_port(host, vnet[i])->is_down);
}

Test(port_vif_life, a_killed_station_is_missed_at_once)
{
	all_up();
	sim_start(host);
	pass(dur_ms(500));
	for (unsigned i = 0; i < N_VMS; i++)
		cr_assert_not(is_associated(bridge, "swp1", i), "its VIFs went, and its VSIs with them");
	for (unsigned i = 0; i < N_VMS; i++)
		associate(i);
	pass(dur_ms(500));
	cr_assert(are_all_associated());
}

Test(port_vif_life, both_know_each_other_within_milliseconds_of_the_link)
{
	sim_start(host);
	sim_start(bridge);
	pass(dur_s(40));
	cr_assert_not(port_of(host, "eth0")->vifs->has_greeted, "nobody has been heard: no TLV");
	sim_wire(host, "eth0", bridge, "swp1", dur_us(100));
	pass(dur_ms(20));
	cr_assert_neq(vif_of(0), 0);
	cr_assert(port_of(host, "eth0")->vifs->has_greeted && port_of(bridge, "swp1")->vifs->has_greeted);
}

Test(port_vif_life, a_bridge_keeps_no_vsi_of_a_vif_for_its_number_may_be_another_vms)
{
	struct vdp_filter room[2 * VDP_FILTERS_MAX];
	struct vsi_id id = { .format = VSI_ID_UUID, .id = { [15] = 1 } };
	struct vdp_saved s;

	host->is_durable = bridge->is_durable = true;
	all_up();
	cr_assert_not(node_vsi_save(bridge->node, node_find_port(bridge->node, "swp1"), &id, room, &s));
	cr_assert(node_vsi_save(host->node, node_find_port(host->node, "eth0"), &id, room, &s));
	/* the VM ports come back in another order, and so do their VIFs */
	memcpy(host->vm_name[0], "vnet3", 6);
	memcpy(host->vm_name[2], "vnet1", 6);
	sim_start(bridge);
	sim_start(host);
	pass(dur_s(60));
	cr_assert(are_all_associated());
	send(host, "vnet1", guest[1], guest[0]);
	cr_assert_eq(got(1), 1);
	cr_assert_eq(got(2), 0);
}

Test(port_vif_life, no_vsi_is_admitted_before_its_station_has_asked_again)
{
	host->is_durable = bridge->is_durable = true;
	all_up();
	sim_start(bridge);
	for (unsigned k = 0; k < 1000; k++) {
		pass(dur_us(100));
		for (uint16_t i = 0; i < node_n_ports(bridge->node); i++) {
			const struct node_port *p = node_port(bridge->node, i);

			if (p && p->kind == NODE_VIF && relay_port_vsis(node_relay(bridge->node), p->lport))
				cr_assert_gt(p->vif_since.ns, 0);
		}
		cr_assert_leq(vdp_table_count(port_of(bridge, "swp1")->vdp),
			port_of(bridge, "swp1")->vifs->n_vifs, "VSIs without their VIF");
	}
	cr_assert(are_all_associated());
}

/* ---- VM ports ---- */

Test(port_vif_life, what_the_bridge_deleted_is_asked_for_again_when_its_vm_port_comes_up)
{
	uint32_t was;

	all_up();
	was = vif_of(0);
	cr_assert_eq(csp_cb_delete(port_of(bridge, "swp1")->vifs->cb, was), CSP_SUBMIT_OK);
	node_kick(bridge->node, node_find_port(bridge->node, "swp1"), sim_node_now(bridge));
	pass(dur_s(60));
	cr_assert_eq(vif_of(0), 0, "not by itself");
	cr_assert(sim_port(host, "vnet1")->is_down, "its guest has no network");
	cr_assert_not(is_associated(bridge, "swp1", 0));
	cr_assert(is_associated(bridge, "swp1", 1), "the others have theirs");
	sim_link(host, "vnet1", true); /* somebody sets it up */
	pass(dur_s(1));
	cr_assert_neq(vif_of(0), 0);
	cr_assert(are_all_associated());
	cr_assert_not(sim_port(host, "vnet1")->is_down);
}

Test(port_vif_life, PEX_61_a_refusal_for_want_of_numbers_is_tried_again_and_the_guest_keeps_its_carrier)
{
	bridge->ports[0].pe.max_vifs = 2;
	start();
	pass(dur_s(5));
	cr_assert(vif_of(0) && vif_of(1));
	cr_assert_eq(vif_of(2), 0);
	cr_assert_eq(port_of(bridge, "swp1")->vifs->n_vifs, 2, "no state is kept of it");
	cr_assert_not(sim_port(host, "vnet3")->is_down, "it never had a VIF");
	node_port_del(host->node, node_find_port(host->node, "vnet1"), sim_node_now(host));
	pass(dur_s(30)); /* a freed number rests for 10 s */
	cr_assert_neq(vif_of(2), 0);
}

Test(port_vif_life, a_vm_port_that_its_user_shuts_down_keeps_its_vif_and_says_so)
{
	const struct csp_cb *cb;
	uint32_t vif;

	all_up();
	vif = vif_of(0);
	sim_link(host, "vnet1", false);
	pass(dur_s(1));
	cb = port_of(bridge, "swp1")->vifs->cb;
	cr_assert_eq(vif_of(0), vif);
	cr_assert_not(csp_cb_port_at(cb, csp_cb_find(cb, vif))->is_operational);
	sim_link(host, "vnet1", true);
	pass(dur_s(1));
	cr_assert(csp_cb_port_at(cb, csp_cb_find(cb, vif))->is_operational);
	cr_assert(are_all_associated());
}

Test(port_vif_life, carrier_that_a_killed_daemon_took_comes_back_with_the_vif)
{
	all_up();
	sim_link(bridge, "swp1", false);
	sim_link(host, "eth0", false);
	pass(dur_s(1));
	cr_assert(sim_port(host, "vnet1")->is_down);
	sim_start(host); /* killed; its memo says whose carrier was taken */
	pass(dur_s(1));
	cr_assert(sim_port(host, "vnet1")->is_down);
	sim_link(bridge, "swp1", true);
	sim_link(host, "eth0", true);
	pass(dur_s(1));
	cr_assert_neq(vif_of(0), 0);
	cr_assert_not(sim_port(host, "vnet1")->is_down);
}

/* ---- wishes and settings ---- */

Test(port_vif_life, PVID_and_priority_of_a_row_are_asked_for_and_a_bridges_row_decides)
{
	struct conf_vif wish = { .port = "eth0", .id = 9, .vm_port = "vnet1", .pvid = 11, .priority = 3 };
	struct conf_vif decision = {
		.port = "swp1", .pvid = 100, .priority = 6, .untagged = { [2] = 1 << 4 }
	};

	start();
	rows(host, "eth0", &wish, 1);
	pass(dur_s(3));
	cr_assert_eq(relay_of(bridge, vif_port_of(0))->pvid, 11);
	cr_assert_eq(relay_of(bridge, vif_port_of(0))->pcp, 3);
	cr_assert_eq(relay_of(host, port_of(host, "vnet1"))->pcp, 3);
	associate(0);
	pass(dur_s(1));
	cr_assert(is_associated(bridge, "swp1", 0));
	decision.id = vif_of(0);
	rows(bridge, "swp1", &decision, 1);
	cr_assert_eq(relay_of(bridge, vif_port_of(0))->pvid, 100);
	cr_assert_eq(relay_of(bridge, vif_port_of(0))->pcp, 6);
	pass(dur_s(1));
	cr_assert_eq(relay_of(host, port_of(host, "vnet1"))->pcp, 6, "the extender is told");
}

Test(port_vif_life, another_wish_makes_the_vif_anew)
{
	struct conf_vif wish = { .port = "eth0", .id = 9, .vm_port = "vnet1", .priority = 5 };
	uint32_t was;

	all_up();
	was = vif_of(0);
	rows(host, "eth0", &wish, 1);
	pass(dur_s(1));
	cr_assert(vif_of(0) != 0 && vif_of(0) != was);
	cr_assert_eq(relay_of(bridge, vif_port_of(0))->pcp, 5);
	cr_assert(are_all_associated());
	cr_assert_not(sim_port(host, "vnet1")->is_down);
	was = vif_of(0);
	rows(host, "eth0", &wish, 1);
	pass(dur_s(1));
	cr_assert_eq(vif_of(0), was, "the same wish changes nothing");
}

Test(port_vif_life, untagged_vlans_of_a_bridges_row_reach_the_extender)
{
	struct conf_vif row = { .port = "swp1", .untagged = { [100 / 8] = 1 << 100 % 8 } };

	all_up();
	row.id = vif_of(0);
	rows(bridge, "swp1", &row, 1);
	pass(dur_s(1));
	cr_assert(relay_port_is_untagged(node_relay(host->node), port_of(host, "vnet1")->lport, 100));
}

Test(port_vif_life, another_cascade_port_priority_is_told)
{
	struct conf_port conf;

	all_up();
	conf = bridge->ports[0];
	conf.pe.priority = 7;
	node_port_conf(bridge->node, node_find_port(bridge->node, "swp1"), &conf, sim_node_now(bridge));
	pass(dur_s(2));
	cr_assert_eq(port_of(host, "eth0")->vifs->peer.priority, 7);
	cr_assert(are_all_associated(), "that ends no session");
}

Test(port_vif_life, the_extenders_counters_can_be_asked_for)
{
	uint16_t vif;

	all_up();
	send(host, "vnet1", outside, guest[0]);
	send(host, "vnet1", outside, guest[0]);
	vif = node_find_label(bridge->node, vif_port_of(0)->label);
	cr_assert_eq(vif_port_of(0)->extender_at.ns, 0);
	node_vif_ask_statistics(bridge->node, vif, sim_node_now(bridge));
	node_kick(bridge->node, node_find_port(bridge->node, "swp1"), sim_node_now(bridge));
	pass(dur_ms(10));
	cr_assert_gt(vif_port_of(0)->extender_at.ns, 0);
	cr_assert_eq(vif_port_of(0)->extender.rx_frames, 2);
	cr_assert_eq(vif_port_of(0)->extender.rx_octets, 120);
}

/* ---- uplinks of a group ---- */

static void two_uplinks(void)
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
	pass(dur_s(5));
	for (unsigned i = 0; i < N_VMS; i++)
		cr_assert(is_associated(host, "eth1", i) && is_associated(bridge, "swp3", i), "%u", i);
}

Test(port_vif_life, the_upstream_port_goes_and_what_is_behind_it_moves)
{
	two_uplinks();
	node_port_del(host->node, node_find_port(host->node, "eth1"), sim_node_now(host));
	pass(dur_s(2));
	cr_assert(are_all_associated());
	send(host, "vnet1", guest[1], guest[0]);
	cr_assert_eq(got(1), 1);
}

Test(port_vif_life, the_upstream_port_goes_and_the_other_one_hears_nobody)
{
	two_uplinks();
	sim_link(host, "eth0", false);
	sim_link(bridge, "swp1", false);
	pass(dur_s(1));
	node_port_del(host->node, node_find_port(host->node, "eth1"), sim_node_now(host));
	pass(dur_s(1));
	for (unsigned i = 0; i < N_VMS; i++) {
		cr_assert_str_eq(node_port(host->node, port_of(host, vnet[i])->uplink)->name, "eth0");
		cr_assert_not_null(vsi_at(host, "eth0", i), "it waits");
	}
	sim_link(host, "eth0", true);
	sim_link(bridge, "swp1", true);
	pass(dur_s(2));
	cr_assert(are_all_associated());
}

Test(port_vif_life, vm_ports_go_with_the_uplink_that_names_them)
{
	two_uplinks();
	node_port_del(host->node, node_find_port(host->node, "eth0"), sim_node_now(host));
	pass(dur_s(2));
	for (unsigned i = 0; i < N_VMS; i++)
		cr_assert_eq(node_find_port(host->node, vnet[i]), NODE_NO_PORT);
	cr_assert_eq(vdp_table_count(port_of(bridge, "swp3")->vdp), 0);
	cr_assert_eq(port_of(bridge, "swp3")->vifs->n_vifs, 0);
}

Test(port_vif_life, vsis_that_are_restored_go_to_the_upstream_port)
{
	host->is_durable = true;
	two_uplinks();
	sim_link(host, "eth1", false);
	sim_link(bridge, "swp3", false);
	pass(dur_s(2));
	cr_assert(are_all_associated());
	sim_start(host); /* eth1 stays down: the VSIs were kept as eth0's, some as eth1's before */
	sim_link(host, "eth1", true);
	sim_link(bridge, "swp3", true);
	pass(dur_s(3));
	for (unsigned i = 0; i < N_VMS; i++)
		cr_assert(is_associated(host, "eth1", i) && is_associated(bridge, "swp3", i), "%u", i);
	cr_assert(node_vm_is_behind(
		host->node, node_find_port(host->node, "vnet1"), node_find_port(host->node, "eth0")));
	cr_assert_eq(node_upstream(host->node, node_find_port(host->node, "eth0")),
		node_find_port(host->node, "eth1"));
}

/* ---- without signalling ---- */

static void start_static(const struct conf_vif *at_host, unsigned n)
{
	static const struct conf_vif at_bridge[] = { { .port = "swp1", .id = 5 }, { .port = "swp1", .id = 6 },
		{ .port = "swp1", .id = 7 } };

	host->ports[0].pe.is_signalled = bridge->ports[0].pe.is_signalled = false;
	start();
	rows(host, "eth0", at_host, n);
	rows(bridge, "swp1", at_bridge, 3);
	associate(0);
	associate(1);
	pass(dur_s(3));
}

static const struct conf_vif five_six[] = { { .port = "eth0", .id = 5, .vm_port = "vnet1" },
	{ .port = "eth0", .id = 6, .vm_port = "vnet2" } };
static const struct conf_vif six_five[] = { { .port = "eth0", .id = 6, .vm_port = "vnet1" },
	{ .port = "eth0", .id = 5, .vm_port = "vnet2" } };

Test(port_vif_life, two_vm_ports_change_their_ids)
{
	start_static(five_six, 2);
	cr_assert(is_associated(bridge, "swp1", 0) && is_associated(bridge, "swp1", 1));
	rows(host, "eth0", six_five, 2);
	pass(dur_s(2));
	cr_assert_eq(vif_of(0), 6);
	cr_assert_eq(vif_of(1), 5);
	cr_assert(is_associated(bridge, "swp1", 0) && is_associated(bridge, "swp1", 1));
	send(host, "vnet1", guest[1], guest[0]);
	cr_assert_eq(got(1), 1);
	cr_assert_eq(vif_port_of(0)->vif, 6);
	cr_assert_eq(relay_port_counters(node_relay(bridge->node), vif_port_of(0)->lport)->rx_frames, 1);
}

Test(port_vif_life, a_row_that_goes_takes_the_vif_and_the_carrier)
{
	start_static(five_six, 2);
	rows(host, "eth0", five_six, 1);
	pass(dur_s(2));
	cr_assert_eq(vif_of(0), 5);
	cr_assert_eq(vif_of(1), 0);
	cr_assert(sim_port(host, "vnet2")->is_down);
	cr_assert_not(sim_port(host, "vnet1")->is_down);
	rows(host, "eth0", five_six, 2);
	pass(dur_s(2));
	cr_assert_eq(vif_of(1), 6);
	cr_assert_not(sim_port(host, "vnet2")->is_down);
	cr_assert(is_associated(bridge, "swp1", 1));
	send(host, "vnet1", guest[1], guest[0]);
	cr_assert_eq(got(1), 1);
}

Test(port_vif_life, guests_lose_their_carrier_with_a_static_uplink)
{
	start_static(five_six, 2);
	sim_link(host, "eth0", false);
	pass(dur_ms(10));
	cr_assert(sim_port(host, "vnet1")->is_down && sim_port(host, "vnet2")->is_down);
	cr_assert_not(sim_port(host, "vnet3")->is_down, "it has no VIF");
	sim_link(host, "eth0", true);
	pass(dur_s(5));
	cr_assert_not(sim_port(host, "vnet1")->is_down || sim_port(host, "vnet2")->is_down);
	cr_assert(is_associated(bridge, "swp1", 0));
}

/* Frames but control on the uplink. */
static uint64_t sent(void)
{
	return sim_port(host, "eth0")->wire.frames - sim_port(host, "eth0")->wire.control;
}

/* A VN-Tagged broadcast of VIF `id`, as a port extender below sends it. */
static void send_below(unsigned id)
{
	uint8_t frame[66] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 0x0f, 0x89, 0x26, 0, 0, 0,
		(uint8_t)id, 0x08 };

	sim_inject(host, "vnet3", span_of(frame, sizeof(frame)));
	pass(dur_ms(5));
}

Test(port_vif_life, PEX_43_a_port_extender_below_has_its_ids_as_long_as_their_rows)
{
	struct conf_vif below[] = { five_six[0],
		{ .port = "eth0", .id = 7, .vm_port = "vnet3", .is_transit = true },
		{ .port = "eth0", .id = 8, .vm_port = "vnet3", .is_transit = true } };
	uint64_t up;

	start_static(below, 3);
	up = sent();
	send_below(7);
	send_below(8);
	send_below(5); /* PEX-44: bound elsewhere */
	cr_assert_eq(sent(), up + 2);
	rows(host, "eth0", below, 2);
	send_below(7);
	send_below(8);
	cr_assert_eq(sent(), up + 3, "8 is nobody's");
	rows(host, "eth0", below, 1);
	send_below(7);
	cr_assert_eq(sent(), up + 3, "it is a VM's port again, without a VIF");
	below[1].is_transit = false;
	rows(host, "eth0", below, 2);
	pass(dur_s(1));
	cr_assert_eq(vif_of(2), 7);
}
