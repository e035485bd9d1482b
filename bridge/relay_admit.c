/*
 * relay_admit.c - which (VID, address) pairs the VSIs of a logical port may use (evb-reference 1.3, 1.4).
 *
 * In: the whole list of one VSI, whenever VDP changes it; an empty one revokes. Out: the admission table, VLAN
 * membership, static FDB entries. A VSI's list is replaced or left alone, never half done: whether it fits is known
 * before anything is touched.
 *
 *     relay_admit(list):  mark what stays -> does the rest fit? -> drop what goes -> add what is new -> untagged VIDs
 *
 * Half of the table is shared out among the SBPs and DRPs; the other half is for whoever needs more. So a station that
 * associates without end can fill what is common, but not what another port may still claim.
 *
 * Invariants: a vsi record has at least one admission; every admission is in by_source, and in by_station while it
 * is its address's first VID. An individual address has a static FDB entry from its admission until that goes;
 * then the entry goes too, unless another VSI of the port still owns the address. Addresses learned under an
 * any-source admission go with it. If two VSIs of a port own the same pair, the younger one counts.
 */
#include "relay_priv.h"

void relay_admit_layout(struct relay *r, struct carve *c)
{
	uint32_t cap = r->cfg.max_admit;

	r->admission = (struct admission *)carve_take(c, cap, sizeof(*r->admission));
	r->unused_admission = (uint32_t *)carve_take(c, cap, sizeof(uint32_t));
	r->vsi = (struct vsi *)carve_take(c, cap, sizeof(*r->vsi));
	r->unused_vsi = (uint32_t *)carve_take(c, cap, sizeof(uint32_t));
	imap_layout(&r->by_source, c, cap);
	imap_layout(&r->by_station, c, cap);
	imap_layout(&r->by_owner, c, cap);
}

void relay_admit_clear(struct relay *r)
{
	uint32_t cap = r->cfg.max_admit;

	for (uint32_t i = 0; i < cap; i++)
		r->unused_admission[i] = r->unused_vsi[i] = cap - 1 - i;
	r->n_unused_admission = r->n_unused_vsi = cap;
	imap_clear(&r->by_source);
	imap_clear(&r->by_station);
	imap_clear(&r->by_owner);
}

static bool may_admit(const struct fwd_port *p)
{
	return p->in_use && (p->kind == FWD_SBP || p->kind == FWD_DRP);
}

static uint32_t unused_share(const struct relay *r, uint16_t lport)
{
	const struct lport *p = &r->port[lport];

	return may_admit(&p->p) && p->n_admissions < r->share ? r->share - p->n_admissions : 0;
}

void relay_admit_share(struct relay *r)
{
	uint32_t n = 0;

	for (uint16_t i = 0; i < r->cfg.max_lports; i++)
		n += may_admit(&r->port[i].p);
	r->share = n > 0 ? r->cfg.max_admit / 2 / n : 0;
	r->reserved = 0;
	for (uint16_t i = 0; i < r->cfg.max_lports; i++)
		r->reserved += unused_share(r, i);
}

static void count(struct relay *r, uint16_t lport, int delta)
{
	r->reserved -= unused_share(r, lport);
	r->port[lport].n_admissions += (uint32_t)delta;
	r->reserved += unused_share(r, lport);
}

uint32_t relay_admission_find(const struct relay *r, uint32_t key_hash, uint16_t lport, uint64_t key)
{
	uint32_t i = imap_first(&r->by_source, relay_hash_with(key_hash, lport));

	while (i != IMAP_NONE && (r->admission[i].key != key || r->admission[i].lport != lport))
		i = imap_next(&r->by_source, i);
	return i;
}

static uint64_t address(uint64_t key)
{
	return key & 0xffffffffffffu;
}

static uint16_t vid_of(uint64_t key)
{
	return (uint16_t)(key >> 48);
}

/* Only an individual address is somewhere. */
static bool is_station(uint64_t key)
{
	return address(key) != 0 && (key >> 40 & 1) == 0;
}

static uint32_t vsi_find(const struct relay *r, uint16_t lport, uint32_t owner, uint32_t *ret_hash)
{
	uint32_t hash = relay_hash_with(relay_hash(r, owner), lport);
	uint32_t i = imap_first(&r->by_owner, hash);

	while (i != IMAP_NONE && (r->vsi[i].owner != owner || r->vsi[i].lport != lport))
		i = imap_next(&r->by_owner, i);
	*ret_hash = hash;
	return i;
}

