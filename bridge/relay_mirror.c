/*
 * relay_mirror.c - the relay's tables for a driver with tables of its own (relay_mirror.h).
 *
 * In: keys that the other files of the relay noted. Out: what the entries are now. A walk over all tables comes first
 * when more was changed than noted:
 *
 *     ports -> VLANs -> admissions -> stations -> FDB -> channels        `walk` says where it is
 *
 * Invariants: whatever is true of a table, either the driver was told, or its key is noted, or the walk has still to
 * come by, or is_lost. An entry that several records make (VSIs that share an address) is told as frames meet it.
 */
#include "relay_mirror.h"

#include "relay_priv.h"

static uint64_t address(uint64_t key)
{
	return key & 0xffffffffffffu;
}

bool relay_mirror_is_lost(const struct relay *r)
{
	return r->mirror.is_lost;
}

bool relay_mirror_is_pressing(const struct relay *r)
{
	return r->mirror.n > r->mirror.cap / 2;
}

bool relay_mirror_is_due(const struct relay *r)
{
	return r->mirror.n > 0 || r->mirror.is_lost || r->walk_table < RELAY_N_TABLES;
}

void relay_mirror_restart(struct relay *r)
{
	mirror_clear(&r->mirror, r->mirror.cap == 0);
	for (uint16_t i = 0; i < r->cfg.max_lports; i++)
		if (r->port[i].is_noted) /* an untouched page stays one */
			r->port[i].is_noted = false;
	r->walk_table = 0;
	r->walk_at = 0;
}

/* ---- what an entry is now ---- */

static void tell_port(const struct relay *r, struct relay_change *c)
{
	struct lport *port = &r->port[c->scope];

	port->is_noted = false;
	c->is_there = port->p.in_use != 0;
	c->port.p = port->p;
	c->port.pads = port->pads;
	c->port.n_untagged_vids = port->n_untagged_vids;
	c->port.untagged_vid = port->untagged_vids;
}

static void tell_vlan(const struct relay *r, struct relay_change *c)
{
	c->vlan.is_member = relay_bit(r, r->member, c->scope, (uint16_t)c->key);
	c->vlan.is_untagged = relay_bit(r, r->untagged, c->scope, (uint16_t)c->key);
	c->is_there = c->vlan.is_member || c->vlan.is_untagged;
}

static void tell_admission(const struct relay *r, struct relay_change *c)
{
	uint32_t i = relay_admission_find(r, relay_hash(r, c->key), c->scope, c->key);
	const struct admission *a = &r->admission[i];

	c->is_there = i != FDB_NONE;
	if (!c->is_there)
		return;
	c->admission.vsi = a->vsi;
	c->admission.has_pcp = a->has_pcp;
	c->admission.pcp = a->pcp;
	c->admission.is_placed = a->is_placed;
	c->admission.is_heard = a->is_heard;
	c->admission.birth = r->vsi[a->vsi].birth;
}

static void tell_fdb(const struct relay *r, struct relay_change *c)
{
	uint32_t hash = relay_hash_with(relay_hash(r, c->key), c->scope);
	uint32_t i = fdb_find(&r->fdb, hash, c->scope, c->key);
	const struct fdb_entry *e = &r->fdb.entry[i];

	c->is_there = i != FDB_NONE;
	if (!c->is_there)
		return;
	c->fdb.lport = e->lport;
	c->fdb.vsi = e->binding != FDB_NONE ? r->admission[e->binding].vsi : RELAY_NO_VSI;
	c->fdb.is_static = e->is_static;
	c->fdb.seen = e->seen;
}

static void tell(const struct relay *r, struct relay_change *c)
{
	switch (c->table) {
	case RELAY_PORTS:
		tell_port(r, c);
		break;
	case RELAY_VLANS:
		tell_vlan(r, c);
		break;
	case RELAY_ADMISSIONS:
		tell_admission(r, c);
		break;
	case RELAY_STATIONS:
		c->vid = relay_station_vid(r, c->scope, c->key);
		c->is_there = c->vid != FWD_VID_NONE;
		break;
	case RELAY_FDB:
		tell_fdb(r, c);
		break;
	case RELAY_CHANNELS:
		c->lport = relay_channel(r, c->scope, (uint32_t)c->key);
		c->is_there = c->lport != FWD_LPORT_NONE;
		break;
	case RELAY_N_TABLES:
		break;
	}
}

/* ---- all of them ---- */

/* How many places of the table the walk has to look at. */
static uint64_t n_places(const struct relay *r, enum relay_table table)
{
	switch (table) {
	case RELAY_PORTS:
		return r->cfg.max_lports;
	case RELAY_VLANS:
		return (uint64_t)RELAY_N_VIDS * r->n_words * 64;
	case RELAY_ADMISSIONS:
	case RELAY_STATIONS:
		return r->cfg.max_admit;
	case RELAY_FDB:
		return r->fdb.map.cap;
	case RELAY_CHANNELS:
		return (uint64_t)r->channel_mask + 1;
	case RELAY_N_TABLES:
		break;
	}
	return 0;
}

