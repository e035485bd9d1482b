/*
 * mutants.c - plants faults into captures and looks whether the judge finds them.
 *
 *     pcap_mutants CAPTURES-FOLDER MUTANTS-FILE      every line of the file (mutants.txt explains its language)
 *     pcap_mutants --write FILE.frames FILE.pcap     a hand-written capture as a file
 *     pcap_mutants --rules                           the judge's table, as docs/captures.md has it
 *
 * Each mutant must give its verdict, and the capture it was made of must not. In the end every rule that can be broken
 * must have been broken by one of them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capset.h"

enum { LINE = 4096, RULES_MAX = 512 };

struct mutants {
	bool is_second; /* once more, for rules that are only broken beside others */
	const char
		*out; /* --corpus: folder for the first mutant of each rule that gives a FAIL; NULL: none */
	const char *folder, *file;
	unsigned line, n, n_bad;
	bool is_broken[RULES_MAX];  /* by index of the rule */
	bool is_written[RULES_MAX]; /* by index of the rule */
};

static void complain(struct mutants *m, const char *what, const char *detail)
{
	fprintf(stderr, "%s:%u: %s%s%s\n", m->file, m->line, what, detail[0] ? ": " : "", detail);
	m->n_bad++;
}

/* ---- changes ---- */

static struct capset_frame *frame_at(struct capset *c, long number)
{
	return number >= 1 && number <= (long)c->n ? &c->frame[number - 1] : NULL;
}

/** The number that stands next in the text, which then goes on behind it. */
static bool take_long(const char **text, long *ret)
{
	char *end;

	*ret = strtol(*text, &end, 10);
	if (end == *text)
		return false;
	*text = end;
	return true;
}

static bool take_double(const char **text, double *ret)
{
	char *end;

	*ret = strtod(*text, &end);
	if (end == *text)
		return false;
	*text = end;
	return true;
}

static bool do_set(struct capset *c, const char *args)
{
	uint8_t octets[CAPSET_OCTETS];
	long number, offset;
	int n;
	struct capset_frame *f;

	if (!take_long(&args, &number) || !take_long(&args, &offset) || (f = frame_at(c, number)) == NULL)
		return false;
	n = capset_hex(args, octets, sizeof(octets));
	if (n <= 0 || offset < 0 || (size_t)(offset + n) > f->len)
		return false;
	memcpy(f->octets + offset, octets, (size_t)n);
	return true;
}

static bool do_drop(struct capset *c, const char *args)
{
	long first, last;

	if (!take_long(&args, &first) || frame_at(c, first) == NULL)
		return false;
	if (!take_long(&args, &last))
		last = first;
	for (long i = first; i <= last; i++)
		if (frame_at(c, i) != NULL)
			frame_at(c, i)->len = 0; /* taken out when all changes are made */
	return true;
}

static bool do_copy(struct capset *c, const char *args)
{
	long number;
	double after;
	struct capset_frame *f;

	if (!take_long(&args, &number) || !take_double(&args, &after) || (f = frame_at(c, number)) == NULL ||
		c->n == CAPSET_FRAMES)
		return false;
	c->frame[c->n] = *f;
	c->frame[c->n++].at_ns += (int64_t)(after * 1e9);
	return true;
}

/** Frames FIRST to LAST later by so many seconds. */
static bool do_move(struct capset *c, const char *args)
{
	long first, last;
	double by;

	if (!take_long(&args, &first) || !take_long(&args, &last) || !take_double(&args, &by) ||
		frame_at(c, first) == NULL)
		return false;
	for (long i = first; i <= last && frame_at(c, i) != NULL; i++)
		frame_at(c, i)->at_ns += (int64_t)(by * 1e9);
	return true;
}

/** The frame ends after so many octets: on the wire, or only in the capture. */
static bool do_cut(struct capset *c, const char *args, bool is_snap)
{
	long number, len;
	struct capset_frame *f;

	if (!take_long(&args, &number) || !take_long(&args, &len) || (f = frame_at(c, number)) == NULL ||
		len < 0 || (size_t)len > f->len)
		return false;
	f->len = (size_t)len;
	if (!is_snap)
		f->wire_len = f->len;
	return true;
}

