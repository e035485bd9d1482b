/*
 * What the tests on real devices share: namespaces without a name that vanish with the test's process, a veth pair,
 * waiting by polling with a deadline, and packet sockets as the test's own idea of the other end.
 */
#ifndef EVB_NETNS_TEST_H
#define EVB_NETNS_TEST_H

#include <criterion/criterion.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "link.h"

enum { WAIT_MS = 10000 };

/* ---- namespaces, commands, time ---- */

static inline long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

#define WAIT_UNTIL(condition, step)                                                                          \
	for (long end_ = now_ms() + WAIT_MS; !(condition);) {                                                \
		cr_assert_lt(now_ms(), end_, "timed out: %s", #condition);                                   \
		step;                                                                                        \
	}

static inline bool command_succeeds(const char *line)
{
	return system(line) == 0; /* NOLINT(cert-env33-c): only the tests' own text */
}

__attribute__((format(printf, 1, 2))) static inline void sh(const char *fmt, ...)
{
	char line[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	cr_assert(command_succeeds(line), "%s", line);
}

/* Criterion skips silently; ctest looks for this line. */
#define SKIP(...)                                                                                            \
	do {                                                                                                 \
		fprintf(stderr, "SKIPPED: " __VA_ARGS__);                                                    \
		fputc('\n', stderr);                                                                         \
		cr_skip_test();                                                                              \
	} while (0)

/* Wait until a device that was set up has its queueing discipline: until then, what is sent vanishes. */
static inline void await_up(const char *ifname)
{
	char line[100];

	snprintf(line, sizeof(line), "ip link show dev %s | grep LOWER_UP | grep -qv 'qdisc noop '", ifname);
	WAIT_UNTIL(command_succeeds(line), );
}

/* A new namespace, entered; without IPv6 chatter unless the test wants it. */
static inline int ns_new(bool with_ipv6)
{
	if (unshare(CLONE_NEWNET) != 0)
		SKIP("no network namespaces here: %s", strerror(errno));
	if (!with_ipv6)
		sh("echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6 2>/dev/null || true");
	return open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
}

static inline void ns_enter(int ns)
{
	cr_assert_eq(setns(ns, CLONE_NEWNET), 0);
}

/* p0 - p1 in one namespace, up. */
static inline void veth_pair(void)
{
	ns_new(false);
	sh("ip link add p0 type veth peer name p1 && ip link set p0 up && ip link set p1 up");
	await_up("p0");
	await_up("p1");
}

/* ---- links ---- */

struct seen {
	unsigned n;
	size_t len; /* of the last frame */
	uint8_t last[70000];
};

static inline void remember(void *ctx, struct span frame)
{
	struct seen *s = ctx;

	s->n++;
	s->len = frame.len;
	memcpy(s->last, frame.ptr, frame.len);
}

static inline struct link *open_link(enum link_kind kind, const char *ifname, struct seen *seen)
{
	char err[256] = "";
	int rc = 0;
	struct link *l = link_open(kind, ifname, true, &rc, err, sizeof(err));

	cr_assert_not_null(l, "%d %s", rc, err);
	l->rx = remember;
	l->rx_ctx = seen;
	return l;
}

static inline void poll_link(struct link *l)
{
	struct pollfd p = { .fd = l->fd, .events = POLLIN };

	poll(&p, 1, 20);
	cr_assert_geq(l->ops->poll(l, 64), 0);
}

/* A socket that sends and receives whole frames, the test's own idea of the other end. */
static inline int raw_socket(const char *ifname)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET,
		.sll_protocol = htons(0x0003),
		.sll_ifindex = (int)if_nametoindex(ifname) };
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	cr_assert_eq(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	return fd;
}

/* Next frame that the device received (not sent), 0 if there is none. */
static inline ssize_t raw_receive(int fd, uint8_t *buf, size_t size)
{
	struct sockaddr_ll from = { 0 };
	socklen_t len = sizeof(from);
	ssize_t n;

	do
		n = recvfrom(fd, buf, size, 0, (struct sockaddr *)&from, &len);
	while (n > 0 && from.sll_pkttype == PACKET_OUTGOING);
	return n > 0 ? n : 0;
}

#endif
