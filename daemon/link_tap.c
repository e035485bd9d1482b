/*
 * Link driver for a tap device that this daemon makes: one VM port.
 *
 * Without a virtio header and without TUNSETOFFLOAD the kernel finishes checksums, segments and puts VLAN tags into the
 * data before read() sees a frame, so there is nothing to make whole. Address, MTU and state of the device are set
 * by others; it goes away with the descriptor unless it was made persistent before.
 *
 * Transmit is one writev() a frame: the tap has no call for many, and this way no copy is made.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include "link_priv.h"

struct link_tap {
	struct link link;
	uint8_t buf[LINK_FRAME_MAX + 1]; /* one more, to notice a longer frame */
};

static void link_tap_send(struct link *l, struct span head, struct span rest)
{
	/* writev() only reads; iovec has no const */
	struct iovec iov[2] = { { (void *)(uintptr_t)head.ptr, head.len },
		{ (void *)(uintptr_t)rest.ptr, rest.len } };
	size_t len = head.len + rest.len;

	if (len < LINK_HEADER || len > LINK_FRAME_MAX || writev(l->fd, iov, 2) != (ssize_t)len) {
		l->count.tx_dropped++;
		return;
	}
	l->count.tx_frames++;
	l->count.tx_octets += len;
}

static void link_tap_flush(struct link *l)
{
	(void)l; /* send() is immediate */
}

static int link_tap_poll(struct link *l, unsigned budget)
{
	struct link_tap *lt = (struct link_tap *)l;
	unsigned n = 0;

	while (n < budget) {
		ssize_t len = read(l->fd, lt->buf, sizeof(lt->buf));

		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0 && errno == EAGAIN)
			break;
		if (len < 0) /* EBADFD: somebody deleted the device */
			return -errno;
		n++;
		if (len < LINK_HEADER || len > LINK_FRAME_MAX)
			l->count.rx_bad++;
		else
			link_deliver(l, span_of(lt->buf, (size_t)len));
	}
	return (int)n;
}

static void link_tap_close(struct link *l)
{
	close(l->fd);
	free(l);
}

static const struct link_ops link_tap_ops = {
	.driver = "tap",
	.send = link_tap_send,
	.flush = link_tap_flush,
	.poll = link_tap_poll,
	.close = link_tap_close,
};

struct link *link_open_tap(const char *ifname, int *ret_errno, char *err, unsigned err_size)
{
	struct link_error e = { ret_errno, err, err_size };
	struct ifreq ifr = { .ifr_flags = IFF_TAP | IFF_NO_PI };
	size_t len = strlen(ifname);
	struct link_tap *lt;
	int fd;

	if (len == 0 || len >= sizeof(ifr.ifr_name))
		return link_fail(&e, EINVAL, ifname, NULL);
	memcpy(ifr.ifr_name, ifname, len);
	fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return link_fail(&e, errno, "/dev/net/tun", NULL);
	if (ioctl(fd, TUNSETIFF, &ifr) != 0) {
		link_fail(&e, errno, ifname, NULL);
		close(fd);
		return NULL;
	}
	lt = calloc(1, sizeof(*lt));
	if (!lt) {
		close(fd);
		return link_fail(&e, ENOMEM, ifname, NULL);
	}
	lt->link.ops = &link_tap_ops;
	lt->link.fd = fd;
	return &lt->link;
}
