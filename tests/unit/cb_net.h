/*
 * The controlling bridge under test, with the worked frames of port-extension-reference 7.2.
 *
 * VLAN 1: cascade port c1 with VIF 5 (host A) and 6 (host B), list 0x100; cascade port c2 with a VIF 5 too (host D), list
 * 0x100; an ordinary port with host C. Whatever address is behind these VIFs may use VLAN 1; it is untagged there.
 * VLAN 2: the same with E-TAGs, ports 100 (A) and 101 (B), group GRP1/base 1, where the VSIs own their addresses.
 */
#ifndef CB_NET_H
#define CB_NET_H

#include "forward.h"
#include "pe_frames.h"
#include "tag_net.h"

enum { LIST = VNTAG_LIST | 0x100, GROUP = 1 << VNTAG_GRP_SHIFT | 1 };
#define MAC_A 0xA
#define MAC_B 0xB
#define MAC_C 0xC
#define MAC_D 0xD

static struct net net;
static uint16_t c1, c1_v5, c1_v6, c2, c2_v5, lan; /* VLAN 1 */
static uint16_t e, e100, e101, e_lan;             /* VLAN 2 */

static inline uint16_t cascade(enum fwd_tag carries)
{
	return net_port(
		&net, (struct relay_port_cfg){ .kind = FWD_SBP, .relay = FWD_BRIDGE, .carries = carries });
}

static inline uint16_t vif(uint16_t trunk, uint32_t id)
{
	uint16_t lport = net_port(&net, (struct relay_port_cfg){ .kind = FWD_DRP,
						.relay = FWD_BRIDGE,
						.tag = (enum fwd_tag)relay_port(net.r, trunk)->carries });

	cr_assert(relay_channel_set(net.r, trunk, id, lport));
	return lport;
}

static inline uint16_t ordinary(uint16_t vid)
{
	uint16_t lport = net_ordinary(&net, vid);

	relay_port_set_vlan(net.r, lport, vid, true, true);
	return lport;
}

static inline void start(void)
{
	net_init(&net);
	c1 = cascade(FWD_TAG_VN);
	c1_v6 = vif(c1, 6);
	c1_v5 = vif(c1, 5);
	c2 = cascade(FWD_TAG_VN);
	c2_v5 = vif(c2, 5);
	lan = ordinary(1);
	net_admit(&net, c1_v5, 1, 1, 0);
	net_admit(&net, c1_v6, 1, 1, 0);
	net_admit(&net, c2_v5, 1, 1, 0);
	cr_assert(relay_list_set(net.r, c1, LIST, (uint16_t[]){ c1_v5, c1_v6 }, 2));
	cr_assert(relay_list_set(net.r, c2, LIST, (uint16_t[]){ c2_v5 }, 1));
	e = cascade(FWD_TAG_E);
	e100 = vif(e, 100);
	e101 = vif(e, 101);
	e_lan = ordinary(2);
	net_admit(&net, e100, 1, 2, MAC_A);
	net_admit(&net, e101, 1, 2, MAC_B);
	cr_assert(relay_list_set(net.r, e, GROUP, (uint16_t[]){ e100, e101 }, 2));
}

/* A's and B's hosts and C's are known. */
static inline void learn_all(void)
{
	net_rx_tagged(&net, c1, net_octets(0x89, 0x26, 0, 0, 0, 5), 0, MAC_D, MAC_A);
	net_rx_tagged(&net, c1, net_octets(0x89, 0x26, 0, 0, 0, 6), 0, MAC_D, MAC_B);
	net_rx_tagged(&net, c2, net_octets(0x89, 0x26, 0, 0, 0, 5), 0, MAC_C, MAC_D);
	net_rx(&net, lan, 0, MAC_D, MAC_C);
	net_rx(&net, e_lan, 0, MAC_A, MAC_C);
}

#define rx(lport, name)            net_rx_octets(&net, lport, net_array(frame_##name))
#define put(name)                  net_put(&net, net_array(frame_##name))
#define expect_only(lport, name)   net_expect_only(&net, lport, net_array(frame_##name))
#define expect_one_of(lport, name) net_expect_n(&net, lport, net_array(frame_##name), 1)

#endif
