/*
 * judge_lldp.c - an LLDPDU into the model: agents and their rate, the EVB TLVs and the CDCP lists of both ends.
 *
 * The rules are asked while the model still is what it was before the frame, so that they can compare.
 */
#include "judge_priv.h"

enum { CREDIT_UNIT = 1000 /* a frame */, CREDIT_MAX = 10 * CREDIT_UNIT /* txCreditMax at most, 2.4 */ };

static bool agent_of(struct mac da, enum jd_agent *ret)
{
	const struct mac das[JD_AGENTS] = { [JD_NCB] = MAC_NEAREST_CUSTOMER_BRIDGE,
		[JD_NTPMR] = MAC_NEAREST_NON_TPMR_BRIDGE,
		[JD_NB] = MAC_NEAREST_BRIDGE };

	for (unsigned i = 0; i < JD_AGENTS; i++) {
		if (mac_equal(da, das[i])) {
			*ret = (enum jd_agent)i;
			return true;
		}
	}
	return false;
}

/** txCredit grows by a frame a second (2.5). */
static void refill(struct jd_lldp *a, struct mono now)
{
	uint64_t ms = mono_since(a->last, now).ns / dur_ms(1).ns;

	if (!a->is_known)
		a->credit_ms = CREDIT_MAX;
	else
		a->credit_ms = (uint32_t)(ms > CREDIT_MAX - a->credit_ms ? CREDIT_MAX : a->credit_ms + ms);
}

static void count_frame(struct jd_ctx *x, uint16_t ttl_s)
{
	struct jd_lldp *a = &x->end->lldp[x->agent];

	a->credit_ms = a->credit_ms > CREDIT_UNIT ? a->credit_ms - CREDIT_UNIT : 0;
	a->is_known = true;
	a->last = x->now;
	a->ttl_s = ttl_s;
	if (ttl_s > x->j->max_ttl_s)
		x->j->max_ttl_s = ttl_s;
}

static void note_said(struct jd_said *s, struct mono now)
{
	s->at[2] = s->at[1];
	s->at[1] = s->at[0];
	s->at[0] = now;
}

static bool same_evb(const struct evb_tlv *a, const struct evb_tlv *b)
{
	return a->bridge_raw == b->bridge_raw && a->station_raw == b->station_raw &&
	       a->retries == b->retries && a->rte == b->rte && a->mode == b->mode &&
	       a->rol_rwd == b->rol_rwd && a->rwd == b->rwd && a->rol_rka == b->rol_rka && a->rka == b->rka;
}

static void restart(struct jd_ctx *x, struct jd_end *e, enum evb_mode mode)
{
	e->restarted = x->now;
	if (mode == EVB_MODE_STATION)
		jd_vsi_restart(x->j, e);
}

static bool has_asked(const struct jd_end *e)
{
	return e != NULL && (e->tx[JD_ECP_VDP].n > 0 || e->tx[JD_ECP_CSP].n > 0);
}

/* Who is asked something by ECP was there, perhaps before the capture began; and a bridge that has said something by it had
 * heard its station. (lldpad's station asks before it has heard a bridge.) */
static bool may_be_old(const struct jd_ctx *x, const struct evb_tlv *t)
{
	return has_asked(x->peer) || (t->mode == EVB_MODE_BRIDGE && has_asked(x->end));
}

/** An end that says that it has heard nobody, and did otherwise before, has started anew or lost its peer: what came
 * before does not bind it. */
static void note_restart(struct jd_ctx *x, const struct evb_tlv *t)
{
	bool is_first = t->mode == EVB_MODE_STATION
				? t->bridge_raw == 0 &&
					  (t->station_raw & EVB_RRSTAT_MASK) == EVB_RRSTAT_UNKNOWN
				: t->station_raw == 0 && (x->peer == NULL || !x->peer->evb.is_known ||
								 x->peer->evb.tlv.station_raw != 0);
	uint16_t vid;

	if (!is_first || (!x->end->evb.is_known && mono_is_never(x->end->gone) && !may_be_old(x, t)) ||
		(x->end->evb.is_known && same_evb(&x->end->evb.tlv, t)))
		return;
	x->end->lldp[JD_NCB].credit_ms = CREDIT_MAX;
	restart(x, x->end, t->mode);
	if (cap_eth_vid(&x->rec->eth, CAP_S_TAG, &vid))
		return;
	for (uint32_t i = 0; i < x->j->n_ends; i++) { /* the port, so its S-channels, too */
		struct jd_end *e = &x->j->ends[i];

		if (e->in_use && e != x->end && mac_equal(e->mac, x->end->mac))
			restart(x, e, t->mode);
	}
}

