/* A text as a file that a path names, gone with its descriptor. Needs _GNU_SOURCE. */
#ifndef EVB_TEXT_FILE_H
#define EVB_TEXT_FILE_H

#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"

struct text_file {
	int fd;
	char path[32];
};

static inline struct text_file text_file_new(const uint8_t *data, size_t size)
{
	struct text_file f = { .fd = memfd_create("text", 0) };

	FUZZ_LAW(f.fd >= 0 && write(f.fd, data, size) == (ssize_t)size);
	snprintf(f.path, sizeof(f.path), "/proc/self/fd/%d", f.fd);
	return f;
}

static inline void text_file_free(struct text_file *f)
{
	close(f->fd);
}

#endif
