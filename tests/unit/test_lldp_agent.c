/* The LLDP agent as its user sees it: the requirements LLDP-01 to LLDP-20 of evb-reference 10, counters, composing. */
#include "lldp_fixtures.h"

static struct box st, br;

static struct span peer_pdu(struct text_pdu *p, uint8_t id, uint16_t ttl)
{
	pdu_begin(p, id, ttl);
	return pdu_end(p);
}

static void hear(struct box *b, uint8_t id, uint16_t ttl)
{
	struct text_pdu p;

	box_hear(b, peer_mac(id), peer_pdu(&p, id, ttl));
}

static const struct lldp_counters *counters(const struct box *b)
{
	return &b->agent.counters;
}

Test(lldp_agent, LLDP_01_first_lldpdu_at_once_with_ttl_121)
{
	box_init(&st, &agent_defaults, &station_defaults);
	st.now = at_ms(5000);
	box_link(&st, true);
	box_run(&st, at_ms(6000));
	cr_assert_eq(st.n_sent, 1);
	cr_assert_eq(st.sent[0].at.ns, at_ms(5000).ns);
	cr_assert_last_sent(&st, frame_l1); /* has TTL 121 and the address of the nearest customer bridge */
	cr_assert(mac_equal(st.agent.cfg.da, MAC_NEAREST_CUSTOMER_BRIDGE));
}

Test(lldp_agent, LLDP_02_one_lldpdu_per_interval_and_no_other_wakeup)
{
	box_up(&st, &bridge_defaults); /* no reflective-relay alarm to wake for */
	box_run(&st, at_ms(300000));
	cr_assert_eq(st.n_sent, 11);
	for (unsigned i = 0; i < st.n_sent; i++)
		cr_assert_eq(st.sent[i].at.ns, at_ms(i * 30000ull).ns);
	cr_assert_eq(st.n_woken, 10, "an idle agent sleeps between LLDPDUs");
	cr_assert_eq(counters(&st)->frames_out, 11);
}

Test(lldp_agent, LLDP_03_new_neighbour_starts_four_fast_lldpdus)
{
	const uint64_t expected_ms[] = { 0, 30000, 40300, 41300, 42300, 43300, 73300 };

	box_up(&st, &bridge_defaults);
	box_run(&st, at_ms(40300));
	hear(&st, 1, 120);
	box_run(&st, at_ms(80000));
	cr_assert_eq(st.n_sent, 7);
	for (unsigned i = 0; i < 7; i++)
		cr_assert_eq(st.sent[i].at.ns, at_ms(expected_ms[i]).ns, "LLDPDU %u", i);
}

Test(lldp_agent, LLDP_04_local_changes_are_limited_by_credit)
{
	box_up(&st, &bridge_defaults);
	box_run(&st, at_ms(10000));
	for (unsigned i = 0; i < 60; i++) { /* 20 a second for three seconds */
		uint8_t v[] = { 1, 2, 3, 4, (uint8_t)i };

		box_run(&st, at_ms(10000 + i * 50ull));
		lldp_agent_set_org(&st.agent, 1, span_of(v, sizeof(v)), st.now);
		box_settle(&st);
	}
	box_run(&st, at_ms(20000));
	cr_assert_eq(box_sent_between(&st, at_ms(10000), at_ms(11000)), 5);
	cr_assert_eq(box_sent_between(&st, at_ms(11000), at_ms(12000)), 1);
	cr_assert_eq(box_sent_between(&st, at_ms(12000), at_ms(13000)), 1);
	cr_assert_eq(box_sent_between(&st, at_ms(13000), at_ms(20000)), 1, "the last change, then quiet");
}

Test(lldp_agent, LLDP_05_admin_disable_sends_one_shutdown_then_silence)
{
	box_up(&st, &station_defaults);
	box_run(&st, at_ms(10000));
	box_admin(&st, LLDP_DISABLED);
	cr_assert_eq(st.n_sent, 2);
	cr_assert_last_sent(&st, frame_s1);
	box_run(&st, at_ms(10100));
	box_admin(&st, LLDP_RX_TX);
	box_run(&st, at_ms(11999));
	cr_assert_eq(st.n_sent, 2, "nothing for reinitDelay");
	box_run(&st, at_ms(12000));
	cr_assert_eq(st.n_sent, 3);
	cr_assert_last_sent(&st, frame_l1);
}

