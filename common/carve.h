/*
 * Lay an object's tables out in one block that the caller owns. The pure libraries never allocate: a module has
 * one static layout function that takes a carve; run over no memory it measures (x_size()), run over the block
 * it places the tables (x_init()). Both walks are the same code, so they can't disagree.
 */
#ifndef EVB_CARVE_H
#define EVB_CARVE_H

#include <stddef.h>
#include <stdint.h>

struct carve {
	uint8_t *base; /* NULL: measure only */
	size_t used;   /* octets */
};

enum { CARVE_ALIGN = 16 };

/** Room for n items of `size` octets, aligned to 16; NULL while measuring. The block must be zeroed memory. */
static inline void *carve_take(struct carve *c, size_t n, size_t size)
{
	size_t at = (c->used + CARVE_ALIGN - 1) & ~(size_t)(CARVE_ALIGN - 1);

	c->used = at + n * size;
	return c->base ? c->base + at : NULL;
}

#endif
