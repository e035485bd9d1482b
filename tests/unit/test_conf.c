/* The configuration file: defaults, every kind of complaint with its line, and the documents that go with the table. */
#define _GNU_SOURCE
#include "conf_rig.h"

#define PORT(role) "ports = ( { name = \"p0\"; role = \"" role "\"; } );\n"

Test(conf, defaults_are_the_documented_ones)
{
	struct conf *c = load(PORT("station"));
	const struct conf_port *p = conf_find_port(c, "p0");
	char host[CONF_TEXT] = "";

	gethostname(host, sizeof(host) - 1);
	cr_expect_str_eq(c->system_name, host);
	cr_expect_str_eq(c->control_socket, "/run/evbd/evbd.sock");
	cr_expect_str_eq(c->control_group, "");
	cr_expect_str_eq(c->types_file, "");
	cr_expect_str_eq(c->state_dir, "/var/lib/evbd");
	cr_expect_eq(c->log_level, 2);
	cr_expect_eq(c->warn_exponent, 24);
	cr_expect_eq(c->fdb_age_s, 300);
	cr_expect_eq(c->max_fdb, 16384);
	cr_expect_eq(c->max_ended, 1024);
	cr_expect_eq(c->max_clients, 32);
	cr_expect_eq(c->n_ports, 1);
	cr_assert_not_null(p);
	cr_expect_eq(p->line, 1);
	cr_expect_eq(p->role, CONF_STATION);
	cr_expect_eq(p->pvid, 1);
	cr_expect_eq(p->max_vsis, 4096);
	cr_expect_eq(p->relay, CONF_RELAY_VEPA);
	cr_expect_eq(p->driver, CONF_DRIVER_AUTO);
	cr_expect_eq(p->generation, EVB_GENERATION_AUTO);
	cr_expect(vdp_manager_equal(&p->manager_base, &(struct vdp_manager){ 0 }));
	cr_expect_eq(p->lldp_agents, CONF_AGENT_NCB);
	cr_expect_eq(p->lldp.admin, LLDP_RX_TX);
	cr_expect_eq(p->lldp.tx_interval_s, 30);
	cr_expect_eq(p->lldp.tx_hold, 4);
	cr_expect_eq(p->lldp.fast_tx_s, 1);
	cr_expect_eq(p->lldp.fast_init, 4);
	cr_expect_eq(p->lldp.credit_max, 5);
	cr_expect_eq(p->lldp.reinit_delay_s, 2);
	cr_expect_eq(p->lldp.max_neighbours, 8);
	cr_expect_eq(p->evb.role, EVB_MODE_STATION);
	cr_expect(p->evb.is_enabled && p->evb.reflective_relay);
	cr_expect_not(p->evb.is_manual || p->evb.group_ids || p->host_vsi.is_set || p->create_tap);
	cr_expect_eq(p->evb.retries, 3);
	cr_expect_eq(p->evb.rte, 8);
	cr_expect_eq(p->evb.rwd, 20);
	cr_expect_eq(p->evb.rka, 20);
	cr_expect_eq(p->evb.rr_alarm.ns, dur_s(90).ns, "three transmit intervals");
	cr_expect_null(conf_find_port(c, "p1"));
	conf_free(c);
}

Test(conf, defaults_follow_the_role_and_the_relay)
{
	struct conf *c = load(
		"ports = ( { name = \"a\"; role = \"bridge\"; }, { role = \"ordinary\"; name = \"b\"; },\n"
		" { name = \"c\"; role = \"station\"; relay = \"veb\"; pvid = 7;\n"
		"   host_vsi = { type_id = 2; }; },\n"
		" { name = \"d\"; role = \"station\"; relay = \"none\"; } );\n");
	const struct conf_port *p = c->ports;

	cr_assert_eq(c->n_ports, 4);
	cr_expect_eq(p[0].evb.role, EVB_MODE_BRIDGE);
	cr_expect(p[0].evb.is_enabled && p[0].evb.reflective_relay && p[0].lldp_agents == CONF_AGENT_NCB);
	cr_expect_eq(p[0].unassociated_vid, 0);
	cr_expect_not(p[0].strict_move);
	cr_expect(!p[1].evb.is_enabled && p[1].lldp_agents == 0 && p[1].storm_pps == 0 && !p[1].bpdu_guard);
	cr_expect_not(p[2].evb.reflective_relay, "a VEB does not ask for it");
	cr_expect(p[2].host_vsi.is_set && !p[2].host_vsi.has_id);
	cr_expect_eq(p[2].host_vsi.vid, 7, "the pvid");
	cr_expect(p[3].evb.reflective_relay);
	cr_expect_eq(p[2].line, 2);
	cr_expect_eq(p[3].line, 4);
	conf_free(c);
}

