/*
 * Both machines of PE-CSP, exhaustively: every order of inputs from several states, with what must hold after each of
 * them (port-extension-reference 3.6). A machine lives in one block of memory, so a copy of the block is a copy of the
 * machine; it is put back to the same place.
 */
#include "csp_cb_priv.h"
#include "csp_pe_priv.h"
#include "csp_rig.h"

enum { WALK_DEPTH = 5, GROUP = 0x100001 };

static struct csp_pdu *reg(uint16_t port, bool is_add)
{
	struct csp_pdu *p = rig_pdu(CSP_REGISTER, GROUP);

	p->has = CSP_HAS_MEMBERS;
	p->n_members = 1;
	p->members[0] = (struct csp_member){ port, is_add };
	return p;
}

/* ---- the extender ---- */

static const struct csp_pe_cfg pe_walk_cfg = { .max_ports = 2,
	.max_groups = 1,
	.max_members = 2,
	.resource = { .max_untagged = 2 },
	.key = { 1, 2 },
	.first_transaction = 1 };

struct pe_walk {
	struct pe_rig r; /* out: what is asked, for the bridge's response */
	bool is_up, has_peer, is_oper;
	bool has_request;
	struct csp_pdu request; /* the bridge's last */
	uint32_t channel;       /* the bridge's last */
	uint32_t told[2];
	uint32_t handle;
};

static void pe_check_port(const struct csp_pe *pe, uint32_t i)
{
	const struct pe_port *p = &pe->port[i];
	bool may_have_channel = p->v.state == CSP_PE_PORT_CREATED || p->v.state == CSP_PE_PORT_DELETING ||
				p->v.state == CSP_PE_PORT_DELETED;

	HOLDS(csp_pe_find(pe, p->v.wish.number) == i);
	HOLDS(p->v.channel == 0 || (may_have_channel && pe_has_session(pe)));
	HOLDS(p->v.channel == 0 || pe_port_by_channel(pe, p->v.channel) == i);
	HOLDS(p->v.channel != 0 || csp_port_first(&pe->groups, i) == CSP_NONE);
	HOLDS(p->v.channel != 0 || p->v.n_vids == 0);
	HOLDS(p->v.state != CSP_PE_PORT_CREATED || (p->v.channel != 0 && p->is_wanted));
	HOLDS((p->v.state != CSP_PE_PORT_WANTED && p->v.state != CSP_PE_PORT_DELETING) ||
		ilinks_in(&pe->todo_links, i));
	HOLDS(p->v.state != CSP_PE_PORT_CREATING || (pe->link.is_asking && pe->asked_port == i));
	HOLDS(p->v.state != CSP_PE_PORT_WANTED || p->is_wanted);
	HOLDS(p->is_wanted || p->told != 0 || p->v.state != CSP_PE_PORT_DELETED || p->v.channel != 0 ||
		ilinks_in(&pe->news_links, i));
	HOLDS(p->told == p->v.channel || p->v.state == CSP_PE_PORT_DELETING ||
		p->v.state == CSP_PE_PORT_DELETED || ilinks_in(&pe->news_links, i));
}

static void pe_check(const struct pe_walk *w)
{
	const struct csp_pe *pe = w->r.pe;
	uint32_t n_open = 0, n = 0, vids = 0;

	for (uint32_t i = 0; i < pe->high; i++) {
		if (!pe->port[i].is_live)
			continue;
		pe_check_port(pe, i);
		n++;
		n_open += pe->port[i].v.state <= CSP_PE_PORT_CREATING;
		vids += pe->port[i].v.n_vids;
		HOLDS(w->told[i] == pe->port[i].told || pe->is_cleaning);
	}
	HOLDS(n == pe->n_ports && n_open == pe->n_open);
	HOLDS(pe->state != CSP_PE_CREATING || n_open > 0);
	HOLDS(pe->state != CSP_PE_OPERATIONAL || n_open == 0);
	HOLDS(pe_has_session(pe) || (pe->groups.n_groups == 0 && !pe->told_opened && !pe->has_opened));
	HOLDS(pe_has_session(pe) || pe->retry.n == 0);
	HOLDS(!pe->link.is_asking || pe_has_session(pe) || pe->state == CSP_PE_OPENING);
	HOLDS((pe->state == CSP_PE_WAIT) == !mono_is_never(pe->wait_until));
	HOLDS(pe->is_up == w->is_up && pe->has_peer == w->has_peer);
	HOLDS((pe->state == CSP_PE_DOWN) == !w->is_up);
	HOLDS((pe->state == CSP_PE_DISCOVER) == (w->is_up && !w->has_peer));
	HOLDS(!pe->question.is_open || (pe->port[pe->question.port].v.channel != 0 && pe->link.is_answering));
	HOLDS((vids == 0) == (pe->vids.used_octets == 0));
	HOLDS(!mono_reached(csp_pe_deadline(pe), w->r.now));
}