Test(lldp_agent, LLDP_06_link_down_sends_nothing_and_neighbours_age)
{
	box_up(&st, &bridge_defaults);
	hear(&st, 1, 120);
	box_run(&st, at_ms(100000));
	hear(&st, 1, 120);
	hear(&st, 2, 20);
	st.n_sent = 0;
	box_link(&st, false);
	cr_assert_eq(lldp_agent_n_neighbours(&st.agent), 2);
	cr_assert_eq(st.evb.oper.peer, EVB_PEER_NONE, "not heard any more, for EVB");
	box_run(&st, at_ms(121000));
	cr_assert_eq(lldp_agent_n_neighbours(&st.agent), 1, "ages while the port is down");
	cr_assert_eq(counters(&st)->ageouts, 1);
	box_link(&st, true);
	cr_assert_eq(lldp_agent_n_neighbours(&st.agent), 0, "RX_LLDP_INITIALIZE");
	cr_assert_eq(st.n_sent, 1, "and only now something is sent");
	cr_assert_neq(st.sent[0].octets[st.sent[0].len - 3], 0, "which is no shutdown");
}

Test(lldp_agent, LLDP_07_ttl_zero_deletes_the_neighbour_at_once)
{
	box_up(&br, &bridge_defaults);
	box_hear(&br, station_mac, lldpdu(frame_l1));
	cr_assert(br.evb.oper.rr_active);
	box_run(&br, at_ms(500));
	box_hear(&br, station_mac, lldpdu(frame_s1));
	cr_assert_eq(lldp_agent_n_neighbours(&br.agent), 0);
	cr_assert_eq(br.evb.oper.peer, EVB_PEER_NONE);
	cr_assert_not(br.evb.oper.rr_active);
	cr_assert_last_sent(&br, frame_l2);
	cr_assert_eq(counters(&br)->ageouts, 0);
	box_hear(&br, station_mac, lldpdu(frame_s1));
	cr_assert_eq(br.n_remote_changed, 2, "a shutdown of someone unknown changes nothing");
}

Test(lldp_agent, LLDP_08_a_silent_neighbour_ages_out)
{
	box_up(&br, &bridge_defaults);
	box_hear(&br, station_mac, lldpdu(frame_l1));
	box_run(&br, at_ms(100000));
	box_hear(&br, station_mac, lldpdu(frame_l1));
	cr_assert_eq(br.n_remote_changed, 1, "the same content only restarts rxInfoTTL");
	box_run(&br, at_ms(220999));
	cr_assert(br.evb.oper.rr_active);
	box_run(&br, at_ms(221000));
	cr_assert_eq(lldp_agent_n_neighbours(&br.agent), 0);
	cr_assert_eq(counters(&br)->ageouts, 1);
	cr_assert_eq(br.evb.oper.peer, EVB_PEER_NONE);
	cr_assert_not(br.evb.oper.rr_active);
}

/* A bad LLDPDU is counted twice as the standard says, and what was known stays. */
static void refuses(struct span octets)
{
	uint8_t *exact = malloc(octets.len);

	memcpy(exact, octets.ptr, octets.len);
	box_up(&br, &bridge_defaults);
	box_hear(&br, station_mac, lldpdu(frame_l1));
	box_hear(&br, station_mac, span_of(exact, octets.len));
	free(exact);
	cr_assert_eq(counters(&br)->frames_in, 2);
	cr_assert_eq(counters(&br)->frames_discarded, 1);
	cr_assert_eq(counters(&br)->frames_in_errors, 1);
	cr_assert_eq(lldp_agent_n_neighbours(&br.agent), 1, "old information is kept");
	cr_assert(br.evb.oper.rr_active);
	cr_assert_eq(br.n_remote_changed, 1);
}

