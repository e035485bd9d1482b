/*
 * Durable state: what node_vsi_save() says of every VSI, and node_channels_save() of every UAP, is kept in the state
 * database and put back at the next start; so is the list of what was added at run time, which the daemon adds again.
 * Writing is a thread's business: a change costs its caller a copy into a queue, whatever the disk does.
 */
#ifndef EVB_STATE_H
#define EVB_STATE_H

#include "log.h"
#include "node.h"
#include "state_db.h"

struct state;

struct state_health {
	char path[STATE_DB_TEXT];  /* of the database; empty: there is none */
	char error[STATE_DB_TEXT]; /* why nothing is kept; empty: all is well */
	uint64_t pending;          /* changes not on the disk yet */
	uint64_t written;          /* changes since the start */
};

/** Open the database in `dir` and watch the node. Never fails: without a database there is a warning, and state_health()
 * says so. NULL: out of memory. */
struct state *state_open(const char *dir, struct node *n, const struct log *log);
/** Put back what was kept. S-channels: when all ports and channels have been added and none is up. Afterwards VSIs. Bridge
 * ports: before a device is attached. Station ports: when VM ports are known, for a VSI
 * goes with its VM; called again it does nothing. VSIs of ports that are not configured any more are dropped from the
 * database, with a warning. */
void state_restore_channels(struct state *s, struct mono now);
void state_restore_bridges(struct state *s, struct mono now);
/** Start the thread, which has the privileges of its maker. Afterwards the database is the thread's. */
void state_start(struct state *s);
void state_restore_waiting(struct state *s, struct mono now);
/** A port is about to be restarted by a reload: its VSIs wait for state_restore_waiting(), its S-channels for
 * state_restore_kept_channels(). */
void state_keep_port(struct state *s, uint16_t port);
/** As state_restore_channels(), of the ports that a reload restarted. */
void state_restore_kept_channels(struct state *s, struct mono now);
/** A port was taken out of the configuration, with its S-channels, or one S-channel ("eth0/2"). */
void state_forget_port(struct state *s, const char *port);
/* ---- what was added at run time: works without a database, too, until the daemon ends ---- */

/** Remember it, in place of an older one of that kind, port and id. Copied. */
void state_add(struct state *s, const struct state_added *a);
/** False: it was not there. */
bool state_remove(struct state *s, enum state_kind kind, const char *port, uint32_t id);
/** Pointers are valid until that one is removed or replaced. NULL: there is none. */
const struct state_added *state_find(
	const struct state *s, enum state_kind kind, const char *port, uint32_t id);
/** The one after `after`, which was got here; the first for NULL. */
const struct state_added *state_next(const struct state *s, const struct state_added *after);

/** Every second or so: tell the log when writing fails or works again. */
void state_on_time(struct state *s);
void state_health(struct state *s, struct state_health *ret);
/** Write what is left and close. The node must still be there. */
void state_close(struct state *s);

#endif
