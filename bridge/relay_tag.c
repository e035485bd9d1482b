/*
 * relay_tag.c - outer tags: which logical port a tag of a trunk port means, and the lists of VIFs that one tag reaches
 * (evb-reference 1.2; port-extension-reference 2.5, 5.2).
 *
 * In: channels as CDCP, PE-CSP or the administrator assign them, and lists as the other end has confirmed them. Out: the
 * look-ups of forward.h, and for a bridge the list whose members are exactly a given set.
 *
 * Invariants: a (trunk, id) names one port; a port has one id but for a transit port; a list's bits are logical ports in
 * use. A bridge's list goes when one of its members goes or loses its tag, because the port extender still has that member
 * in it; an interface virtualizer's list is its own and only gets shorter. A number that its tag has no room for, or that
 * means something else there, is refused: cut to size it would be another channel's.
 */
#include "forward.h"
#include "relay_priv.h"

void relay_tag_layout(struct relay *r, struct carve *c)
{
	uint32_t slots = 16;

	while (slots < 4 * (uint64_t)r->cfg.max_channels && slots < 1u << 30)
		slots <<= 1;
	r->channel_mask = slots - 1;
	r->channel = (struct channel *)carve_take(c, slots, sizeof(*r->channel));
	r->list = (struct vif_list *)carve_take(c, r->cfg.max_lists, sizeof(*r->list));
	r->flood = (struct vif_flood *)carve_take(c, RELAY_N_FLOODS, sizeof(*r->flood));
	r->list_set = (uint64_t *)carve_take(c, (size_t)r->cfg.max_lists * r->n_words, sizeof(*r->list_set));
	imap_layout(&r->by_list, c, r->cfg.max_lists);
	imap_layout(&r->by_list_set, c, r->cfg.max_lists);
}

void relay_tag_clear(struct relay *r)
{
	imap_clear(&r->by_list);
	imap_clear(&r->by_list_set);
	r->epoch = 1;
}

static enum vntag_format format_of(const struct fwd_port *trunk)
{
	return trunk->carries == FWD_TAG_VN ? VNTAG_FORMAT_VN : VNTAG_FORMAT_E;
}

/* ---- lists ---- */

uint32_t relay_list_find(const struct relay *r, uint16_t trunk, uint32_t id)
{
	uint32_t i = r->n_lists > 0 ? imap_first(&r->by_list, relay_tag_hash(trunk, id)) : IMAP_NONE;

	while (i != IMAP_NONE && (r->list[i].id != id || r->list[i].trunk != trunk))
		i = imap_next(&r->by_list, i);
	return i;
}

static uint32_t hash_of_set(const struct vif_set *s)
{
	return relay_tag_hash(s->trunk, s->hash + s->n);
}

uint32_t relay_list_of_set(const struct relay *r, const struct vif_set *s, uint32_t from)
{
	uint32_t hash = hash_of_set(s);
	uint32_t i = from == FDB_NONE ? imap_first(&r->by_list_set, hash) : imap_next(&r->by_list_set, from);

	while (i != IMAP_NONE &&
		(r->list[i].set_hash != hash || r->list[i].trunk != s->trunk || r->list[i].n != s->n))
		i = imap_next(&r->by_list_set, i);
	return i;
}

static void list_drop(struct relay *r, uint32_t i)
{
	imap_remove(&r->by_list, r->list[i].id_hash, i);
	imap_remove(&r->by_list_set, r->list[i].set_hash, i);
	memset(relay_list_words(r, i), 0, r->n_words * sizeof(uint64_t));
	r->list[i].in_use = false;
	r->epoch++;
	r->n_lists--;
}

static uint32_t list_add(struct relay *r, uint16_t trunk, uint32_t id)
{
	uint32_t i = 0;

	while (i < r->cfg.max_lists && r->list[i].in_use)
		i++;
	if (i == r->cfg.max_lists)
		return FDB_NONE;
	r->list[i] = (struct vif_list){
		.id_hash = relay_tag_hash(trunk, id), .id = id, .trunk = trunk, .in_use = true
	};
	imap_insert(&r->by_list, r->list[i].id_hash, i);
	r->n_lists++;
	return i;
}

