/*
 * csp_pe.c - the session of a port extender with its controlling bridge (port-extension-reference 3.6).
 *
 *            uplink up          TLV heard, elected        Open: 0              all ports answered
 *    DOWN ------------> DISCOVER ------------> OPENING -----------> CREATING -------------------> OPERATIONAL
 *                          ^                    |   ^                   |                              |
 *                          '------ WAIT <-------'   '-- 7: the other    '------------. .---------------'
 *                     10 s, 1 s after a fault                format                  v v
 *                          '<---------------------------------------------------- CLEANUP --> DOWN
 *
 * In: the uplink, the elected bridge, payloads, ECP's outcomes, time, the user's ports. Out: payloads, events, deadline.
 * CLEANUP is a state until the user has taken its event: nothing of the next session is asked before. Ports are wishes:
 * they outlive sessions and are created again in each.
 *
 * A session ends with the uplink or the bridge, when ECP has delivered nothing for half a second, a response does not come or is impossible, the bridge
 * answers "wrong state", or the bridge itself sends CSP-Open: it has begun anew and knows nothing of us.
 *
 * Left out: LLDP and the election (pe_tlv.c), ECP and addresses, forwarding.
 */
#include "csp_pe_priv.h"

#include <assert.h>

#include "names.h"

/* ---- names ---- */

const char *csp_pe_state_name(enum csp_pe_state s)
{
	static const struct name_row rows[] = {
		{ CSP_PE_DOWN, "down" },
		{ CSP_PE_DISCOVER, "discover" },
		{ CSP_PE_OPENING, "opening" },
		{ CSP_PE_WAIT, "waiting" },
		{ CSP_PE_CREATING, "creating" },
		{ CSP_PE_OPERATIONAL, "operational" },
		{ CSP_PE_CLEANUP, "cleanup" },
		{ 0, NULL },
	};

	return names_text(rows, (int)s, "?");
}

const char *csp_pe_port_state_name(enum csp_pe_port_state s)
{
	static const struct name_row rows[] = {
		{ CSP_PE_PORT_WANTED, "wanted" },
		{ CSP_PE_PORT_CREATING, "creating" },
		{ CSP_PE_PORT_CREATED, "created" },
		{ CSP_PE_PORT_REFUSED, "refused" },
		{ CSP_PE_PORT_DELETING, "deleting" },
		{ CSP_PE_PORT_DELETED, "deleted" },
		{ 0, NULL },
	};

	return names_text(rows, (int)s, "?");
}

/* ---- memory ---- */

static struct csp_pe_cfg effective(const struct csp_pe_cfg *cfg)
{
	struct csp_pe_cfg e = *cfg;

	if (e.max_ports == 0)
		e.max_ports = 64;
	if (e.max_ports > CSP_PE_PORTS_MAX)
		e.max_ports = CSP_PE_PORTS_MAX;
	if (e.max_groups == 0)
		e.max_groups = 64;
	if (e.max_members == 0)
		e.max_members = 8 * e.max_ports;
	if (e.max_vids == 0)
		e.max_vids = 32 * e.max_ports;
	if (e.max_vids < CSP_VIDS_MAX)
		e.max_vids = CSP_VIDS_MAX;
	e.resource.max_channels = e.max_ports;
	e.resource.max_groups = e.max_groups;
	return e;
}

static struct csp_pe *layout(struct csp_pe *pe, struct carve *c)
{
	struct csp_pe *at = (struct csp_pe *)carve_take(c, 1, sizeof(*pe));

	pe_ports_layout(pe, c);
	return at;
}

size_t csp_pe_size(const struct csp_pe_cfg *cfg)
{
	struct csp_pe pe = { .cfg = effective(cfg) };
	struct carve c = { NULL, 0 };

	layout(&pe, &c);
	return c.used;
}

struct csp_pe *csp_pe_init(const struct csp_pe_cfg *cfg, void *mem)
{
	struct csp_pe pe = { .cfg = effective(cfg), .wait_until = MONO_NEVER };
	struct carve c = { (uint8_t *)mem, 0 };
	struct csp_pe *at = layout(&pe, &c);

	assert(at != NULL); /* mem is the caller's */
	pe.format = cfg->wish;
	csp_link_init(&pe.link, cfg->first_transaction);
	*at = pe;
	pe_ports_init(at);
	return at;
}

