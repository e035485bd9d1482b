/*
 * attach.c - network devices and node ports: who is who, opening and closing links, offloads.
 *
 * rtnetlink tells of every device. A device whose name is that of a configured port is attached to it; one that
 * matches a station port's vm_ports pattern becomes a VM port of that uplink. On attach the offloads that would hide
 * or merge frames are turned off and remembered, also for a successor if we are killed; on detach they are put back. A device that vanishes or is renamed
 * takes its link with it at once; its node port stays if it is configured.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fnmatch.h>
#include <net/if.h>
#include <stdlib.h>

#include "evbd.h"
#include "shield.h"
#include "uplink_mtu.h"

enum { RX_BUDGET = 256 };

static void on_frame(void *ctx, struct span frame)
{
	struct evbd_port *e = ctx;

	node_rx(e->d->node, e->port, frame, e->d->batch_now);
	if (relay_mirror_is_pressing(node_relay(e->d->node)))
		evbd_fast_sync(e->d);
}

static void close_one(struct evbd_port *e, struct link **link, struct event **rx)
{
	if (*rx)
		event_free(*rx);
	*rx = NULL;
	if (*link) {
		link_counters_add(&e->past, &(*link)->count);
		(*link)->ops->close(*link);
	}
	*link = NULL;
}

static void close_link(struct evbd_port *e)
{
	close_one(e, &e->link, &e->rx);
	close_one(e, &e->control, &e->control_rx);
}

/* By number: a device that was renamed is still there under another name. */
static void detach(struct evbd_port *e)
{
	char name[IF_NAMESIZE];

	bool is_there = e->ifindex && if_indextoname((unsigned)e->ifindex, name);

	close_link(e);
	e->d->memo_is_stale = e->d->memo_is_stale || e->offloads.n > 0 || e->has_no_carrier;
	evbd_fast_stop(e, !is_there);
	if (is_there)
		offload_restore(name, &e->offloads);
	e->offloads.n = 0;
	if (e->has_no_carrier && e->ifindex && e->d->rtnl)
		evbd_set_link(e->d, e->ifindex, true);
	e->has_no_carrier = e->wants_up = e->wants_down = false;
	if (e->is_shielded)
		shield_down(e->ifindex);
	e->is_shielded = e->is_exposed = false;
	e->ifindex = 0;
}

static void read_link(struct evbd_port *e, struct link *link, struct event *rx)
{
	int n;

	e->d->batch_now = evbd_input(e->d);
	e->d->is_batch = true;
	n = link->ops->poll(link, RX_BUDGET);
	if (n < 0) { /* the device is going; rtnetlink will say so, stop spinning until then */
		log_line(&e->d->log, LOG_WARNING, "event=\"device error\" if=%s error=\"%s\"",
			node_port(e->d->node, e->port)->name, strerror(-n));
		event_del(rx);
	}
	evbd_flush(e->d);
}

static void on_readable(evutil_socket_t fd, short what, void *ctx)
{
	struct evbd_port *e = ctx;

	(void)fd;
	(void)what;
	read_link(e, e->link, e->rx);
}

static void on_control_readable(evutil_socket_t fd, short what, void *ctx)
{
	struct evbd_port *e = ctx;

	(void)fd;
	(void)what;
	read_link(e, e->control, e->control_rx);
}

static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
	struct evbd_port *e = ctx;

	(void)fd;
	(void)what;
	e->armed = MONO_NEVER;
	node_port_on_time(e->d->node, e->port, evbd_input(e->d));
	evbd_flush(e->d);
}

struct evbd_port *evbd_port_new(struct evbd *d, uint16_t port)
{
	struct evbd_port *e = calloc(1, sizeof(*e));
	struct event *timer = e ? evtimer_new(d->base, on_timer, e) : NULL;

	if (!timer) {
		free(e);
		node_port_del(d->node, port, evbd_now());
		return NULL;
	}
	e->d = d;
	e->port = port;
	memcpy(e->name, node_port(d->node, port)->name, sizeof(e->name));
	e->armed = MONO_NEVER;
	e->timer = timer;
	d->port[port] = e;
	return e;
}

void evbd_port_free(struct evbd *d, uint16_t port)
{
	struct evbd_port *e = d->port[port];

	if (!e)
		return;
	evbd_flush(d);
	detach(e);
	recorder_forget(d->recorder, port);
	event_free(e->timer);
	free(e);
	d->port[port] = NULL;
}

void evbd_port_remove(struct evbd *d, uint16_t port, struct mono now)
{
	node_port_del(d->node, port, now); /* its shutdown LLDPDU goes out with the link's last flush */
	evbd_port_free(d, port);
}

