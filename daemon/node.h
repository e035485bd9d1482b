/*
 * The daemon's core: ports, their machines, the relay and the VSI type database, without a socket, clock or event
 * loop. The real daemon (loop.c) and the scenario runner (tests/scenario) drive the same node.
 *
 * In: port state, frames, time, requests, configuration. Out: calls of struct node_io. A port's timers are one
 * deadline (node_port_deadline), the relay's ageing another (node_deadline).
 */
#ifndef EVB_NODE_H
#define EVB_NODE_H

#include "cdcp_agent.h"
#include "conf.h"
#include "conf_diff.h"
#include "csp_cb.h"
#include "csp_pe.h"
#include "ecp_rx.h"
#include "ecp_tx.h"
#include "evb_choice.h"
#include "evb_sm.h"
#include "lldp_agent.h"
#include "pe_tlv.h"
#include "relay.h"
#include "theap.h"
#include "vdp_table.h"

enum {
	NODE_MAX_PORTS = 4096, /* devices, S-channels, VM ports and VIFs */
	NODE_NO_PORT = 0xffff,
	NODE_AGENTS = 3,
	NODE_CHANNEL_DEFAULT = CDCP_DEFAULT,
	NODE_MAX_ADMIT = 65536,     /* (VID, address) entries of associated VSIs */
	NODE_LABEL = CONF_NAME + 8, /* "swp1/4094", "swp1#1048575" */
	NODE_PE_UPLINKS = 8,        /* of one port extender */
};

enum node_port_kind {
	NODE_ORDINARY,
	NODE_STATION,
	NODE_BRIDGE,
	NODE_VM,  /* a DRP below a station port: one VM */
	NODE_VIF, /* below a bridge port with port extension: the bridge's end of one VIF */
};

enum node_event_kind {
	NODE_EVENT_PORT,      /* link or administrative state */
	NODE_EVENT_NEIGHBOUR, /* LLDP neighbours of an agent changed */
	NODE_EVENT_EVB,       /* peer, reflective relay or operational values changed */
	NODE_EVENT_VSI,       /* a VSI changed or ended */
	NODE_EVENT_BIND,      /* a VSI was bound to a VM port, or lost it */
	NODE_EVENT_ECP,       /* a request was given up */
	NODE_EVENT_CHANNEL,   /* an S-channel came, went, or CDCP changed its mind */
	NODE_EVENT_VIF,       /* a VIF came or went, or its signalling changed */
	NODE_EVENT_GUARD,     /* BPDU guard, reflective relay blocked by a BPDU */
	NODE_EVENT_MOVE, /* bridge: a VSI that moved here from another port was heard for the first time */
	NODE_EVENT_REFUSED, /* traffic of an unassociated address (once a minute per port), too many neighbours ... */
	NODE_N_EVENTS,
};
struct node_event {
	enum node_event_kind kind;
	bool is_warning;
	uint16_t port;
	const struct vdp_vsi *vsi; /* NODE_EVENT_VSI, BIND: valid during the call */
	bool is_ended;             /* the VSI is gone after this event */
	bool is_of_peer;           /* NODE_EVENT_VSI: it comes of something the peer said */
	const char *from, *to;     /* states, NULL where there is none */
	const char *event;         /* what happened */
	const char *clause;        /* of the standard; NULL where none applies */
	const char *detail;        /* free text, escaped; may be NULL */
	bool has_blackout;         /* NODE_EVENT_MOVE: how long it was not to be heard is known */
	struct dur blackout;
};

