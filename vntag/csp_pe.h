/*
 * PE-CSP at the port extender (interface virtualizer): it asks the controlling bridge for a channel for each of its
 * ports, and does what the bridge programs (port-extension-reference 3.6).
 *
 * One machine for one upstream port, whichever uplink is elected (pe_tlv.h). It neither sends nor calls back. After
 * every input its user pulls:
 *   csp_pe_next_event()   until false
 *   csp_pe_fill()         when ECP is idle: the next payload; then csp_pe_on_sent() with ECP's outcome
 *   csp_pe_deadline()
 * A VIF carries data between CREATED and DELETED or CLEANUP, and only then.
 */
#ifndef EVB_CSP_PE_H
#define EVB_CSP_PE_H

#include "csp_link.h"
#include "mac.h"
#include "siphash.h"

enum { CSP_PE_PORTS_MAX = 4096 };

struct csp_pe_cfg {
	uint32_t max_ports;     /* default 64, at most CSP_PE_PORTS_MAX */
	uint32_t max_groups;    /* default 64 */
	uint32_t max_members;   /* ports in groups, in all; default 8 per port */
	uint32_t max_vids;      /* VIDs the bridge may give to the ports, in all; default 32 per port */
	enum vntag_format wish; /* the tag format asked for first */
	bool is_strict;         /* no other */
	bool is_base;           /* a base PE: E-CIDs without extension (4.3) */
	struct csp_resource
		resource;       /* told to the bridge; channels and groups are the tables'; max_untagged holds
	                                 per port, 0: any number */
	struct siphash_key key; /* of the hash of channels */
	uint16_t first_transaction; /* chosen at random */
};

enum csp_pe_state {
	CSP_PE_DOWN,        /* the uplink is */
	CSP_PE_DISCOVER,    /* no bridge is known */
	CSP_PE_OPENING,     /* CSP-Open is asked */
	CSP_PE_WAIT,        /* it was refused, or the session failed: a pause */
	CSP_PE_CREATING,    /* a port has no answer yet */
	CSP_PE_OPERATIONAL, /* all have */
	CSP_PE_CLEANUP,     /* the user has not been told yet that everything is gone */
};
const char *csp_pe_state_name(enum csp_pe_state s);

/** Where a port stands. */
enum csp_pe_port_state {
	CSP_PE_PORT_WANTED,   /* to be created when there is a session */
	CSP_PE_PORT_CREATING, /* asked */
	CSP_PE_PORT_CREATED,
	CSP_PE_PORT_REFUSED,  /* by the bridge, or it deleted it; `completion` says why */
	CSP_PE_PORT_DELETING, /* to be deleted */
	CSP_PE_PORT_DELETED,  /* asked, or gone and the user not told yet */
};
const char *csp_pe_port_state_name(enum csp_pe_port_state s);

struct csp_pe_wish {
	uint16_t number;     /* the port's name towards the bridge */
	uint8_t type;        /* CSP_PORT_EXTENDED or CSP_PORT_CASCADE */
	uint8_t priority;    /* default priority, 0..7 */
	uint16_t pvid;       /* 0: the bridge chooses */
	bool is_operational; /* its link is up */
	uint32_t user;       /* the caller's; kept, never read */
};

/** A port as its user sees it. */
struct csp_pe_port {
	struct csp_pe_wish wish;
	uint8_t state;      /* enum csp_pe_port_state */
	uint32_t channel;   /* 0: none */
	uint8_t completion; /* enum csp_completion of the refusal; CSP_DONE: deleted by the bridge */
	uint8_t priority;   /* in force: the bridge's, before that the wish's */
	uint16_t pvid;
	uint16_t n_vids;
	const struct csp_vid *vids; /* as the bridge set them; valid until the next call on the machine */
};

