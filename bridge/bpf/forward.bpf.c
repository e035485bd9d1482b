/*
 * forward.bpf.c - the forwarding decision (forward.h) in the kernel, at XDP, over BPF maps.
 *
 * The fast path takes what needs no state to change and no octet either: known unicast between two ports that tag
 * alike, reflected (XDP_TX) or redirected, and everything that is to be dropped. The rest goes up (XDP_PASS) to the
 * user-space relay, which decides by the same code: floods, control frames, sources to be learned or bound, a change of
 * tag. So the maps are only read here, and written by whoever mirrors the relay's tables.
 *
 * Invariant: for the same tables and frame, the decision is the user-space relay's (tests/bpf compares them).
 * Left out: storm limit and per-VSI counters, which only what goes up meets.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "fwd_maps.h"

char bpf_license[] SEC("license") = "Dual BSD/GPL";

/* Set before loading: write each decision to map `trace`. Off, the verifier removes the code. */
const volatile __u8 is_traced = 0;

#define TABLE(name, kind, k, v, n)                                                                           \
	struct {                                                                                             \
		__uint(type, kind);                                                                          \
		__uint(max_entries, n);                                                                      \
		__type(key, k);                                                                              \
		__type(value, v);                                                                            \
	} name SEC(".maps")

TABLE(lport_of_if, BPF_MAP_TYPE_HASH, __u32, __u32, FWD_MAPS_LPORTS);
TABLE(ports, BPF_MAP_TYPE_ARRAY, __u32, struct fwd_port, FWD_MAPS_LPORTS);
TABLE(vlans, BPF_MAP_TYPE_HASH, struct fwd_vlan_key, __u32, FWD_MAPS_VLANS);
TABLE(bindings, BPF_MAP_TYPE_HASH, struct fwd_address_key, struct fwd_binding, FWD_MAPS_ADDRESSES);
TABLE(stations, BPF_MAP_TYPE_HASH, struct fwd_address_key, __u32, FWD_MAPS_ADDRESSES);
TABLE(fdb, BPF_MAP_TYPE_HASH, struct fwd_address_key, __u32, FWD_MAPS_ADDRESSES);
TABLE(groups, BPF_MAP_TYPE_HASH, struct fwd_address_key, __u32, FWD_MAPS_LPORTS);
TABLE(channels, BPF_MAP_TYPE_HASH, struct fwd_channel_key, __u32, FWD_MAPS_CHANNELS);
TABLE(drops, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, __u64, FWD_N_DROPS);
TABLE(out_ifs, BPF_MAP_TYPE_DEVMAP, __u32, __u32, FWD_MAPS_LPORTS); /* logical port -> ifindex */
TABLE(trace, BPF_MAP_TYPE_ARRAY, __u32, struct fwd_decision, 1);

struct fwd_tables {
	__u32 unused; /* the maps are global */
};

static inline __u32 vlan_flags(__u16 lport, __u16 vid)
{
	struct fwd_vlan_key key = { lport, vid };
	const __u32 *flags = bpf_map_lookup_elem(&vlans, &key);

	return flags ? *flags : 0;
}

static inline const struct fwd_port *fwd_port_at(struct fwd_tables *t, __u16 lport)
{
	__u32 i = lport;

	(void)t;
	return bpf_map_lookup_elem(&ports, &i);
}

static inline bool fwd_in_vlan(struct fwd_tables *t, __u16 lport, __u16 vid)
{
	(void)t;
	return (vlan_flags(lport, vid) & FWD_VLAN_MEMBER) != 0;
}

static inline bool fwd_in_untagged(struct fwd_tables *t, __u16 lport, __u16 vid)
{
	(void)t;
	return (vlan_flags(lport, vid) & FWD_VLAN_UNTAGGED) != 0;
}

static inline enum fwd_admission fwd_admit(
	struct fwd_tables *t, __u16 lport, __u16 vid, __u64 mac, struct fwd_binding *ret)
{
	struct fwd_address_key key = { (__u64)vid << 48 | mac, lport, 0 };
	const struct fwd_binding *b = bpf_map_lookup_elem(&bindings, &key);
	enum fwd_admission how = FWD_ADMIT_EXACT;

	(void)t;
	if (!b) {
		key.key = (__u64)vid << 48;
		b = bpf_map_lookup_elem(&bindings, &key);
		how = FWD_ADMIT_ANY;
	}
	if (!b)
		return FWD_ADMIT_NONE;
	*ret = *b;
	return how;
}

static inline __u16 fwd_untagged_vid(struct fwd_tables *t, __u16 lport, __u64 mac)
{
	struct fwd_address_key key = { mac, lport, 0 };
	const __u32 *vid = bpf_map_lookup_elem(&stations, &key);

	(void)t;
	if (!vid) {
		key.key = 0;
		vid = bpf_map_lookup_elem(&stations, &key);
	}
	return vid ? (__u16)*vid : FWD_VID_NONE;
}

static inline __u16 fwd_fdb_find(struct fwd_tables *t, __u16 component, __u16 vid, __u64 mac)
{
	struct fwd_address_key key = { (__u64)vid << 48 | mac, component, 0 };
	const __u32 *lport = bpf_map_lookup_elem(&fdb, &key);

	(void)t;
	return lport ? (__u16)*lport : FWD_LPORT_NONE;
}

