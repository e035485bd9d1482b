/*
 * conf_tree.c - libconfig made strict: whole file or nothing, every value checked, every complaint with its line.
 *
 * The file is read here, looked over (conf_scan.h) and handed to libconfig as text, because libconfig's own reader
 * ends the process when it meets something it can't read, such as a folder.
 * Invariant: the first error noted is the one that stays.
 */
#include "conf_scan.h"
#include "conf_tree.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MAX = 16 << 20 };

static bool __attribute__((format(printf, 3, 0)))
note(struct conf_doc *d, int line, const char *fmt, va_list ap)
{
	if (d->err->text[0] == '\0') {
		snprintf(d->err->file, sizeof(d->err->file), "%s", d->path);
		d->err->line = line;
		vsnprintf(d->err->text, sizeof(d->err->text), fmt, ap);
	}
	return false;
}

static bool __attribute__((format(printf, 3, 4)))
fail_line(struct conf_doc *d, int line, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	note(d, line, fmt, ap);
	va_end(ap);
	return false;
}

bool conf_doc_fail(struct conf_doc *d, const config_setting_t *at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	note(d, at == NULL ? 0 : (int)config_setting_source_line(at), fmt, ap);
	va_end(ap);
	return false;
}

/* The octets of a file and a NUL; NULL with the error in *ret. */
static char *read_all(const char *path, size_t *ret_len, int *ret)
{
	FILE *f = fopen(path, "re");
	char *text = NULL;
	size_t len = 0, cap = 0;

	if (f == NULL) {
		*ret = -errno;
		return NULL;
	}
	do {
		char *more;

		cap = cap == 0 ? 4096 : cap * 2;
		more = realloc(text, cap);
		*ret = more == NULL ? -ENOMEM : 0;
		if (more == NULL)
			break;
		text = more;
		errno = 0;
		len += fread(text + len, 1, cap - len - 1, f);
		if (ferror(f))
			*ret = errno != 0 ? -errno : -EIO;
		else if (len > FILE_MAX)
			*ret = -EFBIG;
	} while (*ret == 0 && !feof(f));
	fclose(f);
	if (*ret != 0) {
		free(text);
		return NULL;
	}
	text[len] = '\0';
	*ret_len = len;
	return text;
}

static int parse(struct conf_doc *d, const char *text, size_t len)
{
	int line = 0;
	const char *complaint = conf_scan(text, len, &line);
	bool is_mixed;

	if (complaint != NULL) {
		fail_line(d, line, "%s", complaint);
		return -EINVAL;
	}
	if (config_read_string(&d->cfg, text) == CONFIG_TRUE)
		return 0;
	is_mixed = strstr(config_error_text(&d->cfg), "mismatched element") != NULL;
	fail_line(d, config_error_line(&d->cfg), "%s%s", config_error_text(&d->cfg),
		is_mixed ? "; a list of numbers and texts is written ( 1, \"2-3\" )" : "");
	return -EINVAL;
}

static void begin(struct conf_doc *d, const char *path, struct conf_error *ret_error)
{
	*ret_error = (struct conf_error){ 0 };
	d->path = path;
	d->err = ret_error;
	config_init(&d->cfg);
}

int conf_doc_open(struct conf_doc *d, const char *path, struct conf_error *ret_error)
{
	char *text;
	size_t len = 0;
	int r = 0;

	begin(d, path, ret_error);
	text = read_all(path, &len, &r);
	if (text == NULL) {
		fail_line(d, 0, "%s", strerror(-r));
		return r;
	}
	r = parse(d, text, len);
	free(text);
	return r;
}

int conf_doc_open_text(struct conf_doc *d, const char *text, struct conf_error *ret_error)
{
	begin(d, "", ret_error);
	return parse(d, text, strlen(text));
}

void conf_doc_close(struct conf_doc *d)
{
	config_destroy(&d->cfg);
}

bool conf_doc_group(struct conf_doc *d, const config_setting_t *s, const char *what)
{
	return config_setting_is_group(s) || conf_doc_fail(d, s, "%s must be a group { ... }", what);
}

bool conf_doc_bool(struct conf_doc *d, const config_setting_t *s, const char *what, bool *ret)
{
	if (config_setting_type(s) != CONFIG_TYPE_BOOL)
		return conf_doc_fail(d, s, "%s must be true or false", what);
	*ret = config_setting_get_bool(s) == CONFIG_TRUE;
	return true;
}

bool conf_doc_number(struct conf_doc *d, const config_setting_t *s, const char *what, int64_t min,
	int64_t max, int64_t *ret)
{
	int type = config_setting_type(s);
	int64_t value;

	if (type != CONFIG_TYPE_INT && type != CONFIG_TYPE_INT64)
		return conf_doc_fail(
			d, s, "%s must be a number, %lld..%lld", what, (long long)min, (long long)max);
	value = type == CONFIG_TYPE_INT ? config_setting_get_int(s) : config_setting_get_int64(s);
	if (value < min || value > max)
		return conf_doc_fail(d, s, "%s is %lld; allowed: %lld..%lld", what, (long long)value,
			(long long)min, (long long)max);
	*ret = value;
	return true;
}

bool conf_doc_text(
	struct conf_doc *d, const config_setting_t *s, const char *what, size_t size, const char **ret)
{
	const char *text = config_setting_get_string(s);

	if (text == NULL)
		return conf_doc_fail(d, s, "%s must be a text in double quotes", what);
	if (strlen(text) >= size)
		return conf_doc_fail(
			d, s, "%s is too long: %zu octets, at most %zu", what, strlen(text), size - 1);
	*ret = text;
	return true;
}

