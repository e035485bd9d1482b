/* What the service manager is told (sd_notify(3)); without libsystemd, or without a manager that listens, nothing. */
#ifndef EVB_NOTIFY_H
#define EVB_NOTIFY_H

#include <stdbool.h>

#include "mono.h"

bool notify_is_built(void);
void notify_ready(void);
void notify_stopping(void);
/** How often the manager wants to hear that we live; 0: never. */
struct dur notify_interval(void);
void notify_alive(void);

#endif
