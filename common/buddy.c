/*
 * buddy.c - binary buddy allocator over a block of any multiple of 32 octets. Free blocks of each order are in a
 * doubly linked list by the number of their first minimal piece; `order[]` marks heads of blocks, so a buddy is
 * found and checked in O(1).
 */
#include "buddy.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

enum { FREE = 0x80, INNER = 0x7f };
#define NONE UINT32_MAX

void buddy_layout(struct buddy *b, struct carve *c, size_t octets)
{
	b->n_min = (uint32_t)((octets + BUDDY_MIN - 1) / BUDDY_MIN);
	b->base = (uint8_t *)carve_take(c, b->n_min, BUDDY_MIN);
	b->order = (uint8_t *)carve_take(c, b->n_min, sizeof(*b->order));
	b->next = (uint32_t *)carve_take(c, b->n_min, sizeof(*b->next));
	b->prev = (uint32_t *)carve_take(c, b->n_min, sizeof(*b->prev));
}

static void list_add(struct buddy *b, uint32_t i, unsigned order)
{
	b->order[i] = (uint8_t)(FREE | order);
	b->prev[i] = NONE;
	b->next[i] = b->head[order];
	if (b->head[order] != NONE)
		b->prev[b->head[order]] = i;
	b->head[order] = i;
}

static void list_del(struct buddy *b, uint32_t i, unsigned order)
{
	if (b->prev[i] == NONE)
		b->head[order] = b->next[i];
	else
		b->next[b->prev[i]] = b->next[i];
	if (b->next[i] != NONE)
		b->prev[b->next[i]] = b->prev[i];
	b->order[i] = INNER;
}

void buddy_clear(struct buddy *b)
{
	uint32_t at = 0;

	b->used_octets = 0;
	for (unsigned k = 0; k < BUDDY_ORDERS; k++)
		b->head[k] = NONE;
	memset(b->order, INNER, b->n_min);
	while (at < b->n_min) { /* the largest aligned blocks that fit */
		unsigned k = 0;

		while (k + 1 < BUDDY_ORDERS && at % (2u << k) == 0 && at + (2u << k) <= b->n_min)
			k++;
		list_add(b, at, k);
		at += 1u << k;
	}
}

void *buddy_alloc(struct buddy *b, size_t n)
{
	unsigned want = 0;
	unsigned k;
	uint32_t i;

	if (n == 0)
		return NULL;
	while (want < BUDDY_ORDERS && ((size_t)BUDDY_MIN << want) < n)
		want++;
	for (k = want; k < BUDDY_ORDERS && b->head[k] == NONE;)
		k++;
	if (k >= BUDDY_ORDERS)
		return NULL;
	i = b->head[k];
	list_del(b, i, k);
	while (k > want) {
		k--;
		list_add(b, i + (1u << k), k);
	}
	b->order[i] = (uint8_t)want;
	b->used_octets += (size_t)BUDDY_MIN << want;
	return b->base + (size_t)i * BUDDY_MIN;
}

void buddy_free(struct buddy *b, void *p)
{
	uint32_t i;
	unsigned k;

	if (p == NULL)
		return;
	i = (uint32_t)((size_t)((uint8_t *)p - b->base) / BUDDY_MIN);
	assert(i < b->n_min && b->order[i] < BUDDY_ORDERS);
	k = b->order[i];
	b->order[i] = INNER;
	b->used_octets -= (size_t)BUDDY_MIN << k;
	while (k + 1 < BUDDY_ORDERS) {
		uint32_t other = i ^ 1u << k;

		if (other >= b->n_min || b->order[other] != (FREE | k))
			break;
		list_del(b, other, k);
		i &= ~(1u << k);
		k++;
	}
	list_add(b, i, k);
}
