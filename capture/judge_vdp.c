/*
 * judge_vdp.c - a VDP message into the model: commands that wait for an answer, what is in force, and when the next thing
 * has to happen (802.1Q clause 41; evb-reference 6, 7.3).
 *
 * A VSI is known by its id and its station. The value of its newest command, the value that the last success returned and
 * the command which that answered are kept as they were sent; rules decode them when they compare.
 *
 *   command ---> waits (respWaitDelay) ---> success ---> in force (reinitKeepAlive, then toutKeepAlive) --+
 *      ^            | refusal without Keep, De-Associate, silence                                         |
 *      +------------+---------------> none <------------------------ the bridge's own De-Associate -------+
 *
 * In draft 0.2 requests and responses look alike: what speaks of a VSI first is its station, and what speaks of a VSI that
 * somebody else has a command for is the bridge.
 */
#include "judge_priv.h"

#include <assert.h>

#include "vdp_dialect.h"

/* ---- VSIs ---- */

static uint64_t hash_of(const struct vsi_id *id)
{
	uint64_t a, b, h;

	memcpy(&a, id->id, sizeof(a));
	memcpy(&b, id->id + sizeof(a), sizeof(b));
	h = (a ^ (b + id->format) * UINT64_C(0x9e3779b97f4a7c15)) * UINT64_C(0xff51afd7ed558ccd);
	return h ^ h >> 32;
}

static struct jd_vsi *find_of(struct judge *j, const struct vsi_id *id, uint32_t station)
{
	uint64_t h = hash_of(id);

	for (uint32_t i = imap_first(&j->vsi_map, h); i != IMAP_NONE; i = imap_next(&j->vsi_map, i))
		if (j->vsis[i].station == station && vsi_id_equal(&j->vsis[i].id, id))
			return &j->vsis[i];
	return NULL;
}

/** The VSI that an answer of `bridge` is about: of its peer, or of a station on its link that waits for one. */
static struct jd_vsi *find_for(struct jd_ctx *x, const struct vsi_id *id)
{
	struct judge *j = x->j;
	uint64_t h = hash_of(id);
	struct jd_vsi *found = NULL;
	uint32_t only = x->end->is_shared ? JD_NONE : x->end->peer;

	for (uint32_t i = imap_first(&j->vsi_map, h); i != IMAP_NONE; i = imap_next(&j->vsi_map, i)) {
		struct jd_vsi *v = &j->vsis[i];
		const struct jd_end *s = &j->ends[v->station];

		if (!vsi_id_equal(&v->id, id) || s->link != x->end->link || s == x->end ||
			v->is_draft != x->v->is_draft || (only != JD_NONE && v->station != only) ||
			(s->peer != JD_NONE && s->peer != jd_index(j, x->end)))
			continue;
		if (found == NULL || v->n_cmds > found->n_cmds)
			found = v;
	}
	return found;
}

static void drop(struct judge *j, uint32_t i)
{
	struct jd_vsi *v = &j->vsis[i];

	if (!v->in_use)
		return;
	imap_remove(&j->vsi_map, hash_of(&v->id), i);
	theap_set(&j->due, i, MONO_NEVER);
	if (v->is_overdue && j->ends[v->station].n_overdue > 0)
		j->ends[v->station].n_overdue--;
	if (v->late.op != 0 && j->ends[v->station].n_late > 0)
		j->ends[v->station].n_late--;
	v->in_use = false;
}

void jd_vsi_forget_end(struct judge *j, uint32_t end)
{
	for (uint32_t i = 0; i < j->n_vsis; i++) {
		if (j->vsis[i].in_use && j->vsis[i].station == end)
			drop(j, i);
		else if (j->vsis[i].in_use && j->vsis[i].bridge == end)
			j->vsis[i].bridge = JD_NONE;
	}
}

