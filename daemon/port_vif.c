/*
 * port_vif.c - port extension of a port, what both roles share (port-extension-reference 3.3, 3.4): the Port Extension TLV on
 * the nearest-non-TPMR agent, the ECP instance that carries PE-CSP, and the configured VIFs and lists.
 *
 *      LLDP -03: Port Extension TLV --> peer --> port_vif_pe.c (station)   or   port_vif_cb.c (bridge)
 *      ECP -03, subtype 0x3FF <--------------------> csp_pe                         csp_cb
 *
 * A port extender asks at the group address -03, a controlling bridge at the address of the extender's TLV; both are taken, and
 * an acknowledgement goes to where the request came from (3.4, frames P1 to P6).
 *
 * LLDP does not show that a neighbour has started anew, and its next LLDPDU may be half a minute away. So whoever starts, or
 * has a new link, leaves its TLV out until it has heard the other end. That one finds the TLV gone, ends what there was and
 * says its own again at once; both know each other within the time of three LLDPDUs (docs/decisions/0007).
 *
 *      restarted: no TLV --> other: peer lost, repeats its TLV --> restarted: heard, TLV --> other: peer
 */
#include <stdio.h>
#include <stdlib.h>

#include "node_priv.h"

enum { FRAME_HEAD = 14, QUEUE = 64 };

static const struct mac non_tpmr = { { 0x01, 0x80, 0xc2, 0x00, 0x00, 0x03 } };

enum fwd_tag port_vif_tag(const struct node_vifs *x)
{
	if (!x->has_format)
		return FWD_TAG_NONE;
	return x->format == VNTAG_FORMAT_VN ? FWD_TAG_VN : FWD_TAG_E;
}

void port_vif_tell(struct node *n, uint16_t port, bool is_warning, const char *event, const char *to,
	const char *detail, struct mono now)
{
	node_tell(n,
		&(struct node_event){ .kind = NODE_EVENT_VIF,
			.is_warning = is_warning,
			.port = port,
			.to = to,
			.event = event,
			.clause = "802.1BR",
			.detail = detail },
		now);
}

/* ---- life ---- */

static struct ecp_tx_cfg tx_cfg_of(const struct node_port *p)
{
	struct vdp_params params = { .rte = p->evb.oper.rte };

	return (struct ecp_tx_cfg){ .retries = p->evb.oper.retries, .ack_timeout = vdp_ack_time(&params) };
}

static bool make_cb(struct node *n, struct node_port *p)
{
	struct csp_cb_cfg cfg = {
		.max_ports = p->conf.pe.max_vifs,
		.max_groups = NODE_VIF_LISTS,
		.max_members = 8u * p->conf.pe.max_vifs,
		.max_vids = 32u * p->conf.pe.max_vifs,
		.n_ids = p->conf.pe.max_vifs,
		.n_group_ids = NODE_VIF_LISTS,
		.formats = p->conf.pe.tag == CONF_TAG_VN  ? CSP_CB_VN
			   : p->conf.pe.tag == CONF_TAG_E ? CSP_CB_E
							  : CSP_CB_VN | CSP_CB_E,
		.is_base = p->conf.pe.is_base,
		.resource = { .classes = 1, .max_untagged = FWD_VID_MAX },
		.key = n->key,
		.first_transaction = (uint16_t)prng_next(&n->rng),
	};
	void *mem;

	if (cfg.n_ids > CSP_CB_IDS_MAX)
		cfg.n_ids = CSP_CB_IDS_MAX;
	mem = calloc(1, csp_cb_size(&cfg));
	p->vifs->cb = mem ? csp_cb_init(&cfg, mem) : NULL;
	return mem != NULL;
}

static bool make_bridge(struct node *n, struct node_port *p)
{
	struct node_vifs *x = p->vifs;

	x->vif_of_vsi = calloc(p->conf.max_vsis, sizeof(*x->vif_of_vsi));
	x->asked_vif = calloc(p->conf.max_vsis, sizeof(*x->asked_vif));
	return x->vif_of_vsi && x->asked_vif && (!x->is_signalled || make_cb(n, p));
}

static bool make_ecp(struct node *n, struct node_port *p)
{
	struct ecp_rx_cfg rx = { .queue_len = QUEUE, .subtypes = { p->conf.pe.subtype } };
	struct ecp_tx_cfg tx = { 0 };

	p->vifs->ecp_mem = calloc(1, ecp_rx_size(&rx));
	if (!p->vifs->ecp_mem)
		return false;
	ecp_rx_init(&p->vifs->ecp_rx, &rx, p->vifs->ecp_mem);
	ecp_tx_init(&p->vifs->ecp_tx, &tx, (uint16_t)(1 + prng_below(&n->rng, 65535)));
	return true;
}

