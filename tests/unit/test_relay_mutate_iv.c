/*
 * PEX-65: a million random mutations of every worked frame through interface virtualizers. An independent model says
 * which copies there must be, octet for octet (port-extension-reference 2.3, 2.4, 4.3, 5.3): none else comes out.
 */
#include "iv_net.h"
#include "mutate.h"

struct copies { /* what has to come out: these ports, `cut` octets behind the addresses replaced by `tag` */
	uint64_t ports;
	uint64_t kept; /* ports that get the frame as it is */
	size_t cut;
	uint8_t tag[8];
	size_t n_tag;
};

static uint16_t from[9]; /* ports that frames come in by */

static void start_all(void)
{
	start();
	cr_assert(relay_list_set(net.r, u0, LIST, (uint16_t[]){ vif5, vif6, transit }, 3));
	memcpy(from, (uint16_t[]){ vif5, vif6, transit, u0, u0, e100, e101, e0, e0 }, sizeof(from));
}

TestSuite(relay_mutate_iv, .init = start_all, .fini = net_fini_all, .timeout = 600);

static uint64_t bit(uint16_t lport)
{
	return (uint64_t)1 << lport;
}

static bool is_e(uint16_t at)
{
	return at == e0 || at == e100 || at == e101;
}

/* A host's frame: its own address, VLAN 1 or 11, and no tag of ours. */
static struct copies want_up(uint16_t at, const struct mutant *m)
{
	struct inside i = look_inside(m, ADDRESSES);
	bool is_a = at == vif5 || at == e100;
	struct copies c = { 0 };
	unsigned prio = i.c_tag ? i.prio : 0;

	if (!i.is_ok || is_port_tag(i.first) || (i.vid > 1 && i.vid != 11) ||
		last_octet(m->b + 6) != (is_a ? MAC_A : MAC_B))
		return c;
	c.ports = bit(is_e(at) ? e0 : u0);
	if (i.first == 0x88a8 && m->len >= 16)
		prio = m->b[14] >> 4;
	if (is_e(at))
		memcpy(c.tag, (uint8_t[]){ 0x89, 0x3f, (uint8_t)(prio << 4), 0, 0, is_a ? 100 : 101, 0, 0 },
			8);
	else
		memcpy(c.tag, (uint8_t[]){ 0x89, 0x26, 0, 0, 0, is_a ? 5 : 6 }, 6);
	c.n_tag = is_e(at) ? 8 : 6;
	return c;
}

static struct copies want_down(uint16_t at, const struct mutant *m)
{
	struct copies c = { 0 };
	struct tag t;

	if (!(is_e(at) ? read_e : read_vn)(m, true, &t) || !look_inside(m, ADDRESSES + t.len).is_ok)
		return c;
	c.cut = t.len;
	if (is_e(at)) {
		if (t.to == 100 || t.to == (1 << 20 | 1))
			c.ports |= bit(e100);
		if (t.to == 101 || t.to == (1 << 20 | 1))
			c.ports |= bit(e101);
		if (t.from == 100 || t.from == 101)
			c.ports &= ~bit(t.from == 100 ? e100 : e101);
		return c;
	}
	if (t.is_group ? t.to == 0x100 : t.to == 5)
		c.ports |= bit(vif5);
	if (t.is_group ? t.to == 0x100 : t.to == 6)
		c.ports |= bit(vif6);
	if (t.from == 5 || t.from == 6)
		c.ports &= ~bit(t.from == 5 ? vif5 : vif6);
	if (t.is_group ? t.to == 0x100 : t.to == 9)
		c.kept |= bit(transit);
	return c;
}

static struct copies want(uint16_t at, const struct mutant *m)
{
	struct copies c = { 0 };
	struct tag t;

	if (at == u0 || at == e0)
		return want_down(at, m);
	if (at != transit)
		return want_up(at, m);
	if (read_vn(m, false, &t) && t.from == 9 && look_inside(m, ADDRESSES + t.len).is_ok)
		c.kept = bit(u0);
	return c;
}

static bool is_right(const struct relay_copy *c, const struct copies *w, const struct mutant *m)
{
	uint8_t got[2 * FRAME_ROOM];
	size_t len = c->head_len + c->rest.len, rest;

	memcpy(got, c->head, c->head_len);
	if (c->rest.len > 0)
		memcpy(got + c->head_len, c->rest.ptr, c->rest.len);
	if (w->kept >> c->lport & 1)
		return len == m->len && memcmp(got, m->b, len) == 0;
	rest = m->len - ADDRESSES - w->cut;
	return w->ports >> c->lport & 1 && len == ADDRESSES + w->n_tag + rest &&
	       memcmp(got, m->b, ADDRESSES) == 0 && memcmp(got + ADDRESSES, w->tag, w->n_tag) == 0 &&
	       memcmp(got + ADDRESSES + w->n_tag, m->b + ADDRESSES + w->cut, rest) == 0;
}

/* True when something came out. */
static bool run_one(uint16_t at, const struct mutant *m, uint8_t *room, uint64_t seed, unsigned n)
{
	struct copies w = want(at, m);
	uint8_t *exact = room + FRAME_ROOM - m->len; /* so that a sanitizer sees a read beyond the end */
	struct relay_result res;
	struct relay_copy copy;
	uint64_t out = 0;

	memcpy(exact, m->b, m->len);
	relay_rx(net.r, at, span_of(exact, m->len), net.now, &res);
	while (relay_next_copy(net.r, &res, &copy)) {
		if (out >> copy.lport & 1 || !is_right(&copy, &w, m))
			cr_assert_fail("seed %llu mutation %u: a wrong copy on port %u",
				(unsigned long long)seed, n, copy.lport);
		out |= bit(copy.lport);
	}
	if (out != (w.ports | w.kept))
		cr_assert_fail("seed %llu mutation %u at port %u: ports %llx instead of %llx (%s)",
			(unsigned long long)seed, n, at, (unsigned long long)out,
			(unsigned long long)(w.ports | w.kept), fwd_drop_name(res.drop));
	return out != 0;
}

static void run(unsigned first, unsigned last)
{
	uint64_t seed = mutate_seed();
	struct prng rnd = { seed + first };
	uint8_t *room = malloc(FRAME_ROOM);

	for (unsigned f = first; f < last; f++) {
		unsigned forwarded = 0;

		for (unsigned n = 0; n < MUTATIONS; n++) {
			struct mutant m = mutate(&rnd, worked[f]);

			forwarded += run_one(from[n % 9], &m, room, seed, n);
		}
		cr_assert_gt(forwarded, f < 18 ? MUTATIONS / 1000 : 0,
			"frame %u: the mutants must mean something", f);
		cr_assert_lt(forwarded, MUTATIONS);
	}
	cr_assert_eq(relay_fdb_count(net.r), 8, "and nothing was learned");
	free(room);
}

Test(relay_mutate_iv, PEX_65_vn_tags)
{
	run(0, N_WORKED / 2);
}

Test(relay_mutate_iv, PEX_65_e_tags_and_control)
{
	run(N_WORKED / 2, N_WORKED);
}
