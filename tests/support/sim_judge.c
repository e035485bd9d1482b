/*
 * sim_judge.c - one judge for each wired port, fed with what a capture at that port would hold: what leaves it, even if
 * the wire loses it then, and what arrives. Times are the world's.
 */
#include "sim_judge.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "judge.h"

enum { POINTS = 32, FRAME_MAX = 2048, MAX_ENDS = 64, MAX_VSIS = 4096 };

struct point {
	uint16_t node, port;
	uint64_t n;
	void *mem;
	struct judge *judge;
	FILE *file;
};
struct sim_judge {
	struct sim *sim;
	const char *folder;
	const char *allowed;
	unsigned n_points, n_fails;
	struct point point[POINTS];
};

static bool is_allowed(const char *allowed, const char *id)
{
	const char *at = allowed != NULL ? strstr(allowed, id) : NULL;

	if (allowed != NULL && strcmp(allowed, "all") == 0)
		return true;
	return at != NULL && (at[strlen(id)] == ' ' || at[strlen(id)] == '\0');
}

static void pull(struct sim_judge *sj, struct point *p)
{
	struct judge_verdict v;

	while (judge_next(p->judge, &v)) {
		if (v.level != JUDGE_FAIL || is_allowed(sj->allowed, v.rule->requirement))
			continue;
		sj->n_fails++;
		fprintf(stderr, "capture at %s port %u, frame %llu, %.6f s: FAIL %s: %s: %s\n",
			sj->sim->node[p->node].name, p->port, (unsigned long long)v.frame,
			dur_seconds(mono_since(MONO_ZERO, v.at)), v.rule->requirement, v.text, v.rule->title);
	}
}

static void put_u32(FILE *f, uint32_t v)
{
	fwrite(&v, sizeof(v), 1, f);
}

static FILE *open_file(const struct sim_judge *sj, const struct point *p)
{
	const uint16_t version[2] = { 2, 4 };
	char path[512];
	FILE *f;

	if (sj->folder == NULL)
		return NULL;
	snprintf(path, sizeof(path), "%s/%s.%u.pcap", sj->folder, sj->sim->node[p->node].name, p->port);
	f = fopen(path, "wb");
	assert(f);
	put_u32(f, 0xa1b23c4d); /* times in nanoseconds */
	fwrite(version, sizeof(version), 1, f);
	put_u32(f, 0);
	put_u32(f, 0);
	put_u32(f, FRAME_MAX);
	put_u32(f, 1); /* Ethernet */
	return f;
}

static struct point *point_of(struct sim_judge *sj, uint16_t node, uint16_t port)
{
	const struct judge_cfg cfg = { MAX_ENDS, MAX_VSIS };
	struct point *p = sj->point;

	for (; p < sj->point + sj->n_points; p++)
		if (p->node == node && p->port == port)
			return p;
	assert(sj->n_points < POINTS);
	sj->n_points++;
	*p = (struct point){ .node = node, .port = port, .mem = calloc(1, judge_size(&cfg)) };
	assert(p->mem);
	p->judge = judge_init(&cfg, p->mem);
	p->file = open_file(sj, p);
	return p;
}

static void write_frame(FILE *f, const struct cap_frame *frame)
{
	enum { NS_PER_S = 1000000000 };

	put_u32(f, (uint32_t)(frame->time.ns / NS_PER_S));
	put_u32(f, (uint32_t)(frame->time.ns % NS_PER_S));
	put_u32(f, (uint32_t)frame->octets.len);
	put_u32(f, frame->wire_len);
	fwrite(frame->octets.ptr, 1, frame->octets.len, f);
}

static void on_frame(void *ctx, const struct sim_node *n, uint16_t port, struct span head, struct span rest)
{
	struct sim_judge *sj = ctx;
	struct point *p = point_of(sj, n->index, port);
	uint8_t octets[FRAME_MAX];
	struct cap_frame frame;
	struct cap_record rec;

	assert(head.len + rest.len <= sizeof(octets));
	memcpy(octets, head.ptr, head.len);
	if (rest.len > 0)
		memcpy(octets + head.len, rest.ptr, rest.len);
	frame = (struct cap_frame){ ++p->n, sj->sim->now, (uint32_t)(head.len + rest.len),
		span_of(octets, head.len + rest.len) };
	if (p->file != NULL)
		write_frame(p->file, &frame);
	if (!cap_decode(&frame, &rec))
		return;
	judge_frame(p->judge, &rec, cap_print(frame.octets));
	pull(sj, p);
}

struct sim_judge *sim_judge_new(struct sim *s, const char *folder, const char *allowed)
{
	struct sim_judge *sj = calloc(1, sizeof(*sj));

	assert(sj);
	sj->sim = s;
	sj->folder = folder;
	sj->allowed = allowed;
	s->tap = on_frame;
	s->tap_ctx = sj;
	return sj;
}

unsigned sim_judge_free(struct sim_judge *sj)
{
	unsigned n_fails;

	for (unsigned i = 0; i < sj->n_points; i++) {
		struct point *p = &sj->point[i];

		judge_end(p->judge, sj->sim->now);
		pull(sj, p);
		if (p->file != NULL)
			fclose(p->file);
		free(p->mem);
	}
	n_fails = sj->n_fails;
	sj->sim->tap = NULL;
	free(sj);
	return n_fails;
}