/* The port of a bit of the rows of VLANs, or the next word. */
static bool visit_vlan(struct relay *r, struct relay_change *c)
{
	uint64_t word = r->walk_at / 64;
	uint64_t left = (r->member[word] | r->untagged[word]) >> r->walk_at % 64;

	if (left == 0) {
		r->walk_at = (word + 1) * 64;
		return false;
	}
	r->walk_at += (unsigned)__builtin_ctzll(left);
	c->key = word / r->n_words;
	c->scope = (uint16_t)(r->walk_at % (64u * r->n_words));
	r->walk_at++;
	return true;
}

static bool visit(struct relay *r, struct relay_change *c)
{
	uint64_t i = r->walk_at;

	c->table = (enum relay_table)r->walk_table;
	if (c->table == RELAY_VLANS)
		return visit_vlan(r, c);
	r->walk_at++;
	switch (c->table) {
	case RELAY_PORTS:
		c->scope = (uint16_t)i;
		return r->port[i].p.in_use;
	case RELAY_ADMISSIONS:
	case RELAY_STATIONS:
		c->scope = r->admission[i].lport;
		c->key = c->table == RELAY_STATIONS ? address(r->admission[i].key) : r->admission[i].key;
		return r->admission[i].key != 0 && r->admission[i].vsi != FDB_NONE &&
		       (c->table == RELAY_ADMISSIONS || r->admission[i].is_untagged);
	case RELAY_FDB:
		c->scope = r->fdb.entry[i].component;
		c->key = r->fdb.entry[i].key;
		return r->fdb.entry[i].in_use;
	case RELAY_CHANNELS:
		c->scope = r->channel[i].trunk;
		c->key = r->channel[i].id;
		return r->channel[i].id != 0;
	case RELAY_VLANS:
	case RELAY_N_TABLES:
		break;
	}
	return false;
}

static bool next_of_walk(struct relay *r, struct relay_change *c)
{
	while (r->walk_table < RELAY_N_TABLES) {
		if (r->walk_at >= n_places(r, (enum relay_table)r->walk_table)) {
			r->walk_table++;
			r->walk_at = 0;
		} else if (visit(r, c)) {
			return true;
		}
	}
	return false;
}

bool relay_mirror_next(struct relay *r, struct relay_change *ret)
{
	struct mirror_note note;

	*ret = (struct relay_change){ .table = RELAY_N_TABLES };
	if (!next_of_walk(r, ret)) {
		if (!mirror_take(&r->mirror, &note))
			return false;
		ret->table = (enum relay_table)note.table;
		ret->scope = note.scope;
		ret->key = note.key;
	}
	tell(r, ret);
	return true;
}

/* ---- the way back ---- */

void relay_count(struct relay *r, uint16_t lport, const struct relay_port_counters *more)
{
	struct relay_port_counters *n;

	if (!relay_is_port(r, lport))
		return;
	n = &r->port[lport].n;
	n->rx_frames += more->rx_frames;
	n->rx_octets += more->rx_octets;
	n->tx_frames += more->tx_frames;
	n->tx_octets += more->tx_octets;
	n->reflected += more->reflected;
	n->kernel_frames += more->kernel_frames;
	n->learn_full += more->learn_full;
	n->learn_refused += more->learn_refused;
	for (unsigned i = 0; i < FWD_N_DROPS; i++)
		n->drops[i] += more->drops[i];
}

bool relay_count_vsi(struct relay *r, uint32_t vsi, uint32_t birth, const struct relay_vsi_counters *more,
	struct mono seen)
{
	struct relay_vsi_counters *n;

	if (vsi >= r->cfg.max_admit || !r->vsi[vsi].in_use || r->vsi[vsi].birth != birth)
		return false;
	n = &r->vsi[vsi].n;
	n->rx_frames += more->rx_frames;
	n->rx_octets += more->rx_octets;
	n->tx_frames += more->tx_frames;
	n->tx_octets += more->tx_octets;
	if (mono_before(r->vsi[vsi].seen, seen))
		r->vsi[vsi].seen = seen;
	return true;
}

bool relay_fdb_next_aged(const struct relay *r, struct mono now, uint32_t *cookie, uint32_t *ret_record,
	struct relay_fdb_row *ret)
{
	struct mono limit = { now.ns > r->age.ns ? now.ns - r->age.ns : 0 };

	for (uint32_t i = *cookie; mono_reached(r->next_sweep, now) && i < r->fdb.map.cap; i++) {
		const struct fdb_entry *e = &r->fdb.entry[i];

		if (!e->in_use || e->is_static || !mono_before(e->seen, limit))
			continue;
		*cookie = i + 1;
		*ret_record = i;
		*ret = relay_fdb_row_of(e);
		return true;
	}
	return false;
}

void relay_fdb_seen(struct relay *r, uint32_t record, struct mono seen)
{
	struct fdb_entry *e = &r->fdb.entry[record];

	if (e->in_use && mono_before(e->seen, seen))
		e->seen = seen;
}
