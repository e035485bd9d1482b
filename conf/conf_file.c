/*
 * conf_file.c - the configuration file (libconfig text) into struct conf, through the table of settings.
 *
 * Order: settings at the top, of which lldp and evb fill a model port; then each port, as a copy of the model, by its
 * own settings; its VIFs and lists; its channels, each as a copy of the port. To each row: what depends on other
 * settings, and the rules between settings (conf_check.c). The first thing wrong ends the reading, with its file and
 * line; nothing of a wrong file is ever used.
 * Invariant: whatever is in the file is either used or refused - never ignored.
 */
#include "conf_read.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum place { AT_TOP, AT_PORT, AT_CHANNEL, AT_VIF, AT_LIST };

struct reader {
	struct conf_doc doc;
	struct conf *conf;
	struct conf_port model;   /* defaults of all ports */
	struct conf_port written; /* the port as its group says, what its channels start from */
	struct conf_given given;  /* in that group */
	enum place place;         /* what is being read: */
	struct conf_port row;     /* a port or channel */
	struct conf_vif vif;
	struct conf_list list;
	char where[CONF_ROW_TEXT]; /* how messages call it; "": the top */
};

enum { LABEL = 96 };

/* How messages call a setting: evb.retries of port "eth0" */
static const char *label(const struct reader *r, const char *path, char text[LABEL])
{
	snprintf(text, LABEL, "%s%s%s", path, r->place == AT_TOP ? "" : " of ", r->where);
	return text;
}

/* The struct that keeps a setting here. */
static void *base_of(struct reader *r, const struct conf_setting *s)
{
	void *const base[CONF_N_KEPT] = { [CONF_IN_CONF] = r->conf,
		[CONF_IN_PORT] = r->place == AT_TOP ? &r->model : &r->row,
		[CONF_IN_VIF] = &r->vif,
		[CONF_IN_LIST] = &r->list };

	return base[s->kept];
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
	if (r->place == AT_TOP)
		return CONF_GLOBAL | CONF_SHARED;
	return r->place == AT_CHANNEL ? CONF_ON_CHANNEL : CONF_ON_ANY;
}

/* How a setting is written in the group being read, NULL when it is not for it. The settings of a channel are those that
 * only channels have, and those of a port that may be repeated. */
static const char *name_here(const struct reader *r, const struct conf_setting *s, const char *prefix)
{
	const char *name = s->scope & here(r) ? below(s->path, prefix) : NULL;

	if (name == NULL && r->place == AT_CHANNEL && (s->scope & here(r)) && prefix[0] == '\0')
		return below(s->path, "channels.");
	return name;
}

static const struct conf_setting *look_up(const struct reader *r, const char *prefix, const char *name)
{
	const struct conf_setting *s = NULL;
	char path[CONF_TEXT];

	if (r->place == AT_CHANNEL && prefix[0] == '\0') {
		snprintf(path, sizeof(path), "channels.%s", name);
		s = conf_setting_find(path);
	}
	snprintf(path, sizeof(path), "%s%s", prefix, name);
	return s != NULL ? s : conf_setting_find(path);
}

