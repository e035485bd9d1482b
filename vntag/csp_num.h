/*
 * Every number of evbd's PE-CSP profile (port-extension-reference 3.6). IEEE 802.1BR names these messages, but their
 * codes and layouts are ours until someone reconciles them with its clause 9: then this header changes, csp_pdu.c
 * follows, and the ECP subtype becomes 0x002. Until then a real port extender cannot mistake them for its own.
 */
#ifndef EVB_CSP_NUM_H
#define EVB_CSP_NUM_H

enum {
	CSP_ECP_SUBTYPE = 0x3ff,          /* ECP subtype of the profile */
	CSP_ECP_SUBTYPE_STANDARD = 0x002, /* of PE-CSP itself (3.4), only after reconciliation */
	CSP_VERSION = 1,                  /* of the profile, octet 0 of the Command TLV */
};

/** Message code, bits 6..0 of octet 1 of the Command TLV. */
enum csp_message {
	CSP_OPEN = 1,       /* from the PE; from the CB: please open */
	CSP_CREATE = 2,     /* Extended-Port-Create, from the PE */
	CSP_DELETE = 3,     /* Extended-Port-Delete, from either */
	CSP_REGISTER = 4,   /* E-channel-Register, from the CB, as are the next two */
	CSP_PARAM_SET = 5,  /* Port-Parameters-Set */
	CSP_PARAM_GET = 6,  /* Port-Parameters-Get */
	CSP_STATUS = 7,     /* Port-Status, from the PE */
	CSP_STATISTICS = 8, /* Statistics-Get, from the CB */
};
enum {
	CSP_RESPONSE = 0x80, /* bit 7 of the message octet */
	CSP_MESSAGE_MASK = 0x7f,
	CSP_FLAG_VNTAG = 0x01, /* flags: the tag format is VN-Tag, else E-TAG; in CSP-Open */
};

enum csp_completion {
	CSP_DONE = 0,
	CSP_MALFORMED = 1,
	CSP_UNSUPPORTED = 2, /* message */
	CSP_NO_RESOURCES = 3,
	CSP_UNKNOWN_CHANNEL = 4,
	CSP_UNKNOWN_PORT = 5,
	CSP_WRONG_STATE = 6,
	CSP_FORMAT_REFUSED = 7,
};

/** TLV types, and how long their values are or of what their entries consist. Type 0 ends the PDU. */
enum {
	CSP_TLV_COMMAND = 1,
	CSP_TLV_RESOURCE = 2,
	CSP_TLV_PORT_PARAMETERS = 3,
	CSP_TLV_PORT_ARRAY = 4,
	CSP_TLV_VID_ARRAY = 5,
	CSP_TLV_PORT_STATUS = 6,
	CSP_TLV_STATISTICS = 7,
};
enum {
	CSP_COMMAND_LEN = 10,
	CSP_RESOURCE_LEN = 12,
	CSP_PORT_PARAMETERS_LEN = 8,
	CSP_PORT_ARRAY_ENTRY = 3,
	CSP_VID_ARRAY_ENTRY = 2,
	CSP_PORT_STATUS_LEN = 4,
	CSP_STATISTICS_LEN = 36,
	CSP_VID_UNTAGGED = 0x8000, /* in an entry of VID-Array */
	CSP_VID_MASK = 0x0fff,
};

enum csp_port_type { CSP_PORT_CASCADE = 1, CSP_PORT_UPSTREAM = 2, CSP_PORT_EXTENDED = 3 };

/** Capability bits of the Resource TLV. */
enum { CSP_CAP_PCP = 0x01, CSP_CAP_ROW = 0x02, CSP_CAP_DEI = 0x04, CSP_CAP_CN = 0x08, CSP_CAP_PFC = 0x10 };

/** Times. CSP_GIVE_UP_MS and the last three are not in the reference's table. */
enum {
	CSP_GIVE_UP_MS = 500, /* ECP has to deliver something in that time; PEX-62 leaves 1 s in all */
	CSP_RESPONSE_TIMEOUT_S =
		3, /* then once more with the same transaction id, then the session has failed */
	CSP_TRIES = 2,
	CSP_REFUSED_WAIT_S =
		10,         /* after an Open was refused; before a Create without resources is repeated */
	CSP_ID_HOLD_S = 10, /* a freed id has no new owner until then */
	CSP_REOPEN_S = 1,   /* after a session has failed, so that a dead peer is not asked without pause */
	CSP_SOLICIT_S = 1,  /* a CB that sees a PE waits so long for its Open, then asks for it */
	CSP_ANSWER_S = 2,   /* our own user has to answer a question, well inside the peer's time-out */
};

/**
 * The VIF-naming TLV, evbd's own: an organizationally defined TLV of VDP (type 127) behind the association TLV of a VSI
 * says which VIF of the uplink is the VSI's port. OUI 02-65-76 is locally administered (bit 1 of its first octet), so
 * nobody else has it by assignment; "ev" are its other two octets. Value: OUI (3), subtype (1), tag format (1, as the
 * flag of CSP-Open), channel (4).
 */
enum { CSP_VIF_OUI = 0x026576, CSP_VIF_SUBTYPE = 1, CSP_VIF_LEN = 9 };

#endif
