/*
 * rp_guess.c - the settings of the end that is replayed: from its own EVB TLV, and where the capture has none from what
 * timers ran: the gap between two transmissions, between keep-alives, the silence after which a bridge gave up.
 */
#include "rp_priv.h"

enum { UNIT_NS = 10000, EXPONENT_MAX = 31 }; /* 10 us * 2^e (evb-reference 3.1) */

/** The exponent of which this is the time, within 15 %. */
static bool exponent_of(struct dur d, uint8_t *ret)
{
	for (unsigned e = 0; e <= EXPONENT_MAX; e++) {
		uint64_t t = (uint64_t)UNIT_NS << e;

		if (d.ns >= t - t / 20 && d.ns <= t + t * 3 / 20) {
			*ret = (uint8_t)e;
			return true;
		}
	}
	return false;
}

static bool is_evb(const struct rp_msg *m)
{
	return m->kind == RP_LLDP && m->rec.lldp.err == LLDP_OK &&
	       (m->rec.lldp.evb_org.is_decoded || m->rec.lldp.draft_org.is_decoded);
}

static bool has_heard(const struct cap_lldp *l)
{
	if (!l->evb_org.is_decoded)
		return l->draft_org.is_decoded && l->draft.ccap != 0;
	if (l->evb.mode == EVB_MODE_STATION)
		return l->evb.rol_rwd || l->evb.rol_rka ||
		       (l->evb.station_raw & EVB_RRSTAT_MASK) != EVB_RRSTAT_UNKNOWN;
	return l->evb.rol_rwd || l->evb.rol_rka || l->evb.station_raw != 0;
}

static void from_tlv(const struct cap_lldp *l, struct rp_guess *g)
{
	if (l->draft_org.is_decoded && !l->evb_org.is_decoded) {
		g->rte = l->draft.rte;
		g->reflective_relay = (l->draft.smode & EVB_DRAFT_RR) != 0;
		return;
	}
	g->retries = l->evb.retries;
	g->rte = l->evb.rte;
	g->rwd = l->evb.rwd;
	g->rka = l->evb.rka;
	if (l->evb.mode == EVB_MODE_STATION) {
		g->reflective_relay = (l->evb.station_raw & EVB_RRREQ) != 0;
		g->group_ids = (l->evb.station_raw & EVB_SGID) != 0;
	} else {
		g->reflective_relay = (l->evb.bridge_raw & EVB_RRCAP) != 0;
		g->group_ids = (l->evb.bridge_raw & EVB_BGID) != 0;
	}
}

/* The first command of that VSI before this one. */
static const struct rp_msg *said_before(const struct replay *r, uint32_t cmd, bool by_own)
{
	const struct rp_cmd *c = &r->cap.cmd[cmd];
	uint16_t context = r->cap.msg[c->msg].context;

	for (uint32_t i = cmd; i-- > 0;) {
		const struct rp_msg *m = &r->cap.msg[r->cap.cmd[i].msg];

		if ((by_own ? m->is_own : m->is_peer) && m->context == context &&
			vsi_id_equal(&r->cap.cmd[i].vsi, &c->vsi))
			return m;
	}
	return NULL;
}

/* A bridge's De-Associate: 1.5 times what is looked for, and (2R+1) ack times (evb-reference 6.6). */
static void from_silence(const struct replay *r, uint32_t cmd, struct rp_guess *g)
{
	const struct rp_msg *m = said_before(r, cmd, false);
	struct vdp_params p = { .retries = g->retries, .rte = g->rte };
	struct dur silence;
	uint64_t acks;

	if (m == NULL)
		return;
	silence = mono_since(m->at, r->cap.msg[r->cap.cmd[cmd].msg].at);
	acks = (2 * (uint64_t)p.retries + 1) * vdp_ack_time(&p).ns;
	if (silence.ns * 2 / 3 > acks)
		(void)exponent_of(dur_ns(silence.ns * 2 / 3 - acks), &g->rka);
}

static void from_timers(const struct replay *r, uint16_t context, struct rp_guess *g)
{
	for (uint32_t i = 1; i < r->cap.n; i++) {
		const struct rp_msg *m = &r->cap.msg[i];

		if (m->context == context && m->is_own && m->kind == RP_REQUEST && m->nth > 0)
			(void)exponent_of(mono_since(r->cap.msg[i - 1].at, m->at), &g->rte);
	}
	for (uint32_t i = 0; i < r->cap.n_cmds; i++) {
		const struct rp_cmd *c = &r->cap.cmd[i];
		const struct rp_msg *m = &r->cap.msg[c->msg], *last;

		if (m->context != context || m->nth > 0)
			continue;
		if (c->kind == RP_WITHDRAW && m->is_own)
			from_silence(r, i, g);
		last = c->kind == RP_COMMAND && c->is_repeat ? said_before(r, i, m->is_own) : NULL;
		if (last != NULL)
			(void)exponent_of(mono_since(last->at, m->at), &g->rka);
	}
}

