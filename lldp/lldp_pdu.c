/*
 * lldp_pdu.c - LLDPDU <-> struct lldp_pdu (802.1AB-2016 clause 8, validation 9.2.7.7; evb-reference 2.1-2.3).
 *
 *   +-----------------+--------------+---------+----------------------+---------+
 *   | Chassis ID (1)  | Port ID (2)  | TTL (3) | optional TLVs        | End (0) |  padding, ignored
 *   +-----------------+--------------+---------+----------------------+---------+
 *
 * In: the octets after the EtherType, as a peer wrote them. Out: spans into those octets; nothing is copied.
 * Two kinds of fault are kept apart: one that makes the identity or the framing doubtful discards the LLDPDU
 * (enum lldp_err), one inside an optional TLV costs that TLV only and is counted (struct lldp_decode_notes).
 *
 * Left out: the meaning of ids, addresses and organizational TLVs. An absent End TLV is accepted when the frame ends.
 */
#include "lldp_pdu.h"

#include "names.h"

enum {
	LLDP_TEXT_MAX = 255,       /* descriptions and name, 8.5.5-8.5.7 */
	LLDP_CAPS_LEN = 4,         /* 8.5.8 */
	LLDP_MGMT_ADDR_MIN = 2,    /* subtype and one octet of address, 8.5.9.2 */
	LLDP_MGMT_ADDR_LIMIT = 32, /* subtype and 31 octets */
	LLDP_MGMT_IF_LEN = 5,      /* numbering subtype and interface number, 8.5.9.5 */
	LLDP_MGMT_VALUE_MIN = 9,
	LLDP_MGMT_VALUE_MAX = 167,
};

/* One of the three TLVs that identify the sender; anything else in its place is a fault of order. */
static enum lldp_err take_mandatory(struct rd *r, uint8_t type, struct span *ret)
{
	struct tlv t;

	switch (tlv_next(r, &t)) {
	case TLV_STEP_OVERRUN:
		return LLDP_ERR_OVERRUN;
	case TLV_STEP_END:
		return LLDP_ERR_ORDER;
	case TLV_STEP_ITEM:
		break;
	}
	if (t.type != type)
		return LLDP_ERR_ORDER;
	*ret = t.value;
	return LLDP_OK;
}

static enum lldp_err take_id(struct rd *r, uint8_t type, struct span *ret)
{
	enum lldp_err e = take_mandatory(r, type, ret);

	if (e == LLDP_OK && (ret->len < 2 || ret->len > LLDP_ID_MAX))
		return LLDP_ERR_ID_LENGTH;
	return e;
}

static enum lldp_err take_ttl(struct rd *r, uint16_t *ret)
{
	struct span value;
	enum lldp_err e = take_mandatory(r, LLDP_TLV_TTL, &value);
	struct rd in;

	if (e != LLDP_OK)
		return e;
	if (value.len < 2)
		return LLDP_ERR_TTL;
	in = rd_init(value); /* octets after the second are for later editions: ignored */
	*ret = rd_u16(&in);
	return LLDP_OK;
}

static void drop(struct lldp_decode_notes *notes, bool is_in_error)
{
	notes->tlvs_discarded++;
	notes->tlvs_in_error += is_in_error;
}

static void keep_text(struct span value, struct span *slot, struct lldp_decode_notes *notes)
{
	if (value.len > LLDP_TEXT_MAX)
		drop(notes, true);
	else if (slot->ptr)
		drop(notes, false); /* the first one counts */
	else
		*slot = value;
}

static void keep_caps(struct span value, struct lldp_pdu *pdu, struct lldp_decode_notes *notes)
{
	struct rd r = rd_init(value);

	if (value.len < LLDP_CAPS_LEN) {
		drop(notes, true);
	} else if (pdu->has_caps) {
		drop(notes, false);
	} else {
		pdu->has_caps = true;
		pdu->caps = rd_u16(&r);
		pdu->caps_enabled = rd_u16(&r);
	}
}

/* length of address | address subtype, address | interface subtype, number | length of OID | OID   (8.5.9) */
static bool mgmt_is_sound(struct span value)
{
	struct rd r = rd_init(value);
	size_t n = rd_u8(&r);

	if (value.len < LLDP_MGMT_VALUE_MIN || value.len > LLDP_MGMT_VALUE_MAX)
		return false;
	if (n < LLDP_MGMT_ADDR_MIN || n > LLDP_MGMT_ADDR_LIMIT)
		return false;
	rd_span(&r, n);
	rd_span(&r, LLDP_MGMT_IF_LEN);
	n = rd_u8(&r);
	rd_span(&r, n);
	return !r.bad;
}

static void keep_mgmt(struct span value, struct lldp_pdu *pdu, struct lldp_decode_notes *notes)
{
	if (!mgmt_is_sound(value))
		drop(notes, true);
	else if (pdu->n_mgmt == LLDP_MGMT_MAX)
		drop(notes, false);
	else
		pdu->mgmt[pdu->n_mgmt++] = value;
}

static void keep_org(struct span value, struct lldp_pdu *pdu, struct lldp_decode_notes *notes)
{
	if (value.len < TLV_ORG_HEADER || pdu->n_org == LLDP_ORG_MAX)
		drop(notes, false);
	else
		pdu->org[pdu->n_org++] = value;
}

