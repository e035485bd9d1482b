/*
 * fuzz_gso.c - a virtio network header (ten octets) and a frame, as a guest's tap or a packet socket delivers them.
 * Laws: an end, no frame longer than the room for it, none outside the delivery or the buffer, and no payload octet
 * made up.
 */
#include <string.h>

#include "fuzz.h"
#include "gso.h"

enum { ROOM = 1518, FRAME_MAX = 65550 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t buf[ROOM], *frame;
	struct gso_vnet v;
	struct gso g;
	struct span out;
	size_t n = 0, len;

	if (size < GSO_VNET_OCTETS || size > FRAME_MAX)
		return 0;
	gso_vnet_decode(data, &v);
	len = size - GSO_VNET_OCTETS;
	frame = malloc(len > 0 ? len : 1); /* its own piece: the sanitizer guards both ends */
	FUZZ_LAW(frame != NULL);
	if (len > 0)
		memcpy(frame, data + GSO_VNET_OCTETS, len);
	if (gso_begin(&g, &v, frame, len, sizeof(buf)) == GSO_OK) {
		while (gso_next(&g, buf, &out)) {
			bool is_whole = out.ptr == frame;

			FUZZ_LAW(is_whole ? out.len <= len : out.ptr == buf && out.len <= sizeof(buf));
			FUZZ_LAW(++n <= len + 1);
		}
		FUZZ_LAW(n > 0);
	}
	free(frame);
	return 0;
}