bool port_vif_init(struct node *n, uint16_t port)
{
	struct node_port *p = n->port[port];
	struct node_vifs *x;

	if (p->kind == NODE_ORDINARY || p->conf.pe.tag == CONF_TAG_NONE)
		return true;
	p->vifs = x = calloc(1, sizeof(*x));
	if (!x)
		return false;
	x->is_signalled = p->conf.pe.is_signalled;
	x->has_format = p->conf.pe.tag != CONF_TAG_ANY;
	x->format = p->conf.pe.tag == CONF_TAG_E ? VNTAG_FORMAT_E : VNTAG_FORMAT_VN;
	return make_ecp(n, p) && (p->kind == NODE_BRIDGE ? make_bridge(n, p) : pe_join(n, port));
}

void port_vif_fini(struct node_port *p)
{
	struct node_vifs *x = p->vifs;

	if (!x)
		return;
	pe_forget(x, p->device);
	free(x->cb);
	free(x->ecp_mem);
	free(x->vif_of_vsi);
	free(x->asked_vif);
	free(x->conf);
	free(x->lists_conf);
	free(x);
	p->vifs = NULL;
}

/* ---- configuration ---- */

const struct conf_vif *port_vif_conf_of(const struct node_vifs *x, uint32_t id)
{
	for (unsigned i = 0; x && i < x->n_conf; i++)
		if (x->conf[i].id == id)
			return &x->conf[i];
	return NULL;
}

const struct conf_vif *port_vif_conf_of_vm(const struct node *n, uint16_t vm)
{
	const struct node_vifs *x = n->port[n->port[vm]->home]->vifs;

	for (unsigned i = 0; x && i < x->n_conf; i++)
		if (strcmp(x->conf[i].vm_port, n->port[vm]->name) == 0)
			return &x->conf[i];
	return NULL;
}

void node_vifs_conf(struct node *n, uint16_t port, const struct conf_vif *vifs, unsigned n_vifs,
	const struct conf_list *lists, unsigned n_lists, struct mono now)
{
	struct node_port *p = n->port[port];
	struct node_vifs *x = p->vifs;

	NODE_TAPE(n, NODE_IN_VIFS_CONF, now, TAPE_OF(port), span_of(vifs, n_vifs * sizeof(*vifs)),
		span_of(lists, n_lists * sizeof(*lists)));
	if (!x)
		return;
	if (p->kind == NODE_STATION)
		pe_clear_transit(n, port);
	free(x->conf);
	free(x->lists_conf);
	x->conf = calloc(n_vifs + 1, sizeof(*x->conf));
	x->lists_conf = calloc(n_lists + 1, sizeof(*x->lists_conf));
	x->n_conf = x->n_lists_conf = 0;
	if (!x->conf || !x->lists_conf)
		abort(); /* at start-up or reload */
	for (unsigned i = 0; i < n_vifs; i++)
		if (strcmp(vifs[i].port, p->name) == 0)
			x->conf[x->n_conf++] = vifs[i];
	for (unsigned i = 0; i < n_lists; i++)
		if (strcmp(lists[i].port, p->name) == 0)
			x->lists_conf[x->n_lists_conf++] = lists[i];
	if (p->kind == NODE_BRIDGE)
		cb_static(n, port, now);
	else
		pe_static(n, port, now);
	node_pump(n, port, now);
}

/* ---- LLDP ---- */

static void set_tlv(struct node *n, uint16_t port, struct mono now)
{
	struct node_port *p = n->port[port];
	struct lldp_agent *a = p->agent[AGENT_NTPMR].lldp;
	struct pe_tlv tlv = {
		.priority = p->kind == NODE_BRIDGE ? p->conf.pe.priority : PE_PRIORITY_NONE,
		.pe = n->chassis,
		.pe_csp = p->mac,
	};
	uint8_t value[PE_TLV_LEN];
	struct wr w = wr_init(value, sizeof(value));

	if (!a || !p->vifs->is_signalled)
		return;
	pe_tlv_encode(&tlv, &w);
	lldp_agent_set_org(a, PE_ORG_SLOT, p->vifs->has_greeted ? wr_span(&w) : span_of(NULL, 0), now);
}

void port_vif_conf(struct node *n, uint16_t port, struct mono now)
{
	set_tlv(n, port, now);
}

