/*
 * rp_peer.c - the scripted peer: which of its frames are due, with the numbers the device under test uses; what it would
 * say to a request that the capture does not have; and what it does wrong when told to.
 */
#include "rp_priv.h"

enum { IMPROVISED_ACK_US = 200, IMPROVISED_ANSWER_MS = 2, EXTRA_SEQ = 0x4000 };

void rp_peer_release(struct replay *r, uint32_t c, struct mono now)
{
	const struct rp_msg *own = &r->cap.msg[c];

	for (uint32_t i = c + 1; i < r->cap.n; i++) {
		struct rp_msg *m = &r->cap.msg[i];

		if (!m->is_peer || m->cause != c || m->is_done || !mono_is_never(m->due))
			continue;
		m->due = mono_add(now, mono_since(own->at, m->at));
		if (m->kind == RP_ACK)
			m->due = mono_add(m->due, r->cfg.faults.delay_acks);
	}
}

/* ---- improvised frames ---- */

static size_t header_of(const struct rp_msg *m)
{
	return (size_t)(m->rec.eth.payload.ptr - m->rec.frame.octets.ptr);
}

/* The Ethernet header of an own frame, from the peer. */
static struct rp_extra *begin_extra(
	struct replay *r, const struct rp_msg *own, struct mono at, struct wr *ret)
{
	struct rp_extra *x;

	if (r->n_extras == RP_EXTRAS)
		return NULL;
	x = &r->extra[r->n_extras];
	x->at = at;
	*ret = wr_init(x->octets, sizeof(x->octets));
	wr_copy(ret, own->octets, header_of(own));
	memcpy(x->octets + sizeof(r->peer.b), r->peer.b, sizeof(r->peer.b));
	return x;
}

static void end_extra(struct replay *r, struct rp_extra *x, const struct wr *w)
{
	enum { FRAME_MIN = 60 };

	if (w->bad)
		return;
	x->len = w->len;
	if (x->len < FRAME_MIN) {
		memset(x->octets + x->len, 0, FRAME_MIN - x->len);
		x->len = FRAME_MIN;
	}
	r->n_extras++;
}

static void improvise_ack(struct replay *r, const struct rp_msg *m)
{
	struct ecp_hdr hdr = m->rec.ecp.hdr;
	struct wr w;
	struct rp_extra *x = begin_extra(r, m, mono_add(m->at, dur_us(IMPROVISED_ACK_US)), &w);

	if (x == NULL)
		return;
	hdr.op = ECP_OP_ACK;
	m->rec.ecp.dialect->encode(&hdr, &w);
	end_extra(r, x, &w);
}

/* What the bridge of the capture said last of that VSI and command. */
static const struct rp_cmd *answer_to(const struct replay *r, const struct rp_cmd *c, uint16_t context)
{
	for (uint32_t i = r->cap.n_cmds; i-- > 0;) {
		const struct rp_cmd *a = &r->cap.cmd[i];
		const struct rp_msg *of = &r->cap.msg[a->msg];

		if (a->kind == RP_ANSWER && of->is_peer && of->context == context &&
			vsi_id_equal(&a->vsi, &c->vsi) && (a->op == c->op || a->op == VDP_DEASSOC))
			return a;
	}
	return NULL;
}

static uint8_t status_of(const struct rp_cmd *a, bool is_draft)
{
	enum { DRAFT_RESP = 5 };

	if (!is_draft)
		return a->status;
	return a->value.ptr[DRAFT_RESP] == 0 ? VDP_STATUS_RESPONSE : VDP_STATUS_RESPONSE | VDP_E_RESOURCES;
}

static bool put_answers(struct replay *r, const struct rp_msg *m, struct wr *w)
{
	const struct vdp_dialect *d = vdp_dialect_of(m->rec.ecp.dialect->edition);
	static const struct vdp_manager_map no_map;
	struct vdp_pdu pdu = m->rec.ecp.vdp;
	struct vdp_pdu_item item;
	uint32_t k = m->first_cmd;
	bool has_any = false;

	while (k < m->first_cmd + m->n_cmds && d->next(&pdu, &no_map, &item)) {
		const struct rp_cmd *a = answer_to(r, &r->sent.cmd[k], m->context);

		k++;
		if (a == NULL)
			continue;
		if (!has_any && d->head_octets > 0)
			d->head(&item.manager, w);
		item.value = a->value; /* with the VIDs it gave */
		d->echo(&item, a->op, status_of(a, d->edition == QBG_DRAFT), w);
		has_any = true;
	}
	tlv_put(w, TLV_END, span_of(NULL, 0));
	return has_any;
}

