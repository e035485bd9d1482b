/*
 * port_vsi.c - what a change of a VSI means outside the VDP machines: the relay's admissions, the question to the
 * type database, a VSI that moved here from another port (evb-reference 6.9.1), the list of ended VSIs, the uplink's
 * own VSI, what of a VSI outlives the daemon, and the event for log and monitor.
 */
#include <stdio.h>
#include <stdlib.h>

#include "node_priv.h"

/* ---- ended VSIs ---- */

bool node_ended_init(struct node *n)
{
	struct carve c = { 0 };

	n->ended = calloc(n->max_ended, sizeof(*n->ended));
	imap_layout(&n->ended_map, &c, n->max_ended);
	n->ended_map_mem = calloc(1, c.used);
	if (!n->ended || !n->ended_map_mem)
		return false;
	c = (struct carve){ .base = n->ended_map_mem };
	imap_layout(&n->ended_map, &c, n->max_ended);
	imap_clear(&n->ended_map);
	return true;
}

void node_ended_fini(struct node *n)
{
	free(n->ended);
	free(n->ended_map_mem);
}

static uint64_t ended_hash(const struct node *n, uint16_t port, const struct vsi_id *id)
{
	return siphash(n->key, span_of(id, sizeof(*id))) ^ port;
}

static void ended_drop(struct node *n, uint32_t i)
{
	struct node_ended *e = &n->ended[i];

	if (!e->in_use)
		return;
	imap_remove(&n->ended_map, ended_hash(n, e->port, &e->vsi.subject.vsi), i);
	e->in_use = false;
	n->n_ended--;
}

static struct node_ended *ended_find(struct node *n, uint16_t port, const struct vsi_id *id)
{
	uint64_t hash = ended_hash(n, port, id);

	for (uint32_t i = imap_first(&n->ended_map, hash); i != IMAP_NONE; i = imap_next(&n->ended_map, i))
		if (n->ended[i].port == port && vsi_id_equal(&n->ended[i].vsi.subject.vsi, id))
			return &n->ended[i];
	return NULL;
}

/* A VSI that lives again, or ended again, replaces its older obituary. */
static void ended_forget(struct node *n, uint16_t port, const struct vsi_id *id)
{
	uint64_t hash;
	uint32_t i, next;

	if (n->n_ended == 0)
		return;
	hash = ended_hash(n, port, id);
	for (i = imap_first(&n->ended_map, hash); i != IMAP_NONE; i = next) {
		next = imap_next(&n->ended_map, i);
		if (n->ended[i].port == port && vsi_id_equal(&n->ended[i].vsi.subject.vsi, id))
			ended_drop(n, i);
	}
}

static void ended_add(struct node *n, uint16_t port, const struct vdp_vsi *v, struct mono now)
{
	const struct node_port *p = n->port[port];
	struct node_ended *e;
	bool is_moved;

	if (n->max_ended == 0)
		return;
	e = ended_find(n, port, &v->subject.vsi);
	is_moved = e != NULL && e->is_moved; /* a refusal since then changes nothing of that */
	ended_forget(n, port, &v->subject.vsi);
	ended_drop(n, n->ended_next);
	e = &n->ended[n->ended_next];
	*e = (struct node_ended){
		.in_use = true, .port = port, .vsi = *v, .n_filters = v->n_filters, .ended = now
	};
	e->is_moved = is_moved;
	e->role = p->kind == NODE_BRIDGE ? VDP_BRIDGE : VDP_STATION;
	memcpy(e->port_name, p->name, sizeof(e->port_name));
	e->scid = p->scid;
	if (v->n_filters > 0)
		e->filter = v->filters[0];
	e->vsi.n_filters = v->n_filters > 0 ? 1 : 0;
	e->vsi.filters = &e->filter;
	e->vsi.org = span_of(NULL, 0);
	imap_insert(&n->ended_map, ended_hash(n, port, &v->subject.vsi), n->ended_next);
	n->ended_next = (n->ended_next + 1) % n->max_ended;
	n->n_ended++;
}

unsigned node_n_ended(const struct node *n)
{
	return n->n_ended > 0 ? n->max_ended : 0;
}

const struct node_ended *node_ended(const struct node *n, unsigned i, struct mono now)
{
	const struct node_ended *e = &n->ended[(n->ended_next + i) % n->max_ended];

	if (!e->in_use || mono_reached(mono_add(e->ended, dur_s(ENDED_LIFE_S)), now))
		return NULL;
	return e;
}

