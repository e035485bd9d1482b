/*
 * conf_value.c - what can be done with any row of the table of settings and with the structs that keep the values:
 * default, store, compare, derive from other settings, find, grow, free.
 *
 * Invariant: the arrays of struct conf grow by conf_grow() only; each port is followed by its channels.
 */
#include "conf_priv.h"

#include <stdlib.h>
#include <string.h>

const struct conf_setting *conf_setting_find(const char *path)
{
	for (const struct conf_setting *s = conf_settings; s->path != NULL; s++)
		if (strcmp(s->path, path) == 0)
			return s;
	return NULL;
}

int64_t conf_setting_get(const struct conf_setting *s, const void *base)
{
	const unsigned char *p = (const unsigned char *)base + s->offset;
	uint32_t v32 = 0;
	uint16_t v16 = 0;

	if (s->size == 1)
		return *p;
	if (s->size == sizeof(v16)) {
		memcpy(&v16, p, sizeof(v16));
		return v16;
	}
	memcpy(&v32, p, sizeof(v32));
	return v32;
}

void conf_setting_set(const struct conf_setting *s, void *base, int64_t value)
{
	unsigned char *p = (unsigned char *)base + s->offset;
	uint32_t v32 = (uint32_t)value;
	uint16_t v16 = (uint16_t)value;

	if (s->size == 1)
		*p = (unsigned char)value;
	else if (s->size == sizeof(v16))
		memcpy(p, &v16, sizeof(v16));
	else if (s->size == sizeof(v32))
		memcpy(p, &v32, sizeof(v32));
}

bool conf_setting_equal(const struct conf_setting *s, const void *a, const void *b)
{
	return s->size == 0 || memcmp((const char *)a + s->offset, (const char *)b + s->offset, s->size) == 0;
}

static void set_default(const struct conf_setting *s, void *base)
{
	if (s->text != NULL)
		memcpy((char *)base + s->offset, s->text, strlen(s->text) + 1);
	else
		conf_setting_set(s, base, s->value);
}

void conf_default(enum conf_kept kept, void *base, size_t size)
{
	memset(base, 0, size);
	for (const struct conf_setting *s = conf_settings; s->path != NULL; s++)
		if (s->kept == kept && s->size > 0)
			set_default(s, base);
}

void conf_default_globals(struct conf *c)
{
	conf_default(CONF_IN_CONF, c, sizeof(*c));
}

void conf_default_port(struct conf_port *p)
{
	conf_default(CONF_IN_PORT, p, sizeof(*p));
	p->scid = CONF_SCID_DEFAULT;
}

void conf_default_channel(struct conf_port *p)
{
	p->create_tap = false; /* the device is the port's */
	p->n_vm_patterns = 0;
	memset(p->vm_patterns, 0, sizeof(p->vm_patterns));
	memset(&p->host_vsi, 0, sizeof(p->host_vsi));
	memset(&p->cdcp, 0, sizeof(p->cdcp));
	memset(&p->pe, 0, sizeof(p->pe));
}

/* The port's own LLDP goes to the nearest non-TPMR bridge: CDCP (evb-reference 4.2), the Port Extension TLV
 * (port-extension-reference 3.3). A channel has the EVB TLV only. */
static void derive_agents(struct conf_port *p, bool is_given)
{
	bool needs_ntpmr = p->cdcp.is_enabled || (p->pe.tag != CONF_TAG_NONE && p->pe.is_signalled);

	if (!is_given && p->role == CONF_ORDINARY)
		p->lldp_agents = 0;
	if (!is_given && needs_ntpmr)
		p->lldp_agents |= CONF_AGENT_NTPMR;
	if (p->scid != CONF_SCID_DEFAULT)
		p->lldp_agents &= CONF_AGENT_NCB;
}

void conf_derive_port(struct conf_port *p, struct conf_given given)
{
	bool needs_rr = p->relay == CONF_RELAY_VEPA || p->relay == CONF_RELAY_NONE;

	p->evb.is_enabled = p->evb.is_enabled && p->role != CONF_ORDINARY;
	p->evb.role = p->role == CONF_BRIDGE ? EVB_MODE_BRIDGE : EVB_MODE_STATION;
	p->evb.rr_alarm = dur_s(3 * (uint64_t)p->lldp.tx_interval_s);
	if (!given.rr)
		p->evb.reflective_relay = p->role != CONF_STATION || needs_rr;
	derive_agents(p, given.agents);
	if (p->host_vsi.is_set && !given.host_vid)
		p->host_vsi.vid = p->pvid;
	p->host_vsi.has_id = p->host_vsi.subject.vsi.format != 0;
}

void conf_make_channel(const struct conf_port *port, uint16_t scid, struct conf_port *ret)
{
	*ret = *port;
	conf_default_channel(ret);
	ret->scid = scid;
	conf_derive_port(ret, (struct conf_given){ .rr = true, .agents = true });
}

void *conf_grow(void *array, unsigned n, size_t size)
{
	if ((n & (n - 1)) != 0)
		return array;
	return reallocarray(array, n == 0 ? 1 : 2 * (size_t)n, size);
}

void conf_free(struct conf *c)
{
	if (c == NULL)
		return;
	free(c->ports);
	free(c->vifs);
	free(c->lists);
	free(c);
}

const struct conf_port *conf_find_channel(const struct conf *c, const char *name, uint16_t scid)
{
	for (unsigned i = 0; i < c->n_ports; i++)
		if (c->ports[i].scid == scid && strcmp(c->ports[i].name, name) == 0)
			return &c->ports[i];
	return NULL;
}

bool conf_remove_channel(struct conf *c, const char *port, uint16_t scid)
{
	const struct conf_port *row = conf_find_channel(c, port, scid);
	size_t i = row != NULL ? (size_t)(row - c->ports) : c->n_ports;

	if (row == NULL || scid == CONF_SCID_DEFAULT)
		return false;
	memmove(&c->ports[i], &c->ports[i + 1], (c->n_ports - i - 1) * sizeof(*row));
	c->n_ports--;
	return true;
}

const struct conf_vif *conf_find_vif(const struct conf *c, const char *port, uint32_t id)
{
	for (unsigned i = 0; i < c->n_vifs; i++)
		if (c->vifs[i].id == id && strcmp(c->vifs[i].port, port) == 0)
			return &c->vifs[i];
	return NULL;
}

bool conf_remove_vif(struct conf *c, const char *port, uint32_t id)
{
	const struct conf_vif *row = conf_find_vif(c, port, id);
	size_t i = row != NULL ? (size_t)(row - c->vifs) : c->n_vifs;

	if (row == NULL)
		return false;
	memmove(&c->vifs[i], &c->vifs[i + 1], (c->n_vifs - i - 1) * sizeof(*row));
	c->n_vifs--;
	return true;
}

const struct conf_port *conf_find_port(const struct conf *c, const char *name)
{
	return conf_find_channel(c, name, CONF_SCID_DEFAULT);
}