bool conf_doc_choice(struct conf_doc *d, const config_setting_t *s, const char *what,
	const struct name_row *names, const char *range, int *ret)
{
	const char *text = "";

	if (!conf_doc_text(d, s, what, CONF_TEXT, &text))
		return false;
	return names_find(names, text, ret) ||
	       conf_doc_fail(d, s, "%s is \"%s\"; allowed: %s", what, text, range);
}

bool conf_doc_list(
	struct conf_doc *d, const config_setting_t *s, const char *what, unsigned max, unsigned *ret)
{
	unsigned n;

	if (!config_setting_is_array(s) && !config_setting_is_list(s))
		return conf_doc_fail(d, s, "%s must be a list ( ... )", what);
	n = (unsigned)config_setting_length(s);
	if (n > max)
		return conf_doc_fail(d, s, "%s has %u elements; at most %u", what, n, max);
	*ret = n;
	return true;
}

bool conf_parse_range(const char *text, unsigned min, unsigned max, unsigned *ret_low, unsigned *ret_high)
{
	unsigned long bound[2] = { 0, 0 };
	unsigned n = 0;
	char *end;

	for (;;) {
		if (*text < '0' || *text > '9')
			return false;
		bound[n] = strtoul(text, &end, 10);
		if (bound[n] < min || bound[n] > max)
			return false;
		if (n++ == 1 || *end != '-')
			break;
		text = end + 1;
	}
	if (*end != '\0' || bound[n - 1] < bound[0])
		return false;
	*ret_low = (unsigned)bound[0];
	*ret_high = (unsigned)bound[n - 1];
	return true;
}

bool conf_doc_vids(struct conf_doc *d, const config_setting_t *s, const char *what, uint16_t *ret_low,
	uint16_t *ret_high)
{
	const char *text = config_setting_get_string(s);
	unsigned low = 0, high = 0;
	int64_t vid = 0;

	if (text == NULL) {
		if (!conf_doc_number(d, s, what, 1, FWD_VID_MAX, &vid))
			return false;
		low = high = (unsigned)vid;
	} else if (!conf_parse_range(text, 1, FWD_VID_MAX, &low, &high)) {
		return conf_doc_fail(d, s, "%s has \"%s\"; allowed: VIDs 1..%d and ranges \"low-high\"", what,
			text, FWD_VID_MAX);
	}
	*ret_low = (uint16_t)low;
	*ret_high = (uint16_t)high;
	return true;
}

bool conf_doc_manager(
	struct conf_doc *d, const config_setting_t *s, const char *what, struct vdp_manager *ret)
{
	const char *text = "";

	if (!conf_doc_text(d, s, what, CONF_TEXT, &text))
		return false;
	return vdp_manager_parse(text, ret) ||
	       conf_doc_fail(
		       d, s, "%s is \"%s\"; allowed: an IPv6 or IPv4 address, or 32 hex digits", what, text);
}

bool conf_doc_vsi_id(struct conf_doc *d, const config_setting_t *s, const char *what, struct vsi_id *ret)
{
	const char *text = "";

	if (!conf_doc_text(d, s, what, CONF_TEXT, &text))
		return false;
	return vsi_id_parse(text, ret) ||
	       conf_doc_fail(d, s, "%s is \"%s\"; allowed: a UUID, a MAC, IPv4 or IPv6 address, or local:HEX",
		       what, text);
}

/* Levenshtein distance, one row at a time; names longer than a row are far from everything. */
static unsigned edit_distance(const char *a, const char *b)
{
	unsigned row[32];
	size_t n = strlen(b);

	if (n >= sizeof(row) / sizeof(row[0]))
		return UINT32_MAX;
	for (unsigned j = 0; j <= n; j++)
		row[j] = j;
	for (unsigned i = 1; a[i - 1] != '\0'; i++) {
		unsigned diagonal = row[0];

		row[0] = i;
		for (unsigned j = 1; j <= n; j++) {
			unsigned cost = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			row[j] = row[j] < row[j - 1] ? row[j] + 1 : row[j - 1] + 1;
			row[j] = cost < row[j] ? cost : row[j];
		}
	}
	return row[n];
}

void conf_guess_try(struct conf_guess *g, const char *candidate)
{
	unsigned distance = edit_distance(g->name, candidate);
	size_t near = strlen(candidate) / 3;

	if (distance <= (near < 2 ? 2 : near) && distance < strlen(candidate) &&
		(g->best == NULL || distance < g->distance)) {
		g->best = candidate;
		g->distance = distance;
	}
}

bool conf_doc_unknown(
	struct conf_doc *d, const config_setting_t *at, const char *where, const struct conf_guess *g)
{
	char guess[64] = "";

	if (g->best != NULL)
		snprintf(guess, sizeof(guess), "; did you mean \"%s\"?", g->best);
	return conf_doc_fail(d, at, "unknown setting \"%.64s\"%s%s%s", g->name,
		where[0] != '\0' ? " in " : "", where, guess);
}

bool conf_doc_resolve(const struct conf_doc *d, const char *path, char *ret, size_t size)
{
	const char *slash = strrchr(d->path, '/');
	int folder = path[0] == '/' || path[0] == '\0' || slash == NULL ? 0 : (int)(slash - d->path) + 1;
	int n = snprintf(ret, size, "%.*s%s", folder, d->path, path);

	return n >= 0 && (size_t)n < size;
}
