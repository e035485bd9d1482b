/*
 * A VSI as a JSON object, as `vsi` requests and rows of `show vsi` have it: keys id, port, channel, type_id,
 * type_version, manager, filters, vm_port, org, migrating, suspended (docs/control-protocol.md).
 *
 * Numbers may also be given as text ("4660", "0x1234"). Keys that a row has beyond a request (state, reason ...) are
 * ignored, so that a listing can be fed back; keys nobody knows are errors.
 */
#ifndef EVB_CTL_VSI_OBJECT_H
#define EVB_CTL_VSI_OBJECT_H

#include "ctl_proto.h"
#include "vdp_table.h"

enum { CTL_PORT_NAME = 16, CTL_ORG_MAX = 1400, CTL_CHANNEL_DEFAULT = 1, CTL_CHANNEL_MAX = 4094 };

struct ctl_vsi {
	char port[CTL_PORT_NAME]; /* empty: not named, the only station port is meant */
	unsigned channel;         /* SCID; CTL_CHANNEL_DEFAULT unless has_channel */
	bool has_channel;
	char vm_port[CTL_PORT_NAME]; /* empty: bound by MAC */
	struct vdp_request rq;       /* points into this struct: it must not be copied */
	struct vdp_filter filters[VDP_FILTERS_MAX];
	uint8_t org[CTL_ORG_MAX];
};

/** Read an object for a command. A de-associate needs `id` only; the others need `id`, `type_id` and `filters`. False
 * with a text that names the key in err. */
bool ctl_vsi_parse(const json_t *object, enum vdp_op op, struct ctl_vsi *ret, char err[CTL_ERROR_TEXT]);

/** Array of {"vid","mac","group","pcp"}; what the format does not carry is null. */
json_t *ctl_filters_json(uint8_t format, unsigned n, const struct vdp_filter *filters);
const char *ctl_filter_format_name(uint8_t format); /* "vid", "mac_vid", "group_vid", "group_mac_vid" */
const char *ctl_id_format_name(uint8_t format);     /* "ipv4", "ipv6", "mac", "local", "uuid" */

/** `op` of a request: "preassociate", "preassociate_rr", "associate", "deassociate". */
const char *ctl_op_name(enum vdp_op op);
bool ctl_op_parse(const char *name, enum vdp_op *ret);

#endif
