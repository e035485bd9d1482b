/*
 * The table of outer tags against a plain list: tags set, moved, cleared, their ports deleted, at random, in a table small
 * enough for long runs of neighbours.
 */
#include "prng.h"
#include "relay_net.h"
#include "relay_priv.h"

enum { TRUNKS = 3, PORTS = 40, MAX = 24, IDS = 60, STEPS = 20000 };

struct row {
	uint16_t trunk, lport;
	uint32_t id;
};
struct list {
	struct row row[MAX];
	unsigned n;
};

static struct relay *r;
static struct list list;

static void start(void)
{
	struct relay_cfg cfg = {
		.max_lports = TRUNKS + PORTS, .max_fdb = 4, .max_admit = 4, .max_channels = MAX
	};

	r = relay_init(&cfg, calloc(1, relay_size(&cfg)));
	r->channel_mask = 31; /* fuller than it would be */
}

static void end(void)
{
	free(r);
}

TestSuite(relay_channels, .init = start, .fini = end);

static void add_port(uint16_t want)
{
	struct relay_port_cfg cfg = { .kind = FWD_SBP, .relay = FWD_BRIDGE };

	cfg.carries = want < TRUNKS ? FWD_TAG_S : FWD_TAG_NONE;
	cfg.tag = want < TRUNKS ? FWD_TAG_NONE : FWD_TAG_S;
	cr_assert_eq(relay_port_add(r, &cfg), want);
}

static void forget(uint16_t trunk, uint32_t id, uint16_t lport)
{
	for (unsigned i = list.n; i-- > 0;)
		if (list.row[i].lport == lport ||
			(list.row[i].trunk == trunk && (id == 0 || list.row[i].id == id)))
			list.row[i] = list.row[--list.n];
}

static const struct row *find(uint16_t trunk, uint32_t id)
{
	for (unsigned i = 0; i < list.n; i++)
		if (list.row[i].trunk == trunk && list.row[i].id == id)
			return &list.row[i];
	return NULL;
}

static void set(uint16_t trunk, uint32_t id, uint16_t lport)
{
	const struct row *old = find(trunk, id);
	bool is_set = relay_channel_set(r, trunk, id, lport);

	if (old) {
		cr_assert_eq(is_set, old->lport == lport);
		return;
	}
	forget(FWD_LPORT_NONE, 0, lport); /* a port has one, and loses it even if there is no room */
	cr_assert_eq(is_set, list.n < MAX);
	if (is_set)
		list.row[list.n++] = (struct row){ trunk, lport, id };
}

static void check(unsigned step)
{
	for (uint16_t trunk = 0; trunk < TRUNKS; trunk++)
		for (uint32_t id = 2; id < 2 + IDS; id++) {
			const struct row *want = find(trunk, id);
			const struct channel *c = relay_channel_at(r, trunk, id);

			cr_assert_eq(c->id != 0, want != NULL, "step %u", step);
			cr_assert(!want || c->lport == want->lport, "step %u", step);
			cr_assert(!want || relay_port(r, c->lport)->tag_id == id, "step %u", step);
		}
	cr_assert_eq(r->n_channels, list.n);
}

Test(relay_channels, the_table_is_what_was_set_and_not_cleared)
{
	struct prng rnd = { 20111 };

	for (uint16_t i = 0; i < TRUNKS + PORTS; i++)
		add_port(i);
	for (unsigned step = 0; step < STEPS; step++) {
		uint16_t trunk = (uint16_t)prng_below(&rnd, TRUNKS);
		uint16_t lport = (uint16_t)(TRUNKS + prng_below(&rnd, PORTS));
		uint32_t id = 2 + (uint32_t)prng_below(&rnd, IDS);
		uint64_t what = prng_below(&rnd, 16);

		if (what < 9) {
			set(trunk, id, lport);
		} else if (what < 14) {
			relay_channel_clear(r, trunk, id);
			forget(trunk, id, FWD_LPORT_NONE);
		} else if (what == 14) {
			relay_port_del(r, lport);
			forget(FWD_LPORT_NONE, 0, lport);
			add_port(lport);
		} else if (step % 5 == 0) {
			relay_port_del(r, trunk);
			forget(trunk, 0, FWD_LPORT_NONE);
			add_port(trunk);
		}
		check(step);
	}
}

/* The one untagged VID of a port is known without a look-up, whatever came and went. */
Test(relay_channels, a_port_knows_its_only_untagged_vid)
{
	struct relay_port_cfg cfg = { .kind = FWD_DRP, .relay = FWD_BRIDGE };
	uint16_t lport = relay_port_add(r, &cfg);
	struct relay_admit ten[] = { { .vid = 10, .mac = net_mac(1) }, { .vid = 10, .mac = net_mac(2) } };
	struct relay_admit twenty = { .vid = 20, .mac = net_mac(3) };

	cr_assert(relay_admit(r, lport, 1, ten, 2));
	cr_assert_eq(r->port[lport].n_untagged_vids, 1);
	cr_assert_eq(r->port[lport].untagged_vids, 10);
	cr_assert(relay_admit(r, lport, 2, &twenty, 1));
	cr_assert_eq(r->port[lport].n_untagged_vids, 2);
	cr_assert(relay_admit(r, lport, 1, NULL, 0));
	cr_assert_eq(r->port[lport].n_untagged_vids, 1);
	cr_assert_eq(r->port[lport].untagged_vids, 20);
	relay_port_del(r, lport);
	cr_assert_eq(relay_port_add(r, &cfg), lport);
	cr_assert_eq(r->port[lport].n_untagged_vids, 0);
}

/* Two sets of VIFs with the same hash and number: the members decide. */
Test(relay_channels, PEX_54_a_list_with_the_hash_of_another_set_is_not_taken)
{
	static const uint16_t in_vlan[] = { 2, 3, 18, 39 }, in_list[] = { 6, 12, 13, 31 };
	struct net net;
	struct vif_set a = { 0 }, b = { 0 };

	net_init(&net);
	net_port(
		&net, (struct relay_port_cfg){ .kind = FWD_SBP, .relay = FWD_BRIDGE, .carries = FWD_TAG_VN });
	for (uint16_t i = 1; i < 40; i++) {
		net_port(&net,
			(struct relay_port_cfg){ .kind = FWD_DRP, .relay = FWD_BRIDGE, .tag = FWD_TAG_VN });
		cr_assert(relay_channel_set(net.r, 0, i, i));
	}
	for (unsigned i = 0; i < 4; i++) {
		relay_set_add(&a, in_vlan[i]);
		relay_set_add(&b, in_list[i]);
		net_admit(&net, in_vlan[i], 1, 10, 0);
	}
	cr_assert_eq(a.hash, b.hash, "others have to be found");
	cr_assert(relay_list_set(net.r, 0, 0x4001, in_list, 4));
	relay_port_set_vlan(net.r, net_ordinary(&net, 10), 10, true, true);
	cr_assert(net_rx(&net, 40, 0, MAC_ALL, 0xA));
	cr_assert_eq(net_ports(&net), net_set_of(in_vlan, 4));
	cr_assert(relay_list_set(net.r, 0, 0x4002, in_vlan, 4));
	cr_assert(net_rx(&net, 40, 0, MAC_ALL, 0xA));
	cr_assert_eq(net_ports(&net), net_set(0));
	net_fini_all();
}
