/*
 * The tape: everything that goes into the daemon's core, with the times it was told, and what came out. Played again into a
 * new core it gives the same frames, octet for octet; where it does not, the core has changed, or has a state of its own.
 *
 *   file     "evbd tape 1\n", version\n, sizes of the structs in it; then records
 *   record   length (4), kind (1), time (8), number of parts (1), for each part its length (4) and octets; a sum (4)
 *
 * Numbers are the machine's own and structs lie in it as in memory: a tape is for the program that made it. A record of kind 0
 * is a frame that went out: port, length, a hash of its octets, and of control frames the octets.
 */
#ifndef EVB_TAPE_H
#define EVB_TAPE_H

#include <stdio.h>

#include "node.h"

enum { TAPE_OUT = 0, TAPE_RECORD_MAX = 1 << 20, TAPE_TEXT_MAX = 320 };

struct tape; /* being written */

/** A new file, which only its owner may read. NULL with errno. */
struct tape *tape_create(const char *path);
/** node_io.tape. */
void tape_input(
	struct tape *t, enum node_input kind, struct mono now, const struct span *parts, unsigned n_parts);
/** A frame that the core sends. */
void tape_output(struct tape *t, uint16_t port, struct span head, struct span rest);
/** Hand what was written to the system. False: some of it is lost; `errno` tells why. */
bool tape_flush(struct tape *t);
void tape_close(struct tape *t);

struct tape_result {
	uint64_t records; /* played */
	uint64_t inputs, outputs;
	bool is_same;
	bool is_damaged;          /* no tape, one of another program, or it ends in a record that can't be */
	char text[TAPE_TEXT_MAX]; /* what is different or damaged, and where; empty when all is well */
};
/** Play a tape into a core of its own, to its end or to the first difference. */
struct tape_result tape_play(const char *path);

#endif
