/*
 * The decision in the kernel is the decision in user space: forward.bpf.c must pass the verifier, and for the same
 * tables and random frames (BPF_PROG_TEST_RUN) say what relay_rx() says. Exit status 77: can't be run here.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "forward.h"
#include "fwd_maps.h"
#include "prng.h"
#include "relay_priv.h"

enum { SKIPPED = 77, LOOPBACK = 1, N_FRAMES = 60000, N_LPORTS = 40, FRAME_MAX = 96, MTU = 70 };

#define CHECK(condition)                                                                                     \
	do {                                                                                                 \
		if (!(condition)) {                                                                          \
			fprintf(stderr, "%s:%d: %s (errno %d)\n", __FILE__, __LINE__, #condition, errno);    \
			exit(1);                                                                             \
		}                                                                                            \
	} while (0)

static struct bpf_object *object;

static int map(const char *name)
{
	int fd = bpf_object__find_map_fd_by_name(object, name);

	CHECK(fd >= 0);
	return fd;
}

static void put(const char *name, const void *key, const void *value)
{
	CHECK(bpf_map_update_elem(map(name), key, value, BPF_ANY) == 0);
}

static void clear(const char *name)
{
	struct fwd_address_key key;

	while (bpf_map_get_next_key(map(name), NULL, &key) == 0)
		CHECK(bpf_map_delete_elem(map(name), &key) == 0);
}

static void load(const char *path)
{
	struct bpf_map *rodata;
	size_t size;
	int err;

	object = bpf_object__open_file(path, NULL);
	CHECK(object != NULL);
	rodata = bpf_object__find_map_by_name(object, ".rodata");
	CHECK(rodata != NULL);
	*(uint8_t *)bpf_map__initial_value(rodata, &size) = 1; /* is_traced */
	err = bpf_object__load(object);
	if (err == -EPERM) {
		fprintf(stderr, "SKIPPED: this kernel or container does not let us load eBPF programs\n");
		exit(SKIPPED);
	}
	CHECK(err == 0);
}

/* ---- the relay's tables into the maps ---- */
static void mirror_ports(const struct relay *r)
{
	clear("vlans");
	for (uint16_t i = 0; i < N_LPORTS; i++) {
		uint32_t index = i;

		put("ports", &index, &r->port[i].p);
		for (uint16_t vid = 1; vid <= FWD_VID_MAX; vid++) {
			struct fwd_vlan_key key = { i, vid };
			uint32_t flags = (relay_bit(r, r->member, i, vid) ? FWD_VLAN_MEMBER : 0u) |
					 (relay_bit(r, r->untagged, i, vid) ? FWD_VLAN_UNTAGGED : 0u);

			if (flags != 0)
				put("vlans", &key, &flags);
		}
	}
}

static void mirror_entry(const struct relay *r, uint32_t i)
{
	struct fwd_address_key key = { r->fdb.entry[i].key, r->fdb.entry[i].component, 0 };
	uint32_t lport = r->fdb.entry[i].lport;

	put("fdb", &key, &lport);
}

/* All a frame can change: where its source is. */
static void mirror_source(const struct relay *r, const struct relay_result *res)
{
	uint16_t component = r->port[res->lport].p.component;
	uint64_t key;
	uint32_t i;

	if (res->drop == FWD_DROP_MALFORMED)
		return;
	key = fdb_key(res->vid, mac_u64(res->src));
	i = fdb_find(&r->fdb, relay_hash_with(relay_hash(r, key), component), component, key);
	if (i != FDB_NONE)
		mirror_entry(r, i);
	else
		bpf_map_delete_elem(map("fdb"), &(struct fwd_address_key){ key, component, 0 });
}

static void mirror_addresses(const struct relay *r)
{
	clear("bindings");
	clear("stations");
	clear("fdb");
	for (uint32_t v = 0; v < r->cfg.max_admit; v++) {
		for (uint32_t i = r->vsi[v].in_use ? r->vsi[v].first : FDB_NONE; i != FDB_NONE;
			i = r->admission[i].next) {
			const struct admission *a = &r->admission[i];
			struct fwd_address_key key = { a->key, a->lport, 0 };
			struct fwd_binding b = { .id = i, .has_pcp = a->has_pcp, .pcp = a->pcp };
			uint32_t vid = (uint32_t)(a->key >> 48);

			put("bindings", &key, &b);
			key.key &= 0xffffffffffffu;
			if (a->is_untagged)
				put("stations", &key, &vid);
		}
	}
	for (uint16_t lport = 0; lport < N_LPORTS; lport++) {
		struct fwd_address_key key = { 0, lport, 0 };
		uint32_t vid = r->port[lport].untagged_vids;

		if (r->port[lport].n_untagged_vids == 1)
			put("stations", &key, &vid);
	}
	for (uint32_t i = 0; i < r->fdb.map.cap; i++)
		if (r->fdb.entry[i].in_use)
			mirror_entry(r, i);
}

