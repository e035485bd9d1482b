/*
 * cmd_pcap_replay.c - `pcap replay FILE --as ROLE`: one end of a capture played by evbd's core in virtual time, or with
 * --live by whatever is behind an interface; and the comparison. Without --live no daemon and no root.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cap_file.h"
#include "cmd.h"
#include "pcap_diff.h"
#include "pcap_json.h"
#include "pcap_live.h"
#include "pcap_stream.h"
#include "replay.h"

/* ---- --misbehave ---- */

static bool parse_seconds(const char *text, double scale, struct dur *ret)
{
	char *end;
	double d = strtod(text, &end);

	if (end == text || *end != '\0' || !(d >= 0) || d * scale > 3600)
		return false;
	*ret = dur_us((uint64_t)(d * scale * 1e6));
	return true;
}

static bool parse_count(const char *text, unsigned *ret)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (end == text || *end != '\0' || n == 0 || n > REPLAY_MAX_FRAMES)
		return false;
	*ret = (unsigned)n;
	return true;
}

static bool parse_refusal(const char *text, struct replay_faults *f)
{
	unsigned code;

	if (!parse_count(text, &code) || code > VDP_E_LAST)
		return false;
	f->has_refusal = true;
	f->error = (uint8_t)code;
	return true;
}

static bool parse_fault(const char *word, const char *value, struct replay_faults *f)
{
	if (strcmp(word, "drop-ack") == 0)
		return parse_count(value != NULL ? value : "1", &f->drop_acks);
	if (strcmp(word, "delay-ack") == 0)
		return value != NULL && parse_seconds(value, 1e-3, &f->delay_acks);
	if (strcmp(word, "wrong-sequence") == 0)
		return parse_count(value != NULL ? value : "1", &f->wrong_sequences);
	if (strcmp(word, "refuse") == 0)
		return parse_refusal(value != NULL ? value : "2", f);
	if (strcmp(word, "deassociate") == 0)
		return f->has_deassociate = parse_seconds(
			       value != NULL ? value : "1", 1, &f->deassociate_after);
	if (value != NULL)
		return false;
	if (strcmp(word, "duplicate") == 0)
		return f->duplicate = true;
	if (strcmp(word, "keep") == 0)
		return f->keep = true;
	return strcmp(word, "hard") == 0 && (f->hard = true);
}

static bool parse_faults(const char *text, struct replay_faults *f)
{
	char copy[256];
	char *save, *word;

	if (text == NULL)
		return true;
	snprintf(copy, sizeof(copy), "%s", text);
	for (word = strtok_r(copy, ",", &save); word != NULL; word = strtok_r(NULL, ",", &save)) {
		char *value = strchr(word, '=');

		if (value != NULL)
			*value++ = '\0';
		if (!parse_fault(word, value, f)) {
			cmd_fail(EXIT_USAGE,
				"--misbehave: %s: drop-ack[=COUNT], delay-ack=MILLISECONDS, duplicate, "
				"wrong-sequence[=COUNT], refuse[=CODE 1 to %d], keep, hard or "
				"deassociate[=SECONDS]",
				word, VDP_E_LAST);
			return false;
		}
	}
	if ((f->keep || f->hard) && !f->has_refusal) {
		f->has_refusal = true;
		f->error = VDP_E_RESOURCES;
	}
	return true;
}

static bool parse(const struct cmd_args *args, struct replay_cfg *ret)
{
	const char *as = args->text[OPT_AS];

	*ret = (struct replay_cfg){ .role = JUDGE_UNKNOWN };
	if (args->n_words != 3)
		cmd_fail(EXIT_USAGE, "pcap replay: one capture file is needed");
	else if (as == NULL || (strcmp(as, "station") != 0 && strcmp(as, "bridge") != 0))
		cmd_fail(EXIT_USAGE, "pcap replay: --as station or --as bridge is needed: the end that is "
				     "put to the test");
	else if (args->given[OPT_PORT] && !mac_parse(args->text[OPT_PORT], &ret->port))
		cmd_fail(EXIT_USAGE, "--port: the MAC address of the end to replay is needed");
	else if (parse_faults(args->text[OPT_MISBEHAVE], &ret->faults)) {
		ret->role = strcmp(as, "station") == 0 ? JUDGE_STATION : JUDGE_BRIDGE;
		ret->has_port = args->given[OPT_PORT];
	}
	if (ret->role == JUDGE_BRIDGE && (ret->faults.has_refusal || ret->faults.has_deassociate)) {
		cmd_fail(EXIT_USAGE, "--misbehave: only a bridge refuses or de-associates; with --as bridge "
				     "the peer is a station");
		return false;
	}
	return ret->role != JUDGE_UNKNOWN;
}

/* ---- output ---- */

