/*
 * Frames in wire form out of what an AF_PACKET socket with PACKET_VNET_HDR delivers: the kernel hands over TCP and UDP
 * super-frames and unfinished checksums, each described by a virtio network header. gso_begin() checks one delivery,
 * gso_next() gives its frames: segmented as a NIC would, every checksum whole. (port-extension-reference 8.1)
 */
#ifndef EVB_GSO_H
#define EVB_GSO_H

#include <stdbool.h>

#include "span.h"

enum {
	GSO_VNET_OCTETS = 10, /* struct virtio_net_hdr */
	GSO_NEEDS_CSUM = 1,   /* flags: the checksum at csum_start + csum_offset is to be finished */
	GSO_TYPE_NONE = 0,
	GSO_TYPE_TCPV4 = 1,
	GSO_TYPE_TCPV6 = 4,
	GSO_TYPE_UDP_L4 = 5,
	GSO_TYPE_ECN = 0x80, /* with TCP: CWR is set */
};

struct gso_vnet {
	uint8_t flags;
	uint8_t type;
	uint16_t hdr_len;     /* a hint, not used */
	uint16_t gso_size;    /* payload octets per segment */
	uint16_t csum_start;  /* from the start of the frame */
	uint16_t csum_offset; /* of the checksum field from there */
};

enum gso_err {
	GSO_OK,
	GSO_ERR_SHORT, /* a length goes beyond the frame */
	GSO_ERR_TYPE,  /* unknown segmentation type */
	GSO_ERR_CSUM, /* checksum place outside the frame, or of another header than the one segmented (a tunnel) */
	GSO_ERR_HEADERS, /* not the headers the type says, a fragment, a source route */
	GSO_ERR_SIZE,    /* segment size 0, or a segment has no room in the caller's buffer */
	GSO_N_ERRS,
};
const char *gso_err_name(enum gso_err e);

struct gso { /* private; borrows the frame until the last gso_next() */
	const uint8_t *frame;
	size_t len;      /* of all headers and payload, without padding */
	size_t l3;       /* offset of the IP header */
	size_t l4;       /* of the TCP or UDP header */
	size_t payload;  /* of what is cut into pieces */
	size_t pos;      /* of the next piece */
	size_t gso_size; /* 0: one frame as it is */
	uint16_t n;      /* segments given */
	bool is_v6;
	bool is_tcp;
	bool is_done;
};

/** Fields are in the host's byte order, as the kernel writes them. */
void gso_vnet_decode(const uint8_t raw[GSO_VNET_OCTETS], struct gso_vnet *ret);
/** The caller put `octets` (a VLAN tag from the auxiliary data) back into the frame before its network header. */
void gso_vnet_shift(struct gso_vnet *v, unsigned octets);

/** For a driver without virtio headers: does this look like a TCP or UDP frame whose checksum its sender left undone?
 * Then the field holds the sum of the pseudo-header and the checksum is wrong. True: *ret says so. */
bool gso_guess(const uint8_t *frame, size_t len, struct gso_vnet *ret);

/** Check `frame`, finish its checksum in place if it is one frame; `cap` is the room gso_next() will have. */
enum gso_err gso_begin(struct gso *g, const struct gso_vnet *v, uint8_t *frame, size_t len, size_t cap);
/** The next frame: the one of gso_begin(), or a segment built in `buf`. False: no more. */
bool gso_next(struct gso *g, uint8_t *buf, struct span *ret);

#endif
