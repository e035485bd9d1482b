/* A pool of channel numbers that gives no freed one to a new owner for a while (port-extension-reference 3.6). */
#ifndef EVB_CSP_IDS_H
#define EVB_CSP_IDS_H

#include "carve.h"
#include "csp_num.h"
#include "mono.h"

struct csp_id {
	uint32_t id;
	struct mono usable; /* from then on */
};

struct csp_ids {
	struct csp_id *ring; /* what is not in use, in the order in which it becomes usable */
	uint32_t head, n, cap;
};

/** Room for `n` ids. Call csp_ids_init() once there is memory. */
void csp_ids_layout(struct csp_ids *p, struct carve *c, uint32_t n);
/** All of first, first + 1 ... are usable. */
void csp_ids_init(struct csp_ids *p, uint32_t first);
/** The id that csp_ids_take() would give, 0 if there is none. */
uint32_t csp_ids_peek(const struct csp_ids *p, struct mono now);
uint32_t csp_ids_take(struct csp_ids *p, struct mono now);
/** Not before CSP_ID_HOLD_S from now again. Only what was taken may come back, and `now` never goes back. */
void csp_ids_free(struct csp_ids *p, uint32_t id, struct mono now);

#endif
