/* Frames in wire form from senders that leave checksums and segmentation to hardware: TCP and UDP of two "guests" through
 * two packet links, and the tag that the kernel took out of a super-frame. */
#include "netns_test.h"

#include <linux/virtio_net.h>
#include <netinet/in.h>
#include <sys/uio.h>

static uint32_t sum16(const uint8_t *p, size_t n, uint32_t sum)
{
	for (; n > 1; p += 2, n -= 2)
		sum += (uint32_t)p[0] << 8 | p[1];
	if (n)
		sum += (uint32_t)p[0] << 8;
	return sum;
}

static uint16_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

struct crossing {
	struct link *to;
	unsigned transport; /* TCP and UDP frames checked */
	size_t longest;
};

/* TCP and UDP over the pseudo header made of `n` octets of addresses. */
static void check_transport(
	struct crossing *x, uint8_t proto, const uint8_t *addresses, size_t n, struct span l4)
{
	if (proto != IPPROTO_TCP && proto != IPPROTO_UDP)
		return;
	x->transport++;
	cr_assert_eq(fold(sum16(l4.ptr, l4.len, sum16(addresses, n, proto + (uint32_t)l4.len))), 0xffff);
}

/* Every checksum of the frame must be right, as it would be on a wire. */
static void check_frame(struct crossing *x, struct span f)
{
	const uint8_t *ip = f.ptr + (f.ptr[12] == 0x81 ? 18 : 14);
	size_t room = f.len - (size_t)(ip - f.ptr);
	size_t ihl = (ip[0] & 15u) * 4;
	size_t total = (size_t)ip[2] << 8 | ip[3];

	x->longest = f.len > x->longest ? f.len : x->longest;
	if (ip[-2] == 0x08 && ip[-1] == 0x00) {
		cr_assert_leq(total, room);
		cr_assert_eq(fold(sum16(ip, ihl, 0)), 0xffff, "IPv4 header checksum");
		check_transport(x, ip[9], ip + 12, 8, span_of(ip + ihl, total - ihl));
	} else if (ip[-2] == 0x86 && ip[-1] == 0xdd) {
		total = (size_t)ip[4] << 8 | ip[5];
		cr_assert_leq(total + 40, room);
		check_transport(x, ip[6], ip + 8, 32, span_of(ip + 40, total));
	}
}

static void cross(void *ctx, struct span frame)
{
	struct crossing *x = ctx;

	check_frame(x, frame);
	x->to->ops->send(x->to, span_of(frame.ptr, 14), span_of(frame.ptr + 14, frame.len - 14));
}

struct lab { /* a: a0 - a1 :m: b1 - b0 :b, m crosses a1 and b1 with the driver under test */
	int a, b, m;
	struct link *link[2];
	struct crossing cross[2];
};

static void lab_step(struct lab *lab)
{
	struct pollfd p[2] = { { .fd = lab->link[0]->fd, .events = POLLIN },
		{ .fd = lab->link[1]->fd, .events = POLLIN } };

	poll(p, 2, 10);
	for (int i = 0; i < 2; i++) {
		cr_assert_geq(lab->link[i]->ops->poll(lab->link[i], 64), 0);
		lab->link[!i]->ops->flush(lab->link[!i]);
	}
}

static void lab_open(struct lab *lab)
{
	char err[256];
	int rc;

	lab->a = ns_new(true);
	lab->b = ns_new(true);
	lab->m = ns_new(false);
	sh("ip link add a1 type veth peer name a0 netns /proc/%d/fd/%d", getpid(), lab->a);
	sh("ip link add b1 type veth peer name b0 netns /proc/%d/fd/%d", getpid(), lab->b);
	sh("ip link set a1 up && ip link set b1 up");
	for (int i = 0; i < 2; i++) {
		const char *dev = i == 0 ? "a0" : "b0";

		lab->link[i] = link_open(LINK_PACKET, i == 0 ? "a1" : "b1", true, &rc, err, sizeof(err));
		cr_assert_not_null(lab->link[i], "%s", err);
		lab->link[i]->rx = cross;
		lab->link[i]->rx_ctx = &lab->cross[i];
		ns_enter(i == 0 ? lab->a : lab->b);
		sh("ip addr add 10.1.1.%d/24 dev %s && ip -6 addr add fd00::%d/64 dev %s nodad", i + 1, dev,
			i + 1, dev);
		sh("ip link set %s up", dev);
		await_up(dev);
		ns_enter(lab->m);
		await_up(i == 0 ? "a1" : "b1");
	}
	lab->cross[0].to = lab->link[1];
	lab->cross[1].to = lab->link[0];
}

