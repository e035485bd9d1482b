/*
 * ctl_vsi_object.c - JSON objects to VDP requests and filters back to JSON (802.1Q 41.2; evb-reference 6.2, 6.3).
 *
 * The same function reads what an operator typed (evbctl, before anything is sent) and what came over the socket
 * (the daemon, which trusts no client), so both refuse with the same words. A filter is an object or a short text:
 *
 *     {"vid":100,"mac":"52:54:00:00:00:01"}    "vid=100,mac=52:54:00:00:00:01,group=4660,pcp=3"
 *     "52:54:00:00:00:01/100"                  "52:54:00:00:00:01"                  "100"
 *
 * The members a filter has decide the filter info format; all filters of a VSI have the same (6.3). A missing VID is
 * the null VID: the bridge chooses.
 */
#include "ctl_vsi_object.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "names.h"
#include "text.h"
#include "tlv.h"

enum {
	HAS_MAC = 1,
	HAS_GROUP = 2,
	HAS_VID = 4,
	HAS_PCP = 8
}; /* the first two are the filter format less one */
enum { FILTER_TEXT = 80 };

struct draft { /* a filter being read */
	struct vdp_filter f;
	unsigned has;
};

static const struct name_row filter_formats[] = { { VDP_FILTER_VID, "vid" },
	{ VDP_FILTER_MAC_VID, "mac_vid" }, { VDP_FILTER_GROUP_VID, "group_vid" },
	{ VDP_FILTER_GROUP_MAC_VID, "group_mac_vid" }, { 0, NULL } };
static const struct name_row id_formats[] = { { VSI_ID_IPV4, "ipv4" }, { VSI_ID_IPV6, "ipv6" },
	{ VSI_ID_MAC, "mac" }, { VSI_ID_LOCAL, "local" }, { VSI_ID_UUID, "uuid" }, { 0, NULL } };
static const struct name_row ops[] = { { VDP_PREASSOC, "preassociate" },
	{ VDP_PREASSOC_RR, "preassociate_rr" }, { VDP_ASSOC, "associate" }, { VDP_DEASSOC, "deassociate" },
	{ 0, NULL } };

const char *ctl_filter_format_name(uint8_t format)
{
	return names_text(filter_formats, format, "unknown");
}
const char *ctl_id_format_name(uint8_t format)
{
	return names_text(id_formats, format, "unknown");
}
const char *ctl_op_name(enum vdp_op op)
{
	return names_text(ops, (int)op, "unknown");
}

bool ctl_op_parse(const char *name, enum vdp_op *ret)
{
	int value;

	if (!names_find(ops, name, &value))
		return false;
	*ret = (enum vdp_op)value;
	return true;
}

/* Always false, so that a caller can return it. */
__attribute__((format(printf, 2, 3))) static bool fail(char *err, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(err, CTL_ERROR_TEXT, format, ap);
	va_end(ap);
	return false;
}

/* ---- scalars ---- */

static bool number_from_text(const char *text, unsigned long long *ret)
{
	char *end;

	if (text[0] < '0' || text[0] > '9') /* strtoull would take blanks and signs */
		return false;
	errno = 0;
	*ret = strtoull(text, &end, text[1] == 'x' || text[1] == 'X' ? 16 : 10);
	return errno == 0 && *end == '\0';
}

static bool get_number(
	const json_t *j, unsigned long long low, unsigned long long high, uint32_t *ret, char *err)
{
	unsigned long long n = 0;
	bool is_number = false;

	if (json_is_integer(j) && json_integer_value(j) >= 0) {
		n = (unsigned long long)json_integer_value(j);
		is_number = true;
	} else if (json_is_string(j)) {
		is_number = number_from_text(json_string_value(j), &n);
	}
	if (!is_number || n < low || n > high)
		return fail(err, "a number from %llu to %llu is needed", low, high);
	*ret = (uint32_t)n;
	return true;
}

static bool get_name(const json_t *j, char ret[CTL_PORT_NAME], char *err)
{
	const char *s = json_string_value(j);

	if (s == NULL || s[0] == '\0' || strlen(s) >= CTL_PORT_NAME)
		return fail(err, "an interface name of 1 to %d characters is needed", CTL_PORT_NAME - 1);
	snprintf(ret, CTL_PORT_NAME, "%s", s);
	return true;
}

/* ---- filters ---- */

