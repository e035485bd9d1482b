/*
 * The relay in the kernel is the relay in user space. Two relays get the same steps and frames; in front of the second one
 * is the fast path (BPF_PROG_TEST_RUN), which passes some frames on to it and deals with the others. What leaves, octet for
 * octet, what is dropped and why, every counter, and what was learned must be the same.
 *
 *   test_fastpath [-n FRAMES] [-s SEED] [-t] [CAPTURE...]      exit status 77: can't be run here
 *
 * -t: the kernel's tables have no room for all that the relay's hold.
 */
#define _GNU_SOURCE
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fastpath.h"
#include "scene.h"

enum { SKIPPED = 77, LOOPBACK = 1, N_TAGS = 4, ROWS = 512, OUT = SCENE_FRAME_MAX + 256 };

#define CHECK(condition)                                                                                     \
	do {                                                                                                 \
		if (!(condition)) {                                                                          \
			fprintf(stderr, "%s:%d: frame %llu: %s (errno %d)\n", __FILE__, __LINE__,            \
				(unsigned long long)n_frames, #condition, errno);                            \
			exit(1);                                                                             \
		}                                                                                            \
	} while (0)

static uint64_t n_frames;
static struct fastpath *fast;
static struct relay *alone, *behind; /* the one that has all frames, and the one behind the fast path */
static int elsewhere;                /* a device that is not the loopback */
static unsigned verdicts[N_TAGS][5]; /* by what the ingress port carries */

/* Ports leave by two devices, and one in seven by none that takes frames from programs. */
static struct fastpath_way way_of(void *ctx, uint16_t lport)
{
	(void)ctx;
	return (struct fastpath_way){ .ifindex = lport % 2 ? LOOPBACK : elsewhere, .is_xdp = lport % 7 != 0 };
}

static struct mono now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (struct mono){ (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec };
}

/* ---- one frame ---- */

static size_t copy_of(const struct relay_copy *c, uint8_t *ret)
{
	memcpy(ret, c->head, c->head_len);
	if (c->rest.len > 0)
		memcpy(ret + c->head_len, c->rest.ptr, c->rest.len);
	return c->head_len + c->rest.len;
}

static uint32_t run(const uint8_t *frame, size_t len, uint8_t *out, uint32_t *ret_len)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = (uint32_t)len, .data_out = out,
		.data_size_out = OUT, .repeat = 1);

	CHECK(bpf_prog_test_run_opts(fastpath_fd(fast), &opts) == 0);
	*ret_len = opts.data_size_out;
	return opts.retval;
}

/* What relay `alone` sends for the frame is what the program made of it. */
static void check_sent(struct relay_result *res, const uint8_t *out, uint32_t len, uint32_t verdict)
{
	uint8_t expected[OUT];
	struct relay_copy copy;
	int ifindex;

	CHECK(res->verdict == RELAY_FORWARDED);
	CHECK(relay_next_copy(alone, res, &copy));
	CHECK(copy_of(&copy, expected) == len);
	CHECK(memcmp(expected, out, len) == 0);
	ifindex = way_of(NULL, copy.lport).ifindex;
	CHECK(verdict == (ifindex == LOOPBACK ? XDP_TX : XDP_REDIRECT));
	CHECK(!relay_next_copy(alone, res, &copy));
}

/* What goes up is decided by relay `behind`, with the same result. */
static void check_passed(struct relay_result *res, uint16_t lport, struct span frame, struct mono at)
{
	uint8_t expected[OUT], got[OUT];
	struct relay_result other;
	struct relay_copy a, b;
	bool more;

	relay_rx(behind, lport, frame, at, &other);
	CHECK(other.verdict == res->verdict && other.drop == res->drop);
	do {
		more = relay_next_copy(alone, res, &a);
		CHECK(relay_next_copy(behind, &other, &b) == more);
		if (more) {
			size_t len = copy_of(&a, expected);

			CHECK(a.lport == b.lport && copy_of(&b, got) == len &&
				memcmp(got, expected, len) == 0);
		}
	} while (more);
}

