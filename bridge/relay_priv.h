/* The relay's tables, for its own files and white-box tests. */
#ifndef EVB_RELAY_PRIV_H
#define EVB_RELAY_PRIV_H

#include "fdb.h"
#include "relay.h"
#include "relay_mirror.h"

enum { RELAY_N_VIDS = 4096, RELAY_N_FLOODS = 256 };

/** One (VID, MAC) that a VSI may use on a logical port. */
struct admission {
	uint64_t key;          /* fdb_key(); address zero: any source */
	uint32_t hash;         /* in by_source */
	uint32_t station_hash; /* in by_station, while is_first */
	uint32_t vsi;
	uint32_t next; /* of the VSI */
	uint16_t lport;
	uint8_t pcp;
	bool has_pcp;
	bool is_first;    /* DRP: of its VSI's, the first VID of its address */
	bool is_untagged; /* and of all VSIs' first VIDs the lowest: takes the address's untagged frames */
	bool is_placed;   /* the FDB entry of the address is this one's */
	bool is_kept;     /* scratch of relay_admit() */
	bool is_heard;    /* a frame of it has come in */
};

struct vsi {
	struct relay_vsi_counters n;
	struct mono seen; /* last frame that came in; zero: none */
	uint32_t owner;   /* the caller's number */
	uint32_t birth;   /* differs from that of the VSI that had this record before */
	uint32_t hash;
	uint32_t first; /* admission */
	uint16_t lport;
	bool in_use;
};

struct group { /* a registration: group address -> one port */
	uint64_t key;
	uint32_t hash;      /* in by_group_port */
	uint32_t wide_hash; /* in by_group */
	uint16_t component;
	uint16_t lport;
	bool in_use;
};

struct vlan_refs {         /* why a port is in a VLAN besides static membership */
	uint32_t n;        /* admissions, and the VLAN for frames of no VSI */
	uint32_t untagged; /* of these, admissions that are the untagged VID of their address */
};

struct channel {     /* an outer tag of a trunk port -> the logical port whose frames have it */
	uint32_t id; /* 0: free slot */
	uint16_t trunk;
	uint16_t lport;
};

struct vif_list {          /* of a trunk port; its members are n_words words of relay.list_set */
	uint32_t id_hash;  /* in by_list */
	uint32_t set_hash; /* in by_list_set */
	uint32_t id;
	uint32_t n; /* members */
	uint16_t trunk;
	bool in_use;
};

/** Which list reaches the VIFs of a trunk that are in a VLAN: found once, good as long as relay.epoch is the same. */
struct vif_flood {
	uint64_t epoch; /* 0: never */
	uint32_t list;  /* FDB_NONE: none does */
	uint16_t trunk;
	uint16_t vid;
	bool has_c_tag;
};

struct lport { /* what every frame touches first */
	struct fwd_port p;
	uint32_t n_vsis;
	uint16_t n_untagged_vids; /* different ones, of its admissions */
	uint16_t untagged_vids;   /* all of them, by exclusive or: of one, itself */
	bool pads;
	bool is_noted; /* in relay.mirror: what the port is has changed */
	struct relay_port_counters n;
	struct dur storm_gap;   /* between two frames at the limit; 0: no limit */
	struct mono storm_next; /* when the limit would have let the next frame go */
	uint32_t n_admissions;
};

struct relay {
	struct relay_cfg cfg;
	struct dur age;
	struct mono next_sweep;
	uint16_t n_words; /* of one VLAN's row of ports */
	struct lport *port;
	uint64_t *member; /* [vid][word]: what forwarding looks at */
	uint64_t *untagged;
	uint64_t *static_member; /* what the administrator said */
	uint64_t *static_untagged;
	struct vlan_refs *refs; /* [lport][vid] */
	struct fdb fdb;
	struct imap by_source;  /* admissions by (lport, VID, MAC) */
	struct imap by_station; /* first VIDs by (lport, MAC), the untagged one before the others */
	struct admission *admission;
	uint32_t *unused_admission;
	uint32_t n_unused_admission;
	uint32_t share;    /* admissions that are kept free for each SBP and DRP */
	uint32_t reserved; /* sum of what each has not used of its share */
	struct imap by_owner;
	struct vsi *vsi;
	uint32_t *unused_vsi;
	uint32_t n_unused_vsi;
	struct imap by_group;      /* registrations by (component, VID, MAC) */
	struct imap by_group_port; /* and by (lport, VID, MAC) */
	struct group *group;
	uint32_t n_groups;       /* in use */
	struct channel *channel; /* open hash table by (trunk, id): one look for every tagged frame */
	uint32_t channel_mask;   /* slots - 1; three quarters of them stay free */
	uint32_t n_channels;
	struct imap by_list;     /* VIF lists by (trunk, id) */
	struct imap by_list_set; /* and by (trunk, members) */
	struct vif_list *list;
	uint64_t *list_set; /* [list][word] */
	uint32_t n_lists;   /* in use */
	struct vif_flood *flood;
	uint64_t epoch; /* changes with ports, VLANs, channels and lists */
	struct mirror mirror;
	uint64_t walk_at; /* relay_mirror_restart(): where it is, in table walk_table */
	uint8_t walk_table;
};

/** The VIFs of one trunk that are in a VLAN: what a group frame's one copy has to reach (port-extension-reference 5.1). */
struct vif_set {
	uint32_t hash; /* whatever the order they were added in */
	uint32_t n;
	uint16_t trunk;
};

