/* The fast path's maps, for its own files. */
#ifndef EVB_FASTPATH_PRIV_H
#define EVB_FASTPATH_PRIV_H

#include <bpf/libbpf.h>

#include "fastpath.h"
#include "fwd_maps.h"

/* What was counted for a port or VSI when the relay was last told. */
struct fastpath_told_port {
	bool in_use;
	struct fwd_port_count n;
	struct fwd_drop_count drops;
};
struct fastpath_told_vsi {
	struct fwd_vsi_count n;
	uint32_t birth;
	bool in_use;
};

/* An array in the kernel as memory of ours, of which as much is mapped as was asked for: the rows that are in use are the
 * first ones. */
struct fastpath_array {
	int fd;
	uint32_t row;        /* octets */
	uint32_t per_window; /* rows; that many are whole pages */
	uint32_t n_windows;
	size_t size;   /* of the whole, in pages */
	void **window; /* NULL: not mapped yet */
};

/* A table of buckets. It is not mapped: entries lie anywhere in it. */
struct fastpath_table {
	int fd;
	uint32_t bits;
	bool is_used; /* something was ever put there */
};

struct fastpath {
	struct fastpath_cfg cfg;
	struct bpf_object *object;
	int program;
	uint32_t program_id;
	uint32_t n_lanes, n_vsis;
	struct fwd_setup setup;
	struct fastpath_table bindings, stations, places, channels;
	int seen, out_ifs; /* descriptors */
	struct fwd_state *state;
	struct fastpath_array bss, devices, slots, vlans, port_counts, vsi_counts, drops;
	struct fastpath_told_port *told_port; /* [FWD_MAPS_LPORTS] */
	struct fastpath_told_vsi *told_vsi;   /* [n_vsis] */
	uint32_t top_vsi;                     /* none from here on was ever in use */
	bool is_partial;                      /* some entry had no room */
	char trouble[FASTPATH_WHY];
};

/** Row `i`; NULL: it can't be mapped, and the fast path is given up. */
void *fastpath_row(struct fastpath *f, struct fastpath_array *a, uint32_t i);
/** All frames go up from now on. */
void fastpath_give_up(struct fastpath *f, const char *what, int error);

#endif