static enum lldp_err keep_optional(const struct tlv *t, struct lldp_pdu *pdu, struct lldp_decode_notes *notes)
{
	switch (t->type) {
	case LLDP_TLV_CHASSIS_ID:
	case LLDP_TLV_PORT_ID:
	case LLDP_TLV_TTL:
		return LLDP_ERR_REPEATED;
	case LLDP_TLV_PORT_DESCR:
		keep_text(t->value, &pdu->port_descr, notes);
		break;
	case LLDP_TLV_SYSTEM_NAME:
		keep_text(t->value, &pdu->system_name, notes);
		break;
	case LLDP_TLV_SYSTEM_DESCR:
		keep_text(t->value, &pdu->system_descr, notes);
		break;
	case LLDP_TLV_SYSTEM_CAPS:
		keep_caps(t->value, pdu, notes);
		break;
	case LLDP_TLV_MGMT_ADDR:
		keep_mgmt(t->value, pdu, notes);
		break;
	case LLDP_TLV_ORG:
		keep_org(t->value, pdu, notes);
		break;
	default: /* 9..126 are reserved */
		notes->tlvs_unrecognized++;
		break;
	}
	return LLDP_OK;
}

static enum lldp_err take_optionals(struct rd *r, struct lldp_pdu *pdu, struct lldp_decode_notes *notes)
{
	struct tlv t;

	for (;;) {
		size_t before = r->left;
		enum lldp_err e;

		switch (tlv_next(r, &t)) {
		case TLV_STEP_OVERRUN:
			return LLDP_ERR_OVERRUN;
		case TLV_STEP_END:
			if (before - r->left > TLV_HEADER) /* an End TLV has no value (8.5.1) */
				drop(notes, true);
			return LLDP_OK;
		case TLV_STEP_ITEM:
			e = keep_optional(&t, pdu, notes);
			if (e != LLDP_OK)
				return e;
			break;
		}
	}
}

enum lldp_err lldp_pdu_decode(struct span octets, struct lldp_pdu *ret, struct lldp_decode_notes *ret_notes)
{
	/* What lies beyond the largest LLDPDU is not looked at: a TLV that reaches there overruns. */
	size_t len = octets.len < LLDP_PDU_MAX ? octets.len : LLDP_PDU_MAX;
	struct rd r = rd_init(span_of(octets.ptr, len));
	struct lldp_decode_notes notes = { 0 };
	struct lldp_pdu pdu = { 0 };
	enum lldp_err e = take_id(&r, LLDP_TLV_CHASSIS_ID, &pdu.chassis_id);

	if (e == LLDP_OK)
		e = take_id(&r, LLDP_TLV_PORT_ID, &pdu.port_id);
	if (e == LLDP_OK)
		e = take_ttl(&r, &pdu.ttl_s);
	if (e == LLDP_OK && pdu.ttl_s != 0)
		e = take_optionals(&r, &pdu, &notes);
	if (e != LLDP_OK)
		return e;
	notes.octets_used = len - r.left;
	*ret = pdu;
	*ret_notes = notes;
	return LLDP_OK;
}

static void put_head(struct wr *w, const struct lldp_pdu *pdu, uint16_t ttl_s)
{
	const uint8_t ttl[2] = { (uint8_t)(ttl_s >> 8), (uint8_t)ttl_s };

	tlv_put(w, LLDP_TLV_CHASSIS_ID, pdu->chassis_id);
	tlv_put(w, LLDP_TLV_PORT_ID, pdu->port_id);
	tlv_put(w, LLDP_TLV_TTL, span_of(ttl, sizeof(ttl)));
}

static void put_end(struct wr *w)
{
	tlv_put(w, LLDP_TLV_END, span_of(NULL, 0));
}

static void put_text(struct wr *w, uint8_t type, struct span text)
{
	if (text.ptr)
		tlv_put(w, type, text);
}

void lldp_pdu_encode(const struct lldp_pdu *pdu, struct wr *w)
{
	put_head(w, pdu, pdu->ttl_s);
	put_text(w, LLDP_TLV_PORT_DESCR, pdu->port_descr);
	put_text(w, LLDP_TLV_SYSTEM_NAME, pdu->system_name);
	put_text(w, LLDP_TLV_SYSTEM_DESCR, pdu->system_descr);
	if (pdu->has_caps) {
		size_t mark = tlv_open(w, LLDP_TLV_SYSTEM_CAPS);

		wr_u16(w, pdu->caps);
		wr_u16(w, pdu->caps_enabled);
		tlv_close(w, mark);
	}
	for (unsigned i = 0; i < pdu->n_mgmt; i++)
		tlv_put(w, LLDP_TLV_MGMT_ADDR, pdu->mgmt[i]);
	for (unsigned i = 0; i < pdu->n_org; i++)
		tlv_put(w, LLDP_TLV_ORG, pdu->org[i]);
	put_end(w);
}

void lldp_pdu_encode_shutdown(const struct lldp_pdu *pdu, struct wr *w)
{
	put_head(w, pdu, 0);
	put_end(w);
}

const char *lldp_err_name(enum lldp_err e)
{
	static const struct name_row names[] = {
		{ LLDP_OK, "ok" },
		{ LLDP_ERR_ORDER, "order" },
		{ LLDP_ERR_REPEATED, "repeated" },
		{ LLDP_ERR_ID_LENGTH, "id_length" },
		{ LLDP_ERR_TTL, "ttl" },
		{ LLDP_ERR_OVERRUN, "overrun" },
		{ 0, NULL },
	};

	return names_text(names, (int)e, "unknown");
}
