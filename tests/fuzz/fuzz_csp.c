/*
 * fuzz_csp.c - payloads into a port extender and a controlling bridge that also talk to each other, with users who do
 * things. The input is a list of: control octet (bits 0-2: enum act, bits 3-7: half seconds that pass), length (16 bits),
 * octets. Laws: the codec's round trip; what a machine sends is a PDU; its tables keep their limits; its deadline is in the
 * future; an event is about something its user knows.
 */
#include "csp_cb_priv.h"
#include "csp_pe_priv.h"
#include "fuzz.h"

enum { PORTS = 4, GROUPS = 3, MEMBERS = 6 };
enum act {
	ACT_TO_PE,     /* octets to the extender */
	ACT_TO_CB,     /* octets to the bridge */
	ACT_ANSWER_PE, /* the same as a response to what it asks */
	ACT_ANSWER_CB,
	ACT_PE_USER,
	ACT_CB_USER,
	ACT_LINE, /* link, LLDP, ECP gives up */
	ACT_TALK, /* they exchange what they have to say */
};

struct ends {
	struct csp_pe *pe;
	struct csp_cb *cb;
	struct mono now;
	uint32_t pe_told[PORTS], cb_told[PORTS];
	uint32_t group, statistics;
	bool is_slow; /* the bridge's user does not answer */
};

static const struct mac address = { { 2, 0, 0, 0, 0, 1 } };

static void check_pdu(struct span sdu)
{
	uint8_t buf[CSP_PDU_MAX], twice[CSP_PDU_MAX];
	struct wr w = wr_init(buf, sizeof(buf)), again = wr_init(twice, sizeof(twice));
	static struct csp_pdu p, q;

	if (csp_pdu_decode(sdu, &p) != CSP_OK)
		return;
	csp_pdu_encode(&p, &w);
	if (w.bad) /* both arrays at their largest */
		return;
	FUZZ_LAW(csp_pdu_decode(wr_span(&w), &q) == CSP_OK);
	FUZZ_LAW(q.has == p.has && q.n_members == p.n_members && q.n_vids == p.n_vids);
	csp_pdu_encode(&q, &again);
	FUZZ_LAW(span_equal(wr_span(&w), wr_span(&again)));
}

static void pull_pe(struct ends *e)
{
	struct csp_pe_event ev;

	while (csp_pe_next_event(e->pe, &ev)) {
		if (ev.kind == CSP_PE_EV_CLEANUP) {
			memset(e->pe_told, 0, sizeof(e->pe_told));
		} else if (ev.kind == CSP_PE_EV_CREATED) {
			FUZZ_LAW(ev.port < PORTS && e->pe_told[ev.port] == 0 && ev.channel != 0);
			e->pe_told[ev.port] = ev.channel;
		} else if (ev.kind == CSP_PE_EV_DELETED) {
			FUZZ_LAW(ev.port < PORTS && e->pe_told[ev.port] == ev.channel);
			e->pe_told[ev.port] = 0;
		} else if (ev.kind == CSP_PE_EV_PARAMETERS) {
			FUZZ_LAW(e->pe_told[ev.port] != 0);
		} else if (ev.kind == CSP_PE_EV_STATISTICS) {
			e->statistics = ev.handle;
		}
	}
}

static void pull_cb(struct ends *e)
{
	struct csp_cb_event ev;

	while (csp_cb_next_event(e->cb, &ev)) {
		if (ev.kind == CSP_CB_EV_CLEANUP) {
			memset(e->cb_told, 0, sizeof(e->cb_told));
		} else if (ev.kind == CSP_CB_EV_CREATED) {
			FUZZ_LAW(ev.port < PORTS && e->cb_told[ev.port] == 0 && ev.channel != 0);
			e->cb_told[ev.port] = ev.channel;
		} else if (ev.kind == CSP_CB_EV_DELETED) {
			FUZZ_LAW(ev.port < PORTS && e->cb_told[ev.port] == ev.channel);
			e->cb_told[ev.port] = 0;
		} else if (ev.kind == CSP_CB_EV_STATUS || ev.kind == CSP_CB_EV_SET) {
			FUZZ_LAW(e->cb_told[ev.port] != 0);
		} else if (ev.kind == CSP_CB_EV_ASK && !e->is_slow) {
			csp_cb_answer(e->cb, ev.handle, CSP_DONE, 0, 0, e->now);
		}
	}
}

