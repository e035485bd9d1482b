/*
 * libvirt_vsi.c - what libvirt asked for and what became of it (openlldp 7).
 *
 * In: requests and polls about a device, events of the node, time. Out: requests to the node, answers to polls, notes.
 * A VSI is named by its UUID and the device libvirt named; the node knows on which of the device's S-channels or of
 * the uplinks that stand in for it the VSI is. Where a new one goes: to the VM port whose device has the guest's
 * address, and so to that port's S-channel or VIF; without such a port to the device's default channel.
 *
 * What is done differently from lldpad, each because of a defect of it (openlldp 7.5):
 *   - an outcome is that of the latest request, never of one before it (3, 4);
 *   - silence is an outcome, too: the request ends within LIBVIRT_DEADLINE_S, and the next one finds nothing of it (1);
 *   - what is over stays listed for a while after a poll, for another client's poll may have been first;
 *   - the list has room for 1638 VSIs (2), the newest first.
 * libvirt has no word for "suspended" or "migrating", but it pre-associates only on the host that a guest migrates to: so
 * the M-bit is set from there to the Associate that follows (802.1Q 41.2; evb-reference 6.3).
 *
 * Invariants: an entry that is pending has a deadline within LIBVIRT_DEADLINE_S; one that is over, an end; every entry
 * is in the map and in `order`. Nothing is taken back inside libvirt_on_event(): the timer does it, at once.
 */
#include "libvirt_vsi.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "ilist.h"
#include "vdp_draft_tlv.h"

enum { NOTE_NONE, NOTE_FAILED = 1, NOTE_LOST = 2, NOTE_VLAN = 4 };

struct entry {
	struct vsi_id id;
	char device[CONF_NAME];
	uint64_t hash;
	struct libvirt_head head; /* of the latest request */
	struct libvirt_vsi asked;
	bool in_use;
	bool is_pending;   /* no outcome yet */
	bool is_over;      /* nothing of it is with VDP, or will be as soon as takes_back is done */
	bool is_read;      /* a poll has told that it is over */
	bool is_lasting;   /* associated for libvirt once, and not de-associated since */
	bool takes_back;   /* the node is to be told to de-associate */
	bool is_migrating; /* pre-associated: the guest comes from elsewhere */
	uint16_t response; /* unless pending */
	struct mono done;  /* when it was over */
	unsigned notes;    /* mask of NOTE_ */
	const char *event; /* of NOTE_FAILED and NOTE_VLAN */
	char reason[LIBVIRT_REASON];
};

struct libvirt {
	struct node *node;
	const struct libvirt_managers *managers;
	struct siphash_key key;
	struct entry *entry;
	uint32_t max, *unused, n_unused;
	struct imap map; /* by UUID and device */
	struct theap timers;
	struct ilinks order_links, news_links;
	struct ilist order; /* entries, the one asked for longest ago first */
	struct ilist news;  /* entries with notes */
	struct libvirt_counters count;
	void *mem;
};

/* ---- the table ---- */

static void layout(struct libvirt *l, struct carve *c)
{
	l->entry = (struct entry *)carve_take(c, l->max, sizeof(*l->entry));
	l->unused = (uint32_t *)carve_take(c, l->max, sizeof(*l->unused));
	imap_layout(&l->map, c, l->max);
	theap_layout(&l->timers, c, l->max);
	ilinks_layout(&l->order_links, c, l->max);
	ilinks_layout(&l->news_links, c, l->max);
}

struct libvirt *libvirt_new(
	struct node *n, const struct libvirt_managers *managers, uint32_t max_vsis, struct siphash_key key)
{
	struct libvirt *l = calloc(1, sizeof(*l));
	struct carve c = { 0 };

	if (!l)
		return NULL;
	*l = (struct libvirt){ .node = n, .managers = managers, .key = key, .max = max_vsis };
	layout(l, &c);
	l->mem = calloc(1, c.used);
	if (!l->mem) {
		free(l);
		return NULL;
	}
	c = (struct carve){ .base = l->mem };
	layout(l, &c);
	imap_clear(&l->map);
	theap_clear(&l->timers);
	ilist_clear(&l->order);
	ilist_clear(&l->news);
	for (uint32_t i = 0; i < l->max; i++)
		l->unused[i] = l->max - 1 - i;
	l->n_unused = l->max;
	return l;
}

