/* Which system calls evbd may still make once it runs (libseccomp). */
#ifndef EVB_SANDBOX_H
#define EVB_SANDBOX_H

#include <stdbool.h>

enum sandbox {
	SANDBOX_REFUSE, /* any other call fails with EPERM */
	SANDBOX_KILL,   /* any other call ends the process: for tests */
	SANDBOX_OFF,
};

bool sandbox_is_built(void);
bool sandbox_parse(const char *name, enum sandbox *ret); /* "refuse", "kill", "off" */
/** Bind every thread of the process, for good. 0, or negative errno and nothing is bound; -ENOSYS: built without. */
int sandbox_enter(enum sandbox mode);

#endif