static void lab_close(struct lab *lab)
{
	lab->link[0]->ops->close(lab->link[0]);
	lab->link[1]->ops->close(lab->link[1]);
}

static socklen_t address(int family, int host, struct sockaddr_storage *ret)
{
	struct sockaddr_in *in = (struct sockaddr_in *)ret;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ret;

	memset(ret, 0, sizeof(*ret));
	ret->ss_family = (sa_family_t)family;
	if (family == AF_INET) {
		in->sin_port = htons(7777);
		in->sin_addr.s_addr = htonl(0x0a010100u + (unsigned)host);
		return sizeof(*in);
	}
	in6->sin6_port = htons(7777);
	in6->sin6_addr.s6_addr[0] = 0xfd;
	in6->sin6_addr.s6_addr[15] = (uint8_t)host;
	return sizeof(*in6);
}

static int lab_socket(int ns, int family, int type)
{
	int fd;

	ns_enter(ns);
	fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	cr_assert_geq(fd, 0);
	return fd;
}

static void tcp_crosses(int family)
{
	enum { TOTAL = 4 << 20 };
	static uint8_t out[65536], in[65536];
	struct lab lab = { 0 };
	struct sockaddr_storage to;
	socklen_t to_len = address(family, 2, &to);
	size_t sent = 0;
	size_t got = 0;
	int server, client, conn = -1;

	lab_open(&lab);
	for (size_t i = 0; i < sizeof(out); i++)
		out[i] = (uint8_t)(i * 7 + i / 251);
	server = lab_socket(lab.b, family, SOCK_STREAM);
	cr_assert_eq(bind(server, (struct sockaddr *)&to, to_len), 0);
	cr_assert_eq(listen(server, 1), 0);
	client = lab_socket(lab.a, family, SOCK_STREAM);
	ns_enter(lab.m);
	cr_assert(connect(client, (struct sockaddr *)&to, to_len) == 0 || errno == EINPROGRESS);
	WAIT_UNTIL((conn = accept(server, NULL, NULL)) >= 0, lab_step(&lab));
	fcntl(conn, F_SETFL, O_NONBLOCK);
	WAIT_UNTIL(got == TOTAL, {
		ssize_t n = sent < TOTAL ? send(client, out + sent % sizeof(out),
						   sizeof(out) - sent % sizeof(out), 0)
					 : 0;

		sent += n > 0 ? (size_t)n : 0;
		lab_step(&lab);
		n = recv(conn, in, sizeof(in) - got % sizeof(in), 0);
		if (n > 0) {
			cr_assert_arr_eq(in, out + got % sizeof(out), (size_t)n);
			got += (size_t)n;
		}
	});
	cr_assert_gt(lab.link[0]->count.gso_in, 0, "the sender made no super-frames");
	cr_assert_gt(lab.cross[0].transport, TOTAL / 1500);
	cr_assert_leq(lab.cross[0].longest, 1514);
	cr_assert_eq(lab.link[0]->count.rx_bad + lab.link[1]->count.rx_bad, 0);
	lab_close(&lab);
	close(server);
	close(client);
	close(conn);
}

Test(link_whole, packet_makes_tcp_super_frames_whole_ipv4)
{
	tcp_crosses(AF_INET);
}

Test(link_whole, packet_makes_tcp_super_frames_whole_ipv6)
{
	tcp_crosses(AF_INET6);
}

