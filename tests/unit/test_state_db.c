/* The state database: every field comes back; files that can't be used are set aside, never emptied. */
#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "state_db.h"

static char dir[64], state[96], file[128];
static struct state_db_report report;
static struct state_db *db;

static void setup(void)
{
	snprintf(dir, sizeof(dir), "/tmp/evbd-state-XXXXXX");
	cr_assert_not_null(mkdtemp(dir));
	snprintf(state, sizeof(state), "%s/a/b", dir);
	snprintf(file, sizeof(file), "%s/evbd.db", state);
}

static void empty_folder(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *e;
	char name[512];

	while (d && (e = readdir(d)) != NULL) {
		snprintf(name, sizeof(name), "%s/%s", path, e->d_name);
		(void)unlink(name);
	}
	if (d)
		closedir(d);
	(void)rmdir(path);
}

static void teardown(void)
{
	char parent[80];

	state_db_close(db);
	empty_folder(state);
	snprintf(parent, sizeof(parent), "%s/a", dir);
	empty_folder(parent);
	empty_folder(dir);
}

TestSuite(state_db, .init = setup, .fini = teardown);

static void opened(void)
{
	state_db_close(db);
	db = state_db_open(state, &report);
	cr_assert_not_null(db, "%s", report.why);
}

/* ---- VSIs ---- */

enum { MANY = 1000 };
static const uint8_t org_octets[] = { 0xfe, 0x05, 0, 1, 2, 3, 4 };

static struct vsi_id id_of(unsigned n)
{
	struct vsi_id id = { .format = VSI_ID_UUID, .id = { 0xab } };

	id.id[14] = (uint8_t)(n >> 8);
	id.id[15] = (uint8_t)n;
	return id;
}

/* VSI n, every field different from its default; `f` holds its filters. */
static struct state_vsi vsi_of(unsigned n, struct vdp_filter f[6])
{
	struct state_vsi v = {
		.port = "swp1",
		.other_port = "vnet7",
		.role = VDP_STATION,
		.saved = {
			.rq = {
				.op = VDP_PREASSOC_RR,
				.subject = { id_of(n), { { 1, [15] = 2 } }, 0xabcdef, 200 },
				.format = VDP_FILTER_GROUP_MAC_VID,
				.n_filters = 3,
				.filters = f,
				.org = span_of(org_octets, sizeof(org_octets)),
				.is_migrating = true,
				.is_suspended = true,
			},
			.granted = f + 3,
			.keep_alive = dur_ns(123456789012345),
		},
	};

	for (unsigned k = 0; k < 6; k++)
		f[k] = (struct vdp_filter){ 0x80000001u + k % 3,
			{ { 2, 0, 0, (uint8_t)(n >> 8), (uint8_t)n, (uint8_t)(k % 3) } },
			(uint16_t)(k < 3 ? 0 : 100 + k), k < 3 ? 0 : 7, k >= 3 };
	return v;
}

static struct found { /* by the last load */
	unsigned n, unreadable;
	struct state_vsi v;
	struct vdp_filter f[6];
	uint8_t org[64];
	bool has[MANY];
} found;

static void on_vsi(void *ctx, const struct state_vsi *v)
{
	(void)ctx;
	found.n++;
	found.v = *v;
	for (unsigned k = 0; k < v->saved.rq.n_filters && k < 3; k++) {
		found.f[k] = v->saved.rq.filters[k];
		found.f[3 + k] = v->saved.granted[k];
	}
	if (v->saved.rq.org.len > 0)
		memcpy(found.org, v->saved.rq.org.ptr, v->saved.rq.org.len);
	found.has[v->saved.rq.subject.vsi.id[14] << 8 | v->saved.rq.subject.vsi.id[15]] = true;
}

static unsigned load(void)
{
	memset(&found, 0, sizeof(found));
	cr_assert(state_db_load(db, on_vsi, NULL, &found.unreadable), "%s", state_db_error(db));
	return found.n;
}

static void put(unsigned first, unsigned n)
{
	struct vdp_filter f[6];

	cr_assert(state_db_begin(db));
	for (unsigned k = first; k < first + n; k++) {
		struct state_vsi v = vsi_of(k, f);

		cr_assert(state_db_put(db, &v), "%s", state_db_error(db));
	}
	cr_assert(state_db_commit(db));
}

/* SQL behind the database's back. */
static void sql(const char *text)
{
	sqlite3 *raw;

	state_db_close(db);
	db = NULL;
	cr_assert_eq(sqlite3_open(file, &raw), SQLITE_OK);
	cr_assert_eq(sqlite3_exec(raw, text, NULL, NULL, NULL), SQLITE_OK, "%s", sqlite3_errmsg(raw));
	sqlite3_close(raw);
}

Test(state_db, folder_is_made_for_root_alone)
{
	struct stat st;

	opened();
	cr_assert_eq(report.aside[0], '\0');
	cr_assert_str_eq(state_db_path(db), file);
	cr_assert_eq(stat(state, &st), 0);
	cr_assert_eq(st.st_mode & 0777, 0700);
	cr_assert_eq(load(), 0);
}

