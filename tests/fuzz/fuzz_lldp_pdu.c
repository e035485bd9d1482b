/*
 * fuzz_lldp_pdu.c - the octets of an LLDPDU. Laws: what is valid can be written again and then says the same; the part
 * that was used is inside the input; what was written is valid.
 */
#include "fuzz.h"
#include "lldp_pdu.h"

static void same(const struct lldp_pdu *a, const struct lldp_pdu *b)
{
	FUZZ_LAW(span_equal(a->chassis_id, b->chassis_id) && span_equal(a->port_id, b->port_id));
	FUZZ_LAW(a->ttl_s == b->ttl_s);
	FUZZ_LAW(span_equal(a->port_descr, b->port_descr) && span_equal(a->system_name, b->system_name));
	FUZZ_LAW(span_equal(a->system_descr, b->system_descr));
	FUZZ_LAW(a->has_caps == b->has_caps && a->caps == b->caps && a->caps_enabled == b->caps_enabled);
	FUZZ_LAW(a->n_mgmt == b->n_mgmt && a->n_org == b->n_org);
	for (unsigned i = 0; i < a->n_mgmt; i++)
		FUZZ_LAW(span_equal(a->mgmt[i], b->mgmt[i]));
	for (unsigned i = 0; i < a->n_org; i++)
		FUZZ_LAW(span_equal(a->org[i], b->org[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t buf[2 * LLDP_PDU_MAX];
	struct wr w = wr_init(buf, sizeof(buf));
	struct lldp_pdu pdu, again;
	struct lldp_decode_notes notes, notes_again;

	if (lldp_pdu_decode(span_of(data, size), &pdu, &notes) != LLDP_OK)
		return 0;
	FUZZ_LAW(notes.octets_used <= size && notes.octets_used <= LLDP_PDU_MAX);
	FUZZ_LAW(pdu.n_org <= LLDP_ORG_MAX && pdu.n_mgmt <= LLDP_MGMT_MAX);
	lldp_pdu_encode(&pdu, &w);
	FUZZ_LAW(!w.bad);
	if (w.len > LLDP_PDU_MAX) /* the End TLV had no room in the original */
		return 0;
	FUZZ_LAW(lldp_pdu_decode(wr_span(&w), &again, &notes_again) == LLDP_OK);
	FUZZ_LAW(notes_again.tlvs_discarded == 0 && notes_again.tlvs_in_error == 0);
	same(&pdu, &again);
	return 0;
}
