/*
 * judge.c - the judge's clockwork: what is looked at in which order, and the queue of verdicts.
 *
 * judge_next() does the work in steps, so that the queue stays small: first what is in it, then a deadline that passed
 * before the frame at hand, then the frame itself. Each step asks the rules of one event or a few.
 *
 * Time is that of the capture. Where it goes back by more than a second, or stands still for longer than LLDP may be
 * silent, the capture has been interrupted or glued together: all that is waited for is forgotten (a new epoch), because
 * what happened in between was not seen. A deadline beyond the last frame is never judged.
 */
#include "judge_priv.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#include "names.h"

enum {
	BACKWARDS_MS = 1000, /* smaller steps back are a clock's noise */
	TTL_DEFAULT_S = 121, /* 802.1AB: 30 s * 4 + 1 */
	GAP_PERCENT = 150,   /* of the largest TTL: nobody is silent that long */
};

/* ---- memory ---- */

static void layout(struct judge *j, struct carve *c)
{
	uint32_t n_ends = j->cfg.max_ends, n_vsis = j->cfg.max_vsis;

	j->ends = (struct jd_end *)carve_take(c, n_ends, sizeof(*j->ends));
	j->links = (struct jd_link *)carve_take(c, n_ends, sizeof(*j->links));
	j->vsis = (struct jd_vsi *)carve_take(c, n_vsis, sizeof(*j->vsis));
	j->queue = (struct judge_verdict *)carve_take(c, JD_QUEUE, sizeof(*j->queue));
	j->copies = (struct jd_copy *)carve_take(c, JD_COPIES, sizeof(*j->copies));
	j->seen = (struct jd_copy *)carve_take(c, JD_SEEN, sizeof(*j->seen));
	j->reflect = (struct jd_reflect *)carve_take(c, JD_REFLECT, sizeof(*j->reflect));
	imap_layout(&j->end_map, c, n_ends);
	imap_layout(&j->vsi_map, c, n_vsis);
	theap_layout(&j->due, c, n_vsis);
}

size_t judge_size(const struct judge_cfg *cfg)
{
	struct judge j = { .cfg = *cfg };
	struct carve c = { NULL, 0 };

	carve_take(&c, 1, sizeof(j));
	layout(&j, &c);
	return c.used;
}

/** The table is sorted by event: where the rows of each begin. */
static void index_rules(struct judge *j)
{
	unsigned row = 0;

	for (unsigned on = 0; on < JD_N_EVENTS; on++) {
		j->first_row[on] = (uint16_t)row;
		while (row < jd_n_rows && jd_rows[row].on == on)
			row++;
	}
	j->first_row[JD_N_EVENTS] = (uint16_t)row;
	assert(row == jd_n_rows);
}

struct judge *judge_init(const struct judge_cfg *cfg, void *mem)
{
	struct carve c = { (uint8_t *)mem, 0 };
	struct judge *j = (struct judge *)carve_take(&c, 1, sizeof(*j));

	j->cfg = *cfg;
	layout(j, &c);
	imap_clear(&j->end_map);
	imap_clear(&j->vsi_map);
	theap_clear(&j->due);
	j->watched = JD_NONE;
	index_rules(j);
	return j;
}

const struct judge_counts *judge_counts(const struct judge *j)
{
	return &j->count;
}

/* ---- verdicts ---- */

/** VID of the S-tag: of the frame, or in the key of the end's link (judge_link.c). */
static uint16_t jd_channel_of(const struct jd_ctx *x)
{
	uint16_t vid = 0;

	if (x->rec != NULL) {
		(void)cap_eth_vid(&x->rec->eth, CAP_S_TAG, &vid);
		return vid;
	}
	for (unsigned shift = 0; shift < 64; shift += 16)
		if ((x->end->key >> (shift + 12) & 0xf) == CAP_S_TAG + 1u)
			vid = x->end->key >> shift & 0xfff;
	return vid;
}

