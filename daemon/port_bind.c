/*
 * port_bind.c - which VM port a station VSI belongs to, and what the relay admits for each VSI.
 *
 * A VSI is bound by name (evbctl --vm-port), by the address of the VM port's device (macvtap carries its guest's
 * address; libvirt gives a tap the guest's address with the first octet fe), or by the first frame that comes from a
 * VM port with an address of an unbound VSI. A VM port that vanishes takes its VSIs with it: they are de-associated.
 *
 * The relay admits, on the VM port and on the bridge's station-facing port alike, exactly the (VID, MAC) pairs of
 * associated VSIs; the VSI's index in its table is the owner of its admissions.
 */
#include <stdio.h>

#include "node_priv.h"

enum { /* A search by source address looks at every VSI: one per VM port in this time, and one of all in that. */
	BIND_SCAN_MS = 10,
	BIND_SCAN_UPLINK_MS = 2,
};

uint16_t node_vsi_other_port(const struct vdp_vsi *v)
{
	return v->user == USER_UNBOUND || v->user == USER_HOST ? NODE_NO_PORT : (uint16_t)(v->user - 1);
}

uint16_t node_vsi_vm_port(const struct node_port *p, const struct vdp_vsi *v)
{
	return p->kind == NODE_STATION ? node_vsi_other_port(v) : NODE_NO_PORT;
}

bool node_vsi_is_host(const struct node_port *p, const struct vdp_vsi *v)
{
	return p->kind == NODE_STATION && v->user == USER_HOST;
}

/* The relay port that carries the VSI: the SBP on a bridge, the VM's DRP on a station; none for the host's own. */
static uint16_t lport_of(const struct node *n, const struct node_port *p, const struct vdp_vsi *v)
{
	uint16_t vm = node_vsi_vm_port(p, v);

	if (p->kind == NODE_BRIDGE)
		return p->lport;
	return vm != NODE_NO_PORT && n->port[vm] ? n->port[vm]->lport : FWD_LPORT_NONE;
}

/* What the filters admit. is_all: null VIDs too, of a request whose VLANs are not chosen yet. */
static unsigned admissions(uint8_t format, unsigned n, const struct vdp_filter *filters, bool is_all,
	struct relay_admit list[VDP_FILTERS_MAX])
{
	bool has_mac = format == VDP_FILTER_MAC_VID || format == VDP_FILTER_GROUP_MAC_VID;
	unsigned k = 0;

	for (unsigned i = 0; i < n && k < VDP_FILTERS_MAX; i++) {
		const struct vdp_filter *f = &filters[i];

		if (f->vid == 0 && !is_all)
			continue;
		list[k] = (struct relay_admit){ .vid = f->vid, .has_pcp = f->has_pcp, .pcp = f->pcp };
		if (has_mac)
			list[k].mac = f->mac;
		k++;
	}
	return k;
}

bool port_bind_fits(struct node *n, uint16_t port, uint32_t vsi, const struct vtdb_query *q)
{
	struct relay_admit list[VDP_FILTERS_MAX];
	const struct node_vifs *x = n->port[port]->vifs;
	uint16_t lport = n->port[port]->lport;

	if (x)
		lport = relay_channel(n->relay, lport, x->asked_vif[vsi]);
	return q->op != VDP_ASSOC || lport == FWD_LPORT_NONE ||
	       relay_admit_fits(n->relay, lport, vsi, list,
		       admissions(q->format, q->n_filters, q->filters, true, list));
}

void port_bind_sync(struct node *n, uint16_t port, uint32_t vsi, struct mono now)
{
	struct relay_admit list[VDP_FILTERS_MAX];
	const struct node_port *p = n->port[port];
	const struct vdp_vsi *v = vdp_table_get(p->vdp, vsi);
	bool is_of_vif = p->kind == NODE_BRIDGE && p->vifs;
	uint16_t lport = is_of_vif ? cb_lport_of(n, port, vsi) : lport_of(n, p, v);
	unsigned n_admitted = 0;

	if (lport == FWD_LPORT_NONE)
		return;
	if (v->state == VDP_STATE_ASSOC)
		n_admitted = admissions(v->format, v->n_filters, v->filters, false, list);
	if (!relay_admit(n->relay, lport, vsi, list, n_admitted))
		node_tell(n,
			&(struct node_event){ .kind = NODE_EVENT_REFUSED,
				.is_warning = true,
				.port = port,
				.vsi = v,
				.event = "admission table full, the VSI's traffic is blocked" },
			now);
	if (!p->vifs)
		return;
	node_forwarding(n, n->by_lport[lport]);
	if (is_of_vif)
		cb_vif_changed(n, n->by_lport[lport]);
}

static void bind_to(struct node *n, uint16_t port, uint32_t vsi, uint16_t vm, struct mono now)
{
	vdp_table_set_user(n->port[port]->vdp, vsi, (uint32_t)vm + 1);
	port_bind_sync(n, port, vsi, now);
	if (n->port[port]->vifs)
		pe_vsi(n, port, vsi, now);
	port_vsi_keep(n, port, &vdp_table_get(n->port[port]->vdp, vsi)->subject.vsi);
	node_tell(n,
		&(struct node_event){ .kind = NODE_EVENT_BIND,
			.port = port,
			.vsi = vdp_table_get(n->port[port]->vdp, vsi),
			.event = "bound to VM port",
			.to = n->port[vm]->name },
		now);
}