Test(lldp_agent, LLDP_09_wrong_order_is_discarded)
{
	const uint8_t b[] = { 0x02, 2, 7, 'a', 0x06, 2, 0, 120, 0x04, 2, 7, 'b', 0, 0 };

	refuses(span_of(b, sizeof(b)));
}

Test(lldp_agent, LLDP_10_second_chassis_id_is_discarded)
{
	for (uint8_t type = 1; type <= 3; type++) {
		struct text_pdu p;

		pdu_begin(&p, 1, 120);
		tlv_put(&p.w, type, span_of("\x07x", 2));
		refuses(pdu_end(&p));
	}
}

Test(lldp_agent, LLDP_11_ids_of_wrong_length_are_discarded)
{
	const size_t lengths[] = { 0, 1, 257, 511 };
	const uint8_t id[TLV_VALUE_MAX] = { 7, 'x' };

	for (unsigned i = 0; i < 8; i++) {
		uint8_t octets[1100];
		struct wr w = wr_init(octets, sizeof(octets));

		tlv_put(&w, 1, span_of(id, i < 4 ? lengths[i] : 256));
		tlv_put(&w, 2, span_of(id, i < 4 ? 256 : lengths[i - 4]));
		tlv_put(&w, 3, span_of("\x00\x78", 2));
		tlv_put(&w, 0, span_of(NULL, 0));
		refuses(wr_span(&w));
	}
}

Test(lldp_agent, LLDP_12_a_tlv_beyond_the_frame_is_discarded)
{
	struct text_pdu p;
	struct span s;

	pdu_begin(&p, 1, 120);
	tlv_put(&p.w, 5, span_of("switch", 6));
	s = wr_span(&p.w);
	for (size_t cut = 1; cut <= 7; cut++)
		refuses(span_of(s.ptr, s.len - cut));
}

Test(lldp_agent, LLDP_13_org_tlv_of_three_octets_is_dropped)
{
	struct text_pdu p;

	box_up(&br, &bridge_defaults);
	pdu_begin(&p, 1, 120);
	tlv_put(&p.w, 127, span_of("\x00\x80\xc2", 3));
	pdu_evb(&p, (const uint8_t[]){ 0, 0x07, 0x6e, 0x94, 0x14 }, EVB_TLV_LEN);
	box_hear(&br, peer_mac(1), pdu_end(&p));
	cr_assert_eq(counters(&br)->tlvs_discarded, 1);
	cr_assert_eq(counters(&br)->frames_discarded, 0);
	cr_assert_eq(br.evb.oper.peer, EVB_PEER_OK, "the rest is processed");
}

Test(lldp_agent, LLDP_14_unknown_oui_and_reserved_types_are_unrecognized)
{
	struct text_pdu p;

	box_up(&br, &bridge_defaults);
	pdu_begin(&p, 1, 120);
	tlv_put(&p.w, 127, span_of("\xaa\xbb\xcc\x01", 4));
	pdu_evb(&p, (const uint8_t[]){ 0, 0x07, 0x6e, 0x94, 0x14 }, EVB_TLV_LEN);
	box_hear(&br, peer_mac(1), pdu_end(&p));
	cr_assert_eq(counters(&br)->tlvs_unrecognized, 1);
	cr_assert_eq(br.evb.oper.peer, EVB_PEER_OK);
	pdu_begin(&p, 1, 120);
	tlv_put(&p.w, 9, span_of("x", 1));
	tlv_put(&p.w, 126, span_of("x", 1));
	box_hear(&br, peer_mac(1), pdu_end(&p));
	cr_assert_eq(counters(&br)->tlvs_unrecognized, 3);
	cr_assert_eq(counters(&br)->tlvs_discarded, 0);
}

Test(lldp_agent, LLDP_15_octets_after_the_end_tlv_are_ignored)
{
	uint8_t f[FRAME_LEN];

	box_up(&br, &bridge_defaults);
	box_hear(&br, station_mac, lldpdu(frame_l1));
	memcpy(f, frame_l1, sizeof(f));
	memset(f + 48, 0xff, sizeof(f) - 48);
	box_hear(&br, station_mac, lldpdu(f));
	cr_assert_eq(counters(&br)->frames_in, 2);
	cr_assert_eq(counters(&br)->frames_discarded + counters(&br)->tlvs_discarded, 0);
	cr_assert_eq(br.n_remote_changed, 1, "padding isn't content");
}

