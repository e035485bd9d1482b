/* VSIs that move between two bridge ports: what the bridge measures, and what becomes of a migration that fails. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "sim.h"

static struct sim *world;
static struct sim_node *a, *b, *bridge;
static struct {
	unsigned n;
	bool has_blackout;
	double blackout_s;
	char from[NODE_LABEL], to[NODE_LABEL];
} moved;

static const struct mac guest = { { 0x52, 0x54, 0, 0, 0, 1 } };
static const struct vsi_id id = { .format = VSI_ID_UUID, .id = { [15] = 1 } };

static void watch(void *ctx, const struct node_event *ev, struct mono now)
{
	(void)ctx;
	(void)now;
	if (ev->kind != NODE_EVENT_MOVE)
		return;
	moved.n++;
	moved.has_blackout = ev->has_blackout;
	moved.blackout_s = dur_seconds(ev->blackout);
	snprintf(moved.from, sizeof(moved.from), "%s", ev->from);
	snprintf(moved.to, sizeof(moved.to), "%s", ev->to);
	cr_expect(vsi_id_equal(&ev->vsi->subject.vsi, &id));
}

static void pass(struct dur d)
{
	sim_run(world, mono_add(world->now, d));
}

static struct sim_node *host(const char *name, const char *port)
{
	struct sim_node *h = sim_add_node(world, name);

	sim_add_port(h, "eth0", CONF_STATION);
	sim_add_vm(h, "vnet1", "eth0");
	sim_start(h);
	sim_wire(h, "eth0", bridge, port, dur_us(100));
	return h;
}

static void build(void)
{
	memset(&moved, 0, sizeof(moved));
	world = sim_new(1);
	bridge = sim_add_node(world, "bridge");
	sim_add_port(bridge, "swp1", CONF_BRIDGE);
	sim_add_port(bridge, "swp2", CONF_BRIDGE);
	bridge->types.n_types = 2;
	bridge->types.has_default_manager = true;
	bridge->type[0] = (struct vtdb_type){ .type_id = 1, .version_high = 255, .default_vid = 100 };
	bridge->type[1] = (struct vtdb_type){ .type_id = 2,
		.version_high = 255,
		.is_refused = true,
		.refuse_error = VDP_E_RESOURCES,
		.refuse_hard = true };
	bridge->watch = watch;
	sim_start(bridge);
	a = host("a", "swp1");
	b = host("b", "swp2");
	pass(dur_s(5));
}

static void teardown(void)
{
	sim_free(world);
}

TestSuite(node_move, .init = build, .fini = teardown);

static void ask(struct sim_node *h, enum vdp_op op, uint32_t type, bool is_migrating)
{
	struct vdp_filter filter = { .mac = guest };
	struct vdp_request rq = { .op = op,
		.subject = { .type_id = type, .vsi = id },
		.format = VDP_FILTER_MAC_VID,
		.n_filters = 1,
		.filters = &filter,
		.is_migrating = is_migrating };
	struct mono now = sim_node_now(h);

	cr_assert_eq(node_vsi_request(h->node, node_find_port(h->node, "eth0"), &rq,
			     node_find_port(h->node, "vnet1"), now),
		VDP_SUBMIT_OK);
	node_kick(h->node, node_find_port(h->node, "eth0"), now);
	pass(dur_ms(500));
}

static enum vdp_state state(const struct sim_node *n, const char *port)
{
	const struct node_port *p = node_port(n->node, node_find_port(n->node, port));
	uint32_t at = vdp_table_find(p->vdp, &id);

	return at == UINT32_MAX ? VDP_STATE_NONE : vdp_table_get(p->vdp, at)->state;
}

static void talk(struct sim_node *h)
{
	uint8_t frame[60] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, [12] = 0x08, [13] = 0x06 };

	memcpy(frame + 6, guest.b, sizeof(guest.b));
	sim_inject(h, "vnet1", span_of(frame, sizeof(frame)));
	pass(dur_ms(1));
}

/* Where the bridge's FDB has the guest. */
static const char *fdb_port(void)
{
	struct relay_fdb_row row;
	uint32_t cookie = 0;
	bool is_valid;

	do {
		cookie = relay_fdb_walk(node_relay(bridge->node), cookie, &row, &is_valid);
		if (is_valid && mac_equal(row.mac, guest))
			return row.lport == node_port(bridge->node, node_find_port(bridge->node, "swp1"))
						       ->lport
				       ? "swp1"
				       : "swp2";
	} while (is_valid && cookie != 0);
	return "nowhere";
}

