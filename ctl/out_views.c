/*
 * out_views.c - which columns each `show` has, and how a cell reads. Short on purpose: what is normal is brief or
 * blank, what needs a look (a reason, an alarm, a changed offload) is in words. -v has the rest.
 */
#include "out.h"

#include <string.h>

static const json_t *at(const json_t *object, const char *key)
{
	return json_object_get(object, key);
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *s = json_string_value(json_object_get(object, key));

	return s != NULL ? s : "";
}

static bool is_true(const json_t *object, const char *key)
{
	return json_is_true(json_object_get(object, key));
}

static void cell_age(FILE *f, const json_t *row, const json_t *value, const struct out *o)
{
	const char *text = json_string_value(value);
	time_t t = text != NULL ? out_time_parse(text) : (time_t)-1;

	(void)row;
	if (t == (time_t)-1)
		fputc('-', f);
	else
		out_age(f, o->now - t);
}

static void cell_until(FILE *f, const json_t *row, const json_t *value, const struct out *o)
{
	const char *text = json_string_value(value);
	time_t t = text != NULL ? out_time_parse(text) : (time_t)-1;

	(void)row;
	if (t == (time_t)-1)
		fputc('-', f);
	else
		out_age(f, t - o->now);
}

/* Blank instead of "-": for columns of remarks. */
static void cell_remark(FILE *f, const json_t *row, const json_t *value, const struct out *o)
{
	(void)row;
	(void)o;
	if (value != NULL && !json_is_null(value) && !(json_is_array(value) && json_array_size(value) == 0))
		out_value(f, value);
}

static void cell_link(FILE *f, const json_t *row, const json_t *value, const struct out *o)
{
	(void)o;
	out_value(f, value);
	if (is_true(row, "guarded"))
		fputs(", guarded", f);
}

static void cell_peer(FILE *f, const json_t *row, const json_t *value, const struct out *o)
{
	(void)o;
	if (json_is_object(value)) {
		const char *system = text_of(value, "system_name");

		fprintf(f, "%s %s", system[0] ? system : text_of(value, "chassis"),
			text_of(value, "port_id"));
		if (strcmp(text_of(row, "peer_state"), "ok") != 0 && text_of(row, "peer_state")[0])
			fprintf(f, " (%s)", text_of(row, "peer_state"));
	} else {
		fputc('-', f);
	}
}

static void cell_port(FILE *f, const json_t *row, const json_t *value, const struct out *o)
{
	(void)value;
	(void)o;
	out_port(f, row);
}

/* "3, running": how many, and what CDCP does about those beside the default one. */
static void cell_channels(FILE *f, const json_t *row, const json_t *value, const struct out *o)
{
	(void)o;
	if (json_integer_value(value) == 0)
		return;
	out_value(f, value);
	if (text_of(row, "cdcp_state")[0])
		fprintf(f, ", %s", text_of(row, "cdcp_state"));
}

/* "3, operational": how many, and how the session of PE-CSP is. */
static void cell_vifs(FILE *f, const json_t *row, const json_t *value, const struct out *o)
{
	(void)o;
	if (!json_is_integer(value))
		return;
	out_value(f, value);
	if (text_of(row, "csp_state")[0])
		fprintf(f, ", %s", text_of(row, "csp_state"));
}

/* Where frames to and from it are: "vn-tag 5". */
static void cell_vif(FILE *f, const json_t *row, const json_t *value, const struct out *o)
{
	(void)o;
	out_value(f, value);
	if (is_true(row, "transit"))
		fputs(", transit", f);
}

static void cell_vif_link(FILE *f, const json_t *row, const json_t *value, const struct out *o)
{
	(void)o;
	if (is_true(row, "carrier_taken"))
		fputs("taken down", f);
	else
		out_value(f, value);
}

static void cell_rr(FILE *f, const json_t *row, const json_t *value, const struct out *o)
{
	(void)row;
	(void)o;
	if (!json_is_object(value))
		fputc('-', f);
	else if (is_true(value, "active"))
		fputs("active", f);
	else if (is_true(value, "requested"))
		fputs("asked for", f);
	else
		fputs(is_true(value, "capable") ? "capable" : "off", f);
}

