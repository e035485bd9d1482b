/*
 * Floods: what a peer can send without end, at a bridge with a second, honest port. Laws: tables stop at their limits,
 * every frame is counted, no memory is taken, the honest port is served meanwhile.
 */
#include <criterion/criterion.h>
#include <malloc.h>

#include "hostile.h"
#include "port_input.h"
#include "sim.h"

enum { MAX_VSIS = 256, MAX_FDB = 1024, VID = 100 };

static struct sim *sim;
static struct sim_node *n;
static size_t memory;
static uint16_t seq[3];

static size_t memory_in_use(void)
{
	return mallinfo2().uordblks; /* 0 under a sanitizer that has its own */
}

static void start(void)
{
	sim = sim_new(1);
	n = sim_add_node(sim, "switch");
	n->conf.max_fdb = MAX_FDB;
	n->type[0] = (struct vtdb_type){ .manager = { { [15] = 1 } }, .type_id = 5, .version_high = 9 };
	n->types.n_types = 1;
	sim_add_port(n, "swp1", CONF_BRIDGE)->max_vsis = MAX_VSIS;
	sim_add_port(n, "swp2", CONF_BRIDGE)->max_vsis = MAX_VSIS;
	sim_add_port(n, "swp3", CONF_ORDINARY);
	sim_start(n);
	memory = memory_in_use();
}
static void finish(void)
{
	cr_expect_eq(memory_in_use(), memory, "the flood took memory");
	sim_free(sim);
}

TestSuite(flood, .init = start, .fini = finish);

static const struct node_port *port(unsigned i)
{
	return node_port(n->node, (uint16_t)i);
}

static const char *name_of(unsigned i)
{
	return port(i)->name;
}

static void send(unsigned at, struct span frame)
{
	sim_inject(n, name_of(at), frame);
	sim_run(sim, mono_add(sim->now, dur_us(10)));
}

/* Acknowledge the request in flight. */
static void acknowledge(unsigned at)
{
	const struct ecp_tx *tx = &port(at)->ecp_tx;

	if (tx->is_waiting) {
		struct ecp_hdr h = { ECP_VERSION, ECP_OP_ACK, ECP_SUBTYPE_VDP, tx->seq };
		uint8_t frame[HOSTILE_FRAME_MIN] = { 0 };
		struct wr w = wr_init(frame, sizeof(frame));

		port_addresses(&w, MAC_NEAREST_CUSTOMER_BRIDGE, ECP_ETHERTYPE);
		ecp_hdr_encode(&h, &w);
		send(at, span_of(frame, sizeof(frame)));
	}
}

/* An Associate of VSI number `id` with an address of its own. */
static void associate(unsigned at, uint32_t id)
{
	struct vdp_assoc a = { .op = VDP_ASSOC,
		.type_id = 5,
		.type_version = 1,
		.vsi = { VSI_ID_UUID, { [11] = (uint8_t)at,
					      (uint8_t)(id >> 24),
					      (uint8_t)(id >> 16),
					      (uint8_t)(id >> 8),
					      (uint8_t)id } },
		.format = VDP_FILTER_MAC_VID,
		.n_filters = 1,
		.filters = { { .mac = { { 0x52, (uint8_t)at, (uint8_t)(id >> 24), (uint8_t)(id >> 16),
				       (uint8_t)(id >> 8), (uint8_t)id } },
			.vid = VID } } };
	uint8_t tlv[128], frame[PORT_FRAME_MAX];
	struct wr w = wr_init(tlv, sizeof(tlv));

	vdp_assoc_encode(&a, &w);
	send(at, span_of(frame, port_frame(FRAME_VDP, &seq[at], wr_span(&w), frame)));
}

static void expect_honest_port_is_served(void)
{
	uint32_t before = vdp_table_count(port(1)->vdp);

	associate(1, 0xaaaa);
	acknowledge(1);
	cr_expect_eq(vdp_table_count(port(1)->vdp), before + 1);
	cr_expect_eq(vdp_table_counters(port(1)->vdp)->succeeded, 1);
}

Test(flood, ten_thousand_lldp_neighbours)
{
	const struct lldp_agent *a = port(0)->agent[0].lldp;
	uint8_t pdu[200], frame[PORT_FRAME_MAX];
	uint64_t sent = sim_port(n, "swp1")->guest_rx;

	for (unsigned i = 0; i < 10000; i++) {
		const uint8_t chassis[] = { LLDP_CHASSIS_MAC, 2, 0, 0, 0, (uint8_t)(i >> 8), (uint8_t)i };
		const uint8_t ttl[] = { 0xff, 0xff };
		struct wr w = wr_init(pdu, sizeof(pdu));

		tlv_put(&w, LLDP_TLV_CHASSIS_ID, span_of(chassis, 7));
		tlv_put(&w, LLDP_TLV_PORT_ID, span_of("\x03\x02\0\0\0\0\1", 7));
		tlv_put(&w, LLDP_TLV_TTL, span_of(ttl, 2));
		tlv_put(&w, LLDP_TLV_END, span_of(NULL, 0));
		send(0, span_of(frame, port_frame(FRAME_LLDP, &seq[0], wr_span(&w), frame)));
	}
	cr_expect_eq(a->rx.n, 8);
	cr_expect_eq(a->counters.frames_in, 10000);
	cr_expect_eq(a->counters.frames_discarded + a->counters.tlvs_discarded > 0, true);
	cr_expect(
		sim_port(n, "swp1")->guest_rx - sent <= 10, "the credit bounds what new neighbours set off");
	expect_honest_port_is_served();
}

