/* Shared between node.c and the port_*.c: the node's own struct and the steps of a port. */
#ifndef EVB_NODE_PRIV_H
#define EVB_NODE_PRIV_H

#include "node.h"

enum {
	NODE_FRAME_MIN = 60,  /* what we send is padded to it (802.3 3.2.8) */
	USER_UNBOUND = 0,     /* vdp_vsi.user: a station VSI waits for its VM port to show its address */
	ENDED_LIFE_S = 600,   /* design: an ended VSI stays listed for 10 minutes */
	REFUSED_EVENT_S = 60, /* refused traffic is told once a minute per port */
	EVB_ORG_SLOT = 0,     /* LLDP org slot of the EVB TLV */
	CDCP_ORG_SLOT = 1,
	PE_ORG_SLOT = 2,
	NODE_MAX_ACTIVE = 65536, /* listed VSIs that are associated on bridge ports */
	AGENT_NCB = 0,
	AGENT_NTPMR = 1,
	AGENT_NB = 2,
};
#define USER_HOST UINT32_MAX /* the uplink's own VSI (host_vsi); other values: node_vsi_other_port() + 1 */

enum { NODE_MOVES = 64 };

struct node {
	struct node_io io;
	node_keep_fn *keep; /* NULL: nobody watches */
	void *keep_ctx;
	node_keep_channels_fn *keep_channels;
	void *keep_channels_ctx;
	struct siphash_key key;
	struct prng rng;
	char system_name[CONF_TEXT], system_descr[CONF_TEXT];
	uint8_t warn_exponent;
	bool has_chassis;
	struct mac chassis; /* address of the first port that came up, kept for good */
	struct relay *relay;
	struct node_port *port[NODE_MAX_PORTS];
	uint16_t n_ports;                  /* high-water mark of port[] */
	uint16_t by_lport[NODE_MAX_PORTS]; /* port of a logical port in the relay */
	bool is_pumping;                   /* inside node_pump(): further pumps are only noted */
	bool pump_others;                  /* some were */
	struct node_ended *ended;          /* ring of max_ended */
	struct imap ended_map;             /* by (port, VSIID) */
	void *ended_map_mem;
	uint32_t max_ended, ended_next, n_ended;
	struct imap active_map; /* by VSIID: VSIs associated on bridge ports */
	void *active_mem;
	struct node_active *active;
	uint32_t *unused_active;
	uint32_t n_unused_active,
		n_active;    /* records below n_active are in use or on the stack of unused ones */
	uint32_t n_unlisted; /* associated without a place in the list: then all ports are searched */
	unsigned n_moves, next_move;
	struct node_move {
		bool in_use;
		struct vsi_id vsi;
		uint16_t from, to;
		char from_label[NODE_LABEL];
		struct mono last_seen; /* its last frame at the old port; zero: none */
		struct mono until;
	} move[NODE_MOVES];
};

/** A VSI that is associated on a bridge port: few ports have the VSI that moves, and many ports are there. */
struct node_active {
	uint64_t hash;
	uint32_t vsi;
	uint16_t port;
};

/** Tell the tape of an input; further arguments are struct spans. */
#define NODE_TAPE(n, kind, now, ...)                                                                         \
	do {                                                                                                 \
		if ((n)->io.tape != NULL) {                                                                  \
			const struct span tape_parts[] = { __VA_ARGS__ };                                    \
			(n)->io.tape((n)->io.ctx, kind, now, tape_parts,                                     \
				sizeof(tape_parts) / sizeof(tape_parts[0]));                                 \
		}                                                                                            \
	} while (0)
#define TAPE_OF(x)   span_of(&(x), sizeof(x))
#define TAPE_TEXT(s) span_of(s, (s) != NULL ? strlen(s) : 0)

