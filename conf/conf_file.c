/*
 * conf_file.c - the configuration file (libconfig text) into struct conf, through the table of settings.
 *
 * Order: settings at the top, of which lldp and evb fill a model port; then each port, as a copy of the model, by its
 * own settings; then what depends on other settings, and the rules between settings (conf_check.c). The first thing
 * wrong ends the reading, with its file and line; nothing of a wrong file is ever used.
 * Invariant: whatever is in the file is either used or refused - never ignored.
 */
#include "conf_priv.h"
#include "conf_tree.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct reader {
	struct conf_doc doc;
	struct conf *conf;
	struct conf_port model; /* defaults of all ports */
	struct conf_port *port; /* being read; the model at the top */
	char where[40];         /* "": the top; "port "eth0"" */
};

enum { LABEL = 96 };

static bool is_top(const struct reader *r)
{
	return r->port == &r->model;
}

/* How messages call a setting: evb.retries of port "eth0" */
static const char *label(const struct reader *r, const char *path, char text[LABEL])
{
	snprintf(text, LABEL, "%s%s%s", path, is_top(r) ? "" : " of ", r->where);
	return text;
}

static bool read_agents(struct reader *r, const config_setting_t *at, const struct conf_setting *s,
	const char *what, const char *range, void *base)
{
	unsigned n;
	int64_t mask = 0;
	int bit;

	if (!conf_doc_list(&r->doc, at, what, 3, &n))
		return false;
	for (unsigned i = 0; i < n; i++) {
		const config_setting_t *item = config_setting_get_elem(at, i);

		if (!conf_doc_choice(&r->doc, item, what, s->names, range, &bit))
			return false;
		mask |= bit;
	}
	conf_setting_set(s, base, mask);
	return true;
}

static bool read_vlans(struct reader *r, const config_setting_t *at, const char *what)
{
	unsigned n;
	uint16_t low, high;

	if (!conf_doc_list(&r->doc, at, what, FWD_VID_MAX, &n))
		return false;
	for (unsigned i = 0; i < n; i++) {
		if (!conf_doc_vids(&r->doc, config_setting_get_elem(at, i), what, &low, &high))
			return false;
		for (unsigned vid = low; vid <= high; vid++)
			r->port->vlans[vid / 8] |= (uint8_t)(1 << vid % 8);
	}
	return true;
}

static bool read_patterns(struct reader *r, const config_setting_t *at, const char *what)
{
	const char *text;
	unsigned n;

	if (!conf_doc_list(&r->doc, at, what, CONF_MAX_PATTERNS, &n))
		return false;
	for (unsigned i = 0; i < n; i++) {
		const config_setting_t *item = config_setting_get_elem(at, i);

		if (!conf_doc_text(&r->doc, item, what, CONF_NAME, &text))
			return false;
		if (!conf_pattern_is_valid(text))
			return conf_doc_fail(
				&r->doc, item, "%s has \"%s\", which is no pattern of names", what, text);
		snprintf(r->port->vm_patterns[i], CONF_NAME, "%s", text);
	}
	r->port->n_vm_patterns = n;
	return true;
}

static bool read_elsewhere(struct reader *r, const config_setting_t *at, const char *what)
{
	const char *text = "";
	unsigned vid = 0;
	bool is_vlan;

	if (!conf_doc_text(&r->doc, at, what, CONF_TEXT, &text))
		return false;
	is_vlan = strncmp(text, "vlan ", 5) == 0 && strchr(text, '-') == NULL &&
		  conf_parse_range(text + 5, 1, FWD_VID_MAX, &vid, &vid);
	if (!is_vlan && strcmp(text, "drop") != 0)
		return conf_doc_fail(&r->doc, at, "%s is \"%s\"; allowed: \"drop\" or \"vlan N\", N 1..%d",
			what, text, FWD_VID_MAX);
	r->port->unassociated_vid = (uint16_t)vid;
	return true;
}

static bool read_text(struct reader *r, const config_setting_t *at, const struct conf_setting *s,
	const char *what, char *member)
{
	const char *text;

	if (!conf_doc_text(&r->doc, at, what, s->size, &text))
		return false;
	memset(member, 0, s->size);
	if (s->kind != CONF_FILE)
		snprintf(member, s->size, "%s", text);
	else if (!conf_doc_resolve(&r->doc, text, member, s->size))
		return conf_doc_fail(&r->doc, at, "%s is too long with the folder of this file", what);
	return true;
}

