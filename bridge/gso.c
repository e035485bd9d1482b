/*
 * gso.c - segmentation and checksums that the kernel left to the "hardware", which here is us.
 *
 *   +-----+------+-----+---------+------------------------------------+
 *   | MAC | tags | IP  | TCP/UDP | payload, cut every gso_size octets |     the super-frame
 *   +-----+------+-----+---------+------------------------------------+
 *         ^      ^l3   ^l4       ^payload
 *
 * Each segment repeats the headers; then as a NIC does: IPv4 total length, identification + 1 and header checksum,
 * or IPv6 payload length; TCP sequence number, FIN and PSH on the last and CWR on the first only (RFC 3168 6.1.2);
 * UDP length; the transport checksum over all. A frame that only lacks its checksum gets it where the virtio header
 * says, whatever the protocol; SCTP, which the kernel marks the same way, gets its CRC32c.
 *
 * In: a virtio header and a frame, both from a kernel but about octets a guest may have chosen, so every offset is
 * checked. Out: frames; nothing is stored, and a bad delivery is one error for the caller to count.
 *
 * Invariant: l3 < l4 < payload <= len after a successful parse, and nothing beyond len is read.
 *
 * Left out: UFO (type 3, no longer produced) and segmentation inside tunnels, which the virtio header can't describe:
 * its csum_start points at an inner header then, which is an error here.
 */
#include "gso.h"

#include "names.h"

enum {
	ETH_ADDRESSES = 12,
	TPID_C = 0x8100,
	TPID_S = 0x88a8,
	TYPE_IPV4 = 0x0800,
	TYPE_IPV6 = 0x86dd,
	IPV4_MIN = 20,
	IPV6_FIXED = 40,
	TCP_MIN = 20,
	UDP_HEADER = 8,
	PROTO_HOP_BY_HOP = 0,
	PROTO_TCP = 6,
	PROTO_UDP = 17,
	PROTO_ROUTING = 43,
	PROTO_DESTINATION = 60,
	PROTO_SCTP = 132,
	TCP_FIN = 0x01,
	TCP_PSH = 0x08,
	TCP_CWR = 0x80,
	TCP_CSUM = 16, /* offsets of checksum fields */
	UDP_CSUM = 6,
	SCTP_CSUM = 8,
	IPV4_CSUM = 10,
};

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static void put16(uint8_t *p, size_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static void put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v);
}

/* One's complement sum (RFC 1071) in the host's byte order, not yet folded: 32-bit halves of 64-bit words can't
 * overflow 64 bits in any frame. */
static uint64_t sum(const uint8_t *p, size_t n)
{
	uint64_t a = 0, b = 0, w[4];

	for (; n >= sizeof(w); p += sizeof(w), n -= sizeof(w)) {
		memcpy(w, p, sizeof(w));
		a += (w[0] & UINT32_MAX) + (w[1] & UINT32_MAX) + (w[2] & UINT32_MAX) + (w[3] & UINT32_MAX);
		b += (w[0] >> 32) + (w[1] >> 32) + (w[2] >> 32) + (w[3] >> 32);
	}
	for (; n > 0; p += n < 8 ? n : 8, n -= n < 8 ? n : 8) {
		w[0] = 0;
		memcpy(w, p, n < 8 ? n : 8);
		a += (w[0] & UINT32_MAX) + (w[0] >> 32);
	}
	return a + b;
}

/* Fold, complement and store. In UDP zero says "no checksum", so a result of zero is sent as all ones there. */
static void put_csum(uint8_t *field, uint64_t s, bool has_no_zero)
{
	uint16_t c;

	while (s >> 16 != 0)
		s = (s & 0xffff) + (s >> 16);
	c = (uint16_t)~s;
	if (c == 0 && has_no_zero)
		c = 0xffff;
	memcpy(field, &c, sizeof(c));
}

static uint64_t sum_of_number(uint16_t v)
{
	uint8_t b[2];

	put16(b, v);
	return sum(b, sizeof(b));
}

