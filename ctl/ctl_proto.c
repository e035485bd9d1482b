/*
 * ctl_proto.c - framing and greeting of the control protocol (docs/control-protocol.md).
 *
 * A message is a 4-octet big-endian length and that many octets of JSON. Both ends look at the length first, so that
 * nothing is buffered beyond the limit of its direction. A length that can't be right ends the connection: there is
 * no way to find the next message. JSON texts are bounded by their frame; jansson bounds the nesting.
 */
#include "ctl_proto.h"

#include <stdio.h>
#include <stdlib.h>

#include "text.h"
#include "wire.h"

enum ctl_frame ctl_frame_split(struct span in, size_t max, struct span *ret_body)
{
	struct rd r = rd_init(in);
	size_t len = rd_u32(&r);

	if (r.bad)
		return CTL_FRAME_PARTIAL;
	if (len == 0 || len > max)
		return CTL_FRAME_BAD;
	if (r.left < len)
		return CTL_FRAME_PARTIAL;
	*ret_body = rd_span(&r, len);
	return CTL_FRAME_WHOLE;
}

void ctl_frame_header(size_t body_len, uint8_t ret_header[CTL_FRAME_HEADER])
{
	struct wr w = wr_init(ret_header, CTL_FRAME_HEADER);

	wr_u32(&w, (uint32_t)body_len);
}

json_t *ctl_message_parse(struct span body, char err[CTL_ERROR_TEXT])
{
	json_error_t where;
	json_t *j = json_loadb((const char *)body.ptr, body.len, JSON_REJECT_DUPLICATES, &where);

	if (j == NULL) {
		snprintf(err, CTL_ERROR_TEXT, "not JSON: %s (character %d)", where.text, where.position);
		return NULL;
	}
	if (!json_is_object(j)) {
		snprintf(err, CTL_ERROR_TEXT, "not a JSON object");
		json_decref(j);
		return NULL;
	}
	return j;
}

uint8_t *ctl_message_frame(const json_t *message, size_t *ret_len)
{
	size_t len = json_dumpb(message, NULL, 0, CTL_JSON_FLAGS);
	uint8_t *frame = len > 0 ? malloc(CTL_FRAME_HEADER + len) : NULL;

	if (frame == NULL)
		return NULL;
	ctl_frame_header(len, frame);
	json_dumpb(message, (char *)frame + CTL_FRAME_HEADER, len, CTL_JSON_FLAGS);
	*ret_len = CTL_FRAME_HEADER + len;
	return frame;
}

json_t *ctl_hello(const char *daemon_version, long pid)
{
	return json_pack("{s:s, s:i, s:s, s:I}", "hello", "evbd", "version", CTL_VERSION, "daemon",
		daemon_version, "pid", (json_int_t)pid);
}

bool ctl_hello_check(const json_t *hello, char err[CTL_ERROR_TEXT])
{
	const char *who = json_string_value(json_object_get(hello, "hello"));
	const char *daemon = json_string_value(json_object_get(hello, "daemon"));
	const json_t *version = json_object_get(hello, "version");
	const json_t *status = json_object_get(hello, "status");

	if (json_is_integer(status)) { /* turned away instead of greeted */
		const char *reason = json_string_value(json_object_get(hello, "error"));

		snprintf(err, CTL_ERROR_TEXT, "evbd refuses this client: %s",
			reason ? reason : "no reason given");
		return false;
	}
	if (who == NULL || strcmp(who, "evbd") != 0 || !json_is_integer(version)) {
		snprintf(err, CTL_ERROR_TEXT, "what answers is not evbd");
		return false;
	}
	if (json_integer_value(version) != CTL_VERSION) {
		snprintf(err, CTL_ERROR_TEXT,
			"evbd %s speaks control protocol version %lld, this program version %d",
			daemon ? daemon : "(unknown)", (long long)json_integer_value(version), CTL_VERSION);
		return false;
	}
	return true;
}

/* A text may quote a peer or a client and be cut in the middle of a character: then it is escaped, never lost. */
static json_t *error_text(const char *error)
{
	char plain[4 * CTL_ERROR_TEXT + 1];
	json_t *text = json_string(error);

	return text != NULL ? text
			    : json_string(text_escape(span_of(error, strlen(error)), plain, sizeof(plain)));
}

json_t *ctl_reply(json_int_t id, enum ctl_status status, const char *error, json_t *result)
{
	json_t *reply = json_pack("{s:I, s:i}", "id", id, "status", (int)status);

	if (error != NULL)
		json_object_set_new(reply, "error", error_text(error));
	if (result != NULL)
		json_object_set_new(reply, "result", result);
	return reply;
}

enum { SUGGEST_LEN = 32 };

/* Optimal string alignment distance: insert, delete, replace, swap neighbours. */
static unsigned distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	unsigned d[SUGGEST_LEN + 1][SUGGEST_LEN + 1];

	for (unsigned i = 0; i <= a_len; i++)
		d[i][0] = i;
	for (unsigned j = 0; j <= b_len; j++)
		d[0][j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		for (size_t j = 1; j <= b_len; j++) {
			unsigned best = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);

			if (d[i - 1][j] + 1 < best)
				best = d[i - 1][j] + 1;
			if (d[i][j - 1] + 1 < best)
				best = d[i][j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
				d[i - 2][j - 2] + 1 < best)
				best = d[i - 2][j - 2] + 1;
			d[i][j] = best;
		}
	}
	return d[a_len][b_len];
}

const char *ctl_suggest(const char *word, const char *const *words)
{
	size_t len = strlen(word);
	unsigned best = len < 4 ? 2 : 3; /* at most one or two slips */
	const char *found = NULL;

	if (len == 0 || len > SUGGEST_LEN)
		return NULL;
	for (; *words != NULL; words++) {
		size_t w_len = strlen(*words);
		unsigned d = w_len <= SUGGEST_LEN ? distance(word, len, *words, w_len) : best;

		if (d < best) {
			best = d;
			found = *words;
		}
	}
	return found;
}