static void cell_vsi_state(FILE *f, const json_t *row, const json_t *value, const struct out *o)
{
	const char *state = json_string_value(value);

	(void)o;
	if (state == NULL)
		fputc('-', f);
	else if (strcmp(state, "preassociated") == 0)
		fputs("pre-associated", f);
	else if (strcmp(state, "preassociated_rr") == 0)
		fputs("pre-associated, reserved", f);
	else if (strcmp(state, "timed_out") == 0)
		fputs("timed out", f);
	else if (strcmp(state, "refused") == 0)
		fputs(is_true(row, "hard") ? "refused for good" : "refused", f);
	else if (json_is_string(at(row, "ended")))
		fputs("ended", f);
	else
		fputs(state, f);
}

static void cell_type(FILE *f, const json_t *row, const json_t *value, const struct out *o)
{
	(void)o;
	out_value(f, value);
	fputc('.', f);
	out_value(f, at(row, "type_version"));
}

static void cell_filters(FILE *f, const json_t *row, const json_t *value, const struct out *o)
{
	size_t i;
	json_t *filter;

	(void)row;
	(void)o;
	json_array_foreach(value, i, filter)
	{
		fputs(i > 0 ? ", " : "", f);
		if (json_is_string(at(filter, "mac")))
			fprintf(f, "%s/", text_of(filter, "mac"));
		out_value(f, at(filter, "vid"));
		if (json_is_integer(at(filter, "group")))
			fprintf(f, " group %" JSON_INTEGER_FORMAT, json_integer_value(at(filter, "group")));
		if (json_is_integer(at(filter, "pcp")))
			fprintf(f, " pcp %" JSON_INTEGER_FORMAT, json_integer_value(at(filter, "pcp")));
		if (i == 3 && json_array_size(value) > 4) {
			fprintf(f, ", and %zu more", json_array_size(value) - 4);
			break;
		}
	}
	if (json_array_size(value) == 0)
		fputc('-', f);
}

static void cell_evb(FILE *f, const json_t *row, const json_t *value, const struct out *o)
{
	(void)row;
	(void)o;
	if (!json_is_object(value)) {
		fputc('-', f);
		return;
	}
	fprintf(f, "%s, R ", text_of(value, "mode"));
	out_value(f, at(value, "retries"));
	fputs(", RTE ", f);
	out_value(f, at(value, "rte"));
	fputs(", RWD ", f);
	out_value(f, at(value, "rwd"));
	fputs(", RKA ", f);
	out_value(f, at(value, "rka"));
}

static void cell_versions(FILE *f, const json_t *row, const json_t *value, const struct out *o)
{
	(void)o;
	out_value(f, value);
	if (!json_equal(value, at(row, "version_high"))) {
		fputc('-', f);
		out_value(f, at(row, "version_high"));
	}
}

static void cell_refusal(FILE *f, const json_t *row, const json_t *value, const struct out *o)
{
	(void)row;
	(void)o;
	if (json_is_object(value))
		fprintf(f, "always refused: %s", text_of(value, "reason"));
}

