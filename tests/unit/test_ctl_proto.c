/* Framing, greeting, and VSI objects: what is read is what was written, what can't be read says why. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "ctl_proto.h"
#include "ctl_vsi_object.h"

static char err[CTL_ERROR_TEXT];
static struct ctl_vsi vsi;

/* A JSON text with ' for ". */
static json_t *json(const char *text)
{
	char copy[2048];
	json_t *j;

	snprintf(copy, sizeof(copy), "%s", text);
	for (char *p = copy; *p; p++)
		if (*p == '\'')
			*p = '"';
	j = json_loads(copy, JSON_DECODE_ANY, NULL);
	cr_assert_not_null(j, "fixture: %s", copy);
	return j;
}

static bool parse(enum vdp_op op, const char *text)
{
	json_t *j = json(text);
	bool is_good;

	err[0] = '\0';
	is_good = ctl_vsi_parse(j, op, &vsi, err);
	json_decref(j);
	return is_good;
}

static void refuses(const char *text, const char *why)
{
	cr_assert_not(parse(VDP_ASSOC, text), "%s", text);
	cr_assert_str_eq(err, why);
}

#define ID   "'id':'1ef0C0DE-0000-4000-8000-000000000001'"
#define BASE ID ",'type_id':7,"

Test(ctl_proto, a_frame_is_whole_only_with_its_last_octet)
{
	json_t *j = json("{'command':'show','what':'vsi'}");
	size_t len;
	uint8_t *frame = ctl_message_frame(j, &len);
	struct span body;
	json_t *back;

	for (size_t n = 0; n < len; n++)
		cr_assert_eq(ctl_frame_split(span_of(frame, n), 1000, &body), CTL_FRAME_PARTIAL);
	cr_assert_eq(ctl_frame_split(span_of(frame, len), 1000, &body), CTL_FRAME_WHOLE);
	cr_assert_eq(body.len, len - CTL_FRAME_HEADER);
	back = ctl_message_parse(body, err);
	cr_assert(json_equal(j, back));
	json_decref(j);
	json_decref(back);
	free(frame);
}

Test(ctl_proto, lengths_of_zero_and_above_the_limit_end_the_stream)
{
	const uint8_t zero[] = { 0, 0, 0, 0, 1 }, big[] = { 0, 0, 0, 11 }, fits[] = { 0, 0, 0, 10 };
	struct span body;

	cr_assert_eq(ctl_frame_split(span_of(zero, 5), 10, &body), CTL_FRAME_BAD);
	cr_assert_eq(ctl_frame_split(span_of(big, 4), 10, &body), CTL_FRAME_BAD);
	cr_assert_eq(ctl_frame_split(span_of(fits, 4), 10, &body), CTL_FRAME_PARTIAL);
}

Test(ctl_proto, only_objects_without_repeated_keys_are_messages)
{
	cr_assert_null(ctl_message_parse(span_of("[1]", 3), err));
	cr_assert_str_eq(err, "not a JSON object");
	cr_assert_null(ctl_message_parse(span_of("{\"a\":1,\"a\":2}", 13), err));
	cr_assert_not_null(strstr(err, "duplicate"));
	cr_assert_null(ctl_message_parse(span_of("{\"a\":", 5), err));
	cr_assert_not_null(strstr(err, "not JSON"));
}

Test(ctl_proto, the_greeting_must_be_evbd_of_our_version)
{
	json_t *good = ctl_hello("0.1.0", 4711);
	json_t *newer = json("{'hello':'evbd','version':2,'daemon':'9.9'}");
	json_t *other = json("{'hello':'ovsdb','version':1}");
	json_t *away = json("{'id':0,'status':4,'error':'too many clients'}");

	cr_assert(ctl_hello_check(good, err));
	cr_assert_not(ctl_hello_check(newer, err));
	cr_assert_str_eq(err, "evbd 9.9 speaks control protocol version 2, this program version 1");
	cr_assert_not(ctl_hello_check(other, err));
	cr_assert_str_eq(err, "what answers is not evbd");
	cr_assert_not(ctl_hello_check(away, err));
	cr_assert_str_eq(err, "evbd refuses this client: too many clients");
	json_decref(good);
	json_decref(newer);
	json_decref(other);
	json_decref(away);
}

