/*
 * One node with one EVB port, driven from outside: octets in through node_rx(), octets out of node_io.send, virtual
 * time between. The other end is the test, with the worked frames of evb-reference 3.5, 5.6 and 6.10: the station is
 * 00-00-5E-00-53-01 on eth0, the bridge 00-00-5E-00-53-02 on ge1.
 */
#ifndef EVB_TEST_PORT_RIG_H
#define EVB_TEST_PORT_RIG_H

#include <stdio.h>
#include "lldp_fixtures.h"
#include "node.h"
#include "vdp_frames.h"

enum { RIG_SENT = 600, RIG_FRAME = 1600, RIG_DEFAULT_VID = 200 };

struct rig_frame {
	struct mono at;
	uint16_t port;
	size_t len;
	uint8_t octets[RIG_FRAME];
};

enum rig_db { DB_GRANTS, DB_REFUSES, DB_SILENT };

static struct rig {
	struct node *node;
	struct conf conf;
	struct conf_port port;
	struct mono now, heard; /* heard: the last frame came in */
	struct mac mac;
	unsigned n_sent, seen; /* seen: taken by rig_next() */
	struct rig_frame sent[RIG_SENT];
	enum rig_db db;
	struct vtdb_answer refusal;
	unsigned asked, events[NODE_N_EVENTS];
	struct vtdb_handle handle; /* of the last question */
	uint16_t asked_port;
	struct vtdb_answer answer; /* to it, once it is given */
} rig;

/* Managers ::1 and 2001:db8::10 know type 0x000102 version 3; the default manager type 0x00002a, which gives priority 5. */
static const struct vtdb_group rig_groups[] = { { 0x1234, 150 } };
static const struct vtdb_type rig_type[] = {
	{ .type_id = 0x2a, .version_high = 255, .default_vid = RIG_DEFAULT_VID, .has_pcp = true, .pcp = 5 },
	{ .manager.id = { [15] = 1 }, .type_id = 0x102, .version_low = 3, .version_high = 3 },
	{ .manager.id = { 0x20, 1, 0x0d, 0xb8, [15] = 0x10 },
		.type_id = 0x102,
		.version_low = 3,
		.version_high = 3,
		.default_vid = 100,
		.n_groups = 1,
		.groups = rig_groups },
};
static const struct vtdb_types rig_types = { 3, rig_type, true, { { 0 } } };

static void rig_send(void *ctx, uint16_t port, struct span head, struct span rest)
{
	struct rig_frame *f = &rig.sent[rig.n_sent];

	(void)ctx;
	cr_assert_lt(++rig.n_sent, RIG_SENT);
	cr_assert_leq(head.len + rest.len, RIG_FRAME);
	*f = (struct rig_frame){ .at = rig.now, .port = port, .len = head.len + rest.len };
	memcpy(f->octets, head.ptr, head.len);
	if (rest.len > 0)
		memcpy(f->octets + head.len, rest.ptr, rest.len);
}

static void rig_event(void *ctx, const struct node_event *ev, struct mono now)
{
	(void)ctx;
	(void)now;
	rig.events[ev->kind]++;
}

static void rig_rearm(void *ctx, uint16_t port)
{
	(void)ctx; /* rig_run() asks for the deadlines */
	(void)port;
}

static void rig_ask(void *ctx, struct node *n, uint16_t port, struct vtdb_handle h,
	const struct vtdb_query *q, struct mono now)
{
	(void)ctx;
	rig.asked++;
	rig.handle = h;
	rig.asked_port = port;
	vtdb_decide(&rig_types, q, &rig.answer);
	if (rig.db == DB_REFUSES)
		rig.answer = rig.refusal;
	if (rig.db != DB_SILENT)
		node_vtdb_answer(n, port, h, &rig.answer, now);
}

/* ---- a node ---- */

static inline const struct node_port *rig_port(void)
{
	return node_port(rig.node, 0);
}

