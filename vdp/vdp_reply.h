/*
 * Answers of a bridge that belong to no VSI - to a de-associate of an unknown VSI, a malformed TLV, a request that
 * found the table full - in a ring of fixed size until ECP takes them.
 */
#ifndef EVB_VDP_REPLY_H
#define EVB_VDP_REPLY_H

#include "carve.h"
#include "vdp_tlv.h"

enum {
	VDP_REPLY_HEADER = 18, /* octets a TLV takes in the ring beside itself: manager, length */
	/* The answers to one payload: each request TLV of 27 octets or more is answered by one of the same length. */
	VDP_REPLY_WORST = 1500 + (1500 / 27 + 1) * VDP_REPLY_HEADER,
};

struct vdp_replies {
	uint8_t *buf;
	size_t cap;  /* octets */
	size_t head; /* the oldest octet */
	size_t used; /* octets */
};

void vdp_replies_layout(struct vdp_replies *q, struct carve *c, size_t octets);
/** Queue a TLV. False when there is no room. */
bool vdp_replies_put(struct vdp_replies *q, const struct vdp_manager *m, struct span tlv);
size_t vdp_replies_room(const struct vdp_replies *q);
/** Manager and octets of the oldest TLV. False when the ring is empty. */
bool vdp_replies_peek(const struct vdp_replies *q, struct vdp_manager *ret_manager, size_t *ret_octets);
/** Move the oldest TLV, which must exist and fit, to w. */
void vdp_replies_take(struct vdp_replies *q, struct wr *w);
void vdp_replies_drop(struct vdp_replies *q);
void vdp_replies_clear(struct vdp_replies *q);

#endif
