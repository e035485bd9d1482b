/*
 * pcap_live.c - the scripted peer on a wire.
 *
 * The device is heard through libpcap, only what comes in, and the script's frames are injected. The replay's clock is the
 * monotonic one, laid on the capture's times. What a device sends is compared under the address that the capture's end
 * has, since its own is another one.
 */
#include "pcap_live.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>

enum { SNAP = 2048, WAIT_MS = 100, SETTLE_S = 3 };

static volatile sig_atomic_t has_signal;

static void on_signal(int number)
{
	(void)number;
	has_signal = 1;
}

static struct mono clock_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (struct mono){ (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec };
}

static pcap_t *open_interface(const char *name, char err[CAP_ERROR_TEXT])
{
	char why[PCAP_ERRBUF_SIZE];
	pcap_t *p = pcap_create(name, why);
	int rc;

	if (p == NULL) {
		snprintf(err, CAP_ERROR_TEXT, "%s: %s", name, why);
		return NULL;
	}
	(void)pcap_set_snaplen(p, SNAP);
	(void)pcap_set_promisc(p, 1);
	(void)pcap_set_immediate_mode(p, 1);
	rc = pcap_activate(p);
	if (rc < 0 || pcap_setnonblock(p, 1, why) < 0 || pcap_setdirection(p, PCAP_D_IN) < 0) {
		snprintf(err, CAP_ERROR_TEXT, "%s: %s", name,
			rc == PCAP_ERROR_NO_SUCH_DEVICE ? "no such interface" : pcap_geterr(p));
		pcap_close(p);
		return NULL;
	}
	return p;
}

struct live {
	struct replay *r;
	pcap_t *pcap;
	const char *name;
	enum judge_role role; /* the device is to have */
	struct mono start;    /* of the clock, when the replay's is replay_start() */
	bool has_other_role;
};

static struct mono replay_now(const struct live *l)
{
	return mono_add(replay_start(l->r), mono_since(l->start, clock_now()));
}

/* Does it say that it is the other end? Then the user has mixed them up. */
static void look_at_role(struct live *l, const struct cap_frame *f)
{
	struct cap_record rec;

	if (!cap_decode(f, &rec) || rec.proto != CAP_LLDP || rec.lldp.err != LLDP_OK ||
		!rec.lldp.evb_org.is_decoded)
		return;
	l->has_other_role |= rec.lldp.evb.mode ==
			     (l->role == JUDGE_STATION ? EVB_MODE_BRIDGE : EVB_MODE_STATION);
}

static void hear(struct live *l)
{
	struct mac own = replay_own(l->r);
	struct pcap_pkthdr *h;
	const u_char *data;
	uint8_t octets[SNAP];
	struct cap_frame f;

	while (pcap_next_ex(l->pcap, &h, &data) == 1) {
		if (h->caplen < CAP_ETHER_HEADER || h->caplen > sizeof(octets))
			continue;
		memcpy(octets, data, h->caplen);
		memcpy(octets + sizeof(own.b), own.b, sizeof(own.b));
		f = (struct cap_frame){ .number = 1,
			.time = replay_now(l),
			.wire_len = h->len,
			.octets = { octets, h->caplen } };
		look_at_role(l, &f);
		if (cap_frame_is_candidate(&f))
			replay_sent(l->r, f.octets, f.time);
	}
}

static bool say(struct live *l, char err[CAP_ERROR_TEXT])
{
	struct span frame;

	while (replay_peer_next(l->r, replay_now(l), &frame)) {
		if (pcap_inject(l->pcap, frame.ptr, frame.len) < 0) {
			snprintf(err, CAP_ERROR_TEXT, "%s: %s", l->name, pcap_geterr(l->pcap));
			return false;
		}
	}
	return true;
}

static int wait_ms(const struct live *l)
{
	struct dur d = mono_since(replay_now(l), replay_peer_deadline(l->r));

	return d.ns > dur_ms(WAIT_MS).ns ? WAIT_MS : (int)((d.ns + 999999) / 1000000);
}

static bool run(struct live *l, char err[CAP_ERROR_TEXT])
{
	struct pollfd fd = { .fd = pcap_get_selectable_fd(l->pcap), .events = POLLIN };

	while (!has_signal && !replay_is_over(l->r, replay_now(l))) {
		if (poll(&fd, 1, wait_ms(l)) < 0 && errno != EINTR)
			break;
		hear(l);
		if (l->has_other_role) {
			snprintf(err, CAP_ERROR_TEXT,
				"the device at %s says that it is a %s: --as %s is for it", l->name,
				l->role == JUDGE_STATION ? "bridge" : "station",
				l->role == JUDGE_STATION ? "bridge" : "station");
			return false;
		}
		if (!say(l, err))
			return false;
	}
	return true;
}

bool pcap_live_run(struct replay *r, const char *interface, enum judge_role role, char err[CAP_ERROR_TEXT])
{
	struct sigaction sa = { .sa_handler = on_signal };
	struct live l = { .r = r, .name = interface, .role = role };
	bool is_ok;

	l.pcap = open_interface(interface, err);
	if (l.pcap == NULL)
		return false;
	if (pcap_datalink(l.pcap) != DLT_EN10MB) {
		snprintf(err, CAP_ERROR_TEXT, "%s: not an Ethernet interface", interface);
		pcap_close(l.pcap);
		return false;
	}
	(void)sigaction(SIGINT, &sa, NULL);
	(void)sigaction(SIGTERM, &sa, NULL);
	l.start = clock_now();
	is_ok = run(&l, err);
	pcap_close(l.pcap);
	return is_ok;
}
