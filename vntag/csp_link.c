/*
 * csp_link.c - transactions of PE-CSP (port-extension-reference 3.6).
 *
 *   our request:     ask -> fill -> (ECP) -> wait 3 s -> response: over
 *                             ^   |             '--> once more, same octets -> wait 3 s -> the session has failed
 *                             '---' given up: again, for half a second (4 transmissions are 10 ms, and a busy peer is
 *                                   not gone); then the session has failed (PEX-62 leaves it 1 s)
 *   peer's request:  rx -> the machine's answer, now or later -> stored -> fill
 *                       '-- the same transaction and message again: the stored response again, nothing is done twice
 *
 * In: payloads, the machine's requests and responses, outcomes of ECP, time. Out: payloads, responses before requests.
 *
 * Invariants: at most one request of ours and one of the peer's are open; ECP has at most one payload of ours; there is a
 * deadline <=> a request was sent and has no response; a request that comes while another waits for our answer is
 * dropped, except CSP-Open, which says that the peer has begun anew.
 *
 * Left out: what messages mean, and sessions: a failure is told, not acted on.
 */
#include "csp_link.h"

#include <assert.h>

#include "names.h"

const char *csp_submit_text(enum csp_submit s)
{
	static const struct name_row rows[] = {
		{ CSP_SUBMIT_OK, "ok" },
		{ CSP_SUBMIT_FULL, "no room" },
		{ CSP_SUBMIT_BAD, "not a legal value" },
		{ CSP_SUBMIT_EXISTS, "exists already" },
		{ CSP_SUBMIT_UNKNOWN, "no such port, channel or group" },
		{ CSP_SUBMIT_CLOSED, "no session with the peer" },
		{ 0, NULL },
	};

	return names_text(rows, (int)s, "?");
}

void csp_link_init(struct csp_link *l, uint16_t first_transaction)
{
	memset(l, 0, sizeof(*l));
	l->transaction = (uint16_t)(first_transaction - 1);
	l->deadline = MONO_NEVER;
	l->failing_since = MONO_NEVER;
}

void csp_link_drop_request(struct csp_link *l)
{
	l->is_asking = false;
	l->wants_send = false;
	l->deadline = MONO_NEVER;
}

void csp_link_reset(struct csp_link *l)
{
	csp_link_drop_request(l);
	l->has_last = false;
	l->is_answering = false;
	l->is_due = false;
	l->flight = CSP_FLIGHT_NONE;
	l->failing_since = MONO_NEVER;
}

/* ---- the peer's requests and responses ---- */

static enum csp_rx take_response(struct csp_link *l, const struct csp_pdu *p)
{
	if (!l->is_asking || l->tries == 0 || p->transaction != l->transaction || p->message != l->asked) {
		l->n.stray_responses++;
		return CSP_RX_NOTHING;
	}
	csp_link_drop_request(l);
	l->n.responses_in++;
	return CSP_RX_RESPONSE;
}

static void set_last(struct csp_link *l, const struct csp_pdu *p)
{
	l->has_last = true;
	l->last_transaction = p->transaction;
	l->last_message = p->message;
	l->last_flags = p->flags;
	l->last_channel = p->channel;
}

static enum csp_rx take_request(struct csp_link *l, const struct csp_pdu *p)
{
	if (l->has_last && p->transaction == l->last_transaction && p->message == l->last_message) {
		l->n.duplicates++;
		l->is_due = !l->is_answering;
		return CSP_RX_NOTHING;
	}
	if (l->is_answering && p->message != CSP_OPEN) {
		l->n.bad_requests++;
		return CSP_RX_NOTHING;
	}
	set_last(l, p);
	l->is_answering = true;
	l->is_due = false;
	l->n.requests_in++;
	return CSP_RX_REQUEST;
}

static void take_malformed(struct csp_link *l, enum csp_err err, struct csp_pdu *p)
{
	bool has_head = err != CSP_ERR_COMMAND && err != CSP_ERR_VERSION;

	if (has_head && p->is_response) {
		l->n.bad_responses++;
	} else if (!has_head || l->is_answering) {
		l->n.bad_requests++;
	} else {
		csp_pdu_respond(p, CSP_MALFORMED, p);
		csp_link_respond(l, p);
	}
}

enum csp_rx csp_link_rx(struct csp_link *l, struct span sdu, struct csp_pdu *p)
{
	enum csp_err err = csp_pdu_decode(sdu, p);

