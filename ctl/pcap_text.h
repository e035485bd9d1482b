/* Rows of `pcap show` as text, made from the JSON rows: a line a frame, or (-v) a line a field with its clause. */
#ifndef EVB_PCAP_TEXT_H
#define EVB_PCAP_TEXT_H

#include <jansson.h>
#include <stdio.h>

/** The line above all frames; `start` is the time of the first one as JSON, NULL for an empty capture. */
void pcap_text_head(FILE *f, const json_t *start);
void pcap_text_line(FILE *f, const json_t *row);
/** What whoever captured a frame has written on it, a line each. */
void pcap_text_comments(FILE *f, const json_t *row);
void pcap_text_fields(FILE *f, const json_t *row);

#endif
