/* The bridge side of the rig alone, with the request of one VSI at hand. */
#ifndef EVB_VDP_BRIDGE_RIG_H
#define EVB_VDP_BRIDGE_RIG_H

#include "vdp_rig.h"

/* E1 and its answers, from the manager TLV on (evb-reference 6.10). */
#define E_MANAGER 0x0a, 0x10, 0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10
#define E_UUID    5, 0xf8, 0x1d, 0x4f, 0xae, 0x7d, 0xec, 0x11, 0xd0, 0xa7, 0x65, 0, 0xa0, 0xc9, 0x1e, 0x6b, 0xf6
#define E_FILTER  2, 0, 1, 0, 0, 0x5e, 0, 0x53, 0x10, 0, 0x64
static const uint8_t E1[] = { E_MANAGER, 0x06, 0x21, 0x10, 0, 1, 2, 3, E_UUID, E_FILTER };
static const uint8_t E3[] = { E_MANAGER, 0x06, 0x21, 0x40, 0, 1, 2, 3, E_UUID, E_FILTER };

static struct rig r;
static struct vdp_filter filter;
static struct vdp_request rq; /* of VSI 1, op ASSOC */

static inline void setup(void)
{
	rig_init(&r, 64);
	rq = rig_request(VDP_ASSOC, 1, &filter);
}

static inline void teardown(void)
{
	rig_free(&r);
}

static inline void expect_octets(const void *octets, size_t len)
{
	uint8_t buf[PAYLOAD];
	size_t n = vdp_table_fill(r.side[BR].t, buf, sizeof(buf), r.now);

	cr_assert_eq(n, len + 2, "%zu octets", n);
	cr_assert_arr_eq(buf, octets, len);
	vdp_table_on_sent(r.side[BR].t, true, r.now);
}

static inline void request(enum vdp_op op, uint8_t status)
{
	rig_tlv(&r, BR, &rq, op, status);
}

static inline void associate(void)
{
	request(VDP_ASSOC, 0);
	rig_expect(&r, BR, VDP_ASSOC, 0x40);
	cr_assert_eq(rig_state(&r, BR, 1), VDP_STATE_ASSOC);
}

static inline void pass(struct dur d)
{
	rig_pass(&r, BR, d);
}

#endif
