/*
 * Link driver on capture files: frames come from one, what is sent goes to another. For tests and offline use.
 *
 * There is nothing to wait on (fd is -1): the caller polls until it gets 0. No clock is read: a sent frame carries the
 * time of the frame that was read last, so the same input and the same daemon write the same file.
 */
#include <errno.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>

#include "link_priv.h"

struct link_file {
	struct link link;
	pcap_t *in;          /* NULL: nothing to read */
	pcap_t *format;      /* what pcap_dump_open() takes link type and precision from */
	pcap_dumper_t *out;  /* NULL: what is sent is only counted */
	struct timeval last; /* of the last frame read */
	uint8_t buf[LINK_FRAME_MAX];
};

static void link_file_send(struct link *l, struct span head, struct span rest)
{
	struct link_file *lf = (struct link_file *)l;
	size_t len = head.len + rest.len;
	struct pcap_pkthdr h = { .ts = lf->last, .caplen = (bpf_u_int32)len, .len = (bpf_u_int32)len };

	if (len < LINK_HEADER || len > LINK_FRAME_MAX) {
		l->count.tx_dropped++;
		return;
	}
	memcpy(lf->buf, head.ptr, head.len);
	if (rest.len > 0)
		memcpy(lf->buf + head.len, rest.ptr, rest.len);
	if (lf->out)
		pcap_dump((u_char *)lf->out, &h, lf->buf);
	l->count.tx_frames++;
	l->count.tx_octets += len;
}

static void link_file_flush(struct link *l)
{
	struct link_file *lf = (struct link_file *)l;

	if (lf->out)
		pcap_dump_flush(lf->out);
}

static int link_file_poll(struct link *l, unsigned budget)
{
	struct link_file *lf = (struct link_file *)l;
	struct pcap_pkthdr *h;
	const u_char *data;
	unsigned n = 0;
	int rc = 1;

	while (lf->in && n < budget && (rc = pcap_next_ex(lf->in, &h, &data)) == 1) {
		n++;
		lf->last = h->ts;
		if (h->caplen != h->len || h->caplen < LINK_HEADER || h->caplen > LINK_FRAME_MAX)
			l->count.rx_bad++;
		else
			link_deliver(l, span_of(data, h->caplen));
	}
	return rc == PCAP_ERROR ? -EIO : (int)n; /* a damaged file ends where the damage is */
}

static void link_file_close(struct link *l)
{
	struct link_file *lf = (struct link_file *)l;

	if (lf->out)
		pcap_dump_close(lf->out);
	if (lf->format)
		pcap_close(lf->format);
	if (lf->in)
		pcap_close(lf->in);
	free(lf);
}

static const struct link_ops link_file_ops = {
	.driver = "file",
	.send = link_file_send,
	.flush = link_file_flush,
	.poll = link_file_poll,
	.close = link_file_close,
};

static int open_in(struct link_file *lf, const char *in, const struct link_error *e)
{
	char err[PCAP_ERRBUF_SIZE];

	lf->in = pcap_open_offline(in, err);
	if (!lf->in)
		return link_fail(e, EIO, in, err), -1;
	if (pcap_datalink(lf->in) != DLT_EN10MB)
		return link_fail(e, EPROTONOSUPPORT, in, "not a capture of Ethernet frames"), -1;
	return 0;
}

static int open_out(struct link_file *lf, const char *out, const struct link_error *e)
{
	lf->format = pcap_open_dead(DLT_EN10MB, 262144);
	if (!lf->format)
		return link_fail(e, ENOMEM, out, NULL), -1;
	lf->out = pcap_dump_open(lf->format, out);
	if (!lf->out)
		return link_fail(e, EIO, "capture file", pcap_geterr(lf->format)), -1;
	return 0;
}

struct link *link_open_file(const char *in, const char *out, int *ret_errno, char *err, unsigned err_size)
{
	struct link_error e = { ret_errno, err, err_size };
	struct link_file *lf = calloc(1, sizeof(*lf));

	if (!lf)
		return link_fail(&e, ENOMEM, "capture file", NULL);
	lf->link.ops = &link_file_ops;
	lf->link.fd = -1;
	if ((in && open_in(lf, in, &e) != 0) || (out && open_out(lf, out, &e) != 0)) {
		link_file_close(&lf->link);
		return NULL;
	}
	return &lf->link;
}
