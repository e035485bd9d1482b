/* pcap_stream.c - one object with an array whose items are never all in memory. */
#include "pcap_stream.h"

#include "ctl_proto.h"

void pcap_stream_open(struct pcap_stream *s, FILE *f, const char *name)
{
	*s = (struct pcap_stream){ f, false };
	fprintf(f, "{\"schema\":%d,\"%s\":[", CTL_SCHEMA, name);
}

void pcap_stream_item(struct pcap_stream *s, const json_t *item)
{
	if (s->has_items)
		fputs(",\n", s->f);
	s->has_items = true;
	json_dumpf(item, s->f, CTL_JSON_FLAGS);
}

void pcap_stream_close(struct pcap_stream *s)
{
	fputs("]}\n", s->f);
}

void pcap_stream_close_with(struct pcap_stream *s, const char *name, const json_t *value)
{
	fprintf(s->f, "],\"%s\":", name);
	json_dumpf(value, s->f, CTL_JSON_FLAGS);
	fputs("}\n", s->f);
}
