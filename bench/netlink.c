/*
 * netlink.c - the part that libvirt plays: many guests start at once, each with a SETLINK to whoever is in lldpad's place and
 * then a GETLINK every 125 ms until its VSI is done (openlldp 7.1 to 7.3). For every message a socket of its own, as libvirt
 * does it.
 *
 *   bench-netlink PORT-ID INTERFACE GUESTS CLIENTS    prints: succeeded slowest_s median_s all_s
 */
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	REQUEST_ROOM = 512,
	ANSWER_ROOM = 1 << 16,
	UUID = 16,
	POLL_MS = 125,
	GIVE_UP_S = 10, /* libvirt polls eighty times */
	ASSOCIATE = 2,
	MANAGER = 11,
	IN_PROGRESS = 0x101,
};

struct run {
	uint32_t port_id;
	const char *ifname;
	unsigned guests, clients, events; /* events: netlink port libvirt hears them by */
	double *took;                     /* of each guest; < 0: it did not come to be */
};
struct client {
	const struct run *run;
	unsigned nth;
	pthread_t thread;
};

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void uuid_of(unsigned guest, uint8_t uuid[UUID])
{
	memset(uuid, 0x11, UUID);
	uuid[14] = (uint8_t)(guest >> 8);
	uuid[15] = (uint8_t)guest;
}

static struct nlmsghdr *begin(const struct run *r, char *buf, uint16_t type, unsigned seq)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	struct ifinfomsg *i;

	h->nlmsg_type = type;
	h->nlmsg_flags = NLM_F_REQUEST;
	h->nlmsg_seq = seq;
	h->nlmsg_pid = r->events;
	i = mnl_nlmsg_put_extra_header(h, sizeof(*i));
	i->ifi_index = (int)if_nametoindex(r->ifname);
	mnl_attr_put_strz(h, IFLA_IFNAME, r->ifname);
	return h;
}

/* libvirt sets no NLA_F_NESTED. */
static struct nlattr *open_nest(struct nlmsghdr *h, uint16_t type)
{
	struct nlattr *a = mnl_nlmsg_get_payload_tail(h);

	a->nla_type = type;
	h->nlmsg_len += (uint32_t)MNL_ALIGN(sizeof(*a));
	return a;
}

static void close_nest(struct nlmsghdr *h, struct nlattr *a)
{
	a->nla_len = (uint16_t)((char *)mnl_nlmsg_get_payload_tail(h) - (char *)a);
}

static struct nlmsghdr *setlink(const struct run *r, char *buf, unsigned guest)
{
	struct nlmsghdr *h = begin(r, buf, RTM_SETLINK, guest + 1);
	struct ifla_vf_mac mac = { .vf = UINT32_MAX,
		.mac = { 0x52, 0x54, 0, 1, (uint8_t)(guest >> 8), (uint8_t)guest } };
	struct ifla_vf_vlan vlan = { .vf = UINT32_MAX };
	struct ifla_port_vsi vsi = {
		.vsi_mgr_id = MANAGER, .vsi_type_id = { 7, 0, 0 }, .vsi_type_version = 2
	};
	struct nlattr *list, *one;
	uint8_t uuid[UUID];

	uuid_of(guest, uuid);
	list = open_nest(h, IFLA_VFINFO_LIST);
	one = open_nest(h, IFLA_VF_INFO);
	mnl_attr_put(h, IFLA_VF_MAC, sizeof(mac), &mac);
	mnl_attr_put(h, IFLA_VF_VLAN, sizeof(vlan), &vlan);
	close_nest(h, one);
	close_nest(h, list);
	list = open_nest(h, IFLA_VF_PORTS);
	one = open_nest(h, IFLA_VF_PORT);
	mnl_attr_put(h, IFLA_PORT_VSI_TYPE, sizeof(vsi), &vsi);
	mnl_attr_put(h, IFLA_PORT_INSTANCE_UUID, sizeof(uuid), uuid);
	mnl_attr_put_u8(h, IFLA_PORT_REQUEST, ASSOCIATE);
	close_nest(h, one);
	close_nest(h, list);
	return h;
}

/* One message and its answer, on a socket of its own. Octets of the answer, or -1. */
static ssize_t ask(const struct run *r, const struct nlmsghdr *h, char *answer)
{
	struct sockaddr_nl at = { .nl_family = AF_NETLINK },
			   to = { .nl_family = AF_NETLINK, .nl_pid = r->port_id };
	struct timeval limit = { .tv_sec = 2 }; /* libvirt's */
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	ssize_t n = -1;

	if (fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0 &&
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) == 0 &&
		sendto(fd, h, h->nlmsg_len, 0, (struct sockaddr *)&to, sizeof(to)) == (ssize_t)h->nlmsg_len)
		n = recv(fd, answer, ANSWER_ROOM, 0);
	if (fd >= 0)
		close(fd);
	return n;
}

