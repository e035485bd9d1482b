/*
 * pcap_json_csp.c - PE-CSP messages as JSON (port-extension-reference 3.6). The layout of the standard's own subtype is
 * not known, so such a message is named and left alone.
 */
#include <stdio.h>

#include "csp_pdu.h"
#include "pcap_json.h"

static json_t *resource_json(const struct csp_resource *r)
{
	json_t *o = json_object();

	pcap_put_int(o, "max_channels", r->max_channels);
	pcap_put_int(o, "max_groups", r->max_groups);
	pcap_put_int(o, "classes", r->classes);
	pcap_put_int(o, "capabilities", r->capabilities);
	pcap_put_int(o, "max_untagged", r->max_untagged);
	return o;
}

static json_t *port_json(const struct csp_port_params *p)
{
	json_t *o = json_object();

	pcap_put_int(o, "port", p->port);
	pcap_put_int(o, "type", p->type);
	pcap_put_int(o, "priority", p->priority);
	pcap_put_int(o, "pvid", p->pvid);
	pcap_put_int(o, "flags", p->flags);
	return o;
}

static json_t *members_json(const struct csp_pdu *p)
{
	json_t *a = json_array();

	for (unsigned i = 0; i < p->n_members; i++)
		json_array_append_new(
			a, json_pack("{s:i, s:b}", "port", p->members[i].port, "add", p->members[i].is_add));
	return a;
}

static json_t *vids_json(const struct csp_pdu *p)
{
	json_t *a = json_array();

	for (unsigned i = 0; i < p->n_vids; i++)
		json_array_append_new(a,
			json_pack("{s:i, s:b}", "vid", p->vids[i].vid, "untagged", p->vids[i].is_untagged));
	return a;
}

static json_t *statistics_json(const struct csp_statistics *s)
{
	json_t *o = json_object();

	pcap_put_int(o, "port", s->port);
	pcap_put_int(o, "rx_frames", s->rx_frames);
	pcap_put_int(o, "tx_frames", s->tx_frames);
	pcap_put_int(o, "rx_octets", s->rx_octets);
	pcap_put_int(o, "tx_octets", s->tx_octets);
	return o;
}

static void put_parts(json_t *o, const struct csp_pdu *p)
{
	pcap_put(o, "resource", p->has & CSP_HAS_RESOURCE ? resource_json(&p->resource) : NULL);
	pcap_put(o, "port", p->has & CSP_HAS_PORT ? port_json(&p->port) : NULL);
	pcap_put(o, "members", p->has & CSP_HAS_MEMBERS ? members_json(p) : NULL);
	pcap_put(o, "vids", p->has & CSP_HAS_VIDS ? vids_json(p) : NULL);
	pcap_put(o, "port_status",
		p->has & CSP_HAS_STATUS
			? json_pack("{s:i, s:b}", "port", p->status.port, "oper", p->status.is_oper)
			: NULL);
	pcap_put(o, "statistics", p->has & CSP_HAS_STATISTICS ? statistics_json(&p->statistics) : NULL);
}

void pcap_put_csp(json_t *row, const struct cap_record *rec)
{
	struct csp_pdu p = { 0 };
	bool is_known = rec->ecp.hdr.subtype == CSP_ECP_SUBTYPE;
	enum csp_err err = is_known ? csp_pdu_decode(rec->ecp.payload, &p) : CSP_ERR_VERSION;
	bool has = is_known && err != CSP_ERR_COMMAND && err != CSP_ERR_VERSION;
	json_t *o = json_object();
	char text[160];

	pcap_put_bool(o, "valid", is_known && err == CSP_OK);
	pcap_put_text(o, "error", !is_known ? "layout unknown" : err == CSP_OK ? NULL : csp_err_name(err));
	pcap_put_text(o, "message", has ? csp_message_name(p.message) : NULL);
	pcap_put(o, "message_code", has ? json_integer(p.message) : NULL);
	pcap_put(o, "response", has ? json_boolean(p.is_response) : NULL);
	pcap_put(o, "transaction", has ? json_integer(p.transaction) : NULL);
	pcap_put(o, "completion", has ? json_integer(p.completion) : NULL);
	pcap_put_text(o, "completion_text", has && p.is_response ? csp_completion_text(p.completion) : NULL);
	pcap_put_text(o, "tag_format",
		!has                                    ? NULL
		: csp_pdu_format(&p) == VNTAG_FORMAT_VN ? "vn_tag"
							: "e_tag");
	pcap_put(o, "channel", has ? json_integer(p.channel) : NULL);
	put_parts(o, &p);
	pcap_put(row, "pe_csp", o);
	if (!has || err != CSP_OK) {
		pcap_put_text(row, "result",
			!is_known               ? "PE-CSP, layout unknown"
			: rec->eth.is_truncated ? "cut by the capture"
						: csp_err_name(err));
		return;
	}
	snprintf(text, sizeof(text), "%s %s", csp_message_name(p.message),
		p.is_response ? csp_completion_text(p.completion) : "request");
	pcap_put_text(row, "result", text);
	snprintf(text, sizeof(text), "transaction %u, channel %u", p.transaction, p.channel);
	pcap_put_text(row, "who", text);
}
