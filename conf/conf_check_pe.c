/*
 * conf_check_pe.c - rules of VIFs and lists: numbers that the port's tag can carry (port-extension-reference 2.5, 4.1),
 * each once, and every VM behind one uplink.
 *
 * In: what has been read so far, of which the last VIF or list is checked. Out: as conf_check.c.
 */
#include "conf_priv.h"
#include "vntag_hdr.h"

#include <stdio.h>
#include <string.h>

enum { ROW = 48 };

static const char *vif_format(const struct conf_vif *f, char text[ROW])
{
	snprintf(text, ROW, "VIF %u of port \"%s\"", f->id, f->port);
	return text;
}

/* "any" may turn out to be either. */
static bool is_vif_id(const struct conf_pe *pe, uint32_t id)
{
	bool is_vn = vntag_is_channel(VNTAG_FORMAT_VN, id, false) && !vntag_is_group(VNTAG_FORMAT_VN, id);
	bool is_e = vntag_is_channel(VNTAG_FORMAT_E, id, pe->is_base) && !vntag_is_group(VNTAG_FORMAT_E, id);

	return (is_vn || pe->tag == CONF_TAG_E) && (is_e || pe->tag == CONF_TAG_VN);
}

static bool is_list_id(const struct conf_pe *pe, uint32_t id)
{
	if (pe->tag == CONF_TAG_VN)
		return id <= VNTAG_DVIF_MASK && vntag_is_channel(VNTAG_FORMAT_VN, VNTAG_LIST | id, false);
	return vntag_is_group(VNTAG_FORMAT_E, id) && vntag_is_channel(VNTAG_FORMAT_E, id, pe->is_base);
}

/* The numbers that go with is_vif_id() and is_list_id(), for messages. */
static const char *vif_ids(const struct conf_pe *pe)
{
	return pe->tag == CONF_TAG_E && !pe->is_base ? "1..1048575" : "1..4095";
}

static const char *base_text(const struct conf_pe *pe)
{
	return pe->tag == CONF_TAG_VN ? "" : pe->is_base ? " and base" : " without base";
}

static const char *list_ids(const struct conf_pe *pe)
{
	if (pe->tag == CONF_TAG_VN)
		return "1..16383";
	return pe->is_base ? "0xN00000..0xN00fff, N the GRP 1..3" : "0x100000..0x3ffffe";
}

bool conf_check_vm_port(const struct conf_vif *f, const struct conf_port *p, struct conf_verdict *ret)
{
	char row[ROW], other[CONF_ROW_TEXT];

	if (f->vm_port[0] == '\0')
		return false;
	vif_format(f, row);
	conf_row_format(p, other);
	if (strcmp(f->vm_port, p->name) == 0)
		return conf_wrong(ret, "vm_port", "vm_port \"%s\" of %s is the port in line %d", f->vm_port,
			row, p->line);
	for (unsigned i = 0; i < p->n_vm_patterns && strcmp(f->port, p->name) != 0; i++)
		if (conf_pattern_overlap(p->vm_patterns[i], f->vm_port))
			return conf_wrong(ret, "vm_port",
				"vm_port \"%s\" of %s matches vm_ports \"%s\" of %s: a VM has one uplink",
				f->vm_port, row, p->vm_patterns[i], other);
	return false;
}

static bool wrong_alone(const struct conf_vif *f, const struct conf_port *p, struct conf_verdict *v)
{
	char row[ROW];

	vif_format(f, row);
	if (p->pe.tag == CONF_TAG_NONE)
		return conf_wrong(v, "", "%s needs a tag (port_extension.tag)", row);
	if (!is_vif_id(&p->pe, f->id))
		return conf_wrong(v, "id", "%s: with the tag \"%s\"%s a VIF is %s", row,
			conf_tag_names[p->pe.tag], base_text(&p->pe), vif_ids(&p->pe));
	if (p->role == CONF_STATION && !p->pe.is_signalled && f->vm_port[0] == '\0')
		return conf_wrong(v, "", "%s needs a vm_port, as there is no signalling", row);
	if (f->is_transit && p->pe.is_signalled)
		return conf_wrong(v, "transit",
			"transit of %s needs VIFs without signalling (port_extension.signalling)", row);
	if (f->vm_port[0] != '\0' && !conf_name_is_plain(f->vm_port))
		return conf_wrong(v, "vm_port", "\"%s\" can't be the name of a network device", f->vm_port);
	return false;
}

static bool wrong_beside(const struct conf_vif *f, const struct conf_vif *g, struct conf_verdict *v)
{
	char row[ROW], other[ROW];

	if (f->id == g->id && strcmp(f->port, g->port) == 0)
		return conf_wrong(v, "id", "%s is already in line %d", vif_format(f, row), g->line);
	if (f->is_transit && g->is_transit && strcmp(f->port, g->port) == 0)
		return false; /* of one port extender */
	return f->vm_port[0] != '\0' && strcmp(f->vm_port, g->vm_port) == 0 &&
	       conf_wrong(v, "vm_port", "vm_port \"%s\" of %s is that of %s already", f->vm_port,
		       vif_format(f, row), vif_format(g, other));
}

bool conf_check_vif(const struct conf *c, struct conf_verdict *ret)
{
	const struct conf_vif *f = &c->vifs[c->n_vifs - 1];
	const struct conf_port *p = conf_find_port(c, f->port);
	unsigned n = 1; /* of the port */
	char row[ROW];

	if (wrong_alone(f, p, ret))
		return true;
	for (const struct conf_vif *g = c->vifs; g < f; g++) {
		if (wrong_beside(f, g, ret))
			return true;
		n += strcmp(f->port, g->port) == 0;
	}
	for (unsigned i = 0; i < c->n_ports; i++)
		if (conf_check_vm_port(f, &c->ports[i], ret))
			return true;
	return n > p->pe.max_vifs && conf_wrong(ret, "", "%s is one too many: port_extension.max_vifs is %u",
					     vif_format(f, row), p->pe.max_vifs);
}

static bool wrong_id(
	const struct conf_list *l, const struct conf_port *p, const char *row, struct conf_verdict *v)
{
	if (p->pe.tag == CONF_TAG_NONE || p->pe.tag == CONF_TAG_ANY)
		return conf_wrong(v, "", "%s needs a tag (port_extension.tag), \"vn-tag\" or \"e-tag\"", row);
	return !is_list_id(&p->pe, l->id) &&
	       conf_wrong(v, "id", "%s: with the tag \"%s\"%s a list is %s", row, conf_tag_names[p->pe.tag],
		       base_text(&p->pe), list_ids(&p->pe));
}

bool conf_check_list(const struct conf *c, struct conf_verdict *ret)
{
	const struct conf_list *l = &c->lists[c->n_lists - 1];
	char row[ROW];

	snprintf(row, sizeof(row), "list %u of port \"%s\"", l->id, l->port);
	if (wrong_id(l, conf_find_port(c, l->port), row, ret))
		return true;
	for (const struct conf_list *k = c->lists; k < l; k++)
		if (k->id == l->id && strcmp(k->port, l->port) == 0)
			return conf_wrong(ret, "id", "%s is already in line %d", row, k->line);
	for (unsigned i = 0; i < l->n_members; i++) {
		if (conf_find_vif(c, l->port, l->members[i]) == NULL)
			return conf_wrong(ret, "members", "%s has the member %u, which is no VIF of the port",
				row, l->members[i]);
		for (unsigned j = 0; j < i; j++)
			if (l->members[i] == l->members[j])
				return conf_wrong(
					ret, "members", "%s has the member %u twice", row, l->members[i]);
	}
	return false;
}
