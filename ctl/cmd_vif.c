/*
 * cmd_vif.c - `vif add|remove`: VIFs at run time, where there is no signalling that makes them. Options become the settings of
 * evbd.conf(5); what may be set is the daemon's to judge, but for what can be seen here, which is a usage error.
 */
#include "cmd.h"

#include <stdlib.h>
#include <string.h>

#include "client.h"

enum { VLAN_MAX = 4094, PRIORITY_MAX = 7, VIF_MAX = 1048575, VLANS_TEXT = 512 };

/* "11" or "20-29" */
static json_t *vlan_item(const char *text)
{
	char *end;
	long n = strtol(text, &end, 10);

	return *end == '\0' && end != text ? json_integer(n) : json_string(text);
}

static bool put_untagged(json_t *settings, const struct cmd_args *args)
{
	char text[VLANS_TEXT], *save = NULL;
	json_t *list;

	if (!args->given[OPT_UNTAGGED])
		return true;
	if (strlen(args->text[OPT_UNTAGGED]) >= sizeof(text)) {
		cmd_fail(EXIT_USAGE, "--untagged: too long");
		return false;
	}
	snprintf(text, sizeof(text), "%s", args->text[OPT_UNTAGGED]);
	list = json_array();
	for (char *p = strtok_r(text, ",", &save); p != NULL; p = strtok_r(NULL, ",", &save))
		json_array_append_new(list, vlan_item(p));
	json_object_set_new(settings, "untagged", list);
	return true;
}

/* NULL after saying what is wrong. */
static json_t *settings_of(const struct cmd_args *args)
{
	json_t *s = json_object();

	if (args->given[OPT_VM_PORT])
		json_object_set_new(s, "vm_port", json_string(args->text[OPT_VM_PORT]));
	if (args->given[OPT_TRANSIT])
		json_object_set_new(s, "transit", json_true());
	if (cmd_put_number(s, "pvid", args, OPT_PVID, 1, VLAN_MAX) &&
		cmd_put_number(s, "priority", args, OPT_PRIORITY, 0, PRIORITY_MAX) && put_untagged(s, args))
		return s;
	json_decref(s);
	return NULL;
}

static bool read_id(const struct cmd_args *args, long *ret)
{
	if (args->given[OPT_PORT] && args->given[OPT_ID])
		return cmd_number(args, OPT_ID, 1, VIF_MAX, ret);
	cmd_fail(EXIT_USAGE, "--port and --id are needed");
	return false;
}

static void print_row(const json_t *row, bool is_add)
{
	const char *reason = json_string_value(json_object_get(row, "reason"));

	printf("%s#%" JSON_INTEGER_FORMAT ": ", json_string_value(json_object_get(row, "port")),
		json_integer_value(json_object_get(row, "id")));
	if (!is_add)
		puts("removed");
	else
		printf("added, %s%s%s\n", json_string_value(json_object_get(row, "state")),
			reason ? ": " : "", reason ? reason : "");
}

int cmd_vif(const struct command *cmd, const struct cmd_args *args)
{
	bool is_add = strcmp(cmd->sub, "add") == 0;
	json_t *settings, *reply;
	const json_t *result;
	long id;
	int code;

	if (!read_id(args, &id) || (settings = settings_of(args)) == NULL)
		return EXIT_USAGE;
	reply = cmd_ask(args,
		json_pack("{s:s, s:s, s:s, s:i, s:o}", "command", cmd->name, "op", cmd->sub, "port",
			args->text[OPT_PORT], "vif", (int)id, "settings", settings),
		CLIENT_TIMEOUT_S, &code);
	if (reply == NULL)
		return code;
	result = cmd_result(reply, &code);
	if (result != NULL && args->given[OPT_JSON])
		cmd_print_json(result);
	else if (result != NULL)
		print_row(json_array_get(json_object_get(result, "vif"), 0), is_add);
	json_decref(reply);
	return code;
}
