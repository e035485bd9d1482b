/* evbctl as a process: exit codes, what is on which stream, and what goes over the socket, against a daemon that says
 * what each test wants it to say. */
#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd.h"
#include "ctl_proto.h"

static char dir[] = "/tmp/evbctl-test-XXXXXX";
static char sock[64];
static char out[65536], errors[65536], request[65536]; /* of the last run */

static void slurp(int fd, char *to, size_t size)
{
	size_t n = 0;
	ssize_t got;

	while (n + 1 < size && (got = read(fd, to + n, size - n - 1)) > 0)
		n += (size_t)got;
	to[n] = '\0';
	close(fd);
}

static void put(int fd, const char *text)
{
	uint8_t header[CTL_FRAME_HEADER];
	size_t len = strlen(text);

	ctl_frame_header(len, header);
	if (write(fd, header, sizeof(header)) < 0 || write(fd, text, len) < 0)
		_exit(1); /* no assertion: Criterion does not know this process */
}

/* The daemon: greet, take one request if there is to be an answer, answer with each text. */
static void serve(int listener, int log, const char *hello, const char *const *replies)
{
	int fd = accept(listener, NULL, NULL);
	uint8_t b[65536];
	struct span body;
	size_t len = 0;
	ssize_t n;

	put(fd, hello);
	if (replies[0] == NULL)
		_exit(0);
	while (ctl_frame_split(span_of(b, len), sizeof(b), &body) == CTL_FRAME_PARTIAL) {
		n = read(fd, b + len, sizeof(b) - len);
		if (n <= 0)
			_exit(0);
		len += (size_t)n;
	}
	if (write(log, body.ptr, body.len) < 0)
		_exit(1);
	for (; *replies != NULL; replies++)
		put(fd, *replies);
	_exit(0);
}

static int listen_at(const char *path)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", path);
	cr_assert_eq(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	cr_assert_eq(listen(fd, 1), 0);
	return fd;
}

/* Run evbctl with `line` (split at blanks) against a daemon with these replies; NULL hello: no daemon. */
static int run(const char *line, const char *input, const char *hello, const char *const *replies)
{
	char copy[4096];
	char *argv[64] = { (char *)"evbctl", (char *)"-s", sock };
	int argc = 3, status, listener = -1;
	int o[2], e[2], in[2], log[2];
	pid_t daemon = 0, pid;

	snprintf(copy, sizeof(copy), "%s", line);
	for (char *save = NULL, *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save))
		argv[argc++] = w;
	cr_assert(pipe(o) == 0 && pipe(e) == 0 && pipe(in) == 0 && pipe(log) == 0);
	if (hello != NULL) {
		listener = listen_at(sock);
		daemon = fork();
		if (daemon == 0) {
			close(o[1]); /* evbctl's alone, so that they end with it */
			close(e[1]);
			close(in[1]);
			serve(listener, log[1], hello, replies);
		}
		close(listener);
	}
	pid = fork();
	if (pid == 0) {
		dup2(in[0], 0);
		dup2(o[1], 1);
		dup2(e[1], 2);
		close(in[1]);
		status = evbctl_run(argc, argv);
		fflush(NULL);
		_exit(status);
	}
	close(o[1]);
	close(e[1]);
	close(log[1]);
	close(in[0]);
	if (input != NULL)
		cr_assert_eq(write(in[1], input, strlen(input)), (ssize_t)strlen(input));
	close(in[1]);
	slurp(o[0], out, sizeof(out));
	slurp(e[0], errors, sizeof(errors));
	waitpid(pid, &status, 0);
	cr_assert(WIFEXITED(status));
	if (daemon > 0) {
		kill(daemon, SIGKILL); /* where evbctl never connected */
		waitpid(daemon, NULL, 0);
		unlink(sock);
	}
	slurp(log[0], request, sizeof(request));
	return WEXITSTATUS(status);
}

