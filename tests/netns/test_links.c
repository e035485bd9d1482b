/* Link drivers on real devices: what is sent, received and refused; devices that go down or away; capture files. */
#include "netns_test.h"

static const struct {
	const char *what;
	uint8_t type[12]; /* from octet 12 on */
} tagged[] = {
	{ "untagged", { 0x88, 0xb5, 1, 2, 3 } },
	{ "C-VLAN tag", { 0x81, 0x00, 0x60, 0x2a, 0x88, 0xb5, 7 } },
	{ "S-VLAN tag", { 0x88, 0xa8, 0xef, 0xfe, 0x88, 0xb5, 7 } },
	{ "priority tag, TCI 0", { 0x81, 0x00, 0x00, 0x00, 0x88, 0xb5, 7 } },
	{ "S-VLAN and C-VLAN tag", { 0x88, 0xa8, 0x00, 0x05, 0x81, 0x00, 0xb0, 0x06, 0x88, 0xb5, 7 } },
	{ "VN-Tag", { 0x89, 0x26, 0x80, 0x01, 0x00, 0x02, 0x81, 0x00, 0x00, 0x07, 0x88, 0xb5 } },
	{ "length field", { 0x00, 0x2e, 0x42, 0x42, 0x03 } },
};

static void receives_tags(enum link_kind kind)
{
	struct seen seen = { 0 };
	struct link *l;
	int peer;

	veth_pair();
	l = open_link(kind, "p1", &seen);
	peer = raw_socket("p0");
	for (size_t i = 0; i < sizeof(tagged) / sizeof(tagged[0]); i++) {
		uint8_t f[80] = { 2, 0, 0, 0, 0, 0xb, 2, 0, 0, 0, 0, 0xa };

		memcpy(f + 12, tagged[i].type, sizeof(tagged[i].type));
		cr_assert_eq(send(peer, f, sizeof(f), 0), (ssize_t)sizeof(f));
		WAIT_UNTIL(seen.n == i + 1, poll_link(l));
		cr_assert_eq(seen.len, sizeof(f), "%s", tagged[i].what);
		cr_assert_arr_eq(seen.last, f, sizeof(f), "%s", tagged[i].what);
	}
	cr_assert_eq(l->count.rx_frames, seen.n);
	cr_assert_eq(l->count.rx_octets, seen.n * 80);
	cr_assert_eq(l->count.rx_bad, 0);
	l->ops->close(l);
	close(peer);
}

Test(links, packet_puts_vlan_tags_back_octet_for_octet)
{
	receives_tags(LINK_PACKET);
}

Test(links, pcap_puts_vlan_tags_back_octet_for_octet)
{
	receives_tags(LINK_PCAP);
}

/* Frames in two parts arrive as one; too long and too short ones are counted and lose nothing behind them; the link
 * does not hear itself. */
static void sends(enum link_kind kind)
{
	enum { N = 200 };
	uint8_t f[3000] = { 2, 0, 0, 0, 0, 0xa, 2, 0, 0, 0, 0, 0xb, 0x88, 0xb5 };
	uint8_t got[4096];
	struct seen seen = { 0 };
	unsigned n = 0;
	struct link *l;
	int peer;

	veth_pair();
	l = open_link(kind, "p1", &seen);
	peer = raw_socket("p0");
	for (unsigned i = 0; i < N; i++) {
		f[14] = (uint8_t)i;
		if (i == 3)
			l->ops->send(l, span_of(f, 20), span_of(f, sizeof(f) - 20));
		if (i == 4)
			l->ops->send(l, span_of(f, 13), span_of(NULL, 0));
		l->ops->send(l, span_of(f, 14 + i % 5), span_of(f + 14 + i % 5, 46 + i));
	}
	l->ops->flush(l);
	WAIT_UNTIL(n == N, {
		ssize_t len = raw_receive(peer, got, sizeof(got));

		if (len > 0) {
			f[14] = (uint8_t)n;
			cr_assert_eq(len, (ssize_t)(60 + n + n % 5), "frame %u", n);
			cr_assert_arr_eq(got, f, (size_t)len);
			n++;
		}
	});
	cr_assert_eq(l->count.tx_frames, N);
	cr_assert_eq(l->count.tx_dropped, 2);
	cr_assert_eq(l->ops->poll(l, 64), 0);
	cr_assert_eq(seen.n, 0, "heard itself");
	l->ops->close(l);
	close(peer);
}

