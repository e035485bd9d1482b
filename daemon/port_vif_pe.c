/*
 * port_vif_pe.c - the interface virtualizer: VIFs of the VM ports behind a station's uplink (port-extension-reference 2.3,
 * 3.6, 5.3).
 *
 *      VM port vnet1 --wish--> csp_pe --CREATED 5--> relay: (uplink, 5) <-> vnet1; its VSIs may go out, naming VIF 5
 *                                     --CLEANUP----> none of it; the VM port loses its carrier, its VSIs wait
 *
 * Uplinks of one group are one port extender: the elected one carries all its VIFs. When another is elected, VM ports and
 * VSIs move to it, and everything is created again there (3.3). Without signalling VIFs are those of the configuration.
 *
 * A VM port that had a VIF and lost it has no carrier until it has one again, so that its guest can use another way (5.3); one
 * that is set down by its administrator stays down. What the bridge refused or deleted is asked for again when the VM port
 * comes up, or its wishes change; want of resources is csp_pe's to repeat.
 *
 * Invariants: a VM port has a VIF id exactly while the relay knows its tag. Its `uplink` is one of the port extender that its
 * `home` belongs to, and it goes with its home.
 */
#include <stdio.h>
#include <stdlib.h>

#include "node_priv.h"
#include "vif_tlv.h"

#define WAITING_FOR_VIF "waiting for the VIF of its VM port"
#define WAITING_FOR_VM  "waiting for its VM port"

static uint16_t number_of(uint16_t vm)
{
	return (uint16_t)(vm + 1);
}

const struct csp_pe_port *pe_csp_port(const struct node *n, uint16_t vm)
{
	const struct node_vifs *x = n->port[n->port[vm]->uplink]->vifs;

	return x->is_signalled ? csp_pe_port_at(x->pe->csp, csp_pe_find(x->pe->csp, number_of(vm))) : NULL;
}

static bool is_vm_of(const struct node *n, uint16_t i, uint16_t uplink)
{
	return n->port[i] && n->port[i]->kind == NODE_VM && n->port[i]->uplink == uplink;
}

/* ---- life ---- */

static struct node_pe *pe_new(struct node *n, const struct node_port *p)
{
	struct csp_pe_cfg cfg = {
		.max_ports = p->conf.pe.max_vifs,
		.max_groups = NODE_VIF_LISTS,
		.max_members = 8u * p->conf.pe.max_vifs,
		.max_vids = 32u * p->conf.pe.max_vifs,
		.wish = p->vifs->format,
		.is_base = p->conf.pe.is_base,
		.resource = { .classes = 1, .max_untagged = FWD_VID_MAX },
		.key = n->key,
		.first_transaction = (uint16_t)prng_next(&n->rng),
	};
	struct carve c = { 0 };
	struct node_pe *pe;

	carve_take(&c, 1, sizeof(*pe));
	c.base = calloc(1, c.used + CARVE_ALIGN + csp_pe_size(&cfg));
	if (!c.base)
		return NULL;
	pe = (struct node_pe *)(void *)c.base;
	pe->csp = csp_pe_init(&cfg, carve_take(&c, 1, 0));
	pe->upstream = NODE_NO_PORT;
	return pe;
}

static struct node_pe *pe_of_group(const struct node *n, const char *group)
{
	for (uint16_t i = 0; group[0] != '\0' && i < n->n_ports; i++)
		if (n->port[i] && n->port[i]->kind == NODE_STATION && n->port[i]->vifs &&
			n->port[i]->vifs->pe && strcmp(n->port[i]->conf.pe.group, group) == 0)
			return n->port[i]->vifs->pe;
	return NULL;
}

bool pe_join(struct node *n, uint16_t port)
{
	struct node_port *p = n->port[port];
	struct node_pe *pe = pe_of_group(n, p->conf.pe.group);

	if (!pe)
		pe = pe_new(n, p);
	if (!pe || pe->n == NODE_PE_UPLINKS)
		return false;
	pe->uplink[pe->n++] = port;
	p->vifs->pe = pe;
	return true;
}

void pe_forget(struct node_vifs *x, uint16_t port)
{
	struct node_pe *pe = x->pe;
	unsigned k = 0;

	if (!pe)
		return;
	while (k < pe->n && pe->uplink[k] != port)
		k++;
	if (k < pe->n)
		pe->uplink[k] = pe->uplink[--pe->n];
	x->pe = NULL;
	if (pe->n == 0)
		free(pe);
}

