/*
 * cmd_table.c - every option and command of evbctl, once.
 *
 * Options have one meaning wherever they are accepted, so they can be read before the command is known. Long options
 * that are keys of a VSI carry the key's name (docs/control-protocol.md).
 */
#include "cmd.h"

const struct cmd_option cmd_options[OPT_N] = {
	[OPT_SOCKET] = { "socket", "SOCKET", "control socket of the daemon", CMD_TEXT, 's', false },
	[OPT_JSON] = { "json", NULL, "answer in JSON", CMD_FLAG, 'j', false },
	[OPT_HELP] = { "help", NULL, "explain a command", CMD_FLAG, 'h', false },
	[OPT_VERSION] = { "version", NULL, "print the version", CMD_FLAG, 'V', false },
	[OPT_COMPLETION] = { "completion", "bash|mdoc",
		"print the shell completion, or the manual page's synopsis", CMD_TEXT, 0, false },
	[OPT_VERBOSE] = { "verbose", NULL, "everything, one block per object", CMD_FLAG, 'v', false },
	[OPT_FILE] = { "file", "FILE", "read JSON Lines, one VSI a line (-: stdin)", CMD_TEXT, 'f', false },
	[OPT_ID] = { "id", "ID", "VSI ID: UUID, MAC, IPv4, IPv6, local:HEX, or new; of a VIF its number",
		CMD_TEXT, 0, true },
	[OPT_PORT] = { "port", "PORT", "interface of the daemon's port; of a capture, the source MAC address",
		CMD_TEXT, 0, true },
	[OPT_CHANNEL] = { "channel", "N", "S-channel, default 1; of a capture, the VID of the S-TAG",
		CMD_TEXT, 0, true },
	[OPT_TYPE_ID] = { "type-id", "N", "VSI type, 0 to 16777215", CMD_TEXT, 0, true },
	[OPT_TYPE_VERSION] = { "type-version", "N", "version of the type, default 1", CMD_TEXT, 0, true },
	[OPT_MANAGER] = { "manager", "ADDRESS", "VSI manager, default :: (not stated)", CMD_TEXT, 0, true },
	[OPT_FILTERS] = { "filters", "FILTER",
		"MAC/VID, MAC, VID or vid=N,mac=MAC,group=N,pcp=N; may be repeated", CMD_LIST, 0, true },
	[OPT_VM_PORT] = { "vm-port", "PORT", "bind to this VM port, not by MAC address", CMD_TEXT, 0, true },
	[OPT_ORG] = { "org", "HEX", "org-defined TLVs to send along", CMD_TEXT, 0, true },
	[OPT_MIGRATING] = { "migrating", NULL, "M bit: the VM is migrating to this VSI", CMD_FLAG, 0, true },
	[OPT_SUSPENDED] = { "suspended", NULL, "S bit: the VM is suspended", CMD_FLAG, 0, true },
	[OPT_RESERVATION] = { "resource-reservation", NULL, "reserve resources", CMD_FLAG, 0, false },
	[OPT_WAIT] = { "wait", "SECONDS", "wait for the outcome, default: the VDP wait time of the port",
		CMD_TEXT, 0, false },
	[OPT_NO_WAIT] = { "no-wait", NULL, "do not wait for the outcome", CMD_FLAG, 0, false },
	[OPT_SCID] = { "scid", "N", "the same as --channel", CMD_TEXT, 0, false },
	[OPT_SVID] = { "svid", "N", "fixed SVID: needed without CDCP, a bridge's choice with it", CMD_TEXT, 0,
		false },
	[OPT_RELAY] = { "relay", "vepa|veb|none|single", "edge relay of a station's channel", CMD_TEXT, 0,
		false },
	[OPT_VM_PORTS] = { "vm-ports", "PATTERNS", "devices of its VMs, shell patterns with commas between",
		CMD_TEXT, 0, false },
	[OPT_PVID] = { "pvid", "N", "VLAN of its untagged frames", CMD_TEXT, 0, false },
	[OPT_REFLECTIVE_RELAY] = { "reflective-relay", "yes|no", "station: ask for it; bridge: grant it",
		CMD_TEXT, 0, false },
	[OPT_LEARNING] = { "learning", "yes|no", "a bridge's channel: learn source addresses", CMD_TEXT, 0,
		false },
	[OPT_PRIORITY] = { "priority", "N", "priority of a VIF's untagged frames, 0 to 7", CMD_TEXT, 0,
		false },
	[OPT_UNTAGGED] = { "untagged", "VLANS",
		"VLANs whose frames reach the VM untagged: numbers and low-high, with commas between",
		CMD_TEXT, 0, false },
	[OPT_TRANSIT] = { "transit", NULL, "a port extender is behind the VM port", CMD_FLAG, 0, false },
	[OPT_TYPE] = { "type", "WORD",
		"only frames of this kind: lldp, evb, ecp, ack, vdp, associate, s_tag ...", CMD_TEXT, 0,
		false },
	[OPT_GENERATION] = { "generation", "ratified|draft02", "only frames of this generation of 802.1Qbg",
		CMD_TEXT, 0, false },
	[OPT_QUIET] = { "quiet", NULL, "only what is not a PASS", CMD_FLAG, 'q', false },
	[OPT_HTML] = { "html", "FILE", "write a report with a ladder diagram", CMD_TEXT, 0, false },
	[OPT_AS] = { "as", "station|bridge", "the end of the capture that is put to the test", CMD_TEXT, 0,
		false },
	[OPT_LIVE] = { "live", "INTERFACE", "put the device behind it to the test, not evbd (needs root)",
		CMD_TEXT, 0, false },
	[OPT_MISBEHAVE] = { "misbehave", "FAULTS",
		"what the peer does wrong, with commas between: drop-ack[=N], delay-ack=MS, duplicate, "
		"wrong-sequence[=N], refuse[=CODE], keep, hard, deassociate[=S]",
		CMD_TEXT, 0, false },
};

