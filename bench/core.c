/*
 * core.c - what the pure libraries cost by themselves, without a socket: ns of this process's CPU time per operation.
 *
 * prints lines of NAME and VALUE:
 *   decode_ns, encode_ns    one ECPDU with 37 VSIs, ECP header to last filter (802.1Q 41.2, 43.3)
 *   forward_ns              one 64-byte frame through the relay of a switch, from one of 1000 associated VSIs to
 *                           another on the same port, by reflective relay; the addresses change with every frame
 *   forward_flood_ns        the same, a broadcast to 8 ports, per copy
 *   forward_stag_ns         as forward_ns, but the VSIs are behind 50 S-channels of the port
 *   forward_vntag_ns, forward_etag_ns   the same behind 50 VIFs, most frames from VIF to VIF: a controlling bridge
 *   forward_vif_ns          the same with VN-Tags and one VIF for each of the 1000 VSIs
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
#include "vntag_hdr.h"

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

enum { CHANNELS = 50, FRAME_ROOM = 80 };

struct lab {
	struct relay *relay;
	struct mono now;
	uint16_t lport;
	size_t len;
	uint8_t frame[STATIONS]
		     [FRAME_ROOM]; /* made before: octets written just now are slow to read in one piece */
};

static struct mac station(unsigned i)
{
	return (struct mac){ { 0x52, 0x54, 0, 0, (uint8_t)(i >> 8), (uint8_t)i } };
}

static const struct mac EVERYBODY = { { 255, 255, 255, 255, 255, 255 } };

/* The channel of a station, neighbours in different ones, as its tag has it: the same place in S-TAGs, others differ. */
static void make_frame(uint8_t *f, struct mac dst, unsigned src, enum fwd_tag tag, unsigned channel)
{
	struct vntag_hdr v = vntag_up(tag == FWD_TAG_VN ? VNTAG_FORMAT_VN : VNTAG_FORMAT_E, channel, 0);
	uint8_t octets[VNTAG_LEN_MAX] = { 0x88, 0xa8, (uint8_t)(channel >> 8), (uint8_t)channel };
	size_t n = tag == FWD_TAG_S ? 4 : tag == FWD_TAG_NONE ? 0 : vntag_build(&v, octets);

	memcpy(f, dst.b, sizeof(dst.b));
	memcpy(f + 6, station(src).b, sizeof(dst.b));
	memcpy(f + 12, octets, n);
	f[12 + n] = 8;
	f[13 + n] = 0;
}

static void make_frames(struct lab *l, const struct mac *dst, enum fwd_tag tag, unsigned n_channels)
{
	for (unsigned i = 0; i < STATIONS; i++)
		make_frame(l->frame[i], dst ? *dst : station((i * 7 + 1) % STATIONS), i, tag,
			100 + i % n_channels);
	l->len = tag == FWD_TAG_NONE ? FRAME : FRAME + 4;
}

static void forward(void *ctx, unsigned n)
{
	struct lab *l = ctx;
	struct relay_result res;
	struct relay_copy copy;

	for (unsigned i = 0; i < n; i++) {
		relay_rx(l->relay, l->lport, span_of(l->frame[i % STATIONS], l->len), l->now, &res);
		if (res.verdict != RELAY_FORWARDED)
			abort();
		while (relay_next_copy(l->relay, &res, &copy))
			sink += copy.lport + copy.head[15];
	}
}

static const struct relay_cfg RELAY = { .max_lports = 64,
	.max_fdb = 16384,
	.max_admit = 65536,
	.fdb_age_s = 300,
	.max_learned_drp = 16,
	.key = { 1, 2 } };

static uint16_t add_port(struct relay *r, enum fwd_kind kind, enum fwd_tag tag, enum fwd_tag carries)
{
	struct relay_port_cfg cfg = { .kind = kind,
		.relay = FWD_BRIDGE,
		.pvid = kind == FWD_DRP ? 0 : 1,
		.mtu = 1508,
		.tag = tag,
		.carries = carries };
	uint16_t lport = relay_port_add(r, &cfg);

	relay_port_set_forwarding(r, lport, true);
	relay_port_set_rr(r, lport, kind == FWD_SBP);
	if (kind == FWD_ORDINARY)
		relay_port_set_vlan(r, lport, 1, true, true);
	return lport;
}

/* A port with 1000 VSIs behind it, or behind channels of it. */
static struct lab *make_lab(enum fwd_tag tag, unsigned n_channels)
{
	enum fwd_kind kind = tag > FWD_TAG_S ? FWD_DRP : FWD_SBP;
	struct relay_cfg cfg = RELAY;
	struct lab *l = calloc(1, sizeof(*l));

	cfg.max_lports = (uint16_t)(n_channels + FLOOD_PORTS);
	cfg.max_channels = n_channels;
	l->relay = relay_init(&cfg, calloc(1, relay_size(&cfg)));
	l->now = (struct mono){ 1000000000 };
	l->lport = add_port(l->relay, FWD_SBP, FWD_TAG_NONE, tag);
	for (unsigned i = 0; i < STATIONS; i++) {
		struct relay_admit a = { .vid = 1, .mac = station(i) };
		uint16_t lport = l->lport;

		if (tag != FWD_TAG_NONE)
			lport = (uint16_t)(lport + 1 + i % n_channels);
		if (lport != l->lport && i < n_channels)
			relay_channel_set(
				l->relay, l->lport, 100 + i, add_port(l->relay, kind, tag, FWD_TAG_NONE));
		if (!relay_admit(l->relay, lport, i, &a, 1))
			abort();
	}
	make_frames(l, NULL, tag, n_channels);
	return l;
}

static void bench_forward(const char *name, enum fwd_tag tag, unsigned n_channels)
{
	struct lab *l = make_lab(tag, n_channels);

	printf("%s %.1f\n", name, best(forward, l, 500000));
	free(l->relay);
	free(l);
}

static void bench_flood(void)
{
	struct lab *l = make_lab(FWD_TAG_NONE, 1);

	for (unsigned i = 1; i < FLOOD_PORTS; i++)
		add_port(l->relay, FWD_ORDINARY, FWD_TAG_NONE, FWD_TAG_NONE);
	make_frames(l, &EVERYBODY, FWD_TAG_NONE, 1);
	printf("forward_flood_ns %.1f\n", best(forward, l, 100000) / FLOOD_PORTS);
	free(l->relay);
	free(l);
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
	struct pdu pdu;

	encode_one(&pdu, 1);
	if (decode_one(&pdu) != VSIS) {
		fputs("bench-core: an ECPDU does not survive\n", stderr);
		return EXIT_FAILURE;
	}
	printf("encode_ns %.0f\n", best(encode, &pdu, 20000));
	printf("decode_ns %.0f\n", best(decode, &pdu, 20000));
	bench_forward("forward_ns", FWD_TAG_NONE, 1);
	bench_flood();
	bench_forward("forward_stag_ns", FWD_TAG_S, CHANNELS);
	bench_forward("forward_vntag_ns", FWD_TAG_VN, CHANNELS);
	bench_forward("forward_etag_ns", FWD_TAG_E, CHANNELS);
	bench_forward("forward_vif_ns", FWD_TAG_VN, STATIONS);
	printf("station_octets %.0f\n", octets_per_vsi(VDP_STATION));
	printf("bridge_octets %.0f\n", octets_per_vsi(VDP_BRIDGE) + octets_per_admission());
	return EXIT_SUCCESS;
}
