/*
 * conf_read.c - one value of the file into its place, by the kind of its setting.
 *
 * In: a libconfig setting and the row of the table that it goes by. Out: the member of the struct that keeps it, or the
 * error noted. Which settings may stand where is conf_file.c's part, rules between them conf_check.c's.
 */
#include "conf_read.h"
#include "vntag_hdr.h"

#include <stdio.h>
#include <string.h>

static bool read_agents(struct conf_doc *d, const config_setting_t *at, const struct conf_setting *s,
	const char *what, const char *range, void *base)
{
	unsigned n;
	int64_t mask = 0;
	int bit;

	if (!conf_doc_list(d, at, what, 3, &n))
		return false;
	for (unsigned i = 0; i < n; i++) {
		const config_setting_t *item = config_setting_get_elem(at, i);

		if (!conf_doc_choice(d, item, what, s->names, range, &bit))
			return false;
		mask |= bit;
	}
	conf_setting_set(s, base, mask);
	return true;
}

static bool read_vids(struct conf_doc *d, const config_setting_t *at, const char *what, uint8_t *bitmap)
{
	unsigned n;
	uint16_t low, high;

	if (!conf_doc_list(d, at, what, FWD_VID_MAX, &n))
		return false;
	for (unsigned i = 0; i < n; i++) {
		if (!conf_doc_vids(d, config_setting_get_elem(at, i), what, &low, &high))
			return false;
		for (unsigned vid = low; vid <= high; vid++)
			bitmap[vid / 8] |= (uint8_t)(1 << vid % 8);
	}
	return true;
}

static bool read_patterns(
	struct conf_doc *d, const config_setting_t *at, const char *what, struct conf_port *p)
{
	const char *text;
	unsigned n;

	if (!conf_doc_list(d, at, what, CONF_MAX_PATTERNS, &n))
		return false;
	for (unsigned i = 0; i < n; i++) {
		const config_setting_t *item = config_setting_get_elem(at, i);

		if (!conf_doc_text(d, item, what, CONF_NAME, &text))
			return false;
		if (!conf_pattern_is_valid(text))
			return conf_doc_fail(
				d, item, "%s has \"%s\", which is no pattern of names", what, text);
		snprintf(p->vm_patterns[i], CONF_NAME, "%s", text);
	}
	p->n_vm_patterns = n;
	return true;
}

static bool read_members(
	struct conf_doc *d, const config_setting_t *at, const char *what, struct conf_list *l)
{
	int64_t id = 0;
	unsigned n;

	if (!conf_doc_list(d, at, what, CONF_MAX_MEMBERS, &n))
		return false;
	for (unsigned i = 0; i < n; i++) {
		const config_setting_t *item = config_setting_get_elem(at, i);

		if (!conf_doc_number(d, item, what, 1, VNTAG_ECID_UNICAST, &id))
			return false;
		l->members[i] = (uint32_t)id;
	}
	l->n_members = n;
	return true;
}

/* "11 = 2001:db8::1" */
static bool read_managers(
	struct conf_doc *d, const config_setting_t *at, const char *what, struct vdp_manager *managers)
{
	static const struct vdp_manager none;
	const char *text = "", *id;
	unsigned n, octet;

	if (!conf_doc_list(d, at, what, 256, &n))
		return false;
	for (unsigned i = 0; i < n; i++) {
		const config_setting_t *item = config_setting_get_elem(at, i);
		struct vdp_manager m;
		char number[4] = "";
		size_t digits;

		if (!conf_doc_text(d, item, what, CONF_TEXT, &text))
			return false;
		digits = strspn(text, "0123456789");
		id = text + digits + strspn(text + digits, " ");
		if (digits > 0 && digits < sizeof(number))
			memcpy(number, text, digits);
		if (*id != '=' || !conf_parse_range(number, 0, 255, &octet, &octet) ||
			!vdp_manager_parse(id + 1 + strspn(id + 1, " "), &m) || vdp_manager_equal(&m, &none))
			return conf_doc_fail(d, item,
				"%s has \"%s\"; allowed: \"N = ID\", N 0..255, ID a VSI manager id that is "
				"not "
				"all zeros",
				what, text);
		if (!vdp_manager_equal(&managers[octet], &none))
			return conf_doc_fail(d, item, "%s has %u twice", what, octet);
		managers[octet] = m;
	}
	return true;
}

static bool read_elsewhere(struct conf_doc *d, const config_setting_t *at, const struct conf_setting *s,
	const char *what, void *base)
{
	const char *text = "";
	unsigned vid = 0;
	bool is_vlan;

	if (!conf_doc_text(d, at, what, CONF_TEXT, &text))
		return false;
	is_vlan = strncmp(text, "vlan ", 5) == 0 && strchr(text, '-') == NULL &&
		  conf_parse_range(text + 5, 1, FWD_VID_MAX, &vid, &vid);
	if (!is_vlan && strcmp(text, "drop") != 0)
		return conf_doc_fail(d, at, "%s is \"%s\"; allowed: \"drop\" or \"vlan N\", N 1..%d", what,
			text, FWD_VID_MAX);
	conf_setting_set(s, base, vid);
	return true;
}

static bool read_text(struct conf_doc *d, const config_setting_t *at, const struct conf_setting *s,
	const char *what, char *member)
{
	const char *text;

	if (!conf_doc_text(d, at, what, s->size, &text))
		return false;
	memset(member, 0, s->size);
	if (s->kind != CONF_FILE)
		snprintf(member, s->size, "%s", text);
	else if (!conf_doc_resolve(d, text, member, s->size))
		return conf_doc_fail(d, at, "%s is too long with the folder of this file", what);
	return true;
}

bool conf_read_value(struct conf_doc *d, const config_setting_t *at, const struct conf_setting *s,
	const char *what, void *base)
{
	char range[CONF_RANGE_TEXT], *member = (char *)base + s->offset;
	int64_t number = 0;
	bool flag = false;
	int choice = 0;

	conf_setting_range(s, range);
	switch (s->kind) {
	case CONF_GROUP:
	case CONF_PORTS:
	case CONF_CHANNELS:
	case CONF_VIFS:
	case CONF_LISTS:
		return true;
	case CONF_BOOL:
		if (!conf_doc_bool(d, at, what, &flag))
			return false;
		conf_setting_set(s, base, flag);
		return true;
	case CONF_NUMBER:
		if (!conf_doc_number(d, at, what, s->min, s->max, &number))
			return false;
		conf_setting_set(s, base, number);
		return true;
	case CONF_CHOICE:
		if (!conf_doc_choice(d, at, what, s->names, range, &choice))
			return false;
		conf_setting_set(s, base, choice);
		return true;
	case CONF_AGENTS:
		return read_agents(d, at, s, what, range, base);
	case CONF_STRING:
	case CONF_FILE:
		return read_text(d, at, s, what, member);
	case CONF_VIDS:
		return read_vids(d, at, what, (uint8_t *)member);
	case CONF_PATTERNS:
		return read_patterns(d, at, what, base);
	case CONF_ELSEWHERE:
		return read_elsewhere(d, at, s, what, base);
	case CONF_MEMBERS:
		return read_members(d, at, what, base);
	case CONF_MANAGER:
		return conf_doc_manager(d, at, what, (struct vdp_manager *)(void *)member);
	case CONF_MANAGERS:
		return read_managers(d, at, what, (struct vdp_manager *)(void *)member);
	case CONF_VSI_ID_TEXT:
		return conf_doc_vsi_id(d, at, what, (struct vsi_id *)(void *)member);
	}
	return false;
}
