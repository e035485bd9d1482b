/*
 * A guest's offloads and an outer tag (port-extension-reference 8.1, PEX-10, 11): what the driver makes whole fits the
 * tagged uplink, checksum and size.
 */
#include "gso.h"
#include "iv_net.h"

enum { WRITE = 40000, MSS = 1448, GUEST_MTU = 1500, HEADERS = 14 + 20 + 32, L4 = 34 };

static uint16_t s_urp, s_vm; /* an S-channel beside the interface virtualizers */

static void start_all(void)
{
	uint16_t trunk;

	start();
	trunk = net_port(
		&net, (struct relay_port_cfg){
			      .kind = FWD_URP, .relay = FWD_VEPA, .component = 5, .carries = FWD_TAG_S });
	s_urp = net_port(&net,
		(struct relay_port_cfg){
			.kind = FWD_URP, .relay = FWD_VEPA, .component = 6, .pvid = 1, .tag = FWD_TAG_S });
	s_vm = net_port(&net, (struct relay_port_cfg){ .kind = FWD_DRP, .relay = FWD_VEPA, .component = 6 });
	cr_assert(relay_channel_set(net.r, trunk, 100, s_urp));
	net_admit(&net, s_vm, 1, 1, MAC_A);
}

TestSuite(relay_offload, .init = start_all, .fini = net_fini_all);

/* The pseudo-header's sum, as a kernel leaves it in the field. */
static void undo_checksum(uint8_t *ip, size_t field, unsigned l4_len, uint8_t proto)
{
	uint32_t sum = l4_len + proto;

	for (unsigned i = 12; i < 20; i += 2)
		sum += (uint32_t)ip[i] << 8 | ip[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	ip[field] = (uint8_t)(sum >> 8);
	ip[field + 1] = (uint8_t)sum;
}

/* V0 as the host's stack hands it over. */
static void expect_whole(uint16_t vm, uint16_t up, struct span want)
{
	struct gso_vnet v = { .flags = GSO_NEEDS_CSUM, .csum_start = L4, .csum_offset = 6 };
	uint8_t segment[2000];
	struct span frame;
	struct gso g;

	put(v0);
	undo_checksum(net.frame + 14, 26, 26, 17);
	cr_assert_neq(memcmp(net.frame, frame_v0, sizeof(frame_v0)), 0);
	cr_assert_eq(gso_begin(&g, &v, net.frame, net.frame_len, sizeof(segment)), GSO_OK);
	cr_assert(gso_next(&g, segment, &frame));
	cr_assert(net_rx_octets(&net, vm, frame));
	net_expect_only(&net, up, want);
	cr_assert_not(gso_next(&g, segment, &frame));
}

Test(relay_offload, PEX_10_an_unfinished_checksum_is_right_below_the_tag)
{
	uint8_t in_channel[sizeof(frame_v0) + 4];

	expect_whole(vif5, u0, net_array(frame_v1));
	expect_whole(e100, e0, net_array(frame_e1));
	memcpy(in_channel, frame_v0, 12);
	memcpy(in_channel + 12, "\x88\xa8\x00\x64", 4);
	memcpy(in_channel + 16, frame_v0 + 12, sizeof(frame_v0) - 12);
	expect_whole(s_vm, s_urp, net_array(in_channel));
}

/* 40 kB of TCP in one piece, as a guest with segmentation offload writes it. */
static size_t make_write(uint8_t *f, size_t c_tag)
{
	uint8_t *ip = f + 14 + c_tag, *tcp = ip + 20;

	memset(f, 0, HEADERS + c_tag + WRITE);
	memcpy(f, frame_v0, 12);
	if (c_tag > 0)
		memcpy(f + 12, "\x81\x00\x60\x0b", 4);
	memcpy(ip - 2, frame_v0 + 12, 22);
	ip[2] = (20 + 32 + WRITE) >> 8;
	ip[3] = (20 + 32 + WRITE) & 0xff;
	ip[9] = 6;
	tcp[12] = 8 << 4;
	for (size_t i = 0; i < WRITE; i++)
		tcp[32 + i] = (uint8_t)(i * 31);
	return HEADERS + c_tag + WRITE;
}

static void set_mtu(uint16_t lport, uint32_t mtu)
{
	const struct fwd_port *p = relay_port(net.r, lport);
	struct relay_port_cfg cfg = { .kind = (enum fwd_kind)p->kind,
		.relay = (enum fwd_relay)p->relay,
		.component = p->component,
		.pvid = p->pvid,
		.mtu = mtu };

	relay_port_set_cfg(net.r, lport, &cfg);
}

static void expect_segments(uint16_t vm, uint16_t up, unsigned room, size_t c_tag)
{
	uint8_t *big = malloc(HEADERS + 4 + WRITE), segment[2000], copy[2000];
	struct gso_vnet v = { .flags = GSO_NEEDS_CSUM,
		.type = GSO_TYPE_TCPV4,
		.gso_size = MSS,
		.csum_start = (uint16_t)(L4 + c_tag),
		.csum_offset = 16 };
	size_t len = make_write(big, c_tag), octets = 0, got, head = HEADERS + room;
	struct span frame;
	struct gso g;

	set_mtu(up, GUEST_MTU + room);
	cr_assert_eq(gso_begin(&g, &v, big, len, sizeof(segment)), GSO_OK);
	while (gso_next(&g, segment, &frame)) {
		cr_assert(net_rx_octets(&net, vm, frame), "%s", fwd_drop_name(net.res.drop));
		cr_assert_eq(net_ports(&net), (uint64_t)1 << up);
		got = net_copy_octets(&net, 0, copy);
		cr_assert_leq(got, GUEST_MTU + room + 14);
		for (size_t i = head; i < got; i++)
			cr_assert_eq(copy[i], (uint8_t)((octets + i - head) * 31));
		octets += got - head;
	}
	cr_assert_eq(octets, WRITE);
	free(big);
}

Test(relay_offload, PEX_11_no_piece_of_a_large_write_is_too_long_for_the_tagged_uplink)
{
	expect_segments(vif5, u0, 6, 0);
	expect_segments(vif5, u0, 6 + 4, 4);
	expect_segments(e100, e0, 8, 0);
	expect_segments(e100, e0, 8 + 4, 4);
	expect_segments(s_vm, s_urp, 4, 0);
}
