/*
 * cap_comments.c - walks over the blocks of a pcapng file beside libpcap and takes nothing but comments from those of frames
 * (draft-ietf-opsawg-pcapng 3.1, 3.5, 4.3). Whatever looks wrong ends the walk: libpcap tells what is wrong with a file.
 */
#include "cap_comments.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct cap_comments {
	FILE *f;
	bool is_little, is_over;
	unsigned n;
	char text[CAP_COMMENTS_MAX][CAP_COMMENT_TEXT];
};

enum {
	BLOCK_SECTION = 0x0a0d0d0a,
	BLOCK_PACKET = 2, /* obsolete */
	BLOCK_SIMPLE = 3,
	BLOCK_FRAME = 6,
	MAGIC = 0x1a2b3c4d,
	HEAD = 8, /* type and length */
	TAIL = 4, /* length again */
	FRAME_FIXED = 20,
	BLOCK_MAX = 1 << 24, /* longer ones than 16 MiB hold no frame that libpcap takes */
	OPT_COMMENT = 1,
	OPTION_HEAD = 4,
};

static uint32_t number(const struct cap_comments *c, const uint8_t *p, unsigned octets)
{
	uint32_t v = 0;

	for (unsigned i = 0; i < octets; i++)
		v = v << 8 | p[c->is_little ? octets - 1 - i : i];
	return v;
}

static size_t padded(size_t n)
{
	return (n + 3) & ~(size_t)3;
}

static bool is_regular(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

struct cap_comments *cap_comments_open(const char *path)
{
	struct cap_comments *c = is_regular(path) ? calloc(1, sizeof(*c)) : NULL;
	uint8_t first[4];

	if (c == NULL)
		return NULL;
	c->f = fopen(path, "rb");
	if (c->f != NULL && fread(first, sizeof(first), 1, c->f) == 1 &&
		number(c, first, 4) == BLOCK_SECTION && fseek(c->f, 0, SEEK_SET) == 0)
		return c;
	cap_comments_close(c);
	return NULL;
}

static void keep(struct cap_comments *c, const uint8_t *p, size_t len)
{
	char *text = c->text[c->n];

	if (len >= CAP_COMMENT_TEXT)
		len = CAP_COMMENT_TEXT - 1;
	for (size_t i = 0; i < len; i++)
		text[i] = (p[i] < 0x20 || p[i] == 0x7f) ? ' ' : (char)p[i];
	text[len] = '\0';
	c->n++;
}

static void take_options(struct cap_comments *c, const uint8_t *p, size_t left)
{
	while (left >= OPTION_HEAD && c->n < CAP_COMMENTS_MAX) {
		uint32_t code = number(c, p, 2);
		size_t len = number(c, p + 2, 2);

		if (code == 0 || OPTION_HEAD + padded(len) > left)
			return;
		if (code == OPT_COMMENT)
			keep(c, p + OPTION_HEAD, len);
		p += OPTION_HEAD + padded(len);
		left -= OPTION_HEAD + padded(len);
	}
}

/* A section begins: which end comes first in its numbers? */
static bool take_order(struct cap_comments *c)
{
	uint8_t magic[4];

	if (fread(magic, sizeof(magic), 1, c->f) != 1 || fseek(c->f, -4, SEEK_CUR) != 0)
		return false;
	c->is_little = false;
	if (number(c, magic, 4) == MAGIC)
		return true;
	c->is_little = true;
	return number(c, magic, 4) == MAGIC;
}

static bool take_frame(struct cap_comments *c, size_t len)
{
	uint8_t *body = malloc(len);
	size_t fixed;
	bool is_ok = body != NULL && fread(body, len, 1, c->f) == 1 && len >= FRAME_FIXED;

	if (is_ok) {
		fixed = FRAME_FIXED + padded(number(c, body + 12, 4));
		if (fixed <= len)
			take_options(c, body + fixed, len - fixed);
	}
	free(body);
	return is_ok && fseek(c->f, TAIL, SEEK_CUR) == 0;
}

/* The next block; *ret_is_frame: it was a frame's. False at the end. */
static bool step(struct cap_comments *c, bool *ret_is_frame)
{
	uint8_t head[HEAD];
	uint32_t type, len;

	if (fread(head, sizeof(head), 1, c->f) != 1)
		return false;
	type = number(c, head, 4);
	if (type == BLOCK_SECTION && !take_order(c)) /* its type reads the same both ways */
		return false;
	len = number(c, head + 4, 4);
	if (len < HEAD + TAIL || len > BLOCK_MAX || len % 4 != 0)
		return false;
	*ret_is_frame = type == BLOCK_FRAME || type == BLOCK_SIMPLE || type == BLOCK_PACKET;
	if (type == BLOCK_FRAME && len > HEAD + TAIL)
		return take_frame(c, len - HEAD - TAIL);
	return fseek(c->f, (long)len - HEAD, SEEK_CUR) == 0;
}

unsigned cap_comments_next(struct cap_comments *c)
{
	bool is_frame = false;

	c->n = 0;
	while (!c->is_over && !is_frame)
		c->is_over = !step(c, &is_frame);
	return c->n;
}

const char *cap_comments_text(const struct cap_comments *c, unsigned i)
{
	return c->text[i];
}

void cap_comments_close(struct cap_comments *c)
{
	if (c == NULL)
		return;
	if (c->f != NULL)
		fclose(c->f);
	free(c);
}
