/*
 * settings_text.c - JSON to libconfig text. Both languages have groups, lists, texts, whole numbers and booleans; a name is
 * written without quotes, so only what can be a name passes, and of a text only what has no control characters.
 */
#include "settings_text.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 4 }; /* no setting is that deep */

static const char *put_value(FILE *f, const json_t *value, unsigned depth);

static bool is_name(const char *text)
{
	if (!isalpha((unsigned char)text[0]))
		return false;
	for (; *text != '\0'; text++)
		if (!isalnum((unsigned char)*text) && *text != '_')
			return false;
	return true;
}

static const char *put_text(FILE *f, const json_t *value)
{
	const char *text = json_string_value(value);

	fputc('"', f);
	for (; *text != '\0'; text++) {
		if (iscntrl((unsigned char)*text))
			return "a text has a control character";
		if (*text == '"' || *text == '\\')
			fputc('\\', f);
		fputc(*text, f);
	}
	fputc('"', f);
	return NULL;
}

static const char *put_members(FILE *f, const json_t *object, unsigned depth)
{
	const char *key, *why = NULL;
	json_t *value;

	json_object_foreach((json_t *)object, key, value)
	{
		if (why != NULL || json_is_null(value))
			continue;
		if (!is_name(key))
			return "a setting has a name that can't be one";
		fprintf(f, "%s = ", key);
		why = put_value(f, value, depth);
		fputs("; ", f);
	}
	return why;
}

static const char *put_list(FILE *f, const json_t *array, unsigned depth)
{
	const char *why = NULL;

	fputs("( ", f);
	for (size_t i = 0; why == NULL && i < json_array_size(array); i++) {
		fputs(i > 0 ? ", " : "", f);
		why = put_value(f, json_array_get(array, i), depth);
	}
	fputs(" )", f);
	return why;
}

static const char *put_value(FILE *f, const json_t *value, unsigned depth)
{
	const char *why = NULL;

	if (depth > DEPTH_MAX)
		return "settings are nested too deeply";
	if (json_is_boolean(value)) {
		fputs(json_is_true(value) ? "true" : "false", f);
	} else if (json_is_integer(value)) {
		fprintf(f, "%" JSON_INTEGER_FORMAT "L", json_integer_value(value));
	} else if (json_is_string(value)) {
		why = put_text(f, value);
	} else if (json_is_array(value)) {
		why = put_list(f, value, depth + 1);
	} else if (json_is_object(value)) {
		fputs("{ ", f);
		why = put_members(f, value, depth + 1);
		fputs("}", f);
	} else {
		why = "a setting is neither a text, a whole number, true or false, a list nor a group";
	}
	return why;
}

char *settings_text(const json_t *settings, const char **ret_why)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	*ret_why = f == NULL ? "out of memory" : NULL;
	if (f != NULL && !json_is_object(settings))
		*ret_why = "settings is not an object";
	else if (f != NULL)
		*ret_why = put_members(f, settings, 0);
	if (f != NULL)
		fclose(f);
	if (*ret_why == NULL)
		return text;
	free(text);
	return NULL;
}
