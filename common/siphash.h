/* SipHash-1-3 (Aumasson, Bernstein): a keyed hash, so that a peer that chooses VSIIDs or MAC addresses can't make
 * a table degrade to a list. */
#ifndef EVB_SIPHASH_H
#define EVB_SIPHASH_H

#include "span.h"

struct siphash_key {
	uint64_t k0, k1; /* random at start-up; fixed in tests */
};

uint64_t siphash(struct siphash_key key, struct span data);
/** The same of one number's eight octets, the lowest first. */
uint64_t siphash_u64(struct siphash_key key, uint64_t v);

#endif
