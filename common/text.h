/* Small text helpers shared by the programs and the pure libraries: digits, UUIDs, hex strings. */
#ifndef EVB_TEXT_H
#define EVB_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "span.h"

enum { UUID_TEXT = 37 }; /* 8-4-4-4-12 and its NUL */

/** 0..15, or -1 when c is no hexadecimal digit. */
int text_hex_digit(char c);

/** Lower case, RFC 4122 octet order. */
const char *uuid_format(const uint8_t id[16], char text[UUID_TEXT]);
/** The 8-4-4-4-12 form, either case; the whole text must be the UUID. */
bool uuid_parse(const char *text, uint8_t ret[16]);

/** Lower-case hex without separators; cut to what fits, always terminated. */
const char *hex_format(struct span bytes, char *text, size_t size);
/** An even number of hex digits, at most cap octets. Returns false on anything else. */
bool hex_parse(const char *text, uint8_t *ret, size_t cap, size_t *ret_len);

/** Copy octets from a peer as printable text: controls, quotes, backslashes and non-ASCII become \xNN. */
const char *text_escape(struct span bytes, char *text, size_t size);

#endif
