/*
 * loop.c - the event loop around the node: one timer per port, one for the relay, frames out in batches, signals.
 *
 * The node decides; this file only carries. A frame that the node sends goes to the link's queue at once and onto
 * the wire at evbd_flush(), which every input handler calls when it is done.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/time.h>
#include <time.h>

#include "closer.h"
#include "evbd.h"
#include "notify.h"
#include "privilege.h"

enum { LAG_NS = 100000 }; /* between an input and the frames that answer it: not worth mentioning */

struct mono evbd_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (struct mono){ (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec };
}

struct mono evbd_input(struct evbd *d)
{
	struct mono now = evbd_now();

	if (d->n_dirty == 0)
		d->input_now = now;
	return now;
}

/* ---- what the node asks for ---- */

static void on_send(void *ctx, uint16_t port, struct span head, struct span rest)
{
	struct evbd *d = ctx;
	struct evbd_port *e = d->port[port];

	if (d->tape)
		tape_output(d->tape, port, head, rest);
	if (!e || !e->link)
		return;
	e->link->ops->send(e->link, head, rest);
	if (e->is_dirty)
		return;
	e->is_dirty = true;
	d->dirty[d->n_dirty++] = port;
	if (!d->is_batch)
		event_active(d->flush, EV_TIMEOUT, 0);
}

/* Ack times begin when requests leave: we may have been held up. */
static void have_left(const struct evbd_port *e)
{
	struct mono now = evbd_now();

	if (node_port(e->d->node, e->port) && mono_since(e->d->input_now, now).ns > LAG_NS)
		node_port_left(e->d->node, e->port, now);
}

void evbd_flush(struct evbd *d)
{
	evbd_fast_sync(d);
	for (uint16_t i = 0; i < d->n_dirty; i++) {
		struct evbd_port *e = d->port[d->dirty[i]];

		if (!e)
			continue;
		e->is_dirty = false;
		if (e->link)
			e->link->ops->flush(e->link);
		have_left(e);
	}
	d->n_dirty = 0;
	d->is_batch = false;
	evbd_tape_flush(d);
}

/* Later: we may be inside the rtnetlink callback. */
static void on_carrier(void *ctx, uint16_t port, bool is_on)
{
	struct evbd *d = ctx;

	if (!d->port[port])
		return;
	d->port[port]->wants_up = is_on;
	d->port[port]->wants_down = !is_on;
	d->port[port]->has_no_carrier = !is_on;
	d->memo_is_stale = true;
	event_active(d->flush, EV_TIMEOUT, 0);
}

void evbd_set_link(struct evbd *d, int ifindex, bool is_up)
{
	const struct device_job job = { .kind = is_up ? DEVICE_JOB_UP : DEVICE_JOB_DOWN,
		.device = { .ifindex = ifindex } };

	if (d->worker == NULL || !device_worker_put(d->worker, &job))
		(void)rtnl_set_link(d->rtnl, ifindex, is_up);
}

/* What is set down is written down before, for a successor that has to set it up again. */
static void set_links(struct evbd *d)
{
	evbd_memo(d);
	for (uint16_t i = 0; i < node_n_ports(d->node); i++) {
		struct evbd_port *e = d->port[i];

		if (!e || (!e->wants_up && !e->wants_down))
			continue;
		evbd_set_link(d, e->ifindex, e->wants_up);
		e->wants_up = e->wants_down = false;
	}
}

static void on_flush(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	set_links(ctx);
	evbd_flush(ctx);
}

void evbd_event(struct evbd *d, const struct node_event *ev, struct mono now)
{
	log_event(&d->log, d->node, ev, now);
	d->wants_mtu_check |= ev->kind == NODE_EVENT_VSI || ev->kind == NODE_EVENT_CHANNEL ||
			      ev->kind == NODE_EVENT_PORT;
	if (d->ctl)
		ctl_server_event(d->ctl, ev, now);
	evbd_libvirt_event(d, ev, now);
	evbd_record_event(d, ev, now);
}

static void on_event(void *ctx, const struct node_event *ev, struct mono now)
{
	evbd_event(ctx, ev, now);
}

void evbd_arm(struct event *timer, struct mono when, struct mono now)
{
	uint64_t us = mono_is_never(when) ? 0 : (mono_since(now, when).ns + 999) / 1000;
	struct timeval tv = { (time_t)(us / 1000000), (suseconds_t)(us % 1000000) };

	if (mono_is_never(when))
		event_del(timer);
	else
		event_add(timer, &tv);
}

static void on_rearm(void *ctx, uint16_t port)
{
	struct evbd *d = ctx;
	struct evbd_port *e = d->port[port];
	struct mono when;

	if (!e)
		return;
	when = node_port_deadline(d->node, port);
	if (when.ns == e->armed.ns)
		return;
	e->armed = when;
	evbd_arm(e->timer, when, evbd_now());
}

