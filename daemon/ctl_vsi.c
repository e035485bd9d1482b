/*
 * ctl_vsi.c - `vsi` requests: associate, pre-associate and de-associate VSIs, and wait for what becomes of them.
 *
 * Four phases, each in bounded steps: read every object (one that can't be read refuses the request before anything is
 * done), hand them to the node, wait, write the rows in the order of the request. What a VSI became is decided by
 * node events, looked up by a keyed hash of its ID, so ten thousand VSIs cost no more each than one.
 *
 *	CHECK --> SUBMIT --> WAIT --> ROWS --> answered
 *
 * An outcome is final when the display state is one that an answer, a time-out or an end left behind (evb-reference
 * 6.7): a request just taken, or one that waits for its peer, is pending.
 */
#include "ctl_priv.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "ctl_vsi_object.h"
#include "imap.h"

enum ctl_vsi_phase { PHASE_CHECK, PHASE_SUBMIT, PHASE_WAIT, PHASE_ROWS };
enum ctl_vsi_fate { FATE_OPEN, FATE_DONE, FATE_FAILED };

struct ctl_vsi_item {
	struct vsi_id id;
	uint16_t port; /* NODE_NO_PORT: none fits, see row */
	uint8_t fate;
	json_t *row; /* as it was when it ended or was not taken; NULL: look it up */
};
struct ctl_vsi_job {
	enum ctl_vsi_phase phase;
	enum vdp_op op;
	json_t *vsis;
	uint32_t n, at, n_open, n_failed;
	struct ctl_vsi_item *items;
	struct imap by_id;
	void *mem;
	bool has_wait;
	struct dur wait;
	bool is_touched[NODE_MAX_PORTS]; /* ports to kick */
	struct ctl_walk walk;
	struct evbuffer *failed; /* indexes */
};

static void job_free(struct ctl_vsi_job *job)
{
	if (job == NULL)
		return;
	for (uint32_t i = 0; job->items != NULL && i < job->n; i++)
		json_decref(job->items[i].row);
	if (job->walk.rows != NULL)
		evbuffer_free(job->walk.rows);
	if (job->failed != NULL)
		evbuffer_free(job->failed);
	json_decref(job->vsis);
	free(job->items);
	free(job->mem);
	free(job);
}

static uint64_t hash_of(const struct ctl_client *c, const struct vsi_id *id)
{
	return siphash(c->server->key, span_of(id, sizeof(*id)));
}

/* ---- taking up ---- */

static bool allocate(struct ctl_vsi_job *job)
{
	struct carve c = { NULL, 0 };

	imap_layout(&job->by_id, &c, job->n ? job->n : 1);
	job->mem = calloc(1, c.used);
	job->items = calloc(job->n ? job->n : 1, sizeof(*job->items));
	job->walk.rows = evbuffer_new();
	job->failed = evbuffer_new();
	if (job->mem == NULL || job->items == NULL || job->walk.rows == NULL || job->failed == NULL)
		return false;
	c = (struct carve){ job->mem, 0 };
	imap_layout(&job->by_id, &c, job->n ? job->n : 1);
	imap_clear(&job->by_id);
	return true;
}

/* False with a text when a member is missing or wrong. */
static bool read_request(struct ctl_vsi_job *job, const json_t *request, const char **ret_error)
{
	const char *op = json_string_value(json_object_get(request, "op"));
	const json_t *wait = json_object_get(request, "wait");

	if (op == NULL || !ctl_op_parse(op, &job->op)) {
		*ret_error = "vsi: op is none of associate, preassociate, preassociate_rr, deassociate";
		return false;
	}
	job->vsis = json_incref(json_object_get(request, "vsis"));
	if (!json_is_array(job->vsis)) {
		*ret_error = "vsi: vsis is not an array";
		return false;
	}
	job->n = (uint32_t)json_array_size(job->vsis);
	job->has_wait = wait != NULL && !json_is_null(wait);
	if (job->has_wait &&
		(!json_is_number(wait) || json_number_value(wait) < 0 || json_number_value(wait) > 86400)) {
		*ret_error = "vsi: wait is no number of seconds from 0 to 86400";
		return false;
	}
	job->wait = dur_ms((uint64_t)(json_number_value(wait) * 1000));
	return true;
}

