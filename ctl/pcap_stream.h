/* A JSON object with one long array, written as it comes: {"schema":1,"frames":[ ... ]}. */
#ifndef EVB_PCAP_STREAM_H
#define EVB_PCAP_STREAM_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

struct pcap_stream {
	FILE *f;
	bool has_items;
};

void pcap_stream_open(struct pcap_stream *s, FILE *f, const char *name);
/** The item is not stolen. */
void pcap_stream_item(struct pcap_stream *s, const json_t *item);
void pcap_stream_close(struct pcap_stream *s);
/** With one more member behind the array. */
void pcap_stream_close_with(struct pcap_stream *s, const char *name, const json_t *value);

#endif
