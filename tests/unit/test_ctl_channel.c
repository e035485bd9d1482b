/* S-channels over the control socket: rows of `show`, `channel` requests, `channel` in VSI requests; and JSON settings as
 * configuration text. A station and a bridge on one wire, with CDCP. */
#include "ctl_rig.h"

static void start(void)
{
	rig_start_with("ports = ( { name = \"eth0\"; role = \"station\"; cdcp = { enabled = true; "
		       "max_channels = 5; };\n"
		       " channels = ( { scid = 2; pvid = 7; }, { scid = 3; relay = \"veb\"; } ); } );\n",
		"ports = ( { name = \"swp1\"; role = \"bridge\";\n"
		" cdcp = { enabled = true; svid_low = 100; svid_high = 103; };\n"
		" channels = ( { scid = 3; learning = false; }, { scid = 9; } ); } );\n");
	rig_settle();
}

static void started(void)
{
	start();
	rig_pass(3);
}

static void alone(void)
{
	rig.is_cut = true;
	start();
}

TestSuite(ctl_channel, .init = started, .fini = rig_stop);
TestSuite(ctl_channel_early, .init = alone, .fini = rig_stop);

static json_t *reply;

static json_t *row(int side, const char *question, const char *what, size_t i)
{
	json_decref(reply);
	reply = rig_query(side, question);
	cr_assert_eq(rig_status(reply), CTL_DONE, "%s", json_string_value(json_object_get(reply, "error")));
	return rig_row(reply, what, i);
}

static json_t *channel(int side, size_t i)
{
	return row(side, "{'command':'show','what':'channels'}", "channels", i);
}

static const char *text(const json_t *j, const char *key)
{
	return json_string_value(json_object_get(j, key));
}

static int number(const json_t *j, const char *key)
{
	const json_t *n = json_object_get(j, key);

	return json_is_integer(n) ? (int)json_integer_value(n) : -1;
}

static void refused(int side, const char *question, enum ctl_status status, const char *why)
{
	json_decref(reply);
	reply = rig_query(side, question);
	cr_assert_eq(rig_status(reply), (int)status);
	cr_assert_str_eq(text(reply, "error"), why, "%s", text(reply, "error"));
}

/* ---- show channels ---- */

Test(ctl_channel, a_row_has_every_key)
{
	static const char *const keys[] = { "port", "channel", "svid", "role", "state", "reason",
		"cdcp_state", "remote_role", "remote_channels", "relay_mode", "reflective_relay", "learning",
		"generation", "peer", "retries", "rte", "rwd", "rka", "vsis", "rx_frames", "rx_octets",
		"tx_frames", "tx_octets", "dynamic", "origin", "mtu" };

	for (int side = 0; side < 2; side++)
		for (size_t i = 0; i < 3; i++)
			for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); k++)
				cr_assert_not_null(json_object_get(channel(side, i), keys[k]), "%s", keys[k]);
}

Test(ctl_channel, a_station_shows_the_default_channel_first)
{
	json_t *r = channel(0, 0);

	cr_assert_str_eq(text(r, "port"), "eth0");
	cr_assert_eq(number(r, "channel"), 1);
	cr_assert_null(text(r, "reason"));
	cr_assert(json_is_null(json_object_get(r, "svid")));
	cr_assert_str_eq(text(r, "state"), "running");
	cr_assert_str_eq(text(r, "cdcp_state"), "running");
	cr_assert_str_eq(text(r, "remote_role"), "bridge");
	cr_assert_eq(number(r, "remote_channels"), 64);
	r = channel(0, 2);
	cr_assert_eq(number(r, "channel"), 3);
	cr_assert_eq(number(r, "svid"), 101);
	cr_assert_str_eq(text(r, "role"), "station");
	cr_assert_str_eq(text(r, "relay_mode"), "veb");
	cr_assert_str_eq(text(r, "generation"), "ratified");
	cr_assert(json_is_false(json_object_get(json_object_get(r, "reflective_relay"), "requested")));
	cr_assert(json_is_null(json_object_get(r, "learning")), "a bridge's");
	cr_assert_str_eq(text(r, "origin"), "configuration");
	cr_assert_eq(number(r, "mtu"), 1500);
	cr_assert_str_eq(text(json_object_get(channel(0, 1), "peer"), "port_id"), "swp1/2");
}

