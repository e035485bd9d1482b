/* More of a relay under test: outer tags in frames, copies octet for octet, and which one drop counter moved. */
#ifndef TAG_NET_H
#define TAG_NET_H

#include "relay_net.h"

#define net_octets(...) span_of((const uint8_t[]){ __VA_ARGS__ }, sizeof((uint8_t[]){ __VA_ARGS__ }))
#define NET_NOTHING     span_of(NULL, 0)
#define net_array(a)    span_of((a), sizeof(a))

/* The frame to receive next, as it is. */
static inline void net_put(struct net *net, struct span frame)
{
	cr_assert_leq(frame.len, sizeof(net->frame));
	memcpy(net->frame, frame.ptr, frame.len);
	net->frame_len = frame.len;
}
/* The same with octets put in after `at` of its own: 12 is behind the addresses. */
static inline void net_insert(struct net *net, size_t at, struct span octets)
{
	cr_assert_leq(net->frame_len + octets.len, sizeof(net->frame));
	memmove(net->frame + at + octets.len, net->frame + at, net->frame_len - at);
	memcpy(net->frame + at, octets.ptr, octets.len);
	net->frame_len += octets.len;
}
static inline void net_cut(struct net *net, size_t at, size_t octets)
{
	memmove(net->frame + at, net->frame + at + octets, net->frame_len - at - octets);
	net->frame_len -= octets;
}
static inline bool net_rx_octets(struct net *net, uint16_t lport, struct span frame)
{
	net_put(net, frame);
	return net_rx_frame(net, lport);
}
static inline bool net_rx_tagged(
	struct net *net, uint16_t lport, struct span tag, uint16_t vid, uint64_t dst, uint64_t src)
{
	net_make(net, vid, vid != 0, dst, src, NET_FRAME - 14);
	net_insert(net, 12, tag);
	return net_rx_frame(net, lport);
}

/* The copies for this port are `n`, and each is exactly these octets. */
static inline void net_expect_n(struct net *net, uint16_t lport, struct span want, unsigned n)
{
	uint8_t got[1700];
	unsigned seen = 0;

	for (unsigned i = 0; i < net->n_copies; i++) {
		if (net->copy[i].lport != lport)
			continue;
		cr_assert_eq(net_copy_octets(net, i, got), want.len, "%u octets", (unsigned)want.len);
		cr_assert_arr_eq(got, want.ptr, want.len, "not the frame that was wanted");
		seen++;
	}
	cr_assert_eq(seen, n, "%u copies for port %u, drop %s", seen, lport, fwd_drop_name(net->res.drop));
}
/* The only copy of all. */
static inline void net_expect_only(struct net *net, uint16_t lport, struct span want)
{
	cr_assert_eq(net->n_copies, 1, "%u copies, %s", net->n_copies, fwd_drop_name(net->res.drop));
	net_expect_n(net, lport, want, 1);
}
/* The only copy: the received frame's addresses, this tag in their place, and what was behind `cut` octets of it. */
static inline void net_expect_tag(struct net *net, uint16_t lport, struct span tag, size_t cut)
{
	uint8_t want[1700];

	memcpy(want, net->frame, 12);
	if (tag.len > 0)
		memcpy(want + 12, tag.ptr, tag.len);
	memcpy(want + 12 + tag.len, net->frame + 12 + cut, net->frame_len - 12 - cut);
	net_expect_only(net, lport, span_of(want, net->frame_len - cut + tag.len));
}

static inline uint64_t net_drops(const struct net *net, uint16_t lport, enum fwd_drop reason)
{
	const struct relay_port_counters *n = relay_port_counters(net->r, lport);

	return n ? n->drops[reason] : 0;
}
static inline uint64_t net_all_drops(const struct net *net)
{
	uint64_t sum = 0;

	for (uint16_t i = 0; i < NET_MAX_LPORTS; i++)
		for (unsigned reason = 0; reason < FWD_N_DROPS; reason++)
			sum += net_drops(net, i, (enum fwd_drop)reason);
	return sum;
}
/* Receive net->frame: nothing comes out, and one counter moves by one, that reason's on port `counts`. */
static inline void net_drop_at(struct net *net, uint16_t lport, uint16_t counts, enum fwd_drop reason)
{
	uint64_t one = net_drops(net, counts, reason), all = net_all_drops(net);

	net_rx_frame(net, lport);
	cr_assert_eq(net->n_copies, 0, "%u copies of what has to be dropped", net->n_copies);
	cr_assert_eq(net->res.drop, reason, "%s instead of %s", fwd_drop_name(net->res.drop),
		fwd_drop_name(reason));
	cr_assert_eq(net_drops(net, counts, reason), one + 1);
	cr_assert_eq(net_all_drops(net), all + 1, "one counter only");
}
static inline void net_drop(struct net *net, uint16_t lport, enum fwd_drop reason)
{
	net_drop_at(net, lport, lport, reason);
}

#endif