static const char *const verdicts[] = { "equal", "equivalent", "different" };

static json_t *names_of(const struct replay_row *row)
{
	json_t *list = json_array();

	for (unsigned w = 0; w < REPLAY_N_WHYS; w++)
		if (row->whys & 1u << w)
			json_array_append_new(list, json_string(replay_name((enum replay_why)w)));
	return list;
}

static json_t *row_json(const struct replay_row *row, struct mono epoch)
{
	json_t *a = row->captured != NULL ? pcap_frame_json(row->captured, epoch) : NULL;
	json_t *b = row->sent != NULL ? pcap_frame_json(row->sent, epoch) : NULL;
	json_t *any = a != NULL ? a : b;
	json_t *o = json_object();

	pcap_put(o, "frame", json_incref(json_object_get(a, "frame")));
	json_object_set(o, "time", json_object_get(any, "time"));
	pcap_put(o, "offset_s", json_incref(json_object_get(a, "offset_s")));
	pcap_put(o, "sent_offset_s", json_incref(json_object_get(b, "offset_s")));
	json_object_set(o, "what", json_object_get(any, "what"));
	json_object_set(o, "who", json_object_get(any, "who"));
	pcap_put(o, "channel", json_incref(json_object_get(any, "channel")));
	pcap_put_text(o, "verdict", verdicts[row->verdict]);
	json_object_set_new(o, "names", names_of(row));
	pcap_put_text(o, "reason", row->text[0] != '\0' ? row->text : NULL);
	json_object_set_new(
		o, "fields", a != NULL && b != NULL && row->whys != 0 ? pcap_diff(a, b) : json_array());
	json_decref(a);
	json_decref(b);
	return o;
}

static void print_names(const json_t *names)
{
	json_t *name;
	size_t i;

	json_array_foreach(names, i, name) printf("%s%s", i > 0 ? ", " : "", json_string_value(name));
}

static void print_value(const char *who, const json_t *v)
{
	char *text = json_dumps(v, JSON_ENCODE_ANY | JSON_COMPACT);

	printf("%s %s", json_is_null(v) ? "nothing" : text != NULL ? text : "?", who);
	free(text);
}

static void print_fields(const json_t *fields)
{
	json_t *f;
	size_t i;

	json_array_foreach(fields, i, f)
	{
		printf("%20s  %s: ", "", json_string_value(json_object_get(f, "field")));
		print_value("in the capture, ", json_object_get(f, "capture"));
		print_value("sent\n", json_object_get(f, "sent"));
	}
}

static const char *text_of(const json_t *o, const char *key, const char *none)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s != NULL ? s : none;
}

static void print_row(const json_t *o, bool is_verbose)
{
	const json_t *number = json_object_get(o, "frame");
	const json_t *at = json_object_get(o, json_is_integer(number) ? "offset_s" : "sent_offset_s");
	char frame[24] = "-";

	if (json_is_integer(number))
		snprintf(frame, sizeof(frame), "%" JSON_INTEGER_FORMAT, json_integer_value(number));
	printf("%6s %11.6f  %-18s %-36s  %-10s  ", frame, json_number_value(at), text_of(o, "what", "-"),
		text_of(o, "who", "-"), text_of(o, "verdict", "?"));
	print_names(json_object_get(o, "names"));
	if (json_is_string(json_object_get(o, "reason")))
		printf(" (%s)", text_of(o, "reason", ""));
	printf("\n");
	if (is_verbose || strcmp(text_of(o, "verdict", ""), verdicts[REPLAY_DIFFERENT]) == 0)
		print_fields(json_object_get(o, "fields"));
}

static json_t *summary_json(const struct replay *r)
{
	const struct replay_counts *n = replay_counts(r);
	json_t *o = json_object();

	pcap_put_bool(o, "roles_guessed", replay_is_guess(r));
	pcap_put_int(o, "frames", n->frames);
	pcap_put_int(o, "sent", n->sent);
	pcap_put_int(o, "peer_frames", n->peer_frames);
	pcap_put_int(o, "not_replayed", n->not_replayed);
	for (unsigned i = 0; i < 3; i++)
		pcap_put_int(o, verdicts[i], n->rows[i]);
	pcap_put_text(o, "verdict",
		verdicts[n->rows[REPLAY_DIFFERENT] > 0    ? REPLAY_DIFFERENT
			 : n->rows[REPLAY_EQUIVALENT] > 0 ? REPLAY_EQUIVALENT
							  : REPLAY_EQUAL]);
	return o;
}

