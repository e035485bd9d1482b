/* What a reload changes, the patterns of vm_ports, and values as text. */
#define _GNU_SOURCE
#include "conf_rig.h"

/* Exactly one change between the two texts. */
static struct conf_change the_change(const char *old, const char *new_text)
{
	struct conf *a = load(old), *b = load(new_text);
	struct conf_change change[4] = { 0 };

	cr_expect_eq(conf_diff(a, b, change, 4), 1, "%s -> %s", old, new_text);
	cr_expect_eq(conf_diff(a, a, change + 1, 3), 0);
	conf_free(a);
	conf_free(b);
	return change[0];
}

static void expect_change(const char *settings_old, const char *settings_new, const char *role,
	enum conf_effect effect, const char *setting, const char *from, const char *to)
{
	char a[512], b[512];
	struct conf_change c;

	snprintf(a, sizeof(a), "ports = ( { name = \"p0\"; role = \"%s\"; %s } );", role, settings_old);
	snprintf(b, sizeof(b), "ports = ( { name = \"p0\"; role = \"%s\"; %s } );", role, settings_new);
	c = the_change(a, b);
	cr_expect_str_eq(c.port, "p0");
	cr_expect_str_eq(c.setting, setting);
	cr_expect_eq(c.effect, effect, "%s: %s", setting, conf_effect_name(c.effect));
	cr_expect_str_eq(c.from, from);
	cr_expect_str_eq(c.to, to);
}

static void expect_global(
	const char *settings, enum conf_effect effect, const char *setting, const char *from, const char *to)
{
	char b[512];
	struct conf_change c;

	snprintf(b, sizeof(b), "%s ports = ();", settings);
	c = the_change("ports = ();", b);
	cr_expect_str_eq(c.port, "");
	cr_expect_str_eq(c.setting, setting);
	cr_expect_eq(c.effect, effect, "%s: %s", setting, conf_effect_name(c.effect));
	cr_expect_str_eq(c.from, from);
	cr_expect_str_eq(c.to, to);
}

Test(conf_diff, global_settings)
{
	expect_global("system = { description = \"x\"; };", CONF_ADAPTED, "system.description",
		"Edge Virtual Bridging", "x");
	expect_global("control = { socket = \"/s\"; };", CONF_NEEDS_RESTART, "control.socket",
		"/run/evbd/evbd.sock", "/s");
	expect_global("types = \"/t\";", CONF_ADAPTED, "types", "", "/t");
	expect_global("state_dir = \"/d\";", CONF_NEEDS_RESTART, "state_dir", "/var/lib/evbd", "/d");
	expect_global("log = { level = \"error\"; };", CONF_ADAPTED, "log.level", "info", "error");
	expect_global("limits = { fdb = 100; };", CONF_NEEDS_RESTART, "limits.fdb", "16384", "100");
	expect_global("limits = { fdb_age = 100; };", CONF_ADAPTED, "limits.fdb_age", "300", "100");
	expect_global("evb = { warn_exponent = 3; };", CONF_ADAPTED, "evb.warn_exponent", "24", "3");
}

Test(conf_diff, what_needs_a_restart_stays_and_nothing_else)
{
	struct conf
		*old = load("ports = ();"),
		*fresh = load(
			"control = { socket = \"/s\"; group = \"g\"; max_clients = 3; }; state_dir = \"/d\"; "
			"limits = { fdb = 100; fdb_age = 100; ended_vsis = 9; }; ports = ();");
	struct conf_change c[8];

	conf_keep_unchangeable(old, fresh);
	cr_assert_eq(conf_diff(old, fresh, c, 8), 2);
	cr_expect_str_eq(c[0].setting, "control.max_clients");
	cr_expect_str_eq(c[1].setting, "limits.fdb_age");
	conf_free(old);
	conf_free(fresh);
}

