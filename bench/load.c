/*
 * load.c - send frames into one end of a veth pair as fast as this machine can, and count what comes back.
 *
 *   bench-load KIND IF SECONDS SIZE DST SRC [HEX]      prints: frames sent and frames that came back, per second
 *
 *   bench-load echo IF                                 leaves a program on the device that sends back every frame, to
 *                                                      be measured against
 *
 * HEX replaces the octets from the EtherType on: a tag with the EtherType of test frames behind it, or a flood of something
 * else, whose echo is not counted.
 *
 * Two senders, because no single one is fair to everybody:
 *
 *   xdp     an XDP program that the kernel runs with BPF_F_TEST_XDP_LIVE_FRAMES: 2 to 6 million a second. The other end
 *           of the pair has to use NAPI (ethtool -K PEER gro on) or nothing arrives. Each frame fills a page, which a
 *           packet socket's buffer is charged for: who reads one without a ring (Open vSwitch) loses nearly everything.
 *   packet  sendmmsg() on a packet socket: half a million, in ordinary socket buffers.
 *
 * What comes back is counted and dropped by an XDP program on the same device, so that counting costs next to nothing.
 * The first part of the time is not counted: queues fill, caches warm up.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "load.h"
#include "mac.h"

enum {
	BATCH = 64,
	LIVE_FRAMES = 1 << 15, /* per call: some ten milliseconds */
	FRAME_MAX = 1514,
	WARM_UP_MS = 300,
};

struct load {
	int ifindex;
	int prog;    /* xdp: the generator */
	int socket;  /* packet */
	int counted; /* map of the counter */
	size_t len;
	uint8_t frame[FRAME_MAX];
};

static double now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* ---- sending: each returns how many frames went out, negative on failure ---- */

static int send_xdp(struct load *l)
{
	struct xdp_md ctx = { .data_end = (__u32)l->len };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = l->frame, .data_size_in = (__u32)l->len,
		.ctx_in = &ctx, .ctx_size_in = sizeof(ctx), .repeat = LIVE_FRAMES,
		.flags = BPF_F_TEST_XDP_LIVE_FRAMES, .batch_size = BATCH);

	return bpf_prog_test_run_opts(l->prog, &opts) == 0 ? LIVE_FRAMES : -1;
}

static int send_packet(struct load *l)
{
	struct iovec iov = { l->frame, l->len };
	struct mmsghdr msg[BATCH] = { 0 };
	int n;

	for (unsigned i = 0; i < BATCH; i++)
		msg[i].msg_hdr = (struct msghdr){ .msg_iov = &iov, .msg_iovlen = 1 };
	n = sendmmsg(l->socket, msg, BATCH, 0);
	return n < 0 && (errno == ENOBUFS || errno == EAGAIN) ? 0 : n;
}

/* ---- setting up ---- */

static bool open_socket(struct load *l)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_ifindex = l->ifindex };
	int on = 1;

	l->socket = socket(AF_PACKET, SOCK_RAW, 0);
	return l->socket >= 0 && bind(l->socket, (struct sockaddr *)&to, sizeof(to)) == 0 &&
	       setsockopt(l->socket, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof(on)) == 0;
}

/* The counter stays attached until this process ends: libbpf's link is a descriptor. */
static bool open_bpf(struct load *l)
{
	struct bpf_object *o = bpf_object__open_file(BENCH_BPF_OBJECT, NULL);
	struct load_setup setup = { .ifindex = l->ifindex };
	struct bpf_map *map;

	memcpy(setup.head, l->frame, sizeof(setup.head));
	if (!o)
		return false;
	bpf_object__for_each_map(map, o) if (strstr(bpf_map__name(map), ".rodata"))
		bpf_map__set_initial_value(map, &setup, sizeof(setup));
	if (bpf_object__load(o) != 0)
		return false;
	l->prog = bpf_program__fd(bpf_object__find_program_by_name(o, "gen"));
	l->counted = bpf_map__fd(bpf_object__find_map_by_name(o, "counted"));
	return bpf_program__attach_xdp(bpf_object__find_program_by_name(o, "count"), l->ifindex) != NULL;
}

static int leave_echo(const char *ifname)
{
	struct bpf_object *o = bpf_object__open_file(BENCH_BPF_OBJECT, NULL);
	int ifindex = (int)if_nametoindex(ifname);

	if (o && ifindex > 0 && bpf_object__load(o) == 0 &&
		bpf_xdp_attach(ifindex, bpf_program__fd(bpf_object__find_program_by_name(o, "echo")),
			XDP_FLAGS_DRV_MODE, NULL) == 0)
		return EXIT_SUCCESS;
	perror("bench-load: echo");
	return EXIT_FAILURE;
}

static bool make_frame(struct load *l, const char *size, const char *dst, const char *src, const char *hex)
{
	struct mac m[2];

	l->len = strtoul(size, NULL, 10);
	if (l->len < LOAD_HEADER || l->len > FRAME_MAX || !mac_parse(dst, &m[0]) || !mac_parse(src, &m[1]))
		return false;
	memcpy(l->frame, m, sizeof(m));
	l->frame[12] = LOAD_ETHERTYPE >> 8;
	l->frame[13] = LOAD_ETHERTYPE & 0xff;
	for (size_t i = 12; i < l->len && hex && hex[0] && hex[1]; i++, hex += 2)
		l->frame[i] = (uint8_t)strtoul((char[]){ hex[0], hex[1], '\0' }, NULL, 16);
	return true;
}

static uint64_t count(const struct load *l)
{
	unsigned n = (unsigned)libbpf_num_possible_cpus();
	uint64_t *each = calloc(n, sizeof(*each)), sum = 0;
	uint32_t zero = 0;

	if (each && bpf_map_lookup_elem(l->counted, &zero, each) == 0)
		for (unsigned i = 0; i < n; i++)
			sum += each[i];
	free(each);
	return sum;
}

static int run(struct load *l, int (*send)(struct load *), double seconds)
{
	double start = now_s(), warm = start + WARM_UP_MS / 1e3, now, since = 0;
	uint64_t sent = 0, before = 0;

	while ((now = now_s()) < warm + seconds) {
		int n = send(l);

		if (n < 0) {
			perror("bench-load: sending");
			return EXIT_FAILURE;
		}
		sent += (unsigned)n;
		if (since == 0 && now >= warm) {
			since = now_s();
			before = count(l);
			sent = 0;
		}
	}
	now = now_s();
	printf("%.0f %.0f\n", (double)sent / (now - since), (double)(count(l) - before) / (now - since));
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	struct load l = { 0 };
	bool is_xdp;

	if (argc == 3 && strcmp(argv[1], "echo") == 0)
		return leave_echo(argv[2]);
	if (argc < 7 || argc > 8 || !make_frame(&l, argv[4], argv[5], argv[6], argv[7])) {
		fprintf(stderr, "usage: bench-load xdp|packet IF SECONDS SIZE DST SRC [HEX]\n");
		return 2;
	}
	is_xdp = strcmp(argv[1], "xdp") == 0;
	l.ifindex = (int)if_nametoindex(argv[2]);
	if (l.ifindex == 0 || !open_bpf(&l) || !open_socket(&l)) {
		fprintf(stderr, "bench-load: %s: %s\n", argv[2], strerror(errno));
		return EXIT_FAILURE;
	}
	return run(&l, is_xdp ? send_xdp : send_packet, strtod(argv[3], NULL));
}
