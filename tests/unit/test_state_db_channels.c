/* The state database: S-channels, what was added at run time, and files of an older schema. */
#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "state_db.h"

static char dir[64], file[96];
static struct state_db_report report;
static struct state_db *db;

static void setup(void)
{
	snprintf(dir, sizeof(dir), "/tmp/evbd-state-XXXXXX");
	cr_assert_not_null(mkdtemp(dir));
	snprintf(file, sizeof(file), "%s/evbd.db", dir);
}

static void teardown(void)
{
	state_db_close(db);
	unlink(file);
	rmdir(dir);
}

TestSuite(state_db_channels, .init = setup, .fini = teardown);

static void opened(void)
{
	state_db_close(db);
	db = state_db_open(dir, &report);
	cr_assert_not_null(db, "%s", report.why);
	cr_assert_str_empty(report.aside, "set aside: %s", report.why);
}

/* SQL behind the database's back; the file is made if it is not there. */
static void sql(const char *text)
{
	sqlite3 *raw;

	state_db_close(db);
	db = NULL;
	cr_assert_eq(sqlite3_open(file, &raw), SQLITE_OK);
	cr_assert_eq(sqlite3_exec(raw, text, NULL, NULL, NULL), SQLITE_OK, "%s", sqlite3_errmsg(raw));
	sqlite3_close(raw);
}

/* ---- what is read, as text: "eth0:2=100,3=101 " ---- */

static char found[4096];
static unsigned n_unreadable;

static void __attribute__((format(printf, 1, 2))) say(const char *format, ...)
{
	size_t len = strlen(found);
	va_list ap;

	va_start(ap, format);
	vsnprintf(found + len, sizeof(found) - len, format, ap);
	va_end(ap);
}

static void on_channels(void *ctx, const struct state_channels *c)
{
	(void)ctx;
	say("%s:", c->port);
	for (unsigned i = 0; i < c->n; i++)
		say("%s%u=%u", i > 0 ? "," : "", c->pair[i].scid, c->pair[i].svid);
	say(" ");
}

static void on_added(void *ctx, const struct state_added *a)
{
	(void)ctx;
	say("%s %s/%u %s; ", state_kind_name(a->kind), a->port, a->id, a->settings);
}

static void on_vsi(void *ctx, const struct state_vsi *v)
{
	(void)ctx;
	say("%s ", v->port);
}

static const char *channels(void)
{
	found[0] = '\0';
	n_unreadable = 0;
	cr_assert(state_db_load_channels(db, on_channels, NULL, &n_unreadable), "%s", state_db_error(db));
	return found;
}

static const char *added(void)
{
	found[0] = '\0';
	n_unreadable = 0;
	cr_assert(state_db_load_added(db, on_added, NULL, &n_unreadable), "%s", state_db_error(db));
	return found;
}

static const char *vsis(void)
{
	found[0] = '\0';
	cr_assert(state_db_load(db, on_vsi, NULL, &n_unreadable), "%s", state_db_error(db));
	return found;
}

static void put_channels(const char *port, const struct cdcp_pair *pair, unsigned n)
{
	struct state_channels c = { .n = n, .pair = pair };

	snprintf(c.port, sizeof(c.port), "%s", port);
	cr_assert(state_db_begin(db) && state_db_put_channels(db, &c) && state_db_commit(db), "%s",
		state_db_error(db));
}

static void put_added(enum state_kind kind, const char *port, uint32_t id, const char *settings)
{
	struct state_added a = { .kind = kind, .id = id, .settings = settings };

	snprintf(a.port, sizeof(a.port), "%s", port);
	cr_assert(state_db_begin(db));
	cr_assert(settings ? state_db_put_added(db, &a) : state_db_forget_added(db, &a), "%s",
		state_db_error(db));
	cr_assert(state_db_commit(db));
}

static void put_vsi(const char *port)
{
	struct state_vsi v = { .role = VDP_BRIDGE,
		.saved = { .rq = { .op = VDP_ASSOC, .format = VDP_FILTER_MAC_VID } } };

	snprintf(v.port, sizeof(v.port), "%s", port);
	cr_assert(state_db_begin(db) && state_db_put(db, &v) && state_db_commit(db));
}

/* ---- S-channels ---- */

