/*
 * pcap_json.c - a captured frame as a JSON object: what every frame has, tags, ECP. LLDP and VDP have files of their own.
 *
 * Beside the fields stand three summaries that the text form shows: `what` the frame is (also what `--type` compares),
 * `who` it is about and its `result`. They say nothing that the fields do not have.
 */
#include "pcap_json.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "csp_num.h"
#include "names.h"

enum { NS_PER_S = 1000000000 };

void pcap_put(json_t *o, const char *key, json_t *value)
{
	json_object_set_new_nocheck(o, key, value != NULL ? value : json_null());
}

void pcap_put_text(json_t *o, const char *key, const char *text)
{
	pcap_put(o, key, text != NULL ? json_string(text) : NULL);
}

void pcap_put_int(json_t *o, const char *key, uint64_t value)
{
	pcap_put(o, key, json_integer((json_int_t)value));
}

void pcap_put_bool(json_t *o, const char *key, bool value)
{
	pcap_put(o, key, json_boolean(value));
}

static void put_mac(json_t *o, const char *key, struct mac mac)
{
	char text[MAC_TEXT];

	pcap_put_text(o, key, mac_format(mac, text));
}

json_t *pcap_time_json(struct mono t)
{
	time_t s = (time_t)(t.ns / NS_PER_S);
	char text[48];
	struct tm tm;
	size_t n;

	if (gmtime_r(&s, &tm) == NULL)
		return NULL;
	n = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text + n, sizeof(text) - n, ".%09" PRIu64 "Z", t.ns % NS_PER_S);
	return json_string_nocheck(text);
}

/* ---- tags ---- */

static void put_vn(json_t *o, const struct vntag_hdr *h)
{
	pcap_put_text(o, "direction", h->d ? "down" : "up");
	pcap_put_bool(o, "pointer", h->p != 0);
	pcap_put_int(o, "dvif", h->dvif);
	pcap_put_bool(o, "looped", h->l != 0);
	pcap_put_int(o, "reserved", h->r);
	pcap_put_int(o, "version", h->ver);
	pcap_put_int(o, "svif", h->svif);
}

static void put_etag(json_t *o, const struct vntag_hdr *h)
{
	pcap_put_int(o, "pcp", h->pcp);
	pcap_put_bool(o, "dei", h->dei != 0);
	pcap_put_int(o, "ingress_ecid", h->ingress);
	pcap_put_int(o, "reserved", h->reserved);
	pcap_put_int(o, "group", h->ecid >> VNTAG_GRP_SHIFT);
	pcap_put_int(o, "ecid_base", h->ecid & VNTAG_ECID_BASE);
	pcap_put_int(o, "ecid_ext", (h->ecid & VNTAG_ECID_UNICAST) >> 12);
	pcap_put_int(o, "ecid", h->ecid);
}

static json_t *tag_json(const struct cap_tag *t)
{
	json_t *o = json_object();

	pcap_put_text(o, "kind", cap_tag_name(t->kind));
	switch (t->kind) {
	case CAP_C_TAG:
	case CAP_S_TAG:
		pcap_put_int(o, "vid", t->vid);
		pcap_put_int(o, "pcp", t->pcp);
		pcap_put_bool(o, "dei", t->dei);
		break;
	case CAP_VN_TAG:
		put_vn(o, &t->ext);
		break;
	case CAP_E_TAG:
		put_etag(o, &t->ext);
		break;
	}
	return o;
}

static json_t *tags_json(const struct cap_eth *eth)
{
	json_t *array = json_array();

	for (unsigned i = 0; i < eth->n_tags; i++)
		json_array_append_new(array, tag_json(&eth->tag[i]));
	return array;
}

/* ---- what, who, result ---- */

/** In words, the tag that makes the frame ours. */
static void tag_text(const struct cap_tag *t, char *text, size_t size)
{
	const struct vntag_hdr *h = &t->ext;

	if (t->kind == CAP_VN_TAG && h->d)
		snprintf(text, size, "down to %s %u%s, source %u", h->p ? "list" : "VIF", h->dvif,
			h->l ? ", looped" : "", h->svif);
	else if (t->kind == CAP_VN_TAG)
		snprintf(text, size, "up from VIF %u", h->svif);
	else if (t->kind == CAP_E_TAG)
		snprintf(text, size, "E-CID %u, group %u, ingress %u", h->ecid & VNTAG_ECID_UNICAST,
			h->ecid >> VNTAG_GRP_SHIFT, h->ingress);
	else
		snprintf(text, size, "VID %u, PCP %u", t->vid, t->pcp);
}

static void put_data(json_t *row, const struct cap_record *rec)
{
	const struct cap_eth *eth = &rec->eth;
	const struct cap_tag *t = NULL;
	char text[96] = "";

	for (unsigned i = 0; i < eth->n_tags; i++)
		if (t == NULL || eth->tag[i].kind > t->kind)
			t = &eth->tag[i];
	if (t != NULL)
		tag_text(t, text, sizeof(text));
	pcap_put_text(row, "what", t != NULL ? cap_tag_name(t->kind) : "cut");
	put_mac(row, "who", eth->da);
	pcap_put_text(row, "result", eth->is_short ? "ends inside its tags" : text[0] ? text : NULL);
}