Test(conf, every_kind_of_value_is_read)
{
	struct conf *c = load(
		"system = { name = \"hv1\"; description = \"d\"; };\n"
		"control = { socket = \"c.sock\"; group = \"evbd\"; max_clients = 2; };\n"
		"types = \"t.conf\"; state_dir = \"/s\"; log = { level = \"debug\"; };\n"
		"lldp = { tx_interval = 10; max_neighbors = 3; };\n"
		"evb = { retries = 7; rte = 31; warn_exponent = 5; group_ids = true; };\n"
		"limits = { fdb = 64; fdb_age = 10; ended_vsis = 1; };\n"
		"ports = (\n"
		" { name = \"s\"; role = \"station\"; vm_ports = [ \"vnet*\", \"tap?\" ]; reflective_relay = "
		"false;\n"
		"   lldp = { tx_interval = 2; admin = \"tx\"; agents = [ \"nearest_bridge\", "
		"\"nearest_customer_bridge\" ]; };\n"
		"   evb = { rte = 9; manual = true; }; max_vsis = 65536; driver = \"pcap\";\n"
		"   host_vsi = { type_id = 0xffffff; type_version = 255; manager = \"::5\"; vid = 1;\n"
		"     id = \"52:54:00:00:00:01\"; }; },\n"
		" { name = \"b\"; role = \"bridge\"; unassociated = \"vlan 20\"; strict_move = true; create "
		"= \"tap\"; },\n"
		" { name = \"o\"; role = \"ordinary\"; vlans = ( 1, \"4093-4094\", \"9\" ); bpdu_guard = "
		"true; storm_limit = 9; } );\n");
	const struct conf_port *p = c->ports;

	cr_expect_str_eq(c->system_name, "hv1");
	cr_expect_str_eq(c->control_socket, "/proc/self/fd/c.sock", "beside the file");
	cr_expect_str_eq(c->types_file, "/proc/self/fd/t.conf");
	cr_expect_str_eq(c->state_dir, "/s");
	cr_expect_eq(c->log_level, 3);
	cr_expect_eq(c->warn_exponent, 5);
	cr_expect_eq(p[0].lldp.tx_interval_s, 2);
	cr_expect_eq(p[0].evb.rr_alarm.ns, dur_s(6).ns);
	cr_expect_eq(p[0].lldp.admin, LLDP_TX_ONLY);
	cr_expect_eq(p[0].lldp_agents, CONF_AGENT_NB | CONF_AGENT_NCB);
	cr_expect_eq(p[0].evb.rte, 9);
	cr_expect_eq(p[0].evb.retries, 7, "from the top");
	cr_expect(p[0].evb.is_manual && p[0].evb.group_ids && !p[0].evb.reflective_relay);
	cr_expect_eq(p[0].max_vsis, 65536);
	cr_expect_eq(p[0].driver, CONF_DRIVER_PCAP);
	cr_expect_eq(p[0].n_vm_patterns, 2);
	cr_expect_str_eq(p[0].vm_patterns[1], "tap?");
	cr_expect_eq(p[0].host_vsi.subject.type_id, 0xffffffu);
	cr_expect_eq(p[0].host_vsi.subject.type_version, 255);
	cr_expect_eq(p[0].host_vsi.subject.manager.id[15], 5);
	cr_expect(p[0].host_vsi.has_id && p[0].host_vsi.subject.vsi.format == VSI_ID_MAC);
	cr_expect_eq(p[1].lldp.tx_interval_s, 10, "the default at the top, not the port before");
	cr_expect_eq(p[1].evb.rte, 31);
	cr_expect_eq(p[1].lldp.max_neighbours, 3);
	cr_expect_eq(p[1].unassociated_vid, 20);
	cr_expect(p[1].strict_move && p[1].create_tap);
	cr_expect_eq(p[2].vlans[0], 0x02);
	cr_expect_eq(p[2].vlans[1], 0x02, "VID 9");
	cr_expect_eq(p[2].vlans[511], 0x60);
	cr_expect(p[2].bpdu_guard && p[2].storm_pps == 9);
	conf_free(c);
}

