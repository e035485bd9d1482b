/*
 * vdp_cmd.c - commands about a VSI in the pool, and the comparisons of filter lists that the machines rest on
 * (802.1Q 41.2; evb-reference 6.3, 6.7, 6.9).
 *
 * One command is one piece:
 *
 *   +--------+----------------------+------------------------+----------+
 *   | header | filters[n_entries]   | vdp_cmd_entry[n_entries] | org TLVs |
 *   +--------+----------------------+------------------------+----------+
 *
 * filters[] holds each filter once, with the VID and PCP in force; that is what is installed and shown. The entries
 * are the list of the TLV: a request may repeat a filter, and its response must repeat it too. Each entry remembers
 * the element that was asked, so that a null VID can be recognised when it is asked again, and asked again when the
 * association is lost. Filters are compared in order, never as sets, for that is what peers do.
 *
 * Elements are compared in their wire form PS(1) PCP(3) VID(12), with the PCP zero when PS is.
 */
#include "vdp_cmd.h"

#include <assert.h>
#include <string.h>

static uint16_t element(const struct vdp_filter *f)
{
	unsigned priority = f->has_pcp ? 0x8000u | (f->pcp & 7u) << 12 : 0;

	return (uint16_t)(priority | (f->vid & VDP_VID_MASK));
}

static void set_element(struct vdp_filter *f, uint16_t e)
{
	f->has_pcp = (e & 0x8000u) != 0;
	f->pcp = (uint8_t)(f->has_pcp ? e >> 12 & 7u : 0);
	f->vid = e & VDP_VID_MASK;
}

static bool has_group(uint8_t format)
{
	return format == VDP_FILTER_GROUP_VID || format == VDP_FILTER_GROUP_MAC_VID;
}

static bool has_mac(uint8_t format)
{
	return format == VDP_FILTER_MAC_VID || format == VDP_FILTER_GROUP_MAC_VID;
}

/** Same but for the element. Members that the format does not use are not compared. */
static bool same_address(uint8_t format, const struct vdp_filter *a, const struct vdp_filter *b)
{
	return (!has_group(format) || a->group_id == b->group_id) &&
	       (!has_mac(format) || mac_equal(a->mac, b->mac));
}

static struct vdp_cmd_entry *entries(const struct vdp_cmd *c)
{
	return (struct vdp_cmd_entry *)(uintptr_t)(c->filters + c->n_entries);
}

static uint8_t *org_room(const struct vdp_cmd *c)
{
	return (uint8_t *)(entries(c) + c->n_entries);
}

static size_t piece_octets(size_t n_entries, size_t org)
{
	return sizeof(struct vdp_cmd) +
	       n_entries * (sizeof(struct vdp_filter) + sizeof(struct vdp_cmd_entry)) + org;
}

/** The filter that is the same as f, or where a new one goes. */
static uint16_t find_filter(const struct vdp_cmd *c, const struct vdp_filter *f)
{
	uint16_t k = 0;

	while (k < c->n &&
		!(same_address(c->format, &c->filters[k], f) && element(&c->filters[k]) == element(f)))
		k++;
	return k;
}

static void add_filters(struct vdp_cmd *c, const struct vdp_request *rq, bool echo_repeats)
{
	struct vdp_cmd_entry *e = entries(c);
	uint16_t used = 0;

	for (unsigned i = 0; i < rq->n_filters; i++) {
		uint16_t k = find_filter(c, &rq->filters[i]);

		if (k < c->n && !echo_repeats)
			continue;
		if (k == c->n) {
			c->filters[c->n] = rq->filters[i];
			set_element(&c->filters[c->n++], element(&rq->filters[i]));
		}
		e[used++] = (struct vdp_cmd_entry){ k, element(&rq->filters[i]) };
	}
	if (used < c->n_entries) { /* the entries follow the filters: move them to their place */
		c->n_entries = used;
		memmove(entries(c), e, used * sizeof(*e));
	}
}

/* FNV-1a: a station that finds two TLVs with the same digest deceives itself. */
static uint32_t digest(struct span org)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < org.len; i++)
		h = (h ^ org.ptr[i]) * 16777619u;
	return h;
}

