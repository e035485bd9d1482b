/*
 * PE-CSP at the controlling bridge: it accepts a port extender at one cascade port, gives channels to its ports, and
 * programs them (port-extension-reference 3.6, 5.2).
 *
 * One machine for each cascade port. It neither sends nor calls back. After every input its user pulls:
 *   csp_cb_next_event()   until false
 *   csp_cb_fill()         when ECP is idle: the next payload; then csp_cb_on_sent() with ECP's outcome
 *   csp_cb_deadline()
 * A port carries data between CREATED and DELETED or CLEANUP. A group may be used while csp_cb_group_is_ready(): changes
 * are in force only when the extender has confirmed them.
 */
#ifndef EVB_CSP_CB_H
#define EVB_CSP_CB_H

#include "csp_link.h"
#include "mac.h"
#include "siphash.h"

enum {
	CSP_CB_PORTS_MAX = 4096,
	CSP_CB_IDS_MAX = 4095, /* of a pool: what VN-Tag has, and E-TAG without extension */
	CSP_CB_E = 1 << VNTAG_FORMAT_E,
	CSP_CB_VN = 1 << VNTAG_FORMAT_VN, /* csp_cb_cfg.formats */
};

struct csp_cb_cfg {
	uint32_t max_ports;   /* default 64, at most CSP_CB_PORTS_MAX */
	uint32_t max_groups;  /* default 64 */
	uint32_t max_members; /* ports in groups, in all; default 8 per port */
	uint32_t max_vids;    /* VIDs of all ports; default 32 per port */
	uint32_t n_ids; /* channels 1..n_ids are given to ports; 0: the caller names one in its answer */
	uint32_t
		n_group_ids; /* the same for groups (lists 1.., or GRP 1 and E-CID base 1..) and csp_cb_group_new() */
	unsigned formats;             /* accepted: CSP_CB_E, CSP_CB_VN; 0: no extender is */
	bool is_base;                 /* E-CIDs without extension only (4.3) */
	struct csp_resource resource; /* told to the extender; channels and groups are the tables' */
	struct siphash_key key;       /* of the hashes of channels and ports */
	uint16_t first_transaction;   /* chosen at random */
};

enum csp_cb_state {
	CSP_CB_IDLE,      /* no extender is heard */
	CSP_CB_WAIT_OPEN, /* one is, and has not opened */
	CSP_CB_OPEN,
	CSP_CB_CLEANUP, /* the user has not been told yet that everything is gone */
};
const char *csp_cb_state_name(enum csp_cb_state s);

/** What a port is programmed with. */
struct csp_cb_settings {
	uint16_t pvid;    /* 1..4094, 0: none */
	uint8_t priority; /* default priority, 0..7 */
	uint16_t n_vids;  /* at most CSP_VIDS_MAX */
	const struct csp_vid *vids;
};

/** A port of the extender as its user sees it. */
struct csp_cb_port {
	struct csp_port_params asked; /* as the extender asked for it */
	uint32_t channel;
	bool is_operational;             /* until the extender says otherwise */
	bool is_deleting;                /* by us, and not confirmed */
	bool is_set;                     /* `settings` are in force at the extender */
	struct csp_cb_settings settings; /* last given to csp_cb_set(); pointers valid until the next call */
	uint32_t user;                   /* the caller's, from csp_cb_answer(); kept, never read */
};

enum csp_cb_event_kind {
	CSP_CB_EV_CLEANUP, /* every port, channel and group is gone; comes before anything newer */
	CSP_CB_EV_OPENED,  /* event.format, event.resource: the extender's */
	CSP_CB_EV_ASK, /* may port event.asked be created? csp_cb_answer() with event.handle within CSP_ANSWER_S */
	CSP_CB_EV_CREATED,    /* event.port on event.channel */
	CSP_CB_EV_DELETED,    /* event.channel, whoever wanted it */
	CSP_CB_EV_STATUS,     /* event.port went up or down */
	CSP_CB_EV_SET,        /* the settings of event.port are in force, or refused with event.completion */
	CSP_CB_EV_PARAMETERS, /* asked with csp_cb_get(): event.asked and event.vids, or event.completion */
	CSP_CB_EV_STATISTICS, /* asked with csp_cb_get_statistics(): event.statistics, or event.completion */
	CSP_CB_EV_GROUP,      /* all changes of group event.channel are in force */
	CSP_CB_EV_GROUP_FAILED, /* refused with event.completion: it has the members it had before those changes */
	CSP_CB_EV_GROUP_ENDED, /* after csp_cb_group_end(): the extender has forgotten it */
};
struct csp_cb_event {
	enum csp_cb_event_kind kind;
	enum vntag_format format;
	uint32_t port;    /* index, for csp_cb_port_at(); valid until the next call on the machine */
	uint32_t channel; /* ASK: from the pool, what the port would get */
	uint8_t completion;
	uint32_t handle;
	struct csp_resource resource;
	struct csp_port_params asked;
	struct csp_statistics statistics;
	uint16_t n_vids;
	const struct csp_vid *vids; /* valid until the next call on the machine */
	const char *reason;         /* CLEANUP: for the log */
};