bool node_vm_is_behind(const struct node *n, uint16_t vm, uint16_t port)
{
	const struct node_vifs *x = n->port[port]->vifs, *home = n->port[n->port[vm]->home]->vifs;

	return n->port[vm]->uplink == port || (x && home && x->pe && x->pe == home->pe);
}

uint16_t node_upstream(const struct node *n, uint16_t port)
{
	const struct node_vifs *x = n->port[port]->kind == NODE_STATION ? n->port[port]->vifs : NULL;

	return x && x->pe && x->pe->upstream != NODE_NO_PORT ? x->pe->upstream : port;
}

/* ---- VSIs ---- */

struct span pe_name_vif(const struct node *n, uint16_t vm, struct span org, uint8_t *room, size_t size)
{
	const struct node_port *v = n->port[vm];
	struct vif_name name = { n->port[v->uplink]->vifs->format, v->vif };
	struct wr w = wr_init(room, size);

	vif_tlv_encode(name, &w);
	for (struct rd r = rd_init(org); r.left > 0;) { /* what else the user wants to say */
		struct tlv t;
		const uint8_t *at = r.p;

		if (tlv_next(&r, &t) != TLV_STEP_ITEM)
			break;
		if (vif_tlv_find(span_of(at, (size_t)(r.p - at)), &name) == VIF_TLV_NONE)
			wr_copy(&w, at, (size_t)(r.p - at));
	}
	return w.bad ? org : wr_span(&w);
}

static bool names_its_vif(const struct node *n, uint16_t vm, const struct vdp_vsi *v)
{
	struct vif_name name;

	return vif_tlv_find(v->org, &name) == VIF_TLV_OK && name.channel == n->port[vm]->vif &&
	       name.format == n->port[n->port[vm]->uplink]->vifs->format;
}

/* The same request, naming the VIF its VM port has now. */
static void ask_again(struct node *n, uint16_t port, uint32_t vsi, uint16_t vm, struct mono now)
{
	struct vdp_filter room[2 * VDP_FILTERS_MAX];
	uint8_t org[TLV_VALUE_MAX];
	struct vdp_saved s;

	if (!vdp_table_save(n->port[port]->vdp, vsi, room, &s))
		return;
	s.rq.org = pe_name_vif(n, vm, s.rq.org, org, sizeof(org));
	s.rq.is_migrating = false;
	(void)vdp_station_request(n->port[port]->vdp, &s.rq, now);
}

void pe_vsi(struct node *n, uint16_t port, uint32_t vsi, struct mono now)
{
	struct vdp_table *t = n->port[port]->vdp;
	const struct vdp_vsi *v = vdp_table_get(t, vsi);
	uint16_t vm = node_vsi_other_port(v);

	if (vm == NODE_NO_PORT) {
		vdp_table_hold(t, vsi, WAITING_FOR_VM, now);
	} else if (n->port[vm]->vif == 0) {
		vdp_table_hold(t, vsi, WAITING_FOR_VIF, now);
	} else {
		if (!names_its_vif(n, vm, v))
			ask_again(n, port, vsi, vm, now);
		vdp_table_hold(t, vsi, NULL, now);
	}
}

static void vsis_of_vm(struct node *n, uint16_t vm, struct mono now)
{
	uint16_t port = n->port[vm]->uplink;
	struct vdp_table *t = n->port[port]->vdp;

	for (uint32_t i = vdp_table_next(t, 0); i != UINT32_MAX; i = vdp_table_next(t, i + 1))
		if (node_vsi_other_port(vdp_table_get(t, i)) == vm)
			pe_vsi(n, port, i, now);
	node_pump_later(n, port);
}

/* ---- one VIF ---- */

static void set_carrier(struct node *n, uint16_t vm, bool is_on)
{
	struct node_port *p = n->port[vm];

	if (p->is_carrier_off == !is_on)
		return;
	p->is_carrier_off = !is_on;
	if (n->io.carrier)
		n->io.carrier(n->io.ctx, vm, is_on);
}

static void tell_vif(struct node *n, uint16_t vm, const char *event, struct mono now)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", n->port[vm]->vif);
	port_vif_tell(n, vm, false, event, text, NULL, now);
}