/** A free record; with none left, the one that was spoken of longest ago of a few. */
static uint32_t room_for_vsi(struct judge *j)
{
	enum { SAMPLE = 64 };
	uint32_t best = JD_NONE;

	if (j->n_vsis < j->cfg.max_vsis)
		return j->n_vsis++;
	for (unsigned k = 0; k < SAMPLE; k++) {
		uint32_t i = j->vsi_free++ % j->cfg.max_vsis;

		if (!j->vsis[i].in_use)
			return i;
		if (best == JD_NONE || mono_before(j->vsis[i].used, j->vsis[best].used))
			best = i;
	}
	drop(j, best);
	j->count.forgotten_vsis++;
	return best;
}

static struct jd_vsi *add_vsi(struct judge *j, const struct vsi_id *id, uint32_t station)
{
	uint32_t i = room_for_vsi(j);
	struct jd_vsi *v = &j->vsis[i];

	memset(v, 0, offsetof(struct jd_vsi, asked));
	v->in_use = true;
	v->id = *id;
	v->station = station;
	v->bridge = JD_NONE;
	v->answered = MONO_NEVER;
	v->used = j->now;
	imap_insert(&j->vsi_map, hash_of(id), i);
	return v;
}

static uint32_t vsi_index(const struct judge *j, const struct jd_vsi *v)
{
	return (uint32_t)(v - j->vsis);
}

/* ---- deadlines ---- */

static struct vdp_timers timers_of(const struct jd_vsi *v, const struct vdp_params *p)
{
	return vdp_dialect_of(v->is_draft ? QBG_DRAFT : QBG_RATIFIED)->timers(p);
}

/** What a request may wait behind its predecessors and its own repetitions: (2R+1) ack times (6.6). */
static struct dur queueing(const struct jd_bounds *b)
{
	return dur_ns((2u * b->high.retries + 1u) * vdp_ack_time(&b->high).ns);
}

static void arm(struct judge *j, struct jd_vsi *v, enum jd_due due, struct mono when)
{
	if (v->is_overdue && j->ends[v->station].n_overdue > 0)
		j->ends[v->station].n_overdue--;
	v->is_overdue = false;
	v->due = due;
	theap_set(&j->due, vsi_index(j, v), when);
}

/** What has to happen next to this VSI, and until when. */
static void rearm(struct judge *j, struct jd_vsi *v)
{
	struct jd_end *station = &j->ends[v->station];
	struct jd_bounds b = jd_bounds_of(j, station);
	struct vdp_timers t = timers_of(v, &b.high);
	bool is_known = b.has_high || v->is_draft;

	if (!is_known || (v->n_cmds > 0 && v->cmd[0].is_broken)) {
		arm(j, v, JD_DUE_NOTHING, MONO_NEVER);
	} else if (v->n_cmds > 0) {
		arm(j, v, JD_DUE_ANSWER, mono_add(v->cmd[0].at, jd_late(t.resp_wait_delay)));
	} else if (v->state != VDP_STATE_NONE && !mono_is_never(v->answered) &&
		   v->answered_epoch == j->epoch) {
		struct dur late = jd_late(t.reinit_keep_alive);

		arm(j, v, JD_DUE_KEEPALIVE, mono_add(mono_add(v->answered, late), queueing(&b)));
	} else {
		arm(j, v, JD_DUE_NOTHING, MONO_NEVER);
	}
}

/** The exponents became known, or others: what waited without a deadline gets one. */
void jd_vsi_rearm(struct judge *j, struct jd_end *e)
{
	for (uint32_t i = 0; i < j->n_vsis; i++)
		if (j->vsis[i].in_use && j->ends[j->vsis[i].station].link == e->link &&
			!j->vsis[i].is_overdue && j->vsis[i].due == JD_DUE_NOTHING)
			rearm(j, &j->vsis[i]);
}

static void set_late(struct judge *j, struct jd_vsi *v, const struct jd_cmd *c)
{
	struct jd_end *s = &j->ends[v->station];

	assert(j->ends != NULL);
	if (v->late.op != 0 && s->n_late > 0)
		s->n_late--;
	v->late = c != NULL ? *c : (struct jd_cmd){ .op = (enum vdp_op)0 };
	s->n_late += c != NULL;
}

