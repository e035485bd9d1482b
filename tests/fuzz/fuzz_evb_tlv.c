/*
 * fuzz_evb_tlv.c - EVB TLVs one after the other into the negotiation machines of both roles and generations. The input is a list of length octet and
 * TLV value; length 255 is the loss of the neighbour. Laws: the codec's round trip; operational values stay in their
 * ranges; what a machine advertises is a valid TLV.
 */
#include "evb_draft.h"
#include "fuzz.h"

static void round_trip(const struct evb_tlv *t)
{
	uint8_t buf[EVB_TLV_LEN];
	struct wr w = wr_init(buf, sizeof(buf));
	struct evb_tlv again;

	evb_tlv_encode(t, &w);
	FUZZ_LAW(!w.bad && w.len == EVB_TLV_LEN);
	FUZZ_LAW(evb_tlv_decode(wr_span(&w), &again));
	FUZZ_LAW(again.retries == t->retries && again.rte == t->rte && again.mode == t->mode);
	FUZZ_LAW(again.rol_rwd == t->rol_rwd && again.rwd == t->rwd);
	FUZZ_LAW(again.rol_rka == t->rol_rka && again.rka == t->rka);
	FUZZ_LAW(again.bridge_raw == t->bridge_raw && again.station_raw == t->station_raw);
}

static void draft_round_trip(const struct evb_draft_tlv *t)
{
	uint8_t buf[EVB_DRAFT_LEN];
	struct wr w = wr_init(buf, sizeof(buf));
	struct evb_draft_tlv again;

	evb_draft_tlv_encode(t, &w);
	FUZZ_LAW(!w.bad && w.len == EVB_DRAFT_LEN);
	FUZZ_LAW(evb_draft_tlv_decode(wr_span(&w), &again));
	FUZZ_LAW(again.smode == t->smode && again.scap == t->scap && again.cmode == t->cmode);
	FUZZ_LAW(again.ccap == t->ccap && again.svsi == t->svsi && again.cvsi == t->cvsi);
	FUZZ_LAW(again.rte == t->rte);
}

static void check(const struct evb_sm *sm)
{
	const struct evb_oper *o = &sm->oper;
	struct evb_draft_tlv local = evb_draft_local(sm);

	draft_round_trip(&local);

	FUZZ_LAW(o->retries <= EVB_RETRIES_MAX && o->rte <= EVB_EXPONENT_MAX);
	FUZZ_LAW(o->rwd <= EVB_EXPONENT_MAX && o->rka <= EVB_EXPONENT_MAX);
	FUZZ_LAW(!o->rr_active || !o->rr_blocked);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct evb_cfg cfg = { .role = EVB_MODE_BRIDGE,
		.is_enabled = true,
		.reflective_relay = true,
		.group_ids = true,
		.retries = 3,
		.rte = 8,
		.rwd = 20,
		.rka = 20,
		.rr_alarm = dur_s(90) };
	struct rd r = rd_init(span_of(data, size));
	struct mono now = { 1000000000 };
	struct evb_sm sm[4];

	for (unsigned i = 0; i < 4; i++) {
		cfg.role = i & 1 ? EVB_MODE_STATION : EVB_MODE_BRIDGE;
		cfg.edition = i & 2 ? QBG_DRAFT : QBG_RATIFIED;
		evb_sm_init(&sm[i], &cfg, now);
	}
	while (r.left > 0) {
		uint8_t len = rd_u8(&r);
		struct span value = rd_span(&r, len == 255 ? 0 : len < r.left ? len : r.left);
		struct evb_heard heard = { 0 };

		heard.has_ratified = evb_tlv_decode(value, &heard.ratified);
		heard.has_draft = evb_draft_tlv_decode(value, &heard.draft);
		if (heard.has_ratified)
			round_trip(&heard.ratified);
		if (heard.has_draft)
			draft_round_trip(&heard.draft);
		now = mono_add(now, dur_s(len));
		for (unsigned i = 0; i < 4; i++) {
			evb_sm_on_time(&sm[i], now);
			evb_sm_on_heard(&sm[i], &heard, len == 255 ? 0 : 1, now);
			check(&sm[i]);
		}
	}
	return 0;
}