static void check(const struct ends *e)
{
	FUZZ_LAW(csp_pe_count(e->pe) <= PORTS && csp_cb_count(e->cb) <= PORTS);
	FUZZ_LAW(e->pe->groups.n_members <= MEMBERS && e->cb->groups.n_members <= MEMBERS);
	FUZZ_LAW(!mono_reached(csp_pe_deadline(e->pe), e->now));
	FUZZ_LAW(!mono_reached(csp_cb_deadline(e->cb), e->now));
}

static void answer(const struct csp_link *l, struct span octets, uint8_t *ret)
{
	memcpy(ret, octets.ptr, octets.len);
	if (octets.len < CSP_HEAD)
		return;
	ret[3] = (uint8_t)(l->asked | CSP_RESPONSE); /* of the Command TLV: message, transaction */
	ret[4] = (uint8_t)(l->transaction >> 8);
	ret[5] = (uint8_t)l->transaction;
}

static void pe_user(struct ends *e, uint8_t op)
{
	struct csp_pe_wish w = {
		.number = op >> 3 & 7, .type = CSP_PORT_EXTENDED, .is_operational = op >> 7
	};
	const struct csp_statistics s = { 0 };

	switch (op & 7) {
	case 0:
	case 1:
	case 2:
		csp_pe_port_add(e->pe, &w);
		break;
	case 3:
		csp_pe_port_remove(e->pe, w.number);
		break;
	case 4:
		csp_pe_port_set_operational(e->pe, w.number, w.is_operational);
		break;
	default:
		csp_pe_statistics(e->pe, e->statistics, &s, e->now);
		break;
	}
}

static void cb_user(struct ends *e, uint8_t op)
{
	static const struct csp_vid vids[2] = { { 1, true }, { 2, false } };
	const struct csp_cb_settings s = { .pvid = 1, .n_vids = op >> 6 & 2, .vids = vids };
	uint32_t channel = e->cb_told[op >> 3 & 3];

	switch (op & 7) {
	case 0:
		csp_cb_set(e->cb, channel, &s);
		break;
	case 1:
		csp_cb_get(e->cb, channel);
		csp_cb_get_statistics(e->cb, channel);
		break;
	case 2:
		csp_cb_delete(e->cb, channel);
		break;
	case 3:
		csp_cb_group_new(e->cb, 0, &e->group, e->now);
		break;
	case 4:
	case 5:
		csp_cb_group_set(e->cb, e->group, channel, op & 1);
		break;
	case 6:
		csp_cb_group_end(e->cb, e->group, e->now);
		break;
	default:
		e->is_slow = !e->is_slow;
		break;
	}
}

static void line(struct ends *e, uint8_t op)
{
	uint8_t buf[CSP_PDU_MAX];

	switch (op & 7) {
	case 0:
	case 1:
		csp_pe_set_uplink(e->pe, op & 1, e->now);
		break;
	case 2:
	case 3:
		csp_pe_set_peer(e->pe, op & 1 ? &address : NULL, e->now);
		break;
	case 4:
	case 5:
		csp_cb_set_peer(e->cb, op & 1 ? &address : NULL, e->now);
		break;
	case 6:
		if (csp_pe_fill(e->pe, buf, sizeof(buf), e->now) > 0)
			csp_pe_on_sent(e->pe, false, e->now);
		break;
	default:
		if (csp_cb_fill(e->cb, buf, sizeof(buf), e->now) > 0)
			csp_cb_on_sent(e->cb, false, e->now);
		break;
	}
}