void jd_vsi_not_told(struct judge *j, uint64_t frame)
{
	for (uint32_t i = 0; i < j->n_vsis; i++)
		if (j->vsis[i].in_use && j->vsis[i].answered_frame == frame)
			j->vsis[i].is_untold = true;
}

/** The station began anew: nothing that it asked or has in force binds it. */
void jd_vsi_restart(struct judge *j, struct jd_end *station)
{
	uint32_t e = jd_index(j, station);

	for (uint32_t i = 0; i < j->n_vsis; i++) {
		struct jd_vsi *v = &j->vsis[i];

		if (!v->in_use || v->station != e)
			continue;
		v->n_cmds = 0;
		v->is_state_known = false;
		v->must_end = v->is_hard = false;
		v->state = VDP_STATE_NONE;
		set_late(j, v, NULL);
		arm(j, v, JD_DUE_NOTHING, MONO_NEVER);
	}
}

static struct jd_end *bridge_of(struct judge *j, const struct jd_vsi *v)
{
	return v->bridge != JD_NONE ? &j->ends[v->bridge] : jd_peer_of(j, &j->ends[v->station]);
}

/** A verdict about a VSI that no frame brought. */
static void blame(struct judge *j, struct jd_vsi *v, struct jd_end *culprit, enum jd_event on, uint64_t frame,
	struct mono frame_time)
{
	struct jd_ctx x = jd_ctx_of(j, NULL, culprit);

	x.vsi = v;
	x.cmd = v->late.op != 0 ? &v->late : NULL;
	x.frame = frame;
	x.frame_time = frame_time;
	x.bounds = jd_bounds_of(j, &j->ends[v->station]);
	jd_run(&x, on);
}

/** The station has given up (END). Whether the bridge has a reason not to answer shows when it is heard again. */
static void answer_due(struct judge *j, struct jd_vsi *v)
{
	set_late(j, v, &v->cmd[0]);
	v->n_cmds = 0;
	v->state = VDP_STATE_NONE;
	v->is_state_known = false;
	arm(j, v, JD_DUE_NOTHING, MONO_NEVER);
}

static void blame_late(struct judge *j, struct jd_vsi *v)
{
	struct jd_end *b = bridge_of(j, v);

	if (b != NULL)
		blame(j, v, b, JD_ON_NO_ANSWER, v->late.frame, v->late.at);
	set_late(j, v, NULL);
}

/** The end of the capture: nothing more will be heard. False when there may be more. */
bool jd_vsi_end(struct judge *j)
{
	for (uint32_t i = 0; i < j->n_vsis; i++) {
		if (j->q_n >= JD_QUEUE / 2)
			return false;
		if (j->vsis[i].in_use && j->vsis[i].late.op != 0)
			blame_late(j, &j->vsis[i]);
	}
	return true;
}

/** Overdue: the verdict waits until somebody who could have acted is seen alive. */
static void wait_for_life(struct judge *j, struct jd_vsi *v)
{
	v->is_overdue = true;
	j->ends[v->station].n_overdue++;
	theap_set(&j->due, vsi_index(j, v), MONO_NEVER);
}

static void keepalive_due(struct judge *j, struct jd_vsi *v)
{
	struct jd_bounds b = jd_bounds_of(j, &j->ends[v->station]);
	struct vdp_timers t = timers_of(v, &b.high);

	wait_for_life(j, v);
	if (!v->is_draft && !b.has_high)
		return;
	theap_set(&j->due, vsi_index(j, v),
		mono_add(mono_add(v->answered, jd_late(t.tout_keep_alive)), queueing(&b)));
}

