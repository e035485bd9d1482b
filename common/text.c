/* text.c - digits, UUIDs and safe printing of a peer's octets. */
#include "text.h"

#include <stdio.h>

int text_hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static bool hex_octet(const char *text, uint8_t *ret)
{
	int hi = text_hex_digit(text[0]);
	int lo = hi < 0 ? -1 : text_hex_digit(text[1]);

	if (lo < 0)
		return false;
	*ret = (uint8_t)(hi << 4 | lo);
	return true;
}

const char *uuid_format(const uint8_t id[16], char text[UUID_TEXT])
{
	snprintf(text, UUID_TEXT, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
		id[0], id[1], id[2], id[3], id[4], id[5], id[6], id[7], id[8], id[9], id[10], id[11], id[12],
		id[13], id[14], id[15]);
	return text;
}

bool uuid_parse(const char *text, uint8_t ret[16])
{
	uint8_t id[16];

	for (int i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10) {
			if (*text++ != '-')
				return false;
		}
		if (!hex_octet(text, &id[i]))
			return false;
		text += 2;
	}
	if (*text != '\0')
		return false;
	memcpy(ret, id, sizeof(id));
	return true;
}

const char *hex_format(struct span bytes, char *text, size_t size)
{
	static const char digits[] = "0123456789abcdef";
	size_t n = 0;

	for (size_t i = 0; i < bytes.len && n + 3 <= size; i++) {
		text[n++] = digits[bytes.ptr[i] >> 4];
		text[n++] = digits[bytes.ptr[i] & 15];
	}
	if (size > 0)
		text[n] = '\0';
	return text;
}

bool hex_parse(const char *text, uint8_t *ret, size_t cap, size_t *ret_len)
{
	size_t n = 0;

	for (; text[0] != '\0'; text += 2) {
		if (n == cap || !hex_octet(text, &ret[n]))
			return false;
		n++;
	}
	*ret_len = n;
	return true;
}

const char *text_escape(struct span bytes, char *text, size_t size)
{
	static const char digits[] = "0123456789abcdef";
	size_t n = 0;

	for (size_t i = 0; i < bytes.len; i++) {
		uint8_t c = bytes.ptr[i];
		bool is_plain = c >= 0x20 && c < 0x7f && c != '"' && c != '\\';

		if (n + (is_plain ? 1 : 4) + 1 > size)
			break;
		if (is_plain) {
			text[n++] = (char)c;
		} else {
			text[n++] = '\\';
			text[n++] = 'x';
			text[n++] = digits[c >> 4];
			text[n++] = digits[c & 15];
		}
	}
	if (size > 0)
		text[n] = '\0';
	return text;
}