/* node.c */
void node_tell(struct node *n, const struct node_event *ev, struct mono now);
/** Let a port's machines talk until they are quiet: events, answers, ECP, LLDP. */
void node_pump(struct node *n, uint16_t port, struct mono now);
/** The same, by the node_pump() that ends what is going on: for event handlers, which must not be entered again. */
void node_pump_later(struct node *n, uint16_t port);
/** A control frame of the port's own machines, in two parts (the first at least 12 octets): S-tagged where it has to be. */
void node_send(struct node *n, uint16_t port, struct span head, struct span rest);
/** What a port that is up or down means for its machines and the relay. */
void node_port_changed(struct node *n, uint16_t port, bool is_present, bool is_up, struct mac mac,
	uint32_t mtu, struct mono now);

/** The port carries S-TAGs from now on. */
void node_relay_trunk(struct node *n, uint16_t port);

/* port_channel.c: S-channels and CDCP of a UAP */
bool port_channel_init(struct node *n, uint16_t port, struct mono now);
void port_channel_fini(struct node_port *p);
/** The port, a new S-channel, joins its UAP; leaves it. */
bool port_channel_join(struct node *n, uint16_t port, struct mono now);
void port_channel_leave(struct node *n, uint16_t port, struct mono now);
void port_channel_conf(struct node *n, uint16_t port, struct mono now);
/** The settings of a bridge's S-channel that the configuration does not name. */
struct conf_port port_channel_conf_of(const struct conf_port *uap, uint16_t scid);
/** The UAP's state changed: its channels' follow. */
void port_channel_state(struct node *n, uint16_t port, struct mono now);
/** LLDP heard something new. */
void port_channel_hear(struct node *n, uint16_t port, struct mono now);
void port_channel_on_time(struct node *n, uint16_t port, struct mono now);
struct mono port_channel_deadline(const struct node_port *p);
/** A channel's deadline may have changed. */
void port_channel_rearm(struct node *n, uint16_t port);
/** The S-channel that an S-tagged frame from the UAP belongs to, the UAP itself for VID 0, or NODE_NO_PORT. */
uint16_t port_channel_of_tag(const struct node *n, uint16_t port, uint16_t svid);

void node_port_free(struct node_port *p);
/** node_port_add(), node_port_del(), node_port_on_time(), by the node itself. */
uint16_t node_add_port(struct node *n, const struct conf_port *conf, struct mono now);
void node_del_port(struct node *n, uint16_t port, struct mono now);
void node_due_port(struct node *n, uint16_t port, struct mono now);
/** What a port may do in the relay changed: link, guard, VIF, VSIs. */
void node_forwarding(struct node *n, uint16_t port);
/** The relay's settings of the port anew. */
void node_port_cfg(struct node *n, uint16_t port);
/** The port takes part in the relay anew, with another uplink or kind. */
void node_relay_again(struct node *n, uint16_t port);
/** Can there be another port? */
bool node_has_room(const struct node *n);
/** A bridge's port for a VIF of its cascade port. NODE_NO_PORT: no room. */
uint16_t node_vif_port_add(struct node *n, uint16_t trunk, uint32_t id, struct mono now);
void node_vif_port_del(struct node *n, uint16_t vif, struct mono now);

/* port_move.c: VSIs that move from one bridge port to another */
/** When an address of the VSI was last seen at that port; zero: never. */
struct mono port_move_last_seen(const struct node *n, uint16_t port, const struct vsi_id *id);
void port_move_begin(struct node *n, uint16_t from, uint16_t to, const struct vdp_vsi *v,
	struct mono last_seen, struct mono now);
/** The relay has taken a frame of a VSI: is it the first of one that moved? */
void port_move_rx(struct node *n, struct mono now);