/** What goes into a node: one for each call that may change it. */
enum node_input {
	NODE_IN_NEW = 1,
	NODE_IN_SHUTDOWN,
	NODE_IN_PORT_ADD,
	NODE_IN_VM_PORT_ADD,
	NODE_IN_PORT_DEL,
	NODE_IN_PORT_STATE,
	NODE_IN_PORT_PHYSICAL,
	NODE_IN_CARRIER_TAKEN,
	NODE_IN_PORT_CONF,
	NODE_IN_CHANNEL_RELEASE,
	NODE_IN_GLOBALS,
	NODE_IN_VIFS_CONF,
	NODE_IN_STATISTICS,
	NODE_IN_RX,
	NODE_IN_PORT_TIME,
	NODE_IN_LEFT,
	NODE_IN_TIME,
	NODE_IN_ANSWER,
	NODE_IN_RECHECK,
	NODE_IN_CHECKED, /* what the check of a RECHECK said of one VSI */
	NODE_IN_REQUEST,
	NODE_IN_DEASSOCIATE,
	NODE_IN_WITHDRAW,
	NODE_IN_KICK,
	NODE_IN_RESTORE,
	NODE_IN_CHANNELS_RESTORE,
	NODE_N_INPUTS,
};
enum { NODE_IN_PARTS = 8 };

struct node;
/** The VSI type database seen from the node. ask() may call node_vtdb_answer() before it returns, or later. */
struct node_vtdb {
	void *ctx;
	void (*ask)(void *ctx, struct node *n, uint16_t port, struct vtdb_handle h,
		const struct vtdb_query *q, struct mono now);
};
struct node_io {
	void *ctx;
	void (*send)(void *ctx, uint16_t port, struct span head,
		struct span rest); /* one frame, two parts; to a device */
	/** May be NULL, as may be rearm. */
	void (*event)(void *ctx, const struct node_event *ev, struct mono now);
	void (*rearm)(void *ctx, uint16_t port); /* node_port_deadline() of this device may have changed */
	/** May be NULL. A VM port's device is to lose its carrier, since its VIF is gone, or to have it again; its state comes
	 * back with node_port_state() (port-extension-reference 3.6, 5.3). */
	void (*carrier)(void *ctx, uint16_t port, bool is_on);
	/** May be NULL. Another driver forwards and counts, too: the relay is to be told of it now. */
	void (*refresh)(void *ctx);
	struct node_vtdb vtdb;
	/** May be NULL. A control frame of a device - LLDP, ECP - as it is on the wire: before the machines have it, or as it
	 * is handed to send(). */
	void (*control)(void *ctx, uint16_t port, bool is_out, struct span head, struct span rest);
	/** May be NULL. An input, before it takes effect: the arguments of its call in their order, as they lie in memory
	 * (tape.h). Played again they give the same outputs. */
	void (*tape)(
		void *ctx, enum node_input kind, struct mono now, const struct span *parts, unsigned n_parts);
};

struct node_agent { /* LLDP agent of a port */
	bool in_use;
	struct lldp_agent *lldp; /* NULL unless in_use */
};

/* S-channels of a UAP beside the default one, each a node port of its own (evb-reference 1.2, 4). */
struct node_channels {
	struct cdcp_sm cdcp; /* disabled: the channels' SVIDs are all configured */
	struct cdcp_pool pool;
	uint16_t by_scid[CDCP_ID_MAX + 1]; /* node port, or NODE_NO_PORT */
	uint16_t by_svid[CDCP_ID_MAX + 1]; /* of operational ones */
	uint16_t n;                        /* ports */
	struct theap timers;               /* their deadlines, by SCID */
	bool is_applying;                  /* what CDCP decided; nested calls wait for the outer one */
};

/* A port extender: one PE-CSP machine over the uplinks that stand in for each other (port-extension-reference 3.3, 3.6). */
struct node_pe {
	struct csp_pe *csp;
	uint16_t uplink[NODE_PE_UPLINKS];
	unsigned n;
	uint16_t upstream; /* the elected one, NODE_NO_PORT: none */
};

struct node_vif_list { /* bridge: the group that floods one VLAN to the VIFs of a cascade port */
	uint16_t vid;
	uint32_t channel;
};
enum { NODE_VIF_LISTS = 256 };

