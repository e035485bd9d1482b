/*
 * A thread for what is asked of network devices and makes the asker wait, for as long as it takes the kernel to be sure that
 * no CPU is in the old state any more: ten milliseconds for a program on a veth, or for a device that is set down. A
 * peer waits no longer for four acknowledgements.
 */
#ifndef EVB_DEVICE_WORKER_H
#define EVB_DEVICE_WORKER_H

#include "fastpath.h"
#include "netdev.h"
#include "rtnl.h"

enum device_job_kind {
	DEVICE_JOB_ATTACH,
	DEVICE_JOB_LEAVE, /* nobody waits for its end */
	DEVICE_JOB_ASK,   /* only whether the device takes frames from programs */
	DEVICE_JOB_UP,    /* nobody waits for the end of these either: rtnetlink tells */
	DEVICE_JOB_DOWN,
};
struct device_job {
	enum device_job_kind kind;
	uint16_t port;   /* the caller's */
	uint64_t ticket; /* likewise */
	struct fastpath_device device;
	int err; /* of an attach: that of fastpath_attach() */
	bool takes_xdp;
};

struct device_worker;
/** NULL: no thread, memory or descriptor. All three stay the caller's and may be NULL, without jobs for them; while the thread
 * runs it alone asks n and sets links of r. */
struct device_worker *device_worker_start(struct fastpath *f, struct netdev *n, struct rtnl *r);
/** Jobs are done in their order. False: too many wait. */
bool device_worker_put(struct device_worker *w, const struct device_job *job);
/** Readable when jobs are done. */
int device_worker_fd(const struct device_worker *w);
/** The next one; false: no more. */
bool device_worker_take(struct device_worker *w, struct device_job *ret);
/** Do what waits, and end the thread. NULL, here and below: nothing. */
void device_worker_stop(struct device_worker *w);
/** After that, and when nobody listens any more. */
void device_worker_free(struct device_worker *w);

#endif