/** Put octets in at an offset, or (-1) at the end. */
static bool do_put(struct capset *c, const char *args)
{
	uint8_t octets[CAPSET_OCTETS];
	long number, offset;
	int n;
	struct capset_frame *f;
	size_t at;

	if (!take_long(&args, &number) || !take_long(&args, &offset) || (f = frame_at(c, number)) == NULL)
		return false;
	n = capset_hex(args, octets, sizeof(octets));
	at = offset < 0 ? f->len : (size_t)offset;
	if (n <= 0 || at > f->len || f->len + (size_t)n > sizeof(f->octets))
		return false;
	memmove(f->octets + at + n, f->octets + at, f->len - at);
	memcpy(f->octets + at, octets, (size_t)n);
	f->len = f->wire_len = f->len + (size_t)n;
	return true;
}

/** Octets out: FRAME OFFSET COUNT. */
static bool do_take(struct capset *c, const char *args)
{
	long number, offset, count;
	struct capset_frame *f;

	if (!take_long(&args, &number) || !take_long(&args, &offset) || !take_long(&args, &count) ||
		(f = frame_at(c, number)) == NULL || offset < 0 || count < 0 ||
		(size_t)(offset + count) > f->len)
		return false;
	memmove(f->octets + offset, f->octets + offset + count, f->len - (size_t)(offset + count));
	f->len = f->wire_len = f->len - (size_t)count;
	return true;
}

/** The frame, padded with zeros to so many octets. */
static bool do_pad(struct capset *c, const char *args)
{
	long number, len;
	struct capset_frame *f;

	if (!take_long(&args, &number) || !take_long(&args, &len) || (f = frame_at(c, number)) == NULL ||
		len < (long)f->len || len > CAPSET_OCTETS)
		return false;
	memset(f->octets + f->len, 0, (size_t)len - f->len);
	f->len = f->wire_len = (size_t)len;
	return true;
}

/* ---- changes of every frame ---- */

static bool all_twice(struct capset *c, const char *args)
{
	double after = strtod(args, NULL);

	for (unsigned i = 0, n = c->n; i < n && c->n < CAPSET_FRAMES; i++) {
		c->frame[c->n] = c->frame[i];
		c->frame[c->n++].at_ns += (int64_t)(after * 1e9);
	}
	return true;
}

static bool all_tagged(struct capset *c, const char *args)
{
	char line[64];

	for (unsigned i = 1; i <= c->n; i++) {
		snprintf(line, sizeof(line), "%u 12 %s", i, args);
		if (!do_put(c, line))
			return false;
	}
	return true;
}

static bool all_snapped(struct capset *c, const char *args)
{
	size_t len = strtoul(args, NULL, 10);

	for (unsigned i = 0; i < c->n; i++)
		if (c->frame[i].len > len)
			c->frame[i].len = len;
	return len > 0;
}

/** With frame check sequences (802.3 3.2.9), bit by bit. */
static bool all_with_fcs(struct capset *c)
{
	for (unsigned i = 0; i < c->n; i++) {
		struct capset_frame *f = &c->frame[i];
		uint32_t crc = UINT32_MAX;

		if (f->len < 60) {
			memset(f->octets + f->len, 0, 60 - f->len);
			f->len = f->wire_len = 60;
		}
		for (size_t k = 0; k < f->len * 8; k++)
			crc = crc >> 1 ^ (((f->octets[k / 8] >> (k % 8) & 1) ^ (crc & 1)) ? 0xedb88320 : 0);
		for (unsigned k = 0; k < 4; k++)
			f->octets[f->len + k] = (uint8_t)(~crc >> (8 * k));
		f->len = f->wire_len = f->len + 4;
	}
	return true;
}

/** Only frames whose source address ends in this octet. */
static bool all_from(struct capset *c, const char *args)
{
	unsigned last = (unsigned)strtoul(args, NULL, 16);

	for (unsigned i = 0; i < c->n; i++)
		if (c->frame[i].octets[11] != last)
			c->frame[i].len = 0;
	return true;
}