Test(links, packet_sends_in_order_and_counts_what_the_device_refuses)
{
	sends(LINK_PACKET);
}

Test(links, pcap_sends_in_order_and_counts_what_the_device_refuses)
{
	sends(LINK_PCAP);
}

static void survives_down(enum link_kind kind)
{
	uint8_t f[60] = { 2, 0, 0, 0, 0, 0xb, 2, 0, 0, 0, 0, 0xa, 0x88, 0xb5 };
	struct seen seen = { 0 };
	struct link *l;
	int peer;
	int rc;

	veth_pair();
	l = open_link(kind, "p1", &seen);
	sh("ip link set p1 down");
	cr_assert_geq(l->ops->poll(l, 64), 0, "down is not gone");
	l->ops->send(l, span_of(f, sizeof(f)), span_of(NULL, 0));
	l->ops->flush(l);
	cr_assert_eq(l->count.tx_dropped, 1);
	sh("ip link set p1 up");
	peer = raw_socket("p0");
	WAIT_UNTIL(seen.n > 0, {
		(void)!send(peer, f, sizeof(f), 0);
		poll_link(l);
	});
	close(peer);
	sh("ip link del p0");
	for (long end = now_ms() + WAIT_MS; (rc = l->ops->poll(l, 64)) >= 0;)
		cr_assert_lt(now_ms(), end);
	cr_assert_eq(rc, -ENODEV);
	l->ops->close(l);
}

Test(links, packet_outlives_link_down_and_tells_when_the_device_is_gone)
{
	survives_down(LINK_PACKET);
}

Test(links, pcap_outlives_link_down_and_tells_when_the_device_is_gone)
{
	survives_down(LINK_PCAP);
}

Test(links, opening_fails_with_a_reason)
{
	char err[128] = "";
	int rc = 0;

	veth_pair();
	cr_assert_null(link_open(LINK_PACKET, "nothere", true, &rc, err, sizeof(err)));
	cr_assert_eq(rc, -ENODEV);
	cr_assert_not_null(strstr(err, "nothere"));
	cr_assert_null(link_open(LINK_PCAP, "any", true, &rc, err, sizeof(err)), "a name only libpcap knows");
	cr_assert_eq(rc, -ENODEV);
	sh("ip link set p1 down");
	cr_assert_null(link_open(LINK_PCAP, "p1", true, &rc, err, sizeof(err)));
	cr_assert_eq(rc, -ENETDOWN);
	cr_assert_null(link_open_tap("a-name-that-is-too-long", &rc, err, sizeof(err)));
	cr_assert_eq(rc, -EINVAL);
	cr_assert_null(link_open_file("/nonexistent", NULL, &rc, err, sizeof(err)));
	cr_assert_eq(rc, -EIO);
}

Test(links, pcap_counts_frames_longer_than_the_mtu_as_bad)
{
	uint8_t f[3000] = { 2, 0, 0, 0, 0, 0xb, 2, 0, 0, 0, 0, 0xa, 0x88, 0xb5 };
	struct seen seen = { 0 };
	struct link *l;
	int peer;

	veth_pair();
	l = open_link(LINK_PCAP, "p1", &seen);
	sh("ip link set p0 mtu 4000 && ip link set p1 mtu 4000");
	peer = raw_socket("p0");
	cr_assert_eq(send(peer, f, sizeof(f), 0), (ssize_t)sizeof(f));
	WAIT_UNTIL(l->count.rx_bad == 1, poll_link(l));
	cr_assert_eq(seen.n, 0);
	l->ops->close(l);
	close(peer);
}

Test(links, a_full_queue_is_counted_as_dropped)
{
	uint8_t f[60] = { 2, 0, 0, 0, 0, 0xb, 2, 0, 0, 0, 0, 0xa, 0x88, 0xb5 };
	struct seen seen = { 0 };
	struct link *l;
	int small = 4096;
	int peer;

	veth_pair();
	l = open_link(LINK_PACKET, "p1", &seen);
	cr_assert_eq(setsockopt(l->fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)), 0);
	peer = raw_socket("p0");
	for (unsigned i = 0; i < 500; i++)
		cr_assert_eq(send(peer, f, sizeof(f), 0), (ssize_t)sizeof(f));
	WAIT_UNTIL(l->count.rx_frames + l->count.rx_dropped == 500, cr_assert_geq(l->ops->poll(l, 1), 0));
	cr_assert_gt(l->count.rx_dropped, 0);
	l->ops->close(l);
	close(peer);
}

