/*
 * fastpath.c - the fast path's program and maps in the kernel, and the devices where it runs (libbpf).
 *
 * The object is part of this executable. Loading takes capabilities that a running evbd has given away; attaching and
 * map updates do not. Programs are attached by rtnetlink and belong to the device, not to a process.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <malloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#include "fastpath_priv.h"

enum { COUNTS_MAX = 64 << 20 /* octets of VSI counters, of all CPUs */, BIG_BLOCK = 1 << 17 };

/* forward.bpf.o */
__asm__(".section .rodata\n"
	".balign 16\n"
	"fastpath_object:\n"
	".incbin \"" FASTPATH_OBJECT "\"\n"
	"fastpath_object_end:\n"
	".balign 8\n"
	"fastpath_object_size: .quad fastpath_object_end - fastpath_object\n"
	".previous\n");
extern const char fastpath_object[];
extern const uint64_t fastpath_object_size;

bool fastpath_is_built(void)
{
	return true;
}

static int silent(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0;
}

static struct bpf_map *map_of(const struct fastpath *f, const char *name)
{
	return bpf_object__find_map_by_name(f->object, name);
}

/* Ours once libbpf's object is closed, which is megabytes of what it was made from. */
static int keep(int fd)
{
	return fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0);
}

static int map_fd(const struct fastpath *f, const char *name)
{
	return keep(bpf_map__fd(map_of(f, name)));
}

int fastpath_fd(const struct fastpath *f)
{
	return f->program;
}

uint32_t fastpath_program(const struct fastpath *f)
{
	return f ? f->program_id : 0;
}

static int set_size(const struct fastpath *f, const char *name, uint32_t n)
{
	return bpf_map__set_max_entries(map_of(f, name), n);
}

/* Buckets for n entries: half full when all are there. */
static uint32_t bits_for(uint32_t n)
{
	uint32_t bits = 1;

	while ((uint64_t)FWD_TABLE_CELLS << bits < 2ull * n)
		bits++;
	return bits;
}

static int set_sizes(struct fastpath *f)
{
	struct bpf_map *rodata = map_of(f, ".rodata");
	int n_cpus = libbpf_num_possible_cpus(), err;

	if (n_cpus <= 0 || !rodata ||
		getrandom(f->setup.secret, sizeof(f->setup.secret), 0) != (ssize_t)sizeof(f->setup.secret))
		return -EINVAL;
	f->n_lanes = (uint32_t)n_cpus;
	f->n_vsis = COUNTS_MAX / (f->n_lanes * (uint32_t)sizeof(struct fwd_vsi_count));
	if (f->n_vsis > FWD_MAPS_VSIS)
		f->n_vsis = FWD_MAPS_VSIS;
	f->setup.n_vsis = f->n_vsis;
	f->bindings.bits = f->setup.bindings = bits_for(f->cfg.max_admissions);
	f->stations.bits = f->setup.stations = bits_for(f->cfg.max_admissions / 2);
	f->places.bits = f->setup.places = bits_for(f->cfg.max_fdb + f->cfg.max_admissions);
	f->channels.bits = f->setup.channels = bits_for(FWD_MAPS_CHANNELS);
	err = bpf_map__set_initial_value(rodata, &f->setup, sizeof(f->setup));
	err |= set_size(f, "lanes", f->n_lanes);
	err |= set_size(f, "port_counts", f->n_lanes * FWD_MAPS_LPORTS);
	err |= set_size(f, "vsi_counts", f->n_lanes * f->n_vsis);
	err |= set_size(f, "bindings", 1u << f->bindings.bits);
	err |= set_size(f, "stations", 1u << f->stations.bits);
	err |= set_size(f, "places", 1u << f->places.bits);
	err |= set_size(f, "seen", (uint32_t)FWD_TABLE_CELLS << f->places.bits);
	err |= set_size(f, "channels", 1u << f->channels.bits);
	return err;
}