static void one_frame(uint16_t lport, const uint8_t *frame, size_t len)
{
	const struct fastpath_device device = {
		.ifindex = LOOPBACK, .lport = lport, .mac = { { 2, 0, 0, 0, 0, 13 } }
	};
	const struct span whole = span_of(frame, len);
	struct mono at = now();
	struct relay_result res;
	uint8_t out[OUT];
	uint32_t out_len, verdict;

	n_frames++;
	relay_rx(alone, lport, whole, at, &res);
	CHECK(fastpath_describe(fast, &device));
	verdict = run(frame, len, out, &out_len);
	verdicts[relay_port(behind, lport)->carries][verdict]++;
	switch (verdict) {
	case XDP_PASS:
		CHECK(out_len >= len && memcmp(out, frame, len) == 0);
		check_passed(&res, lport, whole, at);
		(void)fastpath_sync(fast, behind);
		break;
	case XDP_DROP:
		CHECK(res.verdict == RELAY_DROPPED && !res.unknown_source && res.drop != FWD_DROP_RESERVED);
		break;
	default:
		CHECK(verdict == XDP_TX || verdict == XDP_REDIRECT);
		check_sent(&res, out, out_len, verdict);
		break;
	}
}

/* ---- everything that is left behind ---- */

static void check_counters(void)
{
	fastpath_pull(fast, behind);
	CHECK(fastpath_trouble(fast) == NULL);
	for (uint16_t i = 0; i < SCENE_LPORTS; i++) {
		const struct relay_port_counters *a = relay_port_counters(alone, i);
		const struct relay_port_counters *b = relay_port_counters(behind, i);
		struct relay_port_counters same;

		CHECK((a == NULL) == (b == NULL));
		if (a == NULL)
			continue;
		same = *b;
		same.kernel_frames = 0;
		for (unsigned k = 0; k < FWD_N_DROPS; k++)
			if (a->drops[k] != b->drops[k])
				fprintf(stderr, "port %u: %s: %llu, %llu\n", i,
					fwd_drop_name((enum fwd_drop)k), (unsigned long long)a->drops[k],
					(unsigned long long)b->drops[k]);
		CHECK(memcmp(a, &same, sizeof(same)) == 0);
		for (uint32_t owner = 0; owner < 8; owner++) {
			struct relay_vsi_counters v = relay_vsi_counters(alone, i, owner),
						  w = relay_vsi_counters(behind, i, owner);

			CHECK(memcmp(&v, &w, sizeof(v)) == 0);
			CHECK((relay_vsi_last_seen(alone, i, owner).ns == 0) ==
				(relay_vsi_last_seen(behind, i, owner).ns == 0));
		}
	}
}

static int by_key(const void *a, const void *b)
{
	return memcmp(a, b, offsetof(struct relay_fdb_row, seen));
}

static unsigned rows_of(const struct relay *r, struct relay_fdb_row *ret)
{
	struct relay_fdb_row row;
	uint32_t cookie = 0;
	bool is_row;
	unsigned n = 0;

	do {
		cookie = relay_fdb_walk(r, cookie, &row, &is_row);
		if (is_row && n < ROWS) {
			memset(&ret[n], 0, sizeof(ret[n])); /* what is between the members, too */
			ret[n].component = row.component;
			ret[n].lport = row.lport;
			ret[n].vid = row.vid;
			ret[n].mac = row.mac;
			ret[n++].is_static = row.is_static;
		}
	} while (cookie != 0);
	qsort(ret, n, sizeof(*ret), by_key);
	return n;
}

static void check_learned(void)
{
	static struct relay_fdb_row a[ROWS], b[ROWS];
	unsigned n = rows_of(alone, a);

	CHECK(rows_of(behind, b) == n);
	CHECK(memcmp(a, b, n * sizeof(a[0])) == 0);
}

/* ---- all of them ---- */

