/*
 * port_move.c - how long a VM that moved to another port was not to be heard (evb-reference 6.9.1): from its last frame at
 * the port it left to its first at the port it came to. The switch is the only one that sees both.
 *
 * A move begins when a VSI is associated here that was associated on another port of this bridge; the last frame is
 * looked up before its addresses change hands. It is over with its first frame at the new port, or after
 * MOVE_LIFE_S, or when the VSI moves on. Moves watched are NODE_MOVES at
 * most; of more the oldest are forgotten.
 */
#include <stdio.h>

#include "node_priv.h"

enum { MOVE_LIFE_S = 60, DETAIL = 2 * NODE_LABEL + 64 };

/* The relay port that carries a bridge port's VSI. */
static uint16_t lport_of(const struct node *n, uint16_t port, uint32_t vsi)
{
	uint16_t vif = node_vsi_vif_port(n, port, vsi);

	return vif != NODE_NO_PORT ? n->port[vif]->lport : n->port[port]->lport;
}

struct mono port_move_last_seen(const struct node *n, uint16_t port, const struct vsi_id *id)
{
	uint32_t at = vdp_table_find(n->port[port]->vdp, id);

	if (n->io.refresh != NULL)
		n->io.refresh(n->io.ctx);
	return at != UINT32_MAX ? relay_vsi_last_seen(n->relay, lport_of(n, port, at), at) : MONO_ZERO;
}

void port_move_begin(struct node *n, uint16_t from, uint16_t to, const struct vdp_vsi *v,
	struct mono last_seen, struct mono now)
{
	struct node_move *m = &n->move[n->next_move];

	for (unsigned i = 0; i < NODE_MOVES; i++)
		if (n->move[i].in_use && vsi_id_equal(&n->move[i].vsi, &v->subject.vsi))
			m = &n->move[i];
	if (m == &n->move[n->next_move])
		n->next_move = (n->next_move + 1) % NODE_MOVES;
	n->n_moves += !m->in_use;
	*m = (struct node_move){ .in_use = true,
		.vsi = v->subject.vsi,
		.from = from,
		.to = to,
		.last_seen = last_seen,
		.until = mono_add(now, dur_s(MOVE_LIFE_S)) };
	snprintf(m->from_label, sizeof(m->from_label), "%s", n->port[from]->label);
}

static void end(struct node *n, struct node_move *m)
{
	m->in_use = false;
	n->n_moves--;
}

static void tell(struct node *n, const struct node_move *m, const struct vdp_vsi *v, struct mono now)
{
	struct dur blackout = mono_since(m->last_seen, now);
	bool is_known = m->last_seen.ns != 0;
	char detail[DETAIL];

	if (is_known)
		snprintf(detail, sizeof(detail),
			"blackout %.6f s, from its last frame at %s to its first at %s",
			dur_seconds(blackout), m->from_label, n->port[m->to]->label);
	else
		snprintf(detail, sizeof(detail), "its first frame; none had been seen at %s", m->from_label);
	node_tell(n,
		&(struct node_event){ .kind = NODE_EVENT_MOVE,
			.port = m->to,
			.vsi = v,
			.from = m->from_label,
			.to = n->port[m->to]->label,
			.event = "migrated",
			.clause = "802.1Q 41",
			.detail = detail,
			.has_blackout = is_known,
			.blackout = blackout },
		now);
}

void port_move_rx(struct node *n, struct mono now)
{
	for (unsigned i = 0; i < NODE_MOVES && n->n_moves > 0; i++) {
		struct node_move *m = &n->move[i];
		const struct node_port *p = m->in_use ? n->port[m->to] : NULL;
		uint32_t at = p != NULL && p->vdp ? vdp_table_find(p->vdp, &m->vsi) : UINT32_MAX;

		if (!m->in_use)
			continue;
		if (at == UINT32_MAX || mono_reached(m->until, now)) {
			end(n, m);
		} else if (relay_vsi_last_seen(n->relay, lport_of(n, m->to, at), at).ns != 0) {
			end(n, m);
			tell(n, m, vdp_table_get(p->vdp, at), now);
		}
	}
}
