/*
 * The configuration as one value: read whole, validated whole, then compared with the one in force (conf_diff.h).
 * Text form: conf/evbd.conf.example documents every setting; man evbd.conf(5) is made from the same table.
 */
#ifndef EVB_CONF_H
#define EVB_CONF_H

#include "evb_choice.h"
#include "evb_sm.h"
#include "fwd_types.h"
#include "lldp_agent.h"
#include "vdp_dialect.h"

enum {
	CONF_NAME = 16,  /* interface name and its NUL (IFNAMSIZ) */
	CONF_PATH = 108, /* fits sun_path */
	CONF_TEXT = 128,
	CONF_MAX_PORTS = 256,    /* of the file; struct conf has a row for each of their channels too */
	CONF_MAX_CHANNELS = 166, /* of a port, beside the default channel (802.1Q D.2.13: 167 pairs) */
	CONF_MAX_VIFS = 4095,    /* of a port */
	CONF_MAX_LISTS = 4095,
	CONF_MAX_MEMBERS = 64,
	CONF_MAX_PATTERNS = 16,
	CONF_MAX_HOST_FILTERS = 8,
	CONF_SCID_DEFAULT = 1, /* the channel that a port itself is: untagged */
};

enum conf_role { CONF_ORDINARY, CONF_STATION, CONF_BRIDGE }; /* names: "ordinary", "station", "bridge" */
/* station; none: signalling only; single: one VM alone on an uplink or S-channel */
enum conf_relay { CONF_RELAY_VEPA, CONF_RELAY_VEB, CONF_RELAY_NONE, CONF_RELAY_SINGLE };
enum conf_driver {
	CONF_DRIVER_AUTO,
	CONF_DRIVER_XDP,         /* the fast path; what it leaves, as with auto */
	CONF_DRIVER_XDP_GENERIC, /* the same, for devices whose driver has no XDP */
	CONF_DRIVER_PCAP,        /* without the fast path */
	CONF_DRIVER_PACKET,      /* likewise */
};
/* any: bridge, the format is the station's choice */
enum conf_pe_tag { CONF_TAG_NONE, CONF_TAG_VN, CONF_TAG_E, CONF_TAG_ANY };
enum { CONF_AGENT_NCB = 1, CONF_AGENT_NTPMR = 2, CONF_AGENT_NB = 4 }; /* LLDP agents of a port, a mask */

struct conf_host_vsi { /* the hypervisor's own traffic on the uplink, associated like a VM's */
	bool is_set;
	bool has_id;                /* else derived: format MAC, the uplink's address */
	struct vdp_subject subject; /* vsi only with has_id */
	uint16_t vid; /* the host's frames leave untagged, so this is the uplink's pvid; default pvid */
};

struct conf_cdcp { /* S-channels of the port (802.1Q clause 42, D.2.13; evb-reference 4) */
	bool is_enabled;
	uint16_t chn_cap; /* UAPSchAdminCDCPChanCap 1..167, the default channel included; default 64 */
	/* bridge: UAPSchAdminCDCPSVIDPoolLow/High, 2..4094; default 2 and 4094 */
	uint16_t svid_low, svid_high;
	unsigned hold_s; /* channels outlive the peer's TLV for so long, 0..300, default 3 */
};

struct conf_pe { /* port extension (802.1BR; port-extension-reference 3) */
	enum conf_pe_tag tag;
	bool is_signalled; /* VIFs are made by PE-CSP; false: only those of the file, the peer is not asked */
	uint8_t priority;  /* cascade port priority of the Port Extension TLV, lower wins; default 128 */
	uint16_t subtype;  /* ECP subtype of PE-CSP, 2..1023 (1 is VDP's), default 1023 */
	bool is_base;      /* E-TAG: no E-CID extension; default true */
	uint16_t max_vifs; /* 1..4095, default 256 */
	char group[CONF_NAME]; /* station: uplinks of one group stand in for each other; empty: alone */
};

