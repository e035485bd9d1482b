/*
 * shield.c - a VM's device is for the relay alone.
 *
 * A packet socket gets a copy of each frame; the frame itself goes on into the host's own stack, which answers ARP for
 * any address it has, and speaks IPv6 on every device that is up. So a guest could reach the hypervisor through its
 * own VM port, associated or not. A port of a Linux bridge is safe from that because the bridge takes the frame; here
 * a filter drops it where it has passed the packet sockets and nothing else yet:
 *
 *	device -> (XDP) -> packet sockets: evbd -> clsact ingress: drop        IP, ARP, IPv6, VLAN devices
 *
 * The filter is one instruction of classic BPF in the "bpf" classifier, so that rtnetlink alone installs it. It comes
 * after all filters that an administrator may have put there. What stays behind after a kill -9 is the shut door,
 * which the next daemon finds and opens at its end.
 */
#include "shield.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stdint.h>

enum { PREFERENCE = 65000, MESSAGE_MAX = 1024 };

struct message {
	_Alignas(struct nlmsghdr) uint8_t octets[MESSAGE_MAX];
};

static struct nlmsghdr *begin(struct message *m, uint16_t type, uint16_t flags, const struct tcmsg *tc)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(m->octets);
	struct tcmsg *body = mnl_nlmsg_put_extra_header(h, sizeof(*tc));

	h->nlmsg_type = type;
	h->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | flags);
	h->nlmsg_seq = 1;
	*body = *tc;
	return h;
}

/* Send and read the kernel's verdict: 0 or -errno. */
static int talk(struct mnl_socket *s, const struct nlmsghdr *h)
{
	struct message answer;
	ssize_t n;

	if (mnl_socket_sendto(s, h, h->nlmsg_len) < 0)
		return -errno;
	n = mnl_socket_recvfrom(s, answer.octets, sizeof(answer.octets));
	if (n < 0)
		return -errno;
	return mnl_cb_run(answer.octets, (size_t)n, 1, mnl_socket_get_portid(s), NULL, NULL) < 0 ? -errno : 0;
}

static struct mnl_socket *open_socket(int *ret_errno)
{
	struct mnl_socket *s = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);

	if (s != NULL && mnl_socket_bind(s, 0, MNL_SOCKET_AUTOPID) == 0)
		return s;
	*ret_errno = -errno;
	if (s != NULL)
		mnl_socket_close(s);
	return NULL;
}

static int put_clsact(struct mnl_socket *s, int ifindex)
{
	const struct tcmsg tc = {
		.tcm_ifindex = ifindex, .tcm_parent = TC_H_CLSACT, .tcm_handle = TC_H_MAKE(TC_H_CLSACT, 0)
	};
	struct message m;
	struct nlmsghdr *h = begin(&m, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL, &tc);

	mnl_attr_put_strz(h, TCA_KIND, "clsact");
	return talk(s, h);
}

static struct tcmsg filter_of(int ifindex)
{
	return (struct tcmsg){ .tcm_ifindex = ifindex,
		.tcm_parent = TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS),
		.tcm_info = TC_H_MAKE((uint32_t)PREFERENCE << 16, htons(ETH_P_ALL)) };
}

static int put_filter(struct mnl_socket *s, int ifindex)
{
	const struct sock_filter drop = BPF_STMT(BPF_RET | BPF_K, TC_ACT_SHOT);
	const struct tcmsg tc = filter_of(ifindex);
	struct message m;
	struct nlmsghdr *h = begin(&m, RTM_NEWTFILTER, NLM_F_CREATE | NLM_F_EXCL, &tc);
	struct nlattr *options;

	mnl_attr_put_strz(h, TCA_KIND, "bpf");
	options = mnl_attr_nest_start(h, TCA_OPTIONS);
	mnl_attr_put_u16(h, TCA_BPF_OPS_LEN, 1);
	mnl_attr_put(h, TCA_BPF_OPS, sizeof(drop), &drop);
	mnl_attr_put_u32(h, TCA_BPF_FLAGS, TCA_BPF_FLAG_ACT_DIRECT);
	mnl_attr_nest_end(h, options);
	return talk(s, h);
}

/* Is there a filter of anybody on either side of the clsact? */
static int see_filter(const struct nlmsghdr *h, void *ctx)
{
	if (h->nlmsg_type == RTM_NEWTFILTER)
		*(bool *)ctx = true;
	return MNL_CB_OK;
}

static bool has_filters(struct mnl_socket *s, int ifindex, uint32_t side)
{
	const struct tcmsg tc = { .tcm_ifindex = ifindex, .tcm_parent = TC_H_MAKE(TC_H_CLSACT, side) };
	_Alignas(struct nlmsghdr) uint8_t answer[8192];
	bool is_seen = false;
	struct message m;
	struct nlmsghdr *h = begin(&m, RTM_GETTFILTER, NLM_F_DUMP, &tc);
	int more = MNL_CB_OK;

	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	if (mnl_socket_sendto(s, h, h->nlmsg_len) < 0)
		return true;
	while (more > MNL_CB_STOP) {
		ssize_t n = mnl_socket_recvfrom(s, answer, sizeof(answer));

		if (n <= 0)
			return true;
		more = mnl_cb_run(answer, (size_t)n, 1, mnl_socket_get_portid(s), see_filter, &is_seen);
	}
	return is_seen || more < 0;
}

int shield_up(int ifindex)
{
	int err = 0;
	struct mnl_socket *s = open_socket(&err);

	if (s == NULL)
		return err;
	err = put_clsact(s, ifindex);
	if (err == 0 || err == -EEXIST)
		err = put_filter(s, ifindex);
	mnl_socket_close(s);
	return err == -EEXIST ? 0 : err;
}

void shield_down(int ifindex)
{
	const struct tcmsg filter = filter_of(ifindex);
	const struct tcmsg clsact = {
		.tcm_ifindex = ifindex, .tcm_parent = TC_H_CLSACT, .tcm_handle = TC_H_MAKE(TC_H_CLSACT, 0)
	};
	struct message m;
	int err = 0;
	struct mnl_socket *s = open_socket(&err);

	if (s == NULL)
		return;
	(void)talk(s, begin(&m, RTM_DELTFILTER, 0, &filter));
	if (!has_filters(s, ifindex, TC_H_MIN_INGRESS) && !has_filters(s, ifindex, TC_H_MIN_EGRESS))
		(void)talk(s, begin(&m, RTM_DELQDISC, 0, &clsact)); /* whoever made it, it does nothing now */
	mnl_socket_close(s);
}