static bool unknown(struct reader *r, const config_setting_t *at, const char *prefix)
{
	struct conf_guess g = { config_setting_name(at), NULL, 0 };
	char where[LABEL], group[LABEL] = "";

	for (const struct conf_setting *s = conf_settings; s->path != NULL; s++) {
		const char *name = name_here(r, s, prefix);

		if (name != NULL)
			conf_guess_try(&g, name);
	}
	/* unless it is nearly a name of here, the very name elsewhere */
	for (const struct conf_setting *s = conf_settings;
		s->path != NULL && (g.best == NULL || g.distance > 1); s++) {
		const char *dot = strrchr(s->path, '.');

		if (dot != NULL && (s->scope & here(r)) && strcmp(dot + 1, g.name) == 0)
			g = (struct conf_guess){ g.name, s->path, 0 };
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
	enum conf_role role = r->row.role;

	if (r->place == AT_TOP)
		return (s->scope & here(r)) ||
		       conf_doc_fail(
			       &r->doc, at, "%s belongs to a port, not to the top of the file", s->path);
	if (!(s->scope & CONF_ON_ANY))
		return conf_doc_fail(
			&r->doc, at, "%s is for all ports: it belongs to the top of the file", s->path);
	if (!(s->scope & here(r)))
		return conf_doc_fail(&r->doc, at, "%s belongs to the port, not to %s", s->path, r->where);
	return (s->scope & 1u << role) ||
	       conf_doc_fail(&r->doc, at, "%s does not apply to %s, which is %s %s port (only to %s ports)",
		       s->path, r->where, role == CONF_ORDINARY ? "an" : "a", conf_role_names[role],
		       who[s->scope & CONF_ON_ANY]);
}

static bool read_group(struct reader *r, const config_setting_t *group, const char *prefix);

static bool read_setting(struct reader *r, const config_setting_t *at, const char *prefix)
{
	const struct conf_setting *s = look_up(r, prefix, config_setting_name(at));
	char inner[CONF_TEXT], what[LABEL];

	if (s == NULL)
		return unknown(r, at, prefix);
	if (!applies(r, at, s))
		return false;
	label(r, s->path, what);
	if (s->kind != CONF_GROUP)
		return conf_read_value(&r->doc, at, s, what, base_of(r, s));
	if (!conf_doc_group(&r->doc, at, what))
		return false;
	conf_setting_set(s, base_of(r, s), true);
	snprintf(inner, sizeof(inner), "%s.", s->path);
	return read_group(r, at, inner);
}

static bool read_group(struct reader *r, const config_setting_t *group, const char *prefix)
{
	char what[LABEL];

	for (unsigned i = 0; i < (unsigned)config_setting_length(group); i++)
		if (!read_setting(r, config_setting_get_elem(group, i), prefix))
			return false;
	for (const struct conf_setting *s = conf_settings; s->path != NULL; s++) {
		const char *name = s->is_required ? name_here(r, s, prefix) : NULL;

		if (name != NULL && config_setting_get_member(group, name) == NULL)
			return conf_doc_fail(&r->doc, r->place == AT_TOP ? NULL : group, "%s is missing",
				label(r, s->path, what));
	}
	return true;
}

/* What a row is called by comes first, whatever the order in the file: messages and scopes need it. */
static bool read_first(struct reader *r, const config_setting_t *group, const char *path)
{
	const struct conf_setting *s = conf_setting_find(path);
	const char *dot = strrchr(path, '.');
	const config_setting_t *at = config_setting_get_member(group, dot != NULL ? dot + 1 : path);
	char what[LABEL];

	label(r, path, what);
	if (at == NULL)
		return conf_doc_fail(&r->doc, group, "%s is missing", what);
	return conf_read_value(&r->doc, at, s, what, base_of(r, s));
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

/* Each group of a list that may be there; what is being read is the same again afterwards. */
static bool read_list(struct reader *r, const config_setting_t *group, const char *path,
	bool (*read_item)(struct reader *r, const config_setting_t *item, unsigned i))
{
	const config_setting_t *at = find_setting(group, path, NULL);
	enum place place = r->place;
	char what[LABEL], where[CONF_ROW_TEXT];
	unsigned n = 0;

	if (at == NULL)
		return true;
	label(r, path, what);
	memcpy(where, r->where, sizeof(where));
	if (!config_setting_is_list(at))
		return conf_doc_fail(&r->doc, at, "%s must be a list of groups ( { ... }, ... )", what);
	if (!conf_doc_list(&r->doc, at, what, (unsigned)conf_setting_find(path)->max, &n))
		return false;
	for (unsigned i = 0; i < n; i++)
		if (!read_item(r, config_setting_get_elem(at, i), i))
			return false;
	r->place = place;
	memcpy(r->where, where, sizeof(where));
	return true;
}

/* One more element in an array of struct conf. */
static bool append(struct reader *r, void **array, unsigned *n, const void *item, size_t size)
{
	void *grown = conf_grow(*array, *n, size);

	if (grown == NULL)
		return conf_doc_fail(&r->doc, NULL, "out of memory");
	*array = grown;
	memcpy((char *)grown + *n * size, item, size);
	*n += 1;
	return true;
}

static bool passed(
	struct reader *r, const config_setting_t *group, bool is_wrong, const struct conf_verdict *v)
{
	return !is_wrong || conf_doc_fail(&r->doc, find_setting(group, v->setting, group), "%s", v->text);
}

static bool add_row(struct reader *r, const config_setting_t *group)
{
	struct conf_verdict v;
	void *array = r->conf->ports;
	bool is_added = append(r, &array, &r->conf->n_ports, &r->row, sizeof(r->row));

	r->conf->ports = array;
	return is_added && passed(r, group, conf_check_port(r->conf, &v), &v);
}

static bool read_vif(struct reader *r, const config_setting_t *group, unsigned i)
{
	struct conf_vif *vif = &r->vif;
	struct conf_verdict v;
	void *array = r->conf->vifs;
	bool is_added;

	(void)i;
	r->place = AT_VIF;
	snprintf(r->where, sizeof(r->where), "a VIF of port \"%s\"", r->row.name);
	conf_default(CONF_IN_VIF, vif, sizeof(*vif));
	memcpy(vif->port, r->row.name, sizeof(vif->port));
	vif->line = (int)config_setting_source_line(group);
	if (!conf_doc_group(&r->doc, group, r->where) || !read_first(r, group, "port_extension.vifs.id"))
		return false;
	snprintf(r->where, sizeof(r->where), "VIF %u of port \"%s\"", vif->id, vif->port);
	if (!read_group(r, group, "port_extension.vifs."))
		return false;
	is_added = append(r, &array, &r->conf->n_vifs, vif, sizeof(*vif));
	r->conf->vifs = array;
	return is_added && passed(r, group, conf_check_vif(r->conf, &v), &v);
}

static bool read_vif_list(struct reader *r, const config_setting_t *group, unsigned i)
{
	struct conf_list *list = &r->list;
	struct conf_verdict v;
	void *array = r->conf->lists;
	bool is_added;

	(void)i;
	r->place = AT_LIST;
	snprintf(r->where, sizeof(r->where), "a list of port \"%s\"", r->row.name);
	conf_default(CONF_IN_LIST, list, sizeof(*list));
	memcpy(list->port, r->row.name, sizeof(list->port));
	list->line = (int)config_setting_source_line(group);
	if (!conf_doc_group(&r->doc, group, r->where) || !read_first(r, group, "port_extension.lists.id"))
		return false;
	snprintf(r->where, sizeof(r->where), "list %u of port \"%s\"", list->id, list->port);
	if (!read_group(r, group, "port_extension.lists."))
		return false;
	is_added = append(r, &array, &r->conf->n_lists, list, sizeof(*list));
	r->conf->lists = array;
	return is_added && passed(r, group, conf_check_list(r->conf, &v), &v);
}

static struct conf_given given_in(const config_setting_t *group)
{
	return (struct conf_given){
		.rr = find_setting(group, "reflective_relay", NULL) != NULL,
		.agents = find_setting(group, "lldp.agents", NULL) != NULL,
		.host_vid = find_setting(group, "host_vsi.vid", NULL) != NULL,
	};
}

static bool read_channel(struct reader *r, const config_setting_t *group, unsigned i)
{
	struct conf_given given = given_in(group);

	(void)i;
	r->place = AT_CHANNEL;
	r->row = r->written;
	conf_default_channel(&r->row);
	r->row.line = (int)config_setting_source_line(group);
	snprintf(r->where, sizeof(r->where), "a channel of port \"%s\"", r->row.name);
	if (!conf_doc_group(&r->doc, group, r->where) || !read_first(r, group, "channels.scid"))
		return false;
	conf_row_format(&r->row, r->where);
	if (!read_group(r, group, ""))
		return false;
	/* the port's goes with the port's relay */
	given.rr = given.rr || (r->given.rr && find_setting(group, "relay", NULL) == NULL);
	given.agents = r->given.agents;
	conf_derive_port(&r->row, given);
	return add_row(r, group);
}

static bool read_port(struct reader *r, const config_setting_t *group, unsigned i)
{
	r->place = AT_PORT;
	r->row = r->model;
	r->row.line = (int)config_setting_source_line(group);
	snprintf(r->where, sizeof(r->where), "port %u", i + 1);
	if (!conf_doc_group(&r->doc, group, r->where) || !read_first(r, group, "name"))
		return false;
	conf_row_format(&r->row, r->where);
	if (!read_first(r, group, "role") || !read_group(r, group, ""))
		return false;
	r->written = r->row;
	r->given = given_in(group);
	conf_derive_port(&r->row, r->given);
	return add_row(r, group) && read_list(r, group, "port_extension.vifs", read_vif) &&
	       read_list(r, group, "port_extension.lists", read_vif_list) &&
	       read_list(r, group, "channels", read_channel);
}

static bool read_file(struct reader *r)
{
	const config_setting_t *root = config_root_setting(&r->doc.cfg);

	conf_default_globals(r->conf);
	conf_default_port(&r->model);
	if (!read_group(r, root, ""))
		return false;
	if (r->conf->system_name[0] == '\0')
		gethostname(r->conf->system_name, sizeof(r->conf->system_name) - 1);
	return read_list(r, root, "ports", read_port);
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

/* ---- a channel or a VIF at run time ---- */

/* The last row moves behind its port and the channels that it has. */
static void move_to_its_port(struct conf *c)
{
	struct conf_port row = c->ports[c->n_ports - 1];
	unsigned i = c->n_ports - 1;

	while (strcmp(c->ports[i - 1].name, row.name) != 0)
		i--;
	memmove(&c->ports[i + 1], &c->ports[i], (c->n_ports - 1 - i) * sizeof(row));
	c->ports[i] = row;
}

/* The last VIF moves behind those of its port, or of the ports before. */
static void move_to_its_vifs(struct conf *c)
{
	struct conf_vif vif = c->vifs[c->n_vifs - 1];
	const struct conf_port *port = conf_find_port(c, vif.port);
	unsigned i = c->n_vifs - 1;

	while (i > 0 && conf_find_port(c, c->vifs[i - 1].port) > port)
		i--;
	memmove(&c->vifs[i + 1], &c->vifs[i], (c->n_vifs - 1 - i) * sizeof(vif));
	c->vifs[i] = vif;
}

typedef bool read_added(struct reader *r, const struct conf_port *port, uint32_t id);

static bool read_added_channel(struct reader *r, const struct conf_port *port, uint32_t scid)
{
	unsigned n = r->conf->n_ports;

	r->written = *port; /* its row moves when the array grows */
	r->given = (struct conf_given){ .rr = true, .agents = true };
	if (conf_find_channel(r->conf, port->name, (uint16_t)scid) != NULL)
		return conf_doc_fail(
			&r->doc, NULL, "port \"%s\" has a channel %u already", r->written.name, scid);
	if (port->role == CONF_ORDINARY)
		return conf_doc_fail(&r->doc, NULL, "an ordinary port has no channels");
	if (!read_channel(r, config_root_setting(&r->doc.cfg), 0)) {
		r->conf->n_ports = n;
		return false;
	}
	r->conf->ports[n].line = 0;
	move_to_its_port(r->conf);
	return true;
}

static bool read_added_vif(struct reader *r, const struct conf_port *port, uint32_t id)
{
	unsigned n = r->conf->n_vifs;

	r->row = *port;
	if (conf_find_vif(r->conf, port->name, id) != NULL)
		return conf_doc_fail(&r->doc, NULL, "port \"%s\" has a VIF %u already", port->name, id);
	if (port->role == CONF_ORDINARY)
		return conf_doc_fail(&r->doc, NULL, "an ordinary port has no VIFs");
	if (!read_vif(r, config_root_setting(&r->doc.cfg), 0)) {
		r->conf->n_vifs = n;
		return false;
	}
	r->conf->vifs[n].line = 0;
	move_to_its_vifs(r->conf);
	return true;
}

static int add_at_run_time(struct conf *c, const char *port, const char *key, uint32_t id,
	const char *settings, read_added *read, struct conf_error *ret_error)
{
	const struct conf_port *row = conf_find_port(c, port);
	size_t size = strlen(settings) + sizeof("scid = 4294967295;\n");
	char *text = malloc(size);
	struct reader r = { .conf = c };
	int error = text != NULL ? 0 : -ENOMEM;

	*ret_error = (struct conf_error){ 0 };
	if (error == 0) {
		snprintf(text, size, "%s = %u;\n%s", key, id, settings);
		error = conf_doc_open_text(&r.doc, text, ret_error);
		if (error == 0 && row == NULL)
			conf_doc_fail(&r.doc, NULL, "no port \"%s\"", port);
		if (error == 0 && (row == NULL || !read(&r, row, id)))
			error = -EINVAL;
		conf_doc_close(&r.doc);
	}
	free(text);
	return error;
}

int conf_add_channel(
	struct conf *c, const char *port, uint16_t scid, const char *settings, struct conf_error *ret_error)
{
	return add_at_run_time(c, port, "scid", scid, settings, read_added_channel, ret_error);
}

int conf_add_vif(
	struct conf *c, const char *port, uint32_t id, const char *settings, struct conf_error *ret_error)
{
	return add_at_run_time(c, port, "id", id, settings, read_added_vif, ret_error);
}
