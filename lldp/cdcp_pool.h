/*
 * The SVIDs that a bridge gives to the S-channels of one UAP (802.1Q clause 42; evb-reference 4.2 "Bridge"): a range, of
 * which the one that has been free for longest is given first, and SVIDs that the administrator fixed to an SCID.
 * Used by cdcp_sm.c only; declared here because the caller owns the memory.
 */
#ifndef EVB_CDCP_POOL_H
#define EVB_CDCP_POOL_H

#include "cdcp_set.h"
#include "cdcp_tlv.h"
#include "mono.h"

enum { CDCP_QUARANTINE_S = 10 }; /* so long an SVID is for no other SCID if one can help it: late frames */

struct cdcp_svid {
	uint16_t next,
		prev;  /* in the list of free SVIDs; next may also say that it is owned or out of reach */
	uint16_t scid; /* its owner, or the last one; 0: it never had any */
	uint16_t fixed_for; /* SCID that alone may have it; 0: none */
	struct mono freed_at;
};

struct cdcp_pool {
	uint16_t low, high;                     /* the range, ends included */
	uint16_t fixed[CDCP_ID_MAX + 1];        /* per SCID: the SVID that is fixed for it; 0: none */
	struct cdcp_svid svid[CDCP_ID_MAX + 1]; /* [0] is both ends of the list of free ones, oldest first */
};

void cdcp_pool_init(struct cdcp_pool *p, uint16_t low, uint16_t high);
/** Another range. What is owned stays owned; see cdcp_pool_allows(). */
void cdcp_pool_set_range(struct cdcp_pool *p, uint16_t low, uint16_t high);
/** Replaces all fixed pairs. They may lie outside the range; each SCID and SVID stands at most once. */
void cdcp_pool_set_fixed(struct cdcp_pool *p, const struct cdcp_pair *fixed, unsigned n);
/** May this SCID have this SVID, as configured now? */
bool cdcp_pool_allows(const struct cdcp_pool *p, uint16_t scid, uint16_t svid);
/** The SVID fixed for `scid`, otherwise `svid` if that is allowed, free and was no other SCID's within the last 10 s.
 * 0: neither. */
uint16_t cdcp_pool_claim(struct cdcp_pool *p, uint16_t scid, uint16_t svid, struct mono now);
/** The SVID that has been free for longest and is none of `but`; 0: none is free. Not for an SCID that has a fixed one. */
uint16_t cdcp_pool_take(struct cdcp_pool *p, uint16_t scid, const struct cdcp_set *but);
/** Give back an SVID that is owned. */
void cdcp_pool_free(struct cdcp_pool *p, uint16_t svid, struct mono now);

#endif
