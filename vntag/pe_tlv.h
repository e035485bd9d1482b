/* LLDP Port Extension TLV and the choice of the upstream port (port-extension-reference 3.3). */
#ifndef EVB_PE_TLV_H
#define EVB_PE_TLV_H

#include "mac.h"
#include "tlv.h"

enum {
	PE_TLV_OUI = 0x0080c2,
	PE_TLV_SUBTYPE = 0x0f,
	PE_TLV_KEY = PE_TLV_OUI << 8 | PE_TLV_SUBTYPE,
	PE_TLV_LEN = 17,         /* OUI, subtype and 13 octets */
	PE_PRIORITY_NONE = 255,  /* not a cascade port */
	PE_PRIORITY_WORST = 254, /* of a cascade port */
};

struct pe_tlv {
	uint8_t priority; /* cascade port priority, lower wins; PE_PRIORITY_NONE: no upstream port for anyone */
	struct mac pe;    /* identifies the PE or CB */
	struct mac pe_csp; /* where PE-CSP for this port goes */
};

enum pe_tlv_err { PE_TLV_OK, PE_TLV_OTHER, PE_TLV_LENGTH, PE_TLV_N_ERRS };

/** Decode a whole TLV value, OUI included. OTHER: it is no Port Extension TLV. LENGTH: it is one and not 17 octets long,
 * to be ignored and counted. *ret is written on OK. */
enum pe_tlv_err pe_tlv_decode(struct span value, struct pe_tlv *ret);
/** Append the TLV value (17 octets, without type and length). */
void pe_tlv_encode(const struct pe_tlv *t, struct wr *w);
const char *pe_tlv_err_name(enum pe_tlv_err e);

/** A port that may become the upstream port. */
struct pe_uplink {
	bool is_heard; /* the link is up and tlv is what its one neighbour says */
	struct pe_tlv tlv;
};
#define PE_NO_UPSTREAM UINT32_MAX

/** Which of `n` is the upstream port: lowest priority, then lowest PE-CSP address, then lowest index. */
uint32_t pe_elect(const struct pe_uplink *uplinks, uint32_t n);
/** Priority a PE gives its own cascade ports: one worse than its upstream port's, NONE without one (NULL). */
uint8_t pe_cascade_priority(const struct pe_tlv *upstream);

#endif
