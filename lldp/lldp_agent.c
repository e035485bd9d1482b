/*
 * lldp_agent.c - one LLDP agent: the machines coupled, LLDPDUs composed, reception counted (802.1AB-2016 clause 9;
 * evb-reference 2.3-2.5, section 9).
 *
 *   set_local, set_org --> local LLDPDU --localChange--> lldp_tx --poll--> LLDPDU out
 *                                                          ^ newNeighbor
 *   LLDPDU in --> decode, count --------------------> lldp_rx --> table, events
 *
 * The local system is kept as an encoded LLDPDU: the codec does the copying, and "did an octet change" is a
 * comparison of octets. The organizational TLVs are appended when an LLDPDU is composed. What doesn't fit into one
 * LLDPDU is left out, least useful first, and counted as a length error; the EVB TLV in slot 0 is the last to go.
 *
 * Invariants: neighbours only in rx.neighbours, which is the caller's memory; nothing from the wire is kept elsewhere.
 * Left out: the meaning of organizational TLVs, and which frames belong to this agent (the caller dispatches by
 * destination address).
 */
#include "lldp_agent.h"

#include <assert.h>

static struct lldp_neighbour *lay_out(const struct lldp_agent_cfg *cfg, struct carve *c)
{
	return carve_take(c, cfg->max_neighbours, sizeof(struct lldp_neighbour));
}

size_t lldp_agent_size(const struct lldp_agent_cfg *cfg)
{
	struct carve c = { NULL, 0 };

	lay_out(cfg, &c);
	return c.used;
}

static struct lldp_tx_cfg tx_cfg(const struct lldp_agent_cfg *cfg)
{
	return (struct lldp_tx_cfg){ cfg->tx_interval_s, cfg->fast_tx_s, cfg->fast_init, cfg->credit_max,
		cfg->reinit_delay_s };
}

/* txTTL (9.2.5.22) */
static uint16_t tx_ttl(const struct lldp_agent_cfg *cfg)
{
	unsigned ttl = cfg->tx_interval_s * cfg->tx_hold + 1;

	return (uint16_t)(ttl < UINT16_MAX ? ttl : UINT16_MAX);
}

void lldp_agent_init(struct lldp_agent *a, const struct lldp_agent_cfg *cfg, struct mac own, void *mem)
{
	struct carve c = { mem, 0 };
	struct lldp_tx_cfg tx = tx_cfg(cfg);

	assert(cfg->max_neighbours > 0);
	*a = (struct lldp_agent){ .cfg = *cfg, .own = own };
	lldp_tx_init(&a->tx, &tx);
	lldp_rx_init(&a->rx, lay_out(cfg, &c), cfg->max_neighbours);
}

/* adminStatus and portEnabled to the machines; without local TLVs there's nothing that could be sent. */
static void run_enabled(struct lldp_agent *a, struct mono now)
{
	enum lldp_admin admin = a->cfg.admin;

	lldp_tx_set_enabled(&a->tx, a->is_operational && a->local_len > 0,
		admin == LLDP_RX_TX || admin == LLDP_TX_ONLY, now);
	if (lldp_rx_set_enabled(&a->rx, a->is_operational, admin == LLDP_RX_TX || admin == LLDP_RX_ONLY))
		a->events |= LLDP_EVENT_REMOTE_CHANGED;
}

void lldp_agent_set_cfg(struct lldp_agent *a, const struct lldp_agent_cfg *cfg, struct mono now)
{
	unsigned max_neighbours = a->cfg.max_neighbours;
	uint16_t old_ttl = tx_ttl(&a->cfg);
	struct lldp_tx_cfg tx = tx_cfg(cfg);

	a->cfg = *cfg;
	a->cfg.max_neighbours = max_neighbours;
	lldp_tx_set_cfg(&a->tx, &tx, now);
	run_enabled(a, now);
	if (tx_ttl(cfg) != old_ttl) /* the neighbours must not age us by the old interval */
		lldp_tx_on_local_change(&a->tx, now);
}

void lldp_agent_set_operational(struct lldp_agent *a, bool is_up, struct mono now)
{
	if (a->is_operational == is_up)
		return;
	a->is_operational = is_up;
	if (a->rx.n > 0)
		a->events |= LLDP_EVENT_REMOTE_CHANGED;
	run_enabled(a, now);
}

static struct span cut(struct span text)
{
	return span_of(text.ptr, text.len < LLDP_LOCAL_TEXT ? text.len : LLDP_LOCAL_TEXT);
}

static void keep_short_mgmt(struct lldp_pdu *pdu)
{
	unsigned n = 0;

	for (unsigned i = 0; i < pdu->n_mgmt; i++)
		if (pdu->mgmt[i].len <= LLDP_LOCAL_MGMT)
			pdu->mgmt[n++] = pdu->mgmt[i];
	pdu->n_mgmt = n;
}

