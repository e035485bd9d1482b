/* Inside the durable state: the changes on their way to the database, shared by state.c, state_restore.c, state_added.c. */
#ifndef EVB_STATE_PRIV_H
#define EVB_STATE_PRIV_H

#include <pthread.h>
#include <sys/queue.h>

#include "state.h"

enum state_change_kind {
	STATE_C_PUT,
	STATE_C_FORGET,
	STATE_C_FORGET_PORT,
	STATE_C_CHANNELS,
	STATE_C_ADD,
	STATE_C_REMOVE,
	STATE_C_FORGET_ALL
};

struct state_change {
	STAILQ_ENTRY(state_change) link;
	enum state_change_kind kind;
	struct state_vsi vsi;           /* PUT, FORGET, FORGET_PORT */
	struct state_channels channels; /* CHANNELS */
	struct state_added added;       /* ADD, REMOVE */
	struct vdp_filter
		filters[]; /* as asked, in force, then the org TLVs; or the channels, the settings */
};
STAILQ_HEAD(state_changes, state_change);

struct state {
	struct state_db *db; /* the thread's, while that runs; NULL: none */
	struct node *node;
	const struct log *log;
	struct state_changes waiting; /* stations' VSIs that were kept, until VM ports are known */
	struct state_changes added;   /* what was added at run time, STATE_C_ADD each */
	bool has_thread;
	pthread_t thread;
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t wake;
	struct state_changes queue;
	uint64_t n_queued, n_taken, written; /* n_taken: in the thread's hands */
	bool is_stopping;
	bool is_overrun; /* changes were thrown away: the database is to be written anew */
	char path[STATE_DB_TEXT];
	char error[STATE_DB_TEXT];
	char told[STATE_DB_TEXT]; /* the error the log knows; the main thread's */
};

/** Is there room? If not, what waits is given up: the database will be written anew. */
bool state_may_enqueue(struct state *s);
void state_enqueue(struct state *s, struct state_change *c); /* takes it */
void state_drop(struct state_changes *list);

/* Changes. Out of memory ends the daemon: a few hundred octets, nothing else would work either. */
struct state_change *state_change_new(enum state_change_kind kind, const char *port, size_t octets);
struct state_change *state_change_put(const struct state_vsi *v);
struct state_change *state_change_forget(const char *port, const struct vsi_id *id);
struct state_change *state_change_channels(const char *port, const struct cdcp_pair *pair, unsigned n);
struct state_change *state_change_added(enum state_change_kind kind, const struct state_added *a);
/** What is to be kept of a VSI of the node. NULL: nothing. */
struct state_change *state_change_of(const struct state *s, uint16_t port, const struct vsi_id *id);
/** The operational S-channels of a UAP are kept as they are now. */
void state_keep_channels(void *ctx, uint16_t port);

/** Read the list of what was added, when the database is opened. */
void state_load_added(struct state *s);
/** All of it, copied onto a list of changes. Returns how many. */
unsigned state_copy_added(const struct state *s, struct state_changes *list);

#endif
