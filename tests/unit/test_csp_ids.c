/* The pool of channel numbers (port-extension-reference 3.6: a freed id rests for 10 s). */
#include <criterion/criterion.h>

#include "csp_ids.h"

static struct csp_ids new_ids(uint32_t first, uint32_t n)
{
	static _Alignas(CARVE_ALIGN) uint8_t mem[4096];
	struct carve c = { mem, 0 };
	struct csp_ids p;

	csp_ids_layout(&p, &c, n);
	cr_assert_leq(c.used, sizeof(mem));
	csp_ids_init(&p, first);
	return p;
}

static struct mono at_s(uint64_t s)
{
	return mono_add(MONO_ZERO, dur_s(s));
}

Test(csp_ids, every_id_once_and_then_none)
{
	struct csp_ids p = new_ids(5, 100);
	bool seen[105] = { false };

	for (unsigned i = 0; i < 100; i++) {
		uint32_t next = csp_ids_peek(&p, at_s(0)), id = csp_ids_take(&p, at_s(0));

		cr_assert_eq(next, id);
		cr_assert(id >= 5 && id < 105 && !seen[id]);
		seen[id] = true;
	}
	cr_assert_eq(csp_ids_peek(&p, at_s(0)), 0);
	cr_assert_eq(csp_ids_take(&p, at_s(1000)), 0);
}

Test(csp_ids, PEX_63_a_freed_id_rests_for_10_s)
{
	struct csp_ids p = new_ids(1, 1);

	cr_assert_eq(csp_ids_take(&p, at_s(3)), 1);
	csp_ids_free(&p, 1, at_s(4));
	cr_assert_eq(csp_ids_take(&p, at_s(4)), 0);
	cr_assert_eq(csp_ids_take(&p, (struct mono){ at_s(14).ns - 1 }), 0);
	cr_assert_eq(csp_ids_take(&p, at_s(14)), 1);
}

Test(csp_ids, PEX_63_a_fresh_id_comes_before_a_freed_one)
{
	struct csp_ids p = new_ids(1, 3);

	cr_assert_eq(csp_ids_take(&p, at_s(0)), 1);
	csp_ids_free(&p, 1, at_s(0));
	cr_assert_eq(csp_ids_take(&p, at_s(60)), 2);
	cr_assert_eq(csp_ids_take(&p, at_s(60)), 3);
	cr_assert_eq(csp_ids_take(&p, at_s(60)), 1);
}

Test(csp_ids, no_id_at_all_is_an_empty_pool)
{
	struct csp_ids p = new_ids(1, 0);

	cr_assert_eq(csp_ids_take(&p, at_s(0)), 0);
}
