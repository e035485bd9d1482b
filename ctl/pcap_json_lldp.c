/* pcap_json_lldp.c - LLDPDUs with TLVs of 802.1Qbg and 802.1BR as JSON (802.1AB clause 8, 802.1Q annex D.2). */
#include <stdio.h>
#include <string.h>

#include "names.h"
#include "pcap_json.h"
#include "text.h"

enum { ID_TEXT = 160 };

/** A Chassis or Port ID: a MAC address as such, anything else escaped. */
static void put_id(json_t *o, const char *key, struct span value, uint8_t mac_subtype)
{
	struct rd r = rd_init(value);
	uint8_t subtype = rd_u8(&r);
	struct span id = rd_rest(&r);
	char text[ID_TEXT];
	struct mac mac;

	if (subtype == mac_subtype && id.len == sizeof(mac.b)) {
		memcpy(mac.b, id.ptr, sizeof(mac.b));
		pcap_put_text(o, key, mac_format(mac, text));
	} else {
		pcap_put_text(o, key, text_escape(id, text, sizeof(text)));
	}
}

static json_t *lldp_json(const struct cap_lldp *l)
{
	bool is_ok = l->err == LLDP_OK;
	json_t *o = json_object();
	char text[ID_TEXT];

	pcap_put_bool(o, "valid", is_ok);
	pcap_put_text(o, "error", is_ok ? NULL : lldp_err_name(l->err));
	pcap_put(o, "chassis", NULL);
	pcap_put(o, "port_id", NULL);
	if (is_ok) {
		put_id(o, "chassis", l->pdu.chassis_id, LLDP_CHASSIS_MAC);
		put_id(o, "port_id", l->pdu.port_id, LLDP_PORT_MAC);
	}
	pcap_put(o, "chassis_subtype", is_ok ? json_integer(l->pdu.chassis_id.ptr[0]) : NULL);
	pcap_put(o, "port_id_subtype", is_ok ? json_integer(l->pdu.port_id.ptr[0]) : NULL);
	pcap_put(o, "ttl_s", is_ok ? json_integer(l->pdu.ttl_s) : NULL);
	pcap_put(o, "shutdown", is_ok ? json_boolean(l->pdu.ttl_s == 0) : NULL);
	pcap_put_text(o, "system_name",
		is_ok && l->pdu.system_name.ptr ? text_escape(l->pdu.system_name, text, sizeof(text)) : NULL);
	pcap_put(o, "tlvs_discarded", is_ok ? json_integer(l->notes.tlvs_discarded) : NULL);
	pcap_put(o, "tlvs_unrecognized", is_ok ? json_integer(l->notes.tlvs_unrecognized) : NULL);
	return o;
}

static const char *mode_name(enum evb_mode m)
{
	static const char *const names[] = { "none", "bridge", "station", "reserved" };

	return names[m & 3];
}

static const char *rrstat_name(unsigned s)
{
	static const char *const names[] = { "off", "on", "reserved", "unknown" };

	return names[s & EVB_RRSTAT_MASK];
}

static json_t *evb_json(const struct cap_lldp *l)
{
	const struct evb_tlv *t = &l->evb;
	bool has = l->evb_org.is_decoded;
	json_t *o = json_object();

	pcap_put_bool(o, "valid", has);
	pcap_put_int(o, "length", l->evb_org.value.len);
	pcap_put_int(o, "count", l->evb_org.n);
	pcap_put_text(o, "mode", has ? mode_name(t->mode) : NULL);
	pcap_put(o, "bridge_group_ids", has ? json_boolean((t->bridge_raw & EVB_BGID) != 0) : NULL);
	pcap_put(o, "rr_capable", has ? json_boolean((t->bridge_raw & EVB_RRCAP) != 0) : NULL);
	pcap_put(o, "rr_control", has ? json_boolean((t->bridge_raw & EVB_RRCTR) != 0) : NULL);
	pcap_put(o, "station_group_ids", has ? json_boolean((t->station_raw & EVB_SGID) != 0) : NULL);
	pcap_put(o, "rr_request", has ? json_boolean((t->station_raw & EVB_RRREQ) != 0) : NULL);
	pcap_put_text(o, "rr_status", has ? rrstat_name(t->station_raw) : NULL);
	pcap_put(o, "retries", has ? json_integer(t->retries) : NULL);
	pcap_put(o, "rte", has ? json_integer(t->rte) : NULL);
	pcap_put(o, "rwd", has ? json_integer(t->rwd) : NULL);
	pcap_put(o, "rwd_is_remote", has ? json_boolean(t->rol_rwd) : NULL);
	pcap_put(o, "rka", has ? json_integer(t->rka) : NULL);
	pcap_put(o, "rka_is_remote", has ? json_boolean(t->rol_rka) : NULL);
	return o;
}

