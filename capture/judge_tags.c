/* judge_tags.c - the tags of a frame, one event for all of them. */
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
