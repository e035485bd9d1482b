/* EVB of draft 0.2: the TLV's codec and its negotiation in both roles (evb-reference 7.1). */
#include "draft_frames.h"
#include "evb_draft.h"
#include "lldp_fixtures.h"

static struct box st, br; /* a station and a bridge, each with its agent */

static const struct evb_draft_tlv d1 = {
	.smode = 0xc0, .scap = 7, .cmode = 0x40, .ccap = 7, .svsi = 3295, .cvsi = 1, .rte = 15
};

static struct evb_cfg draft_of(const struct evb_cfg *defaults)
{
	struct evb_cfg cfg = *defaults;

	cfg.edition = QBG_DRAFT;
	cfg.rte = 15;
	cfg.max_vsis = 3295;
	return cfg;
}

static const struct evb_oper *oper(const struct box *b)
{
	return &b->evb.oper;
}

static bool same(const struct evb_draft_tlv *a, const struct evb_draft_tlv *b)
{
	return a->smode == b->smode && a->scap == b->scap && a->cmode == b->cmode && a->ccap == b->ccap &&
	       a->svsi == b->svsi && a->cvsi == b->cvsi && a->rte == b->rte;
}

/* ---- codec ---- */

Test(evb_draft, worked_frame_d1_and_back)
{
	struct span value = span_of(frame_d1 + DRAFT_D1_EVB, EVB_DRAFT_LEN);
	uint8_t octets[EVB_DRAFT_LEN];
	struct wr w = wr_init(octets, sizeof(octets));
	struct evb_draft_tlv t;

	cr_assert(evb_draft_tlv_decode(value, &t));
	cr_assert(same(&t, &d1));
	evb_draft_tlv_encode(&t, &w);
	cr_assert(span_equal(wr_span(&w), value));
}

/* Each octet through all its values: decoding loses only bits without a meaning. */
Test(evb_draft, every_value_of_every_octet_round_trips)
{
	static const uint8_t used[EVB_DRAFT_LEN] = { [4] = 0xc0, 7, 0xc0, 7, 0xff, 0xff, 0xff, 0xff, 0x1f };

	for (size_t at = 4; at < EVB_DRAFT_LEN; at++) {
		for (unsigned v = 0; v < 256; v++) {
			uint8_t in[EVB_DRAFT_LEN], out[EVB_DRAFT_LEN];
			struct wr w = wr_init(out, sizeof(out));
			struct evb_draft_tlv t;

			memcpy(in, frame_d1 + DRAFT_D1_EVB, sizeof(in));
			in[at] = (uint8_t)v;
			if (at == 4 && (v & 0xc0) == 0) {
				HOLDS(!evb_draft_tlv_decode(span_of(in, sizeof(in)), &t));
				continue;
			}
			HOLDS(evb_draft_tlv_decode(span_of(in, sizeof(in)), &t));
			evb_draft_tlv_encode(&t, &w);
			in[at] &= used[at];
			HOLDS(memcmp(in, out, sizeof(in)) == 0);
		}
	}
}

Test(evb_draft, a_short_value_another_oui_or_subtype_is_none)
{
	uint8_t octets[EVB_DRAFT_LEN];
	struct evb_draft_tlv t;

	for (size_t len = 0; len < EVB_DRAFT_LEN; len++)
		cr_assert_not(evb_draft_tlv_decode(span_of(frame_d1 + DRAFT_D1_EVB, len), &t), "%zu", len);
	for (size_t at = 0; at < 4; at++) {
		memcpy(octets, frame_d1 + DRAFT_D1_EVB, sizeof(octets));
		octets[at] ^= 1;
		cr_assert_not(evb_draft_tlv_decode(span_of(octets, sizeof(octets)), &t), "octet %zu", at);
	}
}

Test(evb_draft, a_longer_value_uses_thirteen_octets)
{
	uint8_t octets[30] = { 0 };
	struct evb_draft_tlv t;

	memcpy(octets, frame_d1 + DRAFT_D1_EVB, EVB_DRAFT_LEN);
	cr_assert(evb_draft_tlv_decode(span_of(octets, sizeof(octets)), &t));
	cr_assert(same(&t, &d1));
}

Test(evb_draft, a_tlv_that_does_not_fit_leaves_the_writer_as_it_was)
{
	uint8_t octets[EVB_DRAFT_LEN];

	for (size_t cap = 0; cap < EVB_DRAFT_LEN; cap++) {
		struct wr w = wr_init(octets, cap);

		evb_draft_tlv_encode(&d1, &w);
		cr_assert(w.bad && w.len == 0);
	}
}

/* ---- negotiation ---- */

