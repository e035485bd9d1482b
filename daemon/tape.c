/* tape.c - the tape as it is written. What can't be written is told once, by tape_flush(). */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "tape_priv.h"

enum { BUFFER = 1 << 20 };

struct tape {
	FILE *f;
	int error; /* the first one; 0: none */
};

static void put(struct tape *t, const void *p, size_t n)
{
	if (t->error == 0 && n > 0 && fwrite(p, n, 1, t->f) != 1)
		t->error = errno;
}

void tape_head(char text[TAPE_HEAD])
{
	memset(text, 0, TAPE_HEAD);
	snprintf(text, TAPE_HEAD, "evbd tape 1\n%s\n%zu %zu %zu %zu %zu %zu %zu\n", EVBD_VERSION,
		sizeof(struct conf), sizeof(struct conf_port), sizeof(struct conf_vif),
		sizeof(struct conf_list), sizeof(struct vdp_request), sizeof(struct vdp_saved),
		sizeof(struct vtdb_answer));
}

struct tape *tape_create(const char *path)
{
	struct tape *t = calloc(1, sizeof(*t));
	char head[TAPE_HEAD];
	int fd = t != NULL ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : -1;

	if (fd >= 0)
		t->f = fdopen(fd, "wb");
	if (fd >= 0 && t->f == NULL)
		close(fd);
	if (t == NULL || t->f == NULL) {
		free(t);
		return NULL;
	}
	(void)setvbuf(t->f, NULL, _IOFBF, BUFFER);
	tape_head(head);
	put(t, head, sizeof(head));
	return t;
}

/* The record's own part of the sum, so that octets that got lost or mixed up are noticed. */
static void put_summed(struct tape *t, uint32_t *sum, const void *p, size_t n)
{
	put(t, p, n);
	*sum = tape_sum(*sum, span_of(p, n));
}

static void record(struct tape *t, uint8_t kind, struct mono now, const struct span *parts, unsigned n)
{
	uint32_t len = sizeof(kind) + sizeof(now.ns) + 1, sum = 0;
	uint8_t count = (uint8_t)n;

	for (unsigned i = 0; i < n; i++)
		len += (uint32_t)(sizeof(uint32_t) + parts[i].len);
	put(t, &len, sizeof(len));
	put_summed(t, &sum, &kind, sizeof(kind));
	put_summed(t, &sum, &now.ns, sizeof(now.ns));
	put_summed(t, &sum, &count, sizeof(count));
	for (unsigned i = 0; i < n; i++) {
		uint32_t part = (uint32_t)parts[i].len;

		put_summed(t, &sum, &part, sizeof(part));
		put_summed(t, &sum, parts[i].ptr, parts[i].len);
	}
	put(t, &sum, sizeof(sum));
}

void tape_input(
	struct tape *t, enum node_input kind, struct mono now, const struct span *parts, unsigned n_parts)
{
	record(t, (uint8_t)kind, now, parts, n_parts);
}

uint32_t tape_sum(uint32_t sum, struct span octets)
{
	enum { FNV_PRIME = 16777619 };

	for (size_t i = 0; i < octets.len; i++)
		sum = (sum ^ octets.ptr[i]) * FNV_PRIME + 1;
	return sum;
}

uint64_t tape_hash(struct span head, struct span rest)
{
	const struct siphash_key key = { 0, 0 };

	return siphash(key, head) * UINT64_C(0x9e3779b97f4a7c15) + siphash(key, rest);
}

void tape_output(struct tape *t, uint16_t port, struct span head, struct span rest)
{
	uint32_t len = (uint32_t)(head.len + rest.len);
	uint64_t hash = tape_hash(head, rest);
	const struct span parts[] = { TAPE_SPAN(port), TAPE_SPAN(len), TAPE_SPAN(hash), head };

	record(t, TAPE_OUT, MONO_ZERO, parts, sizeof(parts) / sizeof(parts[0]));
}

bool tape_flush(struct tape *t)
{
	int error = t->error;

	if (error == 0 && fflush(t->f) != 0)
		error = t->error = errno;
	errno = error;
	return error == 0;
}

void tape_close(struct tape *t)
{
	if (t == NULL)
		return;
	(void)fclose(t->f);
	free(t);
}