Test(lldp_agent, LLDP_16_agents_are_independent)
{
	struct lldp_agent_cfg cfg = agent_defaults;

	box_up(&br, &bridge_defaults);
	cfg.da = MAC_NEAREST_BRIDGE;
	cfg.tx_interval_s = 10;
	box_init(&st, &cfg, &bridge_defaults);
	box_link(&st, true);
	box_hear(&br, station_mac, lldpdu(frame_l1));
	box_hear(&st, station_mac, lldpdu(frame_l1));
	box_hear(&st, station_mac, lldpdu(frame_s1));
	cr_assert_eq(lldp_agent_n_neighbours(&st.agent), 0);
	cr_assert_eq(lldp_agent_n_neighbours(&br.agent), 1);
	box_admin(&st, LLDP_DISABLED);
	box_run(&br, at_ms(60000));
	cr_assert(br.evb.oper.rr_active);
	cr_assert_eq(counters(&br)->frames_in, 1);
	cr_assert_eq(counters(&st)->frames_in, 2);
}

Test(lldp_agent, LLDP_17_own_frames_are_ignored)
{
	box_up(&br, &bridge_defaults);
	box_hear(&br, bridge_mac, lldpdu(frame_l1));
	cr_assert_eq(counters(&br)->frames_in, 0);
	cr_assert_eq(lldp_agent_n_neighbours(&br.agent), 0);
}

Test(lldp_agent, LLDP_18_two_neighbours_are_no_evb_peer)
{
	box_up(&br, &bridge_defaults);
	box_hear(&br, station_mac, lldpdu(frame_l1));
	cr_assert(br.evb.oper.rr_active);
	hear(&br, 7, 60);
	cr_assert_eq(br.evb.oper.peer, EVB_PEER_MANY);
	cr_assert_not(br.evb.oper.rr_active);
	cr_assert_not(br.evb.oper.is_ready);
	box_run(&br, at_ms(60000)); /* the stranger ages out */
	cr_assert_eq(br.evb.oper.peer, EVB_PEER_OK);
	cr_assert(br.evb.oper.rr_active);
}

Test(lldp_agent, LLDP_19_a_longer_ttl_tlv_uses_two_octets)
{
	const uint8_t b[] = { 0x02, 2, 7, 'a', 0x04, 2, 7, 'b', 0x06, 4, 0, 9, 0xff, 0xff, 0, 0 };

	box_up(&br, &bridge_defaults);
	box_hear(&br, peer_mac(1), span_of(b, sizeof(b)));
	cr_assert_eq(lldp_agent_n_neighbours(&br.agent), 1);
	cr_assert_eq(lldp_agent_neighbour(&br.agent, 0)->expires_at.ns, at_ms(9000).ns);
}

Test(lldp_agent, LLDP_20_rx_only_sends_nothing_and_learns)
{
	struct lldp_agent_cfg cfg = agent_defaults;

	cfg.admin = LLDP_RX_ONLY;
	box_init(&br, &cfg, &bridge_defaults);
	box_link(&br, true);
	box_hear(&br, station_mac, lldpdu(frame_l1));
	box_run(&br, at_ms(60000));
	cr_assert_eq(br.n_sent, 0);
	cr_assert_eq(lldp_agent_n_neighbours(&br.agent), 1);
}

Test(lldp_agent, tx_only_is_deaf_and_forgets)
{
	box_up(&br, &bridge_defaults);
	box_hear(&br, station_mac, lldpdu(frame_l1));
	box_admin(&br, LLDP_TX_ONLY);
	cr_assert_eq(lldp_agent_n_neighbours(&br.agent), 0);
	cr_assert_eq(br.n_remote_changed, 2);
	box_hear(&br, station_mac, lldpdu(frame_l1));
	cr_assert_eq(lldp_agent_n_neighbours(&br.agent), 0);
	cr_assert_eq(counters(&br)->frames_in, 1);
}

