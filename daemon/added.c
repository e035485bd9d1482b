/*
 * added.c - S-channels and VIFs that evbctl adds and removes at run time. The configuration file is never written: what was
 * added is a row of the configuration in memory, under the same rules, and an entry of the durable list (state.h), from which
 * it is added again at the next start and into each configuration that is read. If it no longer fits there, or the file has
 * come to say it itself, it leaves the list, with a line in the log.
 *
 * VIFs can be added where there is no signalling: where there is, they are made for VM ports as these come and go, and the
 * numbers are the bridge's.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "evbd.h"
#include "settings_text.h"

/* ---- in a configuration ---- */

static bool is_in_conf(const struct conf *c, const struct state_added *a)
{
	return a->kind == STATE_VIF ? conf_find_vif(c, a->port, a->id) != NULL
				    : conf_find_channel(c, a->port, (uint16_t)a->id) != NULL;
}

static void take_out(struct conf *c, const struct state_added *a)
{
	(void)(a->kind == STATE_VIF ? conf_remove_vif(c, a->port, a->id)
				    : conf_remove_channel(c, a->port, (uint16_t)a->id));
}

/* What speaks against it that is no mistake of the settings; NULL: nothing. */
static const char *objection(const struct conf *c, const struct state_added *a)
{
	const struct conf_port *p = conf_find_port(c, a->port);

	return a->kind == STATE_VIF && p && p->pe.tag != CONF_TAG_NONE && p->pe.is_signalled
		       ? "the port has signalling, which makes a VIF for each VM port"
		       : NULL;
}

/* Put it into `c`. False with the reason. */
static bool into_conf(
	struct conf *c, const struct state_added *a, const json_t *settings, char why[CTL_ERROR_TEXT])
{
	struct conf_error error = { 0 };
	const char *complaint = objection(c, a);
	char *text = complaint == NULL ? settings_text(settings, &complaint) : NULL;
	int err;

	if (text == NULL) {
		snprintf(why, CTL_ERROR_TEXT, "%s", complaint);
		return false;
	}
	err = a->kind == STATE_VIF ? conf_add_vif(c, a->port, a->id, text, &error)
				   : conf_add_channel(c, a->port, (uint16_t)a->id, text, &error);
	if (err < 0)
		snprintf(why, CTL_ERROR_TEXT, "%s", error.text[0] != '\0' ? error.text : "out of memory");
	free(text);
	return err == 0;
}

/* The same from what was kept. */
static bool again_into_conf(struct conf *c, const struct state_added *a, char why[CTL_ERROR_TEXT])
{
	json_t *settings = json_loads(a->settings, JSON_REJECT_DUPLICATES, NULL);
	bool is_in = false;

	snprintf(why, CTL_ERROR_TEXT, "its settings can't be read");
	if (is_in_conf(c, a))
		snprintf(why, CTL_ERROR_TEXT, "the configuration file has it now");
	else if (settings != NULL)
		is_in = into_conf(c, a, settings, why);
	json_decref(settings);
	return is_in;
}

/* ---- in the daemon ---- */

/* A bridge may have the channel already, because its station asks for it. A VIF is in with the next evbd_vifs_conf(). */
static bool into_node(struct evbd *d, const struct state_added *a, struct mono now)
{
	const struct conf_port *row;
	uint16_t port;

	if (a->kind == STATE_VIF)
		return true;
	row = conf_find_channel(d->conf, a->port, (uint16_t)a->id);
	port = node_find_channel(d->node, a->port, (uint16_t)a->id);
	if (port == NODE_NO_PORT)
		return evbd_row_add(d, row, now);
	node_port_conf(d->node, port, row, now);
	return true;
}

static void out_of_node(struct evbd *d, const struct state_added *a, struct mono now)
{
	struct conf_port gone = { .scid = (uint16_t)a->id };

	if (a->kind == STATE_VIF) {
		evbd_vifs_conf(d, now);
		evbd_drop_unmatched(d, now);
		return;
	}
	memcpy(gone.name, a->port, sizeof(gone.name));
	evbd_row_remove(d, &gone, false, now);
}

static const char *what(const struct state_added *a)
{
	return a->kind == STATE_VIF ? "VIF" : "S-channel";
}

