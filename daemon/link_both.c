/*
 * Link driver "pcap" on a virtual device: libpcap for what fits a ring slot, a packet socket beside it for the rest.
 *
 * A guest on a veth or tap leaves segmentation and checksums to hardware that is not there. Its super-frames are
 * longer than anything on a wire: the kernel keeps them from libpcap by their length and gives them to the packet
 * socket (link_packet.c), whose virtio header says how to cut them. What libpcap delivers is at most one MTU long, and
 * a checksum that was left undone is found by its value, the sum of the pseudo-header (gso_guess), and finished.
 *
 *      device --- len <= limit ---> libpcap ------ unfinished? copy, finish ---> rx
 *            \--- len >  limit ---> packet socket -- segment ------------------> rx
 *
 * One descriptor stands for both: an epoll set. Frames of one flow may come through both; a sender that sends a
 * super-frame and then a small one may see them swapped within one poll, as with any device of two queues.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "gso.h"
#include "link_priv.h"

enum { SLACK = 14 + 8 /* addresses, EtherType and two VLAN tags */ };

struct link_both {
	struct link link;
	struct link *small; /* libpcap; it also sends */
	struct link *big;   /* packet socket */
	uint8_t whole[LINK_FRAME_MAX];
};

static void add_up(struct link_both *b)
{
	memset(&b->link.count, 0, sizeof(b->link.count));
	link_counters_add(&b->link.count, &b->small->count);
	link_counters_add(&b->link.count, &b->big->count);
}

static void link_both_send(struct link *l, struct span head, struct span rest)
{
	struct link_both *b = (struct link_both *)l;

	b->small->ops->send(b->small, head, rest);
}

static void link_both_flush(struct link *l)
{
	struct link_both *b = (struct link_both *)l;

	b->small->ops->flush(b->small);
	add_up(b);
}

/* libpcap's frames lie in its ring; one that has to be finished is copied first. */
static void on_small(void *ctx, struct span frame)
{
	struct link_both *b = ctx;
	struct gso_vnet v;
	struct gso g;
	struct span whole;

	if (!gso_guess(frame.ptr, frame.len, &v) || frame.len > sizeof(b->whole)) {
		b->link.rx(b->link.rx_ctx, frame);
		return;
	}
	memcpy(b->whole, frame.ptr, frame.len);
	if (gso_begin(&g, &v, b->whole, frame.len, 0) == GSO_OK && gso_next(&g, NULL, &whole))
		b->link.rx(b->link.rx_ctx, whole);
}

static int link_both_poll(struct link *l, unsigned budget)
{
	struct link_both *b = (struct link_both *)l;
	int n_big, n_small;

	b->big->rx = l->rx;
	b->big->rx_ctx = l->rx_ctx;
	n_big = b->big->ops->poll(b->big, budget);
	n_small = b->small->ops->poll(b->small, budget);
	add_up(b);
	if (n_big < 0)
		return n_big;
	return n_small < 0 ? n_small : n_big + n_small;
}

static void link_both_close(struct link *l)
{
	struct link_both *b = (struct link_both *)l;

	if (b->small)
		b->small->ops->close(b->small);
	if (b->big)
		b->big->ops->close(b->big);
	if (l->fd >= 0)
		close(l->fd);
	free(b);
}

static const struct link_ops link_both_ops = {
	.driver = "pcap",
	.send = link_both_send,
	.flush = link_both_flush,
	.poll = link_both_poll,
	.close = link_both_close,
};

static bool watch(const struct link *set, const struct link *l)
{
	struct epoll_event ev = { .events = EPOLLIN };

	return epoll_ctl(set->fd, EPOLL_CTL_ADD, l->fd, &ev) == 0;
}

struct link *link_open_both(const struct link_part_of *at, const struct link_error *e)
{
	struct link_both *b = calloc(1, sizeof(*b));
	struct link_part_of part = *at;

	part.limit = (unsigned)link_mtu_of(at->ifname) + SLACK;
	if (!b)
		return link_fail(e, ENOMEM, at->ifname, NULL);
	b->link.ops = &link_both_ops;
	b->link.fd = epoll_create1(EPOLL_CLOEXEC);
	if (b->link.fd < 0)
		link_fail(e, errno, at->ifname, NULL);
	else {
		part.part = LINK_PART_SHORT;
		b->small = link_open_pcap(&part, e);
		part.part = LINK_PART_LONG;
		b->big = b->small ? link_open_packet(&part, e) : NULL;
	}
	if (!b->big) {
		link_both_close(&b->link);
		return NULL;
	}
	if (!watch(&b->link, b->small) || !watch(&b->link, b->big)) {
		link_fail(e, errno, at->ifname, NULL);
		link_both_close(&b->link);
		return NULL;
	}
	b->small->rx = on_small;
	b->small->rx_ctx = b;
	return &b->link;
}
