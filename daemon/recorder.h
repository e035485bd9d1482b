/*
 * The flight recorder: the last control frames of each port, as they were on the wire, and what was decided upon them.
 *
 * In: frames and decisions of a port that is a device. Out: its frames, oldest first. A decision is a line of text that
 * belongs to the frame before it. Memory: frames_max of each port, each as long as its frame; what is older is forgotten.
 */
#ifndef EVB_RECORDER_H
#define EVB_RECORDER_H

#include "mono.h"
#include "pcapng.h"

enum { RECORDER_NOTES = 480 }; /* octets of decisions kept of one frame */

struct recorder;

struct recorder_frame {
	struct mono at;
	bool is_out;
	struct span octets;
	const char *notes; /* lines; NULL: none */
};

/** For ports 0 to n_ports - 1. NULL without memory. frames_max 0: remembers nothing. */
struct recorder *recorder_new(uint16_t n_ports, unsigned frames_max);
void recorder_free(struct recorder *r);
/** Without memory, or for a port that does not exist, the frame is not remembered. */
void recorder_frame(
	struct recorder *r, uint16_t port, bool is_out, struct span head, struct span rest, struct mono now);
/** What came of the newest frame of the port. */
void recorder_note(struct recorder *r, uint16_t port, const char *text);
/** The port is another one, or gone. */
void recorder_forget(struct recorder *r, uint16_t port);
unsigned recorder_count(const struct recorder *r, uint16_t port);
/** Frame i of a port, 0 the oldest; valid until the next call of recorder_frame() and _note(). */
struct recorder_frame recorder_at(const struct recorder *r, uint16_t port, unsigned i);
/** All of a port as a pcapng file, to be freed. offset_ns: CLOCK_REALTIME less the clock of `now`. NULL without memory. */
uint8_t *recorder_file(
	const struct recorder *r, uint16_t port, const char *name, int64_t offset_ns, size_t *ret_len);

#endif
