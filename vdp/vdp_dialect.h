/*
 * What the two generations of VDP differ in: payloads, timers, answers and what can be said at all (802.1Q clause 41,
 * evb-reference 6; 7.3, 7.4). Machines and tables are the same for both. They speak the ratified language - types 1..4,
 * the status octet, 16-octet managers - and a dialect's codec translates:
 *
 *   internally                        ratified wire              draft wire
 *   answer, success                   type of the request, 40    MODE of the request, RESP 0
 *   refusal: De-Associate form        type 4, 40 + error         MODE of the request, RESP
 *   refusal, kept                     60 + error                 can't be said: a refused VSI is over at both ends
 *   the bridge's own De-Associate     type 4, 00                 MODE 3, RESP 0
 *   De-Associate, done                type 4, 40                 MODE 3, RESP 0 (read as the line before)
 *   manager                           a TLV for all that follow  an octet in each TLV
 */
#ifndef EVB_VDP_DIALECT_H
#define EVB_VDP_DIALECT_H

#include "qbg.h"
#include "vdp_tlv.h"

/** How a one-octet manager id and one of 16 octets name the same manager. Zeroed: the octet right-aligned. */
struct vdp_manager_map {
	struct vdp_manager base; /* the other 15 octets */
	uint8_t from_right;      /* place of the octet, 0..15; 0: the last one */
};
struct vdp_manager vdp_manager_of_octet(const struct vdp_manager_map *map, uint8_t octet);
/** False when no octet stands for this manager. */
bool vdp_manager_octet(const struct vdp_manager_map *map, const struct vdp_manager *m, uint8_t *ret);

enum vdp_submit {            /* of a request to the station */
	VDP_SUBMIT_OK,       /* taken; its outcome comes as an event */
	VDP_SUBMIT_FULL,     /* table or pool full */
	VDP_SUBMIT_TOO_LONG, /* filters do not fit one TLV or ECPDU */
	VDP_SUBMIT_BAD,      /* not a legal request: no filter, VID 4095, group MAC ... */
	VDP_SUBMIT_UNKNOWN,  /* de-associate of a VSI that does not exist */
	/* legal, but not to be said in the dialect in force: */
	VDP_SUBMIT_NO_FORMAT,  /* another filter info format than MAC/VID */
	VDP_SUBMIT_NO_ID,      /* a VSIID that is no UUID */
	VDP_SUBMIT_NO_MANAGER, /* a manager without an octet */
	VDP_SUBMIT_NO_PCP,     /* a priority */
	VDP_SUBMIT_NO_ORG,     /* organizational TLVs */
};

struct vdp_request;

struct vdp_dialect {
	enum qbg_edition edition;
	uint16_t payload_max;   /* octets an ECPDU has room for, End TLV included */
	uint16_t head_octets;   /* of the manager TLV before all others; 0: each TLV names its own manager */
	uint8_t jitter_percent; /* keep-alive intervals among several VSIs are up to so much longer */
	bool has_keep;          /* a refusal can leave the VSI as it was */
	bool has_pcp;           /* filters can carry a priority */
	bool binds_filters;     /* an answer with other filters than the request is a failure */
	bool spares_preassoc;   /* an unasked De-Associate is no news for a VSI that is pre-associating */
	bool may_lose; /* a peer without End TLV may lose payloads it has acknowledged (vdp_table.c) */

	enum vdp_pdu_err (*open)(struct span sdu, struct vdp_pdu *ret);
	bool (*next)(struct vdp_pdu *p, const struct vdp_manager_map *map, struct vdp_pdu_item *ret);
	/** As vdp_assoc_decode(). `role`: of the reader, where the wire does not tell a request from a response. */
	enum vdp_err (*decode)(enum vdp_role role, const struct vdp_pdu_item *item, struct vdp_assoc *ret);
	void (*head)(const struct vdp_manager *m, struct wr *w);
	void (*encode)(const struct vdp_assoc *a, const struct vdp_manager *m,
		const struct vdp_manager_map *map, struct wr *w);
	size_t (*octets)(uint8_t format, unsigned n_filters, size_t org_len); /* of encode() */
	/** The TLV of a request, answered: the same with another type and status. */
	void (*echo)(const struct vdp_pdu_item *item, enum vdp_op op, uint8_t status, struct wr *w);
	/** Can a legal request be said? */
	enum vdp_submit (*check)(const struct vdp_request *rq, const struct vdp_manager_map *map);
	uint8_t (*error)(uint8_t error); /* what remains of an error code on the wire, as the internal code */
	struct vdp_timers (*timers)(const struct vdp_params *p);
};

/** Constant; ratified for an edition that does not exist. */
const struct vdp_dialect *vdp_dialect_of(enum qbg_edition e);

#endif