Test(ctl_channel, a_bridge_says_who_wants_a_channel)
{
	json_t *r = channel(1, 1);

	cr_assert_eq(number(r, "channel"), 2);
	cr_assert_eq(number(r, "svid"), 100);
	cr_assert(json_is_true(json_object_get(r, "dynamic")));
	cr_assert_str_eq(text(r, "origin"), "station");
	cr_assert(json_is_true(json_object_get(r, "learning")));
	r = channel(1, 2);
	cr_assert_eq(number(r, "channel"), 3);
	cr_assert(json_is_false(json_object_get(r, "dynamic")));
	cr_assert(json_is_false(json_object_get(r, "learning")));
	r = channel(1, 3);
	cr_assert_eq(number(r, "channel"), 9);
	cr_assert_str_eq(text(r, "state"), "not_running");
	cr_assert_str_eq(text(r, "reason"), "the station does not ask for it");
	cr_assert_null(channel(1, 4));
}

Test(ctl_channel_early, what_is_missing_has_a_reason)
{
	rig_pass(1);
	cr_assert_str_eq(text(channel(0, 1), "state"), "not_running");
	cr_assert_str_eq(text(channel(0, 1), "reason"), "no CDCP heard from the bridge");
	cr_assert(json_is_null(json_object_get(channel(0, 1), "remote_role")));
	cr_assert_str_eq(text(channel(1, 1), "reason"), "no CDCP heard from the station");
	node_port_state(rig.side[0].node, 0, true, false, (struct mac){ { 2 } }, 1500, rig.now);
	cr_assert_str_eq(text(channel(0, 1), "reason"), "the port is down");
	node_port_state(rig.side[0].node, 0, false, false, (struct mac){ { 2 } }, 1500, rig.now);
	cr_assert_str_eq(text(channel(0, 1), "reason"), "the port's device does not exist");
}

Test(ctl_channel, CDCP_06_what_the_bridge_cant_give_has_a_row_on_both_sides)
{
	static const char *const more[] = { "{'command':'channel','op':'add','port':'eth0','channel':4}",
		"{'command':'channel','op':'add','port':'eth0','channel':5}" };

	node_port_conf(rig.side[1].node, 0, &rig.side[1].conf->ports[0], rig.now);
	rig.side[1].conf->ports[0].cdcp.svid_high = 102;
	node_port_conf(rig.side[1].node, 0, &rig.side[1].conf->ports[0], rig.now);
	for (unsigned i = 0; i < 2; i++)
		(void)row(0, more[i], "channel", 0);
	rig_pass(3);
	cr_assert_eq(number(channel(0, 3), "svid"), 102);
	cr_assert_str_eq(text(channel(0, 4), "reason"), "the bridge gave no SVID");
	cr_assert_eq(number(channel(1, 4), "channel"), 5, "SCID 4 is dynamic, 5 has no port");
	cr_assert_str_eq(text(channel(1, 4), "state"), "not_running");
	cr_assert_str_eq(text(channel(1, 4), "reason"), "no SVID is free");
	cr_assert(json_is_null(json_object_get(channel(1, 4), "relay_mode")));
}

/* ---- the other listings ---- */

Test(ctl_channel, ports_are_devices_and_count_their_channels)
{
	json_t *r = row(0, "{'command':'show','what':'ports'}", "ports", 0);

	cr_assert_eq(number(r, "channels"), 3);
	cr_assert_eq(number(r, "channels_running"), 3);
	cr_assert_str_eq(text(r, "cdcp_state"), "running");
	cr_assert(json_is_null(json_object_get(r, "mtu_needed")), "no VM port");
	cr_assert_null(rig_row(reply, "ports", 1));
	r = row(0, "{'command':'show','what':'status'}", "status", 0);
	cr_assert_eq(number(r, "ports"), 1);
	cr_assert_eq(number(r, "ports_up"), 1);
}

