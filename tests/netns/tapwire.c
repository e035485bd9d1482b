/*
 * tapwire.c - a wire made of two taps: frames into the one come out of the other. libvirt walks from a device to the one that it
 * is linked to, and a veth leads it astray; a tap is linked to nothing.
 *
 *     tapwire NETNS1 IF1 NETNS2 IF2      paths of namespaces, names of devices to make; runs until it is killed
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { FRAME_MAX = 65536 };

static int open_tap(const char *netns, const char *name)
{
	struct ifreq ifr = { .ifr_flags = IFF_TAP | IFF_NO_PI };
	int ns = open(netns, O_RDONLY | O_CLOEXEC), tap = -1;

	if (ns >= 0 && setns(ns, CLONE_NEWNET) == 0)
		tap = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	if (tap < 0 || ioctl(tap, TUNSETIFF, &ifr) < 0) {
		perror(name);
		return -1;
	}
	close(ns);
	return tap;
}

/* A device that is down takes nothing: the frame is lost, as on any wire. */
static void pass(int from, int to)
{
	static unsigned char frame[FRAME_MAX];
	ssize_t n;

	while ((n = read(from, frame, sizeof(frame))) > 0)
		if (write(to, frame, (size_t)n) < 0)
			return;
}

int main(int argc, char **argv)
{
	struct pollfd end[2] = { { .events = POLLIN }, { .events = POLLIN } };

	if (argc != 5) {
		fprintf(stderr, "usage: tapwire NETNS1 IF1 NETNS2 IF2\n");
		return 2;
	}
	for (int i = 0; i < 2; i++) {
		end[i].fd = open_tap(argv[1 + 2 * i], argv[2 + 2 * i]);
		if (end[i].fd < 0)
			return 1;
	}
	puts("up");
	fflush(stdout);
	while (poll(end, 2, -1) >= 0) {
		pass(end[0].fd, end[1].fd);
		pass(end[1].fd, end[0].fd);
	}
	return 1;
}
