/*
 * vdp_text.c - VSIIDs and VSI manager IDs as text (802.1Q 41.2; evb-reference 6.2, 6.3).
 *
 * A VSIID is a format and 16 octets; short forms are right-aligned with leading zeros. The text of a well-formed
 * VSIID is what an operator would write: a UUID, a MAC, IPv4 or IPv6 address, "local:HEX". A peer may place the
 * octets elsewhere or use a reserved format; such a VSIID is shown as "formatN:" and its 16 octets in hex. Law:
 * vsi_id_parse(vsi_id_format(x)) == x for every x, so any VSI that `show` prints can be named in a command.
 *
 * The pure libraries have no inet_ntop(), so IPv4 and IPv6 (RFC 4291 in, RFC 5952 out) are read and written here.
 */
#include "vdp.h"

#include <stdio.h>

#include "text.h"

enum { GROUPS = 8, IPV6_TEXT = 40, NO_GAP = 99 };

/* The first octets of ::ffff:a.b.c.d (RFC 4291 2.5.5.2). */
static const uint8_t mapped_prefix[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

static bool starts_with_zeros(const uint8_t id[16], size_t n)
{
	static const uint8_t zeros[16];

	return memcmp(id, zeros, n) == 0;
}

static const char *ipv4_format(const uint8_t b[4], char *text, size_t size)
{
	snprintf(text, size, "%u.%u.%u.%u", b[0], b[1], b[2], b[3]);
	return text;
}

/** The whole text must be the address. Nothing is written unless it is. */
static bool ipv4_parse(const char *s, uint8_t ret[4])
{
	uint8_t b[4];

	for (int i = 0; i < 4; i++) {
		unsigned v = 0, digits = 0;

		if (i > 0 && *s++ != '.')
			return false;
		for (; *s >= '0' && *s <= '9' && digits < 3; s++, digits++)
			v = v * 10 + (unsigned)(*s - '0');
		if (digits == 0 || v > 255)
			return false;
		b[i] = (uint8_t)v;
	}
	if (*s != '\0')
		return false;
	memcpy(ret, b, sizeof(b));
	return true;
}

static unsigned ipv6_group(const uint8_t b[16], unsigned i)
{
	return (unsigned)b[2 * i] << 8 | b[2 * i + 1];
}

/** The longest run of two or more zero groups, the first of equals (RFC 5952 4.2); GROUPS if none. */
static unsigned ipv6_longest_gap(const uint8_t b[16], unsigned *ret_len)
{
	unsigned best = GROUPS, best_len = 1, run = 0;

	for (unsigned i = 0; i < GROUPS; i++) {
		run = ipv6_group(b, i) == 0 ? run + 1 : 0;
		if (run > best_len) {
			best_len = run;
			best = i + 1 - run;
		}
	}
	*ret_len = best_len;
	return best;
}

static const char *ipv6_format(const uint8_t b[16], char *text, size_t size)
{
	unsigned len, gap = ipv6_longest_gap(b, &len);
	size_t n = 0;

	if (memcmp(b, mapped_prefix, sizeof(mapped_prefix)) == 0) {
		snprintf(text, size, "::ffff:%u.%u.%u.%u", b[12], b[13], b[14], b[15]);
		return text;
	}
	text[0] = '\0';
	for (unsigned i = 0; i < GROUPS;) { /* 39 characters at most */
		if (i == gap) {
			n += (size_t)snprintf(text + n, size - n, "::");
			i += len;
			continue;
		}
		n += (size_t)snprintf(
			text + n, size - n, "%s%x", i == 0 || i == gap + len ? "" : ":", ipv6_group(b, i));
		i++;
	}
	return text;
}

/** One to four hexadecimal digits; *s moves past them. */
static bool ipv6_parse_group(const char **s, uint8_t ret[2])
{
	unsigned v = 0, digits = 0;

	for (; digits < 4 && text_hex_digit(**s) >= 0; (*s)++, digits++)
		v = v << 4 | (unsigned)text_hex_digit(**s);
	ret[0] = (uint8_t)(v >> 8);
	ret[1] = (uint8_t)v;
	return digits > 0;
}

/** The octets before and after a "::", joined: *ret_n of them, *ret_gap (or NO_GAP) before it. */
static bool ipv6_parse_octets(const char *s, uint8_t b[16], size_t *ret_n, size_t *ret_gap)
{
	size_t n = 0, gap = NO_GAP;

	if (s[0] == ':' && s[1] == ':') {
		gap = 0;
		s += 2;
	}
	while (*s != '\0') {
		if (n + 4 <= 16 && ipv4_parse(s, &b[n])) { /* a dotted tail is the last thing */
			n += 4;
			break;
		}
		if (n + 2 > 16 || !ipv6_parse_group(&s, &b[n]))
			return false;
		n += 2;
		if (*s == '\0')
			break;
		if (s[0] != ':' || s[1] == '\0')
			return false;
		if (*++s == ':') {
			if (gap != NO_GAP)
				return false;
			gap = n;
			s++;
		}
	}
	*ret_n = n;
	*ret_gap = gap;
	return true;
}

static bool ipv6_parse(const char *s, uint8_t ret[16])
{
	uint8_t b[16] = { 0 };
	size_t n, gap;

	if (!ipv6_parse_octets(s, b, &n, &gap))
		return false;
	if (gap == NO_GAP ? n != 16 : n > 14) /* "::" stands for at least one group */
		return false;
	memset(ret, 0, 16);
	if (gap == NO_GAP)
		gap = 16;
	memcpy(ret, b, gap);
	if (gap < 16)
		memcpy(ret + 16 - (n - gap), b + gap, n - gap);
	return true;
}

/** "local:HEX" without leading zero octets, at least one octet. */
static void local_format(const uint8_t id[16], char text[VSI_ID_TEXT])
{
	size_t skip = 0;
	char hex[33];

	while (skip < 15 && id[skip] == 0)
		skip++;
	snprintf(text, VSI_ID_TEXT, "local:%s", hex_format(span_of(id + skip, 16 - skip), hex, sizeof(hex)));
}

const char *vsi_id_format(const struct vsi_id *id, char text[VSI_ID_TEXT])
{
	char hex[33];

	if (id->format == VSI_ID_UUID) {
		uuid_format(id->id, text);
	} else if (id->format == VSI_ID_IPV6) {
		ipv6_format(id->id, text, VSI_ID_TEXT);
	} else if (id->format == VSI_ID_LOCAL) {
		local_format(id->id, text);
	} else if (id->format == VSI_ID_IPV4 && starts_with_zeros(id->id, 12)) {
		ipv4_format(id->id + 12, text, VSI_ID_TEXT);
	} else if (id->format == VSI_ID_MAC && starts_with_zeros(id->id, 10)) {
		struct mac m;

		memcpy(m.b, id->id + 10, sizeof(m.b));
		mac_format(m, text);
	} else {
		snprintf(text, VSI_ID_TEXT, "format%u:%s", id->format,
			hex_format(span_of(id->id, 16), hex, sizeof(hex)));
	}
	return text;
}

/** Hex digits, 1..16 octets, right-aligned. */
static bool hex_parse_right(const char *text, uint8_t ret[16])
{
	uint8_t b[16];
	size_t n;

	if (!hex_parse(text, b, sizeof(b), &n) || n == 0)
		return false;
	memset(ret, 0, 16);
	memcpy(ret + 16 - n, b, n);
	return true;
}

/** "formatN:" and exactly 32 hex digits: a VSIID whose octets have no better text. */
static bool raw_parse(const char *text, struct vsi_id *ret)
{
	unsigned format = 0;

	if (strncmp(text, "format", 6) != 0)
		return false;
	for (text += 6; *text >= '0' && *text <= '9' && format <= 255; text++)
		format = format * 10 + (unsigned)(*text - '0');
	if (format > 255 || text[0] != ':' || strlen(text + 1) != 32 || !hex_parse_right(text + 1, ret->id))
		return false;
	ret->format = (uint8_t)format;
	return true;
}

bool vsi_id_parse(const char *text, struct vsi_id *ret)
{
	struct vsi_id id = { 0 };
	struct mac m;

	if (uuid_parse(text, id.id)) {
		id.format = VSI_ID_UUID;
	} else if (mac_parse(text, &m)) {
		memcpy(id.id + 10, m.b, sizeof(m.b));
		id.format = VSI_ID_MAC;
	} else if (ipv4_parse(text, id.id + 12)) {
		id.format = VSI_ID_IPV4;
	} else if (ipv6_parse(text, id.id)) {
		id.format = VSI_ID_IPV6;
	} else if (strncmp(text, "local:", 6) == 0 && hex_parse_right(text + 6, id.id)) {
		id.format = VSI_ID_LOCAL;
	} else if (!raw_parse(text, &id)) {
		return false;
	}
	*ret = id;
	return true;
}

const char *vdp_manager_format(const struct vdp_manager *m, char text[VDP_MANAGER_TEXT])
{
	if (memcmp(m->id, mapped_prefix, sizeof(mapped_prefix)) == 0)
		return ipv4_format(m->id + 12, text, VDP_MANAGER_TEXT);
	return ipv6_format(m->id, text, VDP_MANAGER_TEXT);
}

bool vdp_manager_parse(const char *text, struct vdp_manager *ret)
{
	struct vdp_manager m = { { 0 } };

	if (ipv4_parse(text, m.id + 12))
		memcpy(m.id, mapped_prefix, sizeof(mapped_prefix));
	else if (!ipv6_parse(text, m.id) && (strlen(text) != 32 || !hex_parse_right(text, m.id)))
		return false;
	*ret = m;
	return true;
}
