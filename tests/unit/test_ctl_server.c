/* The control server over a real socket, in front of two real nodes: answers, VSI requests, limits. */
#include "ctl_rig.h"

#define ID(n)        "1ef0c0de-0000-4000-8000-00000000000" #n
#define VSI(n, type) "{'id':'" ID(n) "','type_id':" #type ",'filters':['52:54:00:00:00:0" #n "/100']}"

TestSuite(ctl_server, .init = rig_start, .fini = rig_stop);

static const char *text_of(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "(null)";
}

static void has_keys(const json_t *row, const char *const *keys)
{
	for (; *keys; keys++)
		cr_assert_not_null(json_object_get(row, *keys), "%s is missing", *keys);
}

Test(ctl_server, a_port_row_has_every_key)
{
	static const char *const keys[] = { "name", "role", "link", "generation", "peer", "relay_mode",
		"reflective_relay", "retries", "rte", "rwd", "rka", "vsis", "channels", "mac", "mtu",
		"driver", "slow_path", "no_fast_path", "offloads_changed", "shielded", "pvid", "unassociated",
		"peer_state", "alarm", "resp_wait_s", "tout_keepalive_s", "uplink", NULL };
	json_t *r, *row;

	rig.is_cut = true;
	rig.n_frames = 0;
	r = rig_query(0, "{'id':1,'command':'show','what':'ports'}");
	row = rig_row(r, "ports", 0);
	cr_assert_eq(rig_status(r), 0);
	has_keys(row, keys);
	cr_assert_str_eq(text_of(row, "name"), "eth0");
	cr_assert(json_is_null(json_object_get(row, "peer")), "nothing heard yet");
	cr_assert(json_is_null(json_object_get(row, "generation")));
	json_decref(r);
	rig.is_cut = false;
	rig_pass(40); /* fast start needs a neighbour to begin */
	r = rig_query(0, "{'id':1,'command':'show','what':'ports','port':'eth0'}");
	row = rig_row(r, "ports", 0);
	cr_assert_str_eq(text_of(json_object_get(row, "peer"), "port_id"), "swp1");
	cr_assert_str_eq(text_of(row, "generation"), "ratified");
	cr_assert_str_eq(text_of(row, "driver"), "mem");
	cr_assert_str_eq(
		json_string_value(json_array_get(json_object_get(row, "offloads_changed"), 0)), "gro");
	cr_assert_eq(json_array_size(json_object_get(row, "offloads_changed")), 1);
	cr_assert(json_is_true(json_object_get(json_object_get(row, "reflective_relay"), "active")));
	json_decref(r);
}

Test(ctl_server, a_vm_that_can_reach_its_hypervisor_is_an_alarm)
{
	json_t *r;

	rig.is_exposed = true;
	r = rig_query(0, "{'id':1,'command':'show','what':'status'}");
	cr_assert_str_eq(
		json_string_value(json_array_get(json_object_get(rig_row(r, "status", 0), "alarms"), 0)),
		"eth0: the VM can reach this host's own network stack");
	json_decref(r);
}

Test(ctl_server, every_listing_is_answered)
{
	static const char *const whats[] = { "status", "ports", "neighbors", "channels", "vsi", "fdb", "vif",
		"types", "counters" };

	rig_pass(5);
	for (int side = 0; side < 2; side++) {
		for (size_t i = 0; i < sizeof(whats) / sizeof(whats[0]); i++) {
			char text[128];
			json_t *r;

			snprintf(text, sizeof(text), "{'id':5,'command':'show','what':'%s'}", whats[i]);
			r = rig_query(side, text);
			cr_assert_eq(rig_status(r), 0, "%s", whats[i]);
			cr_assert_eq(json_integer_value(json_object_get(r, "id")), 5);
			cr_assert(json_is_array(json_object_get(json_object_get(r, "result"), whats[i])));
			cr_assert_eq(
				json_integer_value(json_object_get(json_object_get(r, "result"), "schema")),
				1);
			json_decref(r);
		}
	}
}