Test(conf, MGMT_01_retries_above_7_are_refused)
{
	refuse("evb = {\n retries = 8; };\n" PORT("bridge"), 2, "evb.retries is 8; allowed: 0..7");
	refuse_in_port(
		"station", "evb = { retries = 8; };", "evb.retries of port \"p0\" is 8; allowed: 0..7");
	refuse_in_port(
		"station", "evb = { retries = -1; };", "evb.retries of port \"p0\" is -1; allowed: 0..7");
	conf_free(load("evb = { retries = 7; };\n" PORT("bridge")));
}

Test(conf, MGMT_02_exponents_above_31_are_refused)
{
	refuse("evb = { rte = 32; };\n" PORT("bridge"), 1, "evb.rte is 32; allowed: 0..31");
	refuse("evb = { rwd = 32; };\n" PORT("bridge"), 1, "evb.rwd is 32; allowed: 0..31");
	refuse("evb = { rka = 32; };\n" PORT("bridge"), 1, "evb.rka is 32; allowed: 0..31");
	refuse("evb = { warn_exponent = 32; };\n" PORT("bridge"), 1,
		"evb.warn_exponent is 32; allowed: 0..31");
	refuse_in_port("bridge", "evb = { rka = 32; };", "evb.rka of port \"p0\" is 32; allowed: 0..31");
	conf_free(load("evb = { rte = 31; rwd = 31; rka = 31; };\n" PORT("bridge")));
}

Test(conf, every_number_keeps_to_its_range)
{
	for (const struct conf_setting *s = conf_settings; s->path != NULL; s++) {
		const char *dot = strchr(s->path, '.');
		char text[256], at_role[32];

		if (s->kind != CONF_NUMBER || (s->scope & (CONF_GLOBAL | CONF_SHARED)) == 0)
			continue;
		cr_assert_not_null(dot);
		for (int step = 0; step < 4; step++) {
			int64_t v = step < 2 ? s->min - step : s->max + step - 2;
			struct conf_error err;
			struct conf *c = NULL;
			int r;

			snprintf(at_role, sizeof(at_role), "%.*s", (int)(dot - s->path), s->path);
			snprintf(text, sizeof(text), "%s = { %s = %lld; }; ports = ();", at_role, dot + 1,
				(long long)v);
			r = conf_load(file_of(text), &c, &err);
			cr_expect_eq(r, step % 2 == 0 ? 0 : -EINVAL, "%s", text);
			if (r == 0)
				conf_free(c);
		}
	}
}

Test(conf, unknown_settings_are_refused_with_a_suggestion)
{
	refuse("evb = { rte = 8;\n retrys = 2; };\n", 2,
		"unknown setting \"retrys\" in evb; did you mean \"retries\"?");
	refuse("port = ();\n", 1, "unknown setting \"port\"; did you mean \"ports\"?");
	refuse("rte = 8;\n", 1, "unknown setting \"rte\"; did you mean \"evb.rte\"?");
	refuse("colour = 1;\n", 1, "unknown setting \"colour\"");
	refuse_in_port("bridge", "evb = { rtee = 1; };",
		"unknown setting \"rtee\" in evb of port \"p0\"; did you mean \"rte\"?");
	refuse_in_port("station", "vm_port = [];",
		"unknown setting \"vm_port\" in port \"p0\"; did you mean \"vm_ports\"?");
}

