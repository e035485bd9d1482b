/* Text output from canned rows, and the files made from the command tables. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "out.h"

enum { NOW = 1795392000 }; /* 2026-11-23T00:00:00Z */

static json_t *json(const char *text)
{
	size_t len = strlen(text);
	char *copy = malloc(len + 1);
	json_t *j;

	memcpy(copy, text, len + 1);
	for (char *p = copy; *p; p++)
		if (*p == '\'')
			*p = '"';
	j = json_loads(copy, 0, NULL);
	cr_assert_not_null(j, "fixture: %s", copy);
	free(copy);
	return j;
}

static char *text;
static size_t text_len;

static void check(struct out *o, const char *want)
{
	fclose(o->f);
	cr_assert_str_eq(text, want, "got:\n%s", text);
	free(text);
}

static struct out begin(unsigned width)
{
	return (struct out){ open_memstream(&text, &text_len), NOW, width };
}

static void table_is(const char *what, unsigned width, const char *rows, const char *want)
{
	struct out o = begin(width);
	json_t *j = json(rows);

	out_table(&o, out_view_find(what), j);
	check(&o, want);
	json_decref(j);
}

static const char vsis[] =
	"[{'id':'1ef0c0de-0000-4000-8000-000000000001','port':'eth0','state':'associated','type_id':1,"
	"'type_version':2,'filters':[{'vid':100,'mac':'52:54:00:00:00:01','group':null,'pcp':3}],"
	"'vm_port':'vnet0','since':'2026-11-22T23:56:48.250Z','reason':null,'ended':null,'hard':false},"
	"{'id':'1ef0c0de-0000-4000-8000-000000000002','port':'eth0','state':'refused','type_id':9,"
	"'type_version':1,'filters':[{'vid':0,'mac':null,'group':4660,'pcp':null}],"
	"'vm_port':null,'since':'2026-11-22T20:00:00.000Z','reason':'no such VSI "
	"type','ended':null,'hard':true}]";

Test(ctl_out, vsis_as_a_table)
{
	table_is("vsi", 0, vsis,
		"ID                                    PORT  STATE             TYPE  FILTERS                 "
		"     "
		"VM PORT  SINCE  REASON\n"
		"1ef0c0de-0000-4000-8000-000000000001  eth0  associated         1.2  52:54:00:00:00:01/100 "
		"pcp 3  "
		"vnet0    3m12s\n"
		"1ef0c0de-0000-4000-8000-000000000002  eth0  refused for good   9.1  0 group 4660            "
		"     "
		"-        4h00m  no such VSI type\n");
}

Test(ctl_out, a_narrow_terminal_folds_lists_and_texts_between_words)
{
	static const char many[] =
		"[{'id':'::1','port':'eth0','state':'refused','hard':false,'type_id':1,'type_version':2,'"
		"filters':"
		"[{'vid':1,'mac':'52:54:00:00:00:01'},{'vid':2,'mac':'52:54:00:00:00:02'}],'vm_port':null,"
		"'since':null,'reason':'refused by the bridge: insufficient resources'}]";

	table_is("vsi", 100, many,
		"ID   PORT  STATE    TYPE  FILTERS               VM PORT  SINCE  REASON\n"
		"::1  eth0  refused   1.2  52:54:00:00:00:01/1,  -            -  refused by the bridge:\n"
		"                          52:54:00:00:00:02/2                   insufficient resources\n");
	table_is("vsi", 130, many,
		"ID   PORT  STATE    TYPE  FILTERS                                   VM PORT  SINCE  REASON\n"
		"::1  eth0  refused   1.2  52:54:00:00:00:01/1, 52:54:00:00:00:02/2  -            -  "
		"refused by the bridge: insufficient resources\n");
}

