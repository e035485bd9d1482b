/*
 * core.c - what the pure libraries cost by themselves, without a socket: ns of this process's CPU time per operation.
 *
 * prints lines of NAME and VALUE:
 *   decode_ns, encode_ns    one ECPDU with 37 VSIs, ECP header to last filter (802.1Q 41.2, 43.3)
 *   forward_ns              one 64-byte frame through the relay of a switch, from one of 1000 associated VSIs to
 *                           another on the same port, by reflective relay; the addresses change with every frame
 *   forward_flood_ns        the same, a broadcast to 8 ports, per copy
 *   station_octets, bridge_octets   of memory per VSI with one filter: table, timers, index and pool; bridge: and
 *                           its admission in the relay
 *
 * Each is the best of several rounds: whatever else runs on the machine can only add.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ecp_pdu.h"
#include "relay.h"
#include "vdp_table.h"

enum { ROUNDS = 9, VSIS = 37, STATIONS = 1000, FLOOD_PORTS = 8, PDU_MAX = 1500, FRAME = 60 };

static volatile uint64_t sink; /* keeps results alive */

static uint64_t cpu_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* Best of ROUNDS, per operation; `work` does `n` of them. */
static double best(void (*work)(void *ctx, unsigned n), void *ctx, unsigned n)
{
	double least = 0;

	for (unsigned i = 0; i < ROUNDS; i++) {
		uint64_t start = cpu_ns();
		double ns;

		work(ctx, n);
		ns = (double)(cpu_ns() - start) / n;
		if (i == 0 || ns < least)
			least = ns;
	}
	return least;
}

/* ---- codec ---- */

struct pdu {
	uint8_t octets[PDU_MAX];
	size_t len;
};

static void encode_one(struct pdu *p, uint16_t seq)
{
	struct ecp_hdr h = {
		.version = ECP_VERSION, .op = ECP_OP_REQUEST, .subtype = ECP_SUBTYPE_VDP, .seq = seq
	};
	struct vdp_manager m = { { 0x20, 1, 0x0d, 0xb8, [15] = 1 } };
	struct vdp_assoc a = {
		.op = VDP_ASSOC, .type_id = 1, .type_version = 1, .format = VDP_FILTER_MAC_VID, .n_filters = 1
	};
	struct wr w = wr_init(p->octets, sizeof(p->octets));

	ecp_hdr_encode(&h, &w);
	vdp_manager_encode(&m, &w);
	for (uint8_t i = 0; i < VSIS; i++) {
		a.vsi = (struct vsi_id){ VSI_ID_UUID, { [15] = i } };
		a.filters[0] = (struct vdp_filter){ .mac = { { 0x52, 0x54, 0, 0, 0, i } }, .vid = 100 };
		vdp_assoc_encode(&a, &w);
	}
	tlv_put(&w, TLV_END, span_of(NULL, 0));
	p->len = wr_span(&w).len;
}

static void encode(void *ctx, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		encode_one(ctx, (uint16_t)i);
	sink += ((struct pdu *)ctx)->len;
}

static unsigned decode_one(const struct pdu *p)
{
	struct rd r = rd_init(span_of(p->octets, p->len));
	struct vdp_pdu_item item;
	struct vdp_assoc a;
	struct vdp_pdu walk;
	struct ecp_hdr h;
	unsigned n = 0;

	if (!ecp_hdr_decode(&r, &h) || vdp_pdu_open(rd_rest(&r), &walk) != VDP_PDU_OK)
		return 0;
	while (vdp_pdu_next(&walk, &item))
		n += vdp_assoc_decode(item.op, item.value, &a) == VDP_OK;
	return n;
}

static void decode(void *ctx, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		sink += decode_one(ctx);
}

/* ---- relay ---- */

struct lab {
	struct relay *relay;
	struct mono now;
	uint16_t sbp;
	uint8_t frame[FRAME];
};

