/* What is wrong with a text before libconfig may read it. */
#ifndef EVB_CONF_SCAN_H
#define EVB_CONF_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** NULL, or what is wrong in line *ret_line. text[len] is NUL. */
const char *conf_scan(const char *text, size_t len, int *ret_line);

#endif