/* What waits in a full data queue does not keep a control frame back; each frame is in exactly one of the queues. */
static void control_has_its_own_queue(enum link_kind kind)
{
	static const struct {
		bool is_control;
		uint8_t head[20];
	} frames[] = {
		{ true, { 1, 0x80, 0xc2, 0, 0, 0x0e, 2, 0, 0, 0, 0, 0xa, 0x88, 0xcc } },
		{ true, { 1, 0x80, 0xc2, 0, 0, 0x00, 2, 0, 0, 0, 0, 0xa, 0x89, 0x40 } },
		{ true, { 2, 0, 0, 0, 0, 0xb, 2, 0, 0, 0, 0, 0xa, 0x89, 0x40 } },
		{ true, { 1, 0x80, 0xc2, 0, 0, 0x0e, 2, 0, 0, 0, 0, 0xa, 0x88, 0xb7 } }, /* draft 0.2 */
		{ true, { 1, 0x80, 0xc2, 0, 0, 0x00, 2, 0, 0, 0, 0, 0xa, 0x00, 0x2e, 0x42, 0x42, 0x03 } },
		{ false, { 1, 0x80, 0xc2, 0, 0, 0x10, 2, 0, 0, 0, 0, 0xa, 0x88, 0xb5 } },
		{ false, { 1, 0x80, 0xc3, 0, 0, 0x00, 2, 0, 0, 0, 0, 0xa, 0x88, 0xb5 } },
		{ false, { 2, 0, 0, 0, 0, 0xb, 2, 0, 0, 0, 0, 0xa, 0x88, 0xcc } },
		{ false, { 2, 0, 0, 0, 0, 0xb, 2, 0, 0, 0, 0, 0xa, 0x88, 0xb7 } },
		{ false, { 2, 0, 0, 0, 0, 0xb, 2, 0, 0, 0, 0, 0xa, 0x81, 0x00, 0x00, 0x05, 0x89, 0x40 } },
	};
	enum { N = sizeof(frames) / sizeof(frames[0]), CONTROL = 5 };
	uint8_t f[60] = { 2, 0, 0, 0, 0, 0xb, 2, 0, 0, 0, 0, 0xa, 0x88, 0xb5 };
	struct seen data = { 0 }, control = { 0 };
	struct link *l, *c;
	int small = 4096;
	int peer;

	veth_pair();
	l = open_link(kind, "p1", &data);
	c = open_link(LINK_CONTROL, "p1", &control);
	peer = raw_socket("p0");
	for (size_t i = 0; i < N; i++) {
		memcpy(f, frames[i].head, sizeof(frames[i].head));
		cr_assert_eq(send(peer, f, sizeof(f), 0), (ssize_t)sizeof(f));
		WAIT_UNTIL(control.n + data.n == i + 1, {
			cr_assert_geq(c->ops->poll(c, 64), 0);
			cr_assert_geq(l->ops->poll(l, 64), 0);
		});
		cr_assert_arr_eq(
			frames[i].is_control ? control.last : data.last, f, sizeof(f), "frame %zu", i);
	}
	cr_assert_eq(control.n, CONTROL);
	if (kind == LINK_PACKET) { /* a ring has its size from the start */
		cr_assert_eq(setsockopt(l->fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)), 0);
		memcpy(f, frames[CONTROL].head, sizeof(frames[CONTROL].head)); /* data */
		for (unsigned i = 0; i < 500; i++)
			cr_assert_eq(send(peer, f, sizeof(f), 0), (ssize_t)sizeof(f));
	}
	memcpy(f, frames[0].head, sizeof(frames[0].head));
	cr_assert_eq(send(peer, f, sizeof(f), 0), (ssize_t)sizeof(f));
	WAIT_UNTIL(control.n == CONTROL + 1, poll_link(c));
	c->ops->close(c);
	l->ops->close(l);
	close(peer);
}

Test(links, packet_leaves_control_frames_to_a_queue_of_their_own)
{
	control_has_its_own_queue(LINK_PACKET);
}

Test(links, pcap_leaves_control_frames_to_a_queue_of_their_own)
{
	control_has_its_own_queue(LINK_PCAP);
}

