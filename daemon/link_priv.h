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

enum link_part { /* of a device's frames, for one socket; each frame is in exactly one of its sockets */
	LINK_PART_CONTROL, /* control frames */
	LINK_PART_DATA,    /* all others */
	LINK_PART_SHORT,   /* of those, the ones of at most `limit` octets */
	LINK_PART_LONG,    /* the longer ones */
};
/** Let a packet socket have its part only. 0 or -errno. */
int link_filter(int fd, enum link_part part, unsigned limit);

struct link_part_of { /* what one socket is to have */
	const char *ifname;
	int ifindex;
	bool is_promiscuous;
	enum link_part part;
	unsigned limit;
};
struct link *link_open_pcap(const struct link_part_of *at, const struct link_error *e);
struct link *link_open_packet(const struct link_part_of *at, const struct link_error *e);
struct link *link_open_both(const struct link_part_of *at, const struct link_error *e);
/** MTU of a device, 1500 if it can't be told. */
int link_mtu_of(const char *ifname);

/** Hand one frame up and count it. */
static inline void link_deliver(struct link *l, struct span frame)
{
	l->count.rx_frames++;
	l->count.rx_octets += frame.len;
	l->rx(l->rx_ctx, frame);
}

#endif
