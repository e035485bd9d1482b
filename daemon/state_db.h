/*
 * VSIs, S-channels and what was added at run time, in a file that survives the daemon: `state_dir`/evbd.db, an SQLite
 * database. Nothing here is called on the way of a frame or an answer (state.h does the writing in a thread of its own).
 */
#ifndef EVB_STATE_DB_H
#define EVB_STATE_DB_H

#include "cdcp_tlv.h"
#include "conf.h"
#include "vdp_table.h"

enum { STATE_DB_VERSION = 2, STATE_DB_TEXT = 256, STATE_DB_PORT = CONF_NAME + 8 };

struct state_vsi {
	char port[STATE_DB_PORT];       /* its label: "eth0", of an S-channel "eth0/2" */
	char other_port[STATE_DB_PORT]; /* node_vsi_other_port(): VM port, or the port it left; empty: none */
	enum vdp_role role;
	struct vdp_saved saved; /* rq.user is not kept */
};

struct state_channels { /* operational S-channels of a UAP beside the default one; n 0: none */
	char port[CONF_NAME];
	unsigned n;
	const struct cdcp_pair *pair; /* borrowed, at most CDCP_PAIRS_MAX */
};

enum state_kind { STATE_CHANNEL, STATE_VIF };
struct state_added { /* at run time, by evbctl; the configuration file does not know it */
	enum state_kind kind;
	char port[CONF_NAME];
	uint32_t id;          /* SCID, or VIF */
	const char *settings; /* JSON text of an object; borrowed */
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

/** The same for S-channels, a call for each UAP, and for what was added; *ret_n_unreadable is added to. */
bool state_db_load_channels(struct state_db *db, void (*fn)(void *ctx, const struct state_channels *c),
	void *ctx, unsigned *ret_n_unreadable);
bool state_db_load_added(struct state_db *db, void (*fn)(void *ctx, const struct state_added *a), void *ctx,
	unsigned *ret_n_unreadable);

/* Changes, between begin and commit. False: not done. */
bool state_db_begin(struct state_db *db);
bool state_db_put(struct state_db *db, const struct state_vsi *v);
bool state_db_forget(struct state_db *db, const char *port, const struct vsi_id *id);
/** VSIs of a port and of its S-channels; or of one S-channel. */
bool state_db_forget_port(struct state_db *db, const char *port);
/** All S-channels of a UAP, in place of those it had. */
bool state_db_put_channels(struct state_db *db, const struct state_channels *c);
bool state_db_put_added(struct state_db *db, const struct state_added *a);
bool state_db_forget_added(struct state_db *db, const struct state_added *a); /* its settings do not matter */
bool state_db_forget_all(struct state_db *db);
bool state_db_commit(struct state_db *db);
void state_db_rollback(struct state_db *db);

const char *state_kind_name(enum state_kind kind); /* "channel", "vif" */

#endif
