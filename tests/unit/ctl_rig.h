/* Two nodes on one wire, station and bridge, each with a real control server on a socket in a temporary folder. Node
 * time is virtual; the servers' event loop is turned by hand and never waits. */
#ifndef EVB_CTL_RIG_H
#define EVB_CTL_RIG_H

#include <criterion/criterion.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "ctl_server.h"
#include "ctl_proto.h"
#include "settings_text.h"

enum { RIG_FRAMES = 512, RIG_ROOM = 32, RIG_TURNS = 20000 };

struct rig_frame {
	int to;
	size_t len;
	uint8_t octets[RIG_ROOM + 1600];
};
struct rig_side {
	int index;
	char sock[CONF_PATH];
	struct conf *conf;
	struct node *node;
	struct ctl_server *server;
	uint16_t port;
	bool is_reload_good;
};
static struct rig {
	char dir[32];
	struct mono now;
	struct event_base *base;
	struct rig_side side[2];             /* 0: station, 1: bridge */
	struct rig_frame frames[RIG_FRAMES]; /* ring */
	unsigned head, n_frames;
	bool is_cut;     /* the wire loses everything */
	bool is_exposed; /* no device could be shielded */
} rig;

static const struct vtdb_type rig_type_rows[] = {
	{ .manager = { { [15] = 1 } }, .type_id = 1, .version_high = 255, .name = "web", .default_vid = 100 },
	{ .manager = { { [15] = 1 } },
		.type_id = 9,
		.version_high = 255,
		.name = "old",
		.is_refused = true,
		.refuse_error = VDP_E_RESOURCES,
		.refuse_hard = true,
		.refuse_reason = "retired" },
};
static const struct vtdb_types rig_types = { 2, rig_type_rows, true, { { [15] = 1 } } };

static void rig_send(void *ctx, uint16_t port, struct span head, struct span rest)
{
	struct rig_side *s = ctx;
	struct rig_frame *f = &rig.frames[(rig.head + rig.n_frames) % RIG_FRAMES];

	(void)port;
	if (rig.is_cut)
		return;
	cr_assert_lt(rig.n_frames++, RIG_FRAMES - 1);
	f->to = !s->index;
	f->len = head.len + rest.len;
	memcpy(f->octets + RIG_ROOM, head.ptr, head.len);
	if (rest.len > 0)
		memcpy(f->octets + RIG_ROOM + head.len, rest.ptr, rest.len);
}

static void rig_event(void *ctx, const struct node_event *ev, struct mono now)
{
	struct rig_side *s = ctx;

	if (s->server)
		ctl_server_event(s->server, ev, now);
}

static void rig_rearm(void *ctx, uint16_t port)
{
	(void)ctx;
	(void)port;
}

static void rig_ask(void *ctx, struct node *n, uint16_t port, struct vtdb_handle h,
	const struct vtdb_query *q, struct mono now)
{
	static struct vtdb_answer a;

	(void)ctx;
	vtdb_decide(&rig_types, q, &a);
	node_vtdb_answer(n, port, h, &a, now);
}

static struct mono host_now(void *ctx)
{
	(void)ctx;
	return rig.now;
}
static int64_t host_offset(void *ctx)
{
	(void)ctx;
	return 1795305600LL * 1000000000; /* node time 0 is 2026-11-22T00:00:00Z */
}
static const struct conf *host_conf(void *ctx)
{
	return ((struct rig_side *)ctx)->conf;
}
static const struct vtdb_types *host_types(void *ctx)
{
	return ((struct rig_side *)ctx)->index == 1 ? &rig_types : NULL;
}
static bool host_port(void *ctx, uint16_t port, struct ctl_port_info *ret)
{
	static const struct offload_saved saved = { 2, { { "gro", true }, { "lro", false } } };

	(void)ctx;
	(void)port;
	*ret = (struct ctl_port_info){
		.driver = "mem", .link = { .rx_frames = 7 }, .offloads = &saved, .is_exposed = rig.is_exposed
	};
	return true;
}
static void host_state(void *ctx, struct state_health *ret)
{
	(void)ctx;
	*ret = (struct state_health){ .path = "/var/lib/evbd/evbd.db", .written = 3 };
}
static int host_reload(
	void *ctx, struct conf_change *ret, unsigned max, unsigned *ret_n, struct conf_error *ret_error)
{
	struct rig_side *s = ctx;

	(void)max;
	if (!s->is_reload_good) {
		*ret_error = (struct conf_error){ "evbd.conf", 3, "no such setting" };
		return -EINVAL;
	}
	ret[0] = (struct conf_change){ CONF_ADAPTED, "eth0", 1, "evb.rte", "8", "9" };
	*ret_n = 1;
	return 0;
}