/* A tag, IPv4 and TCP with `n` octets, its checksum as unfinished as an offloading sender leaves it. */
static size_t unfinished_in_a_vlan(uint8_t f[16000], size_t n)
{
	static const uint8_t head[] = { 2, 0, 0, 0, 0, 0xb, 2, 0, 0, 0, 0, 0xa, 0x81, 0, 0x60, 0x2a, 0x08,
		0x00, 0x45, 0, 0, 0, 0, 1, 0x40, 0, 64, IPPROTO_TCP, 0, 0, 10, 1, 1, 1, 10, 1, 1, 2, 0, 80, 0,
		81, 0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x18, 1, 0 };
	uint8_t *ip = f + 18;
	uint16_t sum;

	memset(f, 0x5a, 16000);
	memcpy(f, head, sizeof(head));
	memset(f + sizeof(head), 0, 4); /* checksum, urgent pointer */
	ip[2] = (uint8_t)((40 + n) >> 8);
	ip[3] = (uint8_t)(40 + n);
	sum = (uint16_t)~fold(sum16(ip, 20, 0));
	ip[10] = (uint8_t)(sum >> 8);
	ip[11] = (uint8_t)sum;
	sum = fold(sum16(ip + 12, 8, IPPROTO_TCP + 20 + (uint32_t)n));
	ip[36] = (uint8_t)(sum >> 8);
	ip[37] = (uint8_t)sum;
	return 18 + 40 + n;
}

static void count_checked(void *ctx, struct span frame)
{
	struct crossing *x = ctx;

	cr_assert_eq(frame.ptr[12], 0x81);
	cr_assert_eq(frame.ptr[15], 0x2a);
	check_frame(x, frame);
}

Test(link_whole, packet_counts_the_tag_it_puts_back_in_offload_offsets)
{
	struct virtio_net_hdr vnet = {
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .csum_start = 38, .csum_offset = 16
	};
	uint8_t f[16000];
	struct iovec iov[2] = { { &vnet, sizeof(vnet) }, { f, 0 } };
	struct crossing x = { 0 };
	struct link *l;
	int on = 1;
	int peer;

	veth_pair();
	l = open_link(LINK_PACKET, "p1", NULL);
	l->rx = count_checked;
	l->rx_ctx = &x;
	peer = raw_socket("p0");
	cr_assert_eq(setsockopt(peer, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof(on)), 0);
	iov[1].iov_len = unfinished_in_a_vlan(f, 101);
	cr_assert_gt(writev(peer, iov, 2), 0);
	WAIT_UNTIL(x.transport == 1, poll_link(l));
	cr_assert_eq(x.longest, 58 + 101);
	vnet.gso_type = VIRTIO_NET_HDR_GSO_TCPV4;
	vnet.gso_size = 1000;
	vnet.hdr_len = 58;
	iov[1].iov_len = unfinished_in_a_vlan(f, 9100);
	cr_assert_gt(writev(peer, iov, 2), 0);
	WAIT_UNTIL(x.transport == 11, poll_link(l));
	cr_assert_eq(x.longest, 1058);
	cr_assert_eq(l->count.gso_in, 1);
	cr_assert_eq(l->count.rx_bad, 0);
	l->ops->close(l);
	close(peer);
}

Test(link_whole, packet_finishes_udp_checksums_and_segments_udp)
{
	uint8_t payload[9000] = { 1, 2, 3 };
	struct sockaddr_storage to;
	socklen_t to_len = address(AF_INET, 2, &to);
	struct lab lab = { 0 };
	unsigned got = 0;
	int server, client;
	int segment = 1000;

	lab_open(&lab);
	server = lab_socket(lab.b, AF_INET, SOCK_DGRAM);
	cr_assert_eq(bind(server, (struct sockaddr *)&to, to_len), 0);
	client = lab_socket(lab.a, AF_INET, SOCK_DGRAM);
	ns_enter(lab.m);
	cr_assert_eq(sendto(client, payload, 700, 0, (struct sockaddr *)&to, to_len), 700);
	WAIT_UNTIL(recv(server, payload, sizeof(payload), 0) == 700, lab_step(&lab));
	cr_assert_eq(lab.link[0]->count.gso_in, 0);
	cr_assert_eq(setsockopt(client, IPPROTO_UDP, 103 /* UDP_SEGMENT */, &segment, sizeof(segment)), 0);
	cr_assert_eq(sendto(client, payload, sizeof(payload), 0, (struct sockaddr *)&to, to_len),
		(ssize_t)sizeof(payload));
	WAIT_UNTIL(got == 9, {
		lab_step(&lab);
		while (recv(server, payload, sizeof(payload), 0) == segment)
			got++;
	});
	cr_assert_eq(lab.link[0]->count.gso_in, 1);
	cr_assert_eq(lab.cross[0].transport, 10);
	lab_close(&lab);
	close(server);
	close(client);
}
