/* pcap_json_lldp.c - LLDPDUs with the TLVs of 802.1Qbg as JSON (802.1AB clause 8, 802.1Q annex D.2). */
#include <stdio.h>

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

	if (!l->evb_org.is_decoded)
		snprintf(text, size, "TLV of %zu octets", l->evb_org.value.len);
	if (!l->evb_org.is_decoded)
		return;
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

void pcap_put_lldp(json_t *row, const struct cap_record *rec)
{
	const struct cap_lldp *l = &rec->lldp;
	json_t *o = lldp_json(l);
	char text[128] = "";

	if (l->err != LLDP_OK) {
		snprintf(text, sizeof(text), "%s%s",
			rec->eth.is_truncated ? "cut by the capture" : "broken: ",
			rec->eth.is_truncated ? "" : lldp_err_name(l->err));
		pcap_put_text(row, "what", "lldp");
	} else if (l->evb_org.n > 0) {
		snprintf(text, sizeof(text), "evb_%s",
			l->evb_org.is_decoded ? mode_name(l->evb.mode) : "broken");
		pcap_put_text(row, "what", text);
		evb_text(l, text, sizeof(text));
	} else {
		pcap_put_text(row, "what", l->pdu.ttl_s == 0 ? "shutdown" : "lldp");
		snprintf(text, sizeof(text), "TTL %u s", l->pdu.ttl_s);
	}
	pcap_put(row, "who", json_incref(json_object_get(o, "chassis")));
	pcap_put_text(row, "result", text);
	pcap_put(row, "lldp", o);
	if (l->err == LLDP_OK && l->evb_org.n > 0)
		pcap_put(row, "evb", evb_json(l));
}
