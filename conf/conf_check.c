/*
 * conf_check.c - rules between settings: of one port or channel, and between it and those before it. VIFs and lists have
 * theirs in conf_check_pe.c.
 *
 * In: what has been read so far, of which the last row is checked. Out: the first rule that is broken, as a text for the
 * administrator, and the setting it should point at. Ranges and roles of single settings are the table's business
 * (conf.c) and are checked before.
 */
#include "conf_priv.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool conf_wrong(struct conf_verdict *v, const char *setting, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(v->text, sizeof(v->text), fmt, ap);
	va_end(ap);
	snprintf(v->setting, sizeof(v->setting), "%s", setting);
	return true;
}

static bool wrong_agents(const struct conf_port *p, const char *row, struct conf_verdict *v)
{
	if (p->role == CONF_ORDINARY)
		return false;
	if (!p->evb.is_manual && !(p->lldp_agents & CONF_AGENT_NCB))
		return conf_wrong(v, "lldp.agents",
			"%s needs the agent nearest_customer_bridge, which carries the EVB TLV "
			"(or evb.manual = true)",
			row);
	if (p->lldp_agents & CONF_AGENT_NTPMR)
		return false;
	if (p->cdcp.is_enabled)
		return conf_wrong(v, "lldp.agents",
			"%s needs the agent nearest_non_tpmr_bridge, which carries the CDCP TLV", row);
	if (p->pe.tag != CONF_TAG_NONE && p->pe.is_signalled)
		return conf_wrong(v, "lldp.agents",
			"%s needs the agent nearest_non_tpmr_bridge, which carries the Port Extension TLV",
			row);
	return false;
}

/* VIFs take the place of the edge relay and of channels: behind a tag there is nothing but the VM. */
static bool wrong_extension(const struct conf_port *p, const char *row, struct conf_verdict *v)
{
	const char *tag = conf_tag_names[p->pe.tag];

	if (p->pe.group[0] != '\0' && (p->pe.tag == CONF_TAG_NONE || !p->pe.is_signalled))
		return conf_wrong(v, "port_extension.group",
			"port_extension.group of %s needs a tag and signalling, by which VIFs change the "
			"uplink",
			row);
	if (p->pe.tag == CONF_TAG_NONE)
		return false;
	if (p->pe.tag == CONF_TAG_ANY && p->role == CONF_STATION)
		return conf_wrong(v, "port_extension.tag",
			"port_extension.tag of %s is \"any\", which is for bridge ports: a station chooses",
			row);
	if (p->pe.tag == CONF_TAG_ANY && !p->pe.is_signalled)
		return conf_wrong(v, "port_extension.tag",
			"port_extension.tag of %s is \"any\", but there is no signalling to agree by", row);
	if (p->cdcp.is_enabled)
		return conf_wrong(v, "cdcp.enabled",
			"%s can't have S-channels (cdcp.enabled) and the tag \"%s\" (port_extension.tag)",
			row, tag);
	if (p->host_vsi.is_set)
		return conf_wrong(v, "host_vsi",
			"host_vsi does not apply to %s: with the tag \"%s\" (port_extension.tag) only VMs "
			"pass",
			row, tag);
	if (p->relay != CONF_RELAY_VEPA)
		return conf_wrong(v, "relay",
			"relay does not apply to %s: with the tag \"%s\" (port_extension.tag) the bridge is "
			"the relay",
			row, tag);
	return false;
}

/* What draft 0.2 can't say (evb-reference 7). */
static bool wrong_in_draft(const struct conf_port *p, const char *row, struct conf_verdict *v)
{
	const struct vdp_manager_map map = { .base = p->manager_base };
	uint8_t octet;

	if (p->generation != EVB_GENERATION_DRAFT || p->role == CONF_ORDINARY)
		return false;
	if (p->scid != CONF_SCID_DEFAULT)
		return conf_wrong(
			v, "", "%s can't be: generation draft02 of the port has no S-channels", row);
	if (p->cdcp.is_enabled)
		return conf_wrong(v, "cdcp.enabled",
			"cdcp.enabled of %s is true, but its generation draft02 has no S-channels", row);
	if (!p->host_vsi.is_set)
		return false;
	if (p->host_vsi.has_id && p->host_vsi.subject.vsi.format != VSI_ID_UUID)
		return conf_wrong(v, "host_vsi.id",
			"host_vsi.id of %s has to be a UUID: draft 0.2 has no other VSI ids", row);
	if (!vdp_manager_octet(&map, &p->host_vsi.subject.manager, &octet))
		return conf_wrong(v, "host_vsi.manager",
			"host_vsi.manager of %s differs from its manager_base in more than the last octet",
			row);
	return false;
}

static bool wrong_alone(const struct conf_port *p, const char *row, struct conf_verdict *v)
{
	if (!conf_name_is_plain(p->name))
		return conf_wrong(v, "name", "\"%s\" can't be the name of a network device", p->name);
	if (p->create_tap && p->driver != CONF_DRIVER_AUTO)
		return conf_wrong(v, "driver", "driver does not apply to %s, which is created as a tap", row);
	if (p->host_vsi.is_set && p->host_vsi.vid != p->pvid)
		return conf_wrong(v, "host_vsi.vid",
			"host_vsi.vid of %s is %u but its pvid is %u: the host's frames leave untagged, so "
			"both must be the same",
			row, p->host_vsi.vid, p->pvid);
	if (p->cdcp.svid_low > p->cdcp.svid_high)
		return conf_wrong(v, "cdcp.svid_low", "cdcp.svid_low of %s is %u but its svid_high is %u",
			row, p->cdcp.svid_low, p->cdcp.svid_high);
	for (unsigned i = 0; i < p->n_vm_patterns; i++) {
		if (conf_pattern_overlap(p->vm_patterns[i], p->name))
			return conf_wrong(v, "vm_ports", "vm_ports \"%s\" of %s matches the port itself",
				p->vm_patterns[i], row);
	}
	return wrong_agents(p, row, v) || wrong_extension(p, row, v) || wrong_in_draft(p, row, v);
}