/* port_vif.c: port extension of a port, what is common to both roles: LLDP, ECP, configuration */
bool port_vif_init(struct node *n, uint16_t port);
void port_vif_fini(struct node_port *p);
void port_vif_state(struct node *n, uint16_t port, struct mono now);
void port_vif_hear(struct node *n, uint16_t port, struct mono now);
/** Is an ECP frame PE-CSP's? */
bool port_vif_is_csp(const struct node_port *p, struct mac da, struct span frame);
void port_vif_rx(struct node *n, uint16_t port, struct span frame, struct mono now);
void port_vif_pump(struct node *n, uint16_t port, struct mono now);
void port_vif_on_time(struct node *n, uint16_t port, struct mono now);
/** True: its deadline is another one. */
bool port_vif_left(struct node *n, uint16_t port, struct mono now);
struct mono port_vif_deadline(const struct node *n, uint16_t port);
enum fwd_tag port_vif_tag(const struct node_vifs *x);
/** The settings of the port have changed. */
void port_vif_conf(struct node *n, uint16_t port, struct mono now);
/** Row of a VIF, by its id; by its VM port. NULL: none. */
const struct conf_vif *port_vif_conf_of(const struct node_vifs *x, uint32_t id);
const struct conf_vif *port_vif_conf_of_vm(const struct node *n, uint16_t vm);
void port_vif_tell(struct node *n, uint16_t port, bool is_warning, const char *event, const char *to,
	const char *detail, struct mono now);

/* port_vif_pe.c: interface virtualizer */
bool pe_join(struct node *n, uint16_t port);
/** The uplink is being removed: what is behind it goes to another one of its port extender, if there is one. */
void pe_leave(struct node *n, uint16_t port, struct mono now);
/** The port is no uplink of its port extender any more; the last one frees it. */
void pe_forget(struct node_vifs *x, uint16_t port);
/** A VM port changed its state; is_news: it has come up. */
void pe_vm(struct node *n, uint16_t vm, bool is_news, struct mono now);
/** What PE-CSP has of a VM port; NULL: nothing, or there is no signalling. */
const struct csp_pe_port *pe_csp_port(const struct node *n, uint16_t vm);
/** Default priority of a VM port's frames. */
uint8_t pe_priority(const struct node *n, uint16_t vm);
/** Before the rows change: none is a port extender's below any more. */
void pe_clear_transit(struct node *n, uint16_t port);
void pe_vm_gone(struct node *n, uint16_t vm, struct mono now);
/** Uplink state or what LLDP heard changed. */
void pe_elect_again(struct node *n, uint16_t port, struct mono now);
void pe_events(struct node *n, uint16_t port, struct mono now);
/** Configured VIFs and lists of an uplink without signalling. */
void pe_static(struct node *n, uint16_t port, struct mono now);
/** The VSI goes out when its VM port has a VIF, and names it. */
void pe_vsi(struct node *n, uint16_t port, uint32_t vsi, struct mono now);
/** The org-defined TLVs `org` with the VIF named that VM port `vm` has, in `room`. */
struct span pe_name_vif(const struct node *n, uint16_t vm, struct span org, uint8_t *room, size_t size);

/* port_vif_cb.c: controlling bridge */
void cb_events(struct node *n, uint16_t port, struct mono now);
void cb_static(struct node *n, uint16_t port, struct mono now);
/** PVID (0: that of its VSI) and default priority of a VIF. */
void cb_params(const struct node *n, uint16_t vif, uint16_t *ret_pvid, uint8_t *ret_priority);
/** NULL, or why the request can't be granted here. */
const char *cb_objection(struct node *n, uint16_t port, uint32_t vsi, struct span org);
/** The answer's org-defined TLVs with the VIF that the request named. */
struct span cb_name_vif(
	const struct node *n, uint16_t port, uint32_t vsi, struct span org, uint8_t *room, size_t size);
/** Relay port of the VIF that an associated VSI names, FWD_LPORT_NONE if there is none; on any other its addresses are not
 * admitted any more. */
uint16_t cb_lport_of(struct node *n, uint16_t port, uint32_t vsi);

/* port_vif_list.c: the lists that flood VLANs to a cascade port's VIFs */
void cb_vif_changed(struct node *n, uint16_t vif);
void cb_lists(struct node *n, uint16_t port, struct mono now);
void cb_list_event(struct node *n, uint16_t port, const struct csp_cb_event *ev);
void cb_lists_forget(struct node *n, uint16_t port);
/** Lists of the configuration whose members are all there. */
void cb_lists_static(struct node *n, uint16_t port);

