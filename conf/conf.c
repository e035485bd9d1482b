/*
 * conf.c - the table of settings.
 *
 * A row says where its value is kept (offset and size in struct conf, conf_port, conf_vif or conf_list), so that
 * reading, comparing and documenting need no code of their own for each setting. Defaults of the EVB settings are those
 * of evb-reference 3.2 (R 3, RTE 8, RWD 20, RKA 20), of CDCP those of 4.1, of the LLDP settings those of 802.1AB-2016
 * 9.2.5 (evb-reference 2.3); their ranges are the managed objects' (MGMT-01, MGMT-02, MGMT-03). Those of port extension:
 * port-extension-reference 3.3, 3.6.
 *
 * Invariants: values are kept zero-padded, so that equal settings are equal octets; a path occurs once.
 * Left out on purpose: what can be done with a row (conf_value.c), reading (conf_file.c), rules between settings
 * (conf_check.c), meaning (the daemon).
 */
#include "conf_priv.h"

#include "vntag_hdr.h"

#define NAMED(enumerator, text) [enumerator] = (text)

const char *const conf_role_names[] = { NAMED(CONF_ORDINARY, "ordinary"), NAMED(CONF_STATION, "station"),
	NAMED(CONF_BRIDGE, "bridge") };
const char *const conf_relay_names[] = { NAMED(CONF_RELAY_VEPA, "vepa"), NAMED(CONF_RELAY_VEB, "veb"),
	NAMED(CONF_RELAY_NONE, "none"), NAMED(CONF_RELAY_SINGLE, "single") };
const char *const conf_driver_names[] = { NAMED(CONF_DRIVER_AUTO, "auto"), NAMED(CONF_DRIVER_XDP, "xdp"),
	NAMED(CONF_DRIVER_XDP_GENERIC, "xdp-generic"), NAMED(CONF_DRIVER_PCAP, "pcap"),
	NAMED(CONF_DRIVER_PACKET, "packet") };
const char *const conf_tag_names[] = { NAMED(CONF_TAG_NONE, "none"), NAMED(CONF_TAG_VN, "vn-tag"),
	NAMED(CONF_TAG_E, "e-tag"), NAMED(CONF_TAG_ANY, "any") };

static const struct name_row role_names[] = { { CONF_ORDINARY, "ordinary" }, { CONF_STATION, "station" },
	{ CONF_BRIDGE, "bridge" }, { 0, NULL } };
static const struct name_row relay_names[] = { { CONF_RELAY_VEPA, "vepa" }, { CONF_RELAY_VEB, "veb" },
	{ CONF_RELAY_NONE, "none" }, { CONF_RELAY_SINGLE, "single" }, { 0, NULL } };
static const struct name_row driver_names[] = { { CONF_DRIVER_AUTO, "auto" }, { CONF_DRIVER_XDP, "xdp" },
	{ CONF_DRIVER_XDP_GENERIC, "xdp-generic" }, { CONF_DRIVER_PCAP, "pcap" },
	{ CONF_DRIVER_PACKET, "packet" }, { 0, NULL } };
static const struct name_row tag_names[] = { { CONF_TAG_NONE, "none" }, { CONF_TAG_VN, "vn-tag" },
	{ CONF_TAG_E, "e-tag" }, { CONF_TAG_ANY, "any" }, { 0, NULL } };
static const struct name_row create_names[] = { { false, "none" }, { true, "tap" }, { 0, NULL } };
static const struct name_row level_names[] = { { 0, "error" }, { 1, "warning" }, { 2, "info" },
	{ 3, "debug" }, { 0, NULL } };
static const struct name_row admin_names[] = { { LLDP_RX_TX, "rxtx" }, { LLDP_TX_ONLY, "tx" },
	{ LLDP_RX_ONLY, "rx" }, { LLDP_DISABLED, "off" }, { 0, NULL } };
static const struct name_row generation_names[] = { { EVB_GENERATION_AUTO, "auto" },
	{ EVB_GENERATION_RATIFIED, "ratified" }, { EVB_GENERATION_DRAFT, "draft02" }, { 0, NULL } };
static const struct name_row agent_names[] = { { CONF_AGENT_NCB, "nearest_customer_bridge" },
	{ CONF_AGENT_NTPMR, "nearest_non_tpmr_bridge" }, { CONF_AGENT_NB, "nearest_bridge" }, { 0, NULL } };

