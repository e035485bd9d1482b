/*
 * rp_list.c - messages of a capture or of a device under test: the frame's copy, decoded, and its association TLVs.
 */
#include "rp_priv.h"

#include <stdlib.h>

enum { FIRST_ROOM = 64 };

static bool grow(void **p, unsigned n, unsigned *room, size_t size)
{
	unsigned wanted = *room == 0 ? FIRST_ROOM : *room * 2;
	void *q;

	if (n < *room)
		return true;
	q = realloc(*p, wanted * size);
	if (q == NULL)
		return false;
	*p = q;
	*room = wanted;
	return true;
}

static uint16_t context_of(const struct cap_eth *eth)
{
	uint16_t vid;

	return cap_eth_vid(eth, CAP_S_TAG, &vid) ? vid : 0;
}

static bool add_cmds(struct rp_list *l, struct rp_msg *m)
{
	struct cap_vsi_walk walk;
	struct cap_vsi v;

	m->first_cmd = l->n_cmds;
	m->n_cmds = 0;
	if (m->rec.proto != CAP_ECP || !m->rec.ecp.is_vdp || m->rec.ecp.vdp_err != VDP_PDU_OK)
		return true;
	cap_vsi_first(&m->rec, &walk);
	while (cap_vsi_next(&walk, &v)) {
		if (v.err == VDP_ERR_SHORT || v.err == VDP_ERR_IGNORED || v.a.op == 0)
			continue;
		if (!grow((void **)&l->cmd, l->n_cmds, &l->room_cmds, sizeof(*l->cmd)))
			return false;
		l->cmd[l->n_cmds++] = (struct rp_cmd){ .msg = l->n,
			.vsi = v.a.vsi,
			.op = v.a.op,
			.status = v.a.status,
			.value = v.value,
			.twin = RP_NONE };
		m->n_cmds++;
	}
	return true;
}

bool rp_list_add(struct rp_list *l, const struct cap_frame *f)
{
	struct rp_msg *m;
	struct cap_frame copy = *f;

	if (!grow((void **)&l->msg, l->n, &l->room, sizeof(*l->msg)))
		return false;
	m = &l->msg[l->n];
	*m = (struct rp_msg){
		.at = f->time, .cause = RP_NONE, .twin = RP_NONE, .first = l->n, .due = MONO_NEVER
	};
	m->octets = malloc(f->octets.len + 1);
	if (m->octets == NULL)
		return false;
	memcpy(m->octets, f->octets.ptr, f->octets.len);
	copy.octets.ptr = m->octets;
	if (!cap_decode(&copy, &m->rec) || m->rec.proto == CAP_DATA ||
		(m->rec.proto == CAP_ECP && (!m->rec.ecp.has_hdr || m->rec.ecp.is_csp))) {
		free(m->octets);
		return true; /* nothing for a replay */
	}
	m->context = context_of(&m->rec.eth);
	m->kind = m->rec.proto == CAP_LLDP              ? RP_LLDP
		  : m->rec.ecp.hdr.op == ECP_OP_REQUEST ? RP_REQUEST
							: RP_ACK;
	if (!add_cmds(l, m)) {
		free(m->octets);
		return false;
	}
	l->n++;
	return true;
}

void rp_list_free(struct rp_list *l)
{
	for (unsigned i = 0; i < l->n; i++)
		free(l->msg[i].octets);
	free(l->msg);
	free(l->cmd);
}

bool rp_same_payload(const struct rp_msg *a, const struct rp_msg *b)
{
	return span_equal(a->rec.ecp.octets, b->rec.ecp.octets) && mac_equal(a->rec.eth.sa, b->rec.eth.sa);
}