static void mirror_groups(const struct relay *r)
{
	clear("groups");
	for (uint32_t i = 0; i < r->cfg.max_groups; i++) {
		const struct group *g = &r->group[i];
		struct fwd_address_key key = { g->key, g->lport, 0 };
		uint32_t one = 1;

		if (!g->in_use)
			continue;
		put("groups", &key, &one);
		key.scope = g->component | FWD_SCOPE_ALL;
		put("groups", &key, &one);
	}
}

static void mirror_channels(const struct relay *r)
{
	clear("channels");
	for (uint32_t i = 0; i <= r->channel_mask; i++) {
		const struct channel *c = &r->channel[i];
		struct fwd_channel_key key = { c->id, c->trunk };
		uint32_t lport = c->lport;

		if (c->id != 0)
			put("channels", &key, &lport);
	}
}

/* ---- the scene: a switch with reflective relay, a VEPA and a VEB; then ports that carry outer tags ---- */

enum { MAX_DEVICES = 24 };
static uint16_t device[MAX_DEVICES]; /* ports that frames come in by; channels are entered by their tag */
static unsigned n_devices;

static struct mac mac_of(uint64_t n)
{
	return (struct mac){ { 2, 0, 0, 0, 0, (uint8_t)n } };
}

static uint16_t add(struct relay *r, const struct relay_port_cfg *cfg)
{
	uint16_t lport = relay_port_add(r, cfg);

	CHECK(lport != FWD_LPORT_NONE);
	relay_port_set_forwarding(r, lport, true);
	if (cfg->tag != FWD_TAG_NONE)
		return lport;
	CHECK(n_devices < MAX_DEVICES);
	device[n_devices++] = lport;
	return lport;
}

static uint16_t port(
	struct relay *r, enum fwd_kind kind, enum fwd_relay relay, uint16_t component, uint16_t pvid)
{
	struct relay_port_cfg cfg = { .kind = kind, .relay = relay, .component = component, .pvid = pvid };

	return add(r, &cfg);
}

static void admit(struct relay *r, uint16_t lport, uint32_t owner, uint16_t vid, struct mac mac)
{
	struct relay_admit a = { .vid = vid, .mac = mac, .has_pcp = true, .pcp = (uint8_t)(owner & 7) };

	CHECK(relay_admit(r, lport, owner, &a, 1));
}

/* A port behind a tag of `trunk`, whose VSI may use VLAN 10 with the address. */
static uint16_t channel(
	struct relay *r, uint16_t trunk, uint32_t id, enum fwd_kind kind, uint16_t component, uint64_t mac)
{
	const struct fwd_port *t = relay_port(r, trunk);
	struct relay_port_cfg cfg = { .kind = kind,
		.relay = (enum fwd_relay)t->relay,
		.component = component,
		.pvid = kind == FWD_DRP ? 0 : 20,
		.mtu = id == 102 ? MTU : 0,
		.tag = t->relay == FWD_IV ? FWD_TAG_NONE : (enum fwd_tag)t->carries };
	uint16_t lport = add(r, &cfg);

	CHECK(relay_channel_set(r, trunk, id, lport));
	if (kind == FWD_SBP || kind == FWD_DRP)
		admit(r, lport, 1, 10, mac_of(mac));
	return lport;
}

