/*
 * The list of table entries that have changed, by their keys: what relay_mirror.c hands to a driver that keeps tables of
 * its own. Noting costs a store; who notes does not know whether anybody reads.
 */
#ifndef EVB_MIRROR_H
#define EVB_MIRROR_H

#include <stdbool.h>
#include <stdint.h>

#include "carve.h"

struct mirror_note {
	uint64_t key;
	uint16_t scope;
	uint8_t table; /* enum relay_table */
};

struct mirror {
	struct mirror_note *note; /* ring */
	uint32_t cap;
	uint32_t first, n;
	bool is_lost; /* more changed than there was room for: nothing is noted until everything is read anew */
};

static inline void mirror_layout(struct mirror *m, struct carve *c, uint32_t cap)
{
	m->cap = cap;
	m->note = (struct mirror_note *)carve_take(c, cap, sizeof(*m->note));
}
static inline void mirror_clear(struct mirror *m, bool is_lost)
{
	m->first = m->n = 0;
	m->is_lost = is_lost;
}
/** The entry changed, came or went. m NULL: nobody can ask. */
static inline void mirror_note(struct mirror *m, uint8_t table, uint16_t scope, uint64_t key)
{
	if (!m || m->is_lost)
		return;
	if (m->n == m->cap) {
		mirror_clear(m, true);
		return;
	}
	m->note[(m->first + m->n++) % m->cap] = (struct mirror_note){ key, scope, table };
}
/** The oldest note, taken out. */
static inline bool mirror_take(struct mirror *m, struct mirror_note *ret)
{
	if (m->n == 0)
		return false;
	*ret = m->note[m->first];
	m->first = (m->first + 1) % m->cap;
	m->n--;
	return true;
}

#endif
