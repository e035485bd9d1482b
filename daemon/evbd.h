/*
 * The shell around the node: event loop, devices, timers, reload. Only main.c owns one.
 *
 * A node port is "attached" while its network device exists and a link driver is open on it. Devices come and go;
 * configured ports wait for theirs, VM ports are added when a device matches a station port's pattern and removed
 * with it.
 */
#ifndef EVB_EVBD_H
#define EVB_EVBD_H

#include <event2/event.h>

#include "ctl_proto.h"
#include "ctl_server.h"
#include "device_worker.h"
#include "fastpath.h"
#include "link.h"
#include "log.h"
#include "netdev.h"
#include "offload_memo.h"
#include "recorder.h"
#include "rtnl.h"
#include "sandbox.h"
#include "state.h"
#include "tape.h"
#include "vtdb_file.h"

struct evbd_port { /* shell of one node port */
	struct evbd *d;
	uint16_t port;
	char name[CONF_NAME];
	bool is_dirty; /* link has frames queued for flush */
	bool is_tap;   /* made by us */
	bool wants_up; /* the device is to be set up, outside the rtnetlink callback */
	bool wants_down;
	bool has_no_carrier; /* VM port: we set the device down, to take its guest's carrier */
	int ifindex;         /* 0: no device */
	struct link *link;
	struct event *rx;
	struct link *
		control; /* a queue of their own for control frames; NULL: they come by `link` (a tap of ours) */
	struct event *control_rx;
	struct event *timer;
	struct mono armed; /* when the timer fires */
	struct offload_saved offloads;
	bool is_shielded;            /* VM port: the host's own stack hears nothing of it */
	bool is_exposed;             /* it should be, but can't */
	bool wants_record;           /* its last frames are to be written to a file */
	struct mono recorded_at;     /* when that was the case last; 0: never */
	bool is_virtual, is_veth;    /* of the device, as rtnl_link says */
	bool has_filter;             /* it takes frames to its own address only, unless promiscuous */
	bool is_watched;             /* somebody captures there */
	bool is_fast;                /* the fast path's program runs there */
	uint64_t fast_ticket;        /* of the job that is to attach it, 0: none */
	bool takes_xdp;              /* the device takes frames from such programs */
	uint32_t program_before;     /* of a predecessor that was killed, 0: none */
	char fast_why[FASTPATH_WHY]; /* why it is not; empty: it is, or nobody asked */
	struct link_counters past;   /* of links closed earlier, so that counters survive a flap */
	char why[CONF_TEXT];         /* why no link could be opened; empty when fine */
	uint32_t
		mtu_told; /* what the log was told that the device's MTU had to be; 0: nothing, or it is enough */
};

struct evbd {
	struct event_base *base;
	const char *conf_path;
	struct conf *conf;
	struct log log;
	struct node *node;
	struct vtdb_file vtdb;
	struct state *state;
	struct rtnl *rtnl;
	struct event *rtnl_ev;
	struct device_worker *worker;
	bool is_settled; /* the devices that were there at the start have been seen */
	struct offload_memo *memo;
	bool memo_is_stale;    /* devices were attached or let go since it was written */
	bool memo_is_bad;      /* it can't be written, which was told */
	const char *tape_path; /* set before evbd_start(); NULL: no tape */
	struct tape *tape;
	bool tape_is_bad; /* which was told */
	struct recorder *recorder;
	struct fastpath *fast; /* NULL: none, and fast_why says why */
	char fast_why[FASTPATH_WHY];
	bool fast_is_bad;      /* it had to be given up, which was told */
	struct netdev *netdev; /* these with `fast` */
	struct event *netdev_ev;
	struct event *fast_ev;
	uint64_t fast_tickets; /* given out */
	struct event *record_timer;
	struct event *relay_timer;
	struct event *signal[3]; /* TERM, INT, HUP */
	struct ctl_server *ctl;
	struct libvirt_socket *libvirt; /* NULL: compat.libvirt is false */
	struct evbd_port *port[NODE_MAX_PORTS];
	uint16_t dirty[NODE_MAX_PORTS];
	uint16_t n_dirty;
	struct event *flush;   /* after handlers that do not flush themselves: the control socket */
	bool is_batch;         /* a batch of frames is being read, its handler flushes */
	bool wants_mtu_check;  /* ports, channels or VSIs have changed */
	struct mono batch_now; /* time of the batch of frames being read */
	struct mono input_now; /* when the node got its first input since the last flush */
	struct mono started;
	enum sandbox sandbox;      /* set before evbd_start() */
	struct dur alive_interval; /* the service manager's watchdog; 0: it has none */
	struct mono next_alive;
};

struct mono evbd_now(void);
/** The time, for an input of the node: so that it is known how long after it the answers have left. */
struct mono evbd_input(struct evbd *d);

/* loop.c */
int evbd_start(struct evbd *d, const char *conf_path, struct conf *conf);
void evbd_run(struct evbd *d);
void evbd_stop(struct evbd *d); /* shutdown frames, devices restored, memory freed */
void evbd_flush(struct evbd *d);
/** To log, monitors and whoever waits for it. */
void evbd_event(struct evbd *d, const struct node_event *ev, struct mono now);
/** Set a timer; MONO_NEVER stops it. */
void evbd_arm(struct event *timer, struct mono when, struct mono now);
/** Set a device administratively up or down, soon. */
void evbd_set_link(struct evbd *d, int ifindex, bool is_up);
/** Take in what the kernel has said of devices. */
void evbd_read_devices(struct evbd *d);

