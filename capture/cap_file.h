/*
 * Capture files, read in a stream: pcap and pcapng through libpcap, one frame in memory at a time.
 */
#ifndef EVB_CAP_FILE_H
#define EVB_CAP_FILE_H

#include <stdio.h>

#include "cap_frame.h"

enum { CAP_ERROR_TEXT = 320 };

struct cap_file;

enum cap_step { CAP_STEP_FRAME, CAP_STEP_END, CAP_STEP_DAMAGED };

/** Open a file ("-": standard input). NULL with the reason in err, which names the file: not there, no capture, not a
 * capture of Ethernet frames. */
struct cap_file *cap_file_open(const char *path, char err[CAP_ERROR_TEXT]);
/** The same for a stream that is open, which is closed with it (also when it fails); `name` is for messages. */
struct cap_file *cap_file_open_stream(FILE *stream, const char *name, char err[CAP_ERROR_TEXT]);
/** The next frame, valid until the next call. DAMAGED: the file ends in the middle of something; cap_file_error() says
 * where. */
enum cap_step cap_file_next(struct cap_file *f, struct cap_frame *ret);
const char *cap_file_error(const struct cap_file *f);
void cap_file_close(struct cap_file *f);

#endif
