/*
 * fastpath_sync.c - the relay's tables into the maps of the fast path, its counts back.
 *
 * While maps are changed the kernel drops nothing: what it would drop goes up, to be decided by the relay, whose tables are
 * always whole. A row of an array that is more than one word is taken out of use first, so that no frame meets half of
 * an old and half of a new one. What does not fit into a map ends the fast path (all frames go up): a missing
 * admission would be a frame dropped.
 *
 * Counts in the maps only ever grow; what the relay was told of them is kept here and the rest added.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "fastpath_priv.h"

static void store(uint64_t *at, uint64_t value)
{
	__atomic_store_n(at, value, __ATOMIC_RELEASE);
}

void fastpath_give_up(struct fastpath *f, const char *what, int error)
{
	if (f->trouble[0] == '\0')
		snprintf(f->trouble, sizeof(f->trouble), "%s: %s", what, strerror(error));
	if (f->state)
		store(&f->state->good_until, 0);
}

const char *fastpath_trouble(const struct fastpath *f)
{
	return f && f->trouble[0] ? f->trouble : NULL;
}

/* ---- entries ---- */

static void write_bucket(struct fastpath *f, struct fastpath_table *t, uint32_t i, const struct fwd_bucket *b)
{
	t->is_used = true;
	if (bpf_map_update_elem(t->fd, &i, b, BPF_ANY) != 0)
		fastpath_give_up(f, "a table of the kernel's can't be changed", errno);
}

/* The cell of an entry, or a free one; FWD_TABLE_CELLS: neither. */
static unsigned cell_of(const struct fwd_bucket *b, uint64_t key, uint16_t scope)
{
	unsigned unused = FWD_TABLE_CELLS;

	for (unsigned k = FWD_TABLE_CELLS; k-- > 0;) {
		if (b->cell[k].key == (key | FWD_CELL_USED) && (uint16_t)b->cell[k].value == scope)
			return k;
		if (b->cell[k].key == 0)
			unused = k;
	}
	return unused;
}

static unsigned read_bucket(struct fastpath *f, const struct fastpath_table *t, uint64_t key, uint16_t scope,
	uint32_t *ret_i, struct fwd_bucket *ret)
{
	*ret_i = fwd_bucket_of(f->setup.secret, t->bits, key, scope);
	if (bpf_map_lookup_elem(t->fd, ret_i, ret) != 0) {
		fastpath_give_up(f, "a table of the kernel's can't be read", errno);
		return FWD_TABLE_CELLS;
	}
	return cell_of(ret, key, scope);
}

/* Where the entry is now; UINT32_MAX: its bucket is full. Then a frame that meets it goes up: that nothing is known of a
 * destination says so already, and what would be dropped for want of an admission does as long as some is missing. */
static uint32_t put(
	struct fastpath *f, struct fastpath_table *t, uint64_t key, uint16_t scope, uint64_t value)
{
	struct fwd_bucket b;
	uint32_t i;
	unsigned k = read_bucket(f, t, key, scope, &i, &b);

	if (k == FWD_TABLE_CELLS) {
		f->is_partial = true;
		return UINT32_MAX;
	}
	b.cell[k] = (struct fwd_cell){ 0, value | scope };
	write_bucket(f, t, i, &b);
	b.cell[k].key = key | FWD_CELL_USED;
	write_bucket(f, t, i, &b);
	return i * FWD_TABLE_CELLS + k;
}

static void take(struct fastpath *f, struct fastpath_table *t, uint64_t key, uint16_t scope)
{
	struct fwd_bucket b;
	uint32_t i;
	unsigned k = read_bucket(f, t, key, scope, &i, &b);

	if (k == FWD_TABLE_CELLS || b.cell[k].key == 0)
		return;
	b.cell[k].key = 0;
	write_bucket(f, t, i, &b);
}

static void set(struct fastpath *f, struct fastpath_table *t, uint64_t key, uint16_t scope, uint64_t value,
	bool is_there)
{
	if (is_there)
		(void)put(f, t, key, scope, value);
	else
		take(f, t, key, scope);
}

static void empty_table(struct fastpath *f, struct fastpath_table *t)
{
	const struct fwd_bucket nothing = { 0 };

	for (uint32_t i = 0; t->is_used && i < 1u << t->bits; i++)
		write_bucket(f, t, i, &nothing);
	t->is_used = false;
}

