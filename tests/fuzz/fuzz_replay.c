/*
 * fuzz_replay.c - frames with times (judge_input.h) as a capture, replayed as station and as bridge against evbd's core. Laws:
 * it comes to an end; every frame of the end on trial has a row; the counts are those of the rows.
 */
#include "fuzz.h"
#include "judge_input.h"
#include "replay.h"

enum { FRAMES_MAX = 60, START_S = 1700000000 };

static void check(const struct replay *r)
{
	const struct replay_counts *n = replay_counts(r);
	unsigned rows[3] = { 0 }, captured = 0;

	for (unsigned i = 0; i < replay_n_rows(r); i++) {
		const struct replay_row *row = replay_row(r, i);

		FUZZ_LAW(row->captured != NULL || row->sent != NULL);
		FUZZ_LAW((row->verdict == REPLAY_EQUAL) == (row->whys == 0));
		rows[row->verdict]++;
		captured += row->captured != NULL;
	}
	FUZZ_LAW(captured == n->frames);
	for (unsigned v = 0; v < 3; v++)
		FUZZ_LAW(rows[v] == n->rows[v]);
}

static void play(struct rd in, enum judge_role role)
{
	const struct replay_cfg cfg = { .role = role };
	struct replay *r = replay_new(&cfg);
	struct mono now = { (uint64_t)START_S * 1000000000 };
	uint64_t number = 0;

	FUZZ_LAW(r != NULL);
	while (in.left >= JUDGE_RECORD_HEAD && number < FRAMES_MAX) {
		unsigned exponent = rd_u8(&in), mantissa = rd_u8(&in);
		size_t len = rd_u16(&in) % JUDGE_CUT;
		struct span octets = rd_span(&in, len < in.left ? len : in.left);
		struct mono next = judge_input_time(now, exponent, mantissa);
		struct cap_frame f = { ++number, next, (uint32_t)octets.len, octets };

		if (mono_before(now, next)) /* a replay wants them in order */
			now = next;
		f.time = now;
		if (cap_frame_is_candidate(&f))
			FUZZ_LAW(replay_put(r, &f));
	}
	if (replay_prepare(r) == NULL) {
		FUZZ_LAW(replay_run_node(r));
		replay_finish(r);
		check(r);
	}
	replay_free(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	play(rd_init(span_of(data, size)), JUDGE_STATION);
	play(rd_init(span_of(data, size)), JUDGE_BRIDGE);
	return 0;
}
