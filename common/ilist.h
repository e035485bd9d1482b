/*
 * Doubly linked lists over records that the caller keeps in an array and names by index. Several lists may share one set
 * of links; a record is in at most one of them. Everything is O(1).
 */
#ifndef EVB_ILIST_H
#define EVB_ILIST_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "carve.h"

#define ILIST_NONE UINT32_MAX

struct ilink {
	uint32_t prev, next;
	bool is_in; /* a list */
};

struct ilinks { /* zeroed memory: nothing is in a list */
	struct ilink *link;
	uint32_t cap; /* records */
};

struct ilist {
	uint32_t head, tail; /* ILIST_NONE: empty */
	uint32_t n;
};

static inline void ilinks_layout(struct ilinks *k, struct carve *c, uint32_t cap)
{
	k->cap = cap;
	k->link = (struct ilink *)carve_take(c, cap, sizeof(*k->link));
}
static inline void ilist_clear(struct ilist *l)
{
	*l = (struct ilist){ ILIST_NONE, ILIST_NONE, 0 };
}
/** Is the record in one of the lists of these links? */
static inline bool ilinks_in(const struct ilinks *k, uint32_t i)
{
	return k->link[i].is_in;
}
static inline uint32_t ilist_next(const struct ilinks *k, uint32_t i)
{
	return k->link[i].next;
}
/** To the end. The record must be in none. */
static inline void ilist_push(struct ilist *l, struct ilinks *k, uint32_t i)
{
	assert(i < k->cap && !k->link[i].is_in);
	k->link[i] = (struct ilink){ l->tail, ILIST_NONE, true };
	if (l->tail == ILIST_NONE)
		l->head = i;
	else
		k->link[l->tail].next = i;
	l->tail = i;
	l->n++;
}
/** The record must be in this list. */
static inline void ilist_remove(struct ilist *l, struct ilinks *k, uint32_t i)
{
	struct ilink *at = &k->link[i];

	assert(i < k->cap && at->is_in && l->n > 0);
	if (at->prev == ILIST_NONE)
		l->head = at->next;
	else
		k->link[at->prev].next = at->next;
	if (at->next == ILIST_NONE)
		l->tail = at->prev;
	else
		k->link[at->next].prev = at->prev;
	at->is_in = false;
	l->n--;
}
/** The oldest, taken out; ILIST_NONE when empty. */
static inline uint32_t ilist_pop(struct ilist *l, struct ilinks *k)
{
	uint32_t i = l->head;

	if (i != ILIST_NONE)
		ilist_remove(l, k, i);
	return i;
}

#endif