Test(state_db, every_field_comes_back)
{
	struct vdp_filter f[6];
	struct state_vsi v = vsi_of(5, f);

	opened();
	put(5, 1);
	opened();
	cr_assert_eq(load(), 1);
	cr_assert_eq(found.unreadable, 0);
	cr_assert_str_eq(found.v.port, v.port);
	cr_assert_str_eq(found.v.other_port, v.other_port);
	cr_assert_eq(found.v.role, v.role);
	cr_assert_eq(found.v.saved.rq.op, v.saved.rq.op);
	cr_assert(vsi_id_equal(&found.v.saved.rq.subject.vsi, &v.saved.rq.subject.vsi));
	cr_assert(vdp_manager_equal(&found.v.saved.rq.subject.manager, &v.saved.rq.subject.manager));
	cr_assert_eq(found.v.saved.rq.subject.type_id, v.saved.rq.subject.type_id);
	cr_assert_eq(found.v.saved.rq.subject.type_version, v.saved.rq.subject.type_version);
	cr_assert_eq(found.v.saved.rq.format, v.saved.rq.format);
	cr_assert_eq(found.v.saved.rq.n_filters, 3);
	for (unsigned k = 0; k < 6; k++) {
		cr_assert_eq(found.f[k].group_id, f[k].group_id);
		cr_assert(mac_equal(found.f[k].mac, f[k].mac));
		cr_assert_eq(found.f[k].vid, f[k].vid);
		cr_assert_eq(found.f[k].has_pcp, f[k].has_pcp);
		cr_assert_eq(found.f[k].pcp, f[k].pcp);
	}
	cr_assert(found.v.saved.rq.is_migrating && found.v.saved.rq.is_suspended);
	cr_assert_eq(found.v.saved.rq.org.len, sizeof(org_octets));
	cr_assert_arr_eq(found.org, org_octets, sizeof(org_octets));
	cr_assert_eq(found.v.saved.keep_alive.ns, v.saved.keep_alive.ns);
	cr_assert_eq(found.v.saved.rq.user, 0);
}

Test(state_db, flags_and_empty_fields_come_back)
{
	for (unsigned flags = 0; flags < 4; flags++) {
		struct vdp_filter f[6];
		struct state_vsi v = vsi_of(5, f);

		v.role = VDP_BRIDGE;
		v.other_port[0] = '\0';
		v.saved.rq.org = span_of(NULL, 0);
		v.saved.rq.is_migrating = flags & 1;
		v.saved.rq.is_suspended = flags & 2;
		opened();
		cr_assert(state_db_begin(db) && state_db_put(db, &v) && state_db_commit(db));
		cr_assert_eq(load(), 1, "a VSI has one row");
		cr_assert_eq(found.v.role, VDP_BRIDGE);
		cr_assert_str_empty(found.v.other_port);
		cr_assert_eq(found.v.saved.rq.org.len, 0);
		cr_assert_eq(found.v.saved.rq.is_migrating, flags & 1);
		cr_assert_eq(found.v.saved.rq.is_suspended, (flags & 2) != 0);
	}
}

Test(state_db, a_thousand_vsis)
{
	opened();
	put(0, MANY);
	put(0, MANY / 2); /* again */
	opened();
	cr_assert_eq(load(), MANY);
	for (unsigned n = 0; n < MANY; n++)
		cr_assert(found.has[n]);
}

Test(state_db, what_ended_leaves)
{
	struct vsi_id id = id_of(3);

	opened();
	put(0, 10);
	cr_assert(state_db_begin(db));
	cr_assert(state_db_forget(db, "swp1", &id));
	cr_assert(state_db_forget(db, "swp1", &id), "twice is no mistake");
	cr_assert(state_db_forget(db, "swp2", &(struct vsi_id){ 0 }));
	cr_assert(state_db_commit(db));
	cr_assert_eq(load(), 9);
	cr_assert_not(found.has[3]);
	cr_assert(state_db_begin(db) && state_db_forget_port(db, "swp2") && state_db_commit(db));
	cr_assert_eq(load(), 9);
	cr_assert(state_db_begin(db) && state_db_forget_port(db, "swp1") && state_db_commit(db));
	cr_assert_eq(load(), 0);
	put(0, 10);
	cr_assert(state_db_begin(db) && state_db_forget_all(db) && state_db_commit(db));
	cr_assert_eq(load(), 0);
}

Test(state_db, what_is_not_committed_is_not_there)
{
	struct vdp_filter f[6];
	struct state_vsi v = vsi_of(1, f);

	opened();
	cr_assert(state_db_begin(db) && state_db_put(db, &v));
	state_db_rollback(db);
	cr_assert_eq(load(), 0);
	cr_assert(state_db_begin(db) && state_db_put(db, &v));
	opened();
	cr_assert_eq(load(), 0);
}

/* ---- files that can't be used ---- */

static long size_of(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? (long)st.st_size : -1;
}

