/*
 * The comments of frames in a pcapng file, which libpcap passes over: read beside it, frame by frame.
 */
#ifndef EVB_CAP_COMMENTS_H
#define EVB_CAP_COMMENTS_H

#include <stddef.h>

enum { CAP_COMMENTS_MAX = 8, CAP_COMMENT_TEXT = 1025 };

struct cap_comments;

/** NULL: not a pcapng file, not a file that can be read twice, or no memory; then there are no comments. */
struct cap_comments *cap_comments_open(const char *path);
/** The next frame: how many comments it has, at most CAP_COMMENTS_MAX. */
unsigned cap_comments_next(struct cap_comments *c);
/** Comment i of that frame, with control characters replaced; valid until the next call of cap_comments_next(). */
const char *cap_comments_text(const struct cap_comments *c, unsigned i);
void cap_comments_close(struct cap_comments *c);

#endif