static void setup(void)
{
	cr_assert_not_null(mkdtemp(dir));
	snprintf(sock, sizeof(sock), "%s/sock", dir);
}
static void teardown(void)
{
	rmdir(dir);
}
TestSuite(ctl_cli, .init = setup, .fini = teardown);

#define HELLO "{\"hello\":\"evbd\",\"version\":1,\"daemon\":\"0.1.0\",\"pid\":1}"
#define ID1   "1ef0c0de-0000-4000-8000-000000000001"
#define ID2   "1ef0c0de-0000-4000-8000-000000000002"

static int run_with(const char *line, const char *reply)
{
	const char *const replies[] = { reply, NULL };

	return run(line, NULL, HELLO, replies);
}

Test(ctl_cli, without_a_daemon_it_says_so)
{
	char want[128];

	cr_assert_eq(run("show status", NULL, NULL, NULL), 1);
	snprintf(want, sizeof(want), "evbctl: evbd is not running (no socket at %s)\n", sock);
	cr_assert_str_eq(errors, want);
	cr_assert_str_empty(out);
}

Test(ctl_cli, a_dead_socket_is_no_daemon)
{
	char want[128];

	close(listen_at(sock));
	cr_assert_eq(run("show status", NULL, NULL, NULL), 1);
	unlink(sock);
	snprintf(want, sizeof(want), "evbctl: evbd is not running (nobody answers at %s)\n", sock);
	cr_assert_str_eq(errors, want);
}

Test(ctl_cli, another_protocol_version_is_refused)
{
	const char *const none[] = { NULL };

	cr_assert_eq(
		run("show status", NULL, "{\"hello\":\"evbd\",\"version\":2,\"daemon\":\"3.0\"}", none), 1);
	cr_assert_str_eq(
		errors, "evbctl: evbd 3.0 speaks control protocol version 2, this program version 1\n");
}

