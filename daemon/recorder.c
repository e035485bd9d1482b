/*
 * recorder.c - a ring of frames for each port, made when its first frame comes. A place keeps its memory for the next frame
 * that fits, so that a busy port allocates nothing.
 */
#include "recorder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct place {
	struct mono at;
	bool is_out;
	size_t len, room;
	uint8_t *octets;
	char *notes; /* RECORDER_NOTES octets; NULL until there is one */
};
struct ring {
	unsigned n, next; /* places in use; the one to be used next */
	struct place place[];
};
struct recorder {
	uint16_t n_ports;
	unsigned frames_max;
	struct ring *ring[]; /* NULL: no frame yet */
};

enum { FILE_HEAD = 256 };

struct recorder *recorder_new(uint16_t n_ports, unsigned frames_max)
{
	struct recorder *r = calloc(1, sizeof(*r) + n_ports * sizeof(struct ring *));

	if (r == NULL)
		return NULL;
	r->n_ports = n_ports;
	r->frames_max = frames_max;
	return r;
}

void recorder_forget(struct recorder *r, uint16_t port)
{
	struct ring *ring = r != NULL && port < r->n_ports ? r->ring[port] : NULL;

	for (unsigned i = 0; ring != NULL && i < r->frames_max; i++) {
		free(ring->place[i].octets);
		free(ring->place[i].notes);
	}
	free(ring);
	if (ring != NULL)
		r->ring[port] = NULL;
}

void recorder_free(struct recorder *r)
{
	for (uint16_t i = 0; r != NULL && i < r->n_ports; i++)
		recorder_forget(r, i);
	free(r);
}

static struct place *next_place(struct recorder *r, uint16_t port, size_t len)
{
	struct ring *ring = r->ring[port];
	struct place *p;
	uint8_t *octets;

	if (ring == NULL)
		ring = r->ring[port] = calloc(1, sizeof(*ring) + r->frames_max * sizeof(ring->place[0]));
	if (ring == NULL)
		return NULL;
	p = &ring->place[ring->next];
	if (p->room < len) {
		octets = realloc(p->octets, len);
		if (octets == NULL)
			return NULL;
		p->octets = octets;
		p->room = len;
	}
	ring->next = (ring->next + 1) % r->frames_max;
	ring->n += ring->n < r->frames_max;
	return p;
}

void recorder_frame(
	struct recorder *r, uint16_t port, bool is_out, struct span head, struct span rest, struct mono now)
{
	size_t len = head.len + rest.len;
	bool is_kept = r != NULL && port < r->n_ports && r->frames_max > 0 && head.len > 0;
	struct place *p = is_kept ? next_place(r, port, len) : NULL;

	if (p == NULL || p->octets == NULL)
		return;
	p->at = now;
	p->is_out = is_out;
	p->len = len;
	memcpy(p->octets, head.ptr, head.len);
	if (rest.len > 0)
		memcpy(p->octets + head.len, rest.ptr, rest.len);
	if (p->notes != NULL)
		p->notes[0] = '\0';
}

void recorder_note(struct recorder *r, uint16_t port, const char *text)
{
	struct ring *ring = r != NULL && port < r->n_ports ? r->ring[port] : NULL;
	struct place *p;
	size_t n;

	if (ring == NULL || ring->n == 0)
		return;
	p = &ring->place[(ring->next + r->frames_max - 1) % r->frames_max];
	if (p->notes == NULL)
		p->notes = calloc(1, RECORDER_NOTES);
	if (p->notes == NULL)
		return;
	n = strlen(p->notes);
	if (n + 1 < RECORDER_NOTES)
		snprintf(p->notes + n, RECORDER_NOTES - n, "%s%s", n > 0 ? "\n" : "", text);
}

unsigned recorder_count(const struct recorder *r, uint16_t port)
{
	return r != NULL && port < r->n_ports && r->ring[port] != NULL ? r->ring[port]->n : 0;
}

struct recorder_frame recorder_at(const struct recorder *r, uint16_t port, unsigned i)
{
	const struct ring *ring = r->ring[port];
	const struct place *p = &ring->place[(ring->next + r->frames_max - ring->n + i) % r->frames_max];

	return (struct recorder_frame){ .at = p->at,
		.is_out = p->is_out,
		.octets = span_of(p->octets, p->len),
		.notes = p->notes != NULL && p->notes[0] != '\0' ? p->notes : NULL };
}

uint8_t *recorder_file(
	const struct recorder *r, uint16_t port, const char *name, int64_t offset_ns, size_t *ret_len)
{
	unsigned n = recorder_count(r, port);
	size_t room = FILE_HEAD;
	uint8_t *buf;
	struct wr w;

	for (unsigned i = 0; i < n; i++) {
		struct recorder_frame f = recorder_at(r, port, i);

		room += pcapng_frame_octets(f.octets.len, f.notes);
	}
	buf = malloc(room);
	if (buf == NULL)
		return NULL;
	w = wr_init(buf, room);
	pcapng_put_section(&w, "evbd");
	pcapng_put_interface(&w, name);
	for (unsigned i = 0; i < n; i++) {
		struct recorder_frame f = recorder_at(r, port, i);

		pcapng_put_frame(
			&w, 0, (struct mono){ f.at.ns + (uint64_t)offset_ns }, f.is_out, f.octets, f.notes);
	}
	*ret_len = w.len;
	return buf;
}