/* ---- which bridge port has a VSI ---- */

static void active_layout(struct node *n, struct carve *c)
{
	n->active = (struct node_active *)carve_take(c, NODE_MAX_ACTIVE, sizeof(*n->active));
	n->unused_active = (uint32_t *)carve_take(c, NODE_MAX_ACTIVE, sizeof(uint32_t));
	imap_layout(&n->active_map, c, NODE_MAX_ACTIVE);
}

bool node_active_init(struct node *n)
{
	struct carve c = { 0 };

	active_layout(n, &c);
	n->active_mem = calloc(1, c.used);
	if (!n->active_mem)
		return false;
	c = (struct carve){ .base = n->active_mem };
	active_layout(n, &c);
	imap_clear(&n->active_map);
	return true;
}

void node_active_fini(struct node *n)
{
	free(n->active_mem);
}

static uint64_t active_hash(const struct node *n, const struct vsi_id *id)
{
	return siphash(n->key, span_of(id, sizeof(*id)));
}

static void active_add(struct node *n, uint16_t port, uint32_t vsi, const struct vsi_id *id)
{
	uint32_t i = n->n_unused_active > 0 ? n->unused_active[--n->n_unused_active] : n->n_active;

	if (i == NODE_MAX_ACTIVE) {
		n->n_unlisted++;
		return;
	}
	if (i == n->n_active)
		n->n_active++;
	n->active[i] = (struct node_active){ active_hash(n, id), vsi, port };
	imap_insert(&n->active_map, n->active[i].hash, i);
}

static void active_drop(struct node *n, uint16_t port, uint32_t vsi, const struct vsi_id *id)
{
	uint64_t hash = active_hash(n, id);
	uint32_t i = imap_first(&n->active_map, hash);

	while (i != IMAP_NONE && (n->active[i].port != port || n->active[i].vsi != vsi))
		i = imap_next(&n->active_map, i);
	if (i == IMAP_NONE) {
		n->n_unlisted--;
		return;
	}
	imap_remove(&n->active_map, hash, i);
	n->unused_active[n->n_unused_active++] = i;
}

static bool is_active(const struct node *n, uint16_t port, const struct vsi_id *id)
{
	uint32_t at = vdp_table_find(n->port[port]->vdp, id);

	return at != UINT32_MAX && vdp_table_get(n->port[port]->vdp, at)->state == VDP_STATE_ASSOC;
}

/* A bridge port other than `port` on which the VSI is associated, NODE_NO_PORT if there is none. */
static uint16_t active_elsewhere(const struct node *n, uint16_t port, const struct vsi_id *id)
{
	uint64_t hash = active_hash(n, id);

	for (uint32_t i = imap_first(&n->active_map, hash); i != IMAP_NONE; i = imap_next(&n->active_map, i))
		if (n->active[i].hash == hash && n->active[i].port != port &&
			is_active(n, n->active[i].port, id))
			return n->active[i].port;
	for (uint16_t i = 0; n->n_unlisted > 0 && i < n->n_ports; i++)
		if (i != port && n->port[i] && n->port[i]->kind == NODE_BRIDGE && is_active(n, i, id))
			return i;
	return NODE_NO_PORT;
}

/* ---- events ---- */

/* A VSI is associated now that another port has: when was it heard there? To be asked before its addresses change hands. */
static struct mono last_seen_elsewhere(
	const struct node *n, uint16_t port, const struct vdp_event *ev, const struct vdp_vsi *v)
{
	uint16_t old = NODE_NO_PORT;

	if (n->port[port]->kind == NODE_BRIDGE && v->state == VDP_STATE_ASSOC && ev->was != VDP_STATE_ASSOC)
		old = active_elsewhere(n, port, &v->subject.vsi);
	return old != NODE_NO_PORT ? port_move_last_seen(n, old, &v->subject.vsi) : MONO_ZERO;
}

/* A VSI associated here that was associated on another port of this bridge has moved (6.9.1). */
static void leave_old_port(
	struct node *n, uint16_t port, uint32_t vsi, struct mono last_seen, struct mono now)
{
	const struct vdp_vsi *v = vdp_table_get(n->port[port]->vdp, vsi);
	char reason[VTDB_REASON];
	struct vsi_id id = v->subject.vsi;
	bool is_migrating = v->is_migrating;

