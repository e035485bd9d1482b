/*
 * pcapng.c - blocks of a capture file: type, length, content, options, length again; all padded to four octets.
 */
#include "pcapng.h"

#include <string.h>

enum {
	BLOCK_SECTION = 0x0a0d0d0a,
	BLOCK_INTERFACE = 1,
	BLOCK_FRAME = 6,
	MAGIC = 0x1a2b3c4d,
	OPT_END = 0,
	OPT_COMMENT = 1,
	OPT_NAME = 2,    /* of an interface */
	OPT_FLAGS = 2,   /* of a frame */
	OPT_PROGRAM = 4, /* of a section */
	OPT_TSRESOL = 9,
	NANOSECONDS = 9, /* 10^-9 */
	FLAG_IN = 1,
	FLAG_OUT = 2,
	LINK_ETHERNET = 1,
	BLOCK_ROOM = 48, /* of a frame beside its octets and comments */
};

static size_t padded(size_t n)
{
	return (n + 3) & ~(size_t)3;
}

static void put_padded(struct wr *w, const void *octets, size_t n)
{
	wr_copy(w, octets, n);
	wr_zero(w, padded(n) - n);
}

static void put_option(struct wr *w, uint16_t code, const void *value, size_t len)
{
	wr_u16(w, code);
	wr_u16(w, (uint16_t)len);
	put_padded(w, value, len);
}

static void put_text(struct wr *w, uint16_t code, const char *text, size_t len)
{
	if (len > 0)
		put_option(w, code, text, len < PCAPNG_COMMENT_MAX ? len : PCAPNG_COMMENT_MAX);
}

static size_t open_block(struct wr *w, uint32_t type)
{
	size_t mark = w->len;

	wr_u32(w, type);
	wr_u32(w, 0); /* its length, set by close_block() */
	return mark;
}

static void close_block(struct wr *w, size_t mark)
{
	struct wr at;

	wr_u16(w, OPT_END);
	wr_u16(w, 0);
	wr_u32(w, (uint32_t)(w->len - mark + sizeof(uint32_t)));
	if (w->bad)
		return;
	at = wr_init(w->buf + mark + sizeof(uint32_t), sizeof(uint32_t));
	wr_u32(&at, (uint32_t)(w->len - mark));
}

void pcapng_put_section(struct wr *w, const char *program)
{
	size_t mark = open_block(w, BLOCK_SECTION);

	wr_u32(w, MAGIC);
	wr_u16(w, 1); /* version 1.0 */
	wr_u16(w, 0);
	wr_u32(w, UINT32_MAX); /* length of the section: not told */
	wr_u32(w, UINT32_MAX);
	put_text(w, OPT_PROGRAM, program, strlen(program));
	close_block(w, mark);
}

void pcapng_put_interface(struct wr *w, const char *name)
{
	static const uint8_t resolution = NANOSECONDS;
	size_t mark = open_block(w, BLOCK_INTERFACE);

	wr_u16(w, LINK_ETHERNET);
	wr_u16(w, 0);
	wr_u32(w, 0); /* nothing is cut */
	put_text(w, OPT_NAME, name, strlen(name));
	put_option(w, OPT_TSRESOL, &resolution, sizeof(resolution));
	close_block(w, mark);
}

static void put_comments(struct wr *w, const char *comments)
{
	while (comments != NULL && *comments != '\0') {
		const char *end = memchr(comments, '\n', strlen(comments));
		size_t len = end != NULL ? (size_t)(end - comments) : strlen(comments);

		put_text(w, OPT_COMMENT, comments, len);
		comments += len + (comments[len] == '\n');
	}
}

void pcapng_put_frame(struct wr *w, uint32_t interface, struct mono time, bool is_out, struct span octets,
	const char *comments)
{
	const uint8_t flags[4] = { [3] = is_out ? FLAG_OUT : FLAG_IN };
	size_t mark = open_block(w, BLOCK_FRAME);

	wr_u32(w, interface);
	wr_u32(w, (uint32_t)(time.ns >> 32));
	wr_u32(w, (uint32_t)time.ns);
	wr_u32(w, (uint32_t)octets.len);
	wr_u32(w, (uint32_t)octets.len);
	put_padded(w, octets.ptr, octets.len);
	put_comments(w, comments);
	put_option(w, OPT_FLAGS, flags, sizeof(flags));
	close_block(w, mark);
}

size_t pcapng_frame_octets(size_t len, const char *comments)
{
	size_t n = BLOCK_ROOM + padded(len);

	for (const char *p = comments; p != NULL && *p != '\0'; p++)
		n += *p == '\n' || p[1] == '\0' ? 9 : 1; /* each: its header, and padding */
	return n;
}