static void pe_take_event(struct pe_walk *w, const struct csp_pe_event *e)
{
	if (e->kind == CSP_PE_EV_CLEANUP) {
		memset(w->told, 0, sizeof(w->told));
	} else if (e->kind == CSP_PE_EV_CREATED) {
		HOLDS(w->told[e->port] == 0 && e->channel != 0);
		w->told[e->port] = e->channel;
	} else if (e->kind == CSP_PE_EV_DELETED) {
		HOLDS(w->told[e->port] == e->channel && e->channel != 0);
		w->told[e->port] = 0;
	} else if (e->kind == CSP_PE_EV_STATISTICS) {
		w->handle = e->handle;
	}
}

static bool pe_respond(struct pe_walk *w, enum csp_completion c)
{
	const struct csp_pe *pe = w->r.pe;

	if (!pe->link.is_asking || pe->link.tries == 0)
		return false;
	HOLDS(csp_pdu_decode(span_of(pe->link.request, pe->link.request_len), &w->r.out) == CSP_OK);
	pe_answer(&w->r, c, w->r.out.message == CSP_CREATE && c == CSP_DONE ? ++w->channel : 0);
	return true;
}

static void pe_request(struct pe_walk *w, const struct csp_pdu *p)
{
	w->request = *p;
	w->request.transaction = ++w->r.transaction;
	w->has_request = true;
	pe_rx(&w->r, &w->request);
}

static bool pe_bridge_event(struct pe_walk *w, unsigned event)
{
	uint32_t i = csp_pe_find(w->r.pe, 1);
	struct csp_pdu *p;

	switch (event) {
	case 0:
		pe_request(w, rig_open(VNTAG_FORMAT_E));
		return true;
	case 1:
		pe_request(w, rig_pdu(CSP_DELETE, i == CSP_NONE ? 77 : w->r.pe->port[i].v.channel));
		return true;
	case 2:
	case 3:
		pe_request(w, reg(1, event == 2));
		return true;
	case 4:
		p = rig_pdu(CSP_PARAM_SET, i == CSP_NONE ? 77 : w->r.pe->port[i].v.channel);
		p->has = CSP_HAS_PORT | CSP_HAS_VIDS;
		p->port = (struct csp_port_params){ 1, CSP_PORT_EXTENDED, 1, 9, 0 };
		p->n_vids = 2;
		p->vids[0].vid = p->vids[1].vid = 9;
		pe_request(w, p);
		return true;
	case 5:
		pe_request(w, rig_pdu(CSP_STATISTICS, i == CSP_NONE ? 77 : w->r.pe->port[i].v.channel));
		return true;
	case 6:
		if (w->has_request)
			pe_rx(&w->r, &w->request);
		return w->has_request;
	default:
		return false;
	}
}

