/*
 * vdp_restore.c - VSIs across a restart of the daemon (802.1Q 41.5 knows nothing of it; evb-reference 6.7, 6.8).
 *
 *   before          kept                                   after
 *   bridge          the confirmed state and its filters    BR_WAIT in that state, for one toutKeepAlive
 *   station         what the user wants most recently      ST_PROC, as if asked again
 *
 * Both keep the filters twice, as asked and with the VIDs and PCPs in force. So a restored bridge recognises either
 * form of a keep-alive, and a restored station first asks for what it had, which its bridge takes for a keep-alive;
 * if that is refused it asks with the VIDs its user gave.
 *
 * What was kept may have been tampered with or be somebody else's: it has to be legal like a request from outside.
 */
#include "vdp_bridge.h"
#include "vdp_station.h"

bool vdp_table_save(const struct vdp_table *t, uint32_t vsi, struct vdp_filter room[2 * VDP_FILTERS_MAX],
	struct vdp_saved *ret)
{
	const struct vsi *v = vsi < t->high ? vsi_at(t, vsi) : NULL;
	const struct vdp_cmd *c;

	if (v == NULL || !vsi_is_live(v))
		return false;
	if (t->cfg.role == VDP_BRIDGE)
		c = v->force;
	else if (!v->is_wanted)
		c = NULL;
	else
		c = v->next != NULL ? v->next : v->asked != NULL ? v->asked : v->force;
	if (c == NULL)
		return false;
	*ret = (struct vdp_saved){ .rq = { .subject = v->v.subject, .user = v->v.user },
		.edition = t->dialect->edition };
	if (t->cfg.role == VDP_BRIDGE)
		ret->keep_alive = t->wait.tout_keep_alive;
	vdp_cmd_save(c, room, ret);
	if (t->cfg.role == VDP_STATION && c == v->force)
		ret->rq.is_migrating = false; /* the VM has arrived; asking again is no migration */
	return true;
}

/** A bridge that has answered knows every VID. */
static bool is_granted(const struct vdp_saved *s)
{
	for (unsigned i = 0; i < s->rq.n_filters; i++)
		if (s->granted[i].vid == 0)
			return false;
	return true;
}

enum vdp_submit vdp_table_restore(struct vdp_table *t, const struct vdp_saved *s, struct mono now)
{
	enum vdp_submit verdict = vdp_station_check(t, &s->rq);

	if (verdict != VDP_SUBMIT_OK)
		return verdict;
	if (!vdp_filters_are_legal(s->rq.format, s->rq.n_filters, s->granted) ||
		vsi_lookup(t, &s->rq.subject.vsi) != VSI_NONE)
		return VDP_SUBMIT_BAD;
	if (t->cfg.role == VDP_STATION)
		return vdp_station_restore(t, s, now);
	return is_granted(s) ? vdp_bridge_restore(t, s, now) : VDP_SUBMIT_BAD;
}
