/*
 * pcapng, as much of it as libpcap does not write: a section with interfaces that have names, frames with a direction and
 * with comments (draft-ietf-opsawg-pcapng 4.1 to 4.3). Everything goes to a struct wr in network order, which the format
 * allows; blocks that do not fit turn it bad.
 */
#ifndef EVB_PCAPNG_H
#define EVB_PCAPNG_H

#include "mono.h"
#include "wire.h"

enum { PCAPNG_COMMENT_MAX = 1024 };

/** The begin of a file. `program`: what wrote it. */
void pcapng_put_section(struct wr *w, const char *program);
/** The next interface, numbered from 0; Ethernet, times in nanoseconds. */
void pcapng_put_interface(struct wr *w, const char *name);
/** `time` since 1970-01-01 UTC; comments: lines of text, NULL or empty for none; each becomes a comment, cut to
 * PCAPNG_COMMENT_MAX octets. */
void pcapng_put_frame(struct wr *w, uint32_t interface, struct mono time, bool is_out, struct span octets,
	const char *comments);
/** Room that a frame takes at most. */
size_t pcapng_frame_octets(size_t len, const char *comments);

#endif
