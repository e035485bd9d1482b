/*
 * A port extender and a controlling bridge with ECP between them over a wire that loses and doubles what the test says,
 * in virtual time. Their users are here too: the extender's keeps what it was told, the bridge's answers every Create,
 * and both check each event against what they knew before.
 */
#ifndef EVB_TEST_CSP_WORLD_H
#define EVB_TEST_CSP_WORLD_H

#include "csp_rig.h"
#include "ecp_rx.h"
#include "ecp_tx.h"
#include "prng.h"

enum { W_PE, W_CB, W_PORTS = 1024, W_IDS = 4096, W_WIRE = 64, W_LATENCY_US = 500, W_GROUPS = 8 };

struct w_packet {
	struct mono at;
	unsigned to;
	size_t len;
	uint8_t octets[ECP_HEADER + ECP_SDU_MAX];
};

struct w_end {
	struct ecp_tx tx;
	struct ecp_rx rx;
	void *rx_mem;
	struct mac mac;
	struct mono heard_at; /* LLDP of the other end comes then; NEVER: heard, or the link is down */
};

struct world {
	struct csp_pe *pe;
	struct csp_cb *cb;
	struct csp_pe_cfg pe_cfg;
	struct csp_cb_cfg cb_cfg;
	struct w_end end[2];
	struct mono now;
	struct prng rnd;
	bool is_up;
	unsigned lose, twice; /* in 1000 packets */
	bool is_forgetful;    /* ECP delivers what comes twice */
	struct w_packet wire[W_WIRE];
	unsigned n_wire;
	/* what the users were told */
	uint32_t pe_told[W_PORTS]; /* by index: channel */
	uint32_t cb_told[W_PORTS]; /* by index: channel */
	struct mono freed[W_IDS];  /* by channel: when the bridge gave it up */
	bool in_use[W_IDS];
	uint32_t question; /* the bridge's user answers later; 0: none is open */
	struct mono answer_at;
	unsigned answer_ms; /* how much later, at most */
	unsigned n_pe_cleanups, n_cb_cleanups, n_pe_events, n_cb_events, n_refused;
	bool flood; /* the bridge's user puts every port into one group and gives it a PVID */
	uint32_t flood_group;
};

static const struct ecp_rx_cfg w_rx_cfg = { 64, { CSP_ECP_SUBTYPE } };
static const struct ecp_tx_cfg w_tx_cfg = { 3, { 2560000 } };

static inline void *w_zeroed(size_t size)
{
	size_t rounded = (size + 63) & ~(size_t)63;
	void *mem = aligned_alloc(64, rounded);

	HOLDS(mem != NULL);
	return memset(mem, 0, rounded);
}

static inline void w_start_end(struct world *w, unsigned which)
{
	struct w_end *e = &w->end[which];

	free(e->rx_mem);
	e->rx_mem = w_zeroed(ecp_rx_size(&w_rx_cfg));
	ecp_rx_init(&e->rx, &w_rx_cfg, e->rx_mem);
	ecp_tx_init(&e->tx, &w_tx_cfg, (uint16_t)prng_next(&w->rnd));
	e->mac = which == W_PE ? extender_csp : bridge_csp;
	e->heard_at = w->is_up ? mono_add(w->now, dur_ms(prng_below(&w->rnd, 1000))) : MONO_NEVER;
}

static inline void w_start_pe(struct world *w)
{
	free(w->pe);
	w->pe_cfg.first_transaction = (uint16_t)prng_next(&w->rnd);
	w->pe = csp_pe_init(&w->pe_cfg, w_zeroed(csp_pe_size(&w->pe_cfg)));
	csp_pe_set_uplink(w->pe, w->is_up, w->now);
	memset(w->pe_told, 0, sizeof(w->pe_told));
	w_start_end(w, W_PE);
}

