/* What the kernel says of a device's part in XDP: generic netlink family "netdev" (Linux 6.3). */
#ifndef EVB_NETDEV_H
#define EVB_NETDEV_H

#include <stdbool.h>

struct netdev;
/** NULL: this kernel has no such family, or no memory. */
struct netdev *netdev_open(void);
void netdev_close(struct netdev *n);
/** Readable when some device changed. */
int netdev_fd(const struct netdev *n);
/** Read what is there; true: some device's part may be another one now. */
bool netdev_poll(struct netdev *n);
/** Does the device take frames from XDP programs? A veth does while its other end has a program or GRO. n NULL: no. */
bool netdev_takes_xdp(struct netdev *n, int ifindex);

#endif