static bool pe_user_event(struct pe_walk *w, unsigned event)
{
	struct csp_pe_wish wish = pe_wish(event & 1 ? 2 : 1);
	const struct csp_statistics s = { 0 };

	switch (event) {
	case 0:
	case 1:
		return csp_pe_port_add(w->r.pe, &wish) == CSP_SUBMIT_OK;
	case 2:
	case 3:
		return csp_pe_port_remove(w->r.pe, wish.number) == CSP_SUBMIT_OK;
	case 4:
		if (csp_pe_port_set_operational(w->r.pe, 1, !w->is_oper) != CSP_SUBMIT_OK)
			return false;
		w->is_oper = !w->is_oper;
		return true;
	case 5:
		csp_pe_statistics(w->r.pe, w->handle, &s, w->r.now);
		return true;
	case 6:
		pe_pull(&w->r);
		for (unsigned i = 0; i < w->r.n_ev; i++)
			pe_take_event(w, &w->r.ev[i]);
		return w->r.n_ev > 0;
	default:
		return false;
	}
}

static bool pe_line_event(struct pe_walk *w, unsigned event)
{
	static const enum csp_completion codes[] = { CSP_DONE, CSP_NO_RESOURCES, CSP_WRONG_STATE,
		CSP_FORMAT_REFUSED };

	switch (event) {
	case 0:
		w->is_up = !w->is_up;
		w->has_peer = false;
		csp_pe_set_uplink(w->r.pe, w->is_up, w->r.now);
		return true;
	case 1:
		if (!w->is_up)
			return false;
		w->has_peer = !w->has_peer;
		csp_pe_set_peer(w->r.pe, w->has_peer ? &bridge_csp : NULL, w->r.now);
		return true;
	case 2:
		return pe_send(&w->r);
	case 3:
		if (!pe_fill(&w->r))
			return false;
		csp_pe_on_sent(w->r.pe, false, w->r.now);
		return true;
	case 4:
		if (mono_is_never(csp_pe_deadline(w->r.pe)))
			return false;
		w->r.now = csp_pe_deadline(w->r.pe);
		return true;
	default:
		return event - 5 < 4 && pe_respond(w, codes[event - 5]);
	}
}

/** One of all inputs; false: it means nothing here. */
static bool pe_step(struct pe_walk *w, unsigned event)
{
	bool is_done = event < 9    ? pe_line_event(w, event)
		       : event < 16 ? pe_user_event(w, event - 9)
				    : pe_bridge_event(w, event - 16);

	csp_pe_on_time(w->r.pe, w->r.now);
	return is_done;
}
enum { PE_EVENTS = 23 };

static unsigned pe_walk_on(struct pe_walk *w, size_t size, unsigned depth)
{
	struct pe_walk *before;
	void *mem;
	unsigned n = 1;

	if (depth == 0)
		return n;
	before = malloc(sizeof(*w));
	mem = malloc(size);
	*before = *w;
	memcpy(mem, w->r.pe, size);
	for (unsigned e = 0; e < PE_EVENTS; e++) {
		if (!pe_step(w, e)) /* nothing but counters has changed */
			continue;
		pe_check(w);
		n += pe_walk_on(w, size, depth - 1);
		*w = *before;
		memcpy(w->r.pe, mem, size);
	}
	free(before);
	free(mem);
	return n;
}

Test(csp_walk, every_order_of_inputs_keeps_the_invariants_of_the_extender)
{
	/* starts: nothing; opening; both ports created; the first in a group and with VIDs, the second being deleted */
	static const uint8_t starts[][16] = { { 0xff }, { 0, 1, 9, 2, 0xff },
		{ 0, 1, 9, 10, 2, 5, 2, 5, 2, 5, 15, 0xff },
		{ 0, 1, 9, 10, 2, 5, 2, 5, 2, 5, 15, 18, 20, 12, 0xff } };
	size_t size = csp_pe_size(&pe_walk_cfg);
	unsigned n = 0;

	for (unsigned i = 0; i < 4; i++) {
		struct pe_rig *r = pe_new(&pe_walk_cfg);
		struct pe_walk *w = calloc(1, sizeof(*w));

		w->r = *r;
		w->is_oper = true;
		w->channel = 100;
		for (unsigned k = 0; starts[i][k] != 0xff; k++) {
			HOLDS(pe_step(w, starts[i][k]));
			pe_check(w);
		}
		n += pe_walk_on(w, size, WALK_DEPTH);
		free(w);
		pe_free(r);
	}
	cr_assert_gt(n, 1000000);
}

