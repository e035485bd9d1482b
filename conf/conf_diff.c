/*
 * conf_diff.c - the old configuration against the new one, setting by setting, through the table of settings.
 *
 * Ports are matched by name. Every row of the table that applies to the port's old or new role is compared by its
 * octets; the effect is the row's. Ports are reported in the order of the old file, then those that are new.
 * Invariant: no change of struct conf or struct conf_port that an administrator can make is left out.
 */
#include "conf_priv.h"

#include <stdio.h>
#include <string.h>

struct list {
	struct conf_change *v;
	unsigned n, max;
};

static struct conf_change *add(struct list *l, enum conf_effect effect, const char *port, const char *setting)
{
	struct conf_change *c = l->n < l->max ? &l->v[l->n] : NULL;

	l->n++;
	if (c != NULL) {
		*c = (struct conf_change){ .effect = effect };
		snprintf(c->port, sizeof(c->port), "%s", port);
		snprintf(c->setting, sizeof(c->setting), "%s", setting);
	}
	return c;
}

static void compare(struct list *l, unsigned scope, const char *port, const void *old, const void *new_value)
{
	for (const struct conf_setting *s = conf_settings; s->path != NULL; s++) {
		struct conf_change *c;

		if (!(s->scope & scope) || conf_setting_equal(s, old, new_value))
			continue;
		c = add(l, s->effect, port, s->path);
		if (c != NULL) {
			conf_setting_format(s, old, c->from);
			conf_setting_format(s, new_value, c->to);
		}
	}
}

unsigned conf_diff(const struct conf *old, const struct conf *new_conf, struct conf_change *ret, unsigned max)
{
	struct list l = { ret, 0, max };

	compare(&l, CONF_GLOBAL, "", old, new_conf);
	for (unsigned i = 0; i < old->n_ports; i++) {
		const struct conf_port *a = &old->ports[i], *b = conf_find_port(new_conf, a->name);

		if (b == NULL)
			add(&l, CONF_PORT_REMOVED, a->name, "");
		else
			compare(&l, 1u << a->role | 1u << b->role, a->name, a, b);
	}
	for (unsigned i = 0; i < new_conf->n_ports; i++)
		if (conf_find_port(old, new_conf->ports[i].name) == NULL)
			add(&l, CONF_PORT_ADDED, new_conf->ports[i].name, "");
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
