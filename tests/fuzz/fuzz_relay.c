/*
 * fuzz_relay.c - frames and the relay's configuration. The input is a list of: operation octet, argument octet, length
 * (16 bits), octets. Laws: a copy is the frame with its tags exchanged and goes to a forwarding port of the component; its
 * outer tag is the port's own and nothing behind it would be taken for another's; the FDB, each DRP's share of it and the
 * storm limit keep their limits; every frame is counted once.
 */
#include <string.h>

#include "forward.h"
#include "fuzz.h"
#include "relay.h"

enum { PORTS = 24, MAX_FDB = 32, MAX_ADMIT = 40, MAX_CHANNELS = 14, MAX_LISTS = 4, FRAME_MAX = 2048 };
enum { UAP = 2, UPLINK = 4, CASCADE_VN = 12, CASCADE_E = 15, IV_VN = 18, IV_E = 22 };

static const struct relay_port_cfg cfgs[PORTS] = {
	{ .kind = FWD_ORDINARY, .relay = FWD_BRIDGE, .pvid = 1, .mtu = 1500, .storm_pps = 10 },
	{ .kind = FWD_ORDINARY, .relay = FWD_BRIDGE, .pvid = 2, .mtu = 1500 },
	{ .kind = FWD_SBP, .relay = FWD_BRIDGE, .pvid = 1, .mtu = 1500, .carries = FWD_TAG_S },
	{ .kind = FWD_SBP, .relay = FWD_BRIDGE, .pvid = 1, .unassociated_vid = 9, .mtu = 1500 },
	{ .kind = FWD_URP, .relay = FWD_VEPA, .component = 1, .pvid = 1, .mtu = 1500, .carries = FWD_TAG_S },
	{ .kind = FWD_DRP, .relay = FWD_VEPA, .component = 1, .mtu = 1500 },
	{ .kind = FWD_DRP, .relay = FWD_VEPA, .component = 1, .mtu = 9000 },
	{ .kind = FWD_URP, .relay = FWD_VEB, .component = 2, .pvid = 1, .mtu = 1500 },
	{ .kind = FWD_SBP, .relay = FWD_BRIDGE, .pvid = 1, .mtu = 1508, .tag = FWD_TAG_S },
	{ .kind = FWD_SBP, .relay = FWD_BRIDGE, .pvid = 2, .tag = FWD_TAG_S },
	{ .kind = FWD_URP, .relay = FWD_SINGLE, .component = 3, .pvid = 1, .tag = FWD_TAG_S },
	{ .kind = FWD_DRP, .relay = FWD_SINGLE, .component = 3 },
	{ .kind = FWD_SBP, .relay = FWD_BRIDGE, .mtu = 1510, .carries = FWD_TAG_VN },
	{ .kind = FWD_DRP, .relay = FWD_BRIDGE, .mtu = 1510, .tag = FWD_TAG_VN },
	{ .kind = FWD_DRP, .relay = FWD_BRIDGE, .tag = FWD_TAG_VN },
	{ .kind = FWD_SBP, .relay = FWD_BRIDGE, .carries = FWD_TAG_E },
	{ .kind = FWD_DRP, .relay = FWD_BRIDGE, .tag = FWD_TAG_E },
	{ .kind = FWD_DRP, .relay = FWD_BRIDGE, .pvid = 1, .tag = FWD_TAG_E },
	{ .kind = FWD_URP, .relay = FWD_IV, .component = 4, .mtu = 1506, .carries = FWD_TAG_VN },
	{ .kind = FWD_DRP, .relay = FWD_IV, .component = 4, .mtu = 1500 },
	{ .kind = FWD_DRP, .relay = FWD_IV, .component = 4 },
	{ .kind = FWD_TRANSIT, .relay = FWD_IV, .component = 4, .carries = FWD_TAG_VN },
	{ .kind = FWD_URP, .relay = FWD_IV, .component = 5, .carries = FWD_TAG_E, .is_base = true },
	{ .kind = FWD_DRP, .relay = FWD_IV, .component = 5 },
};

static const struct {
	uint16_t trunk, lport;
	uint32_t id;
} channels[] = { { UAP, 8, 100 }, { UAP, 9, 101 }, { UPLINK, 10, 100 }, { CASCADE_VN, 13, 5 },
	{ CASCADE_VN, 14, 6 }, { CASCADE_E, 16, 100 }, { CASCADE_E, 17, 101 }, { IV_VN, 19, 5 },
	{ IV_VN, 20, 6 }, { IV_VN, 21, 9 }, { IV_E, 23, 100 } };