struct vdp_cmd *vdp_cmd_new(struct buddy *pool, const struct vdp_request *rq, bool echo_repeats)
{
	struct vdp_cmd *c;

	if (rq->org.len > UINT16_MAX || rq->n_filters > VDP_FILTERS_MAX)
		return NULL;
	c = (struct vdp_cmd *)buddy_alloc(pool, piece_octets(rq->n_filters, rq->org.len));
	if (c == NULL)
		return NULL;
	*c = (struct vdp_cmd){
		.manager = rq->subject.manager,
		.type_id = rq->subject.type_id,
		.type_version = rq->subject.type_version,
		.op = (uint8_t)rq->op,
		.format = rq->format,
		.bits = (uint8_t)((rq->is_suspended ? VDP_STATUS_S : 0) |
				  (rq->is_migrating ? VDP_STATUS_M : 0)),
		.n_entries = rq->n_filters,
		.org_len = (uint16_t)rq->org.len,
		.org_cap = (uint16_t)rq->org.len,
		.asked_org = digest(rq->org),
	};
	add_filters(c, rq, echo_repeats);
	if (rq->org.len > 0)
		memcpy(org_room(c), rq->org.ptr, rq->org.len);
	return c;
}

bool vdp_cmd_set_org(struct buddy *pool, struct vdp_cmd **cmd, struct span org)
{
	struct vdp_cmd *c = *cmd;

	if (org.len > c->org_cap) {
		size_t kept = piece_octets(c->n_entries, 0);

		if (org.len > UINT16_MAX)
			return false;
		c = (struct vdp_cmd *)buddy_alloc(pool, kept + org.len);
		if (c == NULL)
			return false;
		memcpy(c, *cmd, kept);
		c->org_cap = (uint16_t)org.len;
		buddy_free(pool, *cmd);
		*cmd = c;
	}
	c->org_len = (uint16_t)org.len;
	if (org.len > 0)
		memmove(org_room(c), org.ptr, org.len);
	return true;
}

struct span vdp_cmd_org(const struct vdp_cmd *c)
{
	return span_of(org_room(c), c->org_len);
}

bool vdp_filters_are_legal(uint8_t format, unsigned n, const struct vdp_filter *filters)
{
	for (unsigned i = 0; i < n; i++) {
		const struct vdp_filter *f = &filters[i];

		if (f->vid >= VDP_VID_RESERVED)
			return false;
		if (f->vid == 0 && format == VDP_FILTER_VID && n > 1)
			return false;
		if (has_mac(format) && (mac_is_group(f->mac) || mac_is_zero(f->mac)))
			return false;
		if (has_group(format) && f->group_id == 0)
			return false;
	}
	return true;
}

void vdp_cmd_save(const struct vdp_cmd *c, struct vdp_filter room[2 * VDP_FILTERS_MAX], struct vdp_saved *ret)
{
	ret->rq.op = (enum vdp_op)c->op;
	ret->rq.subject.manager = c->manager;
	ret->rq.subject.type_id = c->type_id;
	ret->rq.subject.type_version = c->type_version;
	ret->rq.format = c->format;
	ret->rq.is_suspended = (c->bits & VDP_STATUS_S) != 0;
	ret->rq.is_migrating = (c->bits & VDP_STATUS_M) != 0;
	ret->rq.org = vdp_cmd_org(c);
	ret->rq.n_filters = c->n_entries;
	ret->rq.filters = room;
	ret->granted = room + c->n_entries;
	for (unsigned i = 0; i < c->n_entries; i++) {
		const struct vdp_cmd_entry *e = &entries(c)[i];

		room[i] = room[c->n_entries + i] = c->filters[e->filter];
		set_element(&room[i], e->asked);
	}
}

struct vdp_cmd *vdp_cmd_restore(struct buddy *pool, const struct vdp_saved *s)
{
	struct vdp_cmd *c = vdp_cmd_new(pool, &s->rq, true);

	for (unsigned i = 0; c != NULL && i < c->n_entries; i++)
		set_element(&c->filters[entries(c)[i].filter], element(&s->granted[i]));
	return c;
}

