/*
 * cdcp_pool.c - SVIDs of a bridge UAP (802.1Q clause 42; evb-reference 4.2 "Bridge").
 *
 * Every SVID is owned by an SCID, or in the list of free ones, or out of reach: outside the range, or fixed for an SCID.
 * The list is in the order of freed_at, so the head has been free for longest. With that a freed SVID goes to another
 * SCID within the quarantine only when nothing else is free; cdcp_pool_claim(), which picks out of order, looks itself.
 * Who had a free SVID last is kept, so that its SCID can have it back at once.
 *
 * Everything but a change of the configuration is O(1), or O(SVIDs not to be taken).
 */
#include "cdcp_pool.h"

#include <assert.h>
#include <string.h>

enum { OWNED = 0xffff, OUT_OF_REACH = 0xfffe }; /* instead of a next one */

static void list_insert(struct cdcp_pool *p, uint16_t svid)
{
	struct cdcp_svid *s = &p->svid[svid];
	uint16_t before = p->svid[0].prev;

	while (before != 0 && mono_before(s->freed_at, p->svid[before].freed_at)) /* only after set_range */
		before = p->svid[before].prev;
	s->prev = before;
	s->next = p->svid[before].next;
	p->svid[s->next].prev = svid;
	p->svid[before].next = svid;
}

static void list_remove(struct cdcp_pool *p, uint16_t svid, uint16_t next)
{
	struct cdcp_svid *s = &p->svid[svid];

	p->svid[s->prev].next = s->next;
	p->svid[s->next].prev = s->prev;
	s->next = next;
}

static bool is_in_reach(const struct cdcp_pool *p, uint16_t svid)
{
	return svid >= p->low && svid <= p->high && p->svid[svid].fixed_for == 0;
}

/* The list anew by the configuration in force. */
static void relist(struct cdcp_pool *p)
{
	for (uint16_t svid = CDCP_DEFAULT + 1; svid <= CDCP_ID_MAX; svid++) {
		uint16_t next = p->svid[svid].next;

		if (next == OWNED)
			continue;
		if (next == OUT_OF_REACH && is_in_reach(p, svid))
			list_insert(p, svid);
		else if (next != OUT_OF_REACH && !is_in_reach(p, svid))
			list_remove(p, svid, OUT_OF_REACH);
	}
}

void cdcp_pool_init(struct cdcp_pool *p, uint16_t low, uint16_t high)
{
	memset(p, 0, sizeof(*p));
	for (uint16_t svid = 1; svid <= CDCP_ID_MAX; svid++)
		p->svid[svid].next = OUT_OF_REACH;
	cdcp_pool_set_range(p, low, high);
}

void cdcp_pool_set_range(struct cdcp_pool *p, uint16_t low, uint16_t high)
{
	if (p->low == low && p->high == high)
		return;
	p->low = low;
	p->high = high;
	relist(p);
}

void cdcp_pool_set_fixed(struct cdcp_pool *p, const struct cdcp_pair *fixed, unsigned n)
{
	memset(p->fixed, 0, sizeof(p->fixed));
	for (uint16_t svid = 1; svid <= CDCP_ID_MAX; svid++)
		p->svid[svid].fixed_for = 0;
	for (unsigned i = 0; i < n; i++) {
		p->fixed[fixed[i].scid] = fixed[i].svid;
		p->svid[fixed[i].svid].fixed_for = fixed[i].scid;
	}
	relist(p);
}

bool cdcp_pool_allows(const struct cdcp_pool *p, uint16_t scid, uint16_t svid)
{
	return p->fixed[scid] != 0 ? p->fixed[scid] == svid : is_in_reach(p, svid);
}

static bool is_in_quarantine(const struct cdcp_svid *s, uint16_t scid, struct mono now)
{
	return s->scid != 0 && s->scid != scid &&
	       mono_before(now, mono_add(s->freed_at, dur_s(CDCP_QUARANTINE_S)));
}

static uint16_t own(struct cdcp_pool *p, uint16_t svid, uint16_t scid)
{
	struct cdcp_svid *s = &p->svid[svid];

	if (s->next == OUT_OF_REACH)
		s->next = OWNED;
	else
		list_remove(p, svid, OWNED);
	s->scid = scid;
	return svid;
}

uint16_t cdcp_pool_claim(struct cdcp_pool *p, uint16_t scid, uint16_t svid, struct mono now)
{
	uint16_t fixed = p->fixed[scid];

	if (fixed != 0)
		return p->svid[fixed].next == OWNED ? 0 : own(p, fixed, scid);
	if (!is_in_reach(p, svid) || p->svid[svid].next == OWNED ||
		is_in_quarantine(&p->svid[svid], scid, now))
		return 0;
	return own(p, svid, scid);
}

uint16_t cdcp_pool_take(struct cdcp_pool *p, uint16_t scid, const struct cdcp_set *but)
{
	uint16_t svid = p->svid[0].next;

	while (svid != 0 && cdcp_set_has(but, svid))
		svid = p->svid[svid].next;
	return svid == 0 || p->fixed[scid] != 0 ? 0 : own(p, svid, scid);
}

void cdcp_pool_free(struct cdcp_pool *p, uint16_t svid, struct mono now)
{
	struct cdcp_svid *s = &p->svid[svid];

	assert(s->next == OWNED);
	s->freed_at = now;
	s->next = OUT_OF_REACH;
	if (is_in_reach(p, svid))
		list_insert(p, svid);
}
