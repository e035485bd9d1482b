/*
 * ctl_server.c - the control socket: who may connect, frames in, frames out, and bounds on both.
 *
 * A client is root, the daemon's own user, or a process with control.group among its groups (SO_PEERCRED,
 * SO_PEERGROUPS). Input is read no further than one request of the greatest length; output that nobody reads stops
 * the client's next request, loses a monitor's events (and says how many), and after CTL_WRITE_TIMEOUT_S closes the
 * client. So no client can block the daemon or make it grow.
 */
#include "ctl_priv.h"

#include <errno.h>
#include <event2/listener.h>
#include <event2/util.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { GROUPS_MAX = 256 };

/* ---- output ---- */

static void send_message(struct ctl_client *c, const json_t *message)
{
	size_t len;
	uint8_t *frame = ctl_message_frame(message, &len);

	if (frame != NULL)
		bufferevent_write(c->bev, frame, len);
	free(frame);
}

void ctl_reply_to(struct ctl_client *c, enum ctl_status status, const char *error, json_t *result)
{
	json_t *reply = ctl_reply(c->id, status, error, result);

	send_message(c, reply);
	json_decref(reply);
}

/* The envelope is made around an empty array and opened where the rows belong, so that rows need not be one value in
 * memory. */
void ctl_reply_rows(struct ctl_client *c, enum ctl_status status, const char *error, const char *what,
	struct ctl_walk *w, struct evbuffer *more)
{
	json_t *reply = ctl_reply(c->id, status, error, json_pack("{s:i, s:[]}", "schema", CTL_SCHEMA, what));
	char *text = json_dumps(reply, CTL_JSON_FLAGS); /* ends with []}} */
	size_t head = text ? strlen(text) - 3 : 0;
	uint8_t header[CTL_FRAME_HEADER];

	json_decref(reply);
	if (text == NULL)
		return;
	ctl_frame_header(
		head + evbuffer_get_length(w->rows) + 1 + (more ? evbuffer_get_length(more) : 0) + 2, header);
	bufferevent_write(c->bev, header, sizeof(header));
	bufferevent_write(c->bev, text, head);
	bufferevent_write_buffer(c->bev, w->rows);
	bufferevent_write(c->bev, "]", 1);
	if (more != NULL)
		bufferevent_write_buffer(c->bev, more);
	bufferevent_write(c->bev, "}}", 2);
	free(text);
}

static size_t queued(const struct ctl_client *c)
{
	return evbuffer_get_length(bufferevent_get_output(c->bev));
}

/* ---- clients ---- */

static void client_free(struct ctl_client *c)
{
	LIST_REMOVE(c, link);
	c->server->n_clients--;
	ctl_request_cancel(c);
	event_free(c->timer);
	bufferevent_free(c->bev);
	free(c);
}

void ctl_client_after(struct ctl_client *c, struct dur d)
{
	struct timeval tv = { (time_t)(d.ns / 1000000000), (suseconds_t)(d.ns % 1000000000 / 1000) };

	evtimer_add(c->timer, &tv);
}

void ctl_client_again(struct ctl_client *c)
{
	ctl_client_after(c, dur_ns(0));
}

/* Say no, and close once that was read. */
static void turn_away(struct ctl_client *c, enum ctl_status status, const char *why)
{
	c->id = 0;
	ctl_reply_to(c, status, why, NULL);
	c->is_closing = true;
	bufferevent_disable(c->bev, EV_READ);
}

/* Requests that are here whole, one after the other, as long as the answers are being read. */
static void work(struct ctl_client *c)
{
	struct evbuffer *in = bufferevent_get_input(c->bev);

	while (!c->is_closing && !ctl_request_is_busy(c) && queued(c) < CTL_OUT_PAUSE) {
		uint8_t header[CTL_FRAME_HEADER];
		ev_ssize_t n = evbuffer_copyout(in, header, sizeof(header));
		size_t have = evbuffer_get_length(in);
		struct span body;
		enum ctl_frame f = ctl_frame_split(
			span_of(header, n > 0 ? (size_t)n : 0), CTL_REQUEST_MAX, &body);
		size_t len = CTL_FRAME_HEADER + ((size_t)header[0] << 24 | (size_t)header[1] << 16 |
							(size_t)header[2] << 8 | header[3]);

		if (f == CTL_FRAME_BAD) {
			turn_away(c, CTL_BAD_REQUEST, "a message has 1 octet to 8 MiB");
			return;
		}
		if (have < CTL_FRAME_HEADER || have < len)
			return;
		if (c->is_monitor) /* it has nothing more to say */
			evbuffer_drain(in, len);
		else {
			ctl_request(c, span_of(evbuffer_pullup(in, (ev_ssize_t)len) + CTL_FRAME_HEADER,
					       len - CTL_FRAME_HEADER));
			evbuffer_drain(in, len);
		}
	}
}

