/* Port extension in the configuration file: tag, VIFs, lists, and what can't stand beside them. */
#define _GNU_SOURCE
#include "conf_rig.h"

#define STATIC(tag, more) "port_extension = { tag = \"" tag "\"; signalling = false; " more " };"
#define TAG(tag, more)    "port_extension = { tag = \"" tag "\"; " more " };"

Test(conf_pe, defaults)
{
	struct conf *c = load_port("station", "");
	const struct conf_pe *e = &c->ports[0].pe;

	cr_expect(e->tag == CONF_TAG_NONE && e->is_signalled && e->priority == 128 && e->subtype == 1023);
	cr_expect(e->is_base && e->max_vifs == 256 && e->group[0] == '\0');
	cr_expect(c->n_vifs == 0 && c->n_lists == 0);
	conf_free(c);
	c = load_port("bridge", TAG("vn-tag", "vifs = ( { id = 5; } );"));
	cr_expect(c->vifs[0].vm_port[0] == '\0' && c->vifs[0].pvid == 0 && c->vifs[0].priority == 0);
	cr_expect_not(c->vifs[0].is_transit);
	conf_free(c);
}

Test(conf_pe, every_setting_is_read)
{
	struct conf *c = load_port("station",
		"port_extension = { tag = \"e-tag\"; signalling = false; priority = 255; subtype = 2; base = "
		"false; "
		"max_vifs = 4095;\n"
		" vifs = ( { id = 1048575; vm_port = \"vnet1\"; pvid = 4094; priority = 7; untagged = ( 11, "
		"\"20-22\" ); "
		"transit = true; },\n { id = 6; vm_port = \"vnet2\"; } );\n"
		" lists = ( { id = 0x100005; members = [ 6, 1048575 ]; } ); };");
	const struct conf_pe *e = &c->ports[0].pe;
	const struct conf_vif *f = c->vifs;

	cr_expect(e->tag == CONF_TAG_E && !e->is_signalled && e->priority == 255 && e->subtype == 2);
	cr_expect(!e->is_base && e->max_vifs == 4095);
	cr_assert_eq(c->n_vifs, 2);
	cr_expect_str_eq(f[0].port, "p0");
	cr_expect_str_eq(f[0].vm_port, "vnet1");
	cr_expect(f[0].id == 1048575 && f[0].pvid == 4094 && f[0].priority == 7 && f[0].is_transit);
	cr_expect(f[0].untagged[1] == 0x08 && f[0].untagged[2] == 0x70 && f[0].untagged[3] == 0);
	cr_expect_eq(f[0].line, 4);
	cr_expect(f[1].id == 6 && f[1].line == 5 && f[1].untagged[1] == 0 && !f[1].is_transit,
		"nothing of the first");
	cr_assert_eq(c->n_lists, 1);
	cr_expect_str_eq(c->lists[0].port, "p0");
	cr_expect(c->lists[0].id == 0x100005 && c->lists[0].line == 6 && c->lists[0].n_members == 2);
	cr_expect(c->lists[0].members[0] == 6 && c->lists[0].members[1] == 1048575);
	conf_free(c);
}

Test(conf_pe, transit_vifs_are_static_and_may_be_several_of_a_vm_port)
{
	conf_free(load_port(
		"station", STATIC("vn-tag", "vifs = ( { id = 5; vm_port = \"a\"; transit = true; }, "
					    "{ id = 6; vm_port = \"a\"; transit = true; } );")));
	refuse_in_port("station",
		STATIC("vn-tag", "vifs = ( { id = 5; vm_port = \"a\"; transit = true; }, "
				 "{ id = 6; vm_port = \"a\"; } );"),
		"vm_port \"a\" of VIF 6 of port \"p0\" is that of VIF 5 of port \"p0\" already");
	refuse_in_port("station", TAG("vn-tag", "vifs = ( { id = 5; vm_port = \"a\"; transit = true; } );"),
		"transit of VIF 5 of port \"p0\" needs VIFs without signalling (port_extension.signalling)");
}

