/* The scenario player's parts: words of a line (run.c), what may be expected (predicate.c). */
#ifndef EVB_RUN_H
#define EVB_RUN_H

#include "sim.h"

enum { RUN_MAX_WORDS = 32 };

struct run {
	struct sim *sim;
	const char *file;
	int line;
	char *word[RUN_MAX_WORDS];
	unsigned n_words;
};

void run_fail(const struct run *r, const char *format, ...) __attribute__((format(printf, 2, 3), noreturn));
struct sim_node *run_node(const struct run *r, const char *name);
/** "node.port"; fails the scenario when there is no such port. */
uint16_t run_port(const struct run *r, const char *text, struct sim_node **ret_node);
/** Scenario VSI number -> VSIID (local format). */
struct vsi_id run_vsi_id(unsigned long number);

/** Does the predicate in w hold now? */
bool run_holds(const struct run *r, char **w, unsigned n_words);
bool run_is_quiet(const struct sim_node *n, uint16_t port);

#endif