Test(lldp_agent, a_full_table_refuses_counts_and_recovers)
{
	struct lldp_agent_cfg cfg = agent_defaults;

	cfg.max_neighbours = 1;
	box_init(&br, &cfg, &bridge_defaults);
	box_link(&br, true);
	box_hear(&br, station_mac, lldpdu(frame_l1));
	hear(&br, 2, 50);
	hear(&br, 3, 30);
	cr_assert_eq(lldp_agent_n_neighbours(&br.agent), 1);
	cr_assert_eq(counters(&br)->too_many_neighbours, 2);
	cr_assert_eq(counters(&br)->frames_discarded, 2);
	cr_assert_eq(counters(&br)->frames_in_errors, 0);
	cr_assert_eq(br.evb.oper.peer, EVB_PEER_MANY, "a refused neighbour is a neighbour");
	box_run(&br, at_ms(49999));
	cr_assert_eq(br.evb.oper.peer, EVB_PEER_MANY, "tooManyNeighborsTimer has the largest TTL");
	box_run(&br, at_ms(50000));
	cr_assert_eq(br.evb.oper.peer, EVB_PEER_OK);
	hear(&br, 2, 50);
	box_hear(&br, station_mac, lldpdu(frame_s1));
	cr_assert_eq(br.evb.n_neighbours, 1, "the one refused, whose TLVs nobody kept");
	cr_assert_eq(br.evb.oper.peer, EVB_PEER_NONE);
}

Test(lldp_agent, every_neighbour_that_ages_is_counted)
{
	box_up(&br, &bridge_defaults);
	for (uint8_t id = 1; id <= 3; id++)
		hear(&br, id, 20);
	box_run(&br, at_ms(20000));
	cr_assert_eq(lldp_agent_n_neighbours(&br.agent), 0);
	cr_assert_eq(counters(&br)->ageouts, 3);
}

Test(lldp_agent, changed_content_replaces_and_the_source_may_change)
{
	struct lldp_pdu pdu;

	box_up(&br, &bridge_defaults);
	box_hear(&br, station_mac, lldpdu(frame_l1));
	box_run(&br, at_ms(1000));
	box_hear(&br, peer_mac(9), lldpdu(frame_l4));
	cr_assert_eq(lldp_agent_n_neighbours(&br.agent), 1);
	cr_assert_eq(br.n_remote_changed, 2);
	cr_assert(mac_equal(lldp_agent_neighbour(&br.agent, 0)->sa, peer_mac(9)));
	cr_assert_eq(lldp_agent_neighbour(&br.agent, 0)->since.ns, 0);
	cr_assert_eq(lldp_agent_neighbour(&br.agent, 0)->changed_at.ns, at_ms(1000).ns);
	lldp_neighbour_pdu(lldp_agent_neighbour(&br.agent, 0), &pdu);
	cr_assert_eq(pdu.org[0].ptr[5], 0x05, "the station status of L4");
}

Test(lldp_agent, a_change_of_ttl_is_told_to_the_neighbours_at_once)
{
	struct lldp_agent_cfg cfg = agent_defaults;

	box_up(&st, &station_defaults);
	box_run(&st, at_ms(7000));
	lldp_agent_set_cfg(&st.agent, &cfg, st.now);
	box_settle(&st);
	cr_assert_eq(st.n_sent, 1, "nothing changed");
	cfg.tx_interval_s = 3600;
	cfg.tx_hold = 100;
	cfg.max_neighbours = 100;
	lldp_agent_set_cfg(&st.agent, &cfg, st.now);
	box_settle(&st);
	cr_assert_eq(st.n_sent, 2);
	cr_assert_eq(st.sent[1].octets[18] << 8 | st.sent[1].octets[19], 65535, "txTTL is cut to 16 bits");
	cr_assert_eq(st.agent.cfg.max_neighbours, NEIGHBOURS_MAX, "the table can't grow");
}