void jd_vsi_due(struct judge *j, uint32_t i)
{
	struct jd_vsi *v = &j->vsis[i];

	switch (v->due) {
	case JD_DUE_ANSWER:
		answer_due(j, v);
		break;
	case JD_DUE_KEEPALIVE:
		if (!v->is_overdue) {
			keepalive_due(j, v);
			break;
		}
		v->due = JD_DUE_END; /* no sign of the station since: now the bridge has to end it */
		theap_set(&j->due, i, MONO_NEVER);
		break;
	case JD_DUE_END:
	case JD_DUE_NOTHING:
	default:
		theap_set(&j->due, i, MONO_NEVER);
		break;
	}
}

/** May the bridge still be busy with notices that nobody acknowledges? */
static bool is_busy(const struct jd_end *bridge)
{
	const struct jd_tx *tx = &bridge->tx[JD_ECP_VDP];

	return tx->n > 0 && mono_is_never(tx->ring[tx->head].acked);
}

static void judge_overdue(struct jd_ctx *x, struct jd_vsi *v)
{
	struct judge *j = x->j;

	if (v->late.op != 0 && bridge_of(j, v) == x->end)
		blame_late(j, v);
	if (!v->is_overdue)
		return;
	if (v->station == jd_index(j, x->end)) {
		blame(j, v, x->end, JD_ON_NO_KEEPALIVE, v->answered_frame, v->answered);
		arm(j, v, JD_DUE_NOTHING, MONO_NEVER);
	} else if (v->due == JD_DUE_END && x->rec->proto != CAP_ECP && x->peer != NULL &&
		   v->station == jd_index(j, x->peer) && !is_busy(x->end)) {
		blame(j, v, x->end, JD_ON_NO_END, v->answered_frame, v->answered);
		v->state = VDP_STATE_NONE;
		v->is_state_known = false;
		arm(j, v, JD_DUE_NOTHING, MONO_NEVER);
	}
}

/** x->end is alive, and what it has just sent is in the model: what is still overdue at it gets its verdict. */
void jd_vsi_signs(struct jd_ctx *x)
{
	struct judge *j = x->j;

	if (x->end->n_overdue == 0 && (x->peer == NULL || x->peer->n_overdue + x->peer->n_late == 0))
		return;
	for (uint32_t i = 0; i < j->n_vsis && j->q_n < JD_QUEUE / 2; i++)
		if (j->vsis[i].in_use && (j->vsis[i].is_overdue || j->vsis[i].late.op != 0))
			judge_overdue(x, &j->vsis[i]);
}

/* ---- commands ---- */

static void keep(uint8_t *to, uint16_t *ret_len, struct span value)
{
	*ret_len = (uint16_t)value.len;
	memcpy(to, value.ptr, value.len);
}

/** Same value but for the status octet, where hints may change. */
static bool same_value(const uint8_t *a, size_t a_len, struct span b, bool is_draft)
{
	enum { STATUS = 1, DRAFT_MODE_RESP_AT = 4, DRAFT_REST_AT = 6 };

	if (a_len != b.len || a_len <= DRAFT_REST_AT)
		return false;
	if (is_draft)
		return memcmp(a + DRAFT_REST_AT, b.ptr + DRAFT_REST_AT, a_len - DRAFT_REST_AT) == 0;
	return memcmp(a + STATUS, b.ptr + STATUS, a_len - STATUS) == 0;
}

static struct jd_cmd *find_cmd(struct jd_vsi *v, enum vdp_op op)
{
	for (unsigned i = 0; i < v->n_cmds; i++)
		if (v->cmd[i].op == op)
			return &v->cmd[i];
	return NULL;
}

/** Commands up to and with this one are over. */
static void settle(struct jd_vsi *v, const struct jd_cmd *c)
{
	unsigned n = (unsigned)(c - v->cmd) + 1;

	memmove(v->cmd, v->cmd + n, (v->n_cmds - n) * sizeof(v->cmd[0]));
	v->n_cmds -= n;
}