const uint64_t cmd_global_options = CMD_BIT(OPT_SOCKET) | CMD_BIT(OPT_JSON) | CMD_BIT(OPT_HELP);

#define SHOW_OPTIONS         (CMD_BIT(OPT_PORT) | CMD_BIT(OPT_VERBOSE))
#define SHOW_CHANNEL_OPTIONS (SHOW_OPTIONS | CMD_BIT(OPT_CHANNEL))
#define CHANNEL_OPTIONS      (CMD_BIT(OPT_PORT) | CMD_BIT(OPT_CHANNEL) | CMD_BIT(OPT_SCID))
#define ADD_CHANNEL_OPTIONS                                                                                  \
	(CHANNEL_OPTIONS | CMD_BIT(OPT_SVID) | CMD_BIT(OPT_RELAY) | CMD_BIT(OPT_VM_PORTS) |                  \
		CMD_BIT(OPT_PVID) | CMD_BIT(OPT_REFLECTIVE_RELAY) | CMD_BIT(OPT_LEARNING))
#define VIF_OPTIONS (CMD_BIT(OPT_PORT) | CMD_BIT(OPT_ID))
#define ADD_VIF_OPTIONS                                                                                      \
	(VIF_OPTIONS | CMD_BIT(OPT_VM_PORT) | CMD_BIT(OPT_PVID) | CMD_BIT(OPT_PRIORITY) |                    \
		CMD_BIT(OPT_UNTAGGED) | CMD_BIT(OPT_TRANSIT))
#define NAME_OPTIONS                                                                                         \
	(CMD_BIT(OPT_ID) | CMD_BIT(OPT_PORT) | CMD_BIT(OPT_CHANNEL) | CMD_BIT(OPT_FILE) |                    \
		CMD_BIT(OPT_WAIT) | CMD_BIT(OPT_NO_WAIT))
#define ASSOCIATE_OPTIONS                                                                                    \
	(NAME_OPTIONS | CMD_BIT(OPT_TYPE_ID) | CMD_BIT(OPT_TYPE_VERSION) | CMD_BIT(OPT_MANAGER) |            \
		CMD_BIT(OPT_FILTERS) | CMD_BIT(OPT_VM_PORT) | CMD_BIT(OPT_ORG) | CMD_BIT(OPT_MIGRATING) |    \
		CMD_BIT(OPT_SUSPENDED))