static inline void w_start_cb(struct world *w)
{
	free(w->cb);
	w->cb_cfg.first_transaction = (uint16_t)prng_next(&w->rnd);
	w->cb = csp_cb_init(&w->cb_cfg, w_zeroed(csp_cb_size(&w->cb_cfg)));
	memset(w->cb_told, 0, sizeof(w->cb_told));
	memset(w->in_use, 0, sizeof(w->in_use));
	for (unsigned i = 0; i < W_IDS; i++) /* a bridge that starts anew knows no ids that rest */
		w->freed[i] = MONO_ZERO;
	w->question = 0;
	w->flood_group = 0;
	w_start_end(w, W_CB);
}

static inline struct world *w_new(uint64_t seed, unsigned max_ports)
{
	struct world *w = calloc(1, sizeof(*w));

	w->pe_cfg = pe_defaults;
	w->cb_cfg = cb_defaults;
	w->pe_cfg.max_ports = w->cb_cfg.max_ports = max_ports;
	w->pe_cfg.max_members = w->cb_cfg.max_members = 4 * max_ports;
	w->pe_cfg.max_groups = w->cb_cfg.max_groups = W_GROUPS;
	w->cb_cfg.n_ids = 4095;
	w->cb_cfg.n_group_ids = 4095;
	w->rnd.state = seed;
	w->now = at_ms(0);
	w->is_up = true;
	w_start_pe(w);
	w_start_cb(w);
	return w;
}

static inline void w_free(struct world *w)
{
	free(w->pe);
	free(w->cb);
	free(w->end[0].rx_mem);
	free(w->end[1].rx_mem);
	free(w);
}

/* ---- the users ---- */

static inline void w_pe_event(struct world *w, const struct csp_pe_event *e)
{
	const struct csp_statistics s = { 0, 1, 2, 3, 4 };

	w->n_pe_events++;
	switch (e->kind) {
	case CSP_PE_EV_CLEANUP:
		w->n_pe_cleanups++;
		memset(w->pe_told, 0, sizeof(w->pe_told));
		break;
	case CSP_PE_EV_CREATED:
		HOLDS(w->pe_told[e->port] == 0 && e->channel != 0);
		HOLDS(csp_pe_port_at(w->pe, e->port)->channel == e->channel);
		w->pe_told[e->port] = e->channel;
		break;
	case CSP_PE_EV_DELETED:
		HOLDS(w->pe_told[e->port] == e->channel && e->channel != 0);
		w->pe_told[e->port] = 0;
		break;
	case CSP_PE_EV_PARAMETERS:
		HOLDS(w->pe_told[e->port] != 0);
		break;
	case CSP_PE_EV_STATISTICS:
		HOLDS(csp_pe_statistics(w->pe, e->handle, &s, w->now));
		break;
	case CSP_PE_EV_REFUSED:
		w->n_refused++;
		break;
	case CSP_PE_EV_OPENED:
	case CSP_PE_EV_GROUP:
	default:
		break;
	}
}

static inline void w_free_id(struct world *w, uint32_t channel)
{
	HOLDS(w->in_use[channel]);
	w->in_use[channel] = false;
	w->freed[channel] = w->now;
}

/** PEX-63: no freed id has a new owner within 10 s. */
static inline void w_take_id(struct world *w, uint32_t channel)
{
	HOLDS(channel < W_IDS && !w->in_use[channel]);
	HOLDS(w->freed[channel].ns == 0 || mono_since(w->freed[channel], w->now).ns >= dur_s(10).ns);
	w->in_use[channel] = true;
}

static inline void w_cb_created(struct world *w, const struct csp_cb_event *e)
{
	const struct csp_vid vid = { 100, true };

	HOLDS(w->cb_told[e->port] == 0);
	w->cb_told[e->port] = e->channel;
	w_take_id(w, e->channel);
	if (!w->flood)
		return;
	if (w->flood_group == 0)
		HOLDS(csp_cb_group_new(w->cb, 0, &w->flood_group, w->now) == CSP_SUBMIT_OK);
	HOLDS(csp_cb_group_set(w->cb, w->flood_group, e->channel, true) == CSP_SUBMIT_OK);
	HOLDS(csp_cb_set(w->cb, e->channel,
		      &(struct csp_cb_settings){ .pvid = 100, .n_vids = 1, .vids = &vid }) == CSP_SUBMIT_OK);
}