Test(ctl_cli, wrong_usage_is_exit_code_2)
{
	static const struct {
		const char *line, *want;
	} rows[] = {
		{ "sohw", "evbctl: unknown command \"sohw\", did you mean \"show\"?\n" },
		{ "show", "evbctl: show what? status, ports, neighbors, channels, vsi, fdb, vif, types, "
			  "counters\n" },
		{ "show prots", "evbctl: unknown command \"show prots\", did you mean \"ports\"?\n" },
		{ "show ports eth0", "evbctl: unexpected argument \"eth0\"\n" },
		{ "show ports --prot eth0", "evbctl: unknown option --prot, did you mean --port?\n" },
		{ "show ports --port", "evbctl: --port needs a value: PORT\n" },
		{ "show ports --json=1", "evbctl: --json takes no value\n" },
		{ "show ports -x", "evbctl: unknown option -x\n" },
		{ "monitor --wait 3", "evbctl: monitor has no option --wait\n" },
		{ "vsi associate --id new --type-id 1", "evbctl: --filters is missing\n" },
		{ "vsi associate --id new --type-id 99999999 --filters 1",
			"evbctl: --type-id: a number from 0 to 16777215 is needed\n" },
		{ "vsi deassociate --id 1.2.3.4 --id 1.2.3.5",
			"evbctl: --id 1.2.3.4 and --id 1.2.3.5: one at a time, or a file with -f\n" },
		{ "vsi deassociate --id new --wait soon",
			"evbctl: --wait: seconds from 0 to 86400 are needed\n" },
		{ "vsi deassociate --id new --wait 1 --no-wait",
			"evbctl: --wait and --no-wait exclude each other\n" },
		{ "vsi associate -f /nonexistent/file",
			"evbctl: /nonexistent/file: No such file or directory\n" },
		{ "vsi associate -f /", "evbctl: /:1: Is a directory\nevbctl: nothing was sent\n" },
		{ "show vsi --id seven",
			"evbctl: --id: a UUID, MAC, IPv4 or IPv6 address or local:HEX is needed\n" },
		{ "show vsi --channel 2",
			"evbctl: --channel: a number from 1 to 4094 is needed, and --port\n" },
		{ "show vsi --port eth0 --channel x",
			"evbctl: --channel: a number from 1 to 4094 is needed, and --port\n" },
		{ "show ports --port eth0 --channel 2", "evbctl: show ports has no option --channel\n" },
		{ "channel add --port eth0", "evbctl: --port and --channel are needed\n" },
		{ "channel remove --channel 2", "evbctl: --port and --channel are needed\n" },
		{ "channel add --port eth0 --channel 2 --scid 2",
			"evbctl: --scid and --channel are the same\n" },
		{ "channel add --port eth0 --scid 4095",
			"evbctl: --scid: a number from 1 to 4094 is needed\n" },
		{ "channel add --port eth0 --channel 2x",
			"evbctl: --channel: a number from 1 to 4094 is needed\n" },
		{ "channel add --port eth0 --channel 2 --svid 0",
			"evbctl: --svid: a number from 1 to 4094 is needed\n" },
		{ "channel add --port eth0 --channel 2 --learning maybe",
			"evbctl: --learning: yes or no is needed\n" },
		{ "channel add --port eth0 --channel 2 --relay vepo",
			"evbctl: --relay: vepa|veb|none|single is needed, did you mean vepa?\n" },
		{ "channel remove --port eth0 --channel 2 --relay vepa",
			"evbctl: channel remove has no option --relay\n" },
		{ "sohw --help", "evbctl: no command \"sohw\"; \"evbctl help\" lists them\n" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cr_assert_eq(run(rows[i].line, NULL, NULL, NULL), 2, "%s", rows[i].line);
		cr_assert_str_eq(errors, rows[i].want);
		cr_assert_str_empty(out);
	}
}

Test(ctl_cli, show_prints_the_result_as_it_came_with_j)
{
	cr_assert_eq(
		run_with("-j show vif", "{\"id\":1,\"status\":0,\"result\":{\"schema\":1,\"vif\":[]}}"), 0);
	cr_assert_str_eq(out, "{\"schema\":1,\"vif\":[]}\n");
	cr_assert_str_eq(request, "{\"command\":\"show\",\"what\":\"vif\",\"id\":1}");
	cr_assert_eq(run_with("show vif --port eth0", "{\"id\":1,\"status\":0,\"result\":{\"vif\":[]}}"), 0);
	cr_assert_str_eq(out, "no virtual interfaces: no port uses VN-Tag or E-TAG\n");
	cr_assert_str_eq(request, "{\"command\":\"show\",\"what\":\"vif\",\"port\":\"eth0\",\"id\":1}");
}

Test(ctl_cli, show_can_pick_one_vsi)
{
	cr_assert_eq(run_with("show vsi -j --id " ID2, "{\"id\":1,\"status\":0,\"result\":{\"vsi\":["
						       "{\"id\":\"" ID1 "\"},{\"id\":\"" ID2 "\"}]}}"),
		0);
	cr_assert_str_eq(out, "{\"vsi\":[{\"id\":\"" ID2 "\"}]}\n");
}

Test(ctl_cli, help_may_stand_behind_the_first_word_of_a_command)
{
	static char listed[sizeof(out)];

	cr_assert_eq(run("help vsi", NULL, NULL, NULL), 0);
	memcpy(listed, out, sizeof(out));
	cr_assert_not_null(strstr(listed, "vsi preassociate"));
	cr_assert_eq(run("vsi --help", NULL, NULL, NULL), 0);
	cr_assert_str_eq(out, listed);
}

Test(ctl_cli, the_status_of_the_reply_decides_the_exit_code)
{
	static const int codes[] = { 0, 1, 2, 1, 1 };

	for (int status = 1; status <= 4; status++) {
		char reply[128];

		snprintf(reply, sizeof(reply), "{\"id\":1,\"status\":%d,\"error\":\"evbd.conf:3: no\"}",
			status);
		cr_assert_eq(run_with("reload", reply), codes[status]);
		cr_assert_str_eq(errors, "evbctl: evbd.conf:3: no\n");
		cr_assert_str_empty(out);
	}
}

Test(ctl_cli, reload_lists_changes)
{
	cr_assert_eq(
		run_with("reload", "{\"id\":1,\"status\":0,\"result\":{\"schema\":1,\"reload\":[{\"effect\":"
				   "\"adapted\",\"port\":\"eth0\",\"setting\":\"evb.rte\",\"from\":\"8\","
				   "\"to\":\"9\"}]}}"),
		0);
	cr_assert_str_eq(out, "EFFECT   PORT  SETTING  FROM  TO\nadapted  eth0  evb.rte  8     9\n");
}

Test(ctl_cli, options_become_one_vsi_request)
{
	cr_assert_eq(
		run_with("vsi preassociate --resource_reservation --id " ID1 " --port=eth0 --type-id 7 "
			 "--filters 52:54:00:00:00:01/100 --filters vid=0,mac=52:54:00:00:00:02 --migrating",
			"{\"id\":1,\"status\":0,\"result\":{\"schema\":1,\"vsi\":[{\"id\":\"" ID1
			"\",\"port\":"
			"\"eth0\",\"state\":\"preassociated_rr\"}],\"failed\":[]}}"),
		0);
	cr_assert_str_eq(request,
		"{\"command\":\"vsi\",\"op\":\"preassociate_rr\",\"vsis\":[{\"id\":\"" ID1
		"\",\"port\":\"eth0\","
		"\"type_id\":\"7\",\"filters\":[\"52:54:00:00:00:01/100\",\"vid=0,mac=52:54:00:00:00:02\"],"
		"\"migrating\":true}],\"id\":1}");
	cr_assert_str_eq(out, ID1 ": pre-associated with resources reserved on eth0\n");
}

Test(ctl_cli, a_vsi_in_a_channel_says_which)
{
	cr_assert_eq(run_with("vsi associate --id " ID1 " --channel 2 --type-id 7 --filters 1",
			     "{\"id\":1,\"status\":0,\"result\":{\"schema\":1,\"vsi\":[{\"id\":\"" ID1
			     "\",\"port\":\"eth0\",\"channel\":2,\"state\":\"associated\"}],\"failed\":[]}}"),
		0);
	cr_assert_not_null(strstr(request, "\"channel\":\"2\""));
	cr_assert_str_eq(out, ID1 ": associated on eth0/2\n");
}

#define CHANNEL(more)                                                                                        \
	"{\"id\":1,\"status\":0,\"result\":{\"schema\":1,\"channel\":[{\"port\":\"eth0\",\"channel\":7" more \
	"}]}}"

Test(ctl_cli, options_become_the_settings_of_a_channel)
{
	cr_assert_eq(run_with("channel add --port eth0 --scid 7 --svid 100 --pvid 5 --relay veb --vm-ports "
			      "vnet7,tap* "
			      "--reflective-relay no --learning yes",
			     CHANNEL(",\"svid\":100")),
		0);
	cr_assert_str_eq(request,
		"{\"command\":\"channel\",\"op\":\"add\",\"port\":\"eth0\",\"channel\":7,\"settings\":{"
		"\"svid\":100,\"pvid\":5,\"relay\":\"veb\",\"vm_ports\":[\"vnet7\",\"tap*\"],"
		"\"reflective_relay\":false,\"learning\":true},\"id\":1}");
	cr_assert_str_eq(out, "eth0/7: added, SVID 100\n");
	cr_assert_eq(run_with("channel add --port eth0 --channel 7",
			     CHANNEL(",\"svid\":null,\"reason\":\"no CDCP heard from the bridge\"")),
		0);
	cr_assert_not_null(strstr(request, "\"settings\":{}"));
	cr_assert_str_eq(out, "eth0/7: added, not running yet: no CDCP heard from the bridge\n");
}

Test(ctl_cli, a_channel_is_removed_or_the_reason_told)
{
	cr_assert_eq(run_with("channel remove --port eth0 --channel 7", CHANNEL("")), 0);
	cr_assert_str_eq(out, "eth0/7: removed\n");
	cr_assert_eq(run_with("-j channel remove --port eth0 --channel 7", CHANNEL("")), 0);
	cr_assert_str_eq(out, "{\"schema\":1,\"channel\":[{\"port\":\"eth0\",\"channel\":7}]}\n");
	cr_assert_eq(run_with("channel remove --port eth0 --channel 7",
			     "{\"id\":1,\"status\":1,\"error\":\"the port has no such channel\"}"),
		1);
	cr_assert_str_eq(errors, "evbctl: the port has no such channel\n");
	cr_assert_str_empty(out);
}

Test(ctl_cli, a_refused_vsi_is_exit_code_1_with_its_reason)
{
	cr_assert_eq(
		run_with("vsi associate --no-wait --id " ID1 " --type-id 7 --filters 1",
			"{\"id\":1,\"status\":1,\"error\":\"1 of 1 failed\",\"result\":{\"schema\":1,\"vsi\":"
			"[{\"id\":\"" ID1
			"\",\"port\":\"eth0\",\"state\":\"refused\",\"reason\":\"no such VSI "
			"type\"}],\"failed\":[0]}}"),
		1);
	cr_assert_str_eq(errors, "evbctl: " ID1 ": refused: no such VSI type\n");
	cr_assert_str_empty(out);
	cr_assert_not_null(strstr(request, "\"wait\":0"));
}

Test(ctl_cli, a_reason_that_says_refused_says_it_once)
{
	cr_assert_eq(run_with("vsi associate --id " ID1 " --type-id 7 --filters 1",
			     "{\"id\":1,\"status\":1,\"result\":{\"vsi\":[{\"id\":\"" ID1
			     "\",\"state\":\"refused\",\"reason\":\"refused by the bridge: other failure\"}],"
			     "\"failed\":[0]}}"),
		1);
	cr_assert_str_eq(errors, "evbctl: " ID1 ": refused by the bridge: other failure\n");
}

Test(ctl_cli, an_associated_vsi_is_told_with_its_vlan_and_vm_port)
{
	static const char *const rows[][2] = {
		{ "\"vm_port\":\"vnet1\",\"role\":\"station\",\"filters\":[{\"vid\":100}]",
			"associated on eth0, VLAN 100, VM port vnet1\n" },
		{ "\"vm_port\":null,\"role\":\"station\",\"filters\":[{\"vid\":1},{\"vid\":2}]",
			"associated on eth0 (no VM port has its address yet)\n" },
	};

	for (unsigned i = 0; i < 2; i++) {
		char reply[512], want[128];

		snprintf(reply, sizeof(reply),
			"{\"id\":1,\"status\":0,\"result\":{\"vsi\":[{\"id\":\"" ID1
			"\",\"port\":\"eth0\",\"state\":\"associated\",%s}],\"failed\":[]}}",
			rows[i][0]);
		cr_assert_eq(run_with("vsi associate --id " ID1 " --type-id 7 --filters 1", reply), 0);
		snprintf(want, sizeof(want), ID1 ": %s", rows[i][1]);
		cr_assert_str_eq(out, want);
	}
}

Test(ctl_cli, a_vsi_that_is_not_there_has_a_reason_and_no_state)
{
	cr_assert_eq(run_with("vsi deassociate --id " ID1,
			     "{\"id\":1,\"status\":1,\"result\":{\"vsi\":[{\"id\":\"" ID1
			     "\",\"state\":\"none\",\"reason\":\"no port has this VSI\"}],\"failed\":[0]}}"),
		1);
	cr_assert_str_eq(errors, "evbctl: " ID1 ": no port has this VSI\n");
}

Test(ctl_cli, a_file_goes_in_one_request_and_failures_name_their_lines)
{
	static const char lines[] = "{\"id\":\"" ID1 "\",\"filters\":[\"1\"]}\n\n"
				    "{\"id\":\"" ID2 "\",\"filters\":[\"2\"],\"type_id\":8}\n";
	const char *const replies[] = {
		"{\"id\":1,\"status\":1,\"error\":\"x\",\"result\":{\"schema\":1,\"vsi\":["
		"{\"id\":\"" ID1 "\",\"state\":\"associated\"},"
		"{\"id\":\"" ID2 "\",\"state\":\"timed_out\",\"reason\":\"no answer\"}],"
		"\"failed\":[1]}}",
		NULL
	};

	cr_assert_eq(run("vsi associate -f - --type-id 7 --wait 5", lines, HELLO, replies), 1);
	cr_assert_str_eq(errors, "evbctl: -:3: " ID2 ": timed out: no answer\n");
	cr_assert_str_eq(out, "1 of 2 VSIs associated, 1 failed\n");
	cr_assert_str_eq(request,
		"{\"command\":\"vsi\",\"op\":\"associate\",\"vsis\":["
		"{\"id\":\"" ID1 "\",\"filters\":[\"1\"],\"type_id\":\"7\"},"
		"{\"id\":\"" ID2 "\",\"filters\":[\"2\"],\"type_id\":8}],\"wait\":5,\"id\":1}");
}

Test(ctl_cli, one_bad_line_and_nothing_is_sent)
{
	static const char lines[] = "{\"id\":\"" ID1 "\",\"type_id\":1,\"filters\":[\"1\"]}\n"
				    "{\"id\":\n"
				    "{\"id\":\"" ID2 "\",\"type_id\":1,\"filters\":[\"4095\"]}\n";
	const char *const replies[] = { "{\"id\":1,\"status\":0,\"result\":{}}", NULL };

	cr_assert_eq(run("vsi associate -f -", lines, HELLO, replies), 2);
	cr_assert_not_null(strstr(errors, "evbctl: -:2: not JSON: "));
	cr_assert_not_null(strstr(errors, "evbctl: -:3: filters[0]: vid: a number from 0 to 4094"));
	cr_assert_not_null(strstr(errors, "evbctl: nothing was sent\n"));
	cr_assert_str_empty(request);
	cr_assert_eq(run("vsi associate -f -", "\n", NULL, NULL), 2, "an empty file is no input");
}

static const char *const events[] = { "{\"id\":1,\"status\":0}",
	"{\"event\":{\"time\":\"2026-11-22T14:02:31.123Z\",\"type\":\"vsi\",\"warning\":false,\"port\":"
	"\"eth0\","
	"\"vsi\":\"" ID1 "\",\"from\":\"pending\",\"to\":\"associated\",\"event\":\"response\","
	"\"clause\":\"41.5.2\",\"detail\":null,\"ended\":false}}",
	"{\"event\":{\"time\":\"T\",\"type\":\"channel\",\"port\":\"eth0\",\"channel\":2,\"from\":\"none\","
	"\"to\":\"operational\",\"event\":\"S-channel\",\"detail\":\"scid=2 svid=100\"}}",
	"{\"event\":{\"type\":\"lost\",\"count\":3}}", NULL };

Test(ctl_cli, monitor_prints_a_line_per_event)
{
	cr_assert_eq(run("monitor", NULL, HELLO, events), 1, "the daemon went away");
	cr_assert_str_eq(out,
		"2026-11-22T14:02:31.123Z eth0 vsi " ID1 " response: pending -> associated [41.5.2]\n"
		"T eth0/2 channel S-channel: none -> operational; scid=2 svid=100\n"
		"... 3 events lost: this client reads too slowly\n");
	cr_assert_str_eq(errors, "evbctl: evbd closed the connection\n");
}

Test(ctl_cli, monitor_j_prints_an_object_per_line)
{
	run("monitor -j", NULL, HELLO, events);
	cr_assert_eq(strncmp(out, "{\"schema\":1,\"time\":\"2026-", 25), 0);
	cr_assert_not_null(strstr(out, "}\n{\"schema\":1,\"type\":\"lost\",\"count\":3}\n"));
}
