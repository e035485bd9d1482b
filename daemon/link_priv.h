/* What the link drivers share: how an opener fails, limits, and the drivers that link_open() chooses from. */
#ifndef EVB_LINK_PRIV_H
#define EVB_LINK_PRIV_H

#include "link.h"

enum {
	LINK_HEADER = 14,                /* addresses and EtherType: nothing shorter is a frame */
	LINK_FRAME_MAX = 65535 + 14 + 8, /* largest IP packet with two VLAN tags */
};

struct link_error { /* where an opener reports to; the last three arguments of link_open() */
	int *ret_errno;
	char *text;
	unsigned size;
};
/** Write -error and "what: <error's text>" (or `what` alone if it says why); always returns NULL. */
void *link_fail(const struct link_error *e, int error, const char *what, const char *detail);

struct link *link_open_pcap(const char *ifname, int ifindex, const struct link_error *e);
struct link *link_open_packet(
	const char *ifname, int ifindex, enum link_kind kind, const struct link_error *e);

/** Let a packet socket have control frames only, or everything else. 0 or -errno. */
int link_filter(int fd, bool is_control);

/** Hand one frame up and count it. */
static inline void link_deliver(struct link *l, struct span frame)
{
	l->count.rx_frames++;
	l->count.rx_octets += frame.len;
	l->rx(l->rx_ctx, frame);
}

#endif
