/*
 * A station table and a bridge table joined by a pipe that carries payloads, with virtual time and a type database
 * of a few switches; either table also serves alone, fed with hand-made payloads. Ratified unless rig_speak() is called.
 */
#ifndef EVB_VDP_RIG_H
#define EVB_VDP_RIG_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "vdp_table_priv.h"

enum { ST, BR, PAYLOAD = 1491 };

/** An assertion that is only reported when it fails: Criterion counts each of the others in another process, which is
 * slow for millions. */
#define MUST(cond)                                                                                           \
	do {                                                                                                 \
		if (!(cond))                                                                                 \
			cr_assert_fail("%s:%d: %s", __FILE__, __LINE__, #cond);                              \
	} while (0)

struct rig_side {
	struct vdp_table *t;
	uint8_t payload[PAYLOAD]; /* the last one it sent */
	size_t payload_len;
	unsigned payloads;
	unsigned changed, ended; /* events */
	struct vdp_event last;   /* CHANGED or ENDED */
	struct vdp_vsi last_vsi; /* a copy of its VSI */
	bool is_lost;            /* what it sends is lost, and ECP gives up */
	bool is_swallowed;       /* what it sends is acknowledged and lost */
};

struct rig {
	struct rig_side side[2];
	struct mono now;
	struct vdp_params params;
	unsigned asked;
	struct vtdb_handle handle; /* of the last question */
	struct vdp_request last;   /* the last question, without filters */
	bool db_silent;
	struct vtdb_answer refusal; /* error != 0: refuse so */
	uint16_t null_vid;          /* given for null VIDs */
	bool give_pcp;              /* and PCP 5 with every VID */
};

static const struct vdp_manager MANAGER = { { 0x20, 1, 0x0d, 0xb8, [15] = 0x10 } };

static inline struct vdp_table_cfg rig_cfg(enum vdp_role role, uint32_t max)
{
	struct vdp_table_cfg cfg = { .role = role, .max_vsis = max, .key = { 1, 2 }, .seed = 42 };

	cfg.managers.base = MANAGER; /* in one octet: its last */
	return cfg;
}

static inline struct vdp_table *rig_table(const struct vdp_table_cfg *cfg, const struct vdp_params *p)
{
	size_t n = (vdp_table_size(cfg) + 15) & ~(size_t)15;
	void *mem = aligned_alloc(16, n);

	memset(mem, 0, n);
	return vdp_table_init(cfg, p, mem);
}

static inline void rig_init(struct rig *r, uint32_t max)
{
	struct vdp_table_cfg st = rig_cfg(VDP_STATION, max), br = rig_cfg(VDP_BRIDGE, max);

	memset(r, 0, sizeof(*r));
	r->params = (struct vdp_params){ .retries = 3, .rte = 14, .rwd = 20, .rka = 20, .group_ids = true };
	r->now = (struct mono){ 1000 };
	r->null_vid = 200;
	r->side[ST].t = rig_table(&st, &r->params);
	r->side[BR].t = rig_table(&br, &r->params);
	vdp_table_set_ready(r->side[ST].t, true, r->now);
	vdp_table_set_ready(r->side[BR].t, true, r->now);
}

/** Another generation at both ends, which have no VSIs yet. */
static inline void rig_speak(struct rig *r, enum qbg_edition e)
{
	for (int s = 0; s < 2; s++) {
		vdp_table_set_edition(r->side[s].t, e, r->now);
		vdp_table_set_ready(r->side[s].t, true, r->now);
	}
}

static inline void rig_free(struct rig *r)
{
	free(r->side[ST].t);
	free(r->side[BR].t);
}

static inline void rig_answer(struct rig *r, const struct vdp_event *e)
{
	struct vtdb_answer a = r->refusal;

	r->asked++;
	r->handle = e->handle;
	r->last = (struct vdp_request){ .op = e->query.op,
		.subject = e->query.subject,
		.format = e->query.format,
		.n_filters = e->query.n_filters,
		.is_migrating = e->query.is_migrating,
		.is_suspended = e->query.is_suspended };
	if (r->db_silent)
		return;
	a.n_filters = e->query.n_filters;
	for (unsigned i = 0; i < a.n_filters; i++) {
		a.filters[i] = e->query.filters[i];
		if (a.filters[i].vid == 0)
			a.filters[i].vid = r->null_vid;
		if (r->give_pcp && !a.filters[i].has_pcp) {
			a.filters[i].has_pcp = true;
			a.filters[i].pcp = 5;
		}
	}
	a.org = e->query.org;
	vdp_bridge_answer(r->side[BR].t, e->handle, &a, r->now);
}

static inline void rig_events(struct rig *r, int s)
{
	struct rig_side *side = &r->side[s];
	struct vdp_event e;

	while (vdp_table_next_event(side->t, &e)) {
		if (e.kind == VDP_EVENT_ASK) {
			rig_answer(r, &e);
			continue;
		}
		*(e.kind == VDP_EVENT_ENDED ? &side->ended : &side->changed) += 1;
		side->last = e;
		side->last_vsi = *vdp_table_get(side->t, e.vsi);
	}
}

/** One payload of side s, to the other. False: nothing waited. */
static inline bool rig_send(struct rig *r, int s)
{
	struct rig_side *side = &r->side[s];
	struct rig_side *other = &r->side[!s];
	uint8_t *exact;

	if (!vdp_table_can_accept(other->t))
		return false;
	side->payload_len = vdp_table_fill(side->t, side->payload, PAYLOAD, r->now);
	if (side->payload_len == 0)
		return false;
	side->payloads++;
	MUST(side->payload_len <= PAYLOAD);
	MUST((side->payload[side->payload_len - 2] | side->payload[side->payload_len - 1]) == 0);
	if (!side->is_lost && !side->is_swallowed) {
		exact = malloc(side->payload_len); /* its own block, so that sanitizers see its end */
		memcpy(exact, side->payload, side->payload_len);
		vdp_table_rx(other->t, span_of(exact, side->payload_len), r->now);
		free(exact);
	}
	vdp_table_on_sent(side->t, !side->is_lost, r->now);
	rig_events(r, s);
	rig_events(r, !s);
	return true;
}

/** Everything that moves without time passing. A side that loses its frames sends once per call. */
static inline void rig_settle(struct rig *r)
{
	bool is_moving = true;

	rig_events(r, ST);
	rig_events(r, BR);
	for (unsigned k = 0; is_moving && k < 10000; k++) {
		is_moving = false;
		for (int s = 0; s < 2; s++)
			if (rig_send(r, s) && !r->side[s].is_lost)
				is_moving = true;
	}
	MUST(!is_moving);
}

static inline struct mono rig_deadline(const struct rig *r)
{
	return mono_min(vdp_table_deadline(r->side[ST].t), vdp_table_deadline(r->side[BR].t));
}

/** Let time pass. */
static inline void rig_run(struct rig *r, struct dur d)
{
	struct mono end = mono_add(r->now, d);

	rig_settle(r);
	while (!mono_before(end, rig_deadline(r))) {
		struct mono due = rig_deadline(r);

		if (mono_before(r->now, due))
			r->now = due;
		for (int s = 0; s < 2; s++)
			vdp_table_on_time(r->side[s].t, r->now);
		rig_settle(r);
	}
	r->now = end;
	rig_settle(r);
}

/** Let time pass for one side that nobody answers. */
static inline void rig_pass(struct rig *r, int s, struct dur d)
{
	struct mono end = mono_add(r->now, d);

	while (!mono_before(end, vdp_table_deadline(r->side[s].t))) {
		r->now = vdp_table_deadline(r->side[s].t);
		vdp_table_on_time(r->side[s].t, r->now);
		rig_events(r, s);
	}
	r->now = end;
}

/* ---- VSIs ---- */

static inline struct vsi_id rig_id(uint32_t n)
{
	struct vsi_id id = { .format = VSI_ID_UUID, .id = { 0xf8, 0x1d } };

	for (int k = 0; k < 4; k++)
		id.id[12 + k] = (uint8_t)(n >> (24 - 8 * k));
	return id;
}

static inline struct vdp_filter rig_filter(uint32_t n)
{
	return (struct vdp_filter){ .group_id = 0x1234,
		.mac = { { 0x02, 0, (uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n } },
		.vid = 100 };
}

/** A request of VSI n with one MAC/VID filter; `f` holds it. */
static inline struct vdp_request rig_request(enum vdp_op op, uint32_t n, struct vdp_filter *f)
{
	*f = rig_filter(n);
	return (struct vdp_request){ .op = op,
		.subject = { rig_id(n), MANAGER, 0x102, 3 },
		.format = VDP_FILTER_MAC_VID,
		.n_filters = 1,
		.filters = f };
}

static inline void rig_ask(struct rig *r, enum vdp_op op, uint32_t n)
{
	struct vdp_filter f;
	struct vdp_request rq = rig_request(op, n, &f);

	MUST(vdp_station_request(r->side[ST].t, &rq, r->now) == VDP_SUBMIT_OK);
}

static inline void rig_leave(struct rig *r, uint32_t n)
{
	struct vsi_id id = rig_id(n);

	MUST(vdp_station_deassociate(r->side[ST].t, &id, r->now) == VDP_SUBMIT_OK);
}

static inline const struct vdp_vsi *rig_vsi(const struct rig *r, int s, uint32_t n)
{
	struct vsi_id id = rig_id(n);
	uint32_t i = vdp_table_find(r->side[s].t, &id);

	return i == UINT32_MAX ? NULL : vdp_table_get(r->side[s].t, i);
}

static inline enum vdp_state rig_state(const struct rig *r, int s, uint32_t n)
{
	const struct vdp_vsi *v = rig_vsi(r, s, n);

	return v == NULL ? VDP_STATE_NONE : v->state;
}

static inline const struct vdp_table_counters *rig_count(const struct rig *r, int s)
{
	return vdp_table_counters(r->side[s].t);
}

/* ---- hand-made payloads ---- */

struct rig_frame {
	uint8_t b[1600];
	size_t len;
	const struct vdp_dialect *dialect;
};

static inline struct rig_frame rig_frame_in(const struct vdp_dialect *d, const struct vdp_manager *m)
{
	struct rig_frame f = { .dialect = d };
	struct wr w = wr_init(f.b, sizeof(f.b));

	d->head(m, &w);
	f.len = w.len;
	return f;
}

static inline struct rig_frame rig_frame(const struct vdp_manager *m)
{
	return rig_frame_in(vdp_dialect_of(QBG_RATIFIED), m);
}

/** Append a TLV of VSI n as `rq` has it, with any type and status octet. */
static inline void rig_add(struct rig_frame *f, const struct vdp_request *rq, enum vdp_op op, uint8_t status)
{
	struct wr w = wr_init(f->b + f->len, sizeof(f->b) - f->len);
	struct vdp_assoc a = { .op = op,
		.answers = rq->op,
		.status = status,
		.type_id = rq->subject.type_id,
		.type_version = rq->subject.type_version,
		.vsi = rq->subject.vsi,
		.format = rq->format,
		.n_filters = rq->n_filters,
		.org = rq->org };

	struct vdp_manager_map map = { .base = MANAGER };

	if (rq->n_filters > 0)
		memcpy(a.filters, rq->filters, rq->n_filters * sizeof(*rq->filters));
	f->dialect->encode(&a, &rq->subject.manager, &map, &w);
	MUST(!w.bad);
	f->len += w.len;
}

static inline void rig_give(struct rig *r, int to, const void *octets, size_t len)
{
	uint8_t *exact = malloc(len);

	memcpy(exact, octets, len);
	vdp_table_rx(r->side[to].t, span_of(exact, len), r->now);
	free(exact);
	rig_events(r, to);
}

/** One hand-made TLV to a side. */
static inline void rig_tlv(
	struct rig *r, int to, const struct vdp_request *rq, enum vdp_op op, uint8_t status)
{
	struct rig_frame f = rig_frame_in(r->side[to].t->dialect, &rq->subject.manager);

	rig_add(&f, rq, op, status);
	rig_give(r, to, f.b, f.len);
}

/** What a side sends next, delivered to nobody but acknowledged; TLVs as its peer reads them in
 * `a`. Returns how many. */
static inline unsigned rig_take(struct rig *r, int s, struct vdp_assoc *a, unsigned cap)
{
	struct rig_side *side = &r->side[s];
	const struct vdp_dialect *d = side->t->dialect;
	struct vdp_pdu pdu;
	struct vdp_pdu_item item;
	unsigned n = 0;

	side->payload_len = vdp_table_fill(side->t, side->payload, PAYLOAD, r->now);
	if (side->payload_len == 0)
		return 0;
	side->payloads++;
	cr_assert_eq(d->open(span_of(side->payload, side->payload_len), &pdu), VDP_PDU_OK);
	while (d->next(&pdu, &side->t->cfg.managers, &item)) {
		if (n < cap) {
			enum vdp_err err = d->decode(s == ST ? VDP_BRIDGE : VDP_STATION, &item, &a[n]);

			cr_assert_neq(err, VDP_ERR_SHORT);
			a[n].org = item.org;
		}
		n++;
	}
	vdp_table_on_sent(side->t, true, r->now);
	rig_events(r, s);
	return n;
}

/** The single TLV a side sends next has this type and status. */
static inline void rig_expect(struct rig *r, int s, enum vdp_op op, uint8_t status)
{
	struct vdp_assoc a;

	cr_assert_eq(rig_take(r, s, &a, 1), 1, "one TLV expected");
	cr_assert_eq(a.op, op, "type %d, expected %d", a.op, op);
	cr_assert_eq(a.status, status, "status %02x, expected %02x", a.status, status);
}

static inline void rig_expect_nothing(struct rig *r, int s)
{
	cr_assert_eq(rig_take(r, s, NULL, 0), 0);
}

#endif