/* Enter the list under the members that its words say. */
static void list_index(struct relay *r, uint32_t i)
{
	struct vif_set set = { .trunk = r->list[i].trunk };
	const uint64_t *words = relay_list_words(r, i);

	for (uint16_t lport = 0; lport < r->cfg.max_lports; lport++)
		if (words[lport / 64] >> lport % 64 & 1)
			relay_set_add(&set, lport);
	r->epoch++;
	r->list[i].n = set.n;
	r->list[i].set_hash = hash_of_set(&set);
	imap_insert(&r->by_list_set, r->list[i].set_hash, i);
}

static bool is_list(const struct relay *r, uint16_t trunk, uint32_t id)
{
	const struct fwd_port *p = relay_port(r, trunk);

	return p && p->carries > FWD_TAG_S && vntag_is_group(format_of(p), id) &&
	       vntag_is_channel(format_of(p), id, p->is_base);
}

static bool is_member(const struct relay *r, uint16_t trunk, uint16_t lport)
{
	const struct fwd_port *p = relay_port(r, lport);

	return p && (p->kind == FWD_TRANSIT ? p->urp : p->trunk) == trunk;
}

bool relay_list_set(struct relay *r, uint16_t trunk, uint32_t id, const uint16_t *members, unsigned n)
{
	uint32_t i = relay_list_find(r, trunk, id);
	uint64_t *words;

	if (i != FDB_NONE)
		list_drop(r, i);
	if (n == 0)
		return true;
	if (!is_list(r, trunk, id))
		return false;
	for (unsigned k = 0; k < n; k++)
		if (!is_member(r, trunk, members[k]))
			return false;
	i = list_add(r, trunk, id);
	if (i == FDB_NONE)
		return false;
	words = relay_list_words(r, i);
	for (unsigned k = 0; k < n; k++)
		words[members[k] / 64] |= (uint64_t)1 << members[k] % 64;
	list_index(r, i);
	return true;
}

static void list_leave(struct relay *r, uint32_t i, uint16_t lport)
{
	uint64_t *word = &relay_list_words(r, i)[lport / 64];
	uint64_t bit = (uint64_t)1 << lport % 64;

	if (!(*word & bit))
		return;
	if (r->port[lport].p.relay != FWD_IV || r->list[i].n == 1) {
		list_drop(r, i);
		return;
	}
	imap_remove(&r->by_list_set, r->list[i].set_hash, i);
	*word &= ~bit;
	list_index(r, i);
}

/* The port is no longer behind that tag: no list of the trunk may reach it by it. */
static void lists_leave(struct relay *r, uint16_t trunk, uint16_t lport)
{
	for (uint32_t i = 0; r->n_lists > 0 && i < r->cfg.max_lists; i++)
		if (r->list[i].in_use && r->list[i].trunk == trunk)
			list_leave(r, i, lport);
}

/* ---- channels ---- */

/* What lies behind a freed slot and belongs to it or before moves up. */
static void close_gap(struct relay *r, uint32_t gap)
{
	uint32_t i = gap, mask = r->channel_mask;

	for (i = (i + 1) & mask; r->channel[i].id != 0; i = (i + 1) & mask) {
		uint32_t home = relay_tag_hash(r->channel[i].trunk, r->channel[i].id) & mask;

		if (((i - home) & mask) < ((i - gap) & mask))
			continue;
		r->channel[gap] = r->channel[i];
		gap = i;
	}
	r->channel[gap].id = 0;
}

