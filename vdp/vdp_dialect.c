/*
 * vdp_dialect.c - the table of VDP's dialects (802.1Q clause 41, evb-reference 6; 7.3, 7.4).
 *
 * Ratified: codec in vdp_tlv.c, waits from the negotiated exponents (vdp.c). Draft: codec and the table of its response
 * codes in vdp_draft_tlv.c; its waits are fixed:
 *
 *   respWaitDelay      3 s      2 * 500 ms * 3, twice the time of an ECPDU that is given up
 *   reinitKeepAlive   10 s
 *   toutKeepAlive     33 s      three keep-alives and one wait
 *   resourceWaitDelay  2 s      so that the bridge's answer, or refusal, is there before the station's wait is over
 */
#include "vdp_dialect.h"

#include "vdp_draft_tlv.h"
#include "vdp_table.h"

enum { RATIFIED_PAYLOAD = 1494, MANAGER_OCTETS = TLV_HEADER + VDP_MANAGER_LEN };

/* ---- managers ---- */

static unsigned octet_at(const struct vdp_manager_map *map)
{
	return VDP_MANAGER_LEN - 1u - map->from_right % VDP_MANAGER_LEN;
}

struct vdp_manager vdp_manager_of_octet(const struct vdp_manager_map *map, uint8_t octet)
{
	struct vdp_manager m = map->base;

	m.id[octet_at(map)] = octet;
	return m;
}

bool vdp_manager_octet(const struct vdp_manager_map *map, const struct vdp_manager *m, uint8_t *ret)
{
	struct vdp_manager same = vdp_manager_of_octet(map, m->id[octet_at(map)]);

	if (!vdp_manager_equal(&same, m))
		return false;
	*ret = m->id[octet_at(map)];
	return true;
}

/* ---- ratified ---- */

static bool ratified_next(struct vdp_pdu *p, const struct vdp_manager_map *map, struct vdp_pdu_item *ret)
{
	(void)map;
	return vdp_pdu_next(p, ret);
}

static enum vdp_err ratified_decode(
	enum vdp_role role, const struct vdp_pdu_item *item, struct vdp_assoc *ret)
{
	(void)role;
	return vdp_assoc_decode(item->op, item->value, ret);
}

static void ratified_encode(const struct vdp_assoc *a, const struct vdp_manager *m,
	const struct vdp_manager_map *map, struct wr *w)
{
	(void)m;
	(void)map;
	vdp_assoc_encode(a, w);
}

static void ratified_echo(const struct vdp_pdu_item *item, enum vdp_op op, uint8_t status, struct wr *w)
{
	size_t mark = w->len;

	tlv_put(w, (uint8_t)op, item->value);
	if (!w->bad)
		w->buf[mark + TLV_HEADER] = status;
}

static enum vdp_submit ratified_check(const struct vdp_request *rq, const struct vdp_manager_map *map)
{
	(void)rq;
	(void)map;
	return VDP_SUBMIT_OK;
}

static uint8_t ratified_error(uint8_t error)
{
	if (error == VDP_E_MANAGER_UNKNOWN)
		return VDP_E_NO_MANAGER;
	return error > VDP_E_ADDRESS ? VDP_E_OTHER : error;
}

static struct vdp_timers ratified_timers(const struct vdp_params *p)
{
	return (struct vdp_timers){
		.resource_wait_delay = vdp_resource_wait_delay(p),
		.resp_wait_delay = vdp_resp_wait_delay(p),
		.reinit_keep_alive = vdp_reinit_keep_alive(p),
		.tout_keep_alive = vdp_tout_keep_alive(p),
	};
}

/* ---- draft ---- */

static void draft_head(const struct vdp_manager *m, struct wr *w)
{
	(void)m;
	(void)w;
}

static enum vdp_submit draft_check(const struct vdp_request *rq, const struct vdp_manager_map *map)
{
	uint8_t octet;

	if (rq->format != VDP_FILTER_MAC_VID)
		return VDP_SUBMIT_NO_FORMAT;
	if (rq->subject.vsi.format != VSI_ID_UUID)
		return VDP_SUBMIT_NO_ID;
	if (!vdp_manager_octet(map, &rq->subject.manager, &octet))
		return VDP_SUBMIT_NO_MANAGER;
	for (unsigned i = 0; i < rq->n_filters; i++)
		if (rq->filters[i].has_pcp)
			return VDP_SUBMIT_NO_PCP;
	return rq->org.len > 0 ? VDP_SUBMIT_NO_ORG : VDP_SUBMIT_OK;
}

static uint8_t draft_error(uint8_t error)
{
	return error > VDP_E_LAST ? VDP_E_OTHER : error;
}

static struct vdp_timers draft_timers(const struct vdp_params *p)
{
	(void)p;
	return (struct vdp_timers){
		.resource_wait_delay = dur_s(2),
		.resp_wait_delay = dur_s(3),
		.reinit_keep_alive = dur_s(10),
		.tout_keep_alive = dur_s(33),
	};
}

const struct vdp_dialect *vdp_dialect_of(enum qbg_edition e)
{
	static const struct vdp_dialect dialects[QBG_EDITIONS] = {
		[QBG_RATIFIED] = {
			.edition = QBG_RATIFIED,
			.payload_max = RATIFIED_PAYLOAD,
			.head_octets = MANAGER_OCTETS,
			.jitter_percent = 18,
			.has_keep = true,
			.has_pcp = true,
			.binds_filters = true,
			.may_lose = true,
			.open = vdp_pdu_open,
			.next = ratified_next,
			.decode = ratified_decode,
			.head = vdp_manager_encode,
			.encode = ratified_encode,
			.octets = vdp_assoc_octets,
			.echo = ratified_echo,
			.check = ratified_check,
			.error = ratified_error,
			.timers = ratified_timers,
		},
		[QBG_DRAFT] = {
			.edition = QBG_DRAFT,
			.payload_max = VDP_DRAFT_PAYLOAD,
			.spares_preassoc = true,
			.open = vdp_draft_pdu_open,
			.next = vdp_draft_pdu_next,
			.decode = vdp_draft_decode,
			.head = draft_head,
			.encode = vdp_draft_encode,
			.octets = vdp_draft_octets,
			.echo = vdp_draft_echo,
			.check = draft_check,
			.error = draft_error,
			.timers = draft_timers,
		},
	};

	return &dialects[e < QBG_EDITIONS ? e : QBG_RATIFIED];
}
