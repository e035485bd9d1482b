/*
 * privilege.c - capabilities after start-up (libcap-ng).
 *
 * The control socket is bound and given to its group, taps are made, the configuration is read: what remains needs
 * packet sockets (CAP_NET_RAW) and promiscuous mode, offload settings and new taps (CAP_NET_ADMIN). Everything else
 * goes, so that a defect in a decoder is not root's defect. A reload reads files that
 * belong to root as their owner.
 */
#include "privilege.h"

#include <cap-ng.h>
#include <errno.h>

int privilege_drop(void)
{
	capng_clear(CAPNG_SELECT_BOTH);
	if (capng_updatev(CAPNG_ADD, (capng_type_t)(CAPNG_EFFECTIVE | CAPNG_PERMITTED), CAP_NET_ADMIN,
		    CAP_NET_RAW, -1) < 0)
		return -EINVAL;
	return capng_apply(CAPNG_SELECT_CAPS) < 0 ? -EPERM : 0;
}
