/*
 * judge_reflect.c - frames of others that come back although reflective relay is off (802.1Q 8.6.1; evb-reference 1.3).
 *
 * Watched only while the one bridge of the capture says RRCTR 0. A frame that comes twice within a few milliseconds, and
 * not three times, is a pair; what is repeated all the time is somebody's stream. Pairs wait: if nearly everything comes
 * twice, the capture was taken at two places, and none of them means anything.
 */
#include "judge_priv.h"

enum {
	PAIR_MS = 5,     /* a bridge sends back at once */
	STREAM_MS = 200, /* and nothing more within this */
	DECIDE_S = 10,   /* how long a pair waits for what else comes twice */
	PAIRS_FEW = 4,   /* fewer pairs say nothing about the capture */
};

/** To be asked after each LLDPDU: is there something to watch, and from when on? */
void jd_reflect_watch(struct judge *j)
{
	const struct jd_end *bridge = NULL;
	unsigned n = 0;

	for (uint32_t i = 0; i < j->n_ends; i++) {
		const struct jd_end *e = &j->ends[i];

		if (!e->in_use || !e->evb.is_known || e->role != JUDGE_BRIDGE)
			continue;
		bridge = e;
		n++;
	}
	j->watched = n == 1 && (bridge->evb.tlv.bridge_raw & EVB_RRCTR) == 0 &&
				     !j->links[bridge->link].is_doubled
			     ? (uint32_t)(bridge - j->ends)
			     : JD_NONE;
	if (j->watched != JD_NONE)
		j->watch_from = mono_add(bridge->evb.since, jd_ms(JD_SETTLE_MS));
}

bool judge_wants_foreign(const struct judge *j)
{
	return j->watched != JD_NONE && !j->is_twice;
}

void judge_foreign(struct judge *j, const struct cap_held *h)
{
	struct jd_copy *c = &j->seen[h->print % JD_SEEN];
	bool is_again = c->frame != 0 && c->print == h->print &&
			!jd_after(h->frame.time, c->time, jd_ms(STREAM_MS));
	struct jd_copy before = *c;

	*c = (struct jd_copy){ h->print, h->frame.time, h->frame.number, 0 };
	if (mono_before(h->frame.time, j->watch_from))
		return;
	j->n_foreign++;
	if (!is_again)
		return;
	for (unsigned i = 0; i < j->n_reflect; i++) {
		if (j->reflect[i].print == h->print &&
			!jd_after(h->frame.time, j->reflect[i].second, jd_ms(STREAM_MS))) {
			j->n_pairs -= j->reflect[i].n++ == 2;
			return;
		}
	}
	if (jd_after(h->frame.time, before.time, jd_ms(PAIR_MS)))
		return;
	j->n_pairs++;
	if (j->n_reflect < JD_REFLECT)
		j->reflect[j->n_reflect++] = (struct jd_reflect){ h->print, before.time, h->frame.time,
			h->frame.number, 2 };
}

static void say(struct judge *j, const struct jd_reflect *r)
{
	struct jd_ctx x = jd_ctx_of(j, NULL, &j->ends[j->watched]);

	x.frame = r->frame;
	x.frame_time = r->second;
	x.gap = mono_since(r->first, r->second);
	jd_run(&x, JD_ON_REFLECTED_DATA);
}

/** At the end, and whenever the oldest pair has waited long enough. */
void jd_reflect_due(struct judge *j)
{
	uint64_t singles = j->n_foreign > 2 * j->n_pairs ? j->n_foreign - 2 * j->n_pairs : 0;

	while (j->n_reflect > 0 && j->q_n < JD_QUEUE / 2) {
		struct jd_reflect r = j->reflect[0];

		if (!j->is_over && !jd_after(j->now, r.second, dur_s(DECIDE_S)))
			return;
		if (j->n_pairs >= PAIRS_FEW && singles < j->n_pairs)
			j->is_twice = true;
		memmove(j->reflect, j->reflect + 1, --j->n_reflect * sizeof(r));
		if (r.n == 2 && !j->is_twice && j->watched != JD_NONE)
			say(j, &r);
	}
}