Test(ctl_server, neighbours_show_the_evb_tlv)
{
	json_t *r, *row;

	rig_pass(5);
	r = rig_query(0, "{'id':1,'command':'show','what':'neighbors'}");
	row = rig_row(r, "neighbors", 0);
	cr_assert_str_eq(text_of(row, "agent"), "nearest_customer_bridge");
	cr_assert_str_eq(text_of(row, "mac"), "52:54:00:aa:00:01");
	cr_assert_str_eq(text_of(json_object_get(row, "evb"), "mode"), "bridge");
	cr_assert_eq(json_integer_value(json_object_get(json_object_get(row, "evb"), "rte")), 8);
	json_decref(r);
}

Test(ctl_server, MGMT_04_tout_keepalive_is_given_in_microseconds)
{
	struct vdp_params params;
	json_t *r, *row;

	rig_pass(5);
	r = rig_query(1, "{'id':1,'command':'show','what':'counters'}");
	row = rig_row(r, "counters", 0);
	params = (struct vdp_params){ 3, 8, 20, 20, false };
	cr_assert_eq(json_integer_value(json_object_get(row, "tout_keepalive_us")),
		(json_int_t)(vdp_tout_keep_alive(&params).ns / 1000));
	cr_assert_gt(json_integer_value(json_object_get(
			     json_object_get(json_object_get(row, "lldp"), "nearest_customer_bridge"),
			     "stats_frames_in_total")),
		0);
	cr_assert_eq(json_integer_value(json_object_get(row, "link_rx_frames")), 7);
	cr_assert_not_null(json_object_get(json_object_get(row, "drops"), "not_associated"));
	json_decref(r);
}

Test(ctl_server, an_associate_is_answered_when_the_bridge_has_answered)
{
	static const char *const keys[] = { "id", "id_format", "port", "channel", "role", "generation",
		"state", "type_id", "type_version", "manager", "filter_format", "filters", "reason", "error",
		"keep", "hard", "since", "keepalive_s", "vm_port", "migrating", "suspended", "succeeded",
		"failed", "reverts", "rx_frames", "tx_frames", "ended", NULL };
	json_t *r, *row;

	rig_pass(5);
	r = rig_query(0, "{'id':1,'command':'vsi','op':'associate','vsis':[" VSI(1, 1) "]}");
	row = rig_row(r, "vsi", 0);
	cr_assert_eq(rig_status(r), 0);
	has_keys(row, keys);
	cr_assert_str_eq(text_of(row, "state"), "associated");
	cr_assert_str_eq(text_of(row, "role"), "station");
	cr_assert_str_eq(text_of(row, "filter_format"), "mac_vid");
	cr_assert_eq(strlen(text_of(row, "since")), strlen("2026-11-22T00:00:06.000Z"));
	cr_assert_eq(
		strncmp(text_of(row, "since"), "2026-11-22T00:00:0", 18), 0, "%s", text_of(row, "since"));
	cr_assert(json_is_null(json_object_get(row, "reason")));
	json_decref(r);
	r = rig_query(1, "{'id':1,'command':'show','what':'vsi'}");
	row = rig_row(r, "vsi", 0);
	cr_assert_str_eq(text_of(row, "id"), ID(1));
	cr_assert_str_eq(text_of(row, "role"), "bridge");
	cr_assert(json_is_integer(json_object_get(row, "rx_frames")), "the relay counts for it");
	json_decref(r);
}