/* ---- the bridge ---- */

static const struct csp_cb_cfg cb_walk_cfg = { .max_ports = 2,
	.max_groups = 2,
	.max_members = 2,
	.n_ids = 3,
	.n_group_ids = 2,
	.formats = CSP_CB_E,
	.key = { 3, 4 },
	.first_transaction = 1 };

struct cb_walk {
	struct cb_rig r;
	bool has_peer;
	bool has_request;
	struct csp_pdu request; /* the extender's last */
	uint32_t told[2];
	uint32_t handle;
	uint32_t group;
};

static void cb_check_port(const struct csp_cb *cb, uint32_t i)
{
	const struct cb_port *p = &cb->port[i];
	bool has_wish = p->wants_delete || p->wants_set || p->wants_get || p->wants_statistics;

	HOLDS(cb->state == CSP_CB_OPEN);
	HOLDS(p->is_gone || csp_cb_find(cb, p->v.channel) == i);
	HOLDS(p->is_gone || csp_cb_find_number(cb, p->v.asked.port) == i);
	HOLDS(!p->is_gone || (csp_port_first(&cb->groups, i) == CSP_NONE && ilinks_in(&cb->news_links, i)));
	HOLDS(p->is_gone || has_wish == ilinks_in(&cb->todo_links, i));
	HOLDS(!p->v.is_set || !p->wants_set);
	HOLDS(p->told == p->v.channel || ilinks_in(&cb->news_links, i));
}

static void cb_check_group(const struct csp_cb *cb, uint32_t i)
{
	const struct csp_group *g = &cb->groups.group[i];
	uint32_t n = 0, n_dirty = 0, n_sent = 0;

	for (uint32_t m = g->first; m != CSP_NONE; m = cb->groups.member[m].g_next, n++) {
		const struct csp_membership *mem = &cb->groups.member[m];
		bool is_dirty = !mem->is_sent && mem->is_wanted != mem->is_in_force;

		HOLDS(mem->is_wanted || mem->is_in_force || mem->is_sent);
		HOLDS(ilinks_in(&cb->member_links, m) == (is_dirty || mem->is_sent));
		HOLDS(!g->is_ending || !mem->is_wanted);
		n_dirty += is_dirty;
		n_sent += mem->is_sent;
	}
	HOLDS(n == g->n && n_dirty == g->dirty.n);
	HOLDS(n_sent == (cb->asked_group == i ? cb->sent.n : 0));
	HOLDS(n_dirty == 0 || ilinks_in(&cb->group_todo_links, i));
	HOLDS(!g->is_ended || (n == 0 && g->is_ending));
	HOLDS(!g->is_ending || n > 0 || g->is_ended || cb->asked_group == i);
	HOLDS(!g->is_failed || !cb_group_is_settled(cb, i) || ilinks_in(&cb->group_news_links, i));
	HOLDS(g->is_ending || csp_cb_group_is_ready(cb, g->channel) == cb_group_is_settled(cb, i));
}

static void cb_check(const struct cb_walk *w)
{
	const struct csp_cb *cb = w->r.cb;
	uint32_t n = 0, n_ids = 0, n_groups = 0, n_group_ids = 0, vids = 0;

	for (uint32_t i = 0; i < cb->high; i++) {
		if (!cb->port[i].is_live)
			continue;
		cb_check_port(cb, i);
		n++;
		n_ids += !cb->port[i].is_gone;
		vids += cb->port[i].v.settings.n_vids;
		HOLDS(w->told[i] == cb->port[i].told || cb->is_cleaning);
	}
	for (uint32_t i = 0; i < cb->cfg.max_groups; i++) {
		if (cb->groups.group[i].channel == 0)
			continue;
		cb_check_group(cb, i);
		n_groups++;
		n_group_ids += !cb->groups.group[i].is_ended;
	}
	HOLDS(n == cb->n_ports && n_groups == cb->groups.n_groups);
	HOLDS(cb->ids.n + n_ids == cb->ids.cap && cb->group_ids.n + n_group_ids == cb->group_ids.cap);
	HOLDS((vids == 0) == (cb->vids.used_octets == 0));
	HOLDS(cb->has_peer == w->has_peer && (cb->state == CSP_CB_IDLE) == !w->has_peer);
	HOLDS(cb->state == CSP_CB_OPEN || (n == 0 && n_groups == 0 && !cb->told_opened && !cb->has_opened));
	HOLDS(cb->asked_group == CSP_NONE || (cb->link.is_asking && cb->link.asked == CSP_REGISTER));
	HOLDS(cb->sent.n == 0 || cb->asked_group != CSP_NONE);
	HOLDS(!cb->question.is_open || (cb->link.is_answering && cb->state == CSP_CB_OPEN));
	HOLDS(cb->state == CSP_CB_WAIT_OPEN || (mono_is_never(cb->solicit_at) && !cb->wants_solicit));
	HOLDS(!mono_reached(csp_cb_deadline(cb), w->r.now));
}