Test(conf_pe, signalling_needs_its_lldp_agent)
{
	struct conf *c = load_port("station", TAG("vn-tag", ""));

	cr_expect_eq(c->ports[0].lldp_agents, CONF_AGENT_NCB | CONF_AGENT_NTPMR);
	conf_free(c);
	c = load_port("station", STATIC("vn-tag", ""));
	cr_expect_eq(c->ports[0].lldp_agents, CONF_AGENT_NCB);
	conf_free(c);
	refuse_in_port("bridge", "lldp = { agents = [ \"nearest_customer_bridge\" ]; };" TAG("any", ""),
		"port \"p0\" needs the agent nearest_non_tpmr_bridge, which carries the Port Extension TLV");
	conf_free(load_port(
		"bridge", "lldp = { agents = [ \"nearest_customer_bridge\" ]; };" STATIC("e-tag", "")));
}

Test(conf_pe, vifs_take_the_place_of_relay_and_channels)
{
	refuse_in_port("station", "cdcp = { enabled = true; };" TAG("vn-tag", ""),
		"port \"p0\" can't have S-channels (cdcp.enabled) and the tag \"vn-tag\" "
		"(port_extension.tag)");
	refuse_in_port("bridge", "channels = ( { scid = 2; svid = 5; } );" TAG("any", ""),
		"channel 2 of port \"p0\" can't be beside the tag \"any\" (port_extension.tag)");
	refuse_in_port("station", "host_vsi = { type_id = 1; };" TAG("e-tag", ""),
		"host_vsi does not apply to port \"p0\": with the tag \"e-tag\" (port_extension.tag) only "
		"VMs pass");
	for (unsigned i = 0; i < 3; i++) {
		static const char *const relays[] = { "veb", "none", "single" };
		char settings[128];

		snprintf(settings, sizeof(settings), "relay = \"%s\";" TAG("vn-tag", ""), relays[i]);
		refuse_in_port("station", settings,
			"relay does not apply to port \"p0\": with the tag \"vn-tag\" (port_extension.tag) "
			"the bridge "
			"is the relay");
	}
	conf_free(load_port("station", "relay = \"vepa\"; vm_ports = [ \"v*\" ];" TAG("vn-tag", "")));
}

Test(conf_pe, any_is_what_a_station_asks_for)
{
	refuse_in_port("station", TAG("any", ""),
		"port_extension.tag of port \"p0\" is \"any\", which is for bridge ports: a station chooses");
	refuse_in_port("bridge", STATIC("any", ""),
		"port_extension.tag of port \"p0\" is \"any\", but there is no signalling to agree by");
	refuse_in_port("bridge", "port_extension = { tag = \"q-tag\"; };",
		"port_extension.tag of port \"p0\" is \"q-tag\"; allowed: none, vn-tag, e-tag, any");
	conf_free(load_port("bridge", TAG("any", "vifs = ( { id = 4095; } );")));
	refuse_in_port("bridge", TAG("any", "vifs = ( { id = 4096; } );"),
		"VIF 4096 of port \"p0\": with the tag \"any\" and base a VIF is 1..4095");
	refuse_in_port("bridge", TAG("any", "base = false; vifs = ( { id = 4096; } );"),
		"VIF 4096 of port \"p0\": with the tag \"any\" without base a VIF is 1..4095");
	refuse_in_port("bridge",
		TAG("any", "vifs = ( { id = 5; } ); lists = ( { id = 9; members = [ 5 ]; } );"),
		"list 9 of port \"p0\" needs a tag (port_extension.tag), \"vn-tag\" or \"e-tag\"");
}

Test(conf_pe, the_subtype_of_vdp_is_refused)
{
	refuse_in_port("bridge", TAG("any", "subtype = 1;"),
		"port_extension.subtype of port \"p0\" is 1; allowed: 2..1023");
	refuse_in_port("bridge", TAG("any", "subtype = 1024;"),
		"port_extension.subtype of port \"p0\" is 1024; allowed: 2..1023");
	refuse_in_port("bridge", TAG("any", "priority = 256;"),
		"port_extension.priority of port \"p0\" is 256; allowed: 0..255");
	refuse_in_port("bridge", TAG("any", "max_vifs = 0;"),
		"port_extension.max_vifs of port \"p0\" is 0; allowed: 1..4095");
	refuse_in_port("bridge", TAG("any", "max_vifs = 4096;"),
		"port_extension.max_vifs of port \"p0\" is 4096; allowed: 1..4095");
}