void libvirt_free(struct libvirt *l)
{
	if (!l)
		return;
	free(l->mem);
	free(l);
}

static uint64_t hash_of(const struct libvirt *l, const struct vsi_id *id)
{
	return siphash(l->key, span_of(id, sizeof(*id)));
}

static uint32_t find(const struct libvirt *l, const char *device, const struct vsi_id *id)
{
	uint32_t i = imap_first(&l->map, hash_of(l, id));

	while (i != IMAP_NONE &&
		(!vsi_id_equal(&l->entry[i].id, id) || strcmp(l->entry[i].device, device) != 0))
		i = imap_next(&l->map, i);
	return i;
}

static void forget(struct libvirt *l, uint32_t i)
{
	struct entry *e = &l->entry[i];

	imap_remove(&l->map, e->hash, i);
	theap_set(&l->timers, i, MONO_NEVER);
	ilist_remove(&l->order, &l->order_links, i);
	if (ilinks_in(&l->news_links, i))
		ilist_remove(&l->news, &l->news_links, i);
	*e = (struct entry){ 0 };
	l->unused[l->n_unused++] = i;
}

/* Room for one more: what is over may go, the oldest first. */
static bool make_room(struct libvirt *l)
{
	uint32_t i = l->order.head;

	while (l->n_unused == 0 && i != ILIST_NONE && (!l->entry[i].is_over || l->entry[i].takes_back))
		i = ilist_next(&l->order_links, i);
	if (l->n_unused == 0 && i != ILIST_NONE) {
		l->count.forgotten += !l->entry[i].is_read;
		forget(l, i);
	}
	return l->n_unused > 0;
}

static uint32_t add(struct libvirt *l, const char *device, const struct vsi_id *id)
{
	uint32_t i = l->unused[--l->n_unused];
	struct entry *e = &l->entry[i];

	*e = (struct entry){ .in_use = true, .id = *id, .hash = hash_of(l, id) };
	snprintf(e->device, sizeof(e->device), "%s", device);
	imap_insert(&l->map, e->hash, i);
	ilist_push(&l->order, &l->order_links, i);
	return i;
}

static void note(struct libvirt *l, uint32_t i, unsigned what)
{
	l->entry[i].notes |= what;
	if (!ilinks_in(&l->news_links, i))
		ilist_push(&l->news, &l->news_links, i);
}

/* The deadline of an entry that is not pending. */
static void arm(struct libvirt *l, uint32_t i)
{
	const struct entry *e = &l->entry[i];
	struct dur stays = dur_s(e->is_read ? LIBVIRT_READ_S : LIBVIRT_UNREAD_S);

	theap_set(&l->timers, i,
		e->takes_back ? e->done
		: e->is_over  ? mono_add(e->done, stays)
			      : MONO_NEVER);
}

/* ---- outcomes ---- */

static void finish(struct libvirt *l, uint32_t i, uint16_t response, struct mono now)
{
	struct entry *e = &l->entry[i];

	e->is_pending = false;
	e->response = response;
	e->done = now;
	arm(l, i);
}

static void succeed(struct libvirt *l, uint32_t i, struct mono now)
{
	struct entry *e = &l->entry[i];

	l->count.succeeded += e->is_pending;
	e->is_over = e->asked.op == LIBVIRT_DEASSOC;
	e->is_lasting = e->is_lasting || e->asked.op == LIBVIRT_ASSOC;
	finish(l, i, LIBVIRT_SUCCESS, now);
}

/* A request of a guest that runs already is not taken back. is_gone: VDP has done so. */
static void fail(struct libvirt *l, uint32_t i, uint16_t response, bool is_gone, const char *event,
	const char *reason, struct mono now)
{
	struct entry *e = &l->entry[i];

	e->is_over = is_gone || !e->is_lasting;
	e->takes_back = !is_gone && !e->is_lasting;
	e->event = event;
	snprintf(e->reason, sizeof(e->reason), "%s", reason);
	note(l, i, NOTE_FAILED);
	finish(l, i, response, now);
}

