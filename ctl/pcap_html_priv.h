/* The parts of the HTML report: rows gathered for one diagram (pcap_html.c), and the drawing (pcap_html_svg.c). */
#ifndef EVB_PCAP_HTML_PRIV_H
#define EVB_PCAP_HTML_PRIV_H

#include <stdio.h>

#include "judge.h"

enum {
	HTML_ROWS = 250,   /* of one diagram; the next one goes on below */
	HTML_ENDS = 8,     /* lifelines of one diagram */
	HTML_VERDICTS = 6, /* shown beside a row */
	HTML_LABEL = 96,
	HTML_DETAIL = 160,
	HTML_NOBODY = 255,
};

struct html_end {
	struct mac mac;
	uint16_t channel; /* the last it spoke on */
	enum judge_role role;
	bool is_others; /* frames of others: all of them are one */
	unsigned x;     /* where its lifeline is drawn */
	unsigned head;  /* how much lower its head is */
};
struct html_row {
	bool is_event; /* no frame: something is known now */
	bool is_gap;   /* frames left out before it; `frame` is how many */
	uint64_t frame;
	double offset_s;
	uint8_t from, to; /* ends, HTML_NOBODY */
	bool is_ack, is_lldp;
	char label[HTML_LABEL];
	char detail[HTML_DETAIL];
	unsigned n_verdicts, n_more;
	struct judge_verdict verdict[HTML_VERDICTS];
	/* what waits: from this row to the one that ends it */
	int ack_row;    /* row of this diagram that acknowledges it, -1 */
	int answer_row; /* row that answers its first VSI, -1 */
	int keep_row;   /* of an answer: row of the station's next request for the VSI, -1 */
	unsigned y;     /* where it is drawn */
};
struct html_chart {
	unsigned n_rows, n_ends;
	struct html_end end[HTML_ENDS];
	struct html_row row[HTML_ROWS];
};

extern const char html_style[], html_markers[];

/** Text with what HTML needs escaped. */
void html_put_text(FILE *f, const char *text);
/** One diagram. */
void html_draw(FILE *f, struct html_chart *c);

#endif
