/*
 * VSI type database, the bridge's view of a VSI manager (802.1Q 41.1; evb-reference 6.8).
 *
 * The bridge machine asks; a driver answers at once or later. Drivers: the file driver (conf/types.conf, decided by
 * vtdb_decide() below), test drivers, and others to come. A query's pointers are valid during the call only.
 */
#ifndef EVB_VTDB_H
#define EVB_VTDB_H

#include "span.h"
#include "vdp_tlv.h"

enum { VTDB_REASON = 80 };

/** Names the question; an answer with an old handle is ignored (VDPB-10). */
struct vtdb_handle {
	uint32_t vsi;    /* index in the port's table */
	uint32_t number; /* of the question */
};

struct vtdb_query {
	struct vdp_subject subject;
	enum vdp_op op;                  /* PREASSOC, PREASSOC_RR or ASSOC */
	enum vdp_state state;            /* what the VSI is now */
	bool is_migrating, is_suspended; /* M and S bits */
	bool group_ids;                  /* GroupIDs may be used on this port */
	uint8_t format;
	uint16_t n_filters;
	const struct vdp_filter *filters;
	struct span org; /* org-defined TLVs of the request */
};

struct vtdb_answer {
	uint8_t error;                              /* enum vdp_error, all of them; VDP_E_SUCCESS grants */
	bool is_hard;                               /* refusal is permanent */
	bool is_keep;                               /* refusal leaves an existing VSI as it was */
	char reason[VTDB_REASON];                   /* for operators; empty when granted */
	uint16_t n_filters;                         /* granted: as many as asked, in the same order */
	struct vdp_filter filters[VDP_FILTERS_MAX]; /* final VIDs and PCPs */
	struct span org; /* org-defined TLVs to echo; borrowed until the answer is handed over */
};

/* ---- the file driver's records and its pure decision ---- */

struct vtdb_vid_range {
	uint16_t low, high;
};
struct vtdb_group {
	uint32_t group_id;
	uint16_t vid;
};

struct vtdb_type {
	struct vdp_manager manager; /* whose type it is */
	uint32_t type_id;
	uint8_t version_low, version_high;
	const char *name;
	unsigned n_vids; /* allowed VIDs; 0: any 1..4094 */
	const struct vtdb_vid_range *vids;
	uint16_t default_vid; /* for null VIDs; 0: none, a null VID is refused */
	bool has_pcp;
	uint8_t pcp; /* default priority given to the station */
	unsigned n_groups;
	const struct vtdb_group *groups;
	unsigned max_macs; /* 0: no limit of its own */
	unsigned n_vsis;   /* who may use it; 0: anyone */
	const struct vsi_id *vsis;
	unsigned n_macs; /* MAC addresses that may be used; 0: any */
	const struct mac *macs;
	bool is_refused; /* a type that is always refused, with its reason */
	uint8_t refuse_error;
	bool refuse_hard;
	const char *refuse_reason; /* NULL: a default text */
	bool echo_org;             /* return the request's org-defined TLVs */
};

struct vtdb_types {
	unsigned n_types;
	const struct vtdb_type *types; /* sorted by manager, type id, version_low */
	bool has_default_manager;
	struct vdp_manager default_manager; /* for requests with an all-zero manager id (VDPB-22) */
};

/** Decide a query against the records. Always answers; unknown manager; unknown type, unknown version, type
 * denied, which are Hard: each with its own code. */
void vtdb_decide(const struct vtdb_types *db, const struct vtdb_query *q, struct vtdb_answer *ret);

#endif
