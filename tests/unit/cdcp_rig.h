/*
 * Worked frames of evb-reference 4.5 and one end of a UAP in virtual time: an LLDP agent, a CDCP machine, and the CAPs
 * of a user who does what cdcp_sm_next_change() says. Every change is judged as it comes: only what is there is torn
 * down, and no SVID is ever in two CAPs.
 */
#ifndef EVB_TEST_CDCP_RIG_H
#define EVB_TEST_CDCP_RIG_H

#include "cdcp_agent.h"
#include "lldp_fixtures.h"

/* station, wants channels 2 and 3 */
FRAME(frame_c1, 0x01, 0x80, 0xc2, 0, 0, 0x03, 0, 0, 0x5e, 0, 0x53, 0x01, 0x88, 0xcc, 0x02, 0x07, 0x04, 0, 0,
	0x5e, 0, 0x53, 0x01, 0x04, 0x05, 0x05, 0x65, 0x74, 0x68, 0x30, 0x06, 0x02, 0, 0x79, 0xfe, 0x11, 0,
	0x80, 0xc2, 0x0e, 0x88, 0, 0, 0xa7, 0, 0x10, 0x01, 0, 0x20, 0, 0, 0x30, 0);
/* bridge, gives SVIDs 100 and 101 */
FRAME(frame_c2, 0x01, 0x80, 0xc2, 0, 0, 0x03, 0, 0, 0x5e, 0, 0x53, 0x02, 0x88, 0xcc, 0x02, 0x07, 0x04, 0, 0,
	0x5e, 0, 0x53, 0x02, 0x04, 0x04, 0x05, 0x67, 0x65, 0x31, 0x06, 0x02, 0, 0x79, 0xfe, 0x11, 0, 0x80,
	0xc2, 0x0e, 0x08, 0, 0, 0x40, 0, 0x10, 0x01, 0, 0x20, 0x64, 0, 0x30, 0x65);
/* station confirms */
FRAME(frame_c3, 0x01, 0x80, 0xc2, 0, 0, 0x03, 0, 0, 0x5e, 0, 0x53, 0x01, 0x88, 0xcc, 0x02, 0x07, 0x04, 0, 0,
	0x5e, 0, 0x53, 0x01, 0x04, 0x05, 0x05, 0x65, 0x74, 0x68, 0x30, 0x06, 0x02, 0, 0x79, 0xfe, 0x11, 0,
	0x80, 0xc2, 0x0e, 0x88, 0, 0, 0xa7, 0, 0x10, 0x01, 0, 0x20, 0x64, 0, 0x30, 0x65);

enum { HEARD_ID = 9, SETTLE_MAX = 8 }; /* the peer of uap_hear(); LLDPDUs that one input may cause */

static const struct cdcp_cfg uap_station __attribute__((unused)) = { .is_enabled = true,
	.role = CDCP_ROLE_STATION,
	.chn_cap = 167,
	.hold = { 3000000000 },
	.restore_hold = { 121000000000 } };
static const struct cdcp_cfg uap_bridge __attribute__((unused)) = { .is_enabled = true,
	.role = CDCP_ROLE_BRIDGE,
	.chn_cap = 64,
	.svid_low = 100,
	.svid_high = 4094,
	.hold = { 3000000000 },
	.restore_hold = { 121000000000 } };

static inline struct cdcp_cfg bridge_with(uint16_t cap, uint16_t low, uint16_t high)
{
	struct cdcp_cfg cfg = uap_bridge;

	cfg.chn_cap = cap;
	cfg.svid_low = low;
	cfg.svid_high = high;
	return cfg;
}

struct uap {
	struct lldp_agent agent;
	struct cdcp_sm sm;
	struct cdcp_pool pool;
	struct mono now;
	uint16_t cap[CDCP_ID_MAX + 1]; /* per SCID: SVID of the CAP the user has, 0: none */
	uint16_t by_svid[CDCP_ID_MAX + 1];
	unsigned n_caps, n_changes; /* without the default channel */
	unsigned n_sent, n_new;     /* LLDPDUs ever; not delivered yet */
	struct sent sent[SETTLE_MAX];
	struct lldp_neighbour mem[NEIGHBOURS_MAX] __attribute__((aligned(CARVE_ALIGN)));
};

