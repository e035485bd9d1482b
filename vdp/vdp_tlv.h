/*
 * VDP payload codec: the VSI manager ID TLV, association TLVs with the four filter info formats, and the walk over
 * a whole payload (802.1Q 41.2; evb-reference 6.1-6.4, 6.9).
 */
#ifndef EVB_VDP_TLV_H
#define EVB_VDP_TLV_H

#include "tlv.h"
#include "vdp.h"

enum {
	VDP_TLV_MANAGER = 5,
	VDP_MANAGER_LEN = 16,
	VDP_ASSOC_FIXED = 25,
	VDP_FILTERS_MAX = (TLV_VALUE_MAX - VDP_ASSOC_FIXED) /
			  2, /* entries of format 1 that 511 octets hold */
};

struct vdp_assoc { /* a decode buffer, never stored */
	enum vdp_op op;
	enum vdp_op answers; /* of a refusal in the De-Associate form: the command it answers; 0: not told */
	uint8_t status;      /* raw, VDP_STATUS_* */
	uint32_t type_id;
	uint8_t type_version;
	struct vsi_id vsi;
	uint8_t format; /* enum vdp_filter_format */
	uint16_t n_filters;
	struct vdp_filter filters[VDP_FILTERS_MAX];
	struct span org; /* the org-defined TLVs (headers included) that follow it; borrowed */
};

enum vdp_err {
	VDP_OK,
	VDP_ERR_SHORT,
	VDP_ERR_LENGTH,
	VDP_ERR_FORMAT,
	VDP_ERR_ID_FORMAT,
	VDP_ERR_COUNT,
	VDP_ERR_IGNORED, /* malformed in a dialect that passes over such a TLV without an answer */
};

/** Octets of one entry of a filter format; 0 for an unknown format. */
unsigned vdp_filter_entry_len(uint8_t format);
/** Entries of a format that fit one TLV. */
unsigned vdp_filter_max(uint8_t format);

/** Decode a TLV value (header already removed). On VDP_OK all of *ret is set but `org`. On LENGTH, FORMAT, ID_FORMAT
 * and COUNT (N = 0 outside De-Associate) the fixed part is set and n_filters is 0, so that a refusal can name the
 * VSI. On SHORT nothing is written. Reserved bits are ignored. */
enum vdp_err vdp_assoc_decode(enum vdp_op op, struct span value, struct vdp_assoc *ret);
/** Append a complete TLV and its org TLVs. If it does not fit, w turns bad and keeps its old length. */
void vdp_assoc_encode(const struct vdp_assoc *a, struct wr *w);
/** Octets vdp_assoc_encode() needs. */
size_t vdp_assoc_octets(uint8_t format, unsigned n_filters, size_t org_len);
void vdp_manager_encode(const struct vdp_manager *m, struct wr *w);
const char *vdp_err_name(enum vdp_err e);

/** Walk over a payload. vdp_pdu_open() checks it whole before any TLV is acted on: exactly one manager TLV of length
 * 16 and first, no overrun. Then vdp_pdu_next() gives one association TLV after the other. */
enum vdp_pdu_err { VDP_PDU_OK, VDP_PDU_NO_MANAGER, VDP_PDU_MANAGER_TWICE, VDP_PDU_OVERRUN };
struct vdp_pdu {
	struct vdp_manager manager;
	struct rd r;
	bool has_end; /* an End TLV closes it (padding counts) */
};
struct vdp_pdu_item {
	enum vdp_op op;
	struct vdp_manager manager; /* whose VSI it is */
	struct span value;          /* association TLV value */
	struct span org;            /* org-defined TLVs that follow, headers included */
};
enum vdp_pdu_err vdp_pdu_open(struct span sdu, struct vdp_pdu *ret);
bool vdp_pdu_next(struct vdp_pdu *p, struct vdp_pdu_item *ret);

#endif
