/*
 * cmd_vsi.c - `vsi associate|preassociate|deassociate`: VSIs from options or from JSON Lines, in one request.
 *
 * Everything is read and checked before anything is sent: an unreadable line means exit code 2 and no change at all.
 * Options given beside a file fill in what its lines leave out. The daemon answers with the rows in the order of the
 * request and with the indexes of those that failed, so each failure can name its line.
 */
#include "cmd.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "client.h"
#include "ctl_vsi_object.h"
#include "out.h"
#include "text.h"

enum { BATCH_COMPLAINTS = 20, WAIT_MAX_S = 86400 };

struct batch {
	enum vdp_op op;
	const char *file; /* NULL: from options */
	json_t *vsis;
	unsigned *lines; /* of each VSI */
	size_t n, cap;
	unsigned n_bad;
};

/* A random UUID, version 4 (RFC 4122 4.4). */
static void new_id(json_t *object)
{
	uint8_t id[16];
	char text[UUID_TEXT];

	if (getrandom(id, sizeof(id), 0) != (ssize_t)sizeof(id))
		return; /* "new" stays and is refused as an ID */
	id[6] = (uint8_t)((id[6] & 0x0f) | 0x40);
	id[8] = (uint8_t)((id[8] & 0x3f) | 0x80);
	json_object_set_new(object, "id", json_string(uuid_format(id, text)));
}

static json_t *from_options(const struct cmd_args *args)
{
	json_t *object = json_object();

	for (unsigned i = 0; i < OPT_N; i++) {
		const struct cmd_option *o = &cmd_options[i];
		char key[32];
		json_t *value;

		if (!o->is_vsi_key || !args->given[i])
			continue;
		snprintf(key, sizeof(key), "%s", o->name);
		for (char *p = key; *p != '\0'; p++)
			if (*p == '-')
				*p = '_';
		value = o->value == CMD_FLAG   ? json_true()
			: o->value == CMD_LIST ? json_array()
					       : json_string(args->text[i]);
		for (unsigned k = 0; o->value == CMD_LIST && k < args->n_list; k++)
			json_array_append_new(value, json_string(args->list[k]));
		json_object_set_new(object, key, value);
	}
	return object;
}

/* Where a line has a key, "type_id: ...", the command line has an option. */
static void complain_of_option(const char *why)
{
	size_t len = strcspn(why, " :[");
	char name[32];

	snprintf(name, sizeof(name), "%.*s", (int)len, why);
	for (char *p = name; *p != '\0'; p++)
		if (*p == '_')
			*p = '-';
	cmd_fail(EXIT_USAGE, "--%s%s", name, why + len);
}

static void complain(struct batch *b, unsigned line, const char *why)
{
	if (b->n_bad++ >= BATCH_COMPLAINTS)
		return;
	if (b->file != NULL)
		cmd_fail(EXIT_USAGE, "%s:%u: %s", b->file, line, why);
	else
		complain_of_option(why);
}

/* Take an object (stolen) that stood at `line`. */
static void batch_add(struct batch *b, json_t *object, const json_t *defaults, unsigned line)
{
	char err[CTL_ERROR_TEXT];
	struct ctl_vsi vsi;
	const char *id;

	json_object_update_missing(object, (json_t *)defaults);
	id = json_string_value(json_object_get(object, "id"));
	if (id != NULL && strcmp(id, "new") == 0)
		new_id(object);
	if (!ctl_vsi_parse(object, b->op, &vsi, err)) {
		complain(b, line, err);
		json_decref(object);
		return;
	}
	if (b->n == b->cap) {
		size_t cap = b->cap ? b->cap * 2 : 64;
		unsigned *lines = realloc(b->lines, cap * sizeof(*lines));

		if (lines == NULL) {
			complain(b, line, "out of memory");
			json_decref(object);
			return;
		}
		b->lines = lines;
		b->cap = cap;
	}
	b->lines[b->n++] = line;
	json_array_append_new(b->vsis, object);
}

static void read_lines(struct batch *b, FILE *f, const json_t *defaults)
{
	char *text = NULL;
	size_t size = 0;
	ssize_t len;
	unsigned line = 0;

	while ((len = getline(&text, &size, f)) >= 0) {
		char err[CTL_ERROR_TEXT];
		json_t *object;

		line++;
		while (len > 0 && strchr(" \t\r\n", text[len - 1]) != NULL)
			len--;
		if (len == 0)
			continue;
		object = ctl_message_parse(span_of(text, (size_t)len), err);
		if (object == NULL)
			complain(b, line, err);
		else
			batch_add(b, object, defaults, line);
	}
	if (ferror(f))
		complain(b, line + 1, strerror(errno));
	free(text);
}

/* False after saying why. */
static bool batch_read(struct batch *b, const struct cmd_args *args)
{
	json_t *options = from_options(args);
	FILE *f;

	if (b->file == NULL) {
		batch_add(b, options, NULL, 0);
		return b->n_bad == 0;
	}
	f = strcmp(b->file, "-") == 0 ? stdin : fopen(b->file, "r");
	if (f == NULL) {
		cmd_fail(EXIT_USAGE, "%s: %s", b->file, strerror(errno));
		b->n_bad = 1;
	} else {
		read_lines(b, f, options);
		if (b->n_bad > BATCH_COMPLAINTS)
			cmd_fail(EXIT_USAGE, "and %u more bad lines", b->n_bad - BATCH_COMPLAINTS);
		if (b->n_bad > 0)
			cmd_fail(EXIT_USAGE, "nothing was sent");
		else if (b->n == 0)
			b->n_bad = (unsigned)cmd_fail(1, "%s: no VSI in it", b->file);
	}
	if (f != NULL && f != stdin)
		fclose(f);
	json_decref(options);
	return b->n_bad == 0;
}

