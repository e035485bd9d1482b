/*
 * The VSIs of one port and channel, as station or as bridge: lookup, limits, timers, the per-VSI machines
 * (vdp_station.c, vdp_bridge.c), and the packing of TLVs into ECP payloads (802.1Q clause 41; evb-reference 6).
 *
 * The table neither sends nor calls back. After every input its user pulls:
 *   vdp_table_next_event()   until false: questions for the type database, state changes, ends
 *   vdp_table_fill()         when ECP is idle: the next payload, as many TLVs of one manager as fit
 *   vdp_table_deadline()
 * Memory is fixed at init. What a peer can fill has a limit, and a full table is an answer (0x42), not an error.
 */
#ifndef EVB_VDP_TABLE_H
#define EVB_VDP_TABLE_H

#include "buddy.h"
#include "imap.h"
#include "prng.h"
#include "siphash.h"
#include "theap.h"
#include "vdp_dialect.h"
#include "vtdb.h"

struct vdp_table_cfg {
	enum vdp_role role;
	uint32_t max_vsis;   /* default 4096 */
	size_t pool_octets;  /* filters and org TLVs of all VSIs; default 128 per VSI, at least 64 KiB */
	size_t reply_octets; /* bridge: answers without a VSI that wait for ECP; default 64 KiB */
	struct dur manager_deadline;       /* bridge: 3 s; the shorter of this and resourceWaitDelay counts */
	struct vdp_manager_map managers;   /* for a dialect with managers of one octet */
	struct dur retry_first, retry_max; /* station: back-off after a time-out or soft refusal: 1 s, 60 s */
	struct siphash_key key;            /* of the VSIID hash */
	uint64_t seed; /* of the keep-alive jitter and the numbers of questions; another one for each table */
};

enum vdp_display { /* the `state` key of a VSI row */
	VDP_SHOW_NONE,
	VDP_SHOW_PENDING,
	VDP_SHOW_PREASSOCIATED,
	VDP_SHOW_PREASSOCIATED_RR,
	VDP_SHOW_ASSOCIATED,
	VDP_SHOW_REFUSED,
	VDP_SHOW_TIMED_OUT,
};
const char *vdp_display_name(enum vdp_display d);

struct vdp_vsi_counters {
	uint64_t succeeded, failed, reverts;
}; /* VDPCommands* */

/** One VSI as its users see it; everything else is private to the machines. */
struct vdp_vsi {
	struct vdp_subject subject;
	enum vdp_state state; /* confirmed */
	enum vdp_display show;
	uint8_t error;            /* of the last answer, enum vdp_error */
	bool keep, hard;          /* of the last answer */
	char reason[VTDB_REASON]; /* why it is not what was asked for; empty when all is well */
	uint8_t format;
	uint16_t n_filters; /* in force (or asked for, before the first answer) */
	const struct vdp_filter *filters;
	struct span org;
	bool is_migrating, is_suspended;
	struct mono since; /* of the display state */
	struct mono created;
	struct vdp_vsi_counters count;
	uint32_t user; /* the caller's, e.g. the VM port; kept by the table, never read */
};

struct vdp_table_counters { /* evb-reference 9 */
	uint64_t rx_no_manager, rx_bad_tlv, rx_unknown_vsi, rx_unexpected, keep_alive_timeouts, resp_timeouts,
		manager_timeouts, table_full, reply_full, requests_in, responses_in, requests_out,
		responses_out, succeeded, failed, reverts, late_answers, resent;
};

/** What happens to a VSI between two pulls merges into one event; ended and asked for again is CHANGED (was, then none
 * or whatever it has become). */
enum vdp_event_kind {
	VDP_EVENT_ASK,     /* bridge: put event.query to the type database, answer with event.handle */
	VDP_EVENT_CHANGED, /* state, display state, filters or reason of a VSI changed */
	VDP_EVENT_ENDED,   /* the VSI is gone; the record is valid until the next call on the table */
};
struct vdp_event {
	enum vdp_event_kind kind;
	uint32_t vsi;         /* index */
	enum vdp_state was;   /* CHANGED, ENDED: confirmed state at the last event of this VSI */
	bool filters_changed; /* CHANGED: the list in force differs from the last event's */
	const char *event;    /* what happened, for the log: "response", "keep-alive timeout" ... */
	const char *clause;   /* of the standard, for the log */
	bool is_of_peer;      /* CHANGED, ENDED: the latest of what happened was something the peer said */
	struct vtdb_handle handle; /* ASK */
	struct vtdb_query query;   /* ASK; pointers valid until the next call on the table */
};

struct vdp_table;

size_t vdp_table_size(const struct vdp_table_cfg *cfg);
/** `mem`: zeroed, vdp_table_size() octets, 16-aligned, the caller's; the table itself lives in it. */
struct vdp_table *vdp_table_init(const struct vdp_table_cfg *cfg, const struct vdp_params *params, void *mem);
/** The other generation: all VSIs restart, as after vdp_table_port_down(). A station's that can't be said in the new
 * dialect are refused, with the reason in their last event. A table begins as ratified. */
void vdp_table_set_edition(struct vdp_table *t, enum qbg_edition e, struct mono now);
enum qbg_edition vdp_table_edition(const struct vdp_table *t);
/** The waits in force. */
const struct vdp_timers *vdp_table_timers(const struct vdp_table *t);
/** New operational values; running timers stay (evb-reference 3.3). */
void vdp_table_set_params(struct vdp_table *t, const struct vdp_params *params);
/** May VDP talk now? A station's requests wait until then; keep-alives and de-associates of existing VSIs do not. */
void vdp_table_set_ready(struct vdp_table *t, bool is_ready, struct mono now);
/** Port down, and not ready until told so. Bridge: every VSI ends without a frame. Station: every VSI loses its state,
 * waits and is sent again when ready. */