/* Many VSIs may own one pair, and one VSI many pairs: the search ends with the shorter of the two lists. */
static uint32_t own_find(const struct relay *r, uint32_t v, uint64_t key)
{
	uint32_t i = imap_first(&r->by_source, relay_hash_with(relay_hash(r, key), r->vsi[v].lport));
	uint32_t k = r->vsi[v].first;

	for (; i != IMAP_NONE && k != FDB_NONE; i = imap_next(&r->by_source, i), k = r->admission[k].next) {
		if (r->admission[i].key == key && r->admission[i].vsi == v)
			return i;
		if (r->admission[k].key == key)
			return k;
	}
	return FDB_NONE;
}

static void set_untagged(struct relay *r, uint32_t i, bool is_untagged)
{
	struct admission *a = &r->admission[i];

	if (a->is_untagged == is_untagged)
		return;
	a->is_untagged = is_untagged;
	mirror_note(&r->mirror, RELAY_STATIONS, a->lport, address(a->key));
	relay_vlan_ref(r, a->lport, vid_of(a->key), 0, is_untagged ? 1 : -1);
}

/* Several VSIs of a VM port may have one address: its untagged frames belong to the lowest of their VIDs, whatever came
 * first or came back last, and no other VLAN reaches it untagged. Called whenever first VIDs of the address change. */
static void elect(struct relay *r, uint16_t lport, uint64_t addr, uint32_t hash)
{
	uint32_t best = IMAP_NONE;

	for (uint32_t i = imap_first(&r->by_station, hash); i != IMAP_NONE;
		i = imap_next(&r->by_station, i)) {
		const struct admission *a = &r->admission[i];

		if (a->lport != lport || address(a->key) != addr)
			continue;
		if (best == IMAP_NONE || vid_of(a->key) < vid_of(r->admission[best].key))
			best = i;
	}
	for (uint32_t i = imap_first(&r->by_station, hash); i != IMAP_NONE; i = imap_next(&r->by_station, i))
		if (r->admission[i].lport == lport && address(r->admission[i].key) == addr)
			set_untagged(r, i, i == best);
	if (best == IMAP_NONE || best == imap_first(&r->by_station, hash))
		return;
	imap_remove(&r->by_station, hash, best); /* frames ask for this one */
	imap_insert(&r->by_station, hash, best);
}

static void set_first(struct relay *r, uint32_t i, bool is_first)
{
	struct admission *a = &r->admission[i];

	if (a->is_first == is_first)
		return;
	a->is_first = is_first;
	if (is_first) {
		a->station_hash = relay_hash_with(relay_hash(r, address(a->key)), a->lport);
		imap_insert(&r->by_station, a->station_hash, i);
	} else {
		imap_remove(&r->by_station, a->station_hash, i);
		set_untagged(r, i, false);
	}
	elect(r, a->lport, address(a->key), a->station_hash);
}

static void note(struct relay *r, uint32_t i)
{
	mirror_note(&r->mirror, RELAY_ADMISSIONS, r->admission[i].lport, r->admission[i].key);
}

void relay_bind(struct relay *r, uint32_t i)
{
	struct admission *a = &r->admission[i];
	uint16_t component = r->port[a->lport].p.component;
	uint32_t hash = relay_hash_with(relay_hash(r, a->key), component);
	uint32_t e = fdb_find(&r->fdb, hash, component, a->key);

	if (e != FDB_NONE && r->fdb.entry[e].is_static) {
		r->admission[r->fdb.entry[e].binding].is_placed = false;
		note(r, r->fdb.entry[e].binding);
	}
	fdb_bind(&r->fdb, hash, component, a->key, a->lport, i);
	a->is_placed = true;
	note(r, i);
}