static const struct cdcp_pair pairs[] = { { 2, 100 }, { 3, 4094 }, { 4094, 2 } };

Test(state_db_channels, channels_come_back_port_by_port)
{
	opened();
	put_channels("swp2", pairs + 1, 2);
	put_channels("swp1", pairs, 3);
	opened();
	cr_assert_str_eq(channels(), "swp1:2=100,3=4094,4094=2 swp2:3=4094,4094=2 ");
	cr_assert_eq(n_unreadable, 0);
}

Test(state_db_channels, channels_of_a_port_replace_those_it_had)
{
	opened();
	put_channels("swp1", pairs, 3);
	put_channels("swp2", pairs, 1);
	put_channels("swp1", pairs + 1, 1);
	cr_assert_str_eq(channels(), "swp1:3=4094 swp2:2=100 ");
	put_channels("swp1", NULL, 0);
	cr_assert_str_eq(channels(), "swp2:2=100 ");
}

Test(state_db_channels, as_many_as_a_tlv_holds)
{
	struct cdcp_pair many[CDCP_PAIRS_MAX];
	unsigned commas = 0;

	for (unsigned i = 0; i < CDCP_PAIRS_MAX; i++)
		many[i] = (struct cdcp_pair){ (uint16_t)(2 + i), (uint16_t)(4094 - i) };
	opened();
	put_channels("swp1", many, CDCP_PAIRS_MAX);
	put_channels("swp2", pairs, 1);
	for (const char *at = channels(); *at; at++)
		commas += *at == ',';
	cr_assert_eq(commas, CDCP_PAIRS_MAX - 1);
	sql("INSERT INTO channel VALUES ('swp1', 4000, 4000)"); /* more than one of ours wrote */
	opened();
	commas = 0;
	for (const char *at = channels(); *at; at++)
		commas += *at == ',';
	cr_assert_eq(commas, CDCP_PAIRS_MAX - 1);
}

Test(state_db_channels, nonsense_in_a_channel_stays_and_is_counted)
{
	static const char *const nonsense[] = { "scid = -1", "scid = 4095", "svid = 'x'", "svid = 4095",
		"port = 'a name that is far too long for a port'" };

	for (unsigned i = 0; i < sizeof(nonsense) / sizeof(nonsense[0]); i++) {
		char text[128];

		opened();
		put_channels("swp1", pairs, 3);
		snprintf(text, sizeof(text), "UPDATE channel SET %s WHERE scid = 3", nonsense[i]);
		sql(text);
		opened();
		cr_assert_str_eq(channels(), "swp1:2=100,4094=2 ", "%s", nonsense[i]);
		cr_assert_eq(n_unreadable, 1, "%s", nonsense[i]);
		sql("DELETE FROM channel");
	}
}

/* ---- added at run time ---- */

Test(state_db_channels, what_was_added_comes_back)
{
	opened();
	put_added(STATE_VIF, "eth0", 4000000000u, "{}");
	put_added(STATE_CHANNEL, "eth0", 5, "{\"relay\":\"veb\"}");
	put_added(STATE_CHANNEL, "eth0", 4, "{}");
	put_added(STATE_CHANNEL, "eth0", 5, "{\"relay\":\"vepa\"}"); /* in place of the first */
	opened();
	cr_assert_str_eq(
		added(), "channel eth0/4 {}; channel eth0/5 {\"relay\":\"vepa\"}; vif eth0/4000000000 {}; ");
	put_added(STATE_CHANNEL, "eth0", 4, NULL);
	put_added(STATE_CHANNEL, "eth1", 5, NULL); /* none */
	put_added(STATE_VIF, "eth0", 5, NULL);
	cr_assert_str_eq(added(), "channel eth0/5 {\"relay\":\"vepa\"}; vif eth0/4000000000 {}; ");
}