void ctl_vsi_begin(struct ctl_client *c, const json_t *request)
{
	struct ctl_vsi_job *job = calloc(1, sizeof(*job));
	const char *error = "out of memory";

	if (job == NULL || !read_request(job, request, &error)) {
		ctl_reply_to(c, job ? CTL_BAD_REQUEST : CTL_FAILED, error, NULL);
		job_free(job);
		return;
	}
	if (!allocate(job)) {
		ctl_reply_to(c, CTL_FAILED, error, NULL);
		job_free(job);
		return;
	}
	job->walk.host = &c->server->host;
	c->vsi = job;
	ctl_client_again(c);
}

/* ---- check ---- */

/* May this be the port or S-channel that is meant? A channel that is not named is the default one, but a de-associate
 * looks for the VSI in all of them. */
static bool may_be(const struct node_port *p, const struct ctl_vsi *v)
{
	bool is_deassoc = v->rq.op == VDP_DEASSOC;

	if (p == NULL || p->vdp == NULL || (v->port[0] != '\0' && strcmp(v->port, p->name) != 0))
		return false;
	if (v->channel != p->scid && (v->has_channel || !is_deassoc))
		return false;
	return is_deassoc ? vdp_table_find(p->vdp, &v->rq.subject.vsi) != UINT32_MAX
			  : p->kind == NODE_STATION;
}

/* Without a name to go by: the only station port; of a de-associate, the only one that has the VSI. */
static uint16_t search_port(const struct node *n, const struct ctl_vsi *v, const char **ret_error)
{
	uint16_t found = NODE_NO_PORT, i;
	bool is_deassoc = v->rq.op == VDP_DEASSOC, is_named = v->port[0] != '\0';

	*ret_error = is_named         ? "no such VSI on this port"
		     : is_deassoc     ? "no port has this VSI"
		     : v->has_channel ? "no station port has such a channel"
				      : "no station port";
	for (i = 0; i < node_n_ports(n); i++) {
		if (!may_be(node_port(n, i), v))
			continue;
		if (found != NODE_NO_PORT && node_upstream(n, found) != node_upstream(n, i)) {
			*ret_error = is_named     ? "several channels have this VSI: name one"
				     : is_deassoc ? "several ports have this VSI: name one"
						  : "several station ports: name one";
			return NODE_NO_PORT;
		}
		found = i;
	}
	return found;
}

/* `text` holds an error with a name in it. */
static uint16_t find_port(
	const struct node *n, const struct ctl_vsi *v, char text[CTL_ERROR_TEXT], const char **ret_error)
{
	uint16_t device = v->port[0] != '\0' ? node_find_port(n, v->port) : NODE_NO_PORT;
	const struct node_port *p = node_port(n, device);

	if (v->port[0] != '\0' && device == NODE_NO_PORT) {
		snprintf(text, CTL_ERROR_TEXT, "no port \"%s\"", v->port);
		*ret_error = text;
		return NODE_NO_PORT;
	}
	if (v->port[0] == '\0' || (v->rq.op == VDP_DEASSOC && !v->has_channel && p->channels))
		return search_port(n, v, ret_error);
	if (v->channel != NODE_CHANNEL_DEFAULT)
		device = node_find_channel(n, v->port, (uint16_t)v->channel);
	if (device == NODE_NO_PORT)
		*ret_error = "the port has no such channel";
	return device;
}

/* Why a request can't be tried on this port; NULL: it can. */
static const char *unfit(const struct node_port *p, const struct ctl_vsi *v)
{
	if (p->vdp == NULL)
		return "the port is neither a station nor a bridge port";
	if (p->kind != NODE_STATION && v->rq.op != VDP_DEASSOC)
		return "a bridge port does not associate: its stations do";
	return NULL;
}