/* How libvirt is told (openlldp 7.3): as the port's generation has it on the wire. */
static uint16_t response_of(const struct node_port *p, const struct vdp_vsi *v)
{
	enum qbg_edition edition = p && p->vdp ? vdp_table_edition(p->vdp) : QBG_RATIFIED;
	uint8_t error = vdp_dialect_of(edition)->error(v->error);

	if (error == VDP_E_SUCCESS)
		return LIBVIRT_ERROR;
	if (edition != QBG_RATIFIED)
		error = vdp_draft_resp(error);
	else if (v->keep)
		error |= VDP_STATUS_KEEP;
	if (edition == QBG_RATIFIED && v->hard)
		error |= VDP_STATUS_HARD;
	return error != 0 ? error : LIBVIRT_ERROR;
}

static bool is_as_asked(const struct entry *e, const struct vdp_vsi *v)
{
	static const enum vdp_display wanted[] = { [LIBVIRT_PREASSOC] = VDP_SHOW_PREASSOCIATED,
		[LIBVIRT_PREASSOC_RR] = VDP_SHOW_PREASSOCIATED_RR,
		[LIBVIRT_ASSOC] = VDP_SHOW_ASSOCIATED,
		[LIBVIRT_DEASSOC] = VDP_SHOW_NONE };

	return v->show == wanted[e->asked.op] && v->error == VDP_E_SUCCESS;
}

/* A guest behind relay = "none" sends as its macvtap sits on the uplink: without 8021q below it, untagged. */
static void check_vlan(struct libvirt *l, uint32_t i, const struct node_port *p, const struct vdp_vsi *v)
{
	struct entry *e = &l->entry[i];

	if (p->conf.relay != CONF_RELAY_NONE || e->asked.vid != 0 || v->n_filters == 0 ||
		v->filters[0].vid == 0 || v->filters[0].vid == p->conf.pvid)
		return;
	e->event = "libvirt's guest is not in the VLAN of its VSI";
	snprintf(e->reason, sizeof(e->reason),
		"the switch chose VLAN %u, but the guest's frames leave untagged, in VLAN %u (pvid)",
		v->filters[0].vid, p->conf.pvid);
	note(l, i, NOTE_VLAN);
}

static void on_outcome(struct libvirt *l, uint32_t i, const struct node_event *ev, struct mono now)
{
	const struct node_port *p = node_port(l->node, ev->port);
	const struct vdp_vsi *v = ev->vsi;
	struct entry *e = &l->entry[i];

	if (e->asked.op == LIBVIRT_DEASSOC) {
		if (ev->is_ended)
			succeed(l, i, now);
		return;
	}
	if (ev->is_ended) {
		l->count.failed++;
		fail(l, i, response_of(p, v), true, "libvirt's request was refused", v->reason, now);
		return;
	}
	/* What was in force stays so while the request is on its way; and a pre-association may come before what is asked. */
	if (strcmp(ev->event, "request") == 0 || v->show == VDP_SHOW_PENDING || v->show == VDP_SHOW_NONE)
		return;
	if (is_as_asked(e, v)) {
		succeed(l, i, now);
		check_vlan(l, i, p, v);
	} else if (v->error != VDP_E_SUCCESS || v->show == VDP_SHOW_REFUSED) {
		l->count.failed++;
		fail(l, i, response_of(p, v), false, "libvirt's request was refused", v->reason, now);
	} else if (v->show == VDP_SHOW_TIMED_OUT) {
		l->count.timed_out++;
		fail(l, i, LIBVIRT_ERROR, false, "libvirt's request timed out", v->reason, now);
	}
}

/* What happens to a VSI that had its outcome. */
static void on_change(struct libvirt *l, uint32_t i, const struct node_event *ev, struct mono now)
{
	struct entry *e = &l->entry[i];

	if (e->asked.op == LIBVIRT_DEASSOC || e->takes_back || (e->is_over && !e->is_lasting))
		return;
	if (!ev->is_ended && is_as_asked(e, ev->vsi)) {
		succeed(l, i, now); /* again */
		return;
	}
	if (ev->is_ended || ev->vsi->state == VDP_STATE_NONE) {
		if (ev->is_of_peer && e->response == LIBVIRT_SUCCESS) {
			l->count.let_go++;
			note(l, i, NOTE_LOST);
		}
		e->is_over = ev->is_ended;
		e->is_read = false;
		finish(l, i, LIBVIRT_ERROR, now);
	}
}