static inline void w_cb_event(struct world *w, const struct csp_cb_event *e)
{
	w->n_cb_events++;
	switch (e->kind) {
	case CSP_CB_EV_CLEANUP:
		w->n_cb_cleanups++;
		for (unsigned i = 0; i < W_PORTS; i++)
			if (w->cb_told[i] != 0)
				w_free_id(w, w->cb_told[i]);
		memset(w->cb_told, 0, sizeof(w->cb_told));
		w->question = 0;
		w->flood_group = 0;
		break;
	case CSP_CB_EV_ASK:
		w->question = e->handle;
		w->answer_at = mono_add(w->now, dur_ms(prng_below(&w->rnd, w->answer_ms + 1)));
		break;
	case CSP_CB_EV_CREATED:
		w_cb_created(w, e);
		break;
	case CSP_CB_EV_DELETED:
		HOLDS(w->cb_told[e->port] == e->channel && e->channel != 0);
		w->cb_told[e->port] = 0;
		w_free_id(w, e->channel);
		break;
	case CSP_CB_EV_STATUS:
	case CSP_CB_EV_SET:
		HOLDS(w->cb_told[e->port] != 0);
		break;
	case CSP_CB_EV_OPENED:
	case CSP_CB_EV_PARAMETERS:
	case CSP_CB_EV_STATISTICS:
	case CSP_CB_EV_GROUP:
	case CSP_CB_EV_GROUP_FAILED:
	case CSP_CB_EV_GROUP_ENDED:
	default:
		break;
	}
}

static inline void w_users(struct world *w)
{
	struct csp_pe_event pe;
	struct csp_cb_event cb;

	while (csp_pe_next_event(w->pe, &pe))
		w_pe_event(w, &pe);
	for (;;) {
		while (csp_cb_next_event(w->cb, &cb))
			w_cb_event(w, &cb);
		if (w->question == 0 || mono_before(w->now, w->answer_at))
			return;
		csp_cb_answer(w->cb, w->question, CSP_DONE, 0, 0, w->now);
		w->question = 0;
	}
}

/* ---- ECP and the wire ---- */

static inline void w_put(struct world *w, unsigned to, struct span octets)
{
	unsigned copies = prng_below(&w->rnd, 1000) < w->twice ? 2 : 1;

	if (!w->is_up || prng_below(&w->rnd, 1000) < w->lose)
		return;
	for (unsigned i = 0; i < copies; i++) {
		struct w_packet *p = &w->wire[w->n_wire++];

		HOLDS(w->n_wire < W_WIRE);
		p->at = mono_add(w->now, dur_us(W_LATENCY_US));
		p->to = to;
		p->len = octets.len;
		memcpy(p->octets, octets.ptr, octets.len);
	}
}

static inline void w_arrive(struct world *w, const struct w_packet *p)
{
	struct w_end *e = &w->end[p->to];
	uint8_t b[ECP_HEADER];
	struct wr ack = wr_init(b, sizeof(b));
	struct ecp_hdr h;

	if (w->is_forgetful)
		ecp_rx_forget(&e->rx);
	switch (ecp_rx_on_pdu(&e->rx, w->end[!p->to].mac, span_of(p->octets, p->len), &h)) {
	case ECP_SEND_ACK:
		ecp_hdr_encode(&h, &ack);
		w_put(w, !p->to, wr_span(&ack));
		break;
	case ECP_IS_ACK:
		ecp_tx_on_ack(&e->tx, &h, w->now);
		break;
	case ECP_DROP:
	default:
		break;
	}
}

