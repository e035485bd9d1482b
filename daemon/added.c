/*
 * added.c - S-channels that evbctl adds and removes at run time. The configuration file is never written: what was added is
 * a row of the configuration in memory, under the same rules, and an entry of the durable list (state.h), from which it is
 * added again at the next start and into each configuration that is read. If it no longer fits there, or the file has come
 * to say it itself, it leaves the list, with a line in the log.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "evbd.h"
#include "settings_text.h"

/* Put it into `c`. False with the reason. */
static bool into_conf(
	struct conf *c, const struct state_added *a, const json_t *settings, char why[CTL_ERROR_TEXT])
{
	struct conf_error error = { 0 };
	const char *complaint;
	char *text = settings_text(settings, &complaint);

	if (text == NULL) {
		snprintf(why, CTL_ERROR_TEXT, "%s", complaint);
		return false;
	}
	if (conf_add_channel(c, a->port, (uint16_t)a->id, text, &error) < 0)
		snprintf(why, CTL_ERROR_TEXT, "%s", error.text[0] != '\0' ? error.text : "out of memory");
	free(text);
	return conf_find_channel(c, a->port, (uint16_t)a->id) != NULL && error.text[0] == '\0';
}

/* The same from what was kept. */
static bool again_into_conf(struct conf *c, const struct state_added *a, char why[CTL_ERROR_TEXT])
{
	json_t *settings = json_loads(a->settings, JSON_REJECT_DUPLICATES, NULL);
	bool is_in = false;

	snprintf(why, CTL_ERROR_TEXT, "its settings can't be read");
	if (a->kind != STATE_CHANNEL)
		snprintf(why, CTL_ERROR_TEXT, "there is no such kind");
	else if (conf_find_channel(c, a->port, (uint16_t)a->id) != NULL)
		snprintf(why, CTL_ERROR_TEXT, "the configuration file has it now");
	else if (settings != NULL)
		is_in = into_conf(c, a, settings, why);
	json_decref(settings);
	return is_in;
}

static void leave_list(struct evbd *d, const struct state_added *a, const char *why)
{
	struct state_added gone = *a; /* its port is copied, its settings are not needed */

	log_line(&d->log, LOG_WARNING,
		"event=\"what was added with evbctl is dropped\" kind=%s if=%s/%u why=\"%s\"",
		state_kind_name(gone.kind), gone.port, gone.id, why);
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
		} else if (!evbd_row_add(
				   d, conf_find_channel(d->conf, a->port, (uint16_t)a->id), d->started)) {
			(void)conf_remove_channel(d->conf, a->port, (uint16_t)a->id);
			leave_list(d, a, "too many ports");
		}
	}
}

/* A bridge may have the channel already, because its station asks for it. */
static bool into_node(struct evbd *d, const struct conf_port *row, struct mono now)
{
	uint16_t port = node_find_channel(d->node, row->name, row->scid);

	if (port == NODE_NO_PORT)
		return evbd_row_add(d, row, now);
	node_port_conf(d->node, port, row, now);
	return true;
}

bool evbd_channel_add(
	struct evbd *d, const char *port, uint16_t scid, const json_t *settings, char why[CTL_ERROR_TEXT])
{
	struct state_added a = { .kind = STATE_CHANNEL, .id = scid };
	char *kept = json_dumps(settings, JSON_COMPACT | JSON_SORT_KEYS);

	snprintf(a.port, sizeof(a.port), "%s", port);
	a.settings = kept;
	if (kept == NULL || !into_conf(d->conf, &a, settings, why)) {
		if (kept == NULL)
			snprintf(why, CTL_ERROR_TEXT, "out of memory");
		free(kept);
		return false;
	}
	if (!into_node(d, conf_find_channel(d->conf, port, scid), evbd_now())) {
		(void)conf_remove_channel(d->conf, port, scid);
		snprintf(why, CTL_ERROR_TEXT, "too many ports");
		free(kept);
		return false;
	}
	state_add(d->state, &a);
	log_line(&d->log, LOG_INFO, "event=\"S-channel added with evbctl\" if=%s/%u", port, scid);
	free(kept);
	(void)rtnl_dump(d->rtnl); /* VM ports that are there already */
	return true;
}

bool evbd_channel_remove(struct evbd *d, const char *port, uint16_t scid, char why[CTL_ERROR_TEXT])
{
	const struct conf_port *row = conf_find_channel(d->conf, port, scid);
	struct conf_port gone;

	if (state_find(d->state, STATE_CHANNEL, port, scid) == NULL || row == NULL) {
		snprintf(why, CTL_ERROR_TEXT, "%s",
			scid == NODE_CHANNEL_DEFAULT ? "the default channel is the port itself"
			: row != NULL ? "it is in the configuration file: take it out there and reload"
			: node_find_channel(d->node, port, scid) != NODE_NO_PORT
				? "it is there because the station asks for it"
				: "the port has no such channel");
		return false;
	}
	gone = *row;
	evbd_row_remove(d, &gone, false, evbd_now());
	(void)conf_remove_channel(d->conf, port, scid);
	(void)state_remove(d->state, STATE_CHANNEL, port, scid);
	log_line(&d->log, LOG_INFO, "event=\"S-channel removed with evbctl\" if=%s/%u", port, scid);
	return true;
}
