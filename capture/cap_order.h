/*
 * Frames in the order of their times. A capture may hold them slightly out of order (several queues of a device, two
 * interfaces merged), and an acknowledgement must not be judged before its request. A window of a few frames is enough
 * for that and costs no more memory, however long the capture.
 */
#ifndef EVB_CAP_ORDER_H
#define EVB_CAP_ORDER_H

#include "cap_frame.h"

enum {
	CAP_ORDER_WINDOW = 64,   /* frames held back */
	CAP_ORDER_MS = 1000,     /* and for no longer than this */
	CAP_ORDER_OCTETS = 9216, /* kept of a frame: all of a jumbo frame */
	CAP_ORDER_FOREIGN = 64,  /* kept of a frame that only its fingerprint is of interest of */
	CAP_ORDER_SLOTS = CAP_ORDER_WINDOW + 1,
};

struct cap_held {
	struct cap_frame frame; /* octets: in `octets`, possibly fewer than the capture had */
	uint64_t print;         /* fingerprint of all the octets the capture had */
	bool is_candidate;      /* cap_frame_is_candidate() */
	uint8_t octets[CAP_ORDER_OCTETS];
};
struct cap_order {
	unsigned n;
	uint8_t sorted[CAP_ORDER_SLOTS]; /* places in slot[], by time */
	uint8_t free[CAP_ORDER_SLOTS];   /* places not in use: the last SLOTS - n of them */
	struct cap_held slot[CAP_ORDER_SLOTS];
};

/** 64 bits that two different frames share by chance only. */
uint64_t cap_print(struct span octets);

void cap_order_init(struct cap_order *o);
/** Take a copy. Precondition: cap_order_is_full() is false. */
void cap_order_put(struct cap_order *o, const struct cap_frame *f, bool is_candidate);
static inline bool cap_order_is_full(const struct cap_order *o)
{
	return o->n == CAP_ORDER_SLOTS;
}
/** Has the earliest frame waited so long that nothing older is to be expected? */
bool cap_order_is_ripe(const struct cap_order *o, struct mono now);
/** The earliest frame, of equals the one put first; NULL when there is none. Valid until the next put. */
const struct cap_held *cap_order_take(struct cap_order *o);

#endif
