/*
 * tape_play.c - a tape played into a core of its own.
 *
 * Records are in the order of what happened. An input is handed in; while it is at work, the core's frames are laid beside
 * the records that follow, and a question to the type database takes its answer from there, if it was answered at once.
 */
#include <errno.h>
#include <stdlib.h>

#include "tape_priv.h"

struct record {
	uint8_t kind;
	struct mono now;
	unsigned n;
	struct span part[NODE_IN_PARTS];
};
struct player {
	FILE *f;
	struct node *node;
	bool has_next; /* `rec` was read and is not played yet */
	struct record rec;
	uint8_t *octets; /* TAPE_RECORD_MAX: of rec */
	uint8_t *own;    /* likewise: of the record being played, whose parts stay valid meanwhile */
	struct tape_result *ret;
	bool is_over;
};

static void damaged(struct player *p, const char *why)
{
	p->is_over = p->ret->is_damaged = true;
	snprintf(p->ret->text, sizeof(p->ret->text), "record %llu: %s",
		(unsigned long long)p->ret->records + 1, why);
}

static void different(struct player *p, const char *why)
{
	if (p->is_over)
		return;
	p->is_over = true;
	p->ret->is_same = false;
	snprintf(p->ret->text, sizeof(p->ret->text), "record %llu: %s", (unsigned long long)p->ret->records,
		why);
}

/* ---- reading ---- */

static bool split(struct player *p, size_t len)
{
	enum { HEAD = 10 };
	struct record *r = &p->rec;
	size_t at = HEAD;
	uint32_t part;

	if (len < HEAD)
		return false;
	r->kind = p->octets[0];
	memcpy(&r->now.ns, p->octets + 1, sizeof(r->now.ns));
	r->n = p->octets[HEAD - 1];
	if (r->n > NODE_IN_PARTS || r->kind >= NODE_N_INPUTS)
		return false;
	for (unsigned i = 0; i < r->n; i++) {
		if (len - at < sizeof(part))
			return false;
		memcpy(&part, p->octets + at, sizeof(part));
		at += sizeof(part);
		if (len - at < part)
			return false;
		r->part[i] = span_of(p->octets + at, part);
		at += part;
	}
	return at == len;
}

/* The next record, still to be played. False at the end. */
static bool peek(struct player *p)
{
	uint32_t len, sum;

	if (p->has_next || p->is_over)
		return p->has_next && !p->is_over;
	if (fread(&len, sizeof(len), 1, p->f) != 1)
		return false;
	if (len <= TAPE_RECORD_MAX &&
		(fread(p->octets, len, 1, p->f) != 1 || fread(&sum, sizeof(sum), 1, p->f) != 1))
		return false; /* the daemon was killed while it wrote */
	if (len > TAPE_RECORD_MAX || sum != tape_sum(0, span_of(p->octets, len)) || !split(p, len)) {
		damaged(p, "it can't be read");
		return false;
	}
	p->has_next = true;
	return true;
}

/* It is played now; its parts stay valid until the next call. */
static struct record take(struct player *p)
{
	struct record r = p->rec;
	uint8_t *octets = p->octets;

	p->octets = p->own;
	p->own = octets;
	p->has_next = false;
	p->ret->records++;
	return r;
}

/* A part that is a value of that size. */
static bool get(struct player *p, const struct record *r, unsigned i, void *ret, size_t size)
{
	if (i >= r->n || r->part[i].len != size) {
		damaged(p, "a value of another size");
		return false;
	}
	memcpy(ret, r->part[i].ptr, size);
	return true;
}
#define GET(p, r, i, x) get(p, r, i, &(x), sizeof(x))

/* A part that is an array: how many. The copy is to be freed. */
static void *array(const struct record *r, unsigned i, size_t size, unsigned *ret_n)
{
	void *copy = i < r->n && r->part[i].len > 0 ? malloc(r->part[i].len) : NULL;

	*ret_n = copy != NULL ? (unsigned)(r->part[i].len / size) : 0;
	if (copy != NULL)
		memcpy(copy, r->part[i].ptr, r->part[i].len);
	return copy;
}

