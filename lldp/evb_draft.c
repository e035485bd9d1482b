/*
 * evb_draft.c - what the EVB TLV of draft 0.2 says, in the words of the ratified one, and the reverse (evb-reference
 * 7.1).
 *
 *   draft                             ratified
 *   station's CMODE has RR            RRREQ; and RRSTAT on, once CCAP shows that it has heard the bridge
 *   bridge's SMODE has RR             RRCAP
 *   bridge's CMODE has RR             RRCTR, under the same condition
 *   CCAP is 0                         has not heard us (RRSTAT unknown): nothing has been agreed yet
 *   the peer's role                   the other one
 *
 * Both ends send "configured" as what they work out from the peer's "supported". A station asks for RR in its first
 * TLV already, before it has heard whether the bridge can do it, as other implementations do. A bridge shows RR in
 * CMODE only while it does reflect, so that a station can tell.
 */
#include "evb_draft.h"

enum {
	OWN_CAPS = EVB_DRAFT_RTE | EVB_DRAFT_ECP | EVB_DRAFT_VDP,
	VDP_CAPS = EVB_DRAFT_ECP | EVB_DRAFT_VDP,
};

static uint8_t rrstat_of(const struct evb_draft_tlv *t)
{
	if (t->ccap == 0)
		return EVB_RRSTAT_UNKNOWN;
	return t->cmode & EVB_DRAFT_RR ? EVB_RRSTAT_ON : EVB_RRSTAT_OFF;
}

struct evb_tlv evb_draft_read(const struct evb_draft_tlv *peer, enum evb_mode own)
{
	uint8_t rrstat = rrstat_of(peer);

	if (own == EVB_MODE_BRIDGE)
		return (struct evb_tlv){ .mode = EVB_MODE_STATION,
			.station_raw = (uint8_t)((peer->cmode & EVB_DRAFT_RR ? EVB_RRREQ : 0) | rrstat),
			.retries = EVB_DRAFT_RETRIES,
			.rte = peer->rte };
	return (struct evb_tlv){ .mode = EVB_MODE_BRIDGE,
		.bridge_raw = (uint8_t)((peer->smode & EVB_DRAFT_RR ? EVB_RRCAP : 0) |
					(rrstat == EVB_RRSTAT_ON ? EVB_RRCTR : 0)),
		.retries = EVB_DRAFT_RETRIES,
		.rte = peer->rte };
}

uint8_t evb_draft_rte(uint8_t own, const struct evb_draft_tlv *peer)
{
	return own > 0 && (peer->scap & EVB_DRAFT_RTE) && peer->rte > own ? peer->rte : own;
}

bool evb_draft_can_vdp(const struct evb_draft_tlv *peer)
{
	return (peer->scap & VDP_CAPS) == VDP_CAPS;
}

/** Is RR configured? */
static bool has_rr(const struct evb_sm *sm, bool is_heard)
{
	if (sm->cfg.role == EVB_MODE_BRIDGE)
		return sm->oper.rr_active;
	return sm->oper.rr_requested && (!is_heard || (sm->heard.draft.smode & EVB_DRAFT_RR));
}

struct evb_draft_tlv evb_draft_local(const struct evb_sm *sm)
{
	bool is_heard = sm->oper.peer == EVB_PEER_OK;
	bool can_vdp = is_heard && evb_draft_can_vdp(&sm->heard.draft);

	return (struct evb_draft_tlv){
		.smode = EVB_DRAFT_STANDARD | (sm->cfg.reflective_relay ? EVB_DRAFT_RR : 0),
		.scap = OWN_CAPS,
		.cmode = has_rr(sm, is_heard) ? EVB_DRAFT_RR : EVB_DRAFT_STANDARD,
		.ccap = is_heard ? OWN_CAPS & sm->heard.draft.scap : 0,
		.svsi = can_vdp ? sm->cfg.max_vsis : 0,
		.cvsi = can_vdp ? sm->n_vsis : 0,
		.rte = sm->cfg.rte,
	};
}
