/*
 * The forwarding decision: this frame, from this logical port, with these tables - where to, with which tag.
 * Written once for user space (gcc, clang) and for the kernel (clang -target bpf), which has no indirect calls:
 * whoever includes this file first defines `struct fwd_tables`, the look-ups below as static inline functions, and
 * FWD_HAS_TABLES to say so; without it there is only the parser.
 *
 *   static inline const struct fwd_port *fwd_port_at(struct fwd_tables *, uint16_t lport);   NULL: no such port
 *   static inline bool fwd_in_vlan(struct fwd_tables *, uint16_t lport, uint16_t vid);       member set
 *   static inline bool fwd_in_untagged(struct fwd_tables *, uint16_t lport, uint16_t vid);       untagged set; in an
 *           interface virtualizer without what follows from associations
 *   static inline enum fwd_admission fwd_admit(struct fwd_tables *, uint16_t lport, uint16_t vid, uint64_t mac,
 *           struct fwd_binding *ret);                   exact (lport, vid, mac), then any source of (lport, vid)
 *   static inline uint16_t fwd_untagged_vid(struct fwd_tables *, uint16_t lport, uint64_t mac);   DRP, 0: none
 *   static inline uint16_t fwd_fdb_find(struct fwd_tables *, uint16_t component, uint16_t vid, uint64_t mac);
 *   static inline bool fwd_group_known(struct fwd_tables *, uint16_t component, uint16_t vid, uint64_t mac);
 *   static inline bool fwd_group_has(struct fwd_tables *, uint16_t lport, uint16_t vid, uint64_t mac);
 *   static inline bool fwd_flood_credit(struct fwd_tables *, uint16_t lport);                storm limit
 *   static inline uint16_t fwd_channel(struct fwd_tables *, uint16_t trunk, uint32_t id);     port of a tag, or NONE
 *   static inline bool fwd_list_known(struct fwd_tables *, uint16_t trunk, uint32_t id);      VIF list, E-CID group
 *
 * Steps of a driver: fwd_parse, fwd_enter, fwd_ingress, learn what decision.learn says, fwd_route; then for the one port or
 * for each candidate of the set or list fwd_may_transmit, fwd_egress and fwd_check. (802.1Q 8.6; evb-reference 1.3, 1.4)
 *
 *      device ── trunk port ─┬─ untagged: the trunk port itself (S-channels: the default one)      relay
 *                            ├─ tag 100:  logical port of channel, CAP or VIF ───────────────────► component
 *                            └─ tag 101:  another
 *
 * A logical port is (device, channel). What a device's outer tags mean is its trunk port's fwd_port.carries: none, S-TAGs
 * of S-channels (evb-reference 1.2), VN-Tags or E-TAGs of VIFs (port-extension-reference 2-5). Outer tags end at
 * fwd_enter() and begin at fwd_egress(); in between a channel is a port like any other.
 */
#ifndef EVB_FORWARD_H
#define EVB_FORWARD_H

#include "fwd_types.h"
#include "vntag_hdr.h"

#define FWD_MAC_GROUP    0x010000000000ull /* the I/G bit, 802.1Q 8.6.3 */
#define FWD_MAC_RESERVED 0x0180c2000000ull /* the low four bits are any */

