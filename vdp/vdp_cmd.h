/*
 * A command about one VSI - type, manager, filters, organizational TLVs - as one piece of the table's pool. Both
 * roles keep up to three per VSI: in force, being asked, waiting (vdp_table_priv.h).
 */
#ifndef EVB_VDP_CMD_H
#define EVB_VDP_CMD_H

#include "buddy.h"
#include "vdp_table.h"

/** One entry of the TLV: which filter it is, and the PS/PCP/VID element it was asked with. */
struct vdp_cmd_entry {
	uint16_t filter;
	uint16_t asked;
};

struct vdp_cmd {
	struct vdp_manager manager;
	uint32_t type_id;
	uint8_t type_version;
	uint8_t op;
	uint8_t format;
	uint8_t bits;                /* VDP_STATUS_S, VDP_STATUS_M */
	uint16_t n;                  /* filters, repeats collapsed */
	uint16_t n_entries;          /* entries of the TLV */
	uint16_t org_len;            /* octets */
	uint16_t org_cap;            /* octets there is room for */
	uint32_t asked_org;          /* digest of the organizational TLVs as they were asked with */
	struct vdp_filter filters[]; /* with the VIDs in force; then n_entries vdp_cmd_entry; then org TLVs */
};

/** NULL when the pool is full. `echo_repeats`: repeated filters stay entries of the TLV, for a response must have the
 * form of its request; otherwise they go. */
struct vdp_cmd *vdp_cmd_new(struct buddy *pool, const struct vdp_request *rq, bool echo_repeats);
/** The org TLVs become `org`, in a new piece if there is no room. False, and unchanged, when the pool is full. */
bool vdp_cmd_set_org(struct buddy *pool, struct vdp_cmd **cmd, struct span org);
struct span vdp_cmd_org(const struct vdp_cmd *c);

/** 802.1Q leaves these to the sender: VID 4095, group or zero MAC, GroupID 0, null VID beside others in format 1. */
bool vdp_filters_are_legal(uint8_t format, unsigned n, const struct vdp_filter *filters);

/** Same type, version, manager and filter format (the VSIID is the table's). */
bool vdp_cmd_same_key(const struct vdp_cmd *c, const struct vdp_subject *s, uint8_t format);
/** Does the request repeat the command, with the VIDs as they were asked or as they were returned, and with the same
 * organizational TLVs or none? They may be what the decision depends on, as the VIF of port extension. */
bool vdp_cmd_is_repeated(const struct vdp_cmd *c, const struct vdp_request *rq);
/** Same filters in force. NULL: no filters. */
bool vdp_cmd_same_filters(const struct vdp_cmd *a, const struct vdp_cmd *b);

/** The command as its request had it, entry by entry, and beside it the same with the VIDs and PCPs in force. */
void vdp_cmd_save(
	const struct vdp_cmd *c, struct vdp_filter room[2 * VDP_FILTERS_MAX], struct vdp_saved *ret);
/** The reverse. NULL when the pool is full. */
struct vdp_cmd *vdp_cmd_restore(struct buddy *pool, const struct vdp_saved *s);

/** Station: does the list of a response fit the request (evb-reference 6.7)? */
bool vdp_cmd_fits_answer(const struct vdp_cmd *c, const struct vdp_assoc *answer);
/** Station: take over the VIDs and PCPs of a response that fits. True if that changed one. */
bool vdp_cmd_take_answer(struct vdp_cmd *c, const struct vdp_assoc *answer);
/** Station: back to the VIDs and PCPs that were asked for. */
void vdp_cmd_forget_answer(struct vdp_cmd *c);
/** Bridge: take over the type database's VIDs and, if the dialect has them, PCPs. False, and unchanged, when they
 * contradict the request. */
bool vdp_cmd_grant(struct vdp_cmd *c, unsigned n, const struct vdp_filter *filters, bool with_pcp);

/** The association TLV to encode; ret->org points into the command. */
void vdp_cmd_assoc(const struct vdp_cmd *c, const struct vsi_id *id, enum vdp_op op, uint8_t status,
	bool with_org, struct vdp_assoc *ret);

#endif
