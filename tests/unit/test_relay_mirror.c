/*
 * A driver that keeps tables of its own by relay_mirror.h has the relay's: after any steps what it was told one by one is
 * what a walk over everything tells, also when more changed than could be noted.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdlib.h>

#include "prng.h"
#include "relay_net.h"
#include "relay_priv.h"

enum { N_LPORTS = 70, N_STEPS = 3000, MAX_ROWS = 4096, N_ADDRESSES = 12 };

struct row {
	uint64_t key;
	uint64_t value[4];
	uint16_t scope;
	uint8_t table;
};
struct shadow {
	unsigned n;
	struct row row[MAX_ROWS];
};

static struct shadow told, walked;
static struct relay *r;

static struct row row_of(const struct relay_change *c)
{
	struct row row = { .key = c->key, .scope = c->scope, .table = (uint8_t)c->table };

	switch (c->table) {
	case RELAY_PORTS:
		memcpy(row.value, &c->port.p, sizeof(row.value));
		row.key = (uint64_t)c->port.n_untagged_vids << 32 | c->port.pads;
		if (c->port.n_untagged_vids == 1)
			row.key |= (uint64_t)c->port.untagged_vid << 16;
		break;
	case RELAY_VLANS:
		row.value[0] = c->vlan.is_member;
		row.value[1] = c->vlan.is_untagged;
		break;
	case RELAY_ADMISSIONS:
		row.value[0] = c->admission.vsi;
		row.value[1] = c->admission.has_pcp;
		row.value[2] = c->admission.pcp;
		row.value[3] = (uint64_t)c->admission.birth << 2 | c->admission.is_placed << 1 |
			       c->admission.is_heard;
		break;
	case RELAY_STATIONS:
		row.value[0] = c->vid;
		break;
	case RELAY_FDB:
		row.value[0] = c->fdb.lport;
		row.value[1] = c->fdb.vsi;
		row.value[2] = c->fdb.is_static;
		break;
	case RELAY_CHANNELS:
		row.value[0] = c->lport;
		break;
	case RELAY_N_TABLES:
		break;
	}
	return row;
}

static bool is_entry(const struct row *row, const struct relay_change *c)
{
	return row->table == c->table && row->scope == c->scope &&
	       (c->table == RELAY_PORTS || row->key == c->key);
}

static void apply(struct shadow *s, const struct relay_change *c)
{
	unsigned i = 0;

	while (i < s->n && !is_entry(&s->row[i], c))
		i++;
	if (i < s->n)
		s->row[i] = s->row[--s->n];
	cr_assert_lt(s->n, MAX_ROWS);
	if (c->is_there)
		s->row[s->n++] = row_of(c);
}

static void pull(struct shadow *s)
{
	struct relay_change c;

	if (relay_mirror_is_lost(r)) {
		s->n = 0;
		relay_mirror_restart(r);
	}
	while (relay_mirror_next(r, &c))
		apply(s, &c);
	cr_assert(!relay_mirror_is_due(r));
}

static int compare(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	if (x->table != y->table)
		return x->table < y->table ? -1 : 1;
	if (x->scope != y->scope)
		return x->scope < y->scope ? -1 : 1;
	return x->key < y->key ? -1 : x->key > y->key;
}

static void check_same(unsigned step)
{
	walked.n = 0;
	relay_mirror_restart(r);
	pull(&walked);
	qsort(told.row, told.n, sizeof(told.row[0]), compare);
	qsort(walked.row, walked.n, sizeof(walked.row[0]), compare);
	cr_assert_eq(told.n, walked.n, "step %u: %u entries, are %u", step, told.n, walked.n);
	for (unsigned i = 0; i < told.n; i++)
		cr_assert(told.row[i].table == walked.row[i].table &&
				  told.row[i].scope == walked.row[i].scope &&
				  told.row[i].key == walked.row[i].key &&
				  memcmp(told.row[i].value, walked.row[i].value,
					  sizeof(walked.row[i].value)) == 0,
			"step %u: table %u scope %u key %llx", step, walked.row[i].table, walked.row[i].scope,
			(unsigned long long)walked.row[i].key);
}

/* ---- steps ---- */

static struct mac address(struct prng *rnd)
{
	return net_mac(prng_below(rnd, N_ADDRESSES));
}

static uint16_t vid_of(struct prng *rnd)
{
	return (uint16_t)(10 * (1 + prng_below(rnd, 3)));
}

