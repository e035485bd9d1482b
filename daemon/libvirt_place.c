/*
 * libvirt_place.c - to be where libvirt looks for lldpad, and to be there alone (openlldp 7.1, 8.1).
 *
 * Two daemons that negotiate EVB on one wire would each undo what the other does, and libvirt would find whichever wrote
 * its pid file last. So evbd binds the abstract address of lldpad's control socket, which belongs to the network
 * namespace as the wires do: if lldpad has it, or systemd on its behalf, we do not start; if we have it, lldpad does
 * not. Nobody is answered there, and what is sent to it is never read: its clients time out.
 *
 * The pid file is locked for as long as we live: one that is not locked is left over, from a kill or an lldpad that
 * is gone, and is overwritten. It is there from the start but empty until the netlink port is known.
 */
#define _GNU_SOURCE
#include "libvirt_place.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static const char lldpad_address[] = "/com/intel/lldpad"; /* behind the NUL of an abstract address */

static int take_address(struct libvirt_place *p)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	size_t len = sizeof(lldpad_address) - 1;
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int err;

	if (fd < 0)
		return -errno;
	memcpy(at.sun_path + 1, lldpad_address, len);
	if (bind(fd, (const struct sockaddr *)&at,
		    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + len)) != 0) {
		err = -errno;
		close(fd);
		return err;
	}
	p->guard = fd + 1;
	return 0;
}

static int take_file(struct libvirt_place *p, const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644); /* may be a link into a folder of ours */
	int err = 0;

	if (fd < 0)
		return -errno;
	if (flock(fd, LOCK_EX | LOCK_NB) != 0)
		err = errno == EWOULDBLOCK ? -EEXIST : -errno;
	else if (fchmod(fd, 0644) != 0 ||
		 ftruncate(fd, 0) != 0) /* whatever our umask is: libvirt may not be root */
		err = -errno;
	if (err) {
		close(fd);
		return err;
	}
	p->file = fd + 1;
	snprintf(p->path, sizeof(p->path), "%s", path);
	return 0;
}

int libvirt_place_take(struct libvirt_place *p, const char *pid_file, char *why, size_t size)
{
	int err = take_address(p);

	if (err == -EADDRINUSE) {
		snprintf(why, size,
			"lldpad runs here, or its systemd socket waits for it: stop and disable "
			"lldpad.service and "
			"lldpad.socket, or set compat.libvirt = false");
		return err;
	}
	if (err) {
		snprintf(why, size, "lldpad's control address: %s", strerror(-err));
		return err;
	}
	err = take_file(p, pid_file);
	if (err)
		snprintf(why, size, "%s: %s", pid_file,
			err == -EEXIST ? "another evbd has it; each needs a compat.pid_file of its own"
				       : strerror(-err));
	if (err)
		libvirt_place_leave(p);
	return err;
}

int libvirt_place_announce(struct libvirt_place *p, uint32_t port_id)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u\n", port_id);

	return pwrite(p->file - 1, text, (size_t)len, 0) == len ? 0 : errno ? -errno : -EIO;
}

/* Only what is still ours: somebody may have put another file there. */
static void remove_file(const struct libvirt_place *p)
{
	struct stat ours, there;

	if (fstat(p->file - 1, &ours) == 0 && stat(p->path, &there) == 0 && ours.st_dev == there.st_dev &&
		ours.st_ino == there.st_ino)
		(void)unlink(p->path);
}

void libvirt_place_leave(struct libvirt_place *p)
{
	if (p->file) {
		remove_file(p);
		close(p->file - 1);
	}
	if (p->guard)
		close(p->guard - 1);
	*p = (struct libvirt_place){ 0 };
}