static bool is_taken(const char *answer, ssize_t n)
{
	const struct nlmsghdr *h = (const struct nlmsghdr *)answer;

	return n >= (ssize_t)(sizeof(*h) + sizeof(struct nlmsgerr)) && h->nlmsg_type == NLMSG_ERROR &&
	       ((const struct nlmsgerr *)mnl_nlmsg_get_payload(h))->error == 0;
}

/* What the answer says of a guest: 0 done, 1 not yet, -1 refused or not in it. */
static int state_of(const char *answer, ssize_t n, const uint8_t uuid[UUID])
{
	const struct nlmsghdr *h = (const struct nlmsghdr *)answer;
	const struct nlattr *a, *port, *p;

	if (n < (ssize_t)(sizeof(*h) + sizeof(struct ifinfomsg)) || h->nlmsg_len > (size_t)n)
		return -1;
	mnl_attr_for_each(a, h, sizeof(struct ifinfomsg))
	{
		if ((a->nla_type & NLA_TYPE_MASK) != IFLA_VF_PORTS)
			continue;
		mnl_attr_for_each_nested(port, a)
		{
			bool is_it = false;
			int state = 1;

			mnl_attr_for_each_nested(p, port)
			{
				unsigned type = p->nla_type & NLA_TYPE_MASK;

				if (type == IFLA_PORT_INSTANCE_UUID)
					is_it = memcmp(mnl_attr_get_payload(p), uuid, UUID) == 0;
				else if (type == IFLA_PORT_RESPONSE)
					state = mnl_attr_get_u16(p) == 0 || mnl_attr_get_u16(p) == 0x100 ? 0
						: mnl_attr_get_u16(p) == IN_PROGRESS                     ? 1
													 : -1;
			}
			if (is_it)
				return state;
		}
	}
	return -1;
}

static double start_guest(const struct run *r, unsigned guest, char *answer)
{
	char request[REQUEST_ROOM] __attribute__((aligned(4))) = { 0 };
	const struct timespec pause = { .tv_nsec = POLL_MS * 1000000L };
	double start = now_s();
	uint8_t uuid[UUID];
	int state = 1;
	ssize_t n;

	uuid_of(guest, uuid);
	n = ask(r, setlink(r, request, guest), answer);
	if (!is_taken(answer, n))
		return -1;
	while (state == 1 && now_s() - start < GIVE_UP_S) {
		memset(request, 0, sizeof(request));
		n = ask(r, begin(r, request, RTM_GETLINK, guest + 1), answer);
		state = state_of(answer, n, uuid);
		if (state == 1)
			nanosleep(&pause, NULL);
	}
	return state == 0 ? now_s() - start : -1;
}

static void *run_client(void *arg)
{
	const struct client *c = arg;
	char *answer = malloc(ANSWER_ROOM);

	for (unsigned g = c->nth; answer != NULL && g < c->run->guests; g += c->run->clients)
		c->run->took[g] = start_guest(c->run, g, answer);
	free(answer);
	return NULL;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	struct run r;
	struct client *clients;
	unsigned lost = 0;
	double start;

	if (argc != 5) {
		fprintf(stderr, "usage: bench-netlink PORT-ID INTERFACE GUESTS CLIENTS\n");
		return 2;
	}
	r = (struct run){ (uint32_t)strtoul(argv[1], NULL, 10), argv[2], (unsigned)strtoul(argv[3], NULL, 10),
		(unsigned)strtoul(argv[4], NULL, 10), (unsigned)getpid(), NULL };
	r.took = calloc(r.guests + 1, sizeof(*r.took));
	clients = calloc(r.clients + 1, sizeof(*clients));
	if (r.took == NULL || clients == NULL || r.clients == 0 || r.guests == 0)
		exit(2);
	start = now_s();
	for (unsigned i = 0; i < r.clients; i++) {
		clients[i] = (struct client){ .run = &r, .nth = i };
		if (pthread_create(&clients[i].thread, NULL, run_client, &clients[i]) != 0)
			exit(2);
	}
	for (unsigned i = 0; i < r.clients; i++)
		pthread_join(clients[i].thread, NULL);
	start = now_s() - start;
	qsort(r.took, r.guests, sizeof(*r.took), by_value);
	while (lost < r.guests && r.took[lost] < 0)
		lost++;
	printf("%u %.6f %.6f %.6f\n", r.guests - lost, r.took[r.guests - 1],
		r.took[lost + (r.guests - lost) / 2], start);
	free(r.took);
	free(clients);
	return 0;
}
