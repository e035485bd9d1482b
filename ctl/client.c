/*
 * client.c - evbctl's end of the control socket.
 *
 * One request at a time; the time limit is for the whole answer to begin, not for each octet. Errors are worded for
 * someone who wonders why nothing works: no socket, no daemon behind it, no permission, another version.
 */
#include "client.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { CLIENT_CHUNK = 64 * 1024 };

struct client {
	int fd;
	json_int_t last_id;
	uint8_t *in;
	size_t len, cap;
};

static void explain_connect(const char *path, int error, char err[CTL_ERROR_TEXT])
{
	if (error == ENOENT)
		snprintf(err, CTL_ERROR_TEXT, "evbd is not running (no socket at %s)", path);
	else if (error == ECONNREFUSED)
		snprintf(err, CTL_ERROR_TEXT, "evbd is not running (nobody answers at %s)", path);
	else if (error == EACCES)
		snprintf(err, CTL_ERROR_TEXT,
			"no permission for %s: be root or a member of the group that control.group names",
			path);
	else
		snprintf(err, CTL_ERROR_TEXT, "can't connect to %s: %s", path, strerror(error));
}

static int connect_to(const char *path, char err[CTL_ERROR_TEXT])
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(sa.sun_path)) {
		snprintf(err, CTL_ERROR_TEXT, "the socket's path is longer than %zu characters",
			sizeof(sa.sun_path) - 1);
		return -1;
	}
	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0) {
		explain_connect(path, errno, err);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	return fd;
}

struct client *client_open(const char *socket_path, char err[CTL_ERROR_TEXT])
{
	struct client *c = calloc(1, sizeof(*c));
	json_t *hello;
	bool is_good;

	if (c == NULL) {
		snprintf(err, CTL_ERROR_TEXT, "out of memory");
		return NULL;
	}
	c->fd = connect_to(socket_path, err);
	if (c->fd < 0) {
		free(c);
		return NULL;
	}
	hello = client_read(c, CLIENT_HELLO_S, err);
	if (hello == NULL && err[0] == '\0')
		snprintf(err, CTL_ERROR_TEXT, "evbd closed the connection at once");
	is_good = hello != NULL && ctl_hello_check(hello, err);
	json_decref(hello);
	if (!is_good) {
		client_close(c);
		return NULL;
	}
	return c;
}

void client_close(struct client *c)
{
	if (c == NULL)
		return;
	close(c->fd);
	free(c->in);
	free(c);
}

static bool fill(struct client *c, int timeout_s, char err[CTL_ERROR_TEXT])
{
	struct pollfd p = { .fd = c->fd, .events = POLLIN };
	ssize_t n;
	int ready;

	if (c->cap - c->len < CLIENT_CHUNK) {
		size_t cap = c->cap * 2 > CLIENT_CHUNK * 2 ? c->cap * 2 : CLIENT_CHUNK * 2;
		uint8_t *in = realloc(c->in, cap);

		if (in == NULL) {
			snprintf(err, CTL_ERROR_TEXT, "out of memory");
			return false;
		}
		c->in = in;
		c->cap = cap;
	}
	do {
		ready = poll(&p, 1, timeout_s == CLIENT_FOREVER ? -1 : timeout_s * 1000);
	} while (ready < 0 && errno == EINTR);
	if (ready == 0) {
		snprintf(err, CTL_ERROR_TEXT, "evbd does not answer (waited %d s)", timeout_s);
		return false;
	}
	n = read(c->fd, c->in + c->len, c->cap - c->len);
	if (n < 0)
		snprintf(err, CTL_ERROR_TEXT, "connection to evbd lost: %s", strerror(errno));
	else if (n == 0 && c->len > 0)
		snprintf(err, CTL_ERROR_TEXT, "evbd closed the connection in the middle of an answer");
	else if (n == 0)
		err[0] = '\0';
	if (n <= 0)
		return false;
	c->len += (size_t)n;
	return true;
}

json_t *client_read(struct client *c, int timeout_s, char err[CTL_ERROR_TEXT])
{
	struct span body;
	enum ctl_frame f;
	json_t *message;

	while ((f = ctl_frame_split(span_of(c->in, c->len), CTL_REPLY_MAX, &body)) == CTL_FRAME_PARTIAL)
		if (!fill(c, timeout_s, err))
			return NULL;
	if (f == CTL_FRAME_BAD) {
		snprintf(err, CTL_ERROR_TEXT, "what answers is not evbd");
		return NULL;
	}
	message = ctl_message_parse(body, err);
	c->len -= CTL_FRAME_HEADER + body.len;
	memmove(c->in, c->in + CTL_FRAME_HEADER + body.len, c->len);
	return message;
}

static bool send_all(struct client *c, const uint8_t *p, size_t len, char err[CTL_ERROR_TEXT])
{
	while (len > 0) {
		ssize_t n = send(c->fd, p, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			snprintf(err, CTL_ERROR_TEXT, "connection to evbd lost: %s", strerror(errno));
			return false;
		}
		p += n;
		len -= (size_t)n;
	}
	return true;
}

json_t *client_ask(struct client *c, json_t *request, int timeout_s, char err[CTL_ERROR_TEXT])
{
	json_t *reply;
	uint8_t *frame;
	size_t len;
	bool is_sent;

	json_object_set_new(request, "id", json_integer(++c->last_id));
	frame = ctl_message_frame(request, &len);
	json_decref(request);
	if (frame == NULL || len - CTL_FRAME_HEADER > CTL_REQUEST_MAX) {
		snprintf(err, CTL_ERROR_TEXT, "the request is longer than %d MiB: split it",
			CTL_REQUEST_MAX / 1024 / 1024);
		free(frame);
		return NULL;
	}
	is_sent = send_all(c, frame, len, err);
	free(frame);
	if (!is_sent)
		return NULL;
	while ((reply = client_read(c, timeout_s, err)) != NULL) {
		if (json_integer_value(json_object_get(reply, "id")) == c->last_id)
			return reply;
		json_decref(reply);
	}
	if (err[0] == '\0')
		snprintf(err, CTL_ERROR_TEXT, "evbd closed the connection");
	return NULL;
}