/* What the names mean that were used. */
static void print_meanings(const struct replay *r)
{
	unsigned whys = 0;

	for (unsigned i = 0; i < replay_n_rows(r); i++)
		whys |= replay_row(r, i)->whys;
	for (unsigned w = 0; w < REPLAY_N_WHYS; w++)
		if (whys & 1u << w)
			printf("  %-14s %s%s\n", replay_name((enum replay_why)w),
				replay_meaning((enum replay_why)w),
				replay_weight((enum replay_why)w) == REPLAY_DIFFERENT ? " (different)" : "");
}

static void print_text(const struct replay *r, const struct replay_cfg *cfg, bool is_verbose)
{
	const struct replay_counts *n = replay_counts(r);
	char own[MAC_TEXT], peer[MAC_TEXT];

	printf("%s %s against the frames of %s %s\n", judge_role_name(cfg->role),
		mac_format(replay_own(r), own), cfg->role == JUDGE_STATION ? "bridge" : "station",
		mac_format(replay_peer(r), peer));
	if (replay_is_guess(r))
		printf("The capture does not tell who is the station; the first to speak was taken for "
		       "it.\n");
	printf(" FRAME        TIME  WHAT               WHO                                   VERDICT     "
	       "DIFFERENCES\n");
	for (unsigned i = 0; i < replay_n_rows(r); i++) {
		json_t *o;

		if (replay_row(r, i)->verdict == REPLAY_EQUAL && !is_verbose)
			continue;
		o = row_json(replay_row(r, i), replay_epoch(r));
		print_row(o, is_verbose);
		json_decref(o);
	}
	printf("%u frames in the capture, %u sent: %u equal, %u equivalent, %u different\n", n->frames,
		n->sent, n->rows[REPLAY_EQUAL], n->rows[REPLAY_EQUIVALENT], n->rows[REPLAY_DIFFERENT]);
	print_meanings(r);
}

static void print_json(const struct replay *r, bool is_verbose)
{
	struct pcap_stream s;
	json_t *o;

	pcap_stream_open(&s, stdout, "differences");
	for (unsigned i = 0; i < replay_n_rows(r); i++) {
		if (replay_row(r, i)->verdict == REPLAY_EQUAL && !is_verbose)
			continue;
		o = row_json(replay_row(r, i), replay_epoch(r));
		pcap_stream_item(&s, o);
		json_decref(o);
	}
	o = summary_json(r);
	pcap_stream_close_with(&s, "summary", o);
	json_decref(o);
}

/* ---- */

static int read_capture(struct replay *r, const char *path)
{
	char err[CAP_ERROR_TEXT];
	struct cap_file *file = cap_file_open(path, err);
	struct cap_frame frame;
	enum cap_step step = CAP_STEP_END;
	const char *why = NULL;
	bool is_ok = true;
	int code = EXIT_DONE;

	if (file == NULL)
		return cmd_fail(EXIT_USAGE, "%s", err);
	while (is_ok && (step = cap_file_next(file, &frame)) == CAP_STEP_FRAME)
		is_ok = !cap_frame_is_candidate(&frame) || replay_put(r, &frame);
	if (!is_ok)
		code = cmd_fail(EXIT_USAGE, "%s: more than %d EVB frames are too many for a replay", path,
			REPLAY_MAX_FRAMES);
	else if (step == CAP_STEP_DAMAGED)
		code = cmd_fail(EXIT_USAGE, "%s", cap_file_error(file));
	else if ((why = replay_prepare(r)) != NULL)
		code = cmd_fail(EXIT_USAGE, "%s: %s", path, why);
	cap_file_close(file);
	return code;
}

static int run(struct replay *r, const struct replay_cfg *cfg, const struct cmd_args *args)
{
	char err[CAP_ERROR_TEXT];
	int code = read_capture(r, args->words[2]);

	if (code != EXIT_DONE)
		return code;
	if (args->given[OPT_LIVE]) {
		if (!pcap_live_run(r, args->text[OPT_LIVE], cfg->role, err))
			return cmd_fail(EXIT_USAGE, "%s", err);
	} else if (!replay_run_node(r)) {
		return cmd_fail(EXIT_USAGE, "out of memory");
	}
	replay_finish(r);
	if (args->given[OPT_JSON])
		print_json(r, args->given[OPT_VERBOSE]);
	else
		print_text(r, cfg, args->given[OPT_VERBOSE]);
	return replay_counts(r)->rows[REPLAY_DIFFERENT] > 0 ? EXIT_FAILED : EXIT_DONE;
}

int cmd_pcap_replay(const struct command *cmd, const struct cmd_args *args)
{
	struct replay_cfg cfg;
	struct replay *r;
	int code;

	(void)cmd;
	if (!parse(args, &cfg))
		return EXIT_USAGE;
	r = replay_new(&cfg);
	if (r == NULL)
		return cmd_fail(EXIT_USAGE, "out of memory");
	code = run(r, &cfg, args);
	replay_free(r);
	return code;
}
