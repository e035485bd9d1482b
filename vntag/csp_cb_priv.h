/* What csp_cb.c (session, inputs), csp_cb_port.c (ports), csp_cb_group.c (groups), csp_cb_event.c (events) and csp_cb_rx.c
 * (the extender's requests) share. */
#ifndef EVB_CSP_CB_PRIV_H
#define EVB_CSP_CB_PRIV_H

#include "buddy.h"
#include "csp_cb.h"
#include "csp_group.h"
#include "csp_ids.h"

struct cb_port {
	struct csp_cb_port v;
	bool is_live; /* in use; a port that is gone stays until it is told */
	bool is_gone; /* no channel any more */
	bool wants_delete, wants_set, wants_get, wants_statistics; /* to be asked */
	bool has_set;                                              /* news */
	bool told_oper;                                            /* what the user knows */
	uint8_t completion;                                        /* of has_set */
	uint32_t told;                                             /* channel the user knows, 0: none */
	uint32_t serial;                                           /* changes when the channel goes */
	uint32_t next_free;
	struct csp_vid *vids;
};

struct cb_question { /* may this port be created? */
	bool is_open, is_told;
	uint32_t handle;
	struct csp_port_params asked;
	uint32_t channel; /* from the pool */
	struct mono by;
};

struct csp_cb {
	struct csp_cb_cfg cfg;
	struct csp_link link;
	struct csp_cb_counters count;
	uint8_t state; /* enum csp_cb_state but CLEANUP */
	bool has_peer;
	struct mac peer;
	enum vntag_format format;
	struct csp_resource resource; /* the extender's */
	bool was_refused;             /* an Open came while IDLE */
	struct mono solicit_at;       /* WAIT_OPEN: ask for an Open then */
	bool wants_solicit;
	bool has_opened; /* news */
	bool told_opened;
	bool is_cleaning; /* news: CLEANUP */
	const char *reason;
	struct cb_question question;
	uint32_t handle; /* the last given */

	uint32_t asked_port, asked_serial; /* of our request */
	uint32_t asked_group;              /* Register; CSP_NONE: it is gone */
	bool is_sent_stale;                /* a port that the Register names is gone */
	bool has_result; /* news: PARAMETERS or STATISTICS, nothing is asked before it is told */
	struct csp_cb_event result;
	struct csp_vid result_vids[CSP_VIDS_MAX];

	struct cb_port *port;
	uint32_t n_ports, high, free_port;
	struct imap by_number, by_channel;
	struct ilinks todo_links;
	struct ilist todo; /* ports with something to ask */
	struct ilinks news_links;
	struct ilist news; /* ports with something to tell */
	struct buddy vids;
	struct csp_ids ids, group_ids;

	struct csp_groups groups;
	struct ilinks group_todo_links, group_news_links;
	struct ilist group_todo, group_news;
	struct ilinks member_links; /* of every group's dirty list and the next */
	struct ilist sent;          /* members in the Register that is asked */
	bool is_groups_turn;
};

/* ---- csp_cb.c ---- */

/** Everything of the session goes. */
void cb_cleanup(struct csp_cb *cb, const char *reason, struct mono now);
/** The session is over by a fault. */
void cb_fail(struct csp_cb *cb, const char *reason, struct mono now);
/** Ask for an Open at `at`, if none has come. */
void cb_enter_wait_open(struct csp_cb *cb, struct mono at);

/* ---- csp_cb_port.c ---- */

void cb_ports_layout(struct csp_cb *cb, struct carve *c);
void cb_ports_init(struct csp_cb *cb);
void cb_ports_cleanup(struct csp_cb *cb, struct mono now);
bool cb_port_compose(struct csp_cb *cb, struct csp_pdu *p);
/** A response to what cb_port_compose() asked. */
void cb_port_response(struct csp_cb *cb, const struct csp_pdu *p, struct mono now);
/** A free record for a port; CSP_NONE: full. */
uint32_t cb_port_new(struct csp_cb *cb, const struct csp_port_params *asked, uint32_t channel);
/** Its channel is gone. */
void cb_port_gone(struct csp_cb *cb, uint32_t i, struct mono now);
/** Free it if it is gone and told. */
void cb_port_settle(struct csp_cb *cb, uint32_t i);
void cb_port_tell(struct csp_cb *cb, uint32_t i);

/* ---- csp_cb_group.c ---- */

void cb_groups_layout(struct csp_cb *cb, struct carve *c);
void cb_groups_init(struct csp_cb *cb);
void cb_groups_cleanup(struct csp_cb *cb, struct mono now);
bool cb_group_compose(struct csp_cb *cb, struct csp_pdu *p);
void cb_group_response(struct csp_cb *cb, const struct csp_pdu *p, struct mono now);
/** A port that is gone leaves its groups. */
void cb_groups_forget(struct csp_cb *cb, uint32_t port, struct mono now);
bool cb_group_is_settled(const struct csp_cb *cb, uint32_t group);

/* ---- csp_cb_rx.c ---- */

/** A request of the extender, in *p. */
void cb_on_request(struct csp_cb *cb, struct csp_pdu *p, struct mono now);
void cb_question_end(struct csp_cb *cb, enum csp_completion c);

#endif
