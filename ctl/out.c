/*
 * out.c - tables and blocks from JSON rows. The text form shows nothing that the JSON form does not have: it is made
 * from the same rows, by column tables (out_views.c) or, for -v, key by key.
 */
#include "out.h"

#include <libsmartcols.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_INDENT = 4, BLOCK_KEY = 20, FOLD_WIDTH = 24, LONG_DURATION_S = 1000 };

static bool is_absent(const json_t *j)
{
	return j == NULL || json_is_null(j) || (json_is_array(j) && json_array_size(j) == 0) ||
	       (json_is_string(j) && json_string_length(j) == 0);
}

/* "vid 100, mac ..." without what is absent. */
static void put_object(FILE *f, const json_t *object)
{
	const char *key;
	json_t *value;
	bool is_first = true;

	json_object_foreach((json_t *)object, key, value)
	{
		if (is_absent(value))
			continue;
		fprintf(f, "%s%s ", is_first ? "" : ", ", key);
		out_value(f, value);
		is_first = false;
	}
}

void out_value(FILE *f, const json_t *value)
{
	size_t i;
	json_t *item;

	if (is_absent(value)) {
		fputc('-', f);
	} else if (json_is_string(value)) {
		fputs(json_string_value(value), f);
	} else if (json_is_integer(value)) {
		fprintf(f, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	} else if (json_is_real(value)) {
		fprintf(f, "%.6g", json_real_value(value));
	} else if (json_is_boolean(value)) {
		fputs(json_is_true(value) ? "yes" : "no", f);
	} else if (json_is_object(value)) {
		put_object(f, value);
	} else {
		json_array_foreach(value, i, item)
		{
			fputs(i > 0 ? ", " : "", f);
			out_value(f, item);
		}
	}
}

void out_port(FILE *f, const json_t *row)
{
	const json_t *channel = json_object_get(row, "channel"), *vif = json_object_get(row, "vif");

	out_value(f, json_object_get(row, "port"));
	if (json_integer_value(channel) > 1)
		fprintf(f, "/%" JSON_INTEGER_FORMAT, json_integer_value(channel));
	if (json_is_integer(vif))
		fprintf(f, "#%" JSON_INTEGER_FORMAT, json_integer_value(vif));
}

time_t out_time_parse(const char *text)
{
	struct tm tm = { 0 };
	const char *end = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);

	return end != NULL && text[strlen(text) - 1] == 'Z' ? timegm(&tm) : (time_t)-1;
}

void out_age(FILE *f, time_t seconds)
{
	long long s = seconds > 0 ? (long long)seconds : 0;

	if (s < 60)
		fprintf(f, "%llds", s);
	else if (s < 3600)
		fprintf(f, "%lldm%02llds", s / 60, s % 60);
	else if (s < 86400)
		fprintf(f, "%lldh%02lldm", s / 3600, s / 60 % 60);
	else
		fprintf(f, "%lldd%02lldh", s / 86400, s / 3600 % 24);
}

/* ---- tables ---- */

/* A cell's text, to be freed. */
static char *cell_text(const struct out *o, const struct out_column *c, const json_t *row)
{
	const json_t *value = json_object_get(row, c->key);
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (f == NULL)
		return NULL;
	if (c->cell != NULL)
		c->cell(f, row, value, o);
	else
		out_value(f, value);
	fclose(f);
	return text;
}

/* Break text into lines of FOLD_WIDTH at its blanks; a word stays whole, for what is copied from a table is an address. */
static void fold(char *text)
{
	char *line = text, *blank = NULL;

	for (char *p = text; *p != '\0'; p++) {
		if (*p == ' ')
			blank = p;
		if (p - line < FOLD_WIDTH || blank == NULL)
			continue;
		*blank = '\n';
		line = blank + 1;
		blank = NULL;
	}
}

/* What a peer says has no say in where lines end. */
static void one_line(char *text)
{
	for (; *text != '\0'; text++)
		if (*text == '\n')
			*text = ' ';
}

static void add_row(const struct out *o, struct libscols_table *tb, const struct out_view *view,
	const json_t *row, bool is_narrow)
{
	struct libscols_line *line = scols_table_new_line(tb, NULL);

	for (size_t i = 0; line != NULL && view->columns[i].title != NULL; i++) {
		char *text = cell_text(o, &view->columns[i], row);

		if (text != NULL)
			one_line(text);
		if (text != NULL && is_narrow && view->columns[i].style == OUT_WRAP)
			fold(text);
		if (text == NULL || scols_line_refer_data(line, i, text) != 0)
			free(text);
	}
}

static void add_columns(struct libscols_table *tb, const struct out_view *view)
{
	for (const struct out_column *c = view->columns; c->title != NULL; c++) {
		struct libscols_column *column = scols_table_new_column(tb, c->title, 0,
			c->style == OUT_RIGHT  ? SCOLS_FL_RIGHT
			: c->style == OUT_WRAP ? SCOLS_FL_WRAP
					       : 0);

		if (column == NULL || c->style != OUT_WRAP)
			continue;
		scols_column_set_safechars(column, "\n"); /* a line ends only where fold() says */
		scols_column_set_wrapfunc(column, scols_wrapnl_chunksize, scols_wrapnl_nextchunk, NULL);
	}
}

/* Lines of a table end with blanks that libsmartcols uses to fill the last column; nobody wants them in a log. */
static void trim(char *text)
{
	char *to = text;

	for (const char *p = text;; p++) {
		if (*p == '\n' || *p == '\0')
			while (to > text && to[-1] == ' ')
				to--;
		*to = *p;
		if (*p == '\0')
			break;
		to++;
	}
}

