/* What the writer and the player of a tape share. */
#ifndef EVB_TAPE_PRIV_H
#define EVB_TAPE_PRIV_H

#include <string.h>

#include "siphash.h"
#include "tape.h"

enum { TAPE_HEAD = 128 };
#define TAPE_SPAN(x) span_of(&(x), sizeof(x))

#ifndef EVBD_VERSION
#define EVBD_VERSION "0"
#endif

void tape_head(char text[TAPE_HEAD]);
/** Of a record, octet by octet, from 0. */
uint32_t tape_sum(uint32_t sum, struct span octets);
uint64_t tape_hash(struct span head, struct span rest);

#endif
