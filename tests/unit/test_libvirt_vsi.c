/* What libvirt's requests become, and what its polls are told (openlldp 7): a station and a bridge in virtual time, and in
 * each test the part of libvirt. */
#include <criterion/criterion.h>
#include <linux/rtnetlink.h>
#include <errno.h>
#include <stdio.h>

#include "libvirt_vsi.h"
#include "sim.h"

enum { IN_PROGRESS = -1, NOT_LISTED = -2, EVENTS_TO = 777, MAX_VSIS = 200 };

static struct sim *world;
static struct sim_node *host, *bridge;
static struct libvirt *l;
static struct libvirt_managers managers;
static struct libvirt_note note;

static void watch(void *ctx, const struct node_event *ev, struct mono now)
{
	(void)ctx;
	if (l)
		libvirt_on_event(l, ev, now);
}

static void build(void)
{
	world = sim_new(1);
	host = sim_add_node(world, "host");
	bridge = sim_add_node(world, "bridge");
	sim_add_port(host, "eth0", CONF_STATION)->relay = CONF_RELAY_NONE;
	sim_add_port(bridge, "swp1", CONF_BRIDGE);
	bridge->types.n_types = 2;
	bridge->types.has_default_manager = true;
	bridge->types.default_manager.id[15] = 0xb;
	bridge->type[0] = (struct vtdb_type){
		.manager.id = { [15] = 0xb }, .type_id = 1, .version_high = 255, .default_vid = 1
	};
	bridge->type[1] = (struct vtdb_type){ .manager.id = { [15] = 0xb },
		.type_id = 2,
		.version_high = 255,
		.default_vid = 1,
		.is_refused = true,
		.refuse_error = VDP_E_RESOURCES,
		.refuse_reason = "retired" };
	managers.of[11].id[15] = 0xb;
	host->watch = watch;
	sim_start(host);
	sim_start(bridge);
	sim_wire(host, "eth0", bridge, "swp1", dur_us(100));
	l = libvirt_new(host->node, &managers, MAX_VSIS, (struct siphash_key){ 1, 2 });
	cr_assert_not_null(l);
}

static void teardown(void)
{
	libvirt_free(l);
	l = NULL;
	sim_free(world);
}

TestSuite(libvirt_vsi, .init = build, .fini = teardown);

/* Time goes by, with libvirt's timer. */
static void pass(struct dur d)
{
	struct mono end = mono_add(world->now, d);

	while (mono_before(world->now, end)) {
		struct mono step = mono_min(end, mono_add(world->now, dur_ms(25)));

		sim_run(world, mono_min(step, libvirt_deadline(l)));
		if (mono_reached(libvirt_deadline(l), sim_node_now(host)))
			libvirt_on_time(l, sim_node_now(host));
		else if (mono_before(world->now, step))
			sim_run(world, step);
	}
}

static struct libvirt_vsi vsi(unsigned i, uint8_t op)
{
	return (struct libvirt_vsi){ .op = op,
		.manager = 11,
		.type_id = 1,
		.uuid = { 9, (uint8_t)(i >> 8), (uint8_t)i },
		.has_mac = true,
		.mac = { { 0x52, 0x54, 0, 0, (uint8_t)(i >> 8), (uint8_t)i } } };
}

static int ask_for(const struct libvirt_vsi *v)
{
	struct libvirt_head h = { .type = RTM_SETLINK, .seq = 5, .pid = EVENTS_TO };
	uint16_t port = NODE_NO_PORT;
	char why[LIBVIRT_REASON] = "";
	int error = libvirt_set(l, node_find_port(host->node, "eth0"), &h, v, sim_node_now(host), &port, why);

	cr_assert_eq(error == 0, why[0] == '\0', "an error has a reason");
	if (port != NODE_NO_PORT)
		node_kick(host->node, port, sim_node_now(host));
	return error;
}

static int ask(unsigned i, uint8_t op)
{
	struct libvirt_vsi v = vsi(i, op);

	return ask_for(&v);
}

/* What a poll says of it. */
static int poll_of(unsigned i)
{
	_Alignas(4) static uint8_t out[LIBVIRT_LIST_MAX];
	struct libvirt_head h = { .type = RTM_GETLINK };
	struct libvirt_vsi v = vsi(i, 0);
	size_t len = libvirt_list(l, node_find_port(host->node, "eth0"), &h, 2, out);

	for (size_t at = 36; at + 4 <= len; at += (size_t)(out[at] | out[at + 1] << 8)) {
		unsigned n = out[at] | (unsigned)out[at + 1] << 8;

		if (memcmp(out + at + 8, v.uuid, 16) == 0)
			return n < 40 ? IN_PROGRESS : out[at + 36] | out[at + 37] << 8;
	}
	return NOT_LISTED;
}