/* *ret: seconds, or -1: as long as VDP takes. */
static bool read_wait(const struct cmd_args *args, int *ret)
{
	char *end;
	long s;

	*ret = args->given[OPT_NO_WAIT] ? 0 : -1;
	if (!args->given[OPT_WAIT])
		return true;
	s = strtol(args->text[OPT_WAIT], &end, 10);
	if (args->given[OPT_NO_WAIT] || *end != '\0' || end == args->text[OPT_WAIT] || s < 0 ||
		s > WAIT_MAX_S) {
		cmd_fail(EXIT_USAGE, args->given[OPT_NO_WAIT] ? "--wait and --no-wait exclude each other"
							      : "--wait: seconds from 0 to 86400 are needed");
		return false;
	}
	*ret = (int)s;
	return true;
}

static void print_failures(const struct batch *b, const json_t *rows, const json_t *failed)
{
	size_t i;
	json_t *index;

	json_array_foreach(failed, i, index)
	{
		size_t at = (size_t)json_integer_value(index);
		const json_t *row = json_array_get(rows, at);
		const char *id = json_string_value(json_object_get(row, "id"));
		const char *state = json_string_value(json_object_get(row, "state"));
		const char *reason = json_string_value(json_object_get(row, "reason"));
		char place[64] = "";

		if (b->file != NULL && at < b->n)
			snprintf(place, sizeof(place), "%.40s:%u: ", b->file, b->lines[at]);
		if (reason == NULL)
			reason = "";
		else if (state != NULL && (strcmp(state, "none") == 0 || strstr(reason, "refused") != NULL))
			state = NULL; /* the reason says it all */
		cmd_fail(EXIT_FAILED, "%s%s: %s%s%s", place, id ? id : "?",
			state == NULL                     ? ""
			: strcmp(state, "timed_out") == 0 ? "timed out"
							  : state,
			state != NULL && reason[0] != '\0' ? ": " : "", reason);
	}
}

/* ", VLAN 100, VM port vnet1": what the user may not have said, and should know. */
static void print_place(const json_t *row, enum vdp_op op)
{
	const char *vm_port = json_string_value(json_object_get(row, "vm_port"));
	const char *role = json_string_value(json_object_get(row, "role"));
	const json_t *filters = json_object_get(row, "filters");
	json_int_t vid = json_integer_value(json_object_get(json_array_get(filters, 0), "vid"));

	for (size_t i = 1; i < json_array_size(filters); i++)
		if (json_integer_value(json_object_get(json_array_get(filters, i), "vid")) != vid)
			vid = 0; /* several: see show vsi */
	if (vid != 0)
		printf(", VLAN %" JSON_INTEGER_FORMAT, vid);
	if (vm_port != NULL)
		printf(", VM port %s", vm_port);
	else if (op == VDP_ASSOC && role != NULL && strcmp(role, "station") == 0 &&
		 !json_is_true(json_object_get(row, "host")))
		printf(" (no VM port has its address yet)");
}

static void print_summary(const struct batch *b, const json_t *rows, size_t n_failed, bool is_waited)
{
	static const char *const done[] = { [VDP_PREASSOC] = "pre-associated",
		[VDP_PREASSOC_RR] = "pre-associated with resources reserved",
		[VDP_ASSOC] = "associated",
		[VDP_DEASSOC] = "de-associated" };
	const json_t *row = json_array_get(rows, 0);
	const char *id = json_string_value(json_object_get(row, "id"));
	const char *what = is_waited ? done[b->op] : "requested";

	if (b->n > 1 || b->file != NULL) {
		printf("%zu of %zu VSIs %s, %zu failed\n", b->n - n_failed, b->n, what, n_failed);
	} else if (n_failed == 0) {
		printf("%s: %s on ", id ? id : "?", what);
		out_port(stdout, row);
		if (is_waited && b->op != VDP_DEASSOC)
			print_place(row, b->op);
		putchar('\n');
	}
}

static int report(const struct batch *b, const json_t *reply, bool is_json, bool is_waited)
{
	const json_t *result = json_object_get(reply, "result");
	const json_t *rows = json_object_get(result, "vsi");
	const json_t *failed = json_object_get(result, "failed");
	const char *error = json_string_value(json_object_get(reply, "error"));
	int code = cmd_exit_code(reply);

	if (result == NULL)
		return cmd_fail(code, "%s", error ? error : "refused without a reason");
	print_failures(b, rows, failed);
	if (is_json)
		cmd_print_json(result);
	else
		print_summary(b, rows, json_array_size(failed), is_waited);
	return code;
}

int cmd_vsi(const struct command *cmd, const struct cmd_args *args)
{
	struct batch b = { .vsis = json_array() };
	json_t *request, *reply;
	int code = EXIT_USAGE;
	int wait;

	ctl_op_parse(args->given[OPT_RESERVATION] ? "preassociate_rr" : cmd->sub, &b.op);
	b.file = args->given[OPT_FILE] ? args->text[OPT_FILE] : NULL;
	if (!read_wait(args, &wait) || !batch_read(&b, args))
		goto out;
	request = json_pack("{s:s, s:s, s:O}", "command", cmd->name, "op", ctl_op_name(b.op), "vsis", b.vsis);
	if (wait >= 0)
		json_object_set_new(request, "wait", json_integer(wait));
	reply = cmd_ask(args, request, wait < 0 ? CLIENT_FOREVER : wait + CLIENT_TIMEOUT_S, &code);
	if (reply != NULL)
		code = report(&b, reply, args->given[OPT_JSON], wait != 0);
	json_decref(reply);
out:
	json_decref(b.vsis);
	free(b.lines);
	return code;
}
