/*
 * Link driver on a packet socket with PACKET_VNET_HDR, for virtual devices.
 *
 * The sender on a veth pair, a bridge or a macvlan leaves checksums and segmentation to hardware that is not there:
 * what arrives is up to 64 KiB long and its checksum is half done. The virtio header in front of every received frame
 * says what is missing, and bridge/gso.h does it before anyone looks at the frame.
 *
 * The kernel takes the outer VLAN tag out of the data (802.1Q and 802.1ad) and reports it in PACKET_AUXDATA. It is put
 * back at octet 12 first of all; offsets in the virtio header count without it and are moved by its four octets. A
 * TCI of 0 that is marked valid is a real priority tag. Without TPID_VALID the TPID is 0x8100.
 *
 *        slot    +4                           one slot per frame of a batch; slots are not a power of two
 *         |  ...  | addresses | type ...      apart, so that their first lines spread over the cache
 *         | addresses |TPID TCI| type ...     with the tag put back
 *
 * Frames come in batches (recvmmsg); what this host sends is not seen (PACKET_IGNORE_OUTGOING). A frame whose offload
 * state has no virtio form fails the whole system call with EINVAL; it is lost, counted, and the next call goes on.
 * Frames go out whole, through txq.
 *
 * A control link (link_filter.c) is a second one of these on the same device.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if_arp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "closer.h"
#include "gso.h"
#include "link_priv.h"
#include "txq.h"

enum {
	BATCH = 32,
	TAG = 4,                                   /* octets of a VLAN tag */
	SLOT = (LINK_FRAME_MAX + TAG + 255) & ~63, /* see above */
	PACKET_RCVBUF = 8 << 20,
};

struct link_packet {
	struct link link;
	struct txq *tx;
	struct mmsghdr msg[BATCH];
	struct iovec iov[BATCH][2]; /* virtio header, frame */
	uint8_t vnet[BATCH][GSO_VNET_OCTETS];
	union {
		struct cmsghdr align;
		uint8_t octets[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
	} control[BATCH];
	uint8_t segment[LINK_FRAME_MAX]; /* one piece of a super-frame */
	uint8_t slot[BATCH][SLOT];
};

static void link_packet_send(struct link *l, struct span head, struct span rest)
{
	txq_add(((struct link_packet *)l)->tx, head, rest, &l->count);
}

static void link_packet_flush(struct link *l)
{
	txq_flush(((struct link_packet *)l)->tx, &l->count);
}

static const struct tpacket_auxdata *auxdata_of(struct msghdr *m, struct tpacket_auxdata *ret)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level != SOL_PACKET || c->cmsg_type != PACKET_AUXDATA)
			continue;
		memcpy(ret, CMSG_DATA(c), sizeof(*ret));
		return ret;
	}
	return NULL;
}

/* Put the tag back: *frame grows by four octets to the front. */
static void reinsert_tag(const struct tpacket_auxdata *aux, uint8_t **frame, size_t *len)
{
	uint16_t tpid = aux->tp_status & TP_STATUS_VLAN_TPID_VALID ? aux->tp_vlan_tpid : ETH_P_8021Q;
	uint8_t *p = *frame - TAG;

	memmove(p, *frame, 12);
	p[12] = (uint8_t)(tpid >> 8);
	p[13] = (uint8_t)tpid;
	p[14] = (uint8_t)(aux->tp_vlan_tci >> 8);
	p[15] = (uint8_t)aux->tp_vlan_tci;
	*frame = p;
	*len += TAG;
}

static void deliver(struct link_packet *lp, const struct gso_vnet *vnet, uint8_t *frame, size_t len)
{
	struct link *l = &lp->link;
	struct span whole;
	struct gso g;

	if (gso_begin(&g, vnet, frame, len, sizeof(lp->segment)) != GSO_OK) {
		l->count.rx_bad++;
		return;
	}
	l->count.gso_in += vnet->type != GSO_TYPE_NONE;
	while (gso_next(&g, lp->segment, &whole))
		link_deliver(l, whole);
}

static void receive(struct link_packet *lp, unsigned i)
{
	struct mmsghdr *m = &lp->msg[i];
	uint8_t *frame = lp->slot[i] + TAG;
	size_t len = m->msg_len - GSO_VNET_OCTETS;
	struct tpacket_auxdata aux;
	struct gso_vnet vnet;

	if (m->msg_len < GSO_VNET_OCTETS + LINK_HEADER || (m->msg_hdr.msg_flags & MSG_TRUNC)) {
		lp->link.count.rx_bad++;
		return;
	}
	gso_vnet_decode(lp->vnet[i], &vnet);
	if (auxdata_of(&m->msg_hdr, &aux) && (aux.tp_status & TP_STATUS_VLAN_VALID)) {
		reinsert_tag(&aux, &frame, &len);
		gso_vnet_shift(&vnet, TAG);
	}
	deliver(lp, &vnet, frame, len);
}