	snprintf(reason, sizeof(reason), "moved to port %s%s", n->port[port]->label,
		is_migrating ? "" : " (without M-bit)");
	for (uint16_t i = active_elsewhere(n, port, &id); i != NODE_NO_PORT;
		i = active_elsewhere(n, port, &id)) {
		struct node_ended *e;

		port_move_begin(n, i, port, v, last_seen, now);
		if (!vdp_bridge_withdraw(n->port[i]->vdp, &id, reason, now))
			return;
		vdp_table_set_user(n->port[port]->vdp, vsi, (uint32_t)i + 1);
		port_vsi_keep(n, port, &id);
		port_vsi_events(n, i, now);
		e = ended_find(n, i, &id);
		if (e)
			e->is_moved = true;
		node_pump(n, i, now);
	}
}

/*
 * An Associate without the M-bit of a VSI that is active elsewhere is refused: always with strict_move (6.9.1), else
 * on a port that it left. Its old station asks again until its user de-associates (6.7), and would take it back.
 * The VSI itself knows the port that it left last, however long ago; those before that are known while they are listed
 * as ended.
 */
static bool is_stolen(struct node *n, uint16_t port, const struct vtdb_query *q)
{
	const struct node_ended *e = ended_find(n, port, &q->subject.vsi);
	bool is_left = n->port[port]->conf.strict_move || (e && e->is_moved);
	const struct vdp_vsi *v;
	uint16_t at;

	if (q->op != VDP_ASSOC || q->is_migrating)
		return false;
	at = active_elsewhere(n, port, &q->subject.vsi);
	if (at == NODE_NO_PORT)
		return false;
	v = vdp_table_get(n->port[at]->vdp, vdp_table_find(n->port[at]->vdp, &q->subject.vsi));
	return is_left || node_vsi_other_port(v) == port;
}

/* What the node itself has against a request, so that the type database need not be asked; NULL: nothing. */
static const char *objection(struct node *n, uint16_t port, const struct vdp_event *ev, uint8_t *ret_error)
{
	if (is_stolen(n, port, &ev->query)) {
		*ret_error = VDP_E_OTHER;
		return "active on another port, and the M-bit is not set";
	}
	if (n->port[port]->vifs) {
		const char *reason = cb_objection(n, port, ev->vsi, ev->query.org);

		*ret_error = VDP_E_OTHER;
		if (reason)
			return reason;
	}
	if (!port_bind_fits(n, port, ev->vsi, &ev->query)) {
		*ret_error = VDP_E_RESOURCES;
		return "no room for its addresses in the admission table";
	}
	return NULL;
}

static void refuse(struct node *n, uint16_t port, const struct vdp_event *ev, uint8_t error,
	const char *reason, struct mono now)
{
	struct vtdb_answer no = { .error = error, .is_keep = error == VDP_E_RESOURCES };

	snprintf(no.reason, sizeof(no.reason), "%s", reason);
	vdp_bridge_answer(n->port[port]->vdp, ev->handle, &no, now);
}

static void ask(struct node *n, uint16_t port, const struct vdp_event *ev, struct mono now)
{
	uint8_t error = VDP_E_SUCCESS;
	const char *reason = objection(n, port, ev, &error);

	if (reason)
		refuse(n, port, ev, error, reason, now);
	else
		n->io.vtdb.ask(n->io.vtdb.ctx, n, port, ev->handle, &ev->query, now);
}

static void tell_vsi(struct node *n, uint16_t port, const struct vdp_event *ev, const struct vdp_vsi *v,
	bool is_ended, struct mono now)
{
	node_tell(n,
		&(struct node_event){ .kind = NODE_EVENT_VSI,
			.is_warning = v->show == VDP_SHOW_REFUSED || v->show == VDP_SHOW_TIMED_OUT,
			.port = port,
			.vsi = v,
			.is_ended = is_ended,
			.is_of_peer = ev->is_of_peer,
			.from = vdp_state_name(ev->was),
			.to = is_ended ? "none" : vdp_display_name(v->show),
			.event = ev->event,
			.clause = ev->clause,
			.detail = v->reason[0] ? v->reason : NULL },
		now);
}

static void note_active(
	struct node *n, uint16_t port, const struct vdp_event *ev, const struct vdp_vsi *v, bool is_now)
{
	if (n->port[port]->kind != NODE_BRIDGE || is_now == (ev->was == VDP_STATE_ASSOC))
		return;
	if (is_now)
		active_add(n, port, ev->vsi, &v->subject.vsi);
	else
		active_drop(n, port, ev->vsi, &v->subject.vsi);
}