Test(state_db_channels, nonsense_in_what_was_added_stays_and_is_counted)
{
	static const char *const nonsense[] = { "kind = 'router'", "id = -1", "id = 4294967296",
		"port = 'a name that is far too long for a port'" };

	for (unsigned i = 0; i < sizeof(nonsense) / sizeof(nonsense[0]); i++) {
		char text[128];

		opened();
		put_added(STATE_CHANNEL, "eth0", 4, "{}");
		put_added(STATE_CHANNEL, "eth0", 5, "{}");
		snprintf(text, sizeof(text), "UPDATE added SET %s WHERE id = 5", nonsense[i]);
		sql(text);
		opened();
		cr_assert_str_eq(added(), "channel eth0/4 {}; ", "%s", nonsense[i]);
		cr_assert_eq(n_unreadable, 1, "%s", nonsense[i]);
		sql("DELETE FROM added");
	}
}

/* ---- both, and VSIs ---- */

Test(state_db_channels, vsis_go_with_their_channel_or_with_its_port)
{
	opened();
	put_vsi("swp1");
	put_vsi("swp1/2");
	put_vsi("swp1/20");
	put_vsi("swp10/2");
	put_vsi("swp_/2");
	cr_assert(state_db_begin(db) && state_db_forget_port(db, "swp1/2") && state_db_commit(db));
	cr_assert_str_eq(vsis(), "swp1 swp1/20 swp10/2 swp_/2 ");
	cr_assert(state_db_begin(db) && state_db_forget_port(db, "swp_") && state_db_commit(db));
	cr_assert_str_eq(vsis(), "swp1 swp1/20 swp10/2 ", "the name is no pattern");
	cr_assert(state_db_begin(db) && state_db_forget_port(db, "swp1") && state_db_commit(db));
	cr_assert_str_eq(vsis(), "swp10/2 ");
}

Test(state_db_channels, forgetting_all_is_all)
{
	opened();
	put_vsi("swp1");
	put_channels("swp1", pairs, 3);
	put_added(STATE_CHANNEL, "swp1", 4, "{}");
	cr_assert(state_db_begin(db) && state_db_forget_all(db) && state_db_commit(db));
	cr_assert_str_empty(vsis());
	cr_assert_str_empty(channels());
	cr_assert_str_empty(added());
}

/* ---- older files ---- */

/* As the first version made it, with a VSI on swp1. */
static const char version_1[] =
	"CREATE TABLE vsi (port TEXT NOT NULL, vsi BLOB NOT NULL, role INTEGER NOT NULL, vm_port TEXT NOT "
	"NULL, "
	"op INTEGER NOT NULL, manager BLOB NOT NULL, type_id INTEGER NOT NULL, type_version INTEGER NOT "
	"NULL, "
	"flags INTEGER NOT NULL, format INTEGER NOT NULL, filters BLOB NOT NULL, org BLOB NOT NULL, "
	"keep_alive_ns INTEGER NOT NULL, PRIMARY KEY (port, vsi)) WITHOUT ROWID;"
	"INSERT INTO vsi VALUES ('swp1', x'0500000000000040008000000000000001', 1, '', 3, zeroblob(16), 1, "
	"1, 0, 2, "
	"x'0000000052540000000100640064', x'', 1000000000);"
	"PRAGMA application_id = 1163280964; PRAGMA user_version = 1; PRAGMA journal_mode = WAL";

Test(state_db_channels, file_of_version_1_is_brought_up_to_date)
{
	sql(version_1);
	opened();
	cr_assert_str_eq(vsis(), "swp1 ", "its VSI is there");
	cr_assert_eq(n_unreadable, 0);
	cr_assert_str_empty(channels());
	cr_assert_str_empty(added());
	put_channels("swp1", pairs, 1);
	put_added(STATE_CHANNEL, "swp1", 4, "{}");
	opened();
	cr_assert_str_eq(vsis(), "swp1 ");
	cr_assert_str_eq(channels(), "swp1:2=100 ");
	cr_assert_str_eq(added(), "channel swp1/4 {}; ");
}

/* It is one transaction, the version last. */
Test(state_db_channels, file_that_cant_be_brought_up_to_date_stays_as_it_is)
{
	sql(version_1);
	sql("CREATE TABLE channel (x)");
	db = state_db_open(dir, &report);
	cr_assert_null(db, "it stays as it is, for somebody made that table");
	cr_assert_not_null(strstr(report.why, "channel"), "%s", report.why);
	cr_assert_str_empty(report.aside);
	sql("DROP TABLE channel");
	opened();
	cr_assert_str_eq(vsis(), "swp1 ");
}
