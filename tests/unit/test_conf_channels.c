/* S-channels in the configuration file: rows behind their port's, what they inherit, and the rules of CDCP. */
#define _GNU_SOURCE
#include "conf_rig.h"

#define CDCP "cdcp = { enabled = true; };"

Test(conf_channels, defaults_of_cdcp)
{
	struct conf *c = load_port("bridge", "");
	const struct conf_port *p = &c->ports[0];

	cr_expect_eq(p->scid, CONF_SCID_DEFAULT);
	cr_expect_eq(p->svid, 0);
	cr_expect_not(p->cdcp.is_enabled);
	cr_expect_eq(p->cdcp.chn_cap, 64);
	cr_expect(p->cdcp.svid_low == 2 && p->cdcp.svid_high == 4094);
	cr_expect_eq(p->cdcp.hold_s, 3);
	cr_expect(p->learning);
	cr_expect_eq(conf_find_channel(c, "p0", 1), p);
	cr_expect_null(conf_find_channel(c, "p0", 2));
	conf_free(c);
}

Test(conf_channels, every_setting_of_cdcp_is_read)
{
	struct conf *c = load_port("bridge", "cdcp = { enabled = true; max_channels = 167; svid_low = 4094; "
					     "svid_high = 4094; hold = 300; };");
	const struct conf_cdcp *d = &c->ports[0].cdcp;

	cr_expect(d->is_enabled && d->chn_cap == 167 && d->svid_low == 4094 && d->svid_high == 4094 &&
		  d->hold_s == 300);
	conf_free(c);
}

Test(conf_channels, MGMT_03_max_channels_is_1_to_167)
{
	refuse_in_port("bridge", "cdcp = { max_channels = 0; };",
		"cdcp.max_channels of port \"p0\" is 0; allowed: 1..167");
	refuse_in_port("station", "cdcp = { max_channels = 168; };",
		"cdcp.max_channels of port \"p0\" is 168; allowed: 1..167");
	conf_free(load_port("station", "cdcp = { max_channels = 1; };"));
	conf_free(load_port("station", "cdcp = { max_channels = 167; };"));
}

Test(conf_channels, a_channel_is_a_row_behind_its_port)
{
	struct conf *c = load(
		"ports = ( { name = \"a\"; role = \"station\"; " CDCP
		"\n channels = ( { scid = 3; },\n { scid = 2; } ); },\n"
		" { name = \"b\"; role = \"bridge\"; channels = ( { scid = 2; svid = 9; } ); } );");

	cr_assert_eq(c->n_ports, 5);
	for (unsigned i = 0; i < 5; i++) {
		static const uint16_t scids[] = { 1, 3, 2, 1, 2 };
		static const int lines[] = { 1, 2, 3, 4, 4 };

		cr_expect_eq(c->ports[i].scid, scids[i]);
		cr_expect_eq(c->ports[i].line, lines[i]);
		cr_expect_str_eq(c->ports[i].name, i < 3 ? "a" : "b");
		cr_expect_eq(conf_find_channel(c, c->ports[i].name, scids[i]), &c->ports[i]);
	}
	cr_expect_eq(conf_find_port(c, "a"), &c->ports[0], "not a channel of it");
	cr_expect_eq(conf_find_port(c, "b"), &c->ports[3]);
	cr_expect_eq(c->ports[4].role, CONF_BRIDGE);
	cr_expect_eq(c->ports[4].svid, 9);
	conf_free(c);
}

Test(conf_channels, a_channel_has_what_its_port_has)
{
	struct conf *c = load(
		"lldp = { tx_interval = 10; };\n"
		"ports = ( { name = \"a\"; role = \"station\"; channels = ( { scid = 2; } );\n"
		" relay = \"none\"; vm_ports = [ \"v*\" ]; pvid = 7; max_vsis = 9; evb = { rte = 4; }; "
		"driver = \"pcap\"; host_vsi = { type_id = 1; id = \"::1\"; };" CDCP
		" lldp = { admin = \"tx\"; };\n reflective_relay = false; } );");
	const struct conf_port *p = conf_find_port(c, "a"), *q = conf_find_channel(c, "a", 2);

	cr_expect_eq(q->relay, CONF_RELAY_NONE);
	cr_expect(q->pvid == 7 && q->max_vsis == 9 && q->evb.rte == 4 && q->driver == CONF_DRIVER_PCAP);
	cr_expect(q->lldp.tx_interval_s == 10 && q->lldp.admin == LLDP_TX_ONLY);
	cr_expect(!q->evb.reflective_relay && q->evb.is_enabled && q->evb.role == EVB_MODE_STATION);
	cr_expect_eq(q->evb.rr_alarm.ns, dur_s(30).ns);
	cr_expect(p->n_vm_patterns == 1 && q->n_vm_patterns == 0 && q->vm_patterns[0][0] == '\0');
	cr_expect(p->host_vsi.is_set && p->host_vsi.has_id && !q->host_vsi.is_set && !q->host_vsi.has_id);
	cr_expect(p->cdcp.is_enabled && !q->cdcp.is_enabled);
	conf_free(c);
}

