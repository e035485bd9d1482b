/* fastpath_none.c - evbd without a fast path: libbpf or clang was not there when it was built. */
#include <errno.h>
#include <stdio.h>

#include "fastpath.h"

bool fastpath_is_built(void)
{
	return false;
}

struct fastpath *fastpath_open(const struct fastpath_cfg *cfg, char *why)
{
	(void)cfg;
	snprintf(why, FASTPATH_WHY, "evbd was built without it");
	return NULL;
}

void fastpath_close(struct fastpath *f)
{
	(void)f;
}

bool fastpath_describe(struct fastpath *f, const struct fastpath_device *d)
{
	(void)f;
	(void)d;
	return false;
}

void fastpath_forget(struct fastpath *f, int ifindex)
{
	(void)f;
	(void)ifindex;
}

int fastpath_attach(const struct fastpath *f, const struct fastpath_device *d)
{
	(void)f;
	(void)d;
	return -EOPNOTSUPP;
}

void fastpath_leave(const struct fastpath *f, int ifindex)
{
	(void)f;
	(void)ifindex;
}

uint32_t fastpath_program(const struct fastpath *f)
{
	(void)f;
	return 0;
}

bool fastpath_sync(struct fastpath *f, struct relay *r)
{
	(void)f;
	(void)r;
	return false;
}

void fastpath_ways_changed(struct fastpath *f)
{
	(void)f;
}

void fastpath_alive(struct fastpath *f, struct mono now)
{
	(void)f;
	(void)now;
}

void fastpath_pull(struct fastpath *f, struct relay *r)
{
	(void)f;
	(void)r;
}

void fastpath_ages(struct fastpath *f, struct relay *r, struct mono now)
{
	(void)f;
	(void)r;
	(void)now;
}

const char *fastpath_trouble(const struct fastpath *f)
{
	(void)f;
	return NULL;
}