Test(conf_diff, settings_of_a_port)
{
	expect_change("", "pvid = 9;", "bridge", CONF_ADAPTED, "pvid", "1", "9");
	expect_change(
		"", "lldp = { tx_interval = 5; };", "bridge", CONF_ADAPTED, "lldp.tx_interval", "30", "5");
	expect_change(
		"", "lldp = { admin = \"off\"; };", "bridge", CONF_RENEGOTIATED, "lldp.admin", "rxtx", "off");
	expect_change("", "lldp = { max_neighbors = 1; };", "bridge", CONF_PORT_RESTARTED,
		"lldp.max_neighbors", "8", "1");
	expect_change("", "lldp = { agents = [ \"nearest_customer_bridge\", \"nearest_bridge\" ]; };",
		"bridge", CONF_PORT_RESTARTED, "lldp.agents", "nearest_customer_bridge",
		"nearest_customer_bridge, nearest_bridge");
	expect_change("", "evb = { rte = 14; };", "bridge", CONF_RENEGOTIATED, "evb.rte", "8", "14");
	expect_change(
		"", "evb = { manual = true; };", "station", CONF_RENEGOTIATED, "evb.manual", "false", "true");
	expect_change("", "reflective_relay = false;", "bridge", CONF_RENEGOTIATED, "reflective_relay",
		"true", "false");
	expect_change("", "max_vsis = 5;", "station", CONF_PORT_RESTARTED, "max_vsis", "4096", "5");
	expect_change("", "driver = \"packet\";", "station", CONF_PORT_RESTARTED, "driver", "auto", "packet");
	expect_change("", "relay = \"none\";", "station", CONF_PORT_RESTARTED, "relay", "vepa", "none");
	expect_change("vm_ports = [ \"a*\" ];", "vm_ports = [ \"a*\", \"b\" ];", "station", CONF_ADAPTED,
		"vm_ports", "a*", "a*, b");
	expect_change(
		"", "unassociated = \"vlan 20\";", "bridge", CONF_ADAPTED, "unassociated", "drop", "vlan 20");
	expect_change("", "strict_move = true;", "bridge", CONF_ADAPTED, "strict_move", "false", "true");
	expect_change("vlans = ( 1, 3, \"5-9\" );", "vlans = [ 4094 ];", "ordinary", CONF_ADAPTED, "vlans",
		"1, 3, 5-9", "4094");
	expect_change("", "create = \"tap\";", "ordinary", CONF_PORT_RESTARTED, "create", "none", "tap");
	expect_change("", "bpdu_guard = true;", "ordinary", CONF_ADAPTED, "bpdu_guard", "false", "true");
	expect_change("", "storm_limit = 7;", "ordinary", CONF_ADAPTED, "storm_limit", "0", "7");
}

Test(conf_diff, the_host_vsi)
{
	expect_change("", "host_vsi = { type_id = 0; };", "station", CONF_RENEGOTIATED, "host_vsi", "false",
		"true");
	expect_change("host_vsi = { type_id = 1; };", "host_vsi = { type_id = 2; };", "station",
		CONF_RENEGOTIATED, "host_vsi.type_id", "1", "2");
	expect_change("host_vsi = { type_id = 1; };", "host_vsi = { type_id = 1; manager = \"::2\"; };",
		"station", CONF_RENEGOTIATED, "host_vsi.manager", "::", "::2");
	expect_change("host_vsi = { type_id = 1; };",
		"host_vsi = { type_id = 1; id = \"52:54:00:00:00:01\"; };", "station", CONF_RENEGOTIATED,
		"host_vsi.id", "", "52:54:00:00:00:01");
}

Test(conf_diff, a_default_at_the_top_changes_every_port_without_its_own)
{
	struct conf *a = load("ports = ( { name = \"x\"; role = \"bridge\"; },"
			      "{ name = \"y\"; role = \"bridge\"; evb = { rte = 9; }; } );");
	struct conf *b = load("evb = { rte = 10; }; ports = ( { name = \"x\"; role = \"bridge\"; },"
			      "{ name = \"y\"; role = \"bridge\"; evb = { rte = 9; }; } );");
	struct conf_change change[2];

	cr_assert_eq(conf_diff(a, b, change, 2), 1);
	cr_expect_str_eq(change[0].port, "x");
	cr_expect_str_eq(change[0].setting, "evb.rte");
	conf_free(a);
	conf_free(b);
}

