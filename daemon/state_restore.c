/*
 * state_restore.c - what was kept goes back into the node: S-channels first, for VSIs live in them; a bridge's VSIs before a
 * device is attached; a station's when its VM ports are known.
 *
 * What is restored is judged like a request from outside (vdp_table_restore(), cdcp_sm_restore()). What can't be restored
 * is dropped from the database and logged: the port is not configured, or has another role; the VM port of a station's
 * VSI is gone, as it would have taken its VSI with it had evbd been running.
 */
#include "state_priv.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- one VSI ---- */

struct restore {
	struct state *s;
	struct mono now;
	unsigned n_restored, n_dropped;
	char why[128]; /* the first one was dropped */
};

/* NULL: it is there. */
static const char *put_back(const struct restore *r, const struct state_vsi *v)
{
	struct node *n = r->s->node;
	uint16_t port = node_find_label(n, v->port);
	uint16_t other = v->other_port[0] ? node_find_label(n, v->other_port) : NODE_NO_PORT;
	enum vdp_submit verdict;

	if (port == NODE_NO_PORT || node_port(n, port)->vdp == NULL)
		return "the port is not configured for EVB";
	if ((node_port(n, port)->kind == NODE_BRIDGE) != (v->role == VDP_BRIDGE))
		return "the port has another role";
	if (v->role == VDP_BRIDGE && !node_port(n, port)->conf.evb.is_enabled)
		return "EVB is switched off on the port";
	if (v->role == VDP_BRIDGE && node_port(n, port)->vifs && node_port(n, port)->vifs->is_signalled)
		return "the port has VIFs now, by signalling";
	if (vdp_table_find(node_port(n, port)->vdp, &v->saved.rq.subject.vsi) != UINT32_MAX)
		return NULL; /* asked for since the start: that is newer */
	if (v->role == VDP_STATION && v->other_port[0] &&
		(other == NODE_NO_PORT || node_port(n, other)->kind != NODE_VM ||
			!node_vm_is_behind(n, other, port)))
		return "its VM port is gone";
	verdict = node_vsi_restore(n, port, &v->saved, other, r->now);
	return verdict == VDP_SUBMIT_OK ? NULL : vdp_submit_text(verdict);
}

static void restore_one(struct restore *r, const struct state_vsi *v)
{
	const struct vsi_id *id = &v->saved.rq.subject.vsi;
	const char *why = put_back(r, v);
	char text[VSI_ID_TEXT];

	if (why == NULL) {
		r->n_restored++;
		return;
	}
	if (r->n_dropped++ == 0)
		snprintf(r->why, sizeof(r->why), "%s of %s: %s", vsi_id_format(id, text), v->port, why);
	state_enqueue(r->s, state_change_forget(v->port, id));
}

static void restore_end(const struct restore *r, const char *role)
{
	for (uint16_t i = 0; r->n_restored > 0 && i < node_n_ports(r->s->node); i++)
		if (node_port(r->s->node, i) && node_port(r->s->node, i)->vdp)
			node_kick(r->s->node, i, r->now);
	if (r->n_restored > 0)
		log_line(r->s->log, LOG_INFO, "event=\"VSIs restored\" role=%s vsis=%u file=%s", role,
			r->n_restored, r->s->path);
	if (r->n_dropped > 0)
		log_line(r->s->log, LOG_WARNING, "event=\"kept VSIs dropped\" role=%s vsis=%u first=\"%s\"",
			role, r->n_dropped, r->why);
}

static void on_row(void *ctx, const struct state_vsi *v)
{
	struct restore *r = ctx;
	struct state_change *c;

	if (v->role == VDP_BRIDGE) {
		restore_one(r, v);
	} else {
		c = state_change_put(v);
		STAILQ_INSERT_TAIL(&r->s->waiting, c, link);
	}
}

/* ---- S-channels ---- */

struct restore_channels {
	struct state *s;
	struct mono now;
	unsigned n_ports, n_channels;
};

