/*
 * netdev.c - which devices take frames from XDP programs, and when that changes.
 *
 * A veth throws such frames away, and says nothing, unless its other end polls: with a program of its own, or GRO. The other
 * end may be in another namespace; but the kernel keeps the feature NDO_XMIT of this end in line with it and tells
 * whoever has joined the group "mgmt".
 */
#include "netdev.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { /* include/uapi/linux/netdev.h, which is newer than the kernels that evbd is built with */
	NETDEV_CMD_DEV_GET = 1,
	NETDEV_A_DEV_IFINDEX = 1,
	NETDEV_A_DEV_XDP_FEATURES = 3,
	NETDEV_XDP_ACT_NDO_XMIT = 4,
	NETDEV_VERSION = 1,
	MESSAGE_MAX = 8192,
};
#define NETDEV_FAMILY "netdev"
#define NETDEV_GROUP  "mgmt"

struct netdev {
	struct mnl_socket *events, *requests;
	uint16_t family;
	uint32_t group;
};

struct message {
	_Alignas(struct nlmsghdr) uint8_t octets[MESSAGE_MAX];
};

static struct nlmsghdr *begin(struct message *m, uint16_t family, uint8_t command, uint8_t version)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(m->octets);
	struct genlmsghdr *g = mnl_nlmsg_put_extra_header(h, sizeof(*g));

	h->nlmsg_type = family;
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	h->nlmsg_seq = 1;
	g->cmd = command;
	g->version = version;
	return h;
}

/* Send, and read until the kernel's verdict: 0 or -errno. */
static int talk(struct mnl_socket *s, const struct nlmsghdr *h, mnl_cb_t on_answer, void *ctx)
{
	struct message answer;
	int more = MNL_CB_OK;

	if (mnl_socket_sendto(s, h, h->nlmsg_len) < 0)
		return -errno;
	while (more > MNL_CB_STOP) {
		ssize_t n = mnl_socket_recvfrom(s, answer.octets, sizeof(answer.octets));

		if (n < 0)
			return -errno;
		more = mnl_cb_run(answer.octets, (size_t)n, 1, mnl_socket_get_portid(s), on_answer, ctx);
	}
	return more < 0 ? -errno : 0;
}

struct group { /* of the family, while its attributes are read */
	uint32_t id;
	bool is_ours;
};

static int on_group_attribute(const struct nlattr *a, void *ctx)
{
	struct group *g = ctx;

	if (mnl_attr_get_type(a) == CTRL_ATTR_MCAST_GRP_ID && mnl_attr_get_payload_len(a) == sizeof(g->id))
		g->id = mnl_attr_get_u32(a);
	else if (mnl_attr_get_type(a) == CTRL_ATTR_MCAST_GRP_NAME)
		g->is_ours = strncmp(mnl_attr_get_payload(a), NETDEV_GROUP, mnl_attr_get_payload_len(a)) == 0;
	return MNL_CB_OK;
}

static int on_group(const struct nlattr *a, void *ctx)
{
	struct netdev *n = ctx;
	struct group g = { 0 };

	if (mnl_attr_parse_nested(a, on_group_attribute, &g) >= 0 && g.is_ours)
		n->group = g.id;
	return MNL_CB_OK;
}

static int on_family_attribute(const struct nlattr *a, void *ctx)
{
	struct netdev *n = ctx;

	if (mnl_attr_get_type(a) == CTRL_ATTR_FAMILY_ID && mnl_attr_get_payload_len(a) == sizeof(n->family))
		n->family = mnl_attr_get_u16(a);
	else if (mnl_attr_get_type(a) == CTRL_ATTR_MCAST_GROUPS)
		return mnl_attr_parse_nested(a, on_group, n);
	return MNL_CB_OK;
}

static int on_family(const struct nlmsghdr *h, void *ctx)
{
	return mnl_attr_parse(h, sizeof(struct genlmsghdr), on_family_attribute, ctx);
}

static int find_family(struct netdev *n)
{
	struct message m;
	struct nlmsghdr *h = begin(&m, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1);
	int err;

	mnl_attr_put_strz(h, CTRL_ATTR_FAMILY_NAME, NETDEV_FAMILY);
	err = talk(n->requests, h, on_family, n);
	return err == 0 && n->family == 0 ? -ENOENT : err;
}

static int open_sockets(struct netdev *n)
{
	n->requests = mnl_socket_open2(NETLINK_GENERIC, SOCK_CLOEXEC);
	n->events = mnl_socket_open2(NETLINK_GENERIC, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (!n->requests || !n->events || mnl_socket_bind(n->requests, 0, MNL_SOCKET_AUTOPID) != 0 ||
		mnl_socket_bind(n->events, 0, MNL_SOCKET_AUTOPID) != 0)
		return -errno;
	return 0;
}

struct netdev *netdev_open(void)
{
	struct netdev *n = calloc(1, sizeof(*n));

	if (!n)
		return NULL;
	if (open_sockets(n) == 0 && find_family(n) == 0 && n->group != 0 &&
		mnl_socket_setsockopt(n->events, NETLINK_ADD_MEMBERSHIP, &n->group, sizeof(n->group)) == 0)
		return n;
	netdev_close(n);
	return NULL;
}

void netdev_close(struct netdev *n)
{
	if (!n)
		return;
	if (n->requests)
		mnl_socket_close(n->requests);
	if (n->events)
		mnl_socket_close(n->events);
	free(n);
}

int netdev_fd(const struct netdev *n)
{
	return mnl_socket_get_fd(n->events);
}

bool netdev_poll(struct netdev *n)
{
	bool is_news = false;
	struct message m;

	for (;;) {
		ssize_t len = mnl_socket_recvfrom(n->events, m.octets, sizeof(m.octets));

		if (len < 0 && errno != ENOBUFS && errno != EINTR) /* ENOBUFS: some were lost */
			return is_news;
		is_news = true;
	}
}

static int on_feature(const struct nlattr *a, void *ctx)
{
	uint64_t *features = ctx;

	if (mnl_attr_get_type(a) == NETDEV_A_DEV_XDP_FEATURES &&
		mnl_attr_get_payload_len(a) == sizeof(*features))
		*features = mnl_attr_get_u64(a);
	return MNL_CB_OK;
}

static int on_device(const struct nlmsghdr *h, void *ctx)
{
	return mnl_attr_parse(h, sizeof(struct genlmsghdr), on_feature, ctx);
}

bool netdev_takes_xdp(struct netdev *n, int ifindex)
{
	uint64_t features = 0;
	struct message m;
	struct nlmsghdr *h;

	if (!n)
		return false;
	h = begin(&m, n->family, NETDEV_CMD_DEV_GET, NETDEV_VERSION);
	mnl_attr_put_u32(h, NETDEV_A_DEV_IFINDEX, (uint32_t)ifindex);
	return talk(n->requests, h, on_device, &features) == 0 && (features & NETDEV_XDP_ACT_NDO_XMIT) != 0;
}