Test(ctl_proto, suggestions_are_near_or_absent)
{
	const char *const words[] = { "show", "vsi", "monitor", "reload", NULL };

	cr_assert_str_eq(ctl_suggest("sohw", words), "show");
	cr_assert_str_eq(ctl_suggest("vsj", words), "vsi");
	cr_assert_str_eq(ctl_suggest("relaod", words), "reload");
	cr_assert_null(ctl_suggest("zzz", words));
	cr_assert_null(ctl_suggest("", words));
	cr_assert_null(ctl_suggest("a-word-that-is-longer-than-any-of-the-names", words));
}

Test(ctl_vsi, every_key_reaches_the_request)
{
	cr_assert(parse(VDP_ASSOC,
			  "{" BASE "'port':'eth0','channel':3,'type_version':9,'manager':'2001:db8::1',"
			  "'filters':[{'mac':'52:54:00:00:00:01','vid':100,'pcp':3}],'vm_port':'vnet0',"
			  "'org':'fe0500115b01aa','migrating':true,'suspended':true}"),
		"%s", err);
	cr_assert_str_eq(vsi.port, "eth0");
	cr_assert_str_eq(vsi.vm_port, "vnet0");
	cr_assert_eq(vsi.channel, 3);
	cr_assert(vsi.has_channel);
	cr_assert_eq(vsi.rq.op, VDP_ASSOC);
	cr_assert_eq(vsi.rq.subject.vsi.format, VSI_ID_UUID);
	cr_assert_eq(vsi.rq.subject.vsi.id[1], 0xf0);
	cr_assert_eq(vsi.rq.subject.type_id, 7);
	cr_assert_eq(vsi.rq.subject.type_version, 9);
	cr_assert_eq(vsi.rq.subject.manager.id[0], 0x20);
	cr_assert_eq(vsi.rq.format, VDP_FILTER_MAC_VID);
	cr_assert_eq(vsi.rq.n_filters, 1);
	cr_assert_eq(vsi.rq.filters[0].vid, 100);
	cr_assert_eq(vsi.rq.filters[0].pcp, 3);
	cr_assert(vsi.rq.filters[0].has_pcp);
	cr_assert_eq(vsi.rq.org.len, 7);
	cr_assert(vsi.rq.is_migrating && vsi.rq.is_suspended);
}

Test(ctl_vsi, what_is_left_out_has_defaults)
{
	cr_assert(
		parse(VDP_PREASSOC_RR, "{" BASE "'filters':['100'],'port':null,'vm_port':null}"), "%s", err);
	cr_assert_str_empty(vsi.port);
	cr_assert_str_empty(vsi.vm_port);
	cr_assert_eq(vsi.channel, 1);
	cr_assert_not(vsi.has_channel);
	cr_assert_eq(vsi.rq.subject.type_version, 1);
	cr_assert_eq(vsi.rq.subject.manager.id[15], 0);
	cr_assert_eq(vsi.rq.format, VDP_FILTER_VID);
	cr_assert(parse(VDP_DEASSOC, "{" ID "}"), "a de-associate needs the ID only");
}

Test(ctl_vsi, filters_have_an_object_and_short_forms)
{
	static const struct {
		const char *text;
		uint8_t format;
		struct vdp_filter f;
	} rows[] = {
		{ "'100'", 1, { .vid = 100 } },
		{ "'0x64'", 1, { .vid = 100 } },
		{ "{'vid':'100'}", 1, { .vid = 100 } },
		{ "['vid=0']", 1, { .vid = 0 } },
		{ "'52:54:00:00:00:01'", 2, { .mac = { { 0x52, 0x54, 0, 0, 0, 1 } } } },
		{ "'52-54-0-0-0-1/7'", 2, { .mac = { { 0x52, 0x54, 0, 0, 0, 1 } }, .vid = 7 } },
		{ "'group=4660'", 3, { .group_id = 4660 } },
		{ "'vid=1,group=4294967295'", 3, { .group_id = UINT32_MAX, .vid = 1 } },
		{ "'vid=100,mac=52:54:00:00:00:01,group=0x1234,pcp=3'", 4,
			{ .mac = { { 0x52, 0x54, 0, 0, 0, 1 } },
				.vid = 100,
				.group_id = 4660,
				.pcp = 3,
				.has_pcp = true } },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[256];

		snprintf(text, sizeof(text), "{" BASE "'filters':%s}", rows[i].text);
		cr_assert(parse(VDP_ASSOC, text), "%s: %s", rows[i].text, err);
		cr_assert_eq(vsi.rq.format, rows[i].format, "%s", rows[i].text);
		cr_assert_eq(vsi.rq.n_filters, 1);
		cr_assert_eq(vsi.filters[0].vid, rows[i].f.vid);
		cr_assert_eq(vsi.filters[0].group_id, rows[i].f.group_id);
		cr_assert(mac_equal(vsi.filters[0].mac, rows[i].f.mac));
		cr_assert_eq(vsi.filters[0].pcp, rows[i].f.pcp);
		cr_assert_eq(vsi.filters[0].has_pcp, rows[i].f.has_pcp);
	}
}