Test(conf_diff, ports_come_and_go)
{
	struct conf *a = load(
		"ports = ( { name = \"x\"; role = \"bridge\"; }, { name = \"y\"; role = \"bridge\"; } );");
	struct conf *b = load(
		"ports = ( { name = \"y\"; role = \"bridge\"; }, { name = \"z\"; role = \"bridge\"; } );");
	struct conf_change change[2] = { 0 };

	cr_assert_eq(conf_diff(a, b, change, 2), 2);
	cr_expect_eq(change[0].effect, CONF_PORT_REMOVED);
	cr_expect_str_eq(change[0].port, "x");
	cr_expect_str_eq(change[0].setting, "");
	cr_expect_eq(change[1].effect, CONF_PORT_ADDED);
	cr_expect_str_eq(change[1].port, "z");
	cr_expect_eq(conf_diff(a, b, NULL, 0), 2, "counted even where there is no room");
	conf_free(a);
	conf_free(b);
}

Test(conf_diff, another_role_restarts_the_port)
{
	struct conf *a = load("ports = ( { name = \"x\"; role = \"bridge\"; } );");
	struct conf *b = load(
		"ports = ( { name = \"x\"; role = \"station\"; host_vsi = { type_id = 2; }; } );");
	struct conf_change change[8];
	unsigned n = conf_diff(a, b, change, 8);

	cr_assert_eq(n, 3);
	cr_expect_str_eq(change[0].setting, "role");
	cr_expect_eq(change[0].effect, CONF_PORT_RESTARTED);
	cr_expect_str_eq(change[1].setting, "host_vsi");
	cr_expect_str_eq(change[2].setting, "host_vsi.type_id");
	conf_free(a);
	conf_free(b);
}

Test(conf_diff, long_values_are_cut_in_the_text_only)
{
	struct conf *a = load(
		"ports = ( { name = \"x\"; role = \"ordinary\"; vlans = ( 100,102,104,106,108,110,112,114,"
		"116,118,120,122,124,126,128,130,132 ); } );");
	struct conf *b = load(
		"ports = ( { name = \"x\"; role = \"ordinary\"; vlans = ( 100,102,104,106,108,110,112,114,"
		"116,118,120,122,124,126,128,130,134 ); } );");
	struct conf_change change[1];

	cr_assert_eq(conf_diff(a, b, change, 1), 1);
	cr_expect_str_eq(change[0].from, change[0].to);
	cr_expect_eq(strlen(change[0].to), sizeof(change[0].to) - 1);
	cr_expect_str_eq(change[0].to + strlen(change[0].to) - 3, "...");
	conf_free(a);
	conf_free(b);
}

/* The changes of a port from one set of settings to another, as "scid setting: from -> to (effect)" lines. */
static void expect_changes(const char *role, const char *old, const char *fresh, const char *changes)
{
	struct conf *a = load_port(role, old), *b = load_port(role, fresh);
	struct conf_change change[8];
	char text[1024] = "";
	unsigned n = conf_diff(a, b, change, 8);

	cr_assert_leq(n, 8);
	for (unsigned i = 0; i < n; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%u %s: %s -> %s (%s)\n",
			change[i].scid, change[i].setting, change[i].from, change[i].to,
			conf_effect_name(change[i].effect));
	cr_expect_str_eq(text, changes, "got\n%sexpected\n%s", text, changes);
	conf_free(a);
	conf_free(b);
}

#define CHANNEL(more) "cdcp = { enabled = true; }; channels = ( { scid = 2; " more " } );"
#define TAG(more)     "port_extension = { tag = \"vn-tag\"; " more " };"

Test(conf_diff, settings_of_cdcp)
{
	expect_change("", "cdcp = { max_channels = 9; };", "station", CONF_RENEGOTIATED, "cdcp.max_channels",
		"64", "9");
	expect_change("", "cdcp = { hold = 9; };", "bridge", CONF_ADAPTED, "cdcp.hold", "3", "9");
	expect_change(
		"", "cdcp = { svid_low = 9; };", "bridge", CONF_RENEGOTIATED, "cdcp.svid_low", "2", "9");
	expect_change(
		"", "cdcp = { svid_high = 9; };", "bridge", CONF_RENEGOTIATED, "cdcp.svid_high", "4094", "9");
	expect_change("", "learning = false;", "bridge", CONF_ADAPTED, "learning", "true", "false");
	expect_changes("bridge", "", "cdcp = { enabled = true; };",
		"1 lldp.agents: nearest_customer_bridge -> nearest_customer_bridge, nearest_non_tpmr_bridge "
		"(port "
		"restarted)\n1 cdcp.enabled: false -> true (port restarted)\n");
}