static void text(const struct record *r, unsigned i, char *ret, size_t size)
{
	size_t n = i < r->n ? r->part[i].len : 0;

	if (n >= size)
		n = size - 1;
	memcpy(ret, n > 0 ? (const char *)r->part[i].ptr : "", n);
	ret[n] = '\0';
}

/* ---- what the core wants ---- */

static void on_send(void *ctx, uint16_t port, struct span head, struct span rest)
{
	struct player *p = ctx;
	uint64_t hash;
	uint32_t len;
	uint16_t to;

	if (p->is_over)
		return;
	p->ret->outputs++;
	if (!peek(p)) {
		p->is_over = true; /* the tape ends here, maybe in the middle of what happened */
		return;
	}
	if (p->rec.kind != TAPE_OUT) {
		different(p, "a frame is sent that the tape does not have");
		return;
	}
	if (!GET(p, &p->rec, 0, to) || !GET(p, &p->rec, 1, len) || !GET(p, &p->rec, 2, hash))
		return;
	p->has_next = false;
	p->ret->records++;
	if (to != port || len != head.len + rest.len || hash != tape_hash(head, rest))
		different(p, to != port ? "a frame goes out by another port" : "a frame has other octets");
}

/* An answer, maybe in the middle of another input, whose parts have to stay. */
static void answer(struct player *p)
{
	struct vtdb_answer *a = calloc(1, sizeof(*a));
	uint8_t *outer = p->own, *fresh = malloc(TAPE_RECORD_MAX);
	struct vtdb_handle h;
	struct record r;
	uint16_t port;

	if (a == NULL || fresh == NULL) {
		damaged(p, "out of memory");
		free(fresh);
		free(a);
		return;
	}
	p->own = fresh;
	r = take(p);
	if (GET(p, &r, 0, port) && GET(p, &r, 1, h) &&
		get(p, &r, 2, a, offsetof(struct vtdb_answer, filters)) && a->n_filters <= VDP_FILTERS_MAX &&
		get(p, &r, 3, a->filters, a->n_filters * sizeof(a->filters[0]))) {
		a->org = r.n > 4 ? r.part[4] : span_of(NULL, 0);
		node_vtdb_answer(p->node, port, h, a, r.now);
	}
	free(p->own);
	p->own = outer;
	free(a);
}

static void on_ask(void *ctx, struct node *n, uint16_t port, struct vtdb_handle h, const struct vtdb_query *q,
	struct mono now)
{
	struct player *p = ctx;
	struct vtdb_handle of;

	(void)n;
	(void)port;
	(void)q;
	(void)now;
	if (!peek(p) || p->rec.kind != NODE_IN_ANSWER || !GET(p, &p->rec, 1, of) || of.vsi != h.vsi ||
		of.number != h.number)
		return; /* answered later, or not */
	answer(p);
}

static const char *on_check(void *ctx, const struct vdp_vsi *v)
{
	static const char refused[] = "";
	struct player *p = ctx;
	bool has_reason;

	(void)v;
	if (!peek(p) || p->rec.kind != NODE_IN_CHECKED) {
		different(p, "a VSI is checked that the tape does not have");
		return NULL;
	}
	has_reason = p->rec.n > 0 && p->rec.part[0].len > 0;
	p->has_next = false;
	p->ret->records++;
	return has_reason ? refused : NULL; /* the reason itself is for people */
}

/* ---- inputs ---- */

static void play_new(struct player *p, const struct record *r)
{
	struct node_io io = { .ctx = p, .send = on_send, .vtdb = { p, on_ask } };
	struct conf *c = malloc(sizeof(*c));
	uint64_t seed;

	if (c != NULL && p->node == NULL && get(p, r, 0, c, sizeof(*c)) && GET(p, r, 1, seed))
		p->node = node_new(c, &io, seed, r->now);
	if (p->node == NULL)
		damaged(p, "the core can't be made");
	free(c);
}

static void play_port_add(struct player *p, const struct record *r)
{
	struct conf_port *c = malloc(sizeof(*c));

	if (c != NULL && get(p, r, 0, c, sizeof(*c)))
		(void)node_port_add(p->node, c, r->now);
	free(c);
}