/* port_evb.c: LLDP agents and the EVB machine of a port */
void port_evb_init(struct node_port *p, struct mono now);
void port_evb_fini(struct node_port *p);
void port_evb_conf(struct node *n, uint16_t port, struct mono now);
/** Link state or address changed. */
void port_evb_state(struct node *n, uint16_t port, struct mono now);
void port_evb_rx(struct node *n, uint16_t port, struct span frame, struct mono now);
void port_evb_bpdu(struct node *n, uint16_t port, struct mono now);
void port_evb_on_time(struct node *n, uint16_t port, struct mono now);
struct mono port_evb_deadline(const struct node_port *p);
/** Send what LLDP has to send; see to changed neighbours. */
void port_evb_pump(struct node *n, uint16_t port, struct mono now);
void port_evb_shutdown(struct node *n, uint16_t port, struct mono now);

/* port_edition.c: which generation of EVB, ECP and VDP the port speaks */
/** What is configured; the draft has no S-channels. */
enum evb_generation port_edition_setting(const struct node_port *p);
/** An LLDPDU has come in and EVB has heard it. */
void port_edition_hear(struct node *n, uint16_t port, struct mono now);
/** A VSI that is put back was spoken of in this generation. */
void port_edition_adopt(struct node *n, uint16_t port, enum qbg_edition before, struct mono now);
/** The configuration may name another one. */
void port_edition_conf(struct node *n, uint16_t port, struct mono now);

/* port_ecp.c: the only place where VDP meets ECP */
void port_ecp_init(struct node *n, struct node_port *p, struct mono now);
void port_ecp_fini(struct node_port *p);
void port_ecp_rx(struct node *n, uint16_t port, struct span frame, struct mono now);
/** Operational values or readiness of the EVB machine changed. */
void port_ecp_params(struct node *n, uint16_t port, struct mono now);
/** ECP and VDP go over to the generation in force: all VSIs restart. Not ready until port_ecp_params(). */
void port_ecp_edition(struct node *n, uint16_t port, struct mono now);
/** Is a frame of this EtherType and destination ECP of the generation in force? */
bool port_ecp_takes(const struct node_port *p, unsigned ethertype, struct mac da);
/** Link down or EVB switched off: a bridge's VSIs end without a frame, a station's wait (evb-reference 6.8). */
void port_ecp_down(struct node *n, uint16_t port, struct mono now);
void port_ecp_pump(struct node *n, uint16_t port, struct mono now);

/* port_vsi.c: what a VSI's state means for the relay, the list of ended VSIs, moves between ports */
void port_vsi_events(struct node *n, uint16_t port, struct mono now);
/** The port is being removed: tell of the VSIs a station still wanted. */
void port_vsi_port_gone(struct node *n, uint16_t port, struct mono now);
void port_vsi_host(struct node *n, uint16_t port, struct mono now);
/** What is kept of this VSI may have changed. */
void port_vsi_keep(struct node *n, uint16_t port, const struct vsi_id *id);
bool node_ended_init(struct node *n);
void node_ended_fini(struct node *n);
bool node_active_init(struct node *n);
void node_active_fini(struct node *n);

/* port_bind.c: which VM port a station VSI belongs to */
void port_bind_vsi(struct node *n, uint16_t port, uint32_t vsi, struct mono now);
void port_bind_vm_port(struct node *n, uint16_t vm, struct mono now);
void port_bind_source(struct node *n, uint16_t vm, struct mac src, struct mono now);
void port_bind_vm_gone(struct node *n, uint16_t vm, struct mono now);
/** Bring the relay's admissions of one VSI in line with its state. */
void port_bind_sync(struct node *n, uint16_t port, uint32_t vsi, struct mono now);
/** Bridge: is there room in the relay for what is asked for? */
bool port_bind_fits(struct node *n, uint16_t port, uint32_t vsi, const struct vtdb_query *q);
/** The VSI is no longer this VM port's. */
void port_bind_revoke(struct node *n, uint16_t vm, uint32_t vsi);

#endif
