/*
 * The forwarding decision: this frame, from this logical port, with these tables - where to, with which tag.
 * Written once for user space (gcc, clang) and for the kernel (clang -target bpf), which has no indirect calls:
 * whoever includes this file first defines `struct fwd_tables`, the look-ups below as static inline functions, and
 * FWD_HAS_TABLES to say so; without it there is only the parser.
 *
 *   static inline const struct fwd_port *fwd_port_at(struct fwd_tables *, uint16_t lport);   NULL: no such port
 *   static inline bool fwd_in_vlan(struct fwd_tables *, uint16_t lport, uint16_t vid);       member set
 *   static inline bool fwd_in_untagged(struct fwd_tables *, uint16_t lport, uint16_t vid);   untagged set
 *   static inline enum fwd_admission fwd_admit(struct fwd_tables *, uint16_t lport, uint16_t vid, uint64_t mac,
 *           struct fwd_binding *ret);                   exact (lport, vid, mac), then any source of (lport, vid)
 *   static inline uint16_t fwd_untagged_vid(struct fwd_tables *, uint16_t lport, uint64_t mac);   DRP, 0: none
 *   static inline uint16_t fwd_fdb_find(struct fwd_tables *, uint16_t component, uint16_t vid, uint64_t mac);
 *   static inline bool fwd_group_known(struct fwd_tables *, uint16_t component, uint16_t vid, uint64_t mac);
 *   static inline bool fwd_group_has(struct fwd_tables *, uint16_t lport, uint16_t vid, uint64_t mac);
 *   static inline bool fwd_flood_credit(struct fwd_tables *, uint16_t lport);                storm limit
 *
 * Steps of a driver: fwd_parse, fwd_ingress, learn what decision.learn says, fwd_route; then for the one port or for
 * each candidate of the set fwd_may_transmit, fwd_fits and fwd_egress_tag. (802.1Q 8.6; evb-reference 1.3, 1.4)
 *
 * A logical port is (port, channel), so S-channels need nothing here; S-TAG, VN-Tag and E-TAG are popped before
 * fwd_parse and pushed after fwd_egress_tag, by fwd_port.tag.
 */
#ifndef EVB_FORWARD_H
#define EVB_FORWARD_H

#include "fwd_types.h"

#define FWD_MAC_GROUP    0x010000000000ull /* the I/G bit, 802.1Q 8.6.3 */
#define FWD_MAC_RESERVED 0x0180c2000000ull /* the low four bits are any */

enum {
	FWD_ADDRESSES = 12, /* octets of the two MAC addresses */
	FWD_C_TAG = 4,
	FWD_HEAD = 18, /* addresses, one C-tag, EtherType */
	FWD_C_TPID = 0x8100,
	FWD_VID_MASK = 0xfff,
};

static inline bool fwd_is_group(uint64_t mac)
{
	return (mac & FWD_MAC_GROUP) != 0;
}

static inline uint64_t fwd_mac(const uint8_t *b)
{
	return (uint64_t)b[0] << 40 | (uint64_t)b[1] << 32 | (uint64_t)b[2] << 24 | (uint64_t)b[3] << 16 |
	       (uint64_t)b[4] << 8 | b[5];
}

/** `head`: the first FWD_HEAD octets of a frame of `len`, or all of it when it is shorter. */
static inline enum fwd_drop fwd_parse(const uint8_t *head, uint32_t len, struct fwd_hdr *ret)
{
	if (len < FWD_ADDRESSES + 2)
		return FWD_DROP_MALFORMED;
	ret->dst = fwd_mac(head);
	ret->src = fwd_mac(head + 6);
	ret->tci = 0;
	ret->tag_len = 0;
	if ((head[12] << 8 | head[13]) != FWD_C_TPID)
		return FWD_PASS;
	if (len < FWD_HEAD)
		return FWD_DROP_MALFORMED;
	ret->tci = (uint16_t)(head[14] << 8 | head[15]);
	ret->tag_len = FWD_C_TAG;
	return FWD_PASS;
}