static void talk(struct ends *e, unsigned rounds)
{
	static struct csp_pdu p;
	uint8_t buf[CSP_PDU_MAX];
	size_t len;

	for (unsigned i = 0; i < rounds; i++) {
		len = csp_pe_fill(e->pe, buf, sizeof(buf), e->now);
		if (len > 0) {
			FUZZ_LAW(csp_pdu_decode(span_of(buf, len), &p) == CSP_OK);
			csp_pe_on_sent(e->pe, true, e->now);
			csp_cb_rx(e->cb, span_of(buf, len), e->now);
			pull_cb(e);
		}
		len = csp_cb_fill(e->cb, buf, sizeof(buf), e->now);
		if (len > 0) {
			FUZZ_LAW(csp_pdu_decode(span_of(buf, len), &p) == CSP_OK);
			csp_cb_on_sent(e->cb, true, e->now);
			csp_pe_rx(e->pe, span_of(buf, len), e->now);
			pull_pe(e);
		}
	}
}

static void act(struct ends *e, enum act what, struct span octets)
{
	uint8_t op = octets.len > 0 ? octets.ptr[0] : 0, buf[2048];

	check_pdu(octets);
	switch (what) {
	case ACT_TO_PE:
		csp_pe_rx(e->pe, octets, e->now);
		break;
	case ACT_TO_CB:
		csp_cb_rx(e->cb, octets, e->now);
		break;
	case ACT_ANSWER_PE:
		answer(&e->pe->link, octets, buf);
		csp_pe_rx(e->pe, span_of(buf, octets.len), e->now);
		break;
	case ACT_ANSWER_CB:
		answer(&e->cb->link, octets, buf);
		csp_cb_rx(e->cb, span_of(buf, octets.len), e->now);
		break;
	case ACT_PE_USER:
		pe_user(e, op);
		break;
	case ACT_CB_USER:
		cb_user(e, op);
		break;
	case ACT_LINE:
		line(e, op);
		break;
	case ACT_TALK:
		talk(e, 1 + (op & 15));
		break;
	}
}

static void start(struct ends *e)
{
	const struct csp_pe_cfg pc = { .max_ports = PORTS,
		.max_groups = GROUPS,
		.max_members = MEMBERS,
		.key = { 1, 2 },
		.first_transaction = 1 };
	const struct csp_cb_cfg cc = { .max_ports = PORTS,
		.max_groups = GROUPS,
		.max_members = MEMBERS,
		.n_ids = PORTS,
		.n_group_ids = 8,
		.formats = CSP_CB_E | CSP_CB_VN,
		.key = { 3, 4 },
		.first_transaction = 1 };
	void *pm = calloc(1, csp_pe_size(&pc)), *cm = calloc(1, csp_cb_size(&cc));

	FUZZ_LAW(pm != NULL && cm != NULL);
	e->now = (struct mono){ 1000000000 };
	e->pe = csp_pe_init(&pc, pm);
	e->cb = csp_cb_init(&cc, cm);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd r = rd_init(span_of(data, size));
	struct ends e = { 0 };

	start(&e);
	while (r.left > 3) {
		uint8_t control = rd_u8(&r);
		size_t len = rd_u16(&r) & 0x7ff;

		e.now = mono_add(e.now, dur_ms(500 * (control >> 3)));
		csp_pe_on_time(e.pe, e.now);
		csp_cb_on_time(e.cb, e.now);
		act(&e, (enum act)(control & 7), rd_span(&r, len < r.left ? len : r.left));
		pull_pe(&e);
		pull_cb(&e);
		csp_pe_on_time(e.pe, e.now);
		csp_cb_on_time(e.cb, e.now);
		check(&e);
	}
	free(e.pe);
	free(e.cb);
	return 0;
}
