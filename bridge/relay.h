/*
 * The relay: logical ports, VLAN membership, FDB, VSI admission and the counters around the one forwarding decision
 * (forward.h). 802.1Q 8.6; evb-reference 1.3, 1.4, RR-01..14.
 *
 * Frames come in wire form: whole checksums, at most one outer tag and one C-tag that matter, VLAN tags in the data (drivers
 * see to it, gso.h helps). relay_rx() decides; relay_next_copy() then gives every copy to send, as a rebuilt header of
 * up to 32 octets and the untouched rest of the frame, so that no frame is copied here (but a short one that is padded).
 */
#ifndef EVB_RELAY_H
#define EVB_RELAY_H

#include "carve.h"
#include "fwd_types.h"
#include "mac.h"
#include "mono.h"
#include "siphash.h"
#include "span.h"

struct relay;

struct relay_cfg {
	uint16_t max_lports;      /* default 1024 */
	uint32_t max_fdb;         /* entries, default 16384 */
	uint32_t max_admit;       /* (port, VID, MAC) entries of associated VSIs, default 65536 */
	unsigned fdb_age_s;       /* 10..1000000, default 300 */
	unsigned max_learned_drp; /* addresses learned per DRP without MAC filters, default 16 */
	uint32_t max_groups;      /* group registrations, 0: none */
	uint32_t max_channels;    /* outer tags of S-channels and VIFs, 0: none */
	uint32_t max_lists;       /* VIF lists and E-CID groups, 0: none */
	uint32_t max_changes;     /* noted for a driver with tables of its own (relay_mirror.h), 0: none */
	struct siphash_key key;
};
size_t relay_size(const struct relay_cfg *cfg);
/** `mem` zeroed, relay_size() octets, 16-aligned, stays the caller's; the relay lives in it. */
struct relay *relay_init(const struct relay_cfg *cfg, void *mem);
void relay_set_age(struct relay *r, unsigned fdb_age_s);

struct relay_port_cfg {
	enum fwd_kind kind;
	enum fwd_relay relay;
	uint16_t component; /* 0 is the switch; each edge relay has its own, chosen by the caller */
	uint16_t pvid;
	uint16_t unassociated_vid; /* SBP */
	uint32_t mtu;
	unsigned storm_pps; /* ordinary: broadcast, group and unknown frames per second, 0: no limit */
	enum fwd_tag
		tag; /* of this port's frames: an S-channel or a bridge's VIF; with relay_channel_set() */
	uint8_t pcp; /* default priority: of frames without C-tag, S-TAG or E-TAG whose VSI has none either */
	bool pads;   /* a physical port: copies shorter than 60 octets are filled up with zeros */
	enum fwd_tag carries; /* outer tags on its device: a UAP, cascade port, IV uplink or transit port */
	bool is_base;         /* carries E-TAGs without E-CID extension */
};
/** FWD_LPORT_NONE when the table is full, or the component of a new URP has one. A new port does not forward yet. */
uint16_t relay_port_add(struct relay *r, const struct relay_port_cfg *cfg);
/** Its FDB entries, VLANs and admissions go with it. */
void relay_port_del(struct relay *r, uint16_t lport);
/** Change pvid, unassociated_vid, mtu, storm limit, pcp, pads; all else must stay. */
void relay_port_set_cfg(struct relay *r, uint16_t lport, const struct relay_port_cfg *cfg);
/** Blocking flushes what was learned there. */
void relay_port_set_forwarding(struct relay *r, uint16_t lport, bool is_forwarding);
void relay_port_set_rr(struct relay *r, uint16_t lport, bool is_on);
/** Static VLAN membership (ordinary ports and URPs); a pvid alone is no membership. The VLANs of SBPs and DRPs follow
 * the associations and a URP's are those of its DRPs, so there this only adds VLANs to a URP. A DRP of an interface
 * virtualizer has all VLANs: here is_untagged says of which the C-tag is removed on the way down (VID-Array). */