/* The file was set aside with all its octets, and an empty database took its place. */
static void expect_aside(long size, const char *why)
{
	opened();
	cr_assert_neq(report.aside[0], '\0', "nothing was set aside");
	cr_assert_not_null(strstr(report.why, why), "%s", report.why);
	cr_assert_eq(size_of(report.aside), size, "%ld octets", size_of(report.aside));
	cr_assert_eq(load(), 0);
	put(0, 1);
	opened();
	cr_assert_eq(report.aside[0], '\0', "the new one is good");
	cr_assert_eq(load(), 1);
}

static void overwrite(long offset, unsigned octets)
{
	FILE *f = fopen(file, "r+");

	cr_assert_not_null(f);
	fseek(f, offset, SEEK_SET);
	while (octets-- > 0)
		fputc('x', f);
	fclose(f);
}

Test(state_db, damaged_header_is_set_aside)
{
	opened();
	put(0, 100);
	state_db_close(db);
	db = NULL;
	overwrite(0, 50);
	expect_aside(size_of(file), "not a database");
}

Test(state_db, damaged_page_is_set_aside)
{
	opened();
	put(0, 100);
	state_db_close(db);
	db = NULL;
	overwrite(4096, 4096);
	expect_aside(size_of(file), "");
}

Test(state_db, truncated_file_is_set_aside)
{
	opened();
	put(0, 100);
	state_db_close(db);
	db = NULL;
	cr_assert_eq(truncate(file, 5000), 0);
	expect_aside(5000, "");
}

Test(state_db, newer_version_is_set_aside)
{
	opened();
	put(0, 100);
	sql("PRAGMA user_version = 3");
	expect_aside(size_of(file), "newer evbd, schema version 3");
}

Test(state_db, foreign_database_is_set_aside)
{
	opened();
	sql("PRAGMA application_id = 1");
	expect_aside(size_of(file), "not a database of evbd");
}

Test(state_db, missing_column_is_set_aside)
{
	opened();
	put(0, 3);
	sql("ALTER TABLE vsi DROP COLUMN org");
	expect_aside(size_of(file), "org");
}

Test(state_db, two_files_are_set_aside_in_one_second)
{
	char first[STATE_DB_TEXT];

	opened();
	sql("PRAGMA user_version = 3");
	opened();
	memcpy(first, report.aside, sizeof(first));
	sql("PRAGMA user_version = 4");
	opened();
	cr_assert_neq(report.aside[0], '\0');
	cr_assert_str_neq(report.aside, first);
	cr_assert_gt(size_of(first), 0);
	cr_assert_gt(size_of(report.aside), 0);
}

Test(state_db, nonsense_in_a_row_stays_and_is_counted)
{
	static const char *const nonsense[] = { "vsi = x'00'", "role = 2", "role = 'x'", "op = 4", "op = -1",
		"manager = x'0000'", "type_id = 1e30", "type_version = 256", "flags = 'abc'", "format = 1000",
		"filters = x'0000'", "filters = zeroblob(14000)",
		"port = 'a name that is far too long for a port'",
		"vm_port = 'a name that is far too long for a port'", "keep_alive_ns = -1" };

	for (unsigned i = 0; i < sizeof(nonsense) / sizeof(nonsense[0]); i++) {
		char text[128];

		opened();
		put(0, 10);
		snprintf(text, sizeof(text), "UPDATE vsi SET %s WHERE hex(vsi) LIKE '%%0003'", nonsense[i]);
		sql(text);
		opened();
		cr_assert_eq(report.aside[0], '\0');
		cr_assert_eq(load(), 9, "%s", nonsense[i]);
		cr_assert_eq(found.unreadable, 1, "%s", nonsense[i]);
		sql("DELETE FROM vsi");
	}
}

/* ---- no database ---- */

Test(state_db, one_daemon_at_a_time)
{
	struct state_db *second;

	opened();
	put(0, 1);
	second = state_db_open(state, &report);
	cr_assert_null(second);
	cr_assert_not_null(strstr(report.why, "locked"), "%s", report.why);
	cr_assert_eq(report.aside[0], '\0', "it is not damaged");
	cr_assert_eq(load(), 1);
}

Test(state_db, folder_that_cant_be_made)
{
	FILE *f;
	char path[160];

	snprintf(path, sizeof(path), "%s/a", dir);
	f = fopen(path, "w");
	cr_assert_not_null(f);
	fclose(f);
	cr_assert_null(state_db_open(state, &report));
	cr_assert_neq(report.why[0], '\0');
	cr_assert_eq(report.aside[0], '\0');
	unlink(path);
	cr_assert_null(state_db_open("", &report));
}

Test(state_db, file_that_cant_be_opened)
{
	opened();
	state_db_close(db);
	db = NULL;
	unlink(file);
	cr_assert_eq(mkdir(file, 0700), 0);
	cr_assert_null(state_db_open(state, &report));
	cr_assert_neq(report.why[0], '\0');
	cr_assert_eq(report.aside[0], '\0');
	rmdir(file);
}
