/*
 * One PE-CSP machine with a peer by hand: payloads are decoded and made here, ECP delivers at once unless the test says
 * otherwise, time is virtual.
 */
#ifndef EVB_TEST_CSP_RIG_H
#define EVB_TEST_CSP_RIG_H

#include <criterion/criterion.h>
#include <stdlib.h>

#include "csp_cb.h"
#include "csp_pe.h"

/** cr_assert for inner loops: Criterion reports every assertion that passes to its runner. */
#define HOLDS(cond)                                                                                          \
	do {                                                                                                 \
		if (!(cond))                                                                                 \
			cr_assert_fail("%s", #cond);                                                         \
	} while (0)

enum { RIG_EVENTS = 24, RIG_FRAME = 64 };

static const struct mac bridge_csp = { { 0x02, 0, 0, 0, 0, 0x1b } };
static const struct mac extender_csp = { { 0x02, 0, 0, 0, 0, 0x1a } };

static inline struct mono at_ms(uint64_t ms)
{
	return mono_add((struct mono){ 1000000000 }, dur_ms(ms));
}

/** Encode with padding behind it, as it comes from the wire. */
static inline struct span rig_encode(const struct csp_pdu *p, uint8_t buf[CSP_PDU_MAX + RIG_FRAME])
{
	struct wr w = wr_init(buf, CSP_PDU_MAX + RIG_FRAME);

	csp_pdu_encode(p, &w);
	wr_zero(&w, RIG_FRAME - 18);
	HOLDS(!w.bad);
	return wr_span(&w);
}

/* ---- a port extender ---- */

struct pe_rig {
	struct csp_pe *pe;
	struct mono now;
	uint16_t transaction;        /* of the bridge's requests */
	struct csp_pdu out;          /* what was sent last */
	uint8_t octets[CSP_PDU_MAX]; /* the same, raw */
	size_t len;
	struct csp_pe_event ev[RIG_EVENTS];
	unsigned n_ev;
};

static const struct csp_pe_cfg pe_defaults = { .max_ports = 16,
	.max_groups = 4,
	.max_members = 24,
	.wish = VNTAG_FORMAT_E,
	.resource = { .classes = 8, .capabilities = 0x15, .max_untagged = 16 },
	.key = { 1, 2 },
	.first_transaction = 1 };

static inline struct pe_rig *pe_new(const struct csp_pe_cfg *cfg)
{
	size_t size = (csp_pe_size(cfg) + 63) & ~(size_t)63;
	struct pe_rig *r = calloc(1, sizeof(*r));
	void *mem = aligned_alloc(64, size);

	memset(mem, 0, size);
	r->pe = csp_pe_init(cfg, mem);
	r->now = at_ms(0);
	r->transaction = 1000;
	return r;
}

static inline void pe_free(struct pe_rig *r)
{
	free(r->pe);
	free(r);
}

/** Take all events; those of before are forgotten. */
static inline unsigned pe_pull(struct pe_rig *r)
{
	r->n_ev = 0;
	while (csp_pe_next_event(r->pe, &r->ev[r->n_ev]))
		HOLDS(++r->n_ev < RIG_EVENTS);
	return r->n_ev;
}

static inline bool pe_fill(struct pe_rig *r)
{
	r->len = csp_pe_fill(r->pe, r->octets, sizeof(r->octets), r->now);
	if (r->len > 0)
		HOLDS(csp_pdu_decode(span_of(r->octets, r->len), &r->out) == CSP_OK);
	return r->len > 0;
}

/** The next payload, delivered. */
static inline bool pe_send(struct pe_rig *r)
{
	if (!pe_fill(r))
		return false;
	csp_pe_on_sent(r->pe, true, r->now);
	return true;
}

static inline void pe_rx(struct pe_rig *r, const struct csp_pdu *p)
{
	static uint8_t buf[CSP_PDU_MAX + RIG_FRAME];

	csp_pe_rx(r->pe, rig_encode(p, buf), r->now);
}

/** The bridge's response to what was sent last. */
static inline void pe_answer(struct pe_rig *r, enum csp_completion c, uint32_t channel)
{
	static struct csp_pdu p;

	HOLDS(!r->out.is_response);
	csp_pdu_respond(&r->out, c, &p);
	p.channel = channel;
	if (p.message == CSP_OPEN)
		p.has = CSP_HAS_RESOURCE;
	p.resource = (struct csp_resource){ 1000, 100, 8, 0, 100 };
	pe_rx(r, &p);
}

/** A request of the bridge, answered and delivered at once: the response is r->out. */
static inline enum csp_completion pe_ask(struct pe_rig *r, struct csp_pdu *p)
{
	p->transaction = ++r->transaction;
	p->is_response = false;
	pe_rx(r, p);
	HOLDS(pe_send(r) && r->out.is_response && r->out.message == p->message);
	HOLDS(r->out.transaction == p->transaction);
	return (enum csp_completion)r->out.completion;
}

static inline struct csp_pe_wish pe_wish(uint16_t number)
{
	return (struct csp_pe_wish){
		.number = number, .type = CSP_PORT_EXTENDED, .pvid = 1, .is_operational = true, .user = number
	};
}

static inline void pe_add(struct pe_rig *r, uint16_t number)
{
	struct csp_pe_wish w = pe_wish(number);

	HOLDS(csp_pe_port_add(r->pe, &w) == CSP_SUBMIT_OK);
}

/** Uplink up, bridge heard, session open. */
static inline void pe_open(struct pe_rig *r)
{
	csp_pe_set_uplink(r->pe, true, r->now);
	csp_pe_set_peer(r->pe, &bridge_csp, r->now);
	HOLDS(pe_send(r) && r->out.message == CSP_OPEN);
	pe_answer(r, CSP_DONE, 0);
	pe_pull(r);
}

/** A session with ports 1..n on channels 101.. */
static inline void pe_open_with(struct pe_rig *r, unsigned n)
{
	for (unsigned i = 1; i <= n; i++)
		pe_add(r, (uint16_t)i);
	pe_open(r);
	for (unsigned i = 1; i <= n; i++) {
		HOLDS(pe_send(r) && r->out.message == CSP_CREATE && r->out.port.port == i);
		pe_answer(r, CSP_DONE, 100 + i);
	}
	pe_pull(r);
	HOLDS(csp_pe_state(r->pe) == CSP_PE_OPERATIONAL);
}

/** Let time pass, as a caller that keeps every deadline would. */
static inline void pe_pass(struct pe_rig *r, uint64_t ms)
{
	struct mono until = mono_add(r->now, dur_ms(ms));

	while (mono_reached(csp_pe_deadline(r->pe), until)) {
		struct mono d = csp_pe_deadline(r->pe);

		r->now = mono_before(r->now, d) ? d : r->now;
		csp_pe_on_time(r->pe, r->now);
		HOLDS(!mono_reached(csp_pe_deadline(r->pe), r->now));
	}
	r->now = until;
	csp_pe_on_time(r->pe, r->now);
}

static inline const struct csp_pe_port *pe_port(struct pe_rig *r, uint16_t number)
{
	const struct csp_pe_port *p = csp_pe_port_at(r->pe, csp_pe_find(r->pe, number));

	HOLDS(p != NULL);
	return p;
}

static inline struct csp_pdu *rig_pdu(enum csp_message message, uint32_t channel)
{
	static struct csp_pdu p;

	memset(&p, 0, sizeof(p));
	p.message = message;
	p.channel = channel;
	return &p;
}

/* ---- a controlling bridge ---- */

struct cb_rig {
	struct csp_cb *cb;
	struct mono now;
	uint16_t transaction; /* of the extender's requests */
	struct csp_pdu out;   /* what was sent last */
	uint8_t octets[CSP_PDU_MAX];
	size_t len;
	struct csp_cb_event ev[RIG_EVENTS];
	unsigned n_ev;
};

static const struct csp_cb_cfg cb_defaults = { .max_ports = 16,
	.max_groups = 4,
	.max_members = 24,
	.n_ids = 16,
	.n_group_ids = 8,
	.formats = CSP_CB_E | CSP_CB_VN,
	.resource = { .classes = 8, .max_untagged = 16 },
	.key = { 3, 4 },
	.first_transaction = 1 };

static inline struct cb_rig *cb_new(const struct csp_cb_cfg *cfg)
{
	size_t size = (csp_cb_size(cfg) + 63) & ~(size_t)63;
	struct cb_rig *r = calloc(1, sizeof(*r));
	void *mem = aligned_alloc(64, size);

	memset(mem, 0, size);
	r->cb = csp_cb_init(cfg, mem);
	r->now = at_ms(0);
	r->transaction = 1000;
	return r;
}

static inline void cb_free(struct cb_rig *r)
{
	free(r->cb);
	free(r);
}

/** Take all events; those of before are forgotten. */
static inline unsigned cb_pull(struct cb_rig *r)
{
	r->n_ev = 0;
	while (csp_cb_next_event(r->cb, &r->ev[r->n_ev]))
		HOLDS(++r->n_ev < RIG_EVENTS);
	return r->n_ev;
}

static inline bool cb_fill(struct cb_rig *r)
{
	r->len = csp_cb_fill(r->cb, r->octets, sizeof(r->octets), r->now);
	if (r->len > 0)
		HOLDS(csp_pdu_decode(span_of(r->octets, r->len), &r->out) == CSP_OK);
	return r->len > 0;
}

/** The next payload, delivered. */
static inline bool cb_send(struct cb_rig *r)
{
	if (!cb_fill(r))
		return false;
	csp_cb_on_sent(r->cb, true, r->now);
	return true;
}

static inline void cb_rx(struct cb_rig *r, const struct csp_pdu *p)
{
	static uint8_t buf[CSP_PDU_MAX + RIG_FRAME];

	csp_cb_rx(r->cb, rig_encode(p, buf), r->now);
}

/** The extender's response to what was sent last. */
static inline void cb_reply(struct cb_rig *r, enum csp_completion c)
{
	static struct csp_pdu p;

	HOLDS(!r->out.is_response);
	csp_pdu_respond(&r->out, c, &p);
	if (p.message == CSP_OPEN)
		p.has = CSP_HAS_RESOURCE;
	p.resource = (struct csp_resource){ 1000, 100, 8, 0, 100 };
	cb_rx(r, &p);
}

/** A request of the extender, not yet answered. */
static inline void cb_request(struct cb_rig *r, struct csp_pdu *p)
{
	p->transaction = ++r->transaction;
	p->is_response = false;
	cb_rx(r, p);
}

/** The same, answered and delivered at once: the response is r->out. */
static inline enum csp_completion cb_ask(struct cb_rig *r, struct csp_pdu *p)
{
	cb_request(r, p);
	HOLDS(cb_send(r) && r->out.is_response && r->out.message == p->message);
	HOLDS(r->out.transaction == p->transaction);
	return (enum csp_completion)r->out.completion;
}

static inline struct csp_pdu *rig_open(enum vntag_format format)
{
	struct csp_pdu *p = rig_pdu(CSP_OPEN, 0);

	p->flags = format == VNTAG_FORMAT_VN ? CSP_FLAG_VNTAG : 0;
	p->has = CSP_HAS_RESOURCE;
	p->resource = (struct csp_resource){ 1000, 100, 8, 0, 100 };
	return p;
}

static inline struct csp_pdu *rig_create(uint16_t number)
{
	struct csp_pdu *p = rig_pdu(CSP_CREATE, 0);

	p->has = CSP_HAS_PORT;
	p->port = (struct csp_port_params){ number, CSP_PORT_EXTENDED, 0, 1, 0 };
	return p;
}

/** Extender heard, session open. */
static inline void cb_open(struct cb_rig *r)
{
	csp_cb_set_peer(r->cb, &extender_csp, r->now);
	HOLDS(cb_ask(r, rig_open(VNTAG_FORMAT_E)) == CSP_DONE);
	cb_pull(r);
}

/** Port `number` is created; returns its channel. `channel`: where the caller gives them. */
static inline uint32_t cb_create(struct cb_rig *r, uint16_t number, uint32_t channel)
{
	cb_request(r, rig_create(number));
	HOLDS(cb_pull(r) == 1 && r->ev[0].kind == CSP_CB_EV_ASK);
	HOLDS(csp_cb_answer(r->cb, r->ev[0].handle, CSP_DONE, channel, number, r->now));
	HOLDS(cb_send(r) && r->out.message == CSP_CREATE && r->out.completion == CSP_DONE);
	HOLDS(cb_pull(r) == 1 && r->ev[0].kind == CSP_CB_EV_CREATED && r->ev[0].channel == r->out.channel);
	return r->out.channel;
}

/** A session with ports 1..n on channels 1..n of the pool. */
static inline void cb_open_with(struct cb_rig *r, unsigned n)
{
	cb_open(r);
	for (unsigned i = 1; i <= n; i++)
		HOLDS(cb_create(r, (uint16_t)i, 0) == i);
}

/** Let time pass, as a caller that keeps every deadline would. */
static inline void cb_pass(struct cb_rig *r, uint64_t ms)
{
	struct mono until = mono_add(r->now, dur_ms(ms));

	while (mono_reached(csp_cb_deadline(r->cb), until)) {
		struct mono d = csp_cb_deadline(r->cb);

		r->now = mono_before(r->now, d) ? d : r->now;
		csp_cb_on_time(r->cb, r->now);
		HOLDS(!mono_reached(csp_cb_deadline(r->cb), r->now));
	}
	r->now = until;
	csp_cb_on_time(r->cb, r->now);
}

static inline const struct csp_cb_port *cb_port(struct cb_rig *r, uint32_t channel)
{
	const struct csp_cb_port *p = csp_cb_port_at(r->cb, csp_cb_find(r->cb, channel));

	HOLDS(p != NULL);
	return p;
}

#endif