static uint32_t common_divisor(uint32_t a, uint32_t b)
{
	while (b != 0) {
		uint32_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

static bool see(const struct fastpath *f, const char *name, struct fastpath_array *ret)
{
	const struct bpf_map *m = map_of(f, name);
	uint32_t page = (uint32_t)sysconf(_SC_PAGESIZE);

	ret->fd = keep(bpf_map__fd(m));
	ret->row = (bpf_map__value_size(m) + 7) / 8 * 8;
	ret->per_window = page / common_divisor(ret->row, page);
	ret->size = ((size_t)ret->row * bpf_map__max_entries(m) + page - 1) / page * page;
	ret->n_windows = (bpf_map__max_entries(m) + ret->per_window - 1) / ret->per_window;
	ret->window = calloc(ret->n_windows, sizeof(*ret->window));
	return ret->window != NULL;
}

/* The last one may be smaller than the others. */
static size_t window_size(const struct fastpath_array *a, uint32_t w)
{
	size_t size = (size_t)a->row * a->per_window, left = a->size - w * size;

	return left < size ? left : size;
}

static void *map_window(struct fastpath *f, struct fastpath_array *a, uint32_t w)
{
	void *at = mmap(NULL, window_size(a, w), PROT_READ | PROT_WRITE, MAP_SHARED, a->fd,
		(off_t)w * (off_t)a->row * (off_t)a->per_window);

	if (at == MAP_FAILED)
		fastpath_give_up(f, "the kernel's tables can't be mapped", errno);
	return at == MAP_FAILED ? NULL : at;
}

void *fastpath_row(struct fastpath *f, struct fastpath_array *a, uint32_t i)
{
	uint32_t w = i / a->per_window;

	if (a->window[w] == NULL)
		a->window[w] = map_window(f, a, w);
	return a->window[w] ? (uint8_t *)a->window[w] + (size_t)a->row * (i % a->per_window) : NULL;
}

static bool see_all(struct fastpath *f)
{
	struct bpf_prog_info info = { 0 };
	uint32_t len = sizeof(info);

	f->program = keep(bpf_program__fd(bpf_object__find_program_by_name(f->object, "evb_xdp")));
	if (f->program < 0 || bpf_obj_get_info_by_fd(f->program, &info, &len) != 0)
		return false;
	f->program_id = info.id;
	f->bindings.fd = map_fd(f, "bindings");
	f->stations.fd = map_fd(f, "stations");
	f->places.fd = map_fd(f, "places");
	f->channels.fd = map_fd(f, "channels");
	f->seen = map_fd(f, "seen");
	f->out_ifs = map_fd(f, "out_ifs");
	if (!see(f, ".bss", &f->bss) || !see(f, "devices", &f->devices) || !see(f, "slots", &f->slots) ||
		!see(f, "vlans", &f->vlans) || !see(f, "port_counts", &f->port_counts) ||
		!see(f, "vsi_counts", &f->vsi_counts) || !see(f, "drops", &f->drops))
		return false;
	f->state = fastpath_row(f, &f->bss, 0);
	return f->state != NULL;
}

static struct fastpath *fail(struct fastpath *f, int error, const char *what, char *why)
{
	snprintf(why, FASTPATH_WHY, "%s: %s", what, strerror(error));
	fastpath_close(f);
	return NULL;
}

struct fastpath *fastpath_open(const struct fastpath_cfg *cfg, char *why)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = "evbd");
	struct fastpath *f = calloc(1, sizeof(*f));
	int err;

	if (!f)
		return fail(f, ENOMEM, "fast path", why);
	f->cfg = *cfg;
	(void)mallopt(M_MMAP_THRESHOLD,
		BIG_BLOCK);       /* what libbpf reads the kernel's types into goes back at once */
	libbpf_set_print(silent); /* what it has to say is the error that it returns */
	f->object = bpf_object__open_mem(fastpath_object, fastpath_object_size, &opts);
	if (!f->object || set_sizes(f) != 0)
		return fail(f, errno, "the program can't be read", why);
	f->told_port = calloc(
		FWD_MAPS_LPORTS, sizeof(*f->told_port)); /* while untouched memory is to be had */
	f->told_vsi = calloc(f->n_vsis, sizeof(*f->told_vsi));
	if (!f->told_port || !f->told_vsi)
		return fail(f, ENOMEM, "fast path", why);
	err = bpf_object__load(f->object);
	if (err != 0)
		return fail(f, -err, "the kernel does not take the program", why);
	if (!see_all(f))
		return fail(f, ENOMEM, "the kernel's tables can't be mapped", why);
	bpf_object__close(f->object);
	f->object = NULL;
	(void)malloc_trim(0);
	return f;
}

static void unmap(struct fastpath_array *a)
{
	for (uint32_t w = 0; a->window && w < a->n_windows; w++)
		if (a->window[w])
			(void)munmap(a->window[w], window_size(a, w));
	if (a->window)
		close(a->fd);
	free(a->window);
}

