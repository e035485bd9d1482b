/*
 * Transmit queue of the packet and pcap drivers.
 *
 * A send() per frame costs more than the frame: queued frames leave with one sendmmsg(). They are copied into the
 * queue, because what they are made of (a receive ring, a segmentation buffer) is reused before the flush.
 *
 * The socket has protocol 0, so it receives nothing and its error state is its own. It has no virtio header: frames
 * here are whole. The kernel limits their length to the device's MTU and one VLAN tag; a longer one is refused
 * (EMSGSIZE) and counted, like every other refusal; the frames behind it still go out.
 *
 * PACKET_QDISC_BYPASS is not used: on veth it made no difference that could be measured, and it would hide what is
 * sent from tcpdump on the port and drop where the queueing discipline of a busy device holds frames back.
 */
#include "txq.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "link_priv.h"

enum { TXQ_FRAMES = 64, TXQ_OCTETS = 256 * 1024 };

struct txq {
	int fd;
	unsigned n;  /* frames queued */
	size_t used; /* octets of buf */
	struct mmsghdr msg[TXQ_FRAMES];
	struct iovec iov[TXQ_FRAMES];
	uint8_t buf[TXQ_OCTETS];
};

struct txq *txq_new(int ifindex, int *ret_errno)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_ifindex = ifindex };
	struct txq *q = calloc(1, sizeof(*q));

	if (!q) {
		*ret_errno = -ENOMEM;
		return NULL;
	}
	q->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (q->fd < 0 || bind(q->fd, (struct sockaddr *)&to, sizeof(to)) != 0) {
		*ret_errno = -errno;
		txq_free(q);
		return NULL;
	}
	for (unsigned i = 0; i < TXQ_FRAMES; i++) {
		q->msg[i].msg_hdr.msg_iov = &q->iov[i];
		q->msg[i].msg_hdr.msg_iovlen = 1;
	}
	return q;
}

void txq_free(struct txq *q)
{
	if (q && q->fd >= 0)
		close(q->fd);
	free(q);
}

void txq_add(struct txq *q, struct span head, struct span rest, struct link_counters *count)
{
	size_t len = head.len + rest.len;
	uint8_t *at;

	if (len < LINK_HEADER || len > LINK_FRAME_MAX) {
		count->tx_dropped++;
		return;
	}
	if (q->n == TXQ_FRAMES || TXQ_OCTETS - q->used < len)
		txq_flush(q, count);
	at = q->buf + q->used;
	memcpy(at, head.ptr, head.len);
	if (rest.len > 0)
		memcpy(at + head.len, rest.ptr, rest.len);
	q->iov[q->n++] = (struct iovec){ at, len };
	q->used += (len + 63) & ~(size_t)63; /* whole cache lines */
	if (q->used > TXQ_OCTETS)
		q->used = TXQ_OCTETS;
}

void txq_flush(struct txq *q, struct link_counters *count)
{
	unsigned i = 0;

	while (i < q->n) {
		int n = sendmmsg(q->fd, q->msg + i, q->n - i, MSG_DONTWAIT);

		if (n <= 0) { /* the first of them was refused */
			count->tx_dropped++;
			i++;
			continue;
		}
		count->tx_frames += (unsigned)n;
		for (; n > 0; n--)
			count->tx_octets += q->iov[i++].iov_len;
	}
	q->n = 0;
	q->used = 0;
}
