/* Frames on their way out of one device: collected, then handed to the kernel with one system call. */
#ifndef EVB_TXQ_H
#define EVB_TXQ_H

#include "link.h"

struct txq;

/** Sends out of the device with this index. NULL with *ret_errno (negative). */
struct txq *txq_new(int ifindex, int *ret_errno);
void txq_free(struct txq *q);
/** Copy one frame, given in two parts, into the queue; flushes by itself when full. */
void txq_add(struct txq *q, struct span head, struct span rest, struct link_counters *count);
/** Give everything to the kernel; never blocks. What it does not take is lost and counted as tx_dropped. */
void txq_flush(struct txq *q, struct link_counters *count);

#endif
