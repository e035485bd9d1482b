/*
 * fast.c - which devices get the fast path (fastpath.h), and why the others do not.
 *
 * A device whose link is open and whose frames are whole where XDP sees them runs the program; its link stays open for what
 * the program passes on. All devices start together, when the relay's tables are complete, so that a successor takes
 * over from a daemon that was killed in one step for each.
 *
 *      driver = auto, xdp      native: physical devices whose driver has it, veth
 *               xdp-generic    physical devices of any driver
 *               pcap, packet   not
 *
 * Not VM ports: guests leave checksums and segmentation to hardware (docs/decisions/0007). Not taps and other virtual
 * devices, for the same reason. A veth's program looks into the buffer whether the frame is whole.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "evbd.h"

static bool is_wanted(const struct node_port *p)
{
	return p->conf.driver == CONF_DRIVER_AUTO || p->conf.driver == CONF_DRIVER_XDP ||
	       p->conf.driver == CONF_DRIVER_XDP_GENERIC;
}

/* Frames for a logical port leave by the device of its node port. */
static struct fastpath_way way_of(void *ctx, uint16_t lport)
{
	const struct evbd *d = ctx;
	const struct node_port *p = node_port(d->node, node_port_of_lport(d->node, lport));
	const struct evbd_port *e = p ? d->port[p->device] : NULL;

	if (!e)
		return (struct fastpath_way){ 0 };
	return (struct fastpath_way){ .ifindex = e->ifindex, .is_xdp = e->takes_xdp && !e->is_watched };
}

/* NULL, or why the port's device does without. */
static const char *objection(const struct evbd_port *e, const struct node_port *p)
{
	const char *trouble = fastpath_trouble(e->d->fast);

	if (trouble)
		return trouble;
	if (!e->d->fast)
		return e->d->fast_why;
	if (e->is_tap)
		return "evbd's own tap";
	if (p->kind == NODE_VM)
		return "guests leave checksums undone";
	if (p->lport == FWD_LPORT_NONE)
		return "the port takes no part in the relay";
	if (e->is_virtual && p->conf.driver == CONF_DRIVER_XDP_GENERIC)
		return "on a virtual device tags may be beside the frame";
	if (e->is_virtual && !e->is_veth)
		return "such a device may leave checksums undone";
	return NULL;
}

static struct fastpath_device device_of(const struct evbd_port *e, const struct node_port *p)
{
	return (struct fastpath_device){ .ifindex = e->ifindex,
		.lport = p->lport,
		.mac = p->mac,
		.is_veth = e->is_veth,
		.is_watched = e->is_watched,
		.is_generic = p->conf.driver == CONF_DRIVER_XDP_GENERIC,
		.before = e->program_before };
}

static bool put_job(struct evbd_port *e, enum device_job_kind kind, const struct fastpath_device *device)
{
	const struct device_job job = {
		.kind = kind, .port = e->port, .ticket = ++e->d->fast_tickets, .device = *device
	};

	if (kind == DEVICE_JOB_ATTACH)
		e->fast_ticket = job.ticket;
	return device_worker_put(e->d->worker, &job);
}

static void say_why(struct evbd_port *e, const char *why)
{
	snprintf(e->fast_why, sizeof(e->fast_why), "%s", why);
}

static void attached(struct evbd_port *e, int err)
{
	e->fast_ticket = 0;
	e->is_fast = err == 0;
	say_why(e, err == 0             ? ""
		   : err == -EBUSY      ? "another XDP program is on the device"
		   : err == -EOPNOTSUPP ? "the device's driver has no XDP"
					: strerror(-err));
	if (err != 0) {
		fastpath_forget(e->d->fast, e->ifindex);
		return;
	}
	e->d->memo_is_stale = true; /* a successor has to know that the program is ours */
	log_line(&e->d->log, LOG_INFO, "event=\"fast path on\" if=%s", e->name);
}

static void on_done(evutil_socket_t fd, short what, void *ctx)
{
	struct evbd *d = ctx;
	struct device_job job;
	bool is_news = false;

	(void)fd;
	(void)what;
	while (device_worker_take(d->worker, &job)) {
		struct evbd_port *e = d->port[job.port];

		if (!e || e->ifindex != job.device.ifindex)
			continue;
		if (job.kind == DEVICE_JOB_ATTACH && e->fast_ticket == job.ticket)
			attached(e, job.err);
		is_news = is_news || e->takes_xdp != job.takes_xdp;
		e->takes_xdp = job.takes_xdp;
	}
	if (is_news)
		fastpath_ways_changed(d->fast);
}

/* Does its device take frames from programs? */
static void ask(struct evbd_port *e)
{
	const struct fastpath_device device = { .ifindex = e->ifindex };

	if (e->d->is_settled && e->ifindex)
		(void)put_job(e, DEVICE_JOB_ASK, &device);
}

/* Some device takes frames from programs now, or does not any more. */
static void on_netdev(evutil_socket_t fd, short what, void *ctx)
{
	struct evbd *d = ctx;

	(void)fd;
	(void)what;
	if (!netdev_poll(d->netdev))
		return;
	for (uint16_t i = 0; i < node_n_ports(d->node); i++)
		if (d->port[i])
			ask(d->port[i]);
}

void evbd_fast_stop(struct evbd_port *e, bool is_gone)
{
	const struct fastpath_device device = { .ifindex = e->ifindex };

	if (e->is_fast || e->fast_ticket) {
		fastpath_forget(e->d->fast, e->ifindex);
		if (!is_gone)
			(void)put_job(e, DEVICE_JOB_LEAVE, &device);
		e->d->memo_is_stale = true;
	}
	e->is_fast = false;
	e->fast_ticket = 0;
	say_why(e, "");
}

