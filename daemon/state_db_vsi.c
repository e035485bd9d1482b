/*
 * state_db_vsi.c - VSIs in the state database, one row each. Filters are one blob of 14 octets each, big-endian, in the
 * order of the request:
 *
 *   | GroupID (4) | MAC (6) | PS PCP VID as asked (2) | PS PCP VID in force (2) |
 *
 * What a row says is checked again by vdp_table_restore(); here it only has to have the right shape.
 */
#include "state_db_priv.h"

#include "wire.h"

enum {
	FILTER_OCTETS = 14,
	FLAG_MIGRATING = 1,
	FLAG_SUSPENDED = 2,
	FLAG_DRAFT = 4, /* the port spoke draft 0.2 */
};

_Static_assert(sizeof(struct vsi_id) == 17, "a VSIID is its octets: format, 16 octets");

static uint16_t element(const struct vdp_filter *f)
{
	return (uint16_t)((f->has_pcp ? 0x8000u | (f->pcp & 7u) << 12 : 0) | (f->vid & VDP_VID_MASK));
}

static void set_element(struct vdp_filter *f, uint16_t e)
{
	f->has_pcp = (e & 0x8000u) != 0;
	f->pcp = f->has_pcp ? e >> 12 & 7u : 0;
	f->vid = e & VDP_VID_MASK;
}

bool state_db_put(struct state_db *db, const struct state_vsi *v)
{
	const struct vdp_request *rq = &v->saved.rq;
	sqlite3_stmt *s = db->stmt[STATE_PUT_VSI];
	uint8_t filters[VDP_FILTERS_MAX * FILTER_OCTETS];
	struct wr w = wr_init(filters, sizeof(filters));

	for (unsigned i = 0; i < rq->n_filters; i++) {
		wr_u32(&w, rq->filters[i].group_id);
		wr_copy(&w, rq->filters[i].mac.b, sizeof(rq->filters[i].mac.b));
		wr_u16(&w, element(&rq->filters[i]));
		wr_u16(&w, element(&v->saved.granted[i]));
	}
	sqlite3_bind_text(s, 1, v->port, -1, SQLITE_STATIC);
	state_db_bind_blob(s, 2, &rq->subject.vsi, sizeof(rq->subject.vsi));
	sqlite3_bind_int(s, 3, (int)v->role);
	sqlite3_bind_text(s, 4, v->other_port, -1, SQLITE_STATIC);
	sqlite3_bind_int(s, 5, (int)rq->op);
	state_db_bind_blob(s, 6, rq->subject.manager.id, sizeof(rq->subject.manager.id));
	sqlite3_bind_int64(s, 7, rq->subject.type_id);
	sqlite3_bind_int(s, 8, rq->subject.type_version);
	sqlite3_bind_int(s, 9,
		(rq->is_migrating ? FLAG_MIGRATING : 0) | (rq->is_suspended ? FLAG_SUSPENDED : 0) |
			(v->saved.edition == QBG_DRAFT ? FLAG_DRAFT : 0));
	sqlite3_bind_int(s, 10, rq->format);
	state_db_bind_blob(s, 11, filters, w.len);
	state_db_bind_blob(s, 12, rq->org.ptr, rq->org.len);
	sqlite3_bind_int64(s, 13, (sqlite3_int64)v->saved.keep_alive.ns);
	return state_db_step(db, s);
}

static bool read_filters(struct span blob, struct vdp_filter room[2 * VDP_FILTERS_MAX], struct vdp_saved *ret)
{
	struct rd r = rd_init(blob);
	unsigned n = (unsigned)(blob.len / FILTER_OCTETS);

	if (blob.len % FILTER_OCTETS != 0 || n > VDP_FILTERS_MAX)
		return false;
	ret->rq.n_filters = (uint16_t)n;
	ret->rq.filters = room;
	ret->granted = room + n;
	for (unsigned i = 0; i < n; i++) {
		struct vdp_filter f = { .group_id = rd_u32(&r) };

		rd_copy(&r, f.mac.b, sizeof(f.mac.b));
		room[i] = room[n + i] = f;
		set_element(&room[i], rd_u16(&r));
		set_element(&room[n + i], rd_u16(&r));
	}
	return rd_done(&r);
}

