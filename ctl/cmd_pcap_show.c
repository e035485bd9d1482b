/*
 * cmd_pcap_show.c - `pcap show FILE`: the EVB frames of a capture, in the order of the file. No daemon, no root.
 *
 * One frame is in memory at a time, with -j too. Filters look at the decoded row, so that what can be seen can be asked
 * for. A file that ends in the middle of something is shown as far as it goes; the exit code says so.
 */
#include <string.h>

#include "cap_comments.h"
#include "cap_file.h"
#include "cmd.h"
#include "pcap_json.h"
#include "pcap_stream.h"
#include "pcap_text.h"
#include "vdp.h"

struct filter {
	bool has_port, has_id;
	struct mac port;
	struct vsi_id id;
	const char *type, *generation; /* NULL: any */
	const char *type_id, *channel;
};

static bool parse_filter(const struct cmd_args *args, struct filter *ret)
{
	*ret = (struct filter){
		.has_port = args->given[OPT_PORT],
		.has_id = args->given[OPT_ID],
		.type = args->text[OPT_TYPE],
		.generation = args->text[OPT_GENERATION],
		.type_id = args->text[OPT_TYPE_ID],
		.channel = args->text[OPT_CHANNEL],
	};
	if (ret->has_port && !mac_parse(args->text[OPT_PORT], &ret->port))
		cmd_fail(EXIT_USAGE, "--port: the MAC address frames come from is needed");
	else if (ret->has_id && !vsi_id_parse(args->text[OPT_ID], &ret->id))
		cmd_fail(EXIT_USAGE, "--id: a UUID, MAC, IPv4 or IPv6 address or local:HEX is needed");
	else if (ret->generation != NULL && strcmp(ret->generation, "ratified") != 0 &&
		 strcmp(ret->generation, "draft02") != 0)
		cmd_fail(EXIT_USAGE, "--generation: ratified or draft02");
	else
		return true;
	return false;
}

static bool same(const json_t *o, const char *key, const char *text)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s != NULL && strcmp(s, text) == 0;
}

static bool same_number(const json_t *o, const char *key, const char *text)
{
	const json_t *j = json_object_get(o, key);
	char s[24];

	snprintf(s, sizeof(s), "%" JSON_INTEGER_FORMAT, json_integer_value(j));
	return json_is_integer(j) && strcmp(s, text) == 0;
}

/* Does a TLV of the message match all that is asked of VSIs? */
static bool vsi_matches(const struct filter *f, const json_t *row)
{
	const json_t *tlvs = json_object_get(json_object_get(row, "vdp"), "tlvs");
	struct vsi_id id;
	json_t *t;
	size_t i;

	json_array_foreach(tlvs, i, t)
	{
		const char *text = json_string_value(json_object_get(t, "id"));

		if (f->has_id && (text == NULL || !vsi_id_parse(text, &id) || !vsi_id_equal(&id, &f->id)))
			continue;
		if (f->type_id != NULL && !same_number(t, "type_id", f->type_id))
			continue;
		return true;
	}
	return false;
}

/* A protocol, what a frame is, a command in it, a tag on it. */
static bool type_matches(const char *type, const json_t *row)
{
	const json_t *tlvs = json_object_get(json_object_get(row, "vdp"), "tlvs");
	json_t *t;
	size_t i;

	if (same(row, "what", type) || same(row, "protocol", type) ||
		json_is_object(json_object_get(row, type)))
		return true;
	if (same(json_object_get(row, "ecp"), "operation", type) ||
		same(json_object_get(row, "ecp"), "subtype_name", type))
		return true;
	json_array_foreach(tlvs, i, t) if (same(t, "command", type)) return true;
	json_array_foreach(json_object_get(row, "tags"), i, t) if (same(t, "kind", type)) return true;
	return false;
}

/* Before the row is made: what is cheap to see. */
static bool record_matches(const struct filter *f, const struct cap_record *rec)
{
	const char *generation = cap_generation_name(rec->generation);

	if (f->has_port && !mac_equal(rec->eth.sa, f->port))
		return false;
	return f->generation == NULL || (generation != NULL && strcmp(generation, f->generation) == 0);
}

static bool row_matches(const struct filter *f, const json_t *row)
{
	if (f->channel != NULL && !same_number(row, "channel", f->channel))
		return false;
	if ((f->has_id || f->type_id != NULL) && !vsi_matches(f, row))
		return false;
	return f->type == NULL || type_matches(f->type, row);
}

struct show {
	const struct cmd_args *args;
	struct filter filter;
	struct pcap_stream stream;
	struct cap_comments *comments; /* NULL: none */
	struct mono start;             /* of the capture */
	bool has_head;
};

static void put_head(struct show *s)
{
	json_t *start = pcap_time_json(s->start);

	pcap_text_head(stdout, start);
	json_decref(start);
	s->has_head = true;
}

static void put_row(struct show *s, const json_t *row)
{
	if (s->args->given[OPT_JSON]) {
		pcap_stream_item(&s->stream, row);
		return;
	}
	if (!s->has_head)
		put_head(s);
	if (s->args->given[OPT_VERBOSE]) {
		pcap_text_fields(stdout, row);
	} else {
		pcap_text_line(stdout, row);
		pcap_text_comments(stdout, row);
	}
}

static void put_comments(const struct show *s, unsigned n, json_t *row)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < n; i++)
		json_array_append_new(list, json_string(cap_comments_text(s->comments, i)));
	json_object_set_new(row, "comments", list);
}

static void show_frame(struct show *s, const struct cap_frame *frame)
{
	struct cap_record rec;
	json_t *row;

	unsigned n_comments = s->comments != NULL ? cap_comments_next(s->comments) : 0;

	if (frame->number == 1)
		s->start = frame->time;
	if (!cap_decode(frame, &rec) || !record_matches(&s->filter, &rec))
		return;
	row = pcap_frame_json(&rec, s->start);
	put_comments(s, n_comments, row);
	if (row_matches(&s->filter, row))
		put_row(s, row);
	json_decref(row);
}

int cmd_pcap_show(const struct command *cmd, const struct cmd_args *args)
{
	struct show s = { .args = args };
	char err[CAP_ERROR_TEXT];
	struct cap_frame frame;
	struct cap_file *file;
	enum cap_step step;
	int code = EXIT_DONE;

	(void)cmd;
	if (!parse_filter(args, &s.filter))
		return EXIT_USAGE;
	if (args->n_words != 3)
		return cmd_fail(EXIT_USAGE, "pcap show: one capture file is needed");
	file = cap_file_open(args->words[2], err);
	if (file == NULL)
		return cmd_fail(EXIT_USAGE, "%s", err);
	s.comments = cap_comments_open(args->words[2]);
	if (args->given[OPT_JSON])
		pcap_stream_open(&s.stream, stdout, "frames");
	while ((step = cap_file_next(file, &frame)) == CAP_STEP_FRAME)
		show_frame(&s, &frame);
	if (args->given[OPT_JSON])
		pcap_stream_close(&s.stream);
	if (step == CAP_STEP_DAMAGED)
		code = cmd_fail(EXIT_USAGE, "%s", cap_file_error(file));
	cap_comments_close(s.comments);
	cap_file_close(file);
	return code;
}