Test(conf_channels, a_channel_repeats_what_is_different)
{
	struct conf *c = load_port("station",
		"pvid = 7; evb = { rte = 4; rka = 5; };" CDCP
		"channels = ( { scid = 4094; relay = \"single\"; vm_ports = [ \"x\" ]; reflective_relay = "
		"true; "
		"pvid = 8; max_vsis = 1; evb = { rte = 6; enabled = false; }; }, { scid = 2; } );");
	struct conf *b = load_port("bridge",
		"unassociated = \"vlan 4\"; channels = ( { scid = 2; svid = 100; learning = false; "
		"unassociated = "
		"\"vlan 5\"; strict_move = true; }, { scid = 3; svid = 101; } );");
	const struct conf_port *p = &c->ports[1], *q = &c->ports[2];

	cr_expect(p->relay == CONF_RELAY_SINGLE && p->n_vm_patterns == 1 && p->evb.reflective_relay);
	cr_expect(p->pvid == 8 && p->max_vsis == 1 && p->evb.rte == 6 && p->evb.rka == 5);
	cr_expect(!p->evb.is_enabled && c->ports[0].evb.is_enabled);
	cr_expect(q->pvid == 7 && q->evb.rte == 4 && q->relay == CONF_RELAY_VEPA,
		"the port's, not its neighbour's");
	p = &b->ports[1];
	cr_expect(p->svid == 100 && !p->learning && p->unassociated_vid == 5 && p->strict_move);
	p = &b->ports[2];
	cr_expect(p->svid == 101 && p->learning && p->unassociated_vid == 4 && !p->strict_move);
	conf_free(c);
	conf_free(b);
}

Test(conf_channels, reflective_relay_goes_with_the_relay)
{
	static const struct {
		const char *port, *channel;
		bool on_port, on_channel;
	} row[] = { { "", "", true, true }, { "relay = \"veb\";", "", false, false },
		{ "", "relay = \"veb\";", true, false }, { "", "relay = \"single\";", true, false },
		{ "relay = \"veb\";", "relay = \"vepa\";", false, true },
		{ "reflective_relay = false;", "", false, false },
		{ "reflective_relay = false;", "relay = \"vepa\";", false, true },
		{ "reflective_relay = true;", "relay = \"single\";", true, false },
		{ "reflective_relay = true;", "relay = \"single\"; reflective_relay = true;", true, true } };

	for (unsigned i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		char text[512];
		struct conf *c;

		snprintf(text, sizeof(text), "%s" CDCP "channels = ( { scid = 2; %s } );", row[i].port,
			row[i].channel);
		c = load_port("station", text);
		cr_expect_eq(c->ports[0].evb.reflective_relay, row[i].on_port, "%s", text);
		cr_expect_eq(c->ports[1].evb.reflective_relay, row[i].on_channel, "%s", text);
		conf_free(c);
	}
}

Test(conf_channels, cdcp_needs_its_lldp_agent)
{
	struct conf *c = load_port("bridge", CDCP "channels = ( { scid = 2; } );");

	cr_expect_eq(c->ports[0].lldp_agents, CONF_AGENT_NCB | CONF_AGENT_NTPMR, "added");
	cr_expect_eq(c->ports[1].lldp_agents, CONF_AGENT_NCB, "the TLV of CDCP is the port's alone");
	conf_free(c);
	refuse_in_port("station", "lldp = { agents = [ \"nearest_customer_bridge\" ]; };" CDCP,
		"port \"p0\" needs the agent nearest_non_tpmr_bridge, which carries the CDCP TLV");
	c = load_port("station", "lldp = { agents = [ \"nearest_non_tpmr_bridge\", \"nearest_bridge\" ]; }; "
				 "evb = { manual = true; };" CDCP "channels = ( { scid = 2; } );");
	cr_expect_eq(c->ports[0].lldp_agents, CONF_AGENT_NB | CONF_AGENT_NTPMR, "as given");
	cr_expect_eq(c->ports[1].lldp_agents, 0);
	conf_free(c);
	refuse_in_port("station",
		"lldp = { agents = [ \"nearest_non_tpmr_bridge\" ]; }; evb = { manual = true; };" CDCP
		"channels = ( { scid = 2; evb = { manual = false; }; } );",
		"channel 2 of port \"p0\" needs the agent nearest_customer_bridge, which carries the EVB TLV "
		"(or "
		"evb.manual = true)");
}