/*
 * A port, or with scid > 1 an S-channel of it: a row of its own behind its port's, with the same name and role. It has the
 * port's settings where it does not repeat them itself, but not vm_ports, host_vsi, create, cdcp and port_extension, and
 * of the LLDP agents only the one of EVB.
 */
struct conf_port {
	char name[CONF_NAME];
	int line;      /* where it stands, for messages */
	uint16_t scid; /* CONF_SCID_DEFAULT: the port itself; 2..4094: S-channel */
	uint16_t svid; /* S-channel: 2..4094 fixed by the administrator; 0: CDCP finds one */
	enum conf_role role;
	bool create_tap; /* create = "tap": evbd makes the device and removes it on exit */
	enum conf_driver driver;
	uint16_t pvid;      /* default 1 */
	uint8_t vlans[512]; /* ordinary: bitmap of VIDs carried C-tagged */
	/* LLDP and EVB (station, bridge) */
	/* CONF_AGENT_*; default none on ordinary ports, otherwise NCB, and NTPMR if there is CDCP or PE-CSP */
	unsigned lldp_agents;
	struct lldp_agent_cfg lldp;      /* da is set per agent by the daemon */
	struct evb_cfg evb;              /* edition and max_vsis are the daemon's */
	enum evb_generation generation;  /* default auto; S-channels are ratified whatever it says */
	struct vdp_manager manager_base; /* draft 0.2: a manager's octet replaces the last one of this id */
	uint32_t max_vsis;               /* 1..65536, default 4096 */
	struct conf_cdcp cdcp;
	struct conf_pe pe;
	/* station */
	enum conf_relay relay;
	unsigned n_vm_patterns;
	char vm_patterns[CONF_MAX_PATTERNS][CONF_NAME]; /* vm_ports = ["vnet*"]: shell patterns */
	struct conf_host_vsi host_vsi;
	/* bridge */
	uint16_t unassociated_vid; /* unassociated = "drop" (0) or "vlan N" */
	bool strict_move; /* refuse an Associate of a VSI active on another port unless M is set (6.9.1) */
	bool learning;    /* learn source addresses; default true */
	/* ordinary */
	bool bpdu_guard;    /* a BPDU blocks the port until it is re-enabled by link down or reload */
	unsigned storm_pps; /* broadcast, group and unknown unicast frames per second; 0: no limit */
};

struct conf_vif { /* a VIF of a port with port_extension.tag */
	char port[CONF_NAME];
	int line;
	uint32_t id;             /* of the channel, as vntag_hdr.h has it; unique on the port */
	char vm_port[CONF_NAME]; /* station: the device behind it */
	uint16_t pvid;           /* VLAN of untagged frames; 0: that of its VSI */
	uint8_t priority;        /* of frames without one, 0..7 */
	uint8_t untagged[512];   /* bitmap of VIDs whose tag a copy to the VIF loses */
	bool is_transit;         /* station: a port extender is behind it, whose frames keep their tag */
};

struct conf_list { /* a VIF list (VN-Tag) or E-CID group of a port */
	char port[CONF_NAME];
	int line;
	/* VN-Tag: list 1..16383, whose channel is VNTAG_LIST | id; E-TAG: the channel, GRP << 20 | ext << 12 | base */
	uint32_t id;
	unsigned n_members;
	uint32_t members[CONF_MAX_MEMBERS]; /* VIFs of the port, each once */
};

struct conf_compat {              /* compatibility with what others expect of a host's EVB daemon */
	bool libvirt;             /* take lldpad's place towards libvirt */
	char pid_file[CONF_PATH]; /* by which libvirt finds it; default /run/lldpad.pid */
	uint32_t max_vsis;        /* that libvirt asked for, 1..65536, default 4096 */
	/* VSI manager that libvirt's one octet names; all zeros: that octet as the last one of an id of zeros */
	struct vdp_manager managers[256];
};

