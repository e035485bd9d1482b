/* The tape of a node: what was recorded gives the same frames when it is played; what was changed is found. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lldp_fixtures.h"
#include "tape.h"
#include "vdp_frames.h"

static struct tape *tape;
static struct mono now;
static unsigned n_sent, lie_at; /* the frame that the tape is told of otherwise; 0: none */
static char path[64];

static void on_send(void *ctx, uint16_t port, struct span head, struct span rest)
{
	uint8_t other[2000];

	(void)ctx;
	memcpy(other, head.ptr, head.len);
	if (++n_sent == lie_at)
		other[head.len - 1] ^= 1;
	tape_output(tape, port, span_of(other, head.len), rest);
}

static void on_tape(void *ctx, enum node_input kind, struct mono at, const struct span *parts, unsigned n)
{
	(void)ctx;
	tape_input(tape, kind, at, parts, n);
}

/* Answers at once, or when told to. */
static bool is_late;
static struct vtdb_handle handle;
static struct vtdb_answer answer;

static void on_ask(void *ctx, struct node *n, uint16_t port, struct vtdb_handle h, const struct vtdb_query *q,
	struct mono at)
{
	(void)ctx;
	answer = (struct vtdb_answer){ .n_filters = q->n_filters };
	memcpy(answer.filters, q->filters, q->n_filters * sizeof(answer.filters[0]));
	for (unsigned i = 0; i < q->n_filters; i++)
		if (answer.filters[i].vid == 0)
			answer.filters[i].vid = 100;
	handle = h;
	if (!is_late)
		node_vtdb_answer(n, port, h, &answer, at);
}

static void run(struct node *n, struct dur d)
{
	struct mono until = mono_add(now, d);

	while (!mono_before(until, node_port_deadline(n, 0))) {
		if (mono_before(now, node_port_deadline(n, 0)))
			now = node_port_deadline(n, 0);
		node_port_on_time(n, 0, now);
	}
	now = until;
}

static void rx(struct node *n, const uint8_t *octets, size_t len)
{
	uint8_t f[1600] = { 0 };

	memcpy(f, octets, len);
	node_rx(n, 0, span_of(f, len + 2), now);
}

static void record(enum conf_role role)
{
	struct conf conf = {
		.system_name = "dut", .warn_exponent = 24, .fdb_age_s = 300, .max_fdb = 64, .max_ended = 8
	};
	struct conf_port p = { .name = "swp1",
		.role = role,
		.scid = CONF_SCID_DEFAULT,
		.learning = true,
		.pvid = 1,
		.lldp_agents = CONF_AGENT_NCB,
		.lldp = agent_defaults,
		.evb = role == CONF_BRIDGE ? bridge_defaults : station_defaults,
		.max_vsis = 100 };
	struct node_io io = { .send = on_send, .vtdb = { NULL, on_ask }, .tape = on_tape };
	struct node *n;

	snprintf(path, sizeof(path), "/tmp/evbd-tape-%d", (int)getpid());
	tape = tape_create(path);
	cr_assert_not_null(tape);
	now = (struct mono){ 5000000000 };
	n_sent = 0;
	n = node_new(&conf, &io, 7, now);
	cr_assert_eq(node_port_add(n, &p, now), 0);
	node_port_state(n, 0, true, true, role == CONF_BRIDGE ? bridge_mac : station_mac, 1500, now);
	rx(n, role == CONF_BRIDGE ? frame_l1 : frame_l2,
		role == CONF_BRIDGE ? sizeof(frame_l1) : sizeof(frame_l2));
	run(n, dur_s(2));
	if (role == CONF_BRIDGE)
		rx(n, frame_e1, sizeof(frame_e1));
	run(n, dur_ms(100));
	if (is_late)
		node_vtdb_answer(n, 0, handle, &answer, now);
	node_kick(n, 0, now);
	run(n, dur_s(40));
	node_shutdown(n, now);
	node_free(n);
	cr_expect(tape_flush(tape));
	tape_close(tape);
	cr_assert_gt(n_sent, 4);
}

static struct tape_result play(void)
{
	struct tape_result r = tape_play(path);

	unlink(path);
	return r;
}

Test(tape, played_again_it_is_the_same)
{
	static const enum conf_role roles[] = { CONF_BRIDGE, CONF_STATION };

	for (unsigned i = 0; i < 4; i++) {
		struct tape_result r;

		is_late = i >= 2;
		record(roles[i % 2]);
		r = play();
		cr_expect(r.is_same && !r.is_damaged, "%s", r.text);
		cr_expect_eq(r.outputs, n_sent);
		cr_expect_gt(r.inputs, n_sent);
	}
}

Test(tape, a_frame_that_is_another_is_found)
{
	for (lie_at = 1; lie_at <= 4; lie_at++) {
		struct tape_result r;

		record(CONF_BRIDGE);
		r = play();
		cr_expect(!r.is_same && !r.is_damaged);
		cr_expect_eq(r.outputs, lie_at);
		cr_expect(strstr(r.text, "other octets"), "%s", r.text);
	}
}

/* Cut anywhere, as by kill -9, it is good up to there; with a changed octet it is no tape. */
Test(tape, cut_it_plays_changed_it_does_not)
{
	uint8_t octets[1 << 16];
	size_t len;
	FILE *f;

	record(CONF_BRIDGE);
	f = fopen(path, "rb");
	len = fread(octets, 1, sizeof(octets), f);
	fclose(f);
	cr_assert(len > 1000 && len < sizeof(octets));
	for (size_t at = 1; at < len; at += at < 400 ? 1 : 61) {
		struct tape_result r;

		f = fopen(path, "wb");
		fwrite(octets, 1, at, f);
		fclose(f);
		r = tape_play(path);
		cr_expect_eq(r.is_damaged, at < 128, "cut at %zu: %s", at, r.text);
		cr_expect(r.is_same);
		octets[at] ^= 0x40;
		f = fopen(path, "wb");
		fwrite(octets, 1, len, f);
		fclose(f);
		octets[at] ^= 0x40;
		r = tape_play(path);
		cr_expect(r.is_damaged || r.records < 200, "changed at %zu", at);
	}
	unlink(path);
}

Test(tape, what_is_no_tape)
{
	snprintf(path, sizeof(path), "/tmp/evbd-tape-none-%d", (int)getpid());
	cr_expect(tape_play(path).is_damaged);
	cr_expect_null(tape_create("/nowhere/tape"));
}
