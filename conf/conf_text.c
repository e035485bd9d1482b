/*
 * conf_text.c - values of settings as text: for messages, for `evbctl reload`, for the comparison of documents.
 *
 * In: a row of the table and the struct its value is kept in. Out: the value as an administrator would write it, or
 * the range of what may be written. Text that does not fit is cut and ends in "..." - it is for reading only.
 */
#include "conf_priv.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct out { /* text that is built piece by piece */
	char *p;
	size_t size, len;
};

static void __attribute__((format(printf, 2, 3))) put(struct out *o, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(o->p + o->len, o->size - o->len, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= o->size - o->len) {
		memcpy(o->p + o->size - 4, "...", 4);
		o->len = o->size - 1;
	} else {
		o->len += (size_t)n;
	}
}

static void put_item(struct out *o, const char *text)
{
	put(o, "%s%s", o->len > 0 ? ", " : "", text);
}

static void put_vids(struct out *o, const uint8_t *bitmap)
{
	for (unsigned vid = 1; vid <= FWD_VID_MAX; vid++) {
		unsigned first = vid;

		if (!(bitmap[vid / 8] & 1 << vid % 8))
			continue;
		while (vid < FWD_VID_MAX && (bitmap[(vid + 1) / 8] & 1 << (vid + 1) % 8))
			vid++;
		put(o, "%s%u", o->len > 0 ? ", " : "", first);
		if (vid > first)
			put(o, "-%u", vid);
	}
}

static void put_mask(struct out *o, const struct name_row *names, int64_t mask)
{
	for (; names->name != NULL; names++)
		if (mask & names->value)
			put_item(o, names->name);
}

static void put_patterns(struct out *o, const char (*patterns)[CONF_NAME])
{
	for (unsigned i = 0; i < CONF_MAX_PATTERNS && patterns[i][0] != '\0'; i++)
		put_item(o, patterns[i]);
}

static void put_members(struct out *o, const uint32_t *ids)
{
	for (unsigned i = 0; i < CONF_MAX_MEMBERS && ids[i] != 0; i++)
		put(o, "%s%u", i > 0 ? ", " : "", ids[i]);
}

static void put_managers(struct out *o, const struct vdp_manager *managers)
{
	static const struct vdp_manager none;
	char text[VDP_MANAGER_TEXT];

	for (unsigned i = 0; i < 256; i++)
		if (!vdp_manager_equal(&managers[i], &none))
			put(o, "%s%u = %s", o->len > 0 ? ", " : "", i,
				vdp_manager_format(&managers[i], text));
}

static void put_vsi_id(struct out *o, const struct vsi_id *id)
{
	char text[VSI_ID_TEXT];

	if (id->format != 0)
		put(o, "%s", vsi_id_format(id, text));
}

const char *conf_setting_format(const struct conf_setting *s, const void *base, char text[CONF_VALUE_TEXT])
{
	struct out o = { text, CONF_VALUE_TEXT, 0 };
	const void *p = (const char *)base + s->offset;
	char manager[VDP_MANAGER_TEXT];
	int64_t n;

	text[0] = '\0';
	switch (s->kind) {
	case CONF_PORTS:
	case CONF_CHANNELS:
	case CONF_VIFS:
	case CONF_LISTS:
		break;
	case CONF_GROUP:
	case CONF_BOOL:
		put(&o, "%s", s->size > 0 && conf_setting_get(s, base) ? "true" : "false");
		break;
	case CONF_NUMBER:
		put(&o, "%lld", (long long)conf_setting_get(s, base));
		break;
	case CONF_CHOICE:
		put(&o, "%s", names_text(s->names, (int)conf_setting_get(s, base), "?"));
		break;
	case CONF_AGENTS:
		put_mask(&o, s->names, conf_setting_get(s, base));
		break;
	case CONF_STRING:
	case CONF_FILE:
		put(&o, "%s", (const char *)p);
		break;
	case CONF_VIDS:
		put_vids(&o, p);
		break;
	case CONF_PATTERNS:
		put_patterns(&o, p);
		break;
	case CONF_ELSEWHERE:
		n = conf_setting_get(s, base);
		if (n == 0)
			put(&o, "drop");
		else
			put(&o, "vlan %lld", (long long)n);
		break;
	case CONF_MEMBERS:
		put_members(&o, p);
		break;
	case CONF_MANAGER:
		put(&o, "%s", vdp_manager_format(p, manager));
		break;
	case CONF_MANAGERS:
		put_managers(&o, p);
		break;
	case CONF_VSI_ID_TEXT:
		put_vsi_id(&o, p);
		break;
	}
	return text;
}

const char *conf_setting_range(const struct conf_setting *s, char text[CONF_RANGE_TEXT])
{
	struct out o = { text, CONF_RANGE_TEXT, 0 };

	text[0] = '\0';
	switch (s->kind) {
	case CONF_GROUP:
		put(&o, "a group { ... }");
		break;
	case CONF_PORTS:
	case CONF_CHANNELS:
	case CONF_VIFS:
	case CONF_LISTS:
		put(&o, "a list of groups ( { ... }, ... ), at most %lld", (long long)s->max);
		break;
	case CONF_BOOL:
		put(&o, "true or false");
		break;
	case CONF_NUMBER:
		put(&o, "%lld..%lld", (long long)s->min, (long long)s->max);
		break;
	case CONF_CHOICE:
	case CONF_AGENTS:
		for (const struct name_row *n = s->names; n->name != NULL; n++)
			put_item(&o, n->name);
		break;
	case CONF_STRING:
	case CONF_FILE:
		put(&o, "%s of at most %zu octets", s->kind == CONF_FILE ? "path" : "text", s->size - 1);
		break;
	case CONF_VIDS:
		put(&o, "list of 1..4094 and \"low-high\"");
		break;
	case CONF_PATTERNS:
		put(&o, "at most %d patterns with * ? [a-z]", CONF_MAX_PATTERNS);
		break;
	case CONF_ELSEWHERE:
		put(&o, "\"drop\" or \"vlan N\"");
		break;
	case CONF_MEMBERS:
		put(&o, "list of at most %d VIFs", CONF_MAX_MEMBERS);
		break;
	case CONF_MANAGER:
		put(&o, "IPv6 or IPv4 address, or 32 hex digits");
		break;
	case CONF_MANAGERS:
		put(&o, "list of \"N = ID\", N 0..255, ID an IPv6 or IPv4 address or 32 hex digits");
		break;
	case CONF_VSI_ID_TEXT:
		put(&o, "UUID, MAC, IPv4 or IPv6 address, or local:HEX");
		break;
	}
	return text;
}

const char *conf_row_format(const struct conf_port *p, char text[CONF_ROW_TEXT])
{
	if (p->scid == CONF_SCID_DEFAULT)
		snprintf(text, CONF_ROW_TEXT, "port \"%s\"", p->name);
	else
		snprintf(text, CONF_ROW_TEXT, "channel %u of port \"%s\"", p->scid, p->name);
	return text;
}

const char *conf_error_format(const struct conf_error *e, char *text, size_t size)
{
	char line[16] = "";

	if (e->line > 0)
		snprintf(line, sizeof(line), ":%d", e->line);
	snprintf(text, size, "%s%s: %s", e->file, line, e->text);
	return text;
}