static void add_port(struct prng *rnd)
{
	static const struct relay_port_cfg kinds[] = {
		{ .kind = FWD_SBP, .relay = FWD_BRIDGE, .pvid = 10, .carries = FWD_TAG_S },
		{ .kind = FWD_ORDINARY, .relay = FWD_BRIDGE, .pvid = 20 },
		{ .kind = FWD_SBP, .relay = FWD_BRIDGE, .tag = FWD_TAG_S },
		{ .kind = FWD_URP, .relay = FWD_VEPA, .component = 1, .pvid = 10 },
		{ .kind = FWD_DRP, .relay = FWD_VEPA, .component = 1 },
		{ .kind = FWD_URP, .relay = FWD_IV, .component = 2, .carries = FWD_TAG_VN },
		{ .kind = FWD_DRP, .relay = FWD_IV, .component = 2 },
		{ .kind = FWD_SBP, .relay = FWD_BRIDGE, .carries = FWD_TAG_E },
		{ .kind = FWD_DRP, .relay = FWD_BRIDGE, .tag = FWD_TAG_E },
	};
	struct relay_port_cfg cfg = kinds[prng_below(rnd, 9)];
	uint16_t lport;

	cfg.pads = prng_below(rnd, 2);
	lport = relay_port_add(r, &cfg);
	if (lport != FWD_LPORT_NONE)
		relay_port_set_forwarding(r, lport, true);
}

static void admit(struct prng *rnd, uint16_t lport)
{
	struct relay_admit list[4];
	unsigned n = (unsigned)prng_below(rnd, 5);

	for (unsigned i = 0; i < n; i++)
		list[i] = (struct relay_admit){ .vid = vid_of(rnd),
			.mac = address(rnd),
			.has_pcp = prng_below(rnd, 2),
			.pcp = (uint8_t)prng_below(rnd, 8) };
	(void)relay_admit(r, lport, (uint32_t)prng_below(rnd, 6), list, n);
}

static void frame(struct prng *rnd, uint16_t lport, struct mono now)
{
	uint8_t f[60] = { 0 };
	struct mac m[2] = { address(rnd), address(rnd) };
	struct relay_result res;

	memcpy(f, m, sizeof(m));
	f[12] = 0x81;
	f[15] = (uint8_t)vid_of(rnd);
	relay_rx(r, lport, span_of(f, sizeof(f)), now, &res);
}

static void port_step(struct prng *rnd, uint16_t lport)
{
	struct relay_port_cfg cfg = { 0 };
	const struct fwd_port *p = relay_port(r, lport);

	if (!p)
		return;
	cfg = (struct relay_port_cfg){ .kind = (enum fwd_kind)p->kind,
		.component = p->component,
		.pvid = vid_of(rnd),
		.unassociated_vid = prng_below(rnd, 2) ? vid_of(rnd) : 0,
		.mtu = 1500 };
	switch (prng_below(rnd, 7)) {
	case 0:
		relay_port_del(r, lport);
		break;
	case 1:
		relay_port_set_cfg(r, lport, &cfg);
		break;
	case 2:
		relay_port_set_forwarding(r, lport, prng_below(rnd, 4));
		break;
	case 3:
		relay_port_set_rr(r, lport, prng_below(rnd, 2));
		break;
	case 4:
		relay_port_set_learning(r, lport, prng_below(rnd, 4));
		break;
	case 5:
		if (p->carries == FWD_TAG_NONE && p->kind == FWD_URP)
			relay_port_set_carries(r, lport, FWD_TAG_S);
		break;
	default:
		if (prng_below(rnd, 20) == 0)
			relay_port_clear_vlans(r, lport);
		break;
	}
}

static void step(struct prng *rnd, unsigned n)
{
	uint16_t lport = (uint16_t)prng_below(rnd, 24), other = (uint16_t)prng_below(rnd, 24);
	struct mono now = { (uint64_t)n * 1000000000 };

	switch (prng_below(rnd, 8)) {
	case 0:
		add_port(rnd);
		break;
	case 1:
		port_step(rnd, lport);
		break;
	case 2:
		admit(rnd, lport);
		break;
	case 3:
		relay_port_set_vlan(r, lport, vid_of(rnd), prng_below(rnd, 3), prng_below(rnd, 2));
		break;
	case 4:
		(void)relay_channel_set(r, other, 100 + (uint32_t)prng_below(rnd, 4), lport);
		break;
	case 5:
		relay_channel_clear(r, other, 100 + (uint32_t)prng_below(rnd, 4));
		break;
	case 6:
		relay_on_time(r, now);
		break;
	default:
		frame(rnd, lport, now);
		break;
	}
}

static void start(uint32_t max_changes)
{
	struct relay_cfg cfg = { .max_lports = N_LPORTS,
		.max_fdb = 64,
		.max_admit = 40,
		.fdb_age_s = 100,
		.max_learned_drp = 16,
		.max_channels = 48,
		.max_changes = max_changes,
		.key = { 1, 2 } };

	r = relay_init(&cfg, calloc(1, relay_size(&cfg)));
	told.n = 0;
}

ParameterizedTestParameters(relay_mirror, told_is_walked)
{
	static uint32_t max_changes[] = { 4096, 64, 3, 1 };

	return cr_make_param_array(uint32_t, max_changes, 4);
}
ParameterizedTest(uint32_t *max_changes, relay_mirror, told_is_walked)
{
	struct prng rnd = { 7 + *max_changes };

	start(*max_changes);
	for (unsigned n = 0; n < N_STEPS; n++) {
		step(&rnd, n);
		if (prng_below(&rnd, 3) == 0) {
			pull(&told);
			check_same(n);
		}
	}
	free(r);
}

