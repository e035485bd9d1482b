/*
 * cmd_pcap_check.c - `pcap check FILE`: the judge over a capture, in a stream. No daemon, no root.
 *
 * file -> sorting window -> decoder -> judge -> lines, JSON, HTML. What is not of our protocols is told from its EtherType
 * and goes no further, unless the judge watches for frames that come back.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cap_file.h"
#include "cmd.h"
#include "pcap_html.h"
#include "pcap_json.h"
#include "pcap_stream.h"
#include "pcap_verdict.h"

struct check {
	const struct cmd_args *args;
	struct pcap_stream stream;
	struct cap_order *order;
	struct judge *judge;
	struct pcap_html *html;  /* NULL: none wanted */
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

/* `frame`: the one that was just handed over, 0 for none. */
static void pull(struct check *c, uint64_t frame)
{
	struct judge_verdict v;

	while (judge_next(c->judge, &v)) {
		put_verdict(c, &v);
		if (c->html != NULL)
			pcap_html_verdict(c->html, &v, frame);
	}
}

static void feed(struct check *c, const struct cap_held *h)
{
	struct cap_record rec;

	if (h->is_candidate && cap_decode(&h->frame, &rec)) {
		judge_frame(c->judge, &rec, h->print);
		pull(c, h->frame.number);
		if (c->html != NULL)
			pcap_html_frame(c->html, &rec, judge_role_of(c->judge, &rec));
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
	while (cap_order_is_full(c->order) || cap_order_is_ripe(c->order, frame->time))
		feed(c, cap_order_take(c->order));
	if (!is_candidate && !judge_wants_foreign(c->judge))
		return;
	cap_order_put(c->order, frame, is_candidate);
}

/* False when the report could not be written. */
static bool finish(struct check *c)
{
	bool is_ok = true;
	const struct cap_held *h;
	json_t *summary;

	while ((h = cap_order_take(c->order)) != NULL)
		feed(c, h);
	judge_end(c->judge, c->last);
	pull(c, 0);
	summary = pcap_summary_json(judge_counts(c->judge));
	if (c->args->given[OPT_JSON])
		pcap_stream_close_with(&c->stream, "summary", summary);
	else
		pcap_summary_text(stdout, summary);
	if (c->html != NULL)
		is_ok = pcap_html_close(c->html, summary);
	json_decref(summary);
	return is_ok;
}

static int run(struct check *c, struct cap_file *file)
{
	struct cap_frame frame;
	enum cap_step step;

	if (c->args->given[OPT_JSON])
		pcap_stream_open(&c->stream, stdout, "verdicts");
	while ((step = cap_file_next(file, &frame)) == CAP_STEP_FRAME)
		take(c, &frame);
	if (!finish(c))
		return cmd_fail(EXIT_USAGE, "%s: %s", c->args->text[OPT_HTML], strerror(errno));
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
	if (args->given[OPT_HTML]) {
		c.html = pcap_html_open(args->text[OPT_HTML], args->words[2]);
		if (c.html == NULL) {
			cap_file_close(file);
			return cmd_fail(EXIT_USAGE, "%s: %s", args->text[OPT_HTML], strerror(errno));
		}
	}
	mem = calloc(1, judge_size(&cfg));
	c.order = malloc(sizeof(*c.order));
	if (mem == NULL || c.order == NULL) {
		code = cmd_fail(EXIT_USAGE, "out of memory");
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