static inline void uap_apply(struct uap *u, const struct cdcp_change *c)
{
	uint16_t scid = c->channel.scid, svid = c->channel.svid;

	HOLDS(scid > 1 && scid <= CDCP_ID_MAX && svid > 1 && svid <= CDCP_ID_MAX);
	HOLDS(u->cap[scid] == (c->is_up ? 0 : svid));
	HOLDS(u->by_svid[svid] == (c->is_up ? 0 : scid));
	u->cap[scid] = c->is_up ? svid : 0;
	u->by_svid[svid] = c->is_up ? scid : 0;
	u->n_caps += c->is_up ? 1U : -1U;
	u->n_changes++;
}

static inline void uap_settle(struct uap *u)
{
	struct cdcp_change c;

	if (lldp_agent_take_events(&u->agent) & LLDP_EVENT_REMOTE_CHANGED)
		cdcp_hear(&u->sm, &u->agent, NULL, u->now);
	while (cdcp_sm_next_change(&u->sm, &c))
		uap_apply(u, &c);
	cdcp_to_agent(&u->sm, &u->agent, 0, u->now);
	for (;;) {
		struct sent *s = &u->sent[u->n_new];
		struct wr w = wr_init(s->octets, sizeof(s->octets));

		if (!lldp_agent_poll_tx(&u->agent, u->now, &w))
			return;
		cdcp_sm_on_told(&u->sm);
		s->at = u->now;
		s->len = w.len;
		u->n_sent++;
		cr_assert_lt(++u->n_new, SETTLE_MAX);
	}
}

static inline void uap_init(struct uap *u, const struct cdcp_cfg *cfg, struct mono now)
{
	const struct lldp_known known = CDCP_TLV_KNOWN;
	struct lldp_agent_cfg agent_cfg = agent_defaults;
	bool is_bridge = cfg->role == CDCP_ROLE_BRIDGE;
	struct mac own = is_bridge ? bridge_mac : station_mac;
	uint8_t chassis[7] = { LLDP_CHASSIS_MAC };
	const uint8_t port_st[] = { LLDP_PORT_IFNAME, 'e', 't', 'h', '0' };
	const uint8_t port_br[] = { LLDP_PORT_IFNAME, 'g', 'e', '1' };
	struct lldp_pdu local = { .chassis_id = span_of(chassis, sizeof(chassis)) };

	memset(u, 0, sizeof(*u));
	u->now = now;
	agent_cfg.da.b[5] = 0x03;
	memcpy(chassis + 1, own.b, sizeof(own.b));
	local.port_id = is_bridge ? span_of(port_br, sizeof(port_br)) : span_of(port_st, sizeof(port_st));
	lldp_agent_init(&u->agent, &agent_cfg, own, u->mem);
	lldp_agent_set_known(&u->agent, &known, 1);
	lldp_agent_set_local(&u->agent, &local, now);
	cdcp_sm_init(&u->sm, cfg, is_bridge ? &u->pool : NULL, now);
	uap_settle(u);
}

static inline void uap_link(struct uap *u, bool is_up)
{
	lldp_agent_set_operational(&u->agent, is_up, u->now);
	cdcp_sm_set_operational(&u->sm, is_up, u->now);
	uap_settle(u);
}

/* n wanted SCIDs from 2 on, and the port up. */
static inline void uap_want(struct uap *u, unsigned n)
{
	uint16_t scid[CDCP_PAIRS_MAX];

	for (unsigned i = 0; i < n; i++)
		scid[i] = (uint16_t)(2 + i);
	cr_assert(cdcp_sm_set_wants(&u->sm, scid, n, u->now));
	uap_settle(u);
}

static inline void uap_up(struct uap *u, const struct cdcp_cfg *cfg, unsigned n_wants)
{
	uap_init(u, cfg, MONO_ZERO);
	if (cfg->role == CDCP_ROLE_STATION)
		uap_want(u, n_wants);
	uap_link(u, true);
}

static inline void uap_cfg(struct uap *u, const struct cdcp_cfg *cfg)
{
	cdcp_sm_set_cfg(&u->sm, cfg, u->now);
	uap_settle(u);
}

static inline void uap_deliver(struct uap *u, struct mac sa, struct span octets)
{
	lldp_agent_rx(&u->agent, sa, octets, u->now);
	if (cdcp_sm_wants_word(&u->sm))
		cdcp_hear(&u->sm, &u->agent, NULL, u->now);
	uap_settle(u);
}

/* As above; what u sends then is its answer. */
static inline void uap_hear_pdu(struct uap *u, struct mac sa, struct span octets)
{
	u->n_new = 0;
	uap_deliver(u, sa, octets);
}