void libvirt_on_event(struct libvirt *l, const struct node_event *ev, struct mono now)
{
	uint32_t i, next;

	if (ev->kind != NODE_EVENT_VSI)
		return;
	for (i = imap_first(&l->map, hash_of(l, &ev->vsi->subject.vsi)); i != IMAP_NONE; i = next) {
		const struct entry *e = &l->entry[i];

		next = imap_next(&l->map, i);
		if (!vsi_id_equal(&e->id, &ev->vsi->subject.vsi) ||
			!node_is_station_of(l->node, ev->port, node_find_port(l->node, e->device)))
			continue;
		if (e->is_pending)
			on_outcome(l, i, ev, now);
		else
			on_change(l, i, ev, now);
	}
}

/* ---- requests ---- */

static int refuse(struct libvirt *l, int error, const char *text, char why[LIBVIRT_REASON])
{
	l->count.not_taken++;
	snprintf(why, LIBVIRT_REASON, "%s", text);
	return error;
}

/* Why a device can't have VSIs: a negative errno as lldpad's (openlldp 7.2), 0: it can. */
static int unfit(const struct node_port *p, const char **ret_text)
{
	if (!p) {
		*ret_text = "the device is no port of evbd";
		return -ENODEV;
	}
	if (p->kind != NODE_STATION) {
		*ret_text = "the device is no station port";
		return -EOPNOTSUPP;
	}
	*ret_text = "evb.enabled is false on this port";
	return p->conf.evb.is_enabled ? 0 : -EPROTONOSUPPORT;
}

static int error_of(enum vdp_submit s)
{
	return s == VDP_SUBMIT_FULL ? -ENOMEM : -EINVAL;
}

static struct vdp_manager manager_of(const struct libvirt *l, const struct node_port *p, uint8_t octet)
{
	static const struct vdp_manager none;
	const struct vdp_manager *m = &l->managers->of[octet];

	/* draft 0.2 has the octet itself on the wire */
	if (vdp_table_edition(p->vdp) != QBG_RATIFIED || vdp_manager_equal(m, &none))
		return vdp_manager_of_octet(&(struct vdp_manager_map){ 0 }, octet);
	return *m;
}

static enum vdp_submit submit(struct libvirt *l, uint16_t device, const struct vsi_id *id,
	const struct libvirt_vsi *v, bool is_migrating, struct mono now)
{
	static const enum vdp_op ops[] = { [LIBVIRT_PREASSOC] = VDP_PREASSOC,
		[LIBVIRT_PREASSOC_RR] = VDP_PREASSOC_RR,
		[LIBVIRT_ASSOC] = VDP_ASSOC };
	uint16_t vm = v->has_mac ? node_vm_port_of_mac(l->node, device, v->mac) : NODE_NO_PORT;
	uint16_t port = node_vsi_find(l->node, device, id);
	struct vdp_filter filter = { .mac = v->mac, .vid = v->vid, .has_pcp = v->pcp != 0, .pcp = v->pcp };
	struct vdp_request rq = { .op = ops[v->op],
		.subject = { .vsi = *id, .type_id = v->type_id, .type_version = v->type_version },
		.format = v->has_mac ? VDP_FILTER_MAC_VID : VDP_FILTER_VID,
		.n_filters = 1,
		.filters = &filter,
		.is_migrating = is_migrating };

	if (port == NODE_NO_PORT)
		port = vm != NODE_NO_PORT ? node_port(l->node, vm)->uplink : device;
	if (vm != NODE_NO_PORT && node_port(l->node, vm)->uplink != port)
		vm = NODE_NO_PORT; /* it has moved to another channel; the VSI has not */
	rq.subject.manager = manager_of(l, node_port(l->node, port), v->manager);
	return node_vsi_request(l->node, port, &rq, vm, now);
}

