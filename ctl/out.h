/* Rows of a result as text: aligned tables through libsmartcols, or a block of every key per object. */
#ifndef EVB_OUT_H
#define EVB_OUT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>

struct out {
	FILE *f;
	time_t now;     /* ages are counted from here */
	unsigned width; /* of the terminal; 0: lines are never wrapped */
};

/** Write one cell; `value` is row[path], NULL or JSON null when it is absent. */
typedef void out_cell(FILE *f, const json_t *row, const json_t *value, const struct out *o);

struct out_column {
	const char *title;
	const char *key;
	out_cell *cell; /* NULL: out_value() */
	enum { OUT_LEFT, OUT_RIGHT, OUT_WRAP } style;
};
struct out_view {
	const char *what;              /* as in "show WHAT" */
	const char *block_title;       /* key that heads a block of -v; "port" ... */
	const char *empty;             /* line printed when there are no rows */
	struct out_column columns[15]; /* end with a NULL title */
};

const struct out_view *out_view_find(const char *what); /* NULL: none of that name */

void out_table(const struct out *o, const struct out_view *view, const json_t *rows);
/** Every key of every row, a block each. */
void out_blocks(const struct out *o, const char *title_key, const json_t *rows);
/** Counters as lines "port counter value"; all: also the zero ones. */
void out_counters(const struct out *o, const json_t *rows, bool all);

/** The port of a row, with its S-channel unless that is the default one, or its VIF: "eth0", "eth0/2", "swp1#5". */
void out_port(FILE *f, const json_t *row);
/** A scalar plainly: text as it is, "yes", "no", "-" for null; arrays and objects on one line. */
void out_value(FILE *f, const json_t *value);
/** RFC 3339 text to seconds; -1 when it is none. */
time_t out_time_parse(const char *text);
/** Seconds as "45s", "3m12s", "2h05m", "4d03h". */
void out_age(FILE *f, time_t seconds);

#endif
