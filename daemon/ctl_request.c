/*
 * ctl_request.c - what a client may ask: show, vsi, channel, vif, reload, monitor; and long answers in steps.
 *
 * A client has one request in work; what it sends meanwhile waits in its input buffer, so pipelined requests are
 * answered in order. Listings and VSI requests are jobs: each turn of the event loop does a bounded part of one, and
 * the machines' timers and frames come in between.
 */
#include "ctl_priv.h"

#include <stdio.h>
#include <stdlib.h>

static const struct {
	const char *what;
	ctl_show_fn *show;
} shows[] = {
	{ "status", ctl_show_status },
	{ "ports", ctl_show_ports },
	{ "neighbors", ctl_show_neighbors },
	{ "channels", ctl_show_channels },
	{ "vsi", ctl_show_vsi },
	{ "fdb", ctl_show_fdb },
	{ "vif", ctl_show_vif },
	{ "types", ctl_show_types },
	{ "counters", ctl_show_counters },
	{ "record", ctl_show_record },
};
enum { N_SHOWS = sizeof(shows) / sizeof(shows[0]) };

/* "text \"word\"" */
static void refuse(struct ctl_client *c, enum ctl_status status, const char *text, const char *word)
{
	char error[CTL_ERROR_TEXT];

	snprintf(error, sizeof(error), "%s \"%.40s\"", text, word);
	ctl_reply_to(c, status, error, NULL);
}

/* What the listing is limited to: "port" and "channel". False after refusing. */
static bool read_limits(struct ctl_client *c, const json_t *request, struct ctl_walk *w)
{
	const json_t *port = json_object_get(request, "port"), *channel = json_object_get(request, "channel");
	const char *name = json_string_value(port);
	json_int_t scid = json_integer_value(channel);

	if (port != NULL && !json_is_null(port)) {
		if (name == NULL || node_find_port(c->server->host.node, name) == NODE_NO_PORT) {
			refuse(c, CTL_FAILED, "no port", name ? name : "?");
			return false;
		}
		snprintf(c->only_port, sizeof(c->only_port), "%s", name);
		w->only_port = c->only_port;
	}
	if (channel != NULL && !json_is_null(channel)) {
		if (!json_is_integer(channel) || scid < 1 || scid > CDCP_ID_MAX || w->only_port == NULL) {
			ctl_reply_to(c, CTL_BAD_REQUEST,
				"show: channel is a number from 1 to 4094, and of a port", NULL);
			return false;
		}
		w->only_scid = (uint16_t)scid;
	}
	return true;
}

static void begin_show(struct ctl_client *c, const json_t *request)
{
	const char *what = json_string_value(json_object_get(request, "what"));
	struct ctl_walk walk = { .host = &c->server->host };

	if (what == NULL) {
		ctl_reply_to(c, CTL_BAD_REQUEST, "show: what is missing", NULL);
		return;
	}
	if (!read_limits(c, request, &walk))
		return;
	if (walk.host->refresh)
		walk.host->refresh(walk.host->ctx);
	for (unsigned i = 0; i < N_SHOWS; i++) {
		if (strcmp(shows[i].what, what) != 0)
			continue;
		c->walk = walk;
		c->walk.rows = evbuffer_new();
		if (c->walk.rows == NULL) {
			ctl_reply_to(c, CTL_FAILED, "out of memory", NULL);
			return;
		}
		c->show = shows[i].show;
		c->what = shows[i].what;
		ctl_request_step(c);
		return;
	}
	refuse(c, CTL_BAD_REQUEST, "show: nothing is called", what);
}

static void step_show(struct ctl_client *c)
{
	bool is_over = c->show(&c->walk, CTL_STEP_ROWS);

	if (evbuffer_get_length(c->walk.rows) > CTL_REPLY_MAX - CTL_OUT_PAUSE) {
		ctl_reply_to(c, CTL_FAILED, "the listing is too long for one answer: ask for one port", NULL);
		ctl_request_cancel(c);
	} else if (is_over) {
		ctl_reply_rows(c, CTL_DONE, NULL, c->what, &c->walk, NULL);
		ctl_request_cancel(c);
	} else {
		ctl_client_again(c);
	}
}

