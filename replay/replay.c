/*
 * replay.c - the life of a replay: read a capture, get ready, be told what was sent, look at the outcome.
 */
#include "rp_priv.h"

#include <stdlib.h>

struct replay *replay_new(const struct replay_cfg *cfg)
{
	struct replay *r = calloc(1, sizeof(*r));

	if (r != NULL)
		r->cfg = *cfg;
	return r;
}

void replay_free(struct replay *r)
{
	if (r == NULL)
		return;
	rp_list_free(&r->cap);
	rp_list_free(&r->sent);
	free(r->row);
	free(r);
}

bool replay_put(struct replay *r, const struct cap_frame *f)
{
	unsigned n = r->cap.n;

	if (n == REPLAY_MAX_FRAMES || !rp_list_add(&r->cap, f))
		return false;
	r->count.not_replayed += r->cap.n == n;
	return true;
}

/* ---- getting ready ---- */

static bool has_svids(const struct rp_msg *m)
{
	const struct cdcp_tlv *t = &m->rec.lldp.cdcp;

	for (unsigned i = 0; i < t->n_pairs; i++)
		if (t->pair[i].svid > CDCP_DEFAULT)
			return true;
	return false;
}

/* The peer's first CDCP TLV, if the S-channels were there before the capture began. */
static const struct rp_msg *cdcp_before(const struct replay *r)
{
	bool is_late = false;

	for (uint32_t i = 0; i < r->cap.n; i++) {
		const struct rp_msg *m = &r->cap.msg[i];
		bool has = m->kind == RP_LLDP && m->rec.lldp.err == LLDP_OK &&
			   m->rec.lldp.cdcp_org.is_decoded;

		if (has && m->is_peer)
			return is_late ? m : NULL;
		is_late |= m->context != 0 || (has && m->is_own && has_svids(m));
	}
	return NULL;
}

/* What the two ends knew of each other when the capture began: the peer says it again, some seconds before. */
static void prepare_preamble(struct replay *r)
{
	enum { CHANNELS_S = 3 };
	struct mono start = { r->epoch.ns - dur_s(RP_PREAMBLE_S).ns };
	const struct rp_msg *cdcp = cdcp_before(r);

	if (r->epoch.ns < dur_s(2 * RP_PREAMBLE_S).ns)
		return;
	if (cdcp != NULL)
		rp_peer_extra(r, cdcp->rec.frame.octets, start);
	for (uint32_t i = 0; i < r->cap.n; i++) {
		const struct rp_msg *m = &r->cap.msg[i];
		struct rp_guess g;

		if (!m->is_peer || m->kind != RP_LLDP)
			continue;
		g = rp_guess_of(r, m->context);
		if (g.needs_preamble && g.peer_tlv == i)
			rp_peer_extra(r, m->rec.frame.octets,
				mono_add(start, dur_s(m->context != 0 ? CHANNELS_S : 0)));
	}
	r->has_preamble = r->n_extras > 0;
}

const char *replay_prepare(struct replay *r)
{
	const char *err;

	if (r->cap.n == 0)
		return "it has no frames of LLDP with EVB, ECP or VDP";
	r->epoch = r->cap.msg[0].at;
	r->end = r->cap.msg[r->cap.n - 1].at;
	err = rp_capture_read(r);
	if (err != NULL)
		return err;
	rp_find_wishes(r);
	prepare_preamble(r);
	for (uint32_t i = 0; i < r->cap.n; i++)
		if (r->cap.msg[i].is_peer && r->cap.msg[i].cause == RP_NONE)
			r->cap.msg[i].due = r->cap.msg[i].at;
	return NULL;
}

struct mono replay_start(const struct replay *r)
{
	return r->has_preamble ? (struct mono){ r->epoch.ns - dur_s(RP_PREAMBLE_S).ns } : r->epoch;
}

/* ---- running ---- */

void replay_sent(struct replay *r, struct span octets, struct mono now)
{
	struct cap_frame f = { .time = now, .wire_len = (uint32_t)octets.len, .octets = octets };
	unsigned n = r->sent.n;

	if (n == REPLAY_MAX_FRAMES) /* a device that does not stop; what is there is enough to tell */
		return;
	f.number = n + 1;
	if (!rp_list_add(&r->sent, &f)) {
		r->has_failed = true;
		return;
	}
	if (r->sent.n > n)
		rp_match(r, &r->sent.msg[n]);
}