/* What can be a VIF or a list of a port, by its tag (port-extension-reference 2.5, 4.1). */
Test(conf_pe, numbers_go_by_the_tag)
{
	static const struct {
		const char *tag, *base;
		uint32_t id;
		const char *message; /* behind the port, NULL: it is good */
	} vif[] = {
		{ "vn-tag", "true", 1, NULL },
		{ "vn-tag", "true", 4095, NULL },
		{ "vn-tag", "true", 4096, "with the tag \"vn-tag\" a VIF is 1..4095" },
		{ "vn-tag", "true", 0x4001, "with the tag \"vn-tag\" a VIF is 1..4095" },
		{ "vn-tag", "false", 4096, "with the tag \"vn-tag\" a VIF is 1..4095" },
		{ "e-tag", "true", 4095, NULL },
		{ "e-tag", "true", 4096, "with the tag \"e-tag\" and base a VIF is 1..4095" },
		{ "e-tag", "false", 4096, NULL },
		{ "e-tag", "false", 0x4001, NULL },
		{ "e-tag", "false", 1048575, NULL },
	}, list[] = {
		{ "vn-tag", "true", 1, NULL },
		{ "vn-tag", "true", 16383, NULL },
		{ "vn-tag", "true", 16384, "with the tag \"vn-tag\" a list is 1..16383" },
		{ "vn-tag", "true", 0x100005, "with the tag \"vn-tag\" a list is 1..16383" },
		{ "e-tag", "true", 5, "with the tag \"e-tag\" and base a list is 0xN00000..0xN00fff, N the GRP 1..3" },
		{ "e-tag", "true", 0xfffff, "with the tag \"e-tag\" and base a list is 0xN00000..0xN00fff, N the GRP 1..3" },
		{ "e-tag", "true", 0x100000, NULL },
		{ "e-tag", "true", 0x300fff, NULL },
		{ "e-tag", "true", 0x101000, "with the tag \"e-tag\" and base a list is 0xN00000..0xN00fff, N the GRP 1..3" },
		{ "e-tag", "false", 0x101000, NULL },
		{ "e-tag", "false", 0x3ffffe, NULL },
		{ "e-tag", "false", 0xfffff, "with the tag \"e-tag\" without base a list is 0x100000..0x3ffffe" },
	};
	char text[256], message[256];

	for (unsigned i = 0; i < sizeof(vif) / sizeof(vif[0]); i++) {
		snprintf(text, sizeof(text),
			"port_extension = { tag = \"%s\"; base = %s; vifs = ( { id = %u; } ); };", vif[i].tag,
			vif[i].base, vif[i].id);
		snprintf(message, sizeof(message), "VIF %u of port \"p0\": %s", vif[i].id, vif[i].message);
		if (vif[i].message != NULL)
			refuse_in_port("bridge", text, message);
		else
			conf_free(load_port("bridge", text));
	}
	for (unsigned i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		snprintf(text, sizeof(text),
			"port_extension = { tag = \"%s\"; base = %s; lists = ( { id = %u; members = []; } ); "
			"};",
			list[i].tag, list[i].base, list[i].id);
		snprintf(message, sizeof(message), "list %u of port \"p0\": %s", list[i].id, list[i].message);
		if (list[i].message != NULL)
			refuse_in_port("bridge", text, message);
		else
			conf_free(load_port("bridge", text));
	}
	refuse_in_port("bridge", TAG("e-tag", "base = false; vifs = ( { id = 0x100000; } );"),
		"port_extension.vifs.id of a VIF of port \"p0\" is 1048576; allowed: 1..1048575");
	refuse_in_port("bridge", TAG("e-tag", "lists = ( { id = 0x3fffff; members = []; } );"),
		"port_extension.lists.id of a list of port \"p0\" is 4194303; allowed: 1..4194302");
}

