/*
 * pcap_text.c - what `pcap show` prints. Columns have fixed widths, because a stream can't be measured before it is
 * over; the last one runs on. What is longer than its column pushes the rest to the right and loses nothing.
 *
 * Fields are found by walking the row, and their clauses by their place in it: one table, longest prefix wins.
 */
#include "pcap_text.h"

#include <stdlib.h>
#include <string.h>

#include "out.h"

enum { WIDTH_WHAT = 20, WIDTH_WHO = 36, WIDTH_FIELD = 34, WIDTH_VALUE = 40, PATH_TEXT = 128 };

static const char *text_of(const json_t *row, const char *key)
{
	const char *s = json_string_value(json_object_get(row, key));

	return s != NULL ? s : "-";
}

void pcap_text_head(FILE *f, const json_t *start)
{
	if (start != NULL)
		fprintf(f, "time is counted from %s\n", json_string_value(start));
	fprintf(f, "%6s %11s  %-17s  %-*s  %-*s  %s\n", "FRAME", "TIME", "SOURCE", WIDTH_WHAT, "WHAT",
		WIDTH_WHO, "WHO", "RESULT");
}

static const char *protocol_label(const json_t *row)
{
	const char *p = text_of(row, "protocol");

	if (json_is_object(json_object_get(row, "vdp")))
		return "VDP ";
	return strcmp(p, "ecp") == 0 ? "ECP " : strcmp(p, "lldp") == 0 ? "LLDP " : "";
}

void pcap_text_line(FILE *f, const json_t *row)
{
	const json_t *channel = json_object_get(row, "channel");
	char what[64];

	snprintf(what, sizeof(what), "%s%s", protocol_label(row), text_of(row, "what"));
	if (json_is_integer(channel) && strcmp(text_of(row, "protocol"), "data") != 0)
		snprintf(what + strlen(what), sizeof(what) - strlen(what), " @%" JSON_INTEGER_FORMAT,
			json_integer_value(channel));
	fprintf(f, "%6" JSON_INTEGER_FORMAT " %11.6f  %-17s  %-*s  %-*s  %s%s\n",
		json_integer_value(json_object_get(row, "frame")),
		json_real_value(json_object_get(row, "offset_s")), text_of(row, "source"), WIDTH_WHAT, what,
		WIDTH_WHO, text_of(row, "who"), text_of(row, "result"),
		json_is_true(json_object_get(row, "truncated")) ? " [truncated]" : "");
}

/* ---- fields ---- */

static const struct {
	const char *prefix; /* of a field's path, array indexes left out */
	const char *clause;
} clauses[] = {
	{ "source", "802.3 3.2.5" },
	{ "destination", "802.1AB 7.1, 802.1Q 43 (evb-reference 2.1, 5.1)" },
	{ "tags.vid", "802.1Q 9.6" },
	{ "tags.pcp", "802.1Q 9.6" },
	{ "tags.dei", "802.1Q 9.6" },
	{ "tags.direction", "VN-Tag (port-extension-reference 2.1)" },
	{ "tags.pointer", "VN-Tag (port-extension-reference 2.1)" },
	{ "tags.dvif", "VN-Tag (port-extension-reference 2.1)" },
	{ "tags.looped", "VN-Tag (port-extension-reference 2.1)" },
	{ "tags.version", "VN-Tag (port-extension-reference 2.1)" },
	{ "tags.svif", "VN-Tag (port-extension-reference 2.1)" },
	{ "tags.ingress_ecid", "802.1BR (port-extension-reference 4.1)" },
	{ "tags.group", "802.1BR (port-extension-reference 4.1)" },
	{ "tags.ecid", "802.1BR (port-extension-reference 4.1)" },
	{ "channel", "802.1Q 42 (evb-reference 1.2)" },
	{ "ethertype", "802.1Q 43 (evb-reference 5.1), 802.1AB 7.3" },
	{ "lldp.chassis", "802.1AB 8.5.2" },
	{ "lldp.port_id", "802.1AB 8.5.3" },
	{ "lldp.ttl_s", "802.1AB 8.5.4" },
	{ "lldp.shutdown", "802.1AB 9.2.7.2 (evb-reference 2.5)" },
	{ "lldp.system_name", "802.1AB 8.5.6" },
	{ "lldp", "802.1AB 9.2.7.7 (evb-reference 2.3)" },
	{ "evb.length", "802.1Q D.2 (evb-reference 3.1)" },
	{ "evb.count", "802.1Q D.2 (evb-reference 3.4)" },
	{ "evb.retries", "802.1Q D.2, 43 (evb-reference 3.1, 5.2)" },
	{ "evb.rte", "802.1Q D.2, 43 (evb-reference 3.1, 5.2)" },
	{ "evb.rwd", "802.1Q D.2, 41.5.5.7 (evb-reference 3.1, 6.6)" },
	{ "evb.rka", "802.1Q D.2, 41.5.5.5 (evb-reference 3.1, 6.6)" },
	{ "evb", "802.1Q D.2, 6.6.5 (evb-reference 3.1, 3.2)" },
	{ "evb_draft", "802.1Qbg/D0.2 (evb-reference 7.1)" },
	{ "cdcp.channel_capacity", "802.1Q D.2, 42 (evb-reference 4.1, 4.2)" },
	{ "cdcp.pairs", "802.1Q D.2, 42 (evb-reference 4.1, 4.2)" },
	{ "cdcp", "802.1Q D.2 (evb-reference 4.1)" },
	{ "port_extension", "802.1BR (port-extension-reference 3.3)" },
	{ "pe_csp", "802.1BR (port-extension-reference 3.6, evbd's profile)" },
	{ "ecp.sequence", "802.1Q 43 (evb-reference 5.3)" },
	{ "ecp", "802.1Q 43 (evb-reference 5.1)" },
	{ "vdp.manager", "802.1Q 41.2 (evb-reference 6.2)" },
	{ "vdp.tlvs.filter", "802.1Q 41.2 (evb-reference 6.3, filter info formats)" },
	{ "vdp.tlvs.id", "802.1Q 41.2 (evb-reference 6.3, VSIID formats)" },
	{ "vdp.tlvs.draft_response", "802.1Qbg/D0.2 (evb-reference 7.3)" },
	{ "vdp.tlvs.org", "802.1Q 41.2 (evb-reference 6.4)" },
	{ "vdp.tlvs", "802.1Q 41.2 (evb-reference 6.3)" },
	{ "vdp", "802.1Q 41.2 (evb-reference 6.1)" },
};

