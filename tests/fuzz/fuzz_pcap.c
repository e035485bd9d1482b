/*
 * fuzz_pcap.c - any file before `evbctl pcap`: read, sorted, decoded, shown, judged, drawn. Laws: it comes to an end, and
 * what is said of a frame can be written as JSON.
 */
#define _GNU_SOURCE
#include "cap_file.h"
#include "fuzz.h"
#include "pcap_html.h"
#include "pcap_json.h"
#include "pcap_text.h"
#include "pcap_verdict.h"

static FILE *nowhere;

static void put(json_t *row)
{
	char *text = json_dumps(row, JSON_COMPACT);

	FUZZ_LAW(text != NULL);
	free(text);
}

static void pull(struct judge *j, struct pcap_html *html, struct mono start, uint64_t frame)
{
	struct judge_verdict v;

	while (judge_next(j, &v)) {
		json_t *row = pcap_verdict_json(&v, start);

		put(row);
		json_decref(row);
		pcap_verdict_line(nowhere, &v, start, false);
		pcap_html_verdict(html, &v, frame);
	}
}

static void look(struct judge *j, struct pcap_html *html, const struct cap_held *h, struct mono start)
{
	struct cap_record rec;
	json_t *row;

	if (!h->is_candidate || !cap_decode(&h->frame, &rec)) {
		if (judge_wants_foreign(j))
			judge_foreign(j, h);
		return;
	}
	row = pcap_frame_json(&rec, start);
	put(row);
	pcap_text_line(nowhere, row);
	pcap_text_fields(nowhere, row);
	json_decref(row);
	judge_frame(j, &rec, h->print);
	pull(j, html, start, h->frame.number);
	pcap_html_frame(html, &rec, judge_role_of(j, &rec));
}

static void read_all(struct cap_file *file, struct judge *j, struct pcap_html *html)
{
	static struct cap_order order;
	struct cap_frame frame;
	struct mono start = { 0 }, last = { 0 };
	const struct cap_held *h;

	cap_order_init(&order);
	while (cap_file_next(file, &frame) == CAP_STEP_FRAME) {
		if (frame.number == 1)
			start = last = frame.time;
		last = mono_before(last, frame.time) ? frame.time : last;
		while (cap_order_is_full(&order) || cap_order_is_ripe(&order, frame.time))
			look(j, html, cap_order_take(&order), start);
		cap_order_put(&order, &frame, cap_frame_is_candidate(&frame));
	}
	while ((h = cap_order_take(&order)) != NULL)
		look(j, html, h, start);
	judge_end(j, last);
	pull(j, html, start, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct judge_cfg cfg = { 8, 8 };
	char err[CAP_ERROR_TEXT];
	FILE *f = size > 0 ? fmemopen((void *)data, size, "rb") : NULL;
	struct cap_file *file = f != NULL ? cap_file_open_stream(f, "input", err) : NULL;
	struct pcap_html *html;
	json_t *summary;
	void *mem;

	if (file == NULL)
		return 0;
	nowhere = nowhere != NULL ? nowhere : fopen("/dev/null", "w");
	html = pcap_html_open("/dev/null", "input");
	mem = calloc(1, judge_size(&cfg));
	FUZZ_LAW(nowhere != NULL && html != NULL && mem != NULL);
	read_all(file, judge_init(&cfg, mem), html);
	summary = pcap_summary_json(judge_counts((struct judge *)mem));
	FUZZ_LAW(pcap_html_close(html, summary));
	json_decref(summary);
	free(mem);
	cap_file_close(file);
	return 0;
}