static void tagged_scene(struct relay *r)
{
	struct relay_port_cfg cfg = { .kind = FWD_SBP, .relay = FWD_BRIDGE, .pvid = 20 };
	uint16_t trunk, drp, last = 0;

	for (cfg.carries = FWD_TAG_S; cfg.carries <= FWD_TAG_E; cfg.carries++) {
		enum fwd_kind kind = cfg.carries == FWD_TAG_S ? FWD_SBP : FWD_DRP;

		trunk = add(r, &cfg);
		if (cfg.carries == FWD_TAG_S) { /* the default channel, with reflective relay */
			admit(r, trunk, 1, 10, mac_of(5));
			admit(r, trunk, 2, 10, mac_of(6));
			relay_port_set_rr(r, trunk, true);
		}
		for (uint32_t i = 0; i < 3; i++) {
			last = channel(r, trunk, 100 + i, kind, 0, 5 + i + 2 * cfg.carries);
			if (cfg.carries == FWD_TAG_S && i == 0)
				admit(r, last, 2, 10, mac_of(14));
			relay_port_set_rr(r, last, i != 1);
		}
	}
	relay_port_set_forwarding(r, last, false);
	/* a station: an edge relay in the default channel and one in another */
	cfg = (struct relay_port_cfg){
		.kind = FWD_URP, .relay = FWD_VEPA, .component = 5, .pvid = 20, .carries = FWD_TAG_S
	};
	trunk = add(r, &cfg);
	admit(r, port(r, FWD_DRP, FWD_VEPA, 5, 0), 1, 10, mac_of(5));
	channel(r, trunk, 101, FWD_URP, 6, 0);
	admit(r, port(r, FWD_DRP, FWD_VEPA, 6, 0), 1, 10, mac_of(6));
	for (cfg.carries = FWD_TAG_VN; cfg.carries <= FWD_TAG_E; cfg.carries++) { /* interface virtualizers */
		cfg.relay = FWD_IV;
		cfg.component = (uint16_t)(5 + cfg.carries);
		cfg.kind = FWD_URP;
		cfg.is_base = cfg.carries == FWD_TAG_E;
		trunk = add(r, &cfg);
		drp = channel(r, trunk, 100, FWD_DRP, cfg.component, 5);
		relay_port_set_vlan(r, drp, 10, true, true);
		channel(r, trunk, 101, FWD_DRP, cfg.component, 6);
		cfg.kind = FWD_TRANSIT;
		CHECK(relay_channel_set(r, trunk, 103, add(r, &cfg)));
	}
}

static struct relay *scene(void)
{
	struct relay_cfg cfg = { .max_lports = N_LPORTS,
		.max_fdb = 256,
		.max_admit = 32,
		.fdb_age_s = 300,
		.max_learned_drp = 16,
		.max_groups = 4,
		.max_channels = 32,
		.max_lists = 4,
		.key = { 3, 4 } };
	struct relay *r = relay_init(&cfg, calloc(1, relay_size(&cfg)));
	uint16_t p0 = port(r, FWD_SBP, FWD_BRIDGE, 0, 10), p1 = port(r, FWD_SBP, FWD_BRIDGE, 0, 1);
	uint16_t p2 = port(r, FWD_ORDINARY, FWD_BRIDGE, 0, 10);
	enum fwd_relay relays[2] = { FWD_VEPA, FWD_VEB };

	relay_port_set_rr(r, p0, true);
	relay_port_set_vlan(r, p2, 10, true, true);
	relay_port_set_vlan(r, p2, 20, true, false);
	admit(r, p0, 1, 10, mac_of(1));
	admit(r, p0, 2, 10, mac_of(2));
	admit(r, p1, 3, 10, mac_of(3));
	admit(r, p1, 4, 20, mac_of(0));
	relay_group_set(r, p0, 10, (struct mac){ { 1, 0, 0x5e, 0, 0, 1 } }, true);
	for (uint16_t k = 0; k < 2; k++) {
		uint16_t up = port(r, FWD_URP, relays[k], (uint16_t)(k + 1), 20);
		uint16_t d = port(r, FWD_DRP, relays[k], (uint16_t)(k + 1), 0);

		CHECK(relay_port(r, d)->urp == up);
		admit(r, d, 5, 10, mac_of(4));
		admit(r, d, 6, 20, (struct mac){ { 0 } });
	}
	tagged_scene(r);
	return r;
}

/* An outer tag, mostly of the kind that the device carries, mostly valid. */
static size_t make_tag(struct prng *rnd, const struct fwd_port *in, uint8_t *f)
{
	static const uint16_t svid[] = { 0, 1, 100, 101, 102, 103, 999 };
	enum fwd_tag tag = prng_below(rnd, 12) ? (enum fwd_tag)in->carries : (enum fwd_tag)prng_below(rnd, 4);
	bool is_down = (in->kind == FWD_URP) ^ !prng_below(rnd, 20);
	uint32_t id = prng_below(rnd, 40) ? 99 + (uint32_t)prng_below(rnd, 6) : 0;
	uint32_t from = prng_below(rnd, 3) ? 0 : 100;
	struct vntag_hdr v;

	if (tag == FWD_TAG_NONE)
		return 0;
	if (tag == FWD_TAG_S) {
		memcpy(f, "\x88\xa8\x20", 4);
		f[2] = (uint8_t)(prng_below(rnd, 16) << 4);
		f[3] = (uint8_t)svid[prng_below(rnd, 7)];
		return 4;
	}
	if (is_down && !prng_below(rnd, 4))
		id |= tag == FWD_TAG_VN ? VNTAG_LIST : 1u << VNTAG_GRP_SHIFT;
	v = is_down ? vntag_down(tag == FWD_TAG_VN ? VNTAG_FORMAT_VN : VNTAG_FORMAT_E, id, from, 6)
		    : vntag_up(tag == FWD_TAG_VN ? VNTAG_FORMAT_VN : VNTAG_FORMAT_E, id,
			      (uint8_t)prng_below(rnd, 16));
	vntag_build(&v, f);
	if (!prng_below(rnd, 30))
		f[2 + prng_below(rnd, 6)] ^= (uint8_t)(1 << prng_below(rnd, 8));
	return tag == FWD_TAG_VN ? VNTAG_LEN_VN : VNTAG_LEN_E;
}

