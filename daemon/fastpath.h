/*
 * The fast path: bridge/bpf/forward.bpf.c loaded into the kernel, its maps kept in line with the relay's tables, and what
 * it counted brought back.
 *
 *      relay --- relay_mirror_next() ---> maps ---> forward.bpf.c at each device        fastpath_sync(), after each input
 *            <-- relay_count(), seen ---- maps <---                                     fastpath_pull()
 *
 * What the kernel can't decide it passes on as if there were no program, so a device's link (link.h) stays open and
 * gets it. Frames go up as well while nobody calls fastpath_alive(): a daemon that hangs forwards nothing old.
 *
 * A device's program outlives a process that is killed; a successor's takes its place in one step.
 */
#ifndef EVB_FASTPATH_H
#define EVB_FASTPATH_H

#include "mac.h"
#include "relay_mirror.h"

enum { FASTPATH_WHY = 128, FASTPATH_GRACE_S = 10 /* that the kernel goes on after the last sign of life */ };

/** The way from a logical port to its device. */
struct fastpath_way {
	int ifindex; /* 0: none, frames for it go by user space */
	bool is_xdp; /* the device takes frames from a program */
};
struct fastpath_cfg {
	uint32_t max_fdb, max_admissions; /* of the relay */
	void *ctx;
	struct fastpath_way (*way)(void *ctx, uint16_t lport);
};

struct fastpath;
/** Was evbd built with it? */
bool fastpath_is_built(void);
/** Load the program and make the maps: needs CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN, what follows CAP_NET_ADMIN alone. NULL
 * with a reason of at most FASTPATH_WHY octets. */
struct fastpath *fastpath_open(const struct fastpath_cfg *cfg, char *why);
/** Devices keep the program; their frames all go up FASTPATH_GRACE_S later. f may be NULL, here and below: nothing happens. */
void fastpath_close(struct fastpath *f);

struct fastpath_device {
	int ifindex;
	uint16_t lport;  /* of the device's frames */
	struct mac mac;  /* unicast to it is the host's as well */
	bool is_veth;    /* frames may be those of a network stack, with something left to the hardware */
	bool is_watched; /* somebody captures here: he is to see all frames */
	bool is_generic; /* where the driver has no place for a program, run it later */
	uint32_t before; /* program that a killed predecessor left there, 0: none */
};
/** What a device's frames are: before fastpath_attach(), and when it is something else. False: too many devices. */
bool fastpath_describe(struct fastpath *f, const struct fastpath_device *d);
/** Frames of the device go up, as of no device of ours. */
void fastpath_forget(struct fastpath *f, int ifindex);
/** Run the program at a device, in place of a predecessor's. These two may take their time, and have a thread of their
 * own. 0; -EBUSY: somebody else's program is
 * there; -EOPNOTSUPP: the driver has no place for one; other -errno. */
int fastpath_attach(const struct fastpath *f, const struct fastpath_device *d);
/** The device is to be without. */
void fastpath_leave(const struct fastpath *f, int ifindex);
/** The program's number in the kernel. */
uint32_t fastpath_program(const struct fastpath *f);

/** Bring the maps in line with the relay. True: a port is not what it was. */
bool fastpath_sync(struct fastpath *f, struct relay *r);
/** cfg.way() answers otherwise now, for any port. */
void fastpath_ways_changed(struct fastpath *f);
/** Somebody cares for the tables. */
void fastpath_alive(struct fastpath *f, struct mono now);
/** Give the relay what was counted since the last time. */
void fastpath_pull(struct fastpath *f, struct relay *r);
/** Before relay_on_time(): stations that the kernel has heard are not forgotten. */
void fastpath_ages(struct fastpath *f, struct relay *r, struct mono now);
/** NULL, or why all frames go up until the daemon is started again. */
const char *fastpath_trouble(const struct fastpath *f);

/** The program's descriptor, to run it by hand. */
int fastpath_fd(const struct fastpath *f);

#endif
