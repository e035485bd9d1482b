/*
 * What vdp_table.c, vdp_vsi.c, vdp_pack.c and the two machines share: the record of a VSI and the table around it.
 *
 * A record is in at most one TX list, in the event list or not, has at most one deadline and at most three commands.
 */
#ifndef EVB_VDP_TABLE_PRIV_H
#define EVB_VDP_TABLE_PRIV_H

#include "vdp_cmd.h"
#include "vdp_reply.h"

#define VSI_NONE UINT32_MAX

/** States of both machines; those of the standard that act and leave at once have no place here (6.7, 6.8). */
enum vdp_machine {
	VSI_FREE,
	VSI_ENDED, /* END; the record waits until it is told and its last frame is packed */

	ST_PROC,       /* PROC_WAIT: `asked` is queued or sent */
	ST_WAIT,       /* WAIT_SYSCMD: until the next keep-alive */
	ST_KA,         /* KA_WAIT: a keep-alive is queued or sent */
	ST_DEASSOC,    /* PROC_WAIT of the user's De-Associate */
	ST_TX_DEASSOC, /* TX_DEASSOC: after a keep-alive was refused */
	ST_BACKOFF,    /* after END: the user still wants it */

	BR_ASKING, /* PROCESS_CMD: the type database is asked about `asked` */
	BR_WAIT,   /* WAIT_CMD */
};

/** How the peer closes its payloads; see vdp_table_rx(). */
enum vdp_closing { CLOSING_UNKNOWN, CLOSING_END, CLOSING_NONE };

enum vdp_list { TX_OFF, TX_QUEUED, TX_HELD, TX_SENT, TX_LISTS };

/** Why an event is told; index of the texts in vdp_table.c. */
enum vdp_cause {
	CAUSE_REQUEST,
	CAUSE_RESPONSE,
	CAUSE_NO_ANSWER,
	CAUSE_BRIDGE_ENDED,
	CAUSE_READY,
	CAUSE_RETRY,
	CAUSE_PORT_DOWN,
	CAUSE_HELD,
	CAUSE_DEASSOC,
	CAUSE_DECIDED,
	CAUSE_MANAGER_SILENT,
	CAUSE_KEEP_ALIVE_LOST,
	CAUSE_WITHDRAWN,
	CAUSE_RESTORED,
	CAUSE_EDITION,
};

struct vsi {
	struct vdp_vsi v;      /* what users see */
	struct vdp_cmd *force; /* confirmed */
	struct vdp_cmd
		*asked; /* being asked; station back-off: to be asked again; bridge: refused, answer unsent */
	struct vdp_cmd *next;  /* the newest command, while another is asked */
	uint32_t question;     /* bridge: number of the open question, 0: none */
	struct mono answer_by; /* station: end of respWaitDelay */
	uint32_t tx_prev, tx_next;
	uint32_t ev_next;
	uint8_t machine;      /* enum vdp_machine */
	uint8_t list;         /* enum vdp_list */
	uint8_t cause;        /* enum vdp_cause of the next event */
	uint8_t told;         /* confirmed state at the last event */
	uint8_t tries;        /* station: back-offs in a row */
	uint8_t resends;      /* station: of the present request */
	uint8_t reply_op;     /* bridge: TLV to send, 0: none */
	uint8_t reply_status; /* bridge */
	bool is_wanted;       /* station: the user has not de-associated it */
	const char *held_for; /* station: what a request has to wait for besides the peer; NULL: nothing */
	bool is_sent;         /* station: the present request left at least once */
	bool is_at_bridge;    /* station: the bridge may have it */
	bool has_news, has_question, in_events;
	bool filters_differ; /* from those at the last event */
	bool is_hidden;      /* ended and told; only a frame is left to pack */
	bool is_restored;    /* bridge: from before a restart, its timer starts when the table is ready */
	struct dur restored; /* bridge: toutKeepAlive is not shorter until the VSI is confirmed anew */
};

