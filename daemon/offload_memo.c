/*
 * offload_memo.c - a small file beside the control socket: which offloads are off on which device because of us, and which
 * devices are down, and where an XDP program is ours. No feature of ethtool is called "carrier" or has a "=" in it.
 *
 *	evbd offloads <boot id> <network namespace>
 *	<ifindex> <name> [carrier] [xdp=<program>] <feature>...
 *
 * It lives as long as what it tells of: /run and the settings of devices are both gone after a boot. It is written
 * anew, whole, and renamed into place whenever a device was attached or let go, and removed at a clean end. What can't
 * be read is nothing: the worst that can happen is that an offload stays off.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "offload_memo.h"

enum { MEMO_ROWS = 4096, MEMO_PATH = 128, MEMO_HEAD = 96, MEMO_LINE = 512 };

#define CARRIER "carrier"
#define PROGRAM "xdp="

struct offload_memo {
	char path[MEMO_PATH];
	char head[MEMO_HEAD];
	bool is_ours; /* the file was written by this process */
	unsigned n;
	struct offload_row row[MEMO_ROWS]; /* a predecessor's */
};

/* What the settings of devices do not outlive. */
static void make_head(char head[MEMO_HEAD])
{
	FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");
	char boot[40] = "-";
	struct stat ns = { 0 };

	if (f != NULL) {
		if (fgets(boot, sizeof(boot), f) == NULL)
			boot[0] = '\0';
		boot[strcspn(boot, "\n")] = '\0';
		fclose(f);
	}
	(void)stat("/proc/self/ns/net", &ns);
	snprintf(head, MEMO_HEAD, "evbd offloads %s %llu\n", boot, (unsigned long long)ns.st_ino);
}

static bool read_row(char *line, struct offload_row *ret)
{
	char *save = NULL;
	const char *index = strtok_r(line, " \n", &save), *word = strtok_r(NULL, " \n", &save);
	struct offload_row r = { 0 };

	if (index == NULL || word == NULL || strlen(word) >= sizeof(r.name))
		return false;
	r.ifindex = (int)strtol(index, NULL, 10);
	memcpy(r.name, word, strlen(word) + 1);
	while ((word = strtok_r(NULL, " \n", &save)) != NULL) {
		if (strcmp(word, CARRIER) == 0) {
			r.has_no_carrier = true;
			continue;
		}
		if (strncmp(word, PROGRAM, strlen(PROGRAM)) == 0) {
			r.program = (uint32_t)strtoul(word + strlen(PROGRAM), NULL, 10);
			continue;
		}
		if (r.saved.n == sizeof(r.saved.item) / sizeof(r.saved.item[0]) ||
			strlen(word) >= sizeof(r.saved.item[0].name))
			return false;
		r.saved.item[r.saved.n].was_on = true;
		memcpy(r.saved.item[r.saved.n++].name, word, strlen(word) + 1);
	}
	*ret = r;
	return r.ifindex > 0;
}

static void read_rows(struct offload_memo *m, FILE *f)
{
	char line[MEMO_LINE];

	if (fgets(line, sizeof(line), f) == NULL || strcmp(line, m->head) != 0)
		return;
	while (m->n < MEMO_ROWS && fgets(line, sizeof(line), f) != NULL)
		if (read_row(line, &m->row[m->n]))
			m->n++;
}

struct offload_memo *offload_memo_open(const char *path)
{
	struct offload_memo *m = calloc(1, sizeof(*m));
	FILE *f;

	if (m == NULL)
		return NULL;
	snprintf(m->path, sizeof(m->path), "%s", path);
	make_head(m->head);
	f = fopen(m->path, "re");
	if (f != NULL) {
		read_rows(m, f);
		fclose(f);
	}
	return m;
}

static bool has(const struct offload_saved *saved, const char *name)
{
	for (unsigned i = 0; i < saved->n; i++)
		if (strcmp(saved->item[i].name, name) == 0)
			return true;
	return false;
}

void offload_memo_take(const struct offload_memo *m, int ifindex, const char *name,
	struct offload_saved *saved, bool *ret_has_no_carrier, uint32_t *ret_program)
{
	for (unsigned i = 0; i < m->n; i++) {
		const struct offload_saved *was = &m->row[i].saved;

		if (m->row[i].ifindex != ifindex || strcmp(m->row[i].name, name) != 0)
			continue;
		*ret_has_no_carrier |= m->row[i].has_no_carrier;
		if (m->row[i].program != 0)
			*ret_program = m->row[i].program;
		for (unsigned k = 0; k < was->n; k++)
			if (!has(saved, was->item[k].name) &&
				saved->n < sizeof(saved->item) / sizeof(saved->item[0]))
				saved->item[saved->n++] = was->item[k];
	}
}

static bool write_rows(
	const struct offload_memo *m, FILE *f, bool (*next)(void *ctx, struct offload_row *ret), void *ctx)
{
	struct offload_row r;

	fputs(m->head, f);
	while (next(ctx, &r)) {
		if (r.saved.n == 0 && !r.has_no_carrier && r.program == 0)
			continue;
		fprintf(f, "%d %s%s", r.ifindex, r.name, r.has_no_carrier ? " " CARRIER : "");
		if (r.program != 0)
			fprintf(f, " " PROGRAM "%u", r.program);
		for (unsigned k = 0; k < r.saved.n; k++)
			fprintf(f, " %s", r.saved.item[k].name);
		fputc('\n', f);
	}
	return fflush(f) == 0 && !ferror(f);
}

int offload_memo_write(struct offload_memo *m, bool (*next)(void *ctx, struct offload_row *ret), void *ctx)
{
	char path[MEMO_PATH + 4];
	int err = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s.new", m->path);
	(void)unlink(path);
	f = fopen(path, "wxe");
	if (f == NULL)
		return -errno;
	errno = 0;
	if (!write_rows(m, f, next, ctx))
		err = errno ? -errno : -EIO;
	fclose(f);
	if (err == 0 && rename(path, m->path) != 0)
		err = -errno;
	if (err != 0)
		(void)unlink(path);
	m->is_ours = m->is_ours || err == 0;
	return err;
}

void offload_memo_close(struct offload_memo *m)
{
	if (m != NULL && m->is_ours)
		(void)unlink(m->path);
	free(m);
}
