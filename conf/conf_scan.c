/*
 * conf_scan.c - a look at a file before libconfig sees it, for what libconfig would get wrong without telling:
 *
 *   octets after a NUL are not read;
 *   a text without its end, or where no value can stand, is a syntax error, but its memory is lost;
 *   a whole number that does not fit 32 bits and has no "L" loses its upper bits;
 *   @include of something unreadable, such as a folder, ends the process. A daemon that reloads can't have that, so
 *   a configuration is one file.
 *
 * In: the text. Out: the first such place. No more of the syntax is known here than what texts, comments and numbers
 * look like.
 */
#include "conf_scan.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

static const char name_chars[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-*";

/* The end of the text whose opening quote is at p, NULL when it has none. */
static const char *text_end(const char *p)
{
	for (p++; *p != '"' && *p != '\0'; p++)
		if (*p == '\\' && p[1] != '\0')
			p++;
	return *p == '"' ? p + 1 : NULL;
}

static bool is_comment(const char *p)
{
	return *p == '#' || (p[0] == '/' && (p[1] == '/' || p[1] == '*'));
}

static const char *comment_end(const char *p)
{
	const char *end;

	if (p[1] != '*' || p[0] == '#')
		return p + strcspn(p, "\n");
	end = strstr(p + 2, "*/");
	return end != NULL ? end + 2 : NULL;
}

/* libconfig takes decimal and 0x numbers of 32 bits, or of 64 with an L. */
static bool is_number_kept(const char *p, const char **ret_end)
{
	bool is_hex = p[0] == '0' && (p[1] == 'x' || p[1] == 'X'), is_kept;
	char *end;
	unsigned long long value;

	errno = 0;
	value = strtoull(p, &end, is_hex ? 16 : 10);
	is_kept = errno == 0 && value <= (is_hex ? UINT32_MAX : INT32_MAX);
	if (*end == 'L')
		is_kept = errno == 0 && value <= INT64_MAX;
	else if (*end == '.' || *end == 'e' || *end == 'E')
		is_kept = true; /* a float: its type is wrong anyway */
	*ret_end = end;
	return is_kept;
}

static int count_lines(const char *from, const char *to)
{
	int n = 0;

	for (; from < to; from++)
		n += *from == '\n';
	return n;
}

/* One token, comment or blank at p: what is wrong with it, or NULL and where the next one starts. `before` is the first
 * character of the token before it. */
static const char *scan_token(const char *p, char before, const char **ret_next)
{
	*ret_next = p + 1;
	if (is_comment(p)) {
		*ret_next = comment_end(p);
		return *ret_next == NULL ? "a comment that does not end" : NULL;
	}
	if (*p == '"') {
		*ret_next = text_end(p);
		if (*ret_next == NULL)
			return "a text that does not end";
		if (before == '\0' || strchr("=:[(,\"", before) == NULL)
			return "a text where no value can stand; is there a \"=\" or \",\" missing?";
	} else if (*p == '@') {
		return "@include is not supported: the file is read as a whole";
	} else if (isdigit((unsigned char)*p)) {
		if (!is_number_kept(p, ret_next))
			return "a number that does not fit 32 bits needs an L behind it";
	} else if (isalpha((unsigned char)*p)) {
		*ret_next = p + strspn(p, name_chars);
	}
	return NULL;
}

const char *conf_scan(const char *text, size_t len, int *ret_line)
{
	const char *p = text, *complaint = NULL, *next;
	char before = '\0';

	while (*p != '\0' && complaint == NULL) {
		complaint = scan_token(p, before, &next);
		if (complaint == NULL) {
			if (!isspace((unsigned char)*p) && !is_comment(p))
				before = *p;
			p = next;
		}
	}
	if (complaint == NULL && p < text + len)
		complaint = "a NUL octet: this is no text file";
	*ret_line = 1 + count_lines(text, p);
	return complaint;
}