static size_t make_frame(struct prng *rnd, const struct fwd_port *in, uint8_t *f)
{
	static const uint8_t group[3][6] = { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff }, { 1, 0, 0x5e, 0, 0, 1 },
		{ 1, 0x80, 0xc2, 0, 0, 3 } };
	static const uint16_t vids[] = { 0, 10, 10, 10, 20, 30, 4095 };
	uint64_t dst = prng_below(rnd, 11);
	struct mac d = mac_of(1 + prng_below(rnd, 14)), s = mac_of(prng_below(rnd, 14));
	size_t at = 12;
	uint16_t tci = (uint16_t)(prng_below(rnd, 16) << 12 | vids[prng_below(rnd, 7)]);

	memset(f, 0, FRAME_MAX);
	memcpy(f, dst < 3 ? group[dst] : d.b, 6);
	memcpy(f + 6, prng_below(rnd, 40) ? s.b : group[1], 6);
	at += make_tag(rnd, in, f + at);
	if (in->carries == FWD_TAG_S && in->kind == FWD_SBP && !prng_below(rnd, 4)) { /* within channel 100 */
		memcpy(f, (uint8_t[]){ 2, 0, 0, 0, 0, 14, 2, 0, 0, 0, 0, 7, 0x88, 0xa8, 0, 100 }, 16);
		f[14] = (uint8_t)(tci >> 8 & 0xf0); /* the C-tag's priority */
		at = 16;
	}
	if (prng_below(rnd, 3) > 0) {
		f[at++] = 0x81;
		at++;
		f[at++] = (uint8_t)(tci >> 8);
		f[at++] = (uint8_t)tci;
	}
	if (!prng_below(rnd, 12)) /* what no device that carries it may let out: a tag behind */
		memcpy(f + at, prng_below(rnd, 2) ? "\x88\xa8" : "\x89\x26", 2);
	return prng_below(rnd, 20) ? 60 + prng_below(rnd, FRAME_MAX - 60) : 14 + prng_below(rnd, 14);
}

static void compare(const struct relay_result *user, const struct fwd_decision *kernel, unsigned n)
{
	const struct fwd_decision *d = &user->walk.d;
	/* only user space walks sets and lists, and knows the lists */
	bool is_left_to_user = kernel->drop == FWD_PASS &&
			       ((user->drop == FWD_DROP_NO_DESTINATION && kernel->to >= FWD_TO_SET) ||
				       (user->drop == FWD_DROP_UNKNOWN_VIF && kernel->to == FWD_TO_LIST));

	if ((user->drop == (enum fwd_drop)kernel->drop || is_left_to_user) && d->in == kernel->in &&
		d->vid == kernel->vid && d->to == kernel->to && d->out == kernel->out &&
		d->except == kernel->except && d->prio == kernel->prio && d->learn == kernel->learn &&
		d->outer_id == kernel->outer_id && d->outer_from == kernel->outer_from &&
		d->is_unknown_source == kernel->is_unknown_source &&
		d->is_registered == kernel->is_registered)
		return;
	fprintf(stderr,
		"frame %u: user space: %s in %u vid %u to %u out %u except %u prio %u; kernel: %s %u %u %u "
		"%u %u %u\n",
		n, fwd_drop_name(user->drop), d->in, d->vid, d->to, d->out, d->except, d->prio,
		fwd_drop_name((enum fwd_drop)kernel->drop), kernel->in, kernel->vid, kernel->to, kernel->out,
		kernel->except, kernel->prio);
	exit(1);
}

/* What the kernel sends itself, it sends as it came. */
static void check_unchanged(struct relay *r, struct relay_result *user, const uint8_t *frame, size_t len)
{
	struct relay_copy copy;

	CHECK(relay_next_copy(r, user, &copy));
	CHECK(copy.head_len + copy.rest.len == len);
	CHECK(memcmp(copy.head, frame, copy.head_len) == 0);
	CHECK(copy.rest.ptr + copy.rest.len == frame + len);
	CHECK(!relay_next_copy(r, user, &copy));
}