static void tell(struct box *to, struct mac sa, const struct evb_draft_tlv *t)
{
	struct text_pdu p;
	uint8_t octets[EVB_DRAFT_LEN];
	struct wr w = wr_init(octets, sizeof(octets));

	evb_draft_tlv_encode(t, &w);
	pdu_begin(&p, 1, 120);
	tlv_put(&p.w, TLV_ORG, wr_span(&w));
	box_hear(to, sa, pdu_end(&p));
}

static struct evb_draft_tlv said(const struct box *b)
{
	return evb_draft_local(&b->evb);
}

static const struct evb_draft_tlv first_words = { .smode = 0x40, .scap = 7, .cmode = 0x40, .rte = 15 };

Test(evb_draft, a_station_first_says_what_it_would_like)
{
	struct evb_cfg cfg = draft_of(&station_defaults);
	struct evb_draft_tlv t;

	box_up(&st, &cfg);
	t = said(&st);
	cr_assert(same(&t, &(struct evb_draft_tlv){ .smode = 0xc0, .scap = 7, .cmode = 0x40, .rte = 15 }));
	cr_assert_not(oper(&st)->is_ready);
	cr_assert_eq(oper(&st)->rrstat, EVB_RRSTAT_UNKNOWN);
}

Test(evb_draft, D02_01_a_station_that_hears_a_bridge_says_D1)
{
	struct evb_cfg cfg = draft_of(&station_defaults);
	const struct sent *last;

	box_up(&st, &cfg);
	evb_sm_set_vsis(&st.evb, 1);
	tell(&st, bridge_mac, &d1);
	last = &st.sent[st.n_sent - 1];
	cr_assert_eq(last->len + FRAME_HEADER + 9, sizeof(frame_d1), "without its End TLV and padding");
	cr_assert_arr_eq(last->octets + DRAFT_D1_EVB - FRAME_HEADER, frame_d1 + DRAFT_D1_EVB, EVB_DRAFT_LEN);
	cr_assert(oper(&st)->is_ready && oper(&st)->rr_active);
	cr_assert_eq(oper(&st)->peer, EVB_PEER_OK);
	cr_assert_eq(oper(&st)->retries, 2);
	cr_assert_eq(oper(&st)->rte, 15);
}

Test(evb_draft, a_bridge_reflects_when_the_stations_cmode_says_so)
{
	struct evb_cfg cfg = draft_of(&bridge_defaults);
	struct evb_draft_tlv t = first_words;

	box_up(&br, &cfg);
	cr_assert_eq(said(&br).cmode, 0x80);
	tell(&br, station_mac, &t);
	cr_assert(oper(&br)->is_ready && oper(&br)->rr_active && oper(&br)->rr_requested);
	cr_assert_eq(said(&br).smode, 0xc0);
	cr_assert_eq(said(&br).cmode, 0x40);
	cr_assert_eq(said(&br).ccap, 7);
	cr_assert_eq(said(&br).svsi, 3295);
	t.cmode = 0x80;
	tell(&br, station_mac, &t);
	cr_assert_not(oper(&br)->rr_active);
	cr_assert_eq(said(&br).cmode, 0x80);
}

Test(evb_draft, a_bridge_that_may_not_reflect_says_so)
{
	struct evb_cfg cfg = draft_of(&bridge_defaults);

	cfg.reflective_relay = false;
	box_up(&br, &cfg);
	tell(&br, station_mac, &first_words);
	cr_assert_not(oper(&br)->rr_active);
	cr_assert(oper(&br)->rr_requested);
	cr_assert_eq(said(&br).smode, 0x80);
}

Test(evb_draft, a_station_takes_cmode_of_a_bridge_that_has_not_heard_it_for_a_wish)
{
	struct evb_cfg cfg = draft_of(&station_defaults);

	box_up(&st, &cfg);
	tell(&st, bridge_mac, &first_words);
	cr_assert(oper(&st)->is_ready && oper(&st)->rr_capable);
	cr_assert_not(oper(&st)->rr_active);
	tell(&st, bridge_mac, &d1);
	cr_assert(oper(&st)->rr_active);
}

Test(evb_draft, both_need_ecp_and_vdp)
{
	struct evb_cfg cfg = draft_of(&station_defaults);

	box_up(&st, &cfg);
	for (uint8_t scap = 0; scap < 8; scap++) {
		struct evb_draft_tlv t = d1;

		t.scap = scap;
		tell(&st, bridge_mac, &t);
		cr_assert_eq(oper(&st)->peer, EVB_PEER_OK);
		cr_assert_eq(oper(&st)->is_ready, (scap & 3) == 3, "SCAP %u", scap);
		cr_assert_eq(said(&st).ccap, scap);
		cr_assert_eq(said(&st).svsi, (scap & 3) == 3 ? 3295 : 0);
	}
}