static void improvise_answer(struct replay *r, const struct rp_msg *m)
{
	struct ecp_hdr hdr = m->rec.ecp.hdr;
	struct wr w;
	struct rp_extra *x = begin_extra(r, m, mono_add(m->at, dur_ms(IMPROVISED_ANSWER_MS)), &w);

	if (x == NULL)
		return;
	hdr.seq = (uint16_t)(EXTRA_SEQ + r->extra_seq++);
	m->rec.ecp.dialect->encode(&hdr, &w);
	if (put_answers(r, m, &w))
		end_extra(r, x, &w);
}

/* Does the peer of the capture acknowledge anything there? */
static bool is_there(const struct replay *r, uint16_t context)
{
	for (uint32_t i = 0; i < r->cap.n; i++)
		if (r->cap.msg[i].is_peer && r->cap.msg[i].kind == RP_ACK && r->cap.msg[i].context == context)
			return true;
	return false;
}

void rp_peer_improvise(struct replay *r, const struct rp_msg *m)
{
	if (!is_there(r, m->context))
		return;
	improvise_ack(r, m);
	if (m->nth == 0 && r->cfg.role == JUDGE_STATION && m->rec.ecp.is_vdp &&
		m->rec.ecp.vdp_err == VDP_PDU_OK)
		improvise_answer(r, m);
}

void rp_peer_extra(struct replay *r, struct span octets, struct mono at)
{
	struct rp_extra *x = &r->extra[r->n_extras];

	if (r->n_extras == RP_EXTRAS || octets.len > sizeof(x->octets))
		return;
	x->at = at;
	x->len = octets.len;
	memcpy(x->octets, octets.ptr, octets.len);
	r->n_extras++;
}

/* ---- faults ---- */

static bool is_granted(const struct rp_cmd *c, bool is_draft)
{
	return c->kind == RP_ANSWER && c->op != VDP_DEASSOC &&
	       (status_of(c, is_draft) & VDP_STATUS_ERROR) == VDP_E_SUCCESS;
}

/* The message once more, with every grant in it refused, or with a De-Associate of what it grants. */
static bool rewrite(struct replay *r, const struct rp_msg *m, bool is_refusal, struct wr *w)
{
	const struct vdp_dialect *d = vdp_dialect_of(m->rec.ecp.dialect->edition);
	const struct replay_faults *f = &r->cfg.faults;
	static const struct vdp_manager_map no_map;
	uint8_t status = (uint8_t)(VDP_STATUS_RESPONSE | f->error | (f->keep ? VDP_STATUS_KEEP : 0) |
				   (f->hard ? VDP_STATUS_HARD : 0));
	struct vdp_pdu pdu = m->rec.ecp.vdp;
	struct vdp_pdu_item item;
	bool has_any = false;
	uint32_t k = m->first_cmd;

	while (k < m->first_cmd + m->n_cmds && d->next(&pdu, &no_map, &item)) {
		const struct rp_cmd *c = &r->cap.cmd[k++];
		bool is_grant = is_granted(c, d->edition == QBG_DRAFT);

		if (!is_grant && !is_refusal)
			continue;
		if (!has_any && d->head_octets > 0)
			d->head(&item.manager, w);
		has_any = true;
		if (!is_refusal)
			d->echo(&item, VDP_DEASSOC, 0, w);
		else if (is_grant)
			d->echo(&item, f->keep ? item.op : VDP_DEASSOC, status, w);
		else
			d->echo(&item, item.op, status_of(c, d->edition == QBG_DRAFT), w);
	}
	tlv_put(w, TLV_END, span_of(NULL, 0));
	return has_any;
}

static void plan_deassociate(struct replay *r, const struct rp_msg *m, struct mono now)
{
	struct ecp_hdr hdr = m->rec.ecp.hdr;
	struct wr w;
	struct rp_extra *x = begin_extra(r, m, mono_add(now, r->cfg.faults.deassociate_after), &w);

	if (x == NULL)
		return;
	hdr.seq = (uint16_t)(EXTRA_SEQ + r->extra_seq++);
	m->rec.ecp.dialect->encode(&hdr, &w);
	if (rewrite(r, m, false, &w))
		end_extra(r, x, &w);
}

static void refuse(struct replay *r, const struct rp_msg *m)
{
	struct wr w = wr_init(r->out.octets, sizeof(r->out.octets));

	wr_copy(&w, m->octets, header_of(m));
	m->rec.ecp.dialect->encode(&m->rec.ecp.hdr, &w);
	if (rewrite(r, m, true, &w) && !w.bad)
		r->out.len = w.len;
}

