/*
 * state.c - durable state: a queue of changes, and a thread that writes it to the state database.
 *
 *   node --keep()--> queue --(all that gathered in GATHER_MS)--> one transaction
 *
 * A change is a copy of what is to be kept of one VSI, or that nothing is. The thread takes the whole queue at once, so
 * a burst of thousands of VSIs is a few transactions. A transaction that fails is tried again, whole, together with
 * what came meanwhile. If the disk stands still for so long that QUEUE_MAX changes wait, they are thrown away and,
 * when writing works again, the database is written anew from the node: memory is bounded, and it is never left wrong.
 *
 * What is restored is judged like a request from outside (vdp_table_restore()). What can't be restored is dropped from
 * the database and logged: the port is not configured, or has another role; the VM port of a station's VSI is gone,
 * as it would have taken its VSI with it had evbd been running.
 */
#define _GNU_SOURCE
#include "state.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <time.h>

enum { GATHER_MS = 20, RETRY_MS = 1000, QUEUE_MAX = 65536 };

enum change_kind { PUT, FORGET, FORGET_PORT, FORGET_ALL };

struct change {
	STAILQ_ENTRY(change) link;
	enum change_kind kind;
	struct state_vsi vsi;
	struct vdp_filter filters[]; /* as asked, in force, then the org TLVs */
};
STAILQ_HEAD(changes, change);

struct state {
	struct state_db *db; /* the thread's, while that runs; NULL: none */
	struct node *node;
	const struct log *log;
	struct changes waiting; /* stations' VSIs that were kept, until VM ports are known */
	bool has_thread;
	pthread_t thread;
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t wake;
	struct changes queue;
	uint64_t n_queued, n_taken, written; /* n_taken: in the thread's hands */
	bool is_stopping;
	bool is_overrun; /* changes were thrown away: the database is to be written anew */
	char path[STATE_DB_TEXT];
	char error[STATE_DB_TEXT];
	char told[STATE_DB_TEXT]; /* the error the log knows; the main thread's */
};

/* ---- the writing thread ---- */

static void drop(struct changes *list)
{
	struct change *c;

	while ((c = STAILQ_FIRST(list)) != NULL) {
		STAILQ_REMOVE_HEAD(list, link);
		free(c);
	}
}

static bool write_one(struct state_db *db, const struct change *c)
{
	switch (c->kind) {
	case PUT:
		return state_db_put(db, &c->vsi);
	case FORGET:
		return state_db_forget(db, c->vsi.port, &c->vsi.saved.rq.subject.vsi);
	case FORGET_PORT:
		return state_db_forget_port(db, c->vsi.port);
	case FORGET_ALL:
	default:
		return state_db_forget_all(db);
	}
}

static bool write_all(struct state_db *db, const struct changes *list)
{
	const struct change *c;
	bool is_good = state_db_begin(db);

	if (!is_good)
		return false;
	STAILQ_FOREACH(c, list, link)
	is_good = is_good && write_one(db, c);
	if (is_good && state_db_commit(db))
		return true;
	state_db_rollback(db);
	return false;
}

/* Wait with the lock held, until woken to stop or the time is over. */
static void rest(struct state *s, unsigned ms)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += (long)(ms % 1000) * 1000000;
	until.tv_sec += ms / 1000 + until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	while (!s->is_stopping && pthread_cond_timedwait(&s->wake, &s->lock, &until) == 0)
		;
}

static void *write_loop(void *ctx)
{
	struct state *s = ctx;
	struct changes batch = STAILQ_HEAD_INITIALIZER(batch);
	bool is_last, is_good = true;

	pthread_mutex_lock(&s->lock);
	do {
		while (STAILQ_EMPTY(&batch) && STAILQ_EMPTY(&s->queue) && !s->is_stopping)
			pthread_cond_wait(&s->wake, &s->lock);
		rest(s, is_good ? GATHER_MS : RETRY_MS);
		is_last = s->is_stopping;
		STAILQ_CONCAT(&batch, &s->queue);
		s->n_taken += s->n_queued;
		s->n_queued = 0;
		if (s->n_taken == 0)
			continue;
		pthread_mutex_unlock(&s->lock);
		is_good = write_all(s->db, &batch);
		if (is_good)
			drop(&batch);
		pthread_mutex_lock(&s->lock);
		snprintf(s->error, sizeof(s->error), "%s", is_good ? "" : state_db_error(s->db));
		if (is_good) {
			s->written += s->n_taken;
			s->n_taken = 0;
		}
	} while (!is_last);
	pthread_mutex_unlock(&s->lock);
	drop(&batch);
	return NULL;
}