Test(conf_channels, a_made_channel_is_as_one_of_the_file)
{
	struct conf *c = load_port("station",
		"relay = \"veb\"; reflective_relay = true; vm_ports = [ \"v*\" ]; host_vsi = { "
		"type_id = 1; };" CDCP "channels = ( { scid = 9; } );");
	struct conf_port p;

	conf_make_channel(&c->ports[0], 9, &p);
	for (const struct conf_setting *s = conf_settings; s->path != NULL; s++)
		cr_expect(s->kept != CONF_IN_PORT || conf_setting_equal(s, &p, &c->ports[1]), "%s", s->path);
	cr_expect(p.n_vm_patterns == 0 && !p.host_vsi.is_set);
	conf_free(c);
}

Test(conf_channels, identifiers_are_in_range_and_unique)
{
	refuse_in_port("station", CDCP "channels = ( { scid = 1; } );",
		"channels.scid of a channel of port \"p0\" is 1; allowed: 2..4094");
	refuse_in_port("station", CDCP "channels = ( { scid = 4095; } );",
		"channels.scid of a channel of port \"p0\" is 4095; allowed: 2..4094");
	refuse_in_port("bridge", "channels = ( { scid = 2; svid = 1; } );",
		"channels.svid of channel 2 of port \"p0\" is 1; allowed: 2..4094");
	refuse_in_port("bridge", "channels = ( { scid = 2; svid = 4095; } );",
		"channels.svid of channel 2 of port \"p0\" is 4095; allowed: 2..4094");
	refuse_in_port("station", CDCP "channels = ( { } );",
		"channels.scid of a channel of port \"p0\" is missing");
	refuse("ports = ( { name = \"p0\"; role = \"bridge\"; " CDCP
	       "\n channels = ( { scid = 2; },\n {\n scid = 2; } "
	       "); } );",
		4, "channel 2 of port \"p0\" is already in line 2");
	refuse("ports = ( { name = \"p0\"; role = \"bridge\"; channels = ( { scid = 2; svid = 7; },\n {\n "
	       "scid = 3;\n svid "
	       "= 7; } ); } );",
		4, "svid 7 of channel 3 of port \"p0\" is that of channel 2 already");
	refuse("ports = ( { name = \"a\"; role = \"bridge\"; channels = ( { scid = 2; svid = 7; } ); },\n { "
	       "name = \"a\"; "
	       "role = \"bridge\"; } );",
		2, "port \"a\" is already in line 1");
	conf_free(load(
		"ports = ( { name = \"a\"; role = \"bridge\"; channels = ( { scid = 2; svid = 7; } ); },\n"
		" { name = \"b\"; role = \"bridge\"; channels = ( { scid = 2; svid = 7; } ); } );"));
}

Test(conf_channels, an_svid_comes_from_one_place)
{
	static const char *const roles[] = { "station", "bridge" };

	for (unsigned i = 0; i < 2; i++) {
		refuse_in_port(roles[i], "channels = ( { scid = 2; svid = 9; }, { scid = 3; } );",
			"channel 3 of port \"p0\" needs an svid, as cdcp.enabled of the port is false");
		conf_free(load_port(roles[i], "channels = ( { scid = 2; svid = 9; } );"));
		conf_free(load_port(roles[i], CDCP "channels = ( { scid = 2; } );"));
	}
	refuse_in_port("station", CDCP "channels = ( { scid = 2; svid = 9; } );",
		"svid does not apply to channel 2 of port \"p0\": it is the bridge's choice, as cdcp.enabled "
		"of the "
		"port is true");
	conf_free(load_port("bridge", CDCP "channels = ( { scid = 2; svid = 9; }, { scid = 3; } );"));
}

