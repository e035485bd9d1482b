/*
 * Segmentation and checksums against a reference that adds octets one by one and knows nothing of words, folding
 * tricks or the code under test. Super-frames are made here the way a kernel hands them over.
 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "gso.h"
#include "prng.h"

enum { BIG = 65536, CAP = 4096 };

/* ---- the reference: RFC 1071, big-endian, one 16-bit number at a time ---- */
static uint32_t ref_add(uint32_t s, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		s += i % 2 ? p[i] : (uint32_t)p[i] << 8;
		s = (s & 0xffff) + (s >> 16);
	}
	return s;
}

static unsigned be16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)be16(p) << 16 | be16(p + 2);
}

/* ---- super-frames ---- */
struct shape {
	unsigned n_tags;
	bool is_v6;
	bool is_tcp;
	size_t ext;     /* octets of IPv6 extension headers or IPv4 options */
	size_t options; /* of TCP */
	size_t payload;
	uint16_t mss;
	uint8_t flags; /* of TCP */
};

struct super {
	uint8_t *b;
	size_t l3, l4, payload, len;
	struct gso_vnet v;
};

static void fill(uint8_t *p, size_t n, struct prng *rnd)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)prng_next(rnd);
}

static size_t put_network(uint8_t *b, size_t at, const struct shape *s, size_t transport, struct prng *rnd)
{
	uint8_t *ip = b + at, proto = s->is_tcp ? 6 : 17;
	size_t header = (s->is_v6 ? 40 : 20) + s->ext, total = header + transport;

	fill(ip, header, rnd);
	if (!s->is_v6) {
		ip[0] = (uint8_t)(0x40 | header / 4);
		ip[2] = (uint8_t)(total >> 8);
		ip[3] = (uint8_t)total;
		ip[6] = 0x40;
		ip[7] = 0;
		ip[9] = proto;
		return header;
	}
	ip[0] = 0x60 | (ip[0] & 15);
	ip[4] = (uint8_t)((total - 40) >> 8);
	ip[5] = (uint8_t)(total - 40);
	ip[6] = s->ext ? 0 : proto;
	if (s->ext == 8) { /* hop by hop */
		ip[40] = proto;
		ip[41] = 0;
	} else if (s->ext > 8) { /* hop by hop, then destination options */
		ip[40] = 60;
		ip[41] = 0;
		ip[48] = proto;
		ip[49] = (uint8_t)((s->ext - 16) / 8);
	}
	return header;
}

static struct super make(const struct shape *s, struct prng *rnd)
{
	struct super x = { .b = calloc(1, BIG) };
	size_t header = s->is_tcp ? 20 + s->options : 8, at = 12, transport = header + s->payload;
	uint8_t *t;

	fill(x.b, 12, rnd);
	for (unsigned i = 0; i < s->n_tags; i++, at += 4)
		memcpy(x.b + at, i + 1 < s->n_tags ? "\x88\xa8\x20\x05" : "\x81\x00\x60\x0a", 4);
	memcpy(x.b + at, s->is_v6 ? "\x86\xdd" : "\x08\x00", 2);
	x.l3 = at + 2;
	x.l4 = x.l3 + put_network(x.b, x.l3, s, transport, rnd);
	x.payload = x.l4 + header;
	x.len = x.payload + s->payload;
	t = x.b + x.l4;
	fill(t, transport, rnd);
	if (s->is_tcp) {
		t[12] = (uint8_t)(header / 4 << 4);
		t[13] = s->flags;
	} else {
		t[4] = (uint8_t)(transport >> 8);
		t[5] = (uint8_t)transport;
	}
	x.v = (struct gso_vnet){ .flags = GSO_NEEDS_CSUM,
		.gso_size = s->mss,
		.csum_start = (uint16_t)x.l4,
		.csum_offset = s->is_tcp ? 16 : 6,
		.type = !s->is_tcp ? GSO_TYPE_UDP_L4
			: s->is_v6 ? GSO_TYPE_TCPV6
				   : GSO_TYPE_TCPV4 };
	return x;
}

static void check_checksums(const struct super *x, const struct shape *s, const uint8_t *f, size_t len)
{
	const uint8_t *ip = f + x->l3;
	uint8_t proto_len[4] = { 0, s->is_tcp ? 6 : 17, (uint8_t)((len - x->l4) >> 8),
		(uint8_t)(len - x->l4) };
	uint32_t sum = ref_add(0, s->is_v6 ? ip + 8 : ip + 12, s->is_v6 ? 32 : 8);

	sum = ref_add(ref_add(sum, proto_len, 4), f + x->l4, len - x->l4);
	cr_assert_eq(sum, 0xffff, "transport checksum");
	if (!s->is_v6)
		cr_assert_eq(ref_add(0, ip, x->l4 - x->l3), 0xffff, "IPv4 header checksum");
	if (!s->is_tcp)
		cr_assert_neq(be16(f + x->l4 + 6), 0);
}