Test(conf, wrong_types_are_refused)
{
	refuse("evb = { rte = \"8\"; };\n", 1, "evb.rte must be a number, 0..31");
	refuse("evb = { rte = 8.0; };\n", 1, "evb.rte must be a number, 0..31");
	refuse("evb = { manual = 1; };\n", 1, "evb.manual must be true or false");
	refuse("system = { name = 5; };\n", 1, "system.name must be a text in double quotes");
	refuse("\n\nevb = 5;\n", 3, "evb must be a group { ... }");
	refuse("ports = { };\n", 1, "ports must be a list of groups ( { ... }, ... )");
	refuse("ports = (\n 5 );\n", 2, "port 1 must be a group { ... }");
	refuse_in_port("station", "vm_ports = \"vnet*\";", "vm_ports of port \"p0\" must be a list ( ... )");
}

Test(conf, values_out_of_their_set_are_refused)
{
	refuse("log = { level = \"loud\"; };\n", 1,
		"log.level is \"loud\"; allowed: error, warning, info, debug");
	refuse("limits = { fdb = 99999999999L; };\n", 1, "limits.fdb is 99999999999; allowed: 64..1048576");
	refuse("ports = ( { name = \"p0\"; role = \"switch\"; } );\n", 1,
		"role of port \"p0\" is \"switch\"; allowed: ordinary, station, bridge");
	refuse_in_port("bridge", "lldp = { agents = [ \"nearest\" ]; };",
		"lldp.agents of port \"p0\" is \"nearest\"; allowed: nearest_customer_bridge, "
		"nearest_non_tpmr_bridge, "
		"nearest_bridge");
	refuse_in_port("bridge", "unassociated = \"vlan 4095\";",
		"unassociated of port \"p0\" is \"vlan 4095\"; allowed: \"drop\" or \"vlan N\", N 1..4094");
	refuse_in_port("bridge", "unassociated = \"vlan 4x\";",
		"unassociated of port \"p0\" is \"vlan 4x\"; allowed: \"drop\" or \"vlan N\", N 1..4094");
	refuse_in_port("bridge", "unassociated = \"vlan 4-5\";",
		"unassociated of port \"p0\" is \"vlan 4-5\"; allowed: \"drop\" or \"vlan N\", N 1..4094");
	refuse_in_port("station", "host_vsi = { type_id = 1; manager = \"boss\"; };",
		"host_vsi.manager of port \"p0\" is \"boss\"; allowed: an IPv6 or IPv4 address, or 32 hex "
		"digits");
	refuse_in_port("station", "host_vsi = { type_id = 1; id = \"me\"; };",
		"host_vsi.id of port \"p0\" is \"me\"; allowed: a UUID, a MAC, IPv4 or IPv6 address, or "
		"local:HEX");
	refuse_in_port("station", "host_vsi = { type_id = 16777216; };",
		"host_vsi.type_id of port \"p0\" is 16777216; allowed: 0..16777215");
}

Test(conf, reserved_vids_are_refused)
{
	refuse_in_port("bridge", "pvid = 0;", "pvid of port \"p0\" is 0; allowed: 1..4094");
	refuse_in_port("bridge", "pvid = 4095;", "pvid of port \"p0\" is 4095; allowed: 1..4094");
	refuse_in_port("ordinary", "vlans = [ 4095 ];", "vlans of port \"p0\" is 4095; allowed: 1..4094");
	refuse_in_port("ordinary", "vlans = [ \"0-9\" ];",
		"vlans of port \"p0\" has \"0-9\"; allowed: VIDs 1..4094 and ranges \"low-high\"");
	for (unsigned i = 0; i < 9; i++) {
		static const char *const bad[] = { "9-8", "1-4095", "1-2-3", "-5", "1-", "", " 1", "+1",
			"4294967297" };
		char settings[64], message[128];

		snprintf(settings, sizeof(settings), "vlans = [ \"%s\" ];", bad[i]);
		snprintf(message, sizeof(message),
			"vlans of port \"p0\" has \"%s\"; allowed: VIDs 1..4094 and ranges \"low-high\"",
			bad[i]);
		refuse_in_port("ordinary", settings, message);
	}
}

