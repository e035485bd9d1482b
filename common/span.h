/* Borrowed bytes: a pointer and a length, valid until the next call on the object that returned them. */
#ifndef EVB_SPAN_H
#define EVB_SPAN_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct span {
	const uint8_t *ptr; /* NULL only when len is 0 */
	size_t len;         /* octets */
};

static inline struct span span_of(const void *ptr, size_t len)
{
	return (struct span){ (const uint8_t *)ptr, len };
}

static inline int span_equal(struct span a, struct span b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

#endif
