/*
 * Bounded big-endian cursors with a sticky error.
 *
 * A reader can't leave its window and remembers the first overrun: decoders follow the figure of the standard
 * line by line and check once. A length field from the wire always becomes a sub-reader (rd_sub), so an inner
 * lie can't reach outer octets. A writer refuses what does not fit and remembers it.
 */
#ifndef EVB_WIRE_H
#define EVB_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "span.h"

struct rd {
	const uint8_t *p;
	size_t left; /* octets not yet read; 0 once bad */
	bool bad;    /* something was read beyond the window */
};

struct rd rd_init(struct span buf);
uint8_t rd_u8(struct rd *r);
uint16_t rd_u16(struct rd *r);
uint32_t rd_u24(struct rd *r);
uint32_t rd_u32(struct rd *r);
/** Copy n octets out; zero-fills dst when the window is short. */
void rd_copy(struct rd *r, void *dst, size_t n);
/** The next n octets, borrowed; empty when the window is short. */
struct span rd_span(struct rd *r, size_t n);
/** A window of n octets; r moves past it. Both turn bad when the window is short. */
struct rd rd_sub(struct rd *r, size_t n);
/** Everything that is left, borrowed; r is at its end afterwards. */
struct span rd_rest(struct rd *r);
/** Nothing missing, nothing left over. */
bool rd_done(const struct rd *r);

struct wr {
	uint8_t *buf;
	size_t len; /* octets written */
	size_t cap; /* size of buf */
	bool bad;   /* something did not fit; len stays as it was before that item */
};

struct wr wr_init(void *buf, size_t cap);
void wr_u8(struct wr *w, uint8_t v);
void wr_u16(struct wr *w, uint16_t v);
void wr_u24(struct wr *w, uint32_t v); /* the low 24 bits */
void wr_u32(struct wr *w, uint32_t v);
void wr_copy(struct wr *w, const void *src, size_t n);
void wr_zero(struct wr *w, size_t n);
/** Octets that still fit; 0 once bad. */
size_t wr_room(const struct wr *w);
struct span wr_span(const struct wr *w);

#endif