static struct event *watch(struct evbd_port *e, struct link *link, event_callback_fn on_input)
{
	struct event *rx;

	if (!link || link->fd < 0)
		return NULL;
	link->rx = on_frame;
	link->rx_ctx = e;
	rx = event_new(e->d->base, link->fd, EV_READ | EV_PERSIST, on_input, e);
	event_add(rx, NULL);
	return rx;
}

bool evbd_port_tap(struct evbd *d, uint16_t port)
{
	struct evbd_port *e = d->port[port];
	int err = 0;

	e->is_tap = true;
	e->link = link_open_tap(node_port(d->node, port)->name, &err, e->why, sizeof(e->why));
	if (!e->link) {
		log_line(&d->log, LOG_ERROR, "event=\"can't create tap\" if=%s error=\"%s\"",
			node_port(d->node, port)->name, e->why);
		return false;
	}
	e->why[0] = '\0';
	e->rx = watch(e, e->link, on_readable);
	return true;
}

static enum link_kind driver_of(const struct node_port *p, const struct rtnl_link *link)
{
	if (p->conf.driver == CONF_DRIVER_PACKET || (p->conf.driver != CONF_DRIVER_PCAP && link->is_virtual))
		return LINK_PACKET;
	return link->is_virtual ? LINK_PCAP_VIRTUAL : LINK_PCAP;
}

/* Without a relay here something else carries the VM's frames, and needs them. */
static void shield(struct evbd_port *e, const struct node_port *p)
{
	int err;

	if (p->kind != NODE_VM || p->conf.relay == CONF_RELAY_NONE)
		return;
	err = shield_up(e->ifindex);
	e->is_shielded = err == 0;
	e->is_exposed = err != 0;
	if (err != 0)
		log_line(&e->d->log, LOG_WARNING,
			"event=\"the VM can reach this host's own network stack\" if=%s error=\"%s\"",
			p->name,
			err == -ENOENT ? "no sch_ingress or cls_bpf in this kernel" : strerror(-err));
}

/* Both or none. */
static bool open_links(struct evbd_port *e, enum link_kind kind, int *ret_errno)
{
	e->link = link_open(kind, e->name, e->has_filter, ret_errno, e->why, sizeof(e->why));
	if (e->link)
		e->control = link_open(
			LINK_CONTROL, e->name, e->has_filter, ret_errno, e->why, sizeof(e->why));
	if (e->link && !e->control)
		close_link(e);
	return e->link != NULL;
}

static void attach(struct evbd_port *e, const struct rtnl_link *link)
{
	const struct node_port *p = node_port(e->d->node, e->port);
	bool is_resized = e->link && driver_of(p, link) != LINK_PACKET && p->mtu != link->mtu;
	int err = 0;

	if (e->ifindex == link->ifindex && ((e->link && !is_resized) || e->is_tap))
		return;
	if (e->is_tap) {
		e->ifindex = link->ifindex;
		e->wants_up = !link->is_up;
		return;
	}
	if (e->ifindex != link->ifindex) { /* another device of that name */
		detach(e);
		e->ifindex = link->ifindex;
		if (offload_disable(p->name, &e->offloads) < 0)
			e->offloads.n = 0;
		offload_memo_take(e->d->memo, e->ifindex, p->name, &e->offloads, &e->has_no_carrier,
			&e->program_before);
		if (e->has_no_carrier)
			node_port_carrier_taken(e->d->node, e->port);
		e->d->memo_is_stale = e->d->memo_is_stale || e->offloads.n > 0;
		shield(e, p);
	}
	close_link(e);
	if (open_links(e, driver_of(p, link), &err)) {
		e->why[0] = '\0';
		e->rx = watch(e, e->link, on_readable);
		e->control_rx = watch(e, e->control, on_control_readable);
	} else if (err != -ENETDOWN) /* libpcap opens it when it comes up */
		log_line(&e->d->log, LOG_ERROR, "event=\"can't open device\" if=%s error=\"%s\"", p->name,
			e->why);
}

struct memo_walk {
	const struct evbd *d;
	uint16_t port;
};

static bool next_row(void *ctx, struct offload_row *ret)
{
	struct memo_walk *w = ctx;

	while (w->port < NODE_MAX_PORTS) {
		const struct evbd_port *e = w->d->port[w->port++];

		if (!e || e->ifindex == 0)
			continue;
		*ret = (struct offload_row){ .ifindex = e->ifindex,
			.has_no_carrier = e->has_no_carrier,
			.program = e->is_fast ? fastpath_program(w->d->fast) : 0,
			.saved = e->offloads };
		memcpy(ret->name, e->name, sizeof(ret->name));
		return true;
	}
	return false;
}

