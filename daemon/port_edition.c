/*
 * port_edition.c - which generation of EVB, ECP and VDP a port speaks, and going over to the other one (evb-reference
 * 7.5).
 *
 * In: the setting, LLDPDUs of the neighbour, and what VSIs from before a restart were spoken of in. The choice itself is
 * evb_choice.c's. Going over: ECP and VDP take the other dialect, by which all VSIs end (bridge) or wait to be asked
 * again (station); then EVB hears and says the other TLV, and tells when the peer is ready. Nothing else of the port
 * restarts.
 */
#include "node_priv.h"

enum evb_generation port_edition_setting(const struct node_port *p)
{
	return p->scid == NODE_CHANNEL_DEFAULT ? p->conf.generation : EVB_GENERATION_RATIFIED;
}

static void tell(struct node *n, uint16_t port, enum qbg_edition was, const char *why, struct mono now)
{
	struct node_port *p = n->port[port];

	node_tell(n,
		&(struct node_event){ .kind = NODE_EVENT_EVB,
			.port = port,
			.from = qbg_edition_name(was),
			.to = qbg_edition_name(p->choice.edition),
			.event = why,
			.clause = "802.1Q 40" },
		now);
}

static enum qbg_edition other(enum qbg_edition e)
{
	return e == QBG_DRAFT ? QBG_RATIFIED : QBG_DRAFT;
}

/* Another edition is in force. */
static void go_over(struct node *n, uint16_t port, const char *why, struct mono now)
{
	tell(n, port, other(n->port[port]->choice.edition), why, now);
	port_ecp_edition(n, port, now);
	port_evb_conf(n, port, now);
	port_vsi_host(n, port, now);
}

void port_edition_hear(struct node *n, uint16_t port, struct mono now)
{
	struct node_port *p = n->port[port];
	bool is_alone = p->evb.n_neighbours == 1;

	p->has_lldpdu = false;
	if (p->kind == NODE_ORDINARY || !p->conf.evb.is_enabled)
		return;
	if (evb_choice_on_pdu(
		    &p->choice, is_alone && p->evb.heard.has_ratified, is_alone && p->evb.heard.has_draft))
		go_over(n, port, "the neighbour's generation", now);
}

void port_edition_adopt(struct node *n, uint16_t port, enum qbg_edition before, struct mono now)
{
	if (before == QBG_DRAFT && evb_choice_adopt_draft(&n->port[port]->choice))
		go_over(n, port, "the generation of before the restart", now);
}

void port_edition_conf(struct node *n, uint16_t port, struct mono now)
{
	struct node_port *p = n->port[port];

	if (!evb_choice_set(&p->choice, port_edition_setting(p)))
		return;
	tell(n, port, other(p->choice.edition), "the configured generation", now);
	port_ecp_edition(n, port, now);
}