static bool start_thread(struct state *s)
{
	sigset_t all, old;
	int rc;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old); /* signals are the event loop's */
	rc = pthread_create(&s->thread, NULL, write_loop, s);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return rc == 0;
}

/* ---- changes ---- */

static void enqueue(struct state *s, struct change *c)
{
	pthread_mutex_lock(&s->lock);
	STAILQ_INSERT_TAIL(&s->queue, c, link);
	if (s->n_queued++ == 0)
		pthread_cond_signal(&s->wake);
	pthread_mutex_unlock(&s->lock);
}

/* Is there room? If not, give up what waits: the database will be written anew. */
static bool may_enqueue(struct state *s)
{
	bool is_full;

	pthread_mutex_lock(&s->lock);
	is_full = s->n_queued + s->n_taken >= QUEUE_MAX;
	if (is_full) {
		s->is_overrun = true;
		drop(&s->queue);
		s->n_queued = 0;
	}
	is_full = is_full || s->is_overrun;
	pthread_mutex_unlock(&s->lock);
	return !is_full;
}

static struct change *change_new(enum change_kind kind, const char *port, size_t octets)
{
	struct change *c = calloc(1, sizeof(*c) + octets);

	if (!c)
		abort(); /* a few hundred octets: nothing else would work either */
	c->kind = kind;
	snprintf(c->vsi.port, sizeof(c->vsi.port), "%s", port);
	return c;
}

static struct change *change_put(const struct state_vsi *v)
{
	size_t n = v->saved.rq.n_filters, org = v->saved.rq.org.len;
	struct change *c = change_new(PUT, v->port, 2 * n * sizeof(c->filters[0]) + org);

	c->vsi = *v;
	memcpy(c->filters, v->saved.rq.filters, n * sizeof(c->filters[0]));
	memcpy(c->filters + n, v->saved.granted, n * sizeof(c->filters[0]));
	if (org > 0)
		memcpy(c->filters + 2 * n, v->saved.rq.org.ptr, org);
	c->vsi.saved.rq.filters = c->filters;
	c->vsi.saved.granted = c->filters + n;
	c->vsi.saved.rq.org = span_of(c->filters + 2 * n, org);
	return c;
}

static struct change *change_forget(const char *port, const struct vsi_id *id)
{
	struct change *c = change_new(FORGET, port, 0);

	c->vsi.saved.rq.subject.vsi = *id;
	return c;
}

/* What is to be kept of a VSI of the node. NULL: nothing. */
static struct change *change_of(const struct state *s, uint16_t port, const struct vsi_id *id)
{
	const struct node_port *p = node_port(s->node, port);
	struct vdp_filter room[2 * VDP_FILTERS_MAX];
	struct state_vsi v = { .role = p->kind == NODE_BRIDGE ? VDP_BRIDGE : VDP_STATION };
	const struct node_port *other;

	if (!node_vsi_save(s->node, port, id, room, &v.saved))
		return NULL;
	other = node_port(s->node, node_vsi_other_port(&(struct vdp_vsi){ .user = v.saved.rq.user }));
	memcpy(v.port, p->label, sizeof(p->label));
	if (other)
		memcpy(v.other_port, other->label, sizeof(other->label));
	return change_put(&v);
}

static void keep(void *ctx, uint16_t port, const struct vsi_id *id)
{
	struct state *s = ctx;
	struct change *c;

	if (!may_enqueue(s))
		return;
	c = change_of(s, port, id);
	enqueue(s, c ? c : change_forget(node_port(s->node, port)->label, id));
}

void state_forget_port(struct state *s, const char *port)
{
	if (s->db && may_enqueue(s))
		enqueue(s, change_new(FORGET_PORT, port, 0));
}

