/* Durable state around a node: what reaches the database, what comes back, and a disk that fails. */
#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "sim.h"
#include "state.h"

static char dir[64];
static struct log quiet;
static struct sim *sim;
static struct sim_node *st, *br;
static struct state *state;

static void setup(void)
{
	snprintf(dir, sizeof(dir), "/tmp/evbd-keep-XXXXXX");
	cr_assert_not_null(mkdtemp(dir));
	log_init(&quiet, LOG_ERROR);
	sim = sim_new(1);
	st = sim_add_node(sim, "st");
	br = sim_add_node(sim, "br");
	sim_add_port(st, "eth0", CONF_STATION);
	sim_add_port(br, "swp1", CONF_BRIDGE);
	sim_add_port(br, "swp2", CONF_BRIDGE);
	sim_add_vm(st, "vnet1", "eth0");
	br->types.has_default_manager = true;
	br->types.n_types = 1;
	br->type[0] = (struct vtdb_type){
		.type_id = 1, .version_high = 255, .name = "t", .default_vid = 100
	};
	sim_start(st);
	sim_start(br);
	sim_wire(st, "eth0", br, "swp1", dur_us(50));
	sim_run(sim, mono_add(sim->now, dur_s(3)));
}

static void teardown(void)
{
	char path[96];

	state_close(state);
	sim_free(sim);
	snprintf(path, sizeof(path), "%s/evbd.db", dir);
	(void)unlink(path);
	(void)rmdir(dir);
}

TestSuite(state, .init = setup, .fini = teardown);

static void open_on(struct sim_node *n)
{
	state = state_open(dir, n->node, &quiet);
	cr_assert_not_null(state);
	state_restore_bridges(state, sim->now);
	state_restore_waiting(state, sim->now);
	state_start(state);
}

static void closed(void)
{
	state_close(state);
	state = NULL;
}

static void restarted(struct sim_node *n)
{
	closed();
	sim_start(n);
	open_on(n);
}

static struct vsi_id id_of(unsigned k)
{
	return (struct vsi_id){ .format = VSI_ID_LOCAL,
		.id = { [14] = (uint8_t)(k >> 8), [15] = (uint8_t)k } };
}

static enum vdp_submit ask(unsigned k, enum vdp_op op, const char *vm)
{
	struct vdp_filter f = { .mac = { { 2, 0, 0, 0, (uint8_t)(k >> 8), (uint8_t)k } }, .vid = 100 };
	struct vdp_request rq = { .op = op,
		.subject = { .vsi = id_of(k), .type_id = 1 },
		.format = VDP_FILTER_MAC_VID,
		.n_filters = 1,
		.filters = &f };

	return node_vsi_request(st->node, node_find_port(st->node, "eth0"), &rq,
		vm ? node_find_port(st->node, vm) : NODE_NO_PORT, sim->now);
}

static void associate(unsigned first, unsigned n)
{
	for (unsigned k = first; k < first + n; k++)
		cr_assert_eq(ask(k, VDP_ASSOC, "vnet1"), VDP_SUBMIT_OK);
	node_kick(st->node, node_find_port(st->node, "eth0"), sim->now);
	sim_run(sim, mono_add(sim->now, dur_s(2)));
}

static unsigned count_of(const struct sim_node *n, const char *port, enum vdp_state s)
{
	const struct vdp_table *t = node_port(n->node, node_find_port(n->node, port))->vdp;
	unsigned count = 0;

	for (uint32_t i = vdp_table_next(t, 0); i != UINT32_MAX; i = vdp_table_next(t, i + 1))
		count += vdp_table_get(t, i)->state == s;
	return count;
}

static void on_row(void *ctx, const struct state_vsi *v)
{
	(void)v;
	++*(unsigned *)ctx;
}

/* Rows of the database, which nobody has open. */
static unsigned rows(void)
{
	struct state_db_report report;
	struct state_db *db = state_db_open(dir, &report);
	unsigned n = 0, unreadable;

	cr_assert_not_null(db, "%s", report.why);
	cr_assert(state_db_load(db, on_row, &n, &unreadable));
	cr_assert_eq(unreadable, 0);
	state_db_close(db);
	return n;
}

/* The writing thread's news; it polls, because that thread is on the machine's time. */
static bool comes(bool is_bad)
{
	struct state_health h;

	for (unsigned k = 0; k < 20000; k++) {
		state_on_time(state);
		state_health(state, &h);
		if (is_bad ? h.error[0] != '\0' : h.error[0] == '\0' && h.pending == 0)
			return true;
		nanosleep(&(struct timespec){ 0, 1000000 }, NULL);
	}
	return false;
}

static void disk_is_full(bool is_full)
{
	struct rlimit limit;

	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = is_full ? 0 : limit.rlim_max;
	setrlimit(RLIMIT_FSIZE, &limit);
}

Test(state, vsis_of_a_bridge_come_back)
{
	open_on(br);
	associate(0, 10);
	restarted(br);
	cr_assert_eq(count_of(br, "swp1", VDP_STATE_ASSOC), 10);
	closed();
	cr_assert_eq(rows(), 10);
}

Test(state, vsis_of_a_station_come_back_and_are_bound)
{
	struct vsi_id id = id_of(3);
	const struct node_port *p;

	open_on(st);
	associate(0, 10);
	restarted(st);
	sim_run(sim, mono_add(sim->now, dur_s(5)));
	cr_assert_eq(count_of(st, "eth0", VDP_STATE_ASSOC), 10);
	p = node_port(st->node, node_find_port(st->node, "eth0"));
	cr_assert_eq(node_vsi_vm_port(p, vdp_table_get(p->vdp, vdp_table_find(p->vdp, &id))),
		node_find_port(st->node, "vnet1"));
}