static bool set_mac(struct draft *d, const char *text, char *err)
{
	if (text == NULL || !mac_parse(text, &d->f.mac))
		return fail(err, "mac: an address such as 52:54:00:00:00:01 is needed");
	if (mac_is_group(d->f.mac) || mac_is_zero(d->f.mac))
		return fail(err, "mac: %s is not the address of a single station", text);
	d->has |= HAS_MAC;
	return true;
}

static const char *const filter_keys[] = { "vid", "mac", "group", "pcp", NULL };

/* One member; a null member is an absent one. */
static bool filter_member(struct draft *d, const char *key, const json_t *value, char *err)
{
	char why[CTL_ERROR_TEXT];
	uint32_t n = 0;

	if (json_is_null(value))
		return true;
	if (strcmp(key, "mac") == 0)
		return set_mac(d, json_string_value(value), err);
	if (strcmp(key, "vid") == 0) {
		if (!get_number(value, 0, VDP_VID_RESERVED - 1, &n, why))
			return fail(err, "vid: %.200s (0: the bridge chooses)", why);
		d->f.vid = (uint16_t)n;
		d->has |= HAS_VID;
	} else if (strcmp(key, "group") == 0) {
		if (!get_number(value, 1, UINT32_MAX, &d->f.group_id, why))
			return fail(err, "group: %.200s", why);
		d->has |= HAS_GROUP;
	} else if (strcmp(key, "pcp") == 0) {
		if (!get_number(value, 0, 7, &n, why))
			return fail(err, "pcp: %.200s", why);
		d->f.pcp = (uint8_t)n;
		d->f.has_pcp = true;
		d->has |= HAS_PCP;
	} else {
		const char *near = ctl_suggest(key, filter_keys);

		return near ? fail(err, "unknown key \"%.40s\", did you mean \"%s\"?", key, near)
			    : fail(err, "unknown key \"%.40s\": a filter has vid, mac, group, pcp", key);
	}
	return true;
}

static bool member_text(struct draft *d, const char *key, const char *value, char *err)
{
	json_t *j = json_string(value);
	bool is_good = j != NULL ? filter_member(d, key, j, err) : fail(err, "%s: not UTF-8 text", key);

	json_decref(j);
	return is_good;
}

/* "key=value,key=value"; `text` is cut up. */
static bool filter_pairs(struct draft *d, char *text, char *err)
{
	char *save = NULL;

	for (char *item = strtok_r(text, ",", &save); item != NULL; item = strtok_r(NULL, ",", &save)) {
		char *eq = strchr(item, '=');

		if (eq == NULL)
			return fail(err, "\"%s\" is not key=value", item);
		*eq = '\0';
		if (!member_text(d, item, eq + 1, err))
			return false;
	}
	return true;
}

static bool filter_text(struct draft *d, const char *text, char *err)
{
	char copy[FILTER_TEXT];
	char *slash;

	if (strlen(text) >= sizeof(copy))
		return fail(err, "too long for a filter");
	snprintf(copy, sizeof(copy), "%s", text);
	if (strchr(copy, '=') != NULL)
		return filter_pairs(d, copy, err);
	slash = strchr(copy, '/');
	if (slash != NULL) {
		*slash = '\0';
		return member_text(d, "mac", copy, err) && member_text(d, "vid", slash + 1, err);
	}
	if (strpbrk(copy, ":-") != NULL)
		return member_text(d, "mac", copy, err);
	return member_text(d, "vid", copy, err);
}

static bool filter_object(struct draft *d, const json_t *object, char *err)
{
	const char *key;
	json_t *value;

	json_object_foreach(
		(json_t *)object, key, value) if (!filter_member(d, key, value, err)) return false;
	return true;
}

static bool filter_parse(const json_t *j, struct draft *d, char *err)
{
	memset(d, 0, sizeof(*d));
	if (json_is_object(j)) {
		if (!filter_object(d, j, err))
			return false;
	} else if (json_is_string(j)) {
		if (!filter_text(d, json_string_value(j), err))
			return false;
	} else {
		return fail(err, "an object or a text is needed");
	}
	if ((d->has & (HAS_MAC | HAS_GROUP | HAS_VID)) == 0)
		return fail(err, "empty: at least one of vid, mac, group is needed");
	return true;
}