Test(ctl_server, a_refusal_is_status_1_and_names_the_index)
{
	json_t *r, *failed;

	rig_pass(5);
	r = rig_query(0, "{'id':1,'command':'vsi','op':'associate','vsis':[" VSI(1, 1) "," VSI(2, 9) "]}");
	failed = json_object_get(json_object_get(r, "result"), "failed");
	cr_assert_eq(rig_status(r), 1);
	cr_assert_str_eq(text_of(r, "error"), "1 of 2 VSIs failed");
	cr_assert_eq(json_array_size(failed), 1);
	cr_assert_eq(json_integer_value(json_array_get(failed, 0)), 1);
	cr_assert_str_eq(text_of(rig_row(r, "vsi", 0), "state"), "associated");
	cr_assert_str_eq(text_of(rig_row(r, "vsi", 1), "state"), "refused");
	cr_assert(json_is_true(json_object_get(rig_row(r, "vsi", 1), "hard")));
	cr_assert_eq(json_integer_value(json_object_get(rig_row(r, "vsi", 1), "error")), VDP_E_RESOURCES);
	json_decref(r);
}

Test(ctl_server, an_associated_vsi_asked_again_waits_for_the_new_answer)
{
	struct rig_client c;
	json_t *r;

	rig_pass(5);
	json_decref(rig_query(0, "{'id':1,'command':'vsi','op':'associate','vsis':[" VSI(1, 1) "]}"));
	rig.is_cut = true;
	c = rig_connect(0);
	json_decref(rig_read(&c));
	rig_ask_text(&c, "{'id':2,'command':'vsi','op':'associate','wait':600,'vsis':[" VSI(1, 9) "]}");
	rig_settle();
	rig_pass(1);
	cr_assert_eq(recv(c.fd, &(char){ 0 }, 1, MSG_PEEK), -1, "no answer yet");
	rig.is_cut = false;
	rig_pass(5);
	r = rig_read(&c);
	cr_assert_eq(rig_status(r), 1, "type 9 is refused");
	json_decref(r);
	rig_disconnect(&c);
}

Test(ctl_server, without_a_peer_a_request_stays_pending_and_says_why)
{
	json_t *r;

	rig.is_cut = true;
	r = rig_query(0, "{'id':1,'command':'vsi','op':'associate','wait':0,'vsis':[" VSI(1, 1) "]}");
	cr_assert_eq(rig_status(r), 0, "nobody meant to wait");
	cr_assert_str_eq(text_of(rig_row(r, "vsi", 0), "state"), "pending");
	cr_assert_str_neq(text_of(rig_row(r, "vsi", 0), "reason"), "(null)");
	json_decref(r);
	r = rig_query(0, "{'id':1,'command':'vsi','op':'associate','wait':0.01,'vsis':[" VSI(1, 1) "]}");
	cr_assert_eq(rig_status(r), 1, "the wait is over");
	json_decref(r);
}

/* Whether the refusal comes before the reply is a matter of microseconds; it must not decide. */
Test(ctl_server, who_does_not_wait_is_not_told_of_a_refusal_that_came_fast)
{
	json_t *r;

	rig_pass(5);
	r = rig_query(0, "{'id':1,'command':'vsi','op':'associate','wait':0,'vsis':[" VSI(2, 9) "]}");
	cr_assert_eq(rig_status(r), 0, "it was taken");
	cr_assert_eq(json_array_size(json_object_get(json_object_get(r, "result"), "failed")), 0);
	json_decref(r);
	r = rig_query(0, "{'id':1,'command':'vsi','op':'associate','wait':0,'vsis':[{'id':'" ID(
				 3) "','port':'eth9','type_id':1,'filters':['1']}]}");
	cr_assert_eq(rig_status(r), 1, "and this was not");
	cr_assert_str_eq(text_of(rig_row(r, "vsi", 0), "reason"), "no port \"eth9\"");
	json_decref(r);
}