static void add(struct relay *r, uint32_t v, uint64_t key)
{
	uint32_t i = r->unused_admission[--r->n_unused_admission];
	struct admission *a = &r->admission[i];
	uint16_t lport = r->vsi[v].lport;

	*a = (struct admission){ .key = key,
		.hash = relay_hash_with(relay_hash(r, key), lport),
		.vsi = v,
		.next = r->vsi[v].first,
		.lport = lport };
	r->vsi[v].first = i;
	count(r, lport, 1);
	imap_insert(&r->by_source, a->hash, i);
	relay_vlan_ref(r, lport, vid_of(key), 1, 0);
	if (is_station(key))
		relay_bind(r, i);
	else
		note(r, i);
}

/* The address is no longer this admission's. If it was its place, another VSI of the port may take over. */
static void unbind(struct relay *r, uint32_t i)
{
	struct admission *a = &r->admission[i];
	uint16_t component = r->port[a->lport].p.component;
	uint32_t hash = relay_hash(r, a->key), other;

	if (!a->is_placed)
		return;
	a->is_placed = false;
	fdb_remove(&r->fdb, fdb_find(&r->fdb, relay_hash_with(hash, component), component, a->key));
	other = relay_admission_find(r, hash, a->lport, a->key);
	if (other != FDB_NONE)
		relay_bind(r, other);
}

static void drop(struct relay *r, uint32_t i)
{
	struct admission *a = &r->admission[i];

	set_first(r, i, false);
	count(r, a->lport, -1);
	imap_remove(&r->by_source, a->hash, i);
	note(r, i);
	relay_vlan_ref(r, a->lport, vid_of(a->key), -1, 0);
	if (is_station(a->key))
		unbind(r, i);
	a->vsi = FDB_NONE;
	r->unused_admission[r->n_unused_admission++] = i;
}

/* What was learned under admissions that are gone goes too: one walk, however many they were. */
static void flush_gone(struct relay *r, uint16_t lport)
{
	for (uint32_t i = r->fdb.head[lport], next; i != FDB_NONE; i = next) {
		const struct fdb_entry *e = &r->fdb.entry[i];

		next = e->next;
		if (e->binding != FDB_NONE && r->admission[e->binding].vsi == FDB_NONE)
			fdb_remove(&r->fdb, i);
	}
}

static void drop_rest(struct relay *r, uint32_t v)
{
	uint32_t *link = &r->vsi[v].first;
	bool is_any_source = false;

	while (*link != FDB_NONE) {
		uint32_t i = *link;

		if (r->admission[i].is_kept) {
			link = &r->admission[i].next;
			continue;
		}
		*link = r->admission[i].next;
		is_any_source = is_any_source || !is_station(r->admission[i].key);
		drop(r, i);
	}
	if (is_any_source)
		flush_gone(r, r->vsi[v].lport);
}

static void vsi_remove(struct relay *r, uint32_t v)
{
	imap_remove(&r->by_owner, r->vsi[v].hash, v);
	r->port[r->vsi[v].lport].n_vsis--;
	r->vsi[v].in_use = false;
	r->unused_vsi[r->n_unused_vsi++] = v;
}

static uint32_t vsi_add(struct relay *r, uint16_t lport, uint32_t owner, uint32_t hash)
{
	uint32_t v = r->unused_vsi[--r->n_unused_vsi];

	r->vsi[v] = (struct vsi){ .owner = owner,
		.birth = r->vsi[v].birth + 1,
		.hash = hash,
		.first = FDB_NONE,
		.lport = lport,
		.in_use = true };
	imap_insert(&r->by_owner, hash, v);
	r->port[lport].n_vsis++;
	return v;
}

static uint64_t item_key(const struct relay_admit *item)
{
	return fdb_key(item->vid, mac_u64(item->mac));
}

/* May the port have n_new admissions more once n_going of its own are gone? */
static bool has_room(const struct relay *r, uint16_t lport, size_t n_new, size_t n_going)
{
	size_t room = r->n_unused_admission + n_going;
	size_t of_others = r->reserved - unused_share(r, lport);

	return n_new <= room &&
	       (r->port[lport].n_admissions - n_going + n_new <= r->share || room - n_new >= of_others);
}

/* Mark what VSI v (FDB_NONE: a new one) of the port keeps of its list; false when the rest of the new one has no room. */
static bool mark_and_fit(
	struct relay *r, uint16_t lport, uint32_t v, const struct relay_admit *list, unsigned n)
{
	size_t n_new = 0, n_going = 0;