static void check_segment(
	const struct super *x, const struct shape *s, const uint8_t *f, size_t len, size_t pos, unsigned n)
{
	const uint8_t *ip = f + x->l3, *t = f + x->l4, *big = x->b + x->l4;
	size_t piece = len - x->payload;
	bool is_last = pos + piece == x->len - x->payload;

	cr_assert_arr_eq(f, x->b, x->l3);
	cr_assert_arr_eq(f + x->payload, x->b + x->payload + pos, piece);
	check_checksums(x, s, f, len);
	if (s->is_v6) {
		cr_assert_eq(be16(ip + 4), len - x->l3 - 40);
		cr_assert_arr_eq(ip + 6, x->b + x->l3 + 6, x->l4 - x->l3 - 6);
	} else {
		cr_assert_eq(be16(ip + 2), len - x->l3);
		cr_assert_eq(be16(ip + 4), (be16(x->b + x->l3 + 4) + n) & 0xffff);
		cr_assert_arr_eq(ip + 12, x->b + x->l3 + 12, x->l4 - x->l3 - 12);
	}
	if (!s->is_tcp) {
		cr_assert_eq(be16(t + 4), 8 + piece);
		return;
	}
	cr_assert_eq(be32(t + 4), be32(big + 4) + (uint32_t)pos);
	cr_assert_eq(t[13] & 0x09, is_last ? s->flags & 0x09 : 0, "FIN and PSH on the last only");
	cr_assert_eq(t[13] & 0x80, n == 0 ? s->flags & 0x80 : 0, "CWR on the first only");
	cr_assert_eq(t[13] & 0x76, s->flags & 0x76);
	cr_assert_arr_eq(t + 20, big + 20, x->payload - x->l4 - 20);
}

static void check(const struct shape *s, struct prng *rnd)
{
	struct super x = make(s, rnd);
	uint8_t *copy = malloc(BIG), *buf = malloc(CAP);
	struct gso g;
	struct span f;
	size_t pos = 0;
	unsigned n = 0;

	memcpy(copy, x.b, x.len);
	cr_assert_eq(gso_begin(&g, &x.v, copy, x.len, CAP), GSO_OK);
	while (gso_next(&g, buf, &f)) {
		cr_assert_leq(f.len, x.payload + s->mss);
		check_segment(&x, s, f.ptr, f.len, pos, n++);
		pos += f.len - x.payload;
	}
	cr_assert_eq(pos, s->payload, "all of the payload and no more");
	cr_assert_eq(n, s->payload ? (s->payload + s->mss - 1) / s->mss : 1);
	cr_assert_arr_eq(copy, x.b, x.len, "the super-frame is only read");
	free(x.b);
	free(copy);
	free(buf);
}

Test(gso, tcp_and_udp_over_both_ip_versions)
{
	struct prng rnd = { 1 };

	for (unsigned i = 0; i < 16; i++) {
		struct shape s = { .n_tags = i & 1 ? 2 : 0,
			.is_v6 = i & 2,
			.is_tcp = i & 4,
			.payload = 10000,
			.mss = 1448,
			.flags = 0xff };

		s.ext = i & 8 ? (s.is_v6 ? 24 : 12) : 0;
		s.options = s.is_tcp ? 12 : 0;
		check(&s, &rnd);
	}
}

Test(gso, random_shapes)
{
	for (uint64_t seed = 1; seed <= 200; seed++) {
		struct prng rnd = { seed };
		struct shape s = { .n_tags = (unsigned)prng_below(&rnd, 3),
			.is_v6 = prng_below(&rnd, 2),
			.is_tcp = prng_below(&rnd, 2),
			.payload = prng_below(&rnd, seed % 4 ? 3000 : 60000),
			.mss = (uint16_t)((seed % 4 ? 30 : 500) + prng_below(&rnd, 1600)),
			.flags = (uint8_t)prng_next(&rnd) };

		s.ext = s.is_v6 ? prng_below(&rnd, 5) * 8 : prng_below(&rnd, 11) * 4;
		s.options = s.is_tcp ? prng_below(&rnd, 11) * 4 : 0;
		check(&s, &rnd);
	}
}