static inline void w_deliver(struct world *w, unsigned which)
{
	struct w_end *e = &w->end[which];
	uint16_t subtype;
	struct span sdu;

	while (ecp_rx_peek(&e->rx, &subtype, &sdu)) {
		if (which == W_PE)
			csp_pe_rx(w->pe, sdu, w->now);
		else
			csp_cb_rx(w->cb, sdu, w->now);
		ecp_rx_pop(&e->rx);
		w_users(w);
	}
}

static inline void w_send(struct world *w, unsigned which)
{
	struct w_end *e = &w->end[which];
	uint8_t b[ECP_HEADER + ECP_SDU_MAX];
	struct wr frame = wr_init(b, sizeof(b));
	enum ecp_result result = ecp_tx_take_result(&e->tx);
	size_t len;

	if (result != ECP_RESULT_NONE) {
		if (which == W_PE)
			csp_pe_on_sent(w->pe, result == ECP_RESULT_DELIVERED, w->now);
		else
			csp_cb_on_sent(w->cb, result == ECP_RESULT_DELIVERED, w->now);
		w_users(w);
	}
	if (ecp_tx_is_idle(&e->tx)) {
		len = which == W_PE ? csp_pe_fill(w->pe, b, CSP_PDU_MAX, w->now)
				    : csp_cb_fill(w->cb, b, CSP_PDU_MAX, w->now);
		if (len > 0)
			HOLDS(ecp_tx_submit(&e->tx, CSP_ECP_SUBTYPE, span_of(b, len), w->now) ==
				ECP_SUBMIT_OK);
	}
	if (ecp_tx_poll(&e->tx, w->now, &frame))
		w_put(w, !which, wr_span(&frame));
}

static inline void w_hear(struct world *w)
{
	if (mono_reached(w->end[W_PE].heard_at, w->now)) {
		w->end[W_PE].heard_at = MONO_NEVER;
		csp_pe_set_peer(w->pe, &bridge_csp, w->now);
	}
	if (mono_reached(w->end[W_CB].heard_at, w->now)) {
		w->end[W_CB].heard_at = MONO_NEVER;
		csp_cb_set_peer(w->cb, &extender_csp, w->now);
	}
}

/** All that is due now. */
static inline void w_step(struct world *w)
{
	for (unsigned i = 0; i < w->n_wire;) {
		struct w_packet p = w->wire[i];

		if (mono_before(w->now, p.at)) {
			i++;
			continue;
		}
		memmove(&w->wire[i], &w->wire[i + 1], (--w->n_wire - i) * sizeof(p));
		w_arrive(w, &p);
	}
	w_hear(w);
	csp_pe_on_time(w->pe, w->now);
	csp_cb_on_time(w->cb, w->now);
	w_users(w);
	for (unsigned which = 0; which < 2; which++) {
		ecp_tx_on_time(&w->end[which].tx, w->now);
		w_deliver(w, which);
		w_send(w, which);
	}
}

static inline struct mono w_next(const struct world *w)
{
	struct mono d = mono_min(csp_pe_deadline(w->pe), csp_cb_deadline(w->cb));

	for (unsigned i = 0; i < w->n_wire; i++)
		d = mono_min(d, w->wire[i].at);
	for (unsigned i = 0; i < 2; i++)
		d = mono_min(d, mono_min(ecp_tx_deadline(&w->end[i].tx), w->end[i].heard_at));
	return w->question != 0 ? mono_min(d, w->answer_at) : d;
}

/** Let `ms` pass. */
static inline void w_run(struct world *w, uint64_t ms)
{
	struct mono until = mono_add(w->now, dur_ms(ms));
	unsigned stuck = 0;

	w_step(w);
	while (!mono_before(until, w_next(w))) {
		struct mono next = w_next(w);

		stuck = mono_before(w->now, next) ? 0 : stuck + 1;
		HOLDS(stuck < 100);
		w->now = mono_before(w->now, next) ? next : w->now;
		w_step(w);
	}
	w->now = until;
}

