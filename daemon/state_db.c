/*
 * state_db.c - the state database; the only file that knows SQLite.
 *
 * One table, one row per VSI. Its schema is STATE_DB_VERSION (user_version), its owner evbd (application_id). Filters
 * are one blob of 14 octets each, big-endian, in the order of the request:
 *
 *   | GroupID (4) | MAC (6) | PS PCP VID as asked (2) | PS PCP VID in force (2) |
 *
 * What a row says is checked again by vdp_table_restore(); here it only has to have the right shape.
 *
 * The file is locked for as long as it is open, so that two daemons can't share one by mistake. WAL with
 * synchronous=FULL: a commit is on the disk, and a process killed at any point leaves the last one. A file that can't
 * be used is renamed together with its write-ahead log, so that sqlite3(1) can still open what is left of it.
 */
#define _GNU_SOURCE
#include "state_db.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "wire.h"

enum {
	APPLICATION_ID = 0x45564244, /* "EVBD" */
	FILTER_OCTETS = 14,
	BUSY_MS = 500, /* another daemon may be on its way out */
	FLAG_MIGRATING = 1,
	FLAG_SUSPENDED = 2,
};

_Static_assert(sizeof(struct vsi_id) == 17, "a VSIID is its octets: format, 16 octets");

static const char schema[] = "CREATE TABLE vsi ("
			     " port TEXT NOT NULL,"
			     " vsi BLOB NOT NULL," /* format, 16 octets */
			     " role INTEGER NOT NULL,"
			     " vm_port TEXT NOT NULL," /* or on a bridge the port it left */
			     " op INTEGER NOT NULL,"   /* TLV type */
			     " manager BLOB NOT NULL,"
			     " type_id INTEGER NOT NULL,"
			     " type_version INTEGER NOT NULL,"
			     " flags INTEGER NOT NULL,"
			     " format INTEGER NOT NULL,"
			     " filters BLOB NOT NULL,"
			     " org BLOB NOT NULL,"
			     " keep_alive_ns INTEGER NOT NULL,"
			     " PRIMARY KEY (port, vsi)) WITHOUT ROWID";

enum { PUT, FORGET, FORGET_PORT, FORGET_ALL, LOAD, STATEMENTS };
#define COLUMNS                                                                                              \
	"port, vsi, role, vm_port, op, manager, type_id, type_version, flags, format, filters, org, "        \
	"keep_alive_ns"
