/*
 * cap_order.c - a window of frames sorted by time. Almost every frame is the latest, so it is put in from the end.
 * A frame that comes later than the whole window is taken out at once, before its time: whoever judges sees time go
 * back and knows.
 */
#include "cap_order.h"

uint64_t cap_print(struct span octets)
{
	uint64_t h = octets.len * UINT64_C(0x9e3779b97f4a7c15);
	const uint8_t *p = octets.ptr;
	size_t n = octets.len;

	for (; n >= 8; n -= 8, p += 8) {
		uint64_t w;

		memcpy(&w, p, sizeof(w));
		h = (h ^ w) * UINT64_C(0xff51afd7ed558ccd);
		h ^= h >> 32;
	}
	for (; n > 0; n--, p++)
		h = (h ^ *p) * UINT64_C(0xc4ceb9fe1a85ec53);
	return h ^ h >> 29;
}

void cap_order_init(struct cap_order *o)
{
	o->n = 0;
	for (unsigned i = 0; i < CAP_ORDER_SLOTS; i++)
		o->free[i] = (uint8_t)i;
}

void cap_order_put(struct cap_order *o, const struct cap_frame *f, bool is_candidate)
{
	uint8_t at = o->free[o->n];
	struct cap_held *h = &o->slot[at];
	size_t keep = is_candidate ? CAP_ORDER_OCTETS : CAP_ORDER_FOREIGN;
	unsigned i = o->n++;

	h->frame = *f;
	h->is_candidate = is_candidate;
	h->print = cap_print(f->octets);
	if (h->frame.octets.len > keep)
		h->frame.octets.len = keep;
	if (h->frame.octets.len > 0)
		memcpy(h->octets, f->octets.ptr, h->frame.octets.len);
	h->frame.octets.ptr = h->octets;
	for (; i > 0 && mono_before(f->time, o->slot[o->sorted[i - 1]].frame.time); i--)
		o->sorted[i] = o->sorted[i - 1];
	o->sorted[i] = at;
}

bool cap_order_is_ripe(const struct cap_order *o, struct mono now)
{
	return o->n > 0 && mono_since(o->slot[o->sorted[0]].frame.time, now).ns > dur_ms(CAP_ORDER_MS).ns;
}

const struct cap_held *cap_order_take(struct cap_order *o)
{
	uint8_t at;

	if (o->n == 0)
		return NULL;
	at = o->sorted[0];
	memmove(o->sorted, o->sorted + 1, --o->n);
	o->free[o->n] = at;
	return &o->slot[at];
}
