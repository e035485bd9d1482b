/* mac.c - text form of MAC addresses. */
#include "mac.h"

#include <stdio.h>

#include "text.h"

const char *mac_format(struct mac m, char text[MAC_TEXT])
{
	snprintf(text, MAC_TEXT, "%02x:%02x:%02x:%02x:%02x:%02x", m.b[0], m.b[1], m.b[2], m.b[3], m.b[4],
		m.b[5]);
	return text;
}

bool mac_parse(const char *text, struct mac *ret)
{
	struct mac m = { { 0 } };

	for (int i = 0; i < 6; i++) {
		int hi = text_hex_digit(*text);
		int lo;

		if (hi < 0)
			return false;
		lo = text_hex_digit(*++text);
		if (lo >= 0)
			text++;
		m.b[i] = (uint8_t)(lo >= 0 ? hi << 4 | lo : hi);
		if (i == 5)
			break;
		if (*text != ':' && *text != '-')
			return false;
		text++;
	}
	if (*text != '\0')
		return false;
	*ret = m;
	return true;
}