#define IN(kept, type, member) (kept), offsetof(struct type, member), sizeof(((struct type *)NULL)->member)
#define IN_CONF(member)        IN(CONF_IN_CONF, conf, member)
#define IN_PORT(member)        IN(CONF_IN_PORT, conf_port, member)
#define IN_VIF(member)         IN(CONF_IN_VIF, conf_vif, member)
#define IN_LIST(member)        IN(CONF_IN_LIST, conf_list, member)
#define NO_VALUE               CONF_IN_CONF, 0, 0
#define REQUIRED               true
#define OPTIONAL               false
#define NO_RANGE               0, 0
#define ANY                    CONF_ON_ANY
#define EVB                    CONF_ON_EVB
#define STATION                CONF_ON_STATION
#define BRIDGE                 CONF_ON_BRIDGE
#define ORDINARY               CONF_ON_ORDINARY
#define SHARED                 CONF_SHARED
#define GLOBAL                 CONF_GLOBAL
#define CHANNEL                CONF_ON_CHANNEL
#define INHERITED              CONF_INHERITED

/* clang-format off */
const struct conf_setting conf_settings[] = {
	/* path, kind, scope, effect, required, member, range, default (number, text), names, help */
	{ "system", CONF_GROUP, GLOBAL, CONF_ADAPTED, OPTIONAL, NO_VALUE, NO_RANGE, 0, NULL, NULL,
		"How this system is called in LLDP" },
	{ "system.name", CONF_STRING, GLOBAL, CONF_ADAPTED, OPTIONAL, IN_CONF(system_name), NO_RANGE, 0, NULL, NULL,
		"System Name TLV; empty: the host name" },
	{ "system.description", CONF_STRING, GLOBAL, CONF_ADAPTED, OPTIONAL, IN_CONF(system_descr), NO_RANGE, 0,
		"Edge Virtual Bridging", NULL, "System Description TLV" },
	{ "control", CONF_GROUP, GLOBAL, CONF_ADAPTED, OPTIONAL, NO_VALUE, NO_RANGE, 0, NULL, NULL,
		"The control socket, which evbctl(8) talks to" },
	{ "control.socket", CONF_FILE, GLOBAL, CONF_NEEDS_RESTART, OPTIONAL, IN_CONF(control_socket), NO_RANGE, 0,
		"/run/evbd/evbd.sock", NULL, "Where the control socket is" },
	{ "control.group", CONF_STRING, GLOBAL, CONF_NEEDS_RESTART, OPTIONAL, IN_CONF(control_group), NO_RANGE, 0,
		NULL, NULL, "Group whose members may use it; empty: only root" },
	{ "control.max_clients", CONF_NUMBER, GLOBAL, CONF_ADAPTED, OPTIONAL, IN_CONF(max_clients), 1, 1024, 32, NULL,
		NULL, "Clients at the same time" },
	{ "types", CONF_FILE, GLOBAL, CONF_ADAPTED, OPTIONAL, IN_CONF(types_file), NO_RANGE, 0, NULL, NULL,
		"VSI type database of the bridge ports; empty: every association is refused" },
	{ "state_dir", CONF_FILE, GLOBAL, CONF_NEEDS_RESTART, OPTIONAL, IN_CONF(state_dir), NO_RANGE, 0,
		"/var/lib/evbd", NULL, "Where associations are kept across a restart" },
	{ "log", CONF_GROUP, GLOBAL, CONF_ADAPTED, OPTIONAL, NO_VALUE, NO_RANGE, 0, NULL, NULL, "The log" },
	{ "log.level", CONF_CHOICE, GLOBAL, CONF_ADAPTED, OPTIONAL, IN_CONF(log_level), NO_RANGE, 2, NULL, level_names,
		"Least urgent messages that are logged" },
	{ "recorder", CONF_GROUP, GLOBAL, CONF_ADAPTED, OPTIONAL, NO_VALUE, NO_RANGE, 0, NULL, NULL,
		"Flight recorder: the last control frames of each port, for evbctl record" },
	{ "recorder.frames", CONF_NUMBER, GLOBAL, CONF_NEEDS_RESTART, OPTIONAL, IN_CONF(recorder_frames), 0, 65536, 256,
		NULL, NULL, "Frames remembered of each port; 0: none" },
	{ "recorder.files", CONF_NUMBER, GLOBAL, CONF_NEEDS_RESTART, OPTIONAL, IN_CONF(recorder_files), 0, 1000, 8, NULL,
		NULL, "Files of each port in state_dir/records, written on a refusal or give-up; 0: none" },
	{ "limits", CONF_GROUP, GLOBAL, CONF_ADAPTED, OPTIONAL, NO_VALUE, NO_RANGE, 0, NULL, NULL,
		"Sizes of tables; what does not fit is refused and counted" },
	{ "limits.fdb", CONF_NUMBER, GLOBAL, CONF_NEEDS_RESTART, OPTIONAL, IN_CONF(max_fdb), 64, 1048576, 16384, NULL,
		NULL, "Learned addresses" },
	{ "limits.fdb_age", CONF_NUMBER, GLOBAL, CONF_ADAPTED, OPTIONAL, IN_CONF(fdb_age_s), 10, 1000000, 300, NULL,
		NULL, "Seconds until a silent address is forgotten" },
	{ "limits.ended_vsis", CONF_NUMBER, GLOBAL, CONF_NEEDS_RESTART, OPTIONAL, IN_CONF(max_ended), 1, 65536, 1024,
		NULL, NULL, "Ended VSIs that are still shown" },

	{ "compat", CONF_GROUP, GLOBAL, CONF_ADAPTED, OPTIONAL, NO_VALUE, NO_RANGE, 0, NULL, NULL,
		"What other programs of this host expect" },
	{ "compat.libvirt", CONF_BOOL, GLOBAL, CONF_NEEDS_RESTART, OPTIONAL, IN_CONF(compat.libvirt), NO_RANGE, false,
		NULL, NULL, "Be for libvirt what lldpad is: associate its guests' <virtualport type='802.1Qbg'>" },
	{ "compat.pid_file", CONF_FILE, GLOBAL, CONF_NEEDS_RESTART, OPTIONAL, IN_CONF(compat.pid_file), NO_RANGE, 0,
		"/run/lldpad.pid", NULL, "Where libvirt looks for us" },
	{ "compat.max_vsis", CONF_NUMBER, GLOBAL, CONF_NEEDS_RESTART, OPTIONAL, IN_CONF(compat.max_vsis), 1, 65536,
		4096, NULL, NULL, "VSIs of libvirt" },
	{ "compat.managers", CONF_MANAGERS, GLOBAL, CONF_ADAPTED, OPTIONAL, IN_CONF(compat.managers), NO_RANGE, 0,
		NULL, NULL, "VSI managers that the managerid of libvirt, 0 to 255, stands for" },

	{ "lldp", CONF_GROUP, SHARED | ANY, CONF_ADAPTED, OPTIONAL, NO_VALUE, NO_RANGE, 0, NULL, NULL,
		"LLDP (802.1AB); at the top: defaults of all ports" },
	{ "lldp.tx_interval", CONF_NUMBER, SHARED | ANY | INHERITED, CONF_ADAPTED, OPTIONAL,
		IN_PORT(lldp.tx_interval_s), 1, 3600, 30, NULL, NULL, "msgTxInterval: seconds between LLDPDUs" },
	{ "lldp.tx_hold", CONF_NUMBER, SHARED | ANY | INHERITED, CONF_ADAPTED, OPTIONAL, IN_PORT(lldp.tx_hold), 1, 100,
		4, NULL, NULL, "msgTxHold: the time to live is that many intervals" },
	{ "lldp.fast_tx", CONF_NUMBER, SHARED | ANY | INHERITED, CONF_ADAPTED, OPTIONAL, IN_PORT(lldp.fast_tx_s), 1,
		3600, 1, NULL, NULL, "msgFastTx: seconds between LLDPDUs after a neighbour is new" },
	{ "lldp.fast_init", CONF_NUMBER, SHARED | ANY | INHERITED, CONF_ADAPTED, OPTIONAL, IN_PORT(lldp.fast_init), 1,
		8, 4, NULL, NULL, "txFastInit: how many of those" },
	{ "lldp.credit_max", CONF_NUMBER, SHARED | ANY | INHERITED, CONF_ADAPTED, OPTIONAL, IN_PORT(lldp.credit_max),
		1, 10, 5, NULL, NULL, "txCreditMax: LLDPDUs in a burst" },
	{ "lldp.reinit_delay", CONF_NUMBER, SHARED | ANY | INHERITED, CONF_ADAPTED, OPTIONAL,
		IN_PORT(lldp.reinit_delay_s), 1, 10, 2, NULL, NULL,
		"reinitDelay: seconds of silence after LLDP was switched off" },
	{ "lldp.max_neighbors", CONF_NUMBER, SHARED | ANY | INHERITED, CONF_PORT_RESTARTED, OPTIONAL,
		IN_PORT(lldp.max_neighbours), 1, 64, 8, NULL, NULL, "Neighbours an agent remembers" },
	{ "evb", CONF_GROUP, SHARED | GLOBAL | EVB | CHANNEL, CONF_ADAPTED, OPTIONAL, NO_VALUE, NO_RANGE, 0, NULL,
		NULL, "EVB negotiation (802.1Q D.2); at the top: defaults of all ports" },
	{ "evb.enabled", CONF_BOOL, SHARED | EVB | CHANNEL, CONF_RENEGOTIATED, OPTIONAL, IN_PORT(evb.is_enabled),
		NO_RANGE, true, NULL, NULL,
		"Send the EVB TLV and hear the peer's; without it the port associates nothing" },
	{ "evb.retries", CONF_NUMBER, SHARED | EVB | CHANNEL, CONF_RENEGOTIATED, OPTIONAL, IN_PORT(evb.retries), 0,
		EVB_RETRIES_MAX, 3, NULL, NULL, "R: times an ECP request is repeated" },
	{ "evb.rte", CONF_NUMBER, SHARED | EVB | CHANNEL, CONF_RENEGOTIATED, OPTIONAL, IN_PORT(evb.rte), 0,
		EVB_EXPONENT_MAX, 8, NULL, NULL, "RTE: an acknowledgement is awaited 10 us * 2^RTE" },
	{ "evb.rwd", CONF_NUMBER, SHARED | EVB | CHANNEL, CONF_RENEGOTIATED, OPTIONAL, IN_PORT(evb.rwd), 0,
		EVB_EXPONENT_MAX, 20, NULL, NULL, "RWD: the bridge may take 10 us * 2^RWD for an answer" },
	{ "evb.rka", CONF_NUMBER, SHARED | EVB | CHANNEL, CONF_RENEGOTIATED, OPTIONAL, IN_PORT(evb.rka), 0,
		EVB_EXPONENT_MAX, 20, NULL, NULL, "RKA: a VSI is kept alive every 10 us * 2^RKA" },
	{ "evb.group_ids", CONF_BOOL, SHARED | EVB | CHANNEL, CONF_RENEGOTIATED, OPTIONAL, IN_PORT(evb.group_ids),
		NO_RANGE, false, NULL, NULL, "Offer GroupIDs in filters" },
	{ "evb.manual", CONF_BOOL, SHARED | EVB | CHANNEL, CONF_RENEGOTIATED, OPTIONAL, IN_PORT(evb.is_manual),
		NO_RANGE, false, NULL, NULL, "Do without LLDP: use these values whatever the peer says" },
	{ "evb.warn_exponent", CONF_NUMBER, GLOBAL, CONF_ADAPTED, OPTIONAL, IN_CONF(warn_exponent), 0,
		EVB_EXPONENT_MAX, 24, NULL, NULL, "A peer's timer exponent above it is shown, logged and counted" },

	{ "ports", CONF_PORTS, GLOBAL, CONF_ADAPTED, REQUIRED, NO_VALUE, 0, CONF_MAX_PORTS, 0, NULL, NULL,
		"The ports" },
	{ "name", CONF_STRING, ANY, CONF_PORT_RESTARTED, REQUIRED, IN_PORT(name), NO_RANGE, 0, NULL, NULL,
		"The network device" },
	{ "role", CONF_CHOICE, ANY, CONF_PORT_RESTARTED, REQUIRED, IN_PORT(role), NO_RANGE, 0, NULL, role_names,
		"What the port is: a hypervisor's uplink, a switch port towards one, any other switch port" },
	{ "create", CONF_CHOICE, ANY, CONF_PORT_RESTARTED, OPTIONAL, IN_PORT(create_tap), NO_RANGE, false, NULL,
		create_names, "tap: make the device and remove it on exit" },
	{ "driver", CONF_CHOICE, ANY, CONF_PORT_RESTARTED, OPTIONAL, IN_PORT(driver), NO_RANGE, CONF_DRIVER_AUTO, NULL,
		driver_names, "How frames are read; auto: xdp where it can be, before packet on virtual devices, else pcap" },
	{ "pvid", CONF_NUMBER, ANY | CHANNEL, CONF_ADAPTED, OPTIONAL, IN_PORT(pvid), 1, FWD_VID_MAX, 1, NULL, NULL,
		"VLAN of untagged frames" },
	{ "lldp.admin", CONF_CHOICE, ANY | INHERITED, CONF_RENEGOTIATED, OPTIONAL, IN_PORT(lldp.admin), NO_RANGE,
		LLDP_RX_TX, NULL, admin_names, "adminStatus: which way LLDPDUs go" },
	{ "lldp.agents", CONF_AGENTS, ANY, CONF_PORT_RESTARTED, OPTIONAL, IN_PORT(lldp_agents), NO_RANGE,
		CONF_AGENT_NCB, NULL, agent_names,
		"Scopes of LLDP on this port; ordinary ports have none by default" },
	{ "generation", CONF_CHOICE, EVB, CONF_RENEGOTIATED, OPTIONAL, IN_PORT(generation), NO_RANGE,
		EVB_GENERATION_AUTO, NULL, generation_names,
		"Protocol generation; auto: ratified, unless the peer only speaks the pre-standard draft 0.2" },
	{ "manager_base", CONF_MANAGER, EVB, CONF_PORT_RESTARTED, OPTIONAL, IN_PORT(manager_base), NO_RANGE, 0, NULL,
		NULL, "Draft 0.2 has VSI managers of one octet: they stand for this id with its last octet replaced" },
	{ "reflective_relay", CONF_BOOL, EVB | CHANNEL, CONF_RENEGOTIATED, OPTIONAL, IN_PORT(evb.reflective_relay),
		NO_RANGE, true, NULL, NULL,
		"Station: ask for it (by default if relay is vepa or none); bridge: grant it" },
	{ "max_vsis", CONF_NUMBER, EVB | CHANNEL, CONF_PORT_RESTARTED, OPTIONAL, IN_PORT(max_vsis), 1, 65536, 4096,
		NULL, NULL, "VSIs on this port" },
	{ "relay", CONF_CHOICE, STATION | CHANNEL, CONF_PORT_RESTARTED, OPTIONAL, IN_PORT(relay), NO_RANGE,
		CONF_RELAY_VEPA, NULL, relay_names,
		"Edge relay between the VMs and the uplink; none: only the protocols; single: one VM alone" },
	{ "vm_ports", CONF_PATTERNS, STATION | CHANNEL, CONF_ADAPTED, OPTIONAL, IN_PORT(vm_patterns), NO_RANGE, 0,
		NULL, NULL, "Devices of VMs behind this uplink, as shell patterns" },
	{ "host_vsi", CONF_GROUP, STATION, CONF_RENEGOTIATED, OPTIONAL, IN_PORT(host_vsi.is_set), NO_RANGE, false,
		NULL, NULL, "Associate the hypervisor's own traffic on the uplink, like a VM's" },
	{ "host_vsi.type_id", CONF_NUMBER, STATION, CONF_RENEGOTIATED, REQUIRED, IN_PORT(host_vsi.subject.type_id), 0,
		0xffffff, 0, NULL, NULL, "VSI type" },
	{ "host_vsi.type_version", CONF_NUMBER, STATION, CONF_RENEGOTIATED, OPTIONAL,
		IN_PORT(host_vsi.subject.type_version), 0, 255, 0, NULL, NULL, "Version of the VSI type" },
	{ "host_vsi.manager", CONF_MANAGER, STATION, CONF_RENEGOTIATED, OPTIONAL, IN_PORT(host_vsi.subject.manager),
		NO_RANGE, 0, NULL, NULL, "VSI manager id; all zeros: the bridge's default manager" },
	{ "host_vsi.vid", CONF_NUMBER, STATION, CONF_RENEGOTIATED, OPTIONAL, IN_PORT(host_vsi.vid), 1, FWD_VID_MAX, 1,
		NULL, NULL, "VLAN of the host's frames; they leave untagged, so it is the port's pvid" },
	{ "host_vsi.id", CONF_VSI_ID_TEXT, STATION, CONF_RENEGOTIATED, OPTIONAL, IN_PORT(host_vsi.subject.vsi),
		NO_RANGE, 0, NULL, NULL, "VSI id; by default the uplink's MAC address" },
	{ "unassociated", CONF_ELSEWHERE, BRIDGE | CHANNEL, CONF_ADAPTED, OPTIONAL, IN_PORT(unassociated_vid),
		NO_RANGE, 0, NULL, NULL, "Where frames of no associated VSI go" },
	{ "strict_move", CONF_BOOL, BRIDGE | CHANNEL, CONF_ADAPTED, OPTIONAL, IN_PORT(strict_move), NO_RANGE, false,
		NULL, NULL, "Refuse a VSI that is active on another port unless it says that it migrates" },
	{ "learning", CONF_BOOL, BRIDGE | CHANNEL, CONF_ADAPTED, OPTIONAL, IN_PORT(learning), NO_RANGE, true, NULL,
		NULL, "Learn source addresses; those of associated VSIs are known anyway" },

	{ "cdcp", CONF_GROUP, EVB, CONF_ADAPTED, OPTIONAL, NO_VALUE, NO_RANGE, 0, NULL, NULL,
		"Negotiation of S-channels (802.1Q D.2.13)" },
	{ "cdcp.enabled", CONF_BOOL, EVB, CONF_PORT_RESTARTED, OPTIONAL, IN_PORT(cdcp.is_enabled), NO_RANGE, false,
		NULL, NULL, "Send the CDCP TLV and hear the peer's" },
	{ "cdcp.max_channels", CONF_NUMBER, EVB, CONF_RENEGOTIATED, OPTIONAL, IN_PORT(cdcp.chn_cap), 1,
		CONF_MAX_CHANNELS + 1, 64, NULL, NULL, "ChnCap: S-channels, the default channel included" },
	{ "cdcp.hold", CONF_NUMBER, EVB, CONF_ADAPTED, OPTIONAL, IN_PORT(cdcp.hold_s), 0, 300, 3, NULL, NULL,
		"Seconds that S-channels outlive the peer's CDCP TLV" },
	{ "cdcp.svid_low", CONF_NUMBER, BRIDGE, CONF_RENEGOTIATED, OPTIONAL, IN_PORT(cdcp.svid_low), 2, FWD_VID_MAX, 2,
		NULL, NULL, "Lowest SVID that S-channels are given" },
	{ "cdcp.svid_high", CONF_NUMBER, BRIDGE, CONF_RENEGOTIATED, OPTIONAL, IN_PORT(cdcp.svid_high), 2, FWD_VID_MAX,
		FWD_VID_MAX, NULL, NULL, "Highest SVID that S-channels are given" },
	{ "channels", CONF_CHANNELS, EVB, CONF_ADAPTED, OPTIONAL, NO_VALUE, 0, CONF_MAX_CHANNELS, 0, NULL, NULL,
		"S-channels beside the default channel, which is the port itself" },
	{ "channels.scid", CONF_NUMBER, EVB | CHANNEL, CONF_PORT_RESTARTED, REQUIRED, IN_PORT(scid), 2, FWD_VID_MAX, 2,
		NULL, NULL, "Number of the S-channel, the same at both ends" },
	{ "channels.svid", CONF_NUMBER, EVB | CHANNEL, CONF_RENEGOTIATED, OPTIONAL, IN_PORT(svid), 2, FWD_VID_MAX, 0,
		NULL, NULL, "SVID fixed for the S-channel: needed without CDCP, the bridge's choice with it" },

	{ "port_extension", CONF_GROUP, EVB, CONF_ADAPTED, OPTIONAL, NO_VALUE, NO_RANGE, 0, NULL, NULL,
		"VMs as virtual interfaces (VIFs) of the bridge, with VN-Tag or E-TAG (802.1BR)" },
	{ "port_extension.tag", CONF_CHOICE, EVB, CONF_PORT_RESTARTED, OPTIONAL, IN_PORT(pe.tag), NO_RANGE,
		CONF_TAG_NONE, NULL, tag_names, "Tag that names the VIF; any: bridge, the station's choice" },
	{ "port_extension.signalling", CONF_BOOL, EVB, CONF_PORT_RESTARTED, OPTIONAL, IN_PORT(pe.is_signalled),
		NO_RANGE, true, NULL, NULL, "VIFs are made by PE-CSP; without it there are those of vifs" },
	{ "port_extension.priority", CONF_NUMBER, EVB, CONF_RENEGOTIATED, OPTIONAL, IN_PORT(pe.priority), 0, 255, 128,
		NULL, NULL, "Cascade port priority: of several the lowest becomes the upstream port" },
	{ "port_extension.subtype", CONF_NUMBER, EVB, CONF_PORT_RESTARTED, OPTIONAL, IN_PORT(pe.subtype), 2, 1023,
		1023, NULL, NULL, "ECP subtype of PE-CSP" },
	{ "port_extension.base", CONF_BOOL, EVB, CONF_PORT_RESTARTED, OPTIONAL, IN_PORT(pe.is_base), NO_RANGE, true,
		NULL, NULL, "E-TAG: no E-CID extension, as in base mode" },
	{ "port_extension.max_vifs", CONF_NUMBER, EVB, CONF_PORT_RESTARTED, OPTIONAL, IN_PORT(pe.max_vifs), 1,
		CONF_MAX_VIFS, 256, NULL, NULL, "VIFs on this port" },
	{ "port_extension.group", CONF_STRING, STATION, CONF_PORT_RESTARTED, OPTIONAL, IN_PORT(pe.group), NO_RANGE, 0,
		NULL, NULL, "Uplinks of the same group stand in for each other; empty: it is alone" },
	{ "port_extension.vifs", CONF_VIFS, EVB, CONF_ADAPTED, OPTIONAL, NO_VALUE, 0, CONF_MAX_VIFS, 0, NULL, NULL,
		"VIFs that are always there" },
	{ "port_extension.vifs.id", CONF_NUMBER, EVB, CONF_RENEGOTIATED, REQUIRED, IN_VIF(id), 1, VNTAG_ECID_UNICAST,
		1, NULL, NULL, "VIF id or E-CID, the same at both ends" },
	{ "port_extension.vifs.vm_port", CONF_STRING, STATION, CONF_RENEGOTIATED, OPTIONAL, IN_VIF(vm_port), NO_RANGE,
		0, NULL, NULL, "Device of the VM behind it" },
	{ "port_extension.vifs.pvid", CONF_NUMBER, EVB, CONF_ADAPTED, OPTIONAL, IN_VIF(pvid), 1, FWD_VID_MAX, 0, NULL,
		NULL, "VLAN of untagged frames; by default the one of its VSI" },
	{ "port_extension.vifs.priority", CONF_NUMBER, EVB, CONF_ADAPTED, OPTIONAL, IN_VIF(priority), 0, 7, 0, NULL,
		NULL, "Priority of untagged frames" },
	{ "port_extension.vifs.untagged", CONF_VIDS, EVB, CONF_ADAPTED, OPTIONAL, IN_VIF(untagged), NO_RANGE, 0, NULL,
		NULL, "VLANs whose frames reach the VM untagged" },
	{ "port_extension.vifs.transit", CONF_BOOL, STATION, CONF_RENEGOTIATED, OPTIONAL, IN_VIF(is_transit), NO_RANGE,
		false, NULL, NULL, "A port extender is behind it, whose frames keep their tag" },
	{ "port_extension.lists", CONF_LISTS, EVB, CONF_ADAPTED, OPTIONAL, NO_VALUE, 0, CONF_MAX_LISTS, 0, NULL, NULL,
		"VIF lists or E-CID groups, whose frames are copied to each member" },
	{ "port_extension.lists.id", CONF_NUMBER, EVB, CONF_ADAPTED, REQUIRED, IN_LIST(id), 1, VNTAG_ECID_RESERVED - 1,
		1, NULL, NULL, "VN-Tag: VIF list; E-TAG: E-CID with its GRP, from 0x100000" },
	{ "port_extension.lists.members", CONF_MEMBERS, EVB, CONF_ADAPTED, REQUIRED, IN_LIST(members), NO_RANGE, 0,
		NULL, NULL, "VIFs of the list" },

	{ "vlans", CONF_VIDS, ORDINARY, CONF_ADAPTED, OPTIONAL, IN_PORT(vlans), NO_RANGE, 0, NULL, NULL,
		"VLANs carried tagged, beside the pvid" },
	{ "bpdu_guard", CONF_BOOL, ORDINARY, CONF_ADAPTED, OPTIONAL, IN_PORT(bpdu_guard), NO_RANGE, false, NULL, NULL,
		"A BPDU blocks the port until its link goes down or the configuration is reloaded" },
	{ "storm_limit", CONF_NUMBER, ORDINARY, CONF_ADAPTED, OPTIONAL, IN_PORT(storm_pps), 0, 10000000, 0, NULL, NULL,
		"Broadcast, group and unknown unicast frames per second; 0: no limit" },
	{ .path = NULL },
};
/* clang-format on */
