/* ctl_show_record.c - the frames of a port in the flight recorder, for `evbctl record`. */
#include "ctl_priv.h"
#include "recorder.h"

#include <stdlib.h>
#include <string.h>

static json_t *octets_json(struct span octets)
{
	static const char digits[] = "0123456789abcdef";
	char *text = malloc(2 * octets.len + 1);
	json_t *j;

	if (text == NULL)
		return NULL;
	for (size_t i = 0; i < octets.len; i++) {
		text[2 * i] = digits[octets.ptr[i] >> 4];
		text[2 * i + 1] = digits[octets.ptr[i] & 15];
	}
	j = json_stringn(text, 2 * octets.len);
	free(text);
	return j;
}

static json_t *notes_json(const char *notes)
{
	json_t *list = json_array();

	while (notes != NULL && *notes != '\0') {
		size_t len = strcspn(notes, "\n");

		json_array_append_new(list, json_stringn(notes, len));
		notes += len + (notes[len] == '\n');
	}
	return list;
}

static json_t *row_of(const struct ctl_host *h, const struct node_port *p, const struct recorder_frame *f)
{
	uint64_t ns = f->at.ns + (uint64_t)h->realtime_offset_ns(h->ctx);
	json_t *o = json_object();

	ctl_put_text(o, "port", p->name);
	ctl_put_time(o, "time", h, f->at);
	ctl_put_int(o, "time_ns", ns); /* since 1970, exact */
	ctl_put_text(o, "direction", f->is_out ? "out" : "in");
	ctl_put(o, "octets", octets_json(f->octets));
	ctl_put(o, "comments", notes_json(f->notes));
	return o;
}

/* w->port is a port, w->index a frame of it. */
bool ctl_show_record(struct ctl_walk *w, unsigned budget)
{
	const struct recorder *r = w->host->recorder;
	const struct node_port *p;

	for (; (p = ctl_walk_port(w)) != NULL; w->port++, w->index = 0) {
		for (; w->index < recorder_count(r, (uint16_t)w->port); w->index++) {
			struct recorder_frame f;

			if (budget-- == 0)
				return false;
			f = recorder_at(r, (uint16_t)w->port, w->index);
			ctl_walk_row(w, row_of(w->host, p, &f));
		}
	}
	return true;
}
