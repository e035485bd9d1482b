/*
 * How frames get in and out of one network device. Drivers: link_pcap.c and link_both.c (libpcap), link_packet.c (AF_PACKET with
 * PACKET_VNET_HDR, for virtual devices whose senders leave checksums and segmentation to the hardware), link_tap.c
 * (a tap this daemon made), link_file.c (capture files).
 *
 * A driver hands up frames in wire form only: VLAN tags in the data, checksums finished, nothing longer than the
 * device's MTU allows (super-frames are segmented by bridge/gso.h first), own transmissions filtered out.
 */
#ifndef EVB_LINK_H
#define EVB_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "span.h"

struct link;

struct link_counters {
	uint64_t rx_frames, rx_octets, tx_frames, tx_octets;
	uint64_t rx_dropped; /* by the kernel, for lack of buffer */
	uint64_t tx_dropped; /* device would not take it */
	uint64_t rx_bad;     /* offload state that can't be made whole */
	uint64_t gso_in;     /* super-frames segmented */
};

void link_counters_add(struct link_counters *sum, const struct link_counters *c);

struct link_ops {
	const char *driver; /* "pcap", "packet", "tap", "file" */
	/** Queue one frame given in two parts; never blocks; a full device counts tx_dropped. */
	void (*send)(struct link *l, struct span head, struct span rest);
	/** Push out what send() queued; called once after each batch of input. */
	void (*flush)(struct link *l);
	/** Read what has arrived, at most about `budget` frames, and give it to rx. Called when fd is readable. Returns
	 * the number of frames, or -errno when the device is gone. */
	int (*poll)(struct link *l, unsigned budget);
	void (*close)(struct link *l); /* restores what it changed on the device; frees l */
};

struct link { /* head of each driver's own struct */
	const struct link_ops *ops;
	int fd;                                   /* to wait on; -1: none */
	void (*rx)(void *ctx, struct span frame); /* borrowed and read-only; it may lie in a kernel's ring */
	void *rx_ctx;
	struct link_counters count;
};

enum link_kind {
	LINK_PCAP,         /* a device that delivers whole frames */
	LINK_PCAP_VIRTUAL, /* one whose senders may leave checksums and segmentation undone (link_both.c) */
	LINK_PACKET,
	LINK_CONTROL, /* receives the control frames that the others leave out (link_filter.c); sends nothing */
};
/** Open `ifname` with a driver, in promiscuous mode if its device filters by address. NULL with *ret_errno (negative) and a text in err. The first two can't
 * be opened while the device is down (-ENETDOWN), and take frames as long as the MTU at the time of opening. */
struct link *link_open(enum link_kind kind, const char *ifname, bool is_promiscuous, int *ret_errno,
	char *err, unsigned err_size);
/** Create a tap device `ifname` (persistent only while open) and return its link. */
struct link *link_open_tap(const char *ifname, int *ret_errno, char *err, unsigned err_size);
/** Frames come from capture file `in`, poll() gives 0 at its end; what is sent goes to capture file `out`, stamped with
 * the time of the last frame read, so that the same input gives the same file. Either may be NULL. */
struct link *link_open_file(const char *in, const char *out, int *ret_errno, char *err, unsigned err_size);

#endif
