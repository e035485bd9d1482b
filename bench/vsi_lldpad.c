/*
 * vsi_lldpad.c - associate VSIs through the control socket of lldpad 1.1 (module VDP22).
 *
 * Its protocol: ASCII datagrams on the abstract address "/com/intel/lldpad". A client attaches to a module's events, sends
 * `M` requests and gets an `R` reply to each in order (taken or not), and an `M..E` event when the association is
 * through; the event's "hints" are 0 on success. Numbers are hexadecimal, texts preceded by their length.
 *
 * With many requests outstanding on a busy machine some never get their event. After half a second such a request is given
 * up and its place taken by the next, so that the rate is that of what works; the time ends with the last event.
 */
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "vsi.h"

#define LOST_AFTER_S 0.5

enum {
	MODULE_VDP22 = 0x80c4,
	CMD_SET = 2,
	OPS_SET = 0x1d | 1 << 8, /* local, argument and value, configuration; one filter */
	AGENT_NCB = 2,
	TLVID_ASSOC = 3,
	MESSAGE_MAX = 4096,
	TICK_MS = 50,
};

struct lldpad {
	int fd;
	bool refused; /* a request was not taken */
	const char *ifname;
	struct vsi_run *run;
	double *sent_s;               /* when VSI first + i was asked for */
	unsigned next, oldest, n_out; /* next to ask for, oldest without an outcome, how many of those */
	double last_s;                /* when the last event came */
};

static int connect_to(struct lldpad *l)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX }, to = { .sun_family = AF_UNIX };
	static const char name[] = "/com/intel/lldpad";
	socklen_t base = offsetof(struct sockaddr_un, sun_path) + 1;
	char message[MESSAGE_MAX];
	int n = snprintf(at.sun_path + 1, sizeof(at.sun_path) - 1, "%s/%d", name, (int)getpid());

	memcpy(to.sun_path + 1, name, sizeof(name) - 1);
	l->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (l->fd < 0 || bind(l->fd, (struct sockaddr *)&at, base + (socklen_t)n) != 0 ||
		connect(l->fd, (struct sockaddr *)&to, base + (socklen_t)sizeof(name) - 1) != 0)
		return -1;
	n = snprintf(message, sizeof(message), "A%x", MODULE_VDP22);
	if (send(l->fd, message, (size_t)n, 0) != n || recv(l->fd, message, sizeof(message), 0) <= 0)
		return -1;
	return 0;
}

static int put(char *at, size_t room, const char *key, const char *value)
{
	return snprintf(at, room, "%02zx%s%04zx%s", strlen(key), key, strlen(value), value);
}

static void ask(struct lldpad *l)
{
	unsigned i = l->run->first + l->next;
	char message[MESSAGE_MAX], uuid[VSI_UUID_TEXT], mac[VSI_MAC_TEXT], filter[32];
	const char *pairs[][2] = { { "mode", "assoc" }, { "mgrid2", "mgr1" }, { "typeid", "5" },
		{ "typeidver", "4" }, { "uuid", uuid }, { "hints", "none" }, { "filter", filter } };
	int n;

	vsi_uuid(i, uuid);
	vsi_mac(i, mac);
	snprintf(filter, sizeof(filter), "%u-%s", 2 + i % 4000, mac);
	n = snprintf(message, sizeof(message), "M%08xC3%02x%08x%02zx%s%02x%08x", MODULE_VDP22, CMD_SET,
		OPS_SET, strlen(l->ifname), l->ifname, AGENT_NCB, TLVID_ASSOC);
	for (unsigned k = 0; k < sizeof(pairs) / sizeof(pairs[0]); k++)
		n += put(message + n, sizeof(message) - (size_t)n, pairs[k][0], pairs[k][1]);
	l->sent_s[l->next++] = vsi_now_s();
	l->n_out++;
	if (send(l->fd, message, (size_t)n, 0) != n)
		perror("bench-vsi: lldpad");
}

/* An event: which VSI, and did it work? */
static void on_event(struct lldpad *l, const char *message)
{
	const char *uuid = strstr(message, "04uuid0024"), *hints = strstr(message, "05hints");
	unsigned i = uuid ? (unsigned)strtoul(uuid + 10, NULL, 16) - l->run->first : l->next;

	if (i >= l->next || l->sent_s[i] == 0)
		return;
	if (hints && strncmp(hints + 7, "00010", 5) == 0)
		l->run->latency_ms[l->run->n_ok++] = (vsi_now_s() - l->sent_s[i]) * 1e3;
	l->sent_s[i] = 0;
	l->n_out--;
	l->last_s = vsi_now_s();
}

static void on_message(struct lldpad *l, const char *message)
{
	if (message[0] == 'M')
		on_event(l, message);
	else if (message[0] == 'R' && strncmp(message + 1, "00", 2) != 0)
		l->refused = true;
}

static void give_up_lost(struct lldpad *l)
{
	double now = vsi_now_s();

	for (; l->oldest < l->next; l->oldest++) {
		double *sent = &l->sent_s[l->oldest];

		if (*sent == 0)
			continue;
		if (now - *sent < LOST_AFTER_S)
			return;
		*sent = 0;
		l->n_out--;
	}
}

int vsi_run_lldpad(const char *ifname, unsigned window, struct vsi_run *run)
{
	struct lldpad l = { .ifname = ifname, .run = run, .sent_s = calloc(run->n, sizeof(double)) };
	double start = vsi_now_s();
	char message[MESSAGE_MAX + 1];

	if (!l.sent_s || connect_to(&l) != 0) {
		perror("bench-vsi: lldpad");
		free(l.sent_s);
		return EXIT_FAILURE;
	}
	while (!l.refused && (l.next < run->n || l.n_out > 0)) {
		struct pollfd p = { l.fd, POLLIN, 0 };
		ssize_t len;

		while (l.n_out < window && l.next < run->n)
			ask(&l);
		if (poll(&p, 1, TICK_MS) == 1 && (len = recv(l.fd, message, MESSAGE_MAX, 0)) > 0) {
			message[len] = '\0';
			on_message(&l, message);
		}
		give_up_lost(&l);
	}
	run->seconds = l.last_s - start;
	close(l.fd);
	free(l.sent_s);
	return EXIT_SUCCESS;
}
