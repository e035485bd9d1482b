/* A replay's inside: messages, commands in them, and what belongs together. */
#ifndef EVB_RP_PRIV_H
#define EVB_RP_PRIV_H

#include "replay.h"

#define RP_NONE UINT32_MAX

enum rp_kind { RP_LLDP, RP_REQUEST, RP_ACK };
/* Before the capture begins the two ends have this long to come to the state it begins in. */
enum { RP_PREAMBLE_S = 8, RP_GRACE_S = 30, RP_AGAIN_MS = 50 };

struct rp_msg { /* a frame of the capture, or one that was sent */
	uint8_t *octets;
	struct cap_record rec;
	struct mono at;
	enum rp_kind kind;
	uint16_t context; /* VID of its S-TAG; 0: none */
	bool is_own, is_peer;
	uint32_t first_cmd, n_cmds;
	uint32_t first; /* request: its first transmission; itself */
	unsigned nth;   /* which transmission */
	/* of the capture. Of an acknowledgement the request it is for; of a peer's answer the own request it answers, and of an
	 * own request of a bridge the peer's that it answers: indices of the capture, RP_NONE */
	uint32_t cause;
	uint32_t
		twin; /* own: what was sent in its place, index of sent[]; and the other way round; RP_NONE */
	bool is_done; /* peer's: sent */
	struct mono due; /* peer's: known when; never: not yet */
};

enum rp_cmd_kind { RP_COMMAND, RP_ANSWER, RP_WITHDRAW };
struct rp_cmd { /* an association TLV */
	uint32_t msg;
	enum rp_cmd_kind kind;
	struct vsi_id vsi;
	enum vdp_op op; /* of the TLV */
	uint8_t status; /* as a reader of its role has it */
	struct span value;
	uint32_t twin;      /* in the other list, RP_NONE */
	bool is_repeat;     /* the sender has said the same before, and is not told otherwise since */
	bool is_again;      /* it failed, and is asked for once more */
	bool is_unanswered; /* command of the peer's: the capture has no answer to it */
	bool is_used;       /* answer: the type database's question was answered with it */
	bool was_in_force;  /* answer: to a command about a VSI that the bridge had */
	bool is_wish;       /* own command: somebody asked for it; else the machines came to it */
	bool was_refused;   /* own command: evbd's core does not take it */
};

struct rp_list {
	struct rp_msg *msg;
	unsigned n, room;
	struct rp_cmd *cmd;
	unsigned n_cmds, room_cmds;
};

struct rp_extra { /* a frame of the peer's that the capture does not have */
	struct mono at;
	size_t len;
	uint8_t octets[1536];
};
enum { RP_EXTRAS = 64 };

struct replay {
	struct replay_cfg cfg;
	struct rp_list cap, sent;
	struct mac own, peer;
	bool is_absent; /* the own end says nothing */
	bool is_guess;  /* the first to speak was taken for the station */
	struct mono epoch, end, now, last_own;
	unsigned n_extras;
	struct rp_extra extra[RP_EXTRAS];
	struct rp_extra out; /* the frame handed out last, if it was changed */
	uint16_t extra_seq;
	struct replay_row *row;
	unsigned n_rows, room_rows;
	bool has_preamble;
	bool has_dropped; /* an acknowledgement was lost or wrong on purpose */
	struct replay_counts count;
	unsigned next_peer; /* nothing of the peer's before it is left */
	bool has_failed;    /* out of memory */
};

/* rp_list.c */
/** A copy, if it is a frame that a replay has to do with. False: out of memory. */
bool rp_list_add(struct rp_list *l, const struct cap_frame *f);
void rp_list_free(struct rp_list *l);
/** Two transmissions of one ECPDU. */
bool rp_same_payload(const struct rp_msg *a, const struct rp_msg *b);

/* rp_capture.c: sides, roles, causes */
const char *rp_capture_read(struct replay *r);

/* rp_match.c */
void rp_match(struct replay *r, struct rp_msg *m);

/* rp_peer.c */
/** Something was sent in place of captured message `c`, its nth transmission. */
void rp_peer_release(struct replay *r, uint32_t c, struct mono now);
/** The script has nothing to say to this request; a peer that was there would acknowledge and answer it. */
void rp_peer_improvise(struct replay *r, const struct rp_msg *m);

/* rp_guess.c: the settings of the own end */
struct rp_guess {
	bool has_peer_tlv;   /* the capture has what the peer says of EVB there */
	bool is_auto;        /* speaks both generations */
	bool is_draft;       /* the first it speaks */
	bool needs_preamble; /* the capture begins after the two had found each other */
	uint32_t peer_tlv;   /* the peer's first LLDPDU with an EVB TLV, RP_NONE */
	uint32_t own_tlv;    /* likewise */
	uint8_t retries, rte, rwd, rka;
	bool reflective_relay, group_ids;
};
/** Of an S-channel (VID of its tag), or of what is untagged. */
struct rp_guess rp_guess_of(const struct replay *r, uint16_t context);
/** When a bridge with these settings ends a VSI that has gone silent. */
struct dur rp_tout_keep_alive(const struct rp_guess *g);

/** Has the bridge (the own end, or the peer) an answer for anything in the capture? */
bool rp_has_answers(const struct replay *r, bool by_own);
/** Which own commands somebody wished for. */
void rp_find_wishes(struct replay *r);

/* rp_lldp.c */
/** Lays the LLDPDUs of both beside each other. */
bool rp_rows_lldp(struct replay *r);

/* rp_peer.c */
/** A frame of the peer's beside the script. */
void rp_peer_extra(struct replay *r, struct span octets, struct mono at);

/* rp_rows.c */
bool rp_rows(struct replay *r);
struct replay_row *rp_row_add(
	struct replay *r, const struct rp_msg *captured, const struct rp_msg *sent, enum replay_why why);

#endif