static inline struct conf_port rig_conf(enum conf_role role)
{
	struct conf_port p = { .role = role,
		.scid = CONF_SCID_DEFAULT,
		.learning = true,
		.cdcp = { .chn_cap = 64, .svid_low = 2, .svid_high = 4094, .hold_s = 3 },
		.pvid = 1,
		.lldp_agents = CONF_AGENT_NCB,
		.lldp = agent_defaults,
		.evb = role == CONF_BRIDGE ? bridge_defaults : station_defaults,
		.max_vsis = 600 };

	snprintf(p.name, sizeof(p.name), "%s", role == CONF_BRIDGE ? "ge1" : "eth0");
	return p;
}

static inline void rig_link(uint16_t port, bool is_up)
{
	struct mac mac = rig.mac;

	mac.b[4] = (uint8_t)(mac.b[4] + port);
	node_port_state(rig.node, port, true, is_up, mac, 1500, rig.now);
}

/* The node with its first port; up, unless more is to be prepared. */
static inline void rig_start(const struct conf_port *p, bool is_up)
{
	static const struct node_io io = {
		.send = rig_send, .event = rig_event, .rearm = rig_rearm, .vtdb = { NULL, rig_ask }
	};

	memset(&rig, 0, sizeof(rig));
	rig.port = *p;
	rig.conf = (struct conf){
		.system_name = "dut", .warn_exponent = 24, .fdb_age_s = 300, .max_fdb = 64, .max_ended = 8
	};
	rig.mac = p->role == CONF_BRIDGE ? bridge_mac : station_mac;
	rig.now = at_ms(1000);
	rig.node = node_new(&rig.conf, &io, 7, rig.now);
	cr_assert_eq(node_port_add(rig.node, p, rig.now), 0);
	if (is_up)
		rig_link(0, true);
}

static inline void rig_up(enum conf_role role)
{
	struct conf_port p = rig_conf(role);

	rig_start(&p, true);
}

static inline void rig_fini(void)
{
	node_free(rig.node);
	rig.node = NULL;
}

/* ---- time and frames ---- */

static inline void rig_run(struct dur d)
{
	struct mono until = mono_add(rig.now, d);
	unsigned spins = 0;

	for (;;) {
		struct mono next = MONO_NEVER;

		for (uint16_t i = 0; i < node_n_ports(rig.node); i++)
			next = mono_min(next, node_port_deadline(rig.node, i));
		if (mono_before(until, next))
			break;
		spins = mono_before(rig.now, next) ? 0 : spins + 1;
		cr_assert_lt(spins, 100, "deadlines without end");
		if (mono_before(rig.now, next))
			rig.now = next;
		for (uint16_t i = 0; i < node_n_ports(rig.node); i++)
			if (mono_reached(node_port_deadline(rig.node, i), rig.now))
				node_port_on_time(rig.node, i, rig.now);
	}
	rig.now = until;
}

static inline void rig_rx(const uint8_t *octets, size_t len)
{
	rig.heard = rig.now;
	node_rx(rig.node, 0, span_of(octets, len), rig.now);
}

/* With an End TLV behind it: the worked frames are shown without, and evbd slows down for a peer that sends none. */
static inline void rig_rx_ended(const uint8_t *octets, size_t len)
{
	uint8_t f[RIG_FRAME] = { 0 };

	memcpy(f, octets, len);
	rig_rx(f, len + 2);
}
#define RX(frame) rig_rx_ended(frame, sizeof(frame))

static inline unsigned type_of(const struct rig_frame *f)
{
	return (unsigned)f->octets[12] << 8 | f->octets[13];
}

/* The next frame of this EtherType that has not been looked at, or NULL; others are passed over. */
static inline const struct rig_frame *rig_next(unsigned ethertype)
{
	while (rig.seen < rig.n_sent)
		if (type_of(&rig.sent[rig.seen++]) == ethertype)
			return &rig.sent[rig.seen - 1];
	return NULL;
}