static void cb_take_event(struct cb_walk *w, const struct csp_cb_event *e)
{
	if (e->kind == CSP_CB_EV_CLEANUP) {
		memset(w->told, 0, sizeof(w->told));
		w->group = 0;
	} else if (e->kind == CSP_CB_EV_CREATED) {
		HOLDS(w->told[e->port] == 0 && e->channel != 0);
		w->told[e->port] = e->channel;
	} else if (e->kind == CSP_CB_EV_DELETED) {
		HOLDS(w->told[e->port] == e->channel && e->channel != 0);
		w->told[e->port] = 0;
	} else if (e->kind == CSP_CB_EV_ASK) {
		w->handle = e->handle;
	}
}

static void cb_answer_last(struct cb_walk *w, enum csp_completion c)
{
	const struct csp_cb *cb = w->r.cb;

	HOLDS(csp_pdu_decode(span_of(cb->link.request, cb->link.request_len), &w->r.out) == CSP_OK);
	cb_reply(&w->r, c);
}

static void cb_extender_request(struct cb_walk *w, const struct csp_pdu *p)
{
	w->request = *p;
	w->request.transaction = ++w->r.transaction;
	w->has_request = true;
	cb_rx(&w->r, &w->request);
}

/** Channel of the extender's port 1. */
static uint32_t first_channel(const struct cb_walk *w)
{
	uint32_t i = csp_cb_find_number(w->r.cb, 1);

	return i == CSP_NONE ? 0 : w->r.cb->port[i].v.channel;
}

static bool cb_extender_event(struct cb_walk *w, unsigned event)
{
	struct csp_pdu *p;

	switch (event) {
	case 0:
		cb_extender_request(w, rig_open(VNTAG_FORMAT_E));
		return true;
	case 1:
		cb_extender_request(w, rig_open(VNTAG_FORMAT_VN));
		return true;
	case 2:
	case 3:
		cb_extender_request(w, rig_create((uint16_t)(event - 1)));
		return true;
	case 4:
		cb_extender_request(w, rig_pdu(CSP_DELETE, first_channel(w)));
		return true;
	case 5:
		p = rig_pdu(CSP_STATUS, first_channel(w));
		p->has = CSP_HAS_STATUS;
		p->status.port = 1;
		cb_extender_request(w, p);
		return true;
	case 6:
		if (w->has_request)
			cb_rx(&w->r, &w->request);
		return w->has_request;
	default:
		return false;
	}
}

