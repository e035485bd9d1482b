/*
 * vdp_station_user.c - requests of the station's user: associate in its three forms, change, de-associate (802.1Q
 * 41.5; evb-reference 6.7).
 *
 * What can't be sent is refused here. A request of a VSI that waits for an answer waits in `next`, where only the
 * newest stays; else it takes the place of whatever has not left yet.
 */
#include "vdp_station_priv.h"

const char *vdp_submit_text(enum vdp_submit s)
{
	switch (s) {
	case VDP_SUBMIT_OK:
		return "taken";
	case VDP_SUBMIT_FULL:
		return "no room for another VSI (max_vsis)";
	case VDP_SUBMIT_TOO_LONG:
		return "the filters do not fit one message";
	case VDP_SUBMIT_BAD:
		return "not a legal request";
	case VDP_SUBMIT_UNKNOWN:
		return "no such VSI";
	case VDP_SUBMIT_NO_FORMAT:
		return "the peer's generation of VDP has no filters but MAC/VID";
	case VDP_SUBMIT_NO_ID:
		return "the peer's generation of VDP has no VSIIDs but UUIDs";
	case VDP_SUBMIT_NO_MANAGER:
		return "the peer's generation of VDP has no number for this manager";
	case VDP_SUBMIT_NO_PCP:
		return "the peer's generation of VDP has no priorities";
	case VDP_SUBMIT_NO_ORG:
		return "the peer's generation of VDP has no organizational TLVs";
	default:
		return "?";
	}
}

/** Octets of payload that TLVs can have beside the manager and the End TLV. */
static size_t room(const struct vdp_dialect *d)
{
	return d->payload_max - d->head_octets - (size_t)TLV_HEADER;
}

enum vdp_submit vdp_station_check(const struct vdp_table *t, const struct vdp_request *rq)
{
	const struct vdp_dialect *d = t->dialect;
	enum vdp_submit verdict;

	if (rq->op < VDP_PREASSOC || rq->op > VDP_ASSOC || vdp_filter_entry_len(rq->format) == 0 ||
		rq->subject.vsi.format < VSI_ID_IPV4 || rq->subject.vsi.format > VSI_ID_UUID ||
		rq->subject.type_id > 0xffffff || rq->n_filters == 0)
		return VDP_SUBMIT_BAD;
	if (rq->n_filters > vdp_filter_max(rq->format))
		return VDP_SUBMIT_TOO_LONG;
	if (!vdp_filters_are_legal(rq->format, rq->n_filters, rq->filters))
		return VDP_SUBMIT_BAD;
	verdict = d->check(rq, &t->cfg.managers);
	if (verdict != VDP_SUBMIT_OK)
		return verdict;
	if (d->octets(rq->format, rq->n_filters, 0) > TLV_HEADER + TLV_VALUE_MAX ||
		d->octets(rq->format, rq->n_filters, rq->org.len) > room(d))
		return VDP_SUBMIT_TOO_LONG;
	return VDP_SUBMIT_OK;
}

/** Is a request of this VSI with the bridge, so that a new one has to wait? */
static bool is_in_flight(const struct vsi *v)
{
	return v->machine == ST_TX_DEASSOC ||
	       (v->is_sent && v->machine != ST_WAIT && v->machine != ST_BACKOFF);
}

static void take_request(struct vdp_table *t, uint32_t i, struct vdp_cmd *c, uint32_t user, struct mono now)
{
	struct vsi *v = vsi_at(t, i);

	v->v.user = user;
	v->is_wanted = true;
	if (is_in_flight(v)) {
		vsi_put(t, i, &v->next, c);
		return;
	}
	v->tries = 0;
	vsi_put(t, i, &v->asked, c);
	if (v->v.state == VDP_STATE_NONE) { /* a new wish, whatever became of an older one */
		vsi_show(t, i, VDP_SHOW_PENDING, now);
		vsi_set_reason(t, i, "");
	}
	station_enter_proc(t, i, now);
	vsi_tell(t, i, CAUSE_REQUEST);
}

enum vdp_submit vdp_station_request(struct vdp_table *t, const struct vdp_request *rq, struct mono now)
{
	enum vdp_submit verdict = vdp_station_check(t, rq);
	struct vdp_cmd *c;
	uint32_t i;

	if (verdict != VDP_SUBMIT_OK)
		return verdict;
	c = vdp_cmd_new(&t->pool, rq, false);
	if (c == NULL)
		return VDP_SUBMIT_FULL;
	i = vsi_lookup(t, &rq->subject.vsi);
	if (i == VSI_NONE) {
		i = vsi_add(t, &rq->subject.vsi, now);
		if (i == VSI_NONE) {
			buddy_free(&t->pool, c);
			return VDP_SUBMIT_FULL;
		}
	} else if (!vsi_is_live(vsi_at(t, i))) {
		vsi_revive(t, i, now);
	}
	take_request(t, i, c, rq->user, now);
	return VDP_SUBMIT_OK;
}

enum vdp_submit vdp_station_restore(struct vdp_table *t, const struct vdp_saved *s, struct mono now)
{
	struct vdp_cmd *c = vdp_cmd_restore(&t->pool, s);
	uint32_t i;

	if (c == NULL)
		return VDP_SUBMIT_FULL;
	i = vsi_add(t, &s->rq.subject.vsi, now);
	if (i == VSI_NONE) {
		buddy_free(&t->pool, c);
		return VDP_SUBMIT_FULL;
	}
	take_request(t, i, c, s->rq.user, now);
	vsi_at(t, i)->is_at_bridge = true; /* perhaps: one that is not wanted any more has to be told */
	vsi_tell(t, i, CAUSE_RESTORED);
	return VDP_SUBMIT_OK;
}

enum vdp_submit vdp_station_deassociate(struct vdp_table *t, const struct vsi_id *id, struct mono now)
{
	uint32_t i = vdp_table_find(t, id);
	struct vsi *v;

	if (i == VSI_NONE)
		return VDP_SUBMIT_UNKNOWN;
	v = vsi_at(t, i);
	v->is_wanted = false;
	vsi_put(t, i, &v->next, NULL);
	vsi_set_reason(t, i, "de-associated on request");
	if (is_in_flight(v))
		return VDP_SUBMIT_OK; /* after the answer */
	station_settle(t, i, CAUSE_DEASSOC, now);
	return VDP_SUBMIT_OK;
}