/* The database anew, in one transaction. */
static void write_anew(struct state *s)
{
	struct changes all = STAILQ_HEAD_INITIALIZER(all);
	uint64_t count = 1;
	struct change *c = change_new(FORGET_ALL, "", 0);

	STAILQ_INSERT_TAIL(&all, c, link);
	for (uint16_t i = 0; i < node_n_ports(s->node); i++) {
		const struct vdp_table *t = node_port(s->node, i) ? node_port(s->node, i)->vdp : NULL;

		for (uint32_t k = t ? vdp_table_next(t, 0) : UINT32_MAX; k != UINT32_MAX;
			k = vdp_table_next(t, k + 1)) {
			c = change_of(s, i, &vdp_table_get(t, k)->subject.vsi);
			if (!c)
				continue;
			STAILQ_INSERT_TAIL(&all, c, link);
			count++;
		}
	}
	pthread_mutex_lock(&s->lock);
	STAILQ_CONCAT(&s->queue, &all);
	s->n_queued += count;
	s->is_overrun = false;
	pthread_cond_signal(&s->wake);
	pthread_mutex_unlock(&s->lock);
}

void state_on_time(struct state *s)
{
	char error[STATE_DB_TEXT];
	bool is_due;

	if (!s->db)
		return;
	pthread_mutex_lock(&s->lock);
	memcpy(error, s->error, sizeof(error));
	is_due = s->is_overrun && s->n_taken == 0;
	pthread_mutex_unlock(&s->lock);
	if (is_due)
		write_anew(s);
	if (strcmp(error, s->told) == 0)
		return;
	memcpy(s->told, error, sizeof(s->told));
	if (error[0] != '\0')
		log_line(s->log, LOG_WARNING,
			"event=\"can't write state, trying again\" file=%s error=\"%s\"", s->path, error);
	else
		log_line(s->log, LOG_INFO, "event=\"state is written again\" file=%s", s->path);
}

void state_health(struct state *s, struct state_health *ret)
{
	*ret = (struct state_health){ 0 };
	pthread_mutex_lock(&s->lock);
	memcpy(ret->path, s->path, sizeof(ret->path));
	memcpy(ret->error, s->error, sizeof(ret->error));
	ret->pending = s->n_queued + s->n_taken;
	ret->written = s->written;
	pthread_mutex_unlock(&s->lock);
}

/* ---- restoring ---- */

struct restore {
	struct state *s;
	struct mono now;
	unsigned n_restored, n_dropped;
	char why[128]; /* the first one was dropped */
};

/* NULL: it is there. */
static const char *put_back(const struct restore *r, const struct state_vsi *v)
{
	struct node *n = r->s->node;
	uint16_t port = node_find_label(n, v->port);
	uint16_t other = v->other_port[0] ? node_find_label(n, v->other_port) : NODE_NO_PORT;
	enum vdp_submit verdict;

	if (port == NODE_NO_PORT || node_port(n, port)->vdp == NULL)
		return "the port is not configured for EVB";
	if ((node_port(n, port)->kind == NODE_BRIDGE) != (v->role == VDP_BRIDGE))
		return "the port has another role";
	if (v->role == VDP_BRIDGE && !node_port(n, port)->conf.evb.is_enabled)
		return "EVB is switched off on the port";
	if (vdp_table_find(node_port(n, port)->vdp, &v->saved.rq.subject.vsi) != UINT32_MAX)
		return NULL; /* asked for since the start: that is newer */
	if (v->role == VDP_STATION && v->other_port[0] &&
		(other == NODE_NO_PORT || node_port(n, other)->uplink != port))
		return "its VM port is gone";
	verdict = node_vsi_restore(n, port, &v->saved, other, r->now);
	return verdict == VDP_SUBMIT_OK ? NULL : vdp_submit_text(verdict);
}

static void restore_one(struct restore *r, const struct state_vsi *v)
{
	const struct vsi_id *id = &v->saved.rq.subject.vsi;
	const char *why = put_back(r, v);
	char text[VSI_ID_TEXT];

	if (why == NULL) {
		r->n_restored++;
		return;
	}
	if (r->n_dropped++ == 0)
		snprintf(r->why, sizeof(r->why), "%s of %s: %s", vsi_id_format(id, text), v->port, why);
	enqueue(r->s, change_forget(v->port, id));
}

static void restore_end(const struct restore *r, const char *role)
{
	for (uint16_t i = 0; r->n_restored > 0 && i < node_n_ports(r->s->node); i++)
		if (node_port(r->s->node, i) && node_port(r->s->node, i)->vdp)
			node_kick(r->s->node, i, r->now);
	if (r->n_restored > 0)
		log_line(r->s->log, LOG_INFO, "event=\"VSIs restored\" role=%s vsis=%u file=%s", role,
			r->n_restored, r->s->path);
	if (r->n_dropped > 0)
		log_line(r->s->log, LOG_WARNING, "event=\"kept VSIs dropped\" role=%s vsis=%u first=\"%s\"",
			role, r->n_dropped, r->why);
}