enum {
	FWD_ADDRESSES = 12, /* octets of the two MAC addresses */
	FWD_C_TAG = 4,
	FWD_S_TAG = 4,
	FWD_HEAD = 26, /* addresses, the longest outer tag, one C-tag, EtherType */
	FWD_C_TPID = 0x8100,
	FWD_S_TPID = 0x88a8,
	FWD_SVID_DEFAULT =
		1, /* of the default S-channel, whose frames need no S-TAG (evb-reference 1.2, 4.1) */
	FWD_MAC_CONTROL = 0x8808, /* PAUSE and PFC, never relayed (port-extension-reference 2.6) */
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

static inline uint16_t fwd_be16(const uint8_t *b)
{
	return (uint16_t)(b[0] << 8 | b[1]);
}

static inline enum fwd_drop fwd_tag_drop(enum vntag_drop d)
{
	return d == VNTAG_PASS ? FWD_PASS : (enum fwd_drop)(FWD_DROP_TRUNCATED + d - VNTAG_DROP_TRUNCATED);
}

static inline enum vntag_format fwd_format(uint8_t tag)
{
	return tag == FWD_TAG_VN ? VNTAG_FORMAT_VN : VNTAG_FORMAT_E;
}

/* S-TAG behind the addresses; without one, and with VID 0 or 1, the frame is the default channel's (evb-reference 1.2). */
static inline enum fwd_drop fwd_parse_s_tag(const uint8_t *at, uint32_t len, struct fwd_hdr *ret)
{
	if (fwd_be16(at) != FWD_S_TPID)
		return FWD_PASS;
	if (len < FWD_S_TAG + 2)
		return FWD_DROP_MALFORMED;
	ret->outer_len = FWD_S_TAG;
	ret->outer_id = fwd_be16(at + 2) & FWD_VID_MASK;
	ret->outer_prio = at[2] >> 4;
	ret->has_prio = 1;
	return FWD_PASS;
}

/* Always inline: with `format` a constant there is one short way for each tag, 4 ns of 80. */
static inline __attribute__((always_inline)) enum fwd_drop fwd_parse_vif_tag(const uint8_t *at, uint32_t len,
	const struct fwd_port *in, enum vntag_format format, struct fwd_hdr *ret)
{
	enum vntag_way way = in->kind == FWD_URP ? VNTAG_DOWN : VNTAG_UP;
	struct vntag_hdr v;
	enum vntag_drop d = vntag_parse(at, len, format, &v);

	if (d == VNTAG_PASS)
		d = vntag_check(&v, way, in->is_base);
	if (d != VNTAG_PASS)
		return fwd_tag_drop(d);
	ret->outer_len = (uint8_t)vntag_len(format);
	ret->outer_id = way == VNTAG_DOWN ? vntag_channel(&v) : vntag_source(&v, way);
	ret->outer_from = way == VNTAG_DOWN ? vntag_source(&v, way) : 0;
	ret->outer_prio = (uint8_t)(v.pcp << 1 | v.dei);
	ret->has_prio = format == VNTAG_FORMAT_E;
	return FWD_PASS;
}

/** `head`: the first FWD_HEAD octets of a frame of `len`, or all of it when it is shorter. `in`: the device's port. */
static inline enum fwd_drop fwd_parse(
	const uint8_t *head, uint32_t len, const struct fwd_port *in, struct fwd_hdr *ret)
{
	enum fwd_drop drop = FWD_PASS;
	uint32_t at = FWD_ADDRESSES;

	if (len < FWD_ADDRESSES + 2) {
		*ret = (struct fwd_hdr){ 0 };
		return in->carries > FWD_TAG_S ? FWD_DROP_TRUNCATED : FWD_DROP_MALFORMED;
	}
	*ret = (struct fwd_hdr){ .dst = fwd_mac(head), .src = fwd_mac(head + 6) };
	if (in->carries == FWD_TAG_S)
		drop = fwd_parse_s_tag(head + at, len - at, ret);
	else if (in->carries == FWD_TAG_VN)
		drop = fwd_parse_vif_tag(head + at, len - at, in, VNTAG_FORMAT_VN, ret);
	else if (in->carries == FWD_TAG_E)
		drop = fwd_parse_vif_tag(head + at, len - at, in, VNTAG_FORMAT_E, ret);
	if (drop != FWD_PASS)
		return drop;
	at += ret->outer_len;
	ret->type = ret->inner = fwd_be16(head + at);
	if (ret->type == FWD_S_TPID && in->relay == FWD_IV && in->kind == FWD_DRP && len >= at + FWD_S_TAG) {
		ret->outer_prio = head[at + 2] >> 4; /* the priority is the outer VLAN tag's (5.4) */
		ret->has_prio = 1;
	}
	if (ret->type != FWD_C_TPID)
		return FWD_PASS;
	if (len < at + FWD_C_TAG + 2)
		return FWD_DROP_MALFORMED;
	ret->tci = fwd_be16(head + at + 2);
	ret->inner = fwd_be16(head + at + FWD_C_TAG);
	ret->tag_len = FWD_C_TAG;
	return FWD_PASS;
}

#ifdef FWD_HAS_TABLES

/** Which logical port does a frame from the device of port `at` come in by? */
static inline enum fwd_drop fwd_enter(struct fwd_tables *t, uint16_t at, const struct fwd_port *p,
	const struct fwd_hdr *h, uint16_t *ret_lport)
{
	uint16_t lport;

	*ret_lport = at;
	if (p->carries == FWD_TAG_NONE || (p->carries != FWD_TAG_S && p->kind == FWD_URP))
		return FWD_PASS; /* nobody else's; or going down: where to is fwd_route()'s question */
	if (p->carries == FWD_TAG_S && h->outer_id <= FWD_SVID_DEFAULT)
		return FWD_PASS;
	lport = fwd_channel(t, p->kind == FWD_TRANSIT ? p->urp : at, h->outer_id);
	if (p->carries == FWD_TAG_S && lport == FWD_LPORT_NONE)
		return FWD_DROP_NO_CHANNEL;
	if (lport == FWD_LPORT_NONE || (p->kind == FWD_TRANSIT && lport != at))
		return FWD_DROP_SOURCE_CHECK;
	*ret_lport = lport;
	return FWD_PASS;
}

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

/* An interface virtualizer neither learns nor filters by VLAN: a VM whose VSI is associated sends what it likes, control
 * frames too, since the port that they meet is the controlling bridge's (port-extension-reference 2.3, 2.6, 5.3). The VSI
 * says which VLAN an untagged frame needs to be admitted to; the frame stays as it is. */
static inline enum fwd_drop fwd_ingress_iv(
	struct fwd_tables *t, const struct fwd_port *in, uint16_t vid, struct fwd_decision *d)
{
	enum fwd_drop drop = FWD_PASS;
	uint8_t prio = d->prio;

