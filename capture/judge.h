/*
 * The judge: follows both ends of every link through a capture and says of each frame what it keeps and what it breaks.
 *
 * In: records in the order of time. Out: verdicts, pulled by judge_next() after every input until it returns false. The
 * rules are one table (judge_rules.c), each with its requirement, its clause and the mark of the reference that says how
 * much is known: a broken rule marked [S], [I] or [K] is a FAIL, one marked [R] (or [D]) a WARN. What a rule would need
 * and the capture does not show - the other direction, the negotiation, what came before - makes it silent.
 *
 * Who is station and who is bridge is inferred. Times are those of the capture. Memory is what judge_size() says: tables
 * that forget the oldest entry when they are full, and count it.
 */
#ifndef EVB_JUDGE_H
#define EVB_JUDGE_H

#include "cap_order.h"
#include "cap_record.h"

enum judge_level { JUDGE_PASS, JUDGE_WARN, JUDGE_FAIL };
enum judge_role { JUDGE_UNKNOWN, JUDGE_STATION, JUDGE_BRIDGE };
enum { JUDGE_TEXT = 200 };

struct judge_rule {
	const char *requirement; /* id in the conformance checklist */
	const char *also;        /* further ids the rule is about, blanks between; "" for none */
	const char *clause;
	char mark; /* S, I, K, R: as in the references; D: a decision of the port-extension reference */
	const char *title; /* what has to be so */
	bool is_praise;    /* never broken: it names what a sound frame is */
};

/** A request of the exchange a verdict is about, for whoever draws it. */
struct judge_verdict {
	enum judge_level level;
	const struct judge_rule *rule;
	uint64_t frame;         /* the frame it is about */
	struct mono frame_time; /* of that frame */
	struct mono at;         /* when it was known: the time of a frame, or a deadline */
	struct mac source;      /* who is praised or blamed */
	enum judge_role role;   /* of the source */
	uint16_t channel;       /* VID of the S-TAG, 0 without one */
	bool has_vsi;
	struct vsi_id vsi;
	char text[JUDGE_TEXT]; /* what was seen; "" when it is just as it has to be */
};

struct judge_cfg {
	unsigned max_ends; /* source addresses on links and channels followed at once, >= 8 */
	unsigned max_vsis; /* VSIs followed at once, >= 8 */
};
#define JUDGE_CFG_DEFAULT ((struct judge_cfg){ .max_ends = 512, .max_vsis = 16384 })

struct judge_counts {
	uint64_t frames;         /* judged */
	uint64_t verdicts[3];    /* by level */
	uint64_t truncated;      /* frames whose missing part was not judged */
	uint64_t copies;         /* frames the capture has twice */
	uint64_t backwards;      /* steps back in time */
	uint64_t gaps;           /* pauses after which nothing before them counts */
	uint64_t forgotten_ends; /* evicted for lack of room */
	uint64_t forgotten_vsis;
	uint64_t open;     /* requests whose answer would come after the end */
	uint64_t unjudged; /* requests without an answer whose deadline is not known */
	uint64_t unasked;  /* rules that were not asked, because too much was wrong with one frame */
};

struct judge; /* private; lives in judge_size() octets of zeroed memory */

size_t judge_size(const struct judge_cfg *cfg);
struct judge *judge_init(const struct judge_cfg *cfg, void *mem);
/** A frame of ours. `print` is its fingerprint (cap_order.h). The record has to stay until judge_next() returns false. */
void judge_frame(struct judge *j, const struct cap_record *rec, uint64_t print);
/** Does it want to see frames of others too? Only while reflective relay is known to be off. */
bool judge_wants_foreign(const struct judge *j);
void judge_foreign(struct judge *j, const struct cap_held *h);
/** The capture is over; `last` is the time of its last frame, whoever's it was. */
void judge_end(struct judge *j, struct mono last);
/** The next verdict. False: none before the next input. */
bool judge_next(struct judge *j, struct judge_verdict *ret);
const struct judge_counts *judge_counts(const struct judge *j);

/** The table, for documents and tests: NULL behind its end. */
const struct judge_rule *judge_rule_at(unsigned i);
const char *judge_level_name(enum judge_level l); /* "PASS", "WARN", "FAIL" */
const char *judge_role_name(enum judge_role r);   /* "station", "bridge"; NULL for unknown */

/** For whoever draws: what the judge thinks of a source right now. */
enum judge_role judge_role_of(const struct judge *j, const struct cap_record *rec);

#endif
