/*
 * libvirt's VSIs: what it asked for by RTM_SETLINK, what became of it, and what its polls are told (openlldp 7;
 * docs/libvirt.md). Between the messages (libvirt_msg.h) and the node; no socket, clock or log.
 *
 * A VSI is listed from its request until it is over and libvirt had time to read so. Each new request begins anew: it is
 * in progress until VDP has an outcome or its time is over, and what became of an earlier one is forgotten.
 *
 *	  request          answer, time out                     associated: until de-associated
 *	-----------> PENDING ------------> DONE, response ----> over: until read, and a while longer
 *	     ^                               |
 *	     +------------- request ---------+
 *
 * libvirt gives up after 10 s, and lets a guest that was never associated go; so a request that has failed is also taken
 * back. A guest that runs already is another matter: what is asked for it again stands, and evbd goes on asking.
 *
 * After every input pull libvirt_next_note() until false.
 */
#ifndef EVB_LIBVIRT_VSI_H
#define EVB_LIBVIRT_VSI_H

#include "libvirt_msg.h"
#include "node.h"

enum {
	LIBVIRT_DEADLINE_S = 8, /* longest time of a request; respWaitDelay if that is shorter */
	LIBVIRT_READ_S = 12,    /* what is over stays listed: libvirt polls for 10 s, and others poll, too */
	LIBVIRT_UNREAD_S = 600, /* the same, when nobody has polled at all */
	LIBVIRT_REASON = VTDB_REASON + 64,
};

struct libvirt_counters {
	uint64_t requests;   /* RTM_SETLINK that could be read */
	uint64_t not_taken;  /* of them answered with an errno */
	uint64_t succeeded;  /* and those with an outcome */
	uint64_t failed;     /* refused */
	uint64_t timed_out;  /* no answer in time */
	uint64_t polls;      /* RTM_GETLINK answered */
	uint64_t not_listed; /* VSIs that an answer had no room for */
	uint64_t let_go;     /* VSIs that the switch let go */
	uint64_t forgotten;  /* over and unread, dropped because the table was full */
};

enum libvirt_note_kind {
	LIBVIRT_NOTE_FAILED, /* for log and monitor: a request ended without success, or was not taken */
	LIBVIRT_NOTE_LOST,   /* an event to send: the switch has let go of a VSI */
	LIBVIRT_NOTE_VLAN,   /* for log and monitor: the guest's frames are not in the VLAN of its VSI */
};
struct libvirt_note {
	enum libvirt_note_kind kind;
	uint16_t port; /* of the VSI, or the device */
	struct vsi_id vsi;
	const char *event;           /* FAILED, VLAN: what happened; a constant */
	char reason[LIBVIRT_REASON]; /* FAILED, VLAN */
	struct libvirt_head head;    /* LOST: of the latest request; its pid is where the event goes */
	struct libvirt_vsi asked;    /* LOST */
};

/** VSI managers that libvirt's octets name: managers[octet], all zeros: none is configured. */
struct libvirt_managers {
	struct vdp_manager of[256];
};

struct libvirt;

/** The node and `managers` are borrowed, the latter may change. NULL: out of memory. */
struct libvirt *libvirt_new(
	struct node *n, const struct libvirt_managers *managers, uint32_t max_vsis, struct siphash_key key);
void libvirt_free(struct libvirt *l);

/** A RTM_SETLINK about a device: node port of the station port that has its name, NODE_NO_PORT: we have none. 0, or a
 * negative errno with the reason. What it asks of VDP leaves with the next node_kick() of *ret_port, if that is one. */
int libvirt_set(struct libvirt *l, uint16_t device, const struct libvirt_head *h, const struct libvirt_vsi *v,
	struct mono now, uint16_t *ret_port, char why[LIBVIRT_REASON]);
/** A RTM_GETLINK about a device: its VSIs, those last asked for first. Returns the length of the answer. */
size_t libvirt_list(struct libvirt *l, uint16_t device, const struct libvirt_head *h, int32_t ifindex,
	uint8_t buf[LIBVIRT_LIST_MAX]);
/** For every event of the node, while ev->vsi is valid. Does not call the node back. */
void libvirt_on_event(struct libvirt *l, const struct node_event *ev, struct mono now);
/** Requests whose time is over, failed ones that are to be taken back, and VSIs that were read. Calls the node. */
void libvirt_on_time(struct libvirt *l, struct mono now);
/** When it is due; at once when there is something to take back. */
struct mono libvirt_deadline(const struct libvirt *l);
bool libvirt_has_notes(const struct libvirt *l);
/** False: no more. */
bool libvirt_next_note(struct libvirt *l, struct libvirt_note *ret);
const struct libvirt_counters *libvirt_counters(const struct libvirt *l);
uint32_t libvirt_count(const struct libvirt *l); /* VSIs listed */

#endif
