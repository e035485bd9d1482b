/*
 * conf_check.c - rules between settings: of one port, and between a port and those before it.
 *
 * In: the ports read so far. Out: the first rule that is broken, as a text for the administrator, and the setting it
 * should point at. Ranges and roles of single settings are the table's business (conf.c) and are checked before.
 */
#include "conf_priv.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct verdict {
	const char *setting;
	char *text;
	size_t size;
};

static bool __attribute__((format(printf, 3, 4)))
wrong(struct verdict *v, const char *setting, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(v->text, v->size, fmt, ap);
	va_end(ap);
	v->setting = setting;
	return true;
}

/* A glob character can't be told from a name's own: interface names with * ? [ exist, but are not for us. */
static bool is_plain_name(const char *name)
{
	return conf_name_is_valid(name) && strpbrk(name, "*?[\\") == NULL;
}

static bool wrong_alone(const struct conf_port *p, struct verdict *v)
{
	if (!is_plain_name(p->name))
		return wrong(v, "name", "\"%s\" can't be the name of a network device", p->name);
	if (p->create_tap && p->driver != CONF_DRIVER_AUTO)
		return wrong(v, "driver", "driver does not apply to port \"%s\", which is created as a tap",
			p->name);
	if (p->role != CONF_ORDINARY && !p->evb.is_manual && !(p->lldp_agents & CONF_AGENT_NCB))
		return wrong(v, "lldp.agents",
			"port \"%s\" needs the agent nearest_customer_bridge, which carries the EVB TLV "
			"(or evb.manual = true)",
			p->name);
	if (p->host_vsi.is_set && p->host_vsi.vid != p->pvid)
		return wrong(v, "host_vsi.vid",
			"host_vsi.vid of port \"%s\" is %u but its pvid is %u: the host's frames leave "
			"untagged, "
			"so both must be the same",
			p->name, p->host_vsi.vid, p->pvid);
	for (unsigned i = 0; i < p->n_vm_patterns; i++) {
		if (conf_pattern_overlap(p->vm_patterns[i], p->name))
			return wrong(v, "vm_ports", "vm_ports \"%s\" of port \"%s\" matches the port itself",
				p->vm_patterns[i], p->name);
	}
	return false;
}

static bool wrong_beside(const struct conf_port *p, const struct conf_port *q, struct verdict *v)
{
	if (strcmp(p->name, q->name) == 0)
		return wrong(v, "", "port \"%s\" is already in line %d", p->name, q->line);
	for (unsigned i = 0; i < p->n_vm_patterns; i++) {
		if (conf_pattern_overlap(p->vm_patterns[i], q->name))
			return wrong(v, "vm_ports",
				"vm_ports \"%s\" of port \"%s\" matches the port in line %d (\"%s\")",
				p->vm_patterns[i], p->name, q->line, q->name);
		for (unsigned j = 0; j < q->n_vm_patterns; j++) {
			if (conf_pattern_overlap(p->vm_patterns[i], q->vm_patterns[j]))
				return wrong(v, "vm_ports",
					"vm_ports \"%s\" of port \"%s\" overlaps \"%s\" of port \"%s\": a VM "
					"has "
					"one uplink",
					p->vm_patterns[i], p->name, q->vm_patterns[j], q->name);
		}
	}
	for (unsigned j = 0; j < q->n_vm_patterns; j++) {
		if (conf_pattern_overlap(q->vm_patterns[j], p->name))
			return wrong(v, "",
				"port \"%s\" matches vm_ports \"%s\" of the port in line %d (\"%s\")",
				p->name, q->vm_patterns[j], q->line, q->name);
	}
	return false;
}

bool conf_check_port(const struct conf *c, unsigned i, const char **ret_setting, char *ret_text, size_t size)
{
	struct verdict v = { "", ret_text, size };
	bool is_wrong = wrong_alone(&c->ports[i], &v);

	for (unsigned j = 0; j < i && !is_wrong; j++)
		is_wrong = wrong_beside(&c->ports[i], &c->ports[j], &v);
	if (is_wrong)
		*ret_setting = v.setting;
	return is_wrong;
}
