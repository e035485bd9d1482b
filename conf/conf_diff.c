/*
 * conf_diff.c - the old configuration against the new one, setting by setting, through the table of settings.
 *
 * Ports and channels are matched by name and SCID, VIFs and lists by port and id. Every row of the table that applies to
 * the port's old or new role is compared by its octets; the effect is the row's. Ports are reported in the order of the
 * old file, then those that are new; so are the VIFs and lists of a port, behind its own settings.
 * Invariant: no change that an administrator can make is left out.
 */
#include "conf_priv.h"

#include <stdio.h>
#include <string.h>

struct list {
	struct conf_change *v;
	unsigned n, max;
};

/* What is compared: the settings that apply to it, and how changes call it. */
struct subject {
	enum conf_kept kept;
	unsigned roles, places; /* of conf_setting.scope, one of each */
	const char *port;
	uint16_t scid;
	const char *path; /* NULL, or the list of which it is an element: */
	uint32_t id;
};

/* The VIFs or the lists of a configuration, which begin alike. */
struct elements {
	enum conf_kept kept;
	const char *path;
	const void *v;
	unsigned n;
	size_t size;
};
struct element {
	char port[CONF_NAME];
	int line;
	uint32_t id;
};
_Static_assert(offsetof(struct conf_vif, id) == offsetof(struct element, id), "a VIF begins so");
_Static_assert(offsetof(struct conf_list, id) == offsetof(struct element, id), "a list begins so");

static struct conf_change *add(
	struct list *l, enum conf_effect effect, const struct subject *of, const char *setting)
{
	struct conf_change *c = l->n < l->max ? &l->v[l->n] : NULL;

	l->n++;
	if (c == NULL)
		return NULL;
	*c = (struct conf_change){ .effect = effect, .scid = of->scid };
	snprintf(c->port, sizeof(c->port), "%s", of->port);
	if (of->path == NULL)
		snprintf(c->setting, sizeof(c->setting), "%s", setting);
	else /* "port_extension.vifs.pvid" of VIF 5 is "port_extension.vifs 5 pvid" */
		snprintf(c->setting, sizeof(c->setting), "%s %u%s%s", of->path, of->id,
			setting[0] != '\0' ? " " : "", setting[0] != '\0' ? strrchr(setting, '.') + 1 : "");
	return c;
}

static void compare(struct list *l, const struct subject *of, const void *old, const void *new_value)
{
	for (const struct conf_setting *s = conf_settings; s->path != NULL; s++) {
		struct conf_change *c;

		if (s->kept != of->kept || !(s->scope & of->roles) || !(s->scope & of->places) ||
			conf_setting_equal(s, old, new_value))
			continue;
		c = add(l, s->effect, of, s->path);
		if (c != NULL) {
			conf_setting_format(s, old, c->from);
			conf_setting_format(s, new_value, c->to);
		}
	}
}

static struct elements vifs_of(const struct conf *c)
{
	return (struct elements){ CONF_IN_VIF, "port_extension.vifs", c->vifs, c->n_vifs, sizeof(*c->vifs) };
}

static struct elements lists_of(const struct conf *c)
{
	return (struct elements){ CONF_IN_LIST, "port_extension.lists", c->lists, c->n_lists,
		sizeof(*c->lists) };
}

static const void *element(const struct elements *e, unsigned i, struct element *ret)
{
	const char *p = (const char *)e->v + i * e->size;

	memcpy(ret, p, sizeof(*ret));
	return p;
}

static const void *find_element(const struct elements *e, const char *port, uint32_t id)
{
	struct element x;

	for (unsigned i = 0; i < e->n; i++) {
		const void *p = element(e, i, &x);

		if (x.id == id && strcmp(x.port, port) == 0)
			return p;
	}
	return NULL;
}

static void add_element(struct list *l, const struct subject *of, bool is_new)
{
	char path[sizeof(((struct conf_change *)NULL)->setting)];
	struct conf_change *c;

	snprintf(path, sizeof(path), "%s.id", of->path);
	c = add(l, conf_setting_find(path)->effect, of, "");
	if (c != NULL) {
		snprintf(c->from, sizeof(c->from), "%s", is_new ? "false" : "true");
		snprintf(c->to, sizeof(c->to), "%s", is_new ? "true" : "false");
	}
}

/* The VIFs or the lists of one port. */
static void compare_elements(struct list *l, struct subject of, struct elements old, struct elements new_ones)
{
	struct element x;

	of.kept = old.kept;
	of.path = old.path;
	for (unsigned i = 0; i < old.n; i++) {
		const void *a = element(&old, i, &x), *b = find_element(&new_ones, of.port, x.id);

		of.id = x.id;
		if (strcmp(x.port, of.port) == 0 && b == NULL)
			add_element(l, &of, false);
		else if (strcmp(x.port, of.port) == 0)
			compare(l, &of, a, b);
	}
	for (unsigned i = 0; i < new_ones.n; i++) {
		element(&new_ones, i, &x);
		of.id = x.id;
		if (strcmp(x.port, of.port) == 0 && find_element(&old, of.port, x.id) == NULL)
			add_element(l, &of, true);
	}
}

static struct subject row_of(const struct conf_port *p)
{
	return (struct subject){ .kept = CONF_IN_PORT,
		.roles = 1u << p->role,
		.places = p->scid == CONF_SCID_DEFAULT ? CONF_ON_ANY : CONF_ON_CHANNEL | CONF_INHERITED,
		.port = p->name,
		.scid = p->scid };
}

unsigned conf_diff(const struct conf *old, const struct conf *new_conf, struct conf_change *ret, unsigned max)
{
	struct subject global = {
		.kept = CONF_IN_CONF, .roles = CONF_GLOBAL, .places = CONF_GLOBAL, .port = ""
	};
	struct list l = { ret, 0, max };

	compare(&l, &global, old, new_conf);
	for (unsigned i = 0; i < old->n_ports; i++) {
		const struct conf_port *a = &old->ports[i],
				       *b = conf_find_channel(new_conf, a->name, a->scid);
		struct subject of = row_of(a);

		if (b == NULL) {
			add(&l, CONF_PORT_REMOVED, &of, "");
			continue;
		}
		of.roles |= 1u << b->role;
		compare(&l, &of, a, b);
		if (a->scid == CONF_SCID_DEFAULT) {
			compare_elements(&l, of, vifs_of(old), vifs_of(new_conf));
			compare_elements(&l, of, lists_of(old), lists_of(new_conf));
		}
	}
	for (unsigned i = 0; i < new_conf->n_ports; i++) {
		struct subject of = row_of(&new_conf->ports[i]);

		if (conf_find_channel(old, of.port, of.scid) == NULL)
			add(&l, CONF_PORT_ADDED, &of, "");
	}
	return l.n;
}

void conf_keep_unchangeable(const struct conf *old, struct conf *fresh)
{
	for (const struct conf_setting *s = conf_settings; s->path != NULL; s++)
		if (s->effect == CONF_NEEDS_RESTART)
			memcpy((char *)fresh + s->offset, (const char *)old + s->offset, s->size);
}

const char *conf_effect_name(enum conf_effect e)
{
	static const char *const names[] = { [CONF_ADAPTED] = "adapted",
		[CONF_RENEGOTIATED] = "renegotiated",
		[CONF_PORT_ADDED] = "port added",
		[CONF_PORT_REMOVED] = "port removed",
		[CONF_PORT_RESTARTED] = "port restarted",
		[CONF_NEEDS_RESTART] = "needs restart" };

	return names[e];
}