static void say_alive(struct evbd *d)
{
	struct mono now = evbd_now();

	if (d->alive_interval.ns == 0 || mono_before(now, d->next_alive))
		return;
	d->next_alive = mono_add(now, d->alive_interval);
	notify_alive();
}

static void on_relay_timer(evutil_socket_t fd, short what, void *ctx)
{
	struct evbd *d = ctx;
	struct timeval tv = { 1, 0 };

	(void)fd;
	(void)what;
	evbd_fast_on_time(d, evbd_now());
	node_on_time(d->node, evbd_input(d));
	evbd_fast_sync(d);
	state_on_time(d->state);
	evbd_memo(d);
	say_alive(d);
	evbd_check_mtus(d);
	event_add(d->relay_timer, &tv); /* ageing is a matter of seconds */
}

void evbd_read_devices(struct evbd *d)
{
	int err = rtnl_poll(d->rtnl);

	if (err < 0) { /* do not spin; what runs goes on */
		log_line(&d->log, LOG_ERROR,
			"event=\"rtnetlink failed: devices that come or go are not seen\" error=\"%s\"",
			strerror(-err));
		event_del(d->rtnl_ev);
	}
	if (rtnl_is_settled(d->rtnl) && !d->is_settled) {
		d->is_settled = true;
		evbd_fast_ports(d);
	}
	if (rtnl_is_settled(d->rtnl)) {
		state_restore_waiting(d->state, evbd_now());
		evbd_check_mtus(d);
	}
	set_links(d);
}

static void on_rtnl(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	evbd_read_devices(ctx);
}

static void on_stop(evutil_socket_t sig, short what, void *ctx)
{
	struct evbd *d = ctx;

	(void)what;
	log_line(&d->log, LOG_INFO, "event=\"stopping\" signal=%d", (int)sig);
	notify_stopping();
	event_base_loopbreak(d->base);
}

static void on_hup(evutil_socket_t sig, short what, void *ctx)
{
	struct evbd *d = ctx;
	struct conf_change changes[1];
	struct conf_error error;
	unsigned n;

	(void)sig;
	(void)what;
	(void)evbd_reload(d, changes, 1, &n, &error);
	evbd_flush(d);
}

static void on_record_timer(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	evbd_record_due(ctx);
}

/* ---- start and stop ---- */

static int make_base(struct evbd *d)
{
	struct event_config *cfg = event_config_new();

	if (!cfg)
		return -ENOMEM;
	event_config_set_flag(cfg, EVENT_BASE_FLAG_PRECISE_TIMER); /* an ack timer may be 2.56 ms */
	d->base = event_base_new_with_config(cfg);
	event_config_free(cfg);
	if (!d->base)
		return -ENOMEM;
	d->signal[0] = evsignal_new(d->base, SIGTERM, on_stop, d);
	d->signal[1] = evsignal_new(d->base, SIGINT, on_stop, d);
	d->signal[2] = evsignal_new(d->base, SIGHUP, on_hup, d);
	for (int i = 0; i < 3; i++)
		event_add(d->signal[i], NULL);
	d->flush = evtimer_new(d->base, on_flush, d);
	d->relay_timer = evtimer_new(d->base, on_relay_timer, d);
	d->record_timer = evtimer_new(d->base, on_record_timer, d);
	return 0;
}

static int make_node(struct evbd *d)
{
	struct node_io io = { .ctx = d,
		.send = on_send,
		.event = on_event,
		.rearm = on_rearm,
		.carrier = on_carrier,
		.refresh = evbd_fast_refresh,
		.vtdb = vtdb_file_driver(&d->vtdb),
		.control = evbd_on_control,
		.tape = d->tape_path ? evbd_on_tape : NULL };
	uint64_t seed;

	if (getrandom(&seed, sizeof(seed), 0) != (ssize_t)sizeof(seed))
		return -errno;
	if (d->tape_path && (d->tape = tape_create(d->tape_path)) == NULL)
		return -errno;
	d->recorder = recorder_new(NODE_MAX_PORTS, d->conf->recorder_frames);
	if (!d->recorder)
		return -ENOMEM;
	d->node = node_new(d->conf, &io, seed, d->started);
	return d->node ? 0 : -ENOMEM;
}

static int make_ports(struct evbd *d)
{
	for (unsigned i = 0; i < d->conf->n_ports; i++) {
		uint16_t port = node_port_add(d->node, &d->conf->ports[i], d->started);

		if (port == NODE_NO_PORT)
			return -ENOMEM;
		if (d->conf->ports[i].scid != NODE_CHANNEL_DEFAULT)
			continue; /* an S-channel has no device of its own */
		if (!evbd_port_new(d, port))
			return -ENOMEM;
		if (d->conf->ports[i].create_tap && !evbd_port_tap(d, port))
			return -EIO;
	}
	return 0;
}

/* S-channels and the VSIs of bridge ports are in force again before a frame can come in; what the types no longer allow is
 * not. */
