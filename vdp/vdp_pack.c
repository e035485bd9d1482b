/*
 * vdp_pack.c - payloads out of what waits (802.1Q 41.2; evb-reference 6.1, 6.3).
 *
 *   | manager TLV (18) | TLV | TLV | ... | End TLV 00 00 |
 *
 * A ratified payload names one manager. It is the manager of whatever waits longest, by turns of the replies without a
 * VSI and of the VSIs; then everything of that manager goes in, oldest first, until something does not fit. Among many
 * managers the search looks at SCAN_MAX others and gives up, so that a payload costs the same however long the queue
 * is. In a dialect whose TLVs name their own managers everything goes together. A TLV is built here, from the state of now: a request that was changed while it waited leaves as changed.
 *
 * A TLV that could not even travel alone is packed without its org TLVs; if that is too long too it is taken off
 * the queue, and its VSI's timer decides.
 */
#include "vdp_bridge.h"
#include "vdp_station.h"

enum { SCAN_MAX = 256, END_OCTETS = TLV_HEADER };

static const struct vdp_cmd *pending_tlv(
	const struct vdp_table *t, uint32_t i, enum vdp_op *ret_op, uint8_t *ret_status)
{
	if (t->cfg.role == VDP_STATION)
		return vdp_station_tlv(vsi_at(t, i), ret_op, ret_status);
	return vdp_bridge_tlv(vsi_at(t, i), ret_op, ret_status);
}

/** May the two share a payload? */
static bool is_together(const struct vdp_table *t, const struct vdp_manager *a, const struct vdp_manager *b)
{
	return t->dialect->head_octets == 0 || vdp_manager_equal(a, b);
}

static size_t octets_of(const struct vdp_table *t, const struct vdp_cmd *c, bool with_org)
{
	return t->dialect->octets(c->format, c->n_entries, with_org ? c->org_len : 0);
}

static void encode(
	const struct vdp_table *t, const struct vdp_assoc *a, const struct vdp_cmd *c, struct wr *w)
{
	t->dialect->encode(a, &c->manager, &t->cfg.managers, w);
}

static bool choose_manager(struct vdp_table *t, struct vdp_manager *ret)
{
	uint32_t i = t->tx[TX_QUEUED].head;
	enum vdp_op op;
	uint8_t status;
	size_t octets;

	t->replies_first = !t->replies_first;
	if ((t->replies_first || i == VSI_NONE) && vdp_replies_peek(&t->replies, ret, &octets))
		return true;
	if (i == VSI_NONE)
		return false;
	*ret = pending_tlv(t, i, &op, &status)->manager;
	return true;
}

static void pack_replies(struct vdp_table *t, const struct vdp_manager *m, struct wr *w)
{
	struct vdp_manager of;
	size_t octets;

	while (vdp_replies_peek(&t->replies, &of, &octets) && is_together(t, &of, m)) {
		if (octets <= wr_room(w)) {
			vdp_replies_take(&t->replies, w);
			t->count.responses_out++;
		} else if (w->len > t->dialect->head_octets) {
			return;
		} else {
			vdp_replies_drop(&t->replies);
		}
	}
}

/** False: no room left, the VSI stays where it is. */
static bool pack_vsi(struct vdp_table *t, uint32_t i, struct wr *w, struct mono now)
{
	enum vdp_op op;
	uint8_t status;
	const struct vdp_cmd *c = pending_tlv(t, i, &op, &status);
	bool is_alone = w->len == t->dialect->head_octets;
	bool with_org = op != VDP_DEASSOC && !(is_alone && octets_of(t, c, true) > wr_room(w));
	bool is_request = (status & VDP_STATUS_RESPONSE) == 0;
	struct vdp_assoc a; /* large: only what is used is set */

	if (octets_of(t, c, with_org) <= wr_room(w)) {
		vdp_cmd_assoc(c, &vsi_at(t, i)->v.subject.vsi, op, status, with_org, &a);
		encode(t, &a, c, w);
		*(is_request ? &t->count.requests_out : &t->count.responses_out) += 1;
	} else if (!is_alone) {
		return false;
	}
	if (t->cfg.role == VDP_STATION)
		vdp_station_on_packed(t, i, now);
	else
		vdp_bridge_on_packed(t, i);
	return true;
}

static void pack_vsis(struct vdp_table *t, const struct vdp_manager *m, struct wr *w, struct mono now)
{
	unsigned n_others = 0;
	uint32_t next;

	for (uint32_t i = t->tx[TX_QUEUED].head; i != VSI_NONE && n_others < SCAN_MAX; i = next) {
		enum vdp_op op;
		uint8_t status;

		next = vsi_at(t, i)->tx_next;
		if (!is_together(t, &pending_tlv(t, i, &op, &status)->manager, m))
			n_others++;
		else if (!pack_vsi(t, i, w, now))
			return;
	}
}

size_t vdp_table_fill(struct vdp_table *t, uint8_t *buf, size_t cap, struct mono now)
{
	struct vdp_manager m;
	size_t head = t->dialect->head_octets;

	if (cap < head + END_OCTETS)
		return 0;
	while (choose_manager(t, &m)) {
		struct wr w = wr_init(buf, cap - END_OCTETS);

		t->dialect->head(&m, &w);
		pack_replies(t, &m, &w);
		pack_vsis(t, &m, &w, now);
		if (w.len == head)
			continue; /* all of it was too long and is off the queue */
		w.cap = cap;
		w.bad = false;
		wr_u16(&w, TLV_END);
		return w.len;
	}
	return 0;
}

void vdp_table_on_sent(struct vdp_table *t, bool is_delivered, struct mono now)
{
	uint32_t i;

	while ((i = t->tx[TX_SENT].tail) != VSI_NONE) { /* backwards: the requeued keep their order */
		if (t->cfg.role == VDP_STATION)
			vdp_station_on_sent(t, i, is_delivered, now);
		else
			vdp_bridge_on_sent(t, i, now);
	}
}
