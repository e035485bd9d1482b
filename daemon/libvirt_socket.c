/*
 * libvirt_socket.c - the netlink socket that libvirt's messages come to (openlldp 7.1), in the event loop.
 *
 * Datagrams between processes, not with the kernel: an answer goes to the address a request came from, an event to the port
 * in the request's header, which is another socket of libvirt's. Our own port is our process id where that is free, as
 * every program does for its first netlink socket; whatever it is, it is what the pid file says.
 *
 * Before requests are looked at, news of devices are: libvirt has just made the macvtap or tap of its guest, and which
 * S-channel or VIF a VSI belongs to is known by that device. Requests that come together leave packed.
 *
 * A receiver that does not read makes the sender wait, which we must not: what can't be sent at once is counted and
 * dropped, and libvirt asks again or gives up by itself.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "evbd.h"
#include "libvirt_place.h"
#include "libvirt_vsi.h"

enum {
	BUDGET = 64, /* datagrams per turn of the event loop */
	DATAGRAM_MAX = 8192,
	RCVBUF = 4 << 20,
};

struct libvirt_socket {
	struct evbd *d;
	struct libvirt_place place;
	struct libvirt_managers managers;
	struct libvirt *vsis;
	struct mnl_socket *socket;
	uint32_t port_id;
	struct event *rx, *timer;
	bool is_touched[NODE_MAX_PORTS]; /* ports with requests that have to leave */
	uint64_t not_sent, malformed;
	_Alignas(struct nlmsghdr) uint8_t in[DATAGRAM_MAX];
	_Alignas(struct nlmsghdr) uint8_t out[LIBVIRT_LIST_MAX];
};

/* ---- sending ---- */

static void send_to(struct libvirt_socket *s, uint32_t port_id, size_t len)
{
	const struct sockaddr_nl to = { .nl_family = AF_NETLINK, .nl_pid = port_id };

	if (sendto(mnl_socket_get_fd(s->socket), s->out, len, MSG_DONTWAIT, (const struct sockaddr *)&to,
		    sizeof(to)) != (ssize_t)len)
		s->not_sent++;
}

static void tell(struct libvirt_socket *s, const struct libvirt_note *note, struct mono now)
{
	struct vdp_vsi vsi = { .subject.vsi = note->vsi };

	evbd_event(s->d,
		&(struct node_event){ .kind = NODE_EVENT_REFUSED,
			.is_warning = true,
			.port = note->port,
			.vsi = &vsi,
			.event = note->event,
			.detail = note->reason[0] != '\0' ? note->reason : NULL },
		now);
}

static void on_notes(struct libvirt_socket *s, struct mono now)
{
	struct libvirt_note note;
	char uuid[VSI_ID_TEXT];

	while (libvirt_next_note(s->vsis, &note)) {
		if (note.kind != LIBVIRT_NOTE_LOST) {
			tell(s, &note, now);
			continue;
		}
		log_line(&s->d->log, LOG_INFO,
			"event=\"libvirt is told that the switch let go\" vsi=%s pid=%u",
			vsi_id_format(&note.vsi, uuid), note.head.pid);
		send_to(s, note.head.pid, libvirt_encode_event(&note.head, &note.asked, s->port_id, s->out));
	}
}

/* ---- time ---- */

static void arm(struct libvirt_socket *s, struct mono now)
{
	struct mono when = libvirt_deadline(s->vsis);

	if (mono_is_never(when))
		event_del(s->timer);
	else
		evbd_arm(s->timer, when, now);
}

static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
	struct libvirt_socket *s = ctx;
	struct mono now = evbd_input(s->d);

	(void)fd;
	(void)what;
	libvirt_on_time(s->vsis, now);
	on_notes(s, now);
	arm(s, now);
	evbd_flush(s->d);
}

void evbd_libvirt_event(struct evbd *d, const struct node_event *ev, struct mono now)
{
	struct libvirt_socket *s = d->libvirt;

	if (!s || ev->kind != NODE_EVENT_VSI)
		return;
	libvirt_on_event(s->vsis, ev, now);
	arm(s, now); /* notes too: they are told when the node has done */
	if (libvirt_has_notes(s->vsis))
		event_active(s->timer, EV_TIMEOUT, 0);
}

/* ---- requests ---- */

/* By number, so that a device that was renamed since is still the one that is meant; else by name. */
static uint16_t device_of(const struct evbd *d, const struct libvirt_head *h)
{
	for (uint16_t i = 0; h->ifindex > 0 && i < node_n_ports(d->node); i++)
		if (d->port[i] && d->port[i]->ifindex == h->ifindex)
			return i;
	return h->ifname[0] != '\0' ? node_find_port(d->node, h->ifname) : NODE_NO_PORT;
}

static void log_not_taken(const struct libvirt_socket *s, const struct libvirt_head *h, const char *why)
{
	log_line(&s->d->log, LOG_WARNING,
		"event=\"libvirt's request not taken\" device=%.*s ifindex=%d error=\"%s\"",
		(int)strcspn(h->ifname, " \"\\\n"), h->ifname, h->ifindex, why);
}

static int set(struct libvirt_socket *s, const struct libvirt_head *h, const struct libvirt_vsi *v)
{
	uint16_t port = NODE_NO_PORT;
	char why[LIBVIRT_REASON];
	int err = libvirt_set(s->vsis, device_of(s->d, h), h, v, evbd_input(s->d), &port, why);

	if (err)
		log_not_taken(s, h, why);
	if (port != NODE_NO_PORT)
		s->is_touched[port] = true;
	return err;
}

