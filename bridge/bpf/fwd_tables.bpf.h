/* The look-ups of forward.h on BPF maps. */
#ifndef EVB_FWD_TABLES_BPF_H
#define EVB_FWD_TABLES_BPF_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "fwd_maps.h"

#define TABLE(name, kind, k, v, n, flags)                                                                    \
	struct {                                                                                             \
		__uint(type, kind);                                                                          \
		__uint(max_entries, n);                                                                      \
		__uint(map_flags, flags);                                                                    \
		__type(key, k);                                                                              \
		__type(value, v);                                                                            \
	} name SEC(".maps")
#define ARRAY(name, v, n) TABLE(name, BPF_MAP_TYPE_ARRAY, __u32, v, n, BPF_F_MMAPABLE)
#define BUCKETS(name)     ARRAY(name, struct fwd_bucket, 1) /* the loader says how many */

ARRAY(devices, struct fwd_device, FWD_MAPS_DEVICES);
ARRAY(slots, struct fwd_slot, FWD_MAPS_LPORTS);
ARRAY(vlans, struct fwd_vlans, FWD_MAPS_LPORTS);
BUCKETS(bindings);
BUCKETS(stations);
BUCKETS(places);
BUCKETS(channels);
ARRAY(seen, __u64, 1);            /* for each cell of `places`: CLOCK_MONOTONIC, of learned ones */
ARRAY(lanes, struct fwd_lane, 1); /* the loader says how many there are */
ARRAY(port_counts, struct fwd_port_count, FWD_MAPS_LPORTS);
ARRAY(vsi_counts, struct fwd_vsi_count, FWD_MAPS_VSIS);
ARRAY(drops, struct fwd_drop_count, FWD_MAPS_LPORTS);
TABLE(out_ifs, BPF_MAP_TYPE_DEVMAP, __u32, __u32, FWD_MAPS_LPORTS, 0); /* logical port -> ifindex */

volatile struct fwd_state state SEC(".bss");
const volatile struct fwd_setup setup = { 0 };

struct fwd_tables {     /* the maps are global: what the look-ups found on the way */
	__u32 vsi;      /* that owns the address of the last fwd_fdb_find() */
	__u8 is_placed; /* of the last fwd_admit() */
	__u8 is_unheard;
	__u8 has_missed; /* some entry was not there */
	__u64 changes;   /* of the tables, when the decision began */
};

/* Was everything there that was looked for? */
static inline bool is_sure(const struct fwd_tables *t)
{
	return (t->changes & 1) == 0 && state.changes == t->changes;
}

/* The value of an entry, and where it is. */
static inline __attribute__((always_inline)) bool table_find(
	void *table, __u32 bits, __u64 key, __u32 scope, __u64 *ret_value, __u32 *ret_cell)
{
	const __u64 secret[3] = { setup.secret[0], setup.secret[1], setup.secret[2] };
	__u32 i = fwd_bucket_of(secret, bits, key, scope);
	const volatile struct fwd_bucket *b = bpf_map_lookup_elem(table, &i);

	key |= FWD_CELL_USED;
	if (!b)
		return false;
#pragma unroll
	for (__u32 k = 0; k < FWD_TABLE_CELLS; k++) {
		__u64 value;

		if (b->cell[k].key != key)
			continue;
		value = b->cell[k].value;
		if ((__u16)value != scope || b->cell[k].key != key)
			continue;
		*ret_value = value;
		*ret_cell = i * FWD_TABLE_CELLS + k;
		return true;
	}
	return false;
}

static inline struct fwd_slot *slot_at(__u16 lport)
{
	__u32 i = lport;

	return bpf_map_lookup_elem(&slots, &i);
}

static inline const struct fwd_port *fwd_port_at(struct fwd_tables *t, __u16 lport)
{
	const struct fwd_slot *s = slot_at(lport);

	(void)t;
	return s ? &s->p : 0;
}

static inline bool fwd_in_vlan(struct fwd_tables *t, __u16 lport, __u16 vid)
{
	__u32 i = lport;
	const struct fwd_vlans *v = bpf_map_lookup_elem(&vlans, &i);

	(void)t;
	return v && v->member[vid >> 6 & 63] >> (vid & 63) & 1;
}