/* CRC32c, reflected, four bits at a time (RFC 9260 appendix A). */
static uint32_t crc32c(const uint8_t *p, size_t n)
{
	static const uint32_t step[16] = { 0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc,
		0x5125dad3, 0x61c69362, 0x7198540d, 0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
		0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75 };
	uint32_t crc = UINT32_MAX;

	for (; n > 0; p++, n--) {
		crc ^= *p;
		crc = crc >> 4 ^ step[crc & 15];
		crc = crc >> 4 ^ step[crc & 15];
	}
	return ~crc;
}

void gso_vnet_decode(const uint8_t raw[GSO_VNET_OCTETS], struct gso_vnet *ret)
{
	ret->flags = raw[0];
	ret->type = raw[1];
	memcpy(&ret->hdr_len, raw + 2, 2);
	memcpy(&ret->gso_size, raw + 4, 2);
	memcpy(&ret->csum_start, raw + 6, 2);
	memcpy(&ret->csum_offset, raw + 8, 2);
}

void gso_vnet_shift(struct gso_vnet *v, unsigned octets)
{
	if (v->flags & GSO_NEEDS_CSUM)
		v->csum_start = (uint16_t)(v->csum_start + octets);
}

/* The headers' places in *g; *ret_proto is the transport protocol. */
static enum gso_err parse_ipv4(struct gso *g, uint8_t *ret_proto)
{
	const uint8_t *ip = g->frame + g->l3;
	size_t room = g->len - g->l3, header, total;

	if (room < IPV4_MIN)
		return GSO_ERR_SHORT;
	header = (ip[0] & 15u) * 4u;
	total = get16(ip + 2);
	if (total == 0) /* longer than 16 bits can say */
		total = room;
	if (ip[0] >> 4 != 4 || header < IPV4_MIN || (get16(ip + 6) & 0x3fff) != 0)
		return GSO_ERR_HEADERS;
	if (total > room || total < header)
		return GSO_ERR_SHORT;
	g->len = g->l3 + total;
	g->l4 = g->l3 + header;
	*ret_proto = ip[9];
	return GSO_OK;
}

static enum gso_err parse_ipv6(struct gso *g, uint8_t *ret_proto)
{
	const uint8_t *ip = g->frame + g->l3, *ext;
	size_t room = g->len - g->l3, total;
	uint8_t proto;

	if (room < IPV6_FIXED)
		return GSO_ERR_SHORT;
	if (ip[0] >> 4 != 6)
		return GSO_ERR_HEADERS;
	total = get16(ip + 4) == 0 ? room : IPV6_FIXED + (size_t)get16(ip + 4);
	if (total > room)
		return GSO_ERR_SHORT;
	g->len = g->l3 + total;
	g->l4 = g->l3 + IPV6_FIXED;
	proto = ip[6];
	while (proto == PROTO_HOP_BY_HOP || proto == PROTO_ROUTING || proto == PROTO_DESTINATION) {
		ext = g->frame + g->l4;
		if (g->len - g->l4 < 8 || g->len - g->l4 < 8 + ext[1] * 8u)
			return GSO_ERR_SHORT;
		if (proto == PROTO_ROUTING && ext[3] != 0) /* the checksum covers another destination */
			return GSO_ERR_HEADERS;
		proto = ext[0];
		g->l4 += 8 + ext[1] * 8u;
	}
	*ret_proto = proto;
	return GSO_OK;
}

static enum gso_err parse_network(struct gso *g, uint8_t *ret_proto)
{
	uint16_t type;

	g->l3 = ETH_ADDRESSES;
	do {
		if (g->len - g->l3 <
			6) /* a type here and two octets of what it announces, or a tag and a type */
			return GSO_ERR_SHORT;
		type = get16(g->frame + g->l3);
		g->l3 += type == TPID_C || type == TPID_S ? 4 : 2;
	} while (type == TPID_C || type == TPID_S);
	g->is_v6 = type == TYPE_IPV6;
	if (type == TYPE_IPV4)
		return parse_ipv4(g, ret_proto);
	return g->is_v6 ? parse_ipv6(g, ret_proto) : GSO_ERR_HEADERS;
}

static enum gso_err parse_transport(struct gso *g, uint8_t proto)
{
	size_t room = g->len - g->l4, header;