/* What the shell does (daemon/added.c), without VM ports and durable state. */
static void host_vifs(struct rig_side *s)
{
	const struct conf *c = s->conf;

	for (uint16_t i = 0; i < node_n_ports(s->node); i++)
		if (node_port(s->node, i) && node_port(s->node, i)->vifs)
			node_vifs_conf(s->node, i, c->vifs, c->n_vifs, c->lists, c->n_lists, rig.now);
}
static bool host_add(void *ctx, enum state_kind kind, const char *port, uint32_t id, const json_t *settings,
	char why[CTL_ERROR_TEXT])
{
	struct rig_side *s = ctx;
	struct conf_error error;
	const char *complaint;
	char *text = settings_text(settings, &complaint);
	int err = -EINVAL;

	snprintf(why, CTL_ERROR_TEXT, "%s", text ? "" : complaint);
	if (text)
		err = kind == STATE_VIF ? conf_add_vif(s->conf, port, id, text, &error)
					: conf_add_channel(s->conf, port, (uint16_t)id, text, &error);
	if (text && err)
		snprintf(why, CTL_ERROR_TEXT, "%s", error.text);
	if (!err && kind == STATE_VIF)
		host_vifs(s);
	else if (!err)
		(void)node_port_add(s->node, conf_find_channel(s->conf, port, (uint16_t)id), rig.now);
	free(text);
	return !err;
}
static bool host_remove(
	void *ctx, enum state_kind kind, const char *port, uint32_t id, char why[CTL_ERROR_TEXT])
{
	struct rig_side *s = ctx;
	uint16_t at = node_find_channel(s->node, port, (uint16_t)id);

	snprintf(why, CTL_ERROR_TEXT, "the port has no such %s", kind == STATE_VIF ? "VIF" : "channel");
	if (!(kind == STATE_VIF ? conf_remove_vif(s->conf, port, id)
				: conf_remove_channel(s->conf, port, (uint16_t)id)))
		return false;
	if (kind == STATE_VIF)
		host_vifs(s);
	else
		node_port_del(s->node, at, rig.now);
	return true;
}

/* Frames, sockets and zero timers until nothing moves. */
static void rig_settle(void)
{
	for (unsigned quiet = 0; quiet < 3; quiet++) {
		for (; rig.n_frames > 0; quiet = 0) {
			struct rig_frame *f = &rig.frames[rig.head];
			struct rig_side *s = &rig.side[f->to];

			node_rx(s->node, s->port, span_of(f->octets + RIG_ROOM, f->len), rig.now);
			rig.head = (rig.head + 1) % RIG_FRAMES;
			rig.n_frames--;
		}
		event_base_loop(rig.base, EVLOOP_NONBLOCK);
	}
}

static void rig_pass(double seconds)
{
	for (int step = 0; step < seconds * 20; step++) {
		rig.now = mono_add(rig.now, dur_ms(50));
		for (int i = 0; i < 2; i++)
			node_port_on_time(rig.side[i].node, rig.side[i].port, rig.now);
		rig_settle();
	}
}

static struct conf *rig_conf(const char *name, const char *text)
{
	char path[96];
	struct conf_error error;
	struct conf *c = NULL;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s.conf", rig.dir, name);
	f = fopen(path, "w");
	fprintf(f, "control = { socket = \"%s/%s.sock\"; max_clients = 3; };\n%s", rig.dir, name, text);
	fclose(f);
	cr_assert_eq(conf_load(path, &c, &error), 0, "%s:%d: %s", error.file, error.line, error.text);
	unlink(path);
	return c;
}

static void rig_side_start(int index, const char *name, const char *text)
{
	struct rig_side *s = &rig.side[index];
	struct node_io io = {
		.ctx = s, .send = rig_send, .event = rig_event, .rearm = rig_rearm, .vtdb = { s, rig_ask }
	};
	struct ctl_host host = { s, NULL, "0.1.0", "/etc/evbd/evbd.conf", rig.now, host_now, host_offset,
		host_conf, host_types, host_port, NULL, host_reload, host_state, host_add, host_remove, NULL,
		NULL };
	char err[128];
	int code = 0;

	s->index = index;
	s->conf = rig_conf(name, text);
	snprintf(s->sock, sizeof(s->sock), "%s", s->conf->control_socket);
	s->node = node_new(s->conf, &io, 1, rig.now);
	s->port = node_port_add(s->node, &s->conf->ports[0], rig.now);
	for (unsigned i = 1; i < s->conf->n_ports; i++) /* its channels */
		(void)node_port_add(s->node, &s->conf->ports[i], rig.now);
	host.node = s->node;
	s->server = ctl_server_new(rig.base, &host, &code, err, sizeof(err));
	cr_assert_not_null(s->server, "%s", err);
	node_port_state(s->node, s->port, true, true,
		(struct mac){ { 0x52, 0x54, 0, 0xaa, 0, (uint8_t)index } }, 1500, rig.now);
}