Test(conf, names_that_do_not_fit_are_refused)
{
	refuse("ports = ( { role = \"bridge\";\n name = \"a234567890123456\"; } );\n", 2,
		"name of port 1 is too long: 16 octets, at most 15");
	refuse("ports = ( { role = \"bridge\";\n name = \"a/b\"; } );\n", 2,
		"\"a/b\" can't be the name of a network device");
	refuse("ports = ( { role = \"bridge\"; name = \"\"; } );\n", 1,
		"\"\" can't be the name of a network device");
	refuse("ports = ( { role = \"bridge\"; name = \"e*\"; } );\n", 1,
		"\"e*\" can't be the name of a network device");
	refuse("control = { group = \"a2345678901234567890123456789012\"; };\n", 1,
		"control.group is too long: 32 octets, at most 31");
	refuse_in_port("station", "vm_ports = [ \"v234567890123456\" ];",
		"vm_ports of port \"p0\" is too long: 16 octets, at most 15");
	refuse_in_port("station", "vm_ports = [ \"v[a\" ];",
		"vm_ports of port \"p0\" has \"v[a\", which is no pattern of names");
}

Test(conf, paths_that_do_not_fit_with_the_folder_are_refused)
{
	char text[256];

	snprintf(text, sizeof(text), "control = { socket = \"%0100d\"; };\n", 1);
	refuse(text, 1, "control.socket is too long with the folder of this file");
}

Test(conf, a_setting_of_another_role_is_refused)
{
	refuse_in_port("bridge", "vm_ports = [ \"vnet*\" ];",
		"vm_ports does not apply to port \"p0\", which is a bridge port (only to station ports)");
	refuse_in_port("ordinary", "max_vsis = 5;",
		"max_vsis does not apply to port \"p0\", which is an ordinary port (only to station and "
		"bridge ports)");
	refuse_in_port("ordinary", "evb = { rte = 8; };",
		"evb does not apply to port \"p0\", which is an ordinary port (only to station and bridge "
		"ports)");
	refuse_in_port("station", "bpdu_guard = true;",
		"bpdu_guard does not apply to port \"p0\", which is a station port (only to ordinary ports)");
	refuse_in_port("station", "strict_move = true;",
		"strict_move does not apply to port \"p0\", which is a station port (only to bridge ports)");
}

Test(conf, a_setting_in_the_wrong_place_is_refused)
{
	refuse("pvid = 5;\n", 1, "pvid belongs to a port, not to the top of the file");
	refuse("lldp = { admin = \"off\"; };\n", 1,
		"lldp.admin belongs to a port, not to the top of the file");
	refuse_in_port("bridge", "evb = { warn_exponent = 3; };",
		"evb.warn_exponent is for all ports: it belongs to the top of the file");
}

Test(conf, missing_settings_are_refused)
{
	refuse("log = { };\n", 0, "ports is missing");
	refuse("ports = (\n { role = \"bridge\"; } );\n", 2, "name of port 1 is missing");
	refuse("ports = (\n { name = \"x\"; } );\n", 2, "role of port \"x\" is missing");
	refuse_in_port("station", "host_vsi = { vid = 1; };", "host_vsi.type_id of port \"p0\" is missing");
}

Test(conf, ports_are_unique)
{
	refuse("ports = (\n { name = \"x\"; role = \"bridge\"; },\n { name = \"x\"; role = \"ordinary\"; } "
	       ");\n",
		3, "port \"x\" is already in line 2");
}

Test(conf, the_host_is_in_the_vlan_of_untagged_frames)
{
	refuse_in_port("station", "pvid = 2; host_vsi = { type_id = 1; vid = 3; };",
		"host_vsi.vid of port \"p0\" is 3 but its pvid is 2: the host's frames leave untagged, so "
		"both must be the "
		"same");
}

