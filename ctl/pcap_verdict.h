/* Verdicts of `pcap check` as JSON rows and as text. */
#ifndef EVB_PCAP_VERDICT_H
#define EVB_PCAP_VERDICT_H

#include <jansson.h>
#include <stdio.h>

#include "judge.h"

json_t *pcap_verdict_json(const struct judge_verdict *v, struct mono start);
json_t *pcap_summary_json(const struct judge_counts *c);

/** The line above all verdicts; `start` is the time of the first frame as JSON. */
void pcap_verdict_head(FILE *f, const json_t *start);
/** Straight from the verdict, because there may be millions; says nothing that the JSON row does not. */
void pcap_verdict_line(FILE *f, const struct judge_verdict *v, struct mono start, bool is_coloured);
/** How many of what, and what kept the judge from knowing more. */
void pcap_summary_text(FILE *f, const json_t *summary);

#endif