Test(gso, trailing_padding_is_no_payload)
{
	struct shape s = { .is_tcp = true, .payload = 30, .mss = 20 };
	struct prng rnd = { 3 };
	struct super x = make(&s, &rnd);
	uint8_t buf[200];
	struct gso g;
	struct span f;

	cr_assert_eq(gso_begin(&g, &x.v, x.b, x.len + 16, sizeof(buf)), GSO_OK);
	cr_assert(gso_next(&g, buf, &f));
	cr_assert(gso_next(&g, buf, &f));
	cr_assert_eq(f.len, x.payload + 10);
	cr_assert_not(gso_next(&g, buf, &f));
	free(x.b);
}

/* A datagram whose checksum the kernel left to us: the field holds the sum of the pseudo-header. */
static void unfinished(struct super *x, const struct shape *s)
{
	uint8_t proto_len[4] = { 0, s->is_tcp ? 6 : 17, (uint8_t)((x->len - x->l4) >> 8),
		(uint8_t)(x->len - x->l4) };
	const uint8_t *ip = x->b + x->l3;
	uint32_t sum = ref_add(ref_add(0, s->is_v6 ? ip + 8 : ip + 12, s->is_v6 ? 32 : 8), proto_len, 4);

	x->v.type = GSO_TYPE_NONE;
	x->v.gso_size = 0;
	x->b[x->l4 + x->v.csum_offset] = (uint8_t)(sum >> 8);
	x->b[x->l4 + x->v.csum_offset + 1] = (uint8_t)sum;
}

Test(gso, a_single_frame_only_lacks_its_checksum)
{
	for (uint64_t seed = 1; seed <= 200; seed++) {
		struct prng rnd = { seed };
		struct shape s = {
			.is_v6 = seed & 1, .is_tcp = seed & 2, .n_tags = seed % 3, .payload = seed * 7
		};
		struct super x = make(&s, &rnd);
		struct gso g;
		struct span f;

		unfinished(&x, &s);
		cr_assert_eq(gso_begin(&g, &x.v, x.b, x.len, 0), GSO_OK);
		cr_assert(gso_next(&g, NULL, &f));
		cr_assert_eq(f.ptr, x.b, "no copy");
		cr_assert_eq(f.len, x.len);
		if (!s.is_v6) { /* the IPv4 header is the sender's business here */
			uint32_t c;

			x.b[x.l3 + 10] = x.b[x.l3 + 11] = 0;
			c = ~ref_add(0, x.b + x.l3, x.l4 - x.l3);
			x.b[x.l3 + 10] = (uint8_t)(c >> 8);
			x.b[x.l3 + 11] = (uint8_t)c;
		}
		check_checksums(&x, &s, f.ptr, f.len);
		cr_assert_not(gso_next(&g, NULL, &f));
		free(x.b);
	}
}

Test(gso, an_unfinished_checksum_is_recognised_by_its_value)
{
	for (uint64_t seed = 1; seed <= 200; seed++) {
		struct prng rnd = { seed };
		struct shape s = {
			.is_v6 = seed & 1, .is_tcp = seed & 2, .n_tags = seed % 3, .payload = seed * 7
		};
		struct super x = make(&s, &rnd);
		struct gso_vnet v;
		struct gso g;
		struct span f;

		unfinished(&x, &s);
		cr_assert(gso_guess(x.b, x.len, &v));
		cr_assert_eq(v.csum_start, x.v.csum_start);
		cr_assert_eq(v.csum_offset, x.v.csum_offset);
		cr_assert_eq(gso_begin(&g, &v, x.b, x.len, 0), GSO_OK);
		cr_assert(gso_next(&g, NULL, &f));
		cr_assert_not(gso_guess(x.b, x.len, &v), "finished");
		x.b[x.payload] ^= 0x55; /* damaged on its way: not ours to repair */
		cr_assert_not(gso_guess(x.b, x.len, &v));
		for (size_t n = 0; n < x.l4 + 8; n++)
			cr_assert_not(gso_guess(x.b, n, &v), "prefix");
		free(x.b);
	}
}

Test(gso, a_udp_checksum_of_zero_is_sent_as_all_ones)
{
	struct shape s = { .payload = 2, .mss = 2 };
	struct prng rnd = { 9 };
	struct super x = make(&s, &rnd);
	uint8_t buf[100];
	struct gso g;
	struct span f;
	unsigned c;

	memset(x.b + x.payload, 0, 2);
	cr_assert_eq(gso_begin(&g, &x.v, x.b, x.len, sizeof(buf)), GSO_OK);
	cr_assert(gso_next(&g, buf, &f));
	c = be16(f.ptr + x.l4 + 6); /* what is missing to a sum of all ones becomes the payload */
	x.b[x.payload] = (uint8_t)(c >> 8);
	x.b[x.payload + 1] = (uint8_t)c;
	cr_assert_eq(gso_begin(&g, &x.v, x.b, x.len, sizeof(buf)), GSO_OK);
	cr_assert(gso_next(&g, buf, &f));
	cr_assert_eq(be16(f.ptr + x.l4 + 6), 0xffff);
	unfinished(&x, &s);
	cr_assert_eq(gso_begin(&g, &x.v, x.b, x.len, 0), GSO_OK);
	cr_assert_eq(be16(x.b + x.l4 + 6), 0xffff);
	free(x.b);
}

