/*
 * A frame decoded: which protocol it belongs to and what it says, by the codecs the daemon uses.
 *
 * Protocols are one table (cap_record.c), and so are the organizational TLVs of LLDP: a new codec is a new row. A
 * record borrows from its frame. What a codec did not accept is told by its own error code, never guessed at.
 */
#ifndef EVB_CAP_RECORD_H
#define EVB_CAP_RECORD_H

#include "cap_frame.h"
#include "cdcp_tlv.h"
#include "ecp_dialect.h"
#include "evb_draft_tlv.h"
#include "evb_tlv.h"
#include "lldp_pdu.h"
#include "pe_tlv.h"
#include "vdp_dialect.h"

enum cap_proto {
	CAP_LLDP,
	CAP_ECP,
	CAP_DATA, /* a frame of others, in a tag of ours */
	CAP_N_PROTOS,
};

/** The generation of 802.1Qbg a frame belongs to. */
enum cap_generation { CAP_GEN_NONE, CAP_GEN_RATIFIED, CAP_GEN_DRAFT02 };

/** A TLV that may stand once in an LLDPDU. */
struct cap_org {
	unsigned n;        /* how often it stands there */
	struct span value; /* of the first: OUI, subtype, information */
	bool is_decoded;   /* the codec took the first */
};
struct cap_lldp {
	enum lldp_err err;
	struct lldp_pdu pdu;            /* valid on LLDP_OK */
	struct lldp_decode_notes notes; /* likewise */
	bool has_rest;                  /* something other than zeros stands where an LLDPDU had ended */
	struct cap_org evb_org, draft_org, cdcp_org, pe_org;
	struct evb_tlv evb;         /* valid when evb_org.is_decoded */
	struct evb_draft_tlv draft; /* likewise */
	struct cdcp_tlv cdcp;       /* likewise */
	struct pe_tlv pe;           /* likewise */
};

struct cap_ecp {
	const struct ecp_dialect *dialect;
	bool has_hdr; /* all of the header was there */
	struct ecp_hdr hdr;
	struct span octets;       /* the ECPDU, header included */
	struct span payload;      /* behind the header, padding included */
	bool is_csp;              /* subtype PE-CSP, or evbd's profile of it */
	bool is_vdp;              /* a request of subtype VDP: the next two are set */
	enum vdp_pdu_err vdp_err; /* on VDP_PDU_OK cap_vsi_first() may walk */
	struct vdp_pdu vdp;
};

struct cap_record {
	struct cap_frame frame;
	struct cap_eth eth;
	enum cap_proto proto;
	enum cap_generation generation;
	union {
		struct cap_lldp lldp;
		struct cap_ecp ecp;
	};
};

/** False when the frame is none of ours; *ret is in any state then. An LLDPDU without any TLV of 802.1Qbg is ours only if
 * it is a shutdown or broken: what its sender meant to say is not known then. */
bool cap_decode(const struct cap_frame *f, struct cap_record *ret);
const char *cap_proto_name(enum cap_proto p);           /* "lldp", "ecp", "data" */
const char *cap_generation_name(enum cap_generation g); /* "ratified", "draft02"; NULL for none */

/** One association TLV of a VDP message. In draft 0.2 nothing tells a request from a response: `a` is how a bridge reads
 * it, as_answer how a station does; in the ratified protocol both are the same. */
struct cap_vsi {
	struct vdp_manager manager;
	struct span value; /* the TLV's, borrowed */
	enum vdp_err
		err; /* VDP_ERR_SHORT, IGNORED: nothing of `a` but op may be looked at; else as vdp_assoc_decode() */
	bool is_draft;      /* and so without a bit for a response */
	struct vdp_assoc a; /* op is 0 when there is no such command */
	struct {
		enum vdp_op op;      /* of a refusal De-Associate */
		enum vdp_op answers; /* of a refusal in draft 0.2: the command it answers, else 0 */
		uint8_t status;
	} as_answer;
};
struct cap_vsi_walk {
	const struct vdp_dialect *dialect;
	struct vdp_pdu pdu;
};

void cap_vsi_first(const struct cap_record *rec, struct cap_vsi_walk *ret);
bool cap_vsi_next(struct cap_vsi_walk *w, struct cap_vsi *ret);

#endif
