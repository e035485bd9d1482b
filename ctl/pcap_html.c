/*
 * pcap_html.c - the HTML report: frames and verdicts gathered into diagrams of a few hundred rows, written as they fill.
 *
 * Memory and the file stay bounded: after SHOW_ALL frames only those with a finding are drawn, and after ROWS_MAX rows
 * nothing is; the page says so. Findings and the summary are known last but wanted first, so they are written last and
 * put to the top by the style sheet.
 */
#include "pcap_html.h"

#include <stdlib.h>
#include <string.h>

#include "pcap_html_priv.h"
#include "pcap_json.h"

enum {
	SHOW_ALL = 1000, /* frames drawn whatever they are */
	ROWS_MAX = 5000, /* rows drawn at all */
	FINDINGS = 500,  /* listed at the top */
	PENDING = 16,    /* verdicts of the frame at hand */
	DUE = 32,        /* requests that wait, remembered for the bars */
};

struct due {
	unsigned row;
	uint8_t from;
	bool is_open, is_vdp;
	uint16_t seq;
	struct vsi_id vsi;
	int answer; /* row of the answer, -1 */
};
struct pcap_html {
	FILE *f;
	struct html_chart chart;
	struct mono start;
	bool has_start;
	uint64_t n_frames, n_rows, n_skipped;
	unsigned n_pending;
	struct judge_verdict pending[PENDING];
	unsigned n_due;
	struct due due[DUE];
	char *findings; /* table rows */
	size_t findings_size;
	FILE *findings_f;
	unsigned n_findings;
	uint64_t n_findings_all;
};

struct pcap_html *pcap_html_open(const char *path, const char *source)
{
	struct pcap_html *h = calloc(1, sizeof(*h));

	if (h == NULL)
		return NULL;
	h->f = fopen(path, "w");
	h->findings_f = open_memstream(&h->findings, &h->findings_size);
	if (h->f == NULL || h->findings_f == NULL) {
		if (h->findings_f != NULL)
			fclose(h->findings_f);
		free(h->findings);
		free(h);
		return NULL;
	}
	fputs("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
	      "content=\"width=device-width\"><title>EVB conformance: ",
		h->f);
	html_put_text(h->f, source);
	fprintf(h->f,
		"</title><style>\n%s</style></head><body>\n%s<header><h1>EVB conformance of a "
		"capture</h1><p><code>",
		html_style, html_markers);
	html_put_text(h->f, source);
	fputs("</code>, judged by <code>evbctl pcap check</code></p></header>\n"
	      "<section><h2>Ladder</h2><p>Bars beside a lifeline: what its end waits for, an acknowledgement "
	      "(thin), an "
	      "answer (wide), or the station's next keep-alive (dotted). Point at a bar for its length, at a "
	      "rule "
	      "for its clause.</p><div class=\"card\">\n",
		h->f);
	return h;
}

/* ---- diagrams ---- */

static void flush_chart(struct pcap_html *h)
{
	if (h->chart.n_rows > 0)
		html_draw(h->f, &h->chart);
	h->chart.n_rows = h->chart.n_ends = 0;
	h->n_due = 0;
}

static struct html_row *add_row(struct pcap_html *h)
{
	struct html_row *r;

	if (h->chart.n_rows == HTML_ROWS)
		flush_chart(h);
	r = &h->chart.row[h->chart.n_rows++];
	memset(r, 0, sizeof(*r));
	r->from = r->to = HTML_NOBODY;
	r->ack_row = r->answer_row = r->keep_row = -1;
	h->n_rows++;
	return r;
}

/* One lifeline for an address, whatever channels it speaks on; one for all the frames of others. */
static uint8_t end_of(
	struct pcap_html *h, struct mac mac, uint16_t channel, enum judge_role role, bool is_others)
{
	struct html_chart *c = &h->chart;

	for (unsigned i = 0; i < c->n_ends; i++) {
		struct html_end *e = &c->end[i];

		if (e->is_others != is_others || (!is_others && !mac_equal(e->mac, mac)))
			continue;
		e->channel = channel;
		if (role != JUDGE_UNKNOWN)
			e->role = role;
		return (uint8_t)i;
	}
	if (c->n_ends == HTML_ENDS)
		return HTML_NOBODY;
	c->end[c->n_ends] = (struct html_end){ mac, channel, role, is_others, 0, 0 };
	return (uint8_t)c->n_ends++;
}

static bool may_be_peers(const struct html_end *a, const struct html_end *b, bool is_same_channel)
{
	return !a->is_others && !b->is_others && (a->role != b->role || a->role == JUDGE_UNKNOWN) &&
	       (!is_same_channel || a->channel == b->channel);
}