Test(gso, sctp_gets_its_crc32c)
{
	uint8_t f[14 + 20 + 12] = { [12] = 0x08, [14] = 0x45, [17] = 32, [23] = 132 };
	struct gso_vnet v = { .flags = GSO_NEEDS_CSUM, .csum_start = 34, .csum_offset = 8 };
	struct gso g;

	/* CRC-32C of twelve zero octets, by bitwise polynomial division elsewhere; sent least significant octet first */
	cr_assert_eq(gso_begin(&g, &v, f, sizeof(f), 0), GSO_OK);
	cr_assert_arr_eq(f + 42, ((const uint8_t[]){ 0x5d, 0xb5, 0x60, 0x2b }), 4);
	cr_assert_eq(
		gso_begin(&g, &v, f, sizeof(f) - 1, 0), GSO_OK, "cut short it is no SCTP packet, so a sum");
	f[17] = 31;
	cr_assert_eq(gso_begin(&g, &v, f, sizeof(f) - 1, 0), GSO_ERR_CSUM, "no room for four octets");
	f[17] = 32;
	v.csum_start = 36;
	cr_assert_eq(gso_begin(&g, &v, f, sizeof(f), 0), GSO_OK, "elsewhere it is an ordinary sum");
}

Test(gso, frames_that_need_nothing_pass_as_they_are)
{
	uint8_t f[14] = { 1, 2, 3 }, same[14] = { 1, 2, 3 };
	struct gso_vnet v = { .flags = 2 };
	struct gso g;
	struct span out;

	for (size_t len = 0; len < sizeof(f); len++)
		cr_assert_eq(gso_begin(&g, &v, f, len, 0), GSO_ERR_SHORT);
	cr_assert_eq(gso_begin(&g, &v, f, sizeof(f), 0), GSO_OK);
	cr_assert(gso_next(&g, NULL, &out));
	cr_assert_eq(out.len, sizeof(f));
	cr_assert_arr_eq(out.ptr, same, sizeof(f));
}

Test(gso, bad_deliveries_are_named)
{
	struct shape s = { .is_tcp = true, .payload = 3000, .mss = 1000 };
	struct prng rnd = { 5 };
	struct super x = make(&s, &rnd);
	struct gso_vnet v = x.v;
	struct gso g;

#define EXPECT(e) cr_assert_eq(gso_begin(&g, &v, x.b, x.len, CAP), (e), "line %d", __LINE__)
	v.type = 3;
	EXPECT(GSO_ERR_TYPE);
	v.type = GSO_TYPE_TCPV6;
	EXPECT(GSO_ERR_HEADERS);
	v.type = GSO_TYPE_UDP_L4;
	EXPECT(GSO_ERR_HEADERS);
	v = x.v;
	v.gso_size = 0;
	EXPECT(GSO_ERR_SIZE);
	v = x.v;
	cr_assert_eq(gso_begin(&g, &v, x.b, x.len, x.payload + 999), GSO_ERR_SIZE);
	cr_assert_eq(gso_begin(&g, &v, x.b, x.len, x.payload + 1000), GSO_OK);
	v.csum_start += 50;
	EXPECT(GSO_ERR_CSUM); /* a tunnel: the inner header is not the one found */
	v = x.v;
	x.b[x.l3 + 7] = 1;
	EXPECT(GSO_ERR_HEADERS); /* a fragment */
	x.b[x.l3 + 7] = 0;
	x.b[x.l4 + 12] = 0x40;
	EXPECT(GSO_ERR_HEADERS); /* TCP header below 20 */
	x.b[x.l4 + 12] = 0x50;
	x.b[x.l3 + 2] = x.b[x.l3 + 3] = 0;
	EXPECT(GSO_OK); /* no total length: all there is */
	x.b[x.l3 + 3] = 19;
	EXPECT(GSO_ERR_SHORT);
	x.b[x.l3 + 3] = 39;
	EXPECT(GSO_ERR_SHORT); /* less than a TCP header */
	x.b[x.l3 + 3] = 44;
	x.b[x.l4 + 12] = 0x70;
	EXPECT(GSO_ERR_SHORT); /* TCP options beyond the packet */
	x.b[x.l4 + 12] = 0x60;
	v.type = GSO_TYPE_TCPV4 | GSO_TYPE_ECN;
	EXPECT(GSO_OK);
	v.type = GSO_TYPE_NONE;
	v.csum_start = 65535;
	v.csum_offset = 65535;
	EXPECT(GSO_ERR_CSUM);
	v.csum_start = 0;
	v.csum_offset = (uint16_t)(x.len - 1);
	EXPECT(GSO_ERR_CSUM);
	v.csum_offset--;
	EXPECT(GSO_OK);
	for (int e = 0; e < GSO_N_ERRS; e++)
		cr_assert_str_neq(gso_err_name(e), "unknown");
	free(x.b);
}

