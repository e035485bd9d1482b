/*
 * state_db.c - the state database: its file, its schema, transactions. state_db_vsi.c and state_db_channel.c have the rows;
 * no other file knows SQLite.
 *
 * The schema is STATE_DB_VERSION (user_version), the owner evbd (application_id). A file of an older version is brought
 * up to date in place, in one transaction: a process killed meanwhile leaves the old one.
 *
 * The file is locked for as long as it is open, so that two daemons can't share one by mistake. WAL with
 * synchronous=FULL: a commit is on the disk, and a process killed at any point leaves the last one. A file that can't
 * be used is renamed together with its write-ahead log, so that sqlite3(1) can still open what is left of it.
 */
#define _GNU_SOURCE
#include "state_db_priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
	APPLICATION_ID = 0x45564244, /* "EVBD" */
	BUSY_MS = 500,               /* another daemon may be on its way out */
};

/* What each version of the schema added, so that an older file can be brought up to date. */
static const char *const schema[STATE_DB_VERSION] = {
	/* 1 */
	"CREATE TABLE vsi ("
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
	" PRIMARY KEY (port, vsi)) WITHOUT ROWID",
	/* 2 */
	"CREATE TABLE channel ("
	" port TEXT NOT NULL,"
	" scid INTEGER NOT NULL,"
	" svid INTEGER NOT NULL,"
	" PRIMARY KEY (port, scid)) WITHOUT ROWID;"
	"CREATE TABLE added ("
	" kind TEXT NOT NULL,"
	" port TEXT NOT NULL,"
	" id INTEGER NOT NULL,"
	" settings TEXT NOT NULL," /* JSON */
	" PRIMARY KEY (kind, port, id)) WITHOUT ROWID",
};

#define COLUMNS                                                                                              \
	"port, vsi, role, vm_port, op, manager, type_id, type_version, flags, format, filters, org, "        \
	"keep_alive_ns"
static const char *const statements[STATE_STATEMENTS] = {
	[STATE_PUT_VSI] = ("REPLACE INTO vsi (" COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
	[STATE_FORGET_VSI] = "DELETE FROM vsi WHERE port = ? AND vsi = ?",
	/* a port and its S-channels: no device has a "/" in its name */
	[STATE_FORGET_PORT] =
		"DELETE FROM vsi WHERE port = ?1 OR substr(port, 1, length(?1) + 1) = ?1 || '/'",
	[STATE_FORGET_ALL] = "DELETE FROM vsi",
	[STATE_LOAD_VSIS] = ("SELECT " COLUMNS " FROM vsi"),
	[STATE_PUT_CHANNEL] = "REPLACE INTO channel (port, scid, svid) VALUES (?, ?, ?)",
	[STATE_FORGET_CHANNELS] = "DELETE FROM channel WHERE port = ?",
	[STATE_FORGET_ALL_CHANNELS] = "DELETE FROM channel",
	[STATE_LOAD_CHANNELS] = "SELECT port, scid, svid FROM channel ORDER BY port, scid",
	[STATE_PUT_ADDED] = "REPLACE INTO added (kind, port, id, settings) VALUES (?, ?, ?, ?)",
	[STATE_FORGET_ADDED] = "DELETE FROM added WHERE kind = ? AND port = ? AND id = ?",
	[STATE_FORGET_ALL_ADDED] = "DELETE FROM added",
	[STATE_LOAD_ADDED] = "SELECT kind, port, id, settings FROM added ORDER BY port, kind, id",
};

/* ---- opening ---- */

enum usable {
	USABLE,
	NOT_NOW,
	NEVER
}; /* NOT_NOW: locked, no permission, no space; the file itself is fine */

void state_db_note_error(struct state_db *db)
{
	snprintf(db->error, sizeof(db->error), "%s", sqlite3_errmsg(db->sql));
}

static enum usable failed(struct state_db *db, int rc)
{
	state_db_note_error(db);
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

/* From version `from` (0: nothing) to ours. */
static enum usable upgrade(struct state_db *db, long from)
{
	char end[96];
	enum usable u = run(db, "BEGIN IMMEDIATE");

	for (long v = from; u == USABLE && v < STATE_DB_VERSION; v++)
		u = run(db, schema[v]);
	snprintf(end, sizeof(end), "PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT",
		APPLICATION_ID, STATE_DB_VERSION);
	if (u == USABLE)
		u = run(db, end);
	if (u != USABLE)
		state_db_rollback(db);
	return u;
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
		return upgrade(db, 0);
	if (owner != APPLICATION_ID)
		return unfit(db, "not a database of evbd", "");
	if (version > STATE_DB_VERSION)
		return unfit(db, "written by a newer evbd, schema version ", verdict);
	if (version < 1)
		return unfit(db, "unknown schema version ", verdict);
	u = ask(db, "PRAGMA quick_check(1)", verdict, sizeof(verdict));
	if (u == USABLE && strcmp(verdict, "ok") != 0)
		return unfit(db, "damaged: ", verdict);
	return u == USABLE && version < STATE_DB_VERSION ? upgrade(db, version) : u;
}

static enum usable prepare(struct state_db *db)
{
	for (unsigned i = 0; i < STATE_STATEMENTS; i++)
		if (sqlite3_prepare_v3(db->sql, statements[i], -1, SQLITE_PREPARE_PERSISTENT, &db->stmt[i],
			    NULL) != SQLITE_OK)
			return unfit(db, "damaged: ", sqlite3_errmsg(db->sql));
	return USABLE;
}

static void close_file(struct state_db *db)
{
	for (unsigned i = 0; i < STATE_STATEMENTS; i++) {
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

/* ---- for the rows ---- */

bool state_db_step(struct state_db *db, sqlite3_stmt *stmt)
{
	int rc = sqlite3_step(stmt);

	if (rc != SQLITE_DONE)
		state_db_note_error(db);
	sqlite3_reset(stmt);
	sqlite3_clear_bindings(stmt);
	return rc == SQLITE_DONE;
}

void state_db_bind_blob(sqlite3_stmt *stmt, int column, const void *octets, size_t len)
{
	sqlite3_bind_blob(stmt, column, len > 0 ? octets : "", (int)len, SQLITE_STATIC);
}

bool state_db_text(sqlite3_stmt *s, int column, char *ret, int size)
{
	const char *text = (const char *)sqlite3_column_text(s, column);

	return text != NULL && snprintf(ret, (size_t)size, "%s", text) < size;
}

struct span state_db_blob(sqlite3_stmt *s, int column)
{
	const void *octets = sqlite3_column_blob(s, column);

	return span_of(octets, octets ? (size_t)sqlite3_column_bytes(s, column) : 0);
}

bool state_db_int(sqlite3_stmt *s, int column, sqlite3_int64 max, sqlite3_int64 *ret)
{
	*ret = sqlite3_column_int64(s, column);
	return sqlite3_column_type(s, column) == SQLITE_INTEGER && *ret >= 0 && *ret <= max;
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

bool state_db_forget_all(struct state_db *db)
{
	return state_db_step(db, db->stmt[STATE_FORGET_ALL]) &&
	       state_db_step(db, db->stmt[STATE_FORGET_ALL_CHANNELS]) &&
	       state_db_step(db, db->stmt[STATE_FORGET_ALL_ADDED]);
}