static void change(struct prng *rnd)
{
	struct prng same = *rnd;

	scene_step(&same, alone);
	scene_step(rnd, behind);
	(void)fastpath_sync(fast, behind);
}

static void begin(struct prng *rnd)
{
	alone = scene_new();
	behind = scene_new();
	for (unsigned i = (unsigned)prng_below(rnd, 24); i > 0; i--)
		change(rnd);
	fastpath_alive(fast, now());
	(void)fastpath_sync(fast, behind);
}

static void end(void)
{
	check_counters();
	check_learned();
	free(alone);
	free(behind);
}

/* A scene of its own for each run of frames, with steps in between. */
static void random_frames(struct prng *rnd, uint64_t n)
{
	uint8_t frame[SCENE_FRAME_MAX];

	while (n_frames < n) {
		begin(rnd);
		for (unsigned i = 0; i < 2000 && n_frames < n; i++) {
			uint16_t lport = scene_port(rnd);

			one_frame(lport, frame, scene_frame(rnd, behind, lport, frame));
			if (prng_below(rnd, 200) == 0)
				change(rnd);
			if (prng_below(rnd, 500) == 0) {
				fastpath_alive(fast, now());
				check_counters();
			}
		}
		end();
	}
}

static void captured_frame(void *ctx, struct span frame)
{
	for (unsigned i = 0; i < 6; i++)
		one_frame(scene_port(ctx), frame.ptr, frame.len);
}

/* Every frame of a capture, at some ports. */
static void capture_frames(struct prng *rnd, const char *path)
{
	begin(rnd);
	CHECK(scene_capture(path, captured_frame, rnd));
	end();
}

/* It is no test if nothing of a kind happened. */
static void check_seen(bool is_random)
{
	static const char *const carried[N_TAGS] = { "no tag", "S-TAGs", "VN-Tags", "E-TAGs" };

	for (unsigned tag = 0; tag < N_TAGS; tag++) {
		const unsigned *v = verdicts[tag];

		printf("ports that carry %s: %u frames up, %u dropped, %u sent back, %u sent on\n",
			carried[tag], v[XDP_PASS], v[XDP_DROP], v[XDP_TX], v[XDP_REDIRECT]);
		if (!is_random)
			continue;
		CHECK(v[XDP_PASS] > 100 && v[XDP_DROP] > 100 && v[XDP_TX] > 100 && v[XDP_REDIRECT] > 100);
	}
}

static int skip(const char *why)
{
	fprintf(stderr, "SKIPPED: %s\n", why);
	return SKIPPED;
}

int main(int argc, char **argv)
{
	struct fastpath_cfg cfg = { .max_fdb = 128, .max_admissions = 64, .way = way_of };
	uint64_t n = 100000, seed = 20111;
	char why[FASTPATH_WHY];
	bool is_tight = false;
	struct prng rnd;
	int c;

	while ((c = getopt(argc, argv, "tn:s:")) != -1) {
		if (c == '?')
			return 2;
		is_tight = is_tight || c == 't';
		if (c != 't')
			*(c == 'n' ? &n : &seed) = strtoull(optarg, NULL, 10);
	}
	if (is_tight)
		cfg.max_fdb = cfg.max_admissions = 8;
	if (geteuid() != 0)
		return skip("loading eBPF programs needs root");
	/* NOLINTNEXTLINE(cert-env33-c): only the test's own text */
	if (unshare(CLONE_NEWNET) != 0 || system("ip link add evbt0 type veth peer name evbt1") != 0)
		return skip("needs a network namespace with a veth in it");
	elsewhere = (int)if_nametoindex("evbt0");
	fast = fastpath_open(&cfg, why);
	if (!fast)
		return skip(why);
	rnd.state = seed;
	for (; optind < argc; optind++)
		capture_frames(&rnd, argv[optind]);
	random_frames(&rnd, n_frames + n);
	printf("%llu frames, seed %llu\n", (unsigned long long)n_frames, (unsigned long long)seed);
	check_seen(n >= 50000 && !is_tight);
	fastpath_close(fast);
	return 0;
}