	if (err == CSP_OK)
		return p->is_response ? take_response(l, p) : take_request(l, p);
	take_malformed(l, err, p);
	return CSP_RX_NOTHING;
}

/* ---- ours ---- */

static uint16_t encode(const struct csp_pdu *p, uint8_t *buf)
{
	struct wr w = wr_init(buf, CSP_PDU_MAX);

	csp_pdu_encode(p, &w);
	assert(!w.bad); /* the machines send no arrays beyond CSP_MEMBERS_MAX and CSP_VIDS_MAX */
	return (uint16_t)w.len;
}

void csp_link_ask(struct csp_link *l, struct csp_pdu *p)
{
	assert(!l->is_asking);
	p->is_response = false;
	p->completion = CSP_DONE;
	p->transaction = ++l->transaction;
	l->asked = p->message;
	l->request_len = encode(p, l->request);
	l->is_asking = true;
	l->wants_send = true;
	l->tries = 0;
}

void csp_link_response(const struct csp_link *l, enum csp_completion c, struct csp_pdu *ret)
{
	ret->message = l->last_message;
	ret->transaction = l->last_transaction;
	ret->flags = l->last_flags;
	ret->channel = l->last_channel;
	csp_pdu_respond(ret, c, ret);
}

void csp_link_respond(struct csp_link *l, const struct csp_pdu *p)
{
	switch (p->completion) {
	case CSP_DONE:
	case CSP_NO_RESOURCES:
	case CSP_FORMAT_REFUSED:
		break;
	default:
		l->n.bad_requests++;
		break;
	}
	set_last(l, p);
	l->response_len = encode(p, l->response);
	l->is_answering = false;
	l->is_due = true;
}

size_t csp_link_fill(struct csp_link *l, uint8_t *buf, size_t cap, struct mono now)
{
	assert(cap >= CSP_PDU_MAX);
	if (l->is_due) {
		l->is_due = false;
		l->flight = CSP_FLIGHT_RESPONSE;
		l->n.responses_out++;
		memcpy(buf, l->response, l->response_len);
		return l->response_len;
	}
	if (!l->wants_send)
		return 0;
	l->wants_send = false;
	l->n.retries += l->tries > 0;
	l->tries++;
	l->deadline = mono_add(now, dur_s(CSP_RESPONSE_TIMEOUT_S));
	l->flight = CSP_FLIGHT_REQUEST;
	l->n.requests_out++;
	memcpy(buf, l->request, l->request_len);
	return l->request_len;
}

/* The payload that ECP gave up is handed to it again, under a new number, unless that has failed for too long. */
static bool send_again(struct csp_link *l, enum csp_flight flight, struct mono now)
{
	if (mono_is_never(l->failing_since))
		l->failing_since = now;
	if (mono_since(l->failing_since, now).ns >= dur_ms(CSP_GIVE_UP_MS).ns)
		return false;
	if (flight == CSP_FLIGHT_RESPONSE) {
		l->is_due = l->has_last && !l->is_answering;
	} else if (l->is_asking && !l->wants_send) {
		l->wants_send = true;
		l->tries--;
		l->deadline = MONO_NEVER;
	}
	return true;
}

bool csp_link_on_sent(struct csp_link *l, bool is_delivered, struct mono now)
{
	enum csp_flight flight = (enum csp_flight)l->flight;

	l->flight = CSP_FLIGHT_NONE;
	if (flight == CSP_FLIGHT_NONE) /* of a session that is over */
		return true;
	if (!is_delivered) {
		l->n.gave_up++;
		return send_again(l, flight, now);
	}
	l->failing_since = MONO_NEVER;
	if (flight == CSP_FLIGHT_REQUEST && l->is_asking && !l->wants_send) /* the peer has it now */
		l->deadline = mono_add(now, dur_s(CSP_RESPONSE_TIMEOUT_S));
	return true;
}

bool csp_link_on_time(struct csp_link *l, struct mono now)
{
	if (!l->is_asking || l->wants_send || !mono_reached(l->deadline, now))
		return true;
	l->deadline = MONO_NEVER;
	if (l->tries < CSP_TRIES) {
		l->wants_send = true;
		return true;
	}
	l->n.timeouts++;
	return false;
}

struct mono csp_link_deadline(const struct csp_link *l)
{
	return l->deadline;
}