Test(gso, a_source_route_is_refused)
{
	struct shape s = { .is_tcp = true, .is_v6 = true, .ext = 8, .payload = 100, .mss = 50 };
	struct prng rnd = { 5 };
	struct super x = make(&s, &rnd);
	struct gso g;

	x.b[x.l3 + 6] = 43;
	x.b[x.l3 + 43] = 1;
	cr_assert_eq(gso_begin(&g, &x.v, x.b, x.len, CAP), GSO_ERR_HEADERS);
	x.b[x.l3 + 43] = 0;
	cr_assert_eq(gso_begin(&g, &x.v, x.b, x.len, CAP), GSO_OK, "at its end it is an ordinary header");
	free(x.b);
}

Test(gso, every_strict_prefix_fails_and_nothing_beyond_is_read)
{
	struct shape s = { .is_tcp = true, .is_v6 = true, .ext = 16, .options = 8, .payload = 40, .mss = 16 };
	struct prng rnd = { 6 };
	struct super x = make(&s, &rnd);

	for (size_t len = 0; len < x.len; len++) {
		uint8_t *exact = malloc(
			len + 1); /* the sanitizer guards its end, but for one octet at length 0 */
		struct gso g;

		memcpy(exact, x.b, len);
		cr_assert_eq(gso_begin(&g, &x.v, exact, len, CAP), GSO_ERR_SHORT, "%zu", len);
		free(exact);
	}
	free(x.b);
}

Test(gso, random_damage_never_leaves_the_buffers)
{
	uint8_t *buf = malloc(2048);
	unsigned ok = 0;

	for (uint64_t seed = 1; seed <= 3000; seed++) {
		struct prng rnd = { seed };
		struct shape s = { .is_v6 = seed & 1,
			.is_tcp = seed & 2,
			.n_tags = seed % 3,
			.ext = seed & 4 ? 16 : 0,
			.payload = prng_below(&rnd, 600),
			.mss = (uint16_t)(100 + prng_below(&rnd, 100)) };
		struct super x = make(&s, &rnd);
		uint8_t *exact = malloc(x.len);
		struct gso g;
		struct span f;

		memcpy(exact, x.b, x.len);
		for (unsigned k = 0; k < 2; k++)
			exact[12 + prng_below(&rnd, x.payload - 12)] = (uint8_t)prng_next(&rnd);
		if (prng_below(&rnd, 4) == 0)
			x.v.csum_start = (uint16_t)prng_next(&rnd);
		if (prng_below(&rnd, 4) == 0)
			x.v.type = (uint8_t)prng_below(&rnd, 8);
		if (gso_begin(&g, &x.v, exact, x.len, 2048) == GSO_OK) {
			ok++;
			while (gso_next(&g, buf, &f))
				cr_assert_leq(f.len, 2048);
		}
		free(exact);
		free(x.b);
	}
	cr_assert_gt(ok, 100);
	free(buf);
}

Test(gso, the_virtio_header_is_in_host_order)
{
	uint16_t f[4] = { 66, 1448, 34, 16 };
	uint8_t raw[GSO_VNET_OCTETS] = { 1, 0x81 };
	struct gso_vnet v;

	memcpy(raw + 2, f, sizeof(f));
	gso_vnet_decode(raw, &v);
	cr_assert(v.flags == 1 && v.type == 0x81 && v.hdr_len == 66 && v.gso_size == 1448);
	cr_assert(v.csum_start == 34 && v.csum_offset == 16);
	gso_vnet_shift(&v, 4);
	cr_assert_eq(v.csum_start, 38, "a tag was put back");
	v.flags = 0;
	gso_vnet_shift(&v, 4);
	cr_assert_eq(v.csum_start, 38, "nothing to finish, nothing to shift");
}
