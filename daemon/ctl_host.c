/*
 * ctl_host.c - what the control server asks of the shell: devices, configuration, clocks, reload.
 */
#define _GNU_SOURCE
#include <stdio.h>

#include "evbd.h"

static struct mono host_now(void *ctx)
{
	return evbd_input(ctx);
}

static int64_t realtime_offset_ns(void *ctx)
{
	(void)ctx;
	return evbd_realtime_offset_ns();
}

static const struct conf *host_conf(void *ctx)
{
	return ((struct evbd *)ctx)->conf;
}

static const struct vtdb_types *host_types(void *ctx)
{
	return ((struct evbd *)ctx)->vtdb.types;
}

static bool host_port(void *ctx, uint16_t port, struct ctl_port_info *ret)
{
	const struct evbd_port *e = ((struct evbd *)ctx)->port[port];

	if (!e)
		return false;
	*ret = (struct ctl_port_info){
		.driver = e->link ? e->link->ops->driver : NULL,
		.is_fast = e->is_fast,
		.fast_why = e->fast_why,
		.link = e->past,
		.offloads = &e->offloads,
		.why = e->why,
		.is_shielded = e->is_shielded,
		.is_exposed = e->is_exposed,
	};
	if (e->link)
		link_counters_add(&ret->link, &e->link->count);
	if (e->control)
		link_counters_add(&ret->link, &e->control->count);
	return true;
}

static int host_reload(
	void *ctx, struct conf_change *ret, unsigned max, unsigned *ret_n, struct conf_error *ret_error)
{
	return evbd_reload(ctx, ret, max, ret_n, ret_error);
}

static void host_state(void *ctx, struct state_health *ret)
{
	struct state *s = ((struct evbd *)ctx)->state;

	*ret = (struct state_health){ 0 };
	if (s) /* not yet while starting */
		state_health(s, ret);
}

static bool host_libvirt(void *ctx, struct ctl_libvirt_info *ret)
{
	return evbd_libvirt_info(ctx, ret);
}

static bool host_add(void *ctx, enum state_kind kind, const char *port, uint32_t id, const json_t *settings,
	char why[CTL_ERROR_TEXT])
{
	return evbd_add(ctx, kind, port, id, settings, why);
}

static bool host_remove(
	void *ctx, enum state_kind kind, const char *port, uint32_t id, char why[CTL_ERROR_TEXT])
{
	return evbd_remove(ctx, kind, port, id, why);
}

struct ctl_server *evbd_ctl(struct evbd *d, int *ret_errno)
{
	struct ctl_host host = {
		.ctx = d,
		.node = d->node,
		.version = EVBD_VERSION,
		.config_path = d->conf_path,
		.started = d->started,
		.now = host_now,
		.realtime_offset_ns = realtime_offset_ns,
		.conf = host_conf,
		.types = host_types,
		.port = host_port,
		.refresh = evbd_fast_refresh,
		.reload = host_reload,
		.state = host_state,
		.libvirt = host_libvirt,
		.add = host_add,
		.remove = host_remove,
		.recorder = d->recorder,
	};
	char err[CONF_TEXT] = "";
	struct ctl_server *s = ctl_server_new(d->base, &host, ret_errno, err, sizeof(err));

	if (!s)
		log_line(&d->log, LOG_ERROR, "event=\"can't open the control socket\" error=\"%s\"", err);
	return s;
}