/* All of a slot but `sampled`, which the programs write. The first word says whether it is in use. */
static void put_slot(struct fwd_slot *at, const struct fwd_slot *s)
{
	uint64_t from[sizeof(*s) / 8], *to = (uint64_t *)(void *)at;
	const struct fwd_slot unused = { 0 };
	unsigned n_changed = 0;

	memcpy(from, s, sizeof(*s));
	for (unsigned i = 0; i < offsetof(struct fwd_slot, sampled) / 8; i++)
		n_changed += to[i] != from[i];
	if (n_changed > 1)
		store(&to[0], *(const uint64_t *)(const void *)&unused);
	for (unsigned i = 1; i < offsetof(struct fwd_slot, sampled) / 8; i++)
		if (to[i] != from[i])
			store(&to[i], from[i]);
	if (to[0] != from[0])
		store(&to[0], from[0]);
}

/* Where frames for the port leave. */
static void find_way(struct fastpath *f, uint16_t lport, struct fwd_slot *s)
{
	struct fastpath_way way = f->cfg.way(f->cfg.ctx, lport);
	uint32_t key = lport, ifindex = (uint32_t)way.ifindex;

	if (!s->p.in_use || !way.is_xdp)
		ifindex = 0;
	s->out = (s->out & FWD_OUT_PADS) | (ifindex != 0 ? FWD_OUT_XDP : 0u);
	if (s->ifindex == ifindex)
		return;
	s->ifindex = ifindex;
	if (ifindex != 0 ? bpf_map_update_elem(f->out_ifs, &key, &ifindex, BPF_ANY) != 0
			 : bpf_map_delete_elem(f->out_ifs, &key) != 0)
		s->ifindex = 0; /* the device is gone already */
	if (s->ifindex == 0)
		s->out &= ~(uint64_t)FWD_OUT_XDP;
}

void fastpath_ways_changed(struct fastpath *f)
{
	for (uint16_t i = 0; f && i < FWD_MAPS_LPORTS; i++) {
		struct fwd_slot *at = f->told_port[i].in_use ? fastpath_row(f, &f->slots, i) : NULL, s;

		if (!at)
			continue;
		s = *at;
		find_way(f, i, &s);
		put_slot(at, &s);
	}
}

static void sum_port(struct fastpath *f, uint16_t lport, struct fastpath_told_port *ret)
{
	const struct fwd_drop_count *drops = fastpath_row(f, &f->drops, lport);

	*ret = (struct fastpath_told_port){ .in_use = true };
	if (drops)
		ret->drops = *drops;
	for (uint32_t lane = 0; lane < f->n_lanes; lane++) {
		const struct fwd_port_count *c = fastpath_row(
			f, &f->port_counts, lane * FWD_MAPS_LPORTS + lport);

		if (!c)
			return;
		ret->n.rx_frames += c->rx_frames;
		ret->n.rx_octets += c->rx_octets;
		ret->n.tx_frames += c->tx_frames;
		ret->n.tx_octets += c->tx_octets;
		ret->n.reflected += c->reflected;
	}
}

static void sum_vsi(struct fastpath *f, uint32_t vsi, struct fwd_vsi_count *ret)
{
	*ret = (struct fwd_vsi_count){ 0 };
	for (uint32_t lane = 0; lane < f->n_lanes; lane++) {
		const struct fwd_vsi_count *c = fastpath_row(f, &f->vsi_counts, lane * f->n_vsis + vsi);

		if (!c)
			return;
		ret->rx_frames += c->rx_frames;
		ret->rx_octets += c->rx_octets;
		ret->tx_frames += c->tx_frames;
		ret->tx_octets += c->tx_octets;
		if (ret->seen < c->seen)
			ret->seen = c->seen;
	}
}

