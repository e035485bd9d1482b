/*
 * evb_tlv.c - EVB TLV (802.1Q annex D.2, OUI 00-80-C2 subtype 0x0D; evb-reference 3.1, 3.4).
 *
 *   0        3         4       5       6        7          8          9
 *   +--------+---------+-------+-------+--------+----------+----------+
 *   | OUI    | subtype | BSTAT | SSTAT | R  RTE | MD L RWD | -- L RKA |
 *   +--------+---------+-------+-------+--------+----------+----------+
 *     BSTAT  . . . . . BGID RRCAP RRCTR         R 3 bits, RTE 5 bits
 *     SSTAT  . . . . SGID RRREQ RRSTAT(2)       MD mode 2 bits, L = ROL 1 bit, RWD and RKA 5 bits
 *
 * Every combination of the used bits is a legal value, so a TLV of nine octets always decodes; reserved bits are
 * ignored and sent as zero. What a value means in a role is decided in evb_sm.c.
 */
#include "evb_tlv.h"

enum {
	BSTAT_USED = EVB_BGID | EVB_RRCAP | EVB_RRCTR,
	SSTAT_USED = EVB_SGID | EVB_RRREQ | EVB_RRSTAT_MASK,
	R_SHIFT = 5, /* octet 8: R above RTE */
	MODE_SHIFT = 6,
	ROL = 0x20,
	EXPONENT_MASK = 0x1f,
};

bool evb_tlv_decode(struct span value, struct evb_tlv *ret)
{
	struct rd r = rd_init(value);
	uint32_t oui = rd_u24(&r);
	uint8_t subtype = rd_u8(&r);
	uint8_t bstat = rd_u8(&r), sstat = rd_u8(&r), ecp = rd_u8(&r), rwd = rd_u8(&r), rka = rd_u8(&r);

	if (r.bad || oui != EVB_TLV_OUI || subtype != EVB_TLV_SUBTYPE)
		return false;
	*ret = (struct evb_tlv){
		.bridge_raw = bstat & BSTAT_USED,
		.station_raw = sstat & SSTAT_USED,
		.retries = ecp >> R_SHIFT,
		.rte = ecp & EXPONENT_MASK,
		.mode = (enum evb_mode)(rwd >> MODE_SHIFT),
		.rol_rwd = (rwd & ROL) != 0,
		.rwd = rwd & EXPONENT_MASK,
		.rol_rka = (rka & ROL) != 0,
		.rka = rka & EXPONENT_MASK,
	};
	return true;
}

static uint8_t timer_octet(bool rol, uint8_t exponent)
{
	return (uint8_t)((rol ? ROL : 0) | (exponent & EXPONENT_MASK));
}

void evb_tlv_encode(const struct evb_tlv *t, struct wr *w)
{
	if (wr_room(w) < EVB_TLV_LEN) {
		w->bad = true;
		return;
	}
	wr_u24(w, EVB_TLV_OUI);
	wr_u8(w, EVB_TLV_SUBTYPE);
	wr_u8(w, t->bridge_raw & BSTAT_USED);
	wr_u8(w, t->station_raw & SSTAT_USED);
	wr_u8(w, (uint8_t)(t->retries << R_SHIFT | (t->rte & EXPONENT_MASK)));
	wr_u8(w, (uint8_t)(t->mode << MODE_SHIFT | timer_octet(t->rol_rwd, t->rwd)));
	wr_u8(w, timer_octet(t->rol_rka, t->rka));
}
