/*
 * The judge's model: ends (who sends), the link they share, ECP requests in flight, VSIs; and what rules get to see.
 *
 * A link is a tag context: all frames with the same tags belong to one, so every S-channel is a link of its own. A
 * capture may still hold several wires under one context (a mirror port); peers are then found by what answers what.
 */
#ifndef EVB_JUDGE_PRIV_H
#define EVB_JUDGE_PRIV_H

#include "imap.h"
#include "judge.h"
#include "theap.h"

#define JD_NONE UINT32_MAX

enum {
	JD_LINK_ENDS = 16,    /* ends of a link that are told apart; with more nobody's peer is inferred */
	JD_HISTORY = 8,       /* ECP requests of one sender remembered */
	JD_CMDS = 3,          /* commands of one VSI that wait for an answer */
	JD_QUEUE = 256,       /* verdicts of one step */
	JD_COPIES = 64,       /* fingerprints of the latest frames */
	JD_SETTLE_MS = 1500,  /* a changed TLV is answered within a second (2.5), plus half of one */
	JD_ACK_MS = 10,       /* ECP-02 */
	JD_AWAY_S = 45,       /* silent for longer: not there, not listening; 1.5 times msgTxInterval */
	JD_TOLERANCE_MS = 50, /* evb-reference 10: +20 % or +50 ms */
	JD_EARLY_MS = 1,      /* what a capture's clock may be off */
};

enum jd_agent { JD_NCB, JD_NTPMR, JD_NB, JD_AGENTS };
enum jd_instance { JD_ECP_VDP, JD_ECP_CSP, JD_ECP_DRAFT, JD_INSTANCES }; /* an ECP sender each */

/* ---- ECP ---- */

enum jd_defect { JD_SOUND, JD_BAD_VERSION, JD_BAD_OP, JD_BAD_SUBTYPE };

struct jd_pdu {               /* a request, with all its transmissions */
	uint64_t print;       /* of the ECPDU without its number */
	uint64_t frame;       /* first transmission */
	uint64_t frame_after; /* of the request that came after it without waiting, 0 */
	struct mono first, last;
	struct mono acked;      /* first acknowledgement; never: none */
	struct mono superseded; /* the next request was sent; never: not yet */
	uint32_t epoch;
	uint16_t seq, subtype;
	uint8_t n_sent, n_acks, n_after_ack;
	uint8_t defect;   /* enum jd_defect */
	bool is_copied;   /* stands in the capture twice */
	bool is_answered; /* VDP has answered it, so it did arrive */
	bool is_told;     /* a missing acknowledgement or repetition has had its verdict */
	bool has_kept;    /* it was repeated under its number */
	bool has_changed; /* and, or, under the next one */
	uint16_t octets;  /* of the frame */
};
struct jd_tx {
	unsigned n; /* requests seen, saturating */
	unsigned head;
	struct jd_pdu ring[JD_HISTORY];
};

/* ---- LLDP ---- */

struct jd_said { /* when a TLV was sent last, newest first */
	struct mono at[3];
};

struct jd_lldp {
	bool is_known;
	struct mono last;
	uint32_t credit_ms; /* how much of txCreditMax is left, in frames of 1000 ms */
	uint16_t ttl_s;
};
struct jd_evb {
	bool is_known;
	struct evb_tlv tlv;
	bool has_prev;
	struct evb_tlv prev; /* what it said before */
	struct jd_said said;
	struct mono since;      /* first frame that says this */
	struct mono known_from; /* first TLV of this end */
	uint32_t n;             /* frames that say this */
	uint8_t n_ungranted;    /* bridge: TLVs in a row that do not grant what they echo */
	bool is_draft;          /* only the draft's TLV was heard */
};
struct jd_cdcp {
	bool is_known;
	struct jd_said said;
	struct cdcp_tlv tlv, prev;
	uint64_t
		listed; /* jd_pair_bit() of all pairs it ever had: without the bit, a pair was never in its list */
	bool has_prev;
	struct mono since;
	uint32_t n;
};

static inline uint64_t jd_pair_bit(struct cdcp_pair p)
{
	return UINT64_C(1) << ((p.scid * 7u + p.svid * 13u) & 63);
}

/* ---- ends and links ---- */

