/*
 * A world in virtual time: nodes (the daemon's core), wires between their ports, guests behind VM and ordinary ports,
 * a type database that may take its time. Same seed, same run. Scenarios, unit tests and the port fuzzer share it.
 */
#ifndef EVB_SIM_H
#define EVB_SIM_H

#include "node.h"

enum {
	SIM_MAX_NODES = 8,
	SIM_MAX_WIRES = 64,
	SIM_MAX_TYPES = 16,
	SIM_MAX_FRAMES = 65536,
	SIM_MAX_PORTS = 512
};

struct sim;

enum sim_kind { SIM_ALL, SIM_ACKS, SIM_REQUESTS, SIM_LLDP }; /* what a fault hits */

struct sim_wire { /* one direction */
	uint16_t to_node, to_port;
	struct dur latency, jitter; /* jitter above zero reorders */
	unsigned loss_percent, dup_percent;
	bool is_cut;
	enum sim_kind only; /* loss, dup and cut are for these frames */
	uint64_t frames, octets, lost;
	uint64_t control, ecp_requests, longest;
};

struct sim_port {
	bool has_wire;
	struct sim_wire wire;               /* from this port to its peer */
	uint64_t guest_rx, guest_rx_octets; /* frames that left towards a guest (no wire) */
	uint8_t last[1600];                 /* the last of them */
	size_t last_len;
	bool is_down;
	bool is_carrier_off; /* as the node wants it */
	bool is_carrier_due; /* and the device does not know yet */
};

struct sim_question { /* a type database question that waits */
	bool in_use;
	uint16_t port;
	struct vtdb_handle h;
	struct vtdb_answer answer;
	struct mono at;
};

struct sim_node {
	struct sim *sim;
	bool in_use;
	char name[16];
	struct conf conf;
	struct conf_port ports[32]; /* configured; conf.ports points here */
	struct node *node;
	uint16_t index;
	struct sim_port port[SIM_MAX_PORTS];
	struct mac mac[SIM_MAX_PORTS];
	char vm_name[64][CONF_NAME]; /* VM ports, re-added on restart */
	char vm_uplink[64][NODE_LABEL];
	struct vtdb_types types;
	struct vtdb_type type[SIM_MAX_TYPES];
	struct vtdb_vid_range range[SIM_MAX_TYPES];
	struct vtdb_group group[SIM_MAX_TYPES];
	struct dur vtdb_delay;
	struct sim_question *question;  /* SIM_QUESTIONS of them, from the first that had to wait */
	unsigned n_questions;           /* in use */
	struct mono question_at;        /* not after the earliest of them */
	struct mono due[SIM_MAX_PORTS]; /* deadline of each port, kept by node_io.rearm */
	struct mono next;               /* the earliest of them, unless is_stale */
	bool is_stale;
	uint64_t asked;
	uint64_t first_seed; /* of its first start */
	bool is_same_seed;   /* restart with the same random numbers (ECP sequence) as at the first start */
	bool is_durable;     /* its VSIs and S-channels survive a restart */
	struct sim_kept *kept;
	struct sim_kept_channels *kept_channels;
	uint64_t drift_ppm;             /* this node's clock runs faster by so much */
	uint64_t events[NODE_N_EVENTS]; /* node events by kind */
	/** Sees each of them; NULL: nobody. */
	void (*watch)(void *ctx, const struct node_event *ev, struct mono now);
	void *watch_ctx;
};

struct sim {
	struct mono now;
	struct prng rng;
	uint64_t seed;
	struct sim_node node[SIM_MAX_NODES];
	unsigned n_nodes;
	struct sim_frame *frame; /* binary heap by arrival time */
	unsigned n_frames;
	uint64_t frame_number;
	bool is_verbose;
	uint64_t restarts;
	/** Sees every frame at a wired port: as it leaves, whatever becomes of it, and as it arrives. NULL: nobody. */
	void (*tap)(void *ctx, const struct sim_node *n, uint16_t port, struct span head, struct span rest);
	void *tap_ctx;
};

struct sim *sim_new(uint64_t seed);
void sim_free(struct sim *s);
struct sim_node *sim_add_node(struct sim *s, const char *name);
struct sim_node *sim_find(struct sim *s, const char *name);
/** Defaults of a port, to be changed by the caller before sim_start(). `uplink` of a VM is a label: "eth0", "eth0/2". */
struct conf_port *sim_add_port(struct sim_node *n, const char *name, enum conf_role role);
/** CDCP on this port. */
void sim_enable_cdcp(struct conf_port *p);
/** An S-channel with the settings of its port, which is there already; at once if the node runs. */
struct conf_port *sim_add_channel(struct sim_node *n, const char *port, uint16_t scid);
void sim_del_channel(struct sim_node *n, const char *port, uint16_t scid);
struct conf_port *sim_find_channel(struct sim_node *n, const char *port, uint16_t scid);
void sim_add_vm(struct sim_node *n, const char *name, const char *uplink);
/** Create the node's core with its ports, all up. Also restarts a running one from nothing (kill -9 and start). */
void sim_start(struct sim_node *n);
void sim_stop(struct sim_node *n, bool is_clean);
/** All ports go, without a frame; and come back as after a restart, much faster than that. */
void sim_del_ports(struct sim_node *n);
void sim_renew(struct sim_node *n);
void sim_drop_frames(struct sim *s);
/** Join two ports, both directions alike. */
void sim_wire(
	struct sim_node *a, const char *a_port, struct sim_node *b, const char *b_port, struct dur latency);
struct sim_port *sim_port(struct sim_node *n, const char *port);
void sim_link(struct sim_node *n, const char *port, bool is_up);
/** A frame from a guest (or anything else) into a port. */
void sim_inject(struct sim_node *n, const char *port, struct span frame);
/** Run everything up to `until`. */
void sim_run(struct sim *s, struct mono until);
/** Run to the next thing that happens, not beyond `until`. False when nothing happens before it. */
bool sim_step(struct sim *s, struct mono until);
/** The node's own clock. */
struct mono sim_node_now(const struct sim_node *n);

/* ---- sim_state.c, for sim.c ---- */

void sim_state_watch(struct sim_node *n);
void sim_state_restore_channels(struct sim_node *n);
void sim_state_restore(struct sim_node *n, bool is_bridge);
void sim_state_forget(struct sim_node *n, const char *port, uint16_t scid); /* of an S-channel that is gone */
void sim_state_free(struct sim_node *n);

/* ---- settled.c ---- */

bool sim_is_quiet(const struct sim_node *n, uint16_t port);
/** Both tables hold the same VSIs in the same states with the same filters. */
bool sim_agrees(const struct sim_node *a, uint16_t pa, const struct sim_node *b, uint16_t pb);
/** Two devices have the same S-channels operational, with the same SVIDs. */
bool sim_same_channels(const struct node_port *a, const struct node_port *b);
/** A port that is not quiet, or does not agree with the peer it hears; or NULL. */
const struct node_port *sim_unsettled(const struct sim *s, const char **ret_node);

#endif