Test(ctl_channel, missing_mtu_is_an_alarm)
{
	uint16_t up = node_find_channel(rig.side[0].node, "eth0", 2);
	uint16_t vm = node_vm_port_add(rig.side[0].node, "vnet1", up, rig.now);
	json_t *r;

	node_port_state(rig.side[0].node, vm, true, true, (struct mac){ { 2 } }, 1500, rig.now);
	r = row(0, "{'command':'show','what':'ports'}", "ports", 0);
	cr_assert_eq(number(r, "mtu_needed"), 1508);
	cr_assert_eq(number(r, "vm_ports"), 1);
	cr_assert_str_eq(text(r, "alarm"), "mtu 1500, needs 1508 for VMs of 1500 in S-channels");
	r = rig_row(reply, "ports", 1);
	cr_assert_str_eq(text(r, "uplink"), "eth0");
	cr_assert_eq(number(r, "channel"), 2);
}

Test(ctl_channel, listings_name_the_channel_and_can_be_limited_to_one)
{
	static const char *const whats[] = { "channels", "neighbors", "counters", "vsi" };

	for (unsigned k = 0; k < 4; k++) {
		char question[128];
		size_t n;

		snprintf(
			question, sizeof(question), "{'command':'show','what':'%s','port':'eth0'}", whats[k]);
		(void)row(0, question, whats[k], 0);
		n = json_array_size(json_object_get(json_object_get(reply, "result"), whats[k]));
		/* the port itself hears its peer in two scopes */
		cr_assert_eq(n, k == 3 ? 0 : k == 1 ? 4 : 3, "%zu %s", n, whats[k]);
		snprintf(question, sizeof(question),
			"{'command':'show','what':'%s','port':'eth0','channel':3}", whats[k]);
		(void)row(0, question, whats[k], 0);
		n = json_array_size(json_object_get(json_object_get(reply, "result"), whats[k]));
		cr_assert_eq(n, k < 3, "%zu %s", n, whats[k]);
		if (k < 3) {
			cr_assert_str_eq(text(rig_row(reply, whats[k], 0), "port"), "eth0");
			cr_assert_eq(number(rig_row(reply, whats[k], 0), "channel"), 3);
		}
	}
	refused(0, "{'command':'show','what':'vsi','channel':3}", CTL_BAD_REQUEST,
		"show: channel is a number from 1 to 4094, and of a port");
	refused(0, "{'command':'show','what':'vsi','port':'eth0','channel':4095}", CTL_BAD_REQUEST,
		"show: channel is a number from 1 to 4094, and of a port");
}

Test(ctl_channel, neighbours_say_their_cdcp)
{
	json_t *r = NULL, *cdcp = NULL;

	for (size_t i = 0; i < 4 && !json_is_object(cdcp); i++) {
		r = row(0, "{'command':'show','what':'neighbors'}", "neighbors", i);
		cdcp = json_object_get(r, "cdcp");
	}
	cr_assert_str_eq(text(cdcp, "role"), "bridge");
	cr_assert_eq(number(cdcp, "max_channels"), 64);
	cr_assert_eq(json_array_size(json_object_get(cdcp, "channels")), 3);
	cr_assert_eq(number(json_array_get(json_object_get(cdcp, "channels"), 2), "svid"), 101);
}

Test(ctl_channel, counters_of_cdcp_are_the_ports)
{
	json_t *r = row(0, "{'command':'show','what':'counters'}", "counters", 0);

	cr_assert_eq(number(r, "cdcp_set_up"), 2);
	cr_assert_eq(number(r, "no_channel"), 0);
	cr_assert(json_is_null(json_object_get(rig_row(reply, "counters", 1), "cdcp_set_up")));
}

/* ---- VSIs ---- */

#define VSI(more)                                                                                            \
	"{'id':'1ef0c0de-0000-4000-8000-000000000001','port':'eth0','type_id':1,'filters':[{'mac':"          \
	"'52:54:00:00:00:01'}]" more "}"
#define ASSOCIATE(more) "{'command':'vsi','op':'associate','vsis':[" VSI(more) "]}"