static inline void w_set_link(struct world *w, bool is_up)
{
	if (w->is_up == is_up)
		return;
	w->is_up = is_up;
	w->n_wire = is_up ? w->n_wire : 0;
	csp_pe_set_uplink(w->pe, is_up, w->now);
	for (unsigned i = 0; i < 2; i++) {
		ecp_tx_reset(&w->end[i].tx);
		ecp_rx_reset(&w->end[i].rx);
		w->end[i].heard_at = is_up ? mono_add(w->now, dur_ms(prng_below(&w->rnd, 1000))) : MONO_NEVER;
	}
	if (!is_up)
		csp_cb_set_peer(w->cb, NULL, w->now);
	w_users(w);
}

/* ---- agreement ---- */

static inline bool w_is_quiet(const struct world *w)
{
	return w->n_wire == 0 && csp_pe_is_quiet(w->pe) && csp_cb_is_quiet(w->cb) && w->question == 0 &&
	       ecp_tx_is_idle(&w->end[0].tx) && ecp_tx_is_idle(&w->end[1].tx);
}

/** The same groups with the same ports at both ends. */
static inline void w_check_groups(const struct world *w, uint32_t first)
{
	uint32_t cb_ports[W_PORTS], pe_ports[W_PORTS];

	for (uint32_t id = first; id < first + 4096; id++) {
		uint32_t n = csp_cb_group_ports(w->cb, id, cb_ports, W_PORTS);
		bool is_member[W_PORTS] = { false };

		HOLDS(csp_pe_group_ports(w->pe, id, pe_ports, W_PORTS) == n);
		for (uint32_t k = 0; k < n; k++)
			is_member[csp_pe_find(w->pe, csp_cb_port_at(w->cb, cb_ports[k])->asked.port)] = true;
		for (uint32_t k = 0; k < n; k++)
			HOLDS(is_member[pe_ports[k]]);
	}
}

/** Both ends have the same ports with the same channels, parameters and groups, and their users know them. */
static inline void w_check_agreement(const struct world *w)
{
	unsigned n = 0, n_cb = 0;

	HOLDS(csp_pe_state(w->pe) == CSP_PE_OPERATIONAL && csp_cb_state(w->cb) == CSP_CB_OPEN);
	for (uint32_t i = 0; i < w->pe_cfg.max_ports; i++) {
		const struct csp_pe_port *p = csp_pe_port_at(w->pe, i);
		const struct csp_cb_port *q;

		HOLDS(w->pe_told[i] == (p ? p->channel : 0));
		if (!p)
			continue;
		HOLDS(p->state == CSP_PE_PORT_CREATED || p->state == CSP_PE_PORT_REFUSED);
		HOLDS((p->channel != 0) == (p->state == CSP_PE_PORT_CREATED));
		if (p->channel == 0)
			continue;
		n++;
		q = csp_cb_port_at(w->cb, csp_cb_find(w->cb, p->channel));
		HOLDS(q != NULL && q->asked.port == p->wish.number);
		HOLDS(q->is_operational == p->wish.is_operational);
		HOLDS(!q->is_set || (q->settings.pvid == p->pvid && q->settings.n_vids == p->n_vids));
	}
	for (uint32_t i = 0; i < w->cb_cfg.max_ports; i++) {
		const struct csp_cb_port *q = csp_cb_port_at(w->cb, i);

		n_cb += q != NULL;
		HOLDS(w->cb_told[i] == (q ? q->channel : 0));
	}
	HOLDS(n == n_cb && csp_cb_count(w->cb) == n);
	w_check_groups(w, csp_pe_format(w->pe) == VNTAG_FORMAT_VN ? VNTAG_LIST : 0x100000);
}

static inline void w_add(struct world *w, uint16_t number)
{
	struct csp_pe_wish wish = pe_wish(number);

	HOLDS(csp_pe_port_add(w->pe, &wish) == CSP_SUBMIT_OK);
}

#endif