/* It was never in a table, or is there no more: keep a row that says why. */
static void fail(struct ctl_client *c, struct ctl_vsi_item *item, const struct ctl_vsi *v, const char *why)
{
	struct vdp_vsi vsi = { .subject = v->rq.subject,
		.show = VDP_SHOW_NONE,
		.format = v->rq.format,
		.n_filters = v->rq.n_filters,
		.filters = v->filters };

	snprintf(vsi.reason, sizeof(vsi.reason), "%s", why);
	item->row = ctl_vsi_row(&c->server->host, item->port, UINT32_MAX, &vsi);
	if (item->port == NODE_NO_PORT) {
		ctl_put_text(item->row, "port", v->port);
		ctl_put_int(item->row, "channel", v->channel);
	}
	item->fate = FATE_FAILED;
	c->vsi->n_failed++;
}

/* False after refusing the whole request. */
static bool check(struct ctl_client *c, uint32_t i)
{
	struct ctl_vsi_job *job = c->vsi;
	struct ctl_vsi_item *item = &job->items[i];
	char why[CTL_ERROR_TEXT], text[CTL_ERROR_TEXT + 32];
	const char *error = NULL;
	struct ctl_vsi v;

	if (!ctl_vsi_parse(json_array_get(job->vsis, i), job->op, &v, why)) {
		snprintf(text, sizeof(text), "vsis[%u]: %s", i, why);
		ctl_reply_to(c, CTL_BAD_REQUEST, text, NULL);
		return false;
	}
	item->id = v.rq.subject.vsi;
	item->port = find_port(c->server->host.node, &v, why, &error);
	if (item->port != NODE_NO_PORT)
		item->port = node_upstream(c->server->host.node, item->port);
	if (item->port != NODE_NO_PORT)
		error = unfit(node_port(c->server->host.node, item->port), &v);
	if (error != NULL)
		fail(c, item, &v, error);
	else
		imap_insert(&job->by_id, hash_of(c, &item->id), i);
	return true;
}

/* ---- submit ---- */

static const char *submit_station(
	struct node *n, uint16_t port, const struct ctl_vsi *v, char text[CTL_ERROR_TEXT], struct mono now)
{
	uint16_t vm_port = v->vm_port[0] ? node_find_port(n, v->vm_port) : NODE_NO_PORT;
	enum vdp_submit s;

	if (v->rq.op == VDP_DEASSOC) {
		s = node_vsi_deassociate(n, port, &v->rq.subject.vsi, now);
	} else {
		if (v->vm_port[0] != '\0' &&
			(vm_port == NODE_NO_PORT || node_port(n, vm_port)->kind != NODE_VM ||
				!node_vm_is_behind(n, vm_port, port))) {
			snprintf(text, CTL_ERROR_TEXT, "port %s has no VM port \"%s\"",
				node_port(n, port)->label, v->vm_port);
			return text;
		}
		s = node_vsi_request(n, port, &v->rq, vm_port, now);
	}
	return s == VDP_SUBMIT_OK        ? NULL
	       : s == VDP_SUBMIT_UNKNOWN ? "no such VSI on this port"
					 : vdp_submit_text(s);
}

static void submit(struct ctl_client *c, uint32_t i, struct mono now)
{
	struct ctl_vsi_job *job = c->vsi;
	struct ctl_vsi_item *item = &job->items[i];
	struct node *n = c->server->host.node;
	const struct node_port *p;
	const char *error;
	char why[CTL_ERROR_TEXT];
	struct ctl_vsi v;

	if (item->fate != FATE_OPEN)
		return;
	(void)ctl_vsi_parse(json_array_get(job->vsis, i), job->op, &v, why); /* was read before */
	job->n_open++;
	p = node_port(n, item->port);
	if (p == NULL || p->vdp == NULL)
		error = "the port is gone";
	else if (p->kind == NODE_BRIDGE)
		error = node_vsi_withdraw(n, item->port, &item->id, "withdrawn by the administrator", now)
				? NULL
				: "no such VSI on this port";
	else
		error = submit_station(n, item->port, &v, why, now);
	job->is_touched[item->port] = true;
	if (error != NULL && item->fate == FATE_OPEN) {
		job->n_open--;
		fail(c, item, &v, error);
	}
}