Test(ctl_server, a_deassociate_is_done_when_the_vsi_has_ended)
{
	json_t *r, *row;

	rig_pass(5);
	json_decref(rig_query(0, "{'id':1,'command':'vsi','op':'associate','vsis':[" VSI(1, 1) "]}"));
	r = rig_query(0, "{'id':1,'command':'vsi','op':'deassociate','vsis':[{'id':'" ID(1) "'}]}");
	cr_assert_eq(rig_status(r), 0);
	cr_assert_str_eq(text_of(rig_row(r, "vsi", 0), "id"), ID(1));
	json_decref(r);
	r = rig_query(0, "{'id':1,'command':'vsi','op':'deassociate','vsis':[{'id':'" ID(1) "'}]}");
	cr_assert_eq(rig_status(r), 1);
	cr_assert_str_eq(text_of(rig_row(r, "vsi", 0), "reason"), "no port has this VSI");
	json_decref(r);
	r = rig_query(0, "{'id':1,'command':'show','what':'vsi'}");
	row = rig_row(r, "vsi", 0);
	cr_assert_str_eq(text_of(row, "port"), "eth0", "it stays listed");
	cr_assert(json_is_string(json_object_get(row, "ended")));
	json_decref(r);
}

Test(ctl_server, on_a_bridge_port_the_administrator_withdraws)
{
	json_t *r;

	rig_pass(5);
	json_decref(rig_query(0, "{'id':1,'command':'vsi','op':'associate','vsis':[" VSI(1, 1) "]}"));
	r = rig_query(1, "{'id':1,'command':'vsi','op':'associate','port':'swp1','vsis':[{'id':'" ID(
				 2) "','port':'swp1','type_id':1,'filters':['1']}]}");
	cr_assert_eq(rig_status(r), 1);
	cr_assert_str_eq(
		text_of(rig_row(r, "vsi", 0), "reason"), "a bridge port does not associate: its stations do");
	json_decref(r);
	r = rig_query(1, "{'id':1,'command':'vsi','op':'deassociate','vsis':[{'id':'" ID(1) "'}]}");
	cr_assert_eq(rig_status(r), 0);
	cr_assert_str_eq(text_of(rig_row(r, "vsi", 0), "reason"), "withdrawn by the administrator");
	json_decref(r);
}

Test(ctl_server, one_unreadable_object_refuses_the_whole_request)
{
	json_t *r;

	rig_pass(5);
	r = rig_query(0, "{'id':1,'command':'vsi','op':'associate','vsis':[" VSI(1, 1) ",{'id':'x'}]}");
	cr_assert_eq(rig_status(r), 2);
	cr_assert_str_eq(
		text_of(r, "error"), "vsis[1]: id: a UUID, MAC, IPv4 or IPv6 address or local:HEX is needed");
	json_decref(r);
	r = rig_query(0, "{'id':1,'command':'show','what':'vsi'}");
	cr_assert_null(rig_row(r, "vsi", 0), "nothing was done");
	json_decref(r);
}

Test(ctl_server, requests_that_make_no_sense_are_status_2)
{
	static const char *const texts[] = { "{'id':1}", "{'id':1,'command':'dance'}",
		"{'id':1,'command':'show'}", "{'id':1,'command':'show','what':'weather'}",
		"{'id':1,'command':'vsi','op':'x','vsis':[]}", "{'id':1,'command':'vsi','op':'associate'}",
		"{'id':1,'command':'vsi','op':'associate','vsis':[],'wait':-1}" };
	json_t *r;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		r = rig_query(0, texts[i]);
		cr_assert_eq(rig_status(r), 2, "%s", texts[i]);
		cr_assert(json_is_string(json_object_get(r, "error")));
		json_decref(r);
	}
	r = rig_query(0, "{'id':1,'command':'show','what':'vsi','port':'nope'}");
	cr_assert_eq(rig_status(r), 1);
	cr_assert_str_eq(text_of(r, "error"), "no port \"nope\"");
	json_decref(r);
}