static int restore_state(struct evbd *d)
{
	d->state = state_open(d->conf->state_dir, d->node, &d->log);
	if (!d->state)
		return -ENOMEM;
	evbd_added_replay(d);
	state_restore_channels(d->state, d->started);
	state_restore_bridges(d->state, d->started);
	vtdb_file_recheck(&d->vtdb, d->node, d->started);
	return 0;
}

static int open_memo(struct evbd *d)
{
	char path[CONF_PATH + sizeof(".offloads")];

	snprintf(path, sizeof(path), "%s.offloads", d->conf->control_socket);
	d->memo = offload_memo_open(path);
	return d->memo ? 0 : -ENOMEM;
}

static int watch_devices(struct evbd *d)
{
	int err = 0;

	d->rtnl = rtnl_open(evbd_on_link, d, &err);
	if (!d->rtnl)
		return err;
	d->rtnl_ev = event_new(d->base, rtnl_fd(d->rtnl), EV_READ | EV_PERSIST, on_rtnl, d);
	event_add(d->rtnl_ev, NULL);
	return rtnl_dump(d->rtnl);
}

/* What start-up needed and running does not is given away. Threads are made before: none is made after. */
static int confine(struct evbd *d)
{
	int err;

	if (privilege_drop() < 0)
		log_line(&d->log, LOG_WARNING, "event=\"capabilities could not be dropped\"");
	state_start(d->state);
	d->worker = device_worker_start(d->fast, d->netdev, d->rtnl);
	if (d->worker == NULL)
		return -EAGAIN;
	evbd_fast_start(d);
	(void)closer_start(); /* without it closing takes its time */
	err = sandbox_enter(d->sandbox);
	if (err < 0 && (err != -ENOSYS || sandbox_is_built()))
		log_line(&d->log, LOG_WARNING, "event=\"system calls are not filtered\" error=\"%s\"",
			strerror(-err));
	return 0;
}

int evbd_start(struct evbd *d, const char *conf_path, struct conf *conf)
{
	struct conf_error error = { 0 };
	char text[sizeof(error)], quoted[sizeof(error)];
	int err;

	d->conf_path = conf_path;
	d->conf = conf;
	d->started = evbd_now();
	log_init(&d->log, (enum log_level)conf->log_level);
	err = make_base(d);
	if (!err) {
		err = vtdb_file_load(&d->vtdb, conf->types_file, &error);
		if (err)
			log_line(&d->log, LOG_ERROR, "event=\"can't read the VSI types\" error=\"%s\"",
				log_quoted(conf_error_format(&error, text, sizeof(text)), quoted,
					sizeof(quoted)));
	}
	if (!err)
		err = make_node(d);
	if (!err) {
		d->ctl = evbd_ctl(
			d, &err); /* first, so that a second daemon stops before it touches a device */
		err = d->ctl ? 0 : err;
	}
	if (!err)
		err = evbd_libvirt_open(d); /* before another netlink socket takes our process id */
	if (!err)
		err = open_memo(d);
	if (!err)
		err = make_ports(d);
	if (!err)
		err = restore_state(d);
	if (!err) {
		evbd_fast_open(d);
		err = watch_devices(d);
	}
	if (!err) {
		d->alive_interval = notify_interval();
		on_relay_timer(-1, 0, d);
		err = confine(d);
	}
	if (!err)
		evbd_fast_tell(d);
	return err;
}

void evbd_run(struct evbd *d)
{
	log_line(&d->log, LOG_INFO, "event=\"ready\" ports=%u socket=%s", d->conf->n_ports,
		d->conf->control_socket);
	notify_ready();
	event_base_dispatch(d->base);
}

void evbd_stop(struct evbd *d)
{
	if (d->node) {
		node_shutdown(d->node, evbd_now());
		evbd_flush(d);
	}
	if (d->ctl)
		ctl_server_free(d->ctl);
	d->ctl = NULL;
	evbd_libvirt_close(d);
	state_close(d->state);
	for (uint16_t i = 0; i < NODE_MAX_PORTS; i++)
		evbd_port_free(d, i);
	device_worker_stop(d->worker);
	evbd_fast_close(d);
	device_worker_free(d->worker);
	closer_stop();
	offload_memo_close(d->memo);
	if (d->rtnl_ev)
		event_free(d->rtnl_ev);
	if (d->rtnl)
		rtnl_close(d->rtnl);
	if (d->relay_timer)
		event_free(d->relay_timer);
	if (d->record_timer)
		event_free(d->record_timer);
	if (d->flush)
		event_free(d->flush);
	for (int i = 0; i < 3; i++)
		if (d->signal[i])
			event_free(d->signal[i]);
	node_free(d->node);
	recorder_free(d->recorder);
	tape_close(d->tape);
	vtdb_file_fini(&d->vtdb);
	if (d->base)
		event_base_free(d->base);
	conf_free(d->conf);
}