/* ---- the session ---- */

static void enter_opening(struct csp_pe *pe)
{
	pe->state = CSP_PE_OPENING;
	pe->wait_until = MONO_NEVER;
	pe->format = pe->cfg.wish;
	pe->tried_other = false;
}

/** DOWN, DISCOVER or OPENING, as uplink and bridge are. */
static void enter_start(struct csp_pe *pe)
{
	pe->wait_until = MONO_NEVER;
	if (!pe->is_up)
		pe->state = CSP_PE_DOWN;
	else if (!pe->has_peer)
		pe->state = CSP_PE_DISCOVER;
	else
		enter_opening(pe);
}

/** Everything of the session goes. The user is told if it was told of a session. */
static void cleanup(struct csp_pe *pe, const char *reason)
{
	csp_link_reset(&pe->link);
	pe->question.is_open = false;
	pe->has_opened = false;
	pe_ports_cleanup(pe);
	if (!pe->told_opened)
		return;
	pe->told_opened = false;
	pe->is_cleaning = true;
	pe->reason = reason;
}

void pe_restart(struct csp_pe *pe, const char *reason)
{
	cleanup(pe, reason);
	enter_start(pe);
}

static void enter_wait(struct csp_pe *pe, struct dur wait, struct mono now)
{
	pe->state = CSP_PE_WAIT;
	pe->wait_until = mono_add(now, wait);
}

void pe_fail(struct csp_pe *pe, const char *reason, struct dur wait, struct mono now)
{
	pe->count.sessions_failed++;
	cleanup(pe, reason);
	enter_wait(pe, wait, now);
}

/* ---- responses ---- */

static void on_open_response(struct csp_pe *pe, const struct csp_pdu *p, struct mono now)
{
	if (p->completion == CSP_DONE) {
		pe->has_opened = true;
		pe->state = pe->n_open > 0 ? CSP_PE_CREATING : CSP_PE_OPERATIONAL;
		return;
	}
	pe->count.opens_refused++;
	if (p->completion == CSP_FORMAT_REFUSED && !pe->cfg.is_strict && !pe->tried_other) {
		pe->tried_other = true;
		pe->format = pe->format == VNTAG_FORMAT_E ? VNTAG_FORMAT_VN : VNTAG_FORMAT_E;
		return;
	}
	enter_wait(pe, dur_s(CSP_REFUSED_WAIT_S), now);
}

static void on_create_response(struct csp_pe *pe, uint32_t i, const struct csp_pdu *p, struct mono now)
{
	if (p->completion != CSP_DONE) {
		pe_port_refused(pe, i, p->completion, now);
		return;
	}
	if (!vntag_is_channel(pe->format, p->channel, pe->cfg.is_base) ||
		vntag_is_group(pe->format, p->channel) || pe_port_by_channel(pe, p->channel) != CSP_NONE) {
		pe->link.n.bad_responses++;
		pe_fail(pe, "a channel that cannot be", dur_s(CSP_REOPEN_S), now);
		return;
	}
	pe_port_created(pe, i, p->channel);
}

static void on_response(struct csp_pe *pe, const struct csp_pdu *p, struct mono now)
{
	uint32_t i = pe->asked_port;

	if (p->completion == CSP_MALFORMED || p->completion == CSP_UNSUPPORTED ||
		p->completion > CSP_FORMAT_REFUSED)
		pe->link.n.bad_responses++;
	if (p->message == CSP_OPEN) {
		on_open_response(pe, p, now);
		return;
	}
	if (p->completion == CSP_WRONG_STATE) {
		pe_fail(pe, "the bridge has no session", dur_s(CSP_REOPEN_S), now);
		return;
	}
	if (pe->port[i].serial != pe->asked_serial) /* the bridge deleted it meanwhile */
		return;
	if (p->message == CSP_CREATE)
		on_create_response(pe, i, p, now);
	else if (p->message == CSP_DELETE)
		pe_port_gone(pe, i, false);
	if (pe->state == CSP_PE_CREATING && pe->n_open == 0)
		pe->state = CSP_PE_OPERATIONAL;
}

/* ---- inputs ---- */

void csp_pe_set_uplink(struct csp_pe *pe, bool is_up, struct mono now)
{
	(void)now;
	if (is_up == pe->is_up)
		return;
	pe->is_up = is_up;
	pe->has_peer = false;
	pe_restart(pe, "uplink down");
}