#ifdef FWD_HAS_TABLES

/* Station-facing: only what belongs to an associated VSI enters (RR-*, evb-reference 1.3). The VLAN for frames of no
 * VSI takes untagged ones and those that already carry its VID; a tag is never changed into another. */
static inline enum fwd_drop fwd_ingress_sbp(
	struct fwd_tables *t, const struct fwd_port *in, uint16_t vid, struct fwd_decision *d)
{
	struct fwd_binding b = { 0 };
	enum fwd_admission a;

	d->vid = vid != 0 ? vid : in->pvid;
	a = fwd_admit(t, d->in, d->vid, d->src, &b);
	if (a != FWD_ADMIT_NONE) {
		d->is_admitted = 1;
		d->binding = b.id;
		d->learn = a == FWD_ADMIT_EXACT ? FWD_LEARN_BOUND : FWD_LEARN_STATION;
		return FWD_PASS;
	}
	if (in->unassociated_vid == 0 || (vid != 0 && vid != in->unassociated_vid))
		return FWD_DROP_NOT_ASSOCIATED;
	d->vid = in->unassociated_vid;
	d->learn = FWD_LEARN_STATION;
	return FWD_PASS;
}

/* A VM: an untagged frame takes the VLAN, and without a tag of its own the priority, of the VSI of its source. */
static inline enum fwd_drop fwd_ingress_drp(
	struct fwd_tables *t, const struct fwd_port *in, uint16_t vid, struct fwd_decision *d)
{
	struct fwd_binding b = { 0 };
	enum fwd_admission a = FWD_ADMIT_NONE;

	d->vid = vid != 0 ? vid : in->pvid != 0 ? in->pvid : fwd_untagged_vid(t, d->in, d->src);
	if (d->vid != 0)
		a = fwd_admit(t, d->in, d->vid, d->src, &b);
	if (a == FWD_ADMIT_NONE) {
		d->is_unknown_source = 1;
		return FWD_DROP_NOT_ASSOCIATED;
	}
	d->is_admitted = 1;
	d->binding = b.id;
	d->learn = a == FWD_ADMIT_EXACT ? FWD_LEARN_BOUND : FWD_LEARN_STATION;
	if (d->tag_len == 0 && b.has_pcp)
		d->prio = (uint8_t)(b.pcp << 1);
	return FWD_PASS;
}

/** May the frame enter, to which VLAN does it belong, and is its source to be learned? Fills *d but for the way out. */
static inline enum fwd_drop fwd_ingress(struct fwd_tables *t, uint16_t lport, const struct fwd_port *in,
	const struct fwd_hdr *h, struct fwd_decision *d)
{
	uint16_t vid = h->tci & FWD_VID_MASK;
	enum fwd_drop drop = FWD_PASS;

	*d = (struct fwd_decision){ .dst = h->dst,
		.src = h->src,
		.in = lport,
		.out = FWD_LPORT_NONE,
		.except = FWD_LPORT_NONE,
		.prio = (uint8_t)(h->tci >> 12),
		.tag_len = h->tag_len };
	if (!in->forwarding)
		return FWD_DROP_BLOCKED;
	if (fwd_is_group(h->src) || h->src == 0)
		return FWD_DROP_MALFORMED;
	if ((h->dst & ~0xfull) == FWD_MAC_RESERVED)
		return FWD_DROP_RESERVED;
	if (vid > FWD_VID_MAX)
		return FWD_DROP_VLAN;
	if (in->kind == FWD_SBP) {
		drop = fwd_ingress_sbp(t, in, vid, d);
	} else if (in->kind == FWD_DRP) {
		drop = fwd_ingress_drp(t, in, vid, d);
	} else {
		d->vid = vid != 0 ? vid : in->pvid;
		d->learn = FWD_LEARN_STATION;
		/* an uplink takes every VLAN: which of its DRPs are in it is decided on the way out */
		if (d->vid == 0 || (in->kind == FWD_ORDINARY && !fwd_in_vlan(t, lport, d->vid)))
			drop = FWD_DROP_VLAN;
	}
	if (drop != FWD_PASS || !in->learns)
		d->learn = FWD_LEARN_NOT;
	return drop;
}

