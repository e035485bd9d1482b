/*
 * family.c - one file, many runs: `for NAME VALUE...` lines at the top of a scenario play it once for every
 * combination of values, and $NAME in a later line stands for the value of this run. A value A:B:STEP (in
 * ms) stands for all from A to B. So "either side restarts at every step of an exchange" is a file of its own.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "run.h"

static void add_value(struct run *r, struct run_var *v, const char *text)
{
	if (v->n_values == RUN_MAX_VALUES || strlen(text) >= sizeof(v->value[0]))
		run_fail(r, "too many values, or \"%s\" is too long", text);
	snprintf(v->value[v->n_values++], sizeof(v->value[0]), "%s", text);
}

/* "0:10:0.5": milliseconds */
static bool add_range(struct run *r, struct run_var *v, const char *text)
{
	double number[3]; /* from, to, step */
	double from, to, step;
	char value[16], *end;

	for (unsigned i = 0; i < 3; i++) {
		number[i] = strtod(text, &end);
		if (end == text || *end != (i < 2 ? ':' : '\0'))
			return false;
		text = end + 1;
	}
	from = number[0], to = number[1], step = number[2];
	if (step <= 0)
		return false;
	for (unsigned i = 0; from + i * step <= to + step / 1000; i++) {
		snprintf(value, sizeof(value), "%.3fms", from + i * step);
		add_value(r, v, value);
	}
	return true;
}

void run_add_var(struct run *r)
{
	struct run_var *v = &r->var[r->n_vars];

	if (r->n_vars == RUN_MAX_VARS || r->n_words < 3 || strlen(r->word[1]) >= sizeof(v->name))
		run_fail(r, "for NAME VALUE..., at most %d of them", RUN_MAX_VARS);
	snprintf(v->name, sizeof(v->name), "%s", r->word[1]);
	for (unsigned i = 2; i < r->n_words; i++)
		if (!add_range(r, v, r->word[i]))
			add_value(r, v, r->word[i]);
	r->n_vars++;
}

bool run_next_values(struct run *r)
{
	for (unsigned i = 0; i < r->n_vars; i++) {
		if (++r->var[i].now < r->var[i].n_values)
			return true;
		r->var[i].now = 0;
	}
	return false;
}

static const struct run_var *named(const struct run *r, const char *text, size_t *ret_len)
{
	size_t n = 0;

	while (isalnum((unsigned char)text[n]))
		n++;
	*ret_len = n;
	for (unsigned i = 0; i < r->n_vars; i++)
		if (strlen(r->var[i].name) == n && memcmp(r->var[i].name, text, n) == 0)
			return &r->var[i];
	run_fail(r, "no variable \"$%.*s\"", (int)n, text);
}

void run_split(struct run *r, const char *line)
{
	char *save = NULL;
	size_t out = 0, n;

	while (*line && *line != '#' && *line != '\n' && out + sizeof(r->var[0].value[0]) < sizeof(r->text)) {
		const struct run_var *v = *line == '$' ? named(r, line + 1, &n) : NULL;

		if (!v) {
			r->text[out++] = *line++;
			continue;
		}
		out += (size_t)sprintf(r->text + out, "%s", v->value[v->now]);
		line += 1 + n;
	}
	r->text[out] = '\0';
	r->n_words = 0;
	for (char *w = strtok_r(r->text, " \t", &save); w && r->n_words < RUN_MAX_WORDS;
		w = strtok_r(NULL, " \t", &save))
		r->word[r->n_words++] = w;
}
