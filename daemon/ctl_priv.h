/* Inside the control server: clients, the jobs they have running, and rows on their way out. */
#ifndef EVB_CTL_PRIV_H
#define EVB_CTL_PRIV_H

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <jansson.h>
#include <sys/queue.h>

#include "ctl_proto.h"
#include "ctl_server.h"

enum {
	CTL_STEP_ROWS = 256, /* rows per turn of the event loop: a listing never holds up the protocols */
	CTL_OUT_PAUSE = 64 * 1024, /* octets not yet read by a client before its next request is looked at */
	CTL_MONITOR_MAX = 256 * 1024, /* octets not yet read by a monitor before events are lost */
	CTL_WRITE_TIMEOUT_S = 30,     /* a client that takes nothing for so long is closed */
	CTL_CONTAINERS_MAX = 1 << 18, /* objects and arrays of one request */
	CTL_VALUES_MAX = 1 << 20,     /* values of one request, of any kind */
	CTL_CHANGES_MAX = 256,        /* lines of a reload's answer */
};

/** A listing in progress: where it is, and the rows so far. */
struct ctl_walk {
	const struct ctl_host *host;
	const char *only_port; /* name of a device, with its S-channels; NULL: all */
	uint16_t only_scid;    /* of it this S-channel; 0: all */
	uint32_t port, index;  /* next row; meaning is the listing's */
	struct evbuffer *rows; /* texts, separated by commas */
	uint32_t n_rows;
};
/** Write up to `budget` rows; true when it is over. */
typedef bool ctl_show_fn(struct ctl_walk *w, unsigned budget);

ctl_show_fn ctl_show_status, ctl_show_ports, ctl_show_channels, ctl_show_neighbors, ctl_show_vsi,
	ctl_show_fdb, ctl_show_vif, ctl_show_types, ctl_show_counters, ctl_show_record;

/** Append a row (stolen). */
void ctl_walk_row(struct ctl_walk *w, json_t *row);
/** Is this device's channel wanted? scid 0: the device, or what has no channel. */
bool ctl_walk_wants(const struct ctl_walk *w, const char *name, uint16_t scid);
/** The next port in use at or after w->port that the listing wants; NULL at the end. w->port is its index. */
const struct node_port *ctl_walk_port(struct ctl_walk *w);

/* ---- values ---- */

/** o[key] = value (stolen); NULL becomes null. */
void ctl_put(json_t *o, const char *key, json_t *value);
void ctl_put_text(json_t *o, const char *key, const char *text); /* NULL or empty: null */
void ctl_put_int(json_t *o, const char *key, uint64_t value);
void ctl_put_bool(json_t *o, const char *key, bool value);
void ctl_put_dur(json_t *o, const char *key, struct dur d); /* seconds */
void ctl_put_time(
	json_t *o, const char *key, const struct ctl_host *h, struct mono t); /* RFC 3339; zero: null */
/** A Chassis or Port ID TLV's value: addresses in their usual form, anything else escaped. */
void ctl_put_lldp_id(json_t *o, const char *key, struct span value, bool is_chassis);
/** A peer's text, escaped. */
void ctl_put_lldp_text(json_t *o, const char *key, struct span text);
bool ctl_is_evb(const struct node_port *p);            /* station or bridge */
const char *ctl_generation(const struct node_port *p); /* NULL: none in force */
void ctl_put_rr(json_t *o, const struct node_port *p);
const char *ctl_relay_mode(const struct node_port *p);
json_t *ctl_peer(const struct node_port *p); /* chassis, port id, system name; NULL: nobody is heard */
/** o["channel"]: of a station or bridge port its own, of a VM port its uplink's, otherwise null. */
void ctl_put_channel(json_t *o, const struct node *n, const struct node_port *p);
/** Why an S-channel is not operational; NULL: it is, or it is the default channel. */
const char *ctl_channel_why(const struct node *n, const struct node_port *p, char text[CDCP_WHY_TEXT]);
/** Row of a channel of a station or bridge port, whether there is one or not. */
json_t *ctl_channel_row(const struct ctl_host *h, uint16_t device, uint16_t scid);

/** Row of a VIF of a port with port extension, whether there is one or not. */
json_t *ctl_vif_row(const struct ctl_host *h, uint16_t device, uint32_t id);
/** o["vif"]: of a VM port or a bridge's VIF, 0: null. */
void ctl_put_vif(json_t *o, uint32_t vif);
/** The tag of a port with port extension, as it was agreed or configured; NULL: none. */
const char *ctl_tag(const struct node_port *p);
/** Where the port's session of PE-CSP stands; NULL: it has none. */
const char *ctl_csp_state(const struct node_port *p);

/** Row of a VSI; `index` in its table, UINT32_MAX: it is in none (any more). */
json_t *ctl_vsi_row(const struct ctl_host *h, uint16_t port, uint32_t index, const struct vdp_vsi *v);

/* ---- clients ---- */

struct ctl_vsi_job;
struct ctl_client {
	LIST_ENTRY(ctl_client) link;
	struct ctl_server *server;
	struct bufferevent *bev;
	struct event *timer; /* next step of a job, or the end of its wait */
	json_int_t id;       /* of the request being answered */
	bool is_monitor;
	bool is_closing;   /* after what is queued has been read */
	uint64_t lost;     /* events a monitor did not get since it was last told */
	ctl_show_fn *show; /* listing in progress */
	const char *what;
	char only_port[CONF_NAME];
	struct ctl_walk walk;
	struct ctl_vsi_job *vsi; /* VSI request in progress */
};
struct ctl_server {
	struct ctl_host host;
	struct event_base *base;
	struct evconnlistener *listener;
	char path[CONF_PATH];
	struct siphash_key key; /* of VSIIDs waited for */
	unsigned n_clients;
	LIST_HEAD(ctl_clients, ctl_client) clients;
};

/** Take up a request (ctl_request.c). Answers at once or starts a job. */
void ctl_request(struct ctl_client *c, struct span body);
/** The timer: one step of the running job. */
void ctl_request_step(struct ctl_client *c);
bool ctl_request_is_busy(const struct ctl_client *c);
void ctl_request_cancel(struct ctl_client *c);

/** Queue a reply to c->id; result is stolen and may be NULL. */
void ctl_reply_to(struct ctl_client *c, enum ctl_status status, const char *error, json_t *result);
/** Queue a reply whose array of rows is in w->rows; `more` is JSON text for behind the array, such as ,"failed":[]. */
void ctl_reply_rows(struct ctl_client *c, enum ctl_status status, const char *error, const char *what,
	struct ctl_walk *w, struct evbuffer *more);
/** Run the timer as soon as others had their turn, or after a time. */
void ctl_client_again(struct ctl_client *c);
void ctl_client_after(struct ctl_client *c, struct dur d);

/** Do a `channel` or `vif` request, and answer. */
void ctl_added_request(struct ctl_client *c, enum state_kind kind, const json_t *j);

/** Start a `vsi` request; answers at once when it can't be understood. */
void ctl_vsi_begin(struct ctl_client *c, const json_t *request);
void ctl_vsi_step(struct ctl_client *c);
void ctl_vsi_event(struct ctl_client *c, const struct node_event *ev);
/** Answered, or the client is gone. */
void ctl_vsi_end(struct ctl_client *c);

#endif
