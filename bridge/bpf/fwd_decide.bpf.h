/*
 * One frame through forward.h with the maps: what becomes of it, and who it counts for. The same for every hook.
 */
#ifndef EVB_FWD_DECIDE_BPF_H
#define EVB_FWD_DECIDE_BPF_H

#include "fwd_tables.bpf.h"

enum { SAMPLE_NS = 1000000000 /* one refused frame a second goes up, where it is told of */ };

enum fate {
	FATE_UP,   /* user space's: several receivers, something to learn, control, or we can't tell */
	FATE_DROP, /* for `drop` */
	FATE_SEND, /* one copy, `copy`, by `out` */
};

enum { HEAD_COPY = FWD_HEAD + 2 };

struct frame {
	__u32 len; /* four octets, so that what follows the addresses is aligned */
	__u8 head[HEAD_COPY];
	__u32 lane;
	__u64 now;
	const struct fwd_device *device;
	struct fwd_slot *in;        /* after the outer tag */
	const struct fwd_slot *out; /* FATE_SEND */
	struct fwd_decision d;
	struct fwd_copy copy;
	struct fwd_tables t;
};

static inline const struct fwd_device *device_of(__u32 ifindex)
{
#pragma unroll
	for (__u32 k = 0; k < FWD_MAPS_PROBES; k++) {
		__u32 i = (ifindex + k) & (FWD_MAPS_DEVICES - 1);
		const struct fwd_device *d = bpf_map_lookup_elem(&devices, &i);

		if (d && d->ifindex == ifindex)
			return d;
	}
	return 0;
}

/* Does anybody still keep the tables up to date? The clock is read once a tick, which is as often as it changes. */
static inline bool is_good(struct frame *f)
{
	__u64 tick = bpf_jiffies64();
	struct fwd_lane *l;

	f->lane = bpf_get_smp_processor_id();
	l = bpf_map_lookup_elem(&lanes, &f->lane);
	if (!l)
		return false;
	if (l->jiffies != tick) {
		l->now = bpf_ktime_get_coarse_ns();
		l->jiffies = tick;
	}
	f->now = l->now;
	return f->now < state.good_until;
}

/* Is the source where it is expected? A learned one has been heard again. */
static inline bool is_in_place(struct frame *f)
{
	__u64 value, *at;
	__u32 cell;

	if (f->d.learn == FWD_LEARN_NOT || (f->d.is_admitted && f->t.is_placed))
		return true;
	if (!place_of(f->in->p.component, f->d.vid, f->d.src, &value, &cell) ||
		fwd_place_lport(value) != f->d.in)
		return false;
	if (fwd_place_is_static(value))
		return true;
	at = bpf_map_lookup_elem(&seen, &cell);
	if (at && *at != f->now)
		*at = f->now;
	return true;
}

/* Which VSI it is that a VIF gets the frame for: an interface virtualizer has not looked for its address. */
static inline void find_receiver(struct frame *f)
{
	__u16 vid = f->d.vid != FWD_VID_NONE ? f->d.vid : fwd_untagged_vid(&f->t, f->d.out, f->d.dst);
	struct fwd_binding b = { 0 };

	f->t.vsi = fwd_admit(&f->t, f->d.out, vid, f->d.dst, &b) != FWD_ADMIT_NONE ? b.id : FWD_NO_VSI;
}

/* One refused frame now and then is for the log. */
static inline bool is_sample(struct frame *f)
{
	if (f->d.drop != FWD_DROP_NOT_ASSOCIATED || f->now - f->in->sampled < SAMPLE_NS)
		return false;
	f->in->sampled = f->now;
	return true;
}

static inline enum fate drop(struct frame *f)
{
	if (f->d.drop == FWD_DROP_RESERVED || f->d.is_unknown_source || !is_sure(&f->t) || is_sample(f))
		return FATE_UP; /* control; somebody may bind the source; it may not be so */
	return FATE_DROP;
}