static const struct out_view views[] = {
	{ "ports", "name", "no ports",
		{ { "PORT", "name", NULL, OUT_LEFT }, { "ROLE", "role", NULL, OUT_LEFT },
			{ "LINK", "link", cell_link, OUT_LEFT }, { "RELAY", "relay_mode", NULL, OUT_LEFT },
			{ "SPEAKS", "generation", NULL, OUT_LEFT }, { "PEER", "peer", cell_peer, OUT_WRAP },
			{ "REFLECT", "reflective_relay", cell_rr, OUT_LEFT },
			{ "CHANNELS", "channels", cell_channels, OUT_LEFT },
			{ "VIFS", "vifs", cell_vifs, OUT_LEFT }, { "VSIS", "vsis", NULL, OUT_RIGHT },
			{ "DRIVER", "driver", NULL, OUT_LEFT },
			{ "WHY NOT XDP", "no_fast_path", cell_remark, OUT_WRAP },
			{ "OFFLOADS OFF", "offloads_changed", cell_remark, OUT_WRAP },
			{ "REMARK", "alarm", cell_remark, OUT_WRAP }, { NULL, NULL, NULL, OUT_LEFT } } },
	{ "neighbors", "port", "no LLDP neighbours heard",
		{ { "PORT", "port", cell_port, OUT_LEFT }, { "AGENT", "agent", NULL, OUT_LEFT },
			{ "CHASSIS", "chassis", NULL, OUT_LEFT }, { "PORT ID", "port_id", NULL, OUT_LEFT },
			{ "SYSTEM", "system_name", NULL, OUT_WRAP }, { "EVB", "evb", cell_evb, OUT_LEFT },
			{ "EXPIRES", "expires", cell_until, OUT_RIGHT }, { NULL, NULL, NULL, OUT_LEFT } } },
	{ "channels", "port", "no EVB ports, so no channels",
		{ { "PORT", "port", NULL, OUT_LEFT }, { "CHANNEL", "channel", NULL, OUT_RIGHT },
			{ "SVID", "svid", NULL, OUT_RIGHT }, { "STATE", "state", NULL, OUT_LEFT },
			{ "RELAY", "relay_mode", NULL, OUT_LEFT },
			{ "REFLECT", "reflective_relay", cell_rr, OUT_LEFT },
			{ "LEARNING", "learning", NULL, OUT_LEFT }, { "VSIS", "vsis", NULL, OUT_RIGHT },
			{ "RX", "rx_frames", NULL, OUT_RIGHT }, { "TX", "tx_frames", NULL, OUT_RIGHT },
			{ "REASON", "reason", cell_remark, OUT_WRAP }, { NULL, NULL, NULL, OUT_LEFT } } },
	{ "vsi", "id", "no VSIs",
		{ { "ID", "id", NULL, OUT_LEFT }, { "PORT", "port", cell_port, OUT_LEFT },
			{ "STATE", "state", cell_vsi_state, OUT_LEFT },
			{ "TYPE", "type_id", cell_type, OUT_RIGHT },
			{ "FILTERS", "filters", cell_filters, OUT_WRAP },
			{ "VM PORT", "vm_port", NULL, OUT_LEFT }, { "SINCE", "since", cell_age, OUT_RIGHT },
			{ "REASON", "reason", cell_remark, OUT_WRAP }, { NULL, NULL, NULL, OUT_LEFT } } },
	{ "fdb", "mac", "the relay has learned no address",
		{ { "VID", "vid", NULL, OUT_RIGHT }, { "MAC", "mac", NULL, OUT_LEFT },
			{ "PORT", "port", cell_port, OUT_LEFT }, { "KIND", "kind", NULL, OUT_LEFT },
			{ "SEEN", "seen", cell_age, OUT_RIGHT }, { NULL, NULL, NULL, OUT_LEFT } } },
	{ "vif", "id", "no virtual interfaces: no port uses VN-Tag or E-TAG",
		{ { "PORT", "port", NULL, OUT_LEFT }, { "TAG", "tag", NULL, OUT_LEFT },
			{ "VIF", "id", cell_vif, OUT_RIGHT }, { "VM PORT", "vm_port", cell_remark, OUT_LEFT },
			{ "LINK", "link", cell_vif_link, OUT_LEFT }, { "STATE", "state", NULL, OUT_LEFT },
			{ "PVID", "pvid", NULL, OUT_RIGHT }, { "VSIS", "vsis", NULL, OUT_RIGHT },
			{ "RX", "rx_frames", NULL, OUT_RIGHT }, { "TX", "tx_frames", NULL, OUT_RIGHT },
			{ "DROPS", "drops", NULL, OUT_RIGHT }, { "REASON", "reason", cell_remark, OUT_WRAP },
			{ NULL, NULL, NULL, OUT_LEFT } } },
	{ "types", "type_id", "no VSI types: the daemon has no type database",
		{ { "TYPE", "type_id", NULL, OUT_RIGHT },
			{ "VERSION", "version_low", cell_versions, OUT_LEFT },
			{ "NAME", "name", NULL, OUT_LEFT }, { "MANAGER", "manager", NULL, OUT_LEFT },
			{ "VIDS", "vids", NULL, OUT_WRAP }, { "DEFAULT", "default_vid", NULL, OUT_RIGHT },
			{ "PCP", "pcp", NULL, OUT_RIGHT }, { "GROUPS", "groups", cell_filters, OUT_WRAP },
			{ "REMARK", "refuse", cell_refusal, OUT_WRAP }, { NULL, NULL, NULL, OUT_LEFT } } },
	{ "reload", "setting", "no setting changed",
		{ { "EFFECT", "effect", NULL, OUT_LEFT }, { "PORT", "port", cell_port, OUT_LEFT },
			{ "SETTING", "setting", NULL, OUT_LEFT }, { "FROM", "from", NULL, OUT_WRAP },
			{ "TO", "to", NULL, OUT_WRAP }, { NULL, NULL, NULL, OUT_LEFT } } },
};

const struct out_view *out_view_find(const char *what)
{
	for (size_t i = 0; i < sizeof(views) / sizeof(views[0]); i++)
		if (strcmp(views[i].what, what) == 0)
			return &views[i];
	return NULL;
}