struct jd_end {
	bool in_use;
	struct mac mac;
	uint64_t key;  /* of its link's tags */
	uint32_t link; /* index */
	enum judge_role role;
	uint8_t rank;      /* how sure: 0 not, 1 spoke first, 2 by VDP's direction, 3 says so itself */
	uint32_t peer;     /* index, by what answered what; JD_NONE */
	bool is_shared;    /* the same address answers several: a switch with one address for all ports */
	struct mono first; /* of this stay: it may have been away */
	struct mono last;
	struct mono gone;       /* its shutdown LLDPDU; never */
	struct mono left, back; /* the last time that it was gone; never */
	struct mono restarted;  /* it said that it has heard nobody; never */
	struct jd_lldp lldp[JD_AGENTS];
	struct jd_evb evb;
	struct jd_cdcp cdcp;
	struct jd_tx tx[JD_INSTANCES];
	uint32_t n_late;    /* VSIs with a late answer */
	uint32_t n_overdue; /* VSIs whose keep-alive or end is due, see jd_vsi.is_overdue */
	/* copies */
	uint64_t lldp_frame;   /* its latest LLDPDU */
	uint64_t copied_frame; /* a frame that came twice and may have been reflected; 0 */
	uint64_t copied_twin;  /* its copy */
	struct mono copied_at, copied_time;
	uint32_t n_single;          /* frames of the peer since that did not come twice */
	uint32_t n_copied, n_alone; /* its own frames that did, and that did not */
};
struct jd_link {
	bool in_use;
	uint64_t key;
	unsigned n;
	uint32_t end[JD_LINK_ENDS];
	bool is_crowded;
	uint32_t n_requests; /* acknowledged */
	uint32_t n_losses;   /* of them, after a repetition */
	bool is_cut;         /* VDP messages were cut by the capture */
	bool is_doubled;     /* the capture has frames of both ends twice */
	struct mono last;    /* of any end */
};

/* ---- VSIs ---- */

struct jd_cmd {
	enum vdp_op op;
	bool is_keepalive, is_broken;
	uint64_t frame; /* first transmission */
	struct mono at;
	uint32_t n; /* times asked */
};
enum jd_due { JD_DUE_NOTHING, JD_DUE_ANSWER, JD_DUE_KEEPALIVE, JD_DUE_END };

struct jd_vsi {
	bool in_use, is_draft;
	struct vsi_id id;
	uint32_t station, bridge; /* ends; bridge JD_NONE until it answered */
	struct mono used;         /* last time, for eviction */
	struct vdp_manager manager;
	enum vdp_state state;
	bool is_state_known;
	unsigned n_cmds;
	struct jd_cmd cmd[JD_CMDS]; /* oldest first */
	struct mono answered;       /* last success; never: none */
	uint64_t answered_frame;    /* its frame */
	bool is_untold;             /* it was not acknowledged */
	uint32_t answered_epoch;
	struct dur early_gap; /* of the last keep-alive that came too early; zero: it did not */
	struct jd_cmd late;   /* a command without an answer in time; op 0: none */
	enum jd_due due;
	bool is_overdue; /* `due` has passed and waits for a sign of life */
	bool is_hard;    /* refused for good */
	uint8_t crossed; /* commands the bridge's De-Associate crossed, 1 << op: it may answer them yet */
	bool must_end;   /* a keep-alive was refused with Keep: De-Associate has to follow */
	bool had_null;   /* the command in force was asked with a null VID */
	uint16_t asked_len, held_len; /* octets */
	uint8_t asked[TLV_VALUE_MAX]; /* value of the newest request */
	uint8_t held[TLV_VALUE_MAX];  /* value of the last success, as it was returned */
	uint8_t first[TLV_VALUE_MAX]; /* value of the request that `held` answers */
	uint16_t first_len;
};

/* ---- the judge ---- */

enum jd_event {
	JD_ON_LLDP,           /* any LLDPDU */
	JD_ON_EVB,            /* ... with a whole EVB TLV */
	JD_ON_DRAFT_EVB,      /* ... with a whole one of draft 0.2 */
	JD_ON_CDCP,           /* ... with a whole CDCP TLV */
	JD_ON_ECP,            /* any ECPDU */
	JD_ON_REQUEST,        /* a sound ECP request */
	JD_ON_ACK,            /* an acknowledgement */
	JD_ON_NO_REPEAT,      /* a request should have been repeated by now */
	JD_ON_NO_ACK,         /* ... or acknowledged */
	JD_ON_VDP,            /* a VDP message, new */
	JD_ON_VSI,            /* an association TLV in it */
	JD_ON_COMMAND,        /* ... from a station */
	JD_ON_ANSWER,         /* ... a response */
	JD_ON_NOTICE,         /* ... the bridge's own De-Associate */
	JD_ON_NO_ANSWER,      /* respWaitDelay is over */
	JD_ON_NO_KEEPALIVE,   /* reinitKeepAlive is over, the station is alive */
	JD_ON_NO_END,         /* toutKeepAlive is over, the bridge is alive */
	JD_ON_TAG,            /* a frame in tags of ours */
	JD_ON_STRAY,          /* a control frame in an S-TAG that no list has had since */
	JD_ON_REFLECTED,      /* a control frame came back */
	JD_ON_REFLECTED_DATA, /* a frame of others came back */
	JD_N_EVENTS,
};

