/* Captured frames as JSON: the rows of `pcap show -j`, from which its text is made too. */
#ifndef EVB_PCAP_JSON_H
#define EVB_PCAP_JSON_H

#include <jansson.h>

#include "cap_record.h"

/** One frame as an object; `start` is the time of the capture's first frame. Every key is there, absent values are null. */
json_t *pcap_frame_json(const struct cap_record *rec, struct mono start);
/** RFC 3339 in UTC with nanoseconds; NULL for a time no calendar has. */
json_t *pcap_time_json(struct mono t);

/* For the parts: a NULL value becomes null. */
void pcap_put(json_t *o, const char *key, json_t *value);
void pcap_put_text(json_t *o, const char *key, const char *text);
void pcap_put_int(json_t *o, const char *key, uint64_t value);
void pcap_put_bool(json_t *o, const char *key, bool value);

/** The TLVs of an LLDPDU, and in words what it is and says. */
void pcap_put_lldp(json_t *row, const struct cap_record *rec);
/** A VDP message, and in words what it is and says. */
void pcap_put_vdp(json_t *row, const struct cap_record *rec);
/** A PE-CSP message; only evbd's profile of it has a known layout. */
void pcap_put_csp(json_t *row, const struct cap_record *rec);

#endif