/* The Port Extension TLV of the only neighbour. */
static bool heard_tlv(struct node_port *p, struct pe_tlv *ret)
{
	const struct lldp_agent *a = p->agent[AGENT_NTPMR].lldp;
	struct lldp_pdu pdu;

	if (!a || !p->is_up || lldp_agent_n_neighbours(a) != 1 || lldp_rx_has_too_many(&a->rx))
		return false;
	lldp_neighbour_pdu(lldp_agent_neighbour(a, 0), &pdu);
	for (unsigned i = 0; i < pdu.n_org; i++) {
		enum pe_tlv_err e = pe_tlv_decode(pdu.org[i], ret);

		if (e == PE_TLV_OK)
			return true;
		if (e == PE_TLV_LENGTH)
			p->vifs->count.tlv_length++;
	}
	return false;
}

/* The other end is gone, or has begun anew: what ECP has is of the session before. */
static void lose_peer(struct node_port *p, struct mono now)
{
	struct lldp_agent *a = p->agent[AGENT_NTPMR].lldp;

	ecp_tx_reset(&p->vifs->ecp_tx);
	(void)ecp_tx_take_result(&p->vifs->ecp_tx);
	ecp_rx_forget(&p->vifs->ecp_rx);
	if (a && p->is_up && lldp_agent_n_neighbours(a) == 1)
		lldp_agent_repeat(a, now);
}

void port_vif_hear(struct node *n, uint16_t port, struct mono now)
{
	struct node_port *p = n->port[port];
	struct node_vifs *x = p->vifs;
	const struct lldp_agent *a = p->agent[AGENT_NTPMR].lldp;
	bool had_peer = x->has_peer;
	struct pe_tlv tlv = { 0 };

	if (!x->is_signalled)
		return;
	x->has_peer = heard_tlv(p, &tlv);
	x->peer = tlv;
	if (had_peer && !x->has_peer)
		lose_peer(p, now);
	x->has_greeted = p->is_up && (x->has_greeted || (a && lldp_agent_n_neighbours(a) > 0));
	set_tlv(n, port, now);
	if (p->kind == NODE_STATION) {
		pe_elect_again(n, port, now);
		return;
	}
	/* an extender says of its uplink that it is no cascade port */
	csp_cb_set_peer(x->cb, x->has_peer && tlv.priority == PE_PRIORITY_NONE ? &tlv.pe_csp : NULL, now);
	cb_events(n, port, now);
}

static void ecp_down(struct node_vifs *x)
{
	ecp_rx_reset(&x->ecp_rx);
	ecp_tx_reset(&x->ecp_tx);
	(void)ecp_tx_take_result(&x->ecp_tx); /* the machines are told of the link itself */
}

void port_vif_state(struct node *n, uint16_t port, struct mono now)
{
	struct node_port *p = n->port[port];
	struct node_vifs *x = p->vifs;

	if (!p->is_up) {
		ecp_down(x);
		x->has_greeted = false;
	}
	set_tlv(n, port, now);
	for (uint16_t i = 0; i < n->n_ports; i++) {
		if (!n->port[i] || n->port[i]->kind != NODE_VIF || n->port[i]->uplink != port)
			continue;
		n->port[i]->mtu = p->mtu;
		node_port_cfg(n, i);
		node_forwarding(n, i);
	}
	if (x->is_signalled)
		port_vif_hear(n, port, now);
	else if (p->kind == NODE_STATION)
		pe_static(n, port, now);
}

/* ---- ECP ---- */

bool port_vif_is_csp(const struct node_port *p, struct mac da, struct span frame)
{
	struct rd r = rd_init(span_of(frame.ptr + FRAME_HEAD, frame.len - FRAME_HEAD));
	struct ecp_hdr h;

	if (!p->vifs)
		return false;
	if (mac_equal(da, non_tpmr))
		return true;
	return mac_equal(da, p->mac) && ecp_hdr_decode(&r, &h) && h.subtype == p->conf.pe.subtype;
}

static void send_ecpdu(struct node *n, uint16_t port, struct mac da, struct span pdu)
{
	struct node_port *p = n->port[port];
	uint8_t frame[FRAME_HEAD + ECP_HEADER + ECP_SDU_MAX];
	struct wr w = wr_init(frame, sizeof(frame));

	wr_copy(&w, da.b, 6);
	wr_copy(&w, p->mac.b, 6);
	wr_u16(&w, ECP_ETHERTYPE);
	wr_copy(&w, pdu.ptr, pdu.len);
	if (w.len < NODE_FRAME_MIN)
		wr_zero(&w, NODE_FRAME_MIN - w.len);
	node_send(n, port, wr_span(&w), span_of(NULL, 0));
}

static bool is_talking(const struct node *n, uint16_t port)
{
	const struct node_vifs *x = n->port[port]->vifs;

	return x->is_signalled && (n->port[port]->kind == NODE_BRIDGE || x->pe->upstream == port);
}

