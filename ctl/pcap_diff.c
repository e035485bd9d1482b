/*
 * pcap_diff.c - the difference of two JSON rows, field by field.
 */
#include "pcap_diff.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { PATH_MAX_LEN = 160 };

/* Of the whole row, not of the frame: when it was, how it is put in words. */
static bool is_of_row(const char *key)
{
	static const char *const keys[] = { "frame", "time", "offset_s", "captured", "what", "who", "result",
		NULL };

	for (unsigned i = 0; keys[i] != NULL; i++)
		if (strcmp(keys[i], key) == 0)
			return true;
	return false;
}

static void put(json_t *list, const char *path, const json_t *a, const json_t *b)
{
	json_t *o = json_object();

	json_object_set_new(o, "field", json_string(path));
	json_object_set(o, "capture", a != NULL ? (json_t *)a : json_null());
	json_object_set(o, "sent", b != NULL ? (json_t *)b : json_null());
	json_array_append_new(list, o);
}

static void walk(json_t *list, const char *path, const json_t *a, const json_t *b, bool is_top);

static void walk_object(json_t *list, const char *path, const json_t *a, const json_t *b, bool is_top)
{
	char at[PATH_MAX_LEN];
	const char *key;
	json_t *v;

	json_object_foreach((json_t *)a, key, v)
	{
		if (is_top && is_of_row(key))
			continue;
		snprintf(at, sizeof(at), "%s%s%s", path, *path != '\0' ? "." : "", key);
		walk(list, at, v, json_object_get(b, key), false);
	}
}

static void walk_array(json_t *list, const char *path, const json_t *a, const json_t *b)
{
	size_t n = json_array_size(a) > json_array_size(b) ? json_array_size(a) : json_array_size(b);
	char at[PATH_MAX_LEN];

	for (size_t i = 0; i < n; i++) {
		snprintf(at, sizeof(at), "%s[%zu]", path, i);
		walk(list, at, json_array_get(a, i), json_array_get(b, i), false);
	}
}

static void walk(json_t *list, const char *path, const json_t *a, const json_t *b, bool is_top)
{
	if (json_is_object(a) && json_is_object(b))
		walk_object(list, path, a, b, is_top);
	else if (json_is_array(a) && json_is_array(b))
		walk_array(list, path, a, b);
	else if (!json_equal(a, b))
		put(list, path, a, b);
}

json_t *pcap_diff(const json_t *captured, const json_t *sent)
{
	json_t *list = json_array();

	walk(list, "", captured, sent, true);
	return list;
}