Test(flood, ecp_storm_of_new_sources_versions_and_acks)
{
	const struct ecp_rx_counters *e = &port(0)->ecp_rx.count;
	uint8_t frame[HOSTILE_FRAME_MIN];

	for (unsigned i = 0; i < 100000; i++) {
		struct ecp_hdr h = { .version = i % 5 ? 1 : i % 16,
			.op = i % 3 == 0 ? ECP_OP_ACK : ECP_OP_REQUEST,
			.subtype = i % 7 ? 1 : i % 1024,
			.seq = (uint16_t)i };
		struct wr w = wr_init(frame, sizeof(frame));

		port_addresses(&w, MAC_NEAREST_CUSTOMER_BRIDGE, ECP_ETHERTYPE);
		frame[9] = (uint8_t)(i >> 16);
		frame[10] = (uint8_t)(i >> 8);
		frame[11] = (uint8_t)i;
		ecp_hdr_encode(&h, &w);
		wr_zero(&w, wr_room(&w));
		sim_inject(n, "swp1", wr_span(&w));
	}
	cr_expect_eq(e->frames + e->bad_version + e->bad_op + e->bad_subtype + e->queue_full + e->too_short +
			     port(0)->ecp_tx.n.stray_acks,
		100000);
	cr_expect_eq(port(0)->count.control_in, 100000);
	cr_expect_eq(vdp_table_counters(port(0)->vdp)->rx_no_manager, e->frames - e->duplicates);
	expect_honest_port_is_served();
}

/* What the port can't answer yet it does not take: the peer is to repeat it. What it takes it answers. */
Test(flood, a_hundred_thousand_vsis)
{
	const struct vdp_table_counters *c = vdp_table_counters(port(0)->vdp);
	const struct ecp_rx_counters *e = &port(0)->ecp_rx.count;

	for (uint32_t i = 0; i < 100000; i++) {
		associate(0, i);
		acknowledge(0);
		if (i == 50000)
			expect_honest_port_is_served();
	}
	cr_expect_eq(vdp_table_count(port(0)->vdp), MAX_VSIS);
	cr_expect_eq(e->frames + e->queue_full, 100000);
	cr_expect_eq(c->requests_in + ecp_rx_queued(&port(0)->ecp_rx), e->frames);
	cr_expect_eq(c->succeeded, MAX_VSIS);
	cr_expect_eq(c->table_full, c->requests_in - MAX_VSIS);
	cr_expect_eq(c->reply_full, 0);
}

/* Nothing is acknowledged: what can't be answered is not accepted, and the peer is to repeat it. */
Test(flood, a_hundred_thousand_vsis_of_a_peer_that_takes_no_answer)
{
	const struct ecp_rx_counters *e = &port(0)->ecp_rx.count;

	for (uint32_t i = 0; i < 100000; i++)
		associate(0, i);
	cr_expect_leq(vdp_table_count(port(0)->vdp), MAX_VSIS);
	cr_expect_eq(e->frames + e->queue_full, 100000);
	cr_expect_eq(vdp_table_counters(port(0)->vdp)->reply_full, 0);
	expect_honest_port_is_served();
}

static void data(unsigned at, uint32_t from, const uint8_t to[6])
{
	uint8_t frame[HOSTILE_FRAME_MIN] = { 0 };

	memcpy(frame, to, 6);
	frame[6] = 0x06;
	frame[8] = (uint8_t)(from >> 24);
	frame[9] = (uint8_t)(from >> 16);
	frame[10] = (uint8_t)(from >> 8);
	frame[11] = (uint8_t)from;
	frame[12] = 0x08;
	sim_inject(n, name_of(at), span_of(frame, sizeof(frame)));
}

Test(flood, a_hundred_thousand_sources_on_a_station_facing_and_on_an_ordinary_port)
{
	const struct relay *r = node_relay(n->node);
	static const uint8_t somebody[6] = { 0x06, 0xff, 0, 0, 0, 1 };

	for (uint32_t i = 0; i < 100000; i++) {
		data(0, i, somebody);
		data(2, i, somebody);
	}
	cr_expect_eq(relay_port_counters(r, port(0)->lport)->drops[FWD_DROP_NOT_ASSOCIATED], 100000);
	cr_expect_eq(relay_port_counters(r, port(2)->lport)->rx_frames, 100000);
	cr_expect_leq(relay_fdb_count(r), MAX_FDB);
	cr_expect_eq(relay_port_counters(r, port(2)->lport)->learn_full, 100000 - relay_fdb_count(r));
	cr_expect_eq(n->events[NODE_EVENT_REFUSED], 1, "told once a minute");
	expect_honest_port_is_served();
	cr_expect_eq(relay_fdb_count(r), MAX_FDB * 7 / 8 + 1, "the honest port's VSI has its place");
}
