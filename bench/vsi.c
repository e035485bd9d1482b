/*
 * vsi.c - associate VSIs through a control socket and time it.
 *
 *   bench-vsi evbd SOCKET PORT[*COUNT|/COUNT] batch|single|remove N [FIRST]
 *   bench-vsi lldpad IF WINDOW N [FIRST]
 *
 * prints: VSIs that succeeded, seconds, median and 99th percentile of the time from request to answer in ms.
 *
 * Both run on the station's side and speak to the daemon as its users do. evbd takes many VSIs in one request (batch);
 * single asks for one after the other on one connection. lldpad takes one VSI a request, and several requests at a time:
 * WINDOW 1 is its single, 16 its best rate. With PORT*COUNT the VSIs are spread over ports PORT0 .. PORT(COUNT-1), with
 * PORT/COUNT over S-channels 2 .. COUNT+1 of the port.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "client.h"
#include "vsi.h"

double vsi_now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

void vsi_uuid(unsigned i, char text[VSI_UUID_TEXT])
{
	snprintf(text, VSI_UUID_TEXT, "%08x-0000-4000-8000-%012x", i, i);
}

void vsi_mac(unsigned i, char text[VSI_MAC_TEXT])
{
	snprintf(text, VSI_MAC_TEXT, "52:54:00:%02x:%02x:%02x", i >> 16 & 255, i >> 8 & 255, i & 255);
}

/* ---- evbd ---- */

struct target {
	const char *socket;
	char port[16];
	unsigned n_ports;    /* 0: `port` is the name */
	unsigned n_channels; /* 0: the default channel */
	const char *op;
};

static json_t *vsi_object(const struct target *t, unsigned i)
{
	char uuid[VSI_UUID_TEXT], mac[VSI_MAC_TEXT], port[32];
	int channel = t->n_channels > 0 ? (int)(2 + i % t->n_channels) : 1;

	vsi_uuid(i, uuid);
	vsi_mac(i, mac);
	if (t->n_ports > 0)
		snprintf(port, sizeof(port), "%s%u", t->port, i % t->n_ports);
	else
		snprintf(port, sizeof(port), "%s", t->port);
	if (strcmp(t->op, "deassociate") == 0)
		return json_pack("{s:s, s:s, s:i}", "id", uuid, "port", port, "channel", channel);
	return json_pack("{s:s, s:s, s:i, s:i, s:[{s:s, s:i}]}", "id", uuid, "port", port, "channel", channel,
		"type_id", 1, "filters", "mac", mac, "vid", 1);
}

/* One request for VSIs first .. first + n - 1; how many succeeded, -1 when the daemon did not answer. */
static int ask(struct client *c, const struct target *t, unsigned first, unsigned n, double *ret_seconds)
{
	json_t *vsis = json_array(), *request, *reply;
	char err[CTL_ERROR_TEXT];
	double start;
	int n_ok = -1;

	for (unsigned i = 0; i < n; i++)
		json_array_append_new(vsis, vsi_object(t, first + i));
	request = json_pack("{s:s, s:s, s:o}", "command", "vsi", "op", t->op, "vsis", vsis);
	start = vsi_now_s();
	reply = client_ask(c, request, VSI_PATIENCE_S, err);
	*ret_seconds = vsi_now_s() - start;
	if (reply) {
		json_t *result = json_object_get(reply, "result");

		n_ok = (int)(json_array_size(json_object_get(result, "vsi")) -
			     json_array_size(json_object_get(result, "failed")));
	} else {
		fprintf(stderr, "bench-vsi: %s\n", err);
	}
	json_decref(reply);
	return n_ok;
}

static int run_evbd(const struct target *t, unsigned per_request, struct vsi_run *run)
{
	char err[CTL_ERROR_TEXT];
	struct client *c = client_open(t->socket, err);

	if (!c) {
		fprintf(stderr, "bench-vsi: %s\n", err);
		return EXIT_FAILURE;
	}
	for (unsigned i = 0; i < run->n; i += per_request) {
		double seconds;
		int n_ok = ask(c, t, run->first + i, per_request, &seconds);

		if (n_ok < 0)
			break;
		run->seconds += seconds;
		if (per_request == 1 && n_ok == 1)
			run->latency_ms[run->n_ok] = seconds * 1e3;
		run->n_ok += (unsigned)n_ok;
	}
	client_close(c);
	return EXIT_SUCCESS;
}

/* ---- */

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double percentile(const struct vsi_run *run, double q)
{
	unsigned i = (unsigned)((double)run->n_ok * q);

	return run->n_ok == 0 ? 0 : run->latency_ms[i < run->n_ok ? i : run->n_ok - 1];
}

static int report(struct vsi_run *run)
{
	qsort(run->latency_ms, run->n_ok, sizeof(*run->latency_ms), by_value);
	printf("%u %.6f %.4f %.4f\n", run->n_ok, run->seconds, percentile(run, 0.5), percentile(run, 0.99));
	if (run->n_ok < run->n)
		fprintf(stderr, "bench-vsi: %u of %u VSIs succeeded\n", run->n_ok, run->n);
	return run->n_ok > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int usage(void)
{
	fputs("usage: bench-vsi evbd SOCKET PORT[*COUNT|/COUNT] batch|single|remove N [FIRST]\n"
	      "       bench-vsi lldpad IF WINDOW N [FIRST]\n",
		stderr);
	return 2;
}

static unsigned number(const char *text)
{
	return (unsigned)strtoul(text, NULL, 10);
}

static bool read_target(char **argv, struct target *ret)
{
	size_t len = strcspn(argv[3], "*/");
	unsigned count = argv[3][len] != '\0' ? number(argv[3] + len + 1) : 0;

	if (len >= sizeof(ret->port))
		return false;
	*ret = (struct target){ .socket = argv[2] };
	*(argv[3][len] == '/' ? &ret->n_channels : &ret->n_ports) = count;
	memcpy(ret->port, argv[3], len);
	ret->op = strcmp(argv[4], "remove") == 0 ? "deassociate" : "associate";
	return true;
}

int main(int argc, char **argv)
{
	bool is_evbd = argc > 1 && strcmp(argv[1], "evbd") == 0;
	int at = is_evbd ? 5 : 4; /* of N */
	struct vsi_run run = { 0 };
	struct target t;
	int rc;

	if (argc < at + 1 || argc > at + 2 || (is_evbd && !read_target(argv, &t)))
		return usage();
	run.n = number(argv[at]);
	run.first = argc > at + 1 ? number(argv[at + 1]) : 1;
	if (run.n == 0)
		return usage();
	run.latency_ms = calloc(run.n, sizeof(*run.latency_ms));
	if (!run.latency_ms)
		return EXIT_FAILURE;
	if (is_evbd)
		rc = run_evbd(&t, strcmp(argv[4], "single") == 0 ? 1 : run.n, &run);
	else
		rc = vsi_run_lldpad(argv[2], number(argv[3]), &run);
	if (rc == EXIT_SUCCESS)
		rc = report(&run);
	free(run.latency_ms);
	return rc;
}