static inline __u8 route(struct frame *f)
{
	__u8 drop;

	f->t.vsi = FWD_NO_VSI;
	drop = (__u8)fwd_route(&f->t, &f->in->p, &f->d);
	if (drop != FWD_PASS || f->d.to != FWD_TO_ONE)
		return drop;
	f->out = slot_at(f->d.out);
	if (!f->out)
		return FWD_DROP_EGRESS;
	fwd_egress(&f->t, &f->in->p, &f->out->p, f->d.out, &f->d, 0, false, &f->copy);
	return (__u8)fwd_check(&f->out->p, &f->d, &f->copy, f->len);
}

/* `head`, `len` and `device` are there. */
static inline enum fate decide(struct frame *f)
{
	struct fwd_slot *at = slot_at(f->device->lport);
	__u16 lport = f->device->lport;
	struct fwd_hdr h;

	f->t.changes = state.changes;
	if (!at || !at->p.in_use)
		return FATE_UP;
	f->d.in = lport;
	f->in = at;
	f->d.drop = (__u8)fwd_parse(f->head, f->len, &at->p, &h);
	if (f->d.drop == FWD_PASS)
		f->d.drop = (__u8)fwd_enter(&f->t, lport, &at->p, &h, &lport);
	if (f->d.drop != FWD_PASS) {
		f->d.dst = h.dst;
		return drop(f);
	}
	f->in = slot_at(lport);
	if (!f->in || !f->in->p.in_use)
		return FATE_UP;
	f->d.drop = (__u8)fwd_ingress(&f->t, lport, &f->in->p, &h, &f->d);
	if (f->d.drop != FWD_PASS)
		return drop(f);
	if (fwd_is_group(f->d.dst) && f->in->p.relay != FWD_IV && f->in->p.relay < FWD_VEPA)
		return FATE_UP;
	if (!is_in_place(f) || (f->d.is_admitted && f->t.is_unheard))
		return FATE_UP;
	f->d.drop = route(f);
	if (f->d.drop != FWD_PASS)
		return drop(f);
	if (f->d.to != FWD_TO_ONE || !f->out)
		return FATE_UP;
	if (f->in->p.relay == FWD_IV)
		find_receiver(f);
	return f->t.has_missed && !is_sure(&f->t) ? FATE_UP : FATE_SEND;
}

/* ---- counting, as relay.c does ---- */

static inline struct fwd_port_count *port_count(const struct frame *f, __u16 lport)
{
	__u32 i = f->lane * FWD_MAPS_LPORTS + lport;

	return bpf_map_lookup_elem(&port_counts, &i);
}

static inline struct fwd_vsi_count *vsi_count(const struct frame *f, __u32 vsi)
{
	__u32 i = f->lane * setup.n_vsis + vsi;

	return vsi < setup.n_vsis ? bpf_map_lookup_elem(&vsi_counts, &i) : 0;
}

static inline void count_in(const struct frame *f)
{
	struct fwd_port_count *n = port_count(f, f->d.in);
	struct fwd_vsi_count *v = f->d.is_admitted ? vsi_count(f, f->d.binding) : 0;

	if (n) {
		n->rx_frames++;
		n->rx_octets += f->len;
	}
	if (v) {
		v->rx_frames++;
		v->rx_octets += f->len;
		v->seen = f->now;
	}
}

static inline void count_drop(const struct frame *f)
{
	__u32 at = f->d.drop == FWD_DROP_TOO_LONG && f->d.to == FWD_TO_ONE ? f->d.out : f->d.in;
	struct fwd_drop_count *n = bpf_map_lookup_elem(&drops, &at);

	count_in(f);
	if (n && f->d.drop < FWD_N_DROPS)
		__sync_fetch_and_add(&n->n[f->d.drop], 1);
}

static inline void count_send(const struct frame *f, __u32 len)
{
	struct fwd_port_count *n = port_count(f, f->d.out);
	struct fwd_vsi_count *v = vsi_count(f, f->t.vsi);

	count_in(f);
	if (n) {
		n->tx_frames++;
		n->tx_octets += len;
		if (f->d.out == f->d.in)
			n->reflected++;
	}
	if (v) {
		v->tx_frames++;
		v->tx_octets += len;
	}
}

#endif
