/*
 * `pcap check --html`: a report in one file, with nothing outside it. Findings first, then a ladder diagram: a lifeline
 * for each end, an arrow for each frame, bars for what waits, chips for verdicts.
 */
#ifndef EVB_PCAP_HTML_H
#define EVB_PCAP_HTML_H

#include <jansson.h>

#include "judge.h"

struct pcap_html;

/** NULL when the file can't be written (errno says why). `source` is the capture's name. */
struct pcap_html *pcap_html_open(const char *path, const char *source);
/** A verdict, as it comes. Those of the frame that pcap_html_frame() names next stand beside it, all others (what did not
 * happen in time) in rows of their own. */
void pcap_html_verdict(struct pcap_html *h, const struct judge_verdict *v, uint64_t frame);
/** A frame that was judged, after its verdicts. */
void pcap_html_frame(struct pcap_html *h, const struct cap_record *rec, enum judge_role role);
/** False when something could not be written. */
bool pcap_html_close(struct pcap_html *h, const json_t *summary);

#endif
