/*
 * evb_agent.c - EVB on top of an LLDP agent (802.1Q clause 40; evb-reference 2.5, 3.3, 3.4).
 *
 * The only code that knows both. It keeps nothing: the agent holds the neighbour, evb_sm what was heard. EVB works
 * between exactly two systems, so a TLV is looked for only when there is a single neighbour.
 */
#include "evb_agent.h"

#include "evb_draft.h"

enum { VALUE_MAX = EVB_DRAFT_LEN };

bool evb_from_agent(const struct lldp_agent *a, struct evb_heard *ret, unsigned *ret_n_neighbours)
{
	const struct lldp_known ratified = EVB_TLV_KNOWN, draft = EVB_DRAFT_KNOWN;
	struct lldp_pdu pdu;
	struct span value;

	*ret = (struct evb_heard){ 0 };
	*ret_n_neighbours = 0;
	if (!a->is_operational)
		return false;
	*ret_n_neighbours = lldp_agent_n_neighbours(a) + lldp_rx_has_too_many(&a->rx);
	if (*ret_n_neighbours != 1 || lldp_agent_n_neighbours(a) != 1)
		return false;
	lldp_neighbour_pdu(lldp_agent_neighbour(a, 0), &pdu);
	ret->has_ratified = lldp_pdu_find_org(&pdu, &ratified, &value) &&
			    evb_tlv_decode(value, &ret->ratified);
	ret->has_draft = lldp_pdu_find_org(&pdu, &draft, &value) && evb_draft_tlv_decode(value, &ret->draft);
	return ret->has_ratified || ret->has_draft;
}

static struct span encode(const struct evb_sm *sm, uint8_t octets[VALUE_MAX])
{
	struct wr w = wr_init(octets, VALUE_MAX);
	struct evb_tlv ratified;
	struct evb_draft_tlv draft;

	if (!sm->cfg.is_enabled)
		return wr_span(&w);
	if (sm->cfg.edition == QBG_DRAFT) {
		draft = evb_draft_local(sm);
		evb_draft_tlv_encode(&draft, &w);
	} else {
		ratified = evb_sm_local(sm);
		evb_tlv_encode(&ratified, &w);
	}
	return wr_span(&w);
}

void evb_to_agent(const struct evb_sm *sm, struct lldp_agent *a, unsigned slot, struct mono now)
{
	uint8_t octets[VALUE_MAX];

	lldp_agent_set_org(a, slot, encode(sm, octets), now);
}

void evb_to_agent_later(const struct evb_sm *sm, struct lldp_agent *a, unsigned slot)
{
	uint8_t octets[VALUE_MAX];

	lldp_agent_update_org(a, slot, encode(sm, octets));
}