Test(conf_pe, vifs_and_lists_need_a_tag)
{
	refuse_in_port("bridge", "port_extension = { vifs = ( { id = 5; } ); };",
		"VIF 5 of port \"p0\" needs a tag (port_extension.tag)");
	refuse_in_port("bridge", "port_extension = { lists = ( { id = 5; members = []; } ); };",
		"list 5 of port \"p0\" needs a tag (port_extension.tag), \"vn-tag\" or \"e-tag\"");
}

Test(conf_pe, vifs_are_unique_on_a_port)
{
	refuse("ports = ( { name = \"p0\"; role = \"bridge\"; port_extension = { tag = \"any\";\n vifs = ( { "
	       "id = 5; },\n {\n "
	       "id = 5; } ); }; } );",
		4, "VIF 5 of port \"p0\" is already in line 2");
	refuse_in_port("bridge",
		TAG("vn-tag", "lists = ( { id = 5; members = []; }, { id = 5; members = []; } );"),
		"list 5 of port \"p0\" is already in line 3");
	conf_free(load("ports = ( { name = \"a\"; role = \"bridge\"; " TAG(
		"any", "vifs = ( { id = 5; } );") "},\n"
						  " { name = \"b\"; role = \"bridge\"; " TAG(
							  "any", "vifs = ( { id = 5; } );") "} );"));
	refuse_in_port("bridge", TAG("any", "max_vifs = 1; vifs = ( { id = 5; }, { id = 6; } );"),
		"VIF 6 of port \"p0\" is one too many: port_extension.max_vifs is 1");
}

Test(conf_pe, a_vif_of_a_station_has_its_vm)
{
	refuse_in_port("station", STATIC("vn-tag", "vifs = ( { id = 5; } );"),
		"VIF 5 of port \"p0\" needs a vm_port, as there is no signalling");
	conf_free(load_port("station", TAG("vn-tag", "vifs = ( { id = 5; } );")));
	conf_free(load_port("bridge", STATIC("vn-tag", "vifs = ( { id = 5; } );")));
	refuse_in_port("station", STATIC("vn-tag", "vifs = ( { id = 5; vm_port = \"v*\"; } );"),
		"\"v*\" can't be the name of a network device");
	refuse_in_port("station", STATIC("vn-tag", "vifs = ( { id = 5; vm_port = \"a234567890123456\"; } );"),
		"port_extension.vifs.vm_port of VIF 5 of port \"p0\" is too long: 16 octets, at most 15");
}

Test(conf_pe, a_vm_is_behind_one_vif)
{
	refuse_in_port("station",
		STATIC("vn-tag", "vifs = ( { id = 5; vm_port = \"v1\"; }, { id = 6; vm_port = \"v1\"; } );"),
		"vm_port \"v1\" of VIF 6 of port \"p0\" is that of VIF 5 of port \"p0\" already");
	refuse_in_port("station", STATIC("vn-tag", "vifs = ( { id = 5; vm_port = \"p0\"; } );"),
		"vm_port \"p0\" of VIF 5 of port \"p0\" is the port in line 1");
	conf_free(load_port("station",
		"vm_ports = [ \"v*\" ];" TAG("vn-tag", "vifs = ( { id = 5; vm_port = \"v1\"; } );")));
	refuse("ports = ( { name = \"a\"; role = \"station\"; vm_ports = [ \"v*\" ]; },\n { name = \"b\"; "
	       "role = \"station\"; " STATIC("vn-tag", "vifs = ( { id = 5; vm_port = \"v1\"; } );") "} );",
		2,
		"vm_port \"v1\" of VIF 5 of port \"b\" matches vm_ports \"v*\" of port \"a\": a VM has one "
		"uplink");
	refuse("ports = ( { name = \"b\"; role = \"station\"; " STATIC("vn-tag",
		       "vifs = ( { id = 5; vm_port = \"v1\"; } );") "},\n"
								    " { name = \"a\"; role = \"station\"; "
								    "cdcp = { enabled = true; }; channels = "
								    "( { scid = 2;\n vm_ports = [ "
								    "\"v*\" ]; } ); } );",
		2,
		"vm_port \"v1\" of VIF 5 of port \"b\" matches vm_ports \"v*\" of channel 2 of port \"a\": a "
		"VM has one uplink");
	refuse("ports = ( { name = \"b\"; role = \"station\"; " STATIC(
		       "vn-tag", "vifs = ( { id = 5; vm_port = \"v1\"; } );") "},\n { name = \"v1\"; role = "
									      "\"ordinary\"; } );",
		2, "vm_port \"v1\" of VIF 5 of port \"b\" is the port in line 2");
}

