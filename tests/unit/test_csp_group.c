/* Memberships of ports in groups, against a matrix that does the same slowly. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "csp_group.h"
#include "prng.h"

enum { PORTS = 6, GROUPS = 4, MEMBERS = 14, CHANNELS = 7 };

static struct csp_groups new_groups(void)
{
	static _Alignas(CARVE_ALIGN) uint8_t mem[8192];
	struct carve c = { mem, 0 };
	struct csp_groups t = { .key = { 1, 2 } };

	csp_groups_layout(&t, &c, PORTS, GROUPS, MEMBERS);
	cr_assert_leq(c.used, sizeof(mem));
	csp_groups_init(&t);
	return t;
}

struct model {
	bool has_group[CHANNELS];
	bool is_member[CHANNELS][PORTS];
	unsigned n_groups, n_members;
};

static void check_group(const struct csp_groups *t, const struct model *m, uint32_t channel)
{
	uint32_t g = csp_group_find(t, channel + 1), n = 0;

	if ((g != CSP_NONE) != m->has_group[channel])
		cr_assert_fail("group %u", channel);
	if (g == CSP_NONE)
		return;
	for (uint32_t port = 0; port < PORTS; port++) {
		n += m->is_member[channel][port];
		if ((csp_member_find(t, g, port) != CSP_NONE) != m->is_member[channel][port])
			cr_assert_fail("group %u port %u", channel, port);
	}
	for (uint32_t i = t->group[g].first; i != CSP_NONE; i = t->member[i].g_next, n--)
		if (n == 0 || t->member[i].group != g || !m->is_member[channel][t->member[i].port])
			cr_assert_fail("chain of group %u", channel);
	if (n != 0)
		cr_assert_fail("members of group %u", channel);
}

static void check_port(const struct csp_groups *t, const struct model *m, uint32_t port)
{
	uint32_t n = 0;

	for (uint32_t i = csp_port_first(t, port); i != CSP_NONE; i = t->member[i].p_next, n++)
		if (t->member[i].port != port)
			cr_assert_fail("chain of port %u", port);
	for (unsigned channel = 0; channel < CHANNELS; channel++)
		n -= m->is_member[channel][port];
	if (n != 0)
		cr_assert_fail("groups of port %u", port);
}

static void change_member(struct csp_groups *t, struct model *m, uint32_t channel, uint32_t port)
{
	uint32_t g = csp_group_find(t, channel + 1), i = csp_member_find(t, g, port);

	if (i != CSP_NONE) {
		csp_member_free(t, i);
		m->n_members--;
		m->is_member[channel][port] = false;
		return;
	}
	i = csp_member_add(t, g, port);
	if ((i == CSP_NONE) != (m->n_members == MEMBERS))
		cr_assert_fail("full at %u", m->n_members);
	m->is_member[channel][port] = i != CSP_NONE;
	m->n_members += i != CSP_NONE;
}

static void change_group(struct csp_groups *t, struct model *m, uint32_t channel)
{
	uint32_t g = csp_group_find(t, channel + 1);

	if (g == CSP_NONE) {
		g = csp_group_add(t, channel + 1);
		if ((g == CSP_NONE) != (m->n_groups == GROUPS))
			cr_assert_fail("full at %u", m->n_groups);
		m->has_group[channel] = g != CSP_NONE;
		m->n_groups += g != CSP_NONE;
	} else if (t->group[g].n == 0) {
		csp_group_free(t, g);
		m->has_group[channel] = false;
		m->n_groups--;
	}
}

Test(csp_group, memberships_do_as_a_matrix_does)
{
	struct csp_groups t = new_groups();
	struct prng rnd = { 5 };
	struct model m = { 0 };

	for (unsigned step = 0; step < 50000; step++) {
		uint32_t channel = (uint32_t)prng_below(&rnd, CHANNELS);

		if (prng_below(&rnd, 3) == 0)
			change_group(&t, &m, channel);
		else if (m.has_group[channel])
			change_member(&t, &m, channel, (uint32_t)prng_below(&rnd, PORTS));
		if (prng_below(&rnd, 2000) == 0) {
			csp_groups_clear(&t);
			m = (struct model){ 0 };
		}
		for (uint32_t k = 0; k < CHANNELS; k++)
			check_group(&t, &m, k);
		for (uint32_t k = 0; k < PORTS; k++)
			check_port(&t, &m, k);
		if (t.n_groups != m.n_groups || t.n_members != m.n_members)
			cr_assert_fail("counts");
	}
}