bool replay_is_over(const struct replay *r, struct mono now)
{
	if (!mono_reached(r->end, now))
		return false;
	if (mono_reached(mono_add(r->end, dur_s(RP_GRACE_S)), now))
		return true;
	for (uint32_t i = 0; i < r->cap.n; i++) {
		const struct rp_msg *m = &r->cap.msg[i];

		if (m->is_own && m->kind != RP_LLDP && m->twin == RP_NONE)
			return false;
		if (m->is_peer && !m->is_done && !mono_is_never(m->due))
			return false;
	}
	return true;
}

void replay_finish(struct replay *r)
{
	r->has_failed |= !rp_rows(r);
}

/* ---- looking ---- */

struct mac replay_own(const struct replay *r)
{
	return r->own;
}

struct mac replay_peer(const struct replay *r)
{
	return r->peer;
}

bool replay_is_guess(const struct replay *r)
{
	return r->is_guess;
}

unsigned replay_n_rows(const struct replay *r)
{
	return r->n_rows;
}

const struct replay_row *replay_row(const struct replay *r, unsigned i)
{
	return &r->row[i];
}

const struct replay_counts *replay_counts(const struct replay *r)
{
	return &r->count;
}

struct mono replay_epoch(const struct replay *r)
{
	return r->epoch;
}

/* ---- names ---- */

static const struct why_row {
	const char *name, *meaning;
	enum replay_verdict weight;
} why_rows[REPLAY_N_WHYS] = {
	[REPLAY_SAME] = { "same", "octet for octet", REPLAY_EQUAL },
	[REPLAY_SEQUENCE] = { "sequence", "a sender begins with any number", REPLAY_EQUIVALENT },
	[REPLAY_PADDING] = { "padding", "zeros at the end, or an End TLV", REPLAY_EQUIVALENT },
	[REPLAY_PACKING] = { "packing", "the same TLVs in other ECPDUs", REPLAY_EQUIVALENT },
	[REPLAY_TIMING] = { "timing", "at another time", REPLAY_EQUIVALENT },
	[REPLAY_LLDP_OTHER] = { "lldp_identity", "names, TTL and TLVs that are not of 802.1Qbg",
		REPLAY_EQUIVALENT },
	[REPLAY_CAPACITY] = { "capacity", "how many VSIs and which modes an end is good for",
		REPLAY_EQUIVALENT },
	[REPLAY_TRANSIENT] = { "transient", "a state between two others, told or not as LLDP's timers fall",
		REPLAY_EQUIVALENT },
	[REPLAY_REPETITIONS] = { "repetitions", "how often an unacknowledged request is repeated",
		REPLAY_EQUIVALENT },
	[REPLAY_KEEPALIVE] = { "keepalive", "one keep-alive more or less", REPLAY_EQUIVALENT },
	[REPLAY_RETRY] = { "retry", "a command that failed is given again, or not", REPLAY_EQUIVALENT },
	[REPLAY_EMPTY] = { "empty_request", "a request of ECP with nothing in it", REPLAY_EQUIVALENT },
	[REPLAY_ACK_TWICE] = { "ack_twice", "a second acknowledgement of one request", REPLAY_EQUIVALENT },
	[REPLAY_NO_ANSWER] = { "no_answer", "the capture's bridge never answered this command",
		REPLAY_EQUIVALENT },
	[REPLAY_ABSENT] = { "absent", "the capture has no frame of this end, or none from then on",
		REPLAY_EQUIVALENT },
	[REPLAY_HINTS] = { "hints", "M and S bits of a De-Associate, which mean nothing there",
		REPLAY_EQUIVALENT },
	[REPLAY_REFUSAL_FORM] = { "refusal_form",
		"a refusal under the type of the request or as De-Associate, with Keep where nothing is kept",
		REPLAY_EQUIVALENT },
	[REPLAY_NULL_VID] = { "null_vid",
		"the capture's bridge leaves a null VID as it is; without a VID to give this ends in a "
		"refusal",
		REPLAY_EQUIVALENT },
	[REPLAY_CONSEQUENCE] = { "consequence", "follows from another difference", REPLAY_EQUIVALENT },
	[REPLAY_UNSEEN] = { "unseen", "goes back to what was before the capture", REPLAY_EQUIVALENT },
	[REPLAY_FIELDS] = { "fields", "what has to be the same is not", REPLAY_DIFFERENT },
	[REPLAY_MISSING] = { "missing", "not sent in the replay", REPLAY_DIFFERENT },
	[REPLAY_EXTRA] = { "extra", "sent in the replay only", REPLAY_DIFFERENT },
};

const char *replay_name(enum replay_why w)
{
	return why_rows[w].name;
}

const char *replay_meaning(enum replay_why w)
{
	return why_rows[w].meaning;
}

enum replay_verdict replay_weight(enum replay_why w)
{
	return why_rows[w].weight;
}
