/*
 * VN-Tag and E-TAG: parse, build, what is valid in which direction (port-extension-reference 2, 4). Plain C for gcc and
 * for clang -target bpf: fixed-size members, no pointers, no libc.
 *
 *   VN-Tag   0x8926 | d p dvif(14) | l r ver(2) svif(12) | inner EtherType
 *   E-TAG    0x893F | E-PCP(3) E-DEI Ingress base(12) | reserved(2) GRP(2) base(12) | Ingress ext(8) | ext(8) | inner
 *
 * Octets are counted from behind the source MAC: a tag begins with its own EtherType, so it is inserted and removed
 * there as a piece of vntag_len() octets. Up is VIF to bridge, down is bridge to VIF.
 *
 * A channel is one number in both formats, as PE-CSP writes it (3.6): E-TAG GRP << 20 | ext << 12 | base, VN-Tag
 * p << 14 | id. 0 is none.
 */
#ifndef EVB_VNTAG_HDR_H
#define EVB_VNTAG_HDR_H

#ifdef __bpf__
#include <linux/types.h>
typedef __u8 uint8_t;
typedef __u16 uint16_t;
typedef __u32 uint32_t;
#include <stdbool.h>
#else
#include <stdbool.h>
#include <stdint.h>
#endif

enum {
	VNTAG_ETHERTYPE_VN = 0x8926,
	VNTAG_ETHERTYPE_E = 0x893f,
	VNTAG_LEN_VN = 6, /* octets, without the inner EtherType */
	VNTAG_LEN_E = 8,
	VNTAG_LEN_MAX = 8,
	VNTAG_INNER = 2,                /* the inner EtherType, which a tagged frame must have (2.4, 4.3) */
	VNTAG_VIF_MAX = 0xfff,          /* what can send has 12 bits (2.5) */
	VNTAG_DVIF_MASK = 0x3fff,       /* dvif, list id */
	VNTAG_LIST = 0x4000,            /* p in a channel: a VIF list */
	VNTAG_ECID_RESERVED = 0x3fffff, /* (4.1), as is 0 */
	VNTAG_ECID_UNICAST = 0xfffff,   /* ext and base */
	VNTAG_ECID_BASE = 0xfff,
	VNTAG_GRP_SHIFT = 20,
};

/** The flag of CSP-Open (3.6). */
enum vntag_format { VNTAG_FORMAT_E = 0, VNTAG_FORMAT_VN = 1 };
enum vntag_way { VNTAG_UP, VNTAG_DOWN };

/** Why a frame goes no further. Names in vntag_drop_name(). */
enum vntag_drop {
	VNTAG_PASS = 0,
	VNTAG_DROP_TRUNCATED,    /* shorter than its tag and an inner EtherType */
	VNTAG_DROP_UNTAGGED,     /* no tag where one must be */
	VNTAG_DROP_OTHER_FORMAT, /* an E-TAG on a VN-Tag link, or the reverse */
	VNTAG_DROP_FORMAT,       /* version, or a field that is not for this direction */
	VNTAG_DROP_DIRECTION,    /* d is of the other direction */
	VNTAG_DROP_UNKNOWN_ID,   /* no such VIF, list or E-CID */
	VNTAG_DROP_RESERVED_ID,  /* E-CID 0 or 0x3FFFFF */
	VNTAG_DROP_EXTENDED_ID,  /* E-CID extension at a base PE */
	VNTAG_DROP_SOURCE,       /* source check: not a channel of the link it came from */
	VNTAG_DROP_NESTED,       /* a tag in a tag, or from a VIF */
	VNTAG_N_DROPS,
};
/** "truncated" ...; for counters and logs. */
const char *vntag_drop_name(enum vntag_drop d);