static void add_cmd(struct jd_ctx *x)
{
	struct jd_vsi *v = x->vsi;
	struct jd_cmd *c;

	if (v->n_cmds == JD_CMDS)
		settle(v, &v->cmd[0]);
	c = &v->cmd[v->n_cmds++];
	*c = (struct jd_cmd){
		.op = x->v->a.op,
		.is_keepalive = x->is_keepalive,
		.is_broken = x->v->err != VDP_OK,
		.frame = x->rec->frame.number,
		.at = x->now,
		.n = 1,
	};
}

static void take_command(struct jd_ctx *x)
{
	struct judge *j = x->j;
	struct jd_vsi *v;
	struct jd_cmd *c;

	v = find_of(j, &x->v->a.vsi, jd_index(j, x->end));
	if (v == NULL)
		v = add_vsi(j, &x->v->a.vsi, jd_index(j, x->end));
	v->is_draft = x->v->is_draft;
	v->used = x->now;
	x->vsi = v;
	c = v->n_cmds > 0 ? &v->cmd[v->n_cmds - 1] : NULL;
	x->is_repeat = c != NULL && c->op == x->v->a.op &&
		       same_value(v->asked, v->asked_len, x->v->value, v->is_draft);
	x->is_keepalive = !x->is_repeat && v->n_cmds == 0 && v->state != VDP_STATE_NONE &&
			  (unsigned)v->state == (unsigned)x->v->a.op &&
			  same_value(v->held, v->held_len, x->v->value, v->is_draft);
	x->gap = mono_since(v->answered, x->now);
	x->is_timed = !mono_is_never(v->answered) && v->answered_epoch == j->epoch;
	x->cmd = c;
	if (v->is_overdue && !x->is_keepalive) /* something else, and later than the keep-alive had to be */
		blame(j, v, x->end, JD_ON_NO_KEEPALIVE, v->answered_frame, v->answered);
	jd_run(x, JD_ON_COMMAND);
	if (x->v->a.op == VDP_DEASSOC)
		v->must_end = false;
	if (x->is_repeat && c != NULL) {
		c->n++;
	} else {
		add_cmd(x);
		v->early_gap = dur_ns(x->is_keepalive && x->is_timed ? x->gap.ns : 0);
	}
	v->is_hard = false;
	v->manager = x->v->manager;
	keep(v->asked, &v->asked_len, x->v->value);
	rearm(j, v);
}

/* ---- answers ---- */

static bool is_error(const struct cap_vsi *v)
{
	return (v->as_answer.status & VDP_STATUS_ERROR) != VDP_E_SUCCESS;
}

static bool is_kept(const struct cap_vsi *v)
{
	return is_error(v) && (v->as_answer.status & VDP_STATUS_KEEP) != 0;
}

/** The command an answer is for. A De-Associate with an error refuses the oldest, unless it says which. */
static struct jd_cmd *answered_cmd(struct jd_vsi *vsi, const struct cap_vsi *v)
{
	if (v->as_answer.answers != 0)
		return find_cmd(vsi, v->as_answer.answers);
	if (v->as_answer.op == VDP_DEASSOC && is_error(v))
		return vsi->n_cmds > 0 ? &vsi->cmd[0] : NULL;
	return find_cmd(vsi, v->as_answer.op);
}

/** Decode the command for comparison, if its value is still at hand. */
static void prepare(struct jd_ctx *x, struct vdp_assoc *asked)
{
	struct jd_vsi *v = x->vsi;
	struct vdp_pdu_item item = { .op = x->cmd != NULL ? x->cmd->op : (enum vdp_op)0 };

	if (x->cmd == NULL || x->cmd != &v->cmd[v->n_cmds - 1] || v->asked_len == 0)
		return; /* a newer command took its place */
	item.value = span_of(v->asked, v->asked_len);
	x->asked_err =
		vdp_dialect_of(v->is_draft ? QBG_DRAFT : QBG_RATIFIED)->decode(VDP_BRIDGE, &item, asked);
	if (x->asked_err != VDP_ERR_SHORT && x->asked_err != VDP_ERR_IGNORED)
		x->asked = asked;
}

