/*
 * wire.c - bounded big-endian cursors. See wire.h for the contract.
 *
 * Invariant: r->left octets are readable at r->p; w->len <= w->cap. Once bad, left is 0 (readers) or nothing
 * more is written (writers), so no later call has to check again.
 */
#include "wire.h"

#include <string.h>

struct rd rd_init(struct span buf)
{
	return (struct rd){ buf.ptr, buf.len, false };
}

static bool rd_need(struct rd *r, size_t n)
{
	if (!r->bad && r->left >= n)
		return true;
	r->bad = true;
	r->left = 0;
	return false;
}

static uint32_t rd_be(struct rd *r, size_t n)
{
	uint32_t v = 0;

	if (!rd_need(r, n))
		return 0;
	for (size_t i = 0; i < n; i++)
		v = v << 8 | r->p[i];
	r->p += n;
	r->left -= n;
	return v;
}

uint8_t rd_u8(struct rd *r)
{
	return (uint8_t)rd_be(r, 1);
}
uint16_t rd_u16(struct rd *r)
{
	return (uint16_t)rd_be(r, 2);
}
uint32_t rd_u24(struct rd *r)
{
	return rd_be(r, 3);
}
uint32_t rd_u32(struct rd *r)
{
	return rd_be(r, 4);
}

void rd_copy(struct rd *r, void *dst, size_t n)
{
	struct span s = rd_span(r, n);

	if (s.len == n && n > 0)
		memcpy(dst, s.ptr, n);
	else if (n > 0)
		memset(dst, 0, n);
}

struct span rd_span(struct rd *r, size_t n)
{
	struct span s;

	if (!rd_need(r, n))
		return (struct span){ NULL, 0 };
	s = span_of(r->p, n);
	if (n > 0) /* an empty window may have no address */
		r->p += n;
	r->left -= n;
	return s;
}

struct rd rd_sub(struct rd *r, size_t n)
{
	struct span s = rd_span(r, n);

	return (struct rd){ s.ptr, s.len, r->bad };
}

struct span rd_rest(struct rd *r)
{
	return rd_span(r, r->left);
}

bool rd_done(const struct rd *r)
{
	return !r->bad && r->left == 0;
}

struct wr wr_init(void *buf, size_t cap)
{
	return (struct wr){ (uint8_t *)buf, 0, cap, false };
}

static uint8_t *wr_take(struct wr *w, size_t n)
{
	uint8_t *p;

	if (w->bad || w->cap - w->len < n) {
		w->bad = true;
		return NULL;
	}
	p = w->buf + w->len;
	w->len += n;
	return p;
}

static void wr_be(struct wr *w, uint32_t v, size_t n)
{
	uint8_t *p = wr_take(w, n);

	for (size_t i = 0; p && i < n; i++)
		p[i] = (uint8_t)(v >> (8 * (n - 1 - i)));
}

void wr_u8(struct wr *w, uint8_t v)
{
	wr_be(w, v, 1);
}
void wr_u16(struct wr *w, uint16_t v)
{
	wr_be(w, v, 2);
}
void wr_u24(struct wr *w, uint32_t v)
{
	wr_be(w, v, 3);
}
void wr_u32(struct wr *w, uint32_t v)
{
	wr_be(w, v, 4);
}

void wr_copy(struct wr *w, const void *src, size_t n)
{
	uint8_t *p = n > 0 ? wr_take(w, n) : NULL;

	if (p)
		memcpy(p, src, n);
}

void wr_zero(struct wr *w, size_t n)
{
	uint8_t *p = n > 0 ? wr_take(w, n) : NULL;

	if (p)
		memset(p, 0, n);
}

size_t wr_room(const struct wr *w)
{
	return w->bad ? 0 : w->cap - w->len;
}

struct span wr_span(const struct wr *w)
{
	return span_of(w->buf, w->len);
}
