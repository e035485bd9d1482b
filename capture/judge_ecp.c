/*
 * judge_ecp.c - an ECPDU into the model: requests in flight, repetitions, acknowledgements, and what is overdue (802.1Q
 * clause 43; evb-reference 5, 7.2).
 *
 * A request is the same as the one before when it has the same number and, but for the number, the same octets. Senders of
 * draft 0.2 may repeat under the next number; for them the octets alone decide, unless they have kept the number before.
 *
 * What did not happen is judged when a frame proves that it could have: a repetition that is due, by a later frame of its
 * sender; an acknowledgement, by a later frame of the receiver. Of the two, a request that went unacknowledged and was not
 * repeated is the receiver's fault if it is alive, else the sender's: a capture that lost the acknowledgement and a
 * receiver that never sent it look alike.
 */
#include "judge_priv.h"

#include "csp_num.h"

/** Which exponents PE-CSP's ECP uses is not said anywhere, so it is not held to any. */
static struct jd_bounds bounds_of(struct judge *j, const struct jd_end *owner, unsigned instance)
{
	return instance == JD_ECP_CSP ? (struct jd_bounds){ .has_low = false } : jd_bounds_of(j, owner);
}

static struct jd_pdu *head_of(struct jd_tx *tx)
{
	return tx->n == 0 ? NULL : &tx->ring[tx->head];
}

static enum jd_defect defect_of(const struct ecp_hdr *h)
{
	if (h->version != ECP_VERSION)
		return JD_BAD_VERSION;
	if (h->op != ECP_OP_REQUEST && h->op != ECP_OP_ACK)
		return JD_BAD_OP;
	if (h->subtype != ECP_SUBTYPE_VDP && h->subtype != ECP_SUBTYPE_PE_CSP &&
		h->subtype != CSP_ECP_SUBTYPE)
		return JD_BAD_SUBTYPE;
	return JD_SOUND;
}

static enum jd_instance instance_of(const struct cap_ecp *e)
{
	if (e->dialect->edition == QBG_DRAFT)
		return JD_ECP_DRAFT;
	return e->hdr.subtype == ECP_SUBTYPE_PE_CSP || e->hdr.subtype == CSP_ECP_SUBTYPE ? JD_ECP_CSP
											 : JD_ECP_VDP;
}

/** Of an ECPDU without its number; zeros at its end don't count, a capture may lack the padding. */
static uint64_t print_of(const struct cap_ecp *e)
{
	struct span p = e->payload;

	while (p.len > 0 && p.ptr[p.len - 1] == 0)
		p.len--;
	return cap_print(p) ^ (uint64_t)e->hdr.subtype << 48;
}

/* ---- requests ---- */

/** A sender that begins at the same number after each start, and has the same to say: too late for a repetition. */
static bool is_first_again(const struct jd_pdu *last, const struct cap_ecp *e, struct dur gap)
{
	const struct ecp_dialect *d = e->dialect;

	return d->first_seq != 0 && e->hdr.seq == d->first_seq && !mono_is_never(last->acked) &&
	       gap.ns > jd_late(d->ack_timeout).ns * d->retries;
}

static enum jd_sending sending_of(
	const struct jd_pdu *last, const struct cap_ecp *e, uint64_t print, bool is_draft, struct dur gap)
{
	bool is_next;

	if (last == NULL || last->subtype != e->hdr.subtype)
		return JD_SEND_NEW;
	is_next = is_draft && mono_is_never(last->acked) && e->hdr.seq == (uint16_t)(last->seq + 1) &&
		  gap.ns < 2 * e->dialect->ack_timeout.ns && (!last->has_kept || last->has_changed);
	if (e->hdr.seq != last->seq && !is_next)
		return JD_SEND_NEW;
	if (is_first_again(last, e, gap))
		return JD_SEND_NEW;
	if (last->print == print)
		return JD_SEND_REPEAT;
	return is_next ? JD_SEND_NEW : JD_SEND_REUSED;
}

static struct jd_pdu *push_pdu(struct jd_ctx *x)
{
	struct jd_tx *tx = x->tx;
	struct jd_pdu *p;

