/*
 * rp_lldp.c - LLDPDUs of both sides beside each other. When one goes out depends on timers that each end starts at times of
 * its own; what counts are the states an end tells, in their order: its EVB and CDCP TLVs, or that it goes.
 * Repetitions are one state; a state that lies between two others, and has of every bit the one or the other's,
 * may be told or not.
 */
#include "rp_priv.h"

#include <stdlib.h>

enum { STATES_MAX = 2048 };

struct states { /* of one side, in one S-channel, to one group address */
	bool may_echo;
	struct mono last; /* LLDPDU */
	unsigned n;
	const struct rp_msg *v[STATES_MAX]; /* the first LLDPDU of each */
	bool is_matched[STATES_MAX];
	const struct rp_msg *twin[STATES_MAX];
};

static struct span tlv_of(const struct rp_msg *m, unsigned which)
{
	const struct cap_lldp *l = &m->rec.lldp;
	const struct cap_org *const orgs[] = { &l->evb_org, &l->draft_org, &l->cdcp_org };

	return l->err == LLDP_OK && orgs[which]->n > 0 ? orgs[which]->value : span_of(NULL, 0);
}
enum { EVB, DRAFT_EVB, CDCP, N_TLVS }; /* PE-CSP is not replayed, and so its TLV is not looked at */

static bool is_going(const struct rp_msg *m)
{
	return m->rec.lldp.err == LLDP_OK && m->rec.lldp.pdu.ttl_s == 0;
}

/* The draft's TLV but for what an end is good for: standard forwarding beside reflective relay, and how many VSIs it can
 * have and has. */
static bool same_draft(struct span a, struct span b)
{
	enum { SMODE = 4, VSIS = 8, VSIS_END = 12 };

	if (a.len != b.len || a.len < VSIS_END)
		return span_equal(a, b);
	for (size_t i = 0; i < a.len; i++) {
		uint8_t mask = i == SMODE                  ? (uint8_t)~EVB_DRAFT_STANDARD
			       : i >= VSIS && i < VSIS_END ? 0
							   : 0xff;

		if (((a.ptr[i] ^ b.ptr[i]) & mask) != 0)
			return false;
	}
	return true;
}

/* The EVB TLV but for what it repeats of the peer's: both status octets, and whose exponents are in force. */
static bool same_own_evb(struct span a, struct span b)
{
	enum { BSTAT = 4, SSTAT = 5, RWD = 7, RKA = 8, ROL = 0x20 };

	if (a.len != EVB_TLV_LEN || b.len != EVB_TLV_LEN)
		return span_equal(a, b);
	for (size_t i = 0; i < a.len; i++) {
		uint8_t mask = i == BSTAT || i == SSTAT ? 0 : i == RWD || i == RKA ? (uint8_t)~ROL : 0xff;

		if (((a.ptr[i] ^ b.ptr[i]) & mask) != 0)
			return false;
	}
	return true;
}

/* may_echo: what the peer says of EVB is not in the capture, so what is repeated of it may be anything. */
static bool same_state(const struct rp_msg *a, const struct rp_msg *b, bool may_echo)
{
	if (is_going(a) != is_going(b) || (a->rec.lldp.err == LLDP_OK) != (b->rec.lldp.err == LLDP_OK))
		return false;
	if (is_going(a))
		return true;
	for (unsigned i = 0; i < N_TLVS; i++) {
		struct span x = tlv_of(a, i), y = tlv_of(b, i);

		if (i == DRAFT_EVB             ? !same_draft(x, y)
			: i == EVB && may_echo ? !same_own_evb(x, y)
					       : !span_equal(x, y))
			return false;
	}
	return true;
}

static bool same_link(const struct rp_msg *a, const struct rp_msg *b)
{
	return a->context == b->context && mac_equal(a->rec.eth.da, b->rec.eth.da);
}

static void collect(const struct rp_list *l, bool only_own, const struct rp_msg *like, struct mono from,
	struct states *ret)
{
	const struct rp_msg *last = NULL;

