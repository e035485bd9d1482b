/*
 * Frames that an attacker or a broken peer would send, each with what has to become of it: the ones that crashed another
 * implementation (A to F), wrong lengths, counts, orders, versions. The unit tests send them to ports, the fuzzers
 * start from them.
 */
#ifndef EVB_HOSTILE_H
#define EVB_HOSTILE_H

#include <stdbool.h>

#include "span.h"

enum { HOSTILE_FRAME_MAX = 2400, HOSTILE_FRAME_MIN = 60 };

enum hostile_base {      /* what stands before the row's octets */
	BASE_LLDP_ALONE, /* addresses and EtherType */
	BASE_LLDP,       /* and Chassis ID, Port ID, TTL; an End TLV behind the octets */
	BASE_ECP,        /* addresses and EtherType */
	BASE_REQUEST,    /* and the header of a request */
	BASE_VDP,        /* and a manager ID TLV */
	BASE_DRAFT,      /* ECP of draft 0.2: another EtherType, to the nearest bridge */
	BASE_DRAFT_VDP,  /* and the header of a request */
};

enum hostile_end {      /* at a bridge port of the generation it is written for */
	LLDP_DISCARDED, /* a frame in error */
	LLDP_TAKEN,     /* a neighbour, whatever was wrong with one of its TLVs */
	LLDP_NOTHING,   /* the shutdown of a neighbour nobody knows */
	ECP_DROPPED,    /* counted by ECP's receiver, not acknowledged */
	ECP_STRAY_ACK,  /* counted by ECP's sender */
	VDP_NO_MANAGER, /* acknowledged, and nothing of it acted on */
	VDP_BAD,        /* acknowledged, a TLV counted as bad */
	VDP_REFUSED,    /* answered, and no VSI of it exists */
	VDP_TAKEN,      /* a VSI exists */
	VDP_ANSWERED,   /* answered, there was nothing to refuse */
	VDP_EMPTY,      /* acknowledged, nothing in it is for VDP */
};

struct hostile {
	const char *name;
	enum hostile_base base;
	enum hostile_end end;
	const uint8_t *octets;
	unsigned len;
	unsigned repeat;   /* 0 and 1: once */
	bool is_short;     /* not padded to the Ethernet minimum, as on veth and tap */
	unsigned trailing; /* zeros behind it */
};

/** Is it ECP of draft 0.2? */
bool hostile_is_draft(const struct hostile *h);
/** NULL behind the last. */
const struct hostile *hostile_row(unsigned i);
/** seq: number of an ECP request. Returns the octets written. */
size_t hostile_frame(const struct hostile *h, uint16_t seq, uint8_t frame[HOSTILE_FRAME_MAX]);

#endif
