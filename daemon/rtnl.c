/*
 * Network devices as rtnetlink reports them (RTNLGRP_LINK), through libmnl.
 *
 * In: kernel messages of one network namespace. Out: calls of fn, one for each device that appeared, changed or went.
 * The last known state of every device is kept here, sorted by ifindex, for three reasons: a notification that
 * changes nothing we look at is not passed on; a rename is reported as gone under the old name, then present under the
 * new one; and after the kernel had to throw notifications away (ENOBUFS) a dump tells which devices vanished.
 *
 * A dump and notifications share one socket and therefore one order: what comes later is newer. Each dump has a number;
 * at its end, devices not seen since its start are gone. A dump that says of itself that it is inconsistent
 * (NLM_F_DUMP_INTR) or that was overtaken by an overrun is done again before anything is called gone.
 *
 * Bridges send RTM_NEWLINK and RTM_DELLINK about their ports under family AF_BRIDGE; those are not about the device.
 * Operational state is IFF_LOWER_UP, not IFLA_OPERSTATE: "dormant" waits for 802.1X, and LLDP must run before that.
 *
 * rtnl_set_link() has a socket of its own, so that its answer does not have to be looked for between notifications.
 */
#include "rtnl.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { RTNL_RCVBUF = 4 << 20, RTNL_MESSAGE_MAX = 65536 };

struct known {
	struct rtnl_link link;
	unsigned dump; /* number of the dump (or the one before the next) in which it was last heard of */
};

struct rtnl {
	struct mnl_socket *events;
	struct mnl_socket *requests;
	rtnl_fn *fn;
	void *ctx;
	struct known *known; /* sorted by ifindex */
	unsigned n, cap;
	unsigned dump;   /* number of the current dump, or of the last one */
	bool is_dumping; /* the kernel is answering it */
	bool is_stale;   /* what is known may be wrong: a dump is due, after the current one */
	bool report_all; /* the caller asked: report unchanged devices too */
	_Alignas(struct nlmsghdr) uint8_t buf[RTNL_MESSAGE_MAX];
};

/* ---- the table ---- */