static void on_event(struct node *n, uint16_t port, const struct vdp_event *ev, struct mono now)
{
	struct node_port *p = n->port[port];
	struct mono last_seen;
	const struct vdp_vsi *v = vdp_table_get(p->vdp, ev->vsi);

	if (ev->kind == VDP_EVENT_ASK) {
		ask(n, port, ev, now);
		return;
	}
	note_active(n, port, ev, v, ev->kind != VDP_EVENT_ENDED && v->state == VDP_STATE_ASSOC);
	if (ev->kind == VDP_EVENT_ENDED) {
		if (p->kind == NODE_BRIDGE)
			vdp_table_set_user(p->vdp, ev->vsi, USER_UNBOUND);
		port_bind_sync(n, port, ev->vsi, now);
		ended_add(n, port, v, now);
		port_vsi_keep(n, port, &v->subject.vsi);
		tell_vsi(n, port, ev, v, true, now);
		return;
	}
	ended_forget(n, port, &v->subject.vsi);
	last_seen = last_seen_elsewhere(n, port, ev, v);
	if (p->kind == NODE_STATION && v->user == USER_UNBOUND)
		port_bind_vsi(n, port, ev->vsi, now);
	port_bind_sync(n, port, ev->vsi, now);
	port_vsi_keep(n, port, &v->subject.vsi);
	tell_vsi(n, port, ev, v, false, now);
	if (p->kind == NODE_BRIDGE && v->state == VDP_STATE_ASSOC && ev->was != VDP_STATE_ASSOC)
		leave_old_port(n, port, ev->vsi, last_seen, now);
}

void port_vsi_events(struct node *n, uint16_t port, struct mono now)
{
	const struct vdp_event at_once = { .event = "request refused", .clause = "41.5" };
	const struct vdp_vsi *refused;
	struct vdp_event ev;

	while (vdp_table_next_event(n->port[port]->vdp, &ev))
		on_event(n, port, &ev, now);
	while ((refused = vdp_bridge_next_refusal(n->port[port]->vdp))) {
		ended_add(n, port, refused, now);
		tell_vsi(n, port, &at_once, refused, true, now);
	}
}

void port_vsi_port_gone(struct node *n, uint16_t port, struct mono now)
{
	const struct vdp_table *t = n->port[port]->vdp;

	for (uint32_t i = t ? vdp_table_next(t, 0) : UINT32_MAX; i != UINT32_MAX;
		i = vdp_table_next(t, i + 1)) {
		struct vdp_vsi v = *vdp_table_get(t, i);
		struct vdp_event ev = { .vsi = i, .was = v.state, .event = "port removed" };

		note_active(n, port, &ev, &v, false);
		snprintf(v.reason, sizeof(v.reason), "the port was removed");
		ended_add(n, port, &v, now);
		tell_vsi(n, port, &ev, &v, true, now);
	}
}

/* ---- requests ---- */

enum vdp_submit node_vsi_request(
	struct node *n, uint16_t port, const struct vdp_request *rq, uint16_t vm_port, struct mono now)
{
	struct node_port *p = n->port[node_upstream(n, port)];
	uint32_t at = vdp_table_find(p->vdp, &rq->subject.vsi);
	const struct vdp_vsi *v = at == UINT32_MAX ? NULL : vdp_table_get(p->vdp, at);
	uint16_t was = v ? node_vsi_vm_port(p, v) : NODE_NO_PORT;
	struct vdp_request r = *rq;
	uint8_t org[TLV_VALUE_MAX];
	enum vdp_submit s;

	NODE_TAPE(n, NODE_IN_REQUEST, now, TAPE_OF(port), TAPE_OF(*rq),
		span_of(rq->filters, rq->n_filters * sizeof(*rq->filters)), rq->org, TAPE_OF(vm_port));
	port = node_upstream(n, port);
	r.user = vm_port != NODE_NO_PORT ? (uint32_t)vm_port + 1 : v ? v->user : USER_UNBOUND;
	if (p->vifs && r.user != USER_UNBOUND && n->port[r.user - 1]->vif != 0)
		r.org = pe_name_vif(n, (uint16_t)(r.user - 1), rq->org, org, sizeof(org));
	s = vdp_station_request(p->vdp, &r, now);
	if (s != VDP_SUBMIT_OK)
		return s;
	if (was != NODE_NO_PORT && r.user != (uint32_t)was + 1)
		port_bind_revoke(n, was, at);
	if (p->vifs)
		pe_vsi(n, port, vdp_table_find(p->vdp, &rq->subject.vsi), now);
	port_vsi_keep(n, port, &rq->subject.vsi);
	return s;
}