void port_vif_rx(struct node *n, uint16_t port, struct span frame, struct mono now)
{
	struct node_port *p = n->port[port];
	struct node_vifs *x = p->vifs;
	uint8_t buf[ECP_HEADER];
	struct wr w = wr_init(buf, sizeof(buf));
	struct ecp_hdr ack;
	struct mac sa;

	memcpy(sa.b, frame.ptr + 6, sizeof(sa.b));
	if (mac_equal(sa, p->mac))
		return;
	if (!is_talking(n, port)) {
		x->count.ecp_not_ours++;
		return;
	}
	frame = span_of(frame.ptr + FRAME_HEAD, frame.len - FRAME_HEAD);
	switch (ecp_rx_on_pdu(&x->ecp_rx, sa, frame, &ack)) {
	case ECP_SEND_ACK:
		ecp_hdr_encode(&ack, &w);
		send_ecpdu(n, port, sa, wr_span(&w));
		break;
	case ECP_IS_ACK:
		ecp_tx_on_ack(&x->ecp_tx, &ack, now);
		break;
	case ECP_DROP:
		break;
	}
}

static void take_result(struct node *n, uint16_t port, struct mono now)
{
	struct node_vifs *x = n->port[port]->vifs;
	enum ecp_result result = ecp_tx_take_result(&x->ecp_tx);

	if (result == ECP_RESULT_NONE)
		return;
	if (n->port[port]->kind == NODE_BRIDGE)
		csp_cb_on_sent(x->cb, result == ECP_RESULT_DELIVERED, now);
	else
		csp_pe_on_sent(x->pe->csp, result == ECP_RESULT_DELIVERED, now);
}

static void take_requests(struct node *n, uint16_t port, struct mono now)
{
	struct node_vifs *x = n->port[port]->vifs;
	struct span sdu;
	uint16_t subtype;

	while (ecp_rx_peek(&x->ecp_rx, &subtype, &sdu)) {
		if (n->port[port]->kind == NODE_BRIDGE)
			csp_cb_rx(x->cb, sdu, now);
		else
			csp_pe_rx(x->pe->csp, sdu, now);
		ecp_rx_pop(&x->ecp_rx);
	}
}

static void take_events(struct node *n, uint16_t port, struct mono now)
{
	if (n->port[port]->kind == NODE_BRIDGE)
		cb_events(n, port, now);
	else
		pe_events(n, port, now);
}

void port_vif_pump(struct node *n, uint16_t port, struct mono now)
{
	struct node_port *p = n->port[port];
	struct node_vifs *x = p->vifs;
	struct ecp_tx_cfg tx = tx_cfg_of(p);
	uint8_t buf[ECP_HEADER + ECP_SDU_MAX];
	struct wr w = wr_init(buf, sizeof(buf));
	size_t len = 0;

	if (!is_talking(n, port))
		return;
	ecp_tx_set_cfg(&x->ecp_tx, &tx);
	take_result(n, port, now);
	take_requests(n, port, now);
	take_events(n, port, now);
	if (p->is_up && ecp_tx_is_idle(&x->ecp_tx)) {
		len = p->kind == NODE_BRIDGE ? csp_cb_fill(x->cb, buf, ECP_SDU_MAX, now)
					     : csp_pe_fill(x->pe->csp, buf, ECP_SDU_MAX, now);
		if (len > 0)
			(void)ecp_tx_submit(&x->ecp_tx, p->conf.pe.subtype, span_of(buf, len), now);
	}
	if (p->is_up && ecp_tx_poll(&x->ecp_tx, now, &w))
		send_ecpdu(n, port, p->kind == NODE_BRIDGE && x->has_peer ? x->peer.pe_csp : non_tpmr,
			wr_span(&w));
	take_events(n, port, now);
}

void port_vif_on_time(struct node *n, uint16_t port, struct mono now)
{
	struct node_vifs *x = n->port[port]->vifs;

	if (!is_talking(n, port))
		return;
	ecp_tx_on_time(&x->ecp_tx, now);
	if (n->port[port]->kind == NODE_BRIDGE)
		csp_cb_on_time(x->cb, now);
	else
		csp_pe_on_time(x->pe->csp, now);
}

bool port_vif_left(struct node *n, uint16_t port, struct mono now)
{
	return is_talking(n, port) && ecp_tx_left(&n->port[port]->vifs->ecp_tx, now);
}

struct mono port_vif_deadline(const struct node *n, uint16_t port)
{
	const struct node_vifs *x = n->port[port]->vifs;
	struct mono d;

	if (!is_talking(n, port))
		return MONO_NEVER;
	d = n->port[port]->kind == NODE_BRIDGE ? csp_cb_deadline(x->cb) : csp_pe_deadline(x->pe->csp);
	return mono_min(d, ecp_tx_deadline(&x->ecp_tx));
}