static bool has_null(const struct vdp_assoc *a)
{
	for (unsigned i = 0; a != NULL && i < a->n_filters; i++)
		if (a->filters[i].vid == 0)
			return true;
	return false;
}

static void to_none(struct jd_vsi *v)
{
	v->state = VDP_STATE_NONE;
	v->is_state_known = true;
	v->held_len = 0;
	v->must_end = false;
}

static void store_success(struct jd_ctx *x)
{
	struct jd_vsi *v = x->vsi;

	if (x->v->as_answer.op == VDP_DEASSOC) {
		to_none(v);
		return;
	}
	if (x->cmd == NULL || !x->cmd->is_keepalive) {
		v->had_null = has_null(x->asked);
		v->first_len = x->asked != NULL ? v->asked_len : 0;
		memcpy(v->first, v->asked, v->first_len);
	}
	v->state = (enum vdp_state)x->v->as_answer.op;
	v->is_state_known = true;
	v->answered = x->now;
	v->answered_epoch = x->j->epoch;
	v->answered_frame = x->rec->frame.number;
	v->is_untold = false;
	keep(v->held, &v->held_len, x->v->value);
}

static void store_answer(struct jd_ctx *x)
{
	struct jd_vsi *v = x->vsi;

	if (!is_error(x->v)) {
		store_success(x);
	} else if (!is_kept(x->v)) {
		to_none(v);
		v->is_hard = (x->v->as_answer.status & VDP_STATUS_HARD) != 0;
	} else {
		v->must_end = x->cmd != NULL && x->cmd->is_keepalive && v->state == VDP_STATE_ASSOC;
		if (v->state != VDP_STATE_NONE) { /* WAIT_SYSCMD is entered anew */
			v->answered = x->now;
			v->answered_frame = x->rec->frame.number;
			v->is_untold = false;
		}
	}
	if (x->cmd != NULL)
		settle(v, x->cmd);
	rearm(x->j, v);
}

/** Is it to a command that the bridge had not read when it sent its own De-Associate? */
static bool answers_crossed(struct jd_vsi *vsi, const struct cap_vsi *v)
{
	unsigned op = v->as_answer.answers != 0 ? v->as_answer.answers : v->as_answer.op;
	bool is_so = (vsi->crossed & 1u << op) != 0 ||
		     (op == VDP_DEASSOC && is_error(v) && vsi->crossed != 0);

	if (is_so)
		vsi->crossed = (uint8_t)(op == VDP_DEASSOC && is_error(v) ? 0 : vsi->crossed & ~(1u << op));
	return is_so;
}

static void take_answer(struct jd_ctx *x)
{
	struct vdp_assoc asked;

	x->vsi = find_for(x, &x->v->a.vsi);
	x->bounds = (struct jd_bounds){ .has_low = false };
	if (x->vsi != NULL) {
		jd_match(x->j, &x->j->ends[x->vsi->station], x->end);
		x->bounds = jd_bounds_of(x->j, &x->j->ends[x->vsi->station]);
		x->vsi->bridge = jd_index(x->j, x->end);
		x->vsi->used = x->now;
		x->cmd = answered_cmd(x->vsi, x->v);
		prepare(x, &asked);
		if (x->cmd != NULL) {
			x->gap = mono_since(x->cmd->at, x->now);
			jd_note_answer(&x->j->ends[x->vsi->station], x->instance, x->cmd->frame);
		}
	}
	x->is_crossed = x->vsi != NULL && x->cmd == NULL && answers_crossed(x->vsi, x->v);
	jd_run(x, JD_ON_ANSWER);
	if (x->vsi != NULL && !x->is_crossed)
		store_answer(x);
}

