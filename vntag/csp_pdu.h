/* PE-CSP PDU codec: the Command TLV, the TLVs behind it, the End TLV (port-extension-reference 3.6). */
#ifndef EVB_CSP_PDU_H
#define EVB_CSP_PDU_H

#include "csp_num.h"
#include "tlv.h"
#include "vntag_hdr.h"

enum {
	CSP_PDU_MAX = 1494, /* octets we send: ECP's payload at MTU 1500 */
	CSP_HEAD = TLV_HEADER + CSP_COMMAND_LEN,
	/* What fits beside the Command and the End TLV (an array goes on in further TLVs of its type), and for VIDs beside
	 * Port-Parameters. */
	CSP_MEMBERS_MAX = 491,
	CSP_VIDS_MAX = 732,
};

/** What a PE or CB can do. */
struct csp_resource {
	uint32_t max_channels; /* unicast */
	uint32_t max_groups;   /* replication channels */
	uint8_t classes;       /* traffic classes */
	uint8_t capabilities;  /* CSP_CAP_* */
	uint16_t max_untagged; /* VLANs that leave a port untagged */
};

struct csp_port_params {
	uint16_t port;    /* the PE's number of it */
	uint8_t type;     /* enum csp_port_type */
	uint8_t priority; /* default priority, 0..7 */
	uint16_t pvid;    /* 0..4094; 0: not stated */
	uint16_t flags;   /* none is defined */
};

struct csp_member { /* an entry of Port-Array */
	uint16_t port;
	bool is_add;
};

struct csp_vid {          /* an entry of VID-Array */
	uint16_t vid;     /* 1..4094 */
	bool is_untagged; /* the PE takes the tag off a group's copy */
};

struct csp_port_status {
	uint16_t port;
	bool is_oper;
};

struct csp_statistics {
	uint32_t port;
	uint64_t rx_frames, tx_frames, rx_octets, tx_octets; /* as the PE's port sees them */
};

enum { /* csp_pdu.has: TLVs that are there */
	CSP_HAS_RESOURCE = 1 << CSP_TLV_RESOURCE,
	CSP_HAS_PORT = 1 << CSP_TLV_PORT_PARAMETERS,
	CSP_HAS_MEMBERS = 1 << CSP_TLV_PORT_ARRAY,
	CSP_HAS_VIDS = 1 << CSP_TLV_VID_ARRAY,
	CSP_HAS_STATUS = 1 << CSP_TLV_PORT_STATUS,
	CSP_HAS_STATISTICS = 1 << CSP_TLV_STATISTICS,
};

struct csp_pdu {         /* a decode buffer, never stored */
	uint8_t message; /* 7 bits, enum csp_message or unknown */
	bool is_response;
	uint16_t transaction;
	uint8_t completion; /* enum csp_completion; 0 in requests */
	uint8_t flags;      /* CSP_FLAG_VNTAG */
	uint32_t channel;   /* 0: none */
	unsigned has;       /* CSP_HAS_* */
	struct csp_resource resource;
	struct csp_port_params port;
	struct csp_port_status status;
	struct csp_statistics statistics;
	uint16_t n_members;
	uint16_t n_vids;
	struct csp_member members[CSP_MEMBERS_MAX];
	struct csp_vid vids[CSP_VIDS_MAX];
};

enum csp_err {
	CSP_OK,
	CSP_ERR_COMMAND, /* no Command TLV of 10 octets in front: nothing to answer */
	CSP_ERR_VERSION, /* another version of the profile: nothing to answer */
	CSP_ERR_OVERRUN, /* a TLV runs beyond the end */
	CSP_ERR_NO_END,  /* no End TLV */
	CSP_ERR_LENGTH,  /* a TLV is not as long as its type says */
	CSP_ERR_TWICE,   /* a TLV that is no array comes twice */
	CSP_ERR_COUNT,   /* an array has more entries than fit a PDU */
	CSP_ERR_VALUE,   /* a value its field cannot have */
	CSP_ERR_MISSING, /* a TLV that the message must have is not there */
	CSP_N_ERRS,
};

/** Decode a payload: everything to the End TLV, which padding may follow. On CSP_OK *ret has what the Command TLV says,
 * `has`, and what belongs to it. On COMMAND and VERSION nothing is written; on all other errors `has` is 0, so that a
 * refusal can name the transaction. Unknown TLV types and reserved bits are ignored; an unknown message is no error. */
enum csp_err csp_pdu_decode(struct span sdu, struct csp_pdu *ret);
/** Append the Command TLV, the TLVs of `has` in the order of their types, and the End TLV. If it does not fit, w turns
 * bad and keeps its old length. */
void csp_pdu_encode(const struct csp_pdu *p, struct wr *w);
/** An empty response to a request: transaction, message, flags and channel are its own. ret may be the request. */
void csp_pdu_respond(const struct csp_pdu *request, enum csp_completion c, struct csp_pdu *ret);

const char *csp_err_name(enum csp_err e);
const char *csp_message_name(unsigned message);       /* "CSP-Open" ... */
const char *csp_completion_text(unsigned completion); /* "no resources" ... */

static inline enum vntag_format csp_pdu_format(const struct csp_pdu *p)
{
	return (p->flags & CSP_FLAG_VNTAG) != 0 ? VNTAG_FORMAT_VN : VNTAG_FORMAT_E;
}

#endif
