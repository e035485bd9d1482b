/*
 * Control protocol between evbd and its clients (docs/control-protocol.md): framing, hello, status codes. Shared by
 * the daemon and evbctl; knows no socket.
 */
#ifndef EVB_CTL_PROTO_H
#define EVB_CTL_PROTO_H

#include <jansson.h>
#include <stdbool.h>

#include "span.h"

#define CTL_SOCKET_DEFAULT "/run/evbd/evbd.sock"

enum {
	CTL_VERSION = 1,
	CTL_SCHEMA = 1,       /* of results */
	CTL_FRAME_HEADER = 4, /* octets: length, big-endian */
	CTL_REQUEST_MAX = 8 * 1024 * 1024,
	CTL_REPLY_MAX = 64 * 1024 * 1024,
	CTL_ERROR_TEXT = 256,
};

/** Flags every JSON text of the protocol and of evbctl -j is written with. */
#define CTL_JSON_FLAGS (JSON_COMPACT | JSON_REAL_PRECISION(12))

enum ctl_status {
	CTL_DONE = 0,
	CTL_FAILED = 1,        /* refused or failed; `error` says why */
	CTL_BAD_REQUEST = 2,   /* not understood, or a bad value */
	CTL_NOT_PERMITTED = 3, /* credentials */
	CTL_OVERLOADED = 4,    /* too many clients, or this one reads too slowly */
};

enum ctl_frame {
	CTL_FRAME_PARTIAL, /* more octets are needed */
	CTL_FRAME_WHOLE,
	CTL_FRAME_BAD, /* no octets, or more than `max`: the stream can't be followed any longer */
};
/** Look at the start of `in`. On WHOLE, *ret_body is the JSON text; the frame takes CTL_FRAME_HEADER octets more. */
enum ctl_frame ctl_frame_split(struct span in, size_t max, struct span *ret_body);
void ctl_frame_header(size_t body_len, uint8_t ret_header[CTL_FRAME_HEADER]);

/** Parse one message: a JSON object without repeated keys. NULL with the reason in err. */
json_t *ctl_message_parse(struct span body, char err[CTL_ERROR_TEXT]);
/** The whole frame, to be freed with free(); NULL when out of memory. */
uint8_t *ctl_message_frame(const json_t *message, size_t *ret_len);

/** {"hello":"evbd","version":1,"daemon":...,"pid":...} */
json_t *ctl_hello(const char *daemon_version, long pid);
/** Is this the greeting of a daemon that speaks our version? If not, err says what it is. */
bool ctl_hello_check(const json_t *hello, char err[CTL_ERROR_TEXT]);

/** {"id":...,"status":...} with "error" (may be NULL) and "result" (stolen, may be NULL). */
json_t *ctl_reply(json_int_t id, enum ctl_status status, const char *error, json_t *result);

/** The word of `words` (ends with NULL) nearest to `word`, NULL when none is near: for "did you mean". */
const char *ctl_suggest(const char *word, const char *const *words);

#endif
