/* Enumerators and their text, as tables: the one place where a name is written. */
#ifndef EVB_NAMES_H
#define EVB_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct name_row {
	int value;
	const char *name;
};

/** The name of `value`, or `fallback`. Tables end with a row whose name is NULL. */
static inline const char *names_text(const struct name_row *table, int value, const char *fallback)
{
	for (; table->name != NULL; table++)
		if (table->value == value)
			return table->name;
	return fallback;
}

static inline bool names_find(const struct name_row *table, const char *name, int *ret)
{
	for (; table->name != NULL; table++) {
		if (strcmp(table->name, name) == 0) {
			*ret = table->value;
			return true;
		}
	}
	return false;
}

#endif
