/*
 * Variable-length pieces (filter lists, organizational TLVs) out of one block sized at start-up: a binary buddy
 * allocator. "Full" is an ordinary answer; freed neighbours merge, so no sequence of requests from a peer can
 * leave the block splintered for good.
 */
#ifndef EVB_BUDDY_H
#define EVB_BUDDY_H

#include <stddef.h>
#include <stdint.h>

#include "carve.h"

enum { BUDDY_MIN = 32, BUDDY_ORDERS = 24 }; /* the smallest piece in octets; 32 << 23 = 256 MiB at most */

struct buddy {
	uint8_t *base;
	uint8_t *order; /* per minimal piece: 0x80 | order at the head of a free block, order at a used one */
	uint32_t *next; /* free lists, per minimal piece */
	uint32_t *prev;
	uint32_t head[BUDDY_ORDERS];
	uint32_t n_min;     /* minimal pieces in all */
	size_t used_octets; /* handed out, rounded up */
};

/** Room for `octets`, rounded up to a multiple of BUDDY_MIN. Call buddy_clear() once there is memory. */
void buddy_layout(struct buddy *b, struct carve *c, size_t octets);
void buddy_clear(struct buddy *b);
/** NULL when no piece is left (or n is 0). The piece is aligned to 32 octets relative to the block; not zeroed. */
void *buddy_alloc(struct buddy *b, size_t n);
/** NULL is allowed. */
void buddy_free(struct buddy *b, void *p);

#endif