	if (tx->n > 0)
		tx->head = (tx->head + 1) % JD_HISTORY;
	p = &tx->ring[tx->head];
	if (tx->n >= JD_HISTORY && mono_is_never(p->acked))
		jd_vsi_not_told(x->j, p->frame);
	if (tx->n < UINT32_MAX)
		tx->n++;
	return p;
}

static void send_new(struct jd_ctx *x, uint64_t print, enum jd_defect defect)
{
	struct jd_pdu *old = head_of(x->tx), *p;

	if (old != NULL && mono_is_never(old->superseded)) {
		old->superseded = x->now;
		old->frame_after = x->rec->frame.number;
	}
	p = push_pdu(x);
	*p = (struct jd_pdu){
		.print = print,
		.frame = x->rec->frame.number,
		.first = x->now,
		.last = x->now,
		.acked = MONO_NEVER,
		.superseded = MONO_NEVER,
		.epoch = x->j->epoch,
		.seq = x->rec->ecp.hdr.seq,
		.subtype = x->rec->ecp.hdr.subtype,
		.n_sent = 1,
		.defect = (uint8_t)defect,
		.octets = (uint16_t)(x->rec->frame.wire_len > UINT16_MAX ? UINT16_MAX
									 : x->rec->frame.wire_len),
	};
	x->pdu = p;
}

static void send_again(struct jd_ctx *x, struct jd_pdu *p)
{
	p->last = x->now;
	p->has_kept = p->has_kept || p->seq == x->rec->ecp.hdr.seq;
	p->has_changed = p->has_changed || p->seq != x->rec->ecp.hdr.seq;
	p->seq = x->rec->ecp.hdr.seq;
	p->epoch = x->j->epoch;
	if (p->n_sent < UINT8_MAX)
		p->n_sent++;
	if (!mono_is_never(p->acked) && p->n_after_ack < UINT8_MAX)
		p->n_after_ack++;
	x->pdu = p;
}

static void take_request(struct jd_ctx *x, enum jd_defect defect)
{
	const struct cap_ecp *e = &x->rec->ecp;
	struct jd_pdu *last = head_of(x->tx);
	uint64_t print = print_of(e);

	x->prev = last;
	if (last != NULL) {
		x->gap = mono_since(last->last, x->now);
		x->is_timed = last->epoch == x->j->epoch;
	}
	x->sending = sending_of(last, e, print, x->instance == JD_ECP_DRAFT, x->gap);
	if (x->sending != JD_SEND_REPEAT)
		jd_signs_of_life(x);
	x->pdu = last;
	if (defect == JD_SOUND)
		jd_run(x, JD_ON_REQUEST);
	if (x->sending == JD_SEND_REPEAT)
		send_again(x, last);
	else
		send_new(x, print, defect);
	if (defect == JD_SOUND && x->sending != JD_SEND_REPEAT && e->is_vdp)
		jd_take_vdp(x);
	jd_vsi_signs(x);
}

/* ---- acknowledgements ---- */

/** One that was repeated under new numbers (draft 0.2) is meant by any of them. */
static struct jd_pdu *find_pdu(struct jd_tx *tx, uint16_t seq, enum jd_instance instance)
{
	for (unsigned i = 0; i < JD_HISTORY && i < tx->n; i++) {
		struct jd_pdu *p = &tx->ring[(tx->head + JD_HISTORY - i) % JD_HISTORY];

		if (p->seq == seq || (instance == JD_ECP_DRAFT && (uint16_t)(p->seq - seq) < p->n_sent))
			return p;
	}
	return NULL;
}

/** An end whose request this may acknowledge; one that still waits is preferred, then the known peer. */
static struct jd_end *find_asker(struct jd_ctx *x, struct jd_pdu **ret)
{
	uint16_t seq = x->rec->ecp.hdr.seq;
	struct jd_end *found = NULL;