static const char *clause_of(const char *path)
{
	const char *best = NULL;
	size_t best_len = 0;

	for (size_t i = 0; i < sizeof(clauses) / sizeof(clauses[0]); i++) {
		size_t len = strlen(clauses[i].prefix);

		if (len > best_len && strncmp(path, clauses[i].prefix, len) == 0) {
			best = clauses[i].clause;
			best_len = len;
		}
	}
	return best;
}

struct place {
	char shown[PATH_TEXT]; /* with indexes */
	char path[PATH_TEXT];  /* without */
};

static struct place below(const struct place *p, const char *key, size_t index)
{
	struct place b = *p;

	if (key != NULL) {
		const char *dot = p->path[0] ? "." : "";

		snprintf(b.shown, sizeof(b.shown), "%.80s%s%.40s", p->shown, dot, key);
		snprintf(b.path, sizeof(b.path), "%.80s%s%.40s", p->path, dot, key);
	} else {
		snprintf(b.shown, sizeof(b.shown), "%.80s[%zu]", p->shown, index);
	}
	return b;
}

static void put_scalar(FILE *f, const struct place *p, const json_t *value)
{
	const char *clause = clause_of(p->path);
	char *text = NULL;
	size_t size;
	FILE *m = open_memstream(&text, &size);

	if (m == NULL)
		return;
	if (strcmp(p->path, "vdp.tlvs.status") == 0)
		fprintf(m, "0x%02x", (unsigned)json_integer_value(value));
	else
		out_value(m, value);
	fclose(m);
	fprintf(f, "        %-*s %-*s%s%s\n", WIDTH_FIELD, p->shown, clause != NULL ? WIDTH_VALUE : 0, text,
		clause != NULL ? " " : "", clause != NULL ? clause : "");
	free(text);
}

/* A row is as deep as pcap_json made it. */
static void put_value(FILE *f, const struct place *p, const json_t *value)
{
	struct place b;
	const char *key;
	json_t *member;
	size_t i;

	if (json_is_object(value)) {
		json_object_foreach((json_t *)value, key, member)
		{
			b = below(p, key, 0);
			put_value(f, &b, member);
		}
	} else if (json_is_array(value)) {
		json_array_foreach(value, i, member)
		{
			b = below(p, NULL, i);
			put_value(f, &b, member);
		}
	} else if (!json_is_null(value)) {
		put_scalar(f, p, value);
	}
}

void pcap_text_comments(FILE *f, const json_t *row)
{
	json_t *comment;
	size_t i;

	json_array_foreach(json_object_get(row, "comments"), i, comment)
		fprintf(f, "        # %s\n", json_string_value(comment));
}

void pcap_text_fields(FILE *f, const json_t *row)
{
	static const char *const in_the_line[] = { "frame", "offset_s", "what", "who", "result" };
	const struct place root = { "", "" };
	const char *key;
	json_t *value;

	pcap_text_line(f, row);
	json_object_foreach((json_t *)row, key, value)
	{
		bool is_shown = false;
		struct place p = below(&root, key, 0);

		for (size_t i = 0; i < sizeof(in_the_line) / sizeof(in_the_line[0]); i++)
			is_shown |= strcmp(key, in_the_line[i]) == 0;
		if (!is_shown)
			put_value(f, &p, value);
	}
	fputc('\n', f);
}