void relay_port_set_vlan(struct relay *r, uint16_t lport, uint16_t vid, bool is_member, bool is_untagged);
void relay_port_clear_vlans(struct relay *r, uint16_t lport);

/** Does the port learn? VEPA uplinks, interface virtualizers and their VIFs never do. */
void relay_port_set_learning(struct relay *r, uint16_t lport, bool is_on);

/** What outer tags its device carries, when that is known later than the port. */
void relay_port_set_carries(struct relay *r, uint16_t lport, enum fwd_tag carries);

/* ---- outer tags (evb-reference 1.2; port-extension-reference 2, 4, 5) ---- */

/** What a device's outer tag means: frames of `trunk` that carry `id` (SVID, VIF, E-CID) come in by `lport`, whose own go
 * out with it. In an interface virtualizer lport is the DRP that gets them, or a transit port, which may have several
 * ids; any other port has one, which this replaces. A port whose `tag` has no id, and a DRP of an interface virtualizer
 * without one, gets and sends nothing. False: the id is another port's or none that such a tag can have (S-TAG: 2..4094,
 * the default channel is the trunk port), the port cannot be behind that trunk, the table is full, no such port. */
bool relay_channel_set(struct relay *r, uint16_t trunk, uint32_t id, uint16_t lport);
/** The port also leaves the lists of the trunk, like one that is deleted. */
void relay_channel_clear(struct relay *r, uint16_t trunk, uint32_t id);
/** Port of a tag, FWD_LPORT_NONE: nobody's. */
uint16_t relay_channel(const struct relay *r, uint16_t trunk, uint32_t id);
/** No lists any more. */
void relay_list_clear(struct relay *r, uint16_t trunk);
/** Replace the members of a VIF list or E-CID group of `trunk`, named as vntag_hdr.h writes a channel; n = 0 removes it.
 * Members have their id, or are transit ports. A bridge uses a list for group frames whose receivers there are exactly
 * these; so tell it only what the other end has confirmed, and take it away before the other end changes it. A list of a
 * bridge also goes when a member goes. An interface virtualizer replicates to them. False: no such list now; its number
 * is none of a list, a member is not behind the trunk, the table is full, no such port. */
bool relay_list_set(struct relay *r, uint16_t trunk, uint32_t id, const uint16_t *members, unsigned n);

/** One (VID, MAC) a VSI may use on an SBP or DRP; mac zero: any source in the VID (filter formats 1 and 3). */
struct relay_admit {
	uint16_t vid;
	struct mac mac;
	bool has_pcp; /* DRP: default priority of untagged frames */
	uint8_t pcp;
};
/** Replace what the VSI named `owner` (caller's number, unique per lport) may use; n = 0 revokes. VLAN membership of
 * the port follows. On a DRP the first VID of a MAC is its untagged one and becomes the VLAN of its untagged frames; if
 * several VSIs have that MAC, the lowest of their first VIDs. In an interface virtualizer that is only what admits them,
 * and the other way is relay_port_set_vlan()'s.
 * Entries that go away lose their FDB entries at once. Half of the table is shared out among the SBPs and DRPs, the other
 * half is anybody's. False: no room for it, nothing changed. */
bool relay_admit(struct relay *r, uint16_t lport, uint32_t owner, const struct relay_admit *list, unsigned n);
/** Would relay_admit() have room for it? A VID of 0, not chosen yet, counts as one more. */
bool relay_admit_fits(
	struct relay *r, uint16_t lport, uint32_t owner, const struct relay_admit *list, unsigned n);

/** Register a group address on a port: with one registration it goes to registered ports (and an edge relay's uplink)
 * only. False: table full, no such port, no group address. */
bool relay_group_set(struct relay *r, uint16_t lport, uint16_t vid, struct mac mac, bool is_registered);