/* A local system with everything in it, from memory that goes away after the call. */
static void set_full_local(struct box *b, char fill, unsigned n_text)
{
	char text[200];
	const uint8_t mgmt[] = { 5, 1, 10, 99, 0, 1, 2, 0, 0, 0, 7, 0 };
	const uint8_t long_mgmt[LLDP_LOCAL_MGMT + 1] = { 5, 1 };
	const struct lldp_pdu local = { .chassis_id = span_of("\x07h", 2),
		.port_id = span_of("\x07p", 2),
		.port_descr = span_of(text, n_text),
		.system_name = span_of(text, n_text),
		.system_descr = span_of(text, n_text),
		.has_caps = true,
		.caps = LLDP_CAP_BRIDGE,
		.caps_enabled = LLDP_CAP_BRIDGE,
		.n_mgmt = 2,
		.mgmt = { span_of(long_mgmt, sizeof(long_mgmt)), span_of(mgmt, sizeof(mgmt)) },
		.n_org = 1,
		.org = { span_of("ignored", 7) } };

	memset(text, fill, sizeof(text));
	lldp_agent_set_local(&b->agent, &local, b->now);
	memset(text, 0, sizeof(text));
	box_settle(b);
}

static struct lldp_pdu last_sent(const struct box *b)
{
	const struct sent *s = &b->sent[b->n_sent - 1];
	struct lldp_decode_notes notes;
	struct lldp_pdu pdu;

	cr_assert_eq(lldp_pdu_decode(span_of(s->octets, s->len), &pdu, &notes), LLDP_OK);
	cr_assert_eq(notes.tlvs_discarded + notes.tlvs_unrecognized, 0);
	return pdu;
}

Test(lldp_agent, only_a_changed_octet_is_a_local_change)
{
	struct lldp_pdu pdu;

	box_up(&st, &station_defaults);
	box_run(&st, at_ms(5000));
	set_full_local(&st, 'a', 200);
	cr_assert_eq(st.n_sent, 2, "sent at once");
	pdu = last_sent(&st);
	cr_assert_eq(pdu.ttl_s, 121);
	cr_assert_eq(pdu.system_descr.len, LLDP_LOCAL_TEXT, "cut");
	cr_assert_eq(pdu.system_descr.ptr[0], 'a', "copied");
	cr_assert_eq(pdu.caps, LLDP_CAP_BRIDGE);
	cr_assert_eq(pdu.n_mgmt, 1, "the one that is short enough");
	cr_assert_eq(pdu.n_org, 1, "the EVB TLV of slot 0");
	set_full_local(&st, 'a', 200);
	cr_assert_eq(st.n_sent, 2, "the same again");
	set_full_local(&st, 'b', 200);
	cr_assert_eq(st.n_sent, 3);
	lldp_agent_set_org(&st.agent, 3, span_of("\x01\x02\x03\x04", 4), st.now);
	box_settle(&st);
	lldp_agent_set_org(&st.agent, 3, span_of("\x01\x02\x03\x04", 4), st.now);
	box_settle(&st);
	cr_assert_eq(st.n_sent, 4);
	lldp_agent_set_org(&st.agent, 3, span_of(NULL, 0), st.now);
	box_settle(&st);
	cr_assert_eq(st.n_sent, 5);
	cr_assert_eq(last_sent(&st).n_org, 1);
}

Test(lldp_agent, what_does_not_fit_is_left_out_least_useful_first)
{
	const uint8_t big[LLDP_ORG_VALUE] = { 1, 2, 3, 4 };
	struct lldp_pdu pdu;

	box_up(&st, &station_defaults);
	set_full_local(&st, 'a', 100);
	for (unsigned slot = 1; slot <= 2; slot++) {
		lldp_agent_set_org(&st.agent, slot, span_of(big, sizeof(big)), st.now);
		box_settle(&st);
	}
	cr_assert_eq(counters(&st)->length_errors, 0);
	lldp_agent_set_org(&st.agent, 3, span_of(big, sizeof(big) - 200), st.now);
	box_settle(&st);
	cr_assert_eq(counters(&st)->length_errors, 1, "one LLDPDU was too long");
	pdu = last_sent(&st);
	cr_assert_eq(pdu.n_org, 4, "organizational TLVs stay");
	cr_assert_null(pdu.system_descr.ptr);
	cr_assert(pdu.has_caps);
	st.now = at_ms(5000); /* credit */
	lldp_agent_set_org(&st.agent, 3, span_of(big, sizeof(big)), st.now);
	box_settle(&st);
	pdu = last_sent(&st);
	cr_assert_eq(pdu.n_org, 3, "then the last slot goes");
	cr_assert_eq(pdu.org[0].ptr[3], EVB_TLV_SUBTYPE, "EVB is the last to go");
	cr_assert_leq(st.sent[st.n_sent - 1].len, LLDP_PDU_MAX);
}