/* The table as text, to be freed. is_narrow: with folded cells. */
static char *table_text(const struct out *o, const struct out_view *view, const json_t *rows, bool is_narrow)
{
	struct libscols_table *tb = scols_new_table();
	char *text = NULL;
	size_t i;
	json_t *row;

	if (tb == NULL)
		return NULL;
	scols_table_set_column_separator(tb, "  ");
	scols_table_set_termforce(tb, SCOLS_TERMFORCE_NEVER); /* it would cut words */
	add_columns(tb, view);
	json_array_foreach(rows, i, row) add_row(o, tb, view, row, is_narrow);
	if (scols_print_table_to_string(tb, &text) != 0)
		text = NULL;
	scols_unref_table(tb);
	if (text != NULL)
		trim(text);
	return text;
}

static bool is_wider(const char *text, unsigned width)
{
	for (const char *line = text; *line != '\0'; line += strspn(line, "\n")) {
		size_t len = strcspn(line, "\n");

		if (len > width)
			return true;
		line += len;
	}
	return false;
}

void out_table(const struct out *o, const struct out_view *view, const json_t *rows)
{
	char *text;

	if (json_array_size(rows) == 0) {
		fprintf(o->f, "%s\n", view->empty);
		return;
	}
	text = table_text(o, view, rows, false);
	if (text != NULL && o->width > 0 && is_wider(text, o->width)) {
		free(text);
		text = table_text(o, view, rows, true);
	}
	if (text != NULL)
		fprintf(o->f, "%s\n", text);
	free(text);
}

/* ---- blocks ---- */

static void put_key(FILE *f, const char *key)
{
	char label[64];
	size_t len = strlen(key);

	snprintf(label, sizeof(label), "%s", key);
	for (char *p = label; *p != '\0'; p++)
		if (*p == '_')
			*p = ' ';
	if (len > 2 && strcmp(key + len - 2, "_s") == 0) /* seconds: the value says so */
		label[len - 2] = '\0';
	fprintf(f, "%*s%-*s ", BLOCK_INDENT, "", BLOCK_KEY, label);
}

static void put_duration(FILE *f, double seconds)
{
	if (seconds < LONG_DURATION_S)
		fprintf(f, "%.4g s", seconds);
	else
		out_age(f, (time_t)seconds);
}

static void put_member(const struct out *o, const char *key, const json_t *value)
{
	const char *text = json_string_value(value);
	size_t len = strlen(key);
	time_t t = text != NULL ? out_time_parse(text) : (time_t)-1;
	size_t i;
	json_t *item;

	put_key(o->f, key);
	if (json_is_array(value) && json_array_size(value) > 0) {
		json_array_foreach(value, i, item)
		{
			fprintf(o->f, "%*s", i > 0 ? BLOCK_INDENT + BLOCK_KEY + 1 : 0, "");
			out_value(o->f, item);
			fputc('\n', o->f);
		}
		return;
	}
	if (json_is_number(value) && len > 2 && strcmp(key + len - 2, "_s") == 0)
		put_duration(o->f, json_number_value(value));
	else
		out_value(o->f, value);
	if (t != (time_t)-1) {
		fputs(" (", o->f);
		out_age(o->f, t > o->now ? t - o->now : o->now - t);
		fputs(t > o->now ? " from now)" : " ago)", o->f);
	}
	fputc('\n', o->f);
}

void out_blocks(const struct out *o, const char *title_key, const json_t *rows)
{
	size_t i;
	json_t *row;
	const char *key;
	json_t *value;

	json_array_foreach(rows, i, row)
	{
		if (i > 0)
			fputc('\n', o->f);
		out_value(o->f, json_object_get(row, title_key));
		fputc('\n', o->f);
		json_object_foreach(row, key, value) if (strcmp(key, title_key) != 0)
			put_member(o, key, value);
	}
}

/* ---- counters ---- */

/* A negotiated time stands among the counters, since its managed object is in microseconds too; it counts nothing. */
static bool is_time(const char *path)
{
	size_t len = strlen(path);

	return len > 3 && strcmp(path + len - 3, "_us") == 0;
}

/* Numbers below `value`, named by their path: "drops not_associated". */
static void flatten(json_t *list, const json_t *row, const char *path, const json_t *value, bool all)
{
	const char *key;
	json_t *member;

	if (json_is_object(value)) {
		json_object_foreach((json_t *)value, key, member)
		{
			char below[128];

			if (value == row && (strcmp(key, "channel") == 0 || strcmp(key, "vif") == 0))
				continue; /* its name */
			snprintf(below, sizeof(below), "%s%s%s", path, path[0] ? " " : "", key);
			flatten(list, row, below, member, all);
		}
	} else if (json_is_number(value) && (all || (json_number_value(value) != 0 && !is_time(path)))) {
		json_array_append_new(
			list, json_pack("{s:O, s:O?, s:O?, s:s, s:O}", "port", json_object_get(row, "port"),
				      "channel", json_object_get(row, "channel"), "vif",
				      json_object_get(row, "vif"), "counter", path, "value", value));
	}
}

static void cell_port(FILE *f, const json_t *row, const json_t *value, const struct out *o)
{
	(void)value;
	(void)o;
	out_port(f, row);
}

void out_counters(const struct out *o, const json_t *rows, bool all)
{
	static const struct out_view view = { NULL, NULL, "all counters are zero",
		{ { "PORT", "port", cell_port, OUT_LEFT }, { "COUNTER", "counter", NULL, OUT_LEFT },
			{ "VALUE", "value", NULL, OUT_RIGHT }, { NULL, NULL, NULL, OUT_LEFT } } };
	json_t *list = json_array();
	size_t i;
	json_t *row;

	json_array_foreach(rows, i, row) flatten(list, row, "", row, all);
	out_table(o, &view, list);
	json_decref(list);
}