	g->is_tcp = proto == PROTO_TCP;
	if (room < (g->is_tcp ? (size_t)TCP_MIN : (size_t)UDP_HEADER))
		return GSO_ERR_SHORT;
	header = g->is_tcp ? (g->frame[g->l4 + 12] >> 4) * 4u : UDP_HEADER;
	if (g->is_tcp && header < TCP_MIN)
		return GSO_ERR_HEADERS;
	if (room < header)
		return GSO_ERR_SHORT;
	g->payload = g->pos = g->l4 + header;
	return GSO_OK;
}

static enum gso_err begin_super_frame(struct gso *g, const struct gso_vnet *v, size_t cap)
{
	unsigned type = v->type & ~(unsigned)GSO_TYPE_ECN;
	uint8_t proto = 0;
	enum gso_err err;

	if (type != GSO_TYPE_TCPV4 && type != GSO_TYPE_TCPV6 && type != GSO_TYPE_UDP_L4)
		return GSO_ERR_TYPE;
	if (v->gso_size == 0)
		return GSO_ERR_SIZE;
	err = parse_network(g, &proto);
	if (err != GSO_OK)
		return err;
	if (proto != (type == GSO_TYPE_UDP_L4 ? PROTO_UDP : PROTO_TCP) ||
		(type == GSO_TYPE_TCPV4 && g->is_v6) || (type == GSO_TYPE_TCPV6 && !g->is_v6))
		return GSO_ERR_HEADERS;
	if ((v->flags & GSO_NEEDS_CSUM) != 0 && v->csum_start != g->l4)
		return GSO_ERR_CSUM;
	err = parse_transport(g, proto);
	if (err != GSO_OK)
		return err;
	if (g->payload + v->gso_size > cap)
		return GSO_ERR_SIZE;
	g->gso_size = v->gso_size;
	return GSO_OK;
}

static bool is_sctp(const struct gso *g, const struct gso_vnet *v)
{
	struct gso probe = *g;
	uint8_t proto = 0;

	return v->csum_offset == SCTP_CSUM && parse_network(&probe, &proto) == GSO_OK &&
	       proto == PROTO_SCTP && probe.l4 == v->csum_start;
}

static enum gso_err finish_csum(const struct gso *g, const struct gso_vnet *v, uint8_t *frame)
{
	size_t start = v->csum_start, field = start + v->csum_offset;
	uint32_t crc;

	if (field + 2 > g->len)
		return GSO_ERR_CSUM;
	if (!is_sctp(g, v)) {
		/* the field already holds the sum of the pseudo-header; only UDP minds all ones, and all accept them */
		put_csum(frame + field, sum(frame + start, g->len - start), true);
		return GSO_OK;
	}
	if (field + 4 > g->len)
		return GSO_ERR_CSUM;
	memset(frame + field, 0, 4);
	crc = crc32c(frame + start, g->len - start);
	for (unsigned i = 0; i < 4; i++)
		frame[field + i] = (uint8_t)(crc >> 8 * i);
	return GSO_OK;
}

/* The sum of the pseudo-header as an unfinished checksum field holds it: folded, not complemented. */
static uint16_t pseudo_sum(const struct gso *g, uint8_t proto)
{
	size_t at = g->is_v6 ? g->l3 + 8 : g->l3 + 12;
	uint64_t s = sum(g->frame + at, g->is_v6 ? 32 : 8) + sum_of_number(proto) +
		     sum_of_number((uint16_t)(g->len - g->l4));

	while (s >> 16 != 0)
		s = (s & 0xffff) + (s >> 16);
	return (uint16_t)s;
}

static bool is_sum_whole(const struct gso *g, uint16_t pseudo)
{
	uint64_t s = sum(g->frame + g->l4, g->len - g->l4) + pseudo;

	while (s >> 16 != 0)
		s = (s & 0xffff) + (s >> 16);
	return s == 0xffff;
}