/** The only end that can be the peer; of several the only one that last spoke on the channel. */
static uint8_t other_end(const struct html_chart *c, uint8_t from)
{
	for (int is_same_channel = 0; from != HTML_NOBODY && is_same_channel < 2; is_same_channel++) {
		unsigned n = 0;
		uint8_t found = HTML_NOBODY;

		for (unsigned i = 0; i < c->n_ends; i++)
			if (i != from && may_be_peers(&c->end[i], &c->end[from], is_same_channel)) {
				found = (uint8_t)i;
				n++;
			}
		if (n == 1)
			return found;
	}
	return HTML_NOBODY;
}

/** Rows before the peer was known get their target when the diagram is drawn; here for the latest row. */
static void aim(struct html_chart *c)
{
	for (unsigned i = 0; i < c->n_rows; i++)
		if (c->row[i].to == HTML_NOBODY && !c->row[i].is_event && !c->row[i].is_gap)
			c->row[i].to = other_end(c, c->row[i].from);
}

static double offset_of(const struct pcap_html *h, struct mono t)
{
	return mono_before(t, h->start) ? -dur_seconds(mono_since(t, h->start))
					: dur_seconds(mono_since(h->start, t));
}

/* ---- what waits ---- */

static void note_due(struct pcap_html *h, const struct due *d)
{
	h->due[h->n_due++ % DUE] = *d;
}

static void put_latency(char *text, size_t size, const struct html_chart *c, unsigned since)
{
	double ms = (c->row[c->n_rows - 1].offset_s - c->row[since].offset_s) * 1e3;
	size_t n = strlen(text);

	if (ms < 1000)
		snprintf(text + n, size - n, "%safter %.3g ms", n > 0 ? ", " : "", ms);
	else
		snprintf(text + n, size - n, "%safter %.3f s", n > 0 ? ", " : "", ms / 1e3);
}

static void settle_ack(struct pcap_html *h, uint8_t from, uint16_t seq)
{
	struct html_row *now = &h->chart.row[h->chart.n_rows - 1];
	unsigned since = h->chart.n_rows;

	for (unsigned i = 0; i < DUE && i < h->n_due; i++) {
		struct due *d = &h->due[i];

		if (d->from == from || d->seq != seq || h->chart.row[d->row].ack_row >= 0 ||
			other_end(&h->chart, from) != d->from)
			continue;
		h->chart.row[d->row].ack_row = (int)h->chart.n_rows - 1;
		since = d->row < since ? d->row : since;
	}
	if (since < h->chart.n_rows)
		put_latency(now->label, sizeof(now->label), &h->chart, since);
}

static void settle_answer(struct pcap_html *h, uint8_t from, const struct vsi_id *vsi)
{
	struct html_row *now = &h->chart.row[h->chart.n_rows - 1];
	unsigned since = h->chart.n_rows;

	for (unsigned i = 0; i < DUE && i < h->n_due; i++) {
		struct due *d = &h->due[i];

		if (d->from == from || !d->is_vdp || !d->is_open || !vsi_id_equal(&d->vsi, vsi))
			continue;
		d->is_open = false;
		if (d->row < since) { /* repetitions wait with their original */
			since = d->row;
			d->answer = (int)h->chart.n_rows - 1;
		}
	}
	if (since == h->chart.n_rows)
		return;
	put_latency(now->label, sizeof(now->label), &h->chart, since);
	h->chart.row[since].answer_row = (int)h->chart.n_rows - 1;
}

/* The station asks again for a VSI that was answered: how long the association was left alone. */
static void settle_keep(struct pcap_html *h, uint8_t from, const struct vsi_id *vsi)
{
	for (unsigned i = 0; i < DUE && i < h->n_due; i++) {
		struct due *d = &h->due[i];

		if (d->from != from || !d->is_vdp || d->answer < 0 || !vsi_id_equal(&d->vsi, vsi))
			continue;
		h->chart.row[d->answer].keep_row = (int)h->chart.n_rows - 1;
		d->answer = -1;
	}
}

static void note_waits(struct pcap_html *h, const struct cap_record *rec, const struct html_row *r)
{
	struct due d = { .row = h->chart.n_rows - 1, .from = r->from, .is_open = true, .answer = -1 };
	struct cap_vsi_walk w;
	struct cap_vsi v;

	if (rec->proto != CAP_ECP || !rec->ecp.has_hdr || r->from == HTML_NOBODY)
		return;
	d.seq = rec->ecp.hdr.seq;
	if (r->is_ack) {
		settle_ack(h, r->from, d.seq);
		return;
	}
	if (rec->ecp.is_vdp && rec->ecp.vdp_err == VDP_PDU_OK) {
		cap_vsi_first(rec, &w);
		if (cap_vsi_next(&w, &v) && v.err != VDP_ERR_SHORT && v.err != VDP_ERR_IGNORED) {
			bool is_command = h->chart.end[r->from].role == JUDGE_STATION;

			d.is_vdp = is_command;
			d.vsi = v.a.vsi;
			if (is_command)
				settle_keep(h, r->from, &v.a.vsi);
			else
				settle_answer(h, r->from, &v.a.vsi);
		}
	}
	note_due(h, &d);
}