Test(ctl_vsi, refusals_name_the_key_and_the_range)
{
	refuses("[]", "not a JSON object");
	refuses("{'type_id':7,'filters':['1']}", "id is missing");
	refuses("{" ID ",'filters':['1']}", "type_id is missing");
	refuses("{" BASE "'port':'eth0'}", "filters is missing");
	refuses("{'id':'nonsense','type_id':7,'filters':['1']}",
		"id: a UUID, MAC, IPv4 or IPv6 address or local:HEX is needed");
	refuses("{" ID ",'type_id':16777216,'filters':['1']}",
		"type_id: a number from 0 to 16777215 is needed");
	refuses("{" ID ",'type_id':-1,'filters':['1']}", "type_id: a number from 0 to 16777215 is needed");
	refuses("{" ID ",'type_id':' 7','filters':['1']}", "type_id: a number from 0 to 16777215 is needed");
	refuses("{" BASE "'type_version':256,'filters':['1']}",
		"type_version: a number from 0 to 255 is needed");
	refuses("{" BASE "'channel':0,'filters':['1']}", "channel: a number from 1 to 4094 is needed");
	refuses("{" BASE "'channel':4095,'filters':['1']}", "channel: a number from 1 to 4094 is needed");
	refuses("{" BASE "'port':'a-name-far-too-long','filters':['1']}",
		"port: an interface name of 1 to 15 characters is needed");
	refuses("{" BASE "'manager':'nobody','filters':['1']}",
		"manager: an IPv6 or IPv4 address or 32 hexadecimal digits are needed");
	refuses("{" BASE "'migrating':1,'filters':['1']}", "migrating: true or false is needed");
	refuses("{" BASE "'typ_version':1,'filters':['1']}",
		"unknown key \"typ_version\", did you mean \"type_version\"?");
	refuses("{" BASE "'zzzz':1,'filters':['1']}", "unknown key \"zzzz\"");
}

Test(ctl_vsi, refusals_of_filters_name_the_filter)
{
	refuses("{" BASE "'filters':[]}", "filters: empty: at least one filter is needed");
	refuses("{" BASE "'filters':[1]}", "filters[0]: an object or a text is needed");
	refuses("{" BASE "'filters':['1','4095']}",
		"filters[1]: vid: a number from 0 to 4094 is needed (0: the bridge chooses)");
	refuses("{" BASE "'filters':['01:00:5e:00:00:01']}",
		"filters[0]: mac: 01:00:5e:00:00:01 is not the address of a single station");
	refuses("{" BASE "'filters':['52:54:00:00:00/7']}",
		"filters[0]: mac: an address such as 52:54:00:00:00:01 is needed");
	refuses("{" BASE "'filters':['group=0']}",
		"filters[0]: group: a number from 1 to 4294967295 is needed");
	refuses("{" BASE "'filters':['vid=1,pcp=8']}", "filters[0]: pcp: a number from 0 to 7 is needed");
	refuses("{" BASE "'filters':['pcp=1']}",
		"filters[0]: empty: at least one of vid, mac, group is needed");
	refuses("{" BASE "'filters':['vid=1,mac']}", "filters[0]: \"mac\" is not key=value");
	refuses("{" BASE "'filters':[{'vdi':1}]}", "filters[0]: unknown key \"vdi\", did you mean \"vid\"?");
	refuses("{" BASE "'filters':['1','52:54:00:00:00:01']}",
		"filters[1]: is of kind mac_vid, the first is vid; all must be of one kind");
	refuses("{" BASE "'filters':['1','0']}",
		"filters[1]: vid 0 (the bridge chooses) must be the only filter");
}