static inline bool fwd_in_untagged(struct fwd_tables *t, __u16 lport, __u16 vid)
{
	__u32 i = lport;
	const struct fwd_vlans *v = bpf_map_lookup_elem(&vlans, &i);

	(void)t;
	return v && v->untagged[vid >> 6 & 63] >> (vid & 63) & 1;
}

static inline enum fwd_admission fwd_admit(
	struct fwd_tables *t, __u16 lport, __u16 vid, __u64 mac, struct fwd_binding *ret)
{
	enum fwd_admission how = FWD_ADMIT_EXACT;
	__u64 value;
	__u32 cell, flags;

	if (!table_find(&bindings, setup.bindings, (__u64)vid << 48 | mac, lport, &value, &cell)) {
		how = FWD_ADMIT_ANY;
		t->has_missed = true;
		if (!table_find(&bindings, setup.bindings, (__u64)vid << 48, lport, &value, &cell))
			return FWD_ADMIT_NONE;
	}
	flags = (__u32)(value >> 48);
	ret->id = (__u32)(value >> 16);
	ret->has_pcp = (flags & FWD_BINDING_HAS_PCP) != 0;
	ret->pcp = flags & 7;
	t->is_placed = (flags & FWD_BINDING_PLACED) != 0;
	t->is_unheard = (flags & FWD_BINDING_UNHEARD) != 0;
	return how;
}

static inline __u16 fwd_untagged_vid(struct fwd_tables *t, __u16 lport, __u64 mac)
{
	const struct fwd_slot *s = slot_at(lport);
	__u64 value;
	__u32 cell;

	if (!s || s->n_untagged_vids == 0)
		return FWD_VID_NONE;
	if (s->n_untagged_vids == 1)
		return s->untagged_vid;
	if (table_find(&stations, setup.stations, mac, lport, &value, &cell))
		return fwd_value_u16(value);
	t->has_missed = true;
	return table_find(&stations, setup.stations, 0, lport, &value, &cell) ? fwd_value_u16(value)
									      : FWD_VID_NONE;
}

static inline bool place_of(__u16 component, __u16 vid, __u64 mac, __u64 *ret_value, __u32 *ret_cell)
{
	return table_find(&places, setup.places, (__u64)vid << 48 | mac, component, ret_value, ret_cell);
}

static inline __u16 fwd_fdb_find(struct fwd_tables *t, __u16 component, __u16 vid, __u64 mac)
{
	__u64 value;
	__u32 cell;

	if (!place_of(component, vid, mac, &value, &cell)) {
		t->vsi = FWD_NO_VSI;
		t->has_missed = true;
		return FWD_LPORT_NONE;
	}
	t->vsi = fwd_place_vsi(value);
	return fwd_place_lport(value);
}

/* Frames to several receivers go up, and are looked up there. */
static inline bool fwd_group_known(struct fwd_tables *t, __u16 component, __u16 vid, __u64 mac)
{
	(void)t;
	(void)component;
	(void)vid;
	(void)mac;
	return false;
}

static inline bool fwd_group_has(struct fwd_tables *t, __u16 lport, __u16 vid, __u64 mac)
{
	(void)t;
	(void)lport;
	(void)vid;
	(void)mac;
	return false;
}

static inline bool fwd_flood_credit(struct fwd_tables *t, __u16 lport)
{
	(void)t;
	(void)lport;
	return true;
}

static inline bool fwd_list_known(struct fwd_tables *t, __u16 trunk, __u32 id)
{
	(void)t;
	(void)trunk;
	(void)id;
	return true;
}

static inline __u16 fwd_channel(struct fwd_tables *t, __u16 trunk, __u32 id)
{
	__u64 value;
	__u32 cell;

	if (table_find(&channels, setup.channels, id, trunk, &value, &cell))
		return fwd_value_u16(value);
	t->has_missed = true;
	return FWD_LPORT_NONE;
}

#define FWD_HAS_TABLES
#include "forward.h"

#endif