static unsigned lower_bound(const struct rtnl *r, int ifindex)
{
	unsigned lo = 0;
	unsigned hi = r->n;

	while (lo < hi) {
		unsigned mid = lo + (hi - lo) / 2;

		if (r->known[mid].link.ifindex < ifindex)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static bool is_at(const struct rtnl *r, unsigned i, int ifindex)
{
	return i < r->n && r->known[i].link.ifindex == ifindex;
}

static int insert(struct rtnl *r, unsigned i, const struct rtnl_link *link)
{
	if (r->n == r->cap) {
		unsigned cap = r->cap ? 2 * r->cap : 64;
		struct known *bigger = realloc(r->known, cap * sizeof(*bigger));

		if (!bigger)
			return -ENOMEM;
		r->known = bigger;
		r->cap = cap;
	}
	memmove(r->known + i + 1, r->known + i, (r->n - i) * sizeof(*r->known));
	r->known[i] = (struct known){ *link, r->dump };
	r->n++;
	return 0;
}

static void forget(struct rtnl *r, unsigned i)
{
	struct rtnl_link gone = r->known[i].link;

	r->n--;
	memmove(r->known + i, r->known + i + 1, (r->n - i) * sizeof(*r->known));
	r->fn(r->ctx, &gone, true);
}

static bool is_same(const struct rtnl_link *a, const struct rtnl_link *b)
{
	return a->is_up == b->is_up && a->is_virtual == b->is_virtual &&
	       a->is_promiscuous == b->is_promiscuous && a->mtu == b->mtu && mac_equal(a->mac, b->mac) &&
	       strcmp(a->kind, b->kind) == 0;
}

static int learn(struct rtnl *r, const struct rtnl_link *link)
{
	unsigned i = lower_bound(r, link->ifindex);
	struct rtnl_link old;

	if (!is_at(r, i, link->ifindex)) {
		int rc = insert(r, i, link);

		if (rc == 0)
			r->fn(r->ctx, link, false);
		return rc;
	}
	old = r->known[i].link;
	r->known[i] = (struct known){ *link, r->dump };
	if (strcmp(old.name, link->name) != 0)
		r->fn(r->ctx, &old, true);
	else if (is_same(&old, link) && !(r->report_all && r->is_dumping))
		return 0;
	r->fn(r->ctx, link, false);
	return 0;
}

/* ---- messages ---- */

static void copy_text(char *dst, size_t size, const struct nlattr *a)
{
	size_t n = strnlen(mnl_attr_get_payload(a), mnl_attr_get_payload_len(a));

	if (n >= size)
		n = size - 1;
	memcpy(dst, mnl_attr_get_payload(a), n);
	dst[n] = '\0';
}

static int on_linkinfo(const struct nlattr *a, void *link)
{
	struct rtnl_link *ret = link;

	if (mnl_attr_get_type(a) == IFLA_INFO_KIND)
		copy_text(ret->kind, sizeof(ret->kind), a);
	return MNL_CB_OK;
}

static int on_attribute(const struct nlattr *a, void *link)
{
	struct rtnl_link *ret = link;
	size_t len = mnl_attr_get_payload_len(a);

	switch (mnl_attr_get_type(a)) {
	case IFLA_IFNAME:
		copy_text(ret->name, sizeof(ret->name), a);
		break;
	case IFLA_MTU:
		if (len == sizeof(ret->mtu))
			ret->mtu = mnl_attr_get_u32(a);
		break;
	case IFLA_PROMISCUITY: /* IFF_PROMISC is only what an administrator set */
		ret->is_promiscuous = len == sizeof(uint32_t) && mnl_attr_get_u32(a) > 0;
		break;
	case IFLA_ADDRESS:
		if (len == sizeof(ret->mac))
			memcpy(&ret->mac, mnl_attr_get_payload(a), len);
		break;
	case IFLA_LINKINFO:
		return mnl_attr_parse_nested(a, on_linkinfo, ret);
	default:
		break;
	}
	return MNL_CB_OK;
}

static bool read_link(const struct nlmsghdr *h, struct rtnl_link *ret)
{
	const struct ifinfomsg *ifi = mnl_nlmsg_get_payload(h);

	if (mnl_nlmsg_get_payload_len(h) < sizeof(*ifi) || ifi->ifi_family != AF_UNSPEC)
		return false;
	*ret = (struct rtnl_link){ .ifindex = ifi->ifi_index };
	ret->is_up = (ifi->ifi_flags & IFF_UP) != 0 && (ifi->ifi_flags & IFF_LOWER_UP) != 0;
	(void)mnl_attr_parse(h, sizeof(*ifi), on_attribute, ret); /* its callbacks never fail */
	ret->is_virtual = ret->kind[0] != '\0';
	return ret->name[0] != '\0';
}

static int start_dump(struct rtnl *r)
{
	_Alignas(struct nlmsghdr) uint8_t request[128] = { 0 };
	struct nlmsghdr *h = mnl_nlmsg_put_header(request);
	struct ifinfomsg *ifi = mnl_nlmsg_put_extra_header(h, sizeof(*ifi));

	h->nlmsg_type = RTM_GETLINK;
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	h->nlmsg_seq = ++r->dump;
	ifi->ifi_family = AF_UNSPEC;
	if (mnl_socket_sendto(r->events, h, h->nlmsg_len) < 0)
		return -errno;
	r->is_dumping = true;
	r->is_stale = false;
	return 0;
}

static void end_dump(struct rtnl *r)
{
	r->is_dumping = false;
	if (r->is_stale)
		return;
	r->report_all = false;
	for (unsigned i = r->n; i > 0; i--)
		if (r->known[i - 1].dump != r->dump)
			forget(r, i - 1);
}

/* The kernel refused a dump, the only request of this socket. Lack of room only delays it. */
static int on_refusal(struct rtnl *r, const struct nlmsghdr *h)
{
	const struct nlmsgerr *e = mnl_nlmsg_get_payload(h);

	if (mnl_nlmsg_get_payload_len(h) < sizeof(*e))
		return -EBADMSG;
	if (e->error == -ENOBUFS)
		return 0;
	r->is_dumping = false;
	return e->error;
}

static int on_message(struct rtnl *r, const struct nlmsghdr *h)
{
	struct rtnl_link link;
	unsigned i;

	if (h->nlmsg_flags & NLM_F_DUMP_INTR)
		r->is_stale = true;
	switch (h->nlmsg_type) {
	case NLMSG_DONE:
		end_dump(r);
		return 0;
	case NLMSG_ERROR:
		return on_refusal(r, h);
	case RTM_NEWLINK:
		return read_link(h, &link) ? learn(r, &link) : 0;
	case RTM_DELLINK:
		if (!read_link(h, &link))
			return 0;
		i = lower_bound(r, link.ifindex);
		if (is_at(r, i, link.ifindex))
			forget(r, i);
		return 0;
	default:
		return 0;
	}
}

int rtnl_poll(struct rtnl *r)
{
	for (;;) {
		ssize_t n = mnl_socket_recvfrom(r->events, r->buf, sizeof(r->buf));
		const struct nlmsghdr *h = (const struct nlmsghdr *)(const void *)r->buf;
		int left = (int)n;
		int rc = 0;

		if (n < 0 && errno == EAGAIN) /* only now is there room for the answer */
			return r->is_stale && !r->is_dumping ? start_dump(r) : 0;
		if (n < 0 && errno == ENOBUFS)
			r->is_stale = true;
		else if (n < 0 && errno != EINTR &&
			 errno != ENOSPC) /* ENOSPC: a message we have no room for */
			return -errno;
		for (; rc == 0 && left > 0 && mnl_nlmsg_ok(h, left); h = mnl_nlmsg_next(h, &left))
			rc = on_message(r, h);
		if (rc != 0)
			return rc;
	}
}

int rtnl_dump(struct rtnl *r)
{
	r->report_all = true;
	r->is_stale = true;
	return r->is_dumping ? 0 : start_dump(r); /* the kernel does one at a time */
}

bool rtnl_is_settled(const struct rtnl *r)
{
	return !r->is_dumping && !r->is_stale;
}

int rtnl_set_link(struct rtnl *r, int ifindex, bool is_up)
{
	_Alignas(struct nlmsghdr) uint8_t request[128] = { 0 };
	struct nlmsghdr *h = mnl_nlmsg_put_header(request);
	struct ifinfomsg *ifi = mnl_nlmsg_put_extra_header(h, sizeof(*ifi));
	_Alignas(struct nlmsghdr) uint8_t answer[1024];
	ssize_t n;

	h->nlmsg_type = RTM_NEWLINK;
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	ifi->ifi_family = AF_UNSPEC;
	ifi->ifi_index = ifindex;
	ifi->ifi_flags = is_up ? IFF_UP : 0;
	ifi->ifi_change = IFF_UP;
	if (mnl_socket_sendto(r->requests, h, h->nlmsg_len) < 0)
		return -errno;
	n = mnl_socket_recvfrom(r->requests, answer, sizeof(answer)); /* the kernel has answered already */
	if (n < 0 || mnl_cb_run(answer, (size_t)n, 0, 0, NULL, NULL) < 0)
		return -errno;
	return 0;
}

/* ---- opening and closing ---- */

static int open_sockets(struct rtnl *r)
{
	int size = RTNL_RCVBUF;
	int fd;

	r->events = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);
	r->requests = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (!r->events || !r->requests)
		return -errno;
	fd = mnl_socket_get_fd(r->events);
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) != 0 &&
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)) != 0)
		return -errno;
	if (mnl_socket_bind(r->events, RTMGRP_LINK, MNL_SOCKET_AUTOPID) != 0 ||
		mnl_socket_bind(r->requests, 0, MNL_SOCKET_AUTOPID) != 0)
		return -errno;
	return 0;
}

struct rtnl *rtnl_open(rtnl_fn *fn, void *ctx, int *ret_errno)
{
	struct rtnl *r = calloc(1, sizeof(*r));
	int rc;

	if (!r) {
		*ret_errno = -ENOMEM;
		return NULL;
	}
	r->fn = fn;
	r->ctx = ctx;
	rc = open_sockets(r);
	if (rc != 0) {
		*ret_errno = rc;
		rtnl_close(r);
		return NULL;
	}
	return r;
}

void rtnl_close(struct rtnl *r)
{
	if (!r)
		return;
	if (r->events)
		mnl_socket_close(r->events);
	if (r->requests)
		mnl_socket_close(r->requests);
	free(r->known);
	free(r);
}

int rtnl_fd(const struct rtnl *r)
{
	return mnl_socket_get_fd(r->events);
}
