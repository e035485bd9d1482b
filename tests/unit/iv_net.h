/*
 * The interface virtualizer under test, with the worked frames of port-extension-reference 7.2.
 *
 * Setup A of 7.1: VN-Tag, uplink u0, VIF 5 = host A, VIF 6 = host B, list 0x100 of both; VIF 9 is behind a transit port.
 * Setup B: E-TAG, ports 100 and 101, group GRP1/base 1. Both hosts may use VLAN 1, their untagged one, and VLAN 11.
 */
#ifndef IV_NET_H
#define IV_NET_H

#include "forward.h"
#include "pe_frames.h"
#include "tag_net.h"

enum { LIST = VNTAG_LIST | 0x100, GROUP = 1 << VNTAG_GRP_SHIFT | 1 };
#define MAC_A 0xA
#define MAC_B 0xB

static struct net net;
static uint16_t u0, vif5, vif6, transit; /* setup A */
static uint16_t e0, e100, e101;          /* setup B */

static inline uint16_t uplink(uint16_t component, enum fwd_tag carries, bool is_base)
{
	return net_port(&net, (struct relay_port_cfg){ .kind = FWD_URP,
				      .relay = FWD_IV,
				      .component = component,
				      .carries = carries,
				      .is_base = is_base });
}

static inline uint16_t vif(uint16_t component, uint16_t up, uint32_t id, uint64_t mac)
{
	uint16_t lport = net_port(
		&net, (struct relay_port_cfg){ .kind = FWD_DRP, .relay = FWD_IV, .component = component });

	cr_assert(relay_channel_set(net.r, up, id, lport));
	net_admit(&net, lport, 1, 1, mac);
	net_admit(&net, lport, 2, 11, mac);
	return lport;
}

static inline void start(void)
{
	net_init(&net);
	u0 = uplink(1, FWD_TAG_VN, false);
	vif6 = vif(1, u0, 6, MAC_B);
	vif5 = vif(1, u0, 5, MAC_A);
	transit = net_port(
		&net, (struct relay_port_cfg){
			      .kind = FWD_TRANSIT, .relay = FWD_IV, .component = 1, .carries = FWD_TAG_VN });
	cr_assert(relay_channel_set(net.r, u0, 9, transit));
	cr_assert(relay_list_set(net.r, u0, LIST, (uint16_t[]){ vif5, vif6 }, 2));
	e0 = uplink(2, FWD_TAG_E, false);
	e100 = vif(2, e0, 100, MAC_A);
	e101 = vif(2, e0, 101, MAC_B);
	cr_assert(relay_list_set(net.r, e0, GROUP, (uint16_t[]){ e100, e101 }, 2));
}

#define rx(lport, name)            net_rx_octets(&net, lport, net_array(frame_##name))
#define put(name)                  net_put(&net, net_array(frame_##name))
#define expect_only(lport, name)   net_expect_only(&net, lport, net_array(frame_##name))
#define expect_one_of(lport, name) net_expect_n(&net, lport, net_array(frame_##name), 1)

/* The worked frame without its outer tag: what a VIF gets of a down frame. */
static inline struct span bare(struct span frame, size_t tag)
{
	static uint8_t octets[80];

	memcpy(octets, frame.ptr, PE_ADDRESSES);
	memcpy(octets + PE_ADDRESSES, frame.ptr + PE_ADDRESSES + tag, frame.len - PE_ADDRESSES - tag);
	return span_of(octets, frame.len - tag);
}

#endif
