/*
 * fuzz_relay.c - frames and the relay's configuration. The input is a list of: operation octet, argument octet, length
 * (16 bits), octets. Laws: a copy is the frame with at most one tag more or less and goes to a forwarding port; the FDB,
 * each DRP's share of it and the storm limit keep their limits; every frame is counted once.
 */
#include <string.h>

#include "fuzz.h"
#include "relay.h"

enum { PORTS = 8, MAX_FDB = 32, MAX_ADMIT = 24, FRAME_MAX = 2048 };

static const struct relay_port_cfg cfgs[PORTS] = {
	{ .kind = FWD_ORDINARY, .relay = FWD_BRIDGE, .pvid = 1, .mtu = 1500, .storm_pps = 10 },
	{ .kind = FWD_ORDINARY, .relay = FWD_BRIDGE, .pvid = 2, .mtu = 1500 },
	{ .kind = FWD_SBP, .relay = FWD_BRIDGE, .pvid = 1, .mtu = 1500 },
	{ .kind = FWD_SBP, .relay = FWD_BRIDGE, .pvid = 1, .unassociated_vid = 9, .mtu = 1500 },
	{ .kind = FWD_URP, .relay = FWD_VEPA, .component = 1, .pvid = 1, .mtu = 1500 },
	{ .kind = FWD_DRP, .relay = FWD_VEPA, .component = 1, .mtu = 1500 },
	{ .kind = FWD_DRP, .relay = FWD_VEPA, .component = 1, .mtu = 9000 },
	{ .kind = FWD_URP, .relay = FWD_VEB, .component = 2, .pvid = 1, .mtu = 1500 },
};

static void check_copy(const struct relay *r, const struct relay_copy *c, struct span frame)
{
	FUZZ_LAW(c->lport < PORTS && relay_port(r, c->lport) != NULL && relay_port(r, c->lport)->forwarding);
	FUZZ_LAW(c->head_len >= 14 && c->head_len <= sizeof(c->head));
	FUZZ_LAW(c->head_len + c->rest.len <= frame.len + 4 && c->head_len + c->rest.len + 4 >= frame.len);
	FUZZ_LAW(c->rest.len == 0 ||
		 (c->rest.ptr >= frame.ptr && c->rest.ptr + c->rest.len == frame.ptr + frame.len));
	FUZZ_LAW(memcmp(c->head, frame.ptr, 12) == 0);
}

static uint64_t counted(const struct relay *r)
{
	uint64_t sum = 0;

	for (uint16_t i = 0; i < PORTS; i++)
		sum += relay_port_counters(r, i)->rx_frames;
	return sum;
}

static void forward(struct relay *r, uint16_t lport, struct span frame, struct mono now)
{
	uint64_t before = counted(r);
	struct relay_result res;
	struct relay_copy copy;
	unsigned n = 0;

	relay_rx(r, lport, frame, now, &res);
	while (relay_next_copy(r, &res, &copy)) {
		check_copy(r, &copy, frame);
		FUZZ_LAW(++n <= PORTS);
	}
	FUZZ_LAW(n == 0 || res.verdict == RELAY_FORWARDED);
	FUZZ_LAW(counted(r) == before + 1);
}

/* VID (2) and address (6) each, as many as there are. */
static void admit(struct relay *r, uint16_t lport, uint32_t owner, struct span octets)
{
	struct relay_admit list[MAX_ADMIT + 8];
	struct rd in = rd_init(octets);
	unsigned n = 0;

	while (in.left >= 8 && n < sizeof(list) / sizeof(list[0])) {
		uint16_t vid = rd_u16(&in);

		list[n] = (struct relay_admit){
			.vid = vid & 0xfff, .has_pcp = vid >> 15, .pcp = vid >> 12 & 7
		};
		rd_copy(&in, list[n++].mac.b, 6);
	}
	(void)relay_admit(r, lport, owner, list, n);
}

static void check_tables(const struct relay *r)
{
	struct relay_fdb_row row;
	uint32_t cookie = 0, n = 0;
	bool is_valid;

	do {
		is_valid = false;
		cookie = relay_fdb_walk(r, cookie, &row, &is_valid);
		n += is_valid;
	} while (cookie != 0);
	FUZZ_LAW(n == relay_fdb_count(r) && n <= MAX_FDB + MAX_ADMIT);
}

static void operate(struct relay *r, uint8_t op, uint8_t arg, struct span octets, struct mono now)
{
	uint16_t lport = op % PORTS;

	switch (op / PORTS % 8) {
	case 5:
		relay_port_set_vlan(r, lport, (uint16_t)(arg * 16u + 1), arg & 1, arg & 2);
		break;
	case 6:
		admit(r, lport, arg, octets);
		break;
	case 7:
		if (arg & 1)
			relay_port_set_rr(r, lport, arg & 2);
		else
			relay_port_set_forwarding(r, lport, arg & 2);
		break;
	default:
		forward(r, lport, octets, now);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct relay_cfg cfg = { .max_lports = PORTS,
		.max_fdb = MAX_FDB,
		.max_admit = MAX_ADMIT,
		.fdb_age_s = 10,
		.max_learned_drp = 4,
		.max_groups = 4,
		.key = { 1, 2 } };
	struct rd in = rd_init(span_of(data, size));
	struct mono now = { 1000000000 };
	void *mem = calloc(1, relay_size(&cfg));
	struct relay *r;

	FUZZ_LAW(mem != NULL);
	r = relay_init(&cfg, mem);
	for (unsigned i = 0; i < PORTS; i++) {
		uint16_t lport = relay_port_add(r, &cfgs[i]);

		FUZZ_LAW(lport == i);
		relay_port_set_vlan(r, lport, cfgs[i].pvid, cfgs[i].kind == FWD_ORDINARY, true);
		relay_port_set_forwarding(r, lport, true);
	}
	while (in.left >= 4) {
		uint8_t op = rd_u8(&in), arg = rd_u8(&in);
		size_t len = rd_u16(&in) % FRAME_MAX;
		struct span octets = rd_span(&in, len < in.left ? len : in.left);

		now = mono_add(now, dur_ms(arg));
		relay_on_time(r, now);
		operate(r, op, arg, octets, now);
		check_tables(r);
	}
	free(mem);
	return 0;
}