Test(conf_diff, channels_come_and_go)
{
	expect_changes("station", CHANNEL(""), "cdcp = { enabled = true; };", "2 :  ->  (port removed)\n");
	expect_changes("station", "cdcp = { enabled = true; };", CHANNEL(""), "2 :  ->  (port added)\n");
	expect_changes("bridge", "channels = ( { scid = 2; svid = 9; }, { scid = 3; svid = 8; } );",
		"channels = ( { scid = 3; svid = 8; }, { scid = 4; svid = 9; } );",
		"2 :  ->  (port removed)\n4 :  ->  (port added)\n");
}

Test(conf_diff, a_port_takes_its_channels_along)
{
	struct conf *a = load("ports = ( { name = \"x\"; role = \"station\"; " CHANNEL("") "} );");
	struct conf *b = load("ports = ();");
	struct conf_change change[2] = { 0 };

	cr_assert_eq(conf_diff(a, b, change, 2), 2);
	cr_expect(change[0].effect == CONF_PORT_REMOVED && change[0].scid == 1);
	cr_expect(change[1].effect == CONF_PORT_REMOVED && change[1].scid == 2);
	cr_assert_eq(conf_diff(b, a, change, 2), 2);
	cr_expect(change[0].effect == CONF_PORT_ADDED && change[0].scid == 1);
	cr_expect(change[1].effect == CONF_PORT_ADDED && change[1].scid == 2);
	conf_free(a);
	conf_free(b);
}

Test(conf_diff, settings_of_a_channel)
{
	expect_changes("bridge", "channels = ( { scid = 2; svid = 9; } );",
		"channels = ( { scid = 2; svid = 8; } );", "2 channels.svid: 9 -> 8 (renegotiated)\n");
	expect_changes("bridge", "cdcp = { enabled = true; }; channels = ( { scid = 2; } );",
		"cdcp = { enabled = true; }; channels = ( { scid = 2; svid = 8; } );",
		"2 channels.svid: 0 -> 8 (renegotiated)\n");
	expect_changes("station", CHANNEL(""), CHANNEL("relay = \"single\";"),
		"2 reflective_relay: true -> false (renegotiated)\n2 relay: vepa -> single (port "
		"restarted)\n");
	expect_changes("station", CHANNEL("vm_ports = [ \"a\" ];"),
		CHANNEL("vm_ports = [ \"b\" ]; evb = { rte = 9; };"),
		"2 evb.rte: 8 -> 9 (renegotiated)\n2 vm_ports: a -> b (adapted)\n");
	expect_changes("bridge", CHANNEL(""),
		CHANNEL("learning = false; unassociated = \"vlan 5\"; strict_move = true;"),
		"2 unassociated: drop -> vlan 5 (adapted)\n2 strict_move: false -> true (adapted)\n"
		"2 learning: true -> false (adapted)\n");
}

Test(conf_diff, a_channel_follows_its_port)
{
	expect_changes("station", CHANNEL(""),
		CHANNEL("") "pvid = 9; evb = { rte = 9; }; lldp = { tx_interval = 9; };",
		"1 lldp.tx_interval: 30 -> 9 (adapted)\n1 evb.rte: 8 -> 9 (renegotiated)\n1 pvid: 1 -> 9 "
		"(adapted)\n"
		"2 lldp.tx_interval: 30 -> 9 (adapted)\n2 evb.rte: 8 -> 9 (renegotiated)\n2 pvid: 1 -> 9 "
		"(adapted)\n");
	expect_changes("station", CHANNEL("pvid = 7;"), CHANNEL("pvid = 7;") "pvid = 9;",
		"1 pvid: 1 -> 9 (adapted)\n");
	expect_changes("station", CHANNEL(""), CHANNEL("") "driver = \"pcap\"; vm_ports = [ \"v\" ];",
		"1 driver: auto -> pcap (port restarted)\n1 vm_ports:  -> v (adapted)\n");
	expect_changes("station", CHANNEL(""), CHANNEL("") "host_vsi = { type_id = 0; };",
		"1 host_vsi: false -> true (renegotiated)\n");
}