static bool filters_append(struct ctl_vsi *v, const json_t *item, char *err)
{
	char why[CTL_ERROR_TEXT];
	struct draft d;
	uint8_t format;
	unsigned i = v->rq.n_filters;

	if (!filter_parse(item, &d, why))
		return fail(err, "[%u]: %.220s", i, why);
	format = (uint8_t)(VDP_FILTER_VID + (d.has & (HAS_MAC | HAS_GROUP)));
	if (i > 0 && format != v->rq.format)
		return fail(err, "[%u]: is of kind %s, the first is %s; all must be of one kind", i,
			ctl_filter_format_name(format), ctl_filter_format_name(v->rq.format));
	if (i >= vdp_filter_max(format))
		return fail(err, "more than %u of kind %s do not fit one request", vdp_filter_max(format),
			ctl_filter_format_name(format));
	v->rq.format = format;
	v->filters[i] = d.f;
	v->rq.n_filters++;
	return true;
}

static bool parse_filters(const json_t *j, struct ctl_vsi *v, char *err)
{
	size_t i;
	json_t *item;

	if (!json_is_array(j)) {
		if (!filters_append(v, j, err))
			return false;
	} else if (json_array_size(j) == 0) {
		return fail(err, "empty: at least one filter is needed");
	}
	json_array_foreach(j, i, item) if (!filters_append(v, item, err)) return false;
	for (i = 0; v->rq.format == VDP_FILTER_VID && v->rq.n_filters > 1 && i < v->rq.n_filters; i++)
		if (v->filters[i].vid == 0)
			return fail(err, "[%zu]: vid 0 (the bridge chooses) must be the only filter", i);
	return true;
}

/* ---- the other keys ---- */

static bool parse_id(const json_t *j, struct ctl_vsi *v, char *err)
{
	const char *s = json_string_value(j);

	if (s == NULL || !vsi_id_parse(s, &v->rq.subject.vsi))
		return fail(err, "a UUID, MAC, IPv4 or IPv6 address or local:HEX is needed");
	return true;
}

static bool parse_port(const json_t *j, struct ctl_vsi *v, char *err)
{
	return get_name(j, v->port, err);
}

static bool parse_vm_port(const json_t *j, struct ctl_vsi *v, char *err)
{
	return get_name(j, v->vm_port, err);
}

static bool parse_channel(const json_t *j, struct ctl_vsi *v, char *err)
{
	uint32_t n = 0;

	if (!get_number(j, 1, CTL_CHANNEL_MAX, &n, err))
		return false;
	v->channel = n;
	v->has_channel = true;
	return true;
}

static bool parse_type_id(const json_t *j, struct ctl_vsi *v, char *err)
{
	return get_number(j, 0, 0xffffff, &v->rq.subject.type_id, err);
}

static bool parse_type_version(const json_t *j, struct ctl_vsi *v, char *err)
{
	uint32_t n = 0;

	if (!get_number(j, 0, UINT8_MAX, &n, err))
		return false;
	v->rq.subject.type_version = (uint8_t)n;
	return true;
}

static bool parse_manager(const json_t *j, struct ctl_vsi *v, char *err)
{
	const char *s = json_string_value(j);

	if (s == NULL || !vdp_manager_parse(s, &v->rq.subject.manager))
		return fail(err, "an IPv6 or IPv4 address or 32 hexadecimal digits are needed");
	return true;
}

/* Whole org-defined TLVs, headers included, as they follow the association TLV (6.4). */
static bool parse_org(const json_t *j, struct ctl_vsi *v, char *err)
{
	const char *s = json_string_value(j);
	enum tlv_step step;
	struct tlv t;
	struct rd r;
	size_t len;

	if (s == NULL || !hex_parse(s, v->org, sizeof(v->org), &len))
		return fail(err, "up to %d octets of hexadecimal digits are needed", CTL_ORG_MAX);
	r = rd_init(span_of(v->org, len));
	while ((step = tlv_next(&r, &t)) == TLV_STEP_ITEM)
		if (t.type != TLV_ORG || t.value.len < TLV_ORG_HEADER)
			return fail(
				err, "holds a TLV that is not an org-defined one (type 127, OUI, subtype)");
	if (step == TLV_STEP_OVERRUN)
		return fail(err, "the last TLV is longer than the text");
	if (r.left > 0)
		return fail(err, "holds an End TLV");
	v->rq.org = span_of(v->org, len);
	return true;
}