/* ---- tap ---- */

Test(links, tap_carries_frames_both_ways_and_goes_away_when_closed)
{
	uint8_t f[60] = { 2, 0, 0, 0, 0, 0xb, 2, 0, 0, 0, 0, 0xa, 0x81, 0x00, 0x00, 0x2a, 0x88, 0xb5 };
	struct seen seen = { 0 };
	uint8_t got[100];
	char err[128];
	struct link *l;
	ssize_t n = 0;
	int rc, kernel;

	ns_new(false);
	if (access("/dev/net/tun", R_OK | W_OK) != 0)
		SKIP("no /dev/net/tun");
	l = link_open_tap("t0", &rc, err, sizeof(err));
	cr_assert_not_null(l, "%s", err);
	l->rx = remember;
	l->rx_ctx = &seen;
	l->ops->send(l, span_of(f, sizeof(f)), span_of(NULL, 0));
	cr_assert_eq(l->count.tx_dropped, 1, "the device is down");
	sh("ip link set t0 up");
	await_up("t0");
	kernel = raw_socket("t0");
	cr_assert_eq(send(kernel, f, sizeof(f), 0), (ssize_t)sizeof(f));
	WAIT_UNTIL(seen.n == 1, poll_link(l));
	cr_assert_eq(seen.len, sizeof(f));
	cr_assert_arr_eq(seen.last, f, sizeof(f));
	l->ops->send(l, span_of(f, 20), span_of(f + 20, sizeof(f) - 20));
	l->ops->flush(l);
	WAIT_UNTIL((n = raw_receive(kernel, got, sizeof(got))) > 0, );
	cr_assert_eq(n, (ssize_t)sizeof(f) - 4, "the packet socket shows the tag beside the data");
	cr_assert_eq(l->count.tx_frames, 1);
	l->ops->close(l);
	cr_assert_eq(if_nametoindex("t0"), 0);
	close(kernel);
}

Test(links, tap_tells_when_somebody_deleted_it)
{
	char err[128];
	struct link *l;
	int rc;

	ns_new(false);
	l = link_open_tap("t0", &rc, err, sizeof(err));
	if (!l)
		SKIP("%s", err);
	cr_assert_eq(l->ops->poll(l, 8), 0);
	sh("ip link del t0");
	cr_assert_lt(l->ops->poll(l, 8), 0);
	l->ops->close(l);
}

/* ---- capture files ---- */

Test(links, file_writes_what_it_reads)
{
	uint8_t f[100] = { 2, 0, 0, 0, 0, 0xb, 2, 0, 0, 0, 0, 0xa, 0x88, 0xb5 };
	char path[] = "/tmp/evbt-links-XXXXXX";
	struct seen seen = { 0 };
	char err[300];
	struct link *l;
	int rc;

	close(mkstemp(path));
	l = link_open_file(NULL, path, &rc, err, sizeof(err));
	cr_assert_not_null(l, "%s", err);
	cr_assert_eq(l->ops->poll(l, 8), 0, "nothing to read");
	for (unsigned i = 0; i < 3; i++)
		l->ops->send(l, span_of(f, 14), span_of(f + 14, 20 + i));
	l->ops->send(l, span_of(f, 13), span_of(NULL, 0));
	cr_assert_eq(l->count.tx_frames, 3);
	cr_assert_eq(l->count.tx_dropped, 1);
	l->ops->close(l);

	l = link_open_file(path, NULL, &rc, err, sizeof(err));
	cr_assert_not_null(l, "%s", err);
	l->rx = remember;
	l->rx_ctx = &seen;
	cr_assert_eq(l->ops->poll(l, 2), 2);
	cr_assert_eq(l->ops->poll(l, 2), 1);
	cr_assert_eq(l->ops->poll(l, 2), 0);
	cr_assert_eq(seen.len, 36);
	cr_assert_arr_eq(seen.last, f, 36);
	l->ops->close(l);
	cr_assert_eq(truncate(path, 24 + 16 + 34 + 5), 0);
	l = link_open_file(path, NULL, &rc, err, sizeof(err));
	l->rx = remember;
	l->rx_ctx = &seen;
	cr_assert_eq(l->ops->poll(l, 8), -EIO, "a damaged file");
	cr_assert_eq(seen.n, 4, "what came before the damage");
	l->ops->close(l);
	unlink(path);
}