static void on_channels(void *ctx, const struct state_channels *c)
{
	struct restore_channels *r = ctx;
	uint16_t port = node_find_port(r->s->node, c->port);
	const struct node_port *p = node_port(r->s->node, port);

	if (!p || !p->channels || !p->conf.cdcp.is_enabled) {
		log_line(r->s->log, LOG_WARNING,
			"event=\"kept S-channels dropped: the port has no CDCP any more\" if=%s channels=%u",
			c->port, c->n);
		state_enqueue(r->s, state_change_channels(c->port, NULL, 0));
		return;
	}
	node_channels_restore(r->s->node, port, c->pair, c->n, r->now);
	state_keep_channels(r->s, port); /* what became of it */
	r->n_ports++;
	r->n_channels += c->n;
}

void state_restore_channels(struct state *s, struct mono now)
{
	struct restore_channels r = { .s = s, .now = now };
	unsigned n_unreadable = 0;

	if (!s->db)
		return;
	if (!state_db_load_channels(s->db, on_channels, &r, &n_unreadable))
		log_line(s->log, LOG_ERROR, "event=\"can't read all of the state\" file=%s error=\"%s\"",
			s->path, state_db_error(s->db));
	if (r.n_channels > 0)
		log_line(s->log, LOG_INFO, "event=\"S-channels restored\" channels=%u ports=%u file=%s",
			r.n_channels, r.n_ports, s->path);
	if (n_unreadable > 0)
		log_line(s->log, LOG_WARNING,
			"event=\"unreadable S-channels left in the state database\" channels=%u file=%s",
			n_unreadable, s->path);
}

void state_restore_kept_channels(struct state *s, struct mono now)
{
	struct state_changes vsis = STAILQ_HEAD_INITIALIZER(vsis);
	struct state_change *c;

	while ((c = STAILQ_FIRST(&s->waiting)) != NULL) {
		uint16_t port = c->kind == STATE_C_CHANNELS ? node_find_port(s->node, c->channels.port)
							    : NODE_NO_PORT;

		STAILQ_REMOVE_HEAD(&s->waiting, link);
		if (c->kind != STATE_C_CHANNELS) {
			STAILQ_INSERT_TAIL(&vsis, c, link);
			continue;
		}
		if (port != NODE_NO_PORT)
			node_channels_restore(s->node, port, c->channels.pair, c->channels.n, now);
		free(c);
	}
	STAILQ_CONCAT(&s->waiting, &vsis);
}

/* ---- VSIs of bridges, and where those of stations wait ---- */

void state_restore_bridges(struct state *s, struct mono now)
{
	struct restore r = { .s = s, .now = now };
	unsigned n_unreadable;

	if (!s->db)
		return;
	if (!state_db_load(s->db, on_row, &r, &n_unreadable))
		log_line(s->log, LOG_ERROR, "event=\"can't read all of the state\" file=%s error=\"%s\"",
			s->path, state_db_error(s->db));
	restore_end(&r, "bridge");
	if (n_unreadable > 0)
		log_line(s->log, LOG_WARNING,
			"event=\"unreadable VSIs left in the state database\" vsis=%u file=%s", n_unreadable,
			s->path);
}

void state_keep_port(struct state *s, uint16_t port)
{
	const struct node_port *p = node_port(s->node, port);
	const struct vdp_table *t = p->vdp;
	struct cdcp_pair pair[CDCP_PAIRS_MAX];

	if (p->channels) {
		struct state_change *c = state_change_channels(p->name, pair, node_channels_save(p, pair));

		STAILQ_INSERT_TAIL(&s->waiting, c, link);
	}
	for (uint32_t i = t ? vdp_table_next(t, 0) : UINT32_MAX; i != UINT32_MAX;
		i = vdp_table_next(t, i + 1)) {
		struct vsi_id id = vdp_table_get(t, i)->subject.vsi;
		struct state_change *c = state_change_of(s, port, &id);

		if (c)
			STAILQ_INSERT_TAIL(&s->waiting, c, link);
	}
}

void state_restore_waiting(struct state *s, struct mono now)
{
	struct restore r = { .s = s, .now = now };
	const char *role = "station";
	struct state_change *c;

	while ((c = STAILQ_FIRST(&s->waiting)) != NULL) {
		STAILQ_REMOVE_HEAD(&s->waiting, link);
		if (c->vsi.role == VDP_BRIDGE) /* of a port that a reload restarts */
			role = "bridge";
		restore_one(&r, &c->vsi);
		free(c);
	}
	restore_end(&r, role);
}
