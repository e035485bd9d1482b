/* What evbd has turned off on devices, offloads and the carrier of guests, written down while it runs, so that the successor of a daemon that was killed can
 * turn it on again when it ends. */
#ifndef EVB_OFFLOAD_MEMO_H
#define EVB_OFFLOAD_MEMO_H

#include "rtnl.h"

struct offload_row {
	int ifindex;
	char name[16];       /* IF_NAMESIZE */
	bool has_no_carrier; /* the device was set down */
	uint32_t program;    /* XDP program that is ours, 0: none */
	struct offload_saved saved;
};
struct offload_memo;

/** Read what a predecessor left at `path`; a memo of another boot or network namespace says nothing. NULL: no memory. */
struct offload_memo *offload_memo_open(const char *path);
/** Add to *saved what a predecessor turned off on this very device and nobody turned on since; *ret_has_no_carrier is set if
 * it had set the device down, else left alone, as is *ret_program without a program. */
void offload_memo_take(const struct offload_memo *m, int ifindex, const char *name,
	struct offload_saved *saved, bool *ret_has_no_carrier, uint32_t *ret_program);
/** Write down the present state: the next row whenever `next` is true. 0 or -errno. */
int offload_memo_write(struct offload_memo *m, bool (*next)(void *ctx, struct offload_row *ret), void *ctx);
/** Everything is restored: the file goes, unless it is a predecessor's still. NULL is allowed. */
void offload_memo_close(struct offload_memo *m);

#endif
