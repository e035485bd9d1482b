/*
 * A frame of a capture and its Ethernet layers: addresses, the four tags this project knows, the EtherType behind them.
 *
 * What a capture adds to a frame or takes away is undone or named here, so that nobody above has to think of it: a
 * frame check sequence is found by its value and cut off, a frame cut short by the capture (snap length) says so.
 */
#ifndef EVB_CAP_FRAME_H
#define EVB_CAP_FRAME_H

#include "mac.h"
#include "mono.h"
#include "span.h"
#include "vntag_hdr.h"

enum {
	CAP_MAC_HEADER = 12,      /* octets of both addresses */
	CAP_ETHER_HEADER = 14,    /* and the EtherType */
	CAP_TYPE_C_TAG = 0x8100,  /* 802.1Q 9.6 */
	CAP_TYPE_S_TAG = 0x88a8,  /* 802.1Q 9.6 */
	CAP_TYPE_LENGTH = 0x0600, /* below: the length of an 802.3 frame */
	CAP_TAGS_MAX = 4,         /* tags looked into; what lies deeper is payload */
	CAP_VID_PRIORITY = 0,     /* a tag with no VID of its own */
};

/** As it came from the file. */
struct cap_frame {
	uint64_t number;    /* from 1, as every other program counts */
	struct mono time;   /* since 1970-01-01 UTC */
	uint32_t wire_len;  /* octets on the wire; more than octets.len: the capture cut it */
	struct span octets; /* from the destination address on; borrowed */
};

enum cap_tag_kind { CAP_C_TAG, CAP_S_TAG, CAP_VN_TAG, CAP_E_TAG };
struct cap_tag {
	enum cap_tag_kind kind;
	uint16_t vid;         /* C and S */
	uint8_t pcp;          /* C and S */
	bool dei;             /* C and S */
	struct vntag_hdr ext; /* VN and E */
};

struct cap_eth {
	struct mac da, sa;
	uint8_t n_tags;
	struct cap_tag tag[CAP_TAGS_MAX]; /* outermost first */
	uint16_t type;                    /* EtherType behind the tags, or an 802.3 length; 0 when cut off */
	struct span payload;              /* behind it, padding included, frame check sequence not */
	bool is_truncated;                /* the capture holds less than the wire had */
	bool is_short;                    /* the frame itself ends inside its addresses or tags */
	bool has_fcs;                     /* a right frame check sequence stood at its end */
};

/** Could this frame be of interest? Looks at the EtherType, or behind one C-tag, and nothing else: what makes a capture
 * of foreign traffic cheap. */
bool cap_frame_is_candidate(const struct cap_frame *f);
/** Take the layers apart. Only a frame without both addresses gives false. */
bool cap_eth_decode(const struct cap_frame *f, struct cap_eth *ret);
/** Look for a frame check sequence and take it off the payload. Apart, because it reads the whole frame. */
void cap_eth_strip_fcs(const struct cap_frame *f, struct cap_eth *eth);
/** VID of the first tag of that kind; false when there is none. */
bool cap_eth_vid(const struct cap_eth *eth, enum cap_tag_kind kind, uint16_t *ret);
const char *cap_tag_name(enum cap_tag_kind kind); /* "c_tag", "s_tag", "vn_tag", "e_tag" */

#endif
