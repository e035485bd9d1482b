/* Timers of many records as one binary heap: the earliest deadline in O(1), set and cancel in O(log n). Records are
 * named by index; at most one deadline each. */
#ifndef EVB_THEAP_H
#define EVB_THEAP_H

#include "carve.h"
#include "mono.h"

#define THEAP_NONE UINT32_MAX

struct theap {
	struct mono *when; /* per record; MONO_NEVER: not in the heap */
	uint32_t *pos;     /* per record: place in heap */
	uint32_t *heap;    /* records, earliest first */
	uint32_t n;        /* in the heap */
	uint32_t cap;      /* records */
};

void theap_layout(struct theap *h, struct carve *c, uint32_t cap);
void theap_clear(struct theap *h);
/** Set, move or (MONO_NEVER) cancel the deadline of record i. */
void theap_set(struct theap *h, uint32_t i, struct mono when);
/** The earliest deadline, MONO_NEVER if none. */
struct mono theap_deadline(const struct theap *h);
/** A record whose deadline has come, THEAP_NONE if none. It stays in the heap until set again. */
uint32_t theap_due(const struct theap *h, struct mono now);

#endif
