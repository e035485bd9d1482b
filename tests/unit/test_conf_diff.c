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
