/* Rate limit of log lines: what a peer can make the daemon write. */
#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "log.h"

static void on_send(void *ctx, uint16_t port, struct span head, struct span rest)
{
	(void)ctx, (void)port, (void)head, (void)rest;
}
static void on_event(void *ctx, const struct node_event *ev, struct mono now)
{
	(void)ctx, (void)ev, (void)now;
}
static void on_rearm(void *ctx, uint16_t port)
{
	(void)ctx, (void)port;
}

static struct log *l;
static struct node *node;
static FILE *out;

static void start(void)
{
	static struct conf conf = { .max_fdb = 64, .max_ended = 1, .fdb_age_s = 300 };
	struct node_io io = { .send = on_send, .event = on_event, .rearm = on_rearm };

	l = calloc(1, sizeof(*l));
	log_init(l, LOG_INFO);
	node = node_new(&conf, &io, 1, MONO_ZERO);
	out = tmpfile();
	dup2(fileno(out), STDERR_FILENO);
}
static void finish(void)
{
	fclose(out);
	node_free(node);
	free(l);
}

TestSuite(log, .init = start, .fini = finish);

static unsigned lines(const char *with)
{
	char text[1024];
	unsigned n = 0;

	fflush(stderr);
	fseek(out, 0, SEEK_SET);
	while (fgets(text, sizeof(text), out))
		n += strstr(text, with) != NULL;
	return n;
}

static void say(uint16_t port, enum node_event_kind kind, bool is_warning, uint64_t ms)
{
	struct node_event ev = { .kind = kind, .is_warning = is_warning, .port = port, .event = "x" };

	log_event(l, node, &ev, (struct mono){ 1000000000 + ms * 1000000 });
}

/* Every kind in turn on two ports, 100 000 events in one window. */
Test(log, no_mixture_of_events_gets_past_the_limit)
{
	for (unsigned i = 0; i < 100000; i++)
		say(i % 2, (enum node_event_kind)(i / 2 % 8), i / 16 % 2, i / 100);
	cr_expect_eq(lines("kind="), 20 * (2 * (2 * 8 - 1)), "neighbours without a warning are debug lines");
}

Test(log, a_noisy_port_hides_nothing_of_another_and_is_told_later)
{
	for (unsigned i = 0; i < 1000; i++)
		say(5, NODE_EVENT_VSI, false, i);
	for (uint16_t port = 6; port < NODE_MAX_PORTS; port++)
		say(port, NODE_EVENT_ECP, true, 2000);
	cr_expect_eq(lines("kind=ecp"), NODE_MAX_PORTS - 6);
	say(5, NODE_EVENT_VSI, false, 11000);
	cr_expect_eq(lines("suppressed=980"), 1);
}

static void refuse(uint8_t vsi, const char *reason, uint64_t s)
{
	struct vdp_vsi v = { .subject.vsi = { VSI_ID_UUID, { [15] = vsi } } };
	struct node_event ev = { .kind = NODE_EVENT_VSI,
		.is_warning = true,
		.port = 1,
		.vsi = &v,
		.event = "response",
		.detail = reason };

	log_event(l, node, &ev, (struct mono){ (1 + s) * 1000000000 });
}

/* Asked again after 1, 2, 4 ... seconds, with two events each time. */
Test(log, the_same_refusal_is_written_once_a_minute)
{
	for (uint64_t s = 0; s < 60; s++)
		refuse(1, "no such type", s);
	cr_expect_eq(lines("no such type"), 1);
	refuse(1, "VID 5 is not allowed", 60);
	cr_expect_eq(lines("VID 5"), 1, "another reason is news");
	refuse(2, "no such type", 60);
	cr_expect_eq(lines("no such type"), 2, "and another VSI");
	refuse(1, "VID 5 is not allowed", 61);
	refuse(1, "VID 5 is not allowed", 120);
	cr_expect_eq(lines("repeated=1"), 1);
}
