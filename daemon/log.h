/* Structured log lines on stderr: one per event, key=value, for people and for journald alike. */
#ifndef EVB_LOG_H
#define EVB_LOG_H

#include <stdint.h>

#include "node.h"

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

enum {
	LOG_BUCKETS_OF_PORT = 2 * NODE_N_EVENTS, /* kinds of events, warnings or not */
	LOG_REFUSALS = 256 /* remembered; of more VSIs each in turn the buckets are the limit */
};

struct log {
	enum log_level level;
	/* Repeated events of one kind on one port are counted, not repeated. Each has a bucket of its own: in a shared
	 * one a peer could hide the events of another port, or by two kinds in turn write without limit. */
	struct log_bucket {
		unsigned left; /* lines it may still write in this window */
		unsigned suppressed;
		struct mono until;
	} bucket[NODE_MAX_PORTS][LOG_BUCKETS_OF_PORT];
	/* A VSI that is asked for again and again is refused for one reason again and again: once a minute is enough. */
	struct log_refusal {
		bool in_use;
		uint16_t port;
		struct vsi_id vsi;
		char reason[VTDB_REASON];
		unsigned repeated; /* since it was written */
		struct mono until;
	} refusal[LOG_REFUSALS];
};

/** `l` is zeroed memory. */
void log_init(struct log *l, enum log_level level);
/** A line of the daemon's own: `event=... detail`; printf form, values already escaped. */
void log_line(const struct log *l, enum log_level level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/** Text for between double quotes: those in it, and backslashes, are escaped. What does not fit is cut off. */
const char *log_quoted(const char *text, char *quoted, size_t size);
/** A line for a node event; too many alike within ten seconds become one line with `suppressed=N`, the same refusal of
 * the same VSI within a minute one with `repeated=N`. */
void log_event(struct log *l, const struct node *n, const struct node_event *ev, struct mono now);

#endif