static void take_vif(struct node *n, uint16_t vm, struct mono now)
{
	struct node_port *p = n->port[vm], *up = n->port[p->uplink];

	if (p->vif == 0)
		return;
	tell_vif(n, vm, "VIF is gone", now);
	if (up->lport != FWD_LPORT_NONE)
		relay_channel_clear(n->relay, up->lport, p->vif);
	p->vif = 0;
	up->vifs->n_vifs--;
	if (p->lport != FWD_LPORT_NONE)
		relay_port_clear_vlans(n->relay, p->lport);
	node_forwarding(n, vm);
	vsis_of_vm(n, vm, now);
}

static void give_vif(struct node *n, uint16_t vm, uint32_t id, struct mono now)
{
	struct node_port *p = n->port[vm], *up = n->port[p->uplink];

	if (p->vif == id)
		return;
	take_vif(n, vm, now);
	if (p->lport == FWD_LPORT_NONE || !relay_channel_set(n->relay, up->lport, id, p->lport)) {
		port_vif_tell(n, vm, true, "no room for its VIF in the relay", NULL, NULL, now);
		return;
	}
	p->vif = id;
	p->vif_since = now;
	up->vifs->n_vifs++;
	tell_vif(n, vm, "VIF", now);
	set_carrier(n, vm, true);
	node_port_cfg(n, vm); /* its default priority */
	node_forwarding(n, vm);
	vsis_of_vm(n, vm, now);
}

/* It had one, and the network is not there any more for its guest. */
static void lose_vif(struct node *n, uint16_t vm, struct mono now)
{
	bool had_vif = n->port[vm]->vif != 0;

	take_vif(n, vm, now);
	if (had_vif && n->port[vm]->is_up)
		set_carrier(n, vm, false);
}

/* ---- VM ports ---- */

/* Of these VLANs a frame from the bridge loses its tag (5.2). */
static void set_untagged(struct node *n, uint16_t vm, const uint8_t bitmap[512])
{
	for (uint16_t vid = 1; n->port[vm]->lport != FWD_LPORT_NONE && vid <= FWD_VID_MAX; vid++) {
		bool is_on = bitmap[vid / 8] & 1u << vid % 8;

		relay_port_set_vlan(n->relay, n->port[vm]->lport, vid, is_on, is_on);
	}
}

/* Its guest wants a network: the device is up, or would be if we had not taken its carrier. */
static bool is_wanted(const struct node_port *vm)
{
	return vm->is_present && (vm->is_up || vm->is_carrier_off);
}

/* A port extender below: its VIFs are the configuration's, and their frames keep their tags (5.3). */
static void set_transit(struct node *n, uint16_t vm, bool is_transit)
{
	struct node_port *p = n->port[vm];

	if (p->is_transit == is_transit)
		return;
	p->is_transit = is_transit;
	node_relay_again(n, vm);
}

static void transit(struct node *n, uint16_t vm)
{
	const struct node_port *up = n->port[n->port[vm]->uplink];

	set_transit(n, vm, true);
	for (unsigned i = 0; n->port[vm]->lport != FWD_LPORT_NONE && i < up->vifs->n_conf; i++)
		if (up->vifs->conf[i].is_transit && strcmp(up->vifs->conf[i].vm_port, n->port[vm]->name) == 0)
			(void)relay_channel_set(
				n->relay, up->lport, up->vifs->conf[i].id, n->port[vm]->lport);
}

void pe_clear_transit(struct node *n, uint16_t port)
{
	const struct node_vifs *x = n->port[port]->vifs;

	for (unsigned i = 0; n->port[port]->lport != FWD_LPORT_NONE && i < x->n_conf; i++)
		if (x->conf[i].is_transit)
			relay_channel_clear(n->relay, n->port[port]->lport, x->conf[i].id);
}

static void static_vm(struct node *n, uint16_t vm, struct mono now)
{
	const struct conf_vif *c = port_vif_conf_of_vm(n, vm);

	if (c && c->is_transit) {
		take_vif(n, vm, now);
		transit(n, vm);
		return;
	}
	set_transit(n, vm, false);
	if (c && n->port[vm]->is_present && n->port[n->port[vm]->uplink]->is_up) {
		give_vif(n, vm, c->id, now);
		set_untagged(n, vm, c->untagged);
	} else {
		lose_vif(n, vm, now);
	}
}

