/*
 * uplink_mtu.c - the MTU that an uplink needs for the frames it carries in tags (port-extension-reference 2.7, 8.1).
 *
 *      VM's MTU + tag (S 4, VN 6, E 8) + 4 if a C-tag is behind it
 *
 * On a station the VM ports say how long their frames may be. On a bridge the ordinary ports do: what comes from other
 * stations had to fit their uplinks already. A C-tag is there when a VSI's VLAN is not the pvid of its channel; a VSI that
 * has no VLAN yet may get any. A VIF has the first VLAN of each address untagged, so there only further ones need room.
 */
#include "uplink_mtu.h"

#include <stdio.h>

enum { C_TAG_OCTETS = 4 };

static uint32_t octets_of(enum fwd_tag tag)
{
	static const uint8_t octets[] = {
		[FWD_TAG_NONE] = 0, [FWD_TAG_S] = 4, [FWD_TAG_VN] = 6, [FWD_TAG_E] = 8
	};

	return octets[tag];
}

/* The tag in which frames of this port or S-channel are on its device; of two that it may be, the shorter until it is agreed. */
static enum fwd_tag tag_of(const struct node_port *p)
{
	static const enum fwd_tag pe[] = { [CONF_TAG_NONE] = FWD_TAG_NONE,
		[CONF_TAG_VN] = FWD_TAG_VN,
		[CONF_TAG_E] = FWD_TAG_E,
		[CONF_TAG_ANY] = FWD_TAG_VN };

	if (p->vifs && p->vifs->has_format)
		return p->vifs->format == VNTAG_FORMAT_VN ? FWD_TAG_VN : FWD_TAG_E;
	return p->scid != NODE_CHANNEL_DEFAULT ? FWD_TAG_S : pe[p->conf.pe.tag];
}

/* Has the VSI a VLAN that frames of its VIF carry a tag for? Its addresses have their first one untagged. */
static bool is_trunk(const struct vdp_vsi *v)
{
	bool has_mac = v->format == VDP_FILTER_MAC_VID || v->format == VDP_FILTER_GROUP_MAC_VID;

	for (unsigned f = 1; f < v->n_filters; f++)
		for (unsigned k = 0; k < f; k++)
			if (mac_equal(v->filters[f].mac, v->filters[k].mac) &&
				v->filters[f].vid != v->filters[k].vid)
				return true;
	return !has_mac && v->n_filters > 0;
}

/* May frames of this port or S-channel have a C-tag behind that one? */
static bool has_c_tag(const struct node_port *p)
{
	uint32_t i = vdp_table_next(p->vdp, 0);

	if (i == UINT32_MAX)
		return true;
	for (; i != UINT32_MAX; i = vdp_table_next(p->vdp, i + 1)) {
		const struct vdp_vsi *v = vdp_table_get(p->vdp, i);

		if (p->vifs && is_trunk(v))
			return true;
		for (unsigned f = 0; !p->vifs && f < v->n_filters; f++)
			if (v->filters[f].vid != p->conf.pvid)
				return true;
	}
	return false;
}

/* Frames of `inner` octets go through `p`, a port or S-channel of the uplink. */
static void consider(struct uplink_mtu *m, const struct node_port *p, uint32_t inner, uint16_t from)
{
	enum fwd_tag tag = tag_of(p);
	uint32_t needed = inner + octets_of(tag) + C_TAG_OCTETS;

	if (tag == FWD_TAG_NONE || needed <= m->needed)
		return;
	if (!has_c_tag(p))
		needed -= C_TAG_OCTETS;
	if (needed <= m->needed)
		return;
	m->needed = needed;
	m->inner = inner;
	m->tag = tag;
	m->port = from;
}

static void consider_vms(struct uplink_mtu *m, const struct node *n, uint16_t port)
{
	for (uint16_t i = 0; i < node_n_ports(n); i++) {
		const struct node_port *vm = node_port(n, i);
		const struct node_port *up = vm && vm->kind == NODE_VM ? node_port(n, vm->uplink) : NULL;

		if (up && up->device == port && vm->is_present)
			consider(m, up, vm->mtu, i);
	}
}

static void consider_bridge(struct uplink_mtu *m, const struct node *n, uint16_t port)
{
	uint32_t inner = 0;
	uint16_t from = NODE_NO_PORT;

	for (uint16_t i = 0; i < node_n_ports(n); i++) {
		const struct node_port *p = node_port(n, i);

		if (p && p->kind == NODE_ORDINARY && p->is_present && p->mtu > inner) {
			inner = p->mtu;
			from = i;
		}
	}
	for (uint16_t i = 0; from != NODE_NO_PORT && i < node_n_ports(n); i++)
		if (node_port(n, i) && node_port(n, i)->device == port && node_port(n, i)->vdp)
			consider(m, node_port(n, i), inner, from);
}

struct uplink_mtu uplink_mtu(const struct node *n, uint16_t port)
{
	const struct node_port *p = node_port(n, port);
	struct uplink_mtu m = { .port = NODE_NO_PORT };

	if (p->kind == NODE_STATION)
		consider_vms(&m, n, port);
	else if (p->kind == NODE_BRIDGE)
		consider_bridge(&m, n, port);
	m.is_too_small = p->is_present && m.needed > p->mtu;
	return m;
}

const char *uplink_mtu_text(
	const struct node *n, uint16_t port, const struct uplink_mtu *m, char text[UPLINK_MTU_TEXT])
{
	static const char *const where[] = { [FWD_TAG_NONE] = "",
		[FWD_TAG_S] = "S-channels",
		[FWD_TAG_VN] = "VN-Tags",
		[FWD_TAG_E] = "E-TAGs" };
	const struct node_port *p = node_port(n, port), *from = node_port(n, m->port);

	if (p->kind == NODE_STATION)
		snprintf(text, UPLINK_MTU_TEXT, "mtu %u, needs %u for VMs of %u in %s", p->mtu, m->needed,
			m->inner, where[m->tag]);
	else
		snprintf(text, UPLINK_MTU_TEXT, "mtu %u, needs %u for frames of %u from %s in %s", p->mtu,
			m->needed, m->inner, from ? from->name : "?", where[m->tag]);
	return text;
}
