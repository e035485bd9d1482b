/* Between the EVB TLV of draft 0.2 and the values that the EVB machine negotiates (evb-reference 7.1). */
#ifndef EVB_EVB_DRAFT_H
#define EVB_EVB_DRAFT_H

#include "evb_sm.h"

enum {
	EVB_DRAFT_RETRIES = 2
}; /* three transmissions of an ECPDU, whatever was negotiated (evb-reference 7.2) */

/** The peer's TLV as the ratified protocol would say it, for an end in role `own`. */
struct evb_tlv evb_draft_read(const struct evb_draft_tlv *peer, enum evb_mode own);
/** RTE in force: the larger, if both ends have one. */
uint8_t evb_draft_rte(uint8_t own, const struct evb_draft_tlv *peer);
/** Have both ends ECP and VDP? */
bool evb_draft_can_vdp(const struct evb_draft_tlv *peer);
/** The TLV to advertise. */
struct evb_draft_tlv evb_draft_local(const struct evb_sm *sm);

#endif