struct vntag_hdr {
	uint32_t ecid;    /* E-TAG: GRP << 20 | ext << 12 | base */
	uint32_t ingress; /* E-TAG: Ingress_E-CID, ext << 12 | base */
	uint16_t dvif;    /* VN-Tag: 14 bits */
	uint16_t svif;    /* VN-Tag: 12 bits */
	uint16_t inner;   /* EtherType or length behind the tag; read, not built */
	uint8_t format;   /* enum vntag_format */
	uint8_t d;        /* VN-Tag: 1: from the bridge */
	uint8_t p;        /* VN-Tag: dvif is a list */
	uint8_t l;        /* VN-Tag: looped, svif counts */
	uint8_t r;        /* VN-Tag: reserved, ignored */
	uint8_t ver;      /* VN-Tag: 2 bits, 0 */
	uint8_t pcp;      /* E-TAG: E-PCP */
	uint8_t dei;      /* E-TAG: E-DEI */
	uint8_t reserved; /* E-TAG: 2 bits, ignored */
	uint8_t pad;
};

static inline uint32_t vntag_len(enum vntag_format format)
{
	return format == VNTAG_FORMAT_VN ? VNTAG_LEN_VN : VNTAG_LEN_E;
}
static inline bool vntag_is_ethertype(uint16_t type)
{
	return type == VNTAG_ETHERTYPE_VN || type == VNTAG_ETHERTYPE_E;
}
/** Do these octets begin with a tag of either kind? From a VIF that is VNTAG_DROP_NESTED (2.3). */
static inline bool vntag_is_tagged(const uint8_t *octets, uint32_t len)
{
	return len >= 2 && vntag_is_ethertype((uint16_t)(octets[0] << 8 | octets[1]));
}

/* Written out, compilers make one load of it. */
static inline uint64_t vntag_be64(const uint8_t *b)
{
	return (uint64_t)b[0] << 56 | (uint64_t)b[1] << 48 | (uint64_t)b[2] << 40 | (uint64_t)b[3] << 32 |
	       (uint64_t)b[4] << 24 | (uint64_t)b[5] << 16 | (uint64_t)b[6] << 8 | b[7];
}

/** Take a tag apart. Judges only that it is there and whole: PASS, TRUNCATED, UNTAGGED or OTHER_FORMAT; *ret is written
 * on PASS. `len`: octets behind the source MAC, of which no more than vntag_len() + 2 are read. */
static inline enum vntag_drop vntag_parse(
	const uint8_t *octets, uint32_t len, enum vntag_format format, struct vntag_hdr *ret)
{
	uint16_t want = format == VNTAG_FORMAT_VN ? VNTAG_ETHERTYPE_VN : VNTAG_ETHERTYPE_E;
	uint64_t bits;
	uint16_t type;

	if (len < 2)
		return VNTAG_DROP_TRUNCATED;
	type = (uint16_t)(octets[0] << 8 | octets[1]);
	if (type != want)
		return vntag_is_ethertype(type) ? VNTAG_DROP_OTHER_FORMAT : VNTAG_DROP_UNTAGGED;
	if (len < vntag_len(format) + VNTAG_INNER)
		return VNTAG_DROP_TRUNCATED;
	bits = vntag_be64(octets);
	if (format == VNTAG_FORMAT_VN)
		*ret = (struct vntag_hdr){ .format = VNTAG_FORMAT_VN,
			.d = bits >> 47 & 1,
			.p = bits >> 46 & 1,
			.dvif = bits >> 32 & VNTAG_DVIF_MASK,
			.l = bits >> 31 & 1,
			.r = bits >> 30 & 1,
			.ver = bits >> 28 & 3,
			.svif = bits >> 16 & VNTAG_VIF_MAX,
			.inner = (uint16_t)bits };
	else
		*ret = (struct vntag_hdr){ .format = VNTAG_FORMAT_E,
			.pcp = bits >> 45 & 7,
			.dei = bits >> 44 & 1,
			.ingress = (uint32_t)((bits >> 8 & 0xff) << 12 | (bits >> 32 & VNTAG_ECID_BASE)),
			.reserved = bits >> 30 & 3,
			.ecid = (uint32_t)((bits >> 28 & 3) << VNTAG_GRP_SHIFT | (bits & 0xff) << 12 |
					   (bits >> 16 & VNTAG_ECID_BASE)),
			.inner = (uint16_t)(octets[8] << 8 | octets[9]) };
	return VNTAG_PASS;
}

