/*
 * judge_copy.c - frames that stand in the capture twice. Either the capture was taken at two places, or something sent
 * the frame back (802.1Q 8.6.1; evb-reference 1.3).
 *
 * A second copy of a control frame is never looked at. Why it is there shows in the other end's frames: a capture taken
 * twice has those twice too. An acknowledgement whose request came once was just sent twice. Else a copy waits until its sender's peer has sent something that came once. Frames of others
 * are in judge_reflect.c.
 */
#include "judge_priv.h"

enum {
	COPY_MS = 1,      /* no ECP request is repeated faster: ack times are not below it */
	COPY_LLDP_MS = 2, /* an LLDPDU comes again within milliseconds only after a restart */
	COPIES_SURE = 2,  /* one may have been doubled by the wire */
	SINGLES = 2,      /* frames of the peer without a copy before anything is said */
};

static bool is_doubled_source(const struct jd_end *e)
{
	return e->copied_frame != 0;
}

static struct jd_copy *find_copy(struct jd_ctx *x)
{
	for (unsigned i = 0; i < JD_COPIES; i++) {
		struct jd_copy *c = &x->j->copies[i];

		/* An LLDPDU that comes again with another one between is that of a new start. */
		if (x->rec->proto == CAP_LLDP && c->frame < x->end->lldp_frame)
			continue;
		if (c->frame != 0 && c->print == x->j->print && c->end == jd_index(x->j, x->end) &&
			!jd_after(x->now, c->time, jd_ms(COPY_MS)))
			return c;
	}
	return NULL;
}

static void remember(struct jd_ctx *x)
{
	struct judge *j = x->j;

	j->copies[j->copy_at] = (struct jd_copy){ j->print, x->now, x->rec->frame.number,
		jd_index(j, x->end) };
	j->copy_at = (j->copy_at + 1) % JD_COPIES;
}

/** The peer sends, and its frames come once: what came twice before was sent back. */
static void judge_reflection(struct jd_ctx *x, struct jd_end *copied)
{
	struct jd_ctx y = jd_ctx_of(x->j, NULL, x->end);

	y.frame = copied->copied_frame;
	y.frame_time = copied->copied_time;
	y.twin = copied->copied_twin;
	y.is_timed = copied->n_copied >= COPIES_SURE && copied->n_alone == 0;
	copied->copied_frame = 0;
	jd_run(&y, JD_ON_REFLECTED);
}

static void note_single(struct jd_ctx *x)
{
	struct jd_end *p = x->peer;

	x->end->n_alone++;
	if (x->rec->proto == CAP_LLDP)
		x->end->lldp_frame = x->rec->frame.number;
	if (p == NULL || !is_doubled_source(p) || x->link->is_doubled || mono_before(x->now, p->copied_at))
		return;
	if (++p->n_single >= SINGLES)
		judge_reflection(x, p);
}

bool jd_take_copy(struct jd_ctx *x)
{
	struct jd_copy *c;

	if (x->rec->proto == CAP_DATA)
		return false;
	c = find_copy(x);
	if (c != NULL && !x->link->is_doubled && !is_doubled_source(x->end) && jd_is_second_ack(x))
		c = NULL;
	if (c == NULL) {
		note_single(x);
		remember(x);
		return false;
	}
	if (x->peer != NULL && is_doubled_source(x->peer)) { /* both ends' frames come twice */
		x->link->is_doubled = true;
		x->peer->copied_frame = 0;
	}
	jd_note_copy(x);
	if (x->end->n_copied++ == 0)
		x->end->n_alone = 1;
	x->end->n_alone -= x->end->n_alone > 0; /* the first of the two was taken for a single one */
	if (!x->link->is_doubled && x->end->copied_frame == 0) {
		x->end->copied_frame = c->frame;
		x->end->copied_twin = x->rec->frame.number;
		x->end->copied_time = c->time;
		x->end->copied_at = x->now;
		x->end->n_single = 0;
	}
	return true;
}
