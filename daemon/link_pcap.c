/*
 * Link driver on libpcap: the portable default for physical devices.
 *
 * Receive: libpcap's memory-mapped ring in immediate mode (a frame is seen when it arrives, not when a block is full),
 * handed up in place: no copy, no system call per frame. libpcap puts VLAN tags back into the data. The ring's
 * slots are sized by the MTU at the time of opening; a longer frame arrives cut and is counted as rx_bad. Frames
 * this host sends are kept out of the ring by the socket (PACKET_IGNORE_OUTGOING): PCAP_D_IN alone would let them
 * use its slots first.
 *
 * Transmit: pcap_inject() is one send() a frame, so frames leave through txq instead.
 *
 * Invariant: checksums and segmentation are the device's business here. A device whose senders leave them undone
 * (veth, a bridge) needs link_both.c or link_packet.c; GRO and LRO have to be off (offload.c).
 */
#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "link_priv.h"
#include "txq.h"

enum {
	PCAP_RING_OCTETS = 8 << 20,
	PCAP_SNAP_EXTRA = 14 + 8 + 26, /* header, two VLAN tags, room for a port-extension tag */
};

struct link_pcap {
	struct link link;
	pcap_t *pcap;
	struct txq *tx;
	int ifindex;
	unsigned drops_seen; /* ps_drop when last read; it wraps */
};

static void link_pcap_send(struct link *l, struct span head, struct span rest)
{
	txq_add(((struct link_pcap *)l)->tx, head, rest, &l->count);
}

static void link_pcap_flush(struct link *l)
{
	txq_flush(((struct link_pcap *)l)->tx, &l->count);
}

static void on_frame(u_char *user, const struct pcap_pkthdr *h, const u_char *data)
{
	struct link *l = (struct link *)(void *)user;

	if (h->caplen != h->len || h->caplen < LINK_HEADER)
		l->count.rx_bad++;
	else
		link_deliver(l, span_of(data, h->caplen));
}

static void count_drops(struct link_pcap *lp)
{
	struct pcap_stat st;

	if (pcap_stats(lp->pcap, &st) != 0)
		return;
	lp->link.count.rx_dropped += st.ps_drop - lp->drops_seen;
	lp->drops_seen = st.ps_drop;
}

/* A device that only went down keeps its socket: what libpcap then says is not the end. */
static int link_pcap_poll(struct link *l, unsigned budget)
{
	struct link_pcap *lp = (struct link_pcap *)l;
	int n = pcap_dispatch(lp->pcap, (int)budget, on_frame, (u_char *)lp);
	char name[IF_NAMESIZE];

	if (n < 0)
		return if_indextoname((unsigned)lp->ifindex, name) ? 0 : -ENODEV;
	if ((unsigned)n >= budget) /* frames were waiting: only then can the ring have been full */
		count_drops(lp);
	return n;
}

static void link_pcap_close(struct link *l)
{
	struct link_pcap *lp = (struct link_pcap *)l;

	if (lp->pcap)
		pcap_close(lp->pcap);
	txq_free(lp->tx);
	free(lp);
}

static const struct link_ops link_pcap_ops = {
	.driver = "pcap",
	.send = link_pcap_send,
	.flush = link_pcap_flush,
	.poll = link_pcap_poll,
	.close = link_pcap_close,
};

int link_mtu_of(const char *ifname)
{
	struct ifreq ifr = { 0 };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int mtu = 1500;

	strncpy(ifr.ifr_name, ifname, sizeof(ifr.ifr_name) - 1);
	if (fd >= 0 && ioctl(fd, SIOCGIFMTU, &ifr) == 0)
		mtu = ifr.ifr_mtu;
	if (fd >= 0)
		close(fd);
	return mtu;
}

static int error_of(int pcap_error)
{
	switch (pcap_error) {
	case PCAP_ERROR_NO_SUCH_DEVICE:
		return ENODEV;
	case PCAP_ERROR_PERM_DENIED:
	case PCAP_ERROR_PROMISC_PERM_DENIED:
		return EPERM;
	case PCAP_ERROR_IFACE_NOT_UP:
		return ENETDOWN;
	default:
		return EIO;
	}
}

/* 0 or a positive errno; libpcap's own words are in pcap_geterr(). */
static int activate(struct link_pcap *lp, const struct link_part_of *at)
{
	char err[PCAP_ERRBUF_SIZE];
	pcap_t *p = lp->pcap;
	int on = 1;
	int rc;

	pcap_set_snaplen(p, link_mtu_of(at->ifname) + PCAP_SNAP_EXTRA);
	pcap_set_promisc(p, at->is_promiscuous);
	pcap_set_immediate_mode(p, 1);
	pcap_set_buffer_size(p, PCAP_RING_OCTETS);
	rc = pcap_activate(p);
	if (rc < 0)
		return error_of(rc);
	if (pcap_datalink(p) != DLT_EN10MB)
		return EPROTONOSUPPORT;
	if (pcap_setdirection(p, PCAP_D_IN) != 0 || pcap_setnonblock(p, 1, err) != 0)
		return EIO;
	lp->link.fd = pcap_get_selectable_fd(p);
	if (setsockopt(lp->link.fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on)) != 0)
		return errno;
	return -link_filter(lp->link.fd, at->part, at->limit);
}

struct link *link_open_pcap(const struct link_part_of *at, const struct link_error *e)
{
	struct link_pcap *lp = calloc(1, sizeof(*lp));
	char err[PCAP_ERRBUF_SIZE];
	int rc;

	if (!lp)
		return link_fail(e, ENOMEM, at->ifname, NULL);
	lp->link.ops = &link_pcap_ops;
	lp->link.fd = -1;
	lp->ifindex = at->ifindex;
	lp->pcap = pcap_create(at->ifname, err);
	if (!lp->pcap) {
		link_fail(e, EIO, at->ifname, err);
		goto fail;
	}
	rc = activate(lp, at);
	if (rc != 0) {
		link_fail(e, rc, at->ifname, *pcap_geterr(lp->pcap) ? pcap_geterr(lp->pcap) : NULL);
		goto fail;
	}
	lp->tx = txq_new(at->ifindex, &rc);
	if (!lp->tx) {
		link_fail(e, -rc, at->ifname, NULL);
		goto fail;
	}
	return &lp->link;
fail:
	link_pcap_close(&lp->link);
	return NULL;
}
