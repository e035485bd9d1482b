/* Deterministic pseudo-random numbers (splitmix64) from a seed in the configuration: same seed, same run. Not for
 * secrets; hash tables that a peer can fill use siphash.h with a random key instead. */
#ifndef EVB_PRNG_H
#define EVB_PRNG_H

#include <stdint.h>

struct prng {
	uint64_t state;
};

static inline uint64_t prng_next(struct prng *p)
{
	uint64_t z = (p->state += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

/** Uniform enough in 0..n-1; n > 0. */
static inline uint64_t prng_below(struct prng *p, uint64_t n)
{
	return prng_next(p) % n;
}

#endif
