/*
 * forward.bpf.c - the forwarding decision (forward.h) in the kernel, over BPF maps that mirror the relay's tables.
 *
 * The fast path takes what needs no state to change: known unicast between two ports, its outer tag and C-tag put on,
 * taken off or written anew, reflected (XDP_TX) or redirected; and what is to be dropped, where that is not the host's
 * too. The rest goes up (XDP_PASS) to the user-space relay, which decides by the same code: floods, control frames, sources
 * to be learned or bound. So the maps are only read here, but for counters and the time a station was last heard, and
 * written by whoever mirrors the relay's tables (daemon/fastpath.h).
 *
 * Invariant: for the same tables and frame what is sent, dropped and counted here is what the user-space relay would
 * have sent, dropped and counted (tests/bpf compares them). When in doubt: up.
 * Left out: storm limit, VIF lists and registered groups, which only what goes up meets.
 */
/* A call within a program saves and returns; on a processor that has to be careful with returns it takes longer than most
 * of these functions do. Inlined, the whole takes less than half the time (scripts/bench fast_hairpin). */
#include <stdbool.h>
#define inline inline __attribute__((always_inline))

#include "fwd_decide.bpf.h"
#include "fwd_whole.bpf.h"

char bpf_license[] SEC("license") = "Dual BSD/GPL";

enum { FRAME_MIN = 60, C_TAG_BITS = 0x8100 };

/* A few words at once; clang would take octets, for it does not know what is aligned, or that it need not be. */
static inline void put_addresses(__u8 *to, const __u8 *from)
{
	*(__u32 *)to = *(const __u32 *)from;
	*(__u64 *)(to + 4) = *(const __u64 *)(from + 4);
}

static inline void copy_head(__u8 *to, const __u8 *from)
{
	put_addresses(to, from);
	*(__u64 *)(to + 12) = *(const __u64 *)(from + 12);
	*(__u64 *)(to + 20) = *(const __u64 *)(from + 20);
}

/* Does the copy begin as the frame does? */
static inline bool is_as_it_came(const struct frame *f)
{
	const struct fwd_copy *c = &f->copy;
	__u64 differs = c->outer ^ vntag_be64(f->head + FWD_ADDRESSES);

	if (c->outer_len != f->d.outer_len)
		return false;
	if (c->outer_len > 0 && !c->is_outer_kept && differs >> (64 - 8 * (c->outer_len & 15)) != 0)
		return false;
	return c->is_tagged == (f->d.tag_len != 0) && (!c->is_tagged || c->tci == f->d.tci);
}

/* Octets that the copy is longer than the frame, before it is padded. */
static inline int growth(const struct frame *f)
{
	return f->copy.outer_len + (f->copy.is_tagged ? FWD_C_TAG : 0) - f->d.outer_len - f->d.tag_len;
}

/* The C-tag at a place that the compiler knows. */
static inline __attribute__((always_inline)) void put_c_tag(__u8 *at, const struct fwd_copy *c)
{
	if (!c->is_tagged)
		return;
	*(__u16 *)at = __builtin_bswap16(FWD_C_TPID);
	*(__u16 *)(at + 2) = __builtin_bswap16(c->tci);
}

/* Tags behind the addresses. `data` has room for FWD_HEAD octets. */
static inline void put_tags(__u8 *data, const struct frame *f)
{
	const struct fwd_copy *c = &f->copy;
	__u64 outer = c->is_outer_kept ? *(const __u64 *)(f->head + FWD_ADDRESSES)
				       : __builtin_bswap64(c->outer);
	__u8 *at = data + FWD_ADDRESSES;

	switch (c->outer_len) {
	case 0:
		put_c_tag(at, c);
		break;
	case FWD_S_TAG:
		*(__u32 *)at = (__u32)outer;
		put_c_tag(at + FWD_S_TAG, c);
		break;
	case VNTAG_LEN_VN:
		*(__u32 *)at = (__u32)outer;
		*(__u16 *)(at + 4) = (__u16)(outer >> 32);
		put_c_tag(at + VNTAG_LEN_VN, c);
		break;
	default:
		*(__u64 *)at = outer;
		put_c_tag(at + VNTAG_LEN_E, c);
		break;
	}
}

/* Make the frame the copy. False: it can't be done, and the frame is what it was but for zeros at its end. */
static inline bool make_copy(struct xdp_md *ctx, const struct frame *f, __u32 *ret_len)
{
	int delta = growth(f);
	__u32 len = f->len + (__u32)delta;
	__u8 *data;

	if ((f->out->out & FWD_OUT_PADS) && len < FRAME_MIN) {
		if (bpf_xdp_adjust_tail(ctx, (int)(FRAME_MIN - len)) != 0)
			return false;
		len = FRAME_MIN;
	}
	*ret_len = len;
	if (is_as_it_came(f))
		return true;
	if (delta != 0 && bpf_xdp_adjust_head(ctx, -delta) != 0)
		return false;
	data = (__u8 *)(long)ctx->data;
	if (data + FWD_HEAD > (__u8 *)(long)ctx->data_end)
		return false; /* never: xdp() looked */
	if (delta != 0)
		put_addresses(data, f->head);
	put_tags(data, f);
	return true;
}

static inline int send(struct xdp_md *ctx, const struct frame *f)
{
	__u32 len = f->len;

	if (!(f->out->out & FWD_OUT_XDP) || !make_copy(ctx, f, &len))
		return XDP_PASS;
	count_send(f, len);
	if (f->out->ifindex == f->device->ifindex)
		return XDP_TX;
	return (int)bpf_redirect_map(&out_ifs, f->d.out, 0);
}

/* The host's own stack hears group frames, too, and on an uplink everything. */
static inline int discard(const struct frame *f)
{
	if (fwd_is_group(f->d.dst) || f->in->p.relay != FWD_BRIDGE)
		return XDP_PASS;
	count_drop(f);
	return XDP_DROP;
}

SEC("xdp.frags") int evb_xdp(struct xdp_md *ctx)
{
	const __u8 *data = (const __u8 *)(long)ctx->data, *end = (const __u8 *)(long)ctx->data_end;
	struct frame f = { .device = device_of(ctx->ingress_ifindex) };

	/* a frame of 38 octets still has FWD_HEAD when both tags have gone */
	if (!f.device || data + FWD_HEAD + 12 > end || !is_good(&f))
		return XDP_PASS;
	if ((f.device->flags & FWD_DEVICE_WATCHED) || ((f.device->flags & FWD_DEVICE_SKB) && !is_whole(ctx)))
		return XDP_PASS;
	copy_head(f.head, data);
	f.len = (__u32)bpf_xdp_get_buff_len(ctx);
	switch (decide(&f)) {
	case FATE_SEND:
		return f.d.dst == f.device->mac ? XDP_PASS : send(ctx, &f);
	case FATE_DROP:
		return f.d.dst == f.device->mac ? XDP_PASS : discard(&f);
	case FATE_UP:
		break;
	}
	return XDP_PASS;
}
