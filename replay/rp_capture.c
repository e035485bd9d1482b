/*
 * rp_capture.c - what a capture tells: who is which end, which frame is there because of which, and what of the
 * station's requests is somebody's wish and what its machine's own doing.
 *
 * A VSI's story is followed by a tracker: the command that is in force or in question, and whether it was answered. A
 * command that says the same again while that holds is a repetition (a keep-alive, lldpad's second try); after an end it
 * is asked for again.
 */
#include "rp_priv.h"

#include <stdlib.h>

/* ---- sides ---- */

/** Frames of this role from this address. */
struct tally {
	struct mac mac;
	enum judge_role role;
	unsigned n;
};
enum { MAX_TALLIES = 64 };

static void tally_add(struct tally *t, unsigned *n, struct mac mac, enum judge_role role)
{
	unsigned i = 0;

	while (i < *n && !mac_equal(t[i].mac, mac))
		i++;
	if (i == *n) {
		if (*n == MAX_TALLIES)
			return;
		t[(*n)++] = (struct tally){ .mac = mac };
	}
	t[i].n++;
	if (role != JUDGE_UNKNOWN)
		t[i].role = role;
}

static const struct tally *busiest(const struct tally *t, unsigned n, enum judge_role role)
{
	const struct tally *best = NULL;

	for (unsigned i = 0; i < n; i++)
		if (t[i].role == role && (best == NULL || t[i].n > best->n))
			best = &t[i];
	return best;
}

/* The judge has found out who is what. */
static bool tally_all(struct replay *r, struct tally *t, unsigned *n)
{
	const struct judge_cfg cfg = JUDGE_CFG_DEFAULT;
	void *mem = calloc(1, judge_size(&cfg));
	struct judge_verdict v;
	struct judge *j;

	if (mem == NULL)
		return false;
	j = judge_init(&cfg, mem);
	for (unsigned i = 0; i < r->cap.n; i++) {
		judge_frame(j, &r->cap.msg[i].rec, cap_print(r->cap.msg[i].rec.frame.octets));
		while (judge_next(j, &v))
			continue;
	}
	for (unsigned i = 0; i < r->cap.n; i++)
		tally_add(t, n, r->cap.msg[i].rec.eth.sa, judge_role_of(j, &r->cap.msg[i].rec));
	free(mem);
	return true;
}

static enum judge_role other(enum judge_role role)
{
	return role == JUDGE_STATION ? JUDGE_BRIDGE : JUDGE_STATION;
}

/* Of two ends of which one is known, the other is the opposite. True: neither is, and the first to speak is taken for the
 * station. */
static bool infer(struct tally *t, unsigned n)
{
	if (n != 2)
		return false;
	if (t[0].role == JUDGE_UNKNOWN &&
		t[1].role == JUDGE_UNKNOWN) { /* the draft's EVB TLV does not say it */
		t[0].role = JUDGE_STATION;
		t[1].role = JUDGE_BRIDGE;
		return true;
	}
	for (unsigned i = 0; i < 2; i++)
		if (t[i].role == JUDGE_UNKNOWN && t[1 - i].role != JUDGE_UNKNOWN)
			t[i].role = other(t[1 - i].role);
	return false;
}

static unsigned talks(const struct replay *r, struct mac mac, struct mac own)
{
	unsigned n = 0;

	/* An acknowledgement has the number of a request of the other side's: the one that answers is its peer. */
	for (unsigned i = 1; i < r->cap.n; i++) {
		const struct rp_msg *a = &r->cap.msg[i - 1], *b = &r->cap.msg[i];

		n += a->kind == RP_REQUEST && b->kind == RP_ACK && a->rec.ecp.hdr.seq == b->rec.ecp.hdr.seq &&
		     ((mac_equal(a->rec.eth.sa, mac) && mac_equal(b->rec.eth.sa, own)) ||
			     (mac_equal(a->rec.eth.sa, own) && mac_equal(b->rec.eth.sa, mac)));
	}
	return n;
}

static const struct tally *peer_of(const struct replay *r, const struct tally *t, unsigned n)
{
	const struct tally *best = NULL;
	unsigned most = 0;

	for (unsigned i = 0; i < n; i++) {
		unsigned k = talks(r, t[i].mac, r->own);

		if (t[i].role != other(r->cfg.role))
			continue;
		if (best == NULL || k > most || (k == most && t[i].n > best->n)) {
			best = &t[i];
			most = k;
		}
	}
	return best;
}

/* The busiest of those whose role is not known, taken for this. */
static const struct tally *as_role(struct tally *t, unsigned n, enum judge_role role)
{
	const struct tally *best = busiest(t, n, JUDGE_UNKNOWN);

	for (unsigned i = 0; i < n; i++)
		if (&t[i] == best)
			t[i].role = role;
	return best;
}