/** May this copy leave by logical port `lport`? The reception port is no exception but for reflective relay: with it
 * on, only that one test falls away (802.1Q 8.6.1; evb-reference 1.3). `out` is fwd_port_at(lport). */
static inline enum fwd_drop fwd_may_transmit(struct fwd_tables *t, const struct fwd_port *in,
	const struct fwd_decision *d, uint16_t lport, const struct fwd_port *out)
{
	if (!out || !out->in_use || !out->forwarding || out->component != in->component)
		return FWD_DROP_EGRESS;
	if ((lport == d->in && !in->rr) || lport == d->except)
		return FWD_DROP_SAME_PORT;
	if (!fwd_in_vlan(t, lport, d->vid))
		return FWD_DROP_EGRESS;
	if (d->is_registered && out->kind != FWD_URP && !fwd_group_has(t, lport, d->vid, d->dst))
		return FWD_DROP_EGRESS;
	return FWD_PASS;
}

static inline enum fwd_drop fwd_to_one(
	struct fwd_tables *t, const struct fwd_port *in, struct fwd_decision *d, uint16_t lport)
{
	d->to = FWD_TO_ONE;
	d->out = lport;
	return fwd_may_transmit(t, in, d, lport, fwd_port_at(t, lport));
}

/** Where to: one port, or the set of ports that fwd_may_transmit() allows. */
static inline enum fwd_drop fwd_route(struct fwd_tables *t, const struct fwd_port *in, struct fwd_decision *d)
{
	uint16_t out = FWD_LPORT_NONE;

	if (in->relay == FWD_VEPA && in->kind == FWD_DRP) /* rule 1: always to the adjacent bridge */
		return in->urp == FWD_LPORT_NONE ? FWD_DROP_NO_DESTINATION : fwd_to_one(t, in, d, in->urp);
	if (in->relay == FWD_VEPA) /* rule 3: the sender does not get its own frame back */
		d->except = fwd_fdb_find(t, in->component, d->vid, d->src);
	if (!fwd_is_group(d->dst))
		out = fwd_fdb_find(t, in->component, d->vid, d->dst);
	else
		d->is_registered = fwd_group_known(t, in->component, d->vid, d->dst);
	if (out != FWD_LPORT_NONE)
		return fwd_to_one(t, in, d, out);
	if (in->relay == FWD_VEPA && !fwd_is_group(d->dst)) /* rule 2: unknown unicast is for none of ours */
		return FWD_DROP_NO_DESTINATION;
	if (in->kind == FWD_ORDINARY && !d->is_registered && !fwd_flood_credit(t, d->in))
		return FWD_DROP_STORM;
	d->to = FWD_TO_SET;
	return FWD_PASS;
}

/** Does a frame of `len` octets fit? The relay's own C-tag does not count, a second tag is payload. */
static inline bool fwd_fits(const struct fwd_port *out, const struct fwd_decision *d, uint32_t len)
{
	return out->mtu == 0 || len - FWD_ADDRESSES - 2 - d->tag_len <= out->mtu;
}

/** Does this copy carry a C-tag? */
static inline bool fwd_egress_tag(
	struct fwd_tables *t, const struct fwd_port *out, uint16_t lport, const struct fwd_decision *d)
{
	switch ((enum fwd_kind)out->kind) {
	case FWD_SBP: /* frames of no VSI came untagged, so their answers go untagged */
		return d->vid != out->pvid && d->vid != out->unassociated_vid;
	case FWD_URP:
		return d->vid != out->pvid;
	case FWD_ORDINARY:
	case FWD_DRP:
		break;
	}
	return !fwd_in_untagged(t, lport, d->vid);
}

static inline uint16_t fwd_egress_tci(const struct fwd_decision *d)
{
	return (uint16_t)(d->prio << 12 | d->vid);
}

#endif /* FWD_HAS_TABLES */

#endif