Test(ctl_out, ports_show_peer_driver_and_offloads)
{
	table_is("ports", 0,
		"[{'name':'eth0','role':'station','link':'up','relay_mode':'vepa','guarded':false,"
		"'generation':'draft02',"
		"'peer':{'chassis':'52:54:00:aa:bb:cc','port_id':'swp1','system_name':null},'peer_state':'ok'"
		","
		"'reflective_relay':{'requested':true,'capable':true,'active':true},'channels':3,'cdcp_state'"
		":'running','vsis':2,"
		"'vifs':2,'csp_state':'operational','driver':'pcap','no_fast_path':'none is built in',"
		"'offloads_changed':['gro','rx-vlan'],'alarm':null},"
		"{'name':'eth1','role':'ordinary','link':'down','relay_mode':'bridge','guarded':true,"
		"'generation':null,'peer':"
		"null,"
		"'peer_state':null,'reflective_relay':null,'channels':0,'vsis':0,'driver':null,'offloads_"
		"changed':[],"
		"'alarm':'blocked: a BPDU came in'}]",
		"PORT  ROLE      LINK           RELAY   SPEAKS   PEER                    REFLECT  CHANNELS   "
		" VIFS    "
		"        VSIS  "
		"DRIVER  WHY NOT XDP       OFFLOADS OFF  REMARK\n"
		"eth0  station   up             vepa    draft02  52:54:00:aa:bb:cc swp1  active   3, running "
		" 2, "
		"operational     2  "
		"pcap    none is built in  gro, rx-vlan\n"
		"eth1  ordinary  down, guarded  bridge  -        -                       -                   "
		"         "
		"           0  "
		"-                                       blocked: a BPDU came in\n");
}

Test(ctl_out, channels_say_what_is_missing)
{
	table_is("channels", 0,
		"[{'port':'eth0','channel':1,'svid':null,'state':'running','relay_mode':'vepa','reflective_"
		"relay':"
		"{'active':true},'learning':null,'vsis':1,'rx_frames':7,'tx_frames':9,'reason':null},"
		"{'port':'eth0','channel':4000,'svid':null,'state':'not_running','relay_mode':null,"
		"'reflective_relay':null,'learning':null,'vsis':0,'rx_frames':null,'tx_frames':null,"
		"'reason':'the bridge gave no SVID'}]",
		"PORT  CHANNEL  SVID  STATE        RELAY  REFLECT  LEARNING  VSIS  RX  TX  REASON\n"
		"eth0        1     -  running      vepa   active   -            1   7   9\n"
		"eth0     4000     -  not_running  -      -        -            0   -   -  the bridge gave "
		"no SVID\n");
}

Test(ctl_out, vifs_say_what_they_wait_for)
{
	table_is("vif", 0,
		"[{'port':'eth0','tag':'vn-tag','id':5,'vm_port':'vnet1','link':'up','carrier_taken':false,"
		"'state':'associated','pvid':100,'vsis':1,'rx_frames':7,'tx_frames':9,'drops':2,'reason':"
		"null},"
		"{'port':'eth0','tag':null,'id':null,'vm_port':'vnet2','link':'down','carrier_taken':true,"
		"'state':'wanted','pvid':null,'vsis':0,'rx_frames':0,'tx_frames':0,'drops':0,"
		"'reason':'no controlling bridge is heard'},"
		"{'port':'swp1','tag':'e-tag','id':9,'vm_port':null,'link':'up','carrier_taken':null,'"
		"transit':true,"
		"'state':'created','pvid':null,'vsis':0,'rx_frames':0,'tx_frames':0,'drops':0,'reason':null}"
		"]",
		"PORT  TAG            VIF  VM PORT  LINK        STATE       PVID  VSIS  RX  TX  DROPS  "
		"REASON\n"
		"eth0  vn-tag           5  vnet1    up          associated   100     1   7   9      2\n"
		"eth0  -                -  vnet2    taken down  wanted         -     0   0   0      0  "
		"no controlling bridge is heard\n"
		"swp1  e-tag   9, transit           up          created        -     0   0   0      0\n");
}

Test(ctl_out, a_port_is_named_with_its_vif)
{
	table_is("fdb", 0,
		"[{'vid':100,'mac':'52:54:00:00:00:01','port':'swp1','channel':1,'vif':5,'kind':'static'}]",
		"VID  MAC                PORT    KIND    SEEN\n"
		"100  52:54:00:00:00:01  swp1#5  static     -\n");
}

Test(ctl_out, a_port_is_named_with_its_channel)
{
	table_is("fdb", 0,
		"[{'vid':1,'mac':'a','port':'eth0','channel':1,'kind':'static','seen':null},"
		"{'vid':1,'mac':'b','port':'eth0','channel':20,'kind':'static','seen':null},"
		"{'vid':1,'mac':'c','port':'swp2','channel':null,'kind':'learned','seen':null}]",
		"VID  MAC  PORT     KIND     SEEN\n"
		"  1  a    eth0     static      -\n"
		"  1  b    eth0/20  static      -\n"
		"  1  c    swp2     learned     -\n");
}

Test(ctl_out, an_empty_listing_says_so)
{
	table_is("vsi", 0, "[]", "no VSIs\n");
	table_is("vif", 80, "[]", "no virtual interfaces: no port uses VN-Tag or E-TAG\n");
	table_is("reload", 0, "[]", "no setting changed\n");
	cr_assert_null(out_view_find("nonsense"));
}