static const struct {
	uint16_t trunk;
	uint32_t id;
	uint16_t member[3];
	unsigned n;
} lists[] = { { CASCADE_VN, VNTAG_LIST | 0x100, { 13, 14 }, 2 },
	{ CASCADE_E, 1 << VNTAG_GRP_SHIFT | 1, { 16, 17 }, 2 },
	{ IV_VN, VNTAG_LIST | 0x100, { 19, 20, 21 }, 3 }, { IV_E, 1 << VNTAG_GRP_SHIFT | 1, { 23 }, 1 } };

static enum vntag_format format_of(unsigned tag)
{
	return tag == FWD_TAG_VN ? VNTAG_FORMAT_VN : VNTAG_FORMAT_E;
}

static uint16_t type_at(const struct relay_copy *c, size_t at)
{
	FUZZ_LAW(at + 2 <= c->head_len);
	return (uint16_t)(c->head[at] << 8 | c->head[at + 1]);
}

static struct vntag_hdr tag_of(const struct relay_copy *c, enum vntag_format format, enum vntag_way way)
{
	uint8_t octets[32] = { 0 };
	struct vntag_hdr v = { 0 };

	memcpy(octets, c->head + 12, c->head_len - 12u);
	FUZZ_LAW(vntag_parse(octets, c->head_len - 12u, format, &v) == VNTAG_PASS);
	FUZZ_LAW(vntag_check(&v, way, false) == VNTAG_PASS);
	return v;
}

/* A bridge's or edge relay's copy: the port's own tag, and nothing behind it that the device carries. */
static void check_tag(const struct relay *r, const struct fwd_port *in, const struct relay_copy *c)
{
	const struct fwd_port *out = relay_port(r, c->lport);
	struct vntag_hdr v;
	uint32_t source;

	FUZZ_LAW(out->tag == FWD_TAG_NONE || out->tag_id != 0);
	if (out->tag == FWD_TAG_S) {
		FUZZ_LAW(type_at(c, 12) == FWD_S_TPID && (type_at(c, 14) & FWD_VID_MASK) == out->tag_id);
		FUZZ_LAW(type_at(c, 16) != FWD_S_TPID);
		return;
	}
	if (out->carries == FWD_TAG_S)
		FUZZ_LAW(type_at(c, 12) != FWD_S_TPID);
	if (out->tag == FWD_TAG_NONE && out->carries <= FWD_TAG_S)
		return;
	v = tag_of(c, format_of(out->tag ? out->tag : out->carries), VNTAG_DOWN);
	source = vntag_source(&v, VNTAG_DOWN);
	FUZZ_LAW(source == 0 ||
		 (source == in->tag_id && in->trunk == (out->tag != FWD_TAG_NONE ? out->trunk : c->lport)));
	if (out->tag != FWD_TAG_NONE)
		FUZZ_LAW(vntag_channel(&v) == out->tag_id && source != out->tag_id);
	else
		FUZZ_LAW(vntag_is_group(format_of(out->carries), vntag_channel(&v)));
}

/* An interface virtualizer's: 5.3. */
static void check_iv(
	const struct relay *r, const struct fwd_port *in, const struct relay_copy *c, struct span frame)
{
	const struct fwd_port *out = relay_port(r, c->lport);
	bool is_same = c->head_len + c->rest.len == frame.len && memcmp(c->head, frame.ptr, c->head_len) == 0;
	struct vntag_hdr v;

	if (out->kind == FWD_URP) {
		v = tag_of(c, format_of(out->carries), VNTAG_UP);
		FUZZ_LAW(in->kind == FWD_DRP ? vntag_source(&v, VNTAG_UP) == in->tag_id : is_same);
		return;
	}
	FUZZ_LAW(in->kind == FWD_URP && (out->kind != FWD_TRANSIT || is_same));
	FUZZ_LAW(out->kind != FWD_DRP || out->tag_id != 0);
}