/* ---- handing out ---- */

/* The number that the device under test gave the request of the capture. */
static bool number_of(const struct replay *r, const struct rp_msg *ack, uint16_t *ret)
{
	const struct rp_msg *c;

	if (ack->cause == RP_NONE)
		return false;
	c = &r->cap.msg[ack->cause];
	if (c->twin == RP_NONE)
		c = &r->cap.msg[c->first];
	if (c->twin == RP_NONE)
		return false;
	*ret = r->sent.msg[c->twin].rec.ecp.hdr.seq;
	return true;
}

static void renumber(struct replay *r, const struct rp_msg *m)
{
	struct ecp_hdr hdr = m->rec.ecp.hdr;
	struct wr w = wr_init(r->out.octets + header_of(m), ECP_HEADER_MAX);

	if (!number_of(r, m, &hdr.seq) && r->cfg.faults.wrong_sequences == 0)
		return;
	if (r->cfg.faults.wrong_sequences > 0) {
		r->cfg.faults.wrong_sequences--;
		r->has_dropped = true;
		hdr.seq ^= EXTRA_SEQ;
	}
	m->rec.ecp.dialect->encode(&hdr, &w);
}

/* False: it is one of those that are lost on purpose. */
static bool prepare(struct replay *r, struct rp_msg *m, struct mono now)
{
	const struct replay_faults *f = &r->cfg.faults;
	bool is_vdp = m->kind == RP_REQUEST && m->rec.ecp.is_vdp && m->rec.ecp.vdp_err == VDP_PDU_OK;

	r->out.len = m->rec.frame.octets.len < sizeof(r->out.octets) ? m->rec.frame.octets.len
								     : sizeof(r->out.octets);
	memcpy(r->out.octets, m->octets, r->out.len);
	if (m->kind == RP_ACK && f->drop_acks > 0) {
		r->cfg.faults.drop_acks--;
		r->has_dropped = true;
		return false;
	}
	if (m->kind == RP_ACK)
		renumber(r, m);
	if (is_vdp && f->has_refusal && r->cfg.role == JUDGE_STATION)
		refuse(r, m);
	else if (is_vdp && f->has_deassociate && r->cfg.role == JUDGE_STATION)
		plan_deassociate(r, m, now);
	return true;
}

static void duplicate(struct replay *r, struct mono now)
{
	if (!r->cfg.faults.duplicate || r->n_extras == RP_EXTRAS)
		return;
	r->extra[r->n_extras] = r->out;
	r->extra[r->n_extras++].at = mono_add(now, dur_us(IMPROVISED_ACK_US));
}

static bool take_extra(struct replay *r, struct mono now, struct span *ret)
{
	for (unsigned i = 0; i < r->n_extras; i++) {
		if (!mono_reached(r->extra[i].at, now))
			continue;
		r->out = r->extra[i];
		r->extra[i] = r->extra[--r->n_extras];
		*ret = span_of(r->out.octets, r->out.len);
		return true;
	}
	return false;
}

static struct rp_msg *earliest(const struct replay *r)
{
	struct rp_msg *best = NULL;

	for (uint32_t i = r->next_peer; i < r->cap.n; i++) {
		struct rp_msg *m = &r->cap.msg[i];

		if (m->is_peer && !m->is_done && !mono_is_never(m->due) &&
			(best == NULL || mono_before(m->due, best->due)))
			best = m;
	}
	return best;
}

struct mono replay_peer_deadline(const struct replay *r)
{
	const struct rp_msg *m = earliest(r);
	struct mono at = m != NULL ? m->due : MONO_NEVER;

	for (unsigned i = 0; i < r->n_extras; i++)
		at = mono_min(at, r->extra[i].at);
	return at;
}

bool replay_peer_next(struct replay *r, struct mono now, struct span *ret)
{
	struct rp_msg *m;

	r->now = now;
	if (take_extra(r, now, ret))
		return true;
	while ((m = earliest(r)) != NULL && mono_reached(m->due, now)) {
		m->is_done = true;
		m->due = now;
		while (r->next_peer < r->cap.n &&
			(!r->cap.msg[r->next_peer].is_peer || r->cap.msg[r->next_peer].is_done))
			r->next_peer++;
		if (!prepare(r, m, now))
			continue;
		duplicate(r, now);
		*ret = span_of(r->out.octets, r->out.len);
		return true;
	}
	return false;
}