static bool read_value(struct reader *r, const config_setting_t *at, const struct conf_setting *s, void *base)
{
	char what[LABEL], range[CONF_RANGE_TEXT];
	char *member = (char *)base + s->offset;
	struct conf_doc *d = &r->doc;
	int64_t number = 0;
	bool flag = false;
	int choice = 0;

	label(r, s->path, what);
	conf_setting_range(s, range);
	switch (s->kind) {
	case CONF_GROUP:
	case CONF_PORTS:
		return true; /* read by the caller */
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
		return read_agents(r, at, s, what, range, base);
	case CONF_STRING:
	case CONF_FILE:
		return read_text(r, at, s, what, member);
	case CONF_VIDS:
		return read_vlans(r, at, what);
	case CONF_PATTERNS:
		return read_patterns(r, at, what);
	case CONF_ELSEWHERE:
		return read_elsewhere(r, at, what);
	case CONF_MANAGER:
		return conf_doc_manager(d, at, what, (struct vdp_manager *)(void *)member);
	case CONF_VSI_ID_TEXT:
		return conf_doc_vsi_id(d, at, what, (struct vsi_id *)(void *)member);
	}
	return false;
}

/* The part of a path below `prefix`, NULL when it is not directly there. */
static const char *below(const char *path, const char *prefix)
{
	size_t n = strlen(prefix);

	if (strncmp(path, prefix, n) != 0)
		return NULL;
	return strchr(path + n, '.') == NULL ? path + n : NULL;
}

static unsigned here(const struct reader *r)
{
	return is_top(r) ? CONF_GLOBAL | CONF_SHARED : CONF_ON_ANY;
}

static bool unknown(struct reader *r, const config_setting_t *at, const char *prefix)
{
	struct conf_guess g = { config_setting_name(at), NULL, 0 };
	char where[LABEL], group[LABEL] = "";

	for (const struct conf_setting *s = conf_settings; s->path != NULL; s++) {
		const char *name = below(s->path, prefix);

		if (name != NULL && (s->scope & here(r)))
			conf_guess_try(&g, name);
	}
	for (const struct conf_setting *s = conf_settings; s->path != NULL && g.best == NULL; s++) {
		const char *dot = strrchr(s->path, '.');

		if (dot != NULL && (s->scope & here(r)) && strcmp(dot + 1, g.name) == 0)
			g.best = s->path;
	}
	snprintf(group, sizeof(group), "%.*s", (int)(strlen(prefix) - (prefix[0] != '\0')), prefix);
	if (group[0] != '\0')
		label(r, group, where);
	else
		snprintf(where, sizeof(where), "%s", r->where);
	return conf_doc_unknown(&r->doc, at, where, &g);
}

static bool applies(struct reader *r, const config_setting_t *at, const struct conf_setting *s)
{
	static const char *const who[] = { [CONF_ON_ORDINARY] = "ordinary",
		[CONF_ON_STATION] = "station",
		[CONF_ON_BRIDGE] = "bridge",
		[CONF_ON_EVB] = "station and bridge" };

	if (is_top(r))
		return (s->scope & here(r)) ||
		       conf_doc_fail(
			       &r->doc, at, "%s belongs to a port, not to the top of the file", s->path);
	if (!(s->scope & CONF_ON_ANY))
		return conf_doc_fail(
			&r->doc, at, "%s is for all ports: it belongs to the top of the file", s->path);
	return (s->scope & 1u << r->port->role) ||
	       conf_doc_fail(&r->doc, at, "%s does not apply to %s, which is %s %s port (only to %s ports)",
		       s->path, r->where, r->port->role == CONF_ORDINARY ? "an" : "a",
		       conf_role_names[r->port->role], who[s->scope & CONF_ON_ANY]);
}

static bool read_group(struct reader *r, const config_setting_t *group, const char *prefix);

static bool read_setting(struct reader *r, const config_setting_t *at, const char *prefix)
{
	char path[CONF_TEXT], inner[CONF_TEXT + 1], what[LABEL];
	const struct conf_setting *s;
	void *base;

	snprintf(path, sizeof(path), "%s%s", prefix, config_setting_name(at));
	s = conf_setting_find(path);
	if (s == NULL)
		return unknown(r, at, prefix);
	if (!applies(r, at, s))
		return false;
	base = s->scope & CONF_ON_ANY ? (void *)r->port : (void *)r->conf;
	if (s->kind != CONF_GROUP)
		return read_value(r, at, s, base);
	if (!conf_doc_group(&r->doc, at, label(r, path, what)))
		return false;
	conf_setting_set(s, base, true);
	snprintf(inner, sizeof(inner), "%s.", path);
	return read_group(r, at, inner);
}