enum vdp_submit node_vsi_deassociate(struct node *n, uint16_t port, const struct vsi_id *id, struct mono now)
{
	struct node_port *p;
	enum vdp_submit verdict;
	uint32_t i;

	NODE_TAPE(n, NODE_IN_DEASSOCIATE, now, TAPE_OF(port), TAPE_OF(*id));
	port = node_upstream(n, port);
	p = n->port[port];
	verdict = vdp_station_deassociate(p->vdp, id, now);
	i = vdp_table_find(p->vdp, id);
	if (verdict != VDP_SUBMIT_OK)
		return verdict;
	/* The bridge lost it with the link or the S-channel, or will by its keep-alive; and a channel may stay away. */
	if (!p->is_up && i != UINT32_MAX)
		vdp_table_hold(p->vdp, i, "de-associated on request", now);
	port_vsi_keep(n, port, id);
	return verdict;
}

bool node_vsi_withdraw(
	struct node *n, uint16_t port, const struct vsi_id *id, const char *reason, struct mono now)
{
	NODE_TAPE(n, NODE_IN_WITHDRAW, now, TAPE_OF(port), TAPE_OF(*id), TAPE_TEXT(reason));
	return vdp_bridge_withdraw(n->port[port]->vdp, id, reason, now);
}

void node_kick(struct node *n, uint16_t port, struct mono now)
{
	NODE_TAPE(n, NODE_IN_KICK, now, TAPE_OF(port));
	node_pump(n, port, now);
}

void node_vtdb_answer(
	struct node *n, uint16_t port, struct vtdb_handle h, const struct vtdb_answer *a, struct mono now)
{
	uint8_t org[TLV_VALUE_MAX];
	struct vtdb_answer named;

	NODE_TAPE(n, NODE_IN_ANSWER, now, TAPE_OF(port), TAPE_OF(h),
		span_of(a, offsetof(struct vtdb_answer, filters)),
		span_of(a->filters, a->n_filters * sizeof(a->filters[0])), a->org);
	if (!node_port(n, port) || !n->port[port]->vdp)
		return;
	if (n->port[port]->vifs && a->error == VDP_E_SUCCESS) {
		named = *a;
		named.org = cb_name_vif(n, port, h.vsi, a->org, org, sizeof(org));
		a = &named;
	}
	vdp_bridge_answer(n->port[port]->vdp, h, a, now);
	node_pump(n, port, now);
}

void node_vtdb_recheck(
	struct node *n, const char *(*check)(void *ctx, const struct vdp_vsi *v), void *ctx, struct mono now)
{
	NODE_TAPE(n, NODE_IN_RECHECK, now, span_of(NULL, 0));
	for (uint16_t i = 0; i < n->n_ports; i++) {
		struct vdp_table *t = n->port[i] && n->port[i]->kind == NODE_BRIDGE ? n->port[i]->vdp : NULL;

		for (uint32_t k = t ? vdp_table_next(t, 0) : UINT32_MAX; k != UINT32_MAX;
			k = vdp_table_next(t, k + 1)) {
			const struct vdp_vsi *v = vdp_table_get(t, k);
			const char *reason = check(ctx, v);
			struct vsi_id id = v->subject.vsi;

			NODE_TAPE(n, NODE_IN_CHECKED, now, TAPE_TEXT(reason));
			if (reason)
				vdp_bridge_withdraw(t, &id, reason, now);
		}
		if (t)
			node_pump(n, i, now);
	}
}

/* ---- across a restart ---- */

void node_watch_vsis(struct node *n, node_keep_fn *fn, void *ctx)
{
	n->keep = fn;
	n->keep_ctx = ctx;
}

void port_vsi_keep(struct node *n, uint16_t port, const struct vsi_id *id)
{
	if (n->keep)
		n->keep(n->keep_ctx, port, id);
}

bool node_vsi_save(const struct node *n, uint16_t port, const struct vsi_id *id,
	struct vdp_filter room[2 * VDP_FILTERS_MAX], struct vdp_saved *ret)
{
	const struct node_port *p = n->port[port];
	uint32_t i = vdp_table_find(p->vdp, id);

