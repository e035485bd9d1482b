/*
 * Types of the forwarding core. Plain C for gcc and for clang -target bpf: fixed-size members, no pointers, no libc.
 * (evb-reference 1.3, 1.4)
 */
#ifndef EVB_FWD_TYPES_H
#define EVB_FWD_TYPES_H

#ifdef __bpf__
#include <linux/types.h>
typedef __u8 uint8_t;
typedef __u16 uint16_t;
typedef __u32 uint32_t;
typedef __u64 uint64_t;
#ifndef __bool_true_false_are_defined
#include <stdbool.h>
#endif
#else
#include <stdbool.h>
#include <stdint.h>
#endif

enum { FWD_VID_NONE = 0, FWD_VID_MAX = 4094, FWD_LPORT_NONE = 0xffff };

/** Which relay a logical port belongs to, and the port's part in it. */
enum fwd_kind {
	FWD_ORDINARY, /* a switch port of the C-VLAN component */
	FWD_SBP,      /* station-facing bridge port: VSI admission, reflective relay */
	FWD_URP,      /* uplink relay port of an edge relay */
	FWD_DRP,      /* downlink relay port: one VM; of a bridge: one VIF (port-extension-reference 5.1) */
	FWD_TRANSIT,  /* interface virtualizer: a port extender below, whose frames keep their tag (5.3) */
};
/** How a source got in: what the admission table answers. */
enum fwd_admission { FWD_ADMIT_NONE, FWD_ADMIT_ANY, FWD_ADMIT_EXACT };
struct fwd_binding {
	uint32_t id; /* the table's own name of the entry */
	uint8_t has_pcp;
	uint8_t pcp; /* default priority of untagged frames */
	uint8_t pad[2];
};
enum fwd_relay {
	FWD_BRIDGE,
	FWD_VEB,
	FWD_VEPA,
	FWD_SINGLE, /* one VM alone on an uplink or S-channel: whatever comes is for it */
	FWD_IV, /* interface virtualizer: frames go by the tag, not by address (port-extension-reference 5.3) */
};
/** The outer tag of frames on a device. */
enum fwd_tag {
	FWD_TAG_NONE,
	FWD_TAG_S,  /* 0x88A8: an S-channel (evb-reference 1.2) */
	FWD_TAG_VN, /* 0x8926 (port-extension-reference 2) */
	FWD_TAG_E,  /* 0x893F (port-extension-reference 4) */
};

/** Why a frame (or one copy) went nowhere. Each is a counter of the port; names in fwd_drop_name(). */
enum fwd_drop {
	FWD_PASS = 0,
	FWD_DROP_MALFORMED,      /* shorter than its headers, group or zero source address */
	FWD_DROP_BLOCKED,        /* port not forwarding */
	FWD_DROP_RESERVED,       /* 01-80-C2-00-00-0x that is no control frame of ours */
	FWD_DROP_NOT_ASSOCIATED, /* (VID, source) belongs to no VSI associated on this port */
	FWD_DROP_VLAN,           /* ingress: port is not in the frame's VLAN, or VID 4095 */
	FWD_DROP_SAME_PORT,      /* destination is behind the ingress port and reflective relay is off */
	FWD_DROP_EGRESS,         /* destination port not forwarding or not in the VLAN */
	FWD_DROP_NO_DESTINATION, /* no port to send it to; VEPA: unicast from the uplink to no VSI of ours */
	FWD_DROP_STORM,          /* storm limit of an ordinary port */
	FWD_DROP_TOO_LONG,       /* longer than the egress port's MTU allows */
	FWD_DROP_NO_CHANNEL,     /* S-TAG of no S-channel */
	FWD_DROP_S_TAGGED,       /* an S-tagged frame at a CAP */
	FWD_DROP_TRUNCATED,      /* this and the rest: enum vntag_drop, in its order */
	FWD_DROP_UNTAGGED,
	FWD_DROP_OTHER_FORMAT,
	FWD_DROP_FORMAT,
	FWD_DROP_DIRECTION,
	FWD_DROP_UNKNOWN_VIF,
	FWD_DROP_RESERVED_ID,
	FWD_DROP_EXTENDED_ID,
	FWD_DROP_SOURCE_CHECK,
	FWD_DROP_NESTED,
	FWD_N_DROPS,
};