struct csp_cb_counters {
	uint64_t opens, opens_refused, sessions_failed; /* accepted; refused; ended by a fault */
	uint64_t solicited;                 /* CSP-Open of ours: the extender did not open by itself */
	uint64_t created, refused, deleted; /* ports */
	uint64_t ports_full, no_ids, groups_full, members_full, vids_full;
	uint64_t late_answers; /* to ASK, too late or not at all */
	uint64_t groups_failed;
};

struct csp_cb;

size_t csp_cb_size(const struct csp_cb_cfg *cfg);
/** `mem`: zeroed, csp_cb_size() octets, 16-aligned, the caller's; the machine lives in it. */
struct csp_cb *csp_cb_init(const struct csp_cb_cfg *cfg, void *mem);

/** The extender by its PE-CSP address, as the Port Extension TLV says; NULL: none any more, or the link is down. */
void csp_cb_set_peer(struct csp_cb *cb, const struct mac *pe_csp, struct mono now);
/** Formats accepted from the next Open on. */
void csp_cb_set_formats(struct csp_cb *cb, unsigned formats);
/** A payload from ECP, padding included. */
void csp_cb_rx(struct csp_cb *cb, struct span sdu, struct mono now);
/** The next payload, 0: none. `cap` is at least CSP_PDU_MAX. */
size_t csp_cb_fill(struct csp_cb *cb, uint8_t *buf, size_t cap, struct mono now);
/** Outcome of the payload filled last. */
void csp_cb_on_sent(struct csp_cb *cb, bool is_delivered, struct mono now);
void csp_cb_on_time(struct csp_cb *cb, struct mono now);
struct mono csp_cb_deadline(const struct csp_cb *cb);
bool csp_cb_next_event(struct csp_cb *cb, struct csp_cb_event *ret);

/* ---- ports ---- */

/** Answer to CSP_CB_EV_ASK: CSP_DONE or the reason of a refusal. channel: where the caller gives numbers (n_ids is 0), a
 * unicast channel that no port has; else ignored. False: too late, or no such channel, which is refused with
 * NO_RESOURCES. */
bool csp_cb_answer(struct csp_cb *cb, uint32_t handle, enum csp_completion c, uint32_t channel, uint32_t user,
	struct mono now);
/** Program a port; EV_SET follows. While one is under way, the newest settings wait and replace older waiting ones.
 * FULL, BAD, or UNKNOWN. */
enum csp_submit csp_cb_set(struct csp_cb *cb, uint32_t channel, const struct csp_cb_settings *s);
/** What the extender has; EV_PARAMETERS follows. */
enum csp_submit csp_cb_get(struct csp_cb *cb, uint32_t channel);
/** EV_STATISTICS follows. */
enum csp_submit csp_cb_get_statistics(struct csp_cb *cb, uint32_t channel);
/** No more used from now on; EV_DELETED follows. */
enum csp_submit csp_cb_delete(struct csp_cb *cb, uint32_t channel);

/* ---- groups ---- */

/** A new group, without members. *ret_channel: its number, from the pool or (n_group_ids is 0) the caller's `wish`. FULL:
 * no number, no record, or the extender has no room. */
enum csp_submit csp_cb_group_new(struct csp_cb *cb, uint32_t wish, uint32_t *ret_channel, struct mono now);
/** Add a port to a group or remove it. It is not ready until EV_GROUP says so; stop using it before. A port that is
 * deleted leaves its groups by itself. */
enum csp_submit csp_cb_group_set(struct csp_cb *cb, uint32_t group, uint32_t channel, bool is_member);
/** Remove all members and forget the group: EV_GROUP_ENDED. No more used from now on. */
enum csp_submit csp_cb_group_end(struct csp_cb *cb, uint32_t group, struct mono now);
/** The extender has exactly the members that were asked for. */
bool csp_cb_group_is_ready(const struct csp_cb *cb, uint32_t group);
/** Copy the ports (indices) the extender has in a group, at most `cap`. Returns how many there are. */
uint32_t csp_cb_group_ports(const struct csp_cb *cb, uint32_t group, uint32_t *ret_ports, uint32_t cap);

/* ---- looking ---- */

enum csp_cb_state csp_cb_state(const struct csp_cb *cb);
/** Of the session. */
enum vntag_format csp_cb_format(const struct csp_cb *cb);
uint32_t csp_cb_count(const struct csp_cb *cb);
/** Port by channel: index or UINT32_MAX. */
uint32_t csp_cb_find(const struct csp_cb *cb, uint32_t channel);
/** Port by the extender's number of it: index or UINT32_MAX. */
uint32_t csp_cb_find_number(const struct csp_cb *cb, uint16_t number);
/** By index; NULL: nobody. Indices are below max_ports. */
const struct csp_cb_port *csp_cb_port_at(const struct csp_cb *cb, uint32_t port);
const struct csp_cb_counters *csp_cb_counters(const struct csp_cb *cb);
const struct csp_link_counters *csp_cb_link_counters(const struct csp_cb *cb);
/** Nothing is asked, due or untold: what a settled machine looks like. */
bool csp_cb_is_quiet(const struct csp_cb *cb);

#endif