uint8_t pe_priority(const struct node *n, uint16_t vm)
{
	const struct conf_vif *c = port_vif_conf_of_vm(n, vm);
	const struct csp_pe_port *p = pe_csp_port(n, vm);

	return p ? p->priority : c ? c->priority : 0;
}

static bool is_same_wish(const struct csp_pe_wish *a, const struct csp_pe_wish *b)
{
	return a->type == b->type && a->priority == b->priority && a->pvid == b->pvid;
}

/* is_news: the VM port has come up. */
static void wish(struct node *n, uint16_t vm, const struct csp_pe_wish *w, bool is_news, struct mono now)
{
	struct csp_pe *csp = n->port[n->port[vm]->uplink]->vifs->pe->csp;
	const struct csp_pe_port *p = pe_csp_port(n, vm);
	enum csp_submit verdict;

	if (p && (!is_same_wish(&p->wish, w) || (is_news && p->state == CSP_PE_PORT_REFUSED)))
		(void)csp_pe_port_remove(csp, w->number);
	verdict = csp_pe_port_add(csp, w);
	if (verdict != CSP_SUBMIT_OK && verdict != CSP_SUBMIT_EXISTS)
		port_vif_tell(n, vm, true, "no room for another VIF", NULL, csp_submit_text(verdict), now);
}

void pe_vm(struct node *n, uint16_t vm, bool is_news, struct mono now)
{
	struct node_port *p = n->port[vm];
	struct node_vifs *x = n->port[p->uplink]->vifs;
	const struct conf_vif *c = port_vif_conf_of_vm(n, vm);
	struct csp_pe_wish w = { .number = number_of(vm),
		.type = CSP_PORT_EXTENDED,
		.priority = c ? c->priority : 0,
		.pvid = c ? c->pvid : 0,
		.is_operational = is_wanted(p),
		.user = vm };

	if (is_news)
		p->is_carrier_off = false; /* whoever set it up */
	if (!x->is_signalled) {
		static_vm(n, vm, now);
		return;
	}
	if (is_wanted(p))
		wish(n, vm, &w, is_news, now);
	(void)csp_pe_port_set_operational(x->pe->csp, w.number, w.is_operational);
	pe_events(n, p->uplink, now);
	node_pump_later(n, p->uplink);
}

void pe_vm_gone(struct node *n, uint16_t vm, struct mono now)
{
	uint16_t port = n->port[vm]->uplink;
	struct node_vifs *x = n->port[port]->vifs;

	take_vif(n, vm, now);
	if (x->is_signalled) {
		(void)csp_pe_port_remove(x->pe->csp, number_of(vm));
		node_pump_later(n, port);
	}
}

static bool keeps_vif(const struct node *n, uint16_t vm)
{
	const struct conf_vif *c = port_vif_conf_of_vm(n, vm);

	return !c || c->id == n->port[vm]->vif; /* without a row it loses its VIF, and more */
}

void pe_static(struct node *n, uint16_t port, struct mono now)
{
	struct node_vifs *x = n->port[port]->vifs;

	/* an id may go from one VM port to another */
	for (uint16_t i = 0; !x->is_signalled && i < n->n_ports; i++)
		if (is_vm_of(n, i, port) && !keeps_vif(n, i))
			take_vif(n, i, now);
	for (uint16_t i = 0; i < n->n_ports; i++)
		if (is_vm_of(n, i, port))
			pe_vm(n, i, false, now);
	if (!x->is_signalled)
		cb_lists_static(n, port);
}

/* ---- what PE-CSP says ---- */

static uint16_t vm_of(const struct node *n, const struct node_pe *pe, uint32_t index)
{
	const struct csp_pe_port *p = csp_pe_port_at(pe->csp, index);
	uint16_t vm = p ? (uint16_t)p->wish.user : NODE_NO_PORT;

	return vm != NODE_NO_PORT && n->port[vm] && n->port[vm]->kind == NODE_VM ? vm : NODE_NO_PORT;
}

static void on_cleanup(struct node *n, uint16_t port, const char *reason, struct mono now)
{
	port_vif_tell(n, port, true, "port extension ended", NULL, reason, now);
	for (uint16_t i = 0; i < n->n_ports; i++) {
		if (is_vm_of(n, i, port))
			lose_vif(n, i, now);
	}
	cb_lists_forget(n, port);
}

