/*
 * fast.c - what the fast path's program takes for one frame, in nanoseconds: the kernel runs it over and over
 * (BPF_PROG_TEST_RUN), with 1000 VSIs and 10 000 stations in its tables. Root only. Prints "name nanoseconds" lines.
 */
#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fastpath.h"

enum { LOOPBACK = 1, N_VSIS = 1000, N_STATIONS = 10000, REPEAT = 2000000, ROUNDS = 5, LEN = 60 };

static struct fastpath *fast;
static struct relay *r;

static struct fastpath_way way_of(void *ctx, uint16_t lport)
{
	(void)ctx;
	(void)lport;
	return (struct fastpath_way){ .ifindex = LOOPBACK, .is_xdp = true };
}

static struct mono now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (struct mono){ (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec };
}

static struct mac mac_of(uint32_t n)
{
	return (struct mac){ { 0x52, 0x54, 0, (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n } };
}

static void make_frame(uint8_t *f, struct mac dst, struct mac src)
{
	memset(f, 0, LEN);
	memcpy(f, dst.b, sizeof(dst.b));
	memcpy(f + 6, src.b, sizeof(src.b));
	f[12] = 0x08;
}

/* The best of some rounds; 0: the verdict was another one. */
static unsigned best(const uint8_t *frame, uint32_t verdict)
{
	unsigned least = 0;

	for (unsigned i = 0; i < ROUNDS; i++) {
		LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = LEN, .repeat = REPEAT);

		fastpath_alive(fast, now());
		if (bpf_prog_test_run_opts(fastpath_fd(fast), &opts) != 0 || opts.retval != verdict)
			return 0;
		if (least == 0 || opts.duration < least)
			least = opts.duration;
	}
	return least;
}

static bool fill(uint16_t *ret_sbp)
{
	struct relay_port_cfg sbp = { .kind = FWD_SBP, .relay = FWD_BRIDGE, .pvid = 1 };
	struct relay_port_cfg ordinary = { .kind = FWD_ORDINARY, .relay = FWD_BRIDGE, .pvid = 1 };
	uint16_t p = relay_port_add(r, &sbp), q = relay_port_add(r, &ordinary);
	struct relay_result res;
	uint8_t frame[LEN];

	relay_port_set_forwarding(r, p, true);
	relay_port_set_forwarding(r, q, true);
	relay_port_set_rr(r, p, true);
	relay_port_set_vlan(r, q, 1, true, true);
	for (uint32_t i = 0; i < N_VSIS; i++) {
		struct relay_admit a = { .vid = 1, .mac = mac_of(i) };

		if (!relay_admit(r, p, i, &a, 1))
			return false;
		make_frame(frame, mac_of(i ^ 1), mac_of(i));
		relay_rx(r, p, span_of(frame, LEN), now(), &res);
	}
	for (uint32_t i = 0; i < N_STATIONS; i++) {
		make_frame(frame, mac_of(0), mac_of(1u << 20 | i));
		relay_rx(r, q, span_of(frame, LEN), now(), &res);
	}
	*ret_sbp = p;
	return true;
}

int main(void)
{
	const struct relay_cfg rc = { .max_lports = 64,
		.max_fdb = 16384,
		.max_admit = 16384,
		.fdb_age_s = 300,
		.max_changes = 64,
		.key = { 1, 2 } };
	const struct fastpath_cfg cfg = { .max_fdb = 16384, .max_admissions = 16384, .way = way_of };
	struct fastpath_device device = { .ifindex = LOOPBACK };
	char why[FASTPATH_WHY];
	uint8_t frame[LEN];

	r = relay_init(&rc, calloc(1, relay_size(&rc)));
	fast = fastpath_open(&cfg, why);
	if (!fast || !fill(&device.lport)) {
		fprintf(stderr, "bench-fast: %s\n", fast ? "no room" : why);
		return EXIT_FAILURE;
	}
	(void)fastpath_sync(fast, r);
	(void)fastpath_describe(fast, &device);
	make_frame(frame, mac_of(1), mac_of(0));
	printf("fast_hairpin_ns %u\n", best(frame, XDP_TX));
	make_frame(frame, mac_of(1u << 20 | 5), mac_of(0));
	printf("fast_station_ns %u\n", best(frame, XDP_TX));
	make_frame(frame, mac_of(1), mac_of(5000));
	printf("fast_refused_ns %u\n", best(frame, XDP_DROP));
	fastpath_close(fast);
	free(r);
	return EXIT_SUCCESS;
}