void vdp_table_port_down(struct vdp_table *t, struct mono now);

/** Bridge: room for the worst answers to one more payload? If not, leave the payload with ECP (flow control). */
bool vdp_table_can_accept(const struct vdp_table *t);
/** A payload from ECP. */
void vdp_table_rx(struct vdp_table *t, struct span sdu, struct mono now);
/** Pack what waits: one manager (where a payload names it), as many TLVs as fit
 * `cap` with the End TLV, oldest first. 0: nothing waits. The VSIs
 * packed are remembered until vdp_table_on_sent(). */
size_t vdp_table_fill(struct vdp_table *t, uint8_t *buf, size_t cap, struct mono now);
/** Should ECP rest a few milliseconds between payloads? The peer may lose what comes faster (vdp_table.c). */
bool vdp_table_wants_rest(const struct vdp_table *t);
/** Outcome of the payload filled last. Not delivered: requests go out again (new sequence), answers are dropped. */
void vdp_table_on_sent(struct vdp_table *t, bool is_delivered, struct mono now);
void vdp_table_on_time(struct vdp_table *t, struct mono now);
struct mono vdp_table_deadline(const struct vdp_table *t);
bool vdp_table_next_event(struct vdp_table *t, struct vdp_event *ret);

/* ---- station ---- */

struct vdp_request {
	enum vdp_op op; /* PREASSOC, PREASSOC_RR, ASSOC */
	struct vdp_subject subject;
	uint8_t format;
	uint16_t n_filters;
	const struct vdp_filter *filters;
	struct span org; /* org-defined TLVs, headers included; may be empty */
	bool is_migrating, is_suspended;
	uint32_t user;
};
const char *vdp_submit_text(enum vdp_submit s);
/** Create the VSI or change it. While an answer is awaited the newest request waits and replaces an older waiting one. */
enum vdp_submit vdp_station_request(struct vdp_table *t, const struct vdp_request *rq, struct mono now);
enum vdp_submit vdp_station_deassociate(struct vdp_table *t, const struct vsi_id *id, struct mono now);
/** The VSI has to wait for something of the caller's, whatever the peer says: it is not asked for, and one that is in force
 * loses its state without a frame. reason: for users, a constant; NULL: it may go. */
void vdp_table_hold(struct vdp_table *t, uint32_t vsi, const char *reason, struct mono now);

/* ---- across a restart ---- */

/** What of a VSI outlives its daemon. Bridge: what is confirmed. Station: what the user wants. */
struct vdp_saved {
	struct vdp_request rq;            /* as it was asked */
	const struct vdp_filter *granted; /* rq.filters with the VIDs and PCPs in force, one by one */
	struct dur keep_alive;            /* bridge: toutKeepAlive */
	enum qbg_edition edition;         /* the table spoke; to be put in force before the VSI is restored */
};
/** Pointers in *ret are into `room` or valid until the next call on the table. False: there is nothing to keep. */
bool vdp_table_save(const struct vdp_table *t, uint32_t vsi, struct vdp_filter room[2 * VDP_FILTERS_MAX],
	struct vdp_saved *ret);
/** Put a VSI back that is not there. Bridge: in force at once and without the type database, for toutKeepAlive (the
 * longer of then and now) from when the table is ready. Station: a request, first with the VIDs that were in force;
 * the bridge may still know it. VDP_SUBMIT_BAD: not legal, or the table has that VSI already. */
enum vdp_submit vdp_table_restore(struct vdp_table *t, const struct vdp_saved *s, struct mono now);

/* ---- bridge ---- */

/** Answer a question. Ignored and counted when the handle is old. */
void vdp_bridge_answer(
	struct vdp_table *t, struct vtdb_handle h, const struct vtdb_answer *a, struct mono now);
/** End an association on the bridge's own initiative (type 4, status 0x00): withdrawal, or moved to another port. */
bool vdp_bridge_withdraw(struct vdp_table *t, const struct vsi_id *id, const char *reason, struct mono now);
/** A request that was refused before it had a record: malformed, illegal filters, no room. NULL: no more of them. Valid
 * until the next call on the table. Of one payload the first eight are told; all are counted. */
const struct vdp_vsi *vdp_bridge_next_refusal(struct vdp_table *t);

/* ---- looking ---- */

uint32_t vdp_table_count(const struct vdp_table *t);
/** Index of a VSI or UINT32_MAX. */
uint32_t vdp_table_find(const struct vdp_table *t, const struct vsi_id *id);
/** VSI by index, NULL if that index is free. Indices are 0..max_vsis-1. */
const struct vdp_vsi *vdp_table_get(const struct vdp_table *t, uint32_t vsi);
void vdp_table_set_user(struct vdp_table *t, uint32_t vsi, uint32_t user);
/** Why the user did what it just did; told with the next event of the VSI. */
void vdp_table_set_reason(struct vdp_table *t, uint32_t vsi, const char *reason);
/** First VSI at or after `from`, UINT32_MAX at the end: for (i = next(t, 0); i != MAX; i = next(t, i + 1)). */
uint32_t vdp_table_next(const struct vdp_table *t, uint32_t from);
const struct vdp_table_counters *vdp_table_counters(const struct vdp_table *t);
/** Nothing queued, no answer awaited (for tests: no timer, queue entry or reservation is left behind). */
bool vdp_table_is_quiet(const struct vdp_table *t);

#endif
