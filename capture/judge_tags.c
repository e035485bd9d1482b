/*
 * judge_tags.c - the tags of a frame, one event for all of them, and control frames in S-channels that no list has yet.
 *
 * A bridge that assigns an SVID may speak in the new S-channel at once, while its CDCP TLV waits for credit (2.4). So such
 * a frame waits for the list before it is judged.
 */
#include "judge_priv.h"

void jd_take_tags(struct jd_ctx *x)
{
	const struct cap_eth *eth = &x->rec->eth;
	bool is_ours = eth->is_short;

	for (unsigned i = 0; i < eth->n_tags; i++)
		is_ours |= eth->tag[i].kind != CAP_C_TAG;
	if (!is_ours)
		return;
	jd_run(x, JD_ON_TAG);
	if (x->rec->proto != CAP_DATA)
		x->headline = NULL; /* a control frame is praised for what it says */
}

void jd_note_stray(struct jd_ctx *x, uint16_t vid)
{
	struct judge *j = x->j;

	if (j->n_strays < JD_STRAYS)
		j->stray[j->n_strays++] = (struct jd_stray){ x->frame, x->now, jd_index(j, x->end), vid };
}

void jd_strays_due(struct judge *j)
{
	while (j->n_strays > 0 && j->q_n < JD_QUEUE / 2) {
		struct jd_stray s = j->stray[0];
		struct jd_ctx x;

		if (!j->is_over && !jd_after(j->now, s.time, jd_ms(JD_SETTLE_MS)))
			return;
		memmove(j->stray, j->stray + 1, --j->n_strays * sizeof(s));
		if (!j->ends[s.end].in_use)
			continue;
		x = jd_ctx_of(j, NULL, &j->ends[s.end]);
		x.frame = s.frame;
		x.frame_time = s.time;
		x.stray = s.vid;
		jd_run(&x, JD_ON_STRAY);
	}
}