static inline uint32_t relay_hash(const struct relay *r, uint64_t key)
{
	return (uint32_t)siphash_u64(r->cfg.key, key);
}
static inline uint32_t relay_hash_with(
	uint32_t hash, uint16_t scope) /* a port or a component joins the key */
{
	return hash + scope * 0x9e3779b1u;
}
static inline bool relay_bit(const struct relay *r, const uint64_t *set, uint16_t lport, uint16_t vid)
{
	return (set[(size_t)vid * r->n_words + lport / 64] >> lport % 64 & 1) != 0;
}
static inline struct vlan_refs *relay_refs(const struct relay *r, uint16_t lport, uint16_t vid)
{
	return &r->refs[(size_t)lport * RELAY_N_VIDS + vid];
}
static inline uint64_t *relay_list_words(const struct relay *r, uint32_t list)
{
	return &r->list_set[(size_t)list * r->n_words];
}
static inline struct vif_flood *relay_flood(const struct relay *r, uint16_t trunk, uint16_t vid)
{
	return &r->flood[((uint32_t)vid * 31 + trunk) % RELAY_N_FLOODS];
}
/* Tags are assigned by ourselves or by the peer that is hurt if it makes them collide: no keyed hash is needed. */
static inline uint32_t relay_tag_hash(uint16_t trunk, uint32_t id)
{
	uint32_t x = (id ^ (uint32_t)trunk << 16) * 0x9e3779b1u;

	return x ^ x >> 16;
}
/** The slot of the tag, or the free one where it would be. */
static inline struct channel *relay_channel_at(const struct relay *r, uint16_t trunk, uint32_t id)
{
	uint32_t i = relay_tag_hash(trunk, id) & r->channel_mask;

	while (r->channel[i].id != 0 && (r->channel[i].id != id || r->channel[i].trunk != trunk))
		i = (i + 1) & r->channel_mask;
	return &r->channel[i];
}
static inline void relay_set_add(struct vif_set *s, uint16_t lport)
{
	uint32_t x = (lport + 1u) * 0x9e3779b1u;

	s->hash += (x ^ x >> 15) * 0x85ebca77u;
	s->n++;
}
static inline bool relay_is_vid(uint16_t vid)
{
	return vid != FWD_VID_NONE && vid <= FWD_VID_MAX;
}
static inline bool relay_is_port(const struct relay *r, uint16_t lport)
{
	return lport < r->cfg.max_lports && r->port[lport].p.in_use;
}

/** What the port is, beside its VLANs, has changed. */
static inline void relay_note_port(struct relay *r, uint16_t lport)
{
	if (!r->port[lport].is_noted)
		mirror_note(&r->mirror, RELAY_PORTS, lport, 0);
	r->port[lport].is_noted = true;
}
/** The first frame of an admission has come in. */
static inline void relay_admission_heard(struct relay *r, uint32_t i)
{
	struct admission *a = &r->admission[i];

	if (a->is_heard)
		return;
	a->is_heard = true;
	mirror_note(&r->mirror, RELAY_ADMISSIONS, a->lport, a->key);
}
static inline struct relay_fdb_row relay_fdb_row_of(const struct fdb_entry *e)
{
	struct relay_fdb_row row = { .component = e->component,
		.lport = e->lport,
		.vid = (uint16_t)(e->key >> 48),
		.is_static = e->is_static,
		.seen = e->seen };

	for (unsigned k = 0; k < sizeof(row.mac.b); k++)
		row.mac.b[k] = (uint8_t)(e->key >> (40 - 8 * k));
	return row;
}
/** VLAN of the untagged frames of an address on a DRP that has several, FWD_VID_NONE: no VSI of it says. */
static inline uint16_t relay_station_vid(const struct relay *r, uint16_t lport, uint64_t mac)
{
	uint32_t i = imap_first(&r->by_station, relay_hash_with(relay_hash(r, mac), lport));

	while (i != IMAP_NONE && (!r->admission[i].is_untagged || r->admission[i].lport != lport ||
					 r->admission[i].key << 16 != mac << 16))
		i = imap_next(&r->by_station, i);
	return i == IMAP_NONE ? FWD_VID_NONE : (uint16_t)(r->admission[i].key >> 48);
}

/** One more (delta 1) or less (-1) reason for the port, and the uplink of its edge relay, to be in the VLAN. */
void relay_vlan_ref(struct relay *r, uint16_t lport, uint16_t vid, int delta, int delta_untagged);
/** Some admission of (lport, key) or FDB_NONE. */
uint32_t relay_admission_find(const struct relay *r, uint32_t key_hash, uint16_t lport, uint64_t key);
/** The address of admission i is on its port from now on. */
void relay_bind(struct relay *r, uint32_t i);
void relay_admit_layout(struct relay *r, struct carve *c);
void relay_admit_clear(struct relay *r);
void relay_admit_del_port(struct relay *r, uint16_t lport);
/** An SBP or DRP came or went: everybody's share is another. */
void relay_admit_share(struct relay *r);
void relay_group_layout(struct relay *r, struct carve *c);
void relay_group_clear(struct relay *r);
void relay_group_del_port(struct relay *r, uint16_t lport);
bool relay_group_known(const struct relay *r, uint32_t key_hash, uint16_t component, uint64_t key);
void relay_tag_layout(struct relay *r, struct carve *c);
void relay_tag_clear(struct relay *r);
/** Its tags, and the lists it is in: those of a bridge go, since the other end still has it in them. */
void relay_tag_del_port(struct relay *r, uint16_t lport);
/** The list or FDB_NONE. */
uint32_t relay_list_find(const struct relay *r, uint16_t trunk, uint32_t id);
/** A list that may have exactly these members, after list `from` (FDB_NONE: the first); FDB_NONE: no other. The caller
 * compares them with relay_list_words(). */
uint32_t relay_list_of_set(const struct relay *r, const struct vif_set *s, uint32_t from);
bool relay_group_has(const struct relay *r, uint32_t key_hash, uint16_t lport, uint64_t key);

#endif