Test(conf_diff, settings_of_port_extension)
{
	expect_changes("station", "", TAG(""),
		"1 lldp.agents: nearest_customer_bridge -> nearest_customer_bridge, nearest_non_tpmr_bridge "
		"(port "
		"restarted)\n1 port_extension.tag: none -> vn-tag (port restarted)\n");
	expect_changes("station", TAG(""), TAG("priority = 1;"),
		"1 port_extension.priority: 128 -> 1 (renegotiated)\n");
	expect_changes("station", TAG(""), TAG("subtype = 2; base = false; max_vifs = 9; group = \"g\";"),
		"1 port_extension.subtype: 1023 -> 2 (port restarted)\n1 port_extension.base: true -> false "
		"(port restarted)\n"
		"1 port_extension.max_vifs: 256 -> 9 (port restarted)\n1 port_extension.group:  -> g (port "
		"restarted)\n");
	expect_changes("station", "port_extension = { signalling = true; };",
		"port_extension = { signalling = false; };",
		"1 port_extension.signalling: true -> false (port restarted)\n");
}

Test(conf_diff, vifs)
{
	expect_changes("station", TAG("vifs = ( { id = 5; }, { id = 6; } );"),
		TAG("vifs = ( { id = 7; }, { id = 6; } );"),
		"1 port_extension.vifs 5: true -> false (renegotiated)\n"
		"1 port_extension.vifs 7: false -> true (renegotiated)\n");
	expect_changes("station", TAG("signalling = false; vifs = ( { id = 5; vm_port = \"a\"; } );"),
		TAG("signalling = false; vifs = ( { id = 5; vm_port = \"b\"; pvid = 11; priority = 3; "
		    "untagged = ( 11, \"20-29\" ); transit = true; } );"),
		"1 port_extension.vifs 5 vm_port: a -> b (renegotiated)\n1 port_extension.vifs 5 pvid: 0 -> "
		"11 (adapted)\n"
		"1 port_extension.vifs 5 priority: 0 -> 3 (adapted)\n1 port_extension.vifs 5 untagged:  -> "
		"11, 20-29 "
		"(adapted)\n1 port_extension.vifs 5 transit: false -> true (renegotiated)\n");
	expect_changes("bridge", TAG("vifs = ( { id = 5; }, { id = 6; } );"),
		TAG("vifs = ( { id = 6; }, { id = 5; } );"), "");
	expect_changes("bridge",
		"port_extension = { tag = \"e-tag\"; base = false; vifs = ( { id = 1048575; } ); };",
		"port_extension = { tag = \"e-tag\"; base = false; vifs = ( { id = 1048575; untagged = [ 9 "
		"]; } ); };",
		"1 port_extension.vifs 1048575 untagged:  -> 9 (adapted)\n");
}

Test(conf_diff, lists)
{
	expect_changes("bridge",
		TAG("vifs = ( { id = 5; }, { id = 6; } ); lists = ( { id = 1; members = [ 5 ]; } );"),
		TAG("vifs = ( { id = 5; }, { id = 6; } ); lists = ( { id = 2; members = [ 5 ]; } );"),
		"1 port_extension.lists 1: true -> false (adapted)\n1 port_extension.lists 2: false -> true "
		"(adapted)\n");
	expect_changes("bridge",
		TAG("vifs = ( { id = 5; }, { id = 6; } ); lists = ( { id = 1; members = [ 5 ]; } );"),
		TAG("vifs = ( { id = 5; }, { id = 6; } ); lists = ( { id = 1; members = [ 5, 6 ]; } );"),
		"1 port_extension.lists 1 members: 5 -> 5, 6 (adapted)\n");
}

#define TWO_PORTS(pvid)                                                                                      \
	"ports = ( { name = \"x\"; role = \"bridge\"; " TAG(                                                 \
		"vifs = ( { id = 5; pvid = 1; } );") "},"                                                    \
						     " { name = \"y\"; role = \"bridge\"; " TAG(             \
							     "vifs = ( { id = 5; pvid = " pvid               \
							     "; } );") "} );"