static bool vsi_has_mac(const struct vdp_vsi *v, struct mac mac)
{
	if (v->format != VDP_FILTER_MAC_VID && v->format != VDP_FILTER_GROUP_MAC_VID)
		return false;
	for (unsigned i = 0; i < v->n_filters; i++)
		if (mac_equal(v->filters[i].mac, mac))
			return true;
	return false;
}

/* Is the device's own address the guest's (macvtap), or libvirt's fe: variant of it? */
static bool is_device_of(const struct node_port *vm, const struct vdp_vsi *v)
{
	struct mac m = vm->mac;

	if (vsi_has_mac(v, m))
		return true;
	if (m.b[0] != 0xfe)
		return false;
	for (unsigned i = 0; i < v->n_filters; i++) {
		m.b[0] = v->filters[i].mac.b[0];
		if (vsi_has_mac(v, m))
			return true;
	}
	return false;
}

/* Is the device's address the guest's, or libvirt's fe: form of it? */
static bool has_guest_mac(struct mac device, struct mac guest)
{
	if (device.b[0] == 0xfe)
		device.b[0] = guest.b[0];
	return mac_equal(device, guest);
}

bool node_is_station_of(const struct node *n, uint16_t port, uint16_t station)
{
	const struct node_port *p = node_port(n, port), *s = node_port(n, station);

	return p && s && p->kind == NODE_STATION &&
	       (p->device == station || (p->vifs && s->vifs && p->vifs->pe && p->vifs->pe == s->vifs->pe));
}

uint16_t node_vsi_find(const struct node *n, uint16_t station, const struct vsi_id *id)
{
	for (uint16_t i = 0; i < n->n_ports; i++)
		if (node_is_station_of(n, i, station) && vdp_table_find(n->port[i]->vdp, id) != UINT32_MAX)
			return i;
	return NODE_NO_PORT;
}

uint16_t node_vm_port_of_mac(const struct node *n, uint16_t station, struct mac mac)
{
	for (uint16_t i = 0; i < n->n_ports; i++)
		if (n->port[i] && n->port[i]->kind == NODE_VM && n->port[i]->is_present &&
			node_is_station_of(n, n->port[i]->home, station) &&
			has_guest_mac(n->port[i]->mac, mac))
			return i;
	return NODE_NO_PORT;
}

void port_bind_vsi(struct node *n, uint16_t port, uint32_t vsi, struct mono now)
{
	const struct vdp_vsi *v = vdp_table_get(n->port[port]->vdp, vsi);

	for (uint16_t i = 0; i < n->n_ports; i++) {
		if (n->port[i] && n->port[i]->uplink == port && n->port[i]->is_present &&
			is_device_of(n->port[i], v)) {
			bind_to(n, port, vsi, i, now);
			return;
		}
	}
}

/* Bind the unbound VSI that `fits` the VM port. */
static void bind_first(struct node *n, uint16_t vm,
	bool (*fits)(const struct node_port *, const struct vdp_vsi *), struct mac src, struct mono now)
{
	uint16_t port = n->port[vm]->uplink;
	struct vdp_table *t = n->port[port]->vdp;

	for (uint32_t i = vdp_table_next(t, 0); i != UINT32_MAX; i = vdp_table_next(t, i + 1)) {
		const struct vdp_vsi *v = vdp_table_get(t, i);

		if (v->user == USER_UNBOUND && (fits ? fits(n->port[vm], v) : vsi_has_mac(v, src)))
			bind_to(n, port, i, vm, now);
	}
}

void port_bind_vm_port(struct node *n, uint16_t vm, struct mono now)
{
	if (n->port[vm]->is_present)
		bind_first(n, vm, is_device_of, n->port[vm]->mac, now);
}

void port_bind_source(struct node *n, uint16_t vm, struct mac src, struct mono now)
{
	struct node_port *p = n->port[vm], *uplink = n->port[p->uplink];

	p->count.unbound++;
	if (mono_before(now, p->next_bind_scan) || mono_before(now, uplink->next_bind_scan))
		return;
	p->next_bind_scan = mono_add(now, dur_ms(BIND_SCAN_MS));
	uplink->next_bind_scan = mono_add(now, dur_ms(BIND_SCAN_UPLINK_MS));
	bind_first(n, vm, NULL, src, now);
}

void port_bind_revoke(struct node *n, uint16_t vm, uint32_t vsi)
{
	if (n->port[vm]->lport == FWD_LPORT_NONE)
		return;
	(void)relay_admit(n->relay, n->port[vm]->lport, vsi, NULL, 0);
	node_forwarding(n, vm);
}

void port_bind_vm_gone(struct node *n, uint16_t vm, struct mono now)
{
	uint16_t port = n->port[vm]->uplink;
	struct vdp_table *t = n->port[port]->vdp;
	char reason[VTDB_REASON];

	snprintf(reason, sizeof(reason), "its VM port %s is gone", n->port[vm]->name);
	for (uint32_t i = vdp_table_next(t, 0); i != UINT32_MAX; i = vdp_table_next(t, i + 1)) {
		const struct vdp_vsi *v = vdp_table_get(t, i);
		struct vsi_id id = v->subject.vsi;

		if (v->user != (uint32_t)vm + 1)
			continue;
		port_bind_revoke(n, vm, i);
		vdp_table_set_user(t, i, USER_UNBOUND);
		(void)vdp_station_deassociate(t, &id, now);
		vdp_table_set_reason(t, i, reason);
		port_vsi_keep(n, port, &id);
	}
	node_pump(n, port, now);
}
