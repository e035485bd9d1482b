/*
 * pcap_html_svg.c - one ladder diagram as inline SVG.
 *
 *     frame  time | station ------------------> bridge |  PASS VDP-01  what was seen
 *                 |    :  <------------------          |
 *
 * Rows are as high as their verdicts need. Bars beside the lifelines show what waits: thin for an acknowledgement, wide
 * for an answer. Colours come from the style sheet of the page, so that they follow its light and dark forms.
 */
#include <string.h>

#include "pcap_html_priv.h"

enum {
	WIDTH = 1240,
	X_FRAME = 48,
	X_TIME = 138,
	X_FIRST = 210, /* first and last lifeline */
	X_LAST = 680,
	X_TEXT = 752,
	TEXT_COLUMNS = 66, /* characters of a line beside the ladder */
	ROW = 38,
	LINE = 15,
	HEAD = 64,
	STAGGER = 44, /* every second head is lower when there are many */
	FOOT = 18,
	MAX_LINES = 4,
};

static const char *const level_class[] = { "pass", "warn", "fail" };

void html_put_text(FILE *f, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '&')
			fputs("&amp;", f);
		else if (*text == '<')
			fputs("&lt;", f);
		else if (*text == '>')
			fputs("&gt;", f);
		else if (*text == '"')
			fputs("&quot;", f);
		else
			fputc(*text, f);
	}
}

/* ---- places ---- */

static int rank_of(const struct html_end *e)
{
	return e->is_others ? 3 : e->role == JUDGE_STATION ? 0 : e->role == JUDGE_BRIDGE ? 2 : 1;
}

static unsigned stagger(const struct html_chart *c)
{
	return c->n_ends > 4 ? STAGGER : 0;
}

/** Stations to the left, bridges to the right, by channel. */
static void place_ends(struct html_chart *c)
{
	unsigned order[HTML_ENDS];

	for (unsigned i = 0; i < c->n_ends; i++) {
		unsigned k = i;

		for (; k > 0 && rank_of(&c->end[order[k - 1]]) > rank_of(&c->end[i]); k--)
			order[k] = order[k - 1];
		order[k] = i;
	}
	for (unsigned k = 0; k < c->n_ends; k++) {
		c->end[order[k]].head = k % 2 * stagger(c);
		c->end[order[k]].x = c->n_ends == 1 ? (X_FIRST + X_LAST) / 2
						    : X_FIRST + k * (X_LAST - X_FIRST) / (c->n_ends - 1);
	}
}

/** How much of the text fits a line; breaks at a blank if there is one. */
static size_t line_length(const char *text)
{
	size_t n = strlen(text), cut;

	if (n <= TEXT_COLUMNS)
		return n;
	for (cut = TEXT_COLUMNS; cut > TEXT_COLUMNS / 2; cut--)
		if (text[cut] == ' ')
			return cut;
	return TEXT_COLUMNS;
}

static unsigned lines_of(const char *text)
{
	unsigned n = 0;

	while (*text != '\0' && n < MAX_LINES) {
		text += line_length(text);
		text += *text == ' ';
		n++;
	}
	return n;
}

static unsigned height_of(const struct html_row *r)
{
	unsigned lines = 0;

	for (unsigned i = 0; i < r->n_verdicts; i++)
		lines += 1 + (r->verdict[i].level == JUDGE_PASS ? 0 : lines_of(r->verdict[i].text));
	lines += r->n_more > 0;
	return lines * LINE + 12 > ROW ? lines * LINE + 12 : ROW;
}

static unsigned place_rows(struct html_chart *c)
{
	unsigned y = HEAD + stagger(c);

	for (unsigned i = 0; i < c->n_rows; i++) {
		c->row[i].y = y + ROW / 2;
		y += height_of(&c->row[i]);
	}
	return y + FOOT;
}

/* ---- parts ---- */

static void draw_line(FILE *f, const struct html_end *e, unsigned height)
{
	fprintf(f, "<line class=\"life\" x1=\"%u\" y1=\"%u\" x2=\"%u\" y2=\"%u\"/>\n", e->x, 50 + e->head,
		e->x, height - FOOT + 6);
}