bool vdp_cmd_same_key(const struct vdp_cmd *c, const struct vdp_subject *s, uint8_t format)
{
	return c->type_id == s->type_id && c->type_version == s->type_version && c->format == format &&
	       vdp_manager_equal(&c->manager, &s->manager);
}

bool vdp_cmd_is_repeated(const struct vdp_cmd *c, const struct vdp_request *rq)
{
	if (!vdp_cmd_same_key(c, &rq->subject, rq->format) || c->n_entries != rq->n_filters)
		return false;
	if (rq->org.len > 0 && digest(rq->org) != c->asked_org)
		return false;
	for (unsigned i = 0; i < c->n_entries; i++) {
		const struct vdp_cmd_entry *e = &entries(c)[i];
		const struct vdp_filter *f = &c->filters[e->filter];
		uint16_t got = element(&rq->filters[i]);

		if (!same_address(c->format, f, &rq->filters[i]) || (got != e->asked && got != element(f)))
			return false;
	}
	return true;
}

bool vdp_cmd_same_filters(const struct vdp_cmd *a, const struct vdp_cmd *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	if (a->format != b->format || a->n != b->n)
		return false;
	for (unsigned i = 0; i < a->n; i++)
		if (!same_address(a->format, &a->filters[i], &b->filters[i]) ||
			element(&a->filters[i]) != element(&b->filters[i]))
			return false;
	return true;
}

bool vdp_cmd_fits_answer(const struct vdp_cmd *c, const struct vdp_assoc *answer)
{
	if (answer->format != c->format || answer->n_filters != c->n_entries)
		return false;
	for (unsigned i = 0; i < c->n_entries; i++) {
		const struct vdp_filter *f = &c->filters[entries(c)[i].filter];
		const struct vdp_filter *got = &answer->filters[i];

		if (!same_address(c->format, f, got) || got->vid >= VDP_VID_RESERVED)
			return false;
		if (f->vid != 0 && got->vid != f->vid)
			return false;
		if (f->has_pcp && (!got->has_pcp || got->pcp != f->pcp))
			return false;
	}
	return true;
}

bool vdp_cmd_take_answer(struct vdp_cmd *c, const struct vdp_assoc *answer)
{
	bool is_changed = false;

	for (unsigned i = 0; i < c->n_entries; i++) {
		struct vdp_filter *f = &c->filters[entries(c)[i].filter];
		uint16_t got = element(&answer->filters[i]);

		is_changed = is_changed || got != element(f);
		set_element(f, got);
	}
	return is_changed;
}

void vdp_cmd_forget_answer(struct vdp_cmd *c)
{
	for (unsigned i = 0; i < c->n_entries; i++)
		set_element(&c->filters[entries(c)[i].filter], entries(c)[i].asked);
}

bool vdp_cmd_grant(struct vdp_cmd *c, unsigned n, const struct vdp_filter *filters, bool with_pcp)
{
	if (n != c->n)
		return false;
	for (unsigned i = 0; i < n; i++) {
		const struct vdp_filter *f = &c->filters[i];
		const struct vdp_filter *given = &filters[i];

		if (given->vid == 0 || given->vid >= VDP_VID_RESERVED ||
			(f->vid != 0 && given->vid != f->vid))
			return false;
		if (f->has_pcp && (!given->has_pcp || given->pcp != f->pcp))
			return false;
	}
	for (unsigned i = 0; i < n; i++)
		set_element(&c->filters[i], with_pcp ? element(&filters[i]) : filters[i].vid);
	return true;
}

void vdp_cmd_assoc(const struct vdp_cmd *c, const struct vsi_id *id, enum vdp_op op, uint8_t status,
	bool with_org, struct vdp_assoc *ret)
{
	ret->op = op;
	ret->answers = (enum vdp_op)c->op;
	ret->status = status;
	ret->type_id = c->type_id;
	ret->type_version = c->type_version;
	ret->vsi = *id;
	ret->format = c->format;
	ret->n_filters = c->n_entries;
	for (unsigned i = 0; i < c->n_entries; i++)
		ret->filters[i] = c->filters[entries(c)[i].filter];
	ret->org = with_org ? vdp_cmd_org(c) : span_of(NULL, 0);
}