static void start(struct evbd_port *e, const struct node_port *p)
{
	const struct fastpath_device device = device_of(e, p);

	if (!fastpath_describe(e->d->fast, &device)) {
		say_why(e, "too many devices");
		return;
	}
	if (!e->is_fast && !e->fast_ticket && !put_job(e, DEVICE_JOB_ATTACH, &device))
		e->fast_ticket = 0;
}

void evbd_fast_watched(struct evbd_port *e, bool is_watched)
{
	if (e->is_watched == is_watched)
		return;
	e->is_watched = is_watched;
	fastpath_ways_changed(e->d->fast);
}

static void consider(struct evbd_port *e)
{
	const struct node_port *p = node_port(e->d->node, e->port);
	const char *why = objection(e, p);

	if (!is_wanted(p) || !e->link || !p->is_present) {
		evbd_fast_stop(e, false);
	} else if (p->kind == NODE_VM &&
		   e->d->fast) { /* frames go to it from the uplink's program, at most */
		say_why(e, why);
		ask(e);
	} else if (why) {
		evbd_fast_stop(e, false);
		say_why(e, why);
	} else if (e->d->is_settled) { /* else evbd_fast_ports() comes */
		start(e, p);
	}
}

void evbd_fast_port(struct evbd_port *e)
{
	evbd_fast_sync(e->d);
	consider(e);
}

void evbd_fast_ports(struct evbd *d)
{
	for (uint16_t i = 0; i < node_n_ports(d->node); i++)
		if (d->port[i] && node_port(d->node, i) && d->port[i]->ifindex)
			evbd_fast_port(d->port[i]);
}

/* A port may have another logical port now, or its first. */
static void port_changed(struct evbd_port *e, const struct node_port *p)
{
	const struct fastpath_device device = device_of(e, p);

	if (e->is_fast || e->fast_ticket)
		(void)fastpath_describe(e->d->fast, &device);
	else if (e->fast_why[0] && p->kind != NODE_VM && p->lport != FWD_LPORT_NONE)
		consider(e);
}

void evbd_fast_sync(struct evbd *d)
{
	if (!d->fast || !fastpath_sync(d->fast, node_relay_mirrored(d->node)))
		return;
	for (uint16_t i = 0; i < node_n_ports(d->node); i++)
		if (d->port[i] && node_port(d->node, i))
			port_changed(d->port[i], node_port(d->node, i));
}

void evbd_fast_refresh(void *ctx)
{
	struct evbd *d = ctx;

	fastpath_pull(d->fast, node_relay_mirrored(d->node));
}

void evbd_fast_on_time(struct evbd *d, struct mono now)
{
	if (!d->fast)
		return;
	evbd_fast_refresh(d);
	fastpath_ages(d->fast, node_relay_mirrored(d->node), now);
	fastpath_alive(d->fast, now);
	if (fastpath_trouble(d->fast) && !d->fast_is_bad) {
		d->fast_is_bad = true;
		log_line(&d->log, LOG_WARNING, "event=\"fast path off until a restart\" error=\"%s\"",
			fastpath_trouble(d->fast));
		evbd_fast_ports(d);
	}
}

/* ---- start and stop ---- */

static bool is_wanted_anywhere(const struct evbd *d)
{
	for (uint16_t i = 0; i < node_n_ports(d->node); i++)
		if (node_port(d->node, i) && is_wanted(node_port(d->node, i)))
			return true;
	return false;
}

static void close_all(struct evbd *d)
{
	if (d->fast_ev)
		event_free(d->fast_ev);
	if (d->netdev_ev)
		event_free(d->netdev_ev);
	netdev_close(d->netdev);
	fastpath_close(d->fast);
	d->fast_ev = d->netdev_ev = NULL;
	d->netdev = NULL;
	d->fast = NULL;
}

void evbd_fast_open(struct evbd *d)
{
	struct fastpath_cfg cfg = {
		.max_fdb = d->conf->max_fdb, .max_admissions = NODE_MAX_ADMIT, .ctx = d, .way = way_of
	};

	snprintf(d->fast_why, sizeof(d->fast_why), "no port wanted it when evbd started");
	if (d->tape_path)
		snprintf(d->fast_why, sizeof(d->fast_why), "evbd --record needs every frame");
	else if (is_wanted_anywhere(d))
		d->fast = fastpath_open(&cfg, d->fast_why);
	if (d->fast == NULL)
		return;
	d->netdev = netdev_open();
	if (d->netdev == NULL) {
		snprintf(d->fast_why, sizeof(d->fast_why),
			"this kernel does not say which devices take frames");
		close_all(d);
	}
}

static struct event *listen_to(struct evbd *d, int fd, event_callback_fn fn)
{
	struct event *ev = event_new(d->base, fd, EV_READ | EV_PERSIST, fn, d);

	event_add(ev, NULL);
	return ev;
}

void evbd_fast_start(struct evbd *d)
{
	if (d->fast == NULL)
		return;
	d->netdev_ev = listen_to(d, netdev_fd(d->netdev), on_netdev);
	d->fast_ev = listen_to(d, device_worker_fd(d->worker), on_done);
}

void evbd_fast_close(struct evbd *d)
{
	close_all(d);
}

/* Said once: every port has it in `show ports`. */
void evbd_fast_tell(struct evbd *d)
{
	char quoted[2 * FASTPATH_WHY];

	if (d->fast)
		log_line(&d->log, LOG_INFO, "event=\"fast path\" program=%u", fastpath_program(d->fast));
	else
		log_line(&d->log, LOG_INFO, "event=\"no fast path\" detail=\"%s\"",
			log_quoted(d->fast_why, quoted, sizeof(quoted)));
}