/* In progress from now on, whatever became of an earlier request. */
static void begin(struct libvirt *l, uint32_t i, const struct libvirt_head *h, const struct libvirt_vsi *v,
	const struct node_port *p, struct mono now)
{
	struct dur longest = dur_s(LIBVIRT_DEADLINE_S), wait = vdp_table_timers(p->vdp)->resp_wait_delay;
	struct entry *e = &l->entry[i];

	e->head = *h;
	e->asked = *v;
	snprintf(e->head.ifname, sizeof(e->head.ifname), "%s", e->device);
	e->is_pending = true;
	e->is_over = e->is_read = e->takes_back = false;
	ilist_remove(&l->order, &l->order_links, i);
	ilist_push(&l->order, &l->order_links, i);
	theap_set(&l->timers, i, mono_add(now, wait.ns < longest.ns ? wait : longest));
}

static void begin_deassociate(struct libvirt *l, uint32_t i, const struct libvirt_head *h,
	const struct libvirt_vsi *v, uint16_t device, struct mono now)
{
	struct entry *e = &l->entry[i];
	uint16_t port = node_vsi_find(l->node, device, &e->id);

	begin(l, i, h, v, node_port(l->node, port != NODE_NO_PORT ? port : device), now);
	e->is_lasting = e->is_migrating = false;
	/* what is not there is not associated: that is all libvirt wants */
	if (port == NODE_NO_PORT || node_vsi_deassociate(l->node, port, &e->id, now) == VDP_SUBMIT_UNKNOWN)
		succeed(l, i, now);
}

/* Does the guest run already? Its VSI is associated, or known from before a restart of ours. */
static bool is_running(const struct libvirt *l, uint32_t i, uint16_t device, const struct vsi_id *id)
{
	uint16_t port = node_vsi_find(l->node, device, id);
	const struct vdp_table *t = port != NODE_NO_PORT ? node_port(l->node, port)->vdp : NULL;

	return t && (i == IMAP_NONE || l->entry[i].is_lasting ||
			    vdp_table_get(t, vdp_table_find(t, id))->state == VDP_STATE_ASSOC);
}

int libvirt_set(struct libvirt *l, uint16_t device, const struct libvirt_head *h, const struct libvirt_vsi *v,
	struct mono now, uint16_t *ret_port, char why[LIBVIRT_REASON])
{
	const struct node_port *p = node_port(l->node, device);
	struct vsi_id id = { .format = VSI_ID_UUID };
	bool is_migrating, is_lasting;
	const char *text;
	enum vdp_submit s = VDP_SUBMIT_OK;
	int error = unfit(p, &text);
	uint32_t i;

	l->count.requests++;
	if (error)
		return refuse(l, error, text, why);
	memcpy(id.id, v->uuid, sizeof(v->uuid));
	i = find(l, p->name, &id);
	if (i == IMAP_NONE && !make_room(l))
		return refuse(l, -ENOMEM, "no room for another VSI (compat.max_vsis)", why);
	is_migrating = v->op < LIBVIRT_ASSOC || (i != IMAP_NONE && l->entry[i].is_migrating);
	is_lasting = v->op == LIBVIRT_ASSOC && is_running(l, i, device, &id);
	if (v->op != LIBVIRT_DEASSOC)
		s = submit(l, device, &id, v, is_migrating, now);
	if (s != VDP_SUBMIT_OK)
		return refuse(l, error_of(s), vdp_submit_text(s), why);
	if (i == IMAP_NONE)
		i = add(l, p->name, &id);
	if (v->op == LIBVIRT_DEASSOC) {
		begin_deassociate(l, i, h, v, device, now);
	} else {
		begin(l, i, h, v, node_port(l->node, node_vsi_find(l->node, device, &id)), now);
		l->entry[i].is_migrating = v->op < LIBVIRT_ASSOC;
		l->entry[i].is_lasting = is_lasting;
	}
	*ret_port = node_vsi_find(l->node, device, &id);
	return 0;
}

/* ---- polls ---- */

static void read_entry(struct libvirt *l, uint32_t i)
{
	if (!l->entry[i].is_over || l->entry[i].is_read)
		return;
	l->entry[i].is_read = true;
	arm(l, i);
}