static void kick(struct ctl_client *c, struct mono now)
{
	for (uint16_t i = 0; i < node_n_ports(c->server->host.node); i++)
		if (c->vsi->is_touched[i] && node_port(c->server->host.node, i) != NULL)
			node_kick(c->server->host.node, i, now);
}

/* What the node has taken leaves, also when the client goes before it has handed over the rest. */
void ctl_vsi_end(struct ctl_client *c)
{
	if (c->vsi->phase == PHASE_SUBMIT)
		kick(c, c->server->host.now(c->server->host.ctx));
	job_free(c->vsi);
	c->vsi = NULL;
}

/* As long as VDP waits for an answer on the slowest of the ports, and a little more. */
static struct dur default_wait(const struct ctl_client *c)
{
	struct dur longest = dur_s(1);

	for (uint16_t i = 0; i < node_n_ports(c->server->host.node); i++) {
		const struct node_port *p = node_port(c->server->host.node, i);
		struct dur d;

		if (!c->vsi->is_touched[i] || p == NULL)
			continue;
		d = vdp_table_timers(p->vdp)->resp_wait_delay;
		if (d.ns > longest.ns)
			longest = d;
	}
	return dur_ns(longest.ns + dur_s(1).ns);
}

/* ---- wait ---- */

static bool is_waited(const struct ctl_vsi_job *job)
{
	return !job->has_wait || job->wait.ns > 0;
}

static enum ctl_vsi_fate judge(enum vdp_op op, const struct node_event *ev)
{
	static const enum vdp_display wanted[] = { [VDP_PREASSOC] = VDP_SHOW_PREASSOCIATED,
		[VDP_PREASSOC_RR] = VDP_SHOW_PREASSOCIATED_RR,
		[VDP_ASSOC] = VDP_SHOW_ASSOCIATED };

	if (op == VDP_DEASSOC)
		return ev->is_ended ? FATE_DONE : FATE_OPEN;
	if (ev->is_ended)
		return FATE_FAILED;
	/* A VSI that was associated stays so while a new request is on its way: that is no answer to it. */
	if (ev->vsi->show == VDP_SHOW_PENDING || ev->vsi->show == VDP_SHOW_NONE ||
		strcmp(ev->event, "request") == 0)
		return FATE_OPEN;
	return ev->vsi->show == wanted[op] && ev->vsi->error == VDP_E_SUCCESS ? FATE_DONE : FATE_FAILED;
}

void ctl_vsi_event(struct ctl_client *c, const struct node_event *ev)
{
	struct ctl_vsi_job *job = c->vsi;
	uint32_t i = imap_first(&job->by_id, hash_of(c, &ev->vsi->subject.vsi));
	/* Who does not wait asks whether the request was taken, however fast its outcome may come. */
	enum ctl_vsi_fate fate = is_waited(job) ? judge(job->op, ev) : FATE_DONE;

	for (; fate != FATE_OPEN && i != IMAP_NONE; i = imap_next(&job->by_id, i)) {
		struct ctl_vsi_item *item = &job->items[i];
		bool is_submitted = job->phase == PHASE_WAIT || (job->phase == PHASE_SUBMIT && i <= job->at);

		if (!is_submitted || item->fate != FATE_OPEN || item->port != ev->port ||
			!vsi_id_equal(&item->id, &ev->vsi->subject.vsi))
			continue;
		item->fate = (uint8_t)fate;
		job->n_failed += fate == FATE_FAILED;
		if (ev->is_ended)
			item->row = ctl_vsi_row(&c->server->host, ev->port, UINT32_MAX, ev->vsi);
		if (--job->n_open == 0 && job->phase == PHASE_WAIT)
			ctl_client_again(c);
	}
}

