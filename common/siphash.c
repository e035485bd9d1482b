/* siphash.c - SipHash-1-3, written from the algorithm's description. */
#include "siphash.h"

struct state {
	uint64_t v0, v1, v2, v3;
};

static inline uint64_t rotl(uint64_t x, int b)
{
	return x << b | x >> (64 - b);
}

static inline void round_once(struct state *s)
{
	s->v0 += s->v1;
	s->v1 = rotl(s->v1, 13) ^ s->v0;
	s->v0 = rotl(s->v0, 32);
	s->v2 += s->v3;
	s->v3 = rotl(s->v3, 16) ^ s->v2;
	s->v0 += s->v3;
	s->v3 = rotl(s->v3, 21) ^ s->v0;
	s->v2 += s->v1;
	s->v1 = rotl(s->v1, 17) ^ s->v2;
	s->v2 = rotl(s->v2, 32);
}

static inline uint64_t load_le(const uint8_t *p, size_t n)
{
	uint64_t v = 0;

	for (size_t i = 0; i < n; i++)
		v |= (uint64_t)p[i] << (8 * i);
	return v;
}

static inline struct state start(struct siphash_key key)
{
	return (struct state){ key.k0 ^ 0x736f6d6570736575u, key.k1 ^ 0x646f72616e646f6du,
		key.k0 ^ 0x6c7967656e657261u, key.k1 ^ 0x7465646279746573u };
}

static inline void take(struct state *s, uint64_t m)
{
	s->v3 ^= m;
	round_once(s);
	s->v0 ^= m;
}

static inline uint64_t finish(struct state *s)
{
	s->v2 ^= 0xff;
	round_once(s);
	round_once(s);
	round_once(s);
	return s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}

uint64_t siphash(struct siphash_key key, struct span data)
{
	struct state s = start(key);
	size_t whole = data.len & ~(size_t)7;
	uint64_t last = (uint64_t)data.len << 56;

	for (size_t i = 0; i < whole; i += 8)
		take(&s, load_le(data.ptr + i, 8));
	if (data.len > whole)
		last |= load_le(data.ptr + whole, data.len - whole);
	take(&s, last);
	return finish(&s);
}

uint64_t siphash_u64(struct siphash_key key, uint64_t v)
{
	struct state s = start(key);

	take(&s, v);
	take(&s, (uint64_t)sizeof(v) << 56);
	return finish(&s);
}