/* Is the device still there? When it is unregistered, the kernel unbinds the socket. */
static int link_state(const struct link_packet *lp)
{
	struct sockaddr_ll at = { 0 };
	socklen_t len = sizeof(at);

	if (getsockname(lp->link.fd, (struct sockaddr *)&at, &len) != 0)
		return -errno;
	return at.sll_ifindex > 0 ? 0 : -ENODEV;
}

static void count_drops(struct link_packet *lp)
{
	struct tpacket_stats st; /* since the last time */
	socklen_t len = sizeof(st);

	if (getsockopt(lp->link.fd, SOL_PACKET, PACKET_STATISTICS, &st, &len) == 0)
		lp->link.count.rx_dropped += st.tp_drops;
}

static int receive_batch(struct link_packet *lp, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		lp->msg[i].msg_hdr.msg_controllen = sizeof(lp->control[i]);
	return recvmmsg(lp->link.fd, lp->msg, n, MSG_DONTWAIT, NULL);
}

static int link_packet_poll(struct link *l, unsigned budget)
{
	struct link_packet *lp = (struct link_packet *)l;
	unsigned done = 0;

	while (done < budget) {
		unsigned want = budget - done < BATCH ? budget - done : BATCH;
		int n = receive_batch(lp, want);

		if (n < 0 && errno == EINVAL) { /* no virtio form */
			l->count.rx_bad++;
			done++;
			continue;
		}
		if (n < 0 && errno == ENETDOWN) {
			int rc = link_state(lp);

			if (rc != 0)
				return rc;
			continue; /* down is not gone; the error was reported once */
		}
		if (n <= 0)
			return n == 0 || errno == EAGAIN || errno == EINTR ? (int)done : -errno;
		for (unsigned i = 0; i < (unsigned)n; i++)
			receive(lp, i);
		done += (unsigned)n;
		if ((unsigned)n < want)
			return (int)done;
	}
	count_drops(lp); /* frames were waiting: only then can the queue have been full */
	return (int)done;
}

static void link_packet_close(struct link *l)
{
	struct link_packet *lp = (struct link_packet *)l;

	if (l->fd >= 0)
		closer_close(l->fd);
	txq_free(lp->tx);
	free(lp);
}

static const struct link_ops link_packet_ops = {
	.driver = "packet",
	.send = link_packet_send,
	.flush = link_packet_flush,
	.poll = link_packet_poll,
	.close = link_packet_close,
};

static bool set_option(int fd, int option, int value)
{
	return setsockopt(fd, SOL_PACKET, option, &value, sizeof(value)) == 0;
}

/* A descriptor, or -errno. Nothing is received before bind(): the protocol is 0 until then. */
static int open_socket(const struct link_part_of *part)
{
	struct sockaddr_ll at = {
		.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = part->ifindex
	};
	struct packet_mreq promisc = { .mr_ifindex = part->ifindex, .mr_type = PACKET_MR_PROMISC };
	socklen_t len = sizeof(at);
	int size = PACKET_RCVBUF;
	int error;
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) != 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (!set_option(fd, PACKET_VNET_HDR, 1) || !set_option(fd, PACKET_AUXDATA, 1) ||
		!set_option(fd, PACKET_IGNORE_OUTGOING, 1) ||
		(part->is_promiscuous &&
			setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &promisc, sizeof(promisc)) != 0) ||
		link_filter(fd, part->part, part->limit) != 0 ||
		bind(fd, (struct sockaddr *)&at, sizeof(at)) != 0 ||
		getsockname(fd, (struct sockaddr *)&at, &len) != 0)
		error = errno;
	else if (at.sll_hatype != ARPHRD_ETHER)
		error = EPROTONOSUPPORT;
	else
		return fd;
	close(fd);
	return -error;
}

struct link *link_open_packet(const struct link_part_of *at, const struct link_error *e)
{
	struct link_packet *lp = calloc(1, sizeof(*lp));
	int rc;

	if (!lp)
		return link_fail(e, ENOMEM, at->ifname, NULL);
	lp->link.ops = &link_packet_ops;
	lp->link.fd = rc = open_socket(at);
	if (rc >= 0 && at->part != LINK_PART_CONTROL)
		lp->tx = txq_new(at->ifindex, &rc);
	if (rc < 0 || (at->part != LINK_PART_CONTROL && !lp->tx)) {
		link_fail(e, -rc, at->ifname, NULL);
		link_packet_close(&lp->link);
		return NULL;
	}
	for (unsigned i = 0; i < BATCH; i++) {
		lp->iov[i][0] = (struct iovec){ lp->vnet[i], sizeof(lp->vnet[i]) };
		lp->iov[i][1] = (struct iovec){ lp->slot[i] + TAG, SLOT - TAG };
		lp->msg[i].msg_hdr = (struct msghdr){
			.msg_iov = lp->iov[i],
			.msg_iovlen = 2,
			.msg_control = &lp->control[i],
		};
	}
	return &lp->link;
}