static struct mac station(unsigned i)
{
	return (struct mac){ { 0x52, 0x54, 0, 0, (uint8_t)(i >> 8), (uint8_t)i } };
}

static uint16_t add_port(struct relay *r, enum fwd_kind kind)
{
	struct relay_port_cfg cfg = { .kind = kind, .relay = FWD_BRIDGE, .pvid = 1, .mtu = 1500 };
	uint16_t lport = relay_port_add(r, &cfg);

	relay_port_set_forwarding(r, lport, true);
	if (kind == FWD_ORDINARY)
		relay_port_set_vlan(r, lport, 1, true, true);
	return lport;
}

static void forward_one(struct lab *l, struct mac dst, struct mac src)
{
	struct relay_result res;
	struct relay_copy copy;

	memcpy(l->frame, dst.b, sizeof(dst.b));
	memcpy(l->frame + 6, src.b, sizeof(src.b));
	l->frame[12] = 8;
	relay_rx(l->relay, l->sbp, span_of(l->frame, FRAME), l->now, &res);
	while (relay_next_copy(l->relay, &res, &copy))
		sink += copy.lport + copy.head[15];
}

static void forward(void *ctx, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		forward_one(ctx, station((i * 7 + 1) % STATIONS), station(i % STATIONS));
}

static void flood(void *ctx, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		forward_one(ctx, (struct mac){ { 255, 255, 255, 255, 255, 255 } }, station(i % STATIONS));
}

static const struct relay_cfg RELAY = { .max_lports = 64,
	.max_fdb = 16384,
	.max_admit = 65536,
	.fdb_age_s = 300,
	.max_learned_drp = 16,
	.key = { 1, 2 } };

static struct lab make_lab(void)
{
	struct lab l = { .relay = relay_init(&RELAY, calloc(1, relay_size(&RELAY))), .now = { 1000000000 } };

	l.sbp = add_port(l.relay, FWD_SBP);
	relay_port_set_rr(l.relay, l.sbp, true);
	for (unsigned i = 1; i < FLOOD_PORTS; i++)
		add_port(l.relay, FWD_ORDINARY);
	for (unsigned i = 0; i < STATIONS; i++) {
		struct relay_admit a = { .vid = 1, .mac = station(i) };

		if (!relay_admit(l.relay, l.sbp, i, &a, 1))
			abort();
	}
	return l;
}

/* ---- memory ---- */

static double octets_per_vsi(enum vdp_role role)
{
	enum { N = 4096 };
	struct vdp_table_cfg few = {
		.role = role, .max_vsis = N, .pool_octets = N * 128, .reply_octets = 65536
	};
	struct vdp_table_cfg many = few;

	many.max_vsis *= 2;
	many.pool_octets *= 2;
	return (double)(vdp_table_size(&many) - vdp_table_size(&few)) / N;
}

static double octets_per_admission(void)
{
	struct relay_cfg many = RELAY;

	many.max_admit *= 2;
	return (double)(relay_size(&many) - relay_size(&RELAY)) / RELAY.max_admit;
}

int main(void)
{
	struct lab lab = make_lab();
	struct pdu pdu;

	encode_one(&pdu, 1);
	if (decode_one(&pdu) != VSIS) {
		fputs("bench-core: an ECPDU does not survive\n", stderr);
		return EXIT_FAILURE;
	}
	printf("encode_ns %.0f\n", best(encode, &pdu, 20000));
	printf("decode_ns %.0f\n", best(decode, &pdu, 20000));
	printf("forward_ns %.1f\n", best(forward, &lab, 500000));
	printf("forward_flood_ns %.1f\n", best(flood, &lab, 100000) / FLOOD_PORTS);
	printf("station_octets %.0f\n", octets_per_vsi(VDP_STATION));
	printf("bridge_octets %.0f\n", octets_per_vsi(VDP_BRIDGE) + octets_per_admission());
	free(lab.relay);
	return EXIT_SUCCESS;
}