static bool cb_user_event(struct cb_walk *w, unsigned event)
{
	const struct csp_vid vid = { 7, true };
	const struct csp_cb_settings s = { .pvid = 7, .n_vids = 1, .vids = &vid };
	uint32_t channel = first_channel(w);

	switch (event) {
	case 0:
		return csp_cb_answer(w->r.cb, w->handle, CSP_DONE, 0, 0, w->r.now);
	case 1:
		return csp_cb_answer(w->r.cb, w->handle, CSP_UNKNOWN_PORT, 0, 0, w->r.now);
	case 2:
		return csp_cb_set(w->r.cb, channel, &s) == CSP_SUBMIT_OK;
	case 3:
		return csp_cb_get(w->r.cb, channel) == CSP_SUBMIT_OK;
	case 4:
		return csp_cb_delete(w->r.cb, channel) == CSP_SUBMIT_OK;
	case 5:
		return csp_cb_group_new(w->r.cb, 0, &w->group, w->r.now) == CSP_SUBMIT_OK;
	case 6:
	case 7:
		return csp_cb_group_set(w->r.cb, w->group, channel, event == 6) == CSP_SUBMIT_OK;
	case 8:
		return csp_cb_group_end(w->r.cb, w->group, w->r.now) == CSP_SUBMIT_OK;
	case 9:
		cb_pull(&w->r);
		for (unsigned i = 0; i < w->r.n_ev; i++)
			cb_take_event(w, &w->r.ev[i]);
		return w->r.n_ev > 0;
	default:
		return false;
	}
}

static bool cb_line_event(struct cb_walk *w, unsigned event)
{
	static const enum csp_completion codes[] = { CSP_DONE, CSP_UNKNOWN_PORT, CSP_WRONG_STATE };

	switch (event) {
	case 0:
		w->has_peer = !w->has_peer;
		csp_cb_set_peer(w->r.cb, w->has_peer ? &extender_csp : NULL, w->r.now);
		return true;
	case 1:
		return cb_send(&w->r);
	case 2:
		if (!cb_fill(&w->r))
			return false;
		csp_cb_on_sent(w->r.cb, false, w->r.now);
		return true;
	case 3:
		if (mono_is_never(csp_cb_deadline(w->r.cb)))
			return false;
		w->r.now = csp_cb_deadline(w->r.cb);
		return true;
	default:
		if (!w->r.cb->link.is_asking || w->r.cb->link.tries == 0)
			return false;
		cb_answer_last(w, codes[event - 4]);
		return true;
	}
}

static bool cb_step(struct cb_walk *w, unsigned event)
{
	bool is_done = event < 7    ? cb_line_event(w, event)
		       : event < 17 ? cb_user_event(w, event - 7)
				    : cb_extender_event(w, event - 17);

	csp_cb_on_time(w->r.cb, w->r.now);
	return is_done;
}
enum { CB_EVENTS = 24 };

static unsigned cb_walk_on(struct cb_walk *w, size_t size, unsigned depth)
{
	struct cb_walk *before;
	void *mem;
	unsigned n = 1;

	if (depth == 0)
		return n;
	before = malloc(sizeof(*w));
	mem = malloc(size);
	*before = *w;
	memcpy(mem, w->r.cb, size);
	for (unsigned e = 0; e < CB_EVENTS; e++) {
		if (!cb_step(w, e)) /* nothing but counters has changed */
			continue;
		cb_check(w);
		n += cb_walk_on(w, size, depth - 1);
		*w = *before;
		memcpy(w->r.cb, mem, size);
	}
	free(before);
	free(mem);
	return n;
}

Test(csp_walk, every_order_of_inputs_keeps_the_invariants_of_the_bridge)
{
	/* starts: nothing; a Create is asked; two ports; the first with settings under way and in a group that is asked */
	static const uint8_t starts[][32] = { { 0xff }, { 0, 17, 16, 1, 19, 16, 0xff },
		{ 0, 17, 16, 1, 19, 16, 7, 1, 20, 16, 7, 1, 16, 0xff },
		{ 0, 17, 16, 1, 19, 16, 7, 1, 20, 16, 7, 1, 16, 12, 13, 9, 1, 0xff } };
	size_t size = csp_cb_size(&cb_walk_cfg);
	unsigned n = 0;

	for (unsigned i = 0; i < 4; i++) {
		struct cb_rig *r = cb_new(&cb_walk_cfg);
		struct cb_walk *w = calloc(1, sizeof(*w));

		w->r = *r;
		for (unsigned k = 0; starts[i][k] != 0xff; k++) {
			HOLDS(cb_step(w, starts[i][k]));
			cb_check(w);
		}
		n += cb_walk_on(w, size, WALK_DEPTH);
		free(w);
		cb_free(r);
	}
	cr_assert_gt(n, 1000000);
}
