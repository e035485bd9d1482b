// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The two ends of the frame load (load.c), both on the station's end of a veth pair: `gen` is run by the kernel over
 * and over and sends its frame out of the device; `count` takes what comes back, before it costs anything more, and
 * lets everything else (LLDP, ECP) pass.
 */
#include <linux/bpf.h>
#include <stdbool.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "load.h"

const volatile struct load_setup setup = { 0 }; /* set by load.c before the program is loaded */

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} counted SEC(".maps");

/* Is it one of ours, untagged or behind an S-TAG, VN-Tag or E-TAG? */
static __always_inline bool is_ours(const __u8 *frame, const __u8 *end)
{
	__u32 at = LOAD_HEADER - 2;

	if (frame + LOAD_TAGGED_HEADER > end)
		return false;
	switch (frame[at] << 8 | frame[at + 1]) {
	case 0x88a8:
		at += 4;
		break;
	case 0x8926:
		at += 6;
		break;
	case 0x893f:
		at += 8;
		break;
	default:
		break;
	}
	return frame[at] == LOAD_ETHERTYPE >> 8 && frame[at + 1] == (LOAD_ETHERTYPE & 0xff);
}

/* What there is at best: each frame back where it came from, and nothing else (bench-load echo). */
SEC("xdp") int echo(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_TX;
}

SEC("xdp") int gen(struct xdp_md *ctx)
{
	__u8 *frame = (__u8 *)(long)ctx->data;

	/* The kernel uses its pages again as the receiver left them, with a VLAN tag moved aside. */
	if (frame + LOAD_TAGGED_HEADER <= (__u8 *)(long)ctx->data_end)
		for (unsigned i = 0; i < LOAD_TAGGED_HEADER; i++)
			frame[i] = setup.head[i];
	return (int)bpf_redirect((__u32)setup.ifindex, 0);
}

SEC("xdp") int count(struct xdp_md *ctx)
{
	const __u8 *frame = (const __u8 *)(long)ctx->data, *end = (const __u8 *)(long)ctx->data_end;
	__u32 zero = 0;
	__u64 *n;

	if (!is_ours(frame, end))
		return XDP_PASS;
	n = bpf_map_lookup_elem(&counted, &zero);
	if (n)
		(*n)++;
	return XDP_DROP;
}

char licence[] SEC("license") = "Dual BSD/GPL";
