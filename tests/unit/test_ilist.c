/* Lists over indices, against an array that does the same slowly. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "ilist.h"
#include "prng.h"

enum { N = 16 };

struct model {
	uint32_t item[2][N], n[2];
};

static void model_remove(struct model *m, unsigned list, uint32_t i)
{
	for (uint32_t k = 0; k < m->n[list]; k++) {
		if (m->item[list][k] != i)
			continue;
		memmove(&m->item[list][k], &m->item[list][k + 1], (m->n[list] - k - 1) * sizeof(uint32_t));
		m->n[list]--;
		return;
	}
	cr_assert_fail("%u is not in list %u", i, list);
}

static void check(const struct ilist *l, const struct ilinks *k, const struct model *m, unsigned list)
{
	uint32_t at = 0;

	if (l->n != m->n[list])
		cr_assert_fail("%u items, %u expected", l->n, m->n[list]);
	for (uint32_t i = l->head; i != ILIST_NONE; i = ilist_next(k, i))
		if (at >= m->n[list] || m->item[list][at++] != i || !ilinks_in(k, i))
			cr_assert_fail("place %u", at);
	if (at != m->n[list] || (l->tail != ILIST_NONE && l->tail != m->item[list][at - 1]))
		cr_assert_fail("tail");
}

Test(ilist, two_lists_over_one_set_of_links_do_as_arrays_do)
{
	struct prng rnd = { 7 };
	struct ilinks k;
	struct ilist l[2];
	struct model m = { 0 };
	struct carve c = { NULL, 0 };
	void *mem;

	ilinks_layout(&k, &c, N);
	mem = calloc(1, c.used);
	c = (struct carve){ mem, 0 };
	ilinks_layout(&k, &c, N);
	ilist_clear(&l[0]);
	ilist_clear(&l[1]);
	for (unsigned step = 0; step < 20000; step++) {
		unsigned list = prng_next(&rnd) & 1;
		uint32_t i = (uint32_t)prng_below(&rnd, N);

		if (prng_below(&rnd, 8) == 0) {
			uint32_t want = m.n[list] > 0 ? m.item[list][0] : ILIST_NONE,
				 got = ilist_pop(&l[list], &k);

			if (got != want)
				cr_assert_fail("popped %u, expected %u", got, want);
			if (got != ILIST_NONE)
				model_remove(&m, list, got);
		} else if (!ilinks_in(&k, i)) {
			ilist_push(&l[list], &k, i);
			m.item[list][m.n[list]++] = i;
		} else {
			unsigned in = 0;

			for (uint32_t at = 0; at < m.n[1]; at++)
				in |= m.item[1][at] == i;
			ilist_remove(&l[in], &k, i);
			model_remove(&m, in, i);
		}
		check(&l[0], &k, &m, 0);
		check(&l[1], &k, &m, 1);
	}
	free(mem);
}