/* A port on each side, as written. */
static void rig_start_with(const char *host, const char *bridge)
{
	snprintf(rig.dir, sizeof(rig.dir), "/tmp/evbd-ctl-XXXXXX");
	cr_assert_not_null(mkdtemp(rig.dir));
	rig.now = (struct mono){ 1000000000 };
	rig.base = event_base_new();
	rig_side_start(0, "host", host);
	rig_side_start(1, "switch", bridge);
}

static inline void rig_start(void)
{
	rig_start_with("ports = ( { name = \"eth0\"; role = \"station\"; max_vsis = 16384; } );\n",
		"ports = ( { name = \"swp1\"; role = \"bridge\"; max_vsis = 16384; } );\n");
}

static void rig_stop(void)
{
	for (int i = 0; i < 2; i++) {
		ctl_server_free(rig.side[i].server);
		node_free(rig.side[i].node);
		conf_free(rig.side[i].conf);
	}
	event_base_free(rig.base);
	cr_assert_eq(rmdir(rig.dir), 0, "the sockets are removed");
}

/* ---- a client ---- */

struct rig_client {
	int fd;
	uint8_t *in;
	size_t len, cap;
};

static struct rig_client rig_connect(int side)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	struct rig_client c = { .fd = socket(AF_UNIX, SOCK_STREAM, 0) };

	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", rig.side[side].sock);
	cr_assert_eq(connect(c.fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	fcntl(c.fd, F_SETFL, O_NONBLOCK);
	return c;
}

static void rig_disconnect(struct rig_client *c)
{
	close(c->fd);
	free(c->in);
	rig_settle();
}

/* The next message; NULL when the server closed the connection. Turns the loop, never waits. */
static json_t *rig_read(struct rig_client *c)
{
	char err[CTL_ERROR_TEXT];

	for (unsigned turn = 0; turn < RIG_TURNS; turn++) {
		struct span body;
		json_t *j;
		ssize_t n;

		if (ctl_frame_split(span_of(c->in, c->len), CTL_REPLY_MAX, &body) == CTL_FRAME_WHOLE) {
			j = ctl_message_parse(body, err);
			cr_assert_not_null(j, "%s", err);
			c->len -= CTL_FRAME_HEADER + body.len;
			memmove(c->in, body.ptr + body.len, c->len);
			return j;
		}
		rig_settle();
		if (c->cap - c->len < 65536)
			c->in = realloc(c->in, c->cap = c->cap * 2 + 131072);
		n = read(c->fd, c->in + c->len, c->cap - c->len);
		if (n == 0)
			return NULL;
		if (n > 0)
			c->len += (size_t)n;
	}
	cr_assert_fail("no message");
	return NULL;
}

static void rig_write(struct rig_client *c, const json_t *request)
{
	size_t len, done = 0;
	uint8_t *frame = ctl_message_frame(request, &len);

	while (done < len) {
		ssize_t n = write(c->fd, frame + done, len - done);

		if (n > 0)
			done += (size_t)n;
		else
			rig_settle();
	}
	free(frame);
}

/* A request as a text with ' for ". */
static void rig_ask_text(struct rig_client *c, const char *text)
{
	char copy[4096];
	json_t *j;

	snprintf(copy, sizeof(copy), "%s", text);
	for (char *p = copy; *p; p++)
		if (*p == '\'')
			*p = '"';
	j = json_loads(copy, 0, NULL);
	cr_assert_not_null(j, "fixture: %s", copy);
	rig_write(c, j);
	json_decref(j);
}

/* Connect, ask, read the reply. */
static json_t *rig_query(int side, const char *text)
{
	struct rig_client c = rig_connect(side);
	json_t *hello = rig_read(&c);
	json_t *reply;

	cr_assert_str_eq(json_string_value(json_object_get(hello, "hello")), "evbd");
	json_decref(hello);
	rig_ask_text(&c, text);
	reply = rig_read(&c);
	cr_assert_not_null(reply);
	rig_disconnect(&c);
	return reply;
}

static int rig_status(const json_t *reply)
{
	return (int)json_integer_value(json_object_get(reply, "status"));
}

static json_t *rig_row(const json_t *reply, const char *what, size_t i)
{
	return json_array_get(json_object_get(json_object_get(reply, "result"), what), i);
}

#endif