static inline bool fwd_group_known(struct fwd_tables *t, __u16 component, __u16 vid, __u64 mac)
{
	struct fwd_address_key key = { (__u64)vid << 48 | mac, component | FWD_SCOPE_ALL, 0 };

	(void)t;
	return bpf_map_lookup_elem(&groups, &key) != 0;
}

static inline bool fwd_group_has(struct fwd_tables *t, __u16 lport, __u16 vid, __u64 mac)
{
	struct fwd_address_key key = { (__u64)vid << 48 | mac, lport, 0 };

	(void)t;
	return bpf_map_lookup_elem(&groups, &key) != 0;
}

static inline bool fwd_flood_credit(struct fwd_tables *t, __u16 lport)
{
	(void)t;
	(void)lport;
	return true; /* floods go up, and meet the limit there */
}

static inline __u16 fwd_channel(struct fwd_tables *t, __u16 trunk, __u32 id)
{
	struct fwd_channel_key key = { id, trunk };
	const __u32 *lport = bpf_map_lookup_elem(&channels, &key);

	(void)t;
	return lport ? (__u16)*lport : FWD_LPORT_NONE;
}

static inline bool fwd_list_known(struct fwd_tables *t, __u16 trunk, __u32 id)
{
	(void)t;
	(void)trunk;
	(void)id;
	return true; /* lists go up, and are looked for there */
}

#define FWD_HAS_TABLES
#include "forward.h"

static inline void count(__u32 drop)
{
	__u64 *n = bpf_map_lookup_elem(&drops, &drop);

	if (n)
		(*n)++;
}

static inline void note(const struct fwd_decision *d)
{
	__u32 zero = 0;

	if (is_traced)
		bpf_map_update_elem(&trace, &zero, d, BPF_ANY);
}

/* Does the copy begin as the frame does? */
static inline bool is_as_it_came(const struct fwd_decision *d, const struct fwd_copy *c, const __u8 *head)
{
	__u64 differs = c->outer ^ vntag_be64(head + FWD_ADDRESSES);

	if (c->outer_len != d->outer_len)
		return false;
	if (c->outer_len > 0 && !c->is_outer_kept && differs >> (64 - 8 * (c->outer_len & 15)) != 0)
		return false;
	return c->is_tagged == (d->tag_len != 0) && (!c->is_tagged || c->tci == d->tci);
}

/* The copy for one port; of a set or list user space makes them. */
static inline enum fwd_drop make_copy(struct fwd_tables *t, const struct fwd_port *in,
	const struct fwd_decision *d, __u32 len, struct fwd_copy *ret)
{
	const struct fwd_port *out = fwd_port_at(t, d->out);

	if (d->to != FWD_TO_ONE || !out)
		return FWD_PASS;
	fwd_egress(t, in, out, d->out, d, 0, false, ret);
	return fwd_check(out, d, ret, len);
}

/* What the decision means at XDP. */
static inline int act(struct fwd_tables *t, const struct fwd_port *in, const struct fwd_decision *d,
	const struct fwd_copy *c, const __u8 *head)
{
	if (d->drop == FWD_DROP_RESERVED || d->is_unknown_source)
		return XDP_PASS; /* a control frame; or somebody may bind the source */
	if (d->learn != FWD_LEARN_NOT && fwd_fdb_find(t, in->component, d->vid, d->src) != d->in)
		return XDP_PASS;
	if (d->drop != FWD_PASS) {
		count(d->drop);
		return XDP_DROP;
	}
	if (d->to != FWD_TO_ONE || !is_as_it_came(d, c, head))
		return XDP_PASS;
	if (d->out == d->in)
		return XDP_TX;
	return (int)bpf_redirect_map(&out_ifs, d->out, XDP_PASS);
}

SEC("xdp")
int evb_forward(struct xdp_md *ctx)
{
	const __u8 *data = (const __u8 *)(long)ctx->data, *end = (const __u8 *)(long)ctx->data_end;
	__u32 ifindex = ctx->ingress_ifindex, len = (__u32)(end - data);
	const __u32 *device = bpf_map_lookup_elem(&lport_of_if, &ifindex);
	__u8 head[FWD_HEAD] = { 0 };
	struct fwd_tables t = { 0 };
	const struct fwd_port *in;
	struct fwd_decision d = { 0 };
	struct fwd_hdr h = { 0 };
	struct fwd_copy c = { 0 };
	__u16 lport;

	if (!device)
		return XDP_PASS;
	lport = (__u16)*device;
	in = fwd_port_at(&t, lport);
	if (!in || !in->in_use)
		return XDP_PASS;
	if (data + FWD_HEAD <= end)
		__builtin_memcpy(head, data, FWD_HEAD);
	else
#pragma unroll
		for (int i = 0; i < FWD_HEAD - 1; i++) /* shorter than any on a wire */
			if (data + i + 1 <= end)
				head[i] = data[i];
	d.drop = (__u8)fwd_parse(head, len, in, &h);
	if (d.drop == FWD_PASS)
		d.drop = (__u8)fwd_enter(&t, lport, in, &h, &lport);
	in = fwd_port_at(&t, lport);
	if (!in)
		return XDP_PASS;
	if (d.drop == FWD_PASS)
		d.drop = (__u8)fwd_ingress(&t, lport, in, &h, &d);
	if (d.drop == FWD_PASS)
		d.drop = (__u8)fwd_route(&t, in, &d);
	if (d.drop == FWD_PASS)
		d.drop = (__u8)make_copy(&t, in, &d, len, &c);
	note(&d);
	return act(&t, in, &d, &c, head);
}