struct node_vif_counters {
	uint64_t ecp_not_ours; /* PE-CSP frames to another address, or while the port has no such user */
	uint64_t tlv_length;   /* Port Extension TLVs of another length */
	uint64_t vsi_unnamed, vsi_unknown; /* bridge: VSIs refused, for they name no VIF, or none of ours */
};

/* Port extension of an uplink or a cascade port: VN-Tag or E-TAG, one VIF per VM (port-extension-reference). */
struct node_vifs {
	enum vntag_format format; /* in force, if has_format */
	bool has_format;          /* configured, or agreed in CSP-Open */
	bool is_signalled;        /* by PE-CSP; else VIFs and lists are those of the configuration */
	bool has_greeted; /* signalled: the other end was heard since the link came up, so our TLV is sent */
	bool has_peer;
	struct pe_tlv peer;   /* last Port Extension TLV, valid with has_peer */
	struct node_pe *pe;   /* station */
	struct csp_cb *cb;    /* bridge */
	struct ecp_tx ecp_tx; /* of PE-CSP */
	struct ecp_rx ecp_rx;
	struct mac requester; /* of the frame whose acknowledgement is being sent */
	void *ecp_mem;
	uint32_t n_vifs;      /* bridge: NODE_VIF ports; station: VM ports with a VIF */
	uint16_t *vif_of_vsi; /* bridge, by VSI: node port + 1 of the VIF it is admitted on, 0: none */
	uint32_t *asked_vif;  /* bridge, by VSI: channel that its request in question names */
	unsigned n_conf, n_lists_conf;
	struct conf_vif *conf; /* of the configuration, owned */
	struct conf_list *lists_conf;
	bool is_list_dirty; /* bridge: VIFs of a VLAN changed */
	uint8_t dirty_vids[512];
	unsigned n_lists; /* bridge, signalled */
	struct node_vif_list list[NODE_VIF_LISTS];
	struct node_vif_counters count;
};

struct node_port_counters { /* of evb-reference 9, where no machine owns them */
	uint64_t ecp_not_ready, ecp_bad_da, lldp_no_agent, bpdus, warn_exponent, control_in, unbound;
	uint64_t no_channel; /* UAP: control frames with an S-TAG of no channel */
};

struct node_port { /* read it, do not write it */
	bool in_use;
	enum node_port_kind kind;
	char name[CONF_NAME];           /* of the device */
	char label[NODE_LABEL];         /* unique: the name, for an S-channel with its SCID: "swp1/2" */
	uint16_t device;                /* itself, or of an S-channel its UAP */
	uint16_t scid;                  /* S-channel; NODE_CHANNEL_DEFAULT: the device's untagged frames */
	uint16_t svid;                  /* of the channels beside that one; 0: not operational */
	bool is_dynamic;                /* bridge: the channel is there because the station asks for it */
	struct node_channels *channels; /* UAP; NULL: no S-channels */
	struct node_vifs *vifs;         /* uplink or cascade port; NULL: no port extension */
	uint32_t vif;                   /* VM, VIF: VIF id or E-CID; 0: none yet */
	struct mono vif_since;
	uint16_t
		home; /* VM: the station port whose vm_ports name it; `uplink` may be another one of its port extender */
	struct csp_statistics
		extender; /* VIF: what its port extender counts, as of extender_at; that 0: never asked */
	struct mono extender_at, next_statistics;
	bool is_carrier_off;    /* VM: we took its carrier */
	bool is_transit;        /* VM: a port extender is behind it */
	bool is_physical;       /* the device has a wire: short frames are padded to the Ethernet minimum */
	struct conf_port conf;  /* of a VM port: of its station port */
	bool is_present, is_up; /* the device exists; it can carry frames */
	bool is_guarded;        /* blocked by BPDU guard */
	bool wants_pump;        /* its machines have something to say */
	struct mac mac;
	uint32_t mtu;
	uint16_t uplink; /* VM: its station port or S-channel; VIF: its cascade port; else NODE_NO_PORT */
	uint16_t lport;  /* in the relay; FWD_LPORT_NONE: none (relay = none, too many ports) */
	struct node_agent agent[NODE_AGENTS]; /* nearest customer bridge, non-TPMR bridge, bridge */
	struct evb_sm evb;
	struct evb_choice choice; /* of the generation; its edition is in force */
	bool has_lldpdu;          /* one came in, which the choice has not counted yet */
	struct ecp_tx ecp_tx;
	struct ecp_rx ecp_rx;
	struct vdp_table *vdp; /* NULL unless station or bridge */
	void *ecp_mem;
	void *vdp_mem;
	struct node_port_counters count;
	bool has_host_vsi; /* the uplink's own VSI was asked for */
	struct vsi_id host_vsi;
	struct mono next_bind_scan; /* VM and station: rate limit of the search by source address */
	struct mono next_refused;   /* rate limit of NODE_EVENT_REFUSED */
	struct mono since;          /* of the link state */
};

