/* Configurations out of texts: loaded, or refused with a message and a line. Needs _GNU_SOURCE. */
#ifndef EVB_TEST_CONF_RIG_H
#define EVB_TEST_CONF_RIG_H

#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "conf_priv.h"

/* A file that is only in memory; its path stays valid until the test ends. */
static inline const char *file_of(const char *text)
{
	static char path[64];
	int fd = memfd_create("conf", 0);

	cr_assert_geq(fd, 0);
	cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return path;
}

static inline struct conf *load(const char *text)
{
	struct conf_error err;
	struct conf *c = NULL;

	cr_assert_eq(conf_load(file_of(text), &c, &err), 0, "line %d: %s in %s", err.line, err.text, text);
	return c;
}

/* The text is refused at this line with this message. */
static inline void refuse(const char *text, int line, const char *message)
{
	const char *path = file_of(text);
	struct conf_error err;
	struct conf *c = NULL;

	cr_assert_eq(conf_load(path, &c, &err), -EINVAL, "accepted: %s", text);
	cr_expect_null(c);
	cr_expect_str_eq(err.text, message, "\n  got      %s\n  expected %s", err.text, message);
	cr_expect_eq(err.line, line, "\"%s\" at line %d, not %d", err.text, err.line, line);
	cr_expect_str_eq(err.file, path);
}

/* The same inside of a port of the given role. */
static inline void refuse_in_port(const char *role, const char *settings, const char *message)
{
	char text[2048];

	snprintf(text, sizeof(text), "ports = ( { name = \"p0\";\n role = \"%s\";\n %s } );\n", role,
		settings);
	refuse(text, 3, message);
}

/* A port of this role named p0, with these settings from line 3 on. */
static inline struct conf *load_port(const char *role, const char *settings)
{
	char text[2048];

	snprintf(text, sizeof(text), "ports = ( { name = \"p0\";\n role = \"%s\";\n %s } );\n", role,
		settings);
	return load(text);
}

#endif
