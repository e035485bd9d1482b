/* judge_time.c - how exact times have to be (evb-reference 10: -0/+20 % or +50 ms; and what a capture's clock is off). */
#include "judge_priv.h"

enum { LATE_PART = 5, EARLY_PART = 50 };

struct dur jd_ms(unsigned ms)
{
	return dur_ms(ms);
}

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

struct dur jd_late(struct dur d)
{
	return dur_ns(d.ns + larger(d.ns / LATE_PART, dur_ms(JD_TOLERANCE_MS).ns));
}

struct dur jd_early(struct dur d)
{
	uint64_t slack = larger(d.ns / EARLY_PART, dur_ms(JD_EARLY_MS).ns);

	return dur_ns(d.ns > slack ? d.ns - slack : 0);
}

bool jd_after(struct mono a, struct mono b, struct dur d)
{
	return !mono_is_never(a) && !mono_is_never(b) && a.ns > b.ns && a.ns - b.ns > d.ns;
}
