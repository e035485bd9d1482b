/* A set of S-channel identifiers or S-VLAN identifiers, 1..4094, walked in ascending order. */
#ifndef EVB_CDCP_SET_H
#define EVB_CDCP_SET_H

#include <stdbool.h>
#include <stdint.h>

struct cdcp_set {
	uint64_t word[64]; /* a bit per identifier; all zero: empty */
};

static inline void cdcp_set_add(struct cdcp_set *s, uint16_t id)
{
	s->word[id / 64 % 64] |= 1ULL << id % 64;
}
static inline void cdcp_set_remove(struct cdcp_set *s, uint16_t id)
{
	s->word[id / 64 % 64] &= ~(1ULL << id % 64);
}
static inline bool cdcp_set_has(const struct cdcp_set *s, uint16_t id)
{
	return (s->word[id / 64 % 64] >> id % 64 & 1) != 0;
}
/** The first member above `after`; 0 when there is none. for (id = 0; (id = cdcp_set_next(s, id)) != 0;) */
static inline uint16_t cdcp_set_next(const struct cdcp_set *s, uint16_t after)
{
	unsigned id = after + 1U;

	for (unsigned w = id / 64; w < 64; id = ++w * 64) {
		uint64_t left = s->word[w] >> id % 64;

		if (left != 0)
			return (uint16_t)(id + (unsigned)__builtin_ctzll(left));
	}
	return 0;
}

#endif
