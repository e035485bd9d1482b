/*
 * cmd_pcap_check.c - `pcap check FILE`: the judge over a capture, in a stream. No daemon, no root.
 *
 * file -> sorting window -> decoder -> judge -> lines, JSON, HTML. What is not of our protocols is told from its EtherType
 * and goes no further, unless the judge watches for frames that come back.
 */
#include <stdlib.h>
#include <unistd.h>

#include "cap_file.h"
#include "cmd.h"
#include "pcap_json.h"
#include "pcap_stream.h"
#include "pcap_verdict.h"

struct check {
	const struct cmd_args *args;
	struct pcap_stream stream;
	struct cap_order *order;
	struct judge *judge;
	struct mono start, last; /* of the capture */
	bool has_head, is_coloured;
};

static void put_head(struct check *c)
{
	json_t *start = pcap_time_json(c->start);

	pcap_verdict_head(stdout, start);
	json_decref(start);
	c->has_head = true;
}

static void put_verdict(struct check *c, const struct judge_verdict *v)
{
	json_t *row;

	if (c->args->given[OPT_QUIET] && v->level == JUDGE_PASS)
		return;
	if (c->args->given[OPT_JSON]) {
		row = pcap_verdict_json(v, c->start);
		pcap_stream_item(&c->stream, row);
		json_decref(row);
		return;
	}
	if (!c->has_head)
		put_head(c);
	pcap_verdict_line(stdout, v, c->start, c->is_coloured);
}

static void pull(struct check *c)
{
	struct judge_verdict v;

	while (judge_next(c->judge, &v))
		put_verdict(c, &v);
}

static void feed(struct check *c, const struct cap_held *h)
{
	struct cap_record rec;

	if (h->is_candidate && cap_decode(&h->frame, &rec)) {
		judge_frame(c->judge, &rec, h->print);
		pull(c);
	} else if (judge_wants_foreign(c->judge)) {
		judge_foreign(c->judge, h);
	}
}

static void take(struct check *c, const struct cap_frame *frame)
{
	bool is_candidate = cap_frame_is_candidate(frame);

	if (frame->number == 1)
		c->start = frame->time;
	if (mono_before(c->last, frame->time))
		c->last = frame->time;
	if (!is_candidate && !judge_wants_foreign(c->judge))
		return;
	if (cap_order_is_full(c->order))
		feed(c, cap_order_take(c->order));
	cap_order_put(c->order, frame, is_candidate);
}

static void finish(struct check *c)
{
	const struct cap_held *h;
	json_t *summary;

	while ((h = cap_order_take(c->order)) != NULL)
		feed(c, h);
	judge_end(c->judge, c->last);
	pull(c);
	summary = pcap_summary_json(judge_counts(c->judge));
	if (c->args->given[OPT_JSON])
		pcap_stream_close_with(&c->stream, "summary", summary);
	else
		pcap_summary_text(stdout, summary);
	json_decref(summary);
}

static int run(struct check *c, struct cap_file *file)
{
	struct cap_frame frame;
	enum cap_step step;

	if (c->args->given[OPT_JSON])
		pcap_stream_open(&c->stream, stdout, "verdicts");
	while ((step = cap_file_next(file, &frame)) == CAP_STEP_FRAME)
		take(c, &frame);
	finish(c);
	if (step == CAP_STEP_DAMAGED)
		return cmd_fail(EXIT_USAGE, "%s", cap_file_error(file));
	return judge_counts(c->judge)->verdicts[JUDGE_FAIL] > 0 ? EXIT_FAILED : EXIT_DONE;
}

int cmd_pcap_check(const struct command *cmd, const struct cmd_args *args)
{
	const struct judge_cfg cfg = JUDGE_CFG_DEFAULT;
	struct check c = { .args = args, .is_coloured = isatty(STDOUT_FILENO) };
	char err[CAP_ERROR_TEXT];
	struct cap_file *file;
	void *mem;
	int code;

	(void)cmd;
	if (args->n_words != 3)
		return cmd_fail(EXIT_USAGE, "pcap check: one capture file is needed");
	file = cap_file_open(args->words[2], err);
	if (file == NULL)
		return cmd_fail(EXIT_USAGE, "%s", err);
	mem = calloc(1, judge_size(&cfg));
	c.order = malloc(sizeof(*c.order));
	if (mem == NULL || c.order == NULL) {
		code = cmd_fail(EXIT_FAILED, "out of memory");
	} else {
		cap_order_init(c.order);
		c.judge = judge_init(&cfg, mem);
		code = run(&c, file);
	}
	free(c.order);
	free(mem);
	cap_file_close(file);
	return code;
}