static const struct vdp_vsi *at(const struct sim_node *n, const char *port, unsigned i)
{
	struct vsi_id id = { .format = VSI_ID_UUID };
	struct libvirt_vsi v = vsi(i, 0);
	const struct vdp_table *t = node_port(n->node, node_find_port(n->node, port))->vdp;
	uint32_t k;

	memcpy(id.id, v.uuid, 16);
	k = vdp_table_find(t, &id);
	return k == UINT32_MAX ? NULL : vdp_table_get(t, k);
}

static bool is_associated(unsigned i)
{
	return at(bridge, "swp1", i) && at(bridge, "swp1", i)->state == VDP_STATE_ASSOC;
}

static bool has_note(enum libvirt_note_kind kind)
{
	while (libvirt_next_note(l, &note))
		if (note.kind == kind)
			return true;
	return false;
}

Test(libvirt_vsi, a_guest_is_associated_and_let_go)
{
	pass(dur_s(3));
	cr_assert_eq(ask(1, LIBVIRT_ASSOC), 0);
	cr_assert_eq(poll_of(1), IN_PROGRESS);
	pass(dur_ms(125));
	cr_assert_eq(poll_of(1), LIBVIRT_SUCCESS);
	cr_assert(is_associated(1));
	cr_assert_eq(at(bridge, "swp1", 1)->subject.manager.id[15], 0xb, "managers of the configuration");
	cr_assert_eq(ask(1, LIBVIRT_DEASSOC), 0);
	cr_assert_eq(poll_of(1), IN_PROGRESS, "not the success of before (openlldp 7.5, 3)");
	pass(dur_ms(125));
	cr_assert_eq(poll_of(1), LIBVIRT_SUCCESS);
	cr_assert_not(is_associated(1));
	pass(dur_s(11));
	cr_assert_eq(poll_of(1), LIBVIRT_SUCCESS, "another client may poll, too");
	pass(dur_s(2));
	cr_assert_eq(poll_of(1), NOT_LISTED);
	cr_assert_eq(libvirt_count(l), 0);
	cr_assert_not(libvirt_has_notes(l));
}

Test(libvirt_vsi, a_request_before_the_peer_is_known_waits_for_it)
{
	cr_assert_eq(ask(1, LIBVIRT_ASSOC), 0);
	cr_assert_eq(poll_of(1), IN_PROGRESS);
	pass(dur_s(3));
	cr_assert_eq(poll_of(1), LIBVIRT_SUCCESS);
}

Test(libvirt_vsi, a_refusal_has_its_code_and_its_reason)
{
	struct libvirt_vsi v = vsi(1, LIBVIRT_ASSOC);

	v.type_id = 2;
	pass(dur_s(3));
	cr_assert_eq(ask_for(&v), 0);
	pass(dur_ms(125));
	cr_assert_eq(poll_of(1) & 0xf, VDP_E_RESOURCES);
	cr_assert(has_note(LIBVIRT_NOTE_FAILED));
	cr_assert_gt(strlen(note.reason), 0);
	pass(dur_s(1));
	cr_assert_null(at(host, "eth0", 1), "nothing of it is left");
	v.type_id = 1;
	cr_assert_eq(ask_for(&v), 0, "and the next one is as good as any (openlldp 7.5, 1)");
	pass(dur_ms(125));
	cr_assert_eq(poll_of(1), LIBVIRT_SUCCESS);
}

/* However long respWaitDelay is, libvirt has given up after 10 s. */
Test(libvirt_vsi, silence_is_an_outcome_within_8_s)
{
	pass(dur_s(3));
	sim_port(host, "eth0")->wire.is_cut = true;
	sim_port(host, "eth0")->wire.only = SIM_ALL;
	cr_assert_eq(ask(1, LIBVIRT_ASSOC), 0);
	pass(dur_s(8));
	cr_assert_eq(poll_of(1), LIBVIRT_ERROR);
	cr_assert(has_note(LIBVIRT_NOTE_FAILED));
	cr_assert_geq(libvirt_counters(l)->timed_out, 1);
	sim_port(host, "eth0")->wire.is_cut = false;
	pass(dur_s(5));
	cr_assert_not(is_associated(1), "libvirt has let the guest go");
	cr_assert_eq(ask(1, LIBVIRT_ASSOC), 0);
	pass(dur_s(5));
	cr_assert_eq(poll_of(1), LIBVIRT_SUCCESS);
}