size_t libvirt_list(struct libvirt *l, uint16_t device, const struct libvirt_head *h, int32_t ifindex,
	uint8_t buf[LIBVIRT_LIST_MAX])
{
	const struct node_port *p = node_port(l->node, device);
	struct libvirt_list list;

	l->count.polls++;
	libvirt_list_begin(&list, h, ifindex, buf);
	for (uint32_t i = l->order.tail; p && i != ILIST_NONE; i = l->order_links.link[i].prev) {
		const struct entry *e = &l->entry[i];

		if (strcmp(e->device, p->name) != 0)
			continue;
		if (libvirt_list_add(&list, e->asked.uuid, e->is_pending ? NULL : &e->response))
			read_entry(l, i);
		else
			l->count.not_listed++;
	}
	return libvirt_list_end(&list);
}

/* ---- time ---- */

static const struct vdp_vsi *vsi_of(const struct libvirt *l, uint16_t port, const struct vsi_id *id)
{
	const struct vdp_table *t = port != NODE_NO_PORT ? node_port(l->node, port)->vdp : NULL;

	return t ? vdp_table_get(t, vdp_table_find(t, id)) : NULL;
}

static void time_out(struct libvirt *l, uint32_t i, uint16_t port, struct mono now)
{
	const struct vdp_vsi *v = vsi_of(l, port, &l->entry[i].id);

	l->count.timed_out++;
	fail(l, i, LIBVIRT_ERROR, v == NULL, "libvirt's request timed out",
		v && v->reason[0] != '\0' ? v->reason : "no answer from the switch", now);
}

static void take_back(struct libvirt *l, uint32_t i, uint16_t port, struct mono now)
{
	struct vsi_id id = l->entry[i].id;

	l->entry[i].takes_back = false;
	arm(l, i);
	if (port == NODE_NO_PORT)
		return;
	(void)node_vsi_deassociate(l->node, port, &id, now);
	node_kick(l->node, port, now);
}

void libvirt_on_time(struct libvirt *l, struct mono now)
{
	uint32_t i;

	while ((i = theap_due(&l->timers, now)) != THEAP_NONE) {
		const struct entry *e = &l->entry[i];
		uint16_t device = node_find_port(l->node, e->device);
		uint16_t port = node_vsi_find(l->node, device, &e->id);

		if (e->is_pending)
			time_out(l, i, port, now);
		else if (e->takes_back)
			take_back(l, i, port, now);
		else
			forget(l, i);
	}
}

struct mono libvirt_deadline(const struct libvirt *l)
{
	return theap_deadline(&l->timers);
}

/* ---- notes ---- */

bool libvirt_has_notes(const struct libvirt *l)
{
	return l->news.n > 0;
}

bool libvirt_next_note(struct libvirt *l, struct libvirt_note *ret)
{
	uint32_t i = l->news.head;
	uint16_t device, port;
	struct entry *e;
	unsigned what;

	if (i == ILIST_NONE)
		return false;
	e = &l->entry[i];
	what = e->notes & NOTE_LOST ? NOTE_LOST : e->notes & NOTE_FAILED ? NOTE_FAILED : NOTE_VLAN;
	device = node_find_port(l->node, e->device);
	port = node_vsi_find(l->node, device, &e->id);
	*ret = (struct libvirt_note){ .kind = what == NOTE_LOST     ? LIBVIRT_NOTE_LOST
					      : what == NOTE_FAILED ? LIBVIRT_NOTE_FAILED
								    : LIBVIRT_NOTE_VLAN,
		.port = port != NODE_NO_PORT ? port : device,
		.vsi = e->id,
		.event = e->event,
		.head = e->head,
		.asked = e->asked };
	memcpy(ret->reason, e->reason, sizeof(ret->reason));
	e->notes &= ~what;
	if (e->notes == NOTE_NONE)
		ilist_remove(&l->news, &l->news_links, i);
	return true;
}

const struct libvirt_counters *libvirt_counters(const struct libvirt *l)
{
	return &l->count;
}

uint32_t libvirt_count(const struct libvirt *l)
{
	return l->max - l->n_unused;
}
