/*
 * cap_file.c - a capture file as a stream of frames. libpcap knows the formats; this adds numbers, times in nanoseconds
 * and error texts that name the file. Memory is one frame, whatever the size of the file.
 *
 * Left out: link types other than Ethernet. libpcap refuses a pcapng file whose interfaces differ in link type by
 * itself, and a capture of the "any" device has no addresses to judge by.
 */
#include "cap_file.h"

#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>

struct cap_file {
	pcap_t *pcap;
	char path[128]; /* for messages, cut */
	uint64_t n;     /* frames read */
	char error[CAP_ERROR_TEXT];
};

enum { NS_PER_S = 1000000000 };

static struct cap_file *fail(struct cap_file *f)
{
	cap_file_close(f);
	return NULL;
}

/** A capture that libpcap has opened, or has not: then `why` says why. */
static struct cap_file *begin(pcap_t *pcap, const char *name, const char *why, char err[CAP_ERROR_TEXT])
{
	struct cap_file *f = calloc(1, sizeof(*f));
	int type;

	if (f == NULL || pcap == NULL) {
		bool is_named = strstr(why, name) != NULL; /* libpcap names files it can't open */

		snprintf(err, CAP_ERROR_TEXT, "%.120s%s%.180s", is_named ? "" : name, is_named ? "" : ": ",
			why);
		if (pcap != NULL)
			pcap_close(pcap);
		return fail(f);
	}
	f->pcap = pcap;
	snprintf(f->path, sizeof(f->path), "%s", name);
	type = pcap_datalink(f->pcap);
	if (type != DLT_EN10MB) {
		const char *text = pcap_datalink_val_to_name(type);

		snprintf(err, CAP_ERROR_TEXT, "%s: a capture of link type %s (%d), not of Ethernet frames",
			f->path, text ? text : "unknown", type);
		return fail(f);
	}
	return f;
}

struct cap_file *cap_file_open(const char *path, char err[CAP_ERROR_TEXT])
{
	char why[PCAP_ERRBUF_SIZE] = "out of memory";
	pcap_t *p = pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO, why);

	return begin(p, strcmp(path, "-") == 0 ? "standard input" : path, why, err);
}

struct cap_file *cap_file_open_stream(FILE *stream, const char *name, char err[CAP_ERROR_TEXT])
{
	char why[PCAP_ERRBUF_SIZE] = "out of memory";
	pcap_t *p = pcap_fopen_offline_with_tstamp_precision(stream, PCAP_TSTAMP_PRECISION_NANO, why);

	if (p == NULL)
		fclose(stream);
	return begin(p, name, why, err);
}

enum cap_step cap_file_next(struct cap_file *f, struct cap_frame *ret)
{
	struct pcap_pkthdr *h;
	const unsigned char *octets;

	switch (pcap_next_ex(f->pcap, &h, &octets)) {
	case 1:
		break;
	case PCAP_ERROR_BREAK: /* the end */
		return CAP_STEP_END;
	default:
		snprintf(f->error, sizeof(f->error), "%s: after frame %llu: %.160s", f->path,
			(unsigned long long)f->n, pcap_geterr(f->pcap));
		return CAP_STEP_DAMAGED;
	}
	f->n++;
	*ret = (struct cap_frame){
		.number = f->n,
		.time = { (uint64_t)h->ts.tv_sec * NS_PER_S + (uint64_t)h->ts.tv_usec },
		.wire_len = h->len,
		.octets = span_of(octets, h->caplen),
	};
	return CAP_STEP_FRAME;
}

const char *cap_file_error(const struct cap_file *f)
{
	return f->error;
}

void cap_file_close(struct cap_file *f)
{
	if (f == NULL)
		return;
	if (f->pcap != NULL)
		pcap_close(f->pcap);
	free(f);
}