static const char *const statements[] = {
	[PUT] = ("REPLACE INTO vsi (" COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
	[FORGET] = "DELETE FROM vsi WHERE port = ? AND vsi = ?",
	[FORGET_PORT] = "DELETE FROM vsi WHERE port = ?",
	[FORGET_ALL] = "DELETE FROM vsi",
	[LOAD] = ("SELECT " COLUMNS " FROM vsi"),
};

struct state_db {
	sqlite3 *sql;
	sqlite3_stmt *stmt[STATEMENTS];
	char path[STATE_DB_TEXT];
	char error[STATE_DB_TEXT];
};

/* ---- opening ---- */

enum usable {
	USABLE,
	NOT_NOW,
	NEVER
}; /* NOT_NOW: locked, no permission, no space; the file itself is fine */

static enum usable failed(struct state_db *db, int rc)
{
	snprintf(db->error, sizeof(db->error), "%s", sqlite3_errmsg(db->sql));
	return (rc & 0xff) == SQLITE_CORRUPT || (rc & 0xff) == SQLITE_NOTADB ? NEVER : NOT_NOW;
}

static enum usable run(struct state_db *db, const char *sql)
{
	int rc = sqlite3_exec(db->sql, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? USABLE : failed(db, rc);
}

/* The first column of the first row, as text. */
static enum usable ask(struct state_db *db, const char *sql, char *ret, size_t size)
{
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(db->sql, sql, -1, &stmt, NULL);
	enum usable u = USABLE;

	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW)
		snprintf(ret, size, "%s", (const char *)sqlite3_column_text(stmt, 0));
	else
		u = failed(db, rc);
	sqlite3_finalize(stmt);
	return u;
}

static enum usable ask_number(struct state_db *db, const char *sql, long *ret)
{
	char text[32] = "";
	enum usable u = ask(db, sql, text, sizeof(text));

	*ret = strtol(text, NULL, 10);
	return u;
}

static enum usable create(struct state_db *db)
{
	char sql[2048];

	snprintf(sql, sizeof(sql), "BEGIN; %s; PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT",
		schema, APPLICATION_ID, STATE_DB_VERSION);
	return run(db, sql);
}

static enum usable unfit(struct state_db *db, const char *why, const char *what)
{
	snprintf(db->error, sizeof(db->error), "%s%s", why, what);
	return NEVER;
}

/* Is the file a database of ours and whole? An empty one becomes it. */
static enum usable examine(struct state_db *db)
{
	char verdict[128];
	long owner, version, tables;
	enum usable u = ask_number(db, "PRAGMA application_id", &owner);

	if (u == USABLE)
		u = ask_number(db, "PRAGMA user_version", &version);
	if (u == USABLE)
		u = ask_number(db, "SELECT count(*) FROM sqlite_master", &tables);
	if (u != USABLE)
		return u;
	snprintf(verdict, sizeof(verdict), "%ld", version);
	if (owner == 0 && version == 0 && tables == 0)
		return create(db);
	if (owner != APPLICATION_ID)
		return unfit(db, "not a database of evbd", "");
	if (version > STATE_DB_VERSION)
		return unfit(db, "written by a newer evbd, schema version ", verdict);
	if (version < STATE_DB_VERSION)
		return unfit(db, "unknown schema version ", verdict);
	u = ask(db, "PRAGMA quick_check(1)", verdict, sizeof(verdict));
	if (u == USABLE && strcmp(verdict, "ok") != 0)
		return unfit(db, "damaged: ", verdict);
	return u;
}

static enum usable prepare(struct state_db *db)
{
	for (unsigned i = 0; i < STATEMENTS; i++)
		if (sqlite3_prepare_v3(db->sql, statements[i], -1, SQLITE_PREPARE_PERSISTENT, &db->stmt[i],
			    NULL) != SQLITE_OK)
			return unfit(db, "damaged: ", sqlite3_errmsg(db->sql));
	return USABLE;
}

static void close_file(struct state_db *db)
{
	for (unsigned i = 0; i < STATEMENTS; i++) {
		sqlite3_finalize(db->stmt[i]);
		db->stmt[i] = NULL;
	}
	sqlite3_close(db->sql);
	db->sql = NULL;
}

static enum usable open_file(struct state_db *db)
{
	char mode[32];
	int rc = sqlite3_open_v2(
		db->path, &db->sql, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
	enum usable u;

	if (rc != SQLITE_OK)
		return failed(db, rc);
	sqlite3_extended_result_codes(db->sql, 1);
	sqlite3_busy_timeout(db->sql, BUSY_MS);
	u = run(db, "PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = FULL");
	if (u == USABLE)
		u = examine(db);
	if (u == USABLE)
		u = ask(db, "PRAGMA journal_mode = WAL", mode, sizeof(mode));
	if (u == USABLE)
		u = run(db,
			"BEGIN IMMEDIATE; COMMIT"); /* takes the lock, or learns that it can't be written */
	return u == USABLE ? prepare(db) : u;
}

/* Rename the file, and its log so that the two still belong together. */
static bool set_aside(struct state_db *db, struct state_db_report *ret)
{
	char stamp[32], from[STATE_DB_TEXT + 8], to[STATE_DB_TEXT + 8];
	time_t now = time(NULL);
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &tm);
	for (unsigned k = 1; k < 1000; k++) {
		int n = snprintf(ret->aside, sizeof(ret->aside), "%s.set-aside-%s-%u", db->path, stamp, k);

		if (n < (int)sizeof(ret->aside) && access(ret->aside, F_OK) != 0)
			break;
	}
	snprintf(from, sizeof(from), "%s-wal", db->path);
	snprintf(to, sizeof(to), "%s-wal", ret->aside);
	(void)rename(from, to); /* there may be none */
	if (rename(db->path, ret->aside) == 0)
		return true;
	snprintf(db->error, sizeof(db->error), "can't be set aside (%m): %.160s", ret->why);
	ret->aside[0] = '\0';
	return false;
}

static bool make_folders(const char *dir)
{
	char path[STATE_DB_TEXT];
	size_t len = strlen(dir);

	if (len == 0 || len >= sizeof(path)) {
		errno = len == 0 ? ENOENT : ENAMETOOLONG;
		return false;
	}
	for (size_t i = 1; i <= len; i++) {
		if (dir[i] != '/' && dir[i] != '\0')
			continue;
		memcpy(path, dir, i);
		path[i] = '\0';
		if (mkdir(path, 0700) < 0 && errno != EEXIST)
			return false;
	}
	return true;
}

static struct state_db *give_up(struct state_db *db, struct state_db_report *ret)
{
	memcpy(ret->why, db->error, sizeof(ret->why));
	close_file(db);
	free(db);
	return NULL;
}

struct state_db *state_db_open(const char *dir, struct state_db_report *ret)
{
	struct state_db *db = calloc(1, sizeof(*db));
	enum usable u;

	*ret = (struct state_db_report){ 0 };
	if (!db)
		return NULL;
	if (!make_folders(dir)) {
		snprintf(db->error, sizeof(db->error), "%m");
		return give_up(db, ret);
	}
	snprintf(db->path, sizeof(db->path), "%s/evbd.db", dir);
	u = open_file(db);
	if (u == NEVER) {
		memcpy(ret->why, db->error, sizeof(ret->why));
		sqlite3_db_config(db->sql, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL); /* it stays as it is */
		u = set_aside(db, ret) ? NEVER : NOT_NOW;
		close_file(db);
		if (u == NEVER)
			u = open_file(db);
	}
	return u == USABLE ? db : give_up(db, ret);
}

void state_db_close(struct state_db *db)
{
	if (!db)
		return;
	close_file(db);
	free(db);
}

const char *state_db_path(const struct state_db *db)
{
	return db->path;
}

const char *state_db_error(const struct state_db *db)
{
	return db->error;
}

/* ---- rows ---- */

static uint16_t element(const struct vdp_filter *f)
{
	return (uint16_t)((f->has_pcp ? 0x8000u | (f->pcp & 7u) << 12 : 0) | (f->vid & VDP_VID_MASK));
}

static void set_element(struct vdp_filter *f, uint16_t e)
{
	f->has_pcp = (e & 0x8000u) != 0;
	f->pcp = f->has_pcp ? e >> 12 & 7u : 0;
	f->vid = e & VDP_VID_MASK;
}

static bool step(struct state_db *db, sqlite3_stmt *stmt)
{
	int rc = sqlite3_step(stmt);

	if (rc != SQLITE_DONE)
		(void)failed(db, rc);
	sqlite3_reset(stmt);
	sqlite3_clear_bindings(stmt);
	return rc == SQLITE_DONE;
}

static void bind_blob(sqlite3_stmt *stmt, int column, const void *octets, size_t len)
{
	sqlite3_bind_blob(stmt, column, len > 0 ? octets : "", (int)len, SQLITE_STATIC);
}

bool state_db_put(struct state_db *db, const struct state_vsi *v)
{
	const struct vdp_request *rq = &v->saved.rq;
	sqlite3_stmt *s = db->stmt[PUT];
	uint8_t filters[VDP_FILTERS_MAX * FILTER_OCTETS];
	struct wr w = wr_init(filters, sizeof(filters));

	for (unsigned i = 0; i < rq->n_filters; i++) {
		wr_u32(&w, rq->filters[i].group_id);
		wr_copy(&w, rq->filters[i].mac.b, sizeof(rq->filters[i].mac.b));
		wr_u16(&w, element(&rq->filters[i]));
		wr_u16(&w, element(&v->saved.granted[i]));
	}
	sqlite3_bind_text(s, 1, v->port, -1, SQLITE_STATIC);
	bind_blob(s, 2, &rq->subject.vsi, sizeof(rq->subject.vsi));
	sqlite3_bind_int(s, 3, (int)v->role);
	sqlite3_bind_text(s, 4, v->other_port, -1, SQLITE_STATIC);
	sqlite3_bind_int(s, 5, (int)rq->op);
	bind_blob(s, 6, rq->subject.manager.id, sizeof(rq->subject.manager.id));
	sqlite3_bind_int64(s, 7, rq->subject.type_id);
	sqlite3_bind_int(s, 8, rq->subject.type_version);
	sqlite3_bind_int(
		s, 9, (rq->is_migrating ? FLAG_MIGRATING : 0) | (rq->is_suspended ? FLAG_SUSPENDED : 0));
	sqlite3_bind_int(s, 10, rq->format);
	bind_blob(s, 11, filters, w.len);
	bind_blob(s, 12, rq->org.ptr, rq->org.len);
	sqlite3_bind_int64(s, 13, (sqlite3_int64)v->saved.keep_alive.ns);
	return step(db, s);
}

static bool read_text(sqlite3_stmt *s, int column, char *ret, int size)
{
	const char *text = (const char *)sqlite3_column_text(s, column);

	return text != NULL && snprintf(ret, (size_t)size, "%s", text) < size;
}

static struct span read_blob(sqlite3_stmt *s, int column)
{
	const void *octets = sqlite3_column_blob(s, column);

	return span_of(octets, octets ? (size_t)sqlite3_column_bytes(s, column) : 0);
}

static bool read_int(sqlite3_stmt *s, int column, sqlite3_int64 max, sqlite3_int64 *ret)
{
	*ret = sqlite3_column_int64(s, column);
	return sqlite3_column_type(s, column) == SQLITE_INTEGER && *ret >= 0 && *ret <= max;
}

static bool read_filters(struct span blob, struct vdp_filter room[2 * VDP_FILTERS_MAX], struct vdp_saved *ret)
{
	struct rd r = rd_init(blob);
	unsigned n = (unsigned)(blob.len / FILTER_OCTETS);

	if (blob.len % FILTER_OCTETS != 0 || n > VDP_FILTERS_MAX)
		return false;
	ret->rq.n_filters = (uint16_t)n;
	ret->rq.filters = room;
	ret->granted = room + n;
	for (unsigned i = 0; i < n; i++) {
		struct vdp_filter f = { .group_id = rd_u32(&r) };

		rd_copy(&r, f.mac.b, sizeof(f.mac.b));
		room[i] = room[n + i] = f;
		set_element(&room[i], rd_u16(&r));
		set_element(&room[n + i], rd_u16(&r));
	}
	return rd_done(&r);
}

static bool read_row(sqlite3_stmt *s, struct vdp_filter room[2 * VDP_FILTERS_MAX], struct state_vsi *ret)
{
	struct vdp_request *rq = &ret->saved.rq;
	struct span id = read_blob(s, 1), manager = read_blob(s, 5);
	sqlite3_int64 role, op, type_id, version, flags, format, keep_alive;

	*ret = (struct state_vsi){ 0 };
	if (!read_text(s, 0, ret->port, sizeof(ret->port)) || id.len != sizeof(rq->subject.vsi) ||
		!read_int(s, 2, VDP_BRIDGE, &role) ||
		!read_text(s, 3, ret->other_port, sizeof(ret->other_port)) ||
		!read_int(s, 4, VDP_ASSOC, &op) || manager.len != sizeof(rq->subject.manager.id) ||
		!read_int(s, 6, UINT32_MAX, &type_id) || !read_int(s, 7, UINT8_MAX, &version) ||
		!read_int(s, 8, UINT8_MAX, &flags) || !read_int(s, 9, UINT8_MAX, &format) ||
		!read_filters(read_blob(s, 10), room, &ret->saved) ||
		!read_int(s, 12, INT64_MAX, &keep_alive))
		return false;
	ret->role = (enum vdp_role)role;
	rq->op = (enum vdp_op)op;
	memcpy(&rq->subject.vsi, id.ptr, id.len);
	memcpy(rq->subject.manager.id, manager.ptr, manager.len);
	rq->subject.type_id = (uint32_t)type_id;
	rq->subject.type_version = (uint8_t)version;
	rq->is_migrating = (flags & FLAG_MIGRATING) != 0;
	rq->is_suspended = (flags & FLAG_SUSPENDED) != 0;
	rq->format = (uint8_t)format;
	rq->org = read_blob(s, 11);
	ret->saved.keep_alive = dur_ns((uint64_t)keep_alive);
	return true;
}

bool state_db_load(struct state_db *db, void (*fn)(void *ctx, const struct state_vsi *v), void *ctx,
	unsigned *ret_n_unreadable)
{
	struct vdp_filter room[2 * VDP_FILTERS_MAX];
	struct state_vsi v;
	int rc;

	*ret_n_unreadable = 0;
	while ((rc = sqlite3_step(db->stmt[LOAD])) == SQLITE_ROW) {
		if (read_row(db->stmt[LOAD], room, &v))
			fn(ctx, &v);
		else
			++*ret_n_unreadable;
	}
	if (rc != SQLITE_DONE)
		(void)failed(db, rc);
	sqlite3_reset(db->stmt[LOAD]);
	return rc == SQLITE_DONE;
}

/* ---- changes ---- */

bool state_db_begin(struct state_db *db)
{
	return run(db, "BEGIN IMMEDIATE") == USABLE;
}

bool state_db_commit(struct state_db *db)
{
	return run(db, "COMMIT") == USABLE;
}

void state_db_rollback(struct state_db *db)
{
	(void)sqlite3_exec(
		db->sql, "ROLLBACK", NULL, NULL, NULL); /* the error that led here is the one to tell */
}

bool state_db_forget(struct state_db *db, const char *port, const struct vsi_id *id)
{
	sqlite3_bind_text(db->stmt[FORGET], 1, port, -1, SQLITE_STATIC);
	bind_blob(db->stmt[FORGET], 2, id, sizeof(*id));
	return step(db, db->stmt[FORGET]);
}

bool state_db_forget_port(struct state_db *db, const char *port)
{
	sqlite3_bind_text(db->stmt[FORGET_PORT], 1, port, -1, SQLITE_STATIC);
	return step(db, db->stmt[FORGET_PORT]);
}

bool state_db_forget_all(struct state_db *db)
{
	return step(db, db->stmt[FORGET_ALL]);
}