	/* the VIFs of a session go with it, and the next one may number them differently */
	if (p->kind == NODE_BRIDGE && p->vifs && p->vifs->is_signalled)
		return false;
	return i != UINT32_MAX && !node_vsi_is_host(p, vdp_table_get(p->vdp, i)) &&
	       vdp_table_save(p->vdp, i, room, ret);
}

enum vdp_submit node_vsi_restore(
	struct node *n, uint16_t port, const struct vdp_saved *s, uint16_t other, struct mono now)
{
	struct vdp_saved r = *s;
	enum vdp_submit verdict;

	NODE_TAPE(n, NODE_IN_RESTORE, now, TAPE_OF(port), TAPE_OF(*s),
		span_of(s->rq.filters, s->rq.n_filters * sizeof(*s->rq.filters)),
		span_of(s->granted, s->granted ? s->rq.n_filters * sizeof(*s->granted) : 0), s->rq.org,
		TAPE_OF(other));
	port = node_upstream(n, port);
	if (n->port[port]->kind == NODE_BRIDGE && n->port[port]->vifs && n->port[port]->vifs->is_signalled)
		return VDP_SUBMIT_UNKNOWN; /* of before the port had VIFs */
	port_edition_adopt(n, port, s->edition, now);
	r.rq.user = other == NODE_NO_PORT ? USER_UNBOUND : (uint32_t)other + 1;
	verdict = vdp_table_restore(n->port[port]->vdp, &r, now);
	if (verdict == VDP_SUBMIT_OK && n->port[port]->kind == NODE_STATION && n->port[port]->vifs)
		pe_vsi(n, port, vdp_table_find(n->port[port]->vdp, &s->rq.subject.vsi), now);
	return verdict;
}

/* ---- the uplink's own VSI ---- */

/* Is the uplink's own VSI already what is asked for? Then a change of something else is no reason to ask again. */
static bool is_host_as_asked(const struct node_port *p, const struct vdp_request *rq)
{
	uint32_t at = vdp_table_find(p->vdp, &rq->subject.vsi);
	const struct vdp_vsi *v = at == UINT32_MAX ? NULL : vdp_table_get(p->vdp, at);

	return v && v->user == USER_HOST && vdp_manager_equal(&v->subject.manager, &rq->subject.manager) &&
	       v->subject.type_id == rq->subject.type_id &&
	       v->subject.type_version == rq->subject.type_version && v->n_filters == 1 &&
	       mac_equal(v->filters[0].mac, rq->filters[0].mac) && v->filters[0].vid == rq->filters[0].vid;
}

/* The uplink's address, in the draft in the form of a UUID (version 8, RFC 9562). */
static struct vsi_id host_id(const struct node_port *p)
{
	struct vsi_id id = { .format = VSI_ID_MAC };

	if (p->choice.edition == QBG_DRAFT)
		id = (struct vsi_id){ .format = VSI_ID_UUID, .id = { [6] = 0x80, [8] = 0x80 } };
	memcpy(id.id + 10, p->mac.b, 6);
	return id;
}

static void host_request(struct node *n, uint16_t port, struct mono now)
{
	struct node_port *p = n->port[port];
	const struct conf_host_vsi *h = &p->conf.host_vsi;
	struct vdp_filter filter = { .mac = p->mac, .vid = h->vid };
	struct vdp_request rq = {
		.op = VDP_ASSOC,
		.subject = h->subject,
		.format = VDP_FILTER_MAC_VID,
		.n_filters = 1,
		.filters = &filter,
		.user = USER_HOST,
	};

	if (!h->has_id)
		rq.subject.vsi = host_id(p);
	if (p->has_host_vsi && !vsi_id_equal(&p->host_vsi, &rq.subject.vsi))
		vdp_station_deassociate(p->vdp, &p->host_vsi, now);
	p->host_vsi = rq.subject.vsi;
	if (!is_host_as_asked(p, &rq))
		p->has_host_vsi = vdp_station_request(p->vdp, &rq, now) == VDP_SUBMIT_OK;
}

void port_vsi_host(struct node *n, uint16_t port, struct mono now)
{
	struct node_port *p = n->port[port];

	if (p->kind != NODE_STATION)
		return;
	if (p->conf.host_vsi.is_set && p->is_present) {
		host_request(n, port, now);
	} else if (p->has_host_vsi && !p->conf.host_vsi.is_set) {
		vdp_station_deassociate(p->vdp, &p->host_vsi, now);
		p->has_host_vsi = false;
	}
}