static void set_port(struct fastpath *f, const struct relay_change *c)
{
	struct fwd_slot *at = fastpath_row(f, &f->slots, c->scope), s;

	if (!at)
		return;
	s = *at;
	if (!s.p.in_use) /* what an earlier port of this number counted is not its */
		sum_port(f, c->scope, &f->told_port[c->scope]);
	f->told_port[c->scope].in_use = c->is_there;
	s.p = c->is_there ? c->port.p : (struct fwd_port){ 0 };
	s.untagged_vid = c->port.untagged_vid;
	s.n_untagged_vids = c->port.n_untagged_vids;
	s.out = (s.out & ~(uint64_t)FWD_OUT_PADS) | (c->port.pads ? FWD_OUT_PADS : 0u);
	find_way(f, c->scope, &s);
	put_slot(at, &s);
}

static void set_bit(uint64_t *words, uint16_t vid, bool is_on)
{
	uint64_t bit = (uint64_t)1 << (vid & 63), word = words[vid >> 6];

	if (((word & bit) != 0) != is_on)
		store(&words[vid >> 6], word ^ bit);
}

static void set_admission(struct fastpath *f, const struct relay_change *c)
{
	bool is_counted = c->admission.vsi < f->n_vsis; /* frames of the others go up */
	struct fastpath_told_vsi *told = &f->told_vsi[is_counted ? c->admission.vsi : 0];
	uint32_t flags = (c->admission.pcp & 7u) | (c->admission.has_pcp ? FWD_BINDING_HAS_PCP : 0u) |
			 (c->admission.is_placed ? FWD_BINDING_PLACED : 0u) |
			 (c->admission.is_heard && is_counted ? 0u : FWD_BINDING_UNHEARD);

	if (c->is_there && is_counted && (!told->in_use || told->birth != c->admission.birth)) {
		sum_vsi(f, c->admission.vsi, &told->n);
		told->birth = c->admission.birth;
		told->in_use = true;
		if (f->top_vsi <= c->admission.vsi)
			f->top_vsi = c->admission.vsi + 1;
	}
	set(f, &f->bindings, c->key, c->scope,
		fwd_binding_value(is_counted ? c->admission.vsi : FWD_NO_VSI, flags), c->is_there);
}

static void set_fdb(struct fastpath *f, const struct relay_change *c)
{
	uint64_t seen = c->fdb.seen.ns;
	uint32_t cell;

	if (!c->is_there) {
		take(f, &f->places, c->key, c->scope);
		return;
	}
	cell = put(f, &f->places, c->key, c->scope,
		fwd_place_value(
			c->fdb.lport, c->fdb.vsi < f->n_vsis ? c->fdb.vsi : FWD_NO_VSI, c->fdb.is_static));
	if (cell != UINT32_MAX && !c->fdb.is_static &&
		bpf_map_update_elem(f->seen, &cell, &seen, BPF_ANY) != 0)
		fastpath_give_up(f, "a table of the kernel's can't be changed", errno);
}

static void set_vlan(struct fastpath *f, const struct relay_change *c)
{
	struct fwd_vlans *vlans = fastpath_row(f, &f->vlans, c->scope);

	if (!vlans)
		return;
	set_bit(vlans->member, (uint16_t)c->key, c->vlan.is_member);
	set_bit(vlans->untagged, (uint16_t)c->key, c->vlan.is_untagged);
}

static void apply(struct fastpath *f, const struct relay_change *c)
{
	switch (c->table) {
	case RELAY_PORTS:
		set_port(f, c);
		break;
	case RELAY_VLANS:
		set_vlan(f, c);
		break;
	case RELAY_ADMISSIONS:
		set_admission(f, c);
		break;
	case RELAY_STATIONS:
		set(f, &f->stations, c->key, c->scope, (uint64_t)c->vid << 16, c->is_there);
		break;
	case RELAY_FDB:
		set_fdb(f, c);
		break;
	case RELAY_CHANNELS:
		set(f, &f->channels, c->key, c->scope, (uint64_t)c->lport << 16, c->is_there);
		break;
	case RELAY_N_TABLES:
		break;
	}
}

static void empty(struct fastpath *f)
{
	struct relay_change gone = { .table = RELAY_PORTS };

	for (; gone.scope < FWD_MAPS_LPORTS; gone.scope++) {
		struct fwd_vlans *v;

		if (!f->told_port[gone.scope].in_use)
			continue;
		set_port(f, &gone);
		v = fastpath_row(f, &f->vlans, gone.scope);
		for (unsigned i = 0; v && i < sizeof(v->member) / sizeof(v->member[0]); i++) {
			store(&v->member[i], 0);
			store(&v->untagged[i], 0);
		}
	}
	empty_table(f, &f->bindings);
	empty_table(f, &f->stations);
	empty_table(f, &f->places);
	empty_table(f, &f->channels);
	f->is_partial = false;
}

