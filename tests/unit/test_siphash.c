/* The short way for one number is the hash of its octets. */
#include <criterion/criterion.h>

#include "prng.h"
#include "siphash.h"

Test(siphash, a_number_is_its_eight_octets)
{
	struct prng rnd = { 20111 };

	for (unsigned n = 0; n < 1000; n++) {
		struct siphash_key key = { prng_next(&rnd), prng_next(&rnd) };
		uint64_t v = prng_next(&rnd);
		uint8_t octets[8];

		for (unsigned i = 0; i < 8; i++)
			octets[i] = (uint8_t)(v >> (8 * i));
		cr_assert_eq(siphash_u64(key, v), siphash(key, span_of(octets, 8)));
		cr_assert_neq(siphash_u64(key, v), siphash_u64(key, v + 1));
		cr_assert_neq(
			siphash_u64(key, v), siphash_u64((struct siphash_key){ key.k0 + 1, key.k1 }, v));
	}
}
