/*
 * The daemon's end of the control socket (docs/control-protocol.md): listening, credentials, bounded queues, and
 * answers made from the node. Everything it needs beside the node comes through struct ctl_host.
 */
#ifndef EVB_CTL_SERVER_H
#define EVB_CTL_SERVER_H

#include <jansson.h>

#include "ctl_proto.h"
#include "libvirt_vsi.h"
#include "link.h"
#include "node.h"
#include "rtnl.h"
#include "state.h"
#include "vtdb.h"

struct event_base;
struct recorder;

struct ctl_port_info {             /* what the shell knows of a node port */
	const char *driver;        /* NULL: no link open */
	bool is_fast;              /* the fast path runs there, and the driver has what it leaves */
	const char *fast_why;      /* why it does not; NULL or empty: it does, or is not asked for */
	struct link_counters link; /* over all links the port had */
	const struct offload_saved *offloads; /* changed on the device; NULL: none */
	const char *why;                      /* why no link could be opened; NULL or empty: fine */
	bool is_shielded;                     /* the host's own stack hears nothing of the port */
	bool is_exposed;                      /* it should not, but does */
};

struct ctl_libvirt_info { /* the dialogue with libvirt, in lldpad's place */
	const char *pid_file;
	uint32_t port_id;   /* netlink port */
	uint32_t n_vsis;    /* listed */
	uint64_t not_sent;  /* messages that libvirt did not take */
	uint64_t malformed; /* messages that can't be read */
	struct libvirt_counters count;
};

struct ctl_host { /* strings and pointers must live as long as the server */
	void *ctx;
	struct node *node;
	const char *version; /* of the daemon */
	const char *config_path;
	struct mono started;
	struct mono (*now)(void *ctx);
	int64_t (*realtime_offset_ns)(void *ctx);     /* CLOCK_REALTIME less the clock of now() */
	const struct conf *(*conf)(void *ctx);        /* in force */
	const struct vtdb_types *(*types)(void *ctx); /* in force; NULL: none configured */
	/** False: nothing is known of this port. */
	bool (*port)(void *ctx, uint16_t port, struct ctl_port_info *ret);
	/** May be NULL. Bring counters up to date that something else keeps. */
	void (*refresh)(void *ctx);
	/** Read the configuration again. 0, or negative errno with *ret_error. *ret_n may exceed max. */
	int (*reload)(void *ctx, struct conf_change *ret, unsigned max, unsigned *ret_n,
		struct conf_error *ret_error);
	void (*state)(void *ctx, struct state_health *ret);
	/** An S-channel or VIF comes or goes at run time. False with the reason. */
	bool (*add)(void *ctx, enum state_kind kind, const char *port, uint32_t id, const json_t *settings,
		char why[CTL_ERROR_TEXT]);
	bool (*remove)(
		void *ctx, enum state_kind kind, const char *port, uint32_t id, char why[CTL_ERROR_TEXT]);
	/** May be NULL. False: we are not in lldpad's place. */
	bool (*libvirt)(void *ctx, struct ctl_libvirt_info *ret);
	const struct recorder *recorder; /* NULL: none */
};

struct ctl_server;

/** Listen at conf->control_socket (mode 0660, group conf->control_group). A socket nobody listens at is replaced; one
 * where another daemon answers is -EADDRINUSE. NULL with *ret_errno (negative) and a text in err. */
struct ctl_server *ctl_server_new(
	struct event_base *base, const struct ctl_host *host, int *ret_errno, char *err, unsigned err_size);
/** Close all clients and remove the socket. */
void ctl_server_free(struct ctl_server *s);
/** To be called for each event of the node, while ev->vsi is valid. */
void ctl_server_event(struct ctl_server *s, const struct node_event *ev, struct mono now);

#endif
