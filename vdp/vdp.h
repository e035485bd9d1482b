/* VDP values shared by codecs, machines, tables and the type database (802.1Q clause 41; evb-reference 6). */
#ifndef EVB_VDP_H
#define EVB_VDP_H

#include <stdbool.h>
#include <stdint.h>

#include "mac.h"
#include "mono.h"

enum vdp_role { VDP_STATION, VDP_BRIDGE };

/** Association TLV types; also the order of commands (41.2; evb-reference 6.1). */
enum vdp_op { VDP_PREASSOC = 1, VDP_PREASSOC_RR = 2, VDP_ASSOC = 3, VDP_DEASSOC = 4 };

/** Error code of a response, low nibble of the status octet (6.3). Above 5 they are finer than what 802.1Q has on the
 * wire: a dialect that can't tell them says OTHER, or NO_MANAGER
 * (vdp_dialect.h). */
enum vdp_error {
	VDP_E_SUCCESS = 0,
	VDP_E_FORMAT = 1,
	VDP_E_RESOURCES = 2,
	VDP_E_NO_MANAGER = 3,
	VDP_E_OTHER = 4,
	VDP_E_ADDRESS = 5,
	VDP_E_TYPE_UNKNOWN = 6,
	VDP_E_TYPE_DENIED = 7, /* known, but not for this VSI */
	VDP_E_TYPE_VERSION = 8,
	VDP_E_OUT_OF_SYNC = 9, /* the peer does not know the VSI as we do */
	VDP_E_MANAGER_UNKNOWN = 10,
	VDP_E_LAST = VDP_E_MANAGER_UNKNOWN,
};

/** Status octet (6.3). */
enum {
	VDP_STATUS_RESPONSE = 0x40,
	VDP_STATUS_S = 0x20,
	VDP_STATUS_M = 0x10, /* request: suspended, migrating */
	VDP_STATUS_KEEP = 0x20,
	VDP_STATUS_HARD = 0x10, /* response */
	VDP_STATUS_ERROR = 0x0f,
};

enum vdp_filter_format {
	VDP_FILTER_VID = 1,
	VDP_FILTER_MAC_VID = 2,
	VDP_FILTER_GROUP_VID = 3,
	VDP_FILTER_GROUP_MAC_VID = 4,
};
enum { VDP_VID_MASK = 0x0fff, VDP_VID_RESERVED = 4095 };

struct vdp_filter {
	uint32_t group_id; /* formats 3 and 4 */
	struct mac mac;    /* formats 2 and 4 */
	uint16_t vid;      /* 0: null, the bridge chooses */
	uint8_t pcp;       /* 0..7, meaningful with has_pcp (the PS bit) */
	bool has_pcp;
};

enum vsi_id_format { VSI_ID_IPV4 = 1, VSI_ID_IPV6 = 2, VSI_ID_MAC = 3, VSI_ID_LOCAL = 4, VSI_ID_UUID = 5 };

/** VSIID: compared as 17 opaque octets, never by parsed content (6.3 [R]). */
struct vsi_id {
	uint8_t format;
	uint8_t id[16];
};
/** VSI manager ID: an opaque key, normally an IPv6 address; all zeros: not stated (6.2). */
struct vdp_manager {
	uint8_t id[16];
};

/** What a request names beside the filters; equal in a request and its response. */
struct vdp_subject {
	struct vsi_id vsi;
	struct vdp_manager manager;
	uint32_t type_id; /* VTID, 24 bits */
	uint8_t type_version;
};

/** Confirmed state of a VSI (vsiState). */
enum vdp_state { VDP_STATE_NONE = 0, VDP_STATE_PREASSOC = 1, VDP_STATE_PREASSOC_RR = 2, VDP_STATE_ASSOC = 3 };

/** Operational parameters of a port (6.6); from the EVB negotiation. */
struct vdp_params {
	uint8_t retries, rte, rwd, rka;
	bool group_ids; /* BGID and SGID are both set */
};

struct dur vdp_ack_time(const struct vdp_params *p);            /* 10 us * 2^RTE, at least 1 ms */
struct dur vdp_resource_wait_delay(const struct vdp_params *p); /* 10 us * 2^RWD, at least 1 ms */
struct dur vdp_resp_wait_delay(const struct vdp_params *p);     /* 1.5 * ((2R+1) * ack + 10 us * 2^RWD) */
struct dur vdp_reinit_keep_alive(const struct vdp_params *p);   /* 10 us * 2^RKA, at least 1 ms */
struct dur vdp_tout_keep_alive(const struct vdp_params *p);     /* 1.5 * ((2R+1) * ack + 10 us * 2^RKA) */

/** The waits of a port, worked out once from its parameters by the dialect in force (vdp_dialect.h). */
struct vdp_timers {
	struct dur resource_wait_delay;
	struct dur resp_wait_delay;
	struct dur reinit_keep_alive;
	struct dur tout_keep_alive;
};

bool vsi_id_equal(const struct vsi_id *a, const struct vsi_id *b);
bool vdp_manager_equal(const struct vdp_manager *a, const struct vdp_manager *b);
const char *vdp_op_name(enum vdp_op op);      /* "associate" ... */
const char *vdp_error_text(unsigned error);   /* "insufficient resources" ... */
const char *vdp_state_name(enum vdp_state s); /* "none", "preassociated", "preassociated_rr", "associated" */

enum { VSI_ID_TEXT = 64, VDP_MANAGER_TEXT = 48 };
/** Canonical text: UUID, MAC, IPv4, IPv6, or hex for the local format. */
const char *vsi_id_format(const struct vsi_id *id, char text[VSI_ID_TEXT]);
/** The form decides the format: UUID, MAC, dotted IPv4, IPv6, "local:HEX" (1..16 octets, right-aligned). */
bool vsi_id_parse(const char *text, struct vsi_id *ret);
/** IPv6 text (::ffff:a.b.c.d as dotted); printable ASCII managers of lldpad keep their IPv6 form too. */
const char *vdp_manager_format(const struct vdp_manager *m, char text[VDP_MANAGER_TEXT]);
/** IPv6, IPv4 (becomes ::ffff:a.b.c.d) or 32 hex digits. */
bool vdp_manager_parse(const char *text, struct vdp_manager *ret);

#endif