enum csp_pe_event_kind {
	CSP_PE_EV_CLEANUP, /* every port has lost its channel, every group is gone; comes before anything newer */
	CSP_PE_EV_OPENED,  /* event.format is the tag from now on */
	CSP_PE_EV_CREATED, /* event.port has event.channel and carries data */
	CSP_PE_EV_REFUSED, /* event.completion; NO_RESOURCES is asked again later, others when the user does */
	CSP_PE_EV_DELETED,    /* event.channel is nobody's: asked for, or by the bridge */
	CSP_PE_EV_PARAMETERS, /* PVID, priority or VIDs of event.port changed */
	CSP_PE_EV_GROUP,      /* the ports of group event.channel changed: csp_pe_group_ports() */
	CSP_PE_EV_STATISTICS, /* asked for event.port: csp_pe_statistics() with event.handle */
};
struct csp_pe_event {
	enum csp_pe_event_kind kind;
	enum vntag_format format;
	uint32_t port; /* index, for csp_pe_port_at(); valid until the next call on the machine */
	uint32_t channel;
	uint8_t completion;
	uint32_t handle;
	const char *reason; /* CLEANUP: for the log */
};

struct csp_pe_counters {
	uint64_t opens, opens_refused, sessions_failed; /* asked; refused; ended by a fault */
	uint64_t created, refused, deleted;             /* ports */
	uint64_t ports_full, groups_full, members_full, vids_full;
	uint64_t late_answers; /* statistics that came too late or not at all */
};

struct csp_pe;

size_t csp_pe_size(const struct csp_pe_cfg *cfg);
/** `mem`: zeroed, csp_pe_size() octets, 16-aligned, the caller's; the machine lives in it. The uplink is down. */
struct csp_pe *csp_pe_init(const struct csp_pe_cfg *cfg, void *mem);

/** Link of the upstream port. Down: the bridge is forgotten too. */
void csp_pe_set_uplink(struct csp_pe *pe, bool is_up, struct mono now);
/** The bridge at the elected upstream port by its PE-CSP address, NULL: none any more. When another uplink is elected,
 * first NULL, then the new one. Ignored while the uplink is down. */
void csp_pe_set_peer(struct csp_pe *pe, const struct mac *pe_csp, struct mono now);
/** A payload from ECP, padding included. */
void csp_pe_rx(struct csp_pe *pe, struct span sdu, struct mono now);
/** The next payload, 0: none. `cap` is at least CSP_PDU_MAX. */
size_t csp_pe_fill(struct csp_pe *pe, uint8_t *buf, size_t cap, struct mono now);
/** Outcome of the payload filled last. */
void csp_pe_on_sent(struct csp_pe *pe, bool is_delivered, struct mono now);
void csp_pe_on_time(struct csp_pe *pe, struct mono now);
struct mono csp_pe_deadline(const struct csp_pe *pe);
bool csp_pe_next_event(struct csp_pe *pe, struct csp_pe_event *ret);

/** A port to be created: FULL, BAD, or EXISTS unless its number is being removed. */
enum csp_submit csp_pe_port_add(struct csp_pe *pe, const struct csp_pe_wish *wish);
/** No more wanted, and no more used from now on. DELETED follows if it was created; else it is gone at once. */
enum csp_submit csp_pe_port_remove(struct csp_pe *pe, uint16_t number);
/** The port's link. A port that was created counts as operational until the bridge is told otherwise. */
enum csp_submit csp_pe_port_set_operational(struct csp_pe *pe, uint16_t number, bool is_operational);
/** Answer to CSP_PE_EV_STATISTICS; `port` is filled in here. False: too late. */
bool csp_pe_statistics(struct csp_pe *pe, uint32_t handle, const struct csp_statistics *s, struct mono now);

/* ---- looking ---- */

enum csp_pe_state csp_pe_state(const struct csp_pe *pe);
/** Of the session; the wish without one. */
enum vntag_format csp_pe_format(const struct csp_pe *pe);
uint32_t csp_pe_count(const struct csp_pe *pe);
/** Index or UINT32_MAX. */
uint32_t csp_pe_find(const struct csp_pe *pe, uint16_t number);
/** By index; NULL: nobody. Indices are below max_ports. */
const struct csp_pe_port *csp_pe_port_at(const struct csp_pe *pe, uint32_t port);
/** Copy the ports (indices) of a group, at most `cap`. Returns how many there are; 0: no such group. */
uint32_t csp_pe_group_ports(const struct csp_pe *pe, uint32_t channel, uint32_t *ret_ports, uint32_t cap);
const struct csp_pe_counters *csp_pe_counters(const struct csp_pe *pe);
const struct csp_link_counters *csp_pe_link_counters(const struct csp_pe *pe);
/** Nothing is asked, due or untold: what a settled machine looks like. */
bool csp_pe_is_quiet(const struct csp_pe *pe);

#endif