Test(conf_pe, members_are_vifs_of_the_port)
{
	char text[1024];
	size_t n;

	refuse("ports = ( { name = \"a\"; role = \"bridge\"; " TAG("vn-tag",
		       "vifs = ( { id = 6; } );") "},\n"
						  " { name = \"b\"; role = \"bridge\"; port_extension = { "
						  "tag = \"vn-tag\"; vifs = ( { id = 5; } );\n"
						  " lists = ( { id = 1;\n members = [ 5, 6 ]; } ); }; } );",
		4, "list 1 of port \"b\" has the member 6, which is no VIF of the port");
	refuse_in_port("bridge",
		TAG("vn-tag", "vifs = ( { id = 5; } ); lists = ( { id = 1; members = [ 5, 5 ]; } );"),
		"list 1 of port \"p0\" has the member 5 twice");
	refuse_in_port("bridge", TAG("vn-tag", "lists = ( { id = 1; members = [ 0 ]; } );"),
		"port_extension.lists.members of list 1 of port \"p0\" is 0; allowed: 1..1048575");
	refuse_in_port("bridge", TAG("vn-tag", "lists = ( { id = 1; } );"),
		"port_extension.lists.members of list 1 of port \"p0\" is missing");
	n = (size_t)snprintf(text, sizeof(text), TAG("vn-tag", "lists = ( { id = 1; members = [ 1"));
	n -= strlen(" };");
	for (int i = 0; i < CONF_MAX_MEMBERS; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, ", %d", i + 2);
	snprintf(text + n, sizeof(text) - n, " ]; } ); };");
	refuse_in_port("bridge", text,
		"port_extension.lists.members of list 1 of port \"p0\" has 65 elements; at most 64");
}

Test(conf_pe, uplinks_of_a_group)
{
	struct conf *c = load("ports = ( { name = \"a\"; role = \"station\"; vm_ports = [ \"v*\" ]; " TAG(
		"vn-tag", "group = \"g\";") "},\n"
					    " { name = \"b\"; role = \"station\"; " TAG("vn-tag",
						    "group = \"g\";") "},\n"
								      " { name = \"c\"; role = \"station\"; "
								      "vm_ports = [ \"w*\" ]; " TAG("vn-tag",
									      "group = \"h\";") "} );");

	cr_expect_str_eq(c->ports[0].pe.group, c->ports[1].pe.group);
	conf_free(c);
	refuse("ports = ( { name = \"a\"; role = \"station\"; vm_ports = [ \"v*\" ]; " TAG(
		       "vn-tag", "group = \"g\";") "},\n"
						   " { name = \"b\"; role = \"station\"; " TAG("vn-tag",
							   "group = \"g\";") "\n vm_ports = [ \"w*\" ]; } );",
		3, "vm_ports of port \"b\": those of group \"g\" stand on port \"a\" already");
	refuse_in_port("station", TAG("none", "group = \"g\";"),
		"port_extension.group of port \"p0\" needs a tag and signalling, by which VIFs change the "
		"uplink");
	refuse_in_port("station", STATIC("vn-tag", "group = \"g\";"),
		"port_extension.group of port \"p0\" needs a tag and signalling, by which VIFs change the "
		"uplink");
	refuse_in_port("bridge", TAG("any", "group = \"g\";"),
		"port_extension.group does not apply to port \"p0\", which is a bridge port (only to station "
		"ports)");
}

