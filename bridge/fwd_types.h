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
	FWD_DRP,      /* downlink relay port: one VM */
};
/** How a source got in: what the admission table answers. */
enum fwd_admission { FWD_ADMIT_NONE, FWD_ADMIT_ANY, FWD_ADMIT_EXACT };
struct fwd_binding {
	uint32_t id; /* the table's own name of the entry */
	uint8_t has_pcp;
	uint8_t pcp; /* default priority of untagged frames */
	uint8_t pad[2];
};
enum fwd_relay { FWD_BRIDGE, FWD_VEB, FWD_VEPA };
/** How a logical port's frames travel on the physical port; S-TAG, VN-Tag and E-TAG join here. */
enum fwd_tag { FWD_TAG_NONE };

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
	FWD_N_DROPS,
};

struct fwd_port { /* one logical port: (port, channel) */
	uint8_t in_use;
	uint8_t kind;       /* enum fwd_kind */
	uint8_t relay;      /* enum fwd_relay */
	uint8_t tag;        /* enum fwd_tag */
	uint16_t component; /* relay instance; frames never leave it */
	uint16_t urp;       /* edge relays: the component's uplink, or FWD_LPORT_NONE */
	uint16_t pvid;      /* for untagged frames; on a DRP 0: taken from the VSI of the source address */
	uint16_t unassociated_vid; /* SBP: VLAN for frames of no VSI, 0: drop */
	uint8_t forwarding;
	uint8_t rr; /* reflective relay is on */
	uint8_t learns;
	uint8_t pad;
	uint32_t mtu; /* octets of payload an egress frame may have, 0: no limit */
};

/** What fwd_parse() found. */
struct fwd_hdr {
	uint64_t dst, src; /* 48 bits */
	uint16_t tci;      /* of the C-tag; 0 without one */
	uint8_t tag_len;   /* octets of C-tag in the frame: 0 or 4 */
	uint8_t pad[5];
};

enum fwd_to { FWD_TO_NONE, FWD_TO_ONE, FWD_TO_SET };
enum fwd_learn {
	FWD_LEARN_NOT,
	FWD_LEARN_STATION, /* as any switch learns */
	FWD_LEARN_BOUND,   /* a VSI associated here owns the address */
};

struct fwd_decision {
	uint64_t dst, src;
	uint32_t binding; /* the includer's name of the admission, as fwd_admit() gave it */
	uint16_t in;      /* logical port */
	uint16_t vid;     /* VLAN the frame belongs to */
	uint16_t out;     /* FWD_TO_ONE */
	uint16_t except;  /* VEPA: the DRP that owns the source, gets no copy */
	uint8_t drop;     /* enum fwd_drop */
	uint8_t to;       /* enum fwd_to */
	uint8_t learn;    /* enum fwd_learn */
	uint8_t prio;     /* PCP and DEI, the upper four bits of the TCI */
	uint8_t tag_len;  /* of the frame as it came */
	uint8_t is_admitted;
	uint8_t is_unknown_source; /* DRP: no VSI there owns it */
	uint8_t is_registered;     /* group address with registered ports: only they get it */
	uint8_t pad[4];
};

#endif
