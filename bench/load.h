/* What the load's frames look like, for the sender and the counter in the kernel (load.bpf.c) and load.c. */
#ifndef EVB_BENCH_LOAD_H
#define EVB_BENCH_LOAD_H

enum {
	LOAD_HEADER = 14,
	LOAD_TAGGED_HEADER = 22, /* with the longest tag */
	LOAD_ETHERTYPE = 0x88b5, /* IEEE 802, for local experiments */
};

struct load_setup { /* of the sender, read-only for it */
	int ifindex;
	unsigned char head[LOAD_TAGGED_HEADER]; /* of each frame */
};

#endif
