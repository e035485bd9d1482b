/* A relay under test: ports by role, frames by address and VID, the copies of the last frame. */
#ifndef RELAY_NET_H
#define RELAY_NET_H

#include <criterion/criterion.h>
#include <stdlib.h>

#include "relay.h"

#define MAC_ALL    0xffffffffffffull
#define MAC_NOBODY 0xf00000000000ull /* net_mac() of it is the zero address */

enum {
	NET_MAX_LPORTS = 70, /* more than one word of port bits */
	NET_MAX_FDB = 64,
	NET_MAX_ADMIT = 40,
	NET_MAX_CHANNELS = 48,
	NET_MAX_LISTS = 4,
	NET_FRAME = 60, /* octets of an untagged test frame */
};

struct net {
	struct relay *r;
	struct mono now;
	struct relay_result res;
	unsigned n_copies;
	struct relay_copy copy[NET_MAX_LPORTS];
	uint8_t frame[1600];
	size_t frame_len;
};

/* Small numbers become locally administered addresses 02-..., so that 0xA can't be a group address by accident. */
static inline struct mac net_mac(uint64_t n)
{
	struct mac m;

	if (n == MAC_NOBODY)
		n = 0;
	else if (n < 1u << 24 && n != 0)
		n |= 0x020000000000;
	for (unsigned i = 0; i < 6; i++)
		m.b[i] = (uint8_t)(n >> (40 - 8 * i));
	return m;
}

static struct relay *net_of_test; /* for net_fini_all() */

static inline void net_init(struct net *net)
{
	struct relay_cfg cfg = { .max_lports = NET_MAX_LPORTS,
		.max_fdb = NET_MAX_FDB,
		.max_admit = NET_MAX_ADMIT,
		.fdb_age_s = 300,
		.max_learned_drp = 16,
		.max_groups = 8,
		.max_channels = NET_MAX_CHANNELS,
		.max_lists = NET_MAX_LISTS,
		.key = { 1, 2 } };
	size_t size = relay_size(&cfg);

	*net = (struct net){ .r = relay_init(&cfg, calloc(1, size)), .now = { 1000000000 } };
	net_of_test = net->r;
}

static inline void net_fini_all(void)
{
	free(net_of_test);
}

static inline uint16_t net_port(struct net *net, struct relay_port_cfg cfg)
{
	uint16_t lport = relay_port_add(net->r, &cfg);

	if (lport != FWD_LPORT_NONE)
		relay_port_set_forwarding(net->r, lport, true);
	return lport;
}
static inline uint16_t net_sbp(struct net *net)
{
	return net_port(net, (struct relay_port_cfg){ .kind = FWD_SBP, .relay = FWD_BRIDGE, .pvid = 1 });
}
static inline uint16_t net_ordinary(struct net *net, uint16_t pvid)
{
	return net_port(
		net, (struct relay_port_cfg){ .kind = FWD_ORDINARY, .relay = FWD_BRIDGE, .pvid = pvid });
}

static inline void net_admit(struct net *net, uint16_t lport, uint32_t owner, uint16_t vid, uint64_t mac)
{
	struct relay_admit a = { .vid = vid, .mac = net_mac(mac) };

	cr_assert(relay_admit(net->r, lport, owner, &a, 1));
}

/* Receive net->frame; true when it was forwarded. */
static inline bool net_rx_frame(struct net *net, uint16_t lport)
{
	net->n_copies = 0;
	relay_rx(net->r, lport, span_of(net->frame, net->frame_len), net->now, &net->res);
	while (relay_next_copy(net->r, &net->res, &net->copy[net->n_copies]))
		net->n_copies++;
	cr_assert_eq(net->n_copies > 0, net->res.verdict == RELAY_FORWARDED);
	cr_assert_eq(net->res.drop == FWD_PASS, net->res.verdict == RELAY_FORWARDED);
	return net->res.verdict == RELAY_FORWARDED;
}

/* Make a frame; vid 0: untagged. The payload is a pattern. */
static inline void net_make(
	struct net *net, unsigned tci, bool is_tagged, uint64_t dst, uint64_t src, size_t payload)
{
	uint8_t *p = net->frame;

	memcpy(p, net_mac(dst).b, 6);
	memcpy(p + 6, net_mac(src).b, 6);
	p += 12;
	if (is_tagged) {
		*p++ = 0x81;
		*p++ = 0x00;
		*p++ = (uint8_t)(tci >> 8);
		*p++ = (uint8_t)tci;
	}
	*p++ = 0x08;
	*p++ = 0x00;
	for (size_t i = 0; i < payload; i++)
		*p++ = (uint8_t)(i * 7 + 1);
	net->frame_len = (size_t)(p - net->frame);
}
static inline bool net_rx(struct net *net, uint16_t lport, uint16_t vid, uint64_t dst, uint64_t src)
{
	net_make(net, vid, vid != 0, dst, src, NET_FRAME - 14);
	return net_rx_frame(net, lport);
}

/* The egress ports of the last frame as a bit set; a port met twice fails the test. */
static inline uint64_t net_ports(const struct net *net)
{
	uint64_t set = 0;

	for (unsigned i = 0; i < net->n_copies; i++) {
		cr_assert_lt(net->copy[i].lport, 64);
		cr_assert_eq(set >> net->copy[i].lport & 1, 0, "two copies on port %u", net->copy[i].lport);
		set |= (uint64_t)1 << net->copy[i].lport;
	}
	return set;
}
static inline uint64_t net_set_of(const uint16_t *ports, size_t n)
{
	uint64_t set = 0;

	for (size_t i = 0; i < n; i++)
		set |= ports[i] < 64 ? (uint64_t)1 << ports[i] : 0;
	return set;
}
#define net_set(...)                                                                                         \
	net_set_of((const uint16_t[]){ __VA_ARGS__ }, sizeof((uint16_t[]){ __VA_ARGS__ }) / sizeof(uint16_t))

/* Where the FDB says the address is, in any component. */
static inline uint16_t net_where(const struct net *net, uint16_t vid, uint64_t mac)
{
	struct relay_fdb_row row;
	uint32_t cookie = 0;
	bool valid;

	do {
		cookie = relay_fdb_walk(net->r, cookie, &row, &valid);
		if (valid && row.vid == vid && mac_equal(row.mac, net_mac(mac)))
			return row.lport;
	} while (cookie != 0);
	return FWD_LPORT_NONE;
}

/* Let virtual time pass in steps of a second, as the timer would. */
static inline void net_wait(struct net *net, unsigned seconds)
{
	while (seconds-- > 0) {
		net->now = mono_add(net->now, dur_s(1));
		relay_on_time(net->r, net->now);
	}
}

/* The whole octets of copy i. */
static inline size_t net_copy_octets(const struct net *net, unsigned i, uint8_t *ret)
{
	const struct relay_copy *c = &net->copy[i];

	memcpy(ret, c->head, c->head_len);
	memcpy(ret + c->head_len, c->rest.ptr, c->rest.len);
	return c->head_len + c->rest.len;
}

#endif