static void log_added(const struct evbd *d, const struct state_added *a, const char *done)
{
	log_line(&d->log, LOG_INFO, "event=\"%s %s with evbctl\" if=%s%c%u", what(a), done, a->port,
		a->kind == STATE_VIF ? '#' : '/', a->id);
}

static void leave_list(struct evbd *d, const struct state_added *a, const char *why)
{
	struct state_added gone = *a; /* its port is copied, its settings are not needed */

	log_line(&d->log, LOG_WARNING,
		"event=\"what was added with evbctl is dropped\" kind=%s if=%s%c%u why=\"%s\"",
		state_kind_name(gone.kind), gone.port, gone.kind == STATE_VIF ? '#' : '/', gone.id, why);
	(void)state_remove(d->state, gone.kind, gone.port, gone.id);
}

void evbd_added_merge(struct evbd *d, struct conf *fresh)
{
	const struct state_added *a = state_next(d->state, NULL), *next;
	char why[CTL_ERROR_TEXT];

	for (; a != NULL; a = next) {
		next = state_next(d->state, a);
		if (!again_into_conf(fresh, a, why))
			leave_list(d, a, why);
	}
}

void evbd_added_replay(struct evbd *d)
{
	const struct state_added *a = state_next(d->state, NULL), *next;
	char why[CTL_ERROR_TEXT];

	for (; a != NULL; a = next) {
		next = state_next(d->state, a);
		if (!again_into_conf(d->conf, a, why)) {
			leave_list(d, a, why);
		} else if (!into_node(d, a, d->started)) {
			take_out(d->conf, a);
			leave_list(d, a, "too many ports");
		}
	}
	evbd_vifs_conf(d, d->started);
}

/* ---- requests ---- */

bool evbd_add(struct evbd *d, enum state_kind kind, const char *port, uint32_t id, const json_t *settings,
	char why[CTL_ERROR_TEXT])
{
	struct state_added a = { .kind = kind, .id = id };
	char *kept = json_dumps(settings, JSON_COMPACT | JSON_SORT_KEYS);

	snprintf(a.port, sizeof(a.port), "%s", port);
	a.settings = kept;
	if (kept == NULL || !into_conf(d->conf, &a, settings, why)) {
		if (kept == NULL)
			snprintf(why, CTL_ERROR_TEXT, "out of memory");
		free(kept);
		return false;
	}
	if (!into_node(d, &a, evbd_now())) {
		take_out(d->conf, &a);
		snprintf(why, CTL_ERROR_TEXT, "too many ports");
		free(kept);
		return false;
	}
	if (kind == STATE_VIF)
		evbd_vifs_conf(d, evbd_now());
	state_add(d->state, &a);
	log_added(d, &a, "added");
	free(kept);
	(void)rtnl_dump(d->rtnl); /* VM ports that are there already */
	return true;
}

/* Why what was not added can't be removed. */
static const char *not_added(const struct evbd *d, const struct state_added *a)
{
	if (a->kind == STATE_CHANNEL && a->id == NODE_CHANNEL_DEFAULT)
		return "the default channel is the port itself";
	if (is_in_conf(d->conf, a))
		return "it is in the configuration file: take it out there and reload";
	if (a->kind == STATE_VIF)
		return objection(d->conf, a) ? objection(d->conf, a) : "the port has no such VIF";
	return node_find_channel(d->node, a->port, (uint16_t)a->id) != NODE_NO_PORT
		       ? "it is there because the station asks for it"
		       : "the port has no such channel";
}

bool evbd_remove(
	struct evbd *d, enum state_kind kind, const char *port, uint32_t id, char why[CTL_ERROR_TEXT])
{
	struct state_added a = { .kind = kind, .id = id };

	snprintf(a.port, sizeof(a.port), "%s", port);
	if (state_find(d->state, kind, port, id) == NULL || !is_in_conf(d->conf, &a)) {
		snprintf(why, CTL_ERROR_TEXT, "%s", not_added(d, &a));
		return false;
	}
	if (kind == STATE_CHANNEL)
		out_of_node(d, &a, evbd_now());
	take_out(d->conf, &a);
	if (kind == STATE_VIF)
		out_of_node(d, &a, evbd_now());
	(void)state_remove(d->state, kind, port, id);
	log_added(d, &a, "removed");
	return true;
}
