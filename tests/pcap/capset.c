/* capset.c - captures as lists of frames: read, write, sort, judge. */
#include "capset.h"

#include <ctype.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>

#include "text.h"

enum { LINE = 4096, DEFS = 64, NAME = 16, PADDED = 60, NS_PER_S = 1000000000, START_S = 1700000000 };

static void die(const char *path, unsigned line, const char *what)
{
	fprintf(stderr, "%s:%u: %s\n", path, line, what);
	exit(2);
}

int capset_hex(const char *text, uint8_t *ret, size_t cap)
{
	size_t n = 0;

	for (const char *p = text; *p != '\0';) {
		int high, low;

		if (isspace((unsigned char)*p)) {
			p++;
			continue;
		}
		high = text_hex_digit(p[0]);
		low = p[1] ? text_hex_digit(p[1]) : -1;
		if (high < 0 || low < 0 || n == cap)
			return -1;
		ret[n++] = (uint8_t)(high << 4 | low);
		p += 2;
	}
	return (int)n;
}

/* ---- .frames ---- */

struct defs {
	unsigned n;
	char name[DEFS][NAME];
	char text[DEFS][512];
};

/** Put the text of $NAME in its place. */
static void expand(const struct defs *d, const char *from, char *to, size_t size)
{
	size_t n = 0;

	while (*from != '\0' && n + 1 < size) {
		bool is_found = false;

		for (unsigned i = 0; *from == '$' && i < d->n; i++) {
			size_t len = strlen(d->name[i]);

			if (strncmp(from + 1, d->name[i], len) != 0 || isalnum((unsigned char)from[1 + len]))
				continue;
			n += (size_t)snprintf(to + n, size - n, "%s", d->text[i]);
			from += 1 + len;
			is_found = true;
			break;
		}
		if (!is_found)
			to[n++] = *from++;
	}
	to[n < size ? n : size - 1] = '\0';
}

static void take_frame(struct capset *c, const char *path, unsigned line, const char *text)
{
	struct capset_frame *f = &c->frame[c->n];
	char *rest;
	double at = strtod(text, &rest);
	int n;

	if (rest == text || c->n == CAPSET_FRAMES)
		die(path, line, "TIME HEX... is needed, and no more than 512 of them");
	memset(f->octets, 0, sizeof(f->octets));
	n = capset_hex(rest, f->octets, sizeof(f->octets));
	if (n < 0)
		die(path, line, "not hexadecimal");
	f->at_ns = (int64_t)(at * 1e9 + 0.5);
	f->len = f->wire_len = n < PADDED ? PADDED : (size_t)n;
	c->n++;
}

static void read_frames(struct capset *c, const char *path)
{
	static struct defs d;
	char line[LINE], text[LINE];
	FILE *f = fopen(path, "r");
	unsigned number = 0;

	if (f == NULL)
		die(path, 0, "can't be read");
	d.n = 0;
	while (fgets(line, sizeof(line), f) != NULL) {
		number++;
		line[strcspn(line, "#\n")] = '\0';
		if (strncmp(line, "def ", 4) == 0 && d.n < DEFS) {
			if (sscanf(line + 4, "%15s %511[^\n]", d.name[d.n], d.text[d.n]) != 2)
				die(path, number, "def NAME HEX");
			d.n++;
		} else if (line[strspn(line, " \t")] != '\0') {
			expand(&d, line, text, sizeof(text));
			take_frame(c, path, number, text);
		}
	}
	fclose(f);
}

/* ---- .pcap ---- */

static void read_pcap(struct capset *c, const char *path)
{
	char err[PCAP_ERRBUF_SIZE];
	pcap_t *p = pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO, err);
	struct pcap_pkthdr *h;
	const u_char *octets;
	int64_t start = 0;

	if (p == NULL)
		die(path, 0, err);
	while (c->n < CAPSET_FRAMES && pcap_next_ex(p, &h, &octets) == 1) {
		struct capset_frame *f = &c->frame[c->n];
		int64_t at = (int64_t)h->ts.tv_sec * NS_PER_S + h->ts.tv_usec;

		if (h->caplen > CAPSET_OCTETS)
			die(path, c->n, "a frame is too long for this tool");
		start = c->n == 0 ? at : start;
		f->at_ns = at - start;
		f->len = h->caplen;
		f->wire_len = h->len;
		memcpy(f->octets, octets, h->caplen);
		c->n++;
	}
	pcap_close(p);
}

struct capset *capset_read(const char *path)
{
	struct capset *c = calloc(1, sizeof(*c));
	size_t len = strlen(path);

	if (c == NULL)
		die(path, 0, "out of memory");
	if (len > 7 && strcmp(path + len - 7, ".frames") == 0)
		read_frames(c, path);
	else
		read_pcap(c, path);
	return c;
}

void capset_write(const struct capset *c, const char *path)
{
	pcap_t *p = pcap_open_dead(DLT_EN10MB, CAPSET_OCTETS);
	pcap_dumper_t *d = p != NULL ? pcap_dump_open(p, path) : NULL;

	if (d == NULL)
		die(path, 0, "can't be written");
	for (unsigned i = 0; i < c->n; i++) {
		const struct capset_frame *f = &c->frame[i];
		struct pcap_pkthdr h = { .ts = { START_S + f->at_ns / NS_PER_S, f->at_ns % NS_PER_S / 1000 },
			.caplen = (bpf_u_int32)f->len,
			.len = (bpf_u_int32)f->wire_len };

		pcap_dump((u_char *)d, &h, f->octets);
	}
	pcap_dump_close(d);
	pcap_close(p);
}

static int by_time(const void *a, const void *b)
{
	const struct capset_frame *x = a, *y = b;

	return (x->at_ns > y->at_ns) - (x->at_ns < y->at_ns);
}

void capset_sort(struct capset *c)
{
	qsort(c->frame, c->n, sizeof(c->frame[0]), by_time);
}

/* ---- judging ---- */

static unsigned pull(struct judge *j, struct judge_verdict *ret, unsigned n)
{
	while (n < CAPSET_VERDICTS && judge_next(j, &ret[n]))
		n++;
	return n;
}

unsigned capset_judge(const struct capset *c, struct judge_verdict ret[CAPSET_VERDICTS])
{
	const struct judge_cfg cfg = { 64, 256 };
	void *mem = calloc(1, judge_size(&cfg));
	struct judge *j = judge_init(&cfg, mem);
	unsigned n = 0;

	for (unsigned i = 0; i < c->n; i++) {
		const struct capset_frame *f = &c->frame[i];
		struct cap_held held = { .is_candidate = true };
		struct cap_record rec;

		held.frame = (struct cap_frame){ i + 1,
			{ (uint64_t)(f->at_ns + (int64_t)START_S * NS_PER_S) }, (uint32_t)f->wire_len,
			span_of(f->octets, f->len) };
		held.print = cap_print(held.frame.octets);
		if (cap_decode(&held.frame, &rec)) {
			judge_frame(j, &rec, held.print);
			n = pull(j, ret, n);
		} else if (judge_wants_foreign(j)) {
			judge_foreign(j, &held);
		}
	}
	if (c->n > 0)
		judge_end(j,
			(struct mono){ (uint64_t)(c->frame[c->n - 1].at_ns + (int64_t)START_S * NS_PER_S) });
	n = pull(j, ret, n);
	free(mem);
	return n;
}
