// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The two ends of the frame load (load.c), both on the station's end of a veth pair: `gen` is run by the kernel over
 * and over and sends its frame out of the device; `count` takes what comes back, before it costs anything more, and
 * lets everything else (LLDP, ECP) pass.
 */
#include <linux/bpf.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "load.h"

const volatile int out_ifindex = 0; /* set by load.c before the program is loaded */

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} counted SEC(".maps");

/* cppcheck-suppress unknownMacro */
SEC("xdp") int gen(struct xdp_md *ctx)
{
	(void)ctx;
	return (int)bpf_redirect((__u32)out_ifindex, 0);
}

SEC("xdp") int count(struct xdp_md *ctx)
{
	const __u8 *frame = (const __u8 *)(long)ctx->data, *end = (const __u8 *)(long)ctx->data_end;
	__u32 zero = 0;
	__u64 *n;

	if (frame + LOAD_HEADER > end || frame[12] != LOAD_ETHERTYPE >> 8 ||
		frame[13] != (LOAD_ETHERTYPE & 0xff))
		return XDP_PASS;
	n = bpf_map_lookup_elem(&counted, &zero);
	if (n)
		(*n)++;
	return XDP_DROP;
}

char licence[] SEC("license") = "Dual BSD/GPL";