	for (uint32_t i = v != FDB_NONE ? r->vsi[v].first : v; i != FDB_NONE; i = r->admission[i].next)
		r->admission[i].is_kept = false;
	for (unsigned k = 0; k < n; k++) {
		uint32_t i = v != FDB_NONE ? own_find(r, v, item_key(&list[k])) : FDB_NONE;

		if (i != FDB_NONE)
			r->admission[i].is_kept = true;
		else if (list[k].vid <= FWD_VID_MAX)
			n_new++;
	}
	for (uint32_t i = v != FDB_NONE ? r->vsi[v].first : v; i != FDB_NONE; i = r->admission[i].next)
		n_going += !r->admission[i].is_kept;
	return n_new == 0 || (has_room(r, lport, n_new, n_going) && (v != FDB_NONE || r->n_unused_vsi > 0));
}

bool relay_admit_fits(
	struct relay *r, uint16_t lport, uint32_t owner, const struct relay_admit *list, unsigned n)
{
	uint32_t hash;

	return !relay_is_port(r, lport) || mark_and_fit(r, lport, vsi_find(r, lport, owner, &hash), list, n);
}

/* Default priorities, and on a DRP for each address its first VID. */
static void describe(struct relay *r, uint32_t v, const struct relay_admit *list, unsigned n)
{
	bool is_drp = r->port[r->vsi[v].lport].p.kind == FWD_DRP;

	for (uint32_t i = r->vsi[v].first; i != FDB_NONE; i = r->admission[i].next)
		set_first(r, i, false);
	for (unsigned k = n; k-- > 0;) { /* backwards, so that the first one wins */
		uint32_t i = own_find(r, v, item_key(&list[k]));
		uint32_t j;

		if (i == FDB_NONE)
			continue;
		if (r->admission[i].has_pcp != list[k].has_pcp || r->admission[i].pcp != (list[k].pcp & 7))
			note(r, i);
		r->admission[i].has_pcp = list[k].has_pcp;
		r->admission[i].pcp = list[k].pcp & 7;
		if (!is_drp)
			continue;
		j = imap_first(&r->by_station,
			relay_hash_with(relay_hash(r, address(r->admission[i].key)), r->vsi[v].lport));
		while (j != IMAP_NONE && (r->admission[j].vsi != v || address(r->admission[j].key) !=
									      address(r->admission[i].key)))
			j = imap_next(&r->by_station, j);
		if (j != IMAP_NONE)
			set_first(r, j, false);
		set_first(r, i, true);
	}
}

bool relay_admit(struct relay *r, uint16_t lport, uint32_t owner, const struct relay_admit *list, unsigned n)
{
	uint32_t hash, v;

	if (!relay_is_port(r, lport))
		return n == 0;
	v = vsi_find(r, lport, owner, &hash);
	if (!mark_and_fit(r, lport, v, list, n))
		return false;
	if (v == FDB_NONE) {
		if (n == 0)
			return true;
		v = vsi_add(r, lport, owner, hash);
	}
	drop_rest(r, v);
	for (unsigned k = 0; k < n; k++)
		if (relay_is_vid(list[k].vid) && own_find(r, v, item_key(&list[k])) == FDB_NONE)
			add(r, v, item_key(&list[k]));
	describe(r, v, list, n);
	if (r->vsi[v].first == FDB_NONE)
		vsi_remove(r, v);
	return true;
}

void relay_admit_del_port(struct relay *r, uint16_t lport)
{
	for (uint32_t v = 0; r->port[lport].n_vsis > 0 && v < r->cfg.max_admit; v++)
		if (r->vsi[v].in_use && r->vsi[v].lport == lport)
			relay_admit(r, lport, r->vsi[v].owner, NULL, 0);
}

struct relay_vsi_counters relay_vsi_counters(const struct relay *r, uint16_t lport, uint32_t owner)
{
	uint32_t hash, v = vsi_find(r, lport, owner, &hash);

	return v == FDB_NONE ? (struct relay_vsi_counters){ 0 } : r->vsi[v].n;
}

struct mono relay_vsi_last_seen(const struct relay *r, uint16_t lport, uint32_t owner)
{
	uint32_t hash, v = vsi_find(r, lport, owner, &hash);

	return v == FDB_NONE ? MONO_ZERO : r->vsi[v].seen;
}
