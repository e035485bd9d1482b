/*
 * Which ports belong to which groups (VN-Tag VIF lists, E-TAG groups) of one uplink or cascade port: what both machines
 * of PE-CSP keep (port-extension-reference 3.6, 5.2). Ports and groups are named by index.
 */
#ifndef EVB_CSP_GROUP_H
#define EVB_CSP_GROUP_H

#include "ilist.h"
#include "imap.h"
#include "siphash.h"

#define CSP_NONE UINT32_MAX

struct csp_group {
	uint32_t channel; /* 0: the record is free */
	uint32_t first;   /* member */
	uint32_t n;       /* members */
	uint32_t next_free;
	bool is_told;       /* PE: the user knows it */
	struct ilist dirty; /* CB, as all that follows: members whose change is to be sent */
	bool is_ending;     /* no more wanted */
	bool is_ended;      /* and the extender has none of it */
	bool is_failed;     /* news: a change was refused */
	uint8_t completion; /* of the refusal */
};

struct csp_membership {
	uint32_t group, port;    /* group is CSP_NONE in a free record */
	uint32_t g_prev, g_next; /* members of the group */
	uint32_t p_prev, p_next; /* groups of the port */
	bool is_wanted;          /* CB, as all that follows: by the user */
	bool is_in_force;        /* confirmed by the extender */
	bool is_sent;            /* its change is asked, */
	bool is_sent_add;        /* and is this */
};

struct csp_groups {
	struct csp_group *group;
	struct csp_membership *member;
	uint32_t *port_first; /* per port: its first membership */
	uint32_t max_groups, max_members, max_ports;
	uint32_t n_groups, n_members;
	uint32_t free_group, free_member; /* lists of free records */
	struct imap by_channel, by_pair;
	struct siphash_key key;
};

void csp_groups_layout(
	struct csp_groups *t, struct carve *c, uint32_t ports, uint32_t groups, uint32_t members);
/** Empty, whatever the memory holds. */
void csp_groups_init(struct csp_groups *t);
/** Everything goes; costs nothing when there is nothing. */
void csp_groups_clear(struct csp_groups *t);

/** CSP_NONE: there is none. */
uint32_t csp_group_find(const struct csp_groups *t, uint32_t channel);
/** A new, empty group; CSP_NONE: full. The channel must not be there. */
uint32_t csp_group_add(struct csp_groups *t, uint32_t channel);
/** The group must be empty. */
void csp_group_free(struct csp_groups *t, uint32_t group);

uint32_t csp_member_find(const struct csp_groups *t, uint32_t group, uint32_t port);
/** A new membership; CSP_NONE: full. The pair must not be there. */
uint32_t csp_member_add(struct csp_groups *t, uint32_t group, uint32_t port);
void csp_member_free(struct csp_groups *t, uint32_t member);

static inline uint32_t csp_port_first(const struct csp_groups *t, uint32_t port)
{
	return t->port_first[port];
}

#endif