Test(conf_pe, settings_in_the_wrong_place_are_refused)
{
	refuse_in_port("ordinary", TAG("none", ""),
		"port_extension does not apply to port \"p0\", which is an ordinary port (only to station "
		"and bridge "
		"ports)");
	refuse_in_port("bridge", TAG("any", "vifs = ( { id = 5; vm_port = \"v1\"; } );"),
		"port_extension.vifs.vm_port does not apply to VIF 5 of port \"p0\", which is a bridge port "
		"(only to "
		"station ports)");
	refuse_in_port("bridge", TAG("any", "vifs = ( { id = 5; transit = true; } );"),
		"port_extension.vifs.transit does not apply to VIF 5 of port \"p0\", which is a bridge port "
		"(only to "
		"station ports)");
	refuse_in_port("bridge", TAG("any", "vifs = [ 5 ];"),
		"port_extension.vifs of port \"p0\" must be a list of groups ( { ... }, ... )");
	refuse_in_port("bridge", TAG("any", "vifs = ( 5 );"), "a VIF of port \"p0\" must be a group { ... }");
	refuse_in_port(
		"bridge", TAG("vn-tag", "lists = ( 5 );"), "a list of port \"p0\" must be a group { ... }");
	refuse_in_port("bridge", TAG("any", "vifs = ( { pvid = 5; } );"),
		"port_extension.vifs.id of a VIF of port \"p0\" is missing");
	refuse_in_port("bridge", TAG("vn-tag", "lists = ( { } );"),
		"port_extension.lists.id of a list of port \"p0\" is missing");
	refuse("port_extension = { };\n", 1, "port_extension belongs to a port, not to the top of the file");
}

Test(conf_pe, values_out_of_range_are_refused)
{
	refuse_in_port("bridge", TAG("any", "vifs = ( { id = 0; } );"),
		"port_extension.vifs.id of a VIF of port \"p0\" is 0; allowed: 1..1048575");
	refuse_in_port("bridge", TAG("any", "vifs = ( { id = 5; pvid = 4095; } );"),
		"port_extension.vifs.pvid of VIF 5 of port \"p0\" is 4095; allowed: 1..4094");
	refuse_in_port("bridge", TAG("any", "vifs = ( { id = 5; priority = 8; } );"),
		"port_extension.vifs.priority of VIF 5 of port \"p0\" is 8; allowed: 0..7");
	refuse_in_port("bridge", TAG("any", "vifs = ( { id = 5; untagged = [ 4095 ]; } );"),
		"port_extension.vifs.untagged of VIF 5 of port \"p0\" is 4095; allowed: 1..4094");
}

Test(conf_pe, unknown_settings_are_refused_with_a_suggestion)
{
	refuse_in_port("station", TAG("vn-tag", "signaling = true;"),
		"unknown setting \"signaling\" in port_extension of port \"p0\"; did you mean "
		"\"signalling\"?");
	refuse_in_port("station", TAG("vn-tag", "vifs = ( { id = 5; vm_ports = \"x\"; } );"),
		"unknown setting \"vm_ports\" in port_extension.vifs of VIF 5 of port \"p0\"; did you mean "
		"\"vm_port\"?");
	refuse_in_port("bridge", TAG("vn-tag", "lists = ( { id = 5; member = []; } );"),
		"unknown setting \"member\" in port_extension.lists of list 5 of port \"p0\"; did you mean "
		"\"members\"?");
}

Test(conf_pe, a_thousand_vifs)
{
	static char text[200000];
	size_t n = (size_t)snprintf(text, sizeof(text),
		"ports = ( { name = \"p0\"; role = \"station\"; port_extension = { tag = \"vn-tag\"; "
		"signalling = false; "
		"max_vifs = 1000; vifs = (");
	struct conf *c;

	for (int i = 1; i <= 1000; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n,
			"%s{ id = %d; vm_port = \"v%d\"; pvid = %d; }\n", i > 1 ? "," : "", i, i, i);
	snprintf(text + n, sizeof(text) - n, "); }; } );");
	c = load(text);
	cr_assert_eq(c->n_vifs, 1000);
	for (unsigned i = 0; i < 1000; i++)
		cr_expect(c->vifs[i].id == i + 1 && c->vifs[i].pvid == i + 1);
	conf_free(c);
}