static bool read_group(struct reader *r, const config_setting_t *group, const char *prefix)
{
	char what[LABEL];

	for (unsigned i = 0; i < (unsigned)config_setting_length(group); i++)
		if (!read_setting(r, config_setting_get_elem(group, i), prefix))
			return false;
	for (const struct conf_setting *s = conf_settings; s->path != NULL; s++) {
		const char *name = below(s->path, prefix);

		if (name != NULL && s->is_required && (s->scope & here(r)) &&
			config_setting_get_member(group, name) == NULL)
			return conf_doc_fail(
				&r->doc, is_top(r) ? NULL : group, "%s is missing", label(r, s->path, what));
	}
	return true;
}

static bool read_first(struct reader *r, const config_setting_t *group, const char *name)
{
	const config_setting_t *at = config_setting_get_member(group, name);

	if (at == NULL)
		return conf_doc_fail(&r->doc, group, "%s of %s is missing", name, r->where);
	return read_value(r, at, conf_setting_find(name), r->port);
}

/* The name and the role come first, whatever their order in the file: messages and scopes need them. */
static bool read_identity(struct reader *r, const config_setting_t *group)
{
	if (!read_first(r, group, "name"))
		return false;
	snprintf(r->where, sizeof(r->where), "port \"%s\"", r->port->name);
	return read_first(r, group, "role");
}

/* Where a setting stands, to point at; `otherwise` when it is not in the file. */
static const config_setting_t *find_setting(
	const config_setting_t *group, const char *path, const config_setting_t *otherwise)
{
	char name[CONF_TEXT];

	while (group != NULL && path[0] != '\0') {
		size_t n = strcspn(path, ".");

		snprintf(name, sizeof(name), "%.*s", (int)n, path);
		group = config_setting_get_member(group, name);
		path += path[n] == '.' ? n + 1 : n;
	}
	return group != NULL ? group : otherwise;
}

static bool read_port(struct reader *r, const config_setting_t *group, unsigned i)
{
	char text[sizeof(r->doc.err->text)];
	const char *setting = NULL;

	r->port = &r->conf->ports[i];
	*r->port = r->model;
	r->port->line = (int)config_setting_source_line(group);
	snprintf(r->where, sizeof(r->where), "port %u", i + 1);
	if (!conf_doc_group(&r->doc, group, r->where) || !read_identity(r, group) ||
		!read_group(r, group, ""))
		return false;
	conf_derive_port(r->port, (struct conf_given){
					  .rr = find_setting(group, "reflective_relay", NULL) != NULL,
					  .agents = find_setting(group, "lldp.agents", NULL) != NULL,
					  .host_vid = find_setting(group, "host_vsi.vid", NULL) != NULL,
				  });
	if (conf_check_port(r->conf, i, &setting, text, sizeof(text)))
		return conf_doc_fail(&r->doc, find_setting(group, setting, group), "%s", text);
	return true;
}

static bool read_ports(struct reader *r, const config_setting_t *at)
{
	unsigned n;

	if (!config_setting_is_list(at))
		return conf_doc_fail(&r->doc, at, "ports must be a list of groups ( { ... }, ... )");
	if (!conf_doc_list(&r->doc, at, "ports", CONF_MAX_PORTS, &n))
		return false;
	r->conf->ports = calloc(n > 0 ? n : 1, sizeof(*r->conf->ports));
	if (r->conf->ports == NULL)
		return conf_doc_fail(&r->doc, at, "out of memory");
	for (unsigned i = 0; i < n; i++) {
		if (!read_port(r, config_setting_get_elem(at, i), i))
			return false;
		r->conf->n_ports = i + 1;
	}
	return true;
}

static bool read_file(struct reader *r)
{
	const config_setting_t *root = config_root_setting(&r->doc.cfg);

	conf_default_globals(r->conf);
	conf_default_port(&r->model);
	r->port = &r->model;
	if (!read_group(r, root, ""))
		return false;
	if (r->conf->system_name[0] == '\0')
		gethostname(r->conf->system_name, sizeof(r->conf->system_name) - 1);
	return read_ports(r, config_setting_get_member(root, "ports"));
}

int conf_load(const char *path, struct conf **ret, struct conf_error *ret_error)
{
	struct reader r = { .conf = calloc(1, sizeof(*r.conf)) };
	int error = conf_doc_open(&r.doc, path, ret_error);

	if (error == 0 && r.conf == NULL)
		error = -ENOMEM;
	if (error == 0 && !read_file(&r))
		error = -EINVAL;
	conf_doc_close(&r.doc);
	if (error == 0)
		*ret = r.conf;
	else
		conf_free(r.conf);
	return error;
}