Test(conf_diff, vifs_of_other_ports)
{
	struct conf_change c = the_change(TWO_PORTS("2"), TWO_PORTS("3"));

	cr_expect_str_eq(c.port, "y");
	cr_expect_str_eq(c.setting, "port_extension.vifs 5 pvid");
	cr_expect(strcmp(c.from, "2") == 0 && strcmp(c.to, "3") == 0);
}

Test(conf_diff, the_vifs_of_a_new_port_are_not_told)
{
	struct conf *a = load("ports = ();");
	struct conf *b = load(
		"ports = ( { name = \"x\"; role = \"bridge\"; " TAG("vifs = ( { id = 5; } );") "} );");
	struct conf_change change[2];

	cr_expect_eq(conf_diff(a, b, change, 2), 1);
	cr_expect_eq(conf_diff(b, a, change, 2), 1);
	conf_free(a);
	conf_free(b);
}

Test(conf_diff, every_effect_has_a_name)
{
	cr_expect_str_eq(conf_effect_name(CONF_ADAPTED), "adapted");
	cr_expect_str_eq(conf_effect_name(CONF_RENEGOTIATED), "renegotiated");
	cr_expect_str_eq(conf_effect_name(CONF_PORT_ADDED), "port added");
	cr_expect_str_eq(conf_effect_name(CONF_PORT_REMOVED), "port removed");
	cr_expect_str_eq(conf_effect_name(CONF_PORT_RESTARTED), "port restarted");
	cr_expect_str_eq(conf_effect_name(CONF_NEEDS_RESTART), "needs restart");
}

Test(conf_pattern, overlap)
{
	static const struct {
		const char *a, *b;
		bool overlap;
	} row[] = { { "vnet*", "vnet1", true }, { "vnet*", "vne", false }, { "*", "x", true },
		{ "a*", "b*", false }, { "a*b", "ab", true }, { "a*b", "*c", false }, { "a?c", "abc", true },
		{ "a?c", "ac", false }, { "*a*", "*b*", true }, { "v[0-4]", "v[5-9]", false },
		{ "v[0-5]", "v[5-9]", true }, { "v[!0-9]*", "v1*", false }, { "v[!0-9]*", "va", true },
		{ "[]]", "]", true }, { "[!]]", "]", false }, { "v[a-]", "v-", true },
		{ "***************", "a*b?c*d", true }, { "?", "??", false } };

	for (unsigned i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		cr_expect_eq(conf_pattern_overlap(row[i].a, row[i].b), row[i].overlap, "%s %s", row[i].a,
			row[i].b);
		cr_expect_eq(conf_pattern_overlap(row[i].b, row[i].a), row[i].overlap, "%s %s", row[i].b,
			row[i].a);
		cr_expect(conf_pattern_is_valid(row[i].a) && conf_pattern_is_valid(row[i].b));
		cr_expect(conf_pattern_overlap(row[i].a, row[i].a));
	}
}

Test(conf_pattern, malformed_ones)
{
	static const char *const bad[] = { "", "[", "[a", "[!", "[]", "[z-a]", "[a-/]", "a b", "a/b", "a:b",
		"a\\*", "1234567890123456" };

	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		cr_expect_not(conf_pattern_is_valid(bad[i]), "%s", bad[i]);
		cr_expect_not(conf_pattern_overlap(bad[i], "*"));
	}
	cr_expect(conf_pattern_is_valid("123456789012345"));
}

Test(conf_pattern, names_of_devices)
{
	cr_expect(conf_name_is_valid("eth0") && conf_name_is_valid("a23456789012345") &&
		  conf_name_is_valid("br-1.5"));
	cr_expect_not(conf_name_is_valid(""));
	cr_expect_not(conf_name_is_valid("."));
	cr_expect_not(conf_name_is_valid(".."));
	cr_expect_not(conf_name_is_valid("a234567890123456"));
	cr_expect_not(conf_name_is_valid("a b"));
	cr_expect_not(conf_name_is_valid("a:b"));
}