enum relay_verdict { RELAY_DROPPED, RELAY_FORWARDED };
struct relay_copy {
	uint16_t lport;
	uint8_t head_len;
	uint8_t head[64]; /* rebuilt MAC addresses, tags and EtherType; of a padded copy all of it */
	struct span rest; /* of the frame, borrowed */
};
enum { RELAY_TRUNKS = 8 }; /* with VIFs, per frame; those of further ones get unicast copies */
struct relay_walk {        /* private: what is left to send */
	struct fwd_decision d;
	struct span frame;
	struct fwd_copy copy; /* the next one */
	uint32_t next;        /* logical port it is for, FWD_LPORT_NONE: no more */
	uint16_t to;          /* and it leaves by: of a list, the trunk */
	uint32_t list;        /* which the next copy goes to, 0: none */
	uint32_t going;       /* TO_LIST: the list whose members are visited */
	bool has_c_tag;       /* copy for a list */
	unsigned n_trunks;
	struct {
		uint16_t trunk;
		bool is_served; /* by the copy for a list, which reaches all its VIFs */
		uint32_t list;
	} trunk[RELAY_TRUNKS];
};
struct relay_result { /* filled by relay_rx(), used up by relay_next_copy(); opaque to callers but for the first two */
	enum relay_verdict verdict;
	enum fwd_drop drop; /* when dropped as a whole */
	bool unknown_source; /* DRP: the source belongs to no VSI bound there; src and vid are set (binding by MAC) */
	struct mac src;
	uint16_t vid;   /* VLAN the frame was classified to */
	uint16_t lport; /* it came in by: of the channel or VIF, if its tag said so */
	struct relay_walk walk;
};
/** `frame` from the destination address on, without FCS; `lport` is the device's. Control frames never get here. */
void relay_rx(struct relay *r, uint16_t lport, struct span frame, struct mono now, struct relay_result *ret);
bool relay_next_copy(struct relay *r, struct relay_result *res, struct relay_copy *ret);

void relay_on_time(struct relay *r, struct mono now); /* ageing */
struct mono relay_deadline(const struct relay *r);

struct relay_port_counters {
	uint64_t rx_frames, rx_octets, tx_frames, tx_octets,
		reflected; /* rrReflected: copies out of the ingress port */
	uint64_t drops[FWD_N_DROPS];
	uint64_t kernel_frames; /* of rx_frames, those that another driver dealt with (relay_count()) */
	uint64_t learn_full;    /* addresses not learned: table or DRP limit */
	uint64_t learn_refused; /* sources that a VSI associated on another port owns: relayed, not moved */
};
/** NULL: no such port. */
const struct relay_port_counters *relay_port_counters(const struct relay *r, uint16_t lport);
struct relay_vsi_counters {
	uint64_t rx_frames, rx_octets, tx_frames, tx_octets;
};
/** Sum over the admissions of one owner; tx counts unicast copies to its addresses. */
struct relay_vsi_counters relay_vsi_counters(const struct relay *r, uint16_t lport, uint32_t owner);
/** When a frame of one of them came in last; zero: never. */
struct mono relay_vsi_last_seen(const struct relay *r, uint16_t lport, uint32_t owner);
/** VSIs that have addresses admitted on the port. */
unsigned relay_port_vsis(const struct relay *r, uint16_t lport);
/** Does a copy for the port go without a C-tag in this VLAN? */
bool relay_port_is_untagged(const struct relay *r, uint16_t lport, uint16_t vid);
/** NULL: no such port. */
const struct fwd_port *relay_port(const struct relay *r, uint16_t lport);
bool relay_port_has_vlan(const struct relay *r, uint16_t lport, uint16_t vid);

struct relay_fdb_row {
	uint16_t component, lport, vid;
	struct mac mac;
	bool is_static;
	struct mono seen; /* learned entries: last frame */
};
/** Walk the FDB: pass 0 first, then the returned cookie; 0 means the walk is over. */
uint32_t relay_fdb_walk(const struct relay *r, uint32_t cookie, struct relay_fdb_row *ret, bool *ret_valid);
uint32_t relay_fdb_count(const struct relay *r);
const char *fwd_drop_name(enum fwd_drop d); /* "not_associated" ... */

#endif
