/*
 * pe_tlv.c - LLDP Port Extension TLV and upstream election (port-extension-reference 3.3).
 *
 *   0        3         4          5              11                  17
 *   +--------+---------+----------+--------------+-------------------+
 *   | OUI    | subtype | priority | PE address   | PE-CSP address    |
 *   +--------+---------+----------+--------------+-------------------+
 *
 * In: what LLDP heard on each candidate port. Out: which of them is the upstream port. The election has no memory: the
 * same TLVs give the same port, so two PEs or a restarted one agree; whoever calls it ends the session on the old port.
 * That the lower number wins, 255 and the priority of a PE's own cascade ports are the profile's, not the standard's.
 *
 * Left out: loops of PEs, which the rising priority ends at 254 but does not name.
 */
#include "pe_tlv.h"

#include "names.h"

enum pe_tlv_err pe_tlv_decode(struct span value, struct pe_tlv *ret)
{
	struct rd r = rd_init(value);
	uint32_t oui = rd_u24(&r);
	uint8_t subtype = rd_u8(&r);

	if (r.bad || oui != PE_TLV_OUI || subtype != PE_TLV_SUBTYPE)
		return PE_TLV_OTHER;
	if (value.len != PE_TLV_LEN)
		return PE_TLV_LENGTH;
	ret->priority = rd_u8(&r);
	rd_copy(&r, ret->pe.b, sizeof(ret->pe.b));
	rd_copy(&r, ret->pe_csp.b, sizeof(ret->pe_csp.b));
	return PE_TLV_OK;
}

void pe_tlv_encode(const struct pe_tlv *t, struct wr *w)
{
	if (wr_room(w) < PE_TLV_LEN) {
		w->bad = true;
		return;
	}
	wr_u24(w, PE_TLV_OUI);
	wr_u8(w, PE_TLV_SUBTYPE);
	wr_u8(w, t->priority);
	wr_copy(w, t->pe.b, sizeof(t->pe.b));
	wr_copy(w, t->pe_csp.b, sizeof(t->pe_csp.b));
}

const char *pe_tlv_err_name(enum pe_tlv_err e)
{
	static const struct name_row rows[] = {
		{ PE_TLV_OK, "ok" },
		{ PE_TLV_OTHER, "no Port Extension TLV" },
		{ PE_TLV_LENGTH, "length is not 17" },
		{ 0, NULL },
	};

	return names_text(rows, (int)e, "?");
}

static bool is_better(const struct pe_tlv *a, const struct pe_tlv *b)
{
	if (a->priority != b->priority)
		return a->priority < b->priority;
	return mac_u64(a->pe_csp) < mac_u64(b->pe_csp);
}

uint32_t pe_elect(const struct pe_uplink *uplinks, uint32_t n)
{
	uint32_t best = PE_NO_UPSTREAM;

	for (uint32_t i = 0; i < n; i++) {
		if (!uplinks[i].is_heard || uplinks[i].tlv.priority == PE_PRIORITY_NONE)
			continue;
		if (best == PE_NO_UPSTREAM || is_better(&uplinks[i].tlv, &uplinks[best].tlv))
			best = i;
	}
	return best;
}

uint8_t pe_cascade_priority(const struct pe_tlv *upstream)
{
	if (!upstream || upstream->priority == PE_PRIORITY_NONE)
		return PE_PRIORITY_NONE;
	return upstream->priority < PE_PRIORITY_WORST ? (uint8_t)(upstream->priority + 1) : PE_PRIORITY_WORST;
}
