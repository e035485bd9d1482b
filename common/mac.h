/* MAC address as a value, its text form, and the reserved group addresses (802.1Q table 8-1). */
#ifndef EVB_MAC_H
#define EVB_MAC_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct mac {
	uint8_t b[6];
};

enum { MAC_TEXT = 18 }; /* "xx:xx:xx:xx:xx:xx" and its NUL */

#define MAC_NEAREST_CUSTOMER_BRIDGE ((struct mac){ { 0x01, 0x80, 0xc2, 0x00, 0x00, 0x00 } })
#define MAC_NEAREST_NON_TPMR_BRIDGE ((struct mac){ { 0x01, 0x80, 0xc2, 0x00, 0x00, 0x03 } })
#define MAC_NEAREST_BRIDGE          ((struct mac){ { 0x01, 0x80, 0xc2, 0x00, 0x00, 0x0e } })

static inline bool mac_equal(struct mac a, struct mac b)
{
	return memcmp(a.b, b.b, sizeof(a.b)) == 0;
}
static inline bool mac_is_group(struct mac m)
{
	return (m.b[0] & 1) != 0;
}
static inline bool mac_is_zero(struct mac m)
{
	static const struct mac zero;

	return mac_equal(m, zero);
}
/** 01-80-C2-00-00-00 .. -0F: consumed or filtered by a bridge, never relayed (802.1Q 8.6.3). */
static inline bool mac_is_reserved(struct mac m)
{
	return m.b[0] == 0x01 && m.b[1] == 0x80 && m.b[2] == 0xc2 && m.b[3] == 0 && m.b[4] == 0 &&
	       m.b[5] <= 0x0f;
}
static inline uint64_t mac_u64(struct mac m)
{
	return (uint64_t)m.b[0] << 40 | (uint64_t)m.b[1] << 32 | (uint64_t)m.b[2] << 24 |
	       (uint64_t)m.b[3] << 16 | (uint64_t)m.b[4] << 8 | m.b[5];
}

/** Lower case with colons. */
const char *mac_format(struct mac m, char text[MAC_TEXT]);
/** Accepts colons or dashes, one or two hex digits each; the whole text must be the address. */
bool mac_parse(const char *text, struct mac *ret);

#endif
