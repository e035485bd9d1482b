/* The transitions that the parts of the station machine share. */
#ifndef EVB_VDP_STATION_PRIV_H
#define EVB_VDP_STATION_PRIV_H

#include "vdp_station.h"

/** PROC_WAIT with the request in `asked`. */
void station_enter_proc(struct vdp_table *t, uint32_t i, struct mono now);
/** Queue the TLV of state m, whose respWaitDelay starts when it leaves. */
void station_enter_request(struct vdp_table *t, uint32_t i, enum vdp_machine m);
/** WAIT_SYSCMD */
void station_enter_wait(struct vdp_table *t, uint32_t i, struct mono now);
/** END (6.7): a back-off, or the end. The reason and `hard` are set. */
void station_enter_end(
	struct vdp_table *t, uint32_t i, enum vdp_display show, enum vdp_cause cause, struct mono now);
/** The user's De-Associate is over, answered or not. */
void station_deassociated(struct vdp_table *t, uint32_t i, enum vdp_cause cause, struct mono now);
/** A command has had its outcome: what is next? */
void station_settle(struct vdp_table *t, uint32_t i, enum vdp_cause cause, struct mono now);

#endif