/** The tag as a number with its first octet on top, the last two of a VN-Tag zero. One store writes it, and the kernel's
 * verifier can follow that. Fields wider than their place are cut. */
static inline uint64_t vntag_bits(const struct vntag_hdr *h)
{
	uint32_t ingress = h->ingress, ecid = h->ecid;

	if (h->format == VNTAG_FORMAT_VN)
		return (uint64_t)VNTAG_ETHERTYPE_VN << 48 | (uint64_t)(h->d & 1) << 47 |
		       (uint64_t)(h->p & 1) << 46 | (uint64_t)(h->dvif & VNTAG_DVIF_MASK) << 32 |
		       (uint64_t)(h->l & 1) << 31 | (uint64_t)(h->r & 1) << 30 |
		       (uint64_t)(h->ver & 3) << 28 | (uint64_t)(h->svif & VNTAG_VIF_MAX) << 16;
	return (uint64_t)VNTAG_ETHERTYPE_E << 48 | (uint64_t)(h->pcp & 7) << 45 |
	       (uint64_t)(h->dei & 1) << 44 | (uint64_t)(ingress & VNTAG_ECID_BASE) << 32 |
	       (uint64_t)(h->reserved & 3) << 30 | (uint64_t)(ecid >> VNTAG_GRP_SHIFT & 3) << 28 |
	       (uint64_t)(ecid & VNTAG_ECID_BASE) << 16 | (uint64_t)(ingress >> 12 & 0xff) << 8 |
	       (ecid >> 12 & 0xff);
}

/** Write a tag, its EtherType first and without the inner one. Returns the octets of the tag, vntag_len(); all of `octets`
 * is written. */
static inline uint32_t vntag_build(const struct vntag_hdr *h, uint8_t octets[VNTAG_LEN_MAX])
{
	uint64_t bits = vntag_bits(h);

	octets[0] = (uint8_t)(bits >> 56);
	octets[1] = (uint8_t)(bits >> 48);
	octets[2] = (uint8_t)(bits >> 40);
	octets[3] = (uint8_t)(bits >> 32);
	octets[4] = (uint8_t)(bits >> 24);
	octets[5] = (uint8_t)(bits >> 16);
	octets[6] = (uint8_t)(bits >> 8);
	octets[7] = (uint8_t)bits;
	return vntag_len((enum vntag_format)h->format);
}

static inline enum vntag_drop vntag_check_vn(const struct vntag_hdr *h, enum vntag_way way)
{
	if (h->ver != 0)
		return VNTAG_DROP_FORMAT;
	if (h->d != (way == VNTAG_DOWN))
		return VNTAG_DROP_DIRECTION;
	if (way == VNTAG_UP) {
		if ((h->p | h->l) != 0)
			return VNTAG_DROP_FORMAT;
		return h->svif == 0 ? VNTAG_DROP_SOURCE : VNTAG_PASS; /* 0 is no VIF (2.5) */
	}
	return h->dvif == 0 || (!h->p && h->dvif > VNTAG_VIF_MAX) ? VNTAG_DROP_UNKNOWN_ID : VNTAG_PASS;
}

static inline enum vntag_drop vntag_check_e(const struct vntag_hdr *h, enum vntag_way way, bool is_base)
{
	if (h->ecid == 0 || h->ecid == VNTAG_ECID_RESERVED)
		return VNTAG_DROP_RESERVED_ID;
	if (way == VNTAG_UP && h->ecid > VNTAG_ECID_UNICAST) /* GRP is not 0 */
		return VNTAG_DROP_FORMAT;
	if (is_base && ((h->ecid & VNTAG_ECID_UNICAST) > VNTAG_ECID_BASE || h->ingress > VNTAG_ECID_BASE))
		return VNTAG_DROP_EXTENDED_ID;
	return VNTAG_PASS;
}