static void draw_head(FILE *f, const struct html_end *e)
{
	const char *role = e->is_others ? "others" : judge_role_name(e->role);
	char mac[MAC_TEXT];

	fprintf(f, "<rect class=\"end %s\" x=\"%u\" y=\"%u\" width=\"132\" height=\"40\" rx=\"6\"/>",
		role != NULL ? role : "unknown", e->x - 66, 8 + e->head);
	fprintf(f,
		"<text class=\"role\" x=\"%u\" y=\"%u\">%s</text><text class=\"mac\" x=\"%u\" "
		"y=\"%u\">%s</text>\n",
		e->x, 24 + e->head, role != NULL ? role : "unknown role", e->x, 40 + e->head,
		e->is_others ? "in tags" : mac_format(e->mac, mac));
}

/** A time of the end `at`, from a row until another one, beside its lifeline. */
static void draw_bar(FILE *f, const struct html_chart *c, const struct html_row *r, int until, uint8_t at,
	unsigned beside, const char *kind)
{
	const struct html_row *e;
	unsigned x;

	if (until < 0 || at == HTML_NOBODY)
		return;
	e = &c->row[until];
	x = c->end[at].x < (X_FIRST + X_LAST) / 2 ? c->end[at].x - beside : c->end[at].x + beside;
	fprintf(f,
		"<line class=\"bar %s\" x1=\"%u\" y1=\"%u\" x2=\"%u\" y2=\"%u\"><title>until the %s: %.6f "
		"s</title></line>\n",
		kind, x, r->y, x, e->y, kind, e->offset_s - r->offset_s);
}

static void draw_arrow(FILE *f, const struct html_chart *c, const struct html_row *r)
{
	const struct html_end *from = &c->end[r->from];
	bool is_right = from->x < (X_FIRST + X_LAST) / 2;
	unsigned to = r->to != HTML_NOBODY ? c->end[r->to].x : is_right ? from->x + 120 : from->x - 120;
	const char *kind = r->is_ack ? "ack" : r->is_lldp ? "lldp" : "data";

	is_right = from->x < to;
	fprintf(f,
		"<g class=\"msg %s\"><line x1=\"%u\" y1=\"%u\" x2=\"%u\" y2=\"%u\" "
		"marker-end=\"url(#%s)\"%s/>",
		kind, from->x + (is_right ? 2u : -2u), r->y, to + (is_right ? -7u : 7u), r->y, kind,
		r->to == HTML_NOBODY ? " stroke-dasharray=\"5 4\"" : "");
	fprintf(f, "<text class=\"label\" x=\"%u\" y=\"%u\">", (from->x + to) / 2, r->y - 6);
	html_put_text(f, r->label);
	fputs("</text>", f);
	if (!r->is_ack && r->detail[0] != '\0') {
		fprintf(f, "<text class=\"detail\" x=\"%u\" y=\"%u\">", (from->x + to) / 2, r->y + 13);
		html_put_text(f, r->detail);
		fputs("</text>", f);
	}
	fputs("</g>\n", f);
}

static void draw_verdict(FILE *f, const struct judge_verdict *v, unsigned *y)
{
	const char *text = v->text;
	unsigned lines = 0;

	fprintf(f,
		"<g class=\"%s\"><rect class=\"chip\" x=\"%d\" y=\"%u\" width=\"44\" height=\"14\" rx=\"7\"/>"
		"<text class=\"chiptext\" x=\"%d\" y=\"%u\">%s</text>",
		level_class[v->level], X_TEXT, *y - 11, X_TEXT + 22, *y, judge_level_name(v->level));
	fprintf(f, "<text class=\"rule\" x=\"%d\" y=\"%u\"><tspan class=\"id\">%s</tspan> ", X_TEXT + 52, *y,
		v->rule->requirement);
	html_put_text(f, v->rule->title);
	fprintf(f, "<title>[%c] ", v->rule->mark);
	html_put_text(f, v->rule->clause);
	fputs("</title></text>", f);
	*y += LINE;
	for (; v->level != JUDGE_PASS && *text != '\0' && lines < MAX_LINES; lines++, *y += LINE) {
		size_t n = line_length(text);
		char line[TEXT_COLUMNS + 1];

		memcpy(line, text, n);
		line[n] = '\0';
		fprintf(f, "<text class=\"why\" x=\"%d\" y=\"%u\">", X_TEXT + 52, *y);
		html_put_text(f, line);
		fputs("</text>", f);
		text += n;
		text += *text == ' ';
	}
	fputs("</g>\n", f);
}

