/* Inside the state database: its statements, and what reading and writing rows share. */
#ifndef EVB_STATE_DB_PRIV_H
#define EVB_STATE_DB_PRIV_H

#include <sqlite3.h>

#include "state_db.h"

enum state_statement {
	STATE_PUT_VSI,
	STATE_FORGET_VSI,
	STATE_FORGET_PORT,
	STATE_FORGET_ALL,
	STATE_LOAD_VSIS,
	STATE_PUT_CHANNEL,
	STATE_FORGET_CHANNELS,
	STATE_FORGET_ALL_CHANNELS,
	STATE_LOAD_CHANNELS,
	STATE_PUT_ADDED,
	STATE_FORGET_ADDED,
	STATE_FORGET_ALL_ADDED,
	STATE_LOAD_ADDED,
	STATE_STATEMENTS
};

struct state_db {
	sqlite3 *sql;
	sqlite3_stmt *stmt[STATE_STATEMENTS];
	char path[STATE_DB_TEXT];
	char error[STATE_DB_TEXT];
};

/** Remember what SQLite has to say, for state_db_error(). */
void state_db_note_error(struct state_db *db);
/** Run a statement that gives no rows, its parameters bound; they are unbound afterwards. */
bool state_db_step(struct state_db *db, sqlite3_stmt *stmt);
void state_db_bind_blob(sqlite3_stmt *stmt, int column, const void *octets, size_t len);

/* A column of the row at hand. False: not of that kind, or too long. */
bool state_db_text(sqlite3_stmt *s, int column, char *ret, int size);
bool state_db_int(sqlite3_stmt *s, int column, sqlite3_int64 max, sqlite3_int64 *ret); /* 0..max */
/** Borrowed until the next step; empty: NULL or no octets. */
struct span state_db_blob(sqlite3_stmt *s, int column);

#endif