	ret->n = 0;
	for (uint32_t i = 0; i < l->n && ret->n < STATES_MAX; i++) {
		const struct rp_msg *m = &l->msg[i];

		if (m->kind != RP_LLDP || (only_own && !m->is_own) || !same_link(m, like))
			continue;
		ret->last = m->at;
		if (ret->n > 0 && mono_before(m->at, from)) /* of what was before, the last */
			ret->n = 0;
		else if (last != NULL && ret->n > 0 && same_state(last, m, ret->may_echo))
			continue;
		ret->is_matched[ret->n] = false;
		ret->twin[ret->n] = NULL;
		ret->v[ret->n++] = last = m;
	}
}

/* The longest common subsequence: best[i][k] of what is left from i and k on. */
static bool match(struct states *a, struct states *b)
{
	size_t width = b->n + 1u;
	uint16_t *best = calloc((a->n + 1u) * width, sizeof(*best));
	unsigned i, k;

	if (best == NULL)
		return false;
	for (i = a->n; i-- > 0;)
		for (k = b->n; k-- > 0;) {
			uint16_t down = best[(i + 1) * width + k], right = best[i * width + k + 1];

			best[i * width + k] = same_state(a->v[i], b->v[k], a->may_echo)
						      ? (uint16_t)(best[(i + 1) * width + k + 1] + 1)
					      : down > right ? down
							     : right;
		}
	for (i = k = 0; i < a->n && k < b->n;) {
		if (same_state(a->v[i], b->v[k], a->may_echo)) {
			a->is_matched[i] = b->is_matched[k] = true;
			a->twin[i] = b->v[k];
			b->twin[k] = a->v[i];
			i++;
			k++;
		} else if (best[(i + 1) * width + k] >= best[i * width + k + 1]) {
			i++;
		} else {
			k++;
		}
	}
	free(best);
	return true;
}

/* ---- between two states ---- */

/* A CDCP list between two others: longer or shorter, with pairs of theirs, or asked for and not assigned yet. */
static bool lies_between_lists(const struct rp_msg *m, const struct rp_msg *p, const struct rp_msg *n)
{
	const struct rp_msg *const near[] = { p, n };

	if (!m->rec.lldp.cdcp_org.is_decoded)
		return true;
	for (unsigned i = 0; i < m->rec.lldp.cdcp.n_pairs; i++) {
		struct cdcp_pair pair = m->rec.lldp.cdcp.pair[i];
		bool has = false;

		for (unsigned k = 0; k < 2 && !has; k++) {
			const struct cdcp_tlv *t = &near[k]->rec.lldp.cdcp;

			for (unsigned x = 0; near[k]->rec.lldp.cdcp_org.is_decoded && x < t->n_pairs && !has;
				x++)
				has = t->pair[x].scid == pair.scid &&
				      (t->pair[x].svid == pair.svid || pair.svid == 0);
		}
		if (!has)
			return false;
	}
	return true;
}

static bool lies_between(const struct rp_msg *m, const struct rp_msg *p, const struct rp_msg *n)
{
	for (unsigned i = 0; i < N_TLVS; i++) {
		struct span x = tlv_of(m, i), a = tlv_of(p, i), b = tlv_of(n, i);

		if (i == CDCP) {
			if (!lies_between_lists(m, p, n))
				return false;
			continue;
		}
		if (x.len == 0 && (a.len == 0 || b.len == 0))
			continue;
		if (x.len != a.len || x.len != b.len)
			return false;
		for (size_t k = 0; k < x.len; k++)
			if ((uint8_t)((x.ptr[k] ^ a.ptr[k]) & (x.ptr[k] ^ b.ptr[k])) != 0)
				return false;
	}
	return true;
}

static const struct rp_msg *near(const struct states *s, unsigned i, int step)
{
	unsigned k = i;

	do {
		if (step < 0 && k == 0)
			return NULL;
		k = step < 0 ? k - 1 : k + 1;
		if (k >= s->n)
			return NULL;
	} while (!s->is_matched[k]);
	return s->v[k];
}

/* Of the capture: the device under test has passed over this state, or not come to it yet. */
static bool is_transient(const struct states *s, unsigned i, const struct states *other)
{
	const struct rp_msg *p = near(s, i, -1), *n = near(s, i, 1);

	if (n == NULL && p != NULL && other->n > 0)
		n = other->v[other->n - 1];
	return p != NULL && n != NULL && lies_between(s->v[i], p, n);
}

/* ---- rows ---- */

