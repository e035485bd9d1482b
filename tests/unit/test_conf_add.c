/* S-channels that are added to a configuration at run time: the rules of the file, and nothing changes when they say no. */
#define _GNU_SOURCE
#include "conf_rig.h"

static struct conf *two_ports(void)
{
	return load(
		"ports = ( { name = \"a\"; role = \"station\"; cdcp = { enabled = true; max_channels = 4; "
		"};\n"
		" channels = ( { scid = 2; vm_ports = [ \"v2*\" ]; } ); pvid = 7; evb = { rte = 9; }; },\n"
		" { name = \"b\"; role = \"bridge\"; reflective_relay = false; },\n"
		" { name = \"c\"; role = \"ordinary\"; } );");
}

static void add(struct conf *c, const char *port, uint16_t scid, const char *settings)
{
	struct conf_error err;

	cr_assert_eq(conf_add_channel(c, port, scid, settings, &err), 0, "%s", err.text);
}

static void refused(const char *port, uint16_t scid, const char *settings, const char *message)
{
	struct conf *c = two_ports(), *same = two_ports();
	struct conf_error err;

	cr_assert_eq(conf_add_channel(c, port, scid, settings, &err), -EINVAL, "accepted: %s", settings);
	cr_expect_str_eq(err.text, message, "\n  got      %s\n  expected %s", err.text, message);
	cr_assert_eq(c->n_ports, same->n_ports);
	cr_expect_arr_eq(c->ports, same->ports, c->n_ports * sizeof(c->ports[0]));
	conf_free(c);
	conf_free(same);
}

Test(conf_add, it_stands_behind_its_port_with_what_that_has)
{
	struct conf *c = two_ports();
	const struct conf_port *p;

	add(c, "a", 9, "relay = \"veb\"; vm_ports = ( \"v9\" );");
	add(c, "a", 3, "");
	cr_assert_eq(c->n_ports, 6);
	for (unsigned i = 0; i < 6; i++) {
		static const uint16_t scids[] = { 1, 2, 9, 3, 1, 1 };

		cr_expect_eq(c->ports[i].scid, scids[i]);
		cr_expect_str_eq(c->ports[i].name, i < 4 ? "a" : i == 4 ? "b" : "c");
	}
	p = conf_find_channel(c, "a", 9);
	cr_expect_eq(p->line, 0, "of no file");
	cr_expect_eq(p->relay, CONF_RELAY_VEB);
	cr_expect_not(p->evb.reflective_relay, "a VEB asks for none");
	cr_expect(p->pvid == 7 && p->evb.rte == 9);
	cr_expect_eq(p->n_vm_patterns, 1);
	cr_expect_str_eq(p->vm_patterns[0], "v9");
	p = conf_find_channel(c, "a", 3);
	cr_expect_eq(p->relay, CONF_RELAY_VEPA);
	cr_expect(p->evb.reflective_relay);
	cr_expect_eq(p->n_vm_patterns, 0);
	cr_expect_eq(p->lldp_agents, CONF_AGENT_NCB);
	conf_free(c);
}

Test(conf_add, every_setting_of_a_channel_is_taken)
{
	struct conf *c = two_ports();
	const struct conf_port *p;

	add(c, "b", 4000,
		"svid = 100; learning = false; reflective_relay = true; pvid = 5; max_vsis = 10; "
		"evb = { rka = 17; enabled = true; }; unassociated = \"vlan 6\"; strict_move = true;");
	p = conf_find_channel(c, "b", 4000);
	cr_expect(p->svid == 100 && !p->learning && p->evb.reflective_relay && p->pvid == 5 &&
		  p->max_vsis == 10);
	cr_expect(p->evb.rka == 17 && p->unassociated_vid == 6 && p->strict_move);
	add(c, "b", 2, "svid = 101;");
	cr_expect_not(conf_find_channel(c, "b", 2)->evb.reflective_relay, "as on the port");
	conf_free(c);
}

Test(conf_add, what_the_file_may_not_say_is_refused)
{
	refused("x", 3, "", "no port \"x\"");
	refused("c", 3, "", "an ordinary port has no channels");
	refused("a", 2, "", "port \"a\" has a channel 2 already");
	refused("a", 1, "", "port \"a\" has a channel 1 already");
	refused("a", 4095, "", "channels.scid of a channel of port \"a\" is 4095; allowed: 2..4094");
	refused("a", 3, "svid = 100;",
		"svid does not apply to channel 3 of port \"a\": it is the bridge's choice, as cdcp.enabled "
		"of the port "
		"is true");
	refused("b", 3, "", "channel 3 of port \"b\" needs an svid, as cdcp.enabled of the port is false");
	refused("a", 3, "learning = false;",
		"learning does not apply to channel 3 of port \"a\", which is a station port (only to bridge "
		"ports)");
	refused("a", 3, "relya = \"veb\";",
		"unknown setting \"relya\" in channel 3 of port \"a\"; did you mean \"relay\"?");
	refused("a", 3, "vm_ports = ( \"v*\" );",
		"vm_ports \"v*\" of channel 3 of port \"a\" overlaps \"v2*\" of channel 2 of port \"a\": a "
		"VM has one "
		"uplink");
	refused("a", 3, "scid = 5;", "duplicate setting name");
	refused("a", 3, "relay = \"", "a text that does not end");
}

