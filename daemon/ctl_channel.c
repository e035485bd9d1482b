/*
 * ctl_channel.c - `channel` requests: S-channels that come and go at run time. The rules are the configuration's, the doing is
 * the shell's (ctl_host); here the request is read and the answer is the channel's row.
 */
#include "ctl_priv.h"

#include <stdio.h>

struct request {
	bool is_add;
	const char *port;
	uint16_t scid;
	const json_t *settings; /* NULL: none */
};

/* False with the reason. */
static bool read_request(const json_t *j, struct request *ret, const char **ret_error)
{
	const char *op = json_string_value(json_object_get(j, "op"));
	const json_t *channel = json_object_get(j, "channel");

	*ret = (struct request){ .port = json_string_value(json_object_get(j, "port")),
		.settings = json_object_get(j, "settings") };
	*ret_error = NULL;
	if (op == NULL || (strcmp(op, "add") != 0 && strcmp(op, "remove") != 0))
		*ret_error = "channel: op is neither add nor remove";
	else if (ret->port == NULL || strlen(ret->port) >= CONF_NAME)
		*ret_error = "channel: port is missing or too long";
	else if (!json_is_integer(channel) || json_integer_value(channel) < 1 ||
		 json_integer_value(channel) > CDCP_ID_MAX)
		*ret_error = "channel: channel is no number from 1 to 4094";
	else if (ret->settings != NULL && !json_is_object(ret->settings))
		*ret_error = "channel: settings is not an object";
	if (*ret_error != NULL)
		return false;
	ret->is_add = strcmp(op, "add") == 0;
	ret->scid = (uint16_t)json_integer_value(channel);
	return true;
}

void ctl_channel_request(struct ctl_client *c, const json_t *j)
{
	const struct ctl_host *h = &c->server->host;
	json_t *none = json_object(), *row = NULL;
	char why[CTL_ERROR_TEXT] = "";
	const char *error;
	struct request r;
	uint16_t device;
	bool is_done;

	if (!read_request(j, &r, &error)) {
		ctl_reply_to(c, CTL_BAD_REQUEST, error, NULL);
		json_decref(none);
		return;
	}
	device = node_find_port(h->node, r.port);
	if (!r.is_add && device != NODE_NO_PORT && ctl_is_evb(node_port(h->node, device)))
		row = ctl_channel_row(h, device, r.scid); /* as it was */
	is_done = r.is_add ? h->channel_add(h->ctx, r.port, r.scid, r.settings ? r.settings : none, why)
			   : h->channel_remove(h->ctx, r.port, r.scid, why);
	if (is_done && r.is_add)
		row = ctl_channel_row(h, device, r.scid);
	if (is_done)
		ctl_reply_to(
			c, CTL_DONE, NULL, json_pack("{s:i, s:[o]}", "schema", CTL_SCHEMA, "channel", row));
	else
		ctl_reply_to(c, CTL_FAILED, why, NULL);
	if (!is_done)
		json_decref(row);
	json_decref(none);
}