static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
	struct ctl_client *c = ctx;

	(void)fd;
	(void)what;
	ctl_request_step(c);
	work(c);
}

static void on_read(struct bufferevent *bev, void *ctx)
{
	(void)bev;
	work(ctx);
}

/* All is written. */
static void on_written(struct bufferevent *bev, void *ctx)
{
	struct ctl_client *c = ctx;
	json_t *lost;

	(void)bev;
	if (c->is_closing) {
		client_free(c);
		return;
	}
	if (c->lost > 0) {
		lost = json_pack("{s:{s:s, s:I}}", "event", "type", "lost", "count", (json_int_t)c->lost);
		c->lost = 0;
		send_message(c, lost);
		json_decref(lost);
	}
	work(c);
}

static void on_gone(struct bufferevent *bev, short what, void *ctx)
{
	(void)bev;
	(void)what; /* end of file, error, or nothing read for too long */
	client_free(ctx);
}

static bool is_member(int fd, gid_t group)
{
	gid_t groups[GROUPS_MAX];
	socklen_t len = sizeof(groups);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len) < 0)
		return false;
	for (size_t i = 0; i < len / sizeof(groups[0]); i++)
		if (groups[i] == group)
			return true;
	return false;
}

static bool is_permitted(const struct ctl_server *s, int fd)
{
	const char *name = s->host.conf(s->host.ctx)->control_group;
	const struct group *g = name[0] ? getgrnam(name) : NULL;
	struct ucred cred;
	socklen_t len = sizeof(cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0)
		return false;
	return cred.uid == 0 || cred.uid == geteuid() ||
	       (g != NULL && (cred.gid == g->gr_gid || is_member(fd, g->gr_gid)));
}

static void greet(struct ctl_client *c, int fd)
{
	struct ctl_server *s = c->server;
	json_t *hello;

	if (!is_permitted(s, fd)) {
		turn_away(c, CTL_NOT_PERMITTED, "not permitted: be root or a member of control.group");
	} else if (s->n_clients > s->host.conf(s->host.ctx)->max_clients) {
		turn_away(c, CTL_OVERLOADED, "too many clients");
	} else {
		hello = ctl_hello(s->host.version, (long)getpid());
		send_message(c, hello);
		json_decref(hello);
	}
}

static void on_accept(
	struct evconnlistener *l, evutil_socket_t fd, struct sockaddr *sa, int sa_len, void *ctx)
{
	const struct timeval limit = { CTL_WRITE_TIMEOUT_S, 0 };
	struct ctl_server *s = ctx;
	struct ctl_client *c = calloc(1, sizeof(*c));

	(void)l;
	(void)sa;
	(void)sa_len;
	if (c != NULL) {
		c->bev = bufferevent_socket_new(s->base, fd, BEV_OPT_CLOSE_ON_FREE);
		c->timer = evtimer_new(s->base, on_timer, c);
	}
	if (c == NULL || c->bev == NULL || c->timer == NULL) {
		if (c != NULL && c->timer != NULL)
			event_free(c->timer);
		if (c != NULL && c->bev != NULL)
			bufferevent_free(c->bev);
		else
			evutil_closesocket(fd);
		free(c);
		return;
	}
	c->server = s;
	LIST_INSERT_HEAD(&s->clients, c, link);
	s->n_clients++;
	bufferevent_setcb(c->bev, on_read, on_written, on_gone, c);
	bufferevent_set_timeouts(c->bev, NULL, &limit);
	bufferevent_setwatermark(c->bev, EV_READ, 0, CTL_FRAME_HEADER + CTL_REQUEST_MAX);
	bufferevent_enable(c->bev, EV_READ | EV_WRITE);
	greet(c, fd);
}

/* ---- events ---- */

static json_t *event_message(const struct ctl_host *h, const struct node_event *ev, struct mono now)
{
	const struct node_port *p = node_port(h->node, ev->port);
	char id[VSI_ID_TEXT];
	json_t *e = json_object();

	ctl_put_time(e, "time", h, now);
	ctl_put_text(e, "type", node_event_kind_name(ev->kind));
	ctl_put_bool(e, "warning", ev->is_warning);
	ctl_put_text(e, "port", p ? p->name : NULL);
	ctl_put(e, "channel", p ? json_integer(p->scid) : NULL);
	ctl_put_vif(e, p ? p->vif : 0);
	ctl_put_text(e, "vsi", ev->vsi ? vsi_id_format(&ev->vsi->subject.vsi, id) : NULL);
	ctl_put_text(e, "from", ev->from);
	ctl_put_text(e, "to", ev->to);
	ctl_put_text(e, "event", ev->event);
	ctl_put_text(e, "clause", ev->clause);
	ctl_put_text(e, "detail", ev->detail);
	ctl_put_bool(e, "ended", ev->is_ended);
	ctl_put(e, "blackout_s", ev->has_blackout ? json_real(dur_seconds(ev->blackout)) : NULL);
	return json_pack("{s:o}", "event", e);
}

