/*
 * The transactions of one PE-CSP instance, the same for PE and CB: one request of ours and one of the peer's at a time,
 * responses before requests, repetition, time-out, duplicates (port-extension-reference 3.6).
 *
 * Its user (csp_pe.c, csp_cb.c) decides what is asked and answered; here it is only kept until it has arrived.
 */
#ifndef EVB_CSP_LINK_H
#define EVB_CSP_LINK_H

#include "csp_pdu.h"
#include "mono.h"

struct csp_link_counters {
	uint64_t requests_out, responses_out; /* handed to ECP, repetitions included */
	uint64_t requests_in, responses_in;   /* new requests; responses to ours */
	uint64_t bad_requests;  /* malformed, unsupported, in the wrong state, of unknown channels or ports */
	uint64_t bad_responses; /* malformed, or not what was asked for */
	uint64_t stray_responses; /* to no request of ours, or to an older one */
	uint64_t duplicates;      /* requests that came again */
	uint64_t retries;         /* of our requests */
	uint64_t timeouts;        /* requests without a response at last */
	uint64_t gave_up;         /* payloads ECP could not deliver */
};

/** What users' calls answer. */
enum csp_submit {
	CSP_SUBMIT_OK,
	CSP_SUBMIT_FULL,    /* a table of ours, or what the peer said it can hold */
	CSP_SUBMIT_BAD,     /* no legal value */
	CSP_SUBMIT_EXISTS,  /* there already */
	CSP_SUBMIT_UNKNOWN, /* no such port, channel or group */
	CSP_SUBMIT_CLOSED,  /* no session */
};
const char *csp_submit_text(enum csp_submit s);

enum csp_flight { CSP_FLIGHT_NONE, CSP_FLIGHT_REQUEST, CSP_FLIGHT_RESPONSE };

struct csp_link {
	struct csp_link_counters n;
	uint16_t transaction; /* of our last request */
	bool is_asking;       /* a request of ours has no response yet */
	bool wants_send;      /* it is to be handed to ECP */
	uint8_t asked;        /* its message */
	uint8_t tries;        /* it was handed to ECP so often */
	struct mono deadline; /* of its response */
	bool has_last;        /* the peer's last request is known */
	bool is_answering;    /* it has no response yet */
	bool is_due;          /* its response is to be handed to ECP */
	uint8_t last_message;
	uint8_t last_flags;
	uint16_t last_transaction;
	uint32_t last_channel;
	uint8_t flight;            /* enum csp_flight: what ECP has of this session */
	struct mono failing_since; /* ECP has delivered nothing since; never: the last payload arrived */
	uint16_t request_len, response_len;
	uint8_t request[CSP_PDU_MAX];
	uint8_t response[CSP_PDU_MAX];
};

enum csp_rx {
	CSP_RX_NOTHING,  /* dropped and counted, or a duplicate that is answered as before */
	CSP_RX_REQUEST,  /* new; to be answered with csp_link_respond(), now or later */
	CSP_RX_RESPONSE, /* to our request, which is over */
};

void csp_link_init(struct csp_link *l, uint16_t first_transaction);
/** A session ends: nothing is asked, answered or in flight any more. Transaction numbers go on. */
void csp_link_reset(struct csp_link *l);
/** p: a decode buffer, filled unless NOTHING is returned. */
enum csp_rx csp_link_rx(struct csp_link *l, struct span sdu, struct csp_pdu *p);
/** Only when nothing is asked. The transaction is chosen here. */
void csp_link_ask(struct csp_link *l, struct csp_pdu *p);
/** What is asked does not matter any more; its response would be a stray one. */
void csp_link_drop_request(struct csp_link *l);
/** p: a response to the last request. */
void csp_link_respond(struct csp_link *l, const struct csp_pdu *p);
/** An empty response to the last request. */
void csp_link_response(const struct csp_link *l, enum csp_completion c, struct csp_pdu *ret);
/** The next payload, 0: none. `cap` is at least CSP_PDU_MAX. */
size_t csp_link_fill(struct csp_link *l, uint8_t *buf, size_t cap, struct mono now);
/** Outcome of the last payload; one that ECP gave up goes to it again. False: the session has failed, nothing was delivered
 * for CSP_GIVE_UP_MS. */
bool csp_link_on_sent(struct csp_link *l, bool is_delivered, struct mono now);
/** False: the session has failed. */
bool csp_link_on_time(struct csp_link *l, struct mono now);
struct mono csp_link_deadline(const struct csp_link *l);

#endif
