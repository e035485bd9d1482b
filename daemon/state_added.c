/*
 * state_added.c - what evbctl added at run time: S-channels and VIFs that no configuration file knows. The list is in memory
 * and, if there is a database, in it too, so that the next start finds it. Whoever adds has made sure that it is right;
 * whoever replays finds out whether it still is.
 */
#include "state_priv.h"

#include <stdio.h>
#include <stdlib.h>

static bool is_same(const struct state_added *a, const struct state_added *b)
{
	return a->kind == b->kind && a->id == b->id && strcmp(a->port, b->port) == 0;
}

static struct state_change *find(const struct state *s, const struct state_added *key)
{
	struct state_change *c;

	STAILQ_FOREACH(c, &s->added, link)
	if (is_same(&c->added, key))
		return c;
	return NULL;
}

static void take_off(struct state *s, const struct state_added *key)
{
	struct state_change *c = find(s, key);

	if (!c)
		return;
	STAILQ_REMOVE(&s->added, c, state_change, link);
	free(c);
}

void state_add(struct state *s, const struct state_added *a)
{
	struct state_change *c = state_change_added(STATE_C_ADD, a);

	take_off(s, a);
	STAILQ_INSERT_TAIL(&s->added, c, link);
	if (s->db && state_may_enqueue(s))
		state_enqueue(s, state_change_added(STATE_C_ADD, a));
}

bool state_remove(struct state *s, enum state_kind kind, const char *port, uint32_t id)
{
	struct state_added key = { .kind = kind, .id = id };
	bool is_there;

	snprintf(key.port, sizeof(key.port), "%s", port);
	is_there = find(s, &key) != NULL;
	take_off(s, &key);
	if (is_there && s->db && state_may_enqueue(s))
		state_enqueue(s, state_change_added(STATE_C_REMOVE, &key));
	return is_there;
}

const struct state_added *state_find(
	const struct state *s, enum state_kind kind, const char *port, uint32_t id)
{
	struct state_added key = { .kind = kind, .id = id };
	struct state_change *c;

	snprintf(key.port, sizeof(key.port), "%s", port);
	c = find(s, &key);
	return c ? &c->added : NULL;
}

const struct state_added *state_next(const struct state *s, const struct state_added *after)
{
	struct state_change *c = after ? find(s, after) : NULL;

	c = after ? (c ? STAILQ_NEXT(c, link) : NULL) : STAILQ_FIRST(&s->added);
	return c ? &c->added : NULL;
}

static void on_row(void *ctx, const struct state_added *a)
{
	struct state *s = ctx;
	struct state_change *c = state_change_added(STATE_C_ADD, a);

	STAILQ_INSERT_TAIL(&s->added, c, link);
}

void state_load_added(struct state *s)
{
	unsigned n_unreadable = 0;

	if (!state_db_load_added(s->db, on_row, s, &n_unreadable))
		log_line(s->log, LOG_ERROR, "event=\"can't read all of the state\" file=%s error=\"%s\"",
			s->path, state_db_error(s->db));
	if (n_unreadable > 0)
		log_line(s->log, LOG_WARNING,
			"event=\"unreadable additions left in the state database\" rows=%u file=%s",
			n_unreadable, s->path);
}

unsigned state_copy_added(const struct state *s, struct state_changes *list)
{
	struct state_change *c, *copy;
	unsigned count = 0;

	STAILQ_FOREACH(c, &s->added, link)
	{
		copy = state_change_added(STATE_C_ADD, &c->added);
		STAILQ_INSERT_TAIL(list, copy, link);
		count++;
	}
	return count;
}