Test(ctl_server, reload_lists_changes_or_says_where_it_failed)
{
	json_t *r = rig_query(0, "{'id':1,'command':'reload'}");

	cr_assert_eq(rig_status(r), 1);
	cr_assert_str_eq(text_of(r, "error"), "evbd.conf:3: no such setting");
	json_decref(r);
	rig.side[0].is_reload_good = true;
	r = rig_query(0, "{'id':1,'command':'reload'}");
	cr_assert_str_eq(text_of(rig_row(r, "reload", 0), "setting"), "evb.rte");
	json_decref(r);
}

Test(ctl_server, pipelined_requests_are_answered_in_order)
{
	struct rig_client c = rig_connect(0);

	json_decref(rig_read(&c));
	for (int i = 1; i <= 20; i++) {
		char text[128];

		snprintf(text, sizeof(text), "{'id':%d,'command':'show','what':'%s'}", i,
			i % 2 ? "vsi" : "ports");
		rig_ask_text(&c, text);
	}
	for (int i = 1; i <= 20; i++) {
		json_t *r = rig_read(&c);

		cr_assert_eq(json_integer_value(json_object_get(r, "id")), i);
		json_decref(r);
	}
	rig_disconnect(&c);
}

Test(ctl_server, a_length_that_cannot_be_ends_the_connection)
{
	const uint8_t octets[] = { 0xff, 0xff, 0xff, 0xff };
	struct rig_client c = rig_connect(0);
	json_t *r;

	json_decref(rig_read(&c));
	cr_assert_eq(write(c.fd, octets, 4), 4);
	r = rig_read(&c);
	cr_assert_eq(rig_status(r), 2);
	json_decref(r);
	cr_assert_null(rig_read(&c));
	rig_disconnect(&c);
}

Test(ctl_server, one_client_too_many_is_turned_away)
{
	struct rig_client c[4];
	json_t *r;

	for (int i = 0; i < 4; i++) {
		c[i] = rig_connect(0);
		r = rig_read(&c[i]);
		cr_assert_eq(json_is_string(json_object_get(r, "hello")), i < 3);
		if (i == 3)
			cr_assert_eq(rig_status(r), 4);
		json_decref(r);
	}
	cr_assert_null(rig_read(&c[3]));
	for (int i = 0; i < 4; i++)
		rig_disconnect(&c[i]);
	json_decref(rig_query(0, "{'id':1,'command':'show','what':'vif'}"));
}

Test(ctl_server, a_monitor_sees_events_and_hears_of_lost_ones)
{
	struct rig_client c = rig_connect(0);
	const struct node_event ev = { .kind = NODE_EVENT_PORT, .port = 0, .event = "test", .clause = "9.9" };
	json_t *r;
	json_int_t lost = 0;
	unsigned seen = 0;

	json_decref(rig_read(&c));
	rig_ask_text(&c, "{'id':1,'command':'monitor'}");
	json_decref(rig_read(&c));
	ctl_server_event(rig.side[0].server, &ev, rig.now);
	r = rig_read(&c);
	cr_assert_str_eq(text_of(json_object_get(r, "event"), "event"), "test");
	cr_assert_str_eq(text_of(json_object_get(r, "event"), "port"), "eth0");
	json_decref(r);
	for (int i = 0; i < 20000; i++)
		ctl_server_event(rig.side[0].server, &ev, rig.now);
	while (lost == 0) {
		r = rig_read(&c);
		lost = json_integer_value(json_object_get(json_object_get(r, "event"), "count"));
		seen += lost == 0;
		json_decref(r);
	}
	cr_assert_eq(seen + lost, 20000);
	rig_disconnect(&c);
}