Test(ctl_channel, a_vsi_goes_into_its_channel)
{
	json_t *r = row(0, ASSOCIATE(",'channel':2"), "vsi", 0);

	cr_assert_str_eq(text(r, "state"), "associated");
	cr_assert_eq(number(r, "channel"), 2);
	cr_assert_str_eq(text(r, "port"), "eth0");
	cr_assert_eq(number(row(1, "{'command':'show','what':'vsi'}", "vsi", 0), "channel"), 2);
	cr_assert_eq(number(row(0, "{'command':'show','what':'ports'}", "ports", 0), "vsis"), 1);
	cr_assert_eq(number(channel(0, 0), "vsis"), 0);
	cr_assert_eq(number(channel(0, 1), "vsis"), 1);
	cr_assert_eq(number(row(0, ASSOCIATE(""), "vsi", 0), "channel"), 1, "by default");
}

Test(ctl_channel, a_vsi_of_no_such_channel_is_refused)
{
	refused(0, ASSOCIATE(",'channel':4"), CTL_FAILED, "1 of 1 VSIs failed");
	cr_assert_str_eq(text(rig_row(reply, "vsi", 0), "reason"), "the port has no such channel");
	cr_assert_eq(number(rig_row(reply, "vsi", 0), "channel"), 4);
}

Test(ctl_channel, deassociate_finds_the_channel)
{
	(void)row(0, ASSOCIATE(",'channel':2"), "vsi", 0);
	refused(0,
		"{'command':'vsi','op':'deassociate','vsis':[{'id':'1ef0c0de-0000-4000-8000-000000000001',"
		"'port':'eth0','channel':3}]}",
		CTL_FAILED, "1 of 1 VSIs failed");
	cr_assert_str_eq(text(rig_row(reply, "vsi", 0), "reason"), "no such VSI on this port");
	(void)row(0,
		"{'command':'vsi','op':'deassociate','vsis':[{'id':'1ef0c0de-0000-4000-8000-000000000001',"
		"'port':'eth0'}]}",
		"vsi", 0);
	cr_assert_eq(
		number(row(0, "{'command':'show','what':'vsi'}", "vsi", 0), "channel"), 2, "listed as ended");
	cr_assert_not_null(text(rig_row(reply, "vsi", 0), "ended"));
	(void)row(0, ASSOCIATE(",'channel':2"), "vsi", 0);
	(void)row(0, ASSOCIATE(",'channel':3"), "vsi", 0);
	refused(0,
		"{'command':'vsi','op':'deassociate','vsis':[{'id':'1ef0c0de-0000-4000-8000-000000000001'}]}",
		CTL_FAILED, "1 of 1 VSIs failed");
	cr_assert_str_eq(text(rig_row(reply, "vsi", 0), "reason"), "several ports have this VSI: name one");
}

Test(ctl_channel_early, a_vsi_waits_for_its_channel)
{
	(void)row(
		0, "{'command':'vsi','op':'associate','wait':0,'vsis':[" VSI(",'channel':2") "]}", "vsi", 0);
	cr_assert_str_eq(text(rig_row(reply, "vsi", 0), "state"), "pending");
	cr_assert_str_eq(text(rig_row(reply, "vsi", 0), "reason"),
		"waiting for the S-channel: no CDCP heard from the bridge");
}

/* ---- channel add, remove ---- */

Test(ctl_channel, add_and_remove)
{
	json_t *r = row(0,
		"{'command':'channel','op':'add','port':'eth0','channel':7,'settings':{'relay':'veb','pvid':"
		"5,"
		"'learning':null}}",
		"channel", 0);

	cr_assert_eq(number(r, "channel"), 7);
	cr_assert_str_eq(text(r, "relay_mode"), "veb");
	cr_assert_str_eq(text(r, "origin"), "evbctl");
	cr_assert_eq(number(r, "pvid"), 5);
	rig_pass(3);
	cr_assert_eq(number(channel(0, 3), "channel"), 7);
	cr_assert_eq(number(channel(0, 3), "svid"), 102);
	r = row(0, "{'command':'channel','op':'remove','port':'eth0','channel':7}", "channel", 0);
	cr_assert_eq(number(r, "svid"), 102, "as it was");
	cr_assert_null(channel(0, 3));
}