static void close_fds(const struct fastpath *f)
{
	const int fds[] = { f->program, f->bindings.fd, f->stations.fd, f->places.fd, f->channels.fd, f->seen,
		f->out_ifs };

	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		if (fds[i] > 0)
			close(fds[i]);
}

void fastpath_close(struct fastpath *f)
{
	if (!f)
		return;
	unmap(&f->bss);
	unmap(&f->devices);
	unmap(&f->slots);
	unmap(&f->vlans);
	unmap(&f->port_counts);
	unmap(&f->vsi_counts);
	unmap(&f->drops);
	close_fds(f);
	if (f->object)
		bpf_object__close(f->object);
	free(f->told_port);
	free(f->told_vsi);
	free(f);
}

/* ---- devices ---- */

/* Where a device is or would be; NULL: its places are taken. */
static struct fwd_device *place_of(struct fastpath *f, int ifindex)
{
	struct fwd_device *unused = NULL;

	for (uint32_t k = 0; k < FWD_MAPS_PROBES; k++) {
		struct fwd_device *d = fastpath_row(
			f, &f->devices, ((uint32_t)ifindex + k) & (FWD_MAPS_DEVICES - 1));

		if (!d)
			return NULL;
		if (d->ifindex == (uint32_t)ifindex)
			return d;
		if (d->ifindex == 0 && unused == NULL)
			unused = d;
	}
	return unused;
}

static uint64_t word_of(const void *at)
{
	uint64_t word;

	memcpy(&word, at, sizeof(word));
	return word;
}

static void forget(struct fwd_device *at)
{
	__atomic_store_n((uint64_t *)(void *)at, 0, __ATOMIC_RELEASE);
}

/* Two words: who it is comes last, and goes first. */
static void describe(struct fwd_device *at, const struct fastpath_device *d)
{
	const struct fwd_device value = { .ifindex = (uint32_t)d->ifindex,
		.lport = d->lport,
		.flags = (uint16_t)((d->is_veth ? FWD_DEVICE_SKB : 0) |
				    (d->is_watched ? FWD_DEVICE_WATCHED : 0)),
		.mac = mac_u64(d->mac) };

	_Static_assert(sizeof(value) == 16, "two words");
	if (at->mac != value.mac) {
		forget(at);
		__atomic_store_n(&at->mac, value.mac, __ATOMIC_RELEASE);
	}
	__atomic_store_n((uint64_t *)(void *)at, word_of(&value), __ATOMIC_RELEASE);
}

/* 0, or the number of the program that is there. */
static int query(int ifindex, uint32_t flags, uint32_t *ret)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, opts);
	int err = bpf_xdp_query(ifindex, 0, &opts);

	*ret = flags & XDP_FLAGS_SKB_MODE ? opts.skb_prog_id : opts.drv_prog_id;
	if (err == 0 && opts.prog_id != 0 && opts.prog_id != *ret)
		*ret = opts.prog_id; /* in another mode */
	return err;
}

bool fastpath_describe(struct fastpath *f, const struct fastpath_device *d)
{
	struct fwd_device *at = place_of(f, d->ifindex);

	if (at)
		describe(at, d);
	return at != NULL;
}

void fastpath_forget(struct fastpath *f, int ifindex)
{
	struct fwd_device *at = f ? place_of(f, ifindex) : NULL;

	if (at && at->ifindex == (uint32_t)ifindex)
		forget(at);
}

int fastpath_attach(const struct fastpath *f, const struct fastpath_device *d)
{
	uint32_t flags = d->is_generic ? XDP_FLAGS_SKB_MODE : XDP_FLAGS_DRV_MODE;
	uint32_t there;
	int err = query(d->ifindex, flags, &there);

	if (err != 0 || there == f->program_id)
		return err;
	if (there != 0 && there != d->before)
		return -EBUSY;
	return bpf_xdp_attach(d->ifindex, f->program, flags, NULL);
}

void fastpath_leave(const struct fastpath *f, int ifindex)
{
	uint32_t there;

	for (uint32_t flags = XDP_FLAGS_SKB_MODE; flags <= XDP_FLAGS_DRV_MODE; flags <<= 1)
		if (query(ifindex, flags, &there) == 0 && there == f->program_id)
			(void)bpf_xdp_detach(ifindex, flags, NULL);
}
