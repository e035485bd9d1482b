/*
 * state.c - durable state: a queue of changes, and a thread that writes it to the state database.
 *
 *   node --keep()--> queue --(all that gathered in GATHER_MS)--> one transaction
 *
 * A change is a copy of what is to be kept of one VSI or of a port's S-channels, or that nothing is. The thread takes the
 * whole queue at once, so a burst of thousands of VSIs is a few transactions. A transaction that fails is tried again,
 * whole, together with what came meanwhile. If the disk stands still for so long that QUEUE_MAX changes wait, they are thrown away and,
 * when writing works again, the database is written anew from the node: memory is bounded, and it is never left wrong.
 *
 * state_restore.c puts back what was kept, state_added.c is the list of what was added at run time.
 */
#define _GNU_SOURCE
#include "state_priv.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { GATHER_MS = 20, RETRY_MS = 1000, QUEUE_MAX = 65536 };

/* ---- the writing thread ---- */

void state_drop(struct state_changes *list)
{
	struct state_change *c;

	while ((c = STAILQ_FIRST(list)) != NULL) {
		STAILQ_REMOVE_HEAD(list, link);
		free(c);
	}
}

static bool write_one(struct state_db *db, const struct state_change *c)
{
	switch (c->kind) {
	case STATE_C_PUT:
		return state_db_put(db, &c->vsi);
	case STATE_C_FORGET:
		return state_db_forget(db, c->vsi.port, &c->vsi.saved.rq.subject.vsi);
	case STATE_C_FORGET_PORT:
		return state_db_forget_port(db, c->vsi.port);
	case STATE_C_CHANNELS:
		return state_db_put_channels(db, &c->channels);
	case STATE_C_ADD:
		return state_db_put_added(db, &c->added);
	case STATE_C_REMOVE:
		return state_db_forget_added(db, &c->added);
	case STATE_C_FORGET_ALL:
	default:
		return state_db_forget_all(db);
	}
}

static bool write_all(struct state_db *db, const struct state_changes *list)
{
	const struct state_change *c;
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
	struct state_changes batch = STAILQ_HEAD_INITIALIZER(batch);
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
			state_drop(&batch);
		pthread_mutex_lock(&s->lock);
		snprintf(s->error, sizeof(s->error), "%s", is_good ? "" : state_db_error(s->db));
		if (is_good) {
			s->written += s->n_taken;
			s->n_taken = 0;
		}
	} while (!is_last);
	pthread_mutex_unlock(&s->lock);
	state_drop(&batch);
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

void state_enqueue(struct state *s, struct state_change *c)
{
	pthread_mutex_lock(&s->lock);
	STAILQ_INSERT_TAIL(&s->queue, c, link);
	if (s->n_queued++ == 0)
		pthread_cond_signal(&s->wake);
	pthread_mutex_unlock(&s->lock);
}

bool state_may_enqueue(struct state *s)
{
	bool is_full;

	pthread_mutex_lock(&s->lock);
	is_full = s->n_queued + s->n_taken >= QUEUE_MAX;
	if (is_full) {
		s->is_overrun = true;
		state_drop(&s->queue);
		s->n_queued = 0;
	}
	is_full = is_full || s->is_overrun;
	pthread_mutex_unlock(&s->lock);
	return !is_full;
}

struct state_change *state_change_new(enum state_change_kind kind, const char *port, size_t octets)
{
	struct state_change *c = calloc(1, sizeof(*c) + octets);

	if (!c)
		abort();
	c->kind = kind;
	snprintf(c->vsi.port, sizeof(c->vsi.port), "%s", port);
	return c;
}

struct state_change *state_change_put(const struct state_vsi *v)
{
	size_t n = v->saved.rq.n_filters, org = v->saved.rq.org.len;
	struct state_change *c = state_change_new(STATE_C_PUT, v->port, 2 * n * sizeof(c->filters[0]) + org);

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

struct state_change *state_change_forget(const char *port, const struct vsi_id *id)
{
	struct state_change *c = state_change_new(STATE_C_FORGET, port, 0);

	c->vsi.saved.rq.subject.vsi = *id;
	return c;
}

struct state_change *state_change_channels(const char *port, const struct cdcp_pair *pair, unsigned n)
{
	struct state_change *c = state_change_new(STATE_C_CHANNELS, port, n * sizeof(*pair));