/* Put the answer into s->out. Returns its length. */
static size_t answer(struct libvirt_socket *s, size_t len)
{
	struct libvirt_head h;
	struct libvirt_vsi v;
	enum libvirt_err err = libvirt_decode(span_of(s->in, len), &h, &v);
	uint16_t device;

	if (err == LIBVIRT_ERR_SHORT) {
		s->malformed++;
		return 0;
	}
	if (err != LIBVIRT_OK) {
		s->malformed++;
		log_not_taken(s, &h, libvirt_err_text(err));
		return libvirt_encode_error(&h, err == LIBVIRT_ERR_TYPE ? -EOPNOTSUPP : -EINVAL, s->out);
	}
	if (h.type == RTM_SETLINK)
		return libvirt_encode_error(&h, set(s, &h, &v), s->out);
	device = device_of(s->d, &h);
	if (device == NODE_NO_PORT)
		return libvirt_encode_error(&h, -ENODEV, s->out);
	return libvirt_list(s->vsis, device, &h, s->d->port[device]->ifindex, s->out);
}

/* False: nothing more is there. */
static bool read_one(struct libvirt_socket *s)
{
	struct sockaddr_nl from = { 0 };
	socklen_t from_len = sizeof(from);
	ssize_t len = recvfrom(mnl_socket_get_fd(s->socket), s->in, sizeof(s->in), MSG_DONTWAIT | MSG_TRUNC,
		(struct sockaddr *)&from, &from_len);
	size_t answer_len;

	if (len < 0)
		return errno == EINTR || errno == ENOBUFS;
	if (from.nl_pid == 0) /* the kernel */
		return true;
	if ((size_t)len > sizeof(s->in)) {
		s->malformed++;
		return true;
	}
	answer_len = answer(s, (size_t)len);
	if (answer_len > 0)
		send_to(s, from.nl_pid, answer_len);
	return true;
}

static void on_readable(evutil_socket_t fd, short what, void *ctx)
{
	struct libvirt_socket *s = ctx;
	struct mono now;

	(void)fd;
	(void)what;
	evbd_read_devices(s->d);
	for (unsigned i = 0; i < BUDGET && read_one(s); i++)
		;
	now = evbd_input(s->d);
	for (uint16_t i = 0; i < node_n_ports(s->d->node); i++) {
		if (s->is_touched[i] && node_port(s->d->node, i))
			node_kick(s->d->node, i, now);
		s->is_touched[i] = false;
	}
	on_notes(s, now);
	arm(s, now);
	evbd_flush(s->d);
}

/* ---- opening and closing ---- */

static int open_socket(struct libvirt_socket *s)
{
	int size = RCVBUF, fd;

	s->socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (!s->socket)
		return -errno;
	fd = mnl_socket_get_fd(s->socket);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)); /* else it is the default */
	if (mnl_socket_bind(s->socket, 0, getpid()) != 0 &&
		mnl_socket_bind(s->socket, 0, MNL_SOCKET_AUTOPID) != 0)
		return -errno;
	s->port_id = mnl_socket_get_portid(s->socket);
	s->rx = event_new(s->d->base, fd, EV_READ | EV_PERSIST, on_readable, s);
	s->timer = evtimer_new(s->d->base, on_timer, s);
	if (!s->rx || !s->timer || event_add(s->rx, NULL) != 0)
		return -ENOMEM;
	return libvirt_place_announce(&s->place, s->port_id);
}

static int take_place(struct libvirt_socket *s, const struct conf_compat *c)
{
	char why[CONF_PATH + 256];
	int err = libvirt_place_take(&s->place, c->pid_file, why, sizeof(why));

	if (err)
		log_line(&s->d->log, LOG_ERROR, "event=\"can't take lldpad's place\" error=\"%s\"", why);
	return err;
}

void evbd_libvirt_conf(struct evbd *d)
{
	if (d->libvirt)
		memcpy(d->libvirt->managers.of, d->conf->compat.managers, sizeof(d->libvirt->managers.of));
}

int evbd_libvirt_open(struct evbd *d)
{
	const struct conf_compat *c = &d->conf->compat;
	struct libvirt_socket *s;
	struct siphash_key key;
	int err;

	if (!c->libvirt)
		return 0;
	if (getrandom(&key, sizeof(key), 0) != (ssize_t)sizeof(key))
		return -errno;
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->d = d;
	d->libvirt = s;
	evbd_libvirt_conf(d);
	s->vsis = libvirt_new(d->node, &s->managers, c->max_vsis, key);
	if (!s->vsis)
		return -ENOMEM;
	err = take_place(s, c);
	return err ? err : open_socket(s);
}

void evbd_libvirt_close(struct evbd *d)
{
	struct libvirt_socket *s = d->libvirt;

	if (!s)
		return;
	d->libvirt = NULL;
	libvirt_place_leave(&s->place);
	if (s->rx)
		event_free(s->rx);
	if (s->timer)
		event_free(s->timer);
	if (s->socket)
		mnl_socket_close(s->socket);
	libvirt_free(s->vsis);
	free(s);
}

bool evbd_libvirt_info(const struct evbd *d, struct ctl_libvirt_info *ret)
{
	const struct libvirt_socket *s = d->libvirt;

	if (!s)
		return false;
	*ret = (struct ctl_libvirt_info){ .pid_file = s->place.path,
		.port_id = s->port_id,
		.n_vsis = libvirt_count(s->vsis),
		.not_sent = s->not_sent,
		.malformed = s->malformed,
		.count = *libvirt_counters(s->vsis) };
	return true;
}
