/*
 * cmd_monitor.c - `monitor`: events as they come, a line each, flushed, so that it can be piped.
 *
 * A client that reads too slowly loses events rather than slowing the daemon; the loss is shown like an event.
 */
#include "cmd.h"

#include <string.h>

#include "client.h"

static const char *text_of(const json_t *event, const char *key)
{
	return json_string_value(json_object_get(event, key));
}

static void put(const char *before, const char *text, const char *after)
{
	if (text != NULL)
		printf("%s%s%s", before, text, after);
}

static void print_event(const json_t *event)
{
	const char *type = text_of(event, "type");

	if (type != NULL && strcmp(type, "lost") == 0) {
		printf("... %" JSON_INTEGER_FORMAT " events lost: this client reads too slowly\n",
			json_integer_value(json_object_get(event, "count")));
		return;
	}
	put("", text_of(event, "time"), "");
	put(" ", text_of(event, "port"), "");
	if (json_integer_value(json_object_get(event, "channel")) > 1) /* 1: the port itself */
		printf("/%" JSON_INTEGER_FORMAT, json_integer_value(json_object_get(event, "channel")));
	if (json_is_integer(json_object_get(event, "vif")))
		printf("#%" JSON_INTEGER_FORMAT, json_integer_value(json_object_get(event, "vif")));
	put(" ", type, "");
	put(" ", text_of(event, "vsi"), "");
	put(json_is_true(json_object_get(event, "warning")) ? " WARNING " : " ", text_of(event, "event"), "");
	put(": ", text_of(event, "from"), " ->");
	put(text_of(event, "from") ? " " : ": ", text_of(event, "to"), "");
	if (json_is_true(json_object_get(event, "ended")))
		fputs(", ended", stdout);
	put("; ", text_of(event, "detail"), "");
	put(" [", text_of(event, "clause"), "]");
	putchar('\n');
}

/* In JSON each line is an object of its own, so each carries the schema. */
static void print_json(const json_t *event)
{
	json_t *line = json_pack("{s:i}", "schema", CTL_SCHEMA);

	json_object_update(line, (json_t *)event);
	cmd_print_json(line);
	json_decref(line);
}

static int follow(struct client *c, bool is_json)
{
	char err[CTL_ERROR_TEXT];
	json_t *message;

	while ((message = client_read(c, CLIENT_FOREVER, err)) != NULL) {
		const json_t *event = json_object_get(message, "event");

		if (event != NULL && is_json)
			print_json(event);
		else if (event != NULL)
			print_event(event);
		json_decref(message);
		if (fflush(stdout) != 0)
			return cmd_fail(EXIT_FAILED, "nobody reads the events any more");
	}
	return cmd_fail(EXIT_FAILED, "%s", err[0] ? err : "evbd closed the connection");
}

int cmd_monitor(const struct command *cmd, const struct cmd_args *args)
{
	char err[CTL_ERROR_TEXT];
	struct client *c = client_open(args->socket, err);
	json_t *reply = NULL;
	int code;

	if (c != NULL)
		reply = client_ask(c, json_pack("{s:s}", "command", cmd->name), CLIENT_TIMEOUT_S, err);
	if (reply == NULL) {
		client_close(c);
		return cmd_fail(EXIT_FAILED, "%s", err);
	}
	code = cmd_exit_code(reply);
	if (code != EXIT_DONE) {
		const char *error = text_of(reply, "error");

		cmd_fail(code, "%s", error ? error : "refused without a reason");
	} else {
		code = follow(c, args->given[OPT_JSON]);
	}
	json_decref(reply);
	client_close(c);
	return code;
}