static const char *find_sides(struct replay *r)
{
	static const struct mac stand_in = { { 0x02, 0, 0, 0, 0, 1 } },
				peer_stand_in = { { 0x02, 0, 0, 0, 0, 2 } };
	struct tally t[MAX_TALLIES];
	const struct tally *own, *peer;
	unsigned n = 0;

	if (!tally_all(r, t, &n))
		return "out of memory";
	r->is_guess = infer(t, n);
	own = busiest(t, n, r->cfg.role);
	if (own == NULL &&
		busiest(t, n, other(r->cfg.role)) != NULL) /* whoever it is that talks to the other end */
		own = as_role(t, n, r->cfg.role);
	if (r->cfg.has_port)
		for (unsigned i = 0; i < n; i++)
			if (mac_equal(t[i].mac, r->cfg.port))
				own = &t[i];
	if (r->cfg.has_port && (own == NULL || !mac_equal(own->mac, r->cfg.port)))
		return "nobody in it has the address of --port";
	if (own != NULL && own->role != r->cfg.role)
		return "the end that --port names has the other role";
	r->is_absent = own == NULL;
	r->own = own != NULL ? own->mac : stand_in;
	peer = peer_of(r, t, n);
	if (own == NULL && peer == NULL)
		return "it has no frames of a station or a bridge that could be replayed";
	r->peer = peer != NULL ? peer->mac : peer_stand_in;
	for (unsigned i = 0; i < r->cap.n; i++) {
		struct rp_msg *m = &r->cap.msg[i];

		m->is_own = own != NULL && mac_equal(m->rec.eth.sa, r->own);
		m->is_peer = peer != NULL && !m->is_own && mac_equal(m->rec.eth.sa, r->peer);
		r->count.frames += m->is_own;
		r->count.peer_frames += m->is_peer;
	}
	return NULL;
}

/* ---- transmissions and acknowledgements ---- */

static void find_repetition(struct replay *r, unsigned i)
{
	struct rp_msg *m = &r->cap.msg[i];

	for (unsigned k = i; k-- > 0;) {
		const struct rp_msg *b = &r->cap.msg[k];

		if (b->kind != RP_REQUEST || b->context != m->context || b->is_own != m->is_own ||
			!(b->is_own || b->is_peer))
			continue;
		if (b->rec.ecp.hdr.seq == m->rec.ecp.hdr.seq && rp_same_payload(b, m)) {
			m->first = b->first;
			m->nth = b->nth + 1;
		}
		return;
	}
}

static void find_request(struct replay *r, unsigned i)
{
	struct rp_msg *m = &r->cap.msg[i];

	for (unsigned k = i; k-- > 0;) {
		const struct rp_msg *b = &r->cap.msg[k];

		if (b->kind == RP_REQUEST && b->context == m->context &&
			(m->is_own ? b->is_peer : b->is_own) && b->rec.generation == m->rec.generation &&
			b->rec.ecp.hdr.seq == m->rec.ecp.hdr.seq) {
			m->cause = k;
			return;
		}
	}
}

/* ---- VSIs ---- */

enum story { UNTOLD, PENDING, IN_FORCE, OVER };
struct tracker {
	uint16_t context;
	struct vsi_id vsi;
	enum story story, before; /* before: what it was when the pending command was given */
	uint32_t cmd;             /* the command pending or in force */
	uint32_t granted;         /* its answer; RP_NONE */
};
struct trackers {
	unsigned n, room;
	struct tracker *v;
};

static struct tracker *track(struct trackers *ts, uint16_t context, const struct vsi_id *id)
{
	struct tracker *v;

	for (unsigned i = ts->n; i-- > 0;)
		if (ts->v[i].context == context && vsi_id_equal(&ts->v[i].vsi, id))
			return &ts->v[i];
	if (ts->n == ts->room) {
		v = realloc(ts->v, (ts->room + 64) * sizeof(*v));
		if (v == NULL)
			return NULL;
		ts->v = v;
		ts->room += 64;
	}
	v = &ts->v[ts->n++];
	*v = (struct tracker){ .context = context, .vsi = *id, .cmd = RP_NONE, .granted = RP_NONE };
	return v;
}

/* The value without its status, which a response has other bits in. */
static bool same_values(const struct rp_cmd *a, const struct rp_cmd *b)
{
	return a->value.len == b->value.len && a->value.len > 1 &&
	       memcmp(a->value.ptr + 1, b->value.ptr + 1, a->value.len - 1) == 0;
}