/* ---- rows ---- */

static void write_row(struct ctl_client *c, uint32_t i)
{
	struct ctl_vsi_job *job = c->vsi;
	struct ctl_vsi_item *item = &job->items[i];
	const struct node_port *p = node_port(c->server->host.node, item->port);
	uint32_t at = p && p->vdp ? vdp_table_find(p->vdp, &item->id) : UINT32_MAX;
	struct vdp_vsi gone = { .subject.vsi = item->id, .reason = "it is gone" };
	json_t *row = item->row;

	item->row = NULL;
	if (row == NULL)
		row = ctl_vsi_row(&c->server->host, item->port, at,
			at != UINT32_MAX ? vdp_table_get(p->vdp, at) : &gone);
	ctl_walk_row(&job->walk, row);
	if (item->fate == FATE_FAILED)
		evbuffer_add_printf(job->failed, "%s%u", evbuffer_get_length(job->failed) > 0 ? "," : "", i);
}

static void answer(struct ctl_client *c)
{
	struct ctl_vsi_job *job = c->vsi;
	char text[64];

	if (evbuffer_get_length(job->walk.rows) > CTL_REPLY_MAX - CTL_OUT_PAUSE) {
		ctl_reply_to(
			c, CTL_FAILED, "done, but the rows are too long for one answer: see show vsi", NULL);
		ctl_request_cancel(c);
		return;
	}
	snprintf(text, sizeof(text), "%u of %u VSIs failed", job->n_failed, job->n);
	evbuffer_prepend(job->failed, ",\"failed\":[", 11);
	evbuffer_add(job->failed, "]", 1);
	ctl_reply_rows(c, job->n_failed ? CTL_FAILED : CTL_DONE, job->n_failed ? text : NULL, "vsi",
		&job->walk, job->failed);
	ctl_request_cancel(c);
}

/* ---- steps ---- */

/* What is still open when the wait is over has failed, unless nobody meant to wait. */
static void end_wait(struct ctl_vsi_job *job)
{
	for (uint32_t i = 0; i < job->n; i++) {
		if (job->items[i].fate != FATE_OPEN)
			continue;
		job->items[i].fate = is_waited(job) ? FATE_FAILED : FATE_DONE;
		job->n_failed += is_waited(job);
	}
	job->phase = PHASE_ROWS;
	job->at = 0;
}

static void next_phase(struct ctl_client *c, struct mono now)
{
	struct ctl_vsi_job *job = c->vsi;

	job->at = 0;
	if (job->phase == PHASE_CHECK) {
		job->phase = PHASE_SUBMIT;
		ctl_client_again(c);
	} else if (job->phase == PHASE_SUBMIT) {
		job->phase = PHASE_WAIT;
		kick(c, now);
		if (job->n_open > 0)
			ctl_client_after(c, job->has_wait ? job->wait : default_wait(c));
		else
			ctl_client_again(c);
	} else {
		answer(c);
	}
}

void ctl_vsi_step(struct ctl_client *c)
{
	struct ctl_vsi_job *job = c->vsi;
	struct mono now = c->server->host.now(c->server->host.ctx);

	if (job->phase == PHASE_WAIT)
		end_wait(job);
	for (unsigned budget = CTL_STEP_ROWS; budget > 0 && job->at < job->n; budget--, job->at++) {
		if (job->phase == PHASE_CHECK && !check(c, job->at)) {
			ctl_request_cancel(c);
			return;
		}
		if (job->phase == PHASE_SUBMIT)
			submit(c, job->at, now);
		if (job->phase == PHASE_ROWS)
			write_row(c, job->at);
	}
	if (job->at < job->n)
		ctl_client_again(c);
	else
		next_phase(c, now);
}