static const char *band_of(const struct html_row *r)
{
	return r->n_verdicts == 0 || r->verdict[0].level == JUDGE_PASS ? ""
								       : level_class[r->verdict[0].level];
}

static void draw_band(FILE *f, const struct html_row *r)
{
	if (band_of(r)[0] != '\0')
		fprintf(f, "<rect class=\"band %s\" x=\"0\" y=\"%d\" width=\"%d\" height=\"%u\"/>\n",
			band_of(r), (int)r->y - ROW / 2 + 1, WIDTH, height_of(r) - 2);
}

static void draw_row(FILE *f, const struct html_chart *c, const struct html_row *r)
{
	unsigned y = r->y - 2;

	if (r->is_gap) {
		fprintf(f,
			"<text class=\"gap\" x=\"%d\" y=\"%u\">%llu frames without a finding are left "
			"out</text>\n",
			(X_FIRST + X_LAST) / 2, r->y + 4, (unsigned long long)r->frame);
		return;
	}
	fprintf(f, "<g class=\"row %s\">\n", band_of(r));
	if (r->is_event)
		fprintf(f, "<text class=\"frame\" x=\"%d\" y=\"%u\">\xe2\x86\x92 %llu</text>", X_FRAME,
			r->y + 4, (unsigned long long)r->frame);
	else
		fprintf(f, "<text class=\"frame\" id=\"f%llu\" x=\"%d\" y=\"%u\">%llu</text>",
			(unsigned long long)r->frame, X_FRAME, r->y + 4, (unsigned long long)r->frame);
	fprintf(f, "<text class=\"time\" x=\"%d\" y=\"%u\">%.6f</text>\n", X_TIME, r->y + 4, r->offset_s);
	if (r->is_event && r->from != HTML_NOBODY)
		fprintf(f, "<circle class=\"event %s\" cx=\"%u\" cy=\"%u\" r=\"6\"/>\n",
			level_class[r->verdict[0].level], c->end[r->from].x, r->y);
	else if (r->from != HTML_NOBODY)
		draw_arrow(f, c, r);
	fputs("</g>\n", f);
	for (unsigned i = 0; i < r->n_verdicts; i++)
		draw_verdict(f, &r->verdict[i], &y);
	if (r->n_more > 0)
		fprintf(f, "<text class=\"why\" x=\"%d\" y=\"%u\">and %u more</text>\n", X_TEXT + 52, y,
			r->n_more);
}

void html_draw(FILE *f, struct html_chart *c)
{
	unsigned height;

	place_ends(c);
	height = place_rows(c);
	fprintf(f, "<svg viewBox=\"0 0 %d %u\" width=\"%d\" height=\"%u\" role=\"img\">\n", WIDTH, height,
		WIDTH, height);
	for (unsigned i = 0; i < c->n_rows; i++)
		draw_band(f, &c->row[i]);
	for (unsigned i = 0; i < c->n_ends; i++)
		draw_line(f, &c->end[i], height);
	for (unsigned i = 0; i < c->n_ends; i++)
		draw_head(f, &c->end[i]);
	for (unsigned i = 0; i < c->n_rows; i++) {
		const struct html_row *r = &c->row[i];

		draw_bar(f, c, r, r->answer_row, r->from, 11, "answer");
		draw_bar(f, c, r, r->ack_row, r->from, 5, "ack");
		draw_bar(f, c, r, r->keep_row, r->to, 17, "keep");
	}
	for (unsigned i = 0; i < c->n_rows; i++)
		draw_row(f, c, &c->row[i]);
	fputs("</svg>\n", f);
}