static void take_notice(struct jd_ctx *x)
{
	x->vsi = find_for(x, &x->v->a.vsi);
	if (x->vsi != NULL)
		x->cmd = find_cmd(x->vsi, VDP_DEASSOC);
	jd_run(x, JD_ON_NOTICE);
	if (x->vsi == NULL)
		return;
	for (unsigned i = 0; i < x->vsi->n_cmds; i++)
		x->vsi->crossed |= (uint8_t)(1u << x->vsi->cmd[i].op);
	x->vsi->n_cmds = 0;
	to_none(x->vsi);
	rearm(x->j, x->vsi);
}

/* ---- who speaks? ---- */

/** Whose turn it is cannot be seen in a TLV of draft 0.2, nor in a type 4 without the response bit. */
static bool is_from_bridge(struct jd_ctx *x)
{
	const struct jd_vsi *others;

	if (x->end->role != JUDGE_UNKNOWN && x->end->rank >= 2)
		return x->end->role == JUDGE_BRIDGE;
	others = find_for(x, &x->v->a.vsi);
	if (find_of(x->j, &x->v->a.vsi, jd_index(x->j, x->end)) != NULL)
		return false;
	return others != NULL;
}

static bool is_notice(const struct cap_vsi *v, const struct jd_vsi *vsi)
{
	if (v->as_answer.op != VDP_DEASSOC || is_error(v))
		return false;
	if (!v->is_draft)
		return (v->a.status & VDP_STATUS_RESPONSE) == 0;
	for (unsigned i = 0; vsi != NULL && i < vsi->n_cmds; i++)
		if (vsi->cmd[i].op == VDP_DEASSOC)
			return false; /* it answers that */
	return true;
}

static void take_vsi(struct jd_ctx *x)
{
	bool is_answer = !x->v->is_draft && (x->v->a.status & VDP_STATUS_RESPONSE) != 0;
	bool is_bridge = is_answer;

	if (x->v->err == VDP_ERR_SHORT || x->v->err == VDP_ERR_IGNORED || x->v->a.op == 0)
		return;
	if (x->v->is_draft || (!is_answer && x->v->a.op == VDP_DEASSOC))
		is_bridge = is_from_bridge(x);
	if (x->end->rank >= 2 && is_bridge != (x->end->role == JUDGE_BRIDGE))
		return; /* the wrong bit for its role: had its verdict, and a receiver ignores it */
	if (x->v->is_draft || x->v->a.op == VDP_DEASSOC)
		jd_set_role(x->end, is_bridge ? JUDGE_BRIDGE : JUDGE_STATION, is_bridge ? 2 : 1);
	else
		jd_set_role(x->end, is_bridge ? JUDGE_BRIDGE : JUDGE_STATION, 2);
	if (!is_bridge)
		take_command(x);
	else if (is_notice(x->v, find_for(x, &x->v->a.vsi)))
		take_notice(x);
	else
		take_answer(x);
}

void jd_take_vdp(struct jd_ctx *x)
{
	const struct cap_ecp *e = &x->rec->ecp;
	const struct judge_rule *request = x->headline;
	struct jd_vsi *first_vsi = NULL;
	struct cap_vsi_walk w;
	struct cap_vsi v;

	x->link->is_cut |= x->rec->eth.is_truncated;
	jd_run(x, JD_ON_VDP);
	if (e->vdp_err != VDP_PDU_OK)
		return;
	cap_vsi_first(x->rec, &w);
	while (cap_vsi_next(&w, &v)) {
		const struct judge_rule *first = x->has_vsi_headline ? x->headline : NULL;

		x->headline = NULL;
		x->v = &v;
		x->vsi = NULL;
		x->cmd = NULL;
		x->asked = NULL;
		x->is_repeat = x->is_keepalive = false;
		jd_run(x, JD_ON_VSI);
		take_vsi(x);
		if (!x->has_vsi_headline && x->headline != NULL) {
			x->has_vsi_headline = true;
			first_vsi = x->vsi;
		}
		x->headline = first != NULL ? first : x->headline != NULL ? x->headline : request;
	}
	x->v = NULL;
	x->vsi = first_vsi;
}
