/* Captured frames for tests: the worked frames of the references, wrapped in tags, cut, and with a frame check sequence. */
#ifndef EVB_TEST_CAP_FRAMES_H
#define EVB_TEST_CAP_FRAMES_H

#include <criterion/criterion.h>

#include "cap_record.h"
#include "lldp_fixtures.h"
#include "vdp_frames.h"

enum { CAP_TEST_MAX = 2048 };

static uint8_t cap_buf[CAP_TEST_MAX];

/** The frame as a capture would hold it; wire: octets on the wire, 0 for all of them. */
static inline struct cap_frame cap_of(const void *octets, size_t len, size_t wire)
{
	return (struct cap_frame){ .number = 1,
		.time = { 1000000000 },
		.wire_len = (uint32_t)(wire ? wire : len),
		.octets = span_of(octets, len) };
}
#define CAP_OF(frame) cap_of(frame, sizeof(frame), 0)

/** The frame with `n` octets put in behind its addresses. */
static inline struct cap_frame cap_tagged(const void *frame, size_t len, const void *tag, size_t n)
{
	memcpy(cap_buf, frame, CAP_MAC_HEADER);
	memcpy(cap_buf + CAP_MAC_HEADER, tag, n);
	memcpy(cap_buf + CAP_MAC_HEADER + n, (const uint8_t *)frame + CAP_MAC_HEADER, len - CAP_MAC_HEADER);
	return cap_of(cap_buf, len + n, 0);
}

/** The frame, padded, with its frame check sequence, bit by bit as 802.3 3.2.9 has it. */
static inline struct cap_frame cap_with_fcs(const void *frame, size_t len)
{
	uint32_t crc = UINT32_MAX;

	memset(cap_buf, 0, 64);
	memcpy(cap_buf, frame, len);
	if (len < 60)
		len = 60;
	for (size_t i = 0; i < len * 8; i++) {
		uint32_t bit = (cap_buf[i / 8] >> (i % 8) & 1) ^ (crc & 1);

		crc = crc >> 1 ^ (bit ? 0xedb88320 : 0);
	}
	crc = ~crc;
	for (unsigned i = 0; i < 4; i++)
		cap_buf[len + i] = (uint8_t)(crc >> (8 * i));
	return cap_of(cap_buf, len + 4, 0);
}

#endif
