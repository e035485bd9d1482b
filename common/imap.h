/*
 * Chained hash over records that the caller keeps in an array and names by index. The map holds only heads and
 * links; keys and their comparison stay with the caller:
 *
 *     for (uint32_t i = imap_first(&m, h); i != IMAP_NONE; i = imap_next(&m, i))
 *             if (equal(&records[i], key)) ...
 */
#ifndef EVB_IMAP_H
#define EVB_IMAP_H

#include <assert.h>
#include <stdint.h>

#include "carve.h"

#define IMAP_NONE UINT32_MAX

struct imap {
	uint32_t *head; /* one per bucket */
	uint32_t *next; /* one per record */
	uint32_t *prev; /* one per record, so that removal costs the same in a chain that a peer made long */
	uint32_t mask;  /* buckets - 1; a power of two >= capacity */
	uint32_t cap;   /* records */
};

/** Take the tables from c. Call imap_clear() once they have memory. */
static inline void imap_layout(struct imap *m, struct carve *c, uint32_t cap)
{
	uint32_t buckets = 16;

	while (buckets < cap && buckets < 1u << 30)
		buckets <<= 1;
	m->cap = cap;
	m->mask = buckets - 1;
	m->head = (uint32_t *)carve_take(c, buckets, sizeof(uint32_t));
	m->next = (uint32_t *)carve_take(c, cap, sizeof(uint32_t));
	m->prev = (uint32_t *)carve_take(c, cap, sizeof(uint32_t));
}
static inline void imap_clear(struct imap *m)
{
	for (uint32_t i = 0; i <= m->mask; i++)
		m->head[i] = IMAP_NONE;
}
static inline uint32_t imap_first(const struct imap *m, uint64_t hash)
{
	return m->head[hash & m->mask];
}
static inline uint32_t imap_next(const struct imap *m, uint32_t i)
{
	return m->next[i];
}
static inline void imap_insert(struct imap *m, uint64_t hash, uint32_t i)
{
	uint32_t *head = &m->head[hash & m->mask];

	assert(i < m->cap);
	m->next[i] = *head;
	m->prev[i] = IMAP_NONE;
	if (*head != IMAP_NONE)
		m->prev[*head] = i;
	*head = i;
}
/** The record must be in the chain of `hash`. */
static inline void imap_remove(struct imap *m, uint64_t hash, uint32_t i)
{
	uint32_t *link = m->prev[i] == IMAP_NONE ? &m->head[hash & m->mask] : &m->next[m->prev[i]];

	assert(*link == i);
	*link = m->next[i];
	if (m->next[i] != IMAP_NONE)
		m->prev[m->next[i]] = m->prev[i];
}

#endif
