/* One value of the configuration file, by the kind of its setting. */
#ifndef EVB_CONF_READ_H
#define EVB_CONF_READ_H

#include "conf_priv.h"
#include "conf_tree.h"

/** Read the value of `s`, which messages call `what`, into `base`, the struct that keeps it. Groups and lists of groups
 * are the caller's. False: the error is noted. */
bool conf_read_value(struct conf_doc *d, const config_setting_t *at, const struct conf_setting *s,
	const char *what, void *base);

#endif