static bool do_change(struct capset *c, const char *text)
{
	char verb[16];
	int used;

	if (sscanf(text, "%15s %n", verb, &used) != 1)
		return false;
	if (strcmp(verb, "set") == 0)
		return do_set(c, text + used);
	if (strcmp(verb, "drop") == 0)
		return do_drop(c, text + used);
	if (strcmp(verb, "copy") == 0)
		return do_copy(c, text + used);
	if (strcmp(verb, "move") == 0)
		return do_move(c, text + used);
	if (strcmp(verb, "cut") == 0 || strcmp(verb, "snap") == 0)
		return do_cut(c, text + used, verb[0] == 's');
	if (strcmp(verb, "put") == 0)
		return do_put(c, text + used);
	if (strcmp(verb, "pad") == 0)
		return do_pad(c, text + used);
	if (strcmp(verb, "twice") == 0)
		return all_twice(c, text + used);
	if (strcmp(verb, "tagged") == 0)
		return all_tagged(c, text + used);
	if (strcmp(verb, "snapped") == 0)
		return all_snapped(c, text + used);
	if (strcmp(verb, "fcs") == 0)
		return all_with_fcs(c);
	if (strcmp(verb, "from") == 0)
		return all_from(c, text + used);
	return strcmp(verb, "take") == 0 && do_take(c, text + used);
}

static void take_out_dropped(struct capset *c)
{
	unsigned n = 0;

	for (unsigned i = 0; i < c->n; i++)
		if (c->frame[i].len > 0)
			c->frame[n++] = c->frame[i];
	c->n = n;
}

/* ---- one line ---- */

static unsigned rule_index(const struct judge_rule *r)
{
	unsigned i = 0;

	while (judge_rule_at(i) != r)
		i++;
	return i;
}

static bool has(const struct judge_verdict *v, unsigned n, const char *level, const char *id)
{
	for (unsigned i = 0; i < n; i++)
		if (strcmp(judge_level_name(v[i].level), level) == 0 &&
			strcmp(v[i].rule->requirement, id) == 0)
			return true;
	return false;
}

static void note_broken(struct mutants *m, const struct judge_verdict *v, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (v[i].level != JUDGE_PASS)
			m->is_broken[rule_index(v[i].rule)] = true;
}

static void print_all(const struct judge_verdict *v, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (v[i].level != JUDGE_PASS)
			fprintf(stderr, "    frame %llu %s %s: %s\n", (unsigned long long)v[i].frame,
				judge_level_name(v[i].level), v[i].rule->requirement, v[i].text);
}

static void do_changes(struct mutants *m, struct capset *c, char *changes)
{
	for (char *save = NULL, *s = strtok_r(changes, ";\n", &save); s != NULL;
		s = strtok_r(NULL, ";\n", &save))
		if (!do_change(c, s))
			complain(m, "can't change so", s);
	take_out_dropped(c);
	capset_sort(c);
}

/* The first FAIL of a rule that has no file yet; of this requirement, or NULL: of any, and a WARN will do. */
static const struct judge_rule *unwritten(
	const struct mutants *m, const struct judge_verdict *v, unsigned n, const char *id)
{
	for (unsigned i = 0; i < n; i++)
		if ((v[i].level == JUDGE_FAIL || (id == NULL && v[i].level != JUDGE_PASS)) &&
			!m->is_written[rule_index(v[i].rule)] &&
			(id == NULL || strcmp(v[i].rule->requirement, id) == 0))
			return v[i].rule;
	return NULL;
}

/* Files of a mutant that is the first to break a rule: OUT/ID.pcap, OUT/ID-2.pcap for the next rule of that requirement. */
static void write_violation(struct mutants *m, const struct capset *c, const struct judge_verdict *v,
	unsigned n, const char *text, const struct judge_rule *rule)
{
	char path[512], number[16] = "";
	const char *id = rule->requirement;
	unsigned of_id = 1;
	FILE *f;

	for (unsigned k = 0; judge_rule_at(k) != NULL; k++)
		of_id += m->is_written[k] && strcmp(judge_rule_at(k)->requirement, id) == 0;
	m->is_written[rule_index(rule)] = true;
	if (of_id > 1)
		snprintf(number, sizeof(number), "-%u", of_id);
	snprintf(path, sizeof(path), "%s/%s%s.pcap", m->out, id, number);
	capset_write(c, path);
	snprintf(path, sizeof(path), "%s/%s%s.expect", m->out, id, number);
	f = fopen(path, "w");
	if (f == NULL) {
		complain(m, "can't write", path);
		return;
	}
	fprintf(f, "# planted (tests/pcap/mutants.txt): %s\n# which breaks: %s\n", text, rule->title);
	for (unsigned k = 0; k < n; k++)
		fprintf(f, "%llu %s %s\n", (unsigned long long)v[k].frame, judge_level_name(v[k].level),
			v[k].rule->requirement);
	fclose(f);
}

