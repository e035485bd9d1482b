/* pcap_json_vdp.c - VDP messages as JSON: the manager, one object per association TLV (802.1Q 41.2). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl_vsi_object.h"
#include "names.h"
#include "pcap_json.h"
#include "text.h"
#include "vdp_draft_tlv.h"

static const char *pdu_error(enum vdp_pdu_err e)
{
	static const struct name_row names[] = {
		{ VDP_PDU_NO_MANAGER, "does not begin with a VSI manager ID TLV of 16 octets" },
		{ VDP_PDU_MANAGER_TWICE, "more than one VSI manager ID TLV" },
		{ VDP_PDU_OVERRUN, "a TLV runs past the end" },
		{ 0, NULL },
	};

	return names_text(names, (int)e, NULL);
}

static json_t *org_json(struct span org)
{
	char *text = org.len > 0 ? malloc(2 * org.len + 1) : NULL;
	json_t *j = text != NULL ? json_string_nocheck(hex_format(org, text, 2 * org.len + 1)) : NULL;

	free(text);
	return j;
}

/* Codes from 6 on are reserved: "other failure" (evb-reference 6.3). */
static const char *ratified_error(uint8_t status)
{
	return vdp_error_text(vdp_dialect_of(QBG_RATIFIED)->error(status & VDP_STATUS_ERROR));
}

/* What a request and what a response has in its status octet; has: it was there at all. */
static void put_status(json_t *o, uint8_t status, bool has)
{
	bool is_answer = has && (status & VDP_STATUS_RESPONSE) != 0;
	bool is_request = has && !is_answer;

	pcap_put(o, "status", has ? json_integer(status) : NULL);
	pcap_put(o, "response", has ? json_boolean(is_answer) : NULL);
	pcap_put(o, "suspended", is_request ? json_boolean((status & VDP_STATUS_S) != 0) : NULL);
	pcap_put(o, "migrating", is_request ? json_boolean((status & VDP_STATUS_M) != 0) : NULL);
	pcap_put(o, "keep", is_answer ? json_boolean((status & VDP_STATUS_KEEP) != 0) : NULL);
	pcap_put(o, "hard", is_answer ? json_boolean((status & VDP_STATUS_HARD) != 0) : NULL);
	pcap_put(o, "error_code", is_answer ? json_integer(status & VDP_STATUS_ERROR) : NULL);
	pcap_put_text(o, "error_text", is_answer ? ratified_error(status) : NULL);
}

/* RESP of draft 0.2, 0..6 (evb-reference 7.3). */
static uint8_t draft_resp(const struct cap_vsi *v)
{
	return vdp_draft_resp(v->as_answer.status);
}

static json_t *vsi_json(const struct cap_vsi *v)
{
	bool has = v->err != VDP_ERR_SHORT && v->err != VDP_ERR_IGNORED;
	json_t *o = json_object();
	char id[VSI_ID_TEXT], manager[VDP_MANAGER_TEXT];

	pcap_put_text(o, "command", vdp_op_name(v->a.op));
	pcap_put(o, "type", v->is_draft ? json_integer(TLV_ORG) : json_integer(v->a.op));
	pcap_put_int(o, "length", v->value.len);
	pcap_put_bool(o, "valid", v->err == VDP_OK);
	pcap_put_text(o, "error", v->err == VDP_OK ? NULL : vdp_err_name(v->err));
	put_status(o, v->a.status, has && !v->is_draft);
	pcap_put(o, "draft_response", has && v->is_draft ? json_integer(draft_resp(v)) : NULL);
	pcap_put_text(o, "manager", has ? vdp_manager_format(&v->manager, manager) : NULL);
	pcap_put(o, "type_id", has ? json_integer(v->a.type_id) : NULL);
	pcap_put(o, "type_version", has ? json_integer(v->a.type_version) : NULL);
	pcap_put_text(o, "id", has ? vsi_id_format(&v->a.vsi, id) : NULL);
	pcap_put_text(o, "id_format", has ? ctl_id_format_name(v->a.vsi.format) : NULL);
	pcap_put_text(o, "filter_format", has ? ctl_filter_format_name(v->a.format) : NULL);
	pcap_put(o, "filters", has ? ctl_filters_json(v->a.format, v->a.n_filters, v->a.filters) : NULL);
	pcap_put(o, "org", org_json(v->a.org));
	return o;
}

/* ---- in words ---- */