bool gso_guess(const uint8_t *frame, size_t len, struct gso_vnet *ret)
{
	struct gso g = { .frame = frame, .len = len };
	uint16_t field, pseudo;
	uint8_t proto = 0;
	size_t offset;

	if (len < ETH_ADDRESSES + 2 || parse_network(&g, &proto) != GSO_OK ||
		(proto != PROTO_TCP && proto != PROTO_UDP) || parse_transport(&g, proto) != GSO_OK)
		return false;
	offset = proto == PROTO_TCP ? TCP_CSUM : UDP_CSUM;
	memcpy(&field, frame + g.l4 + offset, sizeof(field));
	pseudo = pseudo_sum(&g, proto);
	if (field != pseudo || is_sum_whole(&g, pseudo))
		return false;
	*ret = (struct gso_vnet){
		.flags = GSO_NEEDS_CSUM, .csum_start = (uint16_t)g.l4, .csum_offset = (uint16_t)offset
	};
	return true;
}

enum gso_err gso_begin(struct gso *g, const struct gso_vnet *v, uint8_t *frame, size_t len, size_t cap)
{
	*g = (struct gso){ .frame = frame, .len = len };
	if (len < ETH_ADDRESSES + 2)
		return GSO_ERR_SHORT;
	if (v->type != GSO_TYPE_NONE)
		return begin_super_frame(g, v, cap);
	return v->flags & GSO_NEEDS_CSUM ? finish_csum(g, v, frame) : GSO_OK;
}

static void finish_network(const struct gso *g, uint8_t *buf, size_t len)
{
	uint8_t *ip = buf + g->l3;

	if (g->is_v6) {
		put16(ip + 4, len - g->l3 - IPV6_FIXED);
		return;
	}
	put16(ip + 2, len - g->l3);
	put16(ip + 4, (size_t)get16(ip + 4) + g->n);
	memset(ip + IPV4_CSUM, 0, 2);
	put_csum(ip + IPV4_CSUM, sum(ip, g->l4 - g->l3), false);
}

/* The checksum covers a pseudo-header too: addresses, protocol, length (RFC 9293 3.1, RFC 768, RFC 8200 8.1). */
static void finish_transport(const struct gso *g, uint8_t *buf, size_t len)
{
	const uint8_t *addresses = buf + g->l3 + (g->is_v6 ? 8 : 12);
	uint8_t *field = buf + g->l4 + (g->is_tcp ? TCP_CSUM : UDP_CSUM);
	uint64_t pseudo = sum(addresses, g->is_v6 ? 32 : 8) +
			  sum_of_number(g->is_tcp ? PROTO_TCP : PROTO_UDP) +
			  sum_of_number((uint16_t)(len - g->l4));

	memset(field, 0, 2);
	put_csum(field, pseudo + sum(buf + g->l4, len - g->l4), !g->is_tcp);
}

static void finish_tcp_fields(const struct gso *g, uint8_t *tcp, bool is_last)
{
	put32(tcp + 4, get32(tcp + 4) + (uint32_t)(g->pos - g->payload));
	if (!is_last)
		tcp[13] &= (uint8_t) ~(TCP_FIN | TCP_PSH);
	if (g->n > 0)
		tcp[13] &= (uint8_t)~TCP_CWR;
}

bool gso_next(struct gso *g, uint8_t *buf, struct span *ret)
{
	size_t left = g->len - g->pos, piece = left < g->gso_size ? left : g->gso_size,
	       len = g->payload + piece;

	if (g->is_done)
		return false;
	if (g->gso_size == 0) {
		g->is_done = true;
		*ret = span_of(g->frame, g->len);
		return true;
	}
	memcpy(buf, g->frame, g->payload);
	memcpy(buf + g->payload, g->frame + g->pos, piece);
	g->is_done = piece == left;
	if (g->is_tcp)
		finish_tcp_fields(g, buf + g->l4, g->is_done);
	else
		put16(buf + g->l4 + 4, len - g->l4);
	finish_network(g, buf, len);
	finish_transport(g, buf, len);
	g->pos += piece;
	g->n++;
	*ret = span_of(buf, len);
	return true;
}

const char *gso_err_name(enum gso_err e)
{
	static const struct name_row names[] = {
		{ GSO_OK, "ok" },
		{ GSO_ERR_SHORT, "short" },
		{ GSO_ERR_TYPE, "type" },
		{ GSO_ERR_CSUM, "checksum_place" },
		{ GSO_ERR_HEADERS, "headers" },
		{ GSO_ERR_SIZE, "size" },
		{ 0, NULL },
	};

	return names_text(names, (int)e, "unknown");
}
