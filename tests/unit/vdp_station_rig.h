/* The station side of the rig alone, with the request of one VSI at hand and hand-made answers to it. */
#ifndef EVB_VDP_STATION_RIG_H
#define EVB_VDP_STATION_RIG_H

#include "vdp_rig.h"

static struct rig r;
static struct vdp_filter filter;
static struct vdp_request rq; /* of VSI 1, op ASSOC */

static inline void setup(void)
{
	rig_init(&r, 600);
	rq = rig_request(VDP_ASSOC, 1, &filter);
}

static inline void teardown(void)
{
	rig_free(&r);
}

static inline struct vdp_table *st(void)
{
	return r.side[ST].t;
}

static inline void submit(enum vdp_op op)
{
	rq.op = op;
	cr_assert_eq(vdp_station_request(st(), &rq, r.now), VDP_SUBMIT_OK);
}

static inline void answer(enum vdp_op op, uint8_t status)
{
	rig_tlv(&r, ST, &rq, op, status);
}

static inline void associate(void)
{
	submit(VDP_ASSOC);
	rig_expect(&r, ST, VDP_ASSOC, 0);
	answer(VDP_ASSOC, 0x40);
	cr_assert_eq(rig_state(&r, ST, 1), VDP_STATE_ASSOC);
}

static inline void pass(struct dur d)
{
	rig_pass(&r, ST, d);
}

static inline const struct vdp_vsi *vsi(void)
{
	return rig_vsi(&r, ST, 1);
}

static inline void expect_waiting(enum vdp_display show, const char *reason)
{
	cr_assert_not_null(vsi());
	cr_assert_eq(vsi()->state, VDP_STATE_NONE);
	cr_assert_eq(vsi()->show, show, "shown as %s", vdp_display_name(vsi()->show));
	cr_assert_str_eq(vsi()->reason, reason);
}

#endif
