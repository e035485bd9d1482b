/*
 * Is what XDP sees of a frame all of it?
 *
 * A veth hands an XDP program frames that came by XDP, which are what they look like, and socket buffers of the sender's
 * stack. Those may have their VLAN tag, the rest of their checksum and their segmentation beside the data, where XDP can't
 * see them: forwarded as they look they would end up in another VLAN or be thrown away. The buffer itself says so; veth
 * keeps it behind the context (struct veth_xdp_buff, Linux 6.3).
 */
#ifndef EVB_FWD_WHOLE_BPF_H
#define EVB_FWD_WHOLE_BPF_H

#include <bpf/bpf_core_read.h>

#include "fwd_types.h"

/* Of the kernel's own types what is looked at; libbpf finds where it is in the running one. */
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct sk_buff {
	__u8 ip_summed : 2;
	__u32 vlan_all;
	unsigned char *head;
	unsigned int end;
};
struct xdp_buff {
	void *data;
};
struct veth_xdp_buff {
	struct xdp_buff xdp;
	struct sk_buff *skb;
};
#pragma clang attribute pop

enum { SUMMED_PARTIAL = 3 /* CHECKSUM_PARTIAL, include/linux/skbuff.h */ };

extern void *bpf_cast_to_kern_ctx(void *obj) __ksym __weak;
extern void *bpf_rdonly_cast(const void *obj, __u32 btf_id) __ksym __weak;

static inline bool is_whole(struct xdp_md *ctx)
{
	const struct veth_xdp_buff *x;
	const struct sk_buff *skb;

	if (!bpf_core_type_exists(struct veth_xdp_buff) || !bpf_rdonly_cast || !bpf_cast_to_kern_ctx)
		return false;
	x = bpf_rdonly_cast(bpf_cast_to_kern_ctx(ctx), bpf_core_type_id_kernel(struct veth_xdp_buff));
	skb = x->skb;
	if (!skb)
		return true;
	return skb->vlan_all == 0 && BPF_CORE_READ_BITFIELD(skb, ip_summed) != SUMMED_PARTIAL;
}

#endif