Test(ctl_channel, refusals_have_reasons)
{
	refused(0, "{'command':'channel','op':'add','port':'eth0','channel':2}", CTL_FAILED,
		"port \"eth0\" has a channel 2 already");
	refused(0, "{'command':'channel','op':'add','port':'eth9','channel':2}", CTL_FAILED,
		"no port \"eth9\"");
	refused(0, "{'command':'channel','op':'add','port':'eth0','channel':7,'settings':{'relya':1}}",
		CTL_FAILED,
		"unknown setting \"relya\" in channel 7 of port \"eth0\"; did you mean \"relay\"?");
	refused(0,
		"{'command':'channel','op':'add','port':'eth0','channel':7,'settings':{'relay':'vepa; x'}}",
		CTL_FAILED,
		"relay of channel 7 of port \"eth0\" is \"vepa; x\"; allowed: vepa, veb, none, single");
	refused(0, "{'command':'channel','op':'remove','port':'eth0','channel':8}", CTL_FAILED,
		"the port has no such channel");
	refused(0, "{'command':'channel','op':'change','port':'eth0','channel':7}", CTL_BAD_REQUEST,
		"channel: op is neither add nor remove");
	refused(0, "{'command':'channel','op':'add','channel':7}", CTL_BAD_REQUEST,
		"channel: port is missing or too long");
	refused(0, "{'command':'channel','op':'add','port':'eth0','channel':0}", CTL_BAD_REQUEST,
		"channel: channel is no number from 1 to 4094");
	refused(0, "{'command':'channel','op':'add','port':'eth0','channel':7,'settings':[]}",
		CTL_BAD_REQUEST, "channel: settings is not an object");
	cr_assert_null(channel(0, 3));
}

Test(ctl_channel, monitors_hear_of_channels)
{
	struct rig_client c = rig_connect(0);
	bool is_told = false;
	json_t *j = rig_read(&c), *e;

	json_decref(j);
	rig_ask_text(&c, "{'id':1,'command':'monitor'}");
	json_decref(rig_read(&c));
	(void)row(0, "{'command':'channel','op':'add','port':'eth0','channel':7}", "channel", 0);
	rig_pass(3);
	for (unsigned i = 0; i < 6 && !is_told; i++) {
		j = rig_read(&c);
		e = json_object_get(j, "event");
		is_told = strcmp(text(e, "type"), "channel") == 0 && number(e, "channel") == 7 &&
			  strcmp(text(e, "port"), "eth0") == 0 && strcmp(text(e, "to"), "operational") == 0;
		json_decref(j);
	}
	cr_assert(is_told);
	rig_disconnect(&c);
}

/* ---- settings as text ---- */

static void becomes(const char *from, const char *want)
{
	const char *why;
	json_t *j = json_loads(from, JSON_DECODE_ANY, NULL);
	char *t = settings_text(j, &why);

	cr_assert_not_null(t, "%s: %s", from, why);
	cr_assert_str_eq(t, want, "%s", t);
	cr_assert_null(why);
	free(t);
	json_decref(j);
}

static void cant_be_said(const char *from, const char *want)
{
	const char *why;
	json_t *j = json_loads(from, JSON_DECODE_ANY, NULL);

	cr_assert_null(settings_text(j, &why), "%s", from);
	cr_assert_str_eq(why, want, "%s", why);
	json_decref(j);
}

Test(settings_text, json_becomes_configuration)
{
	becomes("{}", "");
	becomes("{\"a\":\"x\",\"b_2\":true,\"c\":false,\"d\":7,\"e\":null}",
		"a = \"x\"; b_2 = true; c = false; d = 7L; ");
	becomes("{\"l\":[\"x\",\"y*\"],\"g\":{\"n\":-1},\"e\":[]}",
		"l = ( \"x\", \"y*\" ); g = { n = -1L; }; e = (  ); ");
	becomes("{\"q\":\"a\\\"b\\\\c\"}", "q = \"a\\\"b\\\\c\"; ");
}

Test(settings_text, what_would_be_something_else_is_refused)
{
	cant_be_said("[]", "settings is not an object");
	cant_be_said("{\"a = 1; b\":2}", "a setting has a name that can't be one");
	cant_be_said("{\"\":2}", "a setting has a name that can't be one");
	cant_be_said("{\"a\":\"x\\ny\"}", "a text has a control character");
	cant_be_said("{\"a\":1.5}",
		"a setting is neither a text, a whole number, true or false, a list nor a group");
	cant_be_said("{\"a\":[[[[[[1]]]]]]}", "settings are nested too deeply");
}