static void check_copy(
	const struct relay *r, const struct relay_result *res, const struct relay_copy *c, struct span frame)
{
	const struct fwd_port *in = relay_port(r, res->lport), *out = relay_port(r, c->lport);

	FUZZ_LAW(c->lport < PORTS && out != NULL && out->component == in->component);
	FUZZ_LAW(out->forwarding || out->carries > FWD_TAG_S); /* a list's copy leaves by the trunk */
	FUZZ_LAW(c->lport != res->lport || in->rr);
	FUZZ_LAW(c->head_len >= 14 && c->head_len <= 32);
	FUZZ_LAW(c->head_len + c->rest.len <= frame.len + 12 && c->head_len + c->rest.len + 12 >= frame.len);
	FUZZ_LAW(c->rest.len == 0 ||
		 (c->rest.ptr >= frame.ptr && c->rest.ptr + c->rest.len == frame.ptr + frame.len));
	FUZZ_LAW(memcmp(c->head, frame.ptr, 12) == 0);
	if (in->relay == FWD_IV)
		check_iv(r, in, c, frame);
	else
		check_tag(r, in, c);
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
	uint64_t before = counted(r), seen = 0;
	struct relay_result res;
	struct relay_copy copy;

	relay_rx(r, lport, frame, now, &res);
	while (relay_next_copy(r, &res, &copy)) {
		check_copy(r, &res, &copy, frame);
		FUZZ_LAW((seen >> copy.lport & 1) == 0);
		seen |= (uint64_t)1 << copy.lport;
	}
	FUZZ_LAW((seen == 0) == (res.verdict != RELAY_FORWARDED));
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

/* Id (4), then for a list the members (1 each). */
static void tag(struct relay *r, uint16_t trunk, uint16_t lport, bool is_list, struct span octets)
{
	struct rd in = rd_init(octets);
	uint32_t id = rd_u32(&in);
	uint16_t member[PORTS];
	unsigned n = 0;

	if (is_list) {
		while (in.left > 0 && n < PORTS)
			member[n++] = rd_u8(&in);
		(void)relay_list_set(r, trunk, id, member, n);
	} else if (octets.len < 4) {
		relay_channel_clear(r, trunk, relay_port(r, lport)->tag_id);
	} else if (relay_channel_set(r, trunk, id, lport)) {
		FUZZ_LAW(relay_port(r, lport)->kind == FWD_TRANSIT || relay_port(r, lport)->tag_id == id);
	}
}

static void add_port(struct relay *r, uint16_t want)
{
	uint16_t lport = relay_port_add(r, &cfgs[want]);

	FUZZ_LAW(lport == want);
	relay_port_set_vlan(r, lport, cfgs[want].pvid, cfgs[want].kind == FWD_ORDINARY, true);
	relay_port_set_forwarding(r, lport, true);
	if (cfgs[want].kind == FWD_DRP || cfgs[want].kind == FWD_SBP)
		admit(r, lport, 200, span_of((const uint8_t[]){ 0, 1, 0, 0, 0, 0, 0, 0 }, 8));
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

	switch (op / PORTS) {
	case 3:
		relay_port_set_vlan(r, lport, (uint16_t)(arg * 16u + 1), arg & 1, arg & 2);
		break;
	case 4:
		admit(r, lport, arg, octets);
		break;
	case 5:
		if (arg & 1)
			relay_port_set_rr(r, lport, arg & 2);
		else
			relay_port_set_forwarding(r, lport, arg & 2);
		break;
	case 6:
	case 7:
		tag(r, arg % (PORTS + 1), lport, op / PORTS == 7, octets);
		break;
	case 8:
		relay_port_del(r, lport);
		add_port(r, lport);
		break;
	default:
		forward(r, lport, octets, now);
		break;
	}
}

static struct relay *start(void *mem, const struct relay_cfg *cfg)
{
	struct relay *r = relay_init(cfg, mem);

	for (uint16_t i = 0; i < PORTS; i++)
		add_port(r, i);
	for (size_t i = 0; i < sizeof(channels) / sizeof(channels[0]); i++)
		FUZZ_LAW(relay_channel_set(r, channels[i].trunk, channels[i].id, channels[i].lport));
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		FUZZ_LAW(relay_list_set(r, lists[i].trunk, lists[i].id, lists[i].member, lists[i].n));
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct relay_cfg cfg = { .max_lports = PORTS,
		.max_fdb = MAX_FDB,
		.max_admit = MAX_ADMIT,
		.fdb_age_s = 10,
		.max_learned_drp = 4,
		.max_groups = 4,
		.max_channels = MAX_CHANNELS,
		.max_lists = MAX_LISTS,
		.key = { 1, 2 } };
	struct rd in = rd_init(span_of(data, size));
	struct mono now = { 1000000000 };
	void *mem = calloc(1, relay_size(&cfg));
	struct relay *r;

	FUZZ_LAW(mem != NULL);
	r = start(mem, &cfg);
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
