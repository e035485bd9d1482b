/* What csp_pe.c (session, inputs), csp_pe_port.c (ports), csp_pe_event.c (events) and csp_pe_rx.c (the bridge's requests)
 * share. */
#ifndef EVB_CSP_PE_PRIV_H
#define EVB_CSP_PE_PRIV_H

#include "buddy.h"
#include "csp_group.h"
#include "csp_pe.h"

struct pe_port {
	struct csp_pe_port v;
	bool is_live;                     /* the record is in use */
	bool is_wanted;                   /* by the user */
	bool is_stale;                    /* CREATING: what is asked is no more the wish */
	bool was_told_oper;               /* what the bridge believes */
	bool has_refusal, has_parameters; /* news */
	uint32_t told;                    /* channel the user knows, 0: none */
	uint32_t serial; /* changes when its channel goes: whoever asked for it then asks in vain */
	struct mono retry_at;
	uint32_t next_free;
	struct csp_vid *vids;
};

struct pe_question { /* statistics */
	bool is_open, is_told;
	uint32_t handle, port, serial;
	struct mono by;
};

struct csp_pe {
	struct csp_pe_cfg cfg;
	struct csp_link link;
	struct csp_pe_counters count;
	uint8_t state; /* enum csp_pe_state but CLEANUP */
	bool is_up, has_peer;
	struct mac peer;
	enum vntag_format format; /* asked for, or of the session */
	bool tried_other;         /* in this round of OPENING */
	struct mono wait_until;   /* WAIT */
	bool has_opened;          /* news */
	bool told_opened;
	bool is_cleaning; /* news: CLEANUP */
	const char *reason;
	uint32_t asked_port, asked_serial; /* of our request */
	struct pe_question question;
	uint32_t handle; /* the last given */

	struct pe_port *port;
	uint32_t n_ports, high, free_port;
	uint32_t n_open; /* ports WANTED or CREATING */
	struct imap by_number, by_channel;
	struct ilinks todo_links; /* of the next two lists */
	struct ilist todo;        /* ports with something to ask */
	struct ilist retry;       /* REFUSED for lack of resources, by time */
	struct ilinks news_links;
	struct ilist news; /* ports with something to tell */
	struct csp_groups groups;
	struct ilinks group_links;
	struct ilist group_news;
	struct buddy vids;
};

static inline bool pe_has_session(const struct csp_pe *pe)
{
	return pe->state == CSP_PE_CREATING || pe->state == CSP_PE_OPERATIONAL;
}

/* ---- csp_pe.c ---- */

/** The session is over by a fault: everything goes, the next one begins after `wait`. */
void pe_fail(struct csp_pe *pe, const char *reason, struct dur wait, struct mono now);
/** The same without a pause. */
void pe_restart(struct csp_pe *pe, const char *reason);

/* ---- csp_pe_port.c ---- */

void pe_ports_layout(struct csp_pe *pe, struct carve *c);
void pe_ports_init(struct csp_pe *pe);
/** Every port loses its channel, silently; every group goes. */
void pe_ports_cleanup(struct csp_pe *pe);
uint32_t pe_port_by_channel(const struct csp_pe *pe, uint32_t channel);
/** CREATED, and what follows from it. */
void pe_port_created(struct csp_pe *pe, uint32_t i, uint32_t channel);
void pe_port_refused(struct csp_pe *pe, uint32_t i, uint8_t completion, struct mono now);
/** Its channel is gone: our Delete was answered, or the bridge deleted it. */
void pe_port_gone(struct csp_pe *pe, uint32_t i, bool is_by_bridge);
/** Free it if nobody has a use for it any more: not wanted, no channel, nothing untold. */
void pe_port_settle(struct csp_pe *pe, uint32_t i);
/** Next request of a port; false: nothing to ask. */
bool pe_port_compose(struct csp_pe *pe, struct csp_pdu *p);
/** Ports whose pause is over. */
void pe_ports_on_time(struct csp_pe *pe, struct mono now);
struct mono pe_ports_deadline(const struct csp_pe *pe);

/* ---- csp_pe_event.c ---- */

/** Something about this port has changed. */
void pe_port_tell(struct csp_pe *pe, uint32_t i);
void pe_group_tell(struct csp_pe *pe, uint32_t group);

/* ---- csp_pe_rx.c ---- */

/** A request of the bridge, in *p. */
void pe_on_request(struct csp_pe *pe, struct csp_pdu *p, struct mono now);
/** The statistics that were asked for cannot come. */
void pe_question_end(struct csp_pe *pe, enum csp_completion c);

#endif
