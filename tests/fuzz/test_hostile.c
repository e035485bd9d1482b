/*
 * Hostile frames one by one at a bridge port and at a station port: each has the end its row names, counted once, and
 * the port goes on as if nothing had been.
 */
#include <criterion/criterion.h>

#include "hostile.h"
#include "sim.h"

struct seen {
	uint64_t lldp_in, lldp_discarded, ecp_frames, ecp_dropped, stray_acks, no_manager, bad, failed,
		relay_dropped;
	unsigned n_neighbours;
	uint32_t n_vsis;
	uint64_t sent;
};

static struct sim *sim;
static struct sim_node *node;

static void start(enum conf_role role, enum evb_generation generation)
{
	sim = sim_new(1);
	node = sim_add_node(sim, "node");
	node->type[0] = (struct vtdb_type){ .manager = { { [15] = 1 } }, .type_id = 5, .version_high = 9 };
	node->type[1] = (struct vtdb_type){
		.manager = { { 'm', 'g', 'r', '1' } }, .type_id = 5, .version_high = 9
	};
	node->types.n_types = 2;
	sim_add_port(node, "p", role)->generation = generation;
	sim_start(node);
}

static struct seen look(void)
{
	const struct node_port *p = node_port(node->node, 0);
	const struct lldp_agent *a = p->agent[0].lldp;
	const struct ecp_rx_counters *e = &p->ecp_rx.count;
	const struct vdp_table_counters *v = vdp_table_counters(p->vdp);

	return (struct seen){
		.lldp_in = a->counters.frames_in,
		.lldp_discarded = a->counters.frames_discarded,
		.ecp_frames = e->frames,
		.ecp_dropped = e->bad_version + e->bad_op + e->bad_subtype + e->too_short + e->too_long,
		.stray_acks = p->ecp_tx.n.stray_acks,
		.no_manager = v->rx_no_manager,
		.bad = v->rx_bad_tlv,
		.failed = v->failed,
		.relay_dropped =
			relay_port_counters(node_relay(node->node), p->lport)->drops[FWD_DROP_RESERVED],
		.n_neighbours = a->rx.n,
		.n_vsis = vdp_table_count(p->vdp),
		.sent = sim_port(node, "p")->guest_rx,
	};
}

static void inject(const struct hostile *h, uint16_t seq)
{
	uint8_t frame[HOSTILE_FRAME_MAX];
	size_t len = hostile_frame(h, seq, frame);
	uint8_t *exact = malloc(len);

	memcpy(exact, frame, len);
	sim_inject(node, "p", span_of(exact, len));
	free(exact);
}

static bool has_ended(enum hostile_end end, const struct seen *was, const struct seen *is)
{
	bool is_acked = is->ecp_frames == was->ecp_frames + 1 && is->ecp_dropped == was->ecp_dropped;
	bool is_clean = is_acked && is->no_manager == was->no_manager && is->bad == was->bad;

	switch (end) {
	case LLDP_DISCARDED:
		return is->lldp_discarded == was->lldp_discarded + 1 && is->n_neighbours == 0;
	case LLDP_TAKEN:
		return is->lldp_discarded == was->lldp_discarded && is->n_neighbours == 1;
	case LLDP_NOTHING:
		return is->lldp_in == was->lldp_in + 1 && is->lldp_discarded == was->lldp_discarded &&
		       is->n_neighbours == 0;
	case ECP_DROPPED:
		return is->ecp_dropped == was->ecp_dropped + 1 && is->ecp_frames == was->ecp_frames &&
		       is->sent == was->sent;
	case ECP_STRAY_ACK:
		return is->stray_acks == was->stray_acks + 1 && is->sent == was->sent;
	case VDP_NO_MANAGER:
		return is_acked && is->no_manager == was->no_manager + 1 && is->n_vsis == 0;
	case VDP_BAD:
		return is_acked && is->bad == was->bad + 1;
	case VDP_REFUSED:
		return is_clean && is->failed == was->failed + 1 && is->n_vsis == 0;
	case VDP_TAKEN:
		return is_clean && is->n_vsis == 1;
	case VDP_ANSWERED: /* an acknowledgement and an answer */
		return is_clean && is->failed == was->failed && is->n_vsis == 0 && is->sent == was->sent + 2;
	case VDP_EMPTY:
		return is_clean && is->n_vsis == 0 && is->sent == was->sent + 1;
	}
	return false;
}