static inline unsigned rig_count(unsigned ethertype)
{
	unsigned n = 0;

	for (unsigned i = rig.seen; i < rig.n_sent; i++)
		n += type_of(&rig.sent[i]) == ethertype;
	return n;
}

/* ---- LLDP ---- */

/* The EVB TLV's octets in a sent LLDPDU, or NULL. */
static inline const uint8_t *evb_of(const struct rig_frame *f)
{
	static const uint8_t head[] = { 0xfe, 0x09, 0, 0x80, 0xc2, 0x0d };

	for (size_t i = FRAME_HEADER; i + 11 <= f->len;) {
		if (memcmp(f->octets + i, head, sizeof(head)) == 0)
			return f->octets + i;
		i += 2 + ((f->octets[i] & 1u) << 8 | f->octets[i + 1]);
	}
	return NULL;
}

/* The next LLDPDU, within a second, begins like the worked frame and carries its EVB TLV. */
static inline void expect_lldp(const uint8_t worked[FRAME_LEN])
{
	size_t ids = worked[6 + 5] == 1 ? 34 : 33; /* octets up to and with the TTL TLV: "eth0" or "ge1" */
	const struct rig_frame *f;

	rig_run(dur_ms(1000));
	f = rig_next(LLDP_ETHERTYPE);
	cr_assert_not_null(f, "no LLDPDU within 1 s");
	cr_assert_arr_eq(f->octets, worked, ids);
	cr_assert_not_null(evb_of(f), "no EVB TLV");
	cr_assert_arr_eq(evb_of(f), worked + ids, 11);
}

/* ---- ECP ---- */

static inline void set_seq(uint8_t *frame, uint16_t seq)
{
	frame[16] = (uint8_t)(seq >> 8);
	frame[17] = (uint8_t)seq;
}

static inline uint16_t seq_of(const struct rig_frame *f)
{
	return (uint16_t)(f->octets[16] << 8 | f->octets[17]);
}

static inline bool is_ack(const struct rig_frame *f)
{
	return (f->octets[14] & 0x0c) == 0x04;
}

/* Acknowledge a request the node sent. */
static inline void ack(const struct rig_frame *f)
{
	uint8_t a[sizeof(frame_e2)];

	memcpy(a, frame_e2, sizeof(a));
	set_seq(a, seq_of(f));
	memcpy(a + 6, rig_port()->kind == NODE_BRIDGE ? station_mac.b : bridge_mac.b, 6);
	RX(a);
}

/* A worked request of the peer, with this sequence number. */
static inline void rx_seq(const uint8_t *frame, size_t len, uint16_t seq)
{
	uint8_t f[RIG_FRAME];

	memcpy(f, frame, len);
	set_seq(f, seq);
	rig_rx_ended(f, len);
}

/* The node sends an acknowledgement of seq now: E2 with its address and that number, and nothing else. */
static inline void expect_ack(uint16_t seq)
{
	const struct rig_frame *f = rig_next(ECP_ETHERTYPE);
	uint8_t a[sizeof(frame_e2)];

	cr_assert_not_null(f, "no ack");
	memcpy(a, frame_e2, sizeof(a));
	memcpy(a + 6, rig.mac.b, 6);
	set_seq(a, seq);
	cr_assert_eq(f->len, sizeof(a));
	cr_assert_arr_eq(f->octets, a, sizeof(a));
	cr_assert_leq(mono_since(rig.heard, f->at).ns, dur_ms(10).ns);
}

/* The next ECP frame is the worked request but for its sequence number, with the End TLV behind it; acknowledged
 * at once. */