void lldp_agent_set_local(struct lldp_agent *a, const struct lldp_pdu *local, struct mono now)
{
	uint8_t octets[LLDP_PDU_MAX];
	struct wr w = wr_init(octets, sizeof(octets));
	struct lldp_pdu pdu = *local;
	bool is_first = a->local_len == 0;

	pdu.ttl_s = 1; /* stands for any, but 0 */
	pdu.port_descr = cut(pdu.port_descr);
	pdu.system_name = cut(pdu.system_name);
	pdu.system_descr = cut(pdu.system_descr);
	pdu.n_org = 0;
	keep_short_mgmt(&pdu);
	lldp_pdu_encode(&pdu, &w);
	assert(!w.bad);
	if (span_equal(wr_span(&w), span_of(a->local, a->local_len)))
		return;
	memcpy(a->local, octets, w.len);
	a->local_len = w.len;
	if (is_first)
		run_enabled(a, now);
	else
		lldp_tx_on_local_change(&a->tx, now);
}

/** True if an octet differs. */
static bool put_org(struct lldp_agent *a, unsigned slot, struct span value)
{
	struct lldp_org_slot *s = &a->org[slot];

	assert(slot < LLDP_ORG_SLOTS && value.len <= LLDP_ORG_VALUE);
	assert(value.len == 0 || value.len >= TLV_ORG_HEADER);
	if (span_equal(value, span_of(s->octets, s->len)))
		return false;
	if (value.len > 0)
		memcpy(s->octets, value.ptr, value.len);
	s->len = (uint16_t)value.len;
	return true;
}

void lldp_agent_set_org(struct lldp_agent *a, unsigned slot, struct span value, struct mono now)
{
	if (put_org(a, slot, value))
		lldp_tx_on_local_change(&a->tx, now);
}

void lldp_agent_update_org(struct lldp_agent *a, unsigned slot, struct span value)
{
	(void)put_org(a, slot, value);
}

void lldp_agent_repeat(struct lldp_agent *a, struct mono now)
{
	lldp_tx_on_local_change(&a->tx, now);
}

void lldp_agent_set_known(struct lldp_agent *a, const struct lldp_known *known, unsigned n)
{
	assert(n <= LLDP_KNOWN_MAX);
	for (unsigned i = 0; i < n; i++)
		a->known[i] = known[i];
	a->n_known = n;
}

static uint32_t org_key(struct span value)
{
	uint32_t oui = 0;
	uint8_t subtype = 0;
	struct span info;

	tlv_org_split(value, &oui, &subtype, &info);
	return oui << 8 | subtype;
}

static bool is_good_length(const struct lldp_known *known, size_t len)
{
	return len >= known->min_len && (known->step == 0 || (len - known->min_len) % known->step == 0);
}

bool lldp_pdu_find_org(const struct lldp_pdu *pdu, const struct lldp_known *known, struct span *ret)
{
	for (unsigned i = 0; i < pdu->n_org; i++) {
		if (org_key(pdu->org[i]) == known->key && is_good_length(known, pdu->org[i].len)) {
			*ret = pdu->org[i];
			return true;
		}
	}
	return false;
}

/* Of each known TLV one is used; the others of that kind are discarded, kinds not known are unrecognized. */
static void count_org(struct lldp_agent *a, const struct lldp_pdu *pdu)
{
	unsigned n_known = 0, n_used = 0;
	struct span value;

	for (unsigned k = 0; k < a->n_known; k++) {
		n_used += lldp_pdu_find_org(pdu, &a->known[k], &value);
		for (unsigned i = 0; i < pdu->n_org; i++)
			n_known += org_key(pdu->org[i]) == a->known[k].key;
	}
	a->counters.tlvs_discarded += n_known - n_used;
	a->counters.tlvs_unrecognized += pdu->n_org - n_known;
}

static void apply_rx(struct lldp_agent *a, enum lldp_rx_result result, struct mono now)
{
	switch (result) {
	case LLDP_RX_NEW:
		a->events |= LLDP_EVENT_REMOTE_CHANGED;
		lldp_tx_on_new_neighbour(&a->tx, now);
		break;
	case LLDP_RX_CHANGED:
	case LLDP_RX_DELETED:
		a->events |= LLDP_EVENT_REMOTE_CHANGED;
		break;
	case LLDP_RX_REFUSED: /* 9.2.7.7.5 */
		a->events |= LLDP_EVENT_TOO_MANY;
		a->counters.too_many_neighbours++;
		a->counters.frames_discarded++;
		break;
	case LLDP_RX_REFRESHED:
	case LLDP_RX_NOTHING:
		break;
	}
}

static void age(struct lldp_agent *a, struct mono now)
{
	bool had_too_many = lldp_rx_has_too_many(&a->rx);
	unsigned n = lldp_rx_on_time(&a->rx, now);

	a->counters.ageouts += n;
	if (n > 0 || had_too_many != lldp_rx_has_too_many(&a->rx))
		a->events |= LLDP_EVENT_REMOTE_CHANGED;
}