static void flap(void)
{
	sim_link(node, "p", false);
	sim_link(node, "p", true);
}

/* The port is of this generation; ECP of the other one is nothing to it. */
static enum evb_generation generation_of(const struct hostile *h)
{
	return hostile_is_draft(h) ? EVB_GENERATION_DRAFT : EVB_GENERATION_RATIFIED;
}

static bool is_ecp(const struct hostile *h)
{
	return h->base != BASE_LLDP && h->base != BASE_LLDP_ALONE;
}

static bool is_heard(const struct hostile *h, enum evb_generation generation)
{
	return !is_ecp(h) || generation_of(h) == generation;
}

static void has_its_end(const struct hostile *h, uint16_t seq, enum evb_generation generation)
{
	struct seen was, is;
	bool is_right;

	flap(); /* what ECP owes the port before is forgotten */
	was = look();
	inject(h, seq);
	is = look();
	is_right = is_heard(h, generation)
			   ? has_ended(h->end, &was, &is)
			   : is.sent == was.sent && is.ecp_frames == was.ecp_frames && is.n_vsis == 0;
	cr_expect(is_right,
		"%s at %s: lldp %d-%d ecp %d-%d stray %d, no manager %d bad %d failed %d, relay %d, "
		"%u neighbours %u VSIs, %d sent",
		h->name, evb_generation_name(generation), (int)(is.lldp_in - was.lldp_in),
		(int)(is.lldp_discarded - was.lldp_discarded), (int)(is.ecp_frames - was.ecp_frames),
		(int)(is.ecp_dropped - was.ecp_dropped), (int)(is.stray_acks - was.stray_acks),
		(int)(is.no_manager - was.no_manager), (int)(is.bad - was.bad), (int)(is.failed - was.failed),
		(int)(is.relay_dropped - was.relay_dropped), is.n_neighbours, is.n_vsis,
		(int)(is.sent - was.sent));
}

Test(hostile, every_frame_has_its_end_at_a_bridge_port)
{
	const struct hostile *h;

	for (int g = EVB_GENERATION_RATIFIED; g <= EVB_GENERATION_DRAFT; g++) {
		start(CONF_BRIDGE, (enum evb_generation)g);
		for (unsigned i = 0; (h = hostile_row(i)) != NULL; i++)
			has_its_end(h, (uint16_t)(0x5000 + i), (enum evb_generation)g);
		sim_free(sim);
	}
}

Test(hostile, no_frame_leaves_a_bridge_port_deaf)
{
	static const char *const good_name[] = { [EVB_GENERATION_RATIFIED] = "unknown TLV before it",
		[EVB_GENERATION_DRAFT] = "draft: a VSI between TLVs of others" };
	const struct hostile *h, *good = hostile_row(0);

	for (int g = EVB_GENERATION_RATIFIED; g <= EVB_GENERATION_DRAFT; g++) {
		start(CONF_BRIDGE, (enum evb_generation)g);
		for (unsigned i = 0; (h = hostile_row(i)) != NULL; i++) {
			if (strcmp(h->name, good_name[g]) == 0)
				good = h;
			inject(h, (uint16_t)(0x5000 + i));
		}
		cr_assert_eq(good->end, VDP_TAKEN);
		flap();
		inject(good, 0x7000);
		cr_expect_eq(look().n_vsis, 1);
		sim_free(sim);
	}
}

Test(hostile, a_station_port_counts_every_frame_and_has_no_vsi_of_them)
{
	const struct hostile *h;

	for (int g = EVB_GENERATION_RATIFIED; g <= EVB_GENERATION_DRAFT; g++) {
		start(CONF_STATION, (enum evb_generation)g);
		for (unsigned i = 0; (h = hostile_row(i)) != NULL; i++) {
			uint64_t before = node_port(node->node, 0)->count.control_in;
			/* ECP of the draft is somebody else's where it is not spoken */
			bool is_counted = !hostile_is_draft(h) || g == EVB_GENERATION_DRAFT;

			inject(h, (uint16_t)(0x5000 + i));
			cr_expect_eq(node_port(node->node, 0)->count.control_in, before + is_counted, "%s",
				h->name);
			cr_expect_eq(look().n_vsis, 0, "%s", h->name);
		}
		sim_free(sim);
	}
}
