/*
 * main.c - evbd's options. Everything else is in loop.c, attach.c and reload.c around the node.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "evbd.h"
#include "notify.h"

static const char usage[] =
	"usage: evbd [-c FILE] [--seccomp refuse|kill|off] [--record FILE]\n"
	"                                run in the foreground (default /etc/evbd/evbd.conf)\n"
	"       evbd --check [FILE]      check a configuration and its type file\n"
	"       evbd --replay FILE       play what --record wrote, and compare what comes out\n"
	"       evbd --version | --help\n";

static void print_count(unsigned n, const char *what)
{
	printf(", %u %s%s", n, what, n == 1 ? "" : "s");
}

static void print_good(const char *path, const struct conf *conf)
{
	unsigned n_channels = 0;

	for (unsigned i = 0; i < conf->n_ports; i++)
		n_channels += conf->ports[i].scid != CONF_SCID_DEFAULT;
	printf("%s: good", path);
	print_count(conf->n_ports - n_channels, "port");
	if (n_channels)
		print_count(n_channels, "S-channel");
	if (conf->n_vifs)
		print_count(conf->n_vifs, "VIF");
	putchar('\n');
}

static int check(const char *path)
{
	struct conf_error error;
	struct conf *conf;
	struct vtdb_types *types = NULL;
	char text[sizeof(error)];
	int err = conf_load(path, &conf, &error);

	if (!err && conf->types_file[0])
		err = conf_types_load(conf->types_file, &types, &error);
	if (err) {
		fprintf(stderr, "%s\n", conf_error_format(&error, text, sizeof(text)));
		return 1;
	}
	print_good(path, conf);
	if (types)
		conf_types_free(types);
	conf_free(conf);
	return 0;
}

static int replay(const char *path)
{
	struct tape_result r = tape_play(path);

	if (r.is_damaged) {
		fprintf(stderr, "evbd: %s: %s\n", path, r.text);
		return 2;
	}
	printf("%s: %s: %llu inputs, %llu frames out%s%s\n", path, r.is_same ? "the same" : "different",
		(unsigned long long)r.inputs, (unsigned long long)r.outputs, r.is_same ? "" : "; ", r.text);
	return r.is_same ? 0 : 1;
}

static int run(const char *path, enum sandbox sandbox, const char *tape)
{
	static struct evbd d;
	struct conf_error error;
	struct conf *conf;
	char text[sizeof(error)];
	int err = conf_load(path, &conf, &error);

	if (err) {
		fprintf(stderr, "%s\n", conf_error_format(&error, text, sizeof(text)));
		return 1;
	}
	signal(SIGPIPE, SIG_IGN);
	d.sandbox = sandbox;
	d.tape_path = tape;
	err = evbd_start(&d, path, conf);
	if (err)
		log_line(&d.log, LOG_ERROR, "event=\"can't start\" error=\"%s\"", strerror(-err));
	else
		evbd_run(&d);
	evbd_stop(&d);
	return err ? 1 : 0;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "check", no_argument, NULL, 'k' },
		{ "seccomp", required_argument, NULL, 's' },
		{ "record", required_argument, NULL, 'r' },
		{ "replay", required_argument, NULL, 'p' },
		{ "version", no_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	const char *path = "/etc/evbd/evbd.conf";
	enum sandbox sandbox = SANDBOX_REFUSE;
	const char *tape = NULL, *played = NULL;
	bool is_check = false;
	int c;

	while ((c = getopt_long(argc, argv, "c:Vh", options, NULL)) != -1) {
		switch (c) {
		case 'c':
			path = optarg;
			break;
		case 'k':
			is_check = true;
			break;
		case 's':
			if (!sandbox_parse(optarg, &sandbox)) {
				fprintf(stderr, "evbd: --seccomp: refuse, kill or off\n");
				return 2;
			}
			break;
		case 'r':
			tape = optarg;
			break;
		case 'p':
			played = optarg;
			break;
		case 'V':
			printf("evbd %s%s%s%s\n", EVBD_VERSION, sandbox_is_built() ? " seccomp" : "",
				notify_is_built() ? " systemd" : "", fastpath_is_built() ? " xdp" : "");
			return 0;
		case 'h':
			fputs(usage, stdout);
			return 0;
		default:
			fputs(usage, stderr);
			return 2;
		}
	}
	if (is_check && optind < argc)
		path = argv[optind++];
	if (optind < argc) {
		fprintf(stderr, "evbd: unexpected \"%s\"\n%s", argv[optind], usage);
		return 2;
	}
	if (played)
		return replay(played);
	return is_check ? check(path) : run(path, sandbox, tape);
}
