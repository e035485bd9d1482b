/* Shared between node.c, port_evb.c, port_vsi.c and port_bind.c: the node's own struct and the steps of a port. */
#ifndef EVB_NODE_PRIV_H
#define EVB_NODE_PRIV_H

#include "node.h"

enum {
	NODE_FRAME_MIN = 60,  /* what we send is padded to it (802.3 3.2.8) */
	USER_UNBOUND = 0,     /* vdp_vsi.user: a station VSI waits for its VM port to show its address */
	ENDED_LIFE_S = 600,   /* design: an ended VSI stays listed for 10 minutes */
	REFUSED_EVENT_S = 60, /* refused traffic is told once a minute per port */
	EVB_ORG_SLOT = 0,     /* LLDP org slot of the EVB TLV */
	AGENT_NCB = 0,
	AGENT_NTPMR = 1,
	AGENT_NB = 2,
};
#define USER_HOST UINT32_MAX /* the uplink's own VSI (host_vsi); other values: node_vsi_other_port() + 1 */

struct node {
	struct node_io io;
	node_keep_fn *keep; /* NULL: nobody watches */
	void *keep_ctx;
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
};

/* node.c */
void node_tell(struct node *n, const struct node_event *ev, struct mono now);
/** Let a port's machines talk until they are quiet: events, answers, ECP, LLDP. */
void node_pump(struct node *n, uint16_t port, struct mono now);

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

/* port_ecp.c: the only place where VDP meets ECP */
void port_ecp_init(struct node *n, struct node_port *p);
void port_ecp_fini(struct node_port *p);
void port_ecp_rx(struct node *n, uint16_t port, struct span frame, struct mono now);
/** Operational values or readiness of the EVB machine changed. */
void port_ecp_params(struct node *n, uint16_t port, struct mono now);
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
