/*
 * The filtering database: (relay component, VID, address) -> logical port. 802.1Q 8.8. Learned entries age and are
 * limited in number; entries of associated VSIs are static, always have room and yield to no learned one.
 * Entries of a port are chained, so that flushing costs what there is to flush.
 */
#ifndef EVB_FDB_H
#define EVB_FDB_H

#include <stdbool.h>

#include "carve.h"
#include "imap.h"
#include "mirror.h"
#include "mono.h"

#define FDB_NONE UINT32_MAX

/** VID and address in one word: the key of all tables of the relay. */
static inline uint64_t fdb_key(uint16_t vid, uint64_t mac)
{
	return (uint64_t)vid << 48 | mac;
}

struct fdb_entry {
	uint64_t key;
	struct mono seen;
	uint32_t hash;
	uint32_t binding; /* admission that owns the address, FDB_NONE: an ordinary station */
	uint32_t next;    /* of the port */
	uint32_t prev;
	uint16_t component;
	uint16_t lport;
	bool in_use;
	bool is_static;
};

struct fdb {
	struct mirror *mirror; /* NULL: nobody is told of changes */
	uint8_t mirror_table;
	struct imap map;
	struct fdb_entry *entry;
	uint32_t *unused;    /* stack of free records */
	uint32_t *head;      /* per port: chain of its learned entries */
	uint32_t *n_of_port; /* per port: learned entries */
	uint32_t n_unused;
	uint32_t n_learned;
	uint32_t max_learned;
	uint16_t n_ports;
};

void fdb_layout(struct fdb *f, struct carve *c, uint32_t max_learned, uint32_t max_static, uint16_t n_ports);
void fdb_clear(struct fdb *f);

static inline uint32_t fdb_find(const struct fdb *f, uint32_t hash, uint16_t component, uint64_t key)
{
	uint32_t i = imap_first(&f->map, hash);

	while (i != IMAP_NONE && (f->entry[i].key != key || f->entry[i].component != component))
		i = imap_next(&f->map, i);
	return i;
}
/** A new learned entry; FDB_NONE when the table is full. The key must not be there. */
uint32_t fdb_learn(
	struct fdb *f, uint32_t hash, uint16_t component, uint64_t key, uint16_t lport, struct mono now);
/** The VSI behind admission `binding` owns the address from now on. There is always room for max_static of them. */
uint32_t fdb_bind(
	struct fdb *f, uint32_t hash, uint16_t component, uint64_t key, uint16_t lport, uint32_t binding);
void fdb_remove(struct fdb *f, uint32_t i);
/** Forget what was learned on the port; static entries stay. */
void fdb_flush_port(struct fdb *f, uint16_t lport);
/** Forget the station addresses learned on the port in one VLAN that no admission covers. */
void fdb_flush_vlan(struct fdb *f, uint16_t lport, uint16_t vid);
/** Forget what was last seen before `limit`. */
void fdb_expire(struct fdb *f, struct mono limit);
static inline uint32_t fdb_count(const struct fdb *f)
{
	return f->map.cap - f->n_unused;
}

#endif
