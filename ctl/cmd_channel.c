/*
 * cmd_channel.c - `channel add|remove`: S-channels at run time. Options become the settings of evbd.conf(5); what may be set
 * is the daemon's to judge, but for what can be seen here, which is a usage error.
 */
#include "cmd.h"

#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "ctl_vsi_object.h"

enum { VLAN_MAX = 4094, PATTERNS_TEXT = 512 };

static bool put_flag(json_t *settings, const char *key, const struct cmd_args *args, enum cmd_opt option)
{
	const char *text = args->text[option];

	if (!args->given[option])
		return true;
	if (strcmp(text, "yes") != 0 && strcmp(text, "no") != 0) {
		cmd_fail(EXIT_USAGE, "--%s: yes or no is needed", cmd_options[option].name);
		return false;
	}
	json_object_set_new(settings, key, json_boolean(strcmp(text, "yes") == 0));
	return true;
}

static bool put_relay(json_t *settings, const struct cmd_args *args)
{
	static const char *const relays[] = { "vepa", "veb", "none", "single", NULL };
	const char *near;

	if (!args->given[OPT_RELAY])
		return true;
	for (unsigned i = 0; relays[i] != NULL; i++) {
		if (strcmp(relays[i], args->text[OPT_RELAY]) == 0) {
			json_object_set_new(settings, "relay", json_string(relays[i]));
			return true;
		}
	}
	near = ctl_suggest(args->text[OPT_RELAY], relays);
	cmd_fail(EXIT_USAGE, "--relay: %s is needed%s%s%s", cmd_options[OPT_RELAY].arg,
		near ? ", did you mean " : "", near ? near : "", near ? "?" : "");
	return false;
}

/* "vnet1,tap*" */
static bool put_vm_ports(json_t *settings, const struct cmd_args *args)
{
	char text[PATTERNS_TEXT], *save = NULL;
	json_t *list;

	if (!args->given[OPT_VM_PORTS])
		return true;
	if (strlen(args->text[OPT_VM_PORTS]) >= sizeof(text)) {
		cmd_fail(EXIT_USAGE, "--vm-ports: too long");
		return false;
	}
	snprintf(text, sizeof(text), "%s", args->text[OPT_VM_PORTS]);
	list = json_array();
	for (char *p = strtok_r(text, ",", &save); p != NULL; p = strtok_r(NULL, ",", &save))
		json_array_append_new(list, json_string(p));
	json_object_set_new(settings, "vm_ports", list);
	return true;
}

/* NULL after saying what is wrong. */
static json_t *settings_of(const struct cmd_args *args)
{
	json_t *s = json_object();

	if (cmd_put_number(s, "svid", args, OPT_SVID, 1, VLAN_MAX) &&
		cmd_put_number(s, "pvid", args, OPT_PVID, 1, VLAN_MAX) && put_relay(s, args) &&
		put_vm_ports(s, args) && put_flag(s, "reflective_relay", args, OPT_REFLECTIVE_RELAY) &&
		put_flag(s, "learning", args, OPT_LEARNING))
		return s;
	json_decref(s);
	return NULL;
}

static bool read_channel(const struct cmd_args *args, long *ret)
{
	enum cmd_opt option = args->given[OPT_SCID] ? OPT_SCID : OPT_CHANNEL;

	if (!args->given[OPT_PORT] || !args->given[option]) {
		cmd_fail(EXIT_USAGE, "--port and --channel are needed");
		return false;
	}
	if (args->given[OPT_SCID] && args->given[OPT_CHANNEL]) {
		cmd_fail(EXIT_USAGE, "--scid and --channel are the same");
		return false;
	}
	return cmd_number(args, option, CTL_CHANNEL_DEFAULT, CTL_CHANNEL_MAX, ret);
}

static void print_row(const json_t *row, bool is_add)
{
	const json_t *svid = json_object_get(row, "svid");
	const char *reason = json_string_value(json_object_get(row, "reason"));

	printf("%s/%" JSON_INTEGER_FORMAT ": ", json_string_value(json_object_get(row, "port")),
		json_integer_value(json_object_get(row, "channel")));
	if (!is_add)
		puts("removed");
	else if (json_is_integer(svid))
		printf("added, SVID %" JSON_INTEGER_FORMAT "\n", json_integer_value(svid));
	else
		printf("added, not running yet%s%s\n", reason ? ": " : "", reason ? reason : "");
}

int cmd_channel(const struct command *cmd, const struct cmd_args *args)
{
	bool is_add = strcmp(cmd->sub, "add") == 0;
	json_t *settings, *reply;
	const json_t *result;
	long channel;
	int code;

	if (!read_channel(args, &channel) || (settings = settings_of(args)) == NULL)
		return EXIT_USAGE;
	reply = cmd_ask(args,
		json_pack("{s:s, s:s, s:s, s:i, s:o}", "command", cmd->name, "op", cmd->sub, "port",
			args->text[OPT_PORT], "channel", (int)channel, "settings", settings),
		CLIENT_TIMEOUT_S, &code);
	if (reply == NULL)
		return code;
	result = cmd_result(reply, &code);
	if (result != NULL && args->given[OPT_JSON])
		cmd_print_json(result);
	else if (result != NULL)
		print_row(json_array_get(json_object_get(result, "channel"), 0), is_add);
	json_decref(reply);
	return code;
}
