/*
 * port_ecp.c - the only place where VDP meets ECP (802.1Q clauses 41, 43; evb-reference 5, 6).
 *
 * ECP's receiver queues payloads; VDP takes one whenever it has room for the answers, so a peer that asks faster
 * than it is answered is slowed by withheld acknowledgements. When ECP's sender is idle VDP fills the next payload
 * with all that waits for one manager; an acknowledgement therefore sends what gathered in the meantime.
 * A peer that loses payloads which follow within 2 ms, or more when its host is busy, gets them REST_MS apart
 * (vdp_table_wants_rest).
 */
#include <stdlib.h>

#include "node_priv.h"

enum { ECP_FRAME_HEAD = 14, ECP_QUEUE = 64, REST_MS = 20 };

static struct ecp_tx_cfg tx_cfg_of(const struct evb_oper *o)
{
	struct vdp_params p = { o->retries, o->rte, o->rwd, o->rka, o->group_ids };

	return (struct ecp_tx_cfg){ .retries = o->retries, .ack_timeout = vdp_ack_time(&p) };
}

static uint16_t any_seq(struct node *n)
{
	return (uint16_t)(1 + prng_below(&n->rng, 65535));
}

static void set_edition(struct node *n, struct node_port *p, struct mono now)
{
	const struct ecp_dialect *d = ecp_dialect_of(p->choice.edition);

	if (p->ecp_tx.dialect == d)
		return;
	ecp_rx_set_dialect(&p->ecp_rx, d);
	ecp_tx_set_dialect(&p->ecp_tx, d, any_seq(n));
	if (ecp_tx_take_result(&p->ecp_tx) != ECP_RESULT_NONE)
		vdp_table_on_sent(p->vdp, false, now);
	vdp_table_set_edition(p->vdp, d->edition, now);
}

void port_ecp_init(struct node *n, struct node_port *p, struct mono now)
{
	struct ecp_rx_cfg rx = { .queue_len = ECP_QUEUE, .subtypes = { ECP_SUBTYPE_VDP } };
	struct ecp_tx_cfg tx = tx_cfg_of(&p->evb.oper);
	struct vdp_params params = { 0 };
	struct vdp_table_cfg vc = {
		.role = p->kind == NODE_BRIDGE ? VDP_BRIDGE : VDP_STATION,
		.max_vsis = p->conf.max_vsis,
		.pool_octets = (size_t)p->conf.max_vsis * 128,
		.reply_octets = 65536,
		.manager_deadline = dur_s(3),
		.managers = { .base = p->conf.manager_base },
		.retry_first = dur_s(1),
		.retry_max = dur_s(60),
		.key = n->key,
		.seed = prng_next(&n->rng),
	};

	if (vc.pool_octets < 65536)
		vc.pool_octets = 65536;
	p->ecp_mem = calloc(1, ecp_rx_size(&rx));
	p->vdp_mem = calloc(1, vdp_table_size(&vc));
	if (!p->ecp_mem || !p->vdp_mem)
		abort(); /* at start-up or reload; the tables are what the configuration asked for */
	ecp_rx_init(&p->ecp_rx, &rx, p->ecp_mem);
	ecp_tx_init(&p->ecp_tx, &tx, any_seq(n));
	p->vdp = vdp_table_init(&vc, &params, p->vdp_mem);
	set_edition(n, p, now);
}

void port_ecp_fini(struct node_port *p)
{
	free(p->ecp_mem);
	free(p->vdp_mem);
}

void port_ecp_params(struct node *n, uint16_t port, struct mono now)
{
	struct node_port *p = n->port[port];
	const struct evb_oper *o = &p->evb.oper;
	struct vdp_params params = { o->retries, o->rte, o->rwd, o->rka, o->group_ids };
	struct ecp_tx_cfg tx = tx_cfg_of(o);
	bool is_ready = p->kind == NODE_BRIDGE ? p->conf.evb.is_enabled : o->is_ready;

	if (!p->vdp)
		return;
	ecp_tx_set_cfg(&p->ecp_tx, &tx);
	vdp_table_set_params(p->vdp, &params);
	vdp_table_set_ready(p->vdp, is_ready && p->is_up, now);
}

void port_ecp_edition(struct node *n, uint16_t port, struct mono now)
{
	struct node_port *p = n->port[port];

	if (!p->vdp)
		return;
	set_edition(n, p, now);
	port_vsi_events(n, port, now);
}

bool port_ecp_takes(const struct node_port *p, unsigned ethertype, struct mac da)
{
	const struct ecp_dialect *d = p->ecp_rx.dialect;

	return ethertype == d->ethertype &&
	       (mac_equal(da, d->da) || (d->takes_unicast && mac_equal(da, p->mac)));
}

