/* A whole small capture in memory, to be written, changed and judged: for tests only. */
#ifndef EVB_CAPSET_H
#define EVB_CAPSET_H

#include "judge.h"

enum { CAPSET_FRAMES = 512, CAPSET_OCTETS = 2048, CAPSET_VERDICTS = 2048 };

struct capset_frame {
	int64_t at_ns; /* since the start */
	size_t len, wire_len;
	uint8_t octets[CAPSET_OCTETS];
};
struct capset {
	unsigned n;
	struct capset_frame frame[CAPSET_FRAMES];
};

/** Read NAME.frames (the language of pcaps/reference) or NAME.pcap. Ends the program with a message when it can't. */
struct capset *capset_read(const char *path);
/** As a pcap file with times in microseconds. */
void capset_write(const struct capset *c, const char *path);
void capset_sort(struct capset *c);
/** Hex digits, blanks between; returns the number of octets, or -1. */
int capset_hex(const char *text, uint8_t *ret, size_t cap);

/** All verdicts, in the order they were given. */
unsigned capset_judge(const struct capset *c, struct judge_verdict ret[CAPSET_VERDICTS]);

#endif