static void play_vm_port_add(struct player *p, const struct record *r)
{
	char name[CONF_NAME];
	uint16_t uplink;

	text(r, 0, name, sizeof(name));
	if (GET(p, r, 1, uplink))
		(void)node_vm_port_add(p->node, name, uplink, r->now);
}

static void play_port_state(struct player *p, const struct record *r, uint16_t port)
{
	bool is_present, is_up;
	struct mac mac;
	uint32_t mtu;

	if (GET(p, r, 1, is_present) && GET(p, r, 2, is_up) && GET(p, r, 3, mac) && GET(p, r, 4, mtu))
		node_port_state(p->node, port, is_present, is_up, mac, mtu, r->now);
}

static void play_port_conf(struct player *p, const struct record *r, uint16_t port)
{
	struct conf_port *c = malloc(sizeof(*c));

	if (c != NULL && get(p, r, 1, c, sizeof(*c)))
		node_port_conf(p->node, port, c, r->now);
	free(c);
}

static void play_globals(struct player *p, const struct record *r)
{
	struct conf *c = malloc(sizeof(*c));

	if (c != NULL && get(p, r, 0, c, sizeof(*c)))
		node_set_globals(p->node, c, r->now);
	free(c);
}

static void play_vifs(struct player *p, const struct record *r, uint16_t port)
{
	unsigned n_vifs, n_lists;
	struct conf_vif *vifs = array(r, 1, sizeof(*vifs), &n_vifs);
	struct conf_list *lists = array(r, 2, sizeof(*lists), &n_lists);

	node_vifs_conf(p->node, port, vifs, n_vifs, lists, n_lists, r->now);
	free(vifs);
	free(lists);
}

static void play_request(struct player *p, const struct record *r, uint16_t port)
{
	struct vdp_request rq;
	struct vdp_filter *filters;
	uint16_t vm;
	unsigned n;

	if (!GET(p, r, 1, rq) || !GET(p, r, 4, vm))
		return;
	filters = array(r, 2, sizeof(*filters), &n);
	rq.filters = filters;
	rq.n_filters = (uint16_t)n;
	rq.org = r->part[3];
	(void)node_vsi_request(p->node, port, &rq, vm, r->now);
	free(filters);
}

static void play_restore(struct player *p, const struct record *r, uint16_t port)
{
	struct vdp_saved s;
	struct vdp_filter *asked, *granted;
	uint16_t other;
	unsigned n;

	if (!GET(p, r, 1, s) || !GET(p, r, 5, other))
		return;
	granted = array(r, 3, sizeof(*granted), &n);
	asked = array(r, 2, sizeof(*asked), &n);
	s.rq.filters = asked;
	s.rq.n_filters = (uint16_t)n;
	s.rq.org = r->part[4];
	s.granted = granted;
	(void)node_vsi_restore(p->node, port, &s, other, r->now);
	free(asked);
	free(granted);
}

static void play_channels(struct player *p, const struct record *r, uint16_t port)
{
	unsigned n;
	struct cdcp_pair *pairs = array(r, 1, sizeof(*pairs), &n);

	node_channels_restore(p->node, port, pairs, n, r->now);
	free(pairs);
}

static void play_of_vsi(struct player *p, const struct record *r, uint16_t port)
{
	char reason[VTDB_REASON];
	struct vsi_id id;

	if (!GET(p, r, 1, id))
		return;
	text(r, 2, reason, sizeof(reason));
	if (r->kind == NODE_IN_DEASSOCIATE)
		(void)node_vsi_deassociate(p->node, port, &id, r->now);
	else
		(void)node_vsi_withdraw(p->node, port, &id, reason, r->now);
}

static void play_flag(struct player *p, const struct record *r, uint16_t port)
{
	bool is_physical;

	if (GET(p, r, 1, is_physical))
		node_port_set_physical(p->node, port, is_physical);
}