void port_ecp_down(struct node *n, uint16_t port, struct mono now)
{
	struct node_port *p = n->port[port];

	if (!p->vdp)
		return;
	ecp_rx_reset(&p->ecp_rx);
	ecp_tx_reset(&p->ecp_tx);
	vdp_table_set_ready(p->vdp, false, now);
	if (ecp_tx_take_result(&p->ecp_tx) != ECP_RESULT_NONE)
		vdp_table_on_sent(p->vdp, false, now);
	vdp_table_port_down(p->vdp, now);
	port_vsi_events(n, port, now);
}

static void send_ecpdu(struct node *n, uint16_t port, struct span pdu)
{
	struct node_port *p = n->port[port];
	const struct ecp_dialect *d = p->ecp_tx.dialect;
	uint8_t head[NODE_FRAME_MIN];
	struct wr w = wr_init(head, sizeof(head));

	wr_copy(&w, d->da.b, 6);
	wr_copy(&w, p->mac.b, 6);
	wr_u16(&w, d->ethertype);
	if (ECP_FRAME_HEAD + pdu.len <
		NODE_FRAME_MIN) { /* an acknowledgement, padded to the Ethernet minimum */
		wr_copy(&w, pdu.ptr, pdu.len);
		wr_zero(&w, NODE_FRAME_MIN - w.len);
		pdu = span_of(NULL, 0);
	}
	node_send(n, port, wr_span(&w), pdu);
}

void port_ecp_rx(struct node *n, uint16_t port, struct span frame, struct mono now)
{
	struct node_port *p = n->port[port];
	struct mac sa;
	struct ecp_hdr ack;
	uint8_t buf[ECP_HEADER_MAX + ECP_PAYLOAD_MAX];
	struct wr w = wr_init(buf, sizeof(buf));
	bool may_talk = p->conf.evb.is_enabled &&
			(p->kind == NODE_BRIDGE || p->evb.oper.is_ready || vdp_table_count(p->vdp) > 0);

	memcpy(sa.b, frame.ptr + 6, sizeof(sa.b));
	if (mac_equal(sa, p->mac))
		return;
	if (!may_talk) {
		p->count.ecp_not_ready++;
		return;
	}
	frame = span_of(frame.ptr + ECP_FRAME_HEAD, frame.len - ECP_FRAME_HEAD);
	switch (ecp_rx_on_pdu(&p->ecp_rx, sa, frame, &ack)) {
	case ECP_SEND_ACK:
		ecp_ack_encode(p->ecp_rx.dialect, &ack, frame.len, &w);
		send_ecpdu(n, port, wr_span(&w));
		break;
	case ECP_IS_ACK:
		ecp_tx_on_ack(&p->ecp_tx, &ack, now);
		break;
	case ECP_DROP:
		break;
	}
}

static void take_result(struct node *n, uint16_t port, struct mono now)
{
	struct node_port *p = n->port[port];
	enum ecp_result result = ecp_tx_take_result(&p->ecp_tx);

	if (result == ECP_RESULT_NONE)
		return;
	vdp_table_on_sent(p->vdp, result == ECP_RESULT_DELIVERED, now);
	if (result == ECP_RESULT_GAVE_UP)
		node_tell(n,
			&(struct node_event){ .kind = NODE_EVENT_ECP,
				.is_warning = true,
				.port = port,
				.event = "ECP gave up: no acknowledgement",
				.clause = "802.1Q 43" },
			now);
}

/* Queued requests go to VDP while it has room for the answers. */
static void take_requests(struct node *n, uint16_t port, struct mono now)
{
	struct node_port *p = n->port[port];
	struct span sdu;
	uint16_t subtype;

	while (vdp_table_can_accept(p->vdp) && ecp_rx_peek(&p->ecp_rx, &subtype, &sdu)) {
		vdp_table_rx(p->vdp, sdu, now);
		ecp_rx_pop(&p->ecp_rx);
		port_vsi_events(n, port, now);
	}
}

void port_ecp_pump(struct node *n, uint16_t port, struct mono now)
{
	struct node_port *p = n->port[port];
	uint8_t buf[ECP_HEADER_MAX + ECP_SDU_MAX];
	struct wr w = wr_init(buf, sizeof(buf));
	size_t len;

	take_result(n, port, now);
	take_requests(n, port, now);
	port_vsi_events(n, port, now);
	ecp_tx_set_rest(&p->ecp_tx, dur_ms(vdp_table_wants_rest(p->vdp) ? REST_MS : 0));
	if (p->is_up && ecp_tx_is_idle(&p->ecp_tx)) {
		len = vdp_table_fill(p->vdp, buf, p->ecp_tx.dialect->sdu_max, now);
		if (len > 0 &&
			ecp_tx_submit(&p->ecp_tx, ECP_SUBTYPE_VDP, span_of(buf, len), now) != ECP_SUBMIT_OK)
			vdp_table_on_sent(p->vdp, false, now);
	}
	if (p->is_up && ecp_tx_poll(&p->ecp_tx, now, &w))
		send_ecpdu(n, port, wr_span(&w));
	take_requests(n, port, now); /* packing answers made room */
	port_vsi_events(n, port, now);
}