static inline void expect_request(const uint8_t *worked, size_t len)
{
	const struct rig_frame *f = rig_next(ECP_ETHERTYPE);

	cr_assert_not_null(f, "no ECPDU");
	cr_assert_arr_eq(f->octets, worked, 16);
	cr_assert_arr_eq(f->octets + 18, worked + 18, len - 18);
	cr_assert_eq(f->len, len + 2);
	cr_assert_eq(f->octets[len] | f->octets[len + 1], 0);
	ack(f);
}
#define EXPECT(frame) expect_request(frame, sizeof(frame))

static inline void expect_no_ecp(void)
{
	cr_assert_eq(rig_count(ECP_ETHERTYPE), 0, "an ECPDU too many");
}

/* ---- VDP ---- */

/* The VSI of E1. */
static const struct vsi_id rig_vsi_id = { VSI_ID_UUID,
	{ 0xf8, 0x1d, 0x4f, 0xae, 0x7d, 0xec, 0x11, 0xd0, 0xa7, 0x65, 0, 0xa0, 0xc9, 0x1e, 0x6b, 0xf6 } };
static const struct vdp_filter rig_filter = { .mac = { { 0, 0, 0x5e, 0, 0x53, 0x10 } }, .vid = 100 };

static inline struct vdp_request rig_request(void)
{
	return (struct vdp_request){ .op = VDP_ASSOC,
		.subject = { .vsi = rig_vsi_id,
			.manager.id = { 0x20, 1, 0x0d, 0xb8, [15] = 0x10 },
			.type_id = 0x102,
			.type_version = 3 },
		.format = VDP_FILTER_MAC_VID,
		.n_filters = 1,
		.filters = &rig_filter,
		.is_migrating = true };
}

static inline void rig_ask_for(const struct vdp_request *rq)
{
	cr_assert_eq(node_vsi_request(rig.node, 0, rq, NODE_NO_PORT, rig.now), VDP_SUBMIT_OK);
	node_kick(rig.node, 0, rig.now);
}

static inline const struct vdp_vsi *rig_vsi(uint16_t port)
{
	const struct vdp_table *t = node_port(rig.node, port)->vdp;
	uint32_t i = vdp_table_find(t, &rig_vsi_id);

	return i == UINT32_MAX ? NULL : vdp_table_get(t, i);
}

static inline enum vdp_state rig_state(uint16_t port)
{
	const struct vdp_vsi *v = rig_vsi(port);

	return v ? v->state : VDP_STATE_NONE;
}

/* A manager TLV and the End TLV alone: the bridge shows that its payloads end so. */
static inline void rx_end(void)
{
	uint8_t f[36];

	memcpy(f, frame_e3, sizeof(f));
	rx_seq(f, sizeof(f), 0x7777);
}

/* A station or bridge that has negotiated with the worked frames' other end, and what it said about it is passed
 * over. */
static inline void rig_negotiated(enum conf_role role)
{
	rig_up(role);
	if (role == CONF_BRIDGE)
		RX(frame_l1);
	else
		RX(frame_l3);
	rig_run(dur_s(6));
	cr_assert_eq(rig_port()->evb.oper.peer, EVB_PEER_OK);
	if (role == CONF_STATION)
		rx_end();
	rig.seen = rig.n_sent;
}

/* Another octet at `at` in a copy of a worked frame. */
static inline void change(uint8_t *to, const uint8_t *worked, size_t len, size_t at, uint8_t value)
{
	memcpy(to, worked, len);
	to[at] = value;
}

/* A station whose Associate (E1) has left and was acknowledged. */
static inline void station_asks(void)
{
	struct vdp_request rq = rig_request();

	rig_negotiated(CONF_STATION);
	rig_ask_for(&rq);
	EXPECT(frame_e1);
	cr_assert_eq(rig_state(0), VDP_STATE_NONE);
}

static inline void station_with_e1(void)
{
	station_asks();
	RX(frame_e3);
	expect_ack(1);
	cr_assert_eq(rig_state(0), VDP_STATE_ASSOC);
	rig.seen = rig.n_sent;
}

#endif