/* Inputs whose first part is a port. */
static void play_of_port(struct player *p, const struct record *r)
{
	uint16_t port;

	if (!GET(p, r, 0, port))
		return;
	if (node_port(p->node, port) == NULL && r->kind != NODE_IN_ANSWER) {
		different(p, "a port of the tape is not there");
		return;
	}
	switch (r->kind) {
	case NODE_IN_PORT_DEL:
		node_port_del(p->node, port, r->now);
		break;
	case NODE_IN_PORT_STATE:
		play_port_state(p, r, port);
		break;
	case NODE_IN_PORT_PHYSICAL:
		play_flag(p, r, port);
		break;
	case NODE_IN_CARRIER_TAKEN:
		node_port_carrier_taken(p->node, port);
		break;
	case NODE_IN_PORT_CONF:
		play_port_conf(p, r, port);
		break;
	case NODE_IN_CHANNEL_RELEASE:
		(void)node_channel_release(p->node, port, r->now);
		break;
	case NODE_IN_VIFS_CONF:
		play_vifs(p, r, port);
		break;
	case NODE_IN_STATISTICS:
		node_vif_ask_statistics(p->node, port, r->now);
		break;
	case NODE_IN_RX:
		node_rx(p->node, port, r->n > 1 ? r->part[1] : span_of(NULL, 0), r->now);
		break;
	case NODE_IN_LEFT:
		node_port_left(p->node, port, r->now);
		break;
	case NODE_IN_PORT_TIME:
		node_port_on_time(p->node, port, r->now);
		break;
	case NODE_IN_REQUEST:
		play_request(p, r, port);
		break;
	case NODE_IN_DEASSOCIATE:
	case NODE_IN_WITHDRAW:
		play_of_vsi(p, r, port);
		break;
	case NODE_IN_KICK:
		node_kick(p->node, port, r->now);
		break;
	case NODE_IN_RESTORE:
		play_restore(p, r, port);
		break;
	case NODE_IN_CHANNELS_RESTORE:
		play_channels(p, r, port);
		break;
	default:
		damaged(p, "an input where none can be");
		break;
	}
}

static void play(struct player *p)
{
	struct record r;

	if (p->rec.kind == TAPE_OUT) {
		different(p, "the next frame of the tape is not sent");
		return;
	}
	if (p->node != NULL && p->rec.kind == NODE_IN_ANSWER) {
		p->ret->inputs++;
		answer(p);
		return;
	}
	r = take(p);
	p->ret->inputs++;
	if (r.kind == NODE_IN_NEW)
		play_new(p, &r);
	else if (p->node == NULL)
		damaged(p, "an input before there is a core");
	else if (r.kind == NODE_IN_PORT_ADD)
		play_port_add(p, &r);
	else if (r.kind == NODE_IN_VM_PORT_ADD)
		play_vm_port_add(p, &r);
	else if (r.kind == NODE_IN_GLOBALS)
		play_globals(p, &r);
	else if (r.kind == NODE_IN_TIME)
		node_on_time(p->node, r.now);
	else if (r.kind == NODE_IN_SHUTDOWN)
		node_shutdown(p->node, r.now);
	else if (r.kind == NODE_IN_RECHECK)
		node_vtdb_recheck(p->node, on_check, p, r.now);
	else
		play_of_port(p, &r);
}

static bool has_head(FILE *f)
{
	char head[TAPE_HEAD], wanted[TAPE_HEAD];

	tape_head(wanted);
	return fread(head, sizeof(head), 1, f) == 1 && memcmp(head, wanted, sizeof(head)) == 0;
}

struct tape_result tape_play(const char *path)
{
	struct tape_result ret = { .is_same = true };
	struct player p = { .f = fopen(path, "rb"), .ret = &ret };

	p.octets = malloc(TAPE_RECORD_MAX);
	p.own = malloc(TAPE_RECORD_MAX);
	if (p.f == NULL || p.octets == NULL || p.own == NULL) {
		ret.is_damaged = true;
		snprintf(ret.text, sizeof(ret.text), "%s", strerror(errno));
	} else if (!has_head(p.f)) {
		ret.is_damaged = true;
		snprintf(ret.text, sizeof(ret.text), "no tape, or one of another evbd");
	} else {
		while (peek(&p))
			play(&p);
	}
	node_free(p.node);
	free(p.octets);
	free(p.own);
	if (p.f != NULL)
		fclose(p.f);
	return ret;
}