static void do_reload(struct ctl_client *c)
{
	struct ctl_host *h = &c->server->host;
	struct conf_change *changes = calloc(CTL_CHANGES_MAX, sizeof(*changes));
	struct conf_error error = { .line = 0 };
	char text[sizeof(error.file) + sizeof(error.text) + 16];
	json_t *list = json_array();
	unsigned n = 0;

	if (changes == NULL || h->reload(h->ctx, changes, CTL_CHANGES_MAX, &n, &error) < 0) {
		conf_error_format(&error, text, sizeof(text));
		ctl_reply_to(c, CTL_FAILED, changes ? text : "out of memory", NULL);
		json_decref(list);
		free(changes);
		return;
	}
	for (unsigned i = 0; i < n && i < CTL_CHANGES_MAX; i++) {
		json_t *row = json_object();

		ctl_put_text(row, "effect", conf_effect_name(changes[i].effect));
		ctl_put_text(row, "port", changes[i].port);
		ctl_put(row, "channel", changes[i].port[0] ? json_integer(changes[i].scid) : NULL);
		ctl_put_text(row, "setting", changes[i].setting);
		ctl_put_text(row, "from", changes[i].from);
		ctl_put_text(row, "to", changes[i].to);
		json_array_append_new(list, row);
	}
	free(changes);
	ctl_reply_to(c, CTL_DONE, NULL, json_pack("{s:i, s:o}", "schema", CTL_SCHEMA, "reload", list));
}

/* A value in memory is many times its text: "{}," takes 200 octets. Ten thousand VSIs are 30 000 containers. */
static bool has_too_many_values(struct span body)
{
	size_t n_containers = 0, n_values = 0;

	for (size_t i = 0; i < body.len; i++) {
		bool is_container = body.ptr[i] == '{' || body.ptr[i] == '[';

		n_containers += is_container;
		n_values += is_container || body.ptr[i] == ',';
	}
	return n_containers > CTL_CONTAINERS_MAX || n_values > CTL_VALUES_MAX;
}

static json_t *parse(struct span body, char err[CTL_ERROR_TEXT])
{
	if (!has_too_many_values(body))
		return ctl_message_parse(body, err);
	snprintf(err, CTL_ERROR_TEXT, "too many values in one request: divide it");
	return NULL;
}

void ctl_request(struct ctl_client *c, struct span body)
{
	char err[CTL_ERROR_TEXT];
	json_t *request = parse(body, err);
	const char *command;

	c->id = json_integer_value(json_object_get(request, "id"));
	command = json_string_value(json_object_get(request, "command"));
	if (request == NULL)
		ctl_reply_to(c, CTL_BAD_REQUEST, err, NULL);
	else if (command == NULL)
		ctl_reply_to(c, CTL_BAD_REQUEST, "command is missing", NULL);
	else if (strcmp(command, "show") == 0)
		begin_show(c, request);
	else if (strcmp(command, "vsi") == 0)
		ctl_vsi_begin(c, request);
	else if (strcmp(command, "channel") == 0)
		ctl_added_request(c, STATE_CHANNEL, request);
	else if (strcmp(command, "vif") == 0)
		ctl_added_request(c, STATE_VIF, request);
	else if (strcmp(command, "reload") == 0)
		do_reload(c);
	else if (strcmp(command, "monitor") == 0) {
		ctl_reply_to(c, CTL_DONE, NULL, NULL);
		c->is_monitor = true;
	} else
		refuse(c, CTL_BAD_REQUEST, "unknown command", command);
	json_decref(request);
}

void ctl_request_step(struct ctl_client *c)
{
	if (c->show != NULL)
		step_show(c);
	else if (c->vsi != NULL)
		ctl_vsi_step(c);
}

bool ctl_request_is_busy(const struct ctl_client *c)
{
	return c->show != NULL || c->vsi != NULL;
}

void ctl_request_cancel(struct ctl_client *c)
{
	if (c->show != NULL)
		evbuffer_free(c->walk.rows);
	c->show = NULL;
	if (c->vsi != NULL)
		ctl_vsi_end(c);
}
