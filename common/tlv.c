/*
 * tlv.c - iterate and write TLVs with a 7-bit type and a 9-bit length (802.1AB 8.4, 802.1Q 41.2).
 * Each tlv_next() consumes at least two octets, so zero-length TLVs can't spin a caller.
 */
#include "tlv.h"

enum tlv_step tlv_next(struct rd *r, struct tlv *ret)
{
	uint16_t head;
	struct span value;

	if (r->left == 0)
		return r->bad ? TLV_STEP_OVERRUN : TLV_STEP_END;
	head = rd_u16(r);
	value = rd_span(r, head & 0x1ff);
	if (r->bad)
		return TLV_STEP_OVERRUN;
	if (head >> 9 == TLV_END)
		return TLV_STEP_END;
	*ret = (struct tlv){ (uint8_t)(head >> 9), value };
	return TLV_STEP_ITEM;
}

void tlv_put(struct wr *w, uint8_t type, struct span value)
{
	if (value.len > TLV_VALUE_MAX || wr_room(w) < TLV_HEADER + value.len) {
		w->bad = true;
		return;
	}
	wr_u16(w, (uint16_t)((unsigned)type << 9 | value.len));
	wr_copy(w, value.ptr, value.len);
}

size_t tlv_open(struct wr *w, uint8_t type)
{
	size_t mark = w->len;

	wr_u16(w, (uint16_t)(type << 9));
	return mark;
}

void tlv_close(struct wr *w, size_t mark)
{
	size_t len;

	if (!w->bad && w->len >= mark + TLV_HEADER) {
		len = w->len - mark - TLV_HEADER;
		if (len <= TLV_VALUE_MAX) {
			w->buf[mark] = (uint8_t)(w->buf[mark] | len >> 8);
			w->buf[mark + 1] = (uint8_t)len;
			return;
		}
	}
	w->bad = true;
	w->len = mark < w->len ? mark : w->len;
}

bool tlv_org_split(struct span value, uint32_t *ret_oui, uint8_t *ret_subtype, struct span *ret_info)
{
	struct rd r = rd_init(value);

	if (value.len < TLV_ORG_HEADER)
		return false;
	*ret_oui = rd_u24(&r);
	*ret_subtype = rd_u8(&r);
	*ret_info = rd_rest(&r);
	return true;
}
