/*
 * Monotonic time as types, so that an instant, a duration and a number can't be mixed up.
 *
 * Every machine takes `now` as an input and returns a deadline; nobody here reads a clock. Additions saturate
 * at MONO_NEVER, so a timer exponent of 31 (about six hours) or a deadline in the far future can't wrap.
 */
#ifndef EVB_MONO_H
#define EVB_MONO_H

#include <stdbool.h>
#include <stdint.h>

struct mono {
	uint64_t ns; /* since an arbitrary origin */
};
struct dur {
	uint64_t ns;
};

#define MONO_NEVER ((struct mono){ UINT64_MAX })
#define MONO_ZERO  ((struct mono){ 0 })

static inline struct dur dur_ns(uint64_t ns)
{
	return (struct dur){ ns };
}
static inline struct dur dur_us(uint64_t us)
{
	return (struct dur){ us > UINT64_MAX / 1000 ? UINT64_MAX : us * 1000 };
}
static inline struct dur dur_ms(uint64_t ms)
{
	return (struct dur){ ms > UINT64_MAX / 1000000 ? UINT64_MAX : ms * 1000000 };
}
static inline struct dur dur_s(uint64_t s)
{
	return (struct dur){ s > UINT64_MAX / 1000000000 ? UINT64_MAX : s * 1000000000 };
}
static inline double dur_seconds(struct dur d)
{
	return (double)d.ns / 1e9;
}

static inline struct mono mono_add(struct mono t, struct dur d)
{
	uint64_t sum = t.ns + d.ns;

	return (struct mono){ sum < t.ns ? UINT64_MAX : sum };
}
/** Time from `from` to `to`; zero when `to` is not later. */
static inline struct dur mono_since(struct mono from, struct mono to)
{
	return (struct dur){ to.ns > from.ns ? to.ns - from.ns : 0 };
}
static inline bool mono_before(struct mono a, struct mono b)
{
	return a.ns < b.ns;
}
static inline struct mono mono_min(struct mono a, struct mono b)
{
	return a.ns < b.ns ? a : b;
}
static inline bool mono_is_never(struct mono t)
{
	return t.ns == UINT64_MAX;
}
/** Has the deadline come? MONO_NEVER is never reached. */
static inline bool mono_reached(struct mono deadline, struct mono now)
{
	return !mono_is_never(deadline) && deadline.ns <= now.ns;
}

#endif
