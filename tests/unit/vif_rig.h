/*
 * Two nodes with port extension between them: host.eth0 with three VM ports, bridge.swp1, an ordinary port swp2 in VLAN 100.
 * VM i has the address guest[i] and, once asked for, VSI 1 + i.
 */
#ifndef EVB_TEST_VIF_RIG_H
#define EVB_TEST_VIF_RIG_H

#include <criterion/criterion.h>
#include <stdio.h>

#include "sim.h"
#include "vntag_hdr.h"

static struct sim *world;
static struct sim_node *host, *bridge;

enum { N_VMS = 3 };
static const struct mac guest[N_VMS] = { { { 2, 0, 0, 0, 0, 0x0a } }, { { 2, 0, 0, 0, 0, 0x0b } },
	{ { 2, 0, 0, 0, 0, 0x0d } } };
static const struct mac outside = { { 2, 0, 0, 0, 0, 0x0c } };
static const char *const vnet[N_VMS] = { "vnet1", "vnet2", "vnet3" };

static inline struct conf_port *add_pe_port(struct sim_node *n, const char *name, enum conf_role role)
{
	struct conf_port *p = sim_add_port(n, name, role);

	p->lldp_agents = CONF_AGENT_NCB | CONF_AGENT_NTPMR;
	p->pe = (struct conf_pe){ .tag = CONF_TAG_VN,
		.is_signalled = true,
		.priority = 128,
		.subtype = 1023,
		.is_base = true,
		.max_vifs = 64 };
	return p;
}

static inline void build(void)
{
	world = sim_new(1);
	host = sim_add_node(world, "host");
	bridge = sim_add_node(world, "bridge");
	add_pe_port(host, "eth0", CONF_STATION);
	add_pe_port(bridge, "swp1", CONF_BRIDGE);
	sim_add_port(bridge, "swp2", CONF_ORDINARY)->pvid = 100;
	for (unsigned i = 0; i < N_VMS; i++)
		sim_add_vm(host, vnet[i], "eth0");
	bridge->types.n_types = 1;
	bridge->types.has_default_manager = true;
	bridge->type[0] = (struct vtdb_type){ .type_id = 1, .version_high = 255, .default_vid = 100 };
}

static inline void start(void)
{
	sim_start(host);
	sim_start(bridge);
	sim_wire(host, "eth0", bridge, "swp1", dur_us(100));
}

static inline void teardown(void)
{
	sim_free(world);
}

static inline void pass(struct dur d)
{
	sim_run(world, mono_add(world->now, d));
}

static inline void associate(unsigned i)
{
	struct vdp_filter filter = { .mac = guest[i] };
	struct vdp_request rq = { .op = VDP_ASSOC,
		.subject = { .type_id = 1,
			.vsi = { .format = VSI_ID_UUID, .id = { [15] = (uint8_t)(1 + i) } } },
		.format = VDP_FILTER_MAC_VID,
		.n_filters = 1,
		.filters = &filter };
	uint16_t port = node_find_port(host->node, "eth0");

	cr_assert_eq(node_vsi_request(
			     host->node, port, &rq, node_find_port(host->node, vnet[i]), sim_node_now(host)),
		VDP_SUBMIT_OK);
	node_kick(host->node, port, sim_node_now(host));
}

static inline const struct vdp_vsi *vsi_at(const struct sim_node *n, const char *name, unsigned i)
{
	struct vsi_id id = { .format = VSI_ID_UUID, .id = { [15] = (uint8_t)(1 + i) } };
	const struct node_port *p = node_port(n->node, node_find_port(n->node, name));
	uint32_t at = vdp_table_find(p->vdp, &id);

	return at == UINT32_MAX ? NULL : vdp_table_get(p->vdp, at);
}

static inline bool is_associated(const struct sim_node *n, const char *name, unsigned i)
{
	const struct vdp_vsi *v = vsi_at(n, name, i);

	return v && v->state == VDP_STATE_ASSOC;
}

static inline uint32_t vif_of(unsigned i)
{
	return node_port(host->node, node_find_port(host->node, vnet[i]))->vif;
}

static inline void send(struct sim_node *n, const char *port, struct mac da, struct mac sa)
{
	uint8_t frame[60] = { 0 };

	memcpy(frame, da.b, 6);
	memcpy(frame + 6, sa.b, 6);
	frame[12] = 0x08;
	sim_inject(n, port, span_of(frame, sizeof(frame)));
	pass(dur_ms(5));
}

static inline uint64_t got(unsigned i)
{
	return sim_port(host, vnet[i])->guest_rx;
}

static inline void all_up(void)
{
	start();
	for (unsigned i = 0; i < N_VMS; i++)
		associate(i);
	pass(dur_s(10));
	for (unsigned i = 0; i < N_VMS; i++) {
		cr_assert_neq(vif_of(i), 0);
		cr_assert(is_associated(host, "eth0", i) && is_associated(bridge, "swp1", i), "%u", i);
	}
}

#endif