Test(lldp_agent, composing_appends_to_what_the_caller_wrote)
{
	uint8_t octets[FRAME_LEN];
	struct wr w = wr_init(octets, sizeof(octets));

	box_init(&st, &agent_defaults, &station_defaults);
	wr_copy(&w, frame_l1, FRAME_HEADER);
	lldp_agent_set_operational(&st.agent, true, st.now);
	cr_assert(lldp_agent_poll_tx(&st.agent, st.now, &w));
	cr_assert_arr_eq(octets, frame_l1, w.len);
}

Test(lldp_agent, no_room_at_all_is_a_length_error_and_no_frame)
{
	uint8_t octets[10];
	struct wr w = wr_init(octets, sizeof(octets));

	box_init(&st, &agent_defaults, &station_defaults);
	lldp_agent_set_operational(&st.agent, true, st.now);
	cr_assert_not(lldp_agent_poll_tx(&st.agent, st.now, &w));
	cr_assert_eq(counters(&st)->frames_out, 0);
	cr_assert_eq(counters(&st)->length_errors, 1);
}

Test(lldp_agent, users_can_count_discarded_tlvs)
{
	box_up(&st, &station_defaults);
	lldp_agent_count_discarded(&st.agent, 3);
	cr_assert_eq(counters(&st)->tlvs_discarded, 3);
}

/* One bad octet or one octet less anywhere in a rich LLDPDU: counted or used, never more than one neighbour of it. */
Test(lldp_agent, damaged_frames_are_counted_and_lose_nothing)
{
	unsigned n_heard = 0;
	struct sent rich;

	box_up(&st, &station_defaults);
	set_full_local(&st, 'a', 20);
	rich = st.sent[st.n_sent - 1];
	box_up(&br, &bridge_defaults);
	for (size_t i = 0; i < rich.len; i++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			rich.octets[i] ^= (uint8_t)(1u << bit);
			lldp_agent_rx(&br.agent, station_mac, span_of(rich.octets, rich.len), br.now);
			rich.octets[i] ^= (uint8_t)(1u << bit);
			lldp_agent_rx(&br.agent, station_mac, span_of(rich.octets, i), br.now);
			n_heard += 2;
		}
	}
	cr_assert_eq(counters(&br)->frames_in, n_heard);
	cr_assert_leq(lldp_agent_n_neighbours(&br.agent), NEIGHBOURS_MAX);
	for (unsigned i = 0; i < lldp_agent_n_neighbours(&br.agent); i++) {
		struct lldp_pdu pdu;

		lldp_neighbour_pdu(lldp_agent_neighbour(&br.agent, i), &pdu);
		cr_assert_gt(pdu.ttl_s, 0);
	}
}

Test(lldp_agent, nothing_is_sent_before_the_local_system_is_known)
{
	const struct lldp_pdu local = { .chassis_id = span_of("\x07h", 2), .port_id = span_of("\x07p", 2) };
	uint8_t octets[LLDP_PDU_MAX];
	struct wr w = wr_init(octets, sizeof(octets));

	lldp_agent_init(&st.agent, &agent_defaults, station_mac, st.mem);
	lldp_agent_set_operational(&st.agent, true, at_ms(0));
	cr_assert_not(lldp_agent_poll_tx(&st.agent, at_ms(0), &w));
	lldp_agent_set_local(&st.agent, &local, at_ms(10));
	cr_assert(lldp_agent_poll_tx(&st.agent, at_ms(10), &w));
}