Test(ctl_server, a_second_daemon_is_refused_and_a_dead_socket_replaced)
{
	struct ctl_host host = { .ctx = &rig.side[0],
		.node = rig.side[0].node,
		.version = "0",
		.config_path = "",
		.conf = host_conf };
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	struct ctl_server *second;
	char err[128];
	int code = 0, fd;

	cr_assert_null(ctl_server_new(rig.base, &host, &code, err, sizeof(err)));
	cr_assert_eq(code, -EADDRINUSE);
	ctl_server_free(rig.side[0].server);
	rig.side[0].server = NULL;
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", rig.side[0].sock);
	cr_assert_eq(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	close(fd); /* the socket stays, nobody listens */
	second = ctl_server_new(rig.base, &host, &code, err, sizeof(err));
	cr_assert_not_null(second, "%s", err);
	ctl_server_free(second);
}

/* A client that has asked for n associations. */
static struct rig_client ask_for(int n)
{
	struct rig_client c;
	json_t *vsis = json_array(), *r;
	char id[64], filter[64];

	for (int i = 0; i < n; i++) {
		snprintf(id, sizeof(id), "1ef0c0de-0000-4000-8000-%012x", i);
		snprintf(filter, sizeof(filter), "52:54:00:00:%02x:%02x/100", i >> 8, i & 255);
		json_array_append_new(
			vsis, json_pack("{s:s, s:i, s:[s]}", "id", id, "type_id", 1, "filters", filter));
	}
	c = rig_connect(0);
	json_decref(rig_read(&c));
	r = json_pack("{s:i, s:s, s:s, s:o}", "id", 1, "command", "vsi", "op", "associate", "vsis", vsis);
	rig_write(&c, r);
	json_decref(r);
	return c;
}

Test(ctl_server, what_was_taken_leaves_though_the_client_goes)
{
	enum { N = 1000 };
	const struct vdp_table *station, *bridge;
	struct rig_client c;

	rig_pass(5);
	station = node_port(rig.side[0].node, rig.side[0].port)->vdp;
	bridge = node_port(rig.side[1].node, rig.side[1].port)->vdp;
	c = ask_for(N);
	for (int turn = 0; turn < RIG_TURNS && vdp_table_count(station) == 0; turn++)
		event_base_loop(rig.base, EVLOOP_NONBLOCK | EVLOOP_ONCE);
	cr_assert_gt(vdp_table_count(station), 0);
	cr_assert_lt(vdp_table_count(station), N, "the fixture interrupts it");
	rig_disconnect(&c);
	cr_assert_gt(vdp_table_count(bridge), 0, "without a timer");
	cr_assert_eq(vdp_table_count(bridge), vdp_table_count(station));
}

Test(ctl_server, ten_thousand_vsis_in_one_request)
{
	enum { N = 10000 };
	struct rig_client c;
	json_t *r;

	rig_pass(5);
	c = ask_for(N);
	r = rig_read(&c);
	cr_assert_eq(rig_status(r), 0, "%s", text_of(r, "error"));
	cr_assert_eq(json_array_size(json_object_get(json_object_get(r, "result"), "vsi")), N);
	cr_assert_str_eq(text_of(rig_row(r, "vsi", N - 1), "state"), "associated");
	json_decref(r);
	rig_disconnect(&c);
	r = rig_query(0, "{'id':1,'command':'show','what':'vsi'}");
	cr_assert_eq(json_array_size(json_object_get(json_object_get(r, "result"), "vsi")), N);
	json_decref(r);
}

/* A few octets of text each, two hundred in memory. */
Test(ctl_server, a_request_of_too_many_values_is_refused_before_it_is_read)
{
	struct rig_client c = rig_connect(0);
	json_t *vsis = json_array(), *empty = json_object(), *r;

	for (unsigned i = 0; i <= 1u << 18; i++)
		json_array_append(vsis, empty);
	json_decref(empty);
	json_decref(rig_read(&c));
	r = json_pack("{s:i, s:s, s:s, s:o}", "id", 1, "command", "vsi", "op", "associate", "vsis", vsis);
	rig_write(&c, r);
	json_decref(r);
	r = rig_read(&c);
	cr_assert_eq(rig_status(r), 2);
	cr_assert_str_eq(text_of(r, "error"), "too many values in one request: divide it");
	json_decref(r);
	rig_disconnect(&c);
}