static void push(struct jd_ctx *x, const struct judge_rule *rule, enum judge_level level)
{
	struct judge *j = x->j;
	struct judge_verdict *v;

	assert(j->q_n < JD_QUEUE);
	v = &j->queue[(j->q_head + j->q_n++) % JD_QUEUE];
	*v = (struct judge_verdict){
		.level = level,
		.rule = rule,
		.frame = x->frame,
		.frame_time = x->frame_time,
		.at = x->now,
		.source = x->rec != NULL && x->rec->proto == CAP_DATA ? x->rec->eth.sa : x->end->mac,
		.role = x->end->role,
		.has_vsi = x->vsi != NULL,
	};
	if (x->vsi != NULL)
		v->vsi = x->vsi->id;
	v->channel = jd_channel_of(x);
	if (level != JUDGE_PASS)
		snprintf(v->text, sizeof(v->text), "%s", x->text);
	j->count.verdicts[level]++;
}

enum jd_outcome jd_say(struct jd_ctx *x, enum jd_outcome o, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(x->text, sizeof(x->text), format, ap);
	va_end(ap);
	return o;
}

static bool is_known(char mark)
{
	return mark == 'S' || mark == 'I' || mark == 'K';
}

static void judge_by(struct jd_ctx *x, const struct jd_row *row)
{
	uint64_t frame = x->frame;
	struct mono time = x->frame_time;
	struct jd_end *end = x->end;
	enum jd_outcome o;

	x->text[0] = '\0';
	o = row->judge(x);
	if (o == JD_KEPT && x->headline == NULL)
		x->headline = &row->rule;
	if (o == JD_BROKEN || o == JD_DOUBT) {
		push(x, &row->rule, o == JD_BROKEN && is_known(row->rule.mark) ? JUDGE_FAIL : JUDGE_WARN);
		x->n_bad += x->frame == frame;
	}
	x->frame = frame; /* rules may speak of another frame, and another end */
	x->frame_time = time;
	x->end = end;
}

void jd_run(struct jd_ctx *x, enum jd_event on)
{
	for (unsigned i = x->j->first_row[on]; i < x->j->first_row[on + 1]; i++)
		if (x->j->q_n < JD_QUEUE - 1)
			judge_by(x, &jd_rows[i]);
		else
			x->j->count.unasked++;
}

/* ---- steps ---- */

struct jd_ctx jd_ctx_of(struct judge *j, const struct cap_record *rec, struct jd_end *e)
{
	return (struct jd_ctx){
		.j = j,
		.rec = rec,
		.end = e,
		.peer = e != NULL ? jd_peer_of(j, e) : NULL,
		.link = e != NULL ? &j->links[e->link] : NULL,
		.now = j->now,
		.frame = rec != NULL ? rec->frame.number : 0,
		.frame_time = rec != NULL ? rec->frame.time : j->now,
	};
}

static void new_epoch(struct judge *j)
{
	j->epoch++;
	theap_clear(&j->due);
	for (uint32_t i = 0; i < j->n_vsis; i++) {
		j->vsis[i].n_cmds = 0;
		j->vsis[i].late.op = (enum vdp_op)0;
		j->vsis[i].is_overdue = false;
		j->vsis[i].due = JD_DUE_NOTHING;
	}
	for (uint32_t i = 0; i < j->n_ends; i++)
		j->ends[i].n_overdue = j->ends[i].n_late = 0;
}

static void advance(struct judge *j, struct mono t)
{
	uint64_t silence_s = (uint64_t)(j->max_ttl_s ? j->max_ttl_s : TTL_DEFAULT_S) * GAP_PERCENT / 100;

	if (!j->has_started) {
		j->has_started = true;
		j->start = j->now = t;
		return;
	}
	if (mono_before(t, j->now)) {
		j->count.backwards++;
		if (!jd_after(j->now, t, jd_ms(BACKWARDS_MS)))
			return;
		new_epoch(j);
		j->start = t;
	} else if (j->max_ttl_s > 0 && jd_after(t, j->now, dur_s(silence_s))) {
		j->count.gaps++;
		new_epoch(j);
	}
	j->now = t;
}