static bool says_the_same(const struct replay *r, const struct tracker *v, const struct rp_cmd *c)
{
	const struct rp_cmd *last = v->cmd != RP_NONE ? &r->cap.cmd[v->cmd] : NULL;
	const struct rp_cmd *granted = v->granted != RP_NONE ? &r->cap.cmd[v->granted] : NULL;

	if (last == NULL || last->op != c->op || last->status != c->status)
		return false;
	return same_values(last, c) || (granted != NULL && same_values(granted, c));
}

static void take_command(struct replay *r, struct tracker *v, uint32_t i)
{
	struct rp_cmd *c = &r->cap.cmd[i];
	bool is_same = says_the_same(r, v, c);

	c->kind = RP_COMMAND;
	c->is_unanswered = true;
	if (v->story == PENDING || v->story == IN_FORCE)
		c->is_repeat = is_same;
	else
		c->is_again = is_same;
	if (c->is_repeat && v->story == IN_FORCE) {
		v->before = IN_FORCE;
		v->story = PENDING;
		v->cmd = i;
		return;
	}
	if (!c->is_repeat) {
		v->before = v->story;
		v->story = PENDING;
		v->granted = RP_NONE;
	}
	v->cmd = i;
}

static void take_answer(struct replay *r, struct tracker *v, uint32_t i, struct rp_msg *m)
{
	struct rp_cmd *c = &r->cap.cmd[i];
	bool is_draft = m->rec.generation == CAP_GEN_DRAFT02;
	bool is_answer = is_draft ? v->story == PENDING : (c->status & VDP_STATUS_RESPONSE) != 0;
	bool is_success = (c->status & VDP_STATUS_ERROR) == 0;

	if (is_draft) /* RESP: not in the status a bridge would read */
		is_success = c->value.len > 5 && c->value.ptr[5] == 0;
	c->kind = is_answer ? RP_ANSWER : RP_WITHDRAW;
	c->was_in_force = v->before == IN_FORCE;
	if (is_draft && is_answer && c->op == VDP_DEASSOC && v->cmd != RP_NONE &&
		r->cap.cmd[v->cmd].op != VDP_DEASSOC && is_success)
		c->kind = RP_WITHDRAW;
	if (c->kind == RP_WITHDRAW) {
		v->story = OVER;
		return;
	}
	if (v->cmd != RP_NONE) {
		r->cap.cmd[v->cmd].is_unanswered = false;
		if (m->cause == RP_NONE || m->cause < r->cap.cmd[v->cmd].msg)
			m->cause = r->cap.cmd[v->cmd].msg;
	}
	if (is_success && c->op != VDP_DEASSOC) {
		v->story = IN_FORCE;
		v->granted = i;
	} else if (is_success || c->op == VDP_DEASSOC || is_draft || v->before != IN_FORCE) {
		v->story = OVER;
	} else {
		v->story = IN_FORCE;
	}
}

static bool follow(struct replay *r, struct trackers *ts, unsigned i)
{
	struct rp_msg *m = &r->cap.msg[i];
	bool is_station = m->is_own == (r->cfg.role == JUDGE_STATION);

	if (m->nth > 0) {
		m->cause = r->cap.msg[m->first].cause;
		return true;
	}
	for (uint32_t k = m->first_cmd; k < m->first_cmd + m->n_cmds; k++) {
		struct tracker *v = track(ts, m->context, &r->cap.cmd[k].vsi);

		if (v == NULL)
			return false;
		if (is_station)
			take_command(r, v, k);
		else
			take_answer(r, v, k, m);
	}
	return true;
}

const char *rp_capture_read(struct replay *r)
{
	struct trackers ts = { 0 };
	const char *err = find_sides(r);
	bool is_ok = true;

	if (err != NULL)
		return err;
	for (unsigned i = 0; i < r->cap.n && is_ok; i++) {
		struct rp_msg *m = &r->cap.msg[i];

		if (!m->is_own && !m->is_peer)
			continue;
		if (m->kind == RP_ACK)
			find_request(r, i);
		if (m->kind != RP_REQUEST)
			continue;
		find_repetition(r, i);
		is_ok = follow(r, &ts, i);
	}
	free(ts.v);
	return is_ok ? NULL : "out of memory";
}

bool rp_has_answers(const struct replay *r, bool by_own)
{
	for (uint32_t i = 0; i < r->cap.n_cmds; i++) {
		const struct rp_msg *m = &r->cap.msg[r->cap.cmd[i].msg];

		if (r->cap.cmd[i].kind == RP_ANSWER && (by_own ? m->is_own : m->is_peer))
			return true;
	}
	return false;
}
