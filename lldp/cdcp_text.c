/*
 * cdcp_text.c - what a CDCP machine tells people: its state, its peer, and why a channel is missing (evb-reference 4.2,
 * 4.3). Reads the machine only.
 */
#include <stdio.h>

#include "cdcp_sm.h"
#include "names.h"

static enum cdcp_why why_no_peer(enum cdcp_peer p)
{
	switch (p) {
	case CDCP_PEER_ROLE_CONFLICT:
		return CDCP_WHY_ROLE_CONFLICT;
	case CDCP_PEER_NO_SCOMP:
		return CDCP_WHY_NO_SCOMP;
	case CDCP_PEER_MANY:
		return CDCP_WHY_MANY;
	case CDCP_PEER_NONE:
	case CDCP_PEER_OK:
		break;
	}
	return CDCP_WHY_NO_PEER;
}

/* Is there room for it within `cap` of the lowest wanted? */
static bool is_within(const struct cdcp_sm *sm, uint16_t wanted, unsigned cap)
{
	uint16_t scid = 0;

	while (cap-- > 0 && scid < wanted)
		scid = cdcp_set_next(&sm->wants, scid);
	return scid >= wanted;
}

static enum cdcp_why why_not_given(const struct cdcp_sm *sm, uint16_t scid)
{
	for (unsigned i = 0; i < sm->peer.n_pairs && !cdcp_set_has(&sm->unheard, scid); i++)
		if (sm->peer.pair[i].scid == scid)
			return CDCP_WHY_NO_SVID;
	return CDCP_WHY_NOT_IN_LIST;
}

enum cdcp_why cdcp_sm_why(const struct cdcp_sm *sm, uint16_t scid)
{
	bool is_bridge = sm->cfg.role == CDCP_ROLE_BRIDGE;

	if (scid > CDCP_ID_MAX || cdcp_sm_svid(sm, scid) != 0)
		return CDCP_WHY_NONE;
	if (is_bridge)
		return sm->state == CDCP_RUNNING && cdcp_set_has(&sm->asked, scid) ? CDCP_WHY_POOL_EMPTY
										   : CDCP_WHY_NONE;
	if (!cdcp_set_has(&sm->wants, scid))
		return CDCP_WHY_NONE;
	if (!sm->cfg.is_enabled)
		return CDCP_WHY_DISABLED;
	if (!sm->is_operational)
		return CDCP_WHY_PORT_DOWN;
	if (!is_within(sm, scid, sm->cfg.chn_cap))
		return CDCP_WHY_OWN_CAP;
	if (sm->state != CDCP_RUNNING)
		return why_no_peer(sm->peer_is);
	return cdcp_set_has(&sm->asked, scid) ? why_not_given(sm, scid) : CDCP_WHY_PEER_CAP;
}

void cdcp_why_text(const struct cdcp_sm *sm, enum cdcp_why why, char ret[CDCP_WHY_TEXT])
{
	static const struct name_row texts[] = {
		{ CDCP_WHY_DISABLED, "CDCP is off" },
		{ CDCP_WHY_PORT_DOWN, "the port is down" },
		{ CDCP_WHY_NO_PEER, "no CDCP heard from the bridge" },
		{ CDCP_WHY_ROLE_CONFLICT, "the other end is a station too" },
		{ CDCP_WHY_NO_SCOMP, "the bridge can't do S-channels" },
		{ CDCP_WHY_MANY, "more than one LLDP neighbour" },
		{ CDCP_WHY_NOT_IN_LIST, "not in the bridge's list" },
		{ CDCP_WHY_NO_SVID, "the bridge gave no SVID" },
		{ CDCP_WHY_POOL_EMPTY, "no SVID is free" },
		{ 0, NULL },
	};

	if (why == CDCP_WHY_OWN_CAP)
		snprintf(ret, CDCP_WHY_TEXT, "more than our own %u channels", (unsigned)sm->cfg.chn_cap);
	else if (why == CDCP_WHY_PEER_CAP)
		snprintf(ret, CDCP_WHY_TEXT, "more than the bridge's %u channels", (unsigned)sm->peer_cap);
	else
		snprintf(ret, CDCP_WHY_TEXT, "%s", names_text(texts, (int)why, ""));
}

const char *cdcp_state_name(enum cdcp_state s)
{
	static const struct name_row names[] = {
		{ CDCP_NOT_RUNNING, "not_running" },
		{ CDCP_WAIT_PEER, "wait_peer" },
		{ CDCP_RUNNING, "running" },
		{ CDCP_HOLDING, "holding" },
		{ 0, NULL },
	};

	return names_text(names, (int)s, "unknown");
}

const char *cdcp_peer_name(enum cdcp_peer p)
{
	static const struct name_row names[] = {
		{ CDCP_PEER_NONE, "none" },
		{ CDCP_PEER_OK, "ok" },
		{ CDCP_PEER_ROLE_CONFLICT, "role_conflict" },
		{ CDCP_PEER_NO_SCOMP, "no_svlan_component" },
		{ CDCP_PEER_MANY, "many" },
		{ 0, NULL },
	};

	return names_text(names, (int)p, "unknown");
}