static void on_opened(struct node *n, uint16_t port, enum vntag_format format, struct mono now)
{
	struct node_vifs *x = n->port[port]->vifs;

	x->format = format;
	x->has_format = true;
	if (n->port[port]->lport != FWD_LPORT_NONE)
		relay_port_set_carries(n->relay, n->port[port]->lport, port_vif_tag(x));
	port_vif_tell(
		n, port, false, "port extension", format == VNTAG_FORMAT_VN ? "vn-tag" : "e-tag", NULL, now);
}

static void on_parameters(struct node *n, uint16_t vm, const struct csp_pe_port *p)
{
	uint8_t untagged[512] = { 0 };

	node_port_cfg(n, vm); /* its default priority */
	for (uint16_t i = 0; i < p->n_vids; i++)
		if (p->vids[i].is_untagged && p->vids[i].vid <= FWD_VID_MAX)
			untagged[p->vids[i].vid / 8] |= (uint8_t)(1u << p->vids[i].vid % 8);
	set_untagged(n, vm, untagged);
}

static void on_group(struct node *n, uint16_t port, const struct node_pe *pe, uint32_t channel)
{
	uint32_t at[NODE_MAX_PORTS];
	uint16_t members[NODE_MAX_PORTS];
	uint32_t count = csp_pe_group_ports(pe->csp, channel, at, NODE_MAX_PORTS);
	unsigned k = 0;

	for (uint32_t i = 0; i < count && i < NODE_MAX_PORTS; i++) {
		uint16_t vm = vm_of(n, pe, at[i]);

		if (vm != NODE_NO_PORT && n->port[vm]->vif != 0)
			members[k++] = n->port[vm]->lport;
	}
	(void)relay_list_set(n->relay, n->port[port]->lport, channel, members, k);
}

static void on_statistics(
	struct node *n, const struct node_pe *pe, uint16_t vm, uint32_t handle, struct mono now)
{
	const struct relay_port_counters *c = relay_port_counters(n->relay, n->port[vm]->lport);
	struct csp_statistics s = { 0 };

	if (c)
		s = (struct csp_statistics){ .rx_frames = c->rx_frames,
			.tx_frames = c->tx_frames,
			.rx_octets = c->rx_octets,
			.tx_octets = c->tx_octets };
	(void)csp_pe_statistics(pe->csp, handle, &s, now);
}

static void on_event(
	struct node *n, uint16_t port, struct node_pe *pe, const struct csp_pe_event *ev, struct mono now)
{
	bool is_of_port = ev->kind != CSP_PE_EV_CLEANUP && ev->kind != CSP_PE_EV_OPENED &&
			  ev->kind != CSP_PE_EV_GROUP;
	uint16_t vm = is_of_port ? vm_of(n, pe, ev->port) : NODE_NO_PORT;

	if (is_of_port && (vm == NODE_NO_PORT || n->port[vm]->uplink != port))
		return; /* it went meanwhile */
	switch (ev->kind) {
	case CSP_PE_EV_CLEANUP:
		on_cleanup(n, port, ev->reason, now);
		break;
	case CSP_PE_EV_OPENED:
		on_opened(n, port, ev->format, now);
		break;
	case CSP_PE_EV_CREATED:
		give_vif(n, vm, ev->channel, now);
		break;
	case CSP_PE_EV_REFUSED:
		lose_vif(n, vm, now);
		port_vif_tell(n, vm, true, "VIF refused", NULL, csp_completion_text(ev->completion), now);
		break;
	case CSP_PE_EV_DELETED:
		if (csp_pe_port_at(pe->csp, ev->port)->state == CSP_PE_PORT_REFUSED) /* by the bridge */
			lose_vif(n, vm, now);
		else
			take_vif(n, vm, now);
		break;
	case CSP_PE_EV_PARAMETERS:
		on_parameters(n, vm, csp_pe_port_at(pe->csp, ev->port));
		break;
	case CSP_PE_EV_GROUP:
		on_group(n, port, pe, ev->channel);
		break;
	case CSP_PE_EV_STATISTICS:
		on_statistics(n, pe, vm, ev->handle, now);
		break;
	}
}

void pe_events(struct node *n, uint16_t port, struct mono now)
{
	struct node_pe *pe = n->port[port]->vifs->pe;
	struct csp_pe_event ev;

	while (csp_pe_next_event(pe->csp, &ev))
		on_event(n, port, pe, &ev, now);
}

/* ---- which uplink ---- */