static void check_verdict(
	struct relay *r, struct relay_result *user, const uint8_t *frame, size_t len, uint32_t verdict)
{
	const struct fwd_decision *d = &user->walk.d;

	CHECK(verdict == XDP_DROP || verdict == XDP_PASS || verdict == XDP_TX || verdict == XDP_REDIRECT);
	if (verdict == XDP_DROP)
		CHECK(user->verdict == RELAY_DROPPED);
	if (verdict == XDP_TX)
		CHECK(user->verdict == RELAY_FORWARDED && d->to == FWD_TO_ONE && d->out == d->in);
	if (verdict == XDP_REDIRECT)
		CHECK(user->verdict == RELAY_FORWARDED && d->to == FWD_TO_ONE && d->out != d->in);
	if (verdict == XDP_TX || verdict == XDP_REDIRECT)
		check_unchanged(r, user, frame, len);
}

/* Every reason that a frame of the scene can have, and every verdict of ports of each tag. */
static unsigned reasons[FWD_N_DROPS], verdicts[4][5];

static void check_seen(void)
{
	for (unsigned i = 0; i < FWD_N_DROPS; i++) {
		if (i == FWD_DROP_STORM || reasons[i] > 0) /* user space limits storms */
			continue;
		fprintf(stderr, "no frame was \"%s\"\n", fwd_drop_name((enum fwd_drop)i));
		exit(1);
	}
	for (unsigned tag = 0; tag < 4; tag++) {
		printf("ports that carry tag %u: %u dropped, %u to user space, %u reflected, %u redirected\n",
			tag, verdicts[tag][XDP_DROP], verdicts[tag][XDP_PASS], verdicts[tag][XDP_TX],
			verdicts[tag][XDP_REDIRECT]);
		CHECK(verdicts[tag][XDP_DROP] > 100 && verdicts[tag][XDP_PASS] > 100);
	}
	CHECK(verdicts[FWD_TAG_NONE][XDP_TX] > 10 && verdicts[FWD_TAG_NONE][XDP_REDIRECT] > 10);
	CHECK(verdicts[FWD_TAG_S][XDP_TX] > 10);
	CHECK(verdicts[FWD_TAG_VN][XDP_REDIRECT] > 10 && verdicts[FWD_TAG_E][XDP_REDIRECT] > 10);
}

int main(int argc, char **argv)
{
	struct prng rnd = { 20111 };
	struct relay *r;
	uint32_t zero = 0, loopback = LOOPBACK;

	CHECK(argc == 2);
	if (geteuid() != 0) {
		fprintf(stderr, "SKIPPED: loading eBPF programs needs root\n");
		return SKIPPED;
	}
	load(argv[1]);
	r = scene();
	mirror_ports(r);
	mirror_groups(r);
	mirror_channels(r);
	mirror_addresses(r);
	for (uint32_t i = 0; i < N_LPORTS; i++) {
		if (relay_port(r, (uint16_t)i))
			put("out_ifs", &i, &loopback);
	}
	for (unsigned n = 0; n < N_FRAMES; n++) {
		uint8_t frame[FRAME_MAX], out[FRAME_MAX + 256];
		uint16_t lport = device[prng_below(&rnd, n_devices)];
		uint32_t value = lport;
		size_t len = make_frame(&rnd, relay_port(r, lport), frame);
		struct fwd_decision kernel;
		struct relay_result user;
		LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = frame, .data_size_in = (uint32_t)len,
			.data_out = out, .data_size_out = sizeof(out), .repeat = 1);

		memset(&user, 0, sizeof(user)); /* like the kernel's where nothing was decided */
		relay_rx(r, lport, span_of(frame, len), (struct mono){ n }, &user); /* it learns first, */
		mirror_source(r, &user); /* so both look at the same */
		put("lport_of_if", &loopback, &value);
		CHECK(bpf_prog_test_run_opts(
			      bpf_program__fd(bpf_object__find_program_by_name(object, "evb_forward")),
			      &run) == 0);
		CHECK(bpf_map_lookup_elem(map("trace"), &zero, &kernel) == 0);
		compare(&user, &kernel, n);
		check_verdict(r, &user, frame, len, run.retval);
		reasons[kernel.drop]++;
		verdicts[relay_port(r, lport)->carries][run.retval]++;
	}
	check_seen();
	bpf_object__close(object);
	free(r);
	return 0;
}