/* Hear a peer whose CDCP TLV has this word and these pairs, as 24-bit numbers; n_octets: length, 0: the right one. */
static inline void uap_hear_raw(
	struct uap *u, uint32_t word, const uint32_t *pair, unsigned n, size_t n_octets)
{
	uint8_t value[TLV_VALUE_MAX] = { 0 };
	struct wr w = wr_init(value, sizeof(value));
	struct text_pdu p;

	wr_u24(&w, CDCP_TLV_OUI);
	wr_u8(&w, CDCP_TLV_SUBTYPE);
	wr_u32(&w, word);
	for (unsigned i = 0; i < n; i++)
		wr_u24(&w, pair[i]);
	pdu_begin(&p, HEARD_ID, 121);
	tlv_put(&p.w, TLV_ORG, span_of(value, n_octets ? n_octets : w.len));
	uap_hear_pdu(u, peer_mac(HEARD_ID), pdu_end(&p));
}

#define BRIDGE_WORD      0x08000040u /* role 0, SComp, ChnCap 64 */
#define STATION_WORD     0x880000a7u /* role 1, SComp, ChnCap 167 */
#define PAIR(scid, svid) ((uint32_t)(scid) << 12 | (svid))
#define uap_hear(u, word, ...)                                                                               \
	uap_hear_raw(u, word, (const uint32_t[]){ __VA_ARGS__ },                                             \
		sizeof((const uint32_t[]){ __VA_ARGS__ }) / sizeof(uint32_t), 0)

/* The neighbour shuts down. */
static inline void uap_hear_shutdown(struct uap *u)
{
	struct text_pdu p;

	pdu_begin(&p, HEARD_ID, 0);
	uap_hear_pdu(u, peer_mac(HEARD_ID), pdu_end(&p));
}

static inline struct mono uap_deadline(const struct uap *u)
{
	return mono_min(lldp_agent_deadline(&u->agent), cdcp_sm_deadline(&u->sm));
}

static inline void uap_at(struct uap *u, struct mono now)
{
	u->now = now;
	u->n_new = 0;
	lldp_agent_on_time(&u->agent, now);
	cdcp_sm_on_time(&u->sm, now);
	uap_settle(u);
}

static inline void uap_run(struct uap *u, struct mono until)
{
	for (;;) {
		struct mono d = uap_deadline(u);

		if (mono_is_never(d) || mono_before(until, d))
			break;
		cr_assert(mono_before(u->now, d), "a deadline must be in the future after settling");
		uap_at(u, d);
	}
	u->now = until;
}

static inline void uap_sleep(struct uap *u, uint64_t ms)
{
	uap_run(u, mono_add(u->now, dur_ms(ms)));
}

/* The TLV advertised now. */
static inline struct cdcp_tlv uap_says(const struct uap *u)
{
	struct cdcp_tlv t;

	cr_assert(cdcp_sm_local(&u->sm, &t));
	return t;
}

static inline void cr_assert_says_(const struct uap *u, const uint32_t *pair, unsigned n)
{
	struct cdcp_tlv t = uap_says(u);

	cr_assert_eq(t.n_pairs, n);
	for (unsigned i = 0; i < n; i++)
		cr_assert_eq(PAIR(t.pair[i].scid, t.pair[i].svid), pair[i], "pair %u is (%u,%u)", i,
			t.pair[i].scid, t.pair[i].svid);
}
#define cr_assert_says(u, ...)                                                                               \
	cr_assert_says_(u, (const uint32_t[]){ __VA_ARGS__ },                                                \
		sizeof((const uint32_t[]){ __VA_ARGS__ }) / sizeof(uint32_t))

static inline void cr_assert_sends(const struct uap *u, const uint8_t frame[FRAME_LEN])
{
	const struct sent *s = &u->sent[u->n_new - 1];

	cr_assert_gt(u->n_new, 0);
	cr_assert_leq(s->len, FRAME_LEN - FRAME_HEADER);
	cr_assert_arr_eq(s->octets, frame + FRAME_HEADER, s->len);
	for (size_t i = FRAME_HEADER + s->len; i < FRAME_LEN; i++)
		cr_assert_eq(frame[i], 0, "only padding is left");
}

static inline void cr_assert_why(const struct uap *u, uint16_t scid, const char *expected)
{
	char text[CDCP_WHY_TEXT];

	cdcp_why_text(&u->sm, cdcp_sm_why(&u->sm, scid), text);
	cr_assert_str_eq(text, expected);
}

#endif
