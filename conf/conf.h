/*
 * The configuration as one value: read whole, validated whole, then compared with the one in force (conf_diff.h).
 * Text form: conf/evbd.conf.example documents every setting; man evbd.conf(5) is made from the same table.
 */
#ifndef EVB_CONF_H
#define EVB_CONF_H

#include "evb_sm.h"
#include "fwd_types.h"
#include "lldp_agent.h"
#include "vdp_tlv.h"

enum {
	CONF_NAME = 16,  /* interface name and its NUL (IFNAMSIZ) */
	CONF_PATH = 108, /* fits sun_path */
	CONF_TEXT = 128,
	CONF_MAX_PORTS = 256,
	CONF_MAX_PATTERNS = 16,
	CONF_MAX_HOST_FILTERS = 8,
};

enum conf_role { CONF_ORDINARY, CONF_STATION, CONF_BRIDGE }; /* names: "ordinary", "station", "bridge" */
enum conf_relay { CONF_RELAY_VEPA, CONF_RELAY_VEB, CONF_RELAY_NONE }; /* station; none: signalling only */
enum conf_driver { CONF_DRIVER_AUTO, CONF_DRIVER_PCAP, CONF_DRIVER_PACKET };
enum { CONF_AGENT_NCB = 1, CONF_AGENT_NTPMR = 2, CONF_AGENT_NB = 4 }; /* LLDP agents of a port, a mask */

struct conf_host_vsi { /* the hypervisor's own traffic on the uplink, associated like a VM's */
	bool is_set;
	bool has_id;                /* else derived: format MAC, the uplink's address */
	struct vdp_subject subject; /* vsi only with has_id */
	uint16_t vid; /* the host's frames leave untagged, so this is the uplink's pvid; default pvid */
};

struct conf_port {
	char name[CONF_NAME];
	int line; /* where it stands, for messages */
	enum conf_role role;
	bool create_tap; /* create = "tap": evbd makes the device and removes it on exit */
	enum conf_driver driver;
	uint16_t pvid;      /* default 1 */
	uint8_t vlans[512]; /* ordinary: bitmap of VIDs carried C-tagged */
	/* LLDP and EVB (station, bridge) */
	unsigned lldp_agents;       /* CONF_AGENT_*; default NCB on EVB ports, none on ordinary ones */
	struct lldp_agent_cfg lldp; /* da is set per agent by the daemon */
	struct evb_cfg evb;
	uint32_t max_vsis; /* 1..65536, default 4096 */
	/* station */
	enum conf_relay relay;
	unsigned n_vm_patterns;
	char vm_patterns[CONF_MAX_PATTERNS][CONF_NAME]; /* vm_ports = ["vnet*"]: shell patterns */
	struct conf_host_vsi host_vsi;
	/* bridge */
	uint16_t unassociated_vid; /* unassociated = "drop" (0) or "vlan N" */
	bool strict_move; /* refuse an Associate of a VSI active on another port unless M is set (6.9.1) */
	/* ordinary */
	bool bpdu_guard;    /* a BPDU blocks the port until it is re-enabled by link down or reload */
	unsigned storm_pps; /* broadcast, group and unknown unicast frames per second; 0: no limit */
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
	uint8_t warn_exponent; /* a peer's timer exponent above it is shown, logged, counted; default 24 */
	unsigned fdb_age_s;    /* default 300 */
	uint32_t max_fdb;      /* default 16384 */
	uint32_t max_ended;    /* ended VSIs kept for show, default 1024 */
	unsigned max_clients;  /* of the control socket, default 32 */
	unsigned n_ports;
	struct conf_port *ports; /* n_ports, owned */
};

struct conf_error { /* the first thing wrong */
	char file[CONF_TEXT];
	int line;
	char text[256]; /* what, the allowed range, "did you mean ..." */
};

/** Read and validate a file. On success *ret is to be freed with conf_free(). 0 or -EINVAL / -errno with *ret_error. */
int conf_load(const char *path, struct conf **ret, struct conf_error *ret_error);
void conf_free(struct conf *c);
const struct conf_port *conf_find_port(const struct conf *c, const char *name);

/** "file:line: text", without the line where none is known. */
const char *conf_error_format(const struct conf_error *e, char *text, size_t size);

struct vtdb_types;
/** Read a VSI type file (conf/types.conf documents it). Freed with conf_types_free(). */
int conf_types_load(const char *path, struct vtdb_types **ret, struct conf_error *ret_error);
void conf_types_free(struct vtdb_types *t);

extern const char *const conf_role_names[]; /* by enum conf_role */
extern const char *const conf_relay_names[];
extern const char *const conf_driver_names[];

#endif