void ctl_server_event(struct ctl_server *s, const struct node_event *ev, struct mono now)
{
	struct ctl_client *c;
	json_t *message = NULL;

	LIST_FOREACH(c, &s->clients, link)
	{
		if (c->vsi != NULL && ev->kind == NODE_EVENT_VSI)
			ctl_vsi_event(c, ev);
		if (!c->is_monitor)
			continue;
		if (c->lost > 0 || queued(c) >= CTL_MONITOR_MAX) {
			c->lost++;
			continue;
		}
		if (message == NULL)
			message = event_message(&s->host, ev, now);
		send_message(c, message);
	}
	json_decref(message);
}

/* ---- the socket ---- */

/* Remove a socket nobody listens at; leave everything else alone. */
static int clear_path(const struct sockaddr_un *sa)
{
	struct stat st;
	int fd, err;

	if (lstat(sa->sun_path, &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	err = connect(fd, (const struct sockaddr *)sa, sizeof(*sa)) == 0 || errno == EAGAIN ? -EADDRINUSE
											    : -errno;
	close(fd);
	if (err == -ECONNREFUSED)
		err = unlink(sa->sun_path) < 0 ? -errno : 0;
	return err;
}

/* /run/evbd is made by systemd; who starts the daemon by hand need not know. bind() says what is wrong with it. */
static void make_folder(const char *path)
{
	char folder[sizeof(((struct sockaddr_un *)0)->sun_path)];
	char *slash;

	snprintf(folder, sizeof(folder), "%s", path);
	slash = strrchr(folder, '/');
	if (slash == NULL || slash == folder)
		return;
	*slash = '\0';
	(void)mkdir(folder, 0755);
}

static int listen_at(const char *path, const char *group)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	const struct group *g = group[0] ? getgrnam(group) : NULL;
	mode_t old;
	int fd, err;

	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", path);
	make_folder(sa.sun_path);
	err = clear_path(&sa);
	if (err < 0)
		return err;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	old = umask(0117); /* 0660 from the first moment */
	err = bind(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0 ? -errno : 0;
	umask(old);
	if (err == 0 && g != NULL && chown(path, (uid_t)-1, g->gr_gid) < 0)
		err = -errno;
	if (err < 0) {
		close(fd);
		return err;
	}
	return fd;
}

static void explain(int err, const char *path, char *text, unsigned size)
{
	if (err == -EADDRINUSE)
		snprintf(text, size, "another daemon answers at %s", path);
	else if (err == -EEXIST)
		snprintf(text, size, "%s exists and is no socket", path);
	else
		snprintf(text, size, "can't listen at %s: %s", path, strerror(-err));
}

struct ctl_server *ctl_server_new(
	struct event_base *base, const struct ctl_host *host, int *ret_errno, char *err, unsigned err_size)
{
	const struct conf *conf = host->conf(host->ctx);
	struct ctl_server *s = calloc(1, sizeof(*s));
	int fd = s ? listen_at(conf->control_socket, conf->control_group) : -ENOMEM;

	if (fd < 0) {
		*ret_errno = fd;
		explain(fd, conf->control_socket, err, err_size);
		free(s);
		return NULL;
	}
	s->host = *host;
	s->base = base;
	LIST_INIT(&s->clients);
	snprintf(s->path, sizeof(s->path), "%s", conf->control_socket);
	evutil_secure_rng_get_bytes(&s->key, sizeof(s->key));
	s->listener = evconnlistener_new(
		base, on_accept, s, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, -1, fd);
	if (s->listener == NULL) {
		*ret_errno = -ENOMEM;
		explain(-ENOMEM, s->path, err, err_size);
		unlink(s->path);
		close(fd);
		free(s);
		return NULL;
	}
	return s;
}

void ctl_server_free(struct ctl_server *s)
{
	struct ctl_client *c, *next;

	if (s == NULL)
		return;
	for (c = LIST_FIRST(&s->clients); c != NULL; c = next) {
		next = LIST_NEXT(c, link);
		client_free(c);
	}
	evconnlistener_free(s->listener);
	unlink(s->path);
	free(s);
}