/* Both ends have GroupIDs if an answer with one was a success. */
static bool has_group_ids(const struct replay *r, uint16_t context)
{
	enum { FORMAT = 22 }; /* in the value: status, VTID, version, VSIID format and VSIID before it */

	for (uint32_t i = 0; i < r->cap.n_cmds; i++) {
		const struct rp_cmd *c = &r->cap.cmd[i];
		const struct rp_msg *m = &r->cap.msg[c->msg];

		if (c->kind == RP_ANSWER && m->context == context && m->rec.generation == CAP_GEN_RATIFIED &&
			(c->status & VDP_STATUS_ERROR) == 0 && c->op != VDP_DEASSOC &&
			c->value.len > FORMAT && c->value.ptr[FORMAT] >= VDP_FILTER_GROUP_VID)
			return true;
	}
	return false;
}

/* Both generations: the port chooses by what it hears. */
static bool is_auto_there(const struct replay *r, uint16_t context)
{
	bool has[2] = { false, false };

	for (uint32_t i = 0; i < r->cap.n; i++) {
		const struct rp_msg *m = &r->cap.msg[i];

		if (m->context == context && m->is_own && m->rec.generation != CAP_GEN_NONE)
			has[m->rec.generation == CAP_GEN_DRAFT02] = true;
	}
	return has[0] && has[1];
}

static bool is_draft_there(const struct replay *r, uint16_t context)
{
	for (uint32_t i = 0; i < r->cap.n; i++) {
		const struct rp_msg *m = &r->cap.msg[i];

		if (m->context == context && (m->is_own || (r->is_absent && m->is_peer)) &&
			m->rec.generation != CAP_GEN_NONE)
			return m->rec.generation == CAP_GEN_DRAFT02;
	}
	return false;
}

struct rp_guess rp_guess_of(const struct replay *r, uint16_t context)
{
	struct rp_guess g = { .peer_tlv = RP_NONE,
		.own_tlv = RP_NONE,
		.retries = 3,
		.rte = 8,
		.rwd = 20,
		.rka = 20,
		.reflective_relay = true };
	uint32_t vdp = RP_NONE;

	for (uint32_t i = 0; i < r->cap.n; i++) {
		const struct rp_msg *m = &r->cap.msg[i];

		if (m->context != context)
			continue;
		if (m->is_own && is_evb(m) && g.own_tlv == RP_NONE)
			g.own_tlv = i;
		if (m->is_peer && is_evb(m) && g.peer_tlv == RP_NONE)
			g.peer_tlv = i;
		if ((m->is_own || m->is_peer) && m->n_cmds > 0 && vdp == RP_NONE)
			vdp = i;
	}
	g.has_peer_tlv = g.peer_tlv != RP_NONE;
	g.is_auto = is_auto_there(r, context);
	g.is_draft = is_draft_there(r, context);
	if (g.own_tlv != RP_NONE)
		from_tlv(&r->cap.msg[g.own_tlv].rec.lldp, &g);
	else
		from_timers(r, context, &g);
	if (!g.has_peer_tlv)
		g.group_ids |= has_group_ids(r, context);
	g.needs_preamble = g.has_peer_tlv && ((vdp != RP_NONE && vdp < g.peer_tlv) ||
						     (g.own_tlv != RP_NONE && g.own_tlv < g.peer_tlv &&
							     has_heard(&r->cap.msg[g.own_tlv].rec.lldp)));
	return g;
}

struct dur rp_tout_keep_alive(const struct rp_guess *g)
{
	struct vdp_params p = { .retries = g->retries, .rte = g->rte, .rwd = g->rwd, .rka = g->rka };

	return vdp_dialect_of(g->is_draft ? QBG_DRAFT : QBG_RATIFIED)->timers(&p).tout_keep_alive;
}

/* Is this own command somebody's wish, not the machines' doing? */
static bool is_wish(const struct replay *r, uint32_t cmd)
{
	const struct rp_cmd *c = &r->cap.cmd[cmd];
	const struct rp_msg *m = &r->cap.msg[c->msg], *last;
	struct rp_guess g;
	struct dur tout;

	if (!m->is_own || m->nth > 0)
		return false;
	if (c->kind == RP_COMMAND)
		return !c->is_repeat;
	if (c->kind != RP_WITHDRAW)
		return false;
	g = rp_guess_of(r, m->context);
	tout = rp_tout_keep_alive(&g);
	last = said_before(r, cmd, false);
	return last == NULL || mono_since(last->at, m->at).ns < tout.ns - tout.ns / 10;
}

void rp_find_wishes(struct replay *r)
{
	for (uint32_t i = 0; i < r->cap.n_cmds; i++)
		r->cap.cmd[i].is_wish = is_wish(r, i);
}
