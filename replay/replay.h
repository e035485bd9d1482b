/*
 * Replay of a capture: one end of it, station or bridge, is played by a device under test, and what that sends is laid
 * beside what the capture has.
 *
 * The capture becomes two things. The peer's frames are a script: a frame that answers something goes out as long after
 * what it answers as it did in the capture, all others at their time. The own end's frames are what is expected; and they
 * tell what nobody can see: which VSIs the hypervisor asked for, what the type database said, when the administrator
 * intervened. Device under test is evbd's core in virtual time (replay_run_node()), or whatever is behind an interface
 * (replay_peer_next(), replay_sent()). Times are those of the capture, however late a real device is asked.
 *
 * Memory: a copy of the capture's EVB frames, REPLAY_MAX_FRAMES at most, and of what was sent.
 */
#ifndef EVB_REPLAY_H
#define EVB_REPLAY_H

#include "cap_record.h"
#include "judge.h"

enum { REPLAY_MAX_FRAMES = 16384, REPLAY_TEXT = 160 };

/** What the peer does wrong on purpose. */
struct replay_faults {
	unsigned drop_acks;       /* so many of its acknowledgements are not sent */
	struct dur delay_acks;    /* all of them go out later */
	bool duplicate;           /* every frame of it goes out twice */
	unsigned wrong_sequences; /* so many acknowledgements have another number */
	bool has_refusal;         /* bridge: a success becomes a refusal */
	uint8_t error;            /* of it, enum vdp_error */
	bool keep, hard;
	bool has_deassociate; /* bridge: ends what it has granted, after so long */
	struct dur deassociate_after;
};

struct replay_cfg {
	enum judge_role role; /* of the device under test */
	bool has_port;        /* its address in the capture; else the busiest of that role */
	struct mac port;
	struct replay_faults faults;
};

enum replay_verdict { REPLAY_EQUAL, REPLAY_EQUIVALENT, REPLAY_DIFFERENT };

/** Why two frames, or a frame and none, are not the same. Each has a name, and a verdict of its own (replay_name()). */
enum replay_why {
	REPLAY_SAME,
	REPLAY_SEQUENCE,    /* ECP sequence number */
	REPLAY_PADDING,     /* zeros at the end, the End TLV */
	REPLAY_PACKING,     /* the same TLVs in other ECPDUs */
	REPLAY_TIMING,      /* earlier or later */
	REPLAY_LLDP_OTHER,  /* identity, TTL, and TLVs that are not of 802.1Qbg */
	REPLAY_CAPACITY,    /* how many VSIs or S-channels it is good for */
	REPLAY_TRANSIENT,   /* an LLDPDU between two states, or not */
	REPLAY_REPETITIONS, /* how often an unacknowledged request is repeated */
	REPLAY_KEEPALIVE,   /* one more or less */
	REPLAY_RETRY,       /* what failed is asked for again, or not */
	REPLAY_EMPTY,       /* a request of ECP without a TLV */
	REPLAY_ACK_TWICE,   /* the second acknowledgement of a request */
	REPLAY_NO_ANSWER,   /* a request that the capture's bridge never answered */
	REPLAY_ABSENT,      /* the end says nothing, or nothing more, in the capture */
	REPLAY_HINTS,       /* M and S bits of a De-Associate, which mean nothing there */
	REPLAY_REFUSAL_FORM, /* a refusal under the request's type, or as De-Associate; with Keep where nothing is kept */
	REPLAY_NULL_VID,    /* the capture's bridge answers a null VID with the null VID */
	REPLAY_CONSEQUENCE, /* follows from a difference before it */
	REPLAY_UNSEEN,      /* what it goes back to is older than the capture */
	REPLAY_FIELDS,      /* a field differs that must not */
	REPLAY_MISSING,     /* the device under test did not send it */
	REPLAY_EXTRA,       /* the capture does not have it */
	REPLAY_N_WHYS,
};
/** "sequence" ... ; what it means, a sentence; and whether it makes two ends different. */
const char *replay_name(enum replay_why w);
const char *replay_meaning(enum replay_why w);
enum replay_verdict replay_weight(enum replay_why w);

/** A frame of the capture, what was sent in its place, or both. */
struct replay_row {
	const struct cap_record *captured; /* NULL: none */
	const struct cap_record *sent;     /* NULL: none */
	enum replay_verdict verdict;
	unsigned whys;          /* mask of 1 << enum replay_why */
	char text[REPLAY_TEXT]; /* what there is to say beside that; may be empty */
};

struct replay_counts {
	unsigned frames;       /* of the own end in the capture */
	unsigned sent;         /* by the device under test, up to the end */
	unsigned peer_frames;  /* of the script */
	unsigned not_replayed; /* frames of protocols that are passed over: PE-CSP, data */
	unsigned rows[3];      /* by verdict */
};

struct replay;

/** NULL without memory. */
struct replay *replay_new(const struct replay_cfg *cfg);
void replay_free(struct replay *r);
/** A frame of the capture, in the order of time; copied. False: more than REPLAY_MAX_FRAMES. */
bool replay_put(struct replay *r, const struct cap_frame *f);
/** The capture is complete. NULL, or why it can't be replayed. */
const char *replay_prepare(struct replay *r);
struct mac replay_own(const struct replay *r);
struct mac replay_peer(const struct replay *r);
/** The capture does not tell who is the station: the first to speak was taken for it. */
bool replay_is_guess(const struct replay *r);

/** evbd's core is the device under test, in virtual time. False without memory. */
bool replay_run_node(struct replay *r);

/* ---- any other device ---- */

/** The time to begin with, before everything in the capture. */
struct mono replay_start(const struct replay *r);
/** The device under test sent a frame of ours; copied. */
void replay_sent(struct replay *r, struct span octets, struct mono now);
struct mono replay_peer_deadline(const struct replay *r);
/** A frame of the peer's that is due, valid until the next call. False: none now. */
bool replay_peer_next(struct replay *r, struct mono now, struct span *ret);
/** Everything said and heard? */
bool replay_is_over(const struct replay *r, struct mono now);

/* ---- the outcome ---- */

/** After the run. */
void replay_finish(struct replay *r);
unsigned replay_n_rows(const struct replay *r);
const struct replay_row *replay_row(const struct replay *r, unsigned i);
const struct replay_counts *replay_counts(const struct replay *r);
/** Time of the capture's first frame. */
struct mono replay_epoch(const struct replay *r);

#endif
