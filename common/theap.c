/* theap.c - binary min-heap of deadlines. Invariant: heap[pos[i]] == i exactly for records with a deadline. */
#include "theap.h"

#include <assert.h>

void theap_layout(struct theap *h, struct carve *c, uint32_t cap)
{
	h->cap = cap;
	h->when = (struct mono *)carve_take(c, cap, sizeof(*h->when));
	h->pos = (uint32_t *)carve_take(c, cap, sizeof(*h->pos));
	h->heap = (uint32_t *)carve_take(c, cap, sizeof(*h->heap));
}

void theap_clear(struct theap *h)
{
	h->n = 0;
	for (uint32_t i = 0; i < h->cap; i++)
		h->when[i] = MONO_NEVER;
}

static void place(struct theap *h, uint32_t at, uint32_t i)
{
	h->heap[at] = i;
	h->pos[i] = at;
}

static void sift_up(struct theap *h, uint32_t at)
{
	uint32_t i = h->heap[at];

	while (at > 0 && mono_before(h->when[i], h->when[h->heap[(at - 1) / 2]])) {
		place(h, at, h->heap[(at - 1) / 2]);
		at = (at - 1) / 2;
	}
	place(h, at, i);
}

static void sift_down(struct theap *h, uint32_t at)
{
	uint32_t i = h->heap[at];

	for (;;) {
		uint32_t child = 2 * at + 1;

		if (child >= h->n)
			break;
		if (child + 1 < h->n && mono_before(h->when[h->heap[child + 1]], h->when[h->heap[child]]))
			child++;
		if (!mono_before(h->when[h->heap[child]], h->when[i]))
			break;
		place(h, at, h->heap[child]);
		at = child;
	}
	place(h, at, i);
}

static void take_out(struct theap *h, uint32_t i)
{
	uint32_t at = h->pos[i];
	uint32_t last = h->heap[--h->n];

	if (last == i)
		return;
	place(h, at, last);
	sift_up(h, at);
	sift_down(h, h->pos[last]);
}

void theap_set(struct theap *h, uint32_t i, struct mono when)
{
	assert(i < h->cap);
	if (!mono_is_never(h->when[i]))
		take_out(h, i);
	h->when[i] = when;
	if (mono_is_never(when))
		return;
	place(h, h->n, i);
	sift_up(h, h->n++);
}

struct mono theap_deadline(const struct theap *h)
{
	return h->n > 0 ? h->when[h->heap[0]] : MONO_NEVER;
}

uint32_t theap_due(const struct theap *h, struct mono now)
{
	return h->n > 0 && mono_reached(h->when[h->heap[0]], now) ? h->heap[0] : THEAP_NONE;
}
