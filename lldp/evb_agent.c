/*
 * evb_agent.c - EVB on top of an LLDP agent (802.1Q clause 40; evb-reference 2.5, 3.3, 3.4).
 *
 * The only code that knows both. It keeps nothing: the agent holds the neighbour, evb_sm what was heard. EVB works
 * between exactly two systems, so a TLV is looked for only when there is a single neighbour.
 */
#include "evb_agent.h"

bool evb_from_agent(const struct lldp_agent *a, struct evb_tlv *ret, unsigned *ret_n_neighbours)
{
	const struct lldp_known evb = EVB_TLV_KNOWN;
	struct lldp_pdu pdu;
	struct span value;

	*ret_n_neighbours = 0;
	if (!a->is_operational)
		return false;
	*ret_n_neighbours = lldp_agent_n_neighbours(a) + lldp_rx_has_too_many(&a->rx);
	if (*ret_n_neighbours != 1 || lldp_agent_n_neighbours(a) != 1)
		return false;
	lldp_neighbour_pdu(lldp_agent_neighbour(a, 0), &pdu);
	return lldp_pdu_find_org(&pdu, &evb, &value) && evb_tlv_decode(value, ret);
}

void evb_to_agent(const struct evb_sm *sm, struct lldp_agent *a, unsigned slot, struct mono now)
{
	uint8_t octets[EVB_TLV_LEN];
	struct wr w = wr_init(octets, sizeof(octets));
	struct evb_tlv local = evb_sm_local(sm);

	if (sm->cfg.is_enabled)
		evb_tlv_encode(&local, &w);
	lldp_agent_set_org(a, slot, wr_span(&w), now);
}
