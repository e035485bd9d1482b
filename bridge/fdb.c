/*
 * fdb.c - the filtering database (802.1Q 8.8).
 *
 * In: hashed keys, ports, time. Out: record numbers, which stay valid until the record is removed.
 *
 * Invariants: every record is either on the stack of unused ones or in the map; a learned one is in the chain of exactly
 * one port, a static one in none; n_learned and n_of_port[] count the learned ones. The table holds max_learned +
 * max_static records and never more than max_learned learned ones, so a peer that sends from many addresses never fills
 * the room of associated VSIs.
 *
 * Ageing looks at the whole table, about once a second: one pass over 16384 records takes some ten microseconds,
 * less than keeping them in order on every frame would.
 *
 * Left out: who may learn what where. That is the relay's.
 */
#include "fdb.h"

void fdb_layout(struct fdb *f, struct carve *c, uint32_t max_learned, uint32_t max_static, uint16_t n_ports)
{
	uint32_t cap = max_learned + max_static;

	f->max_learned = max_learned;
	f->n_ports = n_ports;
	imap_layout(&f->map, c, cap);
	f->entry = (struct fdb_entry *)carve_take(c, cap, sizeof(*f->entry));
	f->unused = (uint32_t *)carve_take(c, cap, sizeof(*f->unused));
	f->head = (uint32_t *)carve_take(c, n_ports, sizeof(*f->head));
	f->n_of_port = (uint32_t *)carve_take(c, n_ports, sizeof(*f->n_of_port));
}

void fdb_clear(struct fdb *f)
{
	imap_clear(&f->map);
	for (uint32_t i = 0; i < f->map.cap; i++) {
		f->entry[i].in_use = false;
		f->unused[i] = f->map.cap - 1 - i;
	}
	for (uint16_t i = 0; i < f->n_ports; i++) {
		f->head[i] = FDB_NONE;
		f->n_of_port[i] = 0;
	}
	f->n_unused = f->map.cap;
	f->n_learned = 0;
}

static void chain(struct fdb *f, uint32_t i, uint16_t lport)
{
	struct fdb_entry *e = &f->entry[i];

	e->lport = lport;
	e->prev = FDB_NONE;
	e->next = f->head[lport];
	if (e->next != FDB_NONE)
		f->entry[e->next].prev = i;
	f->head[lport] = i;
}

static void unchain(struct fdb *f, uint32_t i)
{
	const struct fdb_entry *e = &f->entry[i];

	if (e->prev != FDB_NONE)
		f->entry[e->prev].next = e->next;
	else
		f->head[e->lport] = e->next;
	if (e->next != FDB_NONE)
		f->entry[e->next].prev = e->prev;
}

static void count(struct fdb *f, const struct fdb_entry *e, bool is_more)
{
	if (e->is_static)
		return;
	f->n_learned += is_more ? 1u : -1u;
	f->n_of_port[e->lport] += is_more ? 1u : -1u;
}

static uint32_t add(struct fdb *f, const struct fdb_entry *new)
{
	uint32_t i;

	assert(f->n_unused > 0);
	i = f->unused[--f->n_unused];
	f->entry[i] = *new;
	f->entry[i].in_use = true;
	imap_insert(&f->map, new->hash, i);
	if (!new->is_static)
		chain(f, i, new->lport);
	count(f, &f->entry[i], true);
	mirror_note(f->mirror, f->mirror_table, new->component, new->key);
	return i;
}

uint32_t fdb_learn(
	struct fdb *f, uint32_t hash, uint16_t component, uint64_t key, uint16_t lport, struct mono now)
{
	if (f->n_learned == f->max_learned)
		return FDB_NONE;
	return add(f, &(struct fdb_entry){ .key = key,
			      .seen = now,
			      .hash = hash,
			      .binding = FDB_NONE,
			      .component = component,
			      .lport = lport });
}

uint32_t fdb_bind(
	struct fdb *f, uint32_t hash, uint16_t component, uint64_t key, uint16_t lport, uint32_t binding)
{
	uint32_t i = fdb_find(f, hash, component, key);

	if (i != FDB_NONE)
		fdb_remove(f, i);
	return add(f, &(struct fdb_entry){ .key = key,
			      .hash = hash,
			      .binding = binding,
			      .component = component,
			      .lport = lport,
			      .is_static = true });
}

void fdb_remove(struct fdb *f, uint32_t i)
{
	struct fdb_entry *e = &f->entry[i];

	assert(e->in_use);
	count(f, e, false);
	if (!e->is_static)
		unchain(f, i);
	imap_remove(&f->map, e->hash, i);
	mirror_note(f->mirror, f->mirror_table, e->component, e->key);
	e->in_use = false;
	f->unused[f->n_unused++] = i;
}

void fdb_flush_port(struct fdb *f, uint16_t lport)
{
	while (f->head[lport] != FDB_NONE)
		fdb_remove(f, f->head[lport]);
}

void fdb_flush_vlan(struct fdb *f, uint16_t lport, uint16_t vid)
{
	for (uint32_t i = f->head[lport], next; i != FDB_NONE; i = next) {
		next = f->entry[i].next;
		if (f->entry[i].binding == FDB_NONE && f->entry[i].key >> 48 == vid)
			fdb_remove(f, i);
	}
}

void fdb_expire(struct fdb *f, struct mono limit)
{
	for (uint32_t i = 0; f->n_learned > 0 && i < f->map.cap; i++) {
		const struct fdb_entry *e = &f->entry[i];

		if (e->in_use && !e->is_static && mono_before(e->seen, limit))
			fdb_remove(f, i);
	}
}
