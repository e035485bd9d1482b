/* The relay's tables, for its own files and white-box tests. */
#ifndef EVB_RELAY_PRIV_H
#define EVB_RELAY_PRIV_H

#include "fdb.h"
#include "relay.h"

enum { RELAY_N_VIDS = 4096 };

/** One (VID, MAC) that a VSI may use on a logical port. */
struct admission {
	uint64_t key;          /* fdb_key(); address zero: any source */
	uint32_t hash;         /* in by_source */
	uint32_t station_hash; /* in by_station, while is_untagged */
	uint32_t vsi;
	uint32_t next; /* of the VSI */
	uint16_t lport;
	uint8_t pcp;
	bool has_pcp;
	bool is_untagged; /* DRP: first VID of its address, takes its untagged frames */
	bool is_placed;   /* the FDB entry of the address is this one's */
	bool is_kept;     /* scratch of relay_admit() */
};

struct vsi {
	struct relay_vsi_counters n;
	uint32_t owner; /* the caller's number */
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

struct lport {
	struct fwd_port p; /* first: the hot part */
	struct relay_port_counters n;
	struct dur storm_gap;   /* between two frames at the limit; 0: no limit */
	struct mono storm_next; /* when the limit would have let the next frame go */
	uint32_t n_vsis;
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
	struct imap by_station; /* the untagged ones by (lport, MAC) */
	struct admission *admission;
	uint32_t *unused_admission;
	uint32_t n_unused_admission;
	struct imap by_owner;
	struct vsi *vsi;
	uint32_t *unused_vsi;
	uint32_t n_unused_vsi;
	struct imap by_group;      /* registrations by (component, VID, MAC) */
	struct imap by_group_port; /* and by (lport, VID, MAC) */
	struct group *group;
	uint32_t n_groups; /* in use */
};

static inline uint32_t relay_hash(const struct relay *r, uint64_t key)
{
	return (uint32_t)siphash(r->cfg.key, span_of(&key, sizeof(key)));
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
static inline bool relay_is_vid(uint16_t vid)
{
	return vid != FWD_VID_NONE && vid <= FWD_VID_MAX;
}
static inline bool relay_is_port(const struct relay *r, uint16_t lport)
{
	return lport < r->cfg.max_lports && r->port[lport].p.in_use;
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
void relay_group_layout(struct relay *r, struct carve *c);
void relay_group_clear(struct relay *r);
void relay_group_del_port(struct relay *r, uint16_t lport);
bool relay_group_known(const struct relay *r, uint32_t key_hash, uint16_t component, uint64_t key);
bool relay_group_has(const struct relay *r, uint32_t key_hash, uint16_t lport, uint64_t key);

#endif