struct vdp_fifo {
	uint32_t head, tail;
};

enum { VDP_REFUSED_MAX = 8 }; /* kept until they are told; more in one payload are only counted */

struct vdp_refused { /* a request that never had a record */
	struct vdp_vsi v;
	struct vdp_filter filter; /* its first */
};

struct vdp_table {
	struct vdp_table_cfg cfg;
	const struct vdp_dialect *dialect;
	struct vdp_params params;
	struct vdp_timers wait; /* of dialect and params */
	struct vdp_table_counters count;
	struct vsi *vsi;
	struct imap by_id;
	struct theap timers;
	struct buddy pool;
	struct vdp_replies replies;
	struct vdp_fifo tx[TX_LISTS];
	struct vdp_fifo events;
	struct prng prng;
	uint32_t free_head; /* linked by ev_next */
	uint32_t high;      /* records at and above were never used */
	uint32_t n_live;
	uint32_t question; /* last number given */
	uint32_t ending;   /* told as ended by the last event, VSI_NONE */
	uint8_t closing;   /* enum vdp_closing */
	bool is_ready;
	bool replies_first; /* whose turn it is to choose the manager */
	struct vdp_refused refused[VDP_REFUSED_MAX];
	uint8_t n_refused, n_refused_told;
};

/** Live or ended record of a VSIID, or VSI_NONE. */
uint32_t vsi_lookup(const struct vdp_table *t, const struct vsi_id *id);
/** A new record, or VSI_NONE and counted. */
uint32_t vsi_add(struct vdp_table *t, const struct vsi_id *id, struct mono now);
/** An ended record lives again, as new. */
void vsi_revive(struct vdp_table *t, uint32_t i, struct mono now);
/** The VSI is over: no state, no timer; told and released later. `show` stays visible in the last event. */
void vsi_end(struct vdp_table *t, uint32_t i, enum vdp_display show, enum vdp_cause cause, struct mono now);
/** Release it if it is ended, told and nothing is left to send. */
void vsi_release(struct vdp_table *t, uint32_t i);

/** Bridge: remember a refusal that leaves no record, to be told. */
void vdp_refused_put(struct vdp_table *t, const struct vdp_assoc *a, const struct vdp_manager *m,
	uint8_t code, const char *reason, struct mono now);

/** Queue an event, if none is queued. */
void vsi_queue_event(struct vdp_table *t, uint32_t i);
void vsi_tell(struct vdp_table *t, uint32_t i, enum vdp_cause cause);
void vsi_ask(struct vdp_table *t, uint32_t i);
void vsi_set_reason(struct vdp_table *t, uint32_t i, const char *text);
void vsi_show(struct vdp_table *t, uint32_t i, enum vdp_display show, struct mono now);
enum vdp_display vsi_show_of(enum vdp_state s);
/** Confirm a state: `asked` is in force from now on. */
void vsi_confirm(struct vdp_table *t, uint32_t i, enum vdp_state state);
/** Put a command (or NULL) into one of the slots of record i; what was there goes back to the pool. */
void vsi_put(struct vdp_table *t, uint32_t i, struct vdp_cmd **slot, struct vdp_cmd *cmd);
/** Take the command out of a slot. */
struct vdp_cmd *vsi_take(struct vdp_cmd **slot);
void vsi_move(struct vdp_table *t, uint32_t i, enum vdp_list list);
/** To the front of TX_QUEUED: what was not delivered goes first. */
void vsi_requeue(struct vdp_table *t, uint32_t i);
void vsi_arm(struct vdp_table *t, uint32_t i, struct mono deadline);

static inline struct vsi *vsi_at(const struct vdp_table *t, uint32_t i)
{
	return &t->vsi[i];
}
static inline bool vsi_is_live(const struct vsi *v)
{
	return v->machine > VSI_ENDED;
}

#endif