Test(conf, a_generation_and_what_it_can_not_say)
{
	struct conf *c = load("ports = ( { name = \"a\"; role = \"bridge\"; generation = \"draft02\"; },\n"
			      " { name = \"b\"; role = \"station\"; generation = \"ratified\"; },\n"
			      " { name = \"c\"; role = \"station\"; generation = \"draft02\";\n"
			      "   manager_base = \"2001:db8::\"; host_vsi = { type_id = 2;\n"
			      "   manager = \"2001:db8::7\"; }; } );\n");

	cr_expect_eq(c->ports[0].generation, EVB_GENERATION_DRAFT);
	cr_expect_eq(c->ports[1].generation, EVB_GENERATION_RATIFIED);
	cr_expect_eq(c->ports[2].manager_base.id[0], 0x20);
	conf_free(c);
	refuse_in_port("station", "generation = \"draft\";",
		"generation of port \"p0\" is \"draft\"; allowed: auto, ratified, draft02");
	refuse_in_port("station",
		"generation = \"draft02\"; host_vsi = { type_id = 2; id = \"192.0.2.1\"; };",
		"host_vsi.id of port \"p0\" has to be a UUID: draft 0.2 has no other VSI ids");
	refuse_in_port("station",
		"generation = \"draft02\"; host_vsi = { type_id = 2; manager = \"2001:db8::7\"; };",
		"host_vsi.manager of port \"p0\" differs from its manager_base in more than the last octet");
	refuse_in_port("bridge", "generation = \"draft02\"; cdcp = { enabled = true; };",
		"cdcp.enabled of port \"p0\" is true, but its generation draft02 has no S-channels");
	refuse_in_port("ordinary", "generation = \"auto\";",
		"generation does not apply to port \"p0\", which is an ordinary port (only to station and "
		"bridge "
		"ports)");
}

Test(conf, a_vm_has_one_uplink)
{
	refuse("ports = (\n { name = \"x\"; role = \"station\"; vm_ports = [ \"vnet*\" ]; },\n"
	       " { name = \"y\"; role = \"station\";\n vm_ports = [ \"tap*\", \"v*1\" ]; } );\n",
		4, "vm_ports \"v*1\" of port \"y\" overlaps \"vnet*\" of port \"x\": a VM has one uplink");
	refuse_in_port("station", "vm_ports = [ \"p?\" ];",
		"vm_ports \"p?\" of port \"p0\" matches the port itself");
	refuse("ports = ( { name = \"x\"; role = \"ordinary\"; },\n"
	       " { name = \"y\"; role = \"station\"; vm_ports = [ \"[w-x]\" ]; } );\n",
		2, "vm_ports \"[w-x]\" of port \"y\" matches port \"x\" in line 1");
	refuse("ports = ( { name = \"y\"; role = \"station\"; vm_ports = [ \"x*\" ]; },\n"
	       " { name = \"x1\"; role = \"ordinary\"; } );\n",
		2, "port \"x1\" matches vm_ports \"x*\" of port \"y\" in line 1");
	conf_free(load("ports = ( { name = \"x\"; role = \"station\"; vm_ports = [ \"a*\" ]; },\n"
		       " { name = \"y\"; role = \"station\"; vm_ports = [ \"b*\" ]; } );\n"));
}

Test(conf, what_can_not_work_together_is_refused)
{
	refuse_in_port("bridge", "lldp = { agents = [ \"nearest_bridge\" ]; };",
		"port \"p0\" needs the agent nearest_customer_bridge, which carries the EVB TLV (or "
		"evb.manual = true)");
	refuse_in_port("ordinary", "create = \"tap\"; driver = \"pcap\";",
		"driver does not apply to port \"p0\", which is created as a tap");
	conf_free(load("ports = ( { name = \"x\"; role = \"bridge\"; lldp = { agents = []; }; evb = { manual "
		       "= true; }; } );"));
}

Test(conf, limits_of_lists)
{
	char text[40000];
	size_t n = (size_t)snprintf(text, sizeof(text), "ports = (\n");

	for (int i = 0; i <= CONF_MAX_PORTS; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n,
			"%s{ name = \"p%d\"; role = \"bridge\"; }\n", i > 0 ? "," : "", i);
	snprintf(text + n, sizeof(text) - n, ");");
	refuse(text, 1, "ports has 257 elements; at most 256");
	refuse_in_port("station",
		"vm_ports = [ "
		"\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\",\"h\",\"i\",\"j\",\"k\",\"l\",\"m\",\"n\",\"o\","
		"\"r\",\"s\" ];",
		"vm_ports of port \"p0\" has 17 elements; at most 16");
	conf_free(load("ports = ();"));
}