static void evb_text(const struct cap_lldp *l, char *text, size_t size)
{
	const struct evb_tlv *t = &l->evb;
	const char *rr;

	if (t->mode == EVB_MODE_BRIDGE)
		rr = t->bridge_raw & EVB_RRCTR   ? "RR on"
		     : t->bridge_raw & EVB_RRCAP ? "RR off, capable"
						 : "RR off, not capable";
	else
		rr = !(t->station_raw & EVB_RRREQ)                          ? "RR not wanted"
		     : (t->station_raw & EVB_RRSTAT_MASK) == EVB_RRSTAT_ON  ? "RR wanted, on"
		     : (t->station_raw & EVB_RRSTAT_MASK) == EVB_RRSTAT_OFF ? "RR wanted, off"
									    : "RR wanted, unknown";
	snprintf(text, size, "%s, R %u RTE %u RWD %u%s RKA %u%s", rr, t->retries, t->rte, t->rwd,
		t->rol_rwd ? " (remote)" : "", t->rka, t->rol_rka ? " (remote)" : "");
}

static json_t *draft_json(const struct cap_lldp *l)
{
	static const struct {
		const char *supported, *configured;
		bool is_mode;
		uint8_t bit;
	} bits[] = {
		{ "supported_standard", "configured_standard", true, EVB_DRAFT_STANDARD },
		{ "supported_rr", "configured_rr", true, EVB_DRAFT_RR },
		{ "supported_rte", "configured_rte", false, EVB_DRAFT_RTE },
		{ "supported_ecp", "configured_ecp", false, EVB_DRAFT_ECP },
		{ "supported_vdp", "configured_vdp", false, EVB_DRAFT_VDP },
	};
	const struct evb_draft_tlv *t = &l->draft;
	bool has = l->draft_org.is_decoded;
	json_t *o = json_object();

	pcap_put_bool(o, "valid", has);
	pcap_put_int(o, "length", l->draft_org.value.len);
	pcap_put_int(o, "count", l->draft_org.n);
	for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
		uint8_t s = bits[i].is_mode ? t->smode : t->scap, c = bits[i].is_mode ? t->cmode : t->ccap;

		pcap_put(o, bits[i].supported, has ? json_boolean((s & bits[i].bit) != 0) : NULL);
		pcap_put(o, bits[i].configured, has ? json_boolean((c & bits[i].bit) != 0) : NULL);
	}
	pcap_put(o, "supported_vsis", has ? json_integer(t->svsi) : NULL);
	pcap_put(o, "configured_vsis", has ? json_integer(t->cvsi) : NULL);
	pcap_put(o, "rte", has ? json_integer(t->rte) : NULL);
	return o;
}

static json_t *cdcp_json(const struct cap_lldp *l)
{
	const struct cdcp_tlv *t = &l->cdcp;
	bool has = l->cdcp_org.is_decoded;
	json_t *o = json_object(), *pairs = json_array();

	pcap_put_bool(o, "valid", has);
	pcap_put_int(o, "length", l->cdcp_org.value.len);
	pcap_put_int(o, "count", l->cdcp_org.n);
	pcap_put_text(o, "role", !has ? NULL : t->role == CDCP_ROLE_STATION ? "station" : "bridge");
	pcap_put(o, "scomp", has ? json_boolean(t->has_scomp) : NULL);
	pcap_put(o, "channel_capacity", has ? json_integer(t->chn_cap) : NULL);
	pcap_put(o, "ignored_pairs", has ? json_integer(t->n_bad) : NULL);
	for (unsigned i = 0; has && i < t->n_pairs; i++)
		json_array_append_new(
			pairs, json_pack("{s:i, s:i}", "scid", t->pair[i].scid, "svid", t->pair[i].svid));
	pcap_put(o, "pairs", pairs);
	return o;
}

static json_t *pe_json(const struct cap_lldp *l)
{
	bool has = l->pe_org.is_decoded;
	json_t *o = json_object();
	char text[MAC_TEXT];

	pcap_put_bool(o, "valid", has);
	pcap_put_int(o, "length", l->pe_org.value.len);
	pcap_put_int(o, "count", l->pe_org.n);
	pcap_put(o, "priority", has ? json_integer(l->pe.priority) : NULL);
	pcap_put_text(o, "pe", has ? mac_format(l->pe.pe, text) : NULL);
	pcap_put_text(o, "pe_csp", has ? mac_format(l->pe.pe_csp, text) : NULL);
	return o;
}

/* ---- in words ---- */

struct words {
	char what[32]; /* of the first TLV */
	char result[256];
};

