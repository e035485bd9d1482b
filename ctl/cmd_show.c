/* cmd_show.c - `show WHAT` and `reload`: one question, its rows as a table, as blocks (-v) or as JSON (-j). */
#include "cmd.h"

#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "ctl_vsi_object.h"
#include "out.h"
#include "vdp.h"

/* IDs are compared, not their texts: the user may have written another form of the same. */
static void keep_id(json_t *result, const struct vsi_id *id)
{
	json_t *rows = json_object_get(result, "vsi");

	for (size_t i = json_array_size(rows); i-- > 0;) {
		const char *text = json_string_value(json_object_get(json_array_get(rows, i), "id"));
		struct vsi_id other;

		if (text == NULL || !vsi_id_parse(text, &other) || !vsi_id_equal(&other, id))
			json_array_remove(rows, i);
	}
}

static void print_text(const struct command *cmd, const struct cmd_args *args, const json_t *rows)
{
	const struct out_view *view = out_view_find(cmd->sub);
	struct out o = cmd_out();

	if (strcmp(cmd->sub, "status") == 0)
		out_blocks(&o, "system_name", rows);
	else if (strcmp(cmd->sub, "counters") == 0)
		out_counters(&o, rows, args->given[OPT_VERBOSE]);
	else if (args->given[OPT_VERBOSE] && json_array_size(rows) > 0)
		out_blocks(&o, view->block_title, rows);
	else
		out_table(&o, view, rows);
}

/* --port and --channel become part of the question. False after saying what is wrong. */
static bool put_limits(json_t *request, const struct cmd_args *args)
{
	char *end;
	long channel;

	if (args->given[OPT_PORT])
		json_object_set_new(request, "port", json_string(args->text[OPT_PORT]));
	if (!args->given[OPT_CHANNEL])
		return true;
	channel = strtol(args->text[OPT_CHANNEL], &end, 10);
	if (!args->given[OPT_PORT] || *end != '\0' || end == args->text[OPT_CHANNEL] ||
		channel < CTL_CHANNEL_DEFAULT || channel > CTL_CHANNEL_MAX) {
		cmd_fail(EXIT_USAGE, "--channel: a number from %d to %d is needed, and --port",
			CTL_CHANNEL_DEFAULT, CTL_CHANNEL_MAX);
		return false;
	}
	json_object_set_new(request, "channel", json_integer(channel));
	return true;
}

int cmd_show(const struct command *cmd, const struct cmd_args *args)
{
	json_t *request = json_pack("{s:s, s:s}", "command", "show", "what", cmd->sub);
	json_t *reply, *result;
	struct vsi_id id;
	int code;

	if (args->given[OPT_ID] && !vsi_id_parse(args->text[OPT_ID], &id)) {
		json_decref(request);
		return cmd_fail(EXIT_USAGE, "--id: a UUID, MAC, IPv4 or IPv6 address or local:HEX is needed");
	}
	if (!put_limits(request, args)) {
		json_decref(request);
		return EXIT_USAGE;
	}
	reply = cmd_ask(args, request, CLIENT_TIMEOUT_S, &code);
	if (reply == NULL)
		return code;
	result = (json_t *)cmd_result(reply, &code);
	if (result != NULL) {
		if (args->given[OPT_ID])
			keep_id(result, &id);
		if (args->given[OPT_JSON])
			cmd_print_json(result);
		else
			print_text(cmd, args, json_object_get(result, cmd->sub));
	}
	json_decref(reply);
	return code;
}

int cmd_reload(const struct command *cmd, const struct cmd_args *args)
{
	int code;
	json_t *reply = cmd_ask(args, json_pack("{s:s}", "command", cmd->name), CLIENT_TIMEOUT_S, &code);
	const json_t *result;
	struct out o;

	if (reply == NULL)
		return code;
	result = cmd_result(reply, &code);
	if (result != NULL && args->given[OPT_JSON]) {
		cmd_print_json(result);
	} else if (result != NULL) {
		o = cmd_out();
		out_table(&o, out_view_find("reload"), json_object_get(result, "reload"));
	}
	json_decref(reply);
	return code;
}