	*ret = NULL;
	if (x->peer != NULL && (*ret = find_pdu(&x->peer->tx[x->instance], seq, x->instance)) != NULL)
		return x->peer;
	for (unsigned i = 0; i < x->link->n; i++) {
		struct jd_end *o = &x->j->ends[x->link->end[i]];
		struct jd_pdu *p = o != x->end ? find_pdu(&o->tx[x->instance], seq, x->instance) : NULL;

		if (p == NULL || (o->peer != JD_NONE && o->peer != jd_index(x->j, x->end)))
			continue;
		if (found == NULL || (!mono_is_never((*ret)->acked) && mono_is_never(p->acked)) ||
			mono_before((*ret)->last, p->last)) {
			found = o;
			*ret = p;
		}
	}
	return found;
}

static bool enter_ecp(struct jd_ctx *x)
{
	if (x->rec->proto != CAP_ECP || !x->rec->ecp.has_hdr)
		return false;
	x->instance = instance_of(&x->rec->ecp);
	return true;
}

void jd_note_answer(struct jd_end *asker, enum jd_instance i, uint64_t frame)
{
	struct jd_tx *tx = &asker->tx[i];

	for (unsigned k = 0; k < JD_HISTORY && k < tx->n; k++)
		if (tx->ring[k].frame == frame)
			tx->ring[k].is_answered = true;
}

bool jd_is_second_ack(struct jd_ctx *x)
{
	struct jd_pdu *p;

	if (!enter_ecp(x) || x->rec->ecp.hdr.op != ECP_OP_ACK)
		return false;
	return find_asker(x, &p) != NULL && !p->is_copied;
}

void jd_note_copy(struct jd_ctx *x)
{
	struct jd_pdu *p;

	if (!enter_ecp(x) || x->rec->ecp.hdr.op != ECP_OP_REQUEST)
		return;
	p = find_pdu(&x->end->tx[x->instance], x->rec->ecp.hdr.seq, x->instance);
	if (p != NULL)
		p->is_copied = true;
}

/** A request of the other subtype with that number, if one waits. */
static struct jd_end *find_other_asker(struct jd_ctx *x, struct jd_pdu **ret)
{
	enum jd_instance own = x->instance;
	struct jd_end *e;

	if (own == JD_ECP_DRAFT)
		return NULL;
	x->instance = own == JD_ECP_VDP ? JD_ECP_CSP : JD_ECP_VDP;
	e = find_asker(x, ret);
	if (e != NULL && mono_is_never((*ret)->acked))
		return e;
	x->instance = own;
	*ret = NULL;
	return NULL;
}

static void take_ack(struct jd_ctx *x)
{
	struct jd_pdu *p;

	x->asker = find_asker(x, &p);
	if (p == NULL)
		x->asker = find_other_asker(x, &p);
	x->pdu = p;
	if (p != NULL) {
		x->gap = mono_since(p->last, x->now);
		x->is_timed = p->epoch == x->j->epoch;
		x->bounds = bounds_of(x->j, x->asker, x->instance);
	}
	jd_run(x, JD_ON_ACK);
	if (p == NULL) {
		jd_signs_of_life(x);
		return;
	}
	if (mono_is_never(p->acked)) {
		p->acked = x->now;
		x->link->n_requests++;
		x->link->n_losses += p->n_sent > 1;
	}
	if (p->n_acks < UINT8_MAX)
		p->n_acks++;
	jd_match(x->j, x->asker, x->end);
	x->peer = jd_peer_of(x->j, x->end);
	jd_signs_of_life(x);
}

void jd_take_ecp(struct jd_ctx *x)
{
	const struct cap_ecp *e = &x->rec->ecp;
	enum jd_defect defect;

	jd_run(x, JD_ON_ECP);
	if (!e->has_hdr) {
		jd_signs_of_life(x);
		return;
	}
	defect = defect_of(&e->hdr);
	x->instance = instance_of(e);
	x->tx = &x->end->tx[x->instance];
	x->bounds = bounds_of(x->j, x->end, x->instance);
	if (e->hdr.op == ECP_OP_ACK)
		take_ack(x);
	else
		take_request(x, defect);
}

/* ---- what is overdue ---- */

static struct dur ack_time(const struct ecp_dialect *d, const struct vdp_params *p)
{
	return d->ack_timeout.ns > 0 ? d->ack_timeout : vdp_ack_time(p);
}