static void say(struct words *w, const struct cap_org *org, const char *what, const char *result)
{
	size_t len = strlen(w->result);

	if (w->what[0] == '\0')
		snprintf(w->what, sizeof(w->what), "%s", what);
	if (org->is_decoded)
		snprintf(w->result + len, sizeof(w->result) - len, "%s%s", len ? "; " : "", result);
	else
		snprintf(w->result + len, sizeof(w->result) - len, "%sbroken TLV of %zu octets",
			len ? "; " : "", org->value.len);
	if (org->n > 1) {
		len = strlen(w->result);
		snprintf(w->result + len, sizeof(w->result) - len, " (%u of them)", org->n);
	}
}

static void say_evb(struct words *w, const struct cap_lldp *l)
{
	char what[32], text[128];

	snprintf(what, sizeof(what), "evb_%s", l->evb_org.is_decoded ? mode_name(l->evb.mode) : "broken");
	evb_text(l, text, sizeof(text));
	say(w, &l->evb_org, what, text);
}

static void say_draft(struct words *w, const struct cap_lldp *l)
{
	const struct evb_draft_tlv *t = &l->draft;
	char text[128];

	snprintf(text, sizeof(text), "%s (of%s%s), %s%s%s%s, VSIs %u of %u",
		t->cmode & EVB_DRAFT_RR ? "RR" : "standard bridging",
		t->smode & EVB_DRAFT_STANDARD ? " standard" : "", t->smode & EVB_DRAFT_RR ? " RR" : "",
		t->ccap & EVB_DRAFT_RTE ? "RTE " : "", t->ccap & EVB_DRAFT_ECP ? "ECP " : "",
		t->ccap & EVB_DRAFT_VDP ? "VDP " : "", t->ccap ? "agreed" : "nothing agreed", t->cvsi,
		t->svsi);
	say(w, &l->draft_org, "evb_draft", text);
}

static void say_cdcp(struct words *w, const struct cap_lldp *l)
{
	const struct cdcp_tlv *t = &l->cdcp;
	char text[192];
	int n = snprintf(text, sizeof(text), "%sfor %u:", t->has_scomp ? "" : "no S-component, ", t->chn_cap);
	unsigned i;

	for (i = 0; i < t->n_pairs && n + 24 < (int)sizeof(text); i++)
		n += snprintf(text + n, sizeof(text) - (size_t)n, " %u=%u", t->pair[i].scid, t->pair[i].svid);
	if (i < t->n_pairs)
		snprintf(text + n, sizeof(text) - (size_t)n, " +%u", t->n_pairs - i);
	say(w, &l->cdcp_org,
		!l->cdcp_org.is_decoded        ? "cdcp_broken"
		: t->role == CDCP_ROLE_STATION ? "cdcp_station"
					       : "cdcp_bridge",
		text);
}

static void say_pe(struct words *w, const struct cap_lldp *l)
{
	char text[64], mac[MAC_TEXT];

	snprintf(text, sizeof(text), "priority %u, PE %s", l->pe.priority, mac_format(l->pe.pe, mac));
	say(w, &l->pe_org, "port_extension", text);
}

static void put_words(json_t *row, const struct cap_record *rec)
{
	const struct cap_lldp *l = &rec->lldp;
	struct words w = { "", "" };

	if (l->err != LLDP_OK) {
		snprintf(w.what, sizeof(w.what), "lldp");
		snprintf(w.result, sizeof(w.result), "%s%s",
			rec->eth.is_truncated ? "cut by the capture" : "broken: ",
			rec->eth.is_truncated ? "" : lldp_err_name(l->err));
	} else if (l->pdu.ttl_s == 0) {
		snprintf(w.what, sizeof(w.what), "shutdown");
		snprintf(w.result, sizeof(w.result), "TTL 0%s", l->has_rest ? ", and more behind it" : "");
	} else {
		if (l->evb_org.n > 0)
			say_evb(&w, l);
		if (l->draft_org.n > 0)
			say_draft(&w, l);
		if (l->cdcp_org.n > 0)
			say_cdcp(&w, l);
		if (l->pe_org.n > 0)
			say_pe(&w, l);
	}
	pcap_put_text(row, "what", w.what);
	pcap_put_text(row, "result", w.result);
}

void pcap_put_lldp(json_t *row, const struct cap_record *rec)
{
	const struct cap_lldp *l = &rec->lldp;
	json_t *o = lldp_json(l);

	put_words(row, rec);
	pcap_put(row, "who", json_incref(json_object_get(o, "chassis")));
	pcap_put(row, "lldp", o);
	if (l->err != LLDP_OK)
		return;
	if (l->evb_org.n > 0)
		pcap_put(row, "evb", evb_json(l));
	if (l->draft_org.n > 0)
		pcap_put(row, "evb_draft", draft_json(l));
	if (l->cdcp_org.n > 0)
		pcap_put(row, "cdcp", cdcp_json(l));
	if (l->pe_org.n > 0)
		pcap_put(row, "port_extension", pe_json(l));
}