#define PCAP_SHOW_OPTIONS                                                                                    \
	(CMD_BIT(OPT_VERBOSE) | CMD_BIT(OPT_ID) | CMD_BIT(OPT_PORT) | CMD_BIT(OPT_CHANNEL) |                 \
		CMD_BIT(OPT_TYPE_ID) | CMD_BIT(OPT_TYPE) | CMD_BIT(OPT_GENERATION))

#define PCAP_REPLAY_OPTIONS                                                                                  \
	(CMD_BIT(OPT_AS) | CMD_BIT(OPT_PORT) | CMD_BIT(OPT_LIVE) | CMD_BIT(OPT_MISBEHAVE) |                  \
		CMD_BIT(OPT_VERBOSE))

const struct command cmd_commands[] = {
	{ "show", "status", NULL, CMD_BIT(OPT_VERBOSE), cmd_show,
		"the daemon: version, uptime, limits, alarms" },
	{ "show", "ports", NULL, SHOW_OPTIONS, cmd_show, "ports: link, peer, reflective relay, driver" },
	{ "show", "neighbors", NULL, SHOW_CHANNEL_OPTIONS, cmd_show,
		"LLDP neighbours and what they say of EVB" },
	{ "show", "channels", NULL, SHOW_CHANNEL_OPTIONS, cmd_show, "S-channels of the EVB ports" },
	{ "show", "vsi", NULL, SHOW_CHANNEL_OPTIONS | CMD_BIT(OPT_ID), cmd_show,
		"VSIs, ended ones for ten minutes" },
	{ "show", "fdb", NULL, SHOW_CHANNEL_OPTIONS, cmd_show, "addresses the relay knows" },
	{ "show", "vif", NULL, SHOW_OPTIONS, cmd_show, "virtual interfaces (VN-Tag, E-TAG)" },
	{ "show", "types", NULL, CMD_BIT(OPT_VERBOSE), cmd_show, "the VSI type database" },
	{ "show", "counters", NULL, SHOW_CHANNEL_OPTIONS, cmd_show, "counters that are not zero; -v: all" },
	{ "vsi", "associate", NULL, ASSOCIATE_OPTIONS, cmd_vsi, "associate VSIs and wait for the outcome" },
	{ "vsi", "preassociate", NULL, ASSOCIATE_OPTIONS | CMD_BIT(OPT_RESERVATION), cmd_vsi,
		"pre-associate VSIs and wait for the outcome" },
	{ "vsi", "deassociate", NULL, NAME_OPTIONS, cmd_vsi,
		"end VSIs; on a bridge port the administrator withdraws them" },
	{ "channel", "add", NULL, ADD_CHANNEL_OPTIONS, cmd_channel, "add an S-channel, until it is removed" },
	{ "channel", "remove", NULL, CHANNEL_OPTIONS, cmd_channel, "remove an S-channel that was added" },
	{ "vif", "add", NULL, ADD_VIF_OPTIONS, cmd_vif,
		"add a VIF to a port without signalling, until it is removed" },
	{ "vif", "remove", NULL, VIF_OPTIONS, cmd_vif, "remove a VIF that was added" },
	{ "monitor", NULL, NULL, 0, cmd_monitor, "events as they happen, until interrupted" },
	{ "pcap", "show", "FILE", PCAP_SHOW_OPTIONS, cmd_pcap_show,
		"the EVB frames of a capture; -v: every field" },
	{ "pcap", "check", "FILE", CMD_BIT(OPT_QUIET) | CMD_BIT(OPT_HTML), cmd_pcap_check,
		"judge both ends of a capture, frame by frame" },
	{ "pcap", "replay", "FILE", PCAP_REPLAY_OPTIONS, cmd_pcap_replay,
		"play one end of a capture by evbd, or a device, and compare" },
	{ "record", NULL, "PORT", 0, cmd_record,
		"the last control frames of a port with what was decided, as a capture file" },
	{ "reload", NULL, NULL, 0, cmd_reload, "read the configuration again; list what changed" },
	{ "help", NULL, "[COMMAND]", 0, cmd_help, "explain a command" },
	{ NULL, NULL, NULL, 0, NULL, NULL },
};