static enum replay_why why_of(const struct rp_msg *c, const struct rp_msg *s)
{
	if (!span_equal(tlv_of(c, DRAFT_EVB), tlv_of(s, DRAFT_EVB)))
		return REPLAY_CAPACITY;
	if (!span_equal(tlv_of(c, EVB), tlv_of(s, EVB)))
		return REPLAY_UNSEEN;
	return span_equal(c->rec.eth.payload, s->rec.eth.payload) ? REPLAY_SAME : REPLAY_LLDP_OTHER;
}

/* An LLDPDU is the state it tells. */
static unsigned state_of(const struct states *s, const struct rp_msg *m)
{
	unsigned i = 0;

	while (i + 1 < s->n && !mono_before(m->at, s->v[i + 1]->at))
		i++;
	return i;
}

static void put_captured(
	struct replay *r, const struct states *a, const struct states *b, const struct rp_msg *m)
{
	unsigned i = state_of(a, m);

	if (a->is_matched[i])
		(void)rp_row_add(r, m, a->twin[i], why_of(m, a->twin[i]));
	else
		(void)rp_row_add(r, m, b->n > 0 ? b->v[b->n - 1] : NULL,
			is_transient(a, i, b) ? REPLAY_TRANSIENT
			: b->n > 0            ? REPLAY_FIELDS
					      : REPLAY_MISSING);
}

/* After the capture's last word on this link, or so shortly before it that that end may not have come to it. */
static bool is_behind(const struct states *a, const struct rp_msg *m)
{
	return a->n > 0 && !mono_before(mono_add(m->at, dur_s(1)), a->last);
}

static void put_sent(struct replay *r, const struct states *b, const struct states *a)
{
	for (unsigned i = 0; i < b->n; i++) {
		bool is_inside = !mono_before(b->v[i]->at, r->epoch) && mono_before(b->v[i]->at, r->end);

		if (b->is_matched[i] || !is_inside)
			continue;
		(void)rp_row_add(r, NULL, b->v[i],
			r->is_absent            ? REPLAY_ABSENT
			: a->n == 0             ? REPLAY_UNSEEN
			: near(b, i, 1) != NULL ? REPLAY_TRANSIENT /* it comes to what the capture has */
			: is_behind(a, b->v[i]) ? REPLAY_ABSENT
						: REPLAY_EXTRA);
	}
}

static bool compare_link(struct replay *r, const struct rp_msg *like, struct states *a, struct states *b)
{
	a->may_echo = b->may_echo = !rp_guess_of(r, like->context).has_peer_tlv;
	collect(&r->cap, true, like, MONO_ZERO, a);
	collect(&r->sent, false, like, r->epoch, b);
	if (!match(a, b))
		return false;
	for (uint32_t i = 0; i < r->cap.n; i++) {
		const struct rp_msg *m = &r->cap.msg[i];

		if (m->kind == RP_LLDP && m->is_own && same_link(m, like))
			put_captured(r, a, b, m);
	}
	put_sent(r, b, a);
	return true;
}

static bool is_first_of_link(const struct rp_list *l, uint32_t n, const struct rp_msg *m, bool only_own)
{
	for (uint32_t i = 0; i < n; i++)
		if (l->msg[i].kind == RP_LLDP && (!only_own || l->msg[i].is_own) && same_link(&l->msg[i], m))
			return false;
	return true;
}

bool rp_rows_lldp(struct replay *r)
{
	struct states *s = calloc(2, sizeof(*s));
	bool is_ok = s != NULL;

	for (uint32_t i = 0; i < r->cap.n && is_ok; i++)
		if (r->cap.msg[i].kind == RP_LLDP && r->cap.msg[i].is_own &&
			is_first_of_link(&r->cap, i, &r->cap.msg[i], true))
			is_ok = compare_link(r, &r->cap.msg[i], &s[0], &s[1]);
	for (uint32_t i = 0; i < r->sent.n && is_ok; i++)
		if (r->sent.msg[i].kind == RP_LLDP &&
			is_first_of_link(&r->cap, r->cap.n, &r->sent.msg[i], true) &&
			is_first_of_link(&r->sent, i, &r->sent.msg[i], false))
			is_ok = compare_link(r, &r->sent.msg[i], &s[0], &s[1]);
	free(s);
	return is_ok;
}
