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

#include "fwd_maps.h"
#include "prng.h"
#include "relay_priv.h"

enum { SKIPPED = 77, LOOPBACK = 1, N_FRAMES = 20000, N_LPORTS = 8 };

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
static void mirror_source(const struct relay *r, uint16_t lport, const struct relay_result *res)
{
	uint16_t component = r->port[lport].p.component;
	uint64_t key;
	uint32_t i;

	if (res->drop == FWD_DROP_MALFORMED)
		return;
	key = fdb_key(res->vid, mac_u64(res->src));
	i = fdb_find(&r->fdb, relay_hash_with(relay_hash(r, key), component), component, key);
	if (i != FDB_NONE)
		mirror_entry(r, i);
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

/* ---- the scene: a switch with reflective relay, a VEPA and a VEB ---- */
static struct mac mac_of(uint64_t n)
{
	return (struct mac){ { 2, 0, 0, 0, 0, (uint8_t)n } };
}

static uint16_t port(
	struct relay *r, enum fwd_kind kind, enum fwd_relay relay, uint16_t component, uint16_t pvid)
{
	struct relay_port_cfg cfg = { .kind = kind, .relay = relay, .component = component, .pvid = pvid };
	uint16_t lport = relay_port_add(r, &cfg);

	CHECK(lport != FWD_LPORT_NONE);
	relay_port_set_forwarding(r, lport, true);
	return lport;
}

static void admit(struct relay *r, uint16_t lport, uint32_t owner, uint16_t vid, struct mac mac)
{
	struct relay_admit a = { .vid = vid, .mac = mac, .has_pcp = true, .pcp = (uint8_t)(owner & 7) };

	CHECK(relay_admit(r, lport, owner, &a, 1));
}

static struct relay *scene(void)
{
	struct relay_cfg cfg = { .max_lports = N_LPORTS,
		.max_fdb = 64,
		.max_admit = 32,
		.fdb_age_s = 300,
		.max_learned_drp = 16,
		.max_groups = 4,
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
	return r;
}

static size_t make_frame(struct prng *rnd, uint8_t *f)
{
	static const uint8_t group[3][6] = { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff }, { 1, 0, 0x5e, 0, 0, 1 },
		{ 1, 0x80, 0xc2, 0, 0, 3 } };
	static const uint16_t vids[] = { 0, 10, 10, 10, 20, 30, 4095 };
	uint64_t dst = prng_below(rnd, 11);
	struct mac d = mac_of(1 + prng_below(rnd, 8)), s = mac_of(prng_below(rnd, 8));
	uint16_t tci = (uint16_t)(prng_below(rnd, 16) << 12 | vids[prng_below(rnd, 7)]);

	memset(f, 0, 80);
	memcpy(f, dst < 3 ? group[dst] : d.b, 6);
	memcpy(f + 6, prng_below(rnd, 40) ? s.b : group[1], 6);
	if (prng_below(rnd, 3) > 0) {
		f[12] = 0x81;
		f[14] = (uint8_t)(tci >> 8);
		f[15] = (uint8_t)tci;
	}
	return prng_below(rnd, 20) ? 60 + prng_below(rnd, 20) : 14 + prng_below(rnd, 6);
}

static void compare(const struct relay_result *user, const struct fwd_decision *kernel, unsigned n)
{
	const struct fwd_decision *d = &user->walk.d;
	/* the set may be empty: only user space walks it */
	bool is_empty_set = user->drop == FWD_DROP_NO_DESTINATION && kernel->drop == FWD_PASS &&
			    kernel->to == FWD_TO_SET;

	if (user->drop == FWD_DROP_MALFORMED && kernel->drop == FWD_DROP_MALFORMED)
		return;
	if ((user->drop == (enum fwd_drop)kernel->drop || is_empty_set) && d->vid == kernel->vid &&
		d->to == kernel->to && d->out == kernel->out && d->except == kernel->except &&
		d->prio == kernel->prio && d->learn == kernel->learn &&
		d->is_unknown_source == kernel->is_unknown_source &&
		d->is_registered == kernel->is_registered)
		return;
	fprintf(stderr,
		"frame %u: user space: %s vid %u to %u out %u except %u prio %u; kernel: %s %u %u %u %u %u\n",
		n, fwd_drop_name(user->drop), d->vid, d->to, d->out, d->except, d->prio,
		fwd_drop_name((enum fwd_drop)kernel->drop), kernel->vid, kernel->to, kernel->out,
		kernel->except, kernel->prio);
	exit(1);
}

static void check_verdict(const struct relay_result *user, uint16_t lport, uint32_t verdict)
{
	const struct fwd_decision *d = &user->walk.d;

	CHECK(verdict == XDP_DROP || verdict == XDP_PASS || verdict == XDP_TX || verdict == XDP_REDIRECT);
	if (verdict == XDP_DROP)
		CHECK(user->verdict == RELAY_DROPPED);
	if (verdict == XDP_TX)
		CHECK(user->verdict == RELAY_FORWARDED && d->to == FWD_TO_ONE && d->out == lport);
	if (verdict == XDP_REDIRECT)
		CHECK(user->verdict == RELAY_FORWARDED && d->to == FWD_TO_ONE && d->out != lport);
}

int main(int argc, char **argv)
{
	struct prng rnd = { 20111 };
	struct relay *r;
	uint32_t zero = 0, loopback = LOOPBACK;
	unsigned seen[5] = { 0 };

	CHECK(argc == 2);
	if (geteuid() != 0) {
		fprintf(stderr, "SKIPPED: loading eBPF programs needs root\n");
		return SKIPPED;
	}
	load(argv[1]);
	r = scene();
	mirror_ports(r);
	mirror_groups(r);
	mirror_addresses(r);
	for (uint32_t i = 0; i < N_LPORTS; i++) {
		if (relay_port(r, (uint16_t)i))
			put("out_ifs", &i, &loopback);
	}
	for (unsigned n = 0; n < N_FRAMES; n++) {
		uint8_t frame[80], out[80 + 256];
		uint16_t lport = (uint16_t)prng_below(&rnd, 7);
		uint32_t value = lport;
		size_t len = make_frame(&rnd, frame);
		struct fwd_decision kernel;
		struct relay_result user;
		LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = frame, .data_size_in = (uint32_t)len,
			.data_out = out, .data_size_out = sizeof(out), .repeat = 1);

		relay_rx(r, lport, span_of(frame, len), (struct mono){ n }, &user); /* it learns first, */
		mirror_source(r, lport, &user); /* so both look at the same */
		put("lport_of_if", &loopback, &value);
		CHECK(bpf_prog_test_run_opts(
			      bpf_program__fd(bpf_object__find_program_by_name(object, "evb_forward")),
			      &run) == 0);
		CHECK(bpf_map_lookup_elem(map("trace"), &zero, &kernel) == 0);
		compare(&user, &kernel, n);
		check_verdict(&user, lport, run.retval);
		seen[run.retval]++;
	}
	printf("%d frames: %u dropped, %u to user space, %u reflected, %u redirected\n", N_FRAMES,
		seen[XDP_DROP], seen[XDP_PASS], seen[XDP_TX], seen[XDP_REDIRECT]);
	CHECK(seen[XDP_DROP] > 100 && seen[XDP_PASS] > 100 && seen[XDP_TX] > 10 && seen[XDP_REDIRECT] > 10);
	bpf_object__close(object);
	free(r);
	return 0;
}
