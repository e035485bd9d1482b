/* Durable state around a node with S-channels: they come back before their VSIs; and the list of what was added. */
#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "sim.h"
#include "state.h"

static char dir[64];
static struct log quiet;
static struct sim *sim;
static struct sim_node *st, *br;
static struct state *state;

static void add_channel(struct sim_node *n, const struct conf_port *uap, uint16_t scid)
{
	conf_make_channel(uap, scid, &n->ports[n->conf.n_ports++]);
}

static void setup(void)
{
	struct conf_port *uplink, *swp1;

	snprintf(dir, sizeof(dir), "/tmp/evbd-keep-XXXXXX");
	cr_assert_not_null(mkdtemp(dir));
	log_init(&quiet, LOG_ERROR);
	sim = sim_new(1);
	st = sim_add_node(sim, "st");
	br = sim_add_node(sim, "br");
	uplink = sim_add_port(st, "eth0", CONF_STATION);
	swp1 = sim_add_port(br, "swp1", CONF_BRIDGE);
	uplink->cdcp.is_enabled = swp1->cdcp.is_enabled = true;
	uplink->lldp_agents = swp1->lldp_agents = CONF_AGENT_NCB | CONF_AGENT_NTPMR;
	swp1->cdcp.svid_low = 100;
	add_channel(st, uplink, 2);
	add_channel(st, uplink, 3);
	sim_add_vm(st, "vnet1", "eth0/2");
	sim_add_vm(st, "vnet2", "eth0/3");
	br->types.has_default_manager = true;
	br->types.n_types = 1;
	br->type[0] = (struct vtdb_type){
		.type_id = 1, .version_high = 255, .name = "t", .default_vid = 100
	};
	sim_start(st);
	sim_start(br);
	sim_wire(st, "eth0", br, "swp1", dur_us(50));
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

TestSuite(state_channels, .init = setup, .fini = teardown);

static void open_on(struct sim_node *n)
{
	state = state_open(dir, n->node, &quiet);
	cr_assert_not_null(state);
	state_restore_channels(state, sim->now);
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

static void pass(unsigned s)
{
	sim_run(sim, mono_add(sim->now, dur_s(s)));
}

static const struct node_port *channel(const struct sim_node *n, const char *name, uint16_t scid)
{
	uint16_t port = node_find_channel(n->node, name, scid);

	return port == NODE_NO_PORT ? NULL : node_port(n->node, port);
}

static uint16_t svid(const struct sim_node *n, const char *name, uint16_t scid)
{
	return channel(n, name, scid) ? channel(n, name, scid)->svid : 0;
}

static void associate(uint16_t scid)
{
	struct vdp_filter f = { .mac = { { 2, 0, 0, 0, 0, (uint8_t)scid } } };
	struct vdp_request rq = { .op = VDP_ASSOC,
		.subject = { .vsi = { .format = VSI_ID_LOCAL, .id = { [15] = (uint8_t)scid } },
			.type_id = 1 },
		.format = VDP_FILTER_MAC_VID,
		.n_filters = 1,
		.filters = &f };
	uint16_t port = node_find_channel(st->node, "eth0", scid);

	cr_assert_eq(node_vsi_request(st->node, port, &rq, NODE_NO_PORT, sim->now), VDP_SUBMIT_OK);
	node_kick(st->node, port, sim->now);
}

static unsigned associated(const struct sim_node *n, const char *name, uint16_t scid)
{
	const struct vdp_table *t = channel(n, name, scid) ? channel(n, name, scid)->vdp : NULL;
	unsigned count = 0;

	for (uint32_t i = t ? vdp_table_next(t, 0) : UINT32_MAX; i != UINT32_MAX;
		i = vdp_table_next(t, i + 1))
		count += vdp_table_get(t, i)->state == VDP_STATE_ASSOC;
	return count;
}

Test(state_channels, bridge_has_its_channels_and_their_vsis_at_once)
{
	open_on(br);
	associate(2);
	associate(3);
	pass(5);
	cr_assert_eq(svid(br, "swp1", 2), 100);
	sim_port(st, "eth0")->wire.is_cut = sim_port(br, "swp1")->wire.is_cut = true;
	restarted(br);
	for (uint16_t scid = 2; scid <= 3; scid++) {
		cr_assert_eq(svid(br, "swp1", scid), 98 + scid);
		cr_assert_eq(associated(br, "swp1", scid), 1);
	}
}

Test(state_channels, station_has_its_channels_at_once)
{
	open_on(st);
	associate(2);
	pass(5);
	sim_port(st, "eth0")->wire.is_cut = sim_port(br, "swp1")->wire.is_cut = true;
	restarted(st);
	cr_assert_eq(svid(st, "eth0", 2), 100);
	cr_assert_eq(svid(st, "eth0", 3), 101);
	sim_port(st, "eth0")->wire.is_cut = sim_port(br, "swp1")->wire.is_cut = false;
	pass(30);
	cr_assert_eq(associated(st, "eth0", 2), 1);
}

Test(state_channels, restart_with_another_pool_gives_other_svids)
{
	open_on(br);
	pass(5);
	cr_assert_eq(svid(br, "swp1", 2), 100);
	br->ports[0].cdcp.svid_low = 200;
	restarted(br);
	cr_assert_eq(svid(br, "swp1", 2), 0);
	pass(40);
	cr_assert_eq(svid(br, "swp1", 2), 200);
	cr_assert_eq(svid(st, "eth0", 2), 200);
}

/* ---- what the database says, which nobody has open ---- */

static char rows[256];

static void on_channels(void *ctx, const struct state_channels *c)
{
	(void)ctx;
	for (unsigned i = 0; i < c->n; i++)
		snprintf(rows + strlen(rows), sizeof(rows) - strlen(rows), "%s/%u=%u ", c->port,
			c->pair[i].scid, c->pair[i].svid);
}

static void on_vsi(void *ctx, const struct state_vsi *v)
{
	(void)ctx;
	snprintf(rows + strlen(rows), sizeof(rows) - strlen(rows), "vsi of %s ", v->port);
}

static const char *kept(void)
{
	struct state_db_report report;
	struct state_db *db = state_db_open(dir, &report);
	unsigned unreadable = 0;

	cr_assert_not_null(db, "%s", report.why);
	rows[0] = '\0';
	cr_assert(state_db_load_channels(db, on_channels, NULL, &unreadable));
	cr_assert(state_db_load(db, on_vsi, NULL, &unreadable));
	cr_assert_eq(unreadable, 0);
	state_db_close(db);
	return rows;
}

Test(state_channels, what_is_torn_down_is_forgotten)
{
	open_on(br);
	associate(2);
	associate(3);
	pass(5);
	node_port_del(st->node, node_find_channel(st->node, "eth0", 3), sim->now);
	node_kick(st->node, node_find_port(st->node, "eth0"), sim->now);
	pass(5);
	closed();
	cr_assert_str_eq(kept(), "swp1/2=100 vsi of swp1/2 ");
	open_on(br);
	sim_link(br, "swp1", false);
	closed();
	cr_assert_str_empty(kept());
}

Test(state_channels, port_taken_out_of_the_configuration)
{
	open_on(br);
	associate(2);
	pass(5);
	state_forget_port(state, "swp1");
	closed();
	cr_assert_str_empty(kept());
}

Test(state_channels, port_without_cdcp_any_more)
{
	open_on(br);
	associate(2);
	pass(5);
	br->ports[0].cdcp.is_enabled = false;
	restarted(br);
	cr_assert_null(channel(br, "swp1", 2));
	closed();
	cr_assert_str_empty(kept());
}

/* ---- what was added at run time ---- */

static void add(uint32_t id, const char *settings)
{
	state_add(state, &(struct state_added){
				 .kind = STATE_CHANNEL, .port = "eth0", .id = id, .settings = settings });
}

static const char *list(void)
{
	rows[0] = '\0';
	for (const struct state_added *a = state_next(state, NULL); a; a = state_next(state, a))
		snprintf(rows + strlen(rows), sizeof(rows) - strlen(rows), "%s %s/%u %s ",
			state_kind_name(a->kind), a->port, a->id, a->settings);
	return rows;
}

Test(state_channels, additions_are_there_after_a_restart)
{
	open_on(st);
	add(5, "{}");
	add(4, "{\"relay\":\"veb\"}");
	add(5, "{\"relay\":\"single\"}");
	cr_assert_str_eq(list(), "channel eth0/4 {\"relay\":\"veb\"} channel eth0/5 {\"relay\":\"single\"} ");
	cr_assert_str_eq(state_find(state, STATE_CHANNEL, "eth0", 4)->settings, "{\"relay\":\"veb\"}");
	cr_assert_null(state_find(state, STATE_VIF, "eth0", 4));
	restarted(st);
	cr_assert_str_eq(list(), "channel eth0/4 {\"relay\":\"veb\"} channel eth0/5 {\"relay\":\"single\"} ");
	cr_assert(state_remove(state, STATE_CHANNEL, "eth0", 4));
	cr_assert_not(state_remove(state, STATE_CHANNEL, "eth0", 4));
	restarted(st);
	cr_assert_str_eq(list(), "channel eth0/5 {\"relay\":\"single\"} ");
}

Test(state_channels, additions_work_without_a_database)
{
	state = state_open("/proc/none/of/this", st->node, &quiet);
	state_restore_channels(state, sim->now);
	state_start(state);
	add(5, "{}");
	cr_assert_str_eq(list(), "channel eth0/5 {} ");
	cr_assert(state_remove(state, STATE_CHANNEL, "eth0", 5));
	cr_assert_str_empty(list());
}

/* ---- a disk that stands still ---- */

static void disk_is_full(bool is_full)
{
	struct rlimit limit;

	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = is_full ? 0 : limit.rlim_max;
	setrlimit(RLIMIT_FSIZE, &limit);
}

/* Polls, because the writing thread is on the machine's time. */
static bool is_written(void)
{
	struct state_health h;

	for (unsigned k = 0; k < 20000; k++) {
		state_on_time(state);
		state_health(state, &h);
		if (h.error[0] == '\0' && h.pending == 0)
			return true;
		nanosleep(&(struct timespec){ 0, 1000000 }, NULL);
	}
	return false;
}

/* More changes than are kept: afterwards the database is a copy of the node and of the list. */
Test(state_channels, changes_beyond_measure_lose_no_channel_and_no_addition)
{
	open_on(st);
	associate(2);
	add(5, "{}");
	pass(5);
	cr_assert(is_written());
	disk_is_full(true);
	for (unsigned k = 0; k < 70000; k++)
		add(6 + k % 10, "{\"relay\":\"veb\"}");
	for (unsigned k = 7; k < 16; k++)
		cr_assert(state_remove(state, STATE_CHANNEL, "eth0", k));
	node_port_del(st->node, node_find_channel(st->node, "eth0", 3), sim->now);
	disk_is_full(false);
	cr_assert(is_written());
	closed();
	cr_assert_str_eq(kept(), "eth0/2=100 vsi of eth0/2 ");
	open_on(st);
	cr_assert_str_eq(list(), "channel eth0/5 {} channel eth0/6 {\"relay\":\"veb\"} ");
}
