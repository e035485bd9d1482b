/*
 * One PE-CSP machine with a peer by hand: payloads are decoded and made here, ECP delivers at once unless the test says
 * otherwise, time is virtual.
 */
#ifndef EVB_TEST_CSP_RIG_H
#define EVB_TEST_CSP_RIG_H

#include <criterion/criterion.h>
#include <stdlib.h>

#include "csp_pe.h"

/** cr_assert for inner loops: Criterion reports every assertion that passes to its runner. */
#define HOLDS(cond)                                                                                          \
	do {                                                                                                 \
		if (!(cond))                                                                                 \
			cr_assert_fail("%s", #cond);                                                         \
	} while (0)

enum { RIG_EVENTS = 64, RIG_FRAME = 64 };

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

#endif