struct jd_copy {
	uint64_t print;
	struct mono time;
	uint64_t frame;
	uint32_t end;
};
struct jd_reflect { /* a frame of others that came twice */
	uint64_t print;
	struct mono first, second;
	uint64_t frame; /* of the second */
	unsigned n;     /* copies */
};

struct jd_stray { /* a control frame in an S-TAG that no list has */
	uint64_t frame;
	struct mono time;
	uint32_t end;
	uint16_t vid;
};

enum { JD_SEEN = 4096, JD_REFLECT = 16, JD_STRAYS = 8 };

struct judge {
	struct judge_cfg cfg;
	struct judge_counts count;
	struct mono now, start;
	uint32_t epoch; /* steps back in time and gaps: times of different epochs are not compared */
	bool has_started, is_over;
	uint16_t max_ttl_s;
	const struct cap_record *rec; /* not yet looked at */
	uint64_t print;
	struct imap end_map, vsi_map;
	uint16_t first_row[JD_N_EVENTS + 1]; /* of jd_rows[], by event */
	struct theap due;                    /* by VSI */
	struct jd_end *ends;
	struct jd_link *links;
	struct jd_vsi *vsis;
	uint32_t n_ends, n_links, n_vsis; /* high-water marks */
	uint32_t vsi_free;
	struct judge_verdict *queue;
	unsigned q_head, q_n;
	struct jd_copy *copies;
	unsigned copy_at;
	struct jd_copy *seen;       /* foreign frames, by fingerprint */
	struct jd_reflect *reflect; /* pairs that wait, oldest first */
	unsigned n_reflect;
	struct jd_stray stray[JD_STRAYS]; /* oldest first */
	unsigned n_strays;
	uint32_t watched; /* bridge that says that reflective relay is off, JD_NONE */
	struct mono watch_from;
	uint64_t n_foreign, n_pairs; /* frames of others watched, and those that came just twice */
	bool is_twice;               /* the capture has frames of others twice */
};

/* ---- what rules see ---- */

enum jd_outcome { JD_SILENT, JD_KEPT, JD_DOUBT, JD_BROKEN };

enum jd_sending { JD_SEND_NEW, JD_SEND_REPEAT, JD_SEND_REUSED };

/** Operational values as far as the capture shows them. */
struct jd_bounds {
	bool has_low, has_high;
	struct vdp_params low, high;
};

struct jd_ctx {
	struct judge *j;
	const struct cap_record *rec; /* NULL at a deadline */
	struct jd_end *end;           /* who is judged */
	struct jd_end *peer;          /* the other end, NULL when not known */
	struct jd_link *link;
	struct mono now;
	uint64_t frame; /* the verdict's; set to another by rules about another frame */
	struct mono frame_time;
	struct jd_bounds bounds; /* of `end`; of the asker for acknowledgements */
	/* LLDP */
	enum jd_agent agent;
	bool is_agent_known; /* the address is one of the three */
	/* ECP */
	enum jd_instance instance;
	enum jd_sending sending;
	struct jd_tx *tx;
	struct jd_pdu *pdu;   /* the request sent, repeated or acknowledged; NULL: an ack of none */
	struct jd_pdu *prev;  /* request before a new one */
	struct jd_end *asker; /* of an acknowledgement */
	struct dur gap;       /* since the last transmission */
	bool is_timed; /* gap is worth something; of a frame that came back: so do most of its sender's */
	/* VDP */
	const struct cap_vsi *v;
	struct jd_vsi *vsi;
	struct jd_cmd *cmd;      /* command an answer belongs to; of a command: the same one asked before */
	bool is_repeat;          /* command: the same as one that waits */
	bool is_keepalive;       /* command: the one in force, again */
	bool is_restarted;       /* the sender seems to have started anew */
	uint16_t stray;          /* VID of the S-TAG of a frame seen before */
	bool is_crossed;         /* an answer to what the bridge's own De-Associate has ended */
	struct vdp_assoc *asked; /* the command, decoded; NULL when it can't be compared */
	enum vdp_err asked_err;
	/* copies */
	uint64_t lldp_frame; /* its latest LLDPDU */
	uint64_t twin;       /* frame number of the first copy */
	/* out */
	char text[JUDGE_TEXT];
	const struct judge_rule *headline; /* what a frame without fault is praised for */
	unsigned n_bad;                    /* verdicts given about this frame */
	bool has_vsi_headline;
};