struct node_ended { /* an ended or refused VSI, kept for 10 minutes */
	bool in_use;
	bool is_moved; /* to another port of this bridge */
	uint16_t port;
	char port_name[CONF_NAME];
	uint16_t scid;
	enum vdp_role role;
	struct vdp_vsi vsi; /* filters point to `filter`, cut to one */
	struct vdp_filter filter;
	unsigned n_filters; /* it had */
	struct mono ended;
};

struct node *node_new(const struct conf *c, const struct node_io *io, uint64_t seed, struct mono now);
void node_free(struct node *n); /* sends nothing; see node_shutdown() */
/** Clean exit: a shutdown LLDPDU from every agent. VSIs are not de-associated: a restart finds them again. */
void node_shutdown(struct node *n, struct mono now);

/** Add a port of the configuration, or a VM port below `uplink`. NODE_NO_PORT when full. The port is not present until
 * node_port_state(). An S-channel (conf->scid > 1) is added after its UAP, which is the port of the same name that must
 * be there; it is up while its UAP is and CDCP, or conf->svid without CDCP, gives it an SVID. */
uint16_t node_port_add(struct node *n, const struct conf_port *conf, struct mono now);
uint16_t node_vm_port_add(struct node *n, const char *name, uint16_t uplink, struct mono now);
void node_port_del(struct node *n, uint16_t port, struct mono now);
/** The device came, went, or changed; not for S-channels, which follow their UAP. */
void node_port_state(struct node *n, uint16_t port, bool is_present, bool is_up, struct mac mac, uint32_t mtu,
	struct mono now);
/** Is there a wire behind the device? Then frames are padded to the Ethernet minimum. For the next node_port_state(). */
void node_port_set_physical(struct node *n, uint16_t port, bool is_physical);
/** A predecessor that was killed had taken the device's carrier: it is to have it again with its VIF. Before the first
 * node_port_state(). */
void node_port_carrier_taken(struct node *n, uint16_t port);
/** Apply a new configuration of this port that conf_diff() calls adapted or renegotiated; of an S-channel that the
 * configuration did not name before, too. */
void node_port_conf(struct node *n, uint16_t port, const struct conf_port *conf, struct mono now);
/** A bridge's S-channel that the configuration does not name any more stays if the station asks for it: with the settings of
 * its UAP, and dynamic. False: it has to be deleted. */
bool node_channel_release(struct node *n, uint16_t port, struct mono now);
/** A reload: the settings of no port; and ports that BPDU guard blocks get another chance. */
void node_set_globals(struct node *n, const struct conf *c, struct mono now);

/** VIFs and lists of a port with port extension, all of them: replaces what was said before. With signalling a row is how a
 * VIF is to be, without it is one. Rows of other ports are left out. */
void node_vifs_conf(struct node *n, uint16_t port, const struct conf_vif *vifs, unsigned n_vifs,
	const struct conf_list *lists, unsigned n_lists, struct mono now);

/** Bridge: ask the port extender for its counters of a VIF; node_port.extender has them soon, after node_kick() of the
 * VIF's uplink. Not more than twice a second. */
