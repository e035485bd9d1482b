/*
 * flood_send.c - floods an interface: hostile frames, ECP requests of ever new sources, traffic of random addresses.
 * LLDPDUs that would make a neighbour are left out, so that what was negotiated stays.
 *
 *     flood_send INTERFACE FRAMES
 */
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "hostile.h"
#include "port_input.h"
#include "prng.h"

static size_t random_frame(struct prng *p, uint8_t frame[HOSTILE_FRAME_MAX])
{
	uint64_t r = prng_next(p);

	memset(frame, 0, HOSTILE_FRAME_MIN);
	frame[0] = 0x02;
	frame[6] = 0x02;
	memcpy(frame + 1, &r, 5);
	r = prng_next(p);
	memcpy(frame + 7, &r, 5);
	frame[12] = 0x08;
	return HOSTILE_FRAME_MIN;
}

static size_t make(struct prng *p, unsigned i, uint8_t frame[HOSTILE_FRAME_MAX])
{
	static unsigned at;
	const struct hostile *h;
	size_t len;

	if (i % 2)
		return random_frame(p, frame);
	do {
		h = hostile_row(at++);
		at = h ? at : 0;
	} while (h == NULL || h->end == LLDP_TAKEN || h->end == VDP_TAKEN);
	len = hostile_frame(h, (uint16_t)i, frame);
	memcpy(frame + 8, &i, sizeof(i));
	return len < 1514 ? len : 1514;
}

int main(int argc, char **argv)
{
	int fd = socket(AF_PACKET, SOCK_RAW, 0);
	struct sockaddr_ll to = { .sll_family = AF_PACKET };
	unsigned n_sent = 0, n = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 0;
	struct prng p = { 1 };
	uint8_t frame[HOSTILE_FRAME_MAX];

	if (fd < 0 || n == 0 || (to.sll_ifindex = (int)if_nametoindex(argv[1])) == 0) {
		fprintf(stderr, "usage: flood_send INTERFACE FRAMES (as root)\n");
		return 2;
	}
	for (unsigned i = 0; i < n; i++) {
		size_t len = make(&p, i, frame);

		n_sent += sendto(fd, frame, len, 0, (struct sockaddr *)&to, sizeof(to)) == (ssize_t)len;
	}
	printf("%u frames\n", n_sent);
	return n_sent > n / 2 ? 0 : 1;
}
