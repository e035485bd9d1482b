/* Station VDP machine of one VSI (802.1Q 41.5; evb-reference 6.7). Called by the table only; users see vdp_table.h. */
#ifndef EVB_VDP_STATION_H
#define EVB_VDP_STATION_H

#include "vdp_table_priv.h"

void vdp_station_rx(struct vdp_table *t, const struct vdp_pdu_item *item, struct mono now);
void vdp_station_on_time(struct vdp_table *t, uint32_t i, struct mono now);
/** Port down, or another generation: without a state, and to be asked again when ready. */
void vdp_station_lost(
	struct vdp_table *t, uint32_t i, enum vdp_cause cause, const char *reason, struct mono now);
/** In another dialect now: what can't be asked in it is refused. */
void vdp_station_on_edition(struct vdp_table *t, uint32_t i, struct mono now);
/** Ready now: a request that waited for it goes to the queue. Not ready any more: one that was not sent waits. */
void vdp_station_on_ready(struct vdp_table *t, uint32_t i);
/** vdp_table_hold() */
void vdp_station_hold(struct vdp_table *t, uint32_t i, const char *reason, struct mono now);
/** A VSI of before a restart, legal and not in the table. */
enum vdp_submit vdp_station_restore(struct vdp_table *t, const struct vdp_saved *s, struct mono now);
/** Can this be asked at all, and in the dialect in force? */
enum vdp_submit vdp_station_check(const struct vdp_table *t, const struct vdp_request *rq);
/** The TLV to send now. */
const struct vdp_cmd *vdp_station_tlv(const struct vsi *v, enum vdp_op *ret_op, uint8_t *ret_status);
/** It was packed. */
void vdp_station_on_packed(struct vdp_table *t, uint32_t i, struct mono now);
/** ECP is done with it. */
void vdp_station_on_sent(struct vdp_table *t, uint32_t i, bool is_delivered, struct mono now);

#endif
