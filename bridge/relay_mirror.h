/*
 * The relay's tables for a driver that forwards by tables of its own, the kernel's: which entries have changed, what
 * they are now, and the way back for what such a driver saw and counted.
 *
 * The relay only notes keys. The driver pulls them after each input and is told what the entry is at that moment, so that
 * an entry that came and went in between is never seen, and one that moved never misses. When more changed than
 * relay_cfg.max_changes, and at the start, the driver empties its tables and reads all of them:
 *
 *     if (relay_mirror_is_lost(r)) { empty your tables; relay_mirror_restart(r); }
 *     while (relay_mirror_next(r, &change)) apply it;
 *
 * Left out: registered groups and VIF lists, which only frames with several receivers meet.
 */
#ifndef EVB_RELAY_MIRROR_H
#define EVB_RELAY_MIRROR_H

#include "relay.h"

#define RELAY_NO_VSI UINT32_MAX

enum relay_table {
	RELAY_PORTS,
	RELAY_VLANS,      /* membership of a port in a VLAN */
	RELAY_ADMISSIONS, /* (port, VID, source) of an associated VSI; address 0: any source */
	RELAY_STATIONS,   /* DRP: VLAN of the untagged frames of an address; 0: of any other */
	RELAY_FDB,
	RELAY_CHANNELS, /* port that an outer tag means */
	RELAY_N_TABLES,
};

struct relay_change {
	enum relay_table table;
	uint16_t scope; /* logical port; FDB: component; CHANNELS: trunk */
	uint64_t key;  /* VLANS: VID; ADMISSIONS, FDB: VID << 48 | address; STATIONS: address; CHANNELS: id */
	bool is_there; /* false: gone */
	struct {
		struct fwd_port p;
		bool pads;
		uint16_t
			n_untagged_vids; /* DRP: VLANs that untagged frames may belong to; 1: `untagged_vid` */
		uint16_t untagged_vid;
	} port;
	struct {
		bool is_member, is_untagged;
	} vlan;
	struct {
		uint32_t vsi;   /* record: what relay_count_vsi() takes */
		uint32_t birth; /* another number: it is another VSI's now */
		bool has_pcp;
		uint8_t pcp;
		bool is_placed; /* the FDB entry of the address is this one's */
		bool is_heard;  /* the relay has had a frame of it: the first one is the relay's */
	} admission;
	uint16_t vid; /* STATIONS */
	struct {
		uint16_t lport;
		uint32_t vsi; /* that owns the address, RELAY_NO_VSI: nobody */
		bool is_static;
		struct mono seen; /* a learned one: last frame */
	} fdb;
	uint16_t lport; /* CHANNELS */
};

/** Has anything changed, or is everything to be read anew? */
bool relay_mirror_is_due(const struct relay *r);
bool relay_mirror_is_lost(const struct relay *r);
/** Is it half full? Whoever has many frames in one go looks at the changes in between, too. */
bool relay_mirror_is_pressing(const struct relay *r);
/** From now on relay_mirror_next() tells every entry first. */
void relay_mirror_restart(struct relay *r);
/** The next change; false: there is none. */
bool relay_mirror_next(struct relay *r, struct relay_change *ret);

/** Add what the driver counted for the port, or for the VSI that relay_change named, last heard at `seen`. Of one that is
 * gone: nothing, and false. */
void relay_count(struct relay *r, uint16_t lport, const struct relay_port_counters *more);
bool relay_count_vsi(struct relay *r, uint32_t vsi, uint32_t birth, const struct relay_vsi_counters *more,
	struct mono seen);

/** Learned entries that the next relay_on_time() would forget, for the driver to say relay_fdb_seen() of: begin with
 * *cookie 0. False: no more. *ret_record names the entry until then. */
bool relay_fdb_next_aged(const struct relay *r, struct mono now, uint32_t *cookie, uint32_t *ret_record,
	struct relay_fdb_row *ret);
/** The station was last heard at `seen`, if that is later than what the relay knows. */
void relay_fdb_seen(struct relay *r, uint32_t record, struct mono seen);

#endif