static const char *subtype_name(unsigned subtype)
{
	static const struct name_row names[] = {
		{ ECP_SUBTYPE_VDP, "vdp" },
		{ ECP_SUBTYPE_PE_CSP, "pe_csp" },
		{ CSP_ECP_SUBTYPE, "pe_csp" }, /* evbd's profile of it */
		{ 0, NULL },
	};

	return names_text(names, (int)subtype, NULL);
}

static json_t *ecp_json(const struct cap_ecp *e)
{
	static const char *const ops[] = { "request", "ack", "reserved", "reserved" };
	json_t *o = json_object();

	pcap_put_bool(o, "valid", e->has_hdr);
	pcap_put(o, "version", e->has_hdr ? json_integer(e->hdr.version) : NULL);
	pcap_put_text(o, "operation", e->has_hdr ? ops[e->hdr.op & 3] : NULL);
	pcap_put(o, "subtype", e->has_hdr ? json_integer(e->hdr.subtype) : NULL);
	pcap_put_text(o, "subtype_name", e->has_hdr ? subtype_name(e->hdr.subtype) : NULL);
	pcap_put(o, "sequence", e->has_hdr ? json_integer(e->hdr.seq) : NULL);
	pcap_put_int(o, "payload_length", e->payload.len);
	return o;
}

static void put_ecp(json_t *row, const struct cap_record *rec)
{
	const struct cap_ecp *e = &rec->ecp;
	char text[64];

	if (!e->has_hdr) {
		pcap_put_text(row, "what", "ecp");
		pcap_put(row, "who", NULL);
		pcap_put_text(row, "result", rec->eth.is_truncated ? "cut by the capture" : "no ECP header");
		return;
	}
	snprintf(text, sizeof(text), "sequence %u", e->hdr.seq);
	pcap_put_text(row, "what",
		e->hdr.op == ECP_OP_ACK       ? "ack"
		: e->hdr.op == ECP_OP_REQUEST ? "request"
					      : "reserved");
	pcap_put_text(row, "who", text);
	if (subtype_name(e->hdr.subtype) != NULL && e->hdr.version == ECP_VERSION)
		snprintf(text, sizeof(text), "%s", subtype_name(e->hdr.subtype));
	else
		snprintf(text, sizeof(text), "version %u, subtype %u", e->hdr.version, e->hdr.subtype);
	pcap_put_text(row, "result", text);
}

static void put_protocol(json_t *row, const struct cap_record *rec)
{
	switch (rec->proto) {
	case CAP_LLDP:
		pcap_put_lldp(row, rec);
		break;
	case CAP_ECP:
		put_ecp(row, rec);
		pcap_put(row, "ecp", ecp_json(&rec->ecp));
		if (rec->ecp.is_vdp)
			pcap_put_vdp(row, rec);
		else if (rec->ecp.is_csp && rec->ecp.hdr.op == ECP_OP_REQUEST)
			pcap_put_csp(row, rec);
		break;
	case CAP_DATA:
	case CAP_N_PROTOS:
	default:
		put_data(row, rec);
		break;
	}
}

/* Keys of the parts that a frame may lack, so that none is ever left out. */
static void put_absent(json_t *row)
{
	static const char *const parts[] = { "what", "who", "result", "lldp", "evb", "evb_draft", "cdcp",
		"port_extension", "ecp", "vdp", "pe_csp" };

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		pcap_put(row, parts[i], NULL);
}

json_t *pcap_frame_json(const struct cap_record *rec, struct mono start)
{
	json_t *row = json_object();
	double offset = rec->frame.time.ns >= start.ns ? dur_seconds(mono_since(start, rec->frame.time))
						       : -dur_seconds(mono_since(rec->frame.time, start));
	char type[8];
	uint16_t vid;

	snprintf(type, sizeof(type), "0x%04x", rec->eth.type);
	pcap_put_int(row, "frame", rec->frame.number);
	pcap_put(row, "time", pcap_time_json(rec->frame.time));
	pcap_put(row, "offset_s", json_real(offset));
	pcap_put_int(row, "length", rec->frame.wire_len);
	pcap_put_int(row, "captured", rec->frame.octets.len);
	pcap_put_bool(row, "truncated", rec->eth.is_truncated);
	pcap_put_bool(row, "fcs", rec->eth.has_fcs);
	put_mac(row, "source", rec->eth.sa);
	put_mac(row, "destination", rec->eth.da);
	pcap_put(row, "tags", tags_json(&rec->eth));
	pcap_put(row, "channel", cap_eth_vid(&rec->eth, CAP_S_TAG, &vid) ? json_integer(vid) : NULL);
	pcap_put_text(row, "ethertype", rec->eth.type != 0 ? type : NULL);
	pcap_put_text(row, "protocol", cap_proto_name(rec->proto));
	pcap_put_text(row, "generation", cap_generation_name(rec->generation));
	put_absent(row);
	put_protocol(row, rec);
	return row;
}
