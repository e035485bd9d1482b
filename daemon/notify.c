/*
 * notify.c - Type=notify and WatchdogSec= of systemd.service(5), through libsystemd.
 *
 * READY=1 once the control socket listens and the ports are configured, so that a unit that is ordered behind can use
 * evbctl; STOPPING=1; WATCHDOG=1 from the event loop, twice per interval.
 */
#include "notify.h"

#ifdef EVBD_SYSTEMD

#include <stdint.h>
#include <systemd/sd-daemon.h>

bool notify_is_built(void)
{
	return true;
}

void notify_ready(void)
{
	(void)sd_notify(0, "READY=1");
}

void notify_stopping(void)
{
	(void)sd_notify(0, "STOPPING=1");
}

struct dur notify_interval(void)
{
	uint64_t us = 0;

	return sd_watchdog_enabled(0, &us) > 0 ? dur_us(us / 2) : dur_ns(0);
}

void notify_alive(void)
{
	(void)sd_notify(0, "WATCHDOG=1");
}

#else

bool notify_is_built(void)
{
	return false;
}
void notify_ready(void)
{
}
void notify_stopping(void)
{
}
struct dur notify_interval(void)
{
	return dur_ns(0);
}
void notify_alive(void)
{
}

#endif