	d->vid = vid;
	if (in->kind != FWD_DRP)
		return FWD_PASS;
	if (in->tag_id == 0) /* not created (3.6) */
		return FWD_DROP_UNKNOWN_VIF;
	if (vntag_is_ethertype(d->type))
		return FWD_DROP_NESTED;
	drop = fwd_ingress_drp(t, in, vid, d);
	d->learn = FWD_LEARN_NOT;
	if (d->type == FWD_S_TPID)
		d->prio = prio;
	return drop;
}

/* The C-tag's, else the outer tag's, else the port's default (802.1Q 6.9.4, 6.20; port-extension-reference 5.4). */
static inline uint8_t fwd_prio(const struct fwd_port *in, const struct fwd_hdr *h)
{
	if (h->tag_len > 0)
		return (uint8_t)(h->tci >> 12);
	if (h->has_prio)
		return h->outer_prio;
	return (uint8_t)(in->pcp << 1);
}

/** May the frame enter, to which VLAN does it belong, and is its source to be learned? Fills *d but for the way out. */
static inline enum fwd_drop fwd_ingress(struct fwd_tables *t, uint16_t lport, const struct fwd_port *in,
	const struct fwd_hdr *h, struct fwd_decision *d)
{
	uint16_t vid = h->tci & FWD_VID_MASK;
	enum fwd_drop drop = FWD_PASS;

	*d = (struct fwd_decision){ .dst = h->dst,
		.src = h->src,
		.outer_id = h->outer_id,
		.outer_from = h->outer_from,
		.in = lport,
		.out = FWD_LPORT_NONE,
		.except = FWD_LPORT_NONE,
		.tci = h->tci,
		.type = h->type,
		.inner = h->inner,
		.prio = fwd_prio(in, h),
		.tag_len = h->tag_len,
		.outer_len = h->outer_len };
	if (!in->forwarding)
		return FWD_DROP_BLOCKED;
	if (fwd_is_group(h->src) || h->src == 0)
		return FWD_DROP_MALFORMED;
	if (h->type == FWD_S_TPID && (in->tag == FWD_TAG_S || in->carries == FWD_TAG_S))
		return FWD_DROP_S_TAGGED;
	if (h->inner == FWD_MAC_CONTROL || ((h->dst & ~0xfull) == FWD_MAC_RESERVED && in->relay != FWD_IV))
		return FWD_DROP_RESERVED;
	if (vid > FWD_VID_MAX)
		return FWD_DROP_VLAN;
	if (in->relay == FWD_IV)
		return fwd_ingress_iv(t, in, vid, d);
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

/* Has a frame of this port a place on its device? Not while its channel has no tag: without one, or with VID 0, it would
 * be another's. Nor has one of the port itself where all but control is in the tags of VIFs (port-extension-reference 2.6). */
static inline bool fwd_has_way(const struct fwd_port *out)
{
	/* a VIF is reached by its number, or as a member of a list that it leaves with it */
	if (out->relay == FWD_IV)
		return true;
	return (out->tag == FWD_TAG_NONE || out->tag_id != 0) && out->carries <= FWD_TAG_S;
}

/** May this copy leave by logical port `lport`? The reception port is no exception but for reflective relay: with it
 * on, only that one test falls away (802.1Q 8.6.1; evb-reference 1.3). `out` is fwd_port_at(lport). */
static inline enum fwd_drop fwd_may_transmit(struct fwd_tables *t, const struct fwd_port *in,
	const struct fwd_decision *d, uint16_t lport, const struct fwd_port *out)
{
	if (!out || !out->in_use || !out->forwarding || out->component != in->component || !fwd_has_way(out))
		return FWD_DROP_EGRESS;
	if ((lport == d->in && !in->rr) || lport == d->except)
		return FWD_DROP_SAME_PORT;
	if (in->relay == FWD_IV) { /* the source gets no copy of its own frame (2.3, 4.2) */
		bool is_source = out->kind == FWD_DRP && d->outer_from != 0 && d->outer_from == out->tag_id;

		return is_source ? FWD_DROP_SAME_PORT : FWD_PASS;
	}
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

/* Down to the VIFs: by the tag alone, which may name a list; never flooded (port-extension-reference 2.4). */
static inline enum fwd_drop fwd_route_down(
	struct fwd_tables *t, const struct fwd_port *in, struct fwd_decision *d)
{
	uint16_t out;

	if (vntag_is_group(fwd_format(in->carries), d->outer_id)) {
		d->to = FWD_TO_LIST;
		return fwd_list_known(t, d->in, d->outer_id) ? FWD_PASS : FWD_DROP_UNKNOWN_VIF;
	}
	out = fwd_channel(t, d->in, d->outer_id);
	return out == FWD_LPORT_NONE ? FWD_DROP_UNKNOWN_VIF : fwd_to_one(t, in, d, out);
}

/** Where to: one port, or the set of ports that fwd_may_transmit() allows. */
static inline enum fwd_drop fwd_route(struct fwd_tables *t, const struct fwd_port *in, struct fwd_decision *d)
{
	uint16_t out = FWD_LPORT_NONE;

	if (in->relay >= FWD_VEPA && in->kind != FWD_URP) /* rule 1: always to the adjacent bridge */
		return in->urp == FWD_LPORT_NONE ? FWD_DROP_NO_DESTINATION : fwd_to_one(t, in, d, in->urp);
	if (in->relay == FWD_IV)
		return fwd_route_down(t, in, d);
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

/* Does this copy carry the relay's C-tag? */
static inline bool fwd_has_c_tag(
	struct fwd_tables *t, const struct fwd_port *out, uint16_t lport, const struct fwd_decision *d)
{
	switch ((enum fwd_kind)out->kind) {
	case FWD_SBP: /* frames of no VSI came untagged, so their answers go untagged */
		return d->vid != out->pvid && d->vid != out->unassociated_vid;
	case FWD_URP:
		return d->vid != out->pvid;
	case FWD_DRP:
		if (d->vid == out->pvid)
			return false;
		break;
	case FWD_ORDINARY:
	case FWD_TRANSIT:
		break;
	}
	return !fwd_in_untagged(t, lport, d->vid);
}

static inline void fwd_put_tag(struct vntag_hdr v, struct fwd_copy *ret)
{
	ret->outer = vntag_bits(&v);
	ret->outer_len = (uint8_t)vntag_len((enum vntag_format)v.format);
}

/* In an interface virtualizer the frame inside the tag stays as it is, but for the C-tag of a VLAN in the untagged set of
 * the VIF, which is the administrator's or the controlling bridge's, not its VSIs' (port-extension-reference 5.2). */
static inline void fwd_egress_iv(struct fwd_tables *t, const struct fwd_port *in, const struct fwd_port *out,
	uint16_t lport, const struct fwd_decision *d, struct fwd_copy *ret)
{
	ret->is_tagged = d->tag_len != 0;
	ret->tci = d->tci;
	if (out->kind == FWD_DRP) {
		if (ret->is_tagged && d->vid != FWD_VID_NONE && fwd_in_untagged(t, lport, d->vid))
			ret->is_tagged = 0;
	} else if (in->kind == FWD_DRP) {
		fwd_put_tag(vntag_up(fwd_format(out->carries), in->tag_id, d->prio), ret);
	} else {
		ret->is_outer_kept = 1;
		ret->outer_len = d->outer_len;
	}
}

/** How the copy for port `lport` begins. list: VIF list or group that it goes to instead of `out` alone, 0: none;
 * has_c_tag: of such a copy, for members that differ (5.2). */
static inline void fwd_egress(struct fwd_tables *t, const struct fwd_port *in, const struct fwd_port *out,
	uint16_t lport, const struct fwd_decision *d, uint32_t list, bool has_c_tag, struct fwd_copy *ret)
{
	bool is_same_trunk = in->tag == out->tag && in->trunk == out->trunk;

	*ret = (struct fwd_copy){ 0 };
	if (in->relay == FWD_IV) {
		fwd_egress_iv(t, in, out, lport, d, ret);
		return;
	}
	ret->is_tagged = list != 0 ? has_c_tag : fwd_has_c_tag(t, out, lport, d);
	ret->tci = (uint16_t)(d->prio << 12 | d->vid);
	if (out->tag == FWD_TAG_S) {
		ret->outer_len = FWD_S_TAG;
		ret->outer = (uint64_t)FWD_S_TPID << 48 | (uint64_t)d->prio << 44 |
			     (uint64_t)out->tag_id << 32;
	} else if (out->tag != FWD_TAG_NONE) {
		uint32_t to = list != 0 ? list : out->tag_id, from = is_same_trunk ? in->tag_id : 0;

		if (out->tag == FWD_TAG_VN)
			fwd_put_tag(vntag_down(VNTAG_FORMAT_VN, to, from, d->prio), ret);
		else
			fwd_put_tag(vntag_down(VNTAG_FORMAT_E, to, from, d->prio), ret);
	}
}

/* Does the copy of a frame of `len` octets fit? Below an outer tag every octet counts; else the relay's own C-tag does
 * not, for which every device has room (port-extension-reference 2.7). A second tag is payload. */
static inline bool fwd_fits(
	const struct fwd_port *out, const struct fwd_decision *d, const struct fwd_copy *c, uint32_t len)
{
	len -= FWD_ADDRESSES + 2u + d->tag_len + d->outer_len;
	if (c->outer_len > 0)
		len += c->outer_len + (c->is_tagged ? FWD_C_TAG : 0u);
	return out->mtu == 0 || len <= out->mtu;
}

/**
 * May the copy of a frame of `len` octets leave as fwd_egress() made it? Its first tag must not be one that the device of
 * `out` carries, be it that the frame came with it or that a C-tag in front of it stayed behind: the other end would take
 * it for another channel's. An S-component discards S-tagged frames at its CAPs, and tags of VIFs do not nest
 * (evb-reference 1.2; port-extension-reference 2.4, 5.3).
 */
static inline enum fwd_drop fwd_check(
	const struct fwd_port *out, const struct fwd_decision *d, const struct fwd_copy *c, uint32_t len)
{
	uint8_t tag = out->tag != FWD_TAG_NONE ? out->tag : out->carries;

	if (tag != FWD_TAG_NONE && !c->is_tagged) {
		if (tag == FWD_TAG_S && d->inner == FWD_S_TPID)
			return FWD_DROP_S_TAGGED;
		if (tag != FWD_TAG_S && vntag_is_ethertype(d->inner))
			return FWD_DROP_NESTED;
	}
	return fwd_fits(out, d, c, len) ? FWD_PASS : FWD_DROP_TOO_LONG;
}

#endif /* FWD_HAS_TABLES */

#endif