/* record_file.c: the flight recorder */
/** node_io.control of the node. */
void evbd_on_control(void *ctx, uint16_t port, bool is_out, struct span head, struct span rest);
/** A decision: noted with the frame before it; a refusal and what was given up have a file written soon. */
void evbd_record_event(struct evbd *d, const struct node_event *ev, struct mono now);
/** Write those files. */
void evbd_record_due(struct evbd *d);
/** node_io.tape. */
void evbd_on_tape(
	void *ctx, enum node_input kind, struct mono now, const struct span *parts, unsigned n_parts);
/** Hand the tape to the system, as often as the event loop comes round. */
void evbd_tape_flush(struct evbd *d);
/** CLOCK_REALTIME less evbd_now(). */
int64_t evbd_realtime_offset_ns(void);

/* fast.c: the fast path */
/** Load it, with the capabilities of the start. Without it everything works. */
void evbd_fast_open(struct evbd *d);
/** Listen to what it says, when the worker runs. */
void evbd_fast_start(struct evbd *d);
void evbd_fast_close(struct evbd *d);
/** Tell the log whether there is one. */
void evbd_fast_tell(struct evbd *d);
/** The port, its link or its device has changed; all of them. */
void evbd_fast_port(struct evbd_port *e);
/** Somebody captures there, or does not any more. */
void evbd_fast_watched(struct evbd_port *e, bool is_watched);
void evbd_fast_ports(struct evbd *d);
/** The device does without from now on, or is gone. */
void evbd_fast_stop(struct evbd_port *e, bool is_gone);
/** The relay's tables may have changed: before a frame that tells of it leaves. */
void evbd_fast_sync(struct evbd *d);
/** Every second, before the relay forgets stations. */
void evbd_fast_on_time(struct evbd *d, struct mono now);
/** node_io.refresh. */
void evbd_fast_refresh(void *ctx);

/* ctl_host.c: what the control server needs of the shell */
struct ctl_server *evbd_ctl(struct evbd *d, int *ret_errno);

/* libvirt_socket.c */
/** Take lldpad's place, if the configuration says so. 0 or a negative errno, which the log was told. */
int evbd_libvirt_open(struct evbd *d);
void evbd_libvirt_close(struct evbd *d);
/** The configuration has changed. */
void evbd_libvirt_conf(struct evbd *d);
void evbd_libvirt_event(struct evbd *d, const struct node_event *ev, struct mono now);
/** False: we are not in lldpad's place. */
bool evbd_libvirt_info(const struct evbd *d, struct ctl_libvirt_info *ret);

/* attach.c */
/** The shell of a node port. NULL: out of memory, and the node port is gone again. */
struct evbd_port *evbd_port_new(struct evbd *d, uint16_t port);
void evbd_port_free(struct evbd *d, uint16_t port);
/** Take a port out of the node and close its device. */
void evbd_port_remove(struct evbd *d, uint16_t port, struct mono now);
/** Station port whose vm_ports patterns match a device name, NODE_NO_PORT if none. */
uint16_t evbd_vm_uplink(const struct evbd *d, const char *name);
bool evbd_port_tap(struct evbd *d, uint16_t port); /* create = "tap" */
/** Tell the log of uplinks that have become too small for the tags they carry, or large enough. */
void evbd_check_mtus(struct evbd *d);
void evbd_on_link(void *ctx, const struct rtnl_link *link, bool is_gone);
/** Write down what is turned off, if that has changed. */
void evbd_memo(struct evbd *d);

/* reload.c */
/** Give the node the configured VIFs and lists. */
void evbd_vifs_conf(struct evbd *d, struct mono now);
/** Read the configuration again and apply the difference. On error nothing changes and *ret_error says why. */
int evbd_reload(
	struct evbd *d, struct conf_change *ret, unsigned max, unsigned *ret_n, struct conf_error *ret_error);
/** A port or S-channel of the configuration comes into the node; false: too many ports. Goes from it, with the VM ports
 * behind it: is_restart: its VSIs and channels wait in the state. */
bool evbd_row_add(struct evbd *d, const struct conf_port *row, struct mono now);
/** VM ports that no pattern and no VIF names any more go. */
void evbd_drop_unmatched(struct evbd *d, struct mono now);
void evbd_row_remove(struct evbd *d, const struct conf_port *row, bool is_restart, struct mono now);

/* added.c */
/** At start, when the ports of the configuration have been added: add what evbctl had added, and give the node its VIFs. */
void evbd_added_replay(struct evbd *d);
/** What evbctl had added is in a configuration that was read again, too; what does not fit is forgotten. */
void evbd_added_merge(struct evbd *d, struct conf *fresh);
/** False with the reason. */
bool evbd_add(struct evbd *d, enum state_kind kind, const char *port, uint32_t id, const json_t *settings,
	char why[CTL_ERROR_TEXT]);
bool evbd_remove(
	struct evbd *d, enum state_kind kind, const char *port, uint32_t id, char why[CTL_ERROR_TEXT]);

#endif