void evbd_memo(struct evbd *d)
{
	int err;

	if (!d->memo_is_stale)
		return;
	d->memo_is_stale = false;
	err = offload_memo_write(d->memo, next_row, &(struct memo_walk){ d, 0 });
	if (err != 0 && !d->memo_is_bad)
		log_line(&d->log, LOG_WARNING,
			"event=\"offloads would stay off after a kill -9\" error=\"%s\"", strerror(-err));
	d->memo_is_bad = err != 0;
}

uint16_t evbd_vm_uplink(const struct evbd *d, const char *name)
{
	for (unsigned i = 0; i < d->conf->n_vifs; i++)
		if (strcmp(d->conf->vifs[i].vm_port, name) == 0)
			return node_find_port(d->node, d->conf->vifs[i].port);
	for (uint16_t i = 0; i < node_n_ports(d->node); i++) {
		const struct node_port *p = node_port(d->node, i);

		if (!p || p->kind != NODE_STATION)
			continue;
		for (unsigned k = 0; k < p->conf.n_vm_patterns; k++)
			if (fnmatch(p->conf.vm_patterns[k], name, 0) == 0)
				return i;
	}
	return NODE_NO_PORT;
}

static void link_gone(struct evbd *d, uint16_t port, struct mono now)
{
	const struct node_port *p = node_port(d->node, port);
	bool is_vm = p->kind == NODE_VM;

	node_port_state(d->node, port, false, false, p->mac, p->mtu, now);
	detach(d->port[port]);
	if (is_vm)
		evbd_port_remove(d, port, now);
	evbd_flush(d);
}

static void check_mtu(struct evbd *d, struct evbd_port *e)
{
	struct uplink_mtu m = uplink_mtu(d->node, e->port);
	uint32_t wanted = m.is_too_small ? m.needed : 0;
	char text[UPLINK_MTU_TEXT];

	if (wanted == e->mtu_told)
		return;
	if (wanted != 0)
		log_line(&d->log, LOG_WARNING,
			"event=\"MTU too small: long frames will be dropped\" if=%s detail=\"%s\"", e->name,
			uplink_mtu_text(d->node, e->port, &m, text));
	else
		log_line(&d->log, LOG_INFO, "event=\"MTU is large enough\" if=%s", e->name);
	e->mtu_told = wanted;
}

void evbd_check_mtus(struct evbd *d)
{
	if (!d->wants_mtu_check)
		return;
	d->wants_mtu_check = false;
	for (uint16_t i = 0; i < node_n_ports(d->node); i++)
		if (d->port[i] && node_port(d->node, i) && node_port(d->node, i)->kind != NODE_VM)
			check_mtu(d, d->port[i]);
}

/* read_link() stops listening when a read fails. */
static void listen_again(struct evbd_port *e)
{
	if (e->rx)
		event_add(e->rx, NULL);
	if (e->control_rx)
		event_add(e->control_rx, NULL);
}

/* Does the device hand up frames to its own address only, unless it is promiscuous? Where it does not we leave that mode
 * off, so that whoever turns it on is one who wants to see frames. */
static bool has_filter(const struct rtnl_link *link)
{
	return strcmp(link->kind, "veth") != 0 && strcmp(link->kind, "tun") != 0;
}

void evbd_on_link(void *ctx, const struct rtnl_link *link, bool is_gone)
{
	struct evbd *d = ctx;
	uint16_t port = node_find_port(d->node, link->name);
	uint16_t uplink;
	struct mono now = evbd_input(d);

	if (is_gone) {
		if (port != NODE_NO_PORT && d->port[port]->ifindex == link->ifindex)
			link_gone(d, port, now);
		return;
	}
	if (port == NODE_NO_PORT) {
		uplink = evbd_vm_uplink(d, link->name);
		if (uplink == NODE_NO_PORT)
			return;
		port = node_vm_port_add(d->node, link->name, uplink, now);
		if (port == NODE_NO_PORT || !evbd_port_new(d, port)) {
			log_line(&d->log, LOG_ERROR, "event=\"too many ports\" if=%s", link->name);
			return;
		}
	}
	d->port[port]->is_virtual = link->is_virtual;
	d->port[port]->is_veth = strcmp(link->kind, "veth") == 0;
	d->port[port]->has_filter = has_filter(link);
	evbd_fast_watched(d->port[port], !has_filter(link) && link->is_promiscuous);
	attach(d->port[port], link);
	if (link->is_up)
		listen_again(d->port[port]);
	node_port_set_physical(d->node, port, !link->is_virtual);
	node_port_state(d->node, port, d->port[port]->link != NULL, link->is_up, link->mac, link->mtu, now);
	evbd_fast_port(d->port[port]);
	d->wants_mtu_check = true;
	evbd_flush(d);
}
