/*
 * Worked frames of evb-reference 3.5 and a box: one LLDP agent with one EVB machine in virtual time, as a port would
 * wire them. A box records what it sends and how often it woke up.
 */
#ifndef EVB_TEST_LLDP_FIXTURES_H
#define EVB_TEST_LLDP_FIXTURES_H

#include <criterion/criterion.h>

#include "evb_agent.h"

enum { FRAME_HEADER = 14, FRAME_LEN = 60, SENT_MAX = 200, NEIGHBOURS_MAX = 8 };

#define FRAME(name, ...) static const uint8_t name[FRAME_LEN] __attribute__((unused)) = { __VA_ARGS__ }

/* station, nothing heard */
FRAME(frame_l1, 0x01, 0x80, 0xc2, 0, 0, 0, 0, 0, 0x5e, 0, 0x53, 0x01, 0x88, 0xcc, 0x02, 0x07, 0x04, 0, 0,
	0x5e, 0, 0x53, 0x01, 0x04, 0x05, 0x05, 0x65, 0x74, 0x68, 0x30, 0x06, 0x02, 0, 0x79, 0xfe, 0x09, 0,
	0x80, 0xc2, 0x0d, 0, 0x07, 0x6e, 0x94, 0x14, 0, 0);
/* bridge, nothing heard */
FRAME(frame_l2, 0x01, 0x80, 0xc2, 0, 0, 0, 0, 0, 0x5e, 0, 0x53, 0x02, 0x88, 0xcc, 0x02, 0x07, 0x04, 0, 0,
	0x5e, 0, 0x53, 0x02, 0x04, 0x04, 0x05, 0x67, 0x65, 0x31, 0x06, 0x02, 0, 0x79, 0xfe, 0x09, 0, 0x80,
	0xc2, 0x0d, 0x02, 0, 0x70, 0x54, 0x15, 0, 0);
/* bridge after L1 */
FRAME(frame_l3, 0x01, 0x80, 0xc2, 0, 0, 0, 0, 0, 0x5e, 0, 0x53, 0x02, 0x88, 0xcc, 0x02, 0x07, 0x04, 0, 0,
	0x5e, 0, 0x53, 0x02, 0x04, 0x04, 0x05, 0x67, 0x65, 0x31, 0x06, 0x02, 0, 0x79, 0xfe, 0x09, 0, 0x80,
	0xc2, 0x0d, 0x03, 0x07, 0x70, 0x74, 0x15, 0, 0);
/* station after L3 */
FRAME(frame_l4, 0x01, 0x80, 0xc2, 0, 0, 0, 0, 0, 0x5e, 0, 0x53, 0x01, 0x88, 0xcc, 0x02, 0x07, 0x04, 0, 0,
	0x5e, 0, 0x53, 0x01, 0x04, 0x05, 0x05, 0x65, 0x74, 0x68, 0x30, 0x06, 0x02, 0, 0x79, 0xfe, 0x09, 0,
	0x80, 0xc2, 0x0d, 0x03, 0x05, 0x6e, 0xb4, 0x35, 0, 0);
/* station's shutdown */
FRAME(frame_s1, 0x01, 0x80, 0xc2, 0, 0, 0, 0, 0, 0x5e, 0, 0x53, 0x01, 0x88, 0xcc, 0x02, 0x07, 0x04, 0, 0,
	0x5e, 0, 0x53, 0x01, 0x04, 0x05, 0x05, 0x65, 0x74, 0x68, 0x30, 0x06, 0x02, 0, 0, 0, 0);

/* For the inside of long loops: Criterion reports every assertion that passes to its runner, which a walk of a
 * hundred thousand steps would spend its time on. */
