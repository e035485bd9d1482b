/* The VIF-naming TLV of evbd's profile: behind its association TLV a VSI names the VIF it lives on (csp_num.h). */
#ifndef EVB_VIF_TLV_H
#define EVB_VIF_TLV_H

#include "csp_num.h"
#include "tlv.h"
#include "vntag_hdr.h"

enum { VIF_TLV_OCTETS = TLV_HEADER + CSP_VIF_LEN };

struct vif_name {
	enum vntag_format format;
	uint32_t channel; /* unicast (3.6) */
};

enum vif_tlv_err {
	VIF_TLV_OK,
	VIF_TLV_NONE,    /* no such TLV: the VSI is on no VIF */
	VIF_TLV_LENGTH,  /* value is not 9 octets */
	VIF_TLV_FORMAT,  /* neither E-TAG nor VN-Tag */
	VIF_TLV_CHANNEL, /* not a number a VIF can have */
	VIF_TLV_TWICE,   /* more than one */
	VIF_TLV_OVERRUN, /* the span is no list of TLVs */
	VIF_TLV_N_ERRS,
};

/** Append the whole TLV, header included. If it does not fit, w turns bad and keeps its old length. */
void vif_tlv_encode(struct vif_name v, struct wr *w);
/** Find it among the org-defined TLVs of a VSI (struct vdp_assoc.org: headers included). TLVs of others are skipped.
 * *ret is written on OK. */
enum vif_tlv_err vif_tlv_find(struct span org, struct vif_name *ret);
const char *vif_tlv_err_name(enum vif_tlv_err e);

#endif
