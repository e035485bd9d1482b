/*
 * vdp_refused.c - requests that a bridge refuses at once, before they have a record (evb-reference 6.9): an operator has
 * to see them too, or the station's "refused" has no counterpart.
 *
 * In: the decoded request, as far as it could be decoded, and why. Out: what looks like an ended VSI, once. There is
 * room for a few; they are pulled after each payload.
 */
#include "vdp_table_priv.h"

#include <stdio.h>

void vdp_refused_put(struct vdp_table *t, const struct vdp_assoc *a, const struct vdp_manager *m,
	uint8_t code, const char *reason, struct mono now)
{
	struct vdp_refused *r = &t->refused[t->n_refused];

	if (t->n_refused == VDP_REFUSED_MAX)
		return;
	t->n_refused++;
	*r = (struct vdp_refused){
		.v = { .subject = { a->vsi, *m, a->type_id, a->type_version },
			.show = VDP_SHOW_REFUSED,
			.error = code & VDP_STATUS_ERROR,
			.hard = (code & VDP_STATUS_HARD) != 0,
			.format = a->format,
			.is_migrating = (a->status & VDP_STATUS_M) != 0,
			.is_suspended = (a->status & VDP_STATUS_S) != 0,
			.since = now,
			.created = now,
			.count = { .failed = 1 } },
	};
	snprintf(r->v.reason, sizeof(r->v.reason), "%s", reason);
	if (a->n_filters > 0) {
		r->filter = a->filters[0];
		r->v.n_filters = 1;
	}
}

const struct vdp_vsi *vdp_bridge_next_refusal(struct vdp_table *t)
{
	struct vdp_refused *r = &t->refused[t->n_refused_told];

	if (t->n_refused_told == t->n_refused) {
		t->n_refused = t->n_refused_told = 0;
		return NULL;
	}
	t->n_refused_told++;
	r->v.filters = &r->filter;
	return &r->v;
}
