/*
 * vdp_reply.c - ring of finished answer TLVs (evb-reference 6.5, 6.9).
 *
 *   head                               head + used
 *    | manager(16) | length(2) | TLV | manager ... |
 *
 * Records wrap around the end of the buffer octet by octet. The table tells ECP to withhold an acknowledgement while
 * the ring could not take the answers to one more payload, so an overflow is the user's fault and only counted.
 */
#include "vdp_reply.h"

#include <assert.h>
#include <string.h>

void vdp_replies_layout(struct vdp_replies *q, struct carve *c, size_t octets)
{
	q->cap = octets;
	q->buf = (uint8_t *)carve_take(c, octets, 1);
}

static void ring_write(struct vdp_replies *q, const void *src, size_t n)
{
	size_t at = (q->head + q->used) % q->cap;
	size_t first = q->cap - at < n ? q->cap - at : n;

	memcpy(q->buf + at, src, first);
	memcpy(q->buf, (const uint8_t *)src + first, n - first);
	q->used += n;
}

static void ring_read(const struct vdp_replies *q, size_t offset, void *dst, size_t n)
{
	size_t at = (q->head + offset) % q->cap;
	size_t first = q->cap - at < n ? q->cap - at : n;

	memcpy(dst, q->buf + at, first);
	memcpy((uint8_t *)dst + first, q->buf, n - first);
}

static void ring_skip(struct vdp_replies *q, size_t n)
{
	q->head = (q->head + n) % q->cap;
	q->used -= n;
}

bool vdp_replies_put(struct vdp_replies *q, const struct vdp_manager *m, struct span tlv)
{
	uint8_t len[2] = { (uint8_t)(tlv.len >> 8), (uint8_t)tlv.len };

	if (tlv.len > TLV_HEADER + TLV_VALUE_MAX || vdp_replies_room(q) < VDP_REPLY_HEADER + tlv.len)
		return false;
	ring_write(q, m->id, sizeof(m->id));
	ring_write(q, len, sizeof(len));
	ring_write(q, tlv.ptr, tlv.len);
	return true;
}

size_t vdp_replies_room(const struct vdp_replies *q)
{
	return q->cap - q->used;
}

bool vdp_replies_peek(const struct vdp_replies *q, struct vdp_manager *ret_manager, size_t *ret_octets)
{
	uint8_t len[2];

	if (q->used == 0)
		return false;
	ring_read(q, 0, ret_manager->id, sizeof(ret_manager->id));
	ring_read(q, sizeof(ret_manager->id), len, sizeof(len));
	*ret_octets = (size_t)(len[0] << 8 | len[1]);
	return true;
}

void vdp_replies_take(struct vdp_replies *q, struct wr *w)
{
	uint8_t tlv[TLV_HEADER + TLV_VALUE_MAX];
	struct vdp_manager m;
	size_t n = 0;

	if (!vdp_replies_peek(q, &m, &n))
		return;
	assert(n <= sizeof(tlv) && n <= wr_room(w));
	ring_read(q, VDP_REPLY_HEADER, tlv, n);
	wr_copy(w, tlv, n);
	ring_skip(q, VDP_REPLY_HEADER + n);
}

void vdp_replies_drop(struct vdp_replies *q)
{
	struct vdp_manager m;
	size_t n;

	if (vdp_replies_peek(q, &m, &n))
		ring_skip(q, VDP_REPLY_HEADER + n);
}

void vdp_replies_clear(struct vdp_replies *q)
{
	q->head = 0;
	q->used = 0;
}