bool fastpath_sync(struct fastpath *f, struct relay *r)
{
	struct relay_change change;
	bool has_ports = false;

	if (!f || !relay_mirror_is_due(r) || f->trouble[0])
		return false;
	store(&f->state->changes, f->state->changes | 1);
	if (relay_mirror_is_lost(r)) {
		empty(f);
		relay_mirror_restart(r);
	}
	while (relay_mirror_next(r, &change)) {
		apply(f, &change);
		has_ports = has_ports || change.table == RELAY_PORTS;
	}
	store(&f->state->changes, f->state->changes + (f->is_partial ? 2 : 1));
	return has_ports;
}

void fastpath_alive(struct fastpath *f, struct mono now)
{
	if (f && f->trouble[0] == '\0')
		store(&f->state->good_until, mono_add(now, dur_s(FASTPATH_GRACE_S)).ns);
}

/* ---- the way back ---- */

static void pull_port(struct fastpath *f, struct relay *r, uint16_t lport)
{
	struct fastpath_told_port *told = &f->told_port[lport], sum;
	struct relay_port_counters more = { 0 };

	sum_port(f, lport, &sum);
	if (memcmp(&sum.n, &told->n, sizeof(sum.n)) == 0 &&
		memcmp(&sum.drops, &told->drops, sizeof(sum.drops)) == 0)
		return;
	more.rx_frames = more.kernel_frames = sum.n.rx_frames - told->n.rx_frames;
	more.rx_octets = sum.n.rx_octets - told->n.rx_octets;
	more.tx_frames = sum.n.tx_frames - told->n.tx_frames;
	more.tx_octets = sum.n.tx_octets - told->n.tx_octets;
	more.reflected = sum.n.reflected - told->n.reflected;
	for (unsigned i = 0; i < FWD_N_DROPS; i++)
		more.drops[i] = sum.drops.n[i] - told->drops.n[i];
	*told = sum;
	relay_count(r, lport, &more);
}

static void pull_vsi(struct fastpath *f, struct relay *r, uint32_t vsi)
{
	struct fastpath_told_vsi *told = &f->told_vsi[vsi];
	struct relay_vsi_counters more;
	struct fwd_vsi_count sum;

	sum_vsi(f, vsi, &sum);
	more = (struct relay_vsi_counters){ .rx_frames = sum.rx_frames - told->n.rx_frames,
		.rx_octets = sum.rx_octets - told->n.rx_octets,
		.tx_frames = sum.tx_frames - told->n.tx_frames,
		.tx_octets = sum.tx_octets - told->n.tx_octets };
	told->in_use = relay_count_vsi(
		r, vsi, told->birth, &more, sum.seen != told->n.seen ? (struct mono){ sum.seen } : MONO_ZERO);
	told->n = sum;
}

void fastpath_pull(struct fastpath *f, struct relay *r)
{
	if (!f)
		return;
	for (uint16_t i = 0; i < FWD_MAPS_LPORTS; i++)
		if (f->told_port[i].in_use)
			pull_port(f, r, i);
	for (uint32_t i = 0; i < f->top_vsi; i++)
		if (f->told_vsi[i].in_use)
			pull_vsi(f, r, i);
}

void fastpath_ages(struct fastpath *f, struct relay *r, struct mono now)
{
	struct relay_fdb_row row;
	uint32_t cookie = 0, record;

	while (f && relay_fdb_next_aged(r, now, &cookie, &record, &row)) {
		uint64_t key = (uint64_t)row.vid << 48 | mac_u64(row.mac), seen;
		struct fwd_bucket b;
		uint32_t i;
		unsigned k = read_bucket(f, &f->places, key, row.component, &i, &b);

		if (k == FWD_TABLE_CELLS || b.cell[k].key == 0)
			continue;
		i = i * FWD_TABLE_CELLS + k;
		if (bpf_map_lookup_elem(f->seen, &i, &seen) == 0)
			relay_fdb_seen(r, record, (struct mono){ seen });
	}
}
