/* Receive machine and neighbour table (802.1AB-2016 figure 9-4; evb-reference 2.3-2.5): every order of inputs. */
#include "lldp_fixtures.h"

enum { MAX = 2, WALK_DEPTH = 6, N_EVENTS = 12 };

struct walk {
	struct lldp_rx rx;
	struct lldp_neighbour mem[MAX];
	struct mono now;
	bool port, admin;
};

/* The LLDPDUs heard, made once: two contents of A, B, C, and the shutdowns of A and B. */
static struct text_pdu pdus[6];
static struct lldp_pdu decoded[6];
static struct span octets[6];

static void make_pdus(void)
{
	const uint8_t id[] = { 1, 1, 2, 3, 1, 2 };
	const uint16_t ttl[] = { 10, 10, 4, 20, 0, 0 };

	for (unsigned i = 0; i < 6; i++) {
		struct lldp_decode_notes notes;

		pdu_begin(&pdus[i], id[i], ttl[i]);
		if (i == 1)
			tlv_put(&pdus[i].w, 5, span_of("name", 4));
		pdu_end(&pdus[i]);
		cr_assert_eq(lldp_pdu_decode(wr_span(&pdus[i].w), &decoded[i], &notes), LLDP_OK);
		octets[i] = span_of(pdus[i].w.buf, notes.octets_used);
	}
}

static const struct lldp_neighbour *find(const struct lldp_rx *rx, unsigned i)
{
	size_t msap = 2 * TLV_HEADER + decoded[i].chassis_id.len + decoded[i].port_id.len;

	for (unsigned k = 0; k < rx->n; k++)
		if (span_equal(span_of(rx->neighbours[k].octets, rx->neighbours[k].msap_len),
			    span_of(octets[i].ptr, msap)))
			return &rx->neighbours[k];
	return NULL;
}

static void check(const struct walk *w)
{
	struct mono d = lldp_rx_deadline(&w->rx);

	HOLDS(w->rx.n <= MAX);
	for (unsigned i = 0; i < w->rx.n; i++) {
		struct lldp_pdu pdu;

		lldp_neighbour_pdu(&w->rx.neighbours[i], &pdu);
		HOLDS(mono_before(w->now, w->rx.neighbours[i].expires_at)); /* aged in time */
		HOLDS(!mono_before(w->rx.neighbours[i].expires_at, d));     /* and will be again */
		for (unsigned k = 0; k < i; k++)
			HOLDS(!span_equal(span_of(w->rx.neighbours[i].octets, w->rx.neighbours[i].msap_len),
				span_of(w->rx.neighbours[k].octets, w->rx.neighbours[k].msap_len)));
	}
	HOLDS(mono_is_never(d) == (w->rx.n == 0 && !lldp_rx_has_too_many(&w->rx)));
	HOLDS(w->rx.state == (!w->port           ? LLDP_RX_WAIT_PORT_OPERATIONAL
				     : !w->admin ? LLDP_RX_INITIALIZE
						 : LLDP_RX_WAIT_FOR_FRAME));
	HOLDS(!w->port || w->admin || w->rx.n == 0); /* a disabled agent knows nobody */
}

static void step_enabled(struct walk *w, bool port, bool admin)
{
	unsigned before = w->rx.n;
	bool is_changed;

	w->port = port;
	w->admin = admin;
	is_changed = lldp_rx_set_enabled(&w->rx, port, admin);
	HOLDS(is_changed == (w->rx.n != before));
}

static void step_frame(struct walk *w, unsigned i)
{
	const struct lldp_neighbour *known = find(&w->rx, i);
	bool is_same = known && span_equal(octets[i], span_of(known->octets, known->len));
	unsigned before = w->rx.n;
	enum lldp_rx_result expected, got;

	if (decoded[i].ttl_s == 0)
		expected = known ? LLDP_RX_DELETED : LLDP_RX_NOTHING;
	else if (known)
		expected = is_same ? LLDP_RX_REFRESHED : LLDP_RX_CHANGED;
	else
		expected = before == MAX ? LLDP_RX_REFUSED : LLDP_RX_NEW;
	got = lldp_rx_frame(&w->rx, peer_mac(1), &decoded[i], octets[i], w->now);
	HOLDS(got == expected);
	HOLDS(w->rx.n == (before + (got == LLDP_RX_NEW) - (got == LLDP_RX_DELETED)));
	known = find(&w->rx, i);
	HOLDS((known != NULL) == (got == LLDP_RX_NEW || got == LLDP_RX_CHANGED || got == LLDP_RX_REFRESHED));
	if (known)
		HOLDS(known->expires_at.ns == mono_add(w->now, dur_s(decoded[i].ttl_s)).ns);
	if (got == LLDP_RX_REFUSED)
		HOLDS(lldp_rx_has_too_many(&w->rx));
}

static bool step(struct walk *w, unsigned event)
{
	struct mono d = lldp_rx_deadline(&w->rx);
	unsigned before = w->rx.n;

	switch (event) {
	case 6:
		step_enabled(w, !w->port, w->admin);
		return true;
	case 7:
		step_enabled(w, w->port, !w->admin);
		return true;
	case 8:
		step_enabled(w, w->port, w->admin); /* nothing new */
		return true;
	case 9:
		if (mono_is_never(d))
			return false;
		w->now = d;
		break;
	case 10:
		w->now = mono_add(w->now, dur_ms(700)); /* early */
		break;
	case 11:
		w->now = mono_add(w->now, dur_s(60)); /* late */
		break;
	default:
		if (w->rx.state != LLDP_RX_WAIT_FOR_FRAME)
			return false;
		step_frame(w, event);
		return true;
	}
	HOLDS(lldp_rx_on_time(&w->rx, w->now) == before - w->rx.n);
	return true;
}

static unsigned walk(const struct walk *from, unsigned depth)
{
	unsigned n = 1;

	for (unsigned e = 0; depth > 0 && e < N_EVENTS; e++) {
		struct walk w = *from;

		w.rx.neighbours = w.mem;
		if (step(&w, e)) {
			check(&w);
			n += walk(&w, depth - 1);
		}
	}
	return n;
}

Test(lldp_rx, every_order_of_inputs_keeps_the_invariants)
{
	struct walk w = { .admin = true };

	make_pdus();
	lldp_rx_init(&w.rx, w.mem, MAX);
	step_enabled(&w, true, true);
	cr_assert_gt(walk(&w, WALK_DEPTH), 500000);
}

Test(lldp_rx, refused_neighbours_are_remembered_for_the_longest_ttl)
{
	struct walk w = { .admin = true };

	make_pdus();
	lldp_rx_init(&w.rx, w.mem, 1);
	lldp_rx_set_enabled(&w.rx, true, true);
	lldp_rx_frame(&w.rx, peer_mac(1), &decoded[0], octets[0], at_ms(0));
	lldp_rx_frame(&w.rx, peer_mac(3), &decoded[3], octets[3], at_ms(0));
	cr_assert_eq(w.rx.too_many_until.ns, at_ms(20000).ns);
	lldp_rx_frame(&w.rx, peer_mac(2), &decoded[2], octets[2], at_ms(1000));
	cr_assert_eq(w.rx.too_many_until.ns, at_ms(20000).ns, "a shorter TTL doesn't shorten it");
	cr_assert_eq(lldp_rx_on_time(&w.rx, at_ms(20000)), 1);
	cr_assert_not(lldp_rx_has_too_many(&w.rx));
}
