/* Network devices as the kernel reports them: arrival, change, departure (rtnetlink through libmnl), and the offload
 * settings this daemon changes on its own ports and restores (ethtool ioctl). */
#ifndef EVB_RTNL_H
#define EVB_RTNL_H

#include <stdbool.h>
#include <stdint.h>

#include "mac.h"

struct rtnl_link {
	int ifindex;
	char name[16];
	bool is_up; /* administratively up and carrier (IFF_UP, IFF_LOWER_UP) */
	bool is_virtual; /* has IFLA_INFO_KIND: veth, tun, macvlan, bridge ... its senders may leave offloads undone */
	bool is_promiscuous; /* somebody wants frames for other addresses, too */
	char kind[16];       /* IFLA_INFO_KIND, empty for a physical device */
	struct mac mac;
	uint32_t mtu;
};
typedef void rtnl_fn(void *ctx, const struct rtnl_link *link, bool is_gone);

struct rtnl;
/** Subscribe to RTNLGRP_LINK. NULL with *ret_errno. */
struct rtnl *rtnl_open(rtnl_fn *fn, void *ctx, int *ret_errno);
void rtnl_close(struct rtnl *r);
int rtnl_fd(const struct rtnl *r);
/** Ask for all links; answers come through fn from rtnl_poll(). Also done by itself after an overrun (ENOBUFS), which
 * reports links that vanished meanwhile as gone. */
int rtnl_dump(struct rtnl *r);
/** Has everything that was asked for been told? */
bool rtnl_is_settled(const struct rtnl *r);
/** Read what is there and call fn. */
int rtnl_poll(struct rtnl *r);
/** Set a device administratively up or down. */
int rtnl_set_link(struct rtnl *r, int ifindex, bool is_up);

/** Offloads that must be off on a port (gro, lro, rx-vlan, and what merges or strips on receive). */
struct offload_saved {
	unsigned n;
	struct {
		char name[32];
		bool was_on;
	} item[8]; /* only what was changed */
};
/** Turn them off; *ret_saved lists what was changed. -errno when the device is gone. */
int offload_disable(const char *ifname, struct offload_saved *ret_saved);
void offload_restore(const char *ifname, const struct offload_saved *saved);

#endif