static const struct ecp_dialect *dialect_of(unsigned instance)
{
	return ecp_dialect_of(instance == JD_ECP_DRAFT ? QBG_DRAFT : QBG_RATIFIED);
}

/** When an acknowledgement, or the next transmission, is late; never when that is not known. */
static struct mono due_of(const struct jd_pdu *p, unsigned instance, const struct jd_bounds *b)
{
	const struct ecp_dialect *d = dialect_of(instance);
	struct dur wait;

	if (d->ack_timeout.ns == 0 && !b->has_high)
		return MONO_NEVER;
	wait = jd_late(ack_time(d, &b->high));
	return mono_add(p->last, wait);
}

static void blame(
	struct jd_ctx *x, struct jd_end *culprit, struct jd_pdu *p, unsigned instance, enum jd_event on)
{
	struct jd_ctx y = jd_ctx_of(x->j, NULL, culprit);

	y.asker = on == JD_ON_NO_ACK ? x->peer : culprit;
	y.instance = (enum jd_instance)instance;
	y.pdu = p;
	y.frame = p->frame;
	y.frame_time = p->first;
	y.bounds = bounds_of(x->j, y.asker, instance);
	p->is_told = true;
	jd_run(&y, on);
}

/** The sender shows itself and has not repeated what it had to; nothing was heard of the receiver since. */
static void check_repeat(struct jd_ctx *x, unsigned instance)
{
	struct jd_pdu *p = head_of(&x->end->tx[instance]);
	struct jd_bounds b = bounds_of(x->j, x->end, instance);
	bool is_draft = instance == JD_ECP_DRAFT;

	if (p == NULL || p->is_told || p->defect != JD_SOUND || !mono_is_never(p->acked) ||
		p->epoch != x->j->epoch || (!is_draft && !b.has_low))
		return;
	if (p->n_sent > (is_draft ? dialect_of(instance)->retries : b.low.retries) ||
		!mono_reached(due_of(p, instance, &b), x->now))
		return;
	if (x->peer != NULL && mono_before(p->first, x->peer->last))
		return;
	blame(x, x->end, p, instance, JD_ON_NO_REPEAT);
}

/** The receiver shows itself and has not acknowledged what its peer sent. */
static void check_ack(struct jd_ctx *x, struct jd_pdu *p, unsigned instance)
{
	struct jd_bounds b = bounds_of(x->j, x->peer, instance);
	struct mono due = due_of(p, instance, &b);

	if (!mono_is_never(p->superseded)) /* its sender does not wait any more */
		due = mono_min(due, mono_add(p->superseded, jd_ms(JD_EARLY_MS)));
	if (p->is_told || p->defect != JD_SOUND || !mono_is_never(p->acked) || p->epoch != x->j->epoch ||
		!mono_reached(due, x->now))
		return;
	if (mono_before(p->first, x->end->first) && !p->is_answered)
		return; /* it was not there yet */
	blame(x, x->end, p, instance, JD_ON_NO_ACK);
}

/** A TLV of who has heard nobody (3.2): an end that has just begun. Of the time before it proves nothing. */
static bool says_nobody(const struct cap_record *rec)
{
	const struct cap_lldp *l = &rec->lldp;

	if (rec->proto != CAP_LLDP || l->err != LLDP_OK || !l->evb_org.is_decoded)
		return false;
	return l->evb.mode == EVB_MODE_BRIDGE ? l->evb.station_raw == 0 : l->evb.bridge_raw == 0;
}

void jd_signs_of_life(struct jd_ctx *x)
{
	bool is_new = says_nobody(x->rec);

	for (unsigned i = 0; i < JD_INSTANCES; i++) {
		struct jd_tx *tx = x->peer != NULL && !is_new ? &x->peer->tx[i] : NULL;

		check_repeat(x, i);
		for (unsigned k = 0; tx != NULL && k < JD_HISTORY && k < tx->n; k++)
			check_ack(x, &tx->ring[(tx->head + JD_HISTORY - k) % JD_HISTORY], i);
	}
}
