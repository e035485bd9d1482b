/*
 * cmd_table.c - every option and command of evbctl, once.
 *
 * Options have one meaning wherever they are accepted, so they can be read before the command is known. Long options
 * that are keys of a VSI carry the key's name (docs/control-protocol.md).
 */
#include "cmd.h"

#define BIT(option) (1u << (option))

const struct cmd_option cmd_options[OPT_N] = {
	[OPT_SOCKET] = { 's', "socket", CMD_TEXT, "SOCKET", false, "control socket of the daemon" },
	[OPT_JSON] = { 'j', "json", CMD_FLAG, NULL, false, "answer in JSON" },
	[OPT_HELP] = { 'h', "help", CMD_FLAG, NULL, false, "explain a command" },
	[OPT_VERSION] = { 'V', "version", CMD_FLAG, NULL, false, "print the version" },
	[OPT_COMPLETION] = { 0, "completion", CMD_TEXT, "bash|mdoc", false,
		"print the shell completion, or the manual page's synopsis" },
	[OPT_VERBOSE] = { 'v', "verbose", CMD_FLAG, NULL, false, "everything, one block per object" },
	[OPT_FILE] = { 'f', "file", CMD_TEXT, "FILE", false, "read JSON Lines, one VSI a line (-: stdin)" },
	[OPT_ID] = { 0, "id", CMD_TEXT, "ID", true, "VSI ID: UUID, MAC, IPv4, IPv6, local:HEX, or new" },
	[OPT_PORT] = { 0, "port", CMD_TEXT, "PORT", true, "interface of the daemon's port" },
	[OPT_CHANNEL] = { 0, "channel", CMD_TEXT, "N", true, "S-channel, default 1" },
	[OPT_TYPE_ID] = { 0, "type-id", CMD_TEXT, "N", true, "VSI type, 0 to 16777215" },
	[OPT_TYPE_VERSION] = { 0, "type-version", CMD_TEXT, "N", true, "version of the type, default 1" },
	[OPT_MANAGER] = { 0, "manager", CMD_TEXT, "ADDRESS", true, "VSI manager, default :: (not stated)" },
	[OPT_FILTERS] = { 0, "filters", CMD_LIST, "FILTER", true,
		"MAC/VID, MAC, VID or vid=N,mac=MAC,group=N,pcp=N; may be repeated" },
	[OPT_VM_PORT] = { 0, "vm-port", CMD_TEXT, "PORT", true, "bind to this VM port, not by MAC address" },
	[OPT_ORG] = { 0, "org", CMD_TEXT, "HEX", true, "org-defined TLVs to send along" },
	[OPT_MIGRATING] = { 0, "migrating", CMD_FLAG, NULL, true, "M bit: the VM is migrating to this VSI" },
	[OPT_SUSPENDED] = { 0, "suspended", CMD_FLAG, NULL, true, "S bit: the VM is suspended" },
	[OPT_RESERVATION] = { 0, "resource-reservation", CMD_FLAG, NULL, false, "reserve resources" },
	[OPT_WAIT] = { 0, "wait", CMD_TEXT, "SECONDS", false,
		"wait for the outcome, default: the VDP wait time of the port" },
	[OPT_NO_WAIT] = { 0, "no-wait", CMD_FLAG, NULL, false, "do not wait for the outcome" },
};

const unsigned cmd_global_options = BIT(OPT_SOCKET) | BIT(OPT_JSON) | BIT(OPT_HELP);

enum {
	SHOW_OPTIONS = BIT(OPT_PORT) | BIT(OPT_VERBOSE),
	NAME_OPTIONS = BIT(OPT_ID) | BIT(OPT_PORT) | BIT(OPT_CHANNEL) | BIT(OPT_FILE) | BIT(OPT_WAIT) |
		       BIT(OPT_NO_WAIT),
	ASSOCIATE_OPTIONS = NAME_OPTIONS | BIT(OPT_TYPE_ID) | BIT(OPT_TYPE_VERSION) | BIT(OPT_MANAGER) |
			    BIT(OPT_FILTERS) | BIT(OPT_VM_PORT) | BIT(OPT_ORG) | BIT(OPT_MIGRATING) |
			    BIT(OPT_SUSPENDED),
};

const struct command cmd_commands[] = {
	{ "show", "status", NULL, BIT(OPT_VERBOSE), cmd_show, "the daemon: version, uptime, limits, alarms" },
	{ "show", "ports", NULL, SHOW_OPTIONS, cmd_show, "ports: link, peer, reflective relay, driver" },
	{ "show", "neighbors", NULL, SHOW_OPTIONS, cmd_show, "LLDP neighbours and what they say of EVB" },
	{ "show", "channels", NULL, SHOW_OPTIONS, cmd_show, "S-channels of the EVB ports" },
	{ "show", "vsi", NULL, SHOW_OPTIONS | BIT(OPT_ID), cmd_show, "VSIs, ended ones for ten minutes" },
	{ "show", "fdb", NULL, SHOW_OPTIONS, cmd_show, "addresses the relay knows" },
	{ "show", "vif", NULL, SHOW_OPTIONS, cmd_show, "virtual interfaces (VN-Tag, E-TAG)" },
	{ "show", "types", NULL, BIT(OPT_VERBOSE), cmd_show, "the VSI type database" },
	{ "show", "counters", NULL, SHOW_OPTIONS, cmd_show, "counters that are not zero; -v: all" },
	{ "vsi", "associate", NULL, ASSOCIATE_OPTIONS, cmd_vsi, "associate VSIs and wait for the outcome" },
	{ "vsi", "preassociate", NULL, ASSOCIATE_OPTIONS | BIT(OPT_RESERVATION), cmd_vsi,
		"pre-associate VSIs and wait for the outcome" },
	{ "vsi", "deassociate", NULL, NAME_OPTIONS, cmd_vsi,
		"end VSIs; on a bridge port the administrator withdraws them" },
	{ "monitor", NULL, NULL, 0, cmd_monitor, "events as they happen, until interrupted" },
	{ "reload", NULL, NULL, 0, cmd_reload, "read the configuration again; list what changed" },
	{ "help", NULL, "[COMMAND]", 0, cmd_help, "explain a command" },
	{ NULL, NULL, NULL, 0, NULL, NULL },
};