struct conf {
	char system_name[CONF_TEXT]; /* default: host name */
	char system_descr[CONF_TEXT];
	char control_socket[CONF_PATH]; /* default /run/evbd/evbd.sock */
	char control_group[32];         /* group that may use it; empty: root only */
	char types_file
		[CONF_TEXT]; /* VSI type database, file driver; empty: no types (every request error 3) */
	char state_dir[CONF_TEXT]; /* default /var/lib/evbd */
	unsigned log_level;        /* 0 error, 1 warning, 2 info, 3 debug; default 2 */
	uint8_t warn_exponent;    /* a peer's timer exponent above it is shown, logged, counted; default 24 */
	unsigned fdb_age_s;       /* default 300 */
	uint32_t max_fdb;         /* default 16384 */
	uint32_t max_ended;       /* ended VSIs kept for show, default 1024 */
	unsigned max_clients;     /* of the control socket, default 32 */
	unsigned recorder_frames; /* of each port in the flight recorder, default 256; 0: none */
	unsigned recorder_files;  /* of each port, default 8; 0: none */
	struct conf_compat compat;
	unsigned n_ports;        /* channels included */
	struct conf_port *ports; /* n_ports, owned; each port is followed by its channels */
	unsigned n_vifs;
	struct conf_vif *vifs; /* n_vifs, owned, in the order of their ports */
	unsigned n_lists;
	struct conf_list *lists; /* n_lists, owned, in the order of their ports */
};

struct conf_error { /* the first thing wrong */
	char file[CONF_TEXT];
	int line;
	char text[256]; /* what, the allowed range, "did you mean ..." */
};

/** Read and validate a file. On success *ret is to be freed with conf_free(). 0 or -EINVAL / -errno with *ret_error. */
int conf_load(const char *path, struct conf **ret, struct conf_error *ret_error);
void conf_free(struct conf *c);
/** The port itself, or NULL. */
const struct conf_port *conf_find_port(const struct conf *c, const char *name);
/** The row of a channel, CONF_SCID_DEFAULT for the port itself; or NULL. */
const struct conf_port *conf_find_channel(const struct conf *c, const char *name, uint16_t scid);
/** A port without a setting of its own, before its role is known. */
void conf_default_port(struct conf_port *p);
/** The row of an S-channel that the file does not have, such as one that only the station asks for: as if it stood in the
 * file without a setting of its own. */
void conf_make_channel(const struct conf_port *port, uint16_t scid, struct conf_port *ret);

/** Add an S-channel that is in no file; its row has line 0. settings: the text of its group, without scid, as it would stand
 * in the file. The rules are the same as there. 0, or -EINVAL / -ENOMEM with *ret_error, and nothing has changed. Pointers
 * to rows are not valid any more. */
int conf_add_channel(
	struct conf *c, const char *port, uint16_t scid, const char *settings, struct conf_error *ret_error);
/** Take out a row again. False: it was not there. */
bool conf_remove_channel(struct conf *c, const char *port, uint16_t scid);

/** The same with a VIF; its row has line 0. settings: without id. */
int conf_add_vif(
	struct conf *c, const char *port, uint32_t id, const char *settings, struct conf_error *ret_error);
bool conf_remove_vif(struct conf *c, const char *port, uint32_t id);
/** The row of a VIF, or NULL. */
const struct conf_vif *conf_find_vif(const struct conf *c, const char *port, uint32_t id);

/** "file:line: text", without the line where none is known. */
const char *conf_error_format(const struct conf_error *e, char *text, size_t size);

struct vtdb_types;
/** Read a VSI type file (conf/types.conf documents it). Freed with conf_types_free(). */
int conf_types_load(const char *path, struct vtdb_types **ret, struct conf_error *ret_error);
void conf_types_free(struct vtdb_types *t);

extern const char *const conf_role_names[]; /* by enum conf_role */
extern const char *const conf_relay_names[];
extern const char *const conf_driver_names[];
extern const char *const conf_tag_names[]; /* by enum conf_pe_tag */

#endif
