/*
 * Keys and values of the maps of forward.bpf.c, for it and for whoever fills them (daemon/fastpath.h).
 *
 * Arrays are written a word at a time, so that a reader sees the old or the new word. Whatever is missing in a table
 * makes a frame go up to user space, never further.
 *
 * Tables are arrays of buckets: a look-up is a few instructions of the program itself, where one in a hash map of the
 * kernel's is a call that takes as long as all the rest.
 */
#ifndef EVB_FWD_MAPS_H
#define EVB_FWD_MAPS_H

#include "fwd_types.h"

enum {
	FWD_MAPS_LPORTS = 4096,
	FWD_MAPS_CHANNELS = 4096,
	FWD_MAPS_VSIS = 65536,   /* as many as a relay has; the loader may say less */
	FWD_MAPS_DEVICES = 4096, /* slots, a power of two */
	FWD_MAPS_PROBES = 4,     /* slots that a device can be in, from ifindex & (FWD_MAPS_DEVICES - 1) on */
};
#define FWD_NO_VSI 0xffffffffu

/** `state`, one: what all programs look at first. */
struct fwd_state {
	uint64_t good_until; /* CLOCK_MONOTONIC: nobody cares for the tables any more, all frames go up */
	uint64_t changes; /* odd: tables are being changed, or have no room: what is not found may be there */
};

enum fwd_device_flag {
	FWD_DEVICE_SKB = 1,     /* a veth: its frames may be socket buffers, with more to them than octets */
	FWD_DEVICE_WATCHED = 2, /* somebody looks at its frames: none leaves the stack before that */
};
/** `devices`, by hashed ifindex: what a frame from this device is. */
struct fwd_device {
	uint32_t ifindex; /* 0: free */
	uint16_t lport;
	uint16_t flags;
	uint64_t mac; /* its own: such frames are the host's as well */
};

enum fwd_out_flag {
	FWD_OUT_XDP = 1, /* its device takes frames from XDP */
	FWD_OUT_TC = 2,  /* and socket buffers from tc */
	FWD_OUT_PADS = 4,
};
/** `slots`, by logical port. */
struct fwd_slot {
	struct fwd_port p;
	uint32_t ifindex;         /* frames leave by it; 0: not from here */
	uint16_t untagged_vid;    /* DRP, if n_untagged_vids is 1 */
	uint16_t n_untagged_vids; /* DRP: VLANs that untagged frames may belong to */
	uint64_t out;             /* enum fwd_out_flag */
	uint64_t sampled; /* when a frame of no VSI last went up, to be told of; written by the programs */
	uint64_t pad;
};
_Static_assert(sizeof(struct fwd_slot) == 64, "one cache line");

/** `vlans`, by logical port: a bit for each VID. */
struct fwd_vlans {
	uint64_t member[64], untagged[64];
};

enum { FWD_TABLE_CELLS = 8 };
/** Key and value of an entry; scope, the lower sixteen bits of the value, is part of what is looked for. An entry is changed
 * while its key is 0, and a reader looks at the key again when it has the value. */
struct fwd_cell {
	uint64_t key; /* 0: free; else with FWD_CELL_USED */
	uint64_t value;
};
struct fwd_bucket {
	struct fwd_cell cell[FWD_TABLE_CELLS];
};
#define FWD_CELL_USED (1ull << 63)
/** What the program has to know of the tables: secrets that make buckets unpredictable, and how many there are. */
struct fwd_setup {
	uint64_t secret[3];
	uint32_t n_vsis;                               /* of a lane of vsi_counts */
	uint32_t bindings, stations, places, channels; /* buckets of each are 1 << this */
	uint32_t pad;
};

/** Multiply-shift with secret multipliers: nobody outside can make keys collide. */
static inline uint32_t fwd_bucket_of(const uint64_t secret[3], uint32_t bits, uint64_t key, uint32_t scope)
{
	uint64_t h = (key ^ secret[0]) * (secret[1] | 1);

	h = ((h ^ h >> 32) + scope) * (secret[2] | 1);
	return (uint32_t)(h >> 32) >> (32 - bits);
}

/*
 * Values, behind the scope:
 *
 *   bindings   scope: logical port. Key: VID << 48 | address, address 0 any source.  VSI 32 | PCP 3 | flags
 *   stations   scope: logical port. Key: address, 0 any other.                       VID 16
 *   places     scope: component. Key: VID << 48 | address.                           logical port 16 | VSI 31 | static 1
 *   channels   scope: trunk. Key: id.                                                logical port 16
 */
enum {
	FWD_BINDING_HAS_PCP = 1 << 3, /* above the PCP */
	FWD_BINDING_PLACED = 1 << 4,  /* its address is where it is expected: nothing to learn */
	FWD_BINDING_UNHEARD = 1 << 5, /* its first frame is for user space */
};
static inline uint64_t fwd_binding_value(uint32_t vsi, uint32_t pcp_and_flags)
{
	return (uint64_t)vsi << 16 | (uint64_t)pcp_and_flags << 48;
}
static inline uint64_t fwd_place_value(uint16_t lport, uint32_t vsi, bool is_static)
{
	return (uint64_t)lport << 16 | (uint64_t)(vsi & 0x7fffffffu) << 32 | (uint64_t)is_static << 63;
}
static inline uint16_t fwd_place_lport(uint64_t value)
{
	return (uint16_t)(value >> 16);
}
static inline uint32_t fwd_place_vsi(uint64_t value)
{
	uint32_t vsi = (uint32_t)(value >> 32) & 0x7fffffffu;

	return vsi == (FWD_NO_VSI & 0x7fffffffu) ? FWD_NO_VSI : vsi;
}
static inline bool fwd_place_is_static(uint64_t value)
{
	return value >> 63 != 0;
}
static inline uint16_t fwd_value_u16(uint64_t value) /* stations, channels */
{
	return (uint16_t)(value >> 16);
}

/*
 * Counters. Each CPU has a lane of its own, so that none waits for another: `port_counts` at lane * FWD_MAPS_LPORTS +
 * logical port, `vsi_counts` at lane * (number of VSIs) + VSI. What is dropped is rarer: `drops` by logical port, for
 * all CPUs.
 */
struct fwd_lane {
	uint64_t jiffies, now; /* CLOCK_MONOTONIC, when that tick began */
};
struct fwd_port_count {
	uint64_t rx_frames, rx_octets, tx_frames, tx_octets, reflected;
};
struct fwd_vsi_count {
	uint64_t rx_frames, rx_octets, tx_frames, tx_octets;
	uint64_t seen; /* CLOCK_MONOTONIC, last frame that came in */
};
struct fwd_drop_count {
	uint64_t n[FWD_N_DROPS];
};

#endif
