/* Device notifications and offload settings, held against real devices. */
#include "netns_test.h"

#include "rtnl.h"

/* ---- devices ---- */

struct told {
	unsigned n, gone;
	char text[4096];     /* "+name" and "-name", in order */
	struct rtnl_link p0; /* its last state */
};

static void on_link(void *ctx, const struct rtnl_link *link, bool is_gone)
{
	struct told *t = ctx;
	size_t at = strlen(t->text);

	t->n++;
	t->gone += is_gone;
	if (strcmp(link->name, "p0") == 0)
		t->p0 = *link;
	if (at < sizeof(t->text) - 20)
		snprintf(t->text + at, sizeof(t->text) - at, "%c%s ", is_gone ? '-' : '+', link->name);
}

static void poll_rtnl(struct rtnl *r)
{
	struct pollfd p = { .fd = rtnl_fd(r), .events = POLLIN };

	poll(&p, 1, 20);
	cr_assert_eq(rtnl_poll(r), 0);
}

static struct rtnl *open_rtnl(struct told *t)
{
	int rc = 0;
	struct rtnl *r = rtnl_open(on_link, t, &rc);

	cr_assert_not_null(r, "%d", rc);
	return r;
}

Test(rtnl, tells_of_devices_that_come_change_are_renamed_and_go)
{
	struct told t = { 0 };
	struct rtnl *r;
	int rc = 0;

	ns_new(false);
	r = open_rtnl(&t);
	cr_assert_eq(rtnl_dump(r), 0);
	WAIT_UNTIL(strstr(t.text, "+lo "), poll_rtnl(r));

	sh("ip link add p0 address 02:00:00:00:00:42 type veth peer name p1");
	WAIT_UNTIL(strstr(t.text, "+p0 "), poll_rtnl(r));
	sh("ip link set p1 up");
	cr_assert_eq(rtnl_set_link(r, (int)if_nametoindex("p0"), true), 0);
	WAIT_UNTIL(t.p0.is_up, poll_rtnl(r));
	cr_assert(t.p0.is_virtual);
	cr_assert_str_eq(t.p0.kind, "veth");
	cr_assert_eq(t.p0.mtu, 1500);
	cr_assert_eq(mac_u64(t.p0.mac), 0x020000000042u);
	sh("ip link set p1 down");
	WAIT_UNTIL(!t.p0.is_up, poll_rtnl(r));

	sh("ip link set p1 down");
	poll_rtnl(r);
	t.text[0] = '\0';
	sh("ip link set p1 name q1");
	WAIT_UNTIL(strcmp(t.text, "-p1 +q1 ") == 0, poll_rtnl(r));

	t.text[0] = '\0';
	sh("ip link add name bridge0 type bridge && ip link set q1 master bridge0 && ip link set q1 "
	   "nomaster");
	WAIT_UNTIL(strstr(t.text, "+bridge0 "), poll_rtnl(r));
	cr_assert_null(strstr(t.text, "-q1"), "leaving a bridge is not the end of a device: %s", t.text);
	sh("ip link del p0");
	WAIT_UNTIL(strstr(t.text, "-q1 ") && strstr(t.text, "-p0 "), poll_rtnl(r));
	rc = rtnl_set_link(r, 9999, true);
	cr_assert_eq(rc, -ENODEV);
	rtnl_close(r);
}

Test(rtnl, finds_what_vanished_while_notifications_were_lost)
{
	struct told t = { 0 };
	int small = 4096;
	struct rtnl *r;

	ns_new(false);
	sh("for i in $(seq 30); do ip link add d$i type veth peer name e$i; done");
	r = open_rtnl(&t);
	cr_assert_eq(rtnl_dump(r), 0);
	WAIT_UNTIL(t.n == 61, poll_rtnl(r));
	cr_assert_eq(setsockopt(rtnl_fd(r), SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)), 0);
	sh("for i in $(seq 30); do ip link del d$i; done; ip link add late type veth peer name late1");
	WAIT_UNTIL(t.gone == 60 && strstr(t.text, "+late "), poll_rtnl(r));
	cr_assert_eq(t.n, 61 + 60 + 2, "devices that did not change are not reported again");
	rtnl_close(r);
}

Test(rtnl, a_dump_on_request_reports_every_device_again)
{
	struct told t = { 0 };
	struct rtnl *r;

	veth_pair();
	r = open_rtnl(&t);
	cr_assert_eq(rtnl_dump(r), 0);
	cr_assert_eq(rtnl_dump(r), 0, "while one is running");
	WAIT_UNTIL(t.n >= 6, poll_rtnl(r));
	cr_assert_eq(t.gone, 0);
	rtnl_close(r);
}

/* ---- offloads ---- */

static bool has_feature(const char *ifname, const char *feature)
{
	char line[200];

	snprintf(line, sizeof(line), "ethtool -k %s | grep -q '^%s: on'", ifname, feature);
	return command_succeeds(line);
}

Test(offload, turns_off_what_was_on_and_restores_only_that)
{
	struct offload_saved saved = { 0 };
	struct offload_saved again = { 0 };

	veth_pair();
	if (!command_succeeds("command -v ethtool >/dev/null"))
		SKIP("no ethtool to check with");
	sh("ethtool -K p0 gro on rx-udp-gro-forwarding on rx-gro-list off");
	cr_assert(has_feature("p0", "rx-vlan-offload"));
	cr_assert_eq(offload_disable("p0", &saved), 0);
	cr_assert_eq(saved.n, 3);
	cr_assert_not(has_feature("p0", "generic-receive-offload"));
	cr_assert_not(has_feature("p0", "rx-udp-gro-forwarding"));
	cr_assert_not(has_feature("p0", "rx-vlan-offload"));
	cr_assert(has_feature("p0", "tx-checksumming"), "transmit side is not touched");
	cr_assert_eq(offload_disable("p0", &again), 0);
	cr_assert_eq(again.n, 0);
	offload_restore("p0", &saved);
	cr_assert(has_feature("p0", "generic-receive-offload"));
	cr_assert(has_feature("p0", "rx-udp-gro-forwarding"));
	cr_assert(has_feature("p0", "rx-vlan-offload"));
	cr_assert_not(has_feature("p0", "rx-gro-list"));
	cr_assert_eq(offload_disable("nothere", &saved), -ENODEV);
	offload_restore("nothere", &saved);
}