Test(conf, what_libconfig_can_not_parse_has_its_line)
{
	refuse("log = {\n level info; };\n", 2, "syntax error");
	refuse("log = {\n level \"info\"; };\n", 2,
		"a text where no value can stand; is there a \"=\" or \",\" missing?");
	refuse("types = \"a\";\n\ntypes = \"b\";\n", 3, "duplicate setting name");
	refuse("x = [ 1, \"2-3\" ];\n", 1,
		"mismatched element type in array; a list of numbers and texts is written ( 1, \"2-3\" )");
	refuse("\n  @include \"other.conf\"\n", 2, "@include is not supported: the file is read as a whole");
}

/* libconfig would keep the lower 32 bits: 64. */
Test(conf, numbers_are_never_cut)
{
	static const char *const large[] = { "4294967360", "0x100000040", "99999999999999999999L",
		"99999999999999999999", "2147483648" };

	for (unsigned i = 0; i < sizeof(large) / sizeof(large[0]); i++) {
		char text[128];

		snprintf(text, sizeof(text), "# 4294967360 @ \"\nlimits = {\n fdb = %s; };", large[i]);
		refuse(text, 3, "a number that does not fit 32 bits needs an L behind it");
	}
	conf_free(load(
		"system = { name = \"a \\\" 4294967360\" /**/ \"@\"; /* 4294967360 \n */ }; // 4294967360\n"
		"limits = { fdb = 64L; fdb_age = 0xff; }; ports = ();"));
}

Test(conf, files_that_can_not_be_read)
{
	struct conf_error err;
	struct conf *c = NULL;

	cr_expect_eq(conf_load("/nonexistent/evbd.conf", &c, &err), -ENOENT);
	cr_expect_str_eq(err.text, strerror(ENOENT));
	cr_expect_str_eq(err.file, "/nonexistent/evbd.conf");
	cr_expect_eq(conf_load("/", &c, &err), -EISDIR, "libconfig's own reader would end the process");
	cr_expect_eq(conf_load("/dev/zero", &c, &err), -EFBIG);
	cr_expect_null(c);
}

Test(conf, what_does_not_end_is_refused_where_it_starts)
{
	refuse("\ntypes = \"a;\n\n", 2, "a text that does not end");
	refuse("\ntypes = \"a\\\";\n\n", 2, "a text that does not end");
	refuse("\n\"\\", 2, "a text that does not end");
	refuse("\n/* \n *", 2, "a comment that does not end");
	refuse("log = {\n", 2, "syntax error");
	refuse("ports = (", 1, "syntax error");
}

Test(conf, a_nul_octet_does_not_hide_the_rest)
{
	int fd = memfd_create("conf", 0);
	struct conf_error err;
	struct conf *c = NULL;
	char path[64];

	cr_assert_eq(write(fd, "ports = ();\n\0x = 1;\n", 21), 21);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	cr_expect_eq(conf_load(path, &c, &err), -EINVAL);
	cr_expect_eq(err.line, 2);
	cr_expect_str_eq(err.text, "a NUL octet: this is no text file");
}

Test(conf, the_table_is_sound)
{
	for (const struct conf_setting *s = conf_settings; s->path != NULL; s++) {
		char range[CONF_RANGE_TEXT];

		cr_expect_eq(conf_setting_find(s->path), s, "%s is there twice", s->path);
		cr_expect_neq(s->scope, 0, "%s", s->path);
		cr_expect_gt(strlen(s->help), 0, "%s", s->path);
		cr_expect_lt(strlen(s->path), sizeof(((struct conf_change *)NULL)->setting), "%s", s->path);
		cr_expect_lt(strlen(conf_setting_range(s, range)), sizeof(range) - 1, "%s", s->path);
		cr_expect_neq(strcmp(range + strlen(range) - 3, "..."), 0, "%s: range is cut", s->path);
		if (s->kind == CONF_NUMBER)
			cr_expect((s->value == 0 || s->value >= s->min) && s->value <= s->max &&
					  s->min < s->max,
				"%s", s->path);
		if (s->kind == CONF_CHOICE)
			cr_expect_str_neq(names_text(s->names, (int)s->value, ""), "", "%s", s->path);
	}
}