struct jd_row {
	struct judge_rule rule;
	enum jd_event on;
	enum jd_outcome (*judge)(struct jd_ctx *x);
};
/** All rules, by event. */
extern const struct jd_row jd_rows[];
extern const unsigned jd_n_rows;

/** "The text" of a verdict, and the outcome with it. */
__attribute__((format(printf, 3, 4))) enum jd_outcome jd_say(
	struct jd_ctx *x, enum jd_outcome o, const char *format, ...);

/** Run the rules of an event. A rule that is kept becomes the headline unless there is one. */
void jd_run(struct jd_ctx *x, enum jd_event on);

/* judge_link.c */
struct jd_end *jd_end_of(struct judge *j, const struct cap_record *rec, bool may_add);
struct jd_end *jd_peer_of(struct judge *j, const struct jd_end *e);
void jd_set_role(struct jd_end *e, enum judge_role role, uint8_t rank);
void jd_match(struct judge *j, struct jd_end *asker, struct jd_end *answerer);
/** The end of the link that has said in an EVB TLV that it is this. */
struct jd_end *jd_evb_of(struct judge *j, const struct jd_end *e, enum judge_role role);
struct jd_bounds jd_bounds_of(struct judge *j, const struct jd_end *owner);
bool jd_groups_are_refused(struct judge *j, const struct jd_end *e);
uint32_t jd_index(const struct judge *j, const struct jd_end *e);

/** Is so much lost on this link that what is missing may have been sent? */
bool jd_is_lossy(const struct jd_link *l);
/** Has the ECPDU that began with this frame been acknowledged? One that is not remembered any more has. */
bool jd_is_acked(const struct jd_end *e, enum jd_instance i, uint64_t frame);
/** How sure is it that x->end has taken note of what its peer has been saying since then? JD_SILENT: not at all,
 * JD_DOUBT: if the one TLV was not lost, JD_BROKEN: two of them. */
enum jd_outcome jd_heard(const struct jd_ctx *x, const struct jd_said *said, struct mono since);

/* judge_time.c */
struct dur jd_late(struct dur d);  /* not later than this */
struct dur jd_early(struct dur d); /* not earlier */
struct dur jd_ms(unsigned ms);
bool jd_after(struct mono a, struct mono b, struct dur d); /* a is more than d after b */

/* judge_lldp.c, judge_ecp.c, judge_vdp.c, judge_copy.c: a frame into the model, rules asked on the way */
void jd_take_lldp(struct jd_ctx *x);
void jd_take_ecp(struct jd_ctx *x);
void jd_take_vdp(struct jd_ctx *x);
void jd_take_tags(struct jd_ctx *x);
/** A control frame in an S-TAG that no CDCP list has yet: the list may follow. */
void jd_note_stray(struct jd_ctx *x, uint16_t vid);
/** Those that have waited long enough for their list. */
void jd_strays_due(struct judge *j);
/** True when the frame is a second copy and not to be looked at. */
bool jd_take_copy(struct jd_ctx *x);
/** An acknowledgement whose request the capture has once. */
bool jd_is_second_ack(struct jd_ctx *x);
/** VDP has answered the ECPDU that began with this frame. */
void jd_note_answer(struct jd_end *asker, enum jd_instance i, uint64_t frame);
/** The frame stands in the capture twice. */
void jd_note_copy(struct jd_ctx *x);
/** A frame of `e`, other than a repetition of what it owes: is something overdue at it or its peer? */
void jd_signs_of_life(struct jd_ctx *x);
void jd_vsi_due(struct judge *j, uint32_t vsi);
/** The ECPDU that began with this frame was never acknowledged: what it answered is not known to its station. */
void jd_vsi_not_told(struct judge *j, uint64_t frame);
void jd_vsi_rearm(struct judge *j, struct jd_end *e);
void jd_vsi_signs(struct jd_ctx *x);
void jd_vsi_restart(struct judge *j, struct jd_end *station);
bool jd_vsi_end(struct judge *j);
void jd_vsi_forget_end(struct judge *j, uint32_t end);
void jd_reflect_watch(struct judge *j);
void jd_reflect_due(struct judge *j);

struct jd_ctx jd_ctx_of(struct judge *j, const struct cap_record *rec, struct jd_end *e);

#endif
