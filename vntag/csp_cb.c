/*
 * csp_cb.c - the session of a controlling bridge with the port extender at a cascade port (port-extension-reference 3.6).
 *
 *          TLV seen                    CSP-Open, format accepted
 *    IDLE ----------> WAIT_OPEN ---------------------------------> OPEN
 *      ^                |   ^                                       |
 *      |  TLV lost      |   '------- CLEANUP <----------------------'  fault, or CSP-Open: the extender has begun anew
 *      '----------------'
 *
 * In: the extender (LLDP), payloads, ECP's outcomes, time, the user's answers and wishes. Out: payloads, events, deadline.
 * Nothing is asked while CLEANUP is untold.
 *
 * An extender that is heard and does not open is asked to: a bridge that lost its state in a restart is else noticed
 * only when the extender's next request meets it. An Open that comes before LLDP has shown the extender is refused, as
 * the reference has it, and asked for as soon as LLDP does.
 *
 * Left out: LLDP, ECP and addresses, forwarding, policy beyond the tag format.
 */
#include "csp_cb_priv.h"

#include <assert.h>

#include "names.h"

const char *csp_cb_state_name(enum csp_cb_state s)
{
	static const struct name_row rows[] = {
		{ CSP_CB_IDLE, "idle" },
		{ CSP_CB_WAIT_OPEN, "waiting" },
		{ CSP_CB_OPEN, "open" },
		{ CSP_CB_CLEANUP, "cleanup" },
		{ 0, NULL },
	};

	return names_text(rows, (int)s, "?");
}

/* ---- memory ---- */

static struct csp_cb_cfg effective(const struct csp_cb_cfg *cfg)
{
	struct csp_cb_cfg e = *cfg;

	if (e.max_ports == 0)
		e.max_ports = 64;
	if (e.max_ports > CSP_CB_PORTS_MAX)
		e.max_ports = CSP_CB_PORTS_MAX;
	if (e.max_groups == 0)
		e.max_groups = 64;
	if (e.max_members == 0)
		e.max_members = 8 * e.max_ports;
	if (e.max_vids == 0)
		e.max_vids = 32 * e.max_ports;
	if (e.max_vids < CSP_VIDS_MAX)
		e.max_vids = CSP_VIDS_MAX;
	if (e.n_ids > CSP_CB_IDS_MAX)
		e.n_ids = CSP_CB_IDS_MAX;
	if (e.n_group_ids > CSP_CB_IDS_MAX)
		e.n_group_ids = CSP_CB_IDS_MAX;
	e.resource.max_channels = e.max_ports;
	e.resource.max_groups = e.max_groups;
	return e;
}

static struct csp_cb *layout(struct csp_cb *cb, struct carve *c)
{
	struct csp_cb *at = (struct csp_cb *)carve_take(c, 1, sizeof(*cb));

	cb_ports_layout(cb, c);
	cb_groups_layout(cb, c);
	return at;
}

size_t csp_cb_size(const struct csp_cb_cfg *cfg)
{
	struct csp_cb cb = { .cfg = effective(cfg) };
	struct carve c = { NULL, 0 };

	layout(&cb, &c);
	return c.used;
}

struct csp_cb *csp_cb_init(const struct csp_cb_cfg *cfg, void *mem)
{
	struct csp_cb cb = { .cfg = effective(cfg), .solicit_at = MONO_NEVER };
	struct carve c = { (uint8_t *)mem, 0 };
	struct csp_cb *at = layout(&cb, &c);

	assert(at != NULL); /* mem is the caller's */
	csp_link_init(&cb.link, cfg->first_transaction);
	*at = cb;
	cb_ports_init(at);
	cb_groups_init(at);
	return at;
}

/* ---- the session ---- */

void cb_cleanup(struct csp_cb *cb, const char *reason, struct mono now)
{
	csp_link_reset(&cb->link);
	cb->question.is_open = false;
	cb->has_result = false;
	cb->has_opened = false;
	cb_groups_cleanup(cb, now);
	cb_ports_cleanup(cb, now);
	if (!cb->told_opened)
		return;
	cb->told_opened = false;
	cb->is_cleaning = true;
	cb->reason = reason;
}

void cb_enter_wait_open(struct csp_cb *cb, struct mono at)
{
	cb->state = CSP_CB_WAIT_OPEN;
	cb->solicit_at = at;
	cb->wants_solicit = false;
}

static void enter_idle(struct csp_cb *cb)
{
	cb->state = CSP_CB_IDLE;
	cb->solicit_at = MONO_NEVER;
	cb->wants_solicit = false;
}

void cb_fail(struct csp_cb *cb, const char *reason, struct mono now)
{
	cb->count.sessions_failed++;
	cb_cleanup(cb, reason, now);
	cb_enter_wait_open(cb, mono_add(now, dur_s(CSP_SOLICIT_S)));
}

/** A payload or a response is lost: with a session that is its end. */
static void fault(struct csp_cb *cb, const char *reason, struct mono now)
{
	if (cb->state == CSP_CB_OPEN)
		cb_fail(cb, reason, now);
	else
		csp_link_reset(&cb->link);
}

/* ---- inputs ---- */

