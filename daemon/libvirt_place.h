/* lldpad's place on this host: its pid file, by which libvirt finds it, and its control address, by which nobody starts
 * beside it. */
#ifndef EVB_LIBVIRT_PLACE_H
#define EVB_LIBVIRT_PLACE_H

#include <stdint.h>

#include "conf.h"

struct libvirt_place { /* zeroed: not taken */
	int guard;     /* socket at lldpad's control address + 1; 0: none */
	int file;      /* the pid file, locked, + 1; 0: none */
	char path[CONF_PATH];
};

/** Take the place before there is anything to find in it. Negative errno with a text: lldpad runs here (-EADDRINUSE), or
 * another evbd has the pid file (-EEXIST), or it can't be written. */
int libvirt_place_take(struct libvirt_place *p, const char *pid_file, char *why, size_t size);
/** Tell libvirt the netlink port. */
int libvirt_place_announce(struct libvirt_place *p, uint32_t port_id);
/** Remove the file and leave. */
void libvirt_place_leave(struct libvirt_place *p);

#endif