struct fwd_port { /* one logical port: (port, channel) */
	uint8_t in_use;
	uint8_t kind;  /* enum fwd_kind */
	uint8_t relay; /* enum fwd_relay */
	uint8_t tag; /* enum fwd_tag, of this port's own frames on the device: a channel, or a bridge's VIF */
	uint8_t carries; /* enum fwd_tag, of other ports' frames on the device: a UAP, cascade port or IV uplink */
	uint8_t is_base;    /* E-TAG without E-CID extension (port-extension-reference 4.1) */
	uint16_t component; /* relay instance; frames never leave it */
	uint16_t trunk;     /* port whose tags name this one, FWD_LPORT_NONE: none does */
	uint16_t urp;       /* edge relays: the component's uplink, or FWD_LPORT_NONE */
	uint16_t pvid;      /* for untagged frames; on a DRP 0: taken from the VSI of the source address */
	uint16_t unassociated_vid; /* SBP: VLAN for frames of no VSI, 0: drop */
	uint8_t forwarding;
	uint8_t rr; /* reflective relay is on */
	uint8_t learns;
	uint8_t pcp; /* default priority: of frames without a tag that says one */
	uint8_t pad;
	uint32_t tag_id; /* at the trunk: SVID, VIF or E-CID; 0: none yet */
	uint32_t mtu;    /* octets of payload an egress frame may have, 0: no limit */
};

/** What fwd_parse() found. */
struct fwd_hdr {
	uint64_t dst, src;   /* 48 bits */
	uint32_t outer_id;   /* up, S: of the port it came in by; down: of where it goes */
	uint32_t outer_from; /* down: VIF that gets no copy, 0: none */
	uint16_t tci;        /* of the C-tag; 0 without one */
	uint16_t type;       /* EtherType behind the outer tag: of the C-tag if there is one */
	uint16_t inner;      /* EtherType behind that: what the frame begins with when its C-tag goes */
	uint8_t tag_len;     /* octets of C-tag in the frame: 0 or 4 */
	uint8_t outer_len;   /* octets of the tag that the port carries: 0, 4, 6 or 8 */
	uint8_t outer_prio;  /* its PCP and DEI; at a VIF those of the S-TAG that a VM put in front */
	uint8_t has_prio;    /* there are such: a VN-Tag has none */
};

enum fwd_to {
	FWD_TO_NONE,
	FWD_TO_ONE,
	FWD_TO_SET,  /* of the VLAN */
	FWD_TO_LIST, /* interface virtualizer: a VIF list or E-CID group */
};
enum fwd_learn {
	FWD_LEARN_NOT,
	FWD_LEARN_STATION, /* as any switch learns */
	FWD_LEARN_BOUND,   /* a VSI associated here owns the address */
};

struct fwd_decision {
	uint64_t dst, src;
	uint32_t binding;  /* the includer's name of the admission, as fwd_admit() gave it */
	uint32_t outer_id; /* of the frame as it came */
	uint32_t outer_from;
	uint16_t in;     /* logical port */
	uint16_t vid;    /* VLAN the frame belongs to */
	uint16_t out;    /* FWD_TO_ONE */
	uint16_t except; /* VEPA: the DRP that owns the source, gets no copy */
	uint16_t tci;    /* of the frame as it came */
	uint16_t type;
	uint16_t inner;
	uint8_t drop;    /* enum fwd_drop */
	uint8_t to;      /* enum fwd_to */
	uint8_t learn;   /* enum fwd_learn */
	uint8_t prio;    /* PCP and DEI, the upper four bits of the TCI */
	uint8_t tag_len; /* of the frame as it came */
	uint8_t outer_len;
	uint8_t is_admitted;
	uint8_t is_unknown_source; /* DRP: no VSI there owns it */
	uint8_t is_registered;     /* group address with registered ports: only they get it */
	uint8_t pad[5];
};

/** How one copy begins on the wire: the addresses, the outer tag, the C-tag, then the rest of the frame. */
struct fwd_copy {
	uint64_t outer; /* the first octet on top */
	uint8_t outer_len;
	uint8_t is_outer_kept; /* the outer tag stays as it came */
	uint8_t is_tagged;     /* with a C-tag, of `tci` */
	uint8_t pad;
	uint16_t tci;
	uint8_t pad2[2];
};

#endif
