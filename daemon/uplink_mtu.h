/*
 * Does an uplink have room for its tags? Linux counts 14 octets as header, and allows for 4 more only when they are a C-tag
 * in front (port-extension-reference 2.7, 8.1): a VM's frame behind an S-TAG, VN-Tag or E-TAG needs an MTU that is larger by
 * the tag, and by 4 more when it has a C-tag as well. What does not fit is dropped and counted; an administrator should
 * know before.
 */
#ifndef EVB_UPLINK_MTU_H
#define EVB_UPLINK_MTU_H

#include "node.h"

struct uplink_mtu {
	uint32_t needed;   /* 0: nothing that is known of goes in tags */
	uint32_t inner;    /* MTU of those whose frames need it: VMs; on a bridge an ordinary port */
	enum fwd_tag tag;  /* in which they are */
	uint16_t port;     /* one of them */
	bool is_too_small; /* the device's MTU is below */
};

/** What a station or bridge port needs as things are: its VM ports or the bridge's ordinary ports, its channels, and the
 * VLANs of its VSIs. While none is known, a C-tag is expected. */
struct uplink_mtu uplink_mtu(const struct node *n, uint16_t port);

enum { UPLINK_MTU_TEXT = 96 };
/** "mtu 1500, needs 1508 for VMs of 1500 in S-channels" */
const char *uplink_mtu_text(
	const struct node *n, uint16_t port, const struct uplink_mtu *m, char text[UPLINK_MTU_TEXT]);

#endif