static void store_evb(struct jd_ctx *x)
{
	const struct evb_tlv *t = &x->rec->lldp.evb;
	struct jd_evb *e = &x->end->evb;
	bool is_ungranted = t->mode == EVB_MODE_BRIDGE &&
			    (t->bridge_raw & (EVB_RRCAP | EVB_RRCTR)) == EVB_RRCAP &&
			    (t->station_raw & EVB_RRREQ) != 0;

	if (t->mode == EVB_MODE_BRIDGE || t->mode == EVB_MODE_STATION)
		jd_set_role(x->end, t->mode == EVB_MODE_BRIDGE ? JUDGE_BRIDGE : JUDGE_STATION, 3);
	e->n_ungranted = !is_ungranted ? 0 : e->n_ungranted < UINT8_MAX ? e->n_ungranted + 1 : UINT8_MAX;
	note_said(&e->said, x->now);
	if (e->is_known && same_evb(&e->tlv, t)) {
		e->n++;
		return;
	}
	if (!mono_is_never(x->end->gone)) {
		x->end->left = x->end->gone;
		x->end->back = x->now;
	}
	x->end->gone = MONO_NEVER;
	e->has_prev = e->is_known;
	e->prev = e->tlv;
	if (!e->is_known)
		e->known_from = x->now;
	e->is_known = true;
	e->tlv = *t;
	e->since = x->now;
	e->n = 1;
	jd_vsi_rearm(x->j, x->end);
}

static bool same_cdcp(const struct cdcp_tlv *a, const struct cdcp_tlv *b)
{
	if (a->role != b->role || a->has_scomp != b->has_scomp || a->chn_cap != b->chn_cap ||
		a->n_pairs != b->n_pairs)
		return false;
	return memcmp(a->pair, b->pair, a->n_pairs * sizeof(a->pair[0])) == 0;
}

static void store_cdcp(struct jd_ctx *x)
{
	const struct cdcp_tlv *t = &x->rec->lldp.cdcp;
	struct jd_cdcp *c = &x->end->cdcp;

	if (x->end->rank < 3) /* the EVB TLV says more about an end than the CDCP TLV of its UAP */
		jd_set_role(x->end, t->role == CDCP_ROLE_STATION ? JUDGE_STATION : JUDGE_BRIDGE, 3);
	note_said(&c->said, x->now);
	if (c->is_known && same_cdcp(&c->tlv, t)) {
		c->n++;
		return;
	}
	c->has_prev = c->is_known;
	c->prev = c->tlv;
	c->is_known = true;
	c->tlv = *t;
	c->since = x->now;
	c->n = 1;
	for (unsigned i = 0; i < t->n_pairs; i++)
		c->listed |= jd_pair_bit(t->pair[i]);
}

/** The TLV is gone: withdrawn, or the agent shut down (3.3). */
static void forget_evb(struct jd_end *e, struct mono now)
{
	e->gone = now;
	e->evb.is_known = e->evb.has_prev = false;
}

static void take_sound(struct jd_ctx *x)
{
	const struct cap_lldp *l = &x->rec->lldp;

	if (l->pdu.ttl_s != 0 && l->evb_org.is_decoded)
		jd_run(x, JD_ON_EVB);
	if (l->draft_org.is_decoded)
		jd_run(x, JD_ON_DRAFT_EVB);
	if (l->cdcp_org.is_decoded)
		jd_run(x, JD_ON_CDCP);
	if (x->is_agent_known)
		count_frame(x, l->pdu.ttl_s);
	if (l->evb_org.is_decoded)
		store_evb(x);
	else if (l->pdu.ttl_s == 0 && x->is_agent_known && x->agent == JD_NCB)
		forget_evb(x->end, x->now);
	if (l->cdcp_org.is_decoded)
		store_cdcp(x);
	else if (l->pdu.ttl_s == 0 && x->is_agent_known && x->agent == JD_NTPMR)
		x->end->cdcp.is_known = false;
}

void jd_take_lldp(struct jd_ctx *x)
{
	const struct cap_lldp *l = &x->rec->lldp;

	x->is_agent_known = agent_of(x->rec->eth.da, &x->agent);
	if (x->is_agent_known)
		refill(&x->end->lldp[x->agent], x->now);
	if (l->err == LLDP_OK && l->evb_org.is_decoded)
		note_restart(x, &l->evb);
	jd_run(x, JD_ON_LLDP);
	if (l->err == LLDP_OK)
		take_sound(x);
	jd_reflect_watch(x->j);
	jd_signs_of_life(x);
	jd_vsi_signs(x);
}
