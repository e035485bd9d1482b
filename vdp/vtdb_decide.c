/*
 * vtdb_decide.c - the bridge's answer to a VDP command, decided from type records (802.1Q 41.1; evb-reference 6.3, 6.8).
 *
 * A pure function of records and query; the file driver calls it, and so may any other. In this order:
 *
 *    manager      all zeros: the configured default, if there is one; unknown: ratified error 3
 *    type         manager, type id, version, then the record's own refusal, then who may use it; which of them fails is
 *                 told by a code of its own, of which the ratified protocol makes error 4
 *    filters      number of MAC addresses (error 2); each entry: VID, GroupID, MAC (error 5), PCP (error 4)
 *
 * VIDs: a null VID takes the type's default (formats 1, 2) or what its GroupID maps to (formats 3, 4). What a station
 * names must be allowed; what the type itself gives is allowed by that, because the station repeats it in its later
 * commands. PCP: a request with PS = 1 gets the same PCP or is refused; else the type's default is returned.
 *
 * A refusal is Hard when asking again can't help before somebody changes a configuration. A refused change of an
 * existing VSI is Keep without Hard (0x65, 0x62): the VSI itself goes on.
 *
 * The bridge machine has checked the syntax of the filters (evb-reference 6.9) and collapses duplicates; what would
 * do harm if it had not is refused here again. Reasons name the value first, so that a cut text still says which.
 *
 * Left out: where the records come from and whether they are sorted (conf), waiting, and the installed state.
 */
#include "vtdb.h"

#include <stdio.h>

static enum vdp_error refuse(
	const struct vtdb_query *q, struct vtdb_answer *ret, enum vdp_error error, bool is_hard)
{
	ret->error = (uint8_t)error;
	ret->is_keep = q->state != VDP_STATE_NONE;
	ret->is_hard = is_hard && !ret->is_keep;
	return error;
}

/** "type 7 "web"", or "type 7" when the record has no name. Names are cut so that the reason keeps room for its value. */
enum { TYPE_TEXT = 40 };
static const char *type_text(const struct vtdb_type *t, char text[TYPE_TEXT])
{
	if (t->name != NULL && t->name[0] != '\0')
		snprintf(text, TYPE_TEXT, "type %u \"%.20s\"", (unsigned)t->type_id, t->name);
	else
		snprintf(text, TYPE_TEXT, "type %u", (unsigned)t->type_id);
	return text;
}

/* ---- which record ---- */

/** Order of the records: manager, type id, version_low. */
static int type_compare(
	const struct vtdb_type *t, const struct vdp_manager *m, uint32_t type_id, unsigned version)
{
	int c = memcmp(t->manager.id, m->id, sizeof(m->id));

	if (c == 0)
		c = (t->type_id > type_id) - (t->type_id < type_id);
	if (c == 0)
		c = (t->version_low > version) - (t->version_low < version);
	return c;
}