Test(relay_mirror, nobody_asks)
{
	struct relay_change c;

	start(0);
	cr_assert(relay_mirror_is_lost(r));
	relay_mirror_restart(r);
	cr_assert(relay_mirror_is_lost(r), "without room every change is lost");
	cr_assert(!relay_mirror_next(r, &c));
	free(r);
}

/* An entry that moves is told as the other place, never as gone. */
Test(relay_mirror, a_move_is_one_change)
{
	struct relay_admit a = { .vid = 10, .mac = net_mac(5) };
	struct relay_port_cfg sbp = { .kind = FWD_SBP, .relay = FWD_BRIDGE, .pvid = 1 };
	struct relay_change c;
	unsigned n_fdb = 0;
	uint16_t p0, p1;

	start(64);
	p0 = relay_port_add(r, &sbp);
	p1 = relay_port_add(r, &sbp);
	cr_assert(relay_admit(r, p0, 1, &a, 1));
	pull(&told);
	cr_assert(relay_admit(r, p1, 1, &a, 1));
	cr_assert(relay_admit(r, p0, 1, NULL, 0));
	while (relay_mirror_next(r, &c)) {
		if (c.table != RELAY_FDB)
			continue;
		cr_assert(c.is_there && c.fdb.lport == p1 && c.fdb.is_static);
		n_fdb++;
	}
	cr_assert_gt(n_fdb, 0);
	free(r);
}

Test(relay_mirror, counts_come_back)
{
	struct relay_admit a = { .vid = 10, .mac = net_mac(5) };
	struct relay_port_cfg sbp = { .kind = FWD_SBP, .relay = FWD_BRIDGE, .pvid = 1 };
	struct relay_port_counters n = {
		.rx_frames = 3, .rx_octets = 180, .reflected = 2, .kernel_frames = 3
	};
	struct relay_vsi_counters v = { .rx_frames = 3, .tx_octets = 60 };
	struct relay_change c;
	uint16_t p;

	start(64);
	p = relay_port_add(r, &sbp);
	cr_assert(relay_admit(r, p, 1, &a, 1));
	relay_mirror_restart(r);
	while (relay_mirror_next(r, &c))
		if (c.table == RELAY_ADMISSIONS)
			cr_assert(relay_count_vsi(
				r, c.admission.vsi, c.admission.birth, &v, (struct mono){ 7 }));
	n.drops[FWD_DROP_NOT_ASSOCIATED] = 1;
	relay_count(r, p, &n);
	relay_count(r, p, &n);
	relay_count(r, 60, &n);
	cr_assert_not(relay_count_vsi(r, 39, 1, &v, (struct mono){ 7 }));
	cr_assert_not(relay_count_vsi(r, RELAY_NO_VSI, 1, &v, (struct mono){ 7 }));
	cr_assert_eq(relay_port_counters(r, p)->rx_frames, 6);
	cr_assert_eq(relay_port_counters(r, p)->kernel_frames, 6);
	cr_assert_eq(relay_port_counters(r, p)->drops[FWD_DROP_NOT_ASSOCIATED], 2);
	cr_assert_eq(relay_vsi_counters(r, p, 1).rx_frames, 3);
	cr_assert_eq(relay_vsi_counters(r, p, 1).tx_octets, 60);
	free(r);
}

/* What the kernel saw of a station keeps its entry (802.1Q 8.8.3). */
Test(relay_mirror, a_station_seen_elsewhere_stays)
{
	struct relay_port_cfg cfg = { .kind = FWD_ORDINARY, .relay = FWD_BRIDGE, .pvid = 10 };
	struct mono now = { 1000000000 };
	struct relay_fdb_row row;
	uint32_t cookie = 0, record;
	struct prng rnd = { 1 };
	uint16_t p;

	start(64);
	p = relay_port_add(r, &cfg);
	relay_port_set_forwarding(r, p, true);
	for (uint16_t vid = 10; vid <= 30; vid = (uint16_t)(vid + 10))
		relay_port_set_vlan(r, p, vid, true, false);
	for (unsigned i = 0; i < 50; i++)
		frame(&rnd, p, now);
	cr_assert_gt(relay_fdb_count(r), 2);
	now = mono_add(now, dur_s(90));
	relay_on_time(r, now);
	cr_assert(!relay_fdb_next_aged(r, mono_add(now, dur_ms(1)), &cookie, &record, &row));
	now = mono_add(now, dur_s(11));
	cr_assert(relay_fdb_next_aged(r, now, &cookie, &record, &row));
	cr_assert_eq(row.lport, p);
	relay_fdb_seen(r, record, now);
	relay_fdb_seen(r, record, MONO_ZERO);
	relay_on_time(r, now);
	cr_assert_eq(relay_fdb_count(r), 1);
	free(r);
}
