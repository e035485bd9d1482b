/*
 * lldp_rx.c - receive machine and neighbour table (802.1AB-2016 figure 9-4, 9.2.7.7; evb-reference 2.3-2.5).
 *
 *                          port up                  admin rx
 *   WAIT_PORT_OPERATIONAL ---------> RX_INITIALIZE <---------> RX_WAIT_FOR_FRAME
 *      ^  ages what it knows          forgets all                 | LLDPDU: refresh, replace, add, delete, refuse
 *      +------------------------------- port down ----------------+
 *
 * In: decoded LLDPDUs with their octets, time. Out: what happened to the table. RX_FRAME, UPDATE_INFO and DELETE_INFO
 * don't wait and are the branches of lldp_rx_frame(); DELETE_AGED_INFO is lldp_rx_on_time().
 *
 * Invariants: neighbours[0..n) have pairwise different MSAPs, valid octets and a TTL above 0; n <= max. Every LLDPDU
 * begins with the Chassis ID and Port ID TLVs, so two neighbours are the same exactly when those octets are equal.
 *
 * When the table is full a new neighbour is refused and the timer runs for the longest TTL refused (9.2.7.7.5); the
 * other choice of the standard, to evict a known neighbour, would let a stranger end a working association.
 */
#include "lldp_rx.h"

#include <assert.h>

void lldp_rx_init(struct lldp_rx *rx, struct lldp_neighbour *neighbours, unsigned max)
{
	*rx = (struct lldp_rx){ .state = LLDP_RX_WAIT_PORT_OPERATIONAL,
		.neighbours = neighbours,
		.max = max,
		.too_many_until = MONO_NEVER };
}

static bool forget_all(struct lldp_rx *rx)
{
	bool had_any = rx->n > 0;

	rx->n = 0;
	rx->too_many_until = MONO_NEVER;
	return had_any;
}

bool lldp_rx_set_enabled(struct lldp_rx *rx, bool is_port_enabled, bool is_admin_rx)
{
	bool is_changed = false;

	if (!is_port_enabled) {
		rx->state = LLDP_RX_WAIT_PORT_OPERATIONAL;
		return false;
	}
	if (rx->state == LLDP_RX_WAIT_PORT_OPERATIONAL || !is_admin_rx) {
		rx->state = LLDP_RX_INITIALIZE;
		is_changed = forget_all(rx);
	}
	if (is_admin_rx)
		rx->state = LLDP_RX_WAIT_FOR_FRAME;
	return is_changed;
}

static struct lldp_neighbour *find(const struct lldp_rx *rx, struct span msap)
{
	for (unsigned i = 0; i < rx->n; i++)
		if (span_equal(msap, span_of(rx->neighbours[i].octets, rx->neighbours[i].msap_len)))
			return &rx->neighbours[i];
	return NULL;
}

static void delete_at(struct lldp_rx *rx, unsigned i)
{
	rx->n--;
	memmove(&rx->neighbours[i], &rx->neighbours[i + 1], (rx->n - i) * sizeof(rx->neighbours[0]));
}

static void store(struct lldp_neighbour *n, struct span octets, struct mono now)
{
	memcpy(n->octets, octets.ptr, octets.len);
	n->len = (uint16_t)octets.len;
	n->changed_at = now;
}

static enum lldp_rx_result refuse(struct lldp_rx *rx, struct mono until)
{
	if (mono_is_never(rx->too_many_until) || mono_before(rx->too_many_until, until))
		rx->too_many_until = until;
	return LLDP_RX_REFUSED;
}

enum lldp_rx_result lldp_rx_frame(
	struct lldp_rx *rx, struct mac sa, const struct lldp_pdu *pdu, struct span octets, struct mono now)
{
	size_t msap_len = 2 * TLV_HEADER + pdu->chassis_id.len + pdu->port_id.len;
	struct lldp_neighbour *n = find(rx, span_of(octets.ptr, msap_len));
	struct mono until = mono_add(now, dur_s(pdu->ttl_s));
	enum lldp_rx_result result = LLDP_RX_CHANGED;

	assert(rx->state == LLDP_RX_WAIT_FOR_FRAME && msap_len < octets.len && octets.len <= LLDP_PDU_MAX);
	if (pdu->ttl_s == 0) {
		if (!n)
			return LLDP_RX_NOTHING;
		delete_at(rx, (unsigned)(n - rx->neighbours));
		return LLDP_RX_DELETED;
	}
	if (!n) {
		if (rx->n == rx->max)
			return refuse(rx, until);
		n = &rx->neighbours[rx->n++];
		n->since = now;
		n->msap_len = (uint16_t)msap_len;
		store(n, octets, now);
		result = LLDP_RX_NEW;
	} else if (span_equal(octets, span_of(n->octets, n->len))) {
		result = LLDP_RX_REFRESHED;
	} else {
		store(n, octets, now);
	}
	n->sa = sa;
	n->expires_at = until;
	return result;
}

unsigned lldp_rx_on_time(struct lldp_rx *rx, struct mono now)
{
	unsigned n_aged = 0;

	for (unsigned i = rx->n; i-- > 0;) {
		if (mono_reached(rx->neighbours[i].expires_at, now)) {
			delete_at(rx, i);
			n_aged++;
		}
	}
	if (mono_reached(rx->too_many_until, now))
		rx->too_many_until = MONO_NEVER;
	return n_aged;
}

struct mono lldp_rx_deadline(const struct lldp_rx *rx)
{
	struct mono d = rx->too_many_until;

	for (unsigned i = 0; i < rx->n; i++)
		d = mono_min(d, rx->neighbours[i].expires_at);
	return d;
}

bool lldp_rx_has_too_many(const struct lldp_rx *rx)
{
	return !mono_is_never(rx->too_many_until);
}
