/* The look-ups of forward.h on the relay's tables, for its files that forward frames. */
#ifndef EVB_RELAY_TABLES_H
#define EVB_RELAY_TABLES_H

#include "relay_priv.h"

/* One frame asks several tables for the same two keys: the last hash is kept. */
struct fwd_tables {
	struct relay *r;
	struct mono now;
	uint64_t key; /* whose hash is `hash` */
	uint32_t hash;
	uint32_t found; /* FDB entry of the last fwd_fdb_find() */
	uint32_t list;  /* of the last fwd_list_known() */
};

static inline uint32_t key_hash(struct fwd_tables *t, uint64_t key)
{
	if (t->key != key) {
		t->key = key;
		t->hash = relay_hash(t->r, key);
	}
	return t->hash;
}

static inline const struct fwd_port *fwd_port_at(struct fwd_tables *t, uint16_t lport)
{
	return lport < t->r->cfg.max_lports ? &t->r->port[lport].p : NULL;
}

static inline bool fwd_in_vlan(struct fwd_tables *t, uint16_t lport, uint16_t vid)
{
	return relay_bit(t->r, t->r->member, lport, vid);
}

static inline bool fwd_in_untagged(struct fwd_tables *t, uint16_t lport, uint16_t vid)
{
	return relay_bit(t->r, t->r->untagged, lport, vid);
}

static inline enum fwd_admission fwd_admit(
	struct fwd_tables *t, uint16_t lport, uint16_t vid, uint64_t mac, struct fwd_binding *ret)
{
	enum fwd_admission how = FWD_ADMIT_EXACT;
	uint64_t key = fdb_key(vid, mac);
	uint32_t i;

	if (t->r->port[lport].n_vsis == 0)
		return FWD_ADMIT_NONE;
	i = relay_admission_find(t->r, key_hash(t, key), lport, key);
	if (i == FDB_NONE) {
		how = FWD_ADMIT_ANY;
		key = fdb_key(vid, 0);
		i = relay_admission_find(t->r, relay_hash(t->r, key), lport, key);
		if (i == FDB_NONE)
			return FWD_ADMIT_NONE;
	}
	*ret = (struct fwd_binding){
		.id = i, .has_pcp = t->r->admission[i].has_pcp, .pcp = t->r->admission[i].pcp
	};
	return how;
}

static inline uint16_t fwd_untagged_vid(struct fwd_tables *t, uint16_t lport, uint64_t mac)
{
	const struct lport *p = &t->r->port[lport];
	uint16_t vid = FWD_VID_NONE;

	if (p->n_untagged_vids == 1) /* then it is that or not admitted */
		return p->untagged_vids;
	if (p->n_untagged_vids > 1) {
		vid = relay_station_vid(t->r, lport, mac);
		if (vid == FWD_VID_NONE)
			vid = relay_station_vid(t->r, lport, 0);
	}
	return vid;
}

static inline uint16_t fwd_fdb_find(struct fwd_tables *t, uint16_t component, uint16_t vid, uint64_t mac)
{
	uint64_t key = fdb_key(vid, mac);

	t->found = fdb_find(&t->r->fdb, relay_hash_with(key_hash(t, key), component), component, key);
	return t->found == FDB_NONE ? FWD_LPORT_NONE : t->r->fdb.entry[t->found].lport;
}

static inline bool fwd_group_known(struct fwd_tables *t, uint16_t component, uint16_t vid, uint64_t mac)
{
	uint64_t key = fdb_key(vid, mac);

	return t->r->n_groups > 0 && relay_group_known(t->r, key_hash(t, key), component, key);
}

static inline bool fwd_group_has(struct fwd_tables *t, uint16_t lport, uint16_t vid, uint64_t mac)
{
	uint64_t key = fdb_key(vid, mac);

	return relay_group_has(t->r, key_hash(t, key), lport, key);
}

/* The limit as a schedule: a frame is due every storm_gap, and up to one second of frames may come early. */
static inline bool fwd_flood_credit(struct fwd_tables *t, uint16_t lport)
{
	struct lport *p = &t->r->port[lport];

	if (p->storm_gap.ns == 0)
		return true;
	if (mono_before(p->storm_next, t->now))
		p->storm_next = t->now;
	if (mono_since(t->now, p->storm_next).ns + p->storm_gap.ns > dur_s(1).ns)
		return false;
	p->storm_next = mono_add(p->storm_next, p->storm_gap);
	return true;
}

static inline uint16_t fwd_channel(struct fwd_tables *t, uint16_t trunk, uint32_t id)
{
	const struct channel *c = relay_channel_at(t->r, trunk, id);

	return c->id != 0 ? c->lport : FWD_LPORT_NONE;
}

static inline bool fwd_list_known(struct fwd_tables *t, uint16_t trunk, uint32_t id)
{
	t->list = relay_list_find(t->r, trunk, id);
	return t->list != FDB_NONE;
}

#define FWD_HAS_TABLES
#include "forward.h"

static inline struct vsi *relay_vsi_of(struct relay *r, uint32_t binding)
{
	return &r->vsi[r->admission[binding].vsi];
}

/** Make the copy of the frame for `lport`, or for the list w->list that it is in: how it begins, and whether it may leave. */
enum fwd_drop relay_make_copy(struct fwd_tables *t, struct relay_walk *w, uint16_t lport);
/** Make the next copy of a set or list, for a port from `lport` on; false: there is none. */
bool relay_next_of_set(struct fwd_tables *t, struct relay_walk *w, uint32_t lport);

#endif
