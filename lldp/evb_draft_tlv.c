/*
 * evb_draft_tlv.c - EVB TLV of draft 0.2 (OUI 00-1B-3F subtype 0; evb-reference 7.1).
 *
 *   0        3         4       5      6       7      8          10         12
 *   +--------+---------+-------+------+-------+------+----------+----------+-----+
 *   | OUI    | subtype | SMODE | SCAP | CMODE | CCAP | SVSI (2) | CVSI (2) | RTE |
 *   +--------+---------+-------+------+-------+------+----------+----------+-----+
 *     S supported, C configured      modes         80 standard, 40 reflective relay
 *                                    capabilities  04 RTE, 02 ECP, 01 VDP
 *
 * There is no role in it: who is station and who is bridge is a matter of configuration. What the values mean in a role
 * is decided in evb_draft.c.
 */
#include "evb_draft_tlv.h"

enum {
	MODES = EVB_DRAFT_STANDARD | EVB_DRAFT_RR,
	CAPS = EVB_DRAFT_RTE | EVB_DRAFT_ECP | EVB_DRAFT_VDP,
	RTE_MASK = 0x1f,
};

bool evb_draft_tlv_decode(struct span value, struct evb_draft_tlv *ret)
{
	struct rd r = rd_init(value);
	uint32_t oui = rd_u24(&r);
	uint8_t subtype = rd_u8(&r);
	struct evb_draft_tlv t;

	t.smode = rd_u8(&r) & MODES;
	t.scap = rd_u8(&r) & CAPS;
	t.cmode = rd_u8(&r) & MODES;
	t.ccap = rd_u8(&r) & CAPS;
	t.svsi = rd_u16(&r);
	t.cvsi = rd_u16(&r);
	t.rte = rd_u8(&r) & RTE_MASK;
	if (r.bad || oui != EVB_DRAFT_OUI || subtype != EVB_DRAFT_SUBTYPE || t.smode == 0)
		return false;
	*ret = t;
	return true;
}

void evb_draft_tlv_encode(const struct evb_draft_tlv *t, struct wr *w)
{
	if (wr_room(w) < EVB_DRAFT_LEN) {
		w->bad = true;
		return;
	}
	wr_u24(w, EVB_DRAFT_OUI);
	wr_u8(w, EVB_DRAFT_SUBTYPE);
	wr_u8(w, t->smode & MODES);
	wr_u8(w, t->scap & CAPS);
	wr_u8(w, t->cmode & MODES);
	wr_u8(w, t->ccap & CAPS);
	wr_u16(w, t->svsi);
	wr_u16(w, t->cvsi);
	wr_u8(w, t->rte & RTE_MASK);
}
