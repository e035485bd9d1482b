/*
 * cdcp_tlv.c - CDCP TLV (802.1Q annex D.2, OUI 00-80-C2 subtype 0x0E; evb-reference 4.1, 4.4).
 *
 *   0        3         4                                       8                  11
 *   +--------+---------+---------------------------------------+------------------+------------------+--
 *   | OUI    | subtype | R |res 3| S | reserved 15 | ChnCap 12 | SCID 12, SVID 12 | SCID 12, SVID 12 | ...
 *   +--------+---------+---------------------------------------+------------------+------------------+--
 *     R = Role (0 bridge, 1 station), S = SComp; 1 to 167 pairs, so the length is 11 to 509
 *
 * The decoder hands out a clean list whatever the peer wrote, in one pass, so that the machine has no bad pair to think
 * about. How many pairs a receiver looks at (its ChnCap) and what a role may do is decided in cdcp_sm.c.
 */
#include "cdcp_tlv.h"

#include "cdcp_set.h"

enum {
	ROLE_SHIFT = 31,
	SCOMP_SHIFT = 27,
	SCID_SHIFT = 12,
	ID_MASK = 0xfff, /* ChnCap, SCID and SVID */
};

/* Of channels other than the default one. */
static bool is_usable(uint16_t scid, uint16_t svid)
{
	return scid > CDCP_DEFAULT && scid <= CDCP_ID_MAX && svid != CDCP_DEFAULT && svid <= CDCP_ID_MAX;
}

/* 4.4: the first pair of an SCID and the first of an SVID win. */
static void decode_pairs(struct rd *r, struct cdcp_tlv *t)
{
	struct cdcp_set scids = { 0 }, svids = { 0 };
	bool has_default = false;

	while (r->left > 0) {
		uint32_t v = rd_u24(r);
		struct cdcp_pair p = { (uint16_t)(v >> SCID_SHIFT), v & ID_MASK };

		if (p.scid == CDCP_DEFAULT && p.svid == CDCP_DEFAULT && !has_default) {
			has_default = true; /* pair[0] already, wherever it stands */
			continue;
		}
		if (!is_usable(p.scid, p.svid) || cdcp_set_has(&scids, p.scid) ||
			t->n_pairs == CDCP_PAIRS_MAX) {
			t->n_bad++;
			continue;
		}
		if (p.svid != 0 && cdcp_set_has(&svids, p.svid)) {
			t->n_bad++;
			p.svid = 0;
		}
		cdcp_set_add(&scids, p.scid);
		cdcp_set_add(&svids, p.svid);
		t->pair[t->n_pairs++] = p;
	}
}

bool cdcp_tlv_decode(struct span value, struct cdcp_tlv *ret)
{
	struct rd r = rd_init(value);
	uint32_t oui = rd_u24(&r);
	uint8_t subtype = rd_u8(&r);
	uint32_t word = rd_u32(&r);
	uint16_t cap = word & ID_MASK;

	if (r.bad || oui != CDCP_TLV_OUI || subtype != CDCP_TLV_SUBTYPE)
		return false;
	if (r.left == 0 || r.left % CDCP_PAIR_LEN != 0)
		return false;
	*ret = (struct cdcp_tlv){
		.role = (enum cdcp_role)(word >> ROLE_SHIFT),
		.has_scomp = (word >> SCOMP_SHIFT & 1) != 0,
		.chn_cap = cap > 0 ? cap : 1,
		.n_pairs = 1,
		.pair = { { CDCP_DEFAULT, CDCP_DEFAULT } },
	};
	decode_pairs(&r, ret);
	return true;
}

void cdcp_tlv_encode(const struct cdcp_tlv *t, struct wr *w)
{
	uint32_t role = t->role == CDCP_ROLE_STATION, scomp = t->has_scomp;

	if (wr_room(w) < CDCP_TLV_HEAD + (size_t)t->n_pairs * CDCP_PAIR_LEN) {
		w->bad = true;
		return;
	}
	wr_u24(w, CDCP_TLV_OUI);
	wr_u8(w, CDCP_TLV_SUBTYPE);
	wr_u32(w, role << ROLE_SHIFT | scomp << SCOMP_SHIFT | (t->chn_cap & ID_MASK));
	for (unsigned i = 0; i < t->n_pairs; i++)
		wr_u24(w, (uint32_t)(t->pair[i].scid & ID_MASK) << SCID_SHIFT | (t->pair[i].svid & ID_MASK));
}
