/* What the two readers of libconfig text share: opening a document, messages with file and line, typed values. */
#ifndef EVB_CONF_TREE_H
#define EVB_CONF_TREE_H

#include <libconfig.h>

#include "conf.h"
#include "names.h"

struct conf_doc {
	config_t cfg;
	const char *path; /* borrowed */
	struct conf_error *err;
};

/** Read and parse a whole file. 0, or -errno / -EINVAL with d->err set; close it in either case. */
int conf_doc_open(struct conf_doc *d, const char *path, struct conf_error *ret_error);
/** The same with a text that is in no file. */
int conf_doc_open_text(struct conf_doc *d, const char *text, struct conf_error *ret_error);
void conf_doc_close(struct conf_doc *d);

/** Note what is wrong at `at` (NULL: the file). Always false, so that readers can return it. */
bool conf_doc_fail(struct conf_doc *d, const config_setting_t *at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/** Typed values of a setting that messages call `what`. False: the error is noted. */
bool conf_doc_group(struct conf_doc *d, const config_setting_t *s, const char *what);
bool conf_doc_bool(struct conf_doc *d, const config_setting_t *s, const char *what, bool *ret);
bool conf_doc_number(struct conf_doc *d, const config_setting_t *s, const char *what, int64_t min,
	int64_t max, int64_t *ret);
/** Borrowed until the document is closed; at most size - 1 octets. */
bool conf_doc_text(
	struct conf_doc *d, const config_setting_t *s, const char *what, size_t size, const char **ret);
/** One of `names`; the message lists `range`. */
bool conf_doc_choice(struct conf_doc *d, const config_setting_t *s, const char *what,
	const struct name_row *names, const char *range, int *ret);
/** Number of elements of [ ... ] or ( ... ), at most max. */
bool conf_doc_list(
	struct conf_doc *d, const config_setting_t *s, const char *what, unsigned max, unsigned *ret);
/** "N" or "LOW-HIGH", decimal, within min..max. */
bool conf_parse_range(const char *text, unsigned min, unsigned max, unsigned *ret_low, unsigned *ret_high);
/** A VID 1..4094 or a text "low-high". */
bool conf_doc_vids(struct conf_doc *d, const config_setting_t *s, const char *what, uint16_t *ret_low,
	uint16_t *ret_high);
bool conf_doc_manager(
	struct conf_doc *d, const config_setting_t *s, const char *what, struct vdp_manager *ret);
bool conf_doc_vsi_id(struct conf_doc *d, const config_setting_t *s, const char *what, struct vsi_id *ret);

/** The candidate nearest to a misspelt name, if any is near enough. Start with { name, NULL, 0 }. */
struct conf_guess {
	const char *name, *best;
	unsigned distance;
};
void conf_guess_try(struct conf_guess *g, const char *candidate);
/** unknown setting "retrys" in evb; did you mean "retries"? - `where` may be empty. */
bool conf_doc_unknown(
	struct conf_doc *d, const config_setting_t *at, const char *where, const struct conf_guess *g);

/** A path of the file: relative ones start at the file's folder. False when it does not fit. */
bool conf_doc_resolve(const struct conf_doc *d, const char *path, char *ret, size_t size);

#endif