/** Number of records at or before (manager, type id, version): the next index is the first one after it. */
static unsigned types_up_to(
	const struct vtdb_types *db, const struct vdp_manager *m, uint32_t type_id, unsigned version)
{
	unsigned low = 0, high = db->n_types;

	while (low < high) {
		unsigned mid = low + (high - low) / 2;

		if (type_compare(&db->types[mid], m, type_id, version) <= 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static bool is_manager_known(const struct vtdb_types *db, const struct vdp_manager *m)
{
	unsigned n = types_up_to(db, m, UINT32_MAX, UINT8_MAX);

	return n > 0 && vdp_manager_equal(&db->types[n - 1].manager, m);
}

static bool is_type_known(const struct vtdb_types *db, const struct vdp_manager *m, uint32_t type_id)
{
	unsigned n = types_up_to(db, m, type_id, UINT8_MAX);
	const struct vtdb_type *t = n > 0 ? &db->types[n - 1] : NULL;

	return t != NULL && vdp_manager_equal(&t->manager, m) && t->type_id == type_id;
}

static bool is_manager_stated(const struct vdp_manager *m)
{
	static const struct vdp_manager not_stated;

	return !vdp_manager_equal(m, &not_stated);
}

/** NULL and a refusal when there is none. */
static const struct vtdb_type *find_type(
	const struct vtdb_types *db, const struct vtdb_query *q, struct vtdb_answer *ret)
{
	const struct vdp_subject *s = &q->subject;
	const struct vdp_manager *m = &s->manager;
	char text[VDP_MANAGER_TEXT];
	const struct vtdb_type *t;
	unsigned n;

	if (!is_manager_stated(m)) {
		if (!db->has_default_manager) {
			snprintf(ret->reason, VTDB_REASON,
				"no VSI manager stated and no default manager configured");
			refuse(q, ret, VDP_E_MANAGER_UNKNOWN, false);
			return NULL;
		}
		m = &db->default_manager;
	}
	if (!is_manager_known(db, m)) {
		snprintf(
			ret->reason, VTDB_REASON, "VSI manager %s is not known", vdp_manager_format(m, text));
		refuse(q, ret, VDP_E_MANAGER_UNKNOWN, false);
		return NULL;
	}
	n = types_up_to(db, m, s->type_id, s->type_version);
	t = n > 0 ? &db->types[n - 1] : NULL;
	if (t != NULL && vdp_manager_equal(&t->manager, m) && t->type_id == s->type_id &&
		s->type_version <= t->version_high)
		return t;
	snprintf(ret->reason, VTDB_REASON, "type %u version %u is not known to %s", (unsigned)s->type_id,
		s->type_version, vdp_manager_format(m, text));
	refuse(q, ret, is_type_known(db, m, s->type_id) ? VDP_E_TYPE_VERSION : VDP_E_TYPE_UNKNOWN, true);
	return NULL;
}

/* ---- may it be used ---- */

static bool is_user_allowed(const struct vtdb_type *t, const struct vsi_id *vsi)
{
	for (unsigned i = 0; i < t->n_vsis; i++)
		if (vsi_id_equal(&t->vsis[i], vsi))
			return true;
	return t->n_vsis == 0;
}

static enum vdp_error check_use(
	const struct vtdb_type *t, const struct vtdb_query *q, struct vtdb_answer *ret)
{
	char text[TYPE_TEXT], id[VSI_ID_TEXT];

	if (t->is_refused) {
		if (t->refuse_reason != NULL)
			snprintf(ret->reason, VTDB_REASON, "%s", t->refuse_reason);
		else
			snprintf(ret->reason, VTDB_REASON, "%s is refused by its record", type_text(t, text));
		return refuse(q, ret, t->refuse_error == VDP_E_SUCCESS ? VDP_E_OTHER : t->refuse_error,
			t->refuse_hard);
	}
	if (!is_user_allowed(t, &q->subject.vsi)) {
		snprintf(ret->reason, VTDB_REASON, "VSI %.40s may not use %s",
			vsi_id_format(&q->subject.vsi, id), type_text(t, text));
		return refuse(q, ret, VDP_E_TYPE_DENIED, true);
	}
	return VDP_E_SUCCESS;
}

/* ---- filters ---- */

static bool format_has_mac(uint8_t format)
{
	return format == VDP_FILTER_MAC_VID || format == VDP_FILTER_GROUP_MAC_VID;
}

static bool format_has_group(uint8_t format)
{
	return format == VDP_FILTER_GROUP_VID || format == VDP_FILTER_GROUP_MAC_VID;
}

/** Different MAC addresses in the list (at most 60 entries have one). */
static unsigned count_macs(const struct vtdb_query *q)
{
	unsigned n = 0;

	for (unsigned i = 0; i < q->n_filters; i++) {
		unsigned k = 0;

		while (k < i && !mac_equal(q->filters[k].mac, q->filters[i].mac))
			k++;
		n += k == i;
	}
	return n;
}

/** What concerns the list as a whole. */
static enum vdp_error check_list(
	const struct vtdb_type *t, const struct vtdb_query *q, struct vtdb_answer *ret)
{
	char text[TYPE_TEXT];
	unsigned n;

	if (q->n_filters == 0 || q->n_filters > vdp_filter_max(q->format)) {
		snprintf(ret->reason, VTDB_REASON, "%u filter entries of format %u", q->n_filters, q->format);
		return refuse(q, ret, VDP_E_FORMAT, true);
	}
	if (format_has_group(q->format) && !q->group_ids) {
		snprintf(ret->reason, VTDB_REASON, "GroupIDs are not agreed on this port");
		return refuse(q, ret, VDP_E_ADDRESS, false);
	}
	if (!format_has_mac(q->format)) {
		if (t->n_macs == 0)
			return VDP_E_SUCCESS;
		snprintf(ret->reason, VTDB_REASON, "%s wants filters with MAC addresses", type_text(t, text));
		return refuse(q, ret, VDP_E_ADDRESS, true);
	}
	n = t->max_macs == 0 ? 0 : count_macs(q);
	if (n > t->max_macs) {
		snprintf(ret->reason, VTDB_REASON, "%u MAC addresses, %s allows %u", n, type_text(t, text),
			t->max_macs);
		return refuse(q, ret, VDP_E_RESOURCES, true);
	}
	return VDP_E_SUCCESS;
}

static bool is_mac_allowed(const struct vtdb_type *t, struct mac mac)
{
	for (unsigned i = 0; i < t->n_macs; i++)
		if (mac_equal(t->macs[i], mac))
			return true;
	return t->n_macs == 0;
}

static enum vdp_error check_mac(
	const struct vtdb_type *t, const struct vtdb_query *q, struct mac mac, struct vtdb_answer *ret)
{
	char text[TYPE_TEXT], mac_text[MAC_TEXT];

	if (mac_is_group(mac) || mac_is_zero(mac)) {
		snprintf(ret->reason, VTDB_REASON, "MAC %s is no individual address",
			mac_format(mac, mac_text));
		return refuse(q, ret, VDP_E_ADDRESS, true);
	}
	if (!is_mac_allowed(t, mac)) {
		snprintf(ret->reason, VTDB_REASON, "MAC %s is not allowed for %s", mac_format(mac, mac_text),
			type_text(t, text));
		return refuse(q, ret, VDP_E_ADDRESS, true);
	}
	return VDP_E_SUCCESS;
}

/** Formats 3 and 4: the VID of the GroupID; a VID stated beside it must be the same. */
static enum vdp_error settle_group(
	const struct vtdb_type *t, const struct vtdb_query *q, struct vdp_filter *f, struct vtdb_answer *ret)
{
	unsigned i = 0;
	char text[TYPE_TEXT];

	while (i < t->n_groups && t->groups[i].group_id != f->group_id)
		i++;
	if (f->group_id == 0 || i == t->n_groups) {
		snprintf(ret->reason, VTDB_REASON, "GroupID %u is not known to %s", (unsigned)f->group_id,
			type_text(t, text));
		return refuse(q, ret, VDP_E_ADDRESS, true);
	}
	if (f->vid != 0 && f->vid != t->groups[i].vid) {
		snprintf(ret->reason, VTDB_REASON, "VID %u is not that of GroupID %u, which is %u", f->vid,
			(unsigned)f->group_id, t->groups[i].vid);
		return refuse(q, ret, VDP_E_ADDRESS, true);
	}
	f->vid = t->groups[i].vid;
	return VDP_E_SUCCESS;
}

static bool is_vid_allowed(const struct vtdb_type *t, uint16_t vid)
{
	for (unsigned i = 0; i < t->n_vids; i++)
		if (vid >= t->vids[i].low && vid <= t->vids[i].high)
			return true;
	return vid == t->default_vid || t->n_vids == 0;
}

/** Formats 1 and 2: the station's VID, or the type's default for a null VID. */
static enum vdp_error settle_vid(
	const struct vtdb_type *t, const struct vtdb_query *q, struct vdp_filter *f, struct vtdb_answer *ret)
{
	char text[TYPE_TEXT];

	if (f->vid == 0 && q->format == VDP_FILTER_VID && q->n_filters > 1) {
		snprintf(ret->reason, VTDB_REASON, "VID 0 among %u entries of format 1", q->n_filters);
	} else if (f->vid == 0 && t->default_vid == 0) {
		snprintf(ret->reason, VTDB_REASON, "VID 0, and %s has no default VID", type_text(t, text));
	} else if (f->vid >= VDP_VID_RESERVED) {
		snprintf(ret->reason, VTDB_REASON, "VID %u is reserved", f->vid);
	} else if (f->vid != 0 && !is_vid_allowed(t, f->vid)) {
		snprintf(
			ret->reason, VTDB_REASON, "VID %u is not allowed for %s", f->vid, type_text(t, text));
	} else {
		f->vid = f->vid == 0 ? t->default_vid : f->vid;
		return VDP_E_SUCCESS;
	}
	return refuse(q, ret, VDP_E_ADDRESS, true);
}

static enum vdp_error settle_pcp(
	const struct vtdb_type *t, const struct vtdb_query *q, struct vdp_filter *f, struct vtdb_answer *ret)
{
	char text[TYPE_TEXT];

	if (!t->has_pcp)
		return VDP_E_SUCCESS;
	if (f->has_pcp && f->pcp != t->pcp) {
		snprintf(ret->reason, VTDB_REASON, "PCP %u of VID %u, %s has %u", f->pcp, f->vid,
			type_text(t, text), t->pcp);
		return refuse(q, ret, VDP_E_OTHER, true);
	}
	f->has_pcp = true;
	f->pcp = t->pcp;
	return VDP_E_SUCCESS;
}

/** Check entry *f as the station sent it and put in what the type decides. */
static enum vdp_error settle_filter(
	const struct vtdb_type *t, const struct vtdb_query *q, struct vdp_filter *f, struct vtdb_answer *ret)
{
	enum vdp_error e = VDP_E_SUCCESS;

	if (format_has_mac(q->format))
		e = check_mac(t, q, f->mac, ret);
	if (e == VDP_E_SUCCESS)
		e = format_has_group(q->format) ? settle_group(t, q, f, ret) : settle_vid(t, q, f, ret);
	if (e == VDP_E_SUCCESS)
		e = settle_pcp(t, q, f, ret);
	return e;
}

void vtdb_decide(const struct vtdb_types *db, const struct vtdb_query *q, struct vtdb_answer *ret)
{
	const struct vtdb_type *t;

	ret->error = VDP_E_SUCCESS;
	ret->is_hard = false;
	ret->is_keep = false;
	ret->reason[0] = '\0';
	ret->n_filters = 0;
	ret->org = span_of(NULL, 0);
	t = find_type(db, q, ret);
	if (t == NULL || check_use(t, q, ret) != VDP_E_SUCCESS || check_list(t, q, ret) != VDP_E_SUCCESS)
		return;
	for (unsigned i = 0; i < q->n_filters; i++) {
		ret->filters[i] = q->filters[i];
		if (settle_filter(t, q, &ret->filters[i], ret) != VDP_E_SUCCESS)
			return;
	}
	ret->n_filters = q->n_filters;
	if (t->echo_org)
		ret->org = q->org;
}