Test(evb_draft, the_larger_rte_wins_if_both_have_one)
{
	struct evb_cfg cfg = draft_of(&station_defaults);
	struct evb_draft_tlv t = d1;

	box_up(&st, &cfg);
	t.rte = 20;
	tell(&st, bridge_mac, &t);
	cr_assert_eq(oper(&st)->rte, 20);
	t.rte = 3;
	tell(&st, bridge_mac, &t);
	cr_assert_eq(oper(&st)->rte, 15);
	t.rte = 20;
	t.scap = 3;
	tell(&st, bridge_mac, &t);
	cr_assert_eq(oper(&st)->rte, 15);
	t.scap = 7;
	cfg.rte = 0;
	evb_sm_set_cfg(&st.evb, &cfg, st.now);
	tell(&st, bridge_mac, &t);
	cr_assert_eq(oper(&st)->rte, 0);
}

Test(evb_draft, D02_08_a_tlv_without_a_mode_is_none)
{
	struct evb_cfg cfg = draft_of(&bridge_defaults);
	struct evb_draft_tlv t = d1;

	box_up(&br, &cfg);
	tell(&br, station_mac, &d1);
	cr_assert(oper(&br)->rr_active);
	t.smode = 0;
	tell(&br, station_mac, &t);
	cr_assert_eq(oper(&br)->peer, EVB_PEER_NONE);
	cr_assert_not(oper(&br)->is_ready || oper(&br)->rr_active);
}

Test(evb_draft, the_other_generations_tlv_is_not_heard)
{
	struct evb_cfg cfg = draft_of(&bridge_defaults);

	box_up(&br, &cfg);
	box_hear(&br, station_mac, lldpdu(frame_l1));
	cr_assert_eq(oper(&br)->peer, EVB_PEER_NONE);
	box_up(&br, &bridge_defaults);
	tell(&br, station_mac, &d1);
	cr_assert_eq(oper(&br)->peer, EVB_PEER_NONE);
	cr_assert(br.evb.heard.has_draft, "but known");
}

Test(evb_draft, another_edition_hears_at_once_what_there_is)
{
	struct evb_cfg cfg = draft_of(&bridge_defaults);

	box_up(&br, &bridge_defaults);
	tell(&br, station_mac, &d1);
	evb_sm_set_cfg(&br.evb, &cfg, br.now);
	cr_assert(oper(&br)->rr_active);
	evb_sm_set_cfg(&br.evb, &bridge_defaults, br.now);
	cr_assert_not(oper(&br)->rr_active);
}

Test(evb_draft, a_peer_that_has_not_heard_us_is_new)
{
	struct evb_cfg bridge = draft_of(&bridge_defaults), station = draft_of(&station_defaults);

	box_up(&br, &bridge);
	box_up(&st, &station);
	cr_assert_not(evb_sm_is_peer_new(&br.evb), "nobody");
	tell(&br, station_mac, &first_words);
	tell(&st, bridge_mac, &first_words);
	cr_assert(evb_sm_is_peer_new(&br.evb));
	cr_assert(evb_sm_is_peer_new(&st.evb));
	tell(&br, station_mac, &d1);
	tell(&st, bridge_mac, &d1);
	cr_assert_not(evb_sm_is_peer_new(&br.evb));
	cr_assert_not(evb_sm_is_peer_new(&st.evb));
}

Test(evb_draft, two_of_ours_agree)
{
	struct evb_cfg bridge = draft_of(&bridge_defaults), station = draft_of(&station_defaults);

	box_up(&br, &bridge);
	box_up(&st, &station);
	for (unsigned round = 0; round < 3; round++) {
		struct evb_draft_tlv t = said(&st);

		tell(&br, station_mac, &t);
		t = said(&br);
		tell(&st, bridge_mac, &t);
	}
	cr_assert(oper(&br)->rr_active && oper(&st)->rr_active);
	cr_assert_eq(oper(&st)->rrstat, EVB_RRSTAT_ON);
	evb_sm_on_bpdu(&br.evb, br.now);
	cr_assert_eq(said(&br).cmode, 0x80);
	cr_assert_eq(said(&br).smode, 0xc0, "it still could");
}

Test(evb_draft, a_number_of_vsis_alone_sends_no_lldpdu)
{
	struct evb_cfg cfg = draft_of(&station_defaults);
	unsigned sent;

	box_up(&st, &cfg);
	tell(&st, bridge_mac, &d1);
	sent = st.n_sent;
	evb_sm_set_vsis(&st.evb, 70000);
	evb_to_agent_later(&st.evb, &st.agent, 0);
	box_settle(&st);
	cr_assert_eq(st.n_sent, sent);
	cr_assert_eq(said(&st).cvsi, 65535);
	box_run(&st, mono_add(st.now, dur_s(31)));
	cr_assert_gt(st.n_sent, sent);
	cr_assert_eq(st.sent[st.n_sent - 1].octets[DRAFT_D1_EVB - FRAME_HEADER + 10], 0xff);
}