/* The SVID of a channel comes from the file at both ends, or from the bridge (evb-reference 4.2). */
static bool wrong_channel(
	const struct conf *c, const struct conf_port *p, const char *row, struct conf_verdict *v)
{
	const struct conf_port *port = conf_find_port(c, p->name);
	unsigned n = 0; /* of the port, with the default channel */

	for (const struct conf_port *q = port; q <= p; q++)
		n += strcmp(q->name, p->name) == 0;
	if (port->pe.tag != CONF_TAG_NONE)
		return conf_wrong(v, "", "%s can't be beside the tag \"%s\" (port_extension.tag)", row,
			conf_tag_names[port->pe.tag]);
	if (!port->cdcp.is_enabled && p->svid == 0)
		return conf_wrong(v, "", "%s needs an svid, as cdcp.enabled of the port is false", row);
	if (port->cdcp.is_enabled && p->svid != 0 && p->role == CONF_STATION)
		return conf_wrong(v, "svid",
			"svid does not apply to %s: it is the bridge's choice, as cdcp.enabled of the port "
			"is true",
			row);
	if (port->cdcp.is_enabled && n > port->cdcp.chn_cap)
		return conf_wrong(v, "",
			"%s is one too many: cdcp.max_channels is %u, default channel included", row,
			port->cdcp.chn_cap);
	if (n > CONF_MAX_CHANNELS + 1) /* the list in the file is no longer; more may be added */
		return conf_wrong(v, "",
			"%s is one too many: a port has at most %d beside the default channel", row,
			CONF_MAX_CHANNELS);
	return false;
}

/* p and q are the same port, or of the same port. */
static bool wrong_same_name(
	const struct conf_port *p, const struct conf_port *q, const char *row, struct conf_verdict *v)
{
	if (p->scid == q->scid)
		return conf_wrong(v, p->scid == CONF_SCID_DEFAULT ? "" : "scid", "%s is already in line %d",
			row, q->line);
	return p->svid != 0 && p->svid == q->svid &&
	       conf_wrong(v, "svid", "svid %u of %s is that of channel %u already", p->svid, row, q->scid);
}

static bool wrong_patterns(
	const struct conf_port *p, const struct conf_port *q, const char *row, struct conf_verdict *v)
{
	char other[CONF_ROW_TEXT];

	conf_row_format(q, other);
	for (unsigned i = 0; i < p->n_vm_patterns; i++) {
		if (strcmp(p->name, q->name) != 0 && conf_pattern_overlap(p->vm_patterns[i], q->name))
			return conf_wrong(v, "vm_ports", "vm_ports \"%s\" of %s matches %s in line %d",
				p->vm_patterns[i], row, other, q->line);
		for (unsigned j = 0; j < q->n_vm_patterns; j++) {
			if (conf_pattern_overlap(p->vm_patterns[i], q->vm_patterns[j]))
				return conf_wrong(v, "vm_ports",
					"vm_ports \"%s\" of %s overlaps \"%s\" of %s: a VM has one uplink",
					p->vm_patterns[i], row, q->vm_patterns[j], other);
		}
	}
	for (unsigned j = 0; j < q->n_vm_patterns && strcmp(p->name, q->name) != 0; j++) {
		if (conf_pattern_overlap(q->vm_patterns[j], p->name))
			return conf_wrong(v, "", "%s matches vm_ports \"%s\" of %s in line %d", row,
				q->vm_patterns[j], other, q->line);
	}
	return false;
}

static bool wrong_beside(
	const struct conf_port *p, const struct conf_port *q, const char *row, struct conf_verdict *v)
{
	bool is_same_group = p->pe.group[0] != '\0' && strcmp(p->pe.group, q->pe.group) == 0;

	if (strcmp(p->name, q->name) == 0 && wrong_same_name(p, q, row, v))
		return true;
	if (is_same_group && p->n_vm_patterns > 0 && q->n_vm_patterns > 0)
		return conf_wrong(v, "vm_ports",
			"vm_ports of %s: those of group \"%s\" stand on port \"%s\" already", row,
			p->pe.group, q->name);
	return wrong_patterns(p, q, row, v);
}

bool conf_check_port(const struct conf *c, struct conf_verdict *ret)
{
	const struct conf_port *p = &c->ports[c->n_ports - 1];
	char row[CONF_ROW_TEXT];

	conf_row_format(p, row);
	if (wrong_alone(p, row, ret))
		return true;
	for (const struct conf_port *q = c->ports; q < p; q++)
		if (wrong_beside(p, q, row, ret))
			return true;
	for (unsigned i = 0; i < c->n_vifs; i++)
		if (conf_check_vm_port(&c->vifs[i], p, ret))
			return true;
	return p->scid != CONF_SCID_DEFAULT && wrong_channel(c, p, row, ret);
}
