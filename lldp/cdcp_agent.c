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

static bool is_equal(const struct cdcp_tlv *a, const struct cdcp_tlv *b)
{
	return a->role == b->role && a->has_scomp == b->has_scomp && a->chn_cap == b->chn_cap &&
	       a->n_pairs == b->n_pairs && memcmp(a->pair, b->pair, a->n_pairs * sizeof(a->pair[0])) == 0;
}

/* Does the machine wait for an LLDPDU that is younger than what it waits for, and this one is not? Each renews the time that
 * its neighbour is remembered for. */
static bool is_old(const struct cdcp_sm *sm, const struct lldp_agent *from, const struct cdcp_tlv *tlv,
	unsigned n_neighbours)
{
	const struct lldp_neighbour *n = lldp_agent_neighbour(from, 0);
	struct lldp_pdu pdu;

	if (!cdcp_sm_wants_word(sm) || n_neighbours != sm->n_neighbours || !is_equal(&sm->peer, tlv))
		return false;
	lldp_neighbour_pdu(n, &pdu);
	return !mono_before(mono_add(sm->unheard_since, dur_s(pdu.ttl_s)), n->expires_at);
}

void cdcp_hear(
	struct cdcp_sm *sm, const struct lldp_agent *ntpmr, const struct lldp_agent *ncb, struct mono now)
{
	enum cdcp_heard heard = CDCP_HEARD_NONE, other;
	const struct lldp_agent *from = ntpmr;
	unsigned n_neighbours = 0, n_other;
	struct cdcp_tlv tlv;

	if (ntpmr)
		heard = cdcp_from_agent(ntpmr, &tlv, &n_neighbours);
	if (ncb && heard == CDCP_HEARD_NONE && n_neighbours <= 1) {
		other = cdcp_from_agent(ncb, &tlv, &n_other);
		if (other != CDCP_HEARD_NONE || !ntpmr) {
			heard = other;
			from = ncb;
			n_neighbours = n_other;
		}
	}
	if (heard == CDCP_HEARD_TLV ? !is_old(sm, from, &tlv, n_neighbours) : heard == CDCP_HEARD_NONE)
		cdcp_sm_on_peer(sm, heard == CDCP_HEARD_TLV ? &tlv : NULL, n_neighbours, now);
}

void cdcp_to_agent(struct cdcp_sm *sm, struct lldp_agent *a, unsigned slot, struct mono now)
{
	uint8_t octets[CDCP_TLV_MAX];
	struct wr w = wr_init(octets, sizeof(octets));
	struct cdcp_tlv local;

	if (cdcp_sm_local(sm, &local))
		cdcp_tlv_encode(&local, &w);
	lldp_agent_set_org(a, slot, wr_span(&w), now);
}