/* ---- rows ---- */

static const char *text_of(const json_t *row, const char *key)
{
	const char *s = json_string_value(json_object_get(row, key));

	return s != NULL ? s : "";
}

/* A UUID would fill the ladder: its ends are enough to tell it. */
static void shorten(const char *who, char *to, size_t size)
{
	size_t len = strlen(who);

	if (len > 26)
		snprintf(to, size, "%.8s\xe2\x80\xa6%s", who,
			who + (strchr(who, ' ') ? strcspn(who, " ") - 4 : len - 4));
	else
		snprintf(to, size, "%s", who);
}

static void describe(struct html_row *r, const struct cap_record *rec, uint16_t channel, struct mono start)
{
	json_t *row = pcap_frame_json(rec, start);
	const char *result;
	char who[64], at[8] = "";

	shorten(text_of(row, "who"), who, sizeof(who));
	if (channel != 0)
		snprintf(at, sizeof(at), "@%u ", channel);
	snprintf(
		r->label, sizeof(r->label), "%s%.20s %.40s", at, text_of(row, "what"), r->is_lldp ? "" : who);
	for (char *p = r->label; *p != '\0'; p++)
		if (*p == '_')
			*p = ' ';
	result = text_of(row, "result");
	snprintf(r->detail, sizeof(r->detail), "%.72s%s", result, strlen(result) > 72 ? "\xe2\x80\xa6" : "");
	json_decref(row);
}

static void take_verdicts(struct pcap_html *h, struct html_row *r)
{
	for (unsigned i = 0; i < h->n_pending; i++) {
		if (r->n_verdicts < HTML_VERDICTS)
			r->verdict[r->n_verdicts++] = h->pending[i];
		else
			r->n_more++;
	}
	h->n_pending = 0;
}

static bool has_finding(const struct pcap_html *h)
{
	for (unsigned i = 0; i < h->n_pending; i++)
		if (h->pending[i].level != JUDGE_PASS)
			return true;
	return false;
}

static void put_gap(struct pcap_html *h)
{
	struct html_row *r;

	if (h->n_skipped == 0)
		return;
	r = add_row(h);
	r->is_gap = true;
	r->frame = h->n_skipped;
	h->n_skipped = 0;
}

void pcap_html_frame(struct pcap_html *h, const struct cap_record *rec, enum judge_role role)
{
	bool is_others = rec->proto == CAP_DATA;
	struct html_row *r;
	uint16_t vid = 0;

	if (!h->has_start) {
		h->has_start = true;
		h->start = rec->frame.time;
	}
	if ((h->n_frames++ >= SHOW_ALL && !has_finding(h)) || h->n_rows >= ROWS_MAX) {
		h->n_skipped++;
		h->n_pending = 0;
		return;
	}
	put_gap(h);
	r = add_row(h);
	if (!is_others)
		(void)cap_eth_vid(&rec->eth, CAP_S_TAG, &vid);
	r->frame = rec->frame.number;
	r->offset_s = offset_of(h, rec->frame.time);
	r->is_ack = rec->proto == CAP_ECP && rec->ecp.has_hdr && rec->ecp.hdr.op == ECP_OP_ACK;
	r->is_lldp = rec->proto == CAP_LLDP;
	r->from = end_of(h, rec->eth.sa, vid, role, is_others);
	describe(r, rec, vid, h->start);
	take_verdicts(h, r);
	aim(&h->chart);
	note_waits(h, rec, r);
}

/* ---- findings ---- */

static void put_finding(struct pcap_html *h, const struct judge_verdict *v)
{
	static const char *const classes[] = { "pass", "warn", "fail" };
	char id[VSI_ID_TEXT], mac[MAC_TEXT];
	FILE *f = h->findings_f;

	h->n_findings_all++;
	if (h->n_findings == FINDINGS)
		return;
	h->n_findings++;
	fprintf(f,
		"<tr><td><span class=\"badge %s\">%s</span></td><td class=\"num\"><b>%s</b></td>"
		"<td class=\"num\"><a href=\"#f%llu\">frame %llu</a></td><td class=\"num\">%.6f s</td><td>",
		classes[v->level], judge_level_name(v->level), v->rule->requirement,
		(unsigned long long)v->frame, (unsigned long long)v->frame,
		h->has_start ? offset_of(h, v->at) : 0.0);
	html_put_text(f, v->text);
	fprintf(f, "<br><span class=\"clause\">[%c] ", v->rule->mark);
	html_put_text(f, v->rule->title);
	fputs("; ", f);
	html_put_text(f, v->rule->clause);
	fprintf(f, "</span></td><td class=\"num\">%s<br><code>%s</code>%s%s%s</td></tr>\n",
		judge_role_name(v->role) ? judge_role_name(v->role) : "", mac_format(v->source, mac),
		v->has_vsi ? "<br><code>" : "", v->has_vsi ? vsi_id_format(&v->vsi, id) : "",
		v->has_vsi ? "</code>" : "");
}

