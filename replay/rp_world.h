/* evbd's core under test, and those around it that the capture does not show. */
#ifndef EVB_RP_WORLD_H
#define EVB_RP_WORLD_H

#include "node.h"
#include "rp_priv.h"

struct rp_question { /* of the type database */
	uint16_t port;
	struct vtdb_handle handle;
	struct mono at; /* when the capture's bridge answered */
	struct vtdb_answer *answer;
};
enum { RP_QUESTIONS = 512 };

struct rp_world {
	struct replay *r;
	struct node *node;
	struct conf conf;
	struct conf_port port;
	struct mono now;
	uint32_t next_wish; /* own commands before it are done with */
	uint32_t
		next_lldp; /* likewise messages, for channels that come and go, and for an own end that leaves */
	unsigned n_questions;
	struct rp_question question[RP_QUESTIONS];
};

/* rp_user.c */
void rp_on_ask(void *ctx, struct node *n, uint16_t port, struct vtdb_handle h, const struct vtdb_query *q,
	struct mono now);
struct mono rp_user_deadline(const struct rp_world *w);
void rp_user_on_time(struct rp_world *w);
void rp_user_free(struct rp_world *w);

/* rp_channels.c */
/** CDCP and the S-channels to begin with, as the own end's first CDCP TLV has them. */
void rp_channels_conf(struct rp_world *w);
void rp_channels_start(struct rp_world *w);
/** A CDCP TLV of the own end: channels that came or went by then. */
void rp_channels_follow(struct rp_world *w, const struct rp_msg *m);
/** Port of an S-channel by the VID of its tag, of the device for 0; NODE_NO_PORT. */
uint16_t rp_channel_port(const struct rp_world *w, uint16_t context);

#endif