/** May a tag stand on a frame going this way (2.4, 4.3)? is_base: a base PE, which has no E-CID extension; not for
 * VN-Tag. Whether the channel exists (UNKNOWN_ID) and the source belongs to the link (SOURCE) is for the tables. */
static inline enum vntag_drop vntag_check(const struct vntag_hdr *h, enum vntag_way way, bool is_base)
{
	enum vntag_drop d = h->format == VNTAG_FORMAT_VN ? vntag_check_vn(h, way)
							 : vntag_check_e(h, way, is_base);

	return d == VNTAG_PASS && vntag_is_ethertype(h->inner) ? VNTAG_DROP_NESTED : d;
}

/** Channel a frame going down is for. */
static inline uint32_t vntag_channel(const struct vntag_hdr *h)
{
	if (h->format == VNTAG_FORMAT_E)
		return h->ecid;
	return (uint32_t)(h->p ? VNTAG_LIST : 0) | (h->dvif & VNTAG_DVIF_MASK);
}

/** Channel a frame comes from, 0 if the tag does not say: going down the source gets no copy (2.3, 4.2). */
static inline uint32_t vntag_source(const struct vntag_hdr *h, enum vntag_way way)
{
	if (h->format == VNTAG_FORMAT_E)
		return way == VNTAG_UP ? h->ecid : h->ingress;
	return way == VNTAG_UP || h->l ? h->svif : 0;
}

/** Does a channel number mean a VIF list or a group? */
static inline bool vntag_is_group(enum vntag_format format, uint32_t channel)
{
	return format == VNTAG_FORMAT_VN ? (channel & VNTAG_LIST) != 0 : channel > VNTAG_ECID_UNICAST;
}

/** Is it a number that a channel can have (2.5, 4.1)? */
static inline bool vntag_is_channel(enum vntag_format format, uint32_t channel, bool is_base)
{
	if (format == VNTAG_FORMAT_VN)
		return (channel & VNTAG_DVIF_MASK) != 0 &&
		       channel <= (vntag_is_group(format, channel) ? VNTAG_LIST | VNTAG_DVIF_MASK
								   : VNTAG_VIF_MAX);
	return channel != 0 && channel < VNTAG_ECID_RESERVED &&
	       (!is_base || (channel & VNTAG_ECID_UNICAST) <= VNTAG_ECID_BASE);
}

/** Tag of a frame that entered on VIF or Extended Port `source`. The priority is E-PCP << 1 | E-DEI, for E-TAG only. */
static inline struct vntag_hdr vntag_up(enum vntag_format format, uint32_t source, uint8_t priority)
{
	struct vntag_hdr h = { .format = (uint8_t)format };

	if (format == VNTAG_FORMAT_VN) {
		h.svif = (uint16_t)source;
		return h;
	}
	h.ecid = source;
	h.pcp = priority >> 1;
	h.dei = priority & 1;
	return h;
}

/** Tag of a copy for `channel`. source: the channel that the frame came from if it is of the same link, else 0; the
 * E-TAG carries it for groups only (2.2, 4.2). */
static inline struct vntag_hdr vntag_down(
	enum vntag_format format, uint32_t channel, uint32_t source, uint8_t priority)
{
	struct vntag_hdr h = { .format = (uint8_t)format };

	if (format == VNTAG_FORMAT_VN) {
		h.d = 1;
		h.p = vntag_is_group(format, channel);
		h.dvif = (uint16_t)(channel & VNTAG_DVIF_MASK);
		h.l = source != 0;
		h.svif = (uint16_t)source;
		return h;
	}
	h.ecid = channel;
	h.ingress = vntag_is_group(format, channel) ? source : 0;
	h.pcp = priority >> 1;
	h.dei = priority & 1;
	return h;
}

#endif
