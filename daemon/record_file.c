/*
 * record_file.c - the flight recorder in the daemon: frames and decisions in, and a file of a port's last frames when
 * something was refused or given up.
 *
 * The file is written a moment later, so that the frame that told the peer is in it, and not more than once a minute for
 * each port. STATE_DIR/records/PORT.N.pcapng, N from 0 to recorder.files - 1: the oldest is overwritten. Best effort: a
 * disk that is full is told in the log, and nothing waits for it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "evbd.h"
#include "recorder.h"

enum { DELAY_MS = 300, INTERVAL_S = 60, NOTE = 256, PATH_ROOM = CONF_TEXT + CONF_NAME + 40 };

int64_t evbd_realtime_offset_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec - (int64_t)evbd_now().ns;
}

void evbd_on_control(void *ctx, uint16_t port, bool is_out, struct span head, struct span rest)
{
	struct evbd *d = ctx;

	recorder_frame(d->recorder, port, is_out, head, rest, evbd_now());
}

void evbd_on_tape(
	void *ctx, enum node_input kind, struct mono now, const struct span *parts, unsigned n_parts)
{
	struct evbd *d = ctx;

	tape_input(d->tape, kind, now, parts, n_parts);
}

void evbd_tape_flush(struct evbd *d)
{
	if (d->tape == NULL || d->tape_is_bad || tape_flush(d->tape))
		return;
	d->tape_is_bad = true;
	log_line(&d->log, LOG_WARNING, "event=\"the tape is not complete\" file=%s error=\"%s\"",
		d->tape_path, strerror(errno));
}

/* The device a node port's frames go over. */
static uint16_t device_of(const struct evbd *d, uint16_t port)
{
	const struct node_port *p = node_port(d->node, port);

	if (p == NULL)
		return NODE_NO_PORT;
	if (p->kind == NODE_VIF || p->kind == NODE_VM)
		p = node_port(d->node, p->uplink);
	return p != NULL ? p->device : NODE_NO_PORT;
}

static void note(const struct evbd *d, uint16_t device, const struct node_event *ev)
{
	const struct node_port *p = node_port(d->node, ev->port);
	char id[VSI_ID_TEXT] = "", text[NOTE];

	if (ev->vsi != NULL)
		vsi_id_format(&ev->vsi->subject.vsi, id);
	snprintf(text, sizeof(text), "%s %s%s%s: %s%s%s%s%s%s%s%s%s%s", p->label,
		node_event_kind_name(ev->kind), id[0] != '\0' ? " " : "", id,
		ev->event != NULL ? ev->event : "", ev->from != NULL ? ", " : "",
		ev->from != NULL ? ev->from : "", ev->from != NULL && ev->to != NULL ? " -> " : "",
		ev->to != NULL ? ev->to : "", ev->detail != NULL ? "; " : "",
		ev->detail != NULL ? ev->detail : "", ev->clause != NULL ? " [" : "",
		ev->clause != NULL ? ev->clause : "", ev->clause != NULL ? "]" : "");
	recorder_note(d->recorder, device, text);
}

/* A refusal, a time-out, or ECP that gave up. */
static bool is_worth_a_file(const struct node_event *ev)
{
	if (ev->kind == NODE_EVENT_ECP)
		return true;
	return ev->kind == NODE_EVENT_VSI && ev->is_warning;
}

void evbd_record_event(struct evbd *d, const struct node_event *ev, struct mono now)
{
	uint16_t device = device_of(d, ev->port);
	struct evbd_port *e = device != NODE_NO_PORT ? d->port[device] : NULL;

	if (d->recorder == NULL || e == NULL || ev->kind == NODE_EVENT_REFUSED)
		return;
	note(d, device, ev);
	if (!is_worth_a_file(ev) || d->conf->recorder_files == 0 || e->wants_record ||
		(e->recorded_at.ns != 0 && mono_before(now, mono_add(e->recorded_at, dur_s(INTERVAL_S)))))
		return;
	e->wants_record = true;
	e->recorded_at = now;
	evbd_arm(d->record_timer, mono_add(now, dur_ms(DELAY_MS)), now);
}

/* ---- files ---- */

static void path_of(const struct evbd *d, const char *name, unsigned i, char path[PATH_ROOM])
{
	snprintf(path, PATH_ROOM, "%s/records/%s.%u.pcapng", d->conf->state_dir, name, i);
}

/* A number that no file has yet, or the oldest's. */
static unsigned place_of(const struct evbd *d, const char *name)
{
	char path[PATH_ROOM];
	struct stat st;
	unsigned oldest = 0;
	struct timespec at = { 0 };

	for (unsigned i = 0; i < d->conf->recorder_files; i++) {
		path_of(d, name, i, path);
		if (stat(path, &st) < 0)
			return i;
		if (i == 0 || st.st_mtim.tv_sec < at.tv_sec ||
			(st.st_mtim.tv_sec == at.tv_sec && st.st_mtim.tv_nsec < at.tv_nsec)) {
			oldest = i;
			at = st.st_mtim;
		}
	}
	return oldest;
}

/* Whole or not at all: a reader never sees half a file. */
static int write_file(const char *path, const uint8_t *octets, size_t len)
{
	char fresh[PATH_ROOM + 4];
	int fd, err = 0;

	snprintf(fresh, sizeof(fresh), "%s.new", path);
	fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (fd < 0)
		return -errno;
	for (size_t done = 0; done < len && err == 0;) {
		ssize_t n = write(fd, octets + done, len - done);

		if (n < 0 && errno != EINTR)
			err = -errno;
		else if (n > 0)
			done += (size_t)n;
	}
	close(fd);
	if (err == 0 && rename(fresh, path) < 0)
		err = -errno;
	if (err < 0)
		(void)unlink(fresh);
	return err;
}

static void record(struct evbd *d, uint16_t port)
{
	const struct node_port *p = node_port(d->node, port);
	char folder[PATH_ROOM], path[PATH_ROOM];
	uint8_t *octets;
	size_t len;
	int err;

	if (p == NULL || recorder_count(d->recorder, port) == 0)
		return;
	snprintf(folder, sizeof(folder), "%s/records", d->conf->state_dir);
	(void)mkdir(folder, 0750); /* if it can't be made, the file says so */
	path_of(d, p->name, place_of(d, p->name), path);
	octets = recorder_file(d->recorder, port, p->name, evbd_realtime_offset_ns(), &len);
	err = octets != NULL ? write_file(path, octets, len) : -ENOMEM;
	free(octets);
	if (err < 0)
		log_line(&d->log, LOG_WARNING,
			"event=\"frames could not be recorded\" if=%s file=%s error=\"%s\"", p->name, path,
			strerror(-err));
	else
		log_line(&d->log, LOG_INFO, "event=\"frames recorded\" if=%s file=%s frames=%u", p->name,
			path, recorder_count(d->recorder, port));
}

void evbd_record_due(struct evbd *d)
{
	for (uint16_t i = 0; i < node_n_ports(d->node); i++) {
		if (d->port[i] == NULL || !d->port[i]->wants_record)
			continue;
		d->port[i]->wants_record = false;
		record(d, i);
	}
}