/** "LEVEL ID CAPTURE: CHANGE; CHANGE"; a level "none" wants no FAIL at all. */
static void mutant(struct mutants *m, char *line)
{
	static struct judge_verdict v[CAPSET_VERDICTS];
	char level[8], id[16], name[64], path[512], text[LINE];
	struct capset *c;
	bool is_none;
	unsigned n;
	int used;

	if (sscanf(line, "%7s %15s %63[^:]: %n", level, id, name, &used) != 3) {
		complain(m, "LEVEL ID CAPTURE: CHANGES", "");
		return;
	}
	m->n++;
	snprintf(text, sizeof(text), "%s", line);
	snprintf(path, sizeof(path), "%s/%s", m->folder, name);
	c = capset_read(path);
	is_none = strcmp(level, "none") == 0;
	n = capset_judge(c, v);
	if (!is_none && has(v, n, level, id))
		complain(m, "the capture gives this verdict unchanged", id);
	do_changes(m, c, line + used);
	n = capset_judge(c, v);
	if (m->out != NULL && !is_none) {
		const struct judge_rule *rule = unwritten(m, v, n, m->is_second ? NULL : id);

		if (rule != NULL && (m->is_second || strcmp(level, "FAIL") == 0))
			write_violation(m, c, v, n, text, rule);
	}
	note_broken(m, v, n);
	if (is_none) {
		for (unsigned i = 0; i < n; i++)
			if (v[i].level == JUDGE_FAIL)
				complain(m, "a FAIL that nobody deserves", v[i].rule->requirement);
	} else if (!has(v, n, level, id)) {
		complain(m, "does not give", id);
		print_all(v, n);
	}
	if (getenv("EVBD_MUTANT") != NULL && strtoul(getenv("EVBD_MUTANT"), NULL, 10) == m->line) {
		print_all(v, n);
		capset_write(c, "mutant.pcap");
	}
	free(c);
}

static void check_coverage(struct mutants *m)
{
	const struct judge_rule *r;

	for (unsigned i = 0; (r = judge_rule_at(i)) != NULL; i++) {
		if (r->is_praise || m->is_broken[i])
			continue;
		fprintf(stderr, "no mutant breaks %s: %s\n", r->requirement, r->title);
		m->n_bad++;
	}
}

static void print_rules(void)
{
	const struct judge_rule *r;

	for (unsigned i = 0; (r = judge_rule_at(i)) != NULL; i++)
		if (!r->is_praise)
			printf("| %s | %s | %s | %s%s%s |\n", r->requirement,
				strchr("SIK", r->mark) != NULL ? "FAIL" : "WARN", r->title, r->clause,
				r->also[0] ? "; also " : "", r->also);
}

static void read_all(struct mutants *m, FILE *f)
{
	char line[LINE];

	m->line = 0;
	while (fgets(line, sizeof(line), f) != NULL) {
		m->line++;
		line[strcspn(line, "#\n")] = '\0';
		if (line[strspn(line, " \t")] != '\0')
			mutant(m, line);
	}
}

int main(int argc, char **argv)
{
	static struct mutants m;
	FILE *f;

	if (argc == 5 && strcmp(argv[1], "--change") == 0) {
		struct capset *c = capset_read(argv[2]);

		m.file = argv[2];
		do_changes(&m, c, argv[3]);
		capset_write(c, argv[4]);
		free(c);
		return m.n_bad > 0;
	}
	if (argc == 4 && strcmp(argv[1], "--write") == 0) {
		struct capset *c = capset_read(argv[2]);

		capset_write(c, argv[3]);
		free(c);
		return 0;
	}
	if (argc == 2 && strcmp(argv[1], "--rules") == 0) {
		print_rules();
		return 0;
	}
	f = argc == 3 || argc == 4 ? fopen(argv[2], "r") : NULL;
	if (f == NULL) {
		fprintf(stderr, "usage: pcap_mutants CAPTURES-FOLDER MUTANTS-FILE [FOLDER-FOR-VIOLATIONS]\n");
		return 2;
	}
	m.folder = argv[1];
	m.file = argv[2];
	m.out = argc == 4 ? argv[3] : NULL;
	read_all(&m, f);
	if (m.out != NULL) {
		m.is_second = true;
		rewind(f);
		read_all(&m, f);
	}
	fclose(f);
	check_coverage(&m);
	printf("%u mutants, %u complaints\n", m.n, m.n_bad);
	return m.n_bad > 0 || m.n == 0;
}