void lldp_agent_rx(struct lldp_agent *a, struct mac sa, struct span octets, struct mono now)
{
	struct lldp_decode_notes notes;
	struct lldp_pdu pdu;
	bool had_too_many;

	age(a, now);
	if (a->rx.state != LLDP_RX_WAIT_FOR_FRAME || mac_equal(sa, a->own))
		return;
	a->counters.frames_in++;
	if (lldp_pdu_decode(octets, &pdu, &notes) != LLDP_OK) {
		a->counters.frames_discarded++;
		a->counters.frames_in_errors++;
		return;
	}
	a->counters.tlvs_discarded += notes.tlvs_discarded;
	a->counters.tlvs_unrecognized += notes.tlvs_unrecognized;
	a->counters.frames_in_errors += notes.tlvs_in_error > 0;
	count_org(a, &pdu);
	had_too_many = lldp_rx_has_too_many(&a->rx);
	apply_rx(a, lldp_rx_frame(&a->rx, sa, &pdu, span_of(octets.ptr, notes.octets_used), now), now);
	if (had_too_many != lldp_rx_has_too_many(&a->rx))
		a->events |= LLDP_EVENT_REMOTE_CHANGED;
}

void lldp_agent_on_time(struct lldp_agent *a, struct mono now)
{
	age(a, now);
	lldp_tx_on_time(&a->tx, now);
}

struct mono lldp_agent_deadline(const struct lldp_agent *a)
{
	return mono_min(lldp_tx_deadline(&a->tx), lldp_rx_deadline(&a->rx));
}

/* Give up one optional TLV. False when only the mandatory ones are left. */
static bool drop_least_useful(struct lldp_pdu *pdu)
{
	if (pdu->system_descr.ptr)
		pdu->system_descr = span_of(NULL, 0);
	else if (pdu->n_mgmt > 0)
		pdu->n_mgmt--;
	else if (pdu->port_descr.ptr)
		pdu->port_descr = span_of(NULL, 0);
	else if (pdu->system_name.ptr)
		pdu->system_name = span_of(NULL, 0);
	else if (pdu->n_org > 0)
		pdu->n_org--;
	else
		return false;
	return true;
}

static void local_pdu(const struct lldp_agent *a, struct lldp_pdu *ret)
{
	struct lldp_decode_notes notes;
	enum lldp_err e = lldp_pdu_decode(span_of(a->local, a->local_len), ret, &notes);

	assert(e == LLDP_OK);
	(void)e;
	ret->ttl_s = tx_ttl(&a->cfg);
	for (unsigned i = 0; i < LLDP_ORG_SLOTS; i++)
		if (a->org[i].len > 0)
			ret->org[ret->n_org++] = span_of(a->org[i].octets, a->org[i].len);
}

static void compose(struct lldp_agent *a, struct lldp_pdu *pdu, struct wr *w)
{
	uint8_t octets[LLDP_PDU_MAX];
	struct wr try = wr_init(octets, wr_room(w) < sizeof(octets) ? wr_room(w) : sizeof(octets));

	lldp_pdu_encode(pdu, &try);
	if (try.bad)
		a->counters.length_errors++;
	while (try.bad && drop_least_useful(pdu)) {
		try = wr_init(octets, try.cap);
		lldp_pdu_encode(pdu, &try);
	}
	w->bad |= try.bad;
	wr_copy(w, octets, try.len);
}

bool lldp_agent_poll_tx(struct lldp_agent *a, struct mono now, struct wr *w)
{
	enum lldp_tx_frame frame = lldp_tx_poll(&a->tx, now);
	struct lldp_pdu pdu;

	if (frame == LLDP_TX_NONE)
		return false;
	local_pdu(a, &pdu);
	if (frame == LLDP_TX_SHUTDOWN)
		lldp_pdu_encode_shutdown(&pdu, w);
	else
		compose(a, &pdu, w);
	if (!w->bad)
		a->counters.frames_out++;
	return !w->bad;
}

unsigned lldp_agent_take_events(struct lldp_agent *a)
{
	unsigned events = a->events;

	a->events = 0;
	return events;
}

void lldp_agent_count_discarded(struct lldp_agent *a, unsigned n)
{
	a->counters.tlvs_discarded += n;
}

unsigned lldp_agent_n_neighbours(const struct lldp_agent *a)
{
	return a->rx.n;
}

const struct lldp_neighbour *lldp_agent_neighbour(const struct lldp_agent *a, unsigned i)
{
	assert(i < a->rx.n);
	return &a->rx.neighbours[i];
}

void lldp_neighbour_pdu(const struct lldp_neighbour *n, struct lldp_pdu *ret)
{
	struct lldp_decode_notes notes;
	enum lldp_err e = lldp_pdu_decode(span_of(n->octets, n->len), ret, &notes);

	assert(e == LLDP_OK);
	(void)e;
}
