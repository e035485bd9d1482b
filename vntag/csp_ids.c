/*
 * csp_ids.c - channel numbers and the time they rest (port-extension-reference 3.6: an id stays unused for 10 s, so that
 * late frames cannot reach a new owner).
 *
 * The ids not in use are a ring in the order of their freeing; as all of them rest equally long, its head is always the
 * next to become usable, and every operation is O(1). The ring has a place for every id, so it cannot overflow.
 * Left out: which numbers are legal in a tag format, and the caller's own pools.
 */
#include "csp_ids.h"

#include <assert.h>

void csp_ids_layout(struct csp_ids *p, struct carve *c, uint32_t n)
{
	p->cap = n;
	p->ring = (struct csp_id *)carve_take(c, n, sizeof(*p->ring));
}

void csp_ids_init(struct csp_ids *p, uint32_t first)
{
	p->head = 0;
	p->n = p->cap;
	for (uint32_t i = 0; i < p->cap; i++)
		p->ring[i] = (struct csp_id){ first + i, MONO_ZERO };
}

uint32_t csp_ids_peek(const struct csp_ids *p, struct mono now)
{
	return p->n > 0 && mono_reached(p->ring[p->head].usable, now) ? p->ring[p->head].id : 0;
}

uint32_t csp_ids_take(struct csp_ids *p, struct mono now)
{
	uint32_t id = csp_ids_peek(p, now);

	if (id == 0)
		return 0;
	p->head = (p->head + 1) % p->cap;
	p->n--;
	return id;
}

void csp_ids_free(struct csp_ids *p, uint32_t id, struct mono now)
{
	assert(p->n < p->cap);
	p->ring[(p->head + p->n++) % p->cap] = (struct csp_id){ id, mono_add(now, dur_s(CSP_ID_HOLD_S)) };
}