static bool parse_migrating(const json_t *j, struct ctl_vsi *v, char *err)
{
	v->rq.is_migrating = json_is_true(j);
	return json_is_boolean(j) || fail(err, "true or false is needed");
}

static bool parse_suspended(const json_t *j, struct ctl_vsi *v, char *err)
{
	v->rq.is_suspended = json_is_true(j);
	return json_is_boolean(j) || fail(err, "true or false is needed");
}

static const struct {
	const char *name;
	bool (*parse)(const json_t *j, struct ctl_vsi *v, char *err);
	bool is_needed; /* but for a de-associate */
} keys[] = {
	{ "id", parse_id, true },
	{ "port", parse_port, false },
	{ "channel", parse_channel, false },
	{ "type_id", parse_type_id, true },
	{ "type_version", parse_type_version, false },
	{ "manager", parse_manager, false },
	{ "filters", parse_filters, true },
	{ "vm_port", parse_vm_port, false },
	{ "org", parse_org, false },
	{ "migrating", parse_migrating, false },
	{ "suspended", parse_suspended, false },
};
enum { N_KEYS = sizeof(keys) / sizeof(keys[0]) };

/* Of rows only. */
static const char *const row_keys[] = { "id_format", "role", "generation", "state", "filter_format", "reason",
	"error", "keep", "hard", "since", "created", "ended", "keepalive_s", "host", "n_filters", "succeeded",
	"failed", "reverts", "rx_frames", "rx_octets", "tx_frames", "tx_octets", NULL };

static bool check_key(const char *key, char *err)
{
	const char *names[N_KEYS + 1] = { NULL };
	const char *near;

	for (unsigned i = 0; i < N_KEYS; i++) {
		if (strcmp(keys[i].name, key) == 0)
			return true;
		names[i] = keys[i].name;
	}
	for (unsigned i = 0; row_keys[i] != NULL; i++)
		if (strcmp(row_keys[i], key) == 0)
			return true;
	near = ctl_suggest(key, names);
	return near ? fail(err, "unknown key \"%.40s\", did you mean \"%s\"?", key, near)
		    : fail(err, "unknown key \"%.40s\"", key);
}

bool ctl_vsi_parse(const json_t *object, enum vdp_op op, struct ctl_vsi *ret, char err[CTL_ERROR_TEXT])
{
	char why[CTL_ERROR_TEXT];
	const char *key;
	json_t *value;

	if (!json_is_object(object))
		return fail(err, "not a JSON object");
	memset(ret, 0, sizeof(*ret));
	ret->channel = CTL_CHANNEL_DEFAULT;
	ret->rq.op = op;
	ret->rq.subject.type_version = 1;
	ret->rq.filters = ret->filters;
	json_object_foreach((json_t *)object, key, value) if (!check_key(key, err)) return false;
	for (unsigned i = 0; i < N_KEYS; i++) {
		const json_t *j = json_object_get(object, keys[i].name);
		bool is_needed = keys[i].is_needed && (op != VDP_DEASSOC || i == 0);

		if (j == NULL || json_is_null(j)) {
			if (is_needed)
				return fail(err, "%s is missing", keys[i].name);
		} else if (!keys[i].parse(j, ret, why)) {
			return fail(err, "%s%s%.220s", keys[i].name, why[0] == '[' ? "" : ": ", why);
		}
	}
	return true;
}

json_t *ctl_filters_json(uint8_t format, unsigned n, const struct vdp_filter *filters)
{
	json_t *array = json_array();
	unsigned has = format >= VDP_FILTER_VID && format <= VDP_FILTER_GROUP_MAC_VID ? format - 1u : 0;

	for (unsigned i = 0; i < n; i++) {
		const struct vdp_filter *f = &filters[i];
		char text[MAC_TEXT];
		json_t *j = json_object();

		json_object_set_new_nocheck(j, "vid", json_integer(f->vid));
		json_object_set_new_nocheck(j, "mac",
			has & HAS_MAC ? json_string_nocheck(mac_format(f->mac, text)) : json_null());
		json_object_set_new_nocheck(
			j, "group", has & HAS_GROUP ? json_integer(f->group_id) : json_null());
		json_object_set_new_nocheck(j, "pcp", f->has_pcp ? json_integer(f->pcp) : json_null());
		json_array_append_new(array, j);
	}
	return array;
}
