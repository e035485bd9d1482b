/* Bridge VDP machine of one VSI (802.1Q 41.5; evb-reference 6.8). Called by the table only; users see vdp_table.h. */
#ifndef EVB_VDP_BRIDGE_H
#define EVB_VDP_BRIDGE_H

#include "vdp_table_priv.h"

void vdp_bridge_rx(struct vdp_table *t, const struct vdp_pdu_item *item, struct mono now);
void vdp_bridge_on_time(struct vdp_table *t, uint32_t i, struct mono now);
/** The table is ready: a restored VSI has toutKeepAlive from now. */
void vdp_bridge_on_ready(struct vdp_table *t, uint32_t i, struct mono now);
/** A VSI of before a restart, legal and not in the table. */
enum vdp_submit vdp_bridge_restore(struct vdp_table *t, const struct vdp_saved *s, struct mono now);
/** Port down, or another generation: over, without a frame. */
void vdp_bridge_lost(
	struct vdp_table *t, uint32_t i, enum vdp_cause cause, const char *reason, struct mono now);
/** Put the open question of a VSI into an event. */
void vdp_bridge_query(const struct vdp_table *t, uint32_t i, struct vdp_event *ret);
/** The TLV to send now. */
const struct vdp_cmd *vdp_bridge_tlv(const struct vsi *v, enum vdp_op *ret_op, uint8_t *ret_status);
void vdp_bridge_on_packed(struct vdp_table *t, uint32_t i);
/** ECP is done with the payload: a command that waited is taken up. */
void vdp_bridge_on_sent(struct vdp_table *t, uint32_t i, struct mono now);

#endif