Test(node_move, VDPB_25_the_bridge_measures_the_blackout_of_a_migration)
{
	ask(a, VDP_ASSOC, 1, false);
	talk(a);
	cr_expect_str_eq(fdb_port(), "swp1");
	ask(b, VDP_PREASSOC_RR, 1, true);
	cr_expect_eq(state(bridge, "swp1"), VDP_STATE_ASSOC);
	cr_expect_eq(state(bridge, "swp2"), VDP_STATE_PREASSOC_RR);
	talk(a); /* the last frame of the guest at its old host */
	pass(dur_ms(200));
	ask(b, VDP_ASSOC, 1, true); /* half a second */
	cr_expect_eq(state(bridge, "swp2"), VDP_STATE_ASSOC);
	cr_expect_eq(state(bridge, "swp1"), VDP_STATE_NONE);
	cr_expect_str_eq(fdb_port(), "swp2");
	cr_expect_eq(moved.n, 0, "before it was heard");
	talk(b);
	cr_assert_eq(moved.n, 1);
	cr_expect(moved.has_blackout);
	cr_expect_float_eq(moved.blackout_s, 0.701, 0.002);
	cr_expect_str_eq(moved.from, "swp1");
	cr_expect_str_eq(moved.to, "swp2");
	talk(b);
	cr_expect_eq(moved.n, 1, "once");
}

Test(node_move, a_guest_that_was_never_heard_has_no_blackout)
{
	ask(a, VDP_ASSOC, 1, false);
	ask(b, VDP_ASSOC, 1, true);
	talk(b);
	cr_assert_eq(moved.n, 1);
	cr_expect_not(moved.has_blackout);
}

Test(node_move, VDPB_25_a_failed_migration_leaves_the_source_associated)
{
	ask(a, VDP_ASSOC, 1, false);
	talk(a);
	ask(b, VDP_PREASSOC, 1, true);
	ask(b, VDP_ASSOC, 2, true); /* refused for good */
	pass(dur_s(30));
	cr_expect_neq(state(b, "eth0"), VDP_STATE_ASSOC);
	cr_expect_neq(state(bridge, "swp2"), VDP_STATE_ASSOC);
	cr_expect_eq(state(bridge, "swp1"), VDP_STATE_ASSOC);
	cr_expect_eq(state(a, "eth0"), VDP_STATE_ASSOC);
	cr_expect_str_eq(fdb_port(), "swp1");
	talk(a);
	cr_expect_eq(moved.n, 0);
}

Test(node_move, a_target_that_dies_after_it_was_pre_associated_changes_nothing)
{
	ask(a, VDP_ASSOC, 1, false);
	ask(b, VDP_PREASSOC_RR, 1, true);
	sim_link(b, "eth0", false);
	pass(dur_s(60));
	cr_expect_eq(state(bridge, "swp1"), VDP_STATE_ASSOC);
	cr_expect_eq(state(bridge, "swp2"), VDP_STATE_NONE);
	cr_expect_eq(state(a, "eth0"), VDP_STATE_ASSOC);
}

/* Sixty-four moves are watched; what comes on top takes the place of the oldest, and none is lost count of. */
Test(node_move, more_moves_than_places)
{
	for (unsigned i = 0; i < 3 * 64; i++) {
		ask(i % 2 == 0 ? a : b, VDP_ASSOC, 1, i > 0);
		pass(dur_s(1));
	}
	talk(b);
	cr_expect_eq(moved.n, 1);
	talk(b);
	cr_expect_eq(moved.n, 1);
}
