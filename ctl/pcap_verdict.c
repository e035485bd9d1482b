/* pcap_verdict.c - a verdict in a line or an object, and the sum of all. */
#include "pcap_verdict.h"

#include <inttypes.h>
#include <string.h>

#include "pcap_json.h"

static double offset_of(struct mono t, struct mono start)
{
	return mono_before(t, start) ? -dur_seconds(mono_since(t, start)) : dur_seconds(mono_since(start, t));
}

/* "ECP-04 ECP-22" as an array. */
static json_t *words_json(const char *words)
{
	json_t *a = json_array();

	while (*words != '\0') {
		size_t len = strcspn(words, " ");

		json_array_append_new(a, json_stringn(words, len));
		words += len + (words[len] == ' ');
	}
	return a;
}

json_t *pcap_verdict_json(const struct judge_verdict *v, struct mono start)
{
	char mac[MAC_TEXT], id[VSI_ID_TEXT], mark[2] = { v->rule->mark, '\0' };
	json_t *o = json_object();

	pcap_put_int(o, "frame", v->frame);
	pcap_put(o, "time", pcap_time_json(v->at));
	pcap_put(o, "offset_s", json_real(offset_of(v->at, start)));
	pcap_put(o, "frame_time", pcap_time_json(v->frame_time));
	pcap_put_text(o, "verdict", judge_level_name(v->level));
	pcap_put_text(o, "requirement", v->rule->requirement);
	pcap_put(o, "also", words_json(v->rule->also));
	pcap_put_text(o, "clause", v->rule->clause);
	pcap_put_text(o, "mark", mark);
	pcap_put_text(o, "rule", v->rule->title);
	pcap_put_text(o, "source", mac_format(v->source, mac));
	pcap_put_text(o, "role", judge_role_name(v->role));
	pcap_put(o, "channel", v->channel != 0 ? json_integer(v->channel) : NULL);
	pcap_put_text(o, "vsi", v->has_vsi ? vsi_id_format(&v->vsi, id) : NULL);
	pcap_put_text(o, "reason", v->text[0] != '\0' ? v->text : NULL);
	return o;
}

json_t *pcap_summary_json(const struct judge_counts *c)
{
	json_t *o = json_object();

	pcap_put_int(o, "frames", c->frames);
	pcap_put_int(o, "pass", c->verdicts[JUDGE_PASS]);
	pcap_put_int(o, "warn", c->verdicts[JUDGE_WARN]);
	pcap_put_int(o, "fail", c->verdicts[JUDGE_FAIL]);
	pcap_put_int(o, "truncated", c->truncated);
	pcap_put_int(o, "copies", c->copies);
	pcap_put_int(o, "backwards", c->backwards);
	pcap_put_int(o, "gaps", c->gaps);
	pcap_put_int(o, "open", c->open);
	pcap_put_int(o, "unjudged", c->unjudged);
	pcap_put_int(o, "unasked", c->unasked);
	pcap_put_int(o, "forgotten_ends", c->forgotten_ends);
	pcap_put_int(o, "forgotten_vsis", c->forgotten_vsis);
	return o;
}

void pcap_verdict_head(FILE *f, const json_t *start)
{
	fprintf(f, "time is counted from %s\n",
		json_is_string(start) ? json_string_value(start) : "an unknown day");
	fprintf(f, "%6s %11s  %-17s  %-7s  %-4s  %-8s  %s\n", "FRAME", "TIME", "SOURCE", "ROLE", "", "RULE",
		"WHAT");
}

void pcap_verdict_line(FILE *f, const struct judge_verdict *v, struct mono start, bool is_coloured)
{
	static const char *const colours[] = { "", "\033[33m", "\033[31;1m" };
	const char *role = judge_role_name(v->role);
	char mac[MAC_TEXT], id[VSI_ID_TEXT];

	fprintf(f, "%6" PRIu64 " %11.6f  %-17s  %-7s  %s%s%s  %-8s  ", v->frame, offset_of(v->at, start),
		mac_format(v->source, mac), role != NULL ? role : "-", is_coloured ? colours[v->level] : "",
		judge_level_name(v->level), is_coloured && v->level != JUDGE_PASS ? "\033[0m" : "",
		v->rule->requirement);
	if (v->channel != 0)
		fprintf(f, "@%u ", v->channel);
	if (v->has_vsi)
		fprintf(f, "%s: ", vsi_id_format(&v->vsi, id));
	if (v->level == JUDGE_PASS)
		fprintf(f, "%s\n", v->rule->title);
	else
		fprintf(f, "%s; rule [%c]: %s (%s)\n", v->text, v->rule->mark, v->rule->title,
			v->rule->clause);
}

static json_int_t number(const json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

void pcap_summary_text(FILE *f, const json_t *s)
{
	static const struct {
		const char *key, *text;
	} notes[] = {
		{ "truncated", "frames are cut by the capture; what is missing was not judged" },
		{ "copies", "frames stand in the capture twice; the second ones were passed over" },
		{ "backwards", "times lie before the one in front of them" },
		{ "gaps", "pauses longer than anyone is silent: what was awaited before them was forgotten" },
		{ "open", "commands are without an answer at the end of the capture, in time" },
		{ "unjudged", "commands are without an answer; how long they may be is not in the capture" },
		{ "unasked", "times a rule was not asked, so much was wrong with one frame" },
		{ "forgotten_ends", "source addresses were forgotten for lack of room" },
		{ "forgotten_vsis", "VSIs were forgotten for lack of room" },
	};

	fprintf(f,
		"%" JSON_INTEGER_FORMAT " frames judged: %" JSON_INTEGER_FORMAT " PASS, %" JSON_INTEGER_FORMAT
		" WARN, %" JSON_INTEGER_FORMAT " FAIL\n",
		number(s, "frames"), number(s, "pass"), number(s, "warn"), number(s, "fail"));
	for (size_t i = 0; i < sizeof(notes) / sizeof(notes[0]); i++)
		if (number(s, notes[i].key) > 0)
			fprintf(f, "note: %" JSON_INTEGER_FORMAT " %s\n", number(s, notes[i].key),
				notes[i].text);
}
