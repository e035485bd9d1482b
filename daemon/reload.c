/*
 * reload.c - read the configuration again, apply the difference (SIGHUP, evbctl reload).
 *
 * The new file is read and validated whole before anything is touched; a mistake leaves everything as it was. Ports
 * that did not change are not disturbed. What can't change in a running daemon (the control socket, table sizes) is
 * reported as "needs restart" and keeps its old value until then. What evbctl added (added.c) is part of either
 * configuration.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "evbd.h"

/* Is `i` the port, one of its S-channels, or a VM port behind either? */
static bool is_of(const struct node *n, uint16_t i, uint16_t port)
{
	const struct node_port *p = node_port(n, i);
	uint16_t at = p && p->kind == NODE_VM ? p->home : i;

	return p && (at == port || node_port(n, at)->device == port);
}

void evbd_row_remove(struct evbd *d, const struct conf_port *row, bool is_restart, struct mono now)
{
	uint16_t port = node_find_channel(d->node, row->name, row->scid), uap;
	char label[NODE_LABEL];

	if (port == NODE_NO_PORT)
		return;
	if (!is_restart && node_channel_release(d->node, port, now))
		return;
	uap = node_port(d->node, port)->device;
	memcpy(label, node_port(d->node, port)->label, sizeof(label));
	for (uint16_t i = 0; is_restart && i < node_n_ports(d->node); i++)
		if (is_of(d->node, i, port) && node_port(d->node, i)->kind != NODE_VM)
			state_keep_port(d->state, i); /* all of them, before a VM port goes with its VSIs */
	for (uint16_t i = 0; i < node_n_ports(d->node); i++)
		if (is_of(d->node, i, port) && node_port(d->node, i)->kind == NODE_VM)
			evbd_port_remove(d, i, now);
	evbd_port_remove(d, port, now);
	if (!is_restart)
		state_forget_port(d->state, label);
	if (uap != port)
		node_kick(d->node, uap, now); /* its peer is told */
}

bool evbd_row_add(struct evbd *d, const struct conf_port *row, struct mono now)
{
	uint16_t port = node_port_add(d->node, row, now);
	bool is_channel = row->scid != NODE_CHANNEL_DEFAULT;

	if (port == NODE_NO_PORT || (!is_channel && !evbd_port_new(d, port))) {
		log_line(&d->log, LOG_ERROR, "event=\"too many ports\" if=%s", row->name);
		return false;
	}
	if (row->create_tap && !is_channel)
		(void)evbd_port_tap(d, port);
	if (is_channel)
		node_kick(d->node, node_port(d->node, port)->device, now);
	return true;
}

void evbd_drop_unmatched(struct evbd *d, struct mono now)
{
	for (uint16_t i = 0; i < node_n_ports(d->node); i++) {
		const struct node_port *p = node_port(d->node, i);

		if (p && p->kind == NODE_VM && evbd_vm_uplink(d, p->name) != p->home)
			evbd_port_remove(d, i, now);
	}
}

static const struct conf_change *change_of(
	const struct conf_change *c, unsigned n, const struct conf_port *p, enum conf_effect effect)
{
	for (unsigned i = 0; i < n; i++)
		if (c[i].effect == effect && c[i].scid == p->scid && strcmp(c[i].port, p->name) == 0)
			return &c[i];
	return NULL;
}

static void apply(
	struct evbd *d, struct conf *fresh, const struct conf_change *c, unsigned n, struct mono now)
{
	for (unsigned i = 0; i < d->conf->n_ports; i++) {
		const struct conf_port *p = &d->conf->ports[i];

		if (change_of(c, n, p, CONF_PORT_REMOVED))
			evbd_row_remove(d, p, false, now);
		else if (change_of(c, n, p, CONF_PORT_RESTARTED))
			evbd_row_remove(d, p, true, now);
	}
	for (unsigned i = 0; i < fresh->n_ports; i++) {
		const struct conf_port *p = &fresh->ports[i];
		uint16_t port = node_find_channel(d->node, p->name, p->scid);

		if (port != NODE_NO_PORT && node_port(d->node, port)->kind == NODE_VM) {
			evbd_port_remove(d, port, now); /* it was a VM port until now */
			port = NODE_NO_PORT;
		}
		if (port == NODE_NO_PORT) {
			(void)evbd_row_add(d, p, now);
			continue;
		}
		if (change_of(c, n, p, CONF_ADAPTED) || change_of(c, n, p, CONF_RENEGOTIATED) ||
			change_of(c, n, p, CONF_PORT_ADDED)) /* that a station had asked for before */
			node_port_conf(d->node, port, p, now);
		if (p->create_tap && d->port[port] && !d->port[port]->link)
			(void)evbd_port_tap(d, port); /* somebody deleted it */
	}
}

static int load(struct evbd *d, struct conf **ret, struct conf_error *ret_error)
{
	char text[sizeof(*ret_error)], quoted[sizeof(*ret_error)];
	int err = conf_load(d->conf_path, ret, ret_error);

	if (!err) {
		err = vtdb_file_load(&d->vtdb, (*ret)->types_file, ret_error);
		if (err)
			conf_free(*ret);
	}
	if (err)
		log_line(&d->log, LOG_ERROR, "event=\"reload refused\" error=\"%s\"",
			log_quoted(conf_error_format(ret_error, text, sizeof(text)), quoted, sizeof(quoted)));
	return err;
}

void evbd_vifs_conf(struct evbd *d, struct mono now)
{
	const struct conf *c = d->conf;

	for (uint16_t i = 0; i < node_n_ports(d->node); i++)
		if (node_port(d->node, i) && node_port(d->node, i)->vifs)
			node_vifs_conf(d->node, i, c->vifs, c->n_vifs, c->lists, c->n_lists, now);
}

int evbd_reload(
	struct evbd *d, struct conf_change *ret, unsigned max, unsigned *ret_n, struct conf_error *ret_error)
{
	struct mono now = evbd_input(d);
	struct conf_change *changes;
	struct conf *fresh = NULL;
	unsigned n;
	int err = load(d, &fresh, ret_error);

	if (err)
		return err;
	evbd_added_merge(d, fresh);
	n = conf_diff(d->conf, fresh, NULL, 0);
	changes = calloc(n + 1, sizeof(*changes));
	if (!changes) {
		conf_free(fresh);
		return -ENOMEM;
	}
	n = conf_diff(d->conf, fresh, changes, n);
	conf_keep_unchangeable(d->conf, fresh);
	apply(d, fresh, changes, n, now);
	state_restore_kept_channels(d->state, now); /* before their port is up */
	conf_free(d->conf);
	d->conf = fresh;
	d->log.level = (enum log_level)fresh->log_level;
	evbd_libvirt_conf(d);
	node_set_globals(d->node, fresh, now);
	evbd_drop_unmatched(d, now);
	evbd_vifs_conf(d, now);
	vtdb_file_recheck(&d->vtdb, d->node, now);
	(void)rtnl_dump(d->rtnl); /* attach new ports and VM ports to devices that exist */
	log_line(&d->log, LOG_INFO, "event=\"reloaded\" changes=%u", n);
	for (unsigned i = 0; i < n && i < max; i++)
		ret[i] = changes[i];
	*ret_n = n;
	free(changes);
	return 0;
}