void node_vif_ask_statistics(struct node *n, uint16_t vif, struct mono now);

void node_rx(struct node *n, uint16_t port, struct span frame, struct mono now);
void node_port_on_time(struct node *n, uint16_t port, struct mono now);
/** What a device was given to send has left at `now`, much later than the input that it is the answer to: ack times begin. */
void node_port_left(struct node *n, uint16_t port, struct mono now);
struct mono node_port_deadline(const struct node *n, uint16_t port);
void node_on_time(struct node *n, struct mono now);
struct mono node_deadline(const struct node *n);

void node_vtdb_answer(
	struct node *n, uint16_t port, struct vtdb_handle h, const struct vtdb_answer *a, struct mono now);
/** The type database changed: bridge VSIs whose type is gone or now refused are withdrawn (VDPB-29). The caller's
 * check decides; NULL reason keeps a VSI. */
void node_vtdb_recheck(
	struct node *n, const char *(*check)(void *ctx, const struct vdp_vsi *v), void *ctx, struct mono now);

/** Station request. vm_port: index, or NODE_NO_PORT: the one the VSI has, else bind by MAC. On anything but
 * VDP_SUBMIT_OK nothing was taken. Nothing is sent before node_kick(), so that many requests leave packed. */
enum vdp_submit node_vsi_request(
	struct node *n, uint16_t port, const struct vdp_request *rq, uint16_t vm_port, struct mono now);
enum vdp_submit node_vsi_deassociate(struct node *n, uint16_t port, const struct vsi_id *id, struct mono now);
/** Bridge: the administrator ends an association. False: no such VSI. */
bool node_vsi_withdraw(
	struct node *n, uint16_t port, const struct vsi_id *id, const char *reason, struct mono now);
void node_kick(struct node *n, uint16_t port, struct mono now);

/* ---- across a restart ---- */

/** Call `fn` whenever what node_vsi_save() says of a VSI may have changed. It may not call the node back, but to save. */
typedef void node_keep_fn(void *ctx, uint16_t port, const struct vsi_id *id);
void node_watch_vsis(struct node *n, node_keep_fn *fn, void *ctx);
/** What is to be kept of a VSI (vdp_table_save()). False: nothing, forget it. host_vsi is configuration and not kept. */
bool node_vsi_save(const struct node *n, uint16_t port, const struct vsi_id *id,
	struct vdp_filter room[2 * VDP_FILTERS_MAX], struct vdp_saved *ret);
/** Put back what was kept; to be followed by node_kick(). A bridge port that is still down keeps its restored VSIs
 * until it comes up; then they have toutKeepAlive. other: node_vsi_other_port() of before; of a station VSI NODE_NO_PORT
 * means bind by MAC. */
enum vdp_submit node_vsi_restore(
	struct node *n, uint16_t port, const struct vdp_saved *s, uint16_t other, struct mono now);

/** Put back the S-channels of before a restart, all of a UAP at once, after its channels were added and before it is up.
 * They are operational as soon as the port is, until the peer has been heard or its TTL is over (CDCP). */
void node_channels_restore(
	struct node *n, uint16_t port, const struct cdcp_pair *channels, unsigned count, struct mono now);
/** What node_channels_restore() wants to know again: operational channels of a UAP beside the default one. Returns how many. */
unsigned node_channels_save(const struct node_port *p, struct cdcp_pair ret[CDCP_PAIRS_MAX]);
/** Call `fn` when the S-channels of a UAP that are operational have changed; it may not call the node back, but to look. */
typedef void node_keep_channels_fn(void *ctx, uint16_t port);
void node_watch_channels(struct node *n, node_keep_channels_fn *fn, void *ctx);