Test(libvirt_vsi, without_a_bridge_a_request_ends_too)
{
	sim_stop(bridge, false);
	cr_assert_eq(ask(1, LIBVIRT_ASSOC), 0);
	pass(dur_ms(8100));
	cr_assert_eq(poll_of(1), LIBVIRT_ERROR);
	cr_assert(has_note(LIBVIRT_NOTE_FAILED));
	cr_assert_gt(strlen(note.reason), 0);
}

Test(libvirt_vsi, a_switch_that_lets_go_is_an_event_to_libvirts_own_socket)
{
	struct vsi_id id = { .format = VSI_ID_UUID };
	struct libvirt_vsi v = vsi(1, LIBVIRT_ASSOC);

	memcpy(id.id, v.uuid, 16);
	pass(dur_s(3));
	cr_assert_eq(ask_for(&v), 0);
	pass(dur_ms(125));
	cr_assert_eq(poll_of(1), LIBVIRT_SUCCESS);
	cr_assert(vdp_bridge_withdraw(node_port(bridge->node, node_find_port(bridge->node, "swp1"))->vdp, &id,
		"maintenance", sim_node_now(bridge)));
	node_kick(bridge->node, node_find_port(bridge->node, "swp1"), sim_node_now(bridge));
	pass(dur_s(1));
	cr_assert(has_note(LIBVIRT_NOTE_LOST));
	cr_assert_eq(note.head.pid, EVENTS_TO);
	cr_assert_str_eq(note.head.ifname, "eth0");
	cr_assert(memcmp(note.asked.uuid, v.uuid, 16) == 0);
	cr_assert_eq(ask_for(&v), 0, "libvirt asks again");
	pass(dur_ms(125));
	cr_assert(is_associated(1));
	cr_assert_not(has_note(LIBVIRT_NOTE_LOST));
}

Test(libvirt_vsi, a_guest_that_comes_is_pre_associated_with_the_m_bit)
{
	pass(dur_s(3));
	cr_assert_eq(ask(1, LIBVIRT_PREASSOC), 0);
	pass(dur_ms(125));
	cr_assert_eq(poll_of(1), LIBVIRT_SUCCESS);
	cr_assert_eq(at(bridge, "swp1", 1)->state, VDP_STATE_PREASSOC);
	cr_assert_eq(ask(1, LIBVIRT_ASSOC), 0);
	cr_assert_eq(poll_of(1), IN_PROGRESS);
	pass(dur_ms(125));
	cr_assert_eq(poll_of(1), LIBVIRT_SUCCESS);
	cr_assert(is_associated(1));
}

Test(libvirt_vsi, more_than_92_are_listed)
{
	pass(dur_s(3));
	for (unsigned i = 0; i < MAX_VSIS; i++)
		cr_assert_eq(ask(i, LIBVIRT_ASSOC), 0);
	cr_assert_eq(ask(MAX_VSIS, LIBVIRT_ASSOC), -ENOMEM, "compat.max_vsis");
	pass(dur_s(1));
	for (unsigned i = 0; i < MAX_VSIS; i++)
		cr_assert(poll_of(i) == LIBVIRT_SUCCESS && is_associated(i), "%u", i);
	for (unsigned i = 0; i < MAX_VSIS; i++)
		cr_assert_eq(ask(i, LIBVIRT_DEASSOC), 0);
	pass(dur_s(1));
	for (unsigned i = 0; i < MAX_VSIS; i++)
		cr_assert_eq(poll_of(i), LIBVIRT_SUCCESS, "the oldest, too: %u", i);
	cr_assert_eq(ask(MAX_VSIS, LIBVIRT_ASSOC), 0, "what is over makes room");
	cr_assert_eq(libvirt_counters(l)->forgotten, 0);
}

Test(libvirt_vsi, what_was_never_there_is_de_associated_at_once)
{
	pass(dur_s(3));
	cr_assert_eq(ask(1, LIBVIRT_DEASSOC), 0);
	cr_assert_eq(poll_of(1), LIBVIRT_SUCCESS);
}

Test(libvirt_vsi, a_device_that_is_no_station_port_is_refused)
{
	struct libvirt_head h = { .type = RTM_SETLINK };
	struct libvirt_vsi v = vsi(1, LIBVIRT_ASSOC);
	char why[LIBVIRT_REASON];
	uint16_t port;

	cr_assert_eq(libvirt_set(l, NODE_NO_PORT, &h, &v, sim_node_now(host), &port, why), -ENODEV);
	cr_assert_gt(strlen(why), 0);
	cr_assert_eq(libvirt_count(l), 0);
}
