/* The filtering database alone: chains, limits and counts stay in step whatever is put in and taken out. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "fdb.h"
#include "prng.h"

enum { N_PORTS = 4, MAX_LEARNED = 20, MAX_STATIC = 8, N_KEYS = 40, N_STEPS = 20000 };

static struct fdb f;
static void *mem;

static void layout(struct carve *c)
{
	fdb_layout(&f, c, MAX_LEARNED, MAX_STATIC, N_PORTS);
}

static void start(void)
{
	struct carve c = { 0 };

	layout(&c);
	mem = calloc(1, c.used);
	c = (struct carve){ .base = mem };
	layout(&c);
	fdb_clear(&f);
}
static void finish(void)
{
	free(mem);
}

TestSuite(fdb, .init = start, .fini = finish);

/* Every learned record is in the chain of its port, found by its key, and counted. */
static void check_all(void)
{
	uint32_t n_static = 0, n_learned = 0;

	for (uint16_t port = 0; port < N_PORTS; port++) {
		uint32_t n_here = 0, prev = FDB_NONE;

		for (uint32_t i = f.head[port]; i != FDB_NONE; prev = i, i = f.entry[i].next) {
			const struct fdb_entry *e = &f.entry[i];

			cr_assert(e->in_use && !e->is_static && e->lport == port && e->prev == prev);
			cr_assert_eq(fdb_find(&f, e->hash, e->component, e->key), i);
			n_here++;
		}
		cr_assert_eq(n_here, f.n_of_port[port]);
		n_learned += n_here;
	}
	for (uint32_t i = 0; i < f.map.cap; i++)
		n_static += f.entry[i].in_use && f.entry[i].is_static;
	cr_assert_eq(n_static + n_learned, fdb_count(&f));
	cr_assert_eq(n_learned, f.n_learned);
	cr_assert_leq(n_learned, MAX_LEARNED);
}

Test(fdb, stays_consistent_under_random_use)
{
	struct prng rnd = { 7 };
	uint32_t n_static = 0;

	for (unsigned step = 0; step < N_STEPS; step++) {
		uint64_t key = fdb_key(1, 1 + prng_below(&rnd, N_KEYS));
		uint16_t component = (uint16_t)prng_below(&rnd, 2),
			 port = (uint16_t)prng_below(&rnd, N_PORTS);
		uint32_t hash = (uint32_t)(key % 5), i = fdb_find(&f, hash, component, key);
		unsigned what = (unsigned)prng_below(&rnd, 20);

		if (what == 0) {
			fdb_flush_port(&f, port);
		} else if (what == 1) {
			fdb_expire(&f, (struct mono){ step > 30 ? step - 30 : 0 });
		} else if (what < 6 && (n_static < MAX_STATIC || (i != FDB_NONE && f.entry[i].is_static))) {
			n_static += i == FDB_NONE || !f.entry[i].is_static;
			fdb_bind(&f, hash, component, key, port, step % 3);
		} else if (i == FDB_NONE) {
			bool is_full = f.n_learned == MAX_LEARNED;

			i = fdb_learn(&f, hash, component, key, port, (struct mono){ step });
			cr_assert_eq(i == FDB_NONE, is_full);
			if (i != FDB_NONE)
				f.entry[i].binding = step % 3;
		} else if (what < 12) {
			n_static -= f.entry[i].is_static;
			fdb_remove(&f, i);
		}
		if (step % 16 == 0)
			check_all();
	}
}

Test(fdb, components_and_vlans_are_part_of_the_key)
{
	uint32_t a = fdb_learn(&f, 1, 0, fdb_key(1, 5), 0, MONO_ZERO);
	uint32_t b = fdb_learn(&f, 1, 1, fdb_key(1, 5), 1, MONO_ZERO);
	uint32_t c = fdb_learn(&f, 1, 0, fdb_key(2, 5), 2, MONO_ZERO);

	cr_assert_eq(fdb_find(&f, 1, 0, fdb_key(1, 5)), a);
	cr_assert_eq(fdb_find(&f, 1, 1, fdb_key(1, 5)), b);
	cr_assert_eq(fdb_find(&f, 1, 0, fdb_key(2, 5)), c);
	cr_assert_eq(fdb_find(&f, 1, 1, fdb_key(2, 5)), FDB_NONE);
	fdb_flush_vlan(&f, 2, 1);
	cr_assert_eq(fdb_count(&f), 3);
	fdb_flush_vlan(&f, 2, 2);
	cr_assert_eq(fdb_count(&f), 2);
}

Test(fdb, ageing_takes_what_is_older_than_the_limit_and_no_static_entry)
{
	fdb_learn(&f, 1, 0, 1, 0, (struct mono){ 10 });
	fdb_learn(&f, 2, 0, 2, 0, (struct mono){ 11 });
	fdb_bind(&f, 3, 0, 3, 0, 0);
	fdb_expire(&f, (struct mono){ 11 });
	cr_assert_eq(fdb_find(&f, 1, 0, 1), FDB_NONE);
	cr_assert_neq(fdb_find(&f, 2, 0, 2), FDB_NONE);
	cr_assert_neq(fdb_find(&f, 3, 0, 3), FDB_NONE);
}