	if (n > 0)
		memcpy(c->filters, pair, n * sizeof(*pair));
	c->channels = (struct state_channels){ .n = n,
		.pair = (const struct cdcp_pair *)(const void *)c->filters };
	snprintf(c->channels.port, sizeof(c->channels.port), "%s", port);
	return c;
}

struct state_change *state_change_added(enum state_change_kind kind, const struct state_added *a)
{
	size_t len = a->settings ? strlen(a->settings) : 0;
	struct state_change *c = state_change_new(kind, a->port, len + 1);

	if (len > 0)
		memcpy(c->filters, a->settings, len);
	c->added = *a;
	c->added.settings = (const char *)(const void *)c->filters;
	return c;
}

struct state_change *state_change_of(const struct state *s, uint16_t port, const struct vsi_id *id)
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
	return state_change_put(&v);
}

static void keep(void *ctx, uint16_t port, const struct vsi_id *id)
{
	struct state *s = ctx;
	struct state_change *c;

	if (!state_may_enqueue(s))
		return;
	c = state_change_of(s, port, id);
	state_enqueue(s, c ? c : state_change_forget(node_port(s->node, port)->label, id));
}

void state_keep_channels(void *ctx, uint16_t port)
{
	const struct node_port *p = node_port(((struct state *)ctx)->node, port);
	struct cdcp_pair pair[CDCP_PAIRS_MAX];
	unsigned n = node_channels_save(p, pair);

	if (state_may_enqueue(ctx))
		state_enqueue(ctx, state_change_channels(p->name, pair, n));
}

void state_forget_port(struct state *s, const char *port)
{
	if (!s->db || !state_may_enqueue(s))
		return;
	state_enqueue(s, state_change_new(STATE_C_FORGET_PORT, port, 0));
	if (strchr(port, '/') == NULL) /* an S-channel has none */
		state_enqueue(s, state_change_channels(port, NULL, 0));
}

/* Everything that is to be kept of one port, onto a list. Returns how many changes that is. */
static unsigned copy_port(const struct state *s, uint16_t port, struct state_changes *list)
{
	const struct node_port *p = node_port(s->node, port);
	const struct vdp_table *t = p ? p->vdp : NULL;
	struct cdcp_pair pair[CDCP_PAIRS_MAX];
	struct state_change *c;
	unsigned count = 0;

	for (uint32_t k = t ? vdp_table_next(t, 0) : UINT32_MAX; k != UINT32_MAX;
		k = vdp_table_next(t, k + 1)) {
		c = state_change_of(s, port, &vdp_table_get(t, k)->subject.vsi);
		if (!c)
			continue;
		STAILQ_INSERT_TAIL(list, c, link);
		count++;
	}
	if (p && p->channels) {
		c = state_change_channels(p->name, pair, node_channels_save(p, pair));
		STAILQ_INSERT_TAIL(list, c, link);
		count++;
	}
	return count;
}

/* The database anew, in one transaction. */
static void write_anew(struct state *s)
{
	struct state_changes all = STAILQ_HEAD_INITIALIZER(all);
	uint64_t count = 1;
	struct state_change *c = state_change_new(STATE_C_FORGET_ALL, "", 0);

	STAILQ_INSERT_TAIL(&all, c, link);
	for (uint16_t i = 0; i < node_n_ports(s->node); i++)
		count += copy_port(s, i, &all);
	count += state_copy_added(s, &all);
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

/* ---- opening and closing ---- */

void state_start(struct state *s)
{
	if (!s->db)
		return;
	s->has_thread = start_thread(s);
	if (!s->has_thread)
		snprintf(s->error, sizeof(s->error), "no thread to write it");
}

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
	STAILQ_INIT(&s->added);
	pthread_mutex_init(&s->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&s->wake, &attr);
	pthread_condattr_destroy(&attr);
	s->db = state_db_open(dir, &report);
	tell_opening(s, dir, &report);
	if (s->db) {
		snprintf(s->path, sizeof(s->path), "%s", state_db_path(s->db));
		state_load_added(s);
		node_watch_vsis(n, keep, s);
		node_watch_channels(n, state_keep_channels, s);
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
	node_watch_channels(s->node, NULL, NULL);
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
	state_drop(&s->queue);
	state_drop(&s->waiting);
	state_drop(&s->added);
	state_db_close(s->db);
	pthread_cond_destroy(&s->wake);
	pthread_mutex_destroy(&s->lock);
	free(s);
}