Test(ctl_vsi, org_tlvs_are_checked_as_tlvs)
{
	cr_assert(
		parse(VDP_ASSOC, "{" BASE "'filters':['1'],'org':'fe0400115b01fe0500115b0200'}"), "%s", err);
	refuses("{" BASE "'filters':['1'],'org':'fe0400115b01f'}",
		"org: up to 1400 octets of hexadecimal digits are needed");
	refuses("{" BASE "'filters':['1'],'org':'fe0500115b01'}",
		"org: the last TLV is longer than the text");
	refuses("{" BASE "'filters':['1'],'org':'0a0400115b01'}",
		"org: holds a TLV that is not an org-defined one (type 127, OUI, subtype)");
	refuses("{" BASE "'filters':['1'],'org':'fe0300115b'}",
		"org: holds a TLV that is not an org-defined one (type 127, OUI, subtype)");
	refuses("{" BASE "'filters':['1'],'org':'0000fe0400115b01'}", "org: holds an End TLV");
}

Test(ctl_vsi, as_many_filters_as_one_request_holds)
{
	for (unsigned n = 60; n <= 61; n++) {
		json_t *j = json("{" BASE "'filters':[]}");

		for (unsigned i = 0; i < n; i++)
			json_array_append_new(
				json_object_get(j, "filters"), json_string("52:54:00:00:00:01/7"));
		cr_assert_eq(ctl_vsi_parse(j, VDP_ASSOC, &vsi, err), n == 60);
		json_decref(j);
	}
	cr_assert_str_eq(err, "filters: more than 60 of kind mac_vid do not fit one request");
}

Test(ctl_vsi, a_listed_filter_can_be_read_back)
{
	struct vdp_filter f[] = { { .vid = 100, .mac = { { 0x52, 0x54, 0, 0, 0, 1 } } },
		{ .vid = 7, .mac = { { 0x52, 0x54, 0, 0, 0, 2 } }, .pcp = 5, .has_pcp = true } };
	json_t *j = json("{" BASE "'state':'associated','reason':null,'since':'2026-11-22T00:00:00.000Z'}");
	json_t *filters = ctl_filters_json(VDP_FILTER_MAC_VID, 2, f);

	cr_assert(json_is_null(json_object_get(json_array_get(filters, 0), "group")));
	json_object_set_new(j, "filters", filters);
	cr_assert(ctl_vsi_parse(j, VDP_ASSOC, &vsi, err), "%s", err);
	cr_assert_eq(vsi.rq.n_filters, 2);
	for (unsigned i = 0; i < 2; i++) {
		cr_assert_eq(vsi.filters[i].vid, f[i].vid);
		cr_assert(mac_equal(vsi.filters[i].mac, f[i].mac));
		cr_assert_eq(vsi.filters[i].has_pcp, f[i].has_pcp);
		cr_assert_eq(vsi.filters[i].pcp, f[i].pcp);
	}
	json_decref(j);
}

Test(ctl_vsi, names_of_operations_round_trip)
{
	enum vdp_op op;

	for (int i = VDP_PREASSOC; i <= VDP_DEASSOC; i++) {
		cr_assert(ctl_op_parse(ctl_op_name((enum vdp_op)i), &op));
		cr_assert_eq((int)op, i);
	}
	cr_assert_not(ctl_op_parse("assoc", &op));
}

Test(ctl_proto, reply_keeps_an_error_text_that_is_cut_in_a_character)
{
	json_t *reply = ctl_reply(1, CTL_FAILED, "no port \"\xd0", NULL);
	const char *error = json_string_value(json_object_get(reply, "error"));

	cr_assert(error != NULL);
	cr_expect_str_eq(error, "no port \\x22\\xd0");
	json_decref(reply);
}
