/* The SVID pool of a bridge (evb-reference 4.2) against a model that looks at every SVID each time. */
#include "cdcp_rig.h"
#include "prng.h"

enum { LAST = 30, STEPS = 200000 }; /* the highest SCID and SVID used here */

static struct cdcp_pool pool;

static struct model {
	uint16_t low, high;
	uint16_t owner[LAST + 1];
	uint16_t last[LAST + 1]; /* owner while it is free */
	struct mono freed[LAST + 1];
	uint16_t fixed[LAST + 1];     /* per SCID */
	uint16_t fixed_for[LAST + 1]; /* per SVID */
} m;

static bool is_free(uint16_t svid)
{
	return svid >= m.low && svid <= m.high && m.owner[svid] == 0 && m.fixed_for[svid] == 0;
}

static bool is_young(uint16_t svid, uint16_t scid, struct mono now)
{
	return m.last[svid] != 0 && m.last[svid] != scid && now.ns - m.freed[svid].ns < 10000000000;
}

static const struct cdcp_set none;

/* A free SVID that no other one has been free for longer than, but those that are not to be taken. */
static void check_take(uint16_t scid, uint16_t but)
{
	struct cdcp_set not_this = { 0 };
	uint16_t got;

	if (but != 0)
		cdcp_set_add(&not_this, but);
	got = cdcp_pool_take(&pool, scid, &not_this);

	if (m.fixed[scid] != 0) {
		HOLDS(got == 0);
		return;
	}
	HOLDS(got == 0 || (is_free(got) && got != but));
	for (uint16_t svid = 2; svid <= LAST; svid++)
		HOLDS(!is_free(svid) || svid == but || (got != 0 && m.freed[got].ns <= m.freed[svid].ns));
	if (got != 0)
		m.owner[got] = scid;
}

static void check_claim(uint16_t scid, uint16_t svid, struct mono now)
{
	uint16_t expected = is_free(svid) && !is_young(svid, scid, now) ? svid : 0;

	if (m.fixed[scid] != 0)
		expected = m.owner[m.fixed[scid]] == 0 ? m.fixed[scid] : 0;
	HOLDS(cdcp_pool_claim(&pool, scid, svid, now) == expected);
	if (expected != 0)
		m.owner[expected] = scid;
}

static void give_back(uint16_t svid, struct mono now)
{
	if (m.owner[svid] == 0)
		return;
	cdcp_pool_free(&pool, svid, now);
	m.last[svid] = m.owner[svid];
	m.freed[svid] = now;
	m.owner[svid] = 0;
}

static void fix(struct prng *rng)
{
	uint64_t at = prng_below(rng, LAST - 1), other = at + 1 + prng_below(rng, LAST - 2);
	const struct cdcp_pair pairs[] = { { (uint16_t)(2 + prng_below(rng, 9)), (uint16_t)(2 + at) },
		{ (uint16_t)(11 + prng_below(rng, 5)), (uint16_t)(2 + other % (LAST - 1)) } };
	unsigned n = (unsigned)prng_below(rng, 3);

	cdcp_pool_set_fixed(&pool, pairs, n);
	memset(m.fixed, 0, sizeof(m.fixed));
	memset(m.fixed_for, 0, sizeof(m.fixed_for));
	for (unsigned i = 0; i < n; i++) {
		m.fixed[pairs[i].scid] = pairs[i].svid;
		m.fixed_for[pairs[i].svid] = pairs[i].scid;
	}
}

static void move(struct prng *rng)
{
	m.low = (uint16_t)(2 + prng_below(rng, 20));
	m.high = (uint16_t)(m.low + prng_below(rng, LAST - m.low + 1U));
	cdcp_pool_set_range(&pool, m.low, m.high);
}

static void check_allows(void)
{
	for (uint16_t svid = 2; svid <= LAST; svid++) {
		bool is_in_pool = svid >= m.low && svid <= m.high && m.fixed_for[svid] == 0;

		HOLDS(cdcp_pool_allows(&pool, 2, svid) == (m.fixed[2] ? m.fixed[2] == svid : is_in_pool));
	}
}

/* Both ends of the list meet, and it holds exactly what is free. */
static void check_list(void)
{
	unsigned n = 0, n_free = 0;

	for (uint16_t svid = pool.svid[0].next, before = 0; svid != 0;
		before = svid, svid = pool.svid[svid].next, n++) {
		HOLDS(svid <= LAST && is_free(svid) && pool.svid[svid].prev == before);
		HOLDS(before == 0 || !mono_before(pool.svid[svid].freed_at, pool.svid[before].freed_at));
	}
	for (uint16_t svid = 2; svid <= LAST; svid++)
		n_free += is_free(svid);
	HOLDS(n == n_free);
}

Test(cdcp_pool, random_use_agrees_with_the_model)
{
	struct prng rng = { 1 };
	struct mono now = { 100000000000 };

	m = (struct model){ .low = 5, .high = 12 };
	cdcp_pool_init(&pool, 5, 12);
	for (unsigned i = 0; i < STEPS; i++) {
		uint16_t id = (uint16_t)(2 + prng_below(&rng, LAST - 1));
		uint64_t what = prng_below(&rng, 100);

		now = mono_add(now, dur_ms(prng_below(&rng, 2000)));
		if (what < 2)
			fix(&rng);
		else if (what < 4)
			move(&rng);
		else if (what < 25)
			check_take(id, (uint16_t)prng_below(&rng, LAST + 1));
		else if (what < 50)
			check_claim(id, (uint16_t)(2 + prng_below(&rng, LAST - 1)), now);
		else
			give_back(id, now);
		check_list();
		check_allows();
	}
}

Test(cdcp_pool, new_svids_go_out_in_ascending_order)
{
	cdcp_pool_init(&pool, 2, 4094);
	for (uint16_t i = 2; i <= 4094; i++)
		cr_assert_eq(cdcp_pool_take(&pool, i, &none), i);
	cr_assert_eq(cdcp_pool_take(&pool, 4000, &none), 0);
	cr_assert_eq(cdcp_pool_claim(&pool, 4000, 17, at_ms(0)), 0);
}