Test(conf_add, as_many_as_the_port_may_have)
{
	struct conf *c = two_ports();
	struct conf_error err;

	add(c, "a", 3, "");
	add(c, "a", 4, "");
	cr_assert_eq(conf_add_channel(c, "a", 5, "", &err), -EINVAL);
	cr_expect_str_eq(err.text,
		"channel 5 of port \"a\" is one too many: cdcp.max_channels is 4, default channel "
		"included");
	for (uint16_t i = 0; i < CONF_MAX_CHANNELS; i++) {
		char settings[32];

		snprintf(settings, sizeof(settings), "svid = %u;", 2 + i);
		add(c, "b", (uint16_t)(2 + i), settings);
	}
	cr_assert_eq(conf_add_channel(c, "b", 3000, "svid = 3000;", &err), -EINVAL);
	cr_expect_str_eq(err.text,
		"channel 3000 of port \"b\" is one too many: a port has at most 166 beside the "
		"default channel");
	conf_free(c);
}

Test(conf_add, it_can_be_taken_out_and_added_again)
{
	struct conf *c = two_ports(), *same = two_ports();

	for (unsigned i = 0; i < 20; i++) {
		add(c, "a", 3, "");
		add(c, "b", 3, "svid = 3;");
		cr_assert(conf_remove_channel(c, "a", 3));
		cr_assert(conf_remove_channel(c, "b", 3));
	}
	cr_assert_not(conf_remove_channel(c, "a", 3));
	cr_assert_not(conf_remove_channel(c, "a", 1), "the port itself");
	cr_assert_not(conf_remove_channel(c, "x", 2));
	cr_assert_eq(c->n_ports, same->n_ports);
	cr_assert_arr_eq(c->ports, same->ports, c->n_ports * sizeof(c->ports[0]));
	cr_assert_eq(conf_diff(c, same, NULL, 0), 0);
	conf_free(c);
	conf_free(same);
}

/* ---- VIFs ---- */

static struct conf *three_pe_ports(void)
{
	return load("ports = ( { name = \"a\"; role = \"station\"; vm_ports = [ \"v*\" ];\n"
		    "  port_extension = { tag = \"vn-tag\"; signalling = false; max_vifs = 3;\n"
		    "  vifs = ( { id = 5; vm_port = \"v5\"; } ); }; },\n"
		    " { name = \"b\"; role = \"bridge\"; port_extension = { tag = \"vn-tag\"; signalling = "
		    "false;\n"
		    "  vifs = ( { id = 5; } ); }; },\n"
		    " { name = \"c\"; role = \"ordinary\"; } );");
}

static void vif_refused(const char *port, uint32_t id, const char *settings, const char *message)
{
	struct conf *c = three_pe_ports();
	struct conf_error err;

	cr_assert_eq(conf_add_vif(c, port, id, settings, &err), -EINVAL, "accepted: %s", settings);
	cr_expect_str_eq(err.text, message, "\n  got      %s\n  expected %s", err.text, message);
	cr_assert_eq(c->n_vifs, 2);
	cr_expect(c->vifs[0].id == 5 && c->vifs[1].id == 5);
	conf_free(c);
}

Test(conf_add_vif, it_stands_behind_those_of_its_port)
{
	struct conf *c = three_pe_ports();
	struct conf_error err;

	cr_assert_eq(
		conf_add_vif(c, "a", 9,
			"vm_port = \"v9\"; pvid = 11; priority = 3; untagged = ( 11, \"20-22\" );", &err),
		0, "%s", err.text);
	cr_assert_eq(conf_add_vif(c, "b", 9, "", &err), 0, "%s", err.text);
	cr_assert_eq(c->n_vifs, 4);
	cr_expect_str_eq(c->vifs[1].port, "a");
	cr_expect(c->vifs[1].id == 9 && c->vifs[1].line == 0 && c->vifs[1].pvid == 11);
	cr_expect(c->vifs[1].priority == 3 && c->vifs[1].untagged[1] == 0x08);
	cr_expect_str_eq(c->vifs[1].vm_port, "v9");
	cr_expect_str_eq(c->vifs[3].port, "b");
	cr_expect_eq(conf_find_vif(c, "a", 9), &c->vifs[1]);
	cr_expect(conf_remove_vif(c, "a", 9));
	cr_expect_not(conf_remove_vif(c, "a", 9));
	cr_expect_eq(c->n_vifs, 3);
	cr_expect_not_null(conf_find_vif(c, "b", 9));
	conf_free(c);
}

Test(conf_add_vif, the_rules_of_the_file_hold)
{
	vif_refused("a", 5, "vm_port = \"v6\";", "port \"a\" has a VIF 5 already");
	vif_refused("a", 6, "", "VIF 6 of port \"a\" needs a vm_port, as there is no signalling");
	vif_refused("a", 6, "vm_port = \"v5\";",
		"vm_port \"v5\" of VIF 6 of port \"a\" is that of VIF 5 of port \"a\" already");
	vif_refused("a", 4096, "vm_port = \"v6\";",
		"VIF 4096 of port \"a\": with the tag \"vn-tag\" a VIF is 1..4095");
	vif_refused("b", 6, "vm_port = \"v6\";",
		"port_extension.vifs.vm_port does not apply to VIF 6 of port \"b\", which is a bridge port "
		"(only to station ports)");
	vif_refused("b", 6, "priority = 8;",
		"port_extension.vifs.priority of VIF 6 of port \"b\" is 8; allowed: 0..7");
	vif_refused("c", 6, "", "an ordinary port has no VIFs");
	vif_refused("d", 6, "", "no port \"d\"");
}