void csp_pe_set_peer(struct csp_pe *pe, const struct mac *pe_csp, struct mono now)
{
	(void)now;
	if (!pe->is_up || (pe->has_peer ? pe_csp && mac_equal(*pe_csp, pe->peer) : !pe_csp))
		return;
	pe->has_peer = pe_csp != NULL;
	if (pe_csp)
		pe->peer = *pe_csp;
	pe_restart(pe, pe_csp ? "another bridge" : "bridge lost");
}

void csp_pe_rx(struct csp_pe *pe, struct span sdu, struct mono now)
{
	struct csp_pdu p;

	if (!pe->is_up)
		return;
	switch (csp_link_rx(&pe->link, sdu, &p)) {
	case CSP_RX_REQUEST:
		pe_on_request(pe, &p, now);
		break;
	case CSP_RX_RESPONSE:
		on_response(pe, &p, now);
		break;
	case CSP_RX_NOTHING:
	default:
		break;
	}
}

static bool compose(struct csp_pe *pe, struct csp_pdu *p)
{
	if (pe_has_session(pe))
		return pe_port_compose(pe, p);
	if (pe->state != CSP_PE_OPENING)
		return false;
	p->message = CSP_OPEN;
	p->flags = pe->format == VNTAG_FORMAT_VN ? CSP_FLAG_VNTAG : 0;
	p->channel = 0;
	p->has = CSP_HAS_RESOURCE;
	p->resource = pe->cfg.resource;
	pe->count.opens++;
	return true;
}

size_t csp_pe_fill(struct csp_pe *pe, uint8_t *buf, size_t cap, struct mono now)
{
	size_t len = csp_link_fill(&pe->link, buf, cap, now);
	struct csp_pdu p;

	if (len > 0 || pe->link.is_asking || pe->is_cleaning || !compose(pe, &p))
		return len;
	csp_link_ask(&pe->link, &p);
	return csp_link_fill(&pe->link, buf, cap, now);
}

void csp_pe_on_sent(struct csp_pe *pe, bool is_delivered, struct mono now)
{
	if (csp_link_on_sent(&pe->link, is_delivered, now))
		return;
	if (pe->state == CSP_PE_OPENING || pe_has_session(pe))
		pe_fail(pe, "ECP gave up", dur_s(CSP_REOPEN_S), now);
}

void csp_pe_on_time(struct csp_pe *pe, struct mono now)
{
	if (!csp_link_on_time(&pe->link, now))
		pe_fail(pe, "no response", dur_s(CSP_REOPEN_S), now);
	if (pe->question.is_open && mono_reached(pe->question.by, now)) {
		pe->count.late_answers++;
		pe_question_end(pe, CSP_NO_RESOURCES);
	}
	if (pe->state == CSP_PE_WAIT && mono_reached(pe->wait_until, now))
		enter_start(pe);
	if (pe_has_session(pe))
		pe_ports_on_time(pe, now);
}

struct mono csp_pe_deadline(const struct csp_pe *pe)
{
	struct mono d = mono_min(csp_link_deadline(&pe->link), pe_ports_deadline(pe));

	if (pe->question.is_open)
		d = mono_min(d, pe->question.by);
	return mono_min(d, pe->wait_until);
}

/* ---- looking ---- */

enum csp_pe_state csp_pe_state(const struct csp_pe *pe)
{
	return pe->is_cleaning ? CSP_PE_CLEANUP : (enum csp_pe_state)pe->state;
}

enum vntag_format csp_pe_format(const struct csp_pe *pe)
{
	return pe_has_session(pe) ? pe->format : pe->cfg.wish;
}

const struct csp_pe_counters *csp_pe_counters(const struct csp_pe *pe)
{
	return &pe->count;
}

const struct csp_link_counters *csp_pe_link_counters(const struct csp_pe *pe)
{
	return &pe->link.n;
}

bool csp_pe_is_quiet(const struct csp_pe *pe)
{
	return !pe->is_cleaning && !pe->has_opened && !pe->link.is_asking && !pe->link.is_answering &&
	       !pe->link.is_due && pe->todo.n == 0 && pe->news.n == 0 && pe->group_news.n == 0 &&
	       pe->state != CSP_PE_OPENING;
}
