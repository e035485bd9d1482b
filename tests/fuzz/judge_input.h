/* The input language of fuzz_judge, shared with the tool that writes its seeds: exponent, mantissa, length, octets. */
#ifndef EVB_JUDGE_INPUT_H
#define EVB_JUDGE_INPUT_H

#include "mono.h"

enum { JUDGE_RECORD_HEAD = 4, JUDGE_CUT = 0x8000 /* of the length: the capture has cut the frame */ };

/** How long after the frame before; exponents from 38 (two minutes) on are steps back. */
static inline struct mono judge_input_time(struct mono now, unsigned exponent, unsigned mantissa)
{
	unsigned shift = exponent % 44;
	uint64_t ns = ((uint64_t)(256 + mantissa) << shift % 38) >> 8;

	if (shift >= 38)
		return (struct mono){ now.ns > ns ? now.ns - ns : 0 };
	return (struct mono){ now.ns + ns };
}

/** The exponent and mantissa of a time, rounded. */
static inline void judge_input_put(uint64_t ns, uint8_t *exponent, uint8_t *mantissa)
{
	*exponent = 0;
	while (*exponent < 37 && ns >= (uint64_t)2 << *exponent)
		(*exponent)++;
	*mantissa = (uint8_t)(ns < (uint64_t)1 << *exponent ? 0 : (ns << 8 >> *exponent) - 256);
}

#endif
