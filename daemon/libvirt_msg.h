/*
 * libvirt's messages to lldpad, and lldpad's to libvirt: rtnetlink messages between two processes of one network
 * namespace, octets as in openlldp 7.2 to 7.4 (docs/libvirt.md). Pure: octets in, a value out, and back.
 *
 *	libvirt                                    evbd
 *	RTM_SETLINK  a guest's VSI, and a request  ->
 *	                                           <-  NLMSG_ERROR  0: taken, or -errno
 *	RTM_GETLINK  a device              (poll)  ->
 *	                                           <-  NLMSG_DONE   its VSIs, each with its response or none yet
 *	                                           <-  RTM_SETLINK  the switch has let go of a VSI
 */
#ifndef EVB_LIBVIRT_MSG_H
#define EVB_LIBVIRT_MSG_H

#include <net/if.h>

#include "mac.h"
#include "span.h"

enum libvirt_op { /* IFLA_PORT_REQUEST */
	LIBVIRT_PREASSOC,
	LIBVIRT_PREASSOC_RR,
	LIBVIRT_ASSOC,
	LIBVIRT_DEASSOC,
};

enum libvirt_response { /* IFLA_PORT_RESPONSE (port-extension-reference 6.1, openlldp 7.3) */
	LIBVIRT_SUCCESS = 0,
	/* 1..6: response code of draft 0.2; on a ratified port the error with VDP_STATUS_KEEP and VDP_STATUS_HARD */
	LIBVIRT_ERROR = 0x105, /* no answer, or none that has a code */
};

/** What both kinds of request have. */
struct libvirt_head {
	uint32_t len; /* as its header said it */
	uint16_t type;
	uint16_t flags;
	uint32_t seq;
	uint32_t
		pid; /* libvirt's event socket: netlink port that events go to, not the one that answers go to */
	int32_t ifindex;          /* of the physical device; 0: not said */
	char ifname[IF_NAMESIZE]; /* empty: not said */
};

struct libvirt_vsi {     /* as a RTM_SETLINK describes it */
	uint8_t op;      /* enum libvirt_op */
	uint8_t manager; /* VSI manager id of draft 0.2 */
	uint32_t type_id;
	uint8_t type_version;
	uint8_t uuid[16];
	bool has_mac; /* false: the filter is the VLAN alone */
	struct mac mac;
	uint16_t vid; /* 0: none, the switch chooses */
	uint8_t pcp;  /* 0: none */
};

enum libvirt_err {
	LIBVIRT_OK,
	LIBVIRT_ERR_SHORT, /* no whole header: it can't be answered */
	LIBVIRT_ERR_TYPE,  /* neither RTM_SETLINK nor RTM_GETLINK */
	LIBVIRT_ERR_FORMAT, /* a length that is none of this attribute's, a request or a VLAN that there is not */
	LIBVIRT_ERR_ABSENT, /* no VSI type, UUID, request, or filter */
	LIBVIRT_ERR_MANY,   /* more than one VSI or filter */
};
const char *libvirt_err_text(enum libvirt_err e);

enum {
	LIBVIRT_ERROR_LEN = 36,
	LIBVIRT_EVENT_MAX = 192,
	/* of one answer: the attribute around them has a length of 16 bits, and each has up to 40 octets */
	LIBVIRT_LIST_VSIS = 1638,
	LIBVIRT_LIST_MAX = 36 + 40 * LIBVIRT_LIST_VSIS,
};

/** The first message of a datagram. *ret_head is written unless the error is SHORT; *ret_vsi only for a RTM_SETLINK, on
 * LIBVIRT_OK. Attributes that are not known are passed over. `datagram` is aligned to 4. */
enum libvirt_err libvirt_decode(
	struct span datagram, struct libvirt_head *ret_head, struct libvirt_vsi *ret_vsi);

/** The immediate answer: 0, or a negative errno. Returns its length. `buf` is aligned to 4, as below. */
size_t libvirt_encode_error(const struct libvirt_head *of, int error, uint8_t buf[LIBVIRT_ERROR_LEN]);

struct libvirt_list { /* an answer to a poll, being made */
	uint8_t *buf;
	void *nest; /* NULL: no VSI yet */
	unsigned n;
};
/** Begin the answer for a device. */
void libvirt_list_begin(struct libvirt_list *l, const struct libvirt_head *of, int32_t ifindex,
	uint8_t buf[LIBVIRT_LIST_MAX]);
/** Add a VSI; response NULL: it is in progress. False: no room, nothing was added. */
bool libvirt_list_add(struct libvirt_list *l, const uint8_t uuid[16], const uint16_t *response);
/** Length of the whole. */
size_t libvirt_list_end(struct libvirt_list *l);

/** The switch has let go of the VSI of this request, whose device is now called so. port_id: ours. Returns the length. */
size_t libvirt_encode_event(const struct libvirt_head *of, const struct libvirt_vsi *v, uint32_t port_id,
	uint8_t buf[LIBVIRT_EVENT_MAX]);

#endif