Test(ctl_out, blocks_show_every_key)
{
	struct out o = begin(0);
	json_t *j = json("[{'id':'a','vm_port':null,'keepalive_s':10.5,'since':'2026-11-22T23:59:00.000Z',"
			 "'filters':[{'vid':1,'mac':null},{'vid':2,'mac':null}],'keep':true}]");

	out_blocks(&o, "id", j);
	check(&o, "a\n"
		  "    vm port              -\n"
		  "    keepalive            10.5 s\n"
		  "    since                2026-11-22T23:59:00.000Z (1m00s ago)\n"
		  "    filters              vid 1\n"
		  "                         vid 2\n"
		  "    keep                 yes\n");
	json_decref(j);
}

Test(ctl_out, counters_leave_zeros_out_unless_asked)
{
	static const char rows[] =
		"[{'port':'eth0','tout_keepalive_us':5,'ecp_tx_failures':0,'drops':{'vlan':7,'storm':0}}]";
	json_t *j = json(rows);
	struct out o = begin(0);

	out_counters(&o, j, false);
	check(&o, "PORT  COUNTER     VALUE\neth0  drops vlan      7\n");
	o = begin(0);
	out_counters(&o, j, true);
	check(&o, "PORT  COUNTER            VALUE\n"
		  "eth0  tout_keepalive_us      5\n"
		  "eth0  ecp_tx_failures        0\n"
		  "eth0  drops vlan             7\n"
		  "eth0  drops storm            0\n");
	json_decref(j);
}

Test(ctl_out, counters_of_channels_are_apart)
{
	json_t *j = json("[{'port':'eth0','channel':1,'bpdus':7},{'port':'eth0','channel':2,'bpdus':8}]");
	struct out o = begin(0);

	out_counters(&o, j, false);
	check(&o, "PORT    COUNTER  VALUE\neth0    bpdus        7\neth0/2  bpdus        8\n");
	json_decref(j);
}

Test(ctl_out, ages_are_two_units_at_most)
{
	static const struct {
		time_t s;
		const char *want;
	} rows[] = { { -5, "0s" }, { 59, "59s" }, { 60, "1m00s" }, { 3599, "59m59s" }, { 3600, "1h00m" },
		{ 86399, "23h59m" }, { 86400, "1d00h" }, { 100 * 86400, "100d00h" } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct out o = begin(0);

		out_age(o.f, rows[i].s);
		check(&o, rows[i].want);
	}
	cr_assert_eq(out_time_parse("2026-11-23T00:00:00.000Z"), NOW);
	cr_assert_eq(out_time_parse("yesterday"), -1);
}

static char *file_text(const char *path)
{
	char name[512];
	char *all = NULL;
	size_t len = 0;
	FILE *f;

	snprintf(name, sizeof(name), "%s/%s", getenv("EVBD_SOURCE_DIR"), path);
	f = fopen(name, "r");
	cr_assert_not_null(f, "%s", name);
	cr_assert_gt(getdelim(&all, &len, '\0', f), 0);
	fclose(f);
	return all;
}

Test(ctl_help, the_checked_in_completion_is_the_generated_one)
{
	char *want = file_text("packaging/completions/evbctl.bash");
	struct out o = begin(0);

	help_bash(o.f);
	check(&o, want);
	free(want);
}

Test(ctl_help, the_manual_page_has_the_generated_synopsis)
{
	char *page = file_text("man/evbctl.8");
	struct out o = begin(0);

	help_mdoc(o.f);
	fclose(o.f);
	cr_assert_not_null(strstr(page, text), "evbctl --completion mdoc prints what belongs there");
	free(text);
	free(page);
}

Test(ctl_help, every_command_and_option_is_explained)
{
	char *page = file_text("man/evbctl.8");

	for (const struct command *c = cmd_commands; c->name != NULL; c++) {
		char name[64];

		cr_assert_not_null(c->help);
		cr_assert_not_null(c->run);
		snprintf(name, sizeof(name), ".It Cm %s%s%s", c->name, c->sub ? " " : "",
			c->sub ? c->sub : "");
		cr_assert(strcmp(c->name, "vsi") == 0 || strstr(page, name), "%s is not in the manual", name);
		cr_assert(c->sub == NULL || strcmp(c->name, "show") != 0 || out_view_find(c->sub) ||
				  strcmp(c->sub, "status") == 0 || strcmp(c->sub, "counters") == 0,
			"show %s has no table", c->sub);
	}
	free(page);
}