void csp_cb_set_peer(struct csp_cb *cb, const struct mac *pe_csp, struct mono now)
{
	if (cb->has_peer ? pe_csp && mac_equal(*pe_csp, cb->peer) : !pe_csp)
		return;
	cb_cleanup(cb, pe_csp ? "another extender" : "extender lost", now);
	cb->has_peer = pe_csp != NULL;
	if (!pe_csp) {
		enter_idle(cb);
		return;
	}
	cb->peer = *pe_csp;
	cb_enter_wait_open(cb, cb->was_refused ? now : mono_add(now, dur_s(CSP_SOLICIT_S)));
	cb->was_refused = false;
}

void csp_cb_set_formats(struct csp_cb *cb, unsigned formats)
{
	cb->cfg.formats = formats;
}

static void on_response(struct csp_cb *cb, const struct csp_pdu *p, struct mono now)
{
	if (p->completion == CSP_MALFORMED || p->completion == CSP_UNSUPPORTED ||
		p->completion > CSP_FORMAT_REFUSED)
		cb->link.n.bad_responses++;
	if (p->message == CSP_OPEN) /* the extender's own Open is what counts */
		return;
	if (p->completion == CSP_WRONG_STATE)
		cb_fail(cb, "the extender has no session", now);
	else if (p->message == CSP_REGISTER)
		cb_group_response(cb, p, now);
	else
		cb_port_response(cb, p, now);
}

void csp_cb_rx(struct csp_cb *cb, struct span sdu, struct mono now)
{
	struct csp_pdu p;

	switch (csp_link_rx(&cb->link, sdu, &p)) {
	case CSP_RX_REQUEST:
		cb_on_request(cb, &p, now);
		break;
	case CSP_RX_RESPONSE:
		on_response(cb, &p, now);
		break;
	case CSP_RX_NOTHING:
	default:
		break;
	}
}

static bool compose_open(struct csp_cb *cb, struct csp_pdu *p, struct mono now)
{
	if (!cb->wants_solicit)
		return false;
	cb->wants_solicit = false;
	cb->solicit_at = mono_add(now, dur_s(CSP_REFUSED_WAIT_S));
	cb->count.solicited++;
	p->message = CSP_OPEN;
	p->flags = (cb->cfg.formats & CSP_CB_E) == 0 ? CSP_FLAG_VNTAG : 0;
	p->channel = 0;
	p->has = CSP_HAS_RESOURCE;
	p->resource = cb->cfg.resource;
	return true;
}

/** Ports and groups take turns, so that neither waits for all of the other. */
static bool compose(struct csp_cb *cb, struct csp_pdu *p, struct mono now)
{
	bool is_groups_turn = cb->is_groups_turn;

	if (cb->state != CSP_CB_OPEN)
		return compose_open(cb, p, now);
	cb->is_groups_turn = !is_groups_turn;
	if (is_groups_turn)
		return cb_group_compose(cb, p) || cb_port_compose(cb, p);
	return cb_port_compose(cb, p) || cb_group_compose(cb, p);
}

size_t csp_cb_fill(struct csp_cb *cb, uint8_t *buf, size_t cap, struct mono now)
{
	size_t len = csp_link_fill(&cb->link, buf, cap, now);
	struct csp_pdu p;

	if (len > 0 || cb->link.is_asking || cb->is_cleaning || cb->has_result || !compose(cb, &p, now))
		return len;
	csp_link_ask(&cb->link, &p);
	return csp_link_fill(&cb->link, buf, cap, now);
}

void csp_cb_on_sent(struct csp_cb *cb, bool is_delivered, struct mono now)
{
	if (!csp_link_on_sent(&cb->link, is_delivered, now))
		fault(cb, "ECP gave up", now);
}

void csp_cb_on_time(struct csp_cb *cb, struct mono now)
{
	if (!csp_link_on_time(&cb->link, now))
		fault(cb, "no response", now);
	if (cb->question.is_open && mono_reached(cb->question.by, now)) {
		cb->count.late_answers++;
		cb_question_end(cb, CSP_NO_RESOURCES);
	}
	if (mono_reached(cb->solicit_at, now)) {
		cb->solicit_at = MONO_NEVER;
		cb->wants_solicit = true;
	}
}

struct mono csp_cb_deadline(const struct csp_cb *cb)
{
	struct mono d = mono_min(csp_link_deadline(&cb->link), cb->solicit_at);

	return cb->question.is_open ? mono_min(d, cb->question.by) : d;
}

/* ---- looking ---- */

enum csp_cb_state csp_cb_state(const struct csp_cb *cb)
{
	return cb->is_cleaning ? CSP_CB_CLEANUP : (enum csp_cb_state)cb->state;
}

enum vntag_format csp_cb_format(const struct csp_cb *cb)
{
	return cb->format;
}

const struct csp_cb_counters *csp_cb_counters(const struct csp_cb *cb)
{
	return &cb->count;
}

const struct csp_link_counters *csp_cb_link_counters(const struct csp_cb *cb)
{
	return &cb->link.n;
}

bool csp_cb_is_quiet(const struct csp_cb *cb)
{
	return !cb->is_cleaning && !cb->has_opened && !cb->has_result && !cb->link.is_asking &&
	       !cb->link.is_answering && !cb->link.is_due && !cb->wants_solicit && cb->todo.n == 0 &&
	       cb->news.n == 0 && cb->group_todo.n == 0 && cb->group_news.n == 0;
}