static void take_record(struct judge *j)
{
	const struct cap_record *rec = j->rec;
	struct jd_end *e;
	struct jd_ctx x;

	j->rec = NULL;
	advance(j, rec->frame.time);
	e = jd_end_of(j, rec, true);
	if (jd_after(j->now, e->last, dur_s(JD_AWAY_S)))
		e->first = j->now;
	x = jd_ctx_of(j, rec, e);
	if (jd_take_copy(&x)) {
		j->count.copies++;
		return;
	}
	j->count.frames++;
	j->count.truncated += rec->eth.is_truncated && rec->proto != CAP_DATA;
	jd_take_tags(&x);
	if (rec->proto == CAP_LLDP)
		jd_take_lldp(&x);
	else if (rec->proto == CAP_ECP)
		jd_take_ecp(&x);
	e->last = j->now;
	x.link->last = j->now;
	if (x.n_bad == 0 && x.headline != NULL) {
		x.vsi = x.has_vsi_headline ? x.vsi : NULL;
		push(&x, x.headline, JUDGE_PASS);
	}
}

/** Something that had to happen before `until` did not. */
static bool take_deadline(struct judge *j, struct mono until)
{
	uint32_t i = theap_due(&j->due, until);
	struct mono frame_now = j->now;

	if (i == THEAP_NONE)
		return false;
	if (mono_before(j->now, j->due.when[i]))
		j->now = j->due.when[i];
	jd_vsi_due(j, i);
	j->now = frame_now;
	return true;
}

void judge_frame(struct judge *j, const struct cap_record *rec, uint64_t print)
{
	assert(j->rec == NULL && !j->is_over);
	j->rec = rec;
	j->print = print;
}

void judge_end(struct judge *j, struct mono last)
{
	j->is_over = true;
	if (mono_before(j->now, last))
		j->now = last;
	for (uint32_t i = 0; i < j->n_vsis; i++) {
		const struct jd_vsi *v = &j->vsis[i];

		if (!v->in_use || v->n_cmds == 0 || v->is_overdue)
			continue;
		if (v->due == JD_DUE_ANSWER)
			j->count.open += !mono_reached(j->due.when[i], j->now);
		else
			j->count.unjudged++;
	}
}

bool judge_next(struct judge *j, struct judge_verdict *ret)
{
	while (j->q_n == 0) {
		struct mono until = j->now;

		if (j->rec != NULL) /* a deadline lies before the frame only if time goes on */
			until = mono_before(j->now, j->rec->frame.time) ? j->rec->frame.time : j->now;
		if (until.ns > 0)
			until.ns--; /* what comes at the very deadline is in time */
		if (take_deadline(j, until))
			continue;
		if (j->rec == NULL) {
			jd_reflect_due(j);
			jd_strays_due(j);
			if (j->is_over && j->q_n == 0)
				(void)jd_vsi_end(j);
			break;
		}
		take_record(j);
	}
	if (j->q_n == 0)
		return false;
	*ret = j->queue[j->q_head];
	j->q_head = (j->q_head + 1) % JD_QUEUE;
	j->q_n--;
	return true;
}

/* ---- names ---- */

const char *judge_level_name(enum judge_level l)
{
	static const char *const names[] = { "PASS", "WARN", "FAIL" };

	return names[l];
}

const char *judge_role_name(enum judge_role r)
{
	static const struct name_row names[] = {
		{ JUDGE_STATION, "station" },
		{ JUDGE_BRIDGE, "bridge" },
		{ 0, NULL },
	};

	return names_text(names, (int)r, NULL);
}

enum judge_role judge_role_of(const struct judge *j, const struct cap_record *rec)
{
	const struct jd_end *e = jd_end_of((struct judge *)j, rec, false);

	return e != NULL ? e->role : JUDGE_UNKNOWN;
}