static void outcome_text(const struct cap_vsi *v, char *text, size_t size)
{
	bool is_refusal = (v->a.status & VDP_STATUS_ERROR) != VDP_E_SUCCESS;

	if (v->err == VDP_OK && v->is_draft)
		snprintf(text, size, "%s%s", draft_resp(v) ? "refused: " : "request, or done",
			draft_resp(v) ? vdp_error_text(v->as_answer.status & VDP_STATUS_ERROR) : "");
	else if (v->err != VDP_OK)
		snprintf(text, size, "broken: %s", vdp_err_name(v->err));
	else if (!(v->a.status & VDP_STATUS_RESPONSE))
		snprintf(text, size, "request%s%s", v->a.status & VDP_STATUS_S ? ", suspended" : "",
			v->a.status & VDP_STATUS_M ? ", migrating" : "");
	else if (!is_refusal)
		snprintf(text, size, "success");
	else
		snprintf(text, size, "refused%s%s: %s", v->a.status & VDP_STATUS_KEEP ? ", kept" : "",
			v->a.status & VDP_STATUS_HARD ? ", for good" : "", ratified_error(v->a.status));
}

static void filter_text(const struct cap_vsi *v, char *text, size_t size)
{
	const struct vdp_filter *f = &v->a.filters[0];
	char mac[MAC_TEXT];
	int n;

	if (v->err != VDP_OK || v->a.n_filters == 0)
		return;
	n = snprintf(text, size, ", type %u.%u,", v->a.type_id, v->a.type_version);
	if (v->a.format >= VDP_FILTER_GROUP_VID)
		n += snprintf(text + n, size - (size_t)n, " group %u", f->group_id);
	if (v->a.format == VDP_FILTER_MAC_VID || v->a.format == VDP_FILTER_GROUP_MAC_VID)
		n += snprintf(text + n, size - (size_t)n, " %s", mac_format(f->mac, mac));
	n += snprintf(text + n, size - (size_t)n, " VID %u", f->vid);
	if (f->has_pcp)
		n += snprintf(text + n, size - (size_t)n, " PCP %u", f->pcp);
	if (v->a.n_filters > 1)
		snprintf(text + n, size - (size_t)n, " and %u more", v->a.n_filters - 1u);
}

struct summary {
	unsigned n;
	char who[VSI_ID_TEXT + 32];
	char result[224];
	enum vdp_op op; /* of all, or 0 */
	bool is_mixed;
};

static void note(struct summary *s, const struct cap_vsi *v)
{
	char outcome[96] = "", filter[96] = "", id[VSI_ID_TEXT];

	if (s->n++ > 0) {
		s->is_mixed |= s->op != v->a.op;
		return;
	}
	s->op = v->a.op;
	outcome_text(v, outcome, sizeof(outcome));
	filter_text(v, filter, sizeof(filter));
	snprintf(s->result, sizeof(s->result), "%s%s", outcome, filter);
	if (v->err != VDP_ERR_SHORT && v->err != VDP_ERR_IGNORED)
		snprintf(s->who, sizeof(s->who), "%s", vsi_id_format(&v->a.vsi, id));
}

static void put_summary(json_t *row, struct summary *s)
{
	size_t len = strlen(s->who);

	if (s->n > 1)
		snprintf(s->who + len, sizeof(s->who) - len, " +%u", s->n - 1);
	pcap_put_text(row, "what", s->n == 0 || s->is_mixed ? "vdp" : vdp_op_name(s->op));
	pcap_put_text(row, "who", s->n > 0 ? s->who : NULL);
	pcap_put_text(row, "result", s->n > 0 ? s->result : "no VSI");
}

void pcap_put_vdp(json_t *row, const struct cap_record *rec)
{
	const struct cap_ecp *e = &rec->ecp;
	bool is_ok = e->vdp_err == VDP_PDU_OK;
	json_t *o = json_object(), *list = json_array();
	struct cap_vsi v;
	struct summary s = { 0 };
	char manager[VDP_MANAGER_TEXT];
	struct cap_vsi_walk w;

	pcap_put_bool(o, "valid", is_ok);
	pcap_put_text(o, "error", is_ok ? NULL : pdu_error(e->vdp_err));
	pcap_put_text(o, "manager",
		is_ok && e->dialect->edition != QBG_DRAFT ? vdp_manager_format(&e->vdp.manager, manager)
							  : NULL);
	pcap_put(o, "end_tlv", is_ok ? json_boolean(e->vdp.has_end) : NULL);
	if (is_ok) {
		cap_vsi_first(rec, &w);
		while (cap_vsi_next(&w, &v)) {
			json_array_append_new(list, vsi_json(&v));
			note(&s, &v);
		}
		put_summary(row, &s);
	} else {
		pcap_put_text(row, "what", "vdp");
		pcap_put_text(
			row, "result", rec->eth.is_truncated ? "cut by the capture" : pdu_error(e->vdp_err));
	}
	pcap_put(o, "tlvs", list);
	pcap_put(row, "vdp", o);
}
