/*
 * The VSIs of this daemon in a file that survives it: `state_dir`/evbd.db, an SQLite database. Nothing here is called
 * on the way of a frame or an answer (state.h does the writing in a thread of its own).
 */
#ifndef EVB_STATE_DB_H
#define EVB_STATE_DB_H

#include "conf.h"
#include "vdp_table.h"

enum { STATE_DB_VERSION = 1, STATE_DB_TEXT = 256, STATE_DB_PORT = CONF_NAME + 8 };

struct state_vsi {
	char port[STATE_DB_PORT];       /* its label: "eth0", of an S-channel "eth0/2" */
	char other_port[STATE_DB_PORT]; /* node_vsi_other_port(): VM port, or the port it left; empty: none */
	enum vdp_role role;
	struct vdp_saved saved; /* rq.user is not kept */
};

struct state_db_report {
	char aside[STATE_DB_TEXT]; /* where a file went that can't be used; empty: there was none */
	char why[STATE_DB_TEXT];   /* of that; or, without a database, why there is none */
};

struct state_db;

/** Open or create the database and its folder (0700). A file that is damaged, written by a newer evbd or not evbd's is
 * renamed, never emptied, and a new one takes its place. NULL: no database can be had; *ret says why. */
struct state_db *state_db_open(const char *dir, struct state_db_report *ret);
void state_db_close(struct state_db *db);
const char *state_db_path(const struct state_db *db);
/** Of the last call that failed. */
const char *state_db_error(const struct state_db *db);

/** Call fn for each VSI, whose pointers are valid during the call. Rows that make no sense are left where they are and
 * counted. False: reading failed. */
bool state_db_load(struct state_db *db, void (*fn)(void *ctx, const struct state_vsi *v), void *ctx,
	unsigned *ret_n_unreadable);

/* Changes, between begin and commit. False: not done. */
bool state_db_begin(struct state_db *db);
bool state_db_put(struct state_db *db, const struct state_vsi *v);
bool state_db_forget(struct state_db *db, const char *port, const struct vsi_id *id);
bool state_db_forget_port(struct state_db *db, const char *port);
bool state_db_forget_all(struct state_db *db);
bool state_db_commit(struct state_db *db);
void state_db_rollback(struct state_db *db);

#endif