static void on_row(void *ctx, const struct state_vsi *v)
{
	struct restore *r = ctx;
	struct change *c;

	if (v->role == VDP_BRIDGE) {
		restore_one(r, v);
	} else {
		c = change_put(v);
		STAILQ_INSERT_TAIL(&r->s->waiting, c, link);
	}
}

void state_restore_bridges(struct state *s, struct mono now)
{
	struct restore r = { .s = s, .now = now };
	unsigned n_unreadable;

	if (!s->db)
		return;
	if (!state_db_load(s->db, on_row, &r, &n_unreadable))
		log_line(s->log, LOG_ERROR, "event=\"can't read all of the state\" file=%s error=\"%s\"",
			s->path, state_db_error(s->db));
	restore_end(&r, "bridge");
	if (n_unreadable > 0)
		log_line(s->log, LOG_WARNING,
			"event=\"unreadable VSIs left in the state database\" vsis=%u file=%s", n_unreadable,
			s->path);
}

void state_start(struct state *s)
{
	if (!s->db)
		return;
	s->has_thread = start_thread(s);
	if (!s->has_thread)
		snprintf(s->error, sizeof(s->error), "no thread to write it");
}

void state_keep_port(struct state *s, uint16_t port)
{
	const struct vdp_table *t = node_port(s->node, port)->vdp;

	for (uint32_t i = t ? vdp_table_next(t, 0) : UINT32_MAX; i != UINT32_MAX;
		i = vdp_table_next(t, i + 1)) {
		struct vsi_id id = vdp_table_get(t, i)->subject.vsi;
		struct change *c = change_of(s, port, &id);

		if (c)
			STAILQ_INSERT_TAIL(&s->waiting, c, link);
	}
}

void state_restore_waiting(struct state *s, struct mono now)
{
	struct restore r = { .s = s, .now = now };
	const char *role = "station";
	struct change *c;

	while ((c = STAILQ_FIRST(&s->waiting)) != NULL) {
		STAILQ_REMOVE_HEAD(&s->waiting, link);
		if (c->vsi.role == VDP_BRIDGE) /* of a port that a reload restarts */
			role = "bridge";
		restore_one(&r, &c->vsi);
		free(c);
	}
	restore_end(&r, role);
}

/* ---- opening and closing ---- */

static void tell_opening(const struct state *s, const char *dir, const struct state_db_report *report)
{
	if (report->aside[0] != '\0')
		log_line(s->log, LOG_ERROR,
			"event=\"state database set aside, its VSIs are not restored\" why=\"%s\" dir=%s "
			"as=%s",
			report->why, dir, report->aside);
	if (!s->db)
		log_line(s->log, LOG_WARNING,
			"event=\"no state database: VSIs will not survive a restart\" dir=%s why=\"%s\"", dir,
			report->why);
}

struct state *state_open(const char *dir, struct node *n, const struct log *log)
{
	struct state *s = calloc(1, sizeof(*s));
	struct state_db_report report;
	pthread_condattr_t attr;

	if (!s)
		return NULL;
	s->node = n;
	s->log = log;
	STAILQ_INIT(&s->queue);
	STAILQ_INIT(&s->waiting);
	pthread_mutex_init(&s->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&s->wake, &attr);
	pthread_condattr_destroy(&attr);
	s->db = state_db_open(dir, &report);
	tell_opening(s, dir, &report);
	if (s->db) {
		snprintf(s->path, sizeof(s->path), "%s", state_db_path(s->db));
		node_watch_vsis(n, keep, s);
	} else {
		snprintf(s->error, sizeof(s->error), "%s", report.why);
	}
	return s;
}

void state_close(struct state *s)
{
	if (!s)
		return;
	node_watch_vsis(s->node, NULL, NULL);
	if (s->has_thread) {
		pthread_mutex_lock(&s->lock);
		s->is_stopping = true;
		pthread_cond_signal(&s->wake);
		pthread_mutex_unlock(&s->lock);
		pthread_join(s->thread, NULL);
	}
	if (s->error[0] != '\0' && s->db)
		log_line(s->log, LOG_ERROR, "event=\"state is not written\" file=%s error=\"%s\"", s->path,
			s->error);
	drop(&s->queue);
	drop(&s->waiting);
	state_db_close(s->db);
	pthread_cond_destroy(&s->wake);
	pthread_mutex_destroy(&s->lock);
	free(s);
}