/* All VSIs go where their VM ports went; those the old bridge still has are taken back there. */
static void move_vsis(struct node *n, uint16_t from, uint16_t to, struct mono now)
{
	struct vdp_table *t = n->port[from]->vdp;
	struct vdp_filter room[2 * VDP_FILTERS_MAX];
	struct vdp_saved s;
	char reason[VTDB_REASON];

	snprintf(reason, sizeof(reason), "moved to uplink %s", n->port[to]->label);
	for (uint32_t i = vdp_table_next(t, 0); i != UINT32_MAX; i = vdp_table_next(t, i + 1)) {
		struct vsi_id id = vdp_table_get(t, i)->subject.vsi;

		if (!vdp_table_save(t, i, room, &s))
			continue;
		s.rq.is_migrating = true;
		if (vdp_station_request(n->port[to]->vdp, &s.rq, now) == VDP_SUBMIT_OK)
			port_vsi_keep(n, to, &id);
		vdp_table_set_user(t, i, USER_UNBOUND);
		(void)vdp_station_deassociate(t, &id, now);
		vdp_table_set_reason(t, i, reason);
		port_vsi_keep(n, from, &id);
	}
}

/* Everything behind uplink `from` goes behind `to`. */
static void move_uplink(struct node *n, uint16_t from, uint16_t to, struct mono now)
{
	for (uint16_t i = 0; i < n->n_ports; i++) {
		if (!is_vm_of(n, i, from))
			continue;
		take_vif(n, i, now);
		n->port[i]->uplink = to;
		n->port[i]->conf = n->port[to]->conf;
		node_relay_again(n, i);
	}
	move_vsis(n, from, to, now);
	port_vsi_events(n, from, now);
}

static void move_all(struct node *n, struct node_pe *pe, uint16_t to, struct mono now)
{
	const struct vdp_table *t = n->port[to]->vdp;

	for (unsigned k = 0; k < pe->n; k++)
		if (pe->uplink[k] != to)
			move_uplink(n, pe->uplink[k], to, now);
	for (uint32_t i = vdp_table_next(t, 0); i != UINT32_MAX; i = vdp_table_next(t, i + 1))
		pe_vsi(n, to, i, now);
}

void pe_elect_again(struct node *n, uint16_t port, struct mono now)
{
	struct node_pe *pe = n->port[port]->vifs->pe;
	struct pe_uplink uplinks[NODE_PE_UPLINKS] = { 0 };
	uint16_t was = pe->upstream, is;
	uint32_t k;

	for (unsigned i = 0; i < pe->n; i++) {
		const struct node_port *p = n->port[pe->uplink[i]];

		uplinks[i].is_heard = p->is_up && p->vifs->has_peer && p->vifs->is_signalled;
		uplinks[i].tlv = p->vifs->peer;
	}
	k = pe_elect(uplinks, pe->n);
	is = k == PE_NO_UPSTREAM ? NODE_NO_PORT : pe->uplink[k];
	if (was == is && is == NODE_NO_PORT)
		return;
	if (was != is && was != NODE_NO_PORT) {
		csp_pe_set_peer(pe->csp, NULL, now);
		csp_pe_set_uplink(pe->csp, false, now);
		pe_events(n, was, now);
	}
	pe->upstream = is;
	if (is == NODE_NO_PORT)
		return;
	if (was != is) {
		port_vif_tell(n, is, false, "upstream port", n->port[is]->label, NULL, now);
		move_all(n, pe, is, now);
	}
	csp_pe_set_uplink(pe->csp, true, now);
	csp_pe_set_peer(pe->csp, &n->port[is]->vifs->peer.pe_csp, now);
	pe_events(n, is, now);
	node_pump_later(n, is);
}

static uint16_t other_uplink(const struct node_pe *pe, uint16_t port)
{
	for (unsigned k = 0; pe->upstream == NODE_NO_PORT && k < pe->n; k++)
		if (pe->uplink[k] != port)
			return pe->uplink[k];
	return pe->upstream;
}

void pe_leave(struct node *n, uint16_t port, struct mono now)
{
	struct node_vifs *x = n->port[port]->vifs;
	uint16_t to;

	if (!x->pe)
		return;
	x->has_peer = false;
	if (x->is_signalled && x->pe->upstream == port)
		pe_elect_again(n, port, now);
	to = other_uplink(x->pe, port);
	if (to != NODE_NO_PORT)
		move_all(n, x->pe, to, now);
	pe_forget(x, port);
}
