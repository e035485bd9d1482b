/*
 * fuzz_judge.c - frames with times (judge_input.h) before the judge, whose tables are as small as they may be. Laws: it
 * comes to an end; a verdict names a rule of the table and a frame that was there; only what is known for sure is a FAIL;
 * the counts are those of what was said.
 */
#include "fuzz.h"
#include "judge.h"
#include "judge_input.h"

enum { FRAMES_MAX = 2000, PER_FRAME_MAX = 4096, START_S = 1700000000 };

static void pull(struct judge *j, uint64_t number, uint64_t said[3])
{
	struct judge_verdict v;
	unsigned n = 0;

	while (judge_next(j, &v)) {
		const struct judge_rule *rule = v.rule;

		FUZZ_LAW(++n < PER_FRAME_MAX);
		FUZZ_LAW(v.frame >= 1 && v.frame <= number);
		FUZZ_LAW(
			v.level != JUDGE_FAIL || rule->mark == 'S' || rule->mark == 'I' || rule->mark == 'K');
		FUZZ_LAW(v.level == JUDGE_PASS || (!rule->is_praise && v.text[0] != '\0'));
		FUZZ_LAW(v.role == JUDGE_UNKNOWN || judge_role_name(v.role) != NULL);
		said[v.level]++;
	}
}

static void play(struct judge *j, struct rd *in, uint64_t said[3])
{
	static struct cap_held held;
	struct mono now = { (uint64_t)START_S * 1000000000 };
	uint64_t number = 0;

	while (in->left >= JUDGE_RECORD_HEAD && number < FRAMES_MAX) {
		unsigned exponent = rd_u8(in), mantissa = rd_u8(in), word = rd_u16(in);
		size_t len = word % JUDGE_CUT;
		struct cap_record rec;
		struct span octets;

		octets = rd_span(in, len < in->left ? len : in->left);
		now = judge_input_time(now, exponent, mantissa);
		held.frame = (struct cap_frame){ ++number, now,
			(uint32_t)octets.len + (word & JUDGE_CUT ? 100 : 0), octets };
		held.is_candidate = cap_frame_is_candidate(&held.frame);
		held.print = cap_print(octets);
		if (held.is_candidate && cap_decode(&held.frame, &rec)) {
			judge_frame(j, &rec, held.print);
			pull(j, number, said);
		} else if (judge_wants_foreign(j)) {
			judge_foreign(j, &held);
			pull(j, number, said);
		}
	}
	judge_end(j, now);
	pull(j, number, said);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct judge_cfg cfg = { 8, 8 };
	struct rd in = rd_init(span_of(data, size));
	uint64_t said[3] = { 0, 0, 0 };
	void *mem = calloc(1, judge_size(&cfg));
	struct judge *j;

	FUZZ_LAW(mem != NULL);
	j = judge_init(&cfg, mem);
	play(j, &in, said);
	for (unsigned l = 0; l < 3; l++)
		FUZZ_LAW(judge_counts(j)->verdicts[l] == said[l]);
	free(mem);
	return 0;
}