#define HOLDS(cond)                                                                                          \
	do {                                                                                                 \
		if (!(cond))                                                                                 \
			cr_assert_fail("%s", #cond);                                                         \
	} while (0)

static const struct mac station_mac = { { 0, 0, 0x5e, 0, 0x53, 0x01 } };
static const struct mac bridge_mac = { { 0, 0, 0x5e, 0, 0x53, 0x02 } };

static const struct lldp_agent_cfg agent_defaults = { .da = { { 0x01, 0x80, 0xc2, 0, 0, 0 } },
	.admin = LLDP_RX_TX,
	.tx_interval_s = 30,
	.tx_hold = 4,
	.fast_tx_s = 1,
	.fast_init = 4,
	.credit_max = 5,
	.reinit_delay_s = 2,
	.max_neighbours = NEIGHBOURS_MAX };
static const struct evb_cfg station_defaults = { .role = EVB_MODE_STATION,
	.is_enabled = true,
	.reflective_relay = true,
	.retries = 3,
	.rte = 14,
	.rwd = 20,
	.rka = 20,
	.rr_alarm = { 90000000000 } };
static const struct evb_cfg bridge_defaults = { .role = EVB_MODE_BRIDGE,
	.is_enabled = true,
	.reflective_relay = true,
	.retries = 3,
	.rte = 16,
	.rwd = 20,
	.rka = 21,
	.rr_alarm = { 90000000000 } };

struct sent {
	struct mono at;
	size_t len;
	uint8_t octets[LLDP_PDU_MAX];
};

struct box {
	struct lldp_agent agent;
	struct evb_sm evb;
	struct mono now;
	unsigned n_sent, n_woken, n_remote_changed;
	struct sent sent[SENT_MAX];
	struct lldp_neighbour mem[NEIGHBOURS_MAX] __attribute__((aligned(CARVE_ALIGN)));
};

static inline struct mono at_ms(uint64_t ms)
{
	return mono_add(MONO_ZERO, dur_ms(ms));
}

/* The LLDPDU in a worked frame; the padding stays, as it would on the wire. */
static inline struct span lldpdu(const uint8_t frame[FRAME_LEN])
{
	return span_of(frame + FRAME_HEADER, FRAME_LEN - FRAME_HEADER);
}

/* Act on what the last input caused: events to EVB, its TLV to the agent, frames out. */
static inline void box_settle(struct box *b)
{
	struct evb_heard heard;
	unsigned n;

	if (lldp_agent_take_events(&b->agent) & LLDP_EVENT_REMOTE_CHANGED) {
		b->n_remote_changed++;
		(void)evb_from_agent(&b->agent, &heard, &n);
		evb_sm_on_heard(&b->evb, &heard, n, b->now);
	}
	evb_to_agent(&b->evb, &b->agent, 0, b->now);
	for (;;) {
		struct sent *s = &b->sent[b->n_sent];
		struct wr w = wr_init(s->octets, sizeof(s->octets));

		if (!lldp_agent_poll_tx(&b->agent, b->now, &w))
			break;
		s->at = b->now;
		s->len = w.len;
		cr_assert_lt(++b->n_sent, SENT_MAX);
	}
}

static inline void box_init(struct box *b, const struct lldp_agent_cfg *cfg, const struct evb_cfg *evb)
{
	const struct lldp_known known[] = { EVB_TLV_KNOWN, EVB_DRAFT_KNOWN };
	bool is_bridge = evb->role == EVB_MODE_BRIDGE;
	struct mac own = is_bridge ? bridge_mac : station_mac;
	uint8_t chassis[7] = { LLDP_CHASSIS_MAC };
	const uint8_t port_st[] = { LLDP_PORT_IFNAME, 'e', 't', 'h', '0' };
	const uint8_t port_br[] = { LLDP_PORT_IFNAME, 'g', 'e', '1' };
	struct lldp_pdu local = { .chassis_id = span_of(chassis, sizeof(chassis)) };

	memset(b, 0, sizeof(*b));
	memcpy(chassis + 1, own.b, sizeof(own.b));
	local.port_id = is_bridge ? span_of(port_br, sizeof(port_br)) : span_of(port_st, sizeof(port_st));
	cr_assert_leq(lldp_agent_size(cfg), sizeof(b->mem));
	lldp_agent_init(&b->agent, cfg, own, b->mem);
	lldp_agent_set_known(&b->agent, known, 2);
	lldp_agent_set_local(&b->agent, &local, b->now);
	evb_sm_init(&b->evb, evb, b->now);
	box_settle(b);
}

static inline void box_link(struct box *b, bool is_up)
{
	lldp_agent_set_operational(&b->agent, is_up, b->now);
	box_settle(b);
}

static inline void box_up(struct box *b, const struct evb_cfg *evb)
{
	box_init(b, &agent_defaults, evb);
	box_link(b, true);
}

static inline void box_admin(struct box *b, enum lldp_admin admin)
{
	struct lldp_agent_cfg cfg = b->agent.cfg;

	cfg.admin = admin;
	lldp_agent_set_cfg(&b->agent, &cfg, b->now);
	box_settle(b);
}

static inline void box_evb(struct box *b, const struct evb_cfg *cfg)
{
	evb_sm_set_cfg(&b->evb, cfg, b->now);
	box_settle(b);
}

static inline void box_hear(struct box *b, struct mac sa, struct span octets)
{
	lldp_agent_rx(&b->agent, sa, octets, b->now);
	box_settle(b);
}

/* Sleep from deadline to deadline. */
static inline void box_run(struct box *b, struct mono until)
{
	for (;;) {
		struct mono d = mono_min(lldp_agent_deadline(&b->agent), evb_sm_deadline(&b->evb));

		if (mono_is_never(d) || mono_before(until, d))
			break;
		cr_assert(mono_before(b->now, d), "a deadline must be in the future after settling");
		b->now = d;
		b->n_woken++;
		lldp_agent_on_time(&b->agent, d);
		evb_sm_on_time(&b->evb, d);
		box_settle(b);
	}
	b->now = until;
}

static inline unsigned box_sent_between(const struct box *b, struct mono from, struct mono to)
{
	unsigned n = 0;

	for (unsigned i = 0; i < b->n_sent; i++)
		n += !mono_before(b->sent[i].at, from) && mono_before(b->sent[i].at, to);
	return n;
}

static inline void cr_assert_last_sent(const struct box *b, const uint8_t frame[FRAME_LEN])
{
	const struct sent *s;

	cr_assert_gt(b->n_sent, 0);
	s = &b->sent[b->n_sent - 1];
	cr_assert_leq(s->len, FRAME_LEN - FRAME_HEADER);
	cr_assert_arr_eq(s->octets, frame + FRAME_HEADER, s->len);
	cr_assert(s->len >= 2 && s->octets[s->len - 1] == 0 && s->octets[s->len - 2] == 0,
		"ends with the End TLV");
	for (size_t i = FRAME_HEADER + s->len; i < FRAME_LEN; i++)
		cr_assert_eq(frame[i], 0, "only padding is left");
}

/* A peer's LLDPDU, written by hand: MAC chassis id ending in `id`, port "p", TTL, then optional TLVs as given. */
struct text_pdu {
	struct wr w;
	uint8_t octets[2048];
};

static inline void pdu_begin(struct text_pdu *p, uint8_t id, uint16_t ttl)
{
	const uint8_t chassis[] = { LLDP_CHASSIS_MAC, 2, 0, 0, 0, 0, id };
	const uint8_t port[] = { LLDP_PORT_IFNAME, 'p' };
	const uint8_t t[] = { (uint8_t)(ttl >> 8), (uint8_t)ttl };

	p->w = wr_init(p->octets, sizeof(p->octets));
	tlv_put(&p->w, 1, span_of(chassis, sizeof(chassis)));
	tlv_put(&p->w, 2, span_of(port, sizeof(port)));
	tlv_put(&p->w, 3, span_of(t, sizeof(t)));
}

static inline struct span pdu_end(struct text_pdu *p)
{
	tlv_put(&p->w, 0, span_of(NULL, 0));
	cr_assert_not(p->w.bad);
	return wr_span(&p->w);
}

/* An EVB TLV of `len` octets: header, the five value octets, then filler. */
static inline void pdu_evb(struct text_pdu *p, const uint8_t value[5], size_t len)
{
	uint8_t v[TLV_VALUE_MAX] = { 0x00, 0x80, 0xc2, 0x0d };

	for (size_t i = 0; 4 + i < len; i++)
		v[4 + i] = i < 5 ? value[i] : 0xff;
	tlv_put(&p->w, TLV_ORG, span_of(v, len));
}

static inline struct mac peer_mac(uint8_t id)
{
	return (struct mac){ { 2, 0, 0, 0, 0, id } };
}

/* Hear a peer with one EVB TLV, at once. */
static inline void box_hear_evb(
	struct box *b, uint8_t bstat, uint8_t sstat, uint8_t ecp, uint8_t rwd, uint8_t rka)
{
	const uint8_t value[5] = { bstat, sstat, ecp, rwd, rka };
	struct text_pdu p;

	pdu_begin(&p, 1, 120);
	pdu_evb(&p, value, EVB_TLV_LEN);
	box_hear(b, peer_mac(1), pdu_end(&p));
}

#endif