Test(state, what_ended_is_forgotten)
{
	struct vsi_id id = id_of(3);

	open_on(st);
	associate(0, 10);
	node_vsi_deassociate(st->node, node_find_port(st->node, "eth0"), &id, sim->now);
	closed();
	cr_assert_eq(rows(), 9, "before the bridge has answered");
}

Test(state, wish_that_waits_for_an_answer_is_kept)
{
	open_on(st);
	associate(0, 1);
	sim_port(st, "eth0")->wire.is_cut = true;
	cr_assert_eq(ask(0, VDP_PREASSOC, "vnet1"), VDP_SUBMIT_OK);
	node_kick(st->node, node_find_port(st->node, "eth0"), sim->now);
	cr_assert_eq(ask(0, VDP_PREASSOC_RR, "vnet1"), VDP_SUBMIT_OK);
	sim_port(st, "eth0")->wire.is_cut = false;
	restarted(st);
	sim_run(sim, mono_add(sim->now, dur_s(5)));
	cr_assert_eq(count_of(st, "eth0", VDP_STATE_PREASSOC_RR), 1);
}

Test(state, port_that_is_not_configured_any_more)
{
	open_on(br);
	associate(0, 10);
	closed();
	snprintf(br->ports[0].name, CONF_NAME, "swp9");
	sim_start(br);
	open_on(br);
	closed();
	cr_assert_eq(rows(), 0);
}

Test(state, port_with_another_role)
{
	open_on(br);
	associate(0, 10);
	closed();
	br->ports[0].role = CONF_STATION;
	sim_start(br);
	open_on(br);
	cr_assert_eq(vdp_table_count(node_port(br->node, node_find_port(br->node, "swp1"))->vdp), 0);
	closed();
	cr_assert_eq(rows(), 0);
}

Test(state, bridge_port_where_evb_is_off)
{
	open_on(br);
	associate(0, 10);
	closed();
	br->ports[0].evb.is_enabled = false;
	sim_start(br);
	open_on(br);
	cr_assert_eq(count_of(br, "swp1", VDP_STATE_ASSOC), 0);
	closed();
	cr_assert_eq(rows(), 0);
}

Test(state, vm_port_that_is_gone)
{
	open_on(st);
	associate(0, 10);
	cr_assert_eq(ask(20, VDP_ASSOC, NULL), VDP_SUBMIT_OK); /* bound to none */
	closed();
	st->vm_name[0][0] = '\0';
	sim_start(st);
	open_on(st);
	cr_assert_eq(vdp_table_count(node_port(st->node, node_find_port(st->node, "eth0"))->vdp), 1);
	closed();
	cr_assert_eq(rows(), 1);
}

Test(state, port_taken_out_of_the_configuration)
{
	open_on(br);
	associate(0, 10);
	state_forget_port(state, "swp2");
	state_forget_port(state, "swp1");
	closed();
	cr_assert_eq(rows(), 0);
}

Test(state, request_since_the_start_is_newer)
{
	open_on(st);
	associate(0, 2);
	closed();
	sim_start(st);
	state = state_open(dir, st->node, &quiet);
	state_restore_bridges(state, sim->now);
	cr_assert_eq(ask(0, VDP_PREASSOC, "vnet1"), VDP_SUBMIT_OK);
	state_restore_waiting(state, sim->now);
	state_start(state);
	sim_run(sim, mono_add(sim->now, dur_s(5)));
	cr_assert_eq(count_of(st, "eth0", VDP_STATE_PREASSOC), 1);
	cr_assert_eq(count_of(st, "eth0", VDP_STATE_ASSOC), 1);
}

Test(state, full_disk_is_told_and_made_up_for)
{
	open_on(br);
	associate(0, 10);
	cr_assert(comes(false));
	disk_is_full(true);
	associate(10, 10);
	cr_assert(comes(true), "an error");
	cr_assert_eq(count_of(br, "swp1", VDP_STATE_ASSOC), 20, "answers don't wait");
	associate(20, 10);
	disk_is_full(false);
	cr_assert(comes(false), "written after all");
	closed();
	cr_assert_eq(rows(), 30);
}

Test(state, changes_beyond_measure_become_a_copy_of_the_node)
{
	struct state_health h;

	open_on(st);
	associate(0, 20);
	cr_assert(comes(false));
	disk_is_full(true);
	for (unsigned k = 0; k < 70000; k++)
		cr_assert_eq(ask(k % 10, VDP_ASSOC, "vnet1") | (k == 0 && !comes(true)), VDP_SUBMIT_OK);
	state_health(state, &h);
	cr_assert_leq(h.pending, 65536);
	for (unsigned k = 0; k < 5; k++) {
		struct vsi_id id = id_of(k);

		node_vsi_deassociate(st->node, node_find_port(st->node, "eth0"), &id, sim->now);
	}
	disk_is_full(false);
	cr_assert(comes(false));
	sim_run(sim, mono_add(sim->now, dur_s(2)));
	cr_assert(comes(false));
	closed();
	cr_assert_eq(rows(), 15);
}

Test(state, no_database_is_no_obstacle)
{
	struct state_health h;

	state = state_open("/proc/none/of/this", br->node, &quiet);
	cr_assert_not_null(state);
	state_restore_bridges(state, sim->now);
	state_restore_waiting(state, sim->now);
	state_start(state);
	associate(0, 10);
	state_on_time(state);
	state_forget_port(state, "swp1");
	state_health(state, &h);
	cr_assert_str_empty(h.path);
	cr_assert_str_not_empty(h.error);
	cr_assert_eq(count_of(br, "swp1", VDP_STATE_ASSOC), 10);
}
