/* Close descriptors without waiting for the kernel. */
#ifndef EVB_CLOSER_H
#define EVB_CLOSER_H

#include <stdbool.h>

/** Start the threads. False: there are none, and closer_close() waits. */
bool closer_start(void);
/** As close(). The descriptor is not the caller's any more, but may be open for a while yet. */
void closer_close(int fd);
/** Wait until all is closed, and end the threads. */
void closer_stop(void);

#endif
