/*
 * state_db_channel.c - S-channels and what was added at run time, in the state database: the SVIDs of a UAP's operational
 * channels, one row each; and what evbctl added, with its settings as JSON text. What they say is judged by CDCP, and by
 * the rules of the configuration; here it only has to have the right shape.
 */
#include "state_db_priv.h"

#include "cdcp_tlv.h"
#include "names.h"

static const struct name_row kinds[] = { { STATE_CHANNEL, "channel" }, { STATE_VIF, "vif" }, { 0, NULL } };

const char *state_kind_name(enum state_kind kind)
{
	return names_text(kinds, (int)kind, "unknown");
}

/* ---- S-channels ---- */

bool state_db_put_channels(struct state_db *db, const struct state_channels *c)
{
	sqlite3_stmt *s = db->stmt[STATE_PUT_CHANNEL];
	bool is_good;

	sqlite3_bind_text(db->stmt[STATE_FORGET_CHANNELS], 1, c->port, -1, SQLITE_STATIC);
	is_good = state_db_step(db, db->stmt[STATE_FORGET_CHANNELS]);
	for (unsigned i = 0; is_good && i < c->n; i++) {
		sqlite3_bind_text(s, 1, c->port, -1, SQLITE_STATIC);
		sqlite3_bind_int(s, 2, c->pair[i].scid);
		sqlite3_bind_int(s, 3, c->pair[i].svid);
		is_good = state_db_step(db, s);
	}
	return is_good;
}

static bool read_channel(sqlite3_stmt *s, char port[CONF_NAME], struct cdcp_pair *ret)
{
	sqlite3_int64 scid, svid;

	if (!state_db_text(s, 0, port, CONF_NAME) || !state_db_int(s, 1, CDCP_ID_MAX, &scid) ||
		!state_db_int(s, 2, CDCP_ID_MAX, &svid))
		return false;
	*ret = (struct cdcp_pair){ (uint16_t)scid, (uint16_t)svid };
	return true;
}

bool state_db_load_channels(struct state_db *db, void (*fn)(void *ctx, const struct state_channels *c),
	void *ctx, unsigned *ret_n_unreadable)
{
	sqlite3_stmt *s = db->stmt[STATE_LOAD_CHANNELS];
	struct cdcp_pair pairs[CDCP_PAIRS_MAX], pair;
	struct state_channels c = { .pair = pairs };
	char port[CONF_NAME];
	int rc;

	while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
		if (!read_channel(s, port, &pair)) {
			++*ret_n_unreadable;
			continue;
		}
		if (c.n > 0 && strcmp(port, c.port) != 0) { /* rows come sorted */
			fn(ctx, &c);
			c.n = 0;
		}
		memcpy(c.port, port, sizeof(port));
		if (c.n < CDCP_PAIRS_MAX)
			pairs[c.n++] = pair;
	}
	if (c.n > 0)
		fn(ctx, &c);
	if (rc != SQLITE_DONE)
		state_db_note_error(db);
	sqlite3_reset(s);
	return rc == SQLITE_DONE;
}

/* ---- added at run time ---- */

static void bind_key(sqlite3_stmt *s, const struct state_added *a)
{
	sqlite3_bind_text(s, 1, state_kind_name(a->kind), -1, SQLITE_STATIC);
	sqlite3_bind_text(s, 2, a->port, -1, SQLITE_STATIC);
	sqlite3_bind_int64(s, 3, a->id);
}

bool state_db_put_added(struct state_db *db, const struct state_added *a)
{
	bind_key(db->stmt[STATE_PUT_ADDED], a);
	sqlite3_bind_text(db->stmt[STATE_PUT_ADDED], 4, a->settings, -1, SQLITE_STATIC);
	return state_db_step(db, db->stmt[STATE_PUT_ADDED]);
}

bool state_db_forget_added(struct state_db *db, const struct state_added *a)
{
	bind_key(db->stmt[STATE_FORGET_ADDED], a);
	return state_db_step(db, db->stmt[STATE_FORGET_ADDED]);
}

static bool read_added(sqlite3_stmt *s, struct state_added *ret)
{
	char kind[16];
	sqlite3_int64 id;
	int value;

	if (!state_db_text(s, 0, kind, sizeof(kind)) || !names_find(kinds, kind, &value) ||
		!state_db_text(s, 1, ret->port, sizeof(ret->port)) || !state_db_int(s, 2, UINT32_MAX, &id))
		return false;
	ret->kind = (enum state_kind)value;
	ret->id = (uint32_t)id;
	ret->settings = (const char *)sqlite3_column_text(s, 3);
	return ret->settings != NULL;
}

bool state_db_load_added(struct state_db *db, void (*fn)(void *ctx, const struct state_added *a), void *ctx,
	unsigned *ret_n_unreadable)
{
	sqlite3_stmt *s = db->stmt[STATE_LOAD_ADDED];
	struct state_added a = { 0 };
	int rc;

	while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
		if (read_added(s, &a))
			fn(ctx, &a);
		else
			++*ret_n_unreadable;
	}
	if (rc != SQLITE_DONE)
		state_db_note_error(db);
	sqlite3_reset(s);
	return rc == SQLITE_DONE;
}