Test(conf_channels, limits)
{
	char text[40000];
	size_t n = (size_t)snprintf(text, sizeof(text),
		"ports = ( { name = \"p0\"; role = \"station\"; cdcp = { enabled = true; max_channels = 167; "
		"}; "
		"channels = (\n");
	size_t full;
	struct conf *c;

	for (int i = 2; i <= 167; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s{ scid = %d; }", i > 2 ? "," : "", i);
	full = n;
	snprintf(text + n, sizeof(text) - n, "); } );");
	c = load(text);
	cr_expect_eq(c->n_ports, 167, "with the default channel");
	conf_free(c);
	snprintf(text + full, sizeof(text) - full, ", { scid = 168; } ); } );");
	refuse(text, 1, "channels of port \"p0\" has 167 elements; at most 166");
	refuse_in_port("station",
		"cdcp = { enabled = true; max_channels = 2; }; channels = ( { scid = 2; }, { scid = 3; } );",
		"channel 3 of port \"p0\" is one too many: cdcp.max_channels is 2, default channel included");
	conf_free(load_port("station", "cdcp = { max_channels = 2; }; channels = ( { scid = 2; svid = 2; }, "
				       "{ scid = 3; svid = 3; } );"));
	refuse_in_port("bridge", "cdcp = { svid_low = 9; svid_high = 8; };",
		"cdcp.svid_low of port \"p0\" is 9 but its svid_high is 8");
	conf_free(load_port("bridge", "cdcp = { svid_low = 9; svid_high = 9; };"));
}

Test(conf_channels, numbers_keep_to_their_ranges)
{
	refuse_in_port(
		"bridge", "cdcp = { svid_low = 1; };", "cdcp.svid_low of port \"p0\" is 1; allowed: 2..4094");
	refuse_in_port("bridge", "cdcp = { svid_high = 4095; };",
		"cdcp.svid_high of port \"p0\" is 4095; allowed: 2..4094");
	refuse_in_port(
		"bridge", "cdcp = { hold = 301; };", "cdcp.hold of port \"p0\" is 301; allowed: 0..300");
	refuse_in_port("bridge", "cdcp = { hold = -1; };", "cdcp.hold of port \"p0\" is -1; allowed: 0..300");
	conf_free(load_port("bridge", "cdcp = { hold = 0; };"));
}

Test(conf_channels, a_vm_is_behind_one_channel)
{
	refuse_in_port("station",
		"vm_ports = [ \"v*\" ];" CDCP "channels = ( { scid = 2; vm_ports = [ \"vnet1\" ]; } );",
		"vm_ports \"vnet1\" of channel 2 of port \"p0\" overlaps \"v*\" of port \"p0\": a VM has one "
		"uplink");
	refuse_in_port("station",
		CDCP
		"channels = ( { scid = 2; vm_ports = [ \"v*\" ]; }, { scid = 3; vm_ports = [ \"*1\" ]; } );",
		"vm_ports \"*1\" of channel 3 of port \"p0\" overlaps \"v*\" of channel 2 of port \"p0\": a "
		"VM has one "
		"uplink");
	refuse_in_port("station", CDCP "channels = ( { scid = 2; vm_ports = [ \"p?\" ]; } );",
		"vm_ports \"p?\" of channel 2 of port \"p0\" matches the port itself");
	refuse("ports = ( { name = \"a\"; role = \"station\"; " CDCP
	       "channels = ( { scid = 2; vm_ports = [ \"v*\" ]; } );"
	       " },\n { name = \"b\"; role = \"station\";\n vm_ports = [ \"v1\" ]; } );",
		3,
		"vm_ports \"v1\" of port \"b\" overlaps \"v*\" of channel 2 of port \"a\": a VM has one "
		"uplink");
	refuse("ports = ( { name = \"a\"; role = \"station\"; " CDCP
	       "channels = ( { scid = 2; vm_ports = [ \"b*\" ]; } );"
	       " },\n { name = \"b\"; role = \"ordinary\"; } );",
		2, "port \"b\" matches vm_ports \"b*\" of channel 2 of port \"a\" in line 1");
	refuse("ports = ( { name = \"b\"; role = \"ordinary\"; },\n { name = \"a\"; role = \"station\"; " CDCP
	       "channels = ( { scid = 2; vm_ports = [ \"b*\" ]; } ); } );",
		2, "vm_ports \"b*\" of channel 2 of port \"a\" matches port \"b\" in line 1");
}

Test(conf_channels, settings_in_the_wrong_place_are_refused)
{
	refuse_in_port("ordinary", CDCP,
		"cdcp does not apply to port \"p0\", which is an ordinary port (only to station and bridge "
		"ports)");
	refuse_in_port("station", "cdcp = { svid_low = 9; };",
		"cdcp.svid_low does not apply to port \"p0\", which is a station port (only to bridge "
		"ports)");
	refuse_in_port("station", CDCP "channels = ( { scid = 2; learning = false; } );",
		"learning does not apply to channel 2 of port \"p0\", which is a station port (only to "
		"bridge ports)");
	refuse_in_port("bridge", CDCP "channels = ( { scid = 2; relay = \"vepa\"; } );",
		"relay does not apply to channel 2 of port \"p0\", which is a bridge port (only to station "
		"ports)");
	for (unsigned i = 0; i < 7; i++) {
		static const char *const of_the_port[][2] = { { "name = \"x\";", "name" },
			{ "role = \"bridge\";", "role" }, { "driver = \"pcap\";", "driver" },
			{ "lldp = { };", "lldp" }, { "cdcp = { };", "cdcp" },
			{ "channels = ( );", "channels" }, { "host_vsi = { type_id = 1; };", "host_vsi" } };
		char settings[128], message[128];

		snprintf(settings, sizeof(settings), CDCP "channels = ( { scid = 2; %s } );",
			of_the_port[i][0]);
		snprintf(message, sizeof(message), "%s belongs to the port, not to channel 2 of port \"p0\"",
			of_the_port[i][1]);
		refuse_in_port("station", settings, message);
	}
	refuse_in_port("station", CDCP "channels = ( { scid = 2; evb = { warn_exponent = 2; }; } );",
		"evb.warn_exponent is for all ports: it belongs to the top of the file");
	refuse("channels = ();\n", 1, "channels belongs to a port, not to the top of the file");
	refuse("cdcp = { enabled = true; };\n", 1, "cdcp belongs to a port, not to the top of the file");
	refuse_in_port("station", "channels = { scid = 2; };",
		"channels of port \"p0\" must be a list of groups ( { ... }, ... )");
	refuse_in_port("station", "channels = ( 5 );", "a channel of port \"p0\" must be a group { ... }");
}

Test(conf_channels, unknown_settings_are_refused_with_a_suggestion)
{
	refuse_in_port("station", "scid = 2;",
		"unknown setting \"scid\" in port \"p0\"; did you mean \"channels.scid\"?");
	refuse_in_port("station", "channel = ();",
		"unknown setting \"channel\" in port \"p0\"; did you mean \"channels\"?");
	refuse_in_port("station", CDCP "channels = ( { scid = 2; svld = 2; } );",
		"unknown setting \"svld\" in channel 2 of port \"p0\"; did you mean \"svid\"?");
	refuse_in_port("station", CDCP "channels = ( { scid = 2; vm_port = []; } );",
		"unknown setting \"vm_port\" in channel 2 of port \"p0\"; did you mean \"vm_ports\"?");
	refuse_in_port("station", CDCP "channels = ( { scid = 2; evb = { rtt = 2; }; } );",
		"unknown setting \"rtt\" in evb of channel 2 of port \"p0\"; did you mean \"rte\"?");
	refuse_in_port("bridge", "cdcp = { max_channel = 5; };",
		"unknown setting \"max_channel\" in cdcp of port \"p0\"; did you mean \"max_channels\"?");
}

/* The arrays double: 1, 2, 4 ... and hold what they held. */
Test(conf_channels, rows_stay_when_the_array_grows)
{
	char text[60000];
	size_t n = (size_t)snprintf(text, sizeof(text), "ports = (");
	struct conf *c;

	for (int i = 0; i < 50; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n,
			"%s{ name = \"p%d\"; role = \"bridge\"; pvid = %d; channels = ( { scid = 2; svid = "
			"%d; }, "
			"{ scid = 3; svid = 4000; pvid = %d; } ); }\n",
			i > 0 ? "," : "", i, i + 1, i + 2, i + 100);
	snprintf(text + n, sizeof(text) - n, ");");
	c = load(text);
	cr_assert_eq(c->n_ports, 150);
	for (unsigned i = 0; i < 50; i++) {
		const struct conf_port *p = &c->ports[3 * i];

		cr_expect(p[0].scid == 1 && p[0].pvid == i + 1);
		cr_expect(p[1].scid == 2 && p[1].svid == i + 2 && p[1].pvid == i + 1);
		cr_expect(p[2].scid == 3 && p[2].svid == 4000 && p[2].pvid == i + 100);
	}
	conf_free(c);
}