static bool read_row(sqlite3_stmt *s, struct vdp_filter room[2 * VDP_FILTERS_MAX], struct state_vsi *ret)
{
	struct vdp_request *rq = &ret->saved.rq;
	struct span id = state_db_blob(s, 1), manager = state_db_blob(s, 5);
	sqlite3_int64 role, op, type_id, version, flags, format, keep_alive;

	*ret = (struct state_vsi){ 0 };
	if (!state_db_text(s, 0, ret->port, sizeof(ret->port)) || id.len != sizeof(rq->subject.vsi) ||
		!state_db_int(s, 2, VDP_BRIDGE, &role) ||
		!state_db_text(s, 3, ret->other_port, sizeof(ret->other_port)) ||
		!state_db_int(s, 4, VDP_ASSOC, &op) || manager.len != sizeof(rq->subject.manager.id) ||
		!state_db_int(s, 6, UINT32_MAX, &type_id) || !state_db_int(s, 7, UINT8_MAX, &version) ||
		!state_db_int(s, 8, UINT8_MAX, &flags) || !state_db_int(s, 9, UINT8_MAX, &format) ||
		!read_filters(state_db_blob(s, 10), room, &ret->saved) ||
		!state_db_int(s, 12, INT64_MAX, &keep_alive))
		return false;
	ret->role = (enum vdp_role)role;
	rq->op = (enum vdp_op)op;
	memcpy(&rq->subject.vsi, id.ptr, id.len);
	memcpy(rq->subject.manager.id, manager.ptr, manager.len);
	rq->subject.type_id = (uint32_t)type_id;
	rq->subject.type_version = (uint8_t)version;
	rq->is_migrating = (flags & FLAG_MIGRATING) != 0;
	rq->is_suspended = (flags & FLAG_SUSPENDED) != 0;
	ret->saved.edition = flags & FLAG_DRAFT ? QBG_DRAFT : QBG_RATIFIED;
	rq->format = (uint8_t)format;
	rq->org = state_db_blob(s, 11);
	ret->saved.keep_alive = dur_ns((uint64_t)keep_alive);
	return true;
}

bool state_db_load(struct state_db *db, void (*fn)(void *ctx, const struct state_vsi *v), void *ctx,
	unsigned *ret_n_unreadable)
{
	struct vdp_filter room[2 * VDP_FILTERS_MAX];
	struct state_vsi v;
	int rc;

	*ret_n_unreadable = 0;
	while ((rc = sqlite3_step(db->stmt[STATE_LOAD_VSIS])) == SQLITE_ROW) {
		if (read_row(db->stmt[STATE_LOAD_VSIS], room, &v))
			fn(ctx, &v);
		else
			++*ret_n_unreadable;
	}
	if (rc != SQLITE_DONE)
		state_db_note_error(db);
	sqlite3_reset(db->stmt[STATE_LOAD_VSIS]);
	return rc == SQLITE_DONE;
}

bool state_db_forget(struct state_db *db, const char *port, const struct vsi_id *id)
{
	sqlite3_bind_text(db->stmt[STATE_FORGET_VSI], 1, port, -1, SQLITE_STATIC);
	state_db_bind_blob(db->stmt[STATE_FORGET_VSI], 2, id, sizeof(*id));
	return state_db_step(db, db->stmt[STATE_FORGET_VSI]);
}

bool state_db_forget_port(struct state_db *db, const char *port)
{
	sqlite3_bind_text(db->stmt[STATE_FORGET_PORT], 1, port, -1, SQLITE_STATIC);
	return state_db_step(db, db->stmt[STATE_FORGET_PORT]);
}
