/* The scenario player's parts: words of a line (run.c), what may be expected (predicate.c), a file played for many
 * values (family.c). */
#ifndef EVB_RUN_H
#define EVB_RUN_H

#include "sim.h"

enum { RUN_MAX_WORDS = 32, RUN_MAX_VARS = 4, RUN_MAX_VALUES = 512, RUN_LINE = 512 };

/* `for NAME VALUE...`: the file is played once for each value; $NAME stands for it. */
struct run_var {
	char name[16];
	char value[RUN_MAX_VALUES][16];
	unsigned n_values, now;
};

struct run {
	struct sim *sim;
	const char *file;
	int line;
	char text[RUN_LINE]; /* the line, variables replaced; words point into it */
	char *word[RUN_MAX_WORDS];
	unsigned n_words;
	struct run_var var[RUN_MAX_VARS];
	unsigned n_vars;
	bool is_first; /* of the family */
};

void run_fail(const struct run *r, const char *format, ...) __attribute__((format(printf, 2, 3), noreturn));
struct sim_node *run_node(const struct run *r, const char *name);
/** "node.port"; fails the scenario when there is no such port. */
uint16_t run_port(const struct run *r, const char *text, struct sim_node **ret_node);
/** Scenario VSI number -> VSIID (local format). */
struct vsi_id run_vsi_id(unsigned long number);

/** Take a `for` line. */
void run_add_var(struct run *r);
/** The next combination of values; false after the last. */
bool run_next_values(struct run *r);
/** Copy a line into r->text with $NAME replaced, and cut it into words. */
void run_split(struct run *r, const char *line);

/** Does the predicate in w hold now? */
bool run_holds(const struct run *r, char **w, unsigned n_words);

#endif
