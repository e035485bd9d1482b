/*
 * fuzz_cdcp_tlv.c - CDCP TLVs one after the other into a station's and a bridge's machine. The input is a list of records:
 * 16 bits, of which the low 9 are a length and the high 4 say what follows, then so many octets.
 *     0 a TLV value  1 the neighbour is lost  2 there are two  3 the station wants these SCIDs (16 bits each)
 *     4 restored pairs (24 bits each)  5 the port goes down or up; anything else: time passes
 * Laws: the codec's round trip, and that a decoded list is clean; no SVID is in two channels, and changes fit what was
 * set up before; what a machine advertises is clean and within its limit; a deadline is in the future.
 */
#include <string.h>

#include "cdcp_sm.h"
#include "fuzz.h"

struct end {
	struct cdcp_sm sm;
	uint16_t cap[CDCP_ID_MAX + 1], by_svid[CDCP_ID_MAX + 1]; /* what the user has set up */
};

static struct end end[2];
static struct cdcp_pool pool;

static void check_clean(const struct cdcp_tlv *t)
{
	static struct cdcp_tlv again;
	uint8_t buf[CDCP_TLV_MAX];
	struct wr w = wr_init(buf, sizeof(buf));

	FUZZ_LAW(t->n_pairs >= 1 && t->n_pairs <= CDCP_PAIRS_MAX && t->chn_cap >= 1);
	cdcp_tlv_encode(t, &w);
	FUZZ_LAW(!w.bad && w.len == CDCP_TLV_HEAD + (size_t)t->n_pairs * CDCP_PAIR_LEN);
	FUZZ_LAW(cdcp_tlv_decode(wr_span(&w), &again));
	FUZZ_LAW(again.role == t->role && again.has_scomp == t->has_scomp && again.chn_cap == t->chn_cap);
	FUZZ_LAW(again.n_bad == 0 && again.n_pairs == t->n_pairs);
	FUZZ_LAW(memcmp(again.pair, t->pair, t->n_pairs * sizeof(t->pair[0])) == 0);
}

static void follow(struct end *e, struct mono now)
{
	unsigned n = 0;
	struct cdcp_change c;
	struct cdcp_tlv local;

	while (cdcp_sm_next_change(&e->sm, &c)) {
		uint16_t scid = c.channel.scid, svid = c.channel.svid;

		FUZZ_LAW(scid > 1 && scid <= CDCP_ID_MAX && svid > 1 && svid <= CDCP_ID_MAX);
		FUZZ_LAW(e->cap[scid] == (c.is_up ? 0 : svid) && e->by_svid[svid] == (c.is_up ? 0 : scid));
		e->cap[scid] = c.is_up ? svid : 0;
		e->by_svid[svid] = c.is_up ? scid : 0;
	}
	for (uint16_t scid = 0; (scid = cdcp_sm_next_channel(&e->sm, scid)) != 0; n++)
		FUZZ_LAW(scid == 1 || e->cap[scid] == cdcp_sm_svid(&e->sm, scid));
	FUZZ_LAW(n >= 1 && n <= e->sm.oper_chn_cap);
	FUZZ_LAW(mono_before(now, cdcp_sm_deadline(&e->sm)));
	if (cdcp_sm_local(&e->sm, &local)) {
		FUZZ_LAW(local.n_pairs <= e->sm.oper_chn_cap);
		check_clean(&local);
	}
}

static void hear(struct span value, struct mono now)
{
	static struct cdcp_tlv t;

	if (!cdcp_tlv_decode(value, &t))
		return;
	check_clean(&t);
	for (unsigned i = 0; i < 2; i++)
		cdcp_sm_on_peer(&end[i].sm, &t, 1, now);
}

static void want(struct span octets, struct mono now)
{
	struct rd r = rd_init(octets);
	uint16_t scid[TLV_VALUE_MAX / 2 + 1];
	unsigned n = 0;

	while (r.left >= 2)
		scid[n++] = rd_u16(&r);
	if (!cdcp_sm_set_wants(&end[1].sm, scid, n, now))
		FUZZ_LAW(n > 0);
}

static void restore(struct span octets, struct mono now)
{
	struct rd r = rd_init(octets);
	struct cdcp_pair pair[TLV_VALUE_MAX / CDCP_PAIR_LEN + 1];
	unsigned n = 0;

	while (r.left >= CDCP_PAIR_LEN) {
		uint32_t v = rd_u24(&r);

		pair[n++] = (struct cdcp_pair){ (uint16_t)(v >> 12), v & 0xfff };
	}
	for (unsigned i = 0; i < 2; i++)
		cdcp_sm_restore(&end[i].sm, pair, n, now);
}

static void input(unsigned what, struct span octets, struct mono now)
{
	if (what == 0)
		hear(octets, now);
	else if (what == 3)
		want(octets, now);
	else if (what == 4)
		restore(octets, now);
	for (unsigned i = 0; i < 2; i++) {
		if (what == 1 || what == 2)
			cdcp_sm_on_peer(&end[i].sm, NULL, what == 1 ? 0 : 2, now);
		else if (what == 5)
			cdcp_sm_set_operational(&end[i].sm, !end[i].sm.is_operational, now);
		cdcp_sm_on_time(&end[i].sm, now);
		follow(&end[i], now);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cdcp_cfg cfg = { .is_enabled = true,
		.role = CDCP_ROLE_BRIDGE,
		.chn_cap = 100,
		.svid_low = 2,
		.svid_high = 90,
		.hold = dur_s(3),
		.restore_hold = dur_s(121) };
	struct rd r = rd_init(span_of(data, size));
	struct mono now = { 1000000000 };

	memset(end, 0, sizeof(end));
	cdcp_sm_init(&end[0].sm, &cfg, &pool, now);
	cfg.role = CDCP_ROLE_STATION;
	cfg.chn_cap = CDCP_PAIRS_MAX;
	cdcp_sm_init(&end[1].sm, &cfg, NULL, now);
	for (unsigned i = 0; i < 2; i++)
		cdcp_sm_set_operational(&end[i].sm, true, now);
	while (r.left > 0) {
		unsigned head = rd_u16(&r), len = head & TLV_VALUE_MAX;
		struct span octets = rd_span(&r, len < r.left ? len : r.left);

		now = mono_add(now, dur_ms(head >> 9));
		if (head >> 12 > 5)
			now = mono_add(now, dur_s(len));
		input(head >> 12, octets, now);
	}
	return 0;
}