static void put_event(struct pcap_html *h, const struct judge_verdict *v)
{
	struct html_row *r;

	if (h->n_rows >= ROWS_MAX || v->level == JUDGE_PASS)
		return;
	put_gap(h);
	r = add_row(h);
	r->is_event = true;
	r->frame = v->frame;
	r->offset_s = h->has_start ? offset_of(h, v->at) : 0.0;
	r->from = end_of(h, v->source, v->channel, v->role, false);
	r->verdict[r->n_verdicts++] = *v;
}

void pcap_html_verdict(struct pcap_html *h, const struct judge_verdict *v, uint64_t frame)
{
	if (v->level != JUDGE_PASS)
		put_finding(h, v);
	if (v->frame != frame)
		put_event(h, v);
	else if (h->n_pending < PENDING)
		h->pending[h->n_pending++] = *v;
}

/* ---- the end ---- */

static void put_tile(FILE *f, const json_t *summary, const char *key, const char *kind, const char *title)
{
	fprintf(f, "<div class=\"tile %s\"><b>%" JSON_INTEGER_FORMAT "</b>%s</div>", kind,
		json_integer_value(json_object_get(summary, key)), title);
}

static void put_summary(struct pcap_html *h, const json_t *summary)
{
	static const char *const notes[][2] = { { "truncated", "frames are cut by the capture" },
		{ "copies", "frames stand in the capture twice" }, { "backwards", "times go back" },
		{ "gaps", "pauses too long to judge across" },
		{ "open", "commands unanswered at the end, in time" },
		{ "unjudged", "commands unanswered, time limit unknown" },
		{ "unasked", "times a rule was not asked, so much was wrong with one frame" },
		{ "forgotten_ends", "addresses forgotten for lack of room" },
		{ "forgotten_vsis", "VSIs forgotten for lack of room" } };
	json_t *start = h->has_start ? pcap_time_json(h->start) : NULL;

	fputs("<section id=\"sum\"><div class=\"tiles\">", h->f);
	put_tile(h->f, summary, "frames", "", "frames judged");
	put_tile(h->f, summary, "fail", "fail", "FAIL");
	put_tile(h->f, summary, "warn", "warn", "WARN");
	put_tile(h->f, summary, "pass", "pass", "PASS");
	fprintf(h->f, "</div><p>Times count from %s.", start ? json_string_value(start) : "the first frame");
	for (size_t i = 0; i < sizeof(notes) / sizeof(notes[0]); i++)
		if (json_integer_value(json_object_get(summary, notes[i][0])) > 0)
			fprintf(h->f, " %" JSON_INTEGER_FORMAT " %s.",
				json_integer_value(json_object_get(summary, notes[i][0])), notes[i][1]);
	fputs("</p></section>\n", h->f);
	json_decref(start);
}

static void put_findings(struct pcap_html *h)
{
	fputs("<section id=\"find\"><h2>Findings</h2><div class=\"card\">", h->f);
	if (h->n_findings == 0)
		fputs("<p>None: every frame is as it has to be.</p>", h->f);
	else
		fprintf(h->f,
			"<table><tr><th></th><th>rule</th><th>about</th><th>known "
			"at</th><th>what</th><th>who</th></tr>"
			"\n%s</table>",
			h->findings);
	if (h->n_findings_all > h->n_findings)
		fprintf(h->f, "<p>and %llu more</p>",
			(unsigned long long)(h->n_findings_all - h->n_findings));
	fputs("</div></section>\n", h->f);
}

bool pcap_html_close(struct pcap_html *h, const json_t *summary)
{
	bool is_ok;

	put_gap(h);
	flush_chart(h);
	fputs("</div></section>\n", h->f);
	fclose(h->findings_f);
	put_summary(h, summary);
	put_findings(h);
	fputs("</body></html>\n", h->f);
	is_ok = !ferror(h->f);
	is_ok = fclose(h->f) == 0 && is_ok;
	free(h->findings);
	free(h);
	return is_ok;
}