static void channel_drop(struct relay *r, struct channel *c)
{
	uint16_t trunk = c->trunk, lport = c->lport;
	struct fwd_port *p = &r->port[lport].p;

	mirror_note(&r->mirror, RELAY_CHANNELS, trunk, c->id);
	close_gap(r, (uint32_t)(c - r->channel));
	r->n_channels--;
	r->epoch++;
	if (p->kind == FWD_TRANSIT)
		return; /* has others */
	lists_leave(r, trunk, lport);
	p->tag_id = 0;
	p->trunk = FWD_LPORT_NONE;
	relay_note_port(r, lport);
}

uint16_t relay_channel(const struct relay *r, uint16_t trunk, uint32_t id)
{
	const struct channel *c = relay_channel_at(r, trunk, id);

	return c->id != 0 ? c->lport : FWD_LPORT_NONE;
}

void relay_channel_clear(struct relay *r, uint16_t trunk, uint32_t id)
{
	struct channel *c = relay_channel_at(r, trunk, id);

	if (c->id != 0)
		channel_drop(r, c);
}

/* Is it a number that the tag has room for, and a port that such frames can come from? */
static bool is_channel(const struct fwd_port *trunk, uint32_t id, const struct fwd_port *p)
{
	enum vntag_format format = format_of(trunk);

	if (trunk->carries == FWD_TAG_NONE)
		return false;
	if (trunk->carries == FWD_TAG_S)
		return p->tag == FWD_TAG_S && id > FWD_SVID_DEFAULT && id <= FWD_VID_MAX;
	if (!vntag_is_channel(format, id, trunk->is_base) || vntag_is_group(format, id))
		return false;
	if (p->component != trunk->component)
		return false;
	return p->relay == FWD_IV ? trunk->kind == FWD_URP && p->kind != FWD_URP : p->tag == trunk->carries;
}

bool relay_channel_set(struct relay *r, uint16_t trunk, uint32_t id, uint16_t lport)
{
	struct channel *c;
	struct fwd_port *p;

	if (!relay_is_port(r, lport) || !relay_is_port(r, trunk))
		return false;
	p = &r->port[lport].p;
	if (!is_channel(&r->port[trunk].p, id, p))
		return false;
	c = relay_channel_at(r, trunk, id);
	if (c->id != 0)
		return c->lport == lport;
	if (p->trunk != FWD_LPORT_NONE && p->kind != FWD_TRANSIT)
		relay_channel_clear(r, p->trunk, p->tag_id);
	if (r->n_channels == r->cfg.max_channels)
		return false;
	*relay_channel_at(r, trunk, id) = (struct channel){ .id = id, .trunk = trunk, .lport = lport };
	r->n_channels++;
	p->trunk = trunk;
	p->tag_id = p->kind == FWD_TRANSIT ? 0 : id;
	relay_note_port(r, lport);
	mirror_note(&r->mirror, RELAY_CHANNELS, trunk, id);
	r->epoch++;
	return true;
}

void relay_tag_del_port(struct relay *r, uint16_t lport)
{
	bool is_trunk = r->port[lport].p.carries != FWD_TAG_NONE;
	bool is_named = r->port[lport].p.trunk != FWD_LPORT_NONE;

	for (uint32_t i = 0; (is_trunk || is_named) && i <= r->channel_mask;) {
		struct channel *c = &r->channel[i];

		if (c->id != 0 && (c->lport == lport || c->trunk == lport))
			channel_drop(r, c); /* and another may move up */
		else
			i++;
	}
	for (uint32_t i = 0; r->n_lists > 0 && i < r->cfg.max_lists; i++) {
		if (r->list[i].in_use && r->list[i].trunk == lport)
			list_drop(r, i);
		else if (r->list[i].in_use)
			list_leave(r, i, lport);
	}
}

void relay_list_clear(struct relay *r, uint16_t trunk)
{
	for (uint32_t i = 0; r->n_lists > 0 && i < r->cfg.max_lists; i++)
		if (r->list[i].in_use && r->list[i].trunk == trunk)
			list_drop(r, i);
}
