/*
 * log.c - one line per event: level, `if=`, `vsi=`, `from= to= event= clause=`, detail.
 *
 * A thousand VSIs that associate in one second are one piece of news, not a thousand: each (port, kind, warning or
 * not) may write 20 lines in ten seconds; the rest is counted and told when the window has passed, by the next line of
 * its kind. And a VSI that is refused again for the same reason is told once a minute. `evbctl monitor` gets every event.
 */
#define _GNU_SOURCE
#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "siphash.h"
#include "text.h"

enum { WINDOW_S = 10, WINDOW_LINES = 20, REFUSAL_S = 60 };

static const char *const level_names[] = { "error", "warning", "info", "debug" };

void log_init(struct log *l, enum log_level level)
{
	l->level = level;
}

static void stamp(char *text, size_t size)
{
	struct timespec ts;
	struct tm tm;
	size_t n;

	clock_gettime(CLOCK_REALTIME, &ts);
	gmtime_r(&ts.tv_sec, &tm);
	n = strftime(text, size, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text + n, size - n, ".%03ldZ", ts.tv_nsec / 1000000);
}

void log_line(const struct log *l, enum log_level level, const char *format, ...)
{
	char text[1024], when[40];
	va_list ap;

	if (level > l->level)
		return;
	stamp(when, sizeof(when));
	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	fprintf(stderr, "%s level=%s %s\n", when, level_names[level], text);
}

const char *log_quoted(const char *text, char *quoted, size_t size)
{
	size_t n = 0;

	for (; *text != '\0' && n + 2 < size; text++) {
		if (*text == '"' || *text == '\\')
			quoted[n++] = '\\';
		quoted[n++] = *text;
	}
	quoted[n] = '\0';
	return quoted;
}

/* May this line be written? *ret_suppressed: how many of its kind were not. */
static bool pass(struct log *l, const struct node_event *ev, struct mono now, unsigned *ret_suppressed)
{
	unsigned kind = (unsigned)ev->kind << 1 | (ev->is_warning ? 1u : 0u);
	struct log_bucket *b = &l->bucket[ev->port % NODE_MAX_PORTS][kind % LOG_BUCKETS_OF_PORT];

	*ret_suppressed = 0;
	if (mono_reached(b->until, now)) {
		*ret_suppressed = b->suppressed;
		*b = (struct log_bucket){ .left = WINDOW_LINES, .until = mono_add(now, dur_s(WINDOW_S)) };
	}
	if (b->left == 0) {
		b->suppressed++;
		return false;
	}
	b->left--;
	return true;
}

/* Is this refusal news? *ret_repeated: how often it was none since it was written last. */
static bool is_news(struct log *l, const struct node_event *ev, struct mono now, unsigned *ret_repeated)
{
	const struct siphash_key key = { 0, 0 };
	struct log_refusal *r;

	*ret_repeated = 0;
	if (ev->kind != NODE_EVENT_VSI || !ev->is_warning || !ev->vsi || !ev->detail)
		return true;
	r = &l->refusal[siphash(key, span_of(&ev->vsi->subject.vsi, sizeof(struct vsi_id))) % LOG_REFUSALS];
	if (r->in_use && r->port == ev->port && vsi_id_equal(&r->vsi, &ev->vsi->subject.vsi) &&
		strcmp(r->reason, ev->detail) == 0) {
		if (!mono_reached(r->until, now)) {
			r->repeated++;
			return false;
		}
		*ret_repeated = r->repeated;
	}
	*r = (struct log_refusal){ .in_use = true,
		.port = ev->port,
		.vsi = ev->vsi->subject.vsi,
		.until = mono_add(now, dur_s(REFUSAL_S)) };
	snprintf(r->reason, sizeof(r->reason), "%s", ev->detail);
	return true;
}

void log_event(struct log *l, const struct node *n, const struct node_event *ev, struct mono now)
{
	enum log_level level = ev->is_warning ? LOG_WARNING
			       : ev->kind == NODE_EVENT_NEIGHBOUR
				       ? LOG_DEBUG /* what matters of it is an EVB event */
				       : LOG_INFO;
	const struct node_port *p = node_port(n, ev->port);
	char vsi[VSI_ID_TEXT] = "", line[512], detail[256];
	unsigned suppressed, repeated;
	int len;

	if (level > l->level || !is_news(l, ev, now, &repeated) || !pass(l, ev, now, &suppressed))
		return;
	len = snprintf(
		line, sizeof(line), "kind=%s if=%s", node_event_kind_name(ev->kind), p ? p->label : "-");
	if (ev->vsi)
		len += snprintf(line + len, sizeof(line) - (size_t)len, " vsi=%s",
			vsi_id_format(&ev->vsi->subject.vsi, vsi));
	if (ev->from)
		len += snprintf(line + len, sizeof(line) - (size_t)len, " from=%s", ev->from);
	if (ev->to)
		len += snprintf(line + len, sizeof(line) - (size_t)len, " to=%s", ev->to);
	len += snprintf(line + len, sizeof(line) - (size_t)len, " event=\"%s\"", ev->event ? ev->event : "-");
	if (ev->clause)
		len += snprintf(line + len, sizeof(line) - (size_t)len, " clause=\"%s\"", ev->clause);
	if (repeated)
		len += snprintf(line + len, sizeof(line) - (size_t)len, " repeated=%u", repeated);
	if (suppressed)
		snprintf(line + len, sizeof(line) - (size_t)len, " suppressed=%u", suppressed);
	log_line(l, level, "%s%s%s%s", line, ev->detail ? " detail=\"" : "",
		ev->detail ? log_quoted(ev->detail, detail, sizeof(detail)) : "", ev->detail ? "\"" : "");
}
