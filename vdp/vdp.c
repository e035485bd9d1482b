/*
 * vdp.c - the values of vdp.h: timer formulas (802.1Q 41.5.5; evb-reference 6.6), comparison and names.
 *
 * A timer exponent e means 10 us * 2^e. Exponents come from the EVB TLV, which has five bits for each and three for
 * R, so nothing here can overflow: 1.5 * (15 + 1) * 10 us * 2^31 is about six days. Waits below one millisecond are
 * rounded up, because no event loop can keep them; both ends only get more patient by it.
 */
#include "vdp.h"

#include "names.h"

enum { EXPONENT_MAX = 31, TIMER_FLOOR_MS = 1 };

static struct dur dur_of_exponent(uint8_t e)
{
	return dur_us(UINT64_C(10) << (e < EXPONENT_MAX ? e : EXPONENT_MAX));
}

static struct dur dur_with_floor(struct dur d)
{
	struct dur floor = dur_ms(TIMER_FLOOR_MS);

	return d.ns < floor.ns ? floor : d;
}

/** 1.5 * ((2R+1) * ackTimerInit + 10 us * 2^e): a request and its answer, each with its retries, and the work between. */
static struct dur dur_of_exchange(const struct vdp_params *p, uint8_t e)
{
	uint64_t ns = (2u * p->retries + 1u) * vdp_ack_time(p).ns + dur_of_exponent(e).ns;

	return dur_ns(ns + ns / 2);
}

struct dur vdp_ack_time(const struct vdp_params *p)
{
	return dur_with_floor(dur_of_exponent(p->rte));
}

struct dur vdp_resource_wait_delay(const struct vdp_params *p)
{
	return dur_with_floor(dur_of_exponent(p->rwd));
}

struct dur vdp_resp_wait_delay(const struct vdp_params *p)
{
	return dur_of_exchange(p, p->rwd);
}

struct dur vdp_reinit_keep_alive(const struct vdp_params *p)
{
	return dur_with_floor(dur_of_exponent(p->rka));
}

struct dur vdp_tout_keep_alive(const struct vdp_params *p)
{
	return dur_of_exchange(p, p->rka);
}

bool vsi_id_equal(const struct vsi_id *a, const struct vsi_id *b)
{
	return a->format == b->format && memcmp(a->id, b->id, sizeof(a->id)) == 0;
}

bool vdp_manager_equal(const struct vdp_manager *a, const struct vdp_manager *b)
{
	return memcmp(a->id, b->id, sizeof(a->id)) == 0;
}

const char *vdp_op_name(enum vdp_op op)
{
	static const struct name_row names[] = {
		{ VDP_PREASSOC, "preassociate" },
		{ VDP_PREASSOC_RR, "preassociate_rr" },
		{ VDP_ASSOC, "associate" },
		{ VDP_DEASSOC, "deassociate" },
		{ 0, NULL },
	};

	return names_text(names, (int)op, "reserved");
}

const char *vdp_error_text(unsigned error)
{
	static const struct name_row names[] = {
		{ VDP_E_SUCCESS, "success" },
		{ VDP_E_FORMAT, "invalid format" },
		{ VDP_E_RESOURCES, "insufficient resources" },
		{ VDP_E_NO_MANAGER, "unable to contact VSI manager" },
		{ VDP_E_ADDRESS, "invalid VID, GroupID or MAC address" },
		{ VDP_E_TYPE_UNKNOWN, "unknown VSI type" },
		{ VDP_E_TYPE_DENIED, "VSI type not allowed" },
		{ VDP_E_TYPE_VERSION, "unknown version of the VSI type" },
		{ VDP_E_OUT_OF_SYNC, "out of sync" },
		{ VDP_E_MANAGER_UNKNOWN, "unknown VSI manager" },
		{ 0, NULL },
	};

	return names_text(names, (int)error, "other failure"); /* 4, and what is reserved (6.3) */
}

const char *vdp_state_name(enum vdp_state s)
{
	static const struct name_row names[] = {
		{ VDP_STATE_NONE, "none" },
		{ VDP_STATE_PREASSOC, "preassociated" },
		{ VDP_STATE_PREASSOC_RR, "preassociated_rr" },
		{ VDP_STATE_ASSOC, "associated" },
		{ 0, NULL },
	};

	return names_text(names, (int)s, "reserved");
}
