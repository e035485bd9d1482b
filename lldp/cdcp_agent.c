/*
 * cdcp_agent.c - CDCP on top of LLDP agents (802.1Q clause 42; evb-reference 2.1, 2.5, 4.2, 4.4).
 *
 * The only code that knows both. It keeps nothing: the agents hold the neighbours, cdcp_sm what was heard. CDCP works
 * between exactly two systems, so a TLV is looked for only when there is a single neighbour.
 */
#include "cdcp_agent.h"

enum cdcp_heard cdcp_from_agent(const struct lldp_agent *a, struct cdcp_tlv *ret, unsigned *ret_n_neighbours)
{
	const struct lldp_known cdcp = CDCP_TLV_KNOWN, any = { .key = CDCP_TLV_KEY };
	struct lldp_pdu pdu;
	struct span value;

	*ret_n_neighbours = 0;
	if (!a->is_operational)
		return CDCP_HEARD_NONE;
	*ret_n_neighbours = lldp_agent_n_neighbours(a) + lldp_rx_has_too_many(&a->rx);
	if (*ret_n_neighbours != 1 || lldp_agent_n_neighbours(a) != 1)
		return CDCP_HEARD_NONE;
	lldp_neighbour_pdu(lldp_agent_neighbour(a, 0), &pdu);
	if (lldp_pdu_find_org(&pdu, &cdcp, &value) && cdcp_tlv_decode(value, ret))
		return CDCP_HEARD_TLV;
	return lldp_pdu_find_org(&pdu, &any, &value) ? CDCP_HEARD_MALFORMED : CDCP_HEARD_NONE;
}

void cdcp_hear(
	struct cdcp_sm *sm, const struct lldp_agent *ntpmr, const struct lldp_agent *ncb, struct mono now)
{
	enum cdcp_heard heard = CDCP_HEARD_NONE, other;
	unsigned n_neighbours = 0, n_other;
	struct cdcp_tlv tlv;

	if (ntpmr)
		heard = cdcp_from_agent(ntpmr, &tlv, &n_neighbours);
	if (ncb && heard == CDCP_HEARD_NONE && n_neighbours <= 1) {
		other = cdcp_from_agent(ncb, &tlv, &n_other);
		if (other != CDCP_HEARD_NONE || !ntpmr) {
			heard = other;
			n_neighbours = n_other;
		}
	}
	if (heard != CDCP_HEARD_MALFORMED)
		cdcp_sm_on_peer(sm, heard == CDCP_HEARD_TLV ? &tlv : NULL, n_neighbours, now);
}

void cdcp_to_agent(const struct cdcp_sm *sm, struct lldp_agent *a, unsigned slot, struct mono now)
{
	uint8_t octets[CDCP_TLV_MAX];
	struct wr w = wr_init(octets, sizeof(octets));
	struct cdcp_tlv local;

	if (cdcp_sm_local(sm, &local))
		cdcp_tlv_encode(&local, &w);
	lldp_agent_set_org(a, slot, wr_span(&w), now);
}
