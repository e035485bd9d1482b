/*
 * Durable state: what node_vsi_save() says of every VSI is kept in the state database, and put back at the next start.
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
/** Put back what was kept. Bridge ports: before a device is attached. Station ports: when VM ports are known, for a VSI
 * goes with its VM; called again it does nothing. VSIs of ports that are not configured any more are dropped from the
 * database, with a warning. */
void state_restore_bridges(struct state *s, struct mono now);
/** Start the thread, which has the privileges of its maker. Afterwards the database is the thread's. */
void state_start(struct state *s);
void state_restore_waiting(struct state *s, struct mono now);
/** A port is about to be restarted by a reload: its VSIs wait for state_restore_waiting(). */
void state_keep_port(struct state *s, uint16_t port);
/** A port was taken out of the configuration. */
void state_forget_port(struct state *s, const char *port);
/** Every second or so: tell the log when writing fails or works again. */
void state_on_time(struct state *s);
void state_health(struct state *s, struct state_health *ret);
/** Write what is left and close. The node must still be there. */
void state_close(struct state *s);

#endif
