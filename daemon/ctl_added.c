/*
 * ctl_added.c - `channel` and `vif` requests: what comes and goes at run time. The rules are the configuration's, the doing is
 * the shell's (ctl_host); here the request is read and the answer is the row of the S-channel or VIF.
 */
#include "ctl_priv.h"

#include <stdio.h>

#include "vntag_hdr.h"

struct request {
	enum state_kind kind;
	bool is_add;
	const char *port;
	uint32_t id;
	const json_t *settings; /* NULL: none */
};

static const struct {
	const char *command, *id_key; /* of the request; the result's array has the command's name, too */
	int id_max;
} kinds[] = {
	[STATE_CHANNEL] = { "channel", "channel", CDCP_ID_MAX },
	[STATE_VIF] = { "vif", "vif", VNTAG_ECID_UNICAST },
};

/* False with the reason. */
static bool read_request(
	enum state_kind kind, const json_t *j, struct request *ret, char error[CTL_ERROR_TEXT])
{
	const char *op = json_string_value(json_object_get(j, "op")), *command = kinds[kind].command;
	const json_t *id = json_object_get(j, kinds[kind].id_key);

	*ret = (struct request){ .kind = kind,
		.port = json_string_value(json_object_get(j, "port")),
		.settings = json_object_get(j, "settings") };
	error[0] = '\0';
	if (op == NULL || (strcmp(op, "add") != 0 && strcmp(op, "remove") != 0))
		snprintf(error, CTL_ERROR_TEXT, "%s: op is neither add nor remove", command);
	else if (ret->port == NULL || strlen(ret->port) >= CONF_NAME)
		snprintf(error, CTL_ERROR_TEXT, "%s: port is missing or too long", command);
	else if (!json_is_integer(id) || json_integer_value(id) < 1 ||
		 json_integer_value(id) > kinds[kind].id_max)
		snprintf(error, CTL_ERROR_TEXT, "%s: %s is no number from 1 to %d", command,
			kinds[kind].id_key, kinds[kind].id_max);
	else if (ret->settings != NULL && !json_is_object(ret->settings))
		snprintf(error, CTL_ERROR_TEXT, "%s: settings is not an object", command);
	if (op == NULL || error[0] != '\0')
		return false;
	ret->is_add = strcmp(op, "add") == 0;
	ret->id = (uint32_t)json_integer_value(id);
	return true;
}

/* Its row as it is; NULL: the port can have none. */
static json_t *row_of(const struct ctl_host *h, const struct request *r)
{
	uint16_t device = node_find_port(h->node, r->port);

	if (device == NODE_NO_PORT || !ctl_is_evb(node_port(h->node, device)))
		return NULL;
	return r->kind == STATE_VIF ? ctl_vif_row(h, device, r->id)
				    : ctl_channel_row(h, device, (uint16_t)r->id);
}

void ctl_added_request(struct ctl_client *c, enum state_kind kind, const json_t *j)
{
	const struct ctl_host *h = &c->server->host;
	json_t *none = json_object(), *row = NULL;
	char why[CTL_ERROR_TEXT] = "";
	struct request r;
	bool is_done;

	if (!read_request(kind, j, &r, why)) {
		ctl_reply_to(c, CTL_BAD_REQUEST, why, NULL);
		json_decref(none);
		return;
	}
	if (!r.is_add)
		row = row_of(h, &r); /* as it was */
	is_done = r.is_add ? h->add(h->ctx, kind, r.port, r.id, r.settings ? r.settings : none, why)
			   : h->remove(h->ctx, kind, r.port, r.id, why);
	if (is_done && r.is_add)
		row = row_of(h, &r);
	if (is_done)
		ctl_reply_to(c, CTL_DONE, NULL,
			json_pack("{s:i, s:[o]}", "schema", CTL_SCHEMA, kinds[kind].command, row));
	else
		ctl_reply_to(c, CTL_FAILED, why, NULL);
	if (!is_done)
		json_decref(row);
	json_decref(none);
}