/* ---- looking ---- */
uint16_t node_find_port(const struct node *n, const char *name); /* a device, or NODE_NO_PORT */
uint16_t node_find_channel(const struct node *n, const char *name, uint16_t scid);
uint16_t node_find_label(const struct node *n, const char *label);
const struct node_port *node_port(const struct node *n, uint16_t port); /* NULL: not in use */
uint16_t node_n_ports(const struct node *n);                            /* indices 0..n-1, some not in use */
const struct relay *node_relay(const struct node *n);
/** The same for a driver that forwards by tables of its own (relay_mirror.h). */
struct relay *node_relay_mirrored(struct node *n);
/** Node port of a logical port of the relay. */
uint16_t node_port_of_lport(const struct node *n, uint16_t lport);
/** VM port a station VSI is bound to: index, or NODE_NO_PORT. */
uint16_t node_vsi_vm_port(const struct node_port *p, const struct vdp_vsi *v);
/** Station port that requests to this one go to: of a port extender's uplinks the elected one. */
uint16_t node_upstream(const struct node *n, uint16_t port);
/** Is that station port the VM port's uplink, or might it become it, as one of its port extender? */
bool node_vm_is_behind(const struct node *n, uint16_t vm, uint16_t port);
/** The other port that a VSI has to do with: its VM port, or on a bridge the port it left when it moved here; index, or
 * NODE_NO_PORT. Kept across a restart. */
uint16_t node_vsi_other_port(const struct vdp_vsi *v);
bool node_vsi_is_host(const struct node_port *p, const struct vdp_vsi *v);
/** Is `port` this station port, one of its S-channels, or an uplink that stands in for it? */
bool node_is_station_of(const struct node *n, uint16_t port, uint16_t station);
/** Which of those has the VSI; NODE_NO_PORT: none. */
uint16_t node_vsi_find(const struct node *n, uint16_t station, const struct vsi_id *id);
/** VM port behind one of those whose device has this address, be it the guest's own or libvirt's fe: form of it. */
uint16_t node_vm_port_of_mac(const struct node *n, uint16_t station, struct mac mac);
enum node_vif_state {
	NODE_VIF_WANTED, /* `reason` says what is missing */
	NODE_VIF_CREATING,
	NODE_VIF_CREATED,    /* and carries nothing yet: no VSI is associated on it */
	NODE_VIF_ASSOCIATED, /* it carries data */
	NODE_VIF_REFUSED,    /* by the bridge, or it deleted it */
};
struct node_vif_look {
	enum node_vif_state state;
	const char *reason;  /* a constant; NULL: none */
	bool is_operational; /* the VM port's link, as far as this end knows */
	uint16_t pvid;       /* 0: that of its VSI, or a port extender's bridge has not said it yet */
	uint8_t priority;
	unsigned n_vsis;       /* associated on it */
	uint8_t untagged[512]; /* bitmap of VIDs whose frames reach the VM without their tag */
};
/** VIF port that a bridge's VSI is admitted on, NODE_NO_PORT: none. */
uint16_t node_vsi_vif_port(const struct node *n, uint16_t port, uint32_t vsi);
/** VIF that a VSI names, or that its VM port has; 0: none. */
uint32_t node_vsi_vif(const struct node *n, uint16_t port, uint32_t vsi);
const char *node_vif_state_name(enum node_vif_state s); /* "wanted" ... */
/** How a VIF stands: of a VM port whose uplink has port extension, or of a bridge's VIF port. False: of any other port. */
bool node_vif_look(const struct node *n, uint16_t port, struct node_vif_look *ret);
/** Why an uplink or cascade port with signalling has no session of PE-CSP, a constant; NULL: it has one, or needs none. */
const char *node_vif_no_session(const struct node *n, uint16_t port);
/** Ended VSIs, newest last: 0..n-1; NULL for one that has expired. */
unsigned node_n_ended(const struct node *n);
const struct node_ended *node_ended(const struct node *n, unsigned i, struct mono now);
const char *node_port_kind_name(enum node_port_kind k);   /* "ordinary", "station", "bridge", "vm" */
const char *node_event_kind_name(enum node_event_kind k); /* "port", "neighbor" ... */

#endif
